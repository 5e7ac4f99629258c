"""Tests of the catalogue that comes with litmus, by name: `catalog:SB+mbs`, `catalog:classic/x86`, or `catalog:`.

Only names are looked at here, those of folders and files; `litmus.catalog` knows what is said of the tests.
"""

from __future__ import annotations

from pathlib import Path

from litmus.base.errors import UsageError, did_you_mean
from litmus.base.resources import CATALOG, folder
from litmus.base.source import Source, Span

_SUFFIX = ".litmus"
_NAMED = 6  # how many of the tests of one name are named


def file_of(name: str) -> str:
    """The file of the one test that is named. Raises UsageError if it is none, or several."""
    found = files(name)
    if len(found) > 1:
        raise UsageError(f"'{name}' is {len(found)} tests: name one of them", Span(Source(name, ""), 0, 0))
    return found[0]


def files(name: str, mention: Span | None = None) -> tuple[str, ...]:
    """The files of the tests that are named: by the name of a test, with or without its shelf, by that of a shelf or of
    a folder of shelves, or all of them. Raises UsageError for a name that nothing has, or several tests."""
    mention = mention or Span(Source(name, ""), 0, 0)
    root = folder("catalog")
    wanted = name.removeprefix(CATALOG).strip("/").removesuffix(_SUFFIX)
    tests = {
        path.relative_to(root).as_posix().removesuffix(_SUFFIX): path for path in sorted(root.rglob(f"*{_SUFFIX}"))
    }
    if not wanted:
        return tuple(map(str, tests.values()))
    found = [key for key in tests if key == wanted] or [key for key in tests if key.endswith(f"/{wanted}")]
    if len(found) == 1:
        return (str(tests[found[0]]),)
    if found:
        places = ", ".join(f"{CATALOG}{key}" for key in found[:_NAMED]) + (" ..." if len(found) > _NAMED else "")
        raise UsageError(f"several tests of the catalogue are called '{wanted}': {places}", mention)
    below = [key for key in tests if key.startswith(f"{wanted}/")]
    if below:
        return tuple(str(tests[key]) for key in below)
    close = _closest(wanted, tests)
    hint = close or "`litmus catalog list` lists the shelves, `litmus catalog search` finds tests"
    raise UsageError(f"there is no test and no shelf '{wanted}' in the catalogue", mention, hint)


def _closest(wanted: str, tests: dict[str, Path]) -> str | None:
    shelves = {key.rsplit("/", 1)[0] for key in tests}
    names = [key.rsplit("/", 1)[1] for key in tests]
    known = [*tests, *shelves] if "/" in wanted else [*names, *shelves]
    known.sort(key=lambda name: (name[:1] == wanted[:1], name))  # of two that differ in capitals, the last is taken
    found = did_you_mean(wanted, known)
    return None if found is None else found.replace("mean '", f"mean '{CATALOG}", 1)
