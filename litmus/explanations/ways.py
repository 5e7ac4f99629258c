"""What rules an outcome out: the fewest axioms, and for every way in which it could come about a cycle they forbid.

A way is a candidate execution with the outcome: rf, co and values, whatever the axioms say. Candidates are taken from
the solver until each is ruled out by a cycle that was found before, as it has all of the cycle's edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import combinations

from litmus.base.errors import LimitReached
from litmus.bounds.narrow import narrowed
from litmus.decide.task import Disagreement, Task
from litmus.decide.whole import complete
from litmus.encode.axioms import require
from litmus.encode.cnf import FALSE, TRUE
from litmus.encode.problem import Problem, Solution
from litmus.encode.relations import DOWN, UP
from litmus.explanations.cycles import Cycle, cycle_of
from litmus.explanations.derivations import Derivations, Fact
from litmus.explanations.orders import no_order
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Prop
from litmus.ir.model import Axiom, AxiomRole, Model, Type
from litmus.solver.interface import Solver

MOST_CYCLES = 100
"""The most cycles that are looked for to rule an outcome out."""

_FEW = 2
"""With a cycle that rests on so few choices, none is looked for in larger relations, which takes longer."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why an outcome is impossible: the axioms, and cycles of which each candidate execution with the outcome has one.

    Both are minimal: without one of the axioms the outcome is possible, and without one of the cycles some candidate
    has none. No cycles: no candidate has the outcome, whatever the model.
    """

    axioms: tuple[Axiom, ...]
    cycles: tuple[Cycle, ...]


def reasons(task: Task, model: Model, prop: Prop, most: int = MOST_CYCLES) -> Reasons:
    """Why a model allows no execution of a test in which a proposition holds, which it does not.

    `task` is one without axioms. With `most` 1, only one cycle is looked for, which need not be all. Raises
    LimitReached.
    """
    return _Search(task, model, prop).reasons(most)


class _Search:
    """The candidates with an outcome, as clauses: axioms and cycles hold under literals of their own."""

    def __init__(self, task: Task, model: Model, prop: Prop) -> None:
        self.task = task
        self.model = model
        self.checks = [axiom for axiom in model.axioms if axiom.role is AxiomRole.CHECK]
        self.full = replace(task, model=model)
        self.premise: dict[Axiom, int] = {}
        self.prop = prop
        self.base = narrowed(complete(task), prop)
        self.problem = self._candidates()

    def reasons(self, most: int) -> Reasons:
        with closing(self.task.solvers.solver()) as solver:
            solver.load(self.problem.cnf.take())
            if not self.task.satisfiable(solver):
                return Reasons((), ())
            axioms = self._axioms(solver)
            first = self._first(solver, axioms)
        # the clauses of axioms are many, and to read a solution the solver goes through all of its variables
        self.problem = self._candidates()
        with closing(self.task.solvers.solver()) as solver:
            solver.load(self.problem.cnf.take())
            return Reasons(axioms, self._cycles(solver, axioms, first, most))

    def _candidates(self) -> Problem:
        """The candidates with the outcome, without any axiom."""
        problem = self.task.problem(self.base, ())
        problem.cnf.add(problem.proposition(self.prop))
        for literal in problem.regular:
            problem.cnf.add(literal)
        return problem

    # --- axioms ---------------------------------------------------------------------------------------------------

    def _axioms(self, solver: Solver) -> tuple[Axiom, ...]:
        """The fewest axioms that rule the outcome out.

        A set that does not is shown not to by a candidate; any that does has an axiom which that candidate violates.
        Axioms of one name are one: what `with ... from` requires of what it chooses.
        """
        violated: list[list[Axiom]] = []
        named: dict[str, list[Axiom]] = {}
        for axiom in self.checks:
            named.setdefault(axiom.name, []).append(axiom)
        for count in range(1, len(named) + 1):
            for names in combinations(named, count):
                some = tuple([axiom for name in names for axiom in named[name]])
                if all(any(axiom in some for axiom in broken) for broken in violated):
                    if not self._possible(solver, some):
                        return some
                    violated.append(self._violated(self.problem.solution(solver.true).execution, self.checks))
        raise Disagreement(f"{self.task.graph.test.name}: the outcome to be explained is possible")

    def _required(self, solver: Solver, axioms: Sequence[Axiom]) -> list[int]:
        """Literals under which these axioms hold."""
        for axiom in axioms:
            if axiom not in self.premise:
                self.premise[axiom] = self.problem.cnf.variable()
                require(self.problem.relations, axiom.kind, axiom.node, axiom.negated, self.premise[axiom])
                solver.load(self.problem.cnf.take())
        return [self.premise[axiom] for axiom in axioms]

    def _possible(self, solver: Solver, axioms: Sequence[Axiom]) -> bool:
        """Whether a candidate with the outcome satisfies these axioms; the solver then has it."""
        assumed = self._required(solver, axioms)
        excluded = None
        while True:
            if not self.task.satisfiable(solver, assumed if excluded is None else [*assumed, excluded]):
                return False
            if not self.problem.circular:
                return True
            solution = self.problem.solution(solver.true)
            if not self._violated(solution.execution, axioms):
                return True
            if excluded is None:  # a literal has justified itself
                excluded = self.problem.cnf.variable()
            solver.add([-excluded, *solution.another_execution])

    def _violated(self, execution: Execution, axioms: Iterable[Axiom]) -> list[Axiom]:
        names = self.full.outcome(execution).violated
        return [axiom for axiom in axioms if axiom.name in names]

    # --- cycles ---------------------------------------------------------------------------------------------------

    def _first(self, solver: Solver, axioms: Sequence[Axiom]) -> Solution | None:
        """A candidate that violates as few axioms as can be; None if any does."""
        others = [axiom for axiom in axioms if axiom.name != axioms[-1].name]
        return self.problem.solution(solver.true) if others and self._possible(solver, others) else None

    def _cycles(self, solver: Solver, axioms: Sequence[Axiom], first: Solution | None, most: int) -> tuple[Cycle, ...]:
        """Cycles that rule out every candidate, none of which could be left out; one of `first` is the first."""
        found: list[tuple[Cycle, int]] = []  # with the literal under which it excludes candidates
        while True:
            solution, first = first, None
            if solution is None:
                if not self.task.satisfiable(solver, [literal for _, literal in found]):
                    break
                solution = self.problem.solution(solver.true)
            self.task.confirm_form([(solution.execution, solution.state)])
            cycle = self._cycle(solution.execution, self._violated(solution.execution, axioms), axioms)
            clauses = [self._clause(one) for one in cycle.all_cycles()]
            rests_on = _rests_on(cycle)
            if any(_rests_on(other) == rests_on for other, _ in found):  # what is not there was not really there
                clauses = [list(solution.another_execution)]
            premise = self.problem.cnf.variable()
            solver.load(self.problem.cnf.take())
            for clause in clauses:
                solver.add([-premise, *clause])
            found.append((cycle, premise))
            if len(found) == most:
                if most == 1:
                    break
                raise LimitReached("limit", f"the outcome could come about in too many ways for {most} cycles")
        needed = list(found)
        for one in reversed(found):  # what was found first is what is shown first
            without = [other for other in needed if other is not one]
            if without and not self.task.satisfiable(solver, [literal for _, literal in without]):
                needed = without
        # what only one location is about goes without saying for most readers
        return tuple(sorted((cycle for cycle, _ in needed), key=_is_at_one_location))

    def _cycle(self, execution: Execution, violated: Sequence[Axiom], axioms: Sequence[Axiom]) -> Cycle:
        """What rules a candidate out, whatever orders it chooses; of cycles, that which rests on the fewest choices.

        If that cannot be said of all orders at once, it is said of those that the candidate has.
        """
        if self.model.orders:
            none = no_order(self.model, self.task.base, execution, axioms, self.task.deadline)
            if none is not None:
                return none
        known = Derivations(self.model, execution)
        plain = Derivations(self.model, execution, words=False, rows=known.rows)
        best: tuple[tuple[int, int], Cycle] | None = None
        for axiom in sorted(violated, key=lambda axiom: known.size(axiom.node)):
            cycle = cycle_of(known, plain, axiom, execution)
            rank = len(self._clause(cycle)), len(cycle.steps)
            if best is None or rank < best[0]:
                best = rank, cycle
            if best[0][0] <= _FEW:
                break
        assert best is not None
        return best[1]

    def _clause(self, cycle: Cycle) -> list[int]:
        """The clause that not all facts of a cycle hold."""
        relations = self.problem.relations
        clause: dict[int, None] = {}
        for fact in cycle.facts:
            if self.model.nodes[fact.node].type is Type.RELATION:
                literal = relations.pair(fact.node, *fact.pair, UP if fact.holds else DOWN)
            else:
                literal = relations.member(fact.node, fact.pair[0], UP if fact.holds else DOWN)
            literal = -literal if fact.holds else literal
            if literal != FALSE:
                clause[literal] = None
        relations.flush()
        return [TRUE] if TRUE in clause else list(clause)


def _is_at_one_location(cycle: Cycle) -> bool:
    """Whether all events of a cycle are accesses to one location, whatever is known of that before it runs."""
    events = cycle.execution.graph.events
    return len({events[event].addr for step in cycle.steps for event in (step.source, step.target)}) == 1


def _rests_on(cycle: Cycle) -> list[tuple[Fact, ...]]:
    return [one.facts for one in cycle.all_cycles()]
