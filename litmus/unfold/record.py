"""The events and relations of a graph under construction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.ir.events import (
    ALWAYS,
    INIT_THREAD,
    NEVER,
    Choice,
    Event,
    EventKind,
    Formula,
    GuardedRelation,
    Known,
    ReadValue,
    ValueExpr,
)
from litmus.ir.formulas import Terms
from litmus.ir.model import PICKS
from litmus.ir.thread import NO_TAGS, Address, Parts, Thread, Value
from litmus.unfold.state import Deps, State, TracedValue

MAX_EVENTS = 4000
"""Events a graph may have; a test that unfolds to more is refused."""

MAX_STEPS = 50_000
"""The most statements that are run, all threads and paths together."""


_RELATIONS = ("addr", "data", "ctrl", *PICKS, "rmw", "amo")


@dataclass(slots=True)
class Relation:
    """A relation under construction."""

    rows: dict[int, int] = field(default_factory=dict)
    conditions: dict[tuple[int, int], Formula] = field(default_factory=dict)

    def add(self, terms: Terms, deps: Deps, target: int) -> None:
        """Add the pairs from each event that `target` depends on to `target`."""
        bit = 1 << target
        rows = self.rows
        for source, condition in deps.items():
            before = rows.get(source, 0)
            rows[source] = before | bit
            if before & bit:  # on several paths
                condition = terms.or_(self.conditions.pop((source, target), ALWAYS), condition)
            if condition is not ALWAYS:
                self.conditions[source, target] = condition

    def freeze(self, n: int) -> GuardedRelation:
        """The relation over n events."""
        rows = [0] * n
        for source, bits in self.rows.items():
            rows[source] = bits
        return GuardedRelation(tuple(rows), self.conditions)


class Record:
    """The graph so far: events (the initial writes first), relations (also those named), conditions."""

    def __init__(
        self,
        locations: Sequence[Address],
        values: Mapping[Address, Value],
        wholes: Iterable[Sequence[Address]],
        deadline: Deadline,
        relations: Collection[str] = (),
    ) -> None:
        self.terms = Terms()
        self.deadline = deadline
        self.steps = 0
        self.events = [
            Event(i, INIT_THREAD, i, "W", NO_TAGS, ALWAYS, Known(a), Known(values.get(a, 0)))
            for i, a in enumerate(locations)
        ]
        self.instructions = len(locations)
        initial = {a: i for i, a in enumerate(locations)}
        self.divided = [(tuple([initial[a] for a in whole]), 1) for whole in wholes]  # accesses of parts, with sizes
        self.pairs: list[tuple[tuple[int, ...], tuple[int, ...], int]] = []  # both accesses of each, and their size
        self.latest: tuple[int, ...] = ()  # the events of the latest access
        self.before: dict[int, int] = {}  # event -> the events before it in program order
        self.names = (*_RELATIONS, *relations)
        self.relations: dict[str, Relation] = defaultdict(Relation)  # those of them that have pairs
        self.choices = 0
        self.assumptions: list[Formula] = []
        self.cut: list[Formula] = []
        self.further: list[Formula] = []  # those of them that may have outcomes which no others have
        self.reports: dict[str, Formula] = {}

    def step(self) -> None:
        """Count a statement. Raises LimitReached at the deadline, or if there are too many."""
        self.steps += 1
        if not self.steps & 63:
            self.deadline.check()
        if self.steps > MAX_STEPS:
            raise LimitReached("limit", f"more than {MAX_STEPS} steps to run the program; lower --unroll")

    def choice(self) -> Choice:
        """A new free choice."""
        self.choices += 1
        return Choice(self.choices - 1)

    def event(
        self,
        state: State,
        thread: Thread,
        span: Span | None,
        at: int,
        kind: EventKind,
        tags: frozenset[str] = NO_TAGS,
        where: TracedValue | None = None,
        what: TracedValue | None = None,
        tested: ValueExpr | None = None,
        depends: Deps | None = None,
    ) -> int:
        """Add the event that a statement makes next in a state, and its dependencies; its number.

        The data dependencies are those of the value `what`, or `depends` where a machine has others.
        """
        index = len(self.events)
        check_events(index + 1)
        row = thread.row_of[at] if at < len(thread.row_of) else -1
        self.events.append(
            Event(
                index,
                thread.index,
                self.instructions,
                kind,
                tags,
                self.terms.and_(*state.path),
                where.value if where else None,
                what.value if what else None,
                tested,
                span,
                row,
            )
        )
        self.instructions += 1
        self.before[index] = state.before
        state.before |= 1 << index
        if where:
            if where.deps:
                self.relations["addr"].add(self.terms, where.deps, index)
            if where.picked:
                self.relations["pick-addr"].add(self.terms, where.picked, index)
        if what:
            if data := what.deps if depends is None else depends:
                self.relations["data"].add(self.terms, data, index)
            if what.picked:
                self.relations["pick-data"].add(self.terms, what.picked, index)
        if state.picked:
            self.relations["pick-ctrl"].add(self.terms, state.picked, index)
        if kind != "G":  # what depends by control is what an instruction does, not how it is computed
            for deps in (state.ctrl, *state.within.values()):
                if deps:
                    self.relations["ctrl"].add(self.terms, deps, index)
        return index

    def access(
        self,
        state: State,
        thread: Thread,
        span: Span | None,
        at: int,
        kind: EventKind,
        tags: frozenset[str],
        parts: Parts | None,
        where: TracedValue,
        what: TracedValue | None = None,
        depends: Deps | None = None,
    ) -> tuple[int, ...]:
        """Add the event of an access, or those of its parts, which belong to one instruction; their numbers."""
        if parts is None:
            self.latest = (self.event(state, thread, span, at, kind, tags, where, what, depends=depends),)
            return self.latest
        before, found = state.before, []
        for k in range(parts.count):
            there = self._add(where, parts.bytes * k, thread)
            value = what and replace(what, value=self._part(what.value, parts.place(k), parts.bytes, thread))
            state.before = before
            self.instructions -= k > 0
            found.append(self.event(state, thread, span, at, kind, tags, there, value, depends=depends))
        state.before = before | sum(1 << event for event in found)
        self.latest = tuple(found)
        self.divided.append((self.latest, parts.size))
        return self.latest

    def read(self, events: Sequence[int], parts: Parts | None, thread: Thread) -> ValueExpr:
        """What an access read: the signed number that the values of its parts make."""
        if parts is None:
            return ReadValue(events[0])
        terms, width, bits = self.terms, 8 * parts.bytes, thread.word_bits
        mask = Known((1 << width) - 1)
        value: ValueExpr = Known(0)
        for k, event in enumerate(events):
            part: ValueExpr = ReadValue(event)
            place = parts.place(k)
            if place < parts.count - 1:  # the one with the most significant bits has the sign
                part = terms.apply("and", (part, mask), bits)
            shifted = terms.apply("shl", (part, Known(width * place)), bits)
            value = terms.apply("or", (value, shifted), bits)
        return value

    def _add(self, where: TracedValue, offset: int, thread: Thread) -> TracedValue:
        """The address some bytes further on."""
        return replace(where, value=self.terms.apply("add", (where.value, Known(offset)), thread.word_bits))

    def _part(self, value: ValueExpr, k: int, bytes_: int, thread: Thread) -> ValueExpr:
        """A part of a value, as a signed number."""
        bits, width = thread.word_bits, 8 * bytes_
        up, down = Known(bits - width * (k + 1)), Known(bits - width)
        return self.terms.apply("sar", (self.terms.apply("shl", (value, up), bits), down), bits)

    def report(self, name: str, span: Span | None, formula: Formula) -> None:
        """Add that the program reports something where a formula holds; the same place is one report."""
        if span is not None:
            name = f"{name} line {span.source.position(span.start)[0]}"
        self.reports[name] = self.terms.or_(self.reports.get(name, NEVER), formula)

    def po(self) -> GuardedRelation:
        """Program order."""
        n = len(self.events)
        rows = [0] * n
        previous = 0
        for event, before in (*self.before.items(), (n, 0)):
            onwards = -1 << event  # most events have before them what the last one had, and it
            changed = before ^ previous
            while changed:
                low = changed & -changed
                rows[low.bit_length() - 1] ^= onwards
                changed ^= low
            previous = before
        return GuardedRelation(tuple(rows), {})


def check_events(count: int) -> None:
    """Raises LimitReached if these are too many events for one graph."""
    if count > MAX_EVENTS:
        raise LimitReached("limit", f"the test has more than {MAX_EVENTS} events; lower --unroll")
