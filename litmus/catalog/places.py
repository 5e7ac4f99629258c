"""Finds shelves and entries by name, in the catalogue that comes with litmus or in another."""

from __future__ import annotations

from pathlib import Path

from litmus.base.errors import UsageError, did_you_mean
from litmus.base.resources import folder
from litmus.cat.registry import models
from litmus.catalog.entries import CatalogError, Entry, Shelf
from litmus.catalog.reading import DESCRIPTION, SUFFIX, load_shelf, whole_file
from litmus.catalog.threads import Threads


def shelves(place: Path | None = None) -> tuple[Shelf, ...]:
    """The shelves of a catalogue, sorted by name; the default is the catalogue that comes with litmus.

    Raises CatalogError for a shelf that does not follow the schema and for tests that are on no shelf, ParseError for a
    test that cannot be read, UsageError for a folder that is not a catalogue.
    """
    root = catalogue(place)
    known, threads = models(), Threads(root)
    return tuple(load_shelf(path, root, known, threads) for path in shelf_folders(root))


def catalogue(place: Path | None = None) -> Path:
    """The folder of a catalogue; the default is the catalogue that comes with litmus. Raises UsageError."""
    root = folder("catalog") if place is None else place
    if not root.is_dir():
        raise UsageError(f"'{root}' is not a folder")
    return root


def shelf_folders(root: Path) -> tuple[Path, ...]:
    """The folders of a catalogue that are shelves. Raises CatalogError for one with tests and no description."""
    described = {path.parent for path in root.rglob(DESCRIPTION)}
    for path in sorted(root.rglob(f"*{SUFFIX}")):
        if path.parent not in described:
            raise CatalogError(f"this test is on no shelf: there is no {DESCRIPTION} beside it", whole_file(path))
    if not described:
        raise UsageError(f"there is no {DESCRIPTION} in '{root}' or below it")
    return tuple(sorted(described))


def find_shelf(name: str, place: Path | None = None) -> Shelf:
    """A shelf by its name. Raises UsageError if there is none, CatalogError, ParseError."""
    root = catalogue(place)
    paths = {path.relative_to(root).as_posix(): path for path in shelf_folders(root)}
    found = paths.get(name.strip("/"))
    if found is None:
        raise UsageError(f"there is no shelf '{name}'", None, did_you_mean(name, paths))
    return load_shelf(found, root)


def find_shelves(name: str, place: Path | None = None) -> tuple[Shelf, ...]:
    """The shelf of that name, or all shelves in that folder. Raises UsageError, CatalogError, ParseError."""
    root = catalogue(place)
    folder_name = f"{name.strip('/')}/"
    below = [path for path in shelf_folders(root) if f"{path.relative_to(root).as_posix()}/".startswith(folder_name)]
    if not below:
        return (find_shelf(name, place),)
    known, threads = models(), Threads(root)
    return tuple(load_shelf(path, root, known, threads) for path in below)


def find_entry(name: str, place: Path | None = None) -> tuple[Shelf, Entry]:
    """An entry by the name of its test, or as `shelf/test`, which is needed if several shelves have such a test.

    Raises UsageError if there is none or more than one, CatalogError, ParseError.
    """
    root = catalogue(place)
    name = name.removesuffix(SUFFIX)
    paths = {(path / file.stem): path for path in shelf_folders(root) for file in path.glob(f"*{SUFFIX}")}
    full = {test.relative_to(root).as_posix(): test for test in paths}
    found = [key for key in full if key == name or key.endswith(f"/{name}")]
    if not found:
        close = did_you_mean(name, full) or did_you_mean(name, {test.name for test in paths})
        raise UsageError(f"there is no test '{name}' in the catalogue", None, close)
    if len(found) > 1:
        raise UsageError(f"several shelves have a test '{name}': {', '.join(sorted(found))}")
    shelf = load_shelf(paths[full[found[0]]], root)
    for entry in shelf.entries:
        if entry.name == full[found[0]].name:
            return shelf, entry
    raise AssertionError("load_shelf checks that all tests have an entry")
