"""Models without the sets and relations that a test lacks: the same answers, from fewer expressions."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

import litmus.engine
from litmus.cat.load import load
from litmus.cat.reduced import reduced
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import Model
from litmus.ir.options import Options
from litmus.targets import target_for

# Groups lose some of their definitions or become closures, and one is inside of another.
RECURSIVE = """recursive
let fr = rf^-1 ; co
let rec a = po | (b ; b) | [SYNC]
and b = (a ; strong) | (c & rf)
and c = data | (c ; addr ; c)
and strong = [LWSYNC] ; a
let rec outer = co | (let rec inner = rf | (outer & ctrl) | (inner ; inner & po) in inner ; outer)
acyclic (a & loc) | rf | co | fr as one
irreflexive outer ; fr as two
empty rmw & (fr ; co) | (strong & addr) as three
show strong
"""
TESTS = sorted((ROOT / "catalog/classic/ppc").glob("*.litmus"))


def names(model: Model) -> set[str]:
    return {name for node in model.nodes for name in node.tags or {node.name} if name}


def whole(path: Path, test: LitmusTest) -> Model:
    cat = load(str(path))
    target = target_for(cat, test, Options())
    return cat.elaborate(target.sets, target.variants, None, target.relations, absent=target.absent)


@pytest.fixture
def recursive(tmp_path: Path) -> Path:
    path = tmp_path / "recursive.cat"
    path.write_text(RECURSIVE, "utf-8")
    return path


@pytest.mark.parametrize(
    "absent", [set(), {"rmw"}, {"LWSYNC"}, {"data", "addr"}, {"SYNC", "LWSYNC", "data", "addr", "ctrl", "rmw"}]
)
def test_what_is_absent_vanishes(recursive: Path, absent: set[str]) -> None:
    model = whole(recursive, read_test(str(TESTS[0])))
    less = reduced(model, frozenset(absent), False)
    assert not names(less) & absent
    assert (less is model) == (not absent)
    assert len(less.fixpoints) <= len(model.fixpoints)
    assert [axiom.name for axiom in less.axioms] == ["one", "two", "three"]
    assert [name for name, _ in less.shown] == ["strong"]
    assert reduced(model, frozenset(absent), False) is less  # it is made once


@pytest.mark.parametrize("model", ["power", "sc", None])
def test_the_answers_are_the_same(model: str | None, recursive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = model or str(recursive)
    options = Options(executions=True)
    with Engine() as engine:
        less = [engine.check(read_test(str(path)), name, options) for path in TESTS]
    monkeypatch.setattr(litmus.engine, "reduced", lambda model, absent, updates: model)
    with Engine() as engine:
        for verdict, path in zip(less, TESTS, strict=True):
            found = engine.check(read_test(str(path)), name, options)
            assert (found.states, found.positive, found.negative) == (
                verdict.states,
                verdict.positive,
                verdict.negative,
            )


def test_a_model_that_chooses_stays_as_it_is() -> None:
    """Whether the first of the choices is empty says how the others are meant."""
    test = read_test(str(ROOT / "catalog/c11/SB+sc.litmus"))
    with Engine() as engine:
        ready = engine.prepare(test, "c11")
    assert any(node.op == "choose" for node in ready.model.nodes)
    assert reduced(ready.model, frozenset({"rmw", "data"}), False) is ready.model
