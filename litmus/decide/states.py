"""Every reachable state, or every consistent execution."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.base.errors import LimitReached
from litmus.decide.findings import Findings
from litmus.decide.task import Task
from litmus.decide.warnings import find_flags, find_left_out
from litmus.encode.problem import Problem, Solution
from litmus.ir.execution import State
from litmus.ir.litmus_test import Prop
from litmus.ir.options import Options
from litmus.ir.propositions import holds
from litmus.judge.evaluate import final_state
from litmus.solver.interface import Solver

MAX_THIN_AIR = 64
"""States enumerated whose values nothing in the test produced, where a model lets values justify themselves."""

_BATCH = 256
"""Solutions that are checked by the evaluator together."""


def enumerate_states(task: Task, prop: Prop, options: Options, found: Findings) -> None:
    """Find every state (or execution), then flags and what was left out. Raises LimitReached."""
    problem = task.whole()
    solver = task.solvers.solver()
    try:
        # Before the states, so that those found before a limit are not taken for all there are.
        find_left_out(task, problem, found)
        try:
            _Enumeration(task, problem, solver, prop, options, found).run()
        finally:
            find_flags(task, problem, found)
    finally:
        solver.close()


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
        # There may be more states than anyone can enumerate.
        self.wide = bool(problem.base.values.wide_reads())

    def run(self) -> None:
        if self.wide:
            self._ask_both()  # the verdict must not wait for them
        problem, options = self.problem, self.options
        # Where there may be more states than anyone wants, those of the values that the test names come first.
        rounds = [[*problem.regular, problem.tame()]] if self.wide else []
        rounds.append([*problem.regular])
        limit = options.max_states - (self.found.witness is not None)  # whose state is listed in any case
        count = 0
        batch: list[Solution] = []
        states: dict[State, None] = {}
        try:
            self.solver.load(problem.cnf.take())
            while rounds:
                solution = self.task.next(problem, self.solver, rounds[0])
                if solution is None:
                    del rounds[0]
                    if self.wide:
                        limit = min(limit, count + MAX_THIN_AIR)
                    continue
                batch.append(solution)
                states[solution.state] = None
                count += 1
                if len(batch) == _BATCH:
                    self._account(batch)
                    batch = []
                another = solution.another_execution if options.executions else solution.another_state
                if not another:
                    break
                self.solver.add(another)
                if count >= limit:
                    raise LimitReached("limit", f"stopped after {limit} states; there may be more")
        finally:
            self._account(batch)
            known = self.found.witness
            if known is not None and (state := final_state(known)) not in states:  # of a verdict that was found before
                states[state] = None
                self.found.count(known, holds(self.prop, state))
            self.found.states = list(states)
        self.found.complete = True
        self.found.settle()

    def _ask_both(self) -> None:
        wanted = self.problem.proposition(self.prop)
        self.solver.load(self.problem.cnf.take())
        for literal, positive in ((wanted, True), (-wanted, False)):
            solution = self.task.next(self.problem, self.solver, [*self.problem.regular, literal])
            self.found.settle_one(positive, solution.execution if solution else None)

    def _account(self, batch: Sequence[Solution]) -> None:
        """Confirm some solutions, count them, and settle what they say of the condition."""
        self.task.confirm(self.problem, batch)
        for solution in batch:
            self.found.count(solution.execution, holds(self.prop, solution.state))
        self.found.settle()
