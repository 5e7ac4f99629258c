"""Candidates side by side: what they propose is what the solver finds one by one, and the solver has the last word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from oracles.shared import engine

from litmus import parse
from litmus.base.deadline import NO_DEADLINE
from litmus.base.errors import InternalError
from litmus.bounds.narrow import narrowed
from litmus.candidates import ending, propose
from litmus.candidates.space import Space
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import And
from litmus.ir.options import Options
from litmus.ir.propositions import holds
from litmus.judge.form import final_state

FILES = sorted((Path(__file__).parent / "litmus").glob("*/*.litmus"))
MODELS = {"LISA": "sc"}  # which no model decides by default


def test_each_combination_of_options_is_a_lane() -> None:
    space = Space([2, 1, 3])
    assert space.full == 0b111111
    taken = [[lane // stride % count for stride, count in space.steps] for lane in range(6)]
    assert sorted(taken) == [[a, 0, b] for a in range(2) for b in range(3)]
    for lane, options in enumerate(taken):
        for choice, option in enumerate(options):
            assert space.options[choice][option] >> lane & 1


def nothing(*_: Any) -> None:
    """In the place of `propose` or `ending`: the candidates are not to be listed."""


@pytest.mark.parametrize("executions", [False, True])
def test_they_are_what_the_solver_finds_one_by_one(executions: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options(executions=executions)
    proposed = 0

    def counted(*args: Any) -> Any:
        nonlocal proposed
        found = propose(*args)
        proposed += found is not None
        return found

    with Engine() as engine:
        tests = [test for file in FILES[::4] if (test := read_test(str(file))).arch != "C"]
        monkeypatch.setattr("litmus.decide.states.propose", counted)
        first = [engine.check(test, MODELS.get(test.arch), options) for test in tests]
        monkeypatch.setattr("litmus.decide.states.propose", nothing)
        second = [engine.check(test, MODELS.get(test.arch), options) for test in tests]
    assert proposed > len(tests) / 2
    for a, b in zip(first, second, strict=True):
        assert (a.states, a.positive, a.negative, a.status) == (b.states, b.positive, b.negative, b.status), a.test.name


def test_a_verdict_by_few_candidates_is_that_of_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options(verdict_only=True)
    listed = 0

    def counted(*args: Any) -> Any:
        nonlocal listed
        found = ending(*args)
        listed += found is not None
        return found

    with Engine() as engine:
        tests = [test for file in FILES[1::4] if (test := read_test(str(file))).arch != "C"]
        monkeypatch.setattr("litmus.decide.verdict.ending", counted)
        first = [engine.check(test, MODELS.get(test.arch), options) for test in tests]
        monkeypatch.setattr("litmus.decide.verdict.ending", nothing)
        second = [engine.check(test, MODELS.get(test.arch), options) for test in tests]
    assert listed > len(tests) / 2
    for a, b in zip(first, second, strict=True):
        assert (a.answer, a.observation, a.flags, a.status) == (b.answer, b.observation, b.flags, b.status), a.test.name


def test_more_candidates_than_wanted_are_not_listed() -> None:
    ready = engine.prepare(read_test(str(Path(__file__).parent / "litmus" / "X86" / "SB.litmus")))
    assert ending(ready.base, ready.model, And(()), 3, NO_DEADLINE) is None
    states = [state for _, state in ending(ready.base, ready.model, And(()), 4, NO_DEADLINE) or ()]
    assert len(states) == len(set(states)) == 4
    prop = ready.graph.test.condition.prop
    assert [state for _, state in ending(ready.base, ready.model, prop, 4, NO_DEADLINE) or ()] == [
        state for state in states if holds(prop, state)
    ]


def test_what_was_not_proposed_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def most(*args: Any) -> Any:
        found = propose(*args)
        assert found is not None
        return replace(found, states=found.states[1:])

    monkeypatch.setattr("litmus.decide.states.propose", most)
    with Engine() as engine, pytest.raises(InternalError, match="more than was proposed"):
        engine.check(read_test(str(next(f for f in FILES if f.parent.name == "X86"))))


def test_a_location_that_keeps_its_value_is_not_written() -> None:
    """The condition leaves co nothing after the initial write: a branch with a write is not taken."""
    text = """X86 kept
{ ok=1; }
 P0          | P1         ;
 MOV EAX,[x] | MOV [x],$1 ;
 CMP EAX,$0  |            ;
 JE end      |            ;
 MOV [ok],$0 |            ;
 end:        |            ;
exists (ok=1 /\\ x=1)"""
    for verdict_only in (False, True):
        assert engine.check(parse(text), None, Options(verdict_only=verdict_only)).answer.value == "Allowed"
    ready = engine.prepare(parse(text))
    prop = parse(text).condition.prop
    for execution, state in ending(narrowed(ready.base, prop), ready.model, prop, 10, NO_DEADLINE) or ():
        assert final_state(execution) == state
