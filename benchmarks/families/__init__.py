"""Inputs made to be slow, in families: one of every size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .assembly import ASSEMBLY, UNFOLDED, reads, unfolds
from .base import Family, Text, Work, outcome, x86
from .files import FILES
from .kernel import KERNEL, c, lowers
from .models import INCLUDES, MODELS, elaborates

__all__ = ["FAMILIES", "Family", "c", "outcome", "x86"]

_LIMITED = frozenset(
    {
        *("loops in loops", "loops that overlap", "loops one after another", "endless loops", "index: twice each"),
        *(
            "C: doubling macros",
            "C: doubling macros of nothing",
            "C: macros in each other",
            "C: macros with all others",
        ),
        *("C: macros of one large macro", "C: threads with many calls", "C: uncalled functions with many calls"),
        *("C: functions that call the next twice", "C: functions of nothing that call the next twice"),
        *(
            "C: uncalled functions that call the next twice",
            "C: if in if",
            "C: else if",
            "C: cases",
            "C: jumps to the end",
        ),
        *("C: jumps to the beginning", "C: loops", "C: loops in loops", "C: exchanges", "C: locks"),
        *("cat: functions that call the next twice", "cat: a function that calls itself", "include: twice each"),
    }
)


def _families() -> Iterator[Family]:
    for work, texts in ((reads, ASSEMBLY), (unfolds, UNFOLDED), (lowers, KERNEL), (elaborates, MODELS)):
        for name, (size, text) in texts.items():
            yield Family(name, size, partial(_made, work, text), name in _LIMITED)
    for works in (INCLUDES, FILES):
        for name, (size, make) in works.items():
            yield Family(name, size, make, name in _LIMITED)


def _made(work: Callable[[str], Work], text: Text, n: int) -> Work:
    return work(text(n))


FAMILIES: tuple[Family, ...] = tuple(_families())
