"""What every search for an execution needs: the test, the model, the solver, and the evaluator's judgement."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.base.deadline import NO_DEADLINE, OUT_OF_TIME, Deadline
from litmus.base.errors import InternalError, LimitReached
from litmus.base.records import dataclass
from litmus.bounds import Base, compute
from litmus.decide.implied import strongest
from litmus.decide.monotone import is_monotone
from litmus.encode.problem import Problem, Solution
from litmus.ir.events import EventGraph, Formula
from litmus.ir.execution import Execution, State
from litmus.ir.model import Axiom, AxiomRole, Model
from litmus.judge.evaluate import Outcome, evaluate
from litmus.judge.form import Form
from litmus.solver.interface import Solver, SolverAnswer, Solvers


class Disagreement(InternalError):
    """A solver's answer that the evaluator does not confirm: a bug in litmus, never a user's mistake."""


@dataclass(frozen=True, slots=True)
class Task:
    """A test under a model, with the questions to the solver and to the evaluator."""

    graph: EventGraph
    base: Base
    model: Model
    deadline: Deadline
    solvers: Solvers

    @property
    def further(self) -> Formula:
        """What holds in executions that were cut and may come to further outcomes; see `EventGraph.further`."""
        graph = self.graph
        return graph.further if graph.further == graph.bound or is_monotone(self.model) else graph.bound

    @property
    def checks(self) -> list[Axiom]:
        """The axioms that consistent executions satisfy."""
        return [axiom for axiom in self.model.axioms if axiom.role is AxiomRole.CHECK]

    @property
    def strongest(self) -> Sequence[Axiom]:
        """Of these axioms those that the others follow from."""
        return self.model.derived(strongest)

    def problem(self, base: Base, checks: Sequence[Axiom]) -> Problem:
        """The clauses of the test within some bounds, with some axioms."""
        return Problem(compute(self.model, base, self.deadline), checks, self.deadline)

    # --- the solver ----------------------------------------------------------------------------------------------

    def satisfiable(self, solver: Solver, assumptions: Sequence[int] = ()) -> bool:
        """Whether there is a solution. Raises LimitReached when the time is up."""
        answer = solver.check(assumptions, self.deadline.remaining())
        if answer is SolverAnswer.UNKNOWN:
            raise LimitReached("timeout", OUT_OF_TIME)
        self.deadline.check()
        return answer is SolverAnswer.SAT

    def next(self, problem: Problem, solver: Solver, assumptions: Sequence[int]) -> Solution | None:
        """The next solution that is an execution; None if there is none."""
        while self.satisfiable(solver, assumptions):
            solution = problem.solution(solver.true)
            if not problem.circular or self.outcome(solution.execution).consistent:
                return solution
            # A literal has justified itself: an execution with this rf and co is not consistent.
            solver.add(solution.another_execution)
        return None

    # --- the evaluator -------------------------------------------------------------------------------------------

    def outcome(self, execution: Execution) -> Outcome:
        """What the model says of an execution."""
        return evaluate(self.model, self.graph, [execution], self.deadline)[0]

    def confirm(self, problem: Problem, batch: Sequence[Solution]) -> None:
        """Have every witness evaluated: well formed, with the state it is reported for, and consistent.

        Raises Disagreement if one is not.
        """
        self.confirm_form([(solution.execution, solution.state) for solution in batch])
        if problem.circular:  # evaluated one by one already
            return
        # Without a deadline: what was found in time is checked even if time is up.
        for outcome in evaluate(self.model, self.graph, [solution.execution for solution in batch], NO_DEADLINE):
            if not outcome.consistent:
                self.excuse(problem, outcome.violated)

    def judge(self, proposed: Sequence[tuple[Execution, State]]) -> None:
        """Have executions evaluated that were proposed without the solver, each with its final state.

        Raises Disagreement if one is not well formed, ends in another state, or is not consistent.
        """
        self.confirm_form(proposed, "what was proposed")
        for outcome in evaluate(self.model, self.graph, [execution for execution, _ in proposed], NO_DEADLINE):
            if not outcome.consistent:
                raise Disagreement(f"{self.graph.test.name}: what was proposed violates {', '.join(outcome.violated)}")

    def confirm_form(self, found: Sequence[tuple[Execution, State]], what: str = "the solver's answer") -> None:
        """Raises Disagreement if something is no execution of the graph, or has another final state than it says."""
        breach = Form(self.graph).confirm(found)
        if breach is not None:
            raise Disagreement(f"{self.graph.test.name}: {what} is no execution: {breach}")

    def excuse(self, problem: Problem, violated: Sequence[str]) -> None:
        """Raises Disagreement for an inconsistent witness, which only circular clauses may give."""
        if not problem.circular:
            raise Disagreement(f"{self.graph.test.name}: the solver's execution violates {', '.join(violated)}")
