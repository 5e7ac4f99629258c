"""A concrete interpreter of thread statements: one way through a program, statement by statement.

Nothing is symbolic here and nothing is joined, and nothing is shared with `litmus.unfold`: what each read returns and
whether each conditional store succeeds is given, and the run says what follows. Events are numbered from 0 in the order
in which the thread makes them.

A value without meaning (a division by 0, arithmetic on addresses) is `Nothing`. Some operators have a result whatever
an operand is, and an implementation may or may not say so of an operand without meaning: `Nothing.perhaps` is that
result. A run ends where it would depend on a value without meaning which way it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import (
    Assign,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Store,
    StoreConditional,
    Thread,
    Unsequenced,
    Value,
)
from litmus.ir.values import apply


@dataclass(frozen=True, slots=True)
class Nothing:
    """A value without meaning. `term` tells it from others; `perhaps` is what it may be taken for all the same."""

    term: tuple[object, ...]
    perhaps: Value | None = None


Result = Value | Nothing
Reads = frozenset[int]
"""The reads that something depends on, by their numbers among the events of the thread."""

NONE: Reads = frozenset()


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a run: the statement that made it, what it accesses, and the reads that this depends on.

    `value` is what a write writes, a read returns and a branch tests. `instruction` numbers the statements run that
    made events; `rmw` is the read that a write is paired with, `amo` whether one instruction makes both. `operands`
    has, for each evaluation of unsequenced operands that it is part of, what began it and in which operand it is.
    """

    kind: str
    statement: int
    instruction: int
    tags: frozenset[str] = frozenset()
    addr: Result | None = None
    value: Result | None = None
    address_from: Reads = NONE
    data_from: Reads = NONE
    control_from: Reads = NONE
    rmw: int | None = None
    amo: bool = False
    operands: tuple[tuple[int, int], ...] = ()

    def is_before(self, other: Happening) -> bool:
        """Whether program order has it before another event of the run."""
        mine, others = dict(self.operands), dict(other.operands)
        sequenced = all(others[began] == mine[began] for began in mine.keys() & others.keys())
        return sequenced and self.instruction < other.instruction


class End(Enum):
    """How a run ended: it came to the end of the thread, went round too often, tried again, or lost all meaning."""

    DONE = "done"
    CUT = "cut"
    RETRY = "retry"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a thread. `finals` are the registers at its end."""

    happenings: tuple[Happening, ...]
    end: End
    finals: Mapping[str, Result]


Returns = Callable[[int], Value]
"""What the read returns that is the event of this number."""


def runs(thread: Thread, test: LitmusTest, returns: Returns, unroll: int) -> Iterator[Run]:
    """Every run in which reads return what is given: one for each success and failure of conditional stores."""
    todo: list[tuple[bool, ...]] = [()]
    while todo:
        wishes = todo.pop()
        machine = _Machine(thread, test, returns, unroll, wishes)
        run = machine.run()
        todo += [(*machine.granted[:k], True) for k in range(len(wishes), len(machine.granted))]
        yield run


@dataclass(frozen=True, slots=True)
class _Held:
    """What a register holds."""

    value: Result
    reads: Reads


@dataclass(slots=True)
class _Machine:
    """One thread as it runs. `granted` are the answers to the conditional stores that could succeed, in order."""

    thread: Thread
    test: LitmusTest
    returns: Returns
    unroll: int
    wishes: tuple[bool, ...]
    granted: list[bool] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    registers: dict[str, _Held] = field(default_factory=dict)
    control: Reads = NONE
    reservation: tuple[int, _Held] | None = None
    instructions: int = 0
    rounds: dict[int, int] = field(default_factory=dict)  # how often each loop around has gone round again
    begun: dict[int, int] = field(default_factory=dict)  # the instruction by which unsequenced operands began last
    operands: list[tuple[tuple[int, int], ...]] = field(default_factory=list)  # of each statement: which it is in

    def run(self) -> Run:
        thread = self.thread
        for item in self.test.init:
            if isinstance(item.target, Register) and item.target.thread == thread.index:
                self.registers[item.target.name] = _Held(item.value, NONE)
        labels = {s.name: k for k, s in enumerate(thread.body) if isinstance(s, Label)}
        extents = _loops(thread, labels)
        self.operands = list(_operands(thread))
        at, end = 0, End.DONE
        while at < len(thread.body):
            self.rounds = {head: n for head, n in self.rounds.items() if head <= at <= extents[head]}
            statement = thread.body[at]
            self.instructions += 1
            following = at + 1
            if isinstance(statement, Goto):
                following = labels[statement.target]
            elif isinstance(statement, Branch):
                tested = self._eval(statement.condition)
                self._event("B", at, value=tested.value)
                self.control |= tested.reads
                if isinstance(tested.value, Nothing):
                    end = End.OPEN
                    break
                if tested.value != 0:
                    following = labels[statement.target]
                    if statement.retry and following <= at:
                        end = End.RETRY
                        break
            elif not self._step(statement, at):
                end = End.OPEN
                break
            if following <= at:
                self.rounds = {head: n for head, n in self.rounds.items() if head <= following}
                if self.rounds.get(following, 0) == self.unroll:
                    end = End.CUT
                    break
                self.rounds[following] = self.rounds.get(following, 0) + 1
            at = following
        return Run(tuple(self.happenings), end, {name: held.value for name, held in self.registers.items()})

    def _event(
        self,
        kind: str,
        at: int,
        tags: frozenset[str] = frozenset(),
        addr: _Held | None = None,
        value: Result | None = None,
        data: Reads = NONE,
        rmw: int | None = None,
        amo: bool = False,
    ) -> int:
        """Add an event; its number."""
        number = len(self.happenings)
        self.happenings.append(
            Happening(
                kind,
                at,
                self.instructions,
                tags,
                addr.value if addr else None,
                value,
                addr.reads if addr else NONE,
                data,
                self.control,
                rmw,
                amo,
                tuple((self.begun[first], number) for first, number in self.operands[at]),
            )
        )
        return number

    def _step(self, statement: object, at: int) -> bool:
        """Run a statement that does not jump; False if it cannot be said what it does."""
        match statement:
            case Assign(dest, expr):
                self.registers[dest] = self._eval(expr)
            case Unsequenced("first"):
                self.begun[at] = self.instructions
            case Fence(tags):
                self._event("F", at, tags)
            case Load(dest, addr, tags, reserve):
                where = self._eval(addr)
                read = self._read(dest, at, tags, where)
                if reserve:
                    self.reservation = (read, where)
            case Store(addr, value, tags):
                what = self._eval(value)
                self._event("W", at, tags, self._eval(addr), what.value, what.reads)
            case Rmw():
                return self._rmw(statement, at)
            case StoreConditional():
                return self._store_conditional(statement, at)
        return True

    def _read(self, dest: str, at: int, tags: frozenset[str], where: _Held) -> int:
        returned = self.returns(len(self.happenings))
        read = self._event("R", at, tags, where, returned)
        self.registers[dest] = _Held(returned, frozenset({read}))
        return read

    def _rmw(self, statement: Rmw, at: int) -> bool:
        where = self._eval(statement.addr)
        read = self._read(statement.dest, at, statement.read_tags, where)
        what = self._eval(statement.value)
        if statement.condition is not None:
            wanted = self._eval(statement.condition).value
            if isinstance(wanted, Nothing):
                return False
            if wanted == 0:
                return True
        paired, amo = (read, True) if statement.atomic else (None, False)
        self._event("W", at, statement.write_tags, where, what.value, what.reads, paired, amo)
        return True

    def _store_conditional(self, statement: StoreConditional, at: int) -> bool:
        where, what = self._eval(statement.addr), self._eval(statement.value)
        reads = where.reads | what.reads
        reservation, self.reservation = self.reservation, None
        succeeds = False
        known = reads
        wrote: Reads = NONE
        if reservation is not None:
            read, reserved = reservation
            reads |= reserved.reads
            known = reads | {read}  # before it has its place, nobody knows whether the store succeeds
        if statement.status_from == "nothing":
            reads, known = what.reads, NONE
        if reservation is not None:
            read, reserved = reservation
            if isinstance(where.value, Nothing) or isinstance(reserved.value, Nothing):
                return False
            if where.value == reserved.value:
                succeeds = self._grant()
                if succeeds:
                    wrote = frozenset({self._event("W", at, statement.tags, where, what.value, reads, rmw=read)})
        self.registers[statement.status] = _Held(int(succeeds), wrote if statement.status_from == "write" else known)
        return True

    def _grant(self) -> bool:
        number = len(self.granted)
        self.granted.append(number < len(self.wishes) and self.wishes[number])
        return self.granted[-1]

    # --- expressions ----------------------------------------------------------------------------------------------

    def _eval(self, expr: Expr) -> _Held:
        match expr:
            case Const(value):
                return _Held(value, NONE)
            case Reg(name):
                return self.registers.get(name, _Held(0, NONE))
            case Op(op, args):
                held = [self._eval(arg) for arg in args]
                reads = frozenset().union(*(h.reads for h in held))
                return _Held(applied(op, tuple(h.value for h in held), self.thread.word_bits), reads)


def applied(op: str, args: tuple[Result, ...], bits: int) -> Result:
    """An operator on values of which some may have no meaning."""
    if op in ("ite", "pick"):
        condition, then, otherwise = args
        if isinstance(condition, Nothing):
            return Nothing((op, *args), perhaps(then) if then == otherwise else None)
        return then if condition != 0 else otherwise
    known = tuple(a for a in args if not isinstance(a, Nothing))
    if len(known) == len(args):
        result = apply(op, known, bits)
        return Nothing((op, *args)) if result is None else result
    return _whatever(op, args, bits)


def perhaps(a: Result) -> Value | None:
    """What a result is, or may be taken for."""
    return a.perhaps if isinstance(a, Nothing) else a


def _whatever(op: str, args: tuple[Result, ...], bits: int) -> Nothing:
    """What is made of operands without meaning: perhaps what it is for every other operand in their place."""
    taken = tuple(value for a in args if (value := perhaps(a)) is not None)
    if len(taken) == len(args):
        return Nothing((op, *args), apply(op, taken, bits))
    if len(args) == 2:
        a, b = args
        zero_left, zero_right = perhaps(a) == 0, perhaps(b) == 0
        if a == b and op in ("xor", "sub", "ne", "lt", "gt", "ult"):
            return Nothing((op, a, b), 0)
        if a == b and op in ("eq", "le", "ge"):
            return Nothing((op, a, b), 1)
        if op in ("and", "mul") and (zero_left or zero_right):
            return Nothing((op, a, b), 0)
        if isinstance(a, Nothing) and (a == b and op in ("and", "or")):
            return a
        if isinstance(a, Nothing) and zero_right and op in ("add", "sub", "xor", "or", "shl", "shr", "sar"):
            return a
        if isinstance(b, Nothing) and zero_left and op in ("add", "xor", "or"):
            return b
    return Nothing((op, *args))


def _loops(thread: Thread, labels: Mapping[str, int]) -> dict[int, int]:
    """Where the loop at each label ends that is jumped back to. Two that overlap end where the later one ends."""
    ends: dict[int, int] = {}
    for at, statement in enumerate(thread.body):
        if isinstance(statement, Branch | Goto) and labels[statement.target] <= at:
            ends[labels[statement.target]] = at
    while True:
        longer = {
            head: max(other_end for other, other_end in ends.items() if head <= other <= end)
            for head, end in ends.items()
        }
        if longer == ends:
            return ends
        ends = longer


def _operands(thread: Thread) -> Iterator[tuple[tuple[int, int], ...]]:
    """For each statement the unsequenced operands around it, outermost first: where they begin, and in which it is."""
    around: list[tuple[int, int]] = []
    for at, statement in enumerate(thread.body):
        match statement:
            case Unsequenced("first"):
                around.append((at, 0))
            case Unsequenced("next"):
                around[-1] = (around[-1][0], around[-1][1] + 1)
            case Unsequenced("end"):
                around.pop()
        yield tuple(around)
