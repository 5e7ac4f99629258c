"""Checks accesses of different sizes: they must not overlap, so that every location is accessed as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from litmus.base.errors import UnsupportedError
from litmus.frontend.dialect import Access
from litmus.frontend.lexer import quoted
from litmus.ir.litmus_test import Initial, Register
from litmus.ir.thread import Address, Assign, Const, Expr, Load, Op, Reg, Rmw, StoreConditional, Thread, Value


def check_sizes(accesses: Sequence[Access], threads: Iterable[Thread], init: Iterable[Initial]) -> Mapping[str, int]:
    """The size in bytes of the accesses to each symbol, except for symbols with accesses of several sizes.

    Raises UnsupportedError at an access that overlaps one of another size, and at one whose address is not known
    before execution.
    """
    initial = {i.target: i.value for i in init}
    assigned = {thread.index: _assigned(thread) for thread in threads}
    places: dict[str, dict[tuple[int, int], Access]] = {}
    for access in accesses:
        place = _address(access.addr, access.thread, initial, assigned)
        if place is None:
            raise UnsupportedError(
                "the test has accesses of different sizes, and the address of this one is not known before execution",
                access.span,
            )
        places.setdefault(place.symbol, {}).setdefault((place.offset, access.size), access)
    for symbol, found in places.items():
        ordered = sorted(found)
        for (start, size), (offset, other) in pairwise(ordered):
            if offset < start + size:
                raise UnsupportedError(
                    f"accesses of different sizes to {quoted(symbol)}, {size} and {other} bytes, are not supported",
                    max(found[start, size].span, found[offset, other].span, key=lambda span: span.start),
                )
    sizes = {symbol: {size for _, size in found} for symbol, found in places.items()}
    return {symbol: found.pop() for symbol, found in sizes.items() if len(found) == 1}


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
