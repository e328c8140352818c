"""What all plots are made of: a titled picture on a white background, text and lines as SVG elements. Pure.

A place is written as it is where it is whole (int), to a tenth where it is not (float).
"""

from collections.abc import Iterable
from html import escape


def picture(title: str, elements: Iterable[str], width: int, height: int, letters: int, ink: str = "black") -> str:
    """Return an SVG image.

    Args:
        title: above everything else, in slightly larger letters.
        elements: drawn one over the other.
        width, height: in the units of the coordinates.
        letters: their size, unless an element sets one.
        ink: their colour, unless an element sets one.
    """
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="{letters}" fill="{ink}">'
    )
    ground = f'<rect width="{width}" height="{height}" fill="white"/>'
    above = text(width // 2, letters + 8, title, "middle", font_size=letters + 2)
    return "\n".join([head, ground, above, *elements, "</svg>", ""])


def text(x: float, y: float, said: str, anchor: str = "start", **attributes: str | int) -> str:
    """Return a line of text; control characters, for which XML has no place, are shown as spaces.

    Args:
        x, y: of the end that `anchor` names ("start", "middle", "end"), on the base line.
        said: any text.
        anchor: as above.
        attributes: of SVG, with _ for -.
    """
    shown = escape("".join(letter if letter.isprintable() else " " for letter in said), quote=False)
    placed: dict[str, str | int] = {"text_anchor": anchor} if anchor != "start" else {}
    return f'<text x="{_place(x)}" y="{_place(y)}"{_attributes(placed | attributes)}>{shown}</text>'


def polyline(points: Iterable[tuple[float, float]], colour: str, width: float) -> str:
    """Return a line through points (x, y)."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _place(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.1f}"


def _attributes(given: dict[str, str | int]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in given.items())
