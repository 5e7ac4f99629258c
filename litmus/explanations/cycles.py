"""Why an execution violates an axiom: the cycle, in steps with familiar names.

The relation of an axiom is decomposed by its definition into the steps that figures show: rf, co and fr between
threads; within a thread the relations that the model shows (ppo, sync ...), dependencies and po.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litmus.base import relation
from litmus.explanations.derivations import Derivations, Pair, Step
from litmus.ir.execution import Execution
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model, Type

__all__ = ["Breach", "Step", "breach_pairs", "breaches"]


@dataclass(frozen=True, slots=True)
class Breach:
    """An axiom that an execution violates, and the steps that show it: a cycle, or the pair that is forbidden.

    There are no steps for a negated axiom, and for one about a set.
    """

    axiom: str
    steps: tuple[Step, ...]


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
