"""Arithmetic on values: two's complement integers of a given width, and addresses of locations.

An address is a symbol with an offset; what number it is, no execution knows. So it has the operations whose result does
not depend on that number: adding an integer, comparing and subtracting addresses of one symbol, and the identities that
hold for every number (`a ^ a = 0`, `a & 0 = 0`, `a | 0 = a` ...), which litmus tests use for false dependencies. An
address equals no integer. Everything else is undefined, and so is division by 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from litmus.ir.thread import Address, Operator, Value


def wrap(number: int, bits: int) -> int:
    """The signed number of `bits` bits that is congruent to `number`."""
    half = 1 << bits - 1
    return (number + half & (1 << bits) - 1) - half


def divided(number: int, count: int, bits: int) -> tuple[int, ...]:
    """The parts of a number, the least significant first: `count` signed numbers of `bits` bits."""
    return tuple([wrap(number >> bits * k, bits) for k in range(count)])


def joined(parts: Sequence[Value], bits: int) -> Value:
    """The signed number that has these parts of `bits` bits, the least significant first; a value by itself is whole.

    Raises ValueError for an address among several parts.
    """
    if len(parts) == 1:
        return parts[0]
    number = 0
    for k, part in enumerate(parts):
        if not isinstance(part, int):
            raise ValueError(f"the address {part} is part of a value")
        number |= (part & (1 << bits) - 1) << bits * k
    return wrap(number, bits * len(parts))


def is_true(value: Value) -> bool:
    """Whether a value is not 0; an address never is."""
    return value != 0


def apply(op: Operator, args: tuple[Value, ...], bits: int) -> Value | None:
    """The result of an operator at `bits` bits; None if it is undefined."""
    if op == "ite":
        return args[1] if args[0] != 0 else args[2]
    if len(args) == 1:
        (a,) = args
        if op == "lnot":
            return int(a == 0)
        operator = _UNARY[op]
        return wrap(operator(a), bits) if isinstance(a, int) else None
    a, b = args
    if isinstance(a, int) and isinstance(b, int):
        number = _BINARY[op](a, b, bits)
        return None if number is None else wrap(number, bits)
    return _on_addresses(op, a, b, bits)


def _divide(a: int, b: int, bits: int) -> int | None:
    if b == 0:
        return None
    quotient = abs(a) // abs(b)  # towards 0, as C and the machines have it
    return quotient if (a < 0) == (b < 0) else -quotient


def _unsigned(a: int, bits: int) -> int:
    return a & (1 << bits) - 1


# A shift by the width or more gives what shifting one bit at a time would; a dialect whose machine takes the count
# modulo the width says so with an `and`. The count is compared first, so that no huge number is ever built.
def _shift_left(a: int, b: int, bits: int) -> int:
    count = _unsigned(b, bits)
    return a << count if count < bits else 0


def _shift_right(a: int, b: int, bits: int) -> int:
    return _unsigned(a, bits) >> min(_unsigned(b, bits), bits)


def _shift_right_signed(a: int, b: int, bits: int) -> int:
    return wrap(a, bits) >> min(_unsigned(b, bits), bits)


_UNARY: Mapping[Operator, Callable[[int], int]] = {"neg": lambda a: -a, "not": lambda a: ~a}

_BINARY: Mapping[Operator, Callable[[int, int, int], int | None]] = {
    "add": lambda a, b, bits: a + b,
    "sub": lambda a, b, bits: a - b,
    "mul": lambda a, b, bits: a * b,
    "div": _divide,
    "and": lambda a, b, bits: a & b,
    "or": lambda a, b, bits: a | b,
    "xor": lambda a, b, bits: a ^ b,
    "nor": lambda a, b, bits: ~(a | b),
    "shl": _shift_left,
    "shr": _shift_right,
    "sar": _shift_right_signed,
    "eq": lambda a, b, bits: a == b,
    "ne": lambda a, b, bits: a != b,
    "lt": lambda a, b, bits: a < b,
    "le": lambda a, b, bits: a <= b,
    "gt": lambda a, b, bits: a > b,
    "ge": lambda a, b, bits: a >= b,
    "ult": lambda a, b, bits: _unsigned(a, bits) < _unsigned(b, bits),
    "land": lambda a, b, bits: a != 0 and b != 0,
    "lor": lambda a, b, bits: a != 0 or b != 0,
}

_ORDER = frozenset({"lt", "le", "gt", "ge", "ult"})


def _on_addresses(op: Operator, a: Value, b: Value, bits: int) -> Value | None:
    """A binary operator where at least one operand is an address."""
    match op:
        case "eq":
            return int(a == b)
        case "ne":
            return int(a != b)
        case "land":
            return int(a != 0 and b != 0)
        case "lor":
            return 1
        case _ if op not in _BINARY:
            raise KeyError(op)
    if isinstance(a, Address) and isinstance(b, Address):
        if op in ("and", "or"):
            return a if a == b else None
        if op == "xor":
            return 0 if a == b else None
        if op == "div":
            return 1 if a == b else None
        if a.symbol != b.symbol:
            return None
        if op == "sub":
            return wrap(a.offset - b.offset, bits)
        if op in _ORDER:  # within one array, whatever its place
            return apply("lt" if op == "ult" else op, (a.offset, b.offset), bits)
        return None
    if isinstance(a, Address) and isinstance(b, int):
        return _address_and_int(op, a, b, bits)
    if isinstance(b, Address) and isinstance(a, int):
        if op in ("add", "and", "or", "xor", "mul"):
            return _address_and_int(op, b, a, bits)
        return 0 if a == 0 and op in ("div", "shl", "shr", "sar") else None
    return None


def _address_and_int(op: Operator, a: Address, b: int, bits: int) -> Value | None:
    match op:
        case "add":
            return Address(a.symbol, wrap(a.offset + b, bits))
        case "sub":
            return Address(a.symbol, wrap(a.offset - b, bits))
        case "or" | "xor" | "shl" | "shr" | "sar" if b == 0:
            return a
        case "and" if b == 0:
            return 0
        case "and" if b == -1:
            return a
        case "or" if b == -1:
            return -1
        case "mul" if b == 0:
            return 0
        case "mul" | "div" if b == 1:
            return a
    return None
