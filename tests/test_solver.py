"""What every solver behind the interface must do; run against each implementation."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from litmus.base.errors import LitmusError
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.solver.interface import Solver, SolverAnswer
from litmus.solver.z3 import Z3, _Context

z3 = Z3()


@pytest.fixture(params=[True, False], ids=["repeatable", "not repeatable"])
def solver(request: pytest.FixtureRequest) -> Iterator[Solver]:
    solver = z3.solver(request.param)
    yield solver
    solver.close()


def test_no_clauses(solver: Solver) -> None:
    assert solver.check() is SolverAnswer.SAT


def test_a_solver_that_is_asked_nothing_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr("litmus.solver.z3._Context.open", lambda context: made.append(1))
    z3.solver().close()
    z3.solver(False).close()
    assert not made


def test_a_context_serves_as_many_solvers_as_were_told_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litmus.solver.z3._SOLVERS_PER_CONTEXT", 2)
    made: list[_Context] = []
    monkeypatch.setattr("litmus.solver.z3._Context", lambda api: made.append(_Context(api)) or made[-1])
    solvers = Z3()
    for asked in (False, True, False, True, False, True):
        solver = solvers.solver(repeatable=False)
        if asked:
            assert solver.check() is SolverAnswer.SAT
        solver.close()
    assert len(made) == 2


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


def test_what_one_solver_was_told_no_other_knows() -> None:
    for _ in range(3):
        first, second = z3.solver(False), z3.solver(False)
        first.load("p cnf 2 2\n1 0\n-2 0\n")
        second.load("p cnf 2 1\n-1 0\n")
        first.add([2])
        assert first.check() is SolverAnswer.UNSAT
        assert second.check([2]) is SolverAnswer.SAT
        first.close()
        assert second.check([2]) is SolverAnswer.SAT
        assert second.true([1, 2]) == [False, True]
        second.close()


def test_a_problem_may_grow() -> None:
    """What begins small and becomes large is one problem nevertheless, and its solver serves others as well as any."""
    solver = z3.solver(False)
    solver.load("p cnf 1 1\n1 0\n")
    assert solver.check() is SolverAnswer.SAT
    count = 5000
    solver.load(f"p cnf {count} {count - 1}\n" + "".join([f"-{v} {v + 1} 0\n" for v in range(1, count)]))
    assert solver.check([-count], 10.0) is SolverAnswer.UNSAT
    assert solver.check([count], 10.0) is SolverAnswer.SAT
    solver.close()
    another = z3.solver(False)
    another.load("p cnf 2 1\n-1 -2 0\n")
    assert another.check([1]) is SolverAnswer.SAT
    another.close()


def test_hard_small_problems_are_solved() -> None:
    """One that takes more steps than small problems are given is solved nevertheless, and so is the next one."""
    solver = z3.solver(False)
    solver.load(_pigeons(8).take())
    assert solver.check((), 60.0) is SolverAnswer.UNSAT
    solver.close()
    another = z3.solver(False)
    another.load("p cnf 1 1\n1 0\n")
    assert another.check() is SolverAnswer.SAT
    another.close()


def test_time_limit() -> None:
    solver = z3.solver()
    solver.load(_pigeons(11).take())
    assert solver.check((), 0.05) is SolverAnswer.UNKNOWN
    solver.close()


def _pigeons(holes: int) -> Cnf:
    """The pigeonhole principle is hard for resolution."""
    cnf = Cnf()
    place = [[cnf.variable() for _ in range(holes)] for _ in range(holes + 1)]
    for row in place:
        cnf.add(*row)
    for column in zip(*place, strict=True):
        for a, b in itertools.combinations(column, 2):
            cnf.add(-a, -b)
    return cnf


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
