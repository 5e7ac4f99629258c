"""What is said beside the answer: flags, and executions that were not followed to their end."""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base.source import Span
from litmus.decide.findings import Findings
from litmus.decide.task import Task
from litmus.encode.problem import Problem
from litmus.ir.events import NEVER, Apply, EventGraph, Known, Select
from litmus.ir.model import Axiom, AxiomRole
from litmus.ir.verdict import Status


def aside(task: Task, problem: Problem, found: Findings, flags: bool) -> None:
    """Find out which flags are raised, or else whether executions exist that are not followed to their end."""
    if flags:
        _flags(task, problem, found)
    else:
        _left_out(task, problem, found)


def has_aside(task: Task) -> bool:
    """Whether there may be anything to say beside the answer, as far as a glance tells."""
    return any(axiom.role is not AxiomRole.CHECK for axiom in task.model.axioms) or _may_leave_out(task.graph)


def _may_leave_out(graph: EventGraph) -> bool:
    if graph.bound != NEVER:
        return True
    plain = {Known(location) for location in graph.locations}
    used = [x for event in graph.events for x in (event.addr, event.value, event.tested) if x is not None]
    return any(event.addr is not None and event.addr not in plain for event in graph.events) or any(
        isinstance(x, Apply | Select) for x in (*used, *graph.final.values())
    )


def _left_out(task: Task, problem: Problem, found: Findings) -> None:
    base = problem.base
    if task.graph.bound != NEVER and task.exists(problem, base.bound):
        found.status = Status.BOUND
        found.message = "a loop may go round more often than the unroll limit"
    elif base.strays and task.exists(problem, base.stray):
        found.message = _left(task.graph, "an access goes to no location", base.strays)
    elif base.meaningless and task.exists(problem, base.undefined):
        what = "a value has no meaning (a division by 0, arithmetic on addresses)"
        found.message = _left(task.graph, what, [event for event, _ in base.meaningless])


def _left(graph: EventGraph, what: str, events: Iterable[int | None]) -> str:
    """What is left out, with the place of the first event that may be the reason."""
    spans: list[Span] = [span for e in events if e is not None and (span := graph.events[e].span) is not None]
    place = f" ({spans[0]})" if spans else ""
    return f"executions in which {what} are left out{place}"


def _flags(task: Task, problem: Problem, found: Findings) -> None:
    raised: list[str] = []
    for axiom in task.model.axioms:
        if axiom.role is AxiomRole.CHECK or axiom.name in raised:
            continue
        if _flagged(task, problem, axiom):
            raised.append(axiom.name)
            found.undefined |= axiom.role is AxiomRole.UNDEFINED_UNLESS
    found.flags = tuple(raised)


def _flagged(task: Task, problem: Problem, axiom: Axiom) -> bool:
    """Whether a consistent execution raises a flag. States that were found are blocked: the solver is a new one."""
    literal = problem.raised(axiom)
    solver = task.solvers.solver()
    try:
        solver.load(problem.cnf.whole())
        while True:
            solution = task.next(problem, solver, [*problem.regular, literal])
            if solution is None:
                return False
            if axiom.name in task.outcome(solution.execution).flags:
                return True
            solver.add(solution.another_execution)
    finally:
        solver.close()
