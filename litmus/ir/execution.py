"""An execution: one way in which a test can run, as a solver proposes it and an evaluator checks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from litmus.base.records import dataclass
from litmus.ir.events import WRITES, Event, EventGraph, Known
from litmus.ir.litmus_test import Observable
from litmus.ir.thread import Address, Value

_SHOWN = 8  # the most threads, and events of each, that a repr shows


@dataclass(frozen=True, slots=True)
class Execution:
    """A candidate execution of a graph.

    `executed` are the events it has, as bits. `rf[r]` is the write that read `r` takes its value from. `co` lists, for
    each location, its executed writes from the initial one to the last. `values[e]` is what the memory event `e` wrote,
    or read if it does not write, `choices` the free choices as bits; `picks[n]` is the operand that the model's
    `choose` node `n` stands for.
    """

    graph: EventGraph
    executed: int
    rf: Mapping[int, int]
    co: tuple[tuple[int, ...], ...]
    values: Mapping[int, Value]
    choices: int = 0
    picks: Mapping[int, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The name of the test, and what each thread does: `<Execution of MP: P0: W [x]=1, W [y]=1; P1: R [y]=0>`."""
        threads: dict[int, list[str]] = {}
        for event in self.graph.events:
            if not event.is_init and event.kind != "B" and self.executed >> event.index & 1:
                threads.setdefault(event.thread, []).append(self._shown(event))
        shown = [
            f"P{thread}: {', '.join(events[:_SHOWN])}{' ...' * (len(events) > _SHOWN)}"
            for thread, events in threads.items()
        ]
        more = f"; and {len(shown) - _SHOWN} threads more" if len(shown) > _SHOWN else ""
        return f"<Execution of {self.graph.test.name}: {'; '.join(shown[:_SHOWN])}{more}>"

    def _shown(self, event: Event) -> str:
        if event.index not in self.values:  # a fence, or a mark
            return " ".join(sorted(event.tags)) or event.kind
        write = event.index if event.kind in WRITES else self.rf[event.index]
        first = next((order[0] for order in self.co if write in order), write)  # the initial write of the location
        address = self.graph.events[first].addr
        place = (
            self.graph.test.show(address.value)
            if isinstance(address, Known) and isinstance(address.value, Address)
            else "?"
        )
        return f"{event.kind} {place}={self.values[event.index]}"


State = tuple[tuple[Observable, Value], ...]
"""A final state: the observed registers and locations with their values, in the order of `LitmusTest.observed`."""
