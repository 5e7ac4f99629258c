"""The explicit-state machines: on shapes with known answers, and against the models that describe them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from oracles import dags
from oracles.effort import examples
from oracles.generate import NORMAL, X, Y, litmus_test, ppc_tests, x86_tests
from oracles.machines import sc_states, tso_states

from litmus.base.errors import LimitReached
from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest, Observable, Register
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
)
from litmus.judge.oracle import oracle_states
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

ONE, TWO, AT_X, AT_Y = Const(1), Const(2), Const(X), Const(Y)
MFENCE, SFENCE = Fence(frozenset({"MFENCE"})), Fence(frozenset({"SFENCE"}))
Bodies = list[list[Statement]]
LIMIT = 300


def inc(register: str, atomic: bool) -> Rmw:
    return Rmw(register, AT_X, Op("add", (Reg(register), ONE)), atomic=atomic)


def values(states: set[State]) -> set[tuple[object, ...]]:
    return {tuple(value for _, value in state) for state in states}


def store_buffering(*between: Statement) -> Bodies:
    return [[Store(AT_X, ONE), *between, Load("a", AT_Y)], [Store(AT_Y, ONE), *between, Load("b", AT_X)]]


SB = [Register(0, "a"), Register(1, "b")]
SPIN: Bodies = [
    [Label("again"), Load("a", AT_X), Branch(Op("eq", (Reg("a"), Const(0))), "again"), Load("b", AT_Y)],
    [Store(AT_Y, ONE), Store(AT_X, ONE)],
]
# The bodies; what is observed; the states of the SC machine; those that the TSO machine has besides.
TABLE: dict[str, tuple[Bodies, list[Observable], set[tuple[object, ...]], set[tuple[object, ...]]]] = {
    "SB": (store_buffering(), [*SB], {(0, 1), (1, 0), (1, 1)}, {(0, 0)}),
    "SB+mfences": (store_buffering(MFENCE), [*SB], {(0, 1), (1, 0), (1, 1)}, set()),
    "SB+sfences": (store_buffering(SFENCE), [*SB], {(0, 1), (1, 0), (1, 1)}, {(0, 0)}),
    "SB+locked": (store_buffering(Rmw("c", Const(Address("z")), ONE)), [*SB], {(0, 1), (1, 0), (1, 1)}, set()),
    "MP": (
        [[Store(AT_X, ONE), Store(AT_Y, ONE)], [Load("a", AT_Y), Load("b", AT_X)]],
        [Register(1, "a"), Register(1, "b")],
        {(0, 0), (0, 1), (1, 1)},
        set(),
    ),
    "SB with forwarding": (
        [[Store(AT_X, ONE), Load("a", AT_X), Load("b", AT_Y)], [Store(AT_Y, ONE), Load("c", AT_Y), Load("d", AT_X)]],
        [Register(0, "a"), Register(0, "b"), Register(1, "c"), Register(1, "d")],
        {(1, 0, 1, 1), (1, 1, 1, 0), (1, 1, 1, 1)},
        {(1, 0, 1, 0)},
    ),
    "2+2W": (
        [[Store(AT_X, ONE), Store(AT_Y, TWO)], [Store(AT_Y, ONE), Store(AT_X, TWO)]],
        [X, Y],
        {(1, 2), (2, 1), (2, 2)},
        set(),
    ),
    "locked increments": ([[inc("a", True)], [inc("b", True)]], [X], {(2,)}, set()),
    "plain increments": ([[inc("a", False)], [inc("b", False)]], [X], {(1,), (2,)}, set()),
    "compare and swap": (
        [[Rmw("a", AT_X, ONE, condition=Op("eq", (Reg("a"), Const(0))))], [Store(AT_X, TWO)]],
        [Register(0, "a"), X],
        {(0, 2), (2, 2)},
        set(),
    ),
    "spinning": (SPIN, [Register(0, "a"), Register(0, "b")], {(1, 1)}, set()),
    "never done": ([[Label("again"), Goto("again")]], [X], set(), set()),
    "an undefined address": ([[Load("a", Op("add", (AT_X, AT_Y)))]], [X], set(), set()),
    "a wild pointer": ([[Load("a", AT_X), Load("b", Reg("a"))]], [X], set(), set()),
}


@pytest.mark.parametrize("name", TABLE)
def test_known_answers(name: str) -> None:
    bodies, observed, sc, more = TABLE[name]
    test = litmus_test("X86", bodies, observed)
    assert values(sc_states(test)) == sc
    assert values(tso_states(test)) == sc | more


@pytest.mark.parametrize("name", TABLE)
def test_models_agree_on_the_known_answers(name: str) -> None:
    bodies, observed, _, _ = TABLE[name]
    test = litmus_test("X86", bodies, observed)
    graph = unfold(test)
    assert sc_states(test) == oracle_states(graph, dags.sc())
    assert tso_states(test) == oracle_states(graph, dags.tso())


@pytest.mark.parametrize("unroll", [0, 1, 2])
def test_loops_are_cut_where_unfold_cuts_them(unroll: int) -> None:
    """Two loops, one in the other, with a round counter each."""
    body: list[Statement] = [
        Label("outer"),
        Assign("n", Op("add", (Reg("n"), ONE))),
        Label("inner"),
        Assign("m", Op("add", (Reg("m"), ONE))),
        Load("a", AT_X),
        Branch(Op("eq", (Reg("a"), Const(0))), "inner"),
        Branch(Op("eq", (Reg("a"), ONE)), "outer"),
    ]
    observed: list[Observable] = [Register(0, r) for r in ("a", "m", "n")]
    test = litmus_test("X86", [body, [Store(AT_X, ONE), Store(AT_X, TWO)]], observed)
    expected = sc_states(test, unroll)
    assert expected
    assert expected == oracle_states(unfold(test, unroll), dags.sc())


def test_a_reservation_is_lost_to_the_write_of_another() -> None:
    body: list[Statement] = [Load("a", AT_X, reserve=True), StoreConditional("s", AT_X, TWO)]
    observed: list[Observable] = [Register(0, "a"), Register(0, "s"), X]
    test = litmus_test("PPC", [body, [Store(AT_X, ONE)]], observed)
    expected = {(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 2)}
    assert values(sc_states(test)) == expected
    assert values(oracle_states(unfold(test), dags.sc())) == expected


def agree_on(test: LitmusTest, arch: str) -> None:
    graph = unfold(test)
    try:
        assert sc_states(test) == oracle_states(graph, dags.sc(), LIMIT)
        if arch == "X86":
            assert tso_states(test) == oracle_states(graph, dags.tso(), LIMIT)
    except LimitReached:
        assume(False)


@given(x86_tests(NORMAL))
@examples(90)
def test_x86_programs(test: LitmusTest) -> None:
    agree_on(test, "X86")


@given(ppc_tests(NORMAL))
@examples(60)
def test_ppc_programs_run_in_order(test: LitmusTest) -> None:
    agree_on(test, "PPC")
