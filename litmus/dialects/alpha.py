"""Alpha assembly.

Registers are written as in assemblers: `$1`, `r1`, or by their use, `t0`; `$31` is always 0. An operand in memory is
`8($2)`, or the name of a location, whose address the assembler then loads. A location holds a signed number as wide as
the accesses to it. Source: Alpha Architecture Handbook, version 4, chapter 4 and section 5.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.base.errors import ParseError, UnsupportedError
from litmus.frontend.arithmetic import Binary, Unary, cut, not_less, plain, shifted, signed, unsigned, with_not
from litmus.frontend.dialect import Instruction
from litmus.frontend.forms import (
    Build,
    ColumnDialect,
    Row,
    branch_if,
    fence,
    load,
    nothing,
    store,
    store_conditional,
    table_of,
    with_zero,
)
from litmus.frontend.forms import goto as jump
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import Operands, Place, Syntax
from litmus.ir.thread import EXCLUSIVE, Address, BinaryOperator, Const, Expr, Fence, Op

_ZERO = "r31"
_RANKS = {f"r{n}": n for n in range(31)}
_USES = (
    *("v0", *(f"t{n}" for n in range(8)), *(f"s{n}" for n in range(6)), "fp", *(f"a{n}" for n in range(6))),
    *(*(f"t{n}" for n in range(8, 12)), "ra", "t12", "at", "gp", "sp", "zero"),
)
_REGISTERS = {
    **{name: f"r{n}" for n, use in enumerate(_USES) for name in (f"r{n}", f"R{n}", f"${n}", use, f"${use}")},
    **dict.fromkeys(("s6", "$s6"), "r15"),
    **dict.fromkeys(("pv", "$pv"), "r27"),
}
_SYNTAX = Syntax(_REGISTERS, zero=_ZERO, sign="#", memory="8($2) or x")
_FENCES = {name: frozenset({name.upper()}) for name in ("mb", "wmb", "imb")}


# --- operands --------------------------------------------------------------------------------------------------------


def _second(operands: Operands, index: int) -> tuple[Expr, str]:
    """A register or a literal of 8 bits, and its text."""
    if operands.is_number(index):
        number = operands.number(index, 0, 255)
        return Const(number), str(number)
    register = operands.reg(index)
    return operands.read(register), register


def _place(operands: Operands, index: int, scale: int = 1) -> Place:
    """An operand in memory: `8($2)`, `($2)` or `x`. Raises ParseError."""
    text = operands.texts[index]
    if text in _REGISTERS and text[:1] != "$":
        raise ParseError(f"{quoted(text)} is a register", operands.place(index), f"write 0({text})")
    if text[:1].isalpha() and "(" not in text:
        symbol = operands.symbol(index)
        return Place(Const(Address(symbol)), symbol, (symbol,))
    return operands.displaced(index, -(1 << 15), (1 << 15) - 1, scale)


# --- what computes ---------------------------------------------------------------------------------------------------


def _scaled(op: BinaryOperator, scale: int) -> Binary:
    return lambda a, b: Op(op, (Op("mul", (a, Const(scale))), b))


_OPERATIONS: Mapping[str, Binary] = {
    "addq": plain("add"),
    "subq": plain("sub"),
    "mulq": plain("mul"),
    "addl": cut("add"),
    "subl": cut("sub"),
    "mull": cut("mul"),
    "s4addq": _scaled("add", 4),
    "s8addq": _scaled("add", 8),
    "s4subq": _scaled("sub", 4),
    "s8subq": _scaled("sub", 8),
    "and": plain("and"),
    "bis": plain("or"),
    "or": plain("or"),
    "xor": plain("xor"),
    "bic": with_not("and"),
    "andnot": with_not("and"),
    "ornot": with_not("or"),
    "eqv": with_not("xor"),
    "xornot": with_not("xor"),
    "sll": shifted("shl", 63),
    "srl": shifted("shr", 63),
    "sra": shifted("sar", 63),
    "cmpeq": plain("eq"),
    "cmplt": plain("lt"),
    "cmple": plain("le"),
    "cmpult": plain("ult"),
    "cmpule": lambda a, b: not_less(b, a),
}
_UNARY: Mapping[str, Unary] = {
    "negq": lambda a: Op("neg", (a,)),
    "not": lambda a: Op("not", (a,)),
    "sextl": lambda a: signed(a, 32),
}
_LOW_BIT = Const(1)
_TESTS: Mapping[str, Unary] = {
    "eq": with_zero(plain("eq")),
    "ne": with_zero(plain("ne")),
    "lt": with_zero(plain("lt")),
    "le": with_zero(plain("le")),
    "gt": with_zero(plain("gt")),
    "ge": with_zero(plain("ge")),
    "lbc": lambda a: Op("eq", (Op("and", (a, _LOW_BIT)), Const(0))),
    "lbs": lambda a: Op("and", (a, _LOW_BIT)),
}


def _operation(value: Binary) -> Build:
    """`addq $a,$b,$c`: the register that is written comes last."""

    def build(operands: Operands) -> Instruction:
        a, c = operands.reg(0), operands.reg(2)
        b, text = _second(operands, 1)
        return operands.assign(c, value(operands.read(a), b), f"{operands.name} {a},{text},{c}")

    return build


def _unary(value: Unary) -> Build:
    def build(operands: Operands) -> Instruction:
        b, text = _second(operands, 0)
        c = operands.reg(1)
        return operands.assign(c, value(b), f"{operands.name} {text},{c}")

    return build


def _conditional_move(test: Unary) -> Build:
    def build(operands: Operands) -> Instruction:
        a, c = operands.reg(0), operands.reg(2)
        b, text = _second(operands, 1)
        value = Op("ite", (test(operands.read(a)), b, operands.read(c)))
        return operands.assign(c, value, f"{operands.name} {a},{text},{c}")

    return build


def _move(operands: Operands) -> Instruction:
    """Of a register, or of a number of any size, for which the assembler finds instructions."""
    dest = operands.reg(1)
    if operands.is_number(0):
        number = operands.number(0, -(1 << 63), (1 << 63) - 1)
        return operands.assign(dest, Const(number), f"mov {number},{dest}")
    register = operands.reg(0)
    return operands.assign(dest, operands.read(register), f"mov {register},{dest}")


def _clear(operands: Operands) -> Instruction:
    dest = operands.reg(0)
    return operands.assign(dest, Const(0), f"clr {dest}")


def _load_address(scale: int) -> Build:
    def build(operands: Operands) -> Instruction:
        dest, place = operands.reg(0), _place(operands, 1, scale)
        if place.symbols and scale != 1:
            raise ParseError("ldah takes a number and a register", operands.place(1), "use lda to load an address")
        return operands.assign(dest, place.addr, f"{operands.name} {dest},{place.text}", symbols=place.symbols)

    return build


def _load(size: int, reserve: bool) -> Build:
    tags = EXCLUSIVE if reserve else frozenset[str]()
    build = load(size, unsigned if size < 4 else signed, tags, reserve, _place)

    def checked(operands: Operands) -> Instruction:
        if operands.reg(0) == _ZERO:
            raise UnsupportedError("a load of $31 is a prefetch, which is not supported", operands.place(0))
        return build(operands)

    return checked


# --- branches and barriers -------------------------------------------------------------------------------------------


def _goto(operands: Operands) -> Instruction:
    """`br label`; with another register than `$31` it would keep the place to return to."""
    if len(operands) == 2 and operands.reg(0) != _ZERO:
        raise UnsupportedError("saving the return address is not supported", operands.place(0), "write 'br label'")
    return jump(operands)


def _call_pal(operands: Operands) -> Instruction:
    name = operands.texts[0]
    if name.lower() != "imb":
        raise UnsupportedError(f"PALcode function {quoted(name)} is not supported", operands.place(0), "only imb is")
    return Instruction((Fence(_FENCES["imb"], operands.span),), "imb")


def _rows() -> Iterable[Row]:
    for name, value in _OPERATIONS.items():
        yield name, "$a,$b,$c", _operation(value)
    for name, unary in _UNARY.items():
        yield name, "$b,$c", _unary(unary)
    for condition, test in _TESTS.items():
        yield f"cmov{condition}", "$a,$b,$c", _conditional_move(test)
        yield f"b{condition}", "$a,label", branch_if(test)
    yield "br", "label or $31,label", _goto
    yield "mov", "$b,$c", _move
    yield "clr", "$c", _clear
    yield "lda", "$a,8($b)", _load_address(1)
    yield "ldah", "$a,8($b)", _load_address(1 << 16)
    for name, size in (("ldq", 8), ("ldl", 4), ("ldwu", 2), ("ldbu", 1)):
        yield name, "$a,8($b)", _load(size, False)
    for name, size in (("stq", 8), ("stl", 4), ("stw", 2), ("stb", 1)):
        yield name, "$a,8($b)", store(size, at=_place)
    for letter, size in (("q", 8), ("l", 4)):
        yield f"ld{letter}_l", "$a,8($b)", _load(size, True)
        yield f"st{letter}_c", "$a,8($b)", store_conditional(size, EXCLUSIVE, at=_place)
    for name, tags in _FENCES.items():
        yield name, "", fence(tags)
    yield "call_pal", "imb", _call_pal
    yield "nop", "", nothing
    yield "unop", "", nothing


_REFUSED = (
    r"ld[fgst]|st[fgst]|ldq_u|stq_u|uld\w+|ust\w+|ldgp|ldiq?|ldil|jmp|jsr|bsr|ret|jsr_coroutine|callsys|trapb|excb|draina"
    r"|rpcc|fetch(?:_m)?|ecb|wh64(?:en)?|umulh|cmpbge|(?:ext|ins|msk)\w+|zap(?:not)?|(?:add|sub|mul)[ql]v|s[48](?:add|sub)l"
    r"|sext[bw]|ct(?:lz|pop|tz)|amask|implver|fb\w+|divq?u?|remq?u?|f?cmov\w+"
)

DIALECT = ColumnDialect(
    ("ALPHA",),
    EXCLUSIVE.union(*_FENCES.values()),
    _SYNTAX,
    table_of("ALPHA", _rows(), _REFUSED),
    registers=_RANKS,
    free=tuple(_RANKS),
)
instructions = DIALECT.instructions
