"""Whether the condition holds, without looking for every state."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached
from litmus.bounds import Base
from litmus.bounds.narrow import narrowed
from litmus.bounds.symmetry import in_order
from litmus.candidates import ending
from litmus.decide.findings import Findings
from litmus.decide.first_guess import sequential_execution
from litmus.decide.task import Disagreement, Task
from litmus.decide.warnings import may_warn
from litmus.decide.whole import Whole
from litmus.encode.problem import Problem
from litmus.ir.events import EventGraph
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Condition, Not, Prop, Quantifier
from litmus.ir.model import Axiom
from litmus.ir.propositions import holds, satisfying
from litmus.ir.valuation import Valuation
from litmus.judge.evaluate import evaluate
from litmus.judge.form import Form, final_state
from litmus.solver.interface import Solver

LARGE = 48
"""From this many events on, axioms are encoded only as solutions violate them, and only what was asked is decided."""

FEW = 64
"""So many candidates are judged one and all: that is cheaper than clauses for a solver."""


def find_verdict(whole: Whole, condition: Condition, found: Findings) -> None:
    """Find whether the condition holds, and if it is cheap to say, whether it always does.

    If there is nothing that it asks for, also whether there is any execution at all. Raises LimitReached.
    """
    task, prop, forall = whole.task, condition.prop, condition.quantifier is Quantifier.FORALL
    asked, other = (Not(prop), prop) if forall else (prop, Not(prop))
    _guess(task, prop, found)
    if (found.refutable if forall else found.possible) is None:
        found.settle_one(not forall, _search(whole, asked))
    nothing = (found.refutable if forall else found.possible) is False
    if (found.possible if forall else found.refutable) is None and (nothing or len(task.graph.events) < LARGE):
        try:
            found.settle_one(forall, _search(whole, other))
        except LimitReached:
            return  # the condition is decided; whether it always holds (or ever does) stays open


def _guess(task: Task, prop: Prop, found: Findings) -> None:
    """Executions that run the threads one after the other, in order and in reverse."""
    graph = task.graph
    if graph.test.filter is not None:  # a filter may mention registers that final states do not have
        return
    runs = task.base.kept("sequential", lambda: _sequential(graph, task.deadline))
    satisfied = satisfying(prop, graph.test.observed, [state for _, state in runs])
    guesses = [(guess, bool(satisfied >> k & 1)) for k, (guess, _) in enumerate(runs)]
    if all(positive for _, positive in guesses):
        guesses.reverse()  # the last that was found is the witness
    outcomes = evaluate(task.model, graph, [guess for guess, _ in guesses], task.deadline)
    for (guess, positive), outcome in zip(guesses, outcomes, strict=True):
        known = found.possible if positive else found.refutable
        if known is None and outcome.consistent:
            found.settle_one(positive, guess)


def _sequential(graph: EventGraph, deadline: Deadline) -> list[tuple[Execution, State]]:
    """The executions that run the threads one after the other, in order and in reverse, with their final states."""
    form, threads = Form(graph), sorted({e.thread for e in graph.events if not e.is_init})
    found: list[tuple[Execution, State]] = []
    for order in (threads, threads[::-1]):
        guess = sequential_execution(graph, order)
        deadline.check()
        if guess is not None:
            valuation = Valuation.of(guess)
            if form.breach(guess, valuation) is None:
                found.append((guess, form.final_state(guess, valuation)))
        deadline.check()
    return found


def _search(whole: Whole, prop: Prop) -> Execution | None:
    """An execution that satisfies a proposition.

    Few candidates are judged by the evaluator, one and all. In a large test, axioms are encoded only as they are
    needed. In a small one, if every execution is a problem in any case, it is asked about this one, too.
    """
    task = whole.task
    unordered = whole.base.kept(("narrowed", prop), lambda: narrowed(whole.base, prop))
    base = in_order(unordered, task.model, prop)
    listed = _listed(base, task, prop)
    if listed is not None:
        return _consistent(task, listed)
    waiting = task.strongest
    small = len(task.graph.events) < LARGE
    ordered = in_order(task.base, task.model, prop) is not task.base
    if small and not ordered and may_warn(task):
        return whole.execution(whole.problem.proposition(prop), lambda execution: holds(prop, final_state(execution)))
    problem = task.problem(base, waiting if small else ())
    problem.cnf.add(problem.proposition(prop))
    for literal in problem.regular:
        problem.cnf.add(literal)
    solver = task.solvers.solver()
    try:
        return _refine(task, problem, solver, prop, [] if small else waiting)
    finally:
        solver.close()


def _listed(base: Base, task: Task, prop: Prop) -> list[tuple[Execution, State]] | None:
    """The candidates that satisfy a proposition, if they are few; of a model that picks nothing these are all's."""
    if any(node.op == "choose" for node in task.model.nodes):
        return ending(base, task.model, prop, FEW, task.deadline)
    return base.kept(("ending", prop), lambda: ending(base, task.model, prop, FEW, task.deadline))


def _consistent(task: Task, listed: Sequence[tuple[Execution, State]]) -> Execution | None:
    """The first of some candidates that is consistent."""
    outcomes = evaluate(task.model, task.graph, [execution for execution, _ in listed], task.deadline)
    for (execution, state), outcome in zip(listed, outcomes, strict=True):
        if outcome.consistent:
            task.confirm_form([(execution, state)], "what was proposed")
            return execution
    return None


def _refine(task: Task, problem: Problem, solver: Solver, prop: Prop, waiting: Sequence[Axiom]) -> Execution | None:
    """Solve, and add the axioms that the solution violates, until it violates none."""
    left = list(waiting)
    while True:
        solver.load(problem.cnf.take())
        if not task.satisfiable(solver):
            return None
        solution = problem.solution(solver.true)
        task.confirm_form([(solution.execution, solution.state)])
        violated = task.outcome(solution.execution).violated
        if not violated:
            if not holds(prop, solution.state):
                raise Disagreement(f"{task.graph.test.name}: the solver's answer does not satisfy what was asked")
            return solution.execution
        needed = [a for a in left if a.name in violated]
        for axiom in needed:
            problem.require(axiom)
            left.remove(axiom)
        if not needed:
            task.excuse(problem, violated)
            solver.add(solution.another_execution)
