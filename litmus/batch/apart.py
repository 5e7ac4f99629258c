"""The programs of a sketch of which one of two models allows an execution that the other forbids, from one solver.

Each model sees the sketch as its own events: on one architecture a barrier is an instruction, on another it is nothing.
The accesses are the same, so an execution of the one is one of the other: what is chosen, read and overwritten is.

A model with `with ... from` picks something more, such as an order of what is seq_cst in C11, and forbids an execution
if its axioms fail for all that it may pick. The solver is asked for an execution where they fail for one pick. If they
hold for another, clauses are added that they fail for that one, too, and it is asked again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from litmus.base.deadline import Deadline
from litmus.base.relation import Rows
from litmus.batch.closures import founded, without_closures
from litmus.batch.programs import Threads
from litmus.batch.sketch import Sketch
from litmus.bounds import Base, compute, with_candidates, with_order
from litmus.cat.load import CatModel
from litmus.decide.task import Task
from litmus.encode.axioms import require
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.encode.problem import Problem
from litmus.engine import Engine, Prepared
from litmus.ir.events import INIT_THREAD, WRITES
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import Axiom, Model
from litmus.ir.options import Options
from litmus.solver.interface import Solver

_Pair = tuple[str, Hashable, Hashable]
"""A pair of rf or co: the name of the relation and the two events, called alike under both models."""


class Apart:
    """The programs of a sketch with an execution that one of two models allows and the other forbids.

    Most of them tell the models apart; of some the same final state has another execution. To be closed.
    """

    def __init__(
        self,
        engine: Engine,
        sketch: Sketch,
        tests: LitmusTest,
        models: Sequence[CatModel],
        options: Options,
        deadline: Deadline,
    ) -> None:
        self.sketch = sketch
        views = [
            _View(engine, sketch, engine.prepare(tests, model, options, deadline, sketch.graph), deadline)
            for model in models
        ]
        never = frozenset.intersection(*[view.impossible() for view in views])
        self._cnf = cnf = Cnf(deadline)
        self._sides = first, second = [view.side(cnf, never) for view in views]
        for number in range(sketch.choices):
            _same(cnf, first.choice(number), second.choice(number))
        for pair in dict.fromkeys((*first.pairs, *second.pairs)):
            _same(cnf, first.pairs.get(pair, FALSE), second.pairs.get(pair, FALSE))
        self._apart = [cnf.and_((first.broken, second.obeyed)), cnf.and_((second.broken, first.obeyed))]
        self._at_least = _counted(cnf, sketch.require(cnf, first.choice), sum(sketch.lengths))
        self._choices = [first.choice(number) for number in range(sketch.choices)]
        self._execution = list(dict.fromkeys((*self._choices, *first.pairs.values(), *second.pairs.values())))
        self._wanted = cnf.or_(self._apart)
        self._task = views[0].task
        self._solver: Solver = self._task.solvers.solver()
        self._solver.load(cnf.take())

    def program(self, most: int | None = None) -> Threads | None:
        """One of the programs, with at most so many links; None if there is none. Raises LimitReached."""
        assumed = [self._wanted]
        if most is not None and most + 1 < len(self._at_least):
            assumed.append(-self._at_least[most + 1])
        while self._task.satisfiable(self._solver, assumed):
            self._found = self._solver.true(self._choices)
            if not self._picks_otherwise():
                return self.sketch.program(self._found)
        return None

    def _picks_otherwise(self) -> bool:
        """Whether the model that forbids the execution found allows it with other picks; if so, these fail, too."""
        side = self._sides[self._solver.true(self._apart).index(True)]
        if not side.picks:
            return False
        held = self._solver.true(self._execution)
        assumed = [side.obeyed, *[x if there else -x for x, there in zip(self._execution, held, strict=True)]]
        if not self._task.satisfiable(self._solver, assumed):
            return False
        picked = self._picked(side)
        # The first way where that will do, so that executions of other events, too, are soon known to be allowed. What
        # is not picked because its events are not there makes no difference to where they are.
        for node, literals in side.picks.items():
            first = side.first(node)
            if picked[node] > first and self._task.satisfiable(self._solver, [*assumed, literals[first]]):
                picked = self._picked(side)
            assumed.append(literals[picked[node]])
        side.break_with({node: max(way, side.first(node)) for node, way in picked.items()})
        self._solver.load(self._cnf.take())
        return True

    def _picked(self, side: _Side) -> dict[int, int]:
        """The way that each node picks in the solution."""
        return {node: self._solver.true(literals).index(True) for node, literals in side.picks.items()}

    def exclude(self) -> None:
        """Leave out the program that was found last."""
        self._solver.add([-x if held else x for x, held in zip(self._choices, self._found, strict=True)])

    def close(self) -> None:
        """Free the solver."""
        self._solver.close()


class _Side:
    """The executions of a sketch as one model sees them.

    `obeyed` implies that all its axioms hold, `broken` that one does not. `pairs` are the literals of rf and co.
    `picks` are, for each node by which the model picks, the literals of the ways; there are none if something is
    defined by recursion with them, where other picks cannot be put in.
    """

    def __init__(self, problem: Problem, axioms: Sequence[Axiom], pairs: Mapping[_Pair, int], most: int) -> None:
        self.problem = problem
        self.pairs = pairs
        self.obeyed, self.broken = problem.cnf.variable(), problem.cnf.variable()
        self._axioms = axioms
        for axiom in axioms:
            require(problem.relations, axiom.kind, axiom.node, axiom.negated, self.obeyed)
        model = problem.bounds.model
        updates = any(event.kind == "U" for event in problem.graph.events)
        self._model, self._nodes = without_closures(model, axioms, most, founded(model, axioms, updates))
        self._break(self._model, self._nodes)

        recursive = [body for fixpoint in self._model.fixpoints for body in fixpoint.bodies]
        kept = _parts(self._model, recursive).intersection(problem.relations.picks)
        self.picks: Mapping[int, Sequence[int]] = {} if kept else problem.relations.picks

    def choice(self, number: int) -> int:
        """The literal of a choice."""
        return self.problem.base.values.choice(number)

    def first(self, node: int) -> int:
        """The first way to pick something, be it for executions where it is not there."""
        ways = self._model.nodes[node].args
        return 1 if len(ways) > 1 and self._model.nodes[ways[0]].op == "empty" else 0

    def break_with(self, picked: Mapping[int, int]) -> None:
        """Clauses that `broken` also implies that an axiom does not hold if the model picks these ways."""
        instead = {node: self._model.nodes[node].args[way] for node, way in picked.items()}
        self._model, nodes = replaced(self._model, self._nodes, instead)
        self._break(self._model, nodes)

    def _break(self, model: Model, nodes: Sequence[int]) -> None:
        problem = self.problem
        cnf, relations = problem.cnf, problem.relations
        relations.extend(compute(model, problem.bounds.base, relations.deadline))
        ways = []
        for axiom, node in zip(self._axioms, nodes, strict=True):
            ways.append(cnf.variable())
            require(relations, axiom.kind, node, not axiom.negated, ways[-1])
        cnf.add(-self.broken, *ways)


class _View:
    """A sketch under a model."""

    def __init__(self, engine: Engine, sketch: Sketch, ready: Prepared, deadline: Deadline) -> None:
        self.ready = ready
        self.deadline = deadline
        self.task: Task = engine.task(ready, ready.model, deadline)
        events = ready.graph.events
        self.names: list[Hashable] = [sketch.of(event) or event.index for event in events]
        self._most = len(ready.graph.locations) + sketch.most_executed(events)

    def _pairs(self, problem: Problem) -> Iterator[tuple[_Pair, int, int, int]]:
        """The pairs of rf and co that the bounds leave open: the pair, its two events, and its literal."""
        events, names = self.ready.graph.events, self.names
        for (write, read), literal in problem.base.rf.items():
            yield ("rf", names[write], names[read]), write, read, literal
        writes = [e.index for e in events if e.kind in WRITES and e.thread != INIT_THREAD]
        for first in writes:
            for second in writes:
                if first != second:
                    literal = problem.base.before(first, second)
                    yield ("co", names[first], names[second]), first, second, literal

    def impossible(self) -> frozenset[_Pair]:
        """The pairs of rf and co against program order that the model allows in no program.

        Without those that neither model allows, what models define by recursion seldom goes in circles.
        """
        events = self.ready.graph.events
        problem = self.task.problem(self.ready.base, self.task.checks)
        for literal in problem.regular:
            problem.cnf.add(literal)
        backwards = [
            (pair, literal)
            for pair, first, second, literal in self._pairs(problem)
            if first > second and events[first].thread == events[second].thread
        ]
        solver = self.task.solvers.solver()
        try:
            solver.load(problem.cnf.take())
            return frozenset(
                pair for pair, literal in backwards if literal == FALSE or not self.task.satisfiable(solver, [literal])
            )
        finally:
            solver.close()

    def _without(self, never: frozenset[_Pair]) -> Base:
        """The bounds of the sketch without some pairs."""
        base, names = self.ready.base, self.names
        candidates = {
            read: tuple(write for write in writes if ("rf", names[write], names[read]) not in never)
            for read, writes in base.domains.candidates.items()
        }
        base = with_candidates(base, replace(base.domains, candidates=candidates))
        rows: Rows = tuple(
            row & ~sum(1 << j for j, second in enumerate(names) if ("co", first, second) in never)
            for first, row in zip(names, base.co[1], strict=True)
        )
        return with_order(base, rows, self.deadline)

    def side(self, cnf: Cnf, never: frozenset[_Pair]) -> _Side:
        """The clauses of the executions without some pairs."""
        model = replace(self.ready.model, axioms=())
        problem = Problem(compute(model, self._without(never), self.deadline), [], self.deadline, cnf)
        for literal in problem.regular:
            cnf.add(literal)
        pairs = {pair: literal for pair, _, _, literal in self._pairs(problem)}
        return _Side(problem, self.task.checks, pairs, self._most)


def _same(cnf: Cnf, first: int, second: int) -> None:
    cnf.add(-first, second)
    cnf.add(first, -second)


def _counted(cnf: Cnf, literals: Sequence[int], most: int) -> list[int]:
    """For each number up to `most` a literal equal to: at least so many of the literals hold."""
    found = [TRUE] + [FALSE] * most
    for x in literals:
        found = [TRUE, *[cnf.or_((found[k], cnf.and_((found[k - 1], x)))) for k in range(1, most + 1)]]
    return found


def replaced(model: Model, roots: Sequence[int], instead: Mapping[int, int]) -> tuple[Model, list[int]]:
    """The model with more nodes, and for each of the roots one like it with other nodes in place of some.

    None of these may be in what is defined by recursion.
    """
    nodes = list(model.nodes)
    made = dict(instead)
    for number in sorted(_parts(model, roots)):
        node = model.nodes[number]
        args = tuple(made.get(arg, arg) for arg in node.args)
        if number not in made and args != node.args:
            made[number] = len(nodes)
            nodes.append(replace(node, args=args))
    return replace(model, nodes=tuple(nodes)), [made.get(root, root) for root in roots]


def _parts(model: Model, roots: Sequence[int]) -> set[int]:
    """The nodes of which some are made, themselves among them."""
    found: set[int] = set()
    left = list(roots)
    while left:
        number = left.pop()
        if number not in found:
            found.add(number)
            left += model.nodes[number].args
    return found
