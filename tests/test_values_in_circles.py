"""Values that travel in circles: counters, addresses from thin air, and what has no meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.shared import engine
from oracles.steps import counted

from benchmarks.large import branches, counter, many_ways_back
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.options import Options
from litmus.ir.verdict import Observation, Status, Verdict

WEAK = '"coherence only"\nacyclic po-loc | rf | co | fr as coherence\nempty rmw & (fre ; coe) as atomicity\n'
FLAGGED = WEAK + "flag ~empty rf as anything-read\n"


@pytest.fixture
def weak(tmp_path: Path) -> str:
    path = tmp_path / "weak.cat"
    path.write_text(WEAK)
    return str(path)


def check(text: str, model: str | None = None, **options: object) -> Verdict:
    return engine.check(parse_test(Source("t.litmus", text)), model, Options(**options))  # type: ignore[arg-type]


def columns(arch: str, threads: list[list[str]], condition: str, init: str = "") -> str:
    height = max(map(len, threads))
    rows = "".join(" | ".join(t[k] if k < len(t) else "" for t in threads) + " ;\n" for k in range(height))
    return f"{arch} t\n{{ {init} }}\n {' | '.join(f'P{i}' for i in range(len(threads)))} ;\n{rows}{condition}\n"


def copying(change: str, condition: str, init: str = "") -> str:
    """Two threads that each read, change what was read, and write it where the other reads."""
    registers = "0:r2=x; 0:r4=y; 1:r2=x; 1:r4=y;"
    threads = [["lwz r1,0(r2)", change, "stw r3,0(r4)"], ["lwz r1,0(r4)", "mr r3,r1", "stw r3,0(r2)"]]
    return columns("PPC", threads, condition, registers + init)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        (copying("mr r3,r1", "exists (0:r1=x)"), True),  # an address that nothing stored
        (copying("addi r3,r1,4", "exists (0:r1=x)"), False),  # nothing is equal to itself and four
        (copying("xor r3,r1,r1", "exists (0:r1=x)"), False),
        (copying("and r3,r1,r1", "exists (0:r1=x /\\ 1:r1=x)"), True),
        (copying("or r3,r1,r1", "exists (0:r1=7)"), True),
        (copying("neg r3,r1", "exists (0:r1=x)"), False),  # has no meaning
        (copying("mr r3,r1", "exists (0:r1>5)"), True),
        (copying("mr r3,r1", "exists (0:r1=x /\\ 0:r1>5)"), False),  # an address is ordered with nothing
        (copying("mr r3,r1", "exists (0:r1=x /\\ ~(0:r1>5) /\\ ~(0:r1<=5))"), True),
        (copying("addi r3,r1,1", "exists (0:r1=2 /\\ 1:r1=3)"), False),
    ],
)
def test_the_arithmetic_of_values_from_thin_air(text: str, possible: bool, weak: str) -> None:
    """Also when every state is asked for, of which there are too many."""
    assert check(text, weak, verdict_only=True).allowed is possible
    assert check(text, weak).allowed is possible
    assert check(text, "power").allowed is False


@pytest.mark.parametrize("verdict_only", [False, True])
@pytest.mark.parametrize(
    ("program", "init", "said"),
    [
        ("lwz r1,0(r2)\ndivw r3,r5,r1", "0:r5=1; x=0;", True),  # divides by 0
        ("lwz r1,0(r2)\ndivw r3,r5,r1\nstw r3,0(r4)", "0:r5=1; x=0;", True),
        ("lwz r1,0(r2)\ndivw r3,r5,r1\naddi r3,r3,-1\nlwzx r6,r3,r4", "0:r5=1; x=0;", True),  # an address
        ("lwz r1,0(r2)\ndivw r3,r5,r1\ncmpwi r3,1\nbeq L\nL:", "0:r5=1; x=0;", True),  # a branch on it
        ("lwz r1,0(r2)\ndivw r3,r5,r1\nli r3,0", "0:r5=1; x=0;", False),  # nothing looks at it
    ],
)
def test_an_execution_without_meaning_is_told(program: str, init: str, said: bool, verdict_only: bool) -> None:
    threads = [program.split("\n"), ["li r3,1", "stw r3,0(r2)"]]
    text = columns("PPC", threads, "exists (0:r3=1)", "0:r2=x; 0:r4=y; 1:r2=x;" + init)
    assert ("no meaning" in check(text, "power", verdict_only=verdict_only).message) is said


def test_flags_are_raised_in_both_modes(tmp_path: Path) -> None:
    path = tmp_path / "flagged.cat"
    path.write_text(FLAGGED)
    text = copying("mr r3,r1", "exists (0:r1=0)")
    for verdict_only in (False, True):
        assert check(text, str(path), verdict_only=verdict_only).flags == ("anything-read",)


@pytest.mark.parametrize(("threads", "times"), [(1, 12), (2, 4), (4, 2)])
def test_a_counter_counts(threads: int, times: int) -> None:
    """What each increment reads comes from another: values on a circle, and finitely many all the same."""
    with counted(200_000):
        verdict = check(counter(threads, times))
    assert (verdict.ok, verdict.status, state_lines(verdict)) == (True, Status.DONE, [f"[x]={threads * times};"])


def test_tickets_are_given_out_once() -> None:
    """A ticket lock: the value that a thread waits for comes from the counter that both increase."""
    take = ["mov eax,$1", "lock xadd [next],eax", "L:", "mov ebx,[owner]", "cmp eax,ebx", "jne L"]
    inside = ["mov ecx,[x]", "inc ecx", "mov [x],ecx", "inc eax", "mov [owner],eax"]
    verdict = check(columns("X86", [take + inside] * 2, "forall (x=2)"))
    assert (verdict.ok, verdict.status) == (True, Status.DONE)


def test_dependent_branches_cost_no_more_than_others() -> None:
    with counted(200_000):
        verdict = check(branches(30))
    assert verdict.observation is Observation.ALWAYS


def test_a_loop_is_counted_once_however_many_branches_close_it() -> None:
    with counted(100_000):
        verdict = check(many_ways_back(7), unroll=3)
    assert (verdict.ok, verdict.status) == (False, Status.DONE)


def test_loops_that_overlap_end() -> None:
    body = ["A:", "mov eax,[x]", "B:", "cmp eax,$1", "je A", "mov eax,[x]", "cmp eax,$1", "je B"]
    verdict = check(columns("X86", [body, ["mov [x],$1"]], "exists (0:eax=1)"), unroll=2)
    assert verdict.status is Status.DONE
