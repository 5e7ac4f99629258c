"""The instructions of ARM that compute: arithmetic, logic, moves, products, parts of registers.

An operation on bits that sets flags leaves V as it is, and C unless it shifts.
Source: ARM Architecture Reference Manual, DDI 0406, sections A4.4 and A8.8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from litmus.dialects._arm import CARRY, LOGIC, after_add, after_subtract, sign_and_zero
from litmus.dialects.arm.operands import ROTATED, SHIFTS, Second, most, second, shift, shifted, three, with_carry
from litmus.frontend.arithmetic import (
    Binary,
    Part,
    Unary,
    high_half,
    in_other_order,
    leading_zeros,
    low_bits,
    plain,
    quotient,
    signed,
    unsigned,
)
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import Build, Row, printed_as
from litmus.frontend.operands import Operands
from litmus.frontend.words import Words
from litmus.ir.thread import Assign, BinaryOperator, Const, Expr, Op, Reg, Statement, registers_in
from litmus.ir.values import wrap

_WORDS = Words(32)
_FLAGS_AFTER = {"add": after_add, "sub": after_subtract}
_CARRIED, _LOW = "what C was", "the low half"  # no register is called so


# --- the carry -------------------------------------------------------------------------------------------------------


def _of_old_carry(build: Build) -> Build:
    """An instruction that computes from C as it was before it, also what it computes after it has set C."""

    def kept(operands: Operands) -> Instruction:
        found = build(operands)
        body = found.statements
        at = next((k for k, s in enumerate(body) if isinstance(s, Assign) and s.dest == "C"), len(body))
        if not any("C" in registers_in(s.expr) for s in body[at + 1 :] if isinstance(s, Assign)):
            return found
        later = [replace(s, expr=_with_carried(s.expr)) if isinstance(s, Assign) else s for s in body[at + 1 :]]
        return replace(found, statements=(Assign(_CARRIED, CARRY, operands.span), *body[: at + 1], *later))

    return kept


def _with_carried(expr: Expr) -> Expr:
    if isinstance(expr, Op):
        return Op(expr.op, tuple([_with_carried(arg) for arg in expr.args]))
    return Reg(_CARRIED) if expr == CARRY else expr


# --- arithmetic ------------------------------------------------------------------------------------------------------


def _arithmetic(op: BinaryOperator, sets: bool, reverse: bool = False) -> Build:
    """ADD, SUB and, with its operands in reverse, RSB."""

    def build(operands: Operands) -> Instruction:
        d, n, other = three(operands)
        left, right = (other.value, Reg(n)) if reverse else (Reg(n), other.value)
        body: list[Statement] = _FLAGS_AFTER[op](_WORDS, left, right, 32, operands.span) if sets else []
        body.append(Assign(d, Op(op, (left, right)), operands.span))
        return Instruction(tuple(body), f"{operands.name} {d},{n},{other.text}")

    return build


def _with_carry(name: str, sets: bool) -> Build:
    """ADC, SBC and RSC: the sum of two operands, one of them inverted but for ADC, and of C."""

    def build(operands: Operands) -> Instruction:
        d, n, other = three(operands)
        left, right = (other.value, Reg(n)) if name == "RSC" else (Reg(n), other.value)
        if name != "ADC":
            right = Op("not", (right,))
        body: list[Statement] = after_add(_WORDS, left, right, 32, operands.span, CARRY) if sets else []
        body.append(Assign(d, Op("add", (Op("add", (left, right)), CARRY)), operands.span))
        return Instruction(tuple(body), f"{operands.name} {d},{n},{other.text}")

    return build


def _negate(sets: bool) -> Build:
    """NEG, which is RSB from 0."""

    def build(operands: Operands) -> Instruction:
        d, m = operands.reg(0), operands.reg(1)
        body: list[Statement] = after_subtract(_WORDS, Const(0), Reg(m), 32, operands.span) if sets else []
        body.append(Assign(d, Op("neg", (Reg(m),)), operands.span))
        return Instruction(tuple(body), f"{'RSBS' if sets else 'RSB'} {d},{m},#0")

    return build


def _compare(op: BinaryOperator) -> Build:
    """CMP and CMN."""

    def build(operands: Operands) -> Instruction:
        n, other = operands.reg(0), second(operands, 1)
        body = _FLAGS_AFTER[op](_WORDS, Reg(n), other.value, 32, operands.span)
        return Instruction(tuple(body), f"{operands.name} {n},{other.text}")

    return build


# --- operations on bits ----------------------------------------------------------------------------------------------


def _flags(operands: Operands, value: Expr, carry: Expr | None) -> list[Statement]:
    """The flags after an operation on bits: V stays, and so does C without a `carry`."""
    found = sign_and_zero(_WORDS, value, 32, operands.span)
    return found if carry is None else [*found, Assign("C", carry, operands.span)]


def _logical(
    operands: Operands, dest: str, value: Expr, sets: bool, text: str, carry: Expr | None = None
) -> Instruction:
    """An operation on bits, and the flags after it if it sets them."""
    body = (*(_flags(operands, value, carry) if sets else []), Assign(dest, value, operands.span))
    return Instruction(body, f"{operands.name} {text}")


def _logic(value: Binary, sets: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        d, n, other = three(operands)
        return _logical(operands, d, value(Reg(n), other.value), sets, f"{d},{n},{other.text}", other.carry)

    return build


def _exclusive_or(operands: Operands) -> Instruction:
    """EORS, which herd7 prints, and takes, for EOR."""
    found = _logic(LOGIC["EOR"], True)(operands)
    return replace(found, hashed=found.text.replace("EORS", "EOR", 1))


def _move(inverted: bool, sets: bool) -> Build:
    """MOV and MVN."""

    def build(operands: Operands) -> Instruction:
        d, found = operands.reg(0), second(operands, 1)
        value = Op("not", (found.value,)) if inverted else found.value
        return _logical(operands, d, value, sets, f"{d},{found.text}", found.carry)

    return build


def _shift_by(kind: str, sets: bool) -> Build:
    """LSL and its kin, of a register by a number or by another register."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        n, at = (d, 1) if len(operands) == 2 else (operands.reg(1), 2)
        if operands.is_register(at):
            by = operands.reg(at)
            count, text = low_bits(Reg(by), 255), by
        else:
            given = second(operands, at)
            count, text = Const(operands.number(at, 0, most(kind))), given.text
        value, carry = shifted(kind, Reg(n), count)
        return _logical(operands, d, value, sets, f"{d},{n},{text}", carry)

    return build


def _rotate_with_carry(sets: bool) -> Build:
    """RRX."""

    def build(operands: Operands) -> Instruction:
        d, m = operands.reg(0), operands.reg(1)
        return _logical(operands, d, with_carry(Reg(m)), sets, f"{d},{m}", low_bits(Reg(m), 1))

    return build


def _test(value: Binary) -> Build:
    """TST and TEQ."""

    def build(operands: Operands) -> Instruction:
        n, other = operands.reg(0), second(operands, 1)
        body = _flags(operands, value(Reg(n), other.value), other.carry)
        return Instruction(tuple(body), f"{operands.name} {n},{other.text}")

    return build


def _move_half(top: bool) -> Build:
    """MOVW, a number of 16 bits, and MOVT, which puts one into the upper half of a register and keeps the lower."""

    def build(operands: Operands) -> Instruction:
        d, number = operands.reg(0), operands.number(1, 0, (1 << 16) - 1)
        value: Expr = Const(number)
        if top:
            value = Op("or", (Op("and", (Reg(d), Const((1 << 16) - 1))), Const(wrap(number << 16, 32))))
        body = (Assign(d, value, operands.span),)
        text = f"{operands.name} {d},#{number}"
        return Instruction(body, text, hashed=f"{operands.name}{' ' * top}{d}, #{number}")  # as herd7 prints it

    return build


# --- products and quotients ------------------------------------------------------------------------------------------


def _multiply(accumulate: str, sets: bool = False) -> Build:
    """MUL, MLA and MLS."""

    def build(operands: Operands) -> Instruction:
        d, n = operands.reg(0), operands.reg(1)
        m = d if len(operands) == 2 else operands.reg(2)
        value: Expr = Op("mul", (Reg(n), Reg(m)))
        shown = [d, n, m]
        if accumulate:
            shown.append(operands.reg(3))
            left, right = (value, Reg(shown[3])) if accumulate == "add" else (Reg(shown[3]), value)
            value = Op("add", (left, right)) if accumulate == "add" else Op("sub", (left, right))
        return _logical(operands, d, value, sets, ",".join(shown))

    return build


def _multiply_long(has_sign: bool, adds: Literal["", "both", "each"]) -> Build:
    """SMULL and its kin: products of 64 bits in two registers, to which `both` together or `each` of them is added."""

    def build(operands: Operands) -> Instruction:
        low, high, n, m = (operands.reg(index) for index in range(4))
        if low == high:
            raise operands.error(1, "another register than the first")
        product: Expr = Op("mul", (Reg(n), Reg(m)))
        upper = high_half(Reg(n), Reg(m), 32, has_sign, has_sign)
        for added in {"": (), "both": (low,), "each": (low, high)}[adds]:
            total = Op("add", (product, Reg(added)))
            upper, product = Op("add", (upper, Op("ult", (total, Reg(added))))), total
        if adds == "both":
            upper = Op("add", (upper, Reg(high)))
        body = [Assign(_LOW, product, operands.span), Assign(high, upper, operands.span)]
        body.append(Assign(low, Reg(_LOW), operands.span))
        return Instruction(tuple(body), f"{operands.name} {low},{high},{n},{m}")

    return build


def _divide(has_sign: bool) -> Build:
    """SDIV and UDIV: the quotient towards 0; 0 if the divisor is 0."""

    def build(operands: Operands) -> Instruction:
        d, n = operands.reg(0), operands.reg(1)
        n, m = (d, n) if len(operands) == 2 else (n, operands.reg(2))
        return operands.assign(d, quotient(Reg(n), Reg(m), 0, has_sign), f"{operands.name} {d},{n},{m}")

    return build


# --- parts of registers ----------------------------------------------------------------------------------------------


def _extend(part: Part, width: int, adds: bool) -> Build:
    """UXTB and its kin: a part of a register as a number, which `adds` to another; it may be rotated by 8, 16 or 24."""

    def build(operands: Operands) -> Instruction:
        d, count = operands.reg(0), len(operands)
        at = 2 if adds else 1
        if not adds and count == 3 and operands.is_register(2):
            raise operands.error(2, "ROR #8, ROR #16, ROR #24 or nothing")
        found = Second(Reg(operands.reg(at)), operands.reg(at))
        if count == at + 2:
            found = shift(operands, at + 1, operands.reg(at), by_register=False)
            if found.text.split(",")[1] not in ("ROR #0", "ROR #8", "ROR #16", "ROR #24"):
                raise operands.error(at + 1, "ROR #8, ROR #16, ROR #24 or nothing")
        value, shown = part(found.value, width, 32), found.text
        if adds:
            n = operands.reg(1)
            value, shown = Op("add", (Reg(n), value)), f"{n},{shown}"
        return operands.assign(d, value, f"{operands.name} {d},{shown}")

    return build


def _field(operands: Operands, at: int) -> tuple[int, int]:
    """The lowest bit of a field and how many it has."""
    lowest = operands.number(at, 0, 31)
    return lowest, operands.number(at + 1, 1, 32 - lowest)


def _extract(part: Part) -> Build:
    """UBFX and SBFX: a field of a register as a number."""

    def build(operands: Operands) -> Instruction:
        d, n = operands.reg(0), operands.reg(1)
        lowest, count = _field(operands, 2)
        value = part(Op("shr", (Reg(n), Const(lowest))) if lowest else Reg(n), count, 32)
        return operands.assign(d, value, f"{operands.name} {d},{n},#{lowest},#{count}")

    return build


def _insert(operands: Operands) -> Instruction:
    """BFI, which puts the low bits of a register into a field of another, and BFC, which puts 0 there."""
    d, clears = operands.reg(0), operands.name == "BFC"
    lowest, count = _field(operands, 1 if clears else 2)
    mask = (1 << count) - 1
    value: Expr = low_bits(Reg(d), wrap(~(mask << lowest), 32))
    text = f"#{lowest},#{count}"
    if not clears:
        n = operands.reg(1)
        field = unsigned(Reg(n), count, 32)
        value, text = Op("or", (value, Op("shl", (field, Const(lowest))) if lowest else field)), f"{n},{text}"
    return operands.assign(d, value, f"{operands.name} {d},{text}")


def _of_one(value: Unary) -> Build:
    """CLZ, RBIT and REV and its kin."""

    def build(operands: Operands) -> Instruction:
        d, m = operands.reg(0), operands.reg(1)
        return operands.assign(d, value(Reg(m)), f"{operands.name} {d},{m}")

    return build


_UNARY: Mapping[str, Callable[[Expr], Expr]] = {
    "CLZ": lambda a: leading_zeros(a, 32, 32),
    "RBIT": lambda a: in_other_order(a, 1, 32, 32),
    "REV": lambda a: in_other_order(a, 8, 32, 32),
    "REV16": lambda a: in_other_order(a, 8, 16, 32),
    "REVSH": lambda a: signed(in_other_order(a, 8, 16, 32), 16, 32),
}


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    return ((name, usage, _of_old_carry(build)) for name, usage, build in _rows())


def _rows() -> Iterable[Row]:
    forms, two = "Rd{,Rn},#number|Rm{,shift}", "Rd,#number|Rm{,shift}"
    for s in ("", "S"):
        yield f"ADD{s}", forms, _arithmetic("add", bool(s))
        yield f"SUB{s}", forms, _arithmetic("sub", bool(s))
        yield f"RSB{s}", forms, _arithmetic("sub", bool(s), reverse=True)
        for name in ("ADC", "SBC", "RSC"):
            yield f"{name}{s}", forms, _with_carry(name, bool(s))
        for name, value in LOGIC.items():
            yield f"{name}{s}", forms, _logic(value, bool(s))
        yield f"NEG{s}", "Rd,Rm", _negate(bool(s))
        yield f"MOV{s}", two, _move(False, bool(s))
        yield f"MVN{s}", two, _move(True, bool(s))
        for kind in (*SHIFTS, ROTATED):
            yield f"{kind}{s}", "Rd{,Rn},#number|Rm", _shift_by(kind, bool(s))
        yield f"RRX{s}", "Rd,Rm", _rotate_with_carry(bool(s))
        yield f"MUL{s}", "Rd,Rn{,Rm}", _multiply("", bool(s))
        yield f"MLA{s}", "Rd,Rn,Rm,Ra", _multiply("add", bool(s))
    yield "EORS", forms, _exclusive_or
    yield "XOR", forms, printed_as("EOR", _logic(LOGIC["EOR"], False))  # herd7 has this name
    yield "CMP", "Rn,#number|Rm{,shift}", _compare("sub")
    yield "CMN", "Rn,#number|Rm{,shift}", _compare("add")
    yield "TST", "Rn,#number|Rm{,shift}", _test(plain("and"))
    yield "TEQ", "Rn,#number|Rm{,shift}", _test(plain("xor"))
    yield "MOVW", "Rd,#number", _move_half(False)
    yield "MOVT", "Rd,#number", _move_half(True)
    yield "MLS", "Rd,Rn,Rm,Ra", _multiply("sub")
    for letter, part in (("U", unsigned), ("S", signed)):
        has_sign = letter == "S"
        yield f"{letter}MULL", "Rlow,Rhigh,Rn,Rm", _multiply_long(has_sign, "")
        yield f"{letter}MLAL", "Rlow,Rhigh,Rn,Rm", _multiply_long(has_sign, "both")
        yield f"{letter}DIV", "Rd{,Rn},Rm", _divide(has_sign)
        yield f"{letter}BFX", "Rd,Rn,#lowest,#count", _extract(part)
        for ending, width in (("B", 8), ("H", 16)):
            yield f"{letter}XT{ending}", "Rd,Rm{,ROR #number}", _extend(part, width, False)
            yield f"{letter}XTA{ending}", "Rd,Rn,Rm{,ROR #number}", _extend(part, width, True)
    yield "UMAAL", "Rlow,Rhigh,Rn,Rm", _multiply_long(False, "each")
    yield "BFI", "Rd,Rn,#lowest,#count", _insert
    yield "BFC", "Rd,#lowest,#count", _insert
    for name, unary in _UNARY.items():
        yield name, "Rd,Rm", _of_one(unary)
