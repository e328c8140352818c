"""The contract of a speech engine."""

from typing import Protocol

import numpy as np

from manifests.audio import Samples


class Engine(Protocol):
    """Speaks one text with one of its voices. Constructing one loads its model."""

    def synthesize(self, text: str, voice: str, language: str, generator: np.random.Generator) -> tuple[Samples, int]:
        """Return (samples, sample rate): mono, shape (n,), float32, as the engine made it.

        The result depends on the arguments alone: an engine draws every random number it needs from the
        generator, and what it spoke before leaves no trace.

        Args:
            text: normalised for speech.
            voice: one of `voices()`.
            language: an ISO 639-1 code such as ``"en"``, with or without a region.
            generator: the turn's own.

        Raises:
            RejectedError: ``tts_failed``, ``unreadable_audio``, ``unsupported_language`` or ``unspeakable``.
            BuildError: no call can succeed (an endpoint that refuses them all).
        """
        ...

    def voices(self) -> tuple[str, ...]:
        """Return the names that the config casts from, in the config's order."""
        ...

    def close(self) -> None:
        """Release the model or the connection."""
        ...
