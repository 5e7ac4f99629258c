"""The small programs among which a search looks for one that tells two models apart.

A program has so many accesses, reads and writes of locations, in threads. Each location is written, and is accessed at
least twice; each write of a location has a value of its own. Between two accesses of a thread that follow each other
there is nothing, or one link: a barrier, an acquire or release, or a dependency. Programs that differ in the order of
their threads or in the names of their locations only are one program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

from litmus import builder
from litmus.base.records import dataclass
from litmus.ir.eras import NEWEST
from litmus.ir.litmus_test import LitmusTest

MOST = 6
"""Accesses of the largest programs among which a search looks."""

LINKS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("R", "R"): ("smp_mb", "smp_rmb", "acquire", "addr", "ctrl"),
    ("R", "W"): ("smp_mb", "acquire", "release", "addr", "data", "ctrl"),
    ("W", "R"): ("smp_mb",),
    ("W", "W"): ("smp_mb", "smp_wmb", "release"),
}
"""What may be between two accesses of these kinds."""

_NEW = frozenset({"acquire", "release"})
"""Links that kernels before the newest do not have."""

_FENCES = {"sc-fence": "seq_cst", "fence": "acq_rel"}
_C11_LINKS: dict[tuple[str, str], tuple[str, ...]] = {
    ("R", "R"): ("sc-fence", "fence", "acquire", "seq_cst"),
    ("R", "W"): ("sc-fence", "fence", "acquire", "release", "seq_cst", "data"),
    ("W", "R"): ("sc-fence", "seq_cst"),
    ("W", "W"): ("sc-fence", "fence", "release", "seq_cst"),
}


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """An access: what is between it and the one before it in its thread, `R` or `W`, and the number of its location."""

    link: str
    kind: str
    location: int


Threads = tuple[tuple[Step, ...], ...]


def links(era: str) -> tuple[str, ...]:
    """The links that programs for kernels of an era may have."""
    every = dict.fromkeys(link for several in LINKS.values() for link in several)
    return tuple(link for link in every if era == NEWEST or link not in _NEW)


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


# --- as tests ---------------------------------------------------------------------------------------------------------


def in_kernel_c(threads: Threads, name: str) -> LitmusTest:
    """The test in kernel C of a program: every register and location is observed, and its condition says nothing."""
    count = 1 + max(step.location for thread in threads for step in thread)
    locations = [builder.location("xyzw"[number]) for number in range(count)]
    values = dict.fromkeys(range(count), 0)
    bodies: list[list[builder.Statement]] = []
    observed = [builder.final(location) for location in locations]
    for number, thread in enumerate(threads):
        body: list[builder.Statement] = []
        reads = 0
        for place, step in enumerate(thread):
            ordered = thread[place + 1].link if place + 1 < len(thread) else ""
            last = builder.register(f"r{reads - 1}") if reads else None
            if step.kind == "W":
                values[step.location] += 1
                access = _store(step, locations[step.location], values[step.location], last)
            else:
                into = builder.register(f"r{reads}")
                observed.append(builder.final(number, into))
                access = _load(step, into, locations[step.location], ordered, last)
                reads += 1
            if step.link.startswith("smp_"):
                body.append(builder.fence(step.link))
            if step.link == "ctrl" and last is not None:
                body.append(builder.when((last ^ last).equals(0), [access]))
            else:
                body.append(access)
        bodies.append(body)
    return builder.build(name, *bodies, exists=observed[0].equals(-1), observed=observed)


def _address(step: Step, location: builder.Shared, last: builder.Local | None) -> builder.Shared | builder.Pointed:
    return builder.at(location + (last ^ last)) if step.link == "addr" and last is not None else location


def _store(step: Step, location: builder.Shared, value: int, last: builder.Local | None) -> builder.Used:
    written: builder.Expression | int = value
    if step.link == "data" and last is not None:
        written = (last ^ last) + value
    by = "smp_store_release" if step.link == "release" else "WRITE_ONCE"
    return builder.store(_address(step, location, last), written, by)


def _load(
    step: Step, into: builder.Local, location: builder.Shared, next_link: str, last: builder.Local | None
) -> builder.Used:
    by = "smp_load_acquire" if next_link == "acquire" else "READ_ONCE"
    return builder.load(into, _address(step, location, last), by)


def in_c11(threads: Threads, name: str) -> LitmusTest:
    """The test in C11 of a program, with atomic accesses; otherwise as for `in_kernel_c`."""
    from litmus.base.source import Source  # for C11 only
    from litmus.frontend.parser import parse_test

    count = 1 + max(step.location for thread in threads for step in thread)
    values = dict.fromkeys(range(count), 0)
    observed = [f"{'xyzw'[number]};" for number in range(count)]
    parameters = ", ".join(f"atomic_int *{'xyzw'[number]}" for number in range(count))
    text = [f"C {name}", "{ }"]
    for number, thread in enumerate(threads):
        text += [f"P{number}({parameters})", "{"]
        reads = 0
        for place, step in enumerate(thread):
            order = _order(step, thread[place + 1].link if place + 1 < len(thread) else "")
            location = "xyzw"[step.location]
            if step.link in _FENCES:
                text.append(f"\tatomic_thread_fence(memory_order_{_FENCES[step.link]});")
            if step.kind == "W":
                values[step.location] += 1
                depends = f"(r{reads - 1} ^ r{reads - 1}) + " if step.link == "data" else ""
                stored = f"{depends}{values[step.location]}"
                text.append(f"\tatomic_store_explicit({location}, {stored}, memory_order_{order});")
            else:
                text.append(f"\tint r{reads} = atomic_load_explicit({location}, memory_order_{order});")
                observed.append(f"{number}:r{reads};")
                reads += 1
        text.append("}")
    text += [f"locations [{' '.join(observed)}]", "exists (x=-1)"]
    return parse_test(Source("<program>", "\n".join(text) + "\n"))


def _order(step: Step, next_link: str) -> str:
    """The memory order of an access, given its own link and that of the next access."""
    if "seq_cst" in (step.link, next_link):
        return "seq_cst"
    if step.kind == "R":
        return "acquire" if next_link == "acquire" else "relaxed"
    return "release" if step.link == "release" else "relaxed"
