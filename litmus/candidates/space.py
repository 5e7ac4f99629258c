"""Candidate executions side by side: the lanes of integers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


class Space:
    """All combinations of some independent choices, each a lane: bit `k` of an integer is about combination `k`.

    `options[c][o]` has the lanes in which choice `c` takes its option `o`; `full` has all lanes.
    """

    __slots__ = ("_strides", "full", "options")

    def __init__(self, counts: Sequence[int]) -> None:
        self.full = (1 << prod(counts)) - 1
        self.options: list[list[int]] = []
        self._strides: list[tuple[int, int]] = []  # of each choice, and how many options it has
        stride = 1
        for count in counts:
            period = stride * count
            first = (1 << stride) - 1
            everywhere = self.full // ((1 << period) - 1)  # a bit at the start of each period
            self.options.append([(first << option * stride) * everywhere for option in range(count)])
            self._strides.append((stride, count))
            stride = period

    def taken(self, lane: int) -> list[int]:
        """The option that each choice takes in a lane."""
        return [lane // stride % count for stride, count in self._strides]
