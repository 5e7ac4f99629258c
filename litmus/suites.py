"""What tests say of models: the functions of `import litmus` that do what `diff`, `coverage` and `soundness` do.

>>> import litmus
>>> litmus.tell_apart("x86-tso", "sc").found.only
(('0:r0=0; 1:r0=0; [x]=1; [y]=1;',), ())
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from litmus.api import load
from litmus.base.arguments import checked, path
from litmus.base.deadline import Deadline
from litmus.batch.coverage import CoveragePlan, Mutants, needs
from litmus.batch.differences import Difference, DifferencePlan, difference
from litmus.batch.faults import saving
from litmus.batch.search import Searched, search
from litmus.batch.soundness import Soundness, SoundnessPlan
from litmus.cat.clauses import Clause, clauses
from litmus.ir.eras import NEWEST
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.parameters import CHECKS, folders_of, given, options_of

Tests = Iterable[LitmusTest | str | os.PathLike[str]]
Model = str | os.PathLike[str]


@given
def differences(
    tests: Tests,
    first: Model,
    second: Model,
    *,
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
    confined: bool = False,
) -> tuple[Difference, ...]:
    """What two models say of each test: the final states that only one of them allows.

    Models and the other parameters are as for `check`; each test has `timeout` seconds for both. Raises LimitReached
    for a test whose states are not all listed, and the errors of `check`.
    """
    options = options_of(unroll=unroll, timeout=timeout, variants=variants, era=era, passing=passing)
    plan = _plan(first, second, include, options, confined)
    engine = plan.engine(Deadline.after(timeout))
    found = []
    for test in tests:
        deadline = Deadline.after(timeout)
        read = test if isinstance(test, LitmusTest) else load(test, timeout=timeout)
        with saving(plan.subject((), read)):
            found.append(difference(engine, read, plan.models, plan.options, deadline))
    return tuple(found)


@given
def tell_apart(
    first: Model,
    second: Model,
    accesses: int = 5,
    *,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    era: str = NEWEST,
    jobs: int = 1,
    confined: bool = False,
) -> Searched:
    """A smallest program with at most so many accesses that tells two models apart, if there is one.

    Which programs there are says `litmus.batch.programs`. After `timeout` seconds the search ends with what it has, and
    says what is `left`; if `jobs` is more than 1, that many processes work at once. The other parameters are as for
    `check`.

    Raises UsageError for too many accesses, and if there is no kind of program that both models decide; ModelError,
    InternalError.
    """
    options = options_of(timeout=timeout, variants=variants, era=era)
    plan = _plan(first, second, include, options, confined)
    return search(plan, accesses, jobs if jobs > 1 else None)


@checked({**CHECKS, "model": path})
def coverage(
    tests: Tests,
    model: Model,
    *,
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    variants: Iterable[str] = (),
    era: str = NEWEST,
    passing: str | os.PathLike[str] | None = None,
    confined: bool = False,
) -> Mapping[Clause, tuple[str, ...]]:
    """For each clause of a model, the names of the tests whose answer is another without it.

    The parameters are as for `check`; each test has `timeout` seconds with all clauses. Raises LimitReached for a test
    that is not decided in time, and the errors of `check`.
    """
    options = options_of(unroll=unroll, timeout=timeout, verdict_only=True, variants=variants, era=era, passing=passing)
    plan = CoveragePlan(os.fspath(model), folders_of(include), options, confined)
    engine = Mutants(plan)
    found: dict[Clause, list[str]] = {clause: [] for clause, _ in clauses(engine.whole)}
    for test in tests:
        deadline = Deadline.after(timeout)
        read = test if isinstance(test, LitmusTest) else load(test, timeout=timeout)
        with saving(plan.subject((), read)):
            needed = needs(engine, read, options, deadline).clauses
        for number, names in enumerate(found.values()):
            names += [read.name] if number in needed else []
    return {clause: tuple(names) for clause, names in found.items()}


@given
def soundness(
    tests: Tests,
    archs: Iterable[str | os.PathLike[str]] = (),
    era: str = NEWEST,
    *,
    model: Model | None = None,
    unroll: int = 2,
    timeout: float | None = None,
    include: Iterable[str | os.PathLike[str]] = (),
    jobs: int = 1,
    confined: bool = False,
) -> Soundness:
    """Which promises of C architectures break: final states that a mapping allows and `model` forbids.

    The tests are in kernel C or in C11; `archs` are named as for `compare`, and are all that map the era, or C11, if
    none is named. `model` is that of the language of a test if none is named. A verdict is given up after `timeout`
    seconds; if `jobs` is more than 1, that many processes work at once. Raises UsageError for a test that is not in C,
    and for an unknown era; ModelError for an unknown model, and the errors of `load`.
    """
    read = [test if isinstance(test, LitmusTest) else load(test, timeout=timeout) for test in tests]
    options = options_of(unroll=unroll, timeout=timeout, era=era)
    reference = None if model is None else os.fspath(model)
    named = tuple([os.fspath(arch) for arch in archs])
    plan = SoundnessPlan.of(read, named, era, reference, options, folders_of(include), confined)
    return plan.soundness(dict(plan.answers(jobs if jobs > 1 else None)))


def _plan(
    first: Model, second: Model, include: Iterable[str | os.PathLike[str]], options: Options, confined: bool
) -> DifferencePlan:
    return DifferencePlan((os.fspath(first), os.fspath(second)), folders_of(include), options, confined)
