"""Whether each access of a program in C is to the whole of a location, of a cell or of a member.

A cast may make a pointer to one of another size. Accesses of several sizes to the same bytes are modelled in assembly
only: the models of C do not say what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from litmus.base.errors import UnsupportedError
from litmus.frontend.dialect import Structure
from litmus.frontend.lexer import counted, quoted
from litmus.frontend.parts import Analysis
from litmus.ir.litmus_test import Array, Initial, Instance
from litmus.ir.thread import AtomicOperation, Primitive, Thread


def check_whole(
    threads: Sequence[Thread],
    init: Iterable[Initial],
    sizes: Mapping[str, int],
    arrays: Mapping[str, Array],
    instances: Mapping[str, Instance],
    structures: Mapping[str, Structure],
) -> None:
    """Raises UnsupportedError for an access to a part of something, or to more; `sizes` are in bytes, by symbol."""
    analysis = Analysis(threads, init)
    for thread in threads:
        for statement in thread.body:
            if not isinstance(statement, Primitive | AtomicOperation) or not statement.size or not statement.args:
                continue
            for symbol, offset in sorted(analysis.places(statement.args[0], thread.index), key=str):
                fit = _sizes_at(symbol, offset, sizes, arrays, instances, structures)
                if fit and statement.size not in fit:
                    has = " or ".join(map(str, sorted(fit)))
                    size = counted(statement.size, "byte")
                    message = f"this accesses {size} of {quoted(symbol)}, which has {has} there"
                    hint = "accesses of several sizes to the same bytes are supported in assembly, not in C"
                    raise UnsupportedError(message, statement.span, hint)


def _sizes_at(
    symbol: str,
    offset: int | None,
    sizes: Mapping[str, int],
    arrays: Mapping[str, Array],
    instances: Mapping[str, Instance],
    structures: Mapping[str, Structure],
) -> set[int]:
    """The sizes in bytes of what begins at an offset from a symbol, None for any; empty if that is not known."""
    if symbol in instances:
        members = structures[instances[symbol].structure].members
        return {member.bytes for member in members if offset in (None, member.offset)}
    if symbol in arrays:
        return {arrays[symbol].cell_bytes}
    return {sizes[symbol]} if sizes.get(symbol) else set()
