"""The instructions of PowerPC that access memory or order accesses.

Source: Power ISA 2.07, book I, section 3.3, and book II, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base.errors import ParseError
from litmus.dialects.ppc.operands import BITS, RANKS, Build, Operands, Row, wide
from litmus.frontend.arithmetic import signed, unsigned
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import fence, nothing, printed_as
from litmus.frontend.operands import moved
from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Assign, Const, Expr, Load, Op, Reg, Statement, Store, StoreConditional

_FENCES = {name: frozenset({name.upper()}) for name in ("sync", "lwsync", "eieio", "isync")}
TAGS = EXCLUSIVE.union(*_FENCES.values())


def _touch(operands: Operands) -> Instruction:
    """Cache instructions, which are nothing to the model."""
    return Instruction((), f"{operands.name} {operands.reg_or_0(0)},{operands.reg(1)}")


def _displaced(operands: Operands, unit: int = 1) -> tuple[str, int]:
    """`8(r1)` or `8,r1`, the register and the number, which is a multiple of `unit`."""
    if len(operands.texts) == 3:
        base, number = operands.reg(2), operands.half(1)
    else:
        base, number = operands.displaced_half(1)
    if number % unit:
        raise operands.error(1, f"a multiple of {unit}")
    return base, number


def _load_address(operands: Operands) -> Instruction:
    """`la rD,number(rA)`, another way to write `addi`."""
    d = operands.reg(0)
    a, number = _displaced(operands)
    return operands.result(d, Op("add", (Reg(a), Const(number))), f"addi {d},{a},{number}", False)


def _access(name: str, size: int, store: bool, with_sign: bool, indexed: bool, update: bool) -> Build:
    """Loads and stores, `rD,number(rA)` or `rD,rA,rB`; with `update`, rA is set to the address."""
    width = 8 * size
    # herd7's hash has the names of word accesses for doubleword accesses
    hashed = {"ld": "lwz", "ldx": "lwzx", "std": "stw", "stdx": "stwx"}.get(name, "")

    def build(operands: Operands) -> Instruction:
        d, span, bits = operands.reg(0), operands.span, operands.bits
        addr: Expr
        if indexed:
            a, b = operands.reg_or_0(1), operands.reg(2)
            addr = _indexed(a, b)
            where = f" {d},{a},{b}"
        else:
            # `0(r0)` is the address 0 in the Power ISA, but tests mean the register, as herd7 reads it
            a, number = _displaced(operands, 4 if size == 8 or name == "lwa" else 1)
            addr = Op("add", (Reg(a), Const(number))) if number else Reg(a)
            where = f" {d},{number}({a})"
        if store:
            body: tuple[Statement, ...] = (Store(addr, signed(Reg(d), width, bits), NO_TAGS, span),)
        else:
            body = (Load(d, addr, NO_TAGS, False, span),)
            if not with_sign and width < bits:
                body = (*body, Assign(d, unsigned(Reg(d), width, bits), span))
        if update:
            if not store and a == d:
                raise ParseError(f"'{name}' cannot load the register that it updates", span)
            # the address is computed before the load, so the update may come first; a store reads its value first
            step = Assign(a, addr, span)
            body = (*body, step) if store else (Load(d, addr, NO_TAGS, False, span), step, *body[1:])
        return Instruction(body, name + where, hashed=hashed + where if hashed else "", size=size)

    return build


def _indexed(a: str, b: str) -> Expr:
    return Reg(b) if a == "r0" else Op("add", (Reg(a), Reg(b)))


def _load_reserve(size: int) -> Build:
    def build(operands: Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg_or_0(1), operands.reg(2)
        body: tuple[Statement, ...] = (Load(d, _indexed(a, b), EXCLUSIVE, True, operands.span),)
        if 8 * size < operands.bits:
            body = (*body, Assign(d, unsigned(Reg(d), 8 * size, operands.bits), operands.span))
        hint = f",{operands.number(3, 0, 1)}" if len(operands) == 4 else ""  # whether a lock is taken: nothing here
        return Instruction(body, f"{operands.name} {d},{a},{b}{hint}", size=size)

    return build


def _store_conditional(size: int) -> Build:
    def build(operands: Operands) -> Instruction:
        s, a, b = operands.reg(0), operands.reg_or_0(1), operands.reg(2)
        value = signed(Reg(s), 8 * size, operands.bits)
        store = StoreConditional("cr0.eq", _indexed(a, b), value, EXCLUSIVE, operands.span)
        others = [Assign(f"cr0.{bit}", Const(0), operands.span) for bit in BITS[:2]]
        return Instruction((store, *others), f"{operands.name} {s},{a},{b}", size=size)

    return build


def _multiple(is_load: bool) -> Build:
    """`lmw` and `stmw`: a word for each register from one on, which nothing orders."""

    def build(operands: Operands) -> Instruction:
        first, (base, number) = operands.reg(0), _displaced(operands)
        if first not in RANKS:
            raise operands.error(0, "a register by its number")
        names = tuple(RANKS)[RANKS[first] :]
        if is_load and base in names:
            raise ParseError(f"'{operands.name}' cannot load the register that it loads by", operands.span)
        body: list[Statement] = []
        for at, name in enumerate(names):
            addr = moved(Reg(base), number + 4 * at)
            if is_load:
                body.append(Load(name, addr, NO_TAGS, False, operands.span))
                if operands.bits > 32:
                    body.append(Assign(name, unsigned(Reg(name), 32, operands.bits), operands.span))
            else:
                body.append(Store(addr, signed(Reg(name), 32, operands.bits), NO_TAGS, operands.span))
        return Instruction(tuple(body), f"{operands.name} {first},{number}({base})", size=4)

    return build


_INDEXED = "rD,rA,rB"
_MEMORY = "rD,number(rA) or rD,number,rA"


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    for name, tags in _FENCES.items():
        yield name, "", fence(tags)
    yield "hwsync", "", printed_as("sync", fence(_FENCES["sync"]))
    yield "nop", "", nothing
    for name in ("dcbf", "dcbst", "dcbt", "dcbtst"):
        yield name, "rA,rB", _touch
    yield "la", _MEMORY, _load_address
    for stem, size, with_sign in (
        ("bz", 1, False),
        ("hz", 2, False),
        ("ha", 2, True),
        ("wz", 4, False),
        ("d", 8, True),
    ):
        yield from _memory(f"l{stem}", size, False, with_sign)
    yield "lwa", _MEMORY, wide(_access("lwa", 4, False, True, False, False))
    yield "lwax", _INDEXED, wide(_access("lwax", 4, False, True, True, False))
    yield "lwaux", _INDEXED, wide(_access("lwaux", 4, False, True, True, True))
    for stem, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        yield from _memory(f"st{stem}", size, True, False)
    for suffix, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        reserve, conditional = _load_reserve(size), _store_conditional(size)
        yield f"l{suffix}arx", "rD,rA,rB{,0|1}", wide(reserve) if size == 8 else reserve
        yield f"st{suffix}cx.", _INDEXED, wide(conditional) if size == 8 else conditional
    yield "lmw", _MEMORY, _multiple(True)
    yield "stmw", _MEMORY, _multiple(False)


def _memory(name: str, size: int, store: bool, with_sign: bool) -> Iterable[Row]:
    for u, update in (("", False), ("u", True)):
        for x, usage, indexed in (("", _MEMORY, False), ("x", _INDEXED, True)):
            build = _access(f"{name}{u}{x}", size, store, with_sign, indexed, update)
            yield f"{name}{u}{x}", usage, wide(build) if size == 8 else build
