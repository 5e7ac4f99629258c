"""Work on many items in processes that may be killed: the results in the order of the items, as they are ready."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Work = Callable[[Item, Callable[[Result], None]], Result]
"""What is done with an item. The second argument takes a result to be used if the work is cut off."""

_AHEAD = 1000
"""Results that may wait for their turn; then everything waits for the item that is due."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """Why there is no result for an item: the time was up (`overdue`), or the process ended for the given reason."""

    overdue: bool
    reason: str


def ordered(
    items: Sequence[Item],
    start: Callable[[], Work[Item, Result]],
    mend: Callable[[Item, Result | None, bool, str], Result],
    jobs: int,
    seconds: float | None = None,
) -> Generator[Result, None, None]:
    """The result of each item, in the order of the items, worked out by up to `jobs` processes.

    Each process calls `start` once for the work it is to do. A process that dies, or that is killed because an item
    takes longer than `seconds`, costs that item alone: `mend` makes its result from the item, the result for being cut
    off if the work gave one, whether it was overdue, and what became of the process. Closing the iterator ends all; an
    interrupt has it give the results that are there before it is raised.
    """
    waiting = deque(enumerate(items))
    ready: dict[int, Result] = {}
    workers: list[_Worker[Item, Result]] = []
    due = 0
    try:
        while due < len(items):
            idle = [w for w in workers if w.index is None]
            while waiting and len(ready) < _AHEAD and (idle or len(workers) < jobs):
                if not idle:
                    idle.append(_Worker(start, workers))
                    workers.append(idle[-1])
                idle.pop().give(*waiting.popleft())
            for worker in _awaited([w for w in workers if w.index is not None], seconds):
                index, item = worker.index, worker.item
                assert index is not None
                answer = worker.receive(seconds)
                if isinstance(answer, _Lost):
                    workers.remove(worker)
                    worker.end()
                    ready[index] = mend(item, worker.last_word, answer.overdue, answer.reason)
                elif answer is not None:
                    ready[index] = answer.result
            while due in ready:
                yield ready.pop(due)
                due += 1
    except KeyboardInterrupt:
        for index in sorted(ready):  # what is done is done, although some before it are missing
            yield ready.pop(index)
        raise
    finally:
        for worker in workers:
            worker.end()


@dataclass(frozen=True, slots=True)
class _Answer(Generic[Result]):
    result: Result
    final: bool


class _Worker(Generic[Item, Result]):
    """A process at work on an item, the one with number `index`; None if it is idle."""

    def __init__(self, start: Callable[[], Work[Item, Result]], others: Sequence[_Worker[Item, Result]]) -> None:
        context: ForkContext | SpawnContext
        self._pipe, theirs = multiprocessing.Pipe()
        inherited: list[Connection] = []
        if sys.platform == "linux":
            context = multiprocessing.get_context("fork")
            inherited = [self._pipe, *(w._pipe for w in others)]
        else:
            context = multiprocessing.get_context("spawn")
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs, start, inherited), daemon=True)
        with _without_interrupts():  # the parent ends its workers
            self._process.start()
        theirs.close()
        self.index: int | None = None
        self.item: Item
        self.last_word: Result | None = None
        self._since = 0.0

    def give(self, index: int, item: Item) -> None:
        self.index = index
        self.item = item
        self.last_word = None
        self._since = time.monotonic()
        with suppress(OSError):  # if it died meanwhile, that is seen when its answer is received
            self._pipe.send(item)

    def left(self, seconds: float) -> float:
        """Seconds until the item is overdue."""
        return max(0.0, self._since + seconds - time.monotonic())

    def receive(self, seconds: float | None) -> _Answer[Result] | _Lost | None:
        """The result of the item, or how it got lost; None if it is still at work."""
        try:
            while self._pipe.poll():
                answer: _Answer[Result] = self._pipe.recv()
                if answer.final:
                    self.index = None
                    return answer
                self.last_word = answer.result
        except (EOFError, OSError):
            self._process.join()
            return _Lost(False, _death(self._process.exitcode))
        if seconds is not None and self.left(seconds) == 0:
            return _Lost(True, f"killed after {seconds:g} s")
        return None

    def end(self) -> None:
        """Kill the process; it has nothing to lose."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    @property
    def pipe(self) -> Connection:
        return self._pipe


def _awaited(busy: Sequence[_Worker[Item, Result]], seconds: float | None) -> list[_Worker[Item, Result]]:
    """Wait until a worker has something to say or is overdue; those workers."""
    patience = None if seconds is None else min(w.left(seconds) for w in busy)
    speaking = set(map(id, wait([w.pipe for w in busy], patience)))
    return [w for w in busy if id(w.pipe) in speaking or (seconds is not None and w.left(seconds) == 0)]


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep SIGINT from this thread, and for good from a process that is started meanwhile."""
    if sys.platform == "win32":
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _serve(pipe: Connection, start: Callable[[], Work[Item, Result]], inherited: Sequence[Connection]) -> None:
    """The worker's side: an item in, its result out, until the other side is gone."""
    for connection in inherited:  # or this process would keep them open when the parent is gone
        connection.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work = start()
        while True:
            item = pipe.recv()
            result = work(item, lambda last_word: pipe.send(_Answer(last_word, False)))
            pipe.send(_Answer(result, True))
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _end_with_parent() -> None:
    """End this process when its parent does, even if the parent is killed and this process is hard at work.

    The sentinel is the end of a pipe of which the parent has the other. Younger siblings have inherited that too, but
    the youngest finds its parent gone at once, and so the others in turn. Means of the system are not as portable, and
    Linux's (prctl) would end the process with the thread that started it.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _death(code: int | None) -> str:
    """What an exit code says of how a process ended."""
    if code is not None and code < 0:
        try:
            return f"its process was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"its process was killed by signal {-code}"
    return f"its process ended with code {code}"
