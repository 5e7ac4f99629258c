"""From accesses to hops: an event graph of accesses becomes one of bus transactions, by the topology of its test.

A hop is one transaction on one bus. An access has one on each bus from its master to its target, and one on each bus
of the way back if it has a completion. The last hop of the request is where it performs: that is the access itself, as
R or W event; the others become events of kind H. On the bus of its target, and on a wire, an access is one hop.

These relations say what the queues do with them:

    first     an access, and the hop with which it is issued
    last      an access, and the hop with which its master has its completion
    forward   a hop, and the next one of the same request or completion: between the two it is in a queue
    at        a write on the copy of an observer, and the hop with which it comes there
    queue     two hops after which both are in one queue, where the second must not pass the first

A write that comes by an observer's bus performs there, too, on the copy that the observer snoops: a write of its own,
to the location of that copy.

Sources: PCI Local Bus Specification 3.0, section 3.2.5 and Appendix E; PCI Express Base Specification, section 2.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from litmus.base.errors import LimitReached
from litmus.ir.events import Event, EventGraph, GuardedRelation, Known
from litmus.ir.thread import Address
from litmus.ir.topology import MEMORY, WIRE, Topology
from litmus.pci.ordering import PassingTable

MAX_HOPS = 500
"""Hops beyond the accesses that a test may have: more take minutes."""

RELATIONS = frozenset({"first", "last", "forward", "at", "queue"})
"""The relations of accesses and their hops."""

SETS = frozenset({"Hop", "CPU", "DRAM", "Wire"})
"""The hops that are no accesses, the events of CPUs, the accesses to memory and to wires."""

HOP = frozenset({"Hop"})
_CPU = frozenset({"CPU"})
_HOMES = {MEMORY: frozenset({"DRAM"}), WIRE: frozenset({"Wire"})}
_COPY = ""  # the home of a snooped copy, which is where the observer is


def copy_of(symbol: str, bus: str) -> str:
    """The symbol of the copy of a location that a snooping observer on a bus sees."""
    return f"{symbol}@{bus}"


@dataclass(frozen=True, slots=True)
class _Leg:
    """What is in a queue after hop `hop`, on the way from one bus to the next, and how it may pass others."""

    hop: int
    queue: tuple[str, str]
    row: str
    attributes: frozenset[str]
    identity: str


@dataclass(frozen=True, slots=True)
class Hop:
    """An event as a transaction on a bus: of which access, and whether it is a completion. A wire is on no bus."""

    event: int
    access: int
    bus: str | None
    completion: bool = False


def hops(graph: EventGraph) -> tuple[Hop, ...]:
    """Every hop of an expanded graph, access by access, each in the order of its way."""
    topology = graph.test.topology
    if topology is None:
        return ()
    accesses = next((e.index for e in graph.events if e.tags == HOP), len(graph.events))
    routes = _Routes(replace(graph, events=graph.events[:accesses]), topology)
    for event in graph.events[:accesses]:
        routes.add(event)
    return tuple(routes.hops)


def expand(graph: EventGraph, table: PassingTable) -> EventGraph:
    """The graph with the hops of its accesses. Raises LimitReached if there are too many."""
    topology = graph.test.topology
    if topology is None:
        return graph
    routes = _Routes(graph, topology)
    for event in graph.events:
        routes.add(event)
    n = len(routes.events)
    relations = {
        "first": routes.first,
        "last": routes.last,
        "forward": routes.forward,
        "at": routes.at,
        "queue": _ordered(routes.legs, table),
    }

    def wider(relation: GuardedRelation) -> GuardedRelation:
        return replace(relation, rows=relation.rows + (0,) * (n - len(relation.rows)))

    return replace(
        graph,
        events=tuple(routes.events),
        relations={
            **{name: wider(relation) for name, relation in graph.relations.items()},
            **{name: GuardedRelation(_rows(n, pairs), {}) for name, pairs in relations.items()},
        },
    )


@dataclass(slots=True)
class _Routes:
    """The hops so far."""

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
        """The hops of an access. Other events are left alone."""
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
        """The hops to the target, the last of which is the access itself."""
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
        """The hops back to the master; the last of them."""
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
        """A hop that is not where the access performs."""
        if len(self.events) >= len(self.graph.events) + MAX_HOPS:
            raise LimitReached("limit", f"the test has more than {MAX_HOPS} hops between its accesses and their buses")
        index = len(self.events)
        self.events.append(
            Event(index, event.thread, event.instruction, "H", HOP, event.guard, span=event.span, row=event.row)
        )
        return index

    def _seen(self, event: Event, symbol: str, bus: str, hop: int) -> None:
        """A write that comes by a bus with an observer performs on the observer's copy."""
        copy = Address(copy_of(symbol, bus))
        if event.kind == "W" and copy in self.graph.locations:
            index = len(self.events)
            self.events.append(replace(event, index=index, tags=HOP, addr=Known(copy)))
            self.at.append((index, hop))


def _ordered(legs: Sequence[_Leg], table: PassingTable) -> Iterable[tuple[int, int]]:
    """The pairs of hops that are about to enter one queue, where the second may not pass the first."""
    queues: dict[tuple[str, str], list[_Leg]] = {}
    for leg in legs:
        queues.setdefault(leg.queue, []).append(leg)
    for waiting in queues.values():
        for ahead in waiting:
            for behind in waiting:
                strangers = ahead.identity != behind.identity
                if ahead is not behind and not table.may_pass(behind.row, behind.attributes, ahead.row, strangers):
                    yield ahead.hop, behind.hop


def _rows(n: int, pairs: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    rows = [0] * n
    for i, j in pairs:
        rows[i] |= 1 << j
    return tuple(rows)
