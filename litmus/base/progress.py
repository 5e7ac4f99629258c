"""A line on the terminal that says how far a long run has come."""

from __future__ import annotations

import time
from typing import TextIO

_WORTH_SHOWING = 20  # files
_PATIENCE = 0.5  # seconds before it shows
_REFRESH = 0.1
_WIDTH = 30


class Progress:
    """Shows `done / total` on a terminal: from half a second on, if there are enough files to wait for."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self.expect(total)
        self._started = self._drawn = time.monotonic()
        self._visible = False

    def expect(self, total: int) -> None:
        """Say how much there is to do, if that was not known at the start."""
        self._total = total
        self._wanted = total >= _WORTH_SHOWING and self._stream.isatty()

    def clear(self) -> None:
        """Take the line away, to print something else."""
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._visible = False

    def show(self, done: int) -> None:
        """Draw the line, unless that was just done."""
        now = time.monotonic()
        if not self._wanted or now - self._started < _PATIENCE or now - self._drawn < _REFRESH:
            return
        filled = _WIDTH * done // self._total
        rate = done / (now - self._started)
        left = f", {(self._total - done) / rate:.0f} s left" if done else ""
        bar = "#" * filled + "." * (_WIDTH - filled)
        self._stream.write(f"\r\x1b[K[{bar}] {done}/{self._total}{left}")
        self._stream.flush()
        self._visible = True
        self._drawn = now
