"""The values of cat expressions while a model is elaborated."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum

from litmus.base.errors import ModelError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.cat import ast


class Literal(Enum):
    """The two constants that can be a set or a relation, as their use requires."""

    EMPTY = "the empty set or relation"
    UNIVERSE = "the universe"


EMPTY = Literal.EMPTY
UNIVERSE = Literal.UNIVERSE


@dataclass(frozen=True, slots=True)
class Term:
    """A set of events or a relation, as a node.

    If `S` or `r` depend on the execution, an order from `linearisations(S, r)` is valid only in executions in which it
    is one of all events of `S` and contains `r`. `within` has what it is an order of, each with the mask of the events
    that S may have; `with ... from` adds axioms for these. With `perhaps` it is an element of a set that executions may
    lack: where it is empty, there is none.
    """

    node: int
    within: tuple[tuple[Orders, int], ...] = ()
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """One event of a test."""

    event: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair of events of a test."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A value of an enum."""

    enum: str
    name: str


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple[Value, ...]


class ValueSet:
    """A set of one or more values of one kind, in the order in which they were added."""

    __slots__ = ("items",)

    def __init__(self, items: Iterable[Value]) -> None:
        self.items = dict.fromkeys(items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueSet) and self.items.keys() == other.items.keys()

    def __hash__(self) -> int:
        return hash(frozenset(self.items))


@dataclass(frozen=True, slots=True)
class Membership:
    """That an event is in a set, or a pair in a relation, given as a node; this may depend on the execution."""

    element: Element | Pair
    node: int


@dataclass(frozen=True, slots=True)
class Family:
    """A set of values, each of which an execution may lack: it is there if its membership holds (None: always)."""

    items: tuple[tuple[Value, Membership | None], ...]


@dataclass(frozen=True, slots=True)
class Orders:
    """The strict total orders of a set of events that extend a relation, both as nodes; listed only if need be.

    With `perhaps` the set of events is one that executions may lack.
    """

    events: int
    before: int
    perhaps: bool = False


@dataclass(frozen=True, slots=True)
class Crossing:
    """All unions of one relation from each set of a family or of a set; what `with ... from` chooses one of."""

    factors: Family | ValueSet


@dataclass(slots=True, eq=False)
class Closure:
    """A function with its environment; `env` is completed after all functions of a `let rec` have been made."""

    function: ast.Function
    env: Env


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function that is not defined in cat."""

    name: str
    apply: Callable[[Value, Span], Value]


@dataclass(slots=True, eq=False)
class Routine:
    """A procedure."""

    procedure: ast.Procedure
    env: Env


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """What a definition without a value defines: an error for whoever uses it.

    Definitions are lazy in herd7, and files for several architectures define more than each of them has.
    """

    error: ModelError


Value = (
    Literal
    | Term
    | Element
    | Pair
    | Tag
    | Tuple
    | ValueSet
    | Family
    | Orders
    | Crossing
    | Closure
    | Builtin
    | Routine
    | Broken
)


class Env:
    """The names that are defined at a place of a model, each with its value; it does not change.

    A scope keeps all its definitions in one table, each with its number, and a place is the number of the last one: so
    another definition costs the same however many there are.
    """

    __slots__ = ("_number", "_outer", "_scope")

    def __init__(self, outer: Env | None = None) -> None:
        self._scope = _Scope()
        self._outer = outer
        self._number = 0

    def get(self, name: str) -> Value | None:
        """The value of a name; None if it is not defined here."""
        place: Env | None = self
        while place is not None:
            found = place._scope.names.get(name)
            if found is not None:
                at = bisect_right(found, place._number, key=_number)
                if at:
                    return found[at - 1][1]
            place = place._outer
        return None

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        """The names, for suggestions."""
        place: Env | None = self
        while place is not None:
            yield from place._scope.names
            place = place._outer

    def inner(self, new: Mapping[str, Value] | None = None) -> Env:
        """A place in a new scope inside this one, in which some names are defined."""
        return Env(self).extended(new or {})

    def extended(self, new: Mapping[str, Value]) -> Env:
        """The place after definitions of some names: in the same scope, if nothing follows there yet."""
        if self._number != self._scope.last:
            return self.inner(new)
        after = Env(self._outer)
        after._scope = self._scope
        after._number = self._scope.last = self._number + 1
        for name, value in new.items():
            after.define(name, value)
        return after

    def defining(self, new: Mapping[str, Value]) -> Env:
        """The place after definitions of some names; this place if they are defined like that already."""
        return self if all(self.get(name) == value for name, value in new.items()) else self.extended(new)

    def define(self, name: str, value: Value) -> None:
        """Complete a place that nobody else has yet, with a value that needs the place itself."""
        self._scope.names.setdefault(name, []).append((self._number, value))


class _Scope:
    """The definitions of a scope by name, and the number of the last."""

    __slots__ = ("last", "names")

    def __init__(self) -> None:
        self.names: dict[str, list[tuple[int, Value]]] = {}
        self.last = 0


def _number(definition: tuple[int, Value]) -> int:
    return definition[0]
