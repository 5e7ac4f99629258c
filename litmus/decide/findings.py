"""What a search has found out so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Quantifier
from litmus.ir.verdict import Observation, Status


@dataclass(slots=True)
class Findings:
    """What was found out so far; kept when a limit is hit."""

    status: Status = Status.DONE
    states: list[State] = field(default_factory=list)
    positive: int = 0
    negative: int = 0
    complete: bool = False
    possible: bool | None = None  # an execution satisfies the proposition
    refutable: bool | None = None  # an execution does not satisfy it
    witness: Execution | None = None
    flags: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    undefined: bool = False
    message: str = ""

    def ok(self, quantifier: Quantifier) -> bool | None:
        """herd's Ok: whether the condition holds; None if that is not known."""
        if quantifier is Quantifier.FORALL:
            return None if self.refutable is None else not self.refutable
        if self.possible is None:
            return None
        return self.possible == (quantifier is Quantifier.EXISTS)

    def observation(self) -> Observation | None:
        """Never, Sometimes or Always; None if that is not known."""
        if self.possible is False:
            return Observation.NEVER
        if self.possible is None or self.refutable is None:
            return None
        return Observation.SOMETIMES if self.refutable else Observation.ALWAYS

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
