"""The driver of batches: whatever becomes of one item, the others are answered."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from litmus.base.errors import InternalError, LimitReached, LitmusError, ParseError
from litmus.batch.driver import MOST_SAVED, Inquiry, ProcessDied, answers
from litmus.batch.faults import Subject
from litmus.engine import Engine

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Trouble(Inquiry[str, str, str]):
    """Items say what happens to them. What is known of an item that begins with `known` is its name in capitals."""

    folder: Path

    def ask(self, engine: Engine, item: str, know: Callable[[str], None]) -> str:
        if item.startswith("known"):
            know(item.upper())
        match item.removeprefix("known "):
            case "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            case "exits":
                os._exit(3)
            case "hangs":
                threading.Event().wait()
            case "interrupts":  # once another item has been given out, that is, once what was before it is answered
                (self.folder / "pipe").read_bytes()
                os.kill(os.getppid(), signal.SIGINT)
                threading.Event().wait()
            case "lets it":
                (self.folder / "pipe").write_bytes(b"now")
                threading.Event().wait()
            case "fault":
                raise ZeroDivisionError("division by zero")
            case "memory":
                raise MemoryError
            case "recursion":
                raise RecursionError("too deep")
            case "refused":
                raise ParseError("no test")
            case "limit":
                raise LimitReached("limit", "too much")
        return f"{item}!"

    def instead(self, item: str, error: LitmusError | InternalError, known: str | None) -> str:
        assert not (isinstance(error, InternalError) and isinstance(error, LitmusError))
        return f"{type(error).__name__} {error.message} ({known})"

    def subject(self, item: str, known: str | None) -> Subject:
        return Subject()


REFUSED = "ParseError no test"
FAULT = "InternalError ZeroDivisionError: division by zero"
MEMORY = "LimitReached out of memory"
LATE = "LimitReached out of time"
KILLED = "ProcessDied no answer: its process was killed by SIGKILL"

ANYWHERE = [
    ("good", "good!"),
    ("fault", f"{FAULT} (None)"),
    ("known fault", f"{FAULT} (KNOWN FAULT)"),
    ("memory", f"{MEMORY} (None)"),
    ("known memory", f"{MEMORY} (KNOWN MEMORY)"),
    ("recursion", "InternalError RecursionError: too deep (None)"),
    ("refused", f"{REFUSED} (None)"),
    ("known refused", f"{REFUSED} (KNOWN REFUSED)"),
    ("limit", "LimitReached too much (None)"),
    ("fine", "fine!"),
]
LOST = [
    ("dies", f"{KILLED} (None)"),
    ("exits", "ProcessDied no answer: its process ended with code 3 (None)"),
    ("known dies", f"{KILLED} (None)"),
]
SLOW = [("hangs", f"{LATE} (None)"), ("known hangs", f"{LATE} (KNOWN HANGS)")]


@pytest.mark.parametrize(
    ("jobs", "seconds", "expected"),
    [
        (None, None, ANYWHERE),
        (1, None, [*ANYWHERE, *LOST, *ANYWHERE]),
        (3, None, [*LOST, *ANYWHERE, *LOST]),
        (2, 0.1, [*SLOW, *LOST, *ANYWHERE]),
        (50, 0.1, [*ANYWHERE, *SLOW]),
        (2, None, []),
        (None, None, []),
    ],
)
def test_each_item_has_its_answer(
    tmp_path: Path,
    faults: Callable[[], list[Path]],
    jobs: int | None,
    seconds: float | None,
    expected: Sequence[tuple[str, str]],
) -> None:
    items = [item for item, _ in expected]
    assert list(answers(Trouble(tmp_path), items, jobs, seconds)) == expected
    assert len(faults()) == sum(answer.startswith("InternalError") for _, answer in expected)


def test_an_interrupt_gives_the_answers_that_are_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found: list[tuple[str, str]] = []
    with pytest.raises(KeyboardInterrupt):
        found.extend(answers(Trouble(tmp_path), ["good", "interrupts", "fine", "lets it", "never"], 2))
    assert found == [("good", "good!"), ("fine", "fine!")]


@pytest.mark.parametrize(("item", "kept"), [("good", True), ("refused", True), ("memory", False), ("fault", False)])
def test_an_engine_that_may_be_broken_is_not_used_again(
    tmp_path: Path, faults: Callable[[], list[Path]], item: str, kept: bool
) -> None:
    used: list[Engine] = []

    class Watched(Trouble):
        def ask(self, engine: Engine, item: str, know: Callable[[str], None]) -> str:
            used.append(engine)
            return Trouble.ask(self, engine, item, know)

    first = Engine()
    list(answers(Watched(tmp_path), [item, "good"], engine=first))
    assert used[0] is first
    assert (used[1] is first) == kept


def test_a_disk_is_not_filled_with_faults(tmp_path: Path, faults: Callable[[], list[Path]]) -> None:
    found = list(answers(Trouble(tmp_path), ["fault"] * (MOST_SAVED + 5)))
    assert len(found) == MOST_SAVED + 5
    assert len(faults()) == MOST_SAVED


def test_faults_are_raised_for_those_who_look_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITMUS_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        list(answers(Trouble(tmp_path), ["good", "fault"]))


def test_a_process_that_dies_is_told_from_input_that_is_wrong() -> None:
    assert issubclass(ProcessDied, LitmusError)
    assert not issubclass(InternalError, LitmusError)
