"""The initial state: `{ int x = 1; 0:r1 = &x; int t[2] = {1, 2}; }`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.frontend.lexer import Tokens, counted, is_name, is_number, quoted
from litmus.frontend.names import Literal, Place, Scope, parse_literal, parse_place
from litmus.ir.litmus_test import Array, Initial, IntType, Observable, Register
from litmus.ir.thread import Address
from litmus.ir.values import wrap

MAX_CELLS = 1024
"""The most cells of an array."""

MAX_ALL_CELLS = 100_000
"""The most cells of all arrays of a test together."""

_BYTES: Mapping[str, int] = {
    **dict.fromkeys(("char", "int8_t", "uint8_t", "u8", "s8", "__u8", "__s8", "bool", "_Bool"), 1),
    **dict.fromkeys(("short", "int16_t", "uint16_t", "u16", "s16", "__u16", "__s16"), 2),
    **dict.fromkeys(("long", "int64_t", "uint64_t", "u64", "s64", "__u64", "__s64", "intptr_t", "uintptr_t"), 8),
    **dict.fromkeys(("size_t", "ssize_t", "ptrdiff_t", "atomic_long_t", "atomic64_t"), 8),
    **dict.fromkeys(("__int128", "__int128_t", "__uint128_t", "u128", "s128", "__u128", "__s128"), 16),
}
_DEFAULT_BYTES = 4  # the size of int, and of unknown types
_UNSIGNED = frozenset(
    {"unsigned", "size_t", "uintptr_t", "bool", "_Bool"}
    | {f"{name}{bits}{end}" for bits in (8, 16, 32, 64) for name, end in (("uint", "_t"), ("u", ""), ("__u", ""))}
    | {"__uint128_t", "u128", "__u128"}
    | {"atomic_t", "spinlock_t"}  # herd7 shows these unsigned
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One item of the initial state.

    `type` is the type as written, without its stars, "" if there is none; `stars` is the number of stars. `values` is
    empty if the item has none. `count` is the number of cells of an array, 0 for anything else. `members` are the names
    before the values of a structure, each "" if it has none; None if there are no braces.
    """

    place: Place
    type: str
    stars: int
    count: int
    values: tuple[Literal, ...]
    span: Span
    members: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        """The item in the form that herd7's hash digests."""
        if self.count:
            return f"{self.type} {self.place}[{self.count}]"
        head = f"{self.type} " if self.type else ""
        if self.members is not None and (len(self.values) != 1 or any(self.members)):
            values = zip(self.members, self.values, strict=True)
            return f"{head}{self.place}={{{','.join([f'{n}={v.text}' if n else v.text for n, v in values])}}}"
        return f"{head}{'*' * self.stars}{self.place}={self.values[0].text if self.values else '0'}"

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers among its values."""
        return tuple([literal.value for literal in self.values if isinstance(literal.value, int)])

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses among its values."""
        return tuple([literal.value for literal in self.values if isinstance(literal.value, Address)])

    def cell_bytes(self, word_bits: int) -> int:
        """The size in bytes of the location, or of a cell of the array."""
        if self.stars:
            return min(word_bits, 64) // 8
        return max((_BYTES.get(word, 0) for word in self.type.split()), default=0) or _DEFAULT_BYTES

    def int_type(self, word_bits: int) -> IntType | None:
        """The type of the numbers in the register, location or cells; None if none is declared."""
        if self.stars:
            return IntType(min(word_bits, 64), False)
        if not self.type:
            return None
        signed = _UNSIGNED.isdisjoint(self.type.split())
        return IntType(min(8 * self.cell_bytes(word_bits), word_bits), signed)


def parse_init(tokens: Tokens) -> tuple[Declaration, ...]:
    """Reads the initial state. Raises ParseError."""
    found: list[Declaration] = []
    cells = 0
    while tokens.current:
        if tokens.accept(";"):
            continue
        tokens.deadline.check()
        item = _declaration(tokens)
        found.append(item)
        cells += item.count
        if cells > MAX_ALL_CELLS:
            raise UnsupportedError(f"arrays with more than {MAX_ALL_CELLS} cells in total are not supported", item.span)
        if tokens.current and tokens.current != ";":
            raise tokens.unexpected("';' after an item of the initial state")
    return tuple(found)


def _declaration(tokens: Tokens) -> Declaration:
    mark = tokens.mark
    words: list[str] = []
    while _type_word(tokens):
        words.append(tokens.advance())
    stars = 0
    while tokens.accept("*"):
        stars += 1
    place = parse_place(tokens)
    count = 0
    values: tuple[Literal, ...] = ()
    members: tuple[str, ...] | None = None
    if place.index >= 0 and "." in place.name and not words:  # a cell in a structure
        place = Place(place.thread, str(place), -1, place.span)
    elif place.index >= 0:
        count = place.index
        if not 0 < count <= MAX_CELLS:
            raise UnsupportedError(f"an array must have 1 to {MAX_CELLS} cells", place.span)
        place = Place(place.thread, place.name, -1, place.span)
    if tokens.accept("="):
        if count and tokens.current != "{":
            raise tokens.unexpected("'{' before the values of an array")
        if not count and tokens.current == "{":
            members, values = _members(tokens)
        else:
            values = _values(tokens)
            if count and len(values) != count:
                message = f"{quoted(str(place))} has {counted(count, 'cell')}, but is given {len(values)}"
                raise ParseError(message, tokens.since(mark))
    return Declaration(place, " ".join(words), stars, count, values, tokens.since(mark), members)


def _type_word(tokens: Tokens) -> bool:
    """Whether the name at the cursor is part of a type, that is, another name, a star or a place follows it."""
    if not is_name(tokens.current):
        return False
    following = tokens.ahead(1)
    if following == "[":
        return is_name(tokens.ahead(2))
    return following == "*" or following[:1] == "%" or is_name(following) or is_number(following)


def _values(tokens: Tokens) -> tuple[Literal, ...]:
    if tokens.current == "ATOMIC_INIT" and tokens.ahead(1) == "(":
        tokens.advance()
        tokens.advance()
        value = parse_literal(tokens)
        tokens.expect(")", "after the value")
        return (value,)
    if not tokens.accept("{"):
        return (_value(tokens),)
    values = [_value(tokens)]
    while tokens.accept(","):
        values.append(_value(tokens))
    tokens.expect("}", "after the values of an array")
    return tuple(values)


def _members(tokens: Tokens) -> tuple[tuple[str, ...], tuple[Literal, ...]]:
    """Reads `{ .a = 1, .b = 2 }`: the names, "" where there is none, and the values."""
    tokens.advance()
    names: list[str] = []
    values: list[Literal] = []
    while not tokens.accept("}"):
        name = ""
        if tokens.current[:1] == "." and tokens.ahead(1) in ("=", "["):
            place = parse_place(tokens)
            name = str(place)
            tokens.expect("=", "after the name of a member")
        if tokens.current == "{":
            hint = "name the members inside it: .inner.a = 1"
            raise UnsupportedError("braces in braces are not supported", tokens.here, hint)
        names.append(name)
        values.append(_value(tokens))
        if not tokens.accept(",") and tokens.current != "}":
            raise tokens.unexpected("',' or '}' after a value")
    return tuple(names), tuple(values)


def _value(tokens: Tokens) -> Literal:
    """Reads a literal, or `*&x`, which is what `x` begins with."""
    if tokens.current != "*":
        return parse_literal(tokens)
    tokens.advance()
    if not (tokens.current == "&" or (tokens.current == "(" and tokens.ahead(1) == "&")):
        raise tokens.unexpected("'&' after '*'")
    literal = parse_literal(tokens)
    return replace(literal, text=f"*{literal.text}", content=True)


def arrays_of(items: Iterable[Declaration], word_bits: int) -> dict[str, Array]:
    """The arrays that the initial state declares, by name."""
    return {
        item.place.name: Array(item.place.name, item.cell_bytes(word_bits), item.count) for item in items if item.count
    }


def with_declared(
    arrays: Mapping[str, Array], declared: Mapping[str, Array], items: Iterable[Declaration]
) -> dict[str, Array]:
    """Arrays, with those that the program declares. Raises ParseError if one has two numbers of cells."""
    for item in items:
        array = declared.get(item.place.name)
        if array is not None and item.count not in (0, array.count):
            raise ParseError(f"{quoted(array.symbol)} has {counted(array.count, 'cell')} in the program", item.span)
    return {**declared, **arrays}


def check_cells(items: Iterable[Declaration], arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
    """Raises UnsupportedError if the program declares another size, in bytes, for the cells of an array."""
    for item in items:
        array = arrays.get(item.place.name)
        wanted = sizes.get(item.place.name, 0)
        if array is not None and item.count and wanted not in (0, array.cell_bytes):
            message = f"the cells have {array.cell_bytes} bytes here, but {wanted} in the program"
            raise UnsupportedError(message, item.span)


def sizes_of(items: Iterable[Declaration], word_bits: int) -> dict[str, int]:
    """The sizes in bytes of the locations whose type the initial state declares, by name."""
    return {
        item.place.name: item.cell_bytes(word_bits)
        for item in items
        if item.place.is_location and (item.type or item.count)
    }


def types_of(items: Iterable[Declaration], scope: Scope) -> dict[Register | str, IntType]:
    """The types that the initial state declares, by register or by the symbol of a location. Raises ParseError."""
    found: dict[Register | str, IntType] = {}
    for item in items:
        type_ = item.int_type(scope.word_bits)
        if type_ is None:
            continue
        if item.place.is_location:
            wider = 8 * item.cell_bytes(scope.word_bits) > scope.word_bits  # only its lower word is ever stored
            found[item.place.name] = IntType(scope.word_bits, False) if wider else type_
        else:
            found.update((register, type_) for register in scope.registers(item.place))
    return found


def types_of_unused(items: Iterable[Declaration], symbols: Iterable[str], word_bits: int) -> dict[str, IntType]:
    """The types of the numbers of 64 bits in locations that no thread of shorter words has, by their names.

    `symbols` are those of the program. A number that no word stands for is not among them.
    """
    items = tuple(items)
    used = {*symbols, *(address.symbol for item in items for address in item.addresses)}
    found: dict[str, IntType] = {}
    for item in items:
        whole = None if item.stars else item.int_type(64)
        if whole is None or whole.bits <= word_bits or not item.place.is_location or item.place.name in used:
            continue
        if all(whole.number(wrap(number, word_bits)) == whole.number(number) for number in item.numbers):
            found[item.place.name] = whole
    return found


def initials(items: Iterable[Declaration], scope: Scope) -> tuple[Initial, ...]:
    """The initial values of registers and locations.

    Raises ParseError for unknown names, and for a place with two values.
    """
    found: dict[Observable, Initial] = {}
    copies: list[tuple[Observable, Literal]] = []
    for item in items:
        for target, literal in _targets(item, scope):
            if target in found:
                raise ParseError(f"{quoted(str(item.place))} has an initial value already", item.place.span)
            if literal and literal.content:
                copies.append((target, literal))
            value = scope.initial(literal, target) if literal and not literal.content else 0
            found[target] = Initial(target, value, item.span)
    for target, literal in copies:
        place = scope.value(literal, target)
        source = found.get(place) if isinstance(place, Address) else None
        found[target] = Initial(target, scope.copied(source.value if source else 0, target), found[target].span)
    return tuple(found.values())


def _targets(item: Declaration, scope: Scope) -> Iterator[tuple[Observable, Literal | None]]:
    """The registers or locations of an item, each with its value, None if it has none."""
    if not item.place.is_location:
        literal = item.values[0] if item.values else None
        for register in scope.registers(item.place):
            yield register, literal
        return
    size = scope.arrays[item.place.name].cell_bytes if item.count else 0
    start = scope.address(item.place.name)
    for index in range(item.count or 1):
        yield Address(start.symbol, start.offset + index * size), item.values[index] if item.values else None
