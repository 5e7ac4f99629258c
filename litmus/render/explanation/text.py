"""An explanation as plain text, fit for a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from litmus.explanations.explanation import Explanation
from litmus.render.explanation.report import Part, heading, parts, question, room

_WIDTH = 100
_LONGEST = 4  # lines of the outcome
_LEAST = 6  # lines: with fewer, no more can be left out


def text(known: Explanation) -> str:
    """The explanation in lines of about 100 characters: as many as there is room for, if ways can be left out."""
    asked = _wrapped(question(known))
    if len(asked) > _LONGEST:
        asked = [*asked[: _LONGEST - 1], "    ... and so on, as in the test"]
    most = height = room(known)
    while True:
        lines = [heading(known), *asked]
        for part in parts(known, height):
            lines += ["", *_lines(part)]
        if len(lines) <= most or height <= _LEAST:
            return "\n".join(lines) + "\n"
        height -= max(1, len(lines) - most)


def _lines(part: Part) -> Iterator[str]:
    if part.title:
        yield from _wrapped(part.title)
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
        yield from _wrapped(line)


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
