"""Alpha assembly.

Registers are written as in assemblers: `$1`, `r1`, or by their use, `t0`; `$31` is always 0. An operand in memory is
`8($2)`, or the name of a location, whose address the assembler then loads. A location holds a signed number as wide as
the accesses to it. Source: Alpha Architecture Handbook, version 4, chapter 4 and section 5.6.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.lexer import counted, parse_number, quoted
from litmus.ir.thread import (
    EXCLUSIVE,
    NO_TAGS,
    Address,
    Assign,
    BinaryOperator,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Load,
    Op,
    Reg,
    Statement,
    Store,
    StoreConditional,
)

BITS = 64
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
_NUMBERED = re.compile(r"\$(\d{1,2})(?!\w)", re.ASCII)

_FENCES = {name: frozenset({name.upper()}) for name in ("mb", "wmb", "imb")}


@dataclass(frozen=True, slots=True)
class Alpha:
    """The dialect ALPHA."""

    archs: tuple[str, ...] = ("ALPHA",)
    sets: frozenset[str] = EXCLUSIVE.union(*_FENCES.values())

    @property
    def registers(self) -> Mapping[str, int]:
        """r0 to r30, in this order."""
        return _RANKS

    def register(self, name: str) -> str | None:
        """Registers are written r1, R1, $1, t0 or $t0; None for `$31`, which conditions cannot name."""
        found = _REGISTERS.get(name)
        return None if found == _ZERO else found

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        named = {f"r{number}" for number in _NUMBERED.findall(section.text)}
        return parse_columns(section, _AlphaReader(tuple(name for name in _RANKS if name not in named)))


DIALECT = Alpha()


# --- reading an instruction ------------------------------------------------------------------------------------------

_HEAD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MEMORY = re.compile(r"([^()\s]*)\s*\(\s*([^()\s]+)\s*\)", re.ASCII)
_SYMBOL = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Operand:
    """The text of an operand, and its place."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Place:
    """A memory operand: its address, its canonical text, and the location that it names, if any."""

    addr: Expr
    text: str
    symbols: tuple[str, ...] = ()


class _AlphaReader:
    """Reads the instructions of one test; `free` are the registers that symbolic ones may stand for."""

    __slots__ = ("free", "word_bits")

    def __init__(self, free: tuple[str, ...]) -> None:
        self.free = free
        self.word_bits = BITS

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        head = _HEAD.match(cell.text)
        if head is None:
            raise ParseError("expected an instruction", cell.place(0, 1))
        name = head[0].lower()
        spec = _SPECS.get(name)
        if spec is None:
            raise _unknown(cell, head[0])
        usage, build = spec
        operands = _operands(cell, head.end())
        wanted = {form.count(",") + 1 if form else 0 for form in usage.split(" or ")}
        if len(operands) not in wanted:
            takes = " or ".join(counted(count, "operand") for count in sorted(wanted))
            hint = f"{name} {usage.replace(' or ', f' or {name} ')}" if usage else None
            raise ParseError(f"'{name}' takes {takes}, not {len(operands)}", cell.span, hint)
        return build(name, cell, operands)


_Build = Callable[[str, InstructionText, list[_Operand]], Instruction]


def _operands(cell: InstructionText, at: int) -> list[_Operand]:
    """What stands between the commas behind offset `at`."""
    rest = cell.text[at:]
    if not rest.strip():
        return []
    found = []
    for part in rest.split(","):
        text = part.strip()
        start = at + len(part) - len(part.lstrip())
        if not text:
            start = min(at, len(cell.text) - 1)
        found.append(_Operand(text, cell.place(start, start + len(text))))
        at += len(part) + 1
    return found


def _unknown(cell: InstructionText, name: str) -> LitmusError:
    place = cell.place(0, len(name))
    if re.fullmatch(_REFUSED, name.lower()):
        return UnsupportedError(f"{quoted(name)} is not supported", place)
    return ParseError(f"unknown mnemonic {quoted(name)} in dialect ALPHA", place, did_you_mean(name, _SPECS))


def _reg(cell: InstructionText, operand: _Operand) -> str:
    """The register that an operand names. Raises ParseError."""
    found = _REGISTERS.get(operand.text)
    if found is not None:
        return found
    if operand.text[:1] == "%" and operand.text[1:] in cell.symbolic:
        return cell.symbolic[operand.text[1:]]
    if not operand.text:
        raise ParseError("expected a register", operand.span)
    raise ParseError(f"no register {quoted(operand.text)}", operand.span, did_you_mean(operand.text, _REGISTERS))


def _value(register: str) -> Expr:
    return Const(0) if register == _ZERO else Reg(register)


def _number(operand: _Operand, text: str, low: int, high: int) -> int:
    """A number in a range. Raises ParseError."""
    number = parse_number(text)
    if number is None or not low <= number <= high:
        raise ParseError(f"{quoted(text)} is not a number from {low} to {high}", operand.span)
    return number


def _is_number(text: str) -> bool:
    return text.lstrip("#+-")[:1].isdigit()


def _second(cell: InstructionText, operand: _Operand) -> tuple[Expr, str]:
    """A register or a literal of 8 bits, and its text."""
    if _is_number(operand.text):
        number = _number(operand, operand.text.removeprefix("#"), 0, 255)
        return Const(number), str(number)
    register = _reg(cell, operand)
    return _value(register), register


def _place(cell: InstructionText, operand: _Operand, scale: int = 1) -> _Place:
    """An operand in memory: `8($2)`, `($2)` or `x`. Raises ParseError."""
    match = _MEMORY.fullmatch(operand.text)
    if match is not None:
        number = _number(operand, match[1], -(1 << 15), (1 << 15) - 1) if match[1] else 0
        base = _reg(cell, _Operand(match[2], operand.span))
        offset = Const(number * scale)
        addr = _value(base)
        if base == _ZERO:
            addr = offset
        elif number:
            addr = Op("add", (addr, offset))
        return _Place(addr, f"{number}({base})")
    if _SYMBOL.fullmatch(operand.text) is None:
        hint = "an operand in memory is like 8($2) or x"
        raise ParseError(f"{quoted(operand.text)} is not an operand in memory", operand.span, hint)
    if operand.text in _REGISTERS:
        raise ParseError(f"{quoted(operand.text)} is a register", operand.span, f"write 0({operand.text})")
    return _Place(Const(Address(operand.text)), operand.text, (operand.text,))


def _assign(cell: InstructionText, dest: str, value: Expr, text: str, symbols: tuple[str, ...] = ()) -> Instruction:
    """An instruction that computes a register; to compute `$31` is to do nothing."""
    body = () if dest == _ZERO else (Assign(dest, value, cell.span),)
    return Instruction(body, text, symbols=symbols)


def _signed(value: Expr, bits: int) -> Expr:
    """The low bits of a value, as a signed number."""
    if bits == BITS:
        return value
    shift = Const(BITS - bits)
    return Op("sar", (Op("shl", (value, shift)), shift))


def _unsigned(value: Expr, bits: int) -> Expr:
    return value if bits == BITS else Op("and", (value, Const((1 << bits) - 1)))


# --- the instructions ------------------------------------------------------------------------------------------------

_Binary = Callable[[Expr, Expr], Expr]


def _plain(op: BinaryOperator) -> _Binary:
    return lambda a, b: Op(op, (a, b))


def _with_not(op: BinaryOperator) -> _Binary:
    return lambda a, b: Op(op, (a, Op("not", (b,))))


def _long(op: BinaryOperator) -> _Binary:
    return lambda a, b: _signed(Op(op, (a, b)), 32)


def _scaled(op: BinaryOperator, scale: int) -> _Binary:
    return lambda a, b: Op(op, (Op("mul", (a, Const(scale))), b))


def _shifted(op: BinaryOperator) -> _Binary:
    return lambda a, b: Op(op, (a, Op("and", (b, Const(63)))))


_OPERATIONS: Mapping[str, _Binary] = {
    "addq": _plain("add"),
    "subq": _plain("sub"),
    "mulq": _plain("mul"),
    "addl": _long("add"),
    "subl": _long("sub"),
    "mull": _long("mul"),
    "s4addq": _scaled("add", 4),
    "s8addq": _scaled("add", 8),
    "s4subq": _scaled("sub", 4),
    "s8subq": _scaled("sub", 8),
    "and": _plain("and"),
    "bis": _plain("or"),
    "or": _plain("or"),
    "xor": _plain("xor"),
    "bic": _with_not("and"),
    "andnot": _with_not("and"),
    "ornot": _with_not("or"),
    "eqv": _with_not("xor"),
    "xornot": _with_not("xor"),
    "sll": _shifted("shl"),
    "srl": _shifted("shr"),
    "sra": _shifted("sar"),
    "cmpeq": _plain("eq"),
    "cmplt": _plain("lt"),
    "cmple": _plain("le"),
    "cmpult": _plain("ult"),
    "cmpule": lambda a, b: Op("lnot", (Op("ult", (b, a)),)),
}
_UNARY: Mapping[str, Callable[[Expr], Expr]] = {
    "negq": lambda a: Op("neg", (a,)),
    "not": lambda a: Op("not", (a,)),
    "sextl": lambda a: _signed(a, 32),
}
_ALWAYS_ZERO = Const(0)
_LOW_BIT = Const(1)
_TESTS: Mapping[str, Callable[[Expr], Expr]] = {
    "eq": lambda a: Op("eq", (a, _ALWAYS_ZERO)),
    "ne": lambda a: Op("ne", (a, _ALWAYS_ZERO)),
    "lt": lambda a: Op("lt", (a, _ALWAYS_ZERO)),
    "le": lambda a: Op("le", (a, _ALWAYS_ZERO)),
    "gt": lambda a: Op("gt", (a, _ALWAYS_ZERO)),
    "ge": lambda a: Op("ge", (a, _ALWAYS_ZERO)),
    "lbc": lambda a: Op("eq", (Op("and", (a, _LOW_BIT)), _ALWAYS_ZERO)),
    "lbs": lambda a: Op("and", (a, _LOW_BIT)),
}


def _operation(value: _Binary, name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    a, c = _reg(cell, operands[0]), _reg(cell, operands[2])
    b, text = _second(cell, operands[1])
    return _assign(cell, c, value(_value(a), b), f"{name} {a},{text},{c}")


def _unary(value: Callable[[Expr], Expr], name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    b, text = _second(cell, operands[0])
    c = _reg(cell, operands[1])
    return _assign(cell, c, value(b), f"{name} {text},{c}")


def _conditional_move(
    test: Callable[[Expr], Expr], name: str, cell: InstructionText, operands: list[_Operand]
) -> Instruction:
    a, c = _reg(cell, operands[0]), _reg(cell, operands[2])
    b, text = _second(cell, operands[1])
    return _assign(cell, c, Op("ite", (test(_value(a)), b, _value(c))), f"{name} {a},{text},{c}")


def _move(name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    """Of a register, or of a number of any size, for which the assembler finds instructions."""
    source, dest = operands[0], _reg(cell, operands[1])
    if _is_number(source.text):
        number = _number(source, source.text.removeprefix("#"), -(1 << 63), (1 << 63) - 1)
        return _assign(cell, dest, Const(number), f"mov {number},{dest}")
    register = _reg(cell, source)
    return _assign(cell, dest, _value(register), f"mov {register},{dest}")


def _clear(name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    dest = _reg(cell, operands[0])
    return _assign(cell, dest, _ALWAYS_ZERO, f"clr {dest}")


def _load_address(scale: int, name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    dest = _reg(cell, operands[0])
    place = _place(cell, operands[1], scale)
    if place.symbols and scale != 1:
        raise ParseError("ldah takes a number and a register", operands[1].span, "use lda to load an address")
    return _assign(cell, dest, place.addr, f"{name} {dest},{place.text}", place.symbols)


def _load(size: int, reserve: bool, name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    dest = _reg(cell, operands[0])
    if dest == _ZERO:
        raise UnsupportedError("a load of $31 is a prefetch, which is not supported", operands[0].span)
    place = _place(cell, operands[1])
    load = Load(dest, place.addr, EXCLUSIVE if reserve else NO_TAGS, reserve, cell.span)
    body: tuple[Statement, ...] = (load,)
    if name.endswith("u"):
        body = (load, Assign(dest, _unsigned(Reg(dest), 8 * size), cell.span))
    return Instruction(body, f"{name} {dest},{place.text}", size=size, symbols=place.symbols)


def _store(size: int, name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    source = _reg(cell, operands[0])
    place = _place(cell, operands[1])
    store = Store(place.addr, _signed(_value(source), 8 * size), NO_TAGS, cell.span)
    return Instruction((store,), f"{name} {source},{place.text}", size=size, symbols=place.symbols)


def _store_conditional(size: int, name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    """Stores a register, which then says whether it was stored."""
    source = _reg(cell, operands[0])
    place = _place(cell, operands[1])
    status = "status" if source == _ZERO else source
    store = StoreConditional(status, place.addr, _signed(_value(source), 8 * size), EXCLUSIVE, cell.span)
    return Instruction((store,), f"{name} {source},{place.text}", size=size, symbols=place.symbols)


def _branch(test: Callable[[Expr], Expr], name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    register, label = _reg(cell, operands[0]), _label(operands[1])
    branch = Branch(test(_value(register)), label, cell.span)
    return Instruction((branch,), f"{name} {register},{label}", target=label)


def _goto(name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    """`br label`; with another register than `$31` it would keep the place to return to."""
    if len(operands) == 2 and _reg(cell, operands[0]) != _ZERO:
        raise UnsupportedError("saving the return address is not supported", operands[0].span, "write 'br label'")
    label = _label(operands[-1])
    return Instruction((Goto(label, cell.span),), f"br {label}", target=label)


_LABEL = re.compile(r"[A-Za-z_.][\w.$/-]*", re.ASCII)


def _label(operand: _Operand) -> str:
    if _LABEL.fullmatch(operand.text) is None:
        raise ParseError(f"{quoted(operand.text)} is not a label", operand.span)
    return operand.text


def _fence(tags: frozenset[str], name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    return Instruction((Fence(tags, cell.span),), name)


def _call_pal(name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    if operands[0].text.lower() != "imb":
        message = f"PALcode function {quoted(operands[0].text)} is not supported"
        raise UnsupportedError(message, operands[0].span, "only imb is")
    return _fence(_FENCES["imb"], "imb", cell, operands)


def _nop(name: str, cell: InstructionText, operands: list[_Operand]) -> Instruction:
    return Instruction((), name)


def _specs() -> Iterable[tuple[str, str, _Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    for name, value in _OPERATIONS.items():
        yield name, "$a,$b,$c", partial(_operation, value)
    for name, unary in _UNARY.items():
        yield name, "$b,$c", partial(_unary, unary)
    for condition, test in _TESTS.items():
        yield f"cmov{condition}", "$a,$b,$c", partial(_conditional_move, test)
        yield f"b{condition}", "$a,label", partial(_branch, test)
    yield "br", "label or $31,label", _goto
    yield "mov", "$b,$c", _move
    yield "clr", "$c", _clear
    yield "lda", "$a,8($b)", partial(_load_address, 1)
    yield "ldah", "$a,8($b)", partial(_load_address, 1 << 16)
    for name, size in (("ldq", 8), ("ldl", 4), ("ldwu", 2), ("ldbu", 1)):
        yield name, "$a,8($b)", partial(_load, size, False)
    for name, size in (("stq", 8), ("stl", 4), ("stw", 2), ("stb", 1)):
        yield name, "$a,8($b)", partial(_store, size)
    for letter, size in (("q", 8), ("l", 4)):
        yield f"ld{letter}_l", "$a,8($b)", partial(_load, size, True)
        yield f"st{letter}_c", "$a,8($b)", partial(_store_conditional, size)
    for name, tags in _FENCES.items():
        yield name, "", partial(_fence, tags)
    yield "call_pal", "imb", _call_pal
    for name in ("nop", "unop"):
        yield name, "", _nop


_SPECS: Mapping[str, tuple[str, _Build]] = {name: (usage, build) for name, usage, build in _specs()}
_REFUSED = (
    r"ld[fgst]|st[fgst]|ldq_u|stq_u|uld\w+|ust\w+|ldgp|ldiq?|ldil|jmp|jsr|bsr|ret|jsr_coroutine|callsys|trapb|excb|draina"
    r"|rpcc|fetch(?:_m)?|ecb|wh64(?:en)?|umulh|cmpbge|(?:ext|ins|msk)\w+|zap(?:not)?|(?:add|sub|mul)[ql]v|s[48](?:add|sub)l"
    r"|sext[bw]|ct(?:lz|pop|tz)|amask|implver|fb\w+|divq?u?|remq?u?|f?cmov\w+"
)


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    return {name: usage for name, (usage, _) in _SPECS.items()}
