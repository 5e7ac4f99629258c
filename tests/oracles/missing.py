"""Checks what an explanation says is missing, by deciding the programs as they are written.

Each fence that is said to be enough is written between its two accesses, with the first fences of the others of its
set, and the program is read again and decided; so is each with all the fences that there are, but in fewer places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from math import comb

from oracles.shared import engine

import litmus
from litmus.barriers.writing import Edit, before, call_in_place_of, edited
from litmus.base.deadline import NO_DEADLINE
from litmus.base.errors import LitmusError
from litmus.base.source import Span
from litmus.explanations.explanation import Explanation
from litmus.explanations.fences import offers
from litmus.explanations.missing import Remedy
from litmus.explanations.trials import Asked
from litmus.ir.events import EventGraph, GuardedRelation
from litmus.ir.litmus_test import Condition, LitmusTest, Quantifier
from litmus.ir.options import Options
from litmus.ir.thread import Primitive, StoreConditional
from litmus.ir.verdict import Answer, Status

MOST = 400
"""Programs with fewer fences that are written of one test."""

_DEPENDENCIES = {"an address dependency": "addr", "a data dependency": "data", "a control dependency": "ctrl"}
_FORMS = ("smp_load_acquire", "smp_store_release")


def check_missing(known: Explanation) -> bool:
    """Raises AssertionError if what is said to be missing is not; says whether all of it was looked at."""
    lost = known.missing
    if lost is None or lost.limit:
        return lost is None
    assert known.witness is not None
    graph = known.witness.execution.graph
    fences = [offer.text for offer in offers(_asked(known))]
    if lost.nothing:
        return _fewer_allow(known, graph, fences, len(_places(graph)))
    sizes = {len(remedies) for remedies in lost.sets}
    assert len(sizes) == 1
    whole = True
    for remedies in lost.sets:
        first = [next((name for name in r.means if name in fences), None) for r in remedies]
        for k, remedy in enumerate(remedies):
            for name in remedy.means:
                others = [(r, first[j]) for j, r in enumerate(remedies) if j != k]
                if any(fence is None for _, fence in others):
                    whole = False  # what orders them is no fence
                    continue
                enough = _is_enough(known, graph, remedy, name, [(r, f) for r, f in others if f is not None])
                assert enough is not False, (name, remedy)
                whole &= enough is True
    return _fewer_allow(known, graph, fences, sizes.pop() - 1) and whole


def _is_enough(
    known: Explanation, graph: EventGraph, remedy: Remedy, name: str, others: Sequence[tuple[Remedy, str]]
) -> bool | None:
    """Whether what is said to order two accesses forbids the outcome, with fences between others; None: unknown."""
    test = known.test
    elsewhere = [[before(test, place, fence) for place in _between(graph, r)] for r, fence in others]
    if name in _DEPENDENCIES:
        if others:
            return None
        return not _allows(known, test, (_DEPENDENCIES[name], remedy.before, remedy.after))
    if name in _FORMS:
        at = remedy.before if name == _FORMS[0] else remedy.after
        here = [_changed(test, at, graph, name)]
        if here[0] is None:
            return None
    elif name.startswith("memory_order"):
        return None
    else:
        here = [before(test, place, name) for place in _between(graph, remedy)]
    tried = 0
    for several in product(here, *elsewhere):
        text = edited(test.source.text, [edit for edits in several if edits is not None for edit in edits])
        try:
            written = litmus.parse(text)
        except LitmusError:
            continue  # there is no place in an expression
        tried += 1
        if not _allows(known, written):
            return True
    return False if tried else None


def _fewer_allow(known: Explanation, graph: EventGraph, fences: Sequence[str], size: int) -> bool:
    """Whether the outcome stays possible with all fences in so many places; False if nobody tried all."""
    places = _places(graph)
    if comb(len(places), size) > MOST or not size:
        return not size
    whole = True
    for where in combinations(places, size):
        edits = [edit for place in where for fence in fences for edit in before(known.test, place, fence)]
        try:
            written = litmus.parse(edited(known.test.source.text, edits))
        except LitmusError:
            whole = False
            continue
        assert _allows(known, written), ("fewer places are enough", [place.text for place in where])
    return whole


def _places(graph: EventGraph) -> list[Span]:
    """The statements of accesses, but for the first of each thread and those within a reservation."""
    within = {s.span for thread in graph.test.threads for s in thread.body if isinstance(s, StoreConditional)}
    found: list[Span] = []
    for thread in {event.thread for event in graph.events if not event.is_init}:
        found += [span for span in _statements(graph, thread)[1:] if span not in within]
    return found


def _statements(graph: EventGraph, thread: int) -> list[Span]:
    """The places of the accesses of a thread, in the order of the program."""
    events = [e for e in graph.events if e.thread == thread and e.kind in ("R", "W", "U") and not e.is_init]
    return list(dict.fromkeys(e.span for e in events if e.span is not None))


def _between(graph: EventGraph, remedy: Remedy) -> list[Span]:
    """The statements of accesses before which a fence is between two accesses."""
    first, last = graph.events[remedy.before], graph.events[remedy.after]
    spans = _statements(graph, first.thread)
    assert first.span is not None
    assert last.span is not None
    return spans[spans.index(first.span) + 1 : spans.index(last.span) + 1]


def _changed(test: LitmusTest, at: int, graph: EventGraph, name: str) -> list[Edit] | None:
    span = graph.events[at].span
    for statement in (s for thread in test.threads for s in thread.body):
        if isinstance(statement, Primitive) and span is not None and statement.span == span:
            call = call_in_place_of(span.text, statement.name, name, test.topology is not None)
            return None if call is None else [Edit(span.start, span.end, call)]
    return None


def _asked(known: Explanation) -> Asked:
    return Asked(engine, known.test, known.model, _options(known), known.asked, NO_DEADLINE)


def _options(known: Explanation) -> Options:
    return Options(verdict_only=True, era=known.era or "v6")


def _allows(known: Explanation, test: LitmusTest, dependency: tuple[str, int, int] | None = None) -> bool:
    """Whether the model allows the outcome of a program, which may get a dependency between two of its events."""
    condition = Condition(Quantifier.EXISTS, known.asked)
    if dependency is None:
        found = engine.check(replace(test, condition=condition), known.model, _options(known))
        assert found.status is Status.DONE
        return found.answer is Answer.ALLOWED

    def with_it(graph: EventGraph) -> EventGraph:
        name, a, b = dependency
        old = graph.relations[name]
        after = 1 << b | (graph.relations["po"].rows[b] if name == "ctrl" else 0)
        rows = tuple(row | after if k == a else row for k, row in enumerate(old.rows))
        kept = {
            pair: formula for pair, formula in old.conditions.items() if not (pair[0] == a and after >> pair[1] & 1)
        }
        return replace(graph, relations={**graph.relations, name: GuardedRelation(rows, kept)})

    ready = engine.prepare(test, known.model, _options(known), change=with_it)
    possible = engine.decide(ready, condition, _options(known)).possible
    assert possible is not None
    return possible
