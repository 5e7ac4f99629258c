"""Random PCI tests, and the machine held against the axioms on them.

    PYTHONPATH=tests python tests/oracles/pci_random.py [first seed] [how many]

Exit code 1 at a difference, which is printed after operations that it does not need have been taken away.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from oracles.pci import Outcome, outcomes
from oracles.pci_hops import allowed
from oracles.pci_terms import CONVENTIONAL, EXPRESS, MARKS, Operation, Table, Thread, Topology

ROWS = ("PMW", "DRR", "DWR", "DRC", "DWC")
DRAIN = frozenset({("Wm", "Rm"), ("Wd", "Rm")})


@dataclass(frozen=True, slots=True)
class Case:
    """A test: what to run, where, and under which table."""

    topology: Topology
    threads: tuple[Thread, ...]
    table: Table


def random_case(seed: int, mixed: bool = False, free_table: bool = False, most: int = 6) -> Case:
    """The random test of a seed: 3 to 5 buses, 2 to 4 threads, 2 or 3 locations and perhaps a wire, `most` operations.

    Most are circles: a thread goes from one location to the next, the last thread back to the first location, for where
    no circle is, there is nothing to forbid. `mixed` has one or two x86 threads on the first bus, with some locations
    in memory there; `free_table` a passing table that is no one's.
    """
    random = Random(seed)
    buses = tuple("abcde"[: random.randint(3, 5)])
    bridges = tuple((buses[random.randrange(k)], buses[k]) for k in range(1, len(buses)))
    count = random.choice((2, 2, 2, 3, 3, 4))
    names = "xyz"[: min(count, 3)]
    memory = frozenset(x for x in names if mixed and random.random() < 0.6)
    locations: dict[str, str | None] = {x: buses[0] if x in memory else random.choice(buses) for x in names}
    if random.random() < 0.1:
        locations["w"] = None
    cpus = random.randint(1, 2) if mixed else 0
    masters = tuple(buses[0] if t < cpus else random.choice(buses) for t in range(count))
    style = _Style(
        marks=tuple(mark for mark in sorted(MARKS) if random.random() < 0.35),
        impatience=random.choice((0, 0, 0, 0.3)),
        snooping=random.choice((0, 0, 0, 0.3)),
    )
    rows = [[names[t % len(names)], names[(t + 1) % len(names)]] for t in range(count)]
    for row in random.sample(rows, count):
        if sum(map(len, rows)) > most or (count > 2 and random.random() < 0.4):
            del row[random.randrange(2)]
    for _ in range(random.choice((0, 0, 1, 2))):
        row = random.choice(rows)
        if sum(map(len, rows)) < most and len(row) < 3:
            row.insert(random.randint(0, len(row)), random.choice(list(locations)))
    threads = tuple(
        Thread(tuple(style.program(random, row, t < cpus)), *(("x86", "host") if t < cpus else ("master", "")))
        for t, row in enumerate(rows)
    )
    completers = {x: random.choice(("host", "master 0", "master 1", "d")) for x in locations if random.random() < 0.3}
    table = _free_table(random) if free_table else random.choice((CONVENTIONAL, EXPRESS, EXPRESS))
    return Case(Topology(buses, bridges, masters, locations, memory, completers), threads, table)


@dataclass(frozen=True, slots=True)
class _Style:
    """The marks that most operations have, and how often they are not awaited, or snoop."""

    marks: tuple[str, ...]
    impatience: float
    snooping: float

    def program(self, random: Random, row: list[str], is_cpu: bool) -> Iterator[Operation]:
        for k, location in enumerate(row):
            if is_cpu and k and random.random() < 0.3:
                yield Operation("fence", orders=DRAIN)
            kind = random.choice(("write", "write", "write", "read", "read", "read", "non-posted"))
            if kind == "read" and not is_cpu and random.random() < self.snooping:
                kind = "snoop"
            marks = frozenset(mark for mark in self.marks if random.random() < 0.7)
            yield Operation(kind, location, 1, is_cpu or random.random() >= self.impatience, marks)


def _free_table(random: Random) -> Table:
    """A table that lets anything pass anything, or not, or with an attribute."""
    cells = ((), (), ("yes",), ("RO",), ("IDO",), ("RO", "IDO"))
    return {(row, column): frozenset(random.choice(cells)) for row in ROWS for column in ROWS}


def difference(case: Case) -> tuple[frozenset[Outcome], frozenset[Outcome]]:
    """The outcomes that only the machine has, and those that only the axioms have."""
    machine = outcomes(case.topology, case.threads, case.table)
    axioms = allowed(case.topology, case.threads, case.table)
    return machine - axioms, axioms - machine


def smaller(case: Case) -> Case:
    """The test without the operations and attributes that a difference does not need."""
    for t, thread in enumerate(case.threads):
        for k, o in enumerate(thread.operations):
            plainer = (replace(o, marks=o.marks - {mark}) for mark in sorted(o.marks))
            for instead in ((), *((other,) for other in plainer)):
                operations = (*thread.operations[:k], *instead, *thread.operations[k + 1 :])
                threads = (*case.threads[:t], replace(thread, operations=operations), *case.threads[t + 1 :])
                tried = replace(case, threads=threads)
                if any(difference(tried)):
                    return smaller(tried)
    return case


def main(first: int, count: int) -> int:
    """Compares machine and axioms on tests of all sorts; 1 at a difference."""
    for seed in range(first, first + count):
        case = random_case(seed, mixed=seed % 3 == 1, free_table=seed % 3 == 2)
        if any(difference(case)):
            found = smaller(case)
            only_machine, only_axioms = difference(found)
            print(f"seed {seed}: {found}\nonly the machine: {only_machine}\nonly the axioms: {only_axioms}")
            return 1
    print(f"{count} tests, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in [*sys.argv[1:], "0", "3000"][:2])))
