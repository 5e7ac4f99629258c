"""ARM assembly of 32 bits (A32), as herd7 reads it.

Instructions may be executed on a condition, `LDREQ`, and set flags, `ADDS`. An access that is executed on a condition
depends by control on what the flags come from; a register that is written so does not depend on them. A location holds
a signed number as wide as the accesses to it. `operands` reads registers, numbers and addresses, the other modules have
the instructions.
Source: ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition, DDI 0406, sections A3.8 and A8.8; for LDA, STL
and what goes with them, Arm Architecture Reference Manual for A-profile architecture, DDI 0487, chapter F5.
"""

from __future__ import annotations

from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.dialects._arm import CONDITIONS, FLAGS, OTHER_NAMES, opposite
from litmus.dialects.arm import branches, compute, memory, stack
from litmus.dialects.arm.operands import NUMBERED, RANKS, SYNTAX
from litmus.dialects.arm.refused import REFUSED
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.forms import Build, ColumnDialect, InstructionTable
from litmus.frontend.operands import Operands
from litmus.ir.thread import Branch, Label

_PUSH_POP = ("PUSH", "POP")
_ALWAYS = frozenset({"CBZ", "CBNZ", "DMB", "DSB", "ISB", *branches.BLOCKS})


@dataclass(frozen=True, slots=True)
class Arm(ColumnDialect):
    """The dialect ARM, in which some threads may have a stack in memory."""

    stacks: frozenset[int] = frozenset()

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        program = parse_columns(section, self, FLAGS)
        pushing = [thread for thread in program.threads if any(row.startswith(_PUSH_POP) for row in thread.rows)]
        stacks = frozenset(stack.threads_with_stack(pushing, section, self.register))
        for thread in pushing:
            if thread.index not in stacks:
                stack.check_depth(thread)
        return parse_columns(section, replace(self, stacks=stacks), FLAGS) if stacks else program

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction, which may be executed on a condition. Raises ParseError, UnsupportedError."""
        name, at, usage, build = self.table.find(cell)
        if cell.thread in self.stacks:
            build = _IN_MEMORY.get(name, build)
        operands = Operands(cell, name, at, usage, self.syntax)
        condition = cell.text[len(name) : at].upper()
        return _on(OTHER_NAMES.get(condition, condition), build, operands) if condition else build(operands)


def _on(condition: str, build: Build, operands: Operands) -> Instruction:
    """An instruction that is executed only if a condition holds."""
    name = operands.name
    if name in _ALWAYS:
        raise ParseError(f"{name} is always executed", operands.cell.place(0, len(name) + 2), f"write {name}")
    found = build(operands)
    shown, _, rest = found.text.partition(" ")  # not the name, if it is another one for the same
    text = f"{shown}{condition} {rest}".rstrip()
    test, span = CONDITIONS[condition], operands.span
    if found.ends:
        raise UnsupportedError("a return on a condition is not supported", span, "branch to the end of the thread")
    if name == "B":
        return replace(found, statements=(Branch(test, found.target, span),), text=text)
    end = f"after {operands.cell.row}"  # no label of a test is called so
    skip = Branch(opposite(test), end, span, until=end)
    return replace(
        found, statements=(skip, *found.statements, Label(end)), text=text, hashed=_hashed(found, name, condition)
    )


def _hashed(found: Instruction, name: str, condition: str) -> str:
    """What herd7's hash digests of an instruction on a condition, if it is not its text."""
    if name == "AND":
        operands = found.text.removeprefix("AND ").split(",")
        return f"AND{condition} {', '.join(operands)}" if len(set(operands)) > 1 else "NOP"
    return (
        f"{name}{' ' * (name == 'MOVT')}{condition}{found.hashed.removeprefix(name).lstrip()}" if found.hashed else ""
    )


_ENDINGS = frozenset((*CONDITIONS, *OTHER_NAMES))
_GROUPS = (memory.rows(), compute.rows(), stack.rows(in_memory=False), branches.rows())
_ROWS = {name: (usage, build) for rows in _GROUPS for name, usage, build in rows}
_IN_MEMORY = {name: build for name, _, build in stack.rows(in_memory=True)}

DIALECT = Arm(
    ("ARM",),
    memory.TAGS,
    SYNTAX,
    InstructionTable("ARM", _ROWS, REFUSED, str.upper, _ENDINGS),
    registers=RANKS,
    free=NUMBERED,
)
instructions = DIALECT.instructions
