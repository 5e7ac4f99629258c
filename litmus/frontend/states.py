"""The order in which herd7 prints final states and their registers and locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.ir.execution import State
from litmus.ir.litmus_test import Array, Observable, Register
from litmus.ir.thread import Value


def shown_order(
    items: Iterable[Observable | Array], registers: Mapping[str, int], arrays: Mapping[str, Array]
) -> tuple[Observable | Array, ...]:
    """Items in the order of a state line: registers by thread and in their dialect's order, locations, cells of arrays.

    Registers without a rank in the dialect come after the others, by name. Locations are sorted by name, together with
    arrays that are shown as a whole.
    """

    def key(item: Observable | Array) -> tuple[int, int, int, str, int]:
        if isinstance(item, Register):
            return 0, item.thread, registers.get(item.name, len(registers)), item.name, 0
        if isinstance(item, Array):
            return 1, 0, 0, item.symbol, 0
        return 2 if item.symbol in arrays else 1, 0, 0, item.symbol, item.offset

    return tuple(sorted(items, key=key))


def flattened(items: Iterable[Observable | Array]) -> tuple[Observable, ...]:
    """The registers and locations of items, each once, in the order in which herd7 compares states."""
    found: dict[Observable, None] = {}
    for item in items:
        found.update(dict.fromkeys(item.cells if isinstance(item, Array) else (item,)))
    return tuple(found)


def sorted_states(states: Iterable[State]) -> tuple[State, ...]:
    """States in the order of their lines: by their values from left to right, numbers before addresses."""
    try:
        return tuple(sorted(states, key=lambda state: [value for _, value in state]))
    except TypeError:  # a number and an address
        return tuple(sorted(states, key=lambda state: [_value_key(value) for _, value in state]))


def _value_key(value: Value) -> tuple[int, int | str, int]:
    return (0, value, 0) if isinstance(value, int) else (1, value.symbol, value.offset)
