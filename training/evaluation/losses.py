"""Token loss on any split, stream by stream, as training measures it on its validation split."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from transformers import Qwen2ForCausalLM

from training.duplex.batches import batch_of
from training.duplex.kinds import KINDS
from training.duplex.loss import LossSums, NextTokenLoss
from training.duplex.packing import packs_in_order
from training.duplex.rows import Row
from training.duplex.token_map import TokenMap

ALL = "all"
STREAMS = (*KINDS, ALL)


@dataclass(frozen=True)
class Loss:
    """Mean cross-entropy.

    Attributes:
        tokens: that the loss was taken on; none that the model's vocabulary lacks.
        nats: a token.
    """

    tokens: int
    nats: float


@torch.inference_mode()
def token_losses(
    model: Qwen2ForCausalLM,
    tokens: TokenMap,
    rows: Iterator[Row],
    max_length: int,
    advance: Callable[[int], None],
) -> dict[str, Loss]:
    """Return the loss of each stream in some rows, and of `ALL` together; streams without tokens are left out.

    Args:
        model: in evaluation mode.
        tokens: its ids.
        rows: of one config.
        max_length: of the sequences they are packed into.
        advance: is told of tokens that have been read.
    """
    sums, loss = LossSums(model.device), NextTokenLoss(model)
    for pack in packs_in_order(rows, tokens, max_length):
        batch = batch_of([pack], model.device)
        sums.add(loss(batch.input_ids, batch.position_ids, batch.labels), batch.labelled_kinds)
        advance(pack.tokens)
    nats, counts = sums.sums.tolist()
    of_kind = [*zip(KINDS, nats, counts, strict=True), (ALL, sum(nats), sum(counts))]
    return {kind: Loss(int(count), total / count) for kind, total, count in of_kind if count}
