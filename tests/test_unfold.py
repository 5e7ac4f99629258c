"""Event graphs: program order, dependencies, joins, loops, reservations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from litmus.base import relation
from litmus.base.errors import LimitReached
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.events import ALWAYS, NEVER, EventGraph, GuardedRelation, Known
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import (
    Address,
    Assume,
    Branch,
    Choose,
    Const,
    Label,
    Load,
    Mark,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    Thread,
)
from litmus.judge.candidates import candidates, state_at_end
from litmus.unfold import unfold


def graph(*columns: str, init: str = "", unroll: int = 2) -> EventGraph:
    """The graph of a PPC program given by columns, r2, r4, r6 being the addresses of x, y, z in every thread."""
    threads = [column.strip().splitlines() for column in columns]
    height = max(map(len, threads))
    rows = [[(t[k].strip() if k < len(t) else "") for t in threads] for k in range(height)]
    registers = "".join(f"{i}:r2=x; {i}:r4=y; {i}:r6=z;\n" for i in range(len(threads)))
    body = "".join(" | ".join(row) + " ;\n" for row in rows)
    header = " | ".join(f"P{i}" for i in range(len(threads)))
    text = f"PPC t\n{{ {init}\n{registers} }}\n {header} ;\n{body}locations [0:r1; 0:r3; x;]\nexists (x=0)\n"
    return unfold(parse_test(Source("t.litmus", text)), unroll)


def thread(g: EventGraph, index: int = 0) -> list[int]:
    return [e.index for e in g.events if e.thread == index]


def pairs(given: GuardedRelation) -> list[tuple[int, int]]:
    return list(relation.pairs(given.rows))


def kinds(g: EventGraph, index: int = 0) -> str:
    return "".join(g.events[e].kind for e in thread(g, index))


def test_initial_writes_come_first() -> None:
    g = graph("stw r1,0(r2)", init="x=7;")
    assert [g.events[i].is_init for i in g.initial] == [True] * len(g.locations)
    assert g.events[g.locations.index(Address("x"))].value == Known(7)


def test_program_order_is_within_threads() -> None:
    g = graph("li r1,1\nstw r1,0(r2)\nsync\nlwz r3,0(r4)", "lwz r1,0(r2)")
    w, f, r = thread(g)
    assert pairs(g.relations["po"]) == [(w, f), (w, r), (f, r)]
    assert kinds(g) == "WFR"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("lwz r1,0(r2)\nstw r1,0(r4)", {"data"}),
        ("lwz r1,0(r2)\nxor r3,r1,r1\naddi r3,r3,1\nstw r3,0(r4)", {"data"}),
        ("lwz r1,0(r2)\nxor r3,r1,r1\nlwzx r5,r3,r4", {"addr"}),
        ("lwz r1,0(r2)\nxor r3,r1,r1\nli r5,1\nstwx r5,r3,r4", {"addr"}),
        ("lwz r1,0(r2)\ncmpwi r1,0\nbeq L\nL:\nstw r5,0(r4)", {"ctrl"}),
        ("lwz r1,0(r2)\nli r1,1\nstw r1,0(r4)", set()),
        ("lwz r1,0(r2)\nmr r3,r1\nli r1,1\nstw r3,0(r4)", {"data"}),
    ],
)
def test_dependencies(program: str, expected: set[str]) -> None:
    g = graph(program)
    first, last = thread(g)[0], thread(g)[-1]
    assert {name for name in ("addr", "data", "ctrl") if (first, last) in pairs(g.relations[name])} == expected


def test_a_false_dependency_leaves_a_known_address() -> None:
    g = graph("lwz r1,0(r2)\nxor r3,r1,r1\nlwzx r5,r3,r4")
    assert g.events[thread(g)[1]].addr == Known(Address("y"))


def test_ctrl_reaches_everything_after_a_branch() -> None:
    g = graph("lwz r1,0(r2)\ncmpwi r1,0\nbne L\nlwz r3,0(r4)\nL:\nisync\nlwz r5,0(r6)")
    read = thread(g)[0]
    assert [j for i, j in pairs(g.relations["ctrl"]) if i == read] == thread(g)[2:]


def test_a_branch_both_ways_joins_again() -> None:
    g = graph("lwz r1,0(r2)\ncmpwi r1,0\nbeq L\nli r3,5\nstw r3,0(r4)\nL:\nlwz r5,0(r6)")
    branch, store, after = thread(g)[1:]
    assert g.events[branch].guard == g.events[after].guard == ALWAYS
    assert g.events[store].guard not in (ALWAYS, NEVER)
    assert (store, after) in pairs(g.relations["po"])
    assert g.final[Register(0, "r3")] not in (Known(0), Known(5))


def test_a_branch_on_a_constant_goes_one_way() -> None:
    g = graph("li r1,1\ncmpwi r1,1\nbeq L\nstw r1,0(r2)\nL:\nstw r1,0(r4)")
    assert kinds(g) == "BW"


def test_a_dependency_on_one_path_only_has_a_condition() -> None:
    g = graph("lwz r1,0(r2)\nlwz r5,0(r6)\nli r3,1\ncmpwi r1,0\nbeq L\nmr r3,r5\nL:\nstw r3,0(r4)")
    first, second, _, store = thread(g)
    assert (second, store) in g.relations["data"].conditions
    assert (first, store) not in pairs(g.relations["data"])
    assert (first, store) in pairs(g.relations["ctrl"])


def test_loops_are_cut_at_the_bound() -> None:
    spin = "L:\nlwz r1,0(r2)\ncmpwi r1,0\nbeq L\nlwz r3,0(r4)"
    for unroll in (0, 1, 2, 5):
        g = graph(spin, unroll=unroll)
        assert kinds(g).count("R") == unroll + 2  # the loop's reads, and one read after the loop
        assert g.bound != NEVER
        assert g.events[thread(g)[-1]].guard != ALWAYS


def test_an_endless_loop_is_always_cut() -> None:
    g = graph("L:\nlwz r1,0(r2)\nb L")
    assert g.bound == ALWAYS
    assert kinds(g) == "RRR"


BRANCHES = "lwz r3,0(r2)\ncmpwi r3,0\nbeq S\nlwz r4,0(r4)\nS:"


@pytest.mark.parametrize("body", ["lwz r3,0(r2)", BRANCHES], ids=["plain", "with branches that join again"])
@pytest.mark.parametrize("unroll", [0, 2])
def test_constant_rounds_are_not_counted(body: str, unroll: int) -> None:
    g = graph(f"li r5,0\nL:\naddi r5,r5,1\n{body}\ncmpwi r5,7\nbne L\nlwz r6,0(r2)", unroll=unroll)
    assert g.bound == NEVER
    assert kinds(g).count("R") == 7 * body.count("lwz") + 1


def test_rounds_that_a_read_may_end_are_counted() -> None:
    for unroll in (0, 1, 2):
        g = graph("li r5,0\nL:\nlwz r3,0(r2)\ncmpwi r3,0\nbne E\naddi r5,r5,1\ncmpwi r5,7\nbne L\nE:", unroll=unroll)
        assert kinds(g).count("R") == unroll + 1
        assert g.bound != NEVER


def test_an_early_way_back_is_counted() -> None:
    for unroll in (0, 1, 2):
        g = graph("L:\nlwz r3,0(r2)\ncmpwi r3,0\nbeq L\nlwz r3,0(r4)\ncmpwi r3,0\nbeq L", unroll=unroll)
        assert kinds(g).count("R") == 2 * (unroll + 1)
        assert g.bound != NEVER


def test_a_constant_loop_around_one_that_reads_decide() -> None:
    inner = "B:\nlwz r3,0(r4)\ncmpwi r3,0\nbeq B"
    g = graph(f"li r5,0\nA:\naddi r5,r5,1\n{inner}\ncmpwi r5,4\nbne A", unroll=1)
    assert kinds(g).count("R") == 4 * 2  # all rounds of the outer loop, two of the inner one in each
    assert g.bound != NEVER


def test_nested_loops_count_anew() -> None:
    g = graph("A:\nlwz r1,0(r2)\nB:\nlwz r3,0(r4)\ncmpwi r3,0\nbeq B\ncmpwi r1,0\nbeq A", unroll=1)
    assert kinds(g).count("R") == 2 + 2 * 2


def test_a_conditional_store_pairs_with_its_reservation() -> None:
    g = graph("lwarx r1,0,r2\nli r3,1\nstwcx. r3,0,r2")
    read, write = thread(g)[0], thread(g)[-1]
    assert pairs(g.relations["rmw"]) == [(read, write)]
    assert pairs(g.relations["amo"]) == []
    assert g.choices == 1


@pytest.mark.parametrize(
    "program",
    [
        "li r3,1\nstwcx. r3,0,r2",
        "lwarx r1,0,r4\nli r3,1\nstwcx. r3,0,r2",
        "lwarx r1,0,r2\nstwcx. r1,0,r2\nstwcx. r3,0,r2",
    ],
)
def test_a_conditional_store_without_its_reservation_fails(program: str) -> None:
    g = graph(program)
    assert kinds(g).count("W") == (1 if program.count("stwcx") == 2 else 0)


@pytest.mark.slow
def test_huge_unrolling_is_refused() -> None:
    with pytest.raises(LimitReached):
        graph("L:\nlwz r1,0(r2)\ncmpwi r1,0\nbeq L", unroll=10_000)


def test_a_value_of_too_many_operations_is_refused() -> None:
    with pytest.raises(LimitReached):
        graph("lwz r1,0(r2)\n" + "add r1,r1,r1\n" * 200 + "stw r1,0(r4)")


def of(*body: Statement) -> EventGraph:
    """The graph of one thread; 0:r1 is observed."""
    test: LitmusTest = parse_test(Source("t.litmus", "C t\n{ }\nP0(int *x, int *y) { int r1 = 0; }\nexists (0:r1=0)\n"))
    return unfold(replace(test, threads=(Thread(0, body),)))


X, Y = Const(Address("x")), Const(Address("y"))


def test_a_mark_is_at_a_location_and_no_access() -> None:
    g = of(Mark(X, frozenset({"Lock"}), value=Const(3)), Load("r1", X))
    mark, read = thread(g)
    assert (g.events[mark].kind, g.events[mark].addr, g.events[mark].value) == ("A", Known(Address("x")), Known(3))
    assert pairs(g.relations["po"]) == [(mark, read)]


def test_a_mark_makes_a_register_depend_on_it_and_leaves_its_value() -> None:
    g = of(Mark(X, frozenset(), "r1"), Store(Y, Reg("r1")), Mark(Op("add", (Y, Reg("r1"))), frozenset()))
    mark, store, other = thread(g)
    assert pairs(g.relations["data"]) == [(mark, store)]
    assert pairs(g.relations["addr"]) == [(mark, other)]
    assert g.final[Register(0, "r1")] == Known(0)


def test_a_choice_that_is_not_reached_is_not_open() -> None:
    """Otherwise one execution would be several."""
    g = of(Load("r2", X), Branch(Reg("r2"), "end"), Choose("r1"), Label("end"))
    assert g.choices == 1
    assert len(g.assumptions) == 1
    assert len(list(candidates(g))) == 2  # x is 0, so it is reached, and may be either


def test_what_is_assumed_holds() -> None:
    g = of(Choose("r1"), Assume(Op("eq", (Reg("r1"), Const(1)))))
    assert [state_at_end(x) for x in candidates(g)] == [((Register(0, "r1"), 1),)]


def test_a_structured_branch_is_no_event_and_ends_where_its_paths_join() -> None:
    body = (Load("r1", X), Branch(Reg("r1"), "end", until="end"), Store(X, Const(1)), Label("end"), Store(Y, Const(1)))
    g = of(*body)
    read, inside, after = thread(g)
    assert (read, inside) in pairs(g.relations["ctrl"])
    assert (read, after) not in pairs(g.relations["ctrl"])
    plain = of(*(replace(s, until=None) if isinstance(s, Branch) else s for s in body))
    assert kinds(plain) == "RBWW"


def test_an_ordered_update_reads_before_it_writes() -> None:
    for ordered in (False, True):
        g = of(Rmw("r1", X, Const(1), ordered=ordered))
        assert pairs(g.relations["po"]) == ([tuple(thread(g))] if ordered else [])
