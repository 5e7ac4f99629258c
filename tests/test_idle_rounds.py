"""Rounds of a loop that have no effect: an answer needs no more of them than the unroll limit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples
from oracles.generate import X, Y, litmus_test
from oracles.shared import engine

from litmus.base.errors import LimitReached, ParseError
from litmus.base.source import Source
from litmus.cat import load, load_text, models
from litmus.decide.monotone import is_monotone
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.ir.events import NEVER
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.options import Options
from litmus.ir.thread import Assign, Branch, Const, Label, Load, Op, Reg, Store, StoreConditional
from litmus.ir.verdict import Answer, Status
from litmus.unfold import unfold


def x86(*body: str) -> LitmusTest:
    """A thread beside one that writes 1 to x."""
    rows = [f" {left} | {right} ;" for left, right in zip(body, ["MOV [x],$1", *[""] * len(body)], strict=False)]
    text = "\n".join(["X86 t", "{ }", " P0 | P1 ;", *rows, "exists (0:EAX=7 /\\ 0:EBX=7)", ""])
    return parse_test(Source("t.litmus", text))


@pytest.mark.parametrize(
    ("body", "idle"),
    [
        (["L:", "MOV EAX,[x]", "CMP EAX,$1", "JNE L"], True),
        (["L:", "MFENCE", "MOV EBX,[y]", "MOV EAX,[x]", "CMP EAX,$1", "JNE L", "MOV ECX,[y]"], True),
        # tested at the top: nothing is as it was before the test, but all is before the read
        (["MOV EAX,[x]", "L:", "CMP EAX,$1", "JE E", "MOV EAX,[x]", "JMP L", "E:"], True),
        # of two loops the inner one, and the outer one
        (["A:", "B:", "MOV EBX,[y]", "CMP EBX,$0", "JNE B", "MOV EAX,[x]", "CMP EAX,$0", "JE A"], True),
        (["L:", "MOV EAX,[x]", "INC EBX", "CMP EAX,$1", "JNE L"], False),  # counts
        (["L:", "MOV EAX,[x]", "MOV [y],EAX", "CMP EAX,$1", "JNE L"], False),  # writes
        (["L:", "XCHG [x],EAX", "CMP EAX,$1", "JNE L"], False),
        (["MOV EBX,$0", "L:", "ADD EBX,[x]", "CMP EBX,$3", "JNE L"], False),  # adds up what it reads
        # keeps what was read in the round before
        (["L:", "MOV EBX,EAX", "MOV EAX,[x]", "CMP EAX,$1", "JNE L"], False),
        (["L:", "MOV EAX,[x]", "CMP EAX,$2", "JE L", "MOV [y],EAX", "CMP EAX,$1", "JNE L"], False),
    ],
)
def test_which_rounds_have_no_effect(body: list[str], idle: bool) -> None:
    for unroll in (1, 2, 3):
        graph = unfold(x86(*body), unroll)
        assert graph.bound != NEVER
        assert (graph.further == NEVER) is idle


LOCK = """PPC lock
{ 0:r2=l; 1:r2=l; 0:r4=x; 1:r4=x; 0:r3=1; 1:r3=1; }
 P0            | P1            ;
 L:            | L:            ;
 lwarx r1,0,r2 | lwarx r1,0,r2 ;
 cmpwi r1,0    | cmpwi r1,0    ;
 bne L         | bne L         ;
 stwcx. r3,0,r2 | stwcx. r3,0,r2 ;
 bne L         | bne L         ;
 isync         | isync         ;
 lwz r5,0(r4)  | lwz r5,0(r4)  ;
 addi r5,r5,1  | addi r5,r5,1  ;
 stw r5,0(r4)  | stw r5,0(r4)  ;
 lwsync        | lwsync        ;
 li r6,0       | li r6,0       ;
 stw r6,0(r2)  | stw r6,0(r2)  ;
forall (x=2)
"""


def test_a_lock_that_is_tried_again() -> None:
    """The store of a try that fails is not made, on any of the ways back."""
    verdict = engine.check(parse_test(Source("lock.litmus", LOCK)), options=Options(unroll=1))
    assert (verdict.status, verdict.ok) == (Status.DONE, True)


REGISTERS = ["a", "b", "c"]
LABELS = ["A", "B"]


@st.composite
def waiting(draw: st.DrawFn) -> LitmusTest:
    """A thread with a loop or two, in which it mostly reads, beside one that writes what it may wait for."""
    register, place = st.sampled_from(REGISTERS), st.sampled_from([Const(X), Const(X), Const(Y)])
    inside = st.one_of(
        st.builds(Load, register, place),
        st.builds(Load, register, place),
        st.builds(Assign, register, register.map(Reg)),
        st.builds(Assign, register, st.builds(lambda r: Op("add", (Reg(r), Const(1))), register)),
        st.builds(lambda r, target: Branch(Reg(r), target), register, st.sampled_from(["A", "B", "E"])),
        st.builds(Store, st.just(Const(Y)), register.map(Reg)),
        st.just(StoreConditional("a", Const(X), Const(2))),
        st.just(Load("b", Const(X), reserve=True)),
    )
    body = [*draw(st.lists(inside, max_size=1)), Label("A"), *draw(st.lists(inside, min_size=1, max_size=3))]
    body += [Label("B"), *draw(st.lists(inside, max_size=2))]
    body += [Branch(Op("lnot", (Reg(draw(register)),)), draw(st.sampled_from(LABELS)))]
    body += [*draw(st.lists(inside, max_size=1)), Label("E")]
    other = [Store(draw(place), Const(value)) for value in range(1, draw(st.integers(1, 2)) + 1)]
    observed = [*(Register(0, name) for name in REGISTERS), X, Y]
    return litmus_test("PPC", [body, other], observed)


@pytest.mark.slow
@examples(80)
@given(test=waiting(), model=st.sampled_from(["sc", "power"]))
def test_no_outcome_is_lost(test: LitmusTest, model: str) -> None:
    """Where an answer says that it is whole although loops were cut, more rounds have the same states."""
    try:
        near, far = unfold(test, 1), unfold(test, 3)
    except (LimitReached, ParseError):
        return
    if near.bound == NEVER or len(far.events) > 40:
        return
    few = engine.check(test, model, Options(unroll=1))
    if few.status is Status.DONE:
        many = engine.check(test, model, Options(unroll=3))
        assert many.status is Status.DONE
        assert few.states == many.states


@pytest.mark.parametrize(
    ("model", "monotone"),
    [
        ("acyclic po | rf | co | fr", True),
        ("let rec r = po | (r ; rf)\nacyclic r", True),
        ("irreflexive fre ; coe ; po\nempty rmw & (fre ; coe)", True),
        ("acyclic (po & (R * M | W * W)) \\ (W * R) | ~(po | id) & rf", True),
        ("empty po \\ (po ; [W] ; po) & co", True),  # writes stay
        ("empty (R * R) \\ (rf^-1 ; rf) & co", True),
        ("empty po \\ (po ; po) & co", False),  # neighbours
        ("acyclic po \\ (po ; [R] ; po)", False),
        ("acyclic po & ~(rf ; po)", False),
        ("acyclic po & (domain(rf ; po) * M)", True),
        ("acyclic po & ((~domain(rf ; po)) * M)", False),
        ("acyclic po & ((M \\ domain(fr)) * M)", True),  # by writes alone
        ("acyclic po & ((M \\ range(rf^-1)) * M)", False),  # by reads
        ("acyclic po & ((M \\ range(co)) * M)", True),
        ("let rec r = po | ((po \\ (po ; po)) ; r)\nacyclic r", False),
        ("~empty po & rf", False),
        ("acyclic po\nflag ~empty po \\ (po ; po) as near", True),  # a flag forbids nothing
    ],
)
def test_only_a_monotone_model_forbids_no_more_without_reads(tmp_path: Path, model: str, monotone: bool) -> None:
    found = load_text(f'"m"\n{model}\n').elaborate(frozenset({"X", "MFENCE"}))
    assert is_monotone(found) is monotone
    file = tmp_path / "m.cat"
    file.write_text(f'"m"\n{model}\n')
    verdict = engine.check(x86("L:", "MOV EAX,[x]", "CMP EAX,$1", "JNE L"), str(file))
    if not monotone:
        assert verdict.answer in (Answer.BOUNDED, Answer.INCOMPLETE)
    else:
        assert verdict.status is Status.DONE


@pytest.mark.parametrize("name", [info.name for info in models() if {"X86", "PPC", "ALPHA"} & set(info.dialects)])
def test_our_models_are_monotone(name: str) -> None:
    cat = load(name)
    sets = frozenset().union(*(dialect_for(arch).sets for arch in cat.dialects or () if arch != "PCI"))
    assert is_monotone(cat.elaborate(sets))
