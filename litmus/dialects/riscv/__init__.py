"""RISC-V assembly for 64-bit registers, as herd7 reads it.

Registers are written by number, `x5`, or by their use, `t0`; `x0` is always 0. An operand in memory is `8(a0)`. A
location holds a signed number as wide as the accesses to it. Numbers may be larger than the fields of instructions, as
in herd7. Beside the instructions of the base there are those of the extensions A, Zabha, Zacas, Zalasr, M, B, Zicond
and C; hints do nothing. Source: The RISC-V instruction set manual, volume I, RV64I and the extensions A, B, C, M,
Zabha, Zacas, Zalasr, Zcb and Zicond, and its list of assembly pseudoinstructions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce

from litmus.base.errors import ParseError
from litmus.dialects.riscv import compressed, compute
from litmus.frontend.arithmetic import Binary, low_bits, not_less, plain, signed, unsigned
from litmus.frontend.dialect import Instruction, Jump
from litmus.frontend.forms import (
    Build,
    ColumnDialect,
    Row,
    branch,
    call,
    fence,
    goto,
    load,
    nothing,
    printed_as,
    store,
    table_of,
    update,
)
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import UNUSED, Operands, Place, Syntax, moved
from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Assign, Const, Expr, Fence, Op, Reg, Rmw, Statement, StoreConditional

_RANKS = {f"x{n}": n for n in range(32)}
_USES = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", *(f"a{n}" for n in range(8))),
    *(*(f"s{n}" for n in range(2, 12)), *(f"t{n}" for n in range(3, 7))),
)
_REGISTERS = {**{name: f"x{n}" for n, use in enumerate(_USES) for name in (f"x{n}", use)}, "fp": "x8"}
_SYNTAX = Syntax(_REGISTERS, zero="x0", memory="8(a0)")

_AMO, _RESERVED = frozenset({"X"}), EXCLUSIVE
_ACQUIRE, _RELEASE, _BOTH = frozenset({"Acq"}), frozenset({"Rel"}), frozenset({"AcqRel"})
_ORDERS = {"": NO_TAGS, ".aq": _ACQUIRE, ".rl": _RELEASE, ".aqrl": _BOTH}
_FENCES = {f"{p},{s}": frozenset({f"Fence.{p}.{s}"}) for p in ("r", "w", "rw") for s in ("r", "w", "rw")}
_WHOLE_FENCES = {name: frozenset({name.capitalize()}) for name in ("fence.tso", "fence.i")}
_EXPECTED, _NEW = "the value to compare with", "the value to write"  # no register is called so
_SETS = _AMO.union(_RESERVED, *_ORDERS.values(), *_FENCES.values(), *_WHOLE_FENCES.values())


def _spelled(name: str) -> str:
    """Mnemonics are written in any case, and `.aqrl` also as `.aq.rl`."""
    name = name.lower()
    return f"{name[:-3]}rl" if name.endswith(".aq.rl") else name


# --- memory ----------------------------------------------------------------------------------------------------------


def _linked(operands: Operands, index: int) -> Place:
    """Where LR and SC are: a register without an offset, which is printed."""
    place = operands.without_offset(index)
    return Place(place.addr, f"0{place.text}")


def _store_conditional(size: int, order: frozenset[str], shown: str) -> Build:
    """Stores a register; another is 0 then, or else 1. That carries a dependency from the store (RVWMO, 14.1)."""

    def build(operands: Operands) -> Instruction:
        d, source = operands.reg(0), operands.reg(1)
        place, span = _linked(operands, 2), operands.cell.span
        value = signed(operands.read(source), 8 * size)
        body: tuple[Statement, ...] = (StoreConditional("stored", place.addr, value, _RESERVED | order, span, "write"),)
        if d != "x0":
            body = (*body, Assign(d, Op("lnot", (Reg("stored"),)), span))
        return Instruction(body, f"{shown} {d},{source},{place.text}", size=size)

    return build


_UPDATES: Mapping[str, Binary] = {
    "swap": lambda a, b: b,
    **{name: compute.OPERATIONS[name] for name in ("add", "and", "or", "xor", "max", "min", "maxu", "minu")},
}


def _compare_and_swap(size: int, order: str) -> Build:
    """Stores a register, or two for 16 bytes, if memory has the value of others, which get what was read.

    What it compares with is a source of data of the store. Where it fails it is no release.
    """
    halves, bytes_each = (2, 8) if size == 16 else (1, size)
    read_tags = _AMO | (_ACQUIRE if "aq" in order else NO_TAGS)
    write_tags = _AMO | _ORDERS[order]

    def build(operands: Operands) -> Instruction:
        d, source, place, span = operands.reg(0), operands.reg(1), operands.without_offset(2), operands.cell.span
        body: list[Statement] = []
        updates: list[Rmw] = []
        equal: Expr = Const(1)
        for half in range(halves):
            dest, other = (_of_pair(operands, index, half) if halves > 1 else operands.reg(index) for index in (0, 1))
            expected, new = f"{_EXPECTED} ({half})", f"{_NEW} ({half})"
            for name, register in ((expected, dest), (new, other)):
                body.append(Assign(name, signed(operands.read(register), 8 * bytes_each), span))
            target = f"{UNUSED} ({half})" if dest == "x0" else dest
            same = Op("eq", (Reg(target), Reg(expected)))
            equal = Op("land", (equal, same)) if half else same
            where, value = moved(place.addr, half * bytes_each), Reg(new)
            updates.append(Rmw(target, where, value, read_tags, write_tags, span=span, joins=half > 0))
        compared = [low_bits(Reg(f"{_EXPECTED} ({half})"), 0) for half in range(halves)]  # 0, but it depends on them
        body += [replace(u, value=reduce(plain("or"), compared, u.value), condition=equal) for u in updates]
        return Instruction(tuple(body), f"{operands.name} {d},{source},{place.text}", size=bytes_each)

    return build


def _of_pair(operands: Operands, index: int, half: int) -> str:
    """A register of a pair, by the first one; those of `x0` are both that."""
    first = operands.reg(index)
    rank = _RANKS.get(first)
    if rank is None or rank % 2:  # of a symbolic register nothing says which one is next
        raise operands.error(index, "a register with an even number")
    return f"x{rank + half}" if rank else first


_ACCESS_SETS = re.compile(r"(?=[iorw])i?o?r?w?\Z")


def _fence(operands: Operands) -> Instruction:
    """Main memory is in the sets r and w; i and o are devices, which no test has."""
    sets = operands.texts or ["iorw", "iorw"]
    for index, text in enumerate(sets):
        if _ACCESS_SETS.match(text) is None:
            hint = "fence takes two sets, each some of the letters of 'iorw' in this order"
            raise ParseError(f"{quoted(text)} is not a set of accesses", operands.place(index), hint)
    before, after = ["".join([letter for letter in text if letter in "rw"]) for text in sets]
    tags = _FENCES.get(f"{before},{after}")
    text = f"fence {','.join(operands.texts or ('rw', 'rw'))}"  # herd7 has these sets where there are none
    return Instruction(() if tags is None else (Fence(tags, operands.cell.span),), text)


# --- the instructions ------------------------------------------------------------------------------------------------

_BRANCHES: Mapping[str, Binary] = {
    "eq": plain("eq"),
    "ne": plain("ne"),
    "lt": plain("lt"),
    "ge": plain("ge"),
    "ltu": plain("ult"),
    "geu": not_less,
}
_SWAPPED = {"gt": "lt", "le": "ge", "gtu": "ltu", "leu": "geu"}
_WITH_ZERO = {"eqz": "eq", "nez": "ne", "ltz": "lt", "gez": "ge"}
_ZERO_WITH = {"gtz": "lt", "lez": "ge"}
# --- jumps and calls -------------------------------------------------------------------------------------------------

_LINK = "x1"


def _jump(operands: Operands) -> Instruction:
    register = operands.reg(0)
    returns = register == _LINK
    jump = Jump(operands.read(register), operands.cell.span, returns)
    return Instruction((jump,), f"jr {register}", ends=returns)


def _return(operands: Operands) -> Instruction:
    return Instruction((Jump(Reg(_LINK), operands.cell.span, returns=True),), "ret", ends=True)


def _jump_and_link(operands: Operands) -> Instruction:
    """`jalr`, without an offset, which no label has."""
    one = len(operands) == 1
    link, register = _LINK if one else operands.reg(0), operands.reg(0 if one else 1)
    if not one:
        operands.number(2, 0, 0)
    text = f"jalr {link},{register},0"
    if link == "x0":
        return Instruction((Jump(operands.read(register), operands.cell.span),), text)
    return call(operands.cell, link, text, register, True)


def _call(operands: Operands) -> Instruction:
    link, label = _LINK if len(operands) == 1 else operands.reg(0), operands.label(len(operands) - 1)
    if link == "x0":
        return goto(operands)
    return call(operands.cell, link, f"jal {link},{label}", label, False)


_SIZES = (("b", 1), ("h", 2), ("w", 4), ("d", 8))


def _rows() -> Iterable[Row]:
    yield from compute.rows()
    for letter, size in _SIZES:
        for order in ("", ".aq", ".aqrl"):
            yield f"l{letter}{order}", "rd,8(rs1)", load(size, signed, _ORDERS[order])
            if size < 8:
                yield f"l{letter}u{order}", "rd,8(rs1)", load(size, unsigned, _ORDERS[order])
        for order in ("", ".rl", ".aqrl"):
            yield f"s{letter}{order}", "rs2,8(rs1)", store(size, _ORDERS[order])
        for operation, value in _UPDATES.items():
            for order, tags in _ORDERS.items():
                yield f"amo{operation}.{letter}{order}", "rd,rs2,(rs1)", update(value, size, _AMO | tags)
    for letter, size in (*_SIZES, ("q", 16)):
        for order in _ORDERS:
            yield f"amocas.{letter}{order}", "rd,rs2,(rs1)", _compare_and_swap(size, order)
    for letter, size in _SIZES[2:]:
        for order in _ORDERS:
            # The manual promises no order for LR.rl and SC.aq, and herd7 leaves the letters out.
            read, write = ("" if order == other else order for other in (".rl", ".aq"))
            linked = load(size, signed, _RESERVED | _ORDERS[read], reserve=True, at=_linked)
            yield f"lr.{letter}{order}", "rd,(rs1)", printed_as(f"lr.{letter}{read}", linked)
            conditional = _store_conditional(size, _ORDERS[write], f"sc.{letter}{write}")
            yield f"sc.{letter}{order}", "rd,rs2,(rs1)", conditional
    for name, relation in _BRANCHES.items():
        yield f"b{name}", "rs1,rs2,label", branch(relation)
    for name, other in _SWAPPED.items():
        yield f"b{name}", "rs1,rs2,label", branch(_BRANCHES[other], f"b{other}", 1, 0)
    for name, other in _WITH_ZERO.items():
        yield f"b{name}", "rs1,label", branch(_BRANCHES[other], f"b{other}", 0, -1)
    for name, other in _ZERO_WITH.items():
        yield f"b{name}", "rs1,label", branch(_BRANCHES[other], f"b{other}", -1, 0)
    yield "j", "label", goto
    yield "jr", "rs1", _jump
    yield "jalr", "rd,rs1,0 or rs1", _jump_and_link
    yield "jal", "{rd,}label", _call
    yield "call", "label", _call
    yield "fence", " or rw,rw", _fence
    for name, tags in _WHOLE_FENCES.items():
        yield name, "", fence(tags)
    for name in ("nop", "pause", "wrs.nto", "wrs.sto", "ntl.p1", "ntl.pall", "ntl.s1", "ntl.all"):
        yield name, "", nothing
    yield "ret", "", _return
    yield "tail", "label", printed_as("j", goto)


_REFUSED = (
    r"auipc|ecall|ebreak|[ms]ret|wfi|csr\w+|rd(?:time|cycle|instret)h?|sfence\.\w+|hfence\.\w+"
    r"|sinval\.\w+|f(?!ence)\w+\.[\w.]+|f[ls][hwdq]|cbo\.\w+|prefetch\.\w+|c\.(?:ebreak|f\w+|unimp)|v\w+\.\w+|clmul[hr]?|brev8|x?perm\w*"
    r"|(?:un)?zip|pack[hw]?|aes\w+|sha\w+|sm[34]\w+|l[qwd]pc|lga|unimp"
)

_ROWS = tuple(_rows())
_COMPRESSED = compressed.rows({name: (usage, build) for name, usage, build in _ROWS})

DIALECT = ColumnDialect(
    ("RISCV",),
    _SETS,
    _SYNTAX,
    table_of("RISCV", (*_ROWS, *_COMPRESSED), _REFUSED, _spelled),
    registers=_RANKS,
    free=tuple(_RANKS)[5:],  # those before have a fixed use
)
instructions = DIALECT.instructions
