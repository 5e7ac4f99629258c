"""Words of literals against `litmus.ir.values.apply`: every operator, numbers and addresses, several widths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from oracles.shared import z3

from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.encode.words import WideArithmetic, Word
from litmus.ir.thread import Address, Value
from litmus.ir.values import apply
from litmus.solver.interface import SolverAnswer

pytestmark = pytest.mark.slow

SYMBOLS = ("x", "y")
UNARY = ("neg", "not", "lnot")
ARITHMETIC = ("add", "sub", "mul", "div", "and", "or", "xor", "nor", "shl", "shr", "sar")
BINARY = (*ARITHMETIC, "eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor")
OPERATORS = (*UNARY, *BINARY)
SHAPES = ((4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (5, 4), (8, 6))
"""The width of the words, and that of the operator."""


def numbers(width: int) -> list[int]:
    """Every number up to 4 bits; beyond, those near a place where something changes."""
    half = 1 << width - 1
    if width <= 4:
        return list(range(-half, half))
    near = [k * (1 << width - 2) + d for k in range(-2, 3) for d in (-1, 0, 1)]
    return sorted({n for n in (*near, 2, 3, width - 1, width) if -half <= n < half})


def values(width: int) -> list[Value]:
    """Numbers, and addresses of the symbols."""
    offsets = [-(1 << width - 1), -1, 0, 1, 4, (1 << width - 1) - 1]
    return [*numbers(width), *(Address("x", offset) for offset in offsets), Address("y"), Address("y", 4)]


def arguments(op: str, width: int) -> list[tuple[Value, ...]]:
    """The operands that an operator is tried on."""
    return list(product(values(width), repeat=1 if op in UNARY else 2))


def result_of(word: Word) -> Value | None:
    """The value of a word that is made of constants."""
    assert {abs(x) for x in (*word.literals(), word.defined)} == {TRUE}
    return word.value(lambda x: x == TRUE) if word.defined == TRUE else None


@pytest.mark.parametrize(("width", "bits"), SHAPES)
@pytest.mark.parametrize("op", OPERATORS)
def test_operators_on_constants(op: str, width: int, bits: int) -> None:
    arithmetic = WideArithmetic(Cnf(), width)
    words = {value: arithmetic.constant(value) for value in values(width)}
    for args in arguments(op, width):
        assert (args, result_of(arithmetic.apply(op, [words[a] for a in args], bits))) == (args, apply(op, args, bits))


def solved(cnf: Cnf, assumptions: Sequence[int]) -> SolverAnswer:
    solver = z3.solver()
    try:
        solver.load(cnf.whole())
        return solver.check(assumptions)
    finally:
        solver.close()


def differs(arithmetic: WideArithmetic, word: Word, expected: Value | None) -> int:
    """A literal equal to: a word is not the expected value, or is defined although none is expected."""
    if expected is None:
        return word.defined
    same = arithmetic.equal(word, arithmetic.constant(expected))
    return -arithmetic.cnf.and_((word.defined, same))


@pytest.mark.parametrize(("width", "bits"), [(4, 4), (5, 4)])
@pytest.mark.parametrize("op", OPERATORS)
def test_operators_on_words_of_which_nothing_is_known(op: str, width: int, bits: int) -> None:
    """In no solution is the result anything else, and there is one for every operand."""
    cnf = Cnf()
    arithmetic = WideArithmetic(cnf, width)
    fresh = [arithmetic.fresh(SYMBOLS) for _ in range(1 if op in UNARY else 2)]
    result = arithmetic.apply(op, fresh, bits)
    known = {value: arithmetic.constant(value) for value in values(width)}
    here = [{value: arithmetic.equal(word, known[value]) for value in known} for word in fresh]
    wrong, cases = [], []
    for args in arguments(op, width):
        case = cnf.and_([places[a] for places, a in zip(here, args, strict=True)])
        cases.append(case)
        wrong.append(cnf.and_((case, differs(arithmetic, result, apply(op, args, bits)))))
    assert solved(cnf, [cnf.or_(wrong)]) is SolverAnswer.UNSAT
    for case in cases[:: len(cases) // 7]:
        assert solved(cnf, [case]) is SolverAnswer.SAT


@pytest.mark.parametrize("op", BINARY)
def test_a_word_that_is_one_of_some_values(op: str) -> None:
    """Whichever of its possibilities a word is, or none, the result is what the values give."""
    cnf = Cnf()
    arithmetic = WideArithmetic(cnf, 4)
    possible: list[list[Value]] = [[0, 1, -3, Address("x"), Address("x", 4)], [0, -1, 2, Address("x"), Address("y")]]
    choices: list[Mapping[Value, int]] = [{value: cnf.variable() for value in few} for few in possible]
    words = []
    for choice in choices:
        cnf.at_most_one(list(choice.values()))
        words.append(arithmetic.one_of(choice, cnf.or_(choice.values())))
    result = arithmetic.apply(op, words, 4)
    none = [cnf.and_((-cnf.or_(choice.values()), result.defined)) for choice in choices]
    wrong = [
        cnf.and_((choices[0][a], choices[1][b], differs(arithmetic, result, apply(op, (a, b), 4))))
        for a, b in product(*possible)
    ]
    assert solved(cnf, [cnf.or_([*wrong, *none])]) is SolverAnswer.UNSAT


@pytest.mark.parametrize("value", values(4))
def test_what_is_said_of_one_word(value: Value) -> None:
    arithmetic = WideArithmetic(Cnf(), 4)
    word = arithmetic.constant(value)
    other = arithmetic.constant(Address("z", 3))
    assert result_of(word) == value
    assert arithmetic.is_address(word) == (TRUE if isinstance(value, Address) else FALSE)
    assert arithmetic.nonzero(word) == (FALSE if value == 0 else TRUE)
    assert result_of(arithmetic.select(TRUE, word, other)) == result_of(arithmetic.select(FALSE, other, word)) == value


@pytest.mark.parametrize("source", values(4))
def test_a_word_made_equal_to_another(source: Value) -> None:
    """Where the premise holds it has that value and no other; where it does not hold it may have any."""
    cnf = Cnf()
    arithmetic = WideArithmetic(cnf, 4)
    premise, word = cnf.variable(), arithmetic.fresh(SYMBOLS)
    arithmetic.imply_equal(premise, word, arithmetic.constant(source))
    same = arithmetic.equal(word, arithmetic.constant(source))
    assert solved(cnf, [premise, -same]) is SolverAnswer.UNSAT
    assert solved(cnf, [premise, same]) is SolverAnswer.SAT
    assert solved(cnf, [-premise, -same]) is SolverAnswer.SAT
