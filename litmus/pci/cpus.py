"""The CPUs of a PCI test: reads `archs/pci/cpus/<name>.yaml`, and lowers kernel functions of CPU threads.

The architecture of a CPU is one of those in `archs`, whose description maps the kernel's primitives for memory. The
description read here maps the functions for registers of devices, and lists assumptions about the host bridge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, ParseError, UsageError, did_you_mean
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.base.yaml_tree import Tree, parse
from litmus.cat.description import ModelInfo
from litmus.cat.registry import info
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.propositions import atoms
from litmus.ir.thread import (
    Address,
    Branch,
    Const,
    Fence,
    Label,
    Load,
    Primitive,
    Reg,
    Statement,
    Store,
    Thread,
)
from litmus.ir.topology import Topology
from litmus.kernel.caveats import primitives, uncertain
from litmus.kernel.lowering import lower
from litmus.pci.hops import copy_of

FUNCTIONS = ("readl", "readl_relaxed", "writel", "writel_relaxed", "mmiowb", "unlock")
"""The functions that an era maps; `unlock` precedes the release of a spinlock if its holder has written to a device."""

_KEYS = dict.fromkeys(("name", "architecture", "description", "source", "assumptions", "io"), True)
_ORIGIN = ("source", "note", "uncertain")
_USE = "use"  # a control dependency from the read to everything after it


@dataclass(frozen=True, slots=True)
class Cpus:
    """CPUs on a host bus: architecture, assumptions about the host bridge, and the mapping of `FUNCTIONS` by era.

    `doubts` is what is in doubt of the mapping, by era and function.
    """

    name: str
    architecture: ModelInfo
    assumptions: tuple[str, ...]
    io: Mapping[str, Mapping[str, tuple[str, ...]]]
    doubts: Mapping[str, Mapping[str, str]]

    def uncertain(self, test: LitmusTest, era: str, deadline: Deadline = NO_DEADLINE) -> tuple[str, ...]:
        """What is in doubt of the functions and primitives that a test uses, each with the doubt; nothing for an
        unknown era. Raises LimitReached at the deadline."""
        used = {primitive.name: None for primitive in primitives(test)}
        if "spin_unlock" in used:
            used["unlock"] = None
        doubts = self.doubts.get(era, {})
        mine = [f"{name}: {doubts[name]}" for name in used if name in doubts]
        return (*mine, *uncertain(test, self.architecture, era, deadline))


@lru_cache(maxsize=8)
def read_cpus(name: str) -> Cpus:
    """The description of an architecture's CPUs. Raises ModelError."""
    path = folder("archs") / "pci" / "cpus" / f"{name}.yaml"
    try:
        source = Source(str(path), path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"cannot read '{path}': {error}") from None
    fields = parse(source, ModelError, "the description").fields(_KEYS)
    if fields["name"].text() != name:
        raise fields["name"].error(f"the name must be that of the file, '{name}'")
    architecture = info(fields["architecture"].text())
    for item in fields["source"].items():
        item.text()
    fields["description"].line()
    assumptions = tuple(item.text() for item in fields["assumptions"].items())
    operations = [*(o.name for o in architecture.operations), _USE]
    io: dict[str, dict[str, tuple[str, ...]]] = {}
    doubts: dict[str, dict[str, str]] = {}
    for era, groups in fields["io"].entries():
        mapped = list(_rows(groups, operations))
        io[era.name()] = {function: names for function, names, _ in mapped}
        doubts[era.name()] = {function: doubt for function, _, doubt in mapped if doubt}
    for (era, _), rows in zip(fields["io"].entries(), io.values(), strict=True):
        missing = [function for function in FUNCTIONS if function not in rows]
        if missing:
            raise era.error(f"no mapping in '{era.name()}' for {', '.join(missing)}")
    return Cpus(name, architecture, assumptions, io, doubts)


def _rows(groups: Tree, operations: list[str]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each function with its operations, and what is in doubt of it."""
    for group in groups.items():
        entries = group.entries()
        doubt = next((value.line() for key, value in entries if key.name() == "uncertain"), "")
        if all(key.name() != "source" for key, _ in entries):
            raise group.error("a group needs a 'source'")
        for key, value in entries:
            if key.name() in _ORIGIN:
                value.line()
                continue
            names = []
            for item in value.items():
                if item.text() not in operations:
                    raise item.error(f"no operation '{item.text()}'", did_you_mean(item.text(), operations))
                names.append(item.text())
            for function in (part.strip() for part in key.name().split(",")):
                if function not in FUNCTIONS:
                    raise key.error(f"unknown function '{function}'", did_you_mean(function, FUNCTIONS))
                yield function, tuple(names), doubt


def program(test: LitmusTest, cpus: Cpus | None, era: str, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
    """The test with its CPU threads lowered to operations, and with the copies of locations that its observers snoop.

    A test without a topology is returned unchanged. Raises ParseError for a location that is not in the topology,
    UsageError for an unknown era, UnsupportedError for a primitive without a mapping, LimitReached at the deadline.
    """
    topology = test.topology
    if topology is None:
        return test
    _check_homes(test, topology)
    test = _snooping(test, topology)
    if cpus is None:
        return test
    if era not in cpus.io:
        raise UsageError(f"{cpus.name} has no kernel mapping for '{era}', only for {', '.join(cpus.io)}")
    threads = tuple(_Io(cpus, era, t).thread() if topology.is_cpu(t.index) else t for t in test.threads)
    return lower(replace(test, threads=threads), cpus.architecture, era, deadline)


def _check_homes(test: LitmusTest, topology: Topology) -> None:
    """Raises ParseError for a location that is not in the topology, where the initial state or condition names it."""
    places = {item.target: item.span for item in test.init}
    for prop in (test.filter, test.condition.prop):
        if prop is not None:
            places |= {atom.left: atom.span for atom in atoms(prop)}
    for place in (*test.locations, *places):
        if not isinstance(place, Register) and place.symbol not in topology.homes:
            hint = did_you_mean(place.symbol, topology.homes)
            raise ParseError(f"location '{place.symbol}' is not in the topology", places.get(place), hint)


def _snooping(test: LitmusTest, topology: Topology) -> LitmusTest:
    """The test with each snooping read on the copy of its location that belongs to its bus."""
    copies: dict[Address, Address] = {}
    threads = []
    for thread in test.threads:
        body: list[Statement] = []
        for statement in thread.body:
            if isinstance(statement, Load) and "Snoop" in statement.tags:
                assert isinstance(statement.addr, Const)
                assert isinstance(statement.addr.value, Address)
                original = statement.addr.value
                copy = Address(copy_of(original.symbol, str(topology.bus(topology.masters[thread.index]))))
                copies[copy] = original
                statement = replace(statement, addr=Const(copy))
            body.append(statement)
        threads.append(replace(thread, body=tuple(body)))
    if not copies:
        return test
    init = tuple(
        replace(item, target=copy, span=None)
        for item in test.init
        for copy, original in copies.items()
        if item.target == original
    )
    return replace(test, threads=tuple(threads), locations=(*test.locations, *copies), init=(*test.init, *init))


class _Io:
    """Lowers one thread's accesses to registers of devices to operations."""

    def __init__(self, cpus: Cpus, era: str, thread: Thread) -> None:
        self.rows = cpus.io[era]
        self.operations = {o.name: o for o in cpus.architecture.operations}
        self.source = thread
        self.body: list[Statement] = []
        self.row_of: list[int] = []
        self.wrote = False

    def thread(self) -> Thread:
        source = self.source
        for at, statement in enumerate(source.body):
            before = len(self.body)
            if isinstance(statement, Primitive):
                self._primitive(statement)
            else:
                self.body.append(statement)
            row = source.row_of[at] if at < len(source.row_of) else -1
            self.row_of += [row] * (len(self.body) - before)
        return replace(source, body=tuple(self.body), row_of=tuple(self.row_of))

    def _primitive(self, primitive: Primitive) -> None:
        name = primitive.name
        if name == "spin_unlock" and self.wrote:
            self._operations("unlock", primitive)
            self.wrote = False
        if name in self.rows:
            self.wrote |= name.startswith("write")
            self._operations(name, primitive)
        else:
            self.body.append(primitive)

    def _operations(self, function: str, primitive: Primitive) -> None:
        span = primitive.span
        for name in self.rows[function]:
            if name == _USE:
                label = f".use{len(self.body)}"
                self.body += (Branch(Reg(primitive.dest or ""), label, span), Label(label))
                continue
            operation = self.operations[name]
            match operation.kind:
                case "load":
                    self.body.append(Load(primitive.dest or "", primitive.args[0], operation.tags, span=span))
                case "store":
                    self.body.append(Store(primitive.args[0], primitive.args[1], operation.tags, span))
                case _:
                    self.body.append(Fence(operation.tags, span))
