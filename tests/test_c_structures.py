"""Kernel C: structures. Each member is a location of its own, at an offset from the address of the structure."""

from __future__ import annotations

import random

import pytest
from oracles.kernel_thread import Machine
from oracles.shared import engine

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.frontend.condition import condition_text
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Address, Value
from litmus.judge.oracle import oracle_states

FOO = "struct foo { int a; u8 c; struct foo *next; int b; };"
PAIR = "struct in { int u; long v; }; struct out { char c; struct in i; int d; };"


def parse(statements: str, init: str = "", condition: str = "", definitions: str = FOO) -> LitmusTest:
    thread = f"P0(struct foo *s, struct foo **gp, int *x)\n{{\n{statements}\n}}"
    return parse_test(Source("t", f"C t\n{{ {init} }}\n{definitions}\n{thread}\n{condition}"))


# statements; the initial state; the values in memory and of registers in the end
RUNS: list[tuple[str, str, dict[str, Value]]] = [
    ("s->a = 1; s->b = s->a + 1; int r = READ_ONCE(s->b);", "", {"s": 1, "s+12": 2, "r": 2}),
    ("(*s).a = 3; (&*s)->b = 4; int *p = &s->b; int r = *p;", "", {"s": 3, "s+12": 4, "p": Address("s", 12), "r": 4}),
    ("s->c = 257; int r = s->c; s->c--; int q = s->c; u8 t = s->c - 1;", "s.c=5", {"s+4": 0, "r": 1, "q": 0, "t": 255}),
    ("s->next = s; s->next->next->a = 7; struct foo *p = s->next; int r = p->a;", "",
     {"s+8": Address("s"), "s": 7, "r": 7, "p": Address("s")}),
    ("struct foo *p = READ_ONCE(*gp); p->a++; p->next->b = 2; int r = p == s;",
     "gp=&t; struct foo t = {.next=&s, .a=4}",
     {"t": 5, "s+12": 2, "r": 0}),
    ("int r = s->a; int q = s->b; int t = s->c;", "struct foo s = { 1, 2, .b = 3 }", {"r": 1, "t": 2, "q": 3}),
    ("int r = s->a; int q = s->b;", "s.a=5; int s.b=6", {"r": 5, "q": 6}),
    ("int r = s->a; int q = s->b;", "s={.b=6}", {"r": 0, "q": 6}),
    ("int r = s->b; *x = s->c;", "struct foo s = {.b=*&x, .c=300}; x=9", {"r": 9, "x": 44}),
    ("struct foo *p = s, *q = NULL; if (p && !q) p->a = 1; if (p->next) p->a = 2;", "", {"s": 1}),
    ("WRITE_ONCE(s->a, xchg(&s->b, 5)); smp_store_release(&s->next, s);", "s.b=3",
     {"s": 3, "s+12": 5, "s+8": Address("s")}),
    ("int r = 0; struct foo *p; for (p = *gp; p; p = p->next) r += p->b;",
     "gp=&t; struct foo t={.b=1,.next=&u}; struct foo u={.b=2,.next=&s}; s.b=4", {"r": 7}),
    ("int *p = &s->a; struct foo *q = (struct foo *)p; q->b = 2; int r = (long)&s->b - (long)s;", "",
     {"s+16": 2, "r": 16}),  # longs: pointers have 8 bytes
]  # fmt: skip


@pytest.mark.parametrize(("statements", "init", "expected"), RUNS, ids=[s[:40] for s, *_ in RUNS])
def test_members_alone(statements: str, init: str, expected: dict[str, Value]) -> None:
    test = parse(statements, init)
    machine = Machine(print_test(test)).run()
    found = {**machine.regs, **{str(where): value for where, value in machine.memory.items()}}
    assert {name: found.get(name, 0) for name in expected} == expected
    again = parse_test(Source("again", print_test(machine.test)))
    assert again.hash == test.hash == machine.test.hash
    assert [(i.target, i.value) for i in again.init] == [(i.target, i.value) for i in machine.test.init]
    assert again.locations == machine.test.locations


def test_layout() -> None:
    """Members are aligned to their size, as in C; those of a structure within another have its offset, too."""
    thread = "P0(struct out *o, struct in *i) { o->i.v = 1; struct in *p = &o->i; p->u = 2; }"
    text = f"C t\n{{ }}\n{PAIR}\n{thread}\nexists (o.i.v=1)"
    test = parse_test(Source("t", text))
    assert [instance.members for instance in test.instances] == [
        (("o.c", Address("o")), ("o.i.u", Address("o", 8)), ("o.i.v", Address("o", 16)), ("o.d", Address("o", 24))),
        (("i.u", Address("i")), ("i.v", Address("i", 8))),
    ]
    memory = Machine(text).run().memory
    assert (memory[Address("o", 16)], memory[Address("o", 8)]) == (1, 2)


CONDITIONS = [
    ("exists (s.a=1 /\\ [s.b]=2)", "exists ([s.a]=1 /\\ [s.b]=2)"),
    ("exists (gp=s /\\ s.next=&s.a)", "exists ([gp]=s /\\ [s.next]=s)"),
    ("exists (0:p=&s.b \\/ 0:p=s+12)", "exists (0:p=s.b \\/ 0:p=s.b)"),
    ("exists (s.a=[s.b])", "exists ([s.a]=[s.b])"),
    ("exists (s.c=300)", "exists ([s.c]=300)"),
    ("locations [s.a; s.c;]\nforall (s.next=0)", "forall ([s.next]=0)"),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_members_in_conditions(condition: str, expected: str) -> None:
    test = parse("int *p = &s->b;", "", condition)
    assert condition_text(test) == expected
    again = parse_test(Source("again", print_test(test)))
    assert (again.observed, condition_text(again)) == (test.observed, expected)


def test_states_name_members() -> None:
    """In the order of the structure."""
    shown = "locations [0:p; s.b; gp; s.c; s.next]"
    test = parse("int *p = &s->b; s->c = 200; s->next = s; *gp = s->next;", "s.b=-1", shown)
    assert state_lines(engine.check(test, "sc")) == ["0:p=s.b; [gp]=s; [s.c]=200; [s.next]=s; [s.b]=-1;"]


def test_arrays_in_structures() -> None:
    definitions = "#define N 2\nstruct ring { u8 head; int data[N]; long tail; };"
    thread = (
        "P0(struct ring *r)\n{\nint i;\nfor (i = 0; i < N; i++)\nr->data[i] += i + 1;\nint s = sizeof(r->data);\n"
        "int *p = r->data;\np[1]++;\nWRITE_ONCE(r->data[0], 7);\n*r->data += 1;\nint *q = &r->data[1];\nr->tail = 9; }"
    )
    asked = [
        "r.data[0]=8",
        "r.data[1]=23",
        "0:q=&r.data[1]",
        "0:p=&r.data",
        "0:s=8",
        "r.data[1]=*r.data[1]",
        "r.tail=9",
    ]
    init = "{ struct ring r = { .data[1] = 20 }; struct ring t; struct ring u = {.head=1}; }"
    joined = " /\\ ".join(asked)
    test = parse_test(Source("t", f"C t\n{init}\n{definitions}\n{thread}\nexists ({joined})"))
    verdict = engine.check(test, "sc")
    assert (verdict.allowed, len(verdict.states)) == (True, 1), state_lines(verdict)
    again = parse_test(Source("again", print_test(test)))
    assert (again.locations, condition_text(again)) == (test.locations, condition_text(test))
    assert engine.check(again, "sc").states == verdict.states


# statements; the initial state; the condition; definitions; what the caret is under; the message; the hint
ERRORS: list[tuple[str, str, str, str, str, str, str]] = [
    ("s->d = 1;", "", "", FOO, "d", "struct foo has no member 'd'", "it has a, c, next, b"),
    ("s->nxt = 1;", "", "", FOO, "nxt", "struct foo has no member 'nxt'", "did you mean 'next'?"),
    ("s.a = 1;", "", "", FOO, "s.", "before '.' must be a structure that the test declares", "did you mean '->'?"),
    ("x->a = 1;", "", "", FOO, "x->", "before '->' must be a pointer to a structure that the test declares", ""),
    ("s->a->b = 1;", "", "", FOO, "s->a", "before '->' must be a pointer to a structure that the test declares", ""),
    ("s->1 = 1;", "", "", FOO, "1", "expected the name of a member, found '1'", ""),
    ("*s = *s;", "", "", FOO, "*s", "a place of this type cannot be read or written", ""),
    ("int r = (struct foo)s;", "", "", FOO, "(struct foo)s", "a value cannot have the type of a structure", ""),
    ("struct foo r;", "", "", FOO, "r", "a variable cannot have this type, which has no values", ""),
    ("s[1].a = 1;", "", "", FOO, "s[1]", "'+' of a pointer to a structure is not supported", ""),
    ("int r = s - s;", "", "", FOO, "s - s", "the distance between structures is not supported", ""),
    ("int r = container_of(x, struct foo, a);", "", "", FOO, "container_of", "'container_of' is not supported",
     "pass a pointer"),
    ("", "s=1", "", FOO, "s", "'s' is a structure", "write { .a = 1 }"),
    ("", "s={.d=1}", "", FOO, "1", "struct foo has no member 'd'", "it has .a, .c, .next, .b"),
    ("", "s={1,2,3,4,5}", "", FOO, "5", "'s' has 4 members, and is given more values", ""),
    ("", "s={.c=1,.a=2,3}", "", FOO, "3", "'s.c' has an initial value already", ""),
    ("", "s.a=1; s={.a=1}", "", FOO, "s", "'s.a' has an initial value already", ""),
    ("", "s.d=1", "", FOO, "s.d", "'s' has no member 'd'", "it has a, c, next, b"),
    ("", "t.a=1", "", FOO, "t.a", "'t' is no structure", "pass it to a thread, or declare it"),
    ("", "", "exists (t.a=1)", FOO, "t.a", "'t' is no structure", ""),
    ("", "", "exists (s.nxt=1)", FOO, "s.nxt", "'s' has no member 'nxt'", "did you mean 'next'?"),
    ("", "struct foo t[2]", "", FOO, "struct foo t[2]", "arrays of structures are not supported", ""),
    ("", "struct foo t={{1}}", "", FOO, "{", "braces in braces are not supported", ".inner.a = 1"),
    ("", "x={.a=1}", "", FOO, "x={.a=1}", "'x' is no structure that the program declares", ""),
    ("", "x={1,2}", "", FOO, "x={1,2}", "'x' has one value, but is given 2", ""),
    ("", "", "exists (s=1)", FOO, "s", "'s' is a structure", "name a member: s.a"),
    ("", "", "exists (s.d=1)", FOO, "s.d", "'s' has no member 'd'", "it has a, c, next, b"),
    ("", "", "", f"{FOO} {FOO}", "foo", "struct foo is declared already", ""),
    ("", "", "", "struct foo { int a : 3; };", ":", "bit-fields are not supported", "use a member for each"),
    ("", "", "", "struct foo { union { int a; }; };", "union", "the type 'union' is not supported", "use a structure"),
    ("", "", "", "struct foo { struct foo f; };", "f", "a structure cannot have itself as a member", "use a pointer"),
    ("", "", "", "struct foo { struct bar f; };", "bar", "unknown structure 'bar'", "declare it before the threads"),
    ("", "", "", "struct foo { int a; int a; };", "a", "two members have the name 'a'", ""),
    ("", "", "", "struct foo { int a[0]; };", "[0]", "an array must have 1 to 1024 cells", ""),
    ("", "", "", "struct foo { int a[2][2]; };", "[", "arrays of arrays are not supported", ""),
    ("", "", "", "struct f { int a; }; struct foo { struct f b[2]; };", "[",
     "arrays of structures are not supported", ""),
    ("", "", "exists (s.a[1]=0)", "struct foo { int a; };", "s.a[1]", "'s.a' is not an array", ""),
    ("", "", "", "struct foo { int a };", "}", "expected ';' after a member, found '}'", ""),
    ("", "", "", "struct foo { };", "{", "structures without members are not supported", ""),
    ("", "", "", "struct foo { void f; };", "f", "a member cannot have this type, which has no values", ""),
    ("", "", "", "struct foo { int (*f)(int); };", "(", "pointers to functions are not supported", ""),
    ("", "", "", "struct foo { int a; } x;", "x", "a declaration with a structure's is not supported",
     "end it with ';'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "init", "condition", "definitions", "caret", "message", "hint"), ERRORS, ids=[e[5] for e in ERRORS]
)
def test_errors(
    statements: str, init: str, condition: str, definitions: str, caret: str, message: str, hint: str
) -> None:
    with pytest.raises(LitmusError) as caught:
        parse(statements, init, condition, definitions)
    assert caught.value.message == message
    assert hint in (caught.value.hint or "")
    assert caught.value.span is not None
    assert caught.value.span.text.startswith(caret)


def test_a_structure_has_one_type() -> None:
    with pytest.raises(LitmusError, match="'s' is a struct foo in another thread"):
        parse_test(Source("t", f"C t\n{{ }}\n{FOO} {PAIR} P0(struct foo *s) {{ }} P1(struct in *s) {{ }}"))
    with pytest.raises(LitmusError, match="'s' is a struct foo in the program"):
        parse_test(Source("t", f"C t\n{{ struct in s; }}\n{FOO} {PAIR} P0(struct foo *s) {{ }}"))


@pytest.mark.parametrize("seed", range(12))
def test_members_are_like_locations(seed: int) -> None:
    """The states of a test with members are those of the same test with a location for each."""
    rng = random.Random(seed)
    accesses = ["WRITE_ONCE({}, {});", "r{1} = READ_ONCE({0});", "r{1} = smp_load_acquire(&{0});",
                "smp_store_release(&{}, {});", "{} = {};", "smp_mb();"]  # fmt: skip
    threads = []
    for _ in range(2):
        lines = [(rng.choice(accesses), rng.choice("ab"), rng.randrange(1, 3)) for _ in range(rng.randrange(2, 5))]
        threads.append(lines)

    def test(place: str, parameters: str, definitions: str, shown: str) -> LitmusTest:
        text = f"C t\n{{ }}\n{definitions}\n"
        for number, lines in enumerate(threads):
            body = " ".join(line.format(place.format(member), value) for line, member, value in lines)
            text += f"P{number}({parameters}) {{ int r1 = 0; int r2 = 0; {body} }}\n"
        return parse_test(Source("t", f"{text}locations [0:r1; 0:r2; 1:r1; 1:r2; {shown}]"))

    members = test("s->{}", "struct foo *s", FOO, "s.a; s.b")
    locations = test("(*{})", "int *a, int *b", "", "a; b")
    for model in ("sc", "x86-tso", "power"):
        found = [state.replace("s.", "") for state in state_lines(engine.check(members, model))]
        assert found == state_lines(engine.check(locations, model))
        ready = engine.prepare(members, model)
        if len(ready.graph.events) < 14:
            assert set(engine.check(members, model).states) == oracle_states(ready.graph, ready.model)


@pytest.mark.parametrize("model", ["sc", "power", "alpha"])
def test_publication_by_pointer(model: str) -> None:
    text = (
        f"C t\n{{ struct foo s = {{ .a = 1 }}; struct foo t; struct foo *gp = &s; }}\n{FOO}\n"
        "P0(struct foo *t, struct foo **gp) { t->a = 2; smp_wmb(); WRITE_ONCE(*gp, t); }\n"
        "P1(struct foo **gp) { struct foo *p = READ_ONCE(*gp); int r = READ_ONCE(p->a); }\n"
        "exists (1:p=&t /\\ 1:r=0)"
    )
    verdict = engine.check(parse_test(Source("t", text)), model)
    assert verdict.allowed is False  # READ_ONCE has a barrier on Alpha


LATER = "struct foo { struct bar *up; int a; }; struct bar { struct foo *down; int b; };"


def test_a_member_may_point_to_a_structure_that_is_declared_later() -> None:
    thread = "P0(struct foo *s, struct bar *t)\n{ s->up = t; t->down = s; s->up->b = 2; int r = s->up->down->up->b; }"
    machine = Machine(f"C t\n{{ }}\n{LATER}\n{thread}\n").run()
    assert machine.regs["r"] == 2
    assert parse_test(Source("t", print_test(parse_test(Source("t", f"C t\n{{ }}\n{LATER}\n{thread}\n"))))).threads


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("int r = s->up->b;", "t:4:9: error: struct bar is not declared"),
        ("int r = *s->up;", "a place of this type cannot be read or written"),
        ("int r = sizeof(*s->up);", "this type has no size"),
        ("*s->up = 1;", "a place of this type cannot be read or written"),
    ],
)
def test_a_structure_that_is_declared_nowhere_has_no_members(statement: str, message: str) -> None:
    text = f"C t\n{{ }}\nstruct foo {{ struct bar *up; int a; }}; P0(struct foo *s) {{\n{statement}\n}}\n"
    with pytest.raises(LitmusError) as caught:
        parse_test(Source("t", text))
    assert message in str(caught.value)


def test_only_a_pointer_may_be_to_a_structure_that_is_declared_later() -> None:
    with pytest.raises(LitmusError, match="unknown structure 'bar'"):
        parse_test(Source("t", "C t\n{ }\nstruct foo { struct bar up; };\nP0(struct foo *s) { }\n"))
