"""Checks accesses of different sizes: they must not overlap, so that every location is accessed as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from litmus.base.errors import UnsupportedError
from litmus.frontend.dialect import Access
from litmus.frontend.lexer import quoted
from litmus.ir.litmus_test import Initial, Register
from litmus.ir.thread import Address, Assign, Const, Expr, Load, Op, Reg, Rmw, Store, StoreConditional, Thread

_Places = frozenset[tuple[str, int | None]]
"""Where an address may be: symbols, each with an offset, None if any is possible."""

_NOWHERE: _Places = frozenset()
_EXACT_ROUNDS = 4  # after these, addresses that still change are taken to have any offset
_NUMBERS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor", "lnot", "neg", "not"})


def check_sizes(accesses: Sequence[Access], threads: Iterable[Thread], init: Iterable[Initial]) -> Mapping[str, int]:
    """The size in bytes of the accesses to each symbol, except for symbols with accesses of several sizes.

    Raises UnsupportedError at an access that may overlap one of another size, and at one that may be anywhere.
    """
    analysis = _Analysis(threads, init)
    places: dict[str, dict[tuple[int | None, int], Access]] = {}
    for access in accesses:
        found = analysis.places(access.addr, access.thread)
        if not found:
            raise UnsupportedError(
                "the test has accesses of different sizes, and the address of this one is not known before execution",
                access.span,
            )
        for symbol, offset in found:
            places.setdefault(symbol, {}).setdefault((offset, access.size), access)
    for symbol, known in places.items():
        _check(symbol, known)
    sizes = {symbol: {size for _, size in found} for symbol, found in places.items()}
    return {symbol: found.pop() for symbol, found in sizes.items() if len(found) == 1}


def _check(symbol: str, found: Mapping[tuple[int | None, int], Access]) -> None:
    """Raises UnsupportedError if two accesses to a symbol may overlap in part."""
    anywhere = [(0, size, access) for (offset, size), access in found.items() if offset is None]
    ordered = sorted((offset, size, access.span.start) for (offset, size), access in found.items() if offset is not None)
    pairs = [
        ((size, found[start, size]), (other, found[offset, other]))
        for (start, size, _), (offset, other, _) in pairwise(ordered)
        if offset < start + size
    ]
    everything = [(size, access) for (_, size), access in found.items()]
    pairs += [
        ((size, access), (other, beside)) for _, size, access in anywhere for other, beside in everything if other != size
    ]
    if pairs:
        (size, access), (other, beside) = pairs[0]
        raise UnsupportedError(
            f"accesses of different sizes to {quoted(symbol)}, {size} and {other} bytes, are not supported",
            max(access.span, beside.span, key=lambda span: span.start),
        )


class _Analysis:
    """The addresses that each register, and memory as a whole, may hold at any time."""

    def __init__(self, threads: Iterable[Thread], init: Iterable[Initial]) -> None:
        self.held: dict[Register | None, _Places] = {}  # None is memory
        for item in init:
            if isinstance(item.value, Address):
                key = item.target if isinstance(item.target, Register) else None
                self._add(key, frozenset({(item.value.symbol, item.value.offset)}), False)
        bodies = [(thread.index, thread.body) for thread in threads]
        rounds, changed = 0, True
        while changed:
            rounds += 1
            changed = False
            for thread, body in bodies:
                for statement in body:
                    match statement:
                        case Assign(dest, expr):
                            changed |= self._add(Register(thread, dest), self.places(expr, thread), rounds > _EXACT_ROUNDS)
                        case Load(dest):
                            changed |= self._add(Register(thread, dest), self.held.get(None, _NOWHERE), False)
                        case Store(_, value) | StoreConditional(_, _, value):
                            changed |= self._add(None, self.places(value, thread), False)
                        case Rmw(dest, _, value):
                            changed |= self._add(Register(thread, dest), self.held.get(None, _NOWHERE), False)
                            changed |= self._add(None, self.places(value, thread), False)

    def _add(self, key: Register | None, places: _Places, widen: bool) -> bool:
        """Notes that something may hold addresses; returns whether that is new."""
        known = self.held.get(key, _NOWHERE)
        new = {place for place in places - known if (place[0], None) not in known}
        if not new:
            return False
        self.held[key] = known | (frozenset((symbol, None) for symbol, _ in new) if widen else new)
        return True

    def places(self, expr: Expr, thread: int) -> _Places:
        """Where an expression may point; nowhere if it is no address."""
        match expr:
            case Const(Address(symbol, offset)):
                return frozenset({(symbol, offset)})
            case Reg(name):
                return self.held.get(Register(thread, name), _NOWHERE)
            case Op("add" | "sub" as op, (base, Const(int() as number))):
                step = number if op == "add" else -number
                found = self.places(base, thread)
                return frozenset((symbol, None if offset is None else offset + step) for symbol, offset in found)
            case Op("ite", (_, then, otherwise)):
                return self.places(then, thread) | self.places(otherwise, thread)
            case Op(op, args) if op not in _NUMBERS:
                return frozenset((symbol, None) for arg in args for symbol, _ in self.places(arg, thread))
        return _NOWHERE
