"""`litmus barriers`: which barriers of a test are needed, what is missing, and the cheapest repair."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import InternalError, LitmusError, UsageError
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
    from collections.abc import Sequence

    from litmus.barriers.examine import Wanted
    from litmus.barriers.report import BarrierReport
    from litmus.engine import Engine
    from litmus.ir.litmus_test import LitmusTest
    from litmus.ir.options import Options

_FORMATS = ("text", "json", "sarif")


def barriers(
    files: options.Files,
    arch: Annotated[
        str,
        typer.Option(
            "--arch",
            "-a",
            metavar="A,B,C|all",
            help="Models, as for -m; all are those that decide it and that no other has replaced.",
            autocompletion=options.lists_of_models,
        ),
    ] = "all",
    era: options.Era = options.DEFAULT.era,
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="text, json or sarif.", autocompletion=options.words(*_FORMATS)
        ),
    ] = "text",
    each: Annotated[
        bool, typer.Option("--each", help="Look for a repair for each architecture, not for one that is for all.")
    ] = False,
    candidates: Annotated[
        str | None,
        typer.Option(
            "--candidates",
            metavar="A,B,C|all",
            help="What a repair may change: barriers, accesses, dependencies, attributes, read-backs; "
            "all but dependencies unless given.",
        ),
    ] = None,
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
    """Say which barriers of a test are needed to forbid its outcome and which are missing, with the cheapest repair.

    Fails (exit code 1) if the outcome is possible on some architecture, so that a barrier is missing.
    """
    from litmus.barriers.examine import Wanted
    from litmus.barriers.kinds import USUAL, named_kinds
    from litmus.batch.explanations import Plan, made

    known_format(form, _FORMATS)
    if apply and each:
        raise UsageError("--apply writes one program: not with --each")
    if apply and any(name.startswith("catalog:") for name in files):
        raise UsageError("--apply does not change the catalogue", hint="copy the file")
    names_of_kinds = None if candidates is None else [name.strip() for name in candidates.split(",")]
    kinds = USUAL if names_of_kinds is None else named_kinds(filter(None, names_of_kinds))
    folders = tuple(include or ())
    plan = Plan(
        make=partial(_examined, _named(arch, folders), Wanted(each=each, every=every, kinds=kinds)),
        include=folders,
        options=options.deciding(timeout, era, unroll=unroll, variants=variants),
    )
    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    shown = _Shown(form, apply, needless, Exit.BAD if errors else Exit.DONE)
    progress = Progress(sys.stderr, len(names))
    work = made(plan, names, processes_or_none(jobs, timeout))
    with reporting(progress, lambda: f"{shown.done} of {len(names)} tests were examined"):
        try:
            with closing(work) as rows:
                for name, found in rows:
                    progress.clear()
                    sys.stderr.writelines(f"{remark}\n" for remark in found.remarks)
                    shown.one(name, found.thing)
                    progress.show(shown.done)
        finally:  # after an interrupt, too: what there is so far
            progress.clear()
            shown.end(names)
    raise typer.Exit(shown.code)


def _named(archs: str, include: tuple[Path, ...]) -> tuple[str, ...] | None:
    """The architectures that are named, None for all. Raises ModelError for one that there is not."""
    from litmus.batch.columns import ALL, named
    from litmus.engine import Engine

    if archs == ALL:
        return None
    chosen = named([name for name in archs.split(",") if name])
    with Engine(include) as engine:
        for name in chosen:
            engine.model(name)
    return chosen


class _Shown:
    """What is shown of reports, and how the command is to end. SARIF is one document, and is printed at the end."""

    def __init__(self, form: str, apply: bool, needless: bool, code: Exit) -> None:
        self.form = form
        self.apply = apply
        self.needless = needless
        self.code = code
        self.done = 0
        self.reports: list[tuple[str, BarrierReport]] = []
        self.refused: list[tuple[str, str]] = []

    def one(self, file: str, found: BarrierReport | LitmusError | InternalError) -> None:
        """Show what was found of a file, and write it if it is to be repaired."""
        self.done += 1
        try:
            if isinstance(found, Exception):
                raise found
            self._print(file, found)
            repaired = self.apply and _apply(found, file, self.needless)
            self.reports.append((file, found))
            if not repaired:
                self.code = worst(self.code, _verdict(found, self.needless))
        except (LitmusError, InternalError) as error:
            complain(file, error)
            self.refused.append((file, str(error)))
            self.code = worst(self.code, code_of(error))
            if self.form == "json":
                from litmus.render.barriers import data

                sys.stdout.write(data.error(file, str(error)))

    def _print(self, file: str, report: BarrierReport) -> None:
        if self.form == "text":
            from litmus.render.barriers.text import text

            sys.stdout.write(f"\n{text(report, file)}" if self.reports else text(report, file))
        elif self.form == "json":
            from litmus.render.barriers import data

            sys.stdout.write(data.document(report, file))
        sys.stdout.flush()

    def end(self, files: Sequence[str]) -> None:
        """Print what is printed at the end, of all these files or of the first of them."""
        if self.form == "sarif":
            from importlib.metadata import version

            from litmus.render.barriers import sarif

            refused = [*self.refused, *((file, "interrupted: not examined") for file in files[self.done :])]
            sys.stdout.write(sarif.document(self.reports, refused, version("litmus")))
            sys.stdout.flush()


def _examined(
    archs: tuple[str, ...] | None,
    wanted: Wanted,
    engine: Engine,
    test: LitmusTest,
    file: str,
    model: str | None,
    options: Options,
) -> BarrierReport:
    from litmus.barriers.examine import examine
    from litmus.batch.columns import deciding

    if archs is None:
        default = engine.model_for(test, None)
        archs = deciding([test], [options.era], machines=bool(test.language), replaced=False)
        if test.language:  # of the models of C11, the one that is its default
            archs = (default, *archs)
        elif test.topology is not None:  # the others are for buses that are not known
            archs = (default,)
    return examine(engine, test, archs, options, wanted)


def _verdict(report: BarrierReport, needless: bool) -> Exit:
    from litmus.barriers.report import Need
    from litmus.barriers.sites import What
    from litmus.ir.verdict import Answer

    missing = any(answer is Answer.ALLOWED for _, answer in report.answers)
    more = any(f.need is not Need.NECESSARY for f in report.findings if f.what in (What.BARRIER, What.ORDER))
    return Exit.EXPECTATION if missing or (needless and more) else Exit.DONE


def _apply(report: BarrierReport, file: str, needless: bool) -> bool:
    """Write the repaired program into its file, if there is one. Raises UsageError if it cannot be written."""
    repair = report.repairs[0] if report.repairs else report.reduced if needless else None
    if repair is None or not repair.texts:
        return False
    if not os.path.isfile(file):
        raise UsageError(f"{file} is no file that could be changed")
    try:
        before = Path(file).read_bytes()
        text = repair.texts[0].replace("\n", "\r\n") if b"\r\n" in before else repair.texts[0]
        Path(file).write_bytes(text.encode(_encoding(before)))
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    sys.stderr.write(f"{file}: changed\n")
    return True


def _encoding(data: bytes) -> str:
    """The encoding in which tests are read."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
