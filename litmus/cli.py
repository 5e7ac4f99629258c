"""The command `litmus`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from copy import copy
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.models import CommandInfo

import litmus
from litmus.base.errors import LitmusError, UsageError
from litmus.commands import catalog, catalog_files, check, explain, graph, lists, lower, placements, reference, table
from litmus.commands.console import EPILOG, Exit, drop_output

_TWO_DASHES = {
    f"-{name}": f"--{name}"
    for name in ("model", "bell", "macros", "conf", "unroll", "timeout", "variant", "version", "help")
}
"""Options as users of herd7 type them."""

app = typer.Typer(
    help="Decides which outcomes of a litmus test a memory model allows.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
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
        _understand(sys.argv[1:])
        _called(sys.argv[1:])()
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


def _called(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that is called and no other: typer makes the options of all that it has."""
    name = arguments[0] if arguments else ""
    if name in ("--version", "--help", "-h"):
        return _listed()
    commands = [command for command in app.registered_commands if _name(command) == name]
    groups = [group for group in app.registered_groups if group.name == name]
    if not commands and not groups:
        return app
    only = copy(app)
    only.registered_commands, only.registered_groups = commands, groups
    return only


def _listed() -> typer.Typer:
    """The application with commands that have no options: to list them takes none."""
    listed = copy(app)
    listed.registered_commands = [copy(command) for command in app.registered_commands]
    for command in listed.registered_commands:
        command.name, command.callback = _name(command), _nothing
    return listed


def _nothing() -> None:
    pass


def _name(command: CommandInfo) -> str:
    return str(command.name or getattr(command.callback, "__name__", ""))


def _has_one_dash(argument: str) -> bool:
    return argument[:1] == "-" and argument[1:2].isalpha()


def _understand(arguments: Sequence[str]) -> None:
    """Raises UsageError for a command line that is herd7's, or that has no command."""
    commands = [_name(command) for command in app.registered_commands]
    commands += [group.name or "" for group in app.registered_groups]
    if arguments and (arguments[0] not in commands or any(map(_has_one_dash, arguments))):
        from litmus.commands.herd7 import answers

        found = list(answers(arguments, commands))
        for line in found[:-1]:
            sys.stderr.write(f"error: {line}\n")
        if found:
            raise UsageError(found[-1])


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
app.command(epilog=EPILOG)(explain.explain)
catalog_files.register(catalog.app)
app.add_typer(catalog.app, name="catalog")
app.command()(lists.models)
app.command()(lists.archs)
app.command()(reference.reference)
app.command(hidden=True)(lists.demo)


def _list_whole(group: typer.Typer) -> None:
    """Have the list of commands show the first paragraph of each; what is not given to typer it cuts to a line."""
    for command in group.registered_commands:
        command.short_help = " ".join((command.callback.__doc__ or "").split("\n\n")[0].split())
    for below in group.registered_groups:
        if below.typer_instance is not None:
            below.short_help = below.typer_instance.info.help
            _list_whole(below.typer_instance)


_list_whole(app)
