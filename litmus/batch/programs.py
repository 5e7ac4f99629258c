"""The small programs among which a search looks for one that tells two models apart.

A program has so many accesses, reads and writes of locations, in threads. Each location is written, and is accessed at
least twice; each write of a location has a value of its own. Between two accesses of a thread that follow each other
there is nothing, or one link, such as a barrier, an acquire or a dependency; `litmus.batch.languages` says which there
are. Programs that differ in the order of their threads or in the names of their locations only are one program.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from litmus.base.records import dataclass

MOST = 6
"""Accesses of the largest programs among which a search looks."""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """An access: what is between it and the one before it in its thread, `R` or `W`, and the number of its location."""

    link: str
    kind: str
    location: int


Threads = tuple[tuple[Step, ...], ...]


def splits(accesses: int) -> list[tuple[int, ...]]:
    """How so many accesses may be split among threads: their lengths, the longest first; fewest threads first."""
    return sorted(_partitions(accesses), key=len)


def most_locations(accesses: int) -> int:
    """How many locations a program with so many accesses has at most."""
    return max(1, accesses // 2)


def linked(threads: Threads) -> int:
    """How many links a program has."""
    return sum(bool(step.link) for thread in threads for step in thread)


def _partitions(total: int, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """The ways to be the sum of numbers, largest first."""
    if total == 0:
        yield ()
    for first in range(min(total, most or total), 0, -1):
        yield from ((first, *rest) for rest in _partitions(total - first, first))


def canonical(threads: Threads) -> Threads:
    """The first, in their order, of the programs that differ from it in the names and the order of its parts."""
    count = 1 + max(step.location for thread in threads for step in thread)
    renamed = (
        tuple(tuple(Step(s.link, s.kind, names[s.location]) for s in thread) for thread in threads)
        for names in permutations(range(count))
    )
    return min(tuple(sorted(program, key=lambda thread: (-len(thread), thread))) for program in renamed)
