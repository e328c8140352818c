"""Pictures of bars, SVG on a white ground: shares of a whole, and small panels that each have a scale of their own."""

from collections.abc import Sequence

from manifests.svg import picture, text

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 720, 100, 60, 66, 30, 20
_INK, _REFERENCE, _OWN = "#333333", "#8a8a8a", "#1f77b4"


def share_bars(title: str, parts: Sequence[tuple[str, str, str]], rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Return a picture of rows that are each a whole, in parts.

    Args:
        title: above it.
        parts: (name, colour, colour of letters on it) of each part; the last one's letters stand beside it.
        rows: (name, shares); shares sum to 1.
    """
    body, at = [], float(_LEFT)
    for name, colour, _ in parts:
        body.append(f'<rect x="{at:g}" y="36" width="12" height="12" fill="{colour}"/>')
        body.append(text(at + 18, 46, name))
        at += 40 + 7.2 * len(name)
    for number, (row, shares) in enumerate(rows):
        y, at = _TOP + _ROW * number, float(_LEFT)
        body.append(text(_LEFT - 8, y + 15, row, "end"))
        for place, ((_, colour, ink), share) in enumerate(zip(parts, shares, strict=True), start=1):
            width, label = share * (_WIDTH - _RIGHT - _LEFT), f"{100 * share:.1f} %"
            body.append(_bar(at, y, width, colour))
            at += width
            body.append(
                text(at + 6, y + 15, label, fill=ink)
                if place == len(parts)
                else text(at - width / 2, y + 15, label, "middle", fill=ink)
            )
    return picture(title, body, _WIDTH, _TOP + _ROW * len(rows) + 8, 12, _INK)


def rate_bars(title: str, rows: Sequence[str], panels: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    """Return a picture of panels side by side, a bar in each for every row.

    Args:
        title: above it, with the unit.
        rows: their names, the same in all panels; the first is what the others are compared with.
        panels: (name, a value for every row); None, where it is not known, has no bar.
    """
    space = (_WIDTH - _LEFT - 10) / len(panels)
    foot = _TOP + _ROW * len(rows) - 6
    body = [text(_LEFT - 8, _TOP + _ROW * number + 15, row, "end") for number, row in enumerate(rows)]
    for place, (name, values) in enumerate(panels):
        left = _LEFT + place * space
        most = max(value or 0.0 for value in values) or 1.0
        body.append(text(left, 50, name))
        body.append(f'<path d="M{left:.1f},{_TOP - 4} V{foot}" stroke="{_INK}"/>')
        for number, value in enumerate(values):
            y, width = _TOP + _ROW * number, (space - 50) * (value or 0.0) / most
            body.append(_bar(left, y, width, _OWN if number else _REFERENCE))
            body.append(text(left + width + 5, y + 15, rate_text(value)))
    return picture(title, body, _WIDTH, _TOP + _ROW * len(rows) + 8, 12, _INK)


def rate_text(value: float | None) -> str:
    """Return a rate to as many digits as a reader has use for."""
    if value is None:
        return "unknown"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'
