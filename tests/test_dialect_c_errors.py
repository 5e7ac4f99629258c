"""Errors in kernel C: each names its place, and where it can what was meant."""

from __future__ import annotations

import pytest

from litmus.base.errors import LitmusError, UnsupportedError
from litmus.base.source import Source
from litmus.cat.registry import info
from litmus.dialects.c.calls import REFUSED
from litmus.frontend.parser import parse_test
from litmus.ir.thread import Address, Call, Const, Pointee
from litmus.kernel.lowering import lower


def error(text: str) -> LitmusError:
    with pytest.raises(LitmusError) as caught:
        parse_test(Source("t", text))
    return caught.value


def lowering_error(statements: str) -> LitmusError:
    test = parse_test(
        Source("t", f"C t\n{{}}\nP0(int *x, int *y, atomic_t *v)\n{{\n\t{statements}\n}}\nexists (x=1)\n")
    )
    with pytest.raises(LitmusError) as caught:
        lower(test, info("power"), "v6")
    return caught.value


# statements; what the caret is under; the message; the hint
STATEMENTS: list[tuple[str, str, str, str]] = [
    # calls
    ("smp_mb(x);", "x", "'smp_mb' takes no arguments", "smp_mb takes nothing"),
    ("r = READ_ONCE(*x, 1);", ",", "'READ_ONCE' takes 1 argument", "READ_ONCE takes a place"),
    ("WRITE_ONCE(*x);", ")", "'WRITE_ONCE' takes 2 arguments", "WRITE_ONCE takes a place, a value"),
    ("spin_lock();", ")", "'spin_lock' takes 1 argument", "spin_lock takes a pointer"),
    ("r = cmpxchg(x, 1);", ")", "'cmpxchg' takes 3 arguments", "cmpxchg takes a pointer, a value, a value"),
    ("r = READ_ONCE(x);", "x", "READ_ONCE takes a place in memory", "did you mean '*x'?"),
    ("int r; WRITE_ONCE(r, 1);", "r", "WRITE_ONCE takes a place in memory", "did you mean '*r'?"),
    ("WRITE_ONCE(*x + 1, 1);", "*x + 1", "WRITE_ONCE takes a place in memory", ""),
    ("r = smp_load_acquire(1);", "1", "'1' is not an address", ""),
    ("r = smp_mb();", "smp_mb()", "'smp_mb()' has no value", ""),
    ("set_bit(32, x);", "32", "the location has 32 bits, and no bit 32", ""),
    ("r = test_bit(-1, x);", "-1", "the location has 32 bits, and no bit -1", ""),
    ("int r; try_cmpxchg(x, r, 1);", "r", "expected '&' before the variable that the call changes, found 'r'", ""),
    ("try_cmpxchg(x, &y, 1);", "y", "expected a variable of this thread, found 'y'", ""),
    ("r = READ_ONCE(*x;", ";", "expected ')' or an operator, found ';'", ""),
    ("r = xchg(x 1);", "1", "expected ',' or an operator, found '1'", ""),
    ("r = frobnicate(x, 1 +);", ")", "expected an expression, found ')'", ""),
    ("r = frobnicate(x y);", "y", "expected ',' or an operator, found 'y'", ""),
    ("r = frobnicate(x, smp_mb());", "smp_mb()", "'smp_mb()' has no value", ""),
    # names and types
    ("r = r9;", "r9", "unknown name 'r9'", "declare it, or pass it: int *r9"),
    ("int reg = 1; r = rge;", "rge", "unknown name 'rge'", "did you mean 'reg'?"),
    ("r += 1;", "r", "unknown name 'r'", ""),
    ("int r; int r;", "r", "'r' is declared already", ""),
    ("int r; { int r; }", "r", "'r' is declared already", ""),
    ("int x;", "x", "'x' is declared already", ""),
    ("u33 r;", "u33", "unknown type 'u33'", "did you mean 'u32'?"),
    ("unsigned char short r;", "unsigned char short", "'unsigned char short' is not a type", ""),
    ("void r;", "r", "a variable cannot have this type, which has no values", ""),
    ("int;", ";", "expected the name of a variable, found ';'", ""),
    ("int a[2];", "[", "local arrays are not supported", "make it a location"),
    ("int r = {1};", "{", "initializers in braces are not supported", ""),
    ("struct page r;", "page", "unknown structure 'page'", "declare it before the threads: struct page { int a; };"),
    ("x->next = 1;", "x->", "before '->' must be a pointer to a structure that the test declares", ""),
    ("int *" + "*" * 9 + "r;", "*", "this type has more than 8 stars", ""),
    # expressions
    ("x = 1;", "x = 1", "parameter 'x' cannot be changed", "write *x, or copy it to a variable"),
    ("x++;", "x++", "parameter 'x' cannot be changed", ""),
    ("1 = 2;", "1 = 2", "this cannot be assigned to", ""),
    ("r = &x;", "&x", "'x' is already an address", "write x"),
    ("int r; int *s = &r;", "&r", "the address of 'r' is not supported", "make it a location"),
    ("r = &1;", "&1", "this has no address", ""),
    ("r = *3;", "3", "'3' is not an address", ""),
    ("r = 1[x];", "1[x]", "'1[x]' is not a cell of an array", ""),
    ("r = x + x;", "x + x", "'+' of two pointers is not supported", ""),
    ("r = ~x;", "~x", "'~' of a pointer is not supported", ""),
    ("r = 1 - x;", "1 - x", "a number minus a pointer is not supported", ""),
    ("unsigned u; r = u / 2;", "u / 2", "'/' of unsigned numbers as wide as a word is not supported", ""),
    ("r = 99999999999999999999;", "9" * 20, "is not a number of at most 64 bits", ""),
    ("r = 08;", "08", "'08' is not a number", ""),
    ("r = 1.5;", "1.5", "'1.5' is not a number", ""),
    ('r = "a";', '"a"', "characters and strings are not supported", ""),
    ("r = sizeof(void);", "sizeof(void)", "this type has no size", ""),
    ("r = 1 +;", ";", "expected an expression, found ';'", ""),
    ("r = 1 ? 2;", ";", "expected ':' after the second operand of '?', found ';'", ""),
    ("r = 1 2;", "2", "expected ';' or an operator, found '2'", ""),
    ("r = 1\n\n/* why */ if (1) ;", "if", "expected ';' or an operator", "is a ';' missing at the end of line 5?"),
    ("r = (1;", ";", "expected ')' after an expression, found ';'", ""),
    ("r = x[1;", ";", "expected ']' after an index, found ';'", ""),
    ("r = (int 1);", "1", "expected ')' after a type, found '1'", ""),
    ("r = " + "(" * 60 + "1;", "(", "nested deeper than 50 levels", ""),
    ("r = 1" + " + 1" * 101 + ";", "1", "this expression has more than 100 operators", ""),
    # statements
    ("if 1 r = 1;", "1", "expected '(' before a condition, found '1'", ""),
    ("if (1 {}", "{", "expected ')' after a condition, found '{'", ""),
    ("for (;;", "}", "expected an expression, found '}'", ""),
    ("do ; until (1);", "until", "expected 'while' after the body of 'do', found 'until'", ""),
    ("else ;", "else", "'else' without 'if'", ""),
    ("break;", "break", "'break' outside of a loop", ""),
    ("return 1;", "1", "a thread cannot return a value", ""),
    ("goto out;", "out", "no label 'out' in this function", ""),
    ("goto *x;", "*", "a goto to a computed label is not supported", ""),
    ("goto 1;", "1", "expected the name of a label, found '1'", ""),
    ("out: ; r = 1; out: ;", "out", "two labels have the name 'out'", ""),
    ("switch (1) ;", ";", "expected '{' before statements, found ';'", ""),
    ("asm volatile();", "asm", "'asm' is not supported", ""),
    ("r = 1; #define X", "#", "a directive must be the first thing on its line", ""),
]


@pytest.mark.parametrize(("statements", "caret", "message", "hint"), STATEMENTS, ids=[s[0][:30] for s in STATEMENTS])
def test_statements(statements: str, caret: str, message: str, hint: str) -> None:
    found = error(f"C t\n{{}}\nP0(int *x, int *y, atomic_t *v)\n{{\n\t{statements}\n}}\nexists (x=1)\n")
    assert message in found.message
    assert found.span is not None
    assert found.span.text == caret
    assert hint in (found.hint or "")


TESTS: list[tuple[str, str, str, str]] = [
    ("{}", "2:2", "no program: expected 'P0(...) { ... }'", ""),
    ("{}\nP1() {}", "3:1", "expected thread P0, found 'P1'", ""),
    ("{}\nP0() {}\nP2() {}", "4:1", "expected thread P1 or the condition, found 'P2'", ""),
    ("{}\nP0() {}\nexsits (x=1)", "4:1", "expected thread P1 or the condition, found 'exsits'", ""),
    ("{}\nint P0() {}", "3:5", "a thread cannot return a value", "write void P0(...)"),
    ("{}\n{ int x; }\nP0() {}", "3:1", "expected thread P0, found '{'", ""),
    ("{}\nP0 {}", "3:4", "expected '(' after the name of a thread, found '{'", ""),
    ("{}\nP0(int x) {}", "3:4", "'x' is not a pointer: a parameter must be the address of a location", "add a '*'"),
    ("{}\nP0(int *x, int *x) {}", "3:12", "two parameters have the name 'x'", ""),
    ("{}\nP0(int *x; int *y) {}", "3:10", "expected ',' or ')' after a parameter, found ';'", ""),
    ("{}\nP0(foo *x) {}", "3:4", "expected a type, found 'foo'", ""),
    ("{}\nP0(int *) {}", "3:9", "expected the name of a parameter, found ')'", ""),
    ("{}\nP0(int *x) {} P1(long *x) {}", "3:18", "'x' has 4 bytes in another thread, and 8 here", "different sizes"),
    ("{ int t[2]; }\nP0(long *t) {}", "2:3", "the cells have 4 bytes here, but 8 in the program", ""),
    ("{}\nP0() {", "3:6", "no '}' for this '{'", ""),
    ("{}\nP0(int *x) { *x = 1;\nexists (x=1)", "3:12", "no '}' for this '{'", "it is missing before the condition"),
    ("{}\nP0(int *x) { if (*x) {\n*x = 1; }\n~exists (x=1)", "3:12", "no '}' for this '{'", "before the condition"),
    ("{}\nP0() { /* }", "3:8", "comment without end", ""),
    ("{ (* }\nP0() {}", "2:3", "comment without end", ""),
    ("{}\nP0(int *x) { }\nexists (0:x=1)", "4:9", "thread P0 has no variable 'x'", "write x for what"),
    ("{}\nP0() { r1 = 1; }\nexists (1:r1=1)", "4:9", "no thread P1: the program has 1 thread", ""),
    ("{}\nP0() {} junk", "3:9", "expected thread P1 or the condition, found 'junk'", ""),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), TESTS, ids=[t[0] for t in TESTS])
def test_tests(text: str, place: str, message: str, hint: str) -> None:
    found = error(f"C t\n{text}")
    assert found.span is not None
    line, column = found.span.source.position(found.span.start)
    assert (f"{line}:{column}", found.message) == (place, message)
    assert hint in (found.hint or "")


# --- functions that are no primitives: models with macros may define them, architectures refuse them -----------------

CALLS: list[tuple[str, str, str, str]] = [
    ("smb_mb();", "smb_mb", "unknown function 'smb_mb'", "did you mean 'smp_mb'?"),
    ("atomic_inc_retrun(v);", "atomic_inc_retrun", "unknown function 'atomic_inc_retrun'", "'atomic_inc_return'?"),
    ("int r = frobnicate(x);", "frobnicate", "unknown function 'frobnicate'", ""),
    ("int r = 0; if (r) frobnicate(x);", "frobnicate", "unknown function 'frobnicate'", ""),
    ("WRITE_ONCE(*y, 1 + frobnicate(*x, 2));", "frobnicate", "unknown function 'frobnicate'", ""),
    ("down(x);", "down", "'down' is not supported", "use a mutex"),
    ("call_rcu(x, y);", "call_rcu", "'call_rcu' is not supported", "callbacks"),
    ("int r = __atomic_load_n(x, 5);", "__atomic_load_n", "is not supported", "use the functions of C11"),
]


@pytest.mark.parametrize(("statements", "caret", "message", "hint"), CALLS, ids=[s[0][:30] for s in CALLS])
def test_calls(statements: str, caret: str, message: str, hint: str) -> None:
    found = lowering_error(statements)
    assert message in found.message
    assert found.span is not None
    assert found.span.text == caret
    assert hint in (found.hint or "")


def test_a_call_keeps_its_arguments() -> None:
    text = "C t\n{}\nP0(int *x, int *y)\n{\n\tint r = frobnicate(x, *y, r + 1);\n\tfrobnicate();\n}\nexists (x=1)\n"
    first, second = (s for s in parse_test(Source("t", text)).threads[0].body if isinstance(s, Call))
    assert (first.name, first.dest) == ("frobnicate", "r")
    assert first.args[:2] == (Const(Address("x")), Pointee(Const(Address("y"))))
    assert (second.dest, second.args) == (None, ())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_to_do(name: str) -> None:
    found = lowering_error(f"{name}(x);")
    assert isinstance(found, UnsupportedError)
    assert str(found) == (
        f"t:5:2: error: '{name}' is not supported\n    5 |  {name}(x);\n      |  {'^' * len(name)} {REFUSED[name]}"
    )
