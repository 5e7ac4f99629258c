"""Why an execution violates an axiom: the cycle, in steps with familiar names.

The relation of an axiom is decomposed by its definition into the steps that figures show: rf, co and fr between
threads; within a thread the relations that the model shows (ppo, sync ...), dependencies and po.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from litmus.base import relation
from litmus.explanations.derivations import Derivations, Fact, Pair, Step
from litmus.ir.execution import Execution
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model, Type

__all__ = ["Breach", "Cycle", "Excluded", "Step", "breach_pairs", "breaches", "cycle_of"]


@dataclass(frozen=True, slots=True)
class Breach:
    """An axiom that an execution violates, and the steps that show it: a cycle, or the pair that is forbidden.

    There are no steps for a negated axiom, and for one about a set.
    """

    axiom: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """Operands that a `choose` node of the model cannot stand for: with each of them there would be `cycle`."""

    node: int
    operands: tuple[int, ...]
    cycle: Cycle


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle that an axiom forbids, or for `empty` a pair that must not be; with an execution that has it.

    `steps` are in the model's words, `edges[k]` are those of step k in terms of po, dependencies, rmw, rf, co and fr.
    `facts` are all that the violation of the axiom rests on: whatever execution they hold in violates it.

    If the model has executions choose orders, that no order is possible takes several cycles: `excluded` are choices
    that others forbid, one after the other; of what is left to choose then, whatever it is, this one is a cycle.
    """

    axiom: str
    kind: AxiomKind
    steps: tuple[Step, ...]
    edges: tuple[tuple[Step, ...], ...]
    facts: tuple[Fact, ...]
    execution: Execution
    excluded: tuple[Excluded, ...] = ()

    def all_cycles(self) -> Iterator[Cycle]:
        """Those by which choices are excluded, and then this one."""
        for excluded in self.excluded:
            yield from excluded.cycle.all_cycles()
        yield self


def cycle_of(known: Derivations, plain: Derivations, axiom: Axiom, execution: Execution) -> Cycle:
    """The cheapest cycle by which an execution violates an axiom, in the model's words and in plain ones."""
    pairs = breach_pairs(known, axiom)
    if not pairs:  # a negated axiom, or one about a set: nothing smaller than the candidate itself shows it
        return Cycle(axiom.name, axiom.kind, (), (), tuple(_whole(known.model, execution)), execution)
    steps = tuple(dict.fromkeys(step for pair in pairs for step in known.steps((axiom.node, pair))))
    plain.find((step.node, step.pair) for step in steps)
    edges = tuple(tuple(plain.steps((step.node, step.pair), step.backwards)) for step in steps)
    shown = {(step.node, step.pair) for step in steps}
    facts: dict[Fact, None] = {}
    for pair in pairs:
        for fact in known.facts((axiom.node, pair)):
            inside = plain.facts((fact.node, fact.pair)) if (fact.node, fact.pair) in shown else (fact,)
            facts.update(dict.fromkeys(inside))
    return Cycle(axiom.name, axiom.kind, steps, edges, tuple(facts), execution)


def _whole(model: Model, execution: Execution) -> Iterator[Fact]:
    """rf and co of an execution."""
    for node, spec in enumerate(model.nodes):
        if spec.op == "base" and spec.name in ("rf", "co"):
            pairs = [(w, r) for r, w in execution.rf.items()] if spec.name == "rf" else []
            if spec.name == "co":
                pairs = [pair for order in execution.co for pair in combinations(order, 2)]
            yield from (Fact(node, pair) for pair in pairs)


def breaches(model: Model, execution: Execution, violated: Sequence[str]) -> tuple[Breach, ...]:
    """The axioms named in `violated`, each with the cheapest steps that show that the execution violates it."""
    known = Derivations(model, execution)
    return tuple(
        breach_of(known, axiom) for axiom in model.axioms if axiom.role is AxiomRole.CHECK and axiom.name in violated
    )


def breach_of(known: Derivations, axiom: Axiom) -> Breach:
    """The cheapest steps that show that an axiom is violated, or that a flag is raised."""
    pairs = breach_pairs(known, axiom)
    return Breach(axiom.name, tuple(dict.fromkeys(step for pair in pairs for step in known.steps((axiom.node, pair)))))


def breach_pairs(known: Derivations, axiom: Axiom) -> list[Pair]:
    """The pairs of an axiom's relation that violate it in the cheapest way: those of a cycle, or one pair."""
    node = axiom.node
    cyclic = axiom.kind is AxiomKind.ACYCLIC
    # what is said not to be empty, and the like, is shown by a pair if it is there
    if known.model.nodes[node].type is Type.SET or (axiom.negated and axiom.role is AxiomRole.CHECK):
        return []
    rows = known.rows[node]
    if cyclic:
        component = {i: c for c in relation.components(rows) for i in relation.bits(c)}
        found = [(i, j) for i, c in component.items() for j in relation.bits(rows[i] & c)]
    elif axiom.kind is AxiomKind.IRREFLEXIVE:
        found = [(i, i) for i, row in enumerate(rows) if row >> i & 1]
    else:
        found = list(relation.pairs(rows))
    known.find((node, pair) for pair in found)
    costs = {pair: known.cost((node, pair)) for pair in found}
    if cyclic:
        return _shortest_cycle(costs)
    return [min(costs, key=lambda pair: (costs[pair], pair))] if costs else []


def _shortest_cycle(costs: Mapping[Pair, int]) -> list[Pair]:
    """The pairs of a cycle of least cost."""
    after: dict[int, list[int]] = {}
    for source, target in costs:
        after.setdefault(source, []).append(target)
    best: tuple[int, list[Pair]] | None = None
    for start in sorted(after):
        reached, came = _distances(after, costs, start)
        if start in reached and (best is None or reached[start] < best[0]):
            cycle, here = [], start
            while True:
                cycle.append((came[here], here))
                here = came[here]
                if here == start:
                    break
            best = reached[start], cycle[::-1]
    return best[1] if best else []


def _distances(
    after: Mapping[int, Sequence[int]], costs: Mapping[Pair, int], start: int
) -> tuple[dict[int, int], dict[int, int]]:
    """The distance of each event from `start` (of `start` itself, round a cycle), and its predecessor on the path."""
    reached: dict[int, int] = {}
    came: dict[int, int] = {}
    todo = [(0, start)]
    while todo:
        cost, here = heapq.heappop(todo)
        if here == start and cost:
            break
        if here != start and cost > reached[here]:
            continue
        for target in after.get(here, ()):
            total = cost + costs[here, target]
            if target not in reached or total < reached[target]:
                reached[target] = total
                came[target] = here
                heapq.heappush(todo, (total, target))
    return reached, came
