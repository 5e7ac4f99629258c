"""Selects the arrows between the events of a witness: of each relation, those that do not follow from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from litmus.base.relation import Rows, bits, pairs
from litmus.explanations.witness import Witness
from litmus.ir.execution import Execution

DEPENDENCIES = ("addr", "data", "ctrl", "rmw")
_MOST = 60  # arrows of one relation that the model shows; more would be unreadable


@dataclass(frozen=True, slots=True)
class Arrow:
    """`kind` is po, rf, co, fr, dep or model, `names` is its label; it is `thick` if it is part of a violation."""

    source: int
    target: int
    kind: str
    names: tuple[str, ...]
    thick: bool = False

    @property
    def label(self) -> str:
        return " ".join(self.names)


def drawn(execution: Execution) -> list[int]:
    """The events to draw, by thread in program order, without initial writes, branches and hops."""
    return [
        e.index
        for e in sorted(execution.graph.events, key=lambda e: (e.thread, e.index))
        if not e.is_init and e.kind in "RWUFA" and execution.executed >> e.index & 1
    ]


def initial_reads(execution: Execution) -> list[int]:
    """The reads that read from an initial write."""
    first = set(execution.graph.initial)
    return [read for read in sorted(execution.rf) if execution.rf[read] in first]


def arrows(witness: Witness) -> tuple[Arrow, ...]:
    """All arrows, thick ones last. Relations that hold between the same two events of a thread share an arrow."""
    execution = witness.execution
    there = set(drawn(execution))
    hot = [(s.source, s.target, s.name) for b in witness.breaches for s in b.steps]
    hot = [step for step in dict.fromkeys(hot) if step[0] in there and step[1] in there]
    communication = list(_communication(execution))
    found: dict[tuple[int, int, str], list[str]] = {}
    shown = [] if witness.breaches else list(_shown(witness, {(a, b) for a, b, _ in communication}))
    dependencies = list(_dependencies(execution))
    rmw = {(a, b) for a, b, name in dependencies if name == "rmw"}
    communication = [arrow for arrow in communication if arrow[:2] not in rmw]  # an rmw needs no second arrow
    if witness.breaches:
        dependencies = [arrow for arrow in dependencies if arrow[2] == "rmw"]
    for a, b, name in (*_program(execution), *communication, *dependencies, *shown, *hot):
        if a in there and b in there:
            names = found.setdefault((a, b, _kind(name)), [])
            if name not in names:
                names.append(name)
    thick = {(a, b, _kind(name)) for a, b, name in hot}
    result = [Arrow(a, b, kind, tuple(names), (a, b, kind) in thick) for (a, b, kind), names in _merged(found).items()]
    return tuple(sorted(result, key=lambda arrow: arrow.thick))


def _merged(found: dict[tuple[int, int, str], list[str]]) -> dict[tuple[int, int, str], list[str]]:
    """Merge each dependency into the arrow of the model's relations between the same two events."""
    merged = dict(found)
    for a, b, kind in found:
        if kind == "dep" and (a, b, "model") in merged:
            merged[a, b, "model"] = [*merged[a, b, "model"], *merged.pop((a, b, "dep"))]
    return merged


def _kind(name: str) -> str:
    if name in ("po", "rf", "co", "fr"):
        return name
    return "dep" if name in DEPENDENCIES else "model"


def _program(execution: Execution) -> Iterator[tuple[int, int, str]]:
    """Program order between neighbours, and within instructions as they are drawn.

    An event has several next ones where operands follow that are in no order.
    """
    events, after = execution.graph.events, list(execution.graph.relations["po"].rows)
    for a, b in reversed(list(pairwise(drawn(execution)))):
        if events[a].instruction == events[b].instruction:
            after[a] |= 1 << b | after[b]
    threads: dict[int, list[int]] = {}
    for event in drawn(execution):
        threads.setdefault(events[event].thread, []).append(event)
    for mine in threads.values():
        for k, b in enumerate(mine):
            nearest = 0
            for a in reversed(mine[:k]):
                if (after[a] >> b & 1) and not after[a] & nearest:
                    nearest |= 1 << a
                    yield a, b, "po"


def _communication(execution: Execution) -> Iterator[tuple[int, int, str]]:
    """All of rf; co and fr only to the next write."""
    for read in sorted(execution.rf):
        yield execution.rf[read], read, "rf"
    for order in execution.co:
        after = dict(pairwise(order))
        for write in order[1:-1]:
            yield write, after[write], "co"
        for read in sorted(execution.rf):
            if execution.rf[read] in after:
                yield read, after[execution.rf[read]], "fr"


def _dependencies(execution: Execution) -> Iterator[tuple[int, int, str]]:
    from litmus.ir.valuation import Valuation

    valuation = Valuation.of(execution)
    for name in DEPENDENCIES:
        relation = execution.graph.relations[name]
        rows = [
            (a, b)
            for a, b in pairs(relation.rows)
            if (a, b) not in relation.conditions or valuation.holds(relation.conditions[a, b])
        ]
        kept = [(a, b) for a, b in rows if execution.executed >> a & execution.executed >> b & 1]
        for a, b in _without_inner(execution, kept) if name == "ctrl" else kept:
            yield a, b, name


def _shown(witness: Witness, communication: set[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """The pairs that the model shows and that rf, co and fr do not imply."""
    execution = witness.execution
    known = {"rf", "co", "fr", *DEPENDENCIES}
    for name, rows in witness.relations:
        if name in known:
            continue
        real = _real(execution, rows)
        next_ones = _without_paths(list(_without_inner(execution, real, _fences(execution))))
        kept = [pair for pair in next_ones if pair not in communication]
        if len(kept) <= _MOST:
            for a, b in kept:
                yield a, b, name


def _real(execution: Execution, rows: Rows) -> list[tuple[int, int]]:
    """The pairs of different events, none of them initial."""
    events = execution.graph.events
    return [(a, b) for a, b in pairs(rows) if a != b and not events[a].is_init and not events[b].is_init]


def _fences(execution: Execution) -> int:
    return sum(1 << e.index for e in execution.graph.events if e.kind == "F" and execution.executed >> e.index & 1)


def _without_inner(
    execution: Execution, found: Sequence[tuple[int, int]], fences: int | None = None
) -> Iterator[tuple[int, int]]:
    """The pairs that contain no other pair, which would begin no earlier and end no later.

    With `fences`, only such an inner pair counts as has one of them between its events.
    """
    po = execution.graph.relations["po"].rows
    by_source: dict[int, list[int]] = {}
    for a, b in found:
        between = po[a] & sum(1 << f for f in bits(fences or 0) if po[f] >> b & 1)
        if fences is None or between:
            by_source.setdefault(a, []).append(b)
    for a, b in found:
        starts = [c for c in by_source if c == a or po[a] >> c & 1]
        if not any((c, d) != (a, b) and (d == b or po[d] >> b & 1) for c in starts for d in by_source[c]):
            yield a, b


def _without_paths(found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs that are not a composition of two others."""
    there = set(found)
    after: dict[int, list[int]] = {}
    for a, b in found:
        after.setdefault(a, []).append(b)
    return [(a, b) for a, b in found if not any((c, b) in there for c in after[a] if c != b)]
