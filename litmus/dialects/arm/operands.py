"""The operands of ARM instructions: registers, second operands that may be shifted, and places in memory.

Source: ARM Architecture Reference Manual, DDI 0406, sections A5.2.4 and A8.4 (shifts), A8.5 (memory).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from litmus.base.records import dataclass
from litmus.dialects._arm import CARRY
from litmus.frontend.arithmetic import low_bits
from litmus.frontend.operands import Operands, Syntax, moved
from litmus.ir.thread import Assign, BinaryOperator, Const, Expr, Op, Reg, Statement
from litmus.ir.values import wrap

NUMBERED = tuple(f"R{n}" for n in range(13))
RANKS: Mapping[str, int] = {name: rank for rank, name in enumerate((*NUMBERED, "SP", "LR", "FP"))}
"""The registers, with their ranks in state lines; herd7 has R11 and FP apart."""

_SPELLINGS = {**{name: name for name in RANKS}, "R13": "SP", "R14": "LR", "IP": "R12"}
SYNTAX = Syntax(
    {**_SPELLINGS, **{name.lower(): found for name, found in _SPELLINGS.items()}}, sign="#", bits=32, memory="[R1]"
)


# --- shifts ----------------------------------------------------------------------------------------------------------

SHIFTS: Mapping[str, BinaryOperator] = {"LSL": "shl", "LSR": "shr", "ASR": "sar"}
ROTATED = "ROR"
_SHIFT = re.compile(r"([A-Za-z]+)\s*(.*)\Z", re.ASCII)
_TOP = Const(31)
_WORD = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Second:
    """The last operand of arithmetic: its value, how it is written, and what the flag C is after an operation on bits.

    `carry` is None if C stays as it is.
    """

    value: Expr
    text: str
    carry: Expr | None = None


def most(kind: str) -> int:
    """The largest number by which an instruction shifts."""
    return 31 if kind in ("LSL", ROTATED) else 32


def shifted(kind: str, value: Expr, count: Expr) -> tuple[Expr, Expr | None]:
    """A value, shifted or rotated by a count of at most 8 bits, and the flag C after that, None if it stays."""
    if count == Const(0):
        return value, None
    known = count.value if isinstance(count, Const) and isinstance(count.value, int) else None
    if kind == ROTATED:
        by = low_bits(count, 31)
        back = Const(32 - known % 32) if known is not None else Op("sub", (Const(32), by))
        found: Expr = Op("or", (Op("shr", (value, by)), Op("shl", (value, back))))
        last: Expr = Op("shr", (found, _TOP))
    else:
        found = Op(SHIFTS[kind], (value, count))
        bit: Expr = Op("sub", (Const(32), count)) if kind == "LSL" else Op("sub", (count, Const(1)))
        if known is not None:
            bit = Const(32 - known if kind == "LSL" else known - 1)
        last = low_bits(Op("sar" if kind == "ASR" else "shr", (value, bit)), 1)
    return found, last if known is not None else Op("ite", (count, last, CARRY))


def is_shift(operands: Operands, index: int) -> bool:
    """Whether an operand is like `LSL #2`, `ROR R1` or `RRX`."""
    match = _SHIFT.match(operands.texts[index])
    return match is not None and match[1].upper() in (*SHIFTS, ROTATED, "RRX") and not operands.is_register(index)


def shift(operands: Operands, index: int, register: str, by_register: bool = True) -> Second:
    """A register as the operand `LSL #2`, `LSL R1` or `RRX` shifts it, and the text of both."""
    match = _SHIFT.match(operands.texts[index])
    kind, value = match[1].upper() if match else "", Reg(register)
    if by_register and kind == "RRX" and match is not None and not match[2]:
        return Second(with_carry(value), f"{register},RRX", low_bits(value, 1))
    if match is None or kind not in (*SHIFTS, ROTATED):
        raise operands.error(index, f"one of {', '.join((*SHIFTS, ROTATED))}")
    by = operands.syntax.registers.get(match[2])
    if by is not None and by_register:
        count, text = low_bits(Reg(by), 255), by
    else:
        amount = operands.number_in(match[2], index, 0, most(kind))
        count, text = Const(amount), f"#{amount}"
    found, carry = shifted(kind, value, count)
    return Second(found, f"{register},{kind} {text}", carry)


def with_carry(value: Expr) -> Expr:
    """RRX: a value shifted to the right by one, with the flag C at its left end."""
    return Op("or", (Op("shr", (value, Const(1))), Op("shl", (CARRY, _TOP))))


def second(operands: Operands, index: int) -> Second:
    """The last operand of arithmetic, a number or a register, which may be shifted."""
    if not operands.is_register(index):
        if len(operands) > index + 1:
            raise operands.error(index, "a register")
        if not operands.is_number(index):
            operands.reg(index)
        number = operands.number(index)
        return Second(Const(wrap(number, 32)), f"#{number}", _carry_of(number & _WORD))
    register = operands.reg(index)
    if len(operands) == index + 1:
        return Second(Reg(register), register)
    return shift(operands, index + 1, register)


def _carry_of(number: int) -> Expr | None:
    """What a number makes of C: in an instruction it is 8 bits that are rotated, and C the top bit if they are.

    An assembler takes the opposite instruction, such as BIC for AND, where that has such a number.
    """
    written = number if _is_rotated(number) else number ^ _WORD
    return None if written <= 255 else Const(written >> 31)


def _is_rotated(number: int) -> bool:
    """Whether a number of 32 bits is one of 8 that are rotated by an even count; none has to be rotated if it has 8."""
    return any((number << by | number >> 32 - by) & _WORD <= 255 for by in range(0, 32, 2))


def three(operands: Operands) -> tuple[str, str, Second]:
    """`R0,R1,R2{,shift}`, or `R0,R2{,shift}` for `R0,R0,R2`: the registers and the last operand."""
    d = operands.reg(0)
    if len(operands) == 2 or (len(operands) == 3 and is_shift(operands, 2)):
        return d, d, second(operands, 1)
    return d, operands.reg(1), second(operands, 2)


# --- places in memory ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class At:
    """An operand in memory: its address, how it is written, its base register, and what that is set to, and when."""

    addr: Expr
    text: str
    base: str
    stepped: Expr | None = None
    before: bool = False

    def around(self, operands: Operands, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """The statements of an access with the one that steps the base register."""
        if self.stepped is None:
            return body
        step = Assign(self.base, self.stepped, operands.span)
        return (step, *body) if self.before else (*body, step)


def _offset(operands: Operands, index: int) -> tuple[Expr | int, str]:
    """`#4`, `R2`, `-R2` or `R2,LSL #2`: what is added to a base register, and its text."""
    if operands.is_number(index):
        number = operands.number(index, -4095, 4095)
        return number, f"#{number}"
    if operands.texts[index][:1] == "-":
        register = operands.syntax.registers.get(operands.texts[index][1:].lstrip(), "")
        if not register or len(operands) > index + 1:
            raise operands.error(index, "a register")
        return Op("neg", (Reg(register),)), f"-{register}"
    register = operands.reg(index)
    if len(operands) == index + 1:
        return Reg(register), register
    found = shift(operands, index + 1, register, by_register=False)
    return found.value, found.text.replace("LSL", "lsl")  # as herd7 prints it


def _plus(base: Expr, offset: Expr | int) -> Expr:
    return moved(base, offset) if isinstance(offset, int) else Op("add", (base, offset))


def at_place(operands: Operands, index: int) -> At:
    """`[R1]`, `[R1,#4]`, `[R1,#4]!`, `[R1],#4`, `[R1,R2]` or `[R1,R2,LSL #2]`; herd7 also has `R1` for `[R1]`."""
    if operands.is_register(index) and len(operands) == index + 1:
        base = operands.reg(index)
        return At(Reg(base), f"[{base}]", base)
    inner, before = operands.inside(index)
    base = inner.reg(0)
    if len(inner) > 3:
        raise operands.error(index, "an address in brackets")
    if len(operands) > index + 1:
        if len(inner) > 1 or before:
            raise operands.error(index + 1, "the end of the instruction")
        offset, text = _offset(operands, index + 1)
        return At(Reg(base), f"[{base}],{text}", base, _plus(Reg(base), offset))
    if len(inner) == 1:
        if before:
            raise operands.error(index, "an offset before '!'")
        return At(Reg(base), f"[{base}]", base)
    offset, text = _offset(inner, 1)
    addr = _plus(Reg(base), offset)
    if before:
        return At(Reg(base), f"[{base},{text}]!", base, addr, before)
    return At(addr, f"[{base},{text}]" if offset else f"[{base}]", base)


def alone(operands: Operands, index: int) -> str:
    """`[R1]`: the register of an address without anything else; herd7 also has `R1`."""
    if operands.is_register(index):
        return operands.reg(index)
    return operands.alone(index).reg(0)
