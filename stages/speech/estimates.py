"""Assumed figures for the estimates of `build-corpus plan`, which loads no engine. The run measures the real ones."""

from stages.speech.config import SpeechConfig
from stages.speech.engine_config import AssistantVoice, KokoroSettings, PiperSettings, UserVoices

SECONDS_PER_WORD = 0.30
"""Speech per written English word, pauses inside a turn included: plain sentences (65-67 words) took 0.27 s a word
in Piper's joe and 0.28-0.38 s in Kokoro's voices, measured here."""
SECONDS_PER_CJK_CHARACTER = 0.22
"""Speech per Chinese character: 4.5 syllables a second, a usual reading pace."""
PIPER_RTF = 0.08
KOKORO_RTF = 0.6
"""Seconds of work per second of speech of a one-thread worker, measured with both cores of the machine busy; alone
they take 0.05 and 0.41 s of CPU time. The stage's own work, VAD and resampling, adds 0.0015."""
ENDPOINT_RTF = 0.1
"""An assumption: a server on a GPU."""


def expected_seconds(words: float, cjk_characters: float = 0.0) -> float:
    """Return the expected seconds of speech of a text."""
    return words * SECONDS_PER_WORD + cjk_characters * SECONDS_PER_CJK_CHARACTER


def expected_rtf(config: SpeechConfig, assistant_share: float = 0.5) -> float:
    """Return the seconds of one worker's work per second of speech, of which the assistant speaks a share."""
    return assistant_share * _rtf(config.assistant) + (1 - assistant_share) * _rtf(config.user)


def _rtf(config: AssistantVoice | UserVoices) -> float:
    if isinstance(config, PiperSettings):
        return PIPER_RTF
    return KOKORO_RTF if isinstance(config, KokoroSettings) else ENDPOINT_RTF
