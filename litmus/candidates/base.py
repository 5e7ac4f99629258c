"""The candidate executions of a graph within its bounds, one a lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, permutations
from math import factorial

from litmus.base import relation
from litmus.base.records import dataclass
from litmus.bounds import Base
from litmus.candidates.space import Space
from litmus.candidates.values import Values, Ways
from litmus.ir.events import ALWAYS, WRITES, EventGraph, Known, ReadValue, ValueExpr
from litmus.ir.formulas import parts
from litmus.ir.litmus_test import Composite, Observable, Register
from litmus.ir.thread import Address, Value
from litmus.ir.values import joined

MAX_LANES = 1 << 16
"""The most candidates of a test that are laid side by side."""

_MAX_WRITES = 6
"""The most writes to one location whose orders are listed."""

Masks = dict[tuple[int, int], int]
"""For each pair that may be in a relation, the lanes in which it is."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What tells candidates apart: the write that each read reads from, the order of each location's writes, the free
    choices, and what the model picks. Their options, in the order of the choices of a `Space`."""

    reads: tuple[tuple[int, tuple[int, ...]], ...]
    orders: tuple[tuple[tuple[int, ...], ...], ...]
    free: int
    picks: tuple[tuple[int, int], ...]  # a `choose` node of the model, and how many operands it has

    @property
    def counts(self) -> list[int]:
        return [
            *[max(1, len(writes)) for _, writes in self.reads],
            *[len(orders) for orders in self.orders],
            *[2] * self.free,
            *[count for _, count in self.picks],
        ]


class Candidates:
    """The candidate executions of a graph within its bounds, one a lane; lanes out of `valid` are none.

    `executed[e]` has the lanes in which event `e` is executed, `rf` and `co` those in which a pair is related, `picks`
    those in which a `choose` node of the model stands for each of its operands. In the lanes of `unsettled`, values
    travel in a circle, so that rf does not determine them.
    """

    def __init__(self, base: Base, choices: Choices) -> None:
        self.graph = graph = base.graph
        self.base = base
        self.choices = choices
        self.space = space = Space(choices.counts)
        self.full = self.valid = space.full
        options = iter(space.options)
        sources = [(read, writes, next(options)) for read, writes in choices.reads]
        orders = [(location, next(options)) for location in choices.orders]
        free = [next(options)[1] for _ in range(choices.free)]
        self.picks = {node: next(options) for node, _ in choices.picks}
        self._reads: dict[int, Ways] = {}
        self.values = Values(self.full, self._reads, free)
        self.executed = [self.full] * len(graph.events)
        self.unsettled = 0
        self.rf: Masks = {}
        self.co: Masks = {}
        self._settle(sources)
        self._read(sources)
        self._order(orders)
        self._confine()

    # --- what is a candidate --------------------------------------------------------------------------------------

    def _settle(self, sources: Sequence[tuple[int, tuple[int, ...], list[int]]]) -> None:
        """Find what each read returns, and which events are executed: those first on which others depend."""
        events, values = self.graph.events, self.values
        guarded = [e for e in events if e.guard is not ALWAYS]
        waiting = list(sources)
        needs = {read: _needs(self.graph, read, writes) for read, writes, _ in sources}
        circle = False
        while waiting:
            open_ = {source[0] for source in waiting}
            left = [source for source in waiting if not needs[source[0]].isdisjoint(open_)]
            if len(left) == len(waiting):
                circle = True
                break
            for read, writes, options in waiting:
                if needs[read].isdisjoint(open_):
                    self._reads[read] = self._returned(read, writes, options)
            waiting = left
        while circle:  # from no values up, until there are no more
            values.forget()
            found = {read: self._returned(read, writes, options) for read, writes, options in waiting}
            circle = any(self._reads.get(read) != ways for read, ways in found.items())
            self._reads.update(found)
        values.forget()
        for event in guarded:
            yes, no = values.truth(event.guard)
            self.executed[event.index] = yes
            self.unsettled |= self.full & ~(yes | no)

    def _returned(self, read: int, writes: Sequence[int], options: Sequence[int]) -> Ways:
        events = self.graph.events
        executed = self.values.truth(events[read].guard)[0]
        found: dict[Value, int] = {}
        for write, lanes in zip(writes, options, strict=False):
            for value, where in self.values.ways(_there(events[write].value)).items():
                if here := lanes & where & executed:
                    found[value] = found.get(value, 0) | here
        return found

    def _read(self, sources: Sequence[tuple[int, tuple[int, ...], list[int]]]) -> None:
        """Every executed read reads from an executed write of its location."""
        events, executed = self.graph.events, self.executed
        for read, writes, options in sources:
            here = executed[read]
            if not writes:
                self.valid &= ~here
                continue
            if here != self.full:
                self.valid &= here | options[0]  # the same candidate otherwise, several times
            for write, lanes in zip(writes, options, strict=True):
                self.rf[write, read] = lanes & here
                possible = executed[write]
                if not self.base.loc[0][read] >> write & 1:
                    possible &= self.values.same(_there(events[read].addr), _there(events[write].addr))
                if possible != self.full:
                    self.valid &= ~(lanes & here) | possible
            returned = 0
            for lanes in self._reads[read].values():
                returned |= lanes
            self.unsettled |= here & ~returned

    def _order(self, orders: Sequence[tuple[tuple[tuple[int, ...], ...], list[int]]]) -> None:
        """co orders the executed writes of each location, the initial one first; the others are in order, and last."""
        executed = self.executed
        for i in self.graph.initial:
            for j in relation.bits(self.base.co[1][i]):
                self.co[i, j] = executed[j]
        overwritten = {self.graph.events[i].addr: self.base.co[1][i] for i in self.graph.initial}
        for location, options in orders:
            for write in location[0]:
                if not overwritten[self.graph.events[write].addr] >> write & 1:  # the initial value is the last one
                    self.valid &= ~executed[write]
            for order, lanes in zip(location, options, strict=True):
                for k, i in enumerate(order):
                    for j in order[k + 1 :]:
                        self.co[i, j] = self.co.get((i, j), 0) | lanes & executed[i] & executed[j]
                if len(location) > 1:
                    for i, j in pairwise(order):
                        if executed[i] != self.full:
                            self.valid &= ~lanes | executed[i] | (~executed[j] if i < j else 0)

    def _confine(self) -> None:
        """The assumptions hold, and no execution is cut short."""
        for assumption in self.graph.assumptions:
            yes, no = self.values.truth(assumption)
            self.valid &= ~no
            self.unsettled |= self.full & ~(yes | no)
        yes, no = self.values.truth(self.graph.bound)
        self.valid &= ~yes
        self.unsettled |= self.full & ~(yes | no)
        self.unsettled &= self.valid

    # --- what they end with ---------------------------------------------------------------------------------------

    def last(self, write: int) -> int:
        """The lanes in which a write is executed, and co-last."""
        lanes = self.executed[write]
        for later in relation.bits(self.base.co[1][write]):
            lanes &= ~self.co.get((write, later), 0)
        return lanes

    def final(self, item: Observable) -> Ways:
        """The final values of a register or a location."""
        if isinstance(item, Register):
            return self.values.ways(self.graph.final[item])
        composite = self.graph.test.composites.get(item)
        return self._ending(item) if composite is None else self._joined(composite)

    def _ending(self, location: Address) -> Ways:
        """The final values of a location of the graph."""
        at = Known(location)
        found: dict[Value, int] = {}
        for event in self.graph.events:
            if event.kind in WRITES and event.addr == at and self.base.last[1] >> event.index & 1:
                ends = self.last(event.index)
                for value, lanes in self.values.ways(_there(event.value)).items():
                    if here := lanes & ends:
                        found[value] = found.get(value, 0) | here
        return found

    def _joined(self, composite: Composite) -> Ways:
        """The final values of a location that is made of parts."""
        whole: dict[tuple[Value, ...], int] = {(): self.full}
        for part in composite.parts:
            ways = self._ending(part).items()
            whole = {(*values, v): both for values, a in whole.items() for v, b in ways if (both := a & b)}
        return {joined(values, composite.bits): lanes for values, lanes in whole.items()}


def at_most(base: Base) -> int:
    """A number that the candidates within some bounds do not exceed, whatever else the bounds rule out."""
    writes: dict[ValueExpr | None, int] = {}
    for event in base.graph.events:
        if event.kind in WRITES and not event.is_init:
            writes[event.addr] = writes.get(event.addr, 0) + 1
    size = 1 << base.graph.choices
    for count in writes.values():
        size *= factorial(count)
    for sources in base.domains.candidates.values():
        size *= max(1, len(sources))
    return size


def candidates(base: Base, picks: Mapping[int, int], most: int = MAX_LANES) -> Candidates | None:
    """The candidate executions within some bounds, if they can be listed: `picks` gives the operands of `choose` nodes.

    None if there are more than `most`, or if more is open than rf, co and free choices: the address of a write, whether
    a value has a meaning, or which values there are.
    """
    graph, domains = base.graph, base.domains
    writes: dict[Value, list[int]] = {}
    for event in graph.events:
        if event.kind in WRITES:
            if not isinstance(event.addr, Known):
                return None
            if not event.is_init:
                writes.setdefault(event.addr.value, []).append(event.index)
        elif event.addr is not None and not isinstance(event.addr, Known):
            where = domains.of(event.addr)
            if where is None or not frozenset(graph.locations).issuperset(where):
                return None
    if domains.lacking or any(domain is None for domain in domains.reads.values()):
        return None
    if any(len(there) > _MAX_WRITES for there in writes.values()) or not frozenset(graph.locations).issuperset(writes):
        return None
    reads = tuple(domains.candidates.items())
    size = 2**graph.choices
    for count in (*[len(sources) for _, sources in reads], *picks.values()):
        size *= max(1, count)
    if size > most:
        return None
    used = [x for event in graph.events for x in (event.addr, event.value, event.tested, event.guard) if x is not None]
    if domains.may_be_undefined(*used, *graph.assumptions, graph.bound, *graph.final.values()):
        return None
    orders = []
    for there in writes.values():
        found = tuple(_orders(there, base.co[1]))
        orders.append(found)
        size *= len(found)
        if not found or size > most:
            return None
    made = Candidates(base, Choices(reads, tuple(orders), graph.choices, tuple(picks.items())))
    static = all(lanes == made.full for lanes in made.executed) and not any(
        given.conditions for given in graph.relations.values()
    )
    if made.unsettled and not (static and all(e.addr is None or isinstance(e.addr, Known) for e in graph.events)):
        return None  # what is related to what may depend on values that are not known
    return made


def _orders(writes: Sequence[int], may: relation.Rows) -> Iterator[tuple[int, ...]]:
    """The orders of some writes that the bounds of co allow."""
    if len(writes) == 1:
        yield tuple(writes)
        return
    for order in permutations(writes):
        rest = sum(1 << w for w in writes)
        for write in order:
            rest &= ~(1 << write)
            if rest & ~may[write]:
                break
        else:
            yield order


def _needs(graph: EventGraph, read: int, writes: Sequence[int]) -> set[int]:
    """The reads that decide what a read returns, given the write that it reads from."""
    events = graph.events
    values = [value for w in writes if (value := events[w].value) is not None and not isinstance(value, Known)]
    guard = events[read].guard
    if not values and guard is ALWAYS:
        return set()
    return {part.event for part in parts([*values, guard]) if isinstance(part, ReadValue)}


def _known(expr: ValueExpr | None) -> Value:
    assert isinstance(expr, Known)
    return expr.value


def _there(expr: ValueExpr | None) -> ValueExpr:
    assert expr is not None
    return expr
