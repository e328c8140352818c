"""Clips, the same through units and the embedded voice, and the words that judges hear in them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sphinx_judge import SphinxJudge

from manifests.audio import Samples, resample
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.speech.gate.word_error import heard_error
from stages.units import grid
from stages.units.vocoder import JoeVocoder
from stages.units.whisper_vq import WhisperUnits
from training.units.aligned_speech import SAMPLE_RATE


@dataclass(frozen=True)
class Clip:
    """A sentence as someone said it, at 16 kHz."""

    text: str
    samples: Samples


@dataclass(frozen=True)
class ThroughUnits:
    """Clips again, through units, in the assistant's voice."""

    tokenizer: WhisperUnits
    vocoder: JoeVocoder

    def whole(self, clip: Clip) -> Clip:
        """Speak all units of a clip at once."""
        return self._clip(clip, self.vocoder.decode(self._units(clip)))

    def live(self, clip: Clip) -> Clip:
        """Speak its units in chunks of 400 ms."""
        units, stream = self._units(clip), self.vocoder.stream()
        pieces = [stream.push(units[start:][: grid.CHUNK_UNITS]) for start in range(0, len(units), grid.CHUNK_UNITS)]
        return self._clip(clip, np.concatenate([*pieces, stream.finish()]))

    def _units(self, clip: Clip) -> np.ndarray:
        return self.tokenizer.encode(clip.samples, SAMPLE_RATE)

    def _clip(self, clip: Clip, samples: Samples) -> Clip:
        return Clip(clip.text, resample(samples, self.vocoder.sample_rate, SAMPLE_RATE))


def whisper_error(judge: WhisperJudge, clips: Iterable[Clip]) -> float:
    """Return the word error over all clips, by the gate's judge with windows of 30 s."""
    heard = [
        heard_error(clip.text, judge.hear(clip.samples, SAMPLE_RATE, "en", full_window=True).text, "en")
        for clip in clips
    ]
    return sum(one.word_errors for one in heard) / sum(one.words for one in heard)


def sphinx_error(judge: SphinxJudge, clips: Iterable[Clip]) -> float:
    """Return the word error over all clips, by PocketSphinx."""
    counted = [judge.errors(clip.text, clip.samples, SAMPLE_RATE) for clip in clips]
    return sum(errors for errors, _ in counted) / sum(words for _, words in counted)
