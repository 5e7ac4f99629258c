"""PowerPC assembly, as herd7 reads it.

Registers are words, or doublewords in a test that has an instruction on doublewords. A location holds a signed number
of the width of the accesses to it. A field of the condition register is three registers, such as `cr0.lt`, `cr0.gt`
and `cr0.eq`, so that a branch depends on just what the compare read; they are set only where the test has a branch
that looks at them. Source: Power ISA 2.07, book I, chapters 2 and 3, and book II, chapter 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Cell, Instruction, Program, ProgramSection
from litmus.frontend.lexer import parse_number, quoted
from litmus.ir.thread import (
    NO_TAGS,
    Assign,
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
from litmus.ir.values import wrap

_RANKS = {f"r{n}": n for n in range(32)}
_REGISTERS = {**{name: name for name in _RANKS}, **{name.upper(): name for name in _RANKS}}
_ATOMIC = frozenset({"X"})
_FENCES = {name: frozenset({name.upper()}) for name in ("sync", "lwsync", "eieio", "isync")}

_DOUBLEWORD = re.compile(
    r"(?<![\w.])(?:l(?:d|dx|du|dux|darx|wa|wax)|st(?:d|dx|du|dux|dcx\.)|cmpl?di?|s[lr]di|sradi|s[lr]d\.?|srad\.?"
    r"|mulld\.?|divd\.?|extsw\.?)(?![\w:])",
    re.ASCII,
)
_FLAG_OF = {"lt": "lt", "ge": "lt", "nl": "lt", "gt": "gt", "le": "gt", "ng": "gt", "eq": "eq", "ne": "eq"}
_CANONICAL = {"nl": "ge", "ng": "le"}
_BRANCH = re.compile(rf"(?<![\w.])b({'|'.join(_FLAG_OF)})(?![\w.])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ppc:
    """The dialect PPC."""

    archs: tuple[str, ...] = ("PPC",)
    sets: frozenset[str] = _ATOMIC.union(*_FENCES.values())

    @property
    def registers(self) -> Mapping[str, int]:
        """r0 to r31, in this order."""
        return _RANKS

    def register(self, name: str) -> str | None:
        """Registers are written r1 or R1."""
        return _REGISTERS.get(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        text = section.text[section.start : section.end]
        bits = 64 if _DOUBLEWORD.search(text) else 32
        return parse_columns(section, _Reader(bits, frozenset(_FLAG_OF[test] for test in _BRANCH.findall(text))))


DIALECT = Ppc()


# --- the parts of instructions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """The operands of an instruction: a pattern, its parts with what they are called, and how they are written."""

    pattern: str
    parts: tuple[tuple[str, str], ...]
    usage: str


@cache  # a program has few forms of instructions, and to compile all of them takes longer than to decide a test
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{pattern}\s*\Z", re.ASCII)


_R, _R0, _N, _L = r"(%?[A-Za-z_]\w*)", r"(0|%?[A-Za-z_]\w*)", r"([-+]?\w+)", r"([A-Za-z_.][\w.$/-]*)"
_COMMA = (",", "','")


def _form(usage: str, *parts: tuple[str, str], pattern: str = "") -> _Form:
    return _Form(pattern or "".join(rf"\s*{part}" for part, _ in parts), parts, usage)


_REG, _REG_OR_0, _NUMBER, _LABEL = (_R, "a register"), (_R0, "a register"), (_N, "a number"), (_L, "a label")
_FIELD = (r"(?:(?i:cr)([0-7])\s*,)?", "a field of the condition register")

_NO_OPERANDS = _form("no operands")
_RRR = _form("rD,rA,rB", _REG, _COMMA, _REG, _COMMA, _REG)
_RRN = _form("rD,rA,number", _REG, _COMMA, _REG, _COMMA, _NUMBER)
_RR = _form("rD,rA", _REG, _COMMA, _REG)
_RN = _form("rD,number", _REG, _COMMA, _NUMBER)
_CRR = _form("[crN,]rA,rB", _FIELD, _REG, _COMMA, _REG)
_CRN = _form("[crN,]rA,number", _FIELD, _REG, _COMMA, _NUMBER)
_CL = _form("[crN,]label", _FIELD, _LABEL)
_TO = _form("label", _LABEL)
_MEMORY = _form(
    "rD,number(rA)",
    *(_REG, _COMMA, _NUMBER, (r"[(,]", "'('"), _REG, (r"\)", "')'")),
    pattern=rf"\s*{_R}\s*,\s*{_N}\s*(?:(?P<open>\()|,)\s*{_R}\s*(?(open)\))",
)
_INDEXED = _form("rD,rA,rB", _REG, _COMMA, _REG_OR_0, _COMMA, _REG)
_PAIR = _form("rA,rB", _REG_OR_0, _COMMA, _REG)


def _signed(expr: Expr, width: int, bits: int) -> Expr:
    """The low `width` bits of a word of `bits` bits, as a signed number."""
    if width >= bits:
        return expr
    shift = Const(bits - width)
    return Op("sar", (Op("shl", (expr, shift)), shift))


def _unsigned(expr: Expr, width: int, bits: int) -> Expr:
    """The low `width` bits of a word of `bits` bits, as an unsigned number."""
    return expr if width >= bits else Op("and", (expr, Const((1 << width) - 1)))


_Value = Callable[[Expr, Expr, int], Expr]  # of two operands and the width of a word


def _plain(op: str) -> _Value:
    return lambda a, b, bits: Op(op, (a, b))


def _swapped(op: str) -> _Value:
    return lambda a, b, bits: Op(op, (b, a))


def _shift(op: str, width: int, part: Callable[[Expr, int, int], Expr]) -> _Value:
    # The count is taken modulo twice the width: shifting by the width or more leaves nothing but the sign.
    count_bits = 2 * width - 1

    def value(a: Expr, b: Expr, bits: int) -> Expr:
        count = Const(b.value & count_bits) if isinstance(b, Const) and isinstance(b.value, int) else b
        if count is b:
            count = Op("and", (b, Const(count_bits)))
        shifted = Op(op, (part(a, width, bits), count))
        return _unsigned(shifted, width, bits) if op == "shl" else shifted

    return value


_VALUES: Mapping[str, _Value] = {
    "add": _plain("add"),
    "sub": _plain("sub"),
    "subf": _swapped("sub"),
    "and": _plain("and"),
    "or": _plain("or"),
    "xor": _plain("xor"),
    "nor": _plain("nor"),
    "nand": lambda a, b, bits: Op("not", (Op("and", (a, b)),)),
    "eqv": lambda a, b, bits: Op("not", (Op("xor", (a, b)),)),
    "andc": lambda a, b, bits: Op("and", (a, Op("not", (b,)))),
    "orc": lambda a, b, bits: Op("or", (a, Op("not", (b,)))),
    "mullw": lambda a, b, bits: Op("mul", (_signed(a, 32, bits), _signed(b, 32, bits))),
    "divw": lambda a, b, bits: Op("div", (_signed(a, 32, bits), _signed(b, 32, bits))),
    "mulld": _plain("mul"),
    "divd": _plain("div"),
    "slw": _shift("shl", 32, _unsigned),
    "srw": _shift("shr", 32, _unsigned),
    "sraw": _shift("sar", 32, _signed),
    "sld": _shift("shl", 64, _unsigned),
    "srd": _shift("shr", 64, _unsigned),
    "srad": _shift("sar", 64, _signed),
}
_IMMEDIATE: Mapping[str, _Value] = {
    "mulli": _plain("mul"),
    "ori": _plain("or"),
    "xori": _plain("xor"),
    "slwi": _VALUES["slw"],
    "srwi": _VALUES["srw"],
    "srawi": _VALUES["sraw"],
    "sldi": _VALUES["sld"],
    "srdi": _VALUES["srd"],
    "sradi": _VALUES["srad"],
}
_UNARY: Mapping[str, Callable[[Expr, int], Expr]] = {
    "mr": lambda a, bits: a,
    "neg": lambda a, bits: Op("neg", (a,)),
    "not": lambda a, bits: Op("not", (a,)),
    "extsb": lambda a, bits: _signed(a, 8, bits),
    "extsh": lambda a, bits: _signed(a, 16, bits),
    "extsw": lambda a, bits: _signed(a, 32, bits),
}


# --- reading an instruction ------------------------------------------------------------------------------------------


class _Reader:
    """Reads the instructions of one test: `flags` are the bits of the condition register that its branches look at."""

    __slots__ = ("_flags", "word_bits")

    def __init__(self, word_bits: int, flags: frozenset[str]) -> None:
        self.word_bits = word_bits
        self._flags = tuple(sorted(flags))

    @property
    def free(self) -> tuple[str, ...]:
        """All but r0, which some instructions take for the number 0."""
        return tuple(_RANKS)[1:]

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def instruction(self, cell: Cell) -> Instruction:
        head = _HEAD.match(cell.text)
        name = head[0] if head else ""
        spec = _SPECS.get(name)
        if head is None or spec is None:
            raise _unknown(cell, name)
        form, build = spec
        operands = _compiled(form.pattern).match(cell.text, head.end())
        if operands is None:
            raise _malformed(cell, name, form, head.end())
        return build(self, cell, name, operands)

    def reg(self, cell: Cell, operands: re.Match[str], group: int) -> str:
        """The register that a group of the match names."""
        name = operands[group]
        found = _REGISTERS.get(name)
        if found is not None:
            return found
        if name == "0":
            return "r0"
        if name[0] == "%" and name[1:] in cell.symbolic:
            return cell.symbolic[name[1:]]
        raise ParseError(f"no register {quoted(name)}", cell.place(*operands.span(group)), did_you_mean(name, _RANKS))

    def number(self, cell: Cell, operands: re.Match[str], group: int) -> int:
        """The number that a group of the match gives, cut to a word."""
        value = parse_number(operands[group])
        if value is None:
            place = cell.place(*operands.span(group))
            raise ParseError(f"{quoted(operands[group])} is not a number of at most 64 bits", place)
        return wrap(value, self.word_bits)

    def compare(self, cell: Cell, field: str, a: Expr, b: Expr, less: str = "lt") -> list[Statement]:
        """Sets a field of the condition register by comparing two numbers."""
        values = {"lt": Op(less, (a, b)), "gt": Op(less, (b, a)), "eq": Op("eq", (a, b))}
        return [Assign(f"cr{field}.{flag}", values[flag], cell.span) for flag in self._flags]

    def assign(self, cell: Cell, dest: str, value: Expr, text: str, record: bool) -> Instruction:
        """An instruction that computes a register, and compares it with 0 if it ends in a dot."""
        if not record:
            return Instruction((Assign(dest, value, cell.span),), text)
        return Instruction((Assign(dest, value, cell.span), *self.compare(cell, "0", Reg(dest), Const(0))), text)


_Build = Callable[[_Reader, Cell, str, re.Match[str]], Instruction]
_HEAD = re.compile(r"[A-Za-z_]\w*[.+-]?", re.ASCII)


def _unknown(cell: Cell, name: str) -> LitmusError:
    if name in _REFUSED:
        return UnsupportedError(f"'{name}' is not supported", cell.place(0, len(name)))
    if not name:
        return ParseError("expected an instruction", cell.place(0, 1))
    place = cell.place(0, len(name))
    return ParseError(f"unknown mnemonic {quoted(name)} in dialect PPC", place, did_you_mean(name, _SPECS))


def _malformed(cell: Cell, name: str, form: _Form, at: int) -> ParseError:
    """The error for operands that do not have the form: at the first part that is missing."""
    wanted = "the end of the instruction"
    for part, what in form.parts:
        match = re.compile(rf"\s*{part}", re.ASCII).match(cell.text, at)
        if match is None:
            wanted = what
            break
        at = match.end()
    found = re.compile(r"\s*(\w+|\S|\Z)", re.ASCII).match(cell.text, at)
    span = found.span(1) if found else (at, at)
    if span[0] >= len(cell.text):
        span = (len(cell.text) - 1, len(cell.text))
    shown = quoted(found[1]) if found and found[1] else "the end"
    return ParseError(f"expected {wanted}, found {shown}", cell.place(*span), f"{name} takes {form.usage}")


def _three(value: _Value, record: bool) -> _Build:
    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        return reader.assign(cell, d, value(Reg(a), Reg(b), reader.word_bits), f"{name} {d},{a},{b}", record)

    return build


def _immediate(value: _Value, record: bool) -> _Build:
    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, a = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        number = reader.number(cell, operands, 3)
        return reader.assign(
            cell, d, value(Reg(a), Const(number), reader.word_bits), f"{name} {d},{a},{number}", record
        )

    return build


def _unary(value: Callable[[Expr, int], Expr], record: bool) -> _Build:
    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, a = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        return reader.assign(cell, d, value(Reg(a), reader.word_bits), f"{name} {d},{a}", record)

    return build


def _add_immediate(sign: int, shift: int) -> _Build:
    """addi, subi, addis: a source r0 is the number 0."""

    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, a = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        number = sign * reader.number(cell, operands, 3)
        value = Const(wrap(number << shift, reader.word_bits))
        text = f"{'addi' if sign < 0 else name} {d},{a},{number}"
        return reader.assign(cell, d, value if a == "r0" else Op("add", (Reg(a), value)), text, False)

    return build


def _load_immediate(shift: int) -> _Build:
    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, number = reader.reg(cell, operands, 1), reader.number(cell, operands, 2)
        value = Const(wrap(number << shift, reader.word_bits))
        return Instruction((Assign(d, value, cell.span),), f"{name} {d},{number}")

    return build


def _compare(width: int, unsigned: bool, immediate: bool) -> _Build:
    part, less = (_unsigned, "ult") if unsigned else (_signed, "lt")

    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        field, a, bits = operands[1] or "0", reader.reg(cell, operands, 2), reader.word_bits
        right: Expr
        if immediate:
            right = Const(reader.number(cell, operands, 3))
            shown = str(right.value)
        else:
            shown = reader.reg(cell, operands, 3)
            right = part(Reg(shown), width, bits)
        text = f"{name} {a},{shown}" if field == "0" else f"{name} cr{field},{a},{shown}"
        return Instruction(tuple(reader.compare(cell, field, part(Reg(a), width, bits), right, less)), text)

    return build


def _branch(test: str) -> _Build:
    shown = _CANONICAL.get(test, test)
    negative = test != _FLAG_OF[test]

    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        field, label = operands[1] or "0", operands[2]
        condition: Expr = Reg(f"cr{field}.{_FLAG_OF[test]}")
        if negative:
            condition = Op("lnot", (condition,))
        text = f"b{shown}  {label}" if field == "0" else f"b{shown}  cr{field},{label}"
        return Instruction((Branch(condition, label, cell.span),), text, target=label)

    return build


def _goto(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
    return Instruction((Goto(operands[1], cell.span),), f"b   {operands[1]}", target=operands[1])


def _fence(tags: frozenset[str], name: str) -> _Build:
    return lambda reader, cell, written, operands: Instruction((Fence(tags, cell.span),), name)


def _nop(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
    shown = [reader.reg(cell, operands, group) for group in range(1, (operands.lastindex or 0) + 1)]
    return Instruction((), f"{name} {','.join(shown)}" if shown else name)


def _access(name: str, size: int, store: bool, signed: bool, indexed: bool, update: bool) -> _Build:
    """Loads and stores, `rD,number(rA)` or `rD,rA,rB`; with update the address is put into rA."""
    width = 8 * size
    # herd7's hash takes a doubleword for a word
    hashed = {"ld": "lwz", "ldx": "lwzx", "std": "stw", "stdx": "stwx"}.get(name, "")

    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, span = reader.reg(cell, operands, 1), cell.span
        addr: Expr
        if indexed:
            a, b = reader.reg(cell, operands, 2), reader.reg(cell, operands, 3)
            addr = _indexed(a, b)
            where = f" {d},{a},{b}"
        else:
            # `0(r0)` is the address 0 in the Power ISA; nobody means that, and herd7 reads the register
            number, a = reader.number(cell, operands, 2), reader.reg(cell, operands, 4)
            addr = Op("add", (Reg(a), Const(number))) if number else Reg(a)
            where = f" {d},{number}({a})"
        if store:
            body: tuple[Statement, ...] = (Store(addr, _signed(Reg(d), width, reader.word_bits), NO_TAGS, span),)
        else:
            body = (Load(d, addr, NO_TAGS, False, span),)
            if not signed and width < reader.word_bits:
                body = (*body, Assign(d, _unsigned(Reg(d), width, reader.word_bits), span))
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


def _load_reserve(size: int) -> _Build:
    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        d, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        body: tuple[Statement, ...] = (Load(d, _indexed(a, b), _ATOMIC, True, cell.span),)
        if 8 * size < reader.word_bits:
            body = (*body, Assign(d, _unsigned(Reg(d), 8 * size, reader.word_bits), cell.span))
        return Instruction(body, f"{name} {d},{a},{b}", size=size)

    return build


def _store_conditional(size: int) -> _Build:
    def build(reader: _Reader, cell: Cell, name: str, operands: re.Match[str]) -> Instruction:
        s, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        value = _signed(Reg(s), 8 * size, reader.word_bits)
        store = StoreConditional("cr0.eq", _indexed(a, b), value, _ATOMIC, cell.span)
        others = [Assign(f"cr0.{flag}", Const(0), cell.span) for flag in reader._flags if flag != "eq"]
        return Instruction((store, *others), f"{name} {s},{a},{b}", size=size)

    return build


def _specs() -> Iterable[tuple[str, _Form, _Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    for name, value in _VALUES.items():
        yield name, _RRR, _three(value, False)
        yield f"{name}.", _RRR, _three(value, True)
    for name, value in _IMMEDIATE.items():
        yield name, _RRN, _immediate(value, False)
        if name.startswith("s"):
            yield f"{name}.", _RRN, _immediate(value, True)
    yield "andi.", _RRN, _immediate(_plain("and"), True)
    for name, unary in _UNARY.items():
        yield name, _RR, _unary(unary, False)
        yield f"{name}.", _RR, _unary(unary, True)
    yield "addi", _RRN, _add_immediate(1, 0)
    yield "subi", _RRN, _add_immediate(-1, 0)
    yield "addis", _RRN, _add_immediate(1, 16)
    yield "li", _RN, _load_immediate(0)
    yield "lis", _RN, _load_immediate(16)
    for suffix, width in (("w", 32), ("d", 64)):
        yield f"cmp{suffix}", _CRR, _compare(width, False, False)
        yield f"cmp{suffix}i", _CRN, _compare(width, False, True)
        yield f"cmpl{suffix}", _CRR, _compare(width, True, False)
        yield f"cmpl{suffix}i", _CRN, _compare(width, True, True)
    yield "b", _TO, _goto
    for test in _FLAG_OF:
        for hint in ("", "+", "-"):
            yield f"b{test}{hint}", _CL, _branch(test)
    for name, tags in _FENCES.items():
        yield name, _NO_OPERANDS, _fence(tags, name)
    yield "hwsync", _NO_OPERANDS, _fence(_FENCES["sync"], "sync")
    yield "nop", _NO_OPERANDS, _nop
    yield "dcbf", _PAIR, _nop
    for stem, size, signed in (("bz", 1, False), ("hz", 2, False), ("wz", 4, False), ("d", 8, True)):
        yield from _memory(f"l{stem}", size, False, signed)
    yield from _memory("lha", 2, False, True)
    yield "lwa", _MEMORY, _access("lwa", 4, False, True, False, False)
    yield "lwax", _INDEXED, _access("lwax", 4, False, True, True, False)
    for stem, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        yield from _memory(f"st{stem}", size, True, False)
    for suffix, size in (("w", 4), ("d", 8)):
        yield f"l{suffix}arx", _INDEXED, _load_reserve(size)
        yield f"st{suffix}cx.", _INDEXED, _store_conditional(size)


def _memory(name: str, size: int, store: bool, signed: bool) -> Iterable[tuple[str, _Form, _Build]]:
    for update in (False, True):
        u = "u" if update else ""
        yield f"{name}{u}", _MEMORY, _access(f"{name}{u}", size, store, signed, False, update)
        yield f"{name}{u}x", _INDEXED, _access(f"{name}{u}x", size, store, signed, True, update)


_SPECS: Mapping[str, tuple[_Form, _Build]] = {name: (form, build) for name, form, build in _specs()}
_REFUSED = frozenset(
    {"bl", "bla", "ba", "blr", "bctr", "bctrl", "bdnz", "bdz", "mflr", "mtlr", "mfctr", "mtctr", "mfcr", "mtcrf"}
    | {"lmw", "stmw", "isel", "ptesync", "lbarx", "lharx", "com"}
)
