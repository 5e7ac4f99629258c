"""Compares litmus with herd7 on cat files of others, file by file.

    python benchmarks/foreign.py CATS TESTS [HERD7 [COUNT [PART/PARTS]]]

CATS is a folder of cat files, TESTS one of litmus tests of one architecture, HERD7 the path of herd7's program, which
finds its library by itself or by HERDLIB. Of files with the same text one is read. For each file it prints of how many
of the COUNT tests, evenly spaced (30), the states and flags are those of herd7, and why litmus refuses the others;
`3/8` is the third eighth of the files. A file that both refuse three times is left alone. Exit code 1 if any differ, or
if litmus refuses what herd7 decides.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from litmus.base.errors import LitmusError
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.options import Options
from litmus.render.text import block

SECONDS = 60
TRIES = 3
SAME = "the same"
DIFFERENT = "different"
UNANSWERED = "without an answer of herd7"
UNDECIDED = "not settled by litmus"
BOTH = "refused by both"
ALONE = "refused by litmus alone"
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


def compare(cat: Path, tests: list[Path], herd: Path | None) -> Counter[str]:
    """How many tests have which result: those of a refusal are followed by its first message."""
    engine = Engine((cat.parent,))
    count: Counter[str] = Counter()
    for number, path in enumerate(tests):
        if number >= TRIES and count.total() == sum(n for what, n in count.items() if what.startswith(BOTH)):
            break
        refusal, ours = "", None
        try:
            ours = read(block(engine.check(read_test(str(path)), str(cat), Options(timeout=SECONDS))))
        except LitmusError as error:
            refusal = error.message
        theirs = ask(herd, cat, path) if herd else None
        if refusal:
            count[f"{ALONE if theirs else BOTH}: {refusal}"] += 1
        elif ours is None or theirs is None:
            count[UNDECIDED if theirs else UNANSWERED] += 1
        else:
            count[SAME if ours == theirs else DIFFERENT] += 1
    return count


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3, 4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    cats, tests = (Path(argument) for argument in arguments[:2])
    herd = Path(arguments[2]) if len(arguments) > 2 else None
    most = int(arguments[3]) if len(arguments) > 3 else 30
    part, parts = (int(number) for number in (arguments[4] if len(arguments) > 4 else "1/1").split("/"))
    every = sorted(tests.rglob("*.litmus"))
    chosen = every[:: max(1, len(every) // most)][:most]
    files = {path.read_bytes(): path for path in sorted(cats.rglob("*.cat"), reverse=True) if path.is_file()}
    total: Counter[str] = Counter()
    for cat in sorted(files.values())[part - 1 :: parts]:
        count = compare(cat, chosen, herd)
        for result, number in count.items():
            total[result.split(":")[0]] += number
        print(f"{cat.relative_to(cats)}: {', '.join(f'{number} {what}' for what, number in count.items())}", flush=True)
    print(f"{len(files)} files, {len(chosen)} tests each: {', '.join(f'{n} {what}' for what, n in total.items())}")
    return 1 if total[DIFFERENT] or total[ALONE] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
