"""Attention inside the samples of a pack, one after another, by PyTorch's fused causal kernel and without a mask.

A mask keeps samples apart too, but then all `max_length` squared places are computed, of which most belong to other
samples or to the future.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, Qwen2ForCausalLM

from manifests.errors import BuildError

BY_SAMPLE = "sdpa_by_sample"
"""The name under which `transformers` knows it; since it isn't a built-in one, no mask is made."""


def use_attention(model: Qwen2ForCausalLM, name: str) -> None:
    """Make a model attend to the samples of packs as `TrainConfig.attention` says; only for passes without a cache.

    Raises:
        BuildError: its layers attend to a window, which attention by sample doesn't support.
        ImportError, ValueError: it needs a missing package or hardware.
    """
    if name == "sdpa" and model.config.use_sliding_window:
        raise BuildError(
            "model: its config.json says use_sliding_window: true, which attention: sdpa doesn't support; set "
            "attention: flash_attention_2, or make the checkpoint attend to everything (use_sliding_window: false)"
        )
    AttentionInterface.register(BY_SAMPLE, _attend)
    model.set_attn_implementation(BY_SAMPLE if name == "sdpa" else name)


def _attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    position_ids: Tensor,
    scaling: float,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Return what the tokens of one row take from their samples, (1, length, heads, head size), and no weights.

    Args:
        module: the layer.
        query: (1, heads, length, head size).
        key, value: (1, key-value heads, length, head size).
        attention_mask: None; the model makes none for this implementation.
        position_ids: (1, length), from 0 in every sample.
        scaling: of the products.
        dropout: share of weights that are left out.

    Raises:
        ValueError: more than one row.
    """
    if len(position_ids) != 1:
        raise ValueError(
            f"{len(position_ids)} rows; samples can be told apart only within a single row, so join the packs"
        )
    starts = (position_ids[0] == 0).nonzero().flatten().tolist()
    sizes = [end - start for start, end in zip(starts, [*starts[1:], query.shape[2]], strict=True)]
    samples = zip(*(torch.split(states, sizes, dim=2) for states in (query, key, value)), strict=True)
    taken = [
        scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True, scale=scaling, enable_gqa=True)
        for q, k, v in samples
    ]
    return torch.cat(taken, 2).transpose(1, 2), None
