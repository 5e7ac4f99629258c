"""What the rest of litmus knows of a solver: clauses in, yes or no out, and the literals of a solution."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class Answer(Enum):
    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


class Solver(Protocol):
    """An incremental solver for propositional clauses; literals are DIMACS integers."""

    def load(self, dimacs: str) -> None:
        """Add the clauses of a DIMACS text."""

    def add(self, literals: Sequence[int]) -> None:
        """Add one clause."""

    def check(self, assumptions: Sequence[int] = (), seconds: float | None = None) -> Answer:
        """Whether the clauses hold together with the assumptions; UNKNOWN when the time is up."""

    def true(self, literals: Sequence[int]) -> list[bool]:
        """For each literal whether it holds in the solution of the last check, which was SAT."""

    def close(self) -> None:
        """Give back what the solver holds."""


class Solvers(Protocol):
    """Where solvers come from."""

    def solver(self) -> Solver:
        """A new solver without clauses."""
