"""Kernel C: what each thread of our own tests becomes, every call, and what programs compute when they run alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from oracles.kernel_thread import Machine, run
from oracles.listing import shown

from litmus.base.errors import UnsupportedError
from litmus.base.source import Source
from litmus.dialects.c.calls import CALLS, SPECIAL
from litmus.frontend.condition import condition_text
from litmus.frontend.files import read_test
from litmus.frontend.parser import parse_test
from litmus.ir.kernel import PRIMITIVES, Kind, Update, rows, update
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import Address, Branch, Const, Expr, Op, Primitive, Reg
from litmus.ir.values import apply
from litmus.unfold import unfold

FOLDER = Path(__file__).parent / "litmus" / "C"
TABLE: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "expected.yaml").read_text())


def parse(statements: str, parameters: str = "int *x, int *y", init: str = "", condition: str = "") -> LitmusTest:
    return parse_test(Source("t", f"C t\n{{ {init} }}\nP0({parameters})\n{{ {statements} }}\n{condition}"))


def program(test: LitmusTest, thread: int = 0) -> list[str]:
    return [shown(statement) for statement in test.threads[thread].body]


@pytest.mark.parametrize("file", TABLE)
def test_what_our_own_tests_become(file: str) -> None:
    test = read_test(str(FOLDER / file))
    found = [program(test, thread.index) for thread in test.threads]
    assert found == [text.splitlines() for text in TABLE[file]["program"]]


def test_our_own_tests_have_every_primitive() -> None:
    tests = [read_test(str(FOLDER / file)) for file in TABLE]
    found = {s.name for test in tests for thread in test.threads for s in thread.body if isinstance(s, Primitive)}
    families = {
        rows(name)[-1].removesuffix("_acquire").removesuffix("_release").removesuffix("_relaxed") for name in found
    }
    assert {rows(name)[-1] for name in PRIMITIVES} <= {
        f"{family}{order}" for family in families for order in ("", "_acquire", "_release", "_relaxed")
    }
    assert {spec.name for spec in PRIMITIVES.values() if spec.kind is not Kind.UPDATE} <= found


ARGUMENTS = {"l": "*x", "p": "x", "v": "1", "-": "flags"}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_its_primitive(name: str) -> None:
    """With as many arguments as it takes; an address first, if it has one; and a result if, and only if, it has one."""
    call = CALLS[name]
    text = f"{name}({', '.join(ARGUMENTS[letter] for letter in call.takes)})"
    (statement,) = parse(f"{text};").threads[0].body
    assert isinstance(statement, Primitive)
    spec = call.spec
    assert (statement.name, statement.dest) == (spec.name, None)
    assert len(statement.args) == spec.located + spec.values
    if spec.located:
        assert statement.args[0] == Const(Address("x"))
        assert statement.size == 4
    assert statement.span is not None
    assert statement.span.text == text
    if spec.gives.value == "nothing":
        with pytest.raises(Exception, match="has no value"):
            parse(f"r = {text};")
    else:
        (statement,) = parse(f"int r = {text};").threads[0].body
        assert isinstance(statement, Primitive)
        assert statement.dest == "r"


def test_every_primitive_has_a_call() -> None:
    plain = {"plain_read", "plain_write"}
    assert {call.spec.name for call in CALLS.values()} | plain == set(PRIMITIVES)
    assert not SPECIAL & set(CALLS)


def test_variants_share_the_row_of_what_exists() -> None:
    assert rows("atomic_fetch_or_acquire") == ("atomic_fetch_or_acquire", "atomic_add_return_acquire")
    assert rows("atomic_add_unless") == ("atomic_add_unless", "atomic_cmpxchg", "cmpxchg")
    assert rows("smp_mb__before_clear_bit")[-1] == "smp_mb__before_atomic"
    assert {row for name in PRIMITIVES for row in rows(name)} == set(PRIMITIVES)


# --- updates ---------------------------------------------------------------------------------------------------------

Computes = Callable[[int, int, int], tuple[int, int]]  # of what is read and two values: what is left there, the result

UPDATES: list[tuple[str, Computes]] = [
    ("atomic_add", lambda old, a, b: (old + a, 0)),
    ("atomic_sub", lambda old, a, b: (old - a, 0)),
    ("atomic_and", lambda old, a, b: (old & a, 0)),
    ("atomic_or", lambda old, a, b: (old | a, 0)),
    ("atomic_xor", lambda old, a, b: (old ^ a, 0)),
    ("atomic_andnot", lambda old, a, b: (old & ~a, 0)),
    ("atomic_add_return", lambda old, a, b: (old + a, old + a)),
    ("atomic_sub_return", lambda old, a, b: (old - a, old - a)),
    ("atomic_fetch_add", lambda old, a, b: (old + a, old)),
    ("atomic_fetch_sub", lambda old, a, b: (old - a, old)),
    ("atomic_fetch_and", lambda old, a, b: (old & a, old)),
    ("atomic_fetch_or", lambda old, a, b: (old | a, old)),
    ("atomic_fetch_xor", lambda old, a, b: (old ^ a, old)),
    ("atomic_fetch_andnot", lambda old, a, b: (old & ~a, old)),
    ("atomic_add_negative", lambda old, a, b: (old + a, int(old + a < 0))),
    ("atomic_sub_and_test", lambda old, a, b: (old - a, int(old == a))),
    ("atomic_add_unless", lambda old, a, b: (old, 0) if old == b else (old + a, 1)),
    ("atomic_fetch_add_unless", lambda old, a, b: (old if old == b else old + a, old)),
    ("xchg", lambda old, a, b: (a, old)),
    ("cmpxchg", lambda old, a, b: (b if old == a else old, old)),
    ("set_bit", lambda old, a, b: (old | 1 << a, 0)),
    ("clear_bit", lambda old, a, b: (old & ~(1 << a), 0)),
    ("change_bit", lambda old, a, b: (old ^ 1 << a, 0)),
    ("clear_bit_unlock", lambda old, a, b: (old & ~(1 << a), 0)),
    ("test_and_set_bit", lambda old, a, b: (old | 1 << a, old >> a & 1)),
    ("test_and_set_bit_lock", lambda old, a, b: (old | 1 << a, old >> a & 1)),
    ("test_and_clear_bit", lambda old, a, b: (old & ~(1 << a), old >> a & 1)),
    ("test_and_change_bit", lambda old, a, b: (old ^ 1 << a, old >> a & 1)),
]


def base(name: str) -> str:
    """The name of an update without its order."""
    for order in ("_acquire", "_release", "_relaxed"):
        name = name.removesuffix(order)
    return {"atomic_xchg": "xchg", "atomic_cmpxchg": "cmpxchg"}.get(name, name)


def test_the_table_of_updates_is_complete() -> None:
    assert {base(spec.name) for spec in PRIMITIVES.values() if spec.kind is Kind.UPDATE} == {n for n, _ in UPDATES}


@pytest.mark.parametrize(("name", "computes"), UPDATES, ids=[name for name, _ in UPDATES])
def test_updates(name: str, computes: Computes) -> None:
    bits = PRIMITIVES[name].bit
    for variant in (n for n, spec in PRIMITIVES.items() if spec.kind is Kind.UPDATE and base(n) == name):
        for old in (0, 1, 2, 5, -1, -6):
            for a in (0, 1, 5) if bits else (0, 1, 2, -1, 5):
                for b in (0, 2, 5):
                    for word_bits in (32, 64):
                        args = (Const(Address("v")), Const(a), Const(b))[: PRIMITIVES[variant].values + 1]
                        computed = update(Primitive(variant, "r", args, size=4), "old", word_bits)
                        assert effect(computed, old, word_bits) == computes(old, a, b), (variant, old, a, b)


def effect(computed: Update, old: int, word_bits: int) -> tuple[object, object]:
    def value(expr: Expr) -> Any:
        match expr:
            case Const(known):
                return known
            case Reg():
                return old
            case Op(op, args):
                return apply(op, tuple(map(value, args)), word_bits)

    writes = computed.condition is None or value(computed.condition) != 0
    return value(computed.value) if writes else old, 0 if computed.result is None else value(computed.result)


def test_an_update_wraps_at_the_width_of_its_location() -> None:
    top = 2**31 - 1
    for word_bits, size, expected in ((32, 4, -(2**31)), (64, 4, -(2**31)), (64, 8, 2**31)):
        primitive = Primitive("atomic_add_return", "r", (Const(Address("v")), Const(1)), size=size)
        assert effect(update(primitive, "old", word_bits), top, word_bits) == (expected, expected)


# --- what programs compute -------------------------------------------------------------------------------------------

VARIABLES = """int a = -7, b = 3; unsigned u = 5; long l = -9; unsigned long w = 7; s8 c = -2; u8 k = 250;
short s = -300;"""

EXPRESSIONS: list[
    tuple[str, str, int]
] = [  # a type, a value assigned to a variable of it, what gcc -fwrapv makes of it
    ("int", "a / b", -2),
    ("int", "a % b", -1),
    ("int", "-a / b", 2),
    ("int", "a % -b", -1),
    ("int", "a >> 1", -4),
    ("int", "a << 2", -28),
    ("int", "(a & 6) | 8 ^ 1", 9),
    ("int", "~a", 6),
    ("int", "!a", 0),
    ("int", "!!b", 1),
    ("int", "+c", -2),
    ("int", "-k", -250),
    ("int", "k + 10", 260),
    ("int", "c * k", -500),
    ("int", "s - 40000", -40300),
    ("int", "2147483647 + 1", -2147483648),
    ("int", "a < u", 0),
    ("int", "b < u", 1),
    ("int", "(long)a < u", 1),
    ("int", "l < w", 0),
    ("int", "c < k", 1),
    ("int", "s < (unsigned short)s", 1),
    ("int", "a == b - 10", 1),
    ("int", "a != -7", 0),
    ("int", "b > 2 > 1", 0),
    ("int", "a && b", 1),
    ("int", "a && 0 || 2", 1),
    ("int", "!(a || b)", 0),
    ("int", "a ? b : u", 3),
    ("int", "0 ? a : b", 3),
    ("int", "1 ? 2 : (a, b)", 2),
    ("int", "b - 1 - 1", 1),
    ("int", "b * 2 + 1 << 1", 14),
    ("int", "b & 1 == 1", 1),
    ("int", "(b & 1) == 1", 1),
    ("int", "a - b * 2 % 4", -9),
    ("int", "(u8)300", 44),
    ("int", "(s8)200", -56),
    ("int", "(char)255", -1),
    ("int", "(short)70000", 4464),
    ("int", "(_Bool)256", 1),
    ("int", "(_Bool)0", 0),
    ("int", "(unsigned char)a", 249),
    ("int", "(unsigned short)a", 65529),
    ("int", "010 + 0x10 + 10", 34),
    ("unsigned", "a", 4294967289),
    ("unsigned", "u - 6", 4294967295),
    ("unsigned", "-1", 4294967295),
    ("unsigned", "u >> 1", 2),
    ("unsigned", "(u - 6) >> 28", 15),
    ("unsigned", "~u", 4294967290),
    ("unsigned", "4294967295u + 2", 1),
    ("unsigned", "k << 24", 4194304000),
    ("unsigned", "c", 4294967294),
    ("long", "a", -7),
    ("long", "u - 6", 4294967295),
    ("long", "w - 8", -1),
    ("long", "l / 2", -4),
    ("long", "l % 4", -1),
    ("long", "l >> 1", -5),
    ("long", "1L << 40", 1099511627776),
    ("long", "1 << 31", -2147483648),
    ("long", "(int)(1L << 33)", 0),
    ("long", "a * 1000000000", 1589934592),
    ("long", "a * 1000000000L", -7000000000),
    ("long", "u * a", 4294967261),
    ("long", "0xffffffff", 4294967295),
    ("long", "0xffffffff + 1", 0),
    ("long", "4294967296", 4294967296),
    ("long", "l + u", -4),
    ("long", "(unsigned)l", 4294967287),
    ("long", "w > -1", 0),
    ("long", "l > -10", 1),
    ("long", "2147483648 - 1", 2147483647),
    ("long", "-2147483648", -2147483648),
    ("long", "(s8)(l * 100)", 124),
    ("u8", "a", 249),
    ("u8", "c", 254),
    ("u8", "256 + 7", 7),
    ("u8", "-1", 255),
    ("short", "40000", -25536),
    ("short", "u - 6", -1),
    ("bool", "2", 1),
    ("bool", "a < b", 1),
    ("bool", "l", 1),
    ("bool", "u >> 3", 0),
]


@pytest.mark.parametrize(("type_", "expression", "expected"), EXPRESSIONS, ids=[f"{t} {e}" for t, e, _ in EXPRESSIONS])
def test_expressions(type_: str, expression: str, expected: int) -> None:
    """Alone, and with the operands read from memory."""
    assert run(f"{VARIABLES} {type_} r = {expression};")["r"] == expected
    parameters = "int *a, int *b, unsigned *u, long *l, unsigned long *w, s8 *c, u8 *k, short *s"
    init = "a = -7; b = 3; u = 5; l = -9; w = 7; c = -2; k = 250; s = -300;"
    loads = "".join(
        f"{t} {n}_ = READ_ONCE(*{n}); "
        for t, n in (p.replace(" *", " ").rsplit(" ", 1) for p in parameters.split(", "))
    )
    renamed = "".join(f"{c}_" if c in "abulwcks" and alone else c for c, alone in letters(expression))
    assert run(f"{loads} {type_} r = {renamed};", parameters, init)["r"] == expected


def letters(text: str) -> list[tuple[str, bool]]:
    """The characters of a text, and whether each is a name by itself."""
    padded = f" {text} "
    return [(c, not padded[i].isalnum() and not padded[i + 2].isalnum()) for i, c in enumerate(text)]


RUNS: list[tuple[str, dict[str, object]]] = [
    ("int n = 0; while (n < 5) n++;", {"n": 5}),
    ("int n = 0; do n += 2; while (n < 5);", {"n": 6}),
    ("int n = 0; for (int i = 0; i < 4; i++) n += i;", {"n": 6, "i": 4}),
    ("int n = 0; for (;;) { if (++n == 3) break; }", {"n": 3}),
    ("int n = 0, m = 0; while (n < 6) { n++; if (n & 1) continue; m += n; }", {"n": 6, "m": 12}),
    ("int n = 0, m = 0; for (n = 0; n < 5; n++) { if (n == 2) continue; m += 1; }", {"m": 4}),
    ("int n = 0, m = 0; do { if (n == 2) continue; m++; } while (++n < 5);", {"n": 5, "m": 4}),
    ("int n = 1; if (n) return; n = 2;", {"n": 1}),
    ("int n = 0; while (1) { while (1) { n++; break; } if (n > 2) return; }", {"n": 3}),
    ("int a = 1, b; if (a == 1) b = 2; else b = 3;", {"b": 2}),
    ("int a = 2, b; if (a == 1) b = 2; else if (a == 2) b = 4; else b = 3;", {"b": 4}),
    ("int a = 5; int b = a++; int c = ++a; int d = a--; int e = --a;", {"a": 5, "b": 5, "c": 7, "d": 7, "e": 5}),
    ("*x = 3; *y = (*x)++; ++*y; *x += *y;", {"x": 8, "y": 4}),
    ("*x = 1; int r = *x || (*y = 1); int s = !*x || (*y = 2);", {"y": 2, "r": 1, "s": 1}),
    ("int r = *x && (*y = 1); int s = !*x && (*y = 2);", {"y": 2, "r": 0, "s": 1}),
    ("int r = *x ? (*y = 1) : (*y = 2) + 5;", {"y": 2, "r": 7}),
    ("int *p = x; *p = 4; p = p == x ? y : x; *p = 5;", {"x": 4, "y": 5}),
    ("int r = xchg(x, 5); int s = cmpxchg(x, 5, 6); int t = cmpxchg(x, 5, 7);", {"x": 6, "r": 0, "s": 5, "t": 6}),
    ("int r = 1; bool a = try_cmpxchg(x, &r, 9); bool b = try_cmpxchg(x, &r, 9);", {"x": 9, "r": 0, "a": 0, "b": 1}),
    ("int r = spin_trylock(x); int s = spin_trylock(x); spin_unlock(x);", {"x": 0, "r": 1, "s": 0}),
    ("__set_bit(3, x); __clear_bit(0, x); int r = test_bit(3, x), s = test_bit(2, x);", {"x": 8, "r": 1, "s": 0}),
    ("*x = 2; int r = smp_cond_load_acquire(x, VAL > 1);", {"r": 2}),
    ("smp_store_mb(*x, 2); set_mb(*y, 3); ACCESS_ONCE(*x) += 1;", {"x": 3, "y": 3}),
    ("atomic_inc(x); atomic_inc(x); int r = atomic_dec_and_test(x), s = atomic_dec_and_test(x);", {"r": 0, "s": 1}),
    ("int r = atomic_inc_and_test(x), s = atomic_inc_not_zero(x);", {"x": 2, "r": 0, "s": 1}),
    ("int r = likely(*x) + unlikely(1) + data_race(*y);", {"r": 1}),
    ("int r = (1, 2, 3); int t; t = r = 4;", {"r": 4, "t": 4}),
]


@pytest.mark.parametrize(("statements", "expected"), RUNS, ids=[statements for statements, _ in RUNS])
def test_runs(statements: str, expected: dict[str, object]) -> None:
    found = run(statements)
    assert {name: found[name] for name in expected} == expected


def test_arrays_and_pointers_into_them() -> None:
    text = "for (int i = 0; i < 3; i++) t[i] = 10 * i; int *p = &t[2]; int r = p - t; p--; *p += 1; int s = 1[t];"
    with pytest.raises(Exception, match=r"'1\[t\]' is not a cell"):
        parse(text, "int *t")
    found = run(text.replace("1[t]", "*(t + 1)"), "int *t", "int t[3] = {1, 2, 3};")
    assert [found[name] for name in ("t", "t+4", "t+8", "r", "s")] == [0, 11, 20, 2, 11]
    found = run(
        "long *q = table[1]; *q = 4; *table[0] = 5;", "long **table, long *a, long *b", "long *table[2]={&a,&b};"
    )
    assert (found["a"], found["b"]) == (5, 4)


def test_what_machines_remember_of_a_narrow_location() -> None:
    """Locations hold signed numbers of their own width; variables hold what C says."""
    found = run("*k = 255; u8 r = *k; int s = *k; *k += 2; int t = *k;", "u8 *k, unsigned long *w")
    assert (found["k"], found["r"], found["s"], found["t"]) == (1, 255, 255, 1)
    test = parse("", "u8 *k, unsigned *u", condition="exists (k=255 /\\ u=4294967295)")
    assert str(test.condition.prop).count("right=-1") == 2


# --- words, dependencies, rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "parameters", "bits"),
    [
        ("int r = 1;", "int *x", 32),
        ("int r = 0x7fffffff;", "unsigned *x, u8 *y, spinlock_t *l, atomic_t *v", 32),
        ("long r = 1;", "int *x", 64),
        ("r = 1;", "intptr_t *x", 64),
        ("r = 1;", "atomic64_t *x", 64),
        ("r = 1l;", "int *x", 64),
        ("r = 0x100000000;", "int *x", 64),
        ("r = 4000000000;", "int *x", 64),
        ("r = 1; /* long */", "int *longer", 32),
    ],
)
def test_words(statements: str, parameters: str, bits: int) -> None:
    assert parse(statements, parameters).threads[0].word_bits == bits


def test_where_the_ways_of_a_branch_join() -> None:
    """What an if guards ends with it, but for ways out of a loop or of the thread."""
    text = """
        if (*x) *y = 1;
        while (*x) { if (*x) { if (*y) break; } *y = 2; if (*x) continue; *y = 3; }
        while (*x) { if (*y) return; }
        if (*x) { while (*y) break; }
    """
    branches = [s for s in parse(text).threads[0].body if isinstance(s, Branch)]
    body = program(parse(text))
    assert [b.until is None for b in branches] == [False, False, False, False, False, True, True, False, False]
    first, loop, outer, inner, again, *_, last, innermost = branches
    assert (outer.until, inner.until) == (loop.target, loop.target)
    assert again.until not in (loop.target, again.target)
    assert (first.until, last.until, innermost.until) == (first.target, last.target, innermost.target)
    for branch in branches:
        assert branch.until is None or body.index(f"{branch.until}:") > body.index(shown(branch))


def test_rows_are_the_lines_of_a_thread() -> None:
    text = "C t\n{}\n\nP0(int *x) // first\n{\n\tWRITE_ONCE(*x,\n\t\t1);\n\tfor (;;)\n\t\tsmp_mb();\n} P1() {}\n"
    first, second = parse_test(Source("t", text)).threads
    assert first.rows == ("P0(int *x) // first", "{", "\tWRITE_ONCE(*x,", "\t\t1);", "\tfor (;;)", "\t\tsmp_mb();", "}")
    assert second.rows == ("P1() {}",)
    assert [first.rows[row].strip() for row in first.row_of] == ["1);", "for (;;)", *["smp_mb();"] * 3]


@pytest.mark.parametrize("after", ["regions: x:global", "scopes: (device P0 P1)\nregions: x:global", "levels : a b"])
def test_what_is_said_of_a_gpu_is_passed_over(after: str) -> None:
    text = "C t\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1);\n}\n%s\nexists (x=1)\n"
    test, without = (parse_test(Source("t", text % said)) for said in (after, ""))
    assert (program(test), condition_text(test), test.hash) == (program(without), condition_text(without), without.hash)


def test_a_primitive_is_for_lowering() -> None:
    test = parse("int r = 1;\n smp_mb();")
    with pytest.raises(UnsupportedError, match="'smp_mb' is a primitive of the kernel") as caught:
        unfold(test)
    assert caught.value.span is not None
    assert caught.value.span.text == "smp_mb()"
    unfold(parse("int r = 1;", condition="exists (0:r=1)"))


def test_a_thread_is_executed_from_left_to_right() -> None:
    machine = Machine("C t\n{}\nP0(int *x, int *y)\n{ int r = READ_ONCE(*x) + (*y * xchg(x, READ_ONCE(*y))); }\n").run()
    assert machine.names == ["READ_ONCE", "plain_read", "READ_ONCE", "xchg"]


def test_variables_are_registers() -> None:
    test = parse("int b = 1; long a; c = 2;", init="0:d = 3; x = 1;", condition="exists (0:a=0 /\\ 0:b=1 /\\ 0:c=2)")
    assert test.observed == (Register(0, "a"), Register(0, "b"), Register(0, "c"))
