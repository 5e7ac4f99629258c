"""`litmus coverage`: which clauses of a model no test of a suite needs."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from litmus.base.errors import LimitReached, UsageError
from litmus.base.progress import Progress
from litmus.commands import options
from litmus.commands.console import (
    Exit,
    code_of,
    complain,
    expanded,
    known_format,
    processes_or_none,
    reporting,
    worst,
)
from litmus.frontend.lexer import counted

if TYPE_CHECKING:  # what only one command needs is imported there
    from collections.abc import Mapping, Sequence

    from litmus.cat.clauses import Clause


def coverage(
    files: options.Files,
    model: options.Model = None,
    include: options.Include = None,
    form: options.Format = options.TEXT_OR_JSON[0],
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    variants: options.Variants = None,
    era: options.Era = options.DEFAULT.era,
    passing: options.Passing = options.DEFAULT.passing,
) -> None:
    """Drop each clause of a model in turn: which of them do the tests need, because an answer is another without it?"""
    from litmus.batch.coverage import CoveragePlan, Needed, clauses_of, needed

    known_format(form, options.TEXT_OR_JSON)
    if model is None:
        raise UsageError("which model? Name it by --model")
    plan = CoveragePlan(
        model,
        tuple(include or ()),
        options.deciding(timeout, era, unroll=unroll, variants=variants, passing=passing, verdict_only=True),
    )
    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    try:
        clauses = clauses_of(plan)
    except LimitReached as limit:
        complain(model, limit)
        raise typer.Exit(Exit.LIMIT) from None
    tests: dict[int, list[str]] = {number: [] for number in range(len(clauses))}
    done = decided = 0
    progress = Progress(sys.stderr, len(names))
    with (
        reporting(progress, lambda: f"{done} of {len(names)} tests were decided"),
        closing(needed(plan, names, processes_or_none(jobs, timeout))) as rows,
    ):
        try:
            for name, found in rows:
                progress.clear()
                if isinstance(found, Needed):
                    decided += 1
                    if said := _LITTLE.get(found.answer.value):
                        sys.stderr.write(f"{name}: warning: {found.answer.value}: {said}\n")
                    for number in found.clauses:
                        tests[number].append(found.test)
                else:
                    complain(name, found)
                    code = worst(code, code_of(found))
                done += 1
                progress.show(done)
        finally:  # after an interrupt, too: what the tests so far need
            progress.clear()
            lost = len(names) + len(errors) - decided
            known = clauses if decided else ()  # no test says nothing of any clause
            sys.stdout.write(_lines(known, tests) if form == "json" else _text(known, tests, decided, lost))
            sys.stdout.flush()
    raise typer.Exit(code)


_LITTLE = {
    "bounded": "what it needs is said within the unroll limit only",
    "no complete execution": "it says nothing of the model",
}


def _text(clauses: Sequence[Clause], tests: Mapping[int, Sequence[str]], decided: int, lost: int) -> str:
    if not decided:
        return "no test was decided, so nothing is known of any clause\n"
    lines = []
    for number, clause in enumerate(clauses):
        needing = tests[number]
        said = f"{len(needing)} tests, as {needing[0]}" if len(needing) > 1 else needing[0] if needing else "no test"
        lines.append(f"{clause.span}: {clause}: {said}")
    count = sum(map(bool, tests.values()))
    by = "the one test" if decided == 1 else f"some of {decided} tests"
    but = f"; not decided: {counted(lost, 'file')}" if lost else ""
    return "\n".join([*lines, f"{count} of {len(clauses)} clauses are needed by {by}{but}"]) + "\n"


def _lines(clauses: Sequence[Clause], tests: Mapping[int, Sequence[str]]) -> str:
    """A line of JSON for each clause."""
    rows = [
        {"place": str(clause.span), "clause": clause.text, "in": clause.within, "needed_by": tests[number]}
        for number, clause in enumerate(clauses)
    ]
    return "".join(f"{json.dumps(row)}\n" for row in rows)
