"""The branches and calls of AArch64, the addresses of its code, and its hints.

Source: Arm Architecture Reference Manual, DDI 0487, chapter C6; section C3.1.5 for hints.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.dialects._arm import CONDITIONS, OTHER_NAMES, address_of_label
from litmus.dialects.aarch64.compute import Build
from litmus.dialects.aarch64.conditions import NAMES
from litmus.dialects.aarch64.operands import Operands
from litmus.frontend.dialect import Instruction, Jump
from litmus.frontend.forms import call, goto, nothing
from litmus.ir.thread import Branch, Const, Expr, Op, Reg

_LINK = "X30"
_HINTS = ("NOP", "YIELD", "WFE", "WFI", "SEV", "SEVL", "DGH", "CSDB")
"""A processor may take each for nothing: to wait for an event may end at once, and nothing here waits for long."""

_AS_IN_HERD7 = {"NFIRST": "PL"}
"""How herd7 spells NFRST."""


def _branch_if(name: str) -> Build:
    def build(operands: Operands) -> Instruction:
        label = operands.label(0)
        branch = Branch(CONDITIONS[name], label, operands.span)
        return Instruction((branch,), f"B.{name} {label}", target=label)

    return build


def _compare_branch(if_zero: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        register, label = operands.gpr(0), operands.label(1)
        value = operands.words.read(register)
        test = Op("eq", (value, Const(0))) if if_zero else value
        text = f"{operands.name} {register.text},{label}"
        return Instruction((Branch(test, label, operands.span),), text, target=label)

    return build


def _test_branch(if_zero: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        register, label = operands.gpr(0), operands.label(2)
        bit = operands.number(1, 0, register.width - 1)
        value: Expr = Op("and", (operands.words.read(register), operands.words.number(1 << bit, 64)))
        test = Op("eq", (value, Const(0))) if if_zero else value
        text = f"{operands.name} {register.text},#{bit},{label}"
        return Instruction((Branch(test, label, operands.span),), text, target=label)

    return build


def _return(operands: Operands) -> Instruction:
    register = operands.gpr(0, 64) if operands.texts else None
    jump = Jump(Reg(register.name if register else _LINK), operands.span, returns=True)
    return Instruction((jump,), f"RET {register.text}" if register else "RET", ends=True)


def _code_address(operands: Operands) -> Instruction:
    dest, label = operands.gpr(0, 64), operands.label(1)
    text = f"{dest.text},{label}"
    return address_of_label(operands.cell, dest.name, label, f"ADR {text}", f"ADDR {text}")


def _jump(operands: Operands) -> Instruction:
    register = operands.gpr(0, 64)
    return Instruction((Jump(Reg(register.name), operands.span),), f"BR {register.text}")


def _call(operands: Operands) -> Instruction:
    if operands.name == "BL":
        label = operands.label(0)
        return call(operands.cell, _LINK, f"BL {label}", label, False)
    register = operands.gpr(0, 64)
    return call(operands.cell, _LINK, f"BLR {register.text}", register.name, True)


def _prefetch(operands: Operands) -> Instruction:
    """A hint, which has no effect that is seen."""
    inner, _ = operands.inside(1)
    inner.gpr(0, 64, stack=True)
    return Instruction((), f"{operands.name} {','.join(operands.texts)}")


def _numbered(operands: Operands) -> Instruction:
    """HINT, of any number, and HLT, which only a debugger sees: herd7 has both as NOP."""
    operands.number(0, 0, 127 if operands.name == "HINT" else (1 << 16) - 1)
    return Instruction((), "NOP")


def _landing(operands: Operands) -> Instruction:
    """BTI: where jumps may go to; all jumps of a test do."""
    kinds = ("C", "J", "JC")
    if operands.texts and operands.texts[0].upper() not in kinds:
        raise operands.error(0, "one of c, j, jc")
    return Instruction((), " ".join(("BTI", *(text.lower() for text in operands.texts))))


def rows() -> Iterable[tuple[str, str, Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    yield "B", "label", goto
    for name in CONDITIONS:
        yield f"B.{name}", "label", _branch_if(name)
        if name != "AL":
            yield f"B{name}", "label", _branch_if(name)  # as assemblers have it, too
    for other, name in (*NAMES.items(), *_AS_IN_HERD7.items()):
        yield f"B.{other}", "label", _branch_if(name)
    for other, name in OTHER_NAMES.items():
        yield f"B{other}", "label", _branch_if(name)
    yield "CBZ", "Rt,label", _compare_branch(True)
    yield "CBNZ", "Rt,label", _compare_branch(False)
    yield "TBZ", "Rt,#bit,label", _test_branch(True)
    yield "TBNZ", "Rt,#bit,label", _test_branch(False)
    yield "RET", "{Xn}", _return
    yield "ADR", "Xd,label", _code_address
    yield "BR", "Xn", _jump
    yield "BL", "label", _call
    yield "BLR", "Xn", _call
    for name in ("PRFM", "PRFUM"):
        yield name, "operation,[Xn{,#number}]", _prefetch
    for name in _HINTS:
        yield name, "", nothing
    for name in ("HINT", "HLT"):
        yield name, "#number", _numbered
    yield "BTI", "{c|j|jc}", _landing
