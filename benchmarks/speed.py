"""Measures whole processes: start-up, public suites, two large tests, the table of the catalogue; beside the record.

    python benchmarks/speed.py [--record] [--corpora FOLDER] [PROGRAM ...]

A program is named by how its name begins. Milliseconds are the least of its runs. `goal` is what it takes divided by
its goal, both for a machine of the same speed. `recorded` is what it takes divided by what it took when it was
recorded, by `--record` in recorded.json, on this machine; it is not kept in the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from programs import CALIBRATION, CORPORA, ROOT, Program, calibrate, programs, run

from litmus.render.table import table

RECORD = Path(__file__).parent / "recorded.json"


def machine() -> str:
    """What tells this machine and its Python from others."""
    return f"{platform.node()}, {os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}"


def recorded() -> dict[str, float]:
    """The seconds of each program on this machine, each divided by the calibration at that time."""
    if not RECORD.is_file():
        return {}
    found = json.loads(RECORD.read_text("utf-8"))
    return dict(found["programs"]) if found["machine"] == machine() else {}


def measure(program: Program, scratch: Path) -> float:
    """The seconds of one part, the least of several runs after one that compiles byte code."""
    runs = [run(program, ROOT, scratch) for _ in range(program.runs + 1)][1:]
    return min(one.wall if program.wall else one.cpu for one in runs) / program.parts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("program", nargs="*", help="how the name of a program begins")
    parser.add_argument("--record", action="store_true", help="keep the times, to compare later ones with")
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="the folder of the public suites")
    given = parser.parse_args()
    before, found, rows = recorded(), recorded(), []
    with TemporaryDirectory(prefix="litmus-bench-") as folder:
        scratch = Path(folder)
        for program in programs(given.corpora.absolute(), scratch, ROOT / "catalog"):
            if given.program and not program.name.startswith(tuple(given.program)):
                continue
            speed = calibrate()
            seconds = measure(program, scratch)
            speed = min(speed, calibrate())  # others use the machine, too
            found[program.name] = seconds / speed
            to_goal = f"{seconds / speed * CALIBRATION / program.goal:.2f}" if program.goal else ""
            to_record = f"{seconds / speed / before[program.name]:.2f}" if program.name in before else ""
            rows.append((program.name, f"{1000 * seconds:.2f}", f"{speed:.4f}", to_goal, to_record))
            print(program.name, file=sys.stderr, flush=True)
    print(table(("program", "ms", "calibration", "goal", "recorded"), rows), end="")
    if given.record:
        RECORD.write_text(json.dumps({"machine": machine(), "programs": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
