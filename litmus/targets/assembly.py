"""Assembly: the statements of a test already have events."""

from __future__ import annotations

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.records import dataclass
from litmus.frontend.dialect import dialect_for
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import LSE2, MIXED, Options


@dataclass(frozen=True, slots=True)
class AssemblyTarget:
    """A test in assembly; its dialect names the sets that its events are in."""

    sets: frozenset[str]
    variants: frozenset[str]
    relations: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()

    @classmethod
    def of(cls, test: LitmusTest, options: Options) -> AssemblyTarget:
        """The target of a test."""
        sets = dialect_for(test.arch).sets
        if test.has_parts or (LSE2 in options.variants and test.has_pairs):
            return cls(sets, options.variants | {MIXED}, frozenset({"sm", "aligned", "quadword"}))
        return cls(sets, options.variants)

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test, unchanged."""
        return test

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph, unchanged."""
        return graph
