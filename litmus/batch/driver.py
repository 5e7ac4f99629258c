"""The one way in which many items are asked about: in this process, or by processes that can be killed.

Whatever becomes of one item, the others are answered: input that is wrong, a fault of litmus, a limit of time or space,
a process that dies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from litmus.base.deadline import OUT_OF_TIME
from litmus.base.errors import InternalError, LimitReached, LitmusError
from litmus.batch.faults import Subject, fault
from litmus.engine import Engine

Item = TypeVar("Item")
Known = TypeVar("Known")
Answer = TypeVar("Answer")

MOST_SAVED = 10
"""How many faults each process saves: a disk is not to be filled with the same one."""


class ProcessDied(LitmusError):
    """The process that was at work on an item ended, for a reason that is not known: by a signal, or by itself."""


class Inquiry(ABC, Generic[Item, Known, Answer]):
    """What is asked about each of many items, and what stands for an answer that there is not.

    `Known` is what is known of an item before it is answered. An inquiry holds nothing but values that can be pickled.
    """

    def engine(self) -> Engine:
        """A new engine. Each process makes one, and makes another after a failure that may have broken it."""
        return Engine()

    def together(self, item: Item, following: Item) -> bool:
        """Whether two neighbours have so much in common that one process is to be asked about both."""
        return False

    @abstractmethod
    def ask(self, engine: Engine, item: Item, know: Callable[[Known], None]) -> Answer:
        """The answer for an item. Anything may be raised.

        `know` takes what is known so far, at any time: it is given to the other functions if there is no answer.
        """

    @abstractmethod
    def instead(self, item: Item, error: LitmusError | InternalError, known: Known | None) -> Answer:
        """What stands for an answer that there is not. It raises nothing.

        `error` says why there is none: LimitReached for an item that took too long or too much memory, InternalError
        for a fault of litmus, ProcessDied, or the LitmusError that `ask` raised.
        """

    def sent(self, answer: Answer) -> object:
        """What a process sends for an answer: nothing that the inquiry has needs to be in it."""
        return answer

    def received(self, item: Item, sent: Any) -> Answer:
        """The answer for which `sent` was sent."""
        answer: Answer = sent
        return answer

    @abstractmethod
    def subject(self, item: Item, known: Known | None) -> Subject:
        """What to save if an item meets a fault of litmus."""


def answers(
    inquiry: Inquiry[Item, Known, Answer],
    items: Sequence[Item],
    jobs: int | None = None,
    seconds: float | None = None,
    engine: Engine | None = None,
) -> Generator[tuple[Item, Answer], None, None]:
    """Each item with its answer, in the order of the items, as soon as it is ready and it is its turn.

    The work is done by so many processes, or in this one for None, at first with `engine` if it is given. The answer
    for an item is to heed a time limit of `seconds`; a process in which it takes much longer is killed. Closing the
    iterator ends all work. An interrupt has it give the answers that are there, with gaps, before it is raised.
    """
    if jobs is None:
        asker = _Asker(inquiry, items, False, engine)
        for number, item in enumerate(items):
            yield item, asker(number, _ignore)[1]
        return
    from litmus.base.workers import ordered  # where processes are wanted

    overdue = None if seconds is None else 1.5 * seconds + 1
    start = partial(_Sender, inquiry, items, overdue is not None)
    numbers = range(len(items))  # a process has the items: by their numbers they need not be sent there and back
    mend, together = partial(_mended, inquiry, items), partial(_together, inquiry, items)
    for number, sent in ordered(numbers, start, mend, jobs, overdue, together):
        yield items[number], inquiry.received(items[number], sent)


class _Asker(Generic[Item, Known, Answer]):
    """Asks an engine about one item after the other. `mortal`: it may be killed at any time."""

    def __init__(
        self, inquiry: Inquiry[Item, Known, Answer], items: Sequence[Item], mortal: bool, engine: Engine | None = None
    ) -> None:
        self._inquiry = inquiry
        self._items = items
        self._mortal = mortal
        self._engine = engine
        self._saved = 0

    def __call__(self, number: int, last_word: Callable[[tuple[int, Answer]], None]) -> tuple[int, Answer]:
        """The number of an item and its answer. `last_word` takes what is to stand if this process is killed."""
        inquiry, item = self._inquiry, self._items[number]
        known: Known | None = None

        def know(found: Known) -> None:
            nonlocal known
            known = found
            if self._mortal:
                last_word((number, inquiry.instead(item, _overdue(), found)))

        reason: LitmusError | InternalError
        try:
            if self._engine is None:
                self._engine = inquiry.engine()
            return number, inquiry.ask(self._engine, item, know)
        except LitmusError as error:
            reason = error
        except MemoryError:
            reason = LimitReached("limit", "out of memory")
            self._engine = None
        except Exception as error:
            reason = fault(error, inquiry.subject(item, known), self._saved < MOST_SAVED)
            self._saved += 1
            self._engine = None  # the fault may have broken it
        return number, inquiry.instead(item, reason, known)


class _Sender(Generic[Item, Known, Answer]):
    """Asks in a process of its own: numbers of items in, and out what is sent for their answers."""

    def __init__(self, inquiry: Inquiry[Item, Known, Answer], items: Sequence[Item], mortal: bool) -> None:
        self._inquiry = inquiry
        self._ask = _Asker(inquiry, items, mortal)

    def __call__(self, number: int, last_word: Callable[[tuple[int, object]], None]) -> tuple[int, object]:
        def send(found: tuple[int, Answer]) -> None:
            last_word((number, self._inquiry.sent(found[1])))

        return number, self._inquiry.sent(self._ask(number, send)[1])


def _together(inquiry: Inquiry[Item, Known, Answer], items: Sequence[Item], number: int, following: int) -> bool:
    return inquiry.together(items[number], items[following])


def _ignore(last_word: object) -> None:
    """Nothing kills the work in this process."""


def _overdue() -> LimitReached:
    return LimitReached("timeout", OUT_OF_TIME)


def _mended(
    inquiry: Inquiry[Item, Known, Answer],
    items: Sequence[Item],
    number: int,
    last_word: tuple[int, object] | None,
    overdue: bool,
    reason: str,
) -> tuple[int, object]:
    """What would have been sent for an item whose process was lost."""
    if overdue and last_word is not None:
        return last_word
    error = _overdue() if overdue else ProcessDied(f"no answer: {reason}")
    return number, inquiry.sent(inquiry.instead(items[number], error, None))
