"""Compares the expectations of the catalogue with the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, MutableMapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from litmus.base.errors import InternalError, UnsupportedError
from litmus.batch.driver import ProcessDied
from litmus.batch.table import CellKey, ComparisonCell, decided
from litmus.catalog.entries import Entry, Expectation, Shelf, VerdictWord
from litmus.engine import Engine
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options


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
    """An entry whose expectations were compared with what the engine says: how many there are, and which are wrong.

    `faults` are the faults of litmus that left an expectation without a verdict.
    """

    shelf: Shelf
    entry: Entry
    cells: int
    differences: tuple[Difference, ...]
    faults: tuple[InternalError, ...] = ()


def verify(
    chosen: Sequence[Shelf], jobs: int | None = None, engine: Engine | None = None
) -> Generator[Checked, None, None]:
    """Decide all tests of shelves on all their architectures in all their eras; yield the entries in order.

    `jobs` processes share the work; with None this process does it. After an interrupt, the entries that are ready are
    yielded before the interrupt is raised.
    """
    tests: list[LitmusTest] = []
    waiting: deque[tuple[Shelf, Entry, tuple[CellKey, ...]]] = deque()
    for shelf in chosen:
        for entry in shelf.entries:
            keys: tuple[CellKey, ...] = ()
            if entry.test is not None:
                keys = tuple(CellKey(len(tests), e.era or "", arch) for e in entry.expected for arch in e.archs)
                tests.append(entry.test)
            waiting.append((shelf, entry, keys))
    cells: dict[CellKey, ComparisonCell] = {}

    def ready() -> Iterator[Checked]:
        while waiting and all(key in cells for key in waiting[0][2]):
            yield _checked(*waiting.popleft(), cells)

    asked = [key for _, _, keys in waiting for key in keys]
    with closing(decided(tests, asked, Options(verdict_only=True), jobs, engine)) as answers:
        try:
            yield from ready()
            for key, cell in answers:
                cells[key] = cell
                yield from ready()
        except KeyboardInterrupt:
            while waiting:  # what is done is done, although some before it are missing
                yield from ready()
                if waiting:
                    waiting.popleft()
            raise


def _checked(
    shelf: Shelf, entry: Entry, keys: Sequence[CellKey], cells: MutableMapping[CellKey, ComparisonCell]
) -> Checked:
    """Compare what is expected of an entry with its cells, which are taken out."""
    found = iter([cells.pop(key) for key in keys])
    differences: list[Difference] = []
    faults: list[InternalError] = []
    for expected in entry.expected:
        for arch, expectation in expected.archs.items():
            cell = next(found) if keys else ComparisonCell(error=entry.refusal)
            if isinstance(cell.error, InternalError):
                faults.append(cell.error)
            word = found_word(cell)
            if word != expectation.word.value:
                cause = cell.remark.removeprefix(f"{word}: ")
                differences.append(Difference(entry, expected.era, arch, expectation, word, cause))
    count = sum(len(expected.archs) for expected in entry.expected)
    return Checked(shelf, entry, count, tuple(differences), tuple(faults))


def found_word(cell: ComparisonCell) -> str:
    """Allowed or Forbidden where that is settled; Unsupported; or the word for what stopped the work."""
    if isinstance(cell.error, UnsupportedError) or cell.flags:
        return VerdictWord.UNSUPPORTED.value  # a model raises a flag where its verdict is not to be relied on
    if isinstance(cell.error, ProcessDied):
        return "no answer"
    return cell.word()
