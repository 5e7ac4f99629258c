"""Threads that can be exchanged, and bounds that leave out executions which are others with threads exchanged.

Threads that do the same, such as many that each increment one counter, have as many equivalent executions as there are
orders of them. If what is asked does not tell the threads apart either, one of these is enough: that in which co has
their writes in the order of the threads.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from litmus.base import relation
from litmus.bounds.base import Base, with_order
from litmus.ir.events import (
    ALWAYS,
    WRITES,
    AndF,
    Apply,
    Choice,
    EventGraph,
    Known,
    NonZero,
    NotF,
    OrF,
    ReadValue,
    Select,
    Truth,
)
from litmus.ir.formulas import parts
from litmus.ir.litmus_test import And, Atom, Content, Implies, Not, Or, Prop, Register
from litmus.ir.model import Model
from litmus.ir.propositions import items
from litmus.ir.thread import Value

_FEWEST = 3
"""Fewer threads that can be exchanged are not worth looking for."""


def in_order(base: Base, model: Model, prop: Prop) -> Base:
    """Bounds in which co has a write of each exchangeable thread in the order of the threads.

    If a consistent execution satisfies the proposition, one within these bounds does.
    """
    co_may = base.co[1]
    for group in exchangeable(base.graph, model, prop):
        writes = _writes(base.graph, group)
        for k, write in enumerate(writes):
            earlier = sum(1 << w for w in writes[:k])
            co_may = tuple([row & ~earlier if i == write else row for i, row in enumerate(co_may)])
    return with_order(base, co_may) if co_may != base.co[1] else base


def exchangeable(graph: EventGraph, model: Model, prop: Prop) -> list[tuple[int, ...]]:
    """Groups of at least three threads any two of which can be exchanged in an execution.

    It is then another execution: it satisfies the same axioms, and the proposition and the filter if it did before.
    """
    if any(node.op in ("choose", "constant") for node in model.nodes) or any(e.kind == "H" for e in graph.events):
        return []
    shapes: dict[Hashable, list[int]] = {}
    events: dict[int, list[int]] = {}
    for event in graph.events:
        if not event.is_init:
            events.setdefault(event.thread, []).append(event.index)
    for thread, own in events.items():
        shape = tuple([(graph.events[e].kind, graph.events[e].tags) for e in own])
        shapes.setdefault((shape, graph.test.threads[thread].word_bits), []).append(thread)
    found: list[tuple[int, ...]] = []
    for alike in shapes.values():
        if len(alike) < _FEWEST or not _writes(graph, alike[:1]):
            continue
        # Exchanges of a with b and of b with c make one of a with c.
        groups: list[list[int]] = []
        for thread in alike:
            for group in groups:
                if _same_exchanged(graph, events, prop, group[0], thread):
                    group.append(thread)
                    break
            else:
                groups.append([thread])
        found += [tuple(group) for group in groups if len(group) >= _FEWEST]
    return found


def _writes(graph: EventGraph, threads: Iterable[int]) -> list[int]:
    """The first write of each thread that is always executed, and whose location is known; none if there are none."""
    found: dict[int, int] = {}
    for event in graph.events:
        if event.kind in WRITES and event.guard is ALWAYS and isinstance(event.addr, Known):
            found.setdefault(event.thread, event.index)
    return [found[thread] for thread in threads if thread in found]


def _same_exchanged(graph: EventGraph, events: Mapping[int, Sequence[int]], prop: Prop, a: int, b: int) -> bool:
    """Whether exchanging two threads leaves the graph, the proposition and the filter what they are."""
    exchange = dict(zip((*events[a], *events[b]), (*events[b], *events[a]), strict=True))
    return _Exchange(graph, exchange, {a: b, b: a}).keeps(prop)


class _Exchange:
    """Two threads exchanged, with their events and their free choices."""

    def __init__(self, graph: EventGraph, events: Mapping[int, int], threads: Mapping[int, int]) -> None:
        self.graph = graph
        self.events = events
        self.threads = threads
        self.choices: dict[int, int] = {}
        self.plain: dict[int, Hashable] = {}
        self.moved: dict[int, Hashable] = {}

    def keeps(self, prop: Prop) -> bool:
        """Whether nothing else changes: neither the graph, nor the proposition, nor the filter."""
        graph = self.graph
        if not self._match_choices():
            return False
        mine = [graph.events[e] for e in self.events]
        instructions: dict[int, int] = {}
        for event in mine:
            other = graph.events[self.events[event.index]]
            if instructions.setdefault(event.instruction, other.instruction) != other.instruction:
                return False
            for part, there in (
                (event.guard, other.guard),
                (event.addr, other.addr),
                (event.value, other.value),
                (event.tested, other.tested),
            ):
                if self._key(part, True) != self._key(there, False):
                    return False
        if len(set(instructions.values())) != len(instructions):
            return False
        return (
            all(self._keeps_rows(given.rows) for given in graph.relations.values())
            and all(self._keeps_conditions(given.conditions) for given in graph.relations.values())
            and self._keeps_all([*graph.assumptions])
            and self._keeps_all([graph.bound])
            and self._keeps_all([graph.further])
            and all(self._keeps_prop(p) for p in (prop, graph.test.filter) if p is not None)
        )

    def _match_choices(self) -> bool:
        """Take the choices of the one thread for those of the other in the order in which they are met."""
        met: list[list[int]] = []
        for thread in self.threads:
            own = [self.graph.events[e] for e in self.events if self.graph.events[e].thread == thread]
            used = [x for e in own for x in (e.guard, e.addr, e.value, e.tested) if x is not None]
            met.append([part.index for part in parts(used) if isinstance(part, Choice)])
        first, second = ([*dict.fromkeys(choices)] for choices in met)
        if len(first) != len(second) or not set(first).isdisjoint(second):
            return False
        self.choices.update(zip((*first, *second), (*second, *first), strict=True))
        return True

    def _keeps_rows(self, rows: relation.Rows) -> bool:
        ours = sum(1 << e for e in self.events)
        for i, row in enumerate(rows):
            moved = row & ~ours
            for j in relation.bits(row & ours):
                moved |= 1 << self.events[j]
            if rows[self.events.get(i, i)] != moved:
                return False
        return True

    def _keeps_conditions(self, conditions: Mapping[tuple[int, int], object]) -> bool:
        for (i, j), formula in conditions.items():
            there = conditions.get((self.events.get(i, i), self.events.get(j, j)))
            if there is None or self._key(formula, True) != self._key(there, False):
                return False
        return True

    def _keeps_all(self, formulas: Sequence[object]) -> bool:
        return {self._key(f, True) for f in formulas} == {self._key(f, False) for f in formulas}

    def _keeps_prop(self, prop: Prop) -> bool:
        if _prop_key(prop, self.threads) != _prop_key(prop, {}):
            return False
        final = self.graph.final
        for item in items(prop):
            if isinstance(item, Register) and item.thread in self.threads:
                there = final.get(Register(self.threads[item.thread], item.name))
                if there is None or self._key(final[item], True) != self._key(there, False):
                    return False
        return True

    def _key(self, part: object, moved: bool) -> Hashable:
        """A name of an expression or formula, or of what it is with the threads exchanged."""
        match part:
            case None | Truth() | Known():
                return part
            case ReadValue(event):
                return "read", self.events.get(event, event) if moved else event
            case Choice(index):
                return "choice", self.choices.get(index, index) if moved else index
        known = self.moved if moved else self.plain
        found = known.get(id(part))
        if found is None:
            found = known[id(part)] = self._name(part, moved)
        return found

    def _name(self, part: object, moved: bool) -> Hashable:
        match part:
            case NonZero(expr):
                return "nonzero", self._key(expr, moved)
            case NotF(operand):
                return "not", self._key(operand, moved)
            case AndF(operands):
                return "and", frozenset([self._key(o, moved) for o in operands])
            case OrF(operands):
                return "or", frozenset([self._key(o, moved) for o in operands])
            case Select(formula, then, otherwise):
                return "select", self._key(formula, moved), self._key(then, moved), self._key(otherwise, moved)
            case Apply(op, args, bits):
                return op, bits, tuple([self._key(arg, moved) for arg in args])
        raise AssertionError(part)


def _prop_key(prop: Prop, threads: Mapping[int, int]) -> Hashable:
    """A name of a proposition with some threads exchanged; the same for the same operands in another order."""
    match prop:
        case And(operands):
            return "and", frozenset([_prop_key(p, threads) for p in operands])
        case Or(operands):
            return "or", frozenset([_prop_key(p, threads) for p in operands])
        case Not(operand):
            return "not", _prop_key(operand, threads)
        case Implies(left, right):
            return "implies", _prop_key(left, threads), _prop_key(right, threads)
        case Atom(left, op, right):
            first, second = prop.types or (None, None)
            sides = [(_item(left, threads), first), (_item(right, threads), second)]
            return op, frozenset(sides) if op in ("=", "!=") else tuple(sides)


def _item(item: Value | Register | Content, threads: Mapping[int, int]) -> Value | Register | Content:
    return Register(threads.get(item.thread, item.thread), item.name) if isinstance(item, Register) else item
