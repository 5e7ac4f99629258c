"""How much work something is, counted in calls of functions: the same on every machine, busy or not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Steps:
    """How many functions were called so far."""

    calls: int = 0


@contextmanager
def counted(most: int) -> Iterator[Steps]:
    """Counts the calls of Python functions, and of generators as often as they go on; AssertionError after so many.

    So what takes for ever is stopped in the middle. What C code does by itself is no step: benchmarks/large.py has the
    seconds.
    """
    steps = Steps()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            steps.calls += 1
            if steps.calls > most:
                sys.setprofile(None)
                raise AssertionError(f"more than {most} calls of functions")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield steps
    finally:
        sys.setprofile(before)
