"""Candidate executions side by side: the lanes of integers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


class Space:
    """All combinations of some independent choices, each a lane: bit `k` of an integer is about combination `k`.

    `options[c][o]` has the lanes in which choice `c` takes its option `o`; `full` has all lanes. In lane `k`, a choice
    with the step `(stride, count)` takes its option `k // stride % count`.
    """

    __slots__ = ("full", "options", "steps")

    def __init__(self, counts: Sequence[int]) -> None:
        self.full = (1 << prod(counts)) - 1
        self.options: list[list[int]] = []
        self.steps: list[tuple[int, int]] = []
        stride = 1
        for count in counts:
            period = stride * count
            first = (1 << stride) - 1
            everywhere = self.full // ((1 << period) - 1)  # a bit at the start of each period
            self.options.append([(first << option * stride) * everywhere for option in range(count)])
            self.steps.append((stride, count))
            stride = period
