"""The `.litmus` container: header, initial state, condition, hash, and the order of states."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from litmus.base.source import Source
from litmus.frontend.condition import condition_text
from litmus.frontend.parser import parse_test
from litmus.frontend.states import sorted_states
from litmus.ir.litmus_test import And, Atom, Content, Implies, LitmusTest, Not, Or, Prop, Register
from litmus.ir.propositions import atoms
from litmus.ir.thread import Address, Value

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


def parse(text: str, name: str = "folder/t.litmus") -> LitmusTest:
    return parse_test(Source(name, text))


def ppc(init: str = "", condition: str = "", threads: int = 2) -> LitmusTest:
    header = " | ".join(f"P{n}" for n in range(threads))
    return parse(f"PPC t\n{{ {init} }}\n {header} ;\n{' | '.join(['li r1,1'] * threads)} ;\n{condition}\n")


HEADERS = [
    ("PPC a", "a", ""),
    ("PPC 2+2W+lwsync+[fr-rf].x", "2+2W+lwsync+[fr-rf].x", ""),
    ("PPC iwp2.3/amd4", "iwp2.3/amd4", ""),
    ('PPC a "one line"', "a", "one line"),
    ('PPC a (theA)  "about it"', "a", "about it"),
    ('PPC a\n"the next line"', "a", "the next line"),
    ('PPC a\r\n"the next line"\r', "a", "the next line"),
    ('PPC a "over\ntwo lines" ;', "a", "over\ntwo lines"),
    ('PPC a "with (* no comment"', "a", "with (* no comment"),
    ("PPC --", "t", ""),
    ("\ufeff\n (* first (* of *) all *)\n PPC a", "a", ""),
]


@pytest.mark.parametrize(("header", "name", "doc"), HEADERS)
def test_header(header: str, name: str, doc: str) -> None:
    test = parse(f"{header}\n{{}}\nP0;\nnop;\n")
    assert (test.arch, test.name, test.doc) == ("PPC", name, doc)


def test_metadata_is_kept_in_order() -> None:
    test = parse('PPC a "doc"\nCycle=Rfe Fre\nnot metadata\n  Indented=no\nOrig = { is (* *) kept  \r\n{}\nP0;\n')
    assert test.metadata == (("Cycle", "Rfe Fre"), ("Orig", "{ is       kept"))


LAYOUTS = [
    " P0 | P1 ;\n li r1,1 | L: ;\n | b L ;\n",
    "P0|P1;li r1,1|L:;|b L;",
    ";\n P0\t|\tP1\t;\n\n;\nli  r1 , 1|L:\nb L;;",
    "(* a *) P0 | (* b *) P1 ;\n li r1,1 | (* (* nothing *) yet *) ;\n | L: b L;",
    "P0|P1;\n|L:;\n|;li r1,1|;\n|b L;\n",
]


@pytest.mark.parametrize("end", ["", "exists (x=1)", "locations [x;]", "(x=1)", "<< exists (x=1)"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_programs(layout: str, end: str) -> None:
    if end.startswith("(") and not layout.rstrip().endswith(";"):
        end = f";{end}"  # by itself, a proposition comes after a row that is ended
    test = parse(f"PPC t\n{{}}{layout}\n{end}")
    assert [thread.rows for thread in test.threads] == [("li r1,1",), ("L:", "b   L")]
    assert test.hash == parse(f"PPC t\n{{}}{LAYOUTS[0]}\n{end}").hash


def test_a_program_may_be_empty() -> None:
    assert [thread.body for thread in parse("PPC t\n{}\nP0|P1;\nexists (x=0)").threads] == [(), ()]


INITS: list[tuple[str, list[tuple[str, Value]]]] = [
    ("", []),
    (";;", []),
    ("x=1; y = 2", [("x", 1), ("y", 2)]),
    ("x; [y]; int z; [w]=-3;", [("x", 0), ("y", 0), ("z", 0), ("w", -3)]),
    ("0:r1=x; P1:r2 = 0x10; 1:R3=-1", [("0:r1", Address("x")), ("1:r2", 16), ("1:r3", -1)]),
    ("int x=5; _Atomic int y; uint32_t z=0x7; volatile int w=1", [("x", 5), ("y", 0), ("z", 7), ("w", 1)]),
    ("int *p=&x; *q=y; int* r; int 0:r1=2", [("p", Address("x")), ("q", Address("y")), ("r", 0), ("0:r1", 2)]),
    ("atomic_int x = ATOMIC_INIT(4)", [("x", 4)]),
    ("int t[2]={7,-8}; 0:r1=&t[1]", [("t", 7), ("t+4", -8), ("0:r1", Address("t", 4))]),
    ("char s[2]; 0:r1=s[1]", [("s", 0), ("s+1", 0), ("0:r1", Address("s", 1))]),
    ("x=0xffffffff; int8_t b=200; uint16_t s=65535", [("x", -1), ("b", -56), ("s", -1)]),
    ("x=1; (* y=2; (* } *) *) z=3", [("x", 1), ("z", 3)]),
    ("x=(1); *p=&(x); *q=(&((x))); int t[1]={(-2)}", [("x", 1), ("p", Address("x")), ("q", Address("x")), ("t", -2)]),
    (
        "int y=*(&b); b=3; 0:r1=*&b; *p=&b; q=*&p",
        [("y", 3), ("b", 3), ("0:r1", 3), ("p", Address("b")), ("q", Address("b"))],
    ),
    ("uint8_t y=*&x; x=257; z=*&nothing; int t[2]={1,*&x}", [("y", 1), ("x", 257), ("z", 0), ("t", 1), ("t+4", 257)]),
]


@pytest.mark.parametrize(("init", "expected"), INITS)
def test_initial_state(init: str, expected: list[tuple[str, Value]]) -> None:
    assert [(str(item.target), item.value) for item in ppc(init).init] == expected


def test_spans_of_the_initial_state() -> None:
    spans = [item.span for item in ppc("int x=5; 0:r1=&x").init]
    assert [span and span.text for span in spans] == ["int x=5", "0:r1=&x"]


CONDITIONS = [
    ("", "forall (true)"),
    ("exists (0:r1=1 /\\ x=2)", "exists (0:r1=1 /\\ [x]=2)"),
    ("exists 0:r1=1", "exists (0:r1=1)"),
    ("~exists (x=1)", "~exists ([x]=1)"),
    ("~ exists(x=1);", "~exists ([x]=1)"),
    ("not exists (x=1).", "~exists ([x]=1)"),
    ("final ([x]=1)", "exists ([x]=1)"),
    ("(x=1)", "exists ([x]=1)"),
    ("forall (true \\/ false)", "forall (true \\/ false)"),
    ("exists (true /\\ x=1)", "exists (true /\\ [x]=1)"),
    ("exists (not x=1 /\\ ~y=2)", "exists (not ([x]=1) /\\ not ([y]=2))"),
    ("exists (not (x=1 /\\ y=2))", "exists (not ([x]=1 /\\ [y]=2))"),
    ("exists ()", "exists (true)"),
    ("~exists ( )", "~exists (true)"),
    ("forall ();", "forall (true)"),
    ("exists (x=(1) /\\ p=&(x))", "exists ([x]=1 /\\ [p]=x)"),
    ("exists (x=1 /\\ (y=2 /\\ z=3))", "exists ([x]=1 /\\ [y]=2 /\\ [z]=3)"),
    ("exists ((x=1 \\/ y=2) /\\ z=3)", "exists (([x]=1 \\/ [y]=2) /\\ [z]=3)"),
    ("exists (x=1 \\/ y=2 /\\ z=3)", "exists ([x]=1 \\/ [y]=2 /\\ [z]=3)"),
    ("exists (x=1 \\/ y=2 => z=3)", "exists ([x]=1 \\/ ([y]=2 => [z]=3))"),
    ("exists (x=1 => y=2 => z=3)", "exists ([x]=1 => [y]=2 => [z]=3)"),
    ("exists ((x=1 => y=2) => z=3)", "exists (([x]=1 => [y]=2) => [z]=3)"),
    ("exists ((x=1 /\\ y=2) => z=3)", "exists (([x]=1 /\\ [y]=2) => [z]=3)"),
    ("exists (x==1 /\\ y!=2 /\\ z<>3)", "exists ([x]=1 /\\ not ([y]=2) /\\ not ([z]=3))"),
    ("exists (x<1 /\\ x<=2 /\\ x>-1 /\\ x>=0)", "exists ([x]<1 /\\ [x]<=2 /\\ [x]>-1 /\\ [x]>=0)"),
    ("exists (0:r1=x /\\ p=&x /\\ q=t[1])", "exists (0:r1=x /\\ [p]=x /\\ [q]=t[1])"),
    ("exists (0:r1=t+4 /\\ q=&t+0 /\\ q=t[0])", "exists (0:r1=t[1] /\\ [q]=t /\\ [q]=t)"),
    ("exists (0:r1=1:r2 /\\ [x]=[y] /\\ x=*y /\\ 0:r1=[x])", "exists (0:r1=1:r2 /\\ [x]=[y] /\\ [x]=[y] /\\ 0:r1=[x])"),
    ("exists (t[0]=1 /\\ t[1]=0x10 /\\ *x=1 /\\ x=*t[1])", "exists (t[0]=1 /\\ t[1]=16 /\\ [x]=1 /\\ [x]=*t[1])"),
    ("exists (0:r1=1 \\/ 0:r1=1:r2 \\/ 0:r1=1)", "exists (0:r1=1 \\/ 0:r1=1:r2 \\/ 0:r1=1)"),
    ("exists (t[0]=1 \\/ t[0]!=1 \\/ t[0]<1 \\/ t[0]=1)", "exists (t[0]=1 \\/ not (t[0]=1) \\/ t[0]<1 \\/ t[0]=1)"),
    ("exists ([x]=1 \\/ [x]=1 /\\ t[1]=1)", "exists ([x]=1 \\/ [x]=1 /\\ t[1]=1)"),
    ("exists (t={1,2})", "exists (t={1,2})"),
    ("exists (t!={1,x} /\\ 0:r1=1)", "exists (not (t={1,x}) /\\ 0:r1=1)"),
    ("exists (P0:R1=0xffffffff)", "exists (0:r1=4294967295)"),
    ("exists (x=0xffffffffffffffff)", "exists ([x]=-1)"),
    ("observed 0:r1=1; x=2; and y=3;", "exists (0:r1=1 /\\ [x]=2 \\/ [y]=3)"),
    ("Observed x=1; and x!=2", "exists ([x]=1 \\/ not ([x]=2))"),
    ("observed and x=1;", "exists (true \\/ [x]=1)"),
    ("exists (x=1)\nwith\ntso: ~exists;\ncc: exists;", "exists ([x]=1)"),
    ("exists (x=1) (* comment *)\n<<\nanything {", "exists ([x]=1)"),
    ("locations [x; 0:r1 int; p int*; t[1]]\nforall (x=1)", "forall ([x]=1)"),
    ("locations [x;]", "forall (true)"),
    ("locations []\nexists (x=1)", "exists ([x]=1)"),
    ("filter (x=1 \\/ y=2)\nexists (z=1)", "exists ([z]=1)"),
]


@pytest.mark.parametrize(("text", "expected"), CONDITIONS)
def test_condition_text(text: str, expected: str) -> None:
    assert condition_text(ppc("int t[2]", text)) == expected


X, Y, Z = (Atom(Address(name), "=", 1) for name in "xyz")

STRUCTURES: list[tuple[str, Prop]] = [
    ("x=1 \\/ y=1 => z=1", Or((X, Implies(Y, Z)))),
    ("x=1 /\\ y=1 => z=1", And((X, Implies(Y, Z)))),
    ("x=1 => y=1 => z=1", Implies(X, Implies(Y, Z))),
    ("x=1 => y=1 /\\ z=1", And((Implies(X, Y), Z))),
    ("not x=1 => y=1", Implies(Not(X), Y)),
    ("~x=1 /\\ y=1 \\/ z=1", Or((And((Not(X), Y)), Z))),
    ("x=1 \\/ (y=1 \\/ z=1)", Or((X, Y, Z))),
    ("[x]=[y]", Atom(Address("x"), "=", Content(Address("y")))),
    ("0:r1=1:r2", Atom(Register(0, "r1"), "=", Register(1, "r2"))),
]


@pytest.mark.parametrize(("text", "expected"), STRUCTURES)
def test_precedence(text: str, expected: Prop) -> None:
    assert without_spans(ppc("", f"exists ({text})").condition.prop) == expected


def without_spans(prop: Prop) -> Prop:
    match prop:
        case Atom(left, op, right):
            return Atom(left, op, right)
        case Not(operand):
            return Not(without_spans(operand))
        case Implies(left, right):
            return Implies(without_spans(left), without_spans(right))
        case And(operands) | Or(operands):
            return type(prop)(tuple(map(without_spans, operands)))


def test_filter_observes_nothing() -> None:
    test = ppc("", "filter (x=1 /\\ 0:r2=3)\nexists (y=1)")
    assert test.filter is not None
    assert test.observed == (Address("y"),)
    assert set(test.locations) == {Address("x"), Address("y")}


def test_what_a_condition_repeats_is_observed_and_has_its_place() -> None:
    test = ppc("", "filter (0:r2=3)\nexists (0:r2=3 \\/ 0:r2=3)")
    assert test.observed == (Register(0, "r2"),)
    first, second = atoms(test.condition.prop)
    assert first.span is not None
    assert second.span is not None
    assert second.span.text == first.span.text == "0:r2=3"
    assert second.span.start - first.span.start == len("0:r2=3 \\/ ")


def test_observed_order() -> None:
    test = ppc("int t[3]; z; a=b", "locations [z; t[2]; 1:r2; t; 0:r10; a;]\nexists (0:r2=c /\\ 1:r1=0)")
    shown = [test.show(item) for item in test.observed]
    assert shown == ["0:r2", "0:r10", "1:r1", "1:r2", "[a]", "t[0]", "t[1]", "t[2]", "[z]"]
    assert [test.show(item) for item in test.shown][4:] == ["[a]", "t", "[z]", "t[2]"]


def test_observed_order_of_x86_is_that_of_the_registers() -> None:
    text = "X86 t\n{}\nP0;\nMOV EAX,$1;\nexists (0:EBP=0 /\\ 0:EDI=0 /\\ 0:ESI=0 /\\ 0:EBX=0 /\\ 0:EAX=1 /\\ 0:ZF=0)"
    assert [str(item) for item in parse(text).observed] == [
        "0:EAX", "0:EBX", "0:ESI", "0:EDI", "0:EBP", "0:ZF",
    ]  # fmt: skip


def test_locations_are_those_of_init_program_and_condition() -> None:
    test = parse("X86 t\n{ b; 0:EBX=c; }\nP0;\nMOV [a],$x;\nMOV [b],$1;\nexists (0:EAX=e /\\ d=1)")
    assert [str(item) for item in test.locations] == ["b", "c", "a", "x", "d", "e"]


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ("0:r1=1", "P0:r1=1"),
        ("x=1", "[x]=1"),
        ("y=0xffff", "[y]=0xffff"),
        ("z=-1", "[z]=-1"),
        ("0:r2=255", "P0:r2=255"),
    ],
)
def test_what_is_read_at_once_is_read_as_its_other_spellings(plain: str, other: str) -> None:
    init = "x; uint8_t y; int64_t z; uint64_t 0:r1; int8_t 0:r2;"
    tests = [ppc(init, f"exists ({atom} /\\ (x=7 \\/ {atom}))") for atom in (plain, other)]
    read = [[replace(atom, span=None) for atom in atoms(test.condition.prop)] for test in tests]
    assert read[0] == read[1]
    assert (tests[0].shown, tests[0].hash) == (tests[1].shown, tests[1].hash)


def test_states_are_sorted_by_value_numbers_first() -> None:
    names = (Register(0, "r1"), Address("x"))
    rows: list[tuple[Value, Value]] = [(-1, 0), (2, 0), (2, 5), (10, 1), (Address("a"), 0), (Address("b"), -3)]
    states = [tuple(zip(names, row, strict=True)) for row in rows]
    assert list(sorted_states([*states[3:], *states[:3]])) == states


# --- symbolic registers ----------------------------------------------------------------------------------------------


def test_symbolic_registers_stand_for_free_ones() -> None:
    test = parse(
        "PPC t\n{ %b=x; 0:r2=7; %a=3; }\nP0|P1;\nli %c,1|li r1,1;\nlwz r1,0(%b)|lwz %a,0(%b);\n"
        "exists (0:r3=0 /\\ %c=1 /\\ 1:%b=x)"
    )
    assert [thread.rows for thread in test.threads] == [("li r5,1", "lwz r1,0(r4)"), ("li r1,1", "lwz r2,0(r3)")]
    assert [str(item.target) for item in test.init] == ["0:r4", "1:r3", "0:r2", "1:r2"]
    assert condition_text(test) == "exists (0:r3=0 /\\ 0:r5=1 /\\ 1:r3=x)"


# --- the hash --------------------------------------------------------------------------------------------------------

SAME_HASH = [
    ("PPC a\n{ x=1; 0:r1=x; }\nP0;\nlwz r2,0(r1);\nexists (0:r2=1)",
     'PPC b "doc"\nCycle=none\n{ 0:r1 = x ; (* *) x =1 }\n P0 ;\n lwz  r2 , 0 ( r1 ) ;\nforall (not (0:r2=2))'),
    ("PPC a\n{}\nP0|P1;\nL: b M|nop;\nM:|;", "PPC a\n{}\nP0|P1;\nAa:| ;\nb  Zz|nop;\n Zz: |;"),
    ("PPC a\n{}\nP0;\nld r2,0(r1);\nstdx r1,r2,r3;", "PPC a\n{}\nP0;\nlwz r2,0(r1);\nstwx r1,r2,r3;"),
    ("PPC a\n{}\nP0;\nbnl L;\nL: bng L;", "PPC a\n{}\nP0;\nbge L;\nL: ble L;"),
    ("X86 a\n{}\nP0;\nMOVL [x],1;\nlock; inc (eax);", "X86 a\n{}\nP0;\nMOV [x],$1;\nLOCK INC [EAX];"),
    ("X86 a\n{}\nP0;\nMOV %a,$1;\nexists (x=1)", "X86 a\n{}\nP0;\nMOV %a,$1;\nlocations [x;]"),
]  # fmt: skip
OTHER_HASH = [
    ("PPC a\n{}\nP0;\nnop;\nexists (x=1)", "PPC a\n{}\nP0;\nnop;\nexists (y=1)"),
    ("PPC a\n{x=0;}\nP0;\nnop;", "PPC a\n{int x=0;}\nP0;\nnop;"),
    ("PPC a\n{}\nP0;\nnop;", "PPC a\nMT=x\n{}\nP0;\nnop;"),
    ("X86 a\n{}\nP0;\nMOV %a,$1;", "X86 a\n{}\nP0;\nMOV EAX,$1;"),
]


@pytest.mark.parametrize(("one", "other"), SAME_HASH)
def test_hash_is_the_same(one: str, other: str) -> None:
    assert parse(one).hash == parse(other).hash


@pytest.mark.parametrize(("one", "other"), OTHER_HASH)
def test_hash_differs(one: str, other: str) -> None:
    assert parse(one).hash != parse(other).hash


def test_hash_in_the_file_is_trusted() -> None:
    assert parse("PPC a\nHash=1234\n{}\nP0;\nnop;").hash == "1234"


def test_hash_by_hand() -> None:
    """The definition, written out once more: MD5 of the digests of initial state, code and observed places."""
    from hashlib import md5

    test = parse(
        "PPC a\n{ y=2; 1:r1=x; int *p=&x; int t[2]={1,2}; }\nP0|P1;\nL: lwz r1,0(r2)|nop;\nexists (t[1]=0 /\\ y=1)"
    )
    parts = ("1:r1=x; int *p=x; int t[2]; y=2", " L00:         | nop ;\n lwz r1,0(r2) |     ;\n", "y; t[1]")
    assert test.hash == md5(b"".join(md5(part.encode()).digest() for part in parts)).hexdigest()


# --- public suites ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["x86", "ppc", "lkmm"])
def test_public_suites(suite: str) -> None:
    """Name, kind, hash, and the order of states and of what is in them, of every public test that can be had."""
    folder = CORPORA / suite
    expected = (folder / "expected.jsonl").read_text().splitlines() if folder.exists() else []
    for row in map(json.loads, expected):
        test = parse_test(Source(row["file"], (folder / row["file"]).read_text()))
        kind = test.condition.quantifier.kind
        name = row["name"].removesuffix(".litmus")  # so does herd7; a row without its answer has the name as written
        assert (test.name, kind) == (name, row.get("kind", kind))
        assert test.hash == row.get("hash", test.hash), row["file"]
        lines = [
            [item.strip().split("=") for item in line.split(";") if item.strip()] for line in row.get("states", ())
        ]
        names = [test.show(item) for item in test.observed]
        assert all([name for name, _ in line] == names for line in lines), row["file"]
        states = [
            tuple(zip(test.observed, (int(v) if v.lstrip("-").isdigit() else Address(v) for _, v in line), strict=True))
            for line in lines
        ]
        assert list(sorted_states(states[::-1])) == states, row["file"]
