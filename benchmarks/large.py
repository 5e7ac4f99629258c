"""Measures how long large inputs take, of every kind that was or could be slow: each is answered or refused in time.

    python benchmarks/large.py [seconds that an input may take]

The tests ask the same of the same inputs, but count calls of functions, which takes as long on every machine. Exit code
1 if an answer is wrong or late.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.cat import load_text
from litmus.cat.files import LARGEST
from litmus.engine import Engine
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.ir.options import Options
from litmus.ir.verdict import Status
from litmus.render.table import table
from litmus.unfold import unfold

# --- the container of tests -------------------------------------------------------------------------------------------

_HEAD = "PPC t\n{}\nP0;\nnop;\n"
_TESTS = ("conjunctions", "rows", "declarations", "semicolons", "surrogates")  # the rest are errors
_CONTAINERS = {
    "parentheses": _HEAD + "exists " + "(" * 200_000 + "x=1" + ")" * 200_000,
    "negations": _HEAD + "exists " + "~" * 200_000 + "x=1",
    "implications": _HEAD + "exists x=1" + " => x=1" * 50_000,
    "conjunctions": _HEAD + "exists x=1" + " /\\ x=1" * 5_000,
    "comments": "PPC t\n" + "(*" * 200_000 + "*)" * 200_000,
    "open comments": "PPC t\n" + "(*" * 200_000,
    "braces": "PPC t\n" + "{" * 200_000,
    "number": "PPC t\n{x=" + "9" * 1_000_000 + "}\nP0;\n",
    "name": "PPC t\n{" + "x" * 1_000_000 + "}\nP0;\nnop;\nexists (y=" + "y" * 1_000_000,
    "register": "PPC t\n{0:" + "r" * 1_000_000 + "=1}\nP0;\n",
    "mnemonic": "X86 t\n{}\nP0;\n" + "m" * 1_000_000 + ";",
    "header": "PPC " + "t" * 1_000_000,
    "blanks": "PPC t" + " " * 1_000_000 + "\n" + "\t" * 1_000_000,
    "equals": "PPC t\n" + "a=" * 500_000,
    "threads": "PPC t\n{}\n" + "|".join(f"P{n}" for n in range(20_000)) + ";\n",
    "bars": "PPC t\n{}\nP0;\n" + "|" * 500_000,
    "semicolons": "PPC t\n{}\nP0" + ";" * 500_000,
    "labels": "PPC t\n{}\nP0;\n" + "L:" * 90 + "nop;",
    "rows": "PPC t\n{}\nP0;\n" + "lwz r1,0(r2);\n" * 5_000,
    "declarations": "PPC t\n{" + "".join(f"x{n}=1;" for n in range(3_000)) + "}\nP0;\nnop;\n",
    "array": "PPC t\n{int t[999999999]}\nP0;\nnop;\n",
    "operands": "X86_64 t\n{}\nP0;\nmovq " + ",(" * 90 + ";",
    "binary": bytes(range(256)).decode("latin-1") * 100,
    "surrogates": "PPC t\nMT=\udcff\n{}\nP0;\nnop;\n",
    "quote": 'PPC t "' + "x" * 1_000_000,
    "questions": "PPC t\n{}\nP0;\n" + "~ " * 300_000 + "not " * 100_000,
}
CONTAINERS: Mapping[str, tuple[str, bool]] = {name: (text, name in _TESTS) for name, text in _CONTAINERS.items()}
"""Texts, and whether they are tests."""

# --- programs in C ----------------------------------------------------------------------------------------------------


def _body(statements: str) -> str:
    return f"C t\n{{}}\nP0(int *x)\n{{ {statements} }}\nexists (x=1)"


def _names(count: int) -> str:
    return _body("".join(f"r = r{n};" for n in range(count)) + "".join(f"r{n} = 1;" for n in range(count)))


_N = 20_000
_C_TESTS = (
    *("statements", "semicolons", "declarations", "names", "metadata", "comments", "nested comments", "macros"),
    *("unused functions", "calls of functions", "variables", "structures", "labels", "cases"),
)
_PROGRAMS = {
    "parentheses": _body("r = " + "(" * _N + "1" + ")" * _N + ";"),
    "open parentheses": _body("r = " + "(" * _N),
    "blocks": _body("{" * _N + "}" * _N),
    "open blocks": _body("{" * _N),
    "ifs": _body("if (1) " * _N + ";"),
    "elses": _body("if (1) ; else " * _N + ";"),
    "loops": _body("while (1) " * _N + ";"),
    "stars": _body("r = " + "*" * _N + "x;"),
    "minuses": _body("r = " + "- " * _N + "1;"),
    "casts": _body("r = " + "(int) " * _N + "1;"),
    "pointers": _body("int " + "*" * _N + "r;"),
    "indexes": _body("r = x" + "[0" * _N + "]" * _N + ";"),
    "more indexes": _body("r = x" + "[0]" * _N + ";"),
    "sum": _body("r = 1; r = r" + " + r" * _N + ";"),
    "conjunction": _body("r = 1; r = r" + " && READ_ONCE(*x)" * _N + ";"),
    "choices": _body("r = 1" + " ? 1 : 1" * _N + ";"),
    "assignments": _body("a = " * _N + "1;"),
    "commas": _body("r = 1" + ", r = 2" * _N + ";"),
    "calls": _body("READ_ONCE(" * _N),
    "likely": _body("r = " + "likely(" * _N + "1" + ")" * _N + ";"),
    "statements": _body("WRITE_ONCE(*x, 1);\n" * (_N // 4)),
    "semicolons": _body(";" * _N),
    "declarations": _body("".join(f"int r{n} = {n};" for n in range(5_000))),
    "names": _names(2_000),
    "long name": _body(f"int {'x' * _N} = y{'x' * _N};"),
    "long number": _body(f"r = {'9' * _N};"),
    "string": _body('r = "' + "x" * _N + '";'),
    "parameters": f"C t\n{{}}\nP0({', '.join(f'int *x{n}' for n in range(_N))}) {{ }}\n",
    "threads": "C t\n{}\n" + "".join(f"P{n}(int *x) {{ }}\n" for n in range(1_500)),
    "unused functions": "C t\n{}\n"
    + "".join(f"int f{n}(int a) {{ return {n}; }}\n" for n in range(1_500))
    + "P0() { }\n",
    "calls of functions": "C t\n{}\nint f(int *p) { return *p; }\n"
    + "P0(int *x) {"
    + "WRITE_ONCE(*x, f(x));\n" * 900
    + "}\n",
    "macros": "C t\n{}\n" + "".join(f"#define N{n} ({n} + 1)\n" for n in range(900)) + "P0() { r = N0 + N899; }\n",
    "more macros": "C t\n{}\n" + "".join(f"#define N{n} ({n} + 1)\n" for n in range(_N)),
    "variables": "C t\n{}\n" + "".join(f"int x{n};\n" for n in range(3_000)) + "P0() { WRITE_ONCE(x0, x9); }\n",
    "structures": "C t\n{}\n" + "".join(f"struct s{n} {{ int a; int b; }};\n" for n in range(2_000)) + "P0() { }\n",
    "members": "C t\n{}\nstruct s { " + "".join(f"int m{n}; " for n in range(_N)) + "};\nP0() { }\n",
    "labels": _body("".join(f"goto l{n}; l{n}: ;\n" for n in range(2_000))),
    "cases": _body("switch (READ_ONCE(*x)) {" + "".join(f"case {n}: ;\n" for n in range(1_000)) + "}"),
    "unknown names": "C t\n{0:r1=1;}\n" + "".join(f"P{n}() {{ r2 = 1; r3 = r1; }}\n" for n in range(900)),
    "metadata": "C t\n" + "a = {\n" * _N + "{}\nP0() {}\n",
    "comments": "C t\n{}\nP0() {" + "/* */" * _N + "}\n",
    "nested comments": "C t\n{}\nP0() {}" + "(*" * _N + "*)" * _N,
    "open comment": "C t\n{}\nP0() { /*" + " (* // " * _N,
    "open braces": "C t\n{}\n" + "P0() {" * _N,
    "no braces": "C t\n{}\n" + "P0() " * _N,
    "closing braces": "C t\n{}\nP0() {" + "}" * _N,
    "functions": "C t\n{}\n" + "{}" * _N,
}
PROGRAMS: Mapping[str, tuple[str, bool]] = {name: (text, name in _C_TESTS) for name, text in _PROGRAMS.items()}
"""Texts, and whether they are tests."""

LONGER: Mapping[str, tuple[str, bool]] = {
    "more statements": (_body("WRITE_ONCE(*x, 1);\n" * _N), True),
    "more names": (_names(5_000), True),
}
"""Some of the same, in the size in which they were slow."""

# --- models -----------------------------------------------------------------------------------------------------------

MODELS: Mapping[str, str] = {
    "unions": "acyclic " + "po | " * 150_000,
    "axioms": "acyclic " + "acyclic po\n" * 70_000,
    "definitions": "acyclic " + "let x = po let y = x;x " * 20_000,
    "quotes": "acyclic " + '"' * LARGEST,
}
"""Texts, of which none is a model."""

# --- tests to be decided ----------------------------------------------------------------------------------------------


def _columns(threads: list[list[str]], condition: str) -> str:
    height = max(map(len, threads))
    rows = "".join(" | ".join(t[k] if k < len(t) else "" for t in threads) + " ;\n" for k in range(height))
    return f"X86 t\n{{ }}\n {' | '.join(f'P{i}' for i in range(len(threads)))} ;\n{rows}{condition}\n"


def counter(threads: int, times: int) -> str:
    """Threads that increase one location so many times each."""
    return _columns([["lock inc [x]"] * times] * threads, f"forall (x={threads * times})")


def branches(count: int) -> str:
    """Branches in a row, each dependent on a read of its own, and on all before."""
    parts = [("mov eax,[x]", f"cmp eax,${k}", f"jne L{k}", "add ebx,eax", f"L{k}:") for k in range(count)]
    return _columns([[line for part in parts for line in part]], "exists (0:ebx=0)")


def many_ways_back(count: int) -> str:
    """A loop that so many branches close."""
    body = ["L:", "mov eax,[x]"] + [line for k in range(1, count + 1) for line in (f"cmp eax,${k}", "je L")]
    return _columns([body, ["mov [x],$3"]], "exists (0:eax=3)")


def ring(count: int, fence: str, without: int | None = None) -> str:
    """Store buffering around a ring: each thread writes its own location and reads its neighbour's."""
    registers = "".join(f"{i}:r2=x{i}; {i}:r4=x{(i + 1) % count};\n" for i in range(count))
    rows = [["li r1,1"] * count, ["stw r1,0(r2)"] * count, [fence] * count, ["lwz r3,0(r4)"] * count]
    if without is not None:
        rows[2][without] = ""
    body = "".join(" | ".join(row) + " ;\n" for row in rows)
    condition = " /\\ ".join(f"{i}:r3=0" for i in range(count))
    header = " | ".join(f"P{i}" for i in range(count))
    return f"PPC ring\n{{\n{registers}}}\n {header} ;\n{body}exists ({condition})\n"


# --- measuring --------------------------------------------------------------------------------------------------------


def _container(text: str) -> bool:
    """Whether a text is a test, which then is the same when written and read again."""
    try:
        test = parse_test(Source("large", text))
    except LitmusError:
        return False
    return parse_test(Source("again", print_test(test))).hash == test.hash


def _program(text: str) -> bool:
    """Whether a text is a test, which is unfolded, too."""
    is_test = _container(text)
    if is_test:
        with suppress(LitmusError):
            unfold(parse_test(Source("large", text)))
    return is_test


def _model(text: str) -> bool:
    """Whether a text is a model for Power."""
    try:
        load_text(text).elaborate(frozenset({"X", "SYNC", "LWSYNC", "EIEIO", "ISYNC"}))
    except LitmusError:
        return False
    return True


def _right(read: Callable[[str], bool], text: str, wanted: bool) -> bool:
    return read(text) is wanted


def _decided(text: str, ok: bool, **options: object) -> Callable[[], bool]:
    """Whether a test is decided as it should be; a loop may go on."""

    def decide() -> bool:
        verdict = Engine().check(parse_test(Source("large", text)), options=Options(**options))  # type: ignore[arg-type]
        return verdict.ok is ok and verdict.status in (Status.DONE, Status.BOUND)

    return decide


def cases() -> Iterator[tuple[str, int, Callable[[], bool]]]:
    """What each input is, how large it is, and whether its answer is right."""
    for what, read, texts in (
        ("container", _container, CONTAINERS),
        ("C", _program, {**PROGRAMS, **LONGER}),
        ("model", _model, {name: (text, False) for name, text in MODELS.items()}),
    ):
        for name, (text, wanted) in texts.items():
            yield f"{what}: {name}", len(text), partial(_right, read, text, wanted)
    for name, text, right in (
        *((f"counter of {t}, {n} times", counter(t, n), True) for t, n in ((1, 12), (2, 4), (4, 2))),
        ("dependent branches", branches(30), True),
    ):
        yield f"decided: {name}", len(text), _decided(text, right)
    yield "decided: a loop with seven ways back", len(many_ways_back(7)), _decided(many_ways_back(7), False, unroll=3)
    for fence, without in (("sync", None), ("lwsync", None), ("sync", 17)):
        text = ring(64, fence, without)
        name = f"decided: ring of 64, {fence}{'' if without is None else ' but one'}"
        yield name, len(text), _decided(text, (fence, without) != ("sync", None), verdict_only=True)


def main(limit: float) -> int:
    rows = []
    good = True
    for what, size, right in cases():
        start = time.perf_counter()
        answer = right()
        seconds = time.perf_counter() - start
        good &= answer and seconds <= limit
        rows.append((what, f"{size:,}", "" if answer else "WRONG", "late" if seconds > limit else "", f"{seconds:.2f}"))
    print(table(("input", "characters", "answer", "limit", "seconds"), rows), end="")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
