"""Bounds: for every relation of a model, the pairs that are in it in every execution, and those that may be.

For every consistent execution and every expression of the model, must <= actual <= may. Only the pairs in `may` but
not in `must` are encoded for the solver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace

from litmus.base import relation
from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.base.records import dataclass
from litmus.base.relation import Rows
from litmus.bounds.base import Base, base_bounds, with_candidates, with_order
from litmus.bounds.evaluation import Evaluation, Side, by_text, needed
from litmus.bounds.prune import covered_by, prune
from litmus.ir.events import Known
from litmus.ir.model import Axiom, AxiomKind, Fixpoint, Model, Node, Type

__all__ = [
    "Base",
    "Bounds",
    "ChoiceBounds",
    "Side",
    "StaticMembers",
    "base_bounds",
    "by_text",
    "compute",
    "with_candidates",
    "with_order",
]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of every expression of a model on a graph, numbered as in `model.nodes`.

    Where a relation is the same in every execution, both sides are one object.
    """

    model: Model
    base: Base
    must: Side
    may: Side
    _components: dict[int, list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def components(self, node: int, deadline: Deadline = NO_DEADLINE) -> list[int]:
        """The strongly connected components of the pairs that may be in a relation, those with a cycle, as sets.

        Raises LimitReached at the deadline.
        """
        found = self._components.get(node)
        if found is None:
            found = self._components[node] = relation.components(self.may.relations[node], deadline)
        return found

    def orders(self, axiom: Axiom) -> bool:
        """Whether a check axiom makes co acyclic, whatever else it says."""
        if axiom.kind is not AxiomKind.ACYCLIC or axiom.negated:
            return False
        covered = covered_by(self.model, axiom.node, "co", self.must, self.may)
        return covered is not None and not any(relation.diff(self.base.co[1], covered))


def compute(model: Model, base: Base, deadline: Deadline = NO_DEADLINE) -> Bounds:
    """The bounds of every expression of a model.

    Before that, axioms by which a candidate for rf or co would close a cycle with pairs that must be there remove it.
    """
    evaluation = Evaluation(model, base, deadline)
    for _ in range(4):
        pruned = prune(evaluation)
        if pruned is None:
            break
        evaluation = Evaluation(model, pruned, deadline)
    evaluation.upto(range(len(model.nodes)))
    return Bounds(model, evaluation.base, evaluation.must, evaluation.may)


class StaticMembers:
    """Gives elaboration the sets and relations that do not depend on the execution."""

    def __init__(self, base: Base, deadline: Deadline = NO_DEADLINE) -> None:
        self._base = base
        self._deadline = deadline

    def places(self) -> tuple[object, ...]:
        """The location of each event; None if it has none, or one that depends on the execution."""
        return tuple([e.addr.value if isinstance(e.addr, Known) else None for e in self._base.graph.events])

    def set(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> int:
        """The members of a set, as bits. Raises ModelError if they depend on the execution."""
        evaluation = self._evaluate(nodes, fixpoints, node)
        _fixed(evaluation.must.sets[node] == evaluation.may.sets[node])
        return evaluation.may.sets[node]

    def relation(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> Rows:
        """The pairs of a relation. Raises ModelError if they depend on the execution."""
        evaluation = self._evaluate(nodes, fixpoints, node)
        _fixed(evaluation.must.relations[node] == evaluation.may.relations[node])
        return evaluation.may.relations[node]

    def most(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], wanted: Sequence[int]) -> list[Rows]:
        """The pairs of relations in some execution, and perhaps more; of sets, the identity on their members."""
        evaluation = self._evaluate(nodes, fixpoints, *wanted)
        sets, relations = evaluation.may.sets, evaluation.may.relations
        return [
            relation.identity(evaluation.n, sets[node]) if nodes[node].type is Type.SET else relations[node]
            for node in wanted
        ]

    def _evaluate(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], *wanted: int) -> Evaluation:
        model = Model("", tuple(nodes), tuple(fixpoints), ())
        evaluation = Evaluation(model, self._base, self._deadline)
        evaluation.upto(needed(model, wanted))
        return evaluation


def _fixed(same: bool) -> None:
    if not same:
        raise ModelError("this depends on the execution; only what the program text decides can be enumerated")


class ChoiceBounds:
    """The lower bounds in an execution of which all is known but what its `choose` nodes stand for.

    `executed` are its events, `depending` the expressions that depend on what is chosen; `rows` has the others, a set
    as the identity on its events.
    """

    def __init__(
        self,
        model: Model,
        base: Base,
        executed: int,
        rows: Mapping[int, Rows],
        depending: Collection[int],
        deadline: Deadline = NO_DEADLINE,
    ) -> None:
        self._model = model
        self._deadline = deadline
        self._base = replace(base, certain=executed)
        self._known = Side(len(model.nodes))
        self._done = [i not in depending for i in range(len(model.nodes))]
        for i, node in enumerate(model.nodes):
            if self._done[i] and node.type is Type.SET:
                self._known.sets[i] = relation.domain(rows[i])
            elif self._done[i]:
                self._known.relations[i] = rows[i]

    def order(self, wanted: Iterable[int]) -> list[int]:
        """What has to be evaluated for some expressions, in order."""
        return [i for i in needed(self._model, wanted) if not self._done[i]]

    def of(self, left: Mapping[int, Sequence[int]], order: Iterable[int]) -> Side:
        """The lower bounds if `choose` nodes stand for one of the nodes that are `left`; see `order`."""
        nodes = list(self._model.nodes)
        for i, operands in left.items():
            nodes[i] = replace(nodes[i], args=tuple(operands))
        evaluation = Evaluation(replace(self._model, nodes=tuple(nodes)), self._base, self._deadline)
        for side in (evaluation.must, evaluation.may):
            side.sets, side.relations = list(self._known.sets), list(self._known.relations)
        evaluation.done = list(self._done)
        evaluation.upto(order)
        return evaluation.must
