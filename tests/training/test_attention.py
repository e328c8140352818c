"""Attention sample by sample: the losses and gradients that a mask of the whole pack gives."""

import numpy as np
import pytest
import torch

from tests.training.small_models import SCRATCH, VOCABULARY
from training.duplex.attention import use_attention
from training.duplex.batches import batch_of
from training.duplex.loss import NextTokenLoss
from training.duplex.model import new_model
from training.duplex.packing import Pack, pack_of
from training.duplex.rows import Row
from training.duplex.token_map import TokenMap


def pack(*lengths: int) -> Pack:
    """Samples of random ids in a sequence of 64 tokens."""
    rng = np.random.default_rng(sum(lengths))
    rows = [
        Row(f"row {place}", rng.integers(VOCABULARY.size, size=length, dtype=np.int32), rng.random(length) < 0.7)
        for place, length in enumerate(lengths)
    ]
    return pack_of(rows, TokenMap(VOCABULARY), 64)


@pytest.mark.parametrize("lengths", [[(64,)], [(20, 31)], [(1, 40, 23), (2, 5), (63,)]])
def test_losses_and_gradients_are_those_of_a_mask(lengths: list[tuple[int, ...]]) -> None:
    batch = batch_of([pack(*each) for each in lengths], torch.device("cpu"))
    found = []
    for by_sample in (False, True):
        model = new_model(SCRATCH, VOCABULARY.size, 0)
        if by_sample:
            use_attention(model, "sdpa")
        losses = NextTokenLoss(model)(batch.input_ids, batch.position_ids, batch.labels)
        losses.sum().backward()
        found.append([losses.detach(), *(weight.grad for weight in model.parameters())])
    assert len(found[0][0]) == len(batch.labelled_kinds)
    for masked, sampled in zip(*found, strict=True):
        torch.testing.assert_close(sampled, masked, atol=1e-5, rtol=1e-4)
