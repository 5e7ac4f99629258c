"""The branches and calls of PowerPC, and the registers that they are by.

Source: Power ISA 2.07, book I, chapter 2 and section 3.3.17.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.dialects.ppc.operands import Build, Operands, Row
from litmus.frontend.dialect import Instruction, Jump
from litmus.frontend.forms import call
from litmus.ir.thread import Assign, Branch, Const, Expr, Goto, Op, Reg

FLAG_OF = {"lt": "lt", "ge": "lt", "nl": "lt", "gt": "gt", "le": "gt", "ng": "gt", "eq": "eq", "ne": "eq"}
_CANONICAL = {"nl": "ge", "ng": "le"}
_HINTS = ("", "+", "-")
"""What an instruction says of whether it will branch, which is nothing to the model."""

_LINK, _COUNT = "LR", "CTR"  # no register of a condition is called so


def _branch(test: str) -> Build:
    shown = _CANONICAL.get(test, test)
    negative = test != FLAG_OF[test]

    def build(operands: Operands) -> Instruction:
        field, label = operands.field(1), operands.label(len(operands) - 1)
        condition: Expr = Reg(f"cr{field}.{FLAG_OF[test]}")
        if negative:
            condition = Op("lnot", (condition,))
        text = f"b{shown}  {label}" if field == "0" else f"b{shown}  cr{field},{label}"
        return Instruction((Branch(condition, label, operands.span),), text, target=label)

    return build


def _goto(operands: Operands) -> Instruction:
    label = operands.label(0)
    return Instruction((Goto(label, operands.span),), f"b   {label}", target=label)


def _return(operands: Operands) -> Instruction:
    return Instruction((Jump(Reg(_LINK), operands.span, returns=True),), "blr", ends=True)


def _jump(operands: Operands) -> Instruction:
    return Instruction((Jump(Reg(_COUNT), operands.span),), "bctr")


def _call(operands: Operands) -> Instruction:
    """`bl`, of a label."""
    label = operands.label(0)
    return call(operands.cell, _LINK, f"bl   {label}", label, False)


def _call_by(register: str) -> Build:
    """`bctrl` and `blrl`, of where a register says."""
    return lambda operands: call(operands.cell, _LINK, operands.name, register, True)


def _move_to(register: str) -> Build:
    """`mtlr` and `mtctr`."""

    def build(operands: Operands) -> Instruction:
        s = operands.reg(0)
        return Instruction((Assign(register, Reg(s), operands.span),), f"{operands.name} {s}")

    return build


def _move_from(register: str) -> Build:
    """`mflr` and `mfctr`."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        return Instruction((Assign(d, Reg(register), operands.span),), f"{operands.name} {d}")

    return build


def _count_down(if_zero: bool) -> Build:
    """`bdnz` and `bdz`: CTR less 1, and a branch by whether that is 0."""

    def build(operands: Operands) -> Instruction:
        label = operands.label(0)
        left: Expr = Reg(_COUNT)
        if if_zero:
            left = Op("eq", (left, Const(0)))
        less = Assign(_COUNT, Op("sub", (Reg(_COUNT), Const(1))), operands.span)
        return Instruction((less, Branch(left, label, operands.span)), f"{operands.name} {label}", target=label)

    return build


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    yield "b", "label", _goto
    for test in FLAG_OF:
        for hint in _HINTS:
            yield f"b{test}{hint}", "{crN,}label", _branch(test)
    yield "blr", "", _return
    yield "bctr", "", _jump
    yield "bl", "label", _call
    for name, register in (("lr", _LINK), ("ctr", _COUNT)):
        yield f"b{name}l", "", _call_by(register)
        yield f"mt{name}", "rS", _move_to(register)
        yield f"mf{name}", "rD", _move_from(register)
    for hint in _HINTS:
        yield f"bdnz{hint}", "label", _count_down(False)
        yield f"bdz{hint}", "label", _count_down(True)
