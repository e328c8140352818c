"""What units are to the rest of the project: made from one channel of speech, and turned into a voice again."""

from typing import Protocol

import numpy as np

from manifests.audio import Samples

Units = np.ndarray[tuple[int], np.dtype[np.int32]]


class SpeechTokenizer(Protocol):
    """Turns one channel of audio into units.

    Attributes:
        size: how many units there are.
        rate_hz: units per second.
        chunk_units: units come in whole chunks of so many.
    """

    size: int
    rate_hz: int
    chunk_units: int

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        """Return the units of a whole channel, shape (chunks * chunk_units,); the last one padded with silence.

        Raises:
            RejectedError: ``audio_not_finite`` for NaN or infinity.
            ValueError: samples are not one channel.
        """
        ...


class Vocoder(Protocol):
    """Turns units into the assistant's voice, whatever voice they were made from.

    Attributes:
        sample_rate: of what it makes, in Hz.
        past_units: units before a chunk that decoding it takes into account.
        lookahead_units: units after a chunk that decoding it needs.
    """

    sample_rate: int
    past_units: int
    lookahead_units: int

    def decode(self, units: Units) -> Samples:
        """Return the speech of a whole channel of units, shape (len(units) * samples per unit,), float32.

        Raises:
            ValueError: a unit lies outside the codebook; the message names it and its place.
        """
        ...

    def decode_chunk(self, past: Units, chunk: Units, lookahead: Units) -> Samples:
        """Return the speech of the chunk alone, as a live loop calls it.

        Args:
            past: up to `past_units` units before the chunk, fewer at a conversation's start.
            chunk: at least one unit.
            lookahead: up to `lookahead_units` units after it, fewer at the end.
        """
        ...
