"""The package as programs use it."""

from __future__ import annotations

import inspect
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


FUNCTIONS = [found for name in litmus.__all__ if inspect.isfunction(found := getattr(litmus, name))]
RIGHT = {
    "path": SB,
    "text": SB.read_text(),
    "name": "n",
    "test": SB,
    "tests": [SB],
    "archs": ["sc"],
    "first": "sc",
    "second": "x86-tso",
    "accesses": 2,
    "arch": "power",
    "unroll": 2,
    "jobs": 1,
    "era": "v6",
    "include": (),
    "candidates": (),
    "variants": (),
    **dict.fromkeys(("strict", "verdict_only", "executions", "violating", "confined"), False),
    **dict.fromkeys(("repair", "each", "every"), False),
    **dict.fromkeys(("model", "timeout", "passing", "baseline", "state", "place")),
}
WRONG = [
    b"x",
    3.5,
    [b"x"],
    ("a", 1),
    object(),
    {1: 2},
    len,
    -1,
    float("nan"),
    float("inf"),
    10**400,
    None,
    "\0",
    Path("x"),
]


@pytest.mark.parametrize(
    ("function", "name"),
    [(function, name) for function in FUNCTIONS for name in inspect.signature(function).parameters],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_an_argument_of_any_type_is_an_answer_or_an_error_of_the_caller(function, name: str) -> None:
    right = {each: RIGHT[each] for each in inspect.signature(function).parameters}
    if function is litmus.coverage:
        right["model"] = "sc"
    refused = 0
    for value in WRONG:
        try:
            function(**{**right, name: value})
        except litmus.LitmusError as error:
            refused += f"'{name}' must be " in str(error)
        except AssertionError:
            assert function in (litmus.assert_allowed, litmus.assert_forbidden)
    assert refused >= 5  # whatever is no file, no text, no number, nor a list


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: litmus.parse(SB), "'text' must be a text, and is of type PosixPath (litmus.load reads a file)"),
        (lambda: litmus.parse(SB.read_bytes()), "'text' must be a text, and is of type bytes (decode it)"),
        (lambda: litmus.check(None), "'test' must be a str or a Path, and is None"),
        (lambda: litmus.check(SB, b"x86-tso"), "'model' must be a str or a Path, and is of type bytes"),
        (
            lambda: litmus.check(SB, include=str(SB.parent)),
            "'include' must be a list, and is of type str (write [...] ",
        ),
        (lambda: litmus.check(SB, variants=None), "'variants' must be a list, and is None"),
        (
            lambda: litmus.compare(SB, ["sc"]),
            "'tests' must be a list, and is of type PosixPath (write [...] around it)",
        ),
        (lambda: litmus.check(SB, timeout="7"), "'timeout' must be a number of seconds, or None, and is of type str"),
        (lambda: litmus.check(SB, timeout=float("nan")), "a number of seconds, more than 0 (None is no limit)"),
        (lambda: litmus.differences(None, "sc", "x86-tso"), "'tests' must be a list, and is None"),
        (lambda: litmus.coverage([None], "sc"), "'tests' must be a str or a Path, and is None"),
        (lambda: litmus.coverage([SB], None), "'model' must be a str or a Path, and is None"),
        (lambda: litmus.tell_apart("sc", None), "'second' must be a str or a Path, and is None"),
        (lambda: litmus.tell_apart("sc", "x86-tso", "4"), "'accesses' must be a whole number, and is of type str"),
        (lambda: litmus.check(SB, era="v7"), "unknown era 'v7': there are v2.6.27, v6"),
        (lambda: litmus.assert_forbidden(SB, []), "no architecture is named"),
        (lambda: litmus.assert_allowed(SB, [None]), "'archs' must be a str or a Path, and is None"),
        (lambda: litmus.check(SB, confined="no"), "'confined' must be True or False, and is of type str"),
    ],
)
def test_wrong_types_are_named(call, said: str) -> None:
    with pytest.raises(litmus.UsageError) as raised:
        call()
    assert said in str(raised.value)


def test_arguments_are_lists_once_and_a_wrong_number_of_them_is_for_python_to_tell() -> None:
    folders = (folder for folder in [SB.parent])  # is gone through once only
    assert litmus.check(SB, "x86-tso", include=folders).allowed
    with pytest.raises(TypeError, match="positional argument"):
        litmus.load(SB, True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'modle'"):
        litmus.check(SB, modle="sc")


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


def test_explanations_and_reports_are_printed_as_the_commands_print_them() -> None:
    test = "catalog:SB+mbs"
    assert litmus.text(litmus.explain(test, "x86-tso")).startswith("SB+mbs under x86-tso")
    assert "P0 line 12  smp_mb()  necessary" in litmus.text(litmus.validate_barriers(test, "x86-tso"))
    with pytest.raises(litmus.UsageError, match="'test' must be"):
        litmus.text(3)  # type: ignore[arg-type]
