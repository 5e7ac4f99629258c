"""A verdict as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from litmus.base.errors import InternalError, LitmusError
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Answer, Status, Verdict


@dataclass(frozen=True, slots=True)
class JsonRows:
    """The rows of `litmus check --format json`."""

    def answer(self, file: str, verdict: Verdict) -> str:
        """A line for a verdict."""
        return line(file, verdict)

    def refusal(self, file: str, error: str, test: LitmusTest | None, status: Status) -> str:
        """A line for a file that could not be decided."""
        return error_line(file, error, test, status)

    def complaint(self, file: str, error: LitmusError | InternalError, usual: str) -> str:
        """The usual words."""
        return usual

    def remarks(self, file: str, verdict: Verdict, usual: str) -> str:
        """The usual words."""
        return usual


def line(file: str, verdict: Verdict) -> str:
    """A verdict as a JSON object on one line, newline included.

    Its keys, in order: file name arch model kind status verdict observation ok states positive negative flags hash
    seconds. `kind` is what the condition asks for, as herd7 has it; `verdict` is the answer. Unknown values are null.
    `message` is added if executions are left out for a reason that no other key gives, `notes` if the answer makes
    assumptions beyond the model, `uncertain` if it rests on something in doubt, and `remarks` if the test is odd.
    """
    test = verdict.test
    row: dict[str, object] = {
        **_head(file, test, verdict.model, verdict.status),
        "verdict": None if verdict.answer is Answer.UNKNOWN else verdict.answer.value,
        "observation": verdict.observation.value if verdict.observation else None,
        "ok": None if verdict.undefined else verdict.ok,
        "states": state_lines(verdict),
        "positive": verdict.positive,
        "negative": verdict.negative,
        "flags": [*verdict.flags, *verdict.reports],
        "hash": test.hash,
        "seconds": round(verdict.seconds, 6),
    }
    if verdict.message and verdict.status is Status.DONE:
        row["message"] = verdict.message
    if verdict.notes:
        row["notes"] = list(verdict.notes)
    if verdict.uncertain:
        row["uncertain"] = list(verdict.uncertain)
    if test.remarks:
        row["remarks"] = [remark.message for remark in test.remarks]
    return json.dumps(row) + "\n"


def error_line(file: str, error: str, test: LitmusTest | None = None, status: Status = Status.ERROR) -> str:
    """The line of a file that could not be decided: the keys of `line`, then the message as `error`.

    The keys about the test are null if it could not be read.
    """
    row: dict[str, object] = {
        **_head(file, test, None, status),
        "verdict": None,
        "observation": None,
        "ok": None,
        "states": [],
        "positive": 0,
        "negative": 0,
        "flags": [],
        "hash": test.hash if test else None,
        "seconds": 0.0,
        "error": error,
    }
    return json.dumps(row) + "\n"


def _head(file: str, test: LitmusTest | None, model: str | None, status: Status) -> dict[str, object]:
    return {
        "file": file,
        "name": test.name if test else None,
        "arch": test.arch if test else None,
        "model": model,
        "kind": test.condition.quantifier.kind if test else None,
        "status": status.value,
    }
