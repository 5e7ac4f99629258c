"""What the statements of one thread do: values of registers, events, dependencies, and what is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError
from litmus.ir.events import ALWAYS, NEVER, Formula, Known, ReadValue
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
    Forget,
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
from litmus.unfold.record import Record
from litmus.unfold.state import NO_DEPS, UNSET, ZERO, Comparison, Deps, Reservation, State, TracedValue, either


class Statements:
    """The statements of one thread, each run in a state, to which it adds what it does; events go to the record.

    `labels` are the numbers of the statements that are labels, `around` the loops around each statement, () without
    loops. Control flow is for `litmus.unfold.thread`.
    """

    def __init__(
        self, thread: Thread, record: Record, labels: Mapping[str, int], around: Sequence[Sequence[int]]
    ) -> None:
        self.thread = thread
        self.record = record
        self.terms = record.terms
        self.labels = labels
        self.around = around

    def retries(self, branch: Branch, at: int) -> bool:
        """Whether executions that take a branch are left out."""
        return branch.retry and self.target(branch.target, branch) <= at

    def target(self, name: str, statement: Branch | Goto) -> int:
        """The number of a label that a statement jumps to. Raises ParseError."""
        if name not in self.labels:
            raise ParseError(f"no label '{name}' in this thread", statement.span)
        return self.labels[name]

    def run(self, statement: Statement, state: State, at: int) -> Comparison | None:
        """Run a statement that is no jump; `at` is its number. What it did, if it is a compare-and-swap.

        Raises UnsupportedError for one that has no events.
        """
        record, thread = self.record, self.thread
        match statement:
            case Label(name):
                if name in state.within:
                    state.within = {label: deps for label, deps in state.within.items() if label != name}
            case Assign(dest, expr):
                state.regs[dest] = self.evaluate(expr, state)
            case Choose(dest):
                chosen = record.choice()
                # 0 where the statement is not reached: one execution, one value of the choice.
                record.assumptions.append(self.terms.or_(self.terms.not_(chosen), self.terms.and_(*state.path)))
                state.regs[dest] = TracedValue(self.terms.select(chosen, Known(1), ZERO), NO_DEPS)
            case Load(dest, addr, tags, reserve, parts=parts):
                where = self.evaluate(addr, state)
                first = state.reservations[0].events if statement.joins and state.reservations else ()
                other = record.latest
                near = first or (other if statement.beside else ())
                alone = self._beside(state, near) if near else state
                events = record.access(alone, thread, statement.span, at, "R", tags, parts, where)
                state.before |= alone.before
                state.regs[dest] = TracedValue(
                    record.read(events, parts, thread), dict.fromkeys(events, ALWAYS), NO_DEPS
                )
                if first:
                    self._are_one(first, events)
                if statement.pair:
                    record.pairs.append((other, events, statement.pair))
                if statement.joins:
                    state.reservations = tuple(replace(made, beside=events) for made in state.reservations)
                elif reserve:
                    state.reservations = (Reservation(events, where.value, where.deps, ALWAYS, _size(parts)),)
            case Store(addr, value, tags, parts=parts):
                where, what = self.evaluate(addr, state), self.evaluate(value, state)
                other = record.latest
                alone = self._beside(state, other) if statement.beside else state
                events = record.access(alone, thread, statement.span, at, "W", tags, parts, where, what)
                state.before |= alone.before
                if statement.pair:
                    record.pairs.append((other, events, statement.pair))
            case AtomicUpdate(dest, addr, value, tags):
                where = self.evaluate(addr, state)
                found = len(record.events)  # the value that is written may depend on what this event reads
                after = state.along()
                after.regs[dest] = TracedValue(ReadValue(found), NO_DEPS)
                record.event(state, thread, statement.span, at, "U", tags, where, self.evaluate(value, after))
                state.regs[dest] = TracedValue(ReadValue(found), {found: ALWAYS})
            case Rmw():
                return self._rmw(statement, state, at)
            case StoreConditional():
                self._store_conditional(statement, state, at)
            case Forget():
                state.reservations = ()
            case Report(name, condition):
                fires = self.terms.nonzero(self.evaluate(condition, state).value)
                record.report(name, statement.span, self.terms.and_(*state.path, fires))
            case Fence(tags):
                record.event(state, thread, statement.span, at, "F", tags)
            case Assume(condition):
                holds = self.terms.nonzero(self.evaluate(condition, state).value)
                record.assumptions.append(self.terms.or_(self.terms.not_(self.terms.and_(*state.path)), holds))
            case Await():
                self._await(statement, state, at)
            case Mark(addr, tags, dest, value=value):
                given = None if value is None else self.evaluate(value, state)
                event = record.event(
                    state, thread, statement.span, at, "A", tags, self.evaluate(addr, state), given, depends=NO_DEPS
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
        return None

    def _await(self, statement: Await, state: State, at: int) -> None:
        """Reads of one instruction, none before another."""
        record, terms = self.record, self.terms
        earlier, instruction = state.before, record.instructions
        wanted = self.evaluate(statement.value, state).value
        reached = terms.not_(terms.and_(*state.path))
        for addr in statement.addrs:
            alone = state.along()
            alone.before, record.instructions = earlier, instruction
            where = self.evaluate(addr, state)
            read = record.event(alone, self.thread, statement.span, at, "R", statement.tags, where)
            state.before |= alone.before
            found = terms.equal(ReadValue(read), wanted, self.thread.word_bits)
            record.assumptions.append(terms.or_(reached, found))

    def _rmw(self, statement: Rmw, state: State, at: int) -> Comparison | None:
        if statement.joins:
            return None  # done with the statement before it
        record, thread, halves = self.record, self.thread, self._joined(statement, at)
        places = [self.evaluate(half.addr, state) for half in halves]
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
        done: Comparison | None = None
        written = [self.evaluate(half.value, after) for half in halves]
        if statement.condition is not None:
            tested = self.evaluate(statement.condition, after)
            written = [self._picked(what, tested, () if statement.expected else reads) for what in written]
            wanted = self.terms.nonzero(tested.value)
            if statement.expected is not None:
                done, wanted = self._compared(halves, wanted, written, reads, state, after, at)
            if wanted == NEVER:
                return done
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
        return done and replace(done, writes=tuple(writes))

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
        """What an update writes, picked by what its condition mentions, but for some reads of its own."""
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
        at: int,
    ) -> tuple[Comparison, Formula]:
        """What a compare-and-swap does before it writes, and when it writes; `written` and its destinations show it.

        It may write back what it read; not in a loop, where a round that only tries again would never be one without
        effect. What is written back comes right after what was read, in all that orders an update before its write; no
        outcome needs it.
        """
        record, terms = self.record, self.terms
        reached = terms.and_(*state.path)
        back = NEVER if self.around and self.around[at] else record.choice()
        compared = record.choice()
        # Only where there is something to choose: one execution, one value of each choice.
        record.assumptions.append(terms.or_(terms.not_(back), terms.and_(reached, terms.not_(equal))))
        record.assumptions.append(terms.or_(terms.not_(compared), terms.and_(reached, equal)))
        expected = [self.evaluate(half.expected, after) for half in halves if half.expected is not None]
        tested: Deps = dict.fromkeys([event for read in reads for event in read], ALWAYS)
        for cell in expected:
            tested = either(terms, tested, either(terms, cell.deps, cell.picked))
        for index, (half, cell, read) in enumerate(zip(halves, expected, reads, strict=True)):
            value = record.read(read, half.parts, self.thread)
            deps = {**dict.fromkeys(read, terms.not_(compared)), **_where(terms, cell.deps, compared)}
            state.regs[half.dest] = TracedValue(value, deps, _where(terms, tested, compared))
            if equal != ALWAYS:
                what = written[index]
                both = terms.select(equal, what.value, value)
                written[index] = TracedValue(both, _where(terms, what.deps, equal), what.picked)
        return Comparison(tuple(reads), (), equal, compared), terms.or_(equal, back)

    def _store_conditional(self, statement: StoreConditional, state: State, at: int) -> None:
        record, terms = self.record, self.terms
        where, what = self.evaluate(statement.addr, state), self.evaluate(statement.value, state)
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
        success = terms.nonzero(self.evaluate(Reg(statement.status), state).value)
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
                return status == statement.status and self.retries(branch, at + 1)
        return False

    def evaluate(self, expr: Expr, state: State) -> TracedValue:
        """The value of an expression in a state."""
        match expr:
            case Const(value):
                return TracedValue(Known(value), NO_DEPS, NO_DEPS)
            case Reg(name):
                return state.regs.get(name, UNSET)
            case Op("pick", (condition, then, otherwise)):
                return self._pick(*(self.evaluate(a, state) for a in (condition, then, otherwise)))
            case Op(op, args):
                cells = [self.evaluate(a, state) for a in args]
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
