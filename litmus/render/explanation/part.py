"""What a report is made of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report: a sentence, a table under it, and sentences after that."""

    title: str
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines it is as text, of about 100 characters."""
        return tuple(_lines(self))

    @property
    def height(self) -> int:
        """The lines it takes as text, with a blank one."""
        return 1 + len(self.lines)


def listed(names: Sequence[str], word: str) -> str:
    """Names in a sentence: `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def wrapped(line: str) -> list[str]:
    """A sentence in lines of about 100 characters."""
    return textwrap.wrap(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)


def _lines(part: Part) -> Iterator[str]:
    if part.title:
        yield from wrapped(part.title)
    full = [row for row in part.rows if row[0]]
    columns = max((len(row) for row in full), default=0)
    widths = [max((len(row[c]) for row in full if c < len(row)), default=0) for c in range(columns)]
    for row in part.rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        head = "  " + "".join(f"{cell}  " for cell in cells)
        yield from textwrap.wrap(
            row[-1], _WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
        ) or [head.rstrip()]
    for line in part.after:
        yield from wrapped(line)
