"""What tests share: the golden files, and the command, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from litmus import cli

ROOT = Path(__file__).parent.parent
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


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], list[Path]]:
    """The folders in which faults of litmus were saved, which are not left behind in the folder for temporary files."""
    place = tmp_path / "faults"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.delenv("LITMUS_DEBUG", raising=False)
    return lambda: sorted(place.iterdir())


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs `litmus` with these arguments in this process."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["litmus", *map(str, arguments)])
        monkeypatch.delenv("LITMUS_DEBUG", raising=False)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capfd.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def spawn() -> Callable[..., subprocess.Popen[str]]:
    """Starts `litmus` with these arguments in a process, and a session, of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "LITMUS_DEBUG"}
    path = os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH"))))

    def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [sys.executable, "-m", "litmus", *map(str, arguments)],
            **{**streams, **options},
            text=True,
            start_new_session=True,
            env={**environment, "PYTHONPATH": path},
        )

    return start
