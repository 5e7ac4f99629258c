"""The instructions of RISC-V that are half as long: other spellings of those of full length.

They have room for some registers and small numbers only, which is checked, unlike elsewhere in this dialect. A symbolic
register stands for one that fits. `c.jal` is of RV32, where RV64 has `c.addiw`.
Source: The RISC-V instruction set manual, volume I, extensions C and Zcb.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from litmus.base.errors import ParseError
from litmus.base.source import Span
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import Build, Row
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import Operands

_Check = Callable[[Operands, int], object]
"""Raises ParseError if there is no room for the operand at an index."""


# --- what there is room for ------------------------------------------------------------------------------------------


def _one_of(numbers: Iterable[int], wanted: str) -> _Check:
    names = frozenset([f"x{n}" for n in numbers])

    def check(operands: Operands, index: int) -> None:
        if operands.reg(index) not in names and "%" not in operands.texts[index]:
            raise operands.error(index, wanted)

    return check


_ANY = _one_of(range(32), "a register")
_SOME = _one_of(range(1, 32), "a register other than x0")
_MIDDLE = _one_of(range(8, 16), "a register from x8 to x15")
_STACK = _one_of([2], "sp")
_NOT_STACK = _one_of([0, 1, *range(3, 32)], "a register other than sp")


def _number(low: int, high: int, unit: int = 1, zero: bool = True) -> _Check:
    """A multiple of a number, which may be `zero`."""

    def check(operands: Operands, index: int) -> None:
        number = operands.number(index, low, high)
        if not number and not zero:
            raise operands.error(index, "a number other than 0")
        _check_multiple(operands, index, number, unit)

    return check


def _check_multiple(operands: Operands, index: int, number: int, unit: int) -> None:
    if number % unit:
        raise operands.error(index, f"a multiple of {unit}")


def _upper(operands: Operands, index: int) -> None:
    """The number of `c.lui`, of 6 bits with a sign, which assemblers want as the 20 bits of a register."""
    number = operands.number(index, 1, (1 << 20) - 1)
    if (1 << 5) <= number < (1 << 20) - (1 << 5):
        message = f"{quoted(operands.texts[index])} is not a number from 1 to 0x1f or from 0xfffe0 to 0xfffff"
        raise ParseError(message, operands.place(index), operands.hint)


def _behind(bases: Iterable[int], shown: str, unit: int, most: int) -> _Check:
    """A place in memory, so many units behind a register."""
    names = frozenset([f"x{n}" for n in bases])

    def check(operands: Operands, index: int) -> None:
        base, number = operands.base_and_offset(index, 0, most * unit)
        if base not in names and "%" not in operands.texts[index]:
            raise operands.error(index, f"a place behind {shown}")
        _check_multiple(operands, index, number, unit)

    return check


def _near(unit: int, most: int) -> _Check:
    return _behind(range(8, 16), "a register from x8 to x15", unit, most)


def _on_stack(unit: int) -> _Check:
    return _behind([2], "sp", unit, 63)


_LABEL: _Check = Operands.label
_SMALL, _SHIFT = _number(-32, 31), _number(1, 63)


# --- the instructions ------------------------------------------------------------------------------------------------

_Form = tuple[str, tuple[_Check, ...]]
"""How the operands are written, and what they may be."""

_PAIR: _Form = "rd,rs2", (_MIDDLE, _MIDDLE)
_ONE: _Form = "rd", (_MIDDLE,)
_TWICE: Mapping[str, _Form] = {
    "add": ("rd,rs2", (_ANY, _SOME)),
    **dict.fromkeys(("sub", "and", "or", "xor", "addw", "subw", "mul"), _PAIR),
    "addi": ("rd,number", (_ANY, _SMALL)),
    "addiw": ("rd,number", (_SOME, _SMALL)),
    "andi": ("rd,number", (_MIDDLE, _SMALL)),
    "slli": ("rd,number", (_ANY, _SHIFT)),
    **dict.fromkeys(("srli", "srai"), ("rd,number", (_MIDDLE, _SHIFT))),
    **dict.fromkeys(("zext.b", "sext.b", "zext.h", "sext.h", "zext.w", "not"), _ONE),
}
"""The instructions whose first operand is also the next one."""

_SAME: Mapping[str, _Form] = {
    "mv": ("rd,rs2", (_ANY, _SOME)),
    "li": ("rd,number", (_ANY, _SMALL)),
    "lui": ("rd,number", (_NOT_STACK, _upper)),
    "lw": ("rd,8(rs1)", (_MIDDLE, _near(4, 31))),
    "ld": ("rd,8(rs1)", (_MIDDLE, _near(8, 31))),
    "sw": ("rs2,8(rs1)", (_MIDDLE, _near(4, 31))),
    "sd": ("rs2,8(rs1)", (_MIDDLE, _near(8, 31))),
    "lbu": ("rd,1(rs1)", (_MIDDLE, _near(1, 3))),
    **dict.fromkeys(("lh", "lhu"), ("rd,2(rs1)", (_MIDDLE, _near(2, 1)))),
    "sb": ("rs2,1(rs1)", (_MIDDLE, _near(1, 3))),
    "sh": ("rs2,2(rs1)", (_MIDDLE, _near(2, 1))),
    "j": ("label", (_LABEL,)),
    "jal": ("label", (_LABEL,)),
    "jr": ("rs1", (_SOME,)),
    "jalr": ("rs1", (_SOME,)),
    **dict.fromkeys(("beqz", "bnez"), ("rs1,label", (_MIDDLE, _LABEL))),
    "nop": ("", ()),
}
_OTHER: Mapping[str, tuple[str, bool, _Form]] = {
    "lwsp": ("lw", False, ("rd,8(sp)", (_SOME, _on_stack(4)))),
    "ldsp": ("ld", False, ("rd,8(sp)", (_SOME, _on_stack(8)))),
    "swsp": ("sw", False, ("rs2,8(sp)", (_ANY, _on_stack(4)))),
    "sdsp": ("sd", False, ("rs2,8(sp)", (_ANY, _on_stack(8)))),
    "addi16sp": ("addi", True, ("sp,number", (_STACK, _number(-512, 496, 16, False)))),
    "addi4spn": ("addi", False, ("rd,sp,number", (_MIDDLE, _STACK, _number(0, 1020, 4, False)))),
}
"""Those with names of their own: the name of full length, and whether the first operand is also the next one."""


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


def _as(full: str, build: Build, twice: bool, checks: tuple[_Check, ...]) -> Build:
    def built(operands: Operands) -> Instruction:
        for index, check in enumerate(checks):
            check(operands, index)
        return build(_Full(operands, full, twice))

    return built


def rows(known: Mapping[str, tuple[str, Build]]) -> Iterable[Row]:
    """The instructions, by those of full length: mnemonic, operands, and how to read them."""
    forms = {name: (name, True, form) for name, form in _TWICE.items()}
    forms |= {name: (name, False, form) for name, form in _SAME.items()}
    for name, (full, twice, (usage, checks)) in {**forms, **_OTHER}.items():
        yield f"c.{name}", usage, _as(full, known[full][1], twice, checks)
