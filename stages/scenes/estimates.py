"""What scenes add to speech, for a plan that makes nothing."""

from stages.scenes.config import ScenesConfig

EXPECTED_RTF = 0.005
"""Seconds of work per second of scene on one thread, FLAC included; noise files are read anew for every scene."""


def expected_pause_s(config: ScenesConfig, exchanges: float) -> float:
    """Return the expected seconds of silence in a dialogue: before, between and after its turns."""
    timing = config.timing
    lead, answer, next_turn = (
        law.moments()[0] for law in (timing.lead_s, timing.floor_transfer_s.assistant, timing.floor_transfer_s.user)
    )
    return lead + exchanges * answer + max(exchanges - 1, 0) * next_turn + timing.tail_s
