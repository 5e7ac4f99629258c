"""Checking many files: one row for each, in the order of the files, whatever happens to any of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, LitmusError
from litmus.cat.registry import default_model
from litmus.engine import Engine, cut_off, mistake
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Status, Verdict
from litmus.render import text

if TYPE_CHECKING:  # what only some runs need is imported where it is used: starting takes longer than most tests
    from litmus.batch.expect import Expected


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with each file.

    `model` is a name or a path, None for the model of the test's architecture. `form` is `text` or `json`. `expected`
    says what is expected of the verdict on a file, None if nothing.
    """

    model: str | None = None
    include: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)
    form: str = "text"
    expected: Callable[[str, Verdict], Expected | None] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What a run says of one file.

    `output` is for stdout, `remarks` are for stderr, all whole lines; `cause` goes before the remarks, and may be left
    out if it was just said of another file. `test` is the name of the test, if it could be read. `checked`: there was
    an expectation; `failed`: the answer contradicts it.
    """

    file: str
    status: Status
    output: str = ""
    cause: str = ""
    remarks: str = ""
    test: str = ""
    checked: bool = False
    failed: bool = False


def run(plan: Plan, files: Sequence[str], jobs: int = 1) -> Generator[Row, None, None]:
    """Check files, by several processes if `jobs` is more than 1; a row for each file, as soon as it is its turn.

    A test with a time limit is always checked in another process, which can be killed. Raises ModelError if the
    model that the plan names cannot be read. Closing the iterator ends all work.
    """
    limit = plan.options.timeout
    if jobs == 1 and limit is None:
        checker = Checker(plan)
        for file in files:
            yield checker(file, _ignore)
        return
    _engine(plan)  # a model that cannot be read is told once, not by every process
    from litmus.base.workers import ordered

    overdue = None if limit is None else 1.5 * limit + 1
    yield from ordered(files, partial(Checker, plan), partial(_mended, plan), min(jobs, len(files)), overdue)


class Checker:
    """What is done with one file after another: an engine, and the plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._engine = _engine(plan)

    def __call__(self, file: str, last_word: Callable[[Row], None]) -> Row:
        """The row of a file, whatever is wrong with it.

        `last_word` takes the row that is to stand if the work is cut off.
        """
        plan, test = self._plan, None
        try:
            deadline = Deadline.after(plan.options.timeout)
            test = read_test(file, deadline)
            options = plan.options
            if options.timeout is not None:
                last_word(_answered(plan, file, self._cut_off(test, Status.TIMEOUT, "out of time")))
                options = replace(options, timeout=deadline.remaining())
            return _answered(plan, file, self._engine.check(test, plan.model, options))
        except LitmusError as error:
            return refused(plan, file, error, test)
        except MemoryError:
            self._engine = _engine(plan)
            if test is None:
                return refused(plan, file, LitmusError("out of memory"))
            return _answered(plan, file, self._cut_off(test, Status.LIMIT, "out of memory"))
        except Exception as error:
            self._engine = _engine(plan)
            return refused(plan, file, mistake(error), test)

    def _cut_off(self, test: LitmusTest, status: Status, message: str) -> Verdict:
        """The verdict that says nothing."""
        model = self._engine.model(self._plan.model or default_model(test.arch))
        return cut_off(test, model.name, status, message, self._plan.options.timeout or 0.0)


def _engine(plan: Plan) -> Engine:
    """A new engine that has read the plan's model. Raises ModelError."""
    engine = Engine(plan.include)
    if plan.model is not None:
        engine.model(plan.model)
    return engine


def _ignore(row: Row) -> None:
    """Nothing cuts off work in this process."""


def _mended(plan: Plan, file: str, last_word: Row | None, overdue: bool, reason: str) -> Row:
    """The row of a file whose process was lost."""
    if overdue:
        return last_word or refused(plan, file, LimitReached("timeout", "out of time"))
    return refused(plan, file, LitmusError(f"no answer: {reason}"))


def refused(plan: Plan, file: str, error: LitmusError, test: LitmusTest | None = None) -> Row:
    """The row of a file that could not be checked."""
    said, cause, status = str(error), "", Status.ERROR
    if isinstance(error, LimitReached):
        said, status = f"{file}: {error.limit}: {error.message}", Status(error.limit)
    elif error.span is None:
        said = f"{file}: {said}"
    elif error.span.source.name != file:  # it is in the model
        said, cause = f"{file}: error: the model cannot be used for this test", f"{said}\n"
    output = ""
    if plan.form == "json":
        from litmus.render import json

        output = json.error_line(file, cause + said, test, status=status)
    return Row(file, status, output, cause, f"{said}\n", test.name if test else "")


def _answered(plan: Plan, file: str, verdict: Verdict) -> Row:
    """The row of a file that was checked, even if not to the end."""
    word = "warning" if verdict.status is Status.DONE else verdict.status.value
    remarks = f"{file}: {word}: {verdict.message}\n" if verdict.message else ""
    expected = plan.expected(file, verdict) if plan.expected is not None else None
    found: tuple[str, ...] = ()
    if expected is not None:
        from litmus.batch.expect import differences

        found = differences(expected, verdict, plan.options)
        remarks += "".join([f"{file}: failed: {line}\n" for line in found])
    if plan.form == "json":
        from litmus.render import json

        output = json.line(file, verdict)
    else:
        output = text.block(verdict)
    return Row(file, verdict.status, output, "", remarks, verdict.test.name, expected is not None, bool(found))
