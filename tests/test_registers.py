"""Accesses to registers, which only the models that look at them have as events."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracles.shared import engine

import litmus
from litmus.base.source import Source
from litmus.cat import NeedsRegisters, load, load_text
from litmus.cat.registry import models
from litmus.frontend.dialect import dialect_for
from litmus.frontend.files import read_test
from litmus.frontend.parser import parse_test
from litmus.ir.events import EventGraph
from litmus.ir.litmus_test import LitmusTest
from litmus.judge.oracle import oracle_states
from litmus.unfold import unfold

LB = """PPC LB
{ 0:r2=x; 0:r4=y; 1:r2=x; 1:r4=y; }
 P0           | P1           ;
 lwz r1,0(r2) | lwz r1,0(r4) ;
 xor r3,r1,r1 | VALUE        ;
 addi r3,r3,1 | nop          ;
 stw r3,0(r4) | stw r3,0(r2) ;
exists (0:r1=1 /\\ 1:r1=1)"""

EXCHANGE = """X86 LB+xchg
{ }
 P0          | P1           ;
 MOV EAX,[x] | MOV EBX,[y]  ;
 XCHG [y],EAX | MOV [x],EBX ;
exists (0:EAX=0 /\\ x=0 /\\ y=0)"""

CSEL = """AArch64 LB+csel+data
{ 0:X1=x; 0:X3=y; 1:X1=x; 1:X3=y; 0:X6=1; 0:X7=1; }
 P0               | P1          ;
 LDR W0,[X1]      | LDR W0,[X3] ;
 CMP W0,#1        | STR W0,[X1] ;
 CSEL W2,W6,W7,EQ |             ;
 STR W2,[X3]      |             ;
exists (0:X0=1 /\\ 1:X0=1)"""


def parsed(text: str) -> LitmusTest:
    return parse_test(Source("t.litmus", text))


def allowed(model: str, test: str, tmp_path: Path) -> bool:
    """Whether the condition holds in an execution; where there is none, it does not."""
    (tmp_path / "m.cat").write_text(model)
    return engine.check(parsed(test), str(tmp_path / "m.cat")).allowed is True


@pytest.mark.parametrize(
    ("model", "value", "expected"),
    [
        ("acyclic iico_data | iico_ctrl | rf-reg | rf", "li r3,1", True),
        ("acyclic iico_data | iico_ctrl | rf-reg | rf", "mr r3,r1", False),
        ("acyclic iico_data | rf-reg", "mr r3,r1", True),
        ("acyclic po | iico_data | rf-reg", "mr r3,r1", True),
        ("empty rf-reg", "li r3,1", False),
        ("empty Rreg | Wreg | ADDR | DATA", "li r3,1", True),
        ('"r" catdep empty Rreg', "li r3,1", False),
        ('"r" catdep empty ADDR & DATA', "li r3,1", True),
        ("empty iico_data & (po | int)", "li r3,1", True),
        ("empty iico_data & (po | _)", "li r3,1", False),
        ('"r" catdep empty iico_data & po', "li r3,1", True),
        ('"r" catdep empty iico_data & int', "li r3,1", False),
        ("empty ~(M * M)", "li r3,1", True),
        ('"r" catdep empty ~(M * M)', "li r3,1", False),
        ("empty (iico_data? \\ iico_data) \\ [M]", "li r3,1", True),
        ("empty iico_data* \\ (iico_data+ | id)", "li r3,1", True),
        ("empty loc & ~(M * M)", "li r3,1", True),
        ('"r" catdep empty po & loc & Wreg * Rreg', "li r3,1", False),
        ('"r" catdep empty rf-reg \\ loc', "li r3,1", True),
        ("empty same-instance & iico_data", "li r3,1", False),
    ],
)
def test_the_names_of_herd7(model: str, value: str, expected: bool, tmp_path: Path) -> None:
    """Each row is what herd7 says, of which 7.58 has no ADDR."""
    assert allowed(model, LB.replace("VALUE", value), tmp_path) is expected


def dependencies(graph: EventGraph) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The pairs of addr and data, and those of accesses to memory that registers connect."""
    kinds = [event.kind for event in graph.events]
    steps: dict[int, set[int]] = {}
    for name in ("iico_data", "rf-reg"):
        for i, row in enumerate(graph.relations[name].rows):
            steps.setdefault(i, set()).update(j for j in range(row.bit_length()) if row >> j & 1)
    computed = set()
    for start in (i for i, kind in enumerate(kinds) if kind in "RUA"):
        reached: set[int] = set()
        todo = [j for j in steps.get(start, ()) if kinds[j] == "G"]
        while todo:
            at = todo.pop()
            if at not in reached:
                reached.add(at)
                todo += [j for j in steps.get(at, ()) if kinds[at] == "G" or kinds[j] == "G"]
        computed |= {(start, j) for j in reached if kinds[j] in "RWUA"}
    given = {
        (i, j)
        for name in ("addr", "data")
        for i, row in enumerate(graph.relations[name].rows)
        for j in range(row.bit_length())
        if row >> j & 1
    }
    return given, computed


ASSEMBLY = sorted(
    path
    for path in (Path(__file__).parent / "litmus").rglob("*.litmus")
    if path.parent.name not in ("C", "PCI", "LISA")
)


def test_dependencies_are_what_registers_connect() -> None:
    """In all instructions: two ways to the same relations, which share no code."""
    compared = 0
    for path in ASSEMBLY:
        test = read_test(str(path))
        if test.dialect in ("C", "PCI", "LISA"):
            continue
        graph = unfold(test, 1, registers=True)
        same = {(e.index, f.index) for e in graph.events for f in graph.events if e.instruction == f.instruction}
        given, computed = dependencies(graph)
        reads = {e.index for e in graph.events if e.kind != "W"}  # of RISC-V also on the success of a store
        assert {(i, j) for i, j in given - same if i in reads} == computed - same, path
        compared += len(given)
    assert compared > 100


@pytest.mark.parametrize(
    ("model", "test"),
    [
        ('"r" catdep let rec d = iico_data | rf-reg | (d ; d) acyclic ([R] ; d ; [W]) | rf', LB),
        (
            "acyclic iico_data | iico_ctrl | rf-reg | rf | fr",
            LB.replace("VALUE", "cmpwi r1,0").replace("nop  ", "beq L").replace("stw r3,0(r2) ;", "L: stw r3,0(r2) ;"),
        ),
        ("acyclic iico_data | rf-reg | rf | co", EXCHANGE),
        ("acyclic iico_data | iico_ctrl | rf-reg | rf", CSEL),
        ('"r" catdep let r = _ ; (iico_data | iico_ctrl)* ; [Wreg] acyclic rf | (r & po)', CSEL),
    ],
)
def test_the_brute_force_agrees(model: str, test: str, tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text(model)
    prepared = engine.prepare(parsed(test.replace("VALUE", "li r3,1")), str(tmp_path / "m.cat"))
    verdict = engine.check(prepared.graph.test, str(tmp_path / "m.cat"))
    assert oracle_states(prepared.graph, prepared.model) == set(verdict.states)


def test_of_a_conditional_choice_only_what_is_chosen_is_read(tmp_path: Path) -> None:
    """And the condition is no data: that is what the Arm manual calls a pick dependency."""
    assert allowed("acyclic iico_data | rf-reg | rf", CSEL, tmp_path)
    assert not allowed("acyclic iico_data | iico_ctrl | rf-reg | rf", CSEL, tmp_path)
    other = CSEL.replace("CSEL W2,W6,W7,EQ", "CSEL W2,W6,W0,EQ")
    assert allowed("acyclic iico_data | rf-reg | rf", other, tmp_path)
    assert not allowed("acyclic iico_data | rf-reg | rf", other.replace("W0,EQ", "W0,NE"), tmp_path)


def test_a_conditional_store_needs_the_address_of_its_reservation_and_not_what_was_read() -> None:
    lines = ["lwz r5,0(r2)", "xor r6,r5,r5", "lwarx r1,r6,r4", "stwcx. r3,r0,r4", "stw r1,0(r2)"]
    text = "PPC RES\n{ 0:r2=x; 0:r4=y; 0:r3=1; }\n P0 ;\n " + " ;\n ".join(lines) + " ;\nexists (y=1)"
    graph = unfold(parsed(text), registers=True)
    first, reserve = (e.index for e in graph.events if e.kind == "R")
    conditional, last = (e.index for e in graph.events if e.kind == "W" and not e.is_init)
    _, computed = dependencies(graph)
    assert {(first, conditional), (first, reserve), (reserve, last)} <= computed
    assert (reserve, conditional) not in computed


def test_models_that_do_not_look_at_registers_have_no_events_of_them() -> None:
    test = parsed(LB.replace("VALUE", "li r3,1"))
    assert {event.kind for event in engine.prepare(test).graph.events} == {"R", "W"}
    unread = load_text("let d = rf-reg ; po let rec e = iico_data | (e ; e) show d acyclic po")
    assert unread.elaborate(dialect_for("PPC").sets).axioms
    for info in models():
        if "PPC" in info.dialects:
            load(info.name).elaborate(dialect_for("PPC").sets)
    with pytest.raises(NeedsRegisters, match="a model with 'catdep' needs"):
        load_text('"r" catdep acyclic po').elaborate(dialect_for("PPC").sets)
    with pytest.raises(NeedsRegisters, match="'rf-reg' needs the accesses to registers of a test"):
        load_text("acyclic try rf-reg with po").elaborate(dialect_for("PPC").sets)


def test_a_circle_through_registers_is_explained(tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text("acyclic iico_data | rf-reg | rf as circle")
    test = parsed(LB.replace("VALUE", "mr r3,r1"))
    said = litmus.text(litmus.explain(test, str(tmp_path / "m.cat")))
    assert "a before a register of P0 line 4" in said
    assert "by rf-reg" in said


COMPARED = """AArch64 cas
{ x=AT; 0:X1=x; 0:X0=3; 0:X2=4; 0:X3=0; 0:X4=0; }
P0;
INSTRUCTION;
exists END"""
TAKEN, FAILED = "x=4", "0:X0=5"


@pytest.mark.parametrize(
    ("axiom", "end", "expected"),
    [
        ("empty [Rreg & DATA] ; iico_data ; iico_ctrl ; [W]", TAKEN, False),
        ("empty [R] ; iico_data ; iico_ctrl ; [W]", TAKEN, False),
        ("empty [R] ; iico_data ; [W]", TAKEN, True),
        ("empty [Rreg & DATA] ; iico_data ; [W]", TAKEN, False),
        ("empty [R] ; iico_data ; [Wreg]", TAKEN, True),  # what it was compared with is loaded
        ("empty [Rreg & DATA] ; iico_data ; [Wreg]", TAKEN, True),
        ("empty [R | Rreg & DATA] ; iico_data ; [Wreg]", TAKEN, False),
        ("empty W \\ IW", TAKEN, False),
        ("empty W \\ IW", FAILED, True),
        ("~empty [R] ; iico_data ; [W]", FAILED, True),  # it writes back what it read
        ("empty [R] ; iico_data ; [Wreg]", FAILED, False),
        ("~empty [Rreg & DATA] ; iico_data ; ([W] | [Wreg])", FAILED, False),
    ],
)
@pytest.mark.parametrize("instruction", ["CAS W0,W2,[X1]", "CAS X0,X2,[X1]"])
def test_what_a_compare_and_swap_needs(instruction: str, axiom: str, end: str, expected: bool, tmp_path: Path) -> None:
    text = COMPARED.replace("INSTRUCTION", instruction).replace("END", f"({end})")
    assert allowed(f'"r" catdep {axiom}', text.replace("AT", "3" if end == TAKEN else "5"), tmp_path) is expected
