"""Which barriers belong together: those of neighbouring threads in one cycle that forbids the outcome.

A barrier alone orders nothing for others: what it orders must meet an order in another thread. The cycles by which the
outcome is explained show which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from litmus.barriers.report import Pair, Partner
from litmus.barriers.sites import Site, What
from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached
from litmus.engine import Engine
from litmus.explanations.derivations import Step
from litmus.explanations.ways import reasons
from litmus.ir.events import Event
from litmus.ir.litmus_test import LitmusTest, Prop
from litmus.ir.options import Options

_DEPENDENCIES = {"addr": "an address dependency", "data": "a data dependency", "ctrl": "a control dependency"}

_Key = tuple[int, int]
"""Where a barrier is in the file."""


def pairs(
    engine: Engine,
    test: LitmusTest,
    asked: Prop,
    archs: Sequence[str],
    sites: Sequence[Site],
    options: Options,
    deadline: Deadline,
) -> tuple[Pair, ...]:
    """Each barrier and ordered access with its partners on the architectures that forbid the outcome.

    An architecture whose cycles are too many to be found says nothing. Raises LimitReached at the deadline.
    """
    barriers = {(site.span.start, site.span.end): site for site in sites if site.what in (What.BARRIER, What.ORDER)}
    found: dict[_Key, dict[Partner, None]] = {key: {} for key in barriers}
    for arch in archs if barriers else ():
        ready = engine.prepare(test, arch, options, deadline)
        try:
            cycles = reasons(engine.task(ready, replace(ready.model, axioms=()), deadline), ready.model, asked).cycles
        except LimitReached as limit:
            if limit.limit == "timeout":
                raise
            continue
        for cycle in cycles:
            ring = _ring([edge for edges in cycle.edges for edge in edges], ready.graph.events, barriers)
            for k, mine in enumerate(ring):
                others = {**ring[k - 1], **ring[(k + 1) % len(ring)]} if len(ring) > 1 else {}
                for key in mine.values():
                    if key is not None:
                        found[key].update(dict.fromkeys(others))
    return tuple(
        Pair(barriers[key].span, barriers[key].forms[0].text, barriers[key].thread, _in_order(partners))
        for key, partners in found.items()
    )


def _in_order(partners: Iterable[Partner]) -> tuple[Partner, ...]:
    return tuple(sorted(partners, key=lambda partner: (partner.span.start, partner.text)))


def _ring(
    edges: Sequence[Step], events: Sequence[Event], barriers: Mapping[_Key, Site]
) -> list[dict[Partner, _Key | None]]:
    """What orders the accesses of each thread that a cycle goes through, in turn, with the key of what is a barrier.

    A thread with one access only has nothing to order.
    """
    parts: list[tuple[int, dict[Partner, _Key | None]]] = []
    several: set[int] = set()
    for edge in _from_thread_to_thread(edges, events):
        a, b = events[edge.source], events[edge.target]
        for event in (a, b):
            if not parts or parts[-1][0] != event.thread:
                parts.append((event.thread, {}))
            site = None if event.span is None else barriers.get((event.span.start, event.span.end))
            if site is not None:
                parts[-1][1][Partner(site.forms[0].text, site.span)] = site.span.start, site.span.end
        if a.thread == b.thread:
            several.add(a.thread)
        if a.thread == b.thread and edge.name in _DEPENDENCIES and a.span is not None:
            parts[-1][1][Partner(_DEPENDENCIES[edge.name], a.span)] = None
    if len(parts) > 1 and parts[0][0] == parts[-1][0]:
        parts[0][1].update(parts.pop()[1])
    return [found for thread, found in parts if thread in several]


def _from_thread_to_thread(edges: Sequence[Step], events: Sequence[Event]) -> Iterable[Step]:
    """The edges of a cycle, beginning where it comes into a thread."""
    for k, edge in enumerate(edges):
        if events[edge.source].thread != events[edge.target].thread:
            return [*edges[k + 1 :], *edges[: k + 1]]
    return edges
