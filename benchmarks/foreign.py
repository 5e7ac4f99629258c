"""Compares litmus with herd7 on cat files of others, file by file.

    python benchmarks/foreign.py CATS TESTS [HERD7 [COUNT]]

CATS is a folder of cat files, TESTS one of litmus tests of one architecture, HERD7 the path of herd7's program, which
finds its library by itself or by HERDLIB. Of files with the same text one is read. For each file it prints whether it
loads, or why not, and of how many of the COUNT tests, evenly spaced (30), the states and flags are those of herd7.
Exit code 1 if any differ.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from litmus.base.errors import LitmusError, ModelError
from litmus.cat import load
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.options import Options
from litmus.render.text import block

SECONDS = 60
_STATES = re.compile(r"^States \d+\n((?:.*\n)*?)(?:Ok|No|Undef|Loop)", re.MULTILINE)
_FLAG = re.compile(r"^Flag (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The final states and the flags that one program found."""

    states: frozenset[str]
    flags: frozenset[str]


def read(output: str) -> Answer | None:
    """The answer in the output for one test; None if there is none."""
    found = _STATES.search(output)
    if found is None:
        return None
    return Answer(frozenset(" ".join(line.split()) for line in found[1].splitlines()), frozenset(_FLAG.findall(output)))


def ask(herd: Path, cat: Path, test: Path) -> Answer | None:
    """What herd7 finds; None if it refuses the model or takes too long."""
    command = [str(herd), "-I", str(cat.parent), "-show", "none", "-model", str(cat), str(test)]
    try:
        run = subprocess.run(command, capture_output=True, encoding="latin-1", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return read(run.stdout)


def compare(cat: Path, tests: list[Path], herd: Path | None) -> tuple[str, int]:
    """A line on one file, and the number of tests on which the answers differ."""
    try:
        load(str(cat), [cat.parent])
    except ModelError as error:
        return f"not read: {_short(error)}", 0
    engine = Engine((cat.parent,))
    count: Counter[str] = Counter()
    refusal = ""
    for path in tests:
        try:
            verdict = engine.check(read_test(str(path)), str(cat), Options(timeout=SECONDS))
        except LitmusError as error:
            refusal = refusal or _short(error)
            count["refused"] += 1
            continue
        ours = read(block(verdict))
        theirs = ask(herd, cat, path) if herd else None
        if ours is None or theirs is None:
            count["without an answer of herd7" if ours else "not settled"] += 1
        else:
            count["the same" if ours == theirs else "different"] += 1
    line = ", ".join(f"{number} {what}" for what, number in count.items())
    return f"{line}: {refusal}" if refusal else line, count["different"]


def _short(error: LitmusError) -> str:
    return str(error).splitlines()[0].rsplit("error: ", 1)[-1]


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    cats, tests = (Path(argument) for argument in arguments[:2])
    herd = Path(arguments[2]) if len(arguments) > 2 else None
    most = int(arguments[3]) if len(arguments) > 3 else 30
    every = sorted(tests.rglob("*.litmus"))
    chosen = every[:: max(1, len(every) // most)][:most]
    files = {path.read_bytes(): path for path in sorted(cats.rglob("*.cat"), reverse=True) if path.is_file()}
    differing = 0
    for cat in sorted(files.values()):
        line, wrong = compare(cat, chosen, herd)
        differing += wrong
        print(f"{cat.relative_to(cats)}: {line}", flush=True)
    print(f"{len(files)} files, {len(chosen)} tests each, {differing} differences")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
