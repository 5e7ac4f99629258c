"""Why a test has no execution that comes to its end, such as one whose thread takes a lock that it holds."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.decide.task import Task
from litmus.ir.model import Axiom


def breached(task: Task) -> tuple[str, ...]:
    """The axioms that some execution of a test without consistent ones breaks, and as few as may be: it would break one
    of the others if it did not break one of these. None if no execution comes to its end under any axioms.

    Raises LimitReached.
    """
    found = _broken(task, ())
    if found is None:
        return ()
    for axiom in found:
        if axiom in found:
            fewer = _broken(task, [other for other in task.checks if other is axiom or other not in found])
            found = found if fewer is None else fewer
    return tuple([axiom.name for axiom in found])


def _broken(task: Task, kept: Sequence[Axiom]) -> list[Axiom] | None:
    """The axioms that some execution breaks which satisfies those that are kept; None if there is no such execution."""
    problem = task.problem(task.base, kept)
    for literal in problem.regular:
        problem.cnf.add(literal)
    solver = task.solvers.solver()
    try:
        solver.load(problem.cnf.take())
        if not task.satisfiable(solver):
            return None
        violated = task.outcome(problem.solution(solver.true).execution).violated
        return [axiom for axiom in task.checks if axiom.name in violated]
    finally:
        solver.close()
