"""The tests that tell two models apart: those given, or a smallest one that a search finds."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.frontend.state_lines import lines
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Status, Verdict

_LIMITS = (Status.TIMEOUT, Status.LIMIT)


@dataclass(frozen=True, slots=True)
class Difference:
    """What two models say of one test.

    `only` are the final states that only the first and only the second allows, as state lines; both are empty if the
    models agree. If a loop was cut, `bounded` is set, and all is said of executions within the unroll limit; if no
    execution comes to its end under either model, `incomplete` is.
    """

    test: LitmusTest
    models: tuple[str, str]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    bounded: bool = False
    incomplete: bool = False

    @property
    def differs(self) -> bool:
        """Whether the test tells the models apart."""
        return self.only != ((), ())


Found = Difference | LitmusError | InternalError


def difference(
    engine: Engine, test: LitmusTest, models: tuple[str, str], options: Options, deadline: Deadline
) -> Difference:
    """What two models say of a test.

    Raises LimitReached if one of them does not list all states in time, and the errors of `Engine.check`.
    """
    first, second = (_complete(engine.check(test, model, options.until(deadline))) for model in models)
    mine, theirs = dict.fromkeys(first.states), dict.fromkeys(second.states)
    only = (
        tuple(lines(test, tuple(state for state in mine if state not in theirs))),
        tuple(lines(test, tuple(state for state in theirs if state not in mine))),
    )
    bounded = Status.BOUND in (first.status, second.status)
    incomplete = first.answer is second.answer is Answer.INCOMPLETE
    return Difference(test, (first.model, second.model), only, bounded, incomplete)


def _complete(verdict: Verdict) -> Verdict:
    if verdict.status in _LIMITS:
        raise LimitReached(verdict.status.value, verdict.message)
    return verdict


@dataclass(frozen=True, slots=True)
class DifferencePlan:
    """The two models, by name or path, and how tests are decided. `options.verdict_only` is not for this.

    `include` and `confined` are as for `CatFiles`.
    """

    models: tuple[str, str]
    include: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)
    confined: bool = False

    def engine(self, deadline: Deadline) -> Engine:
        """A new engine that has read both models, unless time is up before. Raises ModelError."""
        engine = Engine(self.include, self.confined)
        with suppress(LimitReached):  # this is for each test to say
            for model in self.models:
                engine.model(model, deadline)
        return engine

    def subject(self, files: tuple[str, ...], test: LitmusTest | None) -> Subject:
        """What to save if litmus is at fault."""
        return Subject(files, None, test, self.models[0], self.include, self.options)


# --- tests that are given ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Given(Inquiry[str, LitmusTest, Found]):
    """Asks for the difference of files."""

    plan: DifferencePlan

    def engine(self) -> Engine:
        return self.plan.engine(Deadline.after(self.plan.options.timeout))

    def ask(self, engine: Engine, item: str, know: Callable[[LitmusTest], None]) -> Found:
        deadline = Deadline.after(self.plan.options.timeout)
        test = read_test(item, deadline)
        know(test)
        return difference(engine, test, self.plan.models, self.plan.options, deadline)

    def instead(self, item: str, error: LitmusError | InternalError, known: LitmusTest | None) -> Found:
        return error

    def subject(self, item: str, known: LitmusTest | None) -> Subject:
        return self.plan.subject((item,), known)


def differences(
    plan: DifferencePlan, files: Sequence[str], jobs: int | None = None
) -> Generator[tuple[str, Found], None, None]:
    """What the models say of each file, by so many processes or, for None, in this one. Closing it ends all work.

    Raises ModelError for a model that cannot be read.
    """
    engine = plan.engine(Deadline.after(plan.options.timeout))
    yield from answers(_Given(plan), files, jobs, plan.options.timeout, engine)
