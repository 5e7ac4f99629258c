"""Variants of a test in one solver: free choices say which of them an execution is of.

Which parts of the program are there is decided by assumptions, so that every variant is one call of the same solver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from litmus.base.deadline import Deadline
from litmus.bounds.narrow import narrowed
from litmus.decide.monotone import is_monotone
from litmus.decide.whole import Whole
from litmus.encode.problem import Solution
from litmus.engine import Engine
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest, Prop
from litmus.ir.options import Options


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: whether a test has an execution in which `prop` holds, under a model."""

    engine: Engine
    test: LitmusTest
    model: str | None
    options: Options
    prop: Prop
    deadline: Deadline


class Trial:
    """The executions with an outcome of all variants of a test.

    `change` makes the graph of the test one of its variants, and says by which choices of it they differ: choice k is
    the k-th of these. `known` says that the variants differ from a test only by further fences, and that no consistent
    execution of that test gives a read a value beyond its domain. To be closed.
    """

    def __init__(
        self, asked: Asked, change: Callable[[EventGraph], tuple[EventGraph, tuple[int, ...]]], known: bool = False
    ) -> None:
        choices: tuple[int, ...] = ()

        def changed(graph: EventGraph) -> EventGraph:
            nonlocal choices
            graph, choices = change(graph)
            return graph

        ready = asked.engine.prepare(asked.test, asked.model, asked.options, asked.deadline, changed)
        self.task = asked.engine.task(ready, ready.model, asked.deadline)
        self.graph = ready.graph
        # without its fences an execution of a variant is one of the test
        if not self.task.base.domains.open or (known and is_monotone(self.task.model)):
            problem = self.task.problem(narrowed(self.task.base, asked.prop), self.task.checks)
            for literal in (problem.proposition(asked.prop), *problem.regular):
                problem.cnf.add(literal)
            self.solver = self.task.solvers.solver()
            self.solver.load(problem.cnf.take())
        else:  # whoever answers whether it gives other values has all clauses
            whole = Whole(self.task)
            problem = whole.problem
            self.solver = whole.requiring([problem.proposition(asked.prop), *problem.regular])
        self.problem = problem
        self.literals = tuple(problem.base.values.choice(choice) for choice in choices)

    def solution(self, there: Iterable[int]) -> Solution | None:
        """An execution with the outcome of the variant in which just these choices are taken; None if there is none.

        Raises LimitReached.
        """
        return self.task.next(self.problem, self.solver, self._assumed(there))

    def possible(self, there: Iterable[int]) -> bool:
        """Whether there is one, which takes less time than to read it. Raises LimitReached."""
        if self.problem.circular:  # what the solver finds need not be an execution
            return self.solution(there) is not None
        return self.task.satisfiable(self.solver, self._assumed(there))

    def _assumed(self, there: Iterable[int]) -> list[int]:
        on = set(there)
        return [literal if k in on else -literal for k, literal in enumerate(self.literals)]

    def close(self) -> None:
        """Free the solver."""
        self.solver.close()
