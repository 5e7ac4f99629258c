"""All forms of a program in one solver: at each site one of its forms is there, as assumptions say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from litmus.barriers.sites import Form, Site, What, marker
from litmus.base.relation import bits
from litmus.base.source import Span
from litmus.encode.problem import Solution
from litmus.explanations.places import is_access, outside
from litmus.explanations.trials import Asked, Trial
from litmus.ir.events import (
    ALWAYS,
    Apply,
    Choice,
    EventGraph,
    Formula,
    GuardedRelation,
    NonZero,
    NotF,
    Select,
    ValueExpr,
)
from litmus.ir.formulas import Terms
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import AtomicOperation, Branch, Choose, Fence, Goto, Label, Op, Primitive, Reg, Statement, Thread

_Marks = dict[int, tuple[Span, int, int]]
"""The spans of forms, by their identity, with the number of the site and of the form: so are their events known."""


def chosen(test: LitmusTest, sites: Sequence[Site], forms: Mapping[int, int]) -> LitmusTest:
    """The test with these forms of its sites, and the first of all others; dependencies stay as they are."""
    bodies = {thread.index: _Body(thread) for thread in test.threads}
    for number, form in forms.items():
        site = sites[number]
        statements = site.forms[form].statements
        for thread, at in site.at:
            if site.what is What.PLACE:
                bodies[thread].put_before(at, statements)
            elif site.what is not What.DEPENDENCY and form != 0:
                bodies[thread].put_instead(at, statements)
    return replace(test, threads=tuple(bodies[thread.index].thread() for thread in test.threads))


class Variants:
    """The executions with an outcome of every form of a program, under one model. To be closed."""

    def __init__(self, asked: Asked, sites: Sequence[Site]) -> None:
        self.sites = sites
        test, marks = _with_all(asked.test, sites)
        self.keys: tuple[tuple[int, int], ...] = ()  # the site and form that each choice is for

        def change(graph: EventGraph) -> tuple[EventGraph, tuple[int, ...]]:
            graph, choices = _guarded(graph, sites, marks)
            self.keys = tuple(key for key, several in choices.items() for _ in several)
            return graph, tuple(choice for several in choices.values() for choice in several)

        self.trial = Trial(replace(asked, test=test), change)

    def solution(self, forms: Mapping[int, int]) -> Solution | None:
        """An execution with the outcome, with these forms of sites and the first form of all others; None for none."""
        return self.trial.solution(self._there(forms))

    def possible(self, forms: Mapping[int, int]) -> bool:
        """Whether there is one, which takes less time than to read it."""
        return self.trial.possible(self._there(forms))

    def _there(self, forms: Mapping[int, int]) -> list[int]:
        return [k for k, (site, form) in enumerate(self.keys) if forms.get(site, 0) == form]

    def close(self) -> None:
        """Free the solver."""
        self.trial.close()


class _Body:
    """The body of a thread while statements are put into it."""

    def __init__(self, thread: Thread) -> None:
        self.source = thread
        self.front: list[Statement] = []
        self.instead: dict[int, list[Statement]] = {}
        self.before: dict[int, list[Statement]] = {}

    def put_before(self, at: int, statements: Sequence[Statement]) -> None:
        self.before.setdefault(outside(self.source.body, at), []).extend(statements)

    def put_instead(self, at: int, statements: Sequence[Statement]) -> None:
        self.instead[at] = list(statements)

    def thread(self) -> Thread:
        body: list[Statement] = list(self.front)
        row_of = [-1] * len(body)
        for at, statement in enumerate(self.source.body):
            row = self.source.row_of[at] if at < len(self.source.row_of) else -1
            new = [*self.before.get(at, ()), *self.instead.get(at, [statement])]
            body += new
            row_of += [row] * len(new)
        return replace(self.source, body=tuple(body), row_of=tuple(row_of))


def _with_all(test: LitmusTest, sites: Sequence[Site]) -> tuple[LitmusTest, _Marks]:
    """The test with all forms of its sites: fences one after the other, others by branches."""
    bodies = {thread.index: _Body(thread) for thread in test.threads}
    marks: _Marks = {}
    for number, site in enumerate(sites):
        if site.what is What.DEPENDENCY:
            continue
        for thread, at in site.at:
            body = bodies[thread]
            put = body.put_before if site.what is What.PLACE else body.put_instead
            if site.what is What.BARRIER or (site.what is What.PLACE and not _is_access(site)):
                fences = [(k, form) for k, form in enumerate(site.forms) if form.statement is not None]
                put(at, [_marked(form, number, k, marks) for k, form in fences])
            else:
                put(at, _alternatives(body, number, at, site, marks))
    return replace(test, threads=tuple(bodies[thread.index].thread() for thread in test.threads)), marks


def _is_access(site: Site) -> bool:
    """Whether an access may be put at a place."""
    return any(is_access(form.statement) for form in site.forms if form.statement is not None)


def _mark(number: int, form: int, marks: _Marks) -> Span:
    span = marker("a form")
    marks[id(span)] = span, number, form
    return span


def _marked(form: Form, number: int, k: int, marks: _Marks) -> Statement:
    assert isinstance(form.statement, Primitive | Fence | AtomicOperation)
    return replace(form.statement, span=_mark(number, k, marks))


def _alternatives(body: _Body, number: int, at: int, site: Site, marks: _Marks) -> list[Statement]:
    """A statement that is there in one of several forms, as free choices at the start of the thread say.

    The first form of a place is nothing.
    """
    own = [] if site.what is What.PLACE else [body.source.body[at]]
    end = f".form{number}.{at}.end"
    found: list[Statement] = []
    for k, form in enumerate(site.forms[1:], start=1):
        register, label = f".form{number}.{at}.{k}", f".form{number}.{at}.{k}"
        body.front.append(Choose(register))
        found += [
            Branch(Op("lnot", (Reg(register),)), label, _mark(number, k, marks)),
            *form.statements,
            Goto(end),
            Label(label),
        ]
    return [*found, *own, Label(end)]


def _guarded(
    graph: EventGraph, sites: Sequence[Site], marks: _Marks
) -> tuple[EventGraph, dict[tuple[int, int], list[int]]]:
    """The graph in which each fence and dependency is there by choice; the choices of each form of a site.

    For the first form of a site made of branches there is none: it is there if no other is.
    """
    terms = Terms()
    choices: dict[tuple[int, int], list[int]] = {}
    count = graph.choices
    events = []
    for event in graph.events:
        mark = marks.get(id(event.span))
        if mark is not None and event.kind == "F":
            _, number, form = mark
            if (number, form) not in choices:
                choices[number, form] = [count]
                count += 1
            guard = terms.and_(event.guard, Choice(choices[number, form][0]))
            event = replace(event, guard=guard)
        elif mark is not None and event.kind == "B":
            choice = _choice(event.tested)
            if choice is not None:
                mine = choices.setdefault(mark[1:], [])
                if choice not in mine:
                    mine.append(choice)
        events.append(event)
    relations = dict(graph.relations)
    for number, site in enumerate(sites):
        if site.what is What.DEPENDENCY:
            choices[number, 0] = [count]
            relations[site.relation] = _optional(graph, relations[site.relation], site, Choice(count), terms)
            count += 1
    return replace(graph, events=tuple(events), relations=relations, choices=count), choices


def _choice(tested: ValueExpr | None) -> int | None:
    """The choice that a branch to a form of a statement depends on."""
    todo: list[object] = [tested]
    while todo:
        match todo.pop():
            case Choice(index):
                return index
            case Select(formula=formula):
                todo.append(formula)
            case Apply(args=args):
                todo += args
            case NonZero(expr=expr):
                todo.append(expr)
            case NotF(operand=operand):
                todo.append(operand)
    return None


def _optional(
    graph: EventGraph, relation: GuardedRelation, site: Site, choice: Choice, terms: Terms
) -> GuardedRelation:
    """A dependency that is there by choice."""
    conditions = dict[tuple[int, int], Formula](relation.conditions)
    for a, row in enumerate(relation.rows):
        if not _is(graph.events[a].span, site.ends[0]):
            continue
        for b in bits(row):
            if site.relation == "ctrl" or _is(graph.events[b].span, site.ends[1]):
                conditions[a, b] = terms.and_(conditions.get((a, b), ALWAYS), choice)
    return GuardedRelation(relation.rows, conditions)


def _is(span: Span | None, other: Span) -> bool:
    return span is not None and (span.source.name, span.start, span.end) == (other.source.name, other.start, other.end)
