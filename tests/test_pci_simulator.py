"""The machine of PCI queues: known counts, known verdicts, and the axioms on the same tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from oracles.pci import INIT, Machine, Outcome, is_possible, outcomes
from oracles.pci_counts import CLASSICS, COLUMNS, cell
from oracles.pci_hops import allowed
from oracles.pci_notation import FORK, PATH, Test, Tree, count, parse, placements, possible, threads_of
from oracles.pci_random import difference, random_case, smaller
from oracles.pci_terms import CONVENTIONAL, EXPRESS, Operation, Table, Thread, Topology

pytestmark = pytest.mark.slow

# --- placements on three buses in a row -------------------------------------------------------------------------------

COUNTS: Mapping[str, tuple[int, int, int, int, int, int]] = {
    # strong, RO data, RO flag, RO reads, IDO on all, reads not awaited
    "MP": (0, 0, 18, 14, 30, 54),
    "S": (0, 0, 44, 14, 30, 54),
    "LB": (0, 0, 0, 0, 0, 72),
    "SB": (14, 14, 14, 14, 44, 14),
    "R": (14, 14, 54, 14, 44, 14),
    "2+2W": (14, 14, 72, 14, 44, 14),
    "WRC": (0, 0, 0, 0, 0, 216),
    "ISA2": (0, 0, 128, 100, 270, 648),
    "IRIW": (0, 0, 0, 0, 0, 648),
}
PLACEMENTS = {"WRC": 243, "ISA2": 729, "IRIW": 729}
SLOW = {("IRIW", column) for column in COLUMNS} - {("IRIW", "strong")}  # pci_counts.py counts them all


@pytest.mark.parametrize(("name", "column"), [(n, c) for n in CLASSICS for c in COLUMNS if (n, c) not in SLOW])
def test_count(name: str, column: str) -> None:
    expected = dict(zip(COLUMNS, COUNTS[name], strict=True))[column]
    assert cell(name, column) == (expected, PLACEMENTS.get(name, 81))


def test_every_classic_has_counts() -> None:
    assert COUNTS.keys() == CLASSICS.keys()


@pytest.mark.parametrize("name", ["SB", "R", "2+2W"])
@pytest.mark.parametrize("tree", [PATH, FORK], ids=["path", "fork"])
def test_two_delayed_writes_are_seen_late_if_no_bus_sees_both_second_operations(name: str, tree: Tree) -> None:
    test = parse(CLASSICS[name])
    for topology in placements(test, tree):
        routes = [
            set(topology.route(bus, topology.locations[operations[1].location]))
            for bus, operations in zip(topology.masters, test.threads.values(), strict=True)
        ]
        assert possible(test, topology) == routes[0].isdisjoint(routes[1]), topology


def watched(test: Test, topology: Topology) -> bool:
    """Whether each observer's bus is on the routes of all writes to what it snoops."""
    threads = list(zip(topology.masters, test.threads.values(), strict=True))
    routes = [
        (o.location, topology.route(bus, topology.locations[o.location])) for bus, ops in threads for o in ops[-1:]
    ]
    writes = {t: routes[t] for t, (_, ops) in enumerate(threads) if ops[-1].is_write}
    return all(
        bus in route
        for bus, ops in threads
        for o in ops
        if o.kind == "snoop"
        for location, route in writes.values()
        if location == o.location
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wx1 | Sx1 Sy0 | Wy1 | Sy1 Sx0", (18, 171)),
        ("Wx1.ido | Sx1 Sy0 | Wy1.ido | Sy1 Sx0", (54, 171)),
        ("Wx1 | Sx1 Wy1 | Ry1 Sx0", (0, 111)),
        ("Wx1 | Sx1 Wy1.ido | Ry1 Sx0", (16, 111)),
        ("Wx1 | Sx1 Wy1.ido | Ry1 Rx0", (20, 153)),
        ("Wx1 | Rx1 Wy1.ido | Ry1 Sx0", (0, 153)),
    ],
)
def test_snooping_observers(text: str, expected: tuple[int, int]) -> None:
    assert count(parse(text), where=watched) == expected


# --- CPU and devices: every placement of the devices on four buses ----------------------------------------------------

NO_DWC: Table = {**CONVENTIONAL, ("DWC", "PMW"): frozenset()}


@dataclass(frozen=True, slots=True)
class Row:
    """A test, the number of placements that allow it with an x86 and with a weak CPU, and of all."""

    text: str
    homes: str
    x86: int
    weak: int
    total: int
    tree: Tree = FORK
    table: Table = field(default_factory=lambda: EXPRESS)
    identities: str = ""


CATALOGUE: Mapping[str, Row] = {
    "1 status": Row("D: Wx1 Wy1 | CPU: Ry1 Rx0", "x=host y=host", 0, 4, 4),
    "1 status, rmb": Row("D: Wx1 Wy1 | CPU: Ry1 rmb Rx0", "x=host y=host", 0, 0, 4),
    "2 MSI": Row("D: Wx1 My1 | CPU: Iy1 Rx0", "x=host y=host", 0, 0, 4),
    "3 RO status": Row("D: Wx1 Wy1.ro | CPU: Ry1 rmb Rx0", "x=host y=host", 3, 3, 4),
    "3 RO data": Row("D: Wx1.ro Wy1 | CPU: Ry1 rmb Rx0", "x=host y=host", 0, 0, 4),
    "4 INTx": Row("D: Wx1 Wi1 | CPU: Ii1 Rx0", "x=host i=wire", 3, 3, 4),
    "5 INTx, readl": Row("D: Wx1 Wi1 | CPU: Ii1 Rs0 rmb Rx0", "x=host i=wire s=D", 0, 0, 4),
    "5 INTx, load": Row("D: Wx1 Wi1 | CPU: Ii1 Rs0 Rx0", "x=host i=wire s=D", 0, 3, 4),
    "6 own IDO": Row("D: Wx1 Wi1 | CPU: Ii1 Rs0.cido rmb Rx0", "x=host i=wire s=D", 0, 0, 4),
    "6 other IDO": Row("D: Wx1 Wi1 | CPU: Ii1 Rs0.cido rmb Rx0", "x=host i=wire s=D", 3, 3, 4, identities="s=another"),
    "6 RO completion": Row("D: Wx1 Wi1 | CPU: Ii1 Rs0.cro rmb Rx0", "x=host i=wire s=D", 3, 3, 4),
    "7 other branch": Row("D: Wx1 Wi1 | CPU: Ii1 Rs0 rmb Rx0", "x=host i=wire s=E", 8, 8, 16),
    "8 doorbell": Row("CPU: Wx1 Wd1 | D: Rd1 Rx0", "x=host d=D", 0, 4, 4),
    "8 doorbell, wmb": Row("CPU: Wx1 wmb Wd1 | D: Rd1 Rx0", "x=host d=D", 0, 0, 4),
    "8 doorbell, sync": Row("CPU: Wx1 mb Wd1 | D: Rd1 Rx0", "x=host d=D", 0, 0, 4),
    "8 doorbell, eieio": Row("CPU: Wx1 eieio Wd1 | D: Rd1 Rx0", "x=host d=D", 0, 4, 4),
    "9 register first": Row("CPU: Wm1 Wy1 | D: Ry1 Rm0", "y=host m=D", 0, 4, 4),
    "9 register first, wmb": Row("CPU: Wm1 wmb Wy1 | D: Ry1 Rm0", "y=host m=D", 0, 0, 4),
    "9 RO read": Row("CPU: Wm1 wmb Wy1 | D: Ry1.ro.cro Rm0", "y=host m=D", 3, 3, 4),
    "10 writel": Row("CPU: Wm1 Ry0 | D: Wy1 Rm0", "y=host m=D", 4, 4, 4),
    "10 writel, mb": Row("CPU: Wm1 mb Ry0 | D: Wy1 Rm0", "y=host m=D", 3, 3, 4),
    "10 flush, mb": Row("CPU: Wm1 Rm1 mb Ry0 | D: Wy1 Rm0", "y=host m=D", 0, 0, 4),
    "11 SB": Row("CPU: Wx1 Ry0 | D: Wy1 Rx0", "x=host y=host", 4, 4, 4),
    "11 SB, mb": Row("CPU: Wx1 mb Ry0 | D: Wy1 Rx0", "x=host y=host", 0, 0, 4),
    "12 peer": Row("D: Wm1 Wy1 | CPU: Ry1 mb Wd1 | B: Rd1 Rm0", "y=host m=B d=B", 0, 0, 16),
    "12 IDO doorbell": Row("D: Wm1 Wy1 | CPU: Ry1 mb Wd1.ido | B: Rd1 Rm0", "y=host m=B d=B", 8, 8, 16),
    "12 RO flag": Row("D: Wm1 Wy1.ro | CPU: Ry1 mb Wd1 | B: Rd1 Rm0", "y=host m=B d=B", 8, 8, 16),
    "13 lock": Row("CPU0: Wd1 Wl1 | CPU1: Rl1 Wd2 ; d=1", "l=host", 0, 4, 4),
    "13 lock, mmiowb": Row("CPU0: Wd1 mmiowb Wl1 | CPU1: Rl1 acquire Wd2 ; d=1", "l=host", 0, 0, 4),
    "16 IDO on z": Row("Wx1 Wy1 | Ry1 Wz1.ido | Rz1 Rx0", "", 30, 30, 729, PATH),
    "17 awaited flag": Row("Wx1 Wy1 | Ny2 Rx0 ; y=2", "", 14, 14, 81, PATH, CONVENTIONAL),
    "17 awaited flag, strict": Row("Wx1 Wy1 | Ny2 Rx0 ; y=2", "", 0, 0, 81, PATH, NO_DWC),
    "18 IRIW": Row("D: Wx1 | E: Wy1 | CPU0: Rx1 rmb Ry0 | CPU1: Ry1 rmb Rx0", "x=host y=host", 0, 0, 16),
    "18 WRC": Row("D: Wx1 | CPU: Rx1 mb Wd1 | E: Rd1 Rx0", "x=host d=E", 0, 0, 16),
}


@pytest.mark.parametrize("cpu", ["x86", "weak"])
@pytest.mark.parametrize("row", CATALOGUE.values(), ids=CATALOGUE)
def test_catalogue(row: Row, cpu: str) -> None:
    expected = row.x86 if cpu == "x86" else row.weak
    assert count(parse(row.text, row.homes, row.identities), row.tree, row.table, cpu) == (expected, row.total)


def test_where_the_device_is_decides_about_an_interrupt_wire() -> None:
    test = parse("D: Wx1 Wi1 | CPU: Ii1 Rx0", "x=host i=wire")
    assert {t.masters[0]: possible(test, t) for t in placements(test, FORK)} == {
        "h": False,
        "p": True,
        "q": True,
        "r": True,
    }


def test_a_store_is_forwarded_from_the_buffer() -> None:
    test = parse("CPU: Wx1 Rx1 Ry0 | D: Wy1 Rx0", "x=host y=host")
    assert count(test, FORK) == (4, 4)


# --- the axioms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [r for r in CATALOGUE.values() if r.tree is FORK], ids=lambda row: row.text)
def test_axioms_agree_on_the_catalogue(row: Row) -> None:
    test = parse(row.text, row.homes, row.identities)
    for topology in placements(test, row.tree):
        assert allowed(topology, threads_of(test), row.table) == outcomes(topology, threads_of(test), row.table)


# Each once where it is needed: what is forbidden because queues push, and because a bus in the middle serialises.
PUSH = Topology(PATH.buses, PATH.bridges, ("a", "c"), {"x": "b", "y": "b"})
PULL = Topology(("a", "b", "c", "d"), (("a", "b"), ("b", "c"), ("b", "d")), ("b", "d"), {"x": "c", "y": "a"})


@pytest.mark.parametrize("topology", [PUSH, PULL], ids=["push", "pull"])
def test_neither_reads_the_old_value(topology: Topology) -> None:
    threads = threads_of(parse("Wx1 Ry0 | Wy1 Rx0"))
    assert not is_possible(topology, threads, EXPRESS)
    assert Outcome((INIT, INIT), ((0,), (2,))) not in allowed(topology, threads, EXPRESS)


SORTS = {"devices": 400, "mixed": 300, "any table": 300}
BATCH = 100


@pytest.mark.parametrize(("sort", "first"), [(s, first) for s in SORTS for first in range(0, SORTS[s], BATCH)])
def test_axioms_agree_on_random_tests(sort: str, first: int) -> None:
    for seed in range(first, first + BATCH):
        case = random_case(seed, mixed=sort == "mixed", free_table=sort == "any table")
        if any(difference(case)):
            found = smaller(case)
            pytest.fail(f"seed {seed}: {found}\nmachine alone, axioms alone: {difference(found)}")


@pytest.mark.parametrize("sort", SORTS)
def test_steps_that_are_not_delayed_make_no_difference(sort: str) -> None:
    for seed in range(5000, 5025):
        case = random_case(seed, mixed=sort == "mixed", free_table=sort == "any table")
        every = Machine(case.topology, case.threads, case.table, every_step=True)
        assert frozenset(every.run()) == outcomes(case.topology, case.threads, case.table), seed


# --- what makes no sense ----------------------------------------------------------------------------------------------

READ = Operation("read", "x")


@pytest.mark.parametrize(
    ("buses", "bridges", "home", "words"),
    [
        ("ab", ("ab", "ba"), "a", "no tree"),
        ("abc", ("ab",), "a", "no tree"),
        ("abcd", ("ab", "cd", "cd"), "a", "no tree"),
        ("ab", ("ab",), "z", "unknown buses"),
        ("ab", ("az",), "a", "unknown buses"),
    ],
)
def test_no_topology(buses: str, bridges: tuple[str, ...], home: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Topology(tuple(buses), tuple((pair[0], pair[1]) for pair in bridges), ("a",), {"x": home})


def test_no_program() -> None:
    with pytest.raises(ValueError, match="kind"):
        Operation("jump")
    with pytest.raises(ValueError, match="marks"):
        Operation("read", "x", marks=frozenset({"RO"}))
    with pytest.raises(ValueError, match="discipline"):
        Thread((READ,), "z80")
    with pytest.raises(ValueError, match="fences"):
        Thread((Operation("fence"),))
    with pytest.raises(ValueError, match="waits"):
        Thread((Operation("read", "x", awaited=False),), "x86")
    apart = Topology(("a", "b"), (("a", "b"),), ("a",), {"x": "b"}, memory=frozenset("x"))
    with pytest.raises(ValueError, match="bus of its memory"):
        Machine(apart, (Thread((READ,), "x86"),), EXPRESS)
    with pytest.raises(ValueError, match="weak"):
        allowed(PUSH, (Thread((READ,), "weak"), Thread((READ,))), EXPRESS)
