"""What a cat expression can stand for while a model is elaborated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from litmus.base.source import Span
from litmus.cat import ast


class Literal(Enum):
    """The two constants that are set or relation as their use requires."""

    EMPTY = "the empty set or relation"
    UNIVERSE = "the universe"


EMPTY = Literal.EMPTY
UNIVERSE = Literal.UNIVERSE


@dataclass(frozen=True, slots=True)
class Term:
    """A set of events or a relation: a node.

    An order that `linearisations(S, r)` made while `r` depends on the execution is there only if it respects `r`:
    `within` holds such promises, as (node of r, mask of S). They are redeemed where the order is chosen.
    """

    node: int
    within: tuple[tuple[int, int], ...] = ()


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
    """A set of one or more values of one kind; it keeps the order in which they were added."""

    __slots__ = ("items",)

    def __init__(self, items: Iterable[Value]) -> None:
        self.items = dict.fromkeys(items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueSet) and self.items.keys() == other.items.keys()

    def __hash__(self) -> int:
        return hash(frozenset(self.items))


@dataclass(slots=True, eq=False)
class Closure:
    """A function. `env` is set once, right after the functions of a `let rec` have all been made."""

    function: ast.Function
    env: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function that cat does not define."""

    name: str
    apply: Callable[[Value, Span], Value]


@dataclass(slots=True, eq=False)
class Routine:
    """A procedure."""

    procedure: ast.Procedure
    env: Mapping[str, Value]


Value = Literal | Term | Element | Pair | Tag | Tuple | ValueSet | Closure | Builtin | Routine
Env = Mapping[str, Value]
