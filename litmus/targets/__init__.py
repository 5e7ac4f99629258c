"""What a test is to a model.

A test can be of several kinds, and models know only events. A target stands between the two: it says what the events of
a test may be called, makes statements that have events out of its program, and may add to the graph that they unfold
to. Each kind of test has one, in a module of its own:

    assembly    its statements have events as they are
    kernel_c    kernel C on an architecture: primitives become the operations that the model's description maps them to
    pci         CPUs and devices on buses: accesses become hops

A model that gives kernel C events of its own, as that of the Linux kernel does, is a further target, and so is C11:
write its module, and have `target_for` choose it.
"""

from __future__ import annotations

from typing import Protocol

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, ParseError
from litmus.cat.load import CatModel
from litmus.frontend.container import FUNCTIONS
from litmus.ir.events import ALWAYS, EventGraph, Known
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.targets.assembly import AssemblyTarget
from litmus.unfold import unfold


class Target(Protocol):
    """What a test is to a model.

    `sets` are the names of the sets that its events may be in, `relations` those of the relations that its graph has
    beside the base relations, `variants` the names to which `if "..."` in the model says yes. `notes` are what an
    answer assumes beyond the model.
    """

    @property
    def sets(self) -> frozenset[str]: ...
    @property
    def relations(self) -> frozenset[str]: ...
    @property
    def variants(self) -> frozenset[str]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...

    def program(self, test: LitmusTest) -> LitmusTest:
        """The test with statements that have events. Raises LitmusError for what the model has no events for."""

    def graph(self, graph: EventGraph) -> EventGraph:
        """The graph of that program with the events and relations that the target adds. Raises LimitReached."""


def target_for(model: CatModel, test: LitmusTest, options: Options) -> Target:
    """What a test is to a model: the one place that says whether the two go together.

    Raises ModelError if they do not, UsageError for an era or ordering rules that there are not.
    """
    if test.topology is not None:
        _speaks(model, test)
        from litmus.targets.pci import PciTarget  # few tests need it

        return PciTarget.of(test.topology, test.arch, options)
    if test.arch in FUNCTIONS:
        from litmus.targets.kernel_c import KernelTarget  # few tests need it

        return KernelTarget.of(model, options)
    _speaks(model, test)
    return AssemblyTarget.of(test.arch, options)


def _speaks(model: CatModel, test: LitmusTest) -> None:
    """Raises ModelError for a model of ours that does not decide tests of this architecture."""
    dialects = model.dialects
    if dialects is not None and test.arch not in dialects:
        what = f"tests of {' and '.join(dialects)}" if dialects else "no assembly"
        raise ModelError(f"model '{model.name}' decides {what}, and this is a test of {test.arch}")


def event_graph(target: Target, test: LitmusTest, unroll: int, deadline: Deadline = NO_DEADLINE) -> EventGraph:
    """Everything that a test can do, as its target has it.

    Raises ParseError for a program that cannot be followed, or with an access that can only go to no location, as if a
    register was forgotten; UnsupportedError for a primitive without a mapping; LimitReached.
    """
    graph = unfold(target.program(test), unroll, deadline)
    for event in graph.events:
        match event.addr:
            case Known(int() as number) if event.guard == ALWAYS:
                message = f"this access always goes to {number}, which is the address of no location"
                raise ParseError(message, event.span, "is the register set in the initial state?")
    return target.graph(graph)
