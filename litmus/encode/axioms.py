"""Clauses that make an axiom hold, or hold under an assumption."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.base import relation
from litmus.base.relation import Rows
from litmus.encode.cnf import TRUE
from litmus.encode.relations import DOWN, UP, Relations
from litmus.ir.model import AxiomKind, Type


def require(relations: Relations, kind: AxiomKind, node: int, negated: bool, premise: int = TRUE) -> None:
    """Clauses: where the premise holds, the expression is (not, if negated) acyclic, irreflexive or empty."""
    if negated:
        _violate(relations, kind, node, premise)
    elif kind is AxiomKind.ACYCLIC:
        _acyclic(relations, node, premise)
    elif kind is AxiomKind.IRREFLEXIVE:
        for i, row in enumerate(relations.may[node]):
            if row >> i & 1:
                relations.cnf.add(-premise, -relations.pair(node, i, i, UP))
    elif relations.nodes[node].type is Type.SET:
        for i in relation.bits(relations.may_sets[node]):
            relations.cnf.add(-premise, -relations.member(node, i, UP))
    else:
        for i, j in relation.pairs(relations.may[node]):
            relations.cnf.add(-premise, -relations.pair(node, i, j, UP))
    relations.flush()


def _violate(relations: Relations, kind: AxiomKind, node: int, premise: int) -> None:
    cnf = relations.cnf
    if kind is AxiomKind.EMPTY:
        if relations.nodes[node].type is Type.SET:
            found = [relations.member(node, i, DOWN) for i in relation.bits(relations.may_sets[node])]
        else:
            found = [relations.pair(node, i, j, DOWN) for i, j in relation.pairs(relations.may[node])]
        cnf.add(-premise, *found)
        return
    rows = relations.may[node]
    if kind is AxiomKind.IRREFLEXIVE:
        cnf.add(-premise, *[relations.pair(node, i, i, DOWN) for i, row in enumerate(rows) if row >> i & 1])
        return
    # Some edge holds, and each that does is followed by another: in a finite graph that is a cycle.
    edges = {
        (i, j): cnf.variable()
        for component in relation.components(rows, relations.deadline)
        for i in relation.bits(component)
        for j in relation.bits(rows[i] & component)
    }
    cnf.add(-premise, *edges.values())
    for (i, j), chosen in edges.items():
        cnf.add(-chosen, relations.pair(node, i, j, DOWN))
        cnf.add(-chosen, *[c for (k, _), c in edges.items() if k == j])


def _acyclic(relations: Relations, node: int, premise: int) -> None:
    """Acyclicity by vertex elimination, in each strongly connected component of `may`.

    Eliminating a vertex joins each edge into it with each edge out of it; an edge from a vertex to itself must not
    arise. Taking the vertex with the fewest joins first keeps sparse graphs sparse (Rankooh and Rintanen, AAAI 2022).
    """
    parts = _parts(relations, node)
    may, must = (_union(side, parts) for side in (relations.may, relations.must))
    if parts == (node,):
        components = relations.bounds.components(node, relations.deadline)
    else:
        components = relation.components(may, relations.deadline)
    if premise == TRUE:
        relations.acyclic.add(node)
    if not components:
        return
    must = relation.plus(must, relations.deadline)
    if not relation.is_irreflexive(must):
        relations.cnf.add(-premise)
        return
    # Where i always leads to j by way of a third event, i -> j closes no cycle that is not there without it.
    rows = relation.diff(may, relation.seq(must, must, relations.deadline))
    for component in components:
        out: dict[int, dict[int, int]] = {i: {} for i in relation.bits(component)}
        into: dict[int, dict[int, int]] = {i: {} for i in out}
        for i in out:
            for j in relation.bits(rows[i] & component):
                literal = _any(relations, parts, i, j)
                if i == j:
                    relations.cnf.add(-premise, -literal)
                else:
                    out[i][j] = into[j][i] = literal
        _eliminate(relations, out, into, premise)


def _parts(relations: Relations, node: int) -> tuple[int, ...]:
    """Expressions whose union has a cycle just where another has one, in executions that satisfy what is required.

    If `b` is acyclic, each cycle of `a | b` has a step of `a`, and so is one of `a ; b*`: the closure of `b` need not
    be made. To restrict where `a ; b*` begins and ends says nothing if each step of `a` begins there.
    """
    nodes = relations.nodes
    spec = nodes[node]
    within = -1
    if spec.op == "inter" and nodes[spec.args[1]].op == "product":
        within = _always(relations, nodes[spec.args[1]].args[0]) & _always(relations, nodes[spec.args[1]].args[1])
        spec = nodes[spec.args[0]]
    if spec.op == "seq" and nodes[spec.args[1]].op == "star":
        first, rest = spec.args[0], nodes[spec.args[1]].args[0]
        if rest in relations.acyclic and not relation.domain(relations.may[first]) & ~within:
            return first, rest
    return (node,)


def _always(relations: Relations, node: int) -> int:
    """Events that are in a set in every execution in which they are executed."""
    spec = relations.nodes[node]
    below = [_always(relations, arg) for arg in spec.args] if spec.op in ("union", "inter") else []
    match spec.op:
        case "tag" | "universe":
            return relations.may_sets[node]
        case "complement":
            return ~relations.may_sets[spec.args[0]]
        case "union":
            return below[0] | below[1]
        case "inter":
            return below[0] & below[1]
    return relations.must_sets[node]


def _any(relations: Relations, parts: Sequence[int], i: int, j: int) -> int:
    """A literal that holds if a pair is in any of some expressions."""
    found = [relations.pair(part, i, j, UP) for part in parts if relations.may[part][i] >> j & 1]
    if len(found) == 1 or TRUE in found:
        return TRUE if TRUE in found else found[0]
    joined = relations.cnf.variable()
    for literal in found:
        relations.cnf.add(-literal, joined)
    return joined


def _union(side: Sequence[Rows], parts: Sequence[int]) -> Rows:
    """The pairs of some expressions, of which `side` has the bounds."""
    found = side[parts[0]]
    for part in parts[1:]:
        found = relation.union(found, side[part])
    return found


def _eliminate(
    relations: Relations, out: dict[int, dict[int, int]], into: dict[int, dict[int, int]], premise: int
) -> None:
    cnf = relations.cnf
    while out:
        relations.deadline.check()
        vertex = min([(len(targets) * len(into[v]), v) for v, targets in out.items()])[1]
        sources, targets = into.pop(vertex), out.pop(vertex)
        for source in sources:
            del out[source][vertex]
        for target in targets:
            del into[target][vertex]
        for source, first in sources.items():
            onward = out[source]
            for target, second in targets.items():
                if source == target:
                    cnf.add(-premise, -first, -second)
                    continue
                present = onward.get(target)
                if present == TRUE:
                    continue
                # Exactly one of two opposite edges holds, so a path along one implies it: no new variable.
                if present is not None and out[target].get(source) == -present:
                    cnf.add(-premise, -first, -second, present)
                    continue
                if first == TRUE or second == TRUE:
                    joined = second if first == TRUE else first
                    if present is None:
                        onward[target] = into[target][source] = joined
                        continue
                # A path does not imply the model's edge, so the joined edge needs a variable of its own.
                edge = cnf.variable()
                cnf.add(-first, -second, edge)
                if present is not None:
                    cnf.add(-present, edge)
                onward[target] = into[target][source] = edge
