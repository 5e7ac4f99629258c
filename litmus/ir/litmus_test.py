"""A litmus test as read from a file: initial state, threads, and the question it asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from litmus.base.source import Source, Span
from litmus.ir.thread import Address, Thread, Value


@dataclass(frozen=True, slots=True, order=True)
class Register:
    """A register of a thread, as conditions name it: `0:r1`."""

    thread: int
    name: str

    def __str__(self) -> str:
        return f"{self.thread}:{self.name}"


Observable = Register | Address


@dataclass(frozen=True, slots=True)
class Initial:
    """One location or register with its value at the start; what is not named starts at 0."""

    target: Observable
    value: Value
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """A declared array: `count` cells of `cell_bytes` bytes each."""

    symbol: str
    cell_bytes: int
    count: int


# --- propositions over final states -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Atom:
    """`left op right`, op one of = != < <= > >=; `right` is a value or another register or location."""

    left: Observable
    op: str
    right: Value | Register | Content
    span: Span | None = None


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
        """herd's word: Allowed, Forbidden or Required."""
        return {"exists": "Allowed", "~exists": "Forbidden", "forall": "Required"}[self.value]


@dataclass(frozen=True, slots=True)
class Condition:
    quantifier: Quantifier
    prop: Prop


@dataclass(frozen=True, slots=True)
class LitmusTest:
    """A litmus test, whatever its dialect.

    `locations` are every location of the test, in order of first mention in init, program and condition; `observed`
    are the registers and locations that make up a final state (the `locations` section and the condition's), in the
    order of state lines: registers by thread and name, then plain locations, then array cells.
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

    def show(self, item: Observable) -> str:
        """A register or location as it stands in a state line: `0:r1`, `[x]`, `t[1]`."""
        if isinstance(item, Register):
            return str(item)
        for array in self.arrays:
            if array.symbol == item.symbol:
                return f"{item.symbol}[{item.offset // array.cell_bytes}]"
        return f"[{item}]"

    def show_value(self, value: Value) -> str:
        """A value as it stands in a state line: signed decimal, or the name of the location it is the address of."""
        if isinstance(value, int):
            return str(value)
        for array in self.arrays:
            if array.symbol == value.symbol and value.offset:
                return f"{value.symbol}[{value.offset // array.cell_bytes}]"
        return str(value)
