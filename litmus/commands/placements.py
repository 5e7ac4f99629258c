"""`litmus placements`: decide PCI tests in every place that their devices can have."""

from __future__ import annotations

import sys

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
    processes_or_none,
    reporting,
    worst,
)


def placements(
    files: options.Files,
    model: options.Model = None,
    passing: options.Passing = options.DEFAULT.passing,
    form: options.Format = options.TEXT_OR_JSON[0],
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    era: options.Era = options.DEFAULT.era,
) -> None:
    """Decide PCI tests with their devices on every bus of the tree: how many placements allow the outcome."""
    from litmus.base.deadline import Deadline
    from litmus.batch.faults import Subject, one_of_many
    from litmus.batch.survey import survey
    from litmus.frontend.files import read_test
    from litmus.render.placements import block, line

    known_format(form, options.TEXT_OR_JSON)
    asked = options.deciding(timeout, era, passing=passing, verdict_only=True)
    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    done = 0
    with reporting(Progress(sys.stderr, len(names)), lambda: f"{done} of {len(names)} tests were decided"):
        for name in names:
            try:
                with one_of_many(Subject((name,), model=model, options=asked)):
                    found = survey(
                        read_test(name, Deadline.after(asked.timeout)), model, asked, processes_or_none(jobs, timeout)
                    )
                    text = line(name, found) if form == "json" else block(found)
            except (LitmusError, InternalError) as error:
                complain(name, error)
                code = worst(code, code_of(error))
            else:
                sys.stdout.write(text)
                sys.stdout.flush()
                code = worst(code, Exit.LIMIT if found.unknown else Exit.DONE)
            done += 1
    raise typer.Exit(code)
