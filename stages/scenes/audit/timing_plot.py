"""A plot of one law: its cumulative distribution with those of what was planned and heard. SVG, pure."""

import math
from collections.abc import Sequence

import numpy as np

from manifests.svg import picture, polyline, text
from stages.scenes.laws import Law, Reals

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _FOOT = 480, 300, 54, 14, 34, 48
_INK, _FAINT = "#333333", "#e3e3e3"
_LAW, _LAW_INK = "#b8b8b8", "#6b6b6b"
_BAND = 7
"""Width of the law's curve: it shows behind others that run along it."""
_CURVES = ("#1f77b4", "#d62728", "#2ca02c")
_POINTS = 200
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_TICKS = 7


def timing_plot(
    title: str,
    law: Law,
    curves: Sequence[tuple[str, Sequence[float]]],
    axis: str = "seconds",
    law_name: str | None = None,
) -> str:
    """Return an SVG image on a white ground.

    Args:
        title: above it.
        law: what was asked for, or is compared with; its distribution is the wide grey curve.
        curves: (name, values), at most three, drawn as steps; one without values is left out.
        axis: what the values are, with their unit.
        law_name: of the law in the legend; its parameters if there is none.
    """
    drawn = [(name, np.sort(np.asarray(values, np.float64))) for name, values in curves if len(values)]
    low, high = _range(law, [values for _, values in drawn])
    places = np.linspace(low, high, _POINTS)
    lines = [(law_name or str(law), _LAW, law.cdf(places))]
    lines += [
        (f"{name} (n={len(values)})", colour, np.searchsorted(values, places, "right") / len(values))
        for (name, values), colour in zip(drawn, _CURVES, strict=False)
    ]
    parts = _axes(low, high, axis)
    legend = []
    for number, (name, colour, shares) in enumerate(lines):
        points = ((_x(x, low, high), _y(share)) for x, share in zip(places, shares, strict=True))
        parts.append(polyline(points, colour, 2 if number else _BAND))
        ink = colour if number else _LAW_INK
        outline = {"stroke": "white", "stroke_width": "3", "paint_order": "stroke"}
        legend.append(text(_LEFT + 8, _TOP + 16 + 16 * number, name, fill=ink, **outline))
    return picture(title, [*parts, *legend], _WIDTH, _HEIGHT, 12, _INK)


def _range(law: Law, values: Sequence[Reals]) -> tuple[float, float]:
    ends = [*law.quantile([0.005, 0.995]), *(np.quantile(one, end) for one in values for end in (0.005, 0.995))]
    low, high = float(min(ends)), float(max(ends))
    margin = max(0.05 * (high - low), 0.05)
    return low - margin, high + margin


def _axes(low: float, high: float, axis: str) -> list[str]:
    foot, right = _HEIGHT - _FOOT, _WIDTH - _RIGHT
    middle = (_TOP + foot) / 2
    parts = []
    for share in _SHARES:
        y = _y(share)
        parts.append(f'<path d="M{_LEFT},{y:.1f} H{right}" stroke="{_FAINT}"/>')
        parts.append(text(_LEFT - 6, y + 4, f"{share:g}", "end"))
    for tick in _ticks(low, high):
        x = _x(tick, low, high)
        parts.append(f'<path d="M{x:.1f},{foot} v4" stroke="{_INK}"/>')
        parts.append(text(x, foot + 17, f"{tick:g}", "middle"))
    parts.append(f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="{_INK}"/>')
    parts.append(text((_LEFT + right) // 2, _HEIGHT - 10, axis, "middle"))
    parts.append(f'<text transform="translate(14 {middle:g}) rotate(-90)" text-anchor="middle">cumulative share</text>')
    return parts


def _ticks(low: float, high: float) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten inside a range, at most `_MOST_TICKS`."""
    least = (high - low) / (_MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next((power * times for times in (1, 2, 5) if power * times >= least), 10 * power)
    return [round(number * step, 10) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (_WIDTH - _RIGHT - _LEFT) * (value - low) / (high - low)


def _y(share: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * share
