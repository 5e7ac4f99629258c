"""Arithmetic on values of which nothing is known in advance: vectors of literals, least significant first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litmus.base.errors import UnsupportedError
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.ir.thread import Address, Value

Bits = tuple[int, ...]


class Addresses:
    """Numbers for addresses, so that a vector of bits can hold one: far from what tests use as integers."""

    def __init__(self, locations: Sequence[Address], width: int) -> None:
        symbols = list(dict.fromkeys(a.symbol for a in locations))
        base = 0x5A << max(0, width - 8)
        self._codes = {symbol: base + (k << width // 2) for k, symbol in enumerate(symbols)}
        self._width = width
        self._known = {self.code(a): a for a in locations}

    def code(self, value: Value) -> int:
        """The unsigned number that stands for a value."""
        mask = (1 << self._width) - 1
        if isinstance(value, int):
            return value & mask
        return (self._codes.get(value.symbol, 0) + value.offset) & mask

    def value(self, code: int) -> Value:
        """The value that an unsigned number stands for."""
        address = self._known.get(code)
        if address is not None:
            return address
        return code - (1 << self._width) if code >> (self._width - 1) & 1 else code


class WideArithmetic:
    """The operators of `litmus.ir.thread.Op` on bit vectors of one width."""

    def __init__(self, cnf: Cnf, width: int) -> None:
        self.cnf = cnf
        self.width = width

    def constant(self, code: int) -> Bits:
        """The vector of a number."""
        return tuple([TRUE if code >> k & 1 else FALSE for k in range(self.width)])

    def fresh(self) -> Bits:
        """A vector that may be anything."""
        return tuple([self.cnf.variable() for _ in range(self.width)])

    def equal(self, a: Bits, b: Bits) -> int:
        """A literal equal to a = b."""
        return self.cnf.and_([-self.cnf.xor(x, y) for x, y in zip(a, b, strict=True)])

    def nonzero(self, a: Bits) -> int:
        """A literal equal to a != 0."""
        return self.cnf.or_(a)

    def select(self, condition: int, then: Bits, otherwise: Bits) -> Bits:
        """The vector of an if-then-else."""
        return tuple([self.cnf.choose(condition, x, y) for x, y in zip(then, otherwise, strict=True)])

    def imply_equal(self, premise: int, a: Bits, b: Bits) -> None:
        """Clauses: where the premise holds, a = b."""
        for x, y in zip(a, b, strict=True):
            if x != y:
                self.cnf.add(-premise, -x, y)
                self.cnf.add(-premise, x, -y)

    def apply(self, op: str, args: Sequence[Bits], bits: int) -> Bits:
        """An operator at `bits` bits, sign-extended to the vectors' width. Raises UnsupportedError for division."""
        low = [a[:bits] for a in args]
        if op in _COMPARISONS:
            return self._flag(_COMPARISONS[op](self, low))
        if op not in _ARITHMETIC:
            raise UnsupportedError(
                f"operator '{op}' on a value that can be anything (a value that travels in a circle)"
            )
        result = _ARITHMETIC[op](self, low)
        return (*result, *([result[-1]] * (self.width - bits)))

    def _flag(self, literal: int) -> Bits:
        return (literal, *([FALSE] * (self.width - 1)))

    def _add(self, a: Bits, b: Bits, carry: int = FALSE) -> Bits:
        cnf = self.cnf
        result = []
        for x, y in zip(a, b, strict=True):
            half = cnf.xor(x, y)
            result.append(cnf.xor(half, carry))
            carry = cnf.or_((cnf.and_((x, y)), cnf.and_((half, carry))))
        return tuple(result)

    def _less(self, a: Bits, b: Bits) -> int:
        """Unsigned a < b."""
        less = FALSE
        for x, y in zip(a, b, strict=True):
            less = self.cnf.choose(self.cnf.xor(x, y), y, less)
        return less

    def _signed_less(self, a: Bits, b: Bits) -> int:
        return self._less((*a[:-1], -a[-1]), (*b[:-1], -b[-1]))

    def _multiply(self, a: Bits, b: Bits) -> Bits:
        total: Bits = (FALSE,) * len(a)
        for k, bit in enumerate(b):
            if bit != FALSE:
                shifted = ((FALSE,) * k + a)[: len(a)]
                total = self._add(total, tuple([self.cnf.and_((bit, x)) for x in shifted]))
        return total

    def _shift(self, a: Bits, amount: Bits, right: bool, fill: int) -> Bits:
        """A barrel shifter; a shift by the width or more leaves the fill only."""
        n = len(a)
        for k, bit in enumerate(amount):
            if bit == FALSE:
                continue
            step = min(1 << k, n) if k < 16 else n
            rest = (fill,) * step
            moved = (*a[step:], *rest) if right else (*rest, *a[: n - step])
            a = tuple([self.cnf.choose(bit, x, y) for x, y in zip(moved, a, strict=True)])
        return a


def _bitwise(gate: Callable[[Cnf, int, int], int]) -> Callable[[WideArithmetic, list[Bits]], Bits]:
    return lambda self, args: tuple([gate(self.cnf, x, y) for x, y in zip(args[0], args[1], strict=True)])


def _negate(a: Bits) -> Bits:
    return tuple([-x for x in a])


_ARITHMETIC: dict[str, Callable[[WideArithmetic, list[Bits]], Bits]] = {
    "add": lambda self, v: self._add(v[0], v[1]),
    "sub": lambda self, v: self._add(v[0], _negate(v[1]), TRUE),
    "neg": lambda self, v: self._add((FALSE,) * len(v[0]), _negate(v[0]), TRUE),
    "not": lambda self, v: _negate(v[0]),
    "mul": lambda self, v: self._multiply(v[0], v[1]),
    "and": _bitwise(lambda cnf, x, y: cnf.and_((x, y))),
    "or": _bitwise(lambda cnf, x, y: cnf.or_((x, y))),
    "xor": _bitwise(lambda cnf, x, y: cnf.xor(x, y)),
    "nor": _bitwise(lambda cnf, x, y: -cnf.or_((x, y))),
    "shl": lambda self, v: self._shift(v[0], v[1], False, FALSE),
    "shr": lambda self, v: self._shift(v[0], v[1], True, FALSE),
    "sar": lambda self, v: self._shift(v[0], v[1], True, v[0][-1]),
}

_COMPARISONS: dict[str, Callable[[WideArithmetic, list[Bits]], int]] = {
    "eq": lambda self, v: self.equal(v[0], v[1]),
    "ne": lambda self, v: -self.equal(v[0], v[1]),
    "lt": lambda self, v: self._signed_less(v[0], v[1]),
    "gt": lambda self, v: self._signed_less(v[1], v[0]),
    "le": lambda self, v: -self._signed_less(v[1], v[0]),
    "ge": lambda self, v: -self._signed_less(v[0], v[1]),
    "ult": lambda self, v: self._less(v[0], v[1]),
    "land": lambda self, v: self.cnf.and_((self.nonzero(v[0]), self.nonzero(v[1]))),
    "lor": lambda self, v: self.cnf.or_((self.nonzero(v[0]), self.nonzero(v[1]))),
    "lnot": lambda self, v: -self.nonzero(v[0]),
}
