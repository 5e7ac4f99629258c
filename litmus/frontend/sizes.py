"""Whether accesses have several sizes, or may overlap in part, and cells of arrays that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from litmus.base.errors import UnsupportedError
from litmus.frontend.dialect import Access
from litmus.frontend.init import Declaration
from litmus.frontend.lexer import counted, quoted
from litmus.frontend.names import INT_BYTES, Scope
from litmus.ir.litmus_test import Array, Initial, Observable, Register
from litmus.ir.thread import Address, Assign, Const, Expr, Op, Thread, Value, registers_in


def ints_in_part(
    items: Iterable[Declaration], declared: Mapping[str, int], accesses: Iterable[Access]
) -> dict[str, int]:
    """The sizes of locations that nothing declares, and whose first numbers some access has in part only."""
    least = min([access.size for access in accesses])
    return {
        item.place.name: INT_BYTES
        for item in items
        if least < INT_BYTES
        and item.place.is_location
        and not declared.get(item.place.name)
        and any(not 0 <= number < 1 << 8 * least for number in item.numbers)
    }


def are_simple(
    accesses: Sequence[Access],
    threads: Sequence[Thread],
    init: Iterable[Initial],
    declared: Mapping[str, int],
    arrays: Mapping[str, Array],
) -> bool:
    """Whether all accesses have one size, and plainly do not overlap in part; `declared` are the sizes of locations.

    They may overlap in part only if some location, offset or index is not a multiple of their size, or of that of an
    int.
    """
    if not accesses:
        return True
    size = accesses[0].size
    if any(access.size != size for access in accesses):
        return False
    if any(bytes_ > size or (bytes_ < size and symbol in arrays) for symbol, bytes_ in declared.items()):
        return False
    unit = max(size, INT_BYTES)
    if any(isinstance(item.value, Address) and item.value.offset % unit for item in init):
        return False
    exprs = [access.statement.addr for access in accesses]
    exprs += [s.expr for thread in threads for s in thread.body if isinstance(s, Assign)]
    if any(isinstance(expr, Op) and expr.op in ("add", "sub") and _mentions_odd(expr.args, unit) for expr in exprs):
        return False
    if all(isinstance(access.statement.addr, Const) for access in accesses):
        return True
    odd = {thread.index: _odd_registers(thread, init, unit) for thread in threads}
    return all(odd[access.thread].isdisjoint(registers_in(access.statement.addr)) for access in accesses)


def _odd_registers(thread: Thread, init: Iterable[Initial], unit: int) -> set[str]:
    """The registers that may hold what is computed from a number that is no multiple of the unit."""
    odd = {
        item.target.name
        for item in init
        if isinstance(item.target, Register) and item.target.thread == thread.index and _is_odd(item.value, unit)
    }
    assigned = [statement for statement in thread.body if isinstance(statement, Assign)]
    odd.update(statement.dest for statement in assigned if _mentions_odd((statement.expr,), unit))
    while more := {s.dest for s in assigned if not odd.isdisjoint(registers_in(s.expr))} - odd:
        odd |= more
    return odd


def _mentions_odd(exprs: Sequence[Expr], unit: int) -> bool:
    """Whether a number in expressions is no multiple of the unit."""
    todo = list(exprs)
    while todo:
        match todo.pop():
            case Const(value) if _is_odd(value, unit):
                return True
            case Op(_, args):
                todo += args
    return False


def _is_odd(value: Value, unit: int) -> bool:
    return isinstance(value, int) and value % unit != 0


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
