"""Literals for the pairs of a model's relations: made on demand, in the direction that is needed.

UP is for pairs that the model forbids: if a pair can be derived, its literal holds. This alone makes recursive
definitions least solutions. DOWN is for pairs that the model demands: if a literal holds, its pair can be derived. DOWN
through a recursive definition is incomplete, as a literal could justify itself. `circular` is then true: the caller has
to check each solution, and to look for another where the check fails.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.base.relation import Rows
from litmus.bounds import Bounds, by_text
from litmus.encode.base import BaseEncoding
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.ir.events import Known
from litmus.ir.model import Model

UP = 1
DOWN = 2


class Relations:
    """The literals of a model's expressions over a base encoding."""

    def __init__(self, cnf: Cnf, bounds: Bounds, base: BaseEncoding, deadline: Deadline) -> None:
        self.cnf = cnf
        self.base = base
        self.deadline = deadline
        self.n = len(bounds.base.graph.events)
        self.circular = False
        self.picks: dict[int, list[int]] = {}
        self.acyclic: set[int] = set()  # the expressions that are required to be, under no premise
        self.extend(bounds)
        self._literals: dict[int, int] = {}
        self._emitted: dict[int, int] = {}
        self._work: list[tuple[int, int, int, int, int]] = []
        self._columns: dict[int, Rows] = {}

    def extend(self, bounds: Bounds) -> None:
        """Go on with the bounds of a model that has more expressions; those that it had keep their numbers."""
        self.bounds = bounds
        self.nodes = bounds.model.nodes
        self.must = bounds.must.relations
        self.may = bounds.may.relations
        self.must_sets = bounds.must.sets
        self.may_sets = bounds.may.sets
        self._ups: dict[int, int] = {}  # the UP literals of pairs that sequences asked for
        self._bodies = {v: b for f in bounds.model.fixpoints for v, b in zip(f.variables, f.bodies, strict=True)}
        self._fixed = _fixed(bounds.model, self.base)

    # --- asking ---------------------------------------------------------------------------------------------------

    def pair(self, node: int, i: int, j: int, direction: int) -> int:
        """The literal of pair (i, j) of a relation; its clauses come with the next `flush`."""
        nodes, must, may, fixed = self.nodes, self.must, self.may, self._fixed
        while True:
            if not may[node][i] >> j & 1:
                return FALSE
            if must[node][i] >> j & 1:
                return TRUE
            if node in fixed:
                return self.base.both_executed(i, j)
            spec = nodes[node]
            op = spec.op
            if op == "union":
                a, b = spec.args
                if not may[b][i] >> j & 1:
                    node = a
                elif not may[a][i] >> j & 1:
                    node = b
                else:
                    break
            elif op == "inter":
                a, b = spec.args
                if b in fixed or must[b][i] >> j & 1:
                    node = a
                elif a in fixed or must[a][i] >> j & 1:
                    node = b
                else:
                    break
            elif op == "base":
                return self.base.pair(spec.name, i, j)
            elif op == "var":
                node = self._bodies[node]
                if direction & DOWN:
                    self.circular = True
            elif op == "inverse":
                node = spec.args[0]
                i, j = j, i
            elif op == "diff":
                a, b = spec.args
                if may[b][i] >> j & 1:
                    break
                node = a
            elif op in ("option", "star") and i == j:
                return self.base.executed[i]
            elif op == "option":
                node = spec.args[0]
            elif op == "identity":
                return self.member(spec.args[0], i, direction)
            else:
                break
        return self._literal((node * self.n + i) * (self.n + 1) + j, node, i, j, direction)

    def member(self, node: int, i: int, direction: int) -> int:
        """The literal of a member of a set."""
        if not self.may_sets[node] >> i & 1:
            return FALSE
        if self.must_sets[node] >> i & 1:
            return TRUE
        if node in self._fixed:
            return self.base.executed[i]
        spec = self.nodes[node]
        if spec.op == "base":
            return self.base.member(spec.name, i)
        if spec.op == "var":
            if direction & DOWN:
                self.circular = True
            return self.member(self._bodies[node], i, direction)
        return self._literal((node * self.n + i) * (self.n + 1) + self.n, node, i, -1, direction)

    def _literal(self, key: int, node: int, i: int, j: int, direction: int) -> int:
        literal = self._literals.get(key)
        if literal is None:
            literal = self._literals[key] = self.cnf.variable()
        emitted = self._emitted.get(key, 0)
        missing = direction & ~emitted
        if missing:
            self._emitted[key] = emitted | missing
            self._work.append((node, i, j, missing, literal))
        return literal

    def flush(self) -> None:
        """Make the clauses of every literal asked for, and of those they need in turn."""
        work = self._work
        count = 0
        while work:
            node, i, j, direction, literal = work.pop()
            if j < 0:
                self._define_member(node, i, direction, literal)
            else:
                self._define_pair(node, i, j, direction, literal)
            count += 1
            if not count & 255:
                self.deadline.check()

    # --- clauses --------------------------------------------------------------------------------------------------

    def _define_pair(self, node: int, i: int, j: int, direction: int, v: int) -> None:
        spec = self.nodes[node]
        match spec.op:
            case "union":
                a, b = spec.args
                self._either(v, self.pair(a, i, j, direction), self.pair(b, i, j, direction), direction)
            case "inter":
                a, b = spec.args
                self._both(v, self.pair(a, i, j, direction), self.pair(b, i, j, direction), direction)
            case "diff":
                a, b = spec.args
                self._both(v, self.pair(a, i, j, direction), -self.pair(b, i, j, _opposite(direction)), direction)
            case "complement":
                absent = -self.pair(spec.args[0], i, j, _opposite(direction))
                self._both(v, self.base.both_executed(i, j), absent, direction)
            case "product":
                a, b = spec.args
                self._both(v, self.member(a, i, direction), self.member(b, j, direction), direction)
            case "seq":
                self._seq(spec.args, i, j, direction, v)
            case "plus" | "star":
                self._closure(node, spec.args[0], i, j, direction, v)
            case "choose":
                self._choose(node, spec.args, [self.pair(a, i, j, direction) for a in spec.args], direction, v)
            case "base" | "tag" | "constant" | "empty" | "universe" | "var" | "identity" | "inverse" | "option":
                raise AssertionError(spec)  # never gets a literal of its own
            case "domain" | "range":
                raise AssertionError(spec)  # a set
            case _:
                assert_never(spec.op)

    def _define_member(self, node: int, i: int, direction: int, v: int) -> None:
        spec = self.nodes[node]
        args = spec.args
        match spec.op:
            case "union":
                self._either(v, self.member(args[0], i, direction), self.member(args[1], i, direction), direction)
            case "inter":
                self._both(v, self.member(args[0], i, direction), self.member(args[1], i, direction), direction)
            case "diff":
                absent = -self.member(args[1], i, _opposite(direction))
                self._both(v, self.member(args[0], i, direction), absent, direction)
            case "complement":
                self._both(v, self.base.executed[i], -self.member(args[0], i, _opposite(direction)), direction)
            case "domain" | "range":
                rows = self.may[args[0]] if spec.op == "domain" else self._column(args[0])
                found = [
                    self.pair(args[0], i, j, direction) if spec.op == "domain" else self.pair(args[0], j, i, direction)
                    for j in relation.bits(rows[i])
                ]
                if direction & UP:
                    for literal in found:
                        self.cnf.add(-literal, v)
                if direction & DOWN:
                    self.cnf.add(-v, *found)
            case "choose":
                self._choose(node, args, [self.member(a, i, direction) for a in args], direction, v)
            case "base" | "tag" | "constant" | "empty" | "universe" | "var":
                raise AssertionError(spec)  # never gets a literal of its own
            case "seq" | "inverse" | "plus" | "star" | "option" | "product" | "identity":
                raise AssertionError(spec)  # a relation
            case _:
                assert_never(spec.op)

    def _either(self, v: int, a: int, b: int, direction: int) -> None:
        if direction & UP:
            self.cnf.add(-a, v)
            self.cnf.add(-b, v)
        if direction & DOWN:
            self.cnf.add(-v, a, b)

    def _both(self, v: int, a: int, b: int, direction: int) -> None:
        if direction & UP:
            self.cnf.add(-a, -b, v)
        if direction & DOWN:
            self.cnf.add(-v, a)
            self.cnf.add(-v, b)

    def _column(self, node: int) -> Rows:
        found = self._columns.get(node)
        if found is None:
            found = self._columns[node] = relation.inverse(self.may[node], self.deadline)
        return found

    def _seq(self, args: tuple[int, ...], i: int, j: int, direction: int, v: int) -> None:
        a, b = args
        add, pair = self.cnf.add, self.pair
        through = self.may[a][i] & self._column(b)[j]
        if direction == UP:
            self._joined(a, b, i, j, through, v)
            return
        ways = []
        for k in relation.bits(through):
            first, second = pair(a, i, k, direction), pair(b, k, j, direction)
            if direction & UP:
                add(-first, -second, v)
            if direction & DOWN:
                ways.append(self.cnf.and_((first, second)))
        if direction & DOWN:
            add(-v, *ways)

    def _closure(self, node: int, step: int, i: int, j: int, direction: int, v: int) -> None:
        """r^+ or r^* off the diagonal: one step, or one step and the rest."""
        add, pair = self.cnf.add, self.pair
        direct = pair(step, i, j, direction)
        through = self.may[step][i] & self._column(node)[j] & ~(1 << i)
        if self.nodes[node].op == "star":
            through &= ~(1 << j)
        if direction == UP:
            add(-direct, v)
            self._joined(step, node, i, j, through, v)
            return
        ways = [direct]
        if direction & UP:
            add(-direct, v)
        for k in relation.bits(through):
            first, rest = pair(step, i, k, direction), pair(node, k, j, direction)
            if direction & UP:
                add(-first, -rest, v)
            if direction & DOWN:
                ways.append(self.cnf.and_((first, rest)))
        if direction & DOWN:
            self.circular = True
            add(-v, *ways)

    def _joined(self, a: int, b: int, i: int, j: int, through: int, v: int) -> None:
        """Clauses: where a leads from i to one of some events, and b from there to j, v holds.

        Each pair is asked for many times: from every event before it, or to every event after it.
        """
        ups, add, pair, width = self._ups, self.cnf.add, self.pair, self.n + 1
        ahead, onward = (a * self.n + i) * width, b * self.n * width + j
        for k in relation.bits(through):
            first, second = ups.get(ahead + k), ups.get(onward + k * width)
            if first is None:
                first = ups[ahead + k] = pair(a, i, k, UP)
            if second is None:
                second = ups[onward + k * width] = pair(b, k, j, UP)
            add(-first, -second, v)

    def _choose(self, node: int, args: tuple[int, ...], literals: list[int], direction: int, v: int) -> None:
        for pick, literal in zip(self.pick(node, len(args)), literals, strict=True):
            if direction & UP:
                self.cnf.add(-pick, -literal, v)
            if direction & DOWN:
                self.cnf.add(-pick, literal, -v)

    def pick(self, node: int, count: int) -> list[int]:
        """The literals of a `choose` node's operands, exactly one of which holds."""
        found = self.picks.get(node)
        if found is None:
            found = self.picks[node] = [self.cnf.variable() for _ in range(count)]
            self.cnf.add(*found)
            self.cnf.at_most_one(found)
            args = [self.nodes[arg] for arg in self.nodes[node].args]
            if args[0].op == "empty":  # otherwise several picks would be the same
                for pick, arg in zip(found, args, strict=True):
                    for event in relation.bits(arg.touches()):
                        self.cnf.add(-pick, self.base.executed[event])
        return found


def _fixed(model: Model, base: BaseEncoding) -> frozenset[int]:
    """The expressions that have every pair (or member) within their bounds whose events are executed.

    All pairs of executed events of any relation are in such an expression, so to intersect with it changes nothing.
    """
    graph = base.graph
    open_ = {name for name, given in graph.relations.items() if given.conditions}
    if not all(event.addr is None or isinstance(event.addr, Known) for event in graph.events):
        open_.add("loc")
    return _without(model, open_) if open_ else model.derived(_fixed_by_text)


def _fixed_by_text(model: Model) -> frozenset[int]:
    """These expressions where no relation has conditions, and all addresses are known."""
    return _without(model, ())


def _without(model: Model, open_: Collection[str]) -> frozenset[int]:
    """These expressions where some base relations are not among them."""
    text = model.derived(by_text)
    fixed: set[int] = set()
    for i, node in enumerate(model.nodes):
        match node.op:
            case "diff" | "complement":
                found = i in text
            case "base":
                found = node.name not in ("rf", "co", "FW", "same-value") and node.name not in open_
            case "tag" | "universe" | "constant":
                found = True
            case "union" | "inter" | "product" | "identity" | "inverse" | "option":
                found = fixed.issuperset(node.args)
            case _:
                found = False
        if found:
            fixed.add(i)
    return frozenset(fixed)


def _opposite(direction: int) -> int:
    return (UP if direction & DOWN else 0) | (DOWN if direction & UP else 0)
