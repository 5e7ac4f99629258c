"""Relations over n events as n rows of bits: bit j of row i is the pair (i, j).

The one performance kernel of bounds and encoder. A set of events is an int of n bits; `Rows` are immutable. What takes
long for thousands of events raises LimitReached at a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import and_, or_

from litmus.base.deadline import NO_DEADLINE, Deadline

Rows = tuple[int, ...]

_TOGETHER = 128  # rows between two looks at the clock
_KEPT = 1 << 14
"""Sets below this, which are those of the first fourteen events, have their bits kept: at most two megabytes."""


def empty(n: int) -> Rows:
    """No pair."""
    return (0,) * n


class _Bits(dict[int, tuple[int, ...]]):
    """The positions of the bits of sets; those of sets of few events, which are asked for again and again, are kept."""

    def __missing__(self, mask: int) -> tuple[int, ...]:
        found, left = [], mask
        while left:
            low = left & -left
            found.append(low.bit_length() - 1)
            left ^= low
        if mask < _KEPT:
            self[mask] = tuple(found)
        return tuple(found)


bits: Callable[[int], tuple[int, ...]] = _Bits().__getitem__
"""The positions of a set's bits, ascending."""


def pairs(a: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The pairs of a relation, by row, then by column."""
    for i, row in enumerate(a):
        while row:
            low = row & -row
            yield i, low.bit_length() - 1
            row ^= low


def union(a: Rows, b: Rows) -> Rows:
    """a | b"""
    return tuple(map(or_, a, b))


def inter(a: Rows, b: Rows) -> Rows:
    """a & b"""
    return tuple(map(and_, a, b))


def diff(a: Rows, b: Rows) -> Rows:
    r"""a \ b"""
    return tuple([x & ~y for x, y in zip(a, b, strict=True)])


def product(n: int, left: int, right: int) -> Rows:
    """left * right"""
    return tuple([right if left >> i & 1 else 0 for i in range(n)])


def identity(n: int, mask: int) -> Rows:
    """[mask]"""
    return tuple([mask & 1 << i for i in range(n)])


def domain(a: Rows) -> int:
    """The events with a pair on the left."""
    mask = 0
    bit = 1
    for row in a:
        if row:
            mask |= bit
        bit <<= 1
    return mask


def range_(a: Iterable[int]) -> int:
    """The events with a pair on the right."""
    mask = 0
    for row in a:
        mask |= row
    return mask


def inverse(a: Rows, deadline: Deadline = NO_DEADLINE) -> Rows:
    """a^-1"""
    rows = [0] * len(a)
    bit = 1
    left = iter(a)
    for done in range(0, len(a), _TOGETHER):
        if done:
            deadline.check()
        for row in islice(left, _TOGETHER):
            while row:
                low = row & -row
                rows[low.bit_length() - 1] |= bit
                row ^= low
            bit <<= 1
    return tuple(rows)


def seq(a: Rows, b: Rows, deadline: Deadline = NO_DEADLINE) -> Rows:
    """a ; b"""
    rows = []
    left = iter(a)
    for done in range(0, len(a), _TOGETHER):
        if done:
            deadline.check()
        for row in islice(left, _TOGETHER):
            reached = 0
            while row:
                low = row & -row
                reached |= b[low.bit_length() - 1]
                row ^= low
            rows.append(reached)
    return tuple(rows)


def plus(a: Rows, deadline: Deadline = NO_DEADLINE) -> Rows:
    """a^+, by Warshall's algorithm."""
    rows = list(a)
    bit = 1
    for k in range(len(rows)):
        if k and not k % _TOGETHER:
            deadline.check()
        through = rows[k]
        if through:
            rows = [row | through if row & bit else row for row in rows]
        bit <<= 1
    return tuple(rows)


def is_irreflexive(a: Sequence[int]) -> bool:
    """Whether no event is related to itself."""
    return not [i for i, row in enumerate(a) if row >> i & 1]


def components(a: Rows, deadline: Deadline = NO_DEADLINE) -> list[int]:
    """The strongly connected components that hold a cycle, as sets of events."""
    n = len(a)
    live = domain(a)
    # Peel off what cannot lie on a cycle before the closure, which is the costly part.
    while live:
        deadline.check()
        stuck, targets, left = 0, 0, live
        while left:
            low = left & -left
            row = a[low.bit_length() - 1] & live
            if row:
                stuck |= low
                targets |= row
            left ^= low
        stuck &= targets
        if stuck == live:
            break
        live = stuck
    if not live:
        return []
    reach = list(plus(tuple([a[i] & live if live >> i & 1 else 0 for i in range(n)]), deadline))
    found = []
    while live:
        i = (live & -live).bit_length() - 1
        row = reach[i]
        if row >> i & 1:
            component = 0
            for j in bits(row):
                if reach[j] >> i & 1:
                    component |= 1 << j
            found.append(component)
            live &= ~component
        else:
            live &= live - 1
    return found
