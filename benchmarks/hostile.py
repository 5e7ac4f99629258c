"""Measures how time and memory grow as inputs made to be slow do: each family at a size and at twice that size.

    python benchmarks/hostile.py [the part of a family's name]

The tests ask the same of smaller inputs of the same families, but count the lines that are executed. Exit code 1 if
something takes more than 2.6 times as long, or as much memory, for an input of twice the size.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from litmus.base.errors import LitmusError, ModelError
from litmus.base.source import Source
from litmus.base.yaml_tree import parse as parse_yaml
from litmus.cat import load_text
from litmus.cat.description import read_info
from litmus.cat.load import files_of, load
from litmus.cat.registry import info
from litmus.catalog.reading import load_shelf
from litmus.frontend.files import expand
from litmus.frontend.outcome import with_outcome
from litmus.frontend.parser import parse_test
from litmus.ir.eras import NEWEST
from litmus.kernel.lowering import lower
from litmus.pci.ordering import read_passing
from litmus.render.table import table
from litmus.unfold import unfold

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Family:
    """Inputs of every size: `make` writes one and returns what reads it, which may raise LitmusError.

    `size` is one at which tests count the lines that are executed, at `size` and twice that. `limited` families grow
    faster, or begin to, until they reach a limit that says so.
    """

    name: str
    size: int
    make: Callable[[int], Work]

    @property
    def limited(self) -> bool:
        return self.name in _LIMITED


def outcome(work: Work) -> str:
    """`read`, or the message of the error."""
    try:
        work()
    except LitmusError as error:
        return error.message
    return "read"


# --- tests in assembly ------------------------------------------------------------------------------------------------

Text = Callable[[int], str]


def _reads(text: str) -> Work:
    return lambda: parse_test(Source("t", text))


def _unfolds(text: str) -> Work:
    return lambda: unfold(parse_test(Source("t", text)))


def x86(body: str, condition: str = "exists (x=1)", init: str = "x=0;") -> str:
    """A test for x86 with one thread, from its instructions."""
    return f"X86 t\n{{ {init} }}\n P0 ;\n{body}\n{condition}\n"


def _many(part: Callable[[int], str], n: int, between: str = "") -> str:
    return between.join(map(part, range(n)))


def _threads(n: int) -> str:
    names, writes = " | ".join(f"P{k}" for k in range(n)), " | ".join(f"MOV [x{k}],$1" for k in range(n))
    return f"X86 t\n{{ }}\n {names} ;\n {writes} ;\nexists (x0=1)\n"


_ASSEMBLY: dict[str, tuple[int, Text]] = {
    "threads": (100, _threads),
    "instructions": (200, lambda n: x86(" MOV [x],$1 ;\n" * n)),
    "labels": (200, lambda n: x86(_many(lambda k: f" L{k}: JMP L{k} ;\n", n))),
    "unknown label": (200, lambda n: x86(_many(lambda k: f" L{k}: NOP ;\n", n) + " JMP nowhere ;\n")),
    "locations": (200, lambda n: x86(_many(lambda k: f" MOV [x{k}],$1 ;\n", n))),
    "declarations": (200, lambda n: x86(" NOP ;", init=_many(lambda k: f"x{k}={k};", n))),
    "declared twice": (200, lambda n: x86(" NOP ;", init=_many(lambda k: f"x{k}={k};", n) + "x0=7;")),
    "arrays": (20, lambda n: x86(" NOP ;", init=_many(lambda k: f"int a{k}[8];", n))),
    "pointers": (200, lambda n: x86(" NOP ;", init=_many(lambda k: f"x{k}=x{k + 1};", n))),
    "registers": (200, lambda n: x86(" NOP ;", init=_many(lambda k: f"0:r{k}={k};", n))),
    "atoms": (200, lambda n: x86(" MOV [x],$1 ;", "exists (" + "x=1 /\\ " * n + "x=1)")),
    "alternatives": (200, lambda n: x86(" MOV [x],$1 ;", "exists (" + _many(lambda k: f"x={k}", n, " \\/ ") + ")")),
    "implications": (40, lambda n: x86(" MOV [x],$1 ;", "forall (" + "x=1 => " * n + "x=1)")),
    "negations": (40, lambda n: x86(" MOV [x],$1 ;", "exists (" + "not " * n + "x=1)")),
    "parentheses": (40, lambda n: x86(" MOV [x],$1 ;", "exists " + "(" * n + "x=1" + ")" * n)),
    "open parentheses": (500, lambda n: x86(" MOV [x],$1 ;", "exists " + "(" * n)),
    "untouched locations": (30, lambda n: x86(" NOP ;", "exists (" + _many(lambda k: f"y{k}=1", n, " /\\ ") + ")")),
    "touched and untouched": (
        30,
        lambda n: x86(
            _many(lambda k: f" MOV [x{k}],$1 ;\n", n), "exists (" + _many(lambda k: f"y{k}=1", n, " /\\ ") + ")"
        ),
    ),
    "observed": (200, lambda n: x86(" MOV [x],$1 ;", "locations [" + "x;" * n + "]\nexists (x=1)")),
    "observed locations": (
        200,
        lambda n: x86(
            _many(lambda k: f" MOV [x{k}],$1 ;\n", n), "locations [" + _many(lambda k: f"x{k};", n) + "]\nexists (x0=1)"
        ),
    ),
    "filters": (200, lambda n: x86(" MOV [x],$1 ;", "filter (" + "x=1 /\\ " * n + "x=1)\nexists (x=1)")),
    "long number": (500, lambda n: x86(" NOP ;", init=f"x={'9' * n};")),
    "long immediate": (500, lambda n: x86(f" MOV [x],${'9' * n} ;")),
    "long name": (500, lambda n: x86(f" MOV [{'x' * n}],$1 ;", f"exists ({'x' * n}=1)")),
    "long name of a test": (500, lambda n: f"X86 {'t' * n}\n{{ }}\n P0 ;\n NOP ;\nexists (x=1)\n"),
    "long label": (500, lambda n: x86(f" {'L' * n}: NOP ;")),
    "long mnemonic": (500, lambda n: x86(f" {'M' * n} ;")),
    "blanks": (500, lambda n: x86(" " * n + "NOP" + " " * n + ";" + "\n" * n)),
    "comments": (200, lambda n: x86(" NOP ; (* a comment *)\n" * n)),
    "long comment": (500, lambda n: x86(f" NOP ; (* {'comment ' * n} *)\n")),
    "nested comments": (500, lambda n: x86(f" NOP ; {'(* ' * n}{' *)' * n}\n")),
    "open comments": (500, lambda n: x86(f" NOP ; {'(* ' * n}\n")),
    "metadata": (200, lambda n: "X86 t\n" + "key=value\n" * n + "{ }\n P0 ;\n NOP ;\nexists (x=1)\n"),
    "misspelt condition": (500, lambda n: x86(" NOP ;\n" * n, "exsits (x=1)")),
    "words without end": (500, lambda n: x86(" NOP ;", "word " * n)),
    "sizes": (
        100,
        lambda n: (
            "X86_64 t\n{ }\n P0 ;\n" + _many(lambda k: f" movl $1,(x{k}) ;\n movq $1,(y{k}) ;\n", n) + "exists (x0=1)\n"
        ),
    ),
    "sums in addresses": (
        100,
        lambda n: "PPC t\n{ 0:r1=x; }\n P0 ;\n" + " lwz r2,0(r1) ;\n" * n + " std r2,0(r1) ;\nexists (x=1)\n",
    ),
    "symbolic registers": (
        20,
        lambda n: "PPC t\n{ }\n P0 ;\n" + _many(lambda k: f" li %a{k % 9},1 ;\n", n) + "exists (x=1)\n",
    ),
    "threads with symbolic registers": (
        50,
        lambda n: (
            "PPC t\n{ }\n "
            + _many(lambda k: f"P{k}", n, " | ")
            + " ;\n"
            + _many(lambda k: " li %a,1", n, " | ")
            + " ;\nexists ("
            + _many(lambda k: f"{k}:%a=1", n, " /\\ ")
            + ")\n"
        ),
    ),
    "null bytes": (500, lambda n: x86("\0" * n)),
    "letters of other alphabets": (500, lambda n: x86("é" * n + "ПРИВЕТ" * n)),
}
_UNFOLDED: dict[str, tuple[int, Text]] = {
    "branches": (
        20,
        lambda n: x86(_many(lambda k: f" MOV EAX,[x] ;\n CMP EAX,$1 ;\n JE L{k} ;\n MOV [y{k}],$1 ;\n L{k}: ;\n", n)),
    ),
    "jumps back": (
        20,
        lambda n: x86(_many(lambda k: f" JMP A{k} ;\n B{k}: JMP C{k} ;\n A{k}: JMP B{k} ;\n C{k}: ;\n", n)),
    ),
    "loops in loops": (
        2,
        lambda n: x86(
            _many(lambda k: f" L{k}: MOV EAX,[x] ;\n CMP EAX,$1 ;\n", n) + _many(lambda k: f" JE L{n - 1 - k} ;\n", n)
        ),
    ),
    "loops that overlap": (
        2,
        lambda n: x86(
            _many(lambda k: f" L{k}: MOV EAX,[x] ;\n CMP EAX,$1 ;\n", n) + _many(lambda k: f" JE L{k} ;\n", n)
        ),
    ),
    "endless loops": (
        20,
        lambda n: x86(_many(lambda k: f" L{k}: MOV EAX,[x] ;\n", n) + _many(lambda k: f" JMP L{k} ;\n", n)),
    ),
    "loops one after another": (
        10,
        lambda n: x86(_many(lambda k: f" L{k}: MOV EAX,[x] ;\n CMP EAX,$1 ;\n JE L{k} ;\n", n)),
    ),
    "stores": (100, lambda n: x86(" MOV [x],$1 ;\n" * n)),
    "exchanges": (50, lambda n: x86(" LOCK INC [x] ;\n" * n)),
    "sums": (50, lambda n: x86(" MOV EAX,[x] ;\n ADD EBX,EAX ;\n" * n)),
    "doubled sums": (20, lambda n: x86(" MOV EAX,[x] ;\n" + " ADD EAX,EAX ;\n" * n)),
}

# --- kernel C ---------------------------------------------------------------------------------------------------------


def c(body: str, before: str = "", condition: str = "exists (x=1)") -> str:
    """A test in kernel C with one thread."""
    return f"C t\n{{ x=0; }}\n{before}\nP0(int *x)\n{{\n{body}\n}}\n{condition}\n"


def _lowers(text: str) -> Work:
    arch = info("power")

    def work() -> None:
        unfold(lower(parse_test(Source("t", text)), arch, NEWEST))

    return work


def _doubling(n: int, inner: str, define: Callable[[int, str], str]) -> str:
    """Definitions of which each uses the one before twice."""
    return _many(lambda k: define(k, f"{f'M{k - 1}' if k else inner} " * 2), n)


_C: dict[str, tuple[int, Text]] = {
    "C: macros": (100, lambda n: c("r = M0;", _many(lambda k: f"#define M{k} ({k} + 1)\n", n))),
    "C: used macros": (
        50,
        lambda n: c(_many(lambda k: f"r = M{k};\n", n), _many(lambda k: f"#define M{k} ({k} + 1)\n", n)),
    ),
    "C: uses of macros": (100, lambda n: c("r = M;\n" * n, "#define M 1 + 1")),
    "C: macros of macros": (
        20,
        lambda n: c(f"r = M{n - 1};", _many(lambda k: f"#define M{k} {f'M{k - 1}' if k else '1'}\n", n)),
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
        lambda n: c("r = M0;", _many(lambda k: f"#define M{k} M{(k + 1) % n} + M{(k + 2) % n}\n", n)),
    ),
    "C: macros with all others": (
        5,
        lambda n: c("r = M0;", _many(lambda k: f"#define M{k} " + _many(lambda j: f"M{j}", n, " + ") + "\n", n)),
    ),
    "C: macros of one large macro": (
        20,
        lambda n: c(
            "r = 1;",
            _doubling(12, "r +", lambda k, body: f"#define M{k} {body}\n") + _many(lambda k: f"#define A{k} M11\n", n),
        ),
    ),
    "C: threads with many calls": (
        5,
        lambda n: (
            "C t\n{ }\n"
            + _many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else 'smp_mb();'} }}\n", 8)
            + _many(lambda k: f"P{k}(int *x) {{ f7(); f7(); f7(); }}\n", n)
            + "exists (x=1)\n"
        ),
    ),
    "C: uncalled functions with many calls": (
        5,
        lambda n: c(
            "r = 1;",
            _many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else 'smp_mb();'} }}\n", 8)
            + _many(lambda k: f"void g{k}(void) {{ f7(); f7(); f7(); }}\n", n),
        ),
    ),
    "C: long macro": (200, lambda n: c("r = M;", "#define M 1" + " + 1" * n)),
    "C: uses of a long macro": (40, lambda n: c("r = 1;\n" + "M;\n" * n, "#define M 1" + " + 1" * 50)),
    "C: functions": (50, lambda n: c("r = f0(x);", _many(lambda k: f"int f{k}(int *p) {{ return *p; }}\n", n))),
    "C: calls": (50, lambda n: c("r = f(x);\n" * n, "int f(int *p) { return *p; }")),
    "C: functions that call the next": (
        20,
        lambda n: c(
            f"r = f{n - 1}(x);",
            _many(lambda k: f"int f{k}(int *p) {{ return {f'f{k - 1}(p)' if k else '*p'}; }}\n", n),
        ),
    ),
    "C: functions that call the next twice": (
        20,
        lambda n: c(
            f"r = f{n - 1}(x);",
            _many(lambda k: f"int f{k}(int *p) {{ return {f'f{k - 1}(p) + f{k - 1}(p)' if k else '*p'}; }}\n", n),
        ),
    ),
    "C: functions of nothing that call the next twice": (
        20,
        lambda n: c(
            f"f{n - 1}();", _many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else ''} }}\n", n)
        ),
    ),
    "C: uncalled functions that call the next twice": (
        20,
        lambda n: c("r = 1;", _many(lambda k: f"void f{k}(void) {{ {f'f{k - 1}(); f{k - 1}();' if k else ''} }}\n", n)),
    ),
    "C: functions that call themselves": (
        50,
        lambda n: c("f0();", _many(lambda k: f"void f{k}(void) {{ f{(k + 1) % n}(); }}\n", n)),
    ),
    "C: calls in arguments": (20, lambda n: c("r = " + "f(" * n + "1" + ")" * n + ";", "int f(int a) { return a; }")),
    "C: blocks": (20, lambda n: c("{" * n + "}" * n)),
    "C: blocks in a row": (100, lambda n: c("{ }" * n)),
    "C: parentheses": (20, lambda n: c("r = " + "(" * n + "1" + ")" * n + ";")),
    "C: sums": (40, lambda n: c("r = READ_ONCE(*x);\nr = r" + " + r" * n + ";")),
    "C: doubled sums": (40, lambda n: c("r = READ_ONCE(*x);\n" + "r = r + r;\n" * n)),
    "C: else if": (
        40,
        lambda n: c("r = READ_ONCE(*x);\n" + _many(lambda k: f"if (r == {k}) {{ s = {k}; }}\nelse ", n) + "s = 1;"),
    ),
    "C: if in a row": (
        40,
        lambda n: c("r = READ_ONCE(*x);\n" + _many(lambda k: f"if (r == {k}) WRITE_ONCE(*x, {k});\n", n)),
    ),
    "C: if in if": (20, lambda n: c("r = READ_ONCE(*x);\n" + "if (r) " * n + "WRITE_ONCE(*x, 1);")),
    "C: cases": (
        40,
        lambda n: c("switch (READ_ONCE(*x)) {" + _many(lambda k: f"case {k}: WRITE_ONCE(*x, {k});\n", n) + "}"),
    ),
    "C: labels and jumps": (40, lambda n: c(_many(lambda k: f"goto l{k}; l{k}: ;\n", n))),
    "C: jumps to the end": (40, lambda n: c("r = READ_ONCE(*x);\n" + "if (r) goto out;\n" * n + "out: ;")),
    "C: jumps to the beginning": (20, lambda n: c("again: r = READ_ONCE(*x);\n" + "if (r) goto again;\n" * n)),
    "C: loops": (10, lambda n: c("while (READ_ONCE(*x)) ;\n" * n)),
    "C: loops in loops": (2, lambda n: c("while (READ_ONCE(*x)) " * n + ";")),
    "C: counted loops": (10, lambda n: c(_many(lambda k: f"for (int i = 0; i < 9; i++) WRITE_ONCE(*x, {k});\n", n))),
    "C: writes": (100, lambda n: c("WRITE_ONCE(*x, 1);\n" * n)),
    "C: exchanges": (40, lambda n: c("r = atomic_add_return(1, x);\n" * n)),
    "C: locks": (40, lambda n: c("spin_lock(&l); spin_unlock(&l);\n" * n, "spinlock_t l;")),
    "C: barriers": (100, lambda n: c("smp_mb();\n" * n)),
    "C: declarations": (100, lambda n: c(_many(lambda k: f"int r{k} = {k};\n", n))),
    "C: threads": (
        40,
        lambda n: (
            f"C t\n{{ }}\n{_many(lambda k: f'P{k}(int *x) {{ WRITE_ONCE(*x, {k}); }}' + chr(10), n)}exists (x=1)\n"
        ),
    ),
    "C: parameters": (
        40,
        lambda n: f"C t\n{{ }}\nP0({_many(lambda k: f'int *x{k}', n, ', ')}) {{ *x0 = 1; }}\nexists (x0=1)\n",
    ),
    "C: structures": (40, lambda n: c("r = 1;", _many(lambda k: f"struct s{k} {{ int a; }};\n", n))),
    "C: structures in structures": (
        40,
        lambda n: c("r = 1;", _many(lambda k: f"struct s{k} {{ {f'struct s{k - 1} a;' if k else 'int a;'} }};\n", n)),
    ),
    "C: doubling structures": (
        20,
        lambda n: c(
            "r = 1;",
            _many(lambda k: f"struct s{k} {{ {f'struct s{k - 1} a, b;' if k else 'int a;'} }};\n", n),
        ),
    ),
    "C: members": (40, lambda n: c("r = 1;", "struct s { " + _many(lambda k: f"int m{k}; ", n) + "};")),
    "C: names of numbers": (100, lambda n: c("r = A0;", "enum { " + _many(lambda k: f"A{k}", n, ", ") + " };")),
    "C: variables of the file": (100, lambda n: c("WRITE_ONCE(v0, 1);", _many(lambda k: f"int v{k};\n", n))),
    "C: long name": (500, lambda n: c(f"int {'r' * n} = 1;")),
    "C: long number": (500, lambda n: c(f"r = {'9' * n};")),
    "C: long string": (500, lambda n: c(f'r = "{"x" * n}";')),
    "C: comments": (200, lambda n: c("/* (* // */ // /* \n" * n)),
    "C: unnamed brace": (100, lambda n: c("r = 1;", "int f(void)\n" * n + "{ }")),
    "C: heads": (100, lambda n: "C t\n" + "int f(void)\n{ }\n" * n + "{ x=0; }\nP0(int *x) { }\nexists (x=1)\n"),
    "C: definitions between threads": (
        40,
        lambda n: "C t\n{ }\n" + _many(lambda k: f"int v{k};\nP{k}(int *x) {{ v{k} = 1; }}\n", n) + "exists (x=1)\n",
    ),
    "C: implied variables": (
        30,
        lambda n: (
            f"C t\n{{ {_many(lambda k: f'0:r{k}=1;', n)} }}\nP0() {{ {_many(lambda k: f's = r{k};', n)} }}\n"
            "exists (0:s=1)\n"
        ),
    ),
}

# --- models -----------------------------------------------------------------------------------------------------------

_SETS = frozenset({"X"})


def _elaborates(text: str) -> Work:
    return lambda: load_text(text).elaborate(_SETS)


_MODELS: dict[str, tuple[int, Text]] = {
    "cat: lets": (100, lambda n: "let a0 = po\n" + _many(lambda k: f"let a{k + 1} = a{k} ; po\n", n) + f"acyclic a{n}"),
    "cat: doubling lets": (
        50,
        lambda n: "let a0 = po\n" + _many(lambda k: f"let a{k + 1} = a{k} ; a{k}\n", n) + f"acyclic a{n}",
    ),
    "cat: one let again": (100, lambda n: "let a = po\n" + "let a = a | rf ; a\n" * n + "acyclic a"),
    "cat: unused lets": (100, lambda n: _many(lambda k: f"let a{k} = po | rf\n", n) + "acyclic po"),
    "cat: unions": (100, lambda n: "acyclic " + "po | " * n + "rf"),
    "cat: unions of different terms": (
        40,
        lambda n: (
            "let a0 = po\n"
            + _many(lambda k: f"let a{k + 1} = a{k} ; rf\n", n)
            + "acyclic "
            + _many(lambda k: f"a{k}", n, " | ")
        ),
    ),
    "cat: sequences": (100, lambda n: "acyclic " + "po ; " * n + "rf"),
    "cat: intersections": (100, lambda n: "acyclic " + "po & " * n + "rf"),
    "cat: differences": (100, lambda n: "acyclic po" + " \\ rf" * n),
    "cat: stars": (100, lambda n: "acyclic po" + "*" * n),
    "cat: inverses": (100, lambda n: "acyclic po" + "^-1" * n),
    "cat: parentheses": (50, lambda n: "acyclic " + "(" * n + "po" + ")" * n),
    "cat: complements": (50, lambda n: "acyclic " + "~" * n + "po"),
    "cat: brackets": (50, lambda n: "acyclic " + "[W] ; " * n + "po"),
    "cat: axioms": (100, lambda n: "acyclic po | rf\n" * n),
    "cat: named axioms": (100, lambda n: _many(lambda k: f"acyclic po | rf as a{k}\n", n)),
    "cat: functions": (50, lambda n: _many(lambda k: f"let f{k}(r) = r ; po\n", n) + "acyclic f0(rf)"),
    "cat: functions that call the next": (
        20,
        lambda n: "let f0(r) = r ; po\n" + _many(lambda k: f"let f{k + 1}(r) = f{k}(r)\n", n) + f"acyclic f{n}(rf)",
    ),
    "cat: functions that call the next twice": (
        20,
        lambda n: (
            "let f0(r) = r ; po\n"
            + _many(lambda k: f"let f{k + 1}(r) = f{k}(r) | f{k}(r ; r)\n", n)
            + f"acyclic f{n}(rf)"
        ),
    ),
    "cat: functions that call the next twice alike": (
        20,
        lambda n: (
            "let f0(r) = r ; po\n" + _many(lambda k: f"let f{k + 1}(r) = f{k}(r) ; f{k}(r)\n", n) + f"acyclic f{n}(rf)"
        ),
    ),
    "cat: a function that calls itself": (
        50,
        lambda n: "let rec f(r) = f(r ; po)\n" + "acyclic f(po)\n" * n,
    ),
    "cat: calls in calls": (20, lambda n: "let f(r) = r ; po\nacyclic " + "f(" * n + "po" + ")" * n),
    "cat: recursive lets": (
        20,
        lambda n: "let rec " + _many(lambda k: f"a{k} = po | (a{(k + 1) % n} ; rf)", n, "\nand ") + "\nacyclic a0",
    ),
    "cat: recursive lets one by one": (
        50,
        lambda n: _many(lambda k: f"let rec a{k} = po | (a{k} ; rf)\n", n) + "acyclic a0",
    ),
    "cat: tuples": (100, lambda n: "let a = (" + "po, " * n + "rf)\nacyclic po"),
    "cat: lets in lets": (30, lambda n: "acyclic " + _many(lambda k: f"let a{k} = po in ", n) + "po"),
    "cat: ifs": (30, lambda n: "acyclic " + 'if "v" then po else ' * n + "po"),
    "cat: matches": (20, lambda n: "acyclic po\n" + "let f(s) = match s with || {} -> po || e ++ es -> po end\n" * n),
    "cat: sets of sets": (50, lambda n: "let s = {" + "po, " * n + "rf}\nacyclic po"),
    "cat: enumerations": (50, lambda n: _many(lambda k: f"enum e{k} = 'A{k} || 'B{k}\n", n) + "acyclic po"),
    "cat: procedures": (
        50,
        lambda n: _many(lambda k: f"procedure p{k}(r) = acyclic r end\n", n) + "call p0(po)",
    ),
    "cat: procedures that call the next twice": (
        10,
        lambda n: (
            "procedure p0(r) = acyclic r end\n"
            + _many(lambda k: f"procedure p{k + 1}(r) = call p{k}(r)\ncall p{k}(r) end\n", n)
            + f"call p{n}(po)"
        ),
    ),
    "cat: shows": (100, lambda n: "acyclic po\n" + "show po as a\n" * n),
    "cat: flags": (50, lambda n: "acyclic po\n" + _many(lambda k: f"flag ~empty po as f{k}\n", n)),
    "cat: comments": (100, lambda n: "acyclic po (* a comment *)\n" * n),
    "cat: nested comments": (200, lambda n: "acyclic po " + "(* " * n + " *)" * n),
    "cat: open comments": (200, lambda n: "acyclic po " + "(* " * n),
    "cat: long name": (500, lambda n: f"let {'a' * n} = po\nacyclic {'a' * n}"),
    "cat: long identity": (500, lambda n: f'"{"a" * n}"\nacyclic po'),
    "cat: misspelt names": (20, lambda n: _many(lambda k: f"let name{k} = po\n", n) + "acyclic naem1"),
    "cat: tries": (20, lambda n: "acyclic " + "try " * n + "po" + " with rf" * n),
    "cat: withs": (3, lambda n: _many(lambda k: f"with o{k} from {{po, rf}}\n", n) + "acyclic po"),
}


def _folder(files: dict[str, str], work: Callable[[Path], object]) -> Work:
    """Work on files in a folder, which is there as long as the work is."""
    place = tempfile.TemporaryDirectory(prefix="litmus-hostile-")
    for name, text in files.items():
        (Path(place.name) / name).write_text(text)
    return partial(_in_folder, place, work)


def _in_folder(place: tempfile.TemporaryDirectory[str], work: Callable[[Path], object]) -> object:
    return work(Path(place.name))


def _includes(files: dict[str, str]) -> Work:
    def work(folder: Path) -> None:
        model = load(str(folder / "m0.cat"))
        files_of(model)
        model.elaborate(_SETS)

    return _folder(files, work)


def _cat_files(n: int, included: Callable[[int], list[int]]) -> Work:
    return _includes(
        {
            f"m{k}.cat": "".join(f'include "m{j}.cat"\n' for j in included(k)) + f"let a{k} = po\nacyclic po\n"
            for k in range(n)
        }
    )


_INCLUDES: dict[str, tuple[int, Callable[[int], Work]]] = {
    "include: chain": (20, lambda n: _cat_files(n, lambda k: [k + 1] if k + 1 < n else [])),
    "include: cycle": (20, lambda n: _cat_files(n, lambda k: [(k + 1) % n])),
    "include: twice each": (20, lambda n: _cat_files(n, lambda k: [k + 1, k + 1] if k + 1 < n else [])),
    "include: all from one": (20, lambda n: _cat_files(n, lambda k: list(range(1, n)) if k == 0 else [])),
    "include: one file again": (50, lambda n: _cat_files(2, lambda k: [1] * n if k == 0 else [])),
    "include: missing": (50, lambda n: _cat_files(n, lambda k: [n] if k == 0 else [])),
}

# --- descriptions, passing tables, shelves, indexes -------------------------------------------------------------------

_DESCRIPTION = "name: m\ndescription: d\nsource: [s]\ndialects: []\ndefault_for: []\nlimits: [l]\n"


def _describes(more: str, model: str = "acyclic po & (X * X)\n") -> Work:
    return _folder({"m.cat": model, "m.yaml": _DESCRIPTION + more}, lambda folder: read_info(folder / "m.yaml"))


def _passes(text: str) -> Work:
    return _folder({"p.yaml": text}, lambda folder: read_passing(str(folder / "p.yaml")))


def _yaml(text: str) -> Work:
    return lambda: parse_yaml(Source("y", text), ModelError, "the text")


def _shelf(text: str, files: dict[str, str] | None = None) -> Work:
    return _folder({"shelf.yaml": text, **(files or {})}, lambda folder: load_shelf(folder, folder.parent))


def _claim(k: int) -> str:
    return (
        f"  T{k}:\n    claim: c\n    source: {{document: d, where: w}}\n"
        "    expected: {allowed: [x86-tso]}\n    argument: a\n"
    )


def _operations(n: int) -> str:
    return "operations:\n  - source: s\n" + _many(lambda k: f"    o{k}: {{fence: [X], meaning: m}}\n", n)


def _index(files: dict[str, str]) -> Work:
    def work(folder: Path) -> None:
        expand([f"{folder}/@i0"])

    return _folder(files, work)


_FILES: dict[str, tuple[int, Callable[[int], Work]]] = {
    "yaml: keys": (50, lambda n: _yaml(_many(lambda k: f"a{k}: x\n", n))),
    "yaml: list": (50, lambda n: _yaml("a: [" + "x, " * n + "x]")),
    "yaml: nesting": (50, lambda n: _yaml("[" * n + "]" * n)),
    "yaml: open nesting": (50, lambda n: _yaml("{a: " * n)),
    "yaml: indentation": (15, lambda n: _yaml(_many(lambda k: " " * k + "a:\n", n))),
    "yaml: aliases": (50, lambda n: _yaml("a: &a x\n" + _many(lambda k: f"b{k}: *a\n", n))),
    "yaml: anchors": (50, lambda n: _yaml(_many(lambda k: f"b{k}: &a{k} x\n", n))),
    "yaml: merges": (50, lambda n: _yaml(_many(lambda k: f"b{k}: {{<<: {{a: 1}}}}\n", n))),
    "yaml: long key": (500, lambda n: _yaml(f"? {'a' * n}\n: x")),
    "yaml: long text": (500, lambda n: _yaml(f'a: "{"x " * n}"')),
    "yaml: lines": (200, lambda n: _yaml("a: |\n" + "  x\n" * n)),
    "yaml: comments": (500, lambda n: _yaml("# a\n" * n)),
    "yaml: documents": (50, lambda n: _yaml("--- x\n" * n)),
    "yaml: tags": (50, lambda n: _yaml(_many(lambda k: f"b{k}: !t{k} x\n", n))),
    "description: unknown keys": (20, lambda n: _describes(_many(lambda k: f"k{k}: x\n", n))),
    "description: limits": (20, lambda n: _describes("aliases: [" + _many(lambda k: f"A{k}", n, ", ") + "]\n")),
    "description: operations": (20, lambda n: _describes(_operations(n))),
    "description: groups": (
        20,
        lambda n: _describes(
            "operations:\n" + _many(lambda k: f"  - source: s\n    o{k}: {{fence: [X], meaning: m}}\n", n)
        ),
    ),
    "description: tags": (
        20,
        lambda n: _describes("operations:\n  - source: s\n    o: {fence: [" + "X, " * n + "X], meaning: m}\n"),
    ),
    "description: ignored": (
        20,
        lambda n: _describes("ignored: [" + _many(lambda k: f"A{k}", n, ", ") + "]\n" + _operations(1)),
    ),
    "description: rows": (
        20,
        lambda n: _describes(_operations(1) + "kernel:\n  v6:\n    - source: s\n" + "      smp_mb: [o0]\n" * n),
    ),
    "description: long rows": (
        20,
        lambda n: _describes(
            _operations(1) + "kernel:\n  v6:\n    - source: s\n      smp_mb: [" + "o0, " * n + "o0]\n"
        ),
    ),
    "description: misspelt primitives": (
        20,
        lambda n: _describes(
            _operations(1) + "kernel:\n  v6:\n    - source: s\n      " + "smp_mb, " * n + "smp_bm: [o0]\n"
        ),
    ),
    "description: comments of its model": (
        50,
        lambda n: _describes(_operations(1), "acyclic po & (X * X)\n" + "(* " * n + "(* *)\n" * n),
    ),
    "passing: sources": (
        20,
        lambda n: _passes("name: p\ndescription: d\nrules: {}\nsource:\n" + "  - s\n" * n),
    ),
    "passing: rules": (
        20,
        lambda n: _passes("name: p\ndescription: d\nsource: [s]\nrules:\n" + _many(lambda k: f"  r{k}: {{}}\n", n)),
    ),
    "passing: attributes": (
        20,
        lambda n: _passes(
            "name: p\ndescription: d\nsource: [s]\nrules:\n  posted: {posted: {pass: [" + "RO, " * n + "RO], why: w}}\n"
        ),
    ),
    "shelf: tests without files": (20, lambda n: _shelf("title: t\nabout: a\ntests:\n" + _many(_claim, n))),
    "shelf: tests": (
        5,
        lambda n: _shelf(
            "title: t\nabout: a\ntests:\n" + _many(_claim, n),
            {f"T{k}.litmus": x86(" MOV [x],$1 ;").replace("X86 t", f"X86 T{k}") for k in range(n)},
        ),
    ),
    "shelf: expectations": (
        20,
        lambda n: _shelf(
            "title: t\nabout: a\ntests:\n" + _claim(0).replace("[x86-tso]", "[" + "x86-tso, " * n + "x86-tso]"),
            {"T0.litmus": x86(" MOV [x],$1 ;").replace("X86 t", "X86 T0")},
        ),
    ),
    "shelf: files without tests": (
        20,
        lambda n: _shelf("title: t\nabout: a\ntests:\n" + _claim(0), {f"T{k}.litmus": x86(" NOP ;") for k in range(n)}),
    ),
    "index: lines": (50, lambda n: _index({"@i0": "a.litmus\n" * n})),
    "index: chain": (20, lambda n: _index({f"@i{k}": f"@i{k + 1}\n" for k in range(n)})),
    "index: twice each": (12, lambda n: _index({f"@i{k}": f"@i{k + 1}\n" * 2 for k in range(n)})),
    "index: cycle": (20, lambda n: _index({f"@i{k}": f"@i{(k + 1) % n}\n" for k in range(n)})),
    "state: atoms": (50, lambda n: _state("x=1; " * n)),
    "state: names": (50, lambda n: _state(_many(lambda k: f"y{k}=1; ", n))),
}


def _state(text: str) -> Work:
    test = parse_test(Source("t", x86(" MOV [x],$1 ;")))
    return lambda: with_outcome(test, text)


def _families() -> Iterator[Family]:
    for reads, texts in ((_reads, _ASSEMBLY), (_unfolds, _UNFOLDED), (_lowers, _C), (_elaborates, _MODELS)):
        for name, (size, text) in texts.items():
            yield Family(name, size, partial(_made, reads, text))
    for works in (_INCLUDES, _FILES):
        for name, (size, make) in works.items():
            yield Family(name, size, make)


def _made(reads: Callable[[str], Work], text: Text, n: int) -> Work:
    return reads(text(n))


FAMILIES: tuple[Family, ...] = tuple(_families())

_LIMITED = frozenset(
    {
        *("loops in loops", "loops that overlap", "loops one after another", "endless loops", "index: twice each"),
        *(
            "C: doubling macros",
            "C: doubling macros of nothing",
            "C: macros in each other",
            "C: macros with all others",
        ),
        *("C: macros of one large macro", "C: threads with many calls", "C: uncalled functions with many calls"),
        *("C: functions that call the next twice", "C: functions of nothing that call the next twice"),
        *("C: uncalled functions that call the next twice", "C: if in if", "C: cases", "C: jumps to the end"),
        *("C: jumps to the beginning", "C: loops", "C: loops in loops", "C: exchanges", "C: locks"),
        *("cat: functions that call the next twice", "cat: functions that call the next twice alike"),
        *("cat: a function that calls itself", "cat: procedures that call the next twice", "include: twice each"),
    }
)

# --- measuring --------------------------------------------------------------------------------------------------------

_TIMES = 10  # how much larger than in the tests the inputs are
_MOST = 2.6


def _measured(family: Family, size: int) -> tuple[float, float]:
    """CPU seconds and megabytes for the input of a size, the input itself not counted."""
    work = family.make(size)
    start = time.process_time()
    outcome(work)
    seconds = time.process_time() - start
    work = family.make(size)
    tracemalloc.start()
    outcome(work)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, memory / 1e6


def main(part: str) -> int:
    rows = []
    good = True
    for family in FAMILIES:
        if part not in family.name:
            continue
        outcome(family.make(2))  # what is loaded once is not counted
        n = family.size * (2 if family.limited else _TIMES)
        (seconds, memory), (twice, doubled) = _measured(family, n), _measured(family, 2 * n)
        worse = not family.limited and (
            (twice > 0.2 and twice > _MOST * seconds) or (doubled > 5 and doubled > _MOST * memory)
        )
        good &= not worse
        what = "limited" if family.limited else "WORSE" if worse else ""
        rows.append((family.name, str(n), f"{seconds:.3f}", f"{twice:.3f}", f"{memory:.1f}", f"{doubled:.1f}", what))
    print(table(("input", "n", "seconds", "at 2n", "MB", "at 2n", ""), rows), end="")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
