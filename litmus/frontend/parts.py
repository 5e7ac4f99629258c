"""Accesses of several sizes, or at offsets such that they overlap in part: what parts they are made of.

Most tests access each location as a whole, and an access is one event. Where accesses to a symbol overlap in part, each
is made of parts, as many bytes as every access to it begins and ends at a multiple of. herd7 does so under `-variant
mixed`, with one size of parts for all symbols of a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import pairwise, product
from math import gcd

from litmus.base.errors import UnsupportedError
from litmus.base.records import dataclass
from litmus.frontend.dialect import Access
from litmus.frontend.lexer import quoted
from litmus.frontend.names import INT_BYTES, Scope
from litmus.ir.litmus_test import Array, Composite, Initial, Register
from litmus.ir.thread import (
    Address,
    Assign,
    AtomicOperation,
    AtomicUpdate,
    Const,
    Expr,
    Label,
    Load,
    MemoryAccess,
    Op,
    Parts,
    Primitive,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
    assigned,
)
from litmus.ir.values import apply

_Places = frozenset[tuple[str, int | None]]
"""Where an address may be: symbols, each with an offset, None if any is possible."""

_Version = tuple[int, str, int | None]
"""A register of a thread as the statement of a number has set it, 0 for its initial value; None for any of these."""

_Numbers = frozenset[int] | None
"""The numbers that something may be; None if they are not known."""

_Found = Mapping[str, set[tuple[int | None, int]]]
"""The offsets and sizes of the accesses to each symbol."""

_NOWHERE: _Places = frozenset()
_SOMEWHERE = ""
_MOST_NUMBERS = 16
_EXACT_ROUNDS = 4  # after these, addresses that still change are taken to have any offset
_NUMBERS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor", "lnot", "neg", "not"})
_IDENTITIES: Mapping[str, int] = {"or": 0, "xor": 0, "shl": 0, "shr": 0, "sar": 0, "and": -1, "mul": 1, "div": 1}
"""By operator, the second operands that leave an address as it is: see `litmus.ir.values`."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is known of the sizes of a test's accesses.

    `accesses` are by symbol, without the symbols with accesses of several sizes that do not overlap. `parts` are the
    sizes in bytes of the parts of those symbols whose accesses overlap in part; for these `accesses` has the size of
    the location, or of a cell of the array. `threads` are the threads, with the parts of their accesses.
    """

    accesses: Mapping[str, int]
    parts: Mapping[str, int]
    threads: tuple[Thread, ...]


def sizes_of_accesses(
    accesses: Sequence[Access],
    threads: tuple[Thread, ...],
    init: Sequence[Initial],
    declared: Mapping[str, int],
    arrays: Mapping[str, Array],
    word_bits: int,
    big_endian: bool,
) -> Sizes:
    """What is known of the sizes of the accesses; `declared` are the sizes of locations and cells that are declared.

    A location that is not declared is an int, or as wide as the accesses if all are to its beginning, but no wider than
    a word.

    An access that no address reaches is of no location. Raises UnsupportedError for an address in a location that is
    accessed in parts.
    """
    several = len({access.size for access in accesses}) > 1
    analysis = Analysis(threads, init, word_bits)
    places: list[_Places] = []
    found: dict[str, set[tuple[int | None, int]]] = {}
    for access in accesses:
        where = analysis.places(access.statement.addr, access.thread, access.statement)
        places.append(where)
        for symbol, offset in where:
            found.setdefault(symbol, set()).add((offset, access.size))
    parts = _parts(places, found, init, declared, arrays)
    whole: dict[str, int] = {}
    for symbol, known in found.items():
        sizes = {size for _, size in known}
        if symbol in parts:
            bytes_ = declared.get(symbol) or max([INT_BYTES, *(s for offset, s in known if not offset)])
            whole[symbol] = min(bytes_, word_bits // 8)
        elif len(sizes) == 1:
            whole[symbol] = sizes.pop()
    if not parts:
        return Sizes(whole if several else {}, {}, threads)
    return Sizes(whole, parts, _divided(accesses, places, threads, init, parts, analysis, big_endian))


def composites(
    parts: Mapping[str, int], places: Iterable[Address], scope: Scope, big_endian: bool
) -> dict[Address, Composite]:
    """What the locations among some places whose symbols are accessed in parts are made of."""
    found: dict[Address, Composite] = {}
    for place in places:
        bytes_ = parts.get(place.symbol)
        if bytes_ is not None:
            offsets = range(place.offset, place.offset + scope.accesses[place.symbol], bytes_)
            from_least = reversed(offsets) if big_endian else offsets
            found[place] = Composite(tuple([Address(place.symbol, offset) for offset in from_least]), 8 * bytes_)
    return found


# --- what overlaps ----------------------------------------------------------------------------------------------------


def _parts(
    places: Sequence[_Places],
    found: _Found,
    init: Sequence[Initial],
    declared: Mapping[str, int],
    arrays: Mapping[str, Array],
) -> dict[str, int]:
    """The sizes of the parts of the symbols whose accesses overlap in part.

    The symbols that one access may go to have parts of one size.
    """
    overlapping = {s for s, known in found.items() if _overlap(known, declared.get(s), s in arrays)}
    together = [{symbol for symbol, _ in where} for where in places]
    parts: dict[str, int] = {}
    for symbol in found:
        if symbol not in overlapping or symbol in parts:
            continue
        group = {symbol}
        while more := {s for symbols in together if not group.isdisjoint(symbols) for s in symbols} - group:
            group |= more
        bytes_ = 0
        for member in group:
            bytes_ = gcd(bytes_, declared.get(member, INT_BYTES))
            bytes_ = gcd(bytes_, *[gcd(offset or 0, size) for offset, size in found[member]])
        for item in init:
            if isinstance(item.value, Address) and item.value.symbol in group:
                bytes_ = gcd(bytes_, item.value.offset)
        parts.update(dict.fromkeys(group, bytes_))
    return parts


def _overlap(known: Iterable[tuple[int | None, int]], declared: int | None, array: bool) -> bool:
    """Whether accesses to a symbol, or an access and a location or cell, may overlap in part."""
    places = sorted((offset, size) for offset, size in known if offset is not None)
    sizes = {size for _, size in known}
    if len(sizes) > 1 and any(offset is None for offset, _ in known):
        return True
    if any(offset % size for offset, size in places):  # not aligned: it may not be one step
        return True
    if any(second[0] < first[0] + first[1] for first, second in pairwise(places)):
        return True
    if declared is None:
        return not array and any(0 < offset < INT_BYTES for offset, _ in places)  # of an int
    if not array:
        return any(size < declared for size in sizes)
    return any(size != declared for size in sizes) or any(offset % declared for offset, _ in places)


def _divided(
    accesses: Sequence[Access],
    places: Sequence[_Places],
    threads: Sequence[Thread],
    init: Iterable[Initial],
    parts: Mapping[str, int],
    analysis: Analysis,
    big_endian: bool,
) -> tuple[Thread, ...]:
    """The threads, with the parts of their accesses. Raises UnsupportedError for an address that would be in parts."""
    for item in init:
        if isinstance(item.target, Address) and isinstance(item.value, Address) and item.target.symbol in parts:
            raise _address_in_parts(item.target.symbol, item)
    found: dict[int, Parts] = {}  # by the identity of the statement
    for access, where in zip(accesses, places, strict=True):
        symbol = next((symbol for symbol, _ in sorted(where, key=str) if symbol in parts), None)
        if symbol is None:
            continue
        statement = access.statement
        if not isinstance(statement, Load) and analysis.places(statement.value, access.thread):  # of what it reads, too
            raise _address_in_parts(symbol, access)
        found[id(statement)] = Parts(access.size // parts[symbol], parts[symbol], big_endian)
    return tuple([replace(thread, body=tuple([_with_parts(s, found) for s in thread.body])) for thread in threads])


def _with_parts(statement: Statement, parts: Mapping[int, Parts]) -> Statement:
    made = parts.get(id(statement))
    return replace(statement, parts=made) if made is not None and isinstance(statement, MemoryAccess) else statement


def _address_in_parts(symbol: str, place: Access | Initial) -> UnsupportedError:
    message = f"accesses to {quoted(symbol)} overlap in part, and an address that is stored there has no parts"
    return UnsupportedError(message, place.span)


@dataclass(frozen=True, slots=True)
class _Versions:
    """Which statements have set the registers of a thread; the `others` are of that version."""

    thread: int
    known: Mapping[str, int]
    others: int | None

    def of(self, register: str) -> _Version:
        return self.thread, register, self.known.get(register, self.others)


@dataclass(frozen=True, slots=True)
class _Step:
    """A statement, and the versions of registers before and after it."""

    statement: Statement
    before: _Versions
    after: _Versions


class Analysis:
    """The addresses that each register, and what is at each symbol, may hold.

    A register is told apart by the statement that set it, up to the next label: from there it may be what any has set.
    """

    def __init__(self, threads: Sequence[Thread], init: Iterable[Initial], word_bits: int = 64) -> None:
        self.held: dict[_Version | str, _Places] = {}  # what is written to an unknown address is at _SOMEWHERE
        self._before: dict[int, _Versions | None] = {}  # by the identity of statements; None: it is there twice
        self._set_by: dict[_Version, tuple[Expr, _Versions] | None] = {}  # None: by what is no expression
        self._numbers: dict[_Version, _Numbers] = {}
        self._bits = word_bits
        self._walks = [list(self._walk(thread)) for thread in threads]
        for item in init:
            if isinstance(item.target, Register):
                first = (item.target.thread, item.target.name, 0)
                self._set_by[first] = Const(item.value), _Versions(item.target.thread, {}, 0)
            if isinstance(item.value, Address):
                at, target = frozenset({(item.value.symbol, item.value.offset)}), item.target
                if isinstance(target, Register):
                    self._set((target.thread, target.name, 0), at, False)
                else:
                    self._add(target.symbol, at, False)
        rounds = 0
        while self._round(rounds > _EXACT_ROUNDS):
            rounds += 1

    def _walk(self, thread: Thread) -> Iterator[_Step]:
        """The statements of a thread, with the registers that there are before and after each of them."""
        versions = _Versions(thread.index, {}, 0)
        for number, statement in enumerate(thread.body, 1):
            before = versions
            dest = assigned(statement)
            if isinstance(statement, Label):
                versions = _Versions(thread.index, {}, None)
            elif dest is not None:
                versions = replace(versions, known={**versions.known, dest: number})
                value = (statement.expr, before) if isinstance(statement, Assign) else None
                self._set_by[thread.index, dest, number] = value
            self._before[id(statement)] = before if id(statement) not in self._before else None
            yield _Step(statement, before, versions)

    def _round(self, widen: bool) -> bool:
        """Goes through all statements once; returns whether anything was new."""
        changed = False
        for step in (step for walk in self._walks for step in walk):
            statement, before, after = step.statement, step.before, step.after
            match statement:
                case Assign(dest, value):
                    changed |= self._set(after.of(dest), self._places(value, before), widen)
                case (
                    Load(dest, addr)
                    | Rmw(dest, addr)
                    | AtomicUpdate(dest, addr)
                    | Primitive(_, str(dest), (addr, *_))
                    | AtomicOperation(_, _, str(dest), (addr, *_))
                ):
                    read = self._symbols(addr, before) or [key for key in self.held if isinstance(key, str)]
                    for symbol in (*read, _SOMEWHERE):
                        changed |= self._set(after.of(dest), self.held.get(symbol, _NOWHERE), False)
            match statement:
                case Rmw(_, addr, value) | AtomicUpdate(_, addr, value):
                    values: tuple[Expr, ...] = (value,)
                    at = after  # which may mention what was read
                case Store(addr, value) | StoreConditional(_, addr, value):
                    values, at = (value,), before
                case Primitive(args=(addr, *more)) | AtomicOperation(args=(addr, *more)):
                    values, at = tuple(more), before
                case _:
                    continue
            for value in values:
                for symbol in self._symbols(addr, before) or [_SOMEWHERE]:
                    changed |= self._add(symbol, self._places(value, at), widen)
        return changed

    def _symbols(self, addr: Expr, versions: _Versions) -> list[str]:
        """The symbols that an address may be of, in one order; none if that is not known."""
        return sorted({symbol for symbol, _ in self._places(addr, versions)})

    def _set(self, key: _Version, places: _Places, widen: bool) -> bool:
        """Notes that a register may hold addresses; returns whether that is new."""
        changed = self._add(key, places, widen)
        return self._add((key[0], key[1], None), places, widen) or changed

    def _add(self, key: _Version | str, places: _Places, widen: bool) -> bool:
        """Notes that something may hold addresses; returns whether that is new."""
        known = self.held.get(key, _NOWHERE)
        new = {place for place in places - known if (place[0], None) not in known}
        if not new:
            return False
        self.held[key] = known | (frozenset((symbol, None) for symbol, _ in new) if widen else new)
        return True

    def places(self, expr: Expr, thread: int, statement: Statement | None = None) -> _Places:
        """Where an expression may point, before a statement or at any time; nowhere if it is no address."""
        versions = self._before.get(id(statement))
        return self._places(expr, versions or _Versions(thread, {}, None))

    def _places(self, expr: Expr, versions: _Versions) -> _Places:
        match expr:
            case Const(Address(symbol, offset)):
                return frozenset({(symbol, offset)})
            case Reg(name):
                return self.held.get(versions.of(name), _NOWHERE)
            case Op("add" | "sub" as op, (base, step)):
                found = self._places(base, versions)
                if not found and op == "add":
                    found, step = self._places(step, versions), base
                steps = self._values(step, versions) or (None,) if found else ()
                sign = 1 if op == "add" else -1
                return frozenset(
                    (symbol, None if offset is None or number is None else offset + sign * number)
                    for symbol, offset in found
                    for number in steps
                )
            case Op(op, (base, Const(int() as number))):  # of nothing else does an address come, such as of a mask
                return self._places(base, versions) if number == _IDENTITIES.get(op) else _NOWHERE
            case Op("ite" | "pick", (_, then, otherwise)):
                return self._places(then, versions) | self._places(otherwise, versions)
            case Op(op, args) if op not in _NUMBERS:
                return frozenset((symbol, None) for arg in args for symbol, _ in self._places(arg, versions))
        return _NOWHERE

    def _values(self, expr: Expr, versions: _Versions) -> _Numbers:
        """The numbers that an expression may have; None if they are not known, are many, or it may be an address."""
        match expr:
            case Const(int() as number):
                return frozenset((number,))
            case Reg(name):
                return self._values_of(versions.of(name))
            case Op("pick", (_, then, otherwise)):
                return _either(self._values(then, versions), self._values(otherwise, versions))
            case Op(op, args):
                known = [values for arg in args if (values := self._values(arg, versions)) is not None]
                if len(known) < len(args):
                    return None
                found = {apply(op, numbers, self._bits) for numbers in product(*known)}
                numbers = frozenset(number for number in found if isinstance(number, int))
                return numbers if len(found) == len(numbers) <= _MOST_NUMBERS else None
        return None

    def _values_of(self, register: _Version) -> _Numbers:
        """The numbers that a register may hold."""
        if register not in self._numbers:
            self._numbers[register] = None  # as long as it is asked for: what depends on itself is not known
            thread, name, version = register
            if version is None:
                setters = {0, *(k for t, n, k in self._set_by if (t, n) == (thread, name) and k is not None)}
                every = [self._values_of((thread, name, k)) for k in sorted(setters)]
                self._numbers[register] = reduce(_either, every)
            elif register in self._set_by:
                set_by = self._set_by[register]
                self._numbers[register] = None if set_by is None else self._values(*set_by)
            else:
                self._numbers[register] = frozenset((0,))  # nothing has set it
        return self._numbers[register]


def _either(one: _Numbers, other: _Numbers) -> _Numbers:
    """The numbers of both; None if those of one are not known, or there are many."""
    if one is None or other is None or len(one | other) > _MOST_NUMBERS:
        return None
    return one | other
