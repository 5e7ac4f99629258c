"""ARM assembly of 32 bits (A32), as herd7 reads it.

Instructions may be executed on a condition, `LDREQ`, and set flags, `ADDS`. An access that is executed on a condition
depends by control on what the flags come from; a register that is written so does not depend on them. A location holds
a signed number as wide as the accesses to it. LDRD, STRD, LDM and STM are one access for each
register, LDREXD and STREXD one for both.
Source: ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition, DDI 0406, sections A3.8 and A8.8; for LDA, STL
and what goes with them, Arm Architecture Reference Manual for A-profile architecture, DDI 0487, chapter F5.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.dialects._arm import (
    CONDITIONS,
    FLAGS,
    OTHER_NAMES,
    address_of_label,
    after_add,
    after_logic,
    after_subtract,
    call,
    opposite,
)
from litmus.frontend.arithmetic import Binary, Part, low_bits, plain, signed, unsigned, with_not
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Jump, Program, ProgramSection
from litmus.frontend.forms import Build, ColumnDialect, InstructionTable, Row, goto, nothing, printed_as
from litmus.frontend.operands import Operands, Syntax, moved
from litmus.frontend.words import Words
from litmus.ir.thread import (
    EXCLUSIVE,
    NO_TAGS,
    Assign,
    BinaryOperator,
    Branch,
    Const,
    Expr,
    Fence,
    Label,
    Load,
    Op,
    Reg,
    Statement,
    Store,
    StoreConditional,
)
from litmus.ir.values import wrap

_NUMBERED = [f"R{n}" for n in range(13)]
_RANKS = {name: rank for rank, name in enumerate((*_NUMBERED, "SP", "LR", "FP"))}  # herd7 has R11 and FP apart
_SPELLINGS = {**{name: name for name in _RANKS}, "R13": "SP", "R14": "LR", "IP": "R12"}
_SYNTAX = Syntax(
    {**_SPELLINGS, **{name.lower(): found for name, found in _SPELLINGS.items()}}, sign="#", bits=32, memory="[R1]"
)
_WORDS = Words(32)
_WHERE = "the address"  # no register is called so

_OPTIONS = ("SY", "ST", "ISH", "ISHST", "OSH", "OSHST", "NSH", "NSHST")
_FENCES = {  # each with the name that it has in herd7
    f"{name} {option}": frozenset({name if option == "SY" else f"{name}.{option}"})
    for name in ("DMB", "DSB")
    for option in _OPTIONS
}
_ISB = frozenset({"ISB"})
_ACQUIRE, _RELEASE = frozenset({"A"}), frozenset({"L"})


@dataclass(frozen=True, slots=True)
class Arm(ColumnDialect):
    """The dialect ARM."""

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        return replace(parse_columns(section, self), flags=FLAGS)

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction, which may be executed on a condition. Raises ParseError, UnsupportedError."""
        name, at, usage, build = self.table.find(cell)
        operands = Operands(cell, name, at, usage, self.syntax)
        condition = cell.text[len(name) : at].upper()
        return _on(OTHER_NAMES.get(condition, condition), build, operands) if condition else build(operands)


def _on(condition: str, build: Build, operands: Operands) -> Instruction:
    """An instruction that is executed only if a condition holds."""
    name = operands.name
    if name in _ALWAYS:
        raise ParseError(f"{name} is always executed", operands.cell.place(0, len(name) + 2), f"write {name}")
    found = build(operands)
    text = f"{name}{condition}{found.text.removeprefix(name)}"
    test, span = CONDITIONS[condition], operands.span
    if found.ends:
        raise UnsupportedError("a return on a condition is not supported", span, "branch to the end of the thread")
    if name == "B":
        return replace(found, statements=(Branch(test, found.target, span),), text=text)
    end = f"after {operands.cell.row}"  # no label of a test is called so
    skip = Branch(opposite(test), end, span, until=end)
    return replace(
        found, statements=(skip, *found.statements, Label(end)), text=text, hashed=_hashed(found, name, condition)
    )


def _hashed(found: Instruction, name: str, condition: str) -> str:
    """What herd7's hash digests of an instruction on a condition, if it is not its text."""
    if name == "AND":
        operands = found.text.removeprefix("AND ").split(",")
        return f"AND{condition} {', '.join(operands)}" if len(set(operands)) > 1 else "NOP"
    return (
        f"{name}{' ' * (name == 'MOVT')}{condition}{found.hashed.removeprefix(name).lstrip()}" if found.hashed else ""
    )


# --- operands --------------------------------------------------------------------------------------------------------

_SHIFTS: Mapping[str, BinaryOperator] = {"LSL": "shl", "LSR": "shr", "ASR": "sar"}
_SHIFT = re.compile(r"([A-Za-z]+)\s*(.*)\Z", re.ASCII)


def _shifted(kind: str, value: Expr, count: Expr) -> Expr:
    """A value, shifted or rotated by a count."""
    if count == Const(0):
        return value
    if kind == "ROR":
        known = count.value if isinstance(count, Const) and isinstance(count.value, int) else None
        back = Op("sub", (Const(32), count)) if known is None else Const(32 - known)
        return Op("or", (Op("shr", (value, count)), Op("shl", (value, back))))
    return Op(_SHIFTS[kind], (value, count))


def _shift(operands: Operands, index: int, value: Expr, by_register: bool) -> tuple[Expr, str]:
    """A value as the operand `LSL #2` or `LSL R1` shifts it, and its text."""
    match = _SHIFT.match(operands.texts[index])
    kind = match[1].upper() if match else ""
    if match is None or kind not in (*_SHIFTS, "ROR"):
        raise operands.error(index, f"one of {', '.join((*_SHIFTS, 'ROR'))}")
    register = operands.syntax.registers.get(match[2])
    if register is not None and by_register:
        return _shifted(kind, value, low_bits(Reg(register), 31 if kind == "ROR" else 255)), f"{kind} {register}"
    amount = operands.number_in(match[2], index, 0, 31 if kind in ("LSL", "ROR") else 32)
    return _shifted(kind, value, Const(amount)), f"{kind} #{amount}"


def _second(operands: Operands, index: int) -> tuple[Expr, str]:
    """The last operand of arithmetic, a number or a register, which may be shifted; and its text."""
    if not operands.is_register(index):
        if len(operands) > index + 1:
            raise operands.error(index, "a register")
        if not operands.is_number(index):
            operands.reg(index)
        number = operands.number(index)
        return Const(wrap(number, 32)), f"#{number}"
    register = operands.reg(index)
    if len(operands) == index + 1:
        return Reg(register), register
    value, text = _shift(operands, index + 1, Reg(register), True)
    return value, f"{register},{text}"


@dataclass(frozen=True, slots=True)
class _At:
    """An operand in memory: its address, how it is written, its base register, and what that is set to, and when."""

    addr: Expr
    text: str
    base: str
    stepped: Expr | None = None
    before: bool = False

    def around(self, operands: Operands, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """The statements of an access with the one that steps the base register."""
        if self.stepped is None:
            return body
        step = Assign(self.base, self.stepped, operands.span)
        return (step, *body) if self.before else (*body, step)


def _offset(operands: Operands, index: int) -> tuple[Expr | int, str]:
    """`#4`, `R2`, `-R2` or `R2,LSL #2`: what is added to a base register, and its text."""
    if operands.is_number(index):
        number = operands.number(index, -4095, 4095)
        return number, f"#{number}"
    register = operands.reg(index)
    if len(operands) == index + 1:
        return Reg(register), register
    value, text = _shift(operands, index + 1, Reg(register), False)
    return value, f"{register},{text.replace('LSL', 'lsl')}"  # as herd7 prints it


def _plus(base: Expr, offset: Expr | int) -> Expr:
    return moved(base, offset) if isinstance(offset, int) else Op("add", (base, offset))


def _place(operands: Operands, index: int) -> _At:
    """`[R1]`, `[R1,#4]`, `[R1,#4]!`, `[R1],#4`, `[R1,R2]` or `[R1,R2,LSL #2]`; herd7 also has `R1` for `[R1]`."""
    if operands.is_register(index) and len(operands) == index + 1:
        base = operands.reg(index)
        return _At(Reg(base), f"[{base}]", base)
    inner, before = operands.inside(index)
    base = inner.reg(0)
    if len(inner) > 3:
        raise operands.error(index, "an address in brackets")
    if len(operands) > index + 1:
        if len(inner) > 1 or before:
            raise operands.error(index + 1, "the end of the instruction")
        offset, text = _offset(operands, index + 1)
        return _At(Reg(base), f"[{base}],{text}", base, _plus(Reg(base), offset))
    if len(inner) == 1:
        if before:
            raise operands.error(index, "an offset before '!'")
        return _At(Reg(base), f"[{base}]", base)
    offset, text = _offset(inner, 1)
    addr = _plus(Reg(base), offset)
    if before:
        return _At(Reg(base), f"[{base},{text}]!", base, addr, before)
    return _At(addr, f"[{base},{text}]" if offset else f"[{base}]", base)


def _alone(operands: Operands, index: int) -> str:
    """`[R1]`: the register of an address without anything else; herd7 also has `R1`."""
    if operands.is_register(index):
        return operands.reg(index)
    return operands.alone(index).reg(0)


# --- what computes ---------------------------------------------------------------------------------------------------

_LOGIC: Mapping[str, Binary] = {
    "AND": plain("and"),
    "ORR": plain("or"),
    "EOR": plain("xor"),
    "BIC": with_not("and"),
    "ORN": with_not("or"),
}
_FLAGS_AFTER = {"add": after_add, "sub": after_subtract}


def _arithmetic(op: BinaryOperator, sets: bool, reverse: bool = False) -> Build:
    """ADD, SUB and, with its operands in reverse, RSB."""

    def build(operands: Operands) -> Instruction:
        d, n = operands.reg(0), operands.reg(1)
        b, text = _second(operands, 2)
        left, right = (b, Reg(n)) if reverse else (Reg(n), b)
        body: list[Statement] = _FLAGS_AFTER[op](_WORDS, left, right, 32, operands.span) if sets else []
        body.append(Assign(d, Op(op, (left, right)), operands.span))
        return Instruction(tuple(body), f"{operands.name} {d},{n},{text}")

    return build


def _compare(op: BinaryOperator) -> Build:
    """CMP and CMN."""

    def build(operands: Operands) -> Instruction:
        n = operands.reg(0)
        b, text = _second(operands, 1)
        body = _FLAGS_AFTER[op](_WORDS, Reg(n), b, 32, operands.span)
        return Instruction(tuple(body), f"{operands.name} {n},{text}")

    return build


def _logic(value: Binary, sets: bool) -> Build:
    def build(operands: Operands) -> Instruction:
        d, n = operands.reg(0), operands.reg(1)
        b, text = _second(operands, 2)
        return _logical(operands, d, value(Reg(n), b), sets, f"{d},{n},{text}")

    return build


def _logical(operands: Operands, dest: str, value: Expr, sets: bool, text: str) -> Instruction:
    """An operation on bits, and the flags after it if it sets them."""
    flags = after_logic(_WORDS, value, 32, operands.span) if sets else []
    body = (*flags, Assign(dest, value, operands.span))
    return Instruction(body, f"{operands.name} {text}")


def _move(inverted: bool, sets: bool) -> Build:
    """MOV and MVN."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        value, text = _second(operands, 1)
        return _logical(operands, d, Op("not", (value,)) if inverted else value, sets, f"{d},{text}")

    return build


def _shift_by(kind: str, sets: bool) -> Build:
    """LSL and its kin, of a register by a number or by another register."""

    def build(operands: Operands) -> Instruction:
        d, n = operands.reg(0), operands.reg(1)
        count, text = _second(operands, 2)
        if isinstance(count, Const):
            operands.number(2, 0, 31 if kind in ("LSL", "ROR") else 32)
        value = _shifted(kind, Reg(n), low_bits(count, 31 if kind == "ROR" else 255))
        return _logical(operands, d, value, sets, f"{d},{n},{text}")

    return build


def _test(value: Binary) -> Build:
    """TST and TEQ."""

    def build(operands: Operands) -> Instruction:
        n = operands.reg(0)
        b, text = _second(operands, 1)
        body = after_logic(_WORDS, value(Reg(n), b), 32, operands.span)
        return Instruction(tuple(body), f"{operands.name} {n},{text}")

    return build


def _move_half(top: bool) -> Build:
    """MOVW, a number of 16 bits, and MOVT, which puts one into the upper half of a register and keeps the lower."""

    def build(operands: Operands) -> Instruction:
        d, number = operands.reg(0), operands.number(1, 0, (1 << 16) - 1)
        value: Expr = Const(number)
        if top:
            value = Op("or", (Op("and", (Reg(d), Const((1 << 16) - 1))), Const(wrap(number << 16, 32))))
        body = (Assign(d, value, operands.span),)
        text = f"{operands.name} {d},#{number}"
        return Instruction(body, text, hashed=f"{operands.name}{' ' * top}{d}, #{number}")  # as herd7 prints it

    return build


def _multiply(accumulate: str) -> Build:
    """MUL, MLA and MLS."""

    def build(operands: Operands) -> Instruction:
        d, n, m = operands.reg(0), operands.reg(1), operands.reg(2)
        value: Expr = Op("mul", (Reg(n), Reg(m)))
        shown = [d, n, m]
        if accumulate:
            shown.append(operands.reg(3))
            left, right = (value, Reg(shown[3])) if accumulate == "add" else (Reg(shown[3]), value)
            value = Op("add", (left, right)) if accumulate == "add" else Op("sub", (left, right))
        return operands.assign(d, value, f"{operands.name} {','.join(shown)}")

    return build


def _extend(part: Part, width: int) -> Build:
    """UXTB and its kin."""

    def build(operands: Operands) -> Instruction:
        d, m = operands.reg(0), operands.reg(1)
        return operands.assign(d, part(Reg(m), width, 32), f"{operands.name} {d},{m}")

    return build


# --- memory ----------------------------------------------------------------------------------------------------------


def _load(size: int, part: Part) -> Build:
    def build(operands: Operands) -> Instruction:
        t, place = operands.reg(0), _place(operands, 1)
        if place.stepped is not None and t == place.base:
            raise ParseError(f"{operands.name} cannot load the register that it updates", operands.span)
        body = place.around(operands, _loaded(operands, t, place.addr, size, part))
        return Instruction(body, f"{operands.name} {t},{place.text}", size=size)

    return build


def _loaded(
    operands: Operands,
    dest: str,
    addr: Expr,
    size: int,
    part: Part,
    tags: frozenset[str] = NO_TAGS,
    reserve: bool = False,
) -> tuple[Statement, ...]:
    """A load, and what makes an unsigned number of the signed one that memory holds."""
    load = Load(dest, addr, tags, reserve, operands.span)
    if part is signed or size == 4:
        return (load,)
    return (load, Assign(dest, unsigned(Reg(dest), 8 * size, 32), operands.span))


def _store(size: int) -> Build:
    def build(operands: Operands) -> Instruction:
        t, place = operands.reg(0), _place(operands, 1)
        store = Store(place.addr, signed(Reg(t), 8 * size, 32), NO_TAGS, operands.span)
        return Instruction(place.around(operands, (store,)), f"{operands.name} {t},{place.text}", size=size)

    return build


def _load_at(size: int, tags: frozenset[str], reserve: bool) -> Build:
    """LDREX, LDA and LDAEX: their address is a register alone."""

    def build(operands: Operands) -> Instruction:
        t, base = operands.reg(0), _alone(operands, 1)
        body = _loaded(operands, t, Reg(base), size, unsigned, tags, reserve)
        return Instruction(body, f"{operands.name} {t},[{base}]", size=size)

    return build


def _store_release(size: int) -> Build:
    def build(operands: Operands) -> Instruction:
        t, base = operands.reg(0), _alone(operands, 1)
        store = Store(Reg(base), signed(Reg(t), 8 * size, 32), _RELEASE, operands.span)
        return Instruction((store,), f"{operands.name} {t},[{base}]", size=size)

    return build


def _store_exclusive(size: int, tags: frozenset[str]) -> Build:
    """STREX and STLEX: the first register is 0 if the second was stored, else 1."""

    def build(operands: Operands) -> Instruction:
        d, t, base = operands.reg(0), operands.reg(1), _alone(operands, 2)
        if d in (t, base):
            raise ParseError(f"{operands.name} cannot use its status register otherwise", operands.place(0))
        store = StoreConditional(d, Reg(base), signed(Reg(t), 8 * size, 32), tags, operands.span, "nothing")
        failed = Assign(d, Op("lnot", (Reg(d),)), operands.span)
        return Instruction((store, failed), f"{operands.name} {d},{t},[{base}]", size=size)

    return build


def _load_two(operands: Operands) -> Instruction:
    """LDRD: two loads, which nothing orders. The second register follows the first, and need not be written."""
    first = operands.reg(0)
    at = 2 if operands.is_register(1) else 1
    second = operands.reg(1) if at == 2 else _after(operands, first)
    if len(operands) != at + 1:
        raise operands.error(at + 1, "the end of the instruction")
    if first == second:
        raise ParseError("LDRD cannot load one register twice", operands.place(1))
    place = _place(operands, at)
    if place.stepped is not None:
        raise UnsupportedError("LDRD with '!' is not supported", operands.place(at))
    pairs = [(first, place.addr), (second, moved(place.addr, 4))]
    if first == place.base:  # the base is read before it is loaded
        pairs.reverse()
    loads = tuple(Load(dest, addr, NO_TAGS, False, operands.span) for dest, addr in pairs)
    shown = place.text.replace(",", ", ")  # as herd7 prints it
    return Instruction(loads, f"LDRD {first}, {second}, {shown}", size=4)


def _two(operands: Operands, index: int) -> tuple[tuple[str, str], int]:
    """Two registers, of which the second need not be written, and the index of the operand after them."""
    first = operands.reg(index)
    if operands.is_register(index + 1) and len(operands) > index + 2:
        if operands.reg(index + 1) != _after(operands, first):
            raise operands.error(index + 1, f"{_after(operands, first)}, or nothing,")
        return (first, operands.reg(index + 1)), index + 2
    return (first, _after(operands, first)), index + 1


def _store_two(operands: Operands) -> Instruction:
    """STRD: two stores, which nothing orders."""
    (first, second), at = _two(operands, 0)
    place = _place(operands, at)
    stores = tuple(
        Store(addr, Reg(source), NO_TAGS, operands.span)
        for source, addr in ((first, place.addr), (second, moved(place.addr, 4)))
    )
    return Instruction(place.around(operands, stores), f"STRD {first},{second},{place.text}", size=4)


def _load_two_exclusive(tags: frozenset[str]) -> Build:
    """LDREXD and LDAEXD: one access for two registers."""

    def build(operands: Operands) -> Instruction:
        (first, second), at = _two(operands, 0)
        base, span = _alone(operands, at), operands.span
        body: tuple[Statement, ...] = ()
        where: Expr = Reg(base)
        if first == base:
            body, where = (Assign(_WHERE, where, span),), Reg(_WHERE)
        loads = Load(first, where, tags, True, span), Load(second, moved(where, 4), tags, True, span, joins=True)
        return Instruction((*body, *loads), f"{operands.name} {first},{second},[{base}]", size=4)

    return build


def _store_two_exclusive(tags: frozenset[str]) -> Build:
    """STREXD and STLEXD: both registers are stored, or none."""

    def build(operands: Operands) -> Instruction:
        d = operands.reg(0)
        (first, second), at = _two(operands, 1)
        base, span = _alone(operands, at), operands.span
        if d in (first, second, base):
            raise ParseError(f"{operands.name} cannot use its status register otherwise", operands.place(0))
        store = StoreConditional(d, Reg(base), Reg(first), tags, span, "nothing")
        beside = replace(store, addr=moved(Reg(base), 4), value=Reg(second), joins=True)
        failed = Assign(d, Op("lnot", (Reg(d),)), span)
        return Instruction((store, beside, failed), f"{operands.name} {d},{first},{second},[{base}]", size=4)

    return build


def _after(operands: Operands, register: str) -> str:
    """The register with the next number."""
    if register not in _NUMBERED[:-1]:
        raise operands.error(0, "a register from R0 to R11")
    return _NUMBERED[_NUMBERED.index(register) + 1]


_LISTED = re.compile(r"\{([^{}]*)\}\Z")


def _multiple(is_load: bool, first: int) -> Build:
    """LDM and STM: an access for each register of a list, which nothing orders; the first is `first` bytes behind."""

    def build(operands: Operands) -> Instruction:
        base, match = operands.reg(0), _LISTED.match(operands.texts[1])
        if match is None:
            raise operands.error(1, "registers in braces")
        names = [name.strip() for name in match[1].split(",")]
        registers = [operands.syntax.registers.get(name) or operands.other_register(name, 1) for name in names]
        ranks = [_RANKS.get(register, -1) for register in registers]
        if any(a >= b for a, b in itertools.pairwise(ranks) if min(a, b) >= 0):
            raise ParseError("the registers must be in the order of their numbers", operands.place(1))
        places = [(register, moved(Reg(base), first + 4 * at)) for at, register in enumerate(registers)]
        body: list[Statement] = []
        for register, addr in sorted(places, key=lambda place: place[0] == base):  # the base is loaded at last
            load = Load(register, addr, NO_TAGS, False, operands.span)
            body.append(load if is_load else Store(addr, Reg(register), NO_TAGS, operands.span))
        return Instruction(tuple(body), f"{operands.name} {base}, {{{','.join(registers)}}}", size=4)

    return build


# --- barriers and branches -------------------------------------------------------------------------------------------


def _barrier(operands: Operands) -> Instruction:
    option = operands.texts[0].upper() if operands.texts else "SY"
    tags = _FENCES.get(f"{operands.name} {option}")
    if tags is None:
        raise operands.error(0, f"one of {', '.join(_OPTIONS)}")
    return Instruction((Fence(tags, operands.span),), operands.name if option == "SY" else f"{operands.name} {option}")


def _synchronize(operands: Operands) -> Instruction:
    if operands.texts and operands.texts[0].upper() != "SY":
        raise operands.error(0, "SY or nothing")
    return Instruction((Fence(_ISB, operands.span),), "ISB")


def _branch_if_zero(relation: BinaryOperator) -> Build:
    """CBZ and CBNZ."""

    def build(operands: Operands) -> Instruction:
        n, label = operands.reg(0), operands.label(1)
        branch = Branch(Op(relation, (Reg(n), Const(0))), label, operands.span)
        return Instruction((branch,), f"{operands.name} {n},{label}", target=label)

    return build


# --- addresses of code -----------------------------------------------------------------------------------------------

_LINK = "LR"


def _jump(operands: Operands) -> Instruction:
    """BX: of LR it is a return."""
    register = operands.reg(0)
    returns = register == _LINK
    return Instruction((Jump(Reg(register), operands.span, returns),), f"BX {register}", ends=returns)


def _call(operands: Operands) -> Instruction:
    """BL of a label, BLX of a register."""
    by_value = operands.name == "BLX"
    to = operands.reg(0) if by_value else operands.label(0)
    return call(operands.cell, _LINK, f"{operands.name} {to}", to, by_value)


def _code_address(operands: Operands) -> Instruction:
    dest, label = operands.reg(0), operands.label(1)
    return address_of_label(operands.cell, dest, label, f"ADR {dest},{label}")


# --- the instructions ------------------------------------------------------------------------------------------------

_ALWAYS = frozenset({"CBZ", "CBNZ", "DMB", "DSB", "ISB"})


def _rows() -> Iterable[Row]:
    three, two = "Rd,Rn,#number|Rm{,shift}", "Rd,#number|Rm{,shift}"
    for s in ("", "S"):
        yield f"ADD{s}", three, _arithmetic("add", bool(s))
        yield f"SUB{s}", three, _arithmetic("sub", bool(s))
        yield f"RSB{s}", three, _arithmetic("sub", bool(s), reverse=True)
        for name, value in _LOGIC.items():
            yield f"{name}{s}", three, _logic(value, bool(s))
        yield f"MOV{s}", two, _move(False, bool(s))
        yield f"MVN{s}", two, _move(True, bool(s))
        for kind in (*_SHIFTS, "ROR"):
            yield f"{kind}{s}", "Rd,Rn,#number|Rm", _shift_by(kind, bool(s))
    yield "XOR", three, printed_as("EOR", _logic(_LOGIC["EOR"], False))  # herd7 has this name
    yield "CMP", "Rn,#number|Rm{,shift}", _compare("sub")
    yield "CMN", "Rn,#number|Rm{,shift}", _compare("add")
    yield "TST", "Rn,#number|Rm{,shift}", _test(plain("and"))
    yield "TEQ", "Rn,#number|Rm{,shift}", _test(plain("xor"))
    yield "MOVW", "Rd,#number", _move_half(False)
    yield "MOVT", "Rd,#number", _move_half(True)
    yield "MUL", "Rd,Rn,Rm", _multiply("")
    yield "MLA", "Rd,Rn,Rm,Ra", _multiply("add")
    yield "MLS", "Rd,Rn,Rm,Ra", _multiply("sub")
    for letter, width in (("B", 8), ("H", 16)):
        yield f"UXT{letter}", "Rd,Rm", _extend(unsigned, width)
        yield f"SXT{letter}", "Rd,Rm", _extend(signed, width)
        yield f"LDRS{letter}", "Rt,[Rn{,#number|Rm}]{,#number}", _load(width // 8, signed)
    for suffix, size in (("", 4), ("B", 1), ("H", 2)):
        yield f"LDR{suffix}", "Rt,[Rn{,#number|Rm{,shift}}]{,#number}", _load(size, unsigned)
        yield f"STR{suffix}", "Rt,[Rn{,#number|Rm{,shift}}]{,#number}", _store(size)
        yield f"LDREX{suffix}", "Rt,[Rn]", _load_at(size, EXCLUSIVE, True)
        yield f"STREX{suffix}", "Rd,Rt,[Rn]", _store_exclusive(size, EXCLUSIVE)
        yield f"LDA{suffix}", "Rt,[Rn]", _load_at(size, _ACQUIRE, False)
        yield f"STL{suffix}", "Rt,[Rn]", _store_release(size)
        yield f"LDAEX{suffix}", "Rt,[Rn]", _load_at(size, EXCLUSIVE | _ACQUIRE, True)
        yield f"STLEX{suffix}", "Rd,Rt,[Rn]", _store_exclusive(size, EXCLUSIVE | _RELEASE)
    yield "LDRD", "Rt{,Ru},[Rn{,#number}]", _load_two
    yield "STRD", "Rt{,Ru},[Rn{,#number|Rm}]{,#number}", _store_two
    yield "LDREXD", "Rt{,Ru},[Rn]", _load_two_exclusive(EXCLUSIVE)
    yield "STREXD", "Rd,Rt{,Ru},[Rn]", _store_two_exclusive(EXCLUSIVE)
    yield "LDAEXD", "Rt{,Ru},[Rn]", _load_two_exclusive(EXCLUSIVE | _ACQUIRE)
    yield "STLEXD", "Rd,Rt{,Ru},[Rn]", _store_two_exclusive(EXCLUSIVE | _RELEASE)
    for suffix, first in (("", 0), ("IA", 0), ("IB", 4)):
        yield f"LDM{suffix}", "Rn,registers", _multiple(True, first)
        yield f"STM{suffix}", "Rn,registers", _multiple(False, first)
    for name in ("DMB", "DSB"):
        yield name, f"{{{'|'.join(_OPTIONS)}}}", _barrier
    yield "ISB", "{SY}", _synchronize
    yield "B", "label", goto
    yield "CBZ", "Rn,label", _branch_if_zero("eq")
    yield "CBNZ", "Rn,label", _branch_if_zero("ne")
    yield "BX", "Rm", _jump
    yield "BL", "label", _call
    yield "BLX", "Rm", _call
    yield "ADR", "Rd,label", _code_address
    yield "NOP", "", nothing


_REFUSED = (
    (r"PUSH|POP|LDMD[AB]|STMD[AB]|LDMFD|STMFD", "the stack is not"),
    (r"BXJ|TB[BH]", "jumps by a table or to Java are not"),
    (r"IT[TE]{0,3}|CPS\w*|SVC|SMC|HVC|MRS|MSR|MRC|MCR|WF[EI]|SEVL?|CLREX|BKPT|UDF|SETEND|PLDW?|PLI|SWPB?|YIELD", ""),
    (r"(?:ADC|SBC|RSC|RRX)S?|[SU](?:MULL|MLAL|DIV)|[SU]BFX|BFI|BFC|CLZ|RBIT|REV(?:16|SH)?|SEL|[SU]X?T?AB\w*|[SUQ]+ADD\w*"
     r"|PKH\w+|V[A-Z]+(?:\..*)?|LDRH?T|STRH?T|LDR[BS]+T|STRBT", ""),
)  # fmt: skip
_ENDINGS = frozenset((*CONDITIONS, *OTHER_NAMES))

DIALECT = Arm(
    ("ARM",),
    EXCLUSIVE.union(_ACQUIRE, _RELEASE, _ISB, *_FENCES.values()),
    _SYNTAX,
    InstructionTable("ARM", {n: (usage, build) for n, usage, build in _rows()}, _REFUSED, str.upper, _ENDINGS),
    registers=_RANKS,
    free=tuple(_NUMBERED),
)
instructions = DIALECT.instructions
