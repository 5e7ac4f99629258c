"""What would rule an outcome out: the pairs of accesses that would have to be ordered, and what would order them.

Every remedy is tried: fences of the architecture in the places between accesses, dependencies from a read, and in
kernel C the acquire and release forms of accesses. The model decides, whatever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from litmus.explanations.fences import described, fences_of, fits
from litmus.explanations.places import Inserted, Place, events_of, inserted, optional, originals, places, with_fences
from litmus.explanations.trials import Asked, Trial
from litmus.explanations.ways import reasons
from litmus.ir.events import Choice, EventGraph, Formula, GuardedRelation
from litmus.ir.litmus_test import Condition, Quantifier
from litmus.ir.thread import Primitive, Statement

MOST_PLACES = 40
"""The most places between accesses that a test may have for fences to be tried in them."""

MOST_TRIES = 1500
"""The most sets of fences that are tried."""

LARGEST = 4
"""The most places at which fences are tried together."""

_SETS = 3  # how many sets of pairs are described
_MARKED = {
    "READ_ONCE": "smp_load_acquire",
    "plain_read": "smp_load_acquire",
    "rcu_dereference": "smp_load_acquire",
    "WRITE_ONCE": "smp_store_release",
    "plain_write": "smp_store_release",
}
_DEPENDENCIES = {
    "addr": "an address dependency",
    "data": "a data dependency",
    "ctrl": "a control dependency",
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """Two accesses of a thread which would have to be ordered, and what orders them; the first while the other
    remedies of its set are the first of theirs, and so each of the others."""

    before: int
    after: int
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing: sets of remedies, each of which would rule the outcome out, all as small as can be.

    `nothing`: no fences between accesses rule it out. `limit`: why the search was not made, or not to its end.
    """

    sets: tuple[tuple[Remedy, ...], ...] = ()
    nothing: bool = False
    limit: str = ""


def missing(asked: Asked) -> Missing:
    """What is missing for an outcome to be ruled out. Raises LimitReached, and what `Engine.prepare` raises."""
    where = places(asked.test)
    if len(where) > MOST_PLACES:
        return Missing(limit=f"fences are tried in {MOST_PLACES} places at most, and the test has {len(where)}")
    kinds = list(fences_of(asked))
    fences = [
        inserted(place, name, tags) for place in where for name, tags in kinds if fits(asked.test, place, name, tags)
    ]
    if not fences:
        return Missing(nothing=True)
    trial = _Fences(asked, fences)
    try:
        sets, limit = trial.smallest(where)
        if sets is None:
            return Missing(nothing=True)
        found: dict[tuple[tuple[int, int], ...], tuple[Remedy, ...]] = {}
        for some in sets:
            chosen = trial.remedies(some)
            pairs = tuple((r.before, r.after) for r in chosen)
            if pairs in found:
                chosen = tuple(
                    Remedy(a.before, a.after, tuple(dict.fromkeys((*a.means, *b.means))))
                    for a, b in zip(found[pairs], chosen, strict=True)
                )
            if pairs in found or len(found) < _SETS:
                found[pairs] = chosen
        return Missing(tuple(found.values()), limit=limit)
    finally:
        trial.close()


class _Fences:
    """Tries sets of fences: all are in one graph, and each may be missing."""

    def __init__(self, asked: Asked, fences: Sequence[Inserted]) -> None:
        self.asked = asked
        self.fences = fences
        self.tries = 0
        self.trial = self._opened(fences, ())
        self.close_later = [self.trial]

    def close(self) -> None:
        for trial in self.close_later:
            trial.close()

    def _opened(self, fences: Sequence[Inserted], dependencies: Sequence[tuple[str, int, int]]) -> Trial:
        """The test with fences, and then dependencies, that may be there."""

        def change(graph: EventGraph) -> tuple[EventGraph, tuple[int, ...]]:
            graph, choices = optional(graph, fences)
            graph, more = _depending(graph, dependencies)
            return graph, choices + more

        return Trial(replace(self.asked, test=with_fences(self.asked.test, fences)), change)

    def forbids(self, there: Sequence[int]) -> bool:
        """Whether the outcome is impossible with just these fences."""
        self.tries += 1
        return self.trial.solution(there) is None

    def at(self, place: Place) -> list[int]:
        """The fences at a place."""
        return [k for k, fence in enumerate(self.fences) if fence.place == place]

    def smallest(self, where: Sequence[Place]) -> tuple[list[tuple[Place, ...]] | None, str]:
        """The smallest sets of places at which all fences together rule the outcome out; None if there is none."""
        if not self.forbids(range(len(self.fences))):
            return None, ""
        useful = [place for place in where if self.at(place)]
        for count in range(1, LARGEST + 1):
            found: list[tuple[Place, ...]] = []
            for some in combinations(useful, count):
                if self.tries >= MOST_TRIES:
                    return found, f"not all sets of fences were tried, only {MOST_TRIES}"
                if self.forbids([k for place in some for k in self.at(place)]):
                    found.append(some)
            if found:
                return found, ""
        return [], f"more than {LARGEST} fences are needed, and larger sets were not tried"

    # --- remedies -------------------------------------------------------------------------------------------------

    def remedies(self, where: Sequence[Place]) -> tuple[Remedy, ...]:
        """The pairs that fences at some places order, and for each what else would do."""
        chosen: list[int] = []
        for k, place in enumerate(where):
            others = [*chosen, *(max(self.at(p)) for p in where[k + 1 :])]
            every = [*chosen, *(n for p in where[k + 1 :] for n in self.at(p))]
            enough = [n for n in self.at(place) if self.forbids([*others, n])]
            enough = enough or [n for n in self.at(place) if self.forbids([*every, n])]
            chosen.append((enough or [max(self.at(place))])[0])
        pairs = self._pairs(where, chosen)
        means = []
        for k, place in enumerate(where):
            others = [n for n in chosen if n != chosen[k]]
            means.append([self.fences[n].name for n in self.at(place) if self.forbids([*others, n])])
        self._dependencies(where, chosen, pairs, means)
        if self.asked.test.has_primitives:
            self._marked(where, chosen, means)
        order = sorted(range(len(where)), key=lambda k: pairs[k][:2])
        return tuple(Remedy(*pairs[k][:2], tuple(dict.fromkeys(means[k]))) for k in order)

    def _pairs(self, where: Sequence[Place], chosen: Sequence[int]) -> list[tuple[int, int]]:
        """The accesses that each fence orders, as events of the test without fences."""
        asked = self.asked
        fences = [self.fences[n] for n in chosen]
        ready = asked.engine.prepare(with_fences(asked.test, fences), asked.model, asked.options, asked.deadline)
        graph = ready.graph
        mine, old = events_of(graph, fences), originals(graph, fences)
        found: dict[int, tuple[int, int]] = {}
        bare = replace(ready.model, axioms=())
        for cycle in reasons(asked.engine.task(ready, bare, asked.deadline), ready.model, asked.prop).cycles:
            for edges in cycle.edges:
                for edge in edges:
                    if edge.target in mine:
                        onward = [e for e in edges if e.source == edge.target]
                        if onward and edge.source in old and onward[0].target in old:
                            found.setdefault(mine[edge.target], (old[edge.source], old[onward[0].target]))
        for k, fence in enumerate(fences):
            if k not in found:  # no cycle goes through it: the accesses around it
                found[k] = self._around(graph, fence, old)
        return [found[k] for k in range(len(fences))]

    def _around(self, graph: EventGraph, fence: Inserted, old: object) -> tuple[int, int]:
        assert isinstance(old, dict)
        thread = self.asked.test.threads[fence.place.thread]
        sides = []
        for at in (fence.place.after, fence.place.at):
            span = getattr(thread.body[at], "span", None)
            mine = [e.index for e in graph.events if e.thread == thread.index and e.kind in "RWA" and e.span is span]
            sides.append(mine)
        return old[sides[0][-1]], old[sides[1][0]]

    def _dependencies(
        self,
        where: Sequence[Place],
        chosen: Sequence[int],
        pairs: Sequence[tuple[int, int]],
        means: list[list[str]],
    ) -> None:
        """Add the dependencies that would do in place of a fence."""
        events = self.trial.graph.events
        fences = [self.fences[n] for n in chosen]
        back = {k: index for index, k in originals(self.trial.graph, self.fences).items()}
        tried: list[tuple[int, str, int, int]] = []
        for k, (a, b) in enumerate(pairs):
            if events[back[a]].kind == "R":
                for name in _DEPENDENCIES if events[back[b]].kind == "W" else ("addr",):
                    tried.append((k, name, a, b))
        if not tried:
            return
        trial = self._opened(fences, [(name, a, b) for _, name, a, b in tried])
        self.close_later.append(trial)
        for number, (k, name, _, _) in enumerate(tried):
            there = [n for n in range(len(fences)) if n != k]
            if trial.solution([*there, len(fences) + number]) is None:
                means[k].append(_DEPENDENCIES[name])

    def _marked(self, where: Sequence[Place], chosen: Sequence[int], means: list[list[str]]) -> None:
        """Add the acquire and release forms that would do in place of a fence."""
        asked = self.asked
        info = described(asked)
        mapped = {} if info is None else info.rows(asked.options.era)
        for k, place in enumerate(where):
            others = [self.fences[n] for j, n in enumerate(chosen) if j != k]
            for at in (place.after, place.at):
                thread = asked.test.threads[place.thread]
                statement = thread.body[at]
                name = _MARKED.get(statement.name) if isinstance(statement, Primitive) else None
                if name not in mapped or (name == "smp_load_acquire") != (at == place.after):
                    continue
                assert isinstance(statement, Primitive)
                assert name is not None
                body: list[Statement] = [*thread.body]
                body[at] = replace(statement, name=name, call=None)
                threads = tuple(replace(t, body=tuple(body)) if t is thread else t for t in asked.test.threads)
                test = with_fences(replace(asked.test, threads=threads), others)
                ready = asked.engine.prepare(test, asked.model, asked.options, asked.deadline)
                condition = Condition(Quantifier.EXISTS, asked.prop)
                found = asked.engine.decide(ready, condition, replace(asked.options, verdict_only=True), asked.deadline)
                if found.possible is False:
                    means[k].append(name)


def _depending(graph: EventGraph, dependencies: Sequence[tuple[str, int, int]]) -> tuple[EventGraph, tuple[int, ...]]:
    """The graph with dependencies between events of the test without fences that may be there; a choice for each."""
    if not dependencies:
        return graph, ()
    kept = [e.index for e in graph.events if e.span is None or e.span.source.name != "a fence that is not in the test"]
    relations = dict(graph.relations)
    po = graph.relations["po"].rows
    for k, (name, a, b) in enumerate(dependencies):
        source, target = kept[a], kept[b]
        targets = [target]
        if name == "ctrl":
            targets += [e.index for e in graph.events if po[target] >> e.index & 1]
        rows, conditions = list(relations[name].rows), dict[tuple[int, int], Formula](relations[name].conditions)
        for one in targets:
            if not rows[source] >> one & 1:
                rows[source] |= 1 << one
                conditions[source, one] = Choice(graph.choices + k)
        relations[name] = GuardedRelation(tuple(rows), conditions)
    choices = tuple(graph.choices + k for k in range(len(dependencies)))
    return replace(graph, relations=relations, choices=graph.choices + len(dependencies)), choices
