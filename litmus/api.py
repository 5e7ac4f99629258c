"""The functions of `import litmus`, which do what the commands do."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from litmus.base import arguments
from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import InternalError, UsageError
from litmus.base.source import Source
from litmus.batch import table as comparison
from litmus.batch.faults import Subject, saving
from litmus.batch.table import Comparison
from litmus.cat import registry
from litmus.cat.description import ModelInfo
from litmus.engine import Engine
from litmus.frontend.files import read_test, strictly
from litmus.frontend.parser import parse_test
from litmus.ir.eras import NEWEST
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Verdict
from litmus.parameters import CHECKS, folders_of, given, options_of

if TYPE_CHECKING:
    from litmus.barriers.report import BarrierReport
    from litmus.batch.survey import Survey
    from litmus.catalog.entries import Shelf
    from litmus.explanations.explanation import Explanation

_KEPT = 8  # engines for each thread


@given
def load(path: str | os.PathLike[str], *, strict: bool = False, timeout: float | None = None) -> LitmusTest:
    """Read the test in a `.litmus` file, or a test of the catalogue, as `catalog:SB+mbs`.

    Raises ParseError if the file cannot be parsed, UnsupportedError if it uses a construct that is not supported, both
    with file, line and column; UsageError if there is no such file; LimitReached if it takes more than `timeout`
    seconds. What is odd about a test is in its `remarks`; if `strict`, it is a ParseError.
    """
    return _read(path, Deadline.after(timeout), strict)


def _read(
    test: LitmusTest | str | os.PathLike[str], deadline: Deadline = NO_DEADLINE, strict: bool = False
) -> LitmusTest:
    """A test, or the test in a file. Raises what `load` raises."""
    if isinstance(test, LitmusTest):
        return test
    name = os.fspath(test)
    if "\n" in name and not os.path.exists(name):
        raise UsageError("this is the text of a test, not the name of a file", hint="litmus.parse reads it")
    with saving(Subject((name,))):
        return read_test(name, deadline, strict)


@given
def parse(text: str, name: str = "<text>", *, strict: bool = False, timeout: float | None = None) -> LitmusTest:
    """Read a test from a text in the `.litmus` format; error messages give `name` as the file.

    Raises ParseError, UnsupportedError, LimitReached; `strict` and `timeout` are as for `load`.
    """
    source = Source(name, text)
    with saving(Subject(source=source)):
        test = parse_test(source, Deadline.after(timeout))
        return strictly(test) if strict else test


@given
def check(
    test: LitmusTest | str | os.PathLike[str],
    model: str | os.PathLike[str] | None = None,
    *,
    unroll: int = 2,
    timeout: float | None = None,
    verdict_only: bool = False,
    executions: bool = False,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
    confined: bool = False,
) -> Verdict:
    """Decide a test, or the test in a file, under a memory model.

    `model` is the name of one of `models()` or the path of a `.cat` file; the default is the model of the test's
    architecture. `include` lists folders in which to search the files that a cat file includes, `variants` the names
    for which `if "..."` in a model is true. Loops are unrolled `unroll` times. With `verdict_only` the condition is
    decided and no states are listed, which scales much further. With `executions`, `positive` and `negative` count
    consistent executions instead of states. `era` selects the kernel whose primitives a test in kernel C uses.
    `passing` is the passing table of the bridges of a PCI test, a name or a file; the default is the table that the
    test names. After `timeout` seconds the verdict contains what was found by then; to read the test and the model
    counts.

    A service that decides models of others sets `confined`: then a cat file includes files from its own folder, from
    `include` and from those that come with litmus, and no others, and its description is in its folder, too: errors
    show lines of files.

    A limit that was hit is no error but the verdict's `status`; it is an error, LimitReached, if the test could not be
    read in time. Raises ParseError, UnsupportedError, ModelError, UsageError; InternalError, which is no LitmusError,
    for a fault of litmus. May be called by several threads at once: each has an engine of its own.
    """
    deadline = Deadline.after(timeout)
    test = _read(test, deadline)
    folders = folders_of(include)
    options = options_of(
        unroll=unroll,
        timeout=timeout,
        verdict_only=verdict_only,
        executions=executions,
        variants=variants,
        era=era,
        passing=passing,
    )
    reference = None if model is None else os.fspath(model)
    with _engine(Subject(test=test, model=reference, include=folders, options=options), confined) as engine:
        return engine.check(test, reference, options.until(deadline))


def models() -> Sequence[ModelInfo]:
    """The models that come with litmus, sorted by name: description, sources, and the architectures each decides."""
    return registry.models()


class _Engines(threading.local):
    """The engines of a thread, one for each list of include folders, confined to them or not.

    They are kept because an engine caches the models it has read. Threads do not share them because two threads may
    not use a z3 context at once.
    """

    def __init__(self) -> None:
        self._engines: dict[tuple[tuple[Path, ...], bool], Engine] = {}

    def get(self, include: tuple[Path, ...], confined: bool = False) -> Engine:
        engine = self._engines.get((include, confined))
        if engine is None:
            if len(self._engines) >= _KEPT:
                self._engines.clear()
            engine = self._engines[include, confined] = Engine(include, confined)
        return engine

    def forget(self) -> None:
        """Make new ones."""
        self._engines.clear()


_ENGINES = _Engines()


@contextmanager
def _engine(subject: Subject, confined: bool = False) -> Iterator[Engine]:
    """The engine of this thread to work on something. A fault of litmus is saved.

    After a fault, or for want of memory, the engine may be broken and is not used again.
    """
    try:
        with saving(subject):
            yield _ENGINES.get(subject.include, confined)
    except (InternalError, MemoryError):
        _ENGINES.forget()
        raise


@arguments.checked({**CHECKS, "era": arguments.one_or_several(arguments.path)})
def compare(
    tests: Iterable[LitmusTest | str | os.PathLike[str]],
    archs: Sequence[str],
    era: str | Sequence[str] = NEWEST,
    *,
    baseline: str | None = None,
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    jobs: int = 1,
    confined: bool = False,
) -> Comparison:
    """Decide tests on several architectures, tests in kernel C also for kernels of one or several eras.

    Eras are `v2.6.27` and `v6`, or `all`. `baseline` is the architecture or the era with which the others are compared.
    If `jobs` is more than 1, that many processes work at once. A cell is given up after `timeout` seconds.
    Architectures are named as models are for `check`, `include`, `variants` and `confined` are as there; the columns of
    the result have the names of the models.

    What an architecture cannot decide is a cell with the error, and so is what was lost with a process that died, or by
    a fault of litmus (InternalError).
    Raises UsageError for an unknown era or baseline, ModelError for an unknown architecture, ParseError for a file that
    cannot be read, LimitReached for one that takes more than `timeout` seconds to read.
    """
    read = [_read(test, Deadline.after(timeout)) for test in tests]
    options = options_of(unroll=unroll, timeout=timeout, verdict_only=True, variants=variants)
    processes = jobs if jobs > 1 else None
    folders = folders_of(include)
    engine = _ENGINES.get(folders, confined)
    found = comparison.compare(read, archs, era, baseline, options, engine, processes, folders, confined)
    if any(cell.internal or cell.limited for row in found.rows for cell in row.cells):
        _ENGINES.forget()  # the engine may be broken
    return found


@given
def survey(
    test: LitmusTest | str | os.PathLike[str],
    model: str | os.PathLike[str] | None = None,
    *,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    confined: bool = False,
) -> Survey:
    """Decide a PCI test with its devices on every bus of its tree, and count the placements that allow its outcome.

    If `jobs` is more than 1, that many processes work at once. A placement is given up after `timeout` seconds. The
    other parameters are as for `check`. Raises UsageError for a test without a topology, or with too many placements,
    and the errors of `check`.
    """
    from litmus.batch.survey import survey as surveyed  # for PCI only

    options = options_of(timeout=timeout, era=era, passing=passing)
    read = _read(test, Deadline.after(timeout))
    folders = folders_of(include)
    reference = None if model is None else os.fspath(model)
    with saving(Subject(test=read, model=reference, include=folders, options=options)):
        return surveyed(read, reference, options, jobs if jobs > 1 else None, folders, confined)


@given
def lower(
    test: LitmusTest | str | os.PathLike[str], arch: str, era: str = NEWEST, *, confined: bool = False
) -> LitmusTest:
    """A test in kernel C, or in C11, as the operations of an architecture, which is named as for `compare`.

    `confined` is as for `check`: the description of an architecture is in its folder, and so is what that reads.
    Raises UnsupportedError for a primitive without a mapping, UsageError for an era without a mapping, ModelError for
    an unknown architecture, and for one that does not say how C11 is compiled.
    """
    from litmus.kernel.emit import lowered  # for C only

    read = _read(test)
    info = registry.info(arch, confined)
    with saving(Subject(test=read, model=arch)):
        return lowered(read, info, era)


@given
def assembly(test: LitmusTest | str | os.PathLike[str], arch: str, era: str = NEWEST, *, confined: bool = False) -> str:
    """A test in C as the text of a `.litmus` file in an architecture's assembly, which decides as the test does.

    Raises the errors of `lower`, UnsupportedError for an architecture whose assembly is not known and for an operation
    without an instruction, and UsageError for a test that is not in C. `arch` and `confined` are as for `lower`.
    """
    from litmus.kernel import emit  # for C only

    read = _read(test)
    info = registry.info(arch, confined)
    with saving(Subject(test=read, model=arch)):
        return emit.assembly(read, info, era).text


@given
def listing(test: LitmusTest | str | os.PathLike[str], arch: str, era: str = NEWEST, *, confined: bool = False) -> str:
    """A test in C with the operations of an architecture beside its lines; for people.

    Raises the errors of `lower`, and UsageError for a test that is not in C. `arch` and `confined` are as there.
    """
    from litmus.kernel import emit  # for C only

    read = _read(test)
    info = registry.info(arch, confined)
    with saving(Subject(test=read, model=arch)):
        return emit.listing(read, info, era)


@given
def graph(
    test: LitmusTest | str | os.PathLike[str],
    model: str | os.PathLike[str] | None = None,
    *,
    violating: bool = False,
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
    confined: bool = False,
) -> str:
    """An SVG picture of an execution with the outcome that a test asks about; for `forall`, of one that refutes it.

    If the model forbids the outcome and `violating` is set, the picture shows a candidate execution with the outcome
    and the axioms that it violates. The other parameters are as for `check`. Raises LitmusError if there is no
    execution to draw or a limit was hit, and the errors of `check`.
    """
    from litmus.base.display import Picture
    from litmus.explanations.witness import witness
    from litmus.render.graph import svg  # few programs want it

    deadline = Deadline.after(timeout)
    options = options_of(unroll=unroll, timeout=timeout, variants=variants, era=era, passing=passing)
    read = _read(test, deadline)
    reference = None if model is None else os.fspath(model)
    folders = folders_of(include)
    with _engine(Subject(test=read, model=reference, include=folders, options=options), confined) as engine:
        return Picture(svg(witness(engine, read, reference, options.until(deadline), violating), deadline))


@given
def explain(
    test: LitmusTest | str | os.PathLike[str],
    model: str | os.PathLike[str] | None = None,
    *,
    state: str | None = None,
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
    confined: bool = False,
) -> Explanation:
    """Why the outcome that a test asks about is impossible, or how it comes about and what would rule it out.

    `state` is another outcome in place of the condition's, such as `1:r1=1; [x]=0`. The other parameters are as for
    `check`. Raises ParseError for a state that is none, LimitReached (a LitmusError) at a limit, and the errors of
    `check`.
    """
    from litmus.explanations.explanation import explain as explained  # few programs want it
    from litmus.frontend.outcome import with_outcome

    deadline = Deadline.after(timeout)
    options = options_of(unroll=unroll, timeout=timeout, variants=variants, era=era, passing=passing)
    read = _read(test, deadline)
    asked = read if state is None else with_outcome(read, state)
    reference = None if model is None else os.fspath(model)
    folders = folders_of(include)
    with _engine(Subject(test=read, model=reference, include=folders, options=options), confined) as engine:
        return explained(engine, asked, reference, options.until(deadline))


@given
def shelves(place: str | os.PathLike[str] | None = None) -> tuple[Shelf, ...]:
    """The shelves of a catalogue; the default is the catalogue that comes with litmus.

    Raises LitmusError for a shelf that does not follow the schema, ParseError for a test that cannot be read,
    UsageError for a folder that is not a catalogue.
    """
    from litmus.catalog import places  # few programs want it

    return places.shelves(None if place is None else Path(place))


def _printed(name: str, value: object) -> object:
    if not isinstance(value, LitmusTest | str | os.PathLike):
        from litmus.barriers.report import BarrierReport
        from litmus.explanations.explanation import Explanation

        if isinstance(value, Explanation | BarrierReport):
            return value
    return CHECKS["test"](name, value)


@arguments.checked({"test": _printed})
def text(test: LitmusTest | Explanation | BarrierReport | str | os.PathLike[str]) -> str:
    """A test as the text of a `.litmus` file, from which `parse` makes the same test, except for places in the text.

    A test that was lowered to operations is printed as it was before; `assembly` has those of some architectures. An
    explanation and a report on barriers are printed as the commands `explain` and `barriers` print them.
    """
    from litmus.frontend.printer import print_test  # few programs want it

    if isinstance(test, LitmusTest | str | os.PathLike):
        return print_test(_read(test))
    from litmus.barriers.report import BarrierReport
    from litmus.render.barriers.text import text as report
    from litmus.render.explanation import rendered

    return report(test, test.test.source.name) if isinstance(test, BarrierReport) else rendered(test, "", "text")


@arguments.checked({**CHECKS, "archs": arguments.one_or_several(arguments.path)})
def validate_barriers(
    test: LitmusTest | str | os.PathLike[str],
    archs: str | Sequence[str],
    *,
    era: str = NEWEST,
    repair: bool = True,
    each: bool = False,
    every: bool = False,
    candidates: str | Iterable[str] = (),
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    confined: bool = False,
) -> BarrierReport:
    """Which barriers of a test are needed on some architectures, which belong together, and the cheapest repair.

    If an architecture allows the outcome that the test asks about, and `repair` is set, the cheapest barriers that
    forbid it on all of them are found; with `each`, on each by itself; with `every`, all that cost as little.
    `candidates` are the kinds of changes that may be made: `barriers`, `accesses`, `dependencies`, and with buses
    `attributes` and `read-backs`; all but dependencies if none are named, and `all` for all.
    Architectures are named as for `compare`; both lists may be one text with commas. The other parameters are as for
    `check`.

    Raises LimitReached (a LitmusError) at a limit, UsageError for an unknown era, for unknown candidates or for
    architectures that are named twice, and the errors of `check` if no architecture decides the test.
    """
    from litmus.barriers.examine import Wanted, examine  # few programs want it
    from litmus.barriers.kinds import USUAL, named_kinds
    from litmus.batch.columns import named

    deadline = Deadline.after(timeout)
    options = options_of(unroll=unroll, timeout=timeout, variants=variants, era=era)
    read = _read(test, deadline)
    folders = folders_of(include)
    names = candidates.split(",") if isinstance(candidates, str) else tuple(candidates)
    kinds = named_kinds(names) if names else USUAL
    chosen = named(archs.split(",") if isinstance(archs, str) else archs)
    with _engine(Subject(test=read, model=chosen[0], include=folders, options=options), confined) as engine:
        return examine(engine, read, chosen, options.until(deadline), Wanted(repair, each, every, kinds))
