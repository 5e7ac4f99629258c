"""What is known of a thread at a statement, and how two ways that lead there become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal

from litmus.base.records import dataclass
from litmus.ir.events import ALWAYS, Formula, Known, ValueExpr
from litmus.ir.formulas import Terms

ZERO = Known(0)

Deps = Mapping[int, Formula]
"""The events that something depends on, each with the condition under which it does (beyond being executed).

They are reads, but for a conditional store on which its status depends.
"""

NO_DEPS: Deps = {}


@dataclass(frozen=True, slots=True)
class TracedValue:
    """What a register holds: a value, what it depends on, and what picked it."""

    value: ValueExpr
    deps: Deps
    picked: Deps = field(default_factory=lambda: NO_DEPS)


UNSET = TracedValue(ZERO, NO_DEPS)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation that may stand: made by read events, on some paths only if `condition` is not ALWAYS.

    `size` is that of the access in bytes if it has several parts, 0 otherwise. `beside` are the second reads of a pair.
    """

    events: tuple[int, ...]
    addr: ValueExpr
    deps: Deps
    condition: Formula
    size: int
    beside: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a compare-and-swap did: the events of its reads and writes, those of a pair one register after the other.

    It writes the new value where `equal` holds, and otherwise what it read, if anything. Where `compared` holds, which
    is only where they are equal, it waits for the comparison and loads its registers with what it compared with.
    """

    reads: tuple[tuple[int, ...], ...]
    writes: tuple[tuple[int, ...], ...]
    equal: Formula
    compared: Formula


@dataclass(slots=True)
class State:
    """A thread at a statement, under a path condition (a conjunction).

    What follows depends on `ctrl` by control flow, on `picked` by control flow that tests what was picked, and on each
    of `within` up to the label that it belongs to. `before` are its events so far, as bits. `idle`: a round of a loop
    on the way here had no effect, so that the same outcomes come about without it. `used` are the reservations that the
    latest conditional store was given, and `wrote` are its events. `written` are the events that wrote what each
    register holds, where registers have events. `operands` has, for each set of unsequenced operands that the state is
    in, the outermost first, the events before all of them and the events of those that are done.
    """

    path: tuple[Formula, ...]
    regs: dict[str, TracedValue]
    ctrl: Deps = field(default_factory=dict)
    before: int = 0
    reservations: tuple[Reservation, ...] = ()
    idle: bool = False
    within: Mapping[str, Deps] = field(default_factory=dict)
    picked: Deps = field(default_factory=lambda: NO_DEPS)
    used: tuple[Reservation, ...] = ()
    wrote: tuple[int, ...] = ()
    written: Mapping[str, Deps] = field(default_factory=dict)
    operands: tuple[tuple[int, int], ...] = ()

    def sequence(self, bound: Literal["first", "next", "end"]) -> None:
        """Go past a bound of unsequenced operands."""
        if bound == "first":
            self.operands = (*self.operands, (self.before, 0))
            return
        *outer, (start, done) = self.operands
        done |= self.before
        if bound == "next":
            self.before, outer = start, [*outer, (start, done)]
        else:
            self.before = done
        self.operands = tuple(outer)

    def leave(self, depth: int) -> State:
        """Leave all but the `depth` outermost unsequenced operands; itself."""
        while len(self.operands) > depth:
            self.sequence("end")
        return self

    def along(self, *conditions: Formula) -> State:
        """The state on one of several ways from here."""
        path = (*self.path, *conditions)
        return State(
            path,
            dict(self.regs),
            self.ctrl,
            self.before,
            self.reservations,
            self.idle,
            self.within,
            self.picked,
            self.used,
            self.wrote,
            self.written,
            self.operands,
        )


def either(terms: Terms, a: Deps, b: Deps) -> Deps:
    """Dependencies on what either depends on."""
    if not b or a is b:
        return a
    if not a:
        return b
    merged = dict(a)
    for source, condition in b.items():
        present = merged.get(source)
        merged[source] = condition if present is None else terms.or_(present, condition)
    return merged


def join(terms: Terms, a: State, b: State) -> State:
    """One state for two that arrive at the same place; their paths exclude each other."""
    if a.operands or b.operands:  # one of them may come from within operands that the other has not been in
        depth = min(len(a.operands), len(b.operands))
        a, b = a.leave(depth), b.leave(depth)
    return _Join(terms, a, b).state()


class _Join:
    """The joining of two states: the conditions that tell their paths apart, and what comes of each part."""

    def __init__(self, terms: Terms, a: State, b: State) -> None:
        self.terms = terms
        self.a, self.b = a, b
        shared = 0
        for mine, other in zip(a.path, b.path, strict=False):
            if mine != other:
                break
            shared += 1
        self.common = a.path[:shared]
        self.if_a, self.if_b = terms.and_(*a.path[shared:]), terms.and_(*b.path[shared:])

    def state(self) -> State:
        a, b = self.a, self.b
        way = self.terms.or_(self.if_a, self.if_b)
        path = self.common if way == ALWAYS else (*self.common, way)
        regs: dict[str, TracedValue] = {}
        for name in (*a.regs, *(r for r in b.regs if r not in a.regs)):
            x, y = a.regs.get(name, UNSET), b.regs.get(name, UNSET)
            regs[name] = x if x is y else self._cell(x, y)
        ctrl, picked, before = self._deps(a.ctrl, b.ctrl), self._deps(a.picked, b.picked), a.before | b.before
        within, written = self._each(a.within, b.within), self._each(a.written, b.written)
        reservations, idle = self._reservations(), a.idle and b.idle
        # what the latest conditional store was given matters to the statement after it only
        operands = tuple([(p | r, q | s) for (p, q), (r, s) in zip(a.operands, b.operands, strict=True)])
        return State(path, regs, ctrl, before, reservations, idle, within, picked, written=written, operands=operands)

    def _cell(self, x: TracedValue, y: TracedValue) -> TracedValue:
        value = self.terms.select(self.if_a, x.value, y.value)
        return TracedValue(value, self._deps(x.deps, y.deps), self._deps(x.picked, y.picked))

    def _each(self, a: Mapping[str, Deps], b: Mapping[str, Deps]) -> Mapping[str, Deps]:
        return {name: self._deps(a.get(name, NO_DEPS), b.get(name, NO_DEPS)) for name in dict.fromkeys((*a, *b))}

    def _deps(self, a: Deps, b: Deps) -> Deps:
        """Dependencies on one path or the other. A read that only one has needs no condition: else it is not there."""
        if a is b or a == b:
            return a
        and_ = self.terms.and_
        merged: dict[int, Formula] = {}
        for source in (*a, *(s for s in b if s not in a)):
            if source in a and source in b and a[source] == b[source]:
                merged[source] = a[source]
                continue
            conditions = []
            for deps, condition, others in ((a, self.if_a, self.b.before), (b, self.if_b, self.a.before)):
                if source in deps:
                    conditions.append(and_(deps[source], condition) if others >> source & 1 else deps[source])
            merged[source] = self.terms.or_(*conditions)
        return merged

    def _reservations(self) -> tuple[Reservation, ...]:
        a, b = self.a.reservations, self.b.reservations
        if a == b:
            return a
        return tuple(
            replace(r, condition=self.terms.and_(r.condition, way))
            for made, way in ((a, self.if_a), (b, self.if_b))
            for r in made
        )
