"""Work that is counted, not timed: what a test says of cost holds on every machine, however busy it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines(action: Callable[[], object]) -> int:
    """How many lines of Python an action has executed; one that goes round is counted each time.

    What the libraries in C do in one step is one step. `benchmarks/limits.py` has the seconds.
    """
    count = 0

    def inside(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return inside

    before = sys.gettrace()
    sys.settrace(inside)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def growth(action: Callable[[float], object], size: float) -> float:
    """By how much the lines executed grow from this size to twice that: 2 if they are in proportion, 4 if in square.

    Both are done once before, for what is done only once: imports, and tables that are kept.
    """
    for factor in (1, 2):
        action(factor * size)
    once, twice = (lines(lambda factor=factor: action(factor * size)) for factor in (1, 2))  # type: ignore[misc]
    return twice / once
