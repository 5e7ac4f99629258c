"""Final states as lines of text."""

from __future__ import annotations

from collections.abc import Callable

from litmus.ir.execution import State
from litmus.ir.litmus_test import Array, LitmusTest, Observable
from litmus.ir.thread import Value
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
    head = f"{test.show(item)}="
    if isinstance(item, Array):
        cells = [(places[cell], _Texts(test, cell)) for cell in item.cells]
        return lambda state: f"{head}{{{','.join([texts[state[place][1]] for place, texts in cells])}}};"
    place, texts = places[item], _Texts(test, item)
    return lambda state: f"{head}{texts[state[place][1]]};"


class _Texts(dict[Value, str]):
    """How the values of an observed register or location are printed: few values are in many states."""

    def __init__(self, test: LitmusTest, item: Observable) -> None:
        super().__init__()
        self._test = test
        self._item = item

    def __missing__(self, value: Value) -> str:
        text = self[value] = self._test.show_value(value, self._item)
        return text
