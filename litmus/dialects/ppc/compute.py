"""The instructions of PowerPC that compute: arithmetic, logic, rotations under a mask, comparisons.

Source: Power ISA 2.07, book I, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from litmus.dialects.ppc.operands import BITS, CARRY, EITHER, SIGNED, UNSIGNED, Build, Operands, Row, wide
from litmus.frontend.arithmetic import high_half, leading_zeros, quotient, signed, unsigned
from litmus.frontend.dialect import Instruction
from litmus.ir.thread import Assign, BinaryOperator, Const, Expr, Op, Reg, Statement
from litmus.ir.values import wrap

# --- what computes ---------------------------------------------------------------------------------------------------

_Value = Callable[[Expr, Expr, int], Expr]  # of two operands and the width of a word


def _plain(op: BinaryOperator) -> _Value:
    return lambda a, b, bits: Op(op, (a, b))


def _swapped(op: BinaryOperator) -> _Value:
    return lambda a, b, bits: Op(op, (b, a))


def _shift(op: BinaryOperator, width: int) -> _Value:
    # The count is taken modulo twice the width: shifting by the width or more leaves nothing.
    count_bits = 2 * width - 1

    def value(a: Expr, b: Expr, bits: int) -> Expr:
        count = Const(b.value & count_bits) if isinstance(b, Const) and isinstance(b.value, int) else b
        if count is b:
            count = Op("and", (b, Const(count_bits)))
        shifted = Op(op, (unsigned(a, width, bits), count))
        return unsigned(shifted, width, bits) if op == "shl" else shifted

    return value


def _high(number: Expr, bits: int) -> Expr:
    """The value of an immediate that is shifted left by 16 bits."""
    assert isinstance(number, Const)
    assert isinstance(number.value, int)
    return Const(wrap(number.value << 16, bits))


def _high_word(a: Expr, b: Expr, bits: int, has_sign: bool) -> Expr:
    """The upper half of a product of 64 bits, as a signed number; the Power ISA leaves what is above it open."""
    if bits == 32:
        return high_half(a, b, 32, has_sign, has_sign)
    part = signed if has_sign else unsigned
    return signed(Op("sar", (Op("mul", (part(a, 32, bits), part(b, 32, bits))), Const(32))), 32, bits)


_VALUES: Mapping[str, _Value] = {
    "add": _plain("add"),
    "sub": _plain("sub"),
    "subf": _swapped("sub"),
    "and": _plain("and"),
    "or": _plain("or"),
    "xor": _plain("xor"),
    "nor": _plain("nor"),
    "nand": lambda a, b, bits: Op("not", (Op("and", (a, b)),)),
    "eqv": lambda a, b, bits: Op("not", (Op("xor", (a, b)),)),
    "andc": lambda a, b, bits: Op("and", (a, Op("not", (b,)))),
    "orc": lambda a, b, bits: Op("or", (a, Op("not", (b,)))),
    "mullw": lambda a, b, bits: Op("mul", (signed(a, 32, bits), signed(b, 32, bits))),
    "divw": lambda a, b, bits: Op("div", (signed(a, 32, bits), signed(b, 32, bits))),
    "divwu": lambda a, b, bits: quotient(unsigned(a, 32, bits), unsigned(b, 32, bits), 0, bits > 32),
    "mulhw": lambda a, b, bits: _high_word(a, b, bits, True),
    "mulhwu": lambda a, b, bits: _high_word(a, b, bits, False),
    "divdu": lambda a, b, bits: quotient(a, b, 0, False),
    "mulhd": lambda a, b, bits: high_half(a, b, 64, True, True),
    "mulhdu": lambda a, b, bits: high_half(a, b, 64, False, False),
    "mulld": _plain("mul"),
    "divd": _plain("div"),
    "slw": _shift("shl", 32),
    "srw": _shift("shr", 32),
    "sld": _shift("shl", 64),
    "srd": _shift("shr", 64),
}
_IMMEDIATE: Mapping[str, _Value] = {
    "mulli": _plain("mul"),
    "ori": _plain("or"),
    "oris": lambda a, b, bits: Op("or", (a, _high(b, bits))),
    "xori": _plain("xor"),
    "xoris": lambda a, b, bits: Op("xor", (a, _high(b, bits))),
    "slwi": _VALUES["slw"],
    "srwi": _VALUES["srw"],
    "sldi": _VALUES["sld"],
    "srdi": _VALUES["srd"],
}


def _range(name: str) -> tuple[int, int]:
    """What the number of an instruction in `_IMMEDIATE` may be."""
    if name.startswith("s"):
        return 0, 63 if name.endswith("di") else 31
    return SIGNED if name == "mulli" else UNSIGNED


_UNARY: Mapping[str, Callable[[Expr, int], Expr]] = {
    "mr": lambda a, bits: a,
    "neg": lambda a, bits: Op("neg", (a,)),
    "not": lambda a, bits: Op("not", (a,)),
    "extsb": lambda a, bits: signed(a, 8, bits),
    "extsh": lambda a, bits: signed(a, 16, bits),
    "extsw": lambda a, bits: signed(a, 32, bits),
    "cntlzw": lambda a, bits: leading_zeros(unsigned(a, 32, bits), 32, bits),
    "cntlzd": lambda a, bits: leading_zeros(a, 64),
}
_OF_DOUBLEWORDS = frozenset({"extsw", "cntlzd"})


# --- rotations under a mask ------------------------------------------------------------------------------------------
# Power ISA, book I, 3.3.14. Bits are counted from the left, as there: bit 0 is the highest of a register.


def _mask(first: int, last: int, width: int) -> int:
    """The bits `first` to `last` of a register of `width` bits; if `first` > `last`, the mask wraps around."""
    from_first, after_last = (1 << width - first) - 1, (1 << width - 1 - last) - 1
    return from_first ^ after_last if first <= last else from_first | ((1 << width) - 1 ^ after_last)


def _word_mask(first: int, last: int, bits: int) -> int:
    return _mask(first + bits - 32, last + bits - 32, bits)


# By instruction: the width; the largest value of each immediate; and a function from the bits of a register and the
# immediates to the rotation count and the mask.
_ROTATIONS: Mapping[str, tuple[int, tuple[int, ...], Callable[..., tuple[int, int]]]] = {
    "rlwinm": (32, (31, 31, 31), lambda bits, n, first, last: (n, _word_mask(first, last, bits))),
    "rlwimi": (32, (31, 31, 31), lambda bits, n, first, last: (n, _word_mask(first, last, bits))),
    "rlwnm": (32, (31, 31), lambda bits, first, last: (0, _word_mask(first, last, bits))),
    "clrlwi": (32, (31,), lambda bits, n: (0, _word_mask(n, 31, bits))),
    "clrrwi": (32, (31,), lambda bits, n: (0, _word_mask(0, 31 - n, bits))),
    "rotlwi": (32, (31,), lambda bits, n: (n, _word_mask(0, 31, bits))),
    "rotrwi": (32, (31,), lambda bits, n: (-n % 32, _word_mask(0, 31, bits))),
    "rotlw": (32, (), lambda bits: (0, _word_mask(0, 31, bits))),
    "rldicl": (64, (63, 63), lambda bits, n, first: (n, _mask(first, 63, 64))),
    "rldicr": (64, (63, 63), lambda bits, n, last: (n, _mask(0, last, 64))),
    "rldic": (64, (63, 63), lambda bits, n, first: (n, _mask(first, 63 - n, 64))),
    "rldimi": (64, (63, 63), lambda bits, n, first: (n, _mask(first, 63 - n, 64))),
    "rldcl": (64, (63,), lambda bits, first: (0, _mask(first, 63, 64))),
    "rldcr": (64, (63,), lambda bits, last: (0, _mask(0, last, 64))),
    "clrldi": (64, (63,), lambda bits, n: (0, _mask(n, 63, 64))),
    "clrrdi": (64, (63,), lambda bits, n: (0, _mask(0, 63 - n, 64))),
    "rotldi": (64, (63,), lambda bits, n: (n, _mask(0, 63, 64))),
    "rotrdi": (64, (63,), lambda bits, n: (-n % 64, _mask(0, 63, 64))),
    "rotld": (64, (), lambda bits: (0, _mask(0, 63, 64))),
}
_BY_REGISTER = frozenset({"rlwnm", "rotlw", "rldcl", "rldcr", "rotld"})  # the count is in rB
_BY_BITS = frozenset({"rlwinm", "rlwimi", "rlwnm"})  # their mask may be given as a number
_INSERTING = frozenset({"rlwimi", "rldimi"})  # bits outside of the mask are kept


def _under_mask(value: Expr, count: Expr, mask: int, width: int, bits: int) -> Expr:
    """The low `width` bits of a register of `bits` bits, rotated to the left, and masked.

    If the mask covers higher bits, the rotated bits are repeated there.
    """
    rotated = value
    if count != Const(0) or mask >> width:
        low = unsigned(value, width, bits)
        known = count.value if isinstance(count, Const) and isinstance(count.value, int) else None
        back = Op("sub", (Const(width), count)) if known is None else Const(width - known)
        rotated = Op("or", (Op("shl", (low, count)), Op("shr", (low, back))))
        if mask >> width:
            rotated = unsigned(rotated, width, bits)
            rotated = Op("or", (rotated, Op("shl", (rotated, Const(width)))))
    return Op("and", (rotated, Const(wrap(mask, bits))))


# --- the instructions ---------------------------------------------------------------------------------------------


def _three(value: _Value, record: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg(1), operands.reg(2)
        text = f"{operands.name} {d},{a},{b}"
        return operands.result(d, value(Reg(a), Reg(b), operands.bits), text, record)

    return build


def _immediate(value: _Value, record: bool, low: int, high: int) -> Build:
    def build(operands: Operands) -> Instruction:
        d, a, number = operands.reg(0), operands.reg(1), operands.half(2, low, high)
        text = f"{operands.name} {d},{a},{number}"
        return operands.result(d, value(Reg(a), Const(number), operands.bits), text, record)

    return build


def _shift_with_sign(width: int, immediate: bool, record: bool) -> Build:
    """sraw, srad and their kin: the carry after them is whether a negative number has lost a 1."""

    def build(operands: Operands) -> Instruction:
        d, a = operands.reg(0), operands.reg(1)
        count: Expr
        if immediate:
            number = operands.half(2, 0, width - 1)
            shown, count = str(number), Const(number)
        else:
            shown = operands.reg(2)
            count = Op("and", (Reg(shown), Const(2 * width - 1)))
        before = signed(Reg(a), width, operands.bits)
        value = Op("sar", (before, count))
        lost = Op("ne", (Op("shl", (value, count)), before))
        carry = Assign(CARRY, Op("land", (Op("lt", (before, Const(0))), lost)), operands.span)
        found = operands.result(d, value, f"{operands.name} {d},{a},{shown}", record)
        return Instruction((carry, *found.statements), found.text)

    return build


def _unary(value: Callable[[Expr, int], Expr], record: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        d, a = operands.reg(0), operands.reg(1)
        comma = ", " if operands.name == "extsw" else ","  # as herd7 prints it
        return operands.result(d, value(Reg(a), operands.bits), f"{operands.name} {d}{comma}{a}", record)

    return build


def _add_immediate(sign: int, shift: int) -> Build:
    """addi, subi, addis: as a source, r0 means the number 0."""

    def build(operands: Operands) -> Instruction:
        low, high = EITHER if shift else SIGNED
        d, a, number = operands.reg(0), operands.reg(1), operands.half(2, low + (sign < 0), high + (sign < 0)) * sign
        value = Const(wrap(number, 16) << shift)
        text = f"{'addi' if sign < 0 else operands.name} {d},{a},{number}"
        return operands.result(d, value if a == "r0" else Op("add", (Reg(a), value)), text, False)

    return build


_CARRIED = "what ca was"  # no register is called so
_Addend = Callable[[Operands], tuple[Expr, str]]


def _register(index: int, inverted: bool = False) -> _Addend:
    def read(operands: Operands) -> tuple[Expr, str]:
        name = operands.reg(index)
        return Op("not", (Reg(name),)) if inverted else Reg(name), name

    return read


def _given(operands: Operands) -> tuple[Expr, str]:
    number = operands.half(2)
    return Const(number), str(number)


def _constant(number: int) -> _Addend:
    return lambda operands: (Const(number), "")


def _sum(a: _Addend, b: _Addend, carry: Expr | None, record: bool) -> Build:
    """A sum of two numbers and perhaps the carry or 1, and the carry after it."""

    def build(operands: Operands) -> Instruction:
        d, span = operands.reg(0), operands.span
        (left, first), (right, second) = a(operands), b(operands)
        total: Expr = Op("add", (left, right))
        body: list[Statement] = []
        if carry is None:
            after: Expr = Op("ult", (total, left))
        else:
            one: Expr = carry
            if carry == Reg(CARRY):
                body.append(Assign(_CARRIED, carry, span))
                one = Reg(_CARRIED)
            total = Op("add", (total, one))
            after = Op("lor", (Op("ult", (total, left)), Op("land", (one, Op("eq", (total, left))))))
        body.append(Assign(CARRY, after, span))
        text = ",".join(filter(None, (d, first, second)))
        found = operands.result(d, total, f"{operands.name} {text}", record)
        return Instruction((*body, *found.statements), found.text)

    return build


def _carrying() -> Iterable[tuple[str, str, _Addend, _Addend, Expr | None]]:
    """The additions that have a carry: mnemonic, operands, what is added, and the carry before it."""
    rrr, rr, rrn, ca = "rD,rA,rB", "rD,rA", "rD,rA,number", Reg(CARRY)
    plain, inverted, other = _register(1), _register(1, True), _register(2)
    yield "addc", rrr, plain, other, None
    yield "adde", rrr, plain, other, ca
    yield "addze", rr, plain, _constant(0), ca
    yield "addme", rr, plain, _constant(-1), ca
    yield "subfc", rrr, inverted, other, Const(1)
    yield "subfe", rrr, inverted, other, ca
    yield "subfze", rr, inverted, _constant(0), ca
    yield "subfme", rr, inverted, _constant(-1), ca
    yield "addic", rrn, plain, _given, None
    yield "subfic", rrn, inverted, _given, Const(1)


def _fields(operands: Operands) -> Instruction:
    """`mfcr`: all fields of the condition register, each with a fourth bit that is 0.

    With a mask it is one field; what the other bits are is open, and here they are as without.
    """
    d = operands.reg(0)
    if len(operands) == 2 and operands.number(1, 1, 128).bit_count() != 1:
        raise operands.error(1, "the mask of one field, a power of 2")
    value: Expr = Const(0)
    for field in range(8):
        for at, bit in enumerate(BITS):
            place = 31 - 4 * field - at
            value = Op("or", (value, Op("shl", (Reg(f"cr{field}.{bit}"), Const(place)))))
    return Instruction((Assign(d, value, operands.span),), f"mfcr {d}")


def _load_immediate(shift: int) -> Build:
    def build(operands: Operands) -> Instruction:
        d, number = operands.reg(0), operands.half(1, *(EITHER if shift else SIGNED))
        value = Const(wrap(number, 16) << shift)
        return Instruction((Assign(d, value, operands.span),), f"{operands.name} {d},{number}")

    return build


def _compare(width: int, without_sign: bool, immediate: bool) -> Build:
    part = unsigned if without_sign else signed
    less: BinaryOperator = "ult" if without_sign else "lt"

    def build(operands: Operands) -> Instruction:
        field, bits = operands.field(2), operands.bits
        at = len(operands) - 2
        a = operands.reg(at)
        right: Expr
        if immediate:
            number = operands.half(at + 1, *(EITHER if without_sign else SIGNED))
            shown, right = str(number), Const(number & (1 << 16) - 1 if without_sign else number)
        else:
            shown = operands.reg(at + 1)
            right = part(Reg(shown), width, bits)
        text = f"{operands.name} {a},{shown}" if field == "0" else f"{operands.name} cr{field},{a},{shown}"
        return Instruction(tuple(operands.compare(field, part(Reg(a), width, bits), right, less)), text)

    return build


def _ends(operands: Operands) -> tuple[int, int]:
    """The first and the last bit of a mask that is given as a number, as assemblers have it."""
    mask = operands.number(3, -(1 << 31), (1 << 32) - 1) & (1 << 32) - 1
    for first in range(32):
        for last in range(32):
            if _mask(first, last, 32) & (1 << 32) - 1 == mask:
                return first, last
    raise operands.error(3, "a mask of bits in a row")


def _rotate(stem: str, record: bool) -> Build:
    width, largest, meaning = _ROTATIONS[stem]
    by_register = stem in _BY_REGISTER

    def build(operands: Operands) -> Instruction:
        bits = operands.bits
        a, s = operands.reg(0), operands.reg(1)
        if stem in _BY_BITS and len(operands) == 4:
            operands.texts[3:] = map(str, _ends(operands))
        numbers = [operands.number(2 + by_register + k, 0, most) for k, most in enumerate(largest)]
        shown = [a, s, *map(str, numbers)]
        rotation, mask = meaning(bits, *numbers)
        count: Expr = Const(rotation)
        if by_register:
            shown.insert(2, operands.reg(2))
            count = Op("and", (Reg(shown[2]), Const(width - 1)))
        value = _under_mask(Reg(s), count, mask, width, bits)
        if stem in _INSERTING:
            value = Op("or", (value, Op("and", (Reg(a), Const(wrap(~mask, bits))))))
        text = ",".join(shown)
        if stem in ("rlwinm", "rlwimi"):  # as herd7 prints them
            text = f"{a},{s},{numbers[0]}, {numbers[1]},{numbers[2]}"
        return operands.result(a, value, f"{operands.name} {text}", record)

    return build


def _select(flag: str) -> Build:
    """isel: rA (r0 means the number 0) if the bit of cr0 is set, else rB."""

    def build(operands: Operands) -> Instruction:
        d, a, b = operands.reg(0), operands.reg_or_0(1), operands.reg(2)
        value = Op("ite", (Reg(f"cr0.{flag}"), Const(0) if a == "r0" else Reg(a), Reg(b)))
        return operands.result(d, value, f"{operands.name} {d},{a},{b}", False)

    return build


_RRR, _RRN = "rD,rA,rB", "rD,rA,number"
_DOUBLE_VALUES = frozenset({"mulld", "divd", "divdu", "mulhd", "mulhdu", "sld", "srd"})


def rows() -> Iterable[Row]:
    """The instructions: mnemonic, operands, and how to read them."""
    for name, value in _VALUES.items():
        for record in (False, True):
            build = _three(value, record)
            yield f"{name}{'.' * record}", _RRR, wide(build) if name in _DOUBLE_VALUES else build
    for name, value in _IMMEDIATE.items():
        for record in (False, True) if name.startswith("s") else (False,):
            build = _immediate(value, record, *_range(name))
            yield f"{name}{'.' * record}", _RRN, wide(build) if name.endswith("di") else build
    for suffix, width in (("w", 32), ("d", 64)):
        for immediate in (False, True):
            for record in (False, True):
                build = _shift_with_sign(width, immediate, record)
                name = f"sra{suffix}{'i' * immediate}{'.' * record}"
                yield name, _RRN if immediate else _RRR, wide(build) if width == 64 else build
    yield "andi.", _RRN, _immediate(_plain("and"), True, *UNSIGNED)
    yield "andis.", _RRN, _immediate(lambda a, b, bits: Op("and", (a, _high(b, bits))), True, *UNSIGNED)
    for stem, (width, largest, _) in _ROTATIONS.items():
        usage = f"rA,rS{',rB' * (stem in _BY_REGISTER)}{',number' * len(largest)}"
        if stem in _BY_BITS:
            usage += f" or {usage[: -len(',number,number')]},mask"
        for record in (False, True):
            build = _rotate(stem, record)
            yield f"{stem}{'.' * record}", usage, wide(build) if width == 64 else build
    for name, unary in _UNARY.items():
        for record in (False, True):
            build = _unary(unary, record)
            yield f"{name}{'.' * record}", "rD,rA", wide(build) if name in _OF_DOUBLEWORDS else build
    for name, usage, a, b, carry in _carrying():
        for record in (False,) if name == "subfic" else (False, True):
            yield f"{name}{'.' * record}", usage, _sum(a, b, carry, record)
    yield "mfcr", "rD{,mask}", _fields
    yield "addi", _RRN, _add_immediate(1, 0)
    yield "subi", _RRN, _add_immediate(-1, 0)
    yield "addis", _RRN, _add_immediate(1, 16)
    yield "li", "rD,number", _load_immediate(0)
    yield "lis", "rD,number", _load_immediate(16)
    for suffix, width in (("w", 32), ("d", 64)):
        for letter in ("", "l"):
            for immediate in (False, True):
                build = _compare(width, letter == "l", immediate)
                usage = "{crN,}rA,number" if immediate else "{crN,}rA,rB"
                yield f"cmp{letter}{suffix}{'i' * immediate}", usage, wide(build) if width == 64 else build
    for flag in BITS:
        yield f"isel{flag}", _RRR, _select(flag)
