"""The interface of a solver: clauses go in; whether they are satisfiable and the literals of a solution come out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class SolverAnswer(Enum):
    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


class Solver(Protocol):
    """An incremental solver for propositional clauses; literals are DIMACS integers."""

    def load(self, dimacs: str) -> None:
        """Add the clauses of a DIMACS text."""

    def add(self, literals: Sequence[int]) -> None:
        """Add one clause."""

    def check(self, assumptions: Sequence[int] = (), seconds: float | None = None) -> SolverAnswer:
        """Whether clauses and assumptions are satisfiable together; UNKNOWN after `seconds`."""

    def true(self, literals: Sequence[int]) -> list[bool]:
        """For each literal, whether it is true in the solution of the last check, which must have been SAT."""

    def close(self) -> None:
        """Release the solver's memory."""


class Solvers(Protocol):
    """A factory of solvers."""

    def solver(self, repeatable: bool = True) -> Solver:
        """A new solver without clauses.

        Which solutions one finds that is not `repeatable` may depend on what others were asked before.
        """
