"""Writes a test in kernel C for an architecture: as a `.litmus` file in its assembly, or as a listing of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litmus.base.errors import UnsupportedError, UsageError
from litmus.base.source import Span
from litmus.cat.registry import ModelInfo
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import LitmusTest
from litmus.kernel.lowering import waits_for_readers

if TYPE_CHECKING:  # imported only when a test is written
    from litmus.kernel.emit.litmus_text import AssemblyText


def only_kernel_c(test: LitmusTest) -> None:
    """Raises UsageError for a test that is not in kernel C, which cannot be lowered."""
    if test.arch not in FUNCTIONS or test.language:
        raise UsageError(f"{test.name} is a test in {test.dialect}: only tests in kernel C can be lowered")


def has_assembly(architecture: ModelInfo, test: LitmusTest) -> bool:
    """Whether an architecture has a dialect in which the test can be written: who waits for readers cannot be."""
    if waits_for_readers(test):
        return False
    from litmus.kernel.emit.instruction_set import instruction_set_for

    return instruction_set_for(architecture, test.threads[0].word_bits) is not None


def assembly(test: LitmusTest, architecture: ModelInfo, era: str) -> AssemblyText:
    """A `.litmus` file in assembly with the same verdict as the test, for an architecture and an era of the kernel.

    Raises UsageError for a test that is not in kernel C and for an unknown era; UnsupportedError, with its place, for
    an architecture without a dialect and for anything that its dialect cannot express.
    """
    from litmus.kernel.emit.instruction_set import instruction_set_for, instruction_sets
    from litmus.kernel.emit.litmus_text import write
    from litmus.kernel.lowering import lower

    only_kernel_c(test)
    if waits_for_readers(test):
        message = "RCU cannot be written in assembly, which has no quiescent state that an execution chooses"
        raise UnsupportedError(message, Span(test.source, 0, 1), "listing() shows its operations")
    bits = test.threads[0].word_bits
    target = instruction_set_for(architecture, bits)
    if target is None:
        for known in instruction_sets(architecture)[:1]:
            raise UnsupportedError(f"words of {bits} bits cannot be written in {known.translation.machine}")
        raise UnsupportedError(f"'{architecture.name}' has no assembly dialect in which this test can be written")
    return write(test, lower(test, architecture, era), architecture, target, era)


def listing(test: LitmusTest, architecture: ModelInfo, era: str) -> str:
    """A listing for people: the C of a test, and beside it its operations on an architecture in an era of the kernel.

    Raises UsageError for a test that is not in kernel C and for an unknown era; UnsupportedError, with its place, for a
    primitive that the architecture does not map.
    """
    from litmus.kernel.emit.side_by_side import write
    from litmus.kernel.lowering import lower

    only_kernel_c(test)
    return write(test, lower(test, architecture, era), architecture, era)
