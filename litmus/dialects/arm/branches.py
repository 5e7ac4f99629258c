"""The branches and calls of ARM, the addresses of its code, and its hints.

Source: ARM Architecture Reference Manual, DDI 0406, sections A4.3 and A8.8; A8.3 for what IT means outside of Thumb.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from litmus.base.errors import did_you_mean
from litmus.dialects._arm import CONDITIONS, OTHER_NAMES, address_of_label
from litmus.dialects.arm.operands import at_place
from litmus.frontend.dialect import Instruction, Jump
from litmus.frontend.forms import Build, Row, call, goto, nothing
from litmus.frontend.operands import Operands
from litmus.ir.thread import BinaryOperator, Branch, Const, Op, Reg

_LINK = "LR"
_HINTS = ("NOP", "YIELD", "WFE", "WFI", "SEV", "SEVL", "CSDB")
"""A processor may take each for nothing: to wait for an event may end at once, and nothing here waits for long."""

BLOCKS = tuple("IT" + "".join(more) for count in range(4) for more in itertools.product("TE", repeat=count))
"""What introduces instructions on a condition in Thumb: each names its condition again, so that this adds nothing."""


def _branch_if_zero(relation: BinaryOperator) -> Build:
    """CBZ and CBNZ."""

    def build(operands: Operands) -> Instruction:
        n, label = operands.reg(0), operands.label(1)
        branch = Branch(Op(relation, (Reg(n), Const(0))), label, operands.span)
        return Instruction((branch,), f"{operands.name} {n},{label}", target=label)

    return build


def _block(operands: Operands) -> Instruction:
    text = operands.texts[0].upper()
    if OTHER_NAMES.get(text, text) not in CONDITIONS:
        error = operands.error(0, "a condition such as EQ")
        error.hint = did_you_mean(text, CONDITIONS) or error.hint
        raise error
    return Instruction((), f"{operands.name} {text}")


def _prefetch(operands: Operands) -> Instruction:
    """PLD and its kin, which may do nothing."""
    return Instruction((), f"{operands.name} {at_place(operands, 0).text}")


def _jump(operands: Operands) -> Instruction:
    """BX: of LR it is a return."""
    register = operands.reg(0)
    returns = register == _LINK
    return Instruction((Jump(Reg(register), operands.span, returns),), f"BX {register}", ends=returns)


def _call(operands: Operands) -> Instruction:
    """BL of a label, BLX of a register."""
    by_value = operands.name == "BLX"
    to = operands.reg(0) if by_value else operands.label(0)
    return call(operands.cell, _LINK, f"{operands.name} {to}", to, by_value)


def _code_address(operands: Operands) -> Instruction:
    dest, label = operands.reg(0), operands.label(1)
    return address_of_label(operands.cell, dest, label, f"ADR {dest},{label}")


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    yield "B", "label", goto
    yield "CBZ", "Rn,label", _branch_if_zero("eq")
    yield "CBNZ", "Rn,label", _branch_if_zero("ne")
    yield "BX", "Rm", _jump
    yield "BL", "label", _call
    yield "BLX", "Rm", _call
    yield "ADR", "Rd,label", _code_address
    for name in BLOCKS:
        yield name, "condition", _block
    for name in _HINTS:
        yield name, "", nothing
    for name in ("PLD", "PLDW", "PLI"):
        yield name, "[Rn{,#number|Rm{,shift}}]", _prefetch
