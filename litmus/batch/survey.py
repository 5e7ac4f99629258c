"""A PCI test in every place: its devices on all the buses of its tree.

Placements whose hops are the same, event by event and pair by pair, are one question to the model and are decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, LitmusError, UsageError
from litmus.batch.driver import Inquiry, ProcessDied, answers
from litmus.batch.faults import Subject
from litmus.engine import Engine
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.topology import Topology
from litmus.ir.verdict import Answer
from litmus.targets import event_graph
from litmus.targets.pci import PciTarget

MOST = 200_000
"""Placements that a test may have."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a test allows in its placements.

    `allowed`, `forbidden` and `unknown` count the placements in which the outcome that the condition asks about is
    possible, is not, or was not decided; of a `forall` test, allowed are those that break it. `decided` is how many
    different tests these were. `examples` has a topology for each answer that there is, by True, False and None.
    `notes` are what the answers assume, and what of it is uncertain.
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


def survey(
    test: LitmusTest,
    model: str | None = None,
    options: Options | None = None,
    jobs: int | None = None,
    include: Sequence[Path] = (),
    confined: bool = False,
) -> Survey:
    """Decide a test in every placement, by so many processes or, for None, in this one.

    `include` and `confined` are as for `litmus.cat.load.CatFiles`.

    A placement that takes too long, too much memory, or whose process dies is unknown, and no other is. Raises
    UsageError as `placed`, ModelError, ParseError, UnsupportedError as checking does, InternalError.
    """
    options = replace(options or Options(), verdict_only=True)
    kinds: dict[Hashable, LitmusTest] = {}
    counts: dict[Hashable, int] = {}
    for candidate in placed(test):
        assert candidate.topology is not None
        key = _hops(candidate, candidate.topology, options)
        kinds.setdefault(key, candidate)
        counts[key] = counts.get(key, 0) + 1
    found: dict[bool | None, int] = {True: 0, False: 0, None: 0}
    examples: dict[bool | None, Topology] = {}
    name = model or ""
    notes: tuple[str, ...] = ()
    inquiry = _Place(model, options, tuple(include), confined)
    engine = inquiry.engine()
    if model is not None:
        with suppress(LimitReached):  # this is for each placement to say
            engine.model(model, Deadline.after(options.timeout))  # one that cannot be read is an error before any work
    tests = tuple(kinds.values())
    with closing(answers(inquiry, tests, jobs, options.timeout, engine)) as found_answers:
        for (candidate, answer), weight in zip(found_answers, counts.values(), strict=True):
            assert candidate.topology is not None
            if isinstance(answer, Exception):
                raise answer
            found[answer.possible] += weight
            examples.setdefault(answer.possible, candidate.topology)
            name, notes = answer.model or name, answer.notes or notes
    return Survey(test, name, found[True], found[False], found[None], len(kinds), examples, notes)


def _hops(test: LitmusTest, topology: Topology, options: Options) -> Hashable:
    """All that a placement changes in what is asked of the model: the events and the relations of their hops."""
    try:
        deadline = Deadline.after(options.timeout)
        target = PciTarget.of(test, topology, options, deadline)
        graph = event_graph(target, target.program(test, deadline), options.unroll, deadline)
    except LimitReached:
        return tuple(topology.devices.values())
    events = tuple((e.thread, e.instruction, e.kind, e.tags, e.addr) for e in graph.events)
    return events, graph.locations, tuple((name, relation.rows) for name, relation in graph.relations.items())


@dataclass(frozen=True, slots=True)
class _Placed:
    """The answer for one placement: whether its outcome is possible, None if that is not known."""

    possible: bool | None
    model: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place(Inquiry[LitmusTest, None, _Placed | LitmusError | InternalError]):
    """Asks whether the outcome of a test in some place is possible."""

    model: str | None
    options: Options
    include: tuple[Path, ...] = ()
    confined: bool = False

    def engine(self) -> Engine:
        return Engine(self.include, self.confined)

    def ask(self, engine: Engine, item: LitmusTest, know: Callable[[None], None]) -> _Placed:
        verdict = engine.check(item, self.model, self.options)
        possible = {Answer.ALLOWED: True, Answer.FORBIDDEN: False}.get(verdict.answer)
        notes = (*verdict.notes, *(f"uncertain: {doubt}" for doubt in verdict.uncertain))
        return _Placed(possible, verdict.model, notes)  # light, for the way between processes

    def instead(
        self, item: LitmusTest, error: LitmusError | InternalError, known: None
    ) -> _Placed | LitmusError | InternalError:
        return _Placed(None) if isinstance(error, LimitReached | ProcessDied) else error

    def subject(self, item: LitmusTest, known: None) -> Subject:
        return Subject(test=item, model=self.model, include=self.include, options=self.options)
