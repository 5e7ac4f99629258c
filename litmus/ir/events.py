"""The event graph: every event a test can have. Later stages know a program in this form only.

One graph stands for all executions. An event that only some executions have carries a guard; a value that depends on
what was read is an expression over read events. Relations are rows of bits: `rows[i] >> j & 1` is the pair (i, j).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal

from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.ir.litmus_test import LitmusTest, Observable
from litmus.ir.thread import NO_TAGS, Address, Operator, Value

# --- value expressions over read events, and formulas over them ---------------------------------------------------
#
# Both are graphs with shared parts rather than trees: the value of a register that is used twice is one object. So a
# node keeps its hash (computed once, from those of its parts) and its depth.


@dataclass(frozen=True, slots=True)
class Known:
    """A value that is the same in every execution."""

    value: Value


@dataclass(frozen=True, slots=True)
class ReadValue:
    """What the read event `event` (an index into the graph's events) returned."""

    event: int


@dataclass(frozen=True, slots=True)
class Truth:
    """A formula that is the same in every execution."""

    value: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A free choice of the machine, such as the success of a conditional store; numbered from 0."""

    index: int


@dataclass(frozen=True, slots=True, eq=False)
class _Compound:
    """A node with parts. `depth` is the longest way down to a leaf.

    Equality takes as many steps as there are different parts, not as there are ways to them.
    """

    depth: int = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)

    def _given(self) -> tuple[object, ...]:
        """What the node was made of."""
        raise NotImplementedError

    def _know(self, name: str, plain: object, parts: tuple[ValueExpr | Formula, ...]) -> None:
        object.__setattr__(
            self, "depth", 1 + max([p.depth if isinstance(p, _Compound) else 0 for p in parts], default=0)
        )
        object.__setattr__(self, "_hash", hash((name, plain, *parts)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Compound) and _equal(self, other)

    def __reduce__(self) -> tuple[type[_Compound], tuple[object, ...]]:
        return type(self), self._given()  # made anew, since another process has other hashes of strings


def _equal(left: _Compound, right: _Compound) -> bool:
    seen: set[tuple[int, int]] = set()
    pairs: list[tuple[object, object]] = [(left, right)]
    while pairs:
        a, b = pairs.pop()
        if a is b:
            continue
        if isinstance(a, _Compound) and isinstance(b, _Compound):
            if a._hash != b._hash or type(a) is not type(b):
                return False
            if (id(a), id(b)) not in seen:
                seen.add((id(a), id(b)))
                pairs.extend(zip(a._given(), b._given(), strict=True))
        elif isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif a != b:
            return False
    return True


@dataclass(frozen=True, slots=True, eq=False)
class Apply(_Compound):
    """An operator of `litmus.ir.thread.Op` on values, at `bits` bits."""

    op: Operator
    args: tuple[ValueExpr, ...]
    bits: int = 64

    def __post_init__(self) -> None:
        self._know(self.op, self.bits, self.args)

    def _given(self) -> tuple[object, ...]:
        return self.op, self.args, self.bits


@dataclass(frozen=True, slots=True, eq=False)
class Select(_Compound):
    """`then` where the formula holds, `otherwise` where it does not: the value of a register after a join."""

    formula: Formula
    then: ValueExpr
    otherwise: ValueExpr

    def __post_init__(self) -> None:
        self._know("select", None, (self.formula, self.then, self.otherwise))

    def _given(self) -> tuple[object, ...]:
        return self.formula, self.then, self.otherwise


ValueExpr = Known | ReadValue | Apply | Select


@dataclass(frozen=True, slots=True, eq=False)
class NonZero(_Compound):
    """The value is not 0; an address never is."""

    expr: ValueExpr

    def __post_init__(self) -> None:
        self._know("nonzero", None, (self.expr,))

    def _given(self) -> tuple[object, ...]:
        return (self.expr,)


@dataclass(frozen=True, slots=True, eq=False)
class NotF(_Compound):
    operand: Formula

    def __post_init__(self) -> None:
        self._know("not", None, (self.operand,))

    def _given(self) -> tuple[object, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True, eq=False)
class AndF(_Compound):
    operands: tuple[Formula, ...]

    def __post_init__(self) -> None:
        self._know("and", None, self.operands)

    def _given(self) -> tuple[object, ...]:
        return (self.operands,)


@dataclass(frozen=True, slots=True, eq=False)
class OrF(_Compound):
    operands: tuple[Formula, ...]

    def __post_init__(self) -> None:
        self._know("or", None, self.operands)

    def _given(self) -> tuple[object, ...]:
        return (self.operands,)


Formula = Truth | NonZero | Choice | NotF | AndF | OrF
ALWAYS = Truth(True)
NEVER = Truth(False)

# --- events -------------------------------------------------------------------------------------------------------

INIT_THREAD = -1

EventKind = Literal["R", "W", "U", "F", "B", "A", "H", "G"]
"""Read, write, fence, branch; U is an update, which reads and writes; A is at a location, but in rf and co only if the
model says so; H is a hop on a bus; G is an access to a register, in graphs for models that look at them."""

READS: Final = "RU"
"""The kinds of events that read."""

WRITES: Final = "WU"
"""The kinds of events that write."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    `thread` is -1 for initial writes; `instruction` numbers the instruction instances of the test, so that the events
    of one instruction share it (relation `si`). `addr` is there for R, W, U and A, `value` for what W and U write, and
    for some A (what R and U read is `ReadValue(index)`), `tested` for B.
    """

    index: int
    thread: int
    instruction: int
    kind: EventKind
    tags: frozenset[str] = NO_TAGS
    guard: Formula = ALWAYS
    addr: ValueExpr | None = None
    value: ValueExpr | None = None
    tested: ValueExpr | None = None
    span: Span | None = None
    row: int = -1  # the row of the thread's program it came from

    @property
    def is_init(self) -> bool:
        return self.thread == INIT_THREAD


Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GuardedRelation:
    """A relation known before execution, up to the pairs that only some executions have.

    n x n over the graph's events. A pair is there when both its events are executed and, if `conditions` names the
    pair, its formula holds.
    """

    rows: Rows
    conditions: Mapping[tuple[int, int], Formula]


@dataclass(frozen=True, slots=True)
class Reported:
    """What the program says of an execution in which the formula holds."""

    name: str
    formula: Formula


@dataclass(frozen=True, slots=True)
class EventGraph:
    """Everything a test's program can do.

    `initial` are the indices of the initial writes, one for each location, in the order of `locations`; they come first
    among the events. `relations` are those that the program gives, by the names that models know them by, n x n over
    all events: `po` relates events of different instructions only, as in herd, and the read and the write of an update
    where that says so; `addr`, `data` and `ctrl` are the dependencies; `rmw` are the reads and writes of atomic
    updates, `amo` those of them that one instruction makes; `litmus.pci.hops` and `litmus.unfold.registers` add others.
    `final` gives the value at the end of every register that is observed, or that the filter mentions. `assumptions`
    must hold in every execution.
    `bound` holds in the executions that were cut because a loop went round more often than the unroll limit; they are
    not complete and never count as outcomes. `further` holds in those of them that may come to outcomes which no
    execution within the limit has; the others repeat rounds that had no effect, so that nothing is lost if the model is
    monotone. `reports` are what the program itself finds wrong with some executions.
    """

    test: LitmusTest
    events: tuple[Event, ...]
    locations: tuple[Address, ...]
    initial: tuple[int, ...]
    relations: Mapping[str, GuardedRelation]
    final: Mapping[Observable, ValueExpr]
    choices: int
    assumptions: tuple[Formula, ...]
    bound: Formula
    further: Formula
    reports: tuple[Reported, ...] = ()
