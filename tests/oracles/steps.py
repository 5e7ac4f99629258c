"""How much work something is, counted in calls of functions: the same on every machine, busy or not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, FunctionType


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


@contextmanager
def lines_within(package: str, most: int) -> Iterator[list[int]]:
    """Counts the lines that all code below a folder of this name executes; AssertionError after so many."""
    lines = [0]

    def within(frame: FrameType, event: str, argument: object) -> object:
        lines[0] += event == "line"
        if lines[0] > most:
            sys.settrace(None)
            raise AssertionError(f"more than {most} lines")
        return within

    def trace(frame: FrameType, event: str, argument: object) -> object:
        return within if f"/{package}/" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)


@contextmanager
def lines_of(function: FunctionType) -> Iterator[list[int]]:
    """Counts the lines that a function executes by itself: for loops that call nothing, which are no steps."""
    lines = [0]

    def within(frame: FrameType, event: str, argument: object) -> object:
        lines[0] += event == "line"
        return within

    def trace(frame: FrameType, event: str, argument: object) -> object:
        return within if frame.f_code is function.__code__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lines
    finally:
        sys.settrace(before)
