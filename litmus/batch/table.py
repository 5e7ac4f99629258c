"""One question, many machines: tests by architectures, as kernels of one era or of several run on them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from litmus.base.errors import LitmusError, ModelError, UnsupportedError, UsageError, did_you_mean
from litmus.engine import Engine, cut_off, mistake
from litmus.ir.litmus_test import LitmusTest, Quantifier
from litmus.ir.options import Options
from litmus.ir.thread import Primitive
from litmus.ir.verdict import Status, Verdict

NEWEST = "v6"

_LIMITS = (Status.TIMEOUT, Status.LIMIT)


@dataclass(frozen=True, slots=True)
class Cell:
    """The answer for one test on one architecture: a verdict, or why there is none; neither if nobody came to ask.

    The verdict is without its witness.
    """

    verdict: Verdict | None = None
    error: LitmusError | None = None

    @property
    def allowed(self) -> bool | None:
        """Whether the outcome that the test asks about is possible; None if that is not known."""
        if self.verdict is None:
            return None
        if self.verdict.test.condition.quantifier is Quantifier.FORALL:
            return None if self.verdict.ok is None else not self.verdict.ok
        return self.verdict.allowed

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that the model raises: its verdict is not to be relied on."""
        return self.verdict.flags if self.verdict is not None else ()

    @property
    def remark(self) -> str:
        """Why there is no verdict, or what there is to know of it; empty if nothing."""
        if self.error is not None:
            return self.error.message
        if self.flags:
            return f"the model raises the flag {', '.join(self.flags)}"
        return self.verdict.message if self.verdict is not None and self.verdict.status is Status.DONE else ""

    @property
    def failed(self) -> bool:
        """Whether there should be a verdict, and is none: a bad program, a lost process, a mistake of ours."""
        if isinstance(self.error, ModelError):  # with a place, a file of the model is wrong; without, it does not fit
            return self.error.span is not None
        return self.error is not None and not isinstance(self.error, UnsupportedError | UsageError)

    @property
    def limited(self) -> bool:
        """Whether a limit of time or space was hit."""
        return self.verdict is not None and self.verdict.status in _LIMITS

    @property
    def bounded(self) -> bool:
        """Whether the answer is about bounded loops only: nothing was found, and some loop may go round more often."""
        return self.verdict is not None and self.verdict.status is Status.BOUND and self.allowed is False

    def word(self, observations: bool = False) -> str:
        """Allowed or Forbidden (or Never, Sometimes, Always), or the word for why that is not known.

        Of a `forall` test, Allowed says that some outcome breaks it. The other words are `timeout`, `limit`,
        `unsupported`, `flagged`, `error`, `unknown`, and `-` if nobody came to ask.
        """
        if self.verdict is None:
            return "error" if self.failed else "unsupported" if self.error is not None else "-"
        if self.flags:
            return "flagged"
        if observations and self.verdict.observation is not None:
            return self.verdict.observation.value
        if self.allowed is not None and not observations:
            return "Allowed" if self.allowed else "Forbidden"
        return self.verdict.status.value if self.verdict.status is not Status.DONE else "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """One test on every architecture of a comparison, in the order of its columns.

    `era` is the kernels' whose primitives were meant, empty for a test that has none, in assembly. `references` are
    the cells that those of the row are compared with.
    """

    test: LitmusTest
    era: str
    cells: tuple[Cell, ...]
    references: tuple[Cell, ...] = ()

    def differs(self, column: int) -> bool:
        """Whether a cell says otherwise than the one it is compared with."""
        if not self.references:
            return False
        mine, theirs = self.cells[column].allowed, self.references[column].allowed
        return mine is not None and theirs is not None and mine != theirs


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tests by architectures; tests in kernel C have a row for each era.

    `baseline` is what cells are compared with: those of an architecture in the same row, or those of an era for the
    same test; None for nothing.
    """

    archs: tuple[str, ...]
    eras: tuple[str, ...]
    rows: tuple[Row, ...]
    baseline: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What one cell answers: a test, by its number in the plan, on an architecture in an era."""

    test: int
    era: str
    arch: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be compared.

    Raises UsageError for no architectures or one that is named twice, and for a baseline that is among neither the
    architectures nor the eras.
    """

    tests: tuple[LitmusTest, ...]
    archs: tuple[str, ...]
    eras: tuple[str, ...] = (NEWEST,)
    baseline: str | None = None
    options: Options = field(default_factory=lambda: Options(verdict_only=True))

    def __post_init__(self) -> None:
        if not self.archs or len(set(self.archs)) < len(self.archs):
            raise UsageError("a comparison needs architectures, each once")
        if self.baseline is not None and self.baseline not in (*self.archs, *self.eras):
            raise UsageError(f"the baseline '{self.baseline}' is none of the architectures and eras")

    @property
    def questions(self) -> tuple[Question, ...]:
        """What there is to decide, row by row."""
        return tuple(
            Question(number, era, arch)
            for number, test in enumerate(self.tests)
            for era in (self.eras if _of_a_kernel(test) else ("",))
            for arch in self.archs
        )

    def answers(
        self, jobs: int | None = None, engine: Engine | None = None
    ) -> Generator[tuple[Question, Cell], None, None]:
        """The cells as they are decided, by so many processes that can be killed; None: in this one.

        A process that dies, or that is killed because it does not heed the time limit, costs one cell. An interrupt has
        it give the cells that are there before it is raised. Raises ModelError for an unknown architecture.
        """
        asked = self.questions
        engine = engine or Engine()
        for arch in self.archs:
            engine.model(arch)  # an unknown name is an error before any work
        if jobs is None:
            worker = _Worker(self, engine)
            yield from (worker(question, _ignore) for question in asked)
            return
        from litmus.base.workers import ordered  # where processes are wanted

        limit = self.options.timeout
        overdue = None if limit is None else 1.5 * limit + 1
        yield from ordered(asked, partial(_Worker, self), partial(_mended, self), min(jobs, len(asked)), overdue)

    def comparison(self, cells: Mapping[Question, Cell]) -> Comparison:
        """The table that cells make; those that are missing were not decided, and a row without any is left out."""
        rows: list[Row] = []
        asked = self.questions
        for start in range(0, len(asked), len(self.archs)):
            in_row = asked[start : start + len(self.archs)]
            if any(question in cells for question in in_row):
                found = tuple(cells.get(question, Cell()) for question in in_row)
                references = tuple(cells.get(self._reference(q), Cell()) for q in in_row) if self.baseline else ()
                rows.append(Row(self.tests[in_row[0].test], in_row[0].era, found, references))
        return Comparison(self.archs, self.eras, tuple(rows), self.baseline)

    def _reference(self, question: Question) -> Question:
        """The question whose answer is the baseline of another's."""
        baseline = self.baseline or ""
        if baseline in self.archs:
            return replace(question, arch=baseline)
        return replace(question, era=baseline) if question.era else question


def compare(
    tests: Sequence[LitmusTest],
    archs: Sequence[str],
    era: str | Sequence[str] = NEWEST,
    baseline: str | None = None,
    options: Options | None = None,
    engine: Engine | None = None,
    jobs: int | None = None,
) -> Comparison:
    """Decide tests on architectures: kernel C lowered as of an era or several, assembly where it is understood.

    Raises UsageError for an unknown era, for no architectures or one that is named twice, and for a baseline that is
    neither among the architectures nor among the eras; ModelError for an unknown architecture.
    """
    plan = Plan(tuple(tests), tuple(archs), eras(era), baseline, options or Options(verdict_only=True))
    return plan.comparison(dict(plan.answers(jobs, engine)))


def eras(chosen: str | Sequence[str]) -> tuple[str, ...]:
    """Eras by name: several, or one text with commas between them, or `all`. Raises UsageError."""
    from litmus.ir.kernel import ERAS  # for kernel C only

    names = chosen.split(",") if isinstance(chosen, str) else chosen
    if list(names) == ["all"]:
        return tuple(ERAS)
    for name in names:
        if name not in ERAS:
            raise UsageError(f"unknown era '{name}': there are {', '.join(ERAS)}", None, did_you_mean(name, ERAS))
    return tuple(dict.fromkeys(names))


def _of_a_kernel(test: LitmusTest) -> bool:
    return any(isinstance(statement, Primitive) for thread in test.threads for statement in thread.body)


Answer = tuple[Question, Cell]


class _Worker:
    """What answers questions of a plan, one after the other."""

    def __init__(self, plan: Plan, engine: Engine | None = None) -> None:
        self._plan = plan
        self._engine = engine or Engine()

    def __call__(self, question: Question, last_word: Callable[[Answer], None]) -> Answer:
        """The cell, whatever goes wrong."""
        plan = self._plan
        test = plan.tests[question.test]
        options = replace(plan.options, era=question.era) if question.era else plan.options
        try:
            verdict = self._engine.check(test, question.arch, options)
            return question, Cell(replace(verdict, witness=None))  # a table of thousands is to be light
        except LitmusError as error:
            return question, Cell(error=error)
        except MemoryError:
            self._engine = Engine()
            return question, _cut(plan, question, Status.LIMIT, "out of memory")
        except Exception as error:
            self._engine = Engine()
            return question, Cell(error=mistake(error))


def _ignore(answer: Answer) -> None:
    """Nothing cuts off work in this process."""


def _cut(plan: Plan, question: Question, status: Status, message: str) -> Cell:
    seconds = plan.options.timeout or 0.0
    return Cell(cut_off(plan.tests[question.test], question.arch, status, message, seconds))


def _mended(plan: Plan, question: Question, last_word: Answer | None, overdue: bool, reason: str) -> Answer:
    """The answer to a question whose process was lost."""
    if overdue:
        return question, _cut(plan, question, Status.TIMEOUT, "out of time")
    return question, Cell(error=LitmusError(f"no answer: {reason}"))
