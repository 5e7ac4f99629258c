"""Fewer candidates for rf and co, by the axioms in which they occur directly."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from litmus.base import relation
from litmus.base.relation import Rows
from litmus.bounds.base import Base, with_candidates, with_order
from litmus.bounds.evaluation import Evaluation, Side, groups_of
from litmus.ir.model import AxiomKind, AxiomRole, Model

_CHEAP = 40  # an axiom over at most so many expressions, none recursive, is used to prune candidates


def prune(evaluation: Evaluation) -> Base | None:
    """Tighter base bounds by the acyclicity axioms in which rf or co occurs directly; None if nothing changes.

    If b leads to a in every execution, a -> b would close a cycle: it is no candidate for rf (or co) if it would be in
    the axiom's relation.
    """
    model, base = evaluation.model, evaluation.base
    rf_may, co_may = base.rf[1], base.co[1]
    for node, wanted in model.derived(_cheap_axioms):
        evaluation.upto(wanted)
        reach = relation.plus(evaluation.must.relations[node], evaluation.deadline)
        if not relation.is_irreflexive(reach):
            return None  # no execution is consistent, which the encoder finds
        back = relation.inverse(reach, evaluation.deadline)
        for name in ("rf", "co"):
            covered = covered_by(model, node, name, evaluation.must, evaluation.may)
            if covered is None:
                continue
            bad = relation.inter(back, covered)
            if name == "rf":
                rf_may = relation.diff(rf_may, bad)
            else:
                co_may = relation.diff(co_may, bad)
    if rf_may == base.rf[1] and co_may == base.co[1]:
        return None
    domains = base.domains
    if rf_may != base.rf[1]:
        kept = {read: tuple(w for w in writes if rf_may[w] >> read & 1) for read, writes in domains.candidates.items()}
        domains = replace(domains, candidates=kept)
    base = with_candidates(base, domains)
    return with_order(base, co_may, evaluation.deadline) if co_may != base.co[1] else base


def _cheap_axioms(model: Model) -> list[tuple[int, list[int]]]:
    """What the axioms that are used to prune make acyclic, each with its operands, in order of evaluation."""
    roots = [
        axiom.node
        for axiom in model.axioms
        if axiom.kind is AxiomKind.ACYCLIC and not axiom.negated and axiom.role is AxiomRole.CHECK
    ]
    return [(root, wanted) for root in roots if (wanted := _cheap(model, root)) is not None]


def _cheap(model: Model, root: int) -> list[int] | None:
    """An expression and its operands, in order of evaluation; None if they are many, or one is recursive."""
    recursive = model.derived(groups_of)
    wanted: set[int] = set()
    todo = [root]
    while todo:
        i = todo.pop()
        if i in wanted:
            continue
        wanted.add(i)
        if len(wanted) > _CHEAP or i in recursive:
            return None
        todo += model.nodes[i].args
    return sorted(wanted)


def covered_by(model: Model, node: int, name: str, must: Side, may: Side) -> Rows | None:
    """The pairs that are in an expression whenever they are in base relation `name`; None if there are none."""
    return _covered(model, node, model.derived(_covering).get(name, set()), must, may)


def _covered(model: Model, node: int, covering: Container[int], must: Side, may: Side) -> Rows | None:
    if node not in covering:
        return None
    spec = model.nodes[node]
    if spec.op == "base":
        n = len(must.relations[node])
        return ((1 << n) - 1,) * n
    first, second = spec.args
    a = _covered(model, first, covering, must, may)
    if spec.op == "diff":
        return None if a is None else relation.diff(a, may.relations[second])
    b = _covered(model, second, covering, must, may)
    if spec.op == "union":
        return relation.union(a, b) if a and b else a or b
    if a is not None:
        return relation.inter(a, b or must.relations[second])
    return None if b is None else relation.inter(b, must.relations[first])


def _covering(model: Model) -> dict[str, set[int]]:
    """For each base relation the expressions that some of its pairs may be in just because they are in it."""
    found: dict[str, set[int]] = {}
    for i, node in enumerate(model.nodes):
        if node.op == "base":
            found.setdefault(node.name, set()).add(i)
        elif node.op in ("union", "inter", "diff"):
            of = node.args[:1] if node.op == "diff" else node.args
            for covering in found.values():
                if not covering.isdisjoint(of):
                    covering.add(i)
    return found
