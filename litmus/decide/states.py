"""Every reachable state, or every consistent execution.

Where the candidate executions can be laid side by side, all consistent ones are proposed at once, and the solver is
asked once whether there is anything else. Otherwise it is asked for one solution after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from litmus.base.errors import LimitReached
from litmus.candidates import Proposal, propose
from litmus.decide.findings import Findings
from litmus.decide.task import Disagreement, Task
from litmus.decide.warnings import find_flags, find_left_out
from litmus.decide.whole import Whole
from litmus.encode.cnf import NONE
from litmus.encode.problem import Problem, Solution
from litmus.ir.execution import State
from litmus.ir.litmus_test import Prop
from litmus.ir.options import Options
from litmus.ir.propositions import holds, satisfying
from litmus.judge.form import final_state
from litmus.solver.interface import Solver

MAX_THIN_AIR = 64
"""States enumerated whose values nothing in the test produced, where a model lets values justify themselves."""

_BATCH = 256
"""Executions that are checked by the evaluator together."""


def enumerate_states(whole: Whole, prop: Prop, options: Options, found: Findings) -> None:
    """Find every state (or execution), then flags and what was left out. Raises LimitReached."""
    task = whole.task
    # Before the states, so that those found before a limit are not taken for all there are.
    find_left_out(whole, found)
    solver = task.solvers.solver()
    try:
        _Enumeration(task, whole.problem, solver, prop, options, found).run()
    finally:
        solver.close()
        find_flags(whole, found)


class _Enumeration:
    """The enumeration of one problem's solutions."""

    def __init__(
        self, task: Task, problem: Problem, solver: Solver, prop: Prop, options: Options, found: Findings
    ) -> None:
        self.task = task
        self.problem = problem
        self.solver = solver
        self.prop = prop
        self.options = options
        self.found = found
        self.states: dict[State, None] = {}
        self.count = 0
        self.known = None if found.witness is None else final_state(found.witness)  # is listed in any case

    def run(self) -> None:
        """Count the states (or executions), and settle the condition. Raises LimitReached, Disagreement."""
        known = self.found.witness
        try:
            proposal = propose(self.problem.bounds, self.task.checks, self.task.deadline)
            if proposal is not None:
                self._confirm(proposal)
            else:
                self._solve()
        finally:
            if known is not None and self.known is not None and self.known not in self.states:
                self.states[self.known] = None
                self.found.count(known, holds(self.prop, self.known))
            self.found.states = list(self.states)
            self.found.settle()
        self.found.complete = True
        self.found.settle()

    def _confirm(self, proposal: Proposal) -> None:
        """Have the evaluator judge what was proposed, and the solver say that there is nothing else."""
        problem, every, limit = self.problem, self.options.executions, self.options.max_states
        executions = proposal.executions(every, self.known)
        others: list[str] = []  # for each, the clause that what is found is something else
        while batch := list(islice(executions, min(_BATCH, limit - self.count))):
            self.task.judge(batch)
            states = [state for _, state in batch]
            positive = satisfying(self.prop, self.task.graph.test.observed, states)
            for k, (execution, state) in enumerate(batch):
                self.states[state] = None
                self.found.count(execution, bool(positive >> k & 1))
            if every:
                others += [problem.other_execution(execution) for execution, _ in batch]
            else:
                others += problem.other_states(states)
            self._count(len(batch), limit)
            self.task.deadline.check()
        if NONE not in others:  # otherwise the clauses leave nothing else
            solver = self.task.solvers.solver(repeatable=False)  # it is to find no solution
            try:
                solver.load(problem.cnf.whole(others))
                if self.task.next(problem, solver, problem.regular) is not None:
                    raise Disagreement(f"{self.task.graph.test.name}: the solver finds more than was proposed")
            finally:
                solver.close()

    def _solve(self) -> None:
        """Ask the solver for one solution after the other."""
        problem, options = self.problem, self.options
        limit = options.max_states - (self.known is not None)
        wide = bool(problem.base.values.wide_reads())  # there may be more states than anyone can enumerate
        if wide:
            self._ask_both()  # the verdict must not wait for them
        # Where there may be more states than anyone wants, those of the values that the test names come first.
        rounds = [[*problem.regular, problem.tame()]] if wide else []
        rounds.append([*problem.regular])
        batch: list[Solution] = []
        try:
            self.solver.load(problem.cnf.take())
            while rounds:
                solution = self.task.next(problem, self.solver, rounds[0])
                if solution is None:
                    del rounds[0]
                    if wide:
                        limit = min(limit, self.count + MAX_THIN_AIR)
                    continue
                batch.append(solution)
                self.states[solution.state] = None
                if len(batch) == _BATCH:
                    self._account(batch)
                    batch = []
                another = solution.another_execution if options.executions else solution.another_state
                if not another:
                    break
                self.solver.add(another)
                self._count(1, limit)
        finally:
            self._account(batch)

    def _count(self, more: int, limit: int) -> None:
        """Count executions that were listed. Raises LimitReached when there are to be no more."""
        self.count += more
        if self.count >= limit:
            raise LimitReached("limit", f"stopped after {self.count} states; there may be more")

    def _ask_both(self) -> None:
        wanted = self.problem.proposition(self.prop)
        self.solver.load(self.problem.cnf.take())
        for literal, positive in ((wanted, True), (-wanted, False)):
            solution = self.task.next(self.problem, self.solver, [*self.problem.regular, literal])
            self.found.settle_one(positive, solution.execution if solution else None)

    def _account(self, batch: Sequence[Solution]) -> None:
        """Confirm some solutions, count them, and settle what they say of the condition."""
        self.task.confirm(self.problem, batch)
        positive = satisfying(self.prop, self.task.graph.test.observed, [solution.state for solution in batch])
        for k, solution in enumerate(batch):
            self.found.count(solution.execution, bool(positive >> k & 1))
        self.found.settle()
