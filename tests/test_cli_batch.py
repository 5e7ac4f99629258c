"""Many files: order, processes that die or never end, interrupts, and mistakes of our own."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest
from oracles.processes import processes, seconds, session, wait_until
from oracles.shared import PATIENCE

from litmus.base.errors import LimitReached
from litmus.base.progress import Progress
from litmus.base.workers import ordered
from litmus.batch import files as batch
from litmus.batch.files import CheckPlan, FileRow
from litmus.engine import Engine
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Status, Verdict
from litmus.render.text import TextRows

pytestmark = pytest.mark.slow

SB = Path(__file__).parent.parent / "catalog" / "classic" / "x86" / "SB.litmus"


# --- worker processes by themselves -----------------------------------------------------------------------------------


def _work(hang: Callable[[], NoReturn] = signal.pause) -> Callable[[int, Callable[[str], None]], str]:
    """Small numbers are doubled, slowly if they are even; 100 dies, 101 hangs, 102 hangs with a last word."""

    def work(item: int, last_word: Callable[[str], None]) -> str:
        if item == 100:
            os.kill(os.getpid(), signal.SIGKILL)
        if item >= 101:
            if item == 102:
                last_word("cut off")
            hang()
        if item % 2 == 0:
            time.sleep(0.02)
        return str(2 * item)

    return work


def _mend(item: int, last_word: str | None, overdue: bool, reason: str) -> str:
    return f"{item}: {last_word or reason}"


def _all(item: int, following: int) -> bool:
    return True


def _tens(item: int, following: int) -> bool:
    return item // 10 == following // 10


def _whose() -> Callable[[int, object], tuple[int, int]]:
    """An item, and the process that worked on it."""
    return lambda item, last_word: (item, os.getpid())


def _never(item: int, last_word: object, overdue: bool, reason: str) -> NoReturn:
    raise AssertionError(reason)


@pytest.mark.parametrize("together", [None, _all])
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_order(jobs: int, together: Callable[[int, int], bool] | None) -> None:
    assert list(ordered(range(12), _work, _mend, jobs, together=together)) == [str(2 * n) for n in range(12)]


def test_what_belongs_together_is_given_to_one_process() -> None:
    """Unless others would have nothing to do: three items at once are a quarter of what there is for each process."""
    found = list(ordered(range(24), _whose, _never, 2, together=_tens))
    assert [item for item, _ in found] == list(range(24))
    for run in (range(3), range(3, 6), range(6, 9), range(10, 13), range(20, 23)):
        assert len({process for item, process in found if item in run}) == 1
    assert [item for item, _ in ordered(range(24), _whose, _never, 24, together=_tens)] == list(range(24))


@pytest.mark.parametrize("together", [None, _all])
def test_a_process_that_dies_costs_one_item(together: Callable[[int, int], bool] | None) -> None:
    dead = "100: its process was killed by SIGKILL"
    found = list(ordered([1, 100, 2, 100, 3], _work, _mend, 2, together=together))
    assert found == ["2", dead, "4", dead, "6"]
    found = list(ordered([1, 2, 100, 3, 4, 5, 100, 100, 6, 7, 8, 9], _work, _mend, 1, together=together))
    assert found == ["2", "4", dead, "6", "8", "10", dead, dead, "12", "14", "16", "18"]


@pytest.mark.parametrize(("jobs", "together"), [(2, None), (1, _all)])
def test_a_process_that_hangs_is_killed(
    hang: Callable[[], NoReturn], jobs: int, together: Callable[[int, int], bool] | None
) -> None:
    items = [1, 2, 101, 3, 4, 102, 5, 6]
    found = list(ordered(items, partial(_work, hang), _mend, jobs, 60, together))
    assert found == ["2", "4", "101: killed after 60 s", "6", "8", "102: cut off", "10", "12"]


def test_a_process_is_killed_when_its_time_is_up() -> None:
    """By the clock: only what hangs, which no machine is too slow for."""
    found = list(ordered([101, 101, 101], _work, _mend, 3, seconds=0.1))
    assert found == ["101: killed after 0.1 s"] * 3


def test_closing_ends_the_processes() -> None:
    before = _children()
    results = ordered([1, 101, 101], _work, _mend, 2)
    assert next(results) == "2"
    assert _children() > before
    results.close()
    assert _children() == before


@pytest.mark.usefixtures("interrupted")
def test_an_interrupt_gives_what_is_there() -> None:
    found: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        found.extend(ordered([1, 101, 3, 5], _work, _mend, 2))
    assert found == ["2", "6", "10"]


# --- the batch --------------------------------------------------------------------------------------------------------


@pytest.fixture
def trouble(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hang: Callable[[], NoReturn], faults: Callable[[], list[Path]]
) -> Callable[..., list[str]]:
    """Makes test files whose names say what happens while they are decided."""
    check = Engine.check

    def troubled(engine: Engine, test: LitmusTest, model: str | None, options: Options) -> Verdict:
        match test.name:
            case "hangs":
                hang()
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "mistake":
                raise ZeroDivisionError("division by zero")
            case "memory":
                raise MemoryError
            case "recursion":
                raise RecursionError("maximum recursion depth exceeded")
            case "limit":
                raise LimitReached("limit", "too much")
        return check(engine, test, model, options)

    monkeypatch.setattr(Engine, "check", troubled)

    def make(*names: str) -> list[str]:
        files = []
        for name in names:
            file = tmp_path / f"{name}.litmus"
            file.write_text(SB.read_text().replace("X86 SB", f"X86 {name}"))
            files.append(str(file))
        return files

    return make


def _said(rows: list[FileRow]) -> list[tuple[Status, str]]:
    """The status of rows and the first line that is said of each."""
    return [(row.status, row.remarks.removeprefix(row.file).partition("\n")[0]) for row in rows]


@pytest.mark.parametrize("jobs", [1, 2])
def test_mistakes_of_ours_cost_one_file(trouble: Callable[..., list[str]], jobs: int) -> None:
    files = trouble("good", "mistake", "memory", "recursion", "fine")
    assert _said(list(batch.run(CheckPlan(TextRows()), files, jobs))) == [
        (Status.DONE, ""),
        (Status.INTERNAL, ": internal error: ZeroDivisionError: division by zero"),
        (Status.LIMIT, ": limit: out of memory"),
        (Status.INTERNAL, ": internal error: RecursionError: maximum recursion depth exceeded"),
        (Status.DONE, ""),
    ]


def test_mistakes_are_raised_for_those_who_look_for_them(
    trouble: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITMUS_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        list(batch.run(CheckPlan(TextRows()), trouble("mistake")))


def test_a_process_that_is_killed_costs_one_file(trouble: Callable[..., list[str]]) -> None:
    rows = list(batch.run(CheckPlan(TextRows()), trouble("good", "dies", "fine"), 2))
    assert _said(rows) == [
        (Status.DONE, ""),
        (Status.ERROR, ": error: no answer: its process was killed by SIGKILL"),
        (Status.DONE, ""),
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_test_that_does_not_heed_its_limit_is_killed(trouble: Callable[..., list[str]], jobs: int) -> None:
    rows = list(
        batch.run(CheckPlan(TextRows(), options=Options(timeout=PATIENCE)), trouble("good", "hangs", "fine"), jobs)
    )
    assert _said(rows) == [(Status.DONE, ""), (Status.TIMEOUT, ": timeout: out of time"), (Status.DONE, "")]
    lines = rows[1].output.splitlines()
    assert lines[0] == "Test hangs Allowed"
    assert "Timeout" in lines
    assert "Observation hangs Timeout 0 0" in lines


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_limit_holds_while_a_test_is_read(tmp_path: Path, invoke, jobs: int) -> None:
    file = tmp_path / "long.litmus"
    items = "; ".join(f"x{n}={n}" for n in range(30_000))
    file.write_text(f"PPC long\n{{ {items} }}\nP0;\nnop;\nexists (x=1)\n")
    ended = invoke("check", "--timeout", "0.01", "-j", jobs, "--format", "json", file, SB)
    assert ended.code == 3
    assert ended.err.startswith(f"{file}: timeout: out of time\n")
    assert json.loads(ended.out.splitlines()[0])["status"] == "timeout"


def test_a_limit_is_the_exit_code_if_all_else_is_well(trouble: Callable[..., list[str]], invoke) -> None:
    ended = invoke("check", "--timeout", PATIENCE, *trouble("good", "hangs"))
    assert ended.code == 3
    assert invoke("check", *trouble("good", "memory")).code == 3
    assert invoke("check", *trouble("memory", "mistake")).code == 70


# --- the command and its signals --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """More files than can be checked before something happens."""
    folder = tmp_path_factory.mktemp("long")
    for n in range(3000):
        (folder / f"t{n:04}.litmus").symlink_to(SB)
    return [str(folder)]


@pytest.mark.parametrize("options", [[], ["-j", "2"], ["--timeout", "60"]])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_cleanly_when_interrupted(
    spawn, long_run: list[str], tmp_path: Path, options: list[str], number: signal.Signals, code: int
) -> None:
    with (tmp_path / "out").open("w+") as out:
        process: subprocess.Popen[str] = spawn("check", *options, *long_run, stdout=out)
        wait_until(lambda: out.seek(0, os.SEEK_END) > 0)
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)  # Ctrl-C goes to all processes
        err = process.communicate(timeout=PATIENCE)[1]
        out.seek(0)
        answered = out.read()
    assert process.returncode == code
    count = answered.count("Hash=")
    assert answered.endswith("\n\n")
    if number == signal.SIGINT:  # which may come after a file was answered and before it is counted
        assert err in [f"interrupted: {n} of 3000 files were checked\n" for n in (count, count - 1)]
    else:
        assert err == ""
    wait_until(lambda: not session(process.pid))


INTERRUPT = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-m", "litmus", "check", str(SB)], 130, ""),
        (["litmus"], 130, ""),  # as the command is when installed
        (["other"], -signal.SIGINT, "KeyboardInterrupt"),  # a program that uses the package decides for itself
    ],
)
def test_it_may_be_interrupted_while_it_is_loaded(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    (tmp_path / "typer.py").write_text(INTERRUPT)
    for name in ("litmus", "other"):
        (tmp_path / name).write_text(f"import litmus\n{INTERRUPT}")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent.parent)])
    environment = {**os.environ, "PYTHONPATH": path}
    ended = subprocess.run([sys.executable, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == code
    assert ended.stdout == ""
    assert ended.stderr.strip().endswith(said)
    assert bool(ended.stderr) == bool(said)


@pytest.mark.parametrize("options", [[], ["-j", "2"]])
def test_it_ends_in_silence_when_nobody_reads_on(spawn, long_run: list[str], options: list[str]) -> None:
    process: subprocess.Popen[str] = spawn("check", *options, *long_run)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "Test SB Allowed\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(PATIENCE) == 141
    wait_until(lambda: not session(process.pid))


def test_workers_do_not_outlive_the_command(spawn, long_run: list[str]) -> None:
    process: subprocess.Popen[str] = spawn("check", "-j", "2", *long_run, stdout=subprocess.DEVNULL)
    wait_until(lambda: len(session(process.pid)) == 3)
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_until(lambda: not session(process.pid))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Tests that nobody decides soon: whether two of 30 atomic increments return the same, a question of pigeons.

    No two threads can be exchanged, since each writes a number of its own.
    """
    count = 30
    folder = tmp_path_factory.mktemp("hard")
    threads = "".join(
        f"P{t}(atomic_t *x, int *y) {{ int r0; r0 = atomic_inc_return(x); WRITE_ONCE(*y, {t}); }}\n"
        for t in range(count)
    )
    same = " \\/ ".join(f"{a}:r0={b}:r0" for a in range(count) for b in range(a))
    for name in ("one", "two", "three"):
        (folder / f"{name}.litmus").write_text(f"C {name}\n{{ }}\n{threads}exists ({same})\n")
    return sorted(map(str, folder.iterdir()))


@pytest.mark.parametrize(
    ("arguments", "workers"),
    [
        (["table", "--arch", "power,sc", "-j", "1"], 1),
        (["table", "--arch", "power,sc", "-j", "2"], 2),
        (["check", "-m", "power", "-j", "2"], 2),
        (["check", "-m", "power", "--timeout", "500"], 1),
    ],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_workers_that_are_hard_at_work_end_with_the_command(
    spawn, hard: list[str], arguments: list[str], workers: int, number: signal.Signals
) -> None:
    process: subprocess.Popen[str] = spawn(*arguments, *hard)
    parent = {str(process.pid)}
    wait_until(lambda: sum(seconds(worker) > 0.5 for worker in session(process.pid) - parent) == workers)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)  # until nobody holds its streams any more
    assert process.returncode == -number
    wait_until(lambda: not session(process.pid))


def _children() -> set[str]:
    """The processes that this one has started."""
    return {pid for pid, fields in processes() if fields[1] == str(os.getpid())}


# --- progress ---------------------------------------------------------------------------------------------------------


def test_progress_is_shown_on_a_terminal(spawn, long_run: list[str]) -> None:
    ours, theirs = pty.openpty()
    process: subprocess.Popen[str] = spawn("check", *long_run, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"/3000" not in shown:
        shown += os.read(ours, 1000)
    process.terminate()
    process.wait(PATIENCE)
    os.close(ours)
    assert re.search(rb"\r\x1b\[K\[#*\.*\] \d+/3000, \d+ s left", shown)


@pytest.mark.parametrize(("terminal", "total"), [(False, 1000), (True, 19)])
def test_progress_is_not_in_the_way(terminal: bool, total: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr("litmus.base.progress.time", SimpleNamespace(monotonic=count(0, 10).__next__))
    progress = Progress(stream, total)
    for done in range(1, 20):
        progress.clear()
        progress.show(done)
    progress.clear()
    assert stream.getvalue() == ""
