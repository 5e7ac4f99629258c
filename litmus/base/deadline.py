"""A point in time that long work checks against."""

from __future__ import annotations

import time

from litmus.base.errors import LimitReached
from litmus.base.records import dataclass

OUT_OF_TIME = "out of time"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Wall-clock time, in `time.monotonic` seconds, by which the work is to end; None is never."""

    at: float | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """A deadline that many seconds from now."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def check(self) -> None:
        """Raise LimitReached if the deadline is past."""
        if self.at is not None and time.monotonic() > self.at:
            raise LimitReached("timeout", OUT_OF_TIME)

    def remaining(self) -> float | None:
        """Seconds left, at least 0; None without a deadline."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())


NO_DEADLINE = Deadline()
