"""`litmus explain`: why an outcome is forbidden, or how it comes about and what would forbid it."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.deadline import Deadline
from litmus.base.errors import UsageError
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
    from litmus.engine import Engine
    from litmus.ir.litmus_test import LitmusTest
    from litmus.ir.options import Options

_FORMATS = ("text", "markdown", "html", "json")


def explain(
    files: options.Files,
    model: options.Model = None,
    arch: Annotated[
        str | None,
        typer.Option(
            "--arch",
            "-a",
            metavar="NAME",
            help="The architecture, by the name of its model.",
            autocompletion=options.model_names,
        ),
    ] = None,
    include: options.Include = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="Explain this outcome: '1:r1=1; [x]=0', not the condition's."),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="text, markdown, html or json.", autocompletion=options.words(*_FORMATS)
        ),
    ] = "text",
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    variants: options.Variants = None,
    era: options.Era = options.DEFAULT.era,
    passing: options.Passing = options.DEFAULT.passing,
) -> None:
    """Explain the answer to a test: the cycles that forbid its outcome, or how it happens and what order is missing."""
    from litmus.batch.explanations import Plan, made

    known_format(form, _FORMATS)
    if model is not None and arch is not None:
        raise UsageError("--model and --arch are two names for the same: give one of them")
    plan = Plan(
        make=partial(_explained, form),
        model=model if arch is None else arch,
        include=tuple(include or ()),
        options=options.deciding(timeout, era, unroll=unroll, variants=variants, passing=passing),
        state=state,
    )
    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    done = 0
    progress = Progress(sys.stderr, len(names))
    work = made(plan, names, processes_or_none(jobs, timeout))
    with (
        reporting(progress, lambda: f"{done} of {len(names)} tests were explained"),
        closing(work) as rows,
    ):
        for name, made_of in rows:
            progress.clear()
            sys.stderr.writelines(f"{remark}\n" for remark in made_of.remarks)
            found = made_of.thing
            if isinstance(found, str):
                sys.stdout.write(f"\n{found}" if done and form == "text" else found)
                sys.stdout.flush()
            else:
                complain(name, found)
                code = worst(code, code_of(found))
            done += 1
            progress.show(done)
    raise typer.Exit(code)


def _explained(form: str, engine: Engine, test: LitmusTest, file: str, model: str | None, options: Options) -> str:
    from litmus.explanations.explanation import explain as explained
    from litmus.render.explanation import rendered

    deadline = Deadline.after(options.timeout)
    return rendered(explained(engine, test, model, options), file, form, deadline)
