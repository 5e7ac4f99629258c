"""AArch64 assembly, as herd7 reads it.

`operands` reads registers, numbers and addresses, the other modules have the instructions. A location holds a
signed number as wide as the accesses to it. A test has words of 32 bits if it computes on W registers alone.
Source: Arm Architecture Reference Manual for A-profile architecture, DDI 0487, chapters C1 to C6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from litmus.dialects._arm import FLAGS
from litmus.dialects.aarch64 import bits, branches, compute, conditions, memory
from litmus.dialects.aarch64.operands import GPRS, RANKS, Operands, Words
from litmus.dialects.aarch64.refused import REFUSED
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.forms import InstructionTable
from litmus.frontend.words import parse_words


@dataclass(frozen=True, slots=True)
class AArch64:
    """The dialect AArch64."""

    archs: tuple[str, ...] = ("AArch64",)
    sets: frozenset[str] = memory.TAGS

    @property
    def registers(self) -> Mapping[str, int]:
        """X0 to X30, and SP."""
        return RANKS

    def register(self, name: str) -> str | None:
        """Registers are written X1, x1, W1 or w1."""
        return _register(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        return replace(parse_words(section, Words, _Reader), number_bits=64, flags=FLAGS)


DIALECT = AArch64()


def _register(name: str) -> str | None:
    found = GPRS.get(name)
    if found is None:
        return None
    return "XZR" if found.is_zero else found.name


class _Reader:
    """Reads the instructions of one test."""

    __slots__ = ("_words", "word_bits")

    def __init__(self, words: Words) -> None:
        self._words = words
        self.word_bits = words.bits

    @property
    def free(self) -> tuple[str, ...]:
        """All registers but X30, where calls leave the address to return to."""
        return tuple(RANKS)[:30]

    def register(self, name: str) -> str | None:
        return _register(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. What herd7's hash digests has no comma before a step, and two before a shift."""
        name, at, usage, build = _TABLE.find(cell)
        found = build(Operands(cell, name, at, usage, self._words))
        text = found.text.replace("]#", "],#").replace(",,", ",")
        return found if text == found.text else replace(found, text=text, hashed=found.text)


_ROWS = {
    name: (usage, build)
    for rows in (memory.rows(), compute.rows(), bits.rows(), conditions.rows(), branches.rows())
    for name, usage, build in rows
}
_TABLE = InstructionTable("AArch64", _ROWS, REFUSED, str.upper)


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    return _TABLE.usages()


__all__ = ["DIALECT", "AArch64", "instructions"]
