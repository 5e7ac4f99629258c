"""The verdict on a test."""

from __future__ import annotations

from enum import Enum

from litmus.base.records import dataclass
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import LitmusTest


class Status(Enum):
    """How the work ended: `done`; a limit hit (`timeout`, `limit`); `bound`: done, but an execution exists in which a
    loop goes round more often than the unroll limit; `error`: bad input; `internal`: a fault of litmus."""

    DONE = "done"
    TIMEOUT = "timeout"
    BOUND = "bound"
    LIMIT = "limit"
    ERROR = "error"
    INTERNAL = "internal"


class Observation(Enum):
    NEVER = "Never"
    SOMETIMES = "Sometimes"
    ALWAYS = "Always"


class Answer(Enum):
    """Whether the outcome that a test asks about is possible; for `forall`, whether some outcome breaks it.

    `bounded`: not in the executions within the unroll limit, but loops may go round more often. `no complete
    execution`: no execution comes to its end, or none within the unroll limit, so that nothing is said of any outcome.
    """

    ALLOWED = "Allowed"
    FORBIDDEN = "Forbidden"
    BOUNDED = "bounded"
    INCOMPLETE = "no complete execution"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one test under one model.

    `answer` is the verdict in a word. `states` are the reachable final states, in the order in which herd7 lists them:
    those found so far if a limit was hit, none in verdict-only mode. `positive` and `negative` count the states (or, on
    request, the consistent executions) that satisfy the condition's proposition and that do not.

    `ok` is herd's Ok/No: whether the condition holds. `allowed`: whether some reachable state satisfies the
    proposition. `observation` is herd's word for both. They are None if unknown, and so if they hold only within the
    unroll limit, or if no execution comes to its end.

    `witness` satisfies the proposition if any execution does. `flags` are the names of flags raised by some consistent
    execution, `undefined_flags` those of them that are of an `undefined_unless`. `reports` are what the
    program itself says of some consistent execution, by `WARN_ON` and the like; they say nothing against the verdict.
    `message` says more about a limit, or about what was left out. `notes` are what the answer assumes beyond the model,
    `uncertain` what is in doubt of what it rests on. `seconds` is wall time. `candidates` is how many executions there
    would be without any axiom, None if that was not asked for, or is not known.
    """

    test: LitmusTest
    model: str
    status: Status
    ok: bool | None
    allowed: bool | None
    observation: Observation | None
    states: tuple[State, ...]
    positive: int
    negative: int
    answer: Answer = Answer.UNKNOWN
    witness: Execution | None = None
    flags: tuple[str, ...] = ()
    message: str = ""
    notes: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    seconds: float = 0.0
    reports: tuple[str, ...] = ()
    candidates: int | None = None
    undefined_flags: tuple[str, ...] = ()

    @property
    def undefined(self) -> bool:
        """Whether some execution leaves the program without a meaning."""
        return bool(self.undefined_flags)

    def __repr__(self) -> str:
        """One line, as `<Verdict MP under power: Allowed (exists: Ok), Sometimes 1 3>`."""
        ok = "Undef" if self.undefined else {True: "Ok", False: "No", None: "Unknown"}[self.ok]
        said = [f"{self.answer.value} ({self.test.condition.quantifier.value}: {ok})"]
        if self.status is not Status.DONE:
            said.append(self.status.value)
        if self.observation is not None:
            said.append(f"{self.observation.value} {self.positive} {self.negative}")
        return f"<Verdict {self.test.name} under {self.model}: {', '.join(said)}>"

    def _repr_markdown_(self) -> str:
        from litmus.base.display import markdown

        return markdown(self)
