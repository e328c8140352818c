"""A plot of response times: the share of moments that have been reacted to, as time passes. SVG, pure."""

from collections.abc import Sequence

import numpy as np

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
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="11">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_WIDTH / 2:g}" y="16" text-anchor="middle" font-size="13">{_escaped(title)}</text>',
        *_axes(),
    ]
    drawn = [(name, reactions) for name, reactions in curves if reactions]
    for number, (name, reactions) in enumerate(drawn):
        colour = _COLOURS[number % len(_COLOURS)]
        times = np.sort([one.response_s for one in reactions if one.response_s is not None])
        shares = np.arange(1, len(times) + 1) / len(reactions)
        places = np.concatenate([[0.0], np.repeat(times, 2), [PATIENCE_S]])
        heights = np.concatenate([[0.0, 0.0], np.repeat(shares, 2)])
        points = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(places, heights, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        label = f"{name} (n={len(reactions)})"
        y = _TOP + 10 + 15 * number
        parts.append(f'<text x="{_WIDTH - _RIGHT + 10}" y="{y}" fill="{colour}">{_escaped(label)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _axes() -> list[str]:
    foot, right = _HEIGHT - _FOOT, _WIDTH - _RIGHT
    middle = (_LEFT + right) / 2
    parts = [
        f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="black"/>',
        f'<text x="{middle:g}" y="{foot + 30}" text-anchor="middle">seconds after the moment</text>',
    ]
    for share in np.linspace(0, 1, _TICKS):
        x, y = _x(share * PATIENCE_S), _y(share)
        parts.append(f'<text x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{share * PATIENCE_S:.1f}</text>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{share:.1f}</text>')
    return parts


def _x(seconds: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * seconds / PATIENCE_S


def _y(share: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * share


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
