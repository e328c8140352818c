"""The gate: a clip goes in as the engine made it, and comes out as the corpus stores it, or is refused with a reason.

What can be measured on sound alone is measured first, and a clip is refused at the first bar that it misses: it is
only heard by a judge when its sound is good.
"""

from dataclasses import dataclass, replace

from manifests.audio import Samples, resample
from manifests.errors import RejectedError
from manifests.records import TurnScores, Word
from stages.speech.base import Clip
from stages.speech.bounds import find_bounds
from stages.speech.checks import check_clip, check_duration
from stages.speech.config import SpeechConfig
from stages.speech.gate.dnsmos import Dnsmos
from stages.speech.gate.sound import clipped_share, has_floor, silence_inside, speech_over_floor_db
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.speech.gate.word_error import HeardError, heard_error
from stages.speech.level import normalised
from stages.speech.takes import RefusedTakeError
from stages.voice_activity import SpeechBounds


@dataclass(frozen=True)
class JudgedClip:
    """A clip that has passed: at the corpus's rate and level, untrimmed.

    Attributes:
        bounds: of its speech.
        words: as the judge heard them, with their times in the clip; empty where the engine has told times, or no judge
            has heard it.
    """

    samples: Samples
    bounds: SpeechBounds
    scores: TurnScores
    words: tuple[Word, ...] = ()


class Gate:
    """Checks clips; constructing one loads its judges.

    Raises:
        BuildError: a judge's model can't be opened.
    """

    def __init__(self, config: SpeechConfig) -> None:
        self._speech = config
        self._config = config.gate
        self._judge = WhisperJudge(config.gate.asr) if config.gate.judges_words else None
        self._dnsmos = None if config.gate.min_dnsmos is None else Dnsmos()

    def judge(self, clip: Clip, text: str, language: str, speed: float, number: int) -> JudgedClip:
        """Return a clip as the corpus stores it.

        Args:
            clip: as the engine made it.
            text: what it should say, as it was given to the engine.
            language: of the text, ISO 639-1, with or without a region.
            speed: that it was asked for at, in times the voice's own pace.
            number: 1 for the turn's first clip in its dialogue.

        Raises:
            RefusedTakeError: as `check_clip`, `find_bounds` and `check_duration`; ``clipped``, ``silence_inside``,
                ``noisy``, ``low_dnsmos``, ``word_error``, ``repeated_words`` or ``unheard_end``.
        """
        try:
            check_clip(clip.samples, clip.rate)
        except RejectedError as refused:
            raise RefusedTakeError(refused.reason, refused.detail) from refused
        try:
            return self._judged(clip, text, language, speed, number)
        except RejectedError as refused:
            scores = refused.scores if isinstance(refused, RefusedTakeError) else None
            raise RefusedTakeError(refused.reason, refused.detail, scores, (clip.samples, clip.rate)) from refused

    def _judged(self, clip: Clip, text: str, language: str, speed: float, number: int) -> JudgedClip:
        own = self._speech.sample_rate
        samples = resample(clip.samples, clip.rate, own)
        bounds = find_bounds(samples, own, self._speech.vad)
        speech_s = (bounds.end - bounds.start) / own
        samples = normalised(samples, own, bounds, self._speech.level_dbfs)
        silence = silence_inside(samples, own, bounds)
        scores = TurnScores(
            attempts=number,
            characters_per_s=sum(character.isalnum() for character in text) / speech_s,
            clipped_share=clipped_share(clip.samples),
            silence_share=silence.share,
            longest_silence_s=silence.longest_s,
            speech_over_floor_db=speech_over_floor_db(samples, own),
        )
        try:
            self._check_sound(scores, speech_s, text, speed)
            self._check_noise(scores, samples)
        except RejectedError as refused:
            raise RefusedTakeError(refused.reason, refused.detail, scores) from refused
        if self._dnsmos:
            scores = replace(scores, dnsmos=self._dnsmos.overall(samples, own))
            self._check_dnsmos(scores)
        words: tuple[Word, ...] = ()
        if self._judge and self._judge.understands(language):
            timed = clip.words is None
            scores, words = self._heard(samples, text, language, scores, self._judge, timed=timed)
        return JudgedClip(samples, bounds, scores, words)

    def _check_sound(self, scores: TurnScores, speech_s: float, text: str, speed: float) -> None:
        config = self._config
        if scores.clipped_share > config.max_clipped_share:
            raise RejectedError("clipped", f"{scores.clipped_share:.2%} of the samples are stuck at the clip's peak")
        check_duration(speech_s, text, self._speech.limits, speed)
        if scores.longest_silence_s > config.max_silence_s:
            raise RejectedError(
                "silence_inside",
                f"{scores.longest_silence_s:.2f} s of silence; max_silence_s is {config.max_silence_s:g}",
            )
        if scores.silence_share > config.max_silence_share:
            raise RejectedError(
                "silence_inside",
                f"{scores.silence_share:.0%} of it is silence; max_silence_share is {config.max_silence_share:g}",
            )

    def _check_noise(self, scores: TurnScores, samples: Samples) -> None:
        lowest = self._config.min_speech_over_floor_db
        if scores.speech_over_floor_db < lowest and has_floor(samples, self._speech.sample_rate):
            raise RejectedError(
                "noisy",
                f"speech {scores.speech_over_floor_db:.0f} dB above the quietest frames; min_speech_over_floor_db is "
                f"{lowest:g}",
            )

    def _check_dnsmos(self, scores: TurnScores) -> None:
        lowest = self._config.min_dnsmos
        assert scores.dnsmos is not None
        assert lowest is not None
        if scores.dnsmos < lowest:
            raise RefusedTakeError("low_dnsmos", f"DNSMOS {scores.dnsmos:.2f}; min_dnsmos is {lowest:g}", scores)

    def _heard(
        self, samples: Samples, text: str, language: str, scores: TurnScores, judge: WhisperJudge, *, timed: bool
    ) -> tuple[TurnScores, tuple[Word, ...]]:
        """Judge what a clip says: in a short window, and in a full one before it is refused."""
        fault = None
        for full_window in (False, True):
            heard = judge.hear(samples, self._speech.sample_rate, language, full_window=full_window, timed=timed)
            error = heard_error(text, heard.text, language)
            scores = replace(scores, heard=heard.text, wer=error.wer, cer=error.cer)
            fault = self._fault(error)
            if fault is None:
                return scores, heard.words
        assert fault is not None
        raise RefusedTakeError(fault[0], f"{fault[1]}; heard: {scores.heard}", scores)

    def _fault(self, error: HeardError) -> tuple[str, str] | None:
        """Return why a turn is refused for what was heard, as (reason, what was seen); None if it is not."""
        if not error.characters:  # a hum, which its sound alone can be judged by
            return None
        config = self._config
        if error.character_errors and not error.correct_words:
            return "word_error", "no word of the text was heard"
        free = config.free_character_errors if error.spaced else config.free_ideograph_errors
        if error.character_errors > max(free, config.max_error_share * error.characters):
            return "word_error", f"{error.character_errors} of {error.characters} characters heard differently"
        if error.repeated_words > config.max_repeated_words:
            return "repeated_words", f"{error.repeated_words} words heard twice in a row"
        if error.unheard_end_words > config.max_unheard_end_words:
            return "unheard_end", f"the last {error.unheard_end_words} words were not heard"
        return None
