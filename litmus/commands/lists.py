"""`litmus models`, `litmus archs`, `litmus demo`: what litmus knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from litmus.commands import options

if TYPE_CHECKING:
    from litmus.commands.overview import Table


def models(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAMES]",
            help="Models to tell all about, not only that they exist.",
            autocompletion=options.model_names,
        ),
    ] = None,
    era: options.Eras = "all",
) -> None:
    """List the models that come with litmus, or tell all about some: operations, kernel mapping, sources, limits."""
    if not names:
        from litmus.commands import overview

        _print_table(overview.model_table())
        return
    from litmus.cat.load import load
    from litmus.cat.registry import info
    from litmus.cat.variants import variants_of
    from litmus.ir.eras import eras
    from litmus.render.description import page

    pages = []
    for name, found in zip(names, map(info, names), strict=True):
        mapped = tuple(mapping.era for mapping in found.kernel)
        pages.append(page(found, mapped if era == "all" else eras(era), variants_of(load(name))))
    typer.echo("\n".join(pages), nl=False)


def archs() -> None:
    """List the architectures whose tests can be read."""
    from litmus.commands import overview

    _print_table(overview.arch_table())


def demo() -> None:
    """Decide the classic tests under every model, and print a table."""
    from litmus.commands import overview

    typer.echo("Whether the outcome that each classic test asks about is possible, under each model:\n")
    _print_table(overview.classic_table())


def _print_table(table: Table) -> None:
    from litmus.render import table as render

    typer.echo(render.table(table.headers, table.rows), nl=False)
