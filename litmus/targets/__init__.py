"""Targets: how a test of some kind is presented to a model.

Tests are of several kinds, but models know only events. A target names the sets that the events of a test may be in,
turns the test's program into statements that have events, and may extend the event graph of that program. Each kind of
test has a target, in a module of its own:

    assembly    statements already have events
    c11         C11 under a model of the language, where operations are events, or as compilers implement it
    kernel_c    kernel C on an architecture: primitives become operations, by the mapping in the model's description
    definitions kernel C under a model of its own: calls become what a macro file defines them as
    lisa        instructions whose annotations a bell file declares
    pci         CPUs and devices on buses: accesses become hops

A further kind needs a module, and is chosen in `target_for`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, ParseError
from litmus.cat.load import CatModel
from litmus.frontend.container import FUNCTIONS
from litmus.ir.events import ALWAYS, EventGraph, Known
from litmus.ir.litmus_test import C11, LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import Call, Primitive
from litmus.targets.assembly import AssemblyTarget
from litmus.unfold import unfold


class Target(Protocol):
    """How a test is presented to a model.

    `sets` are the sets that its events may be in, `relations` the relations of its graph in addition to the base
    relations, `variants` the variants that are on (`if "..."` in the model). No event of the test at hand is in the
    sets `absent`: a model for it alone may do without them. `notes` are the assumptions of a verdict that are not in
    the model, and `uncertain` what it rests on that is in doubt.
    """

    @property
    def sets(self) -> frozenset[str]: ...
    @property
    def absent(self) -> frozenset[str]: ...
    @property
    def relations(self) -> frozenset[str]: ...
    @property
    def variants(self) -> frozenset[str]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def uncertain(self) -> tuple[str, ...]: ...

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test with statements that have events.

        Raises LitmusError if the model has no events for a statement, LimitReached at the deadline.
        """

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The event graph of that program, with the events and relations that the target adds. Raises LimitReached."""


def target_for(model: CatModel, test: LitmusTest, options: Options, deadline: Deadline = NO_DEADLINE) -> Target:
    """The target for a model and a test; the only place that checks whether the model can decide the test.

    Raises ModelError if it cannot, for a variant that the model does not have, or for ordering rules that are unknown
    or cannot be read; LimitReached at the deadline.
    """
    if options.variants:
        from litmus.cat.variants import check_variants  # few runs need it

        check_variants((model,), options.variants, deadline)
    if test.topology is not None:
        _speaks(model, test)
        from litmus.targets.pci import PciTarget  # few tests need it

        return PciTarget.of(test, test.topology, options, deadline)
    if test.arch in FUNCTIONS and _in_c11(model, test):
        from litmus.targets.c11 import C11Target, CompiledTarget  # few tests need it

        if model.tags is not None:
            raise ModelError(f"model '{model.name}' has a bell file, and this is a test of C11")
        described = model.description()
        if described is None or C11 in described.dialects:
            return C11Target.of(test, options)
        if not described.c11:
            hint = "litmus models lists those that have one"
            raise ModelError(f"model '{model.name}' has no mapping of C11, and this is a test of C11", None, hint)
        return CompiledTarget(described, options.variants)
    if test.arch in FUNCTIONS and model.definitions is not None:
        from litmus.targets.definitions import DefinitionsTarget  # few tests need it

        return DefinitionsTarget.of(model, test, options, deadline)
    if test.arch in FUNCTIONS:
        from litmus.targets.kernel_c import KernelTarget  # few tests need it

        return KernelTarget.of(model, test, options, deadline)
    _speaks(model, test)
    if test.arch == "LISA":
        from litmus.targets.lisa import LisaTarget  # few tests need it

        return LisaTarget.of(model, test, options, deadline)
    return AssemblyTarget.of(test, options)


def _in_c11(model: CatModel, test: LitmusTest) -> bool:
    """Whether a program in C is C11: by what it contains, or, if it has accesses of both only, by the model."""
    if test.language or model.definitions is not None:
        return test.language == C11
    from litmus.ir.c11 import plain_access  # tests in C only

    primitives = (s for thread in test.threads for s in thread.body if isinstance(s, Primitive | Call))
    if not all(isinstance(s, Primitive) and plain_access(s) for s in primitives):
        return False
    described = model.description()
    return described is None or C11 in described.dialects


def _speaks(model: CatModel, test: LitmusTest) -> None:
    """Raises ModelError if the description of a model says that it does not decide tests of this architecture."""
    dialects = model.dialects
    if dialects is not None and test.dialect not in dialects:
        raise _unspoken(model.name, dialects, test)


def _unspoken(name: str, dialects: Sequence[str], test: LitmusTest) -> ModelError:
    what = f"tests of {' and '.join(dialects)}" if dialects else "no assembly"
    return ModelError(f"model '{name}' decides {what}, but this is a test of {test.dialect}")


def event_graph(target: Target, program: LitmusTest, unroll: int, deadline: Deadline = NO_DEADLINE) -> EventGraph:
    """The event graph of a program, as its target presents it to the model. Raises what `unfolded` raises."""
    return target.graph(unfolded(program, unroll, deadline, parts=has_parts(target)), deadline)


def has_parts(target: Target) -> bool:
    """Whether the model is told which events are parts of one access."""
    return "sm" in target.relations


def unfolded(
    program: LitmusTest,
    unroll: int,
    deadline: Deadline = NO_DEADLINE,
    registers: bool = False,
    parts: bool = False,
) -> EventGraph:
    """The event graph of a program, before its target adds to it; `registers` and `parts` are as for `unfold`.

    Raises ParseError for a program that cannot be followed, or with an access whose address is never that of a
    location, usually because a register was not set; LimitReached.
    """
    graph = unfold(program, unroll, deadline, registers, parts)
    for event in graph.events:
        match event.addr:
            case Known(int() as number) if event.guard == ALWAYS:
                message = f"this access always goes to {number}, which is not the address of a location"
                raise ParseError(message, event.span, "is the register set in the initial state?")
    return graph
