"""What a start costs, counted: modules and calls, which are the same on any machine, and not seconds."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from litmus.cli import COMMANDS, first_paragraph

ROOT = Path(__file__).parent.parent
SB = ROOT / "catalog" / "classic" / "x86" / "SB.litmus"

COUNTING = """
import sys
calls = 0
def count(frame, event, argument):
    global calls
    calls += event == "call"
sys.setprofile(count)
sys.argv = ["litmus", *sys.argv[1:]]
from litmus.cli import main
try:
    main()
except SystemExit as end:
    sys.setprofile(None)
    print(end.code or 0, calls, *sorted(sys.modules), file=sys.stderr)
"""

HEAVY = ("pydantic", "rich", "asyncio", "z3.z3printer", "tabulate", "multiprocessing", "importlib.metadata", "email")
"""What only some runs need, or none: parsing a command line takes none of it."""


def started(*arguments: str) -> tuple[int, int, list[str]]:
    """The exit code of a command, the Python functions that it called, and the modules that it imported."""
    ended = subprocess.run([sys.executable, "-c", COUNTING, *arguments], capture_output=True, text=True, check=True)
    code, calls, *modules = ended.stderr.split()
    return int(code), int(calls), modules


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "most_modules", "most_calls"),
    [(["--version"], 160, 36_000), (["--help"], 160, 37_000), (["check", str(SB)], 273, 95_000)],
    ids=["version", "help", "check"],
)
def test_a_start_is_light(arguments: list[str], most_modules: int, most_calls: int) -> None:
    code, calls, modules = started(*arguments)
    assert code == 0
    assert [name for name in HEAVY if name in modules] == []
    assert len(modules) <= most_modules
    assert calls <= most_calls


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    for name, command in COMMANDS.items():
        found = getattr(import_module(f"litmus.commands.{command.module}"), command.attribute or name)
        said = found.info.help if isinstance(found, typer.Typer) else first_paragraph(found)
        assert command.summary == said


def test_what_a_program_does_not_use_is_not_loaded() -> None:
    script = "import sys, litmus; print(*(name for name in sys.modules if name.startswith('litmus.')))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(ended.stdout.split()) == {"litmus.base"}
