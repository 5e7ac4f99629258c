"""MIPS assembly: what instructions compute, the events they make, and errors with their places."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.alone import Alone
from oracles.effort import examples
from oracles.shared import engine

from litmus.frontend.dialect import dialect_for
from litmus.ir.thread import Fence, Load, Store, StoreConditional
from litmus.ir.values import wrap

alone = Alone("MIPS")
parse, final = alone.parse, alone.final


WORDS = st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]) | st.integers(-(2**31), 2**31 - 1)
LOW = 2**32 - 1
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "addu": lambda a, b: a + b,
    "add": lambda a, b: a + b,
    "subu": lambda a, b: a - b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "nor": lambda a, b: ~(a | b),
    "slt": lambda a, b: a < b,
    "sltu": lambda a, b: (a & LOW) < (b & LOW),
    "sllv": lambda a, b: a << (b & 31),
    "srlv": lambda a, b: (a & LOW) >> (b & 31),
    "srav": lambda a, b: a >> (b & 31),
}
IMMEDIATE = {"addiu": "addu", "addi": "add", "subiu": "subu", "slti": "slt"}
RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "beq $4,$5": lambda a, b: a == b,
    "bne $4,$5": lambda a, b: a != b,
    "beqz $4": lambda a, b: a == 0,
    "bnez $4": lambda a, b: a != 0,
    "bltz $4": lambda a, b: a < 0,
    "blez $4": lambda a, b: a <= 0,
    "bgtz $4": lambda a, b: a > 0,
    "bgez $4": lambda a, b: a >= 0,
}
WIDE = "ld $20,0($21)"
"""An instruction by which a test has words of 64 bits."""


@examples(80)
@given(st.sampled_from(sorted(OPERATIONS)), WORDS, WORDS, st.booleans())
def test_arithmetic(name: str, a: int, b: int, wide: bool) -> None:
    """Words of 32 bits are extended by their sign in registers of 64."""
    code, init = [f"{name} $6,$4,$5", *[WIDE] * wide], f"0:$4={a}; 0:$5={b}; 0:$21=x; int64_t x"
    assert final("0:$6", init if wide else init.split("; int64")[0], *code) == wrap(int(OPERATIONS[name](a, b)), 32)


@examples(40)
@given(st.sampled_from(sorted(IMMEDIATE)), WORDS, st.integers(-(2**15), 2**16 - 1))
def test_immediate_arithmetic(name: str, a: int, number: int) -> None:
    expected = wrap(int(OPERATIONS[IMMEDIATE[name]](a, wrap(number, 16))), 32)
    assert final("0:$6", f"0:$4={a}", f"{name} $6,$4,{number}") == expected


@examples(40)
@given(st.sampled_from(sorted(RELATIONS)), WORDS, WORDS)
def test_branches(name: str, a: int, b: int) -> None:
    code = ["li $6,1", f"{name},L", "li $6,0", "L: nop"]
    assert final("0:$6", f"0:$4={a}; 0:$5={b}", *code) == RELATIONS[name](a, b)


def quotient(a: int, b: int) -> int:
    """Towards 0; 0 if the divisor is."""
    return (abs(a) // abs(b) if (a < 0) == (b < 0) else -(abs(a) // abs(b))) if b else 0


@examples(60)
@given(st.sampled_from(["mult", "multu", "div", "divu"]), WORDS, WORDS, st.booleans())
def test_products_and_quotients(name: str, a: int, b: int, wide: bool) -> None:
    """In words of 32 and of 64 bits, in which halves are extended by their sign."""
    x, y = (a & LOW, b & LOW) if name.endswith("u") else (a, b)
    low, high = (x * y, x * y >> 32) if name.startswith("mult") else (quotient(x, y), x - quotient(x, y) * y)
    init = f"0:$4={a}; 0:$5={b}; 0:$21=x; {'int64_t x' if wide else ''}"
    code = [f"{name} $4,$5", "mflo $6", "mfhi $7", *[WIDE] * wide]
    assert [final(f"0:${n}", init, *code) for n in (6, 7)] == [wrap(low, 32), wrap(high, 32)]


@examples(20)
@given(st.sampled_from(["dmult", "dmultu", "ddiv", "ddivu"]), *[st.integers(-(2**63), 2**63 - 1)] * 2)
def test_products_and_quotients_of_64_bits(name: str, a: int, b: int) -> None:
    mask = 2**64 - 1
    x, y = (a & mask, b & mask) if name.endswith("u") else (a, b)
    low, high = (x * y, x * y >> 64) if name.startswith("dmult") else (quotient(x, y), x - quotient(x, y) * y)
    init, code = f"int64_t 0:$4={a}; int64_t 0:$5={b}", [f"{name} $4,$5", "mflo $6", "mfhi $7"]
    assert [final(f"0:${n}", init, *code) for n in (6, 7)] == [wrap(low, 64), wrap(high, 64)]


RUNS = [
    ("0:$6", "0:$4=-7; 0:$5=2", ["div $6,$4,$5", "div $0,$4,$5", "mfhi $7", "addu $6,$6,$7"], -4),
    ("0:$6", "0:$4=-7; 0:$5=2", ["rem $6,$4,$5"], -1),
    ("0:$6", "0:$4=3; 0:$5=33", ["sll $6,$4,$5", "ror $6,$6,1", "srl $6,$6,$4"], 0),
    ("0:$6", "int64_t 0:$4=3; 0:$5=33; int64_t 0:$6", ["dsll $6,$4,$5", "dsra $6,$6,$4"], 3 << 30),
    ("0:$6", "0:$4=-7", ["rem $6,$4,2", "mflo $7", "subu $6,$6,$7"], 2),
    ("0:$6", "0:$4=-7", ["remu $6,$4,10"], (2**32 - 7) % 10),
    ("0:$6", "0:$6=17; 0:$5=5", ["rem $6,$5", "remu $0,$6,$5"], 2),
    ("0:$6", "int64_t 0:$4=-7; int64_t 0:$6", ["dremu $6,$4,10"], (2**64 - 7) % 10),
    ("0:$6", "int64_t 0:$4=-7; 0:$5=4; int64_t 0:$6", ["drem $6,$4,$5", "ddiv $7,$4,4", "daddu $6,$7"], -4),
    ("0:$6", "0:$4=7", ["addu $6,$4,100000", "add $6,-5"], 100002),
    ("0:$6", "0:$4=7", ["subu $6,$4,0xffffffff"], 8),
    ("0:$6", "0:$4=-1; int64_t 0:$6", ["and $6,$4,0x80000000"], 2**31),
    ("0:$6", "0:$4=-1; int64_t 0:$6", ["nor $6,$0,5"], -6),
    ("0:$6", "0:$4=-6", ["sltu $6,$4,-5"], 1),
    ("0:$6", "int64_t 0:$6", ["li $6,0x80000000"], -(2**31)),
    ("0:$6", "int64_t 0:$6", ["dli $6,0x80000000"], 2**31),
    ("0:$6", "0:$4=5", ["seq $6,$4,5", "sge $7,$4,6", "sleu $8,$4,-1", "sll $8,$8,1", "or $6,$6,$7", "or $6,$8"], 3),
    ("0:$6", "0:$4=5", ["li $6,1", "bgt $4,4,L", "li $6,0", "L: nop"], 1),
    ("0:$6", "0:$4=5", ["li $6,1", "bltu $4,-1,L", "li $6,0", "L: nop"], 1),
    ("0:$6", "0:$4=5", ["li $6,1", "bleu $4,$5,L", "li $6,0", "L: nop"], 0),
    ("0:$6", "0:$4=70000", ["li $6,1", "beq $4,70000,L", "li $6,0", "L: nop"], 1),
    ("0:$6", "0:$4=-5", ["abs $6,$4", "ssnop", "ehb", "pref 0,8($5)"], 5),
    ("0:$6", "x=5", ["la $4,x", "lw $6,0($4)"], 5),
    ("0:$6", "", ["jal f", "addiu $6,$6,1", "b L", "f: li $6,4", "jr $31", "L: nop"], 5),
    ("0:$6", "0:$4=0xab; int64_t 0:$6", ["dinsu $6,$4,40,8", "dextu $6,$6,36,8", "dinsm $6,$6,8,40"], 0xB0B0),
    ("0:$6", "0:$4=7", ["mthi $4", "mtlo $0", "mfhi $6", "mflo $7", "addu $6,$6,$7"], 7),
    ("0:$6", "0:$4=0xabcd", ["ext $6,$4,4,8"], 0xBC),
    ("0:$6", "0:$4=0xab; 0:$6=0x11111", ["ins $6,$4,4,8"], 0x11AB1),
    ("0:$6", "0:$4=-1; 0:$6=0", ["ins $6,$4,0,32"], -1),
    ("0:$6", "0:$4=0xab; 0:$6=0", ["dins $6,$4,40,8", "dsrl32 $6,$6,8"], 0xAB),
    ("0:$6", "0:$4=1", ["dsll32 $6,$4,31", "dsra32 $6,$6,31"], -1),
    ("0:$6", "0:$4=0x12", ["clz $6,$4"], 27),
    ("0:$6", "0:$4=-8; int64_t x", ["clo $6,$4"], 29),
    ("0:$6", "int64_t 0:$4=1", ["dclz $6,$4", "dclo $7,$4", "addu $6,$6,$7"], 63),
    ("0:$6", "0:$4=0x12345678", ["rotr $6,$4,8"], 0x78123456),
    ("0:$6", "0:$4=0x12345678; 0:$5=32; int64_t x", ["rotrv $6,$4,$5"], 0x12345678),
    ("0:$6", "0:$4=5", ["negu $6,$4", "neg $7,$6", "addu $6,$6,$7", "dnegu $6,$4"], -5),
    ("0:$6", "", ["j L", "li $6,1", "L: nop"], 0),
    ("0:$6", "", ["lui $6,0xffff"], -65536),
    ("0:$6", "", ["li $6,-2", "andi $6,$6,0xffff"], 65534),
    ("0:$6", "", ["ori $6,$0,65535", "xori $6,$6,1"], 65534),
    ("0:$6", "", ["li $0,7", "move $6,$zero"], 0),
    ("0:$6", "0:a0=6", ["not $6,a0"], -7),
    ("0:$6", "0:$4=-1", ["sll $6,$4,4", "srl $6,$6,28", "sra $6,$6,1"], 7),
    ("0:$6", "0:$4=0x123456789", ["daddiu $6,$4,65535"], 0x123456788),
    ("0:$6", "0:$4=0x123456789", ["daddu $6,$4,$0", "dsll $6,$6,4"], 0x1234567890),
    ("0:$6", "0:$4=0x10000", ["dext $6,$4,16,1"], 1),
    ("0:$6", "0:$4=x; uint8_t x=0; 0:$5=511", ["sb $5,($4)", "lb $6,($4)"], -1),
    ("0:$6", "0:$4=t; int t[2]={3,4}", ["lw $6,4($4)"], 4),
    ("0:$6", "0:$6=5", ["jr $31", "li $6,1"], 5),
    ("0:$6", "0:$6=5", ["j $31", "li $6,1"], 5),
    ("0:$6", "0:$4=9; 0:$5=1", ["movn $6,$4,$5", "movz $6,$0,$5"], 9),
    ("0:$6", "0:$4=9", ["movz $6,$4,$0", "movn $6,$0,$5"], 9),
    ("0:$6", "0:$4=0x80", ["seb $6,$4"], -128),
    ("0:$6", "0:$4=0x1fffe", ["seh $6,$4"], -2),
    ("0:$6", "0:$4=3; 0:$5=97", ["dsllv $6,$4,$5", "dsrlv $6,$6,$5", "dsrav $6,$6,$7"], 3),
    ("0:a4", "0:$8=1", ["li a4,2", "addu a4,a4,$t0"], 3),
]


@pytest.mark.parametrize(("what", "init", "code", "expected"), RUNS)
def test_run(what: str, init: str, code: list[str], expected: int) -> None:
    assert final(what, init, *code) == expected


def test_a_conditional_store_succeeds_with_1_and_fails_with_0() -> None:
    code = ["ll $2,0($4)", "sc $5,0($4)", "sc $6,0($4)"]
    verdict = engine.check(parse("0:$4=x; 0:$5=3; 0:$6=3", *code, question="locations [0:$5;0:$6;x]"))
    assert [[value for _, value in state] for state in verdict.states] == [[0, 0, 0], [1, 0, 3]]


def test_events() -> None:
    code = (
        "sync; sync 0; sync 4; sync_mb; sync 0x11; sync 18; sync_rmb; ll $2,0($4); sc $2,0($4); lw $2,($4); sw $2,($4)"
    )
    (thread,) = parse("0:$4=x", *code.split("; ")).threads
    found = [s for s in thread.body if isinstance(s, Fence | Load | Store | StoreConditional)]
    names = ["SYNC", "SYNC", "SYNC_WMB", "SYNC_MB", "SYNC_ACQUIRE", "SYNC_RELEASE", "SYNC_RMB", "EX X", "EX X", "", ""]
    assert [" ".join(sorted(s.tags)) for s in found] == names
    assert [s.reserve for s in found if isinstance(s, Load)] == [True, False]


@pytest.mark.parametrize(
    ("init", "code", "bits"), [("", "addu $2,$2,$3", 32), ("", "daddu $2,$2,$3", 64), ("int64_t x", "nop", 64)]
)
def test_the_width_of_words_comes_from_instructions_and_types(init: str, code: str, bits: int) -> None:
    assert parse(init, code).threads[0].word_bits == bits


def test_registers() -> None:
    register = dialect_for("MIPS").register
    for names in ("$0 zero $zero", "$2 v0 $v0", "$4 a0", "$8 t0", "$16 s0", "$24 t8", "$31 ra $ra", "$a4 a4"):
        assert {register(name) for name in names.split()} == {names.split()[0]}
    assert [register(name) for name in ("$32", "r2", "a8", "$", "")] == [None] * 5


def test_symbolic_registers_leave_those_that_are_named() -> None:
    test = parse("0:$2=7; 0:v1=8", "li %a,1", "li %b,2", "li $5,3", question="exists (0:a0=0)")
    assert test.threads[0].rows == ("li $6,1", "li $7,2", "li $5,3")


ERRORS = [
    ("lww $2,0($4)", "4:1", "unknown mnemonic 'lww' in dialect MIPS", "did you mean"),
    ("jal f", "4:5", "thread P0 has no label 'f'", None),
    ("bgezal $2,f", "4:1", "'bgezal' is not supported", None),
    ("mulo $2,$3,$4", "4:1", "'mulo' is not supported", None),
    ("rem $2", "4:1", "'rem' takes 2 or 3 operands, not 1", "rem rd,{rs,}rt|number"),
    ("rem $2,$3,0x100000000", "4:11", "'0x100000000' is not a number from -2147483648 to 4294967295", None),
    ("addu $2,$3,-2147483649", "4:12", "'-2147483649' is not a number from -2147483648 to 4294967295", None),
    ("li $2,0x100000000", "4:7", "'0x100000000' is not a number from -2147483648 to 4294967295", "li rt,number"),
    ("dli $2,0x10000000000000000", "4:8", "'0x10000000000000000' is not a number of at most 64 bits", None),
    ("blt $2,L", "4:1", "'blt' takes 3 operands, not 2", "blt rs,rt|number,label"),
    ("beql $2,$3,L", "4:1", "'beql' is not supported", None),
    ("/", "4:1", "expected an instruction", None),
    ("nop $2", "4:1", "'nop' takes 0 operands, not 1", None),
    ("addu $2", "4:1", "'addu' takes 2 or 3 operands, not 1", "addu rd,{rs,}rt|number"),
    ("addu $2,$3,$32", "4:12", "no register '$32'", "did you mean"),
    ("addiu $2,$3,65536", "4:13", "'65536' is not a number from -32768 to 65535", None),
    ("andi $2,$3,-1", "4:12", "'-1' is not a number from 0 to 65535", None),
    ("sll $2,$3,32", "4:11", "'32' is not a number from 0 to 31", None),
    ("dext $2,$3,60,8", "4:15", "the field goes beyond the register", None),
    ("ins $2,$3,30,3", "4:14", "the field goes beyond the register", None),
    ("mult $2", "4:1", "'mult' takes 2 operands, not 1", "mult rs,rt"),
    ("div $2", "4:1", "'div' takes 2 or 3 operands, not 1", "div {rd,}rs,rt"),
    ("lw $2,x", "4:7", "'x' is not an operand in memory", "an operand in memory is like 8($5)"),
    ("lw $2,0($99)", "4:9", "no register '$99'", None),
    ("sync 7", "4:6", "sync of type 7 is not supported", "known are 0, 4, 16, 17, 18, 19"),
    ("beq $2,$3,1", "4:11", "'1' is not a label", None),
    ("b L", "4:3", "thread P0 has no label 'L'", None),
    ("jr $2", "4:1", "a jump to a value, and no address of a label is a value", None),
]


@pytest.mark.parametrize(("code", "place", "message", "hint"), ERRORS, ids=[code for code, *_ in ERRORS])
def test_error(code: str, place: str, message: str, hint: str | None) -> None:
    alone.refuses(code, place, message, hint)


def test_what_is_refused_is_not_read() -> None:
    import re

    from litmus.dialects.mips import _REFUSED, instructions

    assert [name for name in instructions() if re.fullmatch(_REFUSED, name)] == []


def test_the_canonical_text_of_a_return() -> None:
    assert parse("", "jr ra").threads[0].rows == ("jr $31",)
