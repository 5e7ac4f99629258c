"""What litmus knows, as tables: the architectures whose tests it reads, the models, the classic tests under each."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from litmus.cat.registry import ModelInfo, models
from litmus.check import Engine
from litmus.frontend.dialect import Dialect, all_dialects
from litmus.frontend.files import expand, read_test
from litmus.resources import folder

_SOURCE = re.compile(r"\bSource: (.*?)\.?\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def model_table() -> Table:
    """The models that come with litmus, each with what it decides and where it is from."""
    rows = [(m.name, ", ".join(m.dialects) or "none yet", m.description, m.source[0]) for m in models()]
    return Table(("model", "decides tests of", "what it is", "source"), tuple(rows))


def arch_table() -> Table:
    """The architectures that a test may name in its first line, with the models that decide them."""
    known = models()
    decided = {arch for model in known for arch in model.dialects}
    rows = [_arch_row(arch, dialect, known) for dialect in all_dialects() for arch in dialect.archs if arch in decided]
    return Table(("architecture", "model", "or", "what is read", "source"), tuple(rows))


def _arch_row(arch: str, dialect: Dialect, known: Sequence[ModelInfo]) -> tuple[str, ...]:
    default = [m.name for m in known if arch in m.default_for]
    others = [m.name for m in known if arch in m.dialects and m.name not in default]
    what, source = describe(dialect)
    return arch, ", ".join(default), ", ".join(others), what, source


def describe(dialect: Dialect) -> tuple[str, str]:
    """What a dialect's module says of itself: its first sentence, and its source."""
    words = " ".join((sys.modules[type(dialect).__module__].__doc__ or "").split())
    source = _SOURCE.search(words)
    return re.split(r"[.:;] ", words, maxsplit=1)[0].rstrip("."), source[1] if source else ""


def classic_table() -> Table:
    """The classic tests of the catalog: for each model that decides them, how often it sees the outcome asked for."""
    engine = Engine()
    files, _ = expand([folder("catalog") / "classic"])
    known = models()
    seen: dict[tuple[str, str], str] = {}
    asked: dict[str, None] = {}
    for file in sorted(files, key=lambda name: PurePath(name).stem):
        test = read_test(file)
        asked[test.name] = None
        for model in known:
            if test.arch in model.dialects:
                observation = engine.check(test, model.name).observation
                seen[test.name, model.name] = observation.value if observation else "?"
    names = [model.name for model in known if any((test, model.name) in seen for test in asked)]
    rows = [(test, *(seen.get((test, name), "-") for name in names)) for test in asked]
    return Table(("test", *names), tuple(rows))
