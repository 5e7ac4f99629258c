"""What instructions compute: expressions that instruction sets have in common."""

from __future__ import annotations

from collections.abc import Callable

from litmus.ir.thread import BinaryOperator, Const, Expr, Op
from litmus.ir.values import wrap

Unary = Callable[[Expr], Expr]
Binary = Callable[[Expr, Expr], Expr]
Part = Callable[[Expr, int, int], Expr]
"""`signed` or `unsigned`."""


def signed(value: Expr, width: int, bits: int = 64) -> Expr:
    """The low `width` bits of a word of `bits` bits, as a signed number."""
    if width >= bits:
        return value
    if isinstance(value, Const) and isinstance(value.value, int):
        return Const(wrap(value.value, width))
    if isinstance(value, Op) and value.op == "and" and value.args[1] == Const((1 << width) - 1):
        value = value.args[0]
    shift = Const(bits - width)
    return Op("sar", (Op("shl", (value, shift)), shift))


def unsigned(value: Expr, width: int, bits: int = 64) -> Expr:
    """The low `width` bits of a word of `bits` bits, as an unsigned number."""
    return value if width >= bits else low_bits(value, (1 << width) - 1)


def plain(op: BinaryOperator) -> Binary:
    """The operator itself."""
    return lambda a, b: Op(op, (a, b))


def with_not(op: BinaryOperator) -> Binary:
    """The operator with its second operand inverted."""
    return lambda a, b: Op(op, (a, Op("not", (b,))))


def inverted(op: BinaryOperator) -> Binary:
    """The operator with its result inverted."""
    return lambda a, b: Op("not", (Op(op, (a, b)),))


def cut(op: BinaryOperator, width: int = 32) -> Binary:
    """The operator, and the low `width` bits of the result as a signed number."""
    return lambda a, b: signed(Op(op, (a, b)), width)


def shifted(op: BinaryOperator, most: int) -> Binary:
    """A shift by the low bits of a count, those of `most`."""
    return lambda a, b: Op(op, (a, low_bits(b, most)))


def shifted_word(op: BinaryOperator, part: Part) -> Binary:
    """A shift of the low 32 bits by less than 32, and the result as a signed number."""
    return lambda a, b: signed(Op(op, (part(a, 32, 64), low_bits(b, 31))), 32)


def low_bits(value: Expr, mask: int) -> Expr:
    """The bits of a value that are in a mask."""
    if isinstance(value, Const) and isinstance(value.value, int):
        return Const(value.value & mask)
    return Op("and", (value, Const(mask)))


def not_less(a: Expr, b: Expr) -> Expr:
    """Whether one unsigned number is not less than another."""
    return Op("lnot", (Op("ult", (a, b)),))


def larger(less: BinaryOperator) -> Binary:
    """The larger of two numbers by an operator, `lt` or `ult`."""
    return lambda a, b: Op("ite", (Op(less, (a, b)), b, a))


def smaller(less: BinaryOperator) -> Binary:
    """The smaller of two numbers by an operator, `lt` or `ult`."""
    return lambda a, b: Op("ite", (Op(less, (a, b)), a, b))


def quotient(a: Expr, b: Expr, zero: int, has_sign: bool = True) -> Expr:
    """The quotient towards 0 of two words, as signed or else as unsigned numbers; `zero` if the divisor is 0."""
    divisor = Op("ite", (b, b, Const(1)))
    found = Op("div", (a, divisor)) if has_sign else _unsigned_quotient(a, divisor)
    return Op("ite", (b, found, Const(zero)))


def _unsigned_quotient(a: Expr, b: Expr) -> Expr:
    """The quotient of unsigned words, by a division of signed ones.

    A divisor with its highest bit set is in the other number once or never. By any other, half of the number is
    divided, which is no negative one; twice that quotient is right or one less than right.
    """
    half = Op("div", (Op("shr", (a, Const(1))), b))
    twice = Op("shl", (half, Const(1)))
    left = Op("sub", (a, Op("mul", (twice, b))))
    exact = Op("add", (twice, not_less(left, b)))
    return Op("ite", (Op("lt", (b, Const(0))), not_less(a, b), exact))


# --- products, and the bits of a word --------------------------------------------------------------------------------


def high_half(a: Expr, b: Expr, bits: int, a_signed: bool, b_signed: bool) -> Expr:
    """The upper half of the product of two words of `bits` bits, each a signed or an unsigned number.

    By products of halves, none of which is more than a word.
    """
    half = Const(bits // 2)
    low = [low_bits(value, (1 << bits // 2) - 1) for value in (a, b)]
    high = [Op("shr", (value, half)) for value in (a, b)]
    crossed = [Op("mul", pair) for pair in ((low[0], high[1]), (high[0], low[1]))]
    middle: Expr = Op("shr", (Op("mul", (low[0], low[1])), half))
    total: Expr = Op("mul", (high[0], high[1]))
    for product in crossed:
        middle = Op("add", (middle, low_bits(product, (1 << bits // 2) - 1)))
        total = Op("add", (total, Op("shr", (product, half))))
    total = Op("add", (total, Op("shr", (middle, half))))
    for value, other, has_sign in ((a, b, a_signed), (b, a, b_signed)):
        if has_sign:  # a negative number is 2**bits less than the same word without a sign
            total = Op("sub", (total, Op("ite", (Op("lt", (value, Const(0))), other, Const(0)))))
    return total


def leading_zeros(value: Expr, width: int, bits: int = 64) -> Expr:
    """How many of the bits at the left end of a number of `width` bits are 0, in a word that has no others."""
    found: Expr = Const(0)
    for place in range(width):
        found = Op("add", (found, Op("ult", (value, Const(wrap(1 << place, bits))))))
    return found


def trailing_zeros(value: Expr, width: int, bits: int = 64) -> Expr:
    """How many of the bits at the right end of a number of `width` bits are 0."""
    found: Expr = Const(0)
    for count in range(1, width + 1):
        found = Op("add", (found, Op("eq", (low_bits(value, wrap((1 << count) - 1, bits)), Const(0)))))
    return found


def ones(value: Expr, width: int) -> Expr:
    """How many of the low bits of a word are 1."""
    found: Expr = Const(0)
    for place in range(width):
        found = Op("add", (found, low_bits(Op("shr", (value, Const(place))), 1)))
    return found


def in_other_order(value: Expr, unit: int, group: int, bits: int = 64) -> Expr:
    """A word in which the units of as many bits are in the opposite order in each group of bits."""
    size = unit
    while size < group:
        mask = Const(wrap(sum(((1 << size) - 1) << at for at in range(0, bits, 2 * size)), bits))
        left = Op("shl", (Op("and", (value, mask)), Const(size)))
        value = Op("or", (left, Op("and", (Op("shr", (value, Const(size))), mask))))
        size *= 2
    return value
