"""Translates the statements of one thread to instructions; this is the part that all instruction sets share.

An instruction set adds how to load, store, compute and branch. This module keeps track of the values that registers are
known to hold, so that nothing is computed twice and a branch can do its own comparison; and it translates a
store-conditional together with the branch on its success. Dependencies are kept: an expression is only replaced by one
that depends on the same reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count

from litmus.base.errors import UnsupportedError
from litmus.base.source import Span
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Choose,
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
    Value,
)
from litmus.ir.values import apply
from litmus.kernel.emit.code import Instruction, LabelRow, Row
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_truth, mentions, product, read_by
from litmus.kernel.emit.ranges import Range, Ranges

# --- what registers hold ---------------------------------------------------------------------------------------------


class _Known:
    """The known values of registers between two labels, as expressions over registers."""

    _MOST = 64

    def __init__(self) -> None:
        self._held: dict[str, Expr] = {}
        self._holder: dict[Expr, str] = {}

    def learn(self, register: str, expr: Expr) -> None:
        if isinstance(expr, Reg) or register in mentions(expr):
            return
        if len(self._held) >= self._MOST:
            self.clear()
        self._held[register] = expr
        self._holder.setdefault(expr, register)

    def forget(self, register: str) -> None:
        """Forgets the value of a register, and those that depend on it."""
        for holder, expr in list(self._held.items()):
            if holder == register or register in mentions(expr):
                del self._held[holder]
                if self._holder.get(expr) == holder:
                    del self._holder[expr]

    def clear(self) -> None:
        self._held.clear()
        self._holder.clear()

    def held(self, register: str) -> Expr | None:
        return self._held.get(register)

    def holder(self, expr: Expr) -> str | None:
        return self._holder.get(expr)


# --- a thread --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Threaded:
    """The rows of a thread. `presets` are the registers with an initial value, all constants."""

    rows: tuple[Row, ...]
    presets: Mapping[str, Value]


class Translation(ABC):
    """The translation of one thread, for accesses of `size` bytes.

    `wanted` are the registers that the test observes. With `reuse`, values are not computed twice, which needs more
    registers.
    """

    machine = ""
    """The name of the machine or its language, for messages."""

    fixed: Collection[str] = ()
    """The names that stand for certain registers of the machine, which hold values only for a few instructions."""

    def __init__(self, thread: Thread, ranges: Ranges, size: int, wanted: Collection[str], reuse: bool = True) -> None:
        self.thread = thread
        self.bits = thread.word_bits
        self.size = size
        self.span: Span | None = None
        self._ranges = ranges
        self._wanted = wanted
        self._reuse = reuse
        self._rows: list[Row] = []
        self._presets: dict[str, Value] = {}
        self._registers = count()
        self._places = count()
        self._known = _Known()
        self._labels = self._named()
        self._reads = Counter(name for s in thread.body for name in read_by(s))

    def _named(self) -> dict[str, str]:
        """New names for the labels that are jumped to; labels at the same place share one."""
        body = self.thread.body
        used = {s.target for s in body if isinstance(s, Branch | Goto)}
        found: dict[str, str] = {}
        last = ""
        for statement in body:
            if not isinstance(statement, Label):
                last = ""
            elif statement.name in used:
                last = last or self.fresh_label()
                found[statement.name] = last
        return found

    def threaded(self) -> Threaded:
        """Translates the thread. Raises UnsupportedError if the machine has no instructions for a statement."""
        body = self.thread.body
        at = 0
        while at < len(body):
            statement = body[at]
            following = body[at + 1] if at + 1 < len(body) else None
            at += self._statement(statement, following)
        return Threaded(tuple(self._rows), self._presets)

    def _statement(self, statement: Statement, following: Statement | None) -> int:
        """Translates a statement, perhaps with the next one; returns how many were translated."""
        if not isinstance(statement, Label):
            self.span = statement.span or self.span
        match statement:
            case Label(name):
                if name in self._labels and not self._at(self._labels[name]):
                    self.place(self._labels[name])
            case Assign(dest, expr):
                self.into(dest, self._simple(expr))
            case Load(dest, addr, tags, reserve):
                self.load(dest, self._simple(addr), tags, reserve)
            case Store(addr, value, tags):
                self.store(self._simple(addr), self._simple(value), tags)
            case StoreConditional(status, addr, value, tags):
                match following:
                    case Branch(Op("lnot", (Reg(name),)), target) if name == status and self._reads[status] == 1:
                        label = self._labels[target]
                        self.store_conditional(self._simple(addr), self._simple(value), tags, label)
                        return 2
                raise self.unsupported("a store-conditional whose status is used other than in the next branch")
            case Rmw(dest, addr, value, tags, write_tags, condition):
                value = self._simple(value, dest)
                condition = None if condition is None else self._simple(condition, dest)
                return self.update(Rmw(dest, self._simple(addr), value, tags, write_tags, condition), following)
            case Fence(tags):
                self.fence(tags)
            case Branch(condition, target):
                self._branch(self._simple(condition), self._labels[target])
            case Goto(target):
                self.goto(self._labels[target])
            case Choose():
                raise self.unsupported("a choice that no instruction makes")
            case Primitive(name):
                raise self.unsupported(f"'{name}', which was not lowered")
        return 1

    def _at(self, label: str) -> bool:
        """Whether a label is just here."""
        return bool(self._rows) and self._rows[-1] == LabelRow(label)

    def _branch(self, condition: Expr, label: str) -> None:
        if isinstance(condition, Const):
            if condition.value != 0:
                self.goto(label)
            return
        self.branch(self._compared(comparison_of(condition)), label)

    def _compared(self, wanted: Comparison) -> Comparison:
        """Replaces a test of a register by the comparison that computed the register."""
        if wanted.relation not in ("eq", "ne") or wanted.right != Const(0) or not isinstance(wanted.left, Reg):
            return wanted
        held = self._known.held(wanted.left.name)
        if held is None or not is_truth(held) or (isinstance(held, Op) and held.op in ("land", "lor")):
            return wanted
        found = self._compared(comparison_of(held))
        return found if wanted.relation == "ne" else found.opposite

    # --- expressions -------------------------------------------------------------------------------------------------

    def _simple(self, expr: Expr, but: str | None = None) -> Expr:
        """Replaces registers by the constants that they are known to hold, and folds constants.

        The known value of the register `but` is not used.
        """
        match expr:
            case Reg(name):
                held = None if name == but else self._known.held(name)
                return held if isinstance(held, Const) else expr
            case Op(op, args):
                found = tuple([self._simple(arg, but) for arg in args])
                if all(isinstance(arg, Const) for arg in found):
                    value = apply(op, tuple(arg.value for arg in found if isinstance(arg, Const)), self.bits)
                    if value is not None:
                        return Const(value)
                return product(found) if op == "mul" else Op(op, found)
        return expr

    def value(self, expr: Expr) -> str:
        """A register that holds the value of an expression."""
        if isinstance(expr, Reg):
            return expr.name
        if isinstance(expr, Const) and isinstance(expr.value, Address):
            return self._address(expr.value)
        held = self._known.holder(expr) if self._reuse else None
        if held is not None:
            return held
        register = self.fresh()
        self.into(register, expr)
        return register

    def into(self, dest: str, expr: Expr) -> None:
        """Puts the value of an expression into a register."""
        held = self._known.holder(expr) if self._reuse and not isinstance(expr, Const) else None
        if held is not None:
            self.move(dest, held)
        elif isinstance(expr, Reg):
            self.move(dest, expr.name)
        elif isinstance(expr, Op):
            self.compute(dest, expr)
        elif isinstance(expr.value, Address):
            self.move(dest, self._address(expr.value))
        else:
            self.constant(dest, expr.value)
        if dest not in self.fixed:
            self._known.learn(dest, expr)

    def truth(self, expr: Expr) -> Expr:
        """An expression that is 1 if `expr` is not 0, else 0."""
        return expr if is_truth(expr) else Op("ne", (expr, Const(0)))

    def _address(self, address: Address) -> str:
        """A register that holds an address; one with an offset is computed from the address of its symbol."""
        if address.offset == 0:
            return self.preset(address)
        register = self.fresh()
        self.compute(register, Op("add", (Const(Address(address.symbol)), Const(address.offset))))
        return register

    def split(self, addr: Expr) -> tuple[Expr, int]:
        """An address as a base and a number of bytes. Raises UnsupportedError if that is not a multiple of the size."""
        base, offset = addr, 0
        match addr:
            case Const(Address(symbol, offset)):
                base = Const(Address(symbol))
            case Op("add", (base, Const(int() as offset))) | Op("add", (Const(int() as offset), base)):
                pass
            case Const():
                raise self.unsupported("an access to no location")
            case _:
                return addr, 0
        if offset % self.size:
            raise self.unsupported(f"an access of {self.size} bytes at an offset of {offset} bytes")
        return base, offset

    def range_of(self, expr: Expr) -> Range:
        """The range of an expression over the test's registers."""
        return self._ranges.of(expr, self.thread.index)

    def overflows(self, expr: Op) -> bool:
        """Whether the result of an operator on the test's registers may exceed a word."""
        return self._ranges.overflows(expr, self.thread.index)

    # --- for instruction sets to use ---------------------------------------------------------------------------------

    def emit(
        self,
        text: str,
        writes: tuple[str, ...] = (),
        reads: tuple[str, ...] = (),
        target: str = "",
        ends: bool = False,
        effect: bool = False,
        move: bool = False,
    ) -> None:
        """Adds an instruction; see `Instruction`."""
        for register in writes:
            self._known.forget(register)
        self._rows.append(Instruction(text, writes, reads, target, ends, effect or bool(target), move, self.span))

    def place(self, label: str) -> None:
        """Puts a label here."""
        self._known.clear()
        self._rows.append(LabelRow(label))

    def fresh(self) -> str:
        """A register that nothing else uses."""
        return f".{next(self._registers)}"

    def fresh_label(self) -> str:
        """A label that nothing else in the thread has."""
        return f"L{next(self._places)}"

    def preset(self, value: Value) -> str:
        """A register with a constant as its initial value."""
        register = f"={value}"
        self._presets[register] = value
        return register

    def wanted(self, update: Rmw) -> bool:
        """Whether the value that an update reads is used by the test or by another statement."""
        return update.dest in self._wanted or self._reads[update.dest] > sum(n == update.dest for n in read_by(update))

    def unsupported(self, what: str) -> UnsupportedError:
        """The error for a construct that the machine has no instructions for."""
        return UnsupportedError(f"{what} cannot be written in {self.machine}", self.span)

    # --- for instruction sets to fill in -----------------------------------------------------------------------------

    @abstractmethod
    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        """`dest := memory[addr]`"""

    @abstractmethod
    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        """`memory[addr] := value`"""

    @abstractmethod
    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        """A store-conditional, and a branch to `again` if it fails."""

    @abstractmethod
    def update(self, update: Rmw, following: Statement | None) -> int:
        """An instruction that reads and writes; returns 2 if the next branch was translated with it, else 1."""

    @abstractmethod
    def fence(self, tags: frozenset[str]) -> None:
        """A fence."""

    @abstractmethod
    def branch(self, wanted: Comparison, label: str) -> None:
        """Jumps to a label if a comparison holds."""

    @abstractmethod
    def goto(self, label: str) -> None:
        """Jumps to a label."""

    @abstractmethod
    def move(self, dest: str, source: str) -> None:
        """Copies a register."""

    @abstractmethod
    def constant(self, dest: str, number: int) -> None:
        """Puts a number into a register."""

    @abstractmethod
    def compute(self, dest: str, expr: Op) -> None:
        """Puts the result of an operator into a register."""
