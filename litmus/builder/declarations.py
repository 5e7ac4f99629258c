"""What the text of a built test declares: initial values, parameters, and variables with their types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from litmus.base.errors import UsageError
from litmus.builder.expressions import Computed, Expression, Local, Place, Pointed, Shared
from litmus.builder.statements import INDENT, PLAIN, Assigned, Chosen, Statement, Used
from litmus.dialects.c.calls import CALLS
from litmus.ir.kernel import Gives, Kind

_TYPES = {"spin": "spinlock_t", "mutex": "struct mutex", "read": "rwlock_t", "write": "rwlock_t"}
_LOCKS = ("spinlock", "struct", "rwlock")
_ATOMICS = ("atomic_long", "atomic64", "atomic")

_Key = tuple[int | None, str]
"""A register of a thread, or, with None, a location."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The locations of a test in order of mention, the C types of those that are no `int`, and what holds addresses."""

    locations: tuple[Shared, ...]
    types: Mapping[str, str]
    pointers: frozenset[_Key]

    @classmethod
    def of(cls, threads: Sequence[Sequence[Statement]]) -> Shape:
        """Raises UsageError for a location that has two initial values."""
        known: dict[str, Shared] = {}
        types: dict[str, str] = {}
        for statement in (s for thread in threads for s in every(thread)):
            for name in names_in(statement):
                place: Local | Shared | int = name
                while isinstance(place, Shared):
                    if known.setdefault(place.name, place) != place:
                        raise UsageError(f"the location '{place}' has two initial values")
                    place = place.initial
            if isinstance(statement, Used) and isinstance(statement.place, Shared):
                first = next((p for p in _ATOMICS if statement.name.startswith(f"{p}_")), None)
                lock = CALLS[statement.name].spec if statement.name != PLAIN else None
                if lock is not None and lock.kind is Kind.LOCK:
                    types[statement.place.name] = _TYPES[lock.name.split("_")[0]]
                elif first is not None:
                    types[statement.place.name] = f"{first}_t"
        return cls(tuple(known.values()), types, _pointers(threads, known.values()))

    def initially(self) -> Iterator[str]:
        """The items of the initial state; a lock is free without one."""
        for place in self.locations:
            if place.initial != 0 or not self.types.get(place.name, "atomic").startswith(_LOCKS):
                type_ = self.types.get(place.name, "")
                yield f"{type_}{' ' * bool(type_)}{place}={place.initial};"

    def function(self, number: int, thread: Sequence[Statement]) -> Iterator[str]:
        """The function of a thread."""
        names = dict.fromkeys(name for statement in every(thread) for name in names_in(statement))
        parameters = [self._declared(None, name) for name in names if isinstance(name, Shared)]
        yield f"P{number}({', '.join(parameters)})"
        yield "{"
        registers = [name for name in names if isinstance(name, Local)]
        yield from (f"{INDENT}{self._declared(number, name)};" for name in registers)
        if registers:
            yield ""
        yield from (INDENT + line for statement in thread for line in statement.lines())
        yield "}"

    def _declared(self, thread: int | None, name: Local | Shared) -> str:
        stars = "*" * ((thread is None) + ((thread, name.name) in self.pointers))
        return f"{self.types.get(name.name, 'int') if thread is None else 'int'} {stars}{name}"


def every(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements, and those inside branches."""
    for statement in statements:
        yield statement
        if isinstance(statement, Chosen):
            yield from every((*statement.then, *statement.otherwise))


def names_in(item: Statement | Place | Expression | None) -> Iterator[Local | Shared]:
    """The registers and locations that a statement mentions, without those of the statements inside it."""
    match item:
        case Local() | Shared():
            yield item
        case Computed(operands=operands):
            for operand in operands:
                yield from names_in(operand)
        case Pointed(address):
            yield from names_in(address)
        case Used(_, place, values, into):
            for part in (into, place, *values):
                yield from names_in(part)
        case Assigned(into, value):
            yield into
            yield from names_in(value)
        case Chosen(condition):
            yield from names_in(condition)


def _pointers(threads: Sequence[Sequence[Statement]], locations: Iterable[Shared]) -> frozenset[_Key]:
    """What holds an address: what is followed, what an address is put into, and what these are copied to or from."""
    found: set[_Key] = {(None, place.name) for place in locations if isinstance(place.initial, Shared)}
    copies: list[tuple[_Key, _Key]] = []
    for number, thread in enumerate(threads):
        for statement in every(thread):
            if isinstance(statement, Chosen):
                continue
            place = statement.place if isinstance(statement, Used) else None
            values = statement.values if isinstance(statement, Used) else (statement.value,)
            if isinstance(place, Pointed):
                followed = list(names_in(place))
                if followed and not any(isinstance(name, Shared) for name in followed):
                    found.add((number, followed[0].name))
            ends: list[_Key] = [(None, place.name)] if isinstance(place, Shared) else []
            ends += [(number, into.name) for into in (statement.into,) if into is not None and _copies(statement)]
            for end in ends:
                found |= {end for value in values if any(isinstance(name, Shared) for name in names_in(value))}
                copies += [(end, (number, value.name)) for value in values if isinstance(value, Local)]
            copies += [(ends[0], end) for end in ends[1:]]
    while True:
        more = {key for pair in copies for key in pair if found & set(pair)} - found
        if not more:
            return frozenset(found)
        found |= more


def _copies(statement: Used | Assigned) -> bool:
    """Whether the result is what was in memory, or what was computed, and not whether something succeeded."""
    if isinstance(statement, Assigned) or statement.name == PLAIN:
        return True
    return CALLS[statement.name].spec.gives in (Gives.VALUE, Gives.NEW)
