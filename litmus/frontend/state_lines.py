"""Final states as lines of text."""

from __future__ import annotations

from collections.abc import Callable

from litmus.ir.execution import State
from litmus.ir.litmus_test import Array, LitmusTest, Observable
from litmus.ir.thread import Value
from litmus.ir.verdict import Verdict

Show = Callable[[Value, Observable], str]


def state_lines(verdict: Verdict) -> list[str]:
    """The states of a verdict in their order, one line each: `1:EAX=0; [x]=1; t={1,2};`."""
    return lines(verdict.test, verdict.states)


def lines(test: LitmusTest, states: tuple[State, ...], show: Show | None = None) -> list[str]:
    """Some final states of a test, one line each; `show` prints the value of a register or location."""
    places = {item: place for place, item in enumerate(test.observed)}
    columns = [_column(test, item, places, states, show or test.show_value) for item in test.shown]
    return [" ".join(row) for row in zip(*columns, strict=True)] if columns else [""] * len(states)


def _column(
    test: LitmusTest, item: Observable | Array, places: dict[Observable, int], states: tuple[State, ...], show: Show
) -> list[str]:
    """A register, a location or an array, as it is printed in each state."""
    head = f"{test.show(item)}="
    if isinstance(item, Array):
        cells = [(places[cell], _Texts(show, cell)) for cell in item.cells]
        return [f"{head}{{{','.join([texts[state[place][1]] for place, texts in cells])}}};" for state in states]
    place, texts = places[item], _Texts(show, item)
    return [f"{head}{texts[state[place][1]]};" for state in states]


class _Texts(dict[Value, str]):
    """How the values of an observed register or location are printed: few values are in many states."""

    def __init__(self, show: Show, item: Observable) -> None:
        super().__init__()
        self._show = show
        self._item = item

    def __missing__(self, value: Value) -> str:
        text = self[value] = self._show(value, self._item)
        return text
