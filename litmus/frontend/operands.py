"""The operands of an instruction: registers, numbers, labels, locations and places in memory, between commas.

Every reader of instructions asks for its operands here. An instruction set that writes some of them in a way of its own
has a subclass of `Operands`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Self

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.dialect import Instruction, InstructionText
from litmus.frontend.lexer import parse_number, quoted
from litmus.ir.thread import Address, Assign, Const, Expr, Op, Reg

UNUSED = "unused"
"""Where a value goes that an instruction writes to the register that is always 0."""

_LABEL = re.compile(r"[A-Za-z_.][\w.$/-]*", re.ASCII)
_SYMBOL = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_DISPLACED = re.compile(r"([^()\s]*)\s*\(\s*([^()\s]+)\s*\)", re.ASCII)
_DISTANCE = re.compile(r"\.\s*[-+]", re.ASCII)
_PART = re.compile(r"\s*((?:\[[^\]]*\]?\s*!?|\{[^}]*\}?)?(?:[^,\[\]{}(]|\([^()]*\)|\((?![^()]*\)))*)", re.ASCII)
_COMMA_INSIDE = re.compile(r"\[[^\]]*,|\{[^}]*,|\([^()]*,")
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
_OPTIONAL = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Syntax:
    """How the operands of an instruction set are written.

    `registers` maps each spelling of a register to its name. `zero` is the register that is always 0, "" if there is
    none. `sign` may stand before a number. `memory` is an example of an operand in memory.
    """

    registers: Mapping[str, str]
    zero: str = ""
    sign: str = ""
    bits: int = 64
    memory: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An operand in memory: its address, how it is written, and the locations that it names."""

    addr: Expr
    text: str
    symbols: tuple[str, ...] = ()


class Operands:
    """The operands of the instruction `name`, which stand behind offset `at` of its text. All methods raise ParseError.

    `usage` shows how they are written, with `{,shift}` around what may be left out, and ` or ` between forms.
    """

    __slots__ = ("at", "cell", "name", "span", "syntax", "texts", "usage")

    def __init__(self, cell: InstructionText, name: str, at: int, usage: str, syntax: Syntax) -> None:
        self.cell = cell
        self.span: Span = cell.span
        self.name = name
        self.usage = usage
        self.syntax = syntax
        self.at = at
        rest = cell.text[at:]
        if not rest or rest.isspace():
            self.texts: list[str] = []
        elif _COMMA_INSIDE.search(rest) is not None:
            self.texts = [text for text, _ in self._parts()]
        else:
            self.texts = list(map(str.strip, rest.split(",")))
        if len(self.texts) not in counts(usage):
            raise ParseError(f"'{name}' takes {_counted(usage)}, not {len(self.texts)}", cell.span, self.hint)

    def _parts(self) -> list[tuple[str, int]]:
        """The operands with the offsets at which they begin; a comma in a group of any kind is no end of one."""
        text, at = self.cell.text, self.at
        found: list[tuple[str, int]] = []
        while True:
            match = _PART.match(text, at)
            assert match is not None
            found.append((match[1].rstrip(), match.start(1)))
            at = match.end()
            if at == len(text):
                return found
            if text[at] != ",":
                raise ParseError(f"unexpected {quoted(text[at])}", self.cell.place(at, at + 1), self.hint)
            at += 1

    @property
    def hint(self) -> str | None:
        """The instruction with the forms of its operands."""
        forms = [f"{self.name} {form}".rstrip() for form in self.usage.split(" or ")]
        return " or ".join(forms) if self.usage else None

    def __len__(self) -> int:
        return len(self.texts)

    def place(self, index: int) -> Span:
        """Where an operand is, or would be if it is empty; the end of the instruction if it is missing."""
        end = len(self.cell.text)
        if index >= len(self.texts):
            return self.cell.place(end - 1, end)
        text, start = self._parts()[index]
        start = min(start, end - 1)
        return self.cell.place(start, start + len(text))

    def error(self, index: int, wanted: str) -> LitmusError:
        """The error for an operand that is not what is wanted."""
        text = self.texts[index] if index < len(self.texts) else ""
        found = quoted(text) if text else "nothing" if index < len(self.texts) else "the end"
        return ParseError(f"expected {wanted}, found {found}", self.place(index), self.hint)

    # --- registers ---------------------------------------------------------------------------------------------------

    def reg(self, index: int) -> str:
        """The register that an operand names."""
        text = self.texts[index]
        return self.syntax.registers.get(text) or self.other_register(text, index)

    def other_register(self, text: str, index: int, at: int = 0) -> str:
        """The register that a symbolic one stands for; the error if the text, `at` characters on, names none."""
        if text[:1] == "%" and text[1:] in self.cell.symbolic:
            return self.cell.symbolic[text[1:]]
        if not text:
            raise self.error(index, "a register")
        hint = did_you_mean(text, self.syntax.registers) or self.hint
        place = self.place(index)
        start = place.start - self.cell.start + at
        raise ParseError(f"no register {quoted(text)}", self.cell.place(start, start + len(text)), hint)

    def is_register(self, index: int) -> bool:
        """Whether an operand names a register."""
        text = self.texts[index]
        return text in self.syntax.registers or (text[:1] == "%" and text[1:] in self.cell.symbolic)

    def read(self, register: str) -> Expr:
        """The value of a register."""
        return Const(0) if register == self.syntax.zero else Reg(register)

    def value(self, index: int) -> Expr:
        """The value of the register that an operand names."""
        return self.read(self.reg(index))

    def assign(self, dest: str, value: Expr, text: str, hashed: str = "", symbols: tuple[str, ...] = ()) -> Instruction:
        """An instruction that computes a register; to compute the one that is always 0 is to do nothing."""
        body = () if dest == self.syntax.zero else (Assign(dest, value, self.cell.span),)
        return Instruction(body, text, hashed=hashed, symbols=symbols)

    # --- numbers and names -------------------------------------------------------------------------------------------

    def is_number(self, index: int) -> bool:
        """Whether an operand looks like a number."""
        return self.texts[index].lstrip(self.syntax.sign + "+- ")[:1].isdigit()

    def number(self, index: int, low: int = -(1 << 63), high: int = (1 << 64) - 1) -> int:
        """A number from `low` to `high`."""
        number = parse_number(self.texts[index])
        return (
            self.number_in(self.texts[index], index, low, high)
            if number is None or not low <= number <= high
            else number
        )

    def number_in(self, text: str, index: int, low: int = -(1 << 63), high: int = (1 << 64) - 1) -> int:
        """A number from `low` to `high`, which is a part of an operand."""
        sign = self.syntax.sign
        number = parse_number(text[1:].lstrip() if sign and text[:1] == sign else text)
        if number is None or not low <= number <= high:
            within = "of at most 64 bits" if high - low >> 64 else f"from {low} to {high}"
            raise ParseError(f"{quoted(text)} is not a number {within}", self.place(index), self.hint)
        return number

    def label(self, index: int) -> str:
        """The name of a label, which is the last operand."""
        text = self.texts[index]
        if _LABEL.fullmatch(text) is None or text[1:2] in ("+", "-"):
            if _DISTANCE.match(text):
                raise UnsupportedError("jumps by a distance are not supported", self.place(index), "name a label")
            raise ParseError(f"{quoted(text)} is not a label", self.place(index), self.hint)
        return text

    def symbol(self, index: int) -> str:
        """The name of a location."""
        return self.symbol_in(self.texts[index], index)

    def symbol_in(self, text: str, index: int) -> str:
        """The name of a location, which is a part of an operand."""
        if _SYMBOL.fullmatch(text) is None or text in self.syntax.registers:
            raise ParseError(f"{quoted(text)} is not the name of a location", self.place(index), self.hint)
        return text

    # --- places in memory --------------------------------------------------------------------------------------------

    def displaced(self, index: int, low: int = -(1 << 63), high: int = (1 << 63) - 1, scale: int = 1) -> Place:
        """`8(a0)` or `(a0)`, the number from `low` to `high` and in units of `scale` bytes."""
        base, number = self.base_and_offset(index, low, high)
        return Place(moved(self.read(base), number * scale), f"{number}({base})")

    def without_offset(self, index: int) -> Place:
        """`(a0)` or `0(a0)`."""
        base, number = self.base_and_offset(index)
        if number:
            raise ParseError("this instruction takes no offset", self.place(index), f"write ({base})")
        return Place(self.read(base), f"({base})")

    def base_and_offset(self, index: int, low: int = -(1 << 63), high: int = (1 << 63) - 1) -> tuple[str, int]:
        """The register and the number of `8(a0)` or `(a0)`."""
        match = _DISPLACED.fullmatch(self.texts[index])
        if match is None:
            message = f"{quoted(self.texts[index])} is not an operand in memory"
            raise ParseError(message, self.place(index), f"an operand in memory is like {self.syntax.memory}")
        offset, name = match.groups()
        base = self.syntax.registers.get(name) or self.other_register(name, index, match.start(2))
        return base, self.number_in(offset, index, low, high) if offset and offset != "0" else 0

    def inside(self, index: int) -> tuple[Self, bool]:
        """What stands in brackets, as operands of its own, and whether `!` follows them."""
        text, start = self._parts()[index]
        before = text.endswith("!")
        body = text.removesuffix("!").rstrip()
        if body[:1] != "[" or body[-1:] != "]" or not body[1:-1].strip():
            raise self.error(index, "an address in brackets")
        inner = self._inner(start + 1, start + len(body) - 1)
        return inner, before

    def alone(self, index: int) -> Self:
        """What stands in brackets, which must be a register without an offset, as operands of its own."""
        inner, before = self.inside(index)
        if before or len(inner) > 2 or (len(inner) == 2 and inner.number(1) != 0):
            raise self.error(index, "a register in brackets, without an offset,")
        return inner

    def _inner(self, start: int, end: int) -> Self:
        """The operands between two offsets of the text."""
        cell = self.cell
        inner = type(self).__new__(type(self))
        inner.cell = InstructionText(cell.source, cell.text[:end], cell.start, cell.span, cell.symbolic)
        inner.span, inner.name, inner.usage = cell.span, self.name, self.usage
        inner.syntax, inner.at = self.syntax, start
        inner.texts = [part for part, _ in inner._parts()]
        return inner


def moved(addr: Expr, offset: int) -> Expr:
    """The address `offset` bytes behind another."""
    if not offset:
        return addr
    match addr:
        case Const(0):
            return Const(offset)
        case Const(Address(symbol, before)):
            return Const(Address(symbol, before + offset))
        case Op("add", (base, Const(int() as number))):
            return Op("add", (base, Const(number + offset)))
    return Op("add", (addr, Const(offset)))


@cache
def counts(usage: str) -> frozenset[int]:
    """How many operands an instruction may have whose usage is given."""
    found: set[int] = set()
    for form in usage.split(" or "):
        plain = _IN_BRACKETS.sub("_", form)
        optional = [group.count(",") or 1 for group in _OPTIONAL.findall(plain)]
        needed = _OPTIONAL.sub("", plain)
        totals = {needed.count(",") + 1 if needed.strip() else 0}
        for more in optional:
            totals |= {total + more for total in totals}
        found |= totals
    return frozenset(found)


def _counted(usage: str) -> str:
    """The counts of a usage in words: `1 operand`, `0 or 2 operands`."""
    numbers = sorted(counts(usage))
    return f"{' or '.join(map(str, numbers))} operand{'' if numbers == [1] else 's'}"
