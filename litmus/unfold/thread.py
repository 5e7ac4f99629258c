"""One thread, run symbolically along all its ways at once."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from litmus.base.errors import LimitReached, ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.ir.events import ALWAYS, NEVER, WRITES, Formula, Known, OrF, ReadValue, Truth
from litmus.ir.formulas import Terms
from litmus.ir.thread import (
    Assign,
    Assume,
    AtomicOperation,
    AtomicUpdate,
    Await,
    Branch,
    Call,
    Choose,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Mark,
    Op,
    Parts,
    Primitive,
    Reg,
    Report,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
)
from litmus.unfold.live import RESERVATION, live
from litmus.unfold.record import Record
from litmus.unfold.state import NO_DEPS, UNSET, ZERO, Deps, Reservation, State, TracedValue, either, join

if TYPE_CHECKING:
    from litmus.unfold.registers import Registers

MAX_ROUNDS = 1000
"""How often a loop may go round again where nothing that is read decides whether it does."""

MAX_PATH = 200
"""Branches on what was read that may lie behind one another on a path."""

MAX_NESTED = 300
"""How deep loops may be nested."""

_Key = tuple[int, ...]
"""A statement in a round of the loops around it: for each of these, the outermost first, the statement of its label and
how often it has gone round again; then the statement. Keys are ordered as control flows."""


def run(
    thread: Thread,
    regs: Mapping[str, TracedValue],
    record: Record,
    unroll: int,
    observed: frozenset[str],
    registers: bool = False,
) -> Mapping[str, TracedValue] | None:
    """What the registers hold at the end of the thread; None if no way leads there. Its events go to the record.

    `observed` are the registers that matter in the end. With `registers`, accesses to them have events.
    """
    return _Run(thread, record, unroll, observed, registers).run(State((), dict(regs)))


@dataclass(frozen=True, slots=True)
class _Passage:
    """What was known at a statement in a round of a loop; `events` is how many events there were."""

    regs: Mapping[str, TracedValue]
    reservations: tuple[Reservation, ...]
    events: int


class _Run:
    """The run of one thread.

    States wait at a statement in a round of the loops around it. Taking the earliest first means that whatever joins
    there has arrived: a backward branch leads to a later round.
    """

    def __init__(self, thread: Thread, record: Record, unroll: int, observed: frozenset[str], registers: bool) -> None:
        self.thread = thread
        self.record = record
        self.terms = record.terms
        self.unroll = unroll
        self.labels = {s.name: i for i, s in enumerate(thread.body) if isinstance(s, Label)}
        self.loops = _loops(thread.body, self.labels)
        self.around = _around(len(thread.body), self.loops)
        self.endless = _endless(thread.body, self.labels, self.loops, self.around)
        self.counted: dict[_Key, int] = {}  # for each round of a loop, how many of those before it are counted
        self.left: set[_Key] = set()  # the rounds that some execution left the loop in
        self.passages: dict[_Key, _Passage] = {}
        self.live = live(thread.body, self.labels, observed) if self.loops else ()
        self.registers: Registers | None = None
        if registers:
            from litmus.unfold.registers import Registers  # few models need it

            self.registers = Registers(record, thread, self._eval)
        self.waiting: dict[_Key, State] = {}
        self.queue: list[_Key] = []

    def run(self, start: State) -> Mapping[str, TracedValue] | None:
        body = self.thread.body
        self._arrive(0, {}, start)
        final = None
        while self.queue:
            self.record.step()
            key = heapq.heappop(self.queue)
            state = self.waiting.pop(key)
            at, rounds = key[-1], dict(zip(key[:-1:2], key[1::2], strict=True))
            if at >= len(body):
                final = state.regs
                continue
            if rounds:
                self._pass(key, state)
                if at in self.loops and not self._begin(at, rounds, state):
                    continue
            match body[at]:
                case Branch() as branch:
                    self._branch(branch, at, rounds, state)
                case Goto(target) as goto:
                    self._jump(at, self._target(target, goto), rounds, state)
                case statement:
                    if self.registers is None:
                        self._step(statement, state, at)
                    else:
                        self.registers.around(statement, state, at, partial(self._step, statement, state, at))
                    self._arrive(at + 1, rounds, state)
        return final

    # --- control flow ---------------------------------------------------------------------------------------------

    def _arrive(self, at: int, rounds: Mapping[int, int], state: State) -> None:
        """Have a state wait at a statement; `rounds` are those of the loops where it comes from."""
        for head in rounds:
            if not head <= at <= self.loops[head]:
                self.left.add(self._round(head, rounds))
        key = (*self._rounds(at, rounds), at)
        other = self.waiting.get(key)
        if other is None:
            self.waiting[key] = state
            heapq.heappush(self.queue, key)
        else:
            self.waiting[key] = join(self.terms, other, state)

    def _jump(self, at: int, target: int, rounds: Mapping[int, int], state: State) -> None:
        if target > at:
            self._arrive(target, rounds, state)
        else:  # a loop inside is entered anew
            self._arrive(target, {**rounds, target: rounds[target] + 1}, state)

    def _round(self, head: int, rounds: Mapping[int, int]) -> _Key:
        """What a round of a loop is known by: its number, and those of the loops around it."""
        return tuple(self._rounds(head, rounds))

    def _rounds(self, at: int, rounds: Mapping[int, int]) -> list[int]:
        """The loops around a statement, the outermost first, each with the number of the round."""
        return [n for head in self.around[at] for n in (head, rounds.get(head, 0))] if self.around else []

    def _begin(self, head: int, rounds: Mapping[int, int], state: State) -> bool:
        """Begin a round of a loop; False if the executions that come here are cut.

        Only rounds that some execution left the loop in are counted: where the number of rounds is constant, all of
        them are followed. Whatever leaves a round has done so by now, as earlier statements come first.
        """
        number, counted = rounds[head], 0
        if number:
            before = self._round(head, {**rounds, head: number - 1})
            counted = 1  # if the loop was entered behind its head
            if before in self.counted:
                counted = self.counted[before] + (before in self.left or head in self.endless)
        if counted > self.unroll:
            cut = self.terms.and_(*state.path)
            self.record.cut.append(cut)
            if not state.idle:
                self.record.further.append(cut)
            return False
        if number > MAX_ROUNDS:
            raise LimitReached("limit", f"a loop goes round more than {MAX_ROUNDS} times")
        self.counted[self._round(head, rounds)] = counted
        return True

    def _pass(self, key: _Key, state: State) -> None:
        """Find whether the round since the thread was here before had no effect.

        Then nothing was written, and all registers that matter from here on are as they were. Without the events of
        that round, an execution still is one of the program, with the same outcome; under a monotone model
        (`litmus.decide.monotone`) it is consistent, too.
        """
        at, number = key[-1], key[-2]
        if number and not state.idle:
            before = self.passages.get((*key[:-2], number - 1, at))
            state.idle = before is not None and self._same(before, state, at) and self._quiet(before, state)
        self.passages[key] = _Passage(dict(state.regs), state.reservations, len(self.record.events))

    def _same(self, before: _Passage, state: State, at: int) -> bool:
        """Whether what matters from a statement on is as it was."""
        for name in self.live[at]:
            if name == RESERVATION:
                if state.reservations != before.reservations:
                    return False
            elif state.regs.get(name, UNSET) != before.regs.get(name, UNSET):
                return False
        return True

    def _quiet(self, before: _Passage, state: State) -> bool:
        """Whether nothing was written since then, on any way to a state."""
        return all(
            event.kind not in WRITES or self._never(event.guard, state.path)
            for event in self.record.events[before.events :]
        )

    def _never(self, guard: Formula, path: tuple[Formula, ...]) -> bool:
        """Whether a guard plainly excludes a path; several ways are looked at one by one."""
        and_ = self.terms.and_
        if and_(guard, *path) == NEVER:
            return True
        return any(isinstance(f, OrF) and all(and_(guard, *path, way) == NEVER for way in f.operands) for f in path)

    def _branch(self, branch: Branch, at: int, rounds: Mapping[int, int], state: State) -> None:
        cell = self._eval(branch.condition, state)
        taken = self.terms.nonzero(cell.value)
        if branch.until is None:
            if self.registers is None:
                self.record.event(state, self.thread, branch.span, at, "B", tested=cell.value)
            else:
                event = partial(self.record.event, state, self.thread, branch.span, at, "B", tested=cell.value)
                self.registers.around(branch, state, at, event)
            state.ctrl = either(self.terms, state.ctrl, cell.deps)
            state.picked = either(self.terms, state.picked, cell.picked)
        elif cell.deps:
            before = state.within.get(branch.until, NO_DEPS)
            state.within = {**state.within, branch.until: either(self.terms, before, cell.deps)}
        if self._retries(branch, at):
            if taken != NEVER:
                self.record.assumptions.append(self.terms.not_(self.terms.and_(*state.path, taken)))
            if taken != ALWAYS:
                self._arrive(at + 1, rounds, state)  # what is left out need not be excluded from the path
            return
        jumping, going_on = state, state
        if not isinstance(taken, Truth):
            if len(state.path) >= MAX_PATH:
                raise LimitReached("limit", f"a path has more than {MAX_PATH} branches; lower --unroll")
            jumping, going_on = state.along(taken), state.along(self.terms.not_(taken))
        if taken != NEVER:
            self._jump(at, self._target(branch.target, branch), rounds, jumping)
        if taken != ALWAYS:
            self._arrive(at + 1, rounds, going_on)

    def _retries(self, branch: Branch, at: int) -> bool:
        """Whether executions that take a branch are left out."""
        return branch.retry and self._target(branch.target, branch) <= at

    def _target(self, name: str, statement: Branch | Goto) -> int:
        if name not in self.labels:
            raise ParseError(f"no label '{name}' in this thread", statement.span)
        return self.labels[name]

    # --- statements -----------------------------------------------------------------------------------------------

    def _step(self, statement: Statement, state: State, at: int) -> None:
        record, thread = self.record, self.thread
        match statement:
            case Label(name):
                if name in state.within:
                    state.within = {label: deps for label, deps in state.within.items() if label != name}
            case Assign(dest, expr):
                state.regs[dest] = self._eval(expr, state)
            case Choose(dest):
                chosen = record.choice()
                # 0 where the statement is not reached: one execution, one value of the choice.
                record.assumptions.append(self.terms.or_(self.terms.not_(chosen), self.terms.and_(*state.path)))
                state.regs[dest] = TracedValue(self.terms.select(chosen, Known(1), ZERO), NO_DEPS)
            case Load(dest, addr, tags, reserve, parts=parts):
                where = self._eval(addr, state)
                first = state.reservations[0].events if statement.joins and state.reservations else ()
                alone = self._beside(state, first) if first else state
                events = record.access(alone, thread, statement.span, at, "R", tags, parts, where)
                state.before |= alone.before
                state.regs[dest] = TracedValue(record.read(events, parts, thread), dict.fromkeys(events, ALWAYS))
                if first:
                    self._are_one(first, events)
                if statement.joins:
                    state.reservations = tuple(replace(made, beside=events) for made in state.reservations)
                elif reserve:
                    state.reservations = (Reservation(events, where.value, where.deps, ALWAYS, _size(parts)),)
            case Store(addr, value, tags, parts=parts):
                where, what = self._eval(addr, state), self._eval(value, state)
                record.access(state, thread, statement.span, at, "W", tags, parts, where, what)
            case AtomicUpdate(dest, addr, value, tags):
                where = self._eval(addr, state)
                found = len(record.events)  # the value that is written may depend on what this event reads
                after = state.along()
                after.regs[dest] = TracedValue(ReadValue(found), NO_DEPS)
                record.event(state, thread, statement.span, at, "U", tags, where, self._eval(value, after))
                state.regs[dest] = TracedValue(ReadValue(found), {found: ALWAYS})
            case Rmw():
                self._rmw(statement, state, at)
            case StoreConditional():
                self._store_conditional(statement, state, at)
            case Report(name, condition):
                fires = self.terms.nonzero(self._eval(condition, state).value)
                record.report(name, statement.span, self.terms.and_(*state.path, fires))
            case Fence(tags):
                record.event(state, thread, statement.span, at, "F", tags)
            case Assume(condition):
                holds = self.terms.nonzero(self._eval(condition, state).value)
                record.assumptions.append(self.terms.or_(self.terms.not_(self.terms.and_(*state.path)), holds))
            case Await():
                self._await(statement, state, at)
            case Mark(addr, tags, dest, value=value):
                given = None if value is None else self._eval(value, state)
                event = record.event(
                    state, thread, statement.span, at, "A", tags, self._eval(addr, state), given, depends=NO_DEPS
                )
                if dest is not None:
                    known = state.regs.get(dest, UNSET)
                    state.regs[dest] = TracedValue(known.value, either(self.terms, known.deps, {event: ALWAYS}))
            case AtomicOperation(name):
                raise UnsupportedError(f"'{name}' of C11 has no events of its own", statement.span)
            case Primitive(name) | Call(name):
                message = f"'{name}' is a primitive of the kernel, and no architecture is chosen"
                raise UnsupportedError(message, statement.span, "lower the test to an architecture first")
            case _:  # pragma: no cover - Branch and Goto are handled by the caller
                raise AssertionError(statement)

    def _await(self, statement: Await, state: State, at: int) -> None:
        """Reads of one instruction, none before another."""
        record, terms = self.record, self.terms
        earlier, instruction = state.before, record.instructions
        wanted = self._eval(statement.value, state).value
        reached = terms.not_(terms.and_(*state.path))
        for addr in statement.addrs:
            alone = state.along()
            alone.before, record.instructions = earlier, instruction
            where = self._eval(addr, state)
            read = record.event(alone, self.thread, statement.span, at, "R", statement.tags, where)
            state.before |= alone.before
            found = terms.equal(ReadValue(read), wanted, self.thread.word_bits)
            record.assumptions.append(terms.or_(reached, found))

    def _rmw(self, statement: Rmw, state: State, at: int) -> None:
        if statement.joins:
            return  # done with the statement before it
        record, thread, halves = self.record, self.thread, self._joined(statement, at)
        places = [self._eval(half.addr, state) for half in halves]
        earlier, number = state.before, record.instructions
        reads: list[tuple[int, ...]] = []
        for half, where in zip(halves, places, strict=True):
            alone = state.along()
            record.instructions, alone.before = number, earlier
            found = record.access(alone, thread, half.span, at, "R", half.read_tags, half.parts, where)
            state.before |= alone.before
            state.regs[half.dest] = TracedValue(record.read(found, half.parts, thread), dict.fromkeys(found, ALWAYS))
            reads.append(found)
        after = state.along()
        if not statement.ordered:
            after.before = earlier
        written = [self._eval(half.value, after) for half in halves]
        if statement.condition is not None:
            tested = self._eval(statement.condition, after)
            written = [self._picked(what, tested, reads) for what in written]
            wanted = self.terms.nonzero(tested.value)
            if statement.expected is not None:
                wanted = self._compared(halves, wanted, written, reads, state, after)
            if wanted == NEVER:
                return
            if wanted != ALWAYS:
                after.path = (*state.path, wanted)
        writes: list[tuple[int, ...]] = []
        for half, where, what, read in zip(halves, places, written, reads, strict=True):
            alone = after.along()
            record.instructions = number  # the writes belong to the instruction of the reads
            found = record.access(alone, thread, half.span, at, "W", half.write_tags, half.parts, where, what)
            state.before |= alone.before
            for write in found if half.atomic else ():
                record.relations["rmw"].add(self.terms, dict.fromkeys(read, ALWAYS), write)
                record.relations["amo"].add(self.terms, dict.fromkeys(read, ALWAYS), write)
            writes.append(found)
        if len(halves) > 1:
            self._are_one(*reads)
            self._are_one(*writes)

    def _are_one(self, *halves: tuple[int, ...]) -> None:
        """Note that the events of both halves of a pair are parts of one access, which is taken to be aligned."""
        others = [access for access in self.record.divided if access[0] not in halves]
        self.record.divided = [*others, (tuple([event for half in halves for event in half]), 1)]

    def _joined(self, statement: Rmw, at: int) -> list[Rmw]:
        """An update, with the next one if they are one."""
        match self.thread.body[at + 1 : at + 2]:
            case (Rmw(joins=True) as other,):
                return [statement, other]
        return [statement]

    def _picked(self, what: TracedValue, tested: TracedValue, reads: Sequence[tuple[int, ...]]) -> TracedValue:
        """What an update writes, picked by what its condition mentions besides what it has read itself."""
        picked = either(self.terms, tested.deps, tested.picked)
        mine = {event for read in reads for event in read}
        others = {source: condition for source, condition in picked.items() if source not in mine}
        return TracedValue(what.value, what.deps, either(self.terms, what.picked, others)) if others else what

    def _compared(
        self,
        halves: Sequence[Rmw],
        equal: Formula,
        written: list[TracedValue],
        reads: Sequence[tuple[int, ...]],
        state: State,
        after: State,
    ) -> Formula:
        """When a compare-and-swap writes: it may write back what it read, which `written` and its destinations show."""
        record, terms = self.record, self.terms
        reached = terms.and_(*state.path)
        back, compared = record.choice(), record.choice()
        # Only where there is something to choose: one execution, one value of each choice.
        quiet = terms.and_(reached, terms.not_(equal), terms.not_(back))
        record.assumptions.append(terms.or_(terms.not_(back), terms.and_(reached, terms.not_(equal))))
        record.assumptions.append(terms.or_(terms.not_(compared), terms.and_(reached, equal), quiet))
        given = terms.and_(compared, equal)
        expected = [self._eval(half.expected, after) for half in halves if half.expected is not None]
        tested: Deps = dict.fromkeys([event for read in reads for event in read], ALWAYS)
        for cell in expected:
            tested = either(terms, tested, either(terms, cell.deps, cell.picked))
        for index, (half, cell, read) in enumerate(zip(halves, expected, reads, strict=True)):
            value = record.read(read, half.parts, self.thread)
            deps = {**dict.fromkeys(read, terms.not_(given)), **_where(terms, cell.deps, given)}
            state.regs[half.dest] = TracedValue(value, deps, _where(terms, tested, compared))
            if equal != ALWAYS:
                what = written[index]
                both = terms.select(equal, what.value, value)
                written[index] = TracedValue(both, _where(terms, what.deps, equal), what.picked)
        return terms.or_(equal, back)

    def _store_conditional(self, statement: StoreConditional, state: State, at: int) -> None:
        record, terms = self.record, self.terms
        where, what = self._eval(statement.addr, state), self._eval(statement.value, state)
        if statement.joins:
            self._store_beside(statement, where, what, state, at)
            return
        deps = either(terms, where.deps, what.deps)
        pairs = [
            (r, terms.and_(r.condition, terms.equal(where.value, r.addr, self.thread.word_bits)))
            for r in state.reservations
            if r.size == _size(statement.parts)
        ]
        for reservation, _ in pairs:
            made = {read: terms.and_(c, reservation.condition) for read, c in reservation.deps.items()}
            deps = either(terms, deps, made)
        # Whether it succeeds is not known before the load that made the reservation has its place.
        known = either(terms, deps, {event: r.condition for r, _ in pairs for event in r.events})
        if statement.status_from == "nothing":
            deps, known = what.deps, NO_DEPS
        possible = terms.or_(*(stands for _, stands in pairs))
        state.reservations, state.used = (), tuple(replace(r, condition=stands) for r, stands in pairs)
        if possible == NEVER:
            state.regs[statement.status] = TracedValue(ZERO, NO_DEPS if statement.status_from == "write" else known)
            return
        reached = terms.and_(*state.path)
        success: Formula
        if self._repeats(statement, at):
            success = ALWAYS
            if possible != ALWAYS:
                record.assumptions.append(terms.or_(terms.not_(reached), possible))
        else:
            # Only where the store is reached and its reservation stands: one execution, one value of the choice.
            success = record.choice()
            record.assumptions.append(terms.or_(terms.not_(success), terms.and_(reached, possible)))
        wrote = state if success is ALWAYS else state.along(success)
        writes = record.access(
            wrote, self.thread, statement.span, at, "W", statement.tags, statement.parts, where, what, deps
        )
        state.wrote = writes
        state.before = wrote.before
        for reservation, stands in pairs:
            for write in writes:
                record.relations["rmw"].add(terms, dict.fromkeys(reservation.events, stands), write)
        if statement.status_from == "write":
            known = dict.fromkeys(writes, ALWAYS)
        state.regs[statement.status] = TracedValue(terms.select(success, Known(1), ZERO), known)

    def _store_beside(
        self, statement: StoreConditional, where: TracedValue, what: TracedValue, state: State, at: int
    ) -> None:
        """The second store of a pair, which is done if the first was."""
        record, terms = self.record, self.terms
        success = terms.nonzero(self._eval(Reg(statement.status), state).value)
        if success == NEVER:
            return
        alone = self._beside(state if success == ALWAYS else state.along(success), state.wrote)
        writes = record.access(
            alone, self.thread, statement.span, at, "W", statement.tags, statement.parts, where, what
        )
        state.before |= alone.before
        self._are_one(state.wrote, writes)
        for made in state.used:
            for write in writes if made.beside else ():
                record.relations["rmw"].add(terms, dict.fromkeys(made.beside, made.condition), write)

    def _beside(self, state: State, events: tuple[int, ...]) -> State:
        """A state for an access of the same instruction as another access, and in no order with that."""
        self.record.instructions = self.record.events[events[0]].instruction
        alone = state.along()
        alone.before &= ~sum(1 << event for event in events)
        return alone

    def _repeats(self, statement: StoreConditional, at: int) -> bool:
        """Whether executions in which a conditional store fails are left out, since it is tried again at once."""
        match self.thread.body[at + 1 : at + 2]:
            case (Branch(Op("lnot", (Reg(status),))) as branch,):
                return status == statement.status and self._retries(branch, at + 1)
        return False

    def _eval(self, expr: Expr, state: State) -> TracedValue:
        match expr:
            case Const(value):
                return TracedValue(Known(value), NO_DEPS)
            case Reg(name):
                return state.regs.get(name, UNSET)
            case Op("pick", (condition, then, otherwise)):
                return self._pick(*(self._eval(a, state) for a in (condition, then, otherwise)))
            case Op(op, args):
                cells = [self._eval(a, state) for a in args]
                deps, picked = cells[0].deps, cells[0].picked
                for cell in cells[1:]:
                    deps, picked = either(self.terms, deps, cell.deps), either(self.terms, picked, cell.picked)
                found = self.terms.apply(op, tuple(c.value for c in cells), self.thread.word_bits)
                return TracedValue(found, deps, picked)

    def _pick(self, tested: TracedValue, then: TracedValue, otherwise: TracedValue) -> TracedValue:
        """What a selection gives: it depends on the operand that is taken, and is picked by the condition."""
        terms, bits = self.terms, self.thread.word_bits
        taken = terms.nonzero(tested.value)
        deps: Deps = {}
        picked = either(terms, tested.deps, tested.picked)
        for cell, way in ((then, taken), (otherwise, terms.not_(taken))):
            if way != NEVER:
                deps = either(terms, deps, _where(terms, cell.deps, way))
                picked = either(terms, picked, _where(terms, cell.picked, way))
        return TracedValue(terms.apply("ite", (tested.value, then.value, otherwise.value), bits), deps, picked)


def _where(terms: Terms, deps: Deps, way: Formula) -> Deps:
    """Dependencies that there are only where a formula holds."""
    return {source: terms.and_(condition, way) for source, condition in deps.items()}


def _size(parts: Parts | None) -> int:
    """The size in bytes of an access of several parts; 0 for others, which have one for each location."""
    return 0 if parts is None else parts.size


def _around(length: int, loops: Mapping[int, int]) -> tuple[tuple[int, ...], ...]:
    """For each statement, and for the end, the heads of the loops around it, the outermost first; () without loops.

    Raises LimitReached if loops are nested too deeply.
    """
    found: list[tuple[int, ...]] = []
    heads: list[int] = []
    inside: tuple[int, ...] = ()
    for at in range(length + 1) if loops else ():
        while heads and loops[heads[-1]] < at:
            heads.pop()
            inside = tuple(heads)
        if at in loops:
            heads.append(at)
            inside = tuple(heads)
            if len(heads) > MAX_NESTED:
                raise LimitReached("limit", f"loops are nested deeper than {MAX_NESTED} levels")
        found.append(inside)
    return tuple(found)


def _endless(
    body: tuple[Statement, ...],
    labels: Mapping[str, int],
    loops: Mapping[int, int],
    around: tuple[tuple[int, ...], ...],
) -> frozenset[int]:
    """The heads of the loops that nothing leaves."""
    left: set[int] = set()
    for at, statement in enumerate(body) if loops else ():
        if isinstance(statement, Branch | Goto):
            target = labels.get(statement.target, -1)
            left.update(head for head in around[at] if not head <= target <= loops[head])
    return frozenset(head for head, end in loops.items() if isinstance(body[end], Goto) and head not in left)


def _loops(body: tuple[Statement, ...], labels: Mapping[str, int]) -> dict[int, int]:
    """For each label that is jumped back to, in order, the last such jump; loops that overlap end together and nest."""
    loops: dict[int, int] = {}
    for at, statement in enumerate(body):
        if isinstance(statement, Branch | Goto) and labels.get(statement.target, at + 1) <= at:
            loops[labels[statement.target]] = at
    later: list[int] = []  # the heads behind, those of loops in others left out
    for head in sorted(loops, reverse=True):
        end = loops[head]
        while later and later[-1] <= end:
            loops[head] = max(loops[head], loops[later.pop()])
        later.append(head)
    return dict(sorted(loops.items()))
