"""The places between the accesses of a thread, and fences that may be there or not.

A fence that is optional is an event that a free choice of the execution guards: so one set of clauses answers for every
set of such fences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from litmus.base.source import Source, Span
from litmus.ir.events import Choice, EventGraph
from litmus.ir.formulas import Terms
from litmus.ir.kernel import Kind, kind_of
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import (
    Assign,
    AtomicOperation,
    Branch,
    Fence,
    Goto,
    Label,
    Load,
    Primitive,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Unsequenced,
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The place in a thread before its statement `at`, which is an access, and after `after`, the access before it."""

    thread: int
    after: int
    at: int


AnyFence = Fence | Primitive | AtomicOperation
"""A fence of an architecture, a barrier of the kernel, or a fence of C11."""


@dataclass(frozen=True, slots=True)
class Inserted:
    """A fence at a place: the statement `fence`, whose span is its own and tells its events from all others."""

    place: Place
    name: str
    fence: AnyFence


def places(test: LitmusTest) -> tuple[Place, ...]:
    """The places between two accesses of a thread, but for those within a load-reserve and store-conditional."""
    found = []
    for thread in test.threads:
        before: int | None = None
        for at, statement in enumerate(thread.body):
            if not is_access(statement):
                continue
            if before is not None and not isinstance(statement, StoreConditional):
                found.append(Place(thread.index, before, at))
            before = at
    return tuple(found)


def is_access(statement: Statement) -> bool:
    """Whether a statement reads or writes memory."""
    if isinstance(statement, Primitive):
        return kind_of(statement.name) not in (Kind.FENCE, Kind.RCU)
    if isinstance(statement, AtomicOperation):
        return bool(statement.args)
    return isinstance(statement, Load | Store | StoreConditional | Rmw)


def sides(body: Sequence[Statement], place: Place) -> tuple[list[Statement], list[Statement]]:
    """The accesses that are nearest to a place before and after it, with those of the same statement of C as these.

    No fence can be written between accesses of one statement, so that one beside it has to do for all of them.
    """
    return _together(body, range(place.after, -1, -1)), _together(body, range(place.at, len(body)))


def _together(body: Sequence[Statement], order: Iterable[int]) -> list[Statement]:
    """The first access of these statements, and those after it that are in one statement of C with it."""
    found: list[Statement] = []
    for statement in (body[at] for at in order):
        if is_access(statement):
            if found and not any(_within(statement, whole) and _within(found[0], whole) for whole in body):
                break
            found.append(statement)
    return found


def _within(part: Statement, whole: Statement) -> bool:
    """Whether what one statement was written as is a part of what another was; a branch is more than its condition."""
    if isinstance(whole, Branch | Goto | Label) or isinstance(part, Label):
        return False
    a, b = part.span, whole.span
    return a is not None and b is not None and b.start <= a.start and a.end <= b.end


def outside(body: Sequence[Statement], at: int) -> int:
    """Where a statement goes that comes before the one at `at`: before the whole expression, if that begins with it."""
    found = at
    while at and isinstance(body[at - 1], Unsequenced | Assign):
        at -= 1
        bound = body[at]
        if isinstance(bound, Unsequenced):
            if bound.bound != "first":
                break
            found = at
    return found


def inserted(place: Place, text: str, fence: AnyFence) -> Inserted:
    """A fence, as it is written, at a place."""
    span = Span(Source("a fence that is not in the test", text), 0, len(text))
    return Inserted(place, text, replace(fence, span=span))


def with_fences(test: LitmusTest, fences: Sequence[Inserted]) -> LitmusTest:
    """A test with fences; of several at a place, in this order."""
    threads = []
    for thread in test.threads:
        body: list[Statement] = []
        row_of: list[int] = []
        here: dict[int, list[Inserted]] = {}
        for fence in fences:
            if fence.place.thread == thread.index:
                here.setdefault(outside(thread.body, fence.place.at), []).append(fence)
        for at, statement in enumerate(thread.body):
            row = thread.row_of[at] if at < len(thread.row_of) else -1
            for fence in here.get(at, ()):
                body.append(fence.fence)
                row_of.append(row)
            body.append(statement)
            row_of.append(row)
        threads.append(replace(thread, body=tuple(body), row_of=tuple(row_of)))
    return replace(test, threads=tuple(threads))


def events_of(graph: EventGraph, fences: Sequence[Inserted]) -> dict[int, int]:
    """The events of inserted fences, each with the number of its fence."""
    numbers = {id(fence.fence.span): k for k, fence in enumerate(fences)}
    return {e.index: numbers[id(e.span)] for e in graph.events if id(e.span) in numbers}


def optional(graph: EventGraph, fences: Sequence[Inserted]) -> tuple[EventGraph, tuple[int, ...]]:
    """The graph of a test with fences in which each may be missing; and for each the choice that it is there."""
    mine = events_of(graph, fences)
    choices = tuple(graph.choices + k for k in range(len(fences)))
    terms = Terms()
    events = [
        replace(e, guard=terms.and_(e.guard, Choice(choices[mine[e.index]]))) if e.index in mine else e
        for e in graph.events
    ]
    return replace(graph, events=tuple(events), choices=graph.choices + len(fences)), choices


def originals(graph: EventGraph, fences: Sequence[Inserted]) -> Mapping[int, int]:
    """For each event of a test with fences that is not theirs, the event of the test without them."""
    mine = events_of(graph, fences)
    return {event.index: k for k, event in enumerate(e for e in graph.events if e.index not in mine)}
