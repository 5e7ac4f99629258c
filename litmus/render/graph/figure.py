"""The parts of pictures: shapes in a plane, x to the right and y down, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

CHAR = 7.9
"""The width in pixels of a character in the font of events, which is monospaced."""

SMALL = 6.7
"""The width in pixels of a character in the small size of that font."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner; `style` is the name of a class in `svg`."""

    x: float
    y: float
    width: float
    height: float
    style: str = ""
    radius: float = 5

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: Box, apart: float = 0) -> bool:
        """Whether the distance to another box is less than `apart`."""
        return (
            self.x < other.right + apart
            and other.x < self.right + apart
            and self.y < other.bottom + apart
            and other.y < self.bottom + apart
        )

    def holds(self, point: Point) -> bool:
        """Whether a point is in the box."""
        return self.x <= point[0] <= self.right and self.y <= point[1] <= self.bottom


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `anchor` says which part of it is at x: start, middle or end. y is the baseline."""

    x: float
    y: float
    text: str
    style: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Path:
    """A line through `points`: straight, with round corners, or with `curved` as Bézier curves, three points each."""

    points: tuple[Point, ...]
    style: str
    arrow: str = ""
    curved: bool = False

    def samples(self, each: int = 24) -> list[Point]:
        """Points on the line, evenly spread over each of its parts."""
        if not self.curved:
            return [_between(a, b, k / each) for a, b in _legs(self.points) for k in range(each + 1)]
        found = []
        for at in range(0, len(self.points) - 3, 3):
            a, b, c, d = self.points[at : at + 4]
            for k in range(each + 1):
                t = k / each
                w = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
                found.append(
                    (
                        w[0] * a[0] + w[1] * b[0] + w[2] * c[0] + w[3] * d[0],
                        w[0] * a[1] + w[1] * b[1] + w[2] * c[1] + w[3] * d[1],
                    )
                )
        return found


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle, with a short text in it."""

    x: float
    y: float
    radius: float
    style: str
    text: str = ""


Shape = Box | Text | Path | Dot


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: a description in words, and its shapes, those in the background first."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


def _legs(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(pairwise(points))


def _between(a: Point, b: Point, t: float) -> Point:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def letters(number: int) -> str:
    """The name of event `number`: a, b ... z, aa, ab ..."""
    name = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        name = chr(ord("a") + digit) + name
    return name


def shortened(text: str, most: int) -> str:
    """A text on one line, cut after `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3].rstrip()}..."


def wrapped(text: str, most: int) -> list[str]:
    """A text as lines of at most about `most` characters."""
    import textwrap

    return textwrap.wrap(text, max(20, most)) or [""]
