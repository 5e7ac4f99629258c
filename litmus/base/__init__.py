"""What all the rest stands on. It is imported before the rest, and so says what an interrupt does meanwhile."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

_INTERRUPTED = 130


def _is_command() -> bool:
    """Whether this process runs the command `litmus`, not a program that imports it."""
    name, after = sys.argv[:1], sys.orig_argv
    if name == ["-m"]:
        return after[after.index("-m") + 1 :][:1] == ["litmus"]
    return bool(name) and os.path.basename(name[0]) in ("litmus", "litmus.exe")


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)  # an exception may be caught by whoever is being loaded


# To load everything takes longer than many a test: whoever presses Ctrl-C then is not to see where it was.
if _is_command() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _leave)
