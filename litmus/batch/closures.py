"""Closures in what a model demands: a literal of a pair must not justify itself.

That an axiom does not hold is demanded of an execution, so that a closure in it is, too: the clauses say by which steps
a pair is in it. Around a cycle of steps, each pair could be there because of the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from litmus.ir.model import Axiom, AxiomKind, Model, Node


def founded(model: Model, axioms: Sequence[Axiom], updates: bool) -> frozenset[int]:
    """The closures that may be left in what says that one of the axioms does not hold.

    Where their steps have a cycle, it does not in any case, because of an axiom about the same steps; or they are steps
    of the order of accesses to one location, which has none but by way of `updates`, reads that are writes.
    """
    nodes = model.nodes
    acyclic: list[frozenset[int]] = []
    for axiom in axioms:
        if axiom.negated:
            continue
        if axiom.kind is AxiomKind.ACYCLIC:
            acyclic.append(frozenset(_parts(nodes, axiom.node)))
        elif axiom.kind is AxiomKind.IRREFLEXIVE:
            acyclic += [frozenset(_parts(nodes, closure)) for closure in _included(nodes, axiom.node)]
    found = set()
    for number, node in enumerate(nodes):
        if node.op in ("plus", "star"):
            steps = list(_parts(nodes, node.args[0]))
            if any(all(_within(nodes, step, known) for step in steps) for known in acyclic) or (
                not updates and all(_by_location(nodes, step) for step in steps)
            ):
                found.add(number)
    return frozenset(found)


def _parts(nodes: Sequence[Node], node: int) -> Iterator[int]:
    """The expressions of which one is a union, be it in closures."""
    if nodes[node].op in ("union", "plus"):
        for arg in nodes[node].args:
            yield from _parts(nodes, arg)
    else:
        yield node


def _included(nodes: Sequence[Node], node: int) -> Iterator[int]:
    """Closures that an expression has all pairs of."""
    match nodes[node].op:
        case "plus":
            yield node
        case "union":
            for arg in nodes[node].args:
                yield from _included(nodes, arg)
        case "seq":
            first, second = nodes[node].args
            if nodes[second].op in ("option", "star"):
                yield from _included(nodes, first)
            if nodes[first].op in ("option", "star"):
                yield from _included(nodes, second)


def _within(nodes: Sequence[Node], node: int, known: Collection[int]) -> bool:
    """Whether an expression is one of some others, or a restriction of one."""
    if node in known:
        return True
    spec = nodes[node]
    restricted = spec.args if spec.op == "inter" else spec.args[:1] if spec.op == "diff" else ()
    return any(_within(nodes, arg, known) for arg in restricted)


def _by_location(nodes: Sequence[Node], node: int) -> bool:
    """Whether an expression leads to later accesses of one location only: it is of rf, co and fr."""
    spec = nodes[node]
    match spec.op:
        case "base":
            return spec.name in ("rf", "co")
        case "union":
            return all(_by_location(nodes, arg) for arg in spec.args)
        case "inter":
            return any(_by_location(nodes, arg) for arg in spec.args)
        case "diff":
            return _by_location(nodes, spec.args[0])
        case "seq":
            first, second = (nodes[arg] for arg in spec.args)
            back = first.op == "inverse" and nodes[first.args[0]].name == "rf"
            return back and _overwrites(nodes, second)
    return False


def _overwrites(nodes: Sequence[Node], spec: Node) -> bool:
    """Whether an expression is a part of co."""
    return spec.name == "co" or (spec.op == "inter" and any(_overwrites(nodes, nodes[arg]) for arg in spec.args))


def without_closures(
    model: Model, axioms: Sequence[Axiom], most: int, left: Collection[int] = ()
) -> tuple[Model, list[int]]:
    """The model with more nodes, and for each axiom one equal to its own in which no closure is but those `left`.

    `most` events are in an execution at most, so that squaring a relation often enough gives its closure. A literal of
    a closure could justify itself; one of a square cannot. What is defined by recursion stays as it is.
    """
    nodes = list(model.nodes)
    kept = {k for group in model.fixpoints for k in range(group.first, group.last + 1)}
    made: dict[int, int] = {}

    def add(node: Node) -> int:
        nodes.append(node)
        return len(nodes) - 1

    for number, node in enumerate(model.nodes):
        made[number] = number
        if number in kept:
            continue
        args = tuple(made[arg] for arg in node.args)
        if node.op in ("plus", "star") and number not in left:
            found = args[0]
            for _ in range((most - 1).bit_length()):
                twice = add(Node("seq", node.type, (found, found)))
                found = add(Node("union", node.type, (found, twice)))
            made[number] = found if node.op == "plus" else add(Node("option", node.type, (found,)))
        elif args != node.args:
            made[number] = add(replace(node, args=args))
    return replace(model, nodes=tuple(nodes)), [made[axiom.node] for axiom in axioms]
