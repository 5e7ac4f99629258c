"""PCI tests in one line, and their placements on a tree of buses.

    D: Wx1 Wy1.ro | CPU: Ry1 rmb Rx0 ; x=1

Threads are separated by `|`; after `;` is what locations hold in the end. A label names a thread, and the device that
it is; without labels threads are P0, P1 and so on. A thread whose label starts with CPU is a CPU on the host bus, and
may have fences between its operations. An operation is a letter, the location, the value written or wanted, and marks:

    W posted write    N non-posted write    M message-signalled interrupt
    R read            S snoop               I read that is the interrupt
    .ro .ido  on the request     .cro .cido  on the completion     .free  not awaited
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from oracles.pci import is_possible
from oracles.pci_terms import EXPRESS, Bridge, Operation, Table, Thread, Topology

HOST = "host"  # the home of memory, and the identity of the host bridge: of what CPUs request and memory completes
WIRE = "wire"  # the home of an interrupt wire
LETTERS = {"W": "write", "N": "non-posted", "M": "msi", "R": "read", "I": "read", "S": "snoop"}


def _pairs(before: str, after: str) -> frozenset[tuple[str, str]]:
    return frozenset(product(before.split(), after.split()))


# What fences of CPUs keep in order: R and W in memory (m) and of devices (d).
FENCES: Mapping[str, frozenset[tuple[str, str]]] = {
    "mb": _pairs("Rm Rd Wm Wd", "Rm Rd Wm Wd"),
    "rmb": _pairs("Rm Rd", "Rm Rd"),
    "wmb": _pairs("Wm Wd", "Wm Wd"),
    "eieio": _pairs("Wm", "Wm") | _pairs("Rd Wd", "Rd Wd"),  # two sets, each by itself: Power ISA, Book II, eieio
    "mmiowb": _pairs("Wd", "Wm Wd"),
    "acquire": _pairs("Rm", "Rm Rd Wm Wd"),
}


@dataclass(frozen=True, slots=True)
class Test:
    """A test that has no place yet: its threads by label, and what locations hold in the end.

    `homes` has the device that a location is a register of, or HOST, or WIRE; a location that is not in it is a device
    of its own. `identities` has completers that are not the location's device.
    """

    __test__ = False  # nothing for pytest
    threads: Mapping[str, tuple[Operation, ...]]
    final: Mapping[str, int]
    homes: Mapping[str, str] = field(default_factory=dict)
    identities: Mapping[str, str] = field(default_factory=dict)

    @property
    def locations(self) -> list[str]:
        """The locations in alphabetical order."""
        return sorted({o.location for operations in self.threads.values() for o in operations if o.location})

    @property
    def devices(self) -> list[str]:
        """What a placement gives a bus to: threads that are no CPUs, then the devices that locations belong to."""
        found = [label for label in self.threads if not label.startswith("CPU")]
        found += [self.homes.get(x, x) for x in self.locations]
        return [device for device in dict.fromkeys(found) if device not in (HOST, WIRE)]

    def with_marks(self, change: Callable[[int, Operation], Operation]) -> Test:
        """The test with other operations: `change` gets the position in the thread and the operation there."""
        threads = {label: tuple(change(k, o) for k, o in enumerate(ops)) for label, ops in self.threads.items()}
        return replace(self, threads=threads)


def parse(text: str, homes: str = "", identities: str = "") -> Test:
    """Reads a test; homes and identities are written as in `x=host s=D`."""
    columns, _, final = text.partition(";")
    threads = {}
    for t, column in enumerate(columns.split("|")):
        label, colon, operations = column.rpartition(":")
        threads[label.strip() if colon else f"P{t}"] = tuple(map(_operation, operations.split()))
    return Test(threads, {x: int(v) for x, v in _words(final)}, dict(_words(homes)), dict(_words(identities)))


def _words(text: str) -> Iterator[tuple[str, str]]:
    for word in text.split():
        name, _, value = word.partition("=")
        yield name, value


def _operation(word: str) -> Operation:
    if word in FENCES:
        return Operation("fence", orders=FENCES[word])
    access, *marks = word.split(".")
    kind, location, value = LETTERS[access[0]], access[1], int(access[2:])
    free = "free" in marks
    return Operation(kind, location, value, not free, frozenset(marks) - {"free"}, interrupt=access[0] == "I")


@dataclass(frozen=True, slots=True)
class Tree:
    """Buses and bridges; the host bus is the first."""

    buses: tuple[str, ...]
    bridges: tuple[Bridge, ...]


PATH = Tree(("a", "b", "c"), (("a", "b"), ("b", "c")))
FORK = Tree(
    ("h", "p", "q", "r"), (("h", "p"), ("p", "q"), ("h", "r"))
)  # two buses behind one bridge, one behind another


def placements(test: Test, tree: Tree) -> Iterator[Topology]:
    """A topology for each way to put the devices on buses."""
    host = tree.buses[0]
    for chosen in product(tree.buses, repeat=len(test.devices)):
        bus: dict[str, str | None] = {**dict(zip(test.devices, chosen, strict=True)), HOST: host, WIRE: None}
        yield Topology(
            tree.buses,
            tree.bridges,
            tuple(bus.get(label) or host for label in test.threads),
            {x: bus[test.homes.get(x, x)] for x in test.locations},
            frozenset(x for x in test.locations if test.homes.get(x) == HOST),
            {**test.homes, **test.identities},
        )


def threads_of(test: Test, cpu: str = "x86") -> tuple[Thread, ...]:
    """The threads, with CPUs of a discipline."""
    return tuple(
        Thread(operations, cpu, HOST) if label.startswith("CPU") else Thread(operations, requester=label)
        for label, operations in test.threads.items()
    )


def possible(test: Test, topology: Topology, table: Table = EXPRESS, cpu: str = "x86") -> bool:
    """Whether the test's outcome is possible in one place."""
    return is_possible(topology, threads_of(test, cpu), table, test.final)


def count(
    test: Test,
    tree: Tree = PATH,
    table: Table = EXPRESS,
    cpu: str = "x86",
    where: Callable[[Test, Topology], bool] = lambda test, topology: True,
) -> tuple[int, int]:
    """In how many of the placements that count the outcome is possible, and how many count."""
    found = [possible(test, topology, table, cpu) for topology in placements(test, tree) if where(test, topology)]
    return sum(found), len(found)
