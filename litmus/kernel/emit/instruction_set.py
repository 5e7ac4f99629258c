"""The description of an instruction set, one in each file of this package that is named after a dialect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from litmus.cat.registry import ModelInfo
from litmus.kernel.emit.registers import Bank
from litmus.kernel.emit.translate import Translation


@dataclass(frozen=True, slots=True)
class InstructionSet:
    """An instruction set in one dialect. Dialects of one `family` are the same machine.

    `word_bits` are the widths of words that tests may have. `sizes` takes the width of a word and whether memory may
    hold addresses; it returns the sizes in bytes that the accesses of a test may have, the preferred one first.
    """

    dialect: str
    family: str
    bank: Bank
    translation: type[Translation]
    word_bits: tuple[int, ...]
    sizes: Callable[[int, bool], tuple[int, ...]] = lambda bits, addresses: (bits // 8,)


def instruction_sets(architecture: ModelInfo) -> tuple[InstructionSet, ...]:
    """The instruction sets in which tests for an architecture are written: of one machine, or none."""
    found = tuple([target for name in architecture.dialects if (target := _target(name)) is not None])
    return found if len({target.family for target in found}) == 1 else ()


def instruction_set_for(architecture: ModelInfo, word_bits: int) -> InstructionSet | None:
    """The one of them for tests with words of so many bits; None if there is none."""
    return next((target for target in instruction_sets(architecture) if word_bits in target.word_bits), None)


def _target(dialect: str) -> InstructionSet | None:
    name = f"litmus.kernel.emit.{dialect.lower()}"
    try:
        target: InstructionSet = import_module(name).INSTRUCTION_SET
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    return target
