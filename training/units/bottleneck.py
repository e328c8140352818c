"""The bottleneck: a small convolutional network from features to codes, and its losses, in torch."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stages.units.bottleneck import HEARD_FRAMES, HEARD_UNITS
from stages.units.grid import CHUNK_UNITS
from stages.units.vits_decoder import PRIOR_DIMS
from training.units.phones import PHONES

FEATURES = 384
WIDTH = 256
BLOCKS = 3
CODE_DIMS = 48


class Block(nn.Module):
    """ConvNeXt's block (Liu et al. 2022) over time.

    Where it drops out, an inner activation is dropped over all of a window, as usual in temporal convolutions (Bai et
    al. 2018, arXiv 1803.01271): to draw for every frame takes a fifth of a training.
    """

    def __init__(self, width: int, kernel: int, inner: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)
        self.dropout = dropout

    def forward(self, frames: Tensor) -> Tensor:
        """Return (batch, frames, width) of the same."""
        mixed = self.mix(frames.transpose(1, 2)).transpose(1, 2)
        inner = nn.functional.gelu(self.up(self.norm(mixed)))
        if self.training and self.dropout:
            inner = inner * nn.functional.dropout(inner.new_ones(len(inner), 1, inner.shape[2]), self.dropout)
        down: Tensor = self.down(inner)
        return frames + down


class Encoder(nn.Module):
    """From the heard frames to one point a unit and the odds of speech."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, WIDTH)
        self.place = nn.Parameter(torch.zeros(HEARD_FRAMES, WIDTH))
        self.blocks = nn.ModuleList(Block(WIDTH, 7, 2 * WIDTH) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(2 * WIDTH)
        self.point = nn.Linear(2 * WIDTH, CODE_DIMS)
        self.speech = nn.Linear(2 * WIDTH, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return points (chunks, CHUNK_UNITS, CODE_DIMS) and speech logits (chunks, CHUNK_UNITS).

        Args:
            features: (chunks, HEARD_FRAMES, FEATURES).
        """
        frames = self.enter(features) + self.place
        for block in self.blocks:
            frames = block(frames)
        middle = frames[:, 2 * HEARD_UNITS : 2 * (HEARD_UNITS + CHUNK_UNITS)]
        units = self.norm(middle.unflatten(1, (CHUNK_UNITS, 2)).flatten(2))
        return self.point(units), self.speech(units)[..., 0]


class Readers(nn.Module):
    """What a point must tell: the phones of its two halves, and joe's prior there.

    Points come with length 1 and are read with unit variance: readers of a unit vector would take long to grow sure.
    """

    def __init__(self) -> None:
        super().__init__()
        self.phones = nn.Linear(CODE_DIMS, 2 * len(PHONES))
        self.prior = nn.Linear(CODE_DIMS, 2 * PRIOR_DIMS)

    def loss(self, points: Tensor, said: "Said") -> tuple[Tensor, Tensor]:
        """Return (cross-entropy of the phones, squared error of the scaled prior), over units that are speech."""
        chosen = said.speech > 0.5
        logits = self._phone_logits(points[chosen])
        phones = nn.functional.cross_entropy(logits.flatten(0, 1), said.phones[chosen].flatten(), ignore_index=-1)
        told = self.prior(points[chosen] * CODE_DIMS**0.5).reshape(-1, 2, PRIOR_DIMS)
        prior = nn.functional.mse_loss(told, said.prior[chosen])
        return phones, prior

    def phone_error(self, points: Tensor, said: "Said") -> float:
        """Return the share of labelled half units whose phone is read wrongly."""
        chosen = said.speech > 0.5
        guess = self._phone_logits(points[chosen]).argmax(-1)
        known = said.phones[chosen] >= 0
        return float((guess != said.phones[chosen])[known].float().mean())

    def _phone_logits(self, points: Tensor) -> Tensor:
        logits: Tensor = self.phones(points * CODE_DIMS**0.5)
        return logits.reshape(-1, 2, len(PHONES))


@dataclass(frozen=True)
class Said:
    """What is said in each unit.

    Attributes:
        phones: (units, 2), int64, of its halves; -1 where unknown.
        prior: (units, 2, PRIOR_DIMS), scaled to zero mean and unit variance.
        speech: (units,), 1 speech, 0 silence, -1 neither surely.
    """

    phones: Tensor
    prior: Tensor
    speech: Tensor
