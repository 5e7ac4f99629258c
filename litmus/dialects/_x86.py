"""The semantics of x86 instructions with parsed operands, for both x86 dialects.

An operand narrower than a register is read as a signed number. A write of 32 bits clears the upper bits of a register,
a narrower one keeps them. A location holds a signed number as wide as the accesses to it. The flags are registers: ZF,
SF, CF, and `lt` for SF != OF (branches need nothing else of OF). Only flags that the test uses are set.
Source: Intel SDM volume 2, instruction reference; volume 1, section 3.4.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.operands import moved
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Assign,
    BinaryOperator,
    Const,
    Expr,
    Load,
    Op,
    Operator,
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
_BIT_TESTS = frozenset({"bt", "bts", "btr", "btc"})
PAIR = "cmpxchg16b"
LOCKABLE = frozenset({"add", "sub", "and", "or", "xor", "inc", "dec", "neg", "not", "xchg", "xadd", "cmpxchg"}).union(
    _BIT_TESTS - {"bt"}, {PAIR}
)
_OPERATORS: Mapping[str, Operator] = {
    "add": "add",
    "inc": "add",
    "sub": "sub",
    "dec": "sub",
    "neg": "sub",
    "cmp": "sub",
    "and": "and",
    "test": "and",
    "or": "or",
    "xor": "xor",
    "not": "not",
}
SHIFTS: Mapping[str, BinaryOperator] = {"shl": "shl", "sal": "shl", "shr": "shr", "sar": "sar"}

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
CONDITIONS = frozenset((*_ALIASES, *_HOLDS, *_NEGATIONS))
"""The conditions of jcc, setcc and cmovcc, in every spelling."""

_ON_CONDITION = re.compile(
    rf"(?<![\w.])(?:j|set|cmov)({'|'.join(sorted(CONDITIONS, key=len, reverse=True))})[bwlq]?(?!\w)",
    re.ASCII | re.IGNORECASE,
)
_FLAG = re.compile(r"(?<!\w)([zsc]f)(?!\w)", re.ASCII | re.IGNORECASE)


def canonical_condition(name: str) -> str:
    """The canonical spelling of a condition: `e` for `z`."""
    return _ALIASES.get(name, name)


def condition(name: str) -> Expr:
    """An expression that is 1 if a condition holds, else 0."""
    name = canonical_condition(name)
    return Op("lnot", (_HOLDS[_NEGATIONS[name]],)) if name in _NEGATIONS else _HOLDS[name]


def flags_used(text: str) -> frozenset[str]:
    """The flags that a test uses, in conditional instructions or by name."""
    found = {name.upper() for name in _FLAG.findall(text)}
    for name in _ON_CONDITION.findall(text):
        name = canonical_condition(name.lower())
        name = _NEGATIONS.get(name, name)
        found |= {"e": {"ZF"}, "s": {"SF"}, "b": {"CF"}, "l": {"lt"}, "be": {"CF", "ZF"}, "le": {"lt", "ZF"}}.get(
            name, {"SF", "lt"}
        )
    return frozenset(found)


# --- operands --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Register:
    """The part of the register `name` that has `bits` bits and begins at bit `shift`."""

    name: str
    bits: int
    text: str
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory operand; `symbols` are the locations that it names."""

    addr: Expr
    text: str
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Immediate:
    """A constant."""

    value: Value
    text: str


Operand = Register | Memory | Immediate

_READ, _HIGH, _RESULT = ".read", ".high", ".result"  # internal registers, with names that no test can use


@dataclass(frozen=True, slots=True)
class Work:
    """One instruction: its `name` without suffix, and its operands, destination first.

    `bits` is the width of the operation; `source_bits` is that of a source that is extended.
    """

    name: str
    operands: Sequence[Operand]
    bits: int
    locked: bool
    span: Span
    source_bits: int = 0


class Machine:
    """Turns instructions into statements, for registers of `word_bits` bits and the flags that the test uses."""

    __slots__ = ("_accumulator", "_flags", "word_bits")

    def __init__(self, word_bits: int, flags: frozenset[str], accumulator: str) -> None:
        self.word_bits = word_bits
        self._flags = flags
        self._accumulator = accumulator

    def statements(self, work: Work) -> tuple[Statement, ...]:
        """The statements of an instruction. Raises ParseError for operands that it cannot have."""
        name, operands = work.name, work.operands
        if sum(isinstance(operand, Memory) for operand in operands) > 1:
            raise ParseError("an instruction can have at most one operand in memory", work.span)
        if isinstance(operands[0], Immediate) and name not in ("cmp", "test"):
            raise ParseError("the destination cannot be a constant", work.span)
        if work.locked and not (name in LOCKABLE and isinstance(operands[0], Memory)):
            raise ParseError("only a read-modify-write of memory can be locked", work.span)
        if name in ("mov", "movnti"):
            return self._move(work, NON_TEMPORAL if name == "movnti" else NO_TAGS)
        if name == "lea":
            return self._address(work)
        if name in ("movz", "movs"):
            return self._extend(work)
        if name in SHIFTS:
            return self._shift(work)
        if name in _BIT_TESTS:
            return self._bit(work)
        if name == "xchg":
            return self._xchg(work)
        if name == "xadd":
            return self._xadd(work)
        if name == "cmpxchg":
            return self._cmpxchg(work)
        if name == PAIR:
            return self._cmpxchg_pair(work)
        if name.startswith("set"):
            return self._set(work)
        if name.startswith("cmov"):
            return self._conditional_move(work)
        return self._compute(work)

    # --- reading and writing operands ------------------------------------------------------------------------------

    def _signed(self, expr: Expr, bits: int) -> Expr:
        if bits >= self.word_bits:
            return expr
        if isinstance(expr, Const) and isinstance(expr.value, int):
            return Const(wrap(expr.value, bits))
        shift = Const(self.word_bits - bits)
        return Op("sar", (Op("shl", (expr, shift)), shift))

    def _read(self, operand: Operand, work: Work, body: list[Statement]) -> Expr:
        """The value of an operand; for one in memory, the load is added to `body`."""
        match operand:
            case Register(name, bits, _, shift):
                whole = Op("shr", (Reg(name), Const(shift))) if shift else Reg(name)
                return self._signed(whole, bits)
            case Memory(addr):
                body.append(Load(_READ, addr, NO_TAGS, False, work.span))
                return Reg(_READ)
            case Immediate(value):
                return self._signed(Const(value), work.bits)

    def _write(self, register: Register, value: Expr, work: Work, body: list[Statement]) -> None:
        if register.bits < self.word_bits:
            mask = (1 << register.bits) - 1
            number = value.value if isinstance(value, Const) else None
            value = Const(number & mask) if isinstance(number, int) else Op("and", (value, Const(mask)))
            if register.bits < 32:
                if register.shift:
                    value = Op("shl", (value, Const(register.shift)))
                kept = Op("and", (Reg(register.name), Const(~(mask << register.shift))))
                value = Op("or", (kept, value))
        body.append(Assign(register.name, value, work.span))

    def _rmw(self, memory: Memory, value: Expr, work: Work, condition: Expr | None = None) -> Rmw:
        # xchg is locked even without the prefix
        locked = work.locked or work.name == "xchg"
        tags = LOCKED if locked else NO_TAGS
        return Rmw(_READ, memory.addr, value, tags, tags, condition, locked, work.span)

    # --- instructions ----------------------------------------------------------------------------------------------

    def _move(self, work: Work, tags: frozenset[str]) -> tuple[Statement, ...]:
        body: list[Statement] = []
        dest, source = work.operands
        if isinstance(dest, Memory):
            body.append(Store(dest.addr, self._read(source, work, body), tags, work.span))
        elif isinstance(dest, Register):
            if isinstance(source, Memory) and dest.bits == self.word_bits:
                return (Load(dest.name, source.addr, NO_TAGS, False, work.span),)
            self._write(dest, self._read(source, work, body), work, body)
        return tuple(body)

    def _address(self, work: Work) -> tuple[Statement, ...]:
        """lea"""
        dest, source = work.operands
        if not isinstance(dest, Register) or not isinstance(source, Memory):
            raise ParseError("lea takes an address and a register", work.span)
        body: list[Statement] = []
        self._write(dest, source.addr, work, body)
        return tuple(body)

    def _extend(self, work: Work) -> tuple[Statement, ...]:
        """movz, movs: extends an unsigned or signed number."""
        dest, source = work.operands
        if not isinstance(dest, Register) or isinstance(source, Immediate):
            raise ParseError("the destination must be a register, the source a register or memory", work.span)
        body: list[Statement] = []
        value = self._read(source, work, body)
        if work.name == "movz":
            value = Op("and", (value, Const((1 << work.source_bits) - 1)))
        elif isinstance(source, Memory):
            value = self._signed(value, work.source_bits)
        self._write(dest, value, work, body)
        return tuple(body)

    def _shift(self, work: Work) -> tuple[Statement, ...]:
        """shl, shr, sar: by a constant or by cl, modulo 64 for 64-bit operands, otherwise modulo 32."""
        dest, source = work.operands
        if isinstance(source, Memory) or (isinstance(source, Register) and source.name[-2:] not in ("cx", "CX")):
            raise ParseError("a shift must be by a constant or by cl", work.span)
        op, bits, largest = SHIFTS[work.name], work.bits, 63 if work.bits == 64 else 31
        body: list[Statement] = []
        if isinstance(source, Immediate):
            if not isinstance(source.value, int):
                raise ParseError("a shift must be by a constant or by cl", work.span)
            count: Expr = Const(source.value & largest)
        else:
            count = Op("and", (self._read(source, work, body), Const(largest)))
        a = Reg(_READ) if isinstance(dest, Memory) else self._read(dest, work, body)
        low = a if bits == self.word_bits else Op("and", (a, Const((1 << bits) - 1)))
        shifted = Op(op, (low if op == "shr" else a, count))
        result = a if count == Const(0) else self._signed(shifted, bits)
        if isinstance(dest, Memory):
            body.append(self._rmw(dest, result, work))
        if self._flags and count != Const(0):
            body.append(Assign(_RESULT, result, work.span))
            result, zero, one = Reg(_RESULT), Const(0), Const(1)
            negative = Op("lt", (result, zero))
            back = Op("sub", (count, one)) if op != "shl" else Op("sub", (Const(bits), count))
            carry = Op("and", (Op("sar" if op == "sar" else "shr", (a if op == "sar" else low, back)), one))
            overflow: Expr = zero  # as defined for a shift by 1; undefined for any other
            if op == "shl":
                overflow = Op("xor", (carry, negative))
            elif op == "shr":
                overflow = Op("lt", (a, zero))
            flags: dict[str, Expr] = {"ZF": Op("eq", (result, zero)), "SF": negative, "CF": carry}
            flags["lt"] = Op("xor", (negative, overflow))
            for flag, value in flags.items():
                if flag in self._flags:  # a shift by 0 does not change flags
                    changed = value if isinstance(count, Const) else Op("ite", (count, value, Reg(flag)))
                    body.append(Assign(flag, changed, work.span))
        self._write_if_register(dest, result, work, body)
        return tuple(body)

    def _bit(self, work: Work) -> tuple[Statement, ...]:
        """bt, bts, btr, btc: copies a bit to CF; the last three then set, clear or invert it."""
        dest, source = work.operands
        if isinstance(source, Memory) or (isinstance(source, Register) and isinstance(dest, Memory)):
            raise UnsupportedError("the number of a bit in memory must be a constant", work.span)
        body: list[Statement] = []
        index: Expr = Op("and", (self._read(source, work, body), Const(work.bits - 1)))
        if isinstance(source, Immediate) and isinstance(source.value, int):
            index = Const(source.value & work.bits - 1)
        modified = isinstance(dest, Memory) and work.name != "bt"
        a = Reg(_READ) if modified else self._read(dest, work, body)
        bit = Op("shl", (Const(1), index))
        results = {"bts": Op("or", (a, bit)), "btr": Op("and", (a, Op("not", (bit,)))), "btc": Op("xor", (a, bit))}
        if isinstance(dest, Memory) and modified:
            body.append(self._rmw(dest, self._signed(results[work.name], work.bits), work))
        if "CF" in self._flags:
            body.append(Assign("CF", Op("and", (Op("shr", (a, index)), Const(1))), work.span))
        if work.name != "bt":
            self._write_if_register(dest, results[work.name], work, body)
        return tuple(body)

    def _xchg(self, work: Work) -> tuple[Statement, ...]:
        a, b = work.operands
        if isinstance(b, Memory):
            a, b = b, a
        if not isinstance(b, Register):
            raise ParseError("xchg takes a register and a register or memory", work.span)
        body: list[Statement] = []
        if isinstance(a, Memory):
            body.append(self._rmw(a, self._read(b, work, body), work))
        else:
            body.append(Assign(_READ, self._read(a, work, body), work.span))
            self._write_if_register(a, self._read(b, work, body), work, body)
        self._write(b, Reg(_READ), work, body)
        return tuple(body)

    def _write_if_register(self, operand: Operand, value: Expr, work: Work, body: list[Statement]) -> None:
        if isinstance(operand, Register):
            self._write(operand, value, work, body)

    def _xadd(self, work: Work) -> tuple[Statement, ...]:
        dest, source = work.operands
        if not isinstance(source, Register):
            raise ParseError("the source of xadd must be a register", work.span)
        body: list[Statement] = []
        b = self._read(source, work, body)
        result = self._signed(Op("add", (Reg(_READ), b)), work.bits)
        if isinstance(dest, Memory):
            body.append(self._rmw(dest, result, work))
        else:
            body.append(Assign(_READ, self._read(dest, work, body), work.span))
        body.append(Assign(_RESULT, result, work.span))
        self._set_flags("add", Reg(_READ), b, work, body)
        self._write(source, Reg(_READ), work, body)
        self._write_if_register(dest, Reg(_RESULT), work, body)
        return tuple(body)

    def _cmpxchg(self, work: Work) -> tuple[Statement, ...]:
        dest, source = work.operands
        if not isinstance(source, Register):
            raise ParseError("the source of cmpxchg must be a register", work.span)
        accumulator = Register(self._accumulator, work.bits, "")
        body: list[Statement] = []
        old = self._read(accumulator, work, body)
        if not isinstance(dest, Memory):
            raise UnsupportedError("cmpxchg of two registers is not supported", work.span)
        # If the comparison fails, cmpxchg writes back what it read; other processors cannot see this write.
        body.append(self._rmw(dest, self._read(source, work, body), work, Op("eq", (Reg(_READ), old))))
        if "SF" in self._flags:
            body.append(Assign(_RESULT, self._signed(Op("sub", (old, Reg(_READ))), work.bits), work.span))
        self._set_flags("sub", old, Reg(_READ), work, body)
        self._write(accumulator, Reg(_READ), work, body)  # if the comparison succeeds, this does not change it
        return tuple(body)

    def _cmpxchg_pair(self, work: Work) -> tuple[Statement, ...]:
        """rdx:rax is compared with 16 bytes, which become rcx:rbx or are loaded; without lock that is not one step."""
        (memory,) = work.operands
        if not isinstance(memory, Memory):
            raise ParseError(f"the destination of {PAIR} must be in memory", work.span)
        if not work.locked:
            raise UnsupportedError(f"{PAIR} is not supported without lock", work.span, f"write lock {PAIR}")
        halves = ((_READ, "rax", "rbx", memory.addr), (_HIGH, "rdx", "rcx", moved(memory.addr, 8)))
        equal = Op("land", tuple([Op("eq", (Reg(read), Reg(old))) for read, old, _, _ in halves]))
        body: list[Statement] = [
            Rmw(read, addr, Reg(new), LOCKED, LOCKED, equal, span=work.span, joins=read == _HIGH)
            for read, _, new, addr in halves
        ]
        if "ZF" in self._flags:
            body.append(Assign("ZF", equal, work.span))
        return (*body, *(Assign(old, Reg(read), work.span) for read, old, _, _ in halves))

    def _set(self, work: Work) -> tuple[Statement, ...]:
        dest = work.operands[0]
        value = condition(work.name[3:])
        body: list[Statement] = []
        if isinstance(dest, Memory):
            body.append(Store(dest.addr, value, NO_TAGS, work.span))
        self._write_if_register(dest, value, work, body)
        return tuple(body)

    def _conditional_move(self, work: Work) -> tuple[Statement, ...]:
        dest, source = work.operands
        if not isinstance(dest, Register) or isinstance(source, Immediate):
            raise ParseError("cmov takes a register, and a register or memory", work.span)
        body: list[Statement] = []
        moved = self._read(source, work, body)  # memory is read even if the condition does not hold
        kept = self._read(dest, work, body)
        self._write(dest, Op("ite", (condition(work.name[4:]), moved, kept)), work, body)
        return tuple(body)

    def _compute(self, work: Work) -> tuple[Statement, ...]:
        """Arithmetic, logic and comparisons: `dest := dest op source`, and flags."""
        body: list[Statement] = []
        name, dest = work.name, work.operands[0]
        modified = isinstance(dest, Memory) and name not in ("cmp", "test")
        b = self._read(work.operands[1], work, body) if len(work.operands) > 1 else Const(1)
        a = Reg(_READ) if modified else self._read(dest, work, body)
        if name == "neg":
            name, a, b = "sub", Const(0), a
        op = _OPERATORS[name]
        result = self._signed(Op("not", (a,)) if op == "not" else Op(op, (a, b)), work.bits)
        if isinstance(dest, Memory) and modified:
            body.append(self._rmw(dest, result, work))
        if self._flags and op != "not":
            body.append(Assign(_RESULT, result, work.span))
            result = Reg(_RESULT)
            self._set_flags(op, a, b, work, body)
        if isinstance(dest, Register) and name not in ("cmp", "test"):
            self._write(dest, result, work, body)
        return tuple(body)

    def _set_flags(self, op: str, a: Expr, b: Expr, work: Work, body: list[Statement]) -> None:
        """Sets the flags after `a op b`; `_RESULT` has the result, and `a` and `b` still have their old values."""
        if not self._flags:
            return
        result, zero = Reg(_RESULT), Const(0)
        negative = Op("lt", (result, zero))
        values: dict[str, Expr] = {"ZF": Op("eq", (result, zero)), "SF": negative, "CF": zero, "lt": negative}
        if op == "sub":
            values |= {"ZF": Op("eq", (a, b)), "CF": Op("ult", (a, b)), "lt": Op("lt", (a, b))}
        elif op == "add":
            overflow = Op("lt", (Op("and", (Op("xor", (a, result)), Op("xor", (b, result)))), zero))
            values |= {"CF": Op("ult", (result, a)), "lt": Op("ne", (negative, overflow))}
        for flag, value in values.items():
            if flag in self._flags and not (flag == "CF" and work.name in ("inc", "dec")):
                body.append(Assign(flag, value, work.span))


def symbols_of(operands: Sequence[Operand]) -> tuple[str, ...]:
    """The locations that operands name."""
    found: list[str] = []
    for operand in operands:
        if isinstance(operand, Memory):
            found += operand.symbols
        elif isinstance(operand, Immediate) and isinstance(operand.value, Address):
            found.append(operand.value.symbol)
    return tuple(found)
