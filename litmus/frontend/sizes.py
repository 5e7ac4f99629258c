"""Checks accesses of different sizes: they must not overlap, so that every location is accessed as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from litmus.base.errors import UnsupportedError
from litmus.frontend.dialect import Access
from litmus.frontend.lexer import quoted
from litmus.ir.litmus_test import Initial, Register
from litmus.ir.thread import Address, Assign, Const, Expr, Load, Op, Reg, Rmw, Store, StoreConditional, Thread, Value


def check_sizes(accesses: Sequence[Access], threads: Iterable[Thread], init: Iterable[Initial]) -> Mapping[str, int]:
    """The size in bytes of the accesses to each symbol, except for symbols with accesses of several sizes.

    Raises UnsupportedError at an access that overlaps one of another size, or that may: if where in a location it is is
    known only in the execution, it may overlap all others to that location.
    """
    initial = {i.target: i.value for i in init}
    threads = tuple(threads)
    assigned = {thread.index: _assigned(thread) for thread in threads}
    places: dict[str, dict[tuple[int, int], Access]] = {}
    floating: list[Access] = []
    for access in accesses:
        place = _address(access.addr, access.thread, initial, assigned)
        if place is None:
            floating.append(access)
        else:
            places.setdefault(place.symbol, {}).setdefault((place.offset, access.size), access)
    for symbol, found in places.items():
        for (start, size), (offset, other) in pairwise(sorted(found)):
            if offset < start + size:
                raise _overlap(symbol, found[start, size], found[offset, other])
    of_symbol = {symbol: {size: access for (_, size), access in found.items()} for symbol, found in places.items()}
    if floating:
        _add_floating(of_symbol, floating, _Targets(threads, initial))
    return {symbol: next(iter(found)) for symbol, found in of_symbol.items() if len(found) == 1}


def _add_floating(of_symbol: dict[str, dict[int, Access]], floating: Iterable[Access], targets: _Targets) -> None:
    """Adds the accesses that may be anywhere in some locations, which must then have accesses of one size only."""
    anywhere = set()
    for access in floating:
        for symbol in sorted(targets.of(access.thread, access.addr)):
            anywhere.add(symbol)
            of_symbol.setdefault(symbol, {}).setdefault(access.size, access)
    for symbol in sorted(anywhere):
        if len(of_symbol[symbol]) > 1:
            raise _overlap(symbol, *list(of_symbol[symbol].values())[:2])


def _overlap(symbol: str, one: Access, other: Access) -> UnsupportedError:
    return UnsupportedError(
        f"accesses of different sizes to {quoted(symbol)}, {one.size} and {other.size} bytes, are not supported",
        max(one.span, other.span, key=lambda span: span.start),
    )


class _Targets:
    """The locations that each register and location may point into, whichever way the threads go."""

    def __init__(self, threads: Iterable[Thread], initial: Mapping[Register | Address, Value]) -> None:
        self._found: defaultdict[Register | str, set[str]] = defaultdict(set)
        for target, first in initial.items():
            if isinstance(first, Address):
                self._found[target if isinstance(target, Register) else target.symbol].add(first.symbol)
        statements = [(thread.index, statement) for thread in threads for statement in thread.body]
        before = -1
        while before != (before := sum(map(len, self._found.values()))):
            for thread, statement in statements:
                match statement:
                    case Assign(dest, expr):
                        self._found[Register(thread, dest)] |= self.of(thread, expr)
                    case Load(dest, addr):
                        self._read(thread, dest, addr)
                    case Store(addr, value) | StoreConditional(_, addr, value):
                        self._write(thread, addr, value)
                    case Rmw(dest, addr, value):
                        self._read(thread, dest, addr)
                        self._write(thread, addr, value)

    def of(self, thread: int, expr: Expr) -> set[str]:
        """The locations that a value may be an address in."""
        match expr:
            case Const(Address(symbol)):
                return {symbol}
            case Reg(name):
                return self._found[Register(thread, name)]
            case Op(_, args):
                return set().union(*(self.of(thread, arg) for arg in args))
        return set()

    def _read(self, thread: int, dest: str, addr: Expr) -> None:
        for symbol in tuple(self.of(thread, addr)):
            self._found[Register(thread, dest)] |= self._found[symbol]

    def _write(self, thread: int, addr: Expr, value: Expr) -> None:
        for symbol in tuple(self.of(thread, addr)):
            self._found[symbol] |= self.of(thread, value)


def _assigned(thread: Thread) -> frozenset[str]:
    found: set[str] = set()
    for statement in thread.body:
        if isinstance(statement, Load | Assign | Rmw):
            found.add(statement.dest)
        elif isinstance(statement, StoreConditional):
            found.add(statement.status)
    return frozenset(found)


def _address(
    expr: Expr, thread: int, initial: Mapping[Register | Address, Value], assigned: Mapping[int, frozenset[str]]
) -> Address | None:
    """The address that an expression has in every execution; None if that is not known."""
    match expr:
        case Const(Address() as address):
            return address
        case Reg(name) if name not in assigned[thread]:
            value = initial.get(Register(thread, name))
            return value if isinstance(value, Address) else None
        case Op("add", (base, Const(int() as offset))):
            start = _address(base, thread, initial, assigned)
            return None if start is None else Address(start.symbol, start.offset + offset)
    return None
