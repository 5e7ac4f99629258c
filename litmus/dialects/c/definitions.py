"""What a test defines for all of its threads: functions, structures, constants and variables of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from litmus.base.source import Span
from litmus.dialects.c.macros import Macro, Replaced
from litmus.dialects.c.types import Type
from litmus.frontend.dialect import Structure


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a helper function."""

    name: str
    type: Type
    place: Span


@dataclass(frozen=True, slots=True)
class Helper:
    """A function that threads call: `type` is that of its value, `body` the mark of the token that opens its body.

    `changed` are the names that the body assigns to.
    """

    name: str
    type: Type
    parameters: tuple[Parameter, ...]
    body: int
    changed: frozenset[str]
    place: Span


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a structure in C: its offset and type; `count` cells of that type if it is an array, else 0."""

    offset: int
    type: Type
    count: int = 0


@dataclass(slots=True)
class Definitions:
    """What a test has defined so far.

    `structures` have their members for the rest of litmus, `members` the same with their types in C. `globals` are the
    variables of the file, which are locations; `arrays` are its arrays, by the types of their cells. `again`
    is how many words and signs of functions were read so far in place of calls. A program in `c11` is none of the
    kernel's.
    """

    macros: dict[str, Macro] = field(default_factory=dict)
    helpers: dict[str, Helper] = field(default_factory=dict)
    structures: dict[str, Structure] = field(default_factory=dict)
    members: dict[str, Mapping[str, Field]] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)
    globals: dict[str, Type] = field(default_factory=dict)
    arrays: dict[str, Type] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    replaced: Replaced = field(default_factory=Replaced)
    again: int = 0
    c11: bool = False
