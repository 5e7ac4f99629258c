"""The common part of both x86 syntaxes: two-operand instructions, flags, and locked updates of memory.

A syntax defines how an instruction is written, and how a register gets the truth of a comparison. A locked update for
which x86 has no instruction is a loop around cmpxchg, as in the kernel. It has one more read, just before the update
and of the same value, which every model of x86 orders like the update. Source: Intel SDM volume 2, instruction
reference.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from litmus.ir.thread import NO_TAGS, Address, Branch, Const, Expr, Op, Reg, Rmw, Statement
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_truth, mentions
from litmus.kernel.emit.translate import Translation

LOCKED = frozenset({"X"})
NON_TEMPORAL = frozenset({"NT"})
ACCUMULATOR = "@accumulator"
"""The register that cmpxchg compares with."""

FLAGS = "@flags"
CONDITIONS = {"eq": "e", "ne": "ne", "lt": "l", "ge": "ge", "gt": "g", "le": "le"}
CONDITIONS |= {"ult": "b", "uge": "ae", "ugt": "a", "ule": "be"}
FENCES: Mapping[frozenset[str], str] = {frozenset({name.upper()}): name for name in ("mfence", "sfence", "lfence")}
_COMMUTATIVE = frozenset({"add", "and", "or", "xor"})
_OPERATIONS = frozenset({*_COMMUTATIVE, "sub"})
_SHIFTS = frozenset({"shl", "shr", "sar"})
_WORDS = frozenset({"exists", "forall", "final", "locations", "filter", "observed", "cases", "not"})


@dataclass(frozen=True, slots=True)
class Register:
    """A register, or the `part` of it that is used."""

    name: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory operand: the address of a location or in a register, plus an offset in bytes."""

    symbol: str
    register: str
    offset: int

    @property
    def reads(self) -> tuple[str, ...]:
        """The registers of the address."""
        return (self.register,) if self.register else ()


@dataclass(frozen=True, slots=True)
class Immediate:
    """A number."""

    number: int


Operand = Register | Memory | Immediate


class X86Translation(Translation):
    """The translation of one thread, except for the syntax."""

    # --- for a syntax to fill in -------------------------------------------------------------------------------------

    @abstractmethod
    def written(self, name: str, operands: tuple[str, ...]) -> str:
        """The text of an instruction; operands are given with the destination first."""

    @abstractmethod
    def memory_text(self, base: str, offset: int) -> str:
        """The text of a memory operand."""

    @abstractmethod
    def is_register(self, name: str) -> bool:
        """Whether the dialect reads the name of a location as a register."""

    @abstractmethod
    def set_truth(self, dest: str, wanted: Comparison) -> None:
        """Puts 1 into a register if a comparison holds, else 0."""

    @abstractmethod
    def select(self, dest: str, wanted: Comparison, then: Expr, otherwise: Expr) -> None:
        """Puts `then` into a register if a comparison holds, else `otherwise`."""

    @abstractmethod
    def shift(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        """Puts a value shifted by another one into a register."""

    # --- instructions ------------------------------------------------------------------------------------------------

    def act(
        self,
        name: str,
        *operands: Operand,
        writes: tuple[str, ...] = (),
        reads: tuple[str, ...] = (),
        effect: bool = False,
        move: bool = False,
    ) -> None:
        """Adds an instruction; its operands have the destination first."""
        named = [operand for operand in operands if isinstance(operand, Memory)]
        reads = (*reads, *(register for operand in named for register in operand.reads))
        texts = tuple([self._operand_text(operand, (*writes, *reads)) for operand in operands])
        self.emit(self.written(name, texts), writes, reads, effect=effect or bool(named), move=move)

    def _operand_text(self, operand: Operand, registers: tuple[str, ...]) -> str:
        match operand:
            case Register(name, part):
                return f"{{{registers.index(name)}:{part}}}" if part else f"{{{registers.index(name)}}}"
            case Memory(symbol, register, offset):
                return self.memory_text(symbol or f"{{{registers.index(register)}}}", offset)
            case Immediate(number):
                return f"${number}"

    def memory(self, addr: Expr) -> Memory:
        """The memory operand for an address."""
        base, offset = self.split(addr)
        if isinstance(base, Const) and isinstance(base.value, Address):
            symbol = base.value.symbol
            if self.is_register(symbol) or symbol.lower() in _WORDS:
                raise self.unsupported(f"a location with the name '{symbol}'")
            return Memory(symbol, "", offset)
        return Memory("", self.value(base), offset)

    def operand(self, expr: Expr) -> Register | Immediate:
        """A register or 32-bit number with the value of an expression."""
        if isinstance(expr, Const) and isinstance(expr.value, int) and -(1 << 31) <= expr.value < 1 << 31:
            return Immediate(expr.value)
        return Register(self.value(expr))

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        if tags != NO_TAGS or reserve:
            raise self.unsupported("this load")
        self.act("mov", Register(dest), self.memory(addr), writes=(dest,))

    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        source = self.operand(value)
        if tags == NON_TEMPORAL:
            source = Register(self.value(value))
        elif tags:
            raise self.unsupported("this store")
        name = "movnti" if tags else "mov"
        self.act(name, self.memory(addr), source, reads=registers_of(source))

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        raise self.unsupported("a store-conditional")

    def fence(self, tags: frozenset[str]) -> None:
        if tags not in FENCES:
            raise self.unsupported("this fence")
        self.emit(self.written(FENCES[tags], ()), effect=True)

    def update(self, update: Rmw, following: Statement | None) -> int:
        if update.read_tags != LOCKED or update.write_tags != LOCKED:
            raise self.unsupported("this update")
        memory, old = self.memory(update.addr), update.dest
        alone = old not in mentions(update.value)
        if update.condition is not None:
            return self._compare_exchange(update, memory, following)
        if alone:
            self.into(old, update.value)
            self.act("xchg", memory, Register(old), writes=(old,), reads=(old,))
            return 1
        op, operand = self._on_old(update)
        if op and not self.wanted(update):
            source = self.operand(operand)
            self.act(f"lock {op}", memory, source, writes=(FLAGS,), reads=registers_of(source))
        elif op in ("add", "sub"):
            self.into(old, operand if op == "add" else self._simple(Op("neg", (operand,))))
            self.act("lock xadd", memory, Register(old), writes=(old, FLAGS), reads=(old,))
        else:
            self._loop(update, memory)
        return 1

    def _on_old(self, update: Rmw) -> tuple[str, Expr]:
        """The operator and other operand, if the written value is an operation on the value read; else no operator."""
        old = Reg(update.dest)
        match update.value:
            case Op(op, (a, b)) if op in _OPERATIONS and a == old and update.dest not in mentions(b):
                return op, b
            case Op(op, (a, b)) if op in _COMMUTATIVE and b == old and update.dest not in mentions(a):
                return op, a
        return "", update.value

    def _compare_exchange(self, update: Rmw, memory: Memory, following: Statement | None) -> int:
        """Adds `lock cmpxchg`, and the branch on its success if that is the next statement."""
        old = Reg(update.dest)
        match update.condition:
            case Op("eq", (a, b)) if a == old and update.dest not in mentions(b):
                expected = b
            case Op("eq", (a, b)) if b == old and update.dest not in mentions(a):
                expected = a
            case _:
                raise self.unsupported("an update under a condition other than a comparison with the value read")
        if update.dest in mentions(update.value):
            raise self.unsupported("a conditional update whose new value depends on the value read")
        source = self.value(update.value)
        self.into(ACCUMULATOR, expected)
        self._cmpxchg(memory, source)
        self.move(update.dest, ACCUMULATOR)
        match following:
            case Branch(Op("lnot", (condition,)), target) if self._simple(condition, update.dest) == update.condition:
                self.emit(self.jump("ne"), (), (FLAGS,), target=self._labels[target])
                return 2
        return 1

    def _cmpxchg(self, memory: Memory, source: str) -> None:
        writes, reads = (ACCUMULATOR, FLAGS), (ACCUMULATOR, source)
        self.act("lock cmpxchg", memory, Register(source), writes=writes, reads=reads)

    def _loop(self, update: Rmw, memory: Memory) -> None:
        """Reads, computes the new value, and compares and exchanges; tries again if memory has changed."""
        again = self.fresh_label()
        self.act("mov", Register(ACCUMULATOR), memory, writes=(ACCUMULATOR,))
        self.place(again)
        self.move(update.dest, ACCUMULATOR)
        source = self.fresh()
        self.into(source, update.value)
        self._cmpxchg(memory, source)
        self.emit(self.jump("ne"), (), (FLAGS,), target=again)

    # --- branches ----------------------------------------------------------------------------------------------------

    def jump(self, relation: str) -> str:
        """A conditional jump."""
        return self.written(f"j{CONDITIONS[relation]}", ("{label}",))

    def branch(self, wanted: Comparison, label: str) -> None:
        self.compare(wanted)
        self.emit(self.jump(wanted.relation), (), (FLAGS,), target=label)

    def goto(self, label: str) -> None:
        self.emit(self.written("jmp", ("{label}",)), target=label, ends=True)

    def compare(self, wanted: Comparison) -> None:
        """Sets the flags by comparing two values."""
        left, right = Register(self.value(wanted.left)), self.operand(wanted.right)
        self.act("cmp", left, right, writes=(FLAGS,), reads=(left.name, *registers_of(right)))

    # --- values ------------------------------------------------------------------------------------------------------

    def move(self, dest: str, source: str) -> None:
        self.act("mov", Register(dest), Register(source), writes=(dest,), reads=(source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        self.act("mov", Register(dest), Immediate(number), writes=(dest,))

    def compute(self, dest: str, expr: Op) -> None:
        match expr.op, expr.args:
            case ("land" | "lor") as op, (a, b):
                self._two("and" if op == "land" else "or", dest, self.truth(a), self.truth(b))
            case "ite", (condition, then, otherwise):
                self.select(dest, self._compared(comparison_of(condition)), then, otherwise)
            case _ if is_truth(expr):
                self.set_truth(dest, comparison_of(expr))
            case ("neg" | "not") as op, (a,):
                self.into(dest, a)
                self.act(op, Register(dest), writes=(dest, FLAGS) if op == "neg" else (dest,), reads=(dest,))
            case "nor", (a, b):
                self.compute(dest, Op("not", (Op("or", (a, b)),)))
            case op, (a, b) if op in _OPERATIONS:
                self._two(op, dest, a, b)
            case op, (a, b) if op in _SHIFTS:
                if isinstance(b, Const) and isinstance(b.value, int) and 0 <= b.value < self.bits:
                    self.into(dest, a)
                    self.act(op, Register(dest), Immediate(b.value), writes=(dest, FLAGS), reads=(dest,))
                else:
                    self.shift(op, dest, a, b)
            case _:
                raise self.unsupported(f"the operator '{expr.op}'")

    def _two(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        """`dest := a op b` by an instruction that computes `dest := dest op b`."""
        if isinstance(a, Const) and op in _COMMUTATIVE:
            a, b = b, a
        if op == "add" and isinstance(b, Const) and isinstance(b.value, int) and -(1 << 31) < b.value < 0:
            op, b = "sub", Const(-b.value)
        source = self.operand(b)
        result = self.fresh() if dest in registers_of(source) else dest
        self.into(result, a)
        self.act(op, Register(result), source, writes=(result, FLAGS), reads=(result, *registers_of(source)))
        if result != dest:
            self.move(dest, result)


def registers_of(operand: Operand) -> tuple[str, ...]:
    """The register of an operand, if it is one."""
    return (operand.name,) if isinstance(operand, Register) else ()
