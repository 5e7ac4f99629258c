r"""Builds tests in kernel C from values, without writing their text.

    >>> from litmus import builder as b
    >>> x, y = b.location("x"), b.location("y")
    >>> r0, r1 = b.register("r0"), b.register("r1")
    >>> writer = [b.store(x, 1), b.fence("smp_wmb"), b.store(y, 1)]
    >>> reader = [b.load(r0, y), b.fence("smp_rmb"), b.load(r1, x)]
    >>> test = b.build("MP+wmb+rmb", writer, reader, exists=b.final(1, r0).equals(1) & b.final(1, r1).equals(0))
    >>> test
    <LitmusTest MP+wmb+rmb: C, 2 threads, Allowed>
    >>> import litmus
    >>> litmus.check(test, "power").answer.value
    'Forbidden'
    >>> print(litmus.text(test))
    C MP+wmb+rmb
    {
    x=0;
    y=0;
    }
    <BLANKLINE>
    P0(int *x, int *y)
    {
        WRITE_ONCE(*x, 1);
        smp_wmb();
        WRITE_ONCE(*y, 1);
    }
    <BLANKLINE>
    P1(int *y, int *x)
    {
        int r0;
        int r1;
    <BLANKLINE>
        r0 = READ_ONCE(*y);
        smp_rmb();
        r1 = READ_ONCE(*x);
    }
    <BLANKLINE>
    exists (1:r0=1 /\ 1:r1=0)
    <BLANKLINE>

Everything is a frozen value, so a part can be used in many tests. Functions are named as in the kernel (`litmus
reference c` lists them). A dependency is made by what is computed from a register:

    >>> data = b.store(y, r0)
    >>> address = b.load(r1, b.at(x + (r0 ^ r0)))
    >>> control = b.when(r0.equals(1), [b.store(y, 1)])

A pointer is a location that holds the address of another, and `at` follows a register that read it:

    >>> pointer = b.location("p", y)
    >>> follow = [b.load(r0, pointer, "rcu_dereference"), b.load(r1, b.at(r0))]
    >>> locked = [b.lock(b.location("l")), b.store(x, 1), b.unlock(b.location("l"))]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from litmus.base.errors import UsageError, did_you_mean
from litmus.base.source import Source
from litmus.dialects.c.calls import CALLS, usage
from litmus.frontend.parser import parse_test
from litmus.ir.kernel import Gives, Kind
from litmus.ir.litmus_test import LitmusTest

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TITLE = re.compile(r'[^\s"(){};]+')
_PLAIN = "plain"
_TYPES = {"spin": "spinlock_t", "mutex": "struct mutex", "read": "rwlock_t", "write": "rwlock_t"}
_LOCKS = ("spinlock", "struct", "rwlock")
_ATOMICS = ("atomic_long", "atomic64", "atomic")
_INDENT = "    "


# --- expressions ------------------------------------------------------------------------------------------------------


class Expression:
    """Something to compute from registers, numbers and addresses; its operators are those of C."""

    __slots__ = ()

    def __add__(self, other: Expression | int) -> Expression:
        return Computed("+", (self, _expression(other)))

    def __sub__(self, other: Expression | int) -> Expression:
        return Computed("-", (self, _expression(other)))

    def __mul__(self, other: Expression | int) -> Expression:
        return Computed("*", (self, _expression(other)))

    def __and__(self, other: Expression | int) -> Expression:
        return Computed("&", (self, _expression(other)))

    def __or__(self, other: Expression | int) -> Expression:
        return Computed("|", (self, _expression(other)))

    def __xor__(self, other: Expression | int) -> Expression:
        return Computed("^", (self, _expression(other)))

    def __lt__(self, other: Expression | int) -> Expression:
        return Computed("<", (self, _expression(other)))

    def __le__(self, other: Expression | int) -> Expression:
        return Computed("<=", (self, _expression(other)))

    def __gt__(self, other: Expression | int) -> Expression:
        return Computed(">", (self, _expression(other)))

    def __ge__(self, other: Expression | int) -> Expression:
        return Computed(">=", (self, _expression(other)))

    def equals(self, other: Expression | int) -> Expression:
        """1 if both are the same, else 0: `==` compares two expressions as values of Python."""
        return Computed("==", (self, _expression(other)))

    def differs(self, other: Expression | int) -> Expression:
        """0 if both are the same, else 1."""
        return Computed("!=", (self, _expression(other)))


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


def _expression(value: Expression | int) -> Expression:
    return value if isinstance(value, Expression) else Number(value)


def register(name: str) -> Local:
    """A register; threads that name the same have one each. Raises UsageError for what is no name in C."""
    return Local(_named(name, "register"))


def location(name: str, initial: int | Shared = 0) -> Shared:
    """A shared location with its initial value, a number or another location's address. Raises as `register`."""
    return Shared(_named(name, "location"), initial)


def at(address: Expression) -> Pointed:
    """The place at an address that is computed: an access to it depends by its address on what was read."""
    return Pointed(address)


def _named(name: str, what: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"'{name}' is no name of a {what} in C")
    return name


# --- statements -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Used:
    """A use of a function of the kernel, `plain` for an access without one; `into` gets its result."""

    name: str
    place: Place | None = None
    values: tuple[Expression, ...] = ()
    into: Local | None = None

    def lines(self) -> Iterator[str]:
        """Its line of C."""
        if self.name == _PLAIN:
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
        yield from (_INDENT + line for statement in self.then for line in statement.lines())
        if self.otherwise:
            yield "} else {"
            yield from (_INDENT + line for statement in self.otherwise for line in statement.lines())
        yield "}"


Statement = Used | Assigned | Chosen


def load(into: Local, place: Place, by: str = "READ_ONCE") -> Used:
    """A load: `by` is the function, such as `smp_load_acquire`, or `plain`. Raises UsageError for another."""
    return _used(by, Kind.READ, place, (), into)


def store(place: Place, value: Expression | int, by: str = "WRITE_ONCE") -> Used:
    """A store: `by` is the function, such as `smp_store_release`, or `plain`. Raises UsageError for another."""
    return _used(by, Kind.WRITE, place, (_expression(value),))


def update(name: str, place: Place, *values: Expression | int, into: Local | None = None) -> Used:
    """An atomic update, such as `xchg`, with the values that it takes. Raises UsageError for another function."""
    return _used(name, Kind.UPDATE, place, tuple(map(_expression, values)), into)


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
    """Computes something in a register."""
    return Assigned(into, _expression(value))


def when(condition: Expression, then: Iterable[Statement], otherwise: Iterable[Statement] = ()) -> Chosen:
    """A branch: what is in it depends by control on what the condition is computed from."""
    return Chosen(condition, tuple(then), tuple(otherwise))


def _used(
    name: str, kind: Kind, place: Place | None = None, values: tuple[Expression, ...] = (), into: Local | None = None
) -> Used:
    """Raises UsageError for a function that there is not, or that takes other arguments."""
    if name == _PLAIN and kind in (Kind.READ, Kind.WRITE):
        return Used(name, place, values, into)
    known = {n: call for n, call in CALLS.items() if call.spec.kind is kind and "-" not in call.takes}
    if name not in known:
        raise UsageError(f"'{name}' is no {kind.value} of the kernel", None, did_you_mean(name, known))
    takes = known[name].takes
    if takes.count("v") != len(values) or (place is not None) != bool(set(takes) & {"l", "p"}):
        raise UsageError(usage(name, takes))
    return Used(name, place, values, into)


# --- the outcome ------------------------------------------------------------------------------------------------------


class Proposition:
    """What may hold of a final state; `&`, `|` and `~` combine several."""

    __slots__ = ()

    def __and__(self, other: Proposition) -> Proposition:
        return Combined("/\\", (self, other))

    def __or__(self, other: Proposition) -> Proposition:
        return Combined("\\/", (self, other))

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
        return Compared(self, "=", value)

    def differs(self, value: int | Shared) -> Proposition:
        """That it is something else."""
        return Compared(self, "!=", value)


def final(thread: int | Shared, of: Local | None = None) -> Final:
    """The final value of a thread's register, as `final(1, r0)`, or of a location, as `final(x)`. Raises UsageError."""
    if isinstance(thread, Shared) and of is None:
        return Final(None, thread)
    if isinstance(thread, int) and isinstance(of, Local):
        return Final(thread, of)
    raise UsageError("a final value is that of a thread and its register, or that of a location")


# --- the test ---------------------------------------------------------------------------------------------------------


def build(
    name: str,
    *threads: Sequence[Statement],
    exists: Proposition | None = None,
    not_exists: Proposition | None = None,
    forall: Proposition | None = None,
    observed: Iterable[Final] = (),
    doc: str = "",
) -> LitmusTest:
    """The test of these threads, as `litmus.parse` makes it from its text, `litmus.text(test)`.

    One of `exists`, `not_exists` and `forall` is the condition; `observed` are listed in the final states besides what
    it names. Types are inferred: what `at` follows, and what holds an address, is a pointer. Raises UsageError for no
    threads, no condition or several, and for names that cannot be; ParseError for what C does not allow, with the line
    of the text.
    """
    conditions = [("exists", exists), ("~exists", not_exists), ("forall", forall)]
    asked = [f"{word} ({prop})" for word, prop in conditions if prop is not None]
    if len(asked) != 1:
        raise UsageError("a test has one condition: exists, not_exists or forall")
    if not threads:
        raise UsageError("a test has at least one thread")
    if _TITLE.fullmatch(name) is None:
        raise UsageError(f"'{name}' is no name of a test")
    if '"' in doc or "\n" in doc:
        raise UsageError("the description of a test is one line, without quotes")
    shape = _Shape.of(threads)
    lines = [f"C {name}", *([f'"{doc}"'] if doc else []), "{", *shape.initially(), "}"]
    for number, thread in enumerate(threads):
        lines += ["", *shape.function(number, thread)]
    listed = "; ".join(str(item.of) if item.thread is None else str(item) for item in observed)
    lines += ["", *([f"locations [{listed};]"] if listed else []), *asked, ""]
    return parse_test(Source(f"<{name}>", "\n".join(lines)))


_Key = tuple[int | None, str]
"""A register of a thread, or, with None, a location."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """The locations of a test in order of mention, the C types of those that are no `int`, and what holds addresses."""

    locations: tuple[Shared, ...]
    types: Mapping[str, str]
    pointers: frozenset[_Key]

    @classmethod
    def of(cls, threads: Sequence[Sequence[Statement]]) -> _Shape:
        """Raises UsageError for a location that has two initial values."""
        known: dict[str, Shared] = {}
        types: dict[str, str] = {}
        for statement in (s for thread in threads for s in _all(thread)):
            for name in _names(statement):
                place: Local | Shared | int = name
                while isinstance(place, Shared):
                    if known.setdefault(place.name, place) != place:
                        raise UsageError(f"the location '{place}' has two initial values")
                    place = place.initial
            if isinstance(statement, Used) and isinstance(statement.place, Shared):
                first = next((p for p in _ATOMICS if statement.name.startswith(f"{p}_")), None)
                lock = CALLS[statement.name].spec if statement.name != _PLAIN else None
                if lock is not None and lock.kind is Kind.LOCK:
                    types[statement.place.name] = _TYPES[lock.name.split("_")[0]]
                elif first is not None:
                    types[statement.place.name] = f"{first}_t"
        return cls(tuple(known.values()), types, _pointers(threads, known.values()))

    def initially(self) -> Iterator[str]:
        """The items of the initial state; a lock is free without one."""
        for place in self.locations:
            if isinstance(place.initial, Shared):
                yield f"int *{place}=&{place.initial};"
            elif place.initial or not self.types.get(place.name, "atomic").startswith(_LOCKS):
                yield f"{place}={place.initial};"

    def function(self, number: int, thread: Sequence[Statement]) -> Iterator[str]:
        """The function of a thread."""
        names = dict.fromkeys(name for statement in _all(thread) for name in _names(statement))
        parameters = [self._declared(None, name) for name in names if isinstance(name, Shared)]
        yield f"P{number}({', '.join(parameters)})"
        yield "{"
        registers = [name for name in names if isinstance(name, Local)]
        yield from (f"{_INDENT}{self._declared(number, name)};" for name in registers)
        if registers:
            yield ""
        yield from (_INDENT + line for statement in thread for line in statement.lines())
        yield "}"

    def _declared(self, thread: int | None, name: Local | Shared) -> str:
        stars = "*" * ((thread is None) + ((thread, name.name) in self.pointers))
        return f"{self.types.get(name.name, 'int') if thread is None else 'int'} {stars}{name}"


def _all(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements, and those inside branches."""
    for statement in statements:
        yield statement
        if isinstance(statement, Chosen):
            yield from _all((*statement.then, *statement.otherwise))


def _names(item: Statement | Place | Expression | None) -> Iterator[Local | Shared]:
    """The registers and locations that a statement mentions, without those of the statements inside it."""
    match item:
        case Local() | Shared():
            yield item
        case Computed(operands=operands):
            for operand in operands:
                yield from _names(operand)
        case Pointed(address):
            yield from _names(address)
        case Used(_, place, values, into):
            for part in (into, place, *values):
                yield from _names(part)
        case Assigned(into, value):
            yield into
            yield from _names(value)
        case Chosen(condition):
            yield from _names(condition)


def _pointers(threads: Sequence[Sequence[Statement]], locations: Iterable[Shared]) -> frozenset[_Key]:
    """What holds an address: what is followed, what an address is put into, and what these are copied to or from."""
    found: set[_Key] = {(None, place.name) for place in locations if isinstance(place.initial, Shared)}
    copies: list[tuple[_Key, _Key]] = []
    for number, thread in enumerate(threads):
        for statement in _all(thread):
            if isinstance(statement, Chosen):
                continue
            place = statement.place if isinstance(statement, Used) else None
            values = statement.values if isinstance(statement, Used) else (statement.value,)
            if isinstance(place, Pointed):
                followed = list(_names(place))
                if followed and not any(isinstance(name, Shared) for name in followed):
                    found.add((number, followed[0].name))
            ends: list[_Key] = [(None, place.name)] if isinstance(place, Shared) else []
            ends += [(number, into.name) for into in (statement.into,) if into is not None and _copies(statement)]
            for end in ends:
                found |= {end for value in values if any(isinstance(name, Shared) for name in _names(value))}
                copies += [(end, (number, value.name)) for value in values if isinstance(value, Local)]
            copies += [(ends[0], end) for end in ends[1:]]
    while True:
        more = {key for pair in copies for key in pair if found & set(pair)} - found
        if not more:
            return frozenset(found)
        found |= more


def _copies(statement: Used | Assigned) -> bool:
    """Whether the result is what was in memory, or what was computed, and not whether something succeeded."""
    if isinstance(statement, Assigned) or statement.name == _PLAIN:
        return True
    return CALLS[statement.name].spec.gives in (Gives.VALUE, Gives.NEW)
