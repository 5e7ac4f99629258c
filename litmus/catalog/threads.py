"""The threads of mailing lists that the tests of the catalogue come from: a file each, a message a row.

A file says who said what and when, and what became of it. It says nothing about verdicts: which tests belong to a
message, their entries say, so that nothing is said twice (`litmus/catalog/debate.py` puts the two together).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from litmus.base.errors import UsageError, did_you_mean
from litmus.base.source import Span
from litmus.base.yaml_tree import Tree, parse
from litmus.catalog.entries import CatalogError, MessageKey, Ruling
from litmus.frontend.files import load_source

FOLDER = "threads"
SUFFIX = ".yaml"

_TIME = re.compile(r"\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d)?)?)?", re.ASCII)
_THREAD_KEYS = {
    "title": True,
    "list": True,
    "archive": False,
    "about": True,
    "columns": True,
    "messages": True,
    "patches": False,
    "merged": False,
    "outcome": True,
}
_MESSAGE_KEYS = {"author": True, "says": True, "known": False, "see": False, "ruling": False, "reason": False}
_PATCH_KEYS = {"title": True, "message": True, "about": True, "before": False, "after": False}
_MERGED_KEYS = {"commit": False, "about": True, "tests": False}


@dataclass(frozen=True, slots=True)
class NamedTest:
    """A test of the catalogue that a thread names, as `test` or `shelf/test`, and where it does."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Message:
    """A message: who says what, in our words. `time` is that of the archive (UTC): `2008-10-18T00:25`, or less exact.

    `known` says how we know what it says, if not from itself. `ruling`, with its `reason`, is about claims of which no
    entry says that this message makes them; `see` are tests that bear on it all the same.
    """

    time: str
    author: str
    says: str
    known: str | None = None
    see: tuple[NamedTest, ...] = ()
    ruling: Ruling | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch that was proposed in a message: tests of the code without it, and with it."""

    title: str
    message: str
    about: str
    before: tuple[NamedTest, ...]
    after: tuple[NamedTest, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """What was merged in the end: what the code relies on, and the tests that show it."""

    commit: str | None
    about: str
    tests: tuple[NamedTest, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread: its messages in order of time, its patches, what was merged, and what became of it.

    `columns` are the architectures of which verdicts are shown, each with what it is called.
    """

    name: str
    path: Path
    title: str
    list: str
    archive: str | None
    about: str
    columns: Mapping[str, str]
    messages: tuple[Message, ...]
    patches: tuple[Patch, ...]
    merged: Merged | None
    outcome: str


class Threads:
    """The threads of a catalogue, each read when it is first asked for. A catalogue need not have any."""

    def __init__(self, root: Path) -> None:
        self.paths = {path.name.removesuffix(SUFFIX): path for path in sorted((root / FOLDER).glob(f"*{SUFFIX}"))}
        self._read: dict[str, Thread] = {}

    def all(self) -> tuple[Thread, ...]:
        """All of them, by name. Raises CatalogError."""
        return tuple(self._thread(name) for name in self.paths)

    def thread(self, name: str) -> Thread:
        """The thread of that name. Raises UsageError if there is none, CatalogError."""
        if name not in self.paths:
            raise UsageError(f"there is no thread '{name}' in the catalogue", None, did_you_mean(name, self.paths))
        return self._thread(name)

    def message(self, tree: Tree) -> MessageKey:
        """The message that a text names as `THREAD/TIME`. Raises CatalogError."""
        name, slash, time = tree.name().partition("/")
        if not slash:
            raise tree.error(f"'{name}' is not a message: write THREAD/2008-10-18T00:25")
        if name not in self.paths:
            raise tree.error(f"there is no thread '{name}'", did_you_mean(name, self.paths))
        messages = {message.time: message for message in self._thread(name).messages}
        if time not in messages:
            raise tree.error(f"the thread '{name}' has no message of '{time}'", did_you_mean(time, messages))
        return MessageKey(name, time, messages[time].author)

    def _thread(self, name: str) -> Thread:
        if name not in self._read:
            self._read[name] = load_thread(self.paths[name])
        return self._read[name]


def load_thread(path: Path) -> Thread:
    """Reads the file of a thread. Raises CatalogError with file, line and key if it does not follow the schema."""
    tree = parse(load_source(str(path)), CatalogError, "the thread")
    fields = tree.fields(_THREAD_KEYS)
    messages = _messages(fields["messages"])
    times = [message.time for message in messages]
    return Thread(
        name=path.name.removesuffix(SUFFIX),
        path=path,
        title=fields["title"].line(),
        list=fields["list"].line(),
        archive=fields["archive"].line() if "archive" in fields else None,
        about=fields["about"].text(),
        columns={key.name(): value.line() for key, value in fields["columns"].entries()},
        messages=messages,
        patches=tuple(_patch(item, times) for item in fields["patches"].items()) if "patches" in fields else (),
        merged=_merged(fields["merged"]) if "merged" in fields else None,
        outcome=fields["outcome"].text(),
    )


def ruling(tree: Tree, besides: Collection[Ruling] = (Ruling.NO_CLAIM,)) -> Ruling:
    """A ruling by its word, one `besides` others. Raises CatalogError."""
    words = {word.value: word for word in Ruling if word not in besides}
    name = tree.name()
    if name not in words:
        hint = did_you_mean(name, words) or f"write one of: {', '.join(words)}"
        raise tree.error(f"unknown ruling '{name}'", hint)
    return words[name]


def _messages(tree: Tree) -> tuple[Message, ...]:
    found: list[Message] = []
    for key, value in tree.entries():
        message = _message(_time(key), value)
        if found and not _after(message.time, found[-1].time):
            raise key.error(f"'{message.time}' is not after '{found[-1].time}': messages are in order of time")
        found.append(message)
    if not found:
        raise tree.error("a thread has messages")
    return tuple(found)


def _message(time: str, tree: Tree) -> Message:
    fields = tree.fields(_MESSAGE_KEYS)
    own = ruling(fields["ruling"], besides=()) if "ruling" in fields else None
    if "reason" in fields and own is None:
        raise fields["reason"].error("a reason without a ruling")
    if "reason" not in fields and own not in (None, Ruling.NO_CLAIM):
        raise fields["ruling"].error("a ruling other than 'no claim' needs a reason")
    return Message(
        time=time,
        author=fields["author"].line(),
        says=fields["says"].text(),
        known=fields["known"].line() if "known" in fields else None,
        see=_tests(fields.get("see")),
        ruling=own,
        reason=fields["reason"].text() if "reason" in fields else None,
    )


def _time(tree: Tree) -> str:
    """The time of a message to the minute, or to the second if two share the minute; or a day, or a month."""
    text = tree.name()
    try:
        if _TIME.fullmatch(text) is not None:
            datetime.fromisoformat(text if "-" in text[5:] else f"{text}-01")
            return text
    except ValueError:
        pass
    raise tree.error(f"'{text}' is not the time of a message: write 2008-10-18T00:25, 2008-10-18 or 2008-10")


def _after(time: str, other: str) -> bool:
    """Whether a message may be after another, as far as their times are known."""
    known = min(len(time), len(other))
    return time[:known] > other[:known] or (time[:known] == other[:known] and len(time) != len(other))


def _patch(tree: Tree, times: Collection[str]) -> Patch:
    fields = tree.fields(_PATCH_KEYS)
    time = fields["message"].name()
    if time not in times:
        raise fields["message"].error(f"the thread has no message of '{time}'", did_you_mean(time, times))
    return Patch(
        title=fields["title"].line(),
        message=time,
        about=fields["about"].text(),
        before=_tests(fields.get("before")),
        after=_tests(fields.get("after")),
    )


def _merged(tree: Tree) -> Merged:
    fields = tree.fields(_MERGED_KEYS)
    return Merged(
        commit=fields["commit"].name() if "commit" in fields else None,
        about=fields["about"].text(),
        tests=_tests(fields.get("tests")),
    )


def _tests(tree: Tree | None) -> tuple[NamedTest, ...]:
    return () if tree is None else tuple(NamedTest(item.name(), item.span) for item in tree.items())
