"""Finds what a condition names and nothing in the test touches, which is most often a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from litmus.base.errors import did_you_mean
from litmus.frontend.dialect import Program
from litmus.frontend.lexer import quoted
from litmus.frontend.names import Place, Scope
from litmus.ir.litmus_test import Initial, Remark
from litmus.ir.thread import Address, assigned

_MOST_HINTS = 20
"""How many names are compared with all others: who has more slips of the pen in one condition needs no hints."""


def untouched(places: Sequence[Place], scope: Scope, program: Program, init: Sequence[Initial]) -> Iterator[Remark]:
    """A remark for each of some places that no thread can change: its value in the end is known beforehand."""
    used: set[str] | None = None
    given = {item.target for item in init}
    names: dict[int, set[str]] = {}
    seen: set[tuple[int, str]] = set()
    hints = 0

    def meant(name: str, known: Iterable[str]) -> str | None:
        nonlocal hints
        hints += 1
        return did_you_mean(name, known) if hints <= _MOST_HINTS else None

    for place in places:
        if (place.thread, place.name) in seen:
            continue
        seen.add((place.thread, place.name))
        if place.is_location:
            if used is None:
                used = {*program.symbols, *(i.value.symbol for i in init if isinstance(i.value, Address))}
            if scope.address(place.name).symbol not in used:
                hint = meant(place.name, used)
                yield Remark(f"no thread uses {quoted(place.name)}: it keeps its initial value", place.span, hint)
            continue
        for register in scope.registers(place):
            index = register.thread
            if index not in names:
                found = [assigned(statement) for statement in program.threads[index].body]
                names[index] = {name for name in found if name is not None}
            if register.name not in names[index] and register not in given:
                hint = meant(register.name, (name for name in names[index] if name.isalnum()))
                yield Remark(f"nothing sets {quoted(str(register))}: it is 0 in the end", place.span, hint)
