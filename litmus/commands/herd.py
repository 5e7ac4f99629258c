"""`litmus herd`: a command line of herd7, for scripts that call it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import LitmusError
from litmus.commands.console import Exit, expanded, processes_or_none, reporting, save
from litmus.commands.herd_options import USAGE, Asked, asked, place
from litmus.ir.litmus_test import TRUE, And, Condition, LitmusTest, Not, Prop, Quantifier
from litmus.ir.verdict import Status

if TYPE_CHECKING:  # what only some runs need is imported where it is used
    from litmus.batch.files import CheckPlan, FileRow

VERSION = "7.58"
"""The version of herd7 whose command line and output this is."""

_ASSUMED = frozenset({"mixed", "unaligned", "dontcheckmixed", "lkmmv1", "s128"})
"""Variants of herd7 that are always on here, in lower case: accesses of several sizes, also where they are not aligned,
what models do without `lkmmv2`, and numbers of 128 bits."""

_ELSEWHERE = frozenset({"ets", "ets2", "ets3", "exs", "eis", "eos", "dic", "idc"})
"""Variants of herd7, in lower case, for exceptions, fetches of instructions and walks of page tables. No test that
is read has any of these, so that they change no answer of the models here."""


def herd(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[OPTIONS OF HERD7] [TESTS]")] = None,
) -> None:
    """Decide tests as herd7 does, with its options, its output and its exit codes: for scripts that call herd7."""
    raise typer.Exit(run(arguments or [], ""))


def run(arguments: Sequence[str], revision: str) -> Exit:
    """Does what a command line of herd7 says; its exit code is 0 whatever is wrong with a test, as herd7 has it.

    `revision` is the version of litmus. Raises UsageError for a command line that herd7 would refuse, or that asks for
    what is not done here; ModelError for a model that cannot be read.
    """
    found = asked(arguments)
    if found.information:
        sys.stdout.write(_information(found.information, revision))
        return Exit.DONE
    if not found.quiet:
        sys.stderr.writelines(f"litmus: {line}\n" for line in found.passed_over)
    names, errors = expanded(found.files or ["-"])
    sys.stderr.writelines(f"{error}\n" for error in errors)
    if errors and found.stop:
        return Exit.EXPECTATION
    return _decide(found, tuple(_selected(found, names)))


def _information(wanted: str, revision: str) -> str:
    if wanted == "libdir":
        from litmus.base.resources import folder

        return f"{folder('archs') / 'lib'}\n"
    if wanted == "version":
        return f"{VERSION}, Rev: litmus {revision}\n"
    from litmus.commands.herd_options import overview

    return f"{USAGE}\n{overview()}"


def _decide(found: Asked, names: Sequence[str]) -> Exit:
    from litmus.base.progress import Progress
    from litmus.batch.files import run as rows_of

    plan, done = _plan(found), 0
    seen: dict[str, tuple[str, str]] = {}
    pictures = _pictures(found, plan)
    with (
        reporting(Progress(sys.stderr, 0), lambda: f"{done} of {len(names)} tests were decided"),
        closing(rows_of(plan, names, processes_or_none(1, found.timeout))) as rows,
    ):
        for row in rows:
            done += 1
            if row.output and _repeated(row, seen):
                continue
            if pictures is not None and row.status in (Status.DONE, Status.BOUND):
                pictures(row)
            sys.stdout.write(row.output)
            sys.stdout.flush()
            sys.stderr.write(row.remarks)
            if row.status is Status.INTERNAL:
                return Exit.INTERNAL
            if row.status is Status.ERROR and found.stop:
                return Exit.EXPECTATION
    return Exit.DONE


def _repeated(row: FileRow, seen: dict[str, tuple[str, str]]) -> bool:
    """Whether a test of this name was there before: herd7 answers the first only, and complains if they differ."""
    found = row.output.rpartition("Hash=")[2].strip()
    if row.test not in seen:
        seen[row.test] = (found, row.file)
        return False
    known, file = seen[row.test]
    if known != found:
        sys.stderr.write(
            f'Warning: File "{row.file}": Different hashes for test {row.test} (previous file {file}) (User error)\n'
        )
    return True


def _plan(found: Asked) -> CheckPlan:
    from litmus.batch.files import CheckPlan
    from litmus.ir.options import DEFAULTS
    from litmus.render.herd import HerdRows

    folders = (*found.folders, *([found.library] if found.library else []))
    fast = found.speed == "fast"
    assumed = _ASSUMED if found.model else _ASSUMED | _ELSEWHERE
    return CheckPlan(
        writer=HerdRows(found.bad_flag, found.bad_executions, fast, found.verbose, found.hexadecimal),
        model=None if found.model is None else place(found, found.model),
        include=tuple(map(Path, folders)),
        bell=None if found.bell is None else Path(place(found, found.bell)),
        macros=None if found.macros is None else Path(place(found, found.macros)),
        options=replace(
            DEFAULTS,
            unroll=DEFAULTS.unroll if found.unroll is None else found.unroll,
            timeout=found.timeout,
            verdict_only=fast,
            executions=not fast,
            variants=frozenset([name for name in found.variants if name.lower() not in assumed]),
            candidates=found.candidates,
            reasons=found.speed == "false",  # otherwise none may be left, as none decides the condition
        ),
        change=_change(found),
    )


# --- which tests, and which of their executions ----------------------------------------------------------------------


def _selected(found: Asked, names: Sequence[str]) -> Iterator[str]:
    """The files whose tests -names and -excl select; a file without a name is for its answer to complain about."""
    if not found.names and not found.excluded:
        yield from names
        return
    from litmus.frontend.container import split
    from litmus.frontend.files import load_source

    wanted, excluded = (
        {line.strip() for file in files for line in load_source(place(found, file)).text.splitlines()}
        for files in (found.names, found.excluded)
    )
    for name in names:
        try:
            test = split(load_source(name)).name
        except LitmusError:
            yield name
            continue
        if (test in wanted or not found.names) and test not in excluded:
            yield name


@dataclass(frozen=True, slots=True)
class _Changed:
    """A test without its filter, or with executions left out that do not decide its condition."""

    unfiltered: bool
    decisive: bool

    def __call__(self, test: LitmusTest) -> LitmusTest:
        kept = None if self.unfiltered else test.filter
        if self.decisive:
            decides = _decisive(test.condition)
            kept = decides if kept is None else And((kept, decides))
        return replace(test, filter=kept)


def _change(found: Asked) -> Callable[[LitmusTest], LitmusTest] | None:
    decisive = found.speed != "false"
    return _Changed(found.unfiltered, decisive) if decisive or found.unfiltered else None


def _decisive(condition: Condition) -> Prop:
    """What holds at the end of an execution that decides a condition."""
    return Not(condition.prop) if condition.quantifier is Quantifier.FORALL else condition.prop


# --- pictures ---------------------------------------------------------------------------------------------------------


def _pictures(found: Asked, plan: CheckPlan) -> Callable[[FileRow], None] | None:
    """What draws the executions of the test of a row that -show names, into one file of the folder of -o; or to stdout
    for the folder `-`. None without -o."""
    if found.pictures is None:
        return None
    from litmus.engine import Engine
    from litmus.explanations.witness import witnesses
    from litmus.frontend.files import read_test
    from litmus.render.graph import digraph

    folder = found.pictures
    engine = Engine(plan.include, bell=plan.bell, macros=plan.macros)
    written: dict[Path, str] = {}

    def drawn(file: str) -> Iterator[str]:
        test = read_test(file)
        if plan.change is not None:
            test = plan.change(test)
        shown = _shown(test.condition, found.show)
        if shown is not None:
            wanted = replace(test, condition=Condition(Quantifier.EXISTS, shown))  # for the words above the picture
            each = witnesses(engine, wanted, plan.model, plan.options)
            yield from map(digraph, islice(each, found.most))

    def draw(row: FileRow) -> None:
        text = ""
        try:
            for picture in drawn(row.file):
                text += picture
        except LitmusError as error:
            sys.stderr.write(f"{error}\n")
        base = os.path.splitext(os.path.basename(row.file))[0]
        if folder == "-":
            sys.stdout.write(f"\nDOTBEGIN {base}\nDOTCOM dot\n{text}\nDOTEND {base}\n")
        else:
            save(Path(folder) / f"{base}{found.suffix}.dot", text, row.file, written)

    return draw


def _shown(condition: Condition, show: str) -> Prop | None:
    """What holds at the end of the executions that are drawn; None if none is."""
    if show in ("none", "all"):
        return TRUE if show == "all" else None
    opposite = {
        "neg": True,
        "cond": condition.quantifier is Quantifier.NOT_EXISTS,
        "wit": condition.quantifier is Quantifier.FORALL,
    }.get(show, False)
    return Not(condition.prop) if opposite else condition.prop
