"""What a search has found out so far."""

from __future__ import annotations

from dataclasses import field

from litmus.base.records import dataclass
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Quantifier
from litmus.ir.verdict import Answer, Observation, Status


@dataclass(slots=True)
class Findings:
    """What was found out so far; kept when a limit is hit.

    `possible` and `refutable` are about the executions that come to their end within the unroll limit.
    """

    status: Status = Status.DONE
    states: list[State] = field(default_factory=list)
    positive: int = 0
    negative: int = 0
    complete: bool = False
    possible: bool | None = None  # an execution satisfies the proposition
    refutable: bool | None = None  # an execution does not satisfy it
    cut: bool | None = None  # an execution goes past the unroll limit
    witness: Execution | None = None
    flags: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()  # those of the flags that leave the program without a meaning
    message: str = ""

    @property
    def empty(self) -> bool:
        """Whether no execution comes to its end within the unroll limit."""
        return self.possible is False and self.refutable is False

    @property
    def allowed(self) -> bool | None:
        """Whether some state satisfies the proposition; None if that is not known."""
        return self._certain(self.possible)

    def ok(self, quantifier: Quantifier) -> bool | None:
        """herd's Ok: whether the condition holds; None if that is not known."""
        forall = quantifier is Quantifier.FORALL
        found = self._certain(self.refutable if forall else self.possible)
        return None if found is None else found == (quantifier is Quantifier.EXISTS)

    def observation(self) -> Observation | None:
        """Never, Sometimes or Always; None if that is not known."""
        possible, refutable = self._certain(self.possible), self._certain(self.refutable)
        if possible is False:
            return Observation.NEVER
        if possible is None or refutable is None:
            return None
        return Observation.SOMETIMES if refutable else Observation.ALWAYS

    def answer(self, quantifier: Quantifier) -> Answer:
        """Whether the outcome that a test asks about is possible, in a word."""
        if self.empty:
            return Answer.INCOMPLETE
        found = self.refutable if quantifier is Quantifier.FORALL else self.possible
        if found is None or (not found and self.cut is None):
            return Answer.UNKNOWN
        if found:
            return Answer.ALLOWED
        return Answer.BOUNDED if self.cut else Answer.FORBIDDEN

    def _certain(self, found: bool | None) -> bool | None:
        """What was found, unless nothing was and that says little."""
        return found if found or (self.cut is False and not self.empty) else None

    def count(self, execution: Execution, positive: bool) -> None:
        """Count a state (or an execution), in which the proposition holds or not."""
        if positive:
            self.positive += 1
        else:
            self.negative += 1
        if self.witness is None or (positive and self.positive == 1):
            self.witness = execution

    def settle(self) -> None:
        """What the states counted say of the condition; a state found stands even if others are missing."""
        if self.positive or self.complete:
            self.possible = self.positive > 0
        if self.negative or self.complete:
            self.refutable = self.negative > 0

    def settle_one(self, positive: bool, execution: Execution | None) -> None:
        """That there is an execution in which the proposition holds (or does not), or none."""
        if positive:
            self.possible = execution is not None
        else:
            self.refutable = execution is not None
        if execution is not None and (positive or self.witness is None):
            self.witness = execution
