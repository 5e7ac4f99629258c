"""What every solver behind the interface must do; run against each implementation."""

from __future__ import annotations

import itertools
import random

import pytest

from litmus.base.errors import LitmusError
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.solver.interface import Solver, SolverAnswer
from litmus.solver.z3 import Z3

z3 = Z3()


@pytest.fixture
def solver() -> Solver:
    return z3.solver()


def test_no_clauses(solver: Solver) -> None:
    assert solver.check() is SolverAnswer.SAT


def test_contradiction(solver: Solver) -> None:
    solver.load("p cnf 1 2\n1 0\n-1 0\n")
    assert solver.check() is SolverAnswer.UNSAT


def test_empty_clause(solver: Solver) -> None:
    solver.load("p cnf 1 1\n 0\n")
    assert solver.check() is SolverAnswer.UNSAT


def test_solution(solver: Solver) -> None:
    solver.load("p cnf 3 3\n1 0\n-1 2 0\n-2 -3 0\n")
    assert solver.check() is SolverAnswer.SAT
    assert solver.true([1, 2, 3, -1, -2, -3]) == [True, True, False, False, False, True]


def test_assumptions_do_not_stay(solver: Solver) -> None:
    solver.load("p cnf 2 1\n1 2 0\n")
    assert solver.check([-1, -2]) is SolverAnswer.UNSAT
    assert solver.check([-1]) is SolverAnswer.SAT
    assert solver.true([2]) == [True]
    assert solver.check() is SolverAnswer.SAT


def test_text_and_clauses_name_the_same_variables(solver: Solver) -> None:
    solver.load("p cnf 2 1\n1 2 0\n")
    solver.add([-1])
    solver.load("p cnf 3 1\n-2 3 0\n")
    solver.add([-3])
    assert solver.check() is SolverAnswer.UNSAT


def test_broken_text_is_an_error(solver: Solver) -> None:
    with pytest.raises(LitmusError):
        solver.load("(assert nonsense")


def test_every_solution_is_enumerated() -> None:
    generator = random.Random(1)
    for _ in range(20):
        clauses = [[v * generator.choice((1, -1)) for v in generator.sample(range(1, 7), 3)] for _ in range(12)]
        expected = {
            bits
            for bits in itertools.product((False, True), repeat=6)
            if all(any(bits[abs(x) - 1] == (x > 0) for x in c) for c in clauses)
        }
        solver = z3.solver()
        solver.load(f"p cnf 6 {len(clauses)}\n" + "".join(" ".join(map(str, c)) + " 0\n" for c in clauses))
        found = set()
        while solver.check() is SolverAnswer.SAT:
            bits = tuple(solver.true(range(1, 7)))
            assert bits not in found
            found.add(bits)
            solver.add([-v if bit else v for v, bit in enumerate(bits, 1)])
        assert found == expected
        solver.close()


def test_time_limit() -> None:
    """The pigeonhole principle is hard for resolution."""
    holes = 11
    cnf = Cnf()
    place = [[cnf.variable() for _ in range(holes)] for _ in range(holes + 1)]
    for row in place:
        cnf.add(*row)
    for column in zip(*place, strict=True):
        for a, b in itertools.combinations(column, 2):
            cnf.add(-a, -b)
    solver = z3.solver()
    solver.load(cnf.take())
    assert solver.check((), 0.05) is SolverAnswer.UNKNOWN


def _models(cnf: Cnf, literals: list[int]) -> set[tuple[bool, ...]]:
    solver = z3.solver()
    solver.load(cnf.whole())
    found = set()
    while solver.check() is SolverAnswer.SAT:
        bits = tuple(solver.true(literals))
        found.add(bits)
        solver.add([-x if bit else x for x, bit in zip(literals, bits, strict=True)])
    return found


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 12])
def test_at_most_one(count: int) -> None:
    cnf = Cnf()
    literals = [cnf.variable() for _ in range(count)]
    cnf.at_most_one(literals)
    assert _models(cnf, literals) == {tuple(i == k for i in range(count)) for k in range(-1, count)}


def test_gates() -> None:
    cnf = Cnf()
    a, b, c = cnf.variable(), cnf.variable(), cnf.variable()
    gates = [cnf.and_((a, b)), cnf.or_((a, b)), cnf.xor(a, b), cnf.choose(a, b, c)]
    for x, y, z, both, either, one, chosen in _models(cnf, [a, b, c, *gates]):
        assert (both, either, one, chosen) == (x and y, x or y, x != y, y if x else z)


def test_gates_fold_constants() -> None:
    cnf = Cnf()
    a = cnf.variable()
    assert cnf.and_((a, TRUE)) == a
    assert cnf.and_((a, FALSE)) == cnf.and_((a, -a)) == FALSE
    assert cnf.or_(()) == FALSE
    assert cnf.xor(a, TRUE) == -a
    assert cnf.choose(TRUE, a, FALSE) == a
