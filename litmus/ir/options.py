"""How a test is to be checked."""

from __future__ import annotations

from dataclasses import replace

from litmus.base.deadline import Deadline
from litmus.base.records import dataclass
from litmus.ir.eras import NEWEST

MAX_STATES = 100_000
"""States (or executions) that are listed before the answer is given as incomplete."""

MIXED = "mixed"
"""The variant of models for tests with accesses that overlap in part: it is on where a test has such accesses."""

LSE2 = "lse2"
"""The variant of AArch64 with FEAT_LSE2, in which the two accesses of a pair may be one, which has parts then."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to check a test.

    `unroll`: how often a backward branch is followed. `timeout`: seconds of wall time a test, None for no limit.
    `verdict_only`: decide the condition, list no states. `executions`: count consistent executions, not states.
    `variants`: the names to which `if "..."` in a model says yes. `era`: which kernels' primitives a test in kernel C
    means, v2.6.27 or v6. `passing`: the ordering rules of PCI bridges, by name or path, None for the test's own.
    `skipped`: the names of axioms that need not hold. `reasons`: say why, if no execution comes to its end.
    `candidates`: count the executions that there would be without any axiom, too.
    """

    unroll: int = 2
    timeout: float | None = None
    verdict_only: bool = False
    executions: bool = False
    variants: frozenset[str] = frozenset()
    max_states: int = MAX_STATES
    era: str = NEWEST
    passing: str | None = None
    skipped: frozenset[str] = frozenset()
    reasons: bool = True
    candidates: bool = False

    def until(self, deadline: Deadline) -> Options:
        """These options for what is left to do until a deadline, in place of `timeout`."""
        return self if deadline.at is None else replace(self, timeout=deadline.remaining())


DEFAULTS = Options()
