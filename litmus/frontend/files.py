"""Finds the files that a command line names, and reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LitmusError, ParseError, UsageError
from litmus.base.records import dataclass
from litmus.base.resources import CATALOG
from litmus.base.source import Source, Span
from litmus.frontend.lexer import quoted
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest

MAX_BYTES = 4 * 1024 * 1024
"""The most bytes that a file may have."""

MAX_EXPECTED = 16 * MAX_BYTES
"""The most bytes that a file of expected answers may have: thousands of tests are in one."""

MAX_LINES = 100_000
"""The most lines of indexes that are read, those of indexes that they name included."""

MAX_NESTED = 20
"""How deep indexes may name indexes."""

_FIRST = 1 << 16
"""So many bytes are read at first, then as many again: to ask for the most that a file may have takes long."""

_SUFFIX = ".litmus"
_COMMENT = re.compile(r"(?<!\S)#.*")


def read_test(path: str, deadline: Deadline = NO_DEADLINE, strict: bool = False) -> LitmusTest:
    """The test in a file, or `catalog:NAME`.

    Raises UsageError if it cannot be read, and the errors of `parse_test`; if `strict`, ParseError for a remark.
    """
    if str(path).startswith(CATALOG) and not os.path.exists(path):
        from litmus.frontend.catalogued import file_of

        path = file_of(path)
    test = parse_test(load_source(path), deadline)
    return strictly(test) if strict else test


def strictly(test: LitmusTest) -> LitmusTest:
    """A test about which nothing is to be remarked. Raises ParseError for the first remark."""
    for remark in test.remarks:
        raise ParseError(remark.message, remark.span, remark.hint)
    return test


def load_source(path: str, most: int = MAX_BYTES) -> Source:
    """The text of a file in UTF-8, otherwise in Latin-1.

    Raises UsageError for a file that is missing, a folder, unreadable, binary, or larger than `most` bytes.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(_FIRST)
            step = _FIRST
            while len(data) == step <= most:
                data += file.read(step)
                step *= 2
    except FileNotFoundError:
        raise _unusable(path, "no such file") from None
    except (OSError, ValueError) as error:
        reason = "is a folder" if os.path.isdir(path) else getattr(error, "strerror", None) or str(error)
        raise _unusable(path, reason) from None
    if len(data) > most:
        raise _unusable(path, f"larger than {most // (1024 * 1024)} MB")
    zero = data.find(b"\0")
    if zero >= 0:
        raise UsageError("binary file", Span(Source(path, data.decode("latin-1")), zero, zero + 1))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return Source(path, text.replace("\r\n", "\n"))


def _unusable(path: str, message: str) -> UsageError:
    return UsageError(message, Span(Source(path, ""), 0, 0))


def expand(
    arguments: Iterable[str | os.PathLike[str]], stdin: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[LitmusError, ...]]:
    """The files that arguments name, in their order, and an error for each argument that cannot be used.

    An argument is a file, a folder (all `.litmus` files in and below it, sorted), an index `@file`, `-` for an index on
    standard input, or `catalog:` with the name of a test or of a shelf of the catalogue. An index has one argument a
    line, relative to its own folder; a comment starts with `#` at the beginning of a line or after a blank.
    """
    files: list[str] = []
    errors: list[LitmusError] = []
    indexes = _Indexes()
    for argument in arguments:
        name = os.fspath(argument)
        found = indexes.standard_input("".join(stdin)) if name == "-" else indexes.expand(name, None, ())
        for item in found:
            if isinstance(item, LitmusError):
                errors.append(item)
            else:
                files.append(item)
    return tuple(files), tuple(errors)


@dataclass(slots=True)
class _Indexes:
    """Reads arguments and the indexes among them; `read` is how many lines of indexes were read so far."""

    read: int = 0

    def expand(self, name: str, mention: Span | None, within: tuple[str, ...]) -> Iterator[str | LitmusError]:
        """The files that one argument names; `within` are the indexes that are being read."""
        if name.startswith(CATALOG) and not os.path.exists(name):
            from litmus.frontend.catalogued import files  # few name tests in this way

            try:
                yield from files(name, mention)
            except LitmusError as error:
                yield error
            return
        if name.startswith("@") and not os.path.exists(name) and os.path.isfile(name[1:]):
            name = name[1:]
            index = True
        else:
            index = os.path.basename(name).startswith("@")
        if index:
            identity = os.path.realpath(name)
            if identity in within:
                yield UsageError(f"index {quoted(name)} includes itself", mention)
                return
            if len(within) == MAX_NESTED:
                yield UsageError(f"indexes nested deeper than {MAX_NESTED} levels are not supported", mention)
                return
            try:
                source = load_source(name)
            except LitmusError as error:
                yield error
                return
            yield from self.lines(source, os.path.dirname(name), (*within, identity))
        elif os.path.isdir(name):
            yield from _folder(name)
        else:
            yield name

    def standard_input(self, text: str) -> Iterator[str | LitmusError]:
        """The files that standard input names; one error if it is a test, which names none."""
        source = Source("<stdin>", text)
        if any(line.lstrip().startswith("{") and not os.path.exists(line.strip()) for line in text.split("\n")):
            message = "standard input is to name files, and this looks like a test"
            yield UsageError(message, Span(source, 0, 0), "to read a test from there, write /dev/stdin for -")
            return
        yield from self.lines(source, "", ())

    def lines(self, source: Source, folder: str, within: tuple[str, ...]) -> Iterator[str | LitmusError]:
        start = 0
        for line in source.text.split("\n"):
            self.read += 1
            if self.read > MAX_LINES:
                if self.read == MAX_LINES + 1:  # told once, and not by each of the indexes around
                    message = f"more than {MAX_LINES:,} lines of indexes are not supported"
                    yield UsageError(message, Span(source, start, start + len(line)))
                return
            name = _COMMENT.sub("", line).strip()
            if name:
                path = name if name.startswith(CATALOG) else os.path.join(folder, name)
                yield from self.expand(path, Span(source, start, start + len(line)), within)
            start += len(line) + 1


def _folder(name: str) -> Iterator[str | LitmusError]:
    found = [
        os.path.join(folder, file) for folder, _, names in os.walk(name) for file in names if file.endswith(_SUFFIX)
    ]
    if not found:
        yield _unusable(name, f"no {_SUFFIX} file in this folder")
    yield from sorted(found)
