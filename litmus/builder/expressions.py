"""Registers, locations, and what is computed from them, for tests that are built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import UnionType
from typing import TypeVar

from litmus.base.errors import UsageError

Wanted = TypeVar("Wanted")

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Expression:
    """Something to compute from registers, numbers and addresses; its operators are those of C."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise UsageError("what is computed has no value in Python: use `when`, and & and | for 'and' and 'or'")

    def __add__(self, other: Expression | int) -> Expression:
        return Computed("+", (self, expression(other)))

    def __sub__(self, other: Expression | int) -> Expression:
        return Computed("-", (self, expression(other)))

    def __mul__(self, other: Expression | int) -> Expression:
        return Computed("*", (self, expression(other)))

    def __and__(self, other: Expression | int) -> Expression:
        return Computed("&", (self, expression(other)))

    def __or__(self, other: Expression | int) -> Expression:
        return Computed("|", (self, expression(other)))

    def __xor__(self, other: Expression | int) -> Expression:
        return Computed("^", (self, expression(other)))

    def __lt__(self, other: Expression | int) -> Expression:
        return Computed("<", (self, expression(other)))

    def __le__(self, other: Expression | int) -> Expression:
        return Computed("<=", (self, expression(other)))

    def __gt__(self, other: Expression | int) -> Expression:
        return Computed(">", (self, expression(other)))

    def __ge__(self, other: Expression | int) -> Expression:
        return Computed(">=", (self, expression(other)))

    def equals(self, other: Expression | int) -> Expression:
        """1 if both are the same, else 0: `==` compares two expressions as values of Python."""
        return Computed("==", (self, expression(other)))

    def differs(self, other: Expression | int) -> Expression:
        """0 if both are the same, else 1."""
        return Computed("!=", (self, expression(other)))


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A constant."""

    value: int

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Local(Expression):
    """A register of a thread: in C, a variable of the function."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Shared(Expression):
    """A location that threads share, and its initial value; as a value it is its address."""

    name: str
    initial: int | Shared = 0

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Computed(Expression):
    """An operator of C applied to two operands."""

    operator: str
    operands: tuple[Expression, Expression]

    def __str__(self) -> str:
        left, right = (f"({o})" if isinstance(o, Computed) else str(o) for o in self.operands)
        return f"{left} {self.operator} {right}"


@dataclass(frozen=True, slots=True)
class Pointed:
    """The place at an address."""

    address: Expression

    def __str__(self) -> str:
        return f"({self.address})" if isinstance(self.address, Computed) else str(self.address)


Place = Shared | Pointed


def expression(value: Expression | int) -> Expression:
    """A number as an expression. Raises UsageError for anything else."""
    if isinstance(value, Expression):
        return value
    return Number(wanted(value, int, "a number, or what is computed"))


def wanted(value: Wanted, kind: type | UnionType, what: str) -> Wanted:
    """A value, if it is of the kind that is wanted. Raises UsageError."""
    if isinstance(value, kind) and not (isinstance(value, bool) and kind is int):
        return value
    hint = "`equals` and `differs` compare" if isinstance(value, bool) else None
    raise UsageError(f"{what} is wanted here, and this is of type {type(value).__name__}", None, hint)


def register(name: str) -> Local:
    """A register; threads that name the same have one each. Raises UsageError for what is no name in C."""
    return Local(_named(name, "register"))


def location(name: str, initial: int | Shared = 0) -> Shared:
    """A shared location with its initial value, a number or another location's address. Raises as `register`."""
    if not isinstance(initial, Shared):
        wanted(initial, int, "a number or a location")
    return Shared(_named(name, "location"), initial)


def at(address: Expression) -> Pointed:
    """The place at an address that is computed: an access to it depends by its address on what was read.

    Raises UsageError for anything but an expression.
    """
    return Pointed(wanted(address, Expression, "an address"))


def _named(name: str, what: str) -> str:
    if _NAME.fullmatch(wanted(name, str, f"the name of a {what}")) is None:
        raise UsageError(f"'{name}' is no name of a {what} in C")
    return name
