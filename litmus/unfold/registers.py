"""Accesses to registers as events, for models that compute dependencies from them.

An instruction reads registers, then memory, and writes what it found to a register. Each of these is an event here, and
what needs what is a relation, by the names that herd7 has for them: `rf-reg` from a write of a register to the reads of
what it wrote; `iico_data` and `iico_ctrl` between events of one instruction, where the later one needs what the earlier
one found, or is there because of it; `iico_order` where it is only later. Registers are those of the statements: flags
are among them, and so is the reservation that a conditional store needs.

Source: herd7 7.58, herd/machModelChecker.ml, PPCSem.ml and X86Sem.ml; Alglave, Maranget, Tautschnig: Herding cats
(TOPLAS 2014), section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from litmus.ir.events import ALWAYS, NEVER, READS, WRITES, Formula
from litmus.ir.thread import (
    Assign,
    AtomicUpdate,
    Branch,
    Expr,
    Label,
    Load,
    Mark,
    Op,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
    assigned,
    registers_in,
)
from litmus.unfold.live import RESERVATION
from litmus.unfold.record import Record
from litmus.unfold.state import NO_DEPS, Comparison, State, TracedValue

_ADDRESS = frozenset({"Rreg", "ADDR", "NDATA"})
_STORED = frozenset({"Rreg", "DATA"})
_READ = frozenset({"Rreg", "NDATA"})
_WRITTEN = frozenset({"Wreg"})


class Registers:
    """The accesses to registers of one thread; `evaluate` gives the value of an expression in a state."""

    def __init__(self, record: Record, thread: Thread, evaluate: Callable[[Expr, State], TracedValue]) -> None:
        self.record = record
        self.thread = thread
        self.evaluate = evaluate
        self.accesses: dict[str, list[int]] = {}
        self.compared: tuple[Comparison, int] | None = None  # of the latest compare-and-swap, and its comparison

    def around(self, statement: Statement, state: State, at: int, make: Callable[[], object]) -> None:
        """Make the events of a statement: those that `make` adds, and those of the registers that it uses."""
        instruction = _Instruction(self, statement, state, at)
        instruction.read()
        first = len(self.record.events)
        instruction.next()
        done = make()
        if isinstance(statement, Rmw) and statement.expected is not None:
            if isinstance(done, Comparison):
                self.compared = done, instruction.compare(done)
            instruction.swap(statement)
        else:
            instruction.write(range(first, len(self.record.events)))
        instruction.end()


class _Instruction:
    """One statement in one state. Its events are not ordered by po, as they are of one instruction."""

    def __init__(self, registers: Registers, statement: Statement, state: State, at: int) -> None:
        self.registers = registers
        self.record = registers.record
        self.statement = statement
        self.state = state
        self.at = at
        self.number = self.record.instructions
        self.earlier = self.after = state.before
        self.address: list[int] = []  # the reads, by what they are for
        self.stored: list[int] = []
        self.other: list[int] = []
        self.tested: list[int] = []

    def next(self) -> None:
        """Before a further event: it is of the same instruction."""
        self.after |= self.state.before
        self.state.before = self.earlier
        self.record.instructions = self.number

    def end(self) -> None:
        """After the last event."""
        self.state.before |= self.after
        self.record.instructions = self.number + 1

    def read(self) -> None:
        """Add the reads of registers."""
        match self.statement:
            case Load(addr=addr):
                self.address = self._reads(_ADDRESS, addr)
            case Store(addr, value):
                self.address, self.stored = self._reads(_ADDRESS, addr), self._reads(_STORED, value)
            case StoreConditional(_, addr, value):
                self.address, self.stored = self._reads(_ADDRESS, addr), self._reads(_STORED, value)
                self.other = [self._access(RESERVATION, _READ)]
            case Rmw(dest, addr, value, condition=condition, expected=expected):
                self.address, self.stored = self._reads(_ADDRESS, addr), self._reads(_STORED, value, but=dest)
                if expected is not None:
                    self.tested = self._reads(_STORED, expected)
                elif condition is not None:
                    self.tested = self._reads(_READ, condition, but=dest)
            case AtomicUpdate(dest, addr, value):
                self.address, self.stored = self._reads(_ADDRESS, addr), self._reads(_STORED, value, but=dest)
            case Assign(_, Op("ite" | "pick", (condition, then, otherwise))):
                self.tested = self._reads(_READ, condition)
                taken = self.record.terms.nonzero(self.registers.evaluate(condition, self.state).value)
                for chosen, way in ((then, taken), (otherwise, self.record.terms.not_(taken))):
                    self.other += self._reads(_READ, chosen, way=way)
                for event in self.other:
                    self._relate("iico_ctrl", self.tested, event)
            case Assign(_, expr) | Branch(expr):
                self.other = self._reads(_READ, expr)
            case Mark(addr, value=value):
                self.address = self._reads(_ADDRESS, addr)
                self.stored = [] if value is None else self._reads(_STORED, value)
            case _:
                pass

    def write(self, made: range) -> None:
        """Relate the events that the statement has made to the reads, and add the writes of registers."""
        statement, events = self.statement, self.record.events
        reads = [index for index in made if events[index].kind in READS]
        for index in made:
            self._relate("iico_data", (*self.address, *self.other), index)
            if events[index].kind in WRITES or isinstance(statement, Mark):
                self._relate("iico_data", self.stored, index)
                self._relate("iico_ctrl", self.tested, index)
        found: Iterable[int] = (*self.address, *self.stored, *self.other)
        if isinstance(statement, Load | AtomicUpdate | Rmw):
            found = reads
        elif isinstance(statement, StoreConditional) and statement.status_from != "attempt":
            found = ()
            self.tested = list(made) if statement.status_from == "write" else []
        if isinstance(statement, Rmw):
            for index in made:
                if index not in reads:
                    for name in _inside(statement):
                        self._relate(name, reads, index)
        written = assigned(statement)
        if written is not None:
            self._write(written, found)
        if isinstance(statement, Load) and statement.reserve:
            self._write(RESERVATION, self.address)

    def compare(self, done: Comparison) -> int:
        """Add the comparison of a compare-and-swap, which needs what it read, and which its writes wait for."""
        self.next()
        span = None if isinstance(self.statement, Label) else self.statement.span
        event = self.record.event(self.state, self.registers.thread, span, self.at, "G")
        for found in done.reads:
            self._relate("iico_data", found, event)
        for found in done.writes:
            for write in found:
                self._relate("iico_ctrl", (event,), write)
        return event

    def swap(self, statement: Rmw) -> None:
        """Relate the events of a compare-and-swap, or of one half of a pair of them, and add the write of a register.

        Source: herd7 of 2026, herd/event.ml, aarch64_cas.
        """
        assert self.registers.compared is not None
        done, comparison = self.registers.compared
        half, not_ = int(statement.joins), self.record.terms.not_
        reads, writes = done.reads[half], done.writes[half] if done.writes else ()
        self._relate("iico_data", self.tested, comparison)
        for event in (*reads, *writes):
            self._relate("iico_data", self.address, event)
        for event in writes:
            self._relate("iico_data", self.stored, event, done.equal)
            self._relate("iico_data", reads, event, not_(done.equal))
        written = self._write(statement.dest, ())
        self._relate("iico_data", reads, written, not_(done.compared))
        self._relate("iico_data", self.tested, written, done.compared)
        self._relate("iico_ctrl", (comparison,), written, done.compared)

    def _write(self, name: str, found: Iterable[int]) -> int:
        event = self._access(name, _WRITTEN)
        self._relate("iico_data", found, event)
        if isinstance(self.statement, Assign | StoreConditional):
            self._relate("iico_ctrl", self.tested, event)
        self.state.written = {**self.state.written, name: {event: ALWAYS}}
        return event

    def _reads(self, tags: frozenset[str], expr: Expr, but: str | None = None, way: Formula = ALWAYS) -> list[int]:
        return [self._access(name, tags, way) for name in dict.fromkeys(registers_in(expr)) if name != but]

    def _access(self, name: str, tags: frozenset[str], way: Formula = ALWAYS) -> int:
        """Add an access to a register, which is made where a formula holds."""
        record, thread = self.record, self.registers.thread
        self.next()
        state = self.state if way is ALWAYS else self.state.along(way)
        span = None if isinstance(self.statement, Label) else self.statement.span
        event = record.event(state, thread, span, self.at, "G", tags)
        self.state.before = state.before
        if "Rreg" in tags:
            record.relations["rf-reg"].add(record.terms, self.state.written.get(name, NO_DEPS), event)
        same = self.registers.accesses.setdefault(name, [])
        same.append(event)
        for other in same:
            self._relate("same-register", (other,), event)
            self._relate("same-register", (event,), other)
        return event

    def _relate(self, name: str, sources: Iterable[int], target: int, way: Formula = ALWAYS) -> None:
        if way != NEVER:
            self.record.relations[name].add(self.record.terms, dict.fromkeys(sources, way), target)


def _inside(statement: Rmw) -> Iterator[str]:
    """How the write of an update needs its read."""
    tested = statement.condition is not None and statement.dest in registers_in(statement.condition)
    if tested:
        yield "iico_ctrl"
    if statement.dest in registers_in(statement.value):
        yield "iico_data"
    elif not tested:
        yield "iico_order"
