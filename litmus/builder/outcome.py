"""Conditions on final states, for tests that are built."""

from __future__ import annotations

from dataclasses import dataclass

from litmus.base.errors import UsageError
from litmus.builder.expressions import Local, Shared, wanted


class Proposition:
    """What may hold of a final state; `&`, `|` and `~` combine several."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise UsageError("conditions are combined by &, | and ~, and not by 'and', 'or' and 'not'")

    def __and__(self, other: Proposition) -> Proposition:
        return Combined("/\\", (self, proposition(other)))

    def __or__(self, other: Proposition) -> Proposition:
        return Combined("\\/", (self, proposition(other)))

    def __invert__(self) -> Proposition:
        return Negated(self)


@dataclass(frozen=True, slots=True)
class Compared(Proposition):
    """A register or location, compared with a number or an address."""

    left: Final
    operator: str
    right: int | Shared

    def __str__(self) -> str:
        return f"{self.left}{self.operator}{self.right}"


@dataclass(frozen=True, slots=True)
class Combined(Proposition):
    """Both of two propositions, or either."""

    operator: str
    operands: tuple[Proposition, Proposition]

    def __str__(self) -> str:
        inner = [f"({o})" if isinstance(o, Combined) and o.operator != self.operator else str(o) for o in self.operands]
        return f" {self.operator} ".join(inner)


@dataclass(frozen=True, slots=True)
class Negated(Proposition):
    """That a proposition does not hold."""

    operand: Proposition

    def __str__(self) -> str:
        return f"~({self.operand})"


@dataclass(frozen=True, slots=True)
class Final:
    """The final value of a register of a thread, or of a location."""

    thread: int | None
    of: Local | Shared

    def __str__(self) -> str:
        return f"[{self.of}]" if self.thread is None else f"{self.thread}:{self.of}"

    def equals(self, value: int | Shared) -> Proposition:
        """That it is a number, or the address of a location."""
        return Compared(self, "=", _number_or_address(value))

    def differs(self, value: int | Shared) -> Proposition:
        """That it is something else."""
        return Compared(self, "!=", _number_or_address(value))


def proposition(value: Proposition) -> Proposition:
    """A condition. Raises UsageError for anything else, such as what `==` makes of two values."""
    return wanted(value, Proposition, "a condition")


def final(thread: int | Shared, of: Local | None = None) -> Final:
    """The final value of a thread's register, as `final(1, r0)`, or of a location, as `final(x)`. Raises UsageError."""
    if isinstance(thread, Shared) and of is None:
        return Final(None, thread)
    if isinstance(thread, int) and isinstance(of, Local):
        return Final(thread, of)
    raise UsageError("a final value is that of a thread and its register, or that of a location")


def _number_or_address(value: int | Shared) -> int | Shared:
    return value if isinstance(value, Shared) else wanted(value, int, "a number or a location")
