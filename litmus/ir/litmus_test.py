"""A litmus test as read from a file: initial state, threads, and the question it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import NamedTuple

from litmus.base.errors import render
from litmus.base.records import dataclass
from litmus.base.source import Source, Span
from litmus.ir.thread import (
    PLAIN,
    Address,
    Call,
    Load,
    Primitive,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
    Value,
)
from litmus.ir.topology import Topology


class Register(NamedTuple):  # no record, as an `Address` is none
    """A register of a thread, as conditions name it: `0:r1`."""

    thread: int
    name: str

    def __repr__(self) -> str:
        return f"{self.thread}:{self.name}"


Observable = Register | Address


C11 = "C11"
"""The language of tests that share an architecture, C, with those of the kernel."""


@dataclass(frozen=True, slots=True)
class Initial:
    """The initial value of one location or register; all others start at 0."""

    target: Observable
    value: Value
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class IntType:
    """An integer type, by which values are shown and compared in conditions."""

    bits: int
    signed: bool = True

    def cast(self, value: Value) -> Value:
        """The number of the type that is congruent to a number; an address stays what it is."""
        return self.number(value) if isinstance(value, int) else value

    def number(self, value: int) -> int:
        """The number of the type that is congruent to a number."""
        low = value & (1 << self.bits) - 1
        return low - (1 << self.bits) if self.signed and low >> self.bits - 1 else low


_JOINING = (Load, StoreConditional, Rmw)

INT = IntType(32)
"""The type of registers and locations that are not declared, as in herd7."""


@dataclass(frozen=True, slots=True)
class Array:
    """A declared array: `count` cells of `cell_bytes` bytes each."""

    symbol: str
    cell_bytes: int
    count: int

    @property
    def cells(self) -> tuple[Address, ...]:
        """Its cells, in order."""
        return tuple([Address(self.symbol, index * self.cell_bytes) for index in range(self.count)])


@dataclass(frozen=True, slots=True)
class Composite:
    """What a location is made of if accesses overlap it in part: others of `bits` bits, the least significant first."""

    parts: tuple[Address, ...]
    bits: int


@dataclass(frozen=True, slots=True)
class Instance:
    """A location that is a structure: the structure's name, and its members, as `s.a`, with their addresses.

    `cell_bytes` is the size of all members, one after the other as in an array; 0 if they have several.
    """

    symbol: str
    structure: str
    members: tuple[tuple[str, Address], ...]
    cell_bytes: int = 0


# --- propositions over final states -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Atom:
    """`left op right`, op one of = != < <= > >=; `right` is a value or another register or location.

    `types` are those as which the two sides are compared, None if they are compared as they are. `written` is the value
    on the right as the test gives it, None if it is `right`.
    """

    left: Observable
    op: str
    right: Value | Register | Content
    span: Span | None = None
    types: tuple[IntType, IntType] | None = None
    written: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The final value of a location on the right of an atom (`[x] = [y]`); a bare name there is its address."""

    address: Address


@dataclass(frozen=True, slots=True)
class Not:
    operand: Prop


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple[Prop, ...]


@dataclass(frozen=True, slots=True)
class Whole(And):
    """`t = {1, 2}`: what each cell of an array holds."""

    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple[Prop, ...]


@dataclass(frozen=True, slots=True)
class Implies:
    left: Prop
    right: Prop


Prop = Atom | Not | And | Or | Implies


TRUE = And(())
FALSE = Or(())


class Quantifier(Enum):
    """How the condition quantifies over the reachable final states."""

    EXISTS = "exists"
    NOT_EXISTS = "~exists"
    FORALL = "forall"

    @property
    def kind(self) -> str:
        """The kind of test as herd prints it: Allowed, Forbidden or Required."""
        return {"exists": "Allowed", "~exists": "Forbidden", "forall": "Required"}[self.value]


@dataclass(frozen=True, slots=True)
class Condition:
    quantifier: Quantifier
    prop: Prop


@dataclass(frozen=True, slots=True)
class Remark:
    """What is odd about a test, although it can be decided: perhaps it does not say what was meant."""

    message: str
    span: Span
    hint: str | None = None

    def __str__(self) -> str:
        return render(self.message, self.span, self.hint, "warning")


@dataclass(frozen=True, slots=True)
class LitmusTest:
    """A litmus test, whatever its dialect.

    `locations` are every location of the test, in order of first mention in init, program and condition; `observed`
    are the registers and locations that make up a final state (the `locations` section and the condition's), in the
    order of state lines: registers by thread and name, then locations and whole arrays, then cells of arrays. `shown`
    are the same as state lines show them: an array that the test names as a whole is one item there. `types` are those
    of the observed that are no `INT`, and of locations that the initial state declares with less. `instances` are the
    locations that are structures. `definitions` are the texts of the program before each thread and after the last, ()
    if there is none. `language` is `C11` for a test in that. `composites` are the locations that are accessed in parts:
    the parts are locations of the event graph, they are not. `labels` are the addresses of labels that are values in
    the test. `number_bits` is the width of the numbers in its condition.
    """

    arch: str
    name: str
    doc: str
    metadata: tuple[tuple[str, str], ...]
    init: tuple[Initial, ...]
    threads: tuple[Thread, ...]
    locations: tuple[Address, ...]
    arrays: tuple[Array, ...]
    observed: tuple[Observable, ...]
    filter: Prop | None
    condition: Condition
    hash: str
    source: Source
    shown: tuple[Observable | Array, ...] = ()
    types: Mapping[Observable, IntType] = field(default_factory=dict)
    topology: Topology | None = None
    remarks: tuple[Remark, ...] = ()
    instances: tuple[Instance, ...] = ()
    definitions: tuple[str, ...] = ()
    language: str = ""
    number_bits: int = 64
    composites: Mapping[Address, Composite] = field(default_factory=dict)
    labels: tuple[Address, ...] = ()
    _arrays: Mapping[str, Array] = field(init=False, repr=False, compare=False)
    _members: Mapping[Address, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_arrays", {array.symbol: array for array in self.arrays})
        object.__setattr__(self, "_members", {a: name for i in self.instances for name, a in i.members})

    def __repr__(self) -> str:
        kind = self.condition.quantifier.kind
        return f"<LitmusTest {self.name}: {self.arch}, {len(self.threads)} threads, {kind}>"

    def _repr_markdown_(self) -> str:
        from litmus.base.display import markdown

        return markdown(self)

    @property
    def dialect(self) -> str:
        """What models say that they decide: the language, or else the architecture."""
        return self.language or self.arch

    @property
    def has_primitives(self) -> bool:
        """Whether a thread uses the kernel's primitives, or calls what only a target may know."""
        return not self.language and any(
            isinstance(s, Primitive | Call) for thread in self.threads for s in thread.body
        )

    @property
    def names_kernel(self) -> bool:
        """Whether a thread does more by the kernel's primitives than plain accesses, which any C has."""
        return self.has_primitives and any(
            isinstance(s, Call) or (isinstance(s, Primitive) and s.name not in PLAIN)
            for thread in self.threads
            for s in thread.body
        )

    def body(self, thread: int) -> tuple[Statement, ...]:
        """The statements of the thread of an index. Raises ValueError if there is none."""
        for one in self.threads:
            if one.index == thread:
                return one.body
        raise ValueError(f"the test has no thread {thread}")

    def show(self, item: Observable | Array) -> str:
        """A register, location or array as it stands in a state line: `0:r1`, `[x]`, `t[1]`, `t`."""
        if isinstance(item, Register):
            return str(item)
        if isinstance(item, Array):
            return item.symbol
        array = self._arrays.get(item.symbol)
        if array is not None and item.offset % array.cell_bytes == 0:
            return f"{item.symbol}[{item.offset // array.cell_bytes}]"
        name = self._members.get(item, str(item))
        return name if name.endswith("]") else f"[{name}]"

    def type_of(self, item: Observable) -> IntType:
        """The type by which the values of an observed register or location are shown."""
        return self.types.get(item, INT)

    def show_value(self, value: Value, item: Observable | None = None) -> str:
        """A value as it stands in a state line: a number of the type of the item that has it, or an address.

        The address of a location is its name; into an array it is `t+4`, in bytes, as herd7 has it. That of a label is
        `label:"P0:L0"`.
        """
        if item is not None:
            value = self.type_of(item).cast(value)
        if isinstance(value, Address):
            if value.offset:
                return self._members.get(value) or str(value)
            return f'label:"{value}"' if value.is_code else str(value)
        return str(value)

    @property
    def has_parts(self) -> bool:
        """Whether an access may be several events: that of two registers, or one that others overlap in part."""
        if self.composites:
            return True
        return any(isinstance(s, _JOINING) and s.joins for t in self.threads for s in t.body)

    @property
    def has_pairs(self) -> bool:
        """Whether it has pairs of accesses that some machines perform in one step."""
        return any(isinstance(s, Load | Store) and s.pair for t in self.threads for s in t.body)

    def show_accessed(self, value: Value, place: Address | None) -> str:
        """What an access to a place reads or writes; a part of a location is shown as an unsigned number."""
        if place is not None:
            for whole, composite in self.composites.items():
                if whole.symbol == place.symbol:
                    return str(IntType(composite.bits, False).cast(value))
        return self.show_value(value, place)
