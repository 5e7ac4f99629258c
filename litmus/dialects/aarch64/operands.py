"""The operands of AArch64 instructions: registers, numbers, addresses; and values of 32 bits in registers of 64.

An instruction on W registers leaves 0 in the upper half of the one that it writes. A thread in which all instructions
but addresses are on W registers has words of 32 bits, which saves that; `Words` says what the words of a test are.
Source: Arm Architecture Reference Manual, DDI 0487, sections B1.2 and C1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.dialect import InstructionText
from litmus.frontend.lexer import counted, parse_number, quoted
from litmus.ir.thread import Address, Const, Expr, Op, Reg
from litmus.ir.values import wrap

RANKS: Mapping[str, int] = {**{f"X{n}": n for n in range(31)}, "SP": 31, "XZR": -1}
_NOWHERE = "what XZR is given"  # no register is called so


@dataclass(frozen=True, slots=True)
class Gpr:
    """A register operand: the register, the width at which it is used, and how the instruction writes it.

    What is assigned to the register that is always 0 goes nowhere.
    """

    name: str
    width: int
    text: str

    @property
    def is_zero(self) -> bool:
        return self.name == _NOWHERE


ZERO = Gpr(_NOWHERE, 64, "XZR")


def _registers() -> Iterable[tuple[str, Gpr]]:
    for n in range(31):
        yield f"X{n}", Gpr(f"X{n}", 64, f"X{n}")
        yield f"W{n}", Gpr(f"X{n}", 32, f"W{n}")
    yield "SP", Gpr("SP", 64, "SP")
    yield "XZR", ZERO
    yield "WZR", Gpr(_NOWHERE, 32, "WZR")
    yield "LR", Gpr("X30", 64, "X30")


_UPPER = dict(_registers())
GPRS: Mapping[str, Gpr] = {**_UPPER, **{name.lower(): gpr for name, gpr in _UPPER.items()}}
"""The registers by name."""

_VECTOR = re.compile(r"(?:[BHSDQVZ]\d{1,2}(?:\..*)?|P\d{1,2}(?:[./].*)?|\{.*)\Z", re.ASCII | re.IGNORECASE)
_SYMBOLIC = re.compile(r"([XxWw]?)%([A-Za-z_][\w.]*)\Z", re.ASCII)
_NUMBER = re.compile(r"#?\s*([-+]?\w+)\Z", re.ASCII)
_LABEL = re.compile(r"[A-Za-z_.][\w.$/-]*\Z", re.ASCII)
_DISTANCE = re.compile(r"\.\s*[-+]", re.ASCII)
_PART = re.compile(r"\s*((?:\[[^\]]*\]?\s*!?|\{[^}]*\}?)?[^,\[\]{}]*)(,|\Z)", re.ASCII)
_EXTENSION = re.compile(r"([A-Za-z]+)\s*(?:#?\s*(\w+))?\Z", re.ASCII)


# --- values in registers -----------------------------------------------------------------------------------------


class Words:
    """What words registers hold: of 64 bits, or of 32 as long as no instruction needs more, which sets `too_narrow`."""

    __slots__ = ("bits", "too_narrow")

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.too_narrow = False

    def need(self, width: int) -> None:
        """Notes that an instruction computes with values of as many bits."""
        if width > self.bits:
            self.too_narrow = True

    def read(self, gpr: Gpr) -> Expr:
        """What an instruction reads of a register, as an unsigned number of its width."""
        self.need(gpr.width)
        if gpr.is_zero:
            return Const(0)
        return self.unsigned(Reg(gpr.name), gpr.width)

    def unsigned(self, value: Expr, width: int) -> Expr:
        """The low bits of a word, as an unsigned number if that is narrower than a word."""
        if width >= self.bits:
            return value
        if isinstance(value, Const) and isinstance(value.value, int):
            return Const(value.value & (1 << width) - 1)
        return Op("and", (value, Const((1 << width) - 1)))

    def signed(self, value: Expr, width: int) -> Expr:
        """The low bits of a word, as a signed number."""
        if width >= self.bits:
            return value
        if isinstance(value, Op) and value.op == "and" and value.args[1] == Const((1 << width) - 1):
            value = value.args[0]
        shift = Const(self.bits - width)
        return Op("sar", (Op("shl", (value, shift)), shift))

    def number(self, value: int, width: int) -> Const:
        """A number as a register of a width holds it."""
        return Const(wrap(value & (1 << width) - 1, self.bits))


# --- the operands of an instruction ------------------------------------------------------------------------------


class Operands:
    """The operands of one instruction, read one by one by their index. All methods raise ParseError."""

    __slots__ = ("cell", "name", "parts", "usage", "words")

    def __init__(self, cell: InstructionText, name: str, at: int, usage: str, words: Words) -> None:
        self.cell = cell
        self.name = name
        self.usage = usage
        self.words = words
        self.parts: list[tuple[str, int]] = []
        text = cell.text
        if not text[at:].strip():
            return
        while True:
            match = _PART.match(text, at)
            if match is None:
                raise ParseError(f"unexpected {quoted(text[at])}", cell.place(at, at + 1), self.hint)
            self.parts.append((match[1].rstrip(), match.start(1)))
            at = match.end()
            if not match[2]:
                return

    @property
    def hint(self) -> str:
        return f"{self.name} takes {self.usage}" if self.usage else f"{self.name} takes no operands"

    @property
    def span(self) -> Span:
        return self.cell.span

    def __len__(self) -> int:
        return len(self.parts)

    def place(self, index: int) -> Span:
        """Where an operand is; the end of the instruction if it is missing."""
        if index >= len(self.parts):
            end = len(self.cell.text)
            return self.cell.place(end - 1, end)
        text, start = self.parts[index]
        start = min(start, len(self.cell.text) - 1)
        return self.cell.place(start, start + len(text))

    def count(self, least: int, most: int = -1) -> int:
        """The number of operands, which must be in a range."""
        found = len(self.parts)
        if not least <= found <= max(least, most):
            takes = counted(least, "operand") if most < 0 else f"{least} to {most} operands"
            raise ParseError(f"{self.name} takes {takes}, not {found}", self.span, self.hint)
        return found

    def error(self, index: int, wanted: str) -> LitmusError:
        """The error for an operand that is not what is wanted."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        found = quoted(text) if text else "the end" if index >= len(self.parts) else "nothing"
        return ParseError(f"expected {wanted}, found {found}", self.place(index), self.hint)

    # --- registers ---------------------------------------------------------------------------------------------------

    def gpr(self, index: int, width: int = 0) -> Gpr:
        """A register; of a width, if one is given."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        found = self._gpr(text, self.place(index) if text not in GPRS else None)
        if width and found.width != width:
            raise self.error(index, "a W register" if width == 32 else "an X register")
        return found

    def maybe_gpr(self, index: int) -> Gpr | None:
        """A register; None if the operand is no register."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        return self.gpr(index) if text in GPRS or _SYMBOLIC.match(text) else None

    def _gpr(self, text: str, span: Span | None) -> Gpr:
        found = GPRS.get(text)
        if found is not None:
            return found
        match = _SYMBOLIC.match(text)
        if match is not None and match[2] in self.cell.symbolic:
            letter = match[1].upper() or "X"
            name = self.cell.symbolic[match[2]]
            shown = f"{letter}{name}" if name[0] == "%" else letter + name[1:]
            return Gpr(name, 64 if letter == "X" else 32, shown)
        if not text:
            raise ParseError("expected a register, found the end", span, self.hint)
        if _VECTOR.match(text):
            raise UnsupportedError("vector registers are not supported", span)
        raise ParseError(f"no register {quoted(text)}", span, did_you_mean(text.upper(), _UPPER) or self.hint)

    # --- numbers and labels ------------------------------------------------------------------------------------------

    def is_number(self, index: int) -> bool:
        """Whether an operand looks like a number."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        return text.lstrip("#+- ")[:1].isdigit()

    def number(self, index: int, low: int = -(1 << 63), high: int = (1 << 64) - 1) -> int:
        """A number in a range."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        match = _NUMBER.match(text)
        value = parse_number(match[1]) if match else None
        if value is None:
            raise self.error(index, "a number of at most 64 bits" if self.is_number(index) else "a number")
        if not low <= value <= high:
            raise ParseError(f"{quoted(text)} is not a number from {low} to {high}", self.place(index), self.hint)
        return value

    def label(self, index: int) -> str:
        """A label, which must be the last operand."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        if _DISTANCE.match(text):
            raise UnsupportedError("jumps by a distance are not supported", self.place(index), "name a label")
        if _LABEL.match(text) is None:
            raise self.error(index, "a label")
        return text

    def extension(self, index: int, known: Iterable[str], most: int) -> tuple[str, int, bool]:
        """A shift or an extension such as `LSL #2` or `SXTW`: its name, its number, and whether it has one."""
        text = self.parts[index][0] if index < len(self.parts) else ""
        match = _EXTENSION.match(text)
        name = match[1].upper() if match else ""
        if match is None or name not in known:
            raise self.error(index, f"one of {', '.join(known)}")
        if match[2] is None:
            return name, 0, False
        amount = parse_number(match[2])
        if amount is None or not 0 <= amount <= most:
            message = f"{quoted(match[2])} is not a number from 0 to {most}"
            raise ParseError(message, self.place(index), self.hint)
        return name, amount, True

    # --- addresses ---------------------------------------------------------------------------------------------------

    def inside(self, index: int) -> tuple[Operands, bool]:
        """What stands in brackets, as operands of its own, and whether `!` follows them."""
        text, start = self.parts[index] if index < len(self.parts) else ("", 0)
        before = text.endswith("!")
        body = text.removesuffix("!").rstrip()
        if body[:1] != "[" or body[-1:] != "]":
            raise self.error(index, "an address in brackets")
        cell = self.cell
        end = start + len(body) - 1
        shortened = InstructionText(cell.source, cell.text[:end], cell.start, cell.span, cell.symbolic)
        inner = Operands(shortened, self.name, start + 1, self.usage, self.words)
        if not inner.parts:
            raise self.error(index, "an address in brackets")
        return inner, before

    def base(self, index: int) -> Gpr:
        """`[X1]` or `[X1,#0]`: the register of an address without anything else."""
        inner, before = self.inside(index)
        if before or len(inner.parts) > 2 or (len(inner.parts) == 2 and inner.number(1) != 0):
            raise self.error(index, "a register in brackets, without an offset,")
        return inner.gpr(0, 64)


def address(base: Gpr, offset: Expr | None = None) -> Expr:
    """The value of a register that holds an address, and an offset."""
    where: Expr = Const(0) if base.is_zero else Reg(base.name)
    if offset is None or offset == Const(0):
        return where
    return Op("add", (where, offset))


def is_pointer(value: Expr) -> bool:
    """Whether an expression is the address of a location."""
    return isinstance(value, Const) and isinstance(value.value, Address)
