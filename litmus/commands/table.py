"""`litmus table`: decide tests on many architectures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import InternalError, LitmusError
from litmus.base.progress import Progress
from litmus.commands import options
from litmus.commands.console import (
    Exit,
    code_of,
    complain,
    expanded,
    known_format,
    no_more_interrupts,
    processes,
    reporting,
    time_limit,
    worst,
)

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.batch.table import CellKey, ComparisonCell, ComparisonPlan
    from litmus.ir.litmus_test import LitmusTest


def table(
    files: options.Files,
    arch: options.Archs = "all",
    era: options.Eras = options.DEFAULT.era,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, markdown, html, csv, json or latex.")
    ] = "text",
    baseline: Annotated[
        str | None, typer.Option(metavar="ARCH|ERA", help="Mark what differs from this column, or from this era.")
    ] = None,
    observations: Annotated[
        bool, typer.Option("--observations", help="Never, Sometimes or Always, not Allowed or Forbidden.")
    ] = False,
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
) -> None:
    """Decide tests on many architectures: one row a test, one column an architecture."""
    from litmus.batch.table import ComparisonPlan
    from litmus.cat.registry import models
    from litmus.ir.eras import eras
    from litmus.ir.options import Options
    from litmus.render.comparison import FORMATS

    known_format(form, FORMATS)
    archs = [m.name for m in models() if m.kernel] if arch == "all" else [a for a in arch.split(",") if a]
    asked = Options(unroll=unroll, timeout=time_limit(timeout), verdict_only=not observations)
    chosen = eras(era)
    tests, code = _read(files)
    plan = ComparisonPlan(tuple(tests), tuple(archs), chosen, baseline, asked)
    cells: dict[CellKey, ComparisonCell] = {}
    progress = Progress(sys.stderr, len(plan.keys))
    with reporting(progress, lambda: f"{len(cells)} of {len(plan.keys)} cells were decided"):
        try:
            # in processes of their own, even one: what ends it is not to end the table
            with closing(plan.answers(processes(jobs))) as answers:
                for key, cell in answers:
                    cells[key] = cell
                    progress.show(len(cells))
        except KeyboardInterrupt:
            no_more_interrupts()
            progress.clear()
            _print(plan, cells, form, observations)
            raise
        progress.clear()
        _print(plan, cells, form, observations)
    if not tests:
        code = worst(code, Exit.BAD)
    raise typer.Exit(worst(code, *map(_code, cells.values())))


def _print(plan: ComparisonPlan, cells: dict[CellKey, ComparisonCell], form: str, observations: bool) -> None:
    """Print the table of the cells that there are, and to stderr the places of errors, and faults of litmus."""
    from litmus.render.comparison import render

    comparison = plan.comparison(cells)
    if comparison.rows:
        sys.stdout.write(render(comparison, form, observations))
        sys.stdout.flush()
    placed: dict[str, None] = {}  # an error of a test is the same in every column
    for key, cell in cells.items():
        if isinstance(cell.error, InternalError):
            sys.stderr.write(f"{plan.tests[key.test].name} on {key.arch}: {cell.error}\n")
        elif cell.error is not None and cell.failed and cell.error.span is not None:
            placed[str(cell.error)] = None
    sys.stderr.writelines(f"{error}\n" for error in placed)


def _code(cell: ComparisonCell) -> Exit:
    if cell.internal:
        return Exit.INTERNAL
    return Exit.BAD if cell.failed else Exit.LIMIT if cell.limited else Exit.DONE


def _read(files: Sequence[str]) -> tuple[list[LitmusTest], Exit]:
    """The tests in files, and the exit code for the files that cannot be read. Problems are printed to stderr."""
    from litmus.batch.faults import Subject, one_of_many
    from litmus.frontend.files import read_test

    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    tests = []
    for name in names:
        try:
            with one_of_many(Subject((name,))):
                tests.append(read_test(name))
        except (LitmusError, InternalError) as error:
            complain(name, error)
            code = worst(code, code_of(error))
    return tests, code
