"""`litmus table`: decide tests on many architectures."""

from __future__ import annotations

import signal
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import LitmusError, UsageError
from litmus.base.progress import Progress
from litmus.commands.console import Exit, drop_output, processes, terminable, time_limit

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.batch.table import Cell, Plan, Question
    from litmus.ir.litmus_test import LitmusTest


def table(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Tests, folders of tests, @files, or -.")],
    arch: Annotated[
        str, typer.Option("--arch", "-a", metavar="A,B,C|all", help="The architectures, as columns, in this order.")
    ] = "all",
    era: Annotated[
        str, typer.Option(metavar="ERA,ERA|all", help="Which kernels' primitives: v2.6.27, v6, or a row for each.")
    ] = "v6",
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, markdown, html, csv, json or latex.")
    ] = "text",
    baseline: Annotated[
        str | None, typer.Option(metavar="ARCH|ERA", help="Mark what differs from this column, or from this era.")
    ] = None,
    observations: Annotated[
        bool, typer.Option("--observations", help="Never, Sometimes or Always, not Allowed or Forbidden.")
    ] = False,
    jobs: Annotated[int, typer.Option("-j", min=0, metavar="N", help="Processes; 0 for one a core.")] = 1,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Wall time for one cell, then it is given up.")
    ] = None,
    unroll: Annotated[int, typer.Option(min=0, metavar="N", help="How often a loop goes round.")] = 2,
) -> None:
    """Decide tests on many architectures: one row a test, one column an architecture."""
    from litmus.batch.table import Plan, eras
    from litmus.cat.registry import models
    from litmus.ir.options import Options
    from litmus.render.comparison import FORMATS, render

    if form not in FORMATS:
        raise UsageError(f"unknown format '{form}': {', '.join(FORMATS)}")
    archs = [m.name for m in models() if m.kernel] if arch == "all" else [a for a in arch.split(",") if a]
    options = Options(unroll=unroll, timeout=time_limit(timeout), verdict_only=not observations)
    chosen = eras(era)
    tests, bad = _read(files)
    plan = Plan(tuple(tests), tuple(archs), chosen, baseline, options)
    # in processes of their own, even one: what ends it is not to end the table
    cells, stopped = _decided(plan, processes(jobs))
    comparison = plan.comparison(cells)
    if comparison.rows:
        try:
            sys.stdout.write(render(comparison, form, observations))
            sys.stdout.flush()
        except BrokenPipeError:  # nobody reads on, as in `litmus table ... | head`: nothing to say
            drop_output()
            raise typer.Exit(Exit.PIPE) from None
    if stopped:
        sys.stderr.write(f"interrupted: {len(cells)} of {len(plan.questions)} cells were decided\n")
        raise typer.Exit(Exit.INTERRUPTED)
    if bad or not tests or any(cell.failed for cell in cells.values()):
        raise typer.Exit(Exit.BAD)
    raise typer.Exit(Exit.LIMIT if any(cell.limited for cell in cells.values()) else Exit.DONE)


def _read(files: list[str]) -> tuple[list[LitmusTest], bool]:
    """The tests in files, and whether there is something wrong with any; what that is is told."""
    from litmus.frontend.files import expand, read_test

    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    bad = list(errors)
    tests = []
    for name in names:
        try:
            tests.append(read_test(name))
        except LitmusError as error:
            bad.append(error)
    sys.stderr.writelines(f"{error}\n" for error in bad)
    return tests, bool(bad)


def _decided(plan: Plan, jobs: int) -> tuple[dict[Question, Cell], bool]:
    """The cells of a table, and whether an interrupt stopped the work before all were there."""
    cells: dict[Question, Cell] = {}
    progress = Progress(sys.stderr, len(plan.questions))
    try:
        with terminable(), closing(plan.answers(jobs)) as answers:
            for question, cell in answers:
                cells[question] = cell
                progress.show(len(cells))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return cells, True
    finally:
        progress.clear()
    return cells, False
