"""Tables for people."""

from __future__ import annotations

from collections.abc import Sequence

_WIDEST = 60  # characters of a cell before it is broken into lines


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells under headers, newline included; cells are left as they are but for line breaks."""
    from tabulate import tabulate  # slow to load, and most commands print no table

    widths = [_WIDEST] * len(headers)
    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True, maxcolwidths=widths) + "\n"
