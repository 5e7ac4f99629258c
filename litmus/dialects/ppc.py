"""PowerPC assembly, as herd7 reads it.

Registers are words, or doublewords in a test that has an instruction on doublewords. A location holds a signed number of
the width of the accesses to it. A field of the condition register is three registers, `cr0.lt`, `cr0.gt` and `cr0.eq`,
so that a branch depends on just what the compare read. Source: Power ISA 2.07, book I, chapters 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Cell, Instruction, Program, ProgramSection
from litmus.frontend.lexer import parse_number
from litmus.ir.thread import (
    NO_TAGS,
    Assign,
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

_REGISTERS: Mapping[str, str] = {name: f"r{n}" for n in range(32) for name in (f"r{n}", f"R{n}")}
_ATOMIC = frozenset({"X"})
_FENCES: Mapping[str, frozenset[str]] = {
    name: frozenset({name.upper()}) for name in ("sync", "lwsync", "eieio", "isync")
}
_ZERO = Const(0)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """PPC: see the module."""

    archs: tuple[str, ...] = ("PPC",)
    tags: frozenset[str] = frozenset({"SYNC", "LWSYNC", "EIEIO", "ISYNC", "X"})
    registers: Mapping[str, int] = _REGISTERS and {f"r{n}": n for n in range(32)}  # noqa: RUF009

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def program(self, section: ProgramSection) -> Program:
        text = section.text[section.start : section.end]
        bits = 64 if _DOUBLEWORD.search(text) else 32
        return parse_columns(section, _Reader(bits, frozenset(_TESTED[c] for c in _BRANCH.findall(text))))
