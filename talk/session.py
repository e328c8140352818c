"""One conversation: a chunk of the user's sound in, a chunk of the assistant's sound, text and units out.

The user's units need 160 ms of what comes after them. So that a chunk can be answered as soon as its 400 ms have been
heard, the grid of units lies 160 ms behind the grid of chunks: unit 0 begins 160 ms before the user's first sample.
The vocoder needs two units, 80 ms, of what comes after a sound, so chunk k of the sound begins with the last two
units of chunk k - 1 of the units. `DelayBudget` adds that up.
"""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from manifests.audio import Samples
from manifests.errors import RejectedError
from manifests.randomness import generator
from stages.streams.text_tokenizer import TextTokenizer
from stages.streams.vocabulary import SILENT_SPEECH
from stages.units import Units, Vocoder, grid
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.vocoder import LOOKAHEAD_UNITS
from stages.units.whisper_vq import WhisperUnits
from talk.text_stream import TextStream
from training.loop.duplex_model import DuplexModel
from training.loop.voicing import Voiced

USER_RATE: Final = grid.UNIT_SAMPLES * grid.RATE_HZ
CHUNK_SAMPLES: Final = grid.CHUNK_SAMPLES
CHUNK_S: Final = CHUNK_SAMPLES / USER_RATE
LOOKAHEAD_S: Final = grid.LOOKAHEAD_SAMPLES / USER_RATE
VOCODER_S: Final = LOOKAHEAD_UNITS / grid.RATE_HZ
COMPUTE_S: Final = 0.2
"""Half a chunk. A machine that needs longer once plays that chunk late; one that needs a chunk's 400 ms on average
never catches up."""


@dataclass(frozen=True)
class DelayBudget:
    """The delay between the user's sound and the first of the assistant's that can respond to it, in seconds.

    Attributes:
        chunk_s: sound waits until its chunk is whole; what comes last in the chunk doesn't wait at all.
        lookahead_s: of the tokenizer.
        compute_s: tokenizer, model and vocoder may take so long, and the sound is never played sooner.
        vocoder_s: look-ahead of the vocoder.
    """

    chunk_s: float = CHUNK_S
    lookahead_s: float = LOOKAHEAD_S
    compute_s: float = COMPUTE_S
    vocoder_s: float = VOCODER_S

    @property
    def longest_s(self) -> float:
        """The delay of what begins a chunk, in seconds."""
        return self.chunk_s + self.lookahead_s + self.compute_s + self.vocoder_s

    @property
    def shortest_s(self) -> float:
        """The delay of what ends a chunk, in seconds."""
        return self.longest_s - self.chunk_s

    @property
    def described(self) -> str:
        """The sum in words."""
        return (
            f"{1000 * self.shortest_s:.0f} to {1000 * self.longest_s:.0f} ms from the user's sound to the assistant's: "
            f"up to {1000 * self.chunk_s:.0f} chunk + {1000 * self.lookahead_s:.0f} look-ahead + "
            f"{1000 * self.compute_s:.0f} compute + {1000 * self.vocoder_s:.0f} vocoder"
        )


@dataclass(frozen=True)
class Spent:
    """Wall-clock time that a chunk took, in seconds."""

    tokenizer_s: float
    model_s: float
    vocoder_s: float

    @property
    def sum_s(self) -> float:
        """The total time, in seconds."""
        return self.tokenizer_s + self.model_s + self.vocoder_s


@dataclass(frozen=True)
class Chunk:
    """The assistant's part of a 400 ms chunk.

    Attributes:
        index: of the chunk, from 0.
        sound: shape (sound_rate * 400 ms,), float32, at the session's `sound_rate`; two units behind `units`.
        text: what the text slots add; a character that is not whole yet comes with a later chunk.
        units: shape (10,), int32; the silence unit where the assistant says nothing.
        speaking: shape (10,), bool: False where the model says silent_speech_token.
        user_units: shape (10,), int32: what was heard, from 160 ms before the pushed samples on.
        spent: of the three parts.
    """

    index: int
    sound: Samples
    text: str
    units: Units
    speaking: Voiced
    user_units: Units
    spent: Spent


class Session:
    """A conversation from its first chunk on. Every chunk costs the same, in time and in memory.

    Args:
        model: that answers.
        tokenizer: of the user's sound.
        vocoder: of the model's units.
        text: the checkpoint's text tokenizer.
        seed: of what is drawn; the same sound and seed give the same tokens.
    """

    def __init__(
        self, model: DuplexModel, tokenizer: WhisperUnits, vocoder: Vocoder, text: TextTokenizer, seed: int = 0
    ) -> None:
        self.sound_rate = vocoder.sample_rate
        self._vocabulary = model.tokens.vocabulary
        self._tokenizer = tokenizer
        self._conversation = model.converse([generator(seed, "talk")])
        self._voice = vocoder.stream()
        self._text = TextStream(text)
        self._window = np.zeros(grid.WINDOW_SAMPLES, np.float32)
        self._index = 0

    @property
    def sound_samples(self) -> int:
        """Samples per chunk of the assistant's audio."""
        return round(self.sound_rate * CHUNK_S)

    def push(self, samples: Samples) -> Chunk:
        """Process the user's next chunk and return the assistant's.

        Args:
            samples: shape (CHUNK_SAMPLES,), float32 in [-1, 1], at 16 kHz.

        Raises:
            RejectedError: ``audio_not_finite`` for NaN or infinity; the conversation continues as if the call had not
                happened.
            ValueError: another shape.
        """
        if samples.shape != (CHUNK_SAMPLES,):
            raise ValueError(f"a chunk must have shape {(CHUNK_SAMPLES,)}, not {samples.shape}")
        if not np.isfinite(samples).all():
            raise RejectedError("audio_not_finite", f"chunk {self._index}: a sample is NaN or infinite")
        begins = time.perf_counter()
        self._window = np.concatenate([self._window[CHUNK_SAMPLES:], samples.astype(np.float32, copy=False)])
        heard = self._tokenizer.encode_window(self._window)
        heard_at = time.perf_counter()
        spoken = self._conversation.step(self._vocabulary.unit_ids(heard)[np.newaxis])
        speaking = spoken.units[0] != self._vocabulary.special(SILENT_SPEECH)
        units = np.where(speaking, spoken.units[0] - self._vocabulary.unit_offset, SILENCE_UNIT).astype(np.int32)
        text = self._text.push([int(token) for token in spoken.text[0] if self._vocabulary.is_text(int(token))])
        thought_at = time.perf_counter()
        sound = self._voice.push(units)
        said_at = time.perf_counter()
        chunk = Chunk(
            index=self._index,
            sound=np.pad(sound, (self.sound_samples - len(sound), 0)),
            text=text,
            units=units,
            speaking=speaking,
            user_units=heard,
            spent=Spent(heard_at - begins, thought_at - heard_at, said_at - thought_at),
        )
        self._index += 1
        return chunk

    def finish(self) -> tuple[Samples, str]:
        """Return the audio and text that `push` held back; no chunk may follow."""
        return self._voice.finish(), self._text.finish()
