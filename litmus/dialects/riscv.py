"""RISC-V assembly for 64-bit registers, as herd7 reads it.

Registers are written by number, `x5`, or by their use, `t0`; `x0` is always 0. An operand in memory is `8(a0)`. A
location holds a signed number as wide as the accesses to it. Numbers may be larger than the fields of instructions, as
in herd7. Beside the instructions of the base there are those of the extensions A and Zabha, loads with `.aq` and stores
with `.rl`, and some of M and Zbb. Source: The RISC-V instruction set manual, volume I, RV64I, "A" and Zabha, and its
list of assembly pseudoinstructions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.frontend.columns import parse_columns
from litmus.frontend.dialect import Instruction, InstructionText, Program, ProgramSection
from litmus.frontend.lexer import quoted
from litmus.frontend.operands import Operands, operands_of, signed, unsigned
from litmus.ir.thread import (
    NO_TAGS,
    Address,
    Assign,
    BinaryOperator,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
)
from litmus.ir.values import wrap

BITS = 64
_ZERO = "x0"
_RANKS = {f"x{n}": n for n in range(32)}
_USES = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", *(f"a{n}" for n in range(8))),
    *(*(f"s{n}" for n in range(2, 12)), *(f"t{n}" for n in range(3, 7))),
)
_REGISTERS = {**{name: f"x{n}" for n, use in enumerate(_USES) for name in (f"x{n}", use)}, "fp": "x8"}
_FREE = tuple(_RANKS)[5:]  # those before have a fixed use

_AMO, _RESERVED = frozenset({"X"}), frozenset({"EX"})
_ACQUIRE, _RELEASE, _BOTH = frozenset({"Acq"}), frozenset({"Rel"}), frozenset({"AcqRel"})
_ORDERS = {"": NO_TAGS, ".aq": _ACQUIRE, ".rl": _RELEASE, ".aqrl": _BOTH}
_FENCES = {f"{p},{s}": frozenset({f"Fence.{p}.{s}"}) for p in ("r", "w", "rw") for s in ("r", "w", "rw")}
_WHOLE_FENCES = {name: frozenset({name.capitalize()}) for name in ("fence.tso", "fence.i")}


@dataclass(frozen=True, slots=True)
class RiscV:
    """The dialect RISCV."""

    archs: tuple[str, ...] = ("RISCV",)
    sets: frozenset[str] = _AMO.union(_RESERVED, *_ORDERS.values(), *_FENCES.values(), *_WHOLE_FENCES.values())

    @property
    def registers(self) -> Mapping[str, int]:
        """x0 to x31, in this order."""
        return _RANKS

    def register(self, name: str) -> str | None:
        """Registers are written x5 or t0."""
        return _REGISTERS.get(name)

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        return parse_columns(section, _READER)


DIALECT = RiscV()


# --- reading an instruction ------------------------------------------------------------------------------------------


class _RiscVReader:
    """Reads instructions, one by one."""

    __slots__ = ()
    word_bits = BITS
    free = _FREE

    def register(self, name: str) -> str | None:
        return _REGISTERS.get(name)

    def instruction(self, cell: InstructionText) -> Instruction:
        head = _HEAD.match(cell.text)
        if head is None:
            raise ParseError("expected an instruction", cell.place(0, 1))
        name = head[0].lower()
        if name.endswith(".aq.rl"):
            name = f"{name[:-3]}rl"
        spec = _SPECS.get(name)
        if spec is None:
            raise _unknown(cell, head[0])
        usage, build = spec
        return build(name, operands_of(cell, head.end(), name, usage))


_READER = _RiscVReader()
_Build = Callable[[str, Operands], Instruction]
_HEAD = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_MEMORY = re.compile(r"([^()\s]*)\s*\(\s*([^()\s]+)\s*\)", re.ASCII)
_SYMBOL = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)


def _unknown(cell: InstructionText, name: str) -> LitmusError:
    place = cell.place(0, len(name))
    if re.fullmatch(_REFUSED, name.lower()):
        return UnsupportedError(f"{quoted(name)} is not supported", place)
    return ParseError(f"unknown mnemonic {quoted(name)} in dialect RISCV", place, did_you_mean(name, _SPECS))


def _reg(operands: Operands, index: int) -> str:
    """The register that an operand names. Raises ParseError."""
    text = operands.texts[index]
    return _REGISTERS.get(text) or _other_register(operands, index, text)


def _other_register(operands: Operands, index: int, text: str) -> str:
    if text[:1] == "%" and text[1:] in operands.cell.symbolic:
        return operands.cell.symbolic[text[1:]]
    if not text:
        raise ParseError("expected a register", operands.span(index))
    hint = did_you_mean(text, _REGISTERS)
    raise ParseError(f"no register {quoted(text)}", operands.span(index), hint)


def _value(register: str) -> Expr:
    return Const(0) if register == _ZERO else Reg(register)


def _number(operands: Operands, index: int) -> int:
    return wrap(operands.number(index), BITS)


def _place(operands: Operands, index: int) -> tuple[Expr, str, int]:
    """An operand in memory, `8(a0)` or `(a0)`: its address, the register, and the offset. Raises ParseError."""
    match = _MEMORY.fullmatch(operands.texts[index])
    if match is None:
        hint = "an operand in memory is like 8(a0)"
        raise ParseError(f"{quoted(operands.texts[index])} is not an operand in memory", operands.span(index), hint)
    offset, base = match.groups()
    register = _REGISTERS.get(base) or _other_register(operands, index, base)
    if not offset or offset == "0":
        return _value(register), register, 0
    number = operands.number_in(offset, index, -(1 << 63), (1 << 63) - 1)
    return Op("add", (_value(register), Const(number))), register, number


def _at_register(operands: Operands, index: int) -> tuple[Expr, str]:
    """An operand in memory without an offset: its address and the register. Raises ParseError."""
    addr, register, offset = _place(operands, index)
    if offset:
        raise ParseError("this instruction takes no offset", operands.span(index), f"write ({register})")
    return addr, register


def _assign(operands: Operands, dest: str, value: Expr, text: str, hashed: str = "") -> Instruction:
    """An instruction that computes a register; to compute `x0` is to do nothing."""
    return Instruction(() if dest == _ZERO else (Assign(dest, value, operands.cell.span),), text, hashed=hashed)


# --- arithmetic ------------------------------------------------------------------------------------------------------

_Binary = Callable[[Expr, Expr], Expr]


def _plain(op: BinaryOperator) -> _Binary:
    return lambda a, b: Op(op, (a, b))


def _with_not(op: BinaryOperator) -> _Binary:
    return lambda a, b: Op(op, (a, Op("not", (b,))))


def _word(op: BinaryOperator) -> _Binary:
    return lambda a, b: signed(Op(op, (a, b)), 32)


def _shifted(op: BinaryOperator) -> _Binary:
    return lambda a, b: Op(op, (a, _count(b, 63)))


def _shifted_word(op: BinaryOperator, part: Callable[[Expr, int], Expr]) -> _Binary:
    return lambda a, b: signed(Op(op, (part(a, 32), _count(b, 31))), 32)


def _count(value: Expr, most: int) -> Expr:
    """A shift count: its low bits."""
    if isinstance(value, Const) and isinstance(value.value, int):
        return Const(value.value & most)
    return Op("and", (value, Const(most)))


_OPERATIONS: Mapping[str, _Binary] = {
    "add": _plain("add"),
    "sub": _plain("sub"),
    "and": _plain("and"),
    "or": _plain("or"),
    "xor": _plain("xor"),
    "slt": _plain("lt"),
    "sltu": _plain("ult"),
    "sll": _shifted("shl"),
    "srl": _shifted("shr"),
    "sra": _shifted("sar"),
    "addw": _word("add"),
    "subw": _word("sub"),
    "sllw": _shifted_word("shl", unsigned),
    "srlw": _shifted_word("shr", unsigned),
    "sraw": _shifted_word("sar", signed),
    "mul": _plain("mul"),
    "mulw": _word("mul"),
    "andn": _with_not("and"),
    "orn": _with_not("or"),
    "xnor": _with_not("xor"),
}
_IMMEDIATE = {
    **{f"{name}i": _OPERATIONS[name] for name in ("add", "and", "or", "xor", "slt", "sll", "srl", "sra")},
    "sltiu": _OPERATIONS["sltu"],
    "addiw": _OPERATIONS["addw"],
    **{f"{name}iw": _OPERATIONS[f"{name}w"] for name in ("sll", "srl", "sra")},
}
_EXTENSIONS = {
    f"{kind}ext.{letter}": partial(part, width=width)
    for kind, part in (("s", signed), ("z", unsigned))
    for letter, width in (("b", 8), ("h", 16), ("w", 32))
}
_UNARY: Mapping[str, Callable[[Expr], Expr]] = {
    "mv": lambda a: a,
    "not": lambda a: Op("not", (a,)),
    "neg": lambda a: Op("neg", (a,)),
    "negw": lambda a: signed(Op("neg", (a,)), 32),
    "seqz": lambda a: Op("eq", (a, Const(0))),
    "snez": lambda a: Op("ne", (a, Const(0))),
    "sltz": lambda a: Op("lt", (a, Const(0))),
    "sgtz": lambda a: Op("gt", (a, Const(0))),
    **_EXTENSIONS,
}


def _operation(value: _Binary, name: str, operands: Operands) -> Instruction:
    d, a, b = _reg(operands, 0), _reg(operands, 1), _reg(operands, 2)
    return _assign(operands, d, value(_value(a), _value(b)), f"{name} {d},{a},{b}")


def _immediate(value: _Binary, name: str, operands: Operands) -> Instruction:
    d, a, number = _reg(operands, 0), _reg(operands, 1), _number(operands, 2)
    text = f"{name} {d},{a},{number}"
    if name == "addi" and not number:  # as herd7 has it
        return _assign(operands, d, _value(a), f"mv {d},{a}")
    hashed = f" {text}" if name == "xori" else ""  # herd7's hash has this blank
    return _assign(operands, d, value(_value(a), Const(number)), text, hashed)


def _unary(value: Callable[[Expr], Expr], name: str, operands: Operands) -> Instruction:
    d, a = _reg(operands, 0), _reg(operands, 1)
    return _assign(operands, d, value(_value(a)), f"{name} {d},{a}")


def _load_number(name: str, operands: Operands) -> Instruction:
    """`li`, of any number, for which the assembler finds instructions."""
    d, number = _reg(operands, 0), _number(operands, 1)
    return _assign(operands, d, Const(number), f"li {d},{number}", f"ori {d},x0,{number}")  # as herd7's hash has it


def _load_upper(name: str, operands: Operands) -> Instruction:
    d, number = _reg(operands, 0), operands.number(1, -(1 << 19), (1 << 20) - 1)
    return _assign(operands, d, Const(wrap(number << 12, 32)), f"lui {d},{number}")


def _load_address(name: str, operands: Operands) -> Instruction:
    d, symbol = _reg(operands, 0), operands.texts[1]
    if _SYMBOL.fullmatch(symbol) is None or symbol in _REGISTERS:
        raise ParseError(f"{quoted(symbol)} is not the name of a location", operands.span(1))
    body = () if d == _ZERO else (Assign(d, Const(Address(symbol)), operands.cell.span),)
    return Instruction(body, f"la {d},{symbol}", symbols=(symbol,))


# --- memory ----------------------------------------------------------------------------------------------------------

_UNUSED = "unused"  # where a value goes that is for x0
_STORED, _SOURCE = "stored", "source"  # whether a conditional store succeeded; what an AMO takes that overwrites it


def _load(size: int, part: Callable[[Expr, int], Expr], order: frozenset[str], name: str, ops: Operands) -> Instruction:
    d = _reg(ops, 0)
    addr, base, offset = _place(ops, 1)
    dest, span = _UNUSED if d == _ZERO else d, ops.cell.span
    body: tuple[Statement, ...] = (Load(dest, addr, order, False, span),)
    if part is unsigned and size < 8:
        body = (*body, Assign(dest, unsigned(Reg(dest), 8 * size), span))
    return Instruction(body, f"{name} {d},{offset}({base})", size=size)


def _store(size: int, order: frozenset[str], name: str, operands: Operands) -> Instruction:
    source = _reg(operands, 0)
    addr, base, offset = _place(operands, 1)
    store = Store(addr, signed(_value(source), 8 * size), order, operands.cell.span)
    return Instruction((store,), f"{name} {source},{offset}({base})", size=size)


def _load_reserved(size: int, order: frozenset[str], shown: str, name: str, operands: Operands) -> Instruction:
    d = _reg(operands, 0)
    addr, base = _at_register(operands, 1)
    load = Load(_UNUSED if d == _ZERO else d, addr, _RESERVED | order, True, operands.cell.span)
    return Instruction((load,), f"{shown} {d},0({base})", size=size)


def _store_conditional(size: int, order: frozenset[str], shown: str, name: str, operands: Operands) -> Instruction:
    """Stores a register; another is 0 then, or else 1. That carries a dependency from the store (RVWMO, 14.1)."""
    d, source = _reg(operands, 0), _reg(operands, 1)
    (addr, base), span = _at_register(operands, 2), operands.cell.span
    body: tuple[Statement, ...] = (
        StoreConditional(_STORED, addr, signed(_value(source), 8 * size), _RESERVED | order, span, True),
    )
    if d != _ZERO:
        body = (*body, Assign(d, Op("lnot", (Reg(_STORED),)), span))
    return Instruction(body, f"{shown} {d},{source},0({base})", size=size)


_UPDATES: Mapping[str, _Binary] = {
    "swap": lambda a, b: b,
    "add": _plain("add"),
    "and": _plain("and"),
    "or": _plain("or"),
    "xor": _plain("xor"),
    "max": lambda a, b: Op("ite", (Op("lt", (a, b)), b, a)),
    "min": lambda a, b: Op("ite", (Op("lt", (a, b)), a, b)),
    "maxu": lambda a, b: Op("ite", (Op("ult", (a, b)), b, a)),
    "minu": lambda a, b: Op("ite", (Op("ult", (a, b)), a, b)),
}


def _amo(update: _Binary, size: int, order: frozenset[str], name: str, operands: Operands) -> Instruction:
    """Both numbers are as wide as the access, and signed: so are extended they compare the same as unsigned ones."""
    d, source = _reg(operands, 0), _reg(operands, 1)
    (addr, base), span = _at_register(operands, 2), operands.cell.span
    dest, other = _UNUSED if d == _ZERO else d, _value(source)
    body: tuple[Statement, ...] = ()
    if d == source != _ZERO:  # in the value, this register is what was read
        body, other = (Assign(_SOURCE, other, span),), Reg(_SOURCE)
    value = signed(update(Reg(dest), signed(other, 8 * size)), 8 * size)
    tags = _AMO | order
    body = (*body, Rmw(dest, addr, value, tags, tags, span=span))
    return Instruction(body, f"{name} {d},{source},({base})", size=size)


_ACCESS_SETS = re.compile(r"(?=[iorw])i?o?r?w?\Z")


def _fence(name: str, operands: Operands) -> Instruction:
    """Main memory is in the sets r and w; i and o are devices, which no test has."""
    sets = operands.texts or ("iorw", "iorw")
    for index, text in enumerate(sets):
        if _ACCESS_SETS.match(text) is None:
            hint = "fence takes two sets, each some of the letters of 'iorw' in this order"
            raise ParseError(f"{quoted(text)} is not a set of accesses", operands.span(index), hint)
    before, after = ["".join([letter for letter in text if letter in "rw"]) for text in sets]
    tags = _FENCES.get(f"{before},{after}")
    text = f"fence {','.join(operands.texts or ('rw', 'rw'))}"  # herd7 has these sets where there are none
    return Instruction(() if tags is None else (Fence(tags, operands.cell.span),), text)


def _whole_fence(tags: frozenset[str], name: str, operands: Operands) -> Instruction:
    return Instruction((Fence(tags, operands.cell.span),), name)


# --- branches --------------------------------------------------------------------------------------------------------

_BRANCHES: Mapping[str, _Binary] = {
    "eq": _plain("eq"),
    "ne": _plain("ne"),
    "lt": _plain("lt"),
    "ge": _plain("ge"),
    "ltu": _plain("ult"),
    "geu": lambda a, b: Op("lnot", (Op("ult", (a, b)),)),
}
_SWAPPED = {"gt": "lt", "le": "ge", "gtu": "ltu", "leu": "geu"}
_WITH_ZERO = {"eqz": "eq", "nez": "ne", "ltz": "lt", "gez": "ge"}
_ZERO_WITH = {"gtz": "lt", "lez": "ge"}


def _branch(relation: str, first: int, second: int, name: str, operands: Operands) -> Instruction:
    """Compares the operands of these indices; -1 stands for x0."""
    a, b = (_ZERO if index < 0 else _reg(operands, index) for index in (first, second))
    label = operands.label(len(operands.texts) - 1)
    branch = Branch(_BRANCHES[relation](_value(a), _value(b)), label, operands.cell.span)
    return Instruction((branch,), f"b{relation} {a},{b},{label}", target=label)


def _goto(name: str, operands: Operands) -> Instruction:
    label = operands.label(0)
    return Instruction((Goto(label, operands.cell.span),), f"j {label}", target=label)


def _nothing(ends: bool, name: str, operands: Operands) -> Instruction:
    return Instruction((), name, ends=ends)


# --- the instructions ------------------------------------------------------------------------------------------------

_SIZES = (("b", 1), ("h", 2), ("w", 4), ("d", 8))


def _specs() -> Iterable[tuple[str, str, _Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    for name, value in _OPERATIONS.items():
        yield name, "rd,rs1,rs2", partial(_operation, value)
    for name, value in _IMMEDIATE.items():
        yield name, "rd,rs1,number", partial(_immediate, value)
    for name, unary in _UNARY.items():
        yield name, "rd,rs1", partial(_unary, unary)
    yield "li", "rd,number", _load_number
    yield "lui", "rd,number", _load_upper
    yield "la", "rd,location", _load_address
    for letter, size in _SIZES:
        for order in ("", ".aq", ".aqrl"):
            yield f"l{letter}{order}", "rd,8(rs1)", partial(_load, size, signed, _ORDERS[order])
            if size < 8:
                yield f"l{letter}u{order}", "rd,8(rs1)", partial(_load, size, unsigned, _ORDERS[order])
        for order in ("", ".rl", ".aqrl"):
            yield f"s{letter}{order}", "rs2,8(rs1)", partial(_store, size, _ORDERS[order])
        for update, changed in _UPDATES.items():
            for order, tags in _ORDERS.items():
                yield f"amo{update}.{letter}{order}", "rd,rs2,(rs1)", partial(_amo, changed, size, tags)
    for letter, size in _SIZES[2:]:
        for order in _ORDERS:
            # The manual promises no order for LR.rl and SC.aq, and herd7 leaves the letters out.
            load, store = ("" if order == other else order for other in (".rl", ".aq"))
            read = partial(_load_reserved, size, _ORDERS[load], f"lr.{letter}{load}")
            yield f"lr.{letter}{order}", "rd,(rs1)", read
            write = partial(_store_conditional, size, _ORDERS[store], f"sc.{letter}{store}")
            yield f"sc.{letter}{order}", "rd,rs2,(rs1)", write
    for name in _BRANCHES:
        yield f"b{name}", "rs1,rs2,label", partial(_branch, name, 0, 1)
    for name, relation in _SWAPPED.items():
        yield f"b{name}", "rs1,rs2,label", partial(_branch, relation, 1, 0)
    for name, relation in _WITH_ZERO.items():
        yield f"b{name}", "rs1,label", partial(_branch, relation, 0, -1)
    for name, relation in _ZERO_WITH.items():
        yield f"b{name}", "rs1,label", partial(_branch, relation, -1, 0)
    yield "j", "label", _goto
    yield "fence", " or rw,rw", _fence
    for name, tags in _WHOLE_FENCES.items():
        yield name, "", partial(_whole_fence, tags)
    for name in ("nop", "pause"):
        yield name, "", partial(_nothing, False)
    yield "ret", "", partial(_nothing, True)


_SPECS: Mapping[str, tuple[str, _Build]] = {name: (usage, build) for name, usage, build in _specs()}
_REFUSED = (
    r"auipc|jal|jalr|jr|call|tail|ecall|ebreak|[ms]ret|wfi|wrs\.[ns]to|csr\w+|rd(?:time|cycle|instret)h?|sfence\.\w+"
    r"|hfence\.\w+|sinval\.\w+|mulhs?u?|div[uw]{0,2}|rem[uw]{0,2}|amocas\.[bhwdq](?:\.aq)?(?:\.?rl)?|f(?!ence)\w+\.[\w.]+"
    r"|f[ls][hwdq]|cbo\.\w+|prefetch\.\w+|c\.\w+|v\w+\.\w+|sh[123]add(?:\.uw)?|add\.uw|slli\.uw|rev8|orc\.b|ro[lr]i?w?"
    r"|(?:clz|ctz|cpop)w?|(?:max|min)u?|b(?:clr|ext|inv|set)i?|czero\.\w+|l[qwd]pc|lga|lla|ntl\.\w+|unimp"
)


def instructions() -> Mapping[str, str]:
    """The instructions that are read, each with its operands."""
    return {name: usage for name, (usage, _) in _SPECS.items()}
