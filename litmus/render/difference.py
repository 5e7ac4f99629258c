"""What tells two models apart, for people and as JSON."""

from __future__ import annotations

import json

from litmus.batch.differences import Difference
from litmus.batch.programs import splits
from litmus.batch.search import Searched
from litmus.frontend.printer import print_test

_MOST = 3
"""States of a test that are shown to people."""


def text(found: Difference) -> str:
    """A line for each model that allows more than the other, and one if little was compared; empty if neither is so."""
    said = []
    for model, states in zip(found.models, found.only, strict=True):
        if states:
            more = f" and {len(states) - _MOST} more" if len(states) > _MOST else ""
            said.append(f"{found.test.name}: only {model} allows {' or '.join(states[:_MOST])}{more}\n")
    if found.incomplete:
        said.append(f"{found.test.name}: no complete execution: there is nothing to compare\n")
    elif found.bounded:
        said.append(f"{found.test.name}: bounded: compared within the unroll limit only\n")
    return "".join(said)


def line(file: str, found: Difference) -> str:
    """A line of JSON."""
    only = dict(zip(found.models, map(list, found.only), strict=True))
    row = {
        "file": file,
        "name": found.test.name,
        "differs": found.differs,
        "only": only,
        "bounded": found.bounded,
        "incomplete": found.incomplete,
    }
    return json.dumps(row) + "\n"


def searched(result: Searched, models: tuple[str, str], form: str) -> str:
    """What a search found: the test as a file, with a comment, or a line of JSON."""
    found = result.found
    if form == "json":
        only = dict(zip(found.models, map(list, found.only), strict=True)) if found else {}
        row = {
            "differs": found is not None,
            "test": print_test(found.test) if found else None,
            "only": only,
            "accesses": result.accesses,
            "links": result.links,
            "missing": result.missing,
            "undecided": result.undecided,
            "left": result.left,
        }
        return json.dumps(row) + "\n"
    but = ""
    if result.left:
        but = f", but perhaps one {_left(result)}: there the search came to a limit ({result.reason})"
    rest = ""
    if result.missing:
        rest = f"; without {', '.join(result.missing)}, which one of the models has not"
    if found is None:
        said = f"no program of at most {result.accesses} accesses tells {models[0]} from {models[1]}"
        return f"{said}{but}{rest}\n"
    states = text(found).removesuffix("\n").replace("\n", "\n   ")
    said = f"No smaller program tells them apart{but}{rest}"
    head, _, body = print_test(found.test).partition("\n")
    return f"{head}\n(* {states}\n   {said}. *)\n{body}"


def _left(result: Searched) -> str:
    """Which programs came to a limit: all of a size, or those with threads of some lengths."""
    sizes = sorted({sum(split) for split in result.left})
    whole = [size for size in sizes if set(splits(size)) <= set(result.left)]
    parts = ["+".join(map(str, split)) for split in result.left if sum(split) not in whole]
    said = [f"whose threads have {_either(parts)} accesses"] if parts else []
    return " or ".join([*said, f"with {_either(list(map(str, whole)))} accesses"] if whole else said)


def _either(parts: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
