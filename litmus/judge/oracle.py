"""The brute-force oracle: every candidate execution of a small graph, judged by the definitions as they are written.

For cross-checks of the engine, so it is written to be clear rather than fast; relations are sets of pairs. With bounds,
encoder and evaluator it shares the types of `litmus.ir` and the arithmetic of `litmus.ir.values`, nothing else. Two or
three threads of a few accesses take milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, product
from typing import Any, NamedTuple, assert_never

from litmus.base.errors import ModelError
from litmus.ir.events import EventGraph, GuardedRelation
from litmus.ir.execution import Execution, State
from litmus.ir.model import Axiom, AxiomKind, AxiomRole, Fixpoint, Model, Type
from litmus.judge.candidates import World, candidates, state_at_end


def oracle_states(graph: EventGraph, model: Model, limit: int | None = None) -> set[State]:
    """Every final state of a consistent execution.

    Raises LimitReached if there are more than `limit` candidates, ModelError as `litmus.judge.evaluate.evaluate` does.
    """
    states: set[State] = set()
    judge = Judge(model)
    for candidate in candidates(graph, limit):
        state = state_at_end(candidate)
        if state not in states and any(judge.is_consistent(x) for x in judge.picked(candidate)):
            states.add(state)
    return states


def oracle_executions(graph: EventGraph, model: Model, limit: int | None = None) -> Iterator[Execution]:
    """Every consistent execution, once for each way to pick the operands of the model's `choose` nodes."""
    judge = Judge(model)
    for candidate in candidates(graph, limit):
        for execution in judge.picked(candidate):
            if judge.is_consistent(execution):
                yield execution


def oracle_reports(graph: EventGraph, model: Model, limit: int | None = None) -> set[str]:
    """What the program reports of some consistent execution."""
    found: set[str] = set()
    for execution in oracle_executions(graph, model, limit):
        world = World.of(execution)
        found |= {report.name for report in graph.reports if world.holds(report.formula) is True}
    return found


class Judgement(NamedTuple):
    """What the axioms say of an execution: whether it is consistent, the checks it violates, the flags it raises."""

    consistent: bool
    violated: tuple[str, ...]
    flags: tuple[str, ...]


# --- axioms -------------------------------------------------------------------------------------------------------

Meaning = frozenset[Any]
"""Events of a set node, pairs of events of a relation node."""


class Judge:
    """Judges executions by a model's axioms."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._checks = [axiom for axiom in model.axioms if axiom.role is AxiomRole.CHECK]
        self._recursive = {v: (f, _dependents(model, f)) for f in model.fixpoints for v in f.variables}

    def picked(self, candidate: Execution) -> Iterator[Execution]:
        """The candidate with every way to pick the operands of the model's `choose` nodes."""
        chooses = [i for i, node in enumerate(self.model.nodes) if node.op == "choose"]
        for picks in product(*(range(len(self.model.nodes[i].args)) for i in chooses)):
            picked = replace(candidate, picks=dict(zip(chooses, picks, strict=True)))
            if all(self._may_pick(picked, choose, pick) for choose, pick in picked.picks.items()):
                yield picked

    def _may_pick(self, execution: Execution, choose: int, pick: int) -> bool:
        """Beside an empty first operand, pairs are picked only where their events are executed."""
        args = [self.model.nodes[arg] for arg in self.model.nodes[choose].args]
        rows = enumerate(args[pick].rows) if args[0].op == "empty" else ()
        return all(execution.executed >> i & 1 and not row & ~execution.executed for i, row in rows if row)

    def is_consistent(self, execution: Execution) -> bool:
        """Whether every `check` axiom holds."""
        semantics = self._semantics(execution)
        return all(semantics.satisfies(axiom) for axiom in self._checks)

    def judgement(self, execution: Execution) -> Judgement:
        """What all axioms say of an execution."""
        semantics = self._semantics(execution)
        violated, flags = [], []
        for axiom in self.model.axioms:
            holds = semantics.satisfies(axiom)
            if axiom.role is AxiomRole.CHECK:
                if not holds:
                    violated.append(axiom.name)
            elif holds == (axiom.role is AxiomRole.FLAG):
                flags.append(axiom.name)
        return Judgement(not violated, tuple(violated), tuple(flags))

    def meanings(self, execution: Execution) -> tuple[Meaning, ...]:
        """The meaning of every node of the model in an execution."""
        semantics = self._semantics(execution)
        return tuple(semantics.of(index) for index in range(len(self.model.nodes)))

    def _semantics(self, execution: Execution) -> _Semantics:
        return _Semantics(self.model, self._recursive, execution)


def _dependents(model: Model, fixpoint: Fixpoint) -> frozenset[int]:
    """The nodes that depend on the variables of a recursive definition, directly or not."""
    bodies = {v: b for f in model.fixpoints for v, b in zip(f.variables, f.bodies, strict=True)}
    found = set(fixpoint.variables)
    while True:
        more = {
            index
            for index, node in enumerate(model.nodes)
            if index not in found and (not found.isdisjoint(node.args) or bodies.get(index) in found)
        }
        if not more:
            return frozenset(found)
        found |= more


class _Semantics:
    """The meaning of a model's nodes in one execution, found on demand."""

    def __init__(
        self, model: Model, recursive: Mapping[int, tuple[Fixpoint, frozenset[int]]], execution: Execution
    ) -> None:
        self.model = model
        self.recursive = recursive
        self.execution = execution
        self.graph = execution.graph
        self.world = World.of(execution)
        self.events = frozenset(e.index for e in self.graph.events if execution.executed >> e.index & 1)
        self.known: dict[int, Meaning] = {}
        self.solving: set[int] = set()  # recursion variables that have a provisional meaning

    def satisfies(self, axiom: Axiom) -> bool:
        """Whether the axiom holds, `~` included."""
        meaning = self.of(axiom.node)
        match axiom.kind:
            case AxiomKind.EMPTY:
                holds = not meaning
            case AxiomKind.IRREFLEXIVE:
                holds = all(a != b for a, b in meaning)
            case AxiomKind.ACYCLIC:
                holds = all(a != b for a, b in _plus(meaning))
        return holds != axiom.negated

    def of(self, index: int) -> Meaning:
        """The meaning of a node."""
        if index not in self.known:
            if index in self.recursive:
                self._solve(*self.recursive[index])
            else:
                self.known[index] = self._meaning(index)
        return self.known[index]

    def _solve(self, fixpoint: Fixpoint, dependents: frozenset[int]) -> None:
        """The least solution, from empty relations up."""
        solution: list[Meaning] = [frozenset() for _ in fixpoint.variables]
        self.solving.update(fixpoint.variables)
        while True:
            for index in dependents - self.solving:
                self.known.pop(index, None)
            self.known.update(zip(fixpoint.variables, solution, strict=True))
            found = [self.of(body) for body in fixpoint.bodies]
            if found == solution:
                self.solving.difference_update(fixpoint.variables)
                return
            if not all(before <= after for before, after in zip(solution, found, strict=True)):
                raise ModelError(f"model {self.model.name}: a recursive definition is not monotone")
            solution = found

    def _meaning(self, index: int) -> Meaning:
        node = self.model.nodes[index]
        args = [self.of(arg) for arg in node.args] if node.op != "choose" else []
        match node.op:
            case "base":
                return self._base(node.name)
            case "tag":
                return frozenset(e for e in self.events if node.tags & self.graph.events[e].tags)
            case "constant" if node.type is Type.SET:
                return frozenset(e for e in self.events if node.mask >> e & 1)
            case "constant":
                return frozenset((a, b) for a, b in self._everything(node.type) if node.rows[a] >> b & 1)
            case "choose":
                return self.of(node.args[self.execution.picks[index]])
            case "empty":
                return frozenset()
            case "universe":
                return self._everything(node.type)
            case "complement":
                return self._everything(node.type) - args[0]
            case "union":
                return args[0] | args[1]
            case "inter":
                return args[0] & args[1]
            case "diff":
                return args[0] - args[1]
            case "seq":
                return _seq(args[0], args[1])
            case "inverse":
                return frozenset((b, a) for a, b in args[0])
            case "plus":
                return _plus(args[0])
            case "star":
                return _plus(args[0]) | self._identity()
            case "option":
                return args[0] | self._identity()
            case "product":
                return frozenset(product(args[0], args[1]))
            case "identity":
                return frozenset((e, e) for e in args[0])
            case "domain":
                return frozenset(a for a, _ in args[0])
            case "range":
                return frozenset(b for _, b in args[0])
            case "var":
                raise AssertionError(node)  # `_solve` gives it a meaning before anyone asks
            case _:
                assert_never(node.op)

    def _everything(self, kind: Type) -> Meaning:
        return self.events if kind is Type.SET else frozenset(product(self.events, repeat=2))

    def _identity(self) -> Meaning:
        return frozenset((e, e) for e in self.events)

    def _base(self, name: str) -> Meaning:
        graph, execution = self.graph, self.execution
        events = [graph.events[e] for e in sorted(self.events)]
        match name:
            case "M":
                return frozenset(e.index for e in events if e.kind in ("R", "W", "U"))
            case "R" | "W":
                return frozenset(e.index for e in events if e.kind in (name, "U"))
            case "F" | "B":
                return frozenset(e.index for e in events if e.kind == name)
            case "IW":
                return frozenset(e.index for e in events if e.is_init)
            case "FW":
                return frozenset(order[-1] for order in execution.co)
            case "rf":
                return frozenset((w, r) for r, w in execution.rf.items())
            case "co":
                return frozenset(pair for order in execution.co for pair in combinations(order, 2))
            case "loc":
                where = {e.index: self.world.value(e.addr) for e in events if e.addr is not None}
                return frozenset((a, b) for a, b in product(where, repeat=2) if where[a] == where[b])
            case "same-value":
                values = {e.index: execution.values[e.index] for e in events if e.kind in ("R", "W", "U")}
                marks = [(e.index, self.world.value(e.value)) for e in events if e.kind == "A" and e.value is not None]
                values |= {e: value for e, value in marks if value is not None}
                return frozenset((a, b) for a, b in product(values, repeat=2) if values[a] == values[b])
            case "int":
                program = [e for e in events if not e.is_init]
                return frozenset((a.index, b.index) for a, b in product(program, repeat=2) if a.thread == b.thread)
            case "ext":
                return frozenset((a.index, b.index) for a, b in product(events, repeat=2) if a.thread != b.thread)
            case "id":
                return self._identity()
            case "si":
                return frozenset(
                    (a.index, b.index) for a, b in product(events, repeat=2) if a.instruction == b.instruction
                )
        if name in graph.relations:
            return self._guarded(graph.relations[name])
        raise ModelError(f"'{name}' is no base set or relation")

    def _guarded(self, relation: GuardedRelation) -> Meaning:
        return frozenset(
            (a, b)
            for a, b in product(self.events, repeat=2)
            if relation.rows[a] >> b & 1
            and ((a, b) not in relation.conditions or self.world.holds(relation.conditions[a, b]))
        )


def _seq(left: Meaning, right: Meaning) -> Meaning:
    after: dict[int, list[int]] = {}
    for a, b in right:
        after.setdefault(a, []).append(b)
    return frozenset((a, c) for a, b in left for c in after.get(b, ()))


def _plus(relation: Meaning) -> Meaning:
    result = relation
    while not (more := _seq(result, relation)) <= result:
        result |= more
    return result
