"""Decides which outcomes of a concurrent program an architecture allows.

    >>> import litmus
    >>> verdict = litmus.check("SB.litmus", model="x86-tso")
    >>> verdict.observation, verdict.ok, verdict.allowed
    (<Observation.SOMETIMES: 'Sometimes'>, True, True)

`load` and `parse` read a test, `check` decides it, and `compare` decides tests on many architectures. `lower`
translates a test in kernel C into the operations of an architecture; `assembly` and `listing` print them. `survey`
decides a PCI test in all its placements, `graph` draws an execution, and `explain` says why an outcome is possible or
not; `validate_barriers` says which barriers are needed and which are missing. `models` lists the models that come with
the package, and `shelves` the catalogue of tests.

The module `litmus.builder` makes tests from values, and `text` prints any. `assert_forbidden` and `assert_allowed` are
for tests in Python. `differences` and `tell_apart` compare two models, `coverage` says what the tests of one need, and
`soundness` which promises of the kernel an architecture breaks.

What is wrong with the input is a `LitmusError`, whose text gives file and line; a fault of litmus itself is an
`InternalError`, whose text names the folder in which everything was saved that is needed to find it.
"""

from typing import TYPE_CHECKING

from litmus import base as base  # first, because it sets what an interrupt does while the other modules are loaded

if TYPE_CHECKING:
    from litmus.api import (
        assembly,
        check,
        compare,
        explain,
        graph,
        listing,
        load,
        lower,
        models,
        parse,
        shelves,
        survey,
        text,
        validate_barriers,
    )
    from litmus.barriers.report import BarrierReport
    from litmus.base.errors import InternalError, LitmusError, ModelError, ParseError, UnsupportedError, UsageError
    from litmus.base.source import Span
    from litmus.batch.soundness import Soundness
    from litmus.batch.table import Comparison
    from litmus.cat.description import ModelInfo
    from litmus.explanations.explanation import Explanation
    from litmus.ir.litmus_test import LitmusTest
    from litmus.ir.verdict import Answer, Observation, Status, Verdict
    from litmus.suites import coverage, differences, soundness, tell_apart
    from litmus.testing import assert_allowed, assert_forbidden

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "BarrierReport",
    "Comparison",
    "Explanation",
    "InternalError",
    "LitmusError",
    "LitmusTest",
    "ModelError",
    "ModelInfo",
    "Observation",
    "ParseError",
    "Soundness",
    "Span",
    "Status",
    "UnsupportedError",
    "UsageError",
    "Verdict",
    "__version__",
    "assembly",
    "assert_allowed",
    "assert_forbidden",
    "check",
    "compare",
    "coverage",
    "differences",
    "explain",
    "graph",
    "listing",
    "load",
    "lower",
    "models",
    "parse",
    "shelves",
    "soundness",
    "survey",
    "tell_apart",
    "text",
    "validate_barriers",
]

_HOMES = {
    "Answer": "ir.verdict",
    "BarrierReport": "barriers.report",
    "Comparison": "batch.table",
    "Explanation": "explanations.explanation",
    "InternalError": "base.errors",
    "LitmusError": "base.errors",
    "LitmusTest": "ir.litmus_test",
    "ModelError": "base.errors",
    "ModelInfo": "cat.description",
    "Observation": "ir.verdict",
    "ParseError": "base.errors",
    "Soundness": "batch.soundness",
    "Span": "base.source",
    "Status": "ir.verdict",
    "UnsupportedError": "base.errors",
    "UsageError": "base.errors",
    "Verdict": "ir.verdict",
    "assert_allowed": "testing",
    "assert_forbidden": "testing",
    "coverage": "suites",
    "differences": "suites",
    "soundness": "suites",
    "tell_apart": "suites",
}
"""The modules of what is not in `api`."""


def __getattr__(name: str) -> object:
    """A name of `__all__`, from its module: what a program does not use is not loaded."""
    if name not in __all__:
        raise AttributeError(f"module 'litmus' has no attribute '{name}'")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"litmus.{_HOMES.get(name, 'api')}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
