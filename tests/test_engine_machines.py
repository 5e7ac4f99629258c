"""The axiomatic models against machines: explicit states, no events, no solver."""

from __future__ import annotations

import pytest
from hypothesis import given
from oracles.effort import examples
from oracles.generate import ppc_tests, x86_tests
from oracles.machines import sc_states, tso_states
from oracles.shared import engine

from litmus.ir.litmus_test import LitmusTest
from litmus.ir.propositions import holds
from litmus.ir.verdict import Status

pytestmark = pytest.mark.slow


random_tests = examples(150)


@random_tests
@given(test=x86_tests())
def test_store_buffers(test: LitmusTest) -> None:
    expected = tso_states(test)
    verdict = engine.check(test, "x86-tso")
    assert verdict.status in (Status.DONE, Status.BOUND)
    assert set(verdict.states) == {s for s in expected if test.filter is None or holds(test.filter, s)}


@random_tests
@given(test=x86_tests())
def test_interleaving_x86(test: LitmusTest) -> None:
    expected = sc_states(test)
    verdict = engine.check(test, "sc")
    assert set(verdict.states) == {s for s in expected if test.filter is None or holds(test.filter, s)}


@random_tests
@given(test=ppc_tests())
def test_interleaving_ppc(test: LitmusTest) -> None:
    expected = sc_states(test)
    verdict = engine.check(test, "sc")
    assert set(verdict.states) == {s for s in expected if test.filter is None or holds(test.filter, s)}
