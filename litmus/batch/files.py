"""Checking many files: one row for each, in the order of the files, whatever happens to any of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError
from litmus.base.records import dataclass
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.cat.load import default_model, model_name
from litmus.engine import Engine, cut_off
from litmus.frontend.files import read_test
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Status, Verdict

if TYPE_CHECKING:  # what only some runs need is imported where it is used: starting takes longer than most tests
    from litmus.batch.expect import Expected


class RowWriter(Protocol):
    """How answers are written: whole lines, or nothing. It is pickled, as answers are written where they are found."""

    def answer(self, file: str, verdict: Verdict) -> str:
        """What stands for a verdict."""
        ...

    def refusal(self, file: str, error: str, test: LitmusTest | None, status: Status) -> str:
        """What stands for a file that could not be decided; its test is there if it could be read."""
        ...

    def complaint(self, file: str, error: LitmusError | InternalError, usual: str) -> str:
        """What goes to stderr for such a file, in the usual words or in others."""
        ...

    def remarks(self, file: str, verdict: Verdict, usual: str) -> str:
        """What goes to stderr beside a verdict, in the usual words or in others."""
        ...


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """What is to be done with each file.

    `model` is a name or a path, None for the model of the test's architecture; `bell` and `macros` are files that run
    before it and that define the functions of kernel C. `expected` says what is expected of the
    verdict on a file, None if nothing. If `strict`, what is remarked about a test is an error. A test is decided as
    `change` makes it, which is pickled.
    """

    writer: RowWriter
    model: str | None = None
    include: tuple[Path, ...] = ()
    bell: Path | None = None
    macros: Path | None = None
    options: Options = field(default_factory=Options)
    expected: Callable[[str, Verdict], Expected | None] | None = None
    strict: bool = False
    change: Callable[[LitmusTest], LitmusTest] | None = None


@dataclass(frozen=True, slots=True)
class FileRow:
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


def run(plan: CheckPlan, files: Sequence[str], jobs: int | None = None) -> Generator[FileRow, None, None]:
    """Check files, by so many processes or, for None, in this one; a row for each file, as soon as it is its turn.

    Only a process of its own can be killed if a test does not heed its time limit. Raises ModelError if the model that
    the plan names cannot be read. Closing the iterator ends all work.
    """
    check = _Check(plan)
    engine = check.engine()
    if plan.model is not None:
        with suppress(LimitReached):  # this is for each file to say
            engine.model(plan.model, Deadline.after(plan.options.timeout))  # an error now, not one of every process
    for _, row in answers(check, files, jobs, plan.options.timeout, engine):
        yield row


@dataclass(frozen=True, slots=True)
class _Check(Inquiry[str, LitmusTest, FileRow]):
    """Asks for the rows of files; of a file, what is known before its verdict is the test in it."""

    plan: CheckPlan

    def engine(self) -> Engine:
        return Engine(self.plan.include, bell=self.plan.bell, macros=self.plan.macros)

    def ask(self, engine: Engine, item: str, know: Callable[[LitmusTest], None]) -> FileRow:
        deadline = Deadline.after(self.plan.options.timeout)
        test = read_test(item, deadline, self.plan.strict)
        if self.plan.change is not None:
            test = self.plan.change(test)
        know(test)
        return _answered(self.plan, item, engine.check(test, self.plan.model, self.plan.options.until(deadline)))

    def instead(self, item: str, error: LitmusError | InternalError, known: LitmusTest | None) -> FileRow:
        if known is None or not isinstance(error, LimitReached):
            return refused(self.plan, item, error, known)
        model = _model_name(self.plan.model, known)
        seconds = self.plan.options.timeout or 0.0
        return _answered(self.plan, item, cut_off(known, model, Status(error.limit), error.message, seconds))

    def subject(self, item: str, known: LitmusTest | None) -> Subject:
        files = [str(path) for path in (self.plan.bell, self.plan.macros) if path is not None]
        return Subject((item, *files), None, known, self.plan.model, self.plan.include, self.plan.options)


def _model_name(reference: str | None, test: LitmusTest) -> str:
    """What a verdict on a test calls the model; empty if there is none."""
    try:
        return model_name(reference or default_model(test.dialect))
    except LitmusError:
        return ""


def refused(plan: CheckPlan, file: str, error: LitmusError | InternalError, test: LitmusTest | None = None) -> FileRow:
    """The row of a file that could not be checked."""
    said, cause, status = str(error), "", Status.ERROR
    if isinstance(error, InternalError):
        said, status = f"{file}: {said}", Status.INTERNAL
    elif isinstance(error, LimitReached):
        said, status = f"{file}: {error.limit}: {error.message}", Status(error.limit)
    elif error.span is None:
        said = f"{file}: {said}"
    elif error.span.source.name != file:  # it is in the model
        name = (test and _model_name(plan.model, test)) or plan.model or error.span.source.name
        said, cause = f"{file}: error: the model '{name}' cannot be used for this test", f"{said}\n"
    output = plan.writer.refusal(file, cause + said, test, status)
    complaint = plan.writer.complaint(file, error, f"{said}\n")
    return FileRow(file, status, output, cause, complaint, test.name if test else "")


def _answered(plan: CheckPlan, file: str, verdict: Verdict) -> FileRow:
    """The row of a file that was checked, even if not to the end."""
    word = "warning" if verdict.status is Status.DONE else verdict.status.value
    remarks = "".join([f"{remark}\n" for remark in verdict.test.remarks])
    remarks += f"{file}: {word}: {verdict.message}\n" if verdict.message else ""
    remarks = plan.writer.remarks(file, verdict, remarks)
    expected = plan.expected(file, verdict) if plan.expected is not None else None
    found: tuple[str, ...] = ()
    if expected is not None:
        from litmus.batch.expect import differences

        found = differences(expected, verdict, plan.options)
        remarks += "".join([f"{file}: failed: {line}\n" for line in found])
    output = plan.writer.answer(file, verdict)
    return FileRow(file, verdict.status, output, "", remarks, verdict.test.name, expected is not None, bool(found))
