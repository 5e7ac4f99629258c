"""The bounds of what an execution gives, before any model."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import field, replace
from typing import Any, TypeVar

from litmus.base import relation
from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.records import dataclass
from litmus.base.relation import Rows
from litmus.bounds.domains import Domains
from litmus.ir.events import ALWAYS, WRITES, EventGraph, Known

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Base:
    """The bounds of what an execution gives, before any model.

    `certain` are the events of every execution, `settled` those among them that cannot miss the test's locations. `rf`
    and `co` are (must, may), n x n; `last` the same for the set of co-last writes.
    """

    graph: EventGraph
    domains: Domains
    certain: int
    settled: int
    loc: tuple[Rows, Rows]
    rf: tuple[Rows, Rows]
    co: tuple[Rows, Rows]
    last: tuple[int, int]
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def kept(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What a function makes of the bounds alone, made once for each key: many models are asked about a program."""
        if key not in self._kept:
            self._kept[key] = make()
        found: Kept = self._kept[key]
        return found


def base_bounds(graph: EventGraph, domains: Domains, deadline: Deadline = NO_DEADLINE) -> Base:
    """The bounds of executed events, loc, rf and co that follow from the program alone.

    Raises LimitReached at the deadline.
    """
    events = graph.events
    n = len(events)
    certain = 0
    for event in events:
        if event.guard is ALWAYS:
            certain |= 1 << event.index
    accesses = [e for e in events if e.addr is not None]
    at: dict[object, int] = {}  # known address -> its accesses
    moving: list[int] = []
    for event in accesses:
        if isinstance(event.addr, Known):
            at[event.addr.value] = at.get(event.addr.value, 0) | 1 << event.index
        else:
            moving.append(event.index)
    loc_must, loc_may = [0] * n, [0] * n
    for members in at.values():
        for i in relation.bits(members):
            loc_may[i] = members
            if certain >> i & 1:
                loc_must[i] = members & certain
    for i in moving:
        deadline.check()
        for other in accesses:
            j = other.index
            where, there = events[i].addr, other.addr
            assert where is not None
            assert there is not None
            if where == there or domains.may_alias(where, there):
                loc_may[i] |= 1 << j
                loc_may[j] |= 1 << i
        if certain >> i & 1:
            loc_must[i] |= 1 << i
    writes = initial = 0
    for event in events:
        if event.kind in WRITES:
            writes |= 1 << event.index
    for i in graph.initial:
        initial |= 1 << i
    co_must, co_may = [0] * n, [0] * n
    for i in relation.bits(writes):
        others = loc_may[i] & writes & ~initial & ~(1 << i)
        co_may[i] = others
        if initial >> i & 1:
            co_must[i] = others & loc_must[i]
    last_must = last_may = 0
    for i in relation.bits(writes):
        if not co_must[i]:  # nothing is known to overwrite it
            last_may |= 1 << i
            if certain >> i & 1 and not co_may[i]:
                last_must |= 1 << i
    base = Base(
        graph,
        domains,
        certain,
        _settled(graph, domains, certain),
        (tuple(loc_must), tuple(loc_may)),
        (relation.empty(n), relation.empty(n)),
        _same(tuple(co_must), tuple(co_may)),
        (last_must, last_may),
    )
    if loc_must == loc_may:
        base = replace(base, loc=(base.loc[0], base.loc[0]))
    return with_candidates(base, domains)


def _settled(graph: EventGraph, domains: Domains, certain: int) -> int:
    """The certain events that are no accesses, or accesses that always go to a location of the test."""
    known = frozenset(graph.locations)
    settled = certain
    for event in graph.events:
        if event.addr is not None:
            domain = domains.of(event.addr)
            if domain is None or not known.issuperset(domain) or domains.may_be_undefined(event.addr):
                settled &= ~(1 << event.index)
    return settled


def with_candidates(base: Base, domains: Domains) -> Base:
    """The same bounds with rf as the candidates in `domains` have it."""
    n = len(base.graph.events)
    must, may = [0] * n, [0] * n
    for read, writes in domains.candidates.items():
        bit = 1 << read
        for write in writes:
            may[write] |= bit
        if len(writes) == 1 and base.settled & bit:
            must[writes[0]] |= bit
    return replace(base, domains=domains, rf=_same(tuple(must), tuple(may)))


def _same(must: Rows, may: Rows) -> tuple[Rows, Rows]:
    return (may, may) if must == may else (must, may)


def with_order(base: Base, co_may: Rows, deadline: Deadline = NO_DEADLINE) -> Base:
    """The same bounds with fewer candidates for co: of two writes to one location one is first.

    Raises LimitReached at the deadline.
    """
    one_way = relation.diff(relation.inter(base.loc[0], co_may), relation.inverse(co_may, deadline))
    closed = relation.plus(relation.union(base.co[0], one_way), deadline)
    opposite = relation.inverse(closed, deadline)
    co_may = relation.diff(co_may, opposite)
    last_must, last_may = base.last
    overwritten = relation.domain(closed)
    last_may &= ~overwritten
    for i in relation.bits(last_may & base.certain):
        if not co_may[i]:
            last_must |= 1 << i
    return replace(base, co=_same(closed, co_may), last=(last_must, last_may))
