"""64-bit x86 assembly in AT&T syntax, as herd7 reads it: the destination comes last, `(x)` is the memory at x.

For cmpxchg and cmov, herd7 has the destination first. If one operand is in memory, both orders are accepted and mean
the same. A cmov of two registers is as assemblers have it, the destination last; a cmpxchg of two is not supported.
Source: Intel SDM volume 2, instruction reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.dialects._x86 import (
    CONDITIONS,
    FENCES,
    LOCKABLE,
    LOCKED,
    NON_TEMPORAL,
    PAIR,
    SHIFTS,
    Immediate,
    Machine,
    Memory,
    Operand,
    Register,
    Work,
    canonical_condition,
    condition,
    flags_used,
    symbols_of,
)
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.lexer import counted, parse_number, quoted
from litmus.ir.thread import Address, Branch, Const, Expr, Fence, Goto, Op, Reg
from litmus.ir.values import wrap

_LEGACY = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")
_GENERAL = (*(f"r{name}" for name in _LEGACY), *(f"r{n}" for n in range(8, 16)))
_RANKS = {name: rank for rank, name in enumerate(("rip", "cs", *_GENERAL))}


def _parts() -> dict[str, tuple[str, int, int]]:
    """The parts of registers by name: the register, the width in bits, and the lowest bit."""
    found: dict[str, tuple[str, int, int]] = {}
    for name in _LEGACY:
        found |= {f"r{name}": (f"r{name}", 64, 0), f"e{name}": (f"r{name}", 32, 0), name: (f"r{name}", 16, 0)}
        if name.endswith("x"):
            found |= {f"{name[0]}l": (f"r{name}", 8, 0), f"{name[0]}h": (f"r{name}", 8, 8)}
        else:
            found[f"{name}l"] = (f"r{name}", 8, 0)
    for name in _GENERAL[len(_LEGACY) :]:
        for suffix, bits in (("", 64), ("d", 32), ("w", 16), ("b", 8)):
            found[f"{name}{suffix}"] = (name, bits, 0)
    return found


_PARTS = _parts()
_NAMES = {(register, bits): name for name, (register, bits, shift) in _PARTS.items() if not shift}

_BITS = {"b": 8, "w": 16, "l": 32, "q": 64}
_COUNTS = {
    **dict.fromkeys(("mov", "add", "sub", "and", "or", "xor", "cmp", "test", "xchg", "xadd", "cmpxchg", "movnti"), 2),
    **dict.fromkeys((*SHIFTS, "lea", "bt", "bts", "btr", "btc"), 2),
    **dict.fromkeys(("inc", "dec", "neg", "not", PAIR), 1),
    **dict.fromkeys((f"cmov{name}" for name in CONDITIONS), 2),
    **dict.fromkeys((f"set{name}" for name in CONDITIONS), 1),
}
_JUMPS = {f"j{name}": canonical_condition(name) for name in CONDITIONS}
_EXTENSION = re.compile(r"(mov[sz])([bwl])([wlq]?)")
_NOPS = frozenset({"nop", "endbr64", "pause"})
_REFUSED = """
call push pop pushf popf imul mul idiv div adc sbb rol ror rcl rcr shld shrd bsf bsr popcnt lzcnt tzcnt bswap
movbe cmpxchg8b uxch clflush clflushopt clwb cldemote prefetcht0 prefetcht1 prefetcht2 prefetchnta
prefetchw movd movntdqa movntdq movntpd movntps movntq movntsd movntss movaps movapd movups movupd movdqa movdqu
movss movsd movsxd movabs movs lods stos cmps scas rep repe repne cbtw cwtl cwtd cltq cltd cqto cdq cdqe cqo
cpuid serialize rdtsc rdtscp in out int int3 syscall hlt leave enter ud2 xbegin xend jcxz jecxz jrcxz loop loope
loopne
"""
"""Instructions that exist but are not supported."""
_KNOWN = (*_COUNTS, *_JUMPS, *FENCES, *_NOPS, "jmp", "lock", "ret", "movz", "movs")

_LOCK = re.compile(r"(?<!\w)(lock\s*);", re.ASCII | re.IGNORECASE)
_HEAD = re.compile(r"(lock(?!\w)\s*)?([A-Za-z]\w*)\s*", re.ASCII | re.IGNORECASE)
_TARGET = re.compile(r"[A-Za-z_.][\w.$/-]*\Z", re.ASCII)
_COMMA = re.compile(r",(?![^()\[\]]*[)\]])")  # not one inside an address
_IGNORED = r"%?\w+|(?:%\w+:)?[-\w]*\([^()]*\)"  # the operand of a nop
_NAME = r"%?[A-Za-z_.][\w.]*"
_OPERAND = re.compile(
    rf"""(?P<register>%?[A-Za-z]\w*)
      | \$?(?P<number>-?\d\w*)
      | \$(?P<symbol>[A-Za-z_.]\w*)
      | (?P<relative>[A-Za-z_.]\w*) \s* \( \s* %rip \s* \)
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
        # `lock; incq (x)` is one instruction; any other `;` ends a row
        text = _LOCK.sub(r"\1 ", section.text)
        cells = _X8664Reader(flags_used(text[section.start :]))
        return parse_columns(replace(section, text=text), cells)


DIALECT = X86_64()


def _register(name: str) -> str | None:
    name = name.removeprefix("%").lower()
    return name if name in _RANKS else None


class _X8664Reader:
    """Reads the instructions of one test."""

    __slots__ = ("_machine", "word_bits")

    free = _GENERAL

    def __init__(self, flags: frozenset[str]) -> None:
        self.word_bits = 64
        self._machine = Machine(64, flags, "rax")

    def register(self, name: str) -> str | None:
        """The whole register, also for the name of a part."""
        part = _PARTS.get(name.lower())
        return part[0] if part else _register(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        head = _HEAD.match(cell.text)
        if head is None:
            raise ParseError("expected an instruction", cell.place(0, 1))
        locked, written = bool(head[1]), head[2].lower()
        name, suffix, source_bits = written, 0, 0
        extension = _EXTENSION.fullmatch(written)
        if extension is not None and head.end() < len(cell.text):  # else it moves strings
            name, source_bits, suffix = extension[1], _BITS[extension[2]], _BITS.get(extension[3], 0)
        elif name not in _COUNTS and name[-1] in _BITS and name[:-1] in _COUNTS:
            name, suffix = name[:-1], _BITS[name[-1]]
        if name not in _COUNTS and not source_bits:
            if locked and name in _KNOWN:
                raise ParseError(f"{written} cannot be locked", cell.span)
            return self._other(cell, name, head)
        operands = self._operands(cell, name, head.end(), suffix, source_bits)
        bits, size = self._width(cell, name, operands, suffix, source_bits)
        dest_first = self._ordered(cell, name, operands)
        herd = name == "cmpxchg" or (name.startswith("cmov") and any(isinstance(o, Memory) for o in operands))
        shown = dest_first if herd else operands
        text = f"{'lock; ' if locked else ''}{written} {','.join(o.text for o in shown)}"
        statements = self._machine.statements(Work(name, dest_first, bits, locked, cell.span, source_bits))
        return Instruction(statements, text, size=size, symbols=symbols_of(operands))

    def _other(self, cell: InstructionText, name: str, head: re.Match[str]) -> Instruction:
        """Instructions without operands, and jumps."""
        rest = cell.text[head.end() :]
        if name in ("nopw", "nopl", "nopq") and re.fullmatch(_IGNORED, rest, re.ASCII):
            return Instruction((), "NOP")
        if name in FENCES or name in _NOPS or name in ("ret", "retq"):
            if rest:
                raise ParseError(f"{name} takes no operands", cell.place(head.end(), len(cell.text)))
            if name in FENCES:
                return Instruction((Fence(FENCES[name], cell.span),), name)
            return Instruction((), "ret", ends=True) if name[0] == "r" else Instruction((), "NOP")
        if name == "lock":
            raise ParseError("lock goes before an instruction", cell.span)
        if name != "jmp" and name not in _JUMPS:
            raise self._unknown(cell, name, head)
        if not _TARGET.match(rest):
            raise ParseError(f"{name} takes a label", cell.place(min(head.end(), len(cell.text) - 1), len(cell.text)))
        if name == "jmp":
            return Instruction((Goto(rest, cell.span),), f"jmp {rest}", target=rest)
        test = _JUMPS[name]
        return Instruction((Branch(condition(test), rest, cell.span),), f"j{test} {rest}", target=rest)

    def _unknown(self, cell: InstructionText, name: str, head: re.Match[str]) -> LitmusError:
        place = cell.place(*head.span(2))
        if name in (words := _REFUSED.split()) or (name[-1] in _BITS and name[:-1] in words):
            return UnsupportedError(f"'{name}' is not supported", place)
        message = f"unknown mnemonic {quoted(head[2])} in dialect X86_64"
        known = (*_KNOWN, *(f"{base}{suffix}" for base in _COUNTS for suffix in _BITS))
        return ParseError(message, place, did_you_mean(name, known))

    # --- operands --------------------------------------------------------------------------------------------------

    def _operands(self, cell: InstructionText, name: str, at: int, suffix: int, source_bits: int) -> list[Operand]:
        text = cell.text[at:]
        found: list[Operand] = []
        for part in _COMMA.split(text) if text else ():
            bare = part.strip()
            place = at + len(part) - len(part.lstrip())
            found.append(self._operand(cell, bare, place, suffix if found else source_bits or suffix))
            at += len(part) + 1
        if name in SHIFTS and len(found) == 1:
            found.insert(0, Immediate(1, "$1"))
        count = _COUNTS.get(name, 2)
        if len(found) != count:
            raise ParseError(f"{name} takes {counted(count, 'operand')}, not {len(found)}", cell.span)
        return found

    def _operand(self, cell: InstructionText, text: str, at: int, suffix: int) -> Operand:
        match = _OPERAND.fullmatch(text)
        if match is None:
            raise ParseError(
                f"{quoted(text)} is not an operand" if text else "expected an operand",
                cell.place(at, at + len(text)),
                "an operand is like %eax, $1, (x), (%rax) or 8(%rax)",
            )
        if match["register"]:
            return self._register_operand(cell, text, at, suffix)
        if match["number"]:
            value = self._number(cell, match, "number", at)
            return Immediate(value, f"${value}")
        if match["symbol"]:
            return Immediate(Address(match["symbol"]), text)
        if match["relative"]:
            symbol = match["relative"]
            return Memory(Const(Address(symbol)), f"({symbol})", (symbol,))
        return self._memory(cell, match, at)

    def _register_operand(self, cell: InstructionText, text: str, at: int, suffix: int) -> Register:
        name = text.removeprefix("%")
        part = _PARTS.get(name.lower())
        if part is not None:
            return Register(part[0], part[1], f"%{name.lower()}", part[2])
        symbolic = cell.symbolic.get(name) if text != name else None
        if symbolic is None:
            hint = did_you_mean(name, _PARTS) if text != name else f"write ({text}) for the location"
            raise ParseError(f"no register {quoted(text)}", cell.place(at, at + len(text)), hint)
        bits = suffix or 64
        shown = symbolic if symbolic[0] == "%" else f"%{_NAMES[symbolic, bits]}"
        return Register(symbolic, bits, shown)

    def _number(self, cell: InstructionText, match: re.Match[str], group: str, at: int) -> int:
        value = parse_number(match[group])
        if value is None:
            place = cell.place(at + match.start(group), at + match.end(group))
            raise ParseError(f"{quoted(match[group])} is not a number of at most 64 bits", place)
        return wrap(value, 64)

    def _memory(self, cell: InstructionText, match: re.Match[str], at: int) -> Memory:
        offset = self._number(cell, match, "offset", at) if match["offset"] else 0
        base = match["base"]
        symbols: tuple[str, ...] = ()
        addr: Expr
        if base[0] != "%" and base.lower() not in _PARTS:
            addr, symbols, shown = Const(Address(base, offset)), (base,), base
        else:
            name, shown = self._address_register(cell, match, "base", at)
            addr = Op("add", (Reg(name), Const(offset))) if offset else Reg(name)
        if match["index"]:
            name, index = self._address_register(cell, match, "index", at)
            scale = int(match["scale"] or 1)
            step = Op("mul", (Reg(name), Const(scale))) if scale > 1 else Reg(name)
            addr, shown = Op("add", (addr, step)), f"{shown}, {index},{scale}"  # as herd7 prints it
        return Memory(addr, f"{offset or ''}({shown})", symbols)

    def _address_register(self, cell: InstructionText, match: re.Match[str], group: str, at: int) -> tuple[str, str]:
        """A register in an address, and its canonical text."""
        name = match[group]
        bare = name.removeprefix("%")
        part = _PARTS.get(bare.lower())
        if part is not None:
            return part[0], f"%{bare.lower()}"
        symbolic = cell.symbolic.get(bare) if name != bare else None
        if symbolic is None:
            place = cell.place(at + match.start(group), at + match.end(group))
            raise ParseError(f"no register {quoted(name)}", place, did_you_mean(bare, _PARTS))
        return symbolic, symbolic if symbolic[0] == "%" else f"%{symbolic}"

    def _width(
        self, cell: InstructionText, name: str, operands: list[Operand], suffix: int, source_bits: int
    ) -> tuple[int, int]:
        """The width of an instruction in bits, and of its access to memory in bytes (0 if none or not known)."""
        sized = operands[-1:] if name in SHIFTS or source_bits else operands  # the source has a width of its own
        registers = [operand for operand in sized if isinstance(operand, Register)]
        bits = suffix or (registers[0].bits if registers else 8 if name.startswith("set") else 64 * (name == PAIR))
        for register in registers:
            self._fitting(cell, register, bits)
        if name in SHIFTS and isinstance(operands[0], Register):
            self._fitting(cell, operands[0], 8)
        if source_bits:
            if isinstance(operands[0], Register):
                self._fitting(cell, operands[0], source_bits)
            if bits <= source_bits:
                raise ParseError(f"{source_bits} bits cannot be extended to {bits or 'those of memory'}", cell.span)
        in_memory = name != "lea" and any(isinstance(operand, Memory) for operand in operands)
        return bits or 32, (source_bits or bits) // 8 if in_memory else 0

    def _fitting(self, cell: InstructionText, register: Register, bits: int) -> None:
        """Raises ParseError for a register of another width."""
        if register.bits != bits:
            fitting = _NAMES.get((register.name, bits))
            hint = f"its {bits} bits are %{fitting}" if fitting else None
            raise ParseError(f"{register.text} has {register.bits} bits, not {bits}", cell.span, hint)

    def _ordered(self, cell: InstructionText, name: str, operands: list[Operand]) -> tuple[Operand, ...]:
        """The operands with the destination first."""
        if len(operands) < 2:
            return tuple(operands)
        source, dest = operands
        if name.startswith("cmov"):
            return (source, dest) if isinstance(source, Register) and isinstance(dest, Memory) else (dest, source)
        if name in ("cmpxchg", "xadd") and isinstance(source, Memory):
            return source, dest
        return dest, source


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    forms = {1: "operand", 2: "source,destination"}
    sizes = f"[{''.join(_BITS)}]"
    return {
        **{f"{name}{sizes}": forms[count] for name, count in _COUNTS.items() if name != PAIR},
        PAIR: "memory",
        **{f"{name}{sizes}": "[count,]destination" for name in SHIFTS},
        **dict.fromkeys((f"movz{sizes}{sizes}", f"movs{sizes}{sizes}"), forms[2]),
        **dict.fromkeys(("jmp", *_JUMPS), "label"),
        **dict.fromkeys((*FENCES, *_NOPS, "ret"), ""),
        "lock": f"one of {', '.join(sorted(LOCKABLE))}",
    }
