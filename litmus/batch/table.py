"""One question, many machines: tests by architectures, as kernels of one era or of several run on them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError, ModelError, UnsupportedError, UsageError
from litmus.batch.columns import canonical, heads, named
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.cat.description import Weakness
from litmus.engine import Engine, cut_off
from litmus.ir.eras import NEWEST, eras
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Status, Verdict

_LIMITS = (Status.TIMEOUT, Status.LIMIT)
_BESIDE_TEST = [item.name for item in fields(Verdict)][1:]
_POSSIBLE = {Answer.ALLOWED: True, Answer.FORBIDDEN: False}


@dataclass(frozen=True, slots=True)
class ComparisonCell:
    """The answer for one test on one architecture: a verdict, or why there is none; neither if nobody came to ask.

    The verdict is without its witness.
    """

    verdict: Verdict | None = None
    error: LitmusError | InternalError | None = None

    @property
    def allowed(self) -> bool | None:
        """Whether the outcome that the test asks about is possible; None if that is not known."""
        return None if self.verdict is None else _POSSIBLE.get(self.verdict.answer)

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that the model raises: its verdict is not to be relied on."""
        return self.verdict.flags if self.verdict is not None else ()

    @property
    def remark(self) -> str:
        """Why there is no verdict, or what there is to know of it; empty if nothing."""
        if self.error is not None:
            return f"a fault of litmus: {self.error.message}" if self.internal else self.error.message
        if self.flags:
            return f"the model raises the flag {', '.join(self.flags)}"
        if self.verdict is None or self.limited:
            return ""
        if self.verdict.reports and not self.verdict.message:
            return f"{', '.join(self.verdict.reports)} fire{'s' * (len(self.verdict.reports) == 1)}"
        return self.verdict.message

    @property
    def uncertain(self) -> tuple[str, ...]:
        """What the verdict rests on that is in doubt."""
        return self.verdict.uncertain if self.verdict is not None and self.allowed is not None else ()

    @property
    def failed(self) -> bool:
        """Whether there should be a verdict, and is none: a bad program, a lost process, a fault of litmus."""
        if isinstance(self.error, ModelError):  # with a place, a file of the model is wrong; without, it does not fit
            return self.error.span is not None
        return self.error is not None and not isinstance(self.error, UnsupportedError | UsageError)

    @property
    def internal(self) -> bool:
        """Whether there is no verdict because of a fault of litmus."""
        return isinstance(self.error, InternalError)

    @property
    def limited(self) -> bool:
        """Whether a limit of time or space was hit."""
        return self.verdict is not None and self.verdict.status in _LIMITS

    def word(self, observations: bool = False) -> str:
        """Allowed or Forbidden (or Never, Sometimes, Always), or the word for why that is not known.

        The other words are `bounded` and `no complete execution` (`Answer`), `timeout`, `limit`, `unsupported`,
        `flagged`, `error`, `internal` for a fault of litmus, `unknown`, and `-` if nobody came to ask.
        """
        if self.internal:
            return "internal"
        if self.verdict is None:
            return "error" if self.failed else "unsupported" if self.error is not None else "-"
        if self.flags:
            return "flagged"
        answer, status = self.verdict.answer.value, self.verdict.status
        if observations and self.verdict.observation is not None:
            return self.verdict.observation.value
        if answer == Answer.UNKNOWN.value or (observations and answer != Answer.INCOMPLETE.value):
            unknown = {Status.DONE: Answer.UNKNOWN.value, Status.BOUND: Answer.BOUNDED.value}
            return unknown.get(status, status.value)
        return answer


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One test on every architecture of a comparison, in the order of its columns.

    `era` is the kernels' whose primitives were meant, empty for a test that has none, in assembly. `references` are
    the cells that those of the row are compared with.
    """

    test: LitmusTest
    era: str
    cells: tuple[ComparisonCell, ...]
    references: tuple[ComparisonCell, ...] = ()

    def differs(self, column: int) -> bool:
        """Whether a cell says otherwise than the one it is compared with."""
        if not self.references:
            return False
        mine, theirs = self.cells[column].allowed, self.references[column].allowed
        return mine is not None and theirs is not None and mine != theirs


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tests by architectures; tests in kernel C have a row for each era.

    `archs` are the names of the models. `baseline` is what cells are compared with: those of an architecture in the
    same row, or those of an era for the same test; None for nothing. `left_out` would decide none of the tests.
    """

    archs: tuple[str, ...]
    eras: tuple[str, ...]
    rows: tuple[ComparisonRow, ...]
    baseline: str | None = None
    left_out: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        from litmus.base.display import html

        return html(self)

    def _repr_markdown_(self) -> str:
        from litmus.base.display import markdown

        return markdown(self)

    def without_silent(self) -> Comparison:
        """The columns of which some cell is more than `unsupported`, if there are any, and that of the baseline."""
        said = [
            any(row.cells[column].word() != "unsupported" for row in self.rows) for column in range(len(self.archs))
        ]
        if all(said) or not any(said):
            return self
        kept = [column for column, name in enumerate(self.archs) if said[column] or name == self.baseline]
        rows = [
            replace(
                row,
                cells=tuple(row.cells[column] for column in kept),
                references=tuple(row.references[column] for column in kept) if row.references else (),
            )
            for row in self.rows
        ]
        left_out = tuple(name for column, name in enumerate(self.archs) if column not in kept)
        return replace(self, archs=tuple(self.archs[k] for k in kept), rows=tuple(rows), left_out=left_out)


@dataclass(frozen=True, slots=True)
class CellKey:
    """Which cell it is: that of a test, by its number, on an architecture, in an era; "" for the default.

    `without` are known weaknesses of the model that it is to be decided without.
    """

    test: int
    era: str
    arch: str
    without: tuple[Weakness, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """What is to be compared; `archs` are models by name or path, `include` and `confined` are as for `CatFiles`.

    Raises UsageError for a baseline that is among neither the architectures nor the eras.
    """

    tests: tuple[LitmusTest, ...]
    archs: tuple[str, ...]
    eras: tuple[str, ...] = (NEWEST,)
    baseline: str | None = None
    options: Options = field(default_factory=lambda: Options(verdict_only=True))
    include: tuple[Path, ...] = ()
    confined: bool = False

    def __post_init__(self) -> None:
        if self.baseline is not None and self.baseline not in (*self.archs, *self.eras):
            raise UsageError(f"the baseline '{self.baseline}' is none of the architectures and eras")

    @classmethod
    def of(
        cls,
        tests: Sequence[LitmusTest],
        archs: Sequence[str],
        eras: tuple[str, ...],
        baseline: str | None = None,
        options: Options | None = None,
        include: Sequence[Path] = (),
        confined: bool = False,
    ) -> ComparisonPlan:
        """A plan with architectures under any of their names. Raises UsageError, also for none and for one twice."""
        models = named(archs)
        known = canonical(baseline) if baseline is not None and baseline not in eras else baseline
        for path, head in zip(models, heads(models), strict=True):
            known = path if known == head else known
        asked = options or Options(verdict_only=True)
        return cls(tuple(tests), models, eras, known, asked, tuple(include), confined)

    @property
    def keys(self) -> tuple[CellKey, ...]:
        """The cells that there are to decide, row by row."""
        return tuple(
            CellKey(number, era, arch)
            for number, test in enumerate(self.tests)
            for era in (self.eras if test.has_primitives else ("",))
            for arch in self.archs
        )

    def answers(
        self, jobs: int | None = None, engine: Engine | None = None
    ) -> Generator[tuple[CellKey, ComparisonCell], None, None]:
        """The cells as they are decided, by so many processes that can be killed; None: in this one.

        A process that dies, or that is killed because it does not heed the time limit, costs one cell. An interrupt has
        it give the cells that are there before it is raised. Raises ModelError for an unknown architecture, and for a
        variant that none of the architectures has.
        """
        engine = engine or Engine(self.include, self.confined)
        for arch in self.archs:  # an unknown name is an error before any work
            with suppress(LimitReached):  # this is for each cell to say
                engine.model(arch, Deadline.after(self.options.timeout))
        if self.options.variants:
            from litmus.cat.variants import check_variants  # few runs need it

            with suppress(LimitReached):
                deadline = Deadline.after(self.options.timeout)
                check_variants([engine.model(arch, deadline) for arch in self.archs], self.options.variants, deadline)
        yield from decided(self.tests, self.keys, self.options, jobs, engine, self.include, self.confined)

    def comparison(self, cells: Mapping[CellKey, ComparisonCell]) -> Comparison:
        """The table that cells make; those that are missing were not decided, and a row without any is left out."""
        rows: list[ComparisonRow] = []
        keys, missing = self.keys, ComparisonCell()
        for start in range(0, len(keys), len(self.archs)):
            in_row = keys[start : start + len(self.archs)]
            if any(key in cells for key in in_row):
                found = tuple(cells.get(key, missing) for key in in_row)
                references = tuple(cells.get(self._reference(k), missing) for k in in_row) if self.baseline else ()
                rows.append(ComparisonRow(self.tests[in_row[0].test], in_row[0].era, found, references))
        names = dict(zip(self.archs, heads(self.archs), strict=True))
        baseline = names.get(self.baseline or "", self.baseline)
        return Comparison(tuple(names.values()), self.eras, tuple(rows), baseline)

    def _reference(self, key: CellKey) -> CellKey:
        """The cell that another is compared with."""
        baseline = self.baseline or ""
        if baseline in self.archs:
            return replace(key, arch=baseline)
        return replace(key, era=baseline) if key.era else key


def compare(
    tests: Sequence[LitmusTest],
    archs: Sequence[str],
    era: str | Sequence[str] = NEWEST,
    baseline: str | None = None,
    options: Options | None = None,
    engine: Engine | None = None,
    jobs: int | None = None,
    include: Sequence[Path] = (),
    confined: bool = False,
) -> Comparison:
    """Decide tests on architectures: kernel C lowered as of an era or several, assembly where it is understood.

    Raises UsageError for an unknown era, for no architectures or one that is named twice, and for a baseline that is
    neither among the architectures nor among the eras; ModelError for an unknown architecture.
    """
    plan = ComparisonPlan.of(tests, archs, eras(era), baseline, options, include, confined)
    return plan.comparison(dict(plan.answers(jobs, engine)))


def decided(
    tests: Sequence[LitmusTest],
    keys: Sequence[CellKey],
    options: Options,
    jobs: int | None = None,
    engine: Engine | None = None,
    include: Sequence[Path] = (),
    confined: bool = False,
) -> Generator[tuple[CellKey, ComparisonCell], None, None]:
    """The cells of tests, as `litmus.batch.driver.answers` has it, but for their order.

    An engine is asked about one architecture after the other, and there about all eras: where kernels of several eras
    do the same, it decides only one of them.
    """
    inquiry = _Decide(tuple(tests), options, tuple(include), confined)
    order = {arch: number for number, arch in enumerate(dict.fromkeys(key.arch for key in keys))}
    by_arch = sorted(keys, key=lambda key: (key.test, order[key.arch]))
    yield from answers(inquiry, by_arch, jobs, options.timeout, engine)


@dataclass(frozen=True, slots=True)
class _Decide(Inquiry[CellKey, None, ComparisonCell]):
    """Asks for the cells of some tests."""

    tests: tuple[LitmusTest, ...]
    options: Options
    include: tuple[Path, ...] = ()
    confined: bool = False

    def engine(self) -> Engine:
        return Engine(self.include, self.confined)

    def together(self, item: CellKey, following: CellKey) -> bool:
        return item.test == following.test

    def ask(self, engine: Engine, item: CellKey, know: Callable[[None], None]) -> ComparisonCell:
        deadline = Deadline.after(self.options.timeout)
        options = self._options_of(engine, item, deadline)
        verdict = engine.check(self.tests[item.test], item.arch, options.until(deadline))
        return ComparisonCell(replace(verdict, witness=None))  # a table of thousands is to be light

    def instead(self, item: CellKey, error: LitmusError | InternalError, known: None) -> ComparisonCell:
        if not isinstance(error, LimitReached):
            return ComparisonCell(error=error)
        status, seconds = Status(error.limit), self.options.timeout or 0.0
        return ComparisonCell(cut_off(self.tests[item.test], item.arch, status, error.message, seconds))

    def sent(self, answer: ComparisonCell) -> object:
        verdict = answer.verdict  # its test, which is most of it, is known
        return answer if verdict is None else tuple([getattr(verdict, name) for name in _BESIDE_TEST])

    def received(self, item: CellKey, sent: Any) -> ComparisonCell:
        return sent if isinstance(sent, ComparisonCell) else ComparisonCell(Verdict(self.tests[item.test], *sent))

    def subject(self, item: CellKey, known: None) -> Subject:
        test, options = self.tests[item.test], self._options(item)
        return Subject(test=test, model=item.arch, include=self.include, options=options)

    def _options_of(self, engine: Engine, key: CellKey, deadline: Deadline) -> Options:
        options = self._options(key)
        if options.variants:  # one model's variant is nothing to another
            from litmus.cat.variants import variants_of

            known = variants_of(engine.model(key.arch, deadline), deadline)
            options = replace(options, variants=options.variants.intersection(known))
        return options

    def _options(self, key: CellKey) -> Options:
        options = replace(self.options, era=key.era) if key.era else self.options
        if not key.without:
            return options
        variants = frozenset(weakness.variant for weakness in key.without if weakness.variant)
        skipped = frozenset(weakness.axiom for weakness in key.without if weakness.axiom)
        return replace(options, variants=options.variants | variants, skipped=options.skipped | skipped)
