"""The data of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from litmus.base.errors import LitmusError, UnsupportedError
from litmus.base.source import Span
from litmus.ir.litmus_test import LitmusTest


class CatalogError(LitmusError):
    """A shelf that does not follow the schema."""


class VerdictWord(Enum):
    """What can be expected of a test on an architecture."""

    ALLOWED = "Allowed"
    FORBIDDEN = "Forbidden"
    UNSUPPORTED = "Unsupported"
    INCOMPLETE = "no complete execution"


class Ruling(Enum):
    """Whether a claim was right. What need not be decided is moot; what its author took back is withdrawn.

    A message in which nothing is claimed has NO_CLAIM; an entry of a test never has.
    """

    RIGHT = "right"
    WRONG = "wrong"
    PARTLY = "partly"
    MOOT = "moot"
    WITHDRAWN = "withdrawn"
    NO_CLAIM = "no claim"


@dataclass(frozen=True, slots=True)
class MessageKey:
    """A message that an entry cites: a thread of the catalogue, the message's time in it as written, and its author."""

    thread: str
    time: str
    author: str


@dataclass(frozen=True, slots=True)
class Citation:
    """The source of a claim. `where` is the place in the document: section, page, subject or id of a message.

    `messages` are those of the catalogue's threads that make the claim, and `quote` has a few words of them.
    """

    document: str
    where: str
    author: str | None = None
    date: str | None = None
    messages: tuple[MessageKey, ...] = ()
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected verdict on one architecture, and its place in the description."""

    word: VerdictWord
    span: Span


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected verdicts of a test in one era (None for assembly), by architecture in the shelf's order."""

    era: str | None
    archs: Mapping[str, Expectation]


@dataclass(frozen=True, slots=True)
class Entry:
    """A test of a shelf. If the test uses an unsupported construct, `test` is None and `refusal` is the error.

    `ruling` says whether the claim was right, and `outcome` what became of it.
    """

    name: str
    path: Path
    test: LitmusTest | None
    refusal: UnsupportedError | None
    claim: str
    source: Citation
    expected: tuple[Expected, ...]
    argument: str
    ruling: Ruling | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """Tests that belong together. `name` is its folder in the catalogue, as `classic/x86`.

    `archs` are the architectures that decide its tests; `eras` are those of the kernel, empty for assembly.
    """

    name: str
    path: Path
    title: str
    about: str
    archs: tuple[str, ...]
    eras: tuple[str, ...]
    entries: tuple[Entry, ...]
