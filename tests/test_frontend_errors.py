"""Errors in `.litmus` files: each names its place, and where it can what was meant."""

from __future__ import annotations

import pytest

from litmus.base.errors import LitmusError, ParseError, UnsupportedError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test


def error(text: str) -> LitmusError:
    with pytest.raises(LitmusError) as caught:
        parse_test(Source("t.litmus", text))
    return caught.value


def at(place: str, message: str, kind: str = "ParseError", hint: str = "") -> tuple[str, str, str, str]:
    return place, message, kind, hint


FILES = [
    ("", at("1:1", "empty file: a test begins with a line 'ARCH NAME'")),
    (" \n\n", at("1:1", "empty file: a test begins with a line 'ARCH NAME'")),
    ("PPC", at("1:1", "a test begins with a line 'ARCH NAME'")),
    ("\x00\x01\x7fELF\n", at("1:1", "a test begins with a line 'ARCH NAME'")),
    ("PowerPC t\n{}\nP0;\n", at("1:1", "unknown architecture 'PowerPC'", hint="did you mean 'PPC'?")),
    ("x86 t\n{}\nP0;\n", at("1:1", "unknown architecture 'x86'", hint="did you mean 'X86'?")),
    ("VAX t\n{}\nP0;\n", at("1:1", "unknown architecture 'VAX'", hint="PPC, RISCV, X86, X86_64")),
    ("PPC t", at("1:6", "no initial state: expected '{'")),
    ("PPC t\n{ x=1", at("2:1", "initial state without end: no '}' for this '{'")),
    ("(* never", at("1:1", "comment without end")),
    ("PPC t\n{}\nP0;\nnop; (* never (* ends *)", at("4:6", "comment without end")),
    ("PPC t\n(* never\n{}\nP0;\nnop; (* ends", at("5:6", "comment without end")),
    ("PPC t\n(* never\nP0;", at("2:1", "comment without end")),
    ("PPC t\n{}", at("2:2", "no program: expected 'P0 | P1 ... ;'")),
    ("PPC t\n{}\nexists (x=1)", at("2:2", "no program: expected 'P0 | P1 ... ;'")),
    ("PPC t\n{}\nP0 | P2 ;", at("3:6", "expected thread P1 in the first row of the program")),
    ("PPC t\n{}\nP0:cta | P1 ;", at("3:1", "threads with scopes are not supported", "UnsupportedError")),
    ("PPC t\n{}\nP0|P1;\nnop;", at("4:1", "this row has 1 cell, but the program 2 threads")),
    ("PPC t\n{}\nP0;\nnop|nop;", at("4:1", "this row has 2 cells, but the program 1 thread")),
    ("PPC t\n{}\nP0;\nL:;\nnop;\nL: nop;", at("6:1", "label 'L' is already defined in this thread, on line 4")),
    ("PPC t\n{}\nP0|P1;\nLoop:|b Lop;\nb Lop|Lop:;", at("5:3", "thread P0 has no label 'Lop'", hint="'Loop'?")),
    ("PPC t\n{}\nP0;\nli " + "r" * 300 + ",1;", at("4:1", "this instruction has more than 200 characters")),
]

INITS = [
    ("x=1 y=2", at("2:7", "expected ';' after an item of the initial state, found 'y'")),
    ("x=", at("2:5", "expected a number or the name of a location, found the end")),
    ("=1", at("2:3", "expected a register or a location, found '='")),
    ("0:r99=1", at("2:3", "no register 'r99'", hint="did you mean 'r9'?")),
    ("5:r1=0", at("2:3", "no thread P5: the program has 2 threads")),
    ("x=99999999999999999999", at("2:5", "'99999999999999999999' is not a number of at most 64 bits")),
    ("x=0x", at("2:5", "'0x' is not a number of at most 64 bits")),
    ("x=*y", at("2:6", "expected '&' after '*', found 'y'")),
    ("x=(1;", at("2:7", "expected ')' after a value, found ';'")),
    ("x=&(1)", at("2:7", "expected the name of a location, found '1'")),
    ("x=1a", at("2:5", "'1a' is not a number of at most 64 bits")),
    ("x=1; int x=2", at("2:12", "'x' has an initial value already")),
    ("0:r1=1; P0:R1=2", at("2:11", "'0:R1' has an initial value already")),
    ("int t[0]", at("2:7", "an array must have 1 to 1024 cells", "UnsupportedError")),
    ("int t[1025]", at("2:7", "an array must have 1 to 1024 cells", "UnsupportedError")),
    (
        "int t[1024]; int u[1024]; " + ";".join(f"int v{n}[1024]" for n in range(96)),
        at("2:1349", "arrays with more than 100000 cells in total are not supported", "UnsupportedError"),
    ),
    ("int t[2]={1}", at("2:3", "'t' has 2 cells, but is given 1")),
    ("t[1]=2", at("2:8", "expected '{' before the values of an array, found '2'")),
    ("int x={1,2}", at("2:3", "'x' has one value, but is given 2")),
    ('0:r1=instr:"nop"', at("2:8", "instructions as values are not supported", "UnsupportedError")),
    ("0:r1=NOP", at("2:8", "instructions as values are not supported", "UnsupportedError")),
    ("[PTE(x)]=(valid:0)", at("2:3", "page tables are not supported", "UnsupportedError")),
    ("TTD(x)=(oa:PA(x))", at("2:3", "page tables are not supported", "UnsupportedError")),
    ("0:r1=PTE(x)", at("2:8", "page tables are not supported", "UnsupportedError")),
    ("0:r1=(oa:PA(x))", at("2:9", "page tables are not supported", "UnsupportedError")),
    ("tag(z)=:green", at("2:3", "memory tags are not supported", "UnsupportedError")),
    ("0:r1=z:red", at("2:8", "memory tags, as in x:red, are not supported", "UnsupportedError")),
    ("%zz=1", at("2:3", "the program has no symbolic register '%zz'")),
    ("x=\xa0", at("2:5", "expected a number or the name of a location, found '\xa0'")),
    ("x=\u0661", at("2:5", "expected a number or the name of a location, found '\u0661'")),
]

QUESTIONS = [
    ("exists", at("5:7", "expected a register, a location, 'not', 'true', 'false' or '(', found the end")),
    ("exists (x=1", at("5:12", "expected ')' after a proposition, found the end")),
    ("exists (x=1))", at("5:13", "expected the end of the test, found ')'")),
    ("exists (x)", at("5:10", "expected a comparison, as in x=1, found ')'")),
    ("exists (x=1 & y=2)", at("5:13", "expected ')' after a proposition, found '&'")),
    ("exists (0:r77=1)", at("5:9", "no register 'r77'", hint="did you mean 'r7'?")),
    ("exists (2:r1=1)", at("5:9", "no thread P2: the program has 2 threads")),
    ("exists (0:%q=1)", at("5:9", "thread P0 has no symbolic register '%q'")),
    ("exists (z[0]=1)", at("5:9", "'z' is not an array")),
    ("exists (t[2]=1)", at("5:9", "array 't' has only 2 cells")),
    ("exists (t=1)", at("5:9", "'t' is an array", hint="name one of its cells")),
    ("exists (t={1})", at("5:9", "array 't' has 2 cells, not 1")),
    ("exists (x={1})", at("5:9", "'x' cannot be compared with an array")),
    ("~forall (x=1)", at("5:2", "expected 'exists' after '~', found 'forall'")),
    ("observed (x=1);", at("5:10", "expected a register, a location, 'not', 'true', 'false' or '(', found '('")),
    ("observed x=1 /\\ y=1;", at("5:14", "expected the end of the test, found '/\\'")),
    ("cases x=1;", at("5:1", "'cases' is not supported", "UnsupportedError")),
    ("exists fault(P0,x)", at("5:8", "faults are not supported", "UnsupportedError")),
    ("locations x", at("5:11", "expected '[' after 'locations', found 'x'")),
    ("locations [x; 1]", at("5:15", "expected a register, a location or ']', found '1'")),
    ("filter exists (x=1)", at("5:15", "expected a comparison, as in x=1, found '('")),
    ("exits (x=1)", at("5:1", "expected a row of the program or the condition, found 'exits'", hint="'exists'?")),
    ("~exist (x=1);", at("5:2", "expected a row of the program or the condition, found 'exist'", hint="'exists'?")),
    ("exsits 0:r1=1", at("5:1", "expected a row of the program or the condition, found 'exsits'", hint="'exists'?")),
    ("FORALL (x=1)", at("5:1", "expected a row of the program or the condition, found 'FORALL'", hint="'forall'?")),
    (
        "locatons [x;]\nexists (x=1)",
        at("5:1", "expected a row of the program or the condition, found 'locatons'", hint="'locations'?"),
    ),
    ("locations [x;]\nexits (x=1)", at("6:1", "expected the end of the test, found 'exits'", hint="'exists'?")),
    ("exists " + "(" * 10000, at("5:108", "nested deeper than 100 levels")),
    ("exists " + "not " * 10000, at("5:408", "nested deeper than 100 levels")),
    ("exists " + "x=1 => " * 10000, at("5:715", "nested deeper than 100 levels")),
]

KERNEL_QUESTIONS = [
    ("exist (x=1)", at("4:1", "expected thread P1 or the condition, found 'exist'", hint="did you mean 'exists'?")),
    ("~exits (x=1)", at("4:2", "expected 'exists' after '~', found 'exits'", hint="did you mean 'exists'?")),
]

PPC_CELLS = [
    ("lii r1,1", at("4:1", "unknown mnemonic 'lii' in dialect PPC", hint="did you mean 'li'?")),
    ("li r1", at("4:1", "'li' takes 2 operands, not 1", hint="li rD,number")),
    ("li r1 1", at("4:1", "'li' takes 2 operands, not 1", hint="li rD,number")),
    ("li r1,x", at("4:7", "'x' is not a number from -32768 to 32767")),
    ("lwz r1,0(r2", at("4:8", "'0(r2' is not an operand in memory", hint="an operand in memory is like 8(r1)")),
    ("lwz r1,r2", at("4:8", "'r2' is not an operand in memory", hint="an operand in memory is like 8(r1)")),
    ("lwz r1,0(r32)", at("4:10", "no register 'r32'", hint="did you mean 'r3'?")),
    ("sync r1", at("4:1", "'sync' takes 0 operands, not 1")),
    ("bl foo", at("4:4", "thread P0 has no label 'foo'")),
    ("mfxer r1", at("4:1", "'mfxer' is not supported", "UnsupportedError")),
    ("addco. r1,r2,r3", at("4:1", "'addco.' is not supported", "UnsupportedError")),
    ("bctr", at("4:1", "a jump to a value, and no address of a label is a value")),
    ("lmw r1,0(r2)", at("4:1", "'lmw' cannot load the register that it loads by")),
    ("subfic. r1,r2,3", at("4:1", "unknown mnemonic 'subfic.' in dialect PPC", hint="did you mean 'subfic'?")),
    ("blr r1", at("4:1", "'blr' takes 0 operands, not 1")),
    ("rlwinm r1,r2,32,0,31", at("4:14", "'32' is not a number from 0 to 31")),
    ("rldicl r1,r2,0", at("4:1", "'rldicl' takes 4 operands, not 3", hint="rldicl rA,rS,number,number")),
    ("/", at("4:1", "expected an instruction")),
    ("lwzu r1,4(r1)", at("4:1", "'lwzu' cannot load the register that it updates")),
    ("L: beq cr9,L", at("4:8", "expected a field of the condition register, found 'cr9'", hint="beq {crN,}label")),
]

X86_CELLS = [
    ("MFENC", at("4:1", "unknown mnemonic 'MFENC' in dialect X86", hint="did you mean 'MFENCE'?")),
    ("MOV EAX,x", at("4:9", "no register 'x'", hint="write [x] for the location")),
    ("MOV EAXX,[x]", at("4:5", "no register 'EAXX'", hint="did you mean 'EAX'?")),
    ("MOV EAX,[x", at("4:9", "'[x' is not an operand", hint="an operand is like EAX, $1, [x] or [EAX]")),
    ("MOV EAX,", at("4:8", "expected an operand, found nothing", hint="MOV destination,source")),
    ("MOV EAX", at("4:1", "'MOV' takes 2 operands, not 1", hint="MOV destination,source")),
    ("INC", at("4:1", "'INC' takes 1 operand, not 0", hint="INC operand")),
    ("MOV [x],[y]", at("4:1", "an instruction can have at most one operand in memory")),
    ("MOV $1,EAX", at("4:1", "the destination cannot be a constant")),
    ("MOV EAX,$0x1ffffffffffffffff", at("4:9", "'$0x1ffffffffffffffff' is not a number of at most 64 bits")),
    ("LOCK MOV [x],EAX", at("4:1", "only a read-modify-write of memory can be locked")),
    ("LOCK INC EAX", at("4:1", "only a read-modify-write of memory can be locked")),
    ("LOCK MFENCE", at("4:1", "only a read-modify-write of memory can be locked")),
    ("LOCK;", at("4:1", "LOCK goes before an instruction")),
    ("MOVZX EAX,[x]", at("4:1", "'MOVZX' is not supported", "UnsupportedError")),
    ("movsd", at("4:1", "'movsd' is not supported", "UnsupportedError")),
    ("SHL EAX,[x]", at("4:1", "a shift must be by a constant or by cl")),
    ("MFENCE 1", at("4:1", "'MFENCE' takes 0 operands, not 1")),
    ("MOV y],$1", at("4:6", "unexpected ']'", hint="MOV destination,source")),
    ("MOV EAX,$", at("4:9", "expected a number or a location behind '$', found '$'")),
    ("MOV EAX,$ECX", at("4:9", "'ECX' is not the name of a location")),
    ("SHL EAX,$1,$2", at("4:1", "'SHL' takes 1 or 2 operands, not 3", hint="SHL destination{,count}")),
    ("JMP L+1", at("4:5", "'L+1' is not a label", hint="JMP label")),
    ("XCHG EAX,$1", at("4:1", "xchg takes a register and a register or memory")),
    ("CMPXCHG EAX,EBX", at("4:1", "cmpxchg of two registers is not supported", "UnsupportedError")),
]  # fmt: skip

X86_64_CELLS = [
    ("mvl $1,(x)", at("4:1", "unknown mnemonic 'mvl' in dialect X86_64", hint="did you mean 'movl'?")),
    ("movl %rax,(x)", at("4:1", "%rax has 64 bits, not 32", hint="its 32 bits are %eax")),
    ("movl x,%eax", at("4:6", "no register 'x'", hint="write (x) for the location")),
    ("movl (x),%eax,%ebx", at("4:1", "'movl' takes 2 operands, not 3", hint="movl source,destination")),
    ("movl 4(,%eax", at("4:6", "'4(' is not an operand", hint="an operand is like")),
    ("cmovel $1,%ebx", at("4:1", "cmov takes a register, and a register or memory")),
    ("cmpxchgl %eax,%ebx", at("4:1", "cmpxchg of two registers is not supported", "UnsupportedError")),
    ("cmpxchg16b (x)", at("4:1", "cmpxchg16b is not supported without lock", "UnsupportedError", "write lock")),
    ("lock cmpxchg16b %rax", at("4:1", "only a read-modify-write of memory can be locked")),
    ("cmpxchg8b (x)", at("4:1", "'cmpxchg8b' is not supported", "UnsupportedError")),
    ("callq x", at("4:1", "'callq' is not supported", "UnsupportedError")),
    ("clflush %rax", at("4:9", "expected memory, found '%rax'")),
    ("lock uxchl %eax,(x)", at("4:1", "only a read-modify-write of memory can be locked")),
    ("movsb", at("4:1", "'movsb' is not supported", "UnsupportedError")),
    ("mfencel", at("4:1", "unknown mnemonic 'mfencel' in dialect X86_64", hint="did you mean 'mfence'?")),
    ("movl (%rax,%rbx,3),%ecx", at("4:6", "'(%rax,%rbx,3)' is not an operand", hint="an operand is like")),
    ("movl (%rax,rbz,4),%ecx", at("4:12", "no register 'rbz'")),
    ("nopw [x]", at("4:6", "expected a register or memory, found '[x]'")),
    ("ret x", at("4:1", "'ret' takes 0 operands, not 1")),
    ("leaq %rax,%rbx", at("4:1", "lea takes an address and a register")),
    ("shll %ebx,%eax", at("4:1", "%ebx has 32 bits, not 8", hint="its 8 bits are %bl")),
    ("shll %bl,%eax", at("4:1", "a shift must be by a constant or by cl")),
    ("movzbl %eax,%ebx", at("4:1", "%eax has 32 bits, not 8", hint="its 8 bits are %al")),
    ("movzlw (x),%bx", at("4:1", "32 bits cannot be extended to 16")),
    ("lock btsl %eax,(x)",
     at("4:1", "the number of a bit in memory must be a constant", "UnsupportedError")),
    ("lock;", at("4:1", "lock goes before an instruction")),
    ("movq $x,(x);\nmovq (x),%rax;\nmovl (%rax),%ecx",
     at("4:1", "accesses to 'x' overlap in part, and an address that is stored there has no parts",
        "UnsupportedError")),
]  # fmt: skip

CASES = [
    *FILES,
    *((f"PPC t\n{{ {text} }}\nP0|P1;\nnop|nop;\n", expected) for text, expected in INITS),
    *((f"PPC t\n{{int t[2];}}\nP0|P1;\nnop|nop;\n{text}", expected) for text, expected in QUESTIONS),
    *((f"C t\n{{}}\nP0(int *x) {{ WRITE_ONCE(*x, 1); }}\n{text}", expected) for text, expected in KERNEL_QUESTIONS),
    *((f"PPC t\n{{}}\nP0;\n{text};", expected) for text, expected in PPC_CELLS),
    *((f"X86 t\n{{}}\nP0;\n{text};", expected) for text, expected in X86_CELLS),
    *((f"X86_64 t\n{{}}\nP0;\n{text};", expected) for text, expected in X86_64_CELLS),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[repr(text[-40:]) for text, _ in CASES])
def test_error(text: str, expected: tuple[str, str, str, str]) -> None:
    place, message, kind, hint = expected
    found = error(text)
    assert found.span is not None
    line, column = found.span.source.position(found.span.start)
    assert (f"{line}:{column}", type(found).__name__) == (place, kind)
    assert message in found.message
    assert hint in (found.hint or "")


def test_error_as_the_user_reads_it() -> None:
    text = "PPC MP\n{\n0:r1=x;\n}\n P0           | P1           ;\n lwx r3,0(r1) | lwz r3,0(r1) ;\n"
    assert str(error(text)) == (
        "t.litmus:6:2: error: unknown mnemonic 'lwx' in dialect PPC\n"
        "    6 |  lwx r3,0(r1) | lwz r3,0(r1) ;\n"
        "      |  ^^^ did you mean 'lwzx'?"
    )


def test_a_comment_does_not_move_places() -> None:
    found = error("PPC t (* a\n b *)\n{ (* c *) }\nP0; (* d\n\n*) lix r1,1;")
    assert found.span is not None
    assert str(found.span) == "t.litmus:6:4"


def test_kinds_of_errors() -> None:
    assert issubclass(ParseError, LitmusError)
    assert issubclass(UnsupportedError, LitmusError)
