"""What `litmus.ir.formulas` simplifies means what was written: against plain evaluation of terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples
from oracles.interpreter import Nothing, Result, applied, perhaps

from litmus.ir.events import ALWAYS, NEVER, Choice, Formula, Known, ReadValue, ValueExpr
from litmus.ir.formulas import Terms
from litmus.ir.thread import Address, Value
from litmus.ir.valuation import Valuation

pytestmark = pytest.mark.slow

BITS = 4
X, Y, Y4 = Address("x"), Address("y"), Address("y", 4)
UNARY = ("neg", "not", "lnot")
ARITHMETIC = ("add", "sub", "mul", "div", "and", "or", "xor", "nor", "shl", "shr", "sar")
BINARY = (*ARITHMETIC, "eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor")


@dataclass(frozen=True, slots=True)
class Written:
    """A term as it is written: an operator and its operands, or a leaf: a read, a choice or what is known."""

    op: str
    args: tuple[Written, ...] = ()
    number: int = 0
    value: Value = 0


@dataclass(frozen=True, slots=True)
class World:
    """What the reads returned, and the choices made."""

    reads: tuple[Value, ...]
    choices: tuple[bool, ...] = (False, False, False)

    @property
    def valuation(self) -> Valuation:
        return Valuation(dict(enumerate(self.reads)), sum(1 << k for k, made in enumerate(self.choices) if made))


# --- made by `Terms` --------------------------------------------------------------------------------------------------


def built(terms: Terms, written: Written) -> ValueExpr:
    """The value that a term stands for, simplified."""
    match written.op:
        case "read":
            return ReadValue(written.number)
        case "known":
            return Known(written.value)
        case "select":
            condition, then, otherwise = written.args
            return terms.select(built_formula(terms, condition), built(terms, then), built(terms, otherwise))
    return terms.apply(written.op, tuple(built(terms, arg) for arg in written.args), BITS)


def built_formula(terms: Terms, written: Written) -> Formula:
    """The formula that a term stands for, simplified."""
    match written.op:
        case "choice":
            return Choice(written.number)
        case "truth":
            return ALWAYS if written.number else NEVER
        case "nonzero":
            return terms.nonzero(built(terms, written.args[0]))
        case "fails":
            return terms.not_(built_formula(terms, written.args[0]))
    parts = [built_formula(terms, arg) for arg in written.args]
    return terms.and_(*parts) if written.op == "all" else terms.or_(*parts)


# --- as it is written -------------------------------------------------------------------------------------------------

Guess = tuple[tuple[Nothing, bool], ...]
"""Whether values without meaning are taken for true."""


def meaning(written: Written, world: World) -> Result:
    """What a value is in a world."""
    match written.op:
        case "read":
            return world.reads[written.number]
        case "known":
            return written.value
        case "select":
            holds = [whether(written.args[0], world, guess) for guess in guesses(written.args[0], world)]
            then, otherwise = (meaning(arg, world) for arg in written.args[1:])
            if len(holds) == 1:
                return then if holds[0] else otherwise
            few = {then if truth else otherwise for truth in holds}
            return Nothing(("select", written), perhaps(few.pop()) if len(few) == 1 else None)
    return applied(written.op, tuple(meaning(arg, world) for arg in written.args), BITS)


def whether(written: Written, world: World, guess: Guess) -> bool:
    """Whether a formula holds in a world."""
    match written.op:
        case "choice":
            return world.choices[written.number]
        case "truth":
            return bool(written.number)
        case "nonzero":
            value = meaning(written.args[0], world)
            return dict(guess)[value] if isinstance(value, Nothing) else value != 0
        case "fails":
            return not whether(written.args[0], world, guess)
    holds = [whether(arg, world, guess) for arg in written.args]
    return all(holds) if written.op == "all" else any(holds)


def guesses(written: Written, world: World) -> list[Guess]:
    """Every way to take the values without meaning that a formula tests."""
    tested = list(dict.fromkeys(untold(written, world)))
    return [tuple(zip(tested, truths, strict=True)) for truths in product((False, True), repeat=len(tested))]


def untold(written: Written, world: World) -> Iterator[Nothing]:
    if written.op == "nonzero":
        value = meaning(written.args[0], world)
        if isinstance(value, Nothing):
            yield value
    elif written.op != "select":
        for arg in written.args:
            yield from untold(arg, world)


# --- one operator -----------------------------------------------------------------------------------------------------

READ, OTHER = Written("read"), Written("read", number=1)
KNOWN = [Written("known", value=value) for value in (0, 1, -1, 2, X)]
EVERY: list[Value] = [*range(-8, 8), X, Y, Y4]


@pytest.mark.parametrize("op", BINARY)
def test_an_operator_on_plain_operands(op: str) -> None:
    """With one operand twice, with a known one on either side, and tested against 0 in every way."""
    shapes = [(READ, READ), (READ, OTHER), *((READ, k) for k in KNOWN), *((k, READ) for k in KNOWN)]
    for args in shapes:
        plain = Written(op, args)
        for term in (
            plain,
            Written("eq", (plain, KNOWN[0])),
            Written("ne", (plain, KNOWN[0])),
            Written("lnot", (plain,)),
        ):
            terms = Terms()
            value, formula = built(terms, term), terms.nonzero(built(terms, term))
            for reads in product(EVERY, EVERY if OTHER in args else (0,)):
                agree(term, value, formula, World(reads))


def agree(written: Written, value: ValueExpr, formula: Formula, world: World) -> None:
    """A value, and the formula that it is not 0, are what was written."""
    expected = meaning(written, world)
    found, holds = world.valuation.value(value), world.valuation.holds(formula)
    if isinstance(expected, Nothing):
        assert found is None or found == expected.perhaps
        assert holds is None or expected.perhaps is None or holds is (expected.perhaps != 0)
    else:
        assert found == expected
        assert holds is (expected != 0)


# --- any term ---------------------------------------------------------------------------------------------------------


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> Written:
    """Terms for values; an operand is often used twice."""
    kinds = ["read", "read", "known"] + ["unary", "binary", "binary", "twice", "ite", "select"] * (depth > 0)
    match draw(st.sampled_from(kinds)):
        case "read":
            return Written("read", number=draw(st.integers(0, 2)))
        case "unary":
            return Written(draw(st.sampled_from(UNARY)), (draw(values(depth - 1)),))
        case "binary":
            return Written(draw(st.sampled_from(BINARY)), (draw(values(depth - 1)), draw(values(depth - 1))))
        case "twice":
            operand = draw(values(depth - 1))
            return Written(draw(st.sampled_from(BINARY)), (operand, operand))
        case "ite":
            return Written("ite", tuple(draw(values(depth - 1)) for _ in range(3)))
        case "select":
            condition = draw(formulas(depth - 1, depth - 1))
            return Written("select", (condition, draw(values(depth - 1)), draw(values(depth - 1))))
    known: list[Value] = [0, 0, 1, -1, 3, X, Y4]
    return Written("known", value=draw(st.sampled_from(known)))


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3, within: int = 1) -> Written:
    """Terms for formulas over values of depth `within`."""
    kinds = ["choice", "choice", "nonzero", "nonzero", "truth"] + ["fails", "all", "all", "any", "any"] * (depth > 0)
    match draw(st.sampled_from(kinds)):
        case "choice":
            return Written("choice", number=draw(st.integers(0, 2)))
        case "truth":
            return Written("truth", number=draw(st.integers(0, 1)))
        case "nonzero":
            return Written("nonzero", (draw(values(within)),))
        case "fails":
            return Written("fails", (draw(formulas(depth - 1, within)),))
        case op:
            return Written(op, tuple(draw(st.lists(formulas(depth - 1, within), min_size=1, max_size=4))))


WORLDS = st.lists(
    st.builds(
        World,
        st.tuples(*[st.sampled_from((0, 0, 1, 2, -1, -8, X, Y))] * 3),
        st.tuples(st.booleans(), st.booleans(), st.booleans()),
    ),
    min_size=6,
    max_size=6,
)


@examples(300)
@given(written=values(), worlds=WORLDS)
def test_values(written: Written, worlds: list[World]) -> None:
    terms = Terms()
    value = built(terms, written)
    formula = terms.nonzero(value)
    for world in worlds:
        agree(written, value, formula, world)


@examples(500)
@given(written=st.one_of(formulas(), formulas(within=0)), worlds=WORLDS)
def test_formulas(written: Written, worlds: list[World]) -> None:
    """A formula holds where it is written to; one that has no meaning may hold where it does whatever it tests."""
    formula = built_formula(Terms(), written)
    for world in worlds:
        possible = {whether(written, world, guess) for guess in guesses(written, world)}
        found = world.valuation.holds(formula)
        assert possible == {found} or (found is None and any(untold(written, world)))


@examples(200)
@given(few=st.lists(formulas(within=0), min_size=2, max_size=4))
def test_equal_formulas_are_one_object(few: list[Written]) -> None:
    """Made again by the same maker, in another order, a formula is the same object."""
    terms = Terms()
    first = [built_formula(terms, f) for f in few]
    again = [built_formula(terms, f) for f in reversed(few)][::-1]
    assert all(a is b or isinstance(a, Choice) for a, b in zip(first, again, strict=True))


LITERALS = [Written(op, (Written("choice", number=k),)) for k in range(3) for op in ("fails", "all")]


@pytest.mark.parametrize("outer", ["all", "any"])
def test_two_levels_of_literals(outer: str) -> None:
    """Every disjunction of two conjunctions of two literals, and the other way round."""
    inner = "any" if outer == "all" else "all"
    worlds = [World((0, 0, 0), (a, b, c)) for a, b, c in product((False, True), repeat=3)]
    terms = Terms()
    for p, q, r, s in product(LITERALS, repeat=4):
        written = Written(outer, (Written(inner, (p, q)), Written(inner, (r, s))))
        formula = built_formula(terms, written)
        for world in worlds:
            assert world.valuation.holds(formula) is whether(written, world, ())


def test_a_conjunction_drops_what_another_operand_implies() -> None:
    """Whichever comes first, and however often the same alternatives are met in another order."""
    terms = Terms()
    a, b, c = (Choice(k) for k in range(3))
    few, more, turned = terms.or_(a, b), terms.or_(a, b, c), terms.or_(b, a)
    assert terms.and_(few, more) == terms.and_(more, few) == few
    assert terms.and_(a, few) == terms.and_(few, a) == a
    assert terms.and_(few, turned) in (few, turned)
