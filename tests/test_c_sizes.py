"""Sizes of accesses in C: each is to the whole of a location, a cell or a member, or it is refused."""

from __future__ import annotations

import pytest

import litmus
from litmus.base.errors import LitmusError, UnsupportedError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test

SPLIT = "struct s { u8 locked; u8 pending; u16 tail; };"
C11 = "atomic_store_explicit((atomic_char *)x, 1, memory_order_relaxed)"

REFUSED = [
    # definitions, initial state, parameters, statements, what is marked, message
    ("", "", "int *x", "WRITE_ONCE(*(u8 *)x, 1)", "WRITE_ONCE", "this accesses 1 byte of 'x', which has 4 there"),
    ("", "", "int *x", "u8 *p = x; *p = 1", "*p", "this accesses 1 byte of 'x', which has 4 there"),
    ("", "", "int *x", "void *p = x; u16 *q = p; xchg(q, 1)", "xchg", "this accesses 2 bytes of 'x', which has 4"),
    ("", "u8 x; int *p=x", "int **p", "int *r0 = READ_ONCE(*p); *r0 = 1", "*r0", "this accesses 4 bytes of 'x', which"),
    ("", "u8 x", "int **p, u8 *x, int **q",
     "WRITE_ONCE(*p, (int *)x); cmpxchg(q, 0, *p); int *r0 = *q; int r1 = *r0", "*r0", "this accesses 4 bytes of 'x'"),
    ("", "int a[2]", "int *a", "u8 *p = &a[1]; *p = 1", "*p", "this accesses 1 byte of 'a', which has 4 there"),
    ("", "int a[2]", "int *a, int *i", "u8 *p = &a[*i]; *p = 1", "*p", "this accesses 1 byte of 'a', which has 4"),
    (SPLIT, "", "struct s *s", "WRITE_ONCE(*(u32 *)s, 1)", "WRITE_ONCE", "this accesses 4 bytes of 's', which has 1"),
    (SPLIT, "", "struct s *s", "xchg((u16 *)&s->locked, 1)", "xchg", "this accesses 2 bytes of 's', which has 1"),
    ("", "", "atomic_int *x", C11, "atomic_store", "this accesses 1 byte of 'x', which has 4 there"),
    ("", "u128 x", "u128 *x", "u64 *p = (u64 *)x; *p = 1", "*p", "this accesses 8 bytes of 'x', which has 16 there"),
    ("", "", "int *x", "double r0 = 1", "double", "the type 'double' is not supported"),
]  # fmt: skip


def parsed(definitions: str, init: str, parameters: str, statements: str) -> None:
    parse_test(Source("t", f"C t\n{{ {init}; }}\n{definitions}\nP0({parameters}) {{ {statements}; }}\nexists (true)"))


@pytest.mark.parametrize(("definitions", "init", "parameters", "statements", "caret", "message"), REFUSED)
def test_an_access_to_a_part_is_refused(
    definitions: str, init: str, parameters: str, statements: str, caret: str, message: str
) -> None:
    with pytest.raises(LitmusError) as caught:
        parsed(definitions, init, parameters, statements)
    assert isinstance(caught.value, UnsupportedError)
    assert caught.value.message.startswith(message)
    assert caught.value.span is not None
    assert caught.value.span.text.startswith(caret)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("definitions", "init", "parameters", "statements"),
    [
        (
            "",
            "",
            "int *x, u8 *y, u64 *z",
            "WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 2); int *p = x; *p = 3; u32 *q = (u32 *)x; *q = 4",
        ),
        ("", "int *p=x", "int **p, int *x, u8 *y", "int *r0 = READ_ONCE(*p); WRITE_ONCE(*r0, 1); u8 *r1 = y; *r1 = 1"),
        ("", "int a[2]", "int *a, u8 *i", "int *p = &a[*i]; *p = 1; *(p + 1) = 2"),
        (SPLIT, "", "struct s *s", "WRITE_ONCE(s->locked, 1); u16 *p = &s->tail; *p = 2; xchg(&s->pending, 1)"),
        ("", "", "spinlock_t *l, u8 *x, atomic64_t *a", "spin_lock(l); *x = 1; atomic64_add(1, a); spin_unlock(l)"),
        ("", "u128 x", "u128 *x", "__int128 r0 = *x; u128 *p = x; WRITE_ONCE(*p, r0); cmpxchg(p, 0, r0)"),
        ("", "", "u64 *x, u8 *y", "u64 r0 = (u64)x; r0 = r0 & 7; *y = r0"),
    ],
)
def test_an_access_to_all_is_read(definitions: str, init: str, parameters: str, statements: str) -> None:
    parsed(definitions, init, parameters, statements)


def test_functions_on_128_bits_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="'cmpxchg128' is not supported"):
        litmus.check(litmus.parse("C t\n{ }\nP0(u64 *x) { cmpxchg128(x, 0, 1); }\nexists (x=1)"))


@pytest.mark.parametrize(
    ("type_", "statement", "shown"),
    [
        ("__int128", "*x = -1;", "-1"),
        ("__int128", "*x = (__int128)1 << 100;", str(1 << 100)),
        ("__int128", "*x = ((__int128)1 << 127) - 1;", str((1 << 127) - 1)),
        ("unsigned __int128", "*x = -1;", str((1 << 128) - 1)),
        ("u128", "*x = ~0ULL;", str((1 << 64) - 1)),
        ("u128", "*x = (u128)~0ULL * ~0ULL;", str(((1 << 64) - 1) ** 2)),
        ("u128", "u128 r = -1; *x = (r >> 1) + (r >> 127);", str(1 << 127)),
        ("__uint128_t", "u64 r = *x - 1; *x = r;", str((1 << 64) - 1)),
        ("s128", "int r = ((s128)1 << 32) + 5; *x = r;", "5"),
        ("s128", "*x = -7; *x = *x / 2;", "-3"),
        ("s128", "s128 r = -1; unsigned u = 1; *x = r < u;", "1"),
        ("u128", "u128 r = -1; int u = -1; *x = r == u;", "1"),
        ("u128", "*x = sizeof(*x) + sizeof(x);", "24"),
    ],
)
def test_numbers_of_128_bits(type_: str, statement: str, shown: str) -> None:
    declared = f"{type_} x; " if " " not in type_ else ""
    text = f"C t\n{{ {declared}}}\nP0({type_} *x)\n{{\n\t{statement}\n}}\nlocations [x]\nexists (true)\n"
    test = parse_test(Source("t", text))
    for one in (test, parse_test(Source("printed", print_test(test)))):
        ((_, value),) = litmus.check(litmus.parse(print_test(one))).states[0]
        assert one.show_value(value, test.observed[0]) == shown


@pytest.mark.parametrize("form", ["{ } D", "D { }"])
@pytest.mark.parametrize(
    ("definition", "statement", "shown"),
    [
        ("struct s { u64 a; };", "s->a = -1; s->a >>= 1;", (1 << 63) - 1),
        ("struct s { u128 a; };", "s->a = -1; s->a >>= 1;", (1 << 127) - 1),
        ("struct s { int a; };", "s->a = -1; s->a = (unsigned)s->a >> 1;", (1 << 31) - 1),
        ("#define WORD u64\nstruct s { WORD a; };", "s->a = -1; s->a >>= 1;", (1 << 63) - 1),
    ],
)
def test_words_are_as_wide_as_what_definitions_name(form: str, definition: str, statement: str, shown: int) -> None:
    before = form.replace("D", f"\n{definition}\n")
    verdict = litmus.check(
        litmus.parse(f"C t\n{before}\nP0(struct s *s) {{ {statement} }}\nlocations [s.a]\nexists (true)")
    )
    assert [value for ((_, value),) in verdict.states] == [shown]


@pytest.mark.parametrize("comparison", ["1:r0=-1", "not (1:r0=0) /\\ not (1:r0=3)", "1:r0>4611686018427387904"])
@pytest.mark.parametrize("model", ["lkmm", "rc11"])
def test_accesses_of_128_bits_are_of_the_language(comparison: str, model: str) -> None:
    kernel = model == "lkmm"
    put, get = ("WRITE_ONCE(*x, 3); xchg(x, -1)", "READ_ONCE(*x)") if kernel else ("*x = 3; *x -= 4", "*x")
    type_ = "u128" if kernel else "_Atomic __uint128_t"
    test = litmus.parse(
        f"C t\n{{ }}\nP0({type_} *x) {{ {put}; }}\nP1({type_} *x) {{ u128 r0 = {get}; }}\nexists ({comparison})"
    )
    verdict = litmus.check(test, model)
    assert (verdict.positive, verdict.negative) == (1, 2)
    with pytest.raises(UnsupportedError, match="an access of 128 bits has no mapping for power"):
        litmus.check(test, "power")
