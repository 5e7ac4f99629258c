"""`litmus lower`: print what tests in kernel C become on an architecture."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import LitmusError, UsageError
from litmus.commands.console import Exit, drop_output

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.cat.registry import ModelInfo


def lower(
    files: Annotated[
        list[str], typer.Argument(metavar="FILES", help="Tests in kernel C, folders of tests, @files, or -.")
    ],
    arch: Annotated[
        str, typer.Option("--arch", "-a", metavar="A,B,C|all", help="The architectures, by the names of their models.")
    ],
    era: Annotated[
        str, typer.Option(metavar="ERA,ERA|all", help="Which kernels' primitives: v2.6.27, v6, or both.")
    ] = "v6",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Write files here, and print their names, not their text."),
    ] = None,
) -> None:
    """Print tests in kernel C as assembly, or as a listing where an architecture has no dialect."""
    from litmus.batch.table import eras
    from litmus.cat.registry import info, models
    from litmus.frontend.files import expand

    archs = [m for m in models() if m.kernel] if arch == "all" else [info(name) for name in arch.split(",") if name]
    # of all, each that was there: Linux 2.6.27 knew nothing of some
    chosen = [(a, e) for a in archs for e in eras(era) if arch != "all" or any(m.era == e for m in a.kernel)]
    if not chosen:
        raise UsageError("no architecture")
    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    bad = bool(errors)
    sys.stderr.writelines(f"{error}\n" for error in errors)
    written: dict[str, str] = {}
    try:
        for name in names:
            for found in _texts(name, chosen):
                if isinstance(found, LitmusError):
                    sys.stderr.write(f"{found}\n")
                    bad = True
                    continue
                file, text = found
                if output is not None:
                    if file in written:
                        raise UsageError(f"both {written[file]} and {name} would be written to {output / file}")
                    text = _save(output / file, text)
                elif written:
                    text = f"\n{text}"
                written[file] = name
                sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on, as in `litmus lower ... | head`: nothing to say
        drop_output()
        raise typer.Exit(Exit.PIPE) from None
    raise typer.Exit(Exit.BAD if bad else Exit.DONE)


def _texts(name: str, archs: Sequence[tuple[ModelInfo, str]]) -> Iterator[tuple[str, str] | LitmusError]:
    """What the test in a file becomes on architectures in eras: names of files and their texts, and what it cannot."""
    from litmus.frontend.files import read_test
    from litmus.kernel.emit import assembly, has_assembly, listing, only_kernel_c

    try:
        test = read_test(name)
        only_kernel_c(test)
    except LitmusError as error:
        yield error
        return
    for arch, era in archs:
        try:
            if has_assembly(arch, test):
                found = assembly(test, arch, era)
                yield f"{found.name.replace('/', '_')}.litmus", found.text
            else:
                yield f"{test.name.replace('/', '_')}+{arch.name}+{era}.txt", listing(test, arch, era)
        except LitmusError as error:
            yield error


def _save(path: Path, text: str) -> str:
    """Writes a file; the line that says so. Raises UsageError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return f"{path}\n"
