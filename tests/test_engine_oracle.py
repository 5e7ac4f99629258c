"""The engine against brute force, on random programs under fixed and random models."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import dags
from oracles.circles import circle_models
from oracles.effort import examples
from oracles.free_programs import RESERVING, TWISTED, Style, free_tests
from oracles.generate import Size, models, ppc_tests, x86_tests
from oracles.left_out import Left, judged, whole_state
from oracles.shared import z3

from litmus.base.deadline import NO_DEADLINE
from litmus.base.errors import LimitReached
from litmus.bounds import base_bounds, compute, domains
from litmus.cat.load import load_text
from litmus.decide import decide, states
from litmus.decide.monotone import is_monotone
from litmus.decide.task import Task
from litmus.decide.whole import Whole
from litmus.encode.cnf import TRUE
from litmus.frontend.dialect import dialect_for
from litmus.ir.litmus_test import And, Atom, Condition, LitmusTest, Quantifier
from litmus.ir.model import Model, Type
from litmus.ir.options import Options
from litmus.ir.propositions import holds
from litmus.ir.verdict import Answer, Status
from litmus.judge.evaluate import evaluate, relations
from litmus.judge.form import final_state
from litmus.judge.oracle import oracle_executions, oracle_states
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

CANDIDATES = 300
STATES = 400
EVERY = 3000
FIXED = {"sc": dags.sc(), "coherence": dags.coherence_only(), "tso": dags.tso(), "power": dags.power()}

random_tests = examples(60)


def _agrees(test: LitmusTest, model: Model) -> None:
    """States, executions and the verdict of the engine are those of brute force."""
    graph = unfold(test)
    base = base_bounds(graph, domains.compute(graph))
    try:
        executions = list(oracle_executions(graph, model, CANDIDATES))
    except LimitReached:
        return
    ends = oracle_states(graph, model, CANDIDATES)
    found = decide(graph, base, model, test.condition, Options(max_states=STATES), z3)
    if found.status is Status.LIMIT:  # values from thin air: the oracle tries a few of the many
        for state in sorted(ends - set(found.states), key=str)[:5]:
            exactly = And(tuple(Atom(item, "=", value) for item, value in state))
            options = Options(verdict_only=True)
            assert decide(graph, base, model, Condition(Quantifier.EXISTS, exactly), options, z3).possible
        return
    assert set(found.states) == ends
    assert len(found.states) == found.positive + found.negative == len(ends)
    assert found.possible == any(holds(test.condition.prop, s) for s in ends)
    counted = decide(graph, base, model, test.condition, Options(executions=True, max_states=STATES), z3)
    if counted.status is not Status.LIMIT:
        assert counted.positive + counted.negative == len(executions)
    alone = decide(graph, base, model, test.condition, Options(verdict_only=True), z3)
    quantifier = test.condition.quantifier
    assert alone.ok(quantifier) == found.ok(quantifier)
    assert alone.observation() in (None, found.observation())
    flags = set().union(*(o.flags for o in evaluate(model, graph, executions)))
    assert set(found.flags) == flags


@random_tests
@given(test=x86_tests(), model=st.sampled_from(sorted(FIXED)))
def test_x86_programs(test: LitmusTest, model: str) -> None:
    _agrees(test, FIXED[model])


@random_tests
@given(test=ppc_tests(), model=st.sampled_from(sorted(FIXED)))
def test_ppc_programs(test: LitmusTest, model: str) -> None:
    _agrees(test, FIXED[model])


@random_tests
@given(test=st.one_of(x86_tests(), ppc_tests()), model=models())
def test_random_models(test: LitmusTest, model: Model) -> None:
    _agrees(test, model)


BY_PARTS = (
    "acyclic po | rf as b\nacyclic (co | fr) ; (po | rf)*",
    "acyclic po | rf as b\nacyclic ([W] ; (co | fr) ; (po | rf)*) & (W * W)",
    "acyclic po | rf as b\nacyclic ((co | fr) ; (po | rf)*) & (W * W)",  # a read may begin it, and is no end
    "acyclic po | rf as b\nacyclic ((co | fr) ; (po | rf)*) & (M * ~R)",
    "acyclic [M] ; (po | rfe) ; [M] as b\nacyclic fr ; ([M] ; (po | rfe) ; [M])* ; [M]",
    "acyclic co | fr ; rf\nacyclic po ; (co | fr ; rf)*",
    "acyclic (co | fr) ; (po | rf)*\nacyclic po | rf as b",
    "acyclic (co | fr) ; (po | rf)*",
    "acyclic po as b\nacyclic rf ; (po)* ; fr ; (po)*",
)


@random_tests
@given(test=st.one_of(x86_tests(), ppc_tests()), text=st.sampled_from(BY_PARTS))
def test_closures_of_what_is_acyclic(test: LitmusTest, text: str) -> None:
    """Clauses, not candidates that are judged, give as many executions as there are."""
    graph = unfold(test)
    model = load_text(text).elaborate(dialect_for(test.arch).sets)
    try:
        expected = list(oracle_executions(graph, model, CANDIDATES))
    except LimitReached:
        return
    with Whole(Task(graph, base_bounds(graph, domains.compute(graph)), model, NO_DEADLINE, z3)) as whole:
        found = list(whole.executions(TRUE))
    assert {(e.executed, tuple(sorted(e.rf.items())), e.co) for e in found} == {
        (e.executed, tuple(sorted(e.rf.items())), e.co) for e in expected
    }


@random_tests
@given(test=st.one_of(x86_tests(), ppc_tests()), model=st.one_of(models(), st.sampled_from(list(FIXED.values()))))
def test_bounds_hold_in_every_execution(test: LitmusTest, model: Model) -> None:
    graph = unfold(test)
    base = base_bounds(graph, domains.compute(graph))
    bounds = compute(model, base)
    try:
        executions = list(oracle_executions(graph, model, CANDIDATES))[:20]
    except LimitReached:
        return
    for execution in executions:
        actual = relations(model, execution, range(len(model.nodes)))
        for node, spec in enumerate(model.nodes):
            rows = actual[node]
            if spec.type is Type.SET:
                members = sum(1 << i for i, row in enumerate(rows) if row >> i & 1)
                assert bounds.must.sets[node] & ~members == 0
                assert members & ~bounds.may.sets[node] == 0
            else:
                for must, row, may in zip(bounds.must.relations[node], rows, bounds.may.relations[node], strict=True):
                    assert must & ~row == 0
                    assert row & ~may == 0


# --- programs of any kind, in words of so few bits that brute force can try every value -------------------------------

TOLD = {
    Left.ASTRAY: "an access goes to no location",
    Left.UNDEFINED: "a value has no meaning (a division by 0, arithmetic on addresses)",
}
NO_END = "no execution of the test comes to its end"  # and "passes its filter", if it has one


def _agrees_in_all(test: LitmusTest, model: Model, unroll: int = 0) -> None:
    """States, executions, verdicts and flags are those of brute force, and so is what is said to be left out."""
    try:
        graph = unfold(test, unroll)  # a loop may go round for ever, whatever is read
        truth = judged(graph, model, CANDIDATES)
    except LimitReached:
        return
    base = base_bounds(graph, domains.compute(graph))
    executions = [e for e in truth.executions if test.filter is None or holds(test.filter, whole_state(e))]
    flags = set().union(*(outcome.flags for outcome in evaluate(model, graph, executions)))
    ends = {final_state(e) for e in executions}
    sides = {holds(test.condition.prop, state) for state in ends}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(states, "MAX_THIN_AIR", EVERY)
        found, counted, alone = (
            decide(graph, base, model, test.condition, options, z3)
            for options in (Options(max_states=EVERY), Options(executions=True), Options(verdict_only=True))
        )
    assert set(found.states) == ends
    assert found.positive + found.negative == len(ends)
    assert counted.positive + counted.negative == len(executions)
    quantifier = test.condition.quantifier
    cut = {Left.CUT} in truth.left or ({Left.IDLE} in truth.left and not is_monotone(model))
    for findings in (found, counted, alone):
        assert findings.possible in (True in sides, None)
        assert findings.refutable in (False in sides, None)
        assert findings.ok(quantifier) is found.ok(quantifier)
        assert findings.answer(quantifier) is found.answer(quantifier)
        assert set(findings.flags) == flags
        assert findings.message == found.message
        assert findings.status is (Status.BOUND if cut else Status.DONE)
        if not ends:
            assert findings.answer(quantifier) is Answer.INCOMPLETE
        elif (quantifier is not Quantifier.FORALL) in sides:
            assert findings.answer(quantifier) is Answer.ALLOWED
        else:
            assert findings.answer(quantifier) is (Answer.BOUNDED if cut else Answer.FORBIDDEN)
    if found.status is Status.DONE:
        reasons = frozenset[Left]().union(*truth.left)
        no_end = NO_END if test.filter is None else f"{NO_END} and passes its filter"
        if not ends:
            every = judged(graph, replace(model, axioms=()), CANDIDATES).executions
            if any(test.filter is None or holds(test.filter, whole_state(e)) for e in every):
                passing = "" if test.filter is None else " that pass its filter"
                no_end = f"the model allows none of the executions of the test{passing}"
        said = [f"executions in which {what} are left out" for reason, what in TOLD.items() if reason in reasons]
        if base.domains.circular:  # a read on a circle has any value where what it reads from has no meaning
            assert found.message in said or not said
        else:
            assert found.message.partition(": it forbids the nearest by ")[0] in (
                said[:1] or ("", *[no_end] * (not ends))
            )


UPDATES = Style(oddities=0, updates=4)
FEW = st.sampled_from([FIXED["sc"], FIXED["coherence"], FIXED["power"]])
ODD = Style(oddities=2, word_bits=3)
PLAIN = Style(oddities=0, word_bits=3)
LOOPS = Size(threads=(1, 2), accesses=(1, 3), total=4)
CIRCLES = Size(threads=(2, 2), accesses=(1, 3), total=6, locations=2)
STYLES = st.sampled_from([Style(), RESERVING, TWISTED])


@random_tests
@given(test=STYLES.flatmap(lambda style: free_tests(style=style)), model=st.one_of(FEW, models()))
def test_free_programs(test: LitmusTest, model: Model) -> None:
    _agrees_in_all(test, model)


@random_tests
@given(test=free_tests(LOOPS, Style(loops=3)), model=FEW, unroll=st.integers(0, 1))
def test_free_programs_with_loops(test: LitmusTest, model: Model, unroll: int) -> None:
    _agrees_in_all(test, model, unroll)


@random_tests
@given(test=free_tests(style=UPDATES), model=st.one_of(FEW, models()))
def test_updates_that_are_one_event(test: LitmusTest, model: Model) -> None:
    _agrees_in_all(test, model)


@random_tests
@given(test=free_tests(style=ODD))
def test_values_out_of_thin_air(test: LitmusTest) -> None:
    """Numbers and addresses that travel in circles: none is missed or made up, and what has no meaning is told."""
    _agrees_in_all(test, FIXED["coherence"])


@random_tests
@given(
    test=st.one_of(free_tests(style=PLAIN), ppc_tests(CIRCLES, word_bits=3), x86_tests(CIRCLES, word_bits=3)),
    model=circle_models(),
)
def test_some_circles_are_forbidden(test: LitmusTest, model: Model) -> None:
    _agrees_in_all(test, model)
