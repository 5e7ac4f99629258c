"""The instructions of RISC-V that compute.

Source: The RISC-V instruction set manual, volume I, RV64I, "M", "B" (Zba, Zbb, Zbs) and Zicond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from litmus.frontend.arithmetic import (
    Binary,
    Part,
    Unary,
    cut,
    high_half,
    in_other_order,
    larger,
    leading_zeros,
    low_bits,
    plain,
    quotient,
    shifted,
    shifted_word,
    signed,
    smaller,
    unsigned,
    with_not,
)
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import Row, address, number, of_one, of_two, printed_as, with_number
from litmus.frontend.operands import Operands
from litmus.ir.thread import Const, Expr, Op
from litmus.ir.values import wrap

_ZERO, _ONE = Const(0), Const(1)


def _divided(has_sign: bool, a: Expr, b: Expr) -> Expr:
    """A quotient; with a divisor of 0 all its bits are 1, volume I, "M"."""
    return quotient(a, b, -1, has_sign)


def _left_over(has_sign: bool, a: Expr, b: Expr) -> Expr:
    return Op("sub", (a, Op("mul", (_divided(has_sign, a, b), b))))


def _of_halves(value: Callable[[bool, Expr, Expr], Expr], part: Part) -> Binary:
    """What a function makes of the low 32 bits of two numbers, as a signed number of 32 bits."""
    return lambda a, b: signed(value(True, part(a, 32, 64), part(b, 32, 64)), 32)


def _high(a_signed: bool, b_signed: bool) -> Binary:
    return lambda a, b: high_half(a, b, 64, a_signed, b_signed)


def _rotated(to_left: bool, width: int) -> Binary:
    """The low `width` bits of a word, rotated by the low bits of a count; a word of 32 is a signed number."""

    def value(a: Expr, b: Expr) -> Expr:
        a, count = unsigned(a, width), low_bits(b, width - 1)
        back = low_bits(Op("sub", (_ZERO, b)), width - 1)
        left, right = (count, back) if to_left else (back, count)
        return signed(Op("or", (Op("shl", (a, left)), Op("shr", (a, right)))), width)

    return value


def _scaled(places: int, width: int) -> Binary:
    """A sum of an index, shifted to the left, and a base."""
    return lambda a, b: Op("add", (Op("shl", (unsigned(a, width), Const(places))), b))


def _bit(change: Binary) -> Binary:
    """What a function makes of a word and of another that has only one bit, by its number."""
    return lambda a, b: change(a, Op("shl", (_ONE, low_bits(b, 63))))


def _zero_if(is_zero: bool) -> Binary:
    """The first operand, or 0, by whether the second is 0."""
    return lambda a, b: Op("ite", (b, a, _ZERO) if is_zero else (b, _ZERO, a))


def _trailing_zeros(value: Expr, width: int) -> Expr:
    return leading_zeros(unsigned(in_other_order(value, 1, width), width), width)


def _ones(value: Expr, width: int) -> Expr:
    """How many bits are 1."""
    found: Expr = low_bits(value, 1)
    for place in range(1, width):
        found = Op("add", (found, low_bits(Op("shr", (value, Const(place))), 1)))
    return found


def _bytes_with_ones(value: Expr) -> Expr:
    """All bits of each byte are 1 if any of them is."""
    found: Expr = _ZERO
    for byte in range(8):
        mask = wrap(0xFF << 8 * byte, 64)
        found = Op("or", (found, Op("ite", (low_bits(value, mask), Const(mask), _ZERO))))
    return found


OPERATIONS: Mapping[str, Binary] = {
    "add": plain("add"),
    "sub": plain("sub"),
    "and": plain("and"),
    "or": plain("or"),
    "xor": plain("xor"),
    "slt": plain("lt"),
    "sltu": plain("ult"),
    "sll": shifted("shl", 63),
    "srl": shifted("shr", 63),
    "sra": shifted("sar", 63),
    "addw": cut("add"),
    "subw": cut("sub"),
    "sllw": shifted_word("shl", unsigned),
    "srlw": shifted_word("shr", unsigned),
    "sraw": shifted_word("sar", signed),
    "mul": plain("mul"),
    "mulh": _high(True, True),
    "mulhu": _high(False, False),
    "mulhsu": _high(True, False),
    "mulw": cut("mul"),
    "andn": with_not("and"),
    "orn": with_not("or"),
    "xnor": with_not("xor"),
    "div": partial(_divided, True),
    "divu": partial(_divided, False),
    "rem": partial(_left_over, True),
    "remu": partial(_left_over, False),
    "divw": _of_halves(_divided, signed),
    "divuw": _of_halves(_divided, unsigned),
    "remw": _of_halves(_left_over, signed),
    "remuw": _of_halves(_left_over, unsigned),
    "max": larger("lt"),
    "min": smaller("lt"),
    "maxu": larger("ult"),
    "minu": smaller("ult"),
    "rol": _rotated(True, 64),
    "ror": _rotated(False, 64),
    "rolw": _rotated(True, 32),
    "rorw": _rotated(False, 32),
    **{f"sh{places}add": _scaled(places, 64) for places in (1, 2, 3)},
    **{f"sh{places}add.uw": _scaled(places, 32) for places in (1, 2, 3)},
    "add.uw": _scaled(0, 32),
    "bset": _bit(plain("or")),
    "bclr": _bit(with_not("and")),
    "binv": _bit(plain("xor")),
    "bext": lambda a, b: low_bits(Op("shr", (a, low_bits(b, 63))), 1),
    "czero.eqz": _zero_if(True),
    "czero.nez": _zero_if(False),
}
"""What instructions make of two registers, by mnemonic."""

_WITH_NUMBERS = ("and", "or", "slt", "sll", "srl", "sra", "ror", "bset", "bclr", "binv", "bext")
_IMMEDIATE = {
    **{f"{name}i": OPERATIONS[name] for name in _WITH_NUMBERS},
    "sltiu": OPERATIONS["sltu"],
    "addiw": OPERATIONS["addw"],
    **{f"{name}iw": OPERATIONS[f"{name}w"] for name in ("sll", "srl", "sra", "ror")},
    "slli.uw": lambda a, b: Op("shl", (unsigned(a, 32), low_bits(b, 63))),
}
_UNARY: Mapping[str, Unary] = {
    "mv": lambda a: a,
    "not": lambda a: Op("not", (a,)),
    "neg": lambda a: Op("neg", (a,)),
    "negw": lambda a: signed(Op("neg", (a,)), 32),
    "seqz": lambda a: Op("eq", (a, _ZERO)),
    "snez": lambda a: Op("ne", (a, _ZERO)),
    "sltz": lambda a: Op("lt", (a, _ZERO)),
    "sgtz": lambda a: Op("gt", (a, _ZERO)),
    **{f"sext.{letter}": partial(signed, width=width) for letter, width in (("b", 8), ("h", 16), ("w", 32))},
    **{f"zext.{letter}": partial(unsigned, width=width) for letter, width in (("b", 8), ("h", 16), ("w", 32))},
    "clz": lambda a: leading_zeros(a, 64),
    "clzw": lambda a: leading_zeros(unsigned(a, 32), 32),
    "ctz": lambda a: _trailing_zeros(a, 64),
    "ctzw": lambda a: _trailing_zeros(a, 32),
    "cpop": lambda a: _ones(a, 64),
    "cpopw": lambda a: _ones(a, 32),
    "rev8": lambda a: in_other_order(a, 8, 64),
    "orc.b": _bytes_with_ones,
}
_add = with_number(OPERATIONS["add"])


def _add_number(operands: Operands) -> Instruction:
    """`addi`, which is `mv` if the number is 0, as herd7 has it."""
    if operands.number(2):
        return _add(operands)
    d, a = operands.reg(0), operands.reg(1)
    return operands.assign(d, operands.read(a), f"mv {d},{a}")


def _xor_number(operands: Operands) -> Instruction:
    d, a, given = operands.reg(0), operands.reg(1), wrap(operands.number(2), 64)
    text = f"xori {d},{a},{given}"
    value: Expr = Op("xor", (operands.read(a), Const(given)))
    return operands.assign(d, value, text, hashed=f" {text}")  # herd7's hash has this blank


def _load_number(operands: Operands) -> Instruction:
    """`li`, of any number, for which the assembler finds instructions."""
    d, given = operands.reg(0), wrap(operands.number(1), 64)
    text = f"li {d},{given}"
    # herd7's hash has another instruction in its place; only later versions, which have not, take larger numbers
    short = -(1 << 62) <= given < 1 << 62
    return operands.assign(d, Const(given), text, hashed=f"ori {d},x0,{given}" if short else text)


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    for name, value in OPERATIONS.items():
        yield name, "rd,rs1,rs2", of_two(value)
    for name, value in _IMMEDIATE.items():
        yield name, "rd,rs1,number", with_number(value)
    yield "addi", "rd,rs1,number", _add_number
    yield "xori", "rd,rs1,number", _xor_number
    for name, unary in _UNARY.items():
        yield name, "rd,rs1", of_one(unary)
    yield "li", "rd,number", _load_number
    yield "lui", "rd,number", number(-(1 << 19), (1 << 20) - 1, shift=12, width=32)
    yield "la", "rd,location", address
    yield "lla", "rd,location", printed_as("la", address)
