"""How much a run of the suite looks at: some of many cases and a few random tests, or all (`make thorough`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("LITMUS_EXAMPLES", "0"))
"""The examples of each random test in a long run, 0 in a run as in CI."""

Case = TypeVar("Case")


def some(cases: Sequence[Case], every: int) -> Sequence[Case]:
    """Cases that are spread evenly among many, one in `every`; all of them in a long run."""
    return cases[:: 1 if EXAMPLES else every]


def examples(count: int) -> settings:
    """Settings for a random test: the same `count` examples each time, or in a long run as many new ones as it says."""
    return settings(
        max_examples=EXAMPLES or count,
        deadline=None,
        derandomize=not EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
