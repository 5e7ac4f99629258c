"""Measures how time and memory grow as inputs made to be slow do: each family at a size and at twice that size.

    python benchmarks/hostile.py [the part of a family's name]

The tests ask the same of smaller inputs of the same families, but count the lines that are executed. Exit code 1 if
something takes more than 2.6 times as long, or as much memory, for an input of twice the size.
"""

from __future__ import annotations

import sys
import time
import tracemalloc

from families import FAMILIES, Family, outcome

from litmus.render.table import table

_TIMES = 10  # how much larger than in the tests the inputs are
_MOST = 2.6


def _measured(family: Family, size: int) -> tuple[float, float]:
    """CPU seconds and megabytes for the input of a size, the input itself not counted."""
    work = family.make(size)
    start = time.process_time()
    outcome(work)
    seconds = time.process_time() - start
    work = family.make(size)
    tracemalloc.start()
    outcome(work)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, memory / 1e6


def main(part: str) -> int:
    rows = []
    good = True
    for family in FAMILIES:
        if part not in family.name:
            continue
        outcome(family.make(2))  # what is loaded once is not counted
        n = family.size * (2 if family.limited else _TIMES)
        (seconds, memory), (twice, doubled) = _measured(family, n), _measured(family, 2 * n)
        worse = not family.limited and (
            (twice > 0.2 and twice > _MOST * seconds) or (doubled > 5 and doubled > _MOST * memory)
        )
        good &= not worse
        what = "limited" if family.limited else "WORSE" if worse else ""
        rows.append((family.name, str(n), f"{seconds:.3f}", f"{twice:.3f}", f"{memory:.1f}", f"{doubled:.1f}", what))
    print(table(("input", "n", "seconds", "at 2n", "MB", "at 2n", ""), rows), end="")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
