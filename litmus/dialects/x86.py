"""32-bit x86 assembly in Intel syntax, as herd7 reads it: the destination comes first, `[x]` is the memory at x.

Source: Intel SDM volume 2, instruction reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.dialects._x86 import (
    CONDITIONS,
    FENCES,
    LOCKABLE,
    LOCKED,
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
from litmus.ir.thread import Address, Branch, Const, Expr, Fence, Goto, Op, Reg, Statement
from litmus.ir.values import wrap

_GENERAL = ("EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP")
_RANKS = {name: rank for rank, name in enumerate((*_GENERAL, "EIP", "ZF", "SF", "CF"))}
_REGISTERS = {**{name: name for name in _RANKS}, **{name.lower(): name for name in _RANKS}}
_WIDTHS = {"MOVB": 1, "MOVW": 2, "MOVL": 4, "MOVQ": 8, "MOVT": 10}
_OPERANDS = {
    **dict.fromkeys(("MOV", *_WIDTHS, "ADD", "SUB", "AND", "OR", "XOR", "CMP", "TEST", "XCHG", "XADD", "CMPXCHG"), 2),
    **dict.fromkeys((*(name.upper() for name in SHIFTS), "LEA", "BT", "BTS", "BTR", "BTC"), 2),
    **dict.fromkeys(("INC", "DEC", "NEG", "NOT"), 1),
    **dict.fromkeys((f"CMOV{name.upper()}" for name in CONDITIONS), 2),
    **dict.fromkeys((f"SET{name.upper()}" for name in CONDITIONS), 1),
}
_JUMPS = {f"J{name.upper()}": canonical_condition(name) for name in CONDITIONS}
_KNOWN = (*_OPERANDS, *_JUMPS, *(name.upper() for name in FENCES), "JMP", "NOP", "PAUSE", "RET", "LOCK")
_REFUSED = """
CALL PUSH POP PUSHF POPF PUSHA POPA PUSHFD POPFD PUSHAD POPAD IMUL MUL IDIV DIV ADC SBB ROL ROR RCL RCR SHLD
SHRD BSF BSR BSWAP CMPXCHG8B MOVZX MOVSX MOVSB MOVSW MOVSD MOVNTI MOVNTQ MOVNTPS MOVNTPD MOVNTDQ MOVD MOVAPS
MOVAPD MOVDQA MOVDQU LODSB LODSW LODSD STOSB STOSW STOSD CMPSB CMPSW CMPSD SCASB SCASW SCASD REP REPE REPNE CBW
CWDE CWD CDQ CLFLUSH CLFLUSHOPT CLWB PREFETCHT0 PREFETCHNTA PREFETCHW CPUID RDTSC RDTSCP INT IRET HLT LEAVE
ENTER UD2 READ IN OUT JCXZ JECXZ LOOP LOOPE LOOPNE
"""
"""Instructions that exist but are not supported."""
_SPACED = frozenset({"INC", "DEC", "CMP"})  # herd7 prints two spaces after these, and hashes what it prints

_LOCK = re.compile(r"(?<!\w)(lock\s*);", re.ASCII | re.IGNORECASE)
_HEAD = re.compile(r"(lock(?!\w)\s*)?([A-Za-z]\w*)\s*", re.ASCII | re.IGNORECASE)
_TARGET = re.compile(r"[A-Za-z_.][\w.$/-]*\Z", re.ASCII)
_OPERAND = re.compile(
    r"""(?P<register>%?[A-Za-z]\w*)
      | \$?(?P<number>-?\d\w*)
      | \$(?P<symbol>[A-Za-z_.]\w*)
      | [\[(] \s* (?P<base>%?[A-Za-z_.]\w*) \s* (?:(?P<sign>[+-])\s*(?P<offset>\w+)\s*)? [\])]""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class X86:
    """The dialect X86."""

    archs: tuple[str, ...] = ("X86",)
    sets: frozenset[str] = LOCKED.union(*FENCES.values())

    @property
    def registers(self) -> Mapping[str, int]:
        """EAX EBX ECX EDX ESI EDI EBP ESP EIP ZF SF CF, in this order."""
        return _RANKS

    def register(self, name: str) -> str | None:
        """Registers are written EAX or eax."""
        return _REGISTERS.get(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        if "lock" in section.text.lower():  # `LOCK; INC [x]` is one instruction; any other `;` ends a row
            section = replace(section, text=_LOCK.sub(r"\1 ", section.text))
        return parse_columns(section, _X86Reader(flags_used(section.text[section.start :])))


DIALECT = X86()


class _X86Reader:
    """Reads the instructions of one test."""

    __slots__ = ("_machine", "word_bits")

    free = _GENERAL[:6]

    def __init__(self, flags: frozenset[str]) -> None:
        self.word_bits = 32
        self._machine = Machine(32, flags, "EAX")

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        head = _HEAD.match(cell.text)
        if head is None:
            raise ParseError("expected an instruction", cell.place(0, 1))
        locked, name = bool(head[1]), head[2].upper()
        count = _OPERANDS.get(name)
        if count is None:
            if locked and name in _KNOWN:
                raise ParseError(f"{name} cannot be locked", cell.span)
            return self._other(cell, name, head)
        operands = self._operands(cell, name, head.end(), count)
        plain = "MOV" if name in _WIDTHS else name
        before = "LOCK; " if locked else ""
        after = f"{'  ' if name in _SPACED else ' '}{','.join([o.text for o in operands])}"
        statements = self._machine.statements(Work(plain.lower(), operands, 32, locked, cell.span))
        size = _WIDTHS.get(name, 4) if name != "LEA" and any(isinstance(o, Memory) for o in operands) else 0
        hashed = "" if plain == name else before + plain + after
        text = before + name + after
        return Instruction(statements, text, hashed=hashed, size=size, symbols=symbols_of(operands))

    def _other(self, cell: InstructionText, name: str, head: re.Match[str]) -> Instruction:
        """Instructions without operands, and jumps."""
        rest = cell.text[head.end() :]
        tags = FENCES.get(name.lower())
        if tags is not None or name in ("NOP", "PAUSE", "RET"):
            if rest:
                raise ParseError(f"{name} takes no operands", cell.place(head.end(), len(cell.text)))
            statements: tuple[Statement, ...] = (Fence(tags, cell.span),) if tags else ()
            return Instruction(statements, name, ends=name == "RET")
        if name == "LOCK":
            raise ParseError("LOCK goes before an instruction", cell.span)
        if name != "JMP" and name not in _JUMPS:
            if name in _REFUSED.split():
                raise UnsupportedError(f"{quoted(head[2])} is not supported", cell.place(*head.span(2)))
            message = f"unknown mnemonic {quoted(head[2])} in dialect X86"
            raise ParseError(message, cell.place(*head.span(2)), did_you_mean(name, _KNOWN))
        if not _TARGET.match(rest):
            raise ParseError(f"{name} takes a label", cell.place(min(head.end(), len(cell.text) - 1), len(cell.text)))
        if name == "JMP":
            return Instruction((Goto(rest, cell.span),), f"JMP {rest}", target=rest)
        test = _JUMPS[name]
        return Instruction((Branch(condition(test), rest, cell.span),), f"J{test.upper()} {rest}", target=rest)

    def _operands(self, cell: InstructionText, name: str, at: int, count: int) -> list[Operand]:
        found: list[Operand] = []
        text = cell.text[at:]
        for part in text.split(",") if text else ():
            bare = part.strip()
            found.append(self._operand(cell, bare, at + len(part) - len(part.lstrip())))
            at += len(part) + 1
        if name.lower() in SHIFTS and len(found) == 1:
            found.append(Immediate(1, "$1"))
        if len(found) != count:
            raise ParseError(f"{name} takes {counted(count, 'operand')}, not {len(found)}", cell.span)
        return found

    def _operand(self, cell: InstructionText, text: str, at: int) -> Operand:
        match = _OPERAND.fullmatch(text)
        kind = match.lastgroup if match else None
        if match is None or kind is None:
            raise ParseError(
                f"{quoted(text)} is not an operand" if text else "expected an operand",
                cell.place(at, at + len(text)),
                "an operand is like EAX, $1, [x] or [EAX]",
            )
        if kind == "register":
            register = self._register(cell, match["register"])
            if register is not None:
                return Register(register, 32, register)
            hint = did_you_mean(text, _RANKS) or f"write [{text}] for the location"
            raise ParseError(f"no register {quoted(text)}", cell.place(at, at + len(text)), hint)
        if kind == "number":
            value = self._number(cell, match, "number", at)
            return Immediate(value, f"${value}")
        if kind == "symbol":
            return Immediate(Address(match["symbol"]), text)
        return self._memory(cell, match, at)

    def _register(self, cell: InstructionText, name: str) -> str | None:
        if name[0] == "%":
            return cell.symbolic.get(name[1:]) or _REGISTERS.get(name[1:])
        return _REGISTERS.get(name)

    def _number(self, cell: InstructionText, match: re.Match[str], group: str, at: int) -> int:
        value = parse_number(match[group])
        if value is None:
            place = cell.place(at + match.start(group), at + match.end(group))
            raise ParseError(f"{quoted(match[group])} is not a number of at most 64 bits", place)
        return wrap(value, 32)

    def _memory(self, cell: InstructionText, match: re.Match[str], at: int) -> Memory:
        base = match["base"]
        register = self._register(cell, base)
        if register is None and base[0] == "%":
            place = cell.place(at + match.start("base"), at + match.end("base"))
            raise ParseError(f"no register {quoted(base)}", place, did_you_mean(base, _RANKS))
        offset = self._number(cell, match, "offset", at) if match["offset"] else 0
        if match["sign"] == "-":
            offset = -offset
        addr: Expr
        if register is None:
            addr = Const(Address(base, offset))
        else:
            addr = Op("add", (Reg(register), Const(offset))) if offset else Reg(register)
        text = f"[{register or base}{offset:+d}]" if offset else f"[{register or base}]"
        return Memory(addr, text, () if register else (base,))


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    forms = {1: "operand", 2: "destination,source"}
    return {
        **{name: forms[count] for name, count in _OPERANDS.items()},
        **{name.upper(): "destination[,count]" for name in SHIFTS},
        **dict.fromkeys(("JMP", *_JUMPS), "label"),
        **dict.fromkeys((*(name.upper() for name in FENCES), "NOP", "PAUSE", "RET"), ""),
        "LOCK": f"one of {', '.join(sorted(LOCKABLE)).upper()}",
    }
