"""The command `litmus`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import litmus
from litmus.base.errors import LitmusError, UsageError
from litmus.ir.verdict import Status
from litmus.progress import Progress

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.batch import Row
    from litmus.expect import Expected
    from litmus.ir.verdict import Verdict
    from litmus.overview import Table

_EPILOG = """\b
Exit codes: 0 done, 1 an expectation failed, 2 bad input or usage,
3 a time or other limit was hit, 130 interrupted.
"""
_TWO_DASHES = {f"-{name}": f"--{name}" for name in ("model", "unroll", "timeout", "variant")}
"""Options as users of herd7 type them."""

_EXPECTATION, _BAD, _LIMIT, _INTERRUPTED, _PIPE = 1, 2, 3, 130, 141
_IN_TESTS = "result"  # in place of the name of a file with expectations

app = typer.Typer(
    help="Decides which outcomes of a litmus test a memory model allows.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The entry point: runs the command; what goes wrong is one message and an exit code, never a traceback."""
    if sys.stdout is None or sys.stderr is None:  # closed by the shell
        sys.exit(_BAD)
    sys.argv[1:] = [_TWO_DASHES.get(argument, argument) for argument in sys.argv[1:]]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name of a file may hold anything
    try:
        app()
    except LitmusError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        _drop_output()
        sys.stderr.write(f"error: {error.strerror or error}\n")
    sys.exit(_BAD)


def _drop_output() -> None:
    """Have what is still to be written to stdout go nowhere: it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"litmus {litmus.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(epilog=_EPILOG)
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES", help="Tests, folders of tests, @files that list tests, or - to read names from stdin."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME|FILE",
            help="A model by name, or a .cat file; else that of the test's architecture.",
        ),
    ] = None,
    include: Annotated[
        list[Path] | None, typer.Option("-I", metavar="DIR", help="Where cat files look for what they include.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="text|json", help="What to print.")] = "text",
    jobs: Annotated[int, typer.Option("-j", min=0, metavar="N", help="Processes; 0 for one a core.")] = 1,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Wall time for one test, then it is given up.")
    ] = None,
    verdict_only: Annotated[
        bool, typer.Option("--verdict-only", help="Only decide the condition, list no states; scales much further.")
    ] = False,
    executions: Annotated[
        bool, typer.Option("--executions", help="Count consistent executions, as herd7 does, not states.")
    ] = False,
    unroll: Annotated[int, typer.Option(min=0, metavar="N", help="How often a loop goes round.")] = 2,
    expect: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Expected answers; the word 'result' for the Result: lines of the tests."),
    ] = None,
    variant: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help='What `if "NAME"` in a model says yes to.')
    ] = None,
    era: Annotated[
        str, typer.Option(metavar="ERA", help="Whose primitives a test in kernel C means: v2.6.27 or v6.")
    ] = "v6",
) -> None:
    """Decide tests: which final states are possible, and whether the condition holds."""
    from litmus.batch import Plan, refused, run
    from litmus.check import Options
    from litmus.frontend.files import expand

    if form not in ("text", "json"):
        raise UsageError(f"unknown format '{form}': text or json")
    if timeout is not None and not 0 < timeout < 1e9:
        raise UsageError("the time limit is a number of seconds, more than 0")
    if verdict_only and executions:
        raise UsageError("--verdict-only lists nothing that --executions could count")
    plan = Plan(
        model=model,
        include=tuple(include or ()),
        options=Options(
            unroll=unroll,
            timeout=timeout,
            verdict_only=verdict_only,
            executions=executions,
            variants=frozenset(variant or ()),
            era=era,
        ),
        form=form,
        expected=_expected(expect),
    )
    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    bad = (refused(plan, error.span.source.name if error.span else "", error) for error in errors)
    with closing(run(plan, names, jobs or os.cpu_count() or 1)) as rows:
        totals = _print_rows(chain(bad, rows), len(names) + len(errors))
    if expect is not None:
        as_expected, without = totals.checked - totals.failed, totals.rows - totals.checked
        sys.stderr.write(f"{expect}: {as_expected} as expected, {totals.failed} not, {without} without expectation\n")
        if not totals.checked:
            raise UsageError(f"nothing is expected of any of these tests in {expect}")
    raise typer.Exit(totals.exit_code)


@app.command(epilog=_EPILOG)
def table(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Tests, folders of tests, @files, or -.")],
    arch: Annotated[
        str, typer.Option(metavar="A,B,C|all", help="The architectures, as columns, in this order.")
    ] = "all",
    era: Annotated[str, typer.Option(metavar="ERA", help="Which kernels' primitives: v2.6.27 or v6.")] = "v6",
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="text, markdown, html, csv, json or latex.")
    ] = "text",
    baseline: Annotated[
        str | None, typer.Option(metavar="ARCH", help="Mark what differs from this architecture.")
    ] = None,
    observations: Annotated[
        bool, typer.Option("--observations", help="Never, Sometimes or Always, not Allowed or Forbidden.")
    ] = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Wall time for one cell.")] = None,
) -> None:
    """Decide tests on many architectures: one row a test, one column an architecture."""
    from litmus.cat.registry import models
    from litmus.check import Options
    from litmus.comparison import Comparison, rows_of
    from litmus.frontend.files import expand, read_test
    from litmus.render.comparison import FORMATS, render

    if form not in FORMATS:
        raise UsageError(f"unknown format '{form}': {', '.join(FORMATS)}")
    archs = [m.name for m in models() if m.kernel] if arch == "all" else [a for a in arch.split(",") if a]
    if baseline is not None and baseline not in archs:
        raise UsageError(f"the baseline '{baseline}' is not among the architectures")
    names, errors = expand(files, sys.stdin)
    tests = []
    bad = list(errors)
    for name in names:
        try:
            tests.append(read_test(name))
        except LitmusError as unreadable:
            bad.append(unreadable)
    sys.stderr.writelines(f"{one}\n" for one in bad)
    rows = []
    progress = Progress(sys.stderr, len(tests))
    for row in rows_of(tests, archs, era, Options(timeout=timeout, verdict_only=not observations)):
        rows.append(row)
        progress.show(len(rows))
    progress.clear()
    if rows:
        place = None if baseline is None else archs.index(baseline)
        sys.stdout.write(render(Comparison(tuple(archs), era, tuple(rows), place), form, observations))
    limits = any(cell.verdict and cell.verdict.status in _CUT for row in rows for cell in row.cells)
    raise typer.Exit(_BAD if bad or not rows else _LIMIT if limits else 0)


_CUT = (Status.TIMEOUT, Status.LIMIT)


@dataclass(slots=True)
class _Totals:
    """What a run came to; `rows` counts the files."""

    rows: int = 0
    bad: int = 0
    checked: int = 0
    failed: int = 0
    limits: int = 0

    def add(self, row: Row) -> None:
        self.rows += 1
        self.bad += row.status is Status.ERROR
        self.checked += row.checked
        self.failed += row.failed
        self.limits += row.status in (Status.TIMEOUT, Status.LIMIT)

    @property
    def exit_code(self) -> int:
        if self.bad:
            return _BAD
        if self.failed:
            return _EXPECTATION
        return _LIMIT if self.limits else 0


def _print_rows(rows: Iterator[Row], total: int) -> _Totals:
    """Print rows as they come. An interrupt says how far it got, and ends the command."""
    totals = _Totals()
    progress = Progress(sys.stderr, total)
    said = ""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        for row in rows:
            progress.clear()
            sys.stdout.write(row.output)
            sys.stdout.flush()
            if row.cause != said:
                sys.stderr.write(row.cause)
                said = row.cause
            sys.stderr.write(row.remarks)
            totals.add(row)
            progress.show(totals.rows)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        progress.clear()
        sys.stderr.write(f"interrupted: {totals.rows} of {total} files were checked\n")
        raise typer.Exit(_INTERRUPTED) from None
    except BrokenPipeError:  # nobody reads on, as in `litmus check ... | head`: nothing to say
        _drop_output()
        raise typer.Exit(_PIPE) from None
    finally:
        progress.clear()
        signal.signal(signal.SIGTERM, before)
    return totals


def _terminate(number: int, frame: object) -> None:
    sys.exit(128 + number)  # by an exception, so that the worker processes are ended


def _expected(reference: str | None) -> Callable[[str, Verdict], Expected | None] | None:
    """What tells, for a file and its verdict, what is expected. Raises LitmusError for a file that cannot be read."""
    if reference is None:
        return None
    from litmus.expect import in_comment, parse
    from litmus.frontend.files import load_source

    return in_comment if reference == _IN_TESTS else parse(load_source(reference)).of


@app.command()
def models() -> None:
    """List the models that come with litmus."""
    from litmus import overview

    _print_table(overview.model_table())


@app.command()
def archs() -> None:
    """List the architectures whose tests can be read."""
    from litmus import overview

    _print_table(overview.arch_table())


@app.command(hidden=True)
def demo() -> None:
    """Decide the classic tests under every model, and print a table."""
    from litmus import overview

    typer.echo("Whether the outcome that each classic test asks about is possible, under each model:\n")
    _print_table(overview.classic_table())


def _print_table(table: Table) -> None:
    from litmus.render import table as render

    typer.echo(render.table(table.headers, table.rows), nl=False)
