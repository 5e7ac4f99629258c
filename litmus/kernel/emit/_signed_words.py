"""Machines with registers of 64 bits, of which some instructions use half: words, whose results are signed numbers.

In a test with 32-bit words registers hold them sign-extended, as memory is read. Accesses are words, or doublewords if
the test's words have 64 bits or memory holds addresses.
"""

from __future__ import annotations

from abc import abstractmethod

from litmus.ir.thread import Address, BinaryOperator, Const, Expr, Op, Reg, Rmw
from litmus.kernel.emit._risc import Risc
from litmus.kernel.emit.expressions import is_cut, mentions

_NAMES = {"shl": "sll", "shr": "srl", "sar": "sra"}


class SignedWords(Risc):
    """The translation of one thread.

    `zero` is the register that is always 0. `less_than` are the instructions that compare signed numbers in two
    registers, and in one with a number; then those for unsigned ones.
    """

    zero: str
    less_than: tuple[tuple[str, str], tuple[str, str]]

    def value(self, expr: Expr) -> str:
        return self.zero if expr == Const(0) else super().value(expr)

    @property
    def is_word(self) -> bool:
        """Whether accesses are words."""
        return self.size == 4

    def operand_of(self, update: Rmw) -> tuple[str, Expr]:
        """What an atomic instruction does with what it reads, or `swap`, and its operand."""
        old = Reg(update.dest)
        if update.dest not in mentions(update.value):
            return "swap", update.value
        match update.value:
            case Op("add" | "and" | "or" | "xor" as op, (a, b)) if old in (a, b):
                found, operand = op, b if a == old else a
            case Op("sub", (a, b)) if a == old:
                found, operand = "add", Op("neg", (b,)) if not isinstance(b, Const) else self._simple(Op("neg", (b,)))
            case _:
                raise self.unsupported("this update in one instruction")
        wraps = found == "add" and 8 * self.size > self.bits and self.overflows(update.value)
        if update.dest in mentions(operand) or wraps:
            raise self.unsupported("this update in one instruction")
        return found, operand

    # --- values ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def word(self, op: str, dest: str, a: str, b: str | int) -> None:
        """`dest := a op b` of words, where `b` is a register or a number that fits."""

    @abstractmethod
    def extend(self, dest: str, source: str) -> None:
        """`dest` becomes the low word of a register, as a signed number."""

    def written(self, op: str, letter: str, dest: str, a: str, b: str | int) -> None:
        """Writes the instruction of an operator; its name ends with `letter`, before which is an i for a number."""
        name = _NAMES.get(op, op)
        if isinstance(b, str):
            self.emit(f"{name}{letter} {{0}},{{1}},{{2}}", (dest,), (a, b))
        elif op == "sub":
            self.emit(f"addi{letter} {{0}},{{1}},{-b}", (dest,), (a,))
        else:
            self.emit(f"{name}i{letter} {{0}},{{1}},{b}", (dest,), (a,))

    def is_less(self, dest: str, a: Expr, b: Expr, unsigned: bool) -> None:
        left, (of_registers, of_number) = self.value(a), self.less_than[unsigned]
        if isinstance(b, Const) and isinstance(b.value, int) and b.value and is_short(b.value):
            self.emit(f"{of_number} {{0}},{{1}},{b.value}", (dest,), (left,))
        else:
            self.emit(f"{of_registers} {{0}},{{1}},{{2}}", (dest,), (left, self.value(b)))

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is not None:
            self._cut(dest, self.value(cut[0]), cut[1] + 64 - self.bits)
            return
        match expr.op, expr.args:
            case "neg", (a,):
                self._arithmetic("sub", dest, Const(0), a)
            case ("add" | "sub" | "mul") as op, (a, b):
                self._arithmetic(op, dest, a, b)
            case ("shl" | "shr" | "sar") as op, (a, b):
                self._shift(op, dest, a, b)
            case _:
                super().compute(dest, expr)

    def _cut(self, dest: str, source: str, count: int) -> None:
        """A sign extension that drops the upper `count` bits of a register."""
        if count == 32:
            self.extend(dest, source)
            return
        shifted = self.fresh()
        self.operation("shl", shifted, source, count)
        self.operation("sar", dest, shifted, count)

    def _arithmetic(self, op: BinaryOperator, dest: str, a: Expr, b: Expr) -> None:
        """Addition, subtraction, multiplication; with 32-bit words, of words for numbers but not for addresses."""
        if isinstance(a, Const) and op != "sub":
            a, b = b, a
        write = self.operation
        if self.bits == 32 and not (self.range_of(a).addresses or self.range_of(b).addresses):
            write = self.word
        elif self.bits == 32 and (op == "mul" or self.overflows(Op(op, (a, b)))):
            raise self.unsupported("arithmetic on a value that may be an address or a number")
        constant = b.value if isinstance(b, Const) and not isinstance(b.value, Address) else None
        left = self.value(a)
        write(op, dest, left, constant if constant is not None and self.fits(op, constant) else self.value(b))

    def _shift(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        count = self.range_of(b)
        if not count.within(0, 63):
            raise self.unsupported("a shift by a count that may exceed a word")
        number = b.value if isinstance(b, Const) and isinstance(b.value, int) else None
        of_words = self.bits == 32 and count.within(0, 31)
        shifted, source = dest, self.value(a)
        if self.bits == 32 and not of_words and op != "sar":
            shifted = self.fresh()  # in 64 bits, as no word is left where the count is 32 or more
            if op == "shr":
                upper, unsigned = self.fresh(), self.fresh()
                self.operation("shl", upper, source, 32)
                self.operation("shr", unsigned, upper, 32)
                source = unsigned
        write = self.word if of_words else self.operation
        write(op, shifted, source, self.value(b) if number is None else number)
        if shifted != dest:
            self.extend(dest, shifted)


def is_short(number: int) -> bool:
    """Whether a number fits into the field of 12 bits that instructions have for one."""
    return -(1 << 11) <= number < 1 << 11


def sizes(bits: int, addresses: bool) -> tuple[int, ...]:
    """The sizes of accesses of a test, for its `InstructionSet`."""
    return (8,) if bits == 64 or addresses else (4, 8)
