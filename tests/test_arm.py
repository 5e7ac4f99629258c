"""ARM assembly: what instructions compute, the events they make, and errors with their places."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.alone import Alone
from oracles.effort import examples
from oracles.shared import engine

from litmus.base.source import Source
from litmus.dialects.arm import instructions
from litmus.dialects.arm.refused import REFUSED
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.ir.options import Options
from litmus.ir.thread import Assign, Branch, Fence, Label, Load, Store, StoreConditional
from litmus.ir.values import wrap

alone = Alone("ARM")
parse, final = alone.parse, alone.final


WORDS = st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]) | st.integers(-(2**31), 2**31 - 1)
MASK = 2**32 - 1
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "ADD": lambda a, b: a + b,
    "SUB": lambda a, b: a - b,
    "RSB": lambda a, b: b - a,
    "AND": lambda a, b: a & b,
    "ORR": lambda a, b: a | b,
    "EOR": lambda a, b: a ^ b,
    "XOR": lambda a, b: a ^ b,
    "BIC": lambda a, b: a & ~b,
    "ORN": lambda a, b: a | ~b,
    "MUL": lambda a, b: a * b,
}
SHIFTS: dict[str, Callable[[int, int], int]] = {
    "LSL": lambda a, n: a << n,
    "LSR": lambda a, n: (a & MASK) >> n,
    "ASR": lambda a, n: a >> n,
    "ROR": lambda a, n: (a & MASK) >> n % 32 | a << 32 - n % 32,
}
CONDITIONS: dict[str, Callable[[int, int], bool]] = {
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "CS": lambda a, b: (a & MASK) >= (b & MASK),
    "LO": lambda a, b: (a & MASK) < (b & MASK),
    "HI": lambda a, b: (a & MASK) > (b & MASK),
    "LS": lambda a, b: (a & MASK) <= (b & MASK),
    "MI": lambda a, b: wrap(a - b, 32) < 0,
    "PL": lambda a, b: wrap(a - b, 32) >= 0,
    "VS": lambda a, b: not -(2**31) <= a - b < 2**31,
    "VC": lambda a, b: -(2**31) <= a - b < 2**31,
    "GE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "GT": lambda a, b: a > b,
    "LE": lambda a, b: a <= b,
    "AL": lambda a, b: True,
}


@examples(60)
@given(st.sampled_from(sorted(OPERATIONS)), WORDS, WORDS)
def test_arithmetic(name: str, a: int, b: int) -> None:
    expected = wrap(OPERATIONS[name](a, b), 32)
    assert final("0:R2", f"0:R0={a}; 0:R1={b}", f"{name} R2,R0,R1") == expected
    if name != "MUL":
        assert final("0:R2", f"0:R0={a}", f"{name} R2,R0,#{b}") == expected


@examples(60)
@given(st.sampled_from(sorted(SHIFTS)), WORDS, st.integers(0, 31))
def test_shifts(name: str, a: int, count: int) -> None:
    expected = wrap(SHIFTS[name](a, count), 32)
    init = f"0:R0={a}; 0:R1={count + 256}"
    assert final("0:R2", init, f"{name} R2,R0,#{count}") == expected
    assert final("0:R2", init, f"{name} R2,R0,R1") == expected
    assert final("0:R2", init, f"MOV R2,R0,{name} #{count}") == expected
    assert final("0:R2", init, f"ADD R2,R3,R0,{name} R1") == expected


@examples(60)
@given(st.sampled_from(sorted(CONDITIONS)), WORDS, WORDS)
def test_conditions(name: str, a: int, b: int) -> None:
    init, holds = f"0:R0={a}; 0:R1={b}; 0:R5=1; 0:R6=x", CONDITIONS[name](a, b)
    assert final("0:R2", init, "CMP R0,R1", f"MOV{name} R2,#1") == holds
    assert final("x", init, "CMP R0,R1", f"STR{name} R5,[R6]") == holds
    assert final("0:R5", init, "SUBS R2,R0,R1", f"B{name} L", "MOV R5,#0", "L: NOP") == holds
    assert final("0:R2", init, "RSB R3,R1,#0", "CMN R0,R3", f"MOV{name} R2,#1") == holds or b in (0, -(2**31))


@examples(40)
@given(st.sampled_from(["ADC", "SBC", "RSC"]), WORDS, WORDS, st.booleans())
def test_sums_with_the_carry(name: str, a: int, b: int, carry: bool) -> None:
    left, right = (b, a) if name == "RSC" else (a, b)
    total = (left & MASK) + ((right if name == "ADC" else ~right) & MASK) + carry
    code = [f"CMP R3,#{1 - carry}", f"{name}S R2,R0,R1", "MOVCS R4,#1"]
    init = f"0:R0={a}; 0:R1={b}"
    assert final("0:R2", init, *code) == wrap(total, 32)
    assert final("0:R4", init, *code) == total >> 32


@examples(40)
@given(st.sampled_from(["UMULL", "SMULL", "UMLAL", "SMLAL", "UMAAL"]), WORDS, WORDS, WORDS, WORDS)
def test_products_of_two_words(name: str, a: int, b: int, low: int, high: int) -> None:
    total = a * b if name[0] == "S" else (a & MASK) * (b & MASK)
    if name.endswith("MLAL"):
        total += (high << 32) + (low & MASK)
    elif name == "UMAAL":
        total += (low & MASK) + (high & MASK)
    init = f"0:R0={a}; 0:R1={b}; 0:R2={low}; 0:R3={high}"
    assert final("0:R2", init, f"{name} R2,R3,R0,R1") == wrap(total, 32)
    assert final("0:R3", init, f"{name} R2,R3,R0,R1") == wrap(total >> 32, 32)


RUNS = [
    ("0:R4", "0:R4=7; 0:LR=9", ["PUSH {R4,LR}", "MOV R4,#1", "POP {R4,LR}"], 7),
    ("0:R5", "0:R4=7; 0:LR=9", ["PUSH {R4,LR}", "POP {R4,R5}"], 9),
    ("0:R5", "0:R4=7; 0:R5=9", ["push {r4}", "push {r5}", "mov r5,#1", "pop {r4}", "pop {r5}"], 7),
    ("0:R0", "0:R4=7", ["PUSH {R4,LR}", "MOV R0,#1", "POP {R4,PC}"], 1),
    ("0:R0", "", ["MOV R0,#0", "BL F", "B E", "F: PUSH {LR}", "MOV R0,#2", "POP {PC}", "E: ADD R0,R0,#1"], 3),
    ("t[0]", "int t[4]; 0:R0=5; 0:R1=6; 0:SP=t", ["ADD SP,SP,#8", "PUSH {R0,R1}"], 5),
    ("0:R2", "int t[4]={1,2,3,4}; 0:R13=t", ["POP {R1,R2}", "POP {R2}", "PUSH {R1}"], 3),
    ("t[2]", "int t[4]={1,2,3,4}; 0:R13=t", ["POP {R1,R2}", "POP {R2}", "PUSH {R1}"], 1),
    ("0:R2", "int t[4]={1,2,3,4}; 0:SP=t", ["POP {R2,PC}"], 1),
    ("0:R0", "", ["MOV R0,#-1"], -1),
    ("0:R0", "", ["MVN R0,#0"], -1),
    ("0:R0", "0:R0=0x12345678", ["MOVT R0,#0xBEEF"], wrap(0xBEEF5678, 32)),
    ("0:R0", "0:R0=-1", ["MOVW R0,#65535"], 65535),
    ("0:R0", "0:R1=3; 0:R2=4; 0:R3=5", ["MLA R0,R1,R2,R3"], 17),
    ("0:R0", "0:R1=3; 0:R2=4; 0:R3=5", ["MLS R0,R1,R2,R3"], -7),
    ("0:R0", "0:R1=0x1ff", ["UXTB R0,R1"], 255),
    ("0:R0", "0:R1=0x1ff", ["SXTB R0,R1"], -1),
    ("0:R0", "0:R1=0x1ffff", ["SXTH R0,R1"], -1),
    ("0:R0", "0:R0=5; 0:R1=5", ["TEQ R0,R1", "MOVEQ R0,#9"], 9),
    ("0:R0", "0:R0=5; 0:R1=2", ["TST R0,R1", "MOVNE R0,#9"], 5),
    ("0:R0", "0:R0=5", ["CBNZ R0,L", "MOV R0,#1", "L: CBZ R0,L"], 5),
    ("0:R0", "0:R0=5", ["BX LR", "MOV R0,#1"], 5),
    ("0:R0", "0:R0=5; 0:R1=1", ["CMP R1,#1", "ANDEQ R0,R1,R1"], 1),
    ("0:R0", "0:R0=5", ["ADD R0,#2", "SUB R0,#1", "NOP", "YIELD", "DMB"], 6),
    ("0:R0", "0:R0=5; 0:R1=3", ["ADD R0,R1,LSL #2", "LSL R0,#1", "MUL R0,R1"], 102),
    ("0:R0", "0:R0=1; 0:R1=1", ["CMP R0,R1", "ITTE EQ", "MOVEQ R0,#7", "ADDEQ R0,#1", "MOVNE R0,#9"], 8),
    ("0:R0", "0:R1=x; x=3", ["PLD [R1]", "LDR R0,[R1]"], 3),
    ("0:R0", "0:R1=t; int t[2]={3,4}; 0:R2=4", ["ADD R1,R1,#8", "LDR R0,[R1,-R2]"], 4),
    ("0:R0", "0:R0=7; 0:R1=-2", ["SDIV R0,R1"], -3),
    ("0:R0", "0:R0=-1; 0:R1=16", ["UDIV R0,R0,R1"], 0x0FFFFFFF),
    ("0:R0", "0:R1=3", ["SDIV R0,R1,R0"], 0),
    ("0:R0", "0:R1=0x1234", ["UBFX R0,R1,#4,#8"], 0x23),
    ("0:R0", "0:R1=0xf00", ["SBFX R0,R1,#8,#4"], -1),
    ("0:R0", "0:R0=0x11111; 0:R1=0xab", ["BFI R0,R1,#4,#8"], 0x11AB1),
    ("0:R0", "0:R0=-1", ["BFC R0,#4,#8"], wrap(0xFFFFF00F, 32)),
    ("0:R0", "0:R1=0x00012345", ["CLZ R0,R1"], 15),
    ("0:R0", "", ["CLZ R0,R1"], 32),
    ("0:R0", "0:R1=0x12345678", ["REV R0,R1"], 0x78563412),
    ("0:R0", "0:R1=0x12345678", ["REV16 R0,R1"], 0x34127856),
    ("0:R0", "0:R1=0x1280", ["REVSH R0,R1"], wrap(0xFFFF8012, 32)),
    ("0:R0", "0:R1=1", ["RBIT R0,R1"], -(2**31)),
    ("0:R0", "0:R1=0x12345678", ["UXTB R0,R1,ROR #8"], 0x56),
    ("0:R0", "0:R1=0xff; 0:R2=3", ["SXTAB R0,R2,R1"], 2),
    ("0:R0", "0:R1=5", ["NEGS R0,R1", "MOVMI R1,#1", "ADD R0,R1"], -4),
    ("0:R0", "0:R1=0x80000003", ["LSRS R0,R1,#1", "MOV R0,#0", "ADC R0,R0,R0"], 1),
    ("0:R0", "0:R1=2; 0:R2=1", ["CMP R1,R1", "LSRS R3,R1,R2", "MOV R0,#0", "ADC R0,#0"], 0),
    ("0:R0", "0:R1=2", ["CMP R1,R1", "LSLS R3,R1,R0", "ADC R0,#0"], 1),
    ("0:R0", "0:R1=2; 0:R2=33", ["CMP R1,R1", "LSLS R3,R1,R2", "ADC R0,#0"], 0),
    ("0:R0", "0:R1=-2; 0:R2=33", ["CMP R1,R1", "RORS R3,R1,R2", "ADC R0,#0"], 0),
    ("0:R0", "0:R1=-2; 0:R2=40", ["CMP R0,R0", "ASRS R3,R1,R2", "ADC R0,#0"], 1),
    ("0:R0", "0:R1=1", ["CMP R1,R1", "RRXS R0,R1"], -(2**31)),
    ("0:R0", "0:R1=1", ["RRXS R0,R1"], 0),  # C as it was before, not as it is then
    ("0:R0", "0:R1=1; 0:R2=6", ["ADDS R0,R2,R1,RRX"], 6),
    ("0:R0", "0:R1=2; 0:R2=-1", ["CMP R1,#0", "ADDS R0,R2,R1,RRX", "MOVVS R0,#3"], -(2**31)),
    ("0:R0", "0:R1=8", ["ANDS R1,#-17", "ADC R0,#0"], 0),  # which is BICS of 16, a number that is not rotated
    ("0:R0", "0:R1=8", ["CMP R1,R1", "MOVS R1,#-40", "ADC R0,#0"], 1),
    ("0:R0", "0:R1=8", ["ANDS R1,#0xff000000", "ADC R0,#0"], 1),
    ("0:R0", "0:R1=8", ["CMP R1,R1", "ANDS R1,#0xffff00ff", "ADC R0,#0"], 0),  # BICS of 0xff00
    ("0:R0", "0:R1=1", ["CMP R1,R1", "TST R1,#1", "MOVCS R0,#3"], 3),
    ("0:R0", "0:R1=-1", ["CMP R0,R0", "TST R1,#0x3f00", "MOVCC R0,#3"], 3),
    ("0:R0", "0:R1=0x80000000", ["CMP R1,#1", "ANDS R2,R1,R1", "MOVVS R0,#3"], 3),
    ("0:R0", "0:R1=t; int t[2]={3,4}", ["LDMIA R1!,{R2,R3}", "LDMDB R1,{R4,R5}", "ADD R0,R4,R3"], 7),
    ("t[1]", "0:R1=t; int t[2]={3,4}; 0:R2=8; 0:R3=9", ["ADD R1,#4", "STMDA R1!,{R2,R3}"], 9),
    ("0:R13", "", ["MOV sp,#1"], 1),
    ("0:R0", "0:R1=x; x=7", ["LDR R0,R1"], 7),
    ("0:R0", "0:R1=t; int t[2]={3,4}; 0:R2=1", ["ldr r0,[r1,r2,lsl #2]"], 4),
    ("0:R1", "0:R1=t; int t[2]={3,4}", ["LDRD R0,R1,[R1]"], 4),
    ("0:R3", "0:R1=t; int t[2]={3,4}", ["LDRD R2,[R1]"], 4),
]


@pytest.mark.parametrize(("what", "init", "code", "expected"), RUNS)
def test_run(what: str, init: str, code: list[str], expected: int) -> None:
    assert final(what, init, *code) == expected


def test_a_store_exclusive_succeeds_with_0_and_fails_with_1() -> None:
    verdict = engine.check(
        parse(
            "0:R1=x; 0:R2=3",
            "LDREX R0,[R1]",
            "STREX R3,R2,[R1]",
            "STREX R4,R2,[R1]",
            question="locations [0:R3;0:R4;x]",
        )
    )
    assert [[value for _, value in state] for state in verdict.states] == [[0, 1, 3], [1, 1, 0]]


def test_events() -> None:
    code = (
        "DMB; DMB ST; dsb ish; DSB NSHST; ISB; ISB SY; LDREX R0,[R1]; STREX R2,R0,[R1]; "
        "LDAEXB R0,[R3]; STLEXB R2,R0,[R3]; LDA R0,[R1]; STL R0,[R1]; LDR R0,[R1]; STR R0,[R1]; "
        "LDAEXD R4,R5,[R1]; STREXD R6,R4,[R1]; STRD R4,R5,[R1]"
    )
    (thread,) = parse("0:R1=x; 0:R3=y", *code.split("; ")).threads
    found = [s for s in thread.body if isinstance(s, Fence | Load | Store | StoreConditional)]
    assert [" ".join(sorted(s.tags)) for s in found] == [
        *("DMB", "DMB.ST", "DSB.ISH", "DSB.NSHST", "ISB", "ISB", "EX X", "EX X"),
        *("A EX X", "EX L X", "A", "L", "", "", "A EX X", "A EX X", "EX X", "EX X", "", ""),
    ]
    assert [s.reserve for s in found if isinstance(s, Load)] == [True, True, False, False, True, True]
    assert [s.joins for s in found[-6:-2] if isinstance(s, Load | StoreConditional)] == [False, True, False, True]


def test_flags_that_nothing_looks_at_are_not_computed() -> None:
    (thread,) = parse("", "ADDS R0,R0,#1", "CMP R0,#1", "MOVEQ R1,#1").threads
    assert [s.dest for s in thread.body if isinstance(s, Assign)] == ["Z", "R0", "Z", "R1"]


def test_an_instruction_on_a_condition_is_passed_over() -> None:
    (thread,) = parse("0:R1=x", "CMP R0,#1", "LDREQ R2,[R1]", "STR R2,[R1]").threads
    (skip,), (label,) = ([s for s in thread.body if isinstance(s, kind)] for kind in (Branch, Label))
    assert isinstance(skip, Branch)
    assert isinstance(label, Label)
    assert skip.target == skip.until == label.name
    assert thread.rows == ("CMP R0,#1", "LDREQ R2,[R1]", "STR R2,[R1]")


def test_what_is_stored_on_a_condition_depends_on_it_and_what_follows_does_not() -> None:
    text = """ARM t\n{{ 0:R2=x; 0:R3=y; 1:R2=x; 1:R3=y; 0:R1=1; 0:R4=z; }}
 P0            | P1          ;
 LDR R0,[R2]   | LDR R0,[R3] ;
 CMP R0,#2     | DMB         ;
 STRNE R1,[{}] | MOV R1,#1   ;
 STR R1,[{}]   | STR R1,[R2] ;
exists (0:R0=1 /\\ 1:R0=1)"""
    for first, second, allowed in (("R3", "R4", False), ("R4", "R3", True)):
        test = parse_test(Source("t", text.format(first, second)))
        assert engine.check(test, options=Options(verdict_only=True)).ok is allowed


def test_registers() -> None:
    register = dialect_for("ARM").register
    for names in ("R0 r0", "R12 ip IP r12", "SP sp R13", "LR lr r14", "FP fp"):
        assert {register(name) for name in names.split()} == {names.split()[0]}
    assert [register(name) for name in ("R16", "PC", "X0", "Z", "")] == [None] * 5


TEXTS = {
    "ldr r0,[r1, #4]": "LDR R0,[R1,#4]",
    "LDR R0,[R1,#0]": "LDR R0,[R1]",
    "STR R0,[R1,R2,LSL #2]": "STR R0,[R1,R2,lsl #2]",
    "xor R0,R1,R2": "EOR R0,R1,R2",
    "DMB SY": "DMB",
    "LDRD R2,[R1,#8]": "LDRD R2, R3, [R1, #8]",
    "LDM R0,{R1,R2}": "LDM R0, {R1,R2}",
    "movhs R0,#1": "MOVCS R0,#1",
    "add R0,#1": "ADD R0,R0,#1",
    "NEGEQ R0,R1": "RSBEQ R0,R1,#0",
    "XORNE R0,R1": "EORNE R0,R0,R1",
    "itt eq": "ITT EQ",
    "ldmib R0!,{R1,R2}": "LDMIB R0!, {R1,R2}",
    "LDMFD R0!,{R1,R2}": "LDMIA R0!, {R1,R2}",
    "STMFDEQ R0!,{R1,R2}": "STMDBEQ R0!, {R1,R2}",
    "STMEA R0,{R1,R2}": "STMIA R0, {R1,R2}",
    "LDMED R0,{R1,R2}": "LDMIB R0, {R1,R2}",
    "LDR R0,[R1,-R2]": "LDR R0,[R1,-R2]",
    "MOV R0,R1,RRX": "MOV R0,R1,RRX",
}


@pytest.mark.parametrize("code", TEXTS)
def test_the_canonical_text(code: str) -> None:
    (thread,) = parse("0:R0=x; 0:R1=x", code).threads
    assert thread.rows == (TEXTS[code],)


@pytest.mark.parametrize(
    ("code", "results"),
    [
        (["LDREX R0,[R1]", "STREX R2,R3,[R1]"], {0, 1}),
        (["LDREX R0,[R1]", "CLREX", "STREX R2,R3,[R1]"], {1}),
        (["LDREX R0,[R1]", "CMP R0,#0", "CLREXEQ", "STREX R2,R3,[R1]"], {1}),
        (["LDREX R0,[R1]", "CMP R0,#0", "CLREXNE", "STREX R2,R3,[R1]"], {0, 1}),
    ],
)
def test_what_is_reserved_is_cleared(code: list[str], results: set[int]) -> None:
    verdict = engine.check(parse("x=0; 0:R1=x; 0:R3=7", *code, question="locations [0:R2;]"))
    assert {value for ((_, value),) in verdict.states} == results


def test_the_hash_of_an_exclusive_or_that_sets_flags() -> None:
    """herd7 reads it as one that does not."""
    plain, sets = (parse("", f"{name} R0,R1,R2", question="forall (0:R0=0)") for name in ("EOR", "EORS"))
    assert plain.hash == sets.hash
    assert plain.threads[0].rows != sets.threads[0].rows


def test_a_thread_without_a_stack_in_memory_has_one_out_of_sight() -> None:
    """Beside one that has one."""
    text = """ARM t
{ int t[2]; 0:SP=t; 0:R0=1; 1:R0=2; }
P0           | P1           ;
ADD SP,SP,#4 | PUSH {R0}    ;
PUSH {R0}    | MOV R0,#9    ;
             | POP {R0}     ;
locations [t; 1:R0;]
"""
    (state,) = engine.check(parse_test(Source("t", text))).states
    assert [value for _, value in state] == [2, 1, 0]


ELEVEN = "{" + ",".join(f"R{n}" for n in range(11)) + "}"
STACKS = [
    ("t[0]", "int t[2]; 0:R1=t; 0:FP=5", ["ADD SP,R1,#8", "PUSH {FP,LR}"], 5),
    ("t[1]", "int t[2]; 0:R1=t; 0:R0=5", ["ADD SP,R1,#8", "PUSH {R0}"], 5),
    ("t[1]", "int t[2]; 0:R1=t; 0:R0=5", ["MOV R2,R1", "ADD R2,R2,#8", "MOV SP,R2", "PUSH {R0}", "ADD SP,SP,#4"], 5),
    ("t[0]", "int t[2]; int *p=t; 0:R1=p; 0:R0=5", ["LDR SP,[R1]", "ADD SP,SP,#4", "PUSH {R0}"], 5),
    ("0:R0", "int t[2]={7,8}; 0:R1=t", ["MOV SP,R1", "POP {R0}", "POP {R0}"], 8),
    # a frame pointer that comes from SP is no location
    ("0:R0", "0:R0=5; 0:R7=9", ["PUSH {R0,R7}", "ADD R7,SP,#0", "MOV R0,#1", "MOV SP,R7", "POP {R0,R7}"], 5),
    # a function that is called again and again pops what it pushes
    ("0:R0", "0:R4=3", ["L: BL F", "SUBS R4,R4,#1", "BNE L", "B E", f"F: PUSH {ELEVEN}", "ADD R0,R0,#1",
     "ADD R2,R2,#1", "PUSH {R1}", "POP {R1}", "POP {R1,R2,R3,R5,R6,R7,R8,R9,R10,R11,R12}", "BX LR", "E: NOP"], 3),
]  # fmt: skip


@pytest.mark.parametrize(("what", "init", "code", "expected"), STACKS)
def test_a_stack_is_where_sp_is_set_to(what: str, init: str, code: list[str], expected: int) -> None:
    assert final(what, init, *code) == expected


TOO_DEEP = "a stack out of sight of more than 32 registers is not supported"


def test_a_stack_out_of_sight_holds_32_registers() -> None:
    code = [f"PUSH {ELEVEN}", f"PUSH {ELEVEN}", f"PUSH {ELEVEN}".replace(",R10", "")]
    back = [text.replace("PUSH", "POP") for text in reversed(code)]
    assert final("0:R10", "0:R10=7", *code, "MOV R10,#1", *back) == 7


ERRORS = [
    (f"PUSH {ELEVEN};PUSH {ELEVEN};NOP;PUSH {ELEVEN}", "4:87", TOO_DEEP, "0:SP=stack, with int stack[100]"),
    ("L: PUSH {R0};SUBS R0,R0,#1;BNE L", "4:4", TOO_DEEP, None),
    ("F: PUSH {R4,LR};CBZ R0,L;BL F;L: POP {R4,PC}", "4:4", TOO_DEEP, None),
    ("LDX R0,[R1]", "4:1", "unknown mnemonic 'LDX' in dialect ARM", "did you mean"),
    ("MOVXX R0,#1", "4:1", "unknown mnemonic 'MOVXX' in dialect ARM", "did you mean"),
    ("DMBEQ", "4:1", "DMB is always executed", "write DMB"),
    ("BXJ R0", "4:1", "'BXJ' is not supported", "jumps by a table or to Java are not"),
    ("PUSH {R0,SP}", "4:6", "PUSH of SP is not supported", None),
    ("PUSH {R0,PC}", "4:6", "no register 'PC'", None),
    ("PUSH {R1,R0}", "4:6", "the registers must be in the order of their numbers", None),
    ("POPEQ {R0,PC}", "4:1", "a return on a condition is not supported", "branch to the end of the thread"),
    ("LDMFD R0!,{R0}", "4:11", "LDMFD cannot have the register that it updates in its list", None),
    ("LDREXD R0,R2,[R3]", "4:11", "expected R1, or nothing,", "LDREXD Rt"),
    ("STREXD R3,R0,R1,[R3]", "4:8", "STREXD cannot use its status register otherwise", None),
    ("UQADD8 R0,R1,R2", "4:1", "'UQADD8' is not supported", None),
    ("ITEQ EQ", "4:1", "IT is always executed", "write IT"),
    ("ITT XX", "4:5", "expected a condition such as EQ, found 'XX'", None),
    ("UBFX R0,R1,#30,#3", "4:16", "'#3' is not a number from 1 to 2", None),
    ("UMULL R0,R0,R1,R2", "4:10", "expected another register than the first, found 'R0'", None),
    ("UXTB R0,R1,ROR #4", "4:12", "expected ROR #8, ROR #16, ROR #24 or nothing, found 'ROR #4'", None),
    ("UXTB R0,R1,R2", "4:12", "expected ROR #8, ROR #16, ROR #24 or nothing, found 'R2'", None),
    ("LDM R0!,{R0,R1}", "4:9", "LDM cannot have the register that it updates in its list", None),
    ("LDR R0,[R1,-#4]", "4:12", "'-#4' is not a number from -4095 to 4095", None),
    ("VLDR S0,[R1]", "4:1", "'VLDR' is not supported", None),
    ("/", "4:1", "expected an instruction", None),
    ("NOP R0", "4:1", "'NOP' takes 0 operands, not 1", None),
    ("MOV R0", "4:1", "'MOV' takes 2 or 3 operands, not 1", "MOV Rd,#number|Rm{,shift}"),
    ("ADD R0,,R2", "4:8", "expected a register, found nothing", None),
    ("ADD R0", "4:1", "'ADD' takes 2 or 3 or 4 operands, not 1", "ADD Rd{,Rn}"),
    ("ADD R0,R16,R2", "4:8", "no register 'R16'", "did you mean"),
    ("MOV R0,PC", "4:8", "no register 'PC'", None),
    ("ADD R0,R1,#99999999999999999999", "4:11", "'#99999999999999999999' is not a number of at most 64 bits", None),
    ("ADD R0,R1,#1,LSL #2", "4:11", "expected a register, found '#1'", None),
    ("ADD R0,R1,R2,XSL #2", "4:14", "expected one of LSL, LSR, ASR, ROR, found 'XSL #2'", None),
    ("LSL R0,R1,#32", "4:11", "'#32' is not a number from 0 to 31", None),
    ("MOVW R0,#65536", "4:9", "'#65536' is not a number from 0 to 65535", None),
    ("LDR R0,x", "4:8", "expected an address in brackets, found 'x'", None),
    ("LDR R0,[]", "4:8", "expected an address in brackets, found '[]'", None),
    ("LDR R0,[R1", "4:8", "expected an address in brackets, found '[R1'", None),
    ("LDR R0,[R1]!", "4:8", "expected an offset before '!', found '[R1]!'", None),
    ("LDR R0,[R1,#4],#4", "4:16", "expected the end of the instruction, found '#4'", None),
    ("LDR R0,[R1,#5000]", "4:12", "'#5000' is not a number from -4095 to 4095", None),
    ("LDR R1,[R1],#4", "4:1", "LDR cannot load the register that it updates", None),
    ("LDREX R0,[R1,#4]", "4:10", "expected a register in brackets, without an offset", None),
    ("STREX R0,R0,[R1]", "4:7", "STREX cannot use its status register otherwise", None),
    ("LDRD R12,[R1]", "4:6", "expected a register from R0 to R11, found 'R12'", None),
    ("LDRD R2,R2,[R1]", "4:9", "LDRD cannot load one register twice", None),
    ("LDM R0,R1", "4:8", "expected registers in braces, found 'R1'", None),
    ("LDM R0,{R2,R1}", "4:8", "the registers must be in the order of their numbers", None),
    ("DMB XX", "4:5", "expected one of SY, ST, ISH", None),
    ("ISB 1", "4:5", "expected SY or nothing, found '1'", None),
    ("B 1", "4:3", "'1' is not a label", None),
    ("BEQ L", "4:5", "thread P0 has no label 'L'", None),
    ("BX R0", "4:1", "a jump to a value, and no address of a label is a value", "as in 0:R1=P0:L0"),
    ("BXEQ LR", "4:1", "a return on a condition is not supported", "branch to the end of the thread"),
]


@pytest.mark.parametrize(("code", "place", "message", "hint"), ERRORS, ids=[code for code, *_ in ERRORS])
def test_error(code: str, place: str, message: str, hint: str | None) -> None:
    alone.refuses(code, place, message, hint)


def test_what_is_refused_is_not_read() -> None:
    assert [name for name in instructions() if any(re.fullmatch(p, name) for p, _ in REFUSED)] == []
