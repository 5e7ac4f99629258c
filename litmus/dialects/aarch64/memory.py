"""The instructions of AArch64 that access memory or order accesses.

Tags are the sets of archs/aarch64.cat: `A`, `Q` and `L` for acquire, acquirePC and release, `X` for exclusives and
atomics, `EX` for exclusives alone, `NoRet` for the read of an atomic that returns nothing, and one for each kind of
barrier. No test has limited ordering regions, and outside of them LDLAR is as LDAR, and STLLR as STLR (section D8,
"Limited ordering regions").
Source: Arm Architecture Reference Manual, DDI 0487, section B2.3 and chapter C6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from litmus.base.errors import ParseError
from litmus.base.records import dataclass
from litmus.dialects._arm import clear_exclusive
from litmus.dialects.aarch64.compute import Build, extended
from litmus.dialects.aarch64.operands import RANKS, ZERO, Gpr, Operands, Words, address
from litmus.frontend.dialect import Instruction
from litmus.frontend.operands import moved
from litmus.ir.thread import (
    EXCLUSIVE,
    NO_TAGS,
    Assign,
    Const,
    Expr,
    Fence,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
)

_BARRIERS = tuple(
    f"{domain}{kind}" for domain in ("", "ISH", "OSH", "NSH") for kind in ("", "LD", "ST") if domain or kind
)
_FENCES: Mapping[str, frozenset[str]] = {
    f"{name} {option}": frozenset({f"{name}.{option}"}) for name in ("DMB", "DSB") for option in ("SY", *_BARRIERS)
}
TAGS = frozenset({"A", "Q", "L", "X", "EX", "NoRet", "ISB"}).union(*_FENCES.values())
_OLD, _NEW, _WHERE = "the value to compare with", "the value to write", "the address"  # no register is called so


@dataclass(frozen=True, slots=True)
class _Place:
    """An address: its value, how it is written, and the new value of its base register, before or after the access."""

    addr: Expr
    text: str
    base: Gpr
    step: int = 0
    before: bool = False

    def around(self, operands: Operands, body: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """The statements of an access with those that step the base register."""
        if not self.step:
            return body
        stepped = Assign(self.base.name, address(self.base, Const(self.step)), operands.span)
        return (stepped, *body) if self.before else (*body, stepped)


def _place(operands: Operands, index: int, numbers_only: bool = False) -> _Place:
    """`[X1]`, `[X1,#8]`, `[X1,#8]!`, `[X1],#8`, `[X1,X2]`, `[X1,X2,LSL #3]` or `[X1,W2,SXTW #2]`."""
    inner, before = operands.inside(index)
    base = inner.gpr(0, 64, stack=True)
    after = len(operands) > index + 1
    if after and (before or len(inner) > 1 or len(operands) > index + 2):
        raise operands.error(index + 1, "the end of the instruction")
    if after:
        step = operands.number(index + 1, -256, 504)
        return _Place(address(base), f"[{base.text}]#{step}", base, step)
    if len(inner) == 1:
        if before:
            raise operands.error(index, "an offset before '!'")
        return _Place(address(base), f"[{base.text}]", base)
    register = None if numbers_only else inner.maybe_gpr(1)
    if register is None:
        _no_more(operands, index, inner, 2)
        offset = inner.number(1, -512, 32760)
        text = f"[{base.text},#{offset}]" if offset or before else f"[{base.text}]"
        if before:
            return _Place(address(base), f"{text}!", base, offset, before)
        return _Place(address(base, Const(offset)), text, base)
    if before:
        raise operands.error(index, "a number before '!'")
    _no_more(operands, index, inner, 3)
    return _indexed(operands, index, inner, base, register)


def _no_more(operands: Operands, index: int, inner: Operands, most: int) -> None:
    if len(inner) > most:
        raise operands.error(index, "an address in brackets")


def _indexed(operands: Operands, index: int, inner: Operands, base: Gpr, register: Gpr) -> _Place:
    words = inner.words
    kind, amount = "LSL", 0
    if len(inner) == 3:  # assemblers want a shift by the size of the access, and W registers for SXTW; herd7 does not
        kind, amount, _ = inner.extension(2, ("LSL", "UXTW", "SXTW", "SXTX"), 4)
        if kind in ("LSL", "SXTX") and register.width == 32:
            raise inner.error(1, "an X register")
    elif register.width == 32:
        raise ParseError("a W register in an address needs SXTW or UXTW", inner.place(1), inner.hint)
    if kind != "SXTW":
        words.need(64)
    value = words.read(register)
    if kind in ("LSL", "SXTX"):
        offset = Op("shl", (value, Const(amount))) if amount else value
    else:
        offset = extended(words, kind, value, amount, words.bits)
    text = f"[{base.text},{register.text}"
    if amount:
        text += f",{kind} #{amount}"
    elif kind != "LSL":
        text += f",{kind}"
    return _Place(address(base, offset), f"{text}]", base)


def _loaded(operands: Operands, dest: Gpr, size: int, signed: bool = False) -> tuple[Statement, ...]:
    """What follows a load of fewer bits than a word: memory holds signed numbers."""
    words = operands.words
    value: Expr = Reg(dest.name)
    found = words.unsigned(value, dest.width if signed else 8 * size)
    return () if found == value else (Assign(dest.name, found, operands.span),)


def _written(words: Words, value: Expr, size: int) -> Expr:
    """A value as memory holds it."""
    return words.signed(value, 8 * size)


def _data(operands: Operands, index: int, size: int) -> Gpr:
    """A register that is loaded or stored: at sizes of less than 4 bytes a W register."""
    gpr = operands.gpr(index, 32 if 0 < size < 4 else 0)
    operands.words.need(gpr.width)
    return gpr


def _check_base(operands: Operands, place: _Place, *written: Gpr) -> None:
    if place.step and any(dest.name == place.base.name for dest in written):
        raise ParseError(f"{operands.name} cannot load the register that it updates", operands.span)


# --- loads and stores ------------------------------------------------------------------------------------------------


def _load(size: int, signed: bool, tags: frozenset[str], unscaled: bool = False) -> Build:
    """LDR and its kin: `size` is that of the access, 0 for that of the register."""

    def build(operands: Operands) -> Instruction:
        dest = operands.gpr(0, 0 if signed or not size else 32)
        if size == 4 and signed and dest.width != 64:
            raise operands.error(0, "an X register")
        operands.words.need(dest.width)
        width = size or dest.width // 8
        place = _place(operands, 1, unscaled)
        _check_base(operands, place, dest)
        load = Load(dest.name, place.addr, tags, False, operands.span)
        body = place.around(operands, (load, *_loaded(operands, dest, width, signed)))
        as_x = unscaled and "UR" in operands.name
        shown = f"X{dest.text[1:]}, " if as_x else f"{dest.text},"  # as herd7 prints them
        return Instruction(body, f"{operands.name} {shown}{place.text}", size=width)

    return build


def _store(size: int, tags: frozenset[str], unscaled: bool = False) -> Build:
    def build(operands: Operands) -> Instruction:
        source = _data(operands, 0, size)
        width = size or source.width // 8
        place = _place(operands, 1, unscaled)
        value = _written(operands.words, operands.words.read(source), width)
        body = place.around(operands, (Store(place.addr, value, tags, operands.span),))
        name = operands.name.replace("STUR", "STR")
        return Instruction(body, f"{name} {source.text},{place.text}", size=width)

    return build


def _load_ordered(size: int, tags: frozenset[str], reserve: bool) -> Build:
    """LDAR, LDAPR, LDXR and LDAXR: their address is a register alone, which LDAPR may step by the size after it."""

    def build(operands: Operands) -> Instruction:
        dest = _data(operands, 0, size)
        width = size or dest.width // 8
        place = _stepped(operands, 1, width if operands.name == "LDAPR" else 0)
        _check_base(operands, place, dest)
        load = Load(dest.name, place.addr, tags, reserve, operands.span)
        body = place.around(operands, (load, *_loaded(operands, dest, width)))
        return Instruction(body, f"{operands.name} {dest.text},{place.text}", size=width)

    return build


def _store_ordered(size: int) -> Build:
    """STLR and STLLR: their address is a register alone, which STLR of a whole one may step back by the size before."""

    def build(operands: Operands) -> Instruction:
        source = _data(operands, 0, size)
        width = size or source.width // 8
        place = _stepped(operands, 1, -width if operands.name == "STLR" else 0)
        value = _written(operands.words, operands.words.read(source), width)
        body = place.around(operands, (Store(place.addr, value, _TAGS["L"], operands.span),))
        return Instruction(body, f"{operands.name} {source.text},{place.text}", size=width)

    return build


def _stepped(operands: Operands, index: int, step: int) -> _Place:
    """`[X1]`, or with the one step that an instruction has, `[X1],#8` after it or `[X1,#-8]!` before it."""
    changes = len(operands) > index + 1 or operands.texts[index].endswith("!")
    if not step or not changes:
        if len(operands) > index + 1:
            raise operands.error(index + 1, "the end of the instruction")
        base = operands.base(index)
        return _Place(address(base), f"[{base.text}]", base)
    place = _place(operands, index, numbers_only=True)
    if place.step != step or place.before != (step < 0):
        raise operands.error(index, f"a step by {step}, {'before' if step < 0 else 'after'} the access")
    return place


def _store_exclusive(size: int, tags: frozenset[str]) -> Build:
    def build(operands: Operands) -> Instruction:
        status, source, base = operands.gpr(0, 32), _data(operands, 1, size), operands.base(2)
        if status.name in (source.name, base.name) and not status.is_zero:
            raise ParseError(f"{operands.name} cannot use its status register otherwise", operands.place(0))
        width = size or source.width // 8
        value = _written(operands.words, operands.words.read(source), width)
        # no dependency goes through the status: section B2.3, "Dependency through registers and memory"
        store = StoreConditional(status.name, address(base), value, tags, operands.span, status_from="nothing")
        failed = Assign(status.name, Op("lnot", (Reg(status.name),)), operands.span)
        text = f"{operands.name} {status.text},{source.text},[{base.text}]"
        return Instruction((store, failed), text, size=width)

    return build


def _load_pair(size: int, signed: bool, tags: frozenset[str] = NO_TAGS, ordered: bool = False) -> Build:
    """LDP and LDAP: two loads, which nothing orders; LDIAPP: the second is `ordered` after the first.

    All but LDPSW may be one. LDAP is no acquire if both of its registers are XZR.
    """

    def build(operands: Operands) -> Instruction:
        first = _data(operands, 0, 0)
        second = _second_of_pair(operands, 1, first)
        if signed and first.width != 64:
            raise operands.error(0, "an X register")
        width = size or first.width // 8
        place = _place(operands, 2, numbers_only=True)
        _check_base(operands, place, first, second)
        wanted = NO_TAGS if first.is_zero and second.is_zero and not ordered else tags
        other = moved(place.addr, width)
        body: list[Statement] = []
        pair = [(first, place.addr), (second, other)]
        if first.name == place.base.name:  # the base is read before it is loaded
            if ordered:
                body.append(Assign(_WHERE, place.addr, operands.span))
                pair = [(first, Reg(_WHERE)), (second, moved(Reg(_WHERE), width))]
            else:
                pair.reverse()
        for k, (dest, addr) in enumerate(pair):
            one, apart = 2 * width if k and not signed else 0, k > 0 and bool(wanted) and not ordered
            load = Load(dest.name, addr, wanted, False, operands.span, pair=one, beside=apart)
            body += (load, *_loaded(operands, dest, width, signed))
        text = f"{operands.name} {first.text},{second.text},{_of_pair(place)}"
        return Instruction(place.around(operands, tuple(body)), text, size=width)

    return build


def _second_of_pair(operands: Operands, index: int, first: Gpr) -> Gpr:
    """The second register that an instruction loads."""
    second = operands.gpr(index, first.width)
    if first.name == second.name and not first.is_zero:
        raise ParseError(f"{operands.name} cannot load one register twice", operands.place(index))
    return second


def _load_pair_exclusive(tags: frozenset[str]) -> Build:
    """LDXP and LDAXP."""

    def build(operands: Operands) -> Instruction:
        first = _data(operands, 0, 0)
        second, base, width = _second_of_pair(operands, 1, first), operands.base(2), first.width // 8
        where: Expr = address(base)
        body: list[Statement] = []
        if first.name == base.name:
            body.append(Assign(_WHERE, where, operands.span))
            where = Reg(_WHERE)
        body.append(Load(first.name, where, tags, True, operands.span))
        body.append(Load(second.name, moved(where, width), tags, True, operands.span, joins=True))
        body += (*_loaded(operands, first, width), *_loaded(operands, second, width))
        text = f"{operands.name} {first.text},{second.text},[{base.text}]"
        hashed = f"{operands.name} W{first.text[1:]},{second.text},[{base.text}]"  # as herd7 prints it
        return Instruction(tuple(body), text, size=width, hashed=hashed)

    return build


def _store_pair_exclusive(tags: frozenset[str]) -> Build:
    """STXP and STLXP: both registers are stored, or none."""

    def build(operands: Operands) -> Instruction:
        words, status, first = operands.words, operands.gpr(0, 32), _data(operands, 1, 0)
        second, base, width = operands.gpr(2, first.width), operands.base(3), first.width // 8
        if status.name in (first.name, second.name, base.name) and not status.is_zero:
            raise ParseError(f"{operands.name} cannot use its status register otherwise", operands.place(0))
        values = [_written(words, words.read(source), width) for source in (first, second)]
        where = address(base)
        stored = StoreConditional(status.name, where, values[0], tags, operands.span, status_from="nothing")
        beside = replace(stored, addr=moved(where, width), value=values[1], joins=True)
        failed = Assign(status.name, Op("lnot", (Reg(status.name),)), operands.span)
        text = f"{operands.name} {status.text},{first.text},{second.text},[{base.text}]"
        return Instruction((stored, beside, failed), text, size=width)

    return build


def _store_pair(tags: frozenset[str], one: bool = True, ordered: bool = False) -> Build:
    """STP and STLP: two stores, which nothing orders; STILP: the second one is after the first, before it with an `!`.

    The two may be one, but not those of STNP.
    """

    def build(operands: Operands) -> Instruction:
        words = operands.words
        first = _data(operands, 0, 0)
        second = operands.gpr(1, first.width)
        width = first.width // 8
        place = _place(operands, 2, numbers_only=True)
        values = [_written(words, words.read(source), width) for source in (first, second)]
        pair = [(place.addr, values[0]), (moved(place.addr, width), values[1])]
        if ordered and place.before:
            pair.reverse()
        apart = bool(tags) and not ordered
        stores = tuple(
            Store(addr, value, tags, operands.span, pair=2 * width if k and one else 0, beside=k > 0 and apart)
            for k, (addr, value) in enumerate(pair)
        )
        text = f"{operands.name} {first.text},{second.text},{_of_pair(place)}"
        return Instruction(place.around(operands, stores), text, size=width)

    return build


def _whole_pair(build: Build) -> Build:
    """A pair of X registers at the address of a register alone."""

    def built(operands: Operands) -> Instruction:
        operands.gpr(0, 64)
        operands.base(2)
        return build(operands)

    return built


def _of_pair(place: _Place) -> str:
    return f" {place.text}" if place.step and not place.before else place.text


# --- atomic instructions ---------------------------------------------------------------------------------------------

_Update = Callable[[Words, Expr, Expr, int], Expr]  # of what memory holds, as a signed number, and of a register


def _choice(less: str, first: bool) -> _Update:
    def value(words: Words, old: Expr, other: Expr, bits: int) -> Expr:
        if less == "lt":
            test = Op("lt", (old, words.signed(other, bits)))
        else:
            test = Op("ult", (words.unsigned(old, bits), words.unsigned(other, bits)))
        return Op("ite", (test, old, other) if first else (test, other, old))

    return value


_UPDATES: Mapping[str, _Update] = {
    "ADD": lambda words, old, other, bits: Op("add", (old, other)),
    "EOR": lambda words, old, other, bits: Op("xor", (old, other)),
    "SET": lambda words, old, other, bits: Op("or", (old, other)),
    "CLR": lambda words, old, other, bits: Op("and", (old, Op("not", (other,)))),
    "SMAX": _choice("lt", False),
    "SMIN": _choice("lt", True),
    "UMAX": _choice("ult", False),
    "UMIN": _choice("ult", True),
    "SWP": lambda words, old, other, bits: other,
}
_TAGS: Mapping[str, frozenset[str]] = {
    "": NO_TAGS,
    "A": frozenset({"A"}),
    "Q": frozenset({"Q"}),
    "L": frozenset({"L"}),
    "X": frozenset({"X"}),
    "AX": frozenset({"A", "X"}),
    "LX": frozenset({"L", "X"}),
    "EX": EXCLUSIVE,
    "AEX": EXCLUSIVE | {"A"},
    "LEX": EXCLUSIVE | {"L"},
}
_NO_RETURN = frozenset({"NoRet", "X"})


def _tags(order: str, dest: Gpr) -> tuple[frozenset[str], frozenset[str]]:
    """The tags of the read and of the write; without a result, the read is no acquire."""
    read = _NO_RETURN if dest.is_zero else _TAGS["AX" if "A" in order else "X"]
    return read, _TAGS["LX" if "L" in order else "X"]


def _atomic(update: str, order: str, size: int, returns: bool) -> Build:
    """SWP, LDADD and its kin: they write what comes of memory and a register, and return what they read."""
    combine = _UPDATES[update]

    def build(operands: Operands) -> Instruction:
        words = operands.words
        source = _data(operands, 0, size)
        dest = operands.gpr(1, source.width) if returns else ZERO
        base = operands.base(2 if returns else 1)
        width = size or source.width // 8
        read_tags, write_tags = _tags(order, dest)
        body: list[Statement] = []
        other = words.read(source)
        if source.name == dest.name and not source.is_zero:
            body.append(Assign(_NEW, other, operands.span))
            other = Reg(_NEW)
        value = _written(words, combine(words, Reg(dest.name), other, 8 * width), width)
        body.append(Rmw(dest.name, address(base), value, read_tags, write_tags, span=operands.span))
        body += _loaded(operands, dest, width)
        shown = f"{source.text},{dest.text}" if returns else source.text
        return Instruction(tuple(body), f"{operands.name} {shown},[{base.text}]", size=width)

    return build


def _compare_and_swap(order: str, size: int) -> Build:
    """CAS: writes the second register if memory has the value of the first, which gets what was read."""

    def build(operands: Operands) -> Instruction:
        words = operands.words
        dest = _data(operands, 0, size)
        source, base = operands.gpr(1, dest.width), operands.base(2)
        width = size or dest.width // 8
        read_tags, write_tags = _tags(order, dest)
        wanted = _written(words, words.read(dest), width)
        new = _written(words, words.read(source), width)
        body: list[Statement] = [Assign(_OLD, wanted, operands.span)]
        if source.name == dest.name:
            body.append(Assign(_NEW, new, operands.span))
            new = Reg(_NEW)
        equal = Op("eq", (Reg(dest.name), Reg(_OLD)))
        body.append(
            Rmw(
                dest.name,
                address(base),
                new,
                read_tags,
                write_tags,
                condition=equal,
                span=operands.span,
                expected=Reg(_OLD),
            )
        )
        body += _loaded(operands, dest, width)
        text = f"{operands.name} {dest.text},{source.text},[{base.text}]"
        return Instruction(tuple(body), text, size=width)

    return build


def _compare_and_swap_pair(order: str) -> Build:
    """CASP: as CAS, of two registers each, of which the second follows the first."""

    def build(operands: Operands) -> Instruction:
        words, span = operands.words, operands.span
        first = _data(operands, 0, 0)
        old, new = (first, _following(operands, 1, first)), operands.gpr(2, first.width)
        sources, base, width = (new, _following(operands, 3, new)), operands.base(4), first.width // 8
        tags = _tags(order, first)
        expected = [f"{_OLD} ({index})" for index in range(2)]
        stored = [f"{_NEW} ({index})" for index in range(2)]
        body: list[Statement] = []
        for index in range(2):
            body.append(Assign(expected[index], _written(words, words.read(old[index]), width), span))
            body.append(Assign(stored[index], _written(words, words.read(sources[index]), width), span))
        equal = Op("land", tuple(Op("eq", (Reg(old[at].name), Reg(expected[at]))) for at in range(2)))
        for at, where in enumerate((address(base), moved(address(base), width))):
            dest, value, wanted = old[at].name, Reg(stored[at]), Reg(expected[at])
            body.append(Rmw(dest, where, value, *tags, equal, span=span, expected=wanted, joins=at == 1))
        body += [statement for dest in old for statement in _loaded(operands, dest, width)]
        text = ",".join(gpr.text for gpr in (*old, *sources))
        return Instruction(tuple(body), f"{operands.name} {text},[{base.text}]", size=width)

    return build


def _atomic_pair(update: str, order: str) -> Build:
    """SWPP, LDCLRP and LDSETP: as SWP, LDCLR and LDSET, of two registers, which return what was read."""
    combine = _UPDATES[update]

    def build(operands: Operands) -> Instruction:
        words, span = operands.words, operands.span
        first, base = _data(operands, 0, 0), operands.base(2)
        both = first, _second_of_pair(operands, 1, first)
        for index, gpr in enumerate(both):
            if gpr.is_zero or gpr.width != 64:
                raise operands.error(index, "an X register other than XZR")
        tags = _tags(order, first)
        stored = [f"{_NEW} ({index})" for index in range(2)]
        body: list[Statement] = [Assign(name, words.read(gpr), span) for name, gpr in zip(stored, both, strict=True)]
        for at, (gpr, where) in enumerate(zip(both, (address(base), moved(address(base), 8)), strict=True)):
            value = _written(words, combine(words, Reg(gpr.name), Reg(stored[at]), 64), 8)
            body.append(Rmw(gpr.name, where, value, *tags, span=span, joins=at == 1))
        return Instruction(tuple(body), f"{operands.name} {first.text},{both[1].text},[{base.text}]", size=8)

    return build


def _following(operands: Operands, index: int, first: Gpr) -> Gpr:
    """The register that follows an even one, which an instruction takes together with it."""
    second = operands.gpr(index, first.width)
    ranks = RANKS.get(first.name, -1), RANKS.get(second.name, -1)
    if -1 not in ranks and (ranks[0] % 2 or ranks[1] != ranks[0] + 1):
        raise operands.error(index, "the register that follows an even one")
    return second


# --- barriers --------------------------------------------------------------------------------------------------------


def _barrier(operands: Operands) -> Instruction:
    text = f"{operands.name} {operands.texts[0].upper()}"
    tags = _FENCES.get(text)
    if tags is None:
        raise operands.error(0, f"one of {', '.join(name[4:] for name in _FENCES if name.startswith('DMB'))}")
    return Instruction((Fence(tags, operands.span),), text)


def _synchronize(operands: Operands) -> Instruction:
    if operands.texts and operands.texts[0].upper() != "SY":
        raise operands.error(0, "SY or nothing")
    return Instruction((Fence(_ISB, operands.span),), "ISB")


_ISB = frozenset({"ISB"})


def rows() -> Iterable[tuple[str, str, Build]]:
    """The instructions: mnemonic, operands, and how to read them."""
    address_form = "Rt,[Xn{,#number|Xm|Wm,SXTW}]{,#number}"
    alone = "Rt,[Xn]"
    for suffix, size in (("", 0), ("B", 1), ("H", 2)):
        yield f"LDR{suffix}", address_form, _load(size, False, NO_TAGS)
        yield f"STR{suffix}", address_form, _store(size, NO_TAGS)
        yield f"LDUR{suffix}", "Rt,[Xn{,#number}]{,#number}", _load(size, False, NO_TAGS, True)
        yield f"STUR{suffix}", "Rt,[Xn{,#number}]{,#number}", _store(size, NO_TAGS, True)
        yield f"LDTR{suffix}", "Rt,[Xn{,#number}]", _load(size, False, NO_TAGS, True)
        yield f"STTR{suffix}", "Rt,[Xn{,#number}]", _store(size, NO_TAGS, True)
        yield f"LDAPUR{suffix}", "Rt,[Xn{,#number}]{,#number}", _load(size, False, _TAGS["Q"], True)
        yield f"STLUR{suffix}", "Rt,[Xn{,#number}]{,#number}", _store(size, _TAGS["L"], True)
        for name in ("LDAR", "LDLAR"):
            yield f"{name}{suffix}", alone, _load_ordered(size, _TAGS["A"], False)
        yield f"STLLR{suffix}", alone, _store_ordered(size)
        yield f"LDAPR{suffix}", alone if size else "Rt,[Xn]{,#number}", _load_ordered(size, _TAGS["Q"], False)
        yield f"LDXR{suffix}", alone, _load_ordered(size, _TAGS["EX"], True)
        yield f"LDAXR{suffix}", alone, _load_ordered(size, _TAGS["AEX"], True)
        yield f"STLR{suffix}", alone if size else "Rt,[Xn{,#number}]", _store_ordered(size)
        yield f"STXR{suffix}", "Ws,Rt,[Xn]", _store_exclusive(size, _TAGS["EX"])
        yield f"STLXR{suffix}", "Ws,Rt,[Xn]", _store_exclusive(size, _TAGS["LEX"])
        for order in ("", "A", "L", "AL"):
            yield f"CAS{order}{suffix}", "Rs,Rt,[Xn]", _compare_and_swap(order, size)
            for update in _UPDATES:
                name = update if update == "SWP" else f"LD{update}"
                yield f"{name}{order}{suffix}", "Rs,Rt,[Xn]", _atomic(update, order, size, True)
                if update != "SWP" and "A" not in order:
                    yield f"ST{update}{order}{suffix}", "Rs,[Xn]", _atomic(update, order, size, False)
    for order in ("", "A", "L", "AL"):
        yield f"CASP{order}", "Rs,Rs+1,Rt,Rt+1,[Xn]", _compare_and_swap_pair(order)
        for name, update in (("SWPP", "SWP"), ("LDCLRP", "CLR"), ("LDSETP", "SET")):
            yield f"{name}{order}", "Xt,Xu,[Xn]", _atomic_pair(update, order)
    for suffix, size in (("SB", 1), ("SH", 2), ("SW", 4)):
        yield f"LDR{suffix}", address_form, _load(size, True, NO_TAGS)
        yield f"LDUR{suffix}", "Rt,[Xn{,#number}]{,#number}", _load(size, True, NO_TAGS, True)
        yield f"LDTR{suffix}", "Rt,[Xn{,#number}]", _load(size, True, NO_TAGS, True)
        yield f"LDAPUR{suffix}", "Rt,[Xn{,#number}]{,#number}", _load(size, True, _TAGS["Q"], True)
    for name, tags in (("LDP", NO_TAGS), ("LDNP", NO_TAGS), ("LDIAPP", _TAGS["Q"])):
        yield name, "Rt,Ru,[Xn{,#number}]{,#number}", _load_pair(0, False, tags, bool(tags))
    for name, tags in (("LDAP", _TAGS["A"]), ("LDAPP", _TAGS["Q"])):
        yield name, "Xt,Xu,[Xn]", _whole_pair(_load_pair(0, False, tags))
    yield "STLP", "Xt,Xu,[Xn]", _whole_pair(_store_pair(_TAGS["L"]))
    yield "LDPSW", "Xt,Xu,[Xn{,#number}]{,#number}", _load_pair(4, True)
    for name, tags in (("STP", NO_TAGS), ("STNP", NO_TAGS), ("STILP", _TAGS["L"])):
        yield name, "Rt,Ru,[Xn{,#number}]{,#number}", _store_pair(tags, name != "STNP", bool(tags))
    for name, tags in (("LDXP", _TAGS["EX"]), ("LDAXP", _TAGS["AEX"])):
        yield name, "Rt,Ru,[Xn]", _load_pair_exclusive(tags)
    for name, tags in (("STXP", _TAGS["EX"]), ("STLXP", _TAGS["LEX"])):
        yield name, "Ws,Rt,Ru,[Xn]", _store_pair_exclusive(tags)
    for name in ("DMB", "DSB"):
        yield name, "|".join(option[4:] for option in _FENCES if option.startswith("DMB")), _barrier
    yield "ISB", "{SY}", _synchronize
    yield "CLREX", "{#number}", clear_exclusive
