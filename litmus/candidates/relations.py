"""A model's relations in all lanes at once.

Only pairs that an axiom asks for are computed. What is asked for is passed down, from each expression to its operands,
row by row; then the lanes of these pairs are computed from the leaves up. The bounds decide which pairs are in a
relation in every candidate, or in none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.bounds import Bounds
from litmus.candidates.base import Candidates
from litmus.ir.events import Event, ReadValue, ValueExpr
from litmus.ir.model import Axiom, AxiomKind, Fixpoint, Model, Node, Type

Table = dict[int, int]
"""The lanes of the pairs (i, j) asked for, by i * n + j; of the members of a set, by event."""

_Pairs = dict[int, int]
"""Some pairs: bit j of what is at i is the pair (i, j). Most rows of a relation have none."""


class Unsuitable(Exception):
    """The model has a recursive definition that is not to be solved here."""


MAX_BITS = 1 << 31
"""The most bits of the tables of all expressions, which are kept until the axioms are judged: 256 MB."""

_LARGE = 64  # events
_WIDE = 1 << 10  # lanes


def consistent(bounds: Bounds, candidates: Candidates, deadline: Deadline, checks: Sequence[Axiom]) -> int:
    """The lanes in which all check axioms hold.

    Raises Unsuitable for recursive definitions in one another, or that are not monotone; LimitReached at the deadline.
    """
    lanes = candidates.valid
    nodes = bounds.model.nodes
    for node, picks in candidates.picks.items():
        args = [nodes[arg] for arg in nodes[node].args]
        if args[0].op == "empty":
            for arg, pick in zip(args, picks, strict=True):
                for event in relation.bits(arg.touches()):
                    lanes &= ~pick | candidates.executed[event]
    relations = _Relations(bounds, candidates, deadline)
    for axiom in checks:
        relations.ask(axiom)
    relations.compute()
    for axiom in checks:
        holds = relations.holds(axiom)
        lanes &= ~holds if axiom.negated else holds
    return lanes


class _Relations:
    def __init__(self, bounds: Bounds, candidates: Candidates, deadline: Deadline) -> None:
        self.bounds = bounds
        self.model: Model = bounds.model
        self.candidates = candidates
        self.deadline = deadline
        self.full = candidates.full
        self.executed = candidates.executed
        self.n = len(candidates.graph.events)
        self.slow = self.n > _LARGE or self.full.bit_length() > _WIDE
        self.must, self.may = bounds.must.relations, bounds.may.relations
        self.must_sets, self.may_sets = bounds.must.sets, bounds.may.sets
        count = len(self.model.nodes)
        self.asked: dict[int, _Pairs] = {}  # the pairs that are asked for
        self.undecided: dict[int, _Pairs] = {}  # those of them that the bounds leave open, if there are any
        self.members: list[int] = [0] * count  # the members that are asked for
        self.tables: list[Table] = [{} for _ in range(count)]
        self.columns: dict[int, relation.Rows] = {}
        self.edges: dict[int, _Pairs] = {}  # of what must be acyclic, the pairs that decide it
        self.moving: dict[int, Fixpoint] = {}  # by the first and the last expression of its definitions
        for group in self.model.fixpoints:
            if any(self._open(v) for v in group.variables):
                self.moving[group.first] = self.moving[group.last] = group

    # --- asking ---------------------------------------------------------------------------------------------------

    def ask(self, axiom: Axiom) -> None:
        """Ask for the pairs that decide an axiom."""
        node = axiom.node
        if self.model.nodes[node].type is Type.SET:
            self.members[node] |= self.may_sets[node]
            return
        may = self.may[node]
        match axiom.kind:
            case AxiomKind.EMPTY:
                self._want_all(node)
            case AxiomKind.IRREFLEXIVE:
                self._want(node, {i: 1 << i for i, row in enumerate(may) if row >> i & 1})
            case AxiomKind.ACYCLIC:
                edges = {
                    i: may[i] & component
                    for component in self.bounds.components(node, self.deadline)
                    for i in relation.bits(component)
                }
                self.edges[node] = edges
                self._want(node, dict(edges))

    def _want(self, node: int, pairs: _Pairs) -> None:
        """Ask for some pairs, which are then this node's to change."""
        asked = self.asked.get(node)
        if asked is None:
            self.asked[node] = pairs
        else:
            for i, row in pairs.items():
                asked[i] = asked.get(i, 0) | row

    def _want_all(self, node: int) -> None:
        self._want(node, {i: row for i, row in enumerate(self.may[node]) if row})

    def _open(self, node: int) -> bool:
        """Whether candidates differ in an expression."""
        if self.model.nodes[node].type is Type.SET:
            return self.must_sets[node] != self.may_sets[node]
        return self.must[node] is not self.may[node] and self.must[node] != self.may[node]

    def compute(self) -> None:
        """Compute the lanes of all that was asked for, and of what it needs."""
        nodes = self.model.nodes
        for node in range(len(nodes) - 1, -1, -1):
            group = self.moving.get(node)
            if group is not None and node == group.last:
                self._ask_group(group)
            self._pass_down(node, nodes[node])
        self._fits()
        skip = -1
        for node in range(len(nodes)):
            if self.slow:
                self.deadline.check()
            group = self.moving.get(node)
            if group is not None and node == group.first and self._asked(group):
                self._solve(group)
                skip = group.last
            if node > skip:
                self._fill(node, nodes[node])

    def _fits(self) -> None:
        """Raises Unsuitable if the tables of all expressions together would take too much memory."""
        count = sum([row.bit_count() for pairs in self.undecided.values() for row in pairs.values()])
        if count * self.full.bit_length() > MAX_BITS:
            raise Unsuitable

    def _ask_group(self, group: Fixpoint) -> None:
        """Everything of a recursive definition, if there is anything to ask of it."""
        if not self._asked(group):
            return
        inside = range(group.first, group.last + 1)
        for other in self.model.fixpoints:
            if other is not group and (other.first in inside or group.first in range(other.first, other.last + 1)):
                raise Unsuitable
        if any(body > group.last for body in group.bodies):
            raise Unsuitable
        for node in (*inside, *group.variables, *group.bodies):
            if self.model.nodes[node].type is Type.SET:
                self.members[node] = self.may_sets[node]
            else:
                self._want_all(node)

    def _asked(self, group: Fixpoint) -> bool:
        inside = (*range(group.first, group.last + 1), *group.variables)
        return any(self.members[node] or node in self.asked for node in inside)

    def _pass_down(self, index: int, node: Node) -> None:
        args = node.args
        if node.type is Type.SET:
            wanted = self.members[index] & ~self.must_sets[index]
            if not wanted:
                return
            if node.op == "domain":
                may = self.may[args[0]]
                self._want(args[0], {i: may[i] for i in relation.bits(wanted)})
            elif node.op == "range":
                self._want(args[0], {i: row & wanted for i, row in enumerate(self.may[args[0]]) if row & wanted})
            else:
                for arg in args:
                    self.members[arg] |= wanted & self.may_sets[arg]
            return
        asked = self.asked.get(index)
        if asked is None:
            return
        must = self.must[index]
        pairs = {i: open_ for i, row in asked.items() if (open_ := row & ~must[i])}
        if not pairs:
            return
        self.undecided[index] = pairs
        match node.op:
            case "seq":
                self._through(args[0], args[1], pairs)
            case "plus" | "star":
                self._want_all(args[0])
            case "inverse":
                back: _Pairs = {}
                for i, row in pairs.items():
                    for j in relation.bits(row):
                        back[j] = back.get(j, 0) | 1 << i
                self._want(args[0], back)
            case "identity":
                self.members[args[0]] |= _events(pairs)
            case "product":
                self.members[args[0]] |= _events(pairs) & self.may_sets[args[0]]
                self.members[args[1]] |= relation.range_(pairs.values()) & self.may_sets[args[1]]
            case _:
                for arg in args:
                    may = self.may[arg]
                    self._want(arg, {i: both for i, row in pairs.items() if (both := row & may[i])})

    def _through(self, a: int, b: int, pairs: _Pairs) -> None:
        """What a ; b needs of its operands."""
        may, columns, onward = self.may[a], self._columns(b), self.may[b]
        first: _Pairs = {}
        second: _Pairs = {}
        for i, row in pairs.items():
            through = 0
            for j in relation.bits(row):
                through |= may[i] & columns[j]
            first[i] = through
            for k in relation.bits(through):
                second[k] = second.get(k, 0) | row & onward[k]
        self._want(a, first)
        self._want(b, second)

    def _columns(self, node: int) -> relation.Rows:
        found = self.columns.get(node)
        if found is None:
            found = self.columns[node] = relation.inverse(self.may[node], self.deadline)
        return found

    # --- computing ------------------------------------------------------------------------------------------------

    def _solve(self, group: Fixpoint) -> None:
        """The least solution of a recursive definition."""
        tables, nodes = self.tables, self.model.nodes
        for variable in group.variables:
            self._fill(variable, nodes[variable])  # what is certain; nothing else yet
        for body in group.bodies:
            if body < group.first:
                self._fill(body, nodes[body])
        while True:
            self.deadline.check()
            for node in range(group.first, group.last + 1):
                if node not in group.variables:
                    self._fill(node, nodes[node])
            changed = False
            for variable, body in zip(group.variables, group.bodies, strict=True):
                known, found = tables[variable], tables[body]
                for key, lanes in known.items():
                    if lanes & ~found[key]:
                        raise Unsuitable
                    if lanes != found[key]:
                        known[key] = found[key]
                        changed = True
            if not changed:
                return

    def _fill(self, index: int, node: Node) -> None:
        """Compute the table of an expression from those of its operands."""
        if node.type is Type.SET:
            wanted = self.members[index]
            if wanted:
                certain = self.must_sets[index]
                self.tables[index] = {
                    i: self.full if certain >> i & 1 else self._member(index, node, i) for i in relation.bits(wanted)
                }
            return
        asked = self.asked.get(index)
        if asked is None:
            return
        undecided = self.undecided.get(index)
        if undecided is not None and node.op in ("plus", "star"):
            self._closure(index, node)
            return
        table: Table = {}
        if undecided != asked:
            must = self.must[index]
            for i, row in asked.items():
                for j in relation.bits(row & must[i]):
                    table[i * self.n + j] = self.full
        if undecided is not None:
            for i, row in undecided.items():
                if self.slow:
                    self.deadline.check()
                self._row(table, index, node, i, row)
        self.tables[index] = table

    def _row(self, table: Table, index: int, node: Node, i: int, row: int) -> None:
        """The lanes of the undecided pairs of a row."""
        n, tables, args, key = self.n, self.tables, node.args, i * self.n
        match node.op:
            case "seq":
                a, b = tables[args[0]], tables[args[1]]
                may, columns = self.may[args[0]][i], self._columns(args[1])
                for j in relation.bits(row):
                    lanes = 0
                    for k in relation.bits(may & columns[j]):
                        lanes |= a[key + k] & b[k * n + j]
                    table[key + j] = lanes
            case "union":
                a, b = tables[args[0]], tables[args[1]]
                for j in relation.bits(row):
                    table[key + j] = a.get(key + j, 0) | b.get(key + j, 0)
            case "inter":
                a, b = tables[args[0]], tables[args[1]]
                for j in relation.bits(row):
                    table[key + j] = a[key + j] & b[key + j]
            case "diff":
                a, b = tables[args[0]], tables[args[1]]
                for j in relation.bits(row):
                    table[key + j] = a[key + j] & ~b.get(key + j, 0)
            case "complement":
                a = tables[args[0]]
                for j in relation.bits(row):
                    table[key + j] = self.executed[i] & self.executed[j] & ~a.get(key + j, 0)
            case "base":
                for j in relation.bits(row):
                    table[key + j] = self._base(node.name, i, j)
            case "inverse":
                a = tables[args[0]]
                for j in relation.bits(row):
                    table[key + j] = a[j * n + i]
            case "identity":
                table[key + i] = tables[args[0]][i]
            case "product":
                source, targets = tables[args[0]][i], tables[args[1]]
                for j in relation.bits(row):
                    table[key + j] = source & targets[j]
            case "option":
                a = tables[args[0]]
                for j in relation.bits(row):
                    table[key + j] = self.executed[i] if i == j else a[key + j]
            case "choose":
                picks = self.candidates.picks[index]
                for j in relation.bits(row):
                    lanes = 0
                    for arg, pick in zip(args, picks, strict=True):
                        lanes |= pick & tables[arg].get(key + j, 0)
                    table[key + j] = lanes
            case "universe" | "constant":
                for j in relation.bits(row):
                    table[key + j] = self.executed[i] & self.executed[j]
            case "var":
                for j in relation.bits(row):
                    table[key + j] = 0
            case "plus" | "star" | "empty" | "tag" | "domain" | "range":
                raise AssertionError(node)  # handled elsewhere, or never open, or a set
            case _:
                assert_never(node.op)

    def _base(self, name: str, i: int, j: int) -> int:
        match name:
            case "rf":
                return self.candidates.rf.get((i, j), 0)
            case "co":
                return self.candidates.co.get((i, j), 0)
        both = self.executed[i] & self.executed[j]
        graph, values = self.candidates.graph, self.candidates.values
        if name == "loc":
            if self.candidates.base.loc[0][i] >> j & 1 or i == j:
                return both
            a, b = graph.events[i].addr, graph.events[j].addr
            assert a is not None
            assert b is not None
            return both & values.same(a, b)
        if name == "same-value":
            return both & values.same(_value(graph.events[i]), _value(graph.events[j]))
        given = graph.relations.get(name)
        condition = None if given is None else given.conditions.get((i, j))
        return both if condition is None else both & values.truth(condition)[0]

    def _member(self, index: int, node: Node, i: int) -> int:
        """The lanes of an undecided member."""
        tables, args = self.tables, node.args
        match node.op:
            case "base":
                return self.candidates.last(i) if node.name == "FW" else self.executed[i]
            case "tag" | "universe" | "constant":
                return self.executed[i]
            case "var":
                return 0
            case "union":
                return tables[args[0]].get(i, 0) | tables[args[1]].get(i, 0)
            case "inter":
                return tables[args[0]][i] & tables[args[1]][i]
            case "diff":
                return tables[args[0]][i] & ~tables[args[1]].get(i, 0)
            case "complement":
                return self.executed[i] & ~tables[args[0]].get(i, 0)
            case "choose":
                lanes = 0
                for arg, pick in zip(args, self.candidates.picks[index], strict=True):
                    lanes |= pick & tables[arg].get(i, 0)
                return lanes
            case "domain" | "range":
                lanes, table, n = 0, tables[args[0]], self.n
                rows = self.may[args[0]] if node.op == "domain" else self._columns(args[0])
                for j in relation.bits(rows[i]):
                    lanes |= table[i * n + j if node.op == "domain" else j * n + i]
                return lanes
            case "empty" | "seq" | "inverse" | "plus" | "star" | "option" | "product" | "identity":
                raise AssertionError(node)  # never open, or a relation
            case _:
                assert_never(node.op)

    def _closure(self, index: int, node: Node) -> None:
        """r^+ or r^*, whole: by Warshall's algorithm."""
        n, step = self.n, node.args[0]
        after: list[dict[int, int]] = [{} for _ in range(n)]
        before: list[set[int]] = [set() for _ in range(n)]
        for key, lanes in self.tables[step].items():
            if lanes:
                i, j = divmod(key, n)
                after[i][j] = lanes
                before[j].add(i)
        for k in range(n):
            self.deadline.check()
            onward = list(after[k].items())
            for i in tuple(before[k]) if onward else ():
                there = after[i][k]
                row = after[i]
                for j, lanes in onward:
                    both = there & lanes
                    if both:
                        known = row.get(j)
                        if known is None:
                            row[j] = both
                            before[j].add(i)
                        else:
                            row[j] = known | both
        self.tables[index] = {
            i * n + j: self.executed[i] if i == j and node.op == "star" else after[i].get(j, 0)
            for i, row in self.asked[index].items()
            for j in relation.bits(row)
        }

    # --- axioms ---------------------------------------------------------------------------------------------------

    def holds(self, axiom: Axiom) -> int:
        """The lanes in which a relation is acyclic, irreflexive or empty."""
        table, n = self.tables[axiom.node], self.n
        violated = 0
        if axiom.kind is AxiomKind.ACYCLIC:
            violated = self._cyclic(axiom.node)
        elif axiom.kind is AxiomKind.IRREFLEXIVE:
            for i, row in enumerate(self.may[axiom.node]):
                if row >> i & 1:
                    violated |= table[i * n + i]
        else:
            for lanes in table.values():
                violated |= lanes
        return self.full & ~violated

    def _cyclic(self, node: int) -> int:
        """The lanes in which a relation has a cycle: its events leave one by one, and join what led to them with what
        they led to."""
        n, table = self.n, self.tables[node]
        after: dict[int, dict[int, int]] = {}
        before: dict[int, dict[int, int]] = {}
        cyclic = 0
        for i, row in self.edges[node].items():
            for j in relation.bits(row):
                lanes = table[i * n + j]
                if i == j:
                    cyclic |= lanes
                elif lanes:
                    after.setdefault(i, {})[j] = lanes
                    before.setdefault(j, {})[i] = lanes
        while before and after:
            self.deadline.check()
            event = min([(len(sources) * len(after.get(e, ())), e) for e, sources in before.items()])[1]
            sources, targets = before.pop(event), after.pop(event, {})
            for source in sources:
                del after[source][event]
            for target in targets:
                del before[target][event]
            for source, first in sources.items():
                onward = after[source]
                for target, second in targets.items():
                    lanes = first & second
                    if source == target:
                        cyclic |= lanes
                    elif lanes:
                        onward[target] = before[target][source] = onward.get(target, 0) | lanes
        return cyclic


def _value(event: Event) -> ValueExpr:
    """What a read or write read or wrote."""
    return ReadValue(event.index) if event.value is None else event.value


def _events(pairs: _Pairs) -> int:
    """The events with a pair on the left."""
    events = 0
    for i in pairs:
        events |= 1 << i
    return events
