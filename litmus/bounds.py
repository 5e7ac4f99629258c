"""Bounds: for every relation of a model, the pairs that are in it in every execution, and those that may be.

What the bounds decide needs no solver; only the pairs between them are encoded. For every consistent execution and every
expression of the model, must <= actual <= may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from litmus.base import relation
from litmus.base.deadline import NEVER as NO_DEADLINE
from litmus.base.deadline import Deadline
from litmus.base.errors import ModelError
from litmus.base.relation import Rows
from litmus.domains import Domains
from litmus.ir.events import ALWAYS, EventGraph, GuardedRelation, Known
from litmus.ir.model import AxiomKind, AxiomRole, Fixpoint, Model, Node, Type

Bound = int | Rows
"""One side of the bounds of an expression: a set as bits over n events, or a relation as n rows."""

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
    """The bounds of every expression of a model on a graph: `must[i]` and `may[i]` belong to `model.nodes[i]`.

    Where an expression is the same in every execution, both are one object.
    """

    model: Model
    base: Base
    must: tuple[Bound, ...]
    may: tuple[Bound, ...]


# --- what an execution gives -------------------------------------------------------------------------------------------


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


# --- a model's expressions ---------------------------------------------------------------------------------------------


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
    return Bounds(model, evaluation.base, tuple(evaluation.must), tuple(evaluation.may))


class StaticMembers:
    """Answers elaboration's questions about sets and relations that do not depend on the execution."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def set(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> int:
        """The members of a set, as bits. Raises ModelError if they depend on the execution."""
        value = self._evaluate(nodes, fixpoints, node)
        assert isinstance(value, int)
        return value

    def relation(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> Rows:
        """The pairs of a relation. Raises ModelError if they depend on the execution."""
        value = self._evaluate(nodes, fixpoints, node)
        assert isinstance(value, tuple)
        return value

    def _evaluate(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> Bound:
        model = Model("", tuple(nodes), tuple(fixpoints), ())
        evaluation = _Evaluation(model, self._base, NO_DEADLINE)
        evaluation.upto(_needed(model, (node,)))
        if evaluation.must[node] != evaluation.may[node]:
            raise ModelError("this depends on the execution; only what the program text decides can be enumerated")
        return evaluation.may[node]


def _needed(model: Model, roots: Iterable[int]) -> list[int]:
    """The expressions that some expressions are made of, in order of evaluation."""
    bodies = {v: f for f in model.fixpoints for v in f.variables}
    wanted: set[int] = set()
    todo = list(roots)
    while todo:
        i = todo.pop()
        if i in wanted:
            continue
        wanted.add(i)
        todo += model.nodes[i].args
        group = bodies.get(i)
        if group is not None:
            todo += group.variables
            todo += group.bodies
    return sorted(wanted)


class _Evaluation:
    """Evaluates a model's expressions on both sides of the bounds, each once."""

    def __init__(self, model: Model, base: Base, deadline: Deadline) -> None:
        self.model = model
        self.base = base
        self.deadline = deadline
        self.n = len(base.graph.events)
        count = len(model.nodes)
        self.must: list[Bound] = [0] * count
        self.may: list[Bound] = [0] * count
        self.done = [False] * count
        self.everything = (1 << self.n) - 1
        self.group_at = {f.first: f for f in model.fixpoints}

    def upto(self, wanted: Iterable[int]) -> None:
        """Evaluate these expressions; their operands must be among them or done."""
        done, must, may, nodes = self.done, self.must, self.may, self.model.nodes
        large = self.n > 64
        for i in wanted:
            if done[i]:
                continue
            group = self.group_at.get(i)
            if group is not None:
                self._fixpoint(group)
                continue
            if large:
                self.deadline.check()
            node = nodes[i]
            args = node.args
            if not args:
                must[i], may[i] = self._leaf(node)
            elif node.op != "choose" and all(must[a] is may[a] for a in args) and not self._varies(node):
                must[i] = may[i] = self._apply(node, may, may, True)
            else:
                may[i] = self._apply(node, may, must, True)
                must[i] = self._apply(node, must, may, False)
            done[i] = True

    def _varies(self, node: Node) -> bool:
        """Whether an operator's result depends on which events are executed, beyond its operands."""
        return node.op in _EXECUTED_MATTERS and self.base.certain != self.everything

    def _fixpoint(self, group: Fixpoint) -> None:
        inside = range(group.first, group.last + 1)
        inner = [f for f in self.model.fixpoints if group.first < f.first and f.last <= group.last]
        nodes, must, may = self.model.nodes, self.must, self.may
        for i in inside:
            if not nodes[i].args and nodes[i].op != "var":
                must[i], may[i] = self._leaf(nodes[i])
        outside = {a for i in inside for a in nodes[i].args if not group.first <= a <= group.last}
        leaves = [i for i in inside if not nodes[i].args and nodes[i].op != "var"]
        static = all(must[i] is may[i] for i in (*outside, *leaves)) and not any(
            self._varies(nodes[i]) or nodes[i].op == "choose" for i in inside
        )
        self._iterate(group, inner, may, may if static else must, True)
        if static:
            for i in inside:
                must[i] = may[i]
        else:
            self._iterate(group, inner, must, may, False)
        for i in inside:
            self.done[i] = True

    def _iterate(
        self, group: Fixpoint, inner: Sequence[Fixpoint], side: list[Bound], other: list[Bound], upper: bool
    ) -> None:
        nodes = self.model.nodes
        starts = {f.first: f for f in inner if not any(g.first < f.first and f.last <= g.last for g in inner)}
        nothing = relation.empty(self.n)
        for v in group.variables:
            side[v] = 0 if nodes[v].type is Type.SET else nothing
        while True:
            self.deadline.check()
            i = group.first
            while i <= group.last:
                nested = starts.get(i)
                if nested is not None:
                    self._iterate(nested, [f for f in inner if f is not nested], side, other, upper)
                    i = nested.last + 1
                    continue
                node = nodes[i]
                if node.args:
                    side[i] = self._apply(node, side, other, upper)
                i += 1
            changed = False
            for v, body in zip(group.variables, group.bodies, strict=True):
                if side[v] != side[body]:
                    side[v] = side[body]
                    changed = True
            if not changed:
                return

    # --- leaves and operators ------------------------------------------------------------------------------------------

    def _leaf(self, node: Node) -> tuple[Bound, Bound]:
        match node.op:
            case "empty":
                value: Bound = 0 if node.type is Type.SET else relation.empty(self.n)
                return value, value
            case "universe":
                if node.type is Type.SET:
                    return self._guarded_set(self.everything)
                return self._guarded(relation.product(self.n, self.everything, self.everything))
            case "constant":
                if node.type is Type.SET:
                    return self._guarded_set(node.mask)
                return self._guarded(node.rows)
            case "tag":
                return self._guarded_set(_mask(e.index for e in self.base.graph.events if not node.tags.isdisjoint(e.tags)))
            case "base":
                return self._base_set(node.name) if node.type is Type.SET else self._base_relation(node.name)
        raise AssertionError(f"expression '{node.op}' has no operands")

    def _guarded_set(self, mask: int) -> tuple[int, int]:
        must = mask & self.base.certain
        return (mask, mask) if must == mask else (must, mask)

    def _guarded(self, rows: Rows) -> tuple[Rows, Rows]:
        """A relation that only lacks the pairs of events that are not executed."""
        certain = self.base.certain
        if certain == self.everything:
            return rows, rows
        return _same(tuple([row & certain if certain >> i & 1 else 0 for i, row in enumerate(rows)]), rows)

    def _base_set(self, name: str) -> tuple[Bound, Bound]:
        events = self.base.graph.events
        match name:
            case "R" | "W" | "F" | "B":
                return self._guarded_set(_mask(e.index for e in events if e.kind == name))
            case "M":
                return self._guarded_set(_mask(e.index for e in events if e.addr is not None))
            case "IW":
                return self._guarded_set(_mask(self.base.graph.initial))
            case "FW":
                must, may = self.base.last
                return (may, may) if must == may else (must, may)
        raise AssertionError(f"no base set '{name}'")

    def _base_relation(self, name: str) -> tuple[Bound, Bound]:
        base, graph, n = self.base, self.base.graph, self.n
        match name:
            case "rf":
                return base.rf
            case "co":
                return base.co
            case "loc":
                return base.loc
            case "po":
                return self._text_relation(graph.po)
            case "addr":
                return self._text_relation(graph.addr)
            case "data":
                return self._text_relation(graph.data)
            case "ctrl":
                return self._text_relation(graph.ctrl)
            case "rmw":
                return self._text_relation(graph.rmw)
            case "amo":
                return self._text_relation(graph.amo)
            case "id":
                return self._guarded(relation.identity(n, self.everything))
            case "int":
                return self._guarded(self._classes([e.thread for e in graph.events]))
            case "ext":
                return self._guarded(
                    tuple([self.everything & ~row for row in self._classes([e.thread for e in graph.events])])
                )
            case "si":
                return self._guarded(self._classes([e.instruction for e in graph.events]))
        raise AssertionError(f"no base relation '{name}'")

    def _classes(self, keys: list[int]) -> Rows:
        masks: dict[int, int] = {}
        for i, key in enumerate(keys):
            masks[key] = masks.get(key, 0) | 1 << i
        return tuple([masks[key] for key in keys])

    def _text_relation(self, given: GuardedRelation) -> tuple[Bound, Bound]:
        must, may = self._guarded(given.rows)
        if not given.conditions:
            return must, may
        rows = list(must)
        for i, j in given.conditions:
            rows[i] &= ~(1 << j)
        return tuple(rows), may

    def _apply(self, node: Node, side: Sequence[Bound], other: Sequence[Bound], upper: bool) -> Bound:
        """One operator on one side of the bounds; `other` is the opposite side, for operands that are subtracted."""
        if node.type is Type.SET:
            return self._apply_set(node, side, other, upper)
        args = node.args
        a = side[args[0]]
        match node.op:
            case "union":
                return relation.union(a, side[args[1]])  # type: ignore[arg-type]
            case "inter":
                return relation.inter(a, side[args[1]])  # type: ignore[arg-type]
            case "seq":
                return relation.seq(a, side[args[1]])  # type: ignore[arg-type]
            case "diff":
                return relation.diff(a, other[args[1]])  # type: ignore[arg-type]
            case "inverse":
                return relation.inverse(a)  # type: ignore[arg-type]
            case "plus":
                return relation.plus(a)  # type: ignore[arg-type]
            case "star":
                return relation.union(relation.plus(a), self._id(upper))  # type: ignore[arg-type]
            case "option":
                return relation.union(a, self._id(upper))  # type: ignore[arg-type]
            case "product":
                return relation.product(self.n, a, side[args[1]])  # type: ignore[arg-type]
            case "identity":
                return relation.identity(self.n, a)  # type: ignore[arg-type]
            case "complement":
                executed = self.everything if upper else self.base.certain
                return relation.diff(relation.product(self.n, executed, executed), other[args[0]])  # type: ignore[arg-type]
            case "choose":
                return _choose(side, args, relation.union if upper else relation.inter)  # type: ignore[arg-type]
        raise AssertionError(f"no operator '{node.op}'")

    def _apply_set(self, node: Node, side: Sequence[Bound], other: Sequence[Bound], upper: bool) -> int:
        args = node.args
        a = side[args[0]]
        match node.op:
            case "domain":
                return relation.domain(a)  # type: ignore[arg-type]
            case "range":
                return relation.range_(a)  # type: ignore[arg-type]
        assert isinstance(a, int)
        b = side[args[1]] if len(args) > 1 else 0
        assert isinstance(b, int)
        match node.op:
            case "union":
                return a | b
            case "inter":
                return a & b
            case "diff":
                return a & ~other[args[1]]  # type: ignore[operator]
            case "complement":
                return (self.everything if upper else self.base.certain) & ~other[args[0]]  # type: ignore[operator]
            case "choose":
                return _choose(side, args, int.__or__ if upper else int.__and__)  # type: ignore[arg-type,return-value]
        raise AssertionError(f"no operator '{node.op}'")

    def _id(self, upper: bool) -> Rows:
        return relation.identity(self.n, self.everything if upper else self.base.certain)


_EXECUTED_MATTERS = frozenset({"star", "option", "complement"})


def _choose(side: Sequence[Bound], args: Sequence[int], combine: Callable[[Bound, Bound], Bound]) -> Bound:
    value = side[args[0]]
    for a in args[1:]:
        value = combine(value, side[a])
    return value


def _mask(indices: Iterable[int]) -> int:
    mask = 0
    for i in indices:
        mask |= 1 << i
    return mask


# --- pruning -----------------------------------------------------------------------------------------------------------


def _prune(evaluation: _Evaluation) -> Base | None:
    """Tighter base bounds by the acyclicity axioms that speak of rf and co directly; None if there are none.

    If b must reach a, then a -> b cannot be: where every rf (or co) pair of a kind is a pair of the axiom's relation,
    such a pair is no candidate.
    """
    model, base = evaluation.model, evaluation.base
    rf_may, co_may = base.rf[1], base.co[1]
    recursive = [range(f.first, f.last + 1) for f in model.fixpoints]
    for axiom in model.axioms:
        if axiom.kind is not AxiomKind.ACYCLIC or axiom.negated or axiom.role is not AxiomRole.CHECK:
            continue
        needed = _needed(model, (axiom.node,))
        if len(needed) > _CHEAP or any(i in r for i in needed for r in recursive):
            continue
        evaluation.upto(needed)
        must = evaluation.must[axiom.node]
        assert isinstance(must, tuple)
        reach = relation.plus(must)
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
        kept = {
            read: tuple(w for w in writes if rf_may[w] >> read & 1) for read, writes in domains.candidates.items()
        }
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
                other = b or evaluation.must[right]
                assert isinstance(other, tuple)
                return relation.inter(a, other)
            if b is not None:
                other = evaluation.must[left]
                assert isinstance(other, tuple)
                return relation.inter(b, other)
        case "diff":
            a = _covered(evaluation, spec.args[0], name)
            if a is not None:
                subtracted = evaluation.may[spec.args[1]]
                assert isinstance(subtracted, tuple)
                return relation.diff(a, subtracted)
    return None
