"""Why an execution violates an axiom: the cycle, in steps with familiar names.

The relation of an axiom is decomposed by its definition into the steps that figures show: rf, co and fr between
threads; within a thread the relations that the model shows (ppo, sync ...), dependencies and po.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from litmus.base.relation import Rows, pairs
from litmus.ir.execution import Execution
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Model, Node, Type
from litmus.judge.evaluate import relations

Pair = tuple[int, int]

_LEAVES = {"rf": 2, "co": 2, "rmw": 2, "addr": 2, "data": 2, "ctrl": 3, "po": 4}
"""The costs of steps; a pair is explained in the cheapest way. Other relations of the execution cost `_PLAIN`."""

_SHOWN, _MADE, _PLAIN, _OPAQUE = 2, 3, 3, 50
"""The costs of a relation that the model shows, of a shown relation that is made of others that are shown, of another
relation of the execution, and of a pair that has no name."""

_FILTERS = frozenset({"loc", "int", "ext", "id", "si"})
_BARE = frozenset({"product", "universe", "complement", "empty", "constant", "option", "star"})


@dataclass(frozen=True, slots=True)
class Step:
    """`target` follows `source` by the relation `name`."""

    source: int
    target: int
    name: str


@dataclass(frozen=True, slots=True)
class Breach:
    """An axiom that an execution violates, and the steps that show it: a cycle, or the pair that is forbidden.

    There are no steps for a negated axiom, and for one about a set.
    """

    axiom: str
    steps: tuple[Step, ...]


def breaches(model: Model, execution: Execution, violated: Sequence[str]) -> tuple[Breach, ...]:
    """The axioms named in `violated`, each with the cheapest steps that show that the execution violates it."""
    known = _Ways(model, execution)
    return tuple(
        Breach(axiom.name, _breach(known, axiom))
        for axiom in model.axioms
        if axiom.role is AxiomRole.CHECK and axiom.name in violated
    )


def _breach(known: _Ways, axiom: Axiom) -> tuple[Step, ...]:
    ways = known.ways[axiom.node]
    if axiom.negated or known.model.nodes[axiom.node].type is Type.SET:
        return ()
    match axiom.kind:
        case AxiomKind.ACYCLIC:
            cycle = _shortest_cycle({pair: way.cost for pair, way in ways.items()})
        case AxiomKind.IRREFLEXIVE:
            cycle = _cheapest(ways, lambda pair: pair[0] == pair[1])
        case AxiomKind.EMPTY:
            cycle = _cheapest(ways, lambda pair: True)
    return tuple(dict.fromkeys(step for pair in cycle for step in known.steps(axiom.node, pair)))


def _cheapest(ways: Mapping[Pair, _Way], wanted: Callable[[Pair], bool]) -> list[Pair]:
    found = [(way.cost, pair) for pair, way in ways.items() if wanted(pair)]
    return [min(found)[1]] if found else []


def _shortest_cycle(costs: Mapping[Pair, int]) -> list[Pair]:
    """The pairs of a cycle of least cost."""
    after: dict[int, list[int]] = {}
    for source, target in costs:
        after.setdefault(source, []).append(target)
    best: tuple[int, list[Pair]] | None = None
    for start in sorted(after):
        reached, came = _distances(after, costs, start)
        if start in reached and (best is None or reached[start] < best[0]):
            cycle, here = [], start
            while True:
                cycle.append((came[here], here))
                here = came[here]
                if here == start:
                    break
            best = reached[start], cycle[::-1]
    return best[1] if best else []


def _distances(
    after: Mapping[int, Sequence[int]], costs: Mapping[Pair, int], start: int
) -> tuple[dict[int, int], dict[int, int]]:
    """The distance of each event from `start` (of `start` itself, round a cycle), and its predecessor on the path."""
    reached: dict[int, int] = {}
    came: dict[int, int] = {}
    todo = deque([(start, 0)])
    while todo:
        here, cost = todo.popleft()
        if here != start and cost > reached[here]:
            continue
        if here == start and cost:
            continue
        for target in after.get(here, ()):
            total = cost + costs[here, target]
            if target not in reached or total < reached[target]:
                reached[target] = total
                came[target] = here
                todo.append((target, total))
    return reached, came


@dataclass(frozen=True, slots=True)
class _Way:
    """Why a pair is in a relation: because of the pairs of operands in `via`, or as the step `name`."""

    cost: int
    via: tuple[tuple[int, Pair], ...] = ()
    name: str = ""


class _Ways:
    """The cheapest way to explain each pair of each relation of a model in one execution."""

    def __init__(self, model: Model, execution: Execution) -> None:
        self.model = model
        n = len(model.nodes)
        self.rows: Mapping[int, Rows] = relations(model, execution, range(n))
        self.po = execution.graph.relations["po"].rows
        self.ways: list[dict[Pair, _Way]] = [{} for _ in range(n)]
        self.names = dict(self._names())
        self.bodies = {v: b for f in model.fixpoints for v, b in zip(f.variables, f.bodies, strict=True)}
        shown = {i for i in self.names if model.nodes[i].op != "base"}
        self.made = {i for i in shown if not shown.isdisjoint(self._cone(i))}
        self.hops = execution.graph.test.topology is not None
        relational = [i for i, node in enumerate(model.nodes) if node.type is Type.RELATION]
        todo = set(relational)
        users: dict[int, list[int]] = {}
        for i in relational:
            for arg in self._operands(i):
                users.setdefault(arg, []).append(i)
        while todo:  # ends, because each round makes a way cheaper, and no cost is negative
            node = min(todo)
            todo.remove(node)
            if self._improve(node):
                todo.update(users.get(node, ()))

    def steps(self, node: int, pair: Pair) -> Iterator[Step]:
        """A pair of a relation as named steps."""
        todo = [(node, pair)]
        while todo:
            node, pair = todo.pop()
            way = self.ways[node][pair]
            if way.name:
                yield Step(*pair, way.name)
            todo += reversed(way.via)

    def _names(self) -> Iterator[tuple[int, str]]:
        nodes = self.model.nodes
        for i, node in enumerate(nodes):
            if node.op == "base" and node.type is Type.RELATION:
                yield i, node.name
            elif node.op == "seq" and _is_fr(nodes, node):
                yield i, "fr"
        for name, i in self.model.shown:
            if nodes[i].op != "base" and not _is_fr(nodes, nodes[i]):
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
                if node in self.bodies:
                    todo.append(self.bodies[node])
        return found

    def _operands(self, i: int) -> tuple[int, ...]:
        return (self.bodies[i],) if i in self.bodies else self.model.nodes[i].args

    def _improve(self, i: int) -> bool:
        """Look for cheaper ways; True if there were any."""
        mine, better = self.ways[i], False
        inside = self.rows[i]
        for pair, way in self._found(i):
            if inside[pair[0]] >> pair[1] & 1 and (pair not in mine or way.cost < mine[pair].cost):
                mine[pair] = way
                better = True
        return better

    def _found(self, i: int) -> Iterator[tuple[Pair, _Way]]:
        node, ways = self.model.nodes[i], self.ways
        if not self.ways[i] and any(self.rows[i]):
            yield from self._as_one_step(i, node)
        args = node.args
        match node.op:
            case "union":
                for arg in args:
                    for pair, way in ways[arg].items():
                        yield pair, _Way(way.cost, ((arg, pair),))
            case "var":
                for pair, way in ways[self.bodies[i]].items():
                    yield pair, _Way(way.cost, ((self.bodies[i], pair),))
            case "seq":
                yield from self._composed(*args)
            case "inter":
                kept = [a for a in args if not self._filter(a)] or [args[0]]
                for pair, way in ways[kept[0]].items():
                    others = [ways[a][pair] for a in kept[1:] if pair in ways[a]]
                    if len(others) == len(kept) - 1:
                        yield pair, _Way(way.cost + sum(w.cost for w in others), tuple((a, pair) for a in kept))
            case "diff":
                for pair, way in ways[args[0]].items():
                    yield pair, _Way(way.cost, ((args[0], pair),))
            case "inverse":
                for (a, b), way in ways[args[0]].items():
                    yield (b, a), _Way(way.cost, ((args[0], (a, b)),))
            case "option" | "star" | "plus":
                for pair, way in ways[args[0]].items():
                    yield pair, _Way(way.cost, ((args[0], pair),))
                if node.op != "option":
                    yield from self._composed(args[0], i)
            case "choose":
                for arg in args:
                    for pair, way in ways[arg].items():
                        yield pair, _Way(way.cost, ((arg, pair),))

    def _as_one_step(self, i: int, node: Node) -> Iterator[tuple[Pair, _Way]]:
        """The pairs that are shown as one step: leaves, and named relations within a thread."""
        name = self.names.get(i, "")
        leaf = node.op == "base"
        for a, b in pairs(self.rows[i]):
            if a == b and node.op in ("option", "star", "identity", "base"):
                yield (a, b), _Way(0)
            elif leaf and name not in _FILTERS:
                yield (a, b), _Way(_LEAVES.get(name, _PLAIN), name=name)
            elif name == "fr":
                yield (a, b), _Way(_LEAVES["rf"], name=name)
            elif name and (self.hops or self.po[a] >> b & 1):
                yield (a, b), _Way(_MADE if i in self.made else _SHOWN, name=name)
            elif name in _FILTERS or node.op in _BARE - {"option", "star"}:
                yield (a, b), _Way(_OPAQUE, name=name or "...")

    def _composed(self, left: int, right: int) -> Iterator[tuple[Pair, _Way]]:
        after: dict[int, list[tuple[int, _Way]]] = {}
        for (m, b), way in self.ways[right].items():
            after.setdefault(m, []).append((b, way))
        for (a, m), first in self.ways[left].items():
            for b, second in after.get(m, ()):
                yield (a, b), _Way(first.cost + second.cost, ((left, (a, m)), (right, (m, b))))

    def _filter(self, i: int) -> bool:
        """Whether an operand of an intersection only restricts it, such as `loc` or `ext`, and needs no explanation."""
        node = self.model.nodes[i]
        if node.op == "base":
            return node.name in _FILTERS
        if node.op in ("union", "inter", "inverse", "diff"):
            return all(self._filter(arg) for arg in node.args)
        return node.op in _BARE - {"option", "star"}


def _is_fr(nodes: Sequence[Node], node: Node) -> bool:
    """Whether a node is `rf^-1 ; co`."""
    if node.op != "seq":
        return False
    inverse, co = nodes[node.args[0]], nodes[node.args[1]]
    return inverse.op == "inverse" and nodes[inverse.args[0]].name == "rf" and co.name == "co"
