"""Faults of litmus: they are not the user's, they are saved, and they cost nothing else."""

from __future__ import annotations

import importlib
import inspect
import json
import pickle
import pkgutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.kernel_c import DEPEND

import litmus
from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError, ParseError
from litmus.base.source import Source, Span
from litmus.batch.faults import PREFIX, Subject, fault
from litmus.decide.task import Disagreement
from litmus.engine import Engine, Prepared
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
CLASSIC = ROOT / "catalog" / "classic"
SB = CLASSIC / "x86" / "SB.litmus"
PLACED = ROOT / "tests" / "litmus" / "PCI" / "SB+apart.litmus"
Faults = Callable[[], list[Path]]

FAULT = "Disagreement: broken: the solver's answer is no execution: we say so"
ADVICE = "to the maintainers: see 'If litmus is at fault' in README.md\n"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, faults: Faults, tmp_path: Path) -> Callable[[Path], Path]:
    """A fault in deciding all tests called `broken`; makes such a test of one in a file."""
    monkeypatch.setattr(Engine, "decide", _at_fault(Engine.decide))
    monkeypatch.setattr(Engine, "task", _at_fault(Engine.task))

    def make(file: Path) -> Path:
        head, rest = file.read_text().lstrip().split("\n", 1)
        made = tmp_path / "broken.litmus"
        made.write_text(f"{head.split()[0]} broken\n{rest}")
        return made

    return make


def _at_fault(method: Callable[..., object]) -> Callable[..., object]:
    def faulty(engine: Engine, ready: Prepared, *arguments: object) -> object:
        if ready.graph.test.name == "broken":
            raise Disagreement("broken: the solver's answer is no execution: we say so")
        return method(engine, ready, *arguments)

    return faulty


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_fault_costs_one_file(
    broken: Callable[[Path], Path], faults: Faults, invoke, tmp_path: Path, jobs: str
) -> None:  # type: ignore[no-untyped-def]
    file, model = broken(SB), tmp_path / "mine.cat"
    model.write_text((ROOT / "archs" / "x86-tso.cat").read_text() + 'if "more" include "x86fences.cat" end\n')
    ended = invoke("check", "-j", jobs, "--unroll", "3", "-m", model, SB, file, "nowhere.litmus", SB)
    assert ended.code == 70  # it outranks bad input
    assert ended.out.count("Observation SB Sometimes 1 3") == 2
    (folder,) = faults()
    assert ended.err == (
        f"{file}: internal error: {FAULT}\n"
        "This is a fault of litmus, not of your test.\n"
        f"All that is needed to find it was saved in {folder}\n"
        f"Please send this folder {ADVICE}"
        "nowhere.litmus:1:1: error: no such file\n"
    )
    assert (folder / "test.litmus").read_text() == file.read_text()
    assert (folder / "input" / "broken.litmus").read_text() == file.read_text()
    assert (folder / "model" / "mine.cat").read_text() == model.read_text()
    assert (folder / "model" / "x86fences.cat").is_file()
    report = (folder / "report.txt").read_text()
    for said in (
        f"check -j {jobs} --unroll 3",
        "unroll=3",
        f"litmus: {litmus.__version__}\n",
        "Python: 3",
        "z3-solver: ",
    ):
        assert said in report
    assert "Traceback" in report
    assert f"task.Disagreement: internal error: {FAULT.partition(': ')[2]}\n" in report


def test_json_says_so(broken: Callable[[Path], Path], invoke) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("check", "--format", "json", broken(SB), SB)
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [(row["name"], row["status"]) for row in rows] == [("broken", "internal"), ("SB", "done")]
    assert f"internal error: {FAULT}" in rows[0]["error"]


@pytest.mark.parametrize(
    ("command", "test", "out"),
    [
        (
            ["table", "--arch", "sc,power", "--format", "csv"],
            None,
            "test,file,sc,power\nbroken,{file},internal,internal\n",
        ),
        (["placements"], PLACED, ""),
        (["placements", "-j", "2"], PLACED, ""),
        (["graph"], SB, ""),
    ],
)
def test_every_command_says_so(  # type: ignore[no-untyped-def]
    broken: Callable[[Path], Path],
    faults: Faults,
    invoke,
    tmp_path: Path,
    command: list[str],
    test: Path | None,
    out: str,
) -> None:
    if test is None:
        test = tmp_path / "c.litmus"
        test.write_text(DEPEND.format(name="c", read="READ_ONCE(*p)", barrier=""))
    file = broken(test)
    ended = invoke(*command, file)
    assert (ended.code, ended.out) == (70, out.format(file=file))
    assert f"internal error: {FAULT}\nThis is a fault of litmus, not of your test.\n" in ended.err
    assert ended.err.endswith(ADVICE)
    assert (faults()[0] / "test.litmus").is_file()


def test_verifying_the_catalogue_says_so(monkeypatch: pytest.MonkeyPatch, faults: Faults, invoke) -> None:  # type: ignore[no-untyped-def]
    def faulty(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("litmus.engine.decide", faulty)
    ended = invoke("catalog", "verify", "classic/x86")
    assert ended.code == 70
    assert "found internal: a fault of litmus: ZeroDivisionError" in ended.out
    assert ended.err.endswith(ADVICE)


@pytest.mark.parametrize("command", [["archs"], ["check", str(SB)]])
def test_a_fault_outside_of_a_batch(  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch, faults: Faults, invoke, command: list[str]
) -> None:
    def faulty(*arguments: object) -> None:
        raise RuntimeError("it broke")

    monkeypatch.setattr("litmus.commands.overview.arch_table", faulty)
    monkeypatch.setattr("litmus.batch.files.run", faulty)
    ended = invoke(*command)
    assert (ended.code, ended.out) == (70, "")
    (folder,) = faults()
    assert ended.err.startswith("internal error: RuntimeError: it broke\n")
    assert str(folder) in ended.err
    assert [file.name for file in folder.glob("input/*")] == [SB.name][: len(command) - 1]


def test_programs_get_it_too(broken: Callable[[Path], Path], faults: Faults) -> None:
    file = broken(SB)
    with pytest.raises(litmus.InternalError) as raised:
        litmus.check(file, "sc", unroll=1)
    assert not isinstance(raised.value, LitmusError)
    assert raised.value.folder == str(faults()[0])
    assert litmus.check(SB, "sc").ok is False
    with pytest.raises(litmus.InternalError):
        litmus.graph(file)
    (row,) = litmus.compare([file], ["sc"]).rows
    assert isinstance(row.cells[0].error, InternalError)


@pytest.mark.parametrize("command", ["graph", "lower", "table", "placements"])
def test_a_want_of_memory_costs_one_file(  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch, invoke, tmp_path: Path, command: str
) -> None:
    files = []
    for name in ("large", "small"):
        files.append(tmp_path / f"{name}.litmus")
        text = PLACED.read_text() if command == "placements" else DEPEND.format(name=name, read="*p", barrier="")
        files[-1].write_text(text)
    read = read_test

    def out_of_memory(path: str, *arguments: Deadline, strict: bool = False) -> LitmusTest:
        if path.endswith("large.litmus"):
            raise MemoryError
        return read(path, *arguments, strict=strict)

    monkeypatch.setattr("litmus.frontend.files.read_test", out_of_memory)
    options = {"graph": ["-m", "alpha", "-o", tmp_path / "out"], "lower": ["-a", "alpha"], "table": ["-a", "sc"]}
    ended = invoke(command, *files, *options.get(command, []))
    assert ended.code == 3
    assert ended.err == f"{files[0]}: error: out of memory\n"
    assert ended.out


# --- saving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_what_cannot_be_saved_is_said(
    monkeypatch: pytest.MonkeyPatch, faults: Faults, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / place))
    found = fault(ZeroDivisionError(), Subject())
    assert found.folder is None
    assert "Nothing could be saved: No" in str(found)
    assert str(found).endswith("Please send the test, the model and the command " + ADVICE.strip())


def test_a_full_disk_leaves_no_half_of_a_folder(monkeypatch: pytest.MonkeyPatch, faults: Faults) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    found = fault(ZeroDivisionError("oops"), Subject())
    assert (found.message, found.folder, found.unsaved) == ("ZeroDivisionError: oops", None, "No space left on device")
    assert not any(folder.name.startswith(PREFIX) for folder in faults())


def test_names_that_collide_and_models_that_cannot_be_read(faults: Faults, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.litmus").write_text(name)
    (tmp_path / "bad.cat").write_text("let x =")
    files = (str(tmp_path / "a" / "t.litmus"), str(tmp_path / "b" / "t.litmus"), str(tmp_path), "nowhere")
    found = fault(ZeroDivisionError(), Subject(files, model=str(tmp_path / "bad.cat")))
    saved = {str(file.relative_to(str(found.folder))) for file in Path(str(found.folder)).rglob("*.*")}
    assert saved == {"report.txt", "input/t.litmus", "input/1-t.litmus", "model/bad.cat"}


@pytest.mark.parametrize(
    "error",
    [
        InternalError("oops", "/tmp/litmus-fault-x"),
        InternalError("oops", None, "No space left on device"),
        Disagreement("oops"),
        LimitReached("timeout", "out of time"),
        ParseError("no", Span(Source("f", "text"), 0, 4), "did you mean 'yes'?"),
    ],
)
def test_errors_travel_between_processes(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert {**vars(copy), "span": None} == {**vars(error), "span": None}


def _error_classes() -> list[type[Exception]]:
    """Every class of errors in the package."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(litmus.__path__, "litmus.")
        if module.name != "litmus.__main__"
    ]
    found = {
        value.__qualname__: value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == module.__name__
    }
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("kind", _error_classes(), ids=lambda kind: kind.__name__)
def test_every_error_can_be_pickled(kind: type[Exception]) -> None:
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    needed = [p for p in parameters if p.default is p.empty]
    error = kind(*(f"the {p.name}" for p in needed if p.kind is p.POSITIONAL_OR_KEYWORD))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.args, vars(copy), str(copy)) == (error.args, vars(error), str(error))


def test_a_folder_has_its_name_when_all_is_in_it(monkeypatch: pytest.MonkeyPatch, faults: Faults) -> None:
    """Two workers may be at fault at once, and the survey that the first ends kills the second while it saves."""

    def killed(*arguments: object) -> None:
        raise SystemExit

    monkeypatch.setattr("litmus.batch.faults._save", killed)
    with pytest.raises(SystemExit):
        fault(RuntimeError("it broke"), Subject())
    assert not any(folder.name.startswith(PREFIX) for folder in faults())
