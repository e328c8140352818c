"""Where a chunk of 400 ms holds the user's units, the assistant's text and the assistant's units."""

from dataclasses import dataclass

from manifests.records import DuplexConfig
from stages.streams import Vocabulary
from stages.units.config import CHUNKS_PER_S


@dataclass(frozen=True)
class ChunkLayout:
    """The slots of a chunk, in their order: the user's units, text, the assistant's units.

    Attributes:
        units: slots of each speech.
        text: slots of text; 0 in `two_stream`.
        codebooks: units to a frame of time.
    """

    units: int
    text: int
    codebooks: int = 1

    @property
    def width(self) -> int:
        """Tokens per chunk."""
        return 2 * self.units + self.text

    @property
    def spoken(self) -> int:
        """Tokens per chunk that the assistant makes."""
        return self.text + self.units

    @property
    def frames(self) -> int:
        """Frames per chunk."""
        return self.units // self.codebooks

    @property
    def frames_hz(self) -> float:
        """Frames per second."""
        return self.frames * CHUNKS_PER_S

    @property
    def user_slots(self) -> slice:
        """The slots of the user's units."""
        return slice(0, self.units)

    @property
    def text_slots(self) -> slice:
        """The slots of the assistant's text."""
        return slice(self.units, self.units + self.text)

    @property
    def assistant_slots(self) -> slice:
        """The slots of the assistant's units."""
        return slice(self.units + self.text, self.width)


def layout_of(vocabulary: Vocabulary, config: DuplexConfig, text_slots: int) -> ChunkLayout:
    """Return the chunk of a config.

    Args:
        vocabulary: whose units fill it.
        config: which of the two.
        text_slots: of `three_stream`, as the corpus's config says in `streams.chunk.text`.
    """
    units = round(vocabulary.rate_hz / CHUNKS_PER_S)
    return ChunkLayout(units, text_slots if config == "three_stream" else 0, vocabulary.codebooks)
