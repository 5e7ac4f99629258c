"""Rows of a program whose registers are yet to be found: what an instruction set writes, and `registers` completes."""

from __future__ import annotations

from dataclasses import dataclass

from litmus.base.source import Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. Registers have any names; which of the machine's they are is found later.

    `{0}`, `{1}` ... in `text` stand for `writes`, then `reads`; `{label}` for `target`, the label that it may go to.
    One that `ends` never goes on to the next row. It is left out if nobody wants what it writes, unless it has an
    `effect` besides. A `move` copies a register to another and does nothing else.
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
