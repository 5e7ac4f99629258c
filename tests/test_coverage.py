"""`litmus coverage`: the clauses of a model, the model without each, and the tests that need them."""

from __future__ import annotations

import json
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Ended
from oracles.shared import PATIENCE, engine

import litmus
from litmus.batch.coverage import CoveragePlan, Needed, needed
from litmus.cat.clauses import clauses
from litmus.cat.load import CatModel, load, load_text
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options

X86 = ROOT / "catalog" / "classic" / "x86"
SMALL = """"small"
include "x86fences.cat"
let weak = po & (R * M | W * W)
let rec far = rfe | (far ; far)
acyclic (weak | mfence) | rfe | co | fr as order
acyclic po-loc | rf
empty rmw & (fre ; coe) as atomicity
flag ~empty rf \\ rf as odd
"""

WITHOUT = {  # the line of each clause, the clause, what it is in, and the text of the model without it
    (3, "R * M", "weak"): ("(R * M | W * W)", "(W * W)"),
    (3, "W * W", "weak"): ("(R * M | W * W)", "(R * M)"),
    (4, "rfe", "far"): ("rfe | (far ; far)", "(far ; far)"),
    (4, "far ; far", "far"): ("rfe | (far ; far)", "rfe"),
    (5, "acyclic (weak | mfence) | rfe | co | fr as order", ""): (
        "acyclic (weak | mfence) | rfe | co | fr as order",
        "",
    ),
    (5, "weak", "order"): ("(weak | mfence)", "mfence"),
    (5, "mfence", "order"): ("(weak | mfence)", "weak"),
    (5, "weak | mfence", "order"): ("(weak | mfence) | rfe", "rfe"),
    (5, "rfe", "order"): ("| rfe | co", "| co"),
    (5, "co", "order"): ("| co | fr", "| fr"),
    (5, "fr", "order"): ("| co | fr", "| co"),
    (6, "acyclic po-loc | rf", ""): ("acyclic po-loc | rf", ""),
    (6, "po-loc", "acyclic"): ("po-loc | rf", "rf"),
    (6, "rf", "acyclic"): ("po-loc | rf", "po-loc"),
    (7, "empty rmw & (fre ; coe) as atomicity", ""): ("empty rmw & (fre ; coe) as atomicity", ""),
    (8, "flag ~empty rf \\ rf as odd", ""): ("flag ~empty rf \\ rf as odd", ""),
}


def test_every_clause_is_found_and_dropped() -> None:
    """The model without a clause is that whose text does not have it."""
    found = clauses(load_text(SMALL))
    names = [(clause.span.source.position(clause.span.start)[0], clause.text, clause.within) for clause, _ in found]
    assert sorted(names) == sorted(WITHOUT)
    for name, (_, mutant) in zip(names, found, strict=True):
        before, after = WITHOUT[name]
        assert SMALL.count(before) == 1
        expected = load_text(SMALL.replace(before, after))
        assert mutant.file.statements == expected.file.statements, name


@pytest.mark.parametrize("model", ["power", "x86-tso", "alpha", "riscv", "ia64", "pci-tree"])
def test_clauses_of_our_models(model: str) -> None:
    whole = load(model)
    found = clauses(whole)
    assert len(found) > 10
    assert len({clause for clause, _ in found}) == len(found)
    for clause, mutant in found:
        assert (mutant.file != whole.file) == (clause.span.source.name == str(whole.path))
        assert (mutant.files is whole.files) == (mutant.file != whole.file)
        assert clause.text.count("(") == clause.text.count(")") or clause.text.endswith("...")
        assert "\n" not in str(clause)


def test_clauses_of_included_files(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.cat").write_text("acyclic po-loc | rf | co | fr as coherence\n")
    (tmp_path / "outer.cat").write_text('include "parts/inner.cat"\nlet keep = po & (R * M) | rfe\n')
    own = 'include "outer.cat"\nacyclic keep | co | fr as order\n'
    (tmp_path / "own.cat").write_text(own)
    found = clauses(load(str(tmp_path / "own.cat")))
    places = [
        (Path(clause.span.source.name).name, clause.span.source.position(clause.span.start)[0]) for clause, _ in found
    ]
    assert places == [("own.cat", 2)] * 4 + [("outer.cat", 2)] * 2 + [("inner.cat", 1)] * 5
    tests = [litmus.load(X86 / f"{name}.litmus") for name in ("SB", "MP", "CoRW1", "2+2W")]
    for clause, mutant in found:
        file = next(path for path in tmp_path.rglob("*.cat") if path.name == Path(clause.span.source.name).name)
        text = file.read_text()
        file.write_text(without(text, clause.text))
        expected = load(str(tmp_path / "own.cat"))  # reads what it includes when it is used
        answers = [[possible(test, model) for test in tests] for model in (expected, mutant)]
        file.write_text(text)
        assert answers[0] == answers[1], clause
    assert len({tuple(possible(test, mutant) for test in tests) for _, mutant in found}) == 2


def possible(test: LitmusTest, model: CatModel) -> bool | None:
    return engine.decide(engine.prepare(test, model), test.condition, Options(verdict_only=True)).possible


def without(text: str, clause: str) -> str:
    """A text without a clause, and the bar beside it; without its line if it is an axiom."""
    if " as " in clause:
        return text.replace(clause, "")
    return text.replace(f"{clause} | ", "", 1) if f"{clause} | " in text else text.replace(f" | {clause}", "", 1)


def test_the_kernels_own_model_keeps_its_definitions(tmp_path: Path) -> None:
    (tmp_path / "k.def").write_text("READ_ONCE(X) __load{once}(X)\nWRITE_ONCE(X,V) { __store{once}(X,V); }\n")
    (tmp_path / "k.cat").write_text("K\nacyclic po | rf | co | fr as sc\n")
    (tmp_path / "k.bell").write_text("K\nenum Accesses = 'once\ninstructions R[{'once}]\ninstructions W[{'once}]\n")
    (tmp_path / "k.cfg").write_text("macros k.def\nbell k.bell\nmodel k.cat\n")
    for _, mutant in clauses(load(str(tmp_path / "k.cfg"))):
        assert mutant.definitions is not None
    found = dict(needed(CoveragePlan(str(tmp_path / "k.cfg")), [str(ROOT / "catalog" / "classic" / "c" / "SB.litmus")]))
    assert all(isinstance(needs, Needed) and needs.clauses for needs in found.values()), found


def test_a_test_needs_a_clause_if_its_answer_is_another_without_it(tmp_path: Path) -> None:
    (tmp_path / "small.cat").write_text(SMALL)
    files = [str(X86 / f"{name}.litmus") for name in ("SB", "SB+fences", "MP", "lost-update+locks", "CoRW1")]
    found = dict(needed(CoveragePlan(str(tmp_path / "small.cat")), files))
    names = [
        (clause.span.source.position(clause.span.start)[0], clause.text) for clause, _ in clauses(load_text(SMALL))
    ]
    for file in files:
        answer = litmus.check(file, tmp_path / "small.cat").answer
        moved = set()
        for number, (line, text) in enumerate(names):
            before, after = next(change for (at, clause, _), change in WITHOUT.items() if (at, clause) == (line, text))
            (tmp_path / f"{number}.cat").write_text(SMALL.replace(before, after))
            if litmus.check(file, tmp_path / f"{number}.cat").answer != answer:
                moved.add(number)
        needs = found[file]
        assert isinstance(needs, Needed)
        assert needs.clauses == moved
        assert pickle.loads(pickle.dumps(needs)) == needs
    assert any(needs.clauses for needs in found.values() if isinstance(needs, Needed))


def test_text(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text('"m"\nacyclic po | rf | co | fr as sc\nacyclic po-loc | rf as coherence\n')
    ended = invoke("coverage", "-m", tmp_path / "m.cat", X86 / "SB.litmus", X86 / "MP.litmus", "-j", 2)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.replace(f"{tmp_path}/", "") == (
        "m.cat:2:1: acyclic po | rf | co | fr as sc: 2 tests, as SB\n"
        "m.cat:2:9: po in sc: 2 tests, as SB\n"
        "m.cat:2:14: rf in sc: MP\n"
        "m.cat:2:19: co in sc: no test\n"
        "m.cat:2:24: fr in sc: 2 tests, as SB\n"
        "m.cat:3:1: acyclic po-loc | rf as coherence: no test\n"
        "m.cat:3:9: po-loc in coherence: no test\n"
        "m.cat:3:18: rf in coherence: no test\n"
        "4 of 8 clauses are needed by some of 2 tests\n"
    )


def test_json(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text('"m"\nacyclic po | rf | co | fr as sc\n')
    ended = invoke("coverage", "-m", tmp_path / "m.cat", X86 / "SB.litmus", "--format", "json")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["clause"], row["in"], row["needed_by"]) for row in rows][2:4] == [("rf", "sc", []), ("co", "sc", [])]
    assert rows[0]["needed_by"] == ["SB"]


def test_a_model_of_one_axiom(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text('"m"\nirreflexive po ; fr ; po ; fr\n')
    ended = invoke("coverage", "-m", tmp_path / "m.cat", X86 / "SB.litmus", X86 / "MP.litmus")
    assert ended.out.endswith(
        "m.cat:2:1: irreflexive po ; fr ; po ; fr: SB\n1 of 1 clauses are needed by some of 2 tests\n"
    )


def test_kernel_c(invoke: Callable[..., Ended]) -> None:
    tests = [ROOT / "catalog" / "classic" / "c" / f"{name}.litmus" for name in ("MP+wmb+rmb", "SB+mbs")]
    ended = invoke("coverage", "-m", "power", *tests)
    assert ended.code == 0
    assert ": sync in sync: " not in ended.out
    assert ": lwsync in fence: MP+wmb+rmb\n" in ended.out


def test_what_is_wrong_with_one_test_does_not_lose_the_others(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "bad.litmus").write_text("X86 bad\n{ }\n P0;\n MVO;\nexists (x=1)\n")
    ended = invoke("coverage", "-m", "sc", tmp_path / "bad.litmus", X86 / "SB.litmus", "nowhere.litmus")
    assert ended.code == 2
    assert ended.out.endswith("clauses are needed by the one test; not decided: 2 files\n")
    assert "unknown mnemonic" in ended.err
    assert "nowhere.litmus" in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([X86 / "SB.litmus"], 2, "which model? Name it by --model"),
        (["-m", "powr", X86 / "SB.litmus"], 2, "did you mean 'power'?"),
        (["-m", "sc"], 2, "Missing argument 'FILES'"),
        (["-m", "sc", X86 / "SB.litmus", "--format", "xml"], 2, "unknown format"),
        (["-m", "sc", X86 / "SB.litmus", "--timeout", "0"], 2, "the time limit is a number of seconds"),
        (["-m", "power", X86 / "SB.litmus"], 2, "this is a test of X86"),
        (["-m", "x86-tso", X86 / "SB.litmus", "--timeout", "1e-9"], 3, "out of time"),
    ],
)
def test_what_cannot_be(invoke: Callable[..., Ended], arguments: list[object], code: int, said: str) -> None:
    ended = invoke("coverage", *arguments)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_of_no_test_no_clause_is_said_to_be_needed_or_not(invoke: Callable[..., Ended]) -> None:
    ended = invoke("coverage", "-m", "sc", "nowhere.litmus")
    assert (ended.code, ended.out) == (2, "no test was decided, so nothing is known of any clause\n")
    ended = invoke("coverage", "-m", "sc", "nowhere.litmus", "--format", "json")
    assert (ended.code, ended.out) == (2, "")


@pytest.mark.slow
def test_it_may_be_interrupted(spawn: Callable[..., object]) -> None:
    process = spawn("coverage", "-m", "power", ROOT / "catalog" / "classic" / "ppc")
    time.sleep(3)  # it takes half a minute
    process.send_signal(signal.SIGINT)  # type: ignore[attr-defined]
    out, err = process.communicate(timeout=PATIENCE)  # type: ignore[attr-defined]
    assert process.returncode == 130  # type: ignore[attr-defined]
    assert "clauses are needed by some of" in out
    assert "; not decided: " in out
    assert err.startswith("interrupted: ")


def test_the_engine_takes_a_model_that_was_changed() -> None:
    test = litmus.load(X86 / "SB.litmus")
    mutant = next(mutant for clause, mutant in clauses(engine.model("sc")) if clause.text == "fr")
    ready = engine.prepare(test, mutant, Options())
    assert engine.decide(ready, test.condition).possible
    assert not engine.check(test, "sc").allowed


def test_in_python() -> None:
    files = [X86 / "SB.litmus", litmus.load(X86 / "MP.litmus")]
    found = litmus.coverage(files, "x86-tso")
    assert [clause for clause, _ in clauses(load("x86-tso"))] == list(found)
    assert {names for clause, names in found.items() if clause.text == "R * M"} == {("MP",)}
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(litmus.ModelError, match="did you mean 'power'"):
        litmus.coverage(files, "powr")
    with pytest.raises(litmus.LitmusError, match="out of time"):
        litmus.coverage(files, "x86-tso", timeout=1e-9)
    with pytest.raises(litmus.UsageError, match="unknown era"):
        litmus.coverage(files, "x86-tso", era="v3")
