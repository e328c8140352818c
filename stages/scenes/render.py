"""The plan made audible: each turn's clip added to its speaker's channel, its edges faded."""

from functools import lru_cache

import numpy as np

from manifests.audio import Samples
from manifests.records import SpokenTurn
from stages.scenes.placement import Placement

DECLICK_S = 0.002
"""Shortest fade at a clip's edge: long enough that a step is no click, too short to soften a consonant."""
JOIN_S = 0.005
"""Fade on either side of a pause that was set: it stands in the quietest place that the clip has there."""


def speech_bounds(turn: SpokenTurn, sample_rate: int) -> tuple[int, int]:
    """Return (start, end) of a turn's speech in its clip, in samples, inside the clip; empty if there is none."""
    length = len(turn.samples)
    start = min(max(round(turn.speech_start_s * sample_rate), 0), length)
    return start, max(start, min(round(turn.speech_end_s * sample_rate), length))


def lay(
    channel: Samples, turn: SpokenTurn, placement: Placement, sample_rate: int, edge_s: float, cut_fade_s: float
) -> None:
    """Add a turn's clip to its channel so that speech starts where the plan says.

    A little audio is kept on either side of the speech and faded out towards its edge. A cut turn is at full level up
    to the cut and fades after it: a fade before it would tell a listening model that an interruption is coming.

    Args:
        channel: shape (n,), added to in place; the clip's last fade is cut short at its end.
        turn: the clip.
        placement: where its pieces go.
        sample_rate: of both.
        edge_s: what to keep on either side of the speech, as far as the clip has it.
        cut_fade_s: length of the fade after a cut.
    """
    onset, end = speech_bounds(turn, sample_rate)
    edge, declick, join = (round(seconds * sample_rate) for seconds in (edge_s, DECLICK_S, JOIN_S))
    last_piece = len(placement.pieces) - 1
    for number, piece in enumerate(placement.pieces):
        first, last = onset + piece.start_samples, onset + piece.end_samples
        before = min(edge, first, piece.at_samples) if number == 0 else 0
        fade_in = max(before, declick) if number == 0 else join
        fade_out = join
        if number == last_piece and placement.cut:
            fade_out = min(round(cut_fade_s * sample_rate), len(turn.samples) - last)
            last += fade_out
        elif number == last_piece:
            last = min(end + edge, len(turn.samples))
            fade_out = max(last - end, declick)
        _add(channel[piece.at_samples - before :], turn.samples[first - before : last], fade_in, fade_out)


def _add(room: Samples, piece: Samples, fade_in: int, fade_out: int) -> None:
    """Add a piece with its fades to the beginning of a room, as far as that reaches; only what fades is copied."""
    fade_in, fade_out = min(fade_in, len(piece)), min(fade_out, len(piece))
    falls = len(piece) - fade_out
    full = max(fade_in, falls)
    rising = piece[:fade_in] * _rise(fade_in)
    fall = _rise(fade_out)[::-1]
    rising[falls:] *= fall[: max(0, fade_in - falls)]
    falling = piece[full:] * fall[full - falls :]
    for start, part in ((0, rising), (fade_in, piece[fade_in:full]), (full, falling)):
        place = room[start : start + len(part)]
        place += part[: len(place)]


@lru_cache(maxsize=64)
def _rise(length: int) -> Samples:
    """Return a raised cosine from 0 to 1, read-only."""
    rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)
    rise.flags.writeable = False
    return rise
