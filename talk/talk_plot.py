"""A plot of a conversation: both channels, events and text, 15 s per row. SVG, pure."""

from collections.abc import Sequence

import numpy as np

from manifests import svg
from manifests.audio import Samples
from talk.events import TalkEvent
from talk.levels import LEVEL_S
from talk.transcript import TimedText

ROW_S = 15.0
ROWS = 40
"""Ten minutes; a longer conversation is drawn up to there."""
_WIDTH, _LEFT, _ROW, _WAVE, _TOP = 1000, 60, 130, 28, 30
_COLOURS = {"user": "#1f77b4", "assistant": "#d62728"}
_MARKS = {"started": "start", "stopped": "stop", "interrupted": "interrupted"}


def talk_plot(
    title: str, user: Samples, assistant: Samples, events: Sequence[TalkEvent], text: Sequence[TimedText]
) -> str:
    """Return an SVG image.

    Args:
        title: above it.
        user, assistant: peaks, one each `LEVEL_S`, shapes (n,) and (m,).
        events, text: in order of time.
    """
    duration_s = max(len(user), len(assistant)) * LEVEL_S
    rows = min(max(int(np.ceil(duration_s / ROW_S)), 1), ROWS)
    height = _TOP + rows * _ROW + 10
    if duration_s > rows * ROW_S:
        title = f"{title}: the first {rows * ROW_S / 60:g} of {duration_s / 60:.0f} minutes"
    parts = []
    loudest = max(float(user.max(initial=0.0)), float(assistant.max(initial=0.0)), 1e-3)
    for row in range(rows):
        parts += _row(row, user / loudest, assistant / loudest, events, text)
    return svg.picture(title, parts, _WIDTH, height, 10)


def _row(
    row: int, user: Samples, assistant: Samples, events: Sequence[TalkEvent], text: Sequence[TimedText]
) -> list[str]:
    top, begins_s = _TOP + row * _ROW, row * ROW_S
    bins = round(ROW_S / LEVEL_S)
    parts = []
    for line, (role, peaks) in enumerate((("user", user), ("assistant", assistant))):
        middle = top + _WAVE * (1 + line * 1.7)
        parts.append(svg.text(4, middle + 3, role, fill=_COLOURS[role]))
        parts.append(_wave(peaks[row * bins : (row + 1) * bins], middle, _COLOURS[role]))
        here = [event for event in events if begins_s <= event.at_s < begins_s + ROW_S]
        parts += [_mark(event, begins_s, middle) for event in here if event.role == role]
    for place in range(0, round(ROW_S) + 1, 5):
        parts.append(svg.text(_x(place), top + _ROW - 14, f"{begins_s + place:g} s", "middle"))
    for piece in text:
        if begins_s <= piece.at_s < begins_s + ROW_S:
            parts.append(svg.text(_x(piece.at_s - begins_s), top + _ROW - 28, piece.text, font_size=8))
    return parts


def _wave(peaks: Samples, middle: float, colour: str) -> str:
    heights = np.sqrt(peaks) * _WAVE * 0.7
    path = " ".join(
        f"M{_x(place * LEVEL_S):.1f},{middle - height:.1f}V{middle + height:.1f}"
        for place, height in enumerate(heights)
    )
    return f'<path d="M{_LEFT},{middle:g}H{_WIDTH - 10} {path}" stroke="{colour}" stroke-width="1" fill="none"/>'


def _mark(event: TalkEvent, begins_s: float, middle: float) -> str:
    x, high = _x(event.at_s - begins_s), middle - _WAVE * 0.8
    strength = 2 if event.kind == "interrupted" else 1
    return (
        f'<path d="M{x:.1f},{high:.1f}V{middle + _WAVE * 0.8:.1f}" stroke="black" stroke-width="{strength}" '
        f'stroke-dasharray="3 2"><title>{event.role} {event.kind} {event.at_s:.2f} s</title></path>'
    ) + svg.text(x + 2, high + 4, _MARKS[event.kind], font_size=7)


def _x(seconds: float) -> float:
    return _LEFT + (_WIDTH - 10 - _LEFT) * seconds / ROW_S
