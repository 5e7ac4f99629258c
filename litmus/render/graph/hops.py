"""Draws the transactions of an execution on the buses of its topology: a line for each access, a number for each hop.

The host bus is at the top, each other bus below its parent. Every access has its own track on each
bus of its route; the track of a completion is dashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LimitReached
from litmus.explanations.witness import Witness
from litmus.ir.topology import HOST, MEMORY, WIRE
from litmus.pci.hops import Hop
from litmus.render.graph import words
from litmus.render.graph.arrows import drawn
from litmus.render.graph.events import event_figure
from litmus.render.graph.figure import CHAR, SMALL, Box, Dot, Figure, Path, Point, Shape, Text, letters, wrapped
from litmus.render.graph.steps import executed_hops, in_a_row, misses, overtakings

MOST = 120
"""The largest number of hops in a picture."""

_MARGIN, _TRACK, _PORT, _LINE, _STUB, _DROP, _ROW = 28.0, 23.0, 15.0, 20.0, 26.0, 96.0, 21.0
_COLOURS = 8


def on_buses(witness: Witness) -> bool:
    """Whether the model has hops, so that their routes on the buses can be drawn."""
    return witness.execution.graph.test.topology is not None and "forward" in dict(witness.relations)


def hop_figure(witness: Witness, deadline: Deadline = NO_DEADLINE) -> Figure:
    """The picture of the hops of an execution. Raises LimitReached at the deadline, and for more than `MOST` hops."""
    execution = witness.execution
    found = executed_hops(execution)
    if len(found) > MOST:
        raise LimitReached("limit", f"{witness.test.name}: more than {MOST} hops, too many for a picture")
    row: tuple[Hop, ...] | None = tuple(found)
    if not witness.breaches:
        forward = dict(witness.relations)["forward"]
        order = next(o for o in witness.orders if all(a & b == a for a, b in zip(forward, o, strict=True)))
        row = in_a_row(execution, order, deadline)
    return event_figure(witness, deadline) if row is None else _Map(witness, row).figure()


@dataclass(frozen=True, slots=True)
class _Leg:
    """The request of an access, or its completion: its hops, and the boxes at which it begins and ends."""

    access: int
    completion: bool
    hops: tuple[Hop, ...]
    start: str
    end: str


@dataclass(slots=True)
class _Place:
    """A box on a bus, or the bridge above a bus, and the number of lines that end at it so far."""

    x: float
    width: float
    lines: int = 0

    def port(self, total: int) -> float:
        """The x of the next line that ends at it; the lines are evenly spaced."""
        self.lines += 1
        return self.x + self.width / 2 + (self.lines - (total + 1) / 2) * _PORT


class _Map:
    """The layout. Boxes are named after devices, and `P0 ...` for CPUs; bridges after the bus below."""

    def __init__(self, witness: Witness, row: tuple[Hop, ...]) -> None:
        self.witness = witness
        self.execution = witness.execution
        self.row = row
        topology = self.execution.graph.test.topology
        assert topology is not None
        self.topology = topology
        self.number = {hop.event: k + 1 for k, hop in enumerate(row)}
        self.letters = {event: letters(k) for k, event in enumerate(drawn(self.execution))}
        self.accesses = list(dict.fromkeys(hop.access for hop in executed_hops(self.execution)))
        self.legs = list(self._legs())
        self.shown = {bus: list(self._boxes(bus)) for bus in topology.buses}
        self.under = {bus: [b for b, above in topology.parents.items() if above == bus] for bus in topology.buses}
        self.traffic = {
            bus: [leg for leg in self.legs if any(hop.bus == bus for hop in leg.hops)] for bus in topology.buses
        }
        self.visits = self._visits()
        self.overtaken = overtakings(row) if not witness.breaches else {}
        self.missed = misses(self.execution, row) if not witness.breaches else {}
        self.places: dict[str, _Place] = {}
        self.bands: dict[str, Box] = {}
        self.head = self._head()
        self._place(topology.host, _MARGIN, 0)
        self._heights()

    # --- routes ---

    def _legs(self) -> Iterator[_Leg]:
        """The routes of requests and completions. Interrupt wires are on no bus."""
        by_access: dict[int, list[Hop]] = {}
        for hop in executed_hops(self.execution):
            by_access.setdefault(hop.access, []).append(hop)
        for access, way in by_access.items():
            if way[0].bus is None:
                continue
            master, target = self._master(access), self._target(access)
            request = tuple(hop for hop in way if not hop.completion)
            back = tuple(hop for hop in way if hop.completion)
            yield _Leg(access, False, request, master, target)
            if back:
                yield _Leg(access, True, (request[-1], *back), target, master)

    def _master(self, access: int) -> str:
        thread = self.execution.graph.events[access].thread
        master = self.topology.masters[thread]
        return f"CPU P{thread}" if master == HOST else self.topology.functions[master]

    def _target(self, access: int) -> str:
        symbol = self._symbol(access)
        home = self.topology.homes.get(symbol, "")
        if home == MEMORY:
            return MEMORY
        return self.topology.functions.get(home, "")

    def _symbol(self, access: int) -> str:
        order = next(o for o in self.execution.co if self.execution.rf.get(access, access) in o)
        first = self.execution.graph.locations[self.execution.graph.initial.index(order[0])]
        return first.symbol

    def _boxes(self, bus: str) -> Iterator[tuple[str, str, list[str]]]:
        """The boxes on a bus, as (name, style, lines of text)."""
        topology = self.topology
        if bus == topology.host:
            for t in range(len(topology.masters)):
                if topology.is_cpu(t):
                    yield f"CPU P{t}", "cpu", [f"P{t}", f"{topology.cpu} CPU"]
            symbols = [symbol for symbol, home in topology.homes.items() if home == MEMORY]
            if symbols:
                yield MEMORY, "memory", ["memory", *symbols]
        for device, where in topology.devices.items():
            if where == bus:
                names = [name for name, of in topology.functions.items() if of == device]
                threads = [f"P{t}" for t, master in enumerate(topology.masters) if master in names]
                symbols = [symbol for symbol, home in topology.homes.items() if home in names]
                yield device, "device", list(dict.fromkeys([device, *threads, *names[1:], *symbols]))

    def _visits(self) -> dict[str, int]:
        """The number of lines that end at each box and bridge."""
        found: dict[str, int] = {}
        for leg in self.legs:
            for name in (leg.start, leg.end, *self._bridges(leg)):
                found[name] = found.get(name, 0) + 1
        return found

    def _bridges(self, leg: _Leg) -> list[str]:
        buses = [hop.bus for hop in leg.hops if hop.bus is not None]
        return [_bridge(self._lower(a, b)) for a, b in pairwise(buses)]

    def _lower(self, a: str, b: str) -> str:
        return a if self.topology.parents[a] == b else b

    # --- layout ---

    def _head(self) -> list[tuple[str, str]]:
        title, verdict, allowed, state = words.heading(self.witness)
        lines = [(title, "title")]
        lines += [(line, "says") for line in wrapped(words.question(self.witness.test), 90)]
        lines.append((verdict, "yes" if allowed else "no"))
        lines += [(line, "") for cycle in self._cycles() for line in wrapped(cycle, 90)]
        lines += [(line, "small") for line in wrapped(f"{words.initially(self.execution)}; at the end {state}", 100)]
        return lines

    def _cycles(self) -> list[str]:
        return words.cycles(self.witness, self._names())

    def _names(self) -> dict[int, str]:
        """The letters of events, and for the hops of an access on its way its letter and the bus."""
        names = dict(self.letters)
        for hop in self.row:
            if hop.event != hop.access:
                way = "completion on bus" if hop.completion else "on bus"
                names[hop.event] = f"{self.letters[hop.access]} {way} {hop.bus}"
        return names

    def _place(self, bus: str, x: float, depth: int) -> float:
        """Place a bus and everything below it; return the right end."""
        left = x
        x += 14
        if self.topology.parents[bus]:
            name = _bridge(bus)
            width = max(76.0, self.visits.get(name, 0) * _PORT + 30)
            self.places[name] = _Place(x, width)
            x += width + 40
        for name, _, lines in self.shown[bus]:
            width = max(64.0, CHAR * max(map(len, lines)) + 18, self.visits.get(name, 0) * _PORT + 16)
            self.places[name] = _Place(x, width)
            x += width + 40
        end = x - 26
        for below in self.under[bus]:
            beyond = self._place(below, x - 14, depth + 1)
            last = self.places[_bridge(below)]
            end = last.x + last.width + 14
            x = beyond + 34
        height = max(1, len(self.traffic[bus])) * _TRACK + 8
        self.bands[bus] = Box(left, 0, max(90.0, end - left), height, "bus", 12)
        return max(end, x - 34)

    def _heights(self) -> None:
        """Compute the heights of buses and boxes."""
        above = [
            28 + 17 * (len(lines) - 1) for name, style, lines in self.shown[self.topology.host] if style != "device"
        ]
        top = _MARGIN + _LINE * len(self.head) + 18 + max(above, default=0) + (_STUB if above else 0)
        level, todo = top, [self.topology.host]
        while todo:
            tallest = 0.0
            for bus in todo:
                band = self.bands[bus]
                self.bands[bus] = Box(band.x, level, band.width, band.height, "bus", 12)
                tallest = max(tallest, band.height)
            level += tallest + _DROP
            todo = [below for bus in todo for below in self.under[bus]]
        self.boxes: dict[str, tuple[Box, list[str]]] = {}
        for bus, shown in self.shown.items():
            band = self.bands[bus]
            for name, style, lines in shown:
                place = self.places[name]
                height = 28.0 + 17 * (len(lines) - 1)
                y = band.bottom + _STUB if style == "device" else band.y - _STUB - height
                self.boxes[name] = Box(place.x, y, place.width, height, style, 6), lines
        for bus, parent in self.topology.parents.items():
            if parent:
                place, upper, lower = self.places[_bridge(bus)], self.bands[parent], self.bands[bus]
                middle = (upper.bottom + lower.y) / 2
                self.boxes[_bridge(bus)] = Box(place.x, middle - 14, place.width, 28, "bridge", 6), []

    # --- lines ---

    def _track(self, bus: str, leg: _Leg) -> float:
        band = self.bands[bus]
        return band.y + 4 + _TRACK * (self.traffic[bus].index(leg) + 0.5)

    def _lines(self) -> tuple[list[Shape], list[Shape]]:
        """The lines of all legs, and the numbers on them."""
        paths: list[Shape] = []
        dots: list[Shape] = []
        hot = self._hot()
        for leg in self.legs:
            buses = [hop.bus for hop in leg.hops if hop.bus is not None]
            xs = [self._port(leg.start)]
            xs += [self._port(_bridge(self._lower(a, b))) for a, b in pairwise(buses)]
            xs.append(self._port(leg.end) if leg.end else xs[-1] + 40)
            points: list[Point] = [(xs[0], self._edge(leg.start, buses[0]))]
            for bus, before, after, hop in zip(buses, xs, xs[1:], leg.hops, strict=False):
                y = self._track(bus, leg)
                points += [(before, y), (after, y)]
                if not (leg.completion and hop is leg.hops[0]):
                    colour = self._colour(leg.access)
                    dots.append(Dot((before + after) / 2, y, 9.5, colour, str(self.number[hop.event])))
            if leg.end:
                points.append((xs[-1], self._edge(leg.end, buses[-1])))
            colour = self._colour(leg.access)
            style = f"{colour}{' back' if leg.completion else ''}"
            if hot:
                style += " thick" if leg.access in hot else ""
            paths.append(Path(tuple(points), style, colour))
        return paths, dots

    def _hot(self) -> set[int]:
        """The accesses to highlight: those that are overtaken or missed, or in the forbidden cycle."""
        access = {hop.event: hop.access for hop in self.row}
        if self.witness.breaches:
            steps = [s for b in self.witness.breaches for s in b.steps]
            return {access[e] for s in steps for e in (s.source, s.target) if e in access}
        met = [one for ones in self.overtaken.values() for one in ones]
        found = {queued.hop.access for one in met for queued in (one.late, one.early)}
        return found | {past.access for ways in self.missed.values() for past, _ in ways}

    def _port(self, name: str) -> float:
        return self.places[name].port(self.visits[name])

    def _edge(self, name: str, bus: str) -> float:
        """The edge of a box that faces its bus."""
        box, _ = self.boxes[name]
        return box.y if box.y > self.bands[bus].y else box.bottom

    def _colour(self, access: int) -> str:
        return f"t{self.accesses.index(access) % _COLOURS}"

    # --- words ---

    def _access(self, access: int) -> str:
        """An access in words, with its letter: `a: P0 write x=1`."""
        event = self.execution.graph.events[access]
        what = "read" if event.kind == "R" else "write"
        if "NonPosted" in event.tags:
            what = f"nonposted {what}"
        marks = sorted(event.tags & {"RO", "IDO", "NoWait", "Snoop", "MSI", "Interrupt"})
        return (
            f"{self.letters[access]}: P{event.thread} {what} {self._symbol(access)}={self.execution.values[access]}"
            f"{f' [{chr(32).join(marks)}]' if marks else ''}"
        )

    def _step(self, k: int) -> tuple[str, list[str]]:
        """What happens in step `k`, and remarks: what it overtakes and misses."""
        hop = self.row[k]
        event = self.execution.graph.events[hop.access]
        said = self._access(hop.access)
        if hop.bus is None:
            what = "by the wire"
        elif hop.completion:
            last = not any(h.access == hop.access for h in self.row[k + 1 :])
            what = f"completion on bus {hop.bus}" + (f", at P{event.thread}" if last else "")
        else:
            arrived = "takes its value " if event.kind == "R" else "arrives "
            what = f"{arrived if hop.event == hop.access else ''}on bus {hop.bus}"
        remarks = []
        for one in self.overtaken.get(k, ()):
            early = one.early.hop
            remarks.append(f"overtakes {self._access(early.access)}, waiting since step {self.number[early.event]}")
        for past, then in self.missed.get(k, ()):
            where = f" for bus {then.bus}" if then is not None else ""
            since = self.number[past.event]
            remarks.append(f"misses {self._access(past.access)}, waiting{where} since step {since}")
        return f"{said}, {what}", remarks

    def _legend(self, y: float) -> tuple[list[Shape], float, float]:
        """The list of steps, its width, and the height at which it ends."""
        found: list[Shape] = []
        ordered = "in an order that the model allows" if not self.witness.breaches else "which can be in no order"
        found.append(Text(_MARGIN, y + 5, f"The transactions on the buses, {ordered}:", "says"))
        y += _ROW + 4
        widest = 0.0
        lines = [(k, *self._step(k)) for k in range(len(self.row))]
        for k, text, remarks in lines:
            hop = self.row[k]
            for n, line in enumerate([text, *remarks]):
                if n:
                    found.append(Box(_MARGIN + 20, y - 9, CHAR * len(line) + 16, 19, "mark", 4))
                else:
                    found.append(Dot(_MARGIN + 10, y, 9.5, self._colour(hop.access), str(self.number[hop.event])))
                found.append(Text(_MARGIN + 28, y + 4.5, line, ""))
                widest = max(widest, CHAR * len(line) + 60)
                y += _ROW
        return found, widest, y

    # --- the whole picture ---

    def figure(self) -> Figure:
        paths, dots = self._lines()
        shapes: list[Shape] = [
            Text(_MARGIN, _MARGIN + _LINE * (k + 0.6), text, style) for k, (text, style) in enumerate(self.head)
        ]
        for bus, band in self.bands.items():
            shapes.append(Box(band.x, band.y, band.width, band.height, "bus", 12))
            name = f"host bus {bus}" if bus == self.topology.host else f"bus {bus}"
            shapes.append(Text(band.right + 6, band.y + band.height / 2 + 4, name, "small"))
        shapes += self._wires()
        shapes += paths
        for name, (box, lines) in self.boxes.items():
            shapes.append(box)
            middle = box.x + box.width / 2
            if lines:
                shapes += [
                    Text(middle, box.y + 19 + 17 * n, line, "" if not n else "small", "middle")
                    for n, line in enumerate(lines)
                ]
            else:
                shapes.append(Text(middle, box.y + 18, "bridge", "small", "middle"))
            shapes += self._mark(name, box)
        shapes += dots
        right = max(
            *(band.right + 7 * (len(bus) + 12) for bus, band in self.bands.items()),
            *(box.right for box, _ in self.boxes.values()),
        )
        bottom = max(*(band.bottom for band in self.bands.values()), *(box.bottom for box, _ in self.boxes.values()))
        wires = [symbol for symbol, home in self.topology.homes.items() if home == WIRE]
        if wires:
            bottom += _LINE
            shapes.append(Text(_MARGIN, bottom + 4, f"interrupt wires, on no bus: {', '.join(wires)}", "small"))
        legend, wide, bottom = self._legend(bottom + 38)
        shapes += legend
        for line in (line for note in self.witness.notes for line in wrapped(f"Note {note}", 104)):
            shapes.append(Text(_MARGIN, bottom + 6, line, "small"))
            wide = max(wide, SMALL * len(line) + _MARGIN)
            bottom += 16
        widest = max(len(text) * (10.5 if style == "title" else CHAR) for text, style in self.head) + _MARGIN
        title = f"{self.witness.test.name} under {self.witness.model}: {words.heading(self.witness)[1]}"
        return Figure(title, max(right, wide, widest) + _MARGIN, bottom + 10, tuple(shapes))

    def _wires(self) -> Iterator[Shape]:
        """The lines between boxes or bridges and their buses."""
        for bus, shown in self.shown.items():
            band = self.bands[bus]
            for name, _, _ in shown:
                box, _ = self.boxes[name]
                x = (box.x + box.right) / 2
                yield Path(((x, self._edge(name, bus)), (x, band.bottom if box.y > band.y else band.y)), "wire")
        for bus, parent in self._neighbours():
            box, _ = self.boxes[_bridge(bus)]
            x = (box.x + box.right) / 2
            yield Path(((x, self.bands[parent].bottom), (x, self.bands[bus].y)), "wire")

    def _mark(self, name: str, box: Box) -> Iterator[Shape]:
        """Notes beside the bridges in which a transaction overtakes another."""
        lower = {_bridge(self._lower(a, b)): (a, b) for a, b in self._neighbours()}
        if name not in lower:
            return
        ways = {lower[name], lower[name][::-1]}
        y = box.y + 12
        for ones in self.overtaken.values():
            for one in ones:
                if (one.late.hop.bus, one.late.then.bus) in ways:
                    text = f"{self.number[one.late.hop.event]} overtakes {self.number[one.early.hop.event]}"
                    yield Box(box.right + 6, y - 11, CHAR * len(text) + 10, 18, "mark", 4)
                    yield Text(box.right + 11, y + 3, text, "")
                    y += 20

    def _neighbours(self) -> list[tuple[str, str]]:
        return [(bus, parent) for bus, parent in self.topology.parents.items() if parent]


def _bridge(bus: str) -> str:
    """The name of the bridge above a bus, which no device can have."""
    return f"/{bus}"
