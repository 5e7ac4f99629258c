"""Tables of tests by architectures: what is in them, how they read, and what happens when something goes wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import NoReturn

import pytest
from oracles.kernel_c import DEPEND, publishing
from oracles.shared import PATIENCE

import litmus
from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import InternalError, LitmusError, ModelError, ParseError, UnsupportedError, UsageError
from litmus.base.resources import folder
from litmus.batch.table import Comparison, ComparisonCell, ComparisonPlan, ComparisonRow, compare
from litmus.cat.registry import models
from litmus.decide import Findings
from litmus.engine import Engine, Prepared
from litmus.ir.litmus_test import Condition, LitmusTest
from litmus.ir.options import DEFAULTS, Options
from litmus.ir.verdict import Answer, Observation, Status, Verdict
from litmus.render.comparison import FORMATS, render

pytestmark = pytest.mark.slow

ALL = tuple(m.name for m in models() if m.kernel)
SB = Path(__file__).parent.parent / "catalog" / "classic" / "x86" / "SB.litmus"


def words(comparison: Comparison) -> list[tuple[str, str, list[str]]]:
    return [(row.test.name, row.era, [cell.word() for cell in row.cells]) for row in comparison.rows]


# --- what is in a table -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_row_for_each_era_of_a_kernel(jobs: int) -> None:
    found = litmus.compare([publishing(), SB], ["sc", "alpha", "x86-tso", "riscv"], "all", jobs=jobs)
    assert found.eras == ("v2.6.27", "v6")
    assert words(found) == [
        ("MP", "v2.6.27", ["Forbidden", "Allowed", "Forbidden", "unsupported"]),
        ("MP", "v6", ["Forbidden", "Forbidden", "Forbidden", "Allowed"]),
        ("SB", "", ["Forbidden", "unsupported", "Allowed", "unsupported"]),
    ]


def test_processes_answer_as_one_does() -> None:
    def answers(jobs: int | None) -> list[tuple[object, ...]]:
        found = compare([publishing("one"), publishing("two")], ["sc", "alpha", "riscv"], "all", jobs=jobs)
        return [
            (row.test, cell.error and str(cell.error), cell.verdict and replace(cell.verdict, seconds=0.0))
            for row in found.rows
            for cell in row.cells
        ]

    assert answers(2) == answers(None)


class Counting(Engine):
    """An engine that notes what it was asked; what is in `fails` hits a limit the first time."""

    def __init__(self, fails: set[tuple[str | None, str]] | None = None) -> None:
        super().__init__()
        self.asked: list[tuple[str | None, str]] = []
        self.fails = fails or set()

    def decide(
        self, ready: Prepared, condition: Condition, options: Options = DEFAULTS, deadline: Deadline = NO_DEADLINE
    ) -> Findings:
        self.asked.append((ready.name, options.era))
        if (ready.name, options.era) in self.fails:
            return Findings(Status.LIMIT, message="too large")
        return super().decide(ready, condition, options, deadline)


def test_what_is_the_same_in_two_eras_is_decided_once() -> None:
    engine = Counting()
    found = compare([publishing()], ["sc", "alpha", "power"], "all", engine=engine)
    assert engine.asked == [("sc", "v2.6.27"), ("alpha", "v2.6.27"), ("alpha", "v6"), ("power", "v2.6.27")]
    assert [[cell.allowed for cell in row.cells] for row in found.rows] == [[False, True, True], [False, False, True]]


def test_only_another_era_of_the_same_question_is_known() -> None:
    engine, test = Counting(), publishing()
    old, new = Options(era="v2.6.27"), Options(era="v6")
    for again in (old, old, new, replace(new, verdict_only=True), replace(old, timeout=60)):
        assert engine.check(test, "sc", again).answer is Answer.FORBIDDEN
    assert [era for _, era in engine.asked] == ["v2.6.27", "v2.6.27", "v6", "v2.6.27"]
    engine.check(publishing(), "sc", new)  # another test, although it is equal
    assert len(engine.asked) == 5


def test_what_is_the_same_in_two_eras_is_tried_again_if_it_hit_a_limit() -> None:
    engine = Counting({("sc", "v2.6.27")})
    found = compare([publishing()], ["sc"], "all", engine=engine)
    assert engine.asked == [("sc", "v2.6.27"), ("sc", "v6")]
    assert [row.cells[0].word() for row in found.rows] == ["limit", "Forbidden"]


def test_doubts_are_those_of_the_era_though_the_program_is_the_same(tmp_path: Path) -> None:
    text = "C doubt\n{ }\nP0(int *x) { *x = 1; }\nP1(int *x) { int r0 = *x; }\nexists (1:r0=1)\n"
    (tmp_path / "own.cat").write_bytes((folder("archs") / "alpha.cat").read_bytes())
    described = (folder("archs") / "alpha.yaml").read_text("utf-8").replace("name: alpha\n", "name: own\n")
    described = re.sub("(aliases|default_for|dialects): .*", r"\1: []", described)
    before, after = described.split("\n  v6:\n")
    after = after.replace("    - source:", "    - uncertain: whether it is so\n      source:", 1)
    (tmp_path / "own.yaml").write_text(f"{before}\n  v6:\n{after}", "utf-8")
    engine = Counting()
    found = compare([litmus.parse(text)], [str(tmp_path / "own.cat")], "all", engine=engine)
    assert [row.cells[0].allowed for row in found.rows] == [True, True]
    assert [any("whether it is so" in doubt for doubt in row.cells[0].uncertain) for row in found.rows] == [False, True]
    assert len(engine.asked) == 1


@pytest.mark.parametrize(
    ("baseline", "differing"),
    [("sc", ["alpha@v2.6.27", "riscv@v6"]), ("v6", ["alpha@v2.6.27"]), ("v2.6.27", ["alpha@v6"]), (None, [])],
)
def test_what_differs_from_the_baseline(baseline: str | None, differing: list[str]) -> None:
    found = litmus.compare([publishing(), SB], ["sc", "alpha", "riscv"], "all", baseline=baseline)
    marked = [f"{a}@{row.era}" for row in found.rows for k, a in enumerate(found.archs) if row.differs(k)]
    assert marked == differing


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda t: litmus.compare([t], ["sc"], "v5"), UsageError, "unknown era 'v5'"),
        (lambda t: litmus.compare([t], ["sc"], "v2.6.27,v7"), UsageError, "unknown era 'v7'"),
        (lambda t: litmus.compare([t], ["sc"], baseline="alpha"), UsageError, "none of the architectures and eras"),
        (lambda t: litmus.compare([t], []), UsageError, "needs architectures"),
        (lambda t: litmus.compare([t], ["sc", "alpha", "sc"]), UsageError, "each once"),
        (lambda t: litmus.compare([t], ["alhpa"]), ModelError, "did you mean 'alpha'"),
        (lambda t: litmus.compare([t], ["sc"], timeout=0), UsageError, "time limit"),
        (lambda t: litmus.compare(["nowhere.litmus"], ["sc"]), LitmusError, "no such file"),
    ],
)
def test_what_makes_no_sense(call: Callable[[LitmusTest], object], error: type[LitmusError], said: str) -> None:
    with pytest.raises(error, match=said):
        call(publishing())


# --- what can go wrong ------------------------------------------------------------------------------------------------


@pytest.fixture
def troubled(
    monkeypatch: pytest.MonkeyPatch, hang: Callable[[], NoReturn], faults: Callable[[], list[Path]]
) -> list[LitmusTest]:
    """Tests whose names say what happens while they are decided on Alpha."""
    check = Engine.check

    def trouble(engine: Engine, test: LitmusTest, model: str | None, options: Options) -> Verdict:
        match test.name if model == "alpha" else "good":
            case "hangs":
                hang()
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "mistake":
                raise ZeroDivisionError("division by zero")
            case "memory":
                raise MemoryError
        return check(engine, test, model, options)

    monkeypatch.setattr(Engine, "check", trouble)
    return [publishing(name) for name in ("good", "hangs", "dies", "mistake", "memory", "fine")]


def test_trouble_costs_one_cell(troubled: list[LitmusTest]) -> None:
    found = compare(troubled, ["sc", "alpha", "power"], options=Options(timeout=PATIENCE, verdict_only=True), jobs=2)
    good = ["Forbidden", "Forbidden", "Allowed"]
    assert [row[2] for row in words(found)] == [
        good,
        ["Forbidden", "timeout", "Allowed"],
        ["Forbidden", "error", "Allowed"],
        ["Forbidden", "internal", "Allowed"],
        ["Forbidden", "limit", "Allowed"],
        good,
    ]
    shown = render(found, "text")
    assert "error: no answer: its process was killed by SIGKILL on alpha (dies)" in shown
    assert "internal: a fault of litmus: ZeroDivisionError: division by zero on alpha (mistake)" in shown


def test_in_one_process_mistakes_cost_one_cell_too(troubled: list[LitmusTest]) -> None:
    found = compare([troubled[3], troubled[4], troubled[5]], ["alpha", "sc"])
    assert [row[2][0] for row in words(found)] == ["internal", "limit", "Forbidden"]


@pytest.mark.usefixtures("interrupted")
def test_an_interrupt_leaves_what_is_there(troubled: list[LitmusTest]) -> None:
    plan = ComparisonPlan(tuple(troubled[:2]), ("sc", "alpha", "power"))
    cells = {}
    answers = plan.answers(2)

    def collect() -> None:
        for question, cell in answers:
            cells[question] = cell

    with pytest.raises(KeyboardInterrupt):
        collect()
    assert words(plan.comparison(cells)) == [
        ("good", "v6", ["Forbidden", "Forbidden", "Allowed"]),
        ("hangs", "v6", ["Forbidden", "-", "Allowed"]),
    ]
    assert words(plan.comparison({})) == []


# --- words ------------------------------------------------------------------------------------------------------------


def cell(**changes: object) -> ComparisonCell:
    plain = Verdict(publishing(), "sc", Status.DONE, True, True, Observation.SOMETIMES, (), 1, 1, Answer.ALLOWED)
    return ComparisonCell(replace(plain, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "word", "observation"),
    [
        (cell(), "Allowed", "Sometimes"),
        (cell(answer=Answer.FORBIDDEN, observation=Observation.NEVER), "Forbidden", "Never"),
        (cell(observation=Observation.ALWAYS), "Allowed", "Always"),
        (cell(observation=None), "Allowed", "unknown"),
        (cell(answer=Answer.UNKNOWN, observation=None), "unknown", "unknown"),
        (cell(answer=Answer.UNKNOWN, observation=None, status=Status.TIMEOUT), "timeout", "timeout"),
        (cell(observation=None, status=Status.TIMEOUT), "Allowed", "timeout"),
        (cell(answer=Answer.UNKNOWN, observation=None, status=Status.LIMIT), "limit", "limit"),
        (cell(answer=Answer.BOUNDED, observation=None, status=Status.BOUND), "bounded", "bounded"),
        (cell(observation=None, status=Status.BOUND), "Allowed", "bounded"),
        (cell(answer=Answer.INCOMPLETE, observation=None), "no complete execution", "no complete execution"),
        (ComparisonCell(error=UnsupportedError("no")), "unsupported", "unsupported"),
        (ComparisonCell(error=ModelError("another dialect")), "unsupported", "unsupported"),
        (ComparisonCell(error=ParseError("no address")), "error", "error"),
        (ComparisonCell(error=LitmusError("lost")), "error", "error"),
        (ComparisonCell(error=InternalError("oops")), "internal", "internal"),
        (ComparisonCell(), "-", "-"),
    ],
)
def test_every_outcome_has_a_word(made: ComparisonCell, word: str, observation: str) -> None:
    assert (made.word(), made.word(True)) == (word, observation)
    for observations in (False, True):  # and a letter, where words are too wide
        table = Comparison(ALL, ("v6",), (ComparisonRow(publishing(), "v6", (made,) * len(ALL)),))
        cells, *below = render(table, "text", observations).rstrip("\n").split("\n\n")
        letter = cells.splitlines()[-1].split()[1]
        assert letter == word[0] == "-" or below[0].startswith(f"{letter} {made.word(observations)}")


# --- forms ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tests() -> list[LitmusTest]:
    depend = litmus.parse(DEPEND.format(name="a|b_c*<d>", read="READ_ONCE(*p)", barrier=""))
    poll = litmus.parse(
        "C poll\n{}\nP0(int *x) { int i = 0; while (READ_ONCE(*x) == 0) i++; }\n"
        "P1(int *x) { WRITE_ONCE(*x, 1); }\nexists (0:i=7)\n"
    )
    return [publishing(), depend, litmus.parse(SB.read_text(), "SB.litmus"), poll]


@pytest.fixture(scope="module")
def some(tests: list[LitmusTest]) -> Comparison:
    return litmus.compare(tests, ("sc", "alpha", "riscv"), "v2.6.27", baseline="sc")


@pytest.fixture(scope="module")
def every(tests: list[LitmusTest]) -> Comparison:
    return litmus.compare(tests, ALL, "all", baseline="v6")


@pytest.mark.parametrize("form", FORMATS)
def test_forms(form: str, some: Comparison, every: Comparison, golden: Callable[[str, str], None]) -> None:
    golden(f"table-some.{form}", render(some, form))
    golden(f"table-every.{form}", render(every, form, observations=form == "json"))


@pytest.mark.parametrize("count", [1, 2, 5, 8, 15, 40])
@pytest.mark.parametrize("observations", [False, True])
def test_text_fits_a_terminal(count: int, observations: bool, every: Comparison) -> None:
    rows = [replace(row, cells=(row.cells * 3)[:count], references=(row.references * 3)[:count]) for row in every.rows]
    table = replace(every, archs=(ALL * 3)[:count], rows=tuple(rows))
    shown = render(table, "text", observations).splitlines()
    assert max(map(len, shown)) <= 100
    assert not any(line != line.rstrip() for line in shown)


def test_csv_and_json_have_the_same_content(every: Comparison) -> None:
    head, *lines = csv.reader(io.StringIO(render(every, "csv")))
    whole = json.loads(render(every, "json"))
    assert head == ["test", "file", "era", *whole["archs"]]
    assert lines == [
        [row["test"], row["file"], row["era"] or "", *(c["verdict"] for c in row["verdicts"].values())]
        for row in whole["rows"]
    ]


class _Tables(HTMLParser):
    """The cells of each row, and whether all that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data


def test_the_page_is_whole(every: Comparison) -> None:
    page = _Tables(render(every, "html"))
    assert page.open == []
    assert page.rows[0] == ["test", "Linux", *ALL]
    assert [row[:2] for row in page.rows[1:4]] == [["MP", "v2.6.27"], ["v6", "Allowed"], ["a|b_c*<d>", "v2.6.27"]]
    assert all(len(row) in (len(ALL) + 1, len(ALL) + 2) for row in page.rows)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    good, bad = tmp_path / "a.litmus", tmp_path / "b.litmus"
    good.write_text(DEPEND.format(name="plain", read="READ_ONCE(*p)", barrier=""))
    bad.write_text("C oops\n{}\nP0(int *x) { *x = ; }\nexists (x=0)\n")
    return good, bad


def test_a_bad_file_is_told_and_the_others_are_answered(invoke, files: tuple[Path, Path]) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("table", *files, "--arch", "alpha,power", "--era", "v2.6.27", "--format", "csv", "-j", "2")
    assert (ended.code, ended.out) == (2, f"test,file,alpha,power\nplain,{files[0]},Allowed,Forbidden\n")
    assert f"{files[1]}:3:" in ended.err


def test_a_function_that_no_architecture_knows_is_an_error_with_its_place(invoke, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "t.litmus"
    path.write_text("C t\n{}\nP0(int *x) { frobnicate(x); }\nforall (x=0)\n")
    ended = invoke("table", path, "--arch", "alpha,power", "--format", "csv")
    assert (ended.code, ended.out) == (2, f"test,file,alpha,power\nt,{path},error,error\n")
    assert ended.err.count(f"{path}:3:14: error: unknown function 'frobnicate'") == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--arch", "vax"], 2, "unknown model 'vax'"),
        (["--arch", ","], 2, "needs architectures"),
        (["--arch", "alpha", "--era", "v3"], 2, "unknown era 'v3'"),
        (["--format", "pdf"], 2, "unknown format 'pdf'"),
        (["--arch", "alpha", "--baseline", "power"], 2, "the baseline 'power'"),
        (["--arch", "alpha", "--timeout", "-1"], 2, "time limit"),
        (["--arch", "alpha,power", "--timeout", "20", "--era", "all"], 0, ""),
        (["--arch", "aarch64", "--era", "v2.6.27"], 0, ""),  # said in the cell
    ],
)
def test_exit_codes(invoke, files: tuple[Path, Path], options: list[str], code: int, said: str) -> None:  # type: ignore[no-untyped-def]
    ended = invoke("table", files[0], *options)
    assert ended.code == code
    assert said in ended.err


def test_limits_and_lost_processes_have_their_exit_codes(invoke, troubled: list[LitmusTest], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    codes = {}
    for name in ("hangs", "dies", "memory", "mistake"):
        file = tmp_path / f"{name}.litmus"
        file.write_text(DEPEND.format(name=name, read="READ_ONCE(*p)", barrier=""))
        codes[name] = invoke("table", file, "--arch", "sc,alpha", "--timeout", PATIENCE, "-j", "2").code
    assert codes == {"hangs": 3, "dies": 2, "memory": 3, "mistake": 70}


@pytest.mark.parametrize("options", [[], ["-j", "2"]])
def test_an_interrupt_prints_what_was_done(spawn, tmp_path: Path, options: list[str]) -> None:  # type: ignore[no-untyped-def]
    for n in range(150):
        (tmp_path / f"t{n:03}.litmus").write_text(DEPEND.format(name=f"t{n:03}", read="READ_ONCE(*p)", barrier=""))
    ours, theirs = pty.openpty()
    process = spawn("table", tmp_path, "--format", "csv", "--era", "all", *options, stderr=theirs)
    os.close(theirs)
    while not (shown := re.match(rb"\r\x1b\[K\[#*\.*\] (\d+)/", os.read(ours, 1000))):
        pass
    assert int(shown[1]) > 0
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    err = os.read(ours, 10_000).decode().split("\x1b[K")[-1].replace("\r\n", "\n")
    os.close(ours)
    assert process.returncode == 130
    rows = list(csv.reader(io.StringIO(out)))
    decided = sum(cell != "-" for row in rows[1:] for cell in row[3:])
    assert err == f"interrupted: {decided} of {150 * 2 * len(ALL)} cells were decided\n"
    assert decided > 0


@pytest.mark.parametrize("begin", ["=", "+", "-", "@"])
def test_a_spreadsheet_runs_no_name(begin: str) -> None:
    test = litmus.parse(f"X86 {begin}1+1\n{{ x=0; }}\n P0 ;\n MOV [x],$1 ;\nexists (x=1)\n", f"{begin}file")
    head, line = csv.reader(io.StringIO(render(litmus.compare([test], ["sc"]), "csv")))
    assert head == ["test", "file", "sc"]
    assert line == [f"'{begin}1+1", f"'{begin}file", "Allowed"]
