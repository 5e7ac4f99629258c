"""The instructions of ARM that access memory or order accesses.

LDRD, STRD, LDM and STM are one access for each register, LDREXD and STREXD one for both.
Source: ARM Architecture Reference Manual, DDI 0406, sections A3.8 and A8.8; for LDA, STL and what goes with them, Arm
Architecture Reference Manual for A-profile architecture, DDI 0487, chapter F5.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError
from litmus.dialects._arm import clear_exclusive
from litmus.dialects.arm.operands import NUMBERED, RANKS, alone, at_place
from litmus.frontend.arithmetic import Part, signed, unsigned
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import Build, Row, printed_as
from litmus.frontend.operands import Operands, moved
from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Assign, Expr, Fence, Load, Op, Reg, Statement, Store, StoreConditional

_OPTIONS = ("SY", "ST", "ISH", "ISHST", "OSH", "OSHST", "NSH", "NSHST")
_FENCES = {  # each with the name that it has in herd7
    f"{name} {option}": frozenset({name if option == "SY" else f"{name}.{option}"})
    for name in ("DMB", "DSB")
    for option in _OPTIONS
}
_ISB = frozenset({"ISB"})
_ACQUIRE, RELEASE = frozenset({"A"}), frozenset({"L"})
TAGS = EXCLUSIVE.union(_ACQUIRE, RELEASE, _ISB, *_FENCES.values())
_WHERE = "the address"  # no register is called so


def _load(size: int, part: Part) -> Build:
    def build(operands: Operands) -> Instruction:
        t, place = operands.reg(0), at_place(operands, 1)
        if place.stepped is not None and t == place.base:
            raise ParseError(f"{operands.name} cannot load the register that it updates", operands.span)
        body = place.around(operands, _loaded(operands, t, place.addr, size, part))
        return Instruction(body, f"{operands.name} {t},{place.text}", size=size)

    return build


def _loaded(
    operands: Operands,
    dest: str,
    addr: Expr,
    size: int,
    part: Part,
    tags: frozenset[str] = NO_TAGS,
    reserve: bool = False,
) -> tuple[Statement, ...]:
    """A load, and what makes an unsigned number of the signed one that memory holds."""
    load = Load(dest, addr, tags, reserve, operands.span)
    if part is signed or size == 4:
        return (load,)
    return (load, Assign(dest, unsigned(Reg(dest), 8 * size, 32), operands.span))


def _store(size: int) -> Build:
    def build(operands: Operands) -> Instruction:
        t, place = operands.reg(0), at_place(operands, 1)
        store = Store(place.addr, signed(Reg(t), 8 * size, 32), NO_TAGS, operands.span)
        return Instruction(place.around(operands, (store,)), f"{operands.name} {t},{place.text}", size=size)

    return build


def _load_at(size: int, tags: frozenset[str], reserve: bool) -> Build:
    """LDREX, LDA and LDAEX: their address is a register alone."""

    def build(operands: Operands) -> Instruction:
        t, base = operands.reg(0), alone(operands, 1)
        body = _loaded(operands, t, Reg(base), size, unsigned, tags, reserve)
        return Instruction(body, f"{operands.name} {t},[{base}]", size=size)

    return build


def _store_release(size: int) -> Build:
    def build(operands: Operands) -> Instruction:
        t, base = operands.reg(0), alone(operands, 1)
        store = Store(Reg(base), signed(Reg(t), 8 * size, 32), RELEASE, operands.span)
        return Instruction((store,), f"{operands.name} {t},[{base}]", size=size)

    return build


def _store_exclusive(size: int, tags: frozenset[str]) -> Build:
    """STREX and STLEX: the first register is 0 if the second was stored, else 1."""

    def build(operands: Operands) -> Instruction:
        d, t, base = operands.reg(0), operands.reg(1), alone(operands, 2)
        if d in (t, base):
            raise ParseError(f"{operands.name} cannot use its status register otherwise", operands.place(0))
        store = StoreConditional(d, Reg(base), signed(Reg(t), 8 * size, 32), tags, operands.span, "nothing")
        failed = Assign(d, Op("lnot", (Reg(d),)), operands.span)
        return Instruction((store, failed), f"{operands.name} {d},{t},[{base}]", size=size)

    return build


def _load_two(operands: Operands) -> Instruction:
    """LDRD: two loads, which nothing orders. The second register follows the first, and need not be written."""
    first = operands.reg(0)
    at = 2 if operands.is_register(1) else 1
    second = operands.reg(1) if at == 2 else _after(operands, first)
    if len(operands) != at + 1:
        raise operands.error(at + 1, "the end of the instruction")
    if first == second:
        raise ParseError("LDRD cannot load one register twice", operands.place(1))
    place = at_place(operands, at)
    if place.stepped is not None:
        raise UnsupportedError("LDRD with '!' is not supported", operands.place(at))
    pairs = [(first, place.addr), (second, moved(place.addr, 4))]
    if first == place.base:  # the base is read before it is loaded
        pairs.reverse()
    loads = tuple(Load(dest, addr, NO_TAGS, False, operands.span) for dest, addr in pairs)
    shown = place.text.replace(",", ", ")  # as herd7 prints it
    return Instruction(loads, f"LDRD {first}, {second}, {shown}", size=4)


def _two(operands: Operands, index: int) -> tuple[tuple[str, str], int]:
    """Two registers, of which the second need not be written, and the index of the operand after them."""
    first = operands.reg(index)
    if operands.is_register(index + 1) and len(operands) > index + 2:
        if operands.reg(index + 1) != _after(operands, first):
            raise operands.error(index + 1, f"{_after(operands, first)}, or nothing,")
        return (first, operands.reg(index + 1)), index + 2
    return (first, _after(operands, first)), index + 1


def _store_two(operands: Operands) -> Instruction:
    """STRD: two stores, which nothing orders."""
    (first, second), at = _two(operands, 0)
    place = at_place(operands, at)
    stores = tuple(
        Store(addr, Reg(source), NO_TAGS, operands.span)
        for source, addr in ((first, place.addr), (second, moved(place.addr, 4)))
    )
    return Instruction(place.around(operands, stores), f"STRD {first},{second},{place.text}", size=4)


def _load_two_exclusive(tags: frozenset[str]) -> Build:
    """LDREXD and LDAEXD: one access for two registers."""

    def build(operands: Operands) -> Instruction:
        (first, second), at = _two(operands, 0)
        base, span = alone(operands, at), operands.span
        body: tuple[Statement, ...] = ()
        where: Expr = Reg(base)
        if first == base:
            body, where = (Assign(_WHERE, where, span),), Reg(_WHERE)
        loads = Load(first, where, tags, True, span), Load(second, moved(where, 4), tags, True, span, joins=True)
        return Instruction((*body, *loads), f"{operands.name} {first},{second},[{base}]", size=4)

    return build


def _store_two_exclusive(tags: frozenset[str]) -> Build:
    """STREXD and STLEXD: both registers are stored, or none."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        (first, second), at = _two(operands, 1)
        base, span = alone(operands, at), operands.span
        if d in (first, second, base):
            raise ParseError(f"{operands.name} cannot use its status register otherwise", operands.place(0))
        store = StoreConditional(d, Reg(base), Reg(first), tags, span, "nothing")
        beside = replace(store, addr=moved(Reg(base), 4), value=Reg(second), joins=True)
        failed = Assign(d, Op("lnot", (Reg(d),)), span)
        return Instruction((store, beside, failed), f"{operands.name} {d},{first},{second},[{base}]", size=4)

    return build


def _after(operands: Operands, register: str) -> str:
    """The register with the next number."""
    if register not in NUMBERED[:-1]:
        raise operands.error(0, "a register from R0 to R11")
    return NUMBERED[NUMBERED.index(register) + 1]


_LISTED = re.compile(r"\{([^{}]*)\}\Z")
_ON_STACKS = {"FD": ("IA", "DB"), "FA": ("DA", "IB"), "ED": ("IB", "DA"), "EA": ("DB", "IA")}
"""The directions of LDM and STM by the kind of stack that they pop from and push to."""

_DIRECTIONS = {"": (0, 1), "IA": (0, 1), "IB": (4, 1), "DA": (4, -1), "DB": (0, -1)}


def listed(operands: Operands, index: int, ends: bool = False) -> tuple[list[str], bool]:
    """`{R4,R5,LR}`: the registers, and whether PC is behind them, as it may be if a list `ends` a thread."""
    match = _LISTED.match(operands.texts[index])
    if match is None:
        raise operands.error(index, "registers in braces")
    names = [name.strip() for name in match[1].split(",")]
    returns = ends and names[-1].upper() in ("PC", "R15")
    registers = [
        operands.syntax.registers.get(name) or operands.other_register(name, index)
        for name in (names[:-1] if returns else names)
    ]
    ranks = [11 if register == "FP" else RANKS.get(register, -1) for register in registers]
    if any(a >= b for a, b in itertools.pairwise(ranks) if min(a, b) >= 0):
        raise ParseError("the registers must be in the order of their numbers", operands.place(index))
    return registers, returns


def accesses(operands: Operands, is_load: bool, base: str, registers: list[str], lowest: int) -> list[Statement]:
    """An access for each register of a list, which nothing orders, from an offset of the base register up."""
    places = [(register, moved(Reg(base), lowest + 4 * at)) for at, register in enumerate(registers)]
    body: list[Statement] = []
    for register, addr in sorted(places, key=lambda place: place[0] == base):  # the base is loaded at last
        load = Load(register, addr, NO_TAGS, False, operands.span)
        body.append(load if is_load else Store(addr, Reg(register), NO_TAGS, operands.span))
    return body


def _multiple(is_load: bool, first: int, sign: int) -> Build:
    """LDM and STM.

    The lowest access is `first` bytes behind the base register, or, if `sign` is -1, that less the size of all of them.
    With `!` the base is moved by that size.
    """

    def build(operands: Operands) -> Instruction:
        steps = operands.texts[0].endswith("!")
        if steps:
            operands.texts[0] = operands.texts[0][:-1].rstrip()
        base = operands.reg(0)
        registers, _ = listed(operands, 1)
        if steps and base in registers:
            raise ParseError(f"{operands.name} cannot have the register that it updates in its list", operands.place(1))
        size = 4 * len(registers)
        body = accesses(operands, is_load, base, registers, first - size if sign < 0 else first)
        if steps:
            body.append(Assign(base, moved(Reg(base), sign * size), operands.span))
        shown = f"{operands.name} {base}{'!' * steps}, {{{','.join(registers)}}}"
        return Instruction(tuple(body), shown, size=4)

    return build


# --- barriers --------------------------------------------------------------------------------------------------------


def _barrier(operands: Operands) -> Instruction:
    option = operands.texts[0].upper() if operands.texts else "SY"
    tags = _FENCES.get(f"{operands.name} {option}")
    if tags is None:
        raise operands.error(0, f"one of {', '.join(_OPTIONS)}")
    return Instruction((Fence(tags, operands.span),), operands.name if option == "SY" else f"{operands.name} {option}")


def _synchronize(operands: Operands) -> Instruction:
    if operands.texts and operands.texts[0].upper() != "SY":
        raise operands.error(0, "SY or nothing")
    return Instruction((Fence(_ISB, operands.span),), "ISB")


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    for letter, width in (("B", 8), ("H", 16)):
        yield f"LDRS{letter}", "Rt,[Rn{,#number|Rm}]{,#number}", _load(width // 8, signed)
    for suffix, size in (("", 4), ("B", 1), ("H", 2)):
        yield f"LDR{suffix}", "Rt,[Rn{,#number|Rm{,shift}}]{,#number}", _load(size, unsigned)
        yield f"STR{suffix}", "Rt,[Rn{,#number|Rm{,shift}}]{,#number}", _store(size)
        yield f"LDREX{suffix}", "Rt,[Rn]", _load_at(size, EXCLUSIVE, True)
        yield f"STREX{suffix}", "Rd,Rt,[Rn]", _store_exclusive(size, EXCLUSIVE)
        yield f"LDA{suffix}", "Rt,[Rn]", _load_at(size, _ACQUIRE, False)
        yield f"STL{suffix}", "Rt,[Rn]", _store_release(size)
        yield f"LDAEX{suffix}", "Rt,[Rn]", _load_at(size, EXCLUSIVE | _ACQUIRE, True)
        yield f"STLEX{suffix}", "Rd,Rt,[Rn]", _store_exclusive(size, EXCLUSIVE | RELEASE)
    yield "LDRD", "Rt{,Ru},[Rn{,#number}]", _load_two
    yield "STRD", "Rt{,Ru},[Rn{,#number|Rm}]{,#number}", _store_two
    yield "LDREXD", "Rt{,Ru},[Rn]", _load_two_exclusive(EXCLUSIVE)
    yield "STREXD", "Rd,Rt{,Ru},[Rn]", _store_two_exclusive(EXCLUSIVE)
    yield "LDAEXD", "Rt{,Ru},[Rn]", _load_two_exclusive(EXCLUSIVE | _ACQUIRE)
    yield "STLEXD", "Rd,Rt{,Ru},[Rn]", _store_two_exclusive(EXCLUSIVE | RELEASE)
    for ending, (first, sign) in _DIRECTIONS.items():
        yield f"LDM{ending}", "Rn|Rn!,registers", _multiple(True, first, sign)
        yield f"STM{ending}", "Rn|Rn!,registers", _multiple(False, first, sign)
    for ending, directions in _ON_STACKS.items():
        for is_load, direction in zip((True, False), directions, strict=True):
            name = "LDM" if is_load else "STM"
            found = _multiple(is_load, *_DIRECTIONS[direction])
            yield f"{name}{ending}", "Rn|Rn!,registers", printed_as(f"{name}{direction}", found)
    for name in ("DMB", "DSB"):
        yield name, f"{{{'|'.join(_OPTIONS)}}}", _barrier
    yield "ISB", "{SY}", _synchronize
    yield "CLREX", "", clear_exclusive
