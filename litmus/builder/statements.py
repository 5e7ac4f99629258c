"""The statements of threads, for tests that are built; each prints itself as C."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from litmus.base.errors import UsageError, did_you_mean
from litmus.builder.expressions import Expression, Local, Place, expression, wanted
from litmus.dialects.c.calls import CALLS, usage
from litmus.ir.kernel import Kind

PLAIN = "plain"
"""An access without a function of the kernel."""

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Used:
    """A use of a function of the kernel, `plain` for an access without one; `into` gets its result."""

    name: str
    place: Place | None = None
    values: tuple[Expression, ...] = ()
    into: Local | None = None

    def lines(self) -> Iterator[str]:
        """Its line of C."""
        if self.name == PLAIN:
            yield f"*{self.place} = {self.values[0]};" if self.into is None else f"{self.into} = *{self.place};"
            return
        values = iter(map(str, self.values))
        arguments = [
            f"*{self.place}" if k == "l" else str(self.place) if k == "p" else next(values) for k in self.takes
        ]
        result = "" if self.into is None else f"{self.into} = "
        yield f"{result}{self.name}({', '.join(arguments)});"

    @property
    def takes(self) -> str:
        """A letter for each argument, as in `litmus.dialects.c.calls.KernelCall`."""
        return CALLS[self.name].takes


@dataclass(frozen=True, slots=True)
class Assigned:
    """A computation without an access to memory."""

    into: Local
    value: Expression

    def lines(self) -> Iterator[str]:
        """Its line of C."""
        yield f"{self.into} = {self.value};"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Statements that are run if a condition is not 0, and others if it is."""

    condition: Expression
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()

    def lines(self) -> Iterator[str]:
        """Its lines of C."""
        yield f"if ({self.condition}) {{"
        yield from (INDENT + line for statement in self.then for line in statement.lines())
        if self.otherwise:
            yield "} else {"
            yield from (INDENT + line for statement in self.otherwise for line in statement.lines())
        yield "}"


Statement = Used | Assigned | Chosen


def load(into: Local, place: Place, by: str = "READ_ONCE") -> Used:
    """A load: `by` is the function, such as `smp_load_acquire`, or `plain`. Raises UsageError for another."""
    return _used(by, Kind.READ, place, (), into)


def store(place: Place, value: Expression | int, by: str = "WRITE_ONCE") -> Used:
    """A store: `by` is the function, such as `smp_store_release`, or `plain`. Raises UsageError for another."""
    return _used(by, Kind.WRITE, place, (expression(value),))


def update(name: str, place: Place, *values: Expression | int, into: Local | None = None) -> Used:
    """An atomic update, such as `xchg`, with the values that it takes. Raises UsageError for another function."""
    return _used(name, Kind.UPDATE, place, tuple(map(expression, values)), into)


def fence(name: str) -> Used:
    """A barrier, such as `smp_mb`. Raises UsageError for another function."""
    return _used(name, Kind.FENCE)


def lock(place: Place, by: str = "spin_lock") -> Used:
    """Takes a lock, which is free at first. Raises UsageError for another function."""
    return _used(by, Kind.LOCK, place)


def unlock(place: Place, by: str = "spin_unlock") -> Used:
    """Releases a lock. Raises UsageError for another function."""
    return _used(by, Kind.LOCK, place)


def trylock(into: Local, place: Place, by: str = "spin_trylock") -> Used:
    """Takes a lock if it is free, and says whether it did. Raises UsageError for another function."""
    return _used(by, Kind.LOCK, place, (), into)


def assign(into: Local, value: Expression | int) -> Assigned:
    """Computes something in a register. Raises UsageError for what is no expression."""
    return Assigned(wanted(into, Local, "a register"), expression(value))


def when(condition: Expression, then: Iterable[Statement], otherwise: Iterable[Statement] = ()) -> Chosen:
    """A branch: what is in it depends by control on what the condition is computed from.

    Raises UsageError for what are no statements.
    """
    return Chosen(wanted(condition, Expression, "what is computed"), statements(then), statements(otherwise))


def statements(given: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements, one after the other. Raises UsageError for anything else."""
    found = wanted(given, Iterable, "a sequence of statements")
    return tuple(wanted(statement, Statement, "a statement") for statement in found)


def _used(
    name: str, kind: Kind, place: Place | None = None, values: tuple[Expression, ...] = (), into: Local | None = None
) -> Used:
    """Raises UsageError for a function that there is not, or that takes other arguments."""
    if place is not None:
        wanted(place, Place, "a location, or `at` an address,")
    if into is not None:
        wanted(into, Local, "a register")
    if name == PLAIN and kind in (Kind.READ, Kind.WRITE):
        return Used(name, place, values, into)
    known = {n: call for n, call in CALLS.items() if call.spec.kind is kind and "-" not in call.takes}
    if name not in known:
        raise UsageError(f"'{name}' is no {kind.value} of the kernel", None, did_you_mean(name, known))
    takes = known[name].takes
    if takes.count("v") != len(values) or (place is not None) != bool(set(takes) & {"l", "p"}):
        raise UsageError(usage(name, takes))
    return Used(name, place, values, into)
