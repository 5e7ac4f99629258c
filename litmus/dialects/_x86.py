"""What both syntaxes of x86 have in common: what instructions do with operands, whose destination comes first here.

An operand narrower than a register is read as a signed number. A write of 32 bits clears the upper bits of a register,
a narrower one keeps them. A location holds a signed number as wide as the accesses to it. The flags are registers: ZF,
SF, CF, and `lt` for SF != OF (branches need nothing else of OF).
Source: Intel SDM volume 2, instruction reference; volume 1, section 3.4.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.frontend.arithmetic import Binary, plain, signed, with_not
from litmus.frontend.dialect import Instruction, InstructionText, ProgramSection
from litmus.frontend.operands import Operands, Place, Syntax, moved
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Assign,
    BinaryOperator,
    Branch,
    Const,
    Expr,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    Value,
)
from litmus.ir.values import wrap

LOCKED = frozenset({"X"})
NON_TEMPORAL = frozenset({"NT"})
FENCES = {name: frozenset({name.upper()}) for name in ("mfence", "sfence", "lfence")}
PAIR = "cmpxchg16b"

_READ, _HIGH, _RESULT = ".read", ".high", ".result"  # internal registers, with names that no test can use
FLAGS = frozenset({"ZF", "SF", "CF", "lt", _RESULT})
"""The registers that say how a computation went; what they are computed from is one of them."""


# --- conditions ------------------------------------------------------------------------------------------------------

_ALIASES = {"z": "e", "nz": "ne", "c": "b", "nae": "b", "nc": "ae", "nb": "ae", "na": "be", "nbe": "a"} | {
    "nge": "l",
    "nl": "ge",
    "ng": "le",
    "nle": "g",
    "lt": "l",  # `lt` and `gt` are not Intel's: herd7 has them
    "gt": "g",
}
_HOLDS: Mapping[str, Expr] = {
    "e": Reg("ZF"),
    "s": Reg("SF"),
    "b": Reg("CF"),
    "l": Reg("lt"),
    "be": Op("or", (Reg("CF"), Reg("ZF"))),
    "le": Op("or", (Reg("lt"), Reg("ZF"))),
    "o": Op("ne", (Reg("SF"), Reg("lt"))),
}
_NEGATIONS = {"ne": "e", "ns": "s", "ae": "b", "ge": "l", "a": "be", "g": "le", "no": "o"}
_CONDITIONS: Mapping[str, tuple[str, Expr]] = {
    **{name: (name, expr) for name, expr in _HOLDS.items()},
    **{name: (name, Op("lnot", (_HOLDS[other],))) for name, other in _NEGATIONS.items()},
}
CONDITIONS = {**_CONDITIONS, **{name: _CONDITIONS[other] for name, other in _ALIASES.items()}}
"""The conditions of jcc, setcc and cmovcc in every spelling, each with the canonical one and what is 1 if it holds."""


# --- operands --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Register:
    """The part of the register `name` that has `bits` bits and begins at bit `shift`."""

    name: str
    bits: int
    text: str
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Immediate:
    """A constant."""

    value: Value
    text: str


Operand = Register | Place | Immediate
ONE = Immediate(1, "$1")


class X86Operands(Operands):
    """The operands of one instruction, which may be `locked`, and the statements that it becomes.

    `symbols` are the locations that the operands name which were read so far.
    `bits` is the width of the operation; `source_bits` is that of a source that is extended.
    """

    __slots__ = ("bits", "body", "dest", "locked", "source", "source_bits", "symbols")

    word_bits: ClassVar[int]
    accumulator: ClassVar[str]
    body: list[Statement]
    dest: Operand
    source: Operand | None

    def __init__(
        self, cell: InstructionText, name: str, at: int, usage: str, syntax: Syntax, locked: bool = False
    ) -> None:
        super().__init__(cell, name, at, usage, syntax)
        self.locked = locked
        self.symbols: tuple[str, ...] = ()

    def immediate(self, index: int) -> Immediate:
        """A number, or the address of a location: `$1`, `1` or `$x`."""
        text = self.texts[index]
        if text[:1] == "$" and not self.is_number(index):
            if text == "$":
                raise self.error(index, "a number or a location behind '$'")
            symbol = self.symbol_in(text[1:], index)
            self.symbols += (symbol,)
            return Immediate(Address(symbol), f"${symbol}")
        value = wrap(self.number_in(text, index), self.word_bits)
        return Immediate(value, f"${value}")

    def performed(
        self, meaning: Meaning, dest: Operand, source: Operand | None, bits: int, source_bits: int = 0
    ) -> tuple[Statement, ...]:
        """The statements of an instruction with these operands. Raises ParseError, UnsupportedError."""
        if isinstance(dest, Place):
            if isinstance(source, Place):
                raise ParseError("an instruction can have at most one operand in memory", self.span)
        elif self.locked:
            raise not_lockable(self.cell)
        self.dest, self.source, self.bits, self.source_bits, self.body = dest, source, bits, source_bits, []
        meaning(self)
        return tuple(self.body)

    @property
    def written(self) -> Register | Place:
        """The destination of an instruction that changes it."""
        if isinstance(self.dest, Immediate):
            raise self.constant()
        return self.dest

    def constant(self) -> ParseError:
        """The error for an instruction that would change a constant."""
        return ParseError("the destination cannot be a constant", self.span)

    @property
    def register(self) -> Register:
        """The source of an instruction that takes it from a register."""
        if not isinstance(self.source, Register):
            raise ParseError(f"the source of {self.name} must be a register", self.span)
        return self.source

    def cut(self, value: Expr) -> Expr:
        """What an operation of this width leaves of a value."""
        return signed(value, self.bits, self.word_bits)

    def get(self, operand: Operand | None) -> Expr:
        """The value of an operand; one in memory is loaded. An instruction of one operand takes 1 for the other."""
        if isinstance(operand, Register):
            whole = Op("shr", (Reg(operand.name), Const(operand.shift))) if operand.shift else Reg(operand.name)
            return signed(whole, operand.bits, self.word_bits)
        if isinstance(operand, Place):
            self.body.append(Load(_READ, operand.addr, NO_TAGS, False, self.span))
            return Reg(_READ)
        value = Const(1 if operand is None else operand.value)
        return value if self.bits >= self.word_bits else self.cut(value)

    def old(self) -> Expr:
        """The value of the destination before it is changed; one in memory is then read by `put` or `update`."""
        return Reg(_READ) if isinstance(self.written, Place) else self.get(self.dest)

    def put(self, register: Register, value: Expr) -> None:
        """Writes a register, or a part of it."""
        if register.bits < self.word_bits:
            mask = (1 << register.bits) - 1
            number = value.value if isinstance(value, Const) else None
            value = Const(number & mask) if isinstance(number, int) else Op("and", (value, Const(mask)))
            if register.bits < 32:
                if register.shift:
                    value = Op("shl", (value, Const(register.shift)))
                kept = Op("and", (Reg(register.name), Const(~(mask << register.shift))))
                value = Op("or", (kept, value))
        self.body.append(Assign(register.name, value, self.span))

    def update(self, place: Place, value: Expr, condition: Expr | None = None, locked: bool = False) -> None:
        """Reads a place in memory and writes it."""
        locked = locked or self.locked
        tags = LOCKED if locked else NO_TAGS
        self.body.append(Rmw(_READ, place.addr, value, tags, tags, condition, locked, self.span))

    def set_flags(self, values: Mapping[str, Expr]) -> None:
        """Sets flags."""
        for flag, value in values.items():
            self.body.append(Assign(flag, value, self.span))


Meaning = Callable[[X86Operands], None]
"""Adds the statements of an instruction to the `body` of its operands. Raises ParseError, UnsupportedError."""


# --- prefixes --------------------------------------------------------------------------------------------------------

_PREFIX_ROW = re.compile(r"([;|:]\s*lock\s*);", re.ASCII | re.IGNORECASE)
_PREFIX = re.compile(r"lock\b\s*", re.ASCII | re.IGNORECASE)


def with_prefixes(section: ProgramSection) -> ProgramSection:
    """A program in which `LOCK; INC [x]` is one instruction, though any other `;` ends a row."""
    if "lock" not in section.text.lower():
        return section
    return replace(section, text=_PREFIX_ROW.sub(r"\1 ", section.text))


def behind_prefix(cell: InstructionText) -> InstructionText:
    """The instruction behind LOCK; the cell itself if there is no LOCK. Raises ParseError if there is nothing else."""
    match = _PREFIX.match(cell.text)
    if match is None:
        return cell
    if match.end() == len(cell.text):
        raise ParseError(f"{cell.text} goes before an instruction", cell.span)
    text, start = cell.text[match.end() :], cell.start + match.end()
    return InstructionText(cell.source, text, start, cell.span, cell.symbolic, cell.row, cell.thread, cell.following)


def not_lockable(cell: InstructionText) -> ParseError:
    """The error for an instruction that cannot be locked."""
    return ParseError("only a read-modify-write of memory can be locked", cell.span)


# --- flags -----------------------------------------------------------------------------------------------------------

_ZERO = Const(0)
_NEGATIVE = Op("lt", (Reg(_RESULT), _ZERO))


def _flags_after(op: BinaryOperator, result: Expr, a: Expr, b: Expr) -> Mapping[str, Expr]:
    """The flags after `a op b`, while `a` and `b` still have their old values."""
    if op == "sub":
        flags = {"ZF": Op("eq", (a, b)), "SF": _NEGATIVE, "CF": Op("ult", (a, b)), "lt": Op("lt", (a, b))}
        return {_RESULT: result, **flags}
    zero = Op("eq", (Reg(_RESULT), _ZERO))
    if op == "add":
        total = Reg(_RESULT)
        overflow = Op("lt", (Op("and", (Op("xor", (a, total)), Op("xor", (b, total)))), _ZERO))
        carry, less = Op("ult", (total, a)), Op("ne", (_NEGATIVE, overflow))
        return {_RESULT: result, "ZF": zero, "SF": _NEGATIVE, "CF": carry, "lt": less}
    return {_RESULT: result, "ZF": zero, "SF": _NEGATIVE, "CF": _ZERO, "lt": _NEGATIVE}


# --- arithmetic, logic and comparisons -------------------------------------------------------------------------------


def _compute(op: BinaryOperator) -> Meaning:
    """`dest := dest op source`, and flags."""

    def perform(o: X86Operands) -> None:
        b = o.get(o.source)
        _computed(o, op, o.old(), b)

    return perform


def _computed(o: X86Operands, op: BinaryOperator, a: Expr, b: Expr, but: str = "") -> None:
    """Writes `a op b` to the destination, and sets the flags, but for one."""
    dest, result = o.written, o.cut(Op(op, (a, b)))
    if isinstance(dest, Place):
        o.update(dest, result)
    flags = _flags_after(op, result, a, b)
    o.set_flags({flag: value for flag, value in flags.items() if flag != but} if but else flags)
    if isinstance(dest, Register):
        o.put(dest, result)


def _step(op: BinaryOperator) -> Meaning:
    """inc, dec: by 1, without the carry."""
    return lambda o: _computed(o, op, o.old(), Const(1), but="CF")


def _negate(o: X86Operands) -> None:
    _computed(o, "sub", _ZERO, o.old())


def _invert(o: X86Operands) -> None:
    """not, which sets no flags."""
    dest, result = o.written, o.cut(Op("not", (o.old(),)))
    if isinstance(dest, Place):
        o.update(dest, result)
    else:
        o.put(dest, result)


def _compare(op: BinaryOperator) -> Meaning:
    """cmp, test: flags alone."""

    def perform(o: X86Operands) -> None:
        b = o.get(o.source)
        a = o.get(o.dest)
        o.set_flags(_flags_after(op, o.cut(Op(op, (a, b))), a, b))

    return perform


def _shift(op: BinaryOperator) -> Meaning:
    """shl, shr, sar: by a constant or by cl, modulo 64 for 64-bit operands, otherwise modulo 32."""

    def perform(o: X86Operands) -> None:
        dest, source, bits, largest = o.written, o.source, o.bits, 63 if o.bits == 64 else 31
        count: Expr
        if isinstance(source, Immediate) and isinstance(source.value, int):
            count = Const(source.value & largest)
        elif isinstance(source, Register) and source.name[-2:] in ("cx", "CX"):
            count = Op("and", (o.get(source), Const(largest)))
        else:
            raise ParseError("a shift must be by a constant or by cl", o.span)
        a = o.old()
        low = a if bits == o.word_bits else Op("and", (a, Const((1 << bits) - 1)))
        result = a if count == _ZERO else o.cut(Op(op, (low if op == "shr" else a, count)))
        if isinstance(dest, Place):
            o.update(dest, result)
        if count != _ZERO:
            o.set_flags(_after_shift(op, result, a, low, count, bits))
        if isinstance(dest, Register):
            o.put(dest, result)

    return perform


def _after_shift(op: BinaryOperator, result: Expr, a: Expr, low: Expr, count: Expr, bits: int) -> Mapping[str, Expr]:
    """The flags after a shift of `a`, whose low `bits` bits are `low`; a shift by 0 does not change them."""
    one = Const(1)
    back = Op("sub", (count, one)) if op != "shl" else Op("sub", (Const(bits), count))
    carry = Op("and", (Op("sar" if op == "sar" else "shr", (a if op == "sar" else low, back)), one))
    overflow: Expr = _ZERO  # as defined for a shift by 1; undefined for any other
    if op == "shl":
        overflow = Op("xor", (carry, _NEGATIVE))
    elif op == "shr":
        overflow = Op("lt", (a, _ZERO))
    flags: dict[str, Expr] = {"ZF": Op("eq", (Reg(_RESULT), _ZERO)), "SF": _NEGATIVE, "CF": carry}
    flags["lt"] = Op("xor", (_NEGATIVE, overflow))
    if not isinstance(count, Const):
        flags = {flag: Op("ite", (count, value, Reg(flag))) for flag, value in flags.items()}
    return {_RESULT: result, **flags}


def _bit(change: Binary | None) -> Meaning:
    """bt, bts, btr, btc: copies a bit to CF; the last three then set, clear or invert it."""

    def perform(o: X86Operands) -> None:
        dest, source = o.written, o.source
        if isinstance(source, Place) or (isinstance(source, Register) and isinstance(dest, Place)):
            raise UnsupportedError("the number of a bit in memory must be a constant", o.span)
        index: Expr
        if isinstance(source, Immediate) and isinstance(source.value, int):
            index = Const(source.value & o.bits - 1)
        else:
            index = Op("and", (o.get(source), Const(o.bits - 1)))
        a = o.get(dest) if change is None else o.old()
        result = a if change is None else change(a, Op("shl", (Const(1), index)))
        if change is not None and isinstance(dest, Place):
            o.update(dest, o.cut(result))
        o.set_flags({"CF": Op("and", (Op("shr", (a, index)), Const(1)))})
        if change is not None and isinstance(dest, Register):
            o.put(dest, result)

    return perform


# --- moves -----------------------------------------------------------------------------------------------------------


def _move(tags: frozenset[str]) -> Meaning:
    def perform(o: X86Operands) -> None:
        dest, source = o.dest, o.source
        if isinstance(dest, Place):
            o.body.append(Store(dest.addr, o.get(source), tags, o.span))
        elif isinstance(dest, Immediate):
            raise o.constant()
        elif isinstance(source, Place) and dest.bits == o.word_bits:
            o.body.append(Load(dest.name, source.addr, NO_TAGS, False, o.span))
        else:
            o.put(dest, o.get(source))

    return perform


def _address(o: X86Operands) -> None:
    """lea"""
    if not isinstance(o.dest, Register) or not isinstance(o.source, Place):
        raise ParseError("lea takes an address and a register", o.span)
    o.put(o.dest, o.source.addr)


def extend(with_sign: bool) -> Meaning:
    """movz, movs: extends an unsigned or signed number of `source_bits` bits."""

    def perform(o: X86Operands) -> None:
        dest, source = o.dest, o.source
        if not isinstance(dest, Register) or isinstance(source, Immediate):
            raise ParseError("the destination must be a register, the source a register or memory", o.span)
        value = o.get(source)
        if not with_sign:
            value = Op("and", (value, Const((1 << o.source_bits) - 1)))
        elif isinstance(source, Place):
            value = signed(value, o.source_bits, o.word_bits)
        o.put(dest, value)

    return perform


def _set(test: Expr) -> Meaning:
    def perform(o: X86Operands) -> None:
        dest = o.written
        if isinstance(dest, Place):
            o.body.append(Store(dest.addr, test, NO_TAGS, o.span))
        else:
            o.put(dest, test)

    return perform


def _conditional_move(test: Expr) -> Meaning:
    def perform(o: X86Operands) -> None:
        dest, source = o.dest, o.source
        if not isinstance(dest, Register) or isinstance(source, Immediate):
            raise ParseError("cmov takes a register, and a register or memory", o.span)
        found = o.get(source)  # memory is read even if the condition does not hold
        o.put(dest, Op("ite", (test, found, o.get(dest))))

    return perform


# --- exchanges -------------------------------------------------------------------------------------------------------


def _exchange(o: X86Operands) -> None:
    """xchg, which is locked even without the prefix."""
    a, b = o.written, o.source
    if isinstance(b, Place):
        a, b = b, a
    if not isinstance(b, Register):
        raise ParseError("xchg takes a register and a register or memory", o.span)
    if isinstance(a, Place):
        o.update(a, o.get(b), locked=True)
    else:
        o.body.append(Assign(_READ, o.get(a), o.span))
        o.put(a, o.get(b))
    o.put(b, Reg(_READ))


def _exchange_and_add(o: X86Operands) -> None:
    dest, source = o.written, o.register
    a, b = Reg(_READ), o.get(source)
    result = o.cut(Op("add", (a, b)))
    if isinstance(dest, Place):
        o.update(dest, result)
    else:
        o.body.append(Assign(_READ, o.get(dest), o.span))
    o.set_flags(_flags_after("add", result, a, b))
    o.put(source, a)
    if isinstance(dest, Register):
        o.put(dest, Reg(_RESULT))


def _compare_and_exchange(o: X86Operands) -> None:
    dest, source = o.written, o.register
    accumulator = Register(o.accumulator, o.bits, "")
    old = o.get(accumulator)
    if not isinstance(dest, Place):
        raise UnsupportedError("cmpxchg of two registers is not supported", o.span)
    # If the comparison fails, cmpxchg writes back what it read; other processors cannot see this write.
    o.update(dest, o.get(source), Op("eq", (Reg(_READ), old)))
    o.set_flags(_flags_after("sub", o.cut(Op("sub", (old, Reg(_READ)))), old, Reg(_READ)))
    o.put(accumulator, Reg(_READ))  # if the comparison succeeds, this does not change it


def compare_and_exchange_pair(o: X86Operands) -> None:
    """rdx:rax is compared with 16 bytes, which become rcx:rbx or are loaded; without lock that is not one step."""
    memory = o.dest
    if not isinstance(memory, Place):
        raise ParseError(f"the destination of {PAIR} must be in memory", o.span)
    if not o.locked:
        raise UnsupportedError(f"{PAIR} is not supported without lock", o.span, f"write lock {PAIR}")
    halves = ((_READ, "rax", "rbx", memory.addr), (_HIGH, "rdx", "rcx", moved(memory.addr, 8)))
    equal = Op("land", tuple([Op("eq", (Reg(read), Reg(old))) for read, old, _, _ in halves]))
    for read, _, new, addr in halves:
        o.body.append(Rmw(read, addr, Reg(new), LOCKED, LOCKED, equal, span=o.span, joins=read == _HIGH))
    o.set_flags({"ZF": equal})
    for read, old, _, _ in halves:
        o.body.append(Assign(old, Reg(read), o.span))


# --- tables ----------------------------------------------------------------------------------------------------------

UNARY: Mapping[str, Meaning] = {
    "inc": _step("add"),
    "dec": _step("sub"),
    "neg": _negate,
    "not": _invert,
}
SETS: Mapping[str, Meaning] = {f"set{name}": _set(test) for name, (_, test) in CONDITIONS.items()}
SHIFTS: Mapping[str, Meaning] = {
    "shl": _shift("shl"),
    "sal": _shift("shl"),
    "shr": _shift("shr"),
    "sar": _shift("sar"),
}
BINARY: Mapping[str, Meaning] = {
    "mov": _move(NO_TAGS),
    "lea": _address,
    "add": _compute("add"),
    "sub": _compute("sub"),
    "and": _compute("and"),
    "or": _compute("or"),
    "xor": _compute("xor"),
    "cmp": _compare("sub"),
    "test": _compare("and"),
    "xchg": _exchange,
    "xadd": _exchange_and_add,
    "cmpxchg": _compare_and_exchange,
    "bt": _bit(None),
    "bts": _bit(plain("or")),
    "btr": _bit(with_not("and")),
    "btc": _bit(plain("xor")),
}
MOVES: Mapping[str, Meaning] = {f"cmov{name}": _conditional_move(test) for name, (_, test) in CONDITIONS.items()}
NON_TEMPORAL_MOVE = _move(NON_TEMPORAL)

LOCKABLE = frozenset({"add", "sub", "and", "or", "xor", "inc", "dec", "neg", "not", "xchg", "xadd", "cmpxchg"}).union(
    ("bts", "btr", "btc", PAIR)
)


def jumps(spelled: Callable[[str], str]) -> Iterable[tuple[str, str, Callable[[Operands], Instruction]]]:
    """The rows of the conditional jumps, with their names in the case that `spelled` gives them."""
    for name, (canonical, test) in CONDITIONS.items():
        yield spelled(f"j{name}"), "label", _jump(spelled(f"j{canonical}"), test)


def _jump(shown: str, test: Expr) -> Callable[[Operands], Instruction]:
    def build(operands: Operands) -> Instruction:
        label = operands.label(0)
        return Instruction((Branch(test, label, operands.span),), f"{shown} {label}", target=label)

    return build


CACHE = ("clflush", "clflushopt", "clwb", "cldemote", *(f"prefetch{end}" for end in ("t0", "t1", "t2", "nta", "w")))
"""What moves lines between caches and memory, which all processors see alike: it neither reads nor writes them."""


def moves_line(o: X86Operands, operand: Operand) -> Instruction:
    """An instruction of `CACHE`. Raises ParseError."""
    if not isinstance(operand, Place):
        raise o.error(0, "memory")
    return Instruction((), f"{o.name} {operand.text}", symbols=o.symbols)


def refused(words: str, suffixes: str = "") -> tuple[tuple[str, str], ...]:
    """The patterns of mnemonics that exist but are not read."""
    return ((f"(?:{'|'.join(words.split())}){suffixes}", ""),)
