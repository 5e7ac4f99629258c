"""The description of an instruction set, one in each file of this package that is named after a dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from litmus.cat.description import ModelInfo
from litmus.cat.mapping import Operation
from litmus.kernel.emit.registers import Bank
from litmus.kernel.emit.translate import Translation


@dataclass(frozen=True, slots=True)
class InstructionSet:
    """An instruction set in one dialect. Dialects of one `family` are the same machine.

    `word_bits` are the widths of words that tests may have. `sizes` takes the width of a word and whether memory may
    hold addresses; it returns the sizes in bytes that the accesses of a test may have, the preferred one first.
    `fences` are the fences by their tags, as they are written. `ordered` takes the mnemonic of an access, and returns
    those of the same access with more or less order, each with what it promises: itself among them, or nothing.
    `dependency` are the instructions by which `{scratch}` comes to depend on `{source}`, and `depending` is how the
    address in `{base}` is then written.
    """

    dialect: str
    family: str
    bank: Bank
    translation: type[Translation]
    word_bits: tuple[int, ...]
    sizes: Callable[[int, bool], tuple[int, ...]] = lambda bits, addresses: (bits // 8,)
    fences: Mapping[frozenset[str], str] = field(default_factory=dict)
    ordered: Callable[[str], Mapping[str, frozenset[str]]] = lambda mnemonic: {}
    dependency: tuple[str, ...] = ()
    depending: str = "{scratch}"


def instruction_sets(architecture: ModelInfo) -> tuple[InstructionSet, ...]:
    """The instruction sets in which tests for an architecture are written: of one machine, or none."""
    found = tuple([target for name in architecture.dialects if (target := instruction_set(name)) is not None])
    return found if len({target.family for target in found}) == 1 else ()


def instruction_set_for(architecture: ModelInfo, word_bits: int) -> InstructionSet | None:
    """The one of them for tests with words of so many bits; None if there is none."""
    return next((target for target in instruction_sets(architecture) if word_bits in target.word_bits), None)


def instruction_set(dialect: str) -> InstructionSet | None:
    """The instruction set of a dialect, which other names of the dialect are not; None if it has none."""
    name = f"litmus.kernel.emit.{dialect.lower()}"
    try:
        target: InstructionSet = import_module(name).INSTRUCTION_SET
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    return target


def fence_text(dialect: str, operation: Operation) -> str:
    """How a fence is written in a dialect: as its instruction set has it, else by the name of the operation."""
    known = instruction_set(dialect)
    return operation.name if known is None else known.fences.get(operation.tags, operation.name)
