"""Axioms that follow from others, which the solver does not need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples
from oracles.generate import models, ppc_tests, x86_tests

from litmus.base.errors import LimitReached
from litmus.cat import load, load_text
from litmus.decide.implied import Within, strongest
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import Model, Type
from litmus.judge.evaluate import relations
from litmus.judge.oracle import oracle_executions
from litmus.unfold import unfold


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("acyclic po | rf as small acyclic po | rf | co as large", ["large"]),
        ("acyclic po | rf | co as large acyclic po | rf as small", ["large"]),
        ("acyclic po | rf as one acyclic rf | po as two", ["two"]),  # the same: one of them stays
        ("acyclic po as small acyclic po+ as large", ["large"]),
        ("acyclic po ; (rf & ext) as small acyclic po ; rf as large", ["large"]),
        ("acyclic po \\ (rf | co) as small acyclic po \\ rf as large", ["large"]),
        ("acyclic po \\ rf as other acyclic po \\ (rf | co) as small", ["other"]),
        ("irreflexive rf ; (po & loc) as small irreflexive rf ; po as large", ["large"]),
        ("empty rmw & (fre ; coe) as small empty rmw as large", ["large"]),
        ("acyclic rf & int as one acyclic rf & ext as two", ["one", "two"]),
        ("irreflexive po as one acyclic po | rf as two", ["one", "two"]),  # of different kinds
        ("~empty po as one ~empty po | rf as two", ["one", "two"]),
        ("flag acyclic po as one acyclic po | rf as two", ["two"]),  # no check
        ("let rec r = po | r ; rf acyclic r ; rf as one acyclic r as two", ["one", "two"]),
    ],
)
def test_what_follows_is_left_out(text: str, left: list[str]) -> None:
    model = load_text(f'"m"\nlet fre = (rf^-1 ; co) & ext\nlet coe = co & ext\n{text}\n').elaborate(frozenset())
    assert [axiom.name for axiom in strongest(model)] == left


def test_deep_expressions_are_compared_as_far_as_need_be() -> None:
    """As deep as a model is whose definitions go through the bytes of a test."""
    steps = "".join(f"let a{n} = a{n - 1} ; {'po' if n % 2 else 'rf'} | co\n" for n in range(1, 2000))
    text = f'"m"\nlet a0 = po\nlet b0 = po\n{steps}{steps.replace("a", "b").replace("co", "(co & ext)")}'
    model = load_text(f"{text}acyclic a1999 as one acyclic b1999 as two\n").elaborate(frozenset())
    assert [axiom.name for axiom in strongest(model)] == ["one", "two"]


def test_an_order_has_the_axioms_of_those_that_it_is_built_on() -> None:
    cat = load("sparc-tso")
    described = cat.description()
    assert described is not None
    found = cat.elaborate(described.tags)
    assert [axiom.name for axiom in found.axioms if axiom not in strongest(found)] == [
        "memory-order",
        "partial-store-order",
    ]


@examples(60)
@given(test=st.one_of(x86_tests(), ppc_tests()), model=models())
def test_what_is_within_is_so_in_every_execution(test: LitmusTest, model: Model) -> None:
    graph = unfold(test)
    within = Within(model.nodes)
    found = [
        (a, b)
        for a, small in enumerate(model.nodes)
        for b, large in enumerate(model.nodes)
        if a != b and small.type is large.type is Type.RELATION and within.holds(a, b)
    ]
    try:
        executions = list(oracle_executions(graph, model, 100))[:10]
    except LimitReached:
        return
    for execution in executions:
        actual = relations(model, execution, range(len(model.nodes)))
        for a, b in found:
            assert all(row & ~other == 0 for row, other in zip(actual[a], actual[b], strict=True))
