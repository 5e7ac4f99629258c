"""Checks accesses of different sizes: they must not overlap, so that every location is accessed as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from litmus.base.errors import UnsupportedError
from litmus.frontend.dialect import Access
from litmus.frontend.init import Declaration
from litmus.frontend.lexer import counted, quoted
from litmus.frontend.names import Scope
from litmus.ir.litmus_test import Array, Initial, Observable, Register
from litmus.ir.thread import (
    Address,
    Assign,
    AtomicUpdate,
    Const,
    Expr,
    Load,
    Op,
    Reg,
    Rmw,
    Store,
    StoreConditional,
    Thread,
)

_Places = frozenset[tuple[str, int | None]]
"""Where an address may be: symbols, each with an offset, None if any is possible."""

_NOWHERE: _Places = frozenset()
_EXACT_ROUNDS = 4  # after these, addresses that still change are taken to have any offset
_NUMBERS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor", "lnot", "neg", "not"})


def check_sizes(accesses: Sequence[Access], threads: Sequence[Thread], init: Iterable[Initial]) -> Mapping[str, int]:
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


def check_arrays(
    items: Iterable[Declaration], arrays: Mapping[str, Array], scope: Scope, observed: Iterable[Observable]
) -> None:
    """Raises UnsupportedError if a test asks for the cells of an array that are smaller than the accesses to them."""
    asked = {item.symbol for item in observed if isinstance(item, Address)}
    for item in items:
        name = item.place.name
        size = scope.accesses.get(name, scope.access)
        if item.count and name in asked and size > arrays[name].cell_bytes:
            cells = f"the cells of {quoted(name)} have {counted(arrays[name].cell_bytes, 'byte')}"
            raise UnsupportedError(f"{cells}, but accesses have {size}, which is not supported", item.span)


def _check(symbol: str, found: Mapping[tuple[int | None, int], Access]) -> None:
    """Raises UnsupportedError if two accesses to a symbol may overlap in part."""
    pairs: list[tuple[tuple[int | None, int], tuple[int | None, int]]] = []
    anywhere = [size for offset, size in found if offset is None]
    for size in anywhere:
        pairs += [((None, size), place) for place in found if place[1] != size]
    known = sorted((offset, size) for offset, size in found if offset is not None)
    pairs += [(first, second) for first, second in pairwise(known) if second[0] < first[0] + first[1]]
    if pairs:
        first, second = pairs[0]
        raise UnsupportedError(
            f"accesses of different sizes to {quoted(symbol)}, {first[1]} and {second[1]} bytes, are not supported",
            max(found[first].span, found[second].span, key=lambda span: span.start),
        )


class _Analysis:
    """The addresses that each register, and memory as a whole, may hold at any time."""

    def __init__(self, threads: Sequence[Thread], init: Iterable[Initial]) -> None:
        self.held: dict[Register | None, _Places] = {}  # None is memory
        for item in init:
            if isinstance(item.value, Address):
                key = item.target if isinstance(item.target, Register) else None
                self._add(key, frozenset({(item.value.symbol, item.value.offset)}), False)
        rounds = 0
        while self._round(threads, rounds > _EXACT_ROUNDS):
            rounds += 1

    def _round(self, threads: Iterable[Thread], widen: bool) -> bool:
        """Goes through all statements once; returns whether anything was new."""
        changed = False
        for thread in threads:
            for statement in thread.body:
                match statement:
                    case Assign(dest, value):
                        changed |= self._add(Register(thread.index, dest), self.places(value, thread.index), widen)
                    case Load(dest) | Rmw(dest) | AtomicUpdate(dest):
                        changed |= self._add(Register(thread.index, dest), self.held.get(None, _NOWHERE), False)
                match statement:
                    case Store(_, value) | StoreConditional(_, _, value) | Rmw(_, _, value) | AtomicUpdate(_, _, value):
                        changed |= self._add(None, self.places(value, thread.index), False)
        return changed

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
            case Op(_, (_, Const())):
                return _NOWHERE  # no address comes of a mask, say
            case Op("ite" | "pick", (_, then, otherwise)):
                return self.places(then, thread) | self.places(otherwise, thread)
            case Op(op, args) if op not in _NUMBERS:
                return frozenset((symbol, None) for arg in args for symbol, _ in self.places(arg, thread))
        return _NOWHERE
