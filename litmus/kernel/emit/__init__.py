"""A test in kernel C as what it is on an architecture: a `.litmus` file in its assembly, or a listing of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litmus.base.errors import UnsupportedError, UsageError
from litmus.cat.registry import ModelInfo
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import LitmusTest

if TYPE_CHECKING:  # only what is lowered is written
    from litmus.kernel.emit.litmus_text import AssemblyText


def only_kernel_c(test: LitmusTest) -> None:
    """Raises UsageError for a test that is not in kernel C: there is nothing to lower."""
    if test.arch not in FUNCTIONS:
        raise UsageError(f"{test.name} is a test in {test.arch}: only tests in kernel C are lowered")


def has_assembly(architecture: ModelInfo, test: LitmusTest) -> bool:
    """Whether there is a dialect in which the test can be written for an architecture."""
    from litmus.kernel.emit.instruction_set import instruction_set_for

    return instruction_set_for(architecture, test.threads[0].word_bits) is not None


def assembly(test: LitmusTest, architecture: ModelInfo, era: str) -> AssemblyText:
    """A `.litmus` file that decides as the test does on an architecture, as a kernel of an era has it.

    Raises UsageError for a test that is not in kernel C and for an unknown era; UnsupportedError for an architecture
    without a dialect, and for what its dialect cannot say, with the place.
    """
    from litmus.kernel.emit.instruction_set import instruction_set_for
    from litmus.kernel.emit.litmus_text import write
    from litmus.kernel.lowering import lower

    only_kernel_c(test)
    target = instruction_set_for(architecture, test.threads[0].word_bits)
    if target is None:
        raise UnsupportedError(f"there is no assembly of '{architecture.name}' to write a test in")
    return write(test, lower(test, architecture, era), architecture, target, era)


def listing(test: LitmusTest, architecture: ModelInfo, era: str) -> str:
    """The operations that a test becomes on an architecture, as a kernel of an era has it, beside its C; for people.

    Raises UsageError for a test that is not in kernel C and for an unknown era, UnsupportedError for a primitive that
    the architecture has no mapping for, with its place.
    """
    from litmus.kernel.emit.side_by_side import write
    from litmus.kernel.lowering import lower

    only_kernel_c(test)
    return write(test, lower(test, architecture, era), architecture, era)
