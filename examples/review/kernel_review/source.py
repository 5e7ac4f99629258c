"""The text under review, changes to it, and errors with their places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the user's file: line and column count from 1, `text` is the line."""

    file: str
    line: int
    column: int
    text: str = ""
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def within(self, text: str) -> str:
        """The name of the call here, if this is a place of `text` only as that stands for it; "" if it is not."""
        here = self.text[self.column - 1 :]
        name = re.match(r"\w+", here)
        return "" if "(" not in text or here.startswith(text[:3]) or name is None else name[0]


class ReviewError(Exception):
    """What cannot be reviewed, and why; `str()` is what the user reads. `hint` says what to do."""

    def __init__(self, message: str, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        if self.place is None:
            return f"error: {self.message}" + (f" ({self.hint})" if self.hint else "")
        shown = "".join(c if c.isprintable() else " " for c in self.place.text)
        caret = " " * (self.place.column - 1) + "^" * max(1, min(self.place.width, len(shown) - self.place.column + 1))
        lines = [f"{self.place}: error: {self.message}", f"{self.place.line:5d} | {shown}", f"      | {caret}"]
        return "\n".join(lines) + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Text:
    """A file under review, `text` with one byte for each character, so that offsets are the same everywhere."""

    name: str
    text: str

    @staticmethod
    def of(name: str, content: str) -> Text:
        """A text of which everything outside ASCII is a question mark: it can be in comments and strings only."""
        return Text(name, re.sub(r"[^\x20-\x7e\n]", lambda m: " " if m[0].isspace() else "?", content))

    def place(self, start: int, end: int = -1) -> Place:
        """The place of an offset, up to `end` or the end of its line."""
        start = min(max(start, 0), len(self.text))
        line = self.text.count("\n", 0, start) + 1
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", start)
        text = self.text[first : last if last >= 0 else len(self.text)]
        return Place(self.name, line, start - first + 1, text, max(1, end - start))


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The characters from `start` to `end` of a text are to be `text`."""

    start: int
    end: int
    text: str


def blank(text: str, start: int, end: int) -> Edit:
    """An edit that leaves nothing but the ends of lines."""
    return Edit(start, end, re.sub(r"[^\n]", " ", text[start:end]))


class Edited:
    """A text after edits, which do not overlap; of several at one place, in the order in which they were given.

    Attributes: `text`, the result.
    """

    def __init__(self, before: str, edits: Iterable[Edit]) -> None:
        parts: list[str] = []
        self._after: list[int] = [0]  # where in the result each stretch begins
        self._before: list[tuple[int, bool]] = [(0, True)]  # where it comes from, and whether it was kept as it was
        here = length = 0
        for edit in sorted(edits, key=lambda e: (e.start, e.end)):
            if edit.start < here:
                raise ValueError(f"edits overlap at {edit.start}")
            same = edit.end - edit.start == len(edit.text)
            parts += [before[here : edit.start], edit.text]
            length += edit.start - here
            self._note(length, edit.start, same)
            length += len(edit.text)
            self._note(length, edit.end, True)
            here = edit.end
        parts.append(before[here:])
        self.text = "".join(parts)

    def _note(self, after: int, before: int, kept: bool) -> None:
        self._after.append(after)
        self._before.append((before, kept))

    def is_new(self, offset: int) -> bool:
        """Whether what is at an offset of the result was put in."""
        return not self._before[bisect_right(self._after, offset) - 1][1]

    def original(self, offset: int) -> int:
        """The offset in the text before the edits; for something that was put in, where it was put."""
        at = bisect_right(self._after, offset) - 1
        before, kept = self._before[at]
        return before + (offset - self._after[at] if kept else 0)
