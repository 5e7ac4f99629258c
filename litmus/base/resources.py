"""Where the files are that ship with the package."""

from __future__ import annotations

from pathlib import Path

from litmus.base.errors import LitmusError

CATALOG = "catalog:"
"""Begins the name of a test or of a shelf of the catalogue, in place of a file's."""


def folder(name: str) -> Path:
    """The folder `archs` or `catalog`: inside the installed package, or beside it in a checkout.

    Raises LitmusError if it is in neither place.
    """
    package = Path(__file__).parent.parent
    for place in (package / "_data" / name, package.parent / name):
        if place.is_dir():
            return place
    raise LitmusError(f"litmus is not completely installed: its folder '{name}' is missing")
