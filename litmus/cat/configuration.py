"""Reads a file of herd7's options, such as the kernel's `linux-kernel.cfg`: which files make up a model.

A line is the name of an option and its value; `#` begins a comment. What says how pictures look is passed over.
Source: herdtools7 7.58, herd/lexConf_herd.mll.
"""

from __future__ import annotations

import re
from pathlib import Path

from litmus.base.errors import ModelError
from litmus.base.records import dataclass
from litmus.base.source import Source, Span

_LINE = re.compile(r"^[ \t]*([A-Za-z][\w-]*)[ \t]*([^\n#]*)", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The files that a model is made of, and its variants; a path is None if the file does not give it."""

    model: Path | None
    bell: Path | None
    macros: Path | None
    variants: frozenset[str]


def read_configuration(path: Path, source: Source) -> Configuration:
    """Reads the text of a file of options; relative paths are those beside it. Raises ModelError."""
    found: dict[str, Path] = {}
    variants: set[str] = set()
    for match in _LINE.finditer(source.text):
        name, value = match[1], match[2].strip().strip('"')
        if name in ("model", "bell", "macros"):
            place = Span(source, match.start(1), match.end(1))
            if not value:
                raise ModelError(f"expected a file after '{name}'", place)
            if name in found:
                raise ModelError(f"'{name}' is given twice", place)
            found[name] = path.parent / value
        elif name == "variant":
            variants.update(filter(None, (word.strip() for word in value.split(","))))
    return Configuration(found.get("model"), found.get("bell"), found.get("macros"), frozenset(variants))
