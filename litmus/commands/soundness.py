"""`litmus soundness`: which promises of C, that of the kernel or C11, does an architecture's mapping break?"""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import UsageError
from litmus.base.progress import Progress
from litmus.commands import options
from litmus.commands.console import (
    Exit,
    known_format,
    no_more_interrupts,
    processes,
    reporting,
    worst,
)
from litmus.commands.table import cell_code, read_tests

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.batch.soundness import SoundnessPlan
    from litmus.batch.table import CellKey, ComparisonCell

_ALL = "all"


def soundness(
    files: options.Files,
    arch: options.Archs = _ALL,
    era: options.Era = options.DEFAULT.era,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME|FILE",
            help="What is promised; else the model of the language of a test.",
            autocompletion=options.model_names,
        ),
    ] = None,
    form: options.Format = options.TEXT_OR_JSON[0],
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    include: options.Include = None,
    strict: options.Strict = False,
) -> None:
    """List the final states of tests that architectures allow, by their mappings, and the model of C forbids."""
    from litmus.batch.soundness import SoundnessPlan
    from litmus.frontend.container import FUNCTIONS

    known_format(form, options.TEXT_OR_JSON)
    asked = options.deciding(timeout, era, unroll=unroll)
    tests, _, code = read_tests(files, strict, asked.timeout)
    in_c = [test for test in tests if test.arch in FUNCTIONS]
    if tests and not in_c:
        raise UsageError("none of these tests is in C")
    if len(in_c) < len(tests):
        sys.stderr.write(f"{len(tests) - len(in_c)} of {len(tests)} tests are not in C, and left out\n")
    archs = () if arch == _ALL else tuple(name for name in arch.split(",") if name)
    plan = SoundnessPlan.of(in_c, archs, era, model, asked, tuple(include or ()))
    cells: dict[CellKey, ComparisonCell] = {}
    progress = Progress(sys.stderr, len(plan.keys))
    with reporting(progress, lambda: f"{len(cells)} of {len(plan.keys)} questions were answered"):
        try:
            with closing(plan.answers(processes(jobs))) as answers:
                for key, cell in answers:
                    cells[key] = cell
                    progress.expect(max(len(cells), len(plan.keys)))
                    progress.show(len(cells))
        except KeyboardInterrupt:
            no_more_interrupts()
            progress.clear()
            _print(plan, cells, form)
            raise
        progress.clear()
        code = worst(code, _print(plan, cells, form))
    raise typer.Exit(code if in_c else worst(code, Exit.BAD))


def _print(plan: SoundnessPlan, cells: dict[CellKey, ComparisonCell], form: str) -> Exit:
    """Print what the cells come to; the exit code."""
    from litmus.render.soundness import lines, text

    found = plan.soundness(cells)
    sys.stdout.write(lines(found) if form == "json" else text(found))
    sys.stdout.flush()
    broken = Exit.EXPECTATION if found.unsound else Exit.DONE
    return worst(broken, *(cell_code(cell.cell) for row in found.rows for cell in row.cells if cell.cell is not None))
