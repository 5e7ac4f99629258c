"""explain, barriers, diff and coverage: whatever is in a file, it and those around it are answered or refused."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Ended
from oracles.mutations import mutants
from oracles.shared import PATIENCE

GOOD = ROOT / "catalog" / "classic" / "ppc" / "MP.litmus"
FENCED = GOOD.parent / "MP+lwsyncs.litmus"  # forbidden, so that a clause is needed for it
SOURCES = {
    "PPC": GOOD,
    "AArch64": ROOT / "tests" / "litmus" / "AArch64" / "MP+stlr+ldar.litmus",
    "RISCV": ROOT / "tests" / "litmus" / "RISCV" / "MP.litmus",
    "C": ROOT / "catalog" / "kernel-patterns" / "seqlock.litmus",
    "locks": ROOT / "catalog" / "kernel-locks" / "double-check.litmus",
    "PCI": next((ROOT / "catalog" / "pci").rglob("*.litmus")),
}
COMMANDS: dict[str, list[str]] = {
    "explain": ["explain"],
    "barriers": ["barriers", "--every"],
    "sarif": ["barriers", "--format", "sarif"],
    "diff": ["diff", "power", "sc"],
    "coverage": ["coverage", "-m", "power"],
}
PLACED = re.compile(r"^[^\n]+?:\d+:\d+: error: ", re.MULTILINE)


def check(ended: Ended) -> None:
    said = ended.out + ended.err
    assert ended.code in (0, 1, 2, 3), said[-2000:]
    assert "Traceback" not in said
    assert "internal error" not in said, said[-2000:]


def answered(invoke: Callable[..., Ended], place: Path, command: str, source: str, count: int) -> None:
    files = []
    for number, data in enumerate(mutants(SOURCES[source].read_text("utf-8"), count, number_of(command + source))):
        (place / f"{number:03}.litmus").write_bytes(data)
        files.append(place / f"{number:03}.litmus")
    ended = invoke(*COMMANDS[command], FENCED, *files, GOOD, "--timeout", "20")
    check(ended)
    assert "MP" in ended.out  # the first and the last are answered, whatever became of the others
    if ended.code == 2:
        assert PLACED.search(ended.err)


def number_of(text: str) -> int:
    return sum(map(ord, text))


@pytest.mark.parametrize("command", ["explain", "barriers"])
def test_a_few_mutated_tests(invoke: Callable[..., Ended], tmp_path: Path, command: str) -> None:
    answered(invoke, tmp_path, command, "C", 8)


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("command", COMMANDS)
def test_mutated_tests(invoke: Callable[..., Ended], tmp_path: Path, command: str, source: str) -> None:
    answered(invoke, tmp_path, command, source, 25)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["explain", "barriers", "diff", "coverage"])
def test_mutated_models(invoke: Callable[..., Ended], tmp_path: Path, command: str) -> None:
    text = (ROOT / "archs" / "x86-tso.cat").read_text("utf-8")
    file = tmp_path / "own.cat"
    for data in mutants(text, 15, number_of(command)):
        file.write_bytes(data)
        asked = {"diff": ["diff", file, "sc"], "barriers": ["barriers", "-a", file]}
        check(invoke(*asked.get(command, [command, "-m", file]), ROOT / "catalog" / "classic" / "x86" / "SB.litmus"))


@pytest.mark.parametrize("command", ["explain", "barriers", "diff", "coverage"])
def test_time_that_is_up_is_said(invoke: Callable[..., Ended], command: str) -> None:
    ended = invoke(*COMMANDS[command], SOURCES["locks"], "--timeout", "0.000001")
    assert ended.code == 3, ended
    assert "time" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("command", ["explain", "barriers", "diff", "coverage"])
def test_processes_say_what_one_says(invoke: Callable[..., Ended], command: str) -> None:
    files = [GOOD, GOOD.parent / "SB.litmus", "no such file", FENCED]
    asked = COMMANDS[command]
    assert invoke(*asked, *files, "-j", "2") == invoke(*asked, *files)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["explain", "barriers", "diff", "coverage"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_it(spawn: Callable[..., subprocess.Popen[str]], command: str, jobs: str) -> None:
    asked = COMMANDS[command]
    process = spawn(*asked, *[str(GOOD)] * 3000, "-j", jobs)
    assert process.stdout is not None
    if command == "coverage":  # it prints at the end only
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
    else:
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert re.search(r"interrupted: \d+ of 3000 tests were ", err), err
    assert "Traceback" not in out + err
