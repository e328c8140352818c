"""Packs as the tensors of one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.duplex.packing import IGNORED, Pack


@dataclass(frozen=True)
class Batch:
    """What one forward and backward pass reads; (1, tokens of all packs) each, int64.

    One row, since attention finds the samples by their positions, in one sequence alone.
    """

    input_ids: Tensor
    position_ids: Tensor
    labels: Tensor
    kinds: Tensor
    packs: tuple[Pack, ...]

    @property
    def labelled_kinds(self) -> Tensor:
        """The kinds of the tokens that the loss is taken on, (n,), in the order of `NextTokenLoss`."""
        return self.kinds[:, 1:][self.labels[:, 1:] != IGNORED]

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


def batch_of(packs: Sequence[Pack], device: torch.device) -> Batch:
    """Return packs as a batch on a device."""

    def joined(arrays: Sequence[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.concatenate(arrays).astype(np.int64)[None]).to(device)

    return Batch(
        joined([pack.input_ids for pack in packs]),
        joined([pack.position_ids for pack in packs]),
        joined([pack.labels for pack in packs]),
        joined([pack.kinds for pack in packs]),
        tuple(packs),
    )
