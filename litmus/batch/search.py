"""A smallest program that tells two models apart, found by a solver among all of a size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from litmus.base.deadline import OUT_OF_TIME, Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError, ModelError, UnsupportedError, UsageError
from litmus.batch import programs
from litmus.batch.apart import Apart
from litmus.batch.differences import Difference, DifferencePlan, difference
from litmus.batch.driver import Inquiry, answers
from litmus.batch.faults import Subject
from litmus.batch.languages import C11, KERNEL_C, Language
from litmus.batch.programs import Step, Threads
from litmus.batch.sketch import Sketch
from litmus.engine import Engine
from litmus.frontend.outcome import with_outcome
from litmus.ir.litmus_test import LitmusTest


@dataclass(frozen=True, slots=True)
class Way:
    """How programs are written: in a language, or in the assembly that its programs have on an architecture."""

    language: Language
    architecture: str | None = None

    def test(self, program: Threads, era: str) -> LitmusTest:
        """The test of a program. Raises UnsupportedError."""
        test = self.language.test(programs.canonical(program), "program")
        if self.architecture is None:
            return test
        from litmus.base.source import Source
        from litmus.cat import registry
        from litmus.frontend.parser import parse_test
        from litmus.kernel import emit

        return parse_test(Source("<program>", emit.assembly(test, registry.info(self.architecture), era).text))

    def statements(self, test: LitmusTest, era: str) -> LitmusTest:
        """A test in the language with the statements that it has when it is so written. Raises UnsupportedError."""
        if self.architecture is None:
            return test
        from litmus.cat import registry
        from litmus.kernel.lowering import lower

        info = registry.info(self.architecture)
        return replace(lower(test, info, era), arch=self.test(_SMALLEST, era).arch)


_SMALLEST: Threads = ((Step("", "R", 0),), (Step("", "W", 0),))


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found: a program whose test tells the models apart, if there is one of at most so many `accesses`.

    No such program has fewer accesses; none with as many has fewer links, and none with as many links fewer threads.
    `found` has the condition that asks for a state that only one of the models allows. `links` are those that programs
    could have: `missing` ones are not there under one of the models. `looked` of the ways to split accesses among
    threads were searched. Those `left` came to a limit, the first with `reason`: each is how many accesses each thread
    has, and may have a program.
    """

    accesses: int
    links: tuple[str, ...]
    missing: tuple[str, ...] = ()
    looked: int = 0
    found: Difference | None = None
    program: Threads | None = None
    left: tuple[tuple[int, ...], ...] = ()
    reason: str = ""

    @property
    def undecided(self) -> int:
        """How many ways to split accesses came to a limit."""
        return len(self.left)


_Best = tuple[Threads, Difference]
_Found = _Best | LitmusError | InternalError | None


@dataclass(frozen=True, slots=True)
class _Search(Inquiry[tuple[int, ...], LitmusTest, _Found]):
    """Asks for a program with the fewest links whose threads have some lengths."""

    plan: DifferencePlan
    way: Way
    links: tuple[str, ...]
    deadline: Deadline

    def engine(self) -> Engine:
        return self.plan.engine(self.deadline)

    def ask(self, engine: Engine, item: tuple[int, ...], know: Callable[[LitmusTest], None]) -> _Found:
        plan, options, deadline = self.plan, self.plan.options, self.deadline
        sketch = Sketch(item, self.way.language, self.links)
        whole = self.way.statements(sketch.test, options.era)
        models = [engine.model(model, deadline) for model in plan.models]
        best: _Best | None = None
        with closing(Apart(engine, sketch, whole, models, options, deadline)) as apart:
            most: int | None = None
            while (most is None or most >= 0) and (program := apart.program(most)) is not None:
                test = self.way.test(program, options.era)
                know(test)
                found = difference(engine, test, plan.models, options, deadline)
                if found.differs:
                    best = program, found
                    most = programs.linked(program) - 1
                else:
                    apart.exclude()
        return best

    def instead(self, item: tuple[int, ...], error: LitmusError | InternalError, known: LitmusTest | None) -> _Found:
        return error

    def subject(self, item: tuple[int, ...], known: LitmusTest | None) -> Subject:
        return self.plan.subject((), known)


def search(
    plan: DifferencePlan, accesses: int, jobs: int | None = None, told: Callable[[int, int], object] | None = None
) -> Searched:
    """A smallest program with at most so many accesses that tells two models apart.

    The time limit is one for the whole search, by all processes. `told` is told how many ways to split accesses among
    threads were searched, of how many up to their number. Raises UsageError for too many accesses, and if there is no
    kind of program that both models decide; ModelError for a model that cannot be read; InternalError.
    """
    if not 2 <= accesses <= programs.MOST:
        raise UsageError(f"a search has 2 to {programs.MOST} accesses, not {accesses}")
    deadline = Deadline.after(plan.options.timeout)
    engine = plan.engine(deadline)
    way = way_of(engine, plan, deadline)
    known = way.language.every_link(plan.options.era)
    links = tuple(link for link in known if _is_there(engine, plan, way, link, deadline))
    result = Searched(accesses, links, tuple(link for link in known if link not in links))
    searching = _Search(plan, way, links, deadline)
    total = 0
    for size in range(2, accesses + 1):
        items = programs.splits(size)
        if deadline.remaining() == 0:  # no process need be started to find that out
            result = replace(result, left=(*result.left, *items), reason=result.reason or OUT_OF_TIME)
            continue
        total += len(items)
        fewest = size
        with closing(answers(searching, items, jobs, deadline.remaining(), engine)) as rows:
            for item, answer in rows:
                result = replace(result, looked=result.looked + 1)
                if isinstance(answer, InternalError):
                    raise answer
                if isinstance(answer, LitmusError):
                    reason = result.reason or answer.message
                    result = replace(result, left=(*result.left, item), reason=reason)
                elif answer is not None and programs.linked(answer[0]) < fewest:
                    fewest = programs.linked(answer[0])
                    result = replace(result, program=answer[0], found=_asking(answer[1]))
                if told is not None:
                    told(result.looked, total)
                if not fewest:
                    break
        if result.found is not None:
            break
    return result


def _asking(found: Difference) -> Difference:
    """The difference, with a test that asks for the first state that only one of the models allows."""
    state = (found.only[0] or found.only[1])[0]
    more, less = found.models if found.only[0] else reversed(found.models)
    return replace(found, test=replace(with_outcome(found.test, state), name=f"{more}-not-{less}"))


# --- how programs are written -----------------------------------------------------------------------------------------


def _ways(beside: Collection[str]) -> Iterator[Way]:
    """How programs can be written: in kernel C, in C11, or in the assembly that kernel C is on an architecture.

    Before C11 come the architectures whose models are `beside` one without a description: such a file may take programs
    in C11, but for what their accesses and fences are on no machine.
    """
    from litmus.cat import registry
    from litmus.kernel import emit

    yield Way(KERNEL_C)
    test = KERNEL_C.test(_SMALLEST, "program")
    written = [info.name for info in registry.models() if info.default_for and emit.has_assembly(info, test)]
    yield from (Way(KERNEL_C, name) for name in written if name in beside)
    yield Way(C11)
    yield from (Way(KERNEL_C, name) for name in written if name not in beside)


def way_of(engine: Engine, plan: DifferencePlan, deadline: Deadline) -> Way:
    """How to write programs so that both models decide them. Raises UsageError if there is no way."""
    reasons = []
    try:
        described = [engine.model(model, deadline).description() for model in plan.models]
    except LimitReached:  # this is for each search to say
        return Way(KERNEL_C)
    beside = {info.name for info in described if info is not None} if None in described else set()
    for way in _ways(beside):
        try:
            _ready(engine, plan, way.test(_SMALLEST, plan.options.era), deadline)
        except LimitReached:  # this is for each search to say
            return way
        except (ModelError, UnsupportedError, UsageError) as error:
            if way.architecture is None:  # the architectures would all say the same
                reasons.append(error.message)
        else:
            return way
    both = " and ".join(plan.models)
    raise UsageError(f"no program is decided by both {both}: {'; '.join(dict.fromkeys(reasons))}")


def _is_there(engine: Engine, plan: DifferencePlan, way: Way, link: str, deadline: Deadline) -> bool:
    """Whether programs may have a link under both models."""
    before, kind = next(kinds for kinds, possible in way.language.links.items() if link in possible)
    try:
        program = ((Step("", before, 0), Step(link, kind, 0)), (Step("", "W", 0),))
        _ready(engine, plan, way.test(program, plan.options.era), deadline)
    except UnsupportedError:
        return False
    except LimitReached:  # this is for each search to say
        return True
    return True


def _ready(engine: Engine, plan: DifferencePlan, test: LitmusTest, deadline: Deadline) -> None:
    """Raises what is raised if one of the models does not decide a test."""
    for model in plan.models:
        engine.prepare(test, model, plan.options, deadline)
