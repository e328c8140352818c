"""A plot of response times: the share of moments with a reaction so far, over time. SVG, pure."""

from collections.abc import Sequence

import numpy as np

from manifests.svg import picture, polyline, text
from training.evaluation.turn_taking import Reaction
from training.loop.voicing import PATIENCE_S

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT, _RIGHT = 680, 280, 44, 30, 40, 220
_COLOURS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#7f7f7f")
_TICKS = 6


def response_plot(title: str, curves: Sequence[tuple[str, Sequence[Reaction]]]) -> str:
    """Return an SVG image; a curve that stays below 1 has moments without a reaction.

    Args:
        title: above it.
        curves: (name, reactions of one task); one without reactions is left out.
    """
    parts = _axes()
    drawn = [(name, reactions) for name, reactions in curves if reactions]
    for number, (name, reactions) in enumerate(drawn):
        colour = _COLOURS[number % len(_COLOURS)]
        times = np.sort([one.response_s for one in reactions if one.response_s is not None])
        shares = np.arange(1, len(times) + 1) / len(reactions)
        places = np.concatenate([[0.0], np.repeat(times, 2), [PATIENCE_S]])
        heights = np.concatenate([[0.0, 0.0], np.repeat(shares, 2)])
        parts.append(polyline(((_x(x), _y(y)) for x, y in zip(places, heights, strict=True)), colour, 1.8))
        label = f"{name} (n={len(reactions)})"
        parts.append(text(_WIDTH - _RIGHT + 10, _TOP + 10 + 15 * number, label, fill=colour))
    return picture(title, parts, _WIDTH, _HEIGHT, 11)


def _axes() -> list[str]:
    foot, right = _HEIGHT - _FOOT, _WIDTH - _RIGHT
    parts = [
        f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="black"/>',
        text((_LEFT + right) // 2, foot + 30, "seconds after the moment", "middle"),
    ]
    for share in np.linspace(0, 1, _TICKS):
        parts.append(text(_x(share * PATIENCE_S), foot + 15, f"{share * PATIENCE_S:.1f}", "middle"))
        parts.append(text(_LEFT - 5, _y(share) + 4, f"{share:.1f}", "end"))
    return parts


def _x(seconds: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * seconds / PATIENCE_S


def _y(share: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * share
