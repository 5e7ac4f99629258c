"""Rows of a program before register allocation; instruction sets make them, `registers` allocates."""

from __future__ import annotations

from dataclasses import dataclass

from litmus.base.source import Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, with virtual registers of any names.

    `{0}`, `{1}` ... in `text` stand for `writes`, then `reads`; `{label}` stands for `target`, the label that it may
    jump to. After an instruction that `ends`, control never goes on to the next row. An instruction without an `effect`
    is left out if nothing uses what it writes. A `move` only copies one register to another.
    """

    text: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    target: str = ""
    ends: bool = False
    effect: bool = False
    move: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label."""

    name: str


Row = Instruction | LabelRow
