"""Tests of the PCI dialect, as its parser gives them, in terms of the machine of queues.

Functions of the kernel are what `FUNCTIONS` says, which was written down from the sources of the kernels apart from the
engine's mapping. To the machine, an x86 is one, and other CPUs are weak ones with the fences of their architectures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from oracles.pci import INIT, outcomes
from oracles.pci_terms import CONVENTIONAL, EXPRESS, Operation, Thread, Topology

from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.propositions import holds
from litmus.ir.thread import Address, Const, Expr, Fence, Load, Primitive, Statement, Store
from litmus.ir.topology import HOST, MEMORY, WIRE

Orders = frozenset[tuple[str, str]]


def _pairs(before: str, after: str) -> Orders:
    return frozenset(product(before.split(), after.split()))


_ALL = _pairs("Rm Rd Wm Wd", "Rm Rd Wm Wd")
_LWSYNC = _pairs("Rm Wm", "Rm Wm") - {("Wm", "Rm")}
_WMB = _pairs("Wm", "Wm") | _pairs("Wd", "Wd")

FENCES: Mapping[str, Orders] = {
    "mfence": _ALL,
    "lfence": _pairs("Rm Rd", "Rm Rd"),
    "sfence": _pairs("Wm Wd", "Wm Wd"),
    "sync": _ALL,
    "lwsync": _LWSYNC,
    "eieio": _pairs("Wm", "Wm") | _pairs("Rd Wd", "Rd Wd"),
    "isync": frozenset(),  # alone it orders nothing
    "use": _pairs("Rm Rd", "Rm Rd Wm Wd"),  # a branch on what was read, and isync
    "mb": _ALL,
    "imb": _ALL,
    "wmb": _WMB,
}
"""What each fence keeps in order: R and W in memory (m) and of devices (d)."""

# What a function is on each architecture, in 2.6.27 and today; `.` is its access. None: there is none in that era.
FUNCTIONS: Mapping[str, Mapping[str, tuple[str | None, str]]] = {
    "x86": {
        **dict.fromkeys(("READ_ONCE", "WRITE_ONCE", "readl", "readl_relaxed", "writel", "writel_relaxed"), (".", ".")),
        "spin_lock": ("mfence . mfence", "mfence . mfence"),
        "spin_unlock": (".", "."),
        "smp_load_acquire": (None, "."),
        "smp_store_release": (None, "."),
        "mb": ("mfence", "mfence"),
        "rmb": ("lfence", "lfence"),
        "wmb": ("sfence", "sfence"),
        "dma_rmb": (None, ""),
        "dma_wmb": (None, ""),
        "mmiowb": ("", ""),
    },
    "power": {
        **dict.fromkeys(("READ_ONCE", "WRITE_ONCE"), (".", ".")),
        **dict.fromkeys(("readl", "readl_relaxed"), ("sync . use", "sync . use")),
        **dict.fromkeys(("writel", "writel_relaxed"), ("sync .", "sync .")),
        "spin_lock": (". use", ". use"),
        "spin_unlock": ("lwsync .", "lwsync ."),
        "smp_load_acquire": (None, ". lwsync"),
        "smp_store_release": (None, "lwsync ."),
        **dict.fromkeys(("mb", "rmb", "wmb", "mmiowb"), ("sync", "sync")),
        **dict.fromkeys(("dma_rmb", "dma_wmb"), (None, "lwsync")),
    },
    "alpha": {
        "READ_ONCE": (".", ". mb"),
        "WRITE_ONCE": (".", "."),
        "readl": (". mb", ". mb"),
        "readl_relaxed": (".", "."),
        "writel": (". mb", "mb ."),
        "writel_relaxed": (".", "mb ."),
        "spin_lock": (". mb", ". mb"),
        "spin_unlock": ("mb .", "mb ."),
        "smp_load_acquire": (None, ". mb"),
        "smp_store_release": (None, "mb ."),
        "mb": ("mb", "mb"),
        "rmb": ("mb", "mb"),
        "wmb": ("wmb", "wmb"),
        "dma_rmb": (None, "mb"),
        "dma_wmb": (None, "wmb"),
        "mmiowb": ("", ""),
    },
}
_READS = ("READ_ONCE", "readl", "readl_relaxed", "smp_load_acquire", "spin_lock")
_TAGS = {"RO": "ro", "IDO": "ido", "CRO": "cro", "CIDO": "cido"}
ERAS = ("v2.6.27", "v6")


def possible(test: LitmusTest, era: str | None = None) -> bool | None:
    """Whether the machine can do what a test asks about; None if an era has not got one of its functions.

    A spinlock is taken by each thread that takes it from the one before, and first by the first.
    """
    reader = _Reader(test, ERAS.index(era or "v6"))
    threads = tuple(reader.thread(t) for t in range(len(test.threads)))
    if reader.missing:
        return None
    topology = test.topology
    assert topology is not None
    machine = Topology(
        topology.buses,
        tuple((bus, parent) for bus, parent in topology.parents.items() if parent),
        tuple(topology.bus(master) or "" for master in topology.masters),
        {x: topology.bus(home) for x, home in topology.homes.items()},
        frozenset(x for x, home in topology.homes.items() if home == MEMORY),
        {x: HOST if home == MEMORY else home for x, home in topology.homes.items() if home != WIRE},
    )
    table = CONVENTIONAL if topology.rules == "conventional" else EXPRESS
    operations = [o for thread in threads for o in thread.operations]

    def value(write: int) -> int:
        return 0 if write == INIT else operations[write].value

    for outcome in outcomes(machine, threads, table):
        read = [value(source) for source in outcome.sources]
        state: State = tuple(
            [(register, v) for register, v in zip(reader.registers, read, strict=True) if register is not None]
            + [
                (Address(x), value(h[-1] if h else INIT))
                for x, h in zip(machine.locations, outcome.histories, strict=True)
            ]
        )
        taken = all(read[slot] == wanted for slot, wanted in reader.locks)
        if taken and holds(test.condition.prop, state):
            return True
    return False


class _Reader:
    """Reads the threads of a test."""

    def __init__(self, test: LitmusTest, era: int) -> None:
        assert test.topology is not None
        self.test = test
        self.topology = test.topology
        self.era = era
        self.missing = False
        self.registers: list[Register | None] = []  # of each read
        self.locks: list[tuple[int, int]] = []  # reads of locks, and the values that they must have
        self.owners = 0

    def thread(self, t: int) -> Thread:
        master = self.topology.masters[t]
        if master != HOST:
            return Thread(tuple(self.operations(t)), requester=master)
        cpu = self.topology.cpu
        return Thread(tuple(self.operations(t)), "x86" if cpu == "x86" else "weak", HOST)

    def operations(self, t: int) -> Iterator[Operation]:
        self.wrote = False
        for statement in self.test.threads[t].body:
            match statement:
                case Fence(tags):
                    yield Operation("fence", orders=FENCES[next(iter(tags)).lower()])
                case Primitive():
                    yield from self.function(t, statement)
                case _:
                    yield self.access(t, statement)

    def access(self, t: int, statement: Statement) -> Operation:
        assert isinstance(statement, Load | Store)
        location = _location(statement.addr)
        marks = frozenset(_TAGS[tag] for tag in statement.tags if tag in _TAGS)
        awaited = "NoWait" not in statement.tags
        if isinstance(statement, Load):
            self.registers.append(Register(t, statement.dest))
            kind = "snoop" if "Snoop" in statement.tags else "read"
            interrupt = "Interrupt" in statement.tags
            return Operation(kind, location, 0, awaited, marks, interrupt)
        kind = "non-posted" if "NonPosted" in statement.tags else "msi" if "MSI" in statement.tags else "write"
        return Operation(kind, location, _number(statement.value), awaited, marks)

    def function(self, t: int, call: Primitive) -> Iterator[Operation]:
        cpu = self.topology.cpu
        words = FUNCTIONS[cpu][call.name][self.era]
        if words is None:
            self.missing = True
            return
        if call.name == "spin_unlock" and cpu == "power" and self.wrote:
            words = f"sync {words}"  # the flag of SYNC_IO, and of mmiowb_spin_unlock
        self.wrote |= call.name.startswith("writel")
        for word in words.split():
            if word != ".":
                yield Operation("fence", orders=FENCES[word])
                continue
            location = _location(call.args[0])
            match call.name:
                case "spin_lock":
                    self.locks.append((len(self.registers), self.owners))
                    self.registers.append(None)
                    yield Operation("read", location)
                case "spin_unlock":
                    self.owners += 1
                    yield Operation("write", location, self.owners)
                case name if name in _READS:
                    self.registers.append(Register(t, call.dest or ""))
                    yield Operation("read", location)
                case _:
                    yield Operation("write", location, _number(call.args[1]))


def _location(expr: Expr) -> str:
    assert isinstance(expr, Const)
    assert isinstance(expr.value, Address)
    return expr.value.symbol


def _number(expr: Expr) -> int:
    assert isinstance(expr, Const)
    assert isinstance(expr.value, int)
    return expr.value
