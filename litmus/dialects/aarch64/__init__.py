"""AArch64 assembly, as herd7 reads it.

`operands` reads registers, numbers and addresses, `compute` and `memory` have the instructions. A location holds a
signed number as wide as the accesses to it. A test has words of 32 bits if it computes on W registers alone.
Source: Arm Architecture Reference Manual for A-profile architecture, DDI 0487, chapters C1 to C6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.dialects.aarch64 import compute, memory
from litmus.dialects.aarch64.flags import FLAGS
from litmus.dialects.aarch64.operands import GPRS, RANKS, Operands, Words
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.lexer import quoted
from litmus.ir.thread import Assign, Branch, Expr, Op, Reg, Thread

_WIDE = re.compile(r"64|long|size_t|ptr|\*")


@dataclass(frozen=True, slots=True)
class AArch64:
    """The dialect AArch64."""

    archs: tuple[str, ...] = ("AArch64",)
    sets: frozenset[str] = memory.TAGS

    @property
    def registers(self) -> Mapping[str, int]:
        """X0 to X30, and SP."""
        return RANKS

    def register(self, name: str) -> str | None:
        """Registers are written X1, x1, W1 or w1."""
        return _register(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        narrow = _WIDE.search(section.text, *section.init) is None
        words = Words(32 if narrow else 64)
        program = parse_columns(section, _Reader(words))
        if words.too_narrow:
            program = parse_columns(section, _Reader(Words(64)))
        return replace(program, threads=tuple(map(_without_idle_flags, program.threads)), number_bits=64)


DIALECT = AArch64()


def _register(name: str) -> str | None:
    found = GPRS.get(name)
    if found is None:
        return None
    return "XZR" if found.is_zero else found.name


class _Reader:
    """Reads the instructions of one test."""

    __slots__ = ("_words", "word_bits")

    def __init__(self, words: Words) -> None:
        self._words = words
        self.word_bits = words.bits

    @property
    def free(self) -> tuple[str, ...]:
        """All registers but X30, where calls leave the address to return to."""
        return tuple(RANKS)[:30]

    def register(self, name: str) -> str | None:
        return _register(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. What herd7's hash digests has no comma before a step, and two before a shift."""
        head = _HEAD.match(cell.text)
        name = head[0].upper() if head else ""
        spec = _SPECS.get(name)
        if head is None or spec is None:
            raise _unknown(cell, name)
        usage, build = spec
        found = build(Operands(cell, name, head.end(), usage, self._words))
        text = found.text.replace("]#", "],#").replace(",,", ",")
        return found if text == found.text else replace(found, text=text, hashed=found.text)


_HEAD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z]+)?", re.ASCII)
_SPECS: Mapping[str, tuple[str, compute.Build]] = {
    name: (usage, build) for rows in (memory.rows(), compute.rows()) for name, usage, build in rows
}


def _unknown(cell: InstructionText, name: str) -> LitmusError:
    if not name:
        return ParseError("expected an instruction", cell.place(0, 1))
    place = cell.place(0, len(name))
    from litmus.dialects.aarch64.refused import reason  # errors only

    why = reason(name)
    if why is not None:
        return UnsupportedError(f"{quoted(name)} is not supported", place, why or None)
    return ParseError(f"unknown mnemonic {quoted(name)} in dialect AArch64", place, did_you_mean(name, _SPECS))


# --- flags -----------------------------------------------------------------------------------------------------------


def _without_idle_flags(thread: Thread) -> Thread:
    """A thread without the assignments of flags that none of its instructions looks at."""
    kept = [s for s in thread.body if not (isinstance(s, Assign) and s.dest in FLAGS)]
    if len(kept) == len(thread.body):
        return thread
    used: set[str] = set()
    for statement in kept:
        match statement:
            case Branch(expr) | Assign(_, expr):
                _collect(expr, used)
    pairs = [
        (statement, row)
        for statement, row in zip(thread.body, thread.row_of, strict=True)
        if not (isinstance(statement, Assign) and statement.dest in FLAGS and statement.dest not in used)
    ]
    return replace(thread, body=tuple(s for s, _ in pairs), row_of=tuple(row for _, row in pairs))


def _collect(expr: Expr, used: set[str]) -> None:
    match expr:
        case Reg(name) if name in FLAGS:
            used.add(name)
        case Op(_, args):
            for arg in args:
                _collect(arg, used)


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    return {name: usage for name, (usage, _) in _SPECS.items()}


__all__ = ["DIALECT", "AArch64", "instructions"]
