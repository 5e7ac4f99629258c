"""Whatever the input, the front end answers with a test or an error of ours, with a place, and soon."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from oracles.steps import counted

from benchmarks.large import CONTAINERS
from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.frontend.condition import condition_text
from litmus.frontend.parser import parse_test
from litmus.frontend.printer import print_test
from litmus.ir.litmus_test import LitmusTest

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "litmus"
FILES = sorted(FOLDER.rglob("*.litmus"))
ALPHABET = "{}()[]|;:,=~\\/<>*%$&.-+#\"'@!? \t\n\0\x7f\u00e9\ufeffPXr0129xyLE"
WORDS = ["exists", "forall", "not", "(*", "*)", "<<", "/\\", "\\/", "=>", "P0", "P7", "9" * 30, "0x", "-", "0:r1", "%x"]
WORDS += ["[", "{", "}", "locations [", "filter", "with", "L:", "int t[9]", "sync", "lock;"]


def cut(rng: random.Random, text: str) -> str:
    return text[: rng.randrange(len(text) + 1)]


def drop(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text))
    return text[:start] + text[start + rng.randrange(20) :]


def garble(rng: random.Random, text: str) -> str:
    characters = list(text)
    for _ in range(rng.randrange(1, 6)):
        characters[rng.randrange(len(characters))] = rng.choice(ALPHABET)
    return "".join(characters)


def swap(rng: random.Random, text: str) -> str:
    a, b, c, d = sorted(rng.randrange(len(text) + 1) for _ in range(4))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def insert(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return f"{text[:at]}{rng.choice(WORDS)}{text[at:]}"


def repeat(rng: random.Random, text: str) -> str:
    start = rng.randrange(len(text))
    piece = text[start : start + rng.randrange(1, 30)]
    return text[:start] + piece * rng.choice([2, 50]) + text[start:]


def graft(rng: random.Random, text: str) -> str:
    other = rng.choice(FILES).read_text()
    return cut(rng, text) + other[rng.randrange(len(other)) :]


MUTATIONS: list[Callable[[random.Random, str], str]] = [cut, drop, garble, swap, insert, repeat, graft]


def read(text: str) -> LitmusTest | LitmusError:
    try:
        return parse_test(Source("mutant.litmus", text))
    except LitmusError as error:
        return error


def answer(text: str) -> bool:
    """Whether the text is a test; if not, the error must be fit to be shown."""
    test = read(text)
    if isinstance(test, LitmusError):
        assert test.span is not None
        assert str(test).startswith("mutant.litmus:")
        assert len(test.message) < 300
        return False
    again = parse_test(Source("again.litmus", print_test(test)))
    assert (again.hash, condition_text(again)) == (test.hash, condition_text(test))
    return True


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.__name__)
def test_mutants(mutation: Callable[[random.Random, str], str]) -> None:
    rng = random.Random(mutation.__name__)
    texts = [file.read_text() for file in FILES]
    accepted = sum(answer(mutation(rng, rng.choice(texts))) for _ in range(400))
    assert accepted < 400


@pytest.mark.parametrize("name", CONTAINERS)
def test_large_input(name: str) -> None:
    """The work is in proportion to the input; benchmarks/large.py measures how long it takes."""
    text, is_test = CONTAINERS[name]
    with counted(10_000 + 60 * len(text)):
        assert answer(text) == is_test
