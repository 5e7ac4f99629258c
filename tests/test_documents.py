"""What the documents show is what happens: files are saved, commands run, and their output compared."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.shared import PATIENCE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
_SAVED = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMES = (
    (re.compile(r"^(Time \S+) \d+\.\d\d$", re.MULTILINE), r"\1 0.01"),
    (re.compile(r'("seconds": )[\d.]+'), r"\g<1>0.01"),
    (re.compile(r"^(\d+ (?:passed|failed).* in )\d+\.\d\ds$", re.MULTILINE), r"\g<1>0.01s"),  # pytest's last line
)
# What changes the looks of what programs print: with one of the first two, pytest shows whole messages in its summary.
_SET_BY_MACHINES = ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PY_COLORS")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what a user has: the package, its data, and `litmus` as a command."""
    for name in ("litmus", "archs", "catalog", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)  # with the byte code, which takes long to make
    commands = tmp_path / "bin"
    commands.mkdir()
    commands_run = {"litmus": '-c "from litmus.cli import main; main()"', "pytest": "-m pytest", "python": ""}
    for name, run in commands_run.items():
        (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {run} "$@"\n')
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in _SET_BY_MACHINES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save_files(text: str, folder: Path) -> None:
    """Save each block that follows a line with the name of a file."""
    for name, content in _SAVED.findall(text):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def console(block: str, folder: Path) -> str:
    """A block with what its commands print in place of what it says they print."""
    shown = []
    for line in block.splitlines():
        if line.startswith("$ "):
            done = subprocess.run(
                ["bash", "-c", line[2:]],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
            )
            shown.append(f"{line}\n{done.stdout}")
    text = "".join(shown)
    for pattern, replacement in _TIMES:
        text = pattern.sub(replacement, text)
    return re.sub(r"\n{2,}\Z", "\n", text)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/guide.md",
        "docs/pytest.md",
        "docs/models.md",
        "docs/barriers.md",
        "examples/review/README.md",
        "docs/lkmm.md",
        "docs/c11.md",
        "docs/herd7.md",
    ],
)
def test_commands_print_what_the_document_shows(name: str, place: Path, request: pytest.FixtureRequest) -> None:
    text = (ROOT / name).read_text("utf-8")
    save_files(text, place)
    found = _CONSOLE.sub(lambda match: f"```console\n{console(match[1], place)}```", text)
    assert "This is a fault of litmus" not in found  # as the message of an internal error says
    if request.config.getoption("--update-golden"):
        (ROOT / name).write_text(found, "utf-8")
    assert found == (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["guide.md", "python.md", "models.md", "barriers.md", "lkmm.md"])
def test_python_in_the_documents(name: str, place: Path) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    save_files(text, place)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for block in _PYTHON.findall(text):
        test = doctest.DocTestParser().get_doctest(block, {}, name, name, 0)
        said: list[str] = []
        runner.run(test, out=said.append)
        assert not said, "".join(said)


def test_links_lead_somewhere() -> None:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "examples" / "review" / "README.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("command", ["check", "table"])
def test_every_option_is_in_the_documents(command: str, invoke: Callable[..., object]) -> None:
    said = (ROOT / "README.md").read_text("utf-8") + (ROOT / "docs" / "guide.md").read_text("utf-8")
    shown = re.findall(r"^\s+(?:-\w, )?(--?[\w-]+)", str(getattr(invoke(command, "--help"), "out", "")), re.MULTILINE)
    assert [option for option in shown if option not in said and option not in ("--help",)] == []
