"""Every consistent execution of a test as one problem in one solver, of which many questions are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from litmus.bounds import Base, base_bounds, domains
from litmus.decide.task import Task
from litmus.encode.cnf import FALSE
from litmus.encode.problem import Problem
from litmus.ir.execution import Execution
from litmus.solver.interface import Solver

_FEW = 32
"""So many clauses are added one by one: to read a text, the solver goes through all variables."""


class Whole:
    """The clauses of every consistent execution of a task; the domains of their reads are complete.

    No answer takes anything away from the next one, but the solver keeps what it has learnt. The clauses, and the
    solver, are made when they are first needed; `close`, or the end of `with`, frees the solver.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._problem: Problem | None = None
        self._solver: Solver | None = None
        self._loaded = 0

    def __enter__(self) -> Whole:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the solver."""
        if self._solver is not None:
            self._solver.close()
            self._solver = None
            self._loaded = 0

    @property
    def problem(self) -> Problem:
        """The clauses. Raises LimitReached, as does everything else here, when the time is up."""
        if self._problem is None:
            task = self.task
            self._problem = task.problem(task.base, task.strongest)
            if task.base.domains.open and self._circles() and self.some([self._problem.base.other]) is not None:
                self.close()
                wide = base_bounds(task.graph, domains.compute(task.graph, True, task.deadline), task.deadline)
                self._problem = task.problem(wide, task.strongest)
        return self._problem

    @property
    def base(self) -> Base:
        """Bounds in which the domains of the reads are complete."""
        return self.problem.bounds.base if self.task.base.domains.open else self.task.base

    def _circles(self) -> bool:
        """Whether no single axiom forbids values to travel in circles.

        This is much cheaper to find out than whether some read returns a value outside its domain.
        """
        problem = self.problem
        return all(self.some([problem.allows_circles(axiom)]) is not None for axiom in self.task.strongest)

    def some(self, literals: Sequence[int], also: Sequence[int] = ()) -> list[bool] | None:
        """Which of some literals hold in some solution, regular or not, with at least one of them and all of `also`.

        None if there is no such solution.
        """
        either = self.problem.cnf.or_(literals)
        if either == FALSE:
            return None
        solver = self._asked()
        return solver.true(literals) if self.task.satisfiable(solver, [either, *also]) else None

    def execution(self, literal: int, confirmed: Callable[[Execution], bool]) -> Execution | None:
        """A consistent execution in which a literal holds, and which the evaluator confirms; None if there is none."""
        return next(filter(confirmed, self.executions(literal)), None)

    def executions(self, literal: int) -> Iterator[Execution]:
        """The consistent executions in which a literal holds; nothing else is to be asked until the last is taken."""
        if literal == FALSE:
            return
        task, problem = self.task, self.problem
        here = problem.cnf.variable()  # what is excluded is so for this question only
        solver = self._asked()
        while (solution := task.next(problem, solver, [*problem.regular, literal, here])) is not None:
            task.confirm(problem, [solution])
            yield solution.execution
            solver.add([-here, *solution.another_execution])

    def requiring(self, literals: Sequence[int]) -> Solver:
        """The solver, for further questions of executions, regular or not, in which all these literals hold.

        It is freed with this, and nothing else is to be asked here.
        """
        for literal in literals:
            self.problem.cnf.add(literal)
        return self._asked()

    def _asked(self) -> Solver:
        """The solver, with every clause that there is by now."""
        if self._solver is None:
            self._solver = self.task.solvers.solver()
        cnf = self.problem.cnf
        if len(cnf) - self._loaded > _FEW:
            self._solver.load(cnf.since(self._loaded))
        else:
            for clause in cnf.clauses(self._loaded):
                self._solver.add(clause)
        self._loaded = len(cnf)
        return self._solver


def complete(task: Task) -> Base:
    """Bounds of a task in which the domains of the reads are complete. Raises LimitReached."""
    with Whole(task) as whole:
        return whole.base
