"""PowerPC assembly, as herd7 reads it.

Registers have 64 bits if the test has a doubleword instruction or a 64-bit type, otherwise 32. A location holds a
signed number as wide as the accesses to it. A field of the condition register is three registers, such as `cr0.lt`,
`cr0.gt` and `cr0.eq`, so that a branch depends only on the comparison that it tests.
Source: Power ISA 2.07, book I, chapters 2 and 3, and book II, chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from litmus.dialects.ppc import branches, compute, memory
from litmus.dialects.ppc.operands import BITS, CARRY, RANKS, REGISTERS, Operands
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.forms import InstructionTable
from litmus.frontend.words import Words, parse_words

_FLAGS = frozenset({CARRY, *(f"cr{field}.{bit}" for field in range(8) for bit in BITS)})


@dataclass(frozen=True, slots=True)
class Ppc:
    """The dialect PPC."""

    archs: tuple[str, ...] = ("PPC",)
    sets: frozenset[str] = memory.TAGS

    @property
    def registers(self) -> Mapping[str, int]:
        """r0 to r31, in this order."""
        return RANKS

    def register(self, name: str) -> str | None:
        """Registers are written r1 or R1."""
        return REGISTERS.get(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        program = parse_words(section, Words, _PpcReader, pointers=False)
        return replace(program, number_bits=64, big_endian=True, flags=_FLAGS)


DIALECT = Ppc()


class _PpcReader:
    """Reads the instructions of one test."""

    __slots__ = ("_words", "word_bits")

    def __init__(self, words: Words) -> None:
        self._words = words
        self.word_bits = words.bits

    @property
    def free(self) -> tuple[str, ...]:
        """All registers except r0, which some instructions read as the number 0."""
        return tuple(RANKS)[1:]

    def register(self, name: str) -> str | None:
        return REGISTERS.get(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        name, at, usage, build = _TABLE.find(cell)
        return build(Operands(cell, name, at, usage, self._words))


_REFUSED = """
bla ba bc bcl bclr bcctr beqlr bnelr bltlr bgtlr blelr bgelr bso bns mfxer mtxer mtcr mtcrf mfocrf mtocrf mfspr mtspr
mftb mcrf crand cror crxor crnand crnor creqv crandc crorc crclr crset crnot crmove lswi lswx stswi stswx lhbrx lwbrx
ldbrx sthbrx stwbrx stdbrx lq stq lqarx stqcx lfs lfd lfsx lfdx stfs stfd stfsx stfdx lvx stvx lxvd2x stxvd2x addo
addco subic subfo mullwo mulldo divwo divdo nego modsw moduw modsd modud cnttzw cnttzd popcntb popcntw popcntd extlwi
extrwi inslwi insrwi extldi extrdi insrdi clrlslwi clrlsldi isel cmpb dcbz dcba icbi icbt tlbie tlbsync slbie ptesync
sc rfid wait tw twi td tdi trap com
"""
"""Instructions that exist but are not supported."""

_GROUPS = (compute.rows(), branches.rows(), memory.rows())
_ROWS = {name: (usage, build) for rows in _GROUPS for name, usage, build in rows}
_TABLE = InstructionTable("PPC", _ROWS, ((rf"(?:{'|'.join(_REFUSED.split())})\.?", ""),), spelled=str)
instructions = _TABLE.usages
