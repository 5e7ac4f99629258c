"""`litmus barriers`: which barriers of a test are needed, what is missing, and the cheapest mend."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    time_limit,
    worst,
)

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.barriers.examine import Wanted
    from litmus.barriers.report import BarrierReport
    from litmus.engine import Engine
    from litmus.ir.litmus_test import LitmusTest
    from litmus.ir.options import Options

_FORMATS = ("text", "json", "sarif")


def barriers(
    files: options.Files,
    arch: Annotated[
        str, typer.Option("--arch", "-a", metavar="A,B,C|all", help="Models, as for -m; all are those that decide it.")
    ] = "all",
    era: options.Era = options.DEFAULT.era,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or sarif.")] = "text",
    each: Annotated[
        bool, typer.Option("--each", help="Look for a repair for each architecture, not for one that is for all.")
    ] = False,
    every: Annotated[bool, typer.Option("--every", help="List all cheapest repairs.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write the repair into the files.")] = False,
    needless: Annotated[
        bool, typer.Option("--needless", help="A barrier that is not needed fails; with --apply it is changed, too.")
    ] = False,
    jobs: options.Jobs = options.JOBS,
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    include: options.Include = None,
    variants: options.Variants = None,
) -> None:
    """Say which barriers of a test are needed and which are missing to forbid its outcome, and find the cheapest mend.

    Fails (exit code 1) if the outcome is possible on some architecture, so that a barrier is missing.
    """
    from litmus.barriers.examine import Wanted
    from litmus.batch.explanations import Plan, made
    from litmus.ir.eras import eras
    from litmus.ir.options import Options

    known_format(form, _FORMATS)
    eras([era])
    if apply and each:
        raise UsageError("--apply writes one program: not with --each")
    wanted = Wanted(each=each, every=every)
    plan = Plan(
        make=partial(_examined, arch, wanted),
        include=tuple(include or ()),
        options=Options(unroll=unroll, timeout=time_limit(timeout), variants=frozenset(variants or ()), era=era),
    )
    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    reports: list[tuple[str, BarrierReport]] = []
    refused: list[tuple[str, str]] = []
    done = 0
    progress = Progress(sys.stderr, len(names))
    work = made(plan, names, processes_or_none(jobs, timeout))
    with reporting(progress, lambda: f"{done} of {len(names)} tests were examined"):
        with closing(work) as rows:
            for name, found in rows:
                progress.clear()
                if isinstance(found, Exception):
                    complain(name, found)
                    refused.append((name, str(found)))
                    code = worst(code, code_of(found))
                else:
                    _print(found, name, form, bool(reports))
                    reports.append((name, found))
                    if apply:
                        sys.stderr.write(_apply(found, name, needless))
                    code = worst(code, _verdict(found, needless))
                done += 1
                progress.show(done)
        progress.clear()
        if form == "sarif":
            import litmus
            from litmus.render.barriers import sarif

            sys.stdout.write(sarif.document(reports, refused, litmus.__version__))
            sys.stdout.flush()
    raise typer.Exit(code)


def _examined(
    archs: str, wanted: Wanted, engine: Engine, test: LitmusTest, file: str, model: str | None, options: Options
) -> BarrierReport:
    from litmus.barriers.examine import examine
    from litmus.batch.columns import ALL, deciding, named

    chosen = deciding([test], [options.era]) if archs == ALL else named([a for a in archs.split(",") if a])
    return examine(engine, test, chosen, options, wanted)


def _print(report: BarrierReport, file: str, form: str, further: bool) -> None:
    if form == "text":
        from litmus.render.barriers.text import text

        sys.stdout.write(f"\n{text(report, file)}" if further else text(report, file))
    elif form == "json":
        from litmus.render.barriers import data

        sys.stdout.write(data.document(report, file))
    sys.stdout.flush()


def _verdict(report: BarrierReport, needless: bool) -> Exit:
    from litmus.barriers.report import Need
    from litmus.barriers.sites import What
    from litmus.ir.verdict import Answer

    missing = any(answer is Answer.ALLOWED for _, answer in report.answers)
    more = any(f.need is not Need.NECESSARY for f in report.findings if f.what in (What.BARRIER, What.ORDER))
    return Exit.EXPECTATION if missing or (needless and more) else Exit.DONE


def _apply(report: BarrierReport, file: str, needless: bool) -> str:
    """Write the repaired program into its file; the line that says so. Raises UsageError if it cannot be written."""
    repair = report.repairs[0] if report.repairs else report.lean if needless else None
    if repair is None or not repair.texts:
        return ""
    if not os.path.exists(file):
        raise UsageError(f"{file} is no file that could be changed")
    try:
        Path(file).write_text(repair.texts[0], "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    return f"{file}: changed\n"
