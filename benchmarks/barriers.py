"""Measures `litmus explain` and `litmus barriers` on the catalogue: tests of up to four threads.

python benchmarks/barriers.py [--every N] [--archs all] [--csv FILE]

Kernel C is explained on each of five architectures and by the kernel's own model, and examined on all five at once, in
both eras; with `--archs all` it is explained on whatever has a mapping. Times are CPU times of this process (user and
system). They are divided by the goals, which are for a machine where `calibration` is 0.0113. `--csv` writes the time
of each test. Exit code 1 if one of them is over its goal.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from programs import CALIBRATION, calibrate

from litmus.barriers.examine import Wanted, examine
from litmus.base.errors import LimitReached, UnsupportedError
from litmus.base.resources import folder
from litmus.cat.registry import models
from litmus.engine import Engine
from litmus.explanations.explanation import explain
from litmus.frontend.files import expand, read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.render.explanation import rendered

_SLOWEST = 3
_THREADS = 4
_GOALS = {"explain": 0.5, "validate": 1.0, "repair": 5.0}
_KERNEL = {
    "v2.6.27": ("power", "alpha", "x86-tso", "armv7", "sparc-rmo"),
    "v6": ("power", "alpha", "x86-tso", "aarch64", "riscv"),
}
_PROMISES = "lkmm"
Row = tuple[float, str, str, str]


def main(every: int, everywhere: bool, file: Path | None) -> int:
    rows: list[Row] = []
    given_up = 0
    calibration = calibrate()
    with Engine() as engine:
        for test in _tests(every):
            for what, archs, era, run in _questions(engine, test, everywhere):
                started = time.process_time()
                try:
                    what = run() or what
                except UnsupportedError:
                    continue
                except LimitReached:
                    given_up += 1
                    continue
                rows.append((time.process_time() - started, what, test.name, f"{','.join(archs)} {era}"))
    calibration = min(calibration, calibrate())
    print(f"calibration: {calibration:.4f}")
    over = 0
    for what, goal in _GOALS.items():
        times = sorted((row for row in rows if row[1] == what), reverse=True)
        if times:
            limit = goal * calibration / CALIBRATION
            over += sum(row[0] > limit for row in times)
            _print(what, times, limit)
    print(f"given up: {given_up}; over the goal: {over}")
    if file is not None:
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("seconds", "what", "test", "on"), *sorted(rows, key=lambda row: row[1:])])
    return int(over > 0 or given_up > 0)


def _print(what: str, times: list[Row], limit: float) -> None:
    middle, tail = times[len(times) // 2][0], times[len(times) // 20][0]
    rest = f"95 % below {tail:.2f} s, all below {times[0][0]:.2f} s, goal {times[0][0] / limit:.2f}"
    print(f"{what}: {len(times)} answers, median {middle:.2f} s, {rest}")
    for seconds, _, name, where in times[:_SLOWEST]:
        print(f"  slowest: {name} on {where}: {seconds:.2f} s")


def _tests(every: int) -> Iterator[LitmusTest]:
    for file in expand([folder("catalog")])[0][::every]:
        try:
            test = read_test(file)
        except UnsupportedError:
            continue
        if len(test.threads) <= _THREADS:
            yield test


def _explained_on(era: str, archs: tuple[str, ...], everywhere: bool) -> tuple[str, ...]:
    """The models by which kernel C is explained."""
    if not everywhere:
        return (*archs, _PROMISES)
    return tuple(info.name for info in models() if any(mapping.era == era for mapping in info.kernel))


def _questions(
    engine: Engine, test: LitmusTest, everywhere: bool
) -> Iterator[tuple[str, tuple[str, ...], str, Callable[[], str]]]:
    """What is asked of a test: what it is called, on what, and what does it, which may call it otherwise."""
    eras = _KERNEL.items() if test.dialect == "C" else [("v6", (engine.model_for(test, None),))]
    for era, archs in eras:
        asked = Options(era=era, timeout=60)
        for arch in _explained_on(era, archs, everywhere) if test.dialect == "C" else archs:

            def explained(arch: str = arch, asked: Options = asked) -> str:
                rendered(explain(engine, test, arch, asked), test.name, "text")
                return ""

            yield "explain", (arch,), era, explained
        if test.topology is None:

            def examined(archs: tuple[str, ...] = archs, asked: Options = asked) -> str:
                return "repair" if examine(engine, test, archs, asked, Wanted()).repairs else ""

            yield "validate", archs, era, examined


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="measure every N-th test only")
    parser.add_argument("--archs", choices=["all"], help="explain kernel C on all architectures")
    parser.add_argument("--csv", type=Path, help="where to write the time of each test")
    arguments = parser.parse_args()
    sys.exit(main(arguments.every, arguments.archs is not None, arguments.csv))
