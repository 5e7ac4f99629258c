"""Every small program, one after the other: what the search for a program that tells two models apart is compared with.

    python -m oracles.programs ACCESSES [ERA]

searches for such a program for every pair of models, by the solver and by deciding one program after the other.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import combinations, product

from litmus.base.deadline import NO_DEADLINE
from litmus.base.errors import LitmusError, UnsupportedError, UsageError
from litmus.batch.differences import DifferencePlan, difference
from litmus.batch.languages import KERNEL_C, Language
from litmus.batch.programs import Step, Threads, canonical, linked, most_locations, splits
from litmus.batch.search import search, way_of
from litmus.cat import registry
from litmus.ir.eras import NEWEST
from litmus.ir.options import Options


def programs(accesses: int, era: str = NEWEST, language: Language = KERNEL_C) -> list[Threads]:
    """The programs in a language with so many accesses, those with fewer links first, then those with fewer threads."""
    found = [
        threads
        for lengths in splits(accesses)
        for bare in _bare(lengths)
        for threads in _linked(bare, era, language)
        if threads == canonical(threads)
    ]
    return sorted(found, key=lambda threads: (linked(threads), len(threads), threads))


def _bare(lengths: Sequence[int]) -> Iterator[Threads]:
    """The programs without links whose threads have these lengths."""
    total = sum(lengths)
    for kinds in product("RW", repeat=total):
        for locations in product(range(most_locations(total)), repeat=total):
            used = set(locations)
            written = {location for kind, location in zip(kinds, locations, strict=True) if kind == "W"}
            if used == set(range(len(used))) == written and all(locations.count(place) > 1 for place in used):
                steps = iter([Step("", kind, location) for kind, location in zip(kinds, locations, strict=True)])
                threads = tuple(tuple(next(steps) for _ in range(length)) for length in lengths)
                if threads == canonical(threads) and connected(threads):
                    yield threads


def connected(threads: Threads) -> bool:
    """Whether each thread has to do with each other, by the locations that they use."""
    reached = {step.location for step in threads[0]}
    for _ in threads:
        for thread in threads:
            used = {step.location for step in thread}
            reached |= used if used & reached else set()
    return all(step.location in reached for thread in threads for step in thread)


def _linked(bare: Threads, era: str, language: Language) -> Iterator[Threads]:
    """A program with all links between its accesses."""
    known = language.every_link(era)
    choices: list[Sequence[str]] = []
    for thread in bare:
        for before, step in zip((None, *thread), thread, strict=False):
            between = () if before is None else language.links[before.kind, step.kind]
            choices.append(["", *(link for link in between if link in known)])
    for chosen in product(*choices):
        left = iter(chosen)
        yield tuple(tuple(Step(next(left), step.kind, step.location) for step in thread) for thread in bare)


def first_apart(first: str, second: str, accesses: int, era: str = NEWEST) -> Threads | None:
    """The first program of at most so many accesses that tells two models apart; None if none does."""
    plan = DifferencePlan((first, second), options=Options(era=era))
    with plan.engine(NO_DEADLINE) as engine:
        way = way_of(engine, plan, NO_DEADLINE)
        for size in range(2, accesses + 1):
            for program in programs(size, era, way.language):
                with suppress(UnsupportedError):
                    test = way.test(program, era)
                    if difference(engine, test, plan.models, plan.options, NO_DEADLINE).differs:
                        return program
    return None


def main(accesses: int, era: str) -> int:
    """Compares the two ways for every pair of models; 1 if they find programs of different sizes."""
    names = [info.name for info in registry.models() if any(mapping.era == era for mapping in info.kernel)]
    good = True
    for first, second in combinations(names, 2):
        times = [time.process_time()]
        try:
            found = search(DifferencePlan((first, second), options=Options(era=era)), accesses)
        except (UsageError, LitmusError) as error:
            print(f"{first}, {second}: {error}", flush=True)
            continue
        times.append(time.process_time())
        program = first_apart(first, second, accesses, era)
        times.append(time.process_time())
        costs = [
            None if one is None else (sum(map(len, one)), linked(one), len(one)) for one in (found.program, program)
        ]
        good &= costs[0] == costs[1] and not found.undecided
        seconds = f"{times[1] - times[0]:.1f} s, one by one {times[2] - times[1]:.1f} s"
        print(
            f"{first}, {second}: {costs[0]}{'' if costs[0] == costs[1] else f', not {costs[1]}'}; {seconds}", flush=True
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else NEWEST))
