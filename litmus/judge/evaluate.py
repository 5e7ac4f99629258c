"""The evaluator: whether candidates are executions of their graph, and what a model says of them.

Every witness is checked here before it is reported, so this shares no code with the stages that proposed it but for the
values of expressions (`litmus.ir.valuation`, `litmus.ir.values`). Executions of one graph are evaluated together, as
the lanes of `litmus.judge.bitslices`; a relation that is the same in all of them (program order, most dependencies and
fences) is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.ir.events import EventGraph
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Observable, Register
from litmus.ir.model import AxiomKind, AxiomRole, Model, Type
from litmus.ir.thread import Value
from litmus.ir.valuation import Valuation
from litmus.judge.base_relations import EMPTY, Bits, Primitives
from litmus.judge.bitslices import Lanes

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
    plan = _plan(model, {axiom.node for axiom in model.axioms})
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


def well_formed(execution: Execution) -> str | None:
    """Why a candidate is no execution of its graph; None if it is one.

    Checked from the graph alone: guards decide what is executed, every read takes the value of the write it reads
    from, at the same address, every value is what its expression says, `co` orders exactly the executed writes of each
    location with the initial one first, the assumptions hold, the unroll bound is not reached, and every observed
    register has a value. Whether the execution is consistent is for `evaluate` to say.
    """
    graph, executed, rf = execution.graph, execution.executed, execution.rf
    values = execution.values
    if executed < 0 or executed >> len(graph.events):
        return "it executes events that the graph does not have"
    if execution.choices < 0 or execution.choices >> graph.choices:
        return "it makes choices that the graph does not have"
    valuation = Valuation.of(execution)
    where: dict[int, Value] = {}
    writes: dict[Value, set[int]] = {location: set() for location in graph.locations}
    reads = 0
    for event in graph.events:
        index = event.index
        here = bool(executed >> index & 1)
        if valuation.holds(event.guard) is not here:
            return f"event {index} is {'' if here else 'not '}executed, against its guard"
        if not here:
            continue
        if event.tested is not None and valuation.value(event.tested) is None:
            return f"event {index} tests a value without meaning"
        if event.addr is None:
            continue
        address = valuation.value(event.addr)
        if address is None or address not in writes:
            return f"event {index} accesses no location: {address}"
        where[index] = address
        if event.kind == "A":
            continue
        if index not in values:
            return f"event {index} has no value"
        if event.kind == "R":
            reads += 1
            write = rf.get(index)
            if write is None:
                return f"read {index} has no write to read from"
            if write not in values or values[write] != values[index]:
                return f"read {index} does not have the value of write {write}"
        else:
            value = None if event.value is None else valuation.value(event.value)
            if value is None or value != values[index]:
                return f"write {index} writes {value}, not {values[index]}"
            writes[address].add(index)
    if reads != len(rf):
        return "rf has pairs of events that are not executed reads"
    for read, write in rf.items():
        if write not in writes[where[read]]:
            return f"read {read} does not read from a write of its location: {write}"
        if graph.events[write].instruction == graph.events[read].instruction:
            return f"read {read} reads from the write {write} of its own instruction, which comes after it"
    if len(execution.co) != len(graph.locations):
        return "co does not list every location"
    for location, initial, order in zip(graph.locations, graph.initial, execution.co, strict=True):
        if not order or order[0] != initial:
            return f"co of {location} does not begin with its initial write"
        if (
            len(order) != len(writes[location])
            or not writes[location].issuperset(order)
            or len(set(order)) != len(order)
        ):
            return f"co of {location} does not order exactly its executed writes"
    if not all(valuation.holds(assumption) for assumption in graph.assumptions):
        return "an assumption does not hold"
    if valuation.holds(graph.bound) is not False:
        return "a loop went round more often than the unroll limit"
    for item, expr in graph.final.items():
        if valuation.value(expr) is None:
            return f"{item} has no value at the end"
    return None


def reported(execution: Execution) -> tuple[str, ...]:
    """What the program reports of a well-formed execution."""
    valuation = Valuation.of(execution)
    return tuple(report.name for report in execution.graph.reports if valuation.holds(report.formula))


def final_state(execution: Execution) -> State:
    """The values of what the test observes at the end of a well-formed execution."""
    graph = execution.graph
    valuation = Valuation.of(execution)
    last = {location: order[-1] for location, order in zip(graph.locations, execution.co, strict=True)}
    state: list[tuple[Observable, Value]] = []
    for item in graph.test.observed:
        value = valuation.value(graph.final[item]) if isinstance(item, Register) else execution.values[last[item]]
        if value is None:
            raise ValueError(f"{item} has no value in this execution, which is not well formed")
        state.append((item, value))
    return tuple(state)


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
        self.primitives = Primitives(graph, executions)
        self.shapes = self.primitives.shapes
        self.values: list[Bits] = [EMPTY] * len(model.nodes)

    def run(self, plan: Iterable[_Step]) -> None:
        """Evaluate the steps of a plan."""
        for step in plan:
            if isinstance(step, _Loop):
                self._iterate(step)
            else:
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
