"""Passing tables, `archs/pci/rules/<name>.yaml`: which packets may pass which others in the queue of a bridge."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from litmus.base.errors import ModelError, did_you_mean
from litmus.base.resources import folder
from litmus.base.source import Source
from litmus.base.yaml_tree import Tree, parse

CLASSES = ("posted", "read", "nonposted", "read-completion", "write-completion")
"""The classes of packets: posted writes, read requests, non-posted write requests, and the completions of both."""

ATTRIBUTES = ("RO", "IDO")
LARGEST = 100_000
"""The most bytes that a table's file may have."""

_KEYS = {"name": True, "description": True, "source": True, "rules": True}
_CELL = {"pass": True, "why": True}
_WORDS: Mapping[str, bool] = {"never": False, "may": True, "must": True}


@dataclass(frozen=True, slots=True)
class PassingRule:
    """Whether one class may pass another: always, only with one of the attributes, or never; and why."""

    always: bool
    attributes: frozenset[str] = frozenset()
    why: str = ""


@dataclass(frozen=True, slots=True)
class PassingTable:
    """`cells[row, column]` says whether a packet of class `row` may pass one of class `column` that is ahead of it."""

    name: str
    cells: Mapping[tuple[str, str], PassingRule]

    def may_pass(self, row: str, attributes: frozenset[str], column: str, strangers: bool) -> bool:
        """Whether a packet may pass another; `strangers` says whether their identities differ."""
        cell = self.cells[row, column]
        allowed = cell.attributes & attributes
        return cell.always or "RO" in allowed or ("IDO" in allowed and strangers)


def read_passing(reference: str) -> PassingTable:
    """Reads a table, by name or by the path of a `.yaml` file; a file that has changed is read again.

    Raises ModelError.
    """
    path = folder("archs") / "pci" / "rules" / f"{reference}.yaml"
    if reference.endswith(".yaml"):
        path = Path(reference)
    elif re.fullmatch(r"[\w-]+", reference) is None or not path.is_file():
        known = [file.stem for file in (folder("archs") / "pci" / "rules").glob("*.yaml")]
        raise ModelError(f"unknown passing rules '{reference}'", None, did_you_mean(reference, known))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, and a device has no end
            raise ModelError(f"'{path}' is not a file")
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read '{path}': {error}") from None


@lru_cache(maxsize=64)
def _read(path: Path, modified: int, size: int) -> PassingTable:
    """The table in a file; modification time and size are part of the cache's key."""
    if size > LARGEST:
        raise ModelError(f"'{path}' has more than {LARGEST} bytes, too many for a passing table")
    return _table(parse(Source(str(path), path.read_text("utf-8")), ModelError, "the passing table"))


def _table(tree: Tree) -> PassingTable:
    fields = tree.fields(_KEYS)
    for item in fields["source"].items():
        item.text()
    fields["description"].line()
    every = dict.fromkeys(CLASSES, True)
    cells = {
        (row, column): _cell(cell)
        for row, columns in fields["rules"].fields(every).items()
        for column, cell in columns.fields(every).items()
    }
    return PassingTable(fields["name"].text(), cells)


def _cell(tree: Tree) -> PassingRule:
    fields = tree.fields(_CELL)
    word, why = fields["pass"], fields["why"].line()
    if word.is_list():
        names = {item.text(): item for item in word.items()}
        for name, item in names.items():
            if name not in ATTRIBUTES:
                raise item.error(f"no attribute '{name}'", did_you_mean(name, ATTRIBUTES))
        return PassingRule(False, frozenset(names), why)
    text = word.text()
    if text not in _WORDS:
        raise word.error(
            f"'{text}' is neither one of {', '.join(_WORDS)} nor a list of attributes", did_you_mean(text, _WORDS)
        )
    return PassingRule(_WORDS[text], frozenset(), why)
