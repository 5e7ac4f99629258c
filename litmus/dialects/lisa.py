"""LISA, the assembly in which tests for bell files are written: `r[once] r1 x`, `w[release] x 1`, `f[mb]`.

An instruction carries annotations in brackets, and a bell file says which there are; what they mean, a model says. So
the tags of the statements are annotations as written, and a target makes sets of them (`litmus.targets.lisa`).
Registers have 64 bits. Source: herdtools7 7.58, lib/BellLexer.mll, lib/LISAParser.mly and herd/BellSem.ml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.lexer import Tokens, is_number, quoted
from litmus.ir.thread import (
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
    Rmw,
    Statement,
    Store,
)

ARCH = "LISA"

_FREE = tuple([f"r{number}" for number in range(100)])  # those that herd7 gives to symbolic registers
_REGISTER = re.compile(r"r(\d{1,9})\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z][\w/-]*\Z", re.ASCII)
_TOKEN = re.compile(r"\s*(-?[0-9]\w*|%?[A-Za-z_][\w/-]*|\S)", re.ASCII)
_AFTER = re.compile(r"(?<=;)\s*(?:scopes|levels|regions)\s*:", re.ASCII)
_OPERATORS: Mapping[str, tuple[BinaryOperator, str]] = {
    "add": ("add", "add"),
    "xor": ("xor", "xor"),
    "and": ("and", "and"),
    "eq": ("eq", "eq"),
    "ne": ("ne", "neq"),
    "neq": ("ne", "neq"),
}
"""The operators, each with its name in the canonical text."""

_USAGE: Mapping[str, str] = {
    "r": "r[tags] rD address",
    "w": "w[tags] address value",
    "f": "f[tags]",
    "rmw": "rmw[tags] rD operation address",
    "b": "b[] rS label",
    "mov": "mov rD operation",
    "call": "call[tag]",
    "nop": "nop",
}
_RESERVED = frozenset({"rmw", "mov", "call", *_OPERATORS, "scopes", "levels", "regions"})
"""Words that cannot be the name of a location; `r`, `w`, `b` and `f` can."""


class _Registers(Mapping[str, int]):
    """r0, r1 and so on: as many as a test names, each with its number."""

    def __getitem__(self, name: str) -> int:
        match = _REGISTER.match(name)
        if match is None:
            raise KeyError(name)
        return int(match[1])

    def __iter__(self) -> Iterator[str]:
        """Those that a suggestion may name."""
        return iter(_FREE)

    def __len__(self) -> int:
        return len(_FREE)


@dataclass(frozen=True, slots=True)
class Lisa:
    """The dialect LISA."""

    archs: tuple[str, ...] = (ARCH,)
    sets: frozenset[str] = frozenset({"X", "RMW", "Ftotal"})
    registers: Mapping[str, int] = field(default_factory=_Registers)

    def register(self, name: str) -> str | None:
        """`r1` may be written `r01`."""
        match = _REGISTER.match(name)
        return f"r{int(match[1])}" if match is not None else None

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError.

        What follows it about scopes, levels and regions is passed over: only functions of cat that are not supported
        can ask for it.
        """
        match = _AFTER.search(section.text, section.start, section.end)
        if match is not None:
            section = replace(section, end=match.start())
        return replace(parse_columns(section, _Reader(section)), number_bits=64)


DIALECT = Lisa()


def instructions() -> Mapping[str, str]:
    """The operands of each mnemonic."""
    return {name: usage.removeprefix(name).strip() for name, usage in _USAGE.items()}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the instructions of one program."""

    section: ProgramSection
    word_bits: int = 64
    free: tuple[str, ...] = _FREE

    def register(self, name: str) -> str | None:
        return DIALECT.register(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. Raises ParseError, UnsupportedError."""
        return _Cell(cell, self.section).instruction()


@dataclass(frozen=True, slots=True)
class _Operand:
    """A value with its canonical text."""

    value: Expr
    text: str


class _Cell:
    """One instruction while it is read."""

    def __init__(self, cell: InstructionText, section: ProgramSection) -> None:
        end = cell.start + len(cell.text)
        self.cell = cell
        self.tokens = Tokens(cell.source, section.text, cell.start, end, _TOKEN, section.deadline)
        self.symbols: list[str] = []

    def instruction(self) -> Instruction:
        here = self.tokens.here
        name = self.tokens.advance()
        if name not in _USAGE:
            raise ParseError(f"unknown mnemonic {quoted(name)}", here, did_you_mean(name, _USAGE))
        try:
            return self.operands(name)
        except UnsupportedError:
            raise
        except ParseError as error:
            raise ParseError(error.message, error.span, error.hint or _USAGE[name]) from None

    def operands(self, name: str) -> Instruction:
        span = self.cell.span
        if name == "nop":
            return self.made((), "nop")
        if name == "mov":
            dest = self.register()
            value = self.operation()
            return self.made((Assign(dest, value.value, span),), f"mov {dest} {value.text}")
        tags, written = self.annotations()
        if name == "call":
            if len(tags) != 1:
                raise ParseError("'call' takes one annotation", span)
            return self.made((Fence(frozenset(tags), span),), f"call{written}")
        if name == "f":
            if self.tokens.current == "{":
                raise UnsupportedError("fences between labels are not supported", self.tokens.here)
            return self.made((Fence(frozenset(tags), span),), f"f{written}")
        if name == "b":
            return self.branch(tags, written)
        statement: Statement
        if name == "r":
            dest = self.register()
            place = self.address()
            statement = Load(dest, place.value, frozenset(tags), span=span)
            return self.made((statement,), f"r{written} {dest} {place.text}")
        if name == "w":
            place = self.address()
            value = self.register_or_number()
            statement = Store(place.value, value.value, frozenset(tags), span)
            return self.made((statement,), f"w{written} {place.text} {value.text}")
        dest = self.register()
        value = self.operation()
        place = self.address()
        statement = Rmw(dest, place.value, value.value, frozenset(tags), frozenset(tags), span=span)
        return self.made((statement,), f"rmw{written} {dest} {value.text} {place.text}")

    def made(self, statements: tuple[Statement, ...], text: str, target: str = "") -> Instruction:
        """The instruction, if nothing follows it. Raises ParseError."""
        if self.tokens.current:
            raise self.tokens.unexpected("the end of the instruction")
        return Instruction(statements, text, target, symbols=tuple(self.symbols))

    def branch(self, tags: tuple[str, ...], written: str) -> Instruction:
        span = self.cell.span
        if tags:
            raise UnsupportedError("annotations of branches are not supported", span, "write 'b[]'")
        condition = self.register() if self.tokens.ahead(1) else None
        label = self.name("a label")
        if condition is None:
            return self.made((Goto(label, span),), f"b{written} {label}", label)
        return self.made((Branch(Reg(condition), label, span),), f"b{written} {condition} {label}", label)

    # --- operands -----------------------------------------------------------------------------------------------------

    def annotations(self) -> tuple[tuple[str, ...], str]:
        """Reads `[once]`, `[]` or nothing: the annotations, and their canonical text."""
        tokens = self.tokens
        found: list[str] = []
        if tokens.accept("["):
            while not tokens.accept("]"):
                if found:
                    tokens.expect(",", "or ']' after an annotation")
                found.append(self.name("an annotation"))
        return tuple(found), f"[{','.join(found)}]"

    def name(self, what: str) -> str:
        if _NAME.match(self.tokens.current) is None or self.tokens.current in _RESERVED:
            raise self.tokens.unexpected(what)
        return self.tokens.advance()

    def register(self) -> str:
        found = self.register_or_none()
        if found is None:
            raise self.tokens.unexpected("a register")
        return found

    def register_or_none(self) -> str | None:
        """Reads a register, if there is one at the cursor."""
        token = self.tokens.current
        found = self.cell.symbolic.get(token[1:]) if token[:1] == "%" else DIALECT.register(token)
        if found is not None:
            self.tokens.advance()
        return found

    def register_or_number(self) -> _Operand:
        if is_number(self.tokens.current):
            number = self.tokens.number()
            return _Operand(Const(number), str(number))
        register = self.register_or_none()
        if register is None:
            raise self.tokens.unexpected("a register or a number")
        return _Operand(Reg(register), register)

    def register_or_symbol(self) -> _Operand:
        register = self.register_or_none()
        if register is not None:
            return _Operand(Reg(register), register)
        symbol = self.name("a register or a location")
        self.symbols.append(symbol)
        return _Operand(Const(Address(symbol)), symbol)

    def address(self) -> _Operand:
        """Reads `x`, `r1`, `x+r1` or `r1+8`."""
        base = self.register_or_symbol()
        if not self.tokens.accept("+"):
            return base
        offset = self.register_or_number()
        return _Operand(Op("add", (base.value, offset.value)), f"{base.text}+{offset.text}")

    def operation(self) -> _Operand:
        """Reads a value, or `(add r1 1)`."""
        tokens = self.tokens
        if not tokens.accept("("):
            return self.value()
        here, word = tokens.here, tokens.current
        if word not in _OPERATORS:
            raise ParseError(f"no operator {quoted(word)}", here, f"known are {', '.join(_OPERATORS)}")
        tokens.advance()
        operator, name = _OPERATORS[word]
        left, right = self.value(), self.value()
        tokens.expect(")", "after two operands")
        return _Operand(Op(operator, (left.value, right.value)), f"({name} {left.text} {right.text})")

    def value(self) -> _Operand:
        """Reads a register, a number or the address of a location."""
        return self.register_or_number() if is_number(self.tokens.current) else self.register_or_symbol()
