"""What tests share: the golden files, and running the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

_GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the tests find into tests/golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file of that name in tests/golden; `pytest --update-golden` writes the file."""

    def compare(name: str, found: str) -> None:
        path = _GOLDEN / name
        if request.config.getoption("--update-golden"):
            assert "CI" not in os.environ, "golden files are not to be written in CI"
            path.write_text(found, "utf-8")
        assert found == path.read_text("utf-8")

    return compare


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def command() -> Command:
    """Runs `litmus ...` as a process: `command("check", "x.litmus", cwd=..., stdin=...)`."""

    def run(*args: str, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "litmus", *args],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(),
            check=False,
        )

    return run


def environment(unset: Sequence[str] = ("LITMUS_DEBUG",)) -> dict[str, str]:
    """The environment of a command under test: this checkout's package, wherever the command runs."""
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    root = str(Path(__file__).parent.parent)
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH", ""))))}
