"""LoongArch assembly for 64-bit registers.

Registers are written by number, `$r4`, or by their use, `$a0`; `$r0` is always 0. A place in memory is a register and a
number, `ld.w $a0,$a1,8`. A location holds a signed number as wide as the accesses to it. DBAR is read by the bits of
its hint. Source: LoongArch reference manual, volume 1, basic architecture, version 1.10, chapter 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.base.errors import ParseError
from litmus.frontend import forms
from litmus.frontend.arithmetic import (
    Binary,
    cut,
    inverted,
    larger,
    not_less,
    plain,
    shifted,
    shifted_word,
    signed,
    smaller,
    unsigned,
    with_not,
)
from litmus.frontend.dialect import Instruction
from litmus.frontend.operands import Operands, Place, Syntax, moved
from litmus.ir.thread import BinaryOperator, Fence

_USES = ("zero", "ra", "tp", "sp", *(f"a{n}" for n in range(8)), *(f"t{n}" for n in range(9)), "r21", "fp")
_REGISTERS = {
    spelling: f"$r{n}"
    for n, use in enumerate((*_USES, *(f"s{n}" for n in range(9))))
    for spelling in (f"$r{n}", f"r{n}", use, f"${use}")
}
_RANKS = {f"$r{n}": n for n in range(32)}

_AMO, _AMO_DB, _RESERVED = frozenset({"X"}), frozenset({"X", "DB"}), frozenset({"EX"})
_KINDS = {0: "rw", 1: "r", 2: "w", 3: ""}  # by two bits, each of which leaves reads or writes out if it is set
_FENCES = {(p, s): frozenset({f"DBAR.{p}.{s}"}) for p in ("r", "w", "rw") for s in ("r", "w", "rw")}
_SAME = frozenset({"DBAR.SAME"})
_REFUSED = r"bl|jirl|jr|ibar|f\w+\.[sd]|v\w+|xv\w+|llacq\.[wd]|screl\.[wd]|sc\.q|ldx\.\w+|stx\.\w+"


def _at(operands: Operands, index: int) -> Place:
    """`$a1,8`: two operands, a register and an offset."""
    base, offset = operands.reg(index), operands.number(index + 1, -(1 << 15), (1 << 15) - 1)
    return Place(moved(operands.read(base), offset), f"{base},{offset}")


def _alone(operands: Operands, index: int) -> Place:
    """`$a1` or `$a1,0`: the address of an atomic instruction."""
    if len(operands) > index + 1 and operands.number(index + 1) != 0:
        raise ParseError("this instruction takes no offset", operands.place(index + 1), "write 0")
    base = operands.reg(index)
    return Place(operands.read(base), base)


def _barrier(operands: Operands) -> Instruction:
    """DBAR: hints that are not defined are as 0, and whether it waits for completion is nothing to other threads."""
    hint = operands.number(0, 0, (1 << 15) - 1)
    kinds = _KINDS[hint >> 2 & 3], _KINDS[hint & 3]
    tags = _SAME if hint == 0x700 else _FENCES.get(kinds) if hint < 32 else _FENCES["rw", "rw"]
    return Instruction((Fence(tags, operands.span),) if tags else (), f"dbar {hint}")


_OPERATIONS: Mapping[str, Binary] = {
    "and": plain("and"),
    "or": plain("or"),
    "xor": plain("xor"),
    "nor": inverted("or"),
    "andn": with_not("and"),
    "orn": with_not("or"),
    "slt": plain("lt"),
    "sltu": plain("ult"),
    "add.d": plain("add"),
    "sub.d": plain("sub"),
    "mul.d": plain("mul"),
    "add.w": cut("add"),
    "sub.w": cut("sub"),
    "mul.w": cut("mul"),
    "sll.d": shifted("shl", 63),
    "srl.d": shifted("shr", 63),
    "sra.d": shifted("sar", 63),
    "sll.w": shifted_word("shl", unsigned),
    "srl.w": shifted_word("shr", unsigned),
    "sra.w": shifted_word("sar", signed),
}
_UPDATES: Mapping[str, Binary] = {
    "swap": lambda a, b: b,
    "add": plain("add"),
    "and": plain("and"),
    "or": plain("or"),
    "xor": plain("xor"),
    "max": larger("lt"),
    "min": smaller("lt"),
}
_BRANCHES: Mapping[str, BinaryOperator] = {"eq": "eq", "ne": "ne", "lt": "lt", "ge": "ge", "ltu": "ult"}
_SIZES = (("b", 1), ("h", 2), ("w", 4), ("d", 8))


def _rows() -> Iterable[forms.Row]:
    for name, value in _OPERATIONS.items():
        yield name, "rd,rj,rk", forms.of_two(value)
    for name in ("and", "or", "xor"):
        yield f"{name}i", "rd,rj,number", forms.with_number(_OPERATIONS[name], 0, (1 << 12) - 1)
    for name, full in (("addi.w", "add.w"), ("addi.d", "add.d"), ("slti", "slt"), ("sltui", "sltu")):
        yield name, "rd,rj,number", forms.with_number(_OPERATIONS[full], -(1 << 11), (1 << 11) - 1)
    for name in ("sll", "srl", "sra"):
        yield f"{name}i.w", "rd,rj,number", forms.with_number(_OPERATIONS[f"{name}.w"], 0, 31)
        yield f"{name}i.d", "rd,rj,number", forms.with_number(_OPERATIONS[f"{name}.d"], 0, 63)
    yield "move", "rd,rj", forms.of_one(lambda a: a)
    yield "li.w", "rd,number", forms.number(-(1 << 31), (1 << 32) - 1, width=32)
    yield "li.d", "rd,number", forms.number()
    yield "lu12i.w", "rd,number", forms.number(-(1 << 19), (1 << 19) - 1, shift=12, width=32)
    yield "la", "rd,location", forms.address
    for letter, size in _SIZES:
        yield f"ld.{letter}", "rd,rj,number", forms.load(size, at=_at)
        if size < 8:
            yield f"ld.{letter}u", "rd,rj,number", forms.load(size, unsigned, at=_at)
        yield f"st.{letter}", "rd,rj,number", forms.store(size, at=_at)
    for letter, size in _SIZES[2:]:
        yield f"ll.{letter}", "rd,rj,number", forms.load(size, tags=_RESERVED, reserve=True, at=_at)
        yield f"sc.{letter}", "rd,rj,number", forms.store_conditional(size, _RESERVED, at=_at)
        for operation, value in _UPDATES.items():
            yield f"am{operation}.{letter}", "rd,rk,rj{,0}", forms.update(value, size, _AMO, at=_alone)
            yield f"am{operation}_db.{letter}", "rd,rk,rj{,0}", forms.update(value, size, _AMO_DB, at=_alone)
    yield "dbar", "hint", _barrier
    for name, relation in _BRANCHES.items():
        yield f"b{name}", "rj,rd,label", forms.branch(plain(relation))
    yield "bgeu", "rj,rd,label", forms.branch(not_less)
    for name in ("eq", "ne"):
        yield f"b{name}z", "rj,label", forms.branch(plain(_BRANCHES[name]), f"b{name}", 0, -1)
    yield "b", "label", forms.goto
    yield "nop", "", forms.nothing
    yield "ret", "", forms.ends


DIALECT = forms.ColumnDialect(
    ("LoongArch",),
    _RESERVED.union(_AMO_DB, _SAME, *_FENCES.values()),
    Syntax(_REGISTERS, zero="$r0"),
    forms.table_of("LoongArch", _rows(), _REFUSED),
    registers=_RANKS,
    free=tuple(_RANKS)[4:21],
)
instructions = DIALECT.instructions
