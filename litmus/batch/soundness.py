"""Whether machines keep what C promises: the final states that a mapping allows and a model of the language forbids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
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
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Status

SOUND, UNSOUND, NO_PROMISE = "sound", "unsound", "no promise"

_BOUNDED = {Status.BOUND: Answer.BOUNDED.value}


@dataclass(frozen=True, slots=True)
class SoundnessCell:
    """One test on one architecture.

    `broken` are the final states that the architecture allows and the language's model forbids, as state lines. `word`
    is `unsound` if there are any, `sound` if there are none, else why that is not known: `no promise` for a program
    that the model flags, such as one with a data race, or a word of `ComparisonCell`; `reason` says more. `known` are
    the weaknesses of the model without which it allows what is broken, if it allows all of it then. `uncertain` is what
    an unsound cell rests on that is in doubt, `cell` the verdict or the error that is the reason.
    """

    arch: str
    word: str
    broken: tuple[str, ...] = ()
    reason: str = ""
    known: tuple[Weakness, ...] = ()
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
        """The cells as they are decided, as for `ComparisonPlan`; then, of the tests with an unsound one, those under
        their model without each of its known weaknesses.

        Raises ModelError for an unknown architecture.
        """
        engine = engine or Engine(self.include, self.confined)
        for arch in (*self.models, *self.archs):
            with suppress(LimitReached):  # this is for each cell to say
                engine.model(arch, Deadline.after(self.options.timeout))
        cells: dict[CellKey, ComparisonCell] = {}
        for key, cell in decided(self.tests, self.keys, self.options, jobs, engine, self.include, self.confined):
            cells[key] = cell
            yield key, cell
        weaknesses = self._weaknesses(engine)
        again = [
            key
            for number, asked in enumerate(self.asked)
            if weaknesses[asked.model] and any(_broken(cells, number, asked, arch, self.era) for arch in asked.archs)
            for key in (CellKey(number, NEWEST, asked.model, weakness.axiom) for weakness in weaknesses[asked.model])
        ]
        if again:
            yield from decided(self.tests, again, self.options, jobs, engine, self.include, self.confined)

    def _weaknesses(self, engine: Engine) -> Mapping[str, tuple[Weakness, ...]]:
        """The known weaknesses of the models, as far as they are described."""
        found: dict[str, tuple[Weakness, ...]] = {}
        for model in self.models:
            with suppress(LimitReached):
                described = engine.model(model, Deadline.after(self.options.timeout)).description()
                found[model] = () if described is None else described.weaknesses
        return {model: found.get(model, ()) for model in self.models}

    def soundness(self, cells: Mapping[CellKey, ComparisonCell]) -> Soundness:
        """What the cells say; tests of which some were not decided are left out."""
        names = dict(zip(self.archs, heads(self.archs), strict=True))
        weaknesses = self._weaknesses(Engine(self.include, self.confined))
        rows = []
        for number, (test, asked) in enumerate(zip(self.tests, self.asked, strict=True)):
            promised = cells.get(CellKey(number, NEWEST, asked.model))
            found = [cells.get(CellKey(number, self.era, arch)) for arch in asked.archs]
            if promised is None or None in found:
                continue
            without = {w: cells.get(CellKey(number, NEWEST, asked.model, w.axiom)) for w in weaknesses[asked.model]}
            rows.append(
                SoundnessRow(
                    test,
                    asked.model,
                    tuple(
                        _cell(test, names[arch], promised, cell, without)
                        for arch, cell in zip(asked.archs, found, strict=True)
                        if cell is not None
                    ),
                )
            )
        return Soundness(self.models, tuple(names.values()), self.era, tuple(rows))


def machines(era: str, language: str = "") -> tuple[str, ...]:
    """The architectures that map kernel C of an era, or another language, but for models of the language itself."""
    return tuple(
        info.name
        for info in models()
        if not info.of_language and (bool(info.c11) if language else any(mapping.era == era for mapping in info.kernel))
    )


def _broken(
    cells: Mapping[CellKey, ComparisonCell], number: int, asked: _Asked, arch: str, era: str
) -> tuple[State, ...]:
    """The final states of a test that an architecture allows and the model forbids, as far as both are known."""
    promised = cells.get(CellKey(number, NEWEST, asked.model))
    found = cells.get(CellKey(number, era, arch))
    return () if promised is None or found is None else _more(promised, found)


def _more(promised: ComparisonCell, found: ComparisonCell) -> tuple[State, ...]:
    """The final states of the second that the first has not, if that makes a promise and is known."""
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
    without: Mapping[Weakness, ComparisonCell | None],
) -> SoundnessCell:
    """What the cells of the model and of an architecture say together; and those of the model `without` an axiom."""
    said, does = promised.verdict, found.verdict
    if said is None or does is None:
        missing = promised if said is None else found
        return SoundnessCell(arch, missing.word(), (), missing.remark, cell=missing)
    if said.flags:
        return SoundnessCell(arch, NO_PROMISE, (), ", ".join(said.flags))
    if promised.limited:
        return SoundnessCell(arch, promised.word(), (), said.message, cell=promised)
    broken = _more(promised, found)
    if broken:
        shown = tuple(lines(test, broken))
        return SoundnessCell(arch, UNSOUND, shown, known=_explaining(broken, without), uncertain=does.uncertain)
    if does.status is not Status.DONE:
        return SoundnessCell(arch, _BOUNDED.get(does.status, does.status.value), (), does.message, cell=found)
    return SoundnessCell(arch, SOUND)


def _explaining(broken: Sequence[State], without: Mapping[Weakness, ComparisonCell | None]) -> tuple[Weakness, ...]:
    """The weaknesses without which the model allows some of the states; () if one is left that it never allows."""
    found = {
        weakness: frozenset(cell.verdict.states).intersection(broken)
        for weakness, cell in without.items()
        if cell is not None and cell.verdict is not None
    }
    if not frozenset(broken) <= frozenset().union(*found.values()):
        return ()
    return tuple(weakness for weakness, states in found.items() if states)
