"""Draws the events of an execution in columns, one for each thread, and the relations between them as arrows.

Within a thread, arrows other than po run beside the column, each in a track of its own where it would meet another.
Between threads they are curves, which pass the columns between by the gaps of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.explanations.witness import Witness
from litmus.render.graph import words
from litmus.render.graph.arrows import DEPENDENCIES, Arrow, arrows, drawn, initial_reads
from litmus.render.graph.figure import CHAR, SMALL, Box, Dot, Figure, Path, Point, Shape, Text, wrapped
from litmus.render.graph.labels import placed_labels

_MARGIN, _GAP, _TRACK, _LINE, _PULL, _MUCH = 28.0, 30.0, 16.0, 20.0, 40.0, 150.0
_LEGEND = {
    "po": "po, program order",
    "rf": "rf, reads from",
    "co": "co, coherence order: the next write",
    "fr": "fr, from-read: the write after that which was read",
    "dep": "of the program",
    "model": "a relation of the model",
}


def event_figure(witness: Witness, deadline: Deadline = NO_DEADLINE) -> Figure:
    """The picture of an execution. Raises LimitReached at the deadline."""
    return _Layout(witness, deadline).figure()


@dataclass(frozen=True, slots=True)
class _Track:
    """An arrow beside a column: so far from its side, and as wide as its label."""

    arrow: Arrow
    offset: float


class _Layout:
    """The layout. Columns count from the left; `left[c]` and `right[c]` are the sides of their boxes."""

    def __init__(self, witness: Witness, deadline: Deadline) -> None:
        self.witness = witness
        self.deadline = deadline
        self.execution = witness.execution
        self.events = self.execution.graph.events
        self.titles = words.titles(self.execution)
        self.captions = words.captions(self.execution)
        self.threads = sorted({self.events[e].thread for e in self.titles})
        self.column = {e: self.threads.index(self.events[e].thread) for e in self.titles}
        self.arrows = arrows(witness)
        neighbours = set(pairwise(drawn(self.execution)))
        self.straight = {a for a in self.arrows if a.kind == "po" and (a.source, a.target) in neighbours}
        self.inside = [
            a for a in self.arrows if a not in self.straight and self.column[a.source] == self.column[a.target]
        ]
        self.across = [a for a in self.arrows if self.column[a.source] != self.column[a.target]]
        self.head = self._head()
        self.boxes: dict[int, Box] = {}
        self.tracks: list[list[_Track]] = []
        self.left: list[float] = []
        self.right: list[float] = []
        self._columns()

    # --- layout ---

    def _head(self) -> list[tuple[str, str]]:
        """The lines above the picture, with their styles."""
        title, verdict, allowed, state = words.heading(self.witness)
        widest = max(84, max((len(t) for t in self.titles.values()), default=0) * (len(self.threads) + 1))
        lines = [(title, "title")]
        lines += [(line, "says") for line in wrapped(words.question(self.witness.test), widest)]
        lines.append((verdict, "yes" if allowed else "no"))
        lines += [(line, "") for cycle in words.cycles(self.witness) for line in wrapped(cycle, widest)]
        lines += [(line, "small") for line in wrapped(f"{words.initially(self.execution)}; at the end {state}", widest)]
        return lines

    def _columns(self) -> None:
        top = _MARGIN + _LINE * len(self.head) + 52
        x = _MARGIN
        for c, thread in enumerate(self.threads):
            mine = [e for e in drawn(self.execution) if self.events[e].thread == thread]
            width = max(
                max(CHAR * len(self.titles[e]) for e in mine),
                max((SMALL * len(self.captions[e]) for e in mine if e in self.captions), default=0),
            )
            width = max(width + 20, 76)
            tracks, wide = self._tracks(c, mine)
            self.tracks.append(tracks)
            if c == 0 and len(self.threads) > 1:
                x += wide
            self.left.append(x)
            self.right.append(x + width)
            y = top
            for e in mine:
                height = 40 if e in self.captions else 26
                box = Box(x, y, width, height)
                self.boxes[e] = box
                y = box.bottom + _GAP
            x += width
            if c > 0 or len(self.threads) == 1:
                x += wide
            if c + 1 < len(self.threads):
                crossing = sum(
                    min(self.column[a.source], self.column[a.target])
                    <= c
                    < max(self.column[a.source], self.column[a.target])
                    for a in self.across
                )
                x += min(220, 96 + 14 * crossing) if crossing else 56
        self._level()
        self.width = x + _MARGIN
        self.bottom = max(box.bottom for box in self.boxes.values()) + _GAP

    def _level(self) -> None:
        """Move columns that are much shorter than the longest down, to where most of their arrows lead."""
        floor = max(box.bottom for box in self.boxes.values())
        ends = [max(self.boxes[e].bottom for e in self.boxes if self.column[e] == c) for c in range(len(self.threads))]
        for c in sorted(range(len(self.threads)), key=lambda c: (-ends[c], c)):
            room = floor - ends[c]
            slopes = sorted(
                (self.boxes[a.target].y - self.boxes[a.source].y) * (1 if self.column[a.source] == c else -1)
                for a in self.across
                if c in (self.column[a.source], self.column[a.target])
            )
            if room > _MUCH and slopes:
                down = max(0.0, min(room, slopes[len(slopes) // 2]))
                for e, box in self.boxes.items():
                    if self.column[e] == c:
                        self.boxes[e] = replace(box, y=box.y + down)

    def _tracks(self, column: int, mine: Sequence[int]) -> tuple[list[_Track], float]:
        """The arrows beside a column in tracks, short ones inside; how wide all tracks are."""
        place = {e: k for k, e in enumerate(mine)}
        beside = sorted(
            (a for a in self.inside if self.column[a.source] == column),
            key=lambda a: (abs(place[a.source] - place[a.target]), min(place[a.source], place[a.target])),
        )
        rows: list[list[Arrow]] = []
        for arrow in beside:
            self.deadline.check()
            low, high = sorted((place[arrow.source], place[arrow.target]))
            for row in rows:
                spans = [sorted((place[a.source], place[a.target])) for a in row]
                if all(high <= other[0] or other[1] <= low for other in spans):
                    row.append(arrow)
                    break
            else:
                rows.append([arrow])
        found, offset = [], 0.0
        for row in rows:
            half = max(CHAR * len(a.label) for a in row) / 2
            offset += max(_TRACK, half + 6)
            found += [_Track(arrow, offset) for arrow in row]
            offset += max(0.0, half - 2)
        return found, offset + 8 if rows else 0.0

    # --- arrows ---

    def _ports(self) -> dict[tuple[int, int], Point]:
        """The point at which each arrow (by index in `self.arrows` and end, 0 or 1) touches its event."""
        sides: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
        for k, arrow in enumerate(self.arrows):
            self.deadline.check()
            if arrow in self.straight:
                continue
            for end, (here, there) in enumerate(((arrow.source, arrow.target), (arrow.target, arrow.source))):
                a, b = self.column[here], self.column[there]
                side = (-1 if a == 0 and len(self.threads) > 1 else 1) if a == b else (1 if a < b else -1)
                slope = self.boxes[there].y - self.boxes[here].y
                sides.setdefault((here, side), []).append((slope, k, end))
        ports: dict[tuple[int, int], Point] = {}
        for (event, side), ends in sides.items():
            box = self.boxes[event]
            for place, (_, k, end) in enumerate(sorted(ends)):
                y = box.y + box.height * (place + 1) / (len(ends) + 1)
                ports[k, end] = (box.right if side > 0 else box.x, y)
        return ports

    def _path(
        self, k: int, arrow: Arrow, ports: dict[tuple[int, int], Point], gaps: dict[tuple[int, int], int]
    ) -> Path:
        style = f"{arrow.kind} thick" if arrow.thick else f"{arrow.kind} pale" if self.witness.breaches else arrow.kind
        if arrow in self.straight:
            a, b = self.boxes[arrow.source], self.boxes[arrow.target]
            middle = (a.x + a.right) / 2
            return Path(((middle, a.bottom), (middle, b.y)), style, "po")
        start, end = ports[k, 0], ports[k, 1]
        here, there = self.column[arrow.source], self.column[arrow.target]
        if here == there:
            track = next(track for track in self.tracks[here] if track.arrow is arrow)
            side = -1 if here == 0 and len(self.threads) > 1 else 1
            x = start[0] + side * track.offset
            return Path((start, (x, start[1]), (x, end[1]), end), style, arrow.kind)
        return Path(self._curve(start, end, here, there, gaps), style, arrow.kind, curved=True)

    def _curve(
        self, start: Point, end: Point, here: int, there: int, gaps: dict[tuple[int, int], int]
    ) -> tuple[Point, ...]:
        """The path from one column to another, through gaps of the columns between them."""
        way = 1 if here < there else -1
        stops = [start]
        for column in range(here + way, there, way):
            enters, leaves = (self.left, self.right) if way > 0 else (self.right, self.left)
            share = (enters[column] - start[0]) / (end[0] - start[0])
            y = self._gap(column, start[1] + (end[1] - start[1]) * share, gaps)
            stops += [(enters[column], y), (leaves[column], y)]
        stops.append(end)
        points = [start]
        for a, b in pairwise(stops):
            inside = a[1] == b[1] and a is not start and b is not end
            pull = (b[0] - a[0]) * 0.3
            if not inside:
                pull = max(-_PULL, min(_PULL, pull))
            points += [(a[0] + pull, a[1]), (b[0] - pull, b[1]), b]
        return tuple(points)

    def _gap(self, column: int, y: float, taken: dict[tuple[int, int], int]) -> float:
        """The height of the gap of a column that is nearest to `y`, shifted a little for each further arrow."""
        mine = [box for e, box in self.boxes.items() if self.column[e] == column]
        gaps = [box.bottom + _GAP / 2 for box in mine]
        nearest = min(range(len(gaps)), key=lambda k: (abs(gaps[k] - y), k))
        nth = taken.get((column, nearest), 0)
        taken[column, nearest] = nth + 1
        return gaps[nearest] + (0, 6, -6, 10, -10)[nth % 5]

    # --- the whole picture ---

    def figure(self) -> Figure:
        ports = self._ports()
        gaps: dict[tuple[int, int], int] = {}
        paths = [self._path(k, arrow, ports, gaps) for k, arrow in enumerate(self.arrows)]
        labelled = [(arrow, path) for arrow, path in zip(self.arrows, paths, strict=True) if arrow.kind != "po"]
        fixed = [*self.boxes.values()]
        labels = placed_labels(labelled, fixed, self.deadline)
        initial = self._initial()
        legend, bottom = self._legend()
        head = [Text(_MARGIN, _MARGIN + _LINE * (k + 0.6), text, style) for k, (text, style) in enumerate(self.head)]
        names = [
            Text((self.left[c] + self.right[c]) / 2, self._highest(c) - 22, self._name(thread), "head", "middle")
            for c, thread in enumerate(self.threads)
        ]
        widest = max(len(text) * (10.5 if style == "title" else 7.9) for text, style in self.head) + 2 * _MARGIN
        shapes: list[Shape] = [*head, *names, *self._groups(), *paths, *initial, *self._nodes(), *labels, *legend]
        title = f"{self.witness.test.name} under {self.witness.model}: {words.heading(self.witness)[1]}"
        return Figure(title, max(self.width, widest, 560), bottom, tuple(shapes))

    def _highest(self, column: int) -> float:
        return min(box.y for e, box in self.boxes.items() if self.column[e] == column)

    def _name(self, thread: int) -> str:
        topology = self.witness.test.topology
        if topology is None or topology.masters[thread] == f"P{thread}":
            return f"P{thread}"
        return f"P{thread}, {topology.cpu if topology.is_cpu(thread) else topology.masters[thread]}"

    def _nodes(self) -> list[Shape]:
        hot = {e for a in self.arrows if a.thick for e in (a.source, a.target)}
        found: list[Shape] = []
        for event, box in self.boxes.items():
            fence = self.events[event].kind == "F"
            style = ("hot-fence" if fence else "hot") if event in hot else ("fence" if fence else "event")
            middle = (box.x + box.right) / 2
            found.append(Box(box.x, box.y, box.width, box.height, style, 6))
            found.append(Text(middle, box.y + 17, self.titles[event], "", "middle"))
            if event in self.captions:
                found.append(Text(middle, box.y + 33, self.captions[event], "small", "middle"))
        return found

    def _groups(self) -> list[Shape]:
        """A background for the events of one call or instruction."""
        groups = [[self.boxes[e] for e in group] for group in words.groups(self.execution)]
        return [
            Box(g[0].x - 7, g[0].y - 7, g[0].width + 14, g[-1].bottom - g[0].y + 14, "group", 9)
            for g in groups
            if len(g) > 1
        ]

    def _initial(self) -> list[Shape]:
        """A short arrow from nowhere for each read of the initial state."""
        found: list[Shape] = []
        for read in initial_reads(self.execution):
            box = self.boxes[read]
            x = box.x + 14
            found += [Path(((x, box.y - 13), (x, box.y)), "rf", "rf"), Dot(x, box.y - 14, 3, "rf")]
        return found

    def _legend(self) -> tuple[list[Shape], float]:
        """The legend of the lines in the picture, and the height at which it ends."""
        kinds = {arrow.kind for arrow in self.arrows}
        found: list[Shape] = []
        y = self.bottom + 6
        for kind, meaning in _LEGEND.items():
            if kind in kinds:
                if kind in ("dep", "model"):
                    said = {name for a in self.arrows if a.kind == kind for name in a.names}
                    names = sorted(said - set(DEPENDENCIES) if kind == "model" else said)
                    meaning = f"{', '.join(names)}: {meaning}"
                found.append(Path(((_MARGIN, y), (_MARGIN + 36, y)), kind, kind))
                found.append(Text(_MARGIN + 46, y + 4, meaning, "small"))
                y += 18
        if initial_reads(self.execution):
            found += [Dot(_MARGIN + 20, y, 3, "rf"), Path(((_MARGIN + 20, y), (_MARGIN + 36, y)), "rf", "rf")]
            found.append(Text(_MARGIN + 46, y + 4, "reads what was there initially", "small"))
            y += 18
        return found, y + _MARGIN - 18
