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


@dataclass(frozen=True, slots=True)
class Citation:
    """The source of a claim. `where` is the place in the document: section, page, subject or id of a message."""

    document: str
    where: str
    author: str | None = None
    date: str | None = None


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
    """A test of a shelf. If the test uses an unsupported construct, `test` is None and `refusal` is the error."""

    name: str
    path: Path
    test: LitmusTest | None
    refusal: UnsupportedError | None
    claim: str
    source: Citation
    expected: tuple[Expected, ...]
    argument: str


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
