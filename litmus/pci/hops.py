"""Expands accesses into hops: adds bus transactions to an event graph, according to the topology of its test.

A hop is one transaction on one bus. The request of an access has a hop on each bus from its master to its target; a
completion has one on each bus of the way back. The access performs at the last hop of its request, which is the R or W
event itself; the other hops are events of kind H. An access to a target on the master's own bus, or to a wire, is a
single hop.

These relations describe the queues between buses:

    first     from an access to the hop that issues it
    last      from an access to the hop that completes it at its master
    forward   from a hop to the next one of the same request or completion: between them it is in a queue
    at        from a write to an observer's copy to the hop that brings it there
    queue     from a hop to another if both then wait in the same queue and the second must not pass the first

A write that passes an observer's bus also performs there, on the copy that the observer snoops: this is another write
event, to the location of that copy.

Sources: PCI Local Bus Specification 3.0, section 3.2.5 and Appendix E; PCI Express Base Specification, section 2.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LimitReached
from litmus.ir.events import Event, EventGraph, GuardedRelation, Known
from litmus.ir.thread import Address
from litmus.ir.topology import MEMORY, WIRE, Topology
from litmus.pci.ordering import PassingTable

MAX_HOPS = 500
"""The most hops, besides the accesses themselves, that a test may have: with more, deciding it takes minutes."""

RELATIONS = frozenset({"first", "last", "forward", "at", "queue"})
"""The relations between accesses and their hops."""

SETS = frozenset({"Hop", "CPU", "DRAM", "Wire"})
"""The sets of hops that are not accesses, events of CPUs, accesses to memory, and accesses to wires."""

HOP = frozenset({"Hop"})
_CPU = frozenset({"CPU"})
_HOMES = {MEMORY: frozenset({"DRAM"}), WIRE: frozenset({"Wire"})}
_COPY = ""  # stands for the place of a snooped copy: the bus of the observer


def copy_of(symbol: str, bus: str) -> str:
    """The symbol of the copy of a location that a snooping observer on a bus sees."""
    return f"{symbol}@{bus}"


_Kind = tuple[str, frozenset[str], str]


@dataclass(frozen=True, slots=True)
class _Leg:
    """A packet in the queue between two buses, after hop `hop`, with what decides which others it may pass."""

    hop: int
    queue: tuple[str, str]
    row: str
    attributes: frozenset[str]
    identity: str

    @property
    def kind(self) -> _Kind:
        """What decides which others it may pass."""
        return self.row, self.attributes, self.identity


@dataclass(frozen=True, slots=True)
class Hop:
    """An event as a transaction on a bus, with its access; `bus` is None for a wire."""

    event: int
    access: int
    bus: str | None
    completion: bool = False


def hops(graph: EventGraph) -> tuple[Hop, ...]:
    """The hops of an expanded graph, access by access, those of an access in the order of its route."""
    topology = graph.test.topology
    if topology is None:
        return ()
    accesses = next((e.index for e in graph.events if e.tags == HOP), len(graph.events))
    routes = _Routes(replace(graph, events=graph.events[:accesses]), topology)
    for event in graph.events[:accesses]:
        routes.add(event)
    return tuple(routes.hops)


@dataclass(frozen=True, slots=True)
class Passing:
    """That a packet may pass another in a queue between two buses: the classes of both, and what of it permits that.

    There are no `attributes` if it may always.
    """

    queue: tuple[str, str]
    row: str
    column: str
    attributes: tuple[str, ...]


def passing(graph: EventGraph, table: PassingTable, late: int, early: int) -> Passing | None:
    """Where a packet of the access `late` may pass one of the access `early` that is ahead of it; None for nowhere.

    The graph is one with hops; in another nothing waits in queues.
    """
    topology = graph.test.topology
    if topology is None or "queue" not in graph.relations:
        return None
    accesses = next((e.index for e in graph.events if e.tags == HOP), len(graph.events))
    routes = _Routes(replace(graph, events=graph.events[:accesses]), topology)
    for access in (early, late):
        routes.add(graph.events[access])
    of = {hop.event: hop.access for hop in routes.hops}
    for ahead, behind in product(routes.legs, repeat=2):
        if (of[ahead.hop], of[behind.hop]) == (early, late) and ahead.queue == behind.queue:
            strangers = ahead.identity != behind.identity
            if table.may_pass(behind.row, behind.attributes, ahead.row, strangers):
                rule = table.cells[behind.row, ahead.row]
                counts = rule.attributes & behind.attributes - ({"IDO"} if not strangers else set())
                return Passing(behind.queue, behind.row, ahead.row, () if rule.always else tuple(sorted(counts)))
    return None


def expand(graph: EventGraph, table: PassingTable, deadline: Deadline = NO_DEADLINE) -> EventGraph:
    """The graph with the hops of its accesses. Raises LimitReached if there are too many, or at the deadline."""
    topology = graph.test.topology
    if topology is None:
        return graph
    routes = _Routes(graph, topology)
    for event in graph.events:
        deadline.check()
        routes.add(event)
    n = len(routes.events)
    relations = {
        "first": routes.first,
        "last": routes.last,
        "forward": routes.forward,
        "at": routes.at,
    }
    queue = _ordered(n, routes.legs, table, deadline)

    def wider(relation: GuardedRelation) -> GuardedRelation:
        return replace(relation, rows=relation.rows + (0,) * (n - len(relation.rows)))

    return replace(
        graph,
        events=tuple(routes.events),
        relations={
            **{name: wider(relation) for name, relation in graph.relations.items()},
            **{name: GuardedRelation(_rows(n, pairs), {}) for name, pairs in relations.items()},
            "queue": GuardedRelation(queue, {}),
        },
    )


@dataclass(slots=True)
class _Routes:
    """Collects the hops of the accesses of a graph."""

    graph: EventGraph
    topology: Topology
    events: list[Event] = field(default_factory=list)
    first: list[tuple[int, int]] = field(default_factory=list)
    last: list[tuple[int, int]] = field(default_factory=list)
    forward: list[tuple[int, int]] = field(default_factory=list)
    at: list[tuple[int, int]] = field(default_factory=list)
    legs: list[_Leg] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.events = list(self.graph.events)

    def add(self, event: Event) -> None:
        """Adds the hops of an access; ignores other events."""
        if event.is_init:
            return
        topology = self.topology
        is_cpu = topology.is_cpu(event.thread)
        tags = event.tags | _CPU if is_cpu else event.tags
        index = event.index
        if isinstance(event.addr, Known) and isinstance(event.addr.value, Address):
            symbol = event.addr.value.symbol
            home = topology.homes.get(symbol, _COPY)
            tags |= _HOMES.get(home, frozenset())
            start = topology.bus(topology.masters[event.thread])
            end = topology.bus(home) if home != _COPY else None
            assert start is not None
            route = topology.route(start, end) if end is not None else (start,)
            self._request(event, symbol, route, end is None and home == WIRE)
            done = index
            if len(route) > 1 and (event.kind == "R" or "NonPosted" in tags):
                done = self._completion(event, symbol, route[::-1])
            self.last.append((index, done))
        if tags is not event.tags:
            self.events[index] = replace(event, tags=tags)

    def _request(self, event: Event, symbol: str, route: Sequence[str], wire: bool) -> None:
        """Adds the hops to the target; the last of them is the access itself."""
        row = "read" if event.kind == "R" else "nonposted" if "NonPosted" in event.tags else "posted"
        attributes = event.tags & {"RO", "IDO"}
        identity = self.topology.masters[event.thread]
        before = -1
        for k, bus in enumerate(route):
            is_last = k == len(route) - 1
            hop = event.index if is_last else self._hop(event)
            self.hops.append(Hop(hop, event.index, None if wire else bus))
            self._seen(event, symbol, bus, hop)
            if before >= 0:
                self.forward.append((before, hop))
            else:
                self.first.append((event.index, hop))
            if not is_last:
                self.legs.append(_Leg(hop, (bus, route[k + 1]), row, attributes, identity))
            before = hop

    def _completion(self, event: Event, symbol: str, route: Sequence[str]) -> int:
        """Adds the hops back to the master; returns the last of them."""
        row = "read-completion" if event.kind == "R" else "write-completion"
        attributes = frozenset(tag[1:] for tag in event.tags & {"CRO", "CIDO"})
        identity = self.topology.completer(symbol)
        before = event.index
        for here, there in pairwise(route):
            self.legs.append(_Leg(before, (here, there), row, attributes, identity))
            hop = self._hop(event)
            self.hops.append(Hop(hop, event.index, there, completion=True))
            self.forward.append((before, hop))
            before = hop
        return before

    def _hop(self, event: Event) -> int:
        """Adds a hop at which the access does not perform."""
        if len(self.events) >= len(self.graph.events) + MAX_HOPS:
            raise LimitReached("limit", f"the accesses of the test have more than {MAX_HOPS} hops on its buses")
        index = len(self.events)
        self.events.append(
            Event(index, event.thread, event.instruction, "H", HOP, event.guard, span=event.span, row=event.row)
        )
        return index

    def _seen(self, event: Event, symbol: str, bus: str, hop: int) -> None:
        """If a write passes a bus with an observer, adds the write to the observer's copy."""
        copy = Address(copy_of(symbol, bus))
        if event.kind == "W" and copy in self.graph.locations:
            index = len(self.events)
            self.events.append(replace(event, index=index, tags=HOP, addr=Known(copy)))
            self.at.append((index, hop))


def _ordered(n: int, legs: Sequence[_Leg], table: PassingTable, deadline: Deadline) -> tuple[int, ...]:
    """The rows of the pairs of hops that enter the same queue where the second may not pass the first.

    What may pass what is asked once for all packets of a kind.
    """
    queues: dict[tuple[str, str], dict[_Kind, int]] = {}
    for leg in legs:
        kinds = queues.setdefault(leg.queue, {})
        kinds[leg.kind] = kinds.get(leg.kind, 0) | 1 << leg.hop
    rows = [0] * n
    held: dict[tuple[tuple[str, str], _Kind], int] = {}
    for leg in legs:
        deadline.check()
        behind = held.get((leg.queue, leg.kind))
        if behind is None:
            behind = 0
            for kind, those in queues[leg.queue].items():
                row, attributes, identity = kind
                if not table.may_pass(row, attributes, leg.row, identity != leg.identity):
                    behind |= those
            held[leg.queue, leg.kind] = behind
        rows[leg.hop] |= behind & ~(1 << leg.hop)
    return tuple(rows)


def _rows(n: int, pairs: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    rows = [0] * n
    for i, j in pairs:
        rows[i] |= 1 << j
    return tuple(rows)
