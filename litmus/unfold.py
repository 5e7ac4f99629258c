"""From statements to events: the last stage that knows about instructions.

Each thread is run symbolically, once for all executions. Where control flow splits, both ways are followed under a path
condition; where it joins, they become one again, and a register that differs becomes a `Select`. Dependencies are
followed apart from values, as the architectures have it: `xor r1,r1` is 0 and still depends on r1.

A backward branch is followed at most `unroll` times; what would go further is cut, and `EventGraph.bound` says when.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from litmus.base.deadline import NEVER as NO_DEADLINE
from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, ParseError, UnsupportedError
from litmus.base.source import Span
from litmus.ir.events import (
    ALWAYS,
    INIT_THREAD,
    NEVER,
    Choice,
    Event,
    EventGraph,
    Formula,
    GuardedRelation,
    Known,
    ReadValue,
    Select,
    Truth,
    ValueExpr,
)
from litmus.ir.formulas import and_, apply_, equal, nonzero, not_, or_
from litmus.ir.litmus_test import LitmusTest, Observable, Register
from litmus.ir.propositions import atoms
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Assign,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Primitive,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
)

MAX_EVENTS = 4000
"""Events a graph may have; a test that unfolds to more is refused."""

MAX_STEPS = 50_000
"""Statements that may be run, all threads and paths together."""

MAX_PATH = 100
"""Branches on what was read that may lie behind one another on a path."""

MAX_EXPRESSION = 250
"""Operators that a value may be made of; expressions are trees to all that follows."""

_ZERO = Known(0)

Deps = Mapping[int, Formula]
"""The reads that something depends on, each with the condition under which it does (beyond being executed)."""

_NO_DEPS: Deps = {}


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a register holds: a value, the reads it depends on, and how many operators the value is made of."""

    value: ValueExpr
    deps: Deps
    size: int = 0


_UNSET = _Cell(_ZERO, _NO_DEPS)


@dataclass(frozen=True, slots=True)
class _Reservation:
    """A reservation that may stand: made by read `event`, on some paths only if `condition` is not ALWAYS."""

    event: int
    addr: ValueExpr
    deps: Deps
    condition: Formula


@dataclass(slots=True)
class _State:
    """A thread at a statement, under a path condition (a conjunction)."""

    path: tuple[Formula, ...]
    regs: dict[str, _Cell]
    ctrl: Deps
    before: int  # the thread's events so far, as bits
    reservations: tuple[_Reservation, ...] = ()

    def copy(self) -> _State:
        return _State(self.path, dict(self.regs), self.ctrl, self.before, self.reservations)


@dataclass(slots=True)
class _Relation:
    rows: dict[int, int] = field(default_factory=dict)
    conditions: dict[tuple[int, int], Formula] = field(default_factory=dict)

    def add(self, deps: Deps, target: int) -> None:
        bit = 1 << target
        rows = self.rows
        for source, condition in deps.items():
            before = rows.get(source, 0)
            rows[source] = before | bit
            if before & bit:  # on several paths
                condition = or_(self.conditions.pop((source, target), ALWAYS), condition)
            if condition is not ALWAYS:
                self.conditions[source, target] = condition

    def freeze(self, n: int) -> GuardedRelation:
        rows = [0] * n
        for source, bits in self.rows.items():
            rows[source] = bits
        return GuardedRelation(tuple(rows), self.conditions)


def unfold(test: LitmusTest, unroll: int = 2, deadline: Deadline = NO_DEADLINE) -> EventGraph:
    """The event graph of a test.

    Raises ParseError for a jump to an unknown label, UnsupportedError for a primitive of the kernel that was not
    lowered, LimitReached if the test has more than `MAX_EVENTS` events.
    """
    return _Unfolding(test, unroll, deadline).graph()


class _Unfolding:
    """The work of one `unfold` call."""

    def __init__(self, test: LitmusTest, unroll: int, deadline: Deadline) -> None:
        self.test = test
        self.deadline = deadline
        self.unroll = unroll
        self.steps = 0
        self.events: list[Event] = []
        self.po: dict[int, int] = {}  # event -> the events before it
        self.addr, self.data, self.ctrl = _Relation(), _Relation(), _Relation()
        self.rmw, self.amo = _Relation(), _Relation()
        self.choices = 0
        self.instructions = 0
        self.assumptions: list[Formula] = []
        self.bounds: list[Formula] = []
        self.final_regs: dict[int, dict[str, _Cell]] = {}
        self.initial_regs: dict[int, dict[str, _Cell]] = {}
        for item in test.init:
            if isinstance(item.target, Register):
                regs = self.initial_regs.setdefault(item.target.thread, {})
                regs[item.target.name] = _Cell(Known(item.value), _NO_DEPS)

    def graph(self) -> EventGraph:
        test = self.test
        # Initial writes come first, so their number must be known before the threads are run; a location that only
        # the run brings up (an offset that folds to a constant) makes us run again with the longer list.
        locations = list(dict.fromkeys(_declared(test)))
        while True:
            self._reset(locations)
            for thread in test.threads:
                self._thread(thread)
            missing = [a for a in _known_addresses(self.events) if a not in set(locations)]
            if not missing:
                break
            locations += sorted(set(missing))
        n = len(self.events)
        po_rows = [0] * n
        for event, before in self.po.items():
            bit = 1 << event
            while before:
                low = before & -before
                po_rows[low.bit_length() - 1] |= bit
                before ^= low
        return EventGraph(
            test=test,
            events=tuple(self.events),
            locations=tuple(locations),
            initial=tuple(range(len(locations))),
            po=GuardedRelation(tuple(po_rows), {}),
            addr=self.addr.freeze(n),
            data=self.data.freeze(n),
            ctrl=self.ctrl.freeze(n),
            rmw=self.rmw.freeze(n),
            amo=self.amo.freeze(n),
            final=self._final(),
            choices=self.choices,
            assumptions=tuple(self.assumptions),
            bound=or_(*self.bounds),
        )

    def _reset(self, locations: list[Address]) -> None:
        values = {i.target: i.value for i in self.test.init if isinstance(i.target, Address)}
        self.events = [
            Event(i, INIT_THREAD, i, "W", NO_TAGS, ALWAYS, Known(a), Known(values.get(a, 0)))
            for i, a in enumerate(locations)
        ]
        self.instructions = len(locations)
        self.po = {}
        self.addr, self.data, self.ctrl = _Relation(), _Relation(), _Relation()
        self.rmw, self.amo = _Relation(), _Relation()
        self.choices = 0
        self.assumptions, self.bounds, self.final_regs = [], [], {}

    def _final(self) -> dict[Observable, ValueExpr]:
        final: dict[Observable, ValueExpr] = {}
        filtered = [] if self.test.filter is None else list(atoms(self.test.filter))
        for item in (*self.test.observed, *(i for a in filtered for i in (a.left, a.right))):
            if isinstance(item, Register):
                regs = self.final_regs.get(item.thread)
                if regs is None:
                    regs = self.initial_regs.get(item.thread, {})
                final[item] = regs.get(item.name, _UNSET).value
        return final

    # --- one thread -----------------------------------------------------------------------------------------------

    def _thread(self, thread: Thread) -> None:
        body = thread.body
        labels = {s.name: i for i, s in enumerate(body) if isinstance(s, Label)}
        loops = _loops(body, labels)
        start = _State((), dict(self.initial_regs.get(thread.index, {})), _NO_DEPS, 0)
        # States wait at (statement, how often each enclosing backward branch was taken). Taking the earliest statement
        # first means that whatever joins there has arrived: only a backward branch goes back, and it counts up.
        waiting: dict[tuple[int, tuple[tuple[int, int], ...]], _State] = {(0, ()): start}
        queue: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]

        def arrive(at: int, counts: Iterable[tuple[int, int]], state: _State) -> None:
            kept = tuple((jump, taken) for jump, taken in counts if labels_at[jump] <= at <= jump)
            key = (at, kept)
            other = waiting.get(key)
            if other is None:
                waiting[key] = state
                heapq.heappush(queue, key)
            else:
                waiting[key] = _join(other, state)

        def jump(at: int, target: int, counts: tuple[tuple[int, int], ...], state: _State) -> None:
            if target > at:
                arrive(target, counts, state)
                return
            taken = dict(counts)
            if taken.get(at, 0) >= self.unroll:
                self.bounds.append(and_(*state.path))
                return
            taken[at] = taken.get(at, 0) + 1
            # An inner loop that is entered again starts counting anew.
            inner = tuple(sorted((j, c) for j, c in taken.items() if not (labels_at[at] < labels_at[j] and j < at)))
            arrive(target, inner, state)

        labels_at = dict(loops)
        while queue:
            self.steps += 1
            if not self.steps & 63:
                self.deadline.check()
            if self.steps > MAX_STEPS:
                raise LimitReached("limit", f"more than {MAX_STEPS} steps to run the program; lower --unroll")
            key = heapq.heappop(queue)
            state = waiting.pop(key)
            at, counts = key
            if at >= len(body):
                self.final_regs[thread.index] = state.regs
                continue
            statement = body[at]
            match statement:
                case Branch(condition, target, retry=retry):
                    cell = self._eval(condition, state, thread)
                    taken_if = nonzero(cell.value)
                    self._event(state, thread, at, "B", NO_TAGS, statement.span, tested=cell.value)
                    state.ctrl = _both(state.ctrl, cell.deps)
                    for_jump, for_next = state, state
                    if not isinstance(taken_if, Truth):
                        if len(state.path) >= MAX_PATH:
                            raise LimitReached("limit", f"a path has more than {MAX_PATH} branches; lower --unroll")
                        for_jump = state.copy()
                        for_jump.path = (*state.path, taken_if)
                        for_next.path = (*state.path, not_(taken_if))
                    if taken_if != NEVER:
                        back = _target(labels, target, statement)
                        if retry and back <= at:
                            self.assumptions.append(not_(and_(*for_jump.path)))
                        else:
                            jump(at, back, counts, for_jump)
                    if taken_if != ALWAYS:
                        arrive(at + 1, counts, for_next)
                case Goto(target):
                    jump(at, _target(labels, target, statement), counts, state)
                case _:
                    self._step(statement, state, thread, at)
                    arrive(at + 1, counts, state)

    def _step(self, statement: Statement, state: _State, thread: Thread, at: int) -> None:
        match statement:
            case Label():
                pass
            case Assign(dest, expr):
                state.regs[dest] = self._eval(expr, state, thread)
            case Load(dest, addr, tags, reserve):
                where = self._eval(addr, state, thread)
                event = self._event(state, thread, at, "R", tags, statement.span, where)
                state.regs[dest] = _Cell(ReadValue(event), {event: ALWAYS})
                if reserve:
                    state.reservations = (_Reservation(event, where.value, where.deps, ALWAYS),)
            case Store(addr, value, tags):
                where = self._eval(addr, state, thread)
                what = self._eval(value, state, thread)
                self._event(state, thread, at, "W", tags, statement.span, where, what)
            case Rmw():
                self._rmw(statement, state, thread, at)
            case StoreConditional():
                self._store_conditional(statement, state, thread, at)
            case Fence(tags):
                self._event(state, thread, at, "F", tags, statement.span)
            case Primitive(name):
                message = f"'{name}' is a primitive of the kernel, and no architecture is chosen"
                raise UnsupportedError(message, statement.span, "lower the test to an architecture first")
            case _:  # pragma: no cover - Branch and Goto are handled by the caller
                raise AssertionError(statement)

    def _rmw(self, statement: Rmw, state: _State, thread: Thread, at: int) -> None:
        where = self._eval(statement.addr, state, thread)
        earlier = state.before  # po is between instructions, so the read is not before the write
        read = self._event(state, thread, at, "R", statement.read_tags, statement.span, where)
        after = _State(state.path, dict(state.regs), state.ctrl, earlier)
        after.regs[statement.dest] = state.regs[statement.dest] = _Cell(ReadValue(read), {read: ALWAYS})
        what = self._eval(statement.value, after, thread)
        if statement.condition is not None:
            wanted = nonzero(self._eval(statement.condition, after, thread).value)
            if wanted == NEVER:
                return
            if wanted != ALWAYS:
                after.path = (*state.path, wanted)
        self.instructions -= 1  # the write belongs to the instruction of the read
        write = self._event(after, thread, at, "W", statement.write_tags, statement.span, where, what)
        state.before |= after.before
        if statement.atomic:
            self.rmw.add({read: ALWAYS}, write)
            self.amo.add({read: ALWAYS}, write)

    def _store_conditional(self, statement: StoreConditional, state: _State, thread: Thread, at: int) -> None:
        where = self._eval(statement.addr, state, thread)
        what = self._eval(statement.value, state, thread)
        deps = _both(where.deps, what.deps)
        pairs = [(r, and_(r.condition, equal(where.value, r.addr, thread.word_bits))) for r in state.reservations]
        possible = or_(*(stands for _, stands in pairs))
        state.reservations = ()
        if possible == NEVER:
            state.regs[statement.status] = _Cell(_ZERO, deps)
            return
        success = Choice(self.choices)
        self.choices += 1
        # Success only where the store is reached and its reservation stands: one execution, one value of the choice.
        self.assumptions.append(or_(not_(success), and_(*state.path, possible)))
        for reservation, _ in pairs:
            deps = _both(deps, {r: and_(c, reservation.condition) for r, c in reservation.deps.items()})
        wrote = _State((*state.path, success), state.regs, state.ctrl, state.before)
        write = self._event(
            wrote, thread, at, "W", statement.tags, statement.span, where, _Cell(what.value, _both(what.deps, deps))
        )
        state.before = wrote.before
        for reservation, stands in pairs:
            self.rmw.add({reservation.event: stands}, write)
        state.regs[statement.status] = _Cell(Select(success, Known(1), _ZERO), deps)

    def _event(
        self,
        state: _State,
        thread: Thread,
        at: int,
        kind: str,
        tags: frozenset[str],
        span: Span | None,
        where: _Cell | None = None,
        what: _Cell | None = None,
        tested: ValueExpr | None = None,
    ) -> int:
        index = len(self.events)
        if index >= MAX_EVENTS:
            raise LimitReached("limit", f"the test has more than {MAX_EVENTS} events; lower --unroll")
        row = thread.row_of[at] if at < len(thread.row_of) else -1
        self.events.append(
            Event(
                index,
                thread.index,
                self.instructions,
                kind,
                tags,
                and_(*state.path),
                where.value if where else None,
                what.value if what else tested,
                span,
                row,
            )
        )
        self.instructions += 1
        self.po[index] = state.before
        state.before |= 1 << index
        if where:
            self.addr.add(where.deps, index)
        if what:
            self.data.add(what.deps, index)
        self.ctrl.add(state.ctrl, index)
        return index

    def _eval(self, expr: Expr, state: _State, thread: Thread) -> _Cell:
        match expr:
            case Const(value):
                return _Cell(Known(value), _NO_DEPS)
            case Reg(name):
                return state.regs.get(name, _UNSET)
            case Op(op, args):
                cells = [self._eval(a, state, thread) for a in args]
                deps = cells[0].deps
                for cell in cells[1:]:
                    deps = _both(deps, cell.deps)
                result = apply_(op, tuple(c.value for c in cells), thread.word_bits)
                return _Cell(result, deps, 0 if isinstance(result, Known) else _size(cells))


def _size(operands: Iterable[_Cell]) -> int:
    """The size of a value made of these. Raises LimitReached if it is too large."""
    size = 1 + sum(c.size for c in operands)
    if size > MAX_EXPRESSION:
        raise LimitReached("limit", f"a value is computed by more than {MAX_EXPRESSION} operations on what is read")
    return size


# --- joins --------------------------------------------------------------------------------------------------------


def _both(a: Deps, b: Deps) -> Deps:
    """Dependencies on either."""
    if not b or a is b:
        return a
    if not a:
        return b
    merged = dict(a)
    for source, condition in b.items():
        present = merged.get(source)
        merged[source] = condition if present is None else or_(present, condition)
    return merged


def _join_deps(a: Deps, b: Deps, sides: _Sides) -> Deps:
    """Dependencies on one of two paths. A read that only one path has needs no condition: it is not executed else."""
    if a is b or a == b:
        return a
    merged: dict[int, Formula] = {}
    for source in (*a, *(s for s in b if s not in a)):
        if source in a and source in b and a[source] == b[source]:
            merged[source] = a[source]
            continue
        conditions = []
        for deps, condition, others in ((a, sides.if_a, sides.before_b), (b, sides.if_b, sides.before_a)):
            if source in deps:
                conditions.append(and_(deps[source], condition) if others >> source & 1 else deps[source])
        merged[source] = or_(*conditions)
    return merged


@dataclass(frozen=True, slots=True)
class _Sides:
    """Two paths that join: the conditions that tell them apart, and the events of each."""

    if_a: Formula
    if_b: Formula
    before_a: int
    before_b: int


def _join(a: _State, b: _State) -> _State:
    """One state for two that arrive at the same place; their paths exclude each other."""
    shared = 0
    for mine, other in zip(a.path, b.path, strict=False):
        if mine != other:
            break
        shared += 1
    if_a, if_b = and_(*a.path[shared:]), and_(*b.path[shared:])
    sides = _Sides(if_a, if_b, a.before, b.before)
    either = or_(if_a, if_b)
    path = a.path[:shared] if either == ALWAYS else (*a.path[:shared], either)
    regs: dict[str, _Cell] = {}
    for name in (*a.regs, *(r for r in b.regs if r not in a.regs)):
        x, y = a.regs.get(name, _UNSET), b.regs.get(name, _UNSET)
        if x is y:
            regs[name] = x
            continue
        deps = _join_deps(x.deps, y.deps, sides)
        if x.value == y.value:
            regs[name] = _Cell(x.value, deps, x.size)
        else:
            regs[name] = _Cell(Select(if_a, x.value, y.value), deps, _size((x, y)))
    if a.reservations == b.reservations:
        reservations = a.reservations
    else:
        reservations = tuple(
            _Reservation(r.event, r.addr, r.deps, and_(r.condition, side))
            for state, side in ((a, if_a), (b, if_b))
            for r in state.reservations
        )
    ctrl = _join_deps(a.ctrl, b.ctrl, sides)
    return _State(path, regs, ctrl, a.before | b.before, reservations)


def _loops(body: tuple[Statement, ...], labels: Mapping[str, int]) -> list[tuple[int, int]]:
    """The backward branches, as (statement of the branch, statement of its target)."""
    found = []
    for at, statement in enumerate(body):
        if isinstance(statement, Branch | Goto) and labels.get(statement.target, at + 1) <= at:
            found.append((at, labels[statement.target]))
    return found


def _target(labels: Mapping[str, int], name: str, statement: Branch | Goto) -> int:
    if name not in labels:
        raise ParseError(f"no label '{name}' in this thread", statement.span)
    return labels[name]


# --- locations ----------------------------------------------------------------------------------------------------


def _declared(test: LitmusTest) -> Iterable[Address]:
    yield from test.locations
    for array in test.arrays:
        for cell in range(array.count):
            yield Address(array.symbol, cell * array.cell_bytes)


def _known_addresses(events: Iterable[Event]) -> Iterable[Address]:
    for event in events:
        if isinstance(event.addr, Known) and isinstance(event.addr.value, Address):
            yield event.addr.value
