"""A verdict as a block of lines in herd7's format, which users' scripts read."""

from __future__ import annotations

from litmus.base.errors import InternalError, LitmusError
from litmus.base.records import dataclass
from litmus.frontend.condition import condition_text
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import LitmusTest, Quantifier
from litmus.ir.verdict import Answer, Status, Verdict

_LIMITS = {Status.BOUND: "Loop", Status.TIMEOUT: "Timeout", Status.LIMIT: "Limit"}
_UNSETTLED = "Unknown"


@dataclass(frozen=True, slots=True)
class TextRows:
    """The rows of `litmus check`."""

    def answer(self, file: str, verdict: Verdict) -> str:
        """The block for a verdict."""
        return block(verdict)

    def refusal(self, file: str, error: str, test: LitmusTest | None, status: Status) -> str:
        """Nothing for a file that could not be decided: its message says enough."""
        return ""

    def complaint(self, file: str, error: LitmusError | InternalError, usual: str) -> str:
        """The usual words."""
        return usual

    def remarks(self, file: str, verdict: Verdict, usual: str) -> str:
        """The usual words."""
        return usual


def block(verdict: Verdict) -> str:
    """The result block of a test, with a blank line at the end.

    Three extensions of herd7's format. A limit that was hit is printed before the answer, as herd7 prints `Loop`
    (`Timeout Ok`, or `Timeout` alone if there is no answer), and in the Observation line if none of Never, Sometimes
    and Always is known. What holds within the unroll limit only is `Bounded`, in place of Ok or No and of the
    Observation; if no execution comes to its end, these are `No complete execution` and `Incomplete`. In verdict-only
    mode the Observation may be `Unknown`: the condition is decided, but the verdict did not need both the search for a
    state that satisfies it and the search for one that does not.
    """
    test = verdict.test
    name = test.name
    quantifier = test.condition.quantifier
    lines = [f"Test {name} {quantifier.kind}", f"States {len(verdict.states)}", *state_lines(verdict)]
    lines.append(_answer(verdict))
    lines.append("Witnesses")
    positive, negative = verdict.positive, verdict.negative
    if quantifier is Quantifier.NOT_EXISTS:
        positive, negative = negative, positive
    lines.append(f"Positive: {positive} Negative: {negative}")
    lines += [f"Flag {flag}" for flag in (*verdict.flags, *verdict.reports)]
    lines.append(f"Condition {condition_text(test)}")
    lines.append(f"Observation {name} {_observation(verdict)} {verdict.positive} {verdict.negative}")
    lines += [f"Note {note}" for note in verdict.notes]
    lines += [f"Note uncertain: {doubt}" for doubt in verdict.uncertain]
    lines.append(f"Time {name} {verdict.seconds:.2f}")
    lines.append(f"Hash={test.hash}")
    return "\n".join(lines) + "\n\n"


def _answer(verdict: Verdict) -> str:
    words = [_LIMITS[verdict.status]] if verdict.status in _LIMITS else []
    if verdict.undefined:  # as in herd7: an undefined test has no answer
        words.append("Undef")
    elif verdict.ok is not None:
        words.append("Ok" if verdict.ok else "No")
    elif verdict.answer in (Answer.BOUNDED, Answer.INCOMPLETE):
        words.append(verdict.answer.value.capitalize())
    return " ".join(words) or _UNSETTLED


def _observation(verdict: Verdict) -> str:
    if verdict.observation is not None:
        return verdict.observation.value
    if verdict.answer is Answer.INCOMPLETE:
        return "Incomplete"
    if verdict.status is Status.BOUND:
        return "Bounded"
    return _LIMITS.get(verdict.status, _UNSETTLED)
