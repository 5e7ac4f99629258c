"""Measures the table of the whole catalogue: every test on every architecture, kernel C in every era.

python benchmarks/tables.py [processes]
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

from litmus.base.errors import UnsupportedError
from litmus.base.resources import folder
from litmus.batch.table import ComparisonPlan
from litmus.cat.registry import models
from litmus.frontend.files import expand, read_test
from litmus.ir.eras import eras
from litmus.ir.options import Options
from litmus.render.comparison import FORMATS, render

_SLOWEST = 5


def main(jobs: int) -> None:
    started = time.perf_counter()
    tests, refused = [], 0
    for file in expand([folder("catalog")])[0]:
        try:
            tests.append(read_test(file))
        except UnsupportedError:
            refused += 1
    archs = tuple(model.name for model in models() if model.kernel)
    plan = ComparisonPlan(tuple(tests), archs, eras("all"), options=Options(verdict_only=True, timeout=60))
    read = time.perf_counter() - started
    started = time.perf_counter()
    cells = dict(plan.answers(jobs))
    decided = time.perf_counter() - started
    comparison = plan.comparison(cells)
    words = Counter(cell.word() for cell in cells.values())
    print(f"{len(tests)} tests ({refused} more are refused), {len(archs)} architectures, {len(comparison.rows)} rows")
    print(", ".join(f"{count} {word}" for word, count in words.most_common()))
    print(f"read {read:.1f} s, decided {decided:.1f} s by {jobs} processes")
    for form in FORMATS:
        started = time.perf_counter()
        size = len(render(comparison, form))
        print(f"  as {form}: {time.perf_counter() - started:.2f} s, {size // 1000} kB")
    seconds = {key: cell.verdict.seconds for key, cell in cells.items() if cell.verdict is not None}
    for key in sorted(seconds, key=lambda key: -seconds[key])[:_SLOWEST]:
        name = tests[key.test].name
        print(f"  slowest: {name} on {key.arch} {key.era}".rstrip() + f": {seconds[key]:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1)
