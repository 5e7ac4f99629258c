"""Reads the files of models: cat files and descriptions, which others may have written."""

from __future__ import annotations

import stat
from pathlib import Path

from litmus.base.errors import ModelError
from litmus.base.source import Source, Span

LARGEST = 1_000_000
"""The most bytes that a file of a model may have."""


def read_bytes(path: Path, span: Span | None = None) -> bytes:
    """What is in a file; `span` is where errors are reported. Raises ModelError, also for one that is too large."""
    span = span or whole(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"'{path}' is not a file", span)
        if status.st_size > LARGEST:
            raise ModelError(f"'{path}' has more than {LARGEST:,} bytes", span)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ModelError(f"cannot read '{path}': {reason}", span) from None


def read_description(path: Path, confined: bool = False) -> Source:
    """The text of a description. Raises ModelError if it cannot be read."""
    if confined and exists(path) and not contained(path, path.parent):
        raise ModelError(f"'{path}' is a link to a file elsewhere", whole(path))
    try:
        return Source(str(path), read_bytes(path).decode("utf-8"))
    except UnicodeDecodeError:
        raise ModelError(f"cannot read '{path}': it is not UTF-8 text", whole(path)) from None


def whole(path: Path) -> Span:
    """The span for errors that concern a file as a whole."""
    return Span(Source(str(path), ""), 0, 0)


def exists(path: Path) -> bool:
    """Whether there is such a file; a path that cannot be one is none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def contained(path: Path, place: Path) -> bool:
    """Whether a file that exists is in a folder, or below it, and not somewhere else by way of `..` or a link."""
    return path.resolve().is_relative_to(place.resolve())
