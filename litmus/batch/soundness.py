"""Whether machines keep what the kernel promises: the final states that a mapping allows and a model of C forbids."""

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
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Status

SOUND, UNSOUND, NO_PROMISE = "sound", "unsound", "no promise"

_BOUNDED = {Status.BOUND: Answer.BOUNDED.value}


@dataclass(frozen=True, slots=True)
class SoundnessCell:
    """One test on one architecture.

    `broken` are the final states that the architecture allows and the kernel's model forbids, as state lines. `word` is
    `unsound` if there are any, `sound` if there are none, else why that is not known: `no promise` for a program that
    the kernel's model flags, such as one with a data race, or a word of `ComparisonCell`; `reason` says more.
    `uncertain` is what an unsound cell rests on that is in doubt, `cell` the verdict or the error that is the reason.
    `weaknesses` are those known ones of the architecture without which the cell would be sound: one by itself, or all
    that there are together.
    """

    arch: str
    word: str
    broken: tuple[str, ...] = ()
    reason: str = ""
    uncertain: tuple[str, ...] = ()
    cell: ComparisonCell | None = None
    weaknesses: tuple[Weakness, ...] = ()


@dataclass(frozen=True, slots=True)
class SoundnessRow:
    """One test on every architecture, in the order of the columns."""

    test: LitmusTest
    cells: tuple[SoundnessCell, ...]


@dataclass(frozen=True, slots=True)
class Soundness:
    """Tests by architectures; `model` is the one that says what the kernel promises, `era` that of the mappings."""

    model: str
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
class SoundnessPlan:
    """What is to be asked: tests in kernel C, and architectures by name or path.

    `model` says what is promised, of today's kernel; `era` is that of the mappings.
    """

    tests: tuple[LitmusTest, ...]
    archs: tuple[str, ...]
    model: str
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
        """A plan; without `archs` for all machines that map the era, without `model` for the model of kernel C.

        Raises UsageError for an unknown era, an architecture that is named twice, and a test that is not in kernel C.
        """
        chosen = one_era(era)
        for test in tests:
            if test.arch not in FUNCTIONS:
                raise UsageError(f"the kernel promises something of kernel C, and {test.name} is a test of {test.arch}")
        found = named(archs) if archs else machines(chosen)
        return cls(
            tuple(tests),
            found,
            model or default_model(next(iter(FUNCTIONS))),
            chosen,
            options or Options(),
            tuple(include),
            confined,
        )

    @property
    def keys(self) -> tuple[CellKey, ...]:
        """What there is to decide: each test under the model, and on each architecture."""
        return tuple(
            key
            for number in range(len(self.tests))
            for key in (
                CellKey(number, NEWEST, self.model),
                *(CellKey(number, self.era, arch) for arch in self.archs),
            )
        )

    def answers(
        self, jobs: int | None = None, engine: Engine | None = None
    ) -> Generator[tuple[CellKey, ComparisonCell], None, None]:
        """The cells as they are decided, as for `ComparisonPlan`. Raises ModelError for an unknown architecture."""
        engine = engine or Engine(self.include, self.confined)
        for arch in (self.model, *self.archs):
            with suppress(LimitReached):  # this is for each cell to say
                engine.model(arch, Deadline.after(self.options.timeout))
        yield from decided(self.tests, self.keys, self.options, jobs, engine, self.include, self.confined)

    def soundness(self, cells: Mapping[CellKey, ComparisonCell], engine: Engine | None = None) -> Soundness:
        """What the cells say; tests of which some were not decided are left out.

        For an unsound cell of an architecture with known weaknesses, it is decided again without them.
        """
        engine = engine or Engine(self.include, self.confined)
        names = dict(zip(self.archs, heads(self.archs), strict=True))
        rows = []
        for number, test in enumerate(self.tests):
            promised = cells.get(CellKey(number, NEWEST, self.model))
            found = [cells.get(CellKey(number, self.era, arch)) for arch in self.archs]
            if promised is None or None in found:
                continue
            rows.append(
                SoundnessRow(
                    test,
                    tuple(
                        self.explained(test, arch, promised, _cell(test, names[arch], promised, cell), engine)
                        for arch, cell in zip(self.archs, found, strict=True)
                        if cell is not None
                    ),
                )
            )
        return Soundness(self.model, tuple(names.values()), self.era, tuple(rows))

    def explained(
        self, test: LitmusTest, arch: str, promised: ComparisonCell, cell: SoundnessCell, engine: Engine
    ) -> SoundnessCell:
        """The cell, with the known weaknesses of the architecture that it comes of, if it is unsound."""
        described = engine.model(arch).description() if cell.word == UNSOUND else None
        if described is None or promised.verdict is None:
            return cell
        states = frozenset(promised.verdict.states)
        each = [(weakness,) for weakness in described.weaker]
        for weaknesses in (*each, *([described.weaker] if len(each) > 1 else [])):
            variants = self.options.variants | {weakness.variant for weakness in weaknesses}
            found = engine.check(test, arch, replace(self.options, era=self.era, variants=variants))
            if found.status is Status.DONE and states.issuperset(found.states):
                return replace(cell, weaknesses=weaknesses)
        return cell


def machines(era: str) -> tuple[str, ...]:
    """The architectures that have a mapping for an era, but for models of the language."""
    return tuple(
        info.name for info in models() if not info.of_language and any(mapping.era == era for mapping in info.kernel)
    )


def _cell(test: LitmusTest, arch: str, promised: ComparisonCell, found: ComparisonCell) -> SoundnessCell:
    """What the cells of the model and of an architecture say together."""
    said, does = promised.verdict, found.verdict
    if said is None or does is None:
        missing = promised if said is None else found
        return SoundnessCell(arch, missing.word(), (), missing.remark, cell=missing)
    if said.flags:
        return SoundnessCell(arch, NO_PROMISE, (), ", ".join(said.flags))
    if promised.limited:
        return SoundnessCell(arch, promised.word(), (), said.message, cell=promised)
    known = frozenset(said.states)
    broken = tuple(lines(test, tuple(state for state in does.states if state not in known)))
    if broken:
        return SoundnessCell(arch, UNSOUND, broken, uncertain=does.uncertain)
    if does.status is not Status.DONE:
        return SoundnessCell(arch, _BOUNDED.get(does.status, does.status.value), (), does.message, cell=found)
    return SoundnessCell(arch, SOUND)
