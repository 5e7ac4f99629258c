"""An execution: one way in which a test can run, as a solver proposes it and an evaluator checks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import Observable
from litmus.ir.thread import Value


@dataclass(frozen=True, slots=True)
class Execution:
    """A candidate execution of a graph.

    `executed` are the events it has, as bits. `rf[r]` is the write that read `r` takes its value from. `co` lists, for
    each location, its executed writes from the initial one to the last. `values[e]` is what the memory event `e` read
    or wrote, `choices` the free choices as bits;
    `picks[n]` is the operand that the model's `choose` node `n` stands for.
    """

    graph: EventGraph
    executed: int
    rf: Mapping[int, int]
    co: tuple[tuple[int, ...], ...]
    values: Mapping[int, Value]
    choices: int = 0
    picks: Mapping[int, int] = field(default_factory=dict)


State = tuple[tuple[Observable, Value], ...]
"""A final state: the observed registers and locations with their values, in the order of `LitmusTest.observed`."""
