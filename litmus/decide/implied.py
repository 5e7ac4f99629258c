"""The axioms that follow from others: a relation within one that is acyclic is acyclic, too.

A model that is built on a weaker one has the axioms of both, such as SPARC's: total store order has those of partial
store order. The solver needs only the stronger ones.
"""

from __future__ import annotations

from litmus.ir.model import Axiom, AxiomRole, Model, Node

_GROWING = frozenset({"seq", "plus", "star", "option", "inverse", "product", "identity", "domain", "range"})
"""Operators whose result grows with their operands."""

_DEEP = 100
"""How deep expressions are compared; a model may be as deep as a test has bytes."""


def strongest(model: Model) -> tuple[Axiom, ...]:
    """The check axioms of a model, without those that follow from one that is left."""
    checks = [axiom for axiom in model.axioms if axiom.role is AxiomRole.CHECK]
    within = Within(model.nodes)
    left = list(checks)
    for axiom in checks:
        if any(other is not axiom and _implies(within, other, axiom) for other in left):
            left.remove(axiom)
    return tuple(left)


def _implies(within: Within, other: Axiom, axiom: Axiom) -> bool:
    alike = other.kind is axiom.kind and not other.negated and not axiom.negated
    return alike and within.holds(axiom.node, other.node)


class Within:
    """Whether one expression of a model is within another in every execution, as far as their form tells.

    True is certain. Recursion variables and choices are compared by identity only.
    """

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._nodes = nodes
        self._known: dict[tuple[int, int], bool] = {}
        self._depth = 0

    def holds(self, a: int, b: int) -> bool:
        """Whether every pair (or member) of node `a` is one of node `b`."""
        if a == b:
            return True
        found = self._known.get((a, b))
        if found is None:
            if self._depth == _DEEP:
                return False
            self._depth += 1
            found = self._known[a, b] = self._compare(a, b)
            self._depth -= 1
        return found

    def _compare(self, a: int, b: int) -> bool:
        small, large, holds = self._nodes[a], self._nodes[b], self.holds
        if small.op == "empty":
            return True
        if small.op == "union":
            return all(holds(arg, b) for arg in small.args)
        if large.op == "inter":
            return all(holds(a, arg) for arg in large.args)
        if large.op in ("union", "plus", "star", "option") and any(holds(a, arg) for arg in large.args):
            return True
        if small.op == "inter":
            return any(holds(arg, b) for arg in small.args)
        if small.op == "diff":
            if large.op == "diff" and holds(small.args[0], large.args[0]) and holds(large.args[1], small.args[1]):
                return True
            return holds(small.args[0], b)
        if small.op == large.op and small.op in _GROWING:
            return all(holds(x, y) for x, y in zip(small.args, large.args, strict=True))
        return False
