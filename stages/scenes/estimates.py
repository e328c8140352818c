"""What scenes add to speech, estimated for `build-corpus plan`."""

from collections.abc import Sequence

from manifests.records import Role
from stages.scenes.config import ScenesConfig
from stages.scenes.phrases import clips_wanted, expected_s

EXPECTED_RTF = 0.001
"""Seconds of work per second of scene on one thread, from audio files to FLAC: 0.0007 measured, and 0.0017 where every
dialogue has a room, an echo, gain and a line."""


def expected_pause_s(config: ScenesConfig, exchanges: float) -> float:
    """Return the expected seconds of silence in a dialogue: before, between and after its turns."""
    timing = config.timing
    lead, answer, next_turn = (
        law.moments()[0] for law in (timing.lead_s, timing.floor_transfer_s.assistant, timing.floor_transfer_s.user)
    )
    return lead + exchanges * answer + max(exchanges - 1, 0) * next_turn + timing.tail_s


def expected_backchannels_s(config: ScenesConfig, language: str, heard_s: float) -> dict[Role, float]:
    """Return the expected seconds of a dialogue's backchannels, by role, as they are spoken; clips are heard again.

    By the profile's rates; scripts that mark backchannels are taken to mark as many.

    Args:
        config: whose rates and phrases count.
        language: ISO 639-1.
        heard_s: of speech that each role listens to.
    """
    rates, phrases = config.timing.backchannel, config.backchannel_phrases
    return {
        "user": _clips_s(rates.user.per_minute, phrases.user.get(language, ()), heard_s),
        "assistant": _clips_s(rates.assistant.per_minute, phrases.assistant.get(language, ()), heard_s),
    }


def _clips_s(per_minute: float, phrases: Sequence[str], heard_s: float) -> float:
    if not phrases:
        return 0.0
    clips = min(clips_wanted(per_minute, heard_s / 60), len(phrases))
    return clips * sum(expected_s(phrase) for phrase in phrases) / len(phrases)
