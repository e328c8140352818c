"""The prior network: from units to the mean of joe's VITS prior, in torch.

VITS (Kim et al. 2021) speaks by drawing from a Gaussian prior whose mean follows the text, turning that by an
invertible flow into a latent, and the latent into sound. The prior's mean is constant over a phone and smooth in its
context, so a regression loses little there, where a regression of the latent or of a spectrogram would blur. Flow and
decoder stay as they are, cut out of Piper's graph.
"""

from torch import Tensor, nn

from stages.units.vits_decoder import PRIOR_DIMS
from stages.units.vocoder import FRAME_PLACES
from training.units.bottleneck import Block

WIDTH = 320
UNIT_BLOCKS = 6
FRAME_BLOCKS = 2
DROPOUT = 0.1
"""Of the blocks' inner activations: a few hours of speech are little for five million weights."""


class PriorNetwork(nn.Module):
    """Reads units at 25 Hz, and tells the prior's mean at any frames in them.

    Args:
        units: how many units there are.
        mean: shape (PRIOR_DIMS,), and
        spread: the same, of the prior over the training speech: the network tells it scaled.
    """

    def __init__(self, units: int, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.embedding = nn.Embedding(units, WIDTH)
        self.unit_blocks = nn.ModuleList(Block(WIDTH, 5, 3 * WIDTH, DROPOUT) for _ in range(UNIT_BLOCKS))
        self.place = nn.Embedding(FRAME_PLACES, WIDTH)
        self.frame_blocks = nn.ModuleList(Block(WIDTH, 5, 2 * WIDTH, DROPOUT) for _ in range(FRAME_BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.leave = nn.Linear(WIDTH, PRIOR_DIMS)
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.mean: Tensor
        self.spread: Tensor

    def scaled(self, units: Tensor, frame_units: Tensor, frame_places: Tensor) -> Tensor:
        """Return the scaled mean, shape (batch, frames, PRIOR_DIMS).

        Args:
            units: (batch, n), int64.
            frame_units: (frames,), int64, the index into the n units that each frame lies in.
            frame_places: (frames,), int64, below FRAME_PLACES: where in its unit.
        """
        read = self.embedding(units)
        for block in self.unit_blocks:
            read = block(read)
        frames = read[:, frame_units] + self.place(frame_places)
        for block in self.frame_blocks:
            frames = block(frames)
        told: Tensor = self.leave(self.norm(frames))
        return told

    def forward(self, units: Tensor, frame_units: Tensor, frame_places: Tensor) -> Tensor:
        """Return the mean itself, shape (batch, PRIOR_DIMS, frames), as the flow reads it."""
        return (self.scaled(units, frame_units, frame_places) * self.spread + self.mean).transpose(1, 2)
