"""Explaining many tests: one answer for each, in the order of the files, whatever happens to any of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LitmusError
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options

Made = str | LitmusError | InternalError
"""What stands for a test: a text, or why there is none."""


@dataclass(frozen=True, slots=True)
class Plan(Inquiry[str, LitmusTest, Made]):
    """What is to be made of each file: `make` turns an engine, a test and the name of its file into a text.

    `state` is the outcome in question, None for the test's own. `make` is pickled.
    """

    make: Callable[[Engine, LitmusTest, str, str | None, Options], str]
    model: str | None = None
    include: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)
    state: str | None = None

    def engine(self) -> Engine:
        """A new engine."""
        return Engine(self.include)

    def ask(self, engine: Engine, item: str, know: Callable[[LitmusTest], None]) -> Made:
        """The text for a file."""
        options = self.options
        deadline = Deadline.after(options.timeout)
        test = read_test(item, deadline)
        know(test)
        if self.state is not None:
            from litmus.frontend.outcome import with_outcome

            test = with_outcome(test, self.state)
        if options.timeout is not None:
            options = replace(options, timeout=deadline.remaining())
        return self.make(engine, test, item, self.model, options)

    def instead(self, item: str, error: LitmusError | InternalError, known: LitmusTest | None) -> Made:
        """The error itself."""
        return error

    def subject(self, item: str, known: LitmusTest | None) -> Subject:
        """What to save."""
        return Subject((item,), None, known, self.model, self.include, self.options)


def made(plan: Plan, files: Sequence[str], jobs: int | None = None) -> Generator[tuple[str, Made], None, None]:
    """What is made of each file, by so many processes or, for None, in this one. Closing the iterator ends all work."""
    yield from answers(plan, files, jobs, plan.options.timeout)
