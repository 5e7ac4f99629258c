"""What the cells of a table are expected to say, and which of them say otherwise.

Three things can be expected: what tests say of themselves (`result`); rows of `litmus check --format json`, or lines
`NAME Never`, which speak of every column unless they name a model; and the output of `litmus table --format json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from litmus.base.errors import LitmusError
from litmus.base.source import Source, Span
from litmus.batch.expect import Expectations, Expected, differences, in_comment, parse
from litmus.batch.table import Comparison, ComparisonCell, ComparisonRow
from litmus.ir.litmus_test import Quantifier
from litmus.ir.options import Options
from litmus.ir.verdict import Verdict

IN_TESTS = "result"
"""In place of the name of a file: what is expected is in the comments of the tests."""

_SILENT = frozenset({"timeout", "limit", "unknown", "-", "internal", "error"})
"""The words of a table that say nothing of a test, so that nothing is expected."""

_UNANSWERED = _SILENT | {"unsupported"}


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that says otherwise than is expected."""

    row: ComparisonRow
    arch: str
    said: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it: of how many cells something was expected and of how many not, and which cells failed.

    `missing` are the tests of which something was expected and no cell had a verdict; `asked` the `id` of each row in
    which some cell had to answer.
    """

    cells: int
    silent: int
    failures: tuple[Failure, ...]
    missing: tuple[str, ...]
    asked: frozenset[int]


class CellExpectations(Protocol):
    """What is expected of the cells of a table."""

    def wrong(self, row: ComparisonRow, arch: str, cell: ComparisonCell) -> tuple[str, ...] | None:
        """What is wrong with a cell, a line each; None if nothing is expected of it, or it has no verdict."""
        ...

    def missing(self, answered: Sequence[ComparisonRow]) -> tuple[str, ...]:
        """The tests that something is expected of, and that are not among these."""
        ...


def expectations(source: Source | None, options: Options) -> CellExpectations:
    """What a file expects of cells; without one, what tests expect of themselves. Raises LitmusError if it is wrong."""
    if source is None:
        return _Verdicts(in_comment, options)
    table = _table(source)
    if table is not None:
        return table
    found = parse(source)
    return _Verdicts(found.of, options, found)


def check(comparison: Comparison, expected: CellExpectations) -> Checked:
    """Compare every cell with what is expected of it."""
    failures: list[Failure] = []
    answered: list[ComparisonRow] = []
    asked = silent = 0
    for row in comparison.rows:
        before = asked
        for arch, cell in zip(comparison.archs, row.cells, strict=True):
            wrong = expected.wrong(row, arch, cell)
            asked += wrong is not None
            silent += wrong is None
            failures += [Failure(row, arch, line) for line in wrong or ()]
        if asked > before:
            answered.append(row)
    return Checked(asked, silent, tuple(failures), expected.missing(answered), frozenset(map(id, answered)))


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """What is expected of verdicts, on whichever architecture."""

    expected: Callable[[str, Verdict], Expected | None]
    options: Options
    file: Expectations | None = None

    def wrong(self, row: ComparisonRow, arch: str, cell: ComparisonCell) -> tuple[str, ...] | None:
        if cell.verdict is None:
            return None
        said = self.expected(row.test.source.name, cell.verdict)
        return None if said is None else differences(said, cell.verdict, self.options)

    def missing(self, answered: Sequence[ComparisonRow]) -> tuple[str, ...]:
        if self.file is None:
            return ()
        return self.file.missing([row.test.source.name for row in answered], {row.test.name for row in answered})


# --- a table as it was ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """The words of a table, by test, era and architecture; with the files, as tests of one name may be in several."""

    words: Mapping[tuple[str, str, str], tuple[tuple[PurePath, str], ...]]

    def wrong(self, row: ComparisonRow, arch: str, cell: ComparisonCell) -> tuple[str, ...] | None:
        file = PurePath(row.test.source.name)
        rows = self.words.get((row.test.name, row.era, arch), ())
        same = [word for path, word in rows if _ends_alike(path, file)] or [word for _, word in rows]
        if not same or same[-1] in _SILENT or cell.word() in ("-", "timeout", "limit", "unknown"):
            return None
        wanted = same[-1]
        found = [cell.word(), cell.word(observations=True), _alone(row, wanted)]
        if wanted in found[:2] or found[2] == found[0]:
            return ()
        return (f"expected {wanted}, found {found[0]}",)

    def missing(self, answered: Sequence[ComparisonRow]) -> tuple[str, ...]:
        there = {row.test.name for row in answered}
        said = dict.fromkeys(name for (name, _, _), rows in self.words.items() if rows[-1][1] not in _UNANSWERED)
        return tuple(name for name in said if name not in there)


def _alone(row: ComparisonRow, observation: str) -> str:
    """The verdict that an observation comes to; the word itself if it is none."""
    if row.test.condition.quantifier is Quantifier.FORALL:
        return {"Never": "Allowed", "Sometimes": "Allowed", "Always": "Forbidden"}.get(observation, observation)
    return {"Never": "Forbidden", "Sometimes": "Allowed", "Always": "Allowed"}.get(observation, observation)


def _ends_alike(a: PurePath, b: PurePath) -> bool:
    length = min(len(a.parts), len(b.parts))
    return a.parts[-length:] == b.parts[-length:]


def _table(source: Source) -> _Table | None:
    """A table in JSON; None for a file that is none. Raises LitmusError for one with another shape."""
    if not source.text.lstrip().startswith("{"):
        return None
    try:
        whole = json.loads(source.text)
    except (ValueError, RecursionError):
        return None  # it may have a value a line
    if not isinstance(whole, dict) or "rows" not in whole:
        return None
    words: dict[tuple[str, str, str], tuple[tuple[PurePath, str], ...]] = {}
    try:
        for row in whole["rows"]:
            for arch, cell in row["verdicts"].items():
                key = (str(row["test"]), str(row["era"] or ""), str(arch))
                words[key] = (*words.get(key, ()), (PurePath(str(row.get("file") or "")), str(cell["verdict"])))
    except (TypeError, KeyError, AttributeError):
        said = "not a table: each of its 'rows' has 'test', 'era' and 'verdicts'"
        raise LitmusError(said, Span(source, 0, 1)) from None
    return _Table(words)
