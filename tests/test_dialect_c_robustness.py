"""Whatever stands in a C test, the answer is a test or an error of ours, with a place, and soon."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from oracles.steps import counted

from benchmarks.large import PROGRAMS
from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.unfold import unfold

pytestmark = pytest.mark.slow

FILES = sorted((Path(__file__).parent / "litmus" / "C").glob("*.litmus"))
CHARACTERS = "{ } ( ) [ ] ; , * & ! ~ - + = < > ? : / % ^ | . # ' \" 0 1 x y r"
OPERATORS = "&& || -- ++ == != << >> <<= -> /* */ // (* *) 0x 1ul 99999999999 true NULL"
NAMES = "int long unsigned char volatile struct void if else while for do break continue return goto VAL r0 exists"
CALLS = (
    "READ_ONCE( WRITE_ONCE( smp_mb() atomic_inc( xchg( try_cmpxchg( test_bit( smp_cond_load_acquire( ACCESS_ONCE( P0("
)
DEFINITIONS = (
    "struct foo { struct foo * -> . .a static inline enum switch case default: sizeof WARN_ON( BUG_ON( f( again:"
)
LINES = ["\n#define N", "\n#define x (*y)\n", "\n#include <x>\n", "\nstatic int f(int a) {", "return r;", "goto again;"]
WORDS = f"{CHARACTERS} {OPERATORS} {NAMES} {CALLS} {DEFINITIONS}".split() + LINES


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


@pytest.mark.parametrize("name", PROGRAMS)
def test_large_input(name: str) -> None:
    """The work is in proportion to the input; benchmarks/large.py measures how long it takes."""
    text, is_test = PROGRAMS[name]
    with counted(10_000 + 50 * len(text)):
        error = answer(text)
    assert (error is None) == is_test, error
