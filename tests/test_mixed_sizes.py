"""Accesses that overlap in part: against a machine of bytes, against brute force, and what the manuals promise."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from oracles.byte_machine import Program, Step, outcomes, random_program, x86_text
from oracles.shared import engine

import litmus
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.thread import Address
from litmus.ir.values import divided, joined, wrap
from litmus.judge.oracle import oracle_states


def parse(text: str) -> LitmusTest:
    return parse_test(Source("t.litmus", text))


def observation(text: str, model: str | None = None, *variants: str) -> str:
    found = engine.check(parse(text), model, Options(variants=frozenset(variants))).observation
    assert found is not None
    return found.value


# --- against a machine, and against brute force -----------------------------------------------------------------------


def _unsigned(state: State) -> tuple[int, ...]:
    return tuple(value % (1 << 64) for _, value in state if isinstance(value, int))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("model", "buffered"), [("x86-tso", True), ("sc", False)])
def test_the_states_are_those_of_a_machine_of_bytes(model: str, buffered: bool, seed: int) -> None:
    program = random_program(Random(seed), aligned=seed % 3 > 0)
    found = engine.check(parse(x86_text(program)), model).states
    assert {_unsigned(state) for state in found} == {sum(end, ()) for end in outcomes(program, buffered)}


def test_the_machine_of_bytes_forwards_what_it_has() -> None:
    program: Program = ((Step(0, 4, 2), Step(0, 8)), (Step(4, 4, 2), Step(0, 8)))  # test 10 of the Alpha manual
    early = ((2,), (2 << 32,), ((2 << 32) + 2,))
    assert early in outcomes(program, buffered=True)
    assert early not in outcomes(program, buffered=False)


BRUTE = {
    "a halfword and its bytes": """AArch64 t
{ uint16_t x; 0:X1=x; 1:X1=x; 0:X0=0x102; 1:X3=7; }
 P0           | P1               ;
 STRH W0,[X1] | LDRH W0,[X1]     ;
 LDRB W2,[X1] | STRB W3,[X1,#1]  ;
locations [0:X2; 1:X0; x;]
forall true
""",
    "an exclusive pair": """AArch64 t
{ uint16_t x; 0:X1=x; 1:X1=x; 0:X2=0x304; 1:X3=5; }
 P0              | P1              ;
 LDXRH W0,[X1]   | STRB W3,[X1,#1] ;
 STXRH W3,W2,[X1] |                ;
locations [0:X0; 0:X3; x;]
forall true
""",
    "an addition": """RISCV t
{ uint64_t x=0xffffffff; 0:x5=x; 1:x5=x; 0:x6=1; uint64_t 1:x7; }
 P0                     | P1          ;
 amoadd.d x7,x6,(x5)    | lw x7,4(x5) ;
                        | sw x0,(x5)  ;
locations [0:x7; 1:x7; x;]
forall true
""",
    "the address is read": """AArch64 t
{ uint16_t x; 0:X1=x; 1:X1=x; 0:X0=1; }
 P0           | P1                   ;
 STRB W0,[X1] | LDRB W0,[X1]         ;
 STRH W0,[X1] | LDRB W2,[X1,W0,SXTW] ;
locations [1:X0; 1:X2; x;]
forall true
""",
}


@pytest.mark.parametrize("name", BRUTE)
def test_the_states_are_those_of_brute_force(name: str) -> None:
    test = parse(BRUTE[name])
    ready = engine.prepare(test)
    states = set(engine.check(test).states)
    assert states == oracle_states(ready.graph, ready.model, 3000)
    assert len(states) > 2


# --- what the manuals promise -----------------------------------------------------------------------------------------

TORN = """AArch64 t
{ uint64_t x[2]; 0:X1=x; 1:X1=x; 0:X0=0x10001; }
 P0              | P1               ;
 STR W0,[X1,#AT] | LDR W0,[X1,#AT]  ;
                 | LDRH W2,[X1,#AT] ;
exists (1:X0=1 \\/ 1:X0=0x10000)
"""
TORN_X86 = """X86_64 t
{ uint64_t x[2]; 0:rdi=x; 1:rdi=x; }
 P0                   | P1                 ;
 movl $65537,AT(%rdi) | movl AT(%rdi),%eax ;
                      | movw AT(%rdi),%bx  ;
exists (1:rax=1 \\/ 1:rax=65536)
"""
TORN_RISCV = """RISCV t
{ uint64_t x[2]; 0:x5=x; 1:x5=x; 0:x6=0x10001; }
 P0           | P1           ;
 sw x6,AT(x5) | lw x7,AT(x5) ;
              | lh x8,AT(x5) ;
exists (1:x7=1 \\/ 1:x7=0x10000)
"""
TORN_PPC = """PPC t
{ uint64_t x[2]; 0:r1=x; 1:r1=x; 0:r2=0x10001; }
 P0            | P1            ;
 stw r2,AT(r1) | lwz r3,AT(r1) ;
               | lhz r4,AT(r1) ;
exists (1:r3=1 \\/ 1:r3=0x10000)
"""
TORN_ARM = """ARM t
{ uint32_t x[3]; 0:R1=x; 1:R1=x; 0:R0=0x10001; }
 P0              | P1               ;
 STR R0,[R1,#AT] | LDR R2,[R1,#AT]  ;
                 | LDRH R3,[R1,#AT] ;
exists (1:R2=1 \\/ 1:R2=0x10000)
"""


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        (TORN, "aarch64", "Sometimes"),
        (TORN, "sc", "Never"),
        (TORN_RISCV, "riscv", "Sometimes"),
        (TORN_PPC, "power", "Sometimes"),
        (TORN_ARM, "armv7", "Sometimes"),
        (TORN_X86, "x86-tso", "Never"),
        (TORN_X86, "x86-2006", "Never"),
    ],
)
def test_an_access_that_is_not_aligned_may_be_torn(text: str, model: str, expected: str) -> None:
    assert observation(text.replace("AT", "6"), model) == expected
    assert observation(text.replace("AT", "4"), model) == "Never"  # aligned, whatever else overlaps it
    assert len(engine.prepare(parse(text.replace("AT", "4"))).graph.locations) > 4


@pytest.mark.parametrize(
    ("arch", "base", "value", "half", "store", "load"),
    [
        ("AArch64", "X1", "X0", "X2", "STR W0,[X1]", "LDRH W2,[X1]"),
        ("ARM", "R1", "R0", "R2", "STR R0,[R1]", "LDRH R2,[R1]"),
        ("RISCV", "x5", "x6", "x7", "sw x6,(x5)", "lhu x7,(x5)"),
        ("PPC", "r1", "r2", "r3", "stw r2,0(r1)", "lhz r3,0(r1)"),
        ("X86_64", "rdi", "rax", "rbx", "movl %eax,(%rdi)", "movw (%rdi),%bx"),
    ],
)
def test_of_two_writes_one_is_the_last_of_all_parts(
    arch: str, base: str, value: str, half: str, store: str, load: str
) -> None:
    init = f"uint32_t x; 0:{base}=x; 1:{base}=x; 0:{value}=0x10001; 1:{value}=0x20002"
    rows = f" P0 | P1 ;\n {store} | {store} ;\n {load} | {load} ;\n"
    text = f"{arch} t\n{{ {init} }}\n{rows}locations [0:{half}; 1:{half};]\nforall (x=0x10001 \\/ x=0x20002)\n"
    assert len(engine.prepare(parse(text)).graph.locations) == 2
    assert observation(text) == "Always"


# Who has seen a later byte need not have seen the rest of the write before it, on Power: Flur et al., POPL 2017.
OVERTAKEN = """PPC t
{ uint16_t x; 0:r1=x; 1:r1=x; 2:r1=x; 0:r2=0x101; 1:r2=2; }
 P0          | P1          | P2          ;
 sth r2,(r1) | stb r2,(r1) | lhz r3,(r1) ;
exists (2:r3=0x200 /\\ x=0x201)
"""


def test_barriers_everywhere_do_not_restore_sc_on_power() -> None:
    assert observation(OVERTAKEN.replace("(r1)", "0(r1)"), "power") == "Sometimes"
    assert observation(OVERTAKEN.replace("(r1)", "0(r1)"), "sc") == "Never"


AND_AFTER_A_SYNC = """PPC t
{ uint16_t x; 0:r1=x; 1:r1=x; 2:r1=x; 3:r1=x; 2:r4=y; 3:r4=y; 0:r2=0x101; 1:r2=2; 2:r5=1; }
 P0           | P1           | P2           | P3           ;
 sth r2,0(r1) | stb r2,0(r1) | lbz r3,0(r1) | lwz r5,0(r4) ;
              |              | sync         | sync         ;
              |              | stw r5,0(r4) | lbz r3,1(r1) ;
exists (2:r3=2 /\\ 3:r5=1 /\\ 3:r3=0 /\\ x=0x201)
"""


def test_who_has_seen_a_later_write_need_not_pass_on_the_rest_of_the_earlier_one() -> None:
    assert observation(AND_AFTER_A_SYNC, "power") == "Sometimes"
    assert observation(AND_AFTER_A_SYNC, "sc") == "Never"
    whole = AND_AFTER_A_SYNC.replace("stb r2,0", "sth r2,0").replace("x=0x201", "x=2")
    assert observation(whole.replace("lbz r3,0", "lbz r3,1"), "power") == "Never"


HALVES = """PPC t
{ uint32_t x; 0:r1=x; 1:r1=x; 0:r2=1; }
 P0           | P1           ;
 sth r2,HIGH(r1) | lwz r3,0(r1) ;
 BARRIER       | ;
 sth r2,LOW(r1) | ;
exists (1:r3=VALUE)
"""


@pytest.mark.parametrize(("barrier", "expected"), [("sync", "Never"), ("lwsync", "Never"), ("nop", "Sometimes")])
def test_a_read_is_one_step_on_power(barrier: str, expected: str) -> None:
    text = HALVES.replace("BARRIER", barrier).replace("HIGH", "0").replace("LOW", "2").replace("VALUE", "1")
    assert observation(text, "power") == expected  # big endian: the half at 2 is the low one


MISSED_IN_A_PART = """AArch64 t
{ uint16_t x; uint32_t y; 0:X1=x; 0:X2=y; 1:X1=x; 1:X2=y; 1:X3=1; }
 P0                   | P1              ;
 LDR W3,[X2]          | STRB W3,[X1,#1] ;
 EOR W4,W3,W3         | DMB SY          ;
 LDRB W5,[X1,W4,SXTW] | STR W3,[X2]     ;
 SECOND               |                 ;
exists (0:X3=1 /\\ 0:X6=0)
"""


@pytest.mark.parametrize(("second", "expected"), [("LDRH W6,[X1]", "Never"), ("LDRB W6,[X1,#1]", "Sometimes")])
def test_a_read_is_before_what_a_later_read_of_the_location_missed_in_another_part(second: str, expected: str) -> None:
    assert observation(MISSED_IN_A_PART.replace("SECOND", second)) == expected


PAIR = """AArch64 t
{ TYPE x[8]; 0:X1=x; 1:X1=x; 0:X2=1; 0:X3=1; uint64_t 1:X4; uint64_t 1:X5; }
 P0    | P1   ;
 STORE | LOAD ;
exists (1:X4=1 /\\ 1:X5=0 \\/ 1:X4=0 /\\ 1:X5=1)
"""
LSE2 = [  # the size of cells, a store and a load of two of them, and whether each is one step
    (64, "STP X2,X3,[X1]", "LDP X4,X5,[X1]", True),
    (64, "STP X2,X3,[X1,#8]", "LDP X4,X5,[X1,#8]", False),
    (64, "STP X2,X3,[X1,#16]", "LDNP X4,X5,[X1,#16]", True),
    (64, "STP X2,X3,[X1,#16]!", "LDP X4,X5,[X1,#16]!", True),
    (64, "STP X2,X3,[X1]", "LDIAPP X4,X5,[X1]", True),
    (64, "STILP X2,X3,[X1]", "LDP X4,X5,[X1]", True),
    (64, "STNP X2,X3,[X1]", "LDP X4,X5,[X1]", False),
    (32, "STP W2,W3,[X1]", "LDP W4,W5,[X1]", True),
    (32, "STP W2,W3,[X1,#4]", "LDP W4,W5,[X1,#4]", True),
    (32, "STP W2,W3,[X1,#8]", "LDP W4,W5,[X1,#8]", True),
    (32, "STP W2,W3,[X1,#12]", "LDP W4,W5,[X1,#12]", False),
    (32, "STP W2,W3,[X1]", "LDPSW X4,X5,[X1]", False),
    (32, "STR X6,[X1]", "LDP W4,W5,[X1]", True),
]


@pytest.mark.parametrize(("bits", "store", "load", "one"), LSE2)
def test_a_pair_within_16_bytes_is_one_step_with_lse2(bits: int, store: str, load: str, one: bool) -> None:
    text = PAIR.replace("TYPE", f"uint{bits}_t").replace("STORE", store).replace("LOAD", load)
    text = text.replace("0:X3=1;", "0:X3=1; 0:X6=0x100000001;")
    assert observation(text) == "Sometimes"
    assert observation(text, None, "lse2") == ("Never" if one else "Sometimes")


@pytest.mark.parametrize(("at", "one"), [(6, True), (12, True), (14, False), (17, True)])
def test_an_access_within_16_bytes_is_one_step_with_lse2(at: int, one: bool) -> None:
    text = TORN.replace("AT", str(at)).replace("x[2]", "x[4]")
    assert observation(text, None, "lse2") == ("Never" if one else "Sometimes")
    assert observation(text) == ("Never" if at == 12 else "Sometimes")


PAIR_SOMEWHERE = """AArch64 t
{ uint64_t x[4]; uint64_t y; 0:X1=x; 1:X1=x; 0:X6=y; 0:X2=1; 0:X3=2; uint64_t 1:X4; uint64_t 1:X5; }
 P0                  | P1             ;
 LDR X7,[X6]         | LDP X4,X5,[X1] ;
 ADD X8,X1,X7        | MOV X9,#8      ;
 STP X2,X3,[X8]      | STR X9,[X10]   ;
locations [1:X4; 1:X5; 0:X7;]
forall true
"""


def test_where_a_pair_is_may_be_read() -> None:
    test = parse(PAIR_SOMEWHERE.replace("0:X6=y;", "0:X6=y; 1:X10=y;"))
    options = Options(variants=frozenset({"lse2"}))
    ready = engine.prepare(test, options=options)
    found = set(engine.check(test, options=options).states)
    assert found == oracle_states(ready.graph, ready.model, 3000)
    assert {tuple(value for _, value in state) for state in found} == {
        (0, 0, 0),
        (0, 1, 2),
        (8, 0, 0),
        (8, 0, 1),
    }


# --- how locations and values are divided -----------------------------------------------------------------------------


def test_numbers_are_divided_and_joined() -> None:
    for bits, count in product((1, 2, 3), (1, 2, 3)):
        whole = bits * count
        for number in range(-(1 << whole - 1), 1 << whole - 1):
            parts = divided(number, count, bits)
            assert all(part == wrap(part, bits) for part in parts)
            assert joined(parts, bits) == number
            assert sum((part % (1 << bits)) << bits * k for k, part in enumerate(parts)) == number % (1 << whole)
    assert joined((Address("x"),), 64) == Address("x")
    with pytest.raises(ValueError, match="part of a value"):
        joined((0, Address("x")), 8)


LITTLE = "AArch64 t\n{ uint16_t x; 0:X1=x; 0:X2=1; 0:X3=2; }\nP0;\nSTRB W2,[X1];\nSTRB W3,[X1,#1];\nLDRH W4,[X1];\n"
BIG = "PPC t\n{ uint16_t x; 0:r1=x; 0:r2=1; 0:r3=2; }\nP0;\nstb r2,0(r1);\nstb r3,1(r1);\nlhz r4,0(r1);\n"


def test_the_order_of_bytes() -> None:
    assert observation(f"{LITTLE}forall (0:X4=0x201 /\\ x=0x201)") == "Always"
    assert observation(f"{BIG}forall (0:r4=0x102 /\\ x=0x102)") == "Always"


NEGATIVE = """AArch64 t
{ int32_t x=-2; int16_t t[2]={-1,5}; 0:X1=x; 0:X2=t; int64_t 0:X4; }
P0;
LDRH W3,[X1];
LDRSH X4,[X1,#2];
LDR W5,[X2];
STRB WZR,[X1,#3];
forall (0:X3=0xfffe /\\ 0:X4=-1 /\\ 0:X5=0x5ffff /\\ x=0xfffffe /\\ t={-1,5})
"""


def test_signs_and_cells_of_arrays() -> None:
    assert observation(NEGATIVE) == "Always"


def test_a_location_that_is_not_declared_is_as_wide_as_the_accesses_to_it() -> None:
    text = "AArch64 t\n{ x=0x100000002; 0:X1=x; }\nP0;\nLDR X2,[X1];\nSTRH WZR,[X1];\nforall x=0x100000000"
    assert observation(text) == "Always"


SIZES = """AArch64 t
{ uint32_t x; 0:X1=x; }
P0;
MOV W3,#1;
LDXRH W2,[X1];
STXR W4,W3,[X1];
forall (x=0 /\\ 0:X4=1)
"""


def test_a_conditional_store_of_another_size_fails() -> None:
    assert observation(SIZES) == "Always"
    assert observation(SIZES.replace("LDXRH", "LDXR")) == "Sometimes"


def test_parts_are_there_only_where_accesses_overlap_in_part() -> None:
    text = "AArch64 t\n{{ uint64_t x; 0:X1=x; uint16_t y; 0:X2=y; }}\nP0;\nSTR X0,[X1];\n{};\nforall true"
    assert not parse(text.format("LDRH W3,[X2]")).composites
    found = parse(text.format("LDRH W3,[X1,#2]"))
    assert list(found.composites) == [Address("x")]
    assert found.composites[Address("x")].parts == tuple(Address("x", k) for k in (0, 2, 4, 6))
    graph = engine.prepare(found).graph
    assert set(graph.locations) == {*found.composites[Address("x")].parts, Address("y")}
    assert sum(event.kind == "W" and not event.is_init for event in graph.events) == 4


# Eight bytes that three threads write at will: the whole has more values than are listed one by one.
MANY = "AArch64 t\n{ uint64_t x; 0:X1=x; 1:X1=x; 2:X1=x; 0:X2=1; 1:X2=2; 2:X2=3; }\n P0 | P1 | P2 ;\n"
MANY += "".join(f" {' | '.join([f'STRB W2,[X1,#{k}]'] * 3)} ;\n" for k in range(8))


@pytest.mark.parametrize(
    ("value", "ok"), [("0x0101030201010102", True), ("0x0101010401010102", False), ("0x0101010101010100", False)]
)
def test_a_location_with_more_values_than_can_be_listed(value: str, ok: bool) -> None:
    test = parse(f"{MANY}exists x={value}")
    assert engine.check(test, options=Options(verdict_only=True)).ok is ok


def test_the_variant_of_this_name_is_known_to_every_model() -> None:
    text = "AArch64 t\n{ 0:X1=x; }\nP0;\nSTR W0,[X1];\nforall x=0"
    for model in ("aarch64", "sc"):
        assert observation(text, model, "mixed") == "Always"


def test_an_address_inside_a_location_is_no_location_of_its_own() -> None:
    text = "AArch64 t\n{ uint32_t x=0x20001; 0:X1=x; 0:X2=x+2; }\nP0;\nLDR W3,[X1];\nLDRH W4,[X2];\nforall 0:X4=2"
    assert observation(text) == "Always"
    assert engine.prepare(parse(text)).graph.locations == (Address("x"), Address("x", 2))


def test_an_explanation_says_which_parts_are_of_one_access() -> None:
    text = TORN_X86.replace("AT(%rdi)", "(%rdi)").replace("1:rax=1 \\/ ", "")
    said = str(litmus.text(litmus.explain(parse(text))))
    assert "are parts of one access, which is one step" in said
    assert "c still reads x[0]=0, before a makes it 1" in said


CMPXCHG16B = """X86_64 t
{ uint64_t x[2]={3,4}; uint64_t 0:rax=3; uint64_t 0:rdx=HIGH; uint64_t 0:rbx=5; uint64_t 0:rcx=6; 1:rsi=7; }
 P0                  | P1              ;
 lock cmpxchg16b (x) | movl %esi,AT(x) ;
 sete %r8b           |                 ;
locations [x[0]; x[1]; 0:rax; 0:rdx; 0:r8;]
"""


def values(text: str) -> list[tuple[object, ...]]:
    return [tuple(value for _, value in state) for state in engine.check(parse(text)).states]


def test_sixteen_bytes_are_compared_and_exchanged_in_one_step() -> None:
    """The order is rax, rdx, r8, x[0], x[1]: what another thread writes to a part of it comes before or after."""
    alone = CMPXCHG16B.replace("movl %esi,AT(x)", "")
    assert values(alone.replace("HIGH", "4")) == [(3, 4, 1, 5, 6)]
    assert values(alone.replace("HIGH", "5")) == [(3, 4, 0, 3, 4)]
    before, after = (3, 7 << 32 | 4, 0, 3, 7 << 32 | 4), (3, 4, 1, 5, 7 << 32 | 6)
    assert values(CMPXCHG16B.replace("HIGH", "4").replace("AT", "12")) == [after, before]


@pytest.mark.parametrize("executions", [False, True])
@pytest.mark.parametrize(("old", "last"), [(0x102030405060708, 9), (5, 0x102030405060708)])
def test_a_location_of_eight_parts_of_which_each_may_end_with_several_values(
    executions: bool, old: int, last: int
) -> None:
    """So many together that they are not listed, although all executions are proposed."""
    code = "CAS X3,X5,[X0]; LDRB W4,[X0,#1]"
    text = f"AArch64 t\n{{ uint64_t x=0x102030405060708; 0:X0=x; 0:X5=9; uint64_t 0:X3={old} }}\nP0;\n{code};\n"
    found = engine.check(parse(f"{text}locations [x; 0:X4;]\nexists (true)"), options=Options(executions=executions))
    assert [value for _, value in found.states[0]] == [7 if last > 9 else 0, last]
    assert (len(found.states), found.positive) == (1, 1 + executions)  # an exchange that fails may write, or may not


# --- what a register points to ----------------------------------------------------------------------------------------

THROUGH = [
    # a register is told apart before and after it is set
    ("int x=7; int *p=&x; 0:X2=p", "LDR X2,[X2]; LDR W0,[X2]", "0:X0=7"),
    ("int x[2]={7,8}; int *p=&x; 0:X2=p", "LDR X2,[X2]; ADD X2,X2,#4; LDR W0,[X2]", "0:X0=8"),
    ("int x[2]={7,8}; int *p=&x; 0:X2=p; 0:X4=x", "ADD X4,X4,#4; STR X4,[X2]; LDR X2,[X2]; LDR W0,[X2]", "0:X0=8"),
    ("int x=7; int *p=&x; 0:X2=p", "LDR X2,[X2]; EOR X2,X2,#0; LDR W0,[X2]", "0:X0=7"),
    # a number is the address of nothing
    ("int x=7; int64_t y=16; 0:X1=x; 0:X2=y", "LDR W0,[X1]; CBNZ W0,L; LDR X2,[X2]; LDRB W3,[X2]; L:", "0:X0=7"),
    # behind a label it may have any of its values
    ("int x=7; int *p=&x; 0:X2=x; 0:X3=p; 0:X5=1", "CBZ W5,L; MOV X2,X3; L: LDR W0,[X2]", None),
    ("int x=7; int *p=&x; 0:X2=p; 0:X5=1", "L: LDR W0,[X2]; CBZ W5,M; MOV W5,#0; LDR X2,[X2]; B L; M:", None),
]


@pytest.mark.parametrize(("init", "code", "wanted"), THROUGH)
def test_accesses_through_pointers_of_another_size(init: str, code: str, wanted: str | None) -> None:
    text = f"AArch64 t\n{{ {init} }}\nP0;\n{code};\nforall ({wanted or 'true'})"
    if wanted is None:
        with pytest.raises(litmus.UnsupportedError, match="an address that is stored there has no parts"):
            parse(text)
    else:
        assert observation(text) == "Always"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("STRH W0,[X1,#2]", 0x2020000),
        ("STRH W0,[X1] ; STRH W0,[X1,#2]", 0x2020202),
        ("STRB W0,[X1,#1]", 0x200),
        ("STRH W0,[X1,#4]", 0),
        ("STRH W0,[X1]", 0x202),
    ],
)
def test_a_location_that_is_not_declared_is_an_int(body: str, value: int) -> None:
    """Also where all accesses to it are smaller, and none overlaps another: what is shown has all of its bytes."""
    rows = "".join(f" {line} ;\n" for line in ("P0", "MOV W0,#514", *body.split(" ; ")))
    found = engine.check(parse(f"AArch64 t\n{{ 0:X1=x; }}\n{rows}forall (x={value})\n"))
    assert (found.ok, found.states) == (True, (((Address("x"), value),),))


@pytest.mark.parametrize(
    ("init", "body", "wanted"),
    [
        ("x=0x50007", "LDRH W2,[X1]", "x=0x50007 /\\ 0:X2=7"),
        ("x=-1", "LDRB W2,[X1]", "x=-1 /\\ 0:X2=255"),
        ("x=0x50007", "STRB WZR,[X1]", "x=0x50000"),
        ("", "STRH W3,[X1]", "x=7 /\\ x!=0x50007 /\\ x<0x50007 /\\ x>-1"),
        ("0:X4=65535", "STRH W4,[X1]", "x=65535 /\\ not x=-1"),
        ("uint16_t x=0", "STRH W3,[X1]", "x=0x50007"),  # of its type, as herd7 has it
    ],
)
def test_an_int_that_is_accessed_in_part_has_all_of_a_number(init: str, body: str, wanted: str) -> None:
    assert observation(f"AArch64 t\n{{ 0:X1=x; 0:X3=7; {init} }}\nP0;\n{body};\nforall ({wanted})") == "Always"


INDEXED = [
    ("0:X1=x", "MOV W0,#514; MOV X2,#2; STR W0,[X1,X2]; LDR W3,[X1,X2]; LDR W4,[X1]", "0:X3=514 /\\ 0:X4=33685504"),
    ("int x[2]={513,514}; 0:X1=x", "MOV X2,#2; LDR W3,[X1,X2]", "0:X3=33685504"),
    ("int x[2]={513,514}; 0:X1=x; 0:X2=2", "LDR W3,[X1,X2]", "0:X3=33685504"),
    ("int x[2]={513,514}; 0:X1=x; 0:X2=1", "ADD X2,X2,#1; LDR W3,[X1,X2]", "0:X3=33685504"),
    ("int x[2]={513,514}; 0:X1=x; 0:X2=1", "LSL X2,X2,#1; ADD X1,X2,X1; LDR W3,[X1]", "0:X3=33685504"),
    ("uint16_t x[4]={1,2,3,4}; 0:X1=x", "MOV X2,#1; LDRH W3,[X1,X2,LSL #1]; LDRH W4,[X1,X2]", "0:X3=2 /\\ 0:X4=512"),
    ("int x[2]={513,514}; 0:X1=x", "MOV X2,#-2; ADD X1,X1,#4; LDR W3,[X1,X2]", "0:X3=33685504"),
    # behind a label it may be any of what was set
    ("int x[2]={513,514}; 0:X1=x; 0:X2=2", "CBNZ W9,L; MOV W9,#1; L: LDR W3,[X1,X2]", "0:X3=33685504"),
    ("int x[2]={513,514}; 0:X1=x", "CBZ W9,L; MOV X2,#2; L: LDR W3,[X1,X2]", "0:X3=513"),
    ("int x[2]={513,514}; 0:X1=x; 0:X9=1", "CBZ W9,L; MOV X2,#2; L: LDR W3,[X1,X2]", "0:X3=33685504"),
    # a conditional store sets a register
    ("int x[2]={513,514}; 0:X1=x; 0:X4=y", "MOV W2,#2; STXR W2,W0,[X4]; LDR W3,[X1,W2,UXTW #2]", "0:X3=514"),
]


@pytest.mark.parametrize(("init", "code", "wanted"), INDEXED)
def test_an_index_is_what_its_register_was_set_to(init: str, code: str, wanted: str) -> None:
    assert observation(f"AArch64 t\n{{ {init} }}\nP0;\n{code};\nforall ({wanted})") == "Always"
