"""`litmus table`: decide tests on many architectures."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import InternalError, LitmusError, UsageError
from litmus.base.progress import Progress
from litmus.base.records import dataclass
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
    worst,
)

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.batch.expect_cells import CellExpectations, Checked
    from litmus.batch.table import CellKey, Comparison, ComparisonCell, ComparisonPlan
    from litmus.ir.litmus_test import LitmusTest
    from litmus.ir.options import Options

_JUNIT = "junit"
_NAMED = 5  # how many of the tests that are missing are named


def table(
    files: options.Files,
    arch: Annotated[
        str | None,
        typer.Option(
            "--arch",
            "-a",
            metavar="A,B,C|all",
            help="Models, as for -m; else those that decide the tests.",
            autocompletion=options.lists_of_models,
        ),
    ] = None,
    era: options.Eras = options.DEFAULT.era,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="text, markdown, html, csv, json, latex or junit.",
            autocompletion=options.words("text", "markdown", "html", "csv", "json", "latex", "junit"),
        ),
    ] = "text",
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="ARCH|ERA",
            help="Mark what differs from this column, or from this era.",
            autocompletion=options.model_names,
        ),
    ] = None,
    observations: Annotated[
        bool, typer.Option("--observations", help="Never, Sometimes or Always, not Allowed or Forbidden.")
    ] = False,
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    include: options.Include = None,
    variants: options.Variants = None,
    strict: options.Strict = False,
    expect: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Expected answers, as for check, or a table in JSON; or the word 'result'."),
    ] = None,
) -> None:
    """Decide tests on many architectures: one row a test, one column an architecture."""
    from litmus.batch.columns import ALL, deciding, every
    from litmus.batch.table import ComparisonPlan
    from litmus.ir.eras import eras
    from litmus.ir.options import Options
    from litmus.render.comparison import FORMATS

    known_format(form, (*FORMATS, _JUNIT))
    asked = Options(
        unroll=unroll,
        timeout=options.time_limit(timeout),
        verdict_only=not observations,
        variants=frozenset(variants or ()),
    )
    chosen = eras(era)
    expected = _expected(expect, asked)
    tests, refusals, code = read_tests(files, strict, asked.timeout)
    if arch is None:
        archs = deciding(tests, chosen)
    else:
        archs = every() if arch == ALL else tuple(name for name in arch.split(",") if name)
    plan = ComparisonPlan.of(tests, archs, chosen, baseline, asked, tuple(include or ()))
    shown = _Shown(plan, form, observations, arch is None, expect or "", expected, refusals)
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
            shown.print(cells)
            raise
        progress.clear()
        code = worst(code, shown.print(cells))
    if not tests:
        code = worst(code, Exit.BAD)
    raise typer.Exit(worst(code, *map(cell_code, cells.values())))


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a table is shown.

    `chosen`: its columns were chosen for its tests, so that those without a verdict are left out. `expect` names what
    `expected` is from; `refusals` are the files that could not be read, each with what was said.
    """

    plan: ComparisonPlan
    form: str
    observations: bool
    chosen: bool
    expect: str
    expected: CellExpectations | None
    refusals: Sequence[tuple[str, str]]

    def print(self, cells: Mapping[CellKey, ComparisonCell]) -> Exit:
        """Print the table of the cells that there are, and to stderr what is wrong: places of errors, faults of litmus,
        cells that are not as expected."""
        comparison = self.plan.comparison(cells)
        if self.chosen and len(cells) == len(self.plan.keys):
            comparison = comparison.without_silent()
        checked = self._checked(comparison)
        if self.form == _JUNIT:
            sys.stdout.write(self._junit(comparison, checked))
        elif comparison.rows:
            from litmus.render.comparison import render

            sys.stdout.write(render(comparison, self.form, self.observations))
        sys.stdout.flush()
        self._complain(cells)
        return self._as_expected(checked)

    def _checked(self, comparison: Comparison) -> Checked | None:
        if self.expected is None:
            return None
        from litmus.batch.expect_cells import check

        return check(comparison, self.expected)

    def _junit(self, comparison: Comparison, checked: Checked | None) -> str:
        from litmus.render.junit import Case, document, table_cases

        refused = [Case(file, "", "error", said.partition("\n")[0], said) for file, said in self.refusals]
        return document("litmus table", [*refused, *table_cases(comparison, self.observations, checked)])

    def _complain(self, cells: Mapping[CellKey, ComparisonCell]) -> None:
        placed: dict[str, None] = {}  # an error of a test is the same in every column
        for key, cell in cells.items():
            if isinstance(cell.error, InternalError):
                sys.stderr.write(f"{self.plan.tests[key.test].name} on {key.arch}: {cell.error}\n")
            elif cell.error is not None and cell.failed and cell.error.span is not None:
                placed[str(cell.error)] = None
        sys.stderr.writelines(f"{error}\n" for error in placed)

    def _as_expected(self, checked: Checked | None) -> Exit:
        """Say which cells are not as expected, and how many there are. Raises UsageError if nothing was expected."""
        if checked is None:
            return Exit.DONE
        for failure in checked.failures:
            era = f" in {failure.row.era}" if failure.row.era else ""
            sys.stderr.write(f"{failure.row.test.source.name}: failed: on {failure.arch}{era}: {failure.said}\n")
        failed = len({(id(failure.row), failure.arch) for failure in checked.failures})
        right = checked.cells - failed
        sys.stderr.write(
            f"{self.expect}: {right} cells as expected, {failed} not, {checked.silent} without expectation\n"
        )
        if checked.missing:
            more = f" and {len(checked.missing) - _NAMED} more" if len(checked.missing) > _NAMED else ""
            sys.stderr.write(f"{self.expect}: expected but not decided: {', '.join(checked.missing[:_NAMED])}{more}\n")
        if not checked.cells and not checked.missing:
            raise UsageError(f"nothing is expected of any of these tests in {self.expect}")
        return Exit.EXPECTATION if failed or checked.missing else Exit.DONE


def _expected(reference: str | None, asked: Options) -> CellExpectations | None:
    """What the cells are expected to say, if anything. Raises LitmusError for a file that cannot be read."""
    if reference is None:
        return None
    from litmus.batch.expect_cells import IN_TESTS, expectations
    from litmus.frontend.files import MAX_EXPECTED, load_source

    return expectations(None if reference == IN_TESTS else load_source(reference, MAX_EXPECTED), asked)


def cell_code(cell: ComparisonCell) -> Exit:
    """The exit code for a cell."""
    if cell.internal:
        return Exit.INTERNAL
    return Exit.BAD if cell.failed else Exit.LIMIT if cell.limited else Exit.DONE


def read_tests(
    files: Sequence[str], strict: bool, seconds: float | None
) -> tuple[list[LitmusTest], list[tuple[str, str]], Exit]:
    """The tests in files; the files that cannot be read, each with what was said on stderr; and their exit code."""
    from litmus.base.deadline import Deadline
    from litmus.batch.faults import Subject, one_of_many
    from litmus.frontend.files import read_test

    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    refusals = [(error.span.source.name if error.span else "", str(error)) for error in errors]
    code = Exit.BAD if errors else Exit.DONE
    tests = []
    for name in names:
        try:
            with one_of_many(Subject((name,))):
                tests.append(read_test(name, Deadline.after(seconds), strict=strict))
                sys.stderr.writelines(f"{remark}\n" for remark in tests[-1].remarks)
        except (LitmusError, InternalError) as error:
            complain(name, error)
            refusals.append((name, str(error)))
            code = worst(code, code_of(error))
    return tests, refusals, code
