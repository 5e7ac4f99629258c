"""One thread, run symbolically along all its ways at once."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from litmus.base.errors import LimitReached
from litmus.base.records import dataclass
from litmus.ir.events import ALWAYS, NEVER, WRITES, Formula, OrF, Truth
from litmus.ir.thread import (
    Branch,
    Goto,
    Label,
    Statement,
    Thread,
    Unsequenced,
)
from litmus.unfold.live import RESERVATION, live
from litmus.unfold.record import Record
from litmus.unfold.state import NO_DEPS, UNSET, Reservation, State, TracedValue, either, join
from litmus.unfold.statements import Statements

if TYPE_CHECKING:
    from litmus.unfold.registers import Registers

MAX_ROUNDS = 1000
"""How often a loop may go round again where nothing that is read decides whether it does."""

MAX_PATH = 200
"""Branches on what was read that may lie behind one another on a path."""

MAX_NESTED = 300
"""How deep loops may be nested."""

_CONTROL = (Branch, Goto, Label, Unsequenced)

_Key = tuple[int, ...]
"""A statement in a round of the loops around it: for each of these, the outermost first, the statement of its label and
how often it has gone round again; then the statement. Keys are ordered as control flows."""


def run(
    thread: Thread,
    regs: Mapping[str, TracedValue],
    record: Record,
    unroll: int,
    observed: frozenset[str],
    registers: bool = False,
) -> Mapping[str, TracedValue] | None:
    """What the registers hold at the end of the thread; None if no way leads there. Its events go to the record.

    `observed` are the registers that matter in the end. With `registers`, accesses to them have events.
    """
    if not registers and not any(isinstance(statement, _CONTROL) for statement in thread.body):
        return _straight(thread, regs, record)
    return _Run(thread, record, unroll, observed, registers).run(State((), dict(regs)))


def _straight(thread: Thread, regs: Mapping[str, TracedValue], record: Record) -> Mapping[str, TracedValue]:
    """The run of a thread without control flow, as most are."""
    state, statements = State((), dict(regs)), Statements(thread, record, {}, ())
    for at, statement in enumerate(thread.body):
        record.step()
        statements.run(statement, state, at)
    return state.regs


@dataclass(frozen=True, slots=True)
class _Passage:
    """What was known at a statement in a round of a loop; `events` is how many events there were."""

    regs: Mapping[str, TracedValue]
    reservations: tuple[Reservation, ...]
    events: int


class _Run:
    """The run of one thread.

    States wait at a statement in a round of the loops around it. Taking the earliest first means that whatever joins
    there has arrived: a backward branch leads to a later round.
    """

    def __init__(self, thread: Thread, record: Record, unroll: int, observed: frozenset[str], registers: bool) -> None:
        self.thread = thread
        self.record = record
        self.terms = record.terms
        self.unroll = unroll
        self.labels = {s.name: i for i, s in enumerate(thread.body) if isinstance(s, Label)}
        self.loops = _loops(thread.body, self.labels)
        self.around = _around(len(thread.body), self.loops)
        self.statements = Statements(thread, record, self.labels, self.around)
        self.endless = _endless(thread.body, self.labels, self.loops, self.around)
        self.counted: dict[_Key, int] = {}  # for each round of a loop, how many of those before it are counted
        self.left: set[_Key] = set()  # the rounds that some execution left the loop in
        self.passages: dict[_Key, _Passage] = {}
        self.live = live(thread.body, self.labels, observed) if self.loops else ()
        self.registers: Registers | None = None
        if registers:
            from litmus.unfold.registers import Registers  # few models need it

            self.registers = Registers(record, thread, self.statements.evaluate)
        self.waiting: dict[_Key, State] = {}
        self.queue: list[_Key] = []

    def run(self, start: State) -> Mapping[str, TracedValue] | None:
        body = self.thread.body
        self._arrive(0, {}, start)
        final = None
        while self.queue:
            self.record.step()
            key = heapq.heappop(self.queue)
            state = self.waiting.pop(key)
            at, rounds = key[-1], dict(zip(key[:-1:2], key[1::2], strict=True))
            if at >= len(body):
                final = state.regs
                continue
            if rounds:
                self._pass(key, state)
                if at in self.loops and not self._begin(at, rounds, state):
                    continue
            match body[at]:
                case Branch() as branch:
                    self._branch(branch, at, rounds, state)
                case Goto(target) as goto:
                    self._jump(at, self.statements.target(target, goto), rounds, state)
                case Unsequenced(bound):
                    state.sequence(bound)
                    self._arrive(at + 1, rounds, state)
                case statement:
                    if self.registers is None:
                        self.statements.run(statement, state, at)
                    else:
                        self.registers.around(statement, state, at, partial(self.statements.run, statement, state, at))
                    self._arrive(at + 1, rounds, state)
        return final

    # --- control flow ---------------------------------------------------------------------------------------------

    def _arrive(self, at: int, rounds: Mapping[int, int], state: State) -> None:
        """Have a state wait at a statement; `rounds` are those of the loops where it comes from."""
        for head in rounds:
            if not head <= at <= self.loops[head]:
                self.left.add(self._round(head, rounds))
        key = (*self._rounds(at, rounds), at)
        other = self.waiting.get(key)
        if other is None:
            self.waiting[key] = state
            heapq.heappush(self.queue, key)
        else:
            self.waiting[key] = join(self.terms, other, state)

    def _jump(self, at: int, target: int, rounds: Mapping[int, int], state: State) -> None:
        if target > at:
            self._arrive(target, rounds, state)
        else:  # a loop inside is entered anew
            self._arrive(target, {**rounds, target: rounds[target] + 1}, state)

    def _round(self, head: int, rounds: Mapping[int, int]) -> _Key:
        """What a round of a loop is known by: its number, and those of the loops around it."""
        return tuple(self._rounds(head, rounds))

    def _rounds(self, at: int, rounds: Mapping[int, int]) -> list[int]:
        """The loops around a statement, the outermost first, each with the number of the round."""
        return [n for head in self.around[at] for n in (head, rounds.get(head, 0))] if self.around else []

    def _begin(self, head: int, rounds: Mapping[int, int], state: State) -> bool:
        """Begin a round of a loop; False if the executions that come here are cut.

        Only rounds that some execution left the loop in are counted: where the number of rounds is constant, all of
        them are followed. Whatever leaves a round has done so by now, as earlier statements come first.
        """
        number, counted = rounds[head], 0
        if number:
            before = self._round(head, {**rounds, head: number - 1})
            counted = 1  # if the loop was entered behind its head
            if before in self.counted:
                counted = self.counted[before] + (before in self.left or head in self.endless)
        if counted > self.unroll:
            cut = self.terms.and_(*state.path)
            self.record.cut.append(cut)
            if not state.idle:
                self.record.further.append(cut)
            return False
        if number > MAX_ROUNDS:
            raise LimitReached("limit", f"a loop goes round more than {MAX_ROUNDS} times")
        self.counted[self._round(head, rounds)] = counted
        return True

    def _pass(self, key: _Key, state: State) -> None:
        """Find whether the round since the thread was here before had no effect.

        Then nothing was written, and all registers that matter from here on are as they were. Without the events of
        that round, an execution still is one of the program, with the same outcome; under a monotone model
        (`litmus.decide.monotone`) it is consistent, too.
        """
        at, number = key[-1], key[-2]
        if number and not state.idle:
            before = self.passages.get((*key[:-2], number - 1, at))
            state.idle = before is not None and self._same(before, state, at) and self._quiet(before, state)
        self.passages[key] = _Passage(dict(state.regs), state.reservations, len(self.record.events))

    def _same(self, before: _Passage, state: State, at: int) -> bool:
        """Whether what matters from a statement on is as it was."""
        for name in self.live[at]:
            if name == RESERVATION:
                if state.reservations != before.reservations:
                    return False
            elif state.regs.get(name, UNSET) != before.regs.get(name, UNSET):
                return False
        return True

    def _quiet(self, before: _Passage, state: State) -> bool:
        """Whether nothing was written since then, on any way to a state."""
        return all(
            event.kind not in WRITES or self._never(event.guard, state.path)
            for event in self.record.events[before.events :]
        )

    def _never(self, guard: Formula, path: tuple[Formula, ...]) -> bool:
        """Whether a guard plainly excludes a path; several ways are looked at one by one."""
        and_ = self.terms.and_
        if and_(guard, *path) == NEVER:
            return True
        return any(isinstance(f, OrF) and all(and_(guard, *path, way) == NEVER for way in f.operands) for f in path)

    def _branch(self, branch: Branch, at: int, rounds: Mapping[int, int], state: State) -> None:
        cell = self.statements.evaluate(branch.condition, state)
        taken = self.terms.nonzero(cell.value)
        if branch.until is None:
            if self.registers is None:
                self.record.event(state, self.thread, branch.span, at, "B", tested=cell.value)
            else:
                event = partial(self.record.event, state, self.thread, branch.span, at, "B", tested=cell.value)
                self.registers.around(branch, state, at, event)
            state.ctrl = either(self.terms, state.ctrl, cell.deps)
            state.picked = either(self.terms, state.picked, cell.picked)
        elif cell.deps:
            before = state.within.get(branch.until, NO_DEPS)
            state.within = {**state.within, branch.until: either(self.terms, before, cell.deps)}
        if self.statements.retries(branch, at):
            if taken != NEVER:
                self.record.assumptions.append(self.terms.not_(self.terms.and_(*state.path, taken)))
            if taken != ALWAYS:
                self._arrive(at + 1, rounds, state)  # what is left out need not be excluded from the path
            return
        jumping, going_on = state, state
        if not isinstance(taken, Truth):
            if len(state.path) >= MAX_PATH:
                raise LimitReached("limit", f"a path has more than {MAX_PATH} branches; lower --unroll")
            jumping, going_on = state.along(taken), state.along(self.terms.not_(taken))
        if taken != NEVER:
            self._jump(at, self.statements.target(branch.target, branch), rounds, jumping)
        if taken != ALWAYS:
            self._arrive(at + 1, rounds, going_on)


def _around(length: int, loops: Mapping[int, int]) -> tuple[tuple[int, ...], ...]:
    """For each statement, and for the end, the heads of the loops around it, the outermost first; () without loops.

    Raises LimitReached if loops are nested too deeply.
    """
    found: list[tuple[int, ...]] = []
    heads: list[int] = []
    inside: tuple[int, ...] = ()
    for at in range(length + 1) if loops else ():
        while heads and loops[heads[-1]] < at:
            heads.pop()
            inside = tuple(heads)
        if at in loops:
            heads.append(at)
            inside = tuple(heads)
            if len(heads) > MAX_NESTED:
                raise LimitReached("limit", f"loops are nested deeper than {MAX_NESTED} levels")
        found.append(inside)
    return tuple(found)


def _endless(
    body: tuple[Statement, ...],
    labels: Mapping[str, int],
    loops: Mapping[int, int],
    around: tuple[tuple[int, ...], ...],
) -> frozenset[int]:
    """The heads of the loops that nothing leaves."""
    left: set[int] = set()
    for at, statement in enumerate(body) if loops else ():
        if isinstance(statement, Branch | Goto):
            target = labels.get(statement.target, -1)
            left.update(head for head in around[at] if not head <= target <= loops[head])
    return frozenset(head for head, end in loops.items() if isinstance(body[end], Goto) and head not in left)


def _loops(body: tuple[Statement, ...], labels: Mapping[str, int]) -> dict[int, int]:
    """For each label that is jumped back to, in order, the last such jump; loops that overlap end together and nest."""
    loops: dict[int, int] = {}
    for at, statement in enumerate(body):
        if isinstance(statement, Branch | Goto) and labels.get(statement.target, at + 1) <= at:
            loops[labels[statement.target]] = at
    later: list[int] = []  # the heads behind, those of loops in others left out
    for head in sorted(loops, reverse=True):
        end = loops[head]
        while later and later[-1] <= end:
            loops[head] = max(loops[head], loops[later.pop()])
        later.append(head)
    return dict(sorted(loops.items()))
