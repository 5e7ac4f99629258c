"""`litmus graph`: draw the execution that answers a test."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.errors import InternalError, LimitReached, LitmusError, UsageError
from litmus.commands import options
from litmus.commands.console import Exit, code_of, complain, expanded, known_format, piped, save, worst

if TYPE_CHECKING:  # what only one command needs is imported there
    from litmus.engine import Engine
    from litmus.ir.options import Options

_FORMATS = ("svg", "dot")


def graph(
    files: options.Files,
    model: options.Model = None,
    include: options.Include = None,
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
    form: Annotated[
        str, typer.Option("--format", metavar="svg|dot", help="What to write.", autocompletion=options.words(*_FORMATS))
    ] = _FORMATS[0],
    timeout: options.Timeout = options.DEFAULT.timeout,
    unroll: options.Unroll = options.DEFAULT.unroll,
    variants: options.Variants = None,
    era: options.Era = options.DEFAULT.era,
    passing: options.Passing = options.DEFAULT.passing,
) -> None:
    """Draw the execution that answers a test: its events and relations, or its way on the buses of a PCI test.

    For an outcome that the model forbids there is none (exit code 1).
    """
    from litmus.engine import Engine

    known_format(form, _FORMATS)
    asked = options.deciding(timeout, era, unroll=unroll, variants=variants, passing=passing)
    names, errors = expanded(files)
    single = output is None or output.suffix in (".svg", ".dot")
    if single and len(names) > 1:
        raise UsageError("several tests: name a folder for their pictures with -o")
    sys.stderr.writelines(f"{error}\n" for error in errors)
    code = Exit.BAD if errors else Exit.DONE
    folders = tuple(include or ())
    engine = Engine(folders)
    written: dict[Path, str] = {}
    with piped():
        for name in names:
            drawn = _drawn(engine, name, model, folders, asked, violating, form)
            if isinstance(drawn, LitmusError | InternalError):
                complain(name, drawn)
                code = worst(code, _code(drawn))
                if isinstance(drawn, InternalError | LimitReached):  # it may be broken
                    engine = Engine(folders)
                continue
            test, text = drawn
            if output is not None:
                path = output if single else output / f"{test.replace('/', '_')}.{form}"
                text = save(path, text, name, written)
            sys.stdout.write(text)
        sys.stdout.flush()
    raise typer.Exit(code)


def _drawn(
    engine: Engine,
    name: str,
    model: str | None,
    include: tuple[Path, ...],
    asked: Options,
    violating: bool,
    form: str,
) -> tuple[str, str] | LitmusError | InternalError:
    """The name of the test in a file and its picture, or why there is none."""
    from litmus.base.deadline import Deadline
    from litmus.batch.faults import Subject, one_of_many
    from litmus.explanations.witness import witness
    from litmus.frontend.files import read_test
    from litmus.render.graph import digraph, svg

    subject = Subject((name,), model=model, include=include, options=asked)
    try:
        with one_of_many(subject):
            deadline = Deadline.after(asked.timeout)
            test = read_test(name, deadline)
        sys.stderr.writelines(f"{remark}\n" for remark in test.remarks)
        with one_of_many(replace(subject, test=test)):
            found = witness(engine, test, model, asked.until(deadline), violating)
            return test.name, svg(found, deadline) if form == "svg" else digraph(found)
    except (LitmusError, InternalError) as error:
        return error


def _code(error: LitmusError | InternalError) -> Exit:
    from litmus.explanations.witness import NoWitness

    if isinstance(error, NoWitness):
        return Exit.EXPECTATION
    return code_of(error)
