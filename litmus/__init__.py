"""Decides which outcomes of a concurrent program an architecture allows.

    >>> import litmus
    >>> verdict = litmus.check("SB.litmus", model="x86-tso")
    >>> verdict.observation, verdict.ok, verdict.allowed
    (<Observation.SOMETIMES: 'Sometimes'>, True, True)

`load` and `parse` read a test, `check` decides it, `compare` decides tests on many architectures, `lower` shows what a
test in kernel C is on one, `models` lists the models that come with the package. What goes
wrong is a `LitmusError`, whose text names the place.
"""

from litmus.api import check, compare, load, lower, models, parse
from litmus.base.errors import LitmusError, ModelError, ParseError, UnsupportedError, UsageError
from litmus.cat.registry import ModelInfo
from litmus.comparison import Comparison
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Observation, Status, Verdict

__version__ = "0.1.0"

__all__ = [
    "Comparison",
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
    "check",
    "compare",
    "load",
    "lower",
    "models",
    "parse",
]
