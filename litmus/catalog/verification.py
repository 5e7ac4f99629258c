"""The expectations of the catalogue against the engine."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from litmus.base.errors import UnsupportedError
from litmus.batch.table import NEWEST, Cell, compare
from litmus.catalog.entries import Entry, Expectation, Expected, Shelf, VerdictWord
from litmus.engine import Engine


@dataclass(frozen=True, slots=True)
class Difference:
    """An expectation that the engine does not confirm. `cause` says why there is no verdict, if there is none."""

    entry: Entry
    era: str | None
    arch: str
    expected: Expectation
    found: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry whose expectations were compared with what the engine says: how many there are, and which are wrong."""

    shelf: Shelf
    entry: Entry
    cells: int
    differences: tuple[Difference, ...]


_Finding = tuple[int, int, str, str]
"""What is not as expected: the number of the expectation, that of its architecture, what was found, and why."""


def verify(
    chosen: Sequence[Shelf], jobs: int | None = None, engine: Engine | None = None
) -> Generator[Checked, None, None]:
    """Decide all tests of shelves on all their architectures in all their eras: each entry as it is ready, in order.

    So many processes share the work; None: it is done in this one. An interrupt has it give the entries that are ready
    before it is raised.
    """
    entries = [(shelf, entry) for shelf in chosen for entry in shelf.entries]
    work = partial(_Verifier, tuple(entry for _, entry in entries))
    if jobs is None:
        verifier = work(engine)
        results: Generator[tuple[_Finding, ...], None, None] = (verifier(number) for number in range(len(entries)))
    else:
        from litmus.base.workers import ordered  # where processes are wanted

        results = ordered(range(len(entries)), work, _lost, min(jobs, len(entries)))
    with closing(results):
        for (shelf, entry), findings in zip(entries, results, strict=True):
            cells = sum(len(expected.archs) for expected in entry.expected)
            yield Checked(shelf, entry, cells, tuple(_difference(entry, finding) for finding in findings))


class _Verifier:
    """Compares what is expected of entries, each by its number, with what the engine says."""

    def __init__(self, entries: Sequence[Entry], engine: Engine | None = None) -> None:
        self._entries = entries
        self._engine = engine or Engine()

    def __call__(self, number: int, last_word: object = None) -> tuple[_Finding, ...]:
        entry = self._entries[number]
        found: list[_Finding] = []
        for which, expected in enumerate(entry.expected):
            for place, (expectation, cell) in enumerate(
                zip(expected.archs.values(), self._cells(entry, expected), strict=True)
            ):
                word = found_word(cell)
                if word != expectation.word.value:
                    found.append((which, place, word, cell.remark))
        return tuple(found)

    def _cells(self, entry: Entry, expected: Expected) -> tuple[Cell, ...]:
        if entry.test is None:
            return (Cell(error=entry.refusal),) * len(expected.archs)
        (row,) = compare((entry.test,), tuple(expected.archs), expected.era or NEWEST, engine=self._engine).rows
        return row.cells


def _lost(number: int, last_word: object, overdue: bool, reason: str) -> tuple[_Finding, ...]:
    """What is found where the process that was to find it is gone."""
    return ((0, 0, "no answer", reason),)


def _difference(entry: Entry, finding: _Finding) -> Difference:
    which, place, word, cause = finding
    expected = entry.expected[which]
    arch, expectation = tuple(expected.archs.items())[place]
    return Difference(entry, expected.era, arch, expectation, word, cause)


def found_word(cell: Cell) -> str:
    """Allowed or Forbidden where that is settled; Unsupported; or the word for what stopped the work."""
    if isinstance(cell.error, UnsupportedError) or cell.flags:
        return VerdictWord.UNSUPPORTED.value  # a model raises a flag where its verdict is not to be relied on
    if cell.bounded:
        return "bound"  # forbidden as far as loops were followed is not forbidden
    return cell.word()
