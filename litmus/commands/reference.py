"""`litmus reference`: what a test and a model may say, from the tables that the readers use."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from litmus.base.errors import UsageError, did_you_mean
from litmus.commands import options
from litmus.commands.console import known_format, piped

_FORMATS = ("text", "markdown")


def reference(
    what: Annotated[
        str,
        typer.Argument(
            metavar="c|instructions|cat", help="Which page.", autocompletion=options.words("c", "instructions", "cat")
        ),
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="text|markdown", help="What to print.", autocompletion=options.words(*_FORMATS)
        ),
    ] = _FORMATS[0],
) -> None:
    """Print a reference page: the functions of kernel C, the instructions of each dialect, or the cat language."""
    from litmus.render.reference import page, page_names

    known_format(form, _FORMATS)
    names = page_names()
    if what not in names:
        raise UsageError(f"there is no reference page '{what}': {', '.join(names)}", None, did_you_mean(what, names))
    with piped():
        sys.stdout.write(page(what, form))
        sys.stdout.flush()
