"""Places the labels of arrows: they cover no event and no other label, and as little as possible of other arrows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from litmus.base.deadline import Deadline
from litmus.render.graph.arrows import Arrow
from litmus.render.graph.figure import Box, Path, Point, Shape, Text

_CHAR, _HEIGHT, _NEAR, _CELL = 7.3, 16.0, 5.0, 64
_ASIDE = ((0, 0), (0, -11), (0, 11), (12, 0), (-12, 0), (16, -14), (-16, 14), (-16, -14), (16, 14))


def placed_labels(labelled: Sequence[tuple[Arrow, Path]], fixed: Sequence[Box], deadline: Deadline) -> list[Shape]:
    """The label of each arrow, on its path or beside it. No label may cover a box of `fixed`.

    Raises LimitReached at the deadline.
    """
    ground = _Ground()
    for box in fixed:
        ground.cover(box)
    for k, (_, path) in enumerate(labelled):
        deadline.check()
        for point in path.samples(40):
            ground.pass_by(k, point)
    found: list[Shape] = []
    # Labels with the least choice are placed first: those of arrows beside a column, then of short ones.
    for k in sorted(range(len(labelled)), key=lambda k: (labelled[k][1].curved, _length(labelled[k][1]), k)):
        arrow, path = labelled[k]
        box = _best(k, path, len(arrow.label) * _CHAR + 6, ground, deadline)
        ground.cover(box)
        found.append(Box(box.x, box.y, box.width, box.height, "under", 3))
        found.append(Text(box.x + box.width / 2, box.y + 12.3, arrow.label, f"label {arrow.kind}", "middle"))
    return found


@dataclass(slots=True)
class _Ground:
    """The occupied parts of the plane, by cells."""

    boxes: dict[tuple[int, int], list[Box]] = field(default_factory=dict)
    points: dict[tuple[int, int], list[tuple[int, Point]]] = field(default_factory=dict)

    def cover(self, box: Box) -> None:
        for cell in _cells(box):
            self.boxes.setdefault(cell, []).append(box)

    def pass_by(self, path: int, point: Point) -> None:
        self.points.setdefault((int(point[0] // _CELL), int(point[1] // _CELL)), []).append((path, point))

    def covered(self, box: Box) -> bool:
        """Whether a box would cover something."""
        return any(box.overlaps(other, 2) for cell in _cells(box) for other in self.boxes.get(cell, ()))

    def crowd(self, box: Box, mine: int) -> int:
        """The number of points of other paths in a box."""
        return sum(
            path != mine and box.holds(point) for cell in _cells(box) for path, point in self.points.get(cell, ())
        )


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int((box.x - 2) // _CELL), int((box.right + 2) // _CELL) + 1):
        for row in range(int((box.y - 2) // _CELL), int((box.bottom + 2) // _CELL) + 1):
            yield column, row


def _length(path: Path) -> float:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(path.samples(6)))


def _best(k: int, path: Path, width: float, ground: _Ground, deadline: Deadline) -> Box:
    """The cheapest place for a label."""
    samples = path.samples(24)
    if not path.curved:  # beside a column: on the vertical line
        samples = samples[len(samples) // 3 : 2 * len(samples) // 3]
    best: tuple[float, Box] | None = None
    for at, (x, y) in enumerate(samples):
        deadline.check()
        along = abs(2 * at / (len(samples) - 1) - 1)
        for aside, (dx, dy) in enumerate(_ASIDE if path.curved else _ASIDE[:1]):
            box = Box(x + dx - width / 2, y + dy - _HEIGHT / 2, width, _HEIGHT)
            cost = along * 4 + aside * 2.0 + 1000 * ground.covered(box)
            if best is None or cost < best[0]:
                near = Box(box.x - _NEAR, box.y - _NEAR, box.width + 2 * _NEAR, box.height + 2 * _NEAR)
                cost += ground.crowd(near, k)
            if best is None or cost < best[0]:
                best = cost, box
    assert best is not None
    return best[1]
