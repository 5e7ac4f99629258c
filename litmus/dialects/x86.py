"""32-bit x86 assembly in Intel syntax, as herd7 reads it: the destination comes first, `[x]` is the memory at x.

Source: Intel SDM volume 2, instruction reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from litmus.base.errors import ParseError, did_you_mean
from litmus.base.records import dataclass
from litmus.dialects._x86 import (
    BINARY,
    CACHE,
    FENCES,
    FLAGS,
    LOCKABLE,
    LOCKED,
    MOVES,
    ONE,
    SETS,
    SHIFTS,
    UNARY,
    Meaning,
    Operand,
    Register,
    X86Operands,
    behind_prefix,
    jumps,
    moves_line,
    not_lockable,
    refused,
    with_prefixes,
)
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.forms import InstructionTable, ends, fence, goto, nothing
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import Place, Syntax, moved
from litmus.ir.thread import Address, Const, Expr, Reg

_GENERAL = ("EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP")
_RANKS = {name: rank for rank, name in enumerate((*_GENERAL, "EIP", "ZF", "SF", "CF"))}
_REGISTERS = {**{name: name for name in _RANKS}, **{name.lower(): name for name in _RANKS}}
_OPERANDS = {f"{percent}{text}": Register(name, 32, name) for text, name in _REGISTERS.items() for percent in ("", "%")}
_SYNTAX = Syntax(_REGISTERS, sign="$", bits=32, memory="[x] or [EAX+4]")
_WIDTHS = {"MOVB": 1, "MOVW": 2, "MOVL": 4, "MOVQ": 8, "MOVT": 10}
_SPACED = frozenset({"INC", "DEC", "CMP"})  # herd7 prints two spaces after these, and hashes what it prints
_REMEMBERED = 256  # names of locations
_IN_MEMORY = re.compile(r"[\[(]\s*(%?[A-Za-z_.]\w*)\s*(?:([+-])\s*(\w+)\s*)?[\])]", re.ASCII)


@dataclass(frozen=True, slots=True)
class X86:
    """The dialect X86."""

    archs: tuple[str, ...] = ("X86",)
    sets: frozenset[str] = LOCKED.union(*FENCES.values())
    free: tuple[str, ...] = _GENERAL[:6]
    word_bits: int = 32

    @property
    def registers(self) -> Mapping[str, int]:
        """EAX EBX ECX EDX ESI EDI EBP ESP EIP ZF SF CF, in this order."""
        return _RANKS

    def register(self, name: str) -> str | None:
        """Registers are written EAX or eax."""
        return _REGISTERS.get(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        return parse_columns(with_prefixes(section), self, FLAGS)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. Raises ParseError, UnsupportedError."""
        bare = behind_prefix(cell) if cell.text[:4].lower() == "lock" else cell
        name, at, usage, build = _TABLE.find(bare)
        if bare is not cell and name.lower() not in LOCKABLE:
            raise not_lockable(cell)
        return build(_Operands(bare, name, at, usage, _SYNTAX, bare is not cell))


DIALECT = X86()


class _Operands(X86Operands):
    """The operands of one instruction."""

    __slots__ = ()

    word_bits = 32
    accumulator = "EAX"

    def operand(self, index: int) -> Operand:
        """A register, a number, or a place in memory: `EAX`, `$1`, `[x]` or `[EAX+4]`. Raises ParseError."""
        text = self.texts[index]
        register = _OPERANDS.get(text)
        if register is not None:
            return register
        first = text[:1]
        if first == "$" or first == "-" or first.isdigit():
            return self.immediate(index)
        if first == "%" and text[1:] in self.cell.symbolic:
            name = self.cell.symbolic[text[1:]]
            return Register(name, 32, name)
        match = _IN_MEMORY.fullmatch(text)
        if match is not None:
            return self._in_memory(index, match)
        if first == "%" or first.isalpha():
            hint = did_you_mean(text, _RANKS) or f"write [{text}] for the location"
            raise ParseError(f"no register {quoted(text)}", self.place(index), hint)
        if not text:
            raise self.error(index, "an operand")
        message = f"{quoted(text)} is not an operand"
        raise ParseError(message, self.place(index), "an operand is like EAX, $1, [x] or [EAX]")

    def _in_memory(self, index: int, match: re.Match[str]) -> Place:
        base, sign, number = match.groups()
        register = _OPERANDS.get(base)
        if register is None and number is None and base[0] != "%":
            self.symbols += (base,)
            return _location(base)
        offset = self.number_in(number, index) if number else 0
        if sign == "-":
            offset = -offset
        if register is not None:
            shown = register.name
        else:
            shown = self.other_register(base, index, match.start(1)) if base[0] == "%" else ""
        addr: Expr = Reg(shown) if shown else Const(Address(base))
        if not shown:
            self.symbols += (base,)
        return (
            Place(moved(addr, offset), f"[{shown or base}{offset:+d}]") if offset else Place(addr, f"[{shown or base}]")
        )


@lru_cache(_REMEMBERED)
def _location(symbol: str) -> Place:
    """The place in memory of a name; a few names are in all tests."""
    return Place(Const(Address(symbol)), f"[{symbol}]")


_Build = Callable[[_Operands], Instruction]


def _instruction(meaning: Meaning, size: int = 4, hashed: str = "", otherwise: Operand | None = None) -> _Build:
    """An instruction whose access to memory has `size` bytes; a source that is left out is `otherwise`."""

    def build(operands: _Operands) -> Instruction:
        dest = operands.operand(0)
        source = operands.operand(1) if len(operands.texts) == 2 else otherwise
        statements = operands.performed(meaning, dest, source, 32)
        blanks = "  " if operands.name in _SPACED else " "
        given = f"{blanks}{dest.text}" if source is None else f"{blanks}{dest.text},{source.text}"
        text = f"LOCK; {operands.name}{given}" if operands.locked else operands.name + given
        in_memory = isinstance(dest, Place) or isinstance(source, Place)
        return Instruction(
            statements,
            text,
            hashed=hashed + given if hashed else "",
            size=size if in_memory else 0,
            symbols=operands.symbols,
        )

    return build


def _rows() -> Iterable[tuple[str, str, _Build]]:
    for name, meaning in (*BINARY.items(), *MOVES.items()):
        yield name.upper(), "destination,source", _instruction(meaning)
    for name, size in _WIDTHS.items():
        yield name, "destination,source", _instruction(BINARY["mov"], size, "MOV")
    for name, meaning in SHIFTS.items():
        yield name.upper(), "destination{,count}", _instruction(meaning, otherwise=ONE)
    for name, meaning in (*UNARY.items(), *SETS.items()):
        yield name.upper(), "operand", _instruction(meaning)
    yield "JMP", "label", goto
    yield from jumps(str.upper)
    for name, tags in FENCES.items():
        yield name.upper(), "", fence(tags)
    yield "NOP", "", nothing
    yield "PAUSE", "", nothing
    for name in CACHE:
        yield name.upper(), "memory", lambda o: moves_line(o, o.operand(0))
    yield "RET", "", ends


_REFUSED = """
CALL PUSH POP PUSHF POPF PUSHA POPA PUSHFD POPFD PUSHAD POPAD IMUL MUL IDIV DIV ADC SBB ROL ROR RCL RCR SHLD
SHRD BSF BSR BSWAP CMPXCHG8B MOVZX MOVSX MOVSB MOVSW MOVSD MOVNTI MOVNTQ MOVNTPS MOVNTPD MOVNTDQ MOVD MOVAPS
MOVAPD MOVDQA MOVDQU LODSB LODSW LODSD STOSB STOSW STOSD CMPSB CMPSW CMPSD SCASB SCASW SCASD REP REPE REPNE CBW
CWDE CWD CDQ CPUID RDTSC RDTSCP INT IRET HLT LEAVE
ENTER UD2 READ IN OUT JCXZ JECXZ LOOP LOOPE LOOPNE
"""
"""Instructions that exist but are not supported."""

_ROWS = {name: (usage, build) for name, usage, build in _rows()}
_TABLE = InstructionTable("X86", _ROWS, refused(_REFUSED), str.upper)


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    return {**_TABLE.usages(), "LOCK": f"one of {', '.join(sorted(LOCKABLE)).upper()}"}
