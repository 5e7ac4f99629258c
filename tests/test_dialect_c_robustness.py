"""Whatever stands in a C test, the answer is a test or an error of ours, with a place, and soon."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.unfold import unfold

FILES = sorted((Path(__file__).parent / "litmus" / "C").glob("*.litmus"))
CHARACTERS = "{ } ( ) [ ] ; , * & ! ~ - + = < > ? : / % ^ | . # ' \" 0 1 x y r"
OPERATORS = "&& || -- ++ == != << >> <<= -> /* */ // (* *) 0x 1ul 99999999999 true NULL"
NAMES = "int long unsigned char volatile struct void if else while for do break continue return goto VAL r0 exists"
CALLS = (
    "READ_ONCE( WRITE_ONCE( smp_mb() atomic_inc( xchg( try_cmpxchg( test_bit( smp_cond_load_acquire( ACCESS_ONCE( P0("
)
WORDS = f"{CHARACTERS} {OPERATORS} {NAMES} {CALLS}".split()


def answer(text: str) -> LitmusError | None:
    """The error for a text; None if it is a test, which then is the same when written and read again."""
    test, error = attempt(lambda: parse_test(Source("mutant.litmus", text)))
    if test is None:
        assert error is not None
        assert error.span is not None
        assert str(error).startswith("mutant.litmus:")
        assert len(error.message) < 300
        return error
    again = parse_test(Source("again.litmus", print_test(test)))
    assert again.hash == test.hash
    assert [len(thread.body) for thread in again.threads] == [len(thread.body) for thread in test.threads]
    _, error = attempt(lambda: unfold(test))
    assert error is None or error.span is None or error.span.source.name == "mutant.litmus"
    return None


T = TypeVar("T")


def attempt(action: Callable[[], T]) -> tuple[T | None, LitmusError | None]:
    try:
        return action(), None
    except LitmusError as error:
        return None, error


@pytest.mark.parametrize("seed", range(4))
def test_words_in_the_wrong_place(seed: int) -> None:
    rng = random.Random(seed)
    texts = [file.read_text() for file in FILES]
    accepted = 0
    for _ in range(400):
        text = rng.choice(texts)
        for _ in range(rng.randrange(1, 4)):
            start = rng.randrange(len(text))
            text = text[:start] + rng.choice(WORDS) + text[start + rng.randrange(6) :]
        accepted += answer(text) is None
    assert 0 < accepted < 400


def test_programs_of_words() -> None:
    rng = random.Random(0)
    for _ in range(1500):
        words = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 25)))
        answer(f"C t\n{{}}\nP0(int *x, int *y)\n{{ int r = 1; {words} }}\nexists (x=1)")


def body(statements: str) -> str:
    return f"C t\n{{}}\nP0(int *x)\n{{ {statements} }}\nexists (x=1)"


N = 20_000
LARGE = {
    "parentheses": body("r = " + "(" * N + "1" + ")" * N + ";"),
    "open parentheses": body("r = " + "(" * N),
    "blocks": body("{" * N + "}" * N),
    "open blocks": body("{" * N),
    "ifs": body("if (1) " * N + ";"),
    "elses": body("if (1) ; else " * N + ";"),
    "loops": body("while (1) " * N + ";"),
    "stars": body("r = " + "*" * N + "x;"),
    "minuses": body("r = " + "- " * N + "1;"),
    "casts": body("r = " + "(int) " * N + "1;"),
    "pointers": body("int " + "*" * N + "r;"),
    "indexes": body("r = x" + "[0" * N + "]" * N + ";"),
    "more indexes": body("r = x" + "[0]" * N + ";"),
    "sum": body("r = 1; r = r" + " + r" * N + ";"),
    "conjunction": body("r = 1; r = r" + " && READ_ONCE(*x)" * N + ";"),
    "choices": body("r = 1" + " ? 1 : 1" * N + ";"),
    "assignments": body("a = " * N + "1;"),
    "commas": body("r = 1" + ", r = 2" * N + ";"),
    "calls": body("READ_ONCE(" * N),
    "likely": body("r = " + "likely(" * N + "1" + ")" * N + ";"),
    "statements": body("WRITE_ONCE(*x, 1);\n" * N),
    "semicolons": body(";" * N),
    "declarations": body("".join(f"int r{n} = {n};" for n in range(5_000))),
    "names": body("".join(f"r = r{n};" for n in range(5_000)) + "".join(f"r{n} = 1;" for n in range(5_000))),
    "long name": body(f"int {'x' * N} = y{'x' * N};"),
    "long number": body(f"r = {'9' * N};"),
    "string": body('r = "' + "x" * N + '";'),
    "parameters": f"C t\n{{}}\nP0({', '.join(f'int *x{n}' for n in range(N))}) {{ }}\n",
    "threads": "C t\n{}\n" + "".join(f"P{n}(int *x) {{ }}\n" for n in range(1_500)),
    "unknown names": "C t\n{0:r1=1;}\n" + "".join(f"P{n}() {{ r2 = 1; r3 = r1; }}\n" for n in range(900)),
    "metadata": "C t\n" + "a = {\n" * N + "{}\nP0() {}\n",
    "comments": "C t\n{}\nP0() {" + "/* */" * N + "}\n",
    "nested comments": "C t\n{}\nP0() {}" + "(*" * N + "*)" * N,
    "open comment": "C t\n{}\nP0() { /*" + " (* // " * N,
    "open braces": "C t\n{}\n" + "P0() {" * N,
    "no braces": "C t\n{}\n" + "P0() " * N,
    "closing braces": "C t\n{}\nP0() {" + "}" * N,
    "functions": "C t\n{}\n" + "{}" * N,
}
TESTS = ("statements", "semicolons", "declarations", "names", "metadata", "comments", "nested comments")


@pytest.mark.parametrize("name", LARGE)
def test_large_input(name: str) -> None:
    start = time.process_time()
    error = answer(LARGE[name])
    assert (error is None) == (name in TESTS), error
    assert time.process_time() - start < 5, "an input of this size must not take that long"
