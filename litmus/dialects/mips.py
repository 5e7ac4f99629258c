"""MIPS assembly, as herd7 reads it.

Registers are written by number, `$5`, or by their use, `a1`; `$0` is always 0, and herd7 has a4 to a7 beside the rest.
They have 64 bits if the test has a doubleword instruction or a 64-bit type, otherwise 32. A location holds a signed
number as wide as the accesses to it. Nothing is executed in the slot behind a branch, as after `.set reorder`.
Source: MIPS architecture for programmers, volume II-A, the MIPS64 instruction set, MD00087.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.base.errors import ParseError, UnsupportedError
from litmus.frontend.arithmetic import (
    Binary,
    high_half,
    inverted,
    leading_zeros,
    low_bits,
    not_less,
    plain,
    quotient,
    shifted,
    signed,
    unsigned,
)
from litmus.frontend.dialect import Instruction, Jump
from litmus.frontend.forms import (
    Build,
    ColumnDialect,
    Row,
    address,
    branch,
    branch_if,
    call,
    fence,
    goto,
    load,
    nothing,
    number,
    of_one,
    of_two,
    store,
    store_conditional,
    table_of,
    with_number,
    with_zero,
)
from litmus.frontend.operands import Operands, Syntax
from litmus.ir.thread import EXCLUSIVE, Assign, BinaryOperator, Branch, Const, Expr, Fence, Op, Reg
from litmus.ir.values import wrap

_USES = (
    *("zero", "at", "v0", "v1", *(f"a{n}" for n in range(4)), *(f"t{n}" for n in range(8))),
    *(*(f"s{n}" for n in range(8)), "t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra"),
)
_MORE = tuple(f"$a{n}" for n in range(4, 8))
_NAMES = {name: f"${n}" for n, use in enumerate(_USES) for name in (f"${n}", use, f"${use}")}
_NAMES |= {spelling: name for name in _MORE for spelling in (name, name[1:])}
_SYNTAX = Syntax(_NAMES, zero="$0", memory="8($5)")
_RANKS = {name: rank for rank, name in enumerate((*(f"${n}" for n in range(32)), *_MORE))}

_SYNCS = {"sync": 0, "sync_wmb": 4, "sync_mb": 0x10, "sync_acquire": 0x11, "sync_release": 0x12, "sync_rmb": 0x13}
_FENCES = {name: frozenset({name.upper()}) for name in _SYNCS}
_OF_TYPE = {kind: name for name, kind in _SYNCS.items()}


_IMMEDIATE = (-(1 << 15), (1 << 16) - 1, 16)  # either spelling of 16 bits, which are a signed number


# --- arithmetic ------------------------------------------------------------------------------------------------------


_WORD = (-(1 << 31), (1 << 32) - 1)  # either spelling of 32 bits, which are a signed number


def _last(operands: Operands, index: int, narrow: bool = False) -> tuple[Expr, str]:
    """A register, or a number for which the assembler loads one, and its text; of 32 bits if `narrow`."""
    if not operands.is_number(index):
        register = operands.reg(index)
        return operands.read(register), register
    number = wrap(operands.number(index, *_WORD), 32) if narrow else operands.number(index)
    return Const(wrap(number, operands.syntax.bits)), operands.texts[index]


def _three(value: Binary, narrow: bool = False) -> Build:
    """`and rd,rs,rt`, in which rs may be left out if it is rd; the result is extended by its sign if `narrow`."""

    def build(operands: Operands) -> Instruction:
        d, a = operands.reg(0), operands.reg(len(operands) - 2)
        b, text = _last(operands, len(operands) - 1, narrow)
        found = value(operands.read(a), b)
        if narrow:
            found = signed(found, 32, operands.syntax.bits)
        return operands.assign(d, found, f"{operands.name} {d},{a},{text}")

    return build


def _word_number(value: Binary) -> Build:
    def build(operands: Operands) -> Instruction:
        bits = operands.syntax.bits
        return with_number(lambda a, b: signed(value(a, b), 32, bits), *_IMMEDIATE)(operands)

    return build


def _shift(op: BinaryOperator, operands: Operands, value: Expr, count: Expr) -> Expr:
    """A shift of the low 32 bits of a word by less than 32."""
    bits = operands.syntax.bits
    part = signed if op == "sar" else unsigned
    return signed(Op(op, (part(value, 32, bits), low_bits(count, 31))), 32, bits)


def _shift_word(op: BinaryOperator) -> Build:
    return lambda operands: of_two(lambda a, b: _shift(op, operands, a, b))(operands)


def _shift_word_number(op: BinaryOperator) -> Build:
    return _by_either(
        lambda operands: with_number(lambda a, b: _shift(op, operands, a, b), 0, 31)(operands), _shift_word(op)
    )


def _by_either(by_number: Build, by_register: Build) -> Build:
    """A shift by a number; by a register the assembler makes the other instruction of it."""
    return lambda operands: (by_register if operands.is_register(2) else by_number)(operands)


_OPERATIONS: Mapping[str, Binary] = {
    "and": plain("and"),
    "or": plain("or"),
    "xor": plain("xor"),
    "nor": inverted("or"),
    "slt": plain("lt"),
    "sltu": plain("ult"),
}
_WIDE: Mapping[str, Binary] = {"dadd": plain("add"), "daddu": plain("add"), "dsubu": plain("sub"), "dsub": plain("sub")}
_NARROW: Mapping[str, Binary] = {
    "add": plain("add"),
    "addu": plain("add"),
    "sub": plain("sub"),
    "subu": plain("sub"),
    "mul": plain("mul"),
}
_RELATIONS: Mapping[str, Binary] = {
    "eq": plain("eq"),
    "ne": plain("ne"),
    "lt": plain("lt"),
    "ge": plain("ge"),
    "gt": plain("gt"),
    "le": plain("le"),
    "ltu": plain("ult"),
    "geu": not_less,
    "gtu": lambda a, b: Op("ult", (b, a)),
    "leu": lambda a, b: not_less(b, a),
}
_SHIFTS: Mapping[str, BinaryOperator] = {"sll": "shl", "srl": "shr", "sra": "sar"}


def _move_if(not_zero: bool) -> Build:
    """MOVN and MOVZ: a register gets the value of another if a third is not 0, or if it is."""

    def build(operands: Operands) -> Instruction:
        d, s, t = (operands.reg(index) for index in range(3))
        new, old = operands.read(s), operands.read(d)
        value = Op("ite", (operands.read(t), *((new, old) if not_zero else (old, new))))
        return operands.assign(d, value, f"{operands.name} {d},{s},{t}")

    return build


def _extended(width: int) -> Build:
    """SEB and SEH: the low bits of a register, as a signed number."""
    return lambda operands: of_one(lambda a: signed(a, width, operands.syntax.bits))(operands)


def _constant(operands: Operands) -> Instruction:
    """`li` of 32 bits and `dli` of 64, for which the assembler finds instructions."""
    d = operands.reg(0)
    given = wrap(operands.number(1, *_WORD), 32) if operands.name == "li" else wrap(operands.number(1), 64)
    return operands.assign(d, Const(given), f"{operands.name} {d},{given}")


# --- products, quotients and bits ------------------------------------------------------------------------------------

_LINK = "$31"
_HIGH, _LOW = "HI", "LO"  # no register of a condition is called so


def _product(width: int, has_sign: bool) -> Build:
    """MULT and its kin: the halves of a product go to LO and HI."""
    part = signed if has_sign else unsigned

    def build(operands: Operands) -> Instruction:
        s, t, bits, span = operands.reg(0), operands.reg(1), operands.syntax.bits, operands.cell.span
        a, b = operands.read(s), operands.read(t)
        low: Expr = Op("mul", (a, b))
        if width == bits:
            high = high_half(a, b, bits, has_sign, has_sign)
        else:
            low = Op("mul", (part(a, width, bits), part(b, width, bits)))
            high = signed(Op("sar", (low, Const(width))), width, bits)
        body = (Assign(_HIGH, high, span), Assign(_LOW, signed(low, width, bits), span))
        return Instruction(body, f"{operands.name} {s},{t}")

    return build


def _division(width: int, has_sign: bool, remains: bool = False) -> Build:
    """DIV and its kin: the quotient goes to LO, the remainder to HI; by 0, 0 and the number, which may be anything.

    With three operands it is what the assembler makes of them, and so is REM: one of the two goes to a register.
    """
    part = signed if has_sign else unsigned

    def build(operands: Operands) -> Instruction:
        bits, span, count = operands.syntax.bits, operands.cell.span, len(operands)
        expands = remains or count == 3
        d, s = operands.reg(0), operands.reg(count - 2)
        divisor, t = _last(operands, count - 1, width == 32) if expands else _register(operands, count - 1)
        a, b = part(operands.read(s), width, bits), part(divisor, width, bits)
        found = quotient(a, b, 0, has_sign or width < bits)
        remainder = Op("sub", (a, Op("mul", (Reg(_LOW), b))))
        body = (
            Assign(_LOW, found, span),
            Assign(_HIGH, signed(remainder, width, bits), span),
            Assign(_LOW, signed(Reg(_LOW), width, bits), span),
        )
        if expands:
            given = operands.assign(d, Reg(_HIGH if remains else _LOW), f"{operands.name} {d},{s},{t}")
            return Instruction((*body, *given.statements), given.text)
        return Instruction(body, f"{operands.name} {s},{t}")

    return build


def _register(operands: Operands, index: int) -> tuple[Expr, str]:
    register = operands.reg(index)
    return operands.read(register), register


def _move_from(half: str) -> Build:
    """MFHI and MFLO."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        return operands.assign(d, Reg(half), f"{operands.name} {d}")

    return build


def _move_to(half: str) -> Build:
    """MTHI and MTLO."""

    def build(operands: Operands) -> Instruction:
        s = operands.reg(0)
        body = (Assign(half, operands.read(s), operands.cell.span),)
        return Instruction(body, f"{operands.name} {s}")

    return build


def _field(width: int, inserts: bool) -> Build:
    """EXT and DEXT: a field of a register, which begins at a bit and has so many; INS and DINS put one there."""

    def build(operands: Operands) -> Instruction:
        bits = operands.syntax.bits
        d, s = operands.reg(0), operands.reg(1)
        at, count = operands.number(2, 0, width - 1), operands.number(3, 1, width)
        if at + count > width:
            raise ParseError("the field goes beyond the register", operands.place(3), operands.hint)
        value = operands.read(s)
        if inserts:
            mask = (1 << count) - 1
            others = Op("and", (operands.read(d), Const(wrap(~(mask << at), bits))))
            value = Op("or", (others, Op("shl", (unsigned(value, count, bits), Const(at)))))
        else:
            value = unsigned(Op("shr", (value, Const(at))) if at else value, count, bits)
        return operands.assign(d, signed(value, width, bits), f"{operands.name} {d},{s},{at},{count}")

    return build


def _leading(width: int, ones: bool) -> Build:
    """CLZ and CLO: how many bits at the left end are 0, or 1."""

    def build(operands: Operands) -> Instruction:
        bits = operands.syntax.bits

        def count(a: Expr) -> Expr:
            return leading_zeros(unsigned(Op("not", (a,)) if ones else a, width, bits), width, bits)

        return of_one(count)(operands)

    return build


def _absolute(value: Expr) -> Expr:
    return Op("ite", (Op("lt", (value, Const(0))), Op("neg", (value,)), value))


def _rotated(operands: Operands, value: Expr, count: Expr) -> Expr:
    """The low 32 bits of a word, rotated to the right."""
    bits, by = operands.syntax.bits, low_bits(count, 31)
    part = unsigned(value, 32, bits)
    left = Op("shl", (part, low_bits(Op("sub", (Const(32), by)), 31)))
    return signed(Op("or", (Op("shr", (part, by)), left)), 32, bits)


def _shift_far(op: BinaryOperator) -> Build:
    """DSLL32 and its kin: a shift by 32 more than a number says."""
    return with_number(lambda a, b: Op(op, (a, Op("add", (b, Const(32))))), 0, 31)


# --- memory and branches ---------------------------------------------------------------------------------------------


def _sync(operands: Operands) -> Instruction:
    """`sync`, or one of its lighter types by its number."""
    kind = operands.number(0, 0, 31) if operands.texts else 0
    name = _OF_TYPE.get(kind)
    if name is None:
        known = ", ".join(map(str, sorted(_OF_TYPE)))
        raise UnsupportedError(f"sync of type {kind} is not supported", operands.place(0), f"known are {known}")
    return Instruction((Fence(_FENCES[name], operands.cell.span),), name)


def _branch(relation: Binary) -> Build:
    """`beq rs,rt,label`; where a number stands for rt, and for all relations but these two, it is a macro."""

    def build(operands: Operands) -> Instruction:
        s, label = operands.reg(0), operands.label(2)
        value, text = _last(operands, 1)
        test = relation(operands.read(s), value)
        body = (Branch(test, label, operands.cell.span),)
        return Instruction(body, f"{operands.name} {s},{text},{label}", target=label)

    return build


def _call(operands: Operands) -> Instruction:
    """`jal` and `bal` of a label, `jalr` of a register."""
    by_value = operands.name == "jalr"
    link = operands.reg(0) if len(operands) == 2 else _LINK
    to = operands.reg(len(operands) - 1) if by_value else operands.label(0)
    text = f"jalr {link},{to}" if by_value else f"{operands.name} {to}"
    return call(operands.cell, link, text, to, by_value)


def _touch(operands: Operands) -> Instruction:
    """PREF, a hint."""
    operands.number(0, 0, 31)
    return Instruction((), f"pref {operands.texts[0]},{operands.displaced(1).text}")


def _jump(operands: Operands) -> Instruction:
    register = operands.reg(0)
    returns = register == _LINK
    return Instruction((Jump(Reg(register), operands.cell.span, returns),), f"jr {register}", ends=returns)


def _rows() -> Iterable[Row]:
    for name, value in (*_OPERATIONS.items(), *_WIDE.items()):
        yield name, "rd,{rs,}rt|number", _three(value)
    for name, value in _NARROW.items():
        yield name, "rd,{rs,}rt|number", _three(value, narrow=True)
    for name, value in _RELATIONS.items():
        yield f"s{name}", "rd,{rs,}rt|number", _three(value)
        yield f"b{name}", "rs,rt|number,label", _branch(value)
    for name in ("addi", "addiu", "subi", "subiu"):
        yield name, "rt,rs,number", _word_number(_NARROW[name[:3]])
    for name in ("daddi", "daddiu"):
        yield name, "rt,rs,number", with_number(_WIDE["dadd"], *_IMMEDIATE)
    for name in ("and", "or", "xor"):
        yield f"{name}i", "rt,rs,number", with_number(_OPERATIONS[name], 0, (1 << 16) - 1)
    yield "slti", "rt,rs,number", with_number(_OPERATIONS["slt"], *_IMMEDIATE)
    yield "sltiu", "rt,rs,number", with_number(_OPERATIONS["sltu"], *_IMMEDIATE)
    yield "movn", "rd,rs,rt", _move_if(True)
    yield "movz", "rd,rs,rt", _move_if(False)
    for name, width in (("seb", 8), ("seh", 16)):
        yield name, "rd,rt", _extended(width)
    for name, op in _SHIFTS.items():
        yield f"d{name}v", "rd,rt,rs", of_two(shifted(op, 63))
        yield name, "rd,rt,number|rs", _shift_word_number(op)
        yield f"{name}v", "rd,rt,rs", _shift_word(op)
        yield f"d{name}", "rd,rt,number|rs", _by_either(with_number(plain(op), 0, 63), of_two(shifted(op, 63)))
    for letter, width in (("", 32), ("d", 64)):
        for suffix in ("", "m", "u") if letter else ("",):  # those far to the left have names of their own
            yield f"{letter}ext{suffix}", "rt,rs,number,number", _field(width, False)
            yield f"{letter}ins{suffix}", "rt,rs,number,number", _field(width, True)
        yield f"{letter}clz", "rd,rs", _leading(width, False)
        yield f"{letter}clo", "rd,rs", _leading(width, True)
        for ending, has_sign in (("", True), ("u", False)):
            yield f"{letter}mult{ending}", "rs,rt", _product(width, has_sign)
            yield f"{letter}div{ending}", "{rd,}rs,rt|number", _division(width, has_sign)
            yield f"{letter}rem{ending}", "rd,{rs,}rt|number", _division(width, has_sign, remains=True)
    for letter, half in (("hi", _HIGH), ("lo", _LOW)):
        yield f"mf{letter}", "rd", _move_from(half)
        yield f"mt{letter}", "rs", _move_to(half)
    for name in ("rotr", "ror"):
        yield name, "rd,rt,number", lambda ops: with_number(lambda a, b: _rotated(ops, a, b), 0, 31)(ops)
    yield "rotrv", "rd,rt,rs", lambda ops: of_two(lambda a, b: _rotated(ops, a, b))(ops)
    for name, op in _SHIFTS.items():
        yield f"d{name}32", "rd,rt,number", _shift_far(op)
    for name in ("neg", "negu"):
        yield name, "rd,rt", lambda ops: of_one(lambda a: signed(Op("neg", (a,)), 32, ops.syntax.bits))(ops)
        yield f"d{name}", "rd,rt", of_one(lambda a: Op("neg", (a,)))
    yield "move", "rd,rs", of_one(lambda a: a)
    yield "not", "rd,rs", of_one(lambda a: Op("not", (a,)))
    yield "abs", "rd,rs", lambda ops: of_one(lambda a: signed(_absolute(a), 32, ops.syntax.bits))(ops)
    for name in ("li", "dli"):
        yield name, "rt,number", _constant
    for name in ("la", "dla"):
        yield name, "rt,location", address
    yield "lui", "rt,number", number(0, (1 << 16) - 1, shift=16, width=32)
    for letter, size in (("b", 1), ("h", 2), ("w", 4), ("d", 8)):
        yield f"l{letter}", "rt,8(rs)", load(size)
        if size < 8:
            yield f"l{letter}u", "rt,8(rs)", load(size, unsigned)
        yield f"s{letter}", "rt,8(rs)", store(size)
    for suffix, size in (("", 4), ("d", 8)):
        yield f"ll{suffix}", "rt,8(rs)", load(size, tags=EXCLUSIVE, reserve=True)
        yield f"sc{suffix}", "rt,8(rs)", store_conditional(size, EXCLUSIVE)
    yield "sync", " or type", _sync
    for name, tags in _FENCES.items():
        if name != "sync":
            yield name, "", fence(tags)
    for name in ("eq", "ne"):
        yield f"b{name}z", "rs,label", branch(_RELATIONS[name], f"b{name}", 0, -1)
    signs: Mapping[str, BinaryOperator] = {"lez": "le", "gtz": "gt", "ltz": "lt", "gez": "ge"}
    for name, relation in signs.items():
        yield f"b{name}", "rs,label", branch_if(with_zero(plain(relation)))
    yield "b", "label", goto
    yield "j", "label|rs", lambda ops: _jump(ops) if ops.is_register(0) else goto(ops)
    yield "jr", "rs", _jump
    for name in ("jal", "bal"):
        yield name, "label", _call
    yield "jalr", "{rd,}rs", _call
    for name in ("nop", "ssnop", "ehb"):
        yield name, "", nothing
    yield "pref", "number,8(rs)", _touch


_REFUSED = (
    r"b(?!al)\w+l|syscall|break|teq|wait|eret|di|ei|[md][tf]c\d|cache|synci|l[dw][lr]|s[dw][lr]"
    r"|ul[hw]u?|us[hw]|dmul|d?mulou?|d?mulu|d?muhu?|d?modu?|madd[fu]?|msubu?|drotr\w*|rol"
    r"|wsbh|ds[bh][hd]|[a-z]+\.[a-z.]+|lwc1|swc1|ldc1|sdc1|rdhwr|pause"
)
_TABLE = table_of("MIPS", _rows(), _REFUSED)

DIALECT = ColumnDialect(
    ("MIPS",),
    EXCLUSIVE.union(*_FENCES.values()),
    _SYNTAX,
    _TABLE,
    registers=_RANKS,
    free=tuple(_RANKS)[2:26],  # as in herd7
    wide=frozenset(
        {
            *(name for name in _TABLE.rows if name[0] == "d" and name not in ("div", "divu")),
            "ld",
            "sd",
            "lwu",
            "lld",
            "scd",
        }
    ),
    big_endian=True,  # as in herd7
)
instructions = DIALECT.instructions
