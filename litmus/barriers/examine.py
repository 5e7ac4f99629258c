"""Everything about the barriers of a test: which are needed, what is missing, which belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial

from litmus.barriers.candidates import Arch, candidates, change_of, cheaper, cost, is_written
from litmus.barriers.kinds import USUAL, CandidateKind, is_for
from litmus.barriers.pairing import pairs
from litmus.barriers.repair import Cheapest, cheapest, strongest
from litmus.barriers.report import BarrierReport, Bound, Candidate, Need, Repair
from litmus.barriers.sites import Site, What, dependencies, existing
from litmus.barriers.validation import state_text, validate
from litmus.barriers.variants import Variants
from litmus.barriers.writing import Edit, edited, reparsed
from litmus.base.deadline import Deadline
from litmus.base.errors import InternalError, LimitReached, ModelError, UnsupportedError, UsageError
from litmus.base.source import Source
from litmus.cat.costs import Costs, c11_costs, costs_of, kernel_candidates
from litmus.decide import Findings
from litmus.engine import Engine, Prepared
from litmus.explanations.explanation import raised
from litmus.explanations.hitting import Element
from litmus.explanations.trials import Asked
from litmus.frontend.parser import parse_test
from litmus.ir.events import Event
from litmus.ir.litmus_test import Condition, LitmusTest, Not, Quantifier
from litmus.ir.options import DEFAULTS, Options
from litmus.ir.verdict import Answer, Status

MOST_SITES = 80
"""The most places at which a test may be changed, and the most barriers and orders that it may have."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted beside the validation: `each` an own repair for each architecture, `every` cheapest repair.

    `kinds` are the kinds of changes that a repair may make.
    """

    repair: bool = True
    each: bool = False
    every: bool = False
    kinds: tuple[CandidateKind, ...] = USUAL


def examine(
    engine: Engine,
    test: LitmusTest,
    archs: Sequence[str],
    options: Options = DEFAULTS,
    wanted: Wanted = Wanted(),
) -> BarrierReport:
    """Examine the barriers of a test on some architectures.

    An architecture that does not decide the test is skipped, with the reason. Raises LimitReached at a limit (of time;
    of `MOST_SITES`), and what `Engine.check` raises if no architecture decides
    the test.
    """
    return _Examination(engine, test, options, wanted).report(archs)


class _Examination:
    def __init__(self, engine: Engine, test: LitmusTest, options: Options, wanted: Wanted) -> None:
        self.engine = engine
        self.test = test
        self.options = options
        self.wanted = wanted
        self.deadline = Deadline.after(options.timeout)
        self.flagged: list[str] = []  # the models of C11 that find a race
        prop = test.condition.prop
        self.asked = Not(prop) if test.condition.quantifier is Quantifier.FORALL else prop

    def report(self, archs: Sequence[str]) -> BarrierReport:
        answers: dict[str, Answer] = {}
        skipped: dict[str, str] = {}
        notes: dict[str, None] = {}
        refusal: Exception | None = None
        for arch in archs:
            try:
                answers[arch] = self._answer(arch, notes)
            except (UnsupportedError, ModelError, UsageError) as error:
                skipped[arch] = error.message
                refusal = error
        if not answers and refusal is not None:
            raise refusal
        era = self.options.era if self.test.has_primitives else ""
        report = BarrierReport(
            self.test,
            era,
            self.asked,
            tuple(answers.items()),
            skipped=tuple(skipped.items()),
            notes=tuple(notes),
        )
        forbidding = [arch for arch, answer in answers.items() if answer in (Answer.FORBIDDEN, Answer.BOUNDED)]
        allowing = [arch for arch, answer in answers.items() if answer is Answer.ALLOWED]
        if forbidding:
            report = self._validated(report, forbidding, reduce=not allowing)
        if allowing and self.wanted.repair:
            groups = [[arch] for arch in allowing] if self.wanted.each else [[*answers]]
            repairs = tuple(self._repair(group, allowing) for group in groups)
            report = replace(
                report, repairs=repairs, notes=(*report.notes, *self._hidden(repairs), *self._races_left(repairs))
            )
        return report

    def _answer(self, arch: str, notes: dict[str, None]) -> Answer:
        ready = self.engine.prepare(self.test, arch, self.options, self.deadline)
        doubts = (f"uncertain on {ready.name}: {doubt}" for doubt in ready.uncertain)
        notes.update(dict.fromkeys((*ready.notes, *doubts)))
        found = self._decided(ready)
        if self.test.language and found.flags:
            self.flagged.append(arch)
            notes.update(dict.fromkeys(self._races(ready, found)))
        elif found.flags:
            notes[f"{arch} raises {', '.join(found.flags)}, and then promises nothing"] = None
        return found.answer(Quantifier.EXISTS)

    def _races(self, ready: Prepared, found: Findings) -> Iterator[str]:
        """The flags of a model of C11, each with its accesses: what a program with a race does is undefined."""
        for one in raised(self.engine, ready, found, self.deadline):
            events = dict.fromkeys(event for step in one.breach.steps for event in (step.source, step.target))
            named = [_named(ready.graph.events[event]) for event in events]
            yield f"{one.flag} on {ready.name}, so that the behaviour is undefined: {' and '.join(named)}"

    def _hidden(self, repairs: Sequence[Repair]) -> Iterator[str]:
        """What is to be done about dependencies in C."""
        if self.test.has_primitives and any(repair.depends for repair in repairs):
            yield (
                "a compiler may remove a dependency that is written for its order alone: hide the register from it "
                "(OPTIMIZER_HIDE_VAR)"
            )

    def _races_left(self, repairs: Sequence[Repair]) -> Iterator[str]:
        """Whether the programs with the first repair of each have a race still."""
        for repair in repairs:
            for arch in self.flagged if repair.texts else ():
                test = parse_test(Source(self.test.source.name, repair.texts[0]))
                ready = self.engine.prepare(test, arch, self.options, self.deadline)
                left = self._decided(ready).flags
                yield f"with the repair {', '.join(left) if left else 'no flag'} is left on {arch}"

    def _decided(self, ready: Prepared) -> Findings:
        """Whether the outcome is possible. Raises LimitReached."""
        condition = Condition(Quantifier.EXISTS, self.asked)
        found = self.engine.decide(ready, condition, Options(verdict_only=True), self.deadline)
        if found.possible is None or found.status in (Status.TIMEOUT, Status.LIMIT):
            word = found.status if found.status in (Status.TIMEOUT, Status.LIMIT) else Status.LIMIT
            raise LimitReached(word.value, found.message or "no answer")
        return found

    def _question(self, test: LitmusTest, arch: str) -> Asked:
        return Asked(self.engine, test, arch, self.options, self.asked, self.deadline)

    def _forbids(self, test: LitmusTest, arch: str) -> bool:
        """Whether an architecture forbids the outcome in another form of the test."""
        return not self._decided(self.engine.prepare(test, arch, self.options, self.deadline)).possible

    # --- what is there ------------------------------------------------------------------------------------------------

    def _validated(self, report: BarrierReport, archs: Sequence[str], reduce: bool) -> BarrierReport:
        known = [self._arch(arch) for arch in archs]
        sites = self._sites(archs, known)
        _bounded(sites)
        with ExitStack() as opened:
            by_arch = self._variants(sites, archs, opened)
            findings = validate(self.test, sites, by_arch)
            less = None
            own = [s for s in range(len(sites)) if sites[s].what in (What.BARRIER, What.ORDER)]
            if reduce and any(f.need is not Need.NECESSARY for f in findings if f.what in (What.BARRIER, What.ORDER)):
                less = self._reduced(sites, own, by_arch)
        paired = pairs(self._question(self.test, archs[0]), findings)
        return replace(report, findings=findings, reduced=less, pairs=paired)

    def _sites(self, archs: Sequence[str], known: Sequence[Arch]) -> tuple[Site, ...]:
        """The barriers, ordered accesses, locks and dependencies of the test."""
        if self.test.language:
            from litmus.barriers import c11  # few tests are in C11

            return c11.existing(self.test)
        graph = self.engine.prepare(self.test, archs[0], self.options, self.deadline).graph
        return (*existing(self.test, self.options.era, partial(cheaper, known)), *dependencies(graph))

    def _reduced(self, sites: Sequence[Site], own: Sequence[int], by_arch: Mapping[str, Variants]) -> Repair:
        """The cheapest forms of the barriers that are there."""
        archs = [self._arch(arch) for arch in by_arch]
        costs = self._costs(sites, own, archs)
        found = cheapest(sites, own, by_arch, costs, self.wanted.every, self.deadline)
        return self._as_repair(sites, own, archs, costs, found)

    # --- what is missing ----------------------------------------------------------------------------------------------

    def _repair(self, names: Sequence[str], allowing: Sequence[str]) -> Repair:
        """The cheapest changes for some architectures; those that forbid the outcome already will do so with more."""
        kinds = [kind for kind in self.wanted.kinds if is_for(kind, self.test)]
        first = kinds
        if self.wanted.kinds == USUAL:  # they hold up the processor for so long that all else is cheaper
            first = [kind for kind in kinds if kind is not CandidateKind.READ_BACKS]
        found = self._repaired_by(first, names, allowing)
        if found.impossible and first != kinds:
            found = self._repaired_by(kinds, names, allowing)
        if found.impossible and self._interleaves():
            return replace(found, interleaved=True)
        return found

    def _repaired_by(self, kinds: Sequence[CandidateKind], names: Sequence[str], allowing: Sequence[str]) -> Repair:
        """The cheapest changes of some kinds."""
        archs = [self._arch(name) for name in names]
        sites = candidates(self.test, self.options.era, archs, kinds)
        _bounded(sites)
        every = range(len(sites))
        costs = self._costs(sites, every, archs)
        with ExitStack() as opened:
            by_arch = self._variants(sites, [name for name in names if name in allowing], opened)
            most = strongest(sites)
            if most is not None:
                hopeless = tuple(arch for arch, variants in by_arch.items() if variants.possible(most))
            else:  # no form of an access orders all that the others do
                hopeless = tuple(by_arch) if self._interleaves() else ()
            if hopeless:
                found = Cheapest((), (), hopeless)
            else:
                found = cheapest(sites, every, by_arch, costs, self.wanted.every, self.deadline)
        return replace(self._as_repair(sites, every, archs, costs, found), kinds=tuple(kinds))

    def _interleaves(self) -> bool:
        """Whether an interleaving of the threads has the outcome, as far as sequential consistency decides the test."""
        try:
            return not self._forbids(self.test, "sc")
        except (UnsupportedError, ModelError, UsageError):
            return False

    def _as_repair(
        self,
        sites: Sequence[Site],
        own: Sequence[int],
        archs: Sequence[Arch],
        costs: Mapping[Element, int],
        found: Cheapest,
    ) -> Repair:
        names = tuple(arch.name for arch in archs)
        elements = list(costs)
        known = tuple(
            Candidate(
                change_of(self.test, sites[number], form),
                tuple((arch.name, cost(sites[number], form, arch, self.options.era)) for arch in archs),
                costs[number, form],
            )
            for number, form in elements
        )
        proof = tuple(
            Bound(
                clause.arch,
                tuple(k for k, element in enumerate(elements) if element in clause.needed),
                state_text(self.test, clause.solution),
            )
            for clause in found.clauses
        )
        sets, texts = [], []
        for some in found.sets:
            forms = {number: sites[number].base for number in own} | dict(some)
            forms = {number: form for number, form in forms.items() if form != 0}
            changes = tuple(change_of(self.test, sites[number], form) for number, form in sorted(forms.items()))
            edits = [edit for change in changes for edit in change.edits]
            self._confirm(sites, forms, edits, names)
            sets.append(changes)
            texts.append(edited(self.test.source.text, edits))
        return Repair(
            names,
            known,
            tuple(sets),
            tuple(texts),
            min((sum(costs[e] for e in one) for one in found.sets), default=0),
            proof,
            found.impossible,
            more=found.more,
            depends=any(
                "dependency" in sites[number].forms[form].extra for some in found.sets for number, form in some
            ),
        )

    def _confirm(
        self, sites: Sequence[Site], forms: dict[int, int], edits: Sequence[Edit], archs: Sequence[str]
    ) -> None:
        """Decide the program as it is written. Raises InternalError if it is not what was found."""
        if not is_written(self.test, sites, forms, edits):
            raise InternalError(f"{self.test.name}: the program that is written is not the one that was found")
        test = reparsed(self.test, edits)
        assert test is not None
        for arch in archs:
            if not self._forbids(test, arch):
                raise InternalError(f"{self.test.name}: {arch} allows the outcome of the repaired program")

    # --- both ---------------------------------------------------------------------------------------------------------

    def _variants(self, sites: Sequence[Site], archs: Sequence[str], opened: ExitStack) -> dict[str, Variants]:
        return {arch: opened.enter_context(closing(Variants(self._question(self.test, arch), sites))) for arch in archs}

    def _arch(self, name: str) -> Arch:
        """What fences there are, and what they cost: of a model of buses, those of the CPUs of the test."""
        described = self.engine.model(name).description()
        if self.test.topology is not None and self.test.topology.cpu:
            from litmus.pci.cpus import read_cpus  # few tests need it

            cpus = read_cpus(self.test.topology.cpu)
            described = cpus.architecture
            return Arch(name, described, costs_of(described), cpus.io[self.options.era])
        return Arch(name, described, Costs() if described is None else costs_of(described))

    def _costs(self, sites: Sequence[Site], own: Sequence[int], archs: Sequence[Arch]) -> dict[Element, int]:
        """What each form costs on all architectures together, and `written` more."""
        written = self._written()
        return {
            (number, form): max(1, written + sum(cost(sites[number], form, arch, self.options.era) for arch in archs))
            for number in own
            for form in range(len(sites[number].forms))
            if form != sites[number].base and not sites[number].forms[form].bound
        }

    def _written(self) -> int:
        """What a change costs beside its operations; in assembly, these are all there is."""
        if self.test.language:
            return c11_costs().written
        return kernel_candidates(self.options.era).written if self.test.has_primitives else 0


def _named(event: Event) -> str:
    """An access, with its place."""
    if event.span is None:
        return "the initial value"
    return f"{event.span.text} (P{event.thread} line {event.span.source.position(event.span.start)[0]})"


def _bounded(sites: Sequence[Site]) -> None:
    if len(sites) > MOST_SITES:
        raise LimitReached("limit", f"{len(sites)} places for barriers, more than {MOST_SITES}")
