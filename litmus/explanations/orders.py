"""Why no order that an execution could choose fits, in a model with orders beyond rf and co: cat's `with S from ...`.

An execution of such a model exists if some choice of orders obeys the axioms. So it takes an argument to rule a
candidate out: choices that would close a cycle are excluded one after the other, until there is a cycle whatever is
chosen of what is left. The lower bounds have what holds whatever is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.base.relation import Rows
from litmus.bounds import Base, ChoiceBounds, Side
from litmus.explanations.cycles import Cycle, Excluded, cycle_of
from litmus.explanations.derivations import Derivations
from litmus.ir.execution import Execution
from litmus.ir.model import Axiom, AxiomKind, Model, Type
from litmus.judge.evaluate import relations

MOST_TRIALS = 1000
"""The choices that are tried in one argument; beyond that, cycles are found for one order at a time."""

_Left = Mapping[int, tuple[int, ...]]
"""The operands that are left for each `choose` node, by their place among all of them."""
_Choice = tuple[int, tuple[int, ...]]
"""A `choose` node, and some of its operands."""


def no_order(
    model: Model, base: Base, execution: Execution, axioms: Sequence[Axiom], deadline: Deadline
) -> Cycle | None:
    """The argument that a candidate violates some of these axioms, whatever orders it chooses; None if none is found.

    `base` are bounds that the candidate is within. The argument needs all that it excludes. Raises LimitReached at the
    deadline.
    """
    try:
        return _Argument(model, base, execution, axioms, deadline).found()
    except _TooLongError:
        return None


class _TooLongError(Exception):
    """An argument takes more than `MOST_TRIALS`."""


class _Argument:
    def __init__(
        self, model: Model, base: Base, execution: Execution, axioms: Sequence[Axiom], deadline: Deadline
    ) -> None:
        self.model = model
        self.execution = execution
        self.deadline = deadline
        self.axioms = [a for a in axioms if not a.negated and model.nodes[a.node].type is Type.RELATION]
        self.rows = relations(model, execution, range(len(model.nodes)))
        self.all = _choices(model)
        self.depends = _depending(model, self.all)
        # why two events are in an order is better said by other axioms than that it would be a circle
        self.telling = [a for a in self.axioms if a.kind is not AxiomKind.ACYCLIC or a.node not in self.depends]
        self.bounds = ChoiceBounds(model, base, execution.executed, self.rows, self.depends, deadline)
        self.order = {
            len(rules): self.bounds.order(axiom.node for axiom in rules) for rules in (self.telling, self.axioms)
        }
        self.trials = 0

    def found(self) -> Cycle | None:
        """The argument; None if some choice of orders obeys the axioms."""
        excluded = self._excluded(self.all)
        return None if excluded is None else self._told(self._needed(excluded))

    def _excluded(self, left: _Left) -> list[_Choice] | None:
        """What can be excluded, in order, until a cycle is there whatever is chosen; None if that never is.

        Last comes what can be excluded only after others are excluded for its sake.
        """
        excluded: list[_Choice] = []
        if self._violated(left):
            return excluded
        for split in (False, True):
            for rules in (self.telling, self.axioms):
                again = True
                while again:
                    again = False
                    for choice in self._possible(left):
                        node, operands = choice
                        if not set(operands) < set(left[node]) or not self._refuted(
                            {**left, node: operands}, rules, split
                        ):
                            continue
                        again = True
                        excluded.append(choice)
                        left = _without(left, choice)
                        if self._violated(left):
                            return excluded
        return None

    def _refuted(self, left: _Left, rules: Sequence[Axiom], split: bool) -> bool:
        return bool(self._violated(left, rules)) or (split and self._excluded(left) is not None)

    def _possible(self, left: _Left) -> list[_Choice]:
        """Choices that may be excluded: of the operands with some pair, of those with none, of each one."""
        found: dict[_Choice, None] = {}
        for node, operands in left.items():
            if len(operands) == 1:
                continue
            having: dict[tuple[int, int] | None, list[int]] = {}
            for operand in operands:
                rows = self.rows[self.model.nodes[node].args[operand]]
                pairs: list[tuple[int, int] | None] = [*relation.pairs(rows)]
                for pair in pairs or [None]:
                    having.setdefault(pair, []).append(operand)
            found.update(dict.fromkeys((node, tuple(some)) for some in having.values()))
            found.update(dict.fromkeys((node, (operand,)) for operand in operands))
        return list(found)

    def _needed(self, excluded: list[_Choice]) -> list[_Choice]:
        """Of what is excluded, what the cycle at the end needs."""
        for k in reversed(range(len(excluded))):
            if self._holds(excluded[:k], excluded[k + 1 :]):
                del excluded[k]
        return excluded

    def _holds(self, excluded: Sequence[_Choice], after: Sequence[_Choice]) -> bool:
        """Whether, with some choices excluded, others can be one after the other, and then there is a cycle."""
        left = dict(self.all)
        for choice in excluded:
            left = _without(left, choice)
        for choice in after:
            if not self._refuted({**left, choice[0]: choice[1]}, self.axioms, True):
                return False
            left = _without(left, choice)
        return bool(self._violated(left))

    def _told(self, excluded: Sequence[_Choice], left: _Left | None = None) -> Cycle:
        """The cycles of an argument."""
        left = dict(self.all if left is None else left)
        told: list[Excluded] = []
        for choice in excluded:
            node, operands = choice
            trial = {**left, node: operands}
            inner = [] if self._violated(trial) else self._excluded(trial)
            assert inner is not None
            told.append(Excluded(node, operands, self._told(inner, trial)))
            left = _without(left, choice)
        cycle = self._cycle(left)
        for k in reversed(range(len(told))):  # one reason may do where the bounds see one for each choice
            apart = all(later.node == told[k].node for later in told[k + 1 :])
            if apart and not told[k].cycle.excluded and told[k].cycle.facts == cycle.facts:
                del told[k]
        return replace(cycle, excluded=tuple(told))

    # --- what holds whatever is chosen ----------------------------------------------------------------------------

    def _violated(self, left: _Left, rules: Sequence[Axiom] | None = None) -> list[Axiom]:
        """The axioms that are violated whatever is chosen of what is left."""
        self.trials += 1
        if self.trials > MOST_TRIALS:
            raise _TooLongError
        self.deadline.check()
        rules = self.axioms if rules is None else rules
        must = self._must(left, self.order[len(rules)])
        return [axiom for axiom in rules if _breaks(axiom.kind, must.relations[axiom.node])]

    def _must(self, left: _Left, order: Sequence[int]) -> Side:
        nodes = self.model.nodes
        operands = {node: [nodes[node].args[k] for k in some] for node, some in left.items()}
        return self.bounds.of(operands, order)

    def _cycle(self, left: _Left) -> Cycle:
        """The shortest cycle that is there whatever is chosen of what is left."""
        model, n = self.model, len(self.execution.graph.events)
        must = self._must(left, self.bounds.order(range(len(model.nodes))))
        rows: dict[int, Rows] = {
            i: relation.identity(n, must.sets[i]) if node.type is Type.SET else must.relations[i]
            for i, node in enumerate(model.nodes)
        }
        picks = {**self.execution.picks, **{node: operands[0] for node, operands in left.items()}}
        execution = replace(self.execution, picks=picks)
        known, plain = (Derivations(model, execution, words, rows) for words in (True, False))
        cycles = [cycle_of(known, plain, axiom, execution) for axiom in self._violated(left)]
        return min(cycles, key=lambda cycle: (len(cycle.steps), len(cycle.facts)))


def _choices(model: Model) -> dict[int, tuple[int, ...]]:
    """The `choose` nodes that orders are made of, each with all of its operands."""
    inside: set[int] = set()
    todo = [node for _, node in model.orders]
    while todo:
        node = todo.pop()
        if node not in inside:
            inside.add(node)
            todo += model.nodes[node].args
    return {i: tuple(range(len(model.nodes[i].args))) for i in sorted(inside) if model.nodes[i].op == "choose"}


def _depending(model: Model, choices: Mapping[int, object]) -> frozenset[int]:
    """The nodes that depend on some choices."""
    bodies = {v: b for f in model.fixpoints for v, b in zip(f.variables, f.bodies, strict=True)}
    found = set(choices)
    while True:
        before = len(found)
        for i, node in enumerate(model.nodes):
            if not found.isdisjoint(node.args) or bodies.get(i) in found:
                found.add(i)
        if len(found) == before:
            return frozenset(found)


def _without(left: _Left, choice: _Choice) -> dict[int, tuple[int, ...]]:
    node, operands = choice
    return {**left, node: tuple([operand for operand in left[node] if operand not in operands])}


def _breaks(kind: AxiomKind, rows: Rows) -> bool:
    """Whether a relation is what an axiom of some kind forbids."""
    match kind:
        case AxiomKind.ACYCLIC:
            return bool(relation.components(rows))
        case AxiomKind.IRREFLEXIVE:
            return not relation.is_irreflexive(rows)
        case AxiomKind.EMPTY:
            return any(rows)
