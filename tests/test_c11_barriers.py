"""C11: which memory orders, fences and mutexes are needed, the cheapest that are missing, and both in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ended
from oracles.barriers import check
from oracles.shared import engine

import litmus
from litmus.barriers.examine import Wanted, examine
from litmus.barriers.report import BarrierReport, Need
from litmus.base.errors import ModelError
from litmus.base.resources import folder
from litmus.cat.costs import c11_costs

ARCHS = ("rc11", "power")
PARAMETERS = "atomic_int *x, atomic_int *y, int *d, mtx_t *m"


def parse(*threads: str, ask: str) -> litmus.LitmusTest:
    bodies = ["\n\t".join(f"{part.strip()};" for part in thread.split(";") if part.strip()) for thread in threads]
    text = "".join(f"P{k}({PARAMETERS})\n{{\n\t{body}\n}}\n" for k, body in enumerate(bodies))
    return litmus.parse(f"C t\n{{ }}\n{text}exists ({ask})\n")


def store(place: str, order: str, value: int = 1) -> str:
    return f"atomic_store_explicit({place}, {value}, memory_order_{order});"


def load(register: str, place: str, order: str) -> str:
    return f"int {register} = atomic_load_explicit({place}, memory_order_{order});"


def fence(order: str) -> str:
    return f"atomic_thread_fence(memory_order_{order});"


def sb(order: str, between: str = "") -> litmus.LitmusTest:
    threads = [store(a, order) + between + load("r0", b, order) for a, b in ("xy", "yx")]
    return parse(*threads, ask="0:r0=0 /\\ 1:r0=0")


def mp(released: str, acquired: str, before: str = "", after: str = "") -> litmus.LitmusTest:
    return parse(
        store("y", "relaxed") + before + store("x", released),
        load("r0", "x", acquired) + after + load("r1", "y", "relaxed"),
        ask="1:r0=1 /\\ 1:r1=0",
    )


def report(test: litmus.LitmusTest, archs: tuple[str, ...] = ARCHS, every: bool = True) -> BarrierReport:
    """What is found out, checked by deciding the programs as they are written, and by trying cheaper sets."""
    found = examine(engine, test, archs, wanted=Wanted(every=every))
    check(found, every, 8)
    return found


def needs(found: BarrierReport) -> list[tuple[str, Need, tuple[str, ...]]]:
    return [(f.text, f.need, f.enough) for f in found.findings]


def changes(found: BarrierReport) -> list[list[str]]:
    (repair,) = found.repairs
    return [[change.text for change in one] for one in repair.sets]


# --- what is there ----------------------------------------------------------------------------------------------------


def test_what_is_stronger_than_needed_and_what_is_enough() -> None:
    found = report(mp("seq_cst", "acquire"))
    assert needs(found) == [
        (store("x", "seq_cst")[:-1], Need.STRONGER, (store("x", "release")[:-1],)),
        (load("r0", "x", "acquire")[len("int r0 = ") : -1], Need.NECESSARY, ()),
    ]
    assert found.reduced is not None
    assert [change.text for change in found.reduced.sets[0]] == [store("x", "release")[:-1]]


def test_fences() -> None:
    found = report(mp("release", "relaxed", fence("seq_cst"), fence("acquire")))
    enough = tuple(f"atomic_thread_fence(memory_order_{order})" for order in ("acq_rel", "release", "acquire"))
    assert needs(found) == [
        ("atomic_thread_fence(memory_order_seq_cst)", Need.REDUNDANT, enough),
        (store("x", "release")[:-1], Need.REDUNDANT, ()),
        ("atomic_thread_fence(memory_order_acquire)", Need.NECESSARY, ()),
    ]
    assert found.reduced is not None
    gone = [(change.old, change.text) for change in found.reduced.sets[0]]
    assert gone == [("atomic_thread_fence(memory_order_seq_cst)", "")]
    assert {f.need for f in report(sb("relaxed", fence("seq_cst"))).findings} == {Need.NECESSARY}


def test_an_operation_without_an_order_is_seq_cst_and_may_be_weaker() -> None:
    """Written as a call of the function with one, whether it was a call or not."""
    threads = ("atomic_store(y, 1); *x = 1", "int r0 = *x; int r1 = atomic_load(y)")
    found = report(parse(*threads, ask="1:r0=1 /\\ 1:r1=0"))
    assert needs(found) == [
        ("atomic_store(y, 1)", Need.REDUNDANT, ("atomic_store_explicit(y, 1, memory_order_release)",)),
        ("*x = 1", Need.STRONGER, (store("x", "release")[:-1],)),
        ("*x", Need.STRONGER, ("atomic_load_explicit(x, memory_order_acquire)",)),
        ("atomic_load(y)", Need.REDUNDANT, ("atomic_load_explicit(y, memory_order_acquire)",)),
    ]


@pytest.mark.parametrize("kind", ["strong", "weak"])
def test_a_compare_exchange_that_fails_is_weakened_with_the_one_that_succeeds(kind: str) -> None:
    taken = f"int e = 1; int r0 = atomic_compare_exchange_{kind}(x, &e, 2)"
    threads = store("y", "relaxed") + store("x", "release"), f"{taken}; {load('r1', 'y', 'relaxed')}"
    assert needs(report(parse(*threads, ask="1:r0=1 /\\ 1:r1=0")))[1][2] == tuple(
        f"atomic_compare_exchange_{kind}_explicit(x, &e, 2, memory_order_{success}, memory_order_acquire)"
        for success in ("acq_rel", "acquire")
    )


def test_updates() -> None:
    exchange = "int r0 = atomic_exchange_explicit(x, 2, memory_order_acq_rel)"
    found = report(parse(store("y", "relaxed") + store("x", "release"), f"{exchange}; {load('r1', 'y', 'relaxed')}",
                         ask="1:r0=1 /\\ 1:r1=0"))  # fmt: skip
    assert [(need, enough) for _, need, enough in needs(found)] == [
        (Need.NECESSARY, ()),
        (Need.STRONGER, ("atomic_exchange_explicit(x, 2, memory_order_acquire)",)),
    ]


def test_mutexes_are_needed() -> None:
    section = "mtx_lock(m); int r0 = *d; *d = r0 + 1; mtx_unlock(m); atomic_load(x)"
    found = report(parse(section, section, ask="d=1"))
    assert [need for text, need, _ in needs(found) if text == "mtx_lock(m)"] == [Need.NECESSARY] * 2


# --- what is missing --------------------------------------------------------------------------------------------------


def test_the_cheapest_orders() -> None:
    found = report(mp("relaxed", "relaxed"))
    assert changes(found) == [[store("x", "release")[:-1], "atomic_load_explicit(x, memory_order_acquire)"]]
    assert changes(report(sb("relaxed")))[0] == ["atomic_thread_fence(memory_order_seq_cst)"] * 2


def test_load_buffering_is_forbidden_by_the_language_and_repaired_for_machines() -> None:
    test = parse(
        load("r0", "x", "relaxed") + store("y", "relaxed"),
        load("r0", "y", "relaxed") + store("x", "relaxed"),
        ask="0:r0=1 /\\ 1:r0=1",
    )
    found = report(test)
    assert [answer.value for _, answer in found.answers] == ["Forbidden", "Allowed"]
    assert all(len(one) == 2 for one in changes(found))


def test_a_model_of_the_language_alone() -> None:
    """The costs are those of the language."""
    orders = [store("x", "release")[:-1], "atomic_load_explicit(x, memory_order_acquire)"]
    assert changes(report(mp("relaxed", "relaxed"), ("rc11",))) == [orders]
    rows = c11_costs().rows
    assert rows["load_relaxed"] < rows["load_acquire"] < rows["load_seq_cst"]
    assert rows["fence_release"] < rows["fence_seq_cst"]


def test_races_are_named_with_both_accesses() -> None:
    test = parse("*d = 1;" + store("x", "relaxed"), load("r0", "x", "relaxed") + "int r1 = *d", ask="1:r0=1 /\\ 1:r1=0")
    found = examine(engine, test, ARCHS)
    assert found.notes == (
        "data-race on rc11, so that the behaviour is undefined: *d = 1 (P0 line 5) and *d (P1 line 11)",
        "with the repair data-race is left on rc11",  # as the load of d does not depend on what is read
    )


def test_what_cannot_be_changed_stays() -> None:
    """An operation with another in it."""
    found = examine(engine, parse("atomic_store(x, atomic_load(y))", ask="x=7"), ("rc11",))
    assert [f.text for f in found.findings] == ["atomic_load(y)"]


# --- the command, and explanations ------------------------------------------------------------------------------------


def test_in_the_words_of_the_language(invoke: Callable[..., Ended], tmp_path: Path) -> None:
    path = tmp_path / "t.litmus"
    path.write_text(litmus.text(mp("relaxed", "seq_cst")))
    ended = invoke("barriers", path, "-a", "rc11,aarch64")
    assert (ended.code, ended.err) == (1, "")
    assert "Allowed on rc11 and aarch64\n" in ended.out
    assert "  memory_order_release in place of memory_order_relaxed at P0 line 8\n" in ended.out
    assert invoke("barriers", path, "-a", "rc11,aarch64", "--apply").err == f"{path}: changed\n"
    ended = invoke("barriers", path, "-a", "rc11,aarch64")
    assert ended.code == 0
    assert "P1 line 13  memory_order_seq_cst  stronger than needed, memory_order_acquire will do." in ended.out
    path.write_text(litmus.text(parse("int r0 = atomic_load(x)", ask="0:r0=0")))
    assert "None of the candidates forbids it on rc11" in invoke("barriers", path, "-a", "rc11,aarch64").out


def test_what_is_missing_is_explained() -> None:
    said = litmus.text(litmus.explain(mp("relaxed", "relaxed")))
    for pair, means in (("a before b", "release at the second"), ("c before d", "acquire at the first")):
        assert f"  {pair}  by memory_order_{means}, atomic_thread_fence(memory_order_" in said
    said = litmus.text(litmus.explain(sb("relaxed")))
    assert "by atomic_thread_fence(memory_order_seq_cst) or memory_order_seq_cst at both" in said
    said = litmus.text(litmus.explain(mp("relaxed", "relaxed"), "aarch64"))
    assert "memory_order_release at the second" in said


def test_what_forbids_is_explained() -> None:
    said = litmus.text(litmus.explain(mp("relaxed", "acquire", fence("release"))))
    assert "program order, b is a release fence" in said
    assert "program order, of two reads; d is acquire and e is relaxed" in said
    assert "atomic_store_explicit(x, 1, relaxed)" in said
    section = "mtx_lock(m); int r0 = *d; *d = r0 + 1; mtx_unlock(m); atomic_load(x)"
    said = litmus.text(litmus.explain(parse(section, section, ask="d=1")))
    assert "i before a  in lock-order would break coherence: b still reads d=0, before h makes it 1" in said
    assert "f before a  breaks mutual-exclusion: f takes the mutex, and a takes it next" in said


def test_a_file_of_costs_that_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (folder("archs") / "costs" / "stdatomic.yaml").read_text("utf-8")
    for new, message in (
        (text.replace("load_acquire", "load_aquire"), "unknown key 'load_aquire'"),
        (text.replace("  load_acquire: 2\n", ""), "no cost for load_acquire"),
        (text.replace("load_acquire: 2", "load_acquire: 0"), "a cost is a whole number"),
    ):
        (tmp_path / "costs").mkdir(exist_ok=True)
        (tmp_path / "costs" / "stdatomic.yaml").write_text(new)
        monkeypatch.setattr("litmus.cat.costs.folder", lambda _: tmp_path)
        c11_costs.cache_clear()
        with pytest.raises(ModelError, match=message):
            c11_costs()
    monkeypatch.undo()
    c11_costs.cache_clear()
