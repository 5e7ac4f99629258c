"""An explanation as plain text, fit for a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from litmus.explanations.explanation import Explanation
from litmus.render.explanation.report import Part, heading, parts, question

_WIDTH = 100


def text(known: Explanation) -> str:
    """The explanation in lines of about 100 characters."""
    lines = [heading(known), *_wrapped(question(known))]
    for part in parts(known):
        lines += ["", *_lines(part)]
    return "\n".join(lines) + "\n"


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
