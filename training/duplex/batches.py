"""Packs as the tensors of one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.duplex.packing import IGNORED, Pack


@dataclass(frozen=True)
class Batch:
    """What one forward and backward pass reads; (packs, length) each, int64.

    With flash attention all packs are one row: it finds the samples by their positions, in one sequence alone.
    """

    input_ids: Tensor
    position_ids: Tensor
    labels: Tensor
    kinds: Tensor
    packs: tuple[Pack, ...]

    @property
    def labelled(self) -> int:
        """How many tokens the loss is taken on."""
        return sum(int((pack.labels != IGNORED).sum()) for pack in self.packs)

    def rows_at(self, losses: Tensor) -> list[str]:
        """Return the ids of the rows in which a loss is not finite; losses as `NextTokenLoss` returns them."""
        labels = np.stack([pack.labels for pack in self.packs])
        bad = np.zeros(labels.shape, bool)
        bad[labels != IGNORED] = ~torch.isfinite(losses).cpu().numpy()
        found = []
        for pack, of_pack in zip(self.packs, bad, strict=True):
            samples = np.cumsum(pack.position_ids == 0) - 1
            found += [pack.row_ids[sample] for sample in np.unique(samples[of_pack])]
        return found


def batch_of(packs: Sequence[Pack], device: torch.device, one_row: bool) -> Batch:
    """Return packs as a batch on a device, all in one row if asked."""

    def stacked(arrays: Sequence[np.ndarray]) -> Tensor:
        tensor = torch.from_numpy(np.stack(arrays).astype(np.int64)).to(device)
        return tensor.reshape(1, -1) if one_row else tensor

    return Batch(
        stacked([pack.input_ids for pack in packs]),
        stacked([pack.position_ids for pack in packs]),
        stacked([pack.labels for pack in packs]),
        stacked([pack.kinds for pack in packs]),
        tuple(packs),
    )
