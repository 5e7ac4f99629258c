"""Reads mutated instructions of every dialect: each is read or refused with its place, and nothing else happens.

    python benchmarks/fuzz.py [--lines 1000000] [--seed 0]

The lines are those of the tests in tests/litmus, and the forms that `litmus reference instructions` lists, with some
characters or operands changed, left out, repeated or taken from another line. A line that is read is printed and read
again, and must be the same. Prints how many were read, by dialect. Exit code 1 and the line if anything else than a
LitmusError is raised.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from litmus.base.errors import LitmusError
from litmus.base.source import Source
from litmus.frontend.dialect import Dialect, all_dialects, module_of
from litmus.frontend.parser import parse_test

FOLDER = Path(__file__).parent.parent / "tests" / "litmus"
OTHERS = frozenset({"C", "PCI"})  # which have no lines
CHARACTERS = "abrxwXR0123456789 ,,()[]{}#$%&@!-+.;:|*\\\"'/\t~é"
PARTS = re.compile(r"[\w.]+|\s+|.", re.DOTALL)


def lines_of(dialect: Dialect) -> list[str]:
    """Instructions of a dialect, from its tests and from the table of its instructions."""
    found: list[str] = []
    for path in sorted((FOLDER / dialect.archs[0]).glob("*.litmus")):
        body = path.read_text("utf-8").partition("}")[2]
        found += [cell.strip() for row in body.split(";") for cell in row.split("|") if cell.strip()]
    found += [f"{name} {usage}" for name, usage in module_of(dialect).instructions().items()]
    return sorted(set(found))


def mutated(lines: list[str], choose: random.Random) -> str:
    """A line with some changes, four at most."""
    line = choose.choice(lines)
    for _ in range(choose.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        parts = PARTS.findall(line) or [""]
        at = choose.randrange(len(parts))
        match choose.randrange(6):
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, choose.choice(parts))
            case 2:
                parts[at] = choose.choice(PARTS.findall(choose.choice(lines)) or [""])
            case 3:
                parts[at] = str(choose.choice([0, 1, 31, 32, 255, 4096, -1, 2**31, 2**63, -(2**63), 2**64, 10**25]))
            case 4:
                place = choose.randint(0, len(parts[at]))
                parts[at] = parts[at][:place] + choose.choice(CHARACTERS) + parts[at][place:]
            case _:
                parts[at] = parts[at].swapcase()
        line = "".join(parts)
    return line


def read(dialect: Dialect, line: str) -> bool:
    """Whether a line is read; what it is printed as is read as the same."""
    text = f"{dialect.archs[0]} t\n{{ x=0; y=P0:L; }}\n P0 ;\n {{}} ;\n L: ;\n label: ;\n again: ;\nexists (x=0)\n"
    try:
        test = parse_test(Source("fuzz", text.replace("{}", line)))
    except LitmusError as error:
        _ = str(error)  # the message is made, with its line
        return False
    for row in (row for thread in test.threads for row in thread.rows if not row.endswith(":")):
        try:
            again = parse_test(Source("fuzz", text.replace("{}", row)))
        except LitmusError as error:
            if "no label" in error.message or "accesses of different sizes" in error.message:
                continue  # the label is not in the line
            raise AssertionError(f"{row!r} is not read: {error}") from error
        assert row in again.threads[0].rows, row
    return True


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--lines", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    choose = random.Random(given.seed)
    dialects = [dialect for dialect in all_dialects() if dialect.archs[0] not in OTHERS]
    lines = {dialect.archs[0]: lines_of(dialect) for dialect in dialects}
    tried, accepted = Counter[str](), Counter[str]()
    start = time.process_time()
    for _ in range(given.lines):
        dialect = choose.choice(dialects)
        name = dialect.archs[0]
        line = mutated(lines[name], choose)
        tried[name] += 1
        try:
            accepted[name] += read(dialect, line)
        except Exception:
            print(f"{name}: {line!r}", file=sys.stderr)
            traceback.print_exc()
            return 1
    for name in sorted(tried):
        print(f"{name:10} {tried[name]:8} lines, {accepted[name]:8} read")
    print(f"{sum(tried.values())} lines in {time.process_time() - start:.0f} s, no traceback")
    return 0


if __name__ == "__main__":
    sys.exit(main())
