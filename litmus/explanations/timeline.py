"""An execution as a timeline: its accesses in the order in which they take effect, and where that is no program order.

A memory model has no clock. The order keeps what the model orders, then what reads see, then program order, as far as
each agrees with what was kept before it. What was given up is what is weak about the execution.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from litmus.base.relation import bits, pairs, plus
from litmus.cat.description import Reordering
from litmus.ir.execution import Execution
from litmus.ir.model import AxiomKind, AxiomRole, Model
from litmus.judge.evaluate import relations as evaluated


@dataclass(frozen=True, slots=True)
class Moment:
    """An access takes effect.

    `before` are accesses of its thread that come earlier in the program and later in the timeline; `misses` are writes
    to its location that come earlier in the timeline and that the read does not see (or that overwrite the write).
    `unordered` are accesses of its thread that are written before it and come later in the timeline, but are in no
    program order with it: operands that a language evaluates in any order. `issued` are those of `before` that come
    onto their bus in program order all the same: it is the buses that have them out of order.
    """

    event: int
    before: tuple[int, ...] = ()
    misses: tuple[int, ...] = ()
    unordered: tuple[int, ...] = ()
    issued: tuple[int, ...] = ()


def timeline(model: Model, execution: Execution) -> tuple[Moment, ...]:
    """The accesses of an execution in an order in which they can have taken effect."""
    events = execution.graph.events
    there = [
        e.index for e in events if e.kind in ("R", "W", "U") and not e.is_init and execution.executed >> e.index & 1
    ]
    order = _Order(len(events))
    for a, b in _wanted(model, execution, set(there)):
        order.add(a, b)
    row = list(order.row(there, [e.thread for e in events]))
    place = {event: k for k, event in enumerate(row)}
    po = execution.graph.relations["po"].rows
    kept = _kept(model, execution) if "first" in execution.graph.relations else ()
    found = []
    for event in row:
        before = [e for e in there if po[e] >> event & 1 and place[e] > place[event]]
        misses = [w for w in _newer(execution, event) if w in place and place[w] < place[event]]
        unordered = [e for e in there if _is_operand_before(execution, e, event) and place[e] > place[event]]
        issued = [e for e in before if any(_issues(relation, execution, e, event) for relation in kept)]
        found.append(Moment(event, tuple(before), tuple(misses), tuple(unordered), tuple(issued)))
    return tuple(found)


def _kept(model: Model, execution: Execution) -> tuple[Sequence[int], ...]:
    """The orders that each axiom of a model keeps without cycles, each closed transitively."""
    return tuple(plus(tuple(relation)) for relation in evaluated(model, execution, _acyclic(model)).values())


def _acyclic(model: Model) -> Sequence[int]:
    return [
        axiom.node
        for axiom in model.axioms
        if axiom.role is AxiomRole.CHECK and axiom.kind is AxiomKind.ACYCLIC and not axiom.negated
    ]


def _issues(order: Sequence[int], execution: Execution, a: int, b: int) -> bool:
    """Whether in this order the hop that issues an access is before that of another."""
    first = execution.graph.relations["first"].rows
    return any(order[hop] & first[b] for hop in bits(first[a]))


def _is_operand_before(execution: Execution, a: int, b: int) -> bool:
    """Whether two accesses of a thread are written in this order and are in no program order."""
    first, second = (execution.graph.events[event] for event in (a, b))
    if a >= b or first.thread != second.thread or first.instruction == second.instruction:
        return False
    po = execution.graph.relations["po"].rows
    return not (po[a] >> b | po[b] >> a) & 1


def reordered(rules: Sequence[Reordering], moments: Iterable[Moment], execution: Execution) -> tuple[Reordering, ...]:
    """Which of an architecture's reorderings a timeline shows, each once; not of accesses that are issued in order."""
    known = {(rule.before, rule.after, rule.despite): rule for rule in rules}
    events, relations = execution.graph.events, execution.graph.relations
    found: dict[Reordering, None] = {}
    for moment in moments:
        for earlier in (e for e in moment.before if e not in moment.issued):
            depends = [d for d in ("addr", "data", "ctrl") if relations[d].rows[earlier] >> moment.event & 1]
            for despite in depends or [""]:
                rule = known.get((events[earlier].kind, events[moment.event].kind, despite))
                if rule is not None:
                    found[rule] = None
    return tuple(found)


def is_interleaved(moments: Iterable[Moment]) -> bool:
    """Whether a timeline is an interleaving of the threads, in which every read sees the latest write."""
    return not any(moment.before or moment.misses for moment in moments)


def _newer(execution: Execution, event: int) -> Sequence[int]:
    """The writes to the location of an access that are after what it read, or after itself, in co."""
    write = execution.rf.get(event, event)
    order = next(order for order in execution.co if write in order)
    return order[order.index(write) + 1 :]


def _wanted(model: Model, execution: Execution, there: set[int]) -> Iterator[tuple[int, int]]:
    """The pairs that the order should keep, the most important first."""
    yield from ((w, r) for r, w in execution.rf.items())
    rows = evaluated(model, execution, _acyclic(model))
    where = {}
    for k, order in enumerate(execution.co):
        for event in there:
            if execution.rf.get(event, event) in order:
                where[event] = k
    for relation in rows.values():
        if _is_broad(relation, where):
            yield from pairs(relation)
    for order in execution.co:
        yield from combinations(order, 2)
    for read, write in execution.rf.items():
        order = next(order for order in execution.co if write in order)
        yield from ((read, newer) for newer in order[order.index(write) + 1 :])
    po = execution.graph.relations["po"].rows
    by_thread: dict[int, list[int]] = {}
    for event in sorted(there):
        by_thread.setdefault(execution.graph.events[event].thread, []).append(event)
    for mine in by_thread.values():
        yield from ((a, b) for a, b in pairwise(mine) if po[a] >> b & 1 or a < b)
        yield from ((a, b) for a, b in combinations(mine, 2) if po[a] >> b & 1)


def _is_broad(relation: Sequence[int], where: Mapping[int, int]) -> bool:
    """Whether a relation orders accesses of different locations: by itself, or by way of fences or hops."""
    if any(where[a] != where[b] for a, b in pairs(relation) if a in where and b in where):
        return True
    return any(where[a] != where[b] for a, b in pairs(plus(tuple(relation))) if a in where and b in where)


class _Order:
    """A partial order that takes a pair only if it stays one."""

    def __init__(self, n: int) -> None:
        self.after = [0] * n  # all that is after an event
        self.earlier = [0] * n

    def add(self, a: int, b: int) -> None:
        if a == b or self.after[b] >> a & 1 or self.after[a] >> b & 1:
            return
        later = self.after[b] | 1 << b
        sooner = self.earlier[a] | 1 << a
        for event in bits(sooner):
            self.after[event] |= later
        for event in bits(later):
            self.earlier[event] |= sooner

    def row(self, events: Sequence[int], threads: Sequence[int]) -> Iterator[int]:
        """The events one after the other; a thread goes on as long as it may."""
        left = set(events)
        last = -2
        while left:
            waiting = sum(1 << e for e in left)
            ready = [e for e in sorted(left) if not self.earlier[e] & waiting]
            event = next((e for e in ready if threads[e] == last), ready[0])
            yield event
            left.remove(event)
            last = threads[event]
