"""Tests in kernel C."""

from __future__ import annotations

from collections.abc import Callable

from litmus.base.source import Source
from litmus.cat.registry import info
from litmus.frontend.parser import parse_test
from litmus.ir.eras import NEWEST
from litmus.kernel.lowering import lower
from litmus.unfold import unfold

from .base import Text, Work, many


def c(body: str, before: str = "", condition: str = "exists (x=1)") -> str:
    """A test in kernel C with one thread."""
    return f"C t\n{{ x=0; }}\n{before}\nP0(int *x)\n{{\n{body}\n}}\n{condition}\n"


def lowers(text: str) -> Work:
    """A test is read, lowered and unfolded."""
    arch = info("power")

    def work() -> None:
        unfold(lower(parse_test(Source("t", text)), arch, NEWEST))

    return work


def _doubling(n: int, inner: str, define: Callable[[int, str], str]) -> str:
    """Definitions of which each uses the one before twice."""
    return many(lambda k: define(k, f"{f'M{k - 1}' if k else inner} " * 2), n)


KERNEL: dict[str, tuple[int, Text]] = {
    "C: macros": (100, lambda n: c("r = M0;", many(lambda k: f"#define M{k} ({k} + 1)\n", n))),
    "C: used macros": (
        50,
        lambda n: c(many(lambda k: f"r = M{k};\n", n), many(lambda k: f"#define M{k} ({k} + 1)\n", n)),
    ),
    "C: uses of macros": (100, lambda n: c("r = M;\n" * n, "#define M 1 + 1")),
    "C: macros of macros": (
        20,
        lambda n: c(f"r = M{n - 1};", many(lambda k: f"#define M{k} {f'M{k - 1}' if k else '1'}\n", n)),
    ),
    "C: doubling macros": (
        20,
        lambda n: c(f"r = M{n - 1};", _doubling(n, "1 +", lambda k, body: f"#define M{k} {body}\n")),
    ),
    "C: doubling macros of nothing": (
        20,
        lambda n: c(f"M{n - 1} ;", "#define NIL\n" + _doubling(n, "NIL", lambda k, body: f"#define M{k} {body}\n")),
    ),
    "C: macros in each other": (
        20,
        lambda n: c("r = M0;", many(lambda k: f"#define M{k} M{(k + 1) % n} + M{(k + 2) % n}\n", n)),
    ),
    "C: macros with all others": (
        5,
        lambda n: c("r = M0;", many(lambda k: f"#define M{k} " + many(lambda j: f"M{j}", n, " + ") + "\n", n)),
    ),
    "C: macros of one large macro": (
        20,
        lambda n: c(
            "r = 1;",
            _doubling(12, "r +", lambda k, body: f"#define M{k} {body}\n") + many(lambda k: f"#define A{k} M11\n", n),
        ),
    ),
    "C: threads with many calls": (
        5,
        lambda n: (
            "C t\n{ }\n"
            + many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else 'smp_mb();'} }}\n", 8)
            + many(lambda k: f"P{k}(int *x) {{ f7(); f7(); f7(); }}\n", n)
            + "exists (x=1)\n"
        ),
    ),
    "C: uncalled functions with many calls": (
        5,
        lambda n: c(
            "r = 1;",
            many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else 'smp_mb();'} }}\n", 8)
            + many(lambda k: f"void g{k}(void) {{ f7(); f7(); f7(); }}\n", n),
        ),
    ),
    "C: long macro": (200, lambda n: c("r = M;", "#define M 1" + " + 1" * n)),
    "C: uses of a long macro": (40, lambda n: c("r = 1;\n" + "M;\n" * n, "#define M 1" + " + 1" * 50)),
    "C: functions": (50, lambda n: c("r = f0(x);", many(lambda k: f"int f{k}(int *p) {{ return *p; }}\n", n))),
    "C: calls": (50, lambda n: c("r = f(x);\n" * n, "int f(int *p) { return *p; }")),
    "C: functions that call the next": (
        20,
        lambda n: c(
            f"r = f{n - 1}(x);",
            many(lambda k: f"int f{k}(int *p) {{ return {f'f{k - 1}(p)' if k else '*p'}; }}\n", n),
        ),
    ),
    "C: functions that call the next twice": (
        20,
        lambda n: c(
            f"r = f{n - 1}(x);",
            many(lambda k: f"int f{k}(int *p) {{ return {f'f{k - 1}(p) + f{k - 1}(p)' if k else '*p'}; }}\n", n),
        ),
    ),
    "C: functions of nothing that call the next twice": (
        20,
        lambda n: c(
            f"f{n - 1}();", many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else ''} }}\n", n)
        ),
    ),
    "C: uncalled functions that call the next twice": (
        20,
        lambda n: c("r = 1;", many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else ''} }}\n", n)),
    ),
    "C: functions that call themselves": (
        50,
        lambda n: c("f0();", many(lambda k: f"void f{k}(void) {{ f{(k + 1) % n}(); }}\n", n)),
    ),
    "C: calls in arguments": (20, lambda n: c("r = " + "f(" * n + "1" + ")" * n + ";", "int f(int a) { return a; }")),
    "C: blocks": (20, lambda n: c("{" * n + "}" * n)),
    "C: blocks in a row": (100, lambda n: c("{ }" * n)),
    "C: parentheses": (20, lambda n: c("r = " + "(" * n + "1" + ")" * n + ";")),
    "C: sums": (40, lambda n: c("r = READ_ONCE(*x);\nr = r" + " + r" * n + ";")),
    "C: doubled sums": (40, lambda n: c("r = READ_ONCE(*x);\n" + "r = r + r;\n" * n)),
    "C: else if": (
        40,
        lambda n: c("r = READ_ONCE(*x);\n" + many(lambda k: f"if (r == {k}) {{ s = {k}; }}\nelse ", n) + "s = 1;"),
    ),
    "C: if in a row": (
        40,
        lambda n: c("r = READ_ONCE(*x);\n" + many(lambda k: f"if (r == {k}) WRITE_ONCE(*x, {k});\n", n)),
    ),
    "C: if in if": (20, lambda n: c("r = READ_ONCE(*x);\n" + "if (r) " * n + "WRITE_ONCE(*x, 1);")),
    "C: cases": (
        40,
        lambda n: c("switch (READ_ONCE(*x)) {" + many(lambda k: f"case {k}: WRITE_ONCE(*x, {k});\n", n) + "}"),
    ),
    "C: labels and jumps": (40, lambda n: c(many(lambda k: f"goto l{k}; l{k}: ;\n", n))),
    "C: jumps to the end": (40, lambda n: c("r = READ_ONCE(*x);\n" + "if (r) goto out;\n" * n + "out: ;")),
    "C: jumps to the beginning": (20, lambda n: c("again: r = READ_ONCE(*x);\n" + "if (r) goto again;\n" * n)),
    "C: loops": (10, lambda n: c("while (READ_ONCE(*x)) ;\n" * n)),
    "C: loops in loops": (2, lambda n: c("while (READ_ONCE(*x)) " * n + ";")),
    "C: counted loops": (10, lambda n: c(many(lambda k: f"for (int i = 0; i < 9; i++) WRITE_ONCE(*x, {k});\n", n))),
    "C: writes": (100, lambda n: c("WRITE_ONCE(*x, 1);\n" * n)),
    "C: exchanges": (40, lambda n: c("r = atomic_add_return(1, x);\n" * n)),
    "C: locks": (40, lambda n: c("spin_lock(&l); spin_unlock(&l);\n" * n, "spinlock_t l;")),
    "C: barriers": (100, lambda n: c("smp_mb();\n" * n)),
    "C: declarations": (100, lambda n: c(many(lambda k: f"int r{k} = {k};\n", n))),
    "C: threads": (
        40,
        lambda n: (
            f"C t\n{{ }}\n{many(lambda k: f'P{k}(int *x) {{ WRITE_ONCE(*x, {k}); }}' + chr(10), n)}exists (x=1)\n"
        ),
    ),
    "C: parameters": (
        40,
        lambda n: f"C t\n{{ }}\nP0({many(lambda k: f'int *x{k}', n, ', ')}) {{ *x0 = 1; }}\nexists (x0=1)\n",
    ),
    "C: structures": (40, lambda n: c("r = 1;", many(lambda k: f"struct s{k} {{ int a; }};\n", n))),
    "C: structures in structures": (
        40,
        lambda n: c("r = 1;", many(lambda k: f"struct s{k} {{ {f'struct s{k - 1} a;' if k else 'int a;'} }};\n", n)),
    ),
    "C: doubling structures": (
        20,
        lambda n: c(
            "r = 1;",
            many(lambda k: f"struct s{k} {{ {f'struct s{k - 1} a, b;' if k else 'int a;'} }};\n", n),
        ),
    ),
    "C: members": (40, lambda n: c("r = 1;", "struct s { " + many(lambda k: f"int m{k}; ", n) + "};")),
    "C: names of numbers": (100, lambda n: c("r = A0;", "enum { " + many(lambda k: f"A{k}", n, ", ") + " };")),
    "C: variables of the file": (100, lambda n: c("WRITE_ONCE(v0, 1);", many(lambda k: f"int v{k};\n", n))),
    "C: long name": (500, lambda n: c(f"int {'r' * n} = 1;")),
    "C: long number": (500, lambda n: c(f"r = {'9' * n};")),
    "C: long string": (500, lambda n: c(f'r = "{"x" * n}";')),
    "C: comments": (200, lambda n: c("/* (* // */ // /* \n" * n)),
    "C: unnamed brace": (100, lambda n: c("r = 1;", "int f(void)\n" * n + "{ }")),
    "C: heads": (100, lambda n: "C t\n" + "int f(void)\n{ }\n" * n + "{ x=0; }\nP0(int *x) { }\nexists (x=1)\n"),
    "C: definitions between threads": (
        40,
        lambda n: "C t\n{ }\n" + many(lambda k: f"int v{k};\nP{k}(int *x) {{ v{k} = 1; }}\n", n) + "exists (x=1)\n",
    ),
    "C: implied variables": (
        30,
        lambda n: (
            f"C t\n{{ {many(lambda k: f'0:r{k}=1;', n)} }}\nP0() {{ {many(lambda k: f's = r{k};', n)} }}\n"
            "exists (0:s=1)\n"
        ),
    ),
}
