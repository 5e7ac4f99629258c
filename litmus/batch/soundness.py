"""Whether machines keep what C promises: the final states that a mapping allows and a model of the language forbids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, UsageError
from litmus.batch.columns import heads, named
from litmus.batch.table import CellKey, ComparisonCell, decided
from litmus.cat.description import Weakness
from litmus.cat.registry import default_model, models
from litmus.engine import Engine
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.state_lines import lines
from litmus.ir.eras import NEWEST, one_era
from litmus.ir.execution import State
from litmus.ir.litmus_test import FALSE, TRUE, And, Atom, LitmusTest, Not, Observable, Or, Prop
from litmus.ir.options import Options
from litmus.ir.thread import Value
from litmus.ir.verdict import Answer, Status

SOUND, UNSOUND, NO_PROMISE = "sound", "unsound", "no promise"

_BOUNDED = {Status.BOUND: Answer.BOUNDED.value}


@dataclass(frozen=True, slots=True)
class SoundnessCell:
    """One test on one architecture.

    `broken` are the final states that the architecture allows and the language's model forbids, as state lines. `word`
    is `unsound` if there are any, `sound` if there are none, else why that is not known: `no promise` for a program
    that the model flags, such as one with a data race, or a word of `ComparisonCell`; `reason` says more. `weaknesses`
    are the known ones that an unsound cell comes of: without them, nothing is broken. `uncertain` is what a sound or
    unsound cell rests on that is in doubt, `cell` the verdict or the error that is the reason.
    """

    arch: str
    word: str
    broken: tuple[str, ...] = ()
    reason: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    uncertain: tuple[str, ...] = ()
    cell: ComparisonCell | None = None


@dataclass(frozen=True, slots=True)
class SoundnessRow:
    """One test on the architectures that are asked about it; `model` is the one that says what is promised."""

    test: LitmusTest
    model: str
    cells: tuple[SoundnessCell, ...]


@dataclass(frozen=True, slots=True)
class Soundness:
    """Tests by architectures; `models` say what is promised, `era` is that of the mappings of kernel C."""

    models: tuple[str, ...]
    archs: tuple[str, ...]
    era: str
    rows: tuple[SoundnessRow, ...]

    @property
    def unsound(self) -> tuple[tuple[LitmusTest, SoundnessCell], ...]:
        """The cells where a promise is broken, each with its test."""
        return tuple((row.test, cell) for row in self.rows for cell in row.cells if cell.word == UNSOUND)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells have each word."""
        return Counter(cell.word for row in self.rows for cell in row.cells)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a test: the model that says what is promised, and architectures."""

    model: str
    archs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoundnessPlan:
    """What is to be asked: tests in kernel C or in C11, and of each by which model, and of which architectures.

    Models and architectures are named, or paths; `era` is that of the kernel's mappings.
    """

    tests: tuple[LitmusTest, ...]
    asked: tuple[_Asked, ...]
    era: str = NEWEST
    options: Options = field(default_factory=Options)
    include: tuple[Path, ...] = ()
    confined: bool = False

    @classmethod
    def of(
        cls,
        tests: Sequence[LitmusTest],
        archs: Sequence[str] = (),
        era: str = NEWEST,
        model: str | None = None,
        options: Options | None = None,
        include: Sequence[Path] = (),
        confined: bool = False,
    ) -> SoundnessPlan:
        """A plan; without `archs` for all machines that map the language of a test, without `model` for its model.

        Raises UsageError for an unknown era, an architecture that is named twice, and a test that is not in C.
        """
        chosen = one_era(era)
        found = named(archs) if archs else ()
        asked: dict[str, _Asked] = {}
        for test in tests:
            if test.arch not in FUNCTIONS:
                raise UsageError(f"it is for C that something is promised, and {test.name} is a test of {test.arch}")
            if test.dialect not in asked:
                promising = model or default_model(test.dialect)
                asked[test.dialect] = _Asked(promising, found or machines(chosen, test.language))
        of_tests = tuple(asked[test.dialect] for test in tests)
        return cls(tuple(tests), of_tests, chosen, options or Options(), tuple(include), confined)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that say what is promised."""
        return tuple(dict.fromkeys(asked.model for asked in self.asked))

    @property
    def archs(self) -> tuple[str, ...]:
        """All architectures that some test is asked about."""
        return tuple(dict.fromkeys(arch for asked in self.asked for arch in asked.archs))

    @property
    def _promises(self) -> tuple[CellKey, ...]:
        """Each test under its model."""
        return tuple(CellKey(number, NEWEST, asked.model) for number, asked in enumerate(self.asked))

    @property
    def keys(self) -> tuple[CellKey, ...]:
        """What there is to decide: each test under its model, and on each architecture."""
        return tuple(
            key
            for number, asked in enumerate(self.asked)
            for key in (
                CellKey(number, NEWEST, asked.model),
                *(CellKey(number, self.era, arch) for arch in asked.archs),
            )
        )

    def answers(
        self, jobs: int | None = None, engine: Engine | None = None
    ) -> Generator[tuple[CellKey, ComparisonCell], None, None]:
        """The cells as they are decided, as for `ComparisonPlan`: the promises, then what machines do beyond them.

        In the end those of tests with an unsound cell, without the known weaknesses of the model and of the machine. No
        machine is asked for the states that the model allows, as most are. Raises ModelError for an unknown one.
        """
        engine = engine or Engine(self.include, self.confined)
        weaknesses = self._weaknesses(engine)
        cells: dict[CellKey, ComparisonCell] = {}

        def decide(
            tests: Sequence[LitmusTest], keys: Sequence[CellKey], options: Options
        ) -> Generator[tuple[CellKey, ComparisonCell], None, None]:
            for key, cell in decided(tests, keys, options, jobs, engine, self.include, self.confined):
                cells[key] = cell
                yield key, cell

        promises = self._promises
        yield from decide(self.tests, promises, self.options)
        tests = [_beyond(self.tests[key.test], cells[key]) for key in promises]
        beyond = replace(self.options, reasons=False)  # mostly there is nothing, and that is as it should be
        yield from decide(tests, [key for key in self.keys if key not in cells], beyond)
        again: dict[CellKey, None] = {}
        for number, asked in enumerate(self.asked):
            for arch in asked.archs:
                if _broken(cells[promises[number]], cells[CellKey(number, self.era, arch)]):
                    again |= dict.fromkeys(self._without(number, asked.model, arch, weaknesses))
        if again:
            yield from decide(tests, tuple(again), beyond)

    def _weaknesses(self, engine: Engine) -> Mapping[str, tuple[Weakness, ...]]:
        """The known weaknesses of all models, as far as they are described."""
        found: dict[str, tuple[Weakness, ...]] = dict.fromkeys((*self.models, *self.archs), ())
        for name in found:
            with suppress(LimitReached):  # this is for each cell to say
                described = engine.model(name, Deadline.after(self.options.timeout)).description()
                found[name] = () if described is None else described.weaknesses
        return found

    def _without(
        self, number: int, model: str, arch: str, weaknesses: Mapping[str, tuple[Weakness, ...]]
    ) -> tuple[CellKey, ...]:
        """What tells of which weaknesses a cell comes: an architecture without each of its own and without all of them,
        a model without each."""
        mine = weaknesses[arch]
        sets = [*((weakness,) for weakness in mine), *([mine] if len(mine) > 1 else [])]
        return (
            *(CellKey(number, self.era, arch, some) for some in sets),
            *(CellKey(number, NEWEST, model, (weakness,)) for weakness in weaknesses[model]),
        )

    def soundness(self, cells: Mapping[CellKey, ComparisonCell]) -> Soundness:
        """What the cells say; tests of which some were not decided are left out."""
        names = dict(zip(self.archs, heads(self.archs), strict=True))
        again: dict[int, dict[CellKey, ComparisonCell]] = {}  # the cells without weaknesses of each test
        for key in sorted((key for key in cells if key.without), key=lambda key: len(key.without)):
            again.setdefault(key.test, {})[key] = cells[key]
        rows = []
        for number, (test, asked) in enumerate(zip(self.tests, self.asked, strict=True)):
            promised = cells.get(CellKey(number, NEWEST, asked.model))
            found = []
            for arch in asked.archs:
                cell = cells.get(CellKey(number, self.era, arch))
                if promised is not None and cell is not None:
                    mine = {k: c for k, c in again.get(number, {}).items() if k.arch in (arch, asked.model)}
                    found.append(_cell(test, names[arch], promised, cell, mine))
            if promised is not None and len(found) == len(asked.archs):
                rows.append(SoundnessRow(test, asked.model, tuple(found)))
        return Soundness(self.models, tuple(names.values()), self.era, tuple(rows))


def machines(era: str, language: str = "") -> tuple[str, ...]:
    """The architectures that map kernel C of an era, or another language, but for models of the language itself."""
    return tuple(
        info.name
        for info in models()
        if not info.of_language and (bool(info.c11) if language else any(mapping.era == era for mapping in info.kernel))
    )


def _beyond(test: LitmusTest, promised: ComparisonCell) -> LitmusTest:
    """A test without the executions that end in a final state of a cell; without any if that promises nothing."""
    said = promised.verdict
    beyond: Prop = FALSE
    if said is not None and not said.flags and not promised.limited:
        beyond = Not(_one_of(said.states))
    return replace(test, filter=beyond if test.filter is None else And((test.filter, beyond)))


def _one_of(states: Sequence[State]) -> Prop:
    """That a final state is one of some; those that begin alike share what they begin with."""
    if not all(states):
        return Or(tuple([TRUE for _ in states[:1]]))
    following: dict[tuple[Observable, Value], list[State]] = {}
    for first, *rest in states:
        following.setdefault(first, []).append(tuple(rest))
    parts = [And((Atom(item, "=", value), _one_of(rest))) for (item, value), rest in following.items()]
    return Or(tuple(parts))


def _broken(promised: ComparisonCell, found: ComparisonCell) -> tuple[State, ...]:
    """The final states of the second that the first has not, if that makes a promise and both are known."""
    said, does = promised.verdict, found.verdict
    if said is None or does is None or said.flags or promised.limited:
        return ()
    known = frozenset(said.states)
    return tuple(state for state in does.states if state not in known)


def _cell(
    test: LitmusTest,
    arch: str,
    promised: ComparisonCell,
    found: ComparisonCell,
    again: Mapping[CellKey, ComparisonCell],
) -> SoundnessCell:
    """What the cells of the model and of an architecture say together; `again` are those without known weaknesses."""
    said, does = promised.verdict, found.verdict
    if said is None or does is None:
        missing = promised if said is None else found
        return SoundnessCell(arch, missing.word(), (), missing.remark, cell=missing)
    if said.flags:
        return SoundnessCell(arch, NO_PROMISE, (), ", ".join(said.flags))
    if promised.limited:
        return SoundnessCell(arch, said.status.value, (), said.message, cell=promised)
    broken = _broken(promised, found)
    if broken:
        known = _of_machine(promised, again) or _of_language(broken, again)
        return SoundnessCell(arch, UNSOUND, tuple(lines(test, broken)), "", known, does.uncertain)
    if does.status is not Status.DONE:
        return SoundnessCell(arch, _BOUNDED.get(does.status, does.status.value), (), does.message, cell=found)
    return SoundnessCell(arch, SOUND, uncertain=does.uncertain)


def _of_machine(promised: ComparisonCell, again: Mapping[CellKey, ComparisonCell]) -> tuple[Weakness, ...]:
    """The first of the machine's weaknesses, or all of them, without which it breaks nothing."""
    for key, cell in again.items():
        whole = cell.verdict is not None and cell.verdict.status is Status.DONE
        if key.without[0].variant and whole and not _broken(promised, cell):
            return key.without
    return ()


def _of_language(broken: Sequence[State], again: Mapping[CellKey, ComparisonCell]) -> tuple[Weakness, ...]:
    """The weaknesses without which the language's model allows some of the states; () if one is left that it never
    allows."""
    allowed = {
        key.without[0]: frozenset(cell.verdict.states).intersection(broken)
        for key, cell in again.items()
        if key.without[0].axiom and cell.verdict is not None
    }
    if not frozenset(broken) <= frozenset().union(*allowed.values()):
        return ()
    return tuple(weakness for weakness, states in allowed.items() if states)
