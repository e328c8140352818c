"""Units as the rest of the project sees them: made from one channel of speech, and turned into a voice again."""

from typing import Protocol

import numpy as np

from manifests.audio import Samples

Units = np.ndarray[tuple[int], np.dtype[np.int32]]


class SpeechTokenizer(Protocol):
    """Turns one channel of audio into units.

    Attributes:
        size: how many units there are, of all codebooks together.
        codebooks: units to a frame of time. Unit i of a channel is of codebook i % codebooks; code c of codebook k is
            unit k * (size // codebooks) + c.
        chunk_units: units come in whole chunks of so many, 400 ms each and whole frames.
    """

    size: int
    codebooks: int
    chunk_units: int

    @property
    def rate_hz(self) -> float:
        """Units per second, of all codebooks together."""
        ...

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, shape (chunks * chunk_units,); the last one padded with silence.

        Raises:
            RejectedError: ``audio_not_finite`` for NaN or infinity, ``audio_too_loud`` far beyond full scale,
                ``no_unit`` if the model makes none of the sound.
            ValueError: samples are not one channel of floats.
        """
        ...


class Vocoder(Protocol):
    """Turns units into the assistant's voice, whatever voice they were made from.

    Attributes:
        sample_rate: of what it makes, in Hz.
    """

    sample_rate: int

    def decode(self, units: Units) -> Samples:
        """Return the speech of a whole channel of units, shape (len(units) * samples per unit,), float32.

        Raises:
            ValueError: a unit lies outside the codebook; the message names it and its place.
        """
        ...

    def stream(self) -> "SpeechStream":
        """Return a stream that speaks units as they arrive."""
        ...


class SpeechStream(Protocol):
    """One conversation's voice, spoken as units arrive, a bounded look-ahead behind them."""

    def push(self, units: Units) -> Samples:
        """Return the sound that these next units complete.

        Raises:
            ValueError: a unit lies outside the codebook; the stream continues as if the call had not happened.
        """
        ...

    def finish(self) -> Samples:
        """Return the sound that `push` held back for its look-ahead."""
        ...
