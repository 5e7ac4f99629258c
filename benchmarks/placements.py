"""Counts the placements on three buses in a row in which the weak outcome of a classic test is possible.

    python benchmarks/placements.py [processes]

A row is a test, a column a way to mark its operations; every thread and every location is a device of its own. Exit
code 1 if a count is not the one that an explicit-state simulator of the queues finds (tests/oracles/pci_counts.py), or
if the placements of one cell take longer than they may.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

from litmus.base.source import Source
from litmus.batch.survey import survey
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest
from litmus.render.table import table

LONGEST = 20.0  # seconds for one cell, of up to 729 placements

# Threads, and final values of locations. `Wx1` writes 1 to x; `Ry0` reads y, and the condition asks for 0.
TESTS: Mapping[str, tuple[str, str]] = {
    "MP": ("Wx1 Wy1 | Ry1 Rx0", ""),
    "S": ("Wx2 Wy1 | Ry1 Wx1", "x=2"),
    "LB": ("Rx1 Wy1 | Ry1 Wx1", ""),
    "SB": ("Wx1 Ry0 | Wy1 Rx0", ""),
    "R": ("Wx1 Wy1 | Wy2 Rx0", "y=2"),
    "2+2W": ("Wx2 Wy1 | Wy2 Wx1", "x=2 y=2"),
    "WRC": ("Wx1 | Rx1 Wy1 | Ry1 Rx0", ""),
    "ISA2": ("Wx1 Wy1 | Ry1 Wz1 | Rz1 Rx0", ""),
    "IRIW": ("Wx1 | Rx1 Ry0 | Wy1 | Ry1 Rx0", ""),
}
Marks = Callable[[str, int], str]
"""The attributes of an operation, given its letter and its index in the thread."""

COLUMNS: Mapping[str, Marks] = {
    "strong": lambda letter, place: "",
    "RO data": lambda letter, place: "[RO]" if letter == "W" and place == 0 else "",
    "RO flag": lambda letter, place: "[RO]" if letter == "W" and place == 1 else "",
    "RO reads": lambda letter, place: "[RO, completion RO]" if letter == "R" else "",
    "IDO on all": lambda letter, place: "[IDO, completion IDO]" if letter == "R" else "[IDO]",
    "reads not awaited": lambda letter, place: "[nowait]" if letter == "R" else "",
}
COUNTS: Mapping[str, tuple[int, ...]] = {
    "MP": (0, 0, 18, 14, 30, 54),
    "S": (0, 0, 44, 14, 30, 54),
    "LB": (0, 0, 0, 0, 0, 72),
    "SB": (14, 14, 14, 14, 44, 14),
    "R": (14, 14, 54, 14, 44, 14),
    "2+2W": (14, 14, 72, 14, 44, 14),
    "WRC": (0, 0, 0, 0, 0, 216),
    "ISA2": (0, 0, 128, 100, 270, 648),
    "IRIW": (0, 0, 0, 0, 0, 648),
}


def test_of(name: str, marks: Marks) -> LitmusTest:
    """A classic test, with everything on the host bus."""
    program, final = TESTS[name]
    columns: list[list[str]] = []
    atoms = final.split()
    for t, words in enumerate(thread.split() for thread in program.split("|")):
        columns.append([])
        for place, word in enumerate(words):
            letter, location, value = word[0], word[1], word[2:]
            attributes = marks(letter, place)
            if letter == "W":
                columns[t].append(f"write {location} = {value} {attributes}")
            else:
                columns[t].append(f"r{place} = read {location} {attributes}")
                atoms.append(f"{t}:r{place}={value}")
    devices = [f"P{t}" for t in range(len(columns))]
    devices += sorted({word[1] for word in program.split() if word != "|"})
    rows = [" | ".join(devices[: len(columns)])]
    rows += [" | ".join(c[k] if k < len(c) else "" for c in columns) for k in range(max(map(len, columns)))]
    text = f"PCI {name}\n{{ }}\ntopology {{ host bus a; bus b under a; bus c under b; {', '.join(devices)} on a; }}\n"
    text += "".join(f"{row} ;\n" for row in rows)
    text += "exists (" + " /\\ ".join(atoms) + ")"
    return parse_test(Source(name, text))


def main(jobs: int) -> int:
    """Print the table; return 1 if a count is wrong or late."""
    rows, wrong, slowest = [], [], 0.0
    started = time.perf_counter()
    for name in TESTS:
        cells = []
        for (column, marks), expected in zip(COLUMNS.items(), COUNTS[name], strict=True):
            before = time.perf_counter()
            found = survey(test_of(name, marks), jobs=jobs if jobs > 1 else None)
            seconds = time.perf_counter() - before
            slowest = max(slowest, seconds)
            if found.allowed != expected or found.unknown or seconds > LONGEST:
                wrong.append(f"{name}, {column}: {found.allowed}, not {expected} ({seconds:.1f} s)")
            cells.append(str(found.allowed))
        rows.append((name, str(found.placements), *cells))
    print(table(("test", "placements", *COLUMNS), rows))
    print(f"{time.perf_counter() - started:.1f} s, the slowest cell {slowest:.1f} s")
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
