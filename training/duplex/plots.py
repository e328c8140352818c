"""A plot of losses over steps. SVG, pure."""

from collections.abc import Sequence

import numpy as np

from manifests.svg import picture, polyline, text

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
    parts = _axes(last, low, high)
    for number, (name, curve) in enumerate(drawn.items()):
        line = ((_x(step, last), _y(loss, low, high)) for step, loss in curve)
        parts.append(polyline(line, _COLOURS[name], 1.8))
        said = f"{name}: {curve[-1][1]:.3f} at step {curve[-1][0]:g}"
        parts.append(text(_WIDTH - _RIGHT, _TOP + 14 + 14 * number, said, "end", fill=_COLOURS[name]))
    return picture(title, parts, _WIDTH, _HEIGHT, 11)


def _averaged(curve: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    bins = np.array_split(np.array(curve, float).reshape(-1, 2), min(_POINTS, max(len(curve), 1)))
    return [(float(part[-1, 0]), float(part[:, 1].mean())) for part in bins if len(part)]


def _axes(last: float, low: float, high: float) -> list[str]:
    foot, right = _HEIGHT - _FOOT, _WIDTH - _RIGHT
    parts = [
        f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="black"/>',
        text((_LEFT + right) // 2, _HEIGHT - 8, "step", "middle"),
        text(_LEFT, _TOP - 6, "nats/token", "middle"),
    ]
    for share in np.linspace(0, 1, _TICKS):
        step, loss = share * last, low + share * (high - low)
        parts.append(text(_x(step, last), foot + 15, f"{step:.0f}", "middle"))
        parts.append(text(_LEFT - 5, _y(loss, low, high) + 4, f"{loss:.2f}", "end"))
    return parts


def _x(step: float, last: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * step / max(last, 1)


def _y(loss: float, low: float, high: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * (loss - low) / (high - low)
