"""Sessions without a checkpoint: one hums until somebody speaks to it, one hears and says what is written down."""

import numpy as np

from stages.units import grid
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.vocoder import LOOKAHEAD_UNITS, SAMPLE_RATE, UNIT_SAMPLES
from talk.session import CHUNK_SAMPLES, Chunk, Spent

UNITS = grid.CHUNK_UNITS
FIRST_CHUNK = 2
LOUD = 0.02


class YieldingSession:
    """Hums from its third chunk on and falls silent, for good, where the user is loud; as late as a real session."""

    sound_rate = SAMPLE_RATE
    sound_samples = UNITS * UNIT_SAMPLES

    def __init__(self):
        self._index = 0
        self._yielded = False
        self._coming = np.zeros(grid.LOOKAHEAD_UNITS, bool)
        self._unsaid = np.zeros(LOOKAHEAD_UNITS, bool)

    def push(self, samples):
        assert samples.shape == (CHUNK_SAMPLES,)
        loud = np.concatenate([self._coming, np.abs(samples).reshape(UNITS, -1).max(axis=1) > LOUD])
        heard, self._coming = loud[:UNITS], loud[UNITS:]
        speaking = np.full(UNITS, self._index >= FIRST_CHUNK and not self._yielded)
        if speaking.any() and heard.any():
            speaking[np.argmax(heard) + 1 :] = False
            self._yielded = True
        said = np.concatenate([self._unsaid, speaking])
        sounding, self._unsaid = said[:UNITS], said[UNITS:]
        times = (self._index * self.sound_samples + np.arange(self.sound_samples)) / SAMPLE_RATE
        hum = 0.1 * np.sin(2 * np.pi * 220 * times) * np.repeat(sounding, UNIT_SAMPLES)
        chunk = Chunk(
            index=self._index,
            sound=hum.astype(np.float32),
            text="<b>la" if self._index == FIRST_CHUNK else " la" * bool(speaking.all()),
            units=np.full(UNITS, SILENCE_UNIT, np.int32),
            speaking=speaking,
            user_units=np.where(heard, SILENCE_UNIT + 1, SILENCE_UNIT).astype(np.int32),
            spent=Spent(0.03, 0.06, 0.04),
        )
        self._index += 1
        return chunk

    def finish(self):
        return np.zeros(LOOKAHEAD_UNITS * UNIT_SAMPLES, np.float32), ""


class WrittenSession:
    """Hears and says what the test says, whatever it is pushed.

    Args:
        hears: shape (chunks, 10), bool, in which units the user speaks.
        says: alike, of the assistant.
    """

    sound_rate = SAMPLE_RATE
    sound_samples = UNITS * UNIT_SAMPLES

    def __init__(self, hears, says):
        self._coming = enumerate(zip(hears, says, strict=True))

    def push(self, samples):
        index, (heard, speaking) = next(self._coming)
        return Chunk(
            index=index,
            sound=np.full(self.sound_samples, 0.1, np.float32),
            text="",
            units=np.full(UNITS, SILENCE_UNIT, np.int32),
            speaking=speaking,
            user_units=np.where(heard, SILENCE_UNIT + 1, SILENCE_UNIT).astype(np.int32),
            spent=Spent(0.03, 0.06, 0.04),
        )

    def finish(self):
        return np.zeros(0, np.float32), ""
