"""Runs the kernel's own scripts with litmus in the place of herd7: `kernel_scripts.py KERNEL/tools/memory-model`.

The folder is copied, and left as it is. Printed is what scripts/checkalllitmus.sh says of the tests in `litmus-tests`,
and what scripts/checklitmus.sh says of each test that is named beside the folder. The exit code is 0 if all is as the
comments of the tests say.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_HERD7 = "#!{python}\nfrom litmus.cli import herd7\nherd7()\n"
_TIME = '#!/bin/sh\nexec "$@"\n'  # where /usr/bin/time is missing, the scripts are given this


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="tools/memory-model of a kernel")
    parser.add_argument("tests", type=Path, nargs="*", help="tests that scripts/checklitmus.sh is to check")
    arguments = parser.parse_args()
    if not (arguments.folder / "scripts" / "checkalllitmus.sh").exists():
        parser.error(f"{arguments.folder} is not tools/memory-model of a kernel")
    with tempfile.TemporaryDirectory() as place:
        return _run(arguments.folder, arguments.tests, Path(place))


def _run(folder: Path, tests: list[Path], place: Path) -> int:
    """Runs the scripts in a copy of the folder; 0 if they found what the tests say."""
    model = place / "memory-model"
    shutil.copytree(folder, model)
    commands = place / "bin"
    commands.mkdir()
    (commands / "herd7").write_text(_HERD7.format(python=sys.executable))
    for script in (commands / "herd7", *(model / "scripts").glob("*.sh")):
        script.chmod(0o755)
    if not os.path.exists("/usr/bin/time"):
        (commands / "time").write_text(_TIME)
        (commands / "time").chmod(0o755)
        for script in (model / "scripts").glob("*.sh"):
            script.write_text(script.read_text().replace("/usr/bin/time", "time"))
    environment = {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    began = time.perf_counter()
    code = subprocess.run(["scripts/checkalllitmus.sh"], cwd=model, env=environment).returncode
    count = len(list((model / "litmus-tests").glob("*.litmus")))
    sys.stdout.write(f"{count} tests in {time.perf_counter() - began:.1f} s: exit code {code}\n")
    environment |= {"LKMM_DESTDIR": ".", "LKMM_TIMEOUT_CMD": "timeout 1m"}
    wrong = 0
    for number, test in enumerate(tests):
        name = f"{number}-{test.name}"
        shutil.copy(test, model / name)
        wrong += subprocess.run(["scripts/checklitmus.sh", name], cwd=model, env=environment).returncode != 0
    if tests:
        sys.stdout.write(f"{len(tests) - wrong} of {len(tests)} more tests are as their comments say\n")
    return int(code != 0 or wrong != 0)


if __name__ == "__main__":
    sys.exit(main())
