"""What the subcommands have in common: exit codes, files, formats, interrupts, and output that nobody reads."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

import typer

from litmus.base.errors import InternalError, LimitReached, LitmusError, UsageError
from litmus.base.progress import Progress


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    EXPECTATION = 1
    BAD = 2
    LIMIT = 3
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130
    PIPE = 141


EPILOG = """\b
Exit codes: 0 done, 1 an expectation failed, 2 bad input or usage,
3 a time or other limit was hit, 70 a fault of litmus, 130 interrupted.
"""

_SEVERITY = (Exit.DONE, Exit.EXPECTATION, Exit.LIMIT, Exit.BAD, Exit.INTERNAL)


def worst(*codes: Exit) -> Exit:
    """The code of a command that met all of these."""
    return max(codes, key=_SEVERITY.index)


def code_of(error: LitmusError | InternalError) -> Exit:
    """The exit code for input that could not be used, for a limit that was hit, or for a fault of litmus."""
    if isinstance(error, InternalError):
        return Exit.INTERNAL
    return Exit.LIMIT if isinstance(error, LimitReached) else Exit.BAD


def complain(name: str, error: LitmusError | InternalError) -> None:
    """Print to stderr what is wrong with a file: after its name, unless the message says where it is."""
    placed = isinstance(error, LitmusError) and error.span is not None
    sys.stderr.write(f"{error}\n" if placed else f"{name}: {error}\n")


# --- what was asked for -----------------------------------------------------------------------------------------------


def expanded(files: Sequence[str]) -> tuple[tuple[str, ...], tuple[LitmusError, ...]]:
    """The files that arguments mean, and what is wrong with other arguments. Raises UsageError if there is neither."""
    from litmus.frontend.files import expand

    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    return names, errors


def known_format(form: str, known: Sequence[str]) -> None:
    """Raises UsageError for an unknown format."""
    if form not in known:
        raise UsageError(f"unknown format '{form}': {' or '.join(known) if len(known) == 2 else ', '.join(known)}")


def processes(jobs: int) -> int:
    """How many processes `-j` means: 0 is one a core."""
    return jobs or os.cpu_count() or 1


def processes_or_none(jobs: int, limit: float | None = None) -> int | None:
    """As `processes`; None, which means this process, for one that no time limit may have to kill."""
    return None if jobs == 1 and limit is None else processes(jobs)


# --- how it may end ---------------------------------------------------------------------------------------------------


@contextmanager
def reporting(progress: Progress, so_far: Callable[[], str]) -> Iterator[None]:
    """Run a batch and print its answers.

    An interrupt prints how far it got and ends the command; so does, without a word, output that nobody reads. SIGTERM
    ends it, too, with all its processes.
    """
    try:
        with _terminable(), piped():
            yield
    except KeyboardInterrupt:
        no_more_interrupts()
        progress.clear()
        sys.stderr.write(f"interrupted: {so_far()}\n")
        raise typer.Exit(Exit.INTERRUPTED) from None
    finally:
        progress.clear()


@contextmanager
def piped() -> Iterator[None]:
    """End the command if nobody reads its output, as in `litmus check ... | head`: there is nothing to say."""
    try:
        yield
    except BrokenPipeError:
        drop_output()
        raise typer.Exit(Exit.PIPE) from None


def no_more_interrupts() -> None:
    """Let the command end: it was interrupted before."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def drop_output() -> None:
    """Have what is still to be written to stdout go nowhere: it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _terminable() -> Iterator[None]:
    """While this lasts, SIGTERM and SIGINT end the command by an exception, so that its workers are ended, too."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, _terminate)
    if before[signal.SIGINT] != signal.SIG_IGN:  # as a shell has it for what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, frame: object) -> None:
    sys.exit(128 + number)


# --- files that are written -------------------------------------------------------------------------------------------


def save(path: Path, text: str, name: str, written: dict[Path, str]) -> str:
    """Write a file for the test in the file `name`; the line that says so.

    `written` are the files that were written before, and for what. Raises UsageError for one of these, and for a file
    that cannot be written.
    """
    if path in written:
        raise UsageError(f"both {written[path]} and {name} would be written to {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    written[path] = name
    return f"{path}\n"
