"""What litmus knows, as tables: the architectures whose tests it reads, the models, the classic tests under each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from litmus.base.resources import folder
from litmus.cat.description import ModelInfo
from litmus.cat.registry import models
from litmus.engine import Engine
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.dialect import Dialect, all_dialects, module_of
from litmus.frontend.files import expand, read_test
from litmus.render.description import decides

_SOURCE = re.compile(r"\bSource: (.*?)\.?\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def model_table() -> Table:
    """The models that come with litmus, each with what it decides and where it is from."""
    rows = [(m.name, decides(m), m.description, m.source[0]) for m in models()]
    return Table(("model", "decides tests in", "what it is", "source"), tuple(rows))


def arch_table() -> Table:
    """The architectures that a test may name in its first line, with the models that decide them."""
    known = models()
    rows = [_arch_row(arch, dialect, known) for dialect in all_dialects() for arch in dialect.archs]
    return Table(("architecture", "model", "or", "what is read", "source"), tuple(row for row in rows if any(row[1:3])))


def _arch_row(arch: str, dialect: Dialect, known: Sequence[ModelInfo]) -> tuple[str, ...]:
    default = [m.name for m in known if arch in m.default_for]
    others = [
        m.name for m in known if (m.kernel if arch in FUNCTIONS else arch in m.dialects) and m.name not in default
    ]
    what, source = describe(dialect)
    return arch, ", ".join(default) or "to be named", ", ".join(others), what, source


def describe(dialect: Dialect) -> tuple[str, str]:
    """What a dialect's module says of itself: its first sentence, and its source."""
    words = " ".join((module_of(dialect).__doc__ or "").split())
    source = _SOURCE.search(words)
    return re.split(r"[.:;] ", words, maxsplit=1)[0].rstrip("."), source[1] if source else ""


def classic_table() -> Table:
    """The classic tests that the catalogue has in each assembly: how often each model sees the outcome asked for."""
    engine = Engine()
    known = models()
    spoken = {arch for model in known for arch in model.dialects} - FUNCTIONS
    files, _ = expand([folder("catalog") / "classic"])
    tests = [test for test in map(read_test, files) if test.arch in spoken]
    names = [{test.name for test in tests if test.arch == arch} for arch in {test.arch for test in tests}]
    common = set[str]().union(*names[:1]).intersection(*names)
    seen: dict[tuple[str, str], str] = {}
    for test in tests:
        for model in known:
            if test.name in common and test.arch in model.dialects:
                observation = engine.check(test, model.name).observation
                seen[test.name, model.name] = observation.value if observation else "?"
    columns = [model.name for model in known if any((test, model.name) in seen for test in common)]
    rows = [(test, *(seen.get((test, column), "-") for column in columns)) for test in sorted(common)]
    return Table(("test", *columns), tuple(rows))
