"""Threads that can be exchanged: executions that are others with threads exchanged are left out of a search."""

from __future__ import annotations

from itertools import combinations

import pytest

import litmus
from litmus.bounds.symmetry import exchangeable
from litmus.engine import Engine
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Answer


def counter(threads: int, condition: str, last: str = "INC [x]") -> LitmusTest:
    """Threads that fetch and increment a counter; the last one may do something else."""
    rows = ["MOV EAX,$1", "LOCK XADD [x],EAX"]
    columns = [rows] * (threads - 1) + [rows if last == "INC [x]" else ["MOV EAX,$1", last]]
    lines = [" | ".join(f"P{k}" for k in range(threads)) + " ;"]
    lines += [" | ".join(column[k] for column in columns) + " ;" for k in range(len(rows))]
    return litmus.parse("\n".join(["X86 counter", "{ x=0; }", *lines, condition]))


def twice(threads: int) -> str:
    """Two threads fetch one value."""
    pairs = combinations(range(threads), 2)
    return "exists (" + " \\/ ".join(f"{a}:EAX={b}:EAX" for a, b in pairs) + ")"


def groups(test: LitmusTest) -> list[tuple[int, ...]]:
    """The threads that can be exchanged."""
    with Engine() as engine:
        ready = engine.prepare(test, "x86-tso")
        return exchangeable(ready.graph, ready.model, test.condition.prop)


def test_threads_that_do_the_same_can_be_exchanged() -> None:
    assert groups(counter(4, twice(4))) == [(0, 1, 2, 3)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("exists (0:EAX=0 /\\ 1:EAX=1)", [(2, 3, 4)]),
        ("exists (0:EAX=2 /\\ 1:EAX=2)", [(2, 3, 4)]),
        ("exists (x=5)", [(0, 1, 2, 3, 4)]),
        ("exists (0:EAX=4)", [(1, 2, 3, 4)]),
    ],
)
def test_what_is_asked_tells_threads_apart(condition: str, expected: list[tuple[int, ...]]) -> None:
    assert groups(counter(5, condition)) == expected


def test_a_thread_that_does_something_else_is_not_exchanged() -> None:
    assert groups(counter(4, "exists (x=3)", last="LOCK XADD [y],EAX")) == [(0, 1, 2)]
    assert groups(counter(3, "exists (x=3)", last="LOCK XADD [y],EAX")) == []


@pytest.mark.parametrize(
    "condition",
    [
        twice(4),
        "exists (x=4)",
        "exists (x=3)",
        "exists (0:EAX=3)",
        "exists (0:EAX=4)",
        "exists (3:EAX=0 /\\ 0:EAX=1)",
        "exists (3:EAX=0 /\\ 0:EAX=0)",
        "forall (0:EAX=0 \\/ 1:EAX=0 \\/ 2:EAX=0 \\/ 3:EAX=0)",
        "forall (~(0:EAX=3))",
    ],
)
def test_the_verdict_is_that_of_all_states(condition: str) -> None:
    with Engine() as engine:
        test = counter(4, condition)
        short = engine.check(test, "x86-tso", Options(verdict_only=True))
        whole = engine.check(test, "x86-tso")
        assert (short.answer, short.ok) == (whole.answer, whole.ok)


def test_many_threads_that_count_have_an_answer() -> None:
    """Of 20! orders, the one of the threads is looked at."""
    with Engine() as engine:
        verdict = engine.check(counter(20, twice(20)), "x86-tso", Options(verdict_only=True))
    assert verdict.answer is Answer.FORBIDDEN


@pytest.mark.parametrize("model", ["power", "alpha", "aarch64", "armv7", "mips"])
def test_many_threads_that_try_to_count_have_an_answer(model: str) -> None:
    """A conditional store that is tried again until it succeeds is always there."""
    threads = "".join(f"P{k}(atomic_t *x) {{ int r0; r0 = atomic_inc_return(x); }}\n" for k in range(12))
    condition = twice(12).replace("EAX", "r0")
    test = litmus.parse(f"C counter\n{{ }}\n{threads}{condition}")
    with Engine() as engine:
        verdict = engine.check(test, model, Options(verdict_only=True))
    assert verdict.answer is Answer.FORBIDDEN
