"""A plot of one law: its cumulative distribution beside those of what was planned and heard. SVG, pure."""

from collections.abc import Sequence

import numpy as np

from stages.scenes.laws import Law, Reals

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 480, 280, 44, 30, 40
_COLOURS = {"requested": "#888888", "in the plan": "#1f77b4", "in the audio": "#d62728"}
_POINTS = 200
_TICKS = 5


def timing_plot(title: str, law: Law, curves: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return an SVG image.

    Args:
        title: above it.
        law: what was asked for; its distribution is the grey curve.
        curves: (name, values), drawn as steps; one without values is left out.
    """
    drawn = [(name, np.sort(np.asarray(values, np.float64))) for name, values in curves if len(values)]
    low, high = _range(law, [values for _, values in drawn])
    places = np.linspace(low, high, _POINTS)
    lines = [("requested", places, law.cdf(places))]
    lines += [(name, places, np.searchsorted(values, places, "right") / len(values)) for name, values in drawn]
    legend = [f"{name} (n={len(values)})" for name, values in drawn]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="11">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_WIDTH / 2:g}" y="16" text-anchor="middle" font-size="13">{_escaped(title)}</text>',
        *_axes(low, high),
    ]
    for number, ((name, xs, ys), label) in enumerate(zip(lines, [str(law), *legend], strict=True)):
        colour = _COLOURS.get(name, "#2ca02c")
        points = " ".join(f"{_x(x, low, high):.1f},{_y(y):.1f}" for x, y in zip(xs, ys, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        parts.append(f'<text x="{_LEFT + 8}" y="{_TOP + 14 + 14 * number}" fill="{colour}">{_escaped(label)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _range(law: Law, values: Sequence[Reals]) -> tuple[float, float]:
    ends = [*law.quantile([0.005, 0.995]), *(np.quantile(one, end) for one in values for end in (0.005, 0.995))]
    low, high = float(min(ends)), float(max(ends))
    margin = max(0.05 * (high - low), 0.05)
    return low - margin, high + margin


def _axes(low: float, high: float) -> list[str]:
    foot, right = _HEIGHT - _FOOT, _WIDTH - 12
    parts = [f'<path d="M{_LEFT},{_TOP} V{foot} H{right}" fill="none" stroke="black"/>']
    for share in np.linspace(0, 1, _TICKS):
        x, y = _x(low + share * (high - low), low, high), _y(share)
        parts.append(f'<text x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{low + share * (high - low):.2f}</text>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{share:.2f}</text>')
    return parts


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (_WIDTH - 12 - _LEFT) * (value - low) / (high - low)


def _y(share: float) -> float:
    return _HEIGHT - _FOOT - (_HEIGHT - _FOOT - _TOP) * share


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
