"""RISC-V assembly for 64-bit registers, as herd7 reads it.

Registers are written by number, `x5`, or by their use, `t0`; `x0` is always 0. An operand in memory is `8(a0)`. A
location holds a signed number as wide as the accesses to it. Numbers may be larger than the fields of instructions, as
in herd7. Beside the instructions of the base there are those of the extensions A and Zabha, loads with `.aq` and stores
with `.rl`, M but for the high halves of products, and some of Zbb. Source: The RISC-V instruction set manual, volume I,
RV64I, "A", Zabha and "M", and its list of assembly pseudoinstructions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from litmus.base.errors import ParseError
from litmus.frontend.arithmetic import (
    Binary,
    Part,
    Unary,
    cut,
    larger,
    not_less,
    plain,
    quotient,
    shifted,
    shifted_word,
    signed,
    smaller,
    unsigned,
    with_not,
)
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import (
    Build,
    ColumnDialect,
    Row,
    address,
    branch,
    ends,
    fence,
    goto,
    load,
    nothing,
    number,
    of_one,
    of_two,
    printed_as,
    store,
    table_of,
    update,
    with_number,
)
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import Operands, Place, Syntax
from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Assign, Const, Expr, Fence, Op, Reg, Statement, StoreConditional
from litmus.ir.values import wrap

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
_SETS = _AMO.union(_RESERVED, *_ORDERS.values(), *_FENCES.values(), *_WHOLE_FENCES.values())


def _spelled(name: str) -> str:
    """Mnemonics are written in any case, and `.aqrl` also as `.aq.rl`."""
    name = name.lower()
    return f"{name[:-3]}rl" if name.endswith(".aq.rl") else name


# --- arithmetic ------------------------------------------------------------------------------------------------------


def _divided(has_sign: bool, a: Expr, b: Expr) -> Expr:
    """A quotient; with a divisor of 0 all its bits are 1, volume I, "M"."""
    return quotient(a, b, -1, has_sign)


def _left_over(has_sign: bool, a: Expr, b: Expr) -> Expr:
    return Op("sub", (a, Op("mul", (_divided(has_sign, a, b), b))))


def _of_halves(value: Callable[[bool, Expr, Expr], Expr], part: Part) -> Binary:
    """What a function makes of the low 32 bits of two numbers, as a signed number of 32 bits."""
    return lambda a, b: signed(value(True, part(a, 32, 64), part(b, 32, 64)), 32)


_OPERATIONS: Mapping[str, Binary] = {
    "add": plain("add"),
    "sub": plain("sub"),
    "and": plain("and"),
    "or": plain("or"),
    "xor": plain("xor"),
    "slt": plain("lt"),
    "sltu": plain("ult"),
    "sll": shifted("shl", 63),
    "srl": shifted("shr", 63),
    "sra": shifted("sar", 63),
    "addw": cut("add"),
    "subw": cut("sub"),
    "sllw": shifted_word("shl", unsigned),
    "srlw": shifted_word("shr", unsigned),
    "sraw": shifted_word("sar", signed),
    "mul": plain("mul"),
    "mulw": cut("mul"),
    "andn": with_not("and"),
    "orn": with_not("or"),
    "xnor": with_not("xor"),
    "div": partial(_divided, True),
    "divu": partial(_divided, False),
    "rem": partial(_left_over, True),
    "remu": partial(_left_over, False),
    "divw": _of_halves(_divided, signed),
    "divuw": _of_halves(_divided, unsigned),
    "remw": _of_halves(_left_over, signed),
    "remuw": _of_halves(_left_over, unsigned),
    "max": larger("lt"),
    "min": smaller("lt"),
    "maxu": larger("ult"),
    "minu": smaller("ult"),
}
_IMMEDIATE = {
    **{f"{name}i": _OPERATIONS[name] for name in ("and", "or", "slt", "sll", "srl", "sra")},
    "sltiu": _OPERATIONS["sltu"],
    "addiw": _OPERATIONS["addw"],
    **{f"{name}iw": _OPERATIONS[f"{name}w"] for name in ("sll", "srl", "sra")},
}
_UNARY: Mapping[str, Unary] = {
    "mv": lambda a: a,
    "not": lambda a: Op("not", (a,)),
    "neg": lambda a: Op("neg", (a,)),
    "negw": lambda a: signed(Op("neg", (a,)), 32),
    "seqz": lambda a: Op("eq", (a, Const(0))),
    "snez": lambda a: Op("ne", (a, Const(0))),
    "sltz": lambda a: Op("lt", (a, Const(0))),
    "sgtz": lambda a: Op("gt", (a, Const(0))),
    "sext.b": lambda a: signed(a, 8),
    "sext.h": lambda a: signed(a, 16),
    "sext.w": lambda a: signed(a, 32),
    "zext.b": lambda a: unsigned(a, 8),
    "zext.h": lambda a: unsigned(a, 16),
    "zext.w": lambda a: unsigned(a, 32),
}
_add = with_number(_OPERATIONS["add"])


def _add_number(operands: Operands) -> Instruction:
    """`addi`, which is `mv` if the number is 0, as herd7 has it."""
    if operands.number(2):
        return _add(operands)
    d, a = operands.reg(0), operands.reg(1)
    return operands.assign(d, operands.read(a), f"mv {d},{a}")


def _xor_number(operands: Operands) -> Instruction:
    d, a, given = operands.reg(0), operands.reg(1), wrap(operands.number(2), 64)
    text = f"xori {d},{a},{given}"
    value: Expr = Op("xor", (operands.read(a), Const(given)))
    return operands.assign(d, value, text, hashed=f" {text}")  # herd7's hash has this blank


def _load_number(operands: Operands) -> Instruction:
    """`li`, of any number, for which the assembler finds instructions."""
    d, given = operands.reg(0), wrap(operands.number(1), 64)
    return operands.assign(d, Const(given), f"li {d},{given}", hashed=f"ori {d},x0,{given}")  # as herd7's hash has it


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
    **{name: _OPERATIONS[name] for name in ("add", "and", "or", "xor", "max", "min", "maxu", "minu")},
}
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
_SIZES = (("b", 1), ("h", 2), ("w", 4), ("d", 8))


def _rows() -> Iterable[Row]:
    for name, value in _OPERATIONS.items():
        yield name, "rd,rs1,rs2", of_two(value)
    for name, value in _IMMEDIATE.items():
        yield name, "rd,rs1,number", with_number(value)
    yield "addi", "rd,rs1,number", _add_number
    yield "xori", "rd,rs1,number", _xor_number
    for name, unary in _UNARY.items():
        yield name, "rd,rs1", of_one(unary)
    yield "li", "rd,number", _load_number
    yield "lui", "rd,number", number(-(1 << 19), (1 << 20) - 1, shift=12, width=32)
    yield "la", "rd,location", address
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
    yield "fence", " or rw,rw", _fence
    for name, tags in _WHOLE_FENCES.items():
        yield name, "", fence(tags)
    yield "nop", "", nothing
    yield "pause", "", nothing
    yield "ret", "", ends


_REFUSED = (
    r"auipc|jal|jalr|jr|call|tail|ecall|ebreak|[ms]ret|wfi|wrs\.[ns]to|csr\w+|rd(?:time|cycle|instret)h?|sfence\.\w+"
    r"|hfence\.\w+|sinval\.\w+|mulhs?u?|amocas\.[bhwdq](?:\.aq)?(?:\.?rl)?|f(?!ence)\w+\.[\w.]+"
    r"|f[ls][hwdq]|cbo\.\w+|prefetch\.\w+|c\.\w+|v\w+\.\w+|sh[123]add(?:\.uw)?|add\.uw|slli\.uw|rev8|orc\.b|ro[lr]i?w?"
    r"|(?:clz|ctz|cpop)w?|b(?:clr|ext|inv|set)i?|czero\.\w+|l[qwd]pc|lga|lla|ntl\.\w+|unimp"
)

DIALECT = ColumnDialect(
    ("RISCV",),
    _SETS,
    _SYNTAX,
    table_of("RISCV", _rows(), _REFUSED, _spelled),
    registers=_RANKS,
    free=tuple(_RANKS)[5:],  # those before have a fixed use
)
instructions = DIALECT.instructions
