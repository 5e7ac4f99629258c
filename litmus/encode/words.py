"""Arithmetic on wide values: words are vectors of literals, least significant bit first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from litmus.base.records import dataclass
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.ir.thread import Address, Value

Bits = tuple[int, ...]
_WIDEST = 64  # of numbers that a test declares, if its words do not have more


@dataclass(frozen=True, slots=True)
class Word:
    """A value as literals for its bits.

    For each symbol that the value may be an address of, `symbols` has the literal that it is; at most one holds. `bits`
    are the offset of an address, or the number. `defined` is a literal equal to: the value is defined.
    """

    bits: Bits
    symbols: Mapping[str, int]
    defined: int = TRUE

    def literals(self) -> Iterable[int]:
        """The literals that say which value it is."""
        yield from self.bits
        yield from self.symbols.values()

    def value(self, holds: Callable[[int], bool]) -> Value:
        """The value in a solution, in which it is defined."""
        number = sum(1 << k for k, x in enumerate(self.bits) if holds(x))
        if holds(self.bits[-1]):
            number -= 1 << len(self.bits)
        for symbol, literal in self.symbols.items():
            if holds(literal):
                return Address(symbol, number)
        return number


class WideArithmetic:
    """The operators of `litmus.ir.thread.Op` on words of one width; what is defined is as in `litmus.ir.values`."""

    def __init__(self, cnf: Cnf, width: int) -> None:
        self.cnf = cnf
        self.width = width

    def constant(self, value: Value) -> Word:
        """The word of a value."""
        number, symbols = (value, {}) if isinstance(value, int) else (value.offset, {value.symbol: TRUE})
        return Word(tuple([TRUE if number >> k & 1 else FALSE for k in range(self.width)]), symbols)

    def fresh(self, symbols: Sequence[str]) -> Word:
        """A word that may be any number, and any address of these symbols."""
        literals = {symbol: self.cnf.variable() for symbol in symbols}
        self.cnf.at_most_one(list(literals.values()))
        return Word(tuple([self.cnf.variable() for _ in range(self.width)]), literals)

    def one_of(self, ways: Mapping[Value, int], defined: int) -> Word:
        """The word of a value with a literal for each possibility."""
        or_ = self.cnf.or_
        numbers = [(v, x) if isinstance(v, int) else (v.offset, x) for v, x in ways.items()]
        symbols: dict[str, list[int]] = {}
        for v, x in ways.items():
            if isinstance(v, Address):
                symbols.setdefault(v.symbol, []).append(x)
        bits = tuple([or_([x for number, x in numbers if number >> k & 1]) for k in range(self.width)])
        return Word(bits, {symbol: or_(literals) for symbol, literals in symbols.items()}, defined)

    def is_address(self, a: Word) -> int:
        """A literal equal to: it is an address."""
        return self.cnf.or_(a.symbols.values())

    def equal(self, a: Word, b: Word) -> int:
        """A literal equal to a = b."""
        same = [-self.cnf.xor(x, y) for x, y in zip(a.bits, b.bits, strict=True)]
        return self.cnf.and_([*same, self.comparable(a, b)])

    def comparable(self, a: Word, b: Word) -> int:
        """A literal equal to: both are numbers, or addresses of one symbol."""
        symbols = [self.cnf.and_((x, b.symbols[s])) for s, x in a.symbols.items() if s in b.symbols]
        return self.cnf.or_((*symbols, self.numbers(a, b)))

    def numbers(self, *words: Word) -> int:
        """A literal equal to: none of them is an address."""
        return self.cnf.and_([-x for word in words for x in word.symbols.values()])

    def less(self, a: Word, b: Word) -> int:
        """A literal equal to a < b, as signed numbers or as offsets."""
        return self._less((*a.bits[:-1], -a.bits[-1]), (*b.bits[:-1], -b.bits[-1]))

    def cast(self, a: Word, bits: int, signed: bool) -> Word:
        """A word whose number is converted to `bits` bits, in one bit more than any number has; addresses stay."""
        width = max(self.width, _WIDEST) + 1
        wide = (*a.bits, *([a.bits[-1]] * (width - len(a.bits))))
        number = (*wide[:bits], *([wide[bits - 1] if signed else FALSE] * (width - bits)))
        address = self.is_address(a)
        return replace(a, bits=tuple([self.cnf.choose(address, x, y) for x, y in zip(wide, number, strict=True)]))

    def nonzero(self, a: Word) -> int:
        """A literal equal to a != 0; an address never is 0."""
        return self.cnf.or_((*a.bits, *a.symbols.values()))

    def select(self, condition: int, then: Word, otherwise: Word) -> Word:
        """The word of an if-then-else."""
        choose = self.cnf.choose
        return Word(
            tuple([choose(condition, x, y) for x, y in zip(then.bits, otherwise.bits, strict=True)]),
            {
                s: choose(condition, then.symbols.get(s, FALSE), otherwise.symbols.get(s, FALSE))
                for s in dict.fromkeys((*then.symbols, *otherwise.symbols))
            },
            choose(condition, then.defined, otherwise.defined),
        )

    def joined(self, parts: Sequence[Word], bits: int) -> Word:
        """The signed number whose parts are the low bits of numbers, the least significant first."""
        number = [x for part in parts for x in part.bits[:bits]]
        number += [number[-1]] * (self.width - len(number))
        return Word(tuple(number), {}, self.cnf.and_([part.defined for part in parts]))

    def imply_equal(self, premise: int, a: Word, b: Word) -> None:
        """Clauses: where the premise holds and b is defined, a = b."""
        pairs = list(zip(a.bits, b.bits, strict=True))
        pairs += [(a.symbols.get(s, FALSE), b.symbols.get(s, FALSE)) for s in dict.fromkeys((*a.symbols, *b.symbols))]
        for x, y in pairs:
            if x != y:
                self.cnf.add(-premise, -b.defined, -x, y)
                self.cnf.add(-premise, -b.defined, x, -y)

    def apply(self, op: str, args: Sequence[Word], bits: int) -> Word:
        """An operator at `bits` bits, sign-extended to the words' width."""
        defined = self.cnf.and_([a.defined for a in args])
        if op in _TRUTHS:
            return Word(self._flag(_TRUTHS[op](self, args)), {}, defined)
        if op in _COMPARISONS:
            a, b = args
            holds = _COMPARISONS[op](self, a, b, bits)
            return Word(self._flag(holds), {}, self.cnf.and_((defined, self.comparable(a, b))))
        number = self._divide(*args)[:bits] if op == "div" else _ARITHMETIC[op](self, [a.bits[:bits] for a in args])
        plain = Word((*number, *([number[-1]] * (self.width - bits))), {}, self.numbers(*args))
        result = _WITH_ADDRESSES[op](self, plain, *args) if op in _WITH_ADDRESSES else plain
        return replace(result, defined=self.cnf.and_((defined, result.defined)))

    # --- addresses ------------------------------------------------------------------------------------------------

    def _add_to_address(self, plain: Word, a: Word, b: Word) -> Word:
        symbols = {
            s: self.cnf.or_((a.symbols.get(s, FALSE), b.symbols.get(s, FALSE)))
            for s in dict.fromkeys((*a.symbols, *b.symbols))
        }
        two = self.cnf.and_((self.is_address(a), self.is_address(b)))
        return Word(plain.bits, symbols, -two)

    def _subtract_from_address(self, plain: Word, a: Word, b: Word) -> Word:
        number = self.numbers(b)
        symbols = {s: self.cnf.and_((x, number)) for s, x in a.symbols.items()}
        return Word(plain.bits, symbols, self.cnf.or_((number, self.comparable(a, b))))

    def _special(self, plain: Word, cases: Iterable[tuple[int, Word]]) -> Word:
        """The plain result where all operands are numbers; otherwise the first of the cases whose literal holds."""
        result = plain
        for literal, special in reversed(list(cases)):
            result = self.select(self.cnf.and_((literal, -plain.defined)), special, result)
        return result

    def _is(self, a: Word, number: int) -> int:
        return self.equal(a, self.constant(number))

    def _same(self, a: Word, b: Word) -> int:
        """A literal equal to: both are the same address."""
        return self.cnf.and_((self.is_address(a), self.equal(a, b)))

    def _and_address(self, plain: Word, a: Word, b: Word) -> Word:
        zero = self.constant(0)
        return self._special(
            plain,
            (
                (self._same(a, b), a),
                (self._is(a, 0), zero),
                (self._is(b, 0), zero),
                (self._is(a, -1), b),
                (self._is(b, -1), a),
            ),
        )

    def _or_address(self, plain: Word, a: Word, b: Word) -> Word:
        ones = self.constant(-1)
        return self._special(
            plain,
            (
                (self._same(a, b), a),
                (self._is(a, 0), b),
                (self._is(b, 0), a),
                (self._is(a, -1), ones),
                (self._is(b, -1), ones),
            ),
        )

    def _xor_address(self, plain: Word, a: Word, b: Word) -> Word:
        return self._special(plain, ((self._same(a, b), self.constant(0)), (self._is(a, 0), b), (self._is(b, 0), a)))

    def _multiply_address(self, plain: Word, a: Word, b: Word) -> Word:
        zero = self.constant(0)
        return self._special(
            plain, ((self._is(a, 0), zero), (self._is(b, 0), zero), (self._is(a, 1), b), (self._is(b, 1), a))
        )

    def _divide_address(self, plain: Word, a: Word, b: Word) -> Word:
        zero = self.cnf.and_((self._is(a, 0), self.is_address(b)))
        of_numbers = replace(plain, defined=self.cnf.and_((plain.defined, self.nonzero(b))))
        by_one = self.cnf.and_((self.is_address(a), self._is(b, 1)))
        return self._special(of_numbers, ((self._same(a, b), self.constant(1)), (by_one, a), (zero, self.constant(0))))

    def _shift_address(self, plain: Word, a: Word, b: Word) -> Word:
        return self._special(plain, ((self._is(b, 0), a), (self._is(a, 0), self.constant(0))))

    # --- bits -----------------------------------------------------------------------------------------------------

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

    def _multiply(self, a: Bits, b: Bits) -> Bits:
        total: Bits = (FALSE,) * len(a)
        for k, bit in enumerate(b):
            if bit != FALSE:
                shifted = ((FALSE,) * k + a)[: len(a)]
                total = self._add(total, tuple([self.cnf.and_((bit, x)) for x in shifted]))
        return total

    def _divide(self, a: Word, b: Word) -> Bits:
        """The quotient, towards 0; anything where b is 0."""
        choose, negative = self.cnf.choose, self.cnf.xor(a.bits[-1], b.bits[-1])
        dividend, divisor = self._magnitude(a.bits), self._magnitude(b.bits)
        rest: Bits = (FALSE,) * len(divisor)
        quotient = []
        for bit in reversed(dividend):  # as on paper: the rest stays below the divisor
            rest = (bit, *rest[:-1])
            fits = -self._less(rest, divisor)
            less = self._add(rest, _negate(divisor), TRUE)
            rest = tuple([choose(fits, x, y) for x, y in zip(less, rest, strict=True)])
            quotient.append(fits)
        return self._negated_if(negative, tuple(reversed(quotient)))

    def _magnitude(self, a: Bits) -> Bits:
        """The absolute value, unsigned."""
        return self._negated_if(a[-1], a)

    def _negated_if(self, condition: int, a: Bits) -> Bits:
        opposite = self._add((FALSE,) * len(a), _negate(a), TRUE)
        return tuple([self.cnf.choose(condition, x, y) for x, y in zip(opposite, a, strict=True)])

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


_ARITHMETIC: Mapping[str, Callable[[WideArithmetic, list[Bits]], Bits]] = {
    "add": lambda self, v: self._add(v[0], v[1]),
    "sub": lambda self, v: self._add(v[0], _negate(v[1]), TRUE),
    "neg": lambda self, v: self._negated_if(TRUE, v[0]),
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

_WITH_ADDRESSES: Mapping[str, Callable[[WideArithmetic, Word, Word, Word], Word]] = {
    "add": WideArithmetic._add_to_address,
    "sub": WideArithmetic._subtract_from_address,
    "mul": WideArithmetic._multiply_address,
    "div": WideArithmetic._divide_address,
    "and": WideArithmetic._and_address,
    "or": WideArithmetic._or_address,
    "xor": WideArithmetic._xor_address,
    "shl": WideArithmetic._shift_address,
    "shr": WideArithmetic._shift_address,
    "sar": WideArithmetic._shift_address,
}
"""What an operator does with addresses, given what it does with numbers; without an entry it is undefined."""

_TRUTHS: Mapping[str, Callable[[WideArithmetic, Sequence[Word]], int]] = {
    "eq": lambda self, v: self.equal(v[0], v[1]),
    "ne": lambda self, v: -self.equal(v[0], v[1]),
    "land": lambda self, v: self.cnf.and_((self.nonzero(v[0]), self.nonzero(v[1]))),
    "lor": lambda self, v: self.cnf.or_((self.nonzero(v[0]), self.nonzero(v[1]))),
    "lnot": lambda self, v: -self.nonzero(v[0]),
}
"""Operators that have a result for every two values."""

_COMPARISONS: Mapping[str, Callable[[WideArithmetic, Word, Word, int], int]] = {
    "lt": lambda self, a, b, bits: self.less(a, b),
    "gt": lambda self, a, b, bits: self.less(b, a),
    "le": lambda self, a, b, bits: -self.less(b, a),
    "ge": lambda self, a, b, bits: -self.less(a, b),
    "ult": lambda self, a, b, bits: self.cnf.choose(
        self.is_address(a), self.less(a, b), self._less(a.bits[:bits], b.bits[:bits])
    ),
}
"""Operators on numbers, or on addresses of one symbol."""
