"""How near an access is to an outcome: over how many reads, dependencies and missed writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from litmus.base.relation import pairs
from litmus.explanations.missing import Remedy
from litmus.explanations.timeline import Moment
from litmus.ir.events import ReadValue
from litmus.ir.execution import Execution
from litmus.ir.formulas import parts
from litmus.ir.litmus_test import Prop, Register
from litmus.ir.propositions import items
from litmus.ir.valuation import Valuation


def nearness(
    execution: Execution, moments: Sequence[Moment], asked: Prop, remedies: Iterable[Remedy]
) -> Mapping[int, int]:
    """The distance of each access of a timeline from an outcome, where there is a way.

    It is 0 for what the outcome is about (the reads that its registers come from, the last writes to its locations) and
    for accesses whose order is missing. It grows by one from a read to the write that it reads or to a write that has
    not reached it, from a write to the next to its location, and from an access to one that depends on it or is the
    other half of the same update.
    """
    there = {moment.event for moment in moments}
    near: dict[int, list[int]] = {event: [] for event in there}
    for a, b in _links(execution, moments):
        if a in there and b in there:
            near[a].append(b)
            near[b].append(a)
    found = {event: 0 for event in _asked(execution, asked) if event in there}
    found.update({event: 0 for remedy in remedies for event in (remedy.before, remedy.after) if event in there})
    row = list(found)
    for event in row:
        for other in near[event]:
            if other not in found:
                found[other] = found[event] + 1
                row.append(other)
    return found


def _links(execution: Execution, moments: Iterable[Moment]) -> Iterator[tuple[int, int]]:
    yield from execution.rf.items()
    for order in execution.co:
        yield from pairwise(order)
    for moment in moments:
        yield from ((moment.event, write) for write in moment.misses)
    for name in ("addr", "data", "rmw"):
        yield from pairs(execution.graph.relations[name].rows)


def _asked(execution: Execution, asked: Prop) -> Iterator[int]:
    """The accesses that give the registers and locations of an outcome their values."""
    valuation = Valuation.of(execution)
    for item in items(asked):
        if isinstance(item, Register):
            value = execution.graph.final.get(item)
            yield from (part.event for part in parts([value] if value else []) if isinstance(part, ReadValue))
            continue
        for order in execution.co:
            address = execution.graph.events[order[-1]].addr if order else None
            if address is not None and valuation.value(address) == item:
                yield order[-1]
