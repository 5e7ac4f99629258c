"""Bounds on the values of registers and memory: a range of numbers, and the addresses.

Instruction sets must know where their arithmetic differs from that of the test's words: on a machine with wider words,
arithmetic on addresses and on numbers needs different instructions, and machines differ in shifts by more than a word.
The analysis ignores the order of statements, so the bounds cover all executions. They do not include values out of thin
air, which some models allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Expr,
    Goto,
    Label,
    Load,
    Op,
    Operator,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
)
from litmus.ir.values import apply

_ROUNDS = 8
"""After this many rounds, a range that still grows becomes that of a word."""

_MOST = 100
"""After this many rounds, the analysis gives up: any value is possible."""


_NO_SYMBOLS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from `low` to `high` (none if `low` > `high`), and addresses at or after the symbols `addresses`."""

    low: int
    high: int
    addresses: frozenset[str] = _NO_SYMBOLS

    def __or__(self, other: Range) -> Range:
        if self.low > self.high:
            low, high = other.low, other.high
        elif other.low > other.high:
            low, high = self.low, self.high
        else:
            low, high = min(self.low, other.low), max(self.high, other.high)
        return Range(low, high, self.addresses | other.addresses)

    def within(self, low: int, high: int) -> bool:
        """Whether all numbers of the range are from `low` to `high`."""
        return self.low > self.high or (low <= self.low and self.high <= high)


ZERO, TRUTH, NOTHING = Range(0, 0), Range(0, 1), Range(1, 0)


class Ranges:
    """The ranges of a test's registers, and of its memory: one range for all cells of a symbol."""

    def __init__(self, test: LitmusTest) -> None:
        self._bits = test.threads[0].word_bits
        self.word = Range(-(1 << self._bits - 1), (1 << self._bits - 1) - 1)
        self._memory: dict[str, Range] = {}
        self._registers: dict[tuple[int, str], Range] = {}
        for item in test.init:
            if isinstance(item.target, Register):
                self._registers[item.target.thread, item.target.name] = _of(item.value)
            else:
                symbol = item.target.symbol
                self._memory[symbol] = self._memory.get(symbol, NOTHING) | _of(item.value)
        self._start = ZERO
        rounds = 0
        # Without loops a value comes about by at most all statements, each once, so that as many rounds find it.
        enough = None if _loop(test.threads) else sum(len(thread.body) for thread in test.threads)
        while self._changed(test.threads, enough is None and rounds >= _ROUNDS):
            rounds += 1
            if rounds == enough:
                return
            if rounds == _MOST:
                symbols = _NO_SYMBOLS.union(place.symbol for place in test.locations)
                self._start = Range(self.word.low, self.word.high, symbols)
                self._registers, self._memory = {}, {}
                return

    def of(self, expr: Expr, thread: int) -> Range:
        """The range of an expression."""
        match expr:
            case Const(value):
                return _of(value)
            case Reg(name):
                return self._registers.get((thread, name), self._start)
            case Op(op, args):
                found = self._of_op(op, [self.of(arg, thread) for arg in args])
                if found.within(self.word.low, self.word.high):
                    return found
                return Range(self.word.low, self.word.high, found.addresses)

    def overflows(self, expr: Op, thread: int) -> bool:
        """Whether the result of an operator may exceed a word."""
        found = self._of_op(expr.op, [self.of(arg, thread) for arg in expr.args])
        return not found.within(self.word.low, self.word.high)

    def at(self, symbol: str) -> Range:
        """The range of the values in memory at a symbol, or after it."""
        return self._memory.get(symbol, self._start)

    @property
    def addresses_in_memory(self) -> bool:
        """Whether any location may hold an address."""
        return any(found.addresses for found in self._memory.values())

    # --- the least fixpoint over all statements ----------------------------------------------------------------------

    def _changed(self, threads: Iterable[Thread], widen: bool) -> bool:
        """One round: whether any range had to grow."""
        changed = False
        for thread in threads:
            for statement in thread.body:
                changed |= self._statement(statement, thread.index, widen)
        return changed

    def _statement(self, statement: Statement, thread: int, widen: bool) -> bool:
        match statement:
            case Assign(dest, expr):
                return self._grow(thread, dest, self.of(expr, thread), widen)
            case Load(dest, addr):
                return self._grow(thread, dest, self._read(addr, thread), widen)
            case Store(addr, value):
                return self._write(addr, value, thread, widen)
            case StoreConditional(status, addr, value):
                changed = self._grow(thread, status, TRUTH, widen)
                return self._write(addr, value, thread, widen) or changed
            case Rmw(dest, addr, value):
                changed = self._grow(thread, dest, self._read(addr, thread), widen)
                return self._write(addr, value, thread, widen) or changed
        return False

    def _read(self, addr: Expr, thread: int) -> Range:
        found = NOTHING
        for symbol in self.of(addr, thread).addresses:
            found |= self.at(symbol)
        return found

    def _write(self, addr: Expr, value: Expr, thread: int, widen: bool) -> bool:
        changed = False
        for symbol in self.of(addr, thread).addresses:
            before = self.at(symbol)
            self._memory[symbol] = self._wider(before, self.of(value, thread), widen)
            changed |= self._memory[symbol] != before
        return changed

    def _grow(self, thread: int, name: str, found: Range, widen: bool) -> bool:
        # a register is 0 until it is assigned
        before = self._registers.get((thread, name), self._start)
        after = self._wider(before, found, widen)
        self._registers[thread, name] = after
        return after != before

    def _wider(self, before: Range, found: Range, widen: bool) -> Range:
        after = before | found
        if widen and (after.low, after.high) != (before.low, before.high):
            return Range(self.word.low, self.word.high, after.addresses)
        return after

    # --- operators ---------------------------------------------------------------------------------------------------

    def _of_op(self, op: Operator, args: list[Range]) -> Range:
        if op in _TRUTHS:
            return TRUTH
        if op == "ite":
            return args[1] | args[2]
        if all(a.low == a.high and not a.addresses for a in args):
            value = apply(op, tuple(a.low for a in args), self._bits)
            if value is not None:
                return _of(value)
        found = NOTHING
        if all(a.low <= a.high for a in args):
            found = _BOUNDS[op](*args) if op in _BOUNDS else self.word
        addresses = _NO_SYMBOLS.union(*(a.addresses for a in args))
        if op == "sub" and all(a.addresses for a in args):  # the distance between two cells of an array
            found |= self.word
        elif addresses and op not in ("add", "sub"):  # identities such as `a & a` or `a ^ a` give a, 0, 1 or -1
            found |= Range(-1, 1)
        return Range(found.low, found.high, addresses)


def _loop(threads: Iterable[Thread]) -> bool:
    """Whether a thread goes back other than to try again what had no effect, of which one try is in an execution."""
    for thread in threads:
        passed: set[str] = set()
        for statement in thread.body:
            match statement:
                case Label(name):
                    passed.add(name)
                case Goto(target) | Branch(_, target, retry=False) if target in passed:
                    return True
    return False


def _of(value: int | Address) -> Range:
    return Range(value, value) if isinstance(value, int) else Range(1, 0, frozenset({value.symbol}))


_TRUTHS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor", "lnot"})


def _and(a: Range, b: Range) -> Range:
    highs = [r.high for r in (a, b) if r.low >= 0]
    return Range(0, min(highs)) if highs else Range(-(1 << 63), (1 << 63) - 1)


def _or(a: Range, b: Range) -> Range:
    if a.low < 0 or b.low < 0:
        return Range(-(1 << 63), (1 << 63) - 1)
    return Range(0, (1 << max(a.high.bit_length(), b.high.bit_length())) - 1)


def _mul(a: Range, b: Range) -> Range:
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Range(min(corners), max(corners))


def _shr(a: Range, b: Range) -> Range:
    return Range(0, a.high) if a.low >= 0 else Range(-(1 << 63), (1 << 63) - 1)


def _sar(a: Range, b: Range) -> Range:
    if b.low == b.high and 0 <= b.low < 64:
        return Range(a.low >> b.low, a.high >> b.low)
    return Range(min(a.low, 0), max(a.high, 0))


_BOUNDS: Mapping[str, Callable[..., Range]] = {
    "add": lambda a, b: Range(a.low + b.low, a.high + b.high),
    "sub": lambda a, b: Range(a.low - b.high, a.high - b.low),
    "neg": lambda a: Range(-a.high, -a.low),
    "not": lambda a: Range(-1 - a.high, -1 - a.low),
    "and": _and,
    "or": _or,
    "xor": _or,
    "mul": _mul,
    "shr": _shr,
    "sar": _sar,
}
