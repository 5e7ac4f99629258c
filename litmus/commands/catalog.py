"""`litmus catalog`: the curated tests, with their claims, sources and expected verdicts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmus.base.progress import Progress
from litmus.commands import options
from litmus.commands.console import EPILOG, Exit, processes_or_none, reporting, worst

if TYPE_CHECKING:  # what only one command needs is imported there: starting is most of the time that one test takes
    from litmus.catalog.debate import Tested
    from litmus.catalog.entries import Shelf
    from litmus.catalog.verification import Checked

app = typer.Typer(
    help="The catalogue: curated tests, each with its claim, source, expected verdicts and argument.",
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_FORMS = ("text", "markdown")

_Place = Annotated[
    Path | None, typer.Option("--catalog", metavar="DIR", help="Another catalogue than the one that comes with litmus.")
]


def shelf_names(begun: str) -> list[str]:
    """What a shell offers for the name of a shelf."""
    from litmus.catalog.places import shelves

    return [shelf.name for shelf in shelves(None) if shelf.name.startswith(begun)]


def test_names(begun: str) -> list[str]:
    """What a shell offers for the name of a test: those that begin so, with their shelf where that is begun."""
    from litmus.catalog.places import shelves

    every = ((shelf.name, entry.name) for shelf in shelves(None) for entry in shelf.entries)
    names = (f"{shelf}/{name}" if "/" in begun else name for shelf, name in every)
    return [name for name in dict.fromkeys(names) if name.startswith(begun)]


def thread_names(begun: str) -> list[str]:
    """What a shell offers for the name of a thread."""
    from litmus.catalog.places import catalogue
    from litmus.catalog.threads import Threads

    return [thread.name for thread in Threads(catalogue(None)).all() if thread.name.startswith(begun)]


@app.command("list")
def list_(
    shelf: Annotated[
        str | None, typer.Argument(metavar="SHELF", help="A shelf, to list its tests.", autocompletion=shelf_names)
    ] = None,
    catalog: _Place = None,
) -> None:
    """List the shelves, or the tests of one."""
    from litmus.catalog.places import find_shelf, shelves
    from litmus.render.catalog import entry_list, shelf_list

    typer.echo(shelf_list(shelves(catalog)) if shelf is None else entry_list(find_shelf(shelf, catalog)), nl=False)


@app.command()
def show(
    test: Annotated[
        str,
        typer.Argument(
            metavar="TEST", help="Its name, or SHELF/NAME if several shelves have it.", autocompletion=test_names
        ),
    ],
    catalog: _Place = None,
) -> None:
    """Show a test with its claim, source, verdicts and argument."""
    from litmus.catalog.places import find_entry
    from litmus.frontend.files import load_source
    from litmus.render.catalog import entry_text

    shelf, entry = find_entry(test, catalog)
    typer.echo(entry_text(shelf, entry, load_source(str(entry.path))).rstrip("\n"))


@app.command(epilog=EPILOG)
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SHELF]...", help="Shelves, or folders of them; all if none is named.", autocompletion=shelf_names
        ),
    ] = None,
    jobs: options.Jobs = options.JOBS,
    catalog: _Place = None,
) -> None:
    """Decide the tests again, on all their architectures in all their eras, and compare with what is expected."""
    from litmus.catalog.places import find_shelves, shelves

    chosen = [shelf for name in names for shelf in find_shelves(name, catalog)] if names else shelves(catalog)
    raise typer.Exit(_verified(chosen, processes_or_none(jobs)))


def _verified(chosen: Sequence[Shelf], jobs: int | None) -> Exit:
    """Verify shelves and say what came of it: each difference, and a line for each shelf."""
    from litmus.catalog.verification import verify as checked_entries

    progress = Progress(sys.stderr, sum(len(shelf.entries) for shelf in chosen))
    done: list[Checked] = []
    code = Exit.DONE
    with (
        reporting(progress, lambda: f"{len(done)} tests were verified"),
        closing(checked_entries(chosen, jobs)) as found,
    ):
        for checked in found:
            done.append(checked)
            if checked.differences or checked.entry is checked.shelf.entries[-1]:
                progress.clear()
                _print(checked, [one for one in done if one.shelf is checked.shelf])
            for error in checked.faults:
                sys.stderr.write(f"{checked.entry.name}: {error}\n")
            code = worst(code, Exit.EXPECTATION if checked.differences else Exit.DONE)
            code = worst(code, Exit.INTERNAL if checked.faults else Exit.DONE)
            progress.show(len(done))
    return code


def _print(checked: Checked, of_shelf: Sequence[Checked]) -> None:
    """The differences of an entry, and after the last of a shelf what that comes to."""
    from litmus.base.errors import render
    from litmus.frontend.lexer import counted
    from litmus.render.catalog import difference_text

    for one in checked.differences:
        sys.stdout.write(f"{render(difference_text(one), one.expected.span, severity='difference')}\n")
    if checked.entry is checked.shelf.entries[-1]:
        verdicts = sum(one.cells for one in of_shelf)
        wrong = sum(len(one.differences) for one in of_shelf)
        what = f"{wrong} of {verdicts} verdicts not as expected" if wrong else f"{verdicts} verdicts as expected"
        sys.stdout.write(f"{checked.shelf.name}: {counted(len(of_shelf), 'test')}, {what}\n")
    sys.stdout.flush()


@app.command()
def thread(
    name: Annotated[
        str | None, typer.Argument(metavar="THREAD", help="A thread, to show it.", autocompletion=thread_names)
    ] = None,
    form: Annotated[
        str,
        typer.Option("--format", metavar="text|markdown", help="What to print.", autocompletion=options.words(*_FORMS)),
    ] = "text",
    catalog: _Place = None,
) -> None:
    """List the threads that the tests come from, or show one: each message with its tests and whether it was right."""
    from litmus.base.errors import UsageError, did_you_mean
    from litmus.catalog.debate import debate, debates
    from litmus.render.threads import thread_list, thread_page, thread_text

    if form not in _FORMS:
        raise UsageError(f"unknown format '{form}'", None, did_you_mean(form, _FORMS) or "text or markdown")
    if name is None:
        typer.echo(thread_list(debates(catalog)), nl=False)
        return
    found = debate(name, catalog)
    typer.echo(thread_text(found) if form == "text" else thread_page(found, _link_from(None)), nl=False)


def _link_from(folder: Path | None) -> Callable[[Tested], str]:
    """The address of a test, from a folder of pages, or else from the folder of the catalogue."""
    from litmus.render.catalog import anchor

    def link(tested: Tested) -> str:
        start = "" if folder is None else f"{_path_from(folder, tested.shelf.path)}/"
        return f"{start or tested.shelf.name + '/'}README.md#{anchor(tested.entry.name)}"

    return link


def _path_from(folder: Path, other: Path) -> str:
    return Path(os.path.relpath(other.resolve(), folder.resolve())).as_posix()


@app.command(epilog=EPILOG)
def tables(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a page is not up to date.")] = False,
    docs: Annotated[
        Path | None,
        typer.Option("--docs", metavar="DIR", help="Where the pages of threads go: 'docs' beside it, if that exists."),
    ] = None,
    catalog: _Place = None,
) -> None:
    """Write the pages of the catalogue: README.md in its folder and in that of each shelf, and a page a thread."""
    from litmus.catalog.places import catalogue, shelves
    from litmus.frontend.files import load_source
    from litmus.render.catalog import index, page

    all_shelves = shelves(catalog)
    pages = {catalogue(catalog) / "README.md": index(all_shelves)}
    for shelf in all_shelves:
        texts = {entry.name: load_source(str(entry.path)) for entry in shelf.entries}
        pages[shelf.path / "README.md"] = page(shelf, texts)
    pages |= _pages_of_threads(all_shelves, catalog, docs)
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text("utf-8") != text]
    if check:
        for path in stale:
            sys.stderr.write(f"{path}: not up to date: run `litmus catalog tables`\n")
        raise typer.Exit(Exit.EXPECTATION if stale else Exit.DONE)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], "utf-8")
        typer.echo(f"{path}: written")


def _pages_of_threads(of: Sequence[Shelf], catalog: Path | None, docs: Path | None) -> dict[Path, str]:
    """The pages of the threads: none if there are no threads, or no folder for them (an installed litmus has none)."""
    from litmus.catalog.debate import debates
    from litmus.catalog.places import catalogue
    from litmus.render.threads import thread_index, thread_page

    root = catalogue(catalog)
    found = debates(catalog, of)
    beside = Path(os.path.normpath(root / ".." / "docs"))
    if not found or (docs is None and not beside.is_dir()):
        return {}
    folder = (beside if docs is None else docs) / "threads"
    pages = {folder / f"{one.thread.name}.md": thread_page(one, _link_from(folder)) for one in found}
    return pages | {folder / "README.md": thread_index(found, f"{_path_from(folder, root)}/README.md")}
