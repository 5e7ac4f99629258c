"""What instructions compute: one thread run by a small interpreter, against arithmetic written out in Python."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Value,
)
from litmus.ir.values import apply, is_true, wrap


def run(arch: str, init: str, *code: str) -> dict[str, Value]:
    """Runs one thread alone; the final values of its registers, and of locations by name."""
    test = parse_test(Source("t", f"{arch} t\n{{ {init} }}\nP0;\n{'; '.join(code)};\n"))
    thread = test.threads[0]
    regs: dict[str, Value] = {i.target.name: i.value for i in test.init if isinstance(i.target, Register)}
    memory: dict[Value, Value] = {i.target: i.value for i in test.init if isinstance(i.target, Address)}
    labels = {s.name: at for at, s in enumerate(thread.body) if isinstance(s, Label)}

    def value(expr: Expr) -> Value:
        match expr:
            case Const(known):
                return known
            case Reg(name):
                return regs.get(name, 0)
            case Op(op, args):
                found = apply(op, tuple(map(value, args)), thread.word_bits)
                assert found is not None, expr
                return found

    at = 0
    for _ in range(1000):
        if at == len(thread.body):
            return regs | {str(where): what for where, what in memory.items()}
        statement = thread.body[at]
        at += 1
        match statement:
            case Assign(dest, expr):
                regs[dest] = value(expr)
            case Load(dest, addr):
                regs[dest] = memory.get(value(addr), 0)
            case Store(addr, what):
                memory[value(addr)] = value(what)
            case StoreConditional(status, addr, what):
                memory[value(addr)] = value(what)
                regs[status] = 1
            case Rmw(dest, addr, what):
                where = value(addr)
                regs[dest] = memory.get(where, 0)
                if statement.condition is None or is_true(value(statement.condition)):
                    memory[where] = value(what)
            case Branch(condition, target):
                at = labels[target] if is_true(value(condition)) else at
            case Goto(target):
                at = labels[target]
            case Label() | Fence():
                pass
    raise AssertionError("the program does not end")


def statements(test: LitmusTest) -> list[Statement]:
    return [statement for thread in test.threads for statement in thread.body]


# --- x86: flags and arithmetic ---------------------------------------------------------------------------------------

NUMBERS = [0, 1, 2, -1, -2, 5, 2**31 - 1, -(2**31), 2**30, -(2**30), 0x0F0F0F0F]
WORDS = st.sampled_from(NUMBERS) | st.integers(-(2**31), 2**31 - 1)
CONDITIONS = ["E", "NE", "S", "NS", "B", "AE", "BE", "A", "L", "GE", "LE", "G", "O", "NO"]
OPERATIONS = ["ADD", "SUB", "AND", "OR", "XOR", "CMP", "TEST", "INC", "DEC", "NEG", "XADD", "CMPXCHG"]


def flags(operation: str, a: int, b: int, bits: int) -> tuple[int, dict[str, bool]]:
    """The result of an x86 operation on signed numbers, and its flags, as the manual defines them."""
    mask = (1 << bits) - 1
    if operation == "NEG":
        a, b = 0, a
    if operation in ("INC", "DEC"):
        b = 1
    exact, unsigned = {
        "ADD": (a + b, (a & mask) + (b & mask)),
        "SUB": (a - b, (a & mask) - (b & mask)),
        "AND": (a & b, 0),
        "OR": (a | b, 0),
        "XOR": (a ^ b, 0),
    }[{"CMP": "SUB", "NEG": "SUB", "DEC": "SUB", "TEST": "AND", "INC": "ADD", "XADD": "ADD"}.get(operation, operation)]
    result = wrap(exact, bits)
    return result, {
        "Z": result == 0,
        "S": result < 0,
        "C": not 0 <= unsigned <= mask,
        "O": exact != result,
    }


def holds(condition: str, f: dict[str, bool]) -> bool:
    less = f["S"] != f["O"]
    truth = {
        "E": f["Z"],
        "S": f["S"],
        "B": f["C"],
        "BE": f["C"] or f["Z"],
        "L": less,
        "LE": less or f["Z"],
        "O": f["O"],
    }
    opposite = {"NE": "E", "NS": "S", "AE": "B", "A": "BE", "GE": "L", "G": "LE", "NO": "O"}
    return not truth[opposite[condition]] if condition in opposite else truth[condition]


@pytest.mark.slow
@given(st.sampled_from(OPERATIONS), WORDS, WORDS, st.sampled_from(CONDITIONS), st.booleans())
def test_x86_flags(operation: str, a: int, b: int, condition: str, in_memory: bool) -> None:
    unary = operation in ("INC", "DEC", "NEG")
    in_memory = in_memory or operation == "CMPXCHG"
    dest = "[x]" if in_memory else "EBX"
    code = f"{operation} {dest}" if unary else f"{operation} {dest},ECX"
    # CMPXCHG compares EAX, so it stands for `CMP EAX,b`
    init = f"0:EAX={a}; x={b}; 0:ECX=7" if operation == "CMPXCHG" else f"0:EBX={a}; x={a}; 0:ECX={b}"
    final = run("X86", init, f"CMP EDX,EDX; {code}; SET{condition} EDI; J{condition} Yes; MOV ESI,$1; Yes: NOP")
    result, expected = flags("CMP" if operation == "CMPXCHG" else operation, a, b, 32)
    if operation in ("INC", "DEC"):
        expected["C"] = False  # left as the compare before set it
    assert (final["EDI"], final.get("ESI", 0)) == (holds(condition, expected), not holds(condition, expected))
    if operation == "CMPXCHG":
        assert (final["EAX"], final["x"]) == (b, 7 if a == b else b)
    else:
        kept = operation in ("CMP", "TEST")
        assert final["x" if in_memory else "EBX"] == (a if kept else result)
        assert final["ECX"] == (a if operation == "XADD" else b)


@given(st.sampled_from(OPERATIONS), st.sampled_from("bwlq"), WORDS, WORDS, st.sampled_from(CONDITIONS))
def test_x86_64_widths(operation: str, suffix: str, a: int, b: int, condition: str) -> None:
    """Every width of operand, against the same definition of flags; what a narrow result leaves alone."""
    bits = {"b": 8, "w": 16, "l": 32, "q": 64}[suffix]
    rbx, rcx = {"b": ("%bl", "%cl"), "w": ("%bx", "%cx"), "l": ("%ebx", "%ecx"), "q": ("%rbx", "%rcx")}[suffix]
    if operation == "CMPXCHG":
        return
    code = f"{operation}{suffix} {rbx}" if operation in ("INC", "DEC", "NEG") else f"{operation}{suffix} {rcx},{rbx}"
    high = 0x1122334400000000
    start = high | (a & 0xFFFFFFFF)
    final = run("X86_64", f"0:rbx={start}; 0:rcx={b}", f"cmpq %rdx,%rdx; {code}; set{condition.lower()} %dil")
    result, expected = flags(operation, wrap(start, bits), wrap(b, bits), bits)
    if operation in ("INC", "DEC"):
        expected["C"] = False
    assert final["rdi"] == holds(condition, expected)
    if operation not in ("CMP", "TEST"):
        kept = 0 if bits >= 32 else start & ~((1 << bits) - 1)
        assert final["rbx"] == wrap(kept | (result & ((1 << bits) - 1)), 64)


X86_RUNS: list[tuple[str, list[str], dict[str, Value]]] = [
    ("0:EAX=1; 0:EBX=2", ["XCHG EAX,EBX"], {"EAX": 2, "EBX": 1}),
    ("0:EAX=1; x=2", ["XCHG [x],EAX"], {"EAX": 2, "x": 1}),
    ("0:EAX=x; x=2", ["MOV EBX,[EAX]", "MOV (EAX),$5", "MOVL ECX,[x]"], {"EBX": 2, "ECX": 5}),
    ("int t[2]={3,4}; 0:EAX=t", ["MOV EBX,[EAX+4]", "ADD EAX,$8", "MOV ECX,[EAX-8]"], {"EBX": 4, "ECX": 3}),
    ("0:EAX=5", ["CMP EAX,$5", "CMOVE EBX,EAX", "CMOVNE ECX,EAX", "SETNB EDX"], {"EBX": 5, "ECX": 0, "EDX": 1}),
    ("x=6", ["NOT [x]", "LOCK; NEG [x]", "LOCK OR [x],$8", "XOR [x],$1"], {"x": 14}),
    ("0:EAX=3; x=9", ["XADD [x],EAX", "XADD EAX,EBX"], {"x": 12, "EAX": 9, "EBX": 9}),
    ("", ["MOV EAX,$x", "MOV [EAX],$0xffffffff"], {"EAX": Address("x"), "x": -1}),
    ("", ["MOV ECX,3", "L: INC EAX", "DEC ECX", "JNZ L"], {"EAX": 3, "ECX": 0}),
    ("0:EBX=x; int y=3", ["LEA EAX,[EBX+8]", "SHL [y],2", "SAL ESI", "SHR EDX,1"], {"EAX": Address("x", 8), "y": 12}),
    ("0:EAX=-8; 0:ECX=1", ["SAR EAX,ECX", "BTS EDX,$4", "BT EDX,$4", "SETC EBX"], {"EAX": -4, "EDX": 16, "EBX": 1}),
]


@pytest.mark.parametrize(("init", "code", "expected"), X86_RUNS)
def test_x86(init: str, code: list[str], expected: dict[str, Value]) -> None:
    final = run("X86", init, *code)
    assert {name: final.get(name, 0) for name in expected} == expected


X86_64_RUNS: list[tuple[str, list[str], dict[str, Value]]] = [
    ("0:rax=-1", ["movl %eax,%ebx", "movw %ax,%cx", "movb %ah,%dl"], {"rbx": 2**32 - 1, "rcx": 65535, "rdx": 255}),
    ("0:rax=0x1ff", ["xchgb %al,%ah"], {"rax": 0xFF01}),
    ("0:rax=-1", ["movl %eax,(x)", "movl (x),%ebx"], {"x": -1, "rbx": 2**32 - 1}),
    ("0:rax=0x1ff", ["movb %al,(x)", "mov (x),%bl", "mov (x),%bh"], {"x": -1, "rbx": 0xFFFF}),
    ("0:rax=7; x=7", ["lock cmpxchgl (x),%ecx", "sete %dl"], {"x": 0, "rdx": 1, "rax": 7}),
    ("0:rax=8; x=7", ["lock; cmpxchgl %ecx,(x)", "setne %dl"], {"x": 7, "rdx": 1, "rax": 7}),
    ("0:rax=1", ["movq $x,%r8", "movntiq %rax,(%r8)", "cmpq $1,(x)", "cmove (x),%r9"], {"x": 1, "r9": 1}),
    ("0:rax=3; 0:rbx=4", ["cmpl $3,%eax", "cmovel %ebx,%ecx", "cmovne %rbx,%rdx", "cmovzq %rbx,%rsi", "cmovew %ax,%bx"],
     {"rcx": 4, "rdx": 0, "rsi": 4, "rax": 3, "rbx": 3}),
    ("0:rax=5", ["addq $0xffffffffffffffff,%rax", "subl $5,%eax"], {"rax": 2**32 - 1}),
    ("0:rax=0x1fe", ["movzbl %al,%ebx", "movsbl %al,%ecx", "movsbq %al,%rdx", "movzwl %ax,%esi"],
     {"rbx": 254, "rcx": 2**32 - 2, "rdx": -2, "rsi": 0x1FE}),
    ("uint8_t x=200", ["movzbl (x),%eax", "movsbl (x),%ebx", "movzb (x),%cx"],
     {"rax": 200, "rbx": 2**32 - 56, "rcx": 200}),
    ("int16_t x=-2", ["movswl (x),%eax", "movzwq (x),%rbx", "movswq (x),%rcx"],
     {"rax": 2**32 - 2, "rbx": 65534, "rcx": -2}),
    ("0:rax=-5", ["movslq %eax,%rbx"], {"rbx": -5}),
    ("int64_t t[3]={1,2,3}; 0:rax=t; 0:rbx=1",
     ["leaq 8(%rax,%rbx,8),%rcx", "movq (%rcx),%rdx", "lea 3(%rbx,%rbx,2),%esi"],
     {"rcx": Address("t", 16), "rdx": 3, "rsi": 6}),
    ("", ["leaq x(%rip),%rax", "movl $7,(%rax)", "nopw 0(%rax,%rax,1)", "pause"], {"rax": Address("x"), "x": 7}),
    ("0:rax=1", ["shl %eax", "sarl %eax", "shl 2,%eax"], {"rax": 4}),
    ("x=5", ["lock btsl $1,(x)", "setc %al", "lock; btrl $0,(x)", "setc %bl", "btl $2,(x)", "setc %cl"],
     {"x": 6, "rax": 0, "rbx": 1, "rcx": 1}),
    ("x=5; 0:rax=7; 0:rcx=x", ["clflush (x)", "uxchl (x),%eax", "prefetchnta (%rcx)", "clflushopt 4(%rcx)"],
     {"x": 7, "rax": 5, "rcx": Address("x")}),
    ("", ["movabsq $0x123456789a,%rax"], {"rax": 0x123456789A}),
]  # fmt: skip


@pytest.mark.parametrize(("init", "code", "expected"), X86_64_RUNS)
def test_x86_64(init: str, code: list[str], expected: dict[str, Value]) -> None:
    final = run("X86_64", init, *code)
    assert {name: final.get(name, 0) for name in expected} == expected


@given(
    st.sampled_from(["shl", "sal", "shr", "sar"]),
    st.sampled_from("bwlq"),
    WORDS,
    st.integers(0, 70),
    st.booleans(),
    st.booleans(),
)
def test_shifts(name: str, suffix: str, a: int, count: int, constant: bool, in_memory: bool) -> None:
    """Against shifting bit by bit; the count is taken modulo 32, or 64 for quadwords, and 0 leaves the flags alone."""
    bits = {"b": 8, "w": 16, "l": 32, "q": 64}[suffix]
    place = "(x)" if in_memory else {"b": "%bl", "w": "%bx", "l": "%ebx", "q": "%rbx"}[suffix]
    code = (
        f"cmpq %rdx,%rsi; {name}{suffix} {f'${count}' if constant else '%cl'},{place}; setc %dil; sete %r8b; sets %r9b"
    )
    type_ = f"int{bits}_t" if bits != 32 else "int"
    final = run("X86_64", f"0:rbx={a}; {type_} x={a}; 0:rcx={count}; 0:rdx=1", code)
    number, carry, steps = a & (1 << bits) - 1, 1, count & (63 if bits == 64 else 31)
    for _ in range(steps):
        carry = number >> bits - 1 if name in ("shl", "sal") else number & 1
        sign = number & 1 << bits - 1 if name == "sar" else 0
        number = number << 1 & (1 << bits) - 1 if name in ("shl", "sal") else number >> 1 | sign
    found = final["x"] if in_memory else final["rbx"]
    assert isinstance(found, int)
    assert found & (1 << bits) - 1 == number
    compared = (1, 0, 1)  # of 0 with 1
    expected = (carry, int(number == 0), number >> bits - 1) if steps else compared
    assert (final["rdi"], final["r8"], final["r9"]) == expected


@given(st.sampled_from(["bt", "bts", "btr", "btc"]), st.sampled_from("wlq"), WORDS, st.integers(0, 70), st.booleans())
def test_bits(name: str, suffix: str, a: int, index: int, constant: bool) -> None:
    bits, rbx, rcx = {"w": (16, "%bx", "%cx"), "l": (32, "%ebx", "%ecx"), "q": (64, "%rbx", "%rcx")}[suffix]
    final = run(
        "X86_64", f"0:rbx={a}; 0:rcx={index}", f"{name}{suffix} {f'${index}' if constant else rcx},{rbx}; setc %dil"
    )
    number, bit = a & (1 << bits) - 1, 1 << index % bits
    assert final["rdi"] == (number & bit != 0)
    assert isinstance(final["rbx"], int)
    changed = {"bt": number, "bts": number | bit, "btr": number & ~bit, "btc": number ^ bit}
    assert final["rbx"] & (1 << bits) - 1 == changed[name]


@pytest.mark.parametrize("arch", ["X86", "X86_64", "PPC"])
def test_a_return_ends_the_thread(arch: str) -> None:
    code = {
        "X86": ["MOV EAX,1", "JMP L", "K: RET", "L: MOV EBX,1", "JMP K", "MOV EAX,2"],
        "X86_64": ["movl $1,%eax", "jmp L", "K: retq", "L: movl $1,%ebx", "jmp K", "movl $2,%eax"],
        "PPC": ["li r1,1", "b L", "K: blr", "L: li r2,1", "b K", "li r1,2"],
    }[arch]
    final = run(arch, "", *code)
    assert [final[name] for name in {"X86": ("EAX", "EBX"), "X86_64": ("rax", "rbx"), "PPC": ("r1", "r2")}[arch]] == [
        1,
        1,
    ]


def test_a_locked_instruction_is_one() -> None:
    test = parse_test(Source("t", "X86 t\n{}\nP0;\nXCHG [x],EAX; LOCK INC [x]; INC [x]; MOV [x],$1;\n"))
    rmws = [s for s in statements(test) if isinstance(s, Rmw)]
    assert [(s.atomic, set(s.read_tags), set(s.write_tags)) for s in rmws] == [
        (True, {"X"}, {"X"}),
        (True, {"X"}, {"X"}),
        (False, set(), set()),
    ]


def test_flags_are_set_only_where_something_looks() -> None:
    plain = parse_test(Source("t", "X86 t\n{}\nP0;\nXOR EAX,EAX; ADD EAX,$1;\n"))
    assert [s.dest for s in statements(plain) if isinstance(s, Assign)] == ["EAX", "EAX"]
    for question in ("exists (0:ZF=1)", "locations [0:ZF;]", "filter (0:ZF=1) exists (0:EAX=0)"):
        named = parse_test(Source("t", f"X86 t\n{{}}\nP0;\nXOR EAX,EAX;\n{question}"))
        assert "ZF" in [s.dest for s in statements(named) if isinstance(s, Assign)]


def test_flags_are_set_only_in_the_thread_that_looks() -> None:
    """P1 looks at CF through a shift that may not change it; nothing of P0's is looked at."""
    code = "INC [x] | ADD EAX,EBX ; | SHL EAX,ECX ; | JC L ; | L: ;"
    test = parse_test(Source("t", f"X86 t\n{{}}\nP0 | P1;\n{code}\n"))
    first, second = ({s.dest for s in thread.body if isinstance(s, Assign)} for thread in test.threads)
    assert (first, second) == (set(), {"EAX", "CF", ".result"})


@pytest.mark.parametrize(
    ("arch", "code"), [("X86", "MOV EAX,$lock; MOV EBX,[x]"), ("X86_64", "movq $lock,%rax; movq (x),%rbx")]
)
def test_a_location_may_be_called_lock(arch: str, code: str) -> None:
    test = parse_test(Source("t", f"{arch} t\n{{}}\nP0;\n{code};\n"))
    assert len(test.threads[0].rows) == 2
    assert Address("lock") in test.locations


# --- PowerPC ---------------------------------------------------------------------------------------------------------

LOW = 2**32 - 1
PPC_OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "subf": lambda a, b: b - a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "nand": lambda a, b: ~(a & b),
    "nor": lambda a, b: ~(a | b),
    "eqv": lambda a, b: ~(a ^ b),
    "andc": lambda a, b: a & ~b,
    "orc": lambda a, b: a | ~b,
    "mullw": lambda a, b: wrap(a, 32) * wrap(b, 32),
    "slw": lambda a, b: (a << (b & 63)) & LOW,
    "srw": lambda a, b: (a & LOW) >> (b & 63),
    "sraw": lambda a, b: wrap(a, 32) >> (b & 63),
    "mulhw": lambda a, b: wrap(wrap(a, 32) * wrap(b, 32) >> 32, 32),
    "mulhwu": lambda a, b: wrap((a & LOW) * (b & LOW) >> 32, 32),
    "divwu": lambda a, b: (a & LOW) // (b & LOW) if b & LOW else 0,
}


@given(st.sampled_from(sorted(PPC_OPERATIONS)), WORDS, WORDS, st.sampled_from([32, 64]))
def test_ppc_arithmetic(name: str, a: int, b: int, bits: int) -> None:
    wide = ["ld r9,0(r8)"] if bits == 64 else []
    final = run("PPC", f"0:r1={a}; 0:r2={b}; 0:r8=x", f"{name}. r3,r1,r2", "blt L", "bgt L", "li r4,1", "L: nop", *wide)
    expected = wrap(PPC_OPERATIONS[name](a, b), bits)
    assert final["r3"] == expected
    assert (final["cr0.lt"], final["cr0.gt"], final.get("r4", 0)) == (expected < 0, expected > 0, expected == 0)


@given(WORDS, WORDS, st.sampled_from(["", "l"]), st.sampled_from(["lt", "ge", "nl", "gt", "le", "ng", "eq", "ne"]))
def test_ppc_compare(a: int, b: int, unsigned: str, test: str) -> None:
    left, right = (a & LOW, b & LOW) if unsigned else (a, b)
    less, greater, equal = left < right, left > right, left == right
    expected = {"lt": less, "ge": not less, "nl": not less, "gt": greater, "le": not greater, "ng": not greater}
    expected |= {"eq": equal, "ne": not equal}
    for wide in ("nop", "extsw r9,r9"):
        code = [f"cmp{unsigned}w cr3,r1,r2", "li r3,1", f"b{test} cr3,Yes", "li r3,0", "Yes: nop", wide]
        assert run("PPC", f"0:r1={a}; 0:r2={b}", *code)["r3"] == expected[test]


PPC_CARRYING: dict[str, Callable[[int, int, int, int], int]] = {  # of unsigned numbers, the carry and all bits
    "addc r3,r1,r2": lambda a, b, c, m: a + b,
    "adde r3,r1,r2": lambda a, b, c, m: a + b + c,
    "addze r3,r1": lambda a, b, c, m: a + c,
    "addme r3,r1": lambda a, b, c, m: a + c + m,
    "addic r3,r1,-7": lambda a, b, c, m: a + (-7 & m),
    "subfc r3,r1,r2": lambda a, b, c, m: (a ^ m) + b + 1,
    "subfe r3,r1,r2": lambda a, b, c, m: (a ^ m) + b + c,
    "subfze r3,r1": lambda a, b, c, m: (a ^ m) + c,
    "subfme r3,r1": lambda a, b, c, m: (a ^ m) + c + m,
    "subfic r3,r1,9": lambda a, b, c, m: (a ^ m) + 9 + 1,
}


@given(st.sampled_from(sorted(PPC_CARRYING)), WORDS, WORDS, st.booleans(), st.sampled_from([32, 64]))
def test_ppc_carries(code: str, a: int, b: int, carry: bool, bits: int) -> None:
    """The carry goes in and comes out as in the numbers without a sign."""
    every = (1 << bits) - 1
    before = [f"li r5,{-1 if carry else 0}", "addic r5,r5,1"]
    wide = ["ld r9,0(r8)"] if bits == 64 else []
    final = run("PPC", f"0:r1={a}; 0:r2={b}; 0:r8=x", *before, code, "li r6,0", "addze r4,r6", *wide)
    total = PPC_CARRYING[code](a & every, b & every, int(carry), every)
    assert (final["r3"], final["r4"]) == (wrap(total, bits), total >> bits)


def rotated(value: int, count: int, width: int) -> int:
    """Rotated to the left, one bit after the other."""
    for _ in range(count):
        value = value << 1 & (1 << width) - 1 | value >> width - 1
    return value


def mask(first: int, last: int) -> int:
    """MASK(first, last) of the Power ISA: 64 bits, counted from the left."""
    bits, at = 0, first
    while True:
        bits |= 1 << 63 - at
        if at == last:
            return bits
        at = (at + 1) % 64


@given(WORDS, WORDS, st.integers(0, 31), st.integers(0, 31), st.integers(0, 31), st.booleans())
def test_rotations_of_words(a: int, old: int, count: int, first: int, last: int, wide: bool) -> None:
    """As book I of the Power ISA defines them, in registers of 64 bits; of those of 32 bits they are the lower half."""
    numbers = f"{count},{first},{last}"
    init = f"0:r1={a}; 0:r2={old}; 0:r3={count}" + ("; int64_t 0:r9" if wide else "")
    code = [f"rlwinm r4,r1,{numbers}", f"rlwimi r2,r1,{numbers}", f"rlwnm r5,r1,r3,{first},{last}"]
    final = run("PPC", init, *code, f"rotlwi r6,r1,{count}", f"clrlwi r7,r1,{count}", f"clrrwi r8,r1,{count}")
    bits = 64 if wide else 32
    word = rotated(a & LOW, count, 32)
    both, wanted = word << 32 | word, mask(first + 32, last + 32)
    assert final["r4"] == final["r5"] == wrap(both & wanted, bits)
    assert final["r2"] == wrap(both & wanted | old & ~wanted, bits)
    assert final["r6"] == wrap(word, bits)
    assert final["r7"] == wrap(a & LOW >> count, bits)
    assert final["r8"] == wrap(a & LOW & ~((1 << count) - 1), bits)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 63), st.integers(0, 63))
def test_rotations_of_doublewords(a: int, count: int, at: int) -> None:
    code = [f"rldicl r2,r1,{count},{at}", f"rldicr r3,r1,{count},{at}", f"rldic r4,r1,{count},{at}"]
    code += [f"rldimi r5,r1,{count},{at}", f"clrldi r6,r1,{at}", f"clrrdi r7,r1,{at}", "rotld r8,r1,r9"]
    final = run("PPC", f"0:r1={a}; 0:r5=-1; 0:r9={count + 64}", *code)
    whole = rotated(a & (1 << 64) - 1, count, 64)
    inner = mask(at, 63 - count)
    assert final["r2"] == wrap(whole & mask(at, 63), 64)
    assert final["r3"] == wrap(whole & mask(0, at), 64)
    assert final["r4"] == wrap(whole & inner, 64)
    assert final["r5"] == wrap(whole & inner | ~inner, 64)
    assert final["r6"] == wrap(a & mask(at, 63), 64)
    assert final["r7"] == wrap(a & mask(0, 63 - at), 64)
    assert final["r8"] == wrap(whole, 64)


PPC_RUNS: list[tuple[str, list[str], dict[str, Value]]] = [
    ("0:r1=-3", ["addic r2,r1,-1", "subfe r3,r2,r1", "addic. r4,r1,3", "addze r5,r4"], {"r3": 1, "r4": 0, "r5": 1}),
    ("0:r1=16", ["cntlzw r2,r1", "cntlzw r3,r4", "srwi r3,r3,5"], {"r2": 27, "r3": 1}),
    ("int64_t 0:r1=-16; 0:r2=3", ["cntlzd r3,r2", "mulhdu r4,r1,r1", "mulhd r5,r1,r2", "divdu r6,r1,r1"],
     {"r3": 62, "r4": -32, "r5": -1, "r6": 1}),
    ("0:r1=5", ["cmpwi cr0,r1,5", "cmpwi cr7,r1,9", "mfcr r2"], {"r2": 1 << 29 | 1 << 3}),
    ("", ["bl F", "addi r2,r2,1", "b End", "F: mflr r5", "li r2,4", "mtlr r5", "blr", "End: nop"], {"r2": 5}),
    ("", ["bl G", "addi r2,r2,1", "b End", "G: mflr r4", "li r2,4", "mtctr r4", "bctr", "End: nop"], {"r2": 5}),
    ("0:r1=P0:G", ["mtctr r1", "bctrl", "addi r2,r2,1", "b End", "G: li r2,4", "blr", "End: nop"], {"r2": 5}),
    ("0:r1=3", ["mtctr r1", "L: addi r2,r2,2", "bdnz L", "mfctr r3", "addi r3,r3,1"], {"r2": 6, "r3": 1}),
    ("int t[2]; 0:r1=t; 0:r30=5; 0:r31=-6", ["stmw r30,0(r1)", "li r30,0", "lmw r30,0,r1"],
     {"t": 5, "t+4": -6, "r30": 5, "r31": -6}),
    ("int t[2]={1,-1}; 0:r1=t; int64_t x", ["lmw r30,0(r1)"], {"r30": 1, "r31": 2**32 - 1}),
    ("0:r0=9; 0:r1=4", ["addi r2,r0,5", "add r3,r0,r1", "addis r4,r0,1", "subi r5,r1,1"],
     {"r2": 5, "r3": 13, "r4": 65536, "r5": 3}),
    ("0:r0=9; 0:r1=x; x=6", ["lwzx r2,r0,r1", "lwzx r3,0,r1", "stwx r1,r0,r1"], {"r2": 6, "r3": 6, "x": Address("x")}),
    ("0:r1=x; x=6", ["lwz r2,0,r1", "lwz R3 , 0 ( r1 )"], {"r2": 6, "r3": 6}),
    ("int t[3]={1,2,3}; 0:r1=t; 0:r2=8", ["lwzu r3,4(r1)", "lwzx r4,r1,r2", "stwu r3,4(r1)", "lwzux r5,r1,r9"],
     {"r3": 2, "r4": 0, "t+8": 2, "r1": Address("t", 8), "r5": 2}),
    ("0:r1=x; x=-1", ["lbz r2,0(r1)"], {"r2": 255}),
    ("0:r1=x; 0:r3=0x12345", ["sth r3,0(r1)", "lhz r2,0(r1)", "lha r4,0(r1)"], {"r2": 0x2345, "r4": 0x2345}),
    ("0:r1=x; x=7", ["lwarx r2,r0,r1", "addi r3,r2,1", "stwcx. r3,0,r1", "beq L", "li r4,1", "L:"],
     {"x": 8, "r4": 0, "cr0.eq": 1}),
    ("0:r1=x; x=7", ["ldarx r2,r0,r1", "stdcx. r2,r0,r1"], {"r2": 7, "x": 7}),
    ("0:r1=x; x=7", ["ldarx r2,0,r1,1", "stdcx. r2,r0,r1", "ldarx r3,r0,r1 , 0"], {"r2": 7, "r3": 7}),
    ("0:r1=x; x=7", ["lwarx r2,r0,r1,1", "addi r3,r2,1", "stwcx. r3,0,r1"], {"x": 8}),
    ("0:r1=-8", ["srawi r2,r1,1", "srwi r3,r1,28", "slwi r4,r1,1", "sraw r5,r1,r2", "divw r6,r1,r2"],
     {"r2": -4, "r3": 15, "r4": -16, "r5": -1, "r6": 2}),
    ("0:r1=-8", ["sldi r2,r1,1", "srdi r3,r1,60", "sradi r4,r1,2", "srwi r5,r1,28", "sld r6,r1,r3", "not r7,r1"],
     {"r2": -16, "r3": 15, "r4": -2, "r5": 15, "r6": -(2**18), "r7": 7}),
    ("0:r1=5", ["mr. r2,r1", "neg r3,r1", "andi. r4,r1,4", "ori r5,r1,2", "xori r6,r1,1", "mulli r7,r1,-3"],
     {"r2": 5, "r3": -5, "r4": 4, "r5": 7, "r6": 4, "r7": -15}),
    ("0:r1=5", ["subfic r2,r1,3", "oris r3,r1,1", "xoris r4,r1,2", "andis. r5,r3,1", "la r6,-1(r1)", "rotrwi r7,r1,1"],
     {"r2": -2, "r3": 65541, "r4": 131077, "r5": 65536, "r6": 4, "r7": -(2**31) + 2}),
    ("0:r1=x; uint8_t x=200", ["lbarx r2,r0,r1", "addi r3,r2,1", "stbcx. r3,r0,r1", "lbz r4,0(r1)"],
     {"r2": 200, "x": -55, "r4": 201}),
    ("0:r1=x; uint16_t x=65535", ["lharx r2,r0,r1", "sthcx. r2,r0,r1", "lha r4,0(r1)"],
     {"r2": 65535, "x": -1, "r4": -1}),
    ("0:r1=0x1ff", ["extsb r2,r1", "extsh r3,r1", "lis r4,0x7fff", "li r5,-1"],
     {"r2": -1, "r3": 511, "r4": 0x7FFF0000}),
    ("0:r1=3", ["L: addi r2,r2,2", "subi r1,r1,1", "cmpwi r1,0", "bne+ L", "b Out", "li r2,0", "Out: dcbf r0,r1"],
     {"r2": 6}),
]  # fmt: skip


@pytest.mark.parametrize(("init", "code", "expected"), PPC_RUNS)
def test_ppc(init: str, code: list[str], expected: dict[str, Value]) -> None:
    final = run("PPC", init, *code)
    assert {name: final.get(name, 0) for name in expected} == expected


def test_ppc_events() -> None:
    text = "PPC t\n{}\nP0;\nsync; hwsync; lwsync; eieio; isync; lwarx r1,r0,r2; stwcx. r1,r0,r2; lwz r1,0(r2);\n"
    test = parse_test(Source("t", text))
    tags = [set(s.tags) for s in statements(test) if isinstance(s, Fence | Load | StoreConditional)]
    assert tags == [{"SYNC"}, {"SYNC"}, {"LWSYNC"}, {"EIEIO"}, {"ISYNC"}, {"X", "EX"}, {"X", "EX"}, set()]
    assert [s.reserve for s in statements(test) if isinstance(s, Load)] == [True, False]
    assert test.threads[0].rows[:3] == ("sync", "sync", "lwsync")


def test_a_branch_depends_on_what_the_compare_read() -> None:
    """`cmpw r1,r1` is a dependency on r1; a flag that no branch looks at is not there at all."""
    test = parse_test(Source("t", "PPC t\n{}\nP0;\ncmpw r1,r1; cmpwi cr7,r2,1; beq L; L: nop;\n"))
    assigned = {s.dest: s.expr for s in statements(test) if isinstance(s, Assign)}
    assert assigned == {"cr0.eq": Op("eq", (Reg("r1"), Reg("r1")))}
    assert [s.condition for s in statements(test) if isinstance(s, Branch)] == [Reg("cr0.eq")]
