"""All programs of one shape as a single event graph: free choices say which of them an execution is of.

The shape is how many accesses each thread has. Each access is there in every form that it may have, such as a read, a
write, an acquire, a release, before it every barrier, and with every dependency; choices are the guards of these
events, the conditions of the dependencies, and say which location it is of. `litmus.batch.programs` says what programs
there are, `litmus.batch.languages` what forms and links.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from litmus.base.relation import bits
from litmus.base.source import Source, Span
from litmus.batch.languages import DEPENDENCIES, Form, Language
from litmus.batch.programs import Step, Threads, most_locations
from litmus.encode.cnf import TRUE, Cnf
from litmus.ir.events import (
    NEVER,
    Choice,
    Event,
    EventGraph,
    Formula,
    GuardedRelation,
    Known,
    NotF,
    Select,
    ValueExpr,
)
from litmus.ir.formulas import Terms
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Branch, Const, Expr, Label, Op, Reg, Statement

Part = Form | str
"""What an event of a sketch is of: a form of its access, or the link before it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An access of a shape, and the choices of what it is: whether it is a write, its link, and its location.

    `elsewhere[k]` is the choice of location k + 1; without any of them it is location 0.
    """

    writes: int
    links: Mapping[str, int]
    elsewhere: tuple[int, ...]


class Sketch:
    """The programs in a language with threads of some lengths and some of its links.

    `test` has all of it one after the other; `graph` makes its event graph that of all the programs. The choices of the
    graph are numbered from 0 to `choices`, for every model the same.
    """

    def __init__(self, lengths: Sequence[int], language: Language, links: Sequence[str]) -> None:
        self.language = language
        self.lengths = tuple(lengths)
        self.choices = 0
        places = most_locations(sum(lengths))
        self.threads = [
            [
                Slot(
                    self._new(),
                    {link: self._new() for link in links if k},
                    tuple(self._new() for _ in range(places - 1)),
                )
                for k in range(length)
            ]
            for length in lengths
        ]
        self.slots = [slot for thread in self.threads for slot in thread]
        self._marks: dict[int, tuple[Span, int, Part]] = {}  # by the identity of the span
        self.test = self._with_all(places)

    def _new(self) -> int:
        self.choices += 1
        return self.choices - 1

    # --- the test -----------------------------------------------------------------------------------------------------

    def _with_all(self, places: int) -> LitmusTest:
        """The test in which each access has all its forms and links."""
        everywhere = tuple(tuple(Step("", "W", place) for place in range(places)) for _ in self.lengths)
        bare = self.language.test(everywhere, "sketch")
        numbers = iter(range(len(self.slots)))
        threads = tuple(
            replace(thread, body=tuple(self._body([next(numbers) for _ in slots], bare)), row_of=())
            for thread, slots in zip(bare.threads, self.threads, strict=True)
        )
        return replace(bare, threads=threads, observed=(), shown=(), types={})

    def _body(self, numbers: Sequence[int], bare: LitmusTest) -> Iterator[Statement]:
        addr = Const(bare.locations[0])
        led: list[str] = []  # the registers of the reads before that may lead to a dependency
        for number in numbers:
            links, end = self.slots[number].links, f"end{number}"
            for link in links:
                barrier = self.language.barrier(link, self._mark(number, link))
                if barrier is not None:
                    yield barrier
            nothing: Expr = Const(0)  # but it depends on the read before
            for register in led:
                nothing = Op("add", (nothing, Op("xor", (Reg(register), Reg(register)))))
            if "ctrl" in links:
                yield Branch(nothing, end, self._mark(number, "ctrl"), until=end)
            where: Expr = Op("add", (addr, nothing)) if "addr" in links else addr
            what: Expr = Const(number + 1)
            depending: Expr = Op("add", (what, nothing)) if "data" in links else what
            led = []
            for k, form in enumerate(self.language.forms):
                if not form.plain and not self._asking(number, form):
                    continue
                register = f"r{number}_{k}"
                at, value = (where, depending) if form.may_depend else (addr, what)
                yield self.language.access(form, register, at, value, self._mark(number, form))
                if form.kind == "R" and form.may_lead:
                    led.append(register)
            if "ctrl" in links:
                yield Label(end)

    def _mark(self, number: int, part: Part) -> Span:
        name = part if isinstance(part, str) else part.name
        span = Span(Source("a sketch", name), 0, len(name))
        self._marks[id(span)] = span, number, part
        return span

    def _asking(self, number: int, form: Form) -> list[Formula]:
        """The links that ask for a form of an access."""
        return [
            Choice(links[link])
            for links, several in ((self.slots[number].links, form.own), (self._following(number), form.following))
            for link in several
            if link in links
        ]

    def _following(self, number: int) -> Mapping[str, int]:
        """The links of the next access of the thread."""
        return self.slots[number + 1].links if number + 1 < len(self.slots) else {}  # a first access has none

    # --- its event graph ----------------------------------------------------------------------------------------------

    def of(self, event: Event) -> tuple[int, Part] | None:
        """The number of the access that an event belongs to, and the form or link; None for an initial write."""
        mark = self._marks.get(id(event.span))
        return None if mark is None else mark[1:]

    def most_executed(self, events: Sequence[Event]) -> int:
        """How many events of the accesses, at most, are in one execution: each access has one form and one link."""
        count = Counter(mark for event in events if (mark := self.of(event)) is not None)
        most: Counter[tuple[int, bool]] = Counter()
        for (number, part), several in count.items():
            key = number, isinstance(part, Form)
            most[key] = max(most[key], several)
        return most.total()

    def graph(self, graph: EventGraph) -> EventGraph:
        """The event graph of `test`, with each form and link there by choice."""
        terms = Terms()
        events = tuple(self._chosen(event, graph, terms) for event in graph.events)
        relations = {name: self._dependent(name, relation, events) for name, relation in graph.relations.items()}
        return replace(
            graph,
            events=events,
            relations=relations,
            choices=self.choices,
            assumptions=(),
            bound=NEVER,
            further=NEVER,
            final={},
        )

    def _chosen(self, event: Event, graph: EventGraph, terms: Terms) -> Event:
        mark = self.of(event)
        if mark is None:
            return event
        number, part = mark
        slot = self.slots[number]
        addr, value = event.addr, event.value
        if addr is not None:
            addr = Known(graph.locations[0])
            for choice, location in zip(slot.elsewhere, graph.locations[1:], strict=True):
                addr = Select(Choice(choice), Known(location), addr)
        if value is not None:
            value = Known(number + 1)
        tested: ValueExpr | None = None if event.tested is None else Known(0)
        return replace(event, guard=self._guard(number, part, terms), addr=addr, value=value, tested=tested)

    def _guard(self, number: int, part: Part, terms: Terms) -> Formula:
        """When a form or a link is there: links ask for the form, and for none before it of its kind."""
        slot = self.slots[number]
        if isinstance(part, str):
            return Choice(slot.links[part])
        writes = Choice(slot.writes)
        conditions: list[Formula] = [writes if part.kind == "W" else NotF(writes)]
        for form in self.language.forms:
            if form == part:
                break
            if form.kind == part.kind:
                conditions.append(terms.not_(terms.or_(*self._asking(number, form))))
        if not part.plain:
            conditions.append(terms.or_(*self._asking(number, part)))
        return terms.and_(*conditions)

    def _dependent(self, name: str, relation: GuardedRelation, events: Sequence[Event]) -> GuardedRelation:
        """A dependency by choice; any other relation as it is.

        What else depends on a read of a form that may not lead to a dependency is part of how it has that form.
        """
        if name not in DEPENDENCIES:
            return relation
        conditions = dict(relation.conditions)
        for source, row in enumerate(relation.rows):
            mark = self.of(events[source])
            if row and mark is not None and isinstance(mark[1], Form) and mark[1].may_lead:
                condition = Choice(self._following(mark[0])[name])
                conditions |= {(source, target): condition for target in bits(row)}
        return GuardedRelation(relation.rows, conditions)

    # --- its programs -------------------------------------------------------------------------------------------------

    def require(self, cnf: Cnf, choice: Callable[[int], int]) -> list[int]:
        """Clauses that the choices, with these literals, are those of a program; the literals of its links.

        Of programs that differ in the order of their threads there is one with threads of a length in order of the
        kinds and links of their accesses.
        """
        writes = [choice(slot.writes) for slot in self.slots]
        at = []  # at[k][place]: access k is of this location
        for slot in self.slots:
            elsewhere = [choice(number) for number in slot.elsewhere]
            cnf.at_most_one(elsewhere)
            at.append([cnf.and_([-x for x in elsewhere]), *elsewhere])
        for place in range(len(at[0])):
            written = cnf.or_([cnf.and_((wrote, where[place])) for wrote, where in zip(writes, at, strict=True)])
            for number, where in enumerate(at):
                cnf.add(-where[place], written)
                cnf.add(-where[place], *[other[place] for k, other in enumerate(at) if k != number])
                if place:  # locations are numbered as they come
                    cnf.add(-where[place], *[earlier[place - 1] for earlier in at[:number]])
        chosen = []
        for number, slot in enumerate(self.slots):
            several = [choice(link) for link in slot.links.values()]
            cnf.at_most_one(several)
            chosen += several
            for link, literal in zip(slot.links, several, strict=True):
                for (before, kind), possible in self.language.links.items():
                    if link not in possible:
                        cnf.add(
                            -literal,
                            -writes[number - 1] if before == "W" else writes[number - 1],
                            -writes[number] if kind == "W" else writes[number],
                        )
        for thread, following in pairwise(self.threads):
            if len(thread) == len(following):
                _in_order(cnf, *([choice(c) for slot in one for c in _kinds(slot)] for one in (thread, following)))
        return chosen

    def program(self, chosen: Sequence[bool]) -> Threads:
        """The program of some choices."""
        return tuple(tuple(_step(slot, chosen) for slot in thread) for thread in self.threads)


def _kinds(slot: Slot) -> tuple[int, ...]:
    """The choices of a slot that do not say which location it is of: how that is called depends on what is before."""
    return slot.writes, *slot.links.values()


def _in_order(cnf: Cnf, first: Sequence[int], second: Sequence[int]) -> None:
    """Clauses that a row of literals is not before another, where the first that differ tell."""
    same = TRUE
    for a, b in zip(first, second, strict=True):
        cnf.add(-same, a, -b)
        same = cnf.and_((same, cnf.or_((a, -b)), cnf.or_((-a, b))))


def _step(slot: Slot, chosen: Sequence[bool]) -> Step:
    link = next((name for name, choice in slot.links.items() if chosen[choice]), "")
    place = next((k for k, choice in enumerate(slot.elsewhere, start=1) if chosen[choice]), 0)
    return Step(link, "W" if chosen[slot.writes] else "R", place)
