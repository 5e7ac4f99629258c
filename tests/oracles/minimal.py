"""Witnesses that nothing of an explanation of what is forbidden can be left out, whatever the size of the test.

The engine proposes them: executions with the outcome under fewer axioms, and under axioms that say of cycles that they
are not there. Who proposes them is of no matter: brute force's judge confirms each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from oracles.shared import engine

from litmus.base.errors import LimitReached
from litmus.bounds import base_bounds
from litmus.bounds.domains import compute
from litmus.engine import Prepared
from litmus.explanations.cycles import Cycle
from litmus.explanations.derivations import Pair
from litmus.explanations.explanation import Explanation
from litmus.ir.events import EventGraph
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Condition, Prop, Quantifier
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model, Node, NodeOp, Type
from litmus.ir.options import Options
from litmus.ir.propositions import atoms, holds
from litmus.judge.candidates import is_execution, state_at_end
from litmus.judge.oracle import Judge, Meaning

SECONDS = 120.0


def check_minimal(known: Explanation) -> None:
    """Raises AssertionError unless a witness shows of each axiom and of each cycle that it is needed.

    Of the axioms it shows that no fewer would do, be they others. That the axioms are enough, that every candidate has
    one of the cycles, and that what a cycle rests on violates its axiom, is asked of the engine once more, in axioms;
    on small tests brute force looks at every candidate for it. Raises LimitReached.
    """
    graph = graph_of(known)
    ready = Prepared(known.model, graph, base_bounds(graph, compute(graph)), known.rules)
    options = Options(timeout=SECONDS, verdict_only=True, reasons=False)
    witnesses = _Witnesses(known, ready, options)
    witnesses.check_axioms()
    witnesses.check_cycles()


def graph_of(known: Explanation) -> EventGraph:
    """The events that an explanation is about: those that it shows, or those of its test if it shows none."""
    if known.cycles:
        return known.cycles[0].execution.graph
    return engine.prepare(known.test, known.model, Options(era=known.era or "v6", passing=known.passing)).graph


class _Witnesses:
    """The candidates that have been confirmed: those that the explanation shows, and those that the engine finds."""

    def __init__(self, known: Explanation, ready: Prepared, options: Options) -> None:
        self.known = known
        self.ready = ready
        self.options = options
        self.judge = Judge(known.rules)
        self.checks = [axiom for axiom in known.rules.axioms if axiom.role is AxiomRole.CHECK]
        self.ways = [list(way.all_cycles()) for way in known.cycles]
        self.violated: list[frozenset[str]] = []
        self.ruled_out: list[frozenset[int]] = []
        for way in known.cycles:
            if not way.excluded:  # others are shown with some of the orders that they could choose
                self._confirm(way.execution)

    def _confirm(self, execution: Execution) -> None:
        """Take a candidate as a witness, of which the judge says what it has."""
        assert has_outcome(execution, self.known.asked)
        execution = replace(execution, picks=picks(self.known.rules, execution))
        assert may_pick(self.known.rules, execution), "operands are picked that may not be"
        meanings = self.judge.meanings(execution)
        there = frozenset(k for k, way in enumerate(self.ways) if any(is_there(one, meanings) for one in way))
        violated = frozenset(self.judge.judgement(execution).violated)
        held = {one.axiom for k in there for one in self.ways[k] if is_there(one, meanings)}
        assert held <= violated, "what a cycle rests on is not enough"
        self.violated.append(violated)
        self.ruled_out.append(there)

    def check_axioms(self) -> None:
        """Those of the explanation are enough, and no smaller set is."""
        names = list(dict.fromkeys(axiom.name for axiom in self.known.axioms))
        assert not self._possible(self.known.rules, self.known.axioms), "the axioms are not enough"
        every = list(dict.fromkeys(axiom.name for axiom in self.checks))
        for count in range(len(names)):
            for some in combinations(every, count):
                if not any(broken.isdisjoint(some) for broken in self.violated):
                    axioms = [axiom for axiom in self.checks if axiom.name in some]
                    assert self._possible(self.known.rules, axioms), f"fewer axioms are enough: {some}"
                    assert self.violated[-1].isdisjoint(some), f"a witness violates {some}"

    def check_cycles(self) -> None:
        """Every candidate has one of the cycles; and for each cycle there is one that has none of the others."""
        rules, graph = self.known.rules, self.ready.graph
        cycles = [one for way in self.ways for one in way]
        without = without_cycles(rules, graph, cycles)
        assert not self._possible(without, without.axioms), "a way that no cycle rules out"
        for name in dict.fromkeys(one.axiom for one in cycles):
            there = with_a_cycle(rules, graph, [one for one in cycles if one.axiom == name])
            mine = [axiom for axiom in self.checks if axiom.name == name]
            assert not self._possible(there, [*there.axioms, *mine]), "what a cycle rests on is not enough"
        for k in range(len(self.ways)):
            if frozenset({k}) not in self.ruled_out:
                others = [one for j, way in enumerate(self.ways) if j != k for one in way]
                without = without_cycles(rules, graph, others)
                assert self._possible(without, without.axioms), f"cycle {k} could be left out"
                assert self.ruled_out[-1] == {k}, "a witness has a cycle that it should not have, or none"

    def _possible(self, model: Model, axioms: Iterable[Axiom]) -> bool:
        """Whether a candidate with the outcome satisfies some axioms: the last of the witnesses is one then."""
        ready = replace(self.ready, model=replace(model, axioms=tuple(axioms)))
        found = engine.decide(ready, Condition(Quantifier.EXISTS, self.known.asked), self.options)
        if found.possible is None:
            raise LimitReached("limit", found.message or "no answer")
        if found.possible:
            assert found.witness is not None
            self._confirm(found.witness)
        return found.possible


def has_outcome(candidate: Execution, asked: Prop) -> bool:
    """Whether a candidate is an execution of its graph that has an outcome, and that its test's filter lets pass."""
    return is_execution(candidate) and holds(asked, state_at_end(candidate)) and is_asked_for(candidate)


def is_asked_for(candidate: Execution) -> bool:
    """Whether a candidate satisfies the filter of its test."""
    graph = candidate.graph
    if graph.test.filter is None:
        return True
    observed = tuple(dict.fromkeys((*graph.test.observed, *(atom.left for atom in atoms(graph.test.filter)))))
    whole = replace(graph, test=replace(graph.test, observed=observed))
    return holds(graph.test.filter, state_at_end(replace(candidate, graph=whole)))


def is_there(cycle: Cycle, meanings: Sequence[Meaning]) -> bool:
    """Whether all that a cycle rests on holds in an execution."""
    return all((fact.pair in meanings[fact.node]) is fact.holds for fact in cycle.facts)


def without_cycles(model: Model, graph: EventGraph, cycles: Iterable[Cycle]) -> Model:
    """A model whose only axioms are that cycles are not there: of each, that not all that it rests on holds."""
    nodes, there = _as_nodes(model, graph, cycles)
    axioms = [Axiom(AxiomKind.EMPTY, node, f"cycle {k}") for k, node in enumerate(there)]
    return replace(model, nodes=nodes, axioms=tuple(axioms))


def with_a_cycle(model: Model, graph: EventGraph, cycles: Iterable[Cycle]) -> Model:
    """A model whose only axiom is that one of some cycles is there."""
    nodes, there = _as_nodes(model, graph, cycles)
    either = there[0]
    for node in there[1:]:
        nodes += (Node("union", Type.RELATION, (either, node)),)
        either = len(nodes) - 1
    return replace(model, nodes=nodes, axioms=(Axiom(AxiomKind.EMPTY, either, "cycle", negated=True),))


def _as_nodes(model: Model, graph: EventGraph, cycles: Iterable[Cycle]) -> tuple[tuple[Node, ...], list[int]]:
    """The nodes of a model and more, and those of them that say whether a cycle is there, for each cycle.

    A fact becomes a pair of one event with itself if it holds, and else nothing; a cycle is what all its facts share.
    """
    n = len(graph.events)
    anchor = graph.initial[0]  # which every execution has
    nodes = list(model.nodes)

    def add(op: NodeOp, *args: int, pair: Pair | None = None) -> int:
        rows = () if pair is None else tuple(1 << pair[1] if event == pair[0] else 0 for event in range(n))
        nodes.append(Node(op, Type.RELATION, args, rows=rows))
        return len(nodes) - 1

    here = add("constant", pair=(anchor, anchor))
    found = []
    for cycle in cycles:
        both = here
        for fact in cycle.facts:
            source, target = fact.pair
            there = add("seq", add("constant", pair=(anchor, source)), fact.node)
            there = add("inter", add("seq", there, add("constant", pair=(target, anchor))), here)
            both = add("inter" if fact.holds else "diff", both, there)
        found.append(both)
    return tuple(nodes), found


def picks(model: Model, execution: Execution) -> dict[int, int]:
    """The operands that an execution picks, and the first where the axioms that were asked of it rest on none."""
    return {i: execution.picks.get(i, 0) for i, node in enumerate(model.nodes) if node.op == "choose"}


def may_pick(model: Model, execution: Execution) -> bool:
    """Whether no events are in a picked pair that are not executed, where nothing may be picked in its place."""
    picked = [model.nodes[i].args for i in execution.picks]
    beside = [model.nodes[args[execution.picks[i]]] for i, args in zip(execution.picks, picked, strict=True)]
    optional = [model.nodes[args[0]].op == "empty" for args in picked]
    return not any(empty and node.touches() & ~execution.executed for node, empty in zip(beside, optional, strict=True))
