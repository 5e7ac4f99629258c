"""Compares litmus with the known answers of public test suites, test by test, and measures it.

    python benchmarks/corpus.py ../shared/corpora [suite ...]

A suite is a folder with `expected.jsonl` and the tests that it lists; that of `lkmm` is decided by our model of that
name and, as `linux-kernel`, by the kernel's own files. Every test is read and decided in this process with all its
states, and once more counting executions. Exit code 1 if any answer differs, except those in `disagreements.jsonl`,
where the reference is wrong; that file has an argument for each.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.batch.expect import Expectations, Expected, differences, parse
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.options import Options
from litmus.render.text import block

FOLDERS = {"x86": "x86", "ppc": "ppc", "aarch64": "aarch64", "riscv": "riscv", "lkmm": "lkmm", "linux-kernel": "lkmm"}
MODELS = {"linux-kernel": "model/linux-kernel.cfg"}  # files that the folder brings along, in place of our model
WITH_FLAGS = ("lkmm",)  # the folders whose expectations list all flags
HERD_MS = {"x86": 10.0, "ppc": 18.0, "lkmm": 37.5}  # herd7 7.58 where calibrate.py prints CALIBRATION
CALIBRATION = 0.0113
TIMEOUT = 60.0
DISAGREEMENTS = Path(__file__).parent / "disagreements.jsonl"


@dataclass(frozen=True, slots=True)
class Pass:
    """One run over a suite: the differences, the seconds for each test, and the number of expectations compared."""

    wrong: tuple[str, ...]
    seconds: tuple[float, ...]
    expected: tuple[Expected, ...]


def go_through(name: str, suite: Path, expectations: Expectations, engine: Engine, options: Options) -> Pass:
    """Read, decide and print every test, and compare."""
    model = str(suite / MODELS[name]) if name in MODELS else None
    wrong: list[str] = []
    seconds: list[float] = []
    expected: list[Expected] = []
    for row in (row for rows in expectations.by_file.values() for row in rows):
        file = os.path.relpath(suite / str(row.file))
        start = time.perf_counter()
        try:
            asked = replace(options, verdict_only=options.verdict_only or row.states is None)
            verdict = engine.check(read_test(file), model or row.model, asked)
            block(verdict)
        except LitmusError as error:
            wrong.append(str(error))
            continue
        seconds.append(time.perf_counter() - start)
        if suite.name in WITH_FLAGS and row.flags is None and row.states is not None:
            row = replace(row, flags=frozenset())
        expected.append(row)
        wrong += [f"{file}: {line}" for line in differences(row, verdict, options)]
    return Pass(tuple(wrong), tuple(seconds), tuple(expected))


def report(name: str, suite: Path, engine: Engine, calibration: float | None) -> bool:
    """Run a suite twice and print the results; True if all answers agree."""
    expected = suite / "expected.jsonl"
    expectations = parse(Source(str(expected), expected.read_text("utf-8")))
    states = go_through(name, suite, expectations, engine, Options(timeout=TIMEOUT))
    executions = go_through(name, suite, expectations, engine, Options(timeout=TIMEOUT, executions=True))
    rows = map(json.loads, DISAGREEMENTS.read_text("utf-8").splitlines())
    known = {f"{os.path.relpath(suite.parent / row['file'])}: {row['says']}" for row in rows}
    differing = dict.fromkeys((*states.wrong, *executions.wrong))
    wrong = [line for line in differing if line not in known]
    for line in differing:
        print(line if line in wrong else f"{line} (the reference is mistaken, see {DISAGREEMENTS.name})")
    compared = {
        "verdicts": sum(row.ok is not None for row in states.expected),
        "observations": sum(row.observations is not None for row in states.expected),
        "lists of states": sum(row.states is not None for row in states.expected),
        "sets of flags": sum(row.flags is not None for row in states.expected),
        "hashes": sum(row.hash is not None for row in states.expected),
        "counts of executions": sum(row.executions is not None for row in executions.expected),
    }
    print(f"{name}: {len(states.expected)} tests, {len(wrong)} wrong answers; compared were", end=" ")
    print(", ".join(f"{count} {what}" for what, count in compared.items()))
    mean, median = (1000 * f(states.seconds) for f in (statistics.mean, statistics.median))
    line = f"{name}: {mean:.1f} ms a test (median {median:.1f}, longest {1000 * max(states.seconds):.0f})"
    if suite.name in HERD_MS:
        scale = (calibration or CALIBRATION) / CALIBRATION
        line += f"; herd7 {HERD_MS[suite.name] * scale:.1f} ms on this machine"
    print(f"{line}; counting executions {1000 * statistics.mean(executions.seconds):.1f} ms", flush=True)
    return not wrong


def calibrate(corpora: Path) -> float | None:
    """The number that the calibration script beside the corpora prints; None if there is no script."""
    script = corpora.parent / "bench" / "calibrate.py"
    if not script.is_file():
        return None
    return float(subprocess.run([sys.executable, script], capture_output=True, check=True, text=True).stdout)


def main(arguments: list[str]) -> int:
    corpora = Path(arguments[0]) if arguments else Path(__file__).parent.parent.parent / "shared" / "corpora"
    suites = arguments[1:] or list(FOLDERS)
    missing = [name for name in suites if not (corpora / FOLDERS.get(name, name) / "expected.jsonl").is_file()]
    if missing:
        print(f"no suite {' or '.join(missing)} in {corpora}: name the folder that has them", file=sys.stderr)
        return 2
    before = calibrate(corpora)
    engine = Engine()
    agreed = [report(name, corpora / FOLDERS.get(name, name), engine, before) for name in suites]
    after = calibrate(corpora)
    if before is not None:
        print(f"calibration {before:.4f} before and {after:.4f} after; the recorded times are for {CALIBRATION}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0 if all(agreed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
