"""Instructions that instruction sets have in common, each as a function of its operands; and tables of them.

A row of a table is a mnemonic, how its operands are written, and one of these functions or one of its own. Unless they
say otherwise, they are for sets in which the register that is written comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.frontend.arithmetic import Binary, Part, Unary, signed, unsigned
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Jump, Program, ProgramSection
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import UNUSED, Operands, Place, Syntax
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Assign,
    Branch,
    Const,
    Fence,
    Goto,
    Load,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    code_address,
)
from litmus.ir.values import wrap

if TYPE_CHECKING:
    from litmus.frontend.words import Words

Build = Callable[[Operands], Instruction]
Row = tuple[str, str, Build]
"""The mnemonic of an instruction, its operands as in `Operands.usage`, and what makes it of them."""

Given = TypeVar("Given", bound=Operands)
_HEAD = re.compile(r"[A-Za-z_][\w.]*[+-]?", re.ASCII)


# --- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InstructionTable(Generic[Given]):
    """The instructions of a dialect: for each mnemonic, in the case that `spelled` gives it, operands and meaning.

    `refused` are patterns of mnemonics that exist but are not read, each with the reason, "" if there is none to give.
    A mnemonic may end with one of the `suffixes`, such as a condition, unless it is in `bare`.
    """

    dialect: str
    rows: Mapping[str, tuple[str, Callable[[Given], Instruction]]]
    refused: tuple[tuple[str, str], ...] = ()
    spelled: Callable[[str], str] = str.lower
    suffixes: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()

    def find(self, cell: InstructionText) -> tuple[str, int, str, Callable[[Given], Instruction]]:
        """The mnemonic of an instruction without its suffix, where it ends with it, and what the table has for it.

        Raises ParseError, UnsupportedError if it has nothing.
        """
        head = _HEAD.match(cell.text)
        if head is None:
            raise ParseError("expected an instruction", cell.place(0, 1))
        name = self.spelled(head[0])
        found = self.rows.get(name)
        if found is None and self.suffixes:
            ending = next((suffix for suffix in self.suffixes if name.endswith(suffix)), "")
            name = name.removesuffix(ending)
            found = self.rows.get(name) if name not in self.bare else None
        if found is None:
            raise self._unknown(cell, head[0])
        return name, head.end(), *found

    def _unknown(self, cell: InstructionText, written: str) -> LitmusError:
        place, name = cell.place(0, len(written)), self.spelled(written)
        for pattern, why in self.refused:
            if re.fullmatch(pattern, name):
                return UnsupportedError(f"{quoted(written)} is not supported", place, why or None)
        message = f"unknown mnemonic {quoted(written)} in dialect {self.dialect}"
        endings = [suffix for suffix in self.suffixes if name.endswith(suffix)]
        longer = [f"{row}{suffix}" for suffix in endings for row in self.rows if row not in self.bare]
        return ParseError(message, place, did_you_mean(written, (*self.rows, *longer)))

    def usages(self) -> Mapping[str, str]:
        """The instructions, each with its operands."""
        return {name: usage for name, (usage, _) in self.rows.items()}


def table_of(
    dialect: str,
    rows: Iterable[tuple[str, str, Callable[[Given], Instruction]]],
    refused: str = "",
    spelled: Callable[[str], str] = str.lower,
) -> InstructionTable[Given]:
    """The table of some rows; `refused` is one pattern, for mnemonics that are refused without a reason."""
    found = {name: (usage, build) for name, usage, build in rows}
    return InstructionTable(dialect, found, ((refused, ""),) if refused else (), spelled)


@dataclass(frozen=True, slots=True)
class ColumnDialect:
    """A dialect made of columns whose instructions are in a table.

    `registers` are those that conditions may name, with their ranks in state lines; `free` are those that symbolic ones
    may stand for. If there are `wide` mnemonics, a test that has none of them, and no type of 64 bits, has words of 32.
    `big_endian` is whether the first byte of a location has the most significant bits of its value.
    """

    archs: tuple[str, ...]
    sets: frozenset[str]
    syntax: Syntax
    table: InstructionTable[Operands]
    registers: Mapping[str, int]
    free: tuple[str, ...] = ()
    wide: frozenset[str] = frozenset()
    big_endian: bool = False

    @property
    def word_bits(self) -> int:
        """The width of the registers."""
        return self.syntax.bits

    def register(self, name: str) -> str | None:
        """The name of a register, for any of its spellings; None if conditions cannot name it."""
        found = self.syntax.registers.get(name)
        return found if found in self.registers else None

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        if not self.wide:
            program = parse_columns(section, self)
            return replace(program, big_endian=True) if self.big_endian else program
        from litmus.frontend.words import Words, parse_words  # few sets have words of two widths

        program = parse_words(section, Words, lambda words: _Reader(self, words, replace(self.syntax, bits=words.bits)))
        return replace(program, number_bits=64, big_endian=self.big_endian)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. Raises ParseError, UnsupportedError."""
        name, at, usage, build = self.table.find(cell)
        return build(Operands(cell, name, at, usage, self.syntax))

    def instructions(self) -> Mapping[str, str]:
        """The instructions that are read, each with its operands."""
        return self.table.usages()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the instructions of one test, whose registers hold `words`."""

    dialect: ColumnDialect
    words: Words
    syntax: Syntax

    @property
    def word_bits(self) -> int:
        return self.words.bits

    @property
    def free(self) -> tuple[str, ...]:
        return self.dialect.free

    def register(self, name: str) -> str | None:
        return self.dialect.register(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        name, at, usage, build = self.dialect.table.find(cell)
        if name in self.dialect.wide:
            self.words.need(64)
        return build(Operands(cell, name, at, usage, self.syntax))


# --- what computes ---------------------------------------------------------------------------------------------------


def of_two(value: Binary) -> Build:
    """`add rd,rs,rt`: what a function makes of two registers."""

    def build(operands: Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg(1), operands.reg(2)
        return operands.assign(d, value(operands.read(a), operands.read(b)), f"{operands.name} {d},{a},{b}")

    return build


def with_number(value: Binary, low: int = -(1 << 63), high: int = (1 << 64) - 1, width: int = 64) -> Build:
    """`addi rd,rs,4`: what a function makes of a register and a number, whose low `width` bits are a signed number."""

    def build(operands: Operands) -> Instruction:
        bits = operands.syntax.bits
        d, a, given = operands.reg(0), operands.reg(1), wrap(operands.number(2, low, high), bits)
        number = Const(wrap(given, min(width, bits)))
        return operands.assign(d, value(operands.read(a), number), f"{operands.name} {d},{a},{given}")

    return build


def of_one(value: Unary) -> Build:
    """`mv rd,rs`: what a function makes of a register."""

    def build(operands: Operands) -> Instruction:
        d, a = operands.reg(0), operands.reg(1)
        return operands.assign(d, value(operands.read(a)), f"{operands.name} {d},{a}")

    return build


def number(low: int = -(1 << 63), high: int = (1 << 64) - 1, shift: int = 0, width: int = 64) -> Build:
    """`li rd,4`: a number, shifted to the left and cut to `width` bits."""

    def build(operands: Operands) -> Instruction:
        d, given = operands.reg(0), operands.number(1, low, high)
        value = Const(wrap(given << shift, min(width, operands.syntax.bits)))
        return operands.assign(d, value, f"{operands.name} {d},{given}")

    return build


def address(operands: Operands) -> Instruction:
    """`la rd,x`: the address of a location."""
    d, symbol = operands.reg(0), operands.symbol(1)
    return operands.assign(d, Const(Address(symbol)), f"{operands.name} {d},{symbol}", symbols=(symbol,))


# --- memory ----------------------------------------------------------------------------------------------------------

At = Callable[[Operands, int], Place]
"""Reads the operand in memory that begins at an index."""

_STORED, _SOURCE = "status", "source"  # whether a conditional store succeeded; what an update takes that overwrites it


def load(
    size: int, part: Part = signed, tags: frozenset[str] = NO_TAGS, reserve: bool = False, at: At = Operands.displaced
) -> Build:
    """`lw rd,8(rs)`: a load of `size` bytes, as a `signed` or `unsigned` number; with `reserve`, a load linked."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        place = at(operands, 1)
        dest, span = UNUSED if d == operands.syntax.zero else d, operands.cell.span
        body: tuple[Statement, ...] = (Load(dest, place.addr, tags, reserve, span),)
        if part is unsigned and 8 * size < operands.syntax.bits:
            body = (*body, Assign(dest, unsigned(Reg(dest), 8 * size, operands.syntax.bits), span))
        return Instruction(body, f"{operands.name} {d},{place.text}", size=size, symbols=place.symbols)

    return build


def store(size: int, tags: frozenset[str] = NO_TAGS, at: At = Operands.displaced) -> Build:
    """`sw rs,8(rt)`: a store of `size` bytes, as memory holds them: a signed number."""

    def build(operands: Operands) -> Instruction:
        source = operands.reg(0)
        place = at(operands, 1)
        value = signed(operands.read(source), 8 * size, operands.syntax.bits)
        body = (Store(place.addr, value, tags, operands.cell.span),)
        return Instruction(body, f"{operands.name} {source},{place.text}", size=size, symbols=place.symbols)

    return build


def store_conditional(size: int, tags: frozenset[str], at: At = Operands.displaced) -> Build:
    """`sc rs,8(rt)`: stores a register, which then says whether it was stored."""

    def build(operands: Operands) -> Instruction:
        source = operands.reg(0)
        place = at(operands, 1)
        status = _STORED if source == operands.syntax.zero else source
        value = signed(operands.read(source), 8 * size, operands.syntax.bits)
        body = (StoreConditional(status, place.addr, value, tags, operands.cell.span),)
        return Instruction(body, f"{operands.name} {source},{place.text}", size=size, symbols=place.symbols)

    return build


def update(value: Binary, size: int, tags: frozenset[str], at: At = Operands.without_offset) -> Build:
    """`amoadd rd,rs,(rt)`: `rd` becomes what is read, memory what a function makes of that and of `rs`.

    Both numbers are as wide as the access, and signed: so are extended, they compare the same as unsigned ones.
    """

    def build(operands: Operands) -> Instruction:
        d, source = operands.reg(0), operands.reg(1)
        place = at(operands, 2)
        bits, span, zero = operands.syntax.bits, operands.cell.span, operands.syntax.zero
        dest, other = UNUSED if d == zero else d, operands.read(source)
        body: tuple[Statement, ...] = ()
        if d == source != zero:  # in the value, this register is what was read
            body, other = (Assign(_SOURCE, other, span),), Reg(_SOURCE)
        new = signed(value(Reg(dest), signed(other, 8 * size, bits)), 8 * size, bits)
        body = (*body, Rmw(dest, place.addr, new, tags, tags, span=span))
        return Instruction(body, f"{operands.name} {d},{source},{place.text}", size=size)

    return build


def fence(tags: frozenset[str]) -> Build:
    """A fence without operands."""
    return lambda operands: Instruction((Fence(tags, operands.cell.span),), operands.name)


# --- branches --------------------------------------------------------------------------------------------------------


def branch(relation: Binary, shown: str = "", first: int = 0, second: int = 1) -> Build:
    """`beq rs,rt,label`: compares the registers at two indices, -1 for the number 0. It is printed as `shown`."""

    def build(operands: Operands) -> Instruction:
        zero = operands.syntax.zero
        a, b = (zero if index < 0 else operands.reg(index) for index in (first, second))
        label = operands.label(len(operands.texts) - 1)
        test = relation(operands.read(a), operands.read(b))
        text = f"{shown or operands.name} {a},{b},{label}"
        return Instruction((Branch(test, label, operands.cell.span),), text, target=label)

    return build


def branch_if(test: Unary) -> Build:
    """`bnez rs,label`: goes to a label if a function of a register is not 0."""

    def build(operands: Operands) -> Instruction:
        a, label = operands.reg(0), operands.label(1)
        body = (Branch(test(operands.read(a)), label, operands.cell.span),)
        return Instruction(body, f"{operands.name} {a},{label}", target=label)

    return build


def goto(operands: Operands) -> Instruction:
    """`b label`, the last operand."""
    label = operands.label(len(operands.texts) - 1)
    return Instruction((Goto(label, operands.cell.span),), f"{operands.name} {label}", target=label)


_TO = "where to go"  # no register is called so


def call(cell: InstructionText, link: str, text: str, to: str, by_value: bool) -> Instruction:
    """A call of a label, or of the address that a register has; `link` is then the address of the next instruction."""
    from litmus.frontend.code import returns_to  # few tests call

    label, there = returns_to(cell)
    address = code_address(cell.thread, label)
    linked = Assign(link, Const(address), cell.span)
    if by_value:
        value = Assign(_TO, Reg(to), cell.span)
        return Instruction((value, linked, Jump(Reg(_TO), cell.span), *there), text, labels=(address,))
    return Instruction((linked, Goto(to, cell.span), *there), text, target=to, labels=(address,))


def nothing(operands: Operands) -> Instruction:
    """An instruction that does nothing of interest."""
    return Instruction((), operands.name)


def ends(operands: Operands) -> Instruction:
    """A return from the function that the thread is."""
    return Instruction((), operands.name, ends=True)


def with_zero(relation: Binary) -> Unary:
    """A comparison with 0."""
    return lambda a: relation(a, Const(0))


def printed_as(shown: str, build: Build) -> Build:
    """An instruction that is printed under another name."""

    def built(operands: Operands) -> Instruction:
        found = build(operands)
        return replace(found, text=shown + found.text.removeprefix(operands.name))

    return built
