"""The package as programs use it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import litmus

SB = Path(__file__).parent.parent / "catalog" / "classic" / "x86" / "SB.litmus"


def test_everything_that_is_promised_is_there() -> None:
    for name in litmus.__all__:
        assert getattr(litmus, name) is not None
    assert callable(litmus.check)


def test_load_and_parse_read_the_same() -> None:
    loaded, parsed = litmus.load(SB), litmus.parse(SB.read_text(), str(SB))
    assert isinstance(loaded, litmus.LitmusTest)
    assert (loaded.name, loaded.arch, loaded.hash) == (parsed.name, parsed.arch, parsed.hash)
    assert [thread.rows for thread in loaded.threads] == [thread.rows for thread in parsed.threads]


@pytest.mark.parametrize("model", [None, "x86-tso"])
def test_check(model: str | None) -> None:
    for test in (SB, str(SB), litmus.load(SB)):
        verdict = litmus.check(test, model)
        assert verdict.observation is litmus.Observation.SOMETIMES
        assert (verdict.ok, verdict.allowed, verdict.status) == (True, True, litmus.Status.DONE)
        assert (len(verdict.states), verdict.positive, verdict.negative) == (4, 1, 3)
        assert verdict.witness is not None
        assert verdict.model == "x86-tso"


def test_check_under_another_model(tmp_path: Path) -> None:
    assert litmus.check(SB, model="sc").observation is litmus.Observation.NEVER
    model = tmp_path / "mine.cat"
    (tmp_path / "lib.cat").write_text("let order = po | rf | co | fr\n")
    model.write_text('"mine"\ninclude "lib.cat"\nacyclic (if "weak" then rf | co | fr else order) as sc\n')
    assert litmus.check(SB, model).observation is litmus.Observation.NEVER
    assert litmus.check(SB, model, variants=["weak"]).allowed
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "lib.cat").rename(tmp_path / "elsewhere" / "lib.cat")
    with pytest.raises(litmus.ModelError, match=r"lib\.cat"):
        litmus.check(SB, model, include=[tmp_path])
    assert litmus.check(SB, model, include=[tmp_path / "elsewhere"]).ok is False


def test_check_verdict_only_and_executions() -> None:
    verdict = litmus.check(SB, verdict_only=True)
    assert (verdict.ok, verdict.states, verdict.positive) == (True, (), 0)
    counted = litmus.check(SB, executions=True)
    assert counted.positive + counted.negative == 4


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: litmus.load("nowhere.litmus"), litmus.LitmusError, "nowhere.litmus:1:1: error: no such file"),
        (lambda: litmus.load(SB.read_text()), litmus.UsageError, "not the name of a file (litmus.parse reads it)"),
        (lambda: litmus.check(SB.read_text()), litmus.UsageError, "not the name of a file (litmus.parse reads it)"),
        (lambda: litmus.parse("nonsense", "n"), litmus.ParseError, "n:1:1: error"),
        (lambda: litmus.check(SB, "x86-tos"), litmus.ModelError, "did you mean 'x86-tso'"),
        (lambda: litmus.check(SB, unroll=-1), litmus.UsageError, "-1 times"),
        (lambda: litmus.check(SB, timeout=0), litmus.UsageError, "time limit"),
    ],
)
def test_errors(call, error: type[litmus.LitmusError], said: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert said in str(raised.value)


def test_models_say_what_they_are() -> None:
    models = {model.name: model for model in litmus.models()}
    assert {"sc", "x86-tso", "power"} <= set(models)
    for model in models.values():
        assert model.description
        assert model.source
        assert model.file.is_file()


def test_threads_may_check_at_once() -> None:
    test = litmus.load(SB)
    found: list[int] = []

    def work() -> None:
        for _ in range(5):
            found.append(len(litmus.check(test).states))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [4] * 20
