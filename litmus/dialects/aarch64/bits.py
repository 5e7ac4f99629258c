"""The instructions of AArch64 on the bits of a register: counts, orders, checksums; and the larger of two numbers.

Source: Arm Architecture Reference Manual, DDI 0487, chapter C6; section C3.4 for the checksums.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.dialects.aarch64.compute import Build, assign
from litmus.dialects.aarch64.operands import Operands
from litmus.frontend.arithmetic import larger, leading_zeros, low_bits, smaller
from litmus.frontend.dialect import Instruction
from litmus.ir.thread import Assign, Const, Expr, Op, Reg

_POLYNOMIALS = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78}
"""Those of the manual, with their bits in the opposite order, so that what comes first in memory is at the right."""

_STATE = "the checksum and the data"  # no register is called so


def _absolute(operands: Operands) -> Instruction:
    words = operands.words
    dest = operands.gpr(0)
    source = operands.gpr(1, dest.width)
    value = words.signed(words.read(source), dest.width)
    result = Op("ite", (Op("lt", (value, Const(0))), Op("neg", (value,)), value))
    return assign(words, dest, result, f"ABS {dest.text},{source.text}", operands)


def _count(operands: Operands) -> Instruction:
    """CLZ: how many bits at the left end are 0; CLS: how many behind the first are like it."""
    words = operands.words
    dest = operands.gpr(0)
    source = operands.gpr(1, dest.width)
    value = words.read(source)
    if operands.name == "CLS":
        half = words.unsigned(Op("sar", (words.signed(value, dest.width), Const(1))), dest.width)
        value = Op("xor", (value, half))
    found = leading_zeros(value, dest.width, words.bits)
    if operands.name == "CLS":
        found = Op("sub", (found, Const(1)))
    return assign(words, dest, found, f"{operands.name} {dest.text},{source.text}", operands)


def _reverse(unit: int, group: int) -> Build:
    """REV and RBIT: the units of as many bits in each group are put in the opposite order; group 0 is the register."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0, 64 if operands.name in ("REV32", "REV64") else 0)
        source = operands.gpr(1, dest.width)
        size, width = unit, dest.width
        value = words.read(source)
        while size < (group or width):
            low = sum(((1 << size) - 1) << at for at in range(0, width, 2 * size))
            mask = words.number(low, width)
            left = Op("shl", (Op("and", (value, mask)), Const(size)))
            value = Op("or", (left, Op("and", (Op("shr", (value, Const(size))), mask))))
            size *= 2
        shown = operands.name.removesuffix("64")  # REV64 is REV
        return assign(words, dest, value, f"{shown} {dest.text},{source.text}", operands)

    return build


def _ones(operands: Operands) -> Instruction:
    """CNT: how many bits are 1; CTZ: how many at the right end are 0."""
    words = operands.words
    dest = operands.gpr(0)
    source = operands.gpr(1, dest.width)
    value = words.read(source)
    if operands.name == "CTZ":
        below = Op("and", (Op("sub", (value, Const(1))), Op("not", (value,))))
        value = words.unsigned(below, dest.width)
    body = [Assign(_STATE, value, operands.span)]
    found: Expr = Const(0)
    for place in range(dest.width):
        found = Op("add", (found, low_bits(Op("shr", (Reg(_STATE), Const(place))), 1)))
    counted = assign(words, dest, found, f"{operands.name} {dest.text},{source.text}", operands)
    return Instruction((*body, *counted.statements), counted.text)


def _extreme(operands: Operands) -> Instruction:
    """SMAX and its kin: the larger or the smaller of two numbers, the second of which may be one of 8 bits."""
    words, signed = operands.words, operands.name[0] == "S"
    dest = operands.gpr(0)
    source = operands.gpr(1, dest.width)
    part = words.signed if signed else words.unsigned
    value = part(words.read(source), dest.width)
    other: Expr
    if operands.maybe_gpr(2) is None:
        number = operands.number(2, *((-128, 127) if signed else (0, 255)))
        other, text = Const(number), f"#{number}"
    else:
        register = operands.gpr(2, dest.width)
        other, text = part(words.read(register), dest.width), register.text
    pick = larger if operands.name.endswith("MAX") else smaller
    result = pick("lt" if signed else "ult")(value, other)
    return assign(words, dest, result, f"{operands.name} {dest.text},{source.text},{text}", operands)


def _checksum(polynomial: int, size: int) -> Build:
    """CRC32 and CRC32C: the checksum of so many bits of data after those of an earlier one.

    Each bit of the earlier one and of the data changes the result in its own way, whatever the others are.
    """
    changes = []
    for place in range(size):
        state = 1 << place
        for _ in range(size):
            state = state >> 1 ^ (polynomial if state & 1 else 0)
        changes.append(state)

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest, before, data = operands.gpr(0, 32), operands.gpr(1, 32), operands.gpr(2, 64 if size == 64 else 32)
        words.need(data.width)
        whole = Op("xor", (words.read(before), words.unsigned(words.read(data), size)))
        found: Expr = Op("shr", (Reg(_STATE), Const(size))) if size < 32 else Const(0)
        for place, change in enumerate(changes):
            bit = low_bits(Op("shr", (Reg(_STATE), Const(place))), 1)
            found = Op("xor", (found, Op("and", (Op("neg", (bit,)), words.number(change, 32)))))
        shown = f"{operands.name} {dest.text},{before.text},{data.text}"
        counted = assign(words, dest, found, shown, operands)
        return Instruction((Assign(_STATE, whole, operands.span), *counted.statements), shown)

    return build


def rows() -> Iterable[tuple[str, str, Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    yield "ABS", "Rd,Rn", _absolute
    for name in ("CLZ", "CLS"):
        yield name, "Rd,Rn", _count
    yield "RBIT", "Rd,Rn", _reverse(1, 0)
    yield "REV", "Rd,Rn", _reverse(8, 0)
    yield "REV16", "Rd,Rn", _reverse(8, 16)
    yield "REV32", "Xd,Xn", _reverse(8, 32)
    yield "REV64", "Xd,Xn", _reverse(8, 64)
    for name in ("CNT", "CTZ"):
        yield name, "Rd,Rn", _ones
    for name in ("SMAX", "SMIN", "UMAX", "UMIN"):
        yield name, "Rd,Rn,#number|Rm", _extreme
    for name, polynomial in _POLYNOMIALS.items():
        for suffix, size in (("B", 8), ("H", 16), ("W", 32), ("X", 64)):
            yield f"{name}{suffix}", f"Wd,Wn,{'X' if suffix == 'X' else 'W'}m", _checksum(polynomial, size)
