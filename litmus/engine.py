"""Checking litmus tests: the engine behind the command and the Python API."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LimitReached, ModelError, ParseError
from litmus.bounds import Base, StaticMembers, base_bounds, domains
from litmus.cat.load import CatModel, default_model, load
from litmus.cat.registry import ModelInfo, info_of, spoken_by
from litmus.decide import MAX_STATES, Findings, Question, decide
from litmus.frontend.dialect import dialect_for
from litmus.frontend.states import state_key
from litmus.ir.eras import NEWEST
from litmus.ir.events import ALWAYS, EventGraph, Known
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import Model
from litmus.ir.thread import Primitive
from litmus.ir.verdict import Status, Verdict
from litmus.solver.interface import Solvers
from litmus.solver.z3 import Z3
from litmus.unfold import unfold

if TYPE_CHECKING:  # for PCI only
    from litmus.ir.topology import Topology


@dataclass(frozen=True, slots=True)
class Options:
    """How to check a test.

    `unroll`: how often a backward branch is followed. `timeout`: seconds of wall time a test, None for no limit.
    `verdict_only`: decide the condition, do not enumerate states. `executions`: count consistent executions, not
    states. `variants`: what `if "..."` in a model answers yes to. `era`: which kernels' primitives a
    test in kernel C means, v2.6.27 or v6. `passing`: the passing table of PCI bridges, by name or path, None for the
    test's own.
    """

    unroll: int = 2
    timeout: float | None = None
    verdict_only: bool = False
    executions: bool = False
    variants: frozenset[str] = frozenset()
    max_states: int = MAX_STATES
    era: str = NEWEST
    passing: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A test and a model that can be asked questions about: its events, what bounds them, and the model for them.

    `name` is what verdicts call the model, `notes` are what the answers assume beyond it.
    """

    name: str
    graph: EventGraph
    base: Base
    model: Model
    notes: tuple[str, ...] = ()


class Engine:
    """A checker that keeps what tests share: parsed models, and z3. Not to be used by two threads at once."""

    def __init__(self, include: Sequence[Path] = ()) -> None:
        self._include = tuple(include)
        self._models: dict[str, CatModel] = {}
        self._infos: dict[Path, ModelInfo] = {}
        self._refused: dict[tuple[Path, str], str] = {}  # what models of ours were found not to speak
        self._of_buses: set[Path] = set()  # models that do speak of tests with a topology
        self._z3 = Z3()

    def model(self, reference: str) -> CatModel:
        """A model by name or by path, parsed once, and again if its files change. Raises ModelError."""
        found = self._models.get(reference)
        if found is None or found.files.changed():
            found = self._models[reference] = load(reference, self._include)
            self._refused.clear()
        return found

    def _lowered(self, test: LitmusTest, cat: CatModel, era: str) -> tuple[LitmusTest, frozenset[str]]:
        """The test in operations that have events, and the sets that its events may be in."""
        if test.topology is not None:
            from litmus.pci.cpus import prepare  # for PCI only

            if cat.path not in self._of_buses:  # fences of its CPUs have the names that other models know, too
                spoken = spoken_by(cat.path)
                if spoken is not None and test.arch not in spoken:
                    raise ModelError(self._unspoken(cat, test, spoken))
                self._of_buses.add(cat.path)
            prepared = prepare(test, test.topology, era)
            return prepared.test, dialect_for(test.arch).sets | prepared.sets
        own = dialect_for(test.arch).sets
        if not any(isinstance(s, Primitive) for thread in test.threads for s in thread.body) and (
            own or spoken_by(cat.path) is None
        ):
            return test, own
        from litmus.kernel.lowering import lower  # for kernel C only

        info = self._infos.get(cat.path)
        if info is None:
            info = self._infos[cat.path] = info_of(cat.path)
        return lower(test, info, era), info.tags

    def _routed(
        self, graph: EventGraph, topology: Topology, options: Options
    ) -> tuple[EventGraph, frozenset[str], tuple[str, ...]]:
        """The graph with its hops on buses, the variants that bring in its CPUs, and what is assumed of them."""
        from litmus.pci.cpus import read_host  # for PCI only
        from litmus.pci.hops import expand
        from litmus.pci.ordering import read_passing

        graph = expand(graph, read_passing(options.passing or topology.rules))
        if not topology.cpu:
            return graph, options.variants, ()
        return graph, options.variants | {topology.cpu}, read_host(topology.cpu).assumptions

    def _elaborate(
        self,
        cat: CatModel,
        test: LitmusTest,
        sets: frozenset[str],
        members: StaticMembers,
        variants: frozenset[str],
    ) -> Model:
        """The model for the test's dialect; one of ours that does not speak it is told by that."""
        try:
            if test.topology is not None:
                from litmus.pci import hops  # for PCI only

                return cat.elaborate(sets | hops.SETS, variants, members, hops.RELATIONS)
            return cat.elaborate(sets, variants, members)
        except ModelError as error:
            spoken = spoken_by(cat.path)
            if spoken is None or test.arch in spoken or not dialect_for(test.arch).sets:  # kernel C is lowered by then
                raise
            raise ModelError(self._unspoken(cat, test, spoken)) from error

    def _unspoken(self, cat: CatModel, test: LitmusTest, spoken: tuple[str, ...]) -> str:
        """That a model of ours does not decide tests of this kind; remembered for the next one."""
        what = f"tests of {' and '.join(spoken)}" if spoken else "no assembly"
        message = f"model '{cat.name}' decides {what}, and this is a test of {test.arch}"
        self._refused[cat.path, test.arch] = message
        return message

    def prepare(
        self, test: LitmusTest, model: str | None = None, options: Options = Options(), deadline: Deadline = NO_DEADLINE
    ) -> Prepared:
        """A test and a model, made ready to be asked questions about. Raises as `check`, and LimitReached."""
        return self._prepare(test, self._speaking(test, model), options, deadline)

    @property
    def solvers(self) -> Solvers:
        """What answers questions."""
        return self._z3

    def _speaking(self, test: LitmusTest, model: str | None) -> CatModel:
        """The model, which is not known not to speak the test's dialect."""
        cat = self.model(model if model is not None else default_model(test.arch))
        refused = self._refused.get((cat.path, test.arch))
        if refused is not None:
            raise ModelError(refused)
        return cat

    def _prepare(self, test: LitmusTest, cat: CatModel, options: Options, deadline: Deadline) -> Prepared:
        variants = options.variants
        notes: tuple[str, ...] = ()
        lowered, sets = self._lowered(test, cat, options.era)
        graph = unfold(lowered, options.unroll, deadline)
        _housed(graph)
        if graph.test.topology is not None:
            graph, variants, notes = self._routed(graph, graph.test.topology, options)
        base = base_bounds(graph, domains.compute(graph, deadline=deadline), deadline)
        return Prepared(cat.name, graph, base, self._elaborate(cat, test, sets, StaticMembers(base), variants), notes)

    def check(self, test: LitmusTest, model: str | None = None, options: Options = Options()) -> Verdict:
        """Decide a test under a model; without one, under the model of the test's architecture.

        Raises ModelError if the model cannot be used for the test, ParseError if the program cannot be unfolded. A
        limit that is hit is told by the verdict's status.
        """
        start = time.perf_counter()
        deadline = Deadline.after(options.timeout)
        notes: tuple[str, ...] = ()
        cat = self._speaking(test, model)
        try:
            ready = self._prepare(test, cat, options, deadline)
            notes = ready.notes
            question = Question(options.verdict_only, options.executions, deadline, options.max_states)
            found = decide(ready.graph, ready.base, ready.model, test.condition, question, self._z3)
        except LimitReached as limit:
            found = Findings(Status(limit.limit), message=limit.message)
        quantifier = test.condition.quantifier
        return Verdict(
            test=test,
            model=cat.name,
            status=found.status,
            ok=found.ok(quantifier),
            allowed=found.possible,
            observation=found.observation(),
            states=tuple(sorted(found.states, key=state_key)),
            positive=found.positive,
            negative=found.negative,
            witness=found.witness,
            flags=found.flags,
            undefined=found.undefined,
            message=found.message,
            notes=notes,
            seconds=time.perf_counter() - start,
        )


def cut_off(test: LitmusTest, model: str, status: Status, message: str, seconds: float = 0.0) -> Verdict:
    """The verdict that says nothing but why."""
    return Verdict(test, model, status, None, None, None, (), 0, 0, message=message, seconds=seconds)


def _housed(graph: EventGraph) -> None:
    """Refuse a test with an access that can only go to no location: most likely a register was forgotten."""
    for event in graph.events:
        match event.addr:
            case Known(int() as number) if event.guard == ALWAYS:
                message = f"this access always goes to {number}, which is the address of no location"
                raise ParseError(message, event.span, "is the register set in the initial state?")
