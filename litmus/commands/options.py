"""The options that several subcommands have, each declared once. The defaults are here, or are those of the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from litmus.base.errors import UsageError
from litmus.ir.eras import ERAS, one_era
from litmus.ir.options import Options

DEFAULT = Options()
JOBS = 1
TEXT_OR_JSON = ("text", "json")

_NAMES = " or ".join(ERAS)


def model_names(begun: str) -> list[str]:
    """What a shell offers for the name of a model: names, not aliases, unless one was begun."""
    from litmus.base.names import model_names as every

    names = [name for name in every() if name.startswith(begun) and not name.endswith(".cat")]
    return names if begun else [name for name in names if name not in _aliases()]


def _aliases() -> frozenset[str]:
    from litmus.base.names import described

    return frozenset(described("aliases"))


def lists_of_models(begun: str) -> list[str]:
    """What a shell offers for names of models with commas between them, of which the last is begun."""
    before, comma, last = begun.rpartition(",")
    return [before + comma + name for name in model_names(last)]


def words(*known: str) -> Callable[[str], list[str]]:
    """What a shell offers where one of some words is wanted."""

    def offered(begun: str) -> list[str]:
        return [word for word in known if word.startswith(begun)]

    return offered


Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILES",
        help="Tests, folders of tests, @files that list tests, - to read names from stdin, "
        "or catalog:NAME for tests and shelves of the catalogue.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|FILE",
        help="A model by name, or a .cat file; else that of the test's architecture.",
        autocompletion=model_names,
    ),
]
Include = Annotated[
    list[Path] | None, typer.Option("-I", metavar="DIR", help="Where cat files look for what they include.")
]
Variants = Annotated[
    list[str] | None, typer.Option("--variant", metavar="NAME", help='What `if "NAME"` in a model says yes to.')
]
Unroll = Annotated[int, typer.Option("--unroll", min=0, metavar="N", help="How often a loop goes round.")]
Era = Annotated[
    str,
    typer.Option(
        "--era",
        metavar="ERA",
        help=f"Which kernels' primitives a test means: {_NAMES}.",
        autocompletion=words(*ERAS),
    ),
]
Eras = Annotated[
    str,
    typer.Option(
        "--era",
        metavar="ERA,ERA|all",
        help=f"Which kernels' primitives: {', '.join(ERAS)}, or each.",
        autocompletion=words(*ERAS, "all"),
    ),
]
Passing = Annotated[
    str | None,
    typer.Option(
        "--passing", metavar="NAME|FILE", help="The passing table of PCI bridges; else that which the test names."
    ),
]
Format = Annotated[
    str,
    typer.Option("--format", metavar="text|json", help="What to print.", autocompletion=words(*TEXT_OR_JSON)),
]
Jobs = Annotated[int, typer.Option("-j", min=0, metavar="N", help="Processes; 0 for one a core.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="Wall time for one answer, then it is given up."),
]
Archs = Annotated[
    str,
    typer.Option(
        "--arch",
        "-a",
        metavar="A,B,C|all",
        help="The architectures, by the names of their models.",
        autocompletion=lists_of_models,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="A condition about what nothing in the test touches is an error.")
]


def deciding(
    timeout: float | None,
    era: str,
    *,
    unroll: int = DEFAULT.unroll,
    variants: list[str] | None = None,
    passing: str | None = DEFAULT.passing,
    verdict_only: bool = DEFAULT.verdict_only,
    executions: bool = DEFAULT.executions,
) -> Options:
    """How tests are decided, as these options say. Raises UsageError for no time limit, and for no era."""
    return Options(
        unroll=unroll,
        timeout=time_limit(timeout),
        verdict_only=verdict_only,
        executions=executions,
        variants=frozenset(variants or ()),
        era=one_era(era),
        passing=passing,
    )


def time_limit(seconds: float | None) -> float | None:
    """A time limit as given by the user. Raises UsageError for one that is no time."""
    if seconds is not None and not 0 < seconds < 1e9:
        raise UsageError("the time limit is a number of seconds, more than 0")
    return seconds
