"""The evaluator: what a model says of executions.

Every witness is checked here before it is reported, so this shares no code with the stages that proposed it but for the
values of expressions (`litmus.ir.valuation`, `litmus.ir.values`). Executions of one graph are evaluated together, as
the lanes of `litmus.judge.bitslices`; a relation that is the same in all of them (program order, most dependencies and
fences) is computed once. Whether a candidate is an execution of its graph is for `litmus.judge.form` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import assert_never

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.base.records import dataclass
from litmus.ir.events import EventGraph
from litmus.ir.execution import Execution
from litmus.ir.model import AxiomKind, AxiomRole, Model, Type
from litmus.judge.base_relations import EMPTY, Bits, Primitives
from litmus.judge.bitslices import LARGE, Lanes

LANE_BITS = 1 << 16
"""The most bits of one relation, all lanes together; more executions are evaluated in several batches."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model says of an execution: whether it is consistent, the checks it violates, the flags it raises."""

    consistent: bool
    violated: tuple[str, ...]
    flags: tuple[str, ...]


def evaluate(
    model: Model, graph: EventGraph, executions: Sequence[Execution], deadline: Deadline = NO_DEADLINE
) -> tuple[Outcome, ...]:
    """What the model says of each execution of the graph.

    Raises ModelError if a recursive definition is not monotone, LimitReached at the deadline.
    """
    plan = model.derived(_plan_of_axioms)
    together = max(1, LANE_BITS // max(1, len(graph.events) ** 2))
    outcomes: list[Outcome] = []
    for start in range(0, len(executions), together):
        batch = _Batch(model, graph, executions[start : start + together], deadline)
        batch.run(plan)
        outcomes += batch.outcomes()
    return tuple(outcomes)


def relations(model: Model, execution: Execution, nodes: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The rows of the given nodes in one execution, n rows of n bits; a set is the identity on its events."""
    wanted = sorted(set(nodes))
    batch = _Batch(model, execution.graph, (execution,), NO_DEADLINE)
    batch.run(_plan(model, wanted))
    n = len(execution.graph.events)
    return {node: tuple(batch.shapes.one.rows(batch.values[node][0])[:n]) for node in wanted}


# --- the order of evaluation --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Loop:
    """A recursive definition: the nodes of its variables and bodies, and the steps of each round."""

    variables: tuple[int, ...]
    bodies: tuple[int, ...]
    steps: tuple[_Step, ...]

    def nodes(self) -> Iterator[int]:
        """Every node that the loop may change."""
        yield from self.variables
        for step in self.steps:
            if isinstance(step, int):
                yield step
            else:
                yield from step.nodes()


_Step = int | _Loop


def _plan_of_axioms(model: Model) -> tuple[_Step, ...]:
    """The steps that evaluate what the axioms of a model are about."""
    return _plan(model, {axiom.node for axiom in model.axioms})


def _plan(model: Model, nodes: Iterable[int]) -> tuple[_Step, ...]:
    """The steps that evaluate the given nodes, operands first."""
    groups = {variable: fixpoint for fixpoint in model.fixpoints for variable in fixpoint.variables}
    needed: set[int] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if node not in needed:
            needed.add(node)
            todo += model.nodes[node].args
            if node in groups:
                todo += groups[node].bodies
                todo += groups[node].variables
    order = iter(sorted(needed))
    loops = [
        (min(f.first, *f.variables), max(f.last, *f.bodies), f) for f in model.fixpoints if f.variables[0] in needed
    ]
    loops.sort(key=lambda loop: (-loop[0], loop[1]))  # the next one last, an outer one after those inside it
    head = next(order, None)

    def until(last: int) -> Iterator[_Step]:
        nonlocal head
        while head is not None and head <= last:
            if loops and loops[-1][0] <= head:
                _, end, group = loops.pop()
                yield _Loop(group.variables, group.bodies, tuple(until(end)))
            else:
                yield head
                head = next(order, None)

    return tuple(until(len(model.nodes)))


# --- evaluation ---------------------------------------------------------------------------------------------------


class _Batch:
    """The values of a model's nodes in some executions of a graph: `values[node]`, once a plan with it was run."""

    def __init__(self, model: Model, graph: EventGraph, executions: Sequence[Execution], deadline: Deadline) -> None:
        self.model = model
        self.executions = executions
        self.deadline = deadline
        self.primitives = Primitives(graph, executions, deadline)
        self.shapes = self.primitives.shapes
        self.large = self.shapes.one.n >= LARGE
        self.values: list[Bits] = [EMPTY] * len(model.nodes)

    def run(self, plan: Iterable[_Step]) -> None:
        """Evaluate the steps of a plan."""
        for step in plan:
            if isinstance(step, _Loop):
                self._iterate(step)
            else:
                if self.large:
                    self.deadline.check()
                self.values[step] = self._evaluate(step)

    def outcomes(self) -> list[Outcome]:
        """What the axioms say of each execution."""
        k = len(self.executions)
        everywhere = (1 << k) - 1
        violated: list[tuple[str, int]] = []
        flagged: list[tuple[str, int]] = []
        for axiom in self.model.axioms:
            bits, same = self.values[axiom.node]
            shape = self.shapes.of(same)
            match axiom.kind:
                case AxiomKind.ACYCLIC:
                    holds = shape.acyclic(bits)
                case AxiomKind.IRREFLEXIVE:
                    holds = shape.irreflexive(bits)
                case AxiomKind.EMPTY:
                    holds = shape.empty(bits)
            if same and holds:
                holds = everywhere
            if axiom.negated:
                holds ^= everywhere
            match axiom.role:
                case AxiomRole.CHECK:
                    violated.append((axiom.name, holds ^ everywhere))
                case AxiomRole.FLAG:
                    flagged.append((axiom.name, holds))
                case AxiomRole.UNDEFINED_UNLESS:
                    flagged.append((axiom.name, holds ^ everywhere))
        if not any(where for _, where in violated) and not any(where for _, where in flagged):
            return [Outcome(True, (), ())] * k
        outcomes = []
        for lane in range(k):
            broken = tuple(name for name, where in violated if where >> lane & 1)
            flags = tuple(name for name, where in flagged if where >> lane & 1)
            outcomes.append(Outcome(not broken, broken, flags))
        return outcomes

    def _iterate(self, loop: _Loop) -> None:
        """The least solution: from empty relations up, evaluating again only what changed."""
        values, nodes = self.values, self.model.nodes
        for variable in loop.variables:
            values[variable] = EMPTY
        first, changed = True, set(loop.variables)
        while changed:  # each round adds a pair of some variable in some lane
            self.deadline.check()
            for step in loop.steps:
                if isinstance(step, _Loop):
                    self._iterate(step)
                    changed.update(step.nodes())
                elif first or not changed.isdisjoint(nodes[step].args):
                    if self.large:
                        self.deadline.check()
                    value = self._evaluate(step)
                    if value != values[step]:
                        values[step] = value
                        changed.add(step)
            first, changed = False, set()
            for variable, body in zip(loop.variables, loop.bodies, strict=True):
                if values[variable] != values[body]:
                    if self.shapes.diff(values[variable], values[body])[0]:
                        raise ModelError(f"model {self.model.name}: a recursive definition is not monotone")
                    values[variable] = values[body]
                    changed.add(variable)

    def _evaluate(self, index: int) -> Bits:
        node = self.model.nodes[index]
        args = node.args
        match node.op:
            case "union":
                return self.shapes.union(*[self.values[arg] for arg in args])
            case "seq":
                return self._seq(*args)
            case "inter":
                return self.shapes.inter(*[self.values[arg] for arg in args])
            case "diff":
                return self.shapes.diff(*[self.values[arg] for arg in args])
            case "base":
                return self.primitives.named(node.name)
            case "tag":
                return self.primitives.tagged(node.tags)
            case "identity":  # a set is the identity on it
                return self.values[args[0]]
            case "var":  # set by the loop
                return self.values[index]
            case "plus":
                return self._unary(Lanes.plus, *args)
            case "star":
                return self.shapes.union(self._unary(Lanes.plus, *args), self.primitives.events)
            case "option":
                return self.shapes.union(self.values[args[0]], self.primitives.events)
            case "inverse":
                return self._unary(Lanes.inverse, *args)
            case "domain":
                return self._unary(Lanes.domain, *args)
            case "range":
                return self._unary(Lanes.range, *args)
            case "product":
                a, b, same = self.shapes.align(*[self.values[arg] for arg in args])
                return self.shapes.of(same).product(a, b), same
            case "universe":
                return self.primitives.events if node.type is Type.SET else self.primitives.pairs
            case "complement":
                everything = self.primitives.events if node.type is Type.SET else self.primitives.pairs
                return self.shapes.diff(everything, self.values[args[0]])
            case "empty":
                return EMPTY
            case "constant" if node.type is Type.SET:
                return self.primitives.events_in(node.mask)
            case "constant":
                return self.primitives.pairs_in(node.rows)
            case "choose":
                return self._choose(index)
            case _:
                assert_never(node.op)

    def _unary(self, operator: Callable[[Lanes, int], int], arg: int) -> Bits:
        bits, same = self.values[arg]
        return operator(self.shapes.of(same), bits), same

    def _seq(self, left: int, right: int) -> Bits:
        if not self.values[left][0] or not self.values[right][0]:
            return EMPTY
        nodes = self.model.nodes
        if nodes[left].op == "identity":  # [S] ; r is a restriction of r
            return self.shapes.inter(self._unary(Lanes.whole_rows, left), self.values[right])
        if nodes[right].op == "identity":
            return self.shapes.inter(self.values[left], self._unary(Lanes.whole_columns, right))
        a, b, same = self.shapes.align(self.values[left], self.values[right])
        return self.shapes.of(same).seq(a, b), same

    def _choose(self, index: int) -> Bits:
        args = self.model.nodes[index].args
        picks = [execution.picks.get(index, 0) for execution in self.executions]
        chosen = EMPTY
        for position, arg in enumerate(args):
            picked = self.primitives.pairs_where([pick == position for pick in picks])
            chosen = self.shapes.union(chosen, self.shapes.inter(self.values[arg], picked))
        return chosen
