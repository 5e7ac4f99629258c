"""Deciding a test: from an event graph and a model to the outcomes that are possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from litmus.assume import assume
from litmus.base.deadline import NEVER as NO_DEADLINE
from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, LitmusError
from litmus.bounds import Base, compute
from litmus.encode.problem import Meaningless, Problem, Solution
from litmus.evaluate import Outcome, evaluate, final_state, well_formed
from litmus.ir.events import NEVER, Apply, EventGraph, Known, Select
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Condition, Not, Prop, Quantifier
from litmus.ir.model import Axiom, AxiomRole, Model
from litmus.ir.propositions import holds
from litmus.ir.verdict import Observation, Status
from litmus.sequential import sequential_execution
from litmus.solver.interface import Answer, Solver
from litmus.solver.z3 import Z3

MAX_STATES = 100_000
"""States (or executions) enumerated before the answer is given as incomplete."""

MAX_THIN_AIR = 64
"""States enumerated whose values nothing in the test produced, where a model lets values justify themselves."""

_BATCH = 256
"""Solutions that are checked by the evaluator together."""

_LARGE = 48
"""Events from which on a verdict is sought with no more axioms than it takes, and before states are enumerated."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be found out, and how far one may go.

    `executions` counts consistent executions instead of states; `verdict_only` only decides whether the condition
    holds.
    """

    verdict_only: bool = False
    executions: bool = False
    deadline: Deadline = NO_DEADLINE
    max_states: int = MAX_STATES


@dataclass(slots=True)
class Findings:
    """What was found out so far; kept when a limit is hit."""

    status: Status = Status.DONE
    states: list[State] = field(default_factory=list)
    positive: int = 0
    negative: int = 0
    complete: bool = False
    possible: bool | None = None  # an execution satisfies the proposition
    refutable: bool | None = None  # an execution does not satisfy it
    witness: Execution | None = None
    flags: tuple[str, ...] = ()
    undefined: bool = False
    message: str = ""

    def ok(self, quantifier: Quantifier) -> bool | None:
        """herd's Ok: whether the condition holds; None if that is not known."""
        if quantifier is Quantifier.FORALL:
            return None if self.refutable is None else not self.refutable
        if self.possible is None:
            return None
        return self.possible == (quantifier is Quantifier.EXISTS)

    def observation(self) -> Observation | None:
        """Never, Sometimes or Always; None if that is not known."""
        if self.possible is False:
            return Observation.NEVER
        if self.possible is None or self.refutable is None:
            return None
        return Observation.SOMETIMES if self.refutable else Observation.ALWAYS


def decide(graph: EventGraph, base: Base, model: Model, condition: Condition, question: Question, z3: Z3) -> Findings:
    """What the model says of a test.

    Never raises LimitReached: a limit ends the work, and is told by the findings' status.
    """
    search = _Search(graph, base, model, condition, question, z3)
    try:
        if question.verdict_only:
            search.verdict()
            search.left_out()
        else:
            if len(graph.events) >= _LARGE:
                search.verdict()
            search.enumerate()
    except LimitReached as limit:
        search.found.status = Status(limit.limit)
        search.found.message = limit.message
    except RecursionError:
        search.found.status = Status.LIMIT
        search.found.message = "the test nests too deeply"
    return search.found


class Disagreement(LitmusError):
    """A solver's answer that the evaluator does not confirm: a mistake of ours, never the user's."""


class _Search:
    """The questions put to the solver for one test."""

    def __init__(
        self, graph: EventGraph, base: Base, model: Model, condition: Condition, question: Question, z3: Z3
    ) -> None:
        self.graph = graph
        self.base = base
        self.model = model
        self.quantifier = condition.quantifier
        self.prop = condition.prop
        self.question = question
        self.deadline = question.deadline
        self.z3 = z3
        self.found = Findings()
        self.checks = [a for a in model.axioms if a.role is AxiomRole.CHECK]

    # --- all states -----------------------------------------------------------------------------------------------

    def enumerate(self) -> None:
        """Every reachable state (or every consistent execution), then flags and the unroll bound."""
        found = self.found
        problem = Problem(compute(self.model, self.base, self.deadline), self.deadline)
        for axiom in self.checks:
            problem.require(axiom)
        solver = self.z3.solver()
        try:
            self._left_out(problem)
            if self._wide(problem):
                self._ask_both(problem, solver)
            self._all(problem, solver)
            found.complete = True
            self._settle()
            self._flags(problem)
        finally:
            solver.close()

    def _wide(self, problem: Problem) -> bool:
        """Whether there may be more states than anyone can enumerate, so that the verdict must not wait for them."""
        return bool(problem.base.values.wide_reads())

    def _ask_both(self, problem: Problem, solver: Solver) -> None:
        wanted = problem.proposition(self.prop)
        solver.load(problem.cnf.take())
        for literal, positive in ((wanted, True), (-wanted, False)):
            solution = self._next(problem, solver, [*problem.regular, literal])
            self._settle_one(positive, solution.execution if solution else None)

    def _all(self, problem: Problem, solver: Solver) -> None:
        """Enumerate; the evaluator checks the witnesses batch by batch."""
        question = self.question
        # Where there may be more states than anyone wants, those of the values that the test names come first.
        wide = self._wide(problem)
        rounds = [[*problem.regular, problem.tame()]] if wide else []
        rounds.append([*problem.regular])
        limit = question.max_states
        count = 0
        batch: list[Solution] = []
        states: dict[State, None] = {}
        try:
            solver.load(problem.cnf.take())
            while rounds:
                solution = self._next(problem, solver, rounds[0])
                if solution is None:
                    del rounds[0]
                    if wide:
                        limit = min(limit, count + MAX_THIN_AIR)
                    continue
                batch.append(solution)
                states[solution.state] = None
                count += 1
                if len(batch) == _BATCH:
                    self._account(problem, batch)
                    batch = []
                another = solution.another_execution if question.executions else solution.another_state
                if not another:
                    break
                solver.add(another)
                if count >= limit:
                    raise LimitReached("limit", f"stopped after {limit} states; there may be more")
        finally:
            self._account(problem, batch)
            self.found.states = list(states)

    def _account(self, problem: Problem, batch: Sequence[Solution]) -> None:
        """Confirm some solutions, count them, and settle what they say of the condition."""
        found = self.found
        self._confirm(batch, problem)
        for solution in batch:
            positive = holds(self.prop, solution.state)
            if positive:
                found.positive += 1
            else:
                found.negative += 1
            if found.witness is None or (positive and found.positive == 1):
                found.witness = solution.execution
        self._settle()

    def _settle(self) -> None:
        """What the states found say of the condition; a state found stands even if others are missing."""
        found = self.found
        if found.positive or found.complete:
            found.possible = found.positive > 0
        if found.negative or found.complete:
            found.refutable = found.negative > 0

    def _settle_one(self, positive: bool, execution: Execution | None) -> None:
        found = self.found
        if positive:
            found.possible = execution is not None
        else:
            found.refutable = execution is not None
        if execution is not None and (positive or found.witness is None):
            found.witness = execution

    def _next(self, problem: Problem, solver: Solver, assumptions: Sequence[int]) -> Solution | None:
        """The next solution that is an execution; None if there is none."""
        while self._satisfiable(solver, assumptions):
            try:
                solution = problem.solution(solver.true)
            except Meaningless as found:
                solver.add(found.another)
                continue
            if not problem.circular or self._outcome(solution.execution).consistent:
                return solution
            # A literal that justified itself: this assignment of rf and co is no execution of the model.
            solver.add(solution.another_execution)
        return None

    def _flags(self, problem: Problem) -> None:
        raised = []
        for axiom in self.model.axioms:
            if axiom.role is AxiomRole.CHECK or axiom.name in raised:
                continue
            literal = problem.raised(axiom)
            # States that were found are blocked by now, so flags are asked of a solver of their own.
            if self._flagged(problem, axiom, literal):
                raised.append(axiom.name)
                self.found.undefined |= axiom.role is AxiomRole.UNDEFINED_UNLESS
        self.found.flags = tuple(raised)

    def _flagged(self, problem: Problem, axiom: Axiom, literal: int) -> bool:
        solver = self.z3.solver()
        try:
            solver.load(problem.cnf.whole())
            while True:
                solution = self._next(problem, solver, [*problem.regular, literal])
                if solution is None:
                    return False
                if axiom.name in self._outcome(solution.execution).flags:
                    return True
                solver.add(solution.another_execution)
        finally:
            solver.close()

    def _left_out(self, problem: Problem) -> None:
        """Whether executions exist that are not followed to their end: cut by the unroll limit, or gone astray."""
        if self.graph.bound != NEVER and self._exists(problem, problem.bound):
            self.found.status = Status.BOUND
            self.found.message = "a loop may go round more often than the unroll limit"
        elif problem.base.strays and self._exists(problem, problem.stray):
            self.found.message = self._left("an access goes to no location", problem.base.strays)
        elif problem.base.meaningless and self._exists(problem, problem.undefined):
            what = "a value has no meaning (a division by 0, arithmetic on addresses)"
            self.found.message = self._left(what, problem.base.meaningless)

    def _left(self, what: str, events: Iterable[int]) -> str:
        """What is left out, with the place of the first event that may be the reason."""
        spans = [self.graph.events[e].span for e in events if e >= 0]
        place = f" ({spans[0]})" if spans and spans[0] is not None else ""
        return f"executions in which {what} are left out{place}"

    def _exists(self, problem: Problem, literal: int) -> bool:
        solver = self.z3.solver()
        try:
            solver.load(problem.cnf.whole())
            return self._satisfiable(solver, [literal])
        finally:
            solver.close()

    # --- the verdict only -----------------------------------------------------------------------------------------

    def verdict(self) -> None:
        """Whether the condition holds, and if it is cheap to say, whether it always does."""
        found = self.found
        forall = self.quantifier is Quantifier.FORALL
        self._guess()
        if (found.refutable if forall else found.possible) is None:
            self._settle_one(not forall, self._search(Not(self.prop) if forall else self.prop))
        other = found.possible if forall else found.refutable
        if other is None and len(self.graph.events) < _LARGE:
            try:
                self._settle_one(forall, self._search(self.prop if forall else Not(self.prop)))
            except LimitReached:
                return  # what was asked is answered; whether the other side is possible too stays open

    def left_out(self) -> None:
        """Whether executions exist that are not followed to their end, where nothing else is enumerated."""
        plain = {Known(location) for location in self.graph.locations}
        exprs = [
            e for event in self.graph.events for e in (event.addr, event.value) if e is not None and e not in plain
        ]
        moving = any(isinstance(e, Apply | Select) for e in (*exprs, *self.graph.final.values()))
        if (
            moving
            or self.graph.bound != NEVER
            or any(event.addr is not None and event.addr not in plain for event in self.graph.events)
        ):
            problem = Problem(compute(self.model, self.base, self.deadline), self.deadline)
            for axiom in self.checks:
                problem.require(axiom)
            self._left_out(problem)

    def _guess(self) -> None:
        """Executions that run the threads one after the other, in order and in reverse."""
        if self.graph.test.filter is not None:  # it may speak of more than a final state holds
            return
        threads = sorted({e.thread for e in self.graph.events if not e.is_init})
        guesses = [sequential_execution(self.graph, order) for order in (threads, threads[::-1])]
        executions = [e for e in guesses if e is not None and well_formed(e) is None]
        for execution, outcome in zip(executions, self._outcomes(executions), strict=True):
            state = final_state(execution)
            if outcome.consistent:
                self._settle_one(holds(self.prop, state), execution)

    def _search(self, prop: Prop) -> Execution | None:
        """An execution that satisfies a proposition, with no more axioms encoded than it takes."""
        base = assume(self.base, prop)
        problem = Problem(compute(self.model, base, self.deadline), self.deadline)
        problem.cnf.add(problem.proposition(prop))
        for literal in problem.regular:
            problem.cnf.add(literal)
        waiting = list(self.checks)
        if len(self.graph.events) < _LARGE:
            for axiom in waiting:
                problem.require(axiom)
            waiting = []
        solver = self.z3.solver()
        try:
            while True:
                solver.load(problem.cnf.take())
                if not self._satisfiable(solver, ()):
                    return None
                try:
                    solution = problem.solution(solver.true)
                except Meaningless as found:
                    solver.add(found.another)
                    continue
                self._confirm_shape(solution)
                if not holds(prop, solution.state):  # bits that were taken for a number are an address
                    solver.add(solution.another_execution)
                    continue
                violated = self._outcome(solution.execution).violated
                if not violated:
                    return solution.execution
                needed = [a for a in waiting if a.name in violated]
                for axiom in needed:
                    problem.require(axiom)
                    waiting.remove(axiom)
                if not needed:
                    self._excuse(problem, violated)
                    solver.add(solution.another_execution)
        finally:
            solver.close()

    def _satisfiable(self, solver: Solver, assumptions: Sequence[int]) -> bool:
        answer = solver.check(assumptions, self.deadline.remaining())
        if answer is Answer.UNKNOWN:
            raise LimitReached("timeout", "out of time")
        self.deadline.check()
        return answer is Answer.SAT

    # --- the evaluator's word -------------------------------------------------------------------------------------

    def _outcomes(self, executions: Sequence[Execution]) -> tuple[Outcome, ...]:
        return evaluate(self.model, self.graph, executions, self.deadline) if executions else ()

    def _outcome(self, execution: Execution) -> Outcome:
        return self._outcomes([execution])[0]

    def _confirm(self, batch: Sequence[Solution], problem: Problem) -> None:
        """Have every witness evaluated: well formed, with the state it is reported for, and consistent."""
        for solution in batch:
            self._confirm_shape(solution)
        if problem.circular:  # evaluated one by one already
            return
        # Past the deadline too: what was found by then is worth a moment more.
        for outcome in evaluate(self.model, self.graph, [solution.execution for solution in batch]):
            if not outcome.consistent:
                self._excuse(problem, outcome.violated)

    def _confirm_shape(self, solution: Solution) -> None:
        breach = well_formed(solution.execution)
        if breach is None and final_state(solution.execution) != solution.state:
            breach = "it ends in another state"
        if breach is not None:
            raise Disagreement(f"{self.graph.test.name}: the solver's answer is no execution: {breach}")

    def _excuse(self, problem: Problem, violated: Sequence[str]) -> None:
        """An inconsistent witness is to be expected of circular clauses only."""
        if not problem.circular:
            raise Disagreement(f"{self.graph.test.name}: the solver's execution violates {', '.join(violated)}")
