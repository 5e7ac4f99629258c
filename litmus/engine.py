"""Checking litmus tests: the engine behind the command and the Python API."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LimitReached
from litmus.base.records import dataclass
from litmus.bounds import Base, StaticMembers, base_bounds, domains
from litmus.cat.load import CatModel, Elaborated, NeedsRegisters, default_model, load, model_name
from litmus.cat.reduced import reduced
from litmus.decide import Findings, decide
from litmus.decide.task import Task
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.states import sorted_states
from litmus.ir.events import NEVER, EventGraph
from litmus.ir.litmus_test import TRUE, Condition, LitmusTest, Quantifier
from litmus.ir.model import PICKS, Model
from litmus.ir.options import DEFAULTS, Options
from litmus.ir.verdict import Status, Verdict
from litmus.solver.z3 import Z3
from litmus.targets import Target, has_parts, target_for, unfolded

_ANY = Condition(Quantifier.EXISTS, TRUE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A test and a model that can be asked questions about: its events, what bounds them, and the model for them.

    `name` is what verdicts call the model, `notes` are what the answers assume beyond it, and `uncertain` what is in
    doubt of what they rest on.
    """

    name: str
    graph: EventGraph
    base: Base
    model: Model
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Unfolded:
    """The event graph of a program, and what bounds its events before a target adds to it."""

    program: LitmusTest
    unroll: int
    registers: bool
    parts: bool
    base: Base


class Engine:
    """A checker that keeps what tests share: the models that it has read, and solvers.

    Its solvers are freed by `close`, at the end of `with`, or when it is garbage-collected. Not to be used by two
    threads at once.
    """

    def __init__(
        self,
        include: Sequence[Path] = (),
        confined: bool = False,
        bell: Path | None = None,
        macros: Path | None = None,
    ) -> None:
        self._include = tuple(include)
        self._bell = bell
        self._macros = macros
        self._confined = confined
        self._models: dict[str, CatModel] = {}
        self._defaults: dict[str, str] = {}
        self._solvers = Z3()
        self._at_hand: LitmusTest | None = None
        self._lowered: dict[tuple[CatModel, Options], tuple[LitmusTest, Findings, tuple[str, ...]]] = {}
        self._unfolded: list[_Unfolded] = []

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the solvers. A closed engine may be used again; it then makes new ones."""
        self._solvers.close()

    def model(self, reference: str, deadline: Deadline = NO_DEADLINE) -> CatModel:
        """A model by name or by path, read once, and again if its files change. Raises ModelError, LimitReached."""
        found = self._models.get(reference)
        if found is None or found.files.changed():
            found = self._models[reference] = load(
                reference, self._include, self._confined, deadline, self._bell, self._macros
            )
        return found

    def model_for(self, test: LitmusTest, reference: str | None) -> str:
        """The model that is named, or the one that decides tests of this architecture. Raises ModelError."""
        if reference is None:
            reference = self._defaults.get(test.dialect)
        if reference is None:
            reference = self._defaults[test.dialect] = default_model(test.dialect)
        return reference

    def prepare(
        self,
        test: LitmusTest,
        model: str | CatModel | None = None,
        options: Options = DEFAULTS,
        deadline: Deadline = NO_DEADLINE,
        change: Callable[[EventGraph], EventGraph] | None = None,
    ) -> Prepared:
        """A test and a model, made ready to be asked questions about; `change` makes another graph of the test's.

        Raises what `check` raises, and LimitReached where `check` would return a verdict with that status.
        """
        cat = model if isinstance(model, CatModel) else self.model(self.model_for(test, model), deadline)
        target = target_for(cat, test, options, deadline)
        self._take(test)
        return self._prepare(target.program(test, deadline), cat, target, options, deadline, change)

    def _take(self, test: LitmusTest) -> None:
        """Remember nothing of other tests than this one."""
        if self._at_hand is not test:
            self._at_hand = test
            self._lowered.clear()
            self._unfolded.clear()

    def _prepare(
        self,
        program: LitmusTest,
        cat: CatModel,
        target: Target,
        options: Options,
        deadline: Deadline,
        change: Callable[[EventGraph], EventGraph] | None = None,
    ) -> Prepared:
        try:
            base, found = self._elaborate(program, cat, target, options, deadline, change)
        except NeedsRegisters:
            base, found = self._elaborate(program, cat, target, options, deadline, change, registers=True)
        graph = base.graph
        if found.beyond is None:
            return Prepared(cat.name, graph, base, found.model, target.notes, target.uncertain)
        if self._has_execution(graph, base, found.model, deadline):
            raise found.beyond.with_traceback(None)
        note = f"no execution obeys the axioms before this: {found.beyond.span}: {found.beyond.message}"
        return Prepared(cat.name, graph, base, found.model, (*target.notes, note), target.uncertain)

    def _elaborate(
        self,
        program: LitmusTest,
        cat: CatModel,
        target: Target,
        options: Options,
        deadline: Deadline,
        change: Callable[[EventGraph], EventGraph] | None,
        registers: bool = False,
    ) -> tuple[Base, Elaborated]:
        """What bounds the events of a program, and the model for it.

        Raises NeedsRegisters if the model needs the accesses to registers, too.
        """
        base = self._bounded(program, target, options.unroll, deadline, change, registers)
        graph = base.graph
        updates = any(event.kind == "U" for event in graph.events)
        found = cat.elaborate_partly(
            target.sets,
            target.variants,
            StaticMembers(base, deadline),
            target.relations,
            deadline,
            target.absent,
            updates,
            registers,
        )
        found = replace(found, model=reduced(found.model, _empty(graph, target.sets), updates))
        if options.skipped:
            axioms = tuple([axiom for axiom in found.model.axioms if axiom.name not in options.skipped])
            found = replace(found, model=replace(found.model, axioms=axioms))
        return base, found

    def _bounded(
        self,
        program: LitmusTest,
        target: Target,
        unroll: int,
        deadline: Deadline,
        change: Callable[[EventGraph], EventGraph] | None,
        registers: bool,
    ) -> Base:
        """The event graph of a program, with its bounds; on some architectures a test becomes the same program."""
        how = (unroll, registers, has_parts(target))
        for known in self._unfolded:
            if (known.unroll, known.registers, known.parts) == how and known.program == program:
                break
        else:
            graph = unfolded(program, unroll, deadline, registers, has_parts(target))
            known = _Unfolded(program, *how, _bounds(graph, deadline))
            self._unfolded.append(known)
        plain = known.base.graph
        graph = target.graph(plain, deadline)
        if change is not None:
            graph = change(graph)
        return known.base if graph is plain else _bounds(graph, deadline)

    def _has_execution(self, graph: EventGraph, base: Base, model: Model, deadline: Deadline) -> bool:
        """Whether any execution obeys all axioms. Raises LimitReached."""
        found = decide(graph, base, model, _ANY, Options(verdict_only=True), self._solvers, deadline)
        if found.possible is None:
            raise LimitReached(found.status.value, found.message)
        return found.possible

    def decide(
        self, ready: Prepared, condition: Condition, options: Options = DEFAULTS, deadline: Deadline = NO_DEADLINE
    ) -> Findings:
        """What the model says of a condition on the final states of a test; a limit is the `status` of the findings."""
        return decide(ready.graph, ready.base, ready.model, condition, options, self._solvers, deadline)

    def task(self, ready: Prepared, model: Model, deadline: Deadline = NO_DEADLINE) -> Task:
        """The searches for executions of a prepared test, under its model or one that differs in the axioms only."""
        return Task(ready.graph, ready.base, model, deadline, self._solvers)

    def _found(
        self, test: LitmusTest, cat: CatModel, target: Target, options: Options, deadline: Deadline
    ) -> tuple[Findings, tuple[str, ...]]:
        """What a model says of a test, and what it notes; kernels of another era may do the same on an architecture.

        Only the test at hand is remembered, and no limit that was hit: another time it may be done.
        """
        program = target.program(test, deadline)
        self._take(test)
        asked = options if options.timeout is None else replace(options, timeout=None)
        for (model, earlier), (other, found, notes) in self._lowered.items():
            same = model is cat and earlier.era != asked.era and replace(earlier, era=asked.era) == asked
            if same and other == program:
                return found, notes
        ready = self._prepare(program, cat, target, options, deadline)
        found = self.decide(ready, test.condition, options, deadline)
        if found.status in (Status.DONE, Status.BOUND):
            self._lowered[cat, asked] = program, found, ready.notes
        return found, ready.notes

    def _candidates(
        self, test: LitmusTest, cat: CatModel, target: Target, options: Options, deadline: Deadline
    ) -> int | None:
        """How many executions of a test there would be without any axiom; None if there are too many, or no time."""
        try:
            ready = self._prepare(target.program(test, deadline), cat, target, options, deadline)
        except LimitReached:
            return None
        ready = replace(ready, model=replace(ready.model, axioms=()))
        found = self.decide(ready, _ANY, replace(options, executions=True, verdict_only=False), deadline)
        return found.positive + found.negative if found.status in (Status.DONE, Status.BOUND) else None

    def check(self, test: LitmusTest, model: str | None = None, options: Options = DEFAULTS) -> Verdict:
        """Decide a test under a model; without one, under the model of the test's architecture.

        Raises ModelError if the model cannot be used for the test, ParseError if the program cannot be unfolded,
        UnsupportedError and UsageError for a primitive or an era without a mapping. If a limit is hit, the verdict's
        `status` says so.
        """
        start = time.perf_counter()
        deadline = Deadline.after(options.timeout)
        reference = self.model_for(test, model)
        name = ""
        notes: tuple[str, ...] = ()
        doubts: tuple[str, ...] = ()
        candidates: int | None = None
        try:
            cat = self.model(reference, deadline)
            name = cat.name
            target = target_for(cat, test, options, deadline)
            notes, doubts = target.notes, target.uncertain
            found, notes = self._found(test, cat, target, options, deadline)
            if options.candidates:
                candidates = self._candidates(test, cat, target, options, deadline)
            if model is None and test.dialect in FUNCTIONS:
                notes = (f"by {name}, as no model was named: what the kernel promises on all machines", *notes)
        except LimitReached as limit:
            name = name or model_name(reference)
            found = Findings(Status(limit.limit), message=limit.message)
        return Verdict(
            test=test,
            model=name,
            status=found.status,
            ok=found.ok(test.condition.quantifier),
            allowed=found.allowed,
            observation=found.observation(),
            states=sorted_states(found.states),
            positive=found.positive,
            negative=found.negative,
            answer=found.answer(test.condition.quantifier),
            witness=found.witness,
            flags=found.flags,
            reports=found.reports,
            undefined_flags=found.undefined,
            message=found.message,
            notes=notes,
            uncertain=doubts,
            seconds=time.perf_counter() - start,
            candidates=candidates,
        )


def _bounds(graph: EventGraph, deadline: Deadline) -> Base:
    return base_bounds(graph, domains.compute(graph, deadline=deadline), deadline)


def _empty(graph: EventGraph, sets: frozenset[str]) -> frozenset[str]:
    """The sets and relations of a graph that are empty in every execution: most tests have few kinds of fences.

    Of a graph that is cut short only the picks, as what would follow may be in all others.
    """
    cut = graph.bound != NEVER
    nothing = [name for name in (PICKS if cut else graph.relations) if not any(graph.relations[name].rows)]
    return frozenset(nothing) if cut else sets.difference(*[event.tags for event in graph.events]).union(nothing)


def cut_off(test: LitmusTest, model: str, status: Status, message: str, seconds: float = 0.0) -> Verdict:
    """A verdict without an answer, only with the status and the reason."""
    return Verdict(test, model, status, None, None, None, (), 0, 0, message=message, seconds=seconds)
