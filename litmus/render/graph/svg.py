"""Figures as SVG documents."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from litmus.render.graph.figure import Box, Dot, Figure, Path, Point, Shape, Text

COLOURS = {
    "po": "#5f6368",
    "rf": "#b3430a",
    "co": "#0b5fa5",
    "fr": "#8a2580",
    "dep": "#6b5400",
    "model": "#00684a",
    "t0": "#0b5fa5",
    "t1": "#b3430a",
    "t2": "#00684a",
    "t3": "#8a2580",
    "t4": "#6b5400",
    "t5": "#2e2e8f",
    "t6": "#a3195b",
    "t7": "#1f7a8c",
}
"""Colours of lines and labels: those of Okabe and Ito, which the colour-blind can tell apart, darkened until text is
easy to read on white (a contrast of 5 or more). Dashes tell the relations apart without colour."""

_DASHES = {"co": "9 3", "fr": "3 3", "dep": "6 2 2 2"}
_STYLE = """
  text { font: 13px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1b1b1b }
  .title { font: bold 17px "DejaVu Sans", Verdana, sans-serif }
  .says { font: 13px "DejaVu Sans", Verdana, sans-serif }
  .small { font-size: 11px; fill: #5f6368 }
  .head { font: bold 14px "DejaVu Sans", Verdana, sans-serif }
  .no { font: bold 13px "DejaVu Sans", Verdana, sans-serif; fill: #a3195b }
  .yes { font: bold 13px "DejaVu Sans", Verdana, sans-serif; fill: #00684a }
  .number { font: bold 11px "DejaVu Sans", Verdana, sans-serif; fill: #fff; text-anchor: middle }
  .label { font-size: 12px; font-weight: bold }
  .page { fill: #fff }
  .event { fill: #fff; stroke: #5f6368; stroke-width: 1.2 }
  .hot { fill: #fff; stroke: #1b1b1b; stroke-width: 2.4 }
  .fence { fill: #eef0f2; stroke: #5f6368; stroke-width: 1.2 }
  .hot-fence { fill: #eef0f2; stroke: #1b1b1b; stroke-width: 2.4 }
  .group { fill: #f4f1e8 }
  .under { fill: #fff; fill-opacity: 0.9 }
  .bus { fill: #f0f2f5; stroke: #b4bac2; stroke-width: 1.2 }
  .wire { fill: none; stroke: #d5dae0; stroke-width: 7 }
  .bridge { fill: #e7edf4; stroke: #5f6368; stroke-width: 1.2 }
  .device { fill: #fff; stroke: #5f6368; stroke-width: 1.5 }
  .cpu { fill: #fdf3dd; stroke: #5f6368; stroke-width: 1.5 }
  .memory { fill: #eaf3e6; stroke: #5f6368; stroke-width: 1.5 }
  .mark { fill: #fff3bf }
"""


def document(figure: Figure) -> str:
    """A figure as an SVG document."""
    width, height = _number(figure.width), _number(figure.height)
    used = {s.arrow for s in figure.shapes if isinstance(s, Path) and s.arrow}
    styles = {word for s in figure.shapes for word in s.style.split()}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{_text(figure.title)}</title>",
        f"<style>{_STYLE}{''.join(_colours(styles))}</style>",
        *_markers(used),
        *(_shape(shape) for shape in (Box(0, 0, figure.width, figure.height, "page", 0), *figure.shapes)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _colours(styles: set[str]) -> Iterator[str]:
    for kind, colour in ((kind, colour) for kind, colour in COLOURS.items() if kind in styles):
        dashes = f"; stroke-dasharray: {_DASHES[kind]}" if kind in _DASHES else ""
        yield f"  .{kind} {{ fill: none; stroke: {colour}; stroke-width: 1.6{dashes} }}\n"
        yield f"  .{kind}.thick {{ stroke-width: 3.4 }}\n  .{kind}.pale {{ stroke-opacity: 0.5 }}\n"
        yield f"  .{kind}.back {{ stroke-dasharray: 5 4 }}\n"
        yield f"  text.{kind} {{ fill: {colour}; stroke: none }}\n  circle.{kind} {{ fill: {colour}; stroke: none }}\n"


def _markers(kinds: set[str]) -> Iterator[str]:
    if kinds:
        yield "<defs>"
        for kind in sorted(kinds):
            yield (
                f'<marker id="to-{kind}" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="9" markerHeight="9" '
                f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0.8 L10,5 L0,9.2 z" '
                f'fill="{COLOURS[kind]}"/></marker>'
            )
        yield "</defs>"


def _shape(shape: Shape) -> str:
    match shape:
        case Box():
            place = " ".join(
                f'{name}="{_number(value)}"'
                for name, value in zip(
                    ("x", "y", "width", "height"), (shape.x, shape.y, shape.width, shape.height), strict=True
                )
            )
            corners = f' rx="{_number(shape.radius)}"' if shape.radius else ""
            return f'<rect class="{shape.style}" {place}{corners}/>'
        case Text():
            anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
            style = f' class="{shape.style}"' if shape.style else ""
            return f'<text{style} x="{_number(shape.x)}" y="{_number(shape.y)}"{anchor}>{_text(shape.text)}</text>'
        case Dot():
            circle = (
                f'<circle class="{shape.style}" cx="{_number(shape.x)}" cy="{_number(shape.y)}" r="{shape.radius}"/>'
            )
            if not shape.text:
                return circle
            return f'{circle}<text class="number" x="{_number(shape.x)}" y="{_number(shape.y + 4)}">{shape.text}</text>'
        case Path():
            arrow = f' marker-end="url(#to-{shape.arrow})"' if shape.arrow else ""
            return f'<path class="{shape.style}" d="{_bends(shape)}"{arrow}/>'


def _bends(path: Path) -> str:
    first, *rest = path.points
    if path.curved:
        curves = [rest[at : at + 3] for at in range(0, len(rest), 3)]
        return f"M{_point(first)}" + "".join(f" C{' '.join(map(_point, curve))}" for curve in curves)
    parts = [f"M{_point(first)}"]
    for before, corner, after in zip(path.points, rest, rest[1:], strict=False):
        parts.append(f"L{_point(_towards(corner, before))} Q{_point(corner)} {_point(_towards(corner, after))}")
    parts.append(f"L{_point(rest[-1])}")
    return " ".join(parts)


def _towards(a: Point, b: Point) -> Point:
    """A point 7 pixels from a towards b, or half-way if b is near."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    far = (dx * dx + dy * dy) ** 0.5
    part = min(7.0, far / 2) / far if far else 0.0
    return a[0] + dx * part, a[1] + dy * part


def _point(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )


def _text(text: str) -> str:
    """A text for XML: escaped, without characters that XML does not allow."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
