"""Event graphs against a concrete interpreter: for what reads may return, both have the same executions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples
from oracles.free_programs import ALONE, RESERVING, TWISTED, Style, free_tests
from oracles.generate import X, Y, litmus_test, ppc_tests, x86_tests
from oracles.interpreter import End, Happening, Nothing, Result, runs

from litmus.base.errors import LimitReached
from litmus.ir.events import Event, EventGraph, Formula, GuardedRelation
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
    Unsequenced,
    Value,
)
from litmus.ir.valuation import Valuation
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

MAX_CHOICES = 6
FURTHER = 6  # rounds of a loop beyond the bound
Table = tuple[tuple[Value, ...], ...]
"""For each thread what its reads return: the event with number k the value with number k, and so on in a circle."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """What is left of a graph once it is known what every read returns and which choices were made."""

    graph: EventGraph
    valuation: Valuation
    threads: dict[int, list[Event]]

    @property
    def assumed(self) -> bool:
        return all(self.valuation.holds(formula) for formula in self.graph.assumptions)


def restrict(graph: EventGraph, table: Table, choices: int) -> Restricted:
    """The graph's events in which reads return what the table has."""
    reads: dict[int, Value] = {}
    threads: dict[int, list[Event]] = {}
    for event in as_written(graph):
        mine = threads.setdefault(event.thread, [])
        if Valuation(reads, choices).holds(event.guard):
            if event.kind == "R":
                values = table[event.thread]
                reads[event.index] = values[len(mine) % len(values)]
            mine.append(event)
    return Restricted(graph, Valuation(reads, choices), threads)


def as_written(graph: EventGraph) -> Iterator[Event]:
    """The events in program order, and operands that are in none in the order in which they are written."""
    left = list(graph.events)
    rows = graph.relations["po"].rows
    while left:
        event = next(e for e in left if not any(rows[other.index] >> e.index & 1 for other in left))
        left.remove(event)
        yield event


def same(found: Value | None, expected: Result | None) -> bool:
    """Whether a value of the graph is that of the interpreter."""
    if isinstance(expected, Nothing):
        return found is None or found == expected.perhaps
    return found == expected


def holds(formula: Formula | None, valuation: Valuation) -> bool:
    return formula is None or valuation.holds(formula) is True


def pairs(relation: GuardedRelation, here: Restricted, events: list[Event]) -> set[tuple[int, int]]:
    """The pairs of a relation, as positions among some executed events."""
    return {
        (i, j)
        for i, a in enumerate(events)
        for j, b in enumerate(events)
        if relation.rows[a.index] >> b.index & 1 and holds(relation.conditions.get((a.index, b.index)), here.valuation)
    }


def difference(thread: Thread, run: Found, here: Restricted) -> str | None:
    """In what a run of the interpreter is not what the graph has; None if it is."""
    graph, value = here.graph, here.valuation.value
    events, expected = here.threads.get(thread.index, []), run.happenings
    if run.end is End.OPEN:
        events = events[: len(expected)]  # whatever follows, such an execution does not count
    if [(e.kind, e.row) for e in events] != [(h.kind, h.statement) for h in expected]:
        return f"events: {[(e.kind, e.row) for e in events]}"
    for k, (event, happening) in enumerate(zip(events, expected, strict=True)):
        shown = event.tested if event.kind == "B" else event.value
        if event.tags != happening.tags:
            return f"tags of {k}"
        if event.addr is not None and not same(value(event.addr), happening.addr):
            return f"address of {k}: {value(event.addr)}"
        if event.kind in ("W", "B") and not same(None if shown is None else value(shown), happening.value):
            return f"value of {k}"
    instructions = [h.instruction for h in expected]
    relations = {
        "po": {(i, j) for i, a in enumerate(expected) for j, b in enumerate(expected) if a.is_before(b)},
        "addr": {(r, k) for k, h in enumerate(expected) for r in h.address_from},
        "data": {(r, k) for k, h in enumerate(expected) for r in h.data_from},
        "ctrl": {(r, k) for k, h in enumerate(expected) for r in h.control_from},
        "rmw": {(h.rmw, k) for k, h in enumerate(expected) if h.rmw is not None},
        "amo": {(h.rmw, k) for k, h in enumerate(expected) if h.rmw is not None and h.amo},
    }
    for name, there in relations.items():
        if pairs(graph.relations[name], here, events) != there:
            return f"{name}: {sorted(pairs(graph.relations[name], here, events))}, not {sorted(there)}"
    together = {(i, j) for i, a in enumerate(events) for j, b in enumerate(events) if a.instruction == b.instruction}
    if together != {(i, j) for i, a in enumerate(instructions) for j, b in enumerate(instructions) if a == b}:
        return "instructions"
    if run.end is End.DONE:
        for item, expr in graph.final.items():
            assert isinstance(item, Register)
            if item.thread == thread.index and not same(value(expr), run.finals.get(item.name, 0)):
                return f"{item} at the end: {value(expr)}"
    return None


def agree(test: LitmusTest, table: Table, unroll: int) -> None:
    """What the interpreter runs is what the graph has: for every way in which conditional stores succeed or fail.

    The interpreter counts all rounds of a loop, the graph those that what is read may end: where the interpreter is
    cut, the graph may have the run to its end.
    """
    try:
        graph = unfold(test, unroll)
    except LimitReached:
        return
    if graph.choices > MAX_CHOICES:
        return
    every = [every_run(thread, test, table[thread.index], unroll) for thread in test.threads]
    found: set[tuple[int, ...]] = set()
    for choices in range(1 << graph.choices):
        here = restrict(graph, table, choices)
        if not here.assumed:
            continue
        which = []
        for thread, mine in zip(test.threads, every, strict=True):
            differences = [difference(thread, run, here) for run in mine]
            assert None in differences, (thread.index, choices, differences)
            which.append(differences.index(None))
        ends = [mine[k].end for mine, k in zip(every, which, strict=True)]
        if End.OPEN not in ends:
            assert here.valuation.holds(graph.bound) is (End.CUT in ends)
            assert tuple(which) not in found
        found.add(tuple(which))
    if not any(run.end is End.OPEN for mine in every for run in mine):
        followed = [sorted({which[k] for which in found}) for k in range(len(every))]
        assert found == set(product(*followed))
        for mine, there in zip(every, followed, strict=True):
            for k, run in enumerate(mine):
                if run.end is End.CUT:
                    shown = len(run.happenings)
                    assert any(mine[other].happenings[:shown] == run.happenings for other in there)
                elif run.end is not End.RETRY and not run.late:
                    assert k in there


@dataclass(frozen=True, slots=True)
class Found:
    """A run; `late` if it goes round a loop more often than the bound."""

    happenings: tuple[Happening, ...]
    end: End
    finals: Mapping[str, Result]
    late: bool


def every_run(thread: Thread, test: LitmusTest, values: tuple[Value, ...], unroll: int) -> list[Found]:
    """The runs up to the bound, and if some are cut there, those that go further and come to an end."""
    near = [Found(r.happenings, r.end, r.finals, False) for r in runs(thread, test, returning(values), unroll)]
    if not any(run.end is End.CUT for run in near):
        return near
    far = runs(thread, test, returning(values), unroll + FURTHER)
    known = [run.happenings for run in near if run.end is not End.CUT]
    return near + [
        Found(r.happenings, r.end, r.finals, True) for r in far if r.end is not End.CUT and r.happenings not in known
    ]


def returning(values: tuple[Value, ...]) -> Callable[[int], Value]:
    return lambda number: values[number % len(values)]


def tables(values: list[Value]) -> st.SearchStrategy[Table]:
    row = st.lists(st.sampled_from(values), min_size=1, max_size=9).map(tuple)
    return st.tuples(row, row, row)


# --- shapes in which states part and meet again -----------------------------------------------------------------------

AT_X, AT_Y, ZERO, ONE = Const(X), Const(Y), Const(0), Const(1)


def load(register: str, at: Expr = AT_X) -> Load:
    return Load(register, at)


def reserve(register: str, at: Expr = AT_X) -> Load:
    return Load(register, at, reserve=True)


def back(register: str, label: str, retry: bool = False) -> Branch:
    return Branch(Reg(register), label, retry=retry)


def picked(register: str) -> Op:
    """One of two locations."""
    return Op("ite", (Reg(register), AT_X, AT_Y))


CONDITIONAL = StoreConditional("s", AT_X, Reg("a"))
OF_WRITE = StoreConditional("s", AT_X, Reg("a"), status_from="write")
OF_NOTHING = StoreConditional("s", picked("c"), Reg("a"), status_from="nothing")
STATUS = Store(AT_Y, Reg("s"))
FIRST, NEXT, END = Unsequenced("first"), Unsequenced("next"), Unsequenced("end")
AGAIN = Branch(Op("lnot", (Reg("s"),)), "A", retry=True)
SHAPES: dict[str, list[Statement]] = {
    "loops that overlap": [Label("A"), load("c"), Label("B"), load("a"), back("a", "A"), load("b"), back("b", "B")],
    "nested loops": [Label("A"), load("a"), Label("B"), load("b"), back("b", "B"), back("a", "A"), load("c")],
    "two ways back": [Label("A"), load("a"), back("a", "A"), load("b"), back("b", "A"), Store(AT_Y, Reg("b"))],
    "into a loop": [load("a"), back("a", "B"), Label("A"), load("b"), Label("B"), load("c"), back("c", "A")],
    "out of two loops": [
        *(Label("A"), load("a"), Label("B"), load("b"), back("b", "E"), load("c"), back("c", "B"), back("a", "A")),
        *(Label("E"), Store(AT_Y, Reg("b"))),
    ],
    "a reservation on one way": [
        *(load("a"), back("a", "A"), reserve("b"), Label("A"), load("c"), CONDITIONAL, STATUS, back("s", "E")),
        *(Label("E"), Store(AT_Y, ONE)),
    ],
    "a status that depends on the write": [
        *(load("a"), back("a", "A"), reserve("b"), Label("A"), load("c"), OF_WRITE, STATUS, back("s", "E")),
        *(Store(AT_Y, ONE), Label("E"), load("d", picked("s"))),
    ],
    "a status that depends on nothing": [
        *(load("a"), reserve("b", picked("a")), load("c"), OF_NOTHING, STATUS, back("s", "E")),
        *(Store(AT_Y, ONE), Label("E"), load("d", picked("s"))),
    ],
    "two reservations": [
        *(load("a"), load("c"), reserve("b"), back("a", "A"), reserve("d", picked("c")), Label("A"), load("e")),
        *(CONDITIONAL, STATUS, StoreConditional("s", picked("e"), ONE), STATUS),
    ],
    "a reservation used on one way": [
        *(load("a"), reserve("b", picked("a")), back("a", "A"), CONDITIONAL, Label("A"), CONDITIONAL, STATUS),
        *(load("c"), CONDITIONAL, STATUS),
    ],
    "one reservation on ways that part twice": [
        *(reserve("a"), load("b"), back("b", "A"), load("c"), back("c", "B"), CONDITIONAL, Label("B"), load("d")),
        *(Label("A"), CONDITIONAL, STATUS),
    ],
    "until it succeeds": [
        *(Label("A"), reserve("a"), back("a", "A"), CONDITIONAL, Branch(Op("eq", (Reg("s"), ZERO)), "A"), STATUS)
    ],
    "only what has no effect again": [
        *(Label("A"), reserve("a"), back("a", "A", retry=True), CONDITIONAL, load("b")),
        *(Branch(Op("eq", (Reg("s"), ZERO)), "A", retry=True), STATUS),
    ],
    "tried again at once": [
        *(Label("A"), reserve("a"), CONDITIONAL, AGAIN, STATUS, load("b"), back("b", "E"), Store(AT_X, ONE)),
        *(Label("E"), load("c")),
    ],
    "tried again at once, for one of two locations": [
        *(load("c"), back("c", "E"), Label("A"), reserve("a", picked("b")), CONDITIONAL, AGAIN, Label("E"), STATUS)
    ],
    "tried again at once, reserved on one way": [
        *(load("c"), Label("A"), back("c", "E"), reserve("a"), Label("E"), CONDITIONAL, AGAIN, STATUS, load("b"))
    ],
    "a lock": [
        *(Label("A"), reserve("a"), back("a", "A", retry=True), CONDITIONAL, AGAIN, load("b")),
        *(back("b", "E"), Store(AT_Y, Reg("b")), Label("E"), Store(AT_X, ZERO), STATUS),
    ],
    "a write on a condition": [
        *(Rmw("a", AT_X, Op("add", (Reg("a"), ONE)), condition=Reg("a")), load("b"), back("b", "A")),
        Rmw("b", picked("a"), Reg("b"), condition=Op("eq", (Reg("a"), Reg("b"))), atomic=False),
        *(Label("A"), load("c"), Store(picked("b"), Reg("c"))),
    ],
    "operands in no order": [
        *(load("a"), FIRST, load("b"), back("b", "A"), load("c"), Label("A"), NEXT, load("d", picked("a")), load("e")),
        *(NEXT, Store(AT_Y, Reg("a")), END, Store(AT_X, Reg("e"))),
    ],
    "operands within operands": [
        *(FIRST, load("a"), FIRST, load("b"), back("b", "A"), load("c"), Label("A"), NEXT, load("d"), END, NEXT),
        *(Rmw("e", AT_X, Op("add", (Reg("a"), ONE)), condition=Reg("a")), END, Store(AT_Y, Reg("c"))),
    ],
    "operands in a loop": [
        *(Label("A"), FIRST, load("a"), NEXT, Label("B"), load("b"), back("b", "B"), END, back("a", "A"), load("c"))
    ],
    "operands on one way": [
        *(load("a"), back("a", "A"), FIRST, load("b"), NEXT, load("c"), END, Label("A"), load("d"), FIRST, load("e")),
        *(NEXT, Store(AT_Y, Reg("b")), END),
    ],
    "out of operands": [
        *(FIRST, load("a"), back("a", "E"), load("b"), NEXT, load("c"), back("c", "E"), load("d"), END, load("e")),
        *(Label("E"), Store(AT_Y, Reg("a")), load("f")),
    ],
    "dependencies on some ways": [
        *(load("a"), load("b"), Assign("c", Reg("b")), back("a", "A"), Assign("c", Reg("a")), load("d", picked("c"))),
        *(Goto("B"), Label("A"), load("d"), back("d", "B"), Assign("c", ONE), Label("B"), Store(picked("d"), Reg("c"))),
        *(back("c", "E"), Label("E"), Fence(frozenset({"SYNC"})), Store(AT_X, Reg("d"))),
    ],
}


@pytest.mark.parametrize("unroll", [0, 1, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: str, unroll: int) -> None:
    test = litmus_test("PPC", [SHAPES[shape]])
    for values in product((0, 1), repeat=5):
        agree(test, (values,), unroll)


# --- random programs --------------------------------------------------------------------------------------------------

SOME: list[Value] = [0, 0, 1, 1, 2, -1, X, Y, Address("t", 2)]


STYLES = st.sampled_from((Style(loops=1), TWISTED, RESERVING))


@examples(80)
@given(test=STYLES.flatmap(lambda style: free_tests(ALONE, style)), table=tables(SOME), unroll=st.integers(0, 2))
def test_free_programs(test: LitmusTest, table: Table, unroll: int) -> None:
    agree(test, table, unroll)


@examples(50)
@given(test=st.one_of(x86_tests(), ppc_tests()), table=tables([0, 1, 2, X]))
def test_programs_of_dialects(test: LitmusTest, table: Table) -> None:
    agree(test, table, 1)
