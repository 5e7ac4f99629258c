"""The instructions of AArch64 about conditions: conditional selection and comparison, and the flags themselves.

Source: Arm Architecture Reference Manual, DDI 0487, sections C1.2.4 and C6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.base.errors import UnsupportedError, did_you_mean
from litmus.dialects._arm import (
    CARRY,
    CONDITIONS,
    IN_ORDER,
    INVERSE,
    OTHER_NAMES,
    after_add,
    after_subtract,
    chosen,
    opposite,
)
from litmus.dialects.aarch64.compute import Build
from litmus.dialects.aarch64.operands import Gpr, Operands, Words
from litmus.frontend.arithmetic import low_bits
from litmus.frontend.dialect import Instruction
from litmus.ir.thread import Assign, Const, Expr, Op, Reg

_AFTER_VECTORS = dict(
    zip(
        ("NONE", "ANY", "NLAST", "LAST", "FIRST", "NFRST", "PMORE", "PLAST", "TCONT", "TSTOP"),
        ("EQ", "NE", "CS", "CC", "MI", "PL", "HI", "LS", "GE", "LT"),
        strict=True,
    )
)
NAMES: Mapping[str, str] = {**OTHER_NAMES, **_AFTER_VECTORS}
"""The conditions by their other names, among them those after instructions on vectors (section C1.2.4)."""


def _condition(operands: Operands, index: int, inverted: bool = False) -> tuple[str, Expr]:
    """The condition that an operand names, or its opposite, and what the flags must be. Raises ParseError."""
    text = operands.text(index).upper()
    name = NAMES.get(text, text)
    if name not in CONDITIONS or (inverted and name not in INVERSE):
        error = operands.error(index, "a condition such as EQ")
        error.hint = did_you_mean(text, CONDITIONS) or error.hint
        raise error
    if inverted:
        name = INVERSE[name]
    return name, CONDITIONS[name]


def _selected(kind: str, words: Words, gpr: Gpr) -> Expr:
    value = words.read(gpr)
    if kind == "CSINC":
        return Op("add", (value, Const(1)))
    if kind == "CSINV":
        return Op("not", (value,))
    return Op("neg", (value,)) if kind == "CSNEG" else value


_IN_HASH: Mapping[str, str] = {**INVERSE, "GE": "GT"}
"""What herd7's hash has as the opposites of conditions; that of GE is wrong there (`lib/AArch64Base.ml`)."""


def _picked(dest: Gpr, choice: tuple[Expr, Expr, Expr], text: str, hashed: str, operands: Operands) -> Instruction:
    """An instruction that picks one of two values of the width of a register by a condition."""
    operands.words.need(dest.width)
    return Instruction((Assign(dest.name, Op("pick", choice), operands.span),), text, hashed=hashed)


def _select(kind: str) -> Build:
    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        a, b = operands.gpr(1, dest.width), operands.gpr(2, dest.width)
        name, test = _condition(operands, 3)
        other = words.unsigned(_selected(kind, words, b), dest.width)
        shown, hashed = (_shown(kind, dest, a, b, name, opposites) for opposites in (INVERSE, _IN_HASH))
        return _picked(dest, (test, words.read(a), other), shown, hashed, operands)

    return build


def _shown(kind: str, dest: Gpr, a: Gpr, b: Gpr, name: str, opposites: Mapping[str, str]) -> str:
    """A conditional selection under the name that herd7's hash digests."""
    if name in INVERSE and a == b and a.is_zero and kind in ("CSINC", "CSINV"):
        return f"{'CSET' if kind == 'CSINC' else 'CSETM'} {dest.text},{opposites[name]}"
    if name in INVERSE and a == b and kind == "CSINC":
        return f"CINC {dest.text},{a.text},{opposites[name]}"
    return f"{kind} {dest.text},{a.text},{b.text},{name}"


def _select_one(kind: str) -> Build:
    """CINC, CINV and CNEG: a register, changed if the condition holds."""
    full = {"CINC": "CSINC", "CINV": "CSINV", "CNEG": "CSNEG"}[kind]

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        source = operands.gpr(1, dest.width)
        opposite, test = _condition(operands, 2, inverted=True)
        other = words.unsigned(_selected(full, words, source), dest.width)
        shown = _shown(full, dest, source, source, opposite, INVERSE)
        hashed = _shown(full, dest, source, source, _IN_HASH[INVERSE[opposite]], _IN_HASH)
        return _picked(dest, (test, words.read(source), other), shown, hashed, operands)

    return build


def _set_if(kind: str) -> Build:
    """CSET and CSETM: 1, or all bits, if the condition holds, else 0."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        name, test = _condition(operands, 1)
        value = words.number(1 if kind == "CSET" else -1, dest.width)
        hashed = _IN_HASH.get(_IN_HASH.get(name, name), name)
        head = f"{kind} {dest.text},"
        return _picked(dest, (test, value, Const(0)), head + name, head + hashed, operands)

    return build


def _compare_if(adds: bool) -> Build:
    """CCMP and CCMN: a comparison if the condition holds, otherwise the flags are given."""
    after = after_add if adds else after_subtract

    def build(operands: Operands) -> Instruction:
        words = operands.words
        source = operands.gpr(0)
        register = operands.maybe_gpr(1)
        b: Expr
        if register is None:
            number = operands.number(1, 0, 31)
            b, text = Const(number), f"#{number}"
        else:
            register = operands.gpr(1, source.width)
            b, text = words.read(register), register.text
        flags = operands.number(2, 0, 15)
        name, test = _condition(operands, 3)
        compared = after(words, words.read(source), b, source.width, operands.span)
        body = chosen(test, compared, flags, operands.span)
        return Instruction(tuple(body), f"{operands.name} {source.text},{text},#{flags},{name}")

    return build


def _flags_to(operands: Operands) -> Instruction:
    """MRS of the flags: bits 31 to 28 of a register."""
    dest = operands.gpr(0, 64)
    _check_flags(operands, 1)
    operands.words.need(64)
    value: Expr = Const(0)
    for at, name in enumerate(IN_ORDER):
        value = Op("or", (value, Op("shl", (Reg(name), Const(31 - at)))))
    return Instruction((Assign(dest.name, value, operands.span),), f"MRS {dest.text},NZCV")


def _flags_from(operands: Operands) -> Instruction:
    """MSR of the flags."""
    source = operands.gpr(1, 64)
    _check_flags(operands, 0)
    value = operands.words.read(source)
    body = [
        Assign(name, low_bits(Op("shr", (value, Const(31 - at))), 1), operands.span) for at, name in enumerate(IN_ORDER)
    ]
    return Instruction(tuple(body), f"MSR NZCV,{source.text}")


def _invert_carry(operands: Operands) -> Instruction:
    """CFINV: C is what it was not."""
    return Instruction((Assign("C", opposite(CARRY), operands.span),), "CFINV")


def _check_flags(operands: Operands, index: int) -> None:
    if operands.text(index).upper() != "NZCV":
        raise UnsupportedError("system registers but NZCV are not supported", operands.place(index))


def rows() -> Iterable[tuple[str, str, Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    for kind in ("CSEL", "CSINC", "CSINV", "CSNEG"):
        yield kind, "Rd,Rn,Rm,condition", _select(kind)
    for kind in ("CINC", "CINV", "CNEG"):
        yield kind, "Rd,Rn,condition", _select_one(kind)
    for kind in ("CSET", "CSETM"):
        yield kind, "Rd,condition", _set_if(kind)
    yield "CCMP", "Rn,#number|Rm,#flags,condition", _compare_if(False)
    yield "MRS", "Xd,NZCV", _flags_to
    yield "MSR", "NZCV,Xn", _flags_from
    yield "CFINV", "", _invert_carry
    yield "CCMN", "Rn,#number|Rm,#flags,condition", _compare_if(True)
