"""`litmus check`: decide tests, and compare the answers with what is expected."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import UsageError
from litmus.base.progress import Progress
from litmus.base.records import dataclass
from litmus.commands import options
from litmus.commands.console import Exit, expanded, known_format, processes_or_none, reporting
from litmus.ir.verdict import Status

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.batch.expect import Expectations, Expected
    from litmus.batch.files import FileRow, RowWriter
    from litmus.ir.verdict import Verdict

_FORMATS = (*options.TEXT_OR_JSON, "junit")
_IN_TESTS = "result"  # in place of the name of a file with expectations
_NAMED = 5  # how many of the tests that are missing are named


def check(
    files: options.Files,
    model: options.Model = None,
    include: options.Include = None,
    conf: Annotated[
        str | None, typer.Option(metavar="FILE", help="herd7's options in a file: model, bell, macros.")
    ] = None,
    bell: Annotated[
        str | None, typer.Option(metavar="FILE", help="The tags of events: a file that runs before the model.")
    ] = None,
    macros: Annotated[
        str | None, typer.Option(metavar="FILE", help="What the functions of kernel C mean to the model.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="text, json or junit.", autocompletion=options.words(*_FORMATS)
        ),
    ] = _FORMATS[0],
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    verdict_only: Annotated[
        bool, typer.Option("--verdict-only", help="Only decide the condition, list no states; scales much further.")
    ] = False,
    executions: Annotated[
        bool, typer.Option("--executions", help="Count consistent executions, as herd7 does, not states.")
    ] = False,
    unroll: options.Unroll = options.DEFAULT.unroll,
    expect: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Expected answers; the word 'result' for the Result: lines of the tests."),
    ] = None,
    variants: options.Variants = None,
    strict: options.Strict = False,
    era: options.Era = options.DEFAULT.era,
    passing: options.Passing = options.DEFAULT.passing,
) -> None:
    """Decide tests: which final states are possible, and whether the condition holds."""
    from litmus.batch.files import CheckPlan, refused, run

    known_format(form, _FORMATS)
    if verdict_only and executions:
        raise UsageError("--verdict-only lists nothing that --executions could count")
    if conf is not None and model is not None:
        raise UsageError("--conf names a model, and so does -m")
    if conf is not None and not conf.endswith(".cfg"):
        raise UsageError(f"the name of a file of options ends with .cfg: '{conf}'")
    expected, expectations = _expected(expect)
    plan = CheckPlan(
        writer=_writer(form),
        model=model if conf is None else conf,
        include=tuple(include or ()),
        bell=None if bell is None else Path(bell),
        macros=None if macros is None else Path(macros),
        options=options.deciding(
            timeout,
            era,
            unroll=unroll,
            variants=variants,
            passing=passing,
            verdict_only=verdict_only,
            executions=executions,
        ),
        expected=expected,
        strict=strict,
    )
    names, errors = expanded(files)
    bad = (refused(plan, error.span.source.name if error.span else "", error) for error in errors)
    total = len(names) + len(errors)
    totals, progress = _Totals(), Progress(sys.stderr, total)
    with (
        reporting(progress, lambda: f"{totals.rows} of {total} files were checked"),
        closing(run(plan, names, processes_or_none(jobs, timeout))) as rows,
    ):
        if form == _FORMATS[-1]:
            _print_junit(chain(bad, rows), progress, totals, expect is not None)
        else:
            _print_rows(chain(bad, rows), progress, totals)
    if expect is not None:
        as_expected, without = totals.checked - totals.failed, totals.rows - totals.checked
        sys.stderr.write(f"{expect}: {as_expected} as expected, {totals.failed} not, {without} without expectation\n")
        if not totals.checked:
            raise UsageError(f"nothing is expected of any of these tests in {expect}")
        absent = expectations.missing(names, totals.tests) if expectations is not None else ()
        if absent:
            more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
            sys.stderr.write(f"{expect}: expected but not checked: {', '.join(absent[:_NAMED])}{more}\n")
            totals.failed += len(absent)
    raise typer.Exit(totals.exit_code)


def _writer(form: str) -> RowWriter:
    if form == "json":
        from litmus.render.json import JsonRows

        return JsonRows()
    from litmus.render.text import TextRows

    return TextRows()


@dataclass(slots=True)
class _Totals:
    """What a run came to; `rows` counts the files, `tests` are the names of the tests in them."""

    rows: int = 0
    tests: set[str] = field(default_factory=set)
    bad: int = 0
    internal: int = 0
    checked: int = 0
    failed: int = 0
    limits: int = 0

    def add(self, row: FileRow) -> None:
        self.rows += 1
        self.tests.add(row.test)
        self.bad += row.status is Status.ERROR
        self.internal += row.status is Status.INTERNAL
        self.checked += row.checked
        self.failed += row.failed
        self.limits += row.status in (Status.TIMEOUT, Status.LIMIT)

    @property
    def exit_code(self) -> Exit:
        if self.internal:
            return Exit.INTERNAL
        if self.bad:
            return Exit.BAD
        if self.failed:
            return Exit.EXPECTATION
        return Exit.LIMIT if self.limits else Exit.DONE


def _print_junit(rows: Iterator[FileRow], progress: Progress, totals: _Totals, expecting: bool) -> None:
    """Print one document when all rows are there, or when an interrupt ends the work."""
    from litmus.render.junit import document, file_case

    done: list[FileRow] = []

    def kept() -> Iterator[FileRow]:
        for row in rows:
            done.append(row)
            yield row

    try:
        _print_rows(kept(), progress, totals, output=False)
    finally:
        sys.stdout.write(document("litmus check", [file_case(row, expecting) for row in done]))
        sys.stdout.flush()


def _print_rows(rows: Iterator[FileRow], progress: Progress, totals: _Totals, output: bool = True) -> None:
    """Print rows as they come, unless wanted without their output, and count them."""
    said = ""
    for row in rows:
        progress.clear()
        if output:
            sys.stdout.write(row.output)
            sys.stdout.flush()
        if row.cause != said:
            sys.stderr.write(row.cause)
            said = row.cause
        sys.stderr.write(row.remarks)
        totals.add(row)
        progress.show(totals.rows)


def _expected(
    reference: str | None,
) -> tuple[Callable[[str, Verdict], Expected | None] | None, Expectations | None]:
    """What tells, for a file and its verdict, what is expected, and the file that says so, if one does.

    Raises LitmusError for a file that cannot be read.
    """
    if reference is None:
        return None, None
    from litmus.batch.expect import in_comment, parse
    from litmus.frontend.files import MAX_EXPECTED, load_source

    if reference == _IN_TESTS:
        return in_comment, None
    expectations = parse(load_source(reference, MAX_EXPECTED))
    return expectations.of, expectations
