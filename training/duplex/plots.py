"""A plot of losses over steps. SVG, pure."""

import html
from collections.abc import Sequence

import numpy as np

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT, _RIGHT = 560, 300, 44, 30, 40, 14
_COLOURS = {"train": "#888888", "validation": "#d62728"}
_TICKS = 5
_POINTS = 200
"""Training losses are averaged into at most so many points."""


def loss_plot(title: str, train: Sequence[tuple[int, float]], validation: Sequence[tuple[int, float]]) -> str:
    """Return an SVG image of mean losses in nats per token.

    Args:
        title: above it.
        train, validation: (step, loss), steps rising; either may be empty.
    """
    curves = {"train": _averaged(train), "validation": [(float(step), loss) for step, loss in validation]}
    drawn = {name: curve for name, curve in curves.items() if curve}
    points = np.array([point for curve in drawn.values() for point in curve] or [(0.0, 0.0)])
    last, low, high = float(points[:, 0].max()), float(points[:, 1].min()), float(points[:, 1].max())
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low) + 1e-6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="11">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_WIDTH / 2:g}" y="16" text-anchor="middle" font-size="13">{html.escape(title)}</text>',
        *_axes(last, low, high),
    ]
    for number, (name, curve) in enumerate(drawn.items()):
        line = " ".join(f"{_x(step, last):.1f},{_y(loss, low, high):.1f}" for step, loss in curve)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{_COLOURS[name]}" stroke-width="1.8"/>')
        parts.append(
            f'<text x="{_WIDTH - _RIGHT}" y="{_TOP + 14 + 14 * number}" text-anchor="end" fill="{_COLOURS[name]}">'
            f"{name}: {curve[-1][1]:.3f} at step {curve[-1][0]:g}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _averaged(curve: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    bins = np.array_split(np.array(curve, float).reshape(-1, 2), min(_POINTS, max(len(curve), 1)))
    return [(float(part[-1, 0]), float(part[:, 1].mean())) for part in bins if len(part)]


def _axes(last: float, low: float, high: float) -> list[str]:
    foot, right = _HEIGHT - _FOOT, _WIDTH - _RIGHT
    parts = [
        f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="black"/>',
        f'<text x="{(_LEFT + right) / 2:g}" y="{_HEIGHT - 8}" text-anchor="middle">step</text>',
        f'<text x="{_LEFT}" y="{_TOP - 6}" text-anchor="middle">nats/token</text>',
    ]
    for share in np.linspace(0, 1, _TICKS):
        step, loss = share * last, low + share * (high - low)
        parts.append(f'<text x="{_x(step, last):.1f}" y="{foot + 15}" text-anchor="middle">{step:.0f}</text>')
        parts.append(f'<text x="{_LEFT - 5}" y="{_y(loss, low, high) + 4:.1f}" text-anchor="end">{loss:.2f}</text>')
    return parts


def _x(step: float, last: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * step / max(last, 1)


def _y(loss: float, low: float, high: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * (loss - low) / (high - low)
