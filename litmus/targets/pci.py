"""PCI: CPUs and devices on buses. Kernel functions become operations of the CPUs, accesses become hops."""

from __future__ import annotations

from dataclasses import dataclass

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.frontend.dialect import dialect_for
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.topology import Topology
from litmus.pci import hops
from litmus.pci.cpus import Cpus, program, read_cpus
from litmus.pci.ordering import PassingTable, read_passing


@dataclass(frozen=True, slots=True)
class PciTarget:
    """A test with a topology. `cpus` is None if it has only devices; `table` has the ordering rules of its bridges."""

    sets: frozenset[str]
    variants: frozenset[str]
    notes: tuple[str, ...]
    cpus: Cpus | None
    era: str
    table: PassingTable
    relations: frozenset[str] = hops.RELATIONS
    uncertain: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()

    @classmethod
    def of(cls, test: LitmusTest, topology: Topology, options: Options, deadline: Deadline = NO_DEADLINE) -> PciTarget:
        """The target of a test on a topology. Raises ModelError for ordering rules that cannot be read; LimitReached at
        the deadline."""
        table = read_passing(options.passing or topology.rules)
        sets = dialect_for(test.arch).sets | hops.SETS
        if not topology.cpu:
            return cls(sets, options.variants, (), None, options.era, table)
        cpus = read_cpus(topology.cpu)
        variants = options.variants | {topology.cpu}
        doubts = cpus.uncertain(test, options.era, deadline)
        tags = sets | cpus.architecture.tags
        return cls(tags, variants, cpus.assumptions, cpus, options.era, table, uncertain=doubts)

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test with its CPU threads lowered to operations. Raises ParseError for a location that is not in the
        topology, UsageError for an unknown era, UnsupportedError for a primitive without a mapping, LimitReached."""
        return program(test, self.cpus, self.era, deadline)

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph with the hops of its accesses. Raises LimitReached if there are too many, or at the deadline."""
        return hops.expand(graph, self.table, deadline)
