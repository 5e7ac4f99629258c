"""The command `litmus`."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

import litmus
from litmus.base.errors import LitmusError
from litmus.commands import catalog, check, graph, lists, lower, placements, table
from litmus.commands.console import EPILOG, Exit, drop_output

_TWO_DASHES = {f"-{name}": f"--{name}" for name in ("model", "unroll", "timeout", "variant")}
"""Options as users of herd7 type them."""

app = typer.Typer(
    help="Decides which outcomes of a litmus test a memory model allows.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The entry point: runs the command; what goes wrong is one message and an exit code, never a traceback."""
    if sys.stdout is None or sys.stderr is None:  # closed by the shell
        sys.exit(Exit.BAD)
    sys.argv[1:] = [_TWO_DASHES.get(argument, argument) for argument in sys.argv[1:]]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name of a file may hold anything
    try:
        app()
    except LitmusError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        drop_output()
        sys.stderr.write(f"error: {error.strerror or error}\n")
    except MemoryError:
        sys.stderr.write("error: out of memory\n")
        sys.exit(Exit.LIMIT)
    except Exception as error:
        from litmus.batch.faults import Subject, fault

        files = tuple(argument for argument in sys.argv[1:] if os.path.isfile(argument))
        sys.stderr.write(f"{fault(error, Subject(files))}\n")
        sys.exit(Exit.INTERNAL)
    sys.exit(Exit.BAD)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"litmus {litmus.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


app.command(epilog=EPILOG)(check.check)
app.command(epilog=EPILOG)(table.table)
app.command(epilog=EPILOG)(placements.placements)
app.command(epilog=EPILOG)(lower.lower)
app.command(epilog=EPILOG)(graph.graph)
app.add_typer(catalog.app, name="catalog")
app.command()(lists.models)
app.command()(lists.archs)
app.command(hidden=True)(lists.demo)
