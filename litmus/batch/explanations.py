"""Something made of each of many tests, such as its explanation, in the order of the files, whatever happens to any."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LitmusError
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest, Remark
from litmus.ir.options import Options

Thing = TypeVar("Thing")
Refusal = LitmusError | InternalError
"""Why nothing was made of a test."""


@dataclass(frozen=True, slots=True)
class Made(Generic[Thing]):
    """What was made of a test, or why nothing was; and what is odd about the test."""

    thing: Thing | Refusal
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan(Inquiry[str, LitmusTest, Made[Thing]], Generic[Thing]):
    """What is to be made of each file: `make` turns an engine, a test and the name of its file into something.

    `state` is the outcome in question, None for the test's own. `make` is pickled.
    """

    make: Callable[[Engine, LitmusTest, str, str | None, Options], Thing]
    model: str | None = None
    include: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)
    state: str | None = None

    def engine(self) -> Engine:
        """A new engine."""
        return Engine(self.include)

    def ask(self, engine: Engine, item: str, know: Callable[[LitmusTest], None]) -> Made[Thing]:
        """What is made of a file."""
        options = self.options
        deadline = Deadline.after(options.timeout)
        test = read_test(item, deadline)
        know(test)
        if self.state is not None:
            from litmus.frontend.outcome import with_outcome

            test = with_outcome(test, self.state)
            know(test)
        if options.timeout is not None:
            options = replace(options, timeout=deadline.remaining())
        return Made(self.make(engine, test, item, self.model, options), test.remarks)

    def instead(self, item: str, error: LitmusError | InternalError, known: LitmusTest | None) -> Made[Thing]:
        """The error itself."""
        return Made(error, () if known is None else known.remarks)

    def subject(self, item: str, known: LitmusTest | None) -> Subject:
        """What to save."""
        return Subject((item,), None, known, self.model, self.include, self.options)


def made(
    plan: Plan[Thing], files: Sequence[str], jobs: int | None = None
) -> Generator[tuple[str, Made[Thing]], None, None]:
    """What is made of each file, by so many processes or, for None, in this one. Closing the iterator ends all work."""
    yield from answers(plan, files, jobs, plan.options.timeout)
