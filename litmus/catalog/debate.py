"""A thread of a mailing list together with the tests of its claims: what each message says, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from litmus.base.errors import did_you_mean
from litmus.catalog.entries import CatalogError, Entry, Ruling, Shelf, VerdictWord
from litmus.catalog.places import catalogue, shelves
from litmus.catalog.threads import Merged, Message, NamedTest, Patch, Thread, Threads

ERA = "v2.6.27"
"""The era of the kernel whose verdicts are shown: that of the threads."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A test beside a claim: its expected verdicts in ERA on the columns of the thread, None where it has none."""

    shelf: Shelf
    entry: Entry
    strip: tuple[VerdictWord | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A message with the tests whose entries name it (`tests`), and others that bear on what it says (`beside`)."""

    message: Message
    tests: tuple[Tested, ...]
    beside: tuple[Tested, ...]

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The rulings on its claims, each once: those of the tests, and that of what no test shows."""
        found = [tested.entry.ruling for tested in self.tests]
        return tuple(dict.fromkeys(ruling for ruling in (*found, self.message.ruling) if ruling is not None))


@dataclass(frozen=True, slots=True)
class Proposed:
    """A patch with the tests of the code without it and with it."""

    patch: Patch
    author: str
    before: tuple[Tested, ...]
    after: tuple[Tested, ...]


@dataclass(frozen=True, slots=True)
class Debate:
    """A thread, a row for each of its messages, its patches, and what was merged with the tests that show it."""

    thread: Thread
    rows: tuple[Row, ...]
    patches: tuple[Proposed, ...]
    merged: Merged | None
    merged_tests: tuple[Tested, ...]

    @property
    def tests(self) -> tuple[Tested, ...]:
        """All tests whose entries name a message of the thread, each once."""
        return tuple({id(tested.entry): tested for row in self.rows for tested in row.tests}.values())

    @property
    def named(self) -> tuple[Tested, ...]:
        """All tests of the page: of messages, beside them, of patches and of what was merged."""
        rows = (tested for row in self.rows for tested in (*row.tests, *row.beside))
        patches = (tested for patch in self.patches for tested in (*patch.before, *patch.after))
        return (*rows, *patches, *self.merged_tests)


def debate(name: str, place: Path | None = None) -> Debate:
    """The thread of that name in a catalogue. Raises UsageError if there is none, CatalogError, ParseError."""
    thread = Threads(catalogue(place)).thread(name)
    return _Joining(shelves(place), thread).debate()


def debates(place: Path | None = None, of: Sequence[Shelf] | None = None) -> tuple[Debate, ...]:
    """All threads of a catalogue, by name; `of` are its shelves, if the caller has them. Raises as `debate` does."""
    known = shelves(place) if of is None else of
    return tuple(_Joining(known, thread).debate() for thread in Threads(catalogue(place)).all())


class _Joining:
    """Puts a thread and entries together."""

    def __init__(self, of: Sequence[Shelf], thread: Thread) -> None:
        self.thread = thread
        self.all = [_tested(shelf, entry, tuple(thread.columns)) for shelf in of for entry in shelf.entries]
        self.named: dict[str, list[Tested]] = {}
        for tested in self.all:
            self.named.setdefault(tested.entry.name, []).append(tested)
            self.named[f"{tested.shelf.name}/{tested.entry.name}"] = [tested]

    def debate(self) -> Debate:
        thread = self.thread
        about: dict[str, list[Tested]] = {}
        for tested in self.all:
            for key in tested.entry.source.messages:
                if key.thread == thread.name:
                    about.setdefault(key.time, []).append(tested)
        authors = {message.time: message.author for message in thread.messages}
        return Debate(
            thread=thread,
            rows=tuple(self.row(message, tuple(about.get(message.time, ()))) for message in thread.messages),
            patches=tuple(
                Proposed(patch, authors[patch.message], self.tests(patch.before), self.tests(patch.after))
                for patch in thread.patches
            ),
            merged=thread.merged,
            merged_tests=() if thread.merged is None else self.tests(thread.merged.tests),
        )

    def row(self, message: Message, tests: tuple[Tested, ...]) -> Row:
        """A row. What is beside the tests of a message is not among them."""
        mine = {id(tested) for tested in tests}
        return Row(message, tests, tuple(one for one in self.tests(message.see) if id(one) not in mine))

    def tests(self, names: Sequence[NamedTest]) -> tuple[Tested, ...]:
        return tuple(self.test(named) for named in names)

    def test(self, named: NamedTest) -> Tested:
        """The test that a thread names. Raises CatalogError."""
        found = self.named.get(named.name, [])
        if not found:
            hint = did_you_mean(named.name, self.named)
            raise CatalogError(f"there is no test '{named.name}' in the catalogue", named.span, hint)
        if len(found) > 1:
            places = ", ".join(f"{one.shelf.name}/{named.name}" for one in found)
            raise CatalogError(f"several shelves have a test '{named.name}': {places}", named.span)
        return found[0]


def _tested(shelf: Shelf, entry: Entry, columns: Sequence[str]) -> Tested:
    words = next((expected.archs for expected in entry.expected if expected.era in (None, ERA)), {})
    return Tested(shelf, entry, tuple(words[arch].word if arch in words else None for arch in columns))
