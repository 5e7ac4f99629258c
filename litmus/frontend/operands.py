"""What the readers of instructions have in common: operands between commas, and parts of words."""

from __future__ import annotations

import re

from litmus.base.errors import ParseError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.dialect import InstructionText
from litmus.frontend.lexer import counted, parse_number, quoted
from litmus.ir.thread import Const, Expr, Op

_LABEL = re.compile(r"[A-Za-z_.][\w.$/-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Operands:
    """The operands of an instruction: the texts between the commas behind offset `at` of its text."""

    cell: InstructionText
    texts: tuple[str, ...]
    at: int

    def span(self, index: int) -> Span:
        """The place of an operand; of one that is empty, the comma before it or the end of what is there."""
        at, text = self.at, ""
        for text in self.cell.text[self.at :].split(",")[: index + 1]:
            start, at = at, at + len(text) + 1
        shown = text.strip()
        first = start + len(text) - len(text.lstrip()) if shown else min(start, len(self.cell.text)) - 1
        return self.cell.place(first, first + len(shown))

    def number(self, index: int, low: int = -(1 << 63), high: int = (1 << 64) - 1) -> int:
        """A number from `low` to `high`. Raises ParseError."""
        return self.number_in(self.texts[index], index, low, high)

    def number_in(self, text: str, index: int, low: int, high: int) -> int:
        """A number that is a part of an operand. Raises ParseError."""
        number = parse_number(text)
        if number is None or not low <= number <= high:
            within = "of at most 64 bits" if high - low >> 64 else f"from {low} to {high}"
            raise ParseError(f"{quoted(text)} is not a number {within}", self.span(index))
        return number

    def label(self, index: int) -> str:
        """The name of a label. Raises ParseError."""
        if _LABEL.fullmatch(self.texts[index]) is None:
            raise ParseError(f"{quoted(self.texts[index])} is not a label", self.span(index))
        return self.texts[index]


def operands_of(cell: InstructionText, at: int, name: str, usage: str) -> Operands:
    """The operands of the instruction `name`, behind offset `at` of its text.

    `usage` shows an example of each, with ` or ` between forms of which one is meant. Raises ParseError if there are
    more or fewer.
    """
    rest = cell.text[at:]
    texts = tuple([part.strip() for part in rest.split(",")]) if rest and not rest.isspace() else ()
    forms = usage.split(" or ")
    if all(len(texts) != (form.count(",") + 1 if form else 0) for form in forms):
        wanted = sorted({form.count(",") + 1 if form else 0 for form in forms})
        takes = " or ".join(counted(count, "operand") for count in wanted)
        hint = f"{name} {f' or {name} '.join(forms)}" if usage else None
        raise ParseError(f"'{name}' takes {takes}, not {len(texts)}", cell.span, hint)
    return Operands(cell, texts, at)


def signed(value: Expr, width: int, bits: int = 64) -> Expr:
    """The low `width` bits of a word of `bits` bits, as a signed number."""
    if width >= bits:
        return value
    shift = Const(bits - width)
    return Op("sar", (Op("shl", (value, shift)), shift))


def unsigned(value: Expr, width: int, bits: int = 64) -> Expr:
    """The low `width` bits of a word of `bits` bits, as an unsigned number."""
    return value if width >= bits else Op("and", (value, Const((1 << width) - 1)))
