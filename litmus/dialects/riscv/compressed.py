"""The instructions of RISC-V that are half as long: other spellings of those of full length.

What they say of registers and numbers is not asked, as elsewhere in this dialect.
Source: The RISC-V instruction set manual, volume I, extensions C and Zcb.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.base.source import Span
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import Build, Row
from litmus.frontend.operands import Operands

_TWICE = {
    **dict.fromkeys(("add", "sub", "and", "or", "xor", "addw", "subw", "mul"), "rd,rs2"),
    **dict.fromkeys(("addi", "addiw", "slli", "srli", "srai", "andi"), "rd,number"),
    **dict.fromkeys(("zext.b", "sext.b", "zext.h", "sext.h", "zext.w", "not"), "rd"),
}
"""The instructions whose first operand is also the next one."""

_SAME = (
    "mv",
    "li",
    "lui",
    "lbu",
    "lh",
    "lhu",
    "lw",
    "ld",
    "sb",
    "sh",
    "sw",
    "sd",
    "j",
    "jr",
    "jalr",
    "jal",
    "beqz",
    "bnez",
)
_STACK = {"lwsp": "lw", "ldsp": "ld", "swsp": "sw", "sdsp": "sd", "addi4spn": "addi"}


class _Full(Operands):
    """The operands of the instruction of full length that one of half of it is."""

    __slots__ = ("_more", "_short")

    def __init__(self, given: Operands, full: str, twice: bool) -> None:
        super().__init__(given.cell, given.name, given.at, given.usage, given.syntax)
        self._short, self.name = given.name, full
        self._more = int(twice)
        if twice:
            self.texts.insert(0, self.texts[0])

    @property
    def hint(self) -> str | None:
        """The instruction as it is written."""
        return f"{self._short} {self.usage}"

    def place(self, index: int) -> Span:
        """Where an operand is written."""
        return super().place(max(0, index - self._more))


def _as(full: str, build: Build, twice: bool) -> Build:
    def built(operands: Operands) -> Instruction:
        return build(_Full(operands, full, twice))

    return built


def rows(known: Mapping[str, tuple[str, Build]]) -> Iterable[Row]:
    """The instructions, by those of full length: mnemonic, operands, and how to read them."""
    for name, usage in _TWICE.items():
        yield f"c.{name}", usage, _as(name, known[name][1], True)
    yield "c.addi16sp", "sp,number", _as("addi", known["addi"][1], True)
    for name in _SAME:
        usage = known[name][0].split(" or ")[-1].replace("{rd,}", "")
        yield f"c.{name}", usage, _as(name, known[name][1], False)
    for name, full in _STACK.items():
        yield f"c.{name}", known[full][0], _as(full, known[full][1], False)
    yield "c.nop", "", _as("nop", known["nop"][1], False)
