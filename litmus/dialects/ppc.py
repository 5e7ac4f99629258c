"""PowerPC assembly, as herd7 reads it.

Registers have 64 bits if the test has a doubleword instruction or a 64-bit type, otherwise 32. A location holds a
signed number as wide as the accesses to it. A field of the condition register is three registers, such as `cr0.lt`,
`cr0.gt` and `cr0.eq`, so that a branch depends only on the comparison that it tests; they are set only if a branch of
the test uses them. Source: Power ISA 2.07, book I, chapters 2 and 3, and book II, chapter 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.lexer import parse_number, quoted
from litmus.ir.thread import (
    EXCLUSIVE,
    NO_TAGS,
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
from litmus.ir.values import wrap

_RANKS = {f"r{n}": n for n in range(32)}
_REGISTERS = {**{name: name for name in _RANKS}, **{name.upper(): name for name in _RANKS}}
_FENCES = {name: frozenset({name.upper()}) for name in ("sync", "lwsync", "eieio", "isync")}

_DOUBLEWORD = re.compile(
    r"(?<![\w.])(?:l(?:d|dx|du|dux|darx|wa|wax|waux)|st(?:d|dx|du|dux|dcx\.)|cmpl?di?|s[lr]di|sradi|s[lr]d\.?|srad\.?"
    r"|mulldo?\.?|mulhdu?\.?|divdu?\.?|extsw\.?|rld[a-z]+\.?|clr[lr](?:sl)?di\.?|rot[lr]di?\.?|ext[lr]di\.?|insrdi\.?"
    r"|cntlzd\.?)(?![\w:])",
    re.ASCII,
)
_LONG_TYPE = re.compile(r"(?<!\w)u?int64_t(?!\w)", re.ASCII)
_FLAG_OF = {"lt": "lt", "ge": "lt", "nl": "lt", "gt": "gt", "le": "gt", "ng": "gt", "eq": "eq", "ne": "eq"}
_CANONICAL = {"nl": "ge", "ng": "le"}
_ON_FLAG = re.compile(rf"(?<![\w.])(?:b|isel)({'|'.join(_FLAG_OF)})(?![\w.])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ppc:
    """The dialect PPC."""

    archs: tuple[str, ...] = ("PPC",)
    sets: frozenset[str] = EXCLUSIVE.union(*_FENCES.values())

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
        bits = 64 if _DOUBLEWORD.search(text) or _LONG_TYPE.search(section.text, *section.init) else 32
        program = parse_columns(section, _PpcReader(bits, frozenset(_FLAG_OF[test] for test in _ON_FLAG.findall(text))))
        return replace(program, number_bits=64)


DIALECT = Ppc()


# --- the parts of instructions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """The operands of an instruction: a pattern, its parts, each with its name in messages, and the usage text."""

    pattern: str
    parts: tuple[tuple[str, str], ...]
    usage: str


@cache  # compiled on demand: a program uses few forms, and compiling all takes longer than deciding a test
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
_SELECT = _form("rD,rA,rB", _REG, _COMMA, _REG_OR_0, _COMMA, _REG)
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
_RESERVED = _form("rD,rA,rB[,0|1]", *_INDEXED.parts, (r"(?:,\s*([01])\s*)?", "',' and 0 or 1"))
_NUMBERS = tuple(
    _form(f"rA,rS{',number' * count}", _REG, _COMMA, _REG, *(_COMMA, _NUMBER) * count) for count in range(4)
)
_RRR_NUMBER = _form("rA,rS,rB,number", _REG, _COMMA, _REG, _COMMA, _REG, _COMMA, _NUMBER)
_RRR_NUMBERS = _form("rA,rS,rB,number,number", *_RRR_NUMBER.parts, _COMMA, _NUMBER)
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


def _plain(op: BinaryOperator) -> _Value:
    return lambda a, b, bits: Op(op, (a, b))


def _swapped(op: BinaryOperator) -> _Value:
    return lambda a, b, bits: Op(op, (b, a))


def _shift(op: BinaryOperator, width: int, part: Callable[[Expr, int, int], Expr]) -> _Value:
    # The count is taken modulo twice the width: shifting by the width or more leaves nothing but the sign.
    count_bits = 2 * width - 1

    def value(a: Expr, b: Expr, bits: int) -> Expr:
        count = Const(b.value & count_bits) if isinstance(b, Const) and isinstance(b.value, int) else b
        if count is b:
            count = Op("and", (b, Const(count_bits)))
        shifted = Op(op, (part(a, width, bits), count))
        return _unsigned(shifted, width, bits) if op == "shl" else shifted

    return value


def _high(number: Expr, bits: int) -> Expr:
    """The value of an immediate that is shifted left by 16 bits."""
    assert isinstance(number, Const)
    assert isinstance(number.value, int)
    return Const(wrap(number.value << 16, bits))


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
    "subfic": _swapped("sub"),
    "ori": _plain("or"),
    "oris": lambda a, b, bits: Op("or", (a, _high(b, bits))),
    "xori": _plain("xor"),
    "xoris": lambda a, b, bits: Op("xor", (a, _high(b, bits))),
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


# --- rotations under a mask ------------------------------------------------------------------------------------------
# Power ISA, book I, 3.3.14. Bits are counted from the left, as there: bit 0 is the highest of a register.


def _mask(first: int, last: int, width: int) -> int:
    """The bits `first` to `last` of a register of `width` bits; if `first` > `last`, the mask wraps around."""
    from_first, after_last = (1 << width - first) - 1, (1 << width - 1 - last) - 1
    return from_first ^ after_last if first <= last else from_first | ((1 << width) - 1 ^ after_last)


def _word_mask(first: int, last: int, bits: int) -> int:
    return _mask(first + bits - 32, last + bits - 32, bits)


# By instruction: the width; the largest value of each immediate; and a function from the bits of a register and the
# immediates to the rotation count and the mask.
_ROTATIONS: Mapping[str, tuple[int, tuple[int, ...], Callable[..., tuple[int, int]]]] = {
    "rlwinm": (32, (31, 31, 31), lambda bits, n, first, last: (n, _word_mask(first, last, bits))),
    "rlwimi": (32, (31, 31, 31), lambda bits, n, first, last: (n, _word_mask(first, last, bits))),
    "rlwnm": (32, (31, 31), lambda bits, first, last: (0, _word_mask(first, last, bits))),
    "clrlwi": (32, (31,), lambda bits, n: (0, _word_mask(n, 31, bits))),
    "clrrwi": (32, (31,), lambda bits, n: (0, _word_mask(0, 31 - n, bits))),
    "rotlwi": (32, (31,), lambda bits, n: (n, _word_mask(0, 31, bits))),
    "rotrwi": (32, (31,), lambda bits, n: (-n % 32, _word_mask(0, 31, bits))),
    "rotlw": (32, (), lambda bits: (0, _word_mask(0, 31, bits))),
    "rldicl": (64, (63, 63), lambda bits, n, first: (n, _mask(first, 63, 64))),
    "rldicr": (64, (63, 63), lambda bits, n, last: (n, _mask(0, last, 64))),
    "rldic": (64, (63, 63), lambda bits, n, first: (n, _mask(first, 63 - n, 64))),
    "rldimi": (64, (63, 63), lambda bits, n, first: (n, _mask(first, 63 - n, 64))),
    "rldcl": (64, (63,), lambda bits, first: (0, _mask(first, 63, 64))),
    "rldcr": (64, (63,), lambda bits, last: (0, _mask(0, last, 64))),
    "clrldi": (64, (63,), lambda bits, n: (0, _mask(n, 63, 64))),
    "clrrdi": (64, (63,), lambda bits, n: (0, _mask(0, 63 - n, 64))),
    "rotldi": (64, (63,), lambda bits, n: (n, _mask(0, 63, 64))),
    "rotrdi": (64, (63,), lambda bits, n: (-n % 64, _mask(0, 63, 64))),
    "rotld": (64, (), lambda bits: (0, _mask(0, 63, 64))),
}
_BY_REGISTER = frozenset({"rlwnm", "rotlw", "rldcl", "rldcr", "rotld"})  # the count is in rB
_INSERTING = frozenset({"rlwimi", "rldimi"})  # bits outside of the mask are kept


def _under_mask(value: Expr, count: Expr, mask: int, width: int, bits: int) -> Expr:
    """The low `width` bits of a register of `bits` bits, rotated to the left, and masked.

    If the mask covers higher bits, the rotated bits are repeated there.
    """
    rotated = value
    if count != Const(0) or mask >> width:
        low = _unsigned(value, width, bits)
        known = count.value if isinstance(count, Const) and isinstance(count.value, int) else None
        back = Op("sub", (Const(width), count)) if known is None else Const(width - known)
        rotated = Op("or", (Op("shl", (low, count)), Op("shr", (low, back))))
        if mask >> width:
            rotated = _unsigned(rotated, width, bits)
            rotated = Op("or", (rotated, Op("shl", (rotated, Const(width)))))
    return Op("and", (rotated, Const(wrap(mask, bits))))


# --- reading an instruction ------------------------------------------------------------------------------------------


class _PpcReader:
    """Reads the instructions of one test: `flags` are the bits of the condition register that its branches look at."""

    __slots__ = ("_flags", "word_bits")

    def __init__(self, word_bits: int, flags: frozenset[str]) -> None:
        self.word_bits = word_bits
        self._flags = tuple(sorted(flags))

    @property
    def free(self) -> tuple[str, ...]:
        """All registers except r0, which some instructions read as the number 0."""
        return tuple(_RANKS)[1:]

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def instruction(self, cell: InstructionText) -> Instruction:
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

    def reg(self, cell: InstructionText, operands: re.Match[str], group: int) -> str:
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

    def number(self, cell: InstructionText, operands: re.Match[str], group: int, most: int = -1) -> int:
        """The number that a group of the match gives, cut to a word; or one from 0 to `most`, if that is given."""
        value = parse_number(operands[group])
        if value is None or (most >= 0 and not 0 <= value <= most):
            place = cell.place(*operands.span(group))
            allowed = "number of at most 64 bits" if most < 0 else f"number from 0 to {most}"
            raise ParseError(f"{quoted(operands[group])} is not a {allowed}", place)
        return wrap(value, self.word_bits)

    def compare(
        self, cell: InstructionText, field: str, a: Expr, b: Expr, less: BinaryOperator = "lt"
    ) -> list[Statement]:
        """Sets a field of the condition register by comparing two numbers."""
        values = {"lt": Op(less, (a, b)), "gt": Op(less, (b, a)), "eq": Op("eq", (a, b))}
        return [Assign(f"cr{field}.{flag}", values[flag], cell.span) for flag in self._flags]

    def assign(self, cell: InstructionText, dest: str, value: Expr, text: str, record: bool) -> Instruction:
        """An instruction that computes a register, and compares it with 0 if it ends in a dot."""
        if not record:
            return Instruction((Assign(dest, value, cell.span),), text)
        return Instruction((Assign(dest, value, cell.span), *self.compare(cell, "0", Reg(dest), Const(0))), text)


_Build = Callable[[_PpcReader, InstructionText, str, re.Match[str]], Instruction]
_HEAD = re.compile(r"[A-Za-z_]\w*[.+-]?", re.ASCII)


def _unknown(cell: InstructionText, name: str) -> LitmusError:
    if name.removesuffix(".") in _REFUSED.split():
        return UnsupportedError(f"'{name}' is not supported", cell.place(0, len(name)))
    if not name:
        return ParseError("expected an instruction", cell.place(0, 1))
    place = cell.place(0, len(name))
    return ParseError(f"unknown mnemonic {quoted(name)} in dialect PPC", place, did_you_mean(name, _SPECS))


def _malformed(cell: InstructionText, name: str, form: _Form, at: int) -> ParseError:
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
    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        return reader.assign(cell, d, value(Reg(a), Reg(b), reader.word_bits), f"{name} {d},{a},{b}", record)

    return build


def _immediate(value: _Value, record: bool) -> _Build:
    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, a = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        number = reader.number(cell, operands, 3)
        return reader.assign(
            cell, d, value(Reg(a), Const(number), reader.word_bits), f"{name} {d},{a},{number}", record
        )

    return build


def _unary(value: Callable[[Expr, int], Expr], record: bool) -> _Build:
    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, a = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        comma = ", " if name == "extsw" else ","  # as herd7 prints it
        return reader.assign(cell, d, value(Reg(a), reader.word_bits), f"{name} {d}{comma}{a}", record)

    return build


def _add_immediate(sign: int, shift: int) -> _Build:
    """addi, subi, addis: as a source, r0 means the number 0."""

    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, a = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        number = sign * reader.number(cell, operands, 3)
        value = Const(wrap(number << shift, reader.word_bits))
        text = f"{'addi' if sign < 0 else name} {d},{a},{number}"
        return reader.assign(cell, d, value if a == "r0" else Op("add", (Reg(a), value)), text, False)

    return build


def _load_immediate(shift: int) -> _Build:
    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, number = reader.reg(cell, operands, 1), reader.number(cell, operands, 2)
        value = Const(wrap(number << shift, reader.word_bits))
        return Instruction((Assign(d, value, cell.span),), f"{name} {d},{number}")

    return build


def _compare(width: int, unsigned: bool, immediate: bool) -> _Build:
    part = _unsigned if unsigned else _signed
    less: BinaryOperator = "ult" if unsigned else "lt"

    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
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


def _rotate(stem: str, record: bool) -> _Build:
    width, largest, meaning = _ROTATIONS[stem]

    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        bits = reader.word_bits
        a, s = reader.reg(cell, operands, 1), reader.reg(cell, operands, 2)
        first = 3 + (stem in _BY_REGISTER)
        numbers = [reader.number(cell, operands, first + k, most) for k, most in enumerate(largest)]
        shown = [a, s, *map(str, numbers)]
        rotation, mask = meaning(bits, *numbers)
        count: Expr = Const(rotation)
        if stem in _BY_REGISTER:
            shown.insert(2, reader.reg(cell, operands, 3))
            count = Op("and", (Reg(shown[2]), Const(width - 1)))
        value = _under_mask(Reg(s), count, mask, width, bits)
        if stem in _INSERTING:
            value = Op("or", (value, Op("and", (Reg(a), Const(wrap(~mask, bits))))))
        text = ",".join(shown)
        if stem in ("rlwinm", "rlwimi"):  # as herd7 prints them
            text = f"{a},{s},{numbers[0]}, {numbers[1]},{numbers[2]}"
        return reader.assign(cell, a, value, f"{name} {text}", record)

    return build


def _branch(test: str) -> _Build:
    shown = _CANONICAL.get(test, test)
    negative = test != _FLAG_OF[test]

    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        field, label = operands[1] or "0", operands[2]
        condition: Expr = Reg(f"cr{field}.{_FLAG_OF[test]}")
        if negative:
            condition = Op("lnot", (condition,))
        text = f"b{shown}  {label}" if field == "0" else f"b{shown}  cr{field},{label}"
        return Instruction((Branch(condition, label, cell.span),), text, target=label)

    return build


def _select(flag: str) -> _Build:
    """isel: rA (r0 means the number 0) if the bit of cr0 is set, else rB."""

    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        value = Op("ite", (Reg(f"cr0.{flag}"), Const(0) if a == "r0" else Reg(a), Reg(b)))
        return reader.assign(cell, d, value, f"{name} {d},{a},{b}", False)

    return build


def _goto(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
    return Instruction((Goto(operands[1], cell.span),), f"b   {operands[1]}", target=operands[1])


def _fence(tags: frozenset[str], name: str) -> _Build:
    return lambda reader, cell, written, operands: Instruction((Fence(tags, cell.span),), name)


def _nop(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
    shown = [reader.reg(cell, operands, group) for group in range(1, (operands.lastindex or 0) + 1)]
    return Instruction((), f"{name} {','.join(shown)}" if shown else name)


def _return(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
    return Instruction((), name, ends=True)


def _load_address(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
    """`la rD,number(rA)`, another way to write `addi`."""
    d, number, a = reader.reg(cell, operands, 1), reader.number(cell, operands, 2), reader.reg(cell, operands, 4)
    return reader.assign(cell, d, Op("add", (Reg(a), Const(number))), f"addi {d},{a},{number}", False)


def _access(name: str, size: int, store: bool, signed: bool, indexed: bool, update: bool) -> _Build:
    """Loads and stores, `rD,number(rA)` or `rD,rA,rB`; with `update`, rA is set to the address."""
    width = 8 * size
    # herd7's hash has the names of word accesses for doubleword accesses
    hashed = {"ld": "lwz", "ldx": "lwzx", "std": "stw", "stdx": "stwx"}.get(name, "")

    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, span = reader.reg(cell, operands, 1), cell.span
        addr: Expr
        if indexed:
            a, b = reader.reg(cell, operands, 2), reader.reg(cell, operands, 3)
            addr = _indexed(a, b)
            where = f" {d},{a},{b}"
        else:
            # `0(r0)` is the address 0 in the Power ISA, but tests mean the register, as herd7 reads it
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
    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        d, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        body: tuple[Statement, ...] = (Load(d, _indexed(a, b), EXCLUSIVE, True, cell.span),)
        if 8 * size < reader.word_bits:
            body = (*body, Assign(d, _unsigned(Reg(d), 8 * size, reader.word_bits), cell.span))
        hint = f",{operands[4]}" if operands[4] else ""  # whether a lock is taken, which is nothing to the model
        return Instruction(body, f"{name} {d},{a},{b}{hint}", size=size)

    return build


def _store_conditional(size: int) -> _Build:
    def build(reader: _PpcReader, cell: InstructionText, name: str, operands: re.Match[str]) -> Instruction:
        s, a, b = (reader.reg(cell, operands, group) for group in (1, 2, 3))
        value = _signed(Reg(s), 8 * size, reader.word_bits)
        store = StoreConditional("cr0.eq", _indexed(a, b), value, EXCLUSIVE, cell.span)
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
        if name.startswith("s") and name != "subfic":
            yield f"{name}.", _RRN, _immediate(value, True)
    yield "andi.", _RRN, _immediate(_plain("and"), True)
    yield "andis.", _RRN, _immediate(lambda a, b, bits: Op("and", (a, _high(b, bits))), True)
    for stem, (_, largest, _) in _ROTATIONS.items():
        form = (_RRR, _RRR_NUMBER, _RRR_NUMBERS)[len(largest)] if stem in _BY_REGISTER else _NUMBERS[len(largest)]
        yield stem, form, _rotate(stem, False)
        yield f"{stem}.", form, _rotate(stem, True)
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
    for flag in ("lt", "gt", "eq"):
        yield f"isel{flag}", _SELECT, _select(flag)
    yield "b", _TO, _goto
    for test in _FLAG_OF:
        for hint in ("", "+", "-"):
            yield f"b{test}{hint}", _CL, _branch(test)
    for name, tags in _FENCES.items():
        yield name, _NO_OPERANDS, _fence(tags, name)
    yield "hwsync", _NO_OPERANDS, _fence(_FENCES["sync"], "sync")
    yield "nop", _NO_OPERANDS, _nop
    for name in ("dcbf", "dcbst", "dcbt", "dcbtst"):
        yield name, _PAIR, _nop
    yield "blr", _NO_OPERANDS, _return
    yield "la", _MEMORY, _load_address
    for stem, size, signed in (("bz", 1, False), ("hz", 2, False), ("wz", 4, False), ("d", 8, True)):
        yield from _memory(f"l{stem}", size, False, signed)
    yield from _memory("lha", 2, False, True)
    yield "lwa", _MEMORY, _access("lwa", 4, False, True, False, False)
    yield "lwax", _INDEXED, _access("lwax", 4, False, True, True, False)
    yield "lwaux", _INDEXED, _access("lwaux", 4, False, True, True, True)
    for stem, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        yield from _memory(f"st{stem}", size, True, False)
    for suffix, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        yield f"l{suffix}arx", _RESERVED, _load_reserve(size)
        yield f"st{suffix}cx.", _INDEXED, _store_conditional(size)


def _memory(name: str, size: int, store: bool, signed: bool) -> Iterable[tuple[str, _Form, _Build]]:
    for update in (False, True):
        u = "u" if update else ""
        yield f"{name}{u}", _MEMORY, _access(f"{name}{u}", size, store, signed, False, update)
        yield f"{name}{u}x", _INDEXED, _access(f"{name}{u}x", size, store, signed, True, update)


_SPECS: Mapping[str, tuple[_Form, _Build]] = {name: (form, build) for name, form, build in _specs()}
_REFUSED = """
bl bla ba bc bcl bclr bcctr bctr bctrl blrl bdnz bdz beqlr bnelr bltlr bgtlr blelr bgelr bso bns mflr mtlr mfctr
mtctr mfxer mtxer mfcr mtcr mtcrf mfocrf mtocrf mfspr mtspr mftb mcrf crand cror crxor crnand crnor creqv crandc
crorc crclr crset crnot crmove lmw stmw lswi lswx stswi stswx lhbrx lwbrx ldbrx sthbrx stwbrx stdbrx lq stq
lqarx stqcx lfs lfd lfsx lfdx stfs stfd stfsx stfdx lvx stvx lxvd2x stxvd2x addc adde addme addze addic addo
addco subfc subfe subfme subfze subic subfo mullwo mulldo divwo divdo nego mulhw mulhwu mulhd mulhdu divwu divdu
modsw moduw modsd modud cntlzw cntlzd cnttzw cnttzd popcntb popcntw popcntd extlwi extrwi inslwi insrwi extldi
extrdi insrdi clrlslwi clrlsldi isel cmpb dcbz dcba icbi icbt tlbie tlbsync slbie ptesync
sc rfid wait tw twi td tdi trap com
"""
"""Instructions that exist but are not supported."""


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    return {name: "" if form is _NO_OPERANDS else form.usage for name, (form, _) in _SPECS.items()}
