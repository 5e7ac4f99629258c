"""The names of models, as the descriptions in `archs` give them: read by pattern, without a YAML parser.

The yaml package takes longer to load than most tests to decide. Whoever reads a whole description checks that these
lists are written so that the pattern finds them (`litmus.cat.description`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from litmus.base.errors import did_you_mean
from litmus.base.resources import folder

BARE = ("dialects", "default_for", "aliases")
"""The keys of a description whose lists are written in one line, in bare words."""

_ONE_LINE = re.compile(rf"^({'|'.join(BARE)}): \[([^\]\n]*)\]$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+_.-]{0,99}")

_ABSENT: Mapping[str, str] = dict.fromkeys(
    [
        "arc",
        "csky",
        "hexagon",
        "hppa",
        "m68k",
        "microblaze",
        "nios2",
        "openrisc",
        "parisc",
        "sh",
        "um",
        "vax",
        "xtensa",
    ],
    "there is no model of this architecture here: CONTRIBUTING.md says how to add one",
)
"""What people name, and why it is not here. The names are folded."""


def bare_lists(text: str) -> dict[str, list[str]]:
    """The one-line lists of bare words in a description, by key."""
    return {key: [i.strip() for i in items.split(",") if i.strip()] for key, items in _ONE_LINE.findall(text)}


def folded(name: str) -> str:
    """A name without what nobody remembers of it: capitals, hyphens, underlines."""
    return name.lower().replace("-", "").replace("_", "")


def described(key: str) -> dict[str, str]:
    """For each item of the list `key` in the descriptions, the model that has it."""
    found: dict[str, str] = {}
    for path in _descriptions():
        for item in bare_lists(path.read_text("utf-8")).get(key, ()):
            found.setdefault(item, path.stem)
    return found


def model_names() -> tuple[str, ...]:
    """The names and aliases of all models of `archs/`."""
    return (*sorted(path.stem for path in _descriptions()), *described("aliases"))


def model_called(name: str) -> str | None:
    """The model of that name or alias, however it is capitalised and hyphenated; None if there is none."""
    if _NAME.fullmatch(name) is None:
        return None
    if (folder("archs") / f"{name}.cat").is_file():
        return name
    meant = folded(name)
    stems = {folded(path.stem): path.stem for path in _descriptions()}
    aliases = {folded(alias): stem for alias, stem in described("aliases").items()}
    return stems.get(meant) or aliases.get(meant)


def closest_model(name: str) -> str | None:
    """What to say of a name that no model has: why it is not here, or which is like it; None if nothing is known."""
    absent = _ABSENT.get(folded(name))
    if absent is not None:
        return absent
    aliases = described("aliases")
    close = did_you_mean(name, model_names())
    called = close.split("'")[1] if close is not None else ""
    return f"did you mean '{called}', which is {aliases[called]}?" if called in aliases else close


def _descriptions() -> list[Path]:
    return sorted(folder("archs").glob("*.yaml"), key=lambda path: path.stem)
