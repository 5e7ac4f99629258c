"""Mistakes in files: what is cut, swapped, doubled, too large or no text at all."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator


def _shuffled(random_: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    a, b = random_.randrange(len(lines)), random_.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return "".join(lines)


def _doubled(random_: random.Random, text: str) -> str:
    a, b = sorted(random_.randrange(len(text)) for _ in range(2))
    return text[:b] + text[a:b] + text[b:]


def _swapped(random_: random.Random, text: str) -> str:
    tokens = re.split(r"(\s+|\b)", text)
    a, b = random_.randrange(len(tokens)), random_.randrange(len(tokens))
    tokens[a], tokens[b] = tokens[b], tokens[a]
    return "".join(tokens)


def _replaced(random_: random.Random, text: str) -> str:
    at = random_.randrange(len(text))
    what = random_.choice(
        ["(", ")", "{", "}", ";", "|", "\\/", "~", '"', "(*", "*)", "[", "]", "\0", "é", "\ud800", ""]
    )
    return text[:at] + what + text[at + random_.randrange(3) :]


def _numbers(random_: random.Random, text: str) -> str:
    huge = random_.choice(["9" * 5000, "-1", "0x" + "f" * 300, str(2**63), str(2**31), "1e9", "00000", "٣"])
    places = [m.span() for m in re.finditer(r"\d+", text)]
    start, end = random_.choice(places) if places else (0, 0)
    return text[:start] + huge + text[end:]


def _deep(random_: random.Random, text: str) -> str:
    depth = random_.choice([50, 5000, 100_000])
    opening, closing = random_.choice([("(", ")"), ("~(", ")"), ("[", "]"), ("{", "}"), ("(*", "*)"), ("not ", "")])
    places = [m.span() for m in re.finditer(r"\w+", text)]
    start, end = random_.choice(places) if places else (0, len(text))
    return text[:start] + opening * depth + text[start:end] + closing * depth + text[end:]


def _cut(random_: random.Random, text: str) -> str:
    return text[: random_.randrange(len(text))]


def _removed(random_: random.Random, text: str) -> str:
    a, b = sorted(random_.randrange(len(text)) for _ in range(2))
    return text[:a] + text[b:]


MUTATIONS: tuple[Callable[[random.Random, str], str], ...] = (
    _cut, _removed, _swapped, _shuffled, _doubled, _replaced, _numbers, _deep,
)  # fmt: skip


def _garbled(random_: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random_.randrange(1, 6)):
        changed[random_.randrange(len(changed))] = random_.randrange(256)
    return bytes(changed)


def mutants(text: str, count: int, seed: int) -> Iterator[bytes]:
    """Texts with mistakes of all kinds, always the same for a seed; some are no UTF-8."""
    random_ = random.Random(seed)
    for _ in range(count):
        changed = text
        for _ in range(random_.choice([1, 1, 1, 2, 3])):
            changed = random_.choice(MUTATIONS)(random_, changed or " ")
        data = changed.encode("utf-8", "surrogatepass")
        yield _garbled(random_, data or b" ") if random_.random() < 0.2 else data
