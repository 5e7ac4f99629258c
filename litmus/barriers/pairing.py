"""Which barriers belong together: those of neighbouring threads in one cycle that forbids the outcome.

A barrier alone orders nothing for others: what it orders must meet an order in another thread. The cycles by which the
outcome is explained show which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from litmus.barriers.report import Finding, Need, Pair, Partner
from litmus.barriers.sites import What
from litmus.base.errors import LimitReached
from litmus.explanations.derivations import Step
from litmus.explanations.trials import Asked
from litmus.explanations.ways import reasons
from litmus.ir.events import Event

_DEPENDENCIES = {"addr": "an address dependency", "data": "a data dependency", "ctrl": "a control dependency"}

_Key = tuple[int, int]
"""Where a barrier is in the file."""


def pairs(asked: Asked, findings: Sequence[Finding]) -> tuple[Pair, ...]:
    """The barriers and ordered accesses that some architecture needs, each with its partners.

    The architectures are looked at in turn. One is passed over if each barrier that it needs has a partner by now that
    orders something there, too. One whose cycles are too many to be found says nothing. Raises LimitReached at the
    deadline.
    """
    barriers = {(f.span.start, f.span.end): f for f in findings if f.what in (What.BARRIER, What.ORDER)}
    needed = {key: finding for key, finding in barriers.items() if finding.need is not Need.REDUNDANT}
    found: dict[_Key, dict[Partner, None]] = {key: {} for key in barriers}
    archs = dict.fromkeys(one.arch for finding in needed.values() for one in finding.archs)
    for arch in archs:
        here = [key for key, finding in needed.items() if _needs(finding, arch)]
        if all(any(_orders(partner, barriers, arch) for partner in found[key]) for key in here):
            continue
        ready = asked.engine.prepare(asked.test, arch, asked.options, asked.deadline)
        task = asked.engine.task(ready, replace(ready.model, axioms=()), asked.deadline)
        try:
            cycles = reasons(task, ready.model, asked.prop).cycles
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
        Pair(finding.span, finding.text, finding.thread, _in_order(found[key])) for key, finding in needed.items()
    )


def _needs(finding: Finding, arch: str) -> bool:
    return any(one.arch == arch and one.need is not Need.REDUNDANT for one in finding.archs)


def _orders(partner: Partner, barriers: Mapping[_Key, Finding], arch: str) -> bool:
    """Whether a partner is a dependency, or a barrier that an architecture needs."""
    barrier = barriers.get((partner.span.start, partner.span.end))
    return barrier is None or _needs(barrier, arch)


def _in_order(partners: Iterable[Partner]) -> tuple[Partner, ...]:
    return tuple(sorted(partners, key=lambda partner: (partner.span.start, partner.thread, partner.text)))


def _ring(
    edges: Sequence[Step], events: Sequence[Event], barriers: Mapping[_Key, Finding]
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
                parts[-1][1][Partner(site.text, site.span, event.thread)] = site.span.start, site.span.end
        if a.thread == b.thread:
            several.add(a.thread)
        if a.thread == b.thread and edge.name in _DEPENDENCIES and a.span is not None:
            parts[-1][1][Partner(_DEPENDENCIES[edge.name], a.span, a.thread)] = None
    if len(parts) > 1 and parts[0][0] == parts[-1][0]:
        parts[0][1].update(parts.pop()[1])
    return [found for thread, found in parts if thread in several]


def _from_thread_to_thread(edges: Sequence[Step], events: Sequence[Event]) -> Iterable[Step]:
    """The edges of a cycle, beginning where it comes into a thread."""
    for k, edge in enumerate(edges):
        if events[edge.source].thread != events[edge.target].thread:
            return [*edges[k + 1 :], *edges[: k + 1]]
    return edges
