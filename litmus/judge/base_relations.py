"""The base sets and relations of executions, which models are defined from, as lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.ir.events import READS, WRITES, EventGraph, GuardedRelation, Known
from litmus.ir.execution import Execution
from litmus.ir.thread import Value
from litmus.ir.valuation import Valuation
from litmus.judge.bitslices import LARGE, Lanes, lanes

Bits = tuple[int, bool]
"""A set or relation in all executions: n*n bits and True if it is the same in each, else k*n*n bits and False."""

EMPTY: Bits = (0, True)


class Shapes:
    """One lane and k lanes of n events, for `Bits` of either kind."""

    def __init__(self, n: int, k: int, deadline: Deadline = NO_DEADLINE) -> None:
        self.one = lanes(n, 1, deadline)
        self.many = lanes(n, k, deadline) if k > 1 else self.one
        self._lifted: dict[int, int] = {}

    def of(self, same: bool) -> Lanes:
        """The lanes that bits of this kind have."""
        return self.one if same else self.many

    def lift(self, bits: int) -> int:
        """One lane's bits in all lanes."""
        lifted = self._lifted.get(bits)
        if lifted is None:
            lifted = self._lifted[bits] = self.many.repeat(bits)
        return lifted

    def align(self, a: Bits, b: Bits) -> tuple[int, int, bool]:
        """Both bits in the same lanes: one if neither needs more."""
        if a[1] == b[1]:
            return a[0], b[0], a[1]
        return (self.lift(a[0]), b[0], False) if a[1] else (a[0], self.lift(b[0]), False)

    def inter(self, left: Bits, right: Bits) -> Bits:
        """left & right"""
        a, b, same = self.align(left, right)
        return a & b, same

    def diff(self, left: Bits, right: Bits) -> Bits:
        r"""left \ right"""
        a, b, same = self.align(left, right)
        return a & ~b, same

    def union(self, left: Bits, right: Bits) -> Bits:
        """left | right"""
        if not right[0]:
            return left
        if not left[0]:
            return right
        a, b, same = self.align(left, right)
        return a | b, same


class Primitives:
    """The base sets and relations of `litmus.ir.model` in some executions of a graph."""

    def __init__(self, graph: EventGraph, executions: Sequence[Execution], deadline: Deadline = NO_DEADLINE) -> None:
        n = max(1, len(graph.events))
        if n >= LARGE:
            n = (n + 7) // 8 * 8  # padded with events that are never executed: `lanes` wants a multiple of 8
        self.graph = graph
        self.executions = executions
        self.shapes = Shapes(n, len(executions), deadline)
        self.one = self.shapes.one
        self._valuations: list[Valuation] = []
        executed = [execution.executed for execution in executions]
        self.events = self._sets(executed)
        self.pairs = self.shapes.of(self.events[1]).product(self.events[0], self.events[0]), self.events[1]

    def named(self, name: str) -> Bits:
        """A base set or relation by its name."""
        graph = self.graph
        match name:
            case "R" | "W" | "F" | "B" | "M":
                kinds = {"R": READS, "W": WRITES, "M": READS + WRITES}.get(name, name)
                return self.events_in(_mask([e.index for e in graph.events if e.kind in kinds]))
            case "IW":
                return self.events_in(_mask(graph.initial))
            case "FW":
                return self._sets([_mask(order[-1] for order in x.co if order) for x in self.executions])
            case "rf":
                return self._packed(self._sources())
            case "co":
                return self._packed(self._coherence())
            case "loc":
                return self._same_location()
            case "same-value":
                return self._same_value()
            case "int":
                return self.pairs_in(self._groups([(e.thread, e.index) for e in graph.events if not e.is_init]))
            case "si":
                return self._same([e.instruction for e in graph.events])
            case "ext":
                return self.shapes.diff(self.pairs, self._same([e.thread for e in graph.events]))
            case "id":
                return self.events
        if name in graph.relations:
            return self._guarded(graph.relations[name])
        raise ModelError(f"'{name}' is no base set or relation")

    def tagged(self, tags: frozenset[str]) -> Bits:
        """The events that carry one of the tags."""
        return self.events_in(_mask([e.index for e in self.graph.events if not tags.isdisjoint(e.tags)]))

    def events_in(self, mask: int) -> Bits:
        """The executed events of a set of n bits."""
        return self.shapes.inter((self.one.sets((mask,)), True), self.events)

    def pairs_in(self, rows: Iterable[int]) -> Bits:
        """The pairs of executed events of a relation of n rows."""
        return self.shapes.inter((self.one.from_rows(rows), True), self.pairs)

    def pairs_where(self, wanted: Iterable[bool]) -> Bits:
        """All pairs in some of the executions, none in the others."""
        return self._packed([self.one.full if here else 0 for here in wanted])

    def _packed(self, each: list[int]) -> Bits:
        if each.count(each[0]) == len(each):
            return each[0], True
        return self.shapes.many.pack(each), False

    def _sets(self, masks: list[int]) -> Bits:
        if masks.count(masks[0]) == len(masks):
            return self.one.sets(masks[:1]), True
        return self.shapes.many.sets(masks), False

    def _guarded(self, relation: GuardedRelation) -> Bits:
        pairs = self.pairs_in(relation.rows)
        if not relation.conditions:
            return pairs
        n = self.one.n
        absent = [
            _mask(i * n + j for (i, j), formula in relation.conditions.items() if not valuation.holds(formula))
            for valuation in self._each_valuation()
        ]
        return self.shapes.diff(pairs, self._packed(absent))

    def _sources(self) -> list[int]:
        n = self.one.n
        each = []
        for execution in self.executions:
            bits = 0
            for read, write in execution.rf.items():
                bits |= 1 << write * n + read
            each.append(bits)
        return each

    def _coherence(self) -> list[int]:
        n = self.one.n
        known: dict[tuple[tuple[int, ...], ...], int] = {}
        each = []
        for execution in self.executions:
            bits = known.get(execution.co)
            if bits is None:
                bits = 0
                for order in execution.co:
                    later = 0
                    for write in reversed(order):
                        bits |= later << write * n
                        later |= 1 << write
                known[execution.co] = bits
            each.append(bits)
        return each

    def _same_location(self) -> Bits:
        accesses = [(e.index, e.addr) for e in self.graph.events if e.addr is not None]
        if all(isinstance(addr, Known) for _, addr in accesses):
            return self.pairs_in(self._groups([(addr.value, e) for e, addr in accesses if isinstance(addr, Known)]))
        each = []
        for execution, valuation in zip(self.executions, self._each_valuation(), strict=True):
            executed = [(e, addr) for e, addr in accesses if execution.executed >> e & 1]
            each.append(self.one.from_rows(self._groups((valuation.value(addr), e) for e, addr in executed)))
        return self._packed(each)

    def _same_value(self) -> Bits:
        marks = [(e.index, e.value) for e in self.graph.events if e.kind == "A" and e.value is not None]
        each = []
        for execution, valuation in zip(self.executions, self._each_valuation(), strict=True):
            values = dict(execution.values)
            values |= {e: found for e, value in marks if (found := valuation.value(value)) is not None}
            there = [(value, e) for e, value in values.items() if execution.executed >> e & 1]
            each.append(self.one.from_rows(self._groups(there)))
        return self._packed(each)

    def _same(self, labels: Sequence[int]) -> Bits:
        """The pairs of events with the same label."""
        return self.pairs_in(self._groups([(label, e) for e, label in enumerate(labels)]))

    def _groups(self, members: Iterable[tuple[Value | None, int]]) -> list[int]:
        """Rows that relate the events with the same key."""
        groups: dict[Value | None, int] = {}
        for key, event in members:
            groups[key] = groups.get(key, 0) | 1 << event
        rows = [0] * self.one.n
        for group in groups.values():
            rest = group
            while rest:
                low = rest & -rest
                rows[low.bit_length() - 1] = group
                rest ^= low
        return rows

    def _each_valuation(self) -> list[Valuation]:
        """The valuation of each execution."""
        if not self._valuations:
            self._valuations = [Valuation.of(execution) for execution in self.executions]
        return self._valuations


def _mask(bits: Iterable[int]) -> int:
    mask = 0
    for bit in bits:
        mask |= 1 << bit
    return mask
