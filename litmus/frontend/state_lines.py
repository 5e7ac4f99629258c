"""Final states as lines of text."""

from __future__ import annotations

from collections.abc import Callable

from litmus.ir.execution import State
from litmus.ir.litmus_test import Array, LitmusTest, Observable
from litmus.ir.verdict import Verdict


def state_lines(verdict: Verdict) -> list[str]:
    """The states of a verdict in their order, one line each: `1:EAX=0; [x]=1; t={1,2};`."""
    return lines(verdict.test, verdict.states)


def lines(test: LitmusTest, states: tuple[State, ...]) -> list[str]:
    """Some final states of a test, one line each."""
    places = {item: place for place, item in enumerate(test.observed)}
    parts = [_part(test, item, places) for item in test.shown]
    return [" ".join([part(state) for part in parts]) for state in states]


def _part(test: LitmusTest, item: Observable | Array, places: dict[Observable, int]) -> Callable[[State], str]:
    """A function that prints a register, a location or an array of a state."""
    show, head = test.show_value, f"{test.show(item)}="
    if isinstance(item, Array):
        cells = [(places[cell], test.type_of(cell).cast) for cell in item.cells]
        return lambda state: f"{head}{{{','.join([show(cast(state[place][1])) for place, cast in cells])}}};"
    place, cast = places[item], test.type_of(item).cast
    return lambda state: f"{head}{show(cast(state[place][1]))};"
