"""The instructions of AArch64 that compute: arithmetic, logic, moves, bit fields.

Source: Arm Architecture Reference Manual, DDI 0487, chapter C6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from litmus.dialects._arm import CARRY, LOGIC, after_add, after_logic, after_subtract
from litmus.dialects.aarch64.operands import Gpr, Operands, Words
from litmus.frontend.arithmetic import Binary, high_half, quotient, with_not
from litmus.frontend.dialect import Instruction
from litmus.ir.thread import Assign, BinaryOperator, Const, Expr, Op, Reg, Statement

Build = Callable[[Operands], Instruction]
_SHIFTS = ("LSL", "LSR", "ASR", "ROR")
_EXTENSIONS = ("UXTB", "UXTH", "UXTW", "UXTX", "SXTB", "SXTH", "SXTW", "SXTX")
_WIDTHS = {"B": 8, "H": 16, "W": 32, "X": 64}


def assign(words: Words, dest: Gpr, value: Expr, text: str, operands: Operands) -> Instruction:
    """An instruction that computes a register; a W register is the low half of the value."""
    words.need(dest.width)
    return Instruction((Assign(dest.name, words.unsigned(value, dest.width), operands.span),), text)


# --- shifts, rotations and extensions --------------------------------------------------------------------------------


def shifted(words: Words, kind: str, value: Expr, amount: Expr, width: int) -> Expr:
    """A value of a width, shifted or rotated by less than that."""
    if amount == Const(0):
        return value
    if kind == "LSL":
        return words.unsigned(Op("shl", (value, amount)), width)
    if kind == "LSR":
        return Op("shr", (value, amount))
    if kind == "ASR":
        return words.unsigned(Op("sar", (words.signed(value, width), amount)), width)
    known = amount.value if isinstance(amount, Const) and isinstance(amount.value, int) else None
    back = Op("sub", (Const(width), amount)) if known is None else Const(width - known)
    return words.unsigned(Op("or", (Op("shr", (value, amount)), Op("shl", (value, back)))), width)


def extended(words: Words, kind: str, value: Expr, amount: int, width: int) -> Expr:
    """The low bits of a value as a signed or unsigned number of a width, shifted to the left."""
    part = words.signed if kind[0] == "S" else words.unsigned
    found = words.unsigned(part(value, _WIDTHS[kind[-1]]), width)
    return words.unsigned(Op("shl", (found, Const(amount))), width) if amount else found


def _second(operands: Operands, index: int, width: int, rotates: bool) -> tuple[Expr, str]:
    """The last operand of arithmetic, a number or a register, which may be shifted; and its text."""
    words, count = operands.words, len(operands)
    register = operands.maybe_gpr(index)
    if register is None:
        value = operands.number(index)
        text = f"#{value}"
        if count > index + 1:
            amount = operands.extension(index + 1, ("LSL",), width - 1)[1]
            value <<= amount
            text += f",LSL #{amount}" if amount else ""
        return words.number(value, width), text
    if register.width != width:
        raise operands.error(index, "a W register" if width == 32 else "an X register")
    if count == index + 1:
        return words.read(register), register.text
    kind, amount, given = operands.extension(index + 1, _SHIFTS if rotates else _SHIFTS[:3], width - 1)
    if not given:
        raise operands.error(index + 1, f"a number after {kind}")
    text = f"{register.text},{kind} #{amount}" if amount else register.text
    return shifted(words, kind, words.read(register), Const(amount), width), text


def _extended(operands: Operands, index: int, width: int) -> tuple[Expr, str] | None:
    """The last operand of an addition if it is extended, and its text."""
    if len(operands) != index + 2 or not operands.texts[index + 1][:3].upper().endswith("XT"):
        return None
    register = operands.gpr(index)
    if register.width > width:
        raise operands.error(index, "a W register")
    kind, amount, given = operands.extension(index + 1, _EXTENSIONS, 4)
    if kind[-1] == "X" and register.width < width:
        raise operands.error(index, "an X register")
    value = extended(operands.words, kind, operands.words.read(register), amount, width)
    return value, f"{register.text},{kind}{f' #{amount}' if given else ''}"


# --- arithmetic and logic --------------------------------------------------------------------------------------------

_LOGIC: Mapping[str, Binary] = {**LOGIC, "EON": with_not("xor")}
_UNCUT = frozenset({"AND", "ORR", "EOR", "BIC"})  # of operands that are cut, the results are
_FLAGS_AFTER = {"add": after_add, "sub": after_subtract}
_CARRIED = "what C was"  # no register is called so


def _arithmetic(op: BinaryOperator, sets: bool, dest_at: int, source_at: int, shown: str) -> Build:
    """ADD, SUB and their other names: where there is no destination or no first operand, its index is -1."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        last = max(dest_at, source_at) + 1
        stack = dest_at < 0 or source_at >= 0
        dest = operands.gpr(dest_at, stack=stack and not sets) if dest_at >= 0 else None
        source = operands.gpr(source_at, dest.width if dest else 0, stack) if source_at >= 0 else None
        _check_shift_beside_stack(operands, last, dest, source)
        first = source or dest
        assert first is not None
        width = first.width
        a = words.read(source) if source else Const(0)
        found = (_extended(operands, last, width) if source else None) or _second(operands, last, width, False)
        b, text = found
        zero = "WZR" if width == 32 else "XZR"
        name = {"NEG": "SUB", "NEGS": "SUBS", "CMP": "SUBS", "CMN": "ADDS"}.get(shown, shown)
        given = [zero if dest is None else dest.text, zero if source is None else source.text]
        if name == "SUBS" and given[0] == zero and "XT" not in text:  # the names that herd7's hash digests
            name, given = "CMP", given[1:]
        written = f"{name} {','.join(given)},{text}"
        body: list[Statement] = []
        if sets:
            body += _FLAGS_AFTER[op](words, a, b, width, operands.span)
        if dest is not None and not (sets and dest.is_zero):
            value: Expr = b if a == Const(0) and op == "add" else Op(op, (a, b))
            if op == "sub" and a == Const(0):
                value = Op("neg", (b,))
            body.append(Assign(dest.name, words.unsigned(value, width), operands.span))
        return Instruction(tuple(body), written)

    return build


def _check_shift_beside_stack(operands: Operands, last: int, *registers: Gpr | None) -> None:
    """With SP the last operand is one that is extended, of which a shift to the left is another name."""
    with_stack = any(gpr is not None and gpr.name == "SP" for gpr in registers)
    if with_stack and len(operands) > last + 1 and operands.maybe_gpr(last) is not None:
        operands.extension(last + 1, ("LSL", *_EXTENSIONS), 4)


def _with_carry(name: str, sets: bool, has_first: bool) -> Build:
    """ADC and SBC, and NGC, which is SBC of 0: the sum of two operands, the second inverted for SBC, and of C."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        width = dest.width
        source = operands.gpr(1, width) if has_first else None
        other = operands.gpr(2 if has_first else 1, width)
        a, b = words.read(source) if source else Const(0), words.read(other)
        if name == "SBC":
            b = words.unsigned(Op("not", (b,)), width)
        carry = CARRY
        body: list[Statement] = []
        if sets:  # C changes before everything is computed from it
            carry = Reg(_CARRIED)
            body = [Assign(_CARRIED, CARRY, operands.span), *after_add(words, a, b, width, operands.span, carry)]
        if not (sets and dest.is_zero):
            total = words.unsigned(Op("add", (Op("add", (a, b)), carry)), width)
            body.append(Assign(dest.name, total, operands.span))
        text = ",".join([dest.text, *([source.text] if source else []), other.text])
        return Instruction(tuple(body), f"{operands.name} {text}")

    return build


def _divide(signed: bool) -> Build:
    """SDIV and UDIV: the quotient towards 0; 0 if the divisor is 0."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        width = dest.width
        source, by = operands.gpr(1, width), operands.gpr(2, width)
        a, b = words.read(source), words.read(by)
        if signed:
            a, b = words.signed(a, width), words.signed(b, width)
        value = quotient(a, b, 0, signed or width < words.bits)
        text = f"{operands.name} {dest.text},{source.text},{by.text}"
        return assign(words, dest, value, text, operands)

    return build


def _logic(value: Binary, name: str, sets: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        words = operands.words
        with_number = not sets and operands.maybe_gpr(2) is None
        dest = operands.gpr(0, stack=with_number)
        source = operands.gpr(1, dest.width)
        b, text = _second(operands, 2, dest.width, True)
        result = value(words.read(source), b)
        if name not in _UNCUT:
            result = words.unsigned(result, dest.width)
        shown = name + "S" if sets else name
        body: list[Statement] = [] if sets and dest.is_zero else [Assign(dest.name, result, operands.span)]
        if sets:
            body[:0] = after_logic(words, result, dest.width, operands.span)
        written = f"{shown} {dest.text},{source.text},{text}"
        if shown == "ANDS" and dest.is_zero:
            written = f"TST {source.text},{text}"
        elif shown == "ORN" and source.is_zero:
            written = f"MVN {dest.text},{text}"
        return Instruction(tuple(body), written)

    return build


def _test(operands: Operands) -> Instruction:
    words = operands.words
    source = operands.gpr(0)
    b, text = _second(operands, 1, source.width, True)
    body = after_logic(words, Op("and", (words.read(source), b)), source.width, operands.span)
    return Instruction(tuple(body), f"TST {source.text},{text}")


def _inverted(operands: Operands) -> Instruction:
    dest = operands.gpr(0)
    if operands.maybe_gpr(1) is None:
        raise operands.error(1, "a register")
    value, text = _second(operands, 1, dest.width, True)
    return assign(operands.words, dest, Op("not", (value,)), f"MVN {dest.text},{text}", operands)


def _shift(kind: str) -> Build:
    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        source = operands.gpr(1, dest.width)
        register = operands.maybe_gpr(2)
        amount: Expr
        if register is None:
            number = operands.number(2, 0, dest.width - 1)
            amount, text = Const(number), f"#{number}"
        elif register.width != dest.width:
            raise operands.error(2, "a register as wide as the others")
        else:
            amount, text = Op("and", (words.read(register), Const(dest.width - 1))), register.text
        value = shifted(words, kind, words.read(source), amount, dest.width)
        return assign(words, dest, value, f"{kind} {dest.text},{source.text},{text}", operands)

    return build


def _multiply(sign: int, adds: bool, shown: str) -> Build:
    """MADD, MSUB, MUL and MNEG."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        registers = [operands.gpr(index, dest.width) for index in range(1, len(operands))]
        product: Expr = Op("mul", (words.read(registers[0]), words.read(registers[1])))
        if adds:
            product = Op("add" if sign > 0 else "sub", (words.read(registers[2]), product))
        elif sign < 0:
            product = Op("neg", (product,))
        text = ",".join([dest.text, *(r.text for r in registers)])
        return assign(words, dest, product, f"{shown} {text}", operands)

    return build


def _multiply_long(signed: bool, sign: int, adds: bool, shown: str) -> Build:
    """Products of 64 bits of numbers of 32."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest, a, b = operands.gpr(0, 64), operands.gpr(1, 32), operands.gpr(2, 32)
        part = words.signed if signed else words.unsigned
        product: Expr = Op("mul", (part(words.read(a), 32), part(words.read(b), 32)))
        shown_operands = [dest.text, a.text, b.text]
        if adds:
            third = operands.gpr(3, 64)
            shown_operands.append(third.text)
            product = Op("add" if sign > 0 else "sub", (words.read(third), product))
        elif sign < 0:
            product = Op("neg", (product,))
        return assign(words, dest, product, f"{shown} {','.join(shown_operands)}", operands)

    return build


def _multiply_high(signed: bool) -> Build:
    """SMULH and UMULH: the upper half of a product of 128 bits."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest, a, b = operands.gpr(0, 64), operands.gpr(1, 64), operands.gpr(2, 64)
        value = high_half(words.read(a), words.read(b), 64, signed, signed)
        return assign(words, dest, value, f"{operands.name} {dest.text},{a.text},{b.text}", operands)

    return build


# --- moves and bit fields --------------------------------------------------------------------------------------------


def _move(operands: Operands) -> Instruction:
    words = operands.words
    dest = operands.gpr(0, stack=True)
    source = operands.maybe_gpr(1, stack=True)
    if source is None:
        number = operands.number(1)
        return assign(words, dest, words.number(number, dest.width), f"MOV {dest.text},#{number}", operands)
    if source.width != dest.width:
        raise operands.error(1, "a W register" if dest.width == 32 else "an X register")
    if "SP" in (dest.name, source.name) and (dest.is_zero or source.is_zero):
        raise operands.error(1, "a register other than XZR, which is SP in this instruction")
    return assign(words, dest, words.read(source), f"MOV {dest.text},{source.text}", operands)


def _move_part(keep: bool, inverted: bool) -> Build:
    """MOVZ, MOVN and MOVK: 16 bits at a place; the others are 0, 1 or kept."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        number = operands.number(1, 0, (1 << 16) - 1)
        amount, text = 0, ""
        if len(operands) == 3:
            amount = operands.extension(2, ("LSL",), dest.width - 16)[1]
            if amount % 16:
                raise operands.error(2, "a shift by 0, 16, 32 or 48")
            text = f",,LSL #{amount}"  # the comma is doubled in herd7's hash
        value: Expr = words.number(~(number << amount) if inverted else number << amount, dest.width)
        if keep:
            others = words.number(~(0xFFFF << amount), dest.width)
            value = Op("or", (Op("and", (words.read(dest), others)), value))
        return assign(words, dest, value, f"{operands.name} {dest.text},#{number}{text}", operands)

    return build


def _field(words: Words, value: Expr, lowest: int, count: int, width: int, signed: bool) -> Expr:
    """`count` bits of a value from bit `lowest`, as a number."""
    part = words.signed if signed else words.unsigned
    return part(Op("shr", (value, Const(lowest))) if lowest else value, count)


def _bit_field(signed: bool) -> Build:
    """UBFM and SBFM: bits `first` to `last`, at the right end; if `first` > `last`, bits 0 to `last`, shifted left."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        source = operands.gpr(1, dest.width)
        width = dest.width
        first, last = operands.number(2, 0, width - 1), operands.number(3, 0, width - 1)
        value = words.read(source)
        if last >= first:
            value = _field(words, value, first, last - first + 1, width, signed)
        else:
            value = Op("shl", (_field(words, value, 0, last + 1, width, signed), Const(width - first)))
        # herd7's hash has the X names of the registers
        shown = f"{_as_x(dest)},{_as_x(source)},#{first},#{last}"
        return assign(words, dest, value, f"{operands.name} {shown}", operands)

    return build


def _as_x(gpr: Gpr) -> str:
    return f"X{gpr.text[1:]}"


def _extract(signed: bool, at_left: bool) -> Build:
    """UBFX and SBFX: a field at the right end; UBFIZ and SBFIZ: the bits at the right end, as a field."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        source = operands.gpr(1, dest.width)
        lowest = operands.number(2, 0, dest.width - 1)
        count = operands.number(3, 1, dest.width - lowest)
        value = _field(words, words.read(source), 0 if at_left else lowest, count, dest.width, signed)
        if at_left:
            value = Op("shl", (value, Const(lowest)))
        text = f"{operands.name} {dest.text},{source.text},#{lowest},#{count}"
        return assign(words, dest, value, text, operands)

    return build


def _insert(from_field: bool) -> Build:
    """BFI: the bits at the right end of a register go to a field of another; BFXIL: the reverse."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = operands.gpr(0)
        source = operands.gpr(1, dest.width)
        lowest = operands.number(2, 0, dest.width - 1)
        count = operands.number(3, 1, dest.width - lowest)
        value = _inserted(words, dest, source, *((lowest, count, 0) if from_field else (0, count, lowest)))
        text = f"{operands.name} {dest.text},{source.text},#{lowest},#{count}"
        return assign(words, dest, value, text, operands)

    return build


def _move_field(operands: Operands) -> Instruction:
    """BFM: bits `first` to `last` go to the right end; if `first` > `last`, bits 0 to `last` go to the left."""
    words = operands.words
    dest = operands.gpr(0)
    source = operands.gpr(1, dest.width)
    first, last = operands.number(2, 0, dest.width - 1), operands.number(3, 0, dest.width - 1)
    lowest, count, start = (first, last - first + 1, 0) if last >= first else (0, last + 1, dest.width - first)
    value = _inserted(words, dest, source, lowest, count, start)
    text = f"BFM {dest.text},{source.text},#{first},#{last}"
    return assign(words, dest, value, text, operands)


def _inserted(words: Words, dest: Gpr, source: Gpr, lowest: int, count: int, start: int) -> Expr:
    """A register with the bits from `start` on replaced by `count` bits of another from `lowest` on."""
    field = _field(words, words.read(source), lowest, count, dest.width, False)
    if start:
        field = Op("shl", (field, Const(start)))
    others = words.number(~(((1 << count) - 1) << start), dest.width)
    return Op("or", (Op("and", (words.read(dest), others)), field))


def _clear(operands: Operands) -> Instruction:
    """BFC: a field of 0."""
    words = operands.words
    dest = operands.gpr(0)
    lowest = operands.number(1, 0, dest.width - 1)
    count = operands.number(2, 1, dest.width - lowest)
    others = words.number(~(((1 << count) - 1) << lowest), dest.width)
    value = Op("and", (words.read(dest), others))
    return assign(words, dest, value, f"BFC {dest.text},#{lowest},#{count}", operands)


def _extend(kind: str) -> Build:
    def build(operands: Operands) -> Instruction:
        dest = operands.gpr(0, 64 if kind[-1] == "W" else 0)
        source = operands.gpr(1, 32)
        value = extended(operands.words, kind, operands.words.read(source), 0, dest.width)
        return assign(operands.words, dest, value, f"{kind} {dest.text},{source.text}", operands)

    return build


def _rotate_pair(operands: Operands) -> Instruction:
    """EXTR: a word out of two, one behind the other."""
    words = operands.words
    dest = operands.gpr(0)
    high, low = operands.gpr(1, dest.width), operands.gpr(2, dest.width)
    lowest = operands.number(3, 0, dest.width - 1)
    value = words.read(low)
    if lowest:
        upper = Op("shl", (words.read(high), Const(dest.width - lowest)))
        value = Op("or", (Op("shr", (value, Const(lowest))), upper))
    text = f"EXTR {dest.text},{high.text},{low.text},#{lowest}"
    return assign(words, dest, value, text, operands)


def rows() -> Iterable[tuple[str, str, Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    second = "Rd,Rn,#number|Rm{,shift}"
    for op in ("add", "sub"):
        name = op.upper()
        yield name, second, _arithmetic(op, False, 0, 1, name)
        yield f"{name}S", second, _arithmetic(op, True, 0, 1, f"{name}S")
    yield "CMP", "Rn,#number|Rm{,shift}", _arithmetic("sub", True, -1, 0, "CMP")
    yield "CMN", "Rn,#number|Rm{,shift}", _arithmetic("add", True, -1, 0, "CMN")
    yield "NEG", "Rd,Rm{,shift}", _arithmetic("sub", False, 0, -1, "NEG")
    yield "NEGS", "Rd,Rm{,shift}", _arithmetic("sub", True, 0, -1, "NEGS")
    for name, value in _LOGIC.items():
        yield name, second, _logic(value, name, False)
    for name in ("AND", "BIC"):
        yield f"{name}S", second, _logic(_LOGIC[name], name, True)
    for name in ("ADC", "SBC"):
        yield name, "Rd,Rn,Rm", _with_carry(name, False, True)
        yield f"{name}S", "Rd,Rn,Rm", _with_carry(name, True, True)
    yield "NGC", "Rd,Rm", _with_carry("SBC", False, False)
    yield "NGCS", "Rd,Rm", _with_carry("SBC", True, False)
    yield "TST", "Rn,#number|Rm{,shift}", _test
    yield "MVN", "Rd,Rm{,shift}", _inverted
    for kind in _SHIFTS:
        yield kind, "Rd,Rn,#number|Rm", _shift(kind)
        yield f"{kind}V", "Rd,Rn,Rm", _shift(kind)
    yield "MADD", "Rd,Rn,Rm,Ra", _multiply(1, True, "MADD")
    yield "MSUB", "Rd,Rn,Rm,Ra", _multiply(-1, True, "MSUB")
    yield "MUL", "Rd,Rn,Rm", _multiply(1, False, "MUL")
    yield "MNEG", "Rd,Rn,Rm", _multiply(-1, False, "MNEG")
    for letter in "SU":
        yield f"{letter}DIV", "Rd,Rn,Rm", _divide(letter == "S")
        yield f"{letter}MULH", "Xd,Xn,Xm", _multiply_high(letter == "S")
        yield f"{letter}MADDL", "Xd,Wn,Wm,Xa", _multiply_long(letter == "S", 1, True, f"{letter}MADDL")
        yield f"{letter}MSUBL", "Xd,Wn,Wm,Xa", _multiply_long(letter == "S", -1, True, f"{letter}MSUBL")
        yield f"{letter}MULL", "Xd,Wn,Wm", _multiply_long(letter == "S", 1, False, f"{letter}MULL")
        yield f"{letter}MNEGL", "Xd,Wn,Wm", _multiply_long(letter == "S", -1, False, f"{letter}MNEGL")
        yield f"{letter}BFM", "Rd,Rn,#first,#last", _bit_field(letter == "S")
        yield f"{letter}BFX", "Rd,Rn,#lowest,#count", _extract(letter == "S", False)
        yield f"{letter}BFIZ", "Rd,Rn,#lowest,#count", _extract(letter == "S", True)
    yield "BFM", "Rd,Rn,#first,#last", _move_field
    yield "BFI", "Rd,Rn,#lowest,#count", _insert(False)
    yield "BFXIL", "Rd,Rn,#lowest,#count", _insert(True)
    yield "BFC", "Rd,#lowest,#count", _clear
    yield "MOV", "Rd,#number|Rm", _move
    yield "MOVZ", "Rd,#number{,LSL #shift}", _move_part(False, False)
    yield "MOVN", "Rd,#number{,LSL #shift}", _move_part(False, True)
    yield "MOVK", "Rd,#number{,LSL #shift}", _move_part(True, False)
    for kind in ("UXTB", "UXTH", "UXTW", "SXTB", "SXTH", "SXTW"):
        yield kind, "Rd,Wn", _extend(kind)
    yield "EXTR", "Rd,Rn,Rm,#lowest", _rotate_pair
