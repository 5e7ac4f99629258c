"""Runs the benchmarks and writes their output, with the date and the machine, into RESULTS.md.

python benchmarks/record.py [corpora]

Exit code 1 if one of them was not content, as with a wrong answer or one that is missing; the output says why.
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from programs import ROOT, calibrate

FOLDER = Path(__file__).parent
CORPORA = FOLDER.parent.parent / "shared" / "corpora"
SECTIONS = {
    "corpus": """## Public test suites

Each test read, decided with all its states and printed, in one process; then once more counting consistent executions.
herd7's times were taken on an idle machine of this class and are scaled by what the calibration prints.""",
    "growth": """## Growth

`--verdict-only`, from the text of the test to the verdict. herd7 takes 8.8 s for the store-buffering ring of 10 threads
with syncs, 24 s for 6 writers and 6 readers with syncs, 18 s for 5 writers and 2 double readers.""",
    "tables": """## The table of the catalogue

Every test of the catalogue on every architecture, kernel C as of v2.6.27 and of v6, a process for each core.""",
    "barriers": """## Explanations and barriers

Every test of the catalogue with up to four threads: `explain` on each of its architectures, and `barriers`, kernel C on
five at once: validate where all forbid the outcome, repair where one allows it. `goal` is the longest time divided by
the goal (0.5 s, 1 s and 5 s), both for a machine where `calibration` is 0.0113. CPU time, in one process.""",
    "speed": """## Whole processes

CPU time with the start, wall time for the table; byte code compiled. `goal` is the time divided by the goal, both for a
machine where `calibration` is 0.0113.""",
}
HEAD = """# Measurements

Written by `make results`; the scripts are beside this file.

{date}, commit {commit}, calibration {speed:.4f} before the runs.
Python {python}, z3 {z3}, typer {typer}, {cores} cores ({machine}).
"""


def commit() -> str:
    """The revision that is measured, as `git describe` has it; `-dirty` if files of it were changed."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def main(corpora: str) -> int:
    head = HEAD.format(
        commit=commit(),
        speed=calibrate(),
        date=datetime.datetime.now(tz=datetime.UTC).date(),
        python=platform.python_version(),
        z3=version("z3-solver"),
        typer=version("typer"),
        cores=os.cpu_count(),
        machine=platform.machine(),
    )
    parts = [head]
    code = 0
    for name, text in SECTIONS.items():
        arguments = {"corpus": [corpora], "speed": ["--corpora", corpora]}.get(name, [])
        command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        code |= done.returncode != 0
        parts.append(f"{text}\n\n```\n{done.stdout.strip()}\n```\n")
    (FOLDER / "RESULTS.md").write_text("\n".join(parts), "utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else str(CORPORA)))
