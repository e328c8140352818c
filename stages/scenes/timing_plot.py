"""A plot of one law: its cumulative distribution beside those of what was planned and heard. SVG, pure."""

import math
from collections.abc import Sequence

import numpy as np

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
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_WIDTH / 2:g}" y="20" text-anchor="middle" font-size="14">{_escaped(title)}</text>',
        *_axes(low, high, axis),
    ]
    legend = []
    for number, (name, colour, shares) in enumerate(lines):
        points = " ".join(f"{_x(x, low, high):.1f},{_y(share):.1f}" for x, share in zip(places, shares, strict=True))
        width = 2 if number else _BAND
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        legend.append(
            f'<text x="{_LEFT + 8}" y="{_TOP + 16 + 16 * number}" fill="{colour if number else _LAW_INK}" '
            f'stroke="white" stroke-width="3" paint-order="stroke">{_escaped(name)}</text>'
        )
    return "\n".join([*parts, *legend, "</svg>", ""])


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
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:g}</text>')
    for tick in _ticks(low, high):
        x = _x(tick, low, high)
        parts.append(f'<path d="M{x:.1f},{foot} v4" stroke="{_INK}"/>')
        parts.append(f'<text x="{x:.1f}" y="{foot + 17}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="{_INK}"/>')
    parts.append(f'<text x="{(_LEFT + right) / 2:g}" y="{_HEIGHT - 10}" text-anchor="middle">{_escaped(axis)}</text>')
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


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
