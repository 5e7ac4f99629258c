"""Writes a test in C for an architecture: as a `.litmus` file in its assembly, or as a listing of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litmus.base.errors import UnsupportedError, UsageError
from litmus.base.source import Span
from litmus.cat.description import ModelInfo
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import LitmusTest
from litmus.kernel.lowering import waits_for_readers

if TYPE_CHECKING:  # imported only when a test is written
    from litmus.kernel.emit.litmus_text import AssemblyText


def only_c(test: LitmusTest) -> None:
    """Raises UsageError for a test that is neither in kernel C nor in C11, which cannot be lowered."""
    if test.arch not in FUNCTIONS:
        raise UsageError(f"{test.name} is a test in {test.dialect}: only tests in kernel C and in C11 can be lowered")


def lowered(test: LitmusTest, architecture: ModelInfo, era: str) -> LitmusTest:
    """The operations of a test: in kernel C by the mapping of an era, in C11 as compilers implement it.

    Raises UnsupportedError, with its place, for a function without a mapping; UsageError for an unknown era; ModelError
    for an architecture that does not say how C11 is compiled.
    """
    if test.language:
        from litmus.kernel.c11 import compiled  # each test needs one of the two

        return compiled(test, architecture)
    from litmus.kernel.lowering import lower

    return lower(test, architecture, era)


def suffix(test: LitmusTest, architecture: ModelInfo, era: str) -> str:
    """What the name of a test ends with when it is written for an architecture: C11 has no eras."""
    return f"+{architecture.name}" if test.language else f"+{architecture.name}+{era}"


def has_assembly(architecture: ModelInfo, test: LitmusTest) -> bool:
    """Whether an architecture has a dialect in which the test can be written: who waits for readers cannot be."""
    if waits_for_readers(test):
        return False
    from litmus.kernel.emit.instruction_set import instruction_set_for

    return instruction_set_for(architecture, test.threads[0].word_bits) is not None


def assembly(test: LitmusTest, architecture: ModelInfo, era: str) -> AssemblyText:
    """A `.litmus` file in assembly with the same verdict as the test, for an architecture and an era of the kernel.

    Raises UsageError for a test that is not in C; UnsupportedError, with its place, for an architecture without a
    dialect and for anything that its dialect cannot express; and the errors of `lowered`.
    """
    from litmus.kernel.emit.instruction_set import instruction_set_for, instruction_sets
    from litmus.kernel.emit.litmus_text import write

    only_c(test)
    if waits_for_readers(test):
        message = "RCU cannot be written in assembly, which has no quiescent state that an execution chooses"
        raise UnsupportedError(message, Span(test.source, 0, 1), "listing() shows its operations")
    bits = test.threads[0].word_bits
    target = instruction_set_for(architecture, bits)
    if target is None:
        for known in instruction_sets(architecture)[:1]:
            raise UnsupportedError(f"words of {bits} bits cannot be written in {known.translation.machine}")
        raise UnsupportedError(f"'{architecture.name}' has no assembly dialect in which this test can be written")
    name = test.name + suffix(test, architecture, era)
    return write(test, lowered(test, architecture, era), architecture, target, name, _origin(test, era))


def listing(test: LitmusTest, architecture: ModelInfo, era: str) -> str:
    """A listing for people: the C of a test, and beside it its operations on an architecture in an era of the kernel.

    Raises UsageError for a test that is not in C, and the errors of `lowered`.
    """
    from litmus.kernel.emit.side_by_side import write

    only_c(test)
    operations = lowered(test, architecture, era)
    if test.language:
        from litmus.kernel.c11 import mapping  # each test needs one of the two

        rows = mapping(architecture)
    else:
        rows = architecture.rows(era)
    return write(test, operations, architecture, rows, _origin(test, era))


def _origin(test: LitmusTest, era: str) -> str:
    """Whose mapping a test is lowered by."""
    return f"as compilers implement {test.language}" if test.language else f"as of Linux {era}"
