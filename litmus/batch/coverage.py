"""Which clauses of a model the tests of a suite need: without such a clause, the answer to some test is another."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError, ModelError
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.cat.clauses import Clause, clauses
from litmus.cat.load import CatModel
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Status


@dataclass(frozen=True, slots=True)
class CoveragePlan:
    """The model, by name or path, and how tests are decided: `options.verdict_only` is set.

    `include` and `confined` are as for `CatFiles`.
    """

    model: str
    include: tuple[Path, ...] = ()
    options: Options = field(default_factory=lambda: Options(verdict_only=True))
    confined: bool = False

    def subject(self, files: tuple[str, ...], test: LitmusTest | None) -> Subject:
        """What to save if litmus is at fault."""
        return Subject(files, None, test, self.model, self.include, self.options)


@dataclass(frozen=True, slots=True)
class Needed:
    """The numbers of the clauses that a test needs, in the order of `clauses`, and its answer with all of them."""

    test: str
    clauses: frozenset[int]
    answer: Answer


Found = Needed | LitmusError | InternalError


class Mutants(Engine):
    """An engine that keeps the models without one clause each."""

    def __init__(self, plan: CoveragePlan) -> None:
        super().__init__(plan.include, plan.confined)
        deadline = Deadline.after(plan.options.timeout)
        self.whole = self.model(plan.model, deadline)
        self.without = tuple(mutant for _, mutant in clauses(self.whole, deadline))


def needs(engine: Mutants, test: LitmusTest, options: Options, deadline: Deadline) -> Needed:
    """The clauses that a test needs. Raises LimitReached, and the errors of `Engine.check`."""

    def answer(model: CatModel) -> tuple[Answer, frozenset[str]]:
        ready = engine.prepare(test, model, options, deadline)
        found = engine.decide(ready, test.condition, options, deadline)
        if found.status in (Status.TIMEOUT, Status.LIMIT):
            raise LimitReached(found.status.value, found.message)
        return found.answer(test.condition.quantifier), frozenset(found.flags)

    expected = answer(engine.whole)
    moved = []
    for number, mutant in enumerate(engine.without):
        try:
            if answer(mutant) != expected:
                moved.append(number)
        except ModelError:  # what is left of the model cannot be used: it needs the clause
            moved.append(number)
    return Needed(test.name, frozenset(moved), expected[0])


@dataclass(frozen=True, slots=True)
class _Needs(Inquiry[str, LitmusTest, Found]):
    """Asks which clauses a test needs."""

    plan: CoveragePlan

    def engine(self) -> Engine:
        return Mutants(self.plan)

    def ask(self, engine: Engine, item: str, know: Callable[[LitmusTest], None]) -> Found:
        assert isinstance(engine, Mutants)
        deadline = Deadline.after(self.plan.options.timeout)
        test = read_test(item, deadline)
        know(test)
        return needs(engine, test, self.plan.options, deadline)

    def instead(self, item: str, error: LitmusError | InternalError, known: LitmusTest | None) -> Found:
        return error

    def subject(self, item: str, known: LitmusTest | None) -> Subject:
        return self.plan.subject((item,), known)


def clauses_of(plan: CoveragePlan) -> tuple[Clause, ...]:
    """The clauses of the model. Raises ModelError for one that cannot be read."""
    deadline = Deadline.after(plan.options.timeout)
    model = Engine(plan.include, plan.confined).model(plan.model, deadline)
    return tuple(clause for clause, _ in clauses(model, deadline))


def needed(
    plan: CoveragePlan, files: Sequence[str], jobs: int | None = None
) -> Generator[tuple[str, Found], None, None]:
    """The clauses that each test needs, by so many processes or, for None, in this one. Closing it ends all work."""
    yield from answers(_Needs(plan), files, jobs, plan.options.timeout)
