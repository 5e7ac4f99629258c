"""One question, many machines: tests by architectures, as a kernel of one era runs on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from litmus.base.errors import LitmusError, UsageError
from litmus.check import Engine, Options
from litmus.ir.litmus_test import LitmusTest, Quantifier
from litmus.ir.verdict import Status, Verdict


@dataclass(frozen=True, slots=True)
class Cell:
    """The answer for one test on one architecture: a verdict, or why there is none."""

    verdict: Verdict | None
    error: LitmusError | None = None

    @property
    def allowed(self) -> bool | None:
        """Whether the outcome that the test asks about is possible; None if that is not known."""
        if self.verdict is None:
            return None
        if self.verdict.test.condition.quantifier is Quantifier.FORALL:
            return None if self.verdict.ok is None else not self.verdict.ok
        return self.verdict.allowed

    def word(self, observations: bool = False) -> str:
        """Allowed or Forbidden (or Never, Sometimes, Always), or the word for why that is not known.

        Of a `forall` test, Allowed says that some outcome breaks it.
        """
        if self.verdict is None:
            return "unsupported"
        if observations and self.verdict.observation is not None:
            return self.verdict.observation.value
        if self.allowed is not None and not observations:
            return "Allowed" if self.allowed else "Forbidden"
        return self.verdict.status.value if self.verdict.status is not Status.DONE else "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """One test on every architecture of a comparison, in the order of its columns."""

    test: LitmusTest
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tests by architectures. `baseline` is the column that the others are compared with, if there is one."""

    archs: tuple[str, ...]
    era: str
    rows: tuple[Row, ...]
    baseline: int | None = None

    def differs(self, row: Row, column: int) -> bool:
        """Whether a cell says otherwise than the baseline's."""
        if self.baseline is None or column == self.baseline:
            return False
        mine, theirs = row.cells[column].allowed, row.cells[self.baseline].allowed
        return mine is not None and theirs is not None and mine != theirs


def compare(
    tests: Sequence[LitmusTest],
    archs: Sequence[str],
    era: str = "v6",
    baseline: str | None = None,
    options: Options | None = None,
    engine: Engine | None = None,
) -> Comparison:
    """Decide tests on architectures: kernel C lowered as of an era, assembly as it stands where it is understood.

    Raises UsageError for a baseline that is not among the architectures, ModelError for an unknown architecture.
    """
    if baseline is not None and baseline not in archs:
        raise UsageError(f"the baseline '{baseline}' is not among the architectures")
    rows = tuple(rows_of(tests, archs, era, options, engine))
    return Comparison(tuple(archs), era, rows, None if baseline is None else list(archs).index(baseline))


def rows_of(
    tests: Sequence[LitmusTest],
    archs: Sequence[str],
    era: str = "v6",
    options: Options | None = None,
    engine: Engine | None = None,
) -> Iterator[Row]:
    """The rows of a comparison, each as it is ready."""
    engine = engine or Engine()
    options = replace(options or Options(verdict_only=True), era=era)
    for arch in archs:
        engine.model(arch)  # an unknown name is an error before any work
    for test in tests:
        yield Row(test, tuple(_cell(engine, test, arch, options) for arch in archs))


def _cell(engine: Engine, test: LitmusTest, arch: str, options: Options) -> Cell:
    try:
        return Cell(engine.check(test, arch, options))
    except LitmusError as error:
        return Cell(None, error)
