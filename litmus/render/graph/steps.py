"""Puts the transactions of an execution on the buses of its topology into a total order.

The model orders only some hops. The picture numbers all of them, in an order in which a machine could do them: a
transaction that must not pass another leaves their queue after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from litmus.base.deadline import Deadline
from litmus.base.relation import Rows, bits, plus
from litmus.ir.execution import Execution
from litmus.pci.hops import Hop, hops

_TRIES = 20_000


@dataclass(frozen=True, slots=True)
class Queued:
    """A hop and the next one of the same access, `then`, on bus `there`: between them the access is in a queue."""

    hop: Hop
    then: Hop


def executed_hops(execution: Execution) -> list[Hop]:
    """The hops of the executed accesses, access by access."""
    return [hop for hop in hops(execution.graph) if execution.executed >> hop.access & 1]


def queued(found: Sequence[Hop]) -> list[Queued]:
    """The hops after which an access is in a queue."""
    pairs = pairwise(found)
    return [Queued(a, b) for a, b in pairs if a.access == b.access and a.bus is not None]


def in_a_row(execution: Execution, order: Rows, deadline: Deadline) -> tuple[Hop, ...] | None:
    """The hops in an order that extends `order`, n x n over the events; None if none was found.

    Raises LimitReached at the deadline.
    """
    found = executed_hops(execution)
    number = {hop.event: k for k, hop in enumerate(found)}
    closed = plus(order)
    reach = [sum(1 << number[e] for e in bits(closed[hop.event]) if e in number) for hop in found]
    after = {number[q.hop.event]: number[q.then.event] for q in queued(found)}
    behind = execution.graph.relations["queue"].rows
    pushes = {a: [b for b in after if behind[found[a].event] >> found[b].event & 1 and b != a] for a in after}
    row = _extend(found, reach, after, pushes, deadline)
    return None if row is None else tuple(found[k] for k in row)


def _extend(
    found: Sequence[Hop],
    reach: list[int],
    after: Mapping[int, int],
    pushes: Mapping[int, Sequence[int]],
    deadline: Deadline,
) -> list[int] | None:
    """A linear extension, found by search: the current access goes on as long as it can."""
    tries = 0
    stack: list[tuple[list[int], list[int], Iterator[int]]] = []
    row: list[int] = []
    choices = _ready(found, reach, row)
    while len(row) < len(found):
        deadline.check()
        choice = next(choices, None)
        tries += 1
        if tries > _TRIES:
            return None
        if choice is None:
            if not stack:
                return None
            row, reach, choices = stack.pop()
            continue
        wider = list(reach)
        done = {*row, choice}
        if all(_add(wider, after[choice], after[b]) for b in pushes.get(choice, ()) if b not in done):
            stack.append((row, reach, choices))
            row, reach = [*row, choice], wider
            choices = _ready(found, reach, row)
    return row


def _ready(found: Sequence[Hop], reach: Sequence[int], row: Sequence[int]) -> Iterator[int]:
    """The hops that may come next: all their predecessors are done."""
    done = set(row)
    left = [k for k in range(len(found)) if k not in done]
    ready = [k for k in left if not any(reach[j] >> k & 1 for j in left)]
    now = found[row[-1]].access if row else -1
    return iter(sorted(ready, key=lambda k: (found[k].access != now, k)))


def _add(reach: list[int], a: int, b: int) -> bool:
    """Add that a comes before b; False if it must come after."""
    if a == b or reach[b] >> a & 1:
        return False
    more = reach[b] | 1 << b
    for k in range(len(reach)):
        if k == a or reach[k] >> a & 1:
            reach[k] |= more
    return True


@dataclass(frozen=True, slots=True)
class Overtaking:
    """Two hops into one queue: `late` enters it after `early` and leaves it first."""

    late: Queued
    early: Queued


def overtakings(row: Sequence[Hop]) -> dict[int, list[Overtaking]]:
    """The overtakings, by the step in which the late hop leaves the queue."""
    place = {hop.event: k for k, hop in enumerate(row)}
    waiting = queued(sorted(row, key=lambda hop: (hop.access, place[hop.event])))
    found: dict[int, list[Overtaking]] = {}
    for early in waiting:
        for late in waiting:
            if (
                (early.hop.bus, early.then.bus) == (late.hop.bus, late.then.bus)
                and place[early.hop.event] < place[late.hop.event]
                and place[late.then.event] < place[early.then.event]
            ):
                found.setdefault(place[late.then.event], []).append(Overtaking(late, early))
    return found


def misses(execution: Execution, row: Sequence[Hop]) -> dict[int, list[tuple[Hop, Hop | None]]]:
    """For the step of each read, the newer writes to its location that are on their way: last hop so far, next hop."""
    place = {hop.event: k for k, hop in enumerate(row)}
    ways: dict[int, list[Hop]] = {}
    for hop in row:
        ways.setdefault(hop.access, []).append(hop)
    found: dict[int, list[tuple[Hop, Hop | None]]] = {}
    for read, write in execution.rf.items():
        if read not in place:
            continue
        order = next(o for o in execution.co if write in o)
        for newer in order[order.index(write) + 1 :]:
            way = [hop for hop in ways.get(newer, ()) if not hop.completion]
            past = [hop for hop in way if place[hop.event] < place[read]]
            if past and len(past) < len(way):
                found.setdefault(place[read], []).append((past[-1], way[len(past)]))
    return found
