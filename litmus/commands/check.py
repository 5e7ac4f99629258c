"""`litmus check`: decide tests, and compare the answers with what is expected."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import UsageError
from litmus.base.progress import Progress
from litmus.commands.console import Exit, drop_output, processes, terminable, time_limit
from litmus.ir.verdict import Status

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.batch.expect import Expectations, Expected
    from litmus.batch.files import Row
    from litmus.ir.verdict import Verdict

_IN_TESTS = "result"  # in place of the name of a file with expectations
_NAMED = 5  # how many of the tests that are missing are named


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
    passing: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="The passing table of PCI bridges; else that which the test names."),
    ] = None,
) -> None:
    """Decide tests: which final states are possible, and whether the condition holds."""
    from litmus.batch.files import Plan, refused, run
    from litmus.frontend.files import expand
    from litmus.ir.options import Options

    if form not in ("text", "json"):
        raise UsageError(f"unknown format '{form}': text or json")
    if verdict_only and executions:
        raise UsageError("--verdict-only lists nothing that --executions could count")
    expected, expectations = _expected(expect)
    plan = Plan(
        model=model,
        include=tuple(include or ()),
        options=Options(
            unroll=unroll,
            timeout=time_limit(timeout),
            verdict_only=verdict_only,
            executions=executions,
            variants=frozenset(variant or ()),
            era=era,
            passing=passing,
        ),
        form=form,
        expected=expected,
    )
    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    bad = (refused(plan, error.span.source.name if error.span else "", error) for error in errors)
    with terminable(), closing(run(plan, names, processes(jobs))) as rows:
        totals = _print_rows(chain(bad, rows), len(names) + len(errors))
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


@dataclass(slots=True)
class _Totals:
    """What a run came to; `rows` counts the files, `tests` are the names of the tests in them."""

    rows: int = 0
    tests: set[str] = field(default_factory=set)
    bad: int = 0
    checked: int = 0
    failed: int = 0
    limits: int = 0

    def add(self, row: Row) -> None:
        self.rows += 1
        self.tests.add(row.test)
        self.bad += row.status is Status.ERROR
        self.checked += row.checked
        self.failed += row.failed
        self.limits += row.status in (Status.TIMEOUT, Status.LIMIT)

    @property
    def exit_code(self) -> Exit:
        if self.bad:
            return Exit.BAD
        if self.failed:
            return Exit.EXPECTATION
        return Exit.LIMIT if self.limits else Exit.DONE


def _print_rows(rows: Iterator[Row], total: int) -> _Totals:
    """Print rows as they come. An interrupt says how far it got, and ends the command."""
    totals = _Totals()
    progress = Progress(sys.stderr, total)
    said = ""
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
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:  # nobody reads on, as in `litmus check ... | head`: nothing to say
        drop_output()
        raise typer.Exit(Exit.PIPE) from None
    finally:
        progress.clear()
    return totals


def _expected(
    reference: str | None,
) -> tuple[Callable[[str, Verdict], Expected | None] | None, Expectations | None]:
    """What tells, for a file and its verdict, what is expected, and the file that says so, if one does.

    Raises LitmusError for a file that cannot be read.
    """
    if reference is None:
        return None, None
    from litmus.batch.expect import in_comment, parse
    from litmus.frontend.files import load_source

    if reference == _IN_TESTS:
        return in_comment, None
    expectations = parse(load_source(reference))
    return expectations.of, expectations
