"""Tables for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

_WIDTH = 100  # characters; wide columns are wrapped to fit


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells under headers, with a newline at the end; long cells are wrapped to fit a terminal."""
    from tabulate import tabulate  # slow to load, and most commands print no table

    columns = list(zip(headers, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns]
    while sum(widths) + 2 * (len(widths) - 1) > _WIDTH and widths != least:
        widest = max((width, place) for place, width in enumerate(widths) if width > least[place])[1]
        widths[widest] -= 1
    wrapped = [[_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    return tabulate(wrapped, headers, tablefmt="simple", disable_numparse=True) + "\n"


def _wrapped(cell: str, width: int) -> str:
    if len(cell) <= width:
        return cell
    return "\n".join(textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False))
