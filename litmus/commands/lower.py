"""`litmus lower`: print what tests in C become on an architecture."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import InternalError, LimitReached, LitmusError, UsageError
from litmus.commands import options
from litmus.commands.console import Exit, code_of, complain, expanded, piped, save, worst

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.cat.description import ModelInfo
    from litmus.ir.litmus_test import LitmusTest


def lower(
    files: options.Files,
    arch: options.Archs,
    era: options.Eras = options.DEFAULT.era,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Write files here, and print their names, not their text."),
    ] = None,
) -> None:
    """Print tests in kernel C or C11 as assembly, or as a listing where an architecture has no dialect."""
    from litmus.cat.registry import info, models
    from litmus.ir.eras import eras

    every = arch == "all"
    archs = models() if every else [info(name) for name in arch.split(",") if name]
    if not archs:
        raise UsageError("no architecture")
    chosen = _Chosen(tuple(archs), tuple(eras(era)), every)
    names, errors = expanded(files)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    written: dict[Path, str] = {}
    between = ""
    with piped():
        for name in names:
            for found in _texts(name, chosen):
                if isinstance(found, LitmusError | InternalError):
                    if isinstance(found, InternalError | LimitReached):
                        complain(name, found)
                    else:  # it names the test
                        sys.stderr.write(f"{found}\n")
                    code = worst(code, code_of(found))
                    continue
                file, text = found
                sys.stdout.write(between + text if output is None else save(output / file, text, name, written))
                between = "\n"
        sys.stdout.flush()
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The architectures and eras that are asked for; with `every`, all that have a mapping for a test."""

    archs: tuple[ModelInfo, ...]
    eras: tuple[str, ...]
    every: bool

    def of(self, test: LitmusTest) -> Iterator[tuple[ModelInfo, str]]:
        """Those for a test. C11 has no eras; Linux 2.6.27 knew nothing of some architectures."""
        for arch in self.archs:
            if test.language:
                if arch.c11 or not self.every:
                    yield arch, self.eras[0]
                continue
            yield from [(arch, era) for era in self.eras if not self.every or any(m.era == era for m in arch.kernel)]


def _texts(name: str, chosen: _Chosen) -> Iterator[tuple[str, str] | LitmusError | InternalError]:
    """What the test in a file becomes on architectures in eras: names of files and their texts, or why it cannot."""
    from litmus.batch.faults import Subject, one_of_many
    from litmus.frontend.files import read_test
    from litmus.kernel.emit import assembly, has_assembly, listing, only_c, suffix

    try:
        with one_of_many(Subject((name,))):
            test = read_test(name)
            only_c(test)
    except (LitmusError, InternalError) as error:
        yield error
        return
    for arch, era in chosen.of(test):
        try:
            with one_of_many(Subject(test=test, model=arch.name)):
                if has_assembly(arch, test):
                    found = assembly(test, arch, era)
                    file, text = f"{found.name}.litmus", found.text
                else:
                    file, text = f"{test.name}{suffix(test, arch, era)}.txt", listing(test, arch, era)
            yield file.replace("/", "_"), text
        except (LitmusError, InternalError) as error:
            yield error
