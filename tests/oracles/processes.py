"""The processes that a command has, as /proc shows them, and waiting for what they do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from oracles.shared import PATIENCE


def seconds(process: str) -> float:
    """The processor time that a process has taken."""
    found = [fields for pid, fields in processes() if pid == process]
    return sum(map(int, found[0][11:13])) / os.sysconf("SC_CLK_TCK") if found else 0.0


def session(leader: int) -> set[str]:
    """The processes of a session."""
    return {pid for pid, fields in processes() if fields[3] == str(leader)}


def processes() -> Iterator[tuple[str, list[str]]]:
    """The processes that are not gone, with the fields of /proc/PID/stat from the state on: state, parent, ..."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if fields[0] != "Z":
            yield stat.parent.name, fields


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that can be seen."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
