"""What several targets tell a model about a test: the sets that its events are in, and the locations it asks about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Address, Fence, Load, Mark, Rmw, Store, StoreConditional

OBSERVED = "observed-init"
"""The initial writes of the locations whose final value the test asks for."""


def observed(test: LitmusTest) -> Iterator[Address]:
    """The locations whose final values make up a state."""
    return (item for item in test.observed if isinstance(item, Address))


def with_observed(graph: EventGraph) -> EventGraph:
    """The graph with `OBSERVED` on the initial writes of the locations that are observed."""
    asked = frozenset(observed(graph.test))
    events = list(graph.events)
    for location, write in zip(graph.locations, graph.initial, strict=True):
        if location in asked:
            events[write] = replace(events[write], tags=events[write].tags | {OBSERVED})
    return replace(graph, events=tuple(events))


def tags_of(test: LitmusTest) -> frozenset[str]:
    """The sets that the events of a test may be in; its statements have events."""
    found: set[str] = set()
    for thread in test.threads:
        for statement in thread.body:
            match statement:
                case Load(tags=tags) | Store(tags=tags) | StoreConditional(tags=tags) | Fence(tags=tags):
                    found |= tags
                case Mark(tags=tags):
                    found |= tags
                case Rmw(read_tags=read, write_tags=write):
                    found |= read | write
                case _:
                    pass
    return frozenset(found)
