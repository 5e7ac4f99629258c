"""AArch64 assembly: what instructions compute, the events they make, and errors with their places."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.alone import Alone
from oracles.effort import examples
from oracles.shared import engine

import litmus
from litmus.base.errors import UnsupportedError
from litmus.base.source import Source
from litmus.dialects.aarch64.refused import REFUSED
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.events import Known
from litmus.ir.thread import Address, Assign, Branch, Fence, Load, Rmw, Store, StoreConditional
from litmus.ir.values import wrap
from litmus.unfold import unfold
from litmus.unfold.statements import Statements

alone = Alone("AArch64")
parse, final = alone.parse, alone.final


# --- what instructions compute ---------------------------------------------------------------------------------------

WORDS = st.sampled_from([0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1)


def quotient(a: int, b: int) -> int:
    """Towards 0; 0 if the divisor is."""
    if b == 0:
        return 0
    found = abs(a) // abs(b)
    return found if (a < 0) == (b < 0) else -found


def unsigned(number: int, bits: int) -> int:
    return number & (1 << bits) - 1


def rotated(number: int, count: int, bits: int) -> int:
    number = unsigned(number, bits)
    return number >> count | number << bits - count if count else number


OPERATIONS: dict[str, Callable[[int, int, int], int]] = {
    "ADD": lambda a, b, n: a + b,
    "ADDS": lambda a, b, n: a + b,
    "SUB": lambda a, b, n: a - b,
    "SUBS": lambda a, b, n: a - b,
    "AND": lambda a, b, n: a & b,
    "ANDS": lambda a, b, n: a & b,
    "ORR": lambda a, b, n: a | b,
    "EOR": lambda a, b, n: a ^ b,
    "BIC": lambda a, b, n: a & ~b,
    "BICS": lambda a, b, n: a & ~b,
    "ORN": lambda a, b, n: a | ~b,
    "EON": lambda a, b, n: a ^ ~b,
    "MUL": lambda a, b, n: a * b,
    "MNEG": lambda a, b, n: -a * b,
    "SDIV": lambda a, b, n: quotient(wrap(a, n), wrap(b, n)),
    "UDIV": lambda a, b, n: quotient(unsigned(a, n), unsigned(b, n)),
    "LSL": lambda a, b, n: a << b % n,
    "LSR": lambda a, b, n: unsigned(a, n) >> b % n,
    "ASR": lambda a, b, n: wrap(a, n) >> b % n,
    "ROR": lambda a, b, n: rotated(a, b % n, n),
}


@pytest.mark.parametrize("name", OPERATIONS)
@examples(15)
@given(a=WORDS, b=WORDS)
def test_operations(name: str, a: int, b: int) -> None:
    """On X registers; and on W registers, which get 0 in their upper half."""
    init = f"0:X1={a}; 0:X2={b}; int64_t 0:X3; int64_t 0:X4"
    assert final("0:X3", init, f"{name} X3,X1,X2") == wrap(OPERATIONS[name](a, b, 64), 64)
    assert final("0:X4", init, f"{name} W4,W1,W2") == unsigned(OPERATIONS[name](a, b, 32), 32)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"MUL", "MNEG"}))
@examples(10)
@given(a=st.integers(-(2**31), 2**31 - 1), b=st.integers(0, 31))
def test_operations_of_tests_with_narrow_words(name: str, a: int, b: int) -> None:
    """A test that has W registers alone has words of 32 bits."""
    code = [f"MOV W1,#{a}", f"MOV W2,#{b}", f"{name} W3,W1,W2"]
    assert parse("", *code).threads[0].word_bits == 32
    assert final("0:X3", "", *code) == wrap(OPERATIONS[name](a, b, 32), 32)


@pytest.mark.parametrize("a", [0, 1, 7, 2**31 - 1, -(2**31), -1, 2**62, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("b", [0, 1, 2, -1, -2, 3, -(2**31), -(2**63), 2**63 - 1])
def test_divisions_at_the_ends_of_numbers(a: int, b: int) -> None:
    init = f"0:X1={a}; 0:X2={b}; int64_t 0:X3; int64_t 0:X4"
    for name in ("SDIV", "UDIV"):
        assert final("0:X3", init, f"{name} X3,X1,X2") == wrap(OPERATIONS[name](a, b, 64), 64)
        assert final("0:X4", init, f"{name} W4,W1,W2") == unsigned(OPERATIONS[name](a, b, 32), 32)


FLAGS: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "CMP": lambda a, b, n: (wrap(a, n) - wrap(b, n), unsigned(a, n) + unsigned(~b, n) + 1),
    "CMN": lambda a, b, n: (wrap(a, n) + wrap(b, n), unsigned(a, n) + unsigned(b, n)),
    "TST": lambda a, b, n: (wrap(a & b, n), 0),
}
CONDITIONS: dict[str, Callable[[bool, bool, bool, bool], bool]] = {
    "EQ": lambda n, z, c, v: z,
    "NE": lambda n, z, c, v: not z,
    "CS": lambda n, z, c, v: c,
    "HS": lambda n, z, c, v: c,
    "CC": lambda n, z, c, v: not c,
    "LO": lambda n, z, c, v: not c,
    "MI": lambda n, z, c, v: n,
    "PL": lambda n, z, c, v: not n,
    "VS": lambda n, z, c, v: v,
    "VC": lambda n, z, c, v: not v,
    "HI": lambda n, z, c, v: c and not z,
    "LS": lambda n, z, c, v: not c or z,
    "GE": lambda n, z, c, v: n == v,
    "LT": lambda n, z, c, v: n != v,
    "GT": lambda n, z, c, v: not z and n == v,
    "LE": lambda n, z, c, v: z or n != v,
}


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("bits", [32, 64])
@examples(10)
@given(a=WORDS, b=WORDS)
def test_flags(name: str, bits: int, a: int, b: int) -> None:
    """The flags as AddWithCarry of the manual has them, by all conditions that look at them."""
    exact, carried = FLAGS[name](a, b, bits)
    result = wrap(exact, bits)
    flags = (result < 0, result == 0, bool(carried >> bits), result != exact)
    letter = "W" if bits == 32 else "X"
    code = [f"{name} {letter}1,{letter}2"]
    expected = 0
    for at, (condition, holds) in enumerate(CONDITIONS.items()):
        code += [f"CSET W3,{condition}", f"ORR W4,W4,W3,LSL #{at}"]
        expected |= holds(*flags) << at
    assert final("0:X4", f"0:X1={a}; 0:X2={b}; int64_t 0:X4", *code) == expected


def packed(*flags: bool) -> int:
    """Flags, that of N first, as the bits of a number."""
    return sum(flag << 3 - at for at, flag in enumerate(flags))


ALL_FLAGS = [line for at, name in enumerate(("MI", "EQ", "CS", "VS")) for line in
             (f"CSET W9,{name}", f"ORR W8,W8,W9,LSL #{3 - at}")]  # fmt: skip


@pytest.mark.parametrize("name", ["ADCS", "SBCS", "NGCS"])
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("carry", [0, 1])
@examples(8)
@given(a=WORDS, b=WORDS)
def test_sums_with_the_carry(name: str, bits: int, carry: int, a: int, b: int) -> None:
    """The sum and the flags as AddWithCarry of the manual has them; without the last letter, the sum alone."""
    letter = "W" if bits == 32 else "X"
    first = 0 if name == "NGCS" else a
    other = b if name == "ADCS" else ~b
    exact = wrap(first, bits) + wrap(other, bits) + carry
    result = wrap(exact, bits)
    carried = (unsigned(first, bits) + unsigned(other, bits) + carry) >> bits
    operands = f"{letter}2" if name == "NGCS" else f"{letter}1,{letter}2"
    init = f"0:X1={a}; 0:X2={b}; 0:X5={carry}; int64_t 0:X3; int64_t 0:X8"
    code = ["CMP X5,#1", f"{name} {letter}3,{operands}", *ALL_FLAGS]
    assert final("0:X3", init, *code) == wrap(unsigned(result, bits), 64)
    assert final("0:X8", init, *code) == packed(result < 0, result == 0, bool(carried), result != exact)
    assert final("0:X3", init, "CMP X5,#1", f"{name[:-1]} {letter}3,{operands}") == wrap(unsigned(result, bits), 64)


@pytest.mark.parametrize("given", [0, 5, 15])
@pytest.mark.parametrize(("name", "like"), [("CCMP", "CMP"), ("CCMN", "CMN")])
@pytest.mark.parametrize("operand", ["X2", "#7"])
@examples(8)
@given(a=WORDS, b=WORDS)
def test_conditional_comparisons(name: str, like: str, operand: str, given: int, a: int, b: int) -> None:
    init = f"0:X1={a}; 0:X2={b}; 0:X5=1; int64_t 0:X8"
    compared = final("0:X8", init, f"{like} X1,{operand}", *ALL_FLAGS)
    assert final("0:X8", init, "CMP X5,#1", f"{name} X1,{operand},#{given},EQ", *ALL_FLAGS) == compared
    assert final("0:X8", init, "CMP X5,#1", f"{name} X1,{operand},#{given},NE", *ALL_FLAGS) == given


RUNS = [
    ("X0", "uint64_t 0:X1=0xffffffffffffffff; int64_t 0:X0", ["UMULH X0,X1,X1"], -2),
    ("X0", "uint64_t 0:X1=0xffffffffffffffff; int64_t 0:X0", ["SMULH X0,X1,X1"], 0),
    ("X0", "int64_t 0:X1=-3; int64_t 0:X2=0x4000000000000000", ["SMULH X0,X1,X2"], -1),
    ("X0", "0:X1=1", ["CLZ W0,W1"], 31),
    ("X0", "", ["CLZ X0,X1"], 64),
    ("X0", "0:X1=0x00ffffff", ["CLZ X0,X1"], 40),
    ("X0", "", ["CLS W0,W1"], 31),
    ("X0", "int64_t 0:X1=-2", ["CLS X0,X1"], 62),
    ("X0", "0:X1=0x40000000", ["CLS W0,W1"], 0),
    ("X0", "0:X1=0xf0000000", ["CLS W0,W1"], 3),
    ("X0", "uint64_t 0:X0", ["CMP W1,#0", "MRS X0,NZCV", "LSR X0,X0,#28"], 6),
    ("X2", "0:X0=0x90000000", ["MSR NZCV,X0", "CSET W2,MI", "CSET W3,VS", "CSET W4,EQ", "ADD W2,W2,W3"], 2),
    ("X0", "int16_t x=-2; 0:X1=x", ["LDTRSH W0,[X1]", "ADD W0,W0,#3"], 1),
    ("x", "int64_t x=7; 0:X1=x", ["MOV X0,#5", "PRFM PLDL1KEEP,[X1,#8]", "STTR X0,[X1]", "LDTR X2,[X1]"], 5),
    ("X0", "", ["B .+8", "MOV W0,#1", "ADD W0,W0,#1"], 1),
    ("X0", "", ["MOV W0,#1", "B . + 4", "ADD W0,W0,#1"], 2),
    ("X0", "", ["MOV W0,#1", "CBNZ W0,.+8", "MOV W0,#3"], 1),
    ("X1", "0:X0=2", ["ADD W1,W1,#2", "SUBS W0,W0,#1", "B.NE .-8"], 4),
    ("X1", "0:X0=2", ["ADD W1,W1,#2", "SUB W0,W0,#1", "L: CBNZ W0,.-8", "TBZ W1,#0,.+8", "MOV W1,#9"], 4),
    ("X1", "0:X0=1", ["CBZ W0,.+12", "B .+8", "MOV W1,#1", "ADD W1,W1,#2"], 2),
    ("X2", "0:X1=5", ["SUB W2,W1,#7"], -2),
    ("X2", "", ["ADD W2,WZR,#1,LSL #12"], 4096),
    ("X2", "0:X1=0x123456789; int64_t 0:X2", ["ADD X2,XZR,W1,UXTW #1"], 0x468ACF12),
    ("X2", "0:X1=-2; int64_t 0:X2", ["ADD X2,XZR,W1,SXTB"], -2),
    ("X2", "0:X1=200; int64_t 0:X2", ["SUBS X2,XZR,W1,SXTB #2"], 224),
    ("X2", "0:X1=6", ["AND W2,W1,#3"], 2),
    ("X2", "0:X1=6", ["NEG W2,W1,LSL #1"], -12),
    ("X2", "0:X1=6", ["NEGS W2,W1", "CSNEG W2,W1,W2,PL"], 6),
    ("X2", "0:X1=6", ["MVN W2,W1"], -7),
    ("X2", "0:X1=6; 0:X3=7; 0:X4=100; int64_t 0:X2", ["MSUB X2,X1,X3,X4"], 58),
    ("X2", "0:X1=6; 0:X3=7; 0:X4=100", ["MADD W2,W1,W3,W4"], 142),
    ("X2", "0:X1=-3; 0:X3=7; int64_t 0:X2", ["SMULL X2,W1,W3"], -21),
    ("X2", "0:X1=-3; 0:X3=7; int64_t 0:X2", ["UMULL X2,W1,W3"], 7 * (2**32 - 3)),
    ("X2", "0:X1=-3; 0:X3=7; 0:X4=1; int64_t 0:X2", ["SMSUBL X2,W1,W3,X4"], 22),
    ("X2", "int64_t 0:X2", ["MOVZ X2,#1,LSL #48", "MOVK X2,#2,LSL #16", "MOVK X2,#3"], (1 << 48) + (2 << 16) + 3),
    ("X2", "int64_t 0:X2", ["MOVN X2,#1"], -2),
    ("X2", "int64_t 0:X2", ["MOVN W2,#0,LSL #16"], 0xFFFFFFFF),
    ("X2", "0:X1=0x1234; int64_t 0:X2", ["UBFX X2,X1,#4,#8"], 0x23),
    ("X2", "0:X1=0xf00; int64_t 0:X2", ["SBFX X2,X1,#8,#4"], -1),
    ("X2", "0:X1=0xf5; int64_t 0:X2", ["UBFIZ X2,X1,#8,#4"], 0x500),
    ("X2", "0:X1=0xf8; int64_t 0:X2", ["SBFIZ X2,X1,#8,#4"], -0x800),
    ("X2", "0:X1=0xab; 0:X2=0x11111", ["BFI W2,W1,#4,#8"], 0x11AB1),
    ("X2", "0:X1=0xabc; 0:X2=0x11111", ["BFXIL W2,W1,#4,#4"], 0x1111B),
    ("X2", "0:X1=0x1234; int64_t 0:X2", ["UBFM X2,X1,#4,#11"], 0x23),
    ("X2", "0:X1=0xabc; 0:X2=0x11111", ["BFM W2,W1,#4,#7"], 0x1111B),
    ("X2", "0:X1=0xab; 0:X2=0x11111", ["BFM W2,W1,#28,#7"], 0x11AB1),
    ("X2", "0:X1=-1; int64_t 0:X2=-1", ["BFM X2,X3,#0,#63"], 0),
    ("X2", "int64_t 0:X2=0x1234", ["BFC X2,#4,#8"], 0x1004),
    ("X2", "int64_t 0:X1=-8; int64_t 0:X2", ["CTZ X2,X1"], 3),
    ("X2", "", ["CTZ W2,W1"], 32),
    ("X2", "int64_t 0:X1=-8; int64_t 0:X2", ["CNT X2,X1"], 61),
    ("X2", "0:X1=0xf0f1", ["CNT W2,W1"], 9),
    ("X2", "int64_t 0:X1=-8; int64_t 0:X2", ["SMAX X2,X1,#-3"], -3),
    ("X2", "int64_t 0:X1=-8; int64_t 0:X2", ["UMAX X2,X1,#3"], -8),
    ("X2", "0:X1=-8; 0:X3=4; int64_t 0:X2", ["SMIN W2,W1,W3"], 0xFFFFFFF8),
    ("X2", "0:X1=-8; 0:X3=4", ["UMIN W2,W1,W3"], 4),
    ("X2", "", ["CMP W1,#0", "CFINV", "CSET W2,CS"], 0),
    ("X2", "", ["HINT #34", "BTI", "BTI jc", "HLT #7", "CMP W1,#0", "CSET W2,EQ", "B.NONE .+8", "MOV W2,#5"], 1),
    ("X2", "0:X1=-7", ["CMP W1,#0", "MOV W2,#5", "B.FIRST .+8", "MOV W2,#1", "CSEL W2,W2,WZR,ANY"], 5),
    ("X2", "0:X1=7", ["CMP W1,#0", "MOV W2,#5", "BHS .+8", "MOV W2,#1", "BEQ .+8", "CSINC W2,W2,WZR,LAST"], 1),
    ("X2", "int64_t stack[4]; 0:SP=stack", ["MOV X3,SP", "ADD SP,SP,X1,LSL #4", "CMP SP,X3", "CSET W2,EQ"], 1),
    ("X2", "int64_t s[4]; 0:SP=s; 0:X1=9", ["STP X1,X30,[SP,#16]!", "LDR X2,[SP],#8", "AND SP,X4,#-8"], 9),
    ("X2", "0:X1=7; int64_t 0:X2", ["WFE", "YIELD", "MOV X2,X1"], 7),
    ("X2", "0:X1=x; uint8_t x=255; int64_t 0:X2", ["LDAPURSB X2,[X1]"], -1),
    ("X2", "0:X1=0x1234; int64_t 0:X2", ["UBFM X2,X1,#60,#3"], 0x40),
    ("X2", "0:X1=0x8; int64_t 0:X2", ["SBFM W2,W1,#30,#3"], 0xFFFFFFE0),
    ("X2", "0:X1=0x1ff; int64_t 0:X2", ["SXTB X2,W1"], -1),
    ("X2", "0:X1=0x1ff; int64_t 0:X2", ["UXTB W2,W1"], 255),
    ("X2", "0:X1=0x1ffff; int64_t 0:X2", ["SXTH W2,W1"], 0xFFFFFFFF),
    ("X2", "0:X1=0x1ffffffff; int64_t 0:X2", ["SXTW X2,W1"], -1),
    ("X2", "0:X1=1; 0:X3=2; int64_t 0:X2", ["EXTR X2,X1,X3,#1"], wrap((1 << 63) + 1, 64)),
    ("X2", "0:X1=-7", ["ABS W2,W1"], 7),
    ("X2", "0:X1=1; int64_t 0:X2", ["RBIT X2,X1"], -(2**63)),
    ("X2", "0:X1=0x12345678", ["REV W2,W1"], 0x78563412),
    ("X2", "0:X1=0x12345678", ["REV16 W2,W1"], 0x34127856),
    ("X2", "0:X1=0x1122334455667788; int64_t 0:X2", ["REV32 X2,X1"], 0x4433221188776655),
    ("X2", "0:X1=7", ["CMP W1,#8", "CINC W2,W1,LT"], 8),
    ("X2", "0:X1=7", ["CMP W1,#8", "CSETM W2,NE"], -1),
    ("X2", "0:X1=7", ["CMP W1,#8", "CSINV W2,W1,W1,EQ"], -8),
    ("X2", "0:X1=7", ["CMP W1,#8", "CNEG W2,W1,EQ"], 7),
    ("X2", "0:X1=x; x=-1; int64_t 0:X2", ["LDR W2,[X1]"], 0xFFFFFFFF),
    ("X2", "0:X1=x; x=-1", ["LDR W2,[X1]"], -1),
    ("X2", "0:X1=x; uint8_t x=255; int64_t 0:X2", ["LDRSB W2,[X1]"], 0xFFFFFFFF),
    ("X2", "0:X1=x; 0:X3=0x1ff", ["STLRB W3,[X1]", "LDARB W2,[X1]"], 255),
    ("X3", "0:X1=x; 0:X2=3; 0:X3=5", ["LDADD W3,W3,[X1]", "LDR W3,[X1]"], 5),
    ("X3", "0:X1=x; 0:X3=5; x=5", ["CAS W3,W3,[X1]", "MOV W3,#1", "CAS W3,WZR,[X1]"], 5),
    ("X2", "0:X1=x; 0:X3=-5; int16_t x=4", ["LDSMAXH W3,W4,[X1]", "LDRH W2,[X1]"], 4),
    ("X2", "0:X1=x; 0:X3=-5; int16_t x=4", ["LDUMINH W3,W4,[X1]", "LDRH W2,[X1]"], 4),
    ("X2", "0:X1=x; 0:X3=-5; int16_t x=4", ["STUMAXH W3,[X1]", "LDRSH W2,[X1]"], -5),
    ("X2", "0:X1=t; int t[3]={1,2,3}", ["LDPSW X2,X3,[X1,#4]!", "ADD X2,X2,X3", "LDR W4,[X1]", "ADD W2,W2,W4"], 7),
    ("X2", "0:X1=t; int64_t t[2]={5,6}; int64_t 0:X2", ["LDAPR X3,[X1],#8", "LDR X2,[X1]"], 6),
    ("t[0]", "int64_t t[2]; 0:X1=t", ["ADD X1,X1,#8", "MOV X2,#7", "STLR X2,[X1,#-8]!"], 7),
    ("X2", "0:X1=t; int64_t t[2]={5,6}; int64_t 0:X2", ["LDIAPP X3,X4,[X1],#16", "LDR X2,[X1,#-8]"], 6),
    ("X2", "0:X1=t; int64_t t[2]={5,6}; int64_t 0:X2", ["LDAP X3,X4,[X1]", "LDAPP X5,X6,[X1]", "ADD X2,X4,X5"], 11),
    ("t[1]", "int64_t t[2]={5,6}; 0:X1=t", ["MOV X3,#8", "STLP X2,X3,[X1]"], 8),
    ("t[1]", "int64_t t[2]={5,6}; 0:X1=t", ["MOV X2,#1", "MOV X3,#2", "SWPPAL X2,X3,[X1]", "LDCLRP X2,X3,[X1]"], 0),
    ("t[0]", "int64_t t[2]={5,6}; 0:X1=t", ["MOV X2,#2", "MOV X3,#9", "LDSETPL X2,X3,[X1]"], 7),
    ("X3", "int64_t t[2]={5,6}; 0:X1=t; int64_t 0:X3", ["MOV X2,#2", "MOV X3,#9", "LDSETPA X2,X3,[X1]"], 6),
    ("X2", "0:X1=7", ["LDR WZR,[X3]", "MOV W2,WZR", "ADD W2,W2,W1"], 7),
]  # fmt: skip


@pytest.mark.parametrize(("register", "init", "code", "expected"), RUNS, ids=[";".join(c) for _, _, c, _ in RUNS])
def test_run(register: str, init: str, code: list[str], expected: int) -> None:
    init = init.replace("[X3]", "") if "0:X3" in init or "WZR" not in code[0] else f"{init}; 0:X3=y"
    assert final(register if "[" in register or register == "x" else f"0:{register}", init, *code) == expected


POLYNOMIALS = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78}


@pytest.mark.parametrize(("suffix", "size"), [("B", 8), ("H", 16), ("W", 32), ("X", 64)])
@pytest.mark.parametrize("name", POLYNOMIALS)
@examples(6)
@given(before=WORDS, data=WORDS)
def test_checksums(name: str, suffix: str, size: int, before: int, data: int) -> None:
    """Bit by bit, as in the manual, whose bits are in the opposite order."""
    state = unsigned(before, 32) ^ unsigned(data, size)
    for _ in range(size):
        state = state >> 1 ^ (POLYNOMIALS[name] if state & 1 else 0)
    code = f"{name}{suffix} W3,W1,{'X' if size == 64 else 'W'}2"
    assert final("0:X3", f"int64_t 0:X1={before}; int64_t 0:X2={data}; int64_t 0:X3", code) == state


# --- the events of instructions --------------------------------------------------------------------------------------


def tags(*code: str) -> list[list[str]]:
    """The tags of the accesses and barriers of a thread; of an atomic, those of its read and its write."""
    found: list[list[str]] = []
    for statement in parse("0:X1=x", *code).threads[0].body:
        match statement:
            case Load(tags=names) | Store(tags=names) | StoreConditional(tags=names) | Fence(tags=names):
                found.append(sorted(names))
            case Rmw(read_tags=read, write_tags=write):
                found += [sorted(read), sorted(write)]
    return found


def test_tags() -> None:
    assert tags("LDR W0,[X1]", "STR W0,[X1]", "LDP W0,W2,[X1]") == [[]] * 4
    assert tags("LDAR W0,[X1]", "LDAPR W0,[X1]", "STLR W0,[X1]", "LDAPUR W0,[X1]") == [["A"], ["Q"], ["L"], ["Q"]]
    assert tags("LDAXR W0,[X1]", "STLXR W2,W0,[X1]") == [["A", "EX", "X"], ["EX", "L", "X"]]
    assert tags("SWP W0,W2,[X1]", "SWPAL W0,W2,[X1]") == [["X"], ["X"], ["A", "X"], ["L", "X"]]
    assert tags("STADDL W0,[X1]") == tags("LDADDAL W0,WZR,[X1]") == [["NoRet", "X"], ["L", "X"]]  # no acquire
    assert tags("CASA W0,W2,[X1]", "CASA WZR,W2,[X1]") == [["A", "X"], ["X"], ["NoRet", "X"], ["X"]]
    assert tags("LDAXP W0,W2,[X1]", "STLXP W3,W0,W2,[X1]") == [["A", "EX", "X"]] * 2 + [["EX", "L", "X"]] * 2
    assert tags("CASPL W2,W3,W4,W5,[X1]") == [["X"], ["L", "X"]] * 2
    assert tags("LDIAPP W0,W2,[X1]", "STILP W0,W2,[X1]") == [["Q"], ["Q"], ["L"], ["L"]]
    assert tags("LDLAR W0,[X1]", "STLLR W0,[X1]", "LDLARB W0,[X1]", "STLLRH W0,[X1]") == [["A"], ["L"], ["A"], ["L"]]
    assert tags("DMB ISHLD", "DSB SY", "ISB") == [["DMB.ISHLD"], ["DSB.SY"], ["ISB"]]


@pytest.mark.parametrize(
    ("code", "order"),
    [
        ("STILP W2,W3,[X1]", [0, 4]),
        ("STILP W2,W3,[X1,#-8]!", [-4, -8]),
        ("LDIAPP X1,X2,[X1]", [0, 8]),
    ],
)
def test_the_accesses_of_an_ordered_pair_are_in_order(code: str, order: list[int]) -> None:
    graph = unfold(parse("0:X1=x", code))
    assert [event.addr for event in graph.events if not event.is_init] == [Known(Address("x", at)) for at in order]


@pytest.mark.parametrize(
    ("code", "letter"), [("LDAP X2,X3,[X1]", "A"), ("LDAPP X2,X3,[X1]", "Q"), ("STLP X2,X3,[X1]", "L")]
)
def test_the_accesses_of_a_pair_without_order_are_in_none(code: str, letter: str) -> None:
    graph = unfold(parse("int64_t x[2]; 0:X1=x", code, "LDR X4,[X1]"))
    first, second = 2, 3
    assert [set(graph.events[event].tags) for event in (first, second)] == [{letter}, {letter}]
    assert graph.relations["po"].rows[first] == graph.relations["po"].rows[second] == 1 << 4
    assert graph.events[first].instruction == graph.events[second].instruction


def test_the_parts_of_an_exclusive_pair_are_one_access() -> None:
    """In no order with each other, each with its own reservation."""
    graph = unfold(parse("int x[2]; 0:X1=x", "LDXP W0,W2,[X1]", "STXP W3,W0,W2,[X1]"))
    reads, writes = (2, 3), (4, 5)
    rows = {name: relation.rows for name, relation in graph.relations.items()}
    assert [rows["sm"][event] for event in (*reads, *writes)] == [0b1100, 0b1100, 0b110000, 0b110000]
    assert [rows["rmw"][event] for event in reads] == [1 << 4, 1 << 5]
    assert rows["po"][2] == rows["po"][3] == 1 << 4 | 1 << 5
    assert rows["po"][4] == 0
    assert not any(rows["amo"])


@pytest.mark.parametrize(
    ("code", "results"),
    [
        (["LDXR W0,[X1]", "STXR W2,W3,[X1]"], {0, 1}),
        (["LDXR W0,[X1]", "CLREX", "STXR W2,W3,[X1]"], {1}),
        (["LDXR W0,[X1]", "CBZ W4,.+8", "CLREX #15", "STXR W2,W3,[X1]"], {0, 1}),
        (["LDXR W0,[X1]", "CBNZ W4,.+8", "CLREX", "STXR W2,W3,[X1]"], {1}),
        (["LDXR W5,[X1]", "CBZ W5,.+8", "CLREX", "STXR W2,W3,[X1]"], {0, 1}),
        (["CLREX", "LDXR W0,[X1]", "STXR W2,W3,[X1]"], {0, 1}),
    ],
)
def test_what_is_reserved_is_cleared(code: list[str], results: set[int]) -> None:
    verdict = engine.check(parse("x=0; 0:X1=x; 0:X3=7", *code, question="locations [0:X2;]"))
    assert {value for ((_, value),) in verdict.states} == results


def test_only_flags_that_are_looked_at_are_computed() -> None:
    def dests(*code: str) -> list[str]:
        return [s.dest for s in parse("", *code).threads[0].body if isinstance(s, Assign)]

    assert dests("SUBS W0,W1,W2") == ["X0"]
    assert dests("SUBS W0,W1,W2", "CSET W3,EQ") == ["Z", "X0", "X3"]
    assert dests("ADDS W0,W1,W2", "B.GE L", "L: NOP") == ["N", "V", "X0"]


def test_a_branch_depends_on_what_was_compared_and_on_nothing_else() -> None:
    code = ["LDR W2,[X1]", "LDR W3,[X4]", "CMP W3,#1", "B.EQ L", "L: STR W5,[X6]"]
    test = parse("0:X1=x; 0:X4=y; 0:X6=z", *code, question="exists (x=0)")
    (branch,) = [s for s in test.threads[0].body if isinstance(s, Branch)]
    assert test.threads[0].rows[test.threads[0].row_of[test.threads[0].body.index(branch)]] == "B.EQ L"
    # LB: the store after the branch is held back by the load that is compared, not by the other
    text = (
        "AArch64 LB\n{{ 0:X1=x; 0:X3=y; 0:X7=w; 1:X1=x; 1:X3=y; }}\n"
        "P0|P1;\nLDR W0,[X1]|LDR W0,[X3];\nLDR W2,[X7]|DMB SY;\nCMP {},#5|MOV W4,#1;\nB.EQ L|STR W4,[X1];\n"
        "L: MOV W4,#1|;\nSTR W4,[X3]|;\nexists (0:X0=1 /\\ 1:X0=1)"
    )
    for register, allowed in (("W0", False), ("W2", True)):
        assert engine.check(parse_test(Source("t", text.format(register)))).allowed == allowed


def test_a_shorter_word_is_no_different() -> None:
    """A test with words of 32 bits has the states that it has with 64."""
    text = (
        "AArch64 t\n{{ {} 0:X1=x; 1:X1=x; x=-1; }}\nP0|P1;\nLDR W0,[X1]|LDADD W2,W0,[X1];\n"
        "CMP W0,#3|LSR W3,W0,#4;\nCSEL W2,W0,WZR,LO|ASR W4,W0,#4;\nSTR W2,[X1]|EOR W3,W3,W4;\n"
        "locations [x; 0:X0; 1:X0; 1:X3; 1:X4;]"
    )
    narrow, wide = (parse_test(Source("t", text.format(more))) for more in ("", "int64_t 1:X9;"))
    assert [test.threads[0].word_bits for test in (narrow, wide)] == [32, 64]
    assert len({frozenset(state_lines(engine.check(test))) for test in (narrow, wide)}) == 1


# --- names -----------------------------------------------------------------------------------------------------------


def test_registers() -> None:
    register = dialect_for("AArch64").register
    for names in ("X0 x0 W0 w0", "x29 W29", "X30 LR lr w30", "SP sp", "XZR WZR wzr"):
        assert len({register(name) for name in names.split()} - {None}) == 1
    assert [register(name) for name in ("X31", "W31", "x", "Q0", "V1", "")] == [None] * 6


def test_symbolic_registers_leave_those_that_are_named() -> None:
    test = parse("0:X0=7; 0:W1=8", "MOV W%a,#1", "MOV X%b,#2", "MOV W2,#3", question="exists (0:%a=0)")
    assert test.threads[0].rows == ("MOV W3,#1", "MOV X4,#2", "MOV W2,#3")


def test_other_names_of_instructions() -> None:
    """Names that mean the same are one instruction in listings and in the hash, as herd7 has it."""
    code = "subs wzr,w1,#1; ands XZR,X1,X2; csinc w0,wzr,wzr,ne; orn w0,wzr,w1; neg w0,w1; b.lo L; L: rev64 x0,x1"
    rows = parse("", *code.split("; ")).threads[0].rows
    assert rows == (
        *("CMP W1,#1", "TST X1,X2", "CSET W0,EQ", "MVN W0,W1", "SUB W0,WZR,W1"),
        *("B.CC L", "L:", "REV X0,X1"),
    )


AFTER_VECTORS = "NONE=EQ ANY=NE NLAST=CS LAST=CC FIRST=MI NFRST=PL NFIRST=PL PMORE=HI PLAST=LS TCONT=GE TSTOP=LT"


@pytest.mark.parametrize("names", AFTER_VECTORS.split())
def test_conditions_after_vectors(names: str) -> None:
    """Section C1.2.4; NFIRST is how herd7 spells NFRST."""
    other, name = names.split("=")
    assert parse("", f"b.{other.lower()} L", "L:").threads[0].rows == (f"B.{name} L", "L:")


@pytest.mark.parametrize(
    ("code", "hashed"),
    [
        ("CSET W3,LT", "bb31794dbf8eb313f408d3417db9be5e"),
        ("CSINC W3,WZR,WZR,GE", "bb31794dbf8eb313f408d3417db9be5e"),
        ("CINC W3,W2,GE", "89925b537ee278667d7937b9c32bab9e"),
    ],
)
def test_the_hash_has_the_condition_that_herd7_prints(code: str, hashed: str) -> None:
    """As herd7 7.58 computed it: it takes the opposite of GE for GT, and these are printed by opposites."""
    assert parse("", code, question="forall (0:X3=0)").hash == hashed


# --- errors ----------------------------------------------------------------------------------------------------------

ERRORS = [
    ("LDX W0,[X1]", "4:1", "unknown mnemonic 'LDX' in dialect AArch64", "did you mean"),
    ("LDG X0,[X1]", "4:1", "'LDG' is not supported", "memory tags are not"),
    ("TLBI VAE1IS,X1", "4:1", "'TLBI' is not supported", "system instructions are not"),
    ("SWPPAL X0,XZR,[X2]", "4:11", "expected an X register other than XZR, found 'XZR'", "SWPPAL Xt,Xu"),
    ("LDCLRP X0,X0,[X2]", "4:11", "LDCLRP cannot load one register twice", None),
    ("LDAP W0,W1,[X2]", "4:6", "expected an X register, found 'W0'", "LDAP Xt,Xu,[Xn]"),
    ("STLP X0,X1,[X2,#16]", "4:12", "expected a register in brackets, without an offset", None),
    ("LDAPR X0,[X2],#4", "4:10", "expected a step by 8, after the access, found '[X2]'", None),
    ("STLR W0,[X2,#4]!", "4:9", "expected a step by -4, before the access, found", None),
    ("STLR W0,[X2],#4", "4:1", "'STLR' takes 2 operands, not 3", "STLR Rt,[Xn{,#number}]"),
    ("RCWSETP X0,X1,[X2]", "4:1", "'RCWSETP' is not supported", "checks of page tables are not"),
    ("LDXP X0,X0,[X2]", "4:9", "LDXP cannot load one register twice", None),
    ("STXP W0,X1,X0,[X2]", "4:6", "STXP cannot use its status register otherwise", None),
    ("CASPAL X1,X2,X4,X5,[X6]", "4:11", "expected the register that follows an even one", "CASPAL Rs,Rs"),
    ("CASP W0,W1,W2,W5,[X6]", "4:15", "expected the register that follows an even one", "CASP Rs,Rs"),
    ("LD1 {V0.B}[0],[X1]", "4:1", "'LD1' is not supported", "vectors are not"),
    ("BRAAZ X1", "4:1", "'BRAAZ' is not supported", "pointer authentication is not"),
    ("CRC32B X0,W1,W2", "4:8", "expected a W register, found 'X0'", "CRC32B Wd,Wn,Wm"),
    ("CRC32CX W0,W1,W2", "4:15", "expected an X register, found 'W2'", "CRC32CX Wd,Wn,Xm"),
    ("BFM W0,W1,#1,#32", "4:14", "'#32' is not a number from 0 to 31", "BFM Rd,Rn,#first,#last"),
    ("UMAX W0,W1,#-1", "4:12", "'#-1' is not a number from 0 to 255", None),
    ("CLREX #16", "4:7", "'#16' is not a number from 0 to 15", None),
    ("HINT #128", "4:6", "'#128' is not a number from 0 to 127", None),
    *[
        (f"{name} X0,SP", f"4:{len(name) + 5}", "expected a register other than SP, found 'SP'", f"{name} ")
        for name in ("CNT", "CTZ", "ABS", "CLZ", "CLS", "RBIT", "REV", "REV16", "REV32", "REV64", "NEG", "NGC", "MVN")
    ],
    *[
        (f"{name} X0,X1,SP", f"4:{len(name) + 8}", "expected a register other than SP, found 'SP'", f"{name} ")
        for name in ("ADD", "SUBS", "ADC", "MUL", "UDIV", "AND", "LSL", "SMAX")
    ],
    ("CMP X1,SP", "4:8", "expected a register other than SP, found 'SP'", "CMP Rn"),
    ("ADDS SP,X1,#4", "4:6", "expected a register other than SP, found 'SP'", "ADDS Rd"),
    ("ANDS SP,X1,#4", "4:6", "expected a register other than SP, found 'SP'", "ANDS Rd"),
    ("EOR SP,X1,X2", "4:5", "expected a register other than SP, found 'SP'", "EOR Rd"),
    ("ADD X0,SP,X1,LSL #5", "4:14", "'5' is not a number from 0 to 4", None),
    ("ADD X0,SP,X1,ASR #2", "4:14", "expected one of LSL, UXTB", None),
    ("MOV SP,XZR", "4:8", "expected a register other than XZR, which is SP", "MOV Rd"),
    ("CSEL X0,X1,SP,EQ", "4:12", "expected a register other than SP, found 'SP'", "CSEL Rd"),
    ("LDR SP,[X1]", "4:5", "expected a register other than SP, found 'SP'", "LDR Rt"),
    ("CBZ SP,L;L:", "4:5", "expected a register other than SP, found 'SP'", "CBZ Rt"),
    ("BAL L;L:", "4:1", "unknown mnemonic 'BAL'", None),
    ("BTI x", "4:5", "expected one of c, j, jc, found 'x'", None),
    ("LDLAR W0,[X1],#4", "4:1", "'LDLAR' takes 2 operands, not 3", None),
    ("STLLR W0,[X1,#-4]!", "4:10", "expected a register in brackets, without an offset", None),
    ("MRS X0,ELR_EL1", "4:8", "system registers but NZCV are not supported", None),
    ("MSR FPCR,X0", "4:5", "system registers but NZCV are not supported", None),
    ("PRFM PLDL1KEEP,X0", "4:16", "expected an address in brackets", None),
    ("ADD V0.4S,V1.4S,V2.4S", "4:5", "vector registers are not supported", None),
    ("LDR Q0,[X1]", "4:5", "vector registers are not supported", None),
    ("MOV V0.B[1],W3", "4:5", "vector registers are not supported", None),
    ("/", "4:1", "expected an instruction", None),
    ("NOP X0", "4:1", "'NOP' takes 0 operands, not 1", None),
    ("MOV W0", "4:1", "'MOV' takes 2 operands, not 1", "MOV Rd,#number|Rm"),
    ("ADD W0,W1", "4:1", "'ADD' takes 3 or 4 operands, not 2", "ADD Rd,Rn,#number|Rm{,shift}"),
    ("ADD W0,W1,X2", "4:11", "expected a W register, found 'X2'", None),
    ("ADD X0,X1,W2,SXTX #3", "4:11", "expected an X register, found 'W2'", None),
    ("ADD X0,X1,W2", "4:11", "expected an X register, found 'W2'", None),
    ("ADD W0,X1,W2", "4:8", "expected a W register, found 'X1'", None),
    ("ADD W0,W1,W2,ROR #1", "4:14", "expected one of LSL, LSR, ASR, found 'ROR #1'", None),
    ("ADD W0,W1,W2,LSL #32", "4:14", "'32' is not a number from 0 to 31", None),
    ("ADD W0,W1,W2,LSL", "4:14", "expected a number after LSL, found 'LSL'", None),
    ("ADD X0,X1,W2,SXTW #5", "4:14", "'5' is not a number from 0 to 4", None),
    ("ADD W0,W31,W2", "4:8", "no register 'W31'", "did you mean"),
    ("ADD W0,,W2", "4:8", "expected a register", None),
    ("ADD W0,W1,#99999999999999999999", "4:11", "'#99999999999999999999' is not a number of at most 64 bits", None),
    ("LSL W0,W1,#32", "4:11", "'#32' is not a number from 0 to 31", None),
    ("LSL X0,X1,W2", "4:11", "expected a register as wide as the others", None),
    ("MOVZ W0,#1,LSL #8", "4:12", "expected a shift by 0, 16, 32 or 48", None),
    ("MOVZ W0,#65536", "4:9", "'#65536' is not a number from 0 to 65535", None),
    ("UBFX W0,W1,#30,#3", "4:16", "'#3' is not a number from 1 to 2", None),
    ("CSEL W0,W1,W2,ZZ", "4:15", "expected a condition such as EQ, found 'ZZ'", None),
    ("CINC W0,W1,AL", "4:12", "expected a condition such as EQ, found 'AL'", None),
    ("B.EQ 1", "4:6", "'1' is not a label", None),
    ("B.XX L", "4:1", "unknown mnemonic 'B.XX'", None),
    ("CBNZ W0,L", "4:9", "thread P0 has no label 'L'", None),
    ("CBNZ W0,.-8", "4:1", "this jump leads out of thread P0", None),
    ("NOP;B .+8", "4:5", "this jump leads out of thread P0", None),
    ("B .+6", "4:3", "a distance is a multiple of 4", None),
    ("ADR X0,.+8", "4:8", "jumps by a distance are not supported", "name a label"),
    ("TBZ W0,#32,L;L:", "4:8", "'#32' is not a number from 0 to 31", None),
    ("RET W1", "4:5", "expected an X register, found 'W1'", None),
    ("LDR W0,X1", "4:8", "expected an address in brackets, found 'X1'", None),
    ("LDR W0,[]", "4:8", "expected an address in brackets, found '[]'", None),
    ("LDR W0,[X1", "4:8", "expected an address in brackets", None),
    ("LDR W0,[W1]", "4:9", "expected an X register, found 'W1'", None),
    ("LDR W0,[X1,W2]", "4:12", "a W register in an address needs SXTW or UXTW", None),
    ("LDR W0,[X1,W2,LSL #2]", "4:12", "expected an X register, found 'W2'", None),
    ("LDR W0,[X1,X2]!", "4:8", "expected a number before '!'", None),
    ("LDR W0,[X1]!", "4:8", "expected an offset before '!'", None),
    ("LDR W0,[X1,#4],#4", "4:16", "expected the end of the instruction, found '#4'", None),
    ("LDR X1,[X1],#8", "4:1", "LDR cannot load the register that it updates", None),
    ("LDP W0,W0,[X1]", "4:8", "LDP cannot load one register twice", None),
    ("LDRB X0,[X1]", "4:6", "expected a W register, found 'X0'", None),
    ("LDRSW W0,[X1]", "4:7", "expected an X register, found 'W0'", None),
    ("LDAR W0,[X1,#4]", "4:9", "expected a register in brackets, without an offset", None),
    ("STXR X0,W1,[X2]", "4:6", "expected a W register, found 'X0'", None),
    ("STXR W1,W1,[X2]", "4:6", "STXR cannot use its status register otherwise", None),
    ("DMB XX", "4:5", "expected one of SY, LD, ST, ISH", None),
    ("ISB 1", "4:5", "expected SY or nothing, found '1'", None),
    ("LDR W0,[X1] X2", "4:8", "expected an address in brackets, found '[X1] X2'", None),
]


@pytest.mark.parametrize(("code", "place", "message", "hint"), ERRORS, ids=[code for code, *_ in ERRORS])
def test_error(code: str, place: str, message: str, hint: str | None) -> None:
    alone.refuses(code, place, message, hint)


def test_what_is_refused_is_not_read() -> None:
    from litmus.dialects.aarch64 import instructions

    assert [name for name in instructions() if any(re.fullmatch(pattern, name) for pattern, _ in REFUSED)] == []


# --- accesses of different sizes -------------------------------------------------------------------------------------

SIZES = [
    ("0:X1=p; p=x; 0:X2=x", ["LDR X3,[X1]", "LDR W4,[X3]", "STRB W0,[X1]"], "2:11", "accesses to 'p' overlap in part"),
    ("0:X1=x; 0:X2=y", ["STR X2,[X1]", "LDR W4,[X1]"], "4:1", "accesses to 'x' overlap in part, and an address that"),
]


@pytest.mark.parametrize(("init", "code", "place", "message"), SIZES)
def test_accesses_that_have_no_parts_are_refused(init: str, code: list[str], place: str, message: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        parse(init, ";\n".join(code))
    assert str(caught.value.span) == f"t.litmus:{place}"
    assert caught.value.message.startswith(message)


FINE = [
    ("0:X1=p; p=x; 0:X2=x", ["LDR X3,[X1]", "LDR W4,[X3]", "STR W0,[X2]"]),
    ("0:X1=p; p=x; 0:X2=p", ["LDR X3,[X1]", "ADD X3,X3,#4", "LDR W4,[X3]", "STR X3,[X2]"]),
    ("0:X1=x; 0:X2=y; 0:X6=z", ["CMP W0,#1", "CSEL X3,X1,X2,EQ", "LDR W4,[X3]", "STR X5,[X6]"]),
    (
        "0:X1=t; int64_t t[4]; 0:X2=y",
        ["MOV X5,#0", "again: ADD X1,X1,#8", "STR X5,[X1]", "LDR W3,[X2]", "CBNZ W3,again"],
    ),
]


@pytest.mark.parametrize(("init", "code"), FINE)
def test_accesses_of_different_sizes_to_different_places_have_no_parts(init: str, code: list[str]) -> None:
    test = parse(init, *code)
    assert test.locations
    assert not test.composites


def test_a_lock_that_is_tried_again_loses_no_outcome() -> None:
    """What a CAS that fails writes back is no reason to say that the answer is bounded."""
    taken = "L: MOV W3,#1 ; MOV W4,#0 ; CASA W4,W3,[X0] ; CBNZ W4,L"
    first, second = (
        [*taken.split(" ; "), *rest.split(" ; "), "STLR WZR,[X0]"]
        for rest in ("STR W3,[X1] ; STR W3,[X2]", "LDR W5,[X2] ; LDR W6,[X1]")
    )
    rows = "".join(f" {one} | {other} ;\n" for one, other in zip(first, second, strict=True))
    init = " ".join(f"{thread}:X{k}={place};" for thread in (0, 1) for k, place in enumerate("lxy"))
    test = litmus.parse(f"AArch64 t\n{{ {init} }}\n P0 | P1 ;\n{rows}exists (1:X5=1 /\\ 1:X6=0)\n")
    assert litmus.check(test).answer is litmus.Answer.FORBIDDEN


@pytest.mark.parametrize("instruction", ["CAS", "CASA", "CASL", "CASAL"])
def test_what_a_cas_writes_back_in_a_loop_brings_no_outcome(instruction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rule that it writes nothing back there, the states are the same, though the answer is bounded."""
    first = ["MOV W3,#1", "L: MOV W4,#0", f"{instruction} W4,W3,[X0]", "CBNZ W4,L", "STR W3,[X1]", "STR WZR,[X0]"]
    second = ["MOV W3,#2", "LDR W5,[X1]", "MOV W4,#0", f"{instruction} W4,W3,[X0]", "LDR W6,[X0]", ""]
    rows = "".join(f" {one} | {other} ;\n" for one, other in zip(first, second, strict=True))
    init = " ".join(f"{thread}:X{k}={place};" for thread in (0, 1) for k, place in enumerate("lx"))
    observed = "locations [l; x; 1:X4; 1:X5; 1:X6;]\nexists (0:X4=1)\n"
    text = f"AArch64 t\n{{ {init} }}\n P0 | P1 ;\n{rows}{observed}"
    ours = litmus.check(litmus.parse(text))
    made = Statements.__init__
    monkeypatch.setattr(
        Statements, "__init__", lambda self, thread, record, labels, _: made(self, thread, record, labels, ())
    )
    every = litmus.check(litmus.parse(text))
    assert every.status is litmus.Status.BOUND
    assert set(every.states) == set(ours.states)
    assert len(ours.states) > 4


COUNTS = [
    ("0:X1=x; x=5", ["CAS W0,W2,[X1]"], 2),
    ("0:X1=x; x=0", ["CAS W0,W2,[X1]"], 2),
    ("0:X1=x; int x[2]={5,0}", ["CASP W4,W5,W6,W7,[X1]"], 2),
    ("0:X1=x; 0:X3=y; x=5; y=0", ["CAS W0,W2,[X1]", "CAS W4,W2,[X3]"], 4),
]


@pytest.mark.parametrize(("init", "code", "count"), COUNTS)
def test_a_cas_has_two_executions(init: str, code: list[str], count: int) -> None:
    """If it fails, one with a write and one without; otherwise what it returns is what it read, or compared with."""
    verdict = litmus.check(parse(init, *code), executions=True)
    assert (verdict.positive + verdict.negative) == count
