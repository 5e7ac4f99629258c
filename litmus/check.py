"""Checking litmus tests: the engine behind the command and the Python API."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from litmus import domains
from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, ModelError, ParseError
from litmus.bounds import StaticMembers, base_bounds
from litmus.cat.load import CatModel, default_model, load
from litmus.cat.registry import ModelInfo, info_of, spoken_by
from litmus.decide import MAX_STATES, Findings, Question, decide
from litmus.frontend.dialect import dialect_for
from litmus.frontend.states import state_key
from litmus.ir.events import ALWAYS, EventGraph, Known
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.model import Model
from litmus.ir.thread import Primitive
from litmus.ir.verdict import Status, Verdict
from litmus.solver.z3 import Z3
from litmus.unfold import unfold


@dataclass(frozen=True, slots=True)
class Options:
    """How to check a test.

    `unroll`: how often a backward branch is followed. `timeout`: seconds of wall time a test, None for no limit.
    `verdict_only`: decide the condition, do not enumerate states. `executions`: count consistent executions, not
    states. `variants`: what `if "..."` in a model answers yes to. `era`: which kernels' primitives a
    test in kernel C means, v2.6.27 or v6.
    """

    unroll: int = 2
    timeout: float | None = None
    verdict_only: bool = False
    executions: bool = False
    variants: frozenset[str] = frozenset()
    max_states: int = MAX_STATES
    era: str = "v6"


class Engine:
    """A checker that keeps what tests share: parsed models, and z3. Not to be used by two threads at once."""

    def __init__(self, include: Sequence[Path] = ()) -> None:
        self._include = tuple(include)
        self._models: dict[str, CatModel] = {}
        self._infos: dict[Path, ModelInfo] = {}
        self._z3 = Z3()

    def model(self, reference: str) -> CatModel:
        """A model by name or by path, parsed once, and again if its files change. Raises ModelError."""
        found = self._models.get(reference)
        if found is None or found.files.changed():
            found = self._models[reference] = load(reference, self._include)
        return found

    def _lowered(self, test: LitmusTest, cat: CatModel, era: str) -> tuple[LitmusTest, frozenset[str]]:
        """The test in operations that have events, and the sets that its events may be in."""
        if not any(isinstance(s, Primitive) for thread in test.threads for s in thread.body):
            return test, dialect_for(test.arch).sets
        from litmus.lowering import lower  # for kernel C only

        info = self._infos.get(cat.path)
        if info is None:
            info = self._infos[cat.path] = info_of(cat.path)
        return lower(test, info, era), info.tags

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
            return cat.elaborate(sets, variants, members)
        except ModelError as error:
            spoken = spoken_by(cat.path)
            if not spoken or test.arch in spoken:
                raise
            message = f"model '{cat.name}' decides tests of {' and '.join(spoken)}, and this is one of {test.arch}"
            raise ModelError(message) from error

    def check(self, test: LitmusTest, model: str | None = None, options: Options = Options()) -> Verdict:
        """Decide a test under a model; without one, under the model of the test's architecture.

        Raises ModelError if the model cannot be used for the test, ParseError if the program cannot be unfolded. A
        limit that is hit is told by the verdict's status.
        """
        start = time.perf_counter()
        deadline = Deadline.after(options.timeout)
        cat = self.model(model if model is not None else default_model(test.arch))
        try:
            lowered, sets = self._lowered(test, cat, options.era)
            graph = unfold(lowered, options.unroll, deadline)
            _housed(graph)
            base = base_bounds(graph, domains.compute(graph))
            elaborated = self._elaborate(cat, test, sets, StaticMembers(base), options.variants)
            question = Question(options.verdict_only, options.executions, deadline, options.max_states)
            found = decide(graph, base, elaborated, test.condition, question, self._z3)
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
            seconds=time.perf_counter() - start,
        )


def _housed(graph: EventGraph) -> None:
    """Refuse a test with an access that can only go to no location: most likely a register was forgotten."""
    for event in graph.events:
        match event.addr:
            case Known(int() as number) if event.guard == ALWAYS:
                message = f"this access always goes to {number}, which is the address of no location"
                raise ParseError(message, event.span, "is the register set in the initial state?")
