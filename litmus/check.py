"""Checking litmus tests: the engine behind the command and the Python API."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from litmus import domains
from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached
from litmus.bounds import StaticMembers, base_bounds
from litmus.cat.load import CatModel, NeedsTest, default_model, load
from litmus.decide import MAX_STATES, Findings, Question, decide
from litmus.frontend.dialect import dialect_for
from litmus.frontend.states import state_key
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Status, Verdict
from litmus.solver.z3 import Z3
from litmus.unfold import unfold


@dataclass(frozen=True, slots=True)
class Options:
    """How to check a test.

    `unroll`: how often a backward branch is followed. `timeout`: seconds of wall time a test, None for no limit.
    `verdict_only`: decide the condition, do not enumerate states. `executions`: count consistent executions, not
    states. `variants`: what `if "..."` in a model answers yes to.
    """

    unroll: int = 2
    timeout: float | None = None
    verdict_only: bool = False
    executions: bool = False
    variants: frozenset[str] = frozenset()
    max_states: int = MAX_STATES


class Engine:
    """A checker that keeps what tests share: parsed models, and z3. Not to be used by two threads at once."""

    def __init__(self, include: Sequence[Path] = ()) -> None:
        self._include = tuple(include)
        self._models: dict[str, CatModel] = {}
        self._z3 = Z3()

    def model(self, reference: str) -> CatModel:
        """A model by name or by path, parsed once. Raises ModelError."""
        found = self._models.get(reference)
        if found is None:
            found = self._models[reference] = load(reference, self._include)
        return found

    def check(self, test: LitmusTest, model: str | None = None, options: Options = Options()) -> Verdict:
        """Decide a test under a model; without one, under the model of the test's architecture.

        Raises ModelError if the model cannot be used for the test, ParseError if the program cannot be unfolded. A
        limit that is hit is told by the verdict's status.
        """
        start = time.perf_counter()
        deadline = Deadline.after(options.timeout)
        cat = self.model(model if model is not None else default_model(test.arch))
        try:
            graph = unfold(test, options.unroll)
            base = base_bounds(graph, domains.compute(graph))
            sets = dialect_for(test.arch).sets
            try:
                elaborated = cat.elaborate(sets, options.variants)
            except NeedsTest:
                elaborated = cat.elaborate(sets, options.variants, StaticMembers(base))
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
