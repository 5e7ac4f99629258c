"""The command: `python examples/review FILE.c`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import litmus

from .findings import Review, architectures, programs, review
from .output import document, mail, sarif
from .source import ReviewError

DONE, FOUND, BAD, FAULT, STOPPED = 0, 1, 2, 70, 130
"""Exit codes: nothing is missing; something is; an error in the input; a fault of litmus; interrupted."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Reviews files; the exit code."""
    parser = argparse.ArgumentParser("review", description="Review the barriers of marked functions in kernel C.")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--arch", "-a", default="all", metavar="A,B|all", help="architectures; all on which it runs")
    parser.add_argument("--era", default="v6", help="the kernel whose primitives are meant: v6 or v2.6.27")
    parser.add_argument("--format", dest="form", default="text", choices=("text", "json", "sarif"))
    parser.add_argument("--needless", action="store_true", help="fail for needless and unpaired barriers, too")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="give up a question after that long")
    parser.add_argument("--tests", action="store_true", help="print the litmus tests, and do not decide them")
    chosen = parser.parse_args(arguments)
    code = DONE
    if chosen.tests:
        return max(_tests(name) for name in chosen.files)
    found: list[tuple[str, list[Review | ReviewError]]] = []
    try:
        for number, name in enumerate(chosen.files):
            groups = _one(name, chosen)
            found.append((name, groups))
            if chosen.form != "sarif":
                sys.stdout.write("\n" * (number > 0 and chosen.form == "text"))
                _show(name, groups, chosen.form)
            code = max([code, *(_code(group, chosen.needless) for group in groups)])
    except KeyboardInterrupt:
        return STOPPED
    except litmus.LitmusError as error:
        sys.stderr.write(f"{error}\n")
        return BAD
    except litmus.InternalError as error:
        sys.stderr.write(f"{error}\n")
        return FAULT
    if chosen.form == "sarif":
        sys.stdout.write(sarif(found, litmus.__version__))
    return code


def _one(name: str, chosen: argparse.Namespace) -> list[Review | ReviewError]:
    archs = architectures(chosen.era) if chosen.arch == "all" else chosen.arch.split(",")
    try:
        return review(name, _content(name), archs, chosen.era, chosen.timeout)
    except ReviewError as error:
        return [error]


def _tests(name: str) -> int:
    """Prints the tests of a file."""
    try:
        found = programs(name, _content(name))
    except ReviewError as error:
        found = [error]
    code = DONE
    for program in found:
        if isinstance(program, ReviewError):
            sys.stderr.write(f"{program}\n")
            code = BAD
        else:
            for asked in program.asked:
                lines = [line.rstrip() for line in asked.test.splitlines()]
                sys.stdout.write(f"(* {asked.question.title} *)\n" + "\n".join(lines) + "\n")
    return code


def _content(name: str) -> str:
    """What is in a file. Raises ReviewError if it cannot be read."""
    try:
        return Path(name).read_bytes().decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        raise ReviewError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None


def _show(name: str, groups: Sequence[Review | ReviewError], form: str) -> None:
    for group in groups:
        if isinstance(group, ReviewError):
            sys.stderr.write(f"{group}\n")
    if form == "json":
        sys.stdout.write(document(name, groups))
    else:
        sys.stdout.write("\n".join(mail(group) for group in groups if isinstance(group, Review)))
    sys.stdout.flush()


def _code(group: Review | ReviewError, needless: bool) -> int:
    if isinstance(group, ReviewError):
        return BAD
    return FOUND if group.missing or (needless and group.remarks) else DONE
