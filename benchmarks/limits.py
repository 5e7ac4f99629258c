"""Measures what must not take long: inputs that are large, or that were hard once, each with the seconds it may take.

    python benchmarks/limits.py [factor]

The factor stretches all limits, for a slow machine. Exit code 1 if anything is late or wrong. The suite reads the same
inputs, but asserts no time: it counts steps.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from litmus.base.errors import LimitReached, LitmusError
from litmus.base.source import Source
from litmus.cat.load import CatModel, load, load_text
from litmus.engine import Engine, Options
from litmus.frontend.dialect import dialect_for
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.ir.verdict import Status, Verdict
from litmus.render.table import table
from litmus.unfold import unfold

Input = Callable[[float], str]
"""A text; its argument is its size, 1 the full one."""


def times(text: str, most: int) -> Callable[[float], str]:
    """A text repeated, so often at full size."""
    return lambda size: text * int(most * size)


# --- tests in assembly ------------------------------------------------------------------------------------------------

_HEAD = "PPC t\n{}\nP0;\nnop;\n"


def _around(before: str, opening: str, inside: str, closing: str, most: int) -> Input:
    return lambda size: before + opening * int(most * size) + inside + closing * int(most * size)


def _after(before: str, repeated: str, most: int, after: str = "") -> Input:
    return lambda size: before + repeated * int(most * size) + after


ASSEMBLY: Mapping[str, Input] = {
    "parentheses": _around(_HEAD + "exists ", "(", "x=1", ")", 200_000),
    "negations": _after(_HEAD + "exists ", "~", 200_000, "x=1"),
    "implications": _after(_HEAD + "exists x=1", " => x=1", 50_000),
    "conjunctions": _after(_HEAD + "exists x=1", " /\\ x=1", 5_000),
    "comments": _around("PPC t\n", "(*", "", "*)", 200_000),
    "open comments": _after("PPC t\n", "(*", 200_000),
    "braces": _after("PPC t\n", "{", 200_000),
    "number": _after("PPC t\n{x=", "9", 1_000_000, "}\nP0;\n"),
    "name": lambda size: (
        "PPC t\n{" + "x" * int(1_000_000 * size) + "}\nP0;\nnop;\nexists (y=" + "y" * int(1_000_000 * size)
    ),
    "register": _after("PPC t\n{0:", "r", 1_000_000, "=1}\nP0;\n"),
    "mnemonic": _after("X86 t\n{}\nP0;\n", "m", 1_000_000, ";"),
    "header": _after("PPC ", "t", 1_000_000),
    "blanks": lambda size: "PPC t" + " " * int(1_000_000 * size) + "\n" + "\t" * int(1_000_000 * size),
    "equals": _after("PPC t\n", "a=", 500_000),
    "threads": lambda size: "PPC t\n{}\n" + "|".join(f"P{n}" for n in range(int(20_000 * size))) + ";\n",
    "bars": _after("PPC t\n{}\nP0;\n", "|", 500_000),
    "semicolons": _after("PPC t\n{}\nP0", ";", 500_000),
    "labels": _after("PPC t\n{}\nP0;\n", "L:", 90, "nop;"),
    "rows": _after("PPC t\n{}\nP0;\n", "lwz r1,0(r2);\n", 5_000),
    "declarations": lambda size: "PPC t\n{" + "".join(f"x{n}=1;" for n in range(int(3_000 * size))) + "}\nP0;\nnop;\n",
    "array": lambda size: f"PPC t\n{{int t[{int(999_999_999 * size)}]}}\nP0;\nnop;\n",
    "operands": _after("X86_64 t\n{}\nP0;\nmovq ", ",(", 90, ";"),
    "binary": times(bytes(range(256)).decode("latin-1"), 100),
    "surrogates": lambda size: "PPC t\nMT=\udcff\n{}\nP0;\nnop;\n",
    "quote": _after('PPC t "', "x", 1_000_000),
    "questions": lambda size: "PPC t\n{}\nP0;\n" + "~ " * int(300_000 * size) + "not " * int(100_000 * size),
}

# --- tests in C -------------------------------------------------------------------------------------------------------

_N = 20_000


def body(statements: str) -> str:
    """A test in C of one thread."""
    return f"C t\n{{}}\nP0(int *x)\n{{ {statements} }}\nexists (x=1)"


def _in_body(before: str, repeated: str, inside: str = "", closing: str = "", after: str = "") -> Input:
    def text(size: float) -> str:
        n = int(_N * size)
        return body(before + repeated * n + inside + closing * n + after)

    return text


def _repeated(before: str, repeated: str, after: str = "") -> Input:
    return _after(before, repeated, _N, after)


C: Mapping[str, Input] = {
    "parentheses": _in_body("r = ", "(", "1", ")", ";"),
    "open parentheses": _in_body("r = ", "("),
    "blocks": _in_body("", "{", "", "}"),
    "open blocks": _in_body("", "{"),
    "ifs": _in_body("", "if (1) ", ";"),
    "elses": _in_body("", "if (1) ; else ", ";"),
    "loops": _in_body("", "while (1) ", ";"),
    "stars": _in_body("r = ", "*", "x;"),
    "minuses": _in_body("r = ", "- ", "1;"),
    "casts": _in_body("r = ", "(int) ", "1;"),
    "pointers": _in_body("int ", "*", "r;"),
    "indexes": _in_body("r = x", "[0", "", "]", ";"),
    "more indexes": _in_body("r = x", "[0]", ";"),
    "sum": _in_body("r = 1; r = r", " + r", ";"),
    "conjunction": _in_body("r = 1; r = r", " && READ_ONCE(*x)", ";"),
    "choices": _in_body("r = 1", " ? 1 : 1", ";"),
    "assignments": _in_body("", "a = ", "1;"),
    "commas": _in_body("r = 1", ", r = 2", ";"),
    "calls": _in_body("", "READ_ONCE("),
    "likely": _in_body("r = ", "likely(", "1", ")", ";"),
    "statements": _in_body("", "WRITE_ONCE(*x, 1);\n"),
    "semicolons": _in_body("", ";"),
    "declarations": lambda size: body("".join(f"int r{n} = {n};" for n in range(int(5_000 * size)))),
    "names": lambda size: body(
        "".join(f"r = r{n};" for n in range(int(5_000 * size)))
        + "".join(f"r{n} = 1;" for n in range(int(5_000 * size)))
    ),
    "long name": lambda size: body(f"int {'x' * int(_N * size)} = y{'x' * int(_N * size)};"),
    "long number": _in_body("r = ", "9", ";"),
    "string": _in_body('r = "', "x", '";'),
    "parameters": lambda size: f"C t\n{{}}\nP0({', '.join(f'int *x{n}' for n in range(int(_N * size)))}) {{ }}\n",
    "threads": lambda size: "C t\n{}\n" + "".join(f"P{n}(int *x) {{ }}\n" for n in range(int(1_500 * size))),
    "unknown names": lambda size: (
        "C t\n{0:r1=1;}\n" + "".join(f"P{n}() {{ r2 = 1; r3 = r1; }}\n" for n in range(int(900 * size)))
    ),
    "metadata": _repeated("C t\n", "a = {\n", "{}\nP0() {}\n"),
    "comments": _repeated("C t\n{}\nP0() {", "/* */", "}\n"),
    "nested comments": _around("C t\n{}\nP0() {}", "(*", "", "*)", _N),
    "open comment": _repeated("C t\n{}\nP0() { /*", " (* // "),
    "open braces": _repeated("C t\n{}\n", "P0() {"),
    "no braces": _repeated("C t\n{}\n", "P0() "),
    "closing braces": _repeated("C t\n{}\nP0() {", "}"),
    "functions": _repeated("C t\n{}\n", "{}"),
}

# --- models -----------------------------------------------------------------------------------------------------------

MODELS: Mapping[str, Input] = {
    "operands": _after("acyclic ", "po | ", 150_000),
    "axioms": _after("acyclic ", "acyclic po\n", 70_000),
    "definitions": _after("acyclic ", "let x = po let y = x;x ", 20_000),
    "quotes": _after("acyclic ", '"', 1_000_000),
}

# --- tests that were hard to decide -----------------------------------------------------------------------------------


def columns(arch: str, threads: list[list[str]], condition: str, init: str = "") -> str:
    """A test in assembly, by its columns."""
    height = max(map(len, threads))
    rows = "".join(" | ".join(t[k] if k < len(t) else "" for t in threads) + " ;\n" for k in range(height))
    return f"{arch} t\n{{ {init} }}\n {' | '.join(f'P{i}' for i in range(len(threads)))} ;\n{rows}{condition}\n"


def counter(threads: int, times: int) -> str:
    """So many threads that each increase a counter so often."""
    return columns("X86", [["lock inc [x]"] * times] * threads, f"forall (x={threads * times})")


def branches(count: int) -> str:
    """A thread with so many branches, each on what was just read."""
    rows = [
        line for k in range(count) for line in ("mov eax,[x]", f"cmp eax,${k}", f"jne L{k}", "add ebx,eax", f"L{k}:")
    ]
    return columns("X86", [rows], "exists (0:ebx=0)")


def closed_often(count: int) -> str:
    """A loop that so many branches close."""
    rows = ["L:", "mov eax,[x]"] + [line for k in range(1, count + 1) for line in (f"cmp eax,${k}", "je L")]
    return columns("X86", [rows, ["mov [x],$3"]], "exists (0:eax=3)")


def ring(n: int, fence: str, without: int | None = None) -> str:
    """Store buffering around a ring: each thread writes its own location and reads its neighbour's."""
    init = " ".join(f"{i}:r2=x{i}; {i}:r4=x{(i + 1) % n};" for i in range(n))
    threads = [["li r1,1", "stw r1,0(r2)", "" if i == without else fence, "lwz r3,0(r4)"] for i in range(n)]
    condition = " /\\ ".join(f"{i}:r3=0" for i in range(n))
    return columns("PPC", threads, f"exists ({condition})", init)


# --- measuring --------------------------------------------------------------------------------------------------------


def _read(text: str) -> bool:
    """A text read, and if it is a test, written and read again, and unfolded."""
    with suppress(LitmusError):
        test = parse_test(Source("large.litmus", text))
        again = parse_test(Source("again.litmus", print_test(test)))
        with suppress(LimitReached):
            unfold(test)
        return again.hash == test.hash
    return True


def elaborated(text: str) -> None:
    """A model, read and elaborated, or refused."""
    with suppress(LitmusError):
        load_text(text).elaborate(dialect_for("PPC").sets)


def _model(text: str) -> bool:
    elaborated(text)
    return True


def _decided(test: str, right: Callable[[Verdict], bool], options: Options | None = None) -> Callable[[], bool]:
    return lambda: right(Engine().check(parse_test(Source("t.litmus", test)), None, options or Options()))


def _loaded() -> CatModel:
    model = load("power")
    model.elaborate(dialect_for("PPC").sets)
    return model


def _kept() -> Callable[[], bool]:
    model = _loaded()
    sets = dialect_for("PPC").sets
    return lambda: len({id(model.elaborate(sets)) for _ in range(100)}) == 1


def cases() -> Iterator[tuple[str, float, Callable[[], bool]]]:
    """What is measured, the seconds that it may take, and the work, which says whether its answer is right."""
    for kind, inputs, read, limit in (
        ("assembly", ASSEMBLY, _read, 5),
        ("C", C, _read, 5),
        ("model", MODELS, _model, 15),
    ):
        for name, text in inputs.items():
            yield f"{kind}: {name}", limit, partial(read, text(1))
    yield "model: power", 0.5, lambda: bool(_loaded().name)
    yield "model: power, kept, 100 times", 0.1, _kept()
    for threads, often in ((1, 12), (2, 4), (4, 2)):
        yield f"counter: {threads} x {often}", 5, _decided(counter(threads, often), lambda v: v.ok is True)
    yield "30 dependent branches", 5, _decided(branches(30), lambda v: v.ok is True)
    closed = Options(unroll=3)
    yield "a loop that is closed 7 times", 5, _decided(closed_often(7), lambda v: v.ok is False, closed)
    alone = Options(verdict_only=True)
    yield "ring of 64, sync", 10, _decided(ring(64, "sync"), lambda v: v.ok is False, alone)
    yield "ring of 64, lwsync", 10, _decided(ring(64, "lwsync"), lambda v: v.ok is True, alone)
    yield "ring of 64, sync but one", 10, _decided(ring(64, "sync", 17), lambda v: v.ok is True, alone)
    late = Options(timeout=0.3)
    yield "a limit of 0.3 s", 5, _decided(ring(14, "sync"), lambda v: v.status is Status.TIMEOUT, late)


def main(factor: float) -> int:
    rows = []
    good = True
    for name, limit, work in cases():
        start = time.perf_counter()
        right = work()
        seconds = time.perf_counter() - start
        said = "WRONG" if not right else "LATE" if seconds > limit * factor else ""
        good &= not said
        rows.append((name, f"{seconds:.2f}", f"{limit * factor:g}", said))
    print(table(("input", "seconds", "limit", ""), rows), end="")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
