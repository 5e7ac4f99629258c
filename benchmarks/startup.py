"""Measures the time of `litmus check` on one file from a cold start, and its parts.

    python benchmarks/startup.py [runs]

The byte code is compiled first, as in an installation.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
TEST = ROOT / "catalog" / "classic" / "x86" / "SB.litmus"
WHATS = {
    "python alone": ["-c", "pass"],
    "litmus check on one file": ["-m", "litmus", "check", str(TEST)],
    "litmus check --timeout on one file": ["-m", "litmus", "check", "--timeout", "10", str(TEST)],
    "import litmus": ["-c", "import litmus"],
    "reading the model of Power": [
        "-c",
        "from litmus.cat import load; load('power').elaborate(frozenset({'X', 'SYNC', 'LWSYNC', 'EIEIO', 'ISYNC'}))",
    ],
    "litmus --version": ["-m", "litmus", "--version"],
}


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for what, arguments in WHATS.items():
            seconds = []
            for _ in range(runs + 1):
                start = time.perf_counter()
                subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
                seconds.append(time.perf_counter() - start)
            del seconds[0]  # the first run compiles byte code
            print(f"{what}: {statistics.median(seconds):.3f} s (best {min(seconds):.3f})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
