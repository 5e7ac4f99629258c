"""Decides which outcomes of a concurrent program an architecture allows.

    >>> import litmus
    >>> verdict = litmus.check("SB.litmus", model="x86-tso")
    >>> verdict.observation, verdict.ok, verdict.allowed
    (<Observation.SOMETIMES: 'Sometimes'>, True, True)

`load` and `parse` read a test, `check` decides it, and `compare` decides tests on many architectures. `lower`
translates a test in kernel C into the operations of an architecture; `assembly` and `listing` print them. `survey`
decides a PCI test in all its placements, and `graph` draws an execution. `models` lists the models that come with the
package, and `shelves` the catalogue of tests. What is wrong with the input is
a `LitmusError`, whose text gives file and line; a fault of litmus itself is an `InternalError`, whose text names the
folder in which everything was saved that is needed to find it.
"""

from litmus import base as base  # first, because it sets what an interrupt does while the other modules are loaded
from litmus.api import assembly, check, compare, graph, listing, load, lower, models, parse, shelves, survey
from litmus.base.errors import InternalError, LitmusError, ModelError, ParseError, UnsupportedError, UsageError
from litmus.batch.table import Comparison
from litmus.cat.registry import ModelInfo
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Observation, Status, Verdict

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "InternalError",
    "LitmusError",
    "LitmusTest",
    "ModelError",
    "ModelInfo",
    "Observation",
    "ParseError",
    "Status",
    "UnsupportedError",
    "UsageError",
    "Verdict",
    "__version__",
    "assembly",
    "check",
    "compare",
    "graph",
    "listing",
    "load",
    "lower",
    "models",
    "parse",
    "shelves",
    "survey",
]
