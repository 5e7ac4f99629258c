"""Bounds: for every relation of a model, the pairs that are in it in every execution, and those that may be.

What the bounds decide needs no solver; only the pairs between them are encoded. For every consistent execution and
every expression of the model, must <= actual <= may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_

from litmus.base import relation
from litmus.base.deadline import NEVER as NO_DEADLINE
from litmus.base.deadline import Deadline
from litmus.base.errors import ModelError
from litmus.base.relation import Rows
from litmus.domains import Domains
from litmus.ir.events import ALWAYS, EventGraph, GuardedRelation, Known
from litmus.ir.model import AxiomKind, AxiomRole, Fixpoint, Model, Node, Type


class Side:
    """One side of the bounds, by expression: `sets[i]` as bits over n events, or `relations[i]` as n rows."""

    __slots__ = ("relations", "sets")

    def __init__(self, count: int) -> None:
        self.sets: list[int] = [0] * count
        self.relations: list[Rows] = [()] * count


_CHEAP = 40  # an axiom over at most so many expressions, none recursive, is used to prune candidates


@dataclass(frozen=True, slots=True)
class Base:
    """The bounds of what an execution gives, before any model.

    `certain` are the events that every execution has. `rf` and `co` are (must, may), n x n; `last` the same for the
    set of co-last writes.
    """

    graph: EventGraph
    domains: Domains
    certain: int
    loc: tuple[Rows, Rows]
    rf: tuple[Rows, Rows]
    co: tuple[Rows, Rows]
    last: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of every expression of a model on a graph, numbered as in `model.nodes`.

    Where a relation is the same in every execution, both sides are one object.
    """

    model: Model
    base: Base
    must: Side
    may: Side


# --- what an execution gives --------------------------------------------------------------------------------------


def base_bounds(graph: EventGraph, domains: Domains) -> Base:
    """The bounds of executed events, loc, rf and co, from what the program text says alone."""
    events = graph.events
    n = len(events)
    certain = 0
    for event in events:
        if event.guard is ALWAYS:
            certain |= 1 << event.index
    accesses = [e for e in events if e.addr is not None]
    at: dict[object, int] = {}  # known address -> its accesses
    moving: list[int] = []
    for event in accesses:
        if isinstance(event.addr, Known):
            at[event.addr.value] = at.get(event.addr.value, 0) | 1 << event.index
        else:
            moving.append(event.index)
    loc_must, loc_may = [0] * n, [0] * n
    for members in at.values():
        for i in relation.bits(members):
            loc_may[i] = members
            if certain >> i & 1:
                loc_must[i] = members & certain
    for i in moving:
        for other in accesses:
            j = other.index
            where, there = events[i].addr, other.addr
            assert where is not None
            assert there is not None
            if where == there or domains.may_alias(where, there):
                loc_may[i] |= 1 << j
                loc_may[j] |= 1 << i
        if certain >> i & 1:
            loc_must[i] |= 1 << i
    writes = initial = 0
    for event in events:
        if event.kind == "W":
            writes |= 1 << event.index
    for i in graph.initial:
        initial |= 1 << i
    co_must, co_may = [0] * n, [0] * n
    for i in relation.bits(writes):
        others = loc_may[i] & writes & ~initial & ~(1 << i)
        co_may[i] = others
        if initial >> i & 1:
            co_must[i] = others & loc_must[i]
    last_must = last_may = 0
    for i in relation.bits(writes):
        if not co_must[i]:  # nothing is known to overwrite it
            last_may |= 1 << i
            if certain >> i & 1 and not co_may[i]:
                last_must |= 1 << i
    base = Base(
        graph,
        domains,
        certain,
        (tuple(loc_must), tuple(loc_may)),
        (relation.empty(n), relation.empty(n)),
        _same(tuple(co_must), tuple(co_may)),
        (last_must, last_may),
    )
    if loc_must == loc_may:
        base = replace(base, loc=(base.loc[0], base.loc[0]))
    return with_candidates(base, domains)


def with_candidates(base: Base, domains: Domains) -> Base:
    """The same bounds with rf as the candidates in `domains` have it."""
    n = len(base.graph.events)
    must, may = [0] * n, [0] * n
    for read, writes in domains.candidates.items():
        bit = 1 << read
        for write in writes:
            may[write] |= bit
        if len(writes) == 1 and base.certain & bit:
            must[writes[0]] |= bit
    return replace(base, domains=domains, rf=_same(tuple(must), tuple(may)))


def _same(must: Rows, may: Rows) -> tuple[Rows, Rows]:
    return (may, may) if must == may else (must, may)


# --- a model's expressions ----------------------------------------------------------------------------------------


def compute(model: Model, base: Base, deadline: Deadline = NO_DEADLINE) -> Bounds:
    """The bounds of every expression of a model.

    Axioms that put rf or co directly on a cycle with what must be prune the candidates first.
    """
    evaluation = _Evaluation(model, base, deadline)
    for _ in range(4):
        pruned = _prune(evaluation)
        if pruned is None:
            break
        evaluation = _Evaluation(model, pruned, deadline)
    evaluation.upto(range(len(model.nodes)))
    return Bounds(model, evaluation.base, evaluation.must, evaluation.may)


class StaticMembers:
    """Answers elaboration's questions about sets and relations that do not depend on the execution."""

    def __init__(self, base: Base) -> None:
        self._base = base

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

    def _evaluate(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> _Evaluation:
        model = Model("", tuple(nodes), tuple(fixpoints), ())
        evaluation = _Evaluation(model, self._base, NO_DEADLINE)
        evaluation.upto(_needed(model, (node,)))
        return evaluation


def _fixed(same: bool) -> None:
    if not same:
        raise ModelError("this depends on the execution; only what the program text decides can be enumerated")


def _needed(model: Model, roots: Iterable[int]) -> list[int]:
    """The expressions that some expressions are made of, in order of evaluation."""
    groups = _groups(model)
    wanted: set[int] = set()
    todo = list(roots)
    while todo:
        i = todo.pop()
        if i in wanted:
            continue
        wanted.add(i)
        todo += model.nodes[i].args
        group = groups.get(i)
        if group is not None:
            todo += (*group.variables, *range(group.first, group.last + 1))
    return sorted(wanted)


def _groups(model: Model) -> dict[int, Fixpoint]:
    """The outermost fixpoint that a variable, or an expression of its definitions, belongs to."""
    groups: dict[int, Fixpoint] = {}
    for group in sorted(model.fixpoints, key=lambda f: f.last - f.first, reverse=True):
        for i in (*group.variables, *range(group.first, group.last + 1)):
            groups.setdefault(i, group)
    return groups


class _Evaluation:
    """Evaluates a model's expressions on both sides of the bounds, each once."""

    def __init__(self, model: Model, base: Base, deadline: Deadline) -> None:
        self.model = model
        self.base = base
        self.deadline = deadline
        self.n = len(base.graph.events)
        count = len(model.nodes)
        self.must = Side(count)
        self.may = Side(count)
        self.done = [False] * count
        self.everything = (1 << self.n) - 1
        self.groups = _groups(model) if model.fixpoints else {}

    def upto(self, wanted: Iterable[int]) -> None:
        """Evaluate these expressions; their operands must be among them or done."""
        done = self.done
        large = self.n > 64
        for i in wanted:
            if done[i]:
                continue
            group = self.groups.get(i)
            if group is not None:
                self._fixpoint(group)
                continue
            if large:
                self.deadline.check()
            self._node(i)
            done[i] = True

    def _node(self, i: int) -> None:
        node, must, may = self.model.nodes[i], self.must, self.may
        if not node.args:
            self._leaf(i, node)
        elif self._static(node):
            self._apply(i, node, may, may, True)
            must.sets[i], must.relations[i] = may.sets[i], may.relations[i]
        else:
            self._apply(i, node, may, must, True)
            self._apply(i, node, must, may, False)

    def _static(self, node: Node) -> bool:
        """Whether an operator's result is the same in every execution because its operands are."""
        if node.op == "choose" or (node.op in _EXECUTED_MATTERS and self.base.certain != self.everything):
            return False
        return all(self._same(a) for a in node.args)

    def _same(self, i: int) -> bool:
        """Whether an expression that is done is the same in every execution."""
        if self.model.nodes[i].type is Type.SET:
            return self.must.sets[i] == self.may.sets[i]
        return self.must.relations[i] is self.may.relations[i]

    def _fixpoint(self, group: Fixpoint) -> None:
        inside = range(group.first, group.last + 1)
        inner = [f for f in self.model.fixpoints if group.first <= f.first and f.last <= group.last and f is not group]
        moving = self._moving(group, inner)
        self.done[group.first : group.last + 1] = [i in moving for i in inside]
        for f in inner:
            if f.first not in moving and f.last not in moving:
                self._fixpoint(f)
        for i in inside:
            if not self.done[i]:
                self._node(i)
                self.done[i] = True
        nodes, must, may = self.model.nodes, self.must, self.may
        inputs = {a for i in moving for a in nodes[i].args}.union(group.bodies) - moving
        static = all(self._same(i) for i in inputs) and not any(
            nodes[i].op == "choose" or (nodes[i].op in _EXECUTED_MATTERS and self.base.certain != self.everything)
            for i in moving
        )
        steps = [i for i in inside if i in moving and nodes[i].args]
        inner = [f for f in inner if f.first in moving or f.last in moving]
        self._iterate(group, steps, inner, may, may if static else must, True)
        if static:
            for i in moving:
                must.sets[i], must.relations[i] = may.sets[i], may.relations[i]
        else:
            self._iterate(group, steps, inner, must, may, False)
        for v in group.variables:
            self.done[v] = True

    def _moving(self, group: Fixpoint, inner: Sequence[Fixpoint]) -> set[int]:
        """The variables of a fixpoint, and the expressions that change with them."""
        moving = set(group.variables)
        while True:
            before = len(moving)
            for i in range(group.first, group.last + 1):
                if not moving.isdisjoint(self.model.nodes[i].args):
                    moving.add(i)
            for f in inner:
                if any(f.first <= i <= f.last for i in moving):
                    moving.update(f.variables)
            if len(moving) == before:
                return moving

    def _iterate(
        self,
        group: Fixpoint,
        steps: Sequence[int],
        inner: Sequence[Fixpoint],
        side: Side,
        other: Side,
        upper: bool,
    ) -> None:
        """Evaluate `steps` again and again, from empty variables to the least solution."""
        nodes = self.model.nodes
        nothing = relation.empty(self.n)
        for v in group.variables:
            side.sets[v], side.relations[v] = 0, nothing
        outer = [f for f in inner if not any(g is not f and g.first <= f.first and f.last <= g.last for g in inner)]
        while True:
            self.deadline.check()
            solved: set[int] = set()
            for i in steps:
                if i in solved:
                    continue
                nested = next((f for f in outer if f.first <= i <= f.last), None)
                if nested is None:
                    self._apply(i, nodes[i], side, other, upper)
                    continue
                within = [k for k in steps if nested.first <= k <= nested.last]
                rest = [f for f in inner if f is not nested and nested.first <= f.first and f.last <= nested.last]
                self._iterate(nested, within, rest, side, other, upper)
                solved.update(within)
            changed = False
            for v, body in zip(group.variables, group.bodies, strict=True):
                if nodes[v].type is Type.SET:
                    changed |= side.sets[v] != side.sets[body]
                    side.sets[v] = side.sets[body]
                else:
                    changed |= side.relations[v] != side.relations[body]
                    side.relations[v] = side.relations[body]
            if not changed:
                return

    # --- leaves and operators --------------------------------------------------------------------------------------

    def _leaf(self, i: int, node: Node) -> None:
        must, may = self.must, self.may
        if node.type is Type.SET:
            must.sets[i], may.sets[i] = self._leaf_set(node)
        else:
            must.relations[i], may.relations[i] = self._leaf_relation(node)

    def _leaf_set(self, node: Node) -> tuple[int, int]:
        events = self.base.graph.events
        match node.op, node.name:
            case "empty", _:
                mask = 0
            case "universe", _:
                mask = self.everything
            case "constant", _:
                mask = node.mask
            case "tag", _:
                mask = _mask(e.index for e in events if not node.tags.isdisjoint(e.tags))
            case "base", "R" | "W" | "F" | "B":
                mask = _mask(e.index for e in events if e.kind == node.name)
            case "base", "M":
                mask = _mask(e.index for e in events if e.addr is not None)
            case "base", "IW":
                mask = _mask(self.base.graph.initial)
            case "base", "FW":
                return self.base.last
            case _:
                raise AssertionError(f"no set '{node.op} {node.name}'")
        return mask & self.base.certain, mask

    def _leaf_relation(self, node: Node) -> tuple[Rows, Rows]:
        base, graph, n = self.base, self.base.graph, self.n
        match node.op, node.name:
            case "empty", _:
                nothing = relation.empty(n)
                return nothing, nothing
            case "universe", _:
                return self._guarded(relation.product(n, self.everything, self.everything))
            case "constant", _:
                return self._guarded(node.rows)
            case "base", "rf":
                return base.rf
            case "base", "co":
                return base.co
            case "base", "loc":
                return base.loc
            case "base", "id":
                return self._guarded(relation.identity(n, self.everything))
            case "base", "int":
                threads = _classes([e.thread for e in graph.events])
                return self._guarded(tuple([0 if e.is_init else threads[e.index] for e in graph.events]))
            case "base", "ext":
                same_thread = _classes([e.thread for e in graph.events])
                return self._guarded(tuple([self.everything & ~row for row in same_thread]))
            case "base", "si":
                return self._guarded(_classes([e.instruction for e in graph.events]))
            case "base", "po" | "addr" | "data" | "ctrl" | "rmw" | "amo":
                return self._text_relation(graph.given(node.name))
        raise AssertionError(f"no relation '{node.op} {node.name}'")

    def _guarded(self, rows: Rows) -> tuple[Rows, Rows]:
        """A relation that only lacks the pairs of events that are not executed."""
        certain = self.base.certain
        if certain == self.everything:
            return rows, rows
        return _same(tuple([row & certain if certain >> i & 1 else 0 for i, row in enumerate(rows)]), rows)

    def _text_relation(self, given: GuardedRelation) -> tuple[Rows, Rows]:
        must, may = self._guarded(given.rows)
        if not given.conditions:
            return must, may
        rows = list(must)
        for i, j in given.conditions:
            rows[i] &= ~(1 << j)
        return tuple(rows), may

    def _apply(self, i: int, node: Node, side: Side, other: Side, upper: bool) -> None:
        """One operator on one side of the bounds; `other` is the opposite side, for operands that are subtracted."""
        if node.type is Type.SET:
            side.sets[i] = self._apply_set(node, side, other, upper)
        else:
            side.relations[i] = self._apply_relation(node, side, other, upper)

    def _apply_relation(self, node: Node, side: Side, other: Side, upper: bool) -> Rows:
        args, relations = node.args, side.relations
        first = args[0]
        match node.op:
            case "union":
                return relation.union(relations[first], relations[args[1]])
            case "inter":
                return relation.inter(relations[first], relations[args[1]])
            case "seq":
                return relation.seq(relations[first], relations[args[1]])
            case "diff":
                return relation.diff(relations[first], other.relations[args[1]])
            case "inverse":
                return relation.inverse(relations[first])
            case "plus":
                return relation.plus(relations[first])
            case "star":
                return relation.union(relation.plus(relations[first]), self._id(upper))
            case "option":
                return relation.union(relations[first], self._id(upper))
            case "product":
                return relation.product(self.n, side.sets[first], side.sets[args[1]])
            case "identity":
                return relation.identity(self.n, side.sets[first])
            case "complement":
                executed = self.everything if upper else self.base.certain
                return relation.diff(relation.product(self.n, executed, executed), other.relations[first])
            case "choose":
                return reduce(relation.union if upper else relation.inter, [relations[a] for a in args])
        raise AssertionError(f"no operator '{node.op}'")

    def _apply_set(self, node: Node, side: Side, other: Side, upper: bool) -> int:
        args, sets = node.args, side.sets
        first = args[0]
        match node.op:
            case "union":
                return sets[first] | sets[args[1]]
            case "inter":
                return sets[first] & sets[args[1]]
            case "diff":
                return sets[first] & ~other.sets[args[1]]
            case "complement":
                return (self.everything if upper else self.base.certain) & ~other.sets[first]
            case "domain":
                return relation.domain(side.relations[first])
            case "range":
                return relation.range_(side.relations[first])
            case "choose":
                return reduce(or_ if upper else and_, [sets[a] for a in args])
        raise AssertionError(f"no operator '{node.op}'")

    def _id(self, upper: bool) -> Rows:
        return relation.identity(self.n, self.everything if upper else self.base.certain)


_EXECUTED_MATTERS = frozenset({"star", "option", "complement"})
"""Operators whose result depends on which events are executed, beyond their operands."""


def _classes(keys: Sequence[int]) -> Rows:
    """The equivalence of events with equal keys."""
    masks: dict[int, int] = {}
    for i, key in enumerate(keys):
        masks[key] = masks.get(key, 0) | 1 << i
    return tuple([masks[key] for key in keys])


def _mask(indices: Iterable[int]) -> int:
    mask = 0
    for i in indices:
        mask |= 1 << i
    return mask


# --- pruning ------------------------------------------------------------------------------------------------------


def _prune(evaluation: _Evaluation) -> Base | None:
    """Tighter base bounds by the acyclicity axioms that speak of rf and co directly; None if there are none.

    If b must reach a, then a -> b cannot be: where every rf (or co) pair of a kind is a pair of the axiom's relation,
    such a pair is no candidate.
    """
    model, base = evaluation.model, evaluation.base
    rf_may, co_may = base.rf[1], base.co[1]
    for axiom in model.axioms:
        if axiom.kind is not AxiomKind.ACYCLIC or axiom.negated or axiom.role is not AxiomRole.CHECK:
            continue
        needed = _needed(model, (axiom.node,))
        if len(needed) > _CHEAP or any(i in evaluation.groups for i in needed):
            continue
        evaluation.upto(needed)
        reach = relation.plus(evaluation.must.relations[axiom.node])
        if not relation.is_irreflexive(reach):
            return None  # no execution is consistent; the encoder will find that
        back = relation.inverse(reach)
        for name in ("rf", "co"):
            covered = _covered(evaluation, axiom.node, name)
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
    return with_order(base, co_may) if co_may != base.co[1] else base


def with_order(base: Base, co_may: Rows) -> Base:
    """The same bounds with fewer candidates for co: of two writes to one location one is first."""
    must = list(base.co[0])
    for i, j in relation.pairs(base.loc[0]):
        if co_may[i] >> j & 1 and not co_may[j] >> i & 1:
            must[i] |= 1 << j
    closed = relation.plus(tuple(must))
    opposite = relation.inverse(closed)
    co_may = relation.diff(co_may, opposite)
    last_must, last_may = base.last
    overwritten = relation.domain(closed)
    last_may &= ~overwritten
    for i in relation.bits(last_may & base.certain):
        if not co_may[i]:
            last_must |= 1 << i
    return replace(base, co=_same(closed, co_may), last=(last_must, last_may))


def _covered(evaluation: _Evaluation, node: int, name: str) -> Rows | None:
    """The pairs that are in an expression whenever they are in base relation `name`; None if there are none."""
    spec = evaluation.model.nodes[node]
    match spec.op:
        case "base":
            full = evaluation.everything
            return (full,) * evaluation.n if spec.name == name else None
        case "union" | "inter":
            left, right = spec.args
            a, b = _covered(evaluation, left, name), _covered(evaluation, right, name)
            if spec.op == "union":
                return relation.union(a, b) if a and b else a or b
            if a is not None:
                return relation.inter(a, b or evaluation.must.relations[right])
            if b is not None:
                return relation.inter(b, evaluation.must.relations[left])
        case "diff":
            a = _covered(evaluation, spec.args[0], name)
            if a is not None:
                return relation.diff(a, evaluation.may.relations[spec.args[1]])
    return None
