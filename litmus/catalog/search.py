"""Finds tests of the catalogue by words: in names, claims, arguments, sources, and in the tests themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from litmus.base.errors import UsageError, did_you_mean
from litmus.catalog.entries import Entry, Shelf
from litmus.frontend.files import load_source

_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class Found:
    """A test in which all words occur. `rank` is low if they are in its name, then in its claim, then elsewhere."""

    shelf: Shelf
    entry: Entry
    rank: int


def search(shelves: Sequence[Shelf], words: Sequence[str]) -> tuple[Found, ...]:
    """The tests in which all words occur, capitals or not, the best first. Raises UsageError if there is none."""
    wanted = [word.lower() for word in words]
    found: list[Found] = []
    vocabulary: set[str] = set()
    occurring: set[str] = set()
    for shelf in shelves:
        for entry in shelf.entries:
            texts = [text.lower() for text in _texts(shelf, entry)]
            ranks = [next((rank for rank, text in enumerate(texts) if word in text), None) for word in wanted]
            occurring.update(word for word, rank in zip(wanted, ranks, strict=True) if rank is not None)
            if None not in ranks:
                found.append(Found(shelf, entry, max(rank for rank in ranks if rank is not None)))
            for text in texts if not found else ():
                vocabulary.update(_WORD.findall(text))
    if not found:
        said = " and ".join(f"'{word}'" for word in words)
        unknown = [word for word in wanted if word not in occurring]
        close = did_you_mean(unknown[0], sorted(vocabulary)) if unknown else None
        raise UsageError(f"there is no test with {said} in the catalogue", None, close)
    return tuple(sorted(found, key=lambda one: one.rank))


def _texts(shelf: Shelf, entry: Entry) -> Iterator[str]:
    """What words are looked for in, the most telling first."""
    source = entry.source
    yield f"{shelf.name}/{entry.name}"
    yield entry.claim
    yield load_source(str(entry.path)).text
    yield entry.argument
    yield " ".join(part for part in (source.document, source.where, source.author, source.date) if part)
    yield f"{shelf.title} {shelf.about}"
