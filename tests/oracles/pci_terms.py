"""Topologies, programs and passing tables of PCI tests: what machine (`pci`) and axioms (`pci_hops`) have in common.

Sources: PCI Local Bus Specification 3.0, Appendix E, table E-1; PCI Express Base Specification, section 2.4.1 (ordering
rules summary) and 2.2.6.4 (attributes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

REQUESTS = {"read": "DRR", "write": "PMW", "msi": "PMW", "non-posted": "DWR"}
COMPLETIONS = {"read": "DRC", "non-posted": "DWC"}
KINDS = frozenset({*REQUESTS, "snoop", "fence"})
MARKS = frozenset({"ro", "ido", "cro", "cido"})  # Relaxed Ordering, ID-based ordering; with c, of the completion
LOCAL = frozenset({"snoop", "fence"})  # what never leaves the bus of its thread
DISCIPLINES = frozenset({"master", "x86", "weak"})

Bridge = tuple[str, str]
Table = Mapping[tuple[str, str], frozenset[str]]


def passing_table(text: str) -> Table:
    """Reads a table: may the row pass the column? N, Y and y/n (both are yes), or the attributes that allow it."""
    head, *rows = [line.split() for line in text.strip().splitlines()]
    words = {"N": frozenset[str](), "Y": frozenset({"yes"}), "y/n": frozenset({"yes"})}
    return {
        (row[0], column): words[cell] if cell in words else frozenset(cell.split("|"))
        for row in rows
        for column, cell in zip(head, row[1:], strict=True)
    }


# Posted memory writes, delayed read and write requests, delayed read and write completions.
CONVENTIONAL = passing_table("""
         PMW     DRR   DWR   DRC   DWC
    PMW  N       Y     Y     Y     Y
    DRR  N       y/n   y/n   y/n   y/n
    DWR  N       y/n   y/n   y/n   y/n
    DRC  N       Y     Y     y/n   y/n
    DWC  y/n     Y     Y     y/n   y/n
""")
# The same five classes are called posted, read, non-posted with data, completion with data, completion without.
EXPRESS = passing_table("""
         PMW     DRR   DWR   DRC   DWC
    PMW  RO|IDO  Y     Y     Y     Y
    DRR  IDO     y/n   y/n   y/n   y/n
    DWR  RO|IDO  y/n   y/n   y/n   y/n
    DRC  RO|IDO  Y     Y     y/n   y/n
    DWC  y/n     Y     Y     y/n   y/n
""")


@dataclass(frozen=True, slots=True)
class Topology:
    """Buses, the bridges between them, and which bus each thread and each location is on.

    `masters` has a bus for each thread. A location on no bus (None) is a wire. `memory` are the locations that a CPU
    may buffer, forward and reorder as memory. `completers` names the device of a location, where it matters that two
    locations are of one device, or that a device is a master too; else a location is a device of its own. Raises
    ValueError if the buses are no tree, or a bus is unknown.
    """

    buses: tuple[str, ...]
    bridges: tuple[Bridge, ...]
    masters: tuple[str, ...]
    locations: Mapping[str, str | None]
    memory: frozenset[str] = frozenset()
    completers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = {bus for bridge in self.bridges for bus in bridge} | {*self.masters, *self.locations.values()}
        if unknown := named - {*self.buses, None}:
            raise ValueError(f"unknown buses: {unknown}")
        ways = (_ways(self.bridges, self.buses[0], bus) for bus in self.buses)
        if len(self.bridges) != len(self.buses) - 1 or any(len(found) != 1 for found in ways):
            raise ValueError("the buses are no tree")

    def route(self, start: str, end: str | None) -> tuple[str, ...]:
        """The buses from one to another, both included; a wire has no way to go."""
        return (start,) if end is None else _ways(self.bridges, start, end)[0]


@lru_cache(maxsize=10_000)
def _ways(bridges: tuple[Bridge, ...], start: str, end: str) -> tuple[tuple[str, ...], ...]:
    """All ways between two buses that cross no bridge twice."""
    if start == end:
        return ((start,),)
    found: list[tuple[str, ...]] = []
    for k, (a, b) in enumerate(bridges):
        if start in (a, b):
            others = bridges[:k] + bridges[k + 1 :]
            found += [(start, *way) for way in _ways(others, b if start == a else a, end)]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a thread: `read`, `write` (posted), `non-posted` (a write), `msi`, `snoop` or `fence`.

    `value` is what a write writes, and what a question wants a read to return. If a read or a non-posted write is
    `awaited`, the thread goes on when its completion is back. `marks` are the attributes of the request and those of
    the completion, each for itself. For CPUs: `interrupt` marks the read that starts an interrupt handler; `after` are
    the earlier operations of the thread, by position, on which this one depends; `orders` are the pairs of accesses
    that a fence keeps in order, each a letter R or W and a letter m for memory or d for devices, as in ("Wm", "Wd").
    Raises ValueError for an unknown kind or mark.
    """

    kind: str
    location: str = ""
    value: int = 0
    awaited: bool = True
    marks: frozenset[str] = frozenset()
    interrupt: bool = False
    after: tuple[int, ...] = ()
    orders: frozenset[tuple[str, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no kind of operation: {self.kind}")
        if unknown := self.marks - MARKS:
            raise ValueError(f"no marks: {unknown}")

    @property
    def is_write(self) -> bool:
        """Whether it changes its location."""
        return self.kind in ("write", "non-posted", "msi")

    @property
    def is_read(self) -> bool:
        """Whether it returns a value."""
        return self.kind in ("read", "snoop")


@dataclass(frozen=True, slots=True)
class Thread:
    """What one master does; `requester` is its identity for ID-based ordering, its own if empty.

    Raises ValueError if a device has a fence, or a CPU snoops, or does not wait for what it reads.
    """

    operations: tuple[Operation, ...]
    discipline: str = "master"
    requester: str = ""

    def __post_init__(self) -> None:
        if self.discipline not in DISCIPLINES:
            raise ValueError(f"no discipline of a thread: {self.discipline}")
        if self.discipline == "master" and any(o.kind == "fence" for o in self.operations):
            raise ValueError("only CPUs have fences")
        if self.discipline != "master" and not all(o.awaited and o.kind != "snoop" for o in self.operations):
            raise ValueError("a CPU waits for what it reads, and does not snoop")


@dataclass(frozen=True, slots=True)
class Packet:
    """The request of operation n (`number` 2 n) or its completion (2 n + 1), and the buses that it comes to."""

    number: int
    row: str
    marks: frozenset[str]  # RO, IDO
    identity: str
    route: tuple[str, ...]


def may_pass(table: Table, later: Packet, earlier: Packet) -> bool:
    """Whether a packet may leave a queue before one that is ahead of it."""
    cell = table[later.row, earlier.row]
    marks = cell & later.marks
    return "yes" in cell or "RO" in marks or ("IDO" in marks and later.identity != earlier.identity)


def packets(topology: Topology, threads: tuple[Thread, ...]) -> dict[int, Packet]:
    """All packets of a program, by number. Operations are counted through all threads, from 0.

    The route of a completion starts on the bus of the target, where the read was; who lives there needs no completion.
    """
    found: dict[int, Packet] = {}
    for n, (t, o) in enumerate((t, o) for t, thread in enumerate(threads) for o in thread.operations):
        if o.kind in LOCAL:
            continue
        route = topology.route(topology.masters[t], topology.locations[o.location])
        requester = threads[t].requester or f"master {t}"
        marks = frozenset(mark.upper() for mark in o.marks if mark in ("ro", "ido"))
        found[2 * n] = Packet(2 * n, REQUESTS[o.kind], marks, requester, route)
        if o.kind in COMPLETIONS and len(route) > 1:
            completer = topology.completers.get(o.location, f"device of {o.location}")
            marks = frozenset(mark[1:].upper() for mark in o.marks if mark in ("cro", "cido"))
            found[2 * n + 1] = Packet(2 * n + 1, COMPLETIONS[o.kind], marks, completer, route[::-1])
    return found
