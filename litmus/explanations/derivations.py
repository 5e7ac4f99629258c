"""Why pairs are in the relations of a model in one execution: the cheapest derivations, down to steps with a name.

A derivation is found from the top: first what a pair could be derived from, as far as that holds in the execution;
then, from the cheapest facts upward, how each is derived best (Knuth's generalisation of Dijkstra's algorithm, 1977).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from litmus.base import relation
from litmus.base.relation import Rows
from litmus.ir.events import Known
from litmus.ir.execution import Execution
from litmus.ir.model import Model, Node, Type
from litmus.judge.evaluate import relations

Pair = tuple[int, int]
Goal = tuple[int, Pair]
"""A node of the model, and a pair that is in it."""

_LEAVES = {"rf": 2, "co": 2, "rmw": 2, "addr": 2, "data": 2, "ctrl": 3, "po": 4}
"""The costs of steps; a pair is explained in the cheapest way. Other relations of the execution cost `_PLAIN`."""

_SHOWN, _MADE, _PLAIN, _OPAQUE = 2, 3, 3, 50
"""The costs of a relation that the model shows, of a shown relation that is made of others that are shown, of another
relation of the execution, and of a pair that has no name."""

INVERSE = "^-1"
"""What the name of a step ends with that goes against a relation of the execution, as cat writes it."""

_FILTERS = frozenset({"loc", "int", "ext", "id", "si", "aligned"})
_BARE = frozenset({"product", "universe", "complement", "empty", "constant"})


@dataclass(frozen=True, slots=True)
class Step:
    """`target` follows `source` by the relation `name`, which is the model's `node`, or its inverse if `backwards`."""

    source: int
    target: int
    name: str
    node: int = -1
    backwards: bool = False

    @property
    def pair(self) -> Pair:
        """The pair that is in the node."""
        return (self.target, self.source) if self.backwards else (self.source, self.target)


@dataclass(frozen=True, slots=True)
class Fact:
    """A pair is in a relation of the model or, if not `holds`, is not in it."""

    node: int
    pair: Pair
    holds: bool = True


@dataclass(frozen=True, slots=True)
class _Way:
    """Why a pair is in a relation: because of the goals in `via`, or as the step `name`."""

    cost: int
    via: tuple[Goal, ...] = ()
    name: str = ""


class Derivations:
    """The cheapest derivations in one execution.

    The steps are rf, co, fr, dependencies and po, and with `words` also, within a thread, the relations that the model
    shows: its own words.
    """

    def __init__(self, model: Model, execution: Execution, words: bool = True, rows: Mapping[int, Rows] | None = None):
        self.model = model
        self.words = words
        self.rows = relations(model, execution, range(len(model.nodes))) if rows is None else rows
        self.po = execution.graph.relations["po"].rows
        self.hops = execution.graph.test.topology is not None
        self.events = execution.graph.events
        self._bodies = {v: b for f in model.fixpoints for v, b in zip(f.variables, f.bodies, strict=True)}
        self._names = dict(self._named(words))
        self._orders = {node for _, node in model.orders}
        shown = {i for i in self._names if model.nodes[i].op != "base"}
        self._made = {i for i in shown if not shown.isdisjoint(self._cone(i))}
        self._ways: dict[Goal, _Way] = {}
        self._columns: dict[int, Rows] = {}
        self._filtering: dict[int, bool] = {}

    def size(self, node: int) -> int:
        """How many pairs are in a relation of the execution."""
        return sum(row.bit_count() for row in self.rows[node])

    def cost(self, goal: Goal) -> int:
        """The cost of a goal's cheapest derivation; see `find`."""
        return self._ways[goal].cost

    def find(self, goals: Iterable[Goal]) -> None:
        """Find the cheapest derivations of some pairs, all of which hold."""
        ways = self._ways
        uses: dict[Goal, list[tuple[Goal, tuple[Goal, ...]]]] = {}
        heap: list[tuple[int, int, Goal, _Way]] = []
        order = 0
        todo = [goal for goal in goals if goal not in ways]
        wanted, seen = set(todo), set(todo)
        known: list[Goal] = []
        while todo:
            goal = todo.pop()
            step = self._one_step(*goal)
            if step is not None:
                order += 1
                heap.append((step.cost, order, goal, step))
                if step.cost <= _SHOWN:  # nothing is cheaper
                    continue
            for via in self._rules(*goal):
                for part in via if len(via) == 1 or via[0] != via[-1] else via[:1]:
                    used = uses.get(part)
                    if used is None:
                        uses[part] = [(goal, via)]
                        if part in ways:
                            known.append(part)
                        elif part not in seen:
                            seen.add(part)
                            todo.append(part)
                    else:
                        used.append((goal, via))
        heapq.heapify(heap)
        for part in known:
            order = self._use(part, uses, heap, order)
        while wanted:
            _, _, goal, way = heapq.heappop(heap)
            if goal not in ways:
                ways[goal] = way
                wanted.discard(goal)
                order = self._use(goal, uses, heap, order)

    def _use(
        self,
        part: Goal,
        uses: Mapping[Goal, list[tuple[Goal, tuple[Goal, ...]]]],
        heap: list[tuple[int, int, Goal, _Way]],
        order: int,
    ) -> int:
        ways = self._ways
        for goal, via in uses.get(part, ()):
            if goal in ways:
                continue
            cost = 0
            for other in via:
                way = ways.get(other)
                if way is None:
                    break
                cost += way.cost
            else:
                order += 1
                heapq.heappush(heap, (cost, order, goal, _Way(cost, via)))
        return order

    def steps(self, goal: Goal, backwards: bool = False) -> Iterator[Step]:
        """A pair of a relation as named steps, in order; see `find`. The inverse of steps is taken backwards.

        With words, a pair on the way that is in two relations at once is one step with the names of both.
        """
        whole = goal
        todo = [(goal, backwards)]
        while todo:
            goal, backwards = todo.pop()
            node, (a, b) = goal
            way = self._ways[goal]
            if way.name and backwards:
                yield Step(b, a, _inverse(way.name), node, True)
            elif way.name:
                yield Step(a, b, way.name, node)
            if len(way.via) > 1 and self.words and (node, (a, b)) != whole and self.model.nodes[node].op == "inter":
                names = [";".join(step.name for step in self.steps(part)) for part in way.via]
                source, target = (b, a) if backwards else (a, b)
                yield Step(source, target, f"({' & '.join(names)}){INVERSE * backwards}", node, backwards)
                continue
            via = way.via if backwards else reversed(way.via)
            if self.model.nodes[node].op == "inverse":
                backwards = not backwards
            todo += [(part, backwards) for part in via]

    def facts(self, goal: Goal) -> Iterator[Fact]:
        """All that the derivation of a goal rests on: the steps, and what restricts them; see `find`."""
        todo = [goal]
        while todo:
            node, pair = todo.pop()
            way, spec = self._ways[node, pair], self.model.nodes[node]
            if not way.via or spec.op == "choose":
                yield Fact(node, pair)
                continue
            if spec.op == "inter":
                yield from (Fact(arg, pair) for arg in spec.args if (arg, pair) not in way.via)
            elif spec.op == "diff":
                yield Fact(spec.args[1], pair, False)
            todo += reversed(way.via)

    # --- the model ------------------------------------------------------------------------------------------------

    def _named(self, words: bool) -> Iterator[tuple[int, str]]:
        nodes = self.model.nodes
        for i, node in enumerate(nodes):
            if node.op == "base" and node.type is Type.RELATION:
                yield i, node.name
            elif node.op == "seq" and is_fr(nodes, node):
                yield i, "fr"
        if words:
            for name, i in self.model.shown:
                if nodes[i].op != "base" and not is_fr(nodes, nodes[i]):
                    yield i, name
        for name, i in self.model.orders:
            yield i, name

    def _cone(self, i: int) -> set[int]:
        """The nodes that a relation is made of."""
        found: set[int] = set()
        todo = [*self.model.nodes[i].args]
        while todo:
            node = todo.pop()
            if node not in found:
                found.add(node)
                todo += self.model.nodes[node].args
                if node in self._bodies:
                    todo.append(self._bodies[node])
        return found

    def _filter(self, i: int) -> bool:
        """Whether an operand of an intersection only restricts it, such as `loc` or `ext`, and needs no explanation."""
        found = self._filtering.get(i)
        if found is None:
            node = self.model.nodes[i]
            if node.op == "base":
                found = node.name in _FILTERS
            elif node.op in ("union", "inter", "inverse", "diff"):
                found = all(self._filter(arg) for arg in node.args)
            else:
                found = node.op in _BARE
            self._filtering[i] = found
        return found

    # --- derivations ----------------------------------------------------------------------------------------------

    def _one_step(self, i: int, pair: Pair) -> _Way | None:
        """A pair as one step: of the execution, or of a named relation within a thread; or as nothing to explain."""
        node, name = self.model.nodes[i], self._names.get(i, "")
        a, b = pair
        leaf = node.op == "base"
        if a == b and (node.op in ("option", "star", "identity") or leaf):
            return _Way(0)
        if leaf and name not in _FILTERS:
            return _Way(_LEAVES.get(name, _PLAIN), name=name)
        if name == "fr" and not self._elsewhere(pair):
            return _Way(_LEAVES["rf"], name=name)
        if i in self._orders:
            return _Way(_SHOWN, name=name)
        if name and not leaf and (self.hops or self.po[a] >> b & 1):
            return _Way(_MADE if i in self._made else _SHOWN, name=name)
        if node.op == "inverse" and not self.hops:  # of which hop is of which access both directions are said alike
            inner = self.model.nodes[node.args[0]]
            if inner.op == "base" and inner.name not in _FILTERS:
                return _Way(_LEAVES.get(inner.name, _PLAIN), name=inner.name + INVERSE)
        if name in _FILTERS or node.op in _BARE:
            return _Way(_OPAQUE, name=name or "...")
        return None

    def _elsewhere(self, pair: Pair) -> bool:
        """Whether two events are at different locations: `fr` may lead to other parts of an access in a model."""
        a, b = (self.events[event].addr for event in pair)
        return isinstance(a, Known) and isinstance(b, Known) and a != b

    def _rules(self, i: int, pair: Pair) -> Iterator[tuple[Goal, ...]]:
        """What a pair may be derived from."""
        node, rows = self.model.nodes[i], self.rows
        a, b = pair
        args = node.args
        match node.op:
            case "union" | "choose":
                for arg in args:
                    if rows[arg][a] >> b & 1:
                        yield ((arg, pair),)
            case "var":
                yield ((self._bodies[i], pair),)
            case "seq":
                left, right = args
                yield from self._composed(left, right, a, b)
            case "inter":
                kept = [arg for arg in args if not self._filter(arg)] or [args[0]]
                yield tuple([(arg, pair) for arg in kept])
            case "diff":
                yield ((args[0], pair),)
            case "inverse":
                yield ((args[0], (b, a)),)
            case "option" | "star" | "plus":
                if rows[args[0]][a] >> b & 1:
                    yield ((args[0], pair),)
                if node.op != "option":
                    yield from self._composed(args[0], i, a, b)

    def _composed(self, left: int, right: int, a: int, b: int) -> Iterator[tuple[Goal, ...]]:
        column = self._columns.get(right)
        if column is None:
            column = self._columns[right] = relation.inverse(self.rows[right])
        between = self.rows[left][a] & column[b]
        while between:  # `relation.bits`, but without its generator: this is asked most
            last = between & -between
            m = last.bit_length() - 1
            yield (left, (a, m)), (right, (m, b))
            between ^= last


def _inverse(name: str) -> str:
    return name.removesuffix(INVERSE) if name.endswith(INVERSE) else name + INVERSE


def is_fr(nodes: tuple[Node, ...], node: Node) -> bool:
    """Whether a node is `rf^-1 ; co`, or a part of that."""
    if node.op != "seq":
        return False
    inverse, co = nodes[node.args[0]], nodes[node.args[1]]
    if inverse.op != "inverse" or nodes[inverse.args[0]].name != "rf":
        return False
    return co.name == "co" or (co.op == "inter" and any(nodes[arg].name == "co" for arg in co.args))
