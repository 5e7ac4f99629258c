"""What families of inputs are made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from litmus.base.errors import LitmusError

Work = Callable[[], object]
Text = Callable[[int], str]
"""The input of a size."""


@dataclass(frozen=True, slots=True)
class Family:
    """Inputs of every size: `make` writes one and returns what reads it, which may raise LitmusError.

    `size` is one at which tests count the lines that are executed, at `size` and twice that. `limited` families grow
    faster, or begin to, until they reach a limit that says so.
    """

    name: str
    size: int
    make: Callable[[int], Work]
    limited: bool


def outcome(work: Work) -> str:
    """`read`, or the message of the error."""
    try:
        work()
    except LitmusError as error:
        return error.message
    return "read"


def many(part: Callable[[int], str], n: int, between: str = "") -> str:
    """The parts 0 to n - 1 of an input."""
    return between.join(map(part, range(n)))


def x86(body: str, condition: str = "exists (x=1)", init: str = "x=0;") -> str:
    """A test for x86 with one thread, from its instructions."""
    return f"X86 t\n{{ {init} }}\n P0 ;\n{body}\n{condition}\n"


def in_folder(files: dict[str, str], work: Callable[[Path], object]) -> Work:
    """Work on files in a folder, which is there as long as the work is."""
    place = tempfile.TemporaryDirectory(prefix="litmus-hostile-")
    for name, text in files.items():
        (Path(place.name) / name).write_text(text)
    return partial(_within, place, work)


def _within(place: tempfile.TemporaryDirectory[str], work: Callable[[Path], object]) -> object:
    return work(Path(place.name))
