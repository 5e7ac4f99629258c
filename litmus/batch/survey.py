"""A PCI test in every place: its devices on all the buses of its tree.

Placements whose hops are the same, event by event and pair by pair, are one question to the model and are decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from litmus.base.errors import LimitReached, LitmusError, UsageError
from litmus.engine import Engine, cut_off, mistake
from litmus.ir.litmus_test import LitmusTest, Quantifier
from litmus.ir.options import Options
from litmus.ir.topology import Topology
from litmus.ir.verdict import Status, Verdict
from litmus.pci.ordering import PassingTable, read_passing
from litmus.targets.pci import PciTarget
from litmus.unfold import unfold

MOST = 200_000
"""Placements that a test may have."""

_TOGETHER = 32  # tests that a process is given at a time


@dataclass(frozen=True, slots=True)
class Survey:
    """What a test allows in its placements.

    `allowed`, `forbidden` and `unknown` count the placements in which the outcome that the condition asks about is
    possible, is not, or was not decided; of a `forall` test, allowed are those that break it. `decided` is how many
    different tests these were. `examples` has a topology for each answer that there is, by True, False and None.
    `notes` are what the answers assume.
    """

    test: LitmusTest
    model: str
    allowed: int
    forbidden: int
    unknown: int
    decided: int
    examples: Mapping[bool | None, Topology]
    notes: tuple[str, ...]

    @property
    def placements(self) -> int:
        """How many there are."""
        return self.allowed + self.forbidden + self.unknown


def placed(test: LitmusTest) -> Iterator[LitmusTest]:
    """The test with its devices on all buses, in the order of the declarations.

    Raises UsageError for a test without a topology, or with more than `MOST` placements.
    """
    topology = test.topology
    if topology is None:
        raise UsageError(f"{test.name} has no topology: only tests of PCI have placements")
    buses, devices = topology.buses, tuple(topology.devices)
    if len(buses) ** len(devices) > MOST:
        raise UsageError(f"{test.name} has {len(buses)}^{len(devices)} placements, more than {MOST}")
    for chosen in product(buses, repeat=len(devices)):
        yield replace(test, topology=topology.placed(dict(zip(devices, chosen, strict=True))))


def survey(test: LitmusTest, model: str | None = None, options: Options | None = None, jobs: int = 1) -> Survey:
    """Decide a test in every placement, by so many processes.

    Raises UsageError as `placed`, ModelError, ParseError, UnsupportedError as checking does.
    """
    options = replace(options or Options(), verdict_only=True)
    kinds: dict[Hashable, LitmusTest] = {}
    counts: dict[Hashable, int] = {}
    table: PassingTable | None = None
    for candidate in placed(test):
        assert candidate.topology is not None
        if table is None:
            table = read_passing(options.passing or candidate.topology.rules)
        key = _hops(candidate, candidate.topology, table, options)
        kinds.setdefault(key, candidate)
        counts[key] = counts.get(key, 0) + 1
    found: dict[bool | None, int] = {True: 0, False: 0, None: 0}
    examples: dict[bool | None, Topology] = {}
    name = ""
    notes: tuple[str, ...] = ()
    with closing(_verdicts(list(kinds.values()), model, options, jobs)) as verdicts:
        for candidate, weight, verdict in zip(kinds.values(), counts.values(), verdicts, strict=True):
            assert candidate.topology is not None
            answer = verdict.allowed
            if test.condition.quantifier is Quantifier.FORALL:
                answer = None if verdict.ok is None else not verdict.ok
            found[answer] += weight
            examples.setdefault(answer, candidate.topology)
            name, notes = verdict.model, verdict.notes
    return Survey(test, name, found[True], found[False], found[None], len(kinds), examples, notes)


def _hops(test: LitmusTest, topology: Topology, table: PassingTable, options: Options) -> Hashable:
    """All that a placement changes in what is asked of the model: the events and the relations of their hops."""
    try:
        target = PciTarget.of(topology, test.arch, options)
        graph = target.graph(unfold(target.program(test), options.unroll))
    except LimitReached:
        return tuple(topology.devices.values())
    events = tuple((e.thread, e.instruction, e.kind, e.tags, e.addr) for e in graph.events)
    return events, graph.locations, tuple((name, relation.rows) for name, relation in graph.relations.items())


Answers = list[Verdict | LitmusError]


def _verdicts(
    tests: Sequence[LitmusTest], model: str | None, options: Options, jobs: int
) -> Generator[Verdict, None, None]:
    """The verdict of each test. Raises what checking raises."""
    engine = Engine()
    if model is not None:
        engine.model(model)  # one that cannot be read is told before any work
    if jobs == 1:
        for test in tests:
            yield engine.check(test, model, options)
        return
    from litmus.base.workers import ordered  # where processes are wanted

    groups = [tests[start : start + _TOGETHER] for start in range(0, len(tests), _TOGETHER)]
    overdue = None if options.timeout is None else (1.5 * options.timeout + 1) * _TOGETHER
    start = partial(_Decide, model, options)
    for answers in ordered(groups, start, partial(_mended, model or ""), min(jobs, len(groups)), overdue):
        for answer in answers:
            if isinstance(answer, LitmusError):
                raise answer
            yield answer


class _Decide:
    """Decides groups of tests."""

    def __init__(self, model: str | None, options: Options) -> None:
        self._model = model
        self._options = options
        self._engine = Engine()

    def __call__(self, tests: Sequence[LitmusTest], last_word: Callable[[Answers], None]) -> Answers:
        """The verdicts of a group, or what is wrong with it."""
        found: Answers = []
        for test in tests:
            try:
                verdict = self._engine.check(test, self._model, self._options)
                found.append(replace(verdict, witness=None))  # light, for the way between processes
            except LitmusError as error:
                return [error]
            except Exception as error:
                return [mistake(error)]
        return found


def _mended(model: str, tests: Sequence[LitmusTest], last_word: Answers | None, overdue: bool, reason: str) -> Answers:
    """The answers of a process that was lost."""
    status, why = (Status.TIMEOUT, "out of time") if overdue else (Status.LIMIT, f"no answer: {reason}")
    return [cut_off(test, model, status, why) for test in tests]
