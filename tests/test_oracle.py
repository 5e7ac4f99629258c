"""The oracle on shapes whose outcomes everybody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from oracles import dags
from oracles.effort import examples
from oracles.generate import SMALL, X, Y, litmus_test, ppc_tests

from litmus.base.errors import LimitReached
from litmus.ir.litmus_test import LitmusTest, Observable, Register
from litmus.ir.model import Axiom, AxiomKind, Model, Node, Type
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Expr,
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
from litmus.judge.candidates import candidates, state_at_end
from litmus.judge.form import final_state, well_formed
from litmus.judge.oracle import oracle_executions, oracle_states
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

SC, TSO, POWER, COHERENCE = dags.sc(), dags.tso(), dags.power(), dags.coherence_only()


def read(register: str, location: Expr) -> Load:
    return Load(register, location)


def fence(tag: str) -> Fence:
    return Fence(frozenset({tag}))


def after(register: str, value: Expr) -> Op:
    """A value with a false dependency."""
    return Op("add", (Op("xor", (Reg(register), Reg(register))), value))


ONE, TWO, AT_X, AT_Y = Const(1), Const(2), Const(X), Const(Y)
WRITE_X, WRITE_Y = Store(AT_X, ONE), Store(AT_Y, ONE)

Bodies = list[list[Statement]]
STORE_BUFFERING: Bodies = [[WRITE_X, read("a", AT_Y)], [WRITE_Y, read("b", AT_X)]]
MESSAGE_PASSING: Bodies = [[WRITE_X, WRITE_Y], [read("a", AT_Y), read("b", AT_X)]]
LOAD_BUFFERING: Bodies = [[read("a", AT_X), WRITE_Y], [read("b", AT_Y), WRITE_X]]
READS: list[Statement] = [read("a", AT_X), read("b", AT_Y)]
INDEPENDENT: Bodies = [[WRITE_X], [WRITE_Y], READS, [read("c", AT_Y), read("d", AT_X)]]
TWO_WRITES: Bodies = [[Store(AT_X, ONE), Store(AT_Y, TWO)], [Store(AT_Y, ONE), Store(AT_X, TWO)]]


def spread(bodies: Bodies, *between: Statement) -> Bodies:
    """Something between any two accesses of every thread."""
    return [[s for k, access in enumerate(body) for s in ([*between, access] if k else [access])] for body in bodies]


def regs(*names: str) -> list[Observable]:
    """Registers written `0a`."""
    return [Register(int(name[0]), name[1:]) for name in names]


# The shape; what is observed; the outcome; the models that forbid it.
SHAPES: list[tuple[str, Bodies, list[Observable], Sequence[int], set[str]]] = [
    ("SB", STORE_BUFFERING, regs("0a", "1b"), (0, 0), {"sc"}),
    ("SB+mfences", spread(STORE_BUFFERING, fence("MFENCE")), regs("0a", "1b"), (0, 0), {"sc", "tso"}),
    ("SB+syncs", spread(STORE_BUFFERING, fence("SYNC")), regs("0a", "1b"), (0, 0), {"sc", "power"}),
    ("SB+lwsyncs", spread(STORE_BUFFERING, fence("LWSYNC")), regs("0a", "1b"), (0, 0), {"sc"}),
    ("MP", MESSAGE_PASSING, regs("1a", "1b"), (1, 0), {"sc", "tso"}),
    ("MP+lwsyncs", spread(MESSAGE_PASSING, fence("LWSYNC")), regs("1a", "1b"), (1, 0), {"sc", "tso", "power"}),
    ("LB", LOAD_BUFFERING, regs("0a", "1b"), (1, 1), {"sc", "tso"}),
    (
        "LB+datas",
        [[read("a", AT_X), Store(AT_Y, after("a", ONE))], [read("b", AT_Y), Store(AT_X, after("b", ONE))]],
        regs("0a", "1b"),
        (1, 1),
        {"sc", "tso", "power"},
    ),
    ("IRIW", INDEPENDENT, regs("2a", "2b", "3c", "3d"), (1, 0, 1, 0), {"sc", "tso"}),
    (
        "IRIW+lwsyncs",
        spread(INDEPENDENT, fence("LWSYNC")),
        regs("2a", "2b", "3c", "3d"),
        (1, 0, 1, 0),
        {"sc", "tso"},
    ),
    (
        "IRIW+syncs",
        spread(INDEPENDENT, fence("SYNC")),
        regs("2a", "2b", "3c", "3d"),
        (1, 0, 1, 0),
        {"sc", "tso", "power"},
    ),
    ("2+2W", TWO_WRITES, [X, Y], (1, 1), {"sc", "tso"}),
    ("2+2W+lwsyncs", spread(TWO_WRITES, fence("LWSYNC")), [X, Y], (1, 1), {"sc", "tso", "power"}),
    (
        "CoRR",
        [[WRITE_X], [read("a", AT_X), read("b", AT_X)]],
        regs("1a", "1b"),
        (1, 0),
        {"sc", "tso", "power", "coherence-only"},
    ),
    (
        "SB with exchanges",
        [[Rmw("c", AT_X, ONE), read("a", AT_Y)], [Rmw("d", AT_Y, ONE), read("b", AT_X)]],
        regs("0a", "1b"),
        (0, 0),
        {"sc", "tso"},
    ),
    (
        "two increments at once",
        [[Rmw("a", AT_X, Op("add", (Reg("a"), ONE)))], [Rmw("b", AT_X, Op("add", (Reg("b"), ONE)))]],
        [X],
        (1,),
        {"sc", "tso", "power", "coherence-only"},
    ),
]


@pytest.mark.parametrize("model", [SC, TSO, POWER, COHERENCE], ids=lambda model: model.name)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[0])
def test_classic_shapes(shape: tuple[str, Bodies, list[Observable], Sequence[int], set[str]], model: Model) -> None:
    _, bodies, observed, values, forbidding = shape
    graph = unfold(litmus_test("PPC", bodies, observed))
    state = tuple(zip(observed, values, strict=True))
    assert (state in oracle_states(graph, model)) == (model.name not in forbidding)


def test_all_states_of_store_buffering() -> None:
    observed = regs("0a", "1b")
    graph = unfold(litmus_test("X86", STORE_BUFFERING, observed))

    def found(model: Model) -> set[tuple[object, ...]]:
        return {tuple(value for _, value in state) for state in oracle_states(graph, model)}

    assert found(SC) == {(0, 1), (1, 0), (1, 1)}
    assert found(TSO) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert len(list(oracle_executions(graph, SC))) == 3


# --- values on a circle -----------------------------------------------------------------------------------------------

COPY: Bodies = [[read("a", AT_X), Store(AT_Y, Reg("a"))], [read("b", AT_Y), Store(AT_X, Reg("b"))]]
COPY_AND_OR: Bodies = [
    [read("a", AT_X), Store(AT_Y, Op("or", (Reg("a"), ONE)))],
    [read("b", AT_Y), Store(AT_X, Op("and", (Reg("b"), ONE)))],
]


def test_a_circle_with_one_solution_is_found_where_it_is_consistent() -> None:
    """LB with data: y = x | 1, x = y & 1, each read from the other, has x = y = 1; herd7 misses it."""
    observed = regs("0a", "1b")
    graph = unfold(litmus_test("PPC", COPY_AND_OR, observed))
    one = tuple((item, 1) for item in observed)
    assert one in oracle_states(graph, COHERENCE)
    assert one not in oracle_states(graph, POWER)


def test_a_circle_of_copies_holds_any_value() -> None:
    """Out of thin air, as far as the word reaches; a model that forbids it leaves 0."""
    test = litmus_test("PPC", COPY, regs("0a", "1b"), word_bits=8)
    values = {state[0][1] for state in oracle_states(unfold(test), COHERENCE)}
    numbers = range(-128, 128)
    assert values == {*numbers, *(Address(a.symbol, offset) for a in (X, Y) for offset in numbers)}
    assert {state[0][1] for state in oracle_states(unfold(test), POWER)} == {0}


def test_a_circle_without_solution_is_no_execution() -> None:
    bodies: Bodies = [[read("a", AT_X), Store(AT_Y, Op("add", (Reg("a"), ONE)))], COPY[1]]
    graph = unfold(litmus_test("PPC", bodies, regs("0a", "1b"), word_bits=8))
    assert all(not {(2, 5), (4, 3)} <= {(r, w) for r, w in x.rf.items()} for x in candidates(graph))
    assert {tuple(v for _, v in state) for state in oracle_states(graph, COHERENCE)} == {(0, 0), (0, 1)}


# --- choices, branches, loops, picks ----------------------------------------------------------------------------------


def test_a_store_conditional_succeeds_or_fails_once() -> None:
    body: list[Statement] = [Load("a", AT_X, reserve=True), StoreConditional("s", AT_X, ONE)]
    graph = unfold(litmus_test("PPC", [body], [Register(0, "s"), X]))
    assert {tuple(v for _, v in s) for s in oracle_states(graph, POWER)} == {(0, 0), (1, 1)}
    assert len(list(oracle_executions(graph, POWER))) == 2


def test_a_choice_that_makes_no_difference_does_not_count_twice() -> None:
    """The conditional store is skipped, so nothing comes of its success."""
    body: list[Statement] = [
        Load("a", AT_X, reserve=True),
        Branch(Op("eq", (Reg("a"), Const(0))), "end"),
        StoreConditional("s", AT_X, ONE),
        Label("end"),
    ]
    graph = replace(unfold(litmus_test("PPC", [body], [X])), assumptions=())
    assert graph.choices == 1
    assert len([x for x in candidates(graph) if x.values[1] == 0]) == 1


def test_loops_that_go_round_too_often_do_not_count() -> None:
    spin: list[Statement] = [
        Label("again"),
        read("a", AT_X),
        Assign("n", Op("add", (Reg("n"), ONE))),
        Branch(Op("ne", (Reg("a"), ONE)), "again"),
    ]
    for unroll in (0, 1, 2):
        graph = unfold(litmus_test("PPC", [spin, [WRITE_X]], regs("0a", "0n")), unroll)
        states = {tuple(v for _, v in s) for s in oracle_states(graph, SC)}
        assert states == {(1, n) for n in range(1, unroll + 2)}


def test_an_endless_loop_has_no_execution() -> None:
    endless: list[Statement] = [Label("again"), Goto("again")]
    assert oracle_states(unfold(litmus_test("X86", [endless, [WRITE_X]], [X])), SC) == set()


def test_each_pick_is_an_execution() -> None:
    nodes = (Node("base", Type.RELATION, name="rf"), Node("choose", Type.RELATION, (0, 0, 0)))
    model = Model("m", nodes, (), (Axiom(AxiomKind.ACYCLIC, 1, "a"),))
    graph = unfold(litmus_test("PPC", [[read("a", AT_X)]], regs("0a")))
    assert [dict(x.picks) for x in oracle_executions(graph, model)] == [{1: 0}, {1: 1}, {1: 2}]
    assert len(oracle_states(graph, model)) == 1


def test_the_limit() -> None:
    graph = unfold(litmus_test("PPC", STORE_BUFFERING, regs("0a", "1b")))
    assert len(list(candidates(graph, 4))) == 4
    with pytest.raises(LimitReached, match="3 candidates"):
        list(candidates(graph, 3))


@given(ppc_tests(SMALL))
@examples(40)
def test_candidates_are_well_formed_and_differ(test: LitmusTest) -> None:
    found = list(candidates(unfold(test)))
    assert all(well_formed(x) is None and final_state(x) == state_at_end(x) for x in found)
    assert len({repr((x.executed, x.rf, x.co, sorted(x.values.items()))) for x in found}) == len(found)
