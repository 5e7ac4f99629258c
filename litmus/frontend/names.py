"""Resolves names in the initial state and the condition: registers, locations, cells of arrays, values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.dialect import Dialect
from litmus.frontend.lexer import Tokens, counted, is_name, is_number, quoted, thread_of
from litmus.ir.litmus_test import INT, Array, IntType, Observable, Register
from litmus.ir.thread import Address, Thread, Value, code_address
from litmus.ir.values import wrap

_OUTSIDE: Mapping[str, str] = {
    **dict.fromkeys(("PTE(", "TTD(", "PA(", "oa:", "valid:", "af:", "db:", "dbm:", "el0:"), "page tables"),
    "tag(": "memory tags",
    "instr:": "instructions as values",
}
"""What begins values of herd7 that no test here has."""

INT_BYTES = 4
"""The size of a location that is not declared."""

LOCATION, _SYMBOLIC = -1, -2  # values of `Place.thread` that are not threads


@dataclass(frozen=True, slots=True)
class Place:
    """A register, a location or a cell of an array, as written.

    `thread` is -1 for a location or cell, -2 for a symbolic register without a thread. `index` is the index of a cell,
    -1 for anything else.
    """

    thread: int
    name: str
    index: int
    span: Span

    @property
    def is_location(self) -> bool:
        return self.thread == LOCATION

    @property
    def order(self) -> tuple[int, int, str, int]:
        """The sort key of places in herd7's hash: registers, symbolic registers, locations, cells."""
        if self.thread >= 0:
            return 0, self.thread, self.name, 0
        return 3 if self.index >= 0 else 2 if self.thread == LOCATION else 1, 0, self.name, self.index

    def __str__(self) -> str:
        """The place in the form that herd7's hash digests."""
        if self.thread >= 0:
            return f"{self.thread}:{self.name}"
        return f"{self.name}[{self.index}]" if self.index >= 0 else self.name


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written: `text` is its form in herd7's hash; `index` is the index if it is the address of a cell.

    With `content` it is what is at that address.
    """

    value: Value
    text: str
    span: Span
    index: int = 0
    content: bool = False


def parse_place(tokens: Tokens) -> Place:
    """Reads `0:r1`, `P0:r1`, `%x0`, `x`, `[x]` or `t[1]`. Raises ParseError for anything else."""
    mark = tokens.mark
    token = tokens.current
    if tokens.ahead(1) == ":":
        thread = tokens.number() if is_number(token) else thread_of(token)
        if thread is None or not 0 <= thread < 1 << 31:
            raise tokens.unexpected("a thread before ':'")
        if not is_number(token):
            tokens.advance()
        tokens.advance()
        name = tokens.current
        if name[:1] == "%":
            tokens.advance()
        else:
            tokens.name("the name of a register")
        return Place(thread, name, -1, tokens.since(mark))
    if token == "[":
        tokens.advance()
        name = tokens.name("the name of a location")
        _check_outside(tokens, name, mark)
        tokens.expect("]", "after the name of a location")
        return Place(LOCATION, name, -1, tokens.since(mark))
    if token[:1] == "%" and len(token) > 1:
        tokens.advance()
        return Place(_SYMBOLIC, token[1:], -1, tokens.since(mark))
    name = tokens.name("a register or a location")
    _check_outside(tokens, name, mark)
    index = -1
    if tokens.accept("["):
        index = _index(tokens)
    return Place(LOCATION, name, index, tokens.since(mark))


def parse_literal(tokens: Tokens) -> Literal:
    """Reads a number or the address of a location or cell: `x`, `&x`, `t[1]`. Raises ParseError for anything else.

    There may be parentheses around it.
    """
    mark = tokens.mark
    outside = _opened(tokens)
    literal = _literal(tokens)
    for _ in range(outside):
        tokens.expect(")", "after a value")
    return replace(literal, span=tokens.since(mark)) if outside else literal


def _opened(tokens: Tokens) -> int:
    opened = 0
    while tokens.accept("("):
        opened += 1
    return opened


def _literal(tokens: Tokens) -> Literal:
    mark = tokens.mark
    token = tokens.current
    if is_number(token):
        return Literal(tokens.number(), token, tokens.since(mark))
    inside = _opened(tokens) if tokens.accept("&") else 0
    literal = _address(tokens, mark, "the name of a location" if inside else "a number or the name of a location")
    for _ in range(inside):
        tokens.expect(")", "after a location")
    return literal


def _address(tokens: Tokens, mark: int, what: str) -> Literal:
    name = tokens.name(what)
    if tokens.current == "+":  # the form in state lines
        tokens.advance()
        offset = tokens.number("a number of bytes")
        return Literal(Address(name, offset), f"{name}+{offset}" if offset else name, tokens.since(mark))
    _check_outside(tokens, name, mark)
    if tokens.current == ":":
        return _code(tokens, mark, name)
    if tokens.accept("["):
        index = _index(tokens)
        return Literal(Address(name), f"{name}+{index}" if index else name, tokens.since(mark), index)
    return Literal(Address(name), name, tokens.since(mark))


def _check_outside(tokens: Tokens, name: str, mark: int) -> None:
    """Raises UnsupportedError if a name that was read begins something of herd7 that is outside of our purpose."""
    what = "instructions as values" if name in ("NOP", "nop") else _OUTSIDE.get(name + tokens.current)
    if what is not None:
        raise UnsupportedError(f"{what} are not supported", tokens.since(mark))


def _code(tokens: Tokens, mark: int, name: str) -> Literal:
    """Reads the rest of `P1:L0` or `label:"P1:L0"`, the address of a label, whose first name was read."""
    tokens.advance()
    quotes = name == "label"
    if quotes:
        tokens.expect('"', "before the address of a label")
        name = tokens.advance()
        tokens.expect(":", "after a thread")
    thread = int(name) if quotes and name.isdecimal() and len(name) < 10 else thread_of(name)
    if thread is None:
        if not quotes and tokens.current.islower():
            hint = "the address of a label is written P0:L"
            raise UnsupportedError("memory tags, as in x:red, are not supported", tokens.since(mark), hint)
        raise ParseError(f"expected a thread before ':', found {quoted(name)}", tokens.since(mark))
    label = tokens.name("a label")
    if quotes:
        tokens.expect('"', "after the address of a label")
    address = code_address(thread, label)
    return Literal(address, str(address)[1:], tokens.since(mark))


def _index(tokens: Tokens) -> int:
    at = tokens.here
    index = tokens.number("the index of a cell")
    if index < 0:
        raise ParseError("an index cannot be negative", at)
    tokens.expect("]", "after the index of a cell")
    return index


def at_place(tokens: Tokens) -> bool:
    """Whether a register or location begins at the cursor."""
    token = tokens.current
    return is_name(token) or token[:1] in ("[", "%") or tokens.ahead(1) == ":"


@dataclass(frozen=True, slots=True)
class Scope:
    """The context in which names are resolved: threads, arrays, types of registers and locations.

    `sizes` are the declared sizes of locations in bytes, `access` the size of all accesses; `accesses` are the sizes
    by symbol if the accesses of the test have different sizes. `types` are by register, or by the symbol of a
    location. `variables` are the registers of each thread, in dialects where a test chooses their names. If `exact`, a
    register holds numbers of its type, otherwise numbers of a word. `members` are the addresses of the members of
    structures, by names such as `s.a`, which also are their keys in `types` and `sizes`; `instances` are the
    structures, with the names of their members. `constants` are the names that stand for numbers. If `limited`, the
    machine has shorter words than its tests may ask for, and a number that no word holds is refused.
    """

    dialect: Dialect
    threads: Sequence[Thread]
    word_bits: int
    symbolic: Mapping[str, tuple[Register, ...]]
    arrays: Mapping[str, Array]
    sizes: Mapping[str, int]
    access: int = 0
    accesses: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[Register | str, IntType] = field(default_factory=dict)
    variables: tuple[frozenset[str], ...] = ()
    exact: bool = False
    members: Mapping[str, Address] = field(default_factory=dict)
    instances: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, int] = field(default_factory=dict)
    limited: bool = False
    _members: Mapping[Address, str] = field(init=False, repr=False, compare=False)
    _word: IntType = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_members", {address: name for name, address in self.members.items()})
        object.__setattr__(self, "_word", IntType(self.word_bits))

    def resolve(self, place: Place) -> Observable:
        """The register or address of a place. Raises ParseError if there is none, or more than one."""
        if place.thread == LOCATION:
            return self._address(place.name, place.index, place.span)
        found = self.registers(place)
        if len(found) > 1:
            message = f"{quoted('%' + place.name)} is a register of several threads"
            raise ParseError(message, place.span, f"write {found[0].thread}:%{place.name}")
        return found[0]

    def registers(self, place: Place) -> tuple[Register, ...]:
        """The registers that a place names: one for each thread if it is symbolic. Raises ParseError if none."""
        thread, name, span = place.thread, place.name, place.span
        if thread >= len(self.threads):
            message = f"no thread P{thread}: the program has {counted(len(self.threads), 'thread')}"
            raise ParseError(message, span)
        if thread >= 0:
            known = self.dialect.register(name)
            if known is not None:
                if self.variables and known not in self.variables[thread] and known in self.sizes:
                    message = f"thread P{thread} has no variable {quoted(known)}"
                    raise ParseError(message, span, f"write {known} for what the location holds")
                return (Register(thread, known),)
            if name[0] != "%":
                raise ParseError(f"no register {quoted(name)}", span, did_you_mean(name, self.dialect.registers))
            name = name[1:]
        found = self.symbolic.get(name, ())  # in the order of the threads
        if thread >= 0:
            at = bisect_left(found, thread, key=_thread)
            found = tuple(r for r in found[at : at + 1] if r.thread == thread)
        if not found:
            where = f"thread P{thread}" if thread >= 0 else "the program"
            hint = did_you_mean(name, self.symbolic)
            raise ParseError(f"{where} has no symbolic register {quoted('%' + name)}", span, hint)
        return found

    # --- types and values --------------------------------------------------------------------------------------------

    def type_of(self, item: Observable) -> IntType:
        """The type of a register or location: the declared one, or unsigned of less than int if accessed so, or int."""
        found = self.types.get(item if isinstance(item, Register) else self.key(item))
        if found is not None:
            return found
        if isinstance(item, Address):
            size = self.accesses.get(item.symbol, self.access)
            if 0 < size < INT_BYTES:
                return IntType(8 * size, False)
        return INT

    def held(self, item: Observable) -> IntType:
        """The type in which a register or location holds numbers: signed, for a location as wide as its accesses."""
        if isinstance(item, Register):
            type_ = self.type_of(item)
            return type_ if self.exact and type_.bits < self.word_bits else self._word
        size = max(self.sizes.get(self.key(item), 0), self.accesses.get(item.symbol, self.access))
        return IntType(8 * size) if 0 < 8 * size < self.word_bits else self._word

    def is_part(self, address: Address, number: int) -> bool:
        """Whether nothing declares a location, an int, and accesses are to a part of which a number is no value."""
        size = self.accesses.get(address.symbol, self.access)
        return 0 < size < INT_BYTES and not 0 <= number < 1 << 8 * size and not self.sizes.get(self.key(address))

    def is_held(self, item: Observable) -> bool:
        """Whether every number that a register or location can hold is a number of its type."""
        type_, held = self.type_of(item), self.held(item)
        return type_ == held or (type_.signed and held.signed and type_.bits >= held.bits)

    def initial(self, literal: Literal, target: Observable) -> Value:
        """The initial value that a literal gives to a register or location; numbers are converted to its type."""
        return self.copied(self.value(literal, target), target)

    def copied(self, value: Value, target: Observable) -> Value:
        """A value as a register or location has it from the start; numbers are converted to its type."""
        declared = self.types.get(target if isinstance(target, Register) else self.key(target))
        if declared is None or not isinstance(value, int):
            return value
        return self.hold(declared.cast(value), target)

    def value(self, literal: Literal, target: Observable) -> Value:
        """The value of a literal in a register or location; numbers are truncated to its width."""
        value = self.number(literal)
        if isinstance(value, Address):
            if literal.index:
                return self._address(value.symbol, literal.index, literal.span)
            if value.is_code:
                from litmus.frontend.code import check_label  # few tests have any

                check_label(value, self.threads, literal.span)
            return self.address(value.symbol) if not value.offset else value
        if self.limited:
            self.check_number(value, target, literal.span)
        return self.hold(value, target)

    def check_number(self, number: int, target: Observable, span: Span) -> None:
        """Raises UnsupportedError for a number of which a register, or a word at a location, has only a part."""
        bits = self.word_bits
        declared = self.types.get(target if isinstance(target, Register) else self.key(target))
        if declared is not None and declared.bits > bits:  # no thread has it
            fits = declared.number(wrap(number, bits)) == declared.number(number)
        else:
            wider = isinstance(target, Address) and 8 * self.sizes.get(self.key(target), 0) > bits
            fits = (0 if wider else -(1 << bits - 1)) <= number < 1 << bits  # what is beside the word stays 0
        if not fits:
            where = quoted(self.key(target)) if isinstance(target, Address) else "a register"
            message = f"{number} takes more than {bits} bits in {where}, and the program has words of {bits} bits"
            raise UnsupportedError(message, span)

    def number(self, literal: Literal) -> Value:
        """The value of a literal; the number, if it is the name of one."""
        value = literal.value
        if isinstance(value, Address) and literal.text in self.constants:
            return self.constants[literal.text]
        return value

    def key(self, address: Address) -> str:
        """What `types` and `sizes` know an address by: its symbol, or the name of a member."""
        return self._members.get(address, address.symbol)

    def named(self, name: str) -> Address:
        """The address of a location, a member or a cell such as `t[1]`."""
        symbol, _, index = name.partition("[")
        array = self.arrays.get(symbol)
        if array is None or not index:
            return self.address(name)
        return array.cells[int(index.removesuffix("]"))]

    def check_whole(self, place: Place) -> None:
        """Raises ParseError if a place is a structure, or a member that its structure does not have."""
        name = place.name
        if not self.instances or name in self.members:
            return
        if name in self.instances:
            hint = f"name a member: {name}.{self.instances[name][0]}"
            raise ParseError(f"{quoted(name)} is a structure", place.span, hint)
        if "." in name:
            from litmus.frontend.structures import check_member

            check_member(place, self.instances)

    def address(self, name: str) -> Address:
        """The address of a location, or of the member of a structure."""
        return self.members.get(name) or self.members.get(f"{name}[0]") or Address(name)

    def hold(self, value: Value, target: Observable) -> Value:
        """A value in the form in which a register or location holds it."""
        value = self.held(target).cast(value)
        return wrap(value, self.word_bits) if isinstance(value, int) else value

    def _address(self, symbol: str, index: int, span: Span) -> Address:
        array = self.arrays.get(symbol)
        if index < 0:
            return self.address(symbol)
        if (cell := self.members.get(f"{symbol}[{index}]")) is not None:
            return cell
        if array is None:
            raise ParseError(f"{quoted(symbol)} is not an array", span)
        if index >= array.count:
            raise ParseError(f"array {quoted(symbol)} has only {array.count} cells", span)
        return Address(symbol, index * array.cell_bytes)


def _thread(register: Register) -> int:
    return register.thread
