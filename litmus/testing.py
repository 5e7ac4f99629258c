"""Assertions about what architectures allow, for tests in Python; a failure says why.

    def test_publication() -> None:
        assert_forbidden("anon_vma+wmb.litmus", archs=["power", "x86-tso"])
        assert_allowed("anon_vma+wmb.litmus", archs="alpha", era="v2.6.27")

They raise AssertionError, so any test runner will do.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from litmus.api import check, explain, load
from litmus.base import arguments
from litmus.base.arguments import checked
from litmus.base.errors import LimitReached, LitmusError, UsageError
from litmus.ir.eras import NEWEST
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Answer, Verdict
from litmus.parameters import CHECKS

Test = LitmusTest | str | os.PathLike[str]

_given = checked({**CHECKS, "archs": arguments.optional(arguments.one_or_several(arguments.path))})

_EXPLAINED = (Answer.ALLOWED, Answer.FORBIDDEN, Answer.BOUNDED)


@_given
def assert_forbidden(
    test: Test,
    archs: str | Sequence[str] | None = None,
    *,
    era: str = NEWEST,
    unroll: int = 2,
    timeout: float | None = None,
) -> None:
    """Assert that no architecture lets the outcome come about that a test asks about (for `forall`, that breaks it).

    `archs` is the name of a model or the path of a `.cat` file, or several, also in one text with commas; without them
    the model of the test's architecture. The other parameters are as for `litmus.check`. An answer within the unroll
    limit only is a failure, and so is a limit that was hit. Raises AssertionError, with the explanation of the first
    architecture that fails; the errors of `litmus.check` for what cannot be decided.
    """
    __tracebackhide__ = True
    _assert(Answer.FORBIDDEN, test, archs, era, unroll, timeout)


@_given
def assert_allowed(
    test: Test,
    archs: str | Sequence[str] | None = None,
    *,
    era: str = NEWEST,
    unroll: int = 2,
    timeout: float | None = None,
) -> None:
    """Assert that every architecture lets the outcome come about that a test asks about; as `assert_forbidden`."""
    __tracebackhide__ = True
    _assert(Answer.ALLOWED, test, archs, era, unroll, timeout)


def _assert(
    wanted: Answer, test: Test, archs: str | Sequence[str] | None, era: str, unroll: int, timeout: float | None
) -> None:
    __tracebackhide__ = True
    names: Sequence[str | None] = archs.split(",") if isinstance(archs, str) else [None] if archs is None else archs
    if not names:
        raise UsageError("no architecture is named")
    try:
        read = test if isinstance(test, LitmusTest) else load(test, timeout=timeout)
        verdicts = [
            (name, check(read, name, era=era, unroll=unroll, timeout=timeout, verdict_only=True)) for name in names
        ]
    except LitmusError as error:  # it is about what the caller wrote: a runner is to show that line
        raise error.with_traceback(None) from None
    wrong = [(name, verdict) for name, verdict in verdicts if verdict.answer is not wanted]
    if wrong:
        said = ", ".join(f"{verdict.answer.value} by {verdict.model}{_reason(verdict)}" for _, verdict in wrong)
        name, verdict = wrong[0]
        why = explanation(verdict, name, era, unroll, timeout)
        raise AssertionError(f"{read.name} should be {wanted.value}, and is {said}\n\n{why}".rstrip())


def _reason(verdict: Verdict) -> str:
    return f" ({verdict.message})" if verdict.message and verdict.answer is not Answer.ALLOWED else ""


def explanation(
    verdict: Verdict, model: str | None = None, era: str = NEWEST, unroll: int = 2, timeout: float | None = None
) -> str:
    """The text that says why a verdict is what it is; if a limit is hit, what limit. Empty for one without an answer.

    `model` and the rest are what the verdict was asked for with. Raises the errors of `litmus.check`.
    """
    from litmus.render.explanation import rendered  # failures only

    if verdict.answer not in _EXPLAINED:
        return ""
    try:
        known = explain(verdict.test, model, era=era, unroll=unroll, timeout=timeout)
        return rendered(known, verdict.test.source.name, "text")
    except LimitReached as limit:
        return f"no explanation: {limit.message}\n"
