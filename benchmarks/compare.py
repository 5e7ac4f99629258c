"""Compares the speed of the working tree with that of another revision, program by program, in turns.

    python benchmarks/compare.py REVISION [--corpora FOLDER] [PROGRAM ...]

A program is named by how its name begins, as `x86` or `check`; without names all are run. A ratio is the median of the
ratios of neighbouring runs: below 1, the working tree is faster. The table is that of the revision's catalogue. Exit
code 1 if the two print different answers, in which case the times mean little.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from programs import CALIBRATION, CORPORA, ROOT, Program, Run, calibrate, checkout_of, programs, run

from litmus.render.table import table


def in_turns(program: Program, old: Path, new: Path, scratch: Path) -> tuple[list[Run], list[Run]]:
    """The runs of both, after one of each that is not counted: it compiles byte code."""
    pairs = [(run(program, old, scratch), run(program, new, scratch)) for _ in range(program.runs + 1)]
    return [pair[0] for pair in pairs[1:]], [pair[1] for pair in pairs[1:]]


def answers(program: Program, output: str) -> list[dict[str, object]]:
    """What a program found, row by row, without how long it took."""
    match program.answers:
        case "json":
            found = [json.loads(line) for line in output.splitlines()]
        case "csv":
            found = list(csv.DictReader(StringIO(output)))
        case "text":
            found = [{"line": line} for line in output.splitlines() if not line.startswith("Time ")]
        case "":
            found = []
    return [{key: value for key, value in row.items() if key != "seconds"} for row in found]


def agree(program: Program, old: Run, new: Run) -> bool:
    """Whether two runs found the same; what only one of them says of a test, as a newer version may, does not count."""
    before, after = answers(program, old.output), answers(program, new.output)
    if len(before) != len(after):
        return False
    return all(a[key] == b[key] for a, b in zip(before, after, strict=True) for key in a.keys() & b.keys())


def row(program: Program, old: list[Run], new: list[Run]) -> tuple[str, ...]:
    """Milliseconds a part: the least and the median of both, and the ratio."""

    def spent(one: Run) -> float:
        return 1000 * (one.wall if program.wall else one.cpu) / program.parts

    before, after = list(map(spent, old)), list(map(spent, new))
    ratio = statistics.median(b / a for a, b in zip(before, after, strict=True))
    figures = (min(before), statistics.median(before), min(after), statistics.median(after))
    same = all(agree(program, a, b) for a, b in zip(old, new, strict=True))
    said = "" if not program.answers else "same" if same else "DIFFERENT"
    return (program.name, *(f"{figure:.2f}" for figure in figures), f"{ratio:.2f}", said)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("revision", help="as git names it")
    parser.add_argument("program", nargs="*", help="how the name of a program begins")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="the folder of the public suites")
    given = parser.parse_args()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="litmus-bench-")))
        old = stack.enter_context(checkout_of(given.revision))
        before = calibrate()
        rows = []
        for program in programs(given.corpora.absolute(), scratch, old / "catalog"):
            if not given.program or program.name.startswith(tuple(given.program)):
                rows.append(row(program, *in_turns(program, old, ROOT, scratch)))
                print(f"{rows[-1][0]}: {rows[-1][-2]}", file=sys.stderr, flush=True)
    print(f"milliseconds, the least and the median; {given.revision} and the working tree in turns")
    print(table(("program", "old, least", "median", "new, least", "median", "ratio", "answers"), rows), end="")
    print(f"calibration {before:.4f} before and {calibrate():.4f} after, {CALIBRATION} where goals are set")
    return 0 if all(cells[-1] != "DIFFERENT" for cells in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
