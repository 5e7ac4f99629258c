"""How values, states and instructions are shown: as herd7 does, so that outputs can be compared line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

import litmus
from litmus import check, parse
from litmus.frontend.condition import condition_text
from litmus.frontend.printer import print_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import IntType
from litmus.ir.thread import Address, Value


def program(arch: str, init: str, code: str, end: str) -> str:
    """A test of one thread."""
    return f"{arch} t\n{{ {init} }}\nP0;\n{''.join(f'{row};' for row in code.split('; '))}\n{end}\n"


def kernel(init: str, parameters: str, body: str, end: str) -> str:
    return f"C t\n{{ {init} }}\nP0({parameters}) {{ {body} }}\n{end}\n"


CASTS: list[tuple[int, bool, Value, Value]] = [
    (8, True, 200, -56),
    (8, False, -56, 200),
    (8, False, 456, 200),
    (32, True, 2**32 - 1, -1),
    (32, True, 2**32, 0),
    (32, False, -1, 2**32 - 1),
    (64, False, -1, 2**64 - 1),
    (64, True, 2**63, -(2**63)),
    (32, False, Address("x"), Address("x")),
]


@pytest.mark.parametrize(("bits", "signed", "value", "expected"), CASTS)
def test_a_number_of_a_type(bits: int, signed: bool, value: Value, expected: Value) -> None:
    assert IntType(bits, signed).cast(value) == expected


WORD = "movl $-1,(x); movl (x),%eax"  # leaves 4294967295 in rax
STATES = [
    # Registers of 64 bits are int unless the test says something else.
    (program("X86_64", "", WORD, "locations [x; 0:rax;]"), "0:rax=-1; [x]=-1;"),
    (program("X86_64", "uint64_t 0:rax; uint32_t x", WORD, "locations [x; 0:rax;]"),
     "0:rax=4294967295; [x]=4294967295;"),
    (program("X86_64", "int64_t 0:rax", WORD, "locations [0:rax;]"), "0:rax=4294967295;"),
    (program("X86_64", "0:rbx=0x1ffffffff; 0:rcx=0x100000000", "NOP", "locations [0:rbx; 0:rcx;]"),
     "0:rbx=-1; 0:rcx=0;"),
    (program("X86_64", "uint64_t x", "movq $-1,(x)", "locations [x;]"), "[x]=18446744073709551615;"),
    (program("PPC", "0:r1=x; x=-1", "lwz r2,0(r1); lwa r3,0(r1)", "locations [0:r2; 0:r3]"), "0:r2=-1; 0:r3=-1;"),
    (program("PPC", "0:r1=x; x=-1; int64_t 0:r2", "lwz r2,0(r1)", "locations [0:r2;]"), "0:r2=4294967295;"),
    (program("PPC", "0:r1=x; x=-1; uint32_t 0:r2", "lwz r2,0(r1)", "locations [0:r2; x]"), "0:r2=4294967295; [x]=-1;"),
    (program("ALPHA", "l=-1", "ldl $1,l; ldq $2,q; lda $3,-1($31)", "locations [0:$1; 0:$3; l]"),
     "0:r1=-1; 0:r3=-1; [l]=-1;"),
    # Initial values are numbers of their type, whatever reads them; what nobody declares is as wide as what is read.
    (program("X86_64", "uint8_t x=200", "movl (x),%eax", "locations [x; 0:rax;]"), "0:rax=200; [x]=200;"),
    (program("X86_64", "uint8_t x=200", "movb (x),%al", "locations [x; 0:rax;]"), "0:rax=200; [x]=200;"),
    (program("X86_64", "int8_t x=200", "movsbl (x),%eax", "locations [x; 0:rax;]"), "0:rax=-56; [x]=-56;"),
    (program("X86_64", "", "movb $200,(x); movb (x),%al", "locations [x; 0:rax;]"), "0:rax=200; [x]=200;"),
    (program("PPC", "0:r1=x; uint16_t x=65535", "lha r2,0(r1); lhz r3,0(r1)", "locations [x; 0:r2; 0:r3]"),
     "0:r2=-1; 0:r3=65535; [x]=65535;"),
    # A number of 64 bits that no thread has is whole, also where words have 32; one that no word stands for is cut.
    (program("X86", "uint64_t x=-1; uint64_t w=0xffffffff; int64_t y=-1; uint32_t v=-1",
             "NOP", "locations [v; w; x; y;]"),
     "[v]=4294967295; [w]=4294967295; [x]=18446744073709551615; [y]=-1;"),
    (program("ARM", "uint64_t x=0xffffffff; uint64_t y=-1; 0:R0=x", "LDR R1,[R0]", "locations [x; y;]"),
     "[x]=4294967295; [y]=18446744073709551615;"),
    (program("X86", "int64_t x", "MOV [x],$-1", "locations [x;]"), "[x]=4294967295;"),
    # Arrays that are named whole are shown whole, among the locations; pointers into them are in bytes.
    (program("PPC", "int t[2]={1,7}; int s[1]={-1}; a=2; z=3; 0:r1=&t[1]", "lwz r2,0(r1)",
             "locations [z; t; s; a; t[1]; 0:r1;]\nexists (0:r2=7)"),
     "0:r1=t+4; 0:r2=7; [a]=2; s={-1}; t={1,7}; [z]=3; t[1]=7;"),
    (program("PPC", "int t[2]={1,7}", "nop", "exists (t={1,7})"), "t={1,7};"),
    (program("PPC", "int t[2]={1,7}", "nop", "exists (t[0]=1 /\\ t[1]=7)"), "t[0]=1; t[1]=7;"),
    (program("PPC", "uint8_t t[3]={255,0,x}", "nop", "locations [t;]"), "t={255,0,x};"),
    (program("X86_64", "uint64_t t[3]; 0:rax=t", "leaq 8(%rax),%rbx; movq %rbx,(p)", "locations [p; 0:rbx; 0:rax;]"),
     "0:rax=t; 0:rbx=t+8; [p]=t+8;"),
    (program("X86", "0:EAX=x", "ADD EAX,$-4; MOV [x+8],$1", "locations [0:EAX;]"), "0:EAX=x+-4;"),
]  # fmt: skip
KERNEL = [
    (kernel("uint32_t x; u16 h; unsigned char c; int i", "uint32_t *x, u16 *h, unsigned char *c, int *i",
            "WRITE_ONCE(*x, -1); WRITE_ONCE(*h, -1); WRITE_ONCE(*c, -1); WRITE_ONCE(*i, -1);",
            "locations [x; h; c; i;]"),
     "[c]=255; [h]=65535; [i]=-1; [x]=4294967295;"),
    (kernel("", "unsigned int *x", "WRITE_ONCE(*x, -2); unsigned r0 = READ_ONCE(*x); int r1 = READ_ONCE(*x);",
            "locations [x; 0:r0; 0:r1;]"), "0:r0=4294967294; 0:r1=-2; [x]=4294967294;"),
    (kernel("u8 x=200", "u8 *x", "int r0 = READ_ONCE(*x); s8 r1 = READ_ONCE(*x); u8 r2 = READ_ONCE(*x);",
            "locations [x; 0:r0; 0:r1; 0:r2]"), "0:r0=200; 0:r1=-56; 0:r2=200; [x]=200;"),
    (kernel("", "u64 *x", "WRITE_ONCE(*x, -1); long r0 = READ_ONCE(*x); int r1 = r0;", "locations [x; 0:r0; 0:r1;]"),
     "0:r0=-1; 0:r1=-1; [x]=18446744073709551615;"),
    (kernel("atomic_t x=ATOMIC_INIT(0); int y", "atomic_t *x, int *y", "atomic_dec(x); atomic_dec(y);",
            "locations [x; y]"),
     "[x]=4294967295; [y]=-1;"),
    (kernel("int t[2]={7,8}; int *p=t", "int *t, int **p", "int *r0 = READ_ONCE(*p); WRITE_ONCE(*p, r0 + 1);",
            "locations [p; 0:r0; t;]"), "0:r0=t; [p]=t+4; t={7,8};"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STATES)
def test_states(text: str, expected: str) -> None:
    assert state_lines(check(parse(text))) == [expected]


@pytest.mark.parametrize(("text", "expected"), KERNEL)
def test_states_of_kernel_code(text: str, expected: str) -> None:
    assert state_lines(check(parse(text), model="sc")) == [expected]


@pytest.mark.parametrize("text", [text for text, _ in (*STATES, *KERNEL)])
def test_what_is_printed_shows_the_same(text: str) -> None:
    test = parse(text)
    again = parse(print_test(test))
    assert (again.shown, dict(again.types), again.hash) == (test.shown, dict(test.types), test.hash)


HOLD = [
    # Numbers are compared as their types have them, as in herd7: `x=-1` and `x=4294967295` are one for an int.
    (program("X86_64", "", WORD, ""), "0:rax=-1 /\\ 0:rax=4294967295 /\\ x=-1 /\\ x=0xffffffff /\\ 0:rax=[x]"),
    (program("X86_64", "int64_t 0:rax", WORD, ""), "not (0:rax=-1) /\\ 0:rax=4294967295"),
    (
        program("X86_64", "uint8_t x=200; 0:rbx=0x100000001", "movl (x),%eax", ""),
        "x=200 /\\ x=-56 /\\ 0:rax=200 /\\ 0:rbx=1",
    ),
    (program("X86_64", "uint64_t x", "movq $-1,(x)", ""), "x=-1 /\\ x=0xffffffffffffffff"),
    (
        program("PPC", "0:r1=x; x=-1; int64_t 0:r3", "lwz r2,0(r1); lwz r3,0(r1)", ""),
        "0:r2=-1 /\\ 0:r3=4294967295 /\\ 0:r3<>-1",
    ),
    (program("PPC", "uint32_t x=-1; y=-1", "nop", ""), "x>1 /\\ y<1 /\\ x>=4294967295 /\\ not (x<=5)"),
    (program("PPC", "uint8_t t[2]={255,1}", "nop", ""), "t={-1,1} /\\ t={255,1} /\\ t!={255,2}"),
    (program("PPC", "int t[2]; 0:r1=&t[1]", "nop", ""), "0:r1=t+4 /\\ 0:r1=&t[1] /\\ 0:r1!=t"),
]


@pytest.mark.parametrize(("text", "prop"), HOLD)
def test_conditions_hold(text: str, prop: str) -> None:
    assert check(parse(f"{text}forall ({prop})")).ok is True
    for quantifier, ok in (("exists", True), ("forall", True), ("~exists", False)):
        assert check(parse(f"{text}{quantifier} ({prop})"), verdict_only=True).ok is ok
    assert check(parse(f"{text}exists (not ({prop}))"), verdict_only=True).ok is False


CIRCLE = "X86_64 t\n{ %s }\nP0|P1;\nmovl (x),%%eax|movl (y),%%ebx;\nmovl %%eax,(y)|movl %%ebx,(x);\n"
CIRCLES = [
    # A value that may be anything is compared as numbers of its type are, too.
    ("", "0:rax=-1", True),
    ("", "0:rax=0xfffffffe /\\ 1:rbx=-2 /\\ 0:rax<0 /\\ 0:rax=[x]", True),
    ("", "0:rax>0 /\\ x<0", False),
    ("", "not (0:rax=-1) /\\ x=0xffffffff", False),
    ("int64_t 0:rax", "0:rax=-1", False),
    ("int64_t 0:rax", "0:rax=4294967295 /\\ 1:rbx=-1 /\\ 0:rax>1:rbx", True),
    ("uint32_t 0:rax; uint32_t 1:rbx", "0:rax>=0xfffffffe /\\ 1:rbx>5 /\\ 0:rax>0x7fffffff", True),
    ("uint32_t 0:rax; uint32_t 1:rbx", "0:rax<0", False),
    ("uint8_t 0:rax", "0:rax=255 /\\ 1:rbx=511", True),
    ("uint8_t 0:rax", "0:rax=255 /\\ 1:rbx=510", False),
]


@pytest.mark.parametrize(("init", "prop", "possible"), CIRCLES)
def test_conditions_on_values_in_circles(tmp_path: Path, init: str, prop: str, possible: bool) -> None:
    model = tmp_path / "any.cat"
    model.write_text("acyclic co | fr as coherence\n")
    found = check(parse(f"{CIRCLE % init}exists ({prop})"), model, verdict_only=True)
    assert found.ok is possible


def test_kernel_conditions_hold() -> None:
    text = kernel(
        "u8 x=200; u32 y", "u8 *x, u32 *y", "WRITE_ONCE(*y, -1); u8 r0 = READ_ONCE(*x); u32 r1 = READ_ONCE(*y);", ""
    )
    prop = "x=200 /\\ 0:r0=200 /\\ 0:r0=[x] /\\ x<201 /\\ 0:r1=[y] /\\ y=-1 /\\ y=4294967295 /\\ 0:r1>5 /\\ y>=0:r1"
    assert check(parse(f"{text}forall ({prop})"), model="sc").ok is True
    assert check(parse(f"{text}exists (not ({prop}))"), model="sc", verdict_only=True).ok is False


WRITTEN = [
    ("X86", "0:EAX=0xffffffff", "0:EAX=-1"),
    ("X86_64", "0:rax=0xffffffff", "0:rax=4294967295"),
    ("PPC", "0:r1=0xffffffff", "0:r1=4294967295"),
    ("PPC", "0:r1=0xffffffffffffffff", "0:r1=-1"),
    ("ALPHA", "0:r1=0xffffffff", "0:r1=4294967295"),
]


@pytest.mark.parametrize(("arch", "prop", "expected"), WRITTEN)
def test_numbers_of_conditions_are_printed_as_they_are_written(arch: str, prop: str, expected: str) -> None:
    assert condition_text(parse(program(arch, "", "nop", f"exists ({prop})"))) == f"exists ({expected})"


ROWS = [
    ("PPC", "extsw r0 ,r1", "extsw r0, r1"),
    ("PPC", "extsb r0, r1", "extsb r0,r1"),
    ("PPC", "rlwinm r3 , r4,4,30,31", "rlwinm r3,r4,4, 30,31"),
    ("PPC", "rlwimi r3,r4,4,30,31", "rlwimi r3,r4,4, 30,31"),
    ("PPC", "clrldi r9, r9, 32", "clrldi r9,r9,32"),
    ("PPC", "subi r1,r1,2", "addi r1,r1,-2"),
    ("PPC", "la r1,-2(r2)", "addi r1,r2,-2"),
    ("PPC", "hwsync", "sync"),
    ("PPC", "lwz r1, 4, r2", "lwz r1,4(r2)"),
    ("PPC", "cmplwi cr1, r0, 2", "cmplwi cr1,r0,2"),
    ("PPC", "blr", "blr"),
    ("X86", "dec [x]", "DEC  [x]"),
    ("X86", "lock; inc (EAX)", "LOCK; INC  [EAX]"),
    ("X86", "cmp EAX , 1", "CMP  EAX,$1"),
    ("X86", "cmovc EAX,[x]", "CMOVC EAX,[x]"),
    ("X86", "ret", "RET"),
    ("X86_64", "ENDBR64", "NOP"),
    ("X86_64", "nopl %cs:0(%rax,%eax,0)", "NOP"),
    ("X86_64", "RETQ", "ret"),
    ("X86_64", "shl 2,%eax", "shl $2,%eax"),
    ("X86_64", "movq 0(%rax,%ebx,8), %rcx", "movq (%rax, %ebx,8),%rcx"),
    ("X86_64", "cmovc (x),%eax", "cmovc %eax,(x)"),
    ("X86_64", "cmovc %ebx, %eax", "cmovc %ebx,%eax"),
    ("PPC", "lwarx r1,0,r2, 1", "lwarx r1,r0,r2,1"),
    ("X86_64", "LOCK INCL [x]", "lock; incl (x)"),
]


@pytest.mark.parametrize(("arch", "row", "expected"), ROWS)
def test_instructions_are_printed_as_herd7_prints_and_hashes_them(arch: str, row: str, expected: str) -> None:
    assert parse(program(arch, "", row, "")).threads[0].rows == (expected,)


def test_what_one_sees_in_a_repl() -> None:
    test = parse(program("PPC", "0:r1=x; x=1", "lwz r2,0(r1); sync; stw r2,4(r1)", "exists (0:r2=1)"))
    verdict = check(test)
    assert repr(test) == "<LitmusTest t: PPC, 1 threads, Allowed>"
    assert repr(verdict) == str(verdict) == "<Verdict t under power: Allowed (exists: Ok), Always 1 0>"
    assert repr(verdict.witness) == "<Execution of t: P0: R [x]=1, SYNC, W [x+4]=1>"
    assert repr(verdict.states) == "(((0:r2, 1),),)"


@pytest.mark.slow
def test_a_long_execution_is_cut_short_in_a_repl() -> None:
    rows = "|".join(["MOV [x],$1"] * 10)
    test = parse(f"X86 t\n{{}}\n{'|'.join(f'P{n}' for n in range(10))};\n{f'{rows};' * 10}\n")
    shown = repr(check(test, verdict_only=True).witness)
    assert shown.count("W [x]=1") == 64
    assert shown.endswith("...; and 2 threads more>")


@pytest.mark.parametrize(
    ("init", "question", "said"),
    [
        ("uint64_t x=0x100000000", "exists (0:EAX=0)", "4294967296 takes more than 32 bits in 'x'"),
        ("int64_t x=-1", "exists (0:EAX=0)", "-1 takes more than 32 bits in 'x'"),
        ("int64_t x", "exists (x=-1)", "-1 takes more than 32 bits in 'x'"),
        ("x=0x100000000", "exists (0:EAX=0)", "4294967296 takes more than 32 bits in 'x'"),
        ("uint64_t y", "exists (y=0x100000000)", "4294967296 takes more than 32 bits in 'y'"),
        ("", "exists (0:EAX=0x100000001)", "4294967297 takes more than 32 bits in a register"),
        ("", "exists (0:EAX=0 /\\ not 0:EAX=-2147483649)", "-2147483649 takes more than 32 bits in a register"),
        ("0:EBX=0x100000000", "exists (0:EAX=0)", "4294967296 takes more than 32 bits in a register"),
    ],
)
def test_a_number_that_no_word_of_the_machine_has_is_refused(init: str, question: str, said: str) -> None:
    with pytest.raises(litmus.UnsupportedError, match=said + ", and the program has words of 32 bits"):
        parse(program("X86", init, "MOV EAX,[x]", question))
