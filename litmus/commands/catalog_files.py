"""`litmus catalog export` and `litmus catalog search`: the tests as files of one's own, and by words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litmus.base.errors import UsageError
from litmus.commands.catalog import app, shelf_names

_Place = Annotated[
    Path | None, typer.Option("--catalog", metavar="DIR", help="Another catalogue than the one that comes with litmus.")
]


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="Words that must all occur, capitals or not.")],
    catalog: _Place = None,
) -> None:
    """Find tests by words in their names, claims, arguments, sources and programs."""
    from litmus.catalog.places import shelves
    from litmus.catalog.search import search as found_by
    from litmus.render.table import table

    found = found_by(shelves(catalog), words)
    rows = [(f"{one.shelf.name}/{one.entry.name}", one.entry.claim) for one in found]
    typer.echo(table(("test", "claim"), rows), nl=False)


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go; nothing in it is overwritten.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SHELF]...", help="Shelves, or folders of them; all if none is named.", autocompletion=shelf_names
        ),
    ] = None,
    catalog: _Place = None,
) -> None:
    """Write the tests as files, in their folders, each with the shelf.yaml that describes it."""
    from litmus.catalog.places import catalogue, find_shelves, shelves
    from litmus.catalog.reading import DESCRIPTION
    from litmus.catalog.threads import FOLDER
    from litmus.frontend.lexer import counted

    chosen = [shelf for name in names for shelf in find_shelves(name, catalog)] if names else shelves(catalog)
    root = catalogue(catalog)
    tests = [entry.path for shelf in chosen for entry in shelf.entries]
    threads = sorted((root / FOLDER).glob("*.yaml"))  # entries cite their messages
    files = [*tests, *(shelf.path / DESCRIPTION for shelf in chosen), *threads]
    copies = {path: directory / path.relative_to(root) for path in files}
    texts = {path: path.read_bytes() for path in files}
    for path, copy in copies.items():
        if copy.exists() and (not copy.is_file() or copy.read_bytes() != texts[path]):
            raise UsageError(f"'{copy}' is there already and is something else: nothing was written")
    try:
        for path, copy in copies.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(texts[path])
    except OSError as error:
        raise UsageError(f"cannot write to '{directory}': {error.strerror}") from None
    shelved = "1 shelf" if len(chosen) == 1 else f"{len(chosen)} shelves"
    typer.echo(f"{directory}: {counted(len(tests), 'test')} on {shelved}")
