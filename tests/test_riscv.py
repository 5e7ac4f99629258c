"""RISC-V assembly: what instructions compute, the events they make, and errors with their places."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.alone import Alone
from oracles.effort import examples
from oracles.shared import engine

from litmus.base.source import Source
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.ir.options import Options
from litmus.ir.thread import Branch, Const, Fence, Load, Op, Reg, Rmw, Store, StoreConditional
from litmus.ir.values import wrap

alone = Alone("RISCV")
parse, final = alone.parse, alone.final


WORDS = st.sampled_from([0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1)
MASK, LOW = 2**64 - 1, 2**32 - 1


def divided(a: int, b: int) -> int:
    """Towards 0; all bits are 1 if the divisor is 0."""
    if b == 0:
        return -1
    found = abs(a) // abs(b)
    return found if (a < 0) == (b < 0) else -found


def rotated(a: int, by: int, width: int) -> int:
    """The low bits of a number, rotated to the left."""
    bits = f"{a & (1 << width) - 1:0{width}b}"
    by %= width
    return int(bits[by:] + bits[:by], 2)


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "slt": lambda a, b: a < b,
    "sltu": lambda a, b: (a & MASK) < (b & MASK),
    "sll": lambda a, b: a << (b & 63),
    "srl": lambda a, b: (a & MASK) >> (b & 63),
    "sra": lambda a, b: a >> (b & 63),
    "addw": lambda a, b: wrap(a + b, 32),
    "subw": lambda a, b: wrap(a - b, 32),
    "sllw": lambda a, b: wrap(a << (b & 31), 32),
    "srlw": lambda a, b: wrap((a & LOW) >> (b & 31), 32),
    "sraw": lambda a, b: wrap(a, 32) >> (b & 31),
    "mul": lambda a, b: a * b,
    "mulw": lambda a, b: wrap(a * b, 32),
    "andn": lambda a, b: a & ~b,
    "orn": lambda a, b: a | ~b,
    "xnor": lambda a, b: ~(a ^ b),
    "div": lambda a, b: divided(a, b),
    "divu": lambda a, b: divided(a & MASK, b & MASK),
    "rem": lambda a, b: a - divided(a, b) * b,
    "remu": lambda a, b: (a & MASK) - divided(a & MASK, b & MASK) * (b & MASK),
    "divw": lambda a, b: wrap(divided(wrap(a, 32), wrap(b, 32)), 32),
    "divuw": lambda a, b: wrap(divided(a & LOW, b & LOW), 32),
    "remw": lambda a, b: wrap(wrap(a, 32) - divided(wrap(a, 32), wrap(b, 32)) * wrap(b, 32), 32),
    "remuw": lambda a, b: wrap((a & LOW) - divided(a & LOW, b & LOW) * (b & LOW), 32),
    "max": max,
    "min": min,
    "maxu": lambda a, b: max(a & MASK, b & MASK),
    "minu": lambda a, b: min(a & MASK, b & MASK),
    "mulh": lambda a, b: a * b >> 64,
    "mulhu": lambda a, b: (a & MASK) * (b & MASK) >> 64,
    "mulhsu": lambda a, b: a * (b & MASK) >> 64,
    "rol": lambda a, b: rotated(a, b, 64),
    "ror": lambda a, b: rotated(a, -b, 64),
    "rolw": lambda a, b: wrap(rotated(a, b, 32), 32),
    "rorw": lambda a, b: wrap(rotated(a, -b, 32), 32),
    "sh1add": lambda a, b: 2 * a + b,
    "sh2add": lambda a, b: 4 * a + b,
    "sh3add": lambda a, b: 8 * a + b,
    "sh1add.uw": lambda a, b: 2 * (a & LOW) + b,
    "sh2add.uw": lambda a, b: 4 * (a & LOW) + b,
    "sh3add.uw": lambda a, b: 8 * (a & LOW) + b,
    "add.uw": lambda a, b: (a & LOW) + b,
    "bset": lambda a, b: a | 1 << (b & 63),
    "bclr": lambda a, b: a & ~(1 << (b & 63)),
    "binv": lambda a, b: a ^ 1 << (b & 63),
    "bext": lambda a, b: a >> (b & 63) & 1,
    "czero.eqz": lambda a, b: a if b else 0,
    "czero.nez": lambda a, b: 0 if b else a,
}
IMMEDIATE = {"sltiu": "sltu", "addiw": "addw", "slliw": "sllw", "srliw": "srlw", "sraiw": "sraw"}
IMMEDIATE |= {f"{name}i": name for name in ("add", "and", "or", "xor", "slt", "sll", "srl", "sra")}
IMMEDIATE |= {f"{name}i": name for name in ("ror", "bset", "bclr", "binv", "bext")} | {"roriw": "rorw"}
UNARY: dict[str, Callable[[int], int]] = {
    "mv": lambda a: a,
    "not": lambda a: ~a,
    "neg": lambda a: -a,
    "negw": lambda a: wrap(-a, 32),
    "seqz": lambda a: a == 0,
    "snez": lambda a: a != 0,
    "sltz": lambda a: a < 0,
    "sgtz": lambda a: a > 0,
    "sext.b": lambda a: wrap(a, 8),
    "sext.h": lambda a: wrap(a, 16),
    "sext.w": lambda a: wrap(a, 32),
    "zext.b": lambda a: a & 0xFF,
    "zext.h": lambda a: a & 0xFFFF,
    "zext.w": lambda a: a & LOW,
    "clz": lambda a: 64 - (a & MASK).bit_length(),
    "clzw": lambda a: 32 - (a & LOW).bit_length(),
    "ctz": lambda a: len(f"{a & MASK:064b}") - len(f"{a & MASK:064b}".rstrip("0")),
    "ctzw": lambda a: len(f"{a & LOW:032b}") - len(f"{a & LOW:032b}".rstrip("0")),
    "cpop": lambda a: (a & MASK).bit_count(),
    "cpopw": lambda a: (a & LOW).bit_count(),
    "rev8": lambda a: int.from_bytes((a & MASK).to_bytes(8), byteorder="little"),
    "orc.b": lambda a: int.from_bytes(bytes(0xFF if byte else 0 for byte in (a & MASK).to_bytes(8))),
}
RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "ltu": lambda a, b: (a & MASK) < (b & MASK),
    "geu": lambda a, b: (a & MASK) >= (b & MASK),
    "gtu": lambda a, b: (a & MASK) > (b & MASK),
    "leu": lambda a, b: (a & MASK) <= (b & MASK),
}
UPDATES: dict[str, Callable[[int, int, int], int]] = {  # of signed numbers, and the bits of an access
    "swap": lambda a, b, mask: b,
    "add": lambda a, b, mask: a + b,
    "and": lambda a, b, mask: a & b,
    "or": lambda a, b, mask: a | b,
    "xor": lambda a, b, mask: a ^ b,
    "max": lambda a, b, mask: max(a, b),
    "min": lambda a, b, mask: min(a, b),
    "maxu": lambda a, b, mask: max(a & mask, b & mask),
    "minu": lambda a, b, mask: min(a & mask, b & mask),
}


@pytest.mark.slow
@examples(100)
@given(st.sampled_from(sorted(OPERATIONS)), WORDS, WORDS)
def test_arithmetic(name: str, a: int, b: int) -> None:
    found = final("0:a2", f"0:a0={a}; 0:a1={b}", f"{name} a2,a0,a1")
    assert found == wrap(int(OPERATIONS[name](a, b)), 64)


@examples(60)
@given(st.sampled_from(sorted(IMMEDIATE)), WORDS, st.integers(-2048, 2047))
def test_immediate_arithmetic(name: str, a: int, b: int) -> None:
    assert final("0:a2", f"0:a0={a}", f"{name} a2,a0,{b}") == wrap(int(OPERATIONS[IMMEDIATE[name]](a, b)), 64)


@examples(40)
@given(st.sampled_from(sorted(UNARY)), WORDS)
def test_instructions_of_one_operand(name: str, a: int) -> None:
    assert final("0:a1", f"0:a0={a}", f"{name} a1,a0") == wrap(int(UNARY[name](a)), 64)


@examples(60)
@given(st.sampled_from(sorted(RELATIONS)), WORDS, WORDS)
def test_branches(name: str, a: int, b: int) -> None:
    code = ["li a2,1", f"b{name} a0,a1,L", "li a2,0", "L: nop"]
    assert final("0:a2", f"0:a0={a}; 0:a1={b}", *code) == RELATIONS[name](a, b)
    if name in ("eq", "ne", "lt", "ge", "gt", "le"):
        code[1] = f"b{name}z a0,L"
        assert final("0:a2", f"0:a0={a}", *code) == RELATIONS[name](a, 0)


@examples(80)
@given(st.sampled_from(sorted(UPDATES)), st.sampled_from("bhwd"), WORDS, WORDS)
def test_atomic_instructions(name: str, letter: str, a: int, b: int) -> None:
    bits = {"b": 8, "h": 16, "w": 32, "d": 64}[letter]
    a, operand = wrap(a, bits), wrap(b, bits)
    init = f"int{bits}_t x={a}; 0:s0=x; 0:a0={b}"
    expected = wrap(UPDATES[name](a, operand, (1 << bits) - 1), bits)
    assert final("0:a1", init, f"amo{name}.{letter} a1,a0,(s0)") == a
    assert final("x", init, f"amo{name}.{letter} a1,a0,(s0)") == expected
    # whatever the register is that takes the old value
    assert final("x", init, f"amo{name}.{letter} zero,a0,(s0)") == expected
    assert final("x", init, f"amo{name}.{letter} a0,a0,(s0)") == expected
    assert final("x", init, f"amo{name}.{letter} s0,a0,(s0)") == expected


COMPARED = [
    ("amocas.w a0,a1,(s0)", "int x=5; 0:a0=5; 0:a1=7", ("x", 7), ("0:a0", 5)),
    ("amocas.w a0,a1,(s0)", "int x=-5; 0:a0=6; 0:a1=7", ("x", -5), ("0:a0", -5)),
    # only as many bits as the access has
    ("amocas.b.aqrl a0,a1,(s0)", "int8_t x=-1; 0:a0=0x1ff; 0:a1=0x180", ("x", -128), ("0:a0", -1)),
    ("amocas.h a0,a0,(s0)", "int16_t x=3; 0:a0=3", ("x", 3), ("0:a0", 3)),
    ("amocas.d.rl s0,a1,(s0)", "int64_t x=0; 0:a1=9", ("x", 0), ("0:s0", 0)),
    ("amocas.d zero,a1,(s0)", "int64_t x=0; 0:a1=9", ("x", 9), ("0:a1", 9)),
    ("amocas.d a0,zero,(s0)", "int64_t x=4; 0:a0=4", ("x", 0), ("0:a0", 4)),
    ("amocas.q a0,a2,(s0)", "int64_t x[2]={1,2}; 0:a0=1; 0:a1=2; 0:a2=3; 0:a3=4", ("x[1]", 4), ("0:a1", 2)),
    ("amocas.q a0,a2,(s0)", "int64_t x[2]={1,2}; 0:a0=1; 0:a1=5; 0:a2=3; 0:a3=4", ("x[0]", 1), ("0:a1", 2)),
    ("amocas.q zero,zero,(s0)", "int64_t x[2]={0,2}", ("x[1]", 2), ("0:ra", 0)),
    ("amocas.q.aq zero,a2,(s0)", "int64_t x[2]; 0:a2=3; 0:a3=4", ("x[1]", 4), ("0:ra", 0)),
]


@pytest.mark.parametrize(("code", "init", "memory", "register"), COMPARED)
def test_compare_and_swap(code: str, init: str, memory: tuple[str, int], register: tuple[str, int]) -> None:
    for what, expected in (memory, register):
        assert final(what, f"{init}; 0:s0=x", code) == expected


def test_a_compare_and_swap_that_fails_is_no_release() -> None:
    """P1 sees what the update of P0 writes, or what there was, and then P0's store before it or not."""
    for found, allowed in ((0, False), (1, True)):
        code = "li a1,1 | ld a0,(s1);\nsd a1,(s0) | fence r,r;\namocas.d.rl a2,a1,(s1) | ld a1,(s0)"
        init = f"int64_t x; int64_t y={found}; 0:s0=x; 0:s1=y; 1:s0=x; 1:s1=y"
        text = f"RISCV t\n{{ {init} }}\nP0 | P1;\n{code};\nexists (1:a0=1 /\\ 1:a1=0)"
        assert engine.check(parse_test(Source("t", text))).ok is allowed


def test_a_compare_and_swap_depends_on_what_it_compares_with() -> None:
    code = "ld a0,(s0) | ld a0,(s1);\nli a3,1 | fence rw,rw;\nxor a2,a0,a0 | li a1,1;\n{} a2,a3,(s1) | sd a1,(s0)"
    init = "int64_t x; int64_t y; 0:s0=x; 0:s1=y; 1:s0=x; 1:s1=y"
    for name, allowed in (("amocas.d", False), ("amoswap.d", True)):
        program = code.format(name)
        text = f"RISCV t\n{{ {init} }}\nP0 | P1;\n{program};\nexists (0:a0=1 /\\ 1:a0=1)"
        assert engine.check(parse_test(Source("t", text))).ok is allowed


RUNS = [
    ("0:a0", "", ["li a0,-4294967297"], -4294967297),
    ("0:a0", "", ["lui a0,0x12345", "addi a0,a0,0x678"], 0x12345678),
    ("0:a0", "", ["lui a0,0x80000"], -(2**31)),
    ("0:a0", "", ["lui a0,-1"], -4096),
    ("0:a0", "0:a0=5", ["li zero,7", "mv a0,x0"], 0),
    ("0:a0", "0:zero=9", ["add a0,zero,zero"], 0),
    ("0:a0", "uint8_t x=200; 0:s0=x", ["lb a0,0(s0)"], -56),
    ("0:a0", "uint8_t x=200; 0:s0=x", ["lbu a0,(s0)"], 200),
    ("0:a0", "int16_t x=-2; 0:s0=x", ["lhu a0,(s0)"], 65534),
    ("0:a0", "x=-2; 0:s0=x", ["lwu a0,(s0)"], 2**32 - 2),
    ("0:a0", "0:s0=x; 0:t0=0x1ff", ["sb t0,(s0)", "lb a0,(s0)"], -1),
    ("0:a0", "0:s0=x; 0:t0=0x123456789", ["sw t0,(s0)", "lw a0,(s0)"], 0x23456789),
    ("0:a0", "0:a0=1", ["ret", "li a0,2"], 1),
    ("0:a0", "0:a0=-1", ["slli.uw a0,a0,4"], (2**32 - 1) << 4),
    ("x", "x=3; 0:s0=x; 0:a0=3; 0:a1=4", ["amocas.w a0,a1,(s0)"], 4),
    ("x", "x=3; 0:s0=x; 0:a0=2; 0:a1=4", ["amocas.w a0,a1,(s0)"], 3),
    ("0:a0", "x=3; 0:s0=x; 0:a0=2; 0:a1=4", ["amocas.w a0,a1,(s0)"], 3),
    ("0:a0", "uint8_t x=0xff; 0:s0=x; 0:a0=0x1ff; 0:a1=4", ["amocas.b a0,a1,(s0)"], -1),
    ("x", "uint16_t x=0xffff; 0:s0=x; 0:a0=-1; 0:a1=0x10004", ["amocas.h a0,a1,(s0)"], 4),
    ("x", "int64_t x=0; 0:s0=x; 0:a1=4", ["amocas.d zero,a1,(s0)"], 4),
    ("x", "int64_t x=5; 0:s0=x; 0:a0=5", ["amocas.d a0,a0,(s0)"], 5),
    ("0:a1", "int64_t x[2]={1,2}; 0:s0=x; 0:a0=1; 0:a1=3; 0:a2=7", ["amocas.q a0,a2,(s0)"], 2),
    ("0:a4", "int64_t x[2]={1,2}; 0:s0=x; 0:a0=1; 0:a1=3; 0:a2=7", ["amocas.q a0,a2,(s0)", "ld a4,(s0)"], 1),
    ("0:a4", "int64_t x[2]={1,2}; 0:s0=x; 0:a0=1; 0:a1=2; 0:a2=7", ["amocas.q a0,a2,(s0)", "ld a4,(s0)"], 7),
    ("0:a4", "int64_t x[2]={1,2}; 0:s0=x; 0:a0=1; 0:a1=2; 0:a3=8", ["amocas.q a0,a2,(s0)", "ld a4,8(s0)"], 8),
    ("0:a4", "int64_t x[2]; 0:s0=x; 0:ra=5; 0:a3=8", ["amocas.q zero,a2,(s0)", "ld a4,8(s0)"], 8),
]


@pytest.mark.parametrize(("what", "init", "code", "expected"), RUNS)
def test_run(what: str, init: str, code: list[str], expected: int) -> None:
    assert final(what, init, *code) == wrap(expected, 64)


def test_a_conditional_store_succeeds_with_0_and_fails_with_1() -> None:
    question = "locations [0:a0; 0:a1; x;]"
    verdict = engine.check(
        parse("0:s0=x; 0:t0=3", "lr.w zero,(s0)", "sc.w a0,t0,(s0)", "sc.w a1,t0,(s0)", question=question)
    )
    assert [[value for _, value in state] for state in verdict.states] == [[0, 1, 3], [1, 1, 0]]


def test_events() -> None:
    names = ("lw", "lw.aq", "lw.aqrl", "lw.aq.rl", "sw", "sw.rl", "sw.aqrl")
    accesses = "; ".join(f"{name} a0,(s0)" for name in names)
    reserved = "; ".join(f"lr.w{order} a0,(s0); sc.w{order} a0,a1,(s0)" for order in ("", ".aq", ".rl", ".aq.rl"))
    (thread,) = parse("0:s0=x", *accesses.split("; "), *reserved.split("; ")).threads
    tags = [" ".join(sorted(s.tags)) for s in thread.body if isinstance(s, Load | Store | StoreConditional)]
    assert tags[:7] == ["", "Acq", "AcqRel", "AcqRel", "", "Rel", "AcqRel"]
    assert tags[7:] == ["EX X", "EX X", "Acq EX X", "EX X", "EX X", "EX Rel X", "AcqRel EX X", "AcqRel EX X"]
    assert [s.reserve for s in thread.body if isinstance(s, Load)] == [False] * 4 + [True] * 4
    assert all(s.status_from == "write" for s in thread.body if isinstance(s, StoreConditional))
    orders = [f"amoadd.w{order} a0,a1,(s0)" for order in ("", ".aq", ".rl", ".aqrl")]
    (thread,) = parse("0:s0=x", *orders).threads
    updates = [s for s in thread.body if isinstance(s, Rmw)]
    assert [sorted(s.read_tags) for s in updates] == [["X"], ["Acq", "X"], ["Rel", "X"], ["AcqRel", "X"]]
    assert all(s.read_tags == s.write_tags for s in updates)


def test_fences() -> None:
    code = "fence; fence rw,rw; fence iorw,ow; fence ir,iow; fence i,rw; fence rw,o; fence.tso; fence.i; nop; pause"
    (thread,) = parse("", *code.split("; ")).threads
    names = ["Fence.rw.rw", "Fence.rw.rw", "Fence.rw.w", "Fence.r.w", "Fence.tso", "Fence.i"]
    assert [set(s.tags) for s in thread.body if isinstance(s, Fence)] == [{name} for name in names]
    assert thread.rows[:4] == ("fence rw,rw", "fence rw,rw", "fence iorw,ow", "fence ir,iow")


def test_a_branch_depends_on_its_registers_and_on_nothing_else() -> None:
    (thread,) = parse("0:s0=x", "lw a0,(s0)", "lw a1,(s0)", "bnez a1,L", "L: sw a1,(s0)").threads
    (branch,) = (s for s in thread.body if isinstance(s, Branch))
    assert branch.condition == Op("ne", (Reg("x11"), Const(0)))


DEPENDENCIES = [
    # what a conditional store says depends on the store: after one that failed, a later store waits for nothing
    ("sc.w a1,a0,(s1)", True),
    ("sc.w a1,a0,(s1); sw a0,(s1)", True),
    # but not where it succeeds, as the store waits for what it stores
    ("sc.w a1,a0,(s1); bnez a1,L; sw t2,(s3); L: nop", False),
    # what is read by an atomic instruction does
    ("amoadd.w a1,a0,(s1); or a1,a1,t2", False),
]


@pytest.mark.parametrize(("code", "allowed"), DEPENDENCIES)
def test_what_a_conditional_store_says_depends_on_the_store(code: str, allowed: bool) -> None:
    """Whether P1 may store before it has loaded what it tries to store conditionally."""
    own = ["lw a0,(s0)", "lr.w a2,(s1)", *code.split("; ")]
    if "bnez" not in code:
        own += ["xor a3,a1,a1", "ori a3,a3,1", "sw a3,(s3)"]
    other = ["lw a0,(s3)", "fence rw,rw", "sw a0,(s0)", *["nop"] * (len(own) - 3)]
    rows = ";\n".join(f"{a} | {b}" for a, b in zip(other, own, strict=True))
    init = "0:s0=x; 0:s3=z; 1:s0=x; 1:s1=y; 1:s3=z; 1:t2=1"
    text = f"RISCV t\n{{ {init} }}\nP0 | P1;\n{rows};\nexists (0:a0=1 /\\ 1:a0=1)"
    verdict = engine.check(parse_test(Source("t", text)), options=Options(verdict_only=True))
    assert verdict.ok is allowed


def test_registers() -> None:
    register = dialect_for("RISCV").register
    for names in ("x0 zero", "x1 ra", "x2 sp", "x5 t0", "x8 s0 fp", "x10 a0", "x18 s2", "x27 s11", "x28 t3", "x31 t6"):
        assert {register(name) for name in names.split()} == {names.split()[0]}
    assert [register(name) for name in ("x32", "X1", "s12", "t7", "a8", "f0", "")] == [None] * 7


def test_symbolic_registers_leave_those_that_are_named() -> None:
    test = parse("0:t0=7; 0:x6=8", "li %a,1", "li %b,2", "li t2,3", question="exists (0:s0=0)")
    assert test.threads[0].rows == ("li x9,1", "li x10,2", "li x7,3")


TEXTS = {
    "addi a0,a1,0": "mv x10,x11",
    "NOT a0,a1": "not x10,x11",
    "neg a0,a1": "neg x10,x11",
    "ori a0 , x0 , 0x10": "ori x10,x0,16",
    "bgtu a0,a1,L": "bltu x11,x10,L",
    "blez a0,L": "bge x0,x10,L",
    "lw a0,(a2)": "lw x10,0(x12)",
    "sw a0,-0x8(a2)": "sw x10,-8(x12)",
    "lr.w.aq.rl a0,(a2)": "lr.w.aqrl x10,0(x12)",
    "sc.w.aq a0,a1,(a2)": "sc.w x10,x11,0(x12)",
    "lr.w.rl a0,0(a2)": "lr.w x10,0(x12)",
    "amoswap.w.aq.rl a0,a1,0(a2)": "amoswap.w.aqrl x10,x11,(x12)",
    "fence": "fence rw,rw",
}


@pytest.mark.parametrize("code", TEXTS)
def test_the_canonical_text(code: str) -> None:
    assert parse("0:a2=x", code, "L: nop").threads[0].rows[0] == TEXTS[code]


@pytest.mark.parametrize(("number", "same"), [(5, True), (-(2**62), True), (2**62 - 1, True), (2**62, False)])
def test_the_hash_of_li(number: int, same: bool) -> None:
    """As herd7 7.58 has it; larger numbers are only in later versions, which print another instruction."""
    assert (parse("", f"li a0,{number}").hash == parse("", f"ori a0,zero,{number}").hash) is same


COMPRESSED = {
    "c.add a0,a1": "add a0,a0,a1",
    "c.subw a0,a1": "subw a0,a0,a1",
    "c.mul a0,a1": "mul a0,a0,a1",
    "c.addi a0,-3": "addi a0,a0,-3",
    "c.addi16sp sp,32": "addi sp,sp,32",
    "c.addi4spn a0,sp,16": "addi a0,sp,16",
    "C.SRAI a0,2": "srai a0,a0,2",
    "c.zext.b a0": "zext.b a0,a0",
    "c.not a0": "not a0,a0",
    "c.mv a0,a1": "mv a0,a1",
    "c.li a0,5": "li a0,5",
    "c.lw a0,4(s0)": "lw a0,4(s0)",
    "c.sdsp ra,8(sp)": "sd ra,8(sp)",
    "c.lwsp a0,(sp)": "lw a0,0(sp)",
    "c.lbu a0,1(s0)": "lbu a0,1(s0)",
    "c.beqz a0,L;L: c.nop": "beqz a0,L;L: nop",
    "c.j L;L: c.jr ra": "j L;L: jr ra",
    "c.jal L;L: nop": "jal L;L: nop",
    "c.ldsp a0,504(sp)": "ld a0,504(sp)",
    "c.swsp zero,252(sp)": "sw zero,252(sp)",
    "c.addi16sp sp,-512": "addi sp,sp,-512",
    "c.addi4spn s0,sp,1020": "addi s0,sp,1020",
    "c.lui a0,0xfffe0": "lui a0,0xfffe0",
    "c.li zero,-32": "li zero,-32",
    "c.bnez fp,L;L: nop": "bnez fp,L;L: nop",
    "c.sd %a,8(%b)": "sd %a,8(%b)",
    "lla a0,x": "la a0,x",
    "tail L;L: nop": "j L;L: nop",
}


@pytest.mark.parametrize("code", COMPRESSED)
def test_other_spellings(code: str) -> None:
    """Instructions of half the length, and pseudoinstructions, are those of full length."""
    short, full = (parse("0:s0=x; 0:sp=x", *text.split(";")) for text in (code, COMPRESSED[code]))
    assert [thread.rows for thread in short.threads] == [thread.rows for thread in full.threads]
    assert [list(map(type, t.body)) for t in short.threads] == [list(map(type, t.body)) for t in full.threads]


ERRORS = [
    ("c.ebreak", "4:1", "'c.ebreak' is not supported", None),
    ("c.add a0,a1,a2", "4:1", "'c.add' takes 2 operands, not 3", "c.add rd,rs2"),
    ("c.add a0,y1", "4:10", "no register 'y1'", None),
    ("c.addi a0,z", "4:11", "'z' is not a number", "c.addi rd,number"),
    ("c.lw a0,x", "4:9", "'x' is not an operand in memory", None),
    ("c.lwsp zero,8(sp)", "4:8", "expected a register other than x0, found 'zero'", "c.lwsp rd,8(sp)"),
    ("c.lwsp a0,8(a1)", "4:11", "expected a place behind sp, found '8(a1)'", "c.lwsp rd,8(sp)"),
    ("c.lwsp a0,256(sp)", "4:11", "'256' is not a number from 0 to 252", None),
    ("c.ldsp a0,12(sp)", "4:11", "expected a multiple of 8, found '12(sp)'", None),
    ("c.sdsp a0,-8(sp)", "4:11", "'-8' is not a number from 0 to 504", "c.sdsp rs2,8(sp)"),
    ("c.sw a0,8(sp)", "4:9", "expected a place behind a register from x8 to x15, found '8(sp)'", None),
    ("c.ld t0,8(a0)", "4:6", "expected a register from x8 to x15, found 't0'", "c.ld rd,8(rs1)"),
    ("c.lhu a0,1(a1)", "4:10", "expected a multiple of 2, found '1(a1)'", None),
    ("c.addi16sp a0,16", "4:12", "expected sp, found 'a0'", "c.addi16sp sp,number"),
    ("c.addi16sp sp,0", "4:15", "expected a number other than 0, found '0'", None),
    ("c.addi16sp sp,512", "4:15", "'512' is not a number from -512 to 496", None),
    ("c.addi16sp sp,8", "4:15", "expected a multiple of 16, found '8'", None),
    ("c.addi4spn t0,sp,8", "4:12", "expected a register from x8 to x15, found 't0'", "c.addi4spn rd,sp,number"),
    ("c.addi4spn a0,a1,8", "4:15", "expected sp, found 'a1'", None),
    ("c.addi4spn a0,sp,6", "4:18", "expected a multiple of 4, found '6'", None),
    ("c.addi a0,32", "4:11", "'32' is not a number from -32 to 31", None),
    ("c.addiw zero,1", "4:9", "expected a register other than x0, found 'zero'", None),
    ("c.lui sp,1", "4:7", "expected a register other than sp, found 'sp'", None),
    ("c.lui a0,32", "4:10", "'32' is not a number from 1 to 0x1f or from 0xfffe0 to 0xfffff", "c.lui rd,number"),
    ("c.slli a0,64", "4:11", "'64' is not a number from 1 to 63", None),
    ("c.mv a0,zero", "4:9", "expected a register other than x0, found 'zero'", "c.mv rd,rs2"),
    ("c.jr zero", "4:6", "expected a register other than x0, found 'zero'", "c.jr rs1"),
    ("c.jal ra,L;L: nop", "4:1", "'c.jal' takes 1 operand, not 2", "c.jal label"),
    ("c.beqz t0,L;L: nop", "4:8", "expected a register from x8 to x15, found 't0'", "c.beqz rs1,label"),
    ("lx a0,(s0)", "4:1", "unknown mnemonic 'lx' in dialect RISCV", None),
    ("sw.aq a0,(s0)", "4:1", "unknown mnemonic 'sw.aq' in dialect RISCV", "did you mean 'sw.aqrl'?"),
    ("jalr a0,s0,8", "4:12", "'8' is not a number from 0 to 0", "jalr rd,rs1,0 or jalr rs1"),
    ("auipc a0,2", "4:1", "'auipc' is not supported", None),
    ("clmul a0,a1,a2", "4:1", "'clmul' is not supported", None),
    ("amocas.q a1,a2,(s0)", "4:10", "expected a register with an even number, found 'a1'", "amocas.q rd,rs2,(rs1)"),
    ("amocas.q a0,s1,(s0)", "4:13", "expected a register with an even number, found 's1'", None),
    ("amocas.w a0,a1,4(s0)", "4:16", "this instruction takes no offset", "write (x8)"),
    ("csrrw a0,mstatus,a1", "4:1", "'csrrw' is not supported", None),
    ("fadd.s fa0,fa1,fa2", "4:1", "'fadd.s' is not supported", None),
    ("add a0,a1", "4:1", "'add' takes 3 operands, not 2", "add rd,rs1,rs2"),
    ("nop a0", "4:1", "'nop' takes 0 operands, not 1", None),
    ("fence rw", "4:1", "'fence' takes 0 or 2 operands, not 1", "fence or fence rw,rw"),
    ("fence wr,rw", "4:7", "'wr' is not a set of accesses", "fence takes two sets, each some of the letters of"),
    ("fence rw,", "4:9", "'' is not a set of accesses", "fence takes two sets"),
    ("add a0,a1,zer", "4:11", "no register 'zer'", "did you mean 'zero'?"),
    ("add a0, ,a1", "4:9", "expected a register", None),
    ("ori a0,a1,a2", "4:11", "'a2' is not a number of at most 64 bits", None),
    ("lui a0,0x100000", "4:8", "'0x100000' is not a number from -524288 to 1048575", None),
    ("lw a0,x", "4:7", "'x' is not an operand in memory", "an operand in memory is like 8(a0)"),
    ("lw a0,y(s0)", "4:7", "'y' is not a number", None),
    ("lw a0,0(b0)", "4:9", "no register 'b0'", None),
    ("amoadd.w a0,a1,4(s0)", "4:16", "this instruction takes no offset", "write (x8)"),
    ("lr.w a0,4(s0)", "4:9", "this instruction takes no offset", "write (x8)"),
    ("la a0,4", "4:7", "'4' is not the name of a location", None),
    ("la a0,a1", "4:7", "'a1' is not the name of a location", None),
    ("beq a0,a1,4", "4:11", "'4' is not a label", None),
    ("j M", "4:3", "thread P0 has no label 'M'", None),
    ("(s0)", "4:1", "expected an instruction", None),
]


@pytest.mark.parametrize(("code", "place", "message", "hint"), ERRORS)
def test_errors(code: str, place: str, message: str, hint: str | None) -> None:
    alone.refuses(code, place, message, hint, init="0:s0=x")
