"""The operands of PowerPC instructions: registers, numbers, fields of the condition register.

Source: Power ISA 2.07, book I, chapters 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from litmus.base.errors import ParseError
from litmus.frontend.columns import INSTRUCTION_BYTES
from litmus.frontend.dialect import Instruction, InstructionText
from litmus.frontend.lexer import parse_number
from litmus.frontend.operands import Operands as AnyOperands
from litmus.frontend.operands import Syntax
from litmus.frontend.words import Words
from litmus.ir.thread import Assign, BinaryOperator, Const, Expr, Op, Reg, Statement

RANKS = {f"r{n}": n for n in range(32)}
REGISTERS = {**{name.upper(): name for name in RANKS}, **{name: name for name in RANKS}}
_SYNTAX = Syntax(REGISTERS, memory="8(r1)")

SIGNED, UNSIGNED, EITHER = (-(1 << 15), (1 << 15) - 1), (0, (1 << 16) - 1), (-(1 << 15), (1 << 16) - 1)
"""What numbers of 16 bits may be; in an instruction that may have either, the bits are what counts."""

BITS = ("lt", "gt", "eq")
"""The bits of a field of the condition register; the fourth one is always 0."""

CARRY = "ca"
"""The carry of additions, as a register."""


class Operands(AnyOperands):
    """The operands of one instruction."""

    __slots__ = ("bits", "words")

    def __init__(self, cell: InstructionText, name: str, at: int, usage: str, words: Words) -> None:
        self.words = words
        self.bits = words.bits
        super().__init__(cell, name, at, usage, _SYNTAX)

    def reg_or_0(self, index: int) -> str:
        """A register; the number 0 is another way to write r0."""
        return "r0" if self.texts[index] == "0" else self.reg(index)

    def half(self, index: int, low: int = SIGNED[0], high: int = SIGNED[1]) -> int:
        """A number of 16 bits, which may be written as the word or the doubleword that it is extended to."""
        extended = as_half(parse_number(self.texts[index]), low)
        return self.number(index, low, high) if extended is None else extended

    def displaced_half(self, index: int) -> tuple[str, int]:
        """The register and the number, of 16 bits, of `8(r1)`."""
        base, number = self.base_and_offset(index, high=(1 << 64) - 1)
        extended = as_half(number)
        return self.base_and_offset(index, *SIGNED) if extended is None else (base, extended)

    def label(self, index: int) -> str:
        """The name of a label, or a distance such as `$+4`, in bytes from this instruction."""
        match = _DISTANCE.fullmatch(self.texts[index])
        if match is None or self.name == "bl":
            return super().label(index)
        if int(match[2]) % INSTRUCTION_BYTES:
            raise ParseError(f"a distance is a multiple of {INSTRUCTION_BYTES}", self.place(index), self.hint)
        return f".{match[1]}{match[2]}"

    def field(self, count: int) -> str:
        """The field of the condition register that stands before `count` operands, 0 if there is none."""
        if len(self.texts) == count:
            return "0"
        match = _FIELD.match(self.texts[0])
        if match is None:
            raise self.error(0, "a field of the condition register")
        return match[1]

    def compare(self, field: str, a: Expr, b: Expr, less: BinaryOperator = "lt") -> list[Statement]:
        """Sets a field of the condition register by comparing two numbers."""
        values = (Op(less, (a, b)), Op(less, (b, a)), Op("eq", (a, b)))
        return [Assign(f"cr{field}.{bit}", value, self.span) for bit, value in zip(BITS, values, strict=True)]

    def result(self, dest: str, value: Expr, text: str, record: bool) -> Instruction:
        """An instruction that computes a register, and compares it with 0 if it ends in a dot."""
        if not record:
            return Instruction((Assign(dest, value, self.span),), text)
        return Instruction((Assign(dest, value, self.span), *self.compare("0", Reg(dest), Const(0))), text)


def as_half(number: int | None, low: int = SIGNED[0]) -> int | None:
    """The number from `low` to -1 that another is, as a word or a doubleword without a sign; None if there is none."""
    for bits in (32, 64):
        if low < 0 and number is not None and (1 << bits) + low <= number < 1 << bits:
            return number - (1 << bits)
    return None


_DISTANCE = re.compile(r"[.$]\s*([-+])\s*(\d{1,9})", re.ASCII)
_FIELD = re.compile(r"(?i:cr)([0-7])\Z", re.ASCII)
Build = Callable[[Operands], Instruction]
Row = tuple[str, str, Build]


def wide(build: Build) -> Build:
    """An instruction on doublewords."""

    def built(operands: Operands) -> Instruction:
        operands.words.need(64)
        return build(operands)

    return built
