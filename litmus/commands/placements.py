"""`litmus placements`: decide PCI tests in every place that their devices can have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import LitmusError, UsageError
from litmus.commands.console import Exit, processes, terminable, time_limit

if TYPE_CHECKING:
    from litmus.batch.survey import Survey


def placements(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Tests of PCI, folders of tests, @files, or -.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME|FILE", help="A model by name, or a .cat file.")
    ] = None,
    passing: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="The passing table of the bridges; else that of the test.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="text|json", help="What to print.")] = "text",
    jobs: Annotated[int, typer.Option("-j", min=0, metavar="N", help="Processes; 0 for one a core.")] = 1,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Wall time for one placement.")] = None,
    era: Annotated[str, typer.Option(metavar="ERA", help="Whose functions CPUs call: v2.6.27 or v6.")] = "v6",
) -> None:
    """Decide PCI tests with their devices on every bus of the tree: how many placements allow the outcome."""
    from litmus.batch.survey import survey
    from litmus.frontend.files import expand, read_test
    from litmus.ir.options import Options
    from litmus.render.placements import block, line

    if form not in ("text", "json"):
        raise UsageError(f"unknown format '{form}': text or json")
    options = Options(timeout=time_limit(timeout), verdict_only=True, era=era, passing=passing)
    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    sys.stderr.writelines(f"{error}\n" for error in errors)
    worst = Exit.BAD if errors else Exit.DONE
    with terminable():
        for name in names:
            try:
                found: Survey = survey(read_test(name), model, options, processes(jobs))
            except LitmusError as error:
                sys.stderr.write(f"{error}\n" if error.span else f"{name}: {error}\n")
                worst = Exit.BAD
                continue
            typer.echo(line(name, found) if form == "json" else block(found), nl=False)
            if found.unknown and worst is Exit.DONE:
                worst = Exit.LIMIT
    raise typer.Exit(worst)
