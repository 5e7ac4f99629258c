"""What the benchmarks of whole processes run, and how one run is measured.

Time is CPU time, of the process and of those that it waited for: it includes the start, and other users of the machine
change it less than wall time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from growth import independent_reads, store_buffering

ROOT = Path(__file__).parent.parent
CORPORA = ROOT.parent / "shared" / "corpora"
CALIBRATION = 0.0113
"""What `calibrate` gives on the machine for which goals are."""

_SB = str(ROOT / "catalog" / "classic" / "x86" / "SB.litmus")


@dataclass(frozen=True, slots=True)
class Program:
    """Arguments of Python, and what their time is divided by, such as the number of tests.

    `goal` is the most seconds that one part should take where `calibrate` gives CALIBRATION: of CPU time, or of wall
    time if several processes work. `runs` is how often it is measured, as what is short varies more. `answers` is the
    form of what it prints, empty if it decides nothing.
    """

    name: str
    arguments: tuple[str, ...]
    parts: int = 1
    goal: float | None = None
    wall: bool = False
    runs: int = 20
    answers: Literal["", "text", "json", "csv"] = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program: seconds of CPU time and of wall time, and what it printed."""

    cpu: float
    wall: float
    output: str


def programs(corpora: Path, scratch: Path, catalog: Path) -> Iterator[Program]:
    """All of them: start-up, suites (those that are there), two large tests, the table of a catalogue.

    The large tests are written to `scratch`, which must exist as long as the programs run.
    """
    litmus = ("-m", "litmus")
    yield Program("python alone", ("-c", "pass"))
    yield Program("import litmus", ("-c", "import litmus"), goal=0.05)
    yield Program("litmus --help", (*litmus, "--help"), goal=0.1)
    yield Program("check, one file", (*litmus, "check", _SB), goal=0.15, answers="text")
    for suite, goal in (("x86", 0.0025), ("ppc", 0.004)):
        tests = sum(1 for _ in (corpora / suite).rglob("*.litmus"))
        if tests:
            arguments = (*litmus, "check", str(corpora / suite), "--format", "json")
            yield Program(f"{suite}, a test", arguments, tests, goal, runs=5, answers="json")
    for test, goal in ((store_buffering("X86", "", 10, None), 0.4), (independent_reads("X86", "", 6, None), 1.5)):
        file = scratch / f"{test.name}.litmus"
        file.write_text(test.text(), "utf-8")
        yield Program(test.name, (*litmus, "check", str(file)), goal=goal, runs=3, answers="text")
    table = (*litmus, "table", str(catalog), "-a", "all", "--era", "all", "-j", "2", "--format", "csv")
    yield Program("table, -j 2", table, goal=12.0, wall=True, runs=2, answers="csv")


def run(program: Program, checkout: Path, scratch: Path) -> Run:
    """Run a program with the sources of a checkout, from `scratch`, where its byte code is kept as well."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": str(scratch / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    printed = scratch / "printed"
    with printed.open("wb") as file:
        start = time.perf_counter()
        # -P, as otherwise the current folder would come before PYTHONPATH
        process = subprocess.Popen(
            [sys.executable, "-P", *program.arguments],
            env=environment,
            cwd=scratch,
            stdout=file,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(used.ru_utime + used.ru_stime, wall, printed.read_text("utf-8"))


def calibrate() -> float:
    """The speed of the machine: CPU seconds of a fixed amount of work in Python, the best of seven."""
    return min(_timed(_work) for _ in range(7))


def _timed(work: Callable[[], int]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _work() -> int:
    """The transitive closures of sixty relations, as bits; the same work as that of the script that goals refer to."""
    rows = [(1 << (i * 7 % 64)) | (1 << (i * 13 % 64)) for i in range(64)]
    mixed = 0
    for _ in range(60):
        closure = list(rows)
        for k in range(64):
            bit, row = 1 << k, closure[k]
            closure = [r | row if r & bit else r for r in closure]
        mixed ^= hash(tuple(closure))
    return mixed


@contextmanager
def checkout_of(revision: str) -> Iterator[Path]:
    """A folder with the files of a revision, for as long as it is needed. Raises CalledProcessError for none such."""
    with TemporaryDirectory(prefix="litmus-bench-") as scratch:
        place = Path(scratch) / "checkout"
        _git("worktree", "add", "--quiet", "--detach", str(place), revision)
        try:
            yield place
        finally:
            _git("worktree", "remove", "--force", str(place))


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True)
