"""Work on many items in processes that may be killed: the results in the order of the items, as they are ready."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, MutableMapping, MutableSequence, Sequence
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

_TOGETHER = 0.05
"""Seconds for which results wait to be sent together: what they have in common is sent once."""

_SHARES = 4
"""Into so many parts for each process, at least, the items are divided, so that none is long without work."""

Note = MutableSequence[float]
"""Memory that a process shares with its parent: the number of the item that it is at, and since when."""


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
    together: Callable[[Item, Item], bool] | None = None,
) -> Generator[Result, None, None]:
    """The result of each item, in the order of the items, worked out by up to `jobs` processes.

    Each process calls `start` once for the work it is to do. Neighbours of which `together` says so are given to one
    process at once: they have much in common, and few messages cost less. A process that dies, or that is killed
    because an item takes longer than `seconds`, costs that item alone: `mend` makes its result from the item, the
    result for being cut off if the work gave one, whether it was overdue, and what became of the process. Closing the
    iterator ends all; an interrupt has it give the results that are there before it is raised.
    """
    waiting = deque(_runs(items, together, max(1, len(items) // (_SHARES * jobs))))
    ready: dict[int, Result] = {}
    workers: list[_Worker[Item, Result]] = []
    due = 0
    try:
        while due < len(items):
            idle = [w for w in workers if not w.given]
            while waiting and len(ready) < _AHEAD and (idle or len(workers) < jobs):
                if not idle:
                    idle.append(_Worker(start, workers))
                    workers.append(idle[-1])
                idle.pop().give(waiting.popleft())
            for worker in _awaited([w for w in workers if w.given], seconds):
                lost = worker.receive(ready, seconds)
                if lost is not None:
                    workers.remove(worker)
                    worker.end()
                    index, item, last_word = worker.at_work()
                    ready[index] = mend(item, last_word, lost.overdue, lost.reason)
                    left = {number: other for number, other in worker.given.items() if number != index}
                    if left:
                        waiting.appendleft(left)
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


def _runs(
    items: Sequence[Item], together: Callable[[Item, Item], bool] | None, most: int
) -> Iterator[Mapping[int, Item]]:
    """The items by their numbers, so many at most at once, and only neighbours that belong together."""
    run: dict[int, Item] = {}
    for number, item in enumerate(items):
        if run and (together is None or len(run) == most or not together(items[number - 1], item)):
            yield run
            run = {}
        run[number] = item
    if run:
        yield run


@dataclass(frozen=True, slots=True)
class _Answer(Generic[Result]):
    index: int
    result: Result
    final: bool


class _Worker(Generic[Item, Result]):
    """A process at work on the items `given`, by their numbers; idle if there are none.

    It notes in shared memory which of them it is at, and since when.
    """

    def __init__(self, start: Callable[[], Work[Item, Result]], others: Sequence[_Worker[Item, Result]]) -> None:
        context: ForkContext | SpawnContext
        self._pipe, theirs = multiprocessing.Pipe()
        inherited: list[Connection] = []
        if sys.platform == "linux":
            context = multiprocessing.get_context("fork")
            inherited = [self._pipe, *(w._pipe for w in others)]
        else:
            context = multiprocessing.get_context("spawn")
        self._note: Note = context.RawArray("d", 2)
        arguments = (theirs, start, inherited, self._note)
        self._process: BaseProcess = context.Process(target=_serve, args=arguments, daemon=True)
        with _without_interrupts():  # the parent ends its workers
            self._process.start()
        theirs.close()
        self.given: dict[int, Item] = {}
        self._last_words: dict[int, Result] = {}
        self._since = 0.0

    def give(self, run: Mapping[int, Item]) -> None:
        """Have the process, which is idle, work on some items."""
        self.given = dict(run)
        self._last_words = {}
        self._since = time.monotonic()
        with suppress(OSError):  # if it died meanwhile, that is seen when its answers are received
            self._pipe.send(self.given)

    def left(self, seconds: float) -> float:
        """Seconds until the item at hand is overdue."""
        return max(0.0, max(self._since, self._note[1]) + seconds - time.monotonic())

    def receive(self, ready: MutableMapping[int, Result], seconds: float | None) -> _Lost | None:
        """Put the results that came into `ready`; how the process got lost, None if it is there."""
        silent = True
        try:
            while self._pipe.poll():
                silent = False
                answers: list[_Answer[Result]] = self._pipe.recv()
                for answer in answers:
                    if answer.final:
                        ready[answer.index] = answer.result
                        del self.given[answer.index]
                    else:
                        self._last_words[answer.index] = answer.result
        except (EOFError, OSError):
            self._process.join()
            return _Lost(False, _death(self._process.exitcode))
        if silent and seconds is not None and self.left(seconds) == 0:
            return _Lost(True, f"killed after {seconds:g} s")
        return None

    def at_work(self) -> tuple[int, Item, Result | None]:
        """The item that a lost process was at, with its number and its result for being cut off."""
        index = int(self._note[0])
        if index not in self.given:  # it had not begun
            index = next(iter(self.given))
        return index, self.given[index], self._last_words.get(index)

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


def _serve(
    pipe: Connection, start: Callable[[], Work[Item, Result]], inherited: Sequence[Connection], note: Note
) -> None:
    """The worker's side: items in, their results out, until the other side is gone."""
    for connection in inherited:  # or this process would keep them open when the parent is gone
        connection.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work = start()
        while True:
            run: dict[int, Item] = pipe.recv()
            done: list[_Answer[Result]] = []
            sent = time.monotonic()
            for index, item in run.items():
                note[:] = index, time.monotonic()

                def last_word(result: Result, index: int = index) -> None:
                    pipe.send([_Answer(index, result, False)])

                done.append(_Answer(index, work(item, last_word), True))
                if time.monotonic() - sent > _TOGETHER:
                    pipe.send(done)
                    done = []
                    sent = time.monotonic()
            if done:
                pipe.send(done)
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
