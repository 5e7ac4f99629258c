"""The width of the words of a test, in instruction sets that have registers of 64 bits and instructions on half of one.

A test in which no instruction needs more has words of 32 bits, which is less to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from litmus.frontend.arithmetic import signed, unsigned
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import InstructionReader, Program, ProgramSection
from litmus.ir.thread import Const, Expr
from litmus.ir.values import wrap


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

    def unsigned(self, value: Expr, width: int) -> Expr:
        """The low bits of a word, as an unsigned number if that is narrower than a word."""
        return value if width >= self.bits else unsigned(value, width, self.bits)

    def signed(self, value: Expr, width: int) -> Expr:
        """The low bits of a word, as a signed number."""
        return value if width >= self.bits else signed(value, width, self.bits)

    def number(self, value: int, width: int) -> Const:
        """A number as a register of a width holds it."""
        return Const(wrap(value & (1 << width) - 1, self.bits))


Given = TypeVar("Given", bound=Words)


def parse_words(
    section: ProgramSection,
    make: Callable[[int], Given],
    reader: Callable[[Given], InstructionReader],
    pointers: bool = True,
) -> Program:
    """Reads a program with words of 32 bits, or of 64 if an instruction needs them, or the initial state.

    `make` takes the number of bits. With `pointers`, those have 64. Raises ParseError, UnsupportedError.
    """
    sizes = [item.cell_bytes(64) for item in section.declared if pointers or not item.stars]
    is_wide = max(sizes, default=0) > 4 or any(
        not -(1 << 31) <= number < 1 << 32 for item in section.declared for number in item.numbers
    )
    words = make(64 if is_wide else 32)
    program = parse_columns(section, reader(words))
    return parse_columns(section, reader(make(64))) if words.too_narrow else program
