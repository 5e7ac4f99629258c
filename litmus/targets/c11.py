"""C11 under a model of the language, where every atomic operation is one event with the set of its memory order; or
compiled for an architecture.

The sets are those of herd7's models of C11:

    RLX, CON, ACQ, REL, ACQ_REL, SC   the operations and fences of each order
    A, NA                             the atomic accesses, and all other events
    RMW                               the atomic updates
    LK, LS, UL                        the events by which a mutex is taken (LK and LS are the same here) and left

Those of mutexes are at their location and nothing more: which follows which, the model finds.

A compare-exchange that fails is a load, with its second order. A strong one fails only if it finds another value.
Source: herdtools7 7.58, herd/CSem.ml and herd/CAction.ml; ISO C17, 7.17.7.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.cat.description import ModelInfo
from litmus.ir.c11 import plain_access, written
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import (
    Assign,
    Assume,
    AtomicOperation,
    AtomicUpdate,
    Branch,
    Call,
    Choose,
    Fence,
    Goto,
    Label,
    Load,
    Mark,
    MemoryOrder,
    Op,
    Primitive,
    Reg,
    Statement,
    Store,
    Thread,
)
from litmus.kernel.c11 import compiled

LOCKS = frozenset({"LK", "LKR", "LKW", "LS", "LF", "UL", "RL", "RU"})
"""The sets of the events of locks, of which a mutex has LK, LS and UL."""

_SETS: Mapping[MemoryOrder, str] = {
    "relaxed": "RLX",
    "consume": "CON",
    "acquire": "ACQ",
    "release": "REL",
    "acq_rel": "ACQ_REL",
    "seq_cst": "SC",
}
_MUTEX: Mapping[str, frozenset[str]] = {"lock": frozenset({"LK", "LS"}), "unlock": frozenset({"UL"})}
_PLAIN = frozenset({"NA"})
SETS = frozenset({*_SETS.values(), "A", "NA", "RMW"}) | LOCKS
"""The sets that events may be in."""


@dataclass(frozen=True, slots=True)
class C11Target:
    """A test in C11 under a model of C11."""

    variants: frozenset[str]
    sets: frozenset[str] = SETS
    relations: frozenset[str] = frozenset()
    absent: frozenset[str] = LOCKS
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()

    @classmethod
    def of(cls, test: LitmusTest, options: Options) -> C11Target:
        """The target of a test."""
        used = {s.name for thread in test.threads for s in thread.body if isinstance(s, AtomicOperation)}
        there = {tag for name, tags in _MUTEX.items() if name in used for tag in tags}
        return cls(options.variants, absent=LOCKS - there)

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test with each operation as what makes its events.

        Raises UnsupportedError for a function of the kernel, LimitReached at the deadline.
        """
        return replace(test, threads=tuple([_Thread(thread, deadline).thread() for thread in test.threads]))

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph in which the initial writes are not atomic."""
        events = tuple([replace(event, tags=_PLAIN) if event.is_init else event for event in graph.events])
        return replace(graph, events=events)


@dataclass(frozen=True, slots=True)
class CompiledTarget:
    """A test in C11, compiled for the architecture of a model."""

    architecture: ModelInfo
    variants: frozenset[str]
    relations: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def sets(self) -> frozenset[str]:
        """The sets that the operations of the architecture are in."""
        return self.architecture.tags

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The doubts of the architecture's description about how C11 is compiled."""
        return tuple(dict.fromkeys(row.origin.uncertain for row in self.architecture.c11 if row.origin.uncertain))

    def program(self, test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
        """The test compiled to operations. Raises UnsupportedError for a function of the kernel, LimitReached."""
        return compiled(test, self.architecture, deadline)

    def graph(self, graph: EventGraph, deadline: Deadline = NO_DEADLINE) -> EventGraph:
        """The graph, unchanged."""
        return graph


class _Thread:
    """The operations of one thread as statements with events."""

    def __init__(self, thread: Thread, deadline: Deadline) -> None:
        self.source = thread
        self.deadline = deadline
        self.body: list[Statement] = []
        self.row_of: list[int] = []
        self.fresh = 0

    def thread(self) -> Thread:
        for at, statement in enumerate(self.source.body):
            self.deadline.check()
            before = len(self.body)
            self.statement(statement)
            row = self.source.row_of[at] if at < len(self.source.row_of) else -1
            self.row_of += [row] * (len(self.body) - before)
        return replace(self.source, body=tuple(self.body), row_of=tuple(self.row_of))

    def statement(self, statement: Statement) -> None:
        match statement:
            case AtomicOperation():
                self.operation(statement)
            case Primitive(_, dest, args, span) if (kind := plain_access(statement)) is not None:
                load = Load(dest or self.name(), args[0], _PLAIN, span=span)
                self.body.append(load if kind == "load" else Store(args[0], args[1], _PLAIN, span))
            case Primitive(name) | Call(name):
                from litmus.dialects.c.atomics import refusal  # for an error only

                raise refusal(name, statement.span)
            case _:
                self.body.append(statement)

    def operation(self, operation: AtomicOperation) -> None:
        name, args, span = operation.name, operation.args, operation.span
        if name in _MUTEX:
            self.body.append(Mark(args[0], _MUTEX[name] | _PLAIN, span=span))
            return
        order = frozenset({_SETS[operation.orders[0]]})
        dest = operation.dest or self.name()
        match name:
            case "fence":
                self.body.append(Fence(order | _PLAIN, span))
            case "load":
                self.body.append(Load(dest, args[0], order | {"A"}, span=span))
            case "store":
                self.body.append(Store(args[0], args[1], order | {"A"}, span))
            case "compare_exchange":
                self.compare_exchange(operation, dest)
            case _:
                value = written(operation, dest, self.source.word_bits)
                self.body.append(AtomicUpdate(dest, args[0], value, order | {"A", "RMW"}, span))

    def compare_exchange(self, operation: AtomicOperation, dest: str) -> None:
        """Which of the two happens is chosen first, since they are different events.

        If it fails it did not find what it expects, but for a weak one, which may fail all the same.
        """
        address, expected, desired = operation.args
        success, failure = (frozenset({_SETS[order], "A"}) for order in operation.orders)
        span, chosen, no, end = operation.span, self.name(), self.name(), self.name()
        found = Op("eq", (Reg(dest), expected))
        self.body += (
            Choose(chosen, span),
            Branch(Op("lnot", (Reg(chosen),)), no, span, until=end),
            AtomicUpdate(dest, address, desired, success | {"RMW"}, span),
            Assume(found, span),
            Goto(end),
            Label(no),
            Load(dest, address, failure, span=span),
        )
        if operation.done is None:
            self.body.append(Assume(Op("lnot", (found,)), span))
        self.body.append(Label(end))
        if operation.done is not None:
            self.body.append(Assign(operation.done, Reg(chosen), span))

    def name(self) -> str:
        """A new register or label, with a name that no program can have."""
        self.fresh += 1
        return f".c{self.fresh}"
