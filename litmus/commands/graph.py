"""`litmus graph`: draw the execution that answers a test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import LimitReached, LitmusError, UsageError
from litmus.commands.console import Exit, drop_output, time_limit

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.engine import Engine
    from litmus.ir.options import Options

_FORMATS = ("svg", "dot")


def graph(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Tests, folders of tests, @files, or -.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME|FILE", help="A model by name, or a .cat file.")
    ] = None,
    include: Annotated[
        list[Path] | None, typer.Option("-I", metavar="DIR", help="Where cat files look for what they include.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE|DIR", help="Write a picture, or one for each test into a folder."),
    ] = None,
    violating: Annotated[
        bool,
        typer.Option(
            "--violating", help="If the outcome is forbidden, draw what would have it, and the broken axioms."
        ),
    ] = False,
    form: Annotated[str, typer.Option("--format", metavar="svg|dot", help="What to write.")] = "svg",
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Wall time for one test, then it is given up.")
    ] = None,
    unroll: Annotated[int, typer.Option(min=0, metavar="N", help="How often a loop goes round.")] = 2,
    variant: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help='What `if "NAME"` in a model says yes to.')
    ] = None,
    era: Annotated[
        str, typer.Option(metavar="ERA", help="Whose primitives a test in kernel C means: v2.6.27 or v6.")
    ] = "v6",
    passing: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="The passing table of PCI bridges; else that of the test.")
    ] = None,
) -> None:
    """Draw the execution that answers a test: its events and relations, or its way on the buses of a PCI test.

    For an outcome that the model forbids there is none (exit code 1).
    """
    from litmus.engine import Engine
    from litmus.frontend.files import expand
    from litmus.ir.options import Options

    if form not in _FORMATS:
        raise UsageError(f"unknown format '{form}': svg or dot")
    options = Options(
        unroll=unroll, timeout=time_limit(timeout), variants=frozenset(variant or ()), era=era, passing=passing
    )
    names, errors = expand(files, sys.stdin)
    if not names and not errors:
        raise UsageError("no files")
    single = output is None or output.suffix in (".svg", ".dot")
    if single and len(names) > 1:
        raise UsageError("several tests: name a folder for their pictures with -o")
    sys.stderr.writelines(f"{error}\n" for error in errors)
    worst = Exit.BAD if errors else Exit.DONE
    engine = Engine(tuple(include or ()))
    written: dict[Path, str] = {}
    try:
        for name in names:
            drawn = _drawn(engine, name, model, options, violating, form)
            if isinstance(drawn, LitmusError):
                sys.stderr.write(f"{drawn}\n" if drawn.span else f"{name}: {drawn}\n")
                worst = max(worst, _code(drawn), key=_SEVERITY.index)
                continue
            test, text = drawn
            if output is None:
                sys.stdout.write(text)
                continue
            path = output if single else output / f"{test.replace('/', '_')}.{form}"
            if path in written:
                raise UsageError(f"both {written[path]} and {name} would be written to {path}")
            _save(path, text)
            written[path] = name
            sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on: nothing to say
        drop_output()
        raise typer.Exit(Exit.PIPE) from None
    raise typer.Exit(worst)


_SEVERITY = (Exit.DONE, Exit.EXPECTATION, Exit.LIMIT, Exit.BAD)


def _drawn(
    engine: Engine, name: str, model: str | None, options: Options, violating: bool, form: str
) -> tuple[str, str] | LitmusError:
    """The name of the test in a file and its picture, or why there is none."""
    from litmus.engine import mistake
    from litmus.explain.witness import witness
    from litmus.frontend.files import read_test
    from litmus.render.graph import digraph, svg

    try:
        test = read_test(name)
        found = witness(engine, test, model, options, violating)
        return test.name, svg(found) if form == "svg" else digraph(found)
    except LitmusError as error:
        return error
    except Exception as error:
        return mistake(error)


def _code(error: LitmusError) -> Exit:
    from litmus.explain.witness import NoWitness

    if isinstance(error, NoWitness):
        return Exit.EXPECTATION
    return Exit.LIMIT if isinstance(error, LimitReached) else Exit.BAD


def _save(path: Path, text: str) -> None:
    """Writes a file. Raises UsageError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
