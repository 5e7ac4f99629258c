"""Work on many items in processes that may be killed: the results in the order of the items, as they are ready."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Item], Iterable[Result]]
"""Yields at least one result for an item; the last one counts, an earlier one only if the work cannot be finished."""

_AHEAD = 1000  # results kept for their turn before the workers have to wait for a slow item


@dataclass(frozen=True, slots=True)
class Lost:
    """Why the result of an item is missing.

    `overdue`: the time was up. `reason` says so or what became of the process.
    """

    overdue: bool
    reason: str


def ordered(
    items: Sequence[Item],
    start: Callable[[], Work[Item, Result]],
    mend: Callable[[Item, Result | None, Lost], Result],
    jobs: int,
    seconds: float | None = None,
) -> Iterator[Result]:
    """The result of each item, in order, worked out by `jobs` processes.

    Each process calls `start` once for its work. A process that dies, or that is killed because an item takes longer
    than `seconds`, costs that item alone: `mend` makes a result of the last one that the work yielded, if any, and a
    new process goes on. Closing the iterator ends all processes.
    """
    waiting = deque(enumerate(items))
    ready: dict[int, Result] = {}
    due = 0
    workers: list[_Worker[Item, Result]] = []
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    try:
        while due < len(items):
            idle = [w for w in workers if w.item is None]
            while waiting and len(ready) < _AHEAD and (idle or len(workers) < jobs):
                if idle:
                    worker = idle.pop()
                else:
                    worker = _Worker(context, start, [w.pipe for w in workers])
                    workers.append(worker)
                worker.give(*waiting.popleft())
            for worker in _woken(workers, seconds):
                lost = worker.receive(seconds)
                if worker.item is None or lost is None and not worker.finished:
                    continue
                index, item = worker.item
                if lost is None:
                    assert worker.last is not None
                    ready[index] = worker.last.value
                    worker.item = None
                else:
                    ready[index] = mend(item, worker.last.value if worker.last else None, lost)
                    workers.remove(worker)
                    worker.end()
            while due in ready:
                yield ready.pop(due)
                due += 1
    finally:
        for worker in workers:
            worker.end()


@dataclass(frozen=True, slots=True)
class _Yielded(Generic[Result]):
    value: Result


@dataclass(slots=True)
class _Worker(Generic[Item, Result]):
    """A process, the item it is at, and the last result it yielded for it."""

    process: BaseProcess
    pipe: Connection
    item: tuple[int, Item] | None = None
    since: float = 0.0
    last: _Yielded[Result] | None = None
    finished: bool = field(default=False)
