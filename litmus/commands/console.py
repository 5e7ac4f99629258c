"""What the subcommands have in common: exit codes, and what to do when nobody reads on or the user interrupts."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from litmus.base.errors import UsageError


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    EXPECTATION = 1
    BAD = 2
    LIMIT = 3
    INTERRUPTED = 130
    PIPE = 141


EPILOG = """\b
Exit codes: 0 done, 1 an expectation failed, 2 bad input or usage,
3 a time or other limit was hit, 130 interrupted.
"""


def drop_output() -> None:
    """Have what is still to be written to stdout go nowhere: it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def terminable() -> Iterator[None]:
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


def time_limit(seconds: float | None) -> float | None:
    """A time limit as given by the user. Raises UsageError for one that is no time."""
    if seconds is not None and not 0 < seconds < 1e9:
        raise UsageError("the time limit is a number of seconds, more than 0")
    return seconds


def processes(jobs: int) -> int:
    """How many processes `-j` means: 0 is one a core."""
    return jobs or os.cpu_count() or 1
