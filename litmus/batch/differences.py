"""The tests that tell two models apart: those given, or a smallest one that a search finds."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError, ModelError, UnsupportedError, UsageError
from litmus.batch import programs
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.engine import Engine
from litmus.frontend.files import read_test
from litmus.frontend.outcome import with_outcome
from litmus.frontend.state_lines import lines
from litmus.ir.litmus_test import C11, LitmusTest
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

    def engine(self) -> Engine:
        """A new engine that has read both models. Raises ModelError."""
        engine = Engine(self.include, self.confined)
        with suppress(LimitReached):  # this is for each test to say
            for model in self.models:
                engine.model(model, Deadline.after(self.options.timeout))
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
        return self.plan.engine()

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
    yield from answers(_Given(plan), files, jobs, plan.options.timeout, plan.engine())


# --- a smallest one ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found: a program whose test tells the models apart, if there is one, among so many looked at.

    `found` has the condition that asks for a state that only one of the models allows. `undecided` programs came to a
    limit, the first with `reason`, and `unsupported` use what one of the models has not.
    """

    looked: int
    accesses: int
    found: Difference | None = None
    undecided: int = 0
    unsupported: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Search(Inquiry[programs.Threads, LitmusTest, Found]):
    """Asks for the difference of programs, written in one way."""

    plan: DifferencePlan
    way: str

    def engine(self) -> Engine:
        return self.plan.engine()

    def ask(self, engine: Engine, item: programs.Threads, know: Callable[[LitmusTest], None]) -> Found:
        deadline = Deadline.after(self.plan.options.timeout)
        test = _written(item, self.way, self.plan.options.era)
        know(test)
        return difference(engine, test, self.plan.models, self.plan.options, deadline)

    def instead(self, item: programs.Threads, error: LitmusError | InternalError, known: LitmusTest | None) -> Found:
        return error

    def subject(self, item: programs.Threads, known: LitmusTest | None) -> Subject:
        return self.plan.subject((), known)


_KERNEL_C = "C"


def _written(program: programs.Threads, way: str, era: str) -> LitmusTest:
    """A program as a test in kernel C, in C11, or in the assembly of an architecture. Raises UnsupportedError."""
    if way == C11:
        return programs.in_c11(program, "program")
    test = programs.in_kernel_c(program, "program")
    if way == _KERNEL_C:
        return test
    from litmus.base.source import Source
    from litmus.cat import registry
    from litmus.frontend.parser import parse_test
    from litmus.kernel import emit

    return parse_test(Source("<program>", emit.assembly(test, registry.info(way), era).text))


def search(
    plan: DifferencePlan, accesses: int, jobs: int | None = None, told: Callable[[int, int], object] | None = None
) -> Searched:
    """The first program with at most so many accesses that tells two models apart, in the order of `programs`.

    `told` is told how many programs were looked at, of how many up to their size. Raises UsageError for too many
    accesses, and if there is no kind of program that both models decide; ModelError for a model that cannot be read;
    InternalError.
    """
    if not 2 <= accesses <= programs.MOST:
        raise UsageError(f"a search has 2 to {programs.MOST} accesses, not {accesses}")
    engine = plan.engine()
    asked = _Search(plan, _way(engine, plan))
    result = Searched(0, accesses)
    total = 0
    for size in range(2, accesses + 1):
        items = programs.programs(size, plan.options.era, C11 if asked.way == C11 else "")
        total += len(items)
        with closing(answers(asked, items, jobs, plan.options.timeout, engine)) as found:
            for _, answer in found:
                result = _counted(result, answer)
                if told is not None:
                    told(result.looked, total)
                if result.found is not None:
                    return result
    return result


def _counted(result: Searched, answer: Found) -> Searched:
    result = replace(result, looked=result.looked + 1)
    if isinstance(answer, InternalError):
        raise answer
    if isinstance(answer, UnsupportedError):
        return replace(result, unsupported=result.unsupported + 1)
    if isinstance(answer, LitmusError):
        reason = result.reason or answer.message
        return replace(result, undecided=result.undecided + 1, reason=reason)
    return replace(result, found=_asking(answer)) if answer.differs else result


def _asking(found: Difference) -> Difference:
    """The difference, with a test that asks for the first state that only one of the models allows."""
    state = (found.only[0] or found.only[1])[0]
    more, less = found.models if found.only[0] else reversed(found.models)
    return replace(found, test=replace(with_outcome(found.test, state), name=f"{more}-not-{less}"))


def _ways(program: programs.Threads) -> Iterator[str]:
    """How programs can be written: in kernel C, in C11, or in the assembly of an architecture, by its name."""
    from litmus.cat import registry
    from litmus.kernel import emit

    yield _KERNEL_C
    yield C11
    test = programs.in_kernel_c(program, "program")
    yield from (info.name for info in registry.models() if info.default_for and emit.has_assembly(info, test))


def _way(engine: Engine, plan: DifferencePlan) -> str:
    """How to write programs so that both models decide them. Raises UsageError if there is no way."""
    first = programs.programs(2)[0]
    reasons = []
    for way in _ways(first):
        try:
            asked = plan.options, Deadline.after(plan.options.timeout)
            difference(engine, _written(first, way, plan.options.era), plan.models, *asked)
        except LimitReached:  # this is for each program to say
            return way
        except (ModelError, UnsupportedError, UsageError) as error:
            reasons.append(error.message)
        else:
            return way
    both = " and ".join(plan.models)
    raise UsageError(f"no program is decided by both {both}: {'; '.join(dict.fromkeys(reasons))}")
