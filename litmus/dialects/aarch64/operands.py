"""The operands of AArch64 instructions: registers, numbers, addresses; and values of 32 bits in registers of 64.

An instruction on W registers leaves 0 in the upper half of the one that it writes. A thread in which all instructions
but addresses are on W registers has words of 32 bits, which saves that; `Words` says what the words of a test are.
Source: Arm Architecture Reference Manual, DDI 0487, sections B1.2 and C1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.columns import INSTRUCTION_BYTES
from litmus.frontend.dialect import InstructionText
from litmus.frontend.lexer import parse_number, quoted
from litmus.frontend.operands import Operands as AnyOperands
from litmus.frontend.operands import Syntax
from litmus.frontend.words import Words as AnyWords
from litmus.ir.thread import Const, Expr, Op, Reg

RANKS: Mapping[str, int] = {**{f"X{n}": n for n in range(31)}, "SP": 31, "XZR": -1}
_STACK = "SP"
_NOWHERE = "what XZR is given"  # no register is called so


@dataclass(frozen=True, slots=True)
class Gpr:
    """A register operand: the register, the width at which it is used, and how the instruction writes it.

    What is assigned to the register that is always 0 goes nowhere.
    """

    name: str
    width: int
    text: str

    @property
    def is_zero(self) -> bool:
        return self.name == _NOWHERE


ZERO = Gpr(_NOWHERE, 64, "XZR")


def _registers() -> Iterable[tuple[str, Gpr]]:
    for n in range(31):
        yield f"X{n}", Gpr(f"X{n}", 64, f"X{n}")
        yield f"W{n}", Gpr(f"X{n}", 32, f"W{n}")
    yield "SP", Gpr("SP", 64, "SP")
    yield "XZR", ZERO
    yield "WZR", Gpr(_NOWHERE, 32, "WZR")
    yield "LR", Gpr("X30", 64, "X30")


_UPPER = dict(_registers())
GPRS: Mapping[str, Gpr] = {**_UPPER, **{name.lower(): gpr for name, gpr in _UPPER.items()}}
"""The registers by name."""

_SYNTAX = Syntax({name: name for name in GPRS}, sign="#", memory="[X1]")

_VECTOR = re.compile(r"(?:[BHSDQVZ]\d{1,2}(?:\..*)?|P\d{1,2}(?:[./].*)?|\{.*)\Z", re.ASCII | re.IGNORECASE)
_LANE = re.compile(r"\bV\d{1,2}\.[BHSD]\[\d+\]", re.ASCII | re.IGNORECASE)
_SYMBOLIC = re.compile(r"([XxWw]?)%([A-Za-z_][\w.]*)\Z", re.ASCII)
_DISTANCE = re.compile(r"\.\s*([-+])\s*(\d{1,9})", re.ASCII)
_EXTENSION = re.compile(r"([A-Za-z]+)\s*(?:#?\s*(\w+))?\Z", re.ASCII)


# --- values in registers -----------------------------------------------------------------------------------------


class Words(AnyWords):
    """What words registers hold, and what instructions read of registers."""

    __slots__ = ()

    def read(self, gpr: Gpr) -> Expr:
        """What an instruction reads of a register, as an unsigned number of its width."""
        self.need(gpr.width)
        if gpr.is_zero:
            return Const(0)
        return self.unsigned(Reg(gpr.name), gpr.width)


# --- the operands of an instruction ------------------------------------------------------------------------------


class Operands(AnyOperands):
    """The operands of one instruction. All methods raise ParseError."""

    __slots__ = ("words",)

    def __init__(self, cell: InstructionText, name: str, at: int, usage: str, words: Words) -> None:
        self.words = words
        super().__init__(cell, name, at, usage, _SYNTAX)

    def _parts(self) -> list[tuple[str, int]]:
        try:
            return super()._parts()
        except ParseError:
            lane = _LANE.search(self.cell.text)  # V0.B[1], which is no operand by the commas and brackets
            if lane is None:
                raise
            raise UnsupportedError("vector registers are not supported", self.cell.place(*lane.span())) from None

    def _inner(self, start: int, end: int) -> Operands:
        inner = super()._inner(start, end)
        inner.words = self.words
        return inner

    def text(self, index: int) -> str:
        """The text of an operand, "" if it is missing."""
        return self.texts[index] if index < len(self.texts) else ""

    # --- registers ---------------------------------------------------------------------------------------------------

    def gpr(self, index: int, width: int = 0, stack: bool = False) -> Gpr:
        """A register; of a width, if one is given. It is SP only where that may be named, if `stack`."""
        text = self.text(index)
        found = self._gpr(text, self.place(index) if text not in GPRS else None)
        if found.name == _STACK and not stack:
            raise self.error(index, "a register other than SP")
        if width and found.width != width:
            raise self.error(index, "a W register" if width == 32 else "an X register")
        return found

    def maybe_gpr(self, index: int, stack: bool = False) -> Gpr | None:
        """A register; None if the operand is no register."""
        text = self.text(index)
        return self.gpr(index, stack=stack) if text in GPRS or _SYMBOLIC.match(text) else None

    def _gpr(self, text: str, span: Span | None) -> Gpr:
        found = GPRS.get(text)
        if found is not None:
            return found
        match = _SYMBOLIC.match(text)
        if match is not None and match[2] in self.cell.symbolic:
            letter = match[1].upper() or "X"
            name = self.cell.symbolic[match[2]]
            shown = f"{letter}{name}" if name[0] == "%" else letter + name[1:]
            return Gpr(name, 64 if letter == "X" else 32, shown)
        if not text:
            raise ParseError("expected a register, found the end", span, self.hint)
        if _VECTOR.match(text):
            raise UnsupportedError("vector registers are not supported", span)
        raise ParseError(f"no register {quoted(text)}", span, did_you_mean(text.upper(), _UPPER) or self.hint)

    def label(self, index: int) -> str:
        """The name of a label, or a distance such as `.+8`, in bytes from this instruction."""
        match = _DISTANCE.fullmatch(self.text(index))
        if match is None or self.name in ("ADR", "BL"):
            return super().label(index)
        if int(match[2]) % INSTRUCTION_BYTES:
            raise ParseError(f"a distance is a multiple of {INSTRUCTION_BYTES}", self.place(index), self.hint)
        return f".{match[1]}{match[2]}"

    def extension(self, index: int, known: Iterable[str], most: int) -> tuple[str, int, bool]:
        """A shift or an extension such as `LSL #2` or `SXTW`: its name, its number, and whether it has one."""
        text = self.text(index)
        match = _EXTENSION.match(text)
        name = match[1].upper() if match else ""
        if match is None or name not in known:
            raise self.error(index, f"one of {', '.join(known)}")
        if match[2] is None:
            return name, 0, False
        amount = parse_number(match[2])
        if amount is None or not 0 <= amount <= most:
            message = f"{quoted(match[2])} is not a number from 0 to {most}"
            raise ParseError(message, self.place(index), self.hint)
        return name, amount, True

    def base(self, index: int) -> Gpr:
        """`[X1]` or `[X1,#0]`: the register of an address without anything else."""
        return self.alone(index).gpr(0, 64, stack=True)


def address(base: Gpr, offset: Expr | None = None) -> Expr:
    """The value of a register that holds an address, and an offset."""
    where: Expr = Const(0) if base.is_zero else Reg(base.name)
    if offset is None or offset == Const(0):
        return where
    return Op("add", (where, offset))
