"""Evaluating a model's expressions on both sides of the bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import assert_never

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.base.relation import Rows
from litmus.bounds.base import Base
from litmus.ir.events import READS, WRITES, GuardedRelation, ReadValue
from litmus.ir.model import Fixpoint, Model, Node, Type

_KINDS = {"R": READS, "W": WRITES, "M": READS + WRITES}
"""The kinds of the events in base sets; the others have the name of theirs."""

_BY_TEXT = ("R", "W", "M", "F", "B", "IW", "int", "ext", "id", "si")


class Side:
    """One side of the bounds, by expression: `sets[i]` as bits over n events, or `relations[i]` as n rows."""

    __slots__ = ("relations", "sets")

    def __init__(self, count: int) -> None:
        self.sets: list[int] = [0] * count
        self.relations: list[Rows] = [()] * count


def needed(model: Model, roots: Iterable[int]) -> list[int]:
    """Some expressions and their operands, direct and indirect, in order of evaluation."""
    groups = model.derived(groups_of)
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


def groups_of(model: Model) -> dict[int, Fixpoint]:
    """The outermost fixpoint that a variable, or an expression of its definitions, belongs to."""
    groups: dict[int, Fixpoint] = {}
    for group in sorted(model.fixpoints, key=lambda f: f.last - f.first, reverse=True):
        for i in (*group.variables, *range(group.first, group.last + 1)):
            groups.setdefault(i, group)
    return groups


def by_text(model: Model) -> frozenset[int]:
    """Expressions of which the text of a test says what is in them: all of that whose events are executed."""
    found: set[int] = set()
    for i, node in enumerate(model.nodes):
        match node.op:
            case "tag" | "constant" | "empty" | "universe":
                known = True
            case "base":
                known = node.name in _BY_TEXT
            case "union" | "inter" | "diff" | "complement" | "inverse" | "product" | "identity":
                known = found.issuperset(node.args)
            case _:
                known = False
        if known:
            found.add(i)
    return frozenset(found)


class Evaluation:
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
        self.groups = model.derived(groups_of)
        self.by_text = model.derived(by_text)

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
        """Whether an operator's result is the same in every execution, given that its operands are."""
        if node.op == "choose" or (node.op in _EXECUTED_MATTERS and self.base.certain != self.everything):
            return False
        return all(map(self._same, node.args))

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
        match node.op:
            case "empty" | "var":
                mask = 0
            case "universe":
                mask = self.everything
            case "constant":
                mask = node.mask
            case "tag":
                mask = _mask([e.index for e in events if not node.tags.isdisjoint(e.tags)])
            case "base" if node.name == "FW":
                return self.base.last
            case "base" if node.name == "IW":
                mask = _mask(self.base.graph.initial)
            case "base":
                kinds = _KINDS.get(node.name, node.name)
                mask = _mask([e.index for e in events if e.kind in kinds])
            case "union" | "inter" | "diff" | "complement" | "choose" | "domain" | "range":
                raise AssertionError(node)  # no leaf
            case "seq" | "inverse" | "plus" | "star" | "option" | "product" | "identity":
                raise AssertionError(node)  # no set
            case _:
                assert_never(node.op)
        return mask & self.base.certain, mask

    def _leaf_relation(self, node: Node) -> tuple[Rows, Rows]:
        n = self.n
        match node.op:
            case "empty" | "var":
                nothing = relation.empty(n)
                return nothing, nothing
            case "universe":
                return self._guarded(relation.product(n, self.everything, self.everything))
            case "constant":
                return self._guarded(node.rows)
            case "base":
                return self._base_relation(node.name)
            case "union" | "inter" | "diff" | "complement" | "choose" | "seq" | "inverse" | "plus" | "star" | "option":
                raise AssertionError(node)  # no leaf
            case "product" | "identity" | "tag" | "domain" | "range":
                raise AssertionError(node)  # no leaf, or no relation
            case _:
                assert_never(node.op)

    def _base_relation(self, name: str) -> tuple[Rows, Rows]:
        graph, base, n = self.base.graph, self.base, self.n
        match name:
            case "rf":
                return base.rf
            case "co":
                return base.co
            case "loc":
                return base.loc
            case "same-value":
                return self._same_value()
            case "id":
                return self._guarded(relation.identity(n, self.everything))
            case "int":
                threads = _classes([e.thread for e in graph.events])
                return self._guarded(tuple([0 if e.is_init else threads[e.index] for e in graph.events]))
            case "ext":
                same_thread = _classes([e.thread for e in graph.events])
                return self._guarded(tuple([self.everything & ~row for row in same_thread]))
            case "si":
                return self._guarded(_classes([e.instruction for e in graph.events]))
        return self._text_relation(graph.relations[name])

    def _same_value(self) -> tuple[Rows, Rows]:
        """Events that have the same value in every execution, and those that may have."""
        base = self.base
        values = {
            e.index: e.value or ReadValue(e.index) for e in base.graph.events if e.kind in READS or e.value is not None
        }
        domains = {e: base.domains.of(value) for e, value in values.items()}
        must, may = [0] * self.n, [0] * self.n
        for i, mine in values.items():
            for j, other in values.items():
                if mine == other:
                    must[i] |= 1 << j
                a, b = domains[i], domains[j]
                if a is None or b is None or not frozenset(a).isdisjoint(b):
                    may[i] |= 1 << j
        return self._guarded(tuple(must))[0], tuple(may)

    def _guarded(self, rows: Rows) -> tuple[Rows, Rows]:
        """A relation that only lacks the pairs of events that are not executed."""
        certain = self.base.certain
        if certain == self.everything:
            return rows, rows
        must = tuple([row & certain if certain >> i & 1 else 0 for i, row in enumerate(rows)])
        return (rows, rows) if must == rows else (must, rows)

    def _text_relation(self, given: GuardedRelation) -> tuple[Rows, Rows]:
        must, may = self._guarded(given.rows)
        if not given.conditions:
            return must, may
        rows = list(must)
        for i, j in given.conditions:
            rows[i] &= ~(1 << j)
        return tuple(rows), may

    def _apply(self, i: int, node: Node, side: Side, other: Side, upper: bool) -> None:
        """One operator on one side of the bounds; subtracted operands come from `other`, the opposite side.

        What the text says is subtracted from above as it is: an event that is not executed is in no operand.
        """
        if upper and node.op in ("diff", "complement") and node.args[-1] in self.by_text:
            other = side
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
                return relation.seq(relations[first], relations[args[1]], self.deadline)
            case "diff":
                return relation.diff(relations[first], other.relations[args[1]])
            case "inverse":
                return relation.inverse(relations[first], self.deadline)
            case "plus":
                return relation.plus(relations[first], self.deadline)
            case "star":
                return relation.union(relation.plus(relations[first], self.deadline), self._id(upper))
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
            case "base" | "tag" | "constant" | "empty" | "universe" | "var" | "domain" | "range":
                raise AssertionError(node)  # no operator that makes relations
            case _:
                assert_never(node.op)

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
            case "base" | "tag" | "constant" | "empty" | "universe" | "var":
                raise AssertionError(node)  # a leaf
            case "seq" | "inverse" | "plus" | "star" | "option" | "product" | "identity":
                raise AssertionError(node)  # no operator that makes sets
            case _:
                assert_never(node.op)

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
