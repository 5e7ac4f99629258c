"""`litmus diff`: the tests that tell two models apart."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

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

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.batch.differences import DifferencePlan

_ACCESSES = 5

_Compared = Annotated[
    str,
    typer.Argument(metavar="NAME|FILE", help="A model by name, or a .cat file.", autocompletion=options.model_names),
]


def diff(
    first: _Compared,
    second: _Compared,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES]", help="Tests, as for check. Without any, a smallest one is searched for."),
    ] = None,
    accesses: Annotated[
        int,
        typer.Option(
            "--accesses", metavar="N", help="How many accesses a test that is searched for has at most (2 to 6)."
        ),
    ] = _ACCESSES,
    include: options.Include = None,
    form: options.Format = options.TEXT_OR_JSON[0],
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    variants: options.Variants = None,
    era: options.Era = options.DEFAULT.era,
    passing: options.Passing = options.DEFAULT.passing,
) -> None:
    """List the tests that tell two models apart, and what only one allows; or find a smallest test that does."""
    from litmus.batch.differences import DifferencePlan

    known_format(form, options.TEXT_OR_JSON)
    plan = DifferencePlan(
        (first, second),
        tuple(include or ()),
        options.deciding(timeout, era, unroll=unroll, variants=variants, passing=passing),
    )
    code = _given(plan, files, form, jobs) if files else _searched(plan, accesses, form, jobs)
    raise typer.Exit(code)


def _given(plan: DifferencePlan, files: list[str], form: str, jobs: int) -> Exit:
    from litmus.batch.differences import Difference, differences
    from litmus.frontend.lexer import counted
    from litmus.render.difference import line, text

    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    done = decided = apart = 0
    progress = Progress(sys.stderr, len(names))
    with (
        reporting(progress, lambda: f"{done} of {len(names)} tests were compared"),
        closing(differences(plan, names, processes_or_none(jobs, plan.options.timeout))) as rows,
    ):
        for name, found in rows:
            progress.clear()
            if isinstance(found, Difference):
                sys.stdout.write(line(name, found) if form == "json" else text(found))
                sys.stdout.flush()
                decided += 1
                apart += found.differs
            else:
                complain(name, found)
                code = worst(code, code_of(found))
            done += 1
            progress.show(done)
        if form == "text":
            lost = len(names) + len(errors) - decided
            but = f"; not compared: {counted(lost, 'file')}" if lost else ""
            told = f"{apart} of {decided} tests tell {plan.models[0]} from {plan.models[1]}{but}"
            print(told if decided else "no test was compared", flush=True)
    return code


def _searched(plan: DifferencePlan, accesses: int, form: str, jobs: int) -> Exit:
    from litmus.batch.search import search
    from litmus.render.difference import searched

    looked = 0
    progress = Progress(sys.stderr, 0)

    def told(count: int, total: int) -> None:
        nonlocal looked
        looked = count
        progress.expect(total)
        progress.show(count)

    with reporting(progress, lambda: f"{looked} ways to split accesses among threads were searched"):
        result = search(plan, accesses, processes_or_none(jobs, plan.options.timeout), told)
        progress.clear()
        sys.stdout.write(searched(result, plan.models, form))
        sys.stdout.flush()
    return Exit.LIMIT if result.undecided and result.found is None else Exit.DONE
