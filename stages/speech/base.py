"""The contract of a speech engine."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from manifests.audio import Samples
from manifests.records import Word


@dataclass(frozen=True)
class Clip:
    """A text as an engine spoke it.

    Attributes:
        samples: mono, shape (n,), float32, as the engine made it.
        rate: in Hz.
        words: the words of the text, in order, with their times in the clip; None from an engine that can't tell.
        words_shared: how many words share a stretch with others and got a part of it by length.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...] | None = None
    words_shared: int = 0


class Engine(Protocol):
    """Speaks one text with one of its voices. Constructing one loads its model.

    `synthesize` may be called from any number of threads: an engine runs `concurrency` calls at once and makes the
    others wait, so callers need no lock or counter.
    """

    @property
    def concurrency(self) -> int:
        """Number of simultaneous calls: 1 for an embedded engine, whose graph has its own threads."""
        ...

    @property
    def draws(self) -> bool:
        """Whether a different generator makes a different clip of the same text in the same voice."""
        ...

    def synthesize(self, text: str, voice: str, language: str, speed: float, rng: np.random.Generator) -> Clip:
        """Return the spoken text.

        The result depends on the arguments alone: an engine draws every random number it needs from the
        generator, and what it spoke before, or speaks beside it, leaves no trace.

        Args:
            text: normalised for speech.
            voice: one of `voices()`.
            language: an ISO 639-1 code such as ``"en"``, with or without a region.
            speed: times the voice's own pace; 1 leaves it.
            rng: the turn's own.

        Raises:
            RefusedTakeError: the engine made no audio of it, and may the next time.
            RejectedError: ``tts_failed``, ``unsupported_language`` or ``unspeakable``: it can't be spoken.
            BuildError: no call can succeed (an endpoint that refuses them all).
        """
        ...

    def voices(self) -> tuple[str, ...]:
        """Return the names that the config casts from, in the config's order."""
        ...

    def close(self) -> None:
        """Release the model or the connection."""
        ...
