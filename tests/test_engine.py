"""What the engine makes of values from thin air, loops, flags, filters, limits, and large tests."""

from __future__ import annotations

import ctypes
import gc
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from oracles.shared import engine
from oracles.steps import counted

from benchmarks.large import ring
from litmus.base.errors import ParseError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.options import Options
from litmus.ir.thread import Address
from litmus.ir.verdict import Answer, Observation, Status, Verdict
from litmus.render.text import block

WEAK = '"coherence only"\nacyclic po-loc | rf | co | fr as coherence\nempty rmw & (fre ; coe) as atomicity\n'


@pytest.fixture
def weak(tmp_path: Path) -> str:
    """A model that has coherence and nothing else, so that values may come out of thin air."""
    path = tmp_path / "weak.cat"
    path.write_text(WEAK)
    return str(path)


def ppc(threads: list[list[str]], condition: str, init: str = "") -> str:
    """A PPC test in which r2, r4 and r6 of every thread are the addresses of x, y and z."""
    registers = "".join(f"{i}:r2=x; {i}:r4=y; {i}:r6=z;\n" for i in range(len(threads)))
    height = max(map(len, threads))
    rows = "".join(" | ".join(t[k] if k < len(t) else "" for t in threads) + " ;\n" for k in range(height))
    header = " | ".join(f"P{i}" for i in range(len(threads)))
    return f"PPC t\n{{ {init}\n{registers}}}\n {header} ;\n{rows}{condition}\n"


def check(text: str, model: str | None = None, **options: object) -> Verdict:
    return engine.check(parse_test(Source("t.litmus", text)), model, Options(**options))  # type: ignore[arg-type]


def states(verdict: Verdict) -> list[tuple[int | str, ...]]:
    return [tuple(v if isinstance(v, int) else str(v) for _, v in state) for state in verdict.states]


def load_buffering(between: list[list[str]], condition: str) -> str:
    first = ["lwz r1,0(r2)", *between[0], "stw r3,0(r4)"]
    second = ["lwz r1,0(r4)", *between[1], "stw r3,0(r2)"]
    return ppc([first, second], condition)


# --- value cycles ---------------------------------------------------------------------------------------------------


def test_a_copied_value_out_of_thin_air_is_the_models_business(weak: str) -> None:
    text = load_buffering([["mr r3,r1"], ["mr r3,r1"]], "exists (0:r1=42 /\\ 1:r1=42)")
    for verdict_only in (False, True):
        assert check(text, weak, verdict_only=verdict_only).ok is True
        assert check(text, "power", verdict_only=verdict_only).ok is False
    assert check(text, "power").status is Status.DONE
    assert states(check(text, "power")) == [(0, 0)]


def test_thin_air_states_are_not_enumerated_for_ever(weak: str) -> None:
    verdict = check(load_buffering([["mr r3,r1"], ["mr r3,r1"]], "exists (0:r1=42 /\\ 1:r1=42)"), weak)
    assert verdict.status is Status.LIMIT
    assert (42, 42) in states(verdict)
    assert verdict.observation is Observation.SOMETIMES


def test_a_cycle_with_one_solution_is_found(weak: str) -> None:
    """r1 = 3 - (r1 + 1): nothing in the test produces 1 but the cycle itself."""
    between = [["addi r3,r1,1"], ["li r5,3", "sub r3,r5,r1"]]
    text = load_buffering(between, "exists (0:r1=1 /\\ 1:r1=2)")
    assert check(text, weak).ok is True
    assert check(text, weak, verdict_only=True).ok is True
    assert check(text, "power").ok is False


def test_a_cycle_without_a_solution_is_not_found(weak: str) -> None:
    text = load_buffering([["addi r3,r1,1"], ["addi r3,r1,1"]], "locations [0:r1; 1:r1;]\nexists (true)")
    assert sorted(states(check(text, weak))) == [(0, 0), (0, 1), (1, 0)]


def test_a_value_that_decides_itself_by_a_branch(weak: str) -> None:
    skip = ["cmpwi r1,1", "li r3,1", "beq L", "li r3,2", "L:"]
    text = load_buffering([skip, ["mr r3,r1"]], "locations [0:r1; 1:r1;]\nexists (0:r1=1)")
    assert check(text, weak).ok is True
    assert (1, 1) in states(check(text, weak))
    assert check(text, "power").ok is False


# --- loops, addresses, filters, flags -------------------------------------------------------------------------------

COUNTING = ppc(
    [
        ["li r1,1", "stw r1,0(r2)", "lwsync", "stw r1,0(r4)"],
        ["L:", "addi r5,r5,1", "lwz r1,0(r4)", "cmpwi r1,0", "beq L", "lwsync", "lwz r3,0(r2)"],
    ],
    "exists (1:r1=1 /\\ 1:r3=0)",
)
SPIN = ppc(
    [
        ["li r1,1", "stw r1,0(r2)", "lwsync", "stw r1,0(r4)"],
        ["L:", "lwz r1,0(r4)", "cmpwi r1,0", "beq L", "lwsync", "lwz r3,0(r2)"],
    ],
    "exists (1:r1=1 /\\ 1:r3=0)",
)


def test_a_bound_that_was_reached_is_part_of_the_answer() -> None:
    verdict = check(COUNTING)
    assert (verdict.status, verdict.answer, states(verdict)) == (Status.BOUND, Answer.BOUNDED, [(1, 1)])
    assert (verdict.ok, verdict.allowed, verdict.observation) == (None, None, None)
    assert check(COUNTING, verdict_only=True).answer is Answer.BOUNDED


def test_what_was_found_within_the_bound_is_certain() -> None:
    verdict = check(COUNTING.replace("1:r3=0", "1:r3=1"))
    assert (verdict.answer, verdict.ok, verdict.allowed) == (Answer.ALLOWED, True, True)
    assert verdict.observation is None  # Always, as far as one looked
    refuted = check(COUNTING.replace("exists (1:r1=1 /\\ 1:r3=0)", "forall (1:r3=0)"))
    assert (refuted.answer, refuted.ok) == (Answer.ALLOWED, False)
    held = check(COUNTING.replace("exists (1:r1=1 /\\ 1:r3=0)", "forall (1:r3=1)"))
    assert (held.answer, held.ok) == (Answer.BOUNDED, None)


@pytest.mark.parametrize("options", [{}, {"verdict_only": True}, {"executions": True}])
@pytest.mark.parametrize("condition", ["exists (x=1)", "~exists (x=1)", "forall (x=1)"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (["L:", "b L"], Status.DONE),
        (["L:", "lwz r1,0(r2)", "addi r5,r5,1", "stw r5,0(r4)", "cmpwi r1,0", "beq L"], Status.BOUND),
    ],
)
def test_where_no_execution_ends_nothing_is_forbidden(
    body: list[str], status: Status, condition: str, options: dict[str, bool]
) -> None:
    verdict = check(ppc([body], condition), **options)
    assert (verdict.answer, verdict.status) == (Answer.INCOMPLETE, status)
    assert (verdict.ok, verdict.allowed, verdict.observation) == (None, None, None)
    assert verdict.message


def test_waiting_reaches_no_bound() -> None:
    verdict = check(SPIN)
    assert (verdict.status, verdict.answer, states(verdict)) == (Status.DONE, Answer.FORBIDDEN, [(1, 1)])


@pytest.mark.parametrize("unroll", [0, 1, 2])
def test_a_constant_number_of_rounds_reaches_no_bound(unroll: int) -> None:
    count = ["li r1,0", "L:", "addi r1,r1,1", "cmpwi r1,30", "bne L", "stw r1,0(r2)"]
    verdict = check(ppc([count], "exists (x=30)"), unroll=unroll)
    assert (verdict.status, verdict.ok, verdict.states) == (Status.DONE, True, (((Address("x"), 30),),))


def test_an_absurd_number_of_rounds_is_a_limit_by_name() -> None:
    never = ["L:", "li r1,0", "cmpwi r1,3", "bne L", "stw r1,0(r2)"]
    verdict = check(ppc([never], "exists (x=3)"))
    assert (verdict.status, verdict.message) == (Status.LIMIT, "a loop goes round more than 1000 times")


def test_an_instruction_never_reads_what_it_writes(weak: str) -> None:
    text = "X86 t\n{ x=0; 0:EAX=1; }\n P0 | P1;\n XCHG [x],EAX | MOV EDX,[x];\nexists (0:EAX=1)\n"
    nothing = Path(weak).with_name("nothing.cat")
    nothing.write_text('"nothing"\nacyclic po\n')
    verdict = check(text, str(nothing))
    assert (verdict.ok, states(verdict)) == (False, [(0,)])


def test_pointers_are_followed() -> None:
    text = ppc([["stw r6,0(r2)"], ["lwz r1,0(r2)", "lwz r3,0(r1)"]], "exists (1:r1=z /\\ 1:r3=7)", "x=y; y=3; z=7;")
    assert sorted(states(check(text)), key=str) == [("y", 3), ("z", 7)]


def test_an_access_to_no_location_is_told() -> None:
    verdict = check(ppc([["stw r6,0(r2)"], ["lwz r1,0(r2)", "lwz r3,0(r1)"]], "exists (1:r1=z)", "z=7;"))
    assert verdict.message == "executions in which an access goes to no location are left out (t.litmus:8:4)"
    assert states(verdict) == [("z",)]


def test_an_access_that_never_goes_to_a_location_is_an_error() -> None:
    with pytest.raises(ParseError, match="not the address of a location"):
        check(ppc([["lwz r1,0(r7)"]], "exists (0:r1=0)"))


@pytest.mark.parametrize(
    ("program", "condition"),
    [
        (["lwz r1,0(r2)", "divw r3,r6,r1", "stw r3,0(r4)"], "forall (y=0)"),
        (["li r5,6", "lwz r1,0(r2)", "divw r3,r5,r1"], "exists (0:r3=3)"),
        (["add r3,r2,r4", "lwz r1,0(r2)"], "exists (0:r3=1)"),
        (["lwz r1,0(r2)", "cmpw r2,r4", "blt L", "li r3,1", "L:"], "exists (0:r3=1)"),
    ],
)
def test_executions_with_meaningless_values_are_told(program: list[str], condition: str) -> None:
    text = ppc([program, ["li r1,2", "stw r1,0(r2)"]], condition)
    for verdict_only in (False, True):
        assert "a value has no meaning" in check(text, verdict_only=verdict_only).message


def test_a_filter_restricts_the_states() -> None:
    threads = [["li r1,1", "stw r1,0(r2)"], ["lwz r1,0(r2)", "lwz r3,0(r2)"]]
    text = ppc(threads, "locations [1:r3;]\nfilter (1:r1=0)\nforall (1:r3=0)")
    verdict = check(text)
    assert states(verdict) == [(0,), (1,)]
    assert check(text, verdict_only=True).ok is verdict.ok is False


def test_flags_are_raised_by_executions(tmp_path: Path) -> None:
    model = tmp_path / "flags.cat"
    model.write_text(
        "acyclic po | rf | co | fr as sc\n"
        "flag ~empty ([R] ; fre ; [W]) as reads-before\n"
        "flag ~empty (rfi) as forwarded\n"
        "undefined_unless empty (rfe & (IW * R)) as reads-initial\n"
    )
    verdict = check(ppc([["li r1,1", "stw r1,0(r2)"], ["lwz r1,0(r2)"]], "exists (1:r1=1)"), str(model))
    assert verdict.flags == ("reads-before", "reads-initial")
    assert verdict.undefined
    assert "\nUndef\n" in block(verdict)


def test_a_recursive_flag_is_not_its_own_reason(tmp_path: Path) -> None:
    model = tmp_path / "recursive.cat"
    model.write_text(
        "acyclic po | rf | co | fr as sc\n"
        "let rec r = (rf & (IW * R) & int) | (r ; (po | po^-1)) | ((po | po^-1) ; r)\n"
        "flag ~empty r as never\n"
    )
    verdict = check(ppc([["lwz r1,0(r2)", "lwz r3,0(r2)"]], "exists (0:r1=0)"), str(model))
    assert verdict.flags == ()


def test_a_model_is_without_what_no_event_of_a_test_is_in() -> None:
    """Unless the test is cut short: what would follow may be a fence that is nowhere else."""

    def fences(text: str) -> set[str]:
        model = engine.prepare(parse_test(Source("t.litmus", text))).model
        return {tag for node in model.nodes for tag in node.tags}

    assert fences(load_buffering([["sync"], ["lwsync"]], "exists (0:r1=1)")) == {"SYNC", "LWSYNC"}
    assert fences(COUNTING) > {"SYNC", "LWSYNC", "ISYNC", "EIEIO"}


# --- limits and growth ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_large_rings_are_decided() -> None:
    """The work is some 1,000 calls a thread; benchmarks/growth.py and large.py measure how long it takes."""
    for fence, without, ok in (("sync", None, False), ("lwsync", None, True), ("sync", 17, True)):
        with counted(200_000):
            assert check(ring(64, fence, without), verdict_only=True).ok is ok


def test_a_time_limit_has_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on when it is looked at: some 70 times until the verdict, thousands for all states."""
    monkeypatch.setattr("litmus.base.deadline.time", SimpleNamespace(monotonic=count().__next__))
    verdict = check(ring(24, "sync"), timeout=300)
    assert verdict.status is Status.TIMEOUT
    assert verdict.ok is False  # what was found is not lost


def test_too_many_states_are_a_limit() -> None:
    verdict = check(ring(5, "sync"), max_states=10)
    assert (verdict.status, len(verdict.states)) == (Status.LIMIT, 10)
    assert verdict.observation is None


def test_the_answer_does_not_wait_for_too_many_states() -> None:
    verdict = check(ring(8, "sync"), max_states=10)
    assert (verdict.status, len(verdict.states), verdict.observation) == (Status.LIMIT, 10, Observation.NEVER)
    allowed = check(ring(8, "eieio"), max_states=10)
    assert (allowed.status, len(allowed.states), allowed.positive) == (Status.LIMIT, 10, 1)


def test_what_is_made_for_a_test_is_gone_with_its_verdict() -> None:
    """No cycle of references keeps it, for which Python would have to look through everything that there is.

    Only what litmus makes counts: ctypes leaves cycles when it makes an array of a new length, or opens a library.
    """
    test = load_buffering([["sync"], ["sync"]], "exists (0:r1=1 /\\ 1:r1=1)")
    check(test)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        check(test)
        gc.collect()
        assert [x for x in gc.garbage if _module(x).startswith("litmus")] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _module(thing: object) -> str:
    """Where a function, a class, or the class of anything else was defined; for ctypes that is where it is used."""
    if isinstance(thing, type) and issubclass(thing, ctypes.Array):
        return ctypes.__name__
    return str(getattr(thing, "__module__", None) or type(thing).__module__)
