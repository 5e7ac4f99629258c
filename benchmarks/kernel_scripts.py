"""Runs the kernel's own scripts with litmus in the place of herd7: `kernel_scripts.py KERNEL/tools/memory-model`.

The folder is copied, and left as it is. Printed is what scripts/checkalllitmus.sh says of the tests in `litmus-tests`,
and what scripts/checklitmus.sh says of each test that is named beside the folder. `--history FOLDER` runs the scripts
about a collection of tests on a copy of that folder: initlitmushist.sh, newlitmushist.sh, checklitmushist.sh and
checkghlitmus.sh, which ask mselect7 for the tests in C. `--hw ARCH` has checkalllitmus.sh translate the tests and
decide them on that architecture, for which it needs gen_theme7 and jingle7 of herdtools7, and their maps. The exit
code is 0 if all is as the comments of the tests say.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_HERD7 = "#!{python}\nfrom litmus.cli import herd7\nherd7()\n"
_TIME = '#!/bin/sh\nexec "$@"\n'  # where /usr/bin/time is missing, the scripts are given this
_MSELECT7 = "#!/bin/sh\nxargs grep -l '^C '\n"  # where herdtools7 is missing: `mselect7 -arch C`, of the names in stdin
_HISTORY = ("initlitmushist.sh", "newlitmushist.sh", "checklitmushist.sh")
_JUDGING = "checkghlitmus.sh"
_TRANSLATORS = ("gen_theme7", "jingle7")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="tools/memory-model of a kernel")
    parser.add_argument("tests", type=Path, nargs="*", help="tests that scripts/checklitmus.sh is to check")
    parser.add_argument("--history", type=Path, help="a collection of tests, such as a clone of paulmckrcu/litmus")
    parser.add_argument("--procs", default="3", help="of the collection, the tests with at most so many threads")
    parser.add_argument("--hw", metavar="ARCH", help="AArch64, say: the tests translated for this architecture")
    parser.add_argument("--maps", type=Path, help="where Linux2ARCH.map and Linux.call of herdtools7 are")
    arguments = parser.parse_intermixed_args()
    if not (arguments.folder / "scripts" / "checkalllitmus.sh").exists():
        parser.error(f"{arguments.folder} is not tools/memory-model of a kernel")
    if arguments.hw and not (arguments.maps and all(map(shutil.which, _TRANSLATORS))):
        parser.error(f"--hw needs {' and '.join(_TRANSLATORS)} of herdtools7, and --maps with their maps")
    with tempfile.TemporaryDirectory() as place:
        scripts = _Scripts(arguments.folder, Path(place))
        codes = [scripts.all_tests()]
        if arguments.hw:
            for path in arguments.maps.glob("Linux*"):
                shutil.copy(path, scripts.model)
            codes.append(scripts.all_tests("--hw", arguments.hw))
        if arguments.history:
            shutil.copytree(arguments.history, scripts.model / "litmus", ignore=shutil.ignore_patterns(".git"))
            codes += [scripts.run(name, "--procs", arguments.procs) for name in _HISTORY]
            found_none = scripts.run(_JUDGING, "--procs", arguments.procs) == 1  # it ends with a grep for failures
            codes.append(int(not found_none))
        codes += [scripts.one_test(number, test) for number, test in enumerate(arguments.tests)]
        if arguments.tests:
            wrong = sum(code != 0 for code in codes[-len(arguments.tests) :])
            print(f"{len(arguments.tests) - wrong} of {len(arguments.tests)} more tests are as their comments say")
    return int(any(codes))


class _Scripts:
    """The scripts of a kernel in a copy of their folder, with litmus as herd7."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.model = place / "memory-model"
        shutil.copytree(folder, self.model)
        commands = place / "bin"
        commands.mkdir()
        made = {"herd7": _HERD7.format(python=sys.executable)}
        if shutil.which("mselect7") is None:
            made["mselect7"] = _MSELECT7
        if not os.path.exists("/usr/bin/time"):
            made["time"] = _TIME
            for script in (self.model / "scripts").glob("*.sh"):
                script.write_text(script.read_text().replace("/usr/bin/time", "time"))
        for name, text in made.items():
            (commands / name).write_text(text)
        for script in (*commands.iterdir(), *(self.model / "scripts").glob("*.sh")):
            script.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}

    def run(self, script: str, *arguments: str) -> int:
        """Runs a script; its exit code."""
        began = time.perf_counter()
        command: Sequence[str] = (f"scripts/{script}", *arguments)
        code = subprocess.run(command, cwd=self.model, env=self.environment).returncode
        print(
            f"{' '.join((script, *arguments))}: exit code {code} after {time.perf_counter() - began:.1f} s", flush=True
        )
        return code

    def all_tests(self, *arguments: str) -> int:
        """Runs checkalllitmus.sh on the tests that come with the kernel."""
        count = len(list((self.model / "litmus-tests").glob("*.litmus")))
        print(f"{count} tests in litmus-tests", flush=True)
        return self.run("checkalllitmus.sh", *arguments)

    def one_test(self, number: int, test: Path) -> int:
        """Runs checklitmus.sh on a test from elsewhere."""
        name = f"{number}-{test.name}"
        shutil.copy(test, self.model / name)
        more = {"LKMM_DESTDIR": ".", "LKMM_TIMEOUT_CMD": "timeout 1m"}
        return subprocess.run(
            ["scripts/checklitmus.sh", name], cwd=self.model, env={**self.environment, **more}
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
