"""PowerPC assembly, as herd7 reads it.

Registers have 64 bits if the test has a doubleword instruction or a 64-bit type, otherwise 32. A location holds a
signed number as wide as the accesses to it. A field of the condition register is three registers, such as `cr0.lt`,
`cr0.gt` and `cr0.eq`, so that a branch depends only on the comparison that it tests.
Source: Power ISA 2.07, book I, chapters 2 and 3, and book II, chapter 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from litmus.base.errors import ParseError
from litmus.frontend.arithmetic import signed, unsigned
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.forms import InstructionTable, ends, fence, nothing, printed_as
from litmus.frontend.operands import Operands, Syntax
from litmus.frontend.words import Words, parse_words
from litmus.ir.thread import (
    EXCLUSIVE,
    NO_TAGS,
    Assign,
    BinaryOperator,
    Branch,
    Const,
    Expr,
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
_REGISTERS = {**{name.upper(): name for name in _RANKS}, **{name: name for name in _RANKS}}
_SYNTAX = Syntax(_REGISTERS, memory="8(r1)")
_FENCES = {name: frozenset({name.upper()}) for name in ("sync", "lwsync", "eieio", "isync")}

_FLAG_OF = {"lt": "lt", "ge": "lt", "nl": "lt", "gt": "gt", "le": "gt", "ng": "gt", "eq": "eq", "ne": "eq"}
_CANONICAL = {"nl": "ge", "ng": "le"}
_BITS = ("lt", "gt", "eq")
_FLAGS = frozenset(f"cr{field}.{bit}" for field in range(8) for bit in _BITS)


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
        program = parse_words(section, Words, _PpcReader, pointers=False)
        return replace(program, number_bits=64, big_endian=True, flags=_FLAGS)


DIALECT = Ppc()


# --- what computes ---------------------------------------------------------------------------------------------------

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
        return unsigned(shifted, width, bits) if op == "shl" else shifted

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
    "mullw": lambda a, b, bits: Op("mul", (signed(a, 32, bits), signed(b, 32, bits))),
    "divw": lambda a, b, bits: Op("div", (signed(a, 32, bits), signed(b, 32, bits))),
    "mulld": _plain("mul"),
    "divd": _plain("div"),
    "slw": _shift("shl", 32, unsigned),
    "srw": _shift("shr", 32, unsigned),
    "sraw": _shift("sar", 32, signed),
    "sld": _shift("shl", 64, unsigned),
    "srd": _shift("shr", 64, unsigned),
    "srad": _shift("sar", 64, signed),
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
    "extsb": lambda a, bits: signed(a, 8, bits),
    "extsh": lambda a, bits: signed(a, 16, bits),
    "extsw": lambda a, bits: signed(a, 32, bits),
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
        low = unsigned(value, width, bits)
        known = count.value if isinstance(count, Const) and isinstance(count.value, int) else None
        back = Op("sub", (Const(width), count)) if known is None else Const(width - known)
        rotated = Op("or", (Op("shl", (low, count)), Op("shr", (low, back))))
        if mask >> width:
            rotated = unsigned(rotated, width, bits)
            rotated = Op("or", (rotated, Op("shl", (rotated, Const(width)))))
    return Op("and", (rotated, Const(wrap(mask, bits))))


# --- reading an instruction ------------------------------------------------------------------------------------------


class _Operands(Operands):
    """The operands of one instruction."""

    __slots__ = ("bits", "words")

    def __init__(self, cell: InstructionText, name: str, at: int, usage: str, words: Words) -> None:
        self.words = words
        self.bits = words.bits
        super().__init__(cell, name, at, usage, _SYNTAX)

    def reg_or_0(self, index: int) -> str:
        """A register; the number 0 is another way to write r0."""
        return "r0" if self.texts[index] == "0" else self.reg(index)

    def word(self, index: int) -> int:
        """A number, cut to a word."""
        return wrap(self.number(index), self.bits)

    def field(self, count: int) -> str:
        """The field of the condition register that stands before `count` operands, 0 if there is none."""
        if len(self.texts) == count:
            return "0"
        match = _FIELD.match(self.texts[0])
        if match is None:
            raise self.error(0, "a field of the condition register")
        return match[1]

    def compare(self, field: str, a: Expr, b: Expr, less: BinaryOperator = "lt") -> list[Statement]:
        """Sets a field of the condition register by comparing two numbers."""
        values = (Op(less, (a, b)), Op(less, (b, a)), Op("eq", (a, b)))
        return [Assign(f"cr{field}.{bit}", value, self.span) for bit, value in zip(_BITS, values, strict=True)]

    def result(self, dest: str, value: Expr, text: str, record: bool) -> Instruction:
        """An instruction that computes a register, and compares it with 0 if it ends in a dot."""
        if not record:
            return Instruction((Assign(dest, value, self.span),), text)
        return Instruction((Assign(dest, value, self.span), *self.compare("0", Reg(dest), Const(0))), text)


_FIELD = re.compile(r"(?i:cr)([0-7])\Z", re.ASCII)
_Build = Callable[[_Operands], Instruction]


class _PpcReader:
    """Reads the instructions of one test."""

    __slots__ = ("_words", "word_bits")

    def __init__(self, words: Words) -> None:
        self._words = words
        self.word_bits = words.bits

    @property
    def free(self) -> tuple[str, ...]:
        """All registers except r0, which some instructions read as the number 0."""
        return tuple(_RANKS)[1:]

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        name, at, usage, build = _TABLE.find(cell)
        return build(_Operands(cell, name, at, usage, self._words))


def _wide(build: _Build) -> _Build:
    """An instruction on doublewords."""

    def built(operands: _Operands) -> Instruction:
        operands.words.need(64)
        return build(operands)

    return built


def _three(value: _Value, record: bool) -> _Build:
    def build(operands: _Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg(1), operands.reg(2)
        text = f"{operands.name} {d},{a},{b}"
        return operands.result(d, value(Reg(a), Reg(b), operands.bits), text, record)

    return build


def _immediate(value: _Value, record: bool) -> _Build:
    def build(operands: _Operands) -> Instruction:
        d, a, number = operands.reg(0), operands.reg(1), operands.word(2)
        text = f"{operands.name} {d},{a},{number}"
        return operands.result(d, value(Reg(a), Const(number), operands.bits), text, record)

    return build


def _unary(value: Callable[[Expr, int], Expr], record: bool) -> _Build:
    def build(operands: _Operands) -> Instruction:
        d, a = operands.reg(0), operands.reg(1)
        comma = ", " if operands.name == "extsw" else ","  # as herd7 prints it
        return operands.result(d, value(Reg(a), operands.bits), f"{operands.name} {d}{comma}{a}", record)

    return build


def _add_immediate(sign: int, shift: int) -> _Build:
    """addi, subi, addis: as a source, r0 means the number 0."""

    def build(operands: _Operands) -> Instruction:
        d, a, number = operands.reg(0), operands.reg(1), sign * operands.word(2)
        value = Const(wrap(number << shift, operands.bits))
        text = f"{'addi' if sign < 0 else operands.name} {d},{a},{number}"
        return operands.result(d, value if a == "r0" else Op("add", (Reg(a), value)), text, False)

    return build


def _load_immediate(shift: int) -> _Build:
    def build(operands: _Operands) -> Instruction:
        d, number = operands.reg(0), operands.word(1)
        value = Const(wrap(number << shift, operands.bits))
        return Instruction((Assign(d, value, operands.span),), f"{operands.name} {d},{number}")

    return build


def _compare(width: int, without_sign: bool, immediate: bool) -> _Build:
    part = unsigned if without_sign else signed
    less: BinaryOperator = "ult" if without_sign else "lt"

    def build(operands: _Operands) -> Instruction:
        field, bits = operands.field(2), operands.bits
        at = len(operands) - 2
        a = operands.reg(at)
        right: Expr
        if immediate:
            right = Const(operands.word(at + 1))
            shown = str(right.value)
        else:
            shown = operands.reg(at + 1)
            right = part(Reg(shown), width, bits)
        text = f"{operands.name} {a},{shown}" if field == "0" else f"{operands.name} cr{field},{a},{shown}"
        return Instruction(tuple(operands.compare(field, part(Reg(a), width, bits), right, less)), text)

    return build


def _rotate(stem: str, record: bool) -> _Build:
    width, largest, meaning = _ROTATIONS[stem]
    by_register = stem in _BY_REGISTER

    def build(operands: _Operands) -> Instruction:
        bits = operands.bits
        a, s = operands.reg(0), operands.reg(1)
        numbers = [operands.number(2 + by_register + k, 0, most) for k, most in enumerate(largest)]
        shown = [a, s, *map(str, numbers)]
        rotation, mask = meaning(bits, *numbers)
        count: Expr = Const(rotation)
        if by_register:
            shown.insert(2, operands.reg(2))
            count = Op("and", (Reg(shown[2]), Const(width - 1)))
        value = _under_mask(Reg(s), count, mask, width, bits)
        if stem in _INSERTING:
            value = Op("or", (value, Op("and", (Reg(a), Const(wrap(~mask, bits))))))
        text = ",".join(shown)
        if stem in ("rlwinm", "rlwimi"):  # as herd7 prints them
            text = f"{a},{s},{numbers[0]}, {numbers[1]},{numbers[2]}"
        return operands.result(a, value, f"{operands.name} {text}", record)

    return build


def _branch(test: str) -> _Build:
    shown = _CANONICAL.get(test, test)
    negative = test != _FLAG_OF[test]

    def build(operands: _Operands) -> Instruction:
        field, label = operands.field(1), operands.label(len(operands) - 1)
        condition: Expr = Reg(f"cr{field}.{_FLAG_OF[test]}")
        if negative:
            condition = Op("lnot", (condition,))
        text = f"b{shown}  {label}" if field == "0" else f"b{shown}  cr{field},{label}"
        return Instruction((Branch(condition, label, operands.span),), text, target=label)

    return build


def _select(flag: str) -> _Build:
    """isel: rA (r0 means the number 0) if the bit of cr0 is set, else rB."""

    def build(operands: _Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg_or_0(1), operands.reg(2)
        value = Op("ite", (Reg(f"cr0.{flag}"), Const(0) if a == "r0" else Reg(a), Reg(b)))
        return operands.result(d, value, f"{operands.name} {d},{a},{b}", False)

    return build


def _goto(operands: _Operands) -> Instruction:
    label = operands.label(0)
    return Instruction((Goto(label, operands.span),), f"b   {label}", target=label)


def _touch(operands: _Operands) -> Instruction:
    """Cache instructions, which are nothing to the model."""
    return Instruction((), f"{operands.name} {operands.reg_or_0(0)},{operands.reg(1)}")


def _displaced(operands: _Operands) -> tuple[str, int]:
    """`8(r1)` or `8,r1`, the register and the number."""
    if len(operands.texts) == 3:
        return operands.reg(2), operands.word(1)
    base, number = operands.base_and_offset(1, high=(1 << 64) - 1)
    return base, wrap(number, operands.bits)


def _load_address(operands: _Operands) -> Instruction:
    """`la rD,number(rA)`, another way to write `addi`."""
    d = operands.reg(0)
    a, number = _displaced(operands)
    return operands.result(d, Op("add", (Reg(a), Const(number))), f"addi {d},{a},{number}", False)


def _access(name: str, size: int, store: bool, with_sign: bool, indexed: bool, update: bool) -> _Build:
    """Loads and stores, `rD,number(rA)` or `rD,rA,rB`; with `update`, rA is set to the address."""
    width = 8 * size
    # herd7's hash has the names of word accesses for doubleword accesses
    hashed = {"ld": "lwz", "ldx": "lwzx", "std": "stw", "stdx": "stwx"}.get(name, "")

    def build(operands: _Operands) -> Instruction:
        d, span, bits = operands.reg(0), operands.span, operands.bits
        addr: Expr
        if indexed:
            a, b = operands.reg_or_0(1), operands.reg(2)
            addr = _indexed(a, b)
            where = f" {d},{a},{b}"
        else:
            # `0(r0)` is the address 0 in the Power ISA, but tests mean the register, as herd7 reads it
            a, number = _displaced(operands)
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


def _load_reserve(size: int) -> _Build:
    def build(operands: _Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg_or_0(1), operands.reg(2)
        body: tuple[Statement, ...] = (Load(d, _indexed(a, b), EXCLUSIVE, True, operands.span),)
        if 8 * size < operands.bits:
            body = (*body, Assign(d, unsigned(Reg(d), 8 * size, operands.bits), operands.span))
        hint = f",{operands.number(3, 0, 1)}" if len(operands) == 4 else ""  # whether a lock is taken: nothing here
        return Instruction(body, f"{operands.name} {d},{a},{b}{hint}", size=size)

    return build


def _store_conditional(size: int) -> _Build:
    def build(operands: _Operands) -> Instruction:
        s, a, b = operands.reg(0), operands.reg_or_0(1), operands.reg(2)
        value = signed(Reg(s), 8 * size, operands.bits)
        store = StoreConditional("cr0.eq", _indexed(a, b), value, EXCLUSIVE, operands.span)
        others = [Assign(f"cr0.{bit}", Const(0), operands.span) for bit in ("lt", "gt")]
        return Instruction((store, *others), f"{operands.name} {s},{a},{b}", size=size)

    return build


_RRR, _RRN, _INDEXED = "rD,rA,rB", "rD,rA,number", "rD,rA,rB"
_MEMORY = "rD,number(rA) or rD,number,rA"
_DOUBLE_VALUES = frozenset({"mulld", "divd", "sld", "srd", "srad"})
_Row = tuple[str, str, _Build]


def _rows() -> Iterable[_Row]:
    for name, value in _VALUES.items():
        for record in (False, True):
            build = _three(value, record)
            yield f"{name}{'.' * record}", _RRR, _wide(build) if name in _DOUBLE_VALUES else build
    for name, value in _IMMEDIATE.items():
        for record in (False, True) if name.startswith("s") and name != "subfic" else (False,):
            build = _immediate(value, record)
            yield f"{name}{'.' * record}", _RRN, _wide(build) if name.endswith("di") else build
    yield "andi.", _RRN, _immediate(_plain("and"), True)
    yield "andis.", _RRN, _immediate(lambda a, b, bits: Op("and", (a, _high(b, bits))), True)
    for stem, (width, largest, _) in _ROTATIONS.items():
        usage = f"rA,rS{',rB' * (stem in _BY_REGISTER)}{',number' * len(largest)}"
        for record in (False, True):
            build = _rotate(stem, record)
            yield f"{stem}{'.' * record}", usage, _wide(build) if width == 64 else build
    for name, unary in _UNARY.items():
        for record in (False, True):
            build = _unary(unary, record)
            yield f"{name}{'.' * record}", "rD,rA", _wide(build) if name == "extsw" else build
    yield "addi", _RRN, _add_immediate(1, 0)
    yield "subi", _RRN, _add_immediate(-1, 0)
    yield "addis", _RRN, _add_immediate(1, 16)
    yield "li", "rD,number", _load_immediate(0)
    yield "lis", "rD,number", _load_immediate(16)
    for suffix, width in (("w", 32), ("d", 64)):
        for letter in ("", "l"):
            for immediate in (False, True):
                build = _compare(width, letter == "l", immediate)
                usage = "{crN,}rA,number" if immediate else "{crN,}rA,rB"
                yield f"cmp{letter}{suffix}{'i' * immediate}", usage, _wide(build) if width == 64 else build
    for flag in _BITS:
        yield f"isel{flag}", _RRR, _select(flag)
    yield "b", "label", _goto
    for test in _FLAG_OF:
        for hint in ("", "+", "-"):
            yield f"b{test}{hint}", "{crN,}label", _branch(test)
    for name, tags in _FENCES.items():
        yield name, "", fence(tags)
    yield "hwsync", "", printed_as("sync", fence(_FENCES["sync"]))
    yield "nop", "", nothing
    for name in ("dcbf", "dcbst", "dcbt", "dcbtst"):
        yield name, "rA,rB", _touch
    yield "blr", "", ends
    yield "la", _MEMORY, _load_address
    for stem, size, with_sign in (
        ("bz", 1, False),
        ("hz", 2, False),
        ("ha", 2, True),
        ("wz", 4, False),
        ("d", 8, True),
    ):
        yield from _memory(f"l{stem}", size, False, with_sign)
    yield "lwa", _MEMORY, _wide(_access("lwa", 4, False, True, False, False))
    yield "lwax", _INDEXED, _wide(_access("lwax", 4, False, True, True, False))
    yield "lwaux", _INDEXED, _wide(_access("lwaux", 4, False, True, True, True))
    for stem, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        yield from _memory(f"st{stem}", size, True, False)
    for suffix, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        reserve, conditional = _load_reserve(size), _store_conditional(size)
        yield f"l{suffix}arx", "rD,rA,rB{,0|1}", _wide(reserve) if size == 8 else reserve
        yield f"st{suffix}cx.", _INDEXED, _wide(conditional) if size == 8 else conditional


def _memory(name: str, size: int, store: bool, with_sign: bool) -> Iterable[_Row]:
    for u, update in (("", False), ("u", True)):
        for x, usage, indexed in (("", _MEMORY, False), ("x", _INDEXED, True)):
            build = _access(f"{name}{u}{x}", size, store, with_sign, indexed, update)
            yield f"{name}{u}{x}", usage, _wide(build) if size == 8 else build


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

_ROWS = {name: (usage, build) for name, usage, build in _rows()}
_TABLE = InstructionTable("PPC", _ROWS, ((rf"(?:{'|'.join(_REFUSED.split())})\.?", ""),), spelled=str)
instructions = _TABLE.usages
