"""Kernel C: functions that a test defines, #define, goto, variables of the file, WARN_ON and BUG_ON."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from oracles.kernel_thread import Machine
from oracles.shared import engine

from litmus.base.errors import LitmusError, UnsupportedError
from litmus.base.source import Source
from litmus.batch.table import ComparisonCell
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.ir.options import Options
from litmus.ir.thread import Address, Primitive, Value
from litmus.judge.oracle import oracle_reports, oracle_states
from litmus.render import json as json_lines
from litmus.render.text import block


def alone(definitions: str, statements: str, init: str = "") -> Machine:
    """What a thread did that ran alone, in a test with definitions."""
    return Machine(f"C t\n{{ {init} }}\n{definitions}\nP0(int *x, int *y)\n{{\n{statements}\n}}\n").run()


def values(machine: Machine) -> dict[str, Value]:
    """The registers and the locations, by name."""
    return {**machine.regs, **{str(where): value for where, value in machine.memory.items()}}


# definitions; statements; the initial state; what holds in the end
RUNS: list[tuple[str, str, str, dict[str, Value]]] = [
    # macros
    ("#define N 3", "int r = N + 1;", "", {"r": 4}),
    ("#define N (1 << 4) - 1\n#define M N * 2", "int r = M;", "", {"r": 14}),
    ("#define X (*x)\n#define also X", "X = 5; int r = READ_ONCE(also);", "", {"x": 5, "r": 5}),
    ("#define u int\n#define twice r = r + r", "u r = 2; twice; twice;", "", {"r": 8}),
    ("#define nothing\n# define  A \\\n  7 /* a comment */", "nothing int r = A nothing;", "", {"r": 7}),
    ("#define a b\n#define b a", "int a = 1; b = 2; int r = a;", "", {"a": 1, "b": 2, "r": 1}),
    ("", "int r = 1;\n#define N 2\nr = N;", "", {"r": 2}),
    ("#define N 2\n#define N 2", "int r = N;", "x=N", {"r": 2, "x": 2}),
    ("enum { A, B, C = 7, D, };", "int r = A; int s = B; int t = D;", "y=D", {"r": 0, "s": 1, "t": 8, "y": 8}),
    ("enum state { A = 1 << 3 };\n#define B (A + 1)", "int r = B;", "", {"r": 9}),
    # functions
    ("int f(int a) { seen = a; return seen + 1; }", "int r = f(1); int s = seen; r = f(s + 1);", "",
     {"seen": 2, "r": 3, "s": 1}),  # a variable that no function declares is the thread's
    ("int f(int a) { seen = seen + a; return a; }", "seen = 5; int r = f(1); r = f(2);", "",
     {"seen": 8, "r": 2}),
    ("void f(void) { int seen; seen = 4; }", "seen = 5; f();", "", {"seen": 5}),
    ("static inline void f(int *p, int v) { WRITE_ONCE(*p, v); }", "f(x, 1); f(y, 2);", "", {"x": 1, "y": 2}),
    ("int f(int a) { return a + 1; }", "int r = f(f(1)) + f(10);", "", {"r": 14}),
    ("static int one(void) { return 1; }", "int r = one(); r = -one();", "", {"r": -1}),
    ("static bool f(int a) { return a; }", "int r = f(7); int s = f(0);", "", {"r": 1, "s": 0}),
    ("static u8 f(int a) { return a; }", "int r = f(257);", "", {"r": 1}),
    ("int f(u8 a) { return a; }", "int r = f(257);", "", {"r": 1}),
    ("int f(int a) { a++; a *= 2; return a; }", "int a = 5; int r = f(a); int s = f(1);", "",
     {"a": 5, "r": 12, "s": 4}),
    ("int f(int a) { int b = a; { int c = b + 1; return c; } }", "int b = 9; int r = f(b);", "", {"b": 9, "r": 10}),
    ("int f(int a) { if (a) return 1; return 2; }", "int r = f(0); int s = f(3);", "", {"r": 2, "s": 1}),
    ("int f(int a) { if (a > 1) { return 1; } else return 2; }", "int r = f(0); int s = f(3);", "", {"r": 2, "s": 1}),
    ("int f(int n) { int i, s = 0; for (i = 0; i < n; i++) { if (i == 3) return -s; s += i; } return s; }",
     "int r = f(3); int s = f(9);", "", {"r": 3, "s": -3}),
    ("int f(int *p) { while (1) { if (READ_ONCE(*p) > 2) break; (*p)++; } return *p; }", "int r = f(x);", "", {"r": 3}),
    ("void f(int *p) { return; }", "f(x); int r = 1;", "", {"r": 1}),
    ("void g(int *p) { *p += 1; }\nvoid f(int *p) { g(p); g(p); }", "f(x); f(y); f(x);", "", {"x": 4, "y": 2}),
    ("int f(int a, int b) { return a - b; }", "int r = f(3, 1) ? f(1, 2) : f(4, 1);", "", {"r": -1}),
    ("int f(int *p) { return xchg(p, 5); }", "int r = 0 && f(x); int s = 1 || f(x); int t = f(y) || 0;", "",
     {"r": 0, "s": 1, "t": 0, "x": 0, "y": 5}),
    ("int *f(int *p, int *q, int c) { return c ? p : q; }", "*f(x, y, 1) = 3; WRITE_ONCE(*f(x, y, 0), 4);", "",
     {"x": 3, "y": 4}),
    ("static int *pick(int *p) { return p; }", "int r = READ_ONCE(*pick(x));", "x=6", {"r": 6}),
    ("int get(int *p) { return READ_ONCE(*p); }", "if (get(x)) WRITE_ONCE(*y, get(x) + 1);", "x=1", {"y": 2}),
    ("int f(int *p) { if (*p) goto out; *p = 1; out: return *p + 1; }", "int r = f(x); int s = f(y);", "y=5",
     {"r": 2, "s": 6}),
    ("extern int f(int a);\nint f(int a) { return a; }", "int r = f(2);", "", {"r": 2}),
    ("static __always_inline int\nf(int a)\n{\n\treturn a;\n}", "(void)f(1); f(2); int r = f(3);", "", {"r": 3}),
    ("void swap(int *p, int *q) { int t = *p; *p = *q; *q = t; }", "swap(x, y);", "x=1; y=2", {"x": 2, "y": 1}),
    ("int try(int *p, int old) { return try_cmpxchg(p, &old, 9); }", "int r = try(x, 0); int s = try(y, 0);", "y=1",
     {"r": 1, "s": 0, "x": 9, "y": 1}),
    # goto
    ("", "int r = 1; goto out; r = 2; out: ;", "", {"r": 1}),
    ("", "int r = 0; again: r++; if (r < 5) goto again;", "", {"r": 5}),
    ("", "int i, r = 0; for (i = 0; i < 4; i++) { if (i == 2) goto done; r += 10; } r = 0; done: r++;", "", {"r": 21}),
    ("", "int r = 0; goto in; while (r < 3) { r += 10; in: r++; }", "", {"r": 12}),
    ("", "int r = 1; if (r) { goto a; } b: r += 2; goto c; a: r += 4; goto b; c: }{ ;", "", {"r": 7}),
    # switch and sizeof
    ("", "int r = 2, s = 0; switch (r) { case 1: s = 1; break; case 2: s = 2; case 3: s += 5; break; default: s = 9; }",
     "", {"s": 7}),
    ("", "int i, s = 0; for (i = 0; i < 5; i++) { switch (i) { case 1: continue; case 3: { s += 100; break; }"
     " default: s++; } s += 10; }", "", {"s": 143}),
    ("int f(int a) { switch (a) { case 1: return 5; default: break; case 7: { return 6; } } return 7; }",
     "int r = f(1); int s = f(2); int t = f(7);", "", {"r": 5, "s": 7, "t": 6}),
    ("#define A 1\nenum { B = 4 };", "int s = 0; switch (4) { case A: s = 1; case B + 0: s += 2; }  switch (2) { }", "",
     {"s": 2}),
    ("", "switch (READ_ONCE(*x)) { case 0: switch (*y) { default: *y = 3; } }", "", {"y": 3}),
    ("struct s { char c; int i; };", "int r = sizeof(int) + sizeof(struct s); int s = sizeof *x + sizeof x;", "",
     {"r": 12, "s": 8}),
    # variables of the file
    ("static int a;\nint b = 3, *p = 0;", "a = b + 1; b++; WRITE_ONCE(b, b); int r = READ_ONCE(a);", "",
     {"a": 4, "b": 4, "r": 4}),
    ("int a;\nint *p;", "p = &a; *READ_ONCE(p) = 5; int r = *(&a); int s = *&a;", "", {"a": 5, "r": 5, "s": 5}),
    ("int a = 2;\nint f(void) { return ++a; }", "int r = f(); int a = 9; r += f();", "", {"r": 7}),
    ("#define A (1 + 1)\nint a = A * 3;", "int r = a;", "", {"r": 6}),
    ("int a = 2;", "int r = a;", "a = 7", {"r": 7}),
    ("#define N 3\nint a[N], b = 4;",
     "int i; for (i = 0; i < N; i++) a[i] = i + b; int r = *a; int *p = &a[2]; int s = *p;", "",
     {"a": 4, "a+8": 6, "r": 4, "s": 6}),
    ("static long a[2] = { 7, };", "int r = a[0] + a[1]; WRITE_ONCE(a[1], r); int s = sizeof(a);", "",
     {"r": 7, "a+8": 7, "s": 16}),
    ("int a[2] = { 1, 2 };", "int r = a[0]; int s = a[1];", "int a[2] = {3, 4}", {"r": 3, "s": 4}),
    ("", "switch (*x) { case 0: *y = 1; fallthrough; case 1: *y += 1; }", "", {"y": 2}),
    ("static long a = -1;", "long r = a;", "", {"r": -1, "a": -1}),
    ("static DEFINE_SPINLOCK(lock);", "spin_lock(&lock); int r = spin_trylock(&lock); int s = spin_is_locked(&lock);",
     "",
     {"lock": 1, "r": 0, "s": 1}),
    ("static atomic_t a = ATOMIC_INIT(3);\nspinlock_t l = __SPIN_LOCK_UNLOCKED(l);", "int r = atomic_inc_return(&a);",
     "",
     {"a": 4, "r": 4, "l": 0}),
    ("struct s { int a, b; int *p; };\nstatic struct s v = { .b = 2, 0 }, w __read_mostly = { 7 };",
     "int r = v.b + w.a; v.p = &w.b; *v.p = 9;", "", {"r": 9, "v+8": Address("w", 4), "w+4": 9}),
    ("enum e { A = 3 };\nenum e a = A;", "enum e b = a; int r = b;", "", {"r": 3}),
    # macros of the kernel that compute
    ("", "int r = min(3, -1) + max(2, 5); int s = BIT(3) | BIT(0); int t = 7 ?: 1; int u = 0 ?: READ_ONCE(*x);", "x=4",
     {"r": 4, "s": 9, "t": 7, "u": 4}),
    ("static int max(int a, int b) { return 1; }", "int r = max(5, 6); int __maybe_unused s = 2;", "",
     {"r": 1, "s": 2}),
    # reports
    ("", "if (WARN_ON(*x == 1)) *y = 1; int r = WARN_ON_ONCE(0);", "x=1", {"y": 1, "r": 0}),
    ("", "BUG_ON(*x); *y = 1;", "x=1", {"y": 0}),
    ("", 'int r = WARN(*x, "x (is) %d, y %d\\n", *x, min(*y, 2)); if (WARN_ONCE(!*x, "\\"" "no")) *y = 1;', "x=1",
     {"r": 1}),
    ("", "BUG_ON(*x); *y = 1;", "", {"y": 1}),
    ("", "if (*x) BUG(); *y = 1;", "x=1", {"y": 0}),
    ("int f(int *p) { BUG_ON(!*p); return 1; }", "int r = f(x); *y = 1;", "", {"r": 0, "y": 0}),
]  # fmt: skip


def shortened(rows: list[Any]) -> list[str]:
    """The names of rows of a table."""
    return [f"{row[0]} {row[1]}"[:60] for row in rows]


@pytest.mark.parametrize(("definitions", "statements", "init", "expected"), RUNS, ids=shortened(RUNS))
def test_programs_alone(definitions: str, statements: str, init: str, expected: dict[str, Value]) -> None:
    machine = alone(definitions, statements.replace("}{", ""), init)
    found = values(machine)
    assert {name: found.get(name, 0) for name in expected} == expected
    again = parse_test(Source("again", print_test(machine.test)))
    assert again.hash == machine.test.hash
    assert [len(thread.body) for thread in again.threads] == [len(thread.body) for thread in machine.test.threads]


def test_definitions_may_stand_before_the_initial_state() -> None:
    definitions = "#define ONE (1)\nstruct s { int a; };\nstatic void f(int *p)\n{\n\t(*p) = ONE;\n}\n"
    text = f"C t\n{definitions}{{ x=2; (* note *) }}\n"
    machine = Machine(f"{text}P0(int *x, struct s *s) {{ int r = *x; f(x); f(&s->a); }}\nexists (s.a=ONE)").run()
    assert values(machine) == {"r": 2, "x": 1, "s": 1}


@pytest.mark.parametrize(
    "before", ["Generator=diy (7.58)\n", '"A title (short)"\n', "\n", "#define P (*x)\n", "Com=Rf (a)\n\n"]
)
def test_what_stands_before_the_initial_state_need_not_define_anything(before: str) -> None:
    test = parse_test(
        Source("t", f"C t\n{before}{{ x=1; (* a note *) }}\nP0(int *x) {{ int r = (*x); }}\nexists (0:r=1)")
    )
    assert [(item.target, item.value) for item in test.init] == [(Address("x"), 1)]


def test_reports() -> None:
    assert alone("", "WARN_ON(*x); WARN_ON(!*x); WARN_ON_ONCE(*x == 0);").reports == ["WARN_ON", "WARN_ON_ONCE"]
    assert alone("", "BUG_ON(*x + 1); WARN_ON(1);").reports == ["BUG_ON"]


def test_threads_may_be_declared_without_parameters() -> None:
    test = parse_test(
        Source("t", "C t\n{ }\nint a[2];\nvoid P0(void)\n{\nWRITE_ONCE(a[1], 2);\n}\nexists (a[1]=2 /\\ a[0]=0)")
    )
    assert engine.check(test, "sc").allowed
    with pytest.raises(LitmusError, match="'a' has 2 cells in the program"):
        parse_test(Source("t", "C t\n{ int a[3]; }\nint a[2];\nP0() { }\nexists (a[1]=2)"))


@pytest.mark.parametrize(("operator", "hint"), [("&&", "write /\\ for and"), ("||", "write \\/ for or")])
def test_operators_of_c_in_a_condition(operator: str, hint: str) -> None:
    with pytest.raises(LitmusError) as caught:
        parse_test(Source("t", f"C t\n{{ }}\nP0(int *x, int *y) {{ }}\nexists (x=0 {operator} y=0)"))
    assert caught.value.hint == hint


def test_the_variables_of_a_function_are_its_own() -> None:
    """No condition can name them, and each call has others."""
    test = alone("int f(int a) { int b = a; b++; return b; }", "int b = 1; int r = f(b) + f(5);").test
    asked = parse_test(Source("t", print_test(test).replace("forall (true)", "exists (0:a=1)")))
    assert [remark.message for remark in asked.remarks] == ["nothing sets '0:a': it is 0 in the end"]


def test_places_are_in_the_function_and_rows_at_the_call() -> None:
    test = alone("void f(int *p)\n{\n\tWRITE_ONCE(*p, 1);\n}", "smp_mb();\nf(x);\nf(y);").test
    thread = test.threads[0]
    found = [(s.span.source.position(s.span.start)[0], row) for s, row in zip(thread.body, thread.row_of, strict=True)
             if isinstance(s, Primitive) and s.span is not None]  # fmt: skip
    assert found == [(9, 2), (5, 3), (5, 4)]
    assert [s.args[0].value for s in thread.body if isinstance(s, Primitive) and s.args] == [Address("x"), Address("y")]


def test_a_header_of_the_system_is_passed_over() -> None:
    body = "P0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n"
    head = "#include <linux/types.h>\n# include <stdatomic.h> \n"
    plain = parse_test(Source("t", f"C t\n{{ }}\n{body}"))
    for text in (f"C t\n{head}{{ }}\n{body}", f"C t\n{{ }}\n{head}{body}"):
        test = parse_test(Source("t", text))
        assert [type(s) for s in test.threads[0].body] == [type(s) for s in plain.threads[0].body]
        assert test.hash == plain.hash


# definitions; statements; the line that the caret is in, counted from the definitions, and what it is under; the rest
ERRORS: list[tuple[str, str, int, str, str, str]] = [
    ("#define F(a) a", "", 1, "F", "macros with arguments are not supported: 'F(...)'", "static inline int f"),
    ('#include "types.h"', "", 1, "#include", "'#include' is not supported", "into the test"),
    ("#include <>", "", 1, "#include", "'#include' is not supported", ""),
    ("#include <linux/types.h>\n#endif", "", 2, "#endif", "'#endif' is not supported", ""),
    ("int a;\n# ifdef X\n#endif", "", 2, "# ifdef", "'#ifdef' is not supported", "several tests"),
    ("#if 1", "", 1, "#if", "'#if' is not supported", ""),
    ("#undef X", "", 1, "#undef", "'#undef' is not supported", ""),
    ("#defin X", "", 1, "#defin", "'#defin' is not supported", "did you mean 'define'?"),
    ("#pragma once", "", 1, "#pragma", "'#pragma' is not supported", "only #define is"),
    ("#", "", 1, "#", "'#' is not supported", ""),
    ("#define", "", 1, "#define", "expected a name after '#define'", ""),
    ("#define 1 2", "", 1, "#define", "expected a name after '#define'", ""),
    ("#define A 1\n#define A 2", "", 2, "A", "'A' is defined already", ""),
    ("#define A (1", "", 1, "A", "this macro has no end for its '('", ""),
    ("#define A 1)", "", 1, ")", "')' has no '(' in this macro", ""),
    ("#define A x = 1;", "", 1, ";", "';' in a macro is not supported: it must stand for an expression", ""),
    ("#define A 1 +", "", 1, "", "expected an expression, found the end", ""),
    ("#define N 08", "", 1, "08", "'08' is not a number", ""),
    ("#define N r9", "int r = 1 + N;", 4, "N", "unknown name 'r9'", ""),
    ("", "r = #define X", 4, "#", "a directive must be the first thing on its line", ""),
    ("int f(int a) { return g(a); }\nint g(int a) { return f(a); }", "int r = f(1);", 2, "f(",
     "functions that call themselves are not supported: f calls g calls f", "use a loop"),
    ("int f(int a) { return f(a); }", "", 1, "f(", "functions that call themselves are not supported: f calls f", ""),
    ("int f(int a) { return a; }", "int r = f();", 4, ")", "'f' takes 1 argument", "f(a)"),
    ("int f(int a) { return a; }", "int r = f(1, 2);", 4, ",", "'f' takes 1 argument", "f(a)"),
    ("int f(void) { return 1; }", "int r = f(1);", 4, "1", "expected ')' or an operator, found '1'", ""),
    ("int f(int a, int b) { return a; }", "int r = f(1 2);", 4, "2", "expected ',' or an operator, found '2'", ""),
    ("void f(int a) { }", "int r = f(1);", 4, "f(1)", "'f(1)' has no value", ""),
    ("void f(int a) { return 1; }", "", 1, "1", "'f' returns nothing", "declared as void"),
    ("int f(int a) { return; }", "", 1, "return", "'f' must return a value", ""),
    ("int f(int a) { return b; }", "", 1, "b", "unknown name 'b'", ""),
    ("int f(int a) { return x; }", "", 1, "x", "unknown name 'x'", ""),
    ("int f(int a) { int a; return 1; }", "", 1, "a", "'a' is declared already", ""),
    ("int f(int a, int a) { return 1; }", "", 1, "int a", "two parameters have the name 'a'", ""),
    ("int f(int a { return 1; }", "", 1, "{", "expected ',' or ')' after a parameter, found '{'", ""),
    ("int f(int) { return 1; }", "", 1, ")", "expected the name of a parameter, found ')'", ""),
    ("int f(int a) return 1;", "", 1, "return", "expected '{' before the statements of a function, found 'return'", ""),
    ("int f(int a) { return 1; }\nint f(int a) { return 1; }", "", 2, "f", "'f' is defined already", ""),
    ("int smp_mb(void) { return 1; }", "", 1, "smp_mb", "'smp_mb' is the kernel's own, and cannot be defined", ""),
    ("foo f(int a) { return 1; }", "", 1, "foo", "expected a type, found 'foo'", ""),
    ("void f(u8 *p) { *p = 1; }", "f(x);", 4, "x", "a pointer to 32 bits is given, and one to 8 bits is declared",
     "'p'"),
    ("void f(int a) { goto out; }", "out: ;", 1, "out", "no label 'out' in this function", ""),
    ("void f(int a) { again: goto agan; }", "", 1, "agan", "no label 'agan' in this function",
     "did you mean 'again'?"),
    ("void f(int a) { break; }", "while (1) f(1);", 1, "break", "'break' outside of a loop", ""),
    ("void f(int a) { case 1: ; }", "", 1, "case", "'case' is not directly in a switch", ""),
    ("void f(int a) { switch (a) { case a: ; } }", "", 1, "a", "a case must be a constant", ""),
    ("void f(int a) { switch (a) { case 1: case 1: ; } }", "", 1, "case 1", "this switch has two such cases", ""),
    ("void f(int a) { switch (a) { default: default: ; } }", "", 1, "default", "this switch has two such cases", ""),
    ("void f(int a) { switch (a) { case 1 ; } }", "", 1, ";", "expected ':' after a case, found ';'", ""),
    ("void f(int a) { switch (a) { { case 1: ; } } }", "", 1, "case", "'case' is not directly in a switch", ""),
    ("void f(int a) { switch a { } }", "", 1, "a", "expected '(' after 'switch', found 'a'", ""),
    ("void f(int a) { switch (1) { continue; } }", "", 1, "continue", "'continue' outside of a loop", ""),
    ("void f(void *a) { int r = sizeof(*a); }", "", 1, "sizeof(*a)", "this type has no size", ""),
    ("struct s { int a; };\nstruct s v = { .b = 1 };", "", 2, ".b =", "struct s has no member 'b'", "it has a"),
    ("struct s { int a; };\nstruct s v = { 1, 2 };", "", 2, "2", "'v' has 1 member, and is given more values", ""),
    ("struct s { int a; };\nstruct s v = { { 1 } };", "", 2, "{", "braces in braces are not supported", ""),
    ("DEFINE_SPINLOCK(1);", "", 1, "1", "expected the name of a lock, found '1'", ""),
    ("enum 1 a;", "", 1, "1", "expected the name of an enumeration, found '1'", ""),
    ("void f(int a) { min(1); }", "", 1, ")", "'min' takes 2 arguments", "min takes a value, a value"),
    ("void f(int a) { static int b; }", "", 1, "static", "a static variable in a function is not supported",
     "outside of the functions"),
    ("typedef int t;", "", 1, "typedef", "'typedef' is not supported", "write the type where it is used"),
    ("union u { int a; };", "", 1, "union", "the type 'union' is not supported", "use a structure"),
    ("int a[0];", "", 1, "[0]", "an array must have 1 to 1024 cells", ""),
    ("int a[2][2];", "", 1, "[", "arrays of arrays are not supported", ""),
    ("int a[2] = { 1, 2, 3 };", "", 1, "3", "'a' has 2 cells, and is given more values", ""),
    ("int a[2]; int a;", "", 1, "a", "'a' is defined already", ""),
    ("int a = b;", "", 1, "b", "unknown name 'b'", ""),
    ("int b; int a = b;", "", 1, "b", "what a variable begins with must be a constant", ""),
    ("int a = {1};", "", 1, "{", "initializers in braces are not supported here", ""),
    ("int a; int a;", "", 1, "a", "'a' is defined already", ""),
    ("void a;", "", 1, "a", "a variable cannot have this type, which has no values", ""),
    ("enum { A, A };", "", 1, "A", "'A' is defined already", ""),
    ("enum { 1 };", "", 1, "1", "expected a name, found '1'", ""),
    ("long x;", "", 0, "", "'x' has 4 bytes in another thread, and 8 here", ""),
    ("", "WARN(1);", 4, ")", "expected ',' and the text of WARN, found ')'", ""),
    ("", "WARN(1, 2);", 4, "2", "expected the text of WARN, found '2'", ""),
    ("", 'pr_info("hello");', 4, "pr_info", "'pr_info' is not supported", "use WARN_ON"),
    ("", "WARN_ON();", 4, ")", "'WARN_ON' takes 1 argument", "WARN_ON takes a value"),
    ("", "int r = BUG_ON(1);", 4, "BUG_ON(1)", "'BUG_ON(1)' has no value", ""),
    ("", "BUG(1);", 4, "1", "'BUG' takes no arguments", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("definitions", "statements", "line", "caret", "message", "hint"),
    ERRORS,
    ids=shortened(ERRORS),
)
def test_errors(definitions: str, statements: str, line: int, caret: str, message: str, hint: str) -> None:
    text = f"C t\n{{ }}\n{definitions}\nP0(int *x, int *y)\n{{\n{statements}\n}}\n"
    with pytest.raises(LitmusError) as caught:
        parse_test(Source("t", text))
    found = caught.value
    assert found.message == message
    assert hint in (found.hint or "")
    if line:
        assert found.span is not None
        after = definitions.count("\n") if line == 4 else 0
        assert found.span.source.position(found.span.start)[0] == line + 2 + after
        assert found.span.text.startswith(caret)


def test_functions_that_nothing_calls_are_read_too() -> None:
    with pytest.raises(LitmusError, match="unknown name 'nothing'"):
        alone("void f(int *p) { *p = nothing; }", "")


@pytest.mark.parametrize("name", ["f calls", "macros"])
def test_what_doubles_is_refused_soon(name: str) -> None:
    if name == "macros":
        lines = ["#define m0 1"] + [f"#define m{n} m{n - 1} + m{n - 1}" for n in range(1, 40)]
        definitions, statements = "\n".join(lines), "int r = m39;"
    else:
        lines = ["int f0(int a) { return a; }"]
        lines += [f"int f{n}(int a) {{ f{n - 1}(a); return f{n - 1}(a); }}" for n in range(1, 14)]
        definitions, statements = "\n".join(lines), "int r = f13(1);"
    with pytest.raises(UnsupportedError, match="more than"):
        alone(definitions, statements)


# --- at random -------------------------------------------------------------------------------------------------------


class Calls:
    """A random thread that calls functions, and the same with the functions written out by hand."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.bodies = {f"f{n}": self.function(n) for n in range(3)}

    def expression(self, names: list[str], depth: int = 2) -> str:
        if depth == 0 or self.rng.random() < 0.3:
            return self.rng.choice([*names, str(self.rng.randrange(-2, 5))])
        op = self.rng.choice(["+", "-", "*", "&", "|", "^", "<", "==", "&&", "||"])
        return f"({self.expression(names, depth - 1)} {op} {self.expression(names, depth - 1)})"

    def function(self, number: int) -> list[str]:
        """Statements over the parameters a and b, and a variable c; those that begin with `return` return."""
        names = ["a", "b", "c"]
        lines = [f"c = {self.expression(['a', 'b'])};"]
        for _ in range(self.rng.randrange(4)):
            kind = self.rng.randrange(5)
            name, value = self.rng.choice(names), self.expression(names)
            if kind == 0:
                lines.append(f"if ({self.expression(names)}) return {value};")
            elif kind == 1:
                lines.append(f"for (b = 0; b < 3; b++) {{ if ({self.expression(names)}) return {value}; a++; }}")
            elif kind == 2 and number:
                lines.append(f"call {name} f{self.rng.randrange(number)} {self.expression(names, 1)} {name};")
            else:
                lines.append(f"{name} = {value};")
        return [*lines, f"return {self.expression(names)};"]

    def text(self, inlined: bool) -> str:
        definitions = ""
        for name, lines in () if inlined else self.bodies.items():
            body = " ".join(re.sub(r"call (\w+) (\w+) (.*) (\w+);", r"\1 = \2(\3, \4);", line) for line in lines)
            definitions += f"static int {name}(int a, int b)\n{{ int c; {body} }}\n"
        self.count = 0
        rng = random.Random(7)
        calls = ""
        for result in ("r", "s", "t"):
            args = f"(r0 + {rng.randrange(4)})", f"(r0 * {rng.randrange(3)})"
            name = rng.choice(list(self.bodies))
            calls += self.inline(result, name, *args) if inlined else f"int {result} = {name}({args[0]}, {args[1]});\n"
        return f"C t\n{{ x=3; }}\n{definitions}P0(int *x)\n{{\nint r0 = READ_ONCE(*x);\n{calls}}}\n"

    def inline(self, result: str, name: str, first: str, second: str) -> str:
        self.count += 1
        end = self.count
        text = f"int a{end} = {first}; int b{end} = {second}; int c{end};\n"
        text += f"int {result};\n" if result in ("r", "s", "t") else ""
        for line in self.bodies[name]:
            line = re.sub(r"\b([abc])\b", rf"\g<1>{end}", line)
            line = re.sub(r"return ([^;]*);", rf"{{ {result} = \1; goto out{end}; }}", line)
            call = re.fullmatch(r"call (\w+) (\w+) (.*) (\w+);", line)
            text += self.inline(call[1], call[2], call[3], call[4]) if call else f"{line}\n"
        return f"{text}out{end}: ;\n"


@pytest.mark.parametrize("seed", range(40))
def test_calls_do_what_the_functions_written_out_do(seed: int) -> None:
    program = Calls(seed)
    called, written = Machine(program.text(False)).run(), Machine(program.text(True)).run()
    assert [called.regs[name] for name in "rst"] == [written.regs[name] for name in "rst"]


STATEMENTS = [
    "WRITE_ONCE(*x, 1);", "WRITE_ONCE(*y, 1);", "WRITE_ONCE(*x, 2);", "r = READ_ONCE(*x);", "r = READ_ONCE(*y);",
    "WARN_ON(r);", "WARN_ON(r == 2);", "WARN_ON(READ_ONCE(*x) < r);", "BUG_ON(r == 1);", "BUG_ON(!READ_ONCE(*y));",
    "if (r) WARN_ON_ONCE(1);", "if (r == 0) BUG();", "smp_mb();", "look(x, r);", "look(y, 1);", "if (r) goto out;",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_reports_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    threads = ""
    for number in range(2):
        body = " ".join(rng.choice(STATEMENTS) for _ in range(rng.randrange(2, 5)))
        threads += f"P{number}(int *x, int *y)\n{{\nint r = 0;\n{body}\nout: ;\n}}\n"
    look = "static void look(int *p, int v)\n{\nWARN_ON(READ_ONCE(*p) > v);\n}\n"
    test = parse_test(Source("t", f"C t\n{{ }}\n{look}{threads}exists (0:r=1 /\\ x=2)"))
    for model in ("sc", "x86-tso", "power"):
        ready = engine.prepare(test, model)
        if len(ready.graph.events) > 14:
            continue
        expected = oracle_reports(ready.graph, ready.model)
        for options in (Options(), Options(verdict_only=True)):
            assert set(engine.check(test, model, options).reports) == expected
        assert set(engine.check(test, model).states) == oracle_states(ready.graph, ready.model)


def test_where_reports_are_shown() -> None:
    """As flags in text and JSON; but a table says that they fire, and keeps the verdict."""
    text = "C t\n{ }\nP0(int *x) { WRITE_ONCE(*x, 1); }\nP1(int *x)\n{\n\tWARN_ON(READ_ONCE(*x));\n}\nexists (x=0)"
    test = parse_test(Source("t", text))
    verdict = engine.check(test, "sc")
    assert (verdict.flags, verdict.reports, verdict.allowed) == ((), ("WARN_ON line 6",), False)
    assert "Flag WARN_ON line 6\n" in block(verdict)
    assert json.loads(json_lines.line("t", verdict))["flags"] == ["WARN_ON line 6"]
    cell = ComparisonCell(verdict)
    assert (cell.word(), cell.remark, cell.flags) == ("Forbidden", "WARN_ON line 6 fires", ())


def test_the_same_place_is_one_report() -> None:
    text = "C t\n{ }\nstatic void f(int v)\n{\n\tWARN_ON(v);\n}\nP0() { f(0); f(1); }\nP1() { f(2); WARN_ON(0); }"
    assert engine.check(parse_test(Source("t", text)), "sc").reports == ("WARN_ON line 5",)


def test_a_condition_can_mention_a_variable_that_a_function_sets() -> None:
    test = parse_test(
        Source("t", "C t\n{ x=3; }\nint f(int *p) { return seen = *p; }\nP0(int *x) { f(x); }\nexists (0:seen=3)")
    )
    assert str(engine.check(test, "sc").answer.value) == "Allowed"
    declared = "C t\n{ x=3; }\nint f(int *p) { int seen = *p; return seen; }\nP0(int *x) { f(x); }\nexists (0:seen=3)"
    (remark,) = parse_test(Source("t", declared)).remarks  # its own is not the one that the condition asks for
    assert remark.message == "nothing sets '0:seen': it is 0 in the end"
