"""The command `litmus`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, NamedTuple

import typer

import litmus
from litmus.base.errors import LitmusError, UsageError
from litmus.commands.console import EPILOG, Exit, drop_output

_TWO_DASHES = {
    f"-{name}": f"--{name}"
    for name in ("model", "bell", "macros", "conf", "unroll", "timeout", "variant", "version", "help")
}
"""Options as users of herd7 type them."""

_GARBAGE = 50_000
"""How many objects more there are before Python looks for cycles of them that nothing refers to: there are few."""


class _Command(NamedTuple):
    """Where a command is: a function in a module of `litmus.commands`, or a typer.Typer with commands of its own.

    The module is imported when the command is called; `summary` is what the list of commands says of it.
    """

    module: str
    summary: str
    attribute: str = ""  # if it is not the name of the command
    epilog: str | None = EPILOG
    hidden: bool = False


COMMANDS: Mapping[str, _Command] = {
    "check": _Command("check", "Decide tests: which final states are possible, and whether the condition holds."),
    "table": _Command("table", "Decide tests on many architectures: one row a test, one column an architecture."),
    "soundness": _Command(
        "soundness",
        "List the final states of tests that architectures allow, by their mappings, and the model of C forbids.",
    ),
    "placements": _Command(
        "placements",
        "Decide PCI tests with their devices on every bus of the tree: how many placements allow the outcome.",
    ),
    "lower": _Command(
        "lower", "Print tests in kernel C or C11 as assembly, or as a listing where an architecture has no dialect."
    ),
    "graph": _Command(
        "graph",
        "Draw the execution that answers a test: its events and relations, or its way on the buses of a PCI test.",
    ),
    "explain": _Command(
        "explain",
        "Explain the answer to a test: the cycles that forbid its outcome, or how it happens and what order "
        "is missing.",
    ),
    "barriers": _Command(
        "barriers",
        "Say which barriers of a test are needed to forbid its outcome and which are missing, with the cheapest "
        "repair.",
    ),
    "diff": _Command(
        "diff",
        "List the tests that tell two models apart, and what only one allows; or find a smallest test that does.",
    ),
    "coverage": _Command(
        "coverage",
        "Drop each clause of a model in turn: which of them do the tests need, because an answer is another without "
        "it?",
    ),
    "herd": _Command(
        "herd",
        "Decide tests as herd7 does, with its options, its output and its exit codes: for scripts that call herd7.",
        epilog=None,
    ),
    "models": _Command(
        "lists",
        "List the models that come with litmus, or tell all about some: operations, kernel mapping, sources, limits.",
        epilog=None,
    ),
    "archs": _Command("lists", "List the architectures whose tests can be read.", epilog=None),
    "reference": _Command(
        "reference",
        "Print a reference page: the functions of kernel C, the instructions of each dialect, or the cat language.",
        epilog=None,
    ),
    "demo": _Command(
        "lists", "Decide the classic tests under every model, and print a table.", epilog=None, hidden=True
    ),
    "catalog": _Command(
        "catalog_files",
        "The catalogue: curated tests, each with its claim, source, expected verdicts and argument.",
        attribute="app",
    ),
}
"""All commands, in the order of the list."""


def main() -> None:
    """The entry point: runs the command; what goes wrong is one message and an exit code, never a traceback."""
    if sys.stdout is None or sys.stderr is None:  # closed by the shell
        sys.exit(Exit.BAD)
    gc.freeze()  # what was imported is no garbage, and there is more of it than of anything else
    gc.set_threshold(_GARBAGE)
    atexit.register(gc.freeze)  # the end of the process frees everything: Python need not look through it first
    as_herd7 = sys.argv[1:2] == ["herd"]
    if not as_herd7:
        sys.argv[1:] = [_TWO_DASHES.get(argument, argument) for argument in sys.argv[1:]]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name of a file may hold anything
    try:
        if as_herd7:  # a command line of another kind
            from litmus.commands.herd import run

            sys.exit(run(sys.argv[2:], litmus.__version__))
        _understand(sys.argv[1:])
        _called(sys.argv[1:])(prog_name="litmus")  # however it was started
    except typer.Exit as ended:  # `run` is no command of typer's
        sys.exit(ended.exit_code)
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


def herd7() -> None:
    """The entry point of a script `herd7`: its arguments are those of `litmus herd`."""
    sys.argv.insert(1, "herd")
    main()


def application(*names: str) -> typer.Typer:
    """The application with some commands as they are, and no others; without any, with the summaries of all."""
    app = typer.Typer(
        help="Decides which outcomes of a litmus test a memory model allows.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in names or COMMANDS:
        module, summary, attribute, epilog, hidden = COMMANDS[name]
        found = getattr(import_module(f"litmus.commands.{module}"), attribute or name) if names else _listed
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, short_help=summary)
            for command in found.registered_commands:
                command.short_help = first_paragraph(command.callback)
        else:  # what is not given to typer it cuts to a line
            app.command(name, epilog=epilog, short_help=summary, hidden=hidden)(found)
    return app


def first_paragraph(command: object) -> str:
    """The first paragraph of what a command says of itself."""
    return " ".join((command.__doc__ or "").split("\n\n")[0].split())


def _listed() -> None:
    """A command in the list of commands, where nobody calls it."""


def _called(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that is called, and no other."""
    if "_LITMUS_COMPLETE" in os.environ:  # the words are in the environment, too
        return application(*COMMANDS)
    return application(*(name for name in arguments[:1] if name in COMMANDS))


def _has_one_dash(argument: str) -> bool:
    return argument[:1] == "-" and argument[1:2].isalpha()


def _understand(arguments: Sequence[str]) -> None:
    """Raises UsageError for a command line that is herd7's, or that has no command."""
    if arguments and (arguments[0] not in COMMANDS or any(map(_has_one_dash, arguments))):
        from litmus.commands.herd7 import answers

        found = list(answers(arguments, COMMANDS))
        for line in found[:-1]:
            sys.stderr.write(f"error: {line}\n")
        if found:
            raise UsageError(found[-1])


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"litmus {litmus.__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
