"""Measures `litmus barriers` on the catalogue: tests of up to four threads, kernel C on five architectures.

python benchmarks/barriers.py [every]

`every` N measures every N-th test only. Times are of this process alone (user and system).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from litmus.barriers.examine import examine
from litmus.base.errors import LimitReached, UnsupportedError
from litmus.base.resources import folder
from litmus.engine import Engine
from litmus.frontend.files import expand, read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options

_SLOWEST = 3
_KERNEL = {
    "v2.6.27": ("power", "alpha", "x86-tso", "armv7", "sparc-rmo"),
    "v6": ("power", "alpha", "x86-tso", "aarch64", "riscv"),
}
_ASSEMBLY = {"PPC": ("power",), "X86": ("x86-tso",), "X86_64": ("x86-tso",), "ALPHA": ("alpha",)}


def main(every: int) -> None:
    found: dict[str, list[tuple[float, str]]] = {"validate": [], "repair": []}
    given_up = 0
    with Engine() as engine:
        for test, archs, era in _questions(every):
            started = time.process_time()
            try:
                report = examine(engine, test, archs, Options(era=era, timeout=60))
            except UnsupportedError:
                continue
            except LimitReached:
                given_up += 1
                continue
            kind = "repair" if report.repairs else "validate"
            found[kind].append((time.process_time() - started, f"{test.name} {era}"))
    for kind, times in found.items():
        times.sort(reverse=True)
        seconds = [s for s, _ in times]
        middle, tail = seconds[len(seconds) // 2], seconds[len(seconds) // 20]
        rest = f"95 % below {tail:.2f} s, all below {seconds[0]:.2f} s"
        print(f"{kind}: {len(seconds)} tests, median {middle:.2f} s, {rest}")
        for second, name in times[:_SLOWEST]:
            print(f"  slowest: {name}: {second:.2f} s")
    print(f"given up: {given_up}")


def _questions(every: int) -> Iterator[tuple[LitmusTest, tuple[str, ...], str]]:
    for file in expand([folder("catalog")])[0][::every]:
        try:
            test = read_test(file)
        except UnsupportedError:
            continue
        if test.topology is None and len(test.threads) <= 4:
            for era, archs in _KERNEL.items() if test.arch == "C" else [("v6", _ASSEMBLY[test.arch])]:
                yield test, archs, era


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
