"""The gate: measures a take, cheap measures first, and refuses it at the first bar that it misses."""

from dataclasses import dataclass, replace

from manifests.audio import Samples
from manifests.records import TurnScores
from stages.speech.bounds import SpeechBounds
from stages.speech.gate.config import GateConfig
from stages.speech.gate.dnsmos import Dnsmos
from stages.speech.gate.sound import silence_inside, speech_over_floor_db
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.speech.gate.word_error import HeardError, heard_error
from stages.speech.takes import RefusedTakeError


@dataclass(frozen=True)
class Take:
    """One clip of one turn.

    Attributes:
        text: what it should say, as it was given to the engine.
        language: of the text.
        samples: shape (n,), at the corpus's rate and level.
        bounds: of its speech.
        clipped_share: of the engine's own clip, before its rate and level were changed.
        number: 1 for the turn's first clip in its dialogue.
    """

    text: str
    language: str
    samples: Samples
    sample_rate: int
    bounds: SpeechBounds
    clipped_share: float
    number: int


class Gate:
    """Opening one loads its judges.

    Raises:
        BuildError: a judge's model can't be opened.
    """

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._judge = WhisperJudge(config.asr) if config.judges_words else None
        self._dnsmos = None if config.min_dnsmos is None else Dnsmos()

    def judge(self, take: Take) -> TurnScores:
        """Return the scores of a take that passes.

        Raises:
            RefusedTakeError: ``silence_inside``, ``noisy``, ``low_dnsmos``, ``word_error``, ``repeated_words`` or
                ``unheard_end``, with the scores so far.
        """
        scores = _sound_scores(take)
        self._check_sound(scores)
        if self._dnsmos:
            scores = replace(scores, dnsmos=self._dnsmos.overall(take.samples, take.sample_rate))
            self._check_dnsmos(scores)
        if self._judge and self._judge.understands(take.language):
            scores = self._heard(take, scores, self._judge)
        return scores

    def _check_sound(self, scores: TurnScores) -> None:
        config = self._config
        if scores.longest_silence_s > config.max_silence_s:
            raise RefusedTakeError(
                "silence_inside",
                f"{scores.longest_silence_s:.2f} s of silence; max_silence_s is {config.max_silence_s:g}",
                scores,
            )
        if scores.silence_share > config.max_silence_share:
            raise RefusedTakeError(
                "silence_inside",
                f"{scores.silence_share:.0%} of it is silence; max_silence_share is {config.max_silence_share:g}",
                scores,
            )
        if scores.speech_over_floor_db < config.min_speech_over_floor_db:
            raise RefusedTakeError(
                "noisy",
                f"speech {scores.speech_over_floor_db:.0f} dB over the quietest frames; min_speech_over_floor_db is "
                f"{config.min_speech_over_floor_db:g}",
                scores,
            )

    def _check_dnsmos(self, scores: TurnScores) -> None:
        lowest = self._config.min_dnsmos
        assert scores.dnsmos is not None
        assert lowest is not None
        if scores.dnsmos < lowest:
            raise RefusedTakeError("low_dnsmos", f"DNSMOS {scores.dnsmos:.2f}; min_dnsmos is {lowest:g}", scores)

    def _heard(self, take: Take, scores: TurnScores, judge: WhisperJudge) -> TurnScores:
        """Judge what a take says: in a short window, and in a full one before it is refused."""
        fault = None
        for full_window in (False, True):
            heard = judge.hear(take.samples, take.sample_rate, take.language, full_window=full_window)
            error = heard_error(take.text, heard, take.language)
            scores = replace(scores, heard=heard, wer=error.wer, cer=error.cer)
            fault = self._fault(error)
            if fault is None:
                return scores
        assert fault is not None
        raise RefusedTakeError(fault[0], f"{fault[1]}; heard: {scores.heard}", scores)

    def _fault(self, error: HeardError) -> tuple[str, str] | None:
        """Return why a turn is refused for what was heard, as (reason, what was seen); None if it is not."""
        config = self._config
        if error.character_errors > max(config.free_character_errors, config.max_error_share * error.characters):
            return "word_error", f"{error.character_errors} of {error.characters} characters heard otherwise"
        if error.repeated_words > config.max_repeated_words:
            return "repeated_words", f"{error.repeated_words} words heard twice running"
        if error.unheard_end_words > config.max_unheard_end_words:
            return "unheard_end", f"the last {error.unheard_end_words} words were not heard"
        return None


def _sound_scores(take: Take) -> TurnScores:
    silence = silence_inside(take.samples, take.sample_rate, take.bounds)
    characters = sum(character.isalnum() for character in take.text)
    return TurnScores(
        attempts=take.number,
        characters_per_s=characters * take.sample_rate / max(take.bounds.end - take.bounds.start, 1),
        clipped_share=take.clipped_share,
        silence_share=silence.share,
        longest_silence_s=silence.longest_s,
        speech_over_floor_db=speech_over_floor_db(take.samples, take.sample_rate),
    )
