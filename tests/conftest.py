"""What tests share: an engine, golden files, the command, in this process or in one of its own, and what hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings
from oracles import shared

from litmus import cli
from litmus.base import workers
from litmus.engine import Engine

# A busy machine makes no test fail.
settings.register_profile(
    "litmus", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("litmus")

ROOT = Path(__file__).parent.parent
_GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the tests find into tests/golden")


def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a script does for what it runs in the background:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the commands that are interrupted would inherit it


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine of all tests."""
    return shared.engine


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


def _hears_hangups() -> None:
    """Under `nohup` the suite, and so what it starts, ignores the signal."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
            preexec_fn=_hears_hangups,
            env={**environment, "PYTHONPATH": path},
        )

    return start


# --- what hangs and what is interrupted -------------------------------------------------------------------------------


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], NoReturn]:
    """What a worker calls in order to hang. Its time is up once it has, and no other worker's ever: no clock is asked.

    So a test may have any limit, and none is too short for a busy machine.
    """
    folder = tmp_path_factory.mktemp("hung")
    seen: set[int] = set()

    def left(worker: workers._Worker[object, object], seconds: float) -> float:
        process = worker._process.pid
        assert process is not None
        if process in seen:
            return 0.0
        if (folder / str(process)).exists():
            seen.add(process)  # from the next time on, so that what it said before it hung has been read
        return 0.02

    def hang() -> NoReturn:
        (folder / str(os.getpid())).touch()
        while True:
            time.sleep(shared.PATIENCE)

    monkeypatch.setattr(workers._Worker, "left", left)
    return hang


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An interrupt, as by Ctrl-C, once all processes but one have nothing to do."""
    awaited = workers._awaited

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    def watched(
        busy: list[workers._Worker[object, object]], seconds: float | None
    ) -> list[workers._Worker[object, object]]:
        if len(busy) == 1:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        return awaited(busy, seconds)

    monkeypatch.setattr(workers, "_awaited", watched)
    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
