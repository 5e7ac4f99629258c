"""What would rule an outcome out: the pairs of accesses that would have to be ordered, and what would order them.

Every remedy is tried: fences of the architecture in the places between accesses, dependencies from a read, and in
kernel C the acquire and release forms of accesses. The model decides, whatever it is. The smallest sets of places are
found as the cheapest repairs are (`litmus.barriers.repair`): an execution with the outcome says in which places
none of the fences that it has would do, so that one in another place is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from litmus.decide.task import Task
from litmus.decide.whole import complete
from litmus.explanations.cycles import breach_pairs
from litmus.explanations.derivations import Derivations, Step
from litmus.explanations.fences import Offer, fits, kernel_costs, offers, strengthened
from litmus.explanations.hitting import Element, hitting_sets
from litmus.explanations.places import Inserted, Place, events_of, inserted, optional, originals, places, with_fences
from litmus.explanations.trials import Asked, Trial
from litmus.ir.events import Choice, EventGraph, Formula, GuardedRelation
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Condition, LitmusTest, Quantifier
from litmus.ir.model import AxiomRole
from litmus.ir.thread import Call, Label, MemoryOrder, Primitive, Statement

MOST_PLACES = 40
"""The most places between accesses that a test may have for fences to be tried in them."""

_SETS = 3  # how many sets of pairs are described
_LOOKED = 12  # how many smallest sets of places are looked at for that
_MARKED = {
    "READ_ONCE": "smp_load_acquire",
    "plain_read": "smp_load_acquire",
    "rcu_dereference": "smp_load_acquire",
    "WRITE_ONCE": "smp_store_release",
    "plain_write": "smp_store_release",
}
_FORMS = ("smp_load_acquire", "smp_store_release")  # of the first of two accesses, and of the second
_DEPENDENCIES = {
    "addr": "an address dependency",
    "data": "a data dependency",
    "ctrl": "a control dependency",
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """Two accesses of a thread which would have to be ordered, and what orders them, the least costly first.

    Each of `means` is enough while the other pairs of its set are ordered by the first fences of theirs.
    """

    before: int
    after: int
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing: sets of remedies, each of which would rule the outcome out, all as small as can be.

    `nothing`: no fences between accesses rule it out. `limit`: why the search was not made.
    """

    sets: tuple[tuple[Remedy, ...], ...] = ()
    nothing: bool = False
    limit: str = ""


def missing(asked: Asked, task: Task) -> Missing:
    """What is missing for an outcome of a test to be ruled out; `task` is the test as it is.

    Raises LimitReached, and what `Engine.prepare` raises.
    """
    where = places(asked.test)
    if len(where) > MOST_PLACES:
        return Missing(limit=f"fences are tried in {MOST_PLACES} places at most, and the test has {len(where)}")
    offered = offers(asked)
    at = {place: [offer for offer in offered if fits(asked.test, place, offer.fence)] for place in where}
    most = {place: _strongest(several) for place, several in at.items()}
    if not any(at.values()):
        return Missing(nothing=True)
    known_values = complete(task).domains.reads == task.base.domains.reads
    with closing(_Fences(asked, most, known_values)) as trial:
        if not trial.forbids(range(len(trial.fences))):
            return Missing(nothing=True)
        smallest = trial.smallest()
        used = {place: at[place] for place in sorted({place for one in smallest for place in one})}
        if all(used[place] == most[place] for place in used):
            return Missing(tuple(trial.described(smallest)))
    with closing(_Fences(asked, used, known_values)) as trial:  # the weaker ones are only tried where they may do
        return Missing(tuple(trial.described(smallest)))


def _strongest(several: Sequence[Offer]) -> list[Offer]:
    """The fences that none of the others covers."""
    return [offer for offer in several if not any(offer.text in other.covers for other in several)]


class _Fences:
    """Tries sets of fences: all are in one graph, and each may be missing."""

    def __init__(self, asked: Asked, at: Mapping[Place, Sequence[Offer]], known: bool) -> None:
        every = [(inserted(place, o.text, o.fence), o) for place, several in at.items() for o in several]
        fences = [fence for fence, _ in every]
        self.asked = asked
        self.known = known
        self.fences = fences
        self.offers = [offer for _, offer in every]
        self._moved: dict[tuple[tuple[Inserted, ...], Inserted], bool] = {}
        self._replaced: dict[tuple[tuple[Inserted, ...], int, str], bool] = {}
        self.places: dict[Place, list[int]] = {}
        for number, fence in enumerate(fences):
            self.places.setdefault(fence.place, []).append(number)
        self.trial = self._opened(fences, ())
        self.old = originals(self.trial.graph, fences)
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

        return Trial(
            replace(self.asked, test=with_fences(self.asked.test, fences)), change, self.known and not dependencies
        )

    def forbids(self, there: Sequence[int]) -> bool:
        """Whether the outcome is impossible with just these fences."""
        return not self.trial.possible(there)

    # --- the smallest sets ----------------------------------------------------------------------------------------

    def described(self, smallest: Sequence[tuple[Place, ...]]) -> Sequence[tuple[Remedy, ...]]:
        """The smallest sets of places in which fences rule the outcome out, as the pairs that they order."""
        found: dict[tuple[tuple[int, int], ...], tuple[Remedy, ...]] = {}
        first: dict[tuple[tuple[int, int], ...], list[str]] = {}  # the fences that the others of each are beside
        for where in smallest:
            chosen = self._cheapest(where)
            pairs = self._exact(chosen, self._pairs(chosen))
            order = sorted(range(len(where)), key=lambda k: pairs[k])
            key = tuple(pairs[k] for k in order)
            names = [self.fences[chosen[k]].name for k in order]
            if first.get(key, names) != names or (key not in found and len(found) == _SETS):
                continue
            first[key] = names
            means = self._means(where, chosen, pairs)
            several = found.get(key, tuple(Remedy(*pair, ()) for pair in key))
            found[key] = tuple(
                replace(known, means=tuple(dict.fromkeys((*known.means, *means[k]))))
                for known, k in zip(several, order, strict=True)
            )
        return tuple(found.values())

    def smallest(self) -> list[tuple[Place, ...]]:
        """The smallest sets of places at which all fences together rule the outcome out."""
        names = list(self.places)
        costs: dict[Element, int] = {(k, 0): 1 for k in range(len(names))}
        clauses: list[frozenset[Element]] = []
        good: dict[frozenset[Element], None] = {}
        every = False  # first how many there are in a smallest one, then all of these
        while True:
            sets = hitting_sets(clauses, costs, every, self.asked.deadline)[:_LOOKED]
            good = {one: None for one in sets if one in good}
            fresh = [one for one in sets if one not in good]
            more = [clause for one in fresh if (clause := self._needed(names, one)) is not None]
            clauses += more
            if not more:
                good.update(dict.fromkeys(fresh))
                if every:
                    return [tuple(names[k] for k, _ in sorted(one)) for one in good]
                every = True

    def _needed(self, names: Sequence[Place], there: frozenset[Element]) -> frozenset[Element] | None:
        """The places of which one is needed beside some, as few as can be; None if these are enough."""
        inside = {k for k, _ in there}
        if self.forbids(self._all_at([names[k] for k in inside])):
            return None
        for k in range(len(names)):
            if k not in inside and not self.forbids(self._all_at([names[j] for j in (*inside, k)])):
                inside.add(k)
        return frozenset((k, 0) for k in range(len(names)) if k not in inside)

    def _all_at(self, where: Sequence[Place]) -> list[int]:
        return [number for place in where for number in self.places[place]]

    # --- remedies -------------------------------------------------------------------------------------------------

    def _cheapest(self, where: Sequence[Place]) -> list[int]:
        """A fence for each place that is enough together with the others, the least costly first."""
        chosen: list[int] = []
        for k, place in enumerate(where):
            mine = self.places[place]
            others = [*chosen, *(self.places[p][-1] for p in where[k + 1 :])]
            every = [*chosen, *self._all_at(where[k + 1 :])]
            enough = [n for n in mine if self.forbids([*others, n])]
            enough = enough or [n for n in mine if self.forbids([*every, n])]
            chosen.append((enough or [mine[-1]])[0])
        return chosen

    def _pairs(self, chosen: Sequence[int]) -> list[tuple[int, int]]:
        """The accesses that each fence orders, as events of the test without fences.

        An execution with the outcome that lacks one of the fences violates the model with it: by a cycle through it.
        """
        found = []
        mine = events_of(self.trial.graph, self.fences)
        for number in chosen:
            events = [event for event, k in mine.items() if k == number]
            solution = self.trial.solution([n for n in chosen if n != number])
            pair = None
            if solution is not None:
                there = solution.execution.executed | sum(1 << event for event in events)
                pair = self._ordered(replace(solution.execution, executed=there), events)
            found.append(pair or self._around(events))
        return found

    def _exact(self, chosen: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """The pairs; those next to a fence where it would not do anywhere else between the accesses that it orders."""
        mine = events_of(self.trial.graph, self.fences)
        found = []
        for k, pair in enumerate(pairs):
            one = self.fences[chosen[k]]
            others = [self.fences[n] for j, n in enumerate(chosen) if j != k]
            elsewhere = [inserted(q, one.name, one.fence) for q in self._between(*pair) if q != one.place]
            if not self._each_forbids(others, elsewhere):
                pair = self._around([event for event, n in mine.items() if n == chosen[k]])
            found.append(pair)
        return found

    def _each_forbids(self, others: Sequence[Inserted], elsewhere: Sequence[Inserted]) -> bool:
        """Whether the outcome is impossible with some fences and any one of those elsewhere."""
        beside = tuple(others)
        fresh = [one for one in elsewhere if (beside, one) not in self._moved]
        if fresh:  # all in one graph
            with closing(self._opened([*beside, *fresh], ())) as trial:
                for k, one in enumerate(fresh, len(beside)):
                    self._moved[beside, one] = not trial.possible([*range(len(beside)), k])
        return all(self._moved[beside, one] for one in elsewhere)

    def _between(self, before: int, after: int) -> list[Place]:
        """The places between two accesses of a thread."""
        first, last = self._statement(before), self._statement(after)
        if first is None or last is None:
            return []
        thread = first[0]
        return [q for q in places(self.asked.test) if q.thread == thread and first[1] <= q.after < q.at <= last[1]]

    def _statement(self, event: int) -> tuple[int, int] | None:
        """The thread, and the place in its body, of the statement that an event of the test without fences is of."""
        graph = self.trial.graph
        one = graph.events[next(index for index, k in self.old.items() if k == event)]
        body = self.asked.test.body(one.thread)
        found = (at for at, s in enumerate(body) if not isinstance(s, Label) and s.span == one.span)
        return next(((one.thread, at) for at in found), None)

    def _ordered(self, execution: Execution, fences: Sequence[int]) -> tuple[int, int] | None:
        """The accesses before and after fences in a cycle of an execution; None if no cycle goes through them."""
        task = self.trial.task
        violated = task.outcome(execution).violated
        known = Derivations(task.model, execution, words=False)
        for axiom in task.model.axioms:
            if axiom.role is AxiomRole.CHECK and axiom.name in violated:
                pairs = breach_pairs(known, axiom)
                steps = [step for pair in pairs for step in known.steps((axiom.node, pair))]
                for at, step in enumerate(steps):
                    if step.target in fences:
                        ends = self._access(step.source), self._access(self._onward(steps, at, fences))
                        if ends[0] is not None and ends[1] is not None:
                            return ends[0], ends[1]
        return None

    def _onward(self, steps: Sequence[Step], at: int, fences: Sequence[int]) -> int:
        """Where a row of steps leads from fences."""
        row = [*steps[at + 1 :], *steps[:at]]
        return next((step.target for step in row if step.source in fences and step.target not in fences), -1)

    def _access(self, event: int) -> int | None:
        """An access as an event of the test without fences; None for any other event."""
        return self.old.get(event) if event >= 0 and self.trial.graph.events[event].kind in ("R", "W") else None

    def _around(self, fences: Sequence[int]) -> tuple[int, int]:
        """The accesses next to fences in the program."""
        events = self.trial.graph.events
        thread = events[fences[0]].thread
        there = [e.index for e in events if e.thread == thread and e.kind in ("R", "W") and not e.is_init]
        before = [e for e in there if e < fences[0]] or there[:1]
        after = [e for e in there if e > fences[-1]] or there[-1:]
        return self.old[before[-1]], self.old[after[0]]

    def _means(
        self, where: Sequence[Place], chosen: Sequence[int], pairs: Sequence[tuple[int, int]]
    ) -> list[list[str]]:
        """What would do in place of each fence, the least costly first."""
        means: list[list[tuple[int, str]]] = []
        for k, place in enumerate(where):
            others = [n for n in chosen if n != chosen[k]]
            enough = [n for n in self.places[place] if self.forbids([*others, n])]
            means.append([(self.offers[n].cost, self.fences[n].name) for n in enough])
        if self.asked.test.language:
            self._orders(chosen, pairs, means)
        else:  # which order something in assembly, and in kernel C
            self._dependencies(chosen, pairs, means)
        if self.asked.test.has_primitives:
            self._marked(chosen, pairs, means)
        return [[name for _, name in sorted(row, key=lambda one: one[0])] for row in means]

    def _dependencies(
        self, chosen: Sequence[int], pairs: Sequence[tuple[int, int]], means: list[list[tuple[int, str]]]
    ) -> None:
        """Add the dependencies that would do in place of a fence: they cost less than any."""
        events = self.trial.graph.events
        fences = [self.fences[n] for n in chosen]
        back = {k: index for index, k in self.old.items()}
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
            if not trial.possible([*there, len(fences) + number]):
                means[k].append((-1, _DEPENDENCIES[name]))

    def _marked(
        self, chosen: Sequence[int], pairs: Sequence[tuple[int, int]], means: list[list[tuple[int, str]]]
    ) -> None:
        """Add the acquire and release forms of two accesses that would do in place of a fence between them."""
        asked = self.asked
        every = [*dict.fromkeys(_MARKED), *dict.fromkeys(_MARKED.values())]
        costs: Mapping[str, int] = kernel_costs(asked, every)
        for k, pair in enumerate(pairs):
            others = [self.fences[n] for j, n in enumerate(chosen) if j != k]
            for end, wanted in zip(pair, _FORMS, strict=True):
                found = self._statement(end)
                if found is None or wanted not in costs:
                    continue
                thread, at = found
                statement = asked.test.body(thread)[at]
                if not isinstance(statement, Primitive):
                    continue
                name = _MARKED.get(statement.name)
                if name != wanted:
                    continue
                key = tuple(others), end, name
                if key not in self._replaced:
                    changed = _with(asked.test, thread, at, statement, name)
                    self._replaced[key] = self._forbids_with(changed, others)
                if self._replaced[key]:
                    means[k].append((costs[name] - costs.get(statement.name, 0), name))

    def _orders(
        self, chosen: Sequence[int], pairs: Sequence[tuple[int, int]], means: list[list[tuple[int, str]]]
    ) -> None:
        """Add the memory orders that would do in place of a fence of C11."""
        asked, events = self.asked, self.trial.graph.events
        back = {k: index for index, k in self.old.items()}
        for k, (a, b) in enumerate(pairs):
            others = [self.fences[n] for j, n in enumerate(chosen) if j != k]
            for order, which, ends in _wheres(a, b):
                test, cost = asked.test, 0
                for end in ends:
                    stronger = strengthened(asked, test, events[back[end]], order)
                    if stronger is None:
                        break
                    test, cost = stronger[0], cost + stronger[1]
                else:
                    if self._forbids_with(test, others):
                        means[k].append((cost, f"memory_order_{order} {which}"))

    def _forbids_with(self, test: LitmusTest, fences: Sequence[Inserted]) -> bool:
        """Whether the outcome is impossible in another form of the test, with fences."""
        asked = self.asked
        ready = asked.engine.prepare(with_fences(test, fences), asked.model, asked.options, asked.deadline)
        condition = Condition(Quantifier.EXISTS, asked.prop)
        found = asked.engine.decide(ready, condition, replace(asked.options, verdict_only=True), asked.deadline)
        return found.possible is False


def _wheres(a: int, b: int) -> Iterator[tuple[MemoryOrder, str, tuple[int, ...]]]:
    """The memory orders by which two accesses may be ordered, and which of them are to have it."""
    yield "acquire", "at the first", (a,)
    yield "release", "at the second", (b,)
    yield "seq_cst", "at both", (a, b)


def _with(test: LitmusTest, thread: int, at: int, statement: Primitive, name: str) -> LitmusTest:
    """A test with another primitive that takes a pointer, in place of one."""
    call = None if statement.span is None else Call(name, None, statement.args, statement.span)
    threads = []
    for one in test.threads:
        body: list[Statement] = [*one.body]
        if one.index == thread:
            body[at] = replace(statement, name=name, call=call)
        threads.append(replace(one, body=tuple(body)))
    return replace(test, threads=tuple(threads))


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
