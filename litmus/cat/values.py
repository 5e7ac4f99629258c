"""The values of cat expressions while a model is elaborated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from litmus.base.errors import ModelError
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

    If `r` depends on the execution, an order from `linearisations(S, r)` is valid only in executions whose `r` it
    contains. `within` has these conditions, the promises, as (node of r, mask of S); `with ... from` adds them as
    axioms.
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
    """A set of one or more values of one kind, in the order in which they were added."""

    __slots__ = ("items",)

    def __init__(self, items: Iterable[Value]) -> None:
        self.items = dict.fromkeys(items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueSet) and self.items.keys() == other.items.keys()

    def __hash__(self) -> int:
        return hash(frozenset(self.items))


@dataclass(slots=True, eq=False)
class Closure:
    """A function with its environment; `env` is completed after all functions of a `let rec` have been made."""

    function: ast.Function
    env: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function that is not defined in cat."""

    name: str
    apply: Callable[[Value, Span], Value]


@dataclass(slots=True, eq=False)
class Routine:
    """A procedure."""

    procedure: ast.Procedure
    env: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """What a definition with an unknown name defines: an error for whoever uses it.

    Definitions are lazy in herd7, and files for several architectures define more than each of them has.
    """

    error: ModelError


Value = Literal | Term | Element | Pair | Tag | Tuple | ValueSet | Closure | Builtin | Routine | Broken
Env = Mapping[str, Value]
