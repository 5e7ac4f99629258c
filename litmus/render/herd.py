"""A verdict as herd7 prints it, for scripts that read its output. Source: herdtools7 7.58, herd/top_herd.ml."""

from __future__ import annotations

from functools import partial

from litmus.base.errors import InternalError, LimitReached, LitmusError, UnknownFunction
from litmus.base.records import dataclass
from litmus.frontend.condition import condition_text
from litmus.frontend.state_lines import lines
from litmus.ir.litmus_test import LitmusTest, Observable, Quantifier
from litmus.ir.thread import Value
from litmus.ir.verdict import Observation, Status, Verdict
from litmus.judge.form import final_state


@dataclass(frozen=True, slots=True)
class HerdRows:
    """The rows of `litmus herd`.

    A test is undefined if it has the flag `bad_flag`, and then has no output at all without `bad_executions`. With
    `one` a verdict without states has the one of its witness. If `verbose`, what is odd about a test is said. If
    `hexadecimal`, numbers are printed so, in states as the bits of their types.
    """

    bad_flag: str | None = None
    bad_executions: bool = True
    one: bool = False
    verbose: bool = False
    hexadecimal: bool = False

    def answer(self, file: str, verdict: Verdict) -> str:
        """The block for a verdict; nothing of a test out of time, as in herd7, or whose answer a limit leaves open."""
        bad = verdict.undefined or self.bad_flag in verdict.flags
        unknown = verdict.status is Status.LIMIT and verdict.observation is None
        if verdict.status is Status.TIMEOUT or unknown or (bad and not self.bad_executions):
            return ""
        return self._block(verdict, bad)

    def refusal(self, file: str, error: str, test: LitmusTest | None, status: Status) -> str:
        """Nothing for a file that could not be decided."""
        return ""

    def complaint(self, file: str, error: LitmusError | InternalError, usual: str) -> str:
        """What is wrong with a file, in one line that begins as herd7's does, and in the usual words if there is more
        to show."""
        if isinstance(error, UnknownFunction):
            return f'Warning: File "{file}": Unknown macro {error.name} (User error)\n'
        if isinstance(error, InternalError | LimitReached):
            return f'Warning: File "{file}": {usual}\n'
        return f"Warning: {_place(file, error)}: {error.message}{f' ({error.hint})' if error.hint else ''}\n"

    def remarks(self, file: str, verdict: Verdict, usual: str) -> str:
        """What goes to stderr beside an answer."""
        said = usual if self.verbose else ""
        if verdict.status is Status.BOUND:
            said += f'Warning: File "{file}": unrolling limit exceeded, legal outcomes may be missing.\n'
        elif verdict.message:
            said += f'Warning: File "{file}": {verdict.message}\n'
        return said

    def _block(self, verdict: Verdict, bad: bool) -> str:
        test = verdict.test
        quantifier = test.condition.quantifier
        states, positive, negative = verdict.states, verdict.positive, verdict.negative
        if self.one and not states and verdict.witness is not None:
            states = (final_state(verdict.witness),)
            positive, negative = (0, 1) if quantifier is Quantifier.FORALL else (1, 0)
        never, always = not positive, not negative
        if verdict.status is Status.LIMIT:  # there are states that are not listed
            never = verdict.observation is Observation.NEVER
            always = verdict.observation is Observation.ALWAYS
        holds = {Quantifier.EXISTS: not never, Quantifier.NOT_EXISTS: never, Quantifier.FORALL: always}[quantifier]
        ok = "Undef" if bad else "Ok" if holds else "No"
        found = "Never" if never else "Always" if always else "Sometimes"
        flags = ["*undef*"] * verdict.undefined + [f for f in verdict.flags if f not in verdict.undefined_flags]
        number = partial(_bits, test.number_bits) if self.hexadecimal else str
        witnesses = (negative, positive) if quantifier is Quantifier.NOT_EXISTS else (positive, negative)
        parts = [
            f"Test {test.name} {quantifier.kind}",
            f"States {len(states)}",
            *lines(test, states, partial(_hexadecimal, test) if self.hexadecimal else None),
            f"Loop {ok}" if verdict.status is Status.BOUND else ok,
            "Witnesses",
            "Positive: {} Negative: {}".format(*witnesses),
            *[f"Flag {flag}" for flag in flags],
            f"Condition {condition_text(test, number)}",
            f"Observation {test.name} {found} {positive} {negative}",
            f"Time {test.name} {verdict.seconds:.2f}",
            *([] if verdict.candidates is None else [f"Candidates {test.name} {verdict.candidates}"]),
            f"Hash={test.hash}",
        ]
        return "\n".join(parts) + "\n\n"


def _hexadecimal(test: LitmusTest, value: Value, item: Observable) -> str:
    """A value in a state: a number as the bits of the type of the item that has it."""
    return _bits(test.type_of(item).bits, value) if isinstance(value, int) else test.show_value(value, item)


def _bits(count: int, number: int) -> str:
    return f"{number & (1 << count) - 1:#x}"


def _place(file: str, error: LitmusError) -> str:
    """Where an error is, in the words of herd7: columns begin at 0."""
    if error.span is None or not error.span.source.text:  # it could not be read at all
        return f'File "{file}"'
    line, column = error.span.source.position(error.span.start)
    end = column - 1 + max(error.span.end - error.span.start, 1)
    return f'File "{error.span.source.name}", line {line}, characters {column - 1}-{end}'
