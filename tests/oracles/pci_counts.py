"""In how many placements the weak outcome of a classic test is possible, for each way to mark its operations.

    PYTHONPATH=tests python tests/oracles/pci_counts.py

There are three buses in a row; every thread and every location is a device, so there are 81 placements of a test of two
threads and two locations, 243 of WRC, and 729 of ISA2 and IRIW. All locations start with 0. An outcome is what the
reads returned, and, for the locations after `;`, which write performed there last. The table is PCI Express's, which
without marks is the conventional one for these tests. In the columns,

- strong: no marks. Reads are awaited, and writes are posted.
- RO data: each thread's first operation has RO if it is a write.
- RO flag: each thread's second operation has RO if it is a write; in S, ISA2 and 2+2W that is two writes.
- RO reads: reads have RO, and so do their completions, which is what makes the difference.
- IDO on all: all requests and all completions have IDO; each thread and each location has an identity of its own.
- reads not awaited: a thread goes on when its read is on the bus.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from oracles.pci_notation import count, parse
from oracles.pci_terms import Operation

CLASSICS: Mapping[str, str] = {
    "MP": "Wx1 Wy1 | Ry1 Rx0",
    "S": "Wx2 Wy1 | Ry1 Wx1 ; x=2",
    "LB": "Rx1 Wy1 | Ry1 Wx1",
    "SB": "Wx1 Ry0 | Wy1 Rx0",
    "R": "Wx1 Wy1 | Wy2 Rx0 ; y=2",
    "2+2W": "Wx2 Wy1 | Wy2 Wx1 ; x=2 y=2",
    "WRC": "Wx1 | Rx1 Wy1 | Ry1 Rx0",
    "ISA2": "Wx1 Wy1 | Ry1 Wz1 | Rz1 Rx0",
    "IRIW": "Wx1 | Rx1 Ry0 | Wy1 | Ry1 Rx0",
}
NONE = frozenset[str]()
RO = frozenset({"ro"})
COLUMNS: Mapping[str, Callable[[int, Operation], Operation]] = {
    "strong": lambda k, o: o,
    "RO data": lambda k, o: replace(o, marks=RO if k == 0 and o.is_write else NONE),
    "RO flag": lambda k, o: replace(o, marks=RO if k == 1 and o.is_write else NONE),
    "RO reads": lambda k, o: replace(o, marks=frozenset({"ro", "cro"}) if o.is_read else NONE),
    "IDO on all": lambda k, o: replace(o, marks=frozenset({"ido", "cido"})),
    "reads not awaited": lambda k, o: replace(o, awaited=not o.is_read),
}


def cell(name: str, column: str) -> tuple[int, int]:
    """In how many placements the outcome of a classic test is possible, and how many there are."""
    return count(parse(CLASSICS[name]).with_marks(COLUMNS[column]))


def main() -> None:
    """Prints the table."""
    started = time.perf_counter()
    print(" | ".join(["test", "placements", *COLUMNS]))
    for name in CLASSICS:
        cells = [cell(name, column) for column in COLUMNS]
        print(" | ".join([name, str(cells[0][1]), *(str(found) for found, _ in cells)]))
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
