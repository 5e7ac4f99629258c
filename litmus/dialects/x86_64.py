"""64-bit x86 assembly in AT&T syntax, as herd7 reads it: the destination comes last, `(x)` is the memory at x.

For cmpxchg and cmov, herd7 has the destination first. If one operand is in memory, both orders are accepted and mean
the same. A cmov of two registers is as assemblers have it, the destination last; a cmpxchg of two is not supported.
uxch, which only herd7 has, is xchg, which is locked with and without a prefix.
Source: Intel SDM volume 2, instruction reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.dialects._x86 import (
    BINARY,
    CACHE,
    FENCES,
    FLAGS,
    LOCKABLE,
    LOCKED,
    MOVES,
    NON_TEMPORAL,
    NON_TEMPORAL_MOVE,
    ONE,
    PAIR,
    SETS,
    SHIFTS,
    UNARY,
    Meaning,
    Operand,
    Register,
    X86Operands,
    behind_prefix,
    compare_and_exchange_pair,
    extend,
    jumps,
    moves_line,
    not_lockable,
    refused,
    with_prefixes,
)
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.forms import InstructionTable, ends, fence, goto, nothing, printed_as
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import Operands, Place, Syntax, moved
from litmus.ir.thread import Address, Const, Expr, Op, Reg

_LEGACY = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")
_GENERAL = (*(f"r{name}" for name in _LEGACY), *(f"r{n}" for n in range(8, 16)))
_RANKS = {name: rank for rank, name in enumerate(("rip", "cs", *_GENERAL))}


def _parts() -> Iterable[tuple[str, int, str, int]]:
    """The parts of registers: the register, the width in bits, the name of the part, and its lowest bit."""
    for name in _LEGACY:
        yield from ((f"r{name}", 64, f"r{name}", 0), (f"r{name}", 32, f"e{name}", 0), (f"r{name}", 16, name, 0))
        yield f"r{name}", 8, f"{name[0]}l" if name.endswith("x") else f"{name}l", 0
        if name.endswith("x"):
            yield f"r{name}", 8, f"{name[0]}h", 8
    for name in _GENERAL[len(_LEGACY) :]:
        for suffix, bits in (("", 64), ("d", 32), ("w", 16), ("b", 8)):
            yield name, bits, f"{name}{suffix}", 0


_PARTS = {part: Register(register, bits, f"%{part}", at) for register, bits, part, at in _parts()}
_OPERANDS = {**_PARTS, **{f"%{name}": register for name, register in _PARTS.items()}}
_NAMES = {(register.name, register.bits): register.text for register in _PARTS.values() if not register.shift}
_SYNTAX = Syntax({name: register.name for name, register in _PARTS.items()}, sign="$", memory="8(%rax)")
_BITS = {"b": 8, "w": 16, "l": 32, "q": 64}

_NAME = r"%?[A-Za-z_.][\w.]*"
_IN_MEMORY = re.compile(
    rf"""(?P<relative>[A-Za-z_.]\w*) \s* \( \s* %rip \s* \)
      | (?P<offset>-?\d\w*)? \s* [\[(] \s* (?P<base>{_NAME}) \s*
        (?: , \s* (?P<index>{_NAME}) \s* (?: , \s* (?P<scale>[1248]) \s* )? )? [\])]""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class X86_64:
    """The dialect X86_64."""

    archs: tuple[str, ...] = ("X86_64",)
    sets: frozenset[str] = LOCKED.union(NON_TEMPORAL, *FENCES.values())

    @property
    def registers(self) -> Mapping[str, int]:
        """rip cs rax rbx rcx rdx rsi rdi rbp rsp r8 ... r15, in this order."""
        return _RANKS

    def register(self, name: str) -> str | None:
        """Conditions name whole registers, written rax, RAX or %rax."""
        return _register(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        return parse_columns(with_prefixes(section), _Reader(), FLAGS)


DIALECT = X86_64()


def _register(name: str) -> str | None:
    name = name.removeprefix("%").lower()
    return name if name in _RANKS else None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the instructions of a test."""

    word_bits: int = 64
    free: tuple[str, ...] = _GENERAL

    def register(self, name: str) -> str | None:
        """The whole register, also for the name of a part."""
        part = _PARTS.get(name.lower())
        return part.name if part else _register(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. Raises ParseError, UnsupportedError."""
        bare = behind_prefix(cell) if cell.text[:4].lower() == "lock" else cell
        name, at, usage, build = _TABLE.find(bare)
        if bare is not cell and name not in LOCKABLE:
            raise not_lockable(cell)
        written = bare.text[:at].lower()
        operands = _Operands(bare, written, at, usage, _SYNTAX, bare is not cell)
        operands.suffix_bits = _BITS[written[-1]] if written != name else 0
        return build(operands)


# --- operands --------------------------------------------------------------------------------------------------------


class _Operands(X86Operands):
    """The operands of one instruction; `suffix_bits` is the width that its suffix says, 0 if it has none."""

    __slots__ = ("suffix_bits",)

    word_bits = 64
    accumulator = "rax"
    suffix_bits: int

    def operand(self, index: int, bits: int) -> Operand:
        """A register, a number, or a place in memory. A symbolic register stands for a part of `bits` bits."""
        text = self.texts[index]
        register = _OPERANDS.get(text) or _OPERANDS.get(text.lower())
        if register is not None:
            return register
        first = text[:1]
        if first and text[-1] in ")]":
            match = _IN_MEMORY.fullmatch(text)
            if match is not None:
                return self._in_memory(index, match)
        elif "(" not in text and (first in ("$", "-") or first.isdigit()):
            return self.immediate(index)
        elif first == "%" and text[1:] in self.cell.symbolic:
            name = self.cell.symbolic[text[1:]]
            return Register(name, bits or 64, name if name[0] == "%" else _NAMES[name, bits or 64])
        elif first == "%" or first.isalpha():
            hint = did_you_mean(text[1:], _PARTS) if first == "%" else f"write ({text}) for the location"
            raise ParseError(f"no register {quoted(text)}", self.place(index), hint)
        if not text:
            raise self.error(index, "an operand")
        hint = "an operand is like %eax, $1, (x), (%rax) or 8(%rax)"
        raise ParseError(f"{quoted(text)} is not an operand", self.place(index), hint)

    def _in_memory(self, index: int, match: re.Match[str]) -> Place:
        base = match["relative"] or match["base"]
        offset = self.number_in(match["offset"], index) if match["offset"] else 0
        addr: Expr
        if match["relative"] or (base[0] != "%" and base.lower() not in _PARTS):
            addr, shown = Const(Address(base)), base
            self.symbols += (base,)
        else:
            name, shown = self._address_register(index, match, "base")
            addr = Reg(name)
        if offset:
            addr = moved(addr, offset)
        if match["index"]:
            name, text = self._address_register(index, match, "index")
            scale = int(match["scale"] or 1)
            step = Op("mul", (Reg(name), Const(scale))) if scale > 1 else Reg(name)
            addr, shown = Op("add", (addr, step)), f"{shown}, {text},{scale}"  # as herd7 prints it
        return Place(addr, f"{offset or ''}({shown})")

    def _address_register(self, index: int, match: re.Match[str], group: str) -> tuple[str, str]:
        """A register in an address, and its canonical text."""
        text = match[group]
        part = _OPERANDS.get(text.lower())
        if part is not None:
            return part.name, part.text
        name = self.other_register(text, index, match.start(group))
        return name, name if name[0] == "%" else f"%{name}"

    def fit(self, operand: Operand, bits: int) -> None:
        """Raises ParseError for a register of another width."""
        if isinstance(operand, Register) and operand.bits != bits:
            fitting = _NAMES.get((operand.name, bits))
            hint = f"its {bits} bits are {fitting}" if fitting else None
            raise ParseError(f"{operand.text} has {operand.bits} bits, not {bits}", self.span, hint)

    def width(self, sized: Iterable[Operand], otherwise: int = 0) -> int:
        """The width that the suffix says, or else the first register, which all registers must have."""
        bits = self.suffix_bits
        for operand in sized:
            if isinstance(operand, Register):
                bits = bits or operand.bits
                self.fit(operand, bits)
        return bits or otherwise

    def made(
        self, meaning: Meaning, dest: Operand, source: Operand | None, shown: tuple[Operand, ...], bits: int, size: int
    ) -> Instruction:
        """An instruction on `bits` bits, 0 if nothing says how many, and as many bytes of memory if `size` is 0."""
        statements = self.performed(meaning, dest, source, bits or 32, 8 * size)
        text = f"{'lock; ' if self.locked else ''}{self.name} {','.join([o.text for o in shown])}"
        in_memory = isinstance(dest, Place) or isinstance(source, Place)
        return Instruction(statements, text, size=(size or bits // 8) if in_memory else 0, symbols=self.symbols)


# --- instructions ----------------------------------------------------------------------------------------------------

_Build = Callable[[_Operands], Instruction]


def _two(meaning: Meaning) -> _Build:
    """An instruction with a source and a destination of the same width."""

    def build(o: _Operands) -> Instruction:
        suffix = o.suffix_bits
        source, dest = o.operand(0, suffix), o.operand(1, suffix)
        return o.made(meaning, dest, source, (source, dest), o.width((source, dest)), 0)

    return build


def _either_way(meaning: Meaning, memory_first: bool, shown_first: Callable[[Operand, Operand], bool]) -> _Build:
    """An instruction that herd7 has with its destination first.

    If one operand is in memory, that says which is the destination. `memory_first` is whether it is the one in memory.
    `shown_first` says of two operands whether the destination is printed first.
    """

    def build(o: _Operands) -> Instruction:
        suffix = o.suffix_bits
        first, second = o.operand(0, suffix), o.operand(1, suffix)
        is_first = isinstance(first, Place) if memory_first else isinstance(second, Place)
        if not memory_first:
            is_first = is_first and isinstance(first, Register)
        dest, source = (first, second) if is_first else (second, first)
        shown = (dest, source) if shown_first(dest, source) else (first, second)
        return o.made(meaning, dest, source, shown, o.width((first, second)), 0)

    return build


def _one(meaning: Meaning, otherwise: int = 0) -> _Build:
    """An instruction with one operand, which has `otherwise` bits if nothing says how many."""

    def build(o: _Operands) -> Instruction:
        dest = o.operand(0, o.suffix_bits)
        return o.made(meaning, dest, None, (dest,), o.width((dest,), otherwise), 0)

    return build


def _shift(meaning: Meaning) -> _Build:
    """A shift, by 1 if there is no count; a register has a count of 8 bits."""

    def build(o: _Operands) -> Instruction:
        suffix = o.suffix_bits
        count = o.operand(0, suffix) if len(o.texts) == 2 else ONE
        dest = o.operand(len(o.texts) - 1, suffix)
        bits = o.width((dest,))
        o.fit(count, 8)
        return o.made(meaning, dest, count, (count, dest), bits, 0)

    return build


def _extend(meaning: Meaning, source_bits: int) -> _Build:
    """A move of a number of `source_bits` bits to a wider register; without operands it moves strings."""

    def build(o: _Operands) -> Instruction:
        if not o.texts:
            raise UnsupportedError(f"'{o.name}' is not supported", o.span)
        source, dest = o.operand(0, source_bits), o.operand(1, o.suffix_bits)
        bits = o.width((dest,))
        o.fit(source, source_bits)
        if bits <= source_bits:
            raise ParseError(f"{source_bits} bits cannot be extended to {bits or 'those of memory'}", o.span)
        return o.made(meaning, dest, source, (source, dest), bits, source_bits // 8)

    return build


def _rows() -> Iterable[tuple[str, str, _Build]]:
    others = {"movnti": NON_TEMPORAL_MOVE, "movabs": BINARY["mov"], "uxch": BINARY["xchg"]}
    for name, meaning in {**BINARY, **others}.items():
        if name == "cmpxchg":
            yield name, "source,destination", _either_way(meaning, True, lambda dest, source: True)
        elif name == "xadd":
            yield name, "source,destination", _either_way(meaning, True, lambda dest, source: False)
        else:
            yield name, "source,destination", _two(meaning)
    for name, meaning in MOVES.items():
        either = _either_way(meaning, False, lambda dest, source: isinstance(dest, Place) or isinstance(source, Place))
        yield name, "source,destination", either
    for name, meaning in SHIFTS.items():
        yield name, "{count,}destination", _shift(meaning)
    for name, meaning in UNARY.items():
        yield name, "operand", _one(meaning)
    for name, meaning in SETS.items():
        yield name, "operand", _one(meaning, 8)
    yield PAIR, "memory", _one(compare_and_exchange_pair, 64)
    for letter in "bwl":
        yield f"movz{letter}", "source,destination", _extend(extend(False), _BITS[letter])
        yield f"movs{letter}", "source,destination or ", _extend(extend(True), _BITS[letter])
    yield "jmp", "label", goto
    yield from jumps(str)
    for name, tags in FENCES.items():
        yield name, "", fence(tags)
    for name in CACHE:
        yield name, "memory", lambda o: moves_line(o, o.operand(0, 0))
    for name in ("nopw", "nopl", "nopq"):
        yield name, "operand", _nop
    for name in ("nop", "endbr64", "pause"):
        yield name, "", printed_as("NOP", nothing)
    for name in ("ret", "retq"):
        yield name, "", printed_as("ret", ends)


_IGNORED = re.compile(r"%?\w+|(?:%\w+:)?[-\w]*\([^()]*\)", re.ASCII)


def _nop(operands: Operands) -> Instruction:
    """A nop with an operand, which makes it longer and is ignored."""
    if _IGNORED.fullmatch(operands.texts[0]) is None:
        raise operands.error(0, "a register or memory")
    return Instruction((), "NOP")


_REFUSED = """
call push pop pushf popf imul mul idiv div adc sbb rol ror rcl rcr shld shrd bsf bsr popcnt lzcnt tzcnt bswap
movbe cmpxchg8b movd movntdqa movntdq movntpd movntps movntq movntsd movntss movaps movapd movups movupd movdqa movdqu
movss movsd movsxd movs lods stos cmps scas rep repe repne cbtw cwtl cwtd cltq cltd cqto cdq cdqe cqo
cpuid serialize rdtsc rdtscp in out int int3 syscall hlt leave enter ud2 xbegin xend jcxz jecxz jrcxz loop loope
loopne
"""
"""Instructions that exist but are not supported."""

_UNSIZED = ("nop", "nopw", "nopl", "nopq", "endbr64", "pause", "ret", "retq")
_ROWS = {name: (usage, build) for name, usage, build in _rows()}
_BARE = frozenset(name for name in _ROWS if name[:1] == "j" or name in (*FENCES, PAIR, *_UNSIZED, *CACHE))
_TABLE = InstructionTable("X86_64", _ROWS, refused(_REFUSED, "[bwlq]?"), suffixes=frozenset(_BITS), bare=_BARE)


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    letters = f"[{''.join(_BITS)}]"
    rows = {name if name in _BARE else f"{name}{letters}": usage for name, usage in _TABLE.usages().items()}
    return {**rows, "lock": f"one of {', '.join(sorted(LOCKABLE))}"}
