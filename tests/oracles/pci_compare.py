"""The engine held against the machine of queues, on random PCI tests that go the whole way from their text.

    PYTHONPATH=tests python tests/oracles/pci_compare.py [first seed] [how many]

Exit code 1 at a difference, which is printed with the test.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from oracles.pci import outcomes
from oracles.pci_random import Case, random_case
from oracles.pci_terms import Table, Topology
from oracles.pci_text import passing_yaml, states, text
from oracles.shared import engine

from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import Register
from litmus.ir.options import Options
from litmus.ir.verdict import Verdict

SORTS = ("devices", "mixed", "any table")


def case_of(seed: int, sort: str) -> Case:
    """A random case that the dialect can say: memory is the host's, who shares an identity shares a bus."""
    case = random_case(seed, mixed=sort == "mixed", free_table=sort == "any table")
    random = Random(seed)
    topology = case.topology
    completers = dict.fromkeys(topology.memory, "host")
    for x, bus in topology.locations.items():
        here = [f"master {t}" for t, master in enumerate(topology.masters) if master == bus]
        here = [name for name in here if case.threads[int(name[7:])].discipline == "master"]
        here += [
            f"device of {y}" for y, other in topology.locations.items() if other == bus and y not in topology.memory
        ]
        if x not in topology.memory and bus is not None and here and random.random() < 0.5:
            completers[x] = random.choice(here)
    threads = tuple(
        replace(
            thread,
            operations=tuple(
                replace(o, kind="write") if o.kind == "non-posted" and o.location in topology.memory else o
                for o in thread.operations
            )
            if thread.discipline != "master"
            else thread.operations,
        )
        for thread in case.threads
    )
    return Case(replace(topology, completers=completers), threads, case.table)


class Comparison:
    """Compares; the tables of the cases are written to a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = engine
        self.tables: dict[int, str] = {}

    def table(self, table: Table) -> str:
        """The file of a passing table."""
        key = hash(frozenset(table.items()))
        if key not in self.tables:
            path = self.folder / f"{len(self.tables)}.yaml"
            path.write_text(passing_yaml(table))
            self.tables[key] = str(path)
        return self.tables[key]

    def difference(self, case: Case, executions: bool = False) -> str | None:
        """What differs, as a text with the test; None if nothing does. Raises ValueError for what cannot be said."""
        written = text(case.topology, case.threads)
        test = parse_test(Source("random", written))
        found = outcomes(case.topology, case.threads, case.table)
        options = Options(passing=self.table(case.table), executions=executions)
        verdict = self.engine.check(test, None, options)
        mine, theirs = engine_states(verdict, case.topology), states(found)
        if mine != theirs:
            return f"{written}\nengine alone: {mine - theirs}\nmachine alone: {theirs - mine}"
        if executions and verdict.positive + verdict.negative != len(found):
            return f"{written}\n{verdict.positive + verdict.negative} executions, {len(found)} outcomes"
        return None


def engine_states(verdict: Verdict, topology: Topology) -> frozenset[tuple[int, ...]]:
    """The states of a verdict: the values of registers by thread and number, then those of the locations."""
    found = set()
    for state in verdict.states:
        registers = sorted(
            (item.thread, int(item.name[1:]), value) for item, value in state if isinstance(item, Register)
        )
        locations = {str(item): value for item, value in state if not isinstance(item, Register)}
        found.add((*(v for _, _, v in registers), *(locations[x] for x in topology.locations)))
    return frozenset(found)  # type: ignore[arg-type]


def main(first: int, count: int) -> int:
    """Compares on tests of all sorts; 1 at a difference."""
    said = compared = 0
    with TemporaryDirectory() as folder:
        comparison = Comparison(Path(folder))
        for seed in range(first, first + count):
            case = case_of(seed, SORTS[seed % 3])
            snoops = any(o.kind == "snoop" for thread in case.threads for o in thread.operations)
            try:
                difference = comparison.difference(case, executions=not snoops and seed % 2 == 0)
            except ValueError:
                said += 1
                continue
            compared += 1
            if difference is not None:
                print(f"seed {seed}:\n{difference}")
                return 1
    print(f"{compared} tests, no difference; {said} that the dialect cannot say")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in [*sys.argv[1:], "0", "3000"][:2])))
