"""Alpha assembly: what instructions compute, the events they make, and errors with their places."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples
from oracles.shared import engine

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Branch, Fence, Load, Op, Reg, Store, StoreConditional
from litmus.ir.values import wrap


def parse(init: str, *code: str, question: str = "") -> LitmusTest:
    return parse_test(Source("t.litmus", f"ALPHA t\n{{ {init} }}\nP0;\n{';'.join(code)};\n{question}"))


def final(register: str, init: str, *code: str) -> object:
    """The value of a register after one thread has run alone."""
    verdict = engine.check(parse(init, *code, question=f"forall (0:{register}=0)"))
    ((_, value),) = verdict.states[0]
    assert len(verdict.states) == 1
    return value


WORDS = st.sampled_from([0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1)
MASK = 2**64 - 1
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "addq": lambda a, b: a + b,
    "subq": lambda a, b: a - b,
    "mulq": lambda a, b: a * b,
    "addl": lambda a, b: wrap(a + b, 32),
    "subl": lambda a, b: wrap(a - b, 32),
    "mull": lambda a, b: wrap(a * b, 32),
    "s4addq": lambda a, b: 4 * a + b,
    "s8addq": lambda a, b: 8 * a + b,
    "s4subq": lambda a, b: 4 * a - b,
    "s8subq": lambda a, b: 8 * a - b,
    "and": lambda a, b: a & b,
    "bis": lambda a, b: a | b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "bic": lambda a, b: a & ~b,
    "andnot": lambda a, b: a & ~b,
    "ornot": lambda a, b: a | ~b,
    "eqv": lambda a, b: a ^ ~b,
    "xornot": lambda a, b: a ^ ~b,
    "sll": lambda a, b: a << (b & 63),
    "srl": lambda a, b: (a & MASK) >> (b & 63),
    "sra": lambda a, b: a >> (b & 63),
    "cmpeq": lambda a, b: a == b,
    "cmplt": lambda a, b: a < b,
    "cmple": lambda a, b: a <= b,
    "cmpult": lambda a, b: (a & MASK) < (b & MASK),
    "cmpule": lambda a, b: (a & MASK) <= (b & MASK),
}
TESTS: dict[str, Callable[[int], bool]] = {
    "eq": lambda a: a == 0,
    "ne": lambda a: a != 0,
    "lt": lambda a: a < 0,
    "le": lambda a: a <= 0,
    "gt": lambda a: a > 0,
    "ge": lambda a: a >= 0,
    "lbs": lambda a: a % 2 == 1,
    "lbc": lambda a: a % 2 == 0,
}


@pytest.mark.slow
@examples(100)
@given(st.sampled_from(sorted(OPERATIONS)), WORDS, WORDS | st.integers(0, 255))
def test_arithmetic(name: str, a: int, b: int) -> None:
    expected = wrap(int(OPERATIONS[name](a, b)), 64)
    assert final("$3", f"0:$1={a}; 0:$2={b}", f"{name} $1,$2,$3") == expected
    if 0 <= b <= 255:
        assert final("$3", f"0:$1={a}", f"{name} $1,{b},$3") == expected


@examples(40)
@given(st.sampled_from(sorted(TESTS)), WORDS)
def test_branches_and_conditional_moves(name: str, a: int) -> None:
    code = ["mov 1,$2", "mov 1,$3", f"b{name} $1,L", "clr $2", f"L: cmov{name} $1,5,$3", "s4addq $3,$2,$4"]
    assert final("$4", f"0:$1={a}", *code) == (21 if TESTS[name](a) else 4)


RUNS = [
    ("$2", "0:$1=7", ["negq $1,$2"], -7),
    ("$2", "0:$1=7", ["not $1,$2"], -8),
    ("$2", "0:$1=0x180000000", ["sextl $1,$2"], -(2**31)),
    ("$2", "", ["lda $2,-5($31)"], -5),
    ("$2", "", ["ldah $2,-2($31)", "lda $2,6($2)"], -131066),
    ("$2", "", ["mov -4294967297,$2"], -4294967297),
    ("$2", "", ["mov $31,$2", "addq $2,zero,$31", "cmpeq $31,0,$2"], 1),
    ("$2", "0:$1=x; x=-1", ["ldbu $2,($1)"], 255),
    ("$2", "0:$1=x; x=-1", ["ldwu $2,0($1)"], 65535),
    ("$2", "0:$3=0x123456789", ["stl $3,x", "ldl $2,x"], 0x23456789),
    ("$2", "0:$3=0xffffffff", ["stl $3,x", "ldl $2,x"], -1),
    ("$2", "0:$3=0x1ff", ["stb $3,x", "ldbu $2,x"], 255),
    ("$2", "int64_t t[2]={3,4}", ["lda $1,t", "ldq $2,8($1)"], 4),
    ("r27", "0:pv=4", ["addq t12,1,pv"], 5),
    ("fp", "0:s6=4", ["ADDQ R15, #1, R15"], 5),
]


@pytest.mark.parametrize(("register", "init", "code", "expected"), RUNS)
def test_run(register: str, init: str, code: list[str], expected: int) -> None:
    assert final(register, init, *code) == expected


def test_events() -> None:
    code = "mb; wmb; imb; call_pal IMB; ldq_l $1,x; stq_c $1,x; ldl_l $1,y; stl_c $31,y; ldq $1,z; stq $31,z; unop"
    (thread,) = parse("", *code.split("; ")).threads
    tags = [set(s.tags) for s in thread.body if isinstance(s, Fence | Load | Store | StoreConditional)]
    assert tags == [{"MB"}, {"WMB"}, {"IMB"}, {"IMB"}, *[{"X", "EX"}] * 4, set(), set()]
    assert [s.reserve for s in thread.body if isinstance(s, Load)] == [True, True, False]
    assert [s.status for s in thread.body if isinstance(s, StoreConditional)] == ["r1", "status"]
    assert thread.rows[2:5] == ("imb", "imb", "ldq_l r1,x")


def test_a_branch_depends_on_its_register_and_on_nothing_else() -> None:
    (thread,) = parse("", "ldq $1,x", "ldq $2,y", "bne $2,L", "L: stq $1,z").threads
    assert [s.condition.args[0] for s in thread.body if isinstance(s, Branch) and isinstance(s.condition, Op)] == [
        Reg("r2")
    ]


def test_registers() -> None:
    register = dialect_for("ALPHA").register
    for names in ("r0 R0 $0 v0 $v0", "$1 t0 r1", "$15 fp s6", "$16 a0", "$22 t8", "$27 t12 pv $pv", "$30 sp r30"):
        assert len({register(name) for name in names.split()} - {None}) == 1
    assert [register(name) for name in ("$31", "zero", "r32", "$32", "f0", "")] == [None] * 6


def test_symbolic_registers_leave_those_that_are_named() -> None:
    test = parse("0:$0=7; 0:t0=8", "mov 1,%a", "mov 2,%b", "mov 3,$2", question="exists (0:r3=0)")
    assert test.threads[0].rows == ("mov 1,r4", "mov 2,r5", "mov 3,r2")


ERRORS = [
    ("ldx $1,x", "4:1", "unknown mnemonic 'ldx' in dialect ALPHA", "did you mean 'ldq'?"),
    ("ldq_u $1,x", "4:1", "'ldq_u' is not supported", None),
    ("jmp $31,($1)", "4:1", "'jmp' is not supported", None),
    ("/", "4:1", "expected an instruction", None),
    ("mb $1", "4:1", "'mb' takes 0 operands, not 1", None),
    ("ldq $1", "4:1", "'ldq' takes 2 operands, not 1", "ldq $a,8($b)"),
    ("br", "4:1", "'br' takes 1 or 2 operands, not 0", "br label or br $31,label"),
    ("addq $1,$2,$32", "4:12", "no register '$32'", "did you mean"),
    ("addq $1,,$2", "4:9", "expected a register", None),
    ("addq $1,256,$2", "4:9", "'256' is not a number from 0 to 255", None),
    ("addq $1,-1,$2", "4:9", "'-1' is not a number from 0 to 255", None),
    ("lda $1,32768($2)", "4:8", "'32768' is not a number from -32768 to 32767", None),
    ("ldah $1,x", "4:9", "ldah takes a number and a register", "use lda to load an address"),
    ("ldq $1,8($99)", "4:10", "no register '$99'", None),
    ("ldq $1,x($2)", "4:8", "'x' is not a number", None),
    ("ldq $1,$2", "4:8", "'$2' is not an operand in memory", "an operand in memory is like 8($2) or x"),
    ("ldq $1,t0", "4:8", "'t0' is a register", "write 0(t0)"),
    ("ldq $31,x", "4:5", "a load of $31 is a prefetch, which is not supported", None),
    ("br $26,L;L:", "4:4", "saving the return address is not supported", "write 'br label'"),
    ("beq $1,1", "4:8", "'1' is not a label", None),
    ("beq $1,L", "4:8", "thread P0 has no label 'L'", None),
    ("call_pal callsys", "4:10", "PALcode function 'callsys' is not supported", "only imb is"),
    ("mov 99999999999999999999,$1", "4:5", "'99999999999999999999' is not a number", None),
]


@pytest.mark.parametrize(("code", "place", "message", "hint"), ERRORS, ids=[code for code, *_ in ERRORS])
def test_error(code: str, place: str, message: str, hint: str | None) -> None:
    with pytest.raises(LitmusError) as caught:
        parse("", *code.split(";"))
    assert caught.value.span is not None
    line, column = caught.value.span.source.position(caught.value.span.start)
    assert (f"{line}:{column}", caught.value.message[: len(message)]) == (place, message)
    assert (hint or "") in (caught.value.hint or "")


def test_the_register_that_is_always_0_has_no_value_to_ask_for() -> None:
    with pytest.raises(LitmusError, match=r"no register '\$31'"):
        parse("", "nop", question="exists (0:$31=0)")


# Litmus tests 10 and 11 of the manual are about a quadword and its halves.
MANUAL_10 = """ALPHA manual-10
{ uint64_t x=0x100000001; 0:$1=x; 1:$1=x; uint64_t 0:$3; uint64_t 1:$3; }
 P0           | P1            ;
 mov 2,$2     | mov 2,$2      ;
 stl $2,0($1) | stl $2,4($1)  ;
 ldq $3,0($1) | ldq $3,0($1)  ;
exists (0:$3=0x100000002 /\\ 1:$3=0x200000001)
"""
MANUAL_11 = """ALPHA manual-11
{ uint64_t x=0x100000001; 0:$1=x; uint64_t 1:$3; }
 P0           | P1       ;
 mov 2,$2     | ldq $3,x ;
 stl $2,0($1) |          ;
 BARRIER      |          ;
 stl $2,4($1) |          ;
exists (1:$3=0x200000001)
"""


@pytest.mark.parametrize(
    ("text", "observation"),
    [
        (MANUAL_10, "Sometimes"),
        (MANUAL_11.replace("BARRIER", "wmb"), "Never"),
        (MANUAL_11.replace("BARRIER", "mb"), "Never"),
        (MANUAL_11.replace("BARRIER", "mov 1,$4"), "Sometimes"),
    ],
)
def test_a_quadword_and_its_halves(text: str, observation: str) -> None:
    verdict = engine.check(parse_test(Source("t.litmus", text)))
    assert verdict.observation is not None
    assert verdict.observation.value == observation
