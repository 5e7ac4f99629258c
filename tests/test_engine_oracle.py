"""The engine against brute force, on random programs under fixed and random models."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import dags
from oracles.generate import models, ppc_tests, x86_tests

from litmus import domains
from litmus.base.errors import LimitReached
from litmus.bounds import base_bounds, compute
from litmus.decide import Question, decide
from litmus.evaluate import evaluate, relations
from litmus.ir.litmus_test import And, Atom, Condition, LitmusTest, Quantifier
from litmus.ir.model import Model, Type
from litmus.ir.propositions import holds
from litmus.ir.verdict import Status
from litmus.oracle import oracle_executions, oracle_states
from litmus.solver.z3 import Z3
from litmus.unfold import unfold

CANDIDATES = 300
STATES = 400
EXAMPLES = int(os.environ.get("LITMUS_EXAMPLES", "0"))
"""A longer run than CI's, with new examples each time: `make fuzz`."""
FIXED = {"sc": dags.sc(), "coherence": dags.coherence_only(), "tso": dags.tso(), "power": dags.power()}
z3 = Z3()

random_tests = settings(
    max_examples=EXAMPLES or 60,
    deadline=None,
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _agrees(test: LitmusTest, model: Model) -> None:
    """States, executions and the verdict of the engine are those of brute force."""
    graph = unfold(test)
    base = base_bounds(graph, domains.compute(graph))
    try:
        executions = list(oracle_executions(graph, model, CANDIDATES))
    except LimitReached:
        return
    states = oracle_states(graph, model, CANDIDATES)
    if test.filter is not None:
        states = {s for s in states if holds(test.filter, s)}
    found = decide(graph, base, model, test.condition, Question(max_states=STATES), z3)
    if found.status is Status.LIMIT:  # values from thin air: the oracle tries a few of the many
        for state in sorted(states - set(found.states), key=str)[:5]:
            exactly = And(tuple(Atom(item, "=", value) for item, value in state))
            question = Question(verdict_only=True)
            assert decide(graph, base, model, Condition(Quantifier.EXISTS, exactly), question, z3).possible
        return
    assert set(found.states) == states
    assert len(found.states) == found.positive + found.negative == len(states)
    assert found.possible == any(holds(test.condition.prop, s) for s in states)
    counted = decide(graph, base, model, test.condition, Question(executions=True, max_states=STATES), z3)
    if test.filter is None and counted.status is not Status.LIMIT:
        assert counted.positive + counted.negative == len(executions)
    alone = decide(graph, base, model, test.condition, Question(verdict_only=True), z3)
    quantifier = test.condition.quantifier
    assert alone.ok(quantifier) == found.ok(quantifier)
    assert alone.observation() in (None, found.observation())
    flags = set().union(*(o.flags for o in evaluate(model, graph, executions)))
    if test.filter is None:
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


@random_tests
@given(test=st.one_of(x86_tests(word_bits=4), ppc_tests(word_bits=4)), model=st.sampled_from(["coherence", "power"]))
def test_narrow_words(test: LitmusTest, model: str) -> None:
    """Where a word has few values, brute force tries them all: nothing out of thin air is missed or made up."""
    _agrees(test, FIXED[model])


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
