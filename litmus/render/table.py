"""Tables for people."""

from __future__ import annotations

from collections.abc import Sequence


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells under headers, newline included; cells stand as they are, numbers too."""
    from tabulate import tabulate  # half of a start-up, and most commands print no table

    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True) + "\n"
