"""RCU and SRCU on a machine: how whoever waits for readers, and the readers, come to know of each other.

A thread that has sections of RCU stores that it leaves a quiescent state and, after a full barrier, that it is in one
again. It is in one before it begins, after it ends, while it waits itself, and at points between, outside of its
sections, where the execution may choose to have one: a switch to another task, or the like. Sections themselves are
nothing. A grace period finds each of these threads in a quiescent state, between two full barriers. So it is in tree
RCU, where the word is the state of context tracking or in the tree of `rcu_node`, and in classic RCU. Both ask threads
without sections, too, which orders more than RCU promises. Source: kernel/rcu/tree.c, kernel/context_tracking.c and
Documentation/RCU/Design/Memory-Ordering/Tree-RCU-Memory-Ordering.rst of v6.18; kernel/rcuclassic.c of v2.6.27.
What it comes to is the law that a section ends before a grace period does, or begins after it has begun: Alglave et
al., "Frightening Small Children and Disconcerting Grown-ups", ASPLOS 2018.

A reader of SRCU counts its sections of a domain, with a full barrier inside of either end, and a grace period finds
each count to be 0. RCU is as that, with one domain, if a mapping has stores for its readers. Source:
kernel/rcu/srcutree.c of v6.18, whose two counts of each reader, used in turns, bring a grace period to its end sooner
and order nothing more; Desnoyers et al., "User-Level Implementations of Read-Copy Update", TPDS 23(2), 2012.

Who waits does so in a loop, of which only the last reads are there: executions that do not find what they wait for are
left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from litmus.base.deadline import Deadline
from litmus.base.errors import UnsupportedError
from litmus.base.records import dataclass
from litmus.base.source import Source, Span
from litmus.cat.mapping import MappingRow
from litmus.ir.kernel import PRIMITIVES
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import (
    Address,
    Assign,
    Assume,
    Await,
    Branch,
    Choose,
    Const,
    Goto,
    Label,
    Op,
    Primitive,
    Reg,
    Statement,
    Store,
    Thread,
)
from litmus.kernel.lowering import Lowering, Operations

_LOCK, _UNLOCK, _WAIT = "rcu_read_lock", "rcu_read_unlock", "synchronize_rcu"
_ENTERS = (_LOCK, "srcu_read_lock", "srcu_down_read")
_WAITS = (_WAIT, "synchronize_srcu")
_ZERO, _ONE = Const(0), Const(1)
QUIESCENT = "a quiescent state"


@dataclass(frozen=True, slots=True)
class Readers:
    """The threads of a test that grace periods wait for: those with quiescent states, and those that count sections.

    The latter are by domain; that of RCU has no name.
    """

    threads: tuple[int, ...]
    domains: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, test: LitmusTest, mapping: Mapping[str, MappingRow]) -> Readers:
        """The readers of a test, as far as it has grace periods. Raises UnsupportedError for a computed domain."""
        counted = _LOCK in mapping and any(o.kind == "store" for o in mapping[_LOCK].operations)
        threads: dict[int, None] = {}
        domains: dict[str, dict[int, None]] = {}
        waited = set()
        for thread in test.threads:
            for statement in thread.body:
                if not isinstance(statement, Primitive):
                    continue
                if statement.name == _LOCK and not counted:
                    threads[thread.index] = None
                elif statement.name in _ENTERS:
                    domains.setdefault(_domain(statement), {})[thread.index] = None
                elif statement.name == _WAIT:
                    waited.add(statement.name)
        return cls(tuple(threads) if waited else (), {name: tuple(users) for name, users in domains.items()})

    @property
    def words(self) -> tuple[Address, ...]:
        """The locations by which grace periods come to know of readers."""
        counts = [_count(name, thread) for name, users in self.domains.items() for thread in users]
        return (*map(_watched, self.threads), *counts)


def _watched(thread: int) -> Address:
    """The location that is 0 while a thread is in a quiescent state, else 1."""
    return Address(f"RCU watches P{thread}")


def _count(domain: str, thread: int) -> Address:
    """The location with the number of sections of a domain that a thread is in."""
    return Address(f"sections of P{thread} in {domain}" if domain else f"sections of P{thread}")


def _domain(primitive: Primitive) -> str:
    """The name of the domain of a primitive; RCU's is empty. Raises UnsupportedError for one that is computed."""
    match primitive.args:
        case ():
            return ""
        case (Const(Address() as address), *_):
            return str(address)
    raise UnsupportedError(f"'{primitive.name}' is about a domain that is only known when it is run", primitive.span)


class RcuLowering(Lowering):
    """The lowering of one thread of a test with RCU or SRCU."""

    def __init__(
        self,
        readers: Readers,
        name: str,
        era: str,
        mapping: Mapping[str, MappingRow],
        thread: Thread,
        deadline: Deadline,
    ) -> None:
        super().__init__(name, era, mapping, thread, deadline)
        self.readers = readers
        self.reads = thread.index in readers.threads
        self.depths = _depths(thread)
        self.at = 0

    def thread(self) -> Thread:
        """The thread, with the quiescent states that are at its ends and that may be between its accesses."""
        if not self.reads:
            return super().thread()
        body = self.source.body
        loops = [loop for loop in _loops(self.source) if not any(_is(s, _LOCK) for s in body[loop[0] : loop[1]])]
        self.row = self.source.rows.index("{") if "{" in self.source.rows else -1
        self._watch(True, _quiescent())
        accessed = due = False  # whether there was an access, and whether since the last quiescent state
        for self.at, statement in enumerate(body):
            self.row = self.source.row_of[self.at] if self.at < len(self.source.row_of) else -1
            looping = any(first <= self.at <= last for first, last in loops)
            if isinstance(statement, Primitive):
                waits = statement.name == _WAIT  # it is in a quiescent state itself
                if due and not waits and not looping and self.depths[self.at] == {0}:
                    self._perhaps_quiescent()
                    due = False
                accessed = accessed or PRIMITIVES[statement.name].located
                due = not waits and (due or PRIMITIVES[statement.name].located)
            elif isinstance(statement, Label):  # another way here may have had none
                due = accessed
            self.statement(statement)
        if self.depths[len(body)] == {0}:
            self.row = len(self.source.rows) - 1
            self._watch(False, _quiescent())
        return self._done()

    def _watch(self, watching: bool, span: Span) -> None:
        """A thread leaves a quiescent state, or has one: the word, and a full barrier between it and the rest."""
        if watching:
            self._set(_ONE, span)
        self._primitive(Primitive("smp_mb", None, (), span))
        if not watching:
            self._set(_ZERO, span)

    def _set(self, value: Const, span: Span | None) -> None:
        self._primitive(Primitive("WRITE_ONCE", None, (Const(_watched(self.source.index)), value), span))

    def _perhaps_quiescent(self) -> None:
        """A quiescent state if the execution chooses it."""
        span = _quiescent()
        chosen, skip = self._name("quiescent"), self._name("skip")
        self._emit(Choose(chosen, span))
        self._emit(Branch(Op("lnot", (Reg(chosen),)), skip, span, until=skip))
        self._watch(False, span)
        self._watch(True, span)
        self._emit(Label(skip))

    def _rcu(self, primitive: Primitive, sequence: Operations) -> None:
        if primitive.args or "" in self.readers.domains:
            self._counted(primitive, sequence)
        elif primitive.name == _WAIT:
            self._grace_period(primitive, sequence)
        else:
            self._fences(sequence.all, primitive)

    def _grace_period(self, primitive: Primitive, sequence: Operations) -> None:
        """Who waits is in a quiescent state meanwhile; within its own section it would wait for ever."""
        if self.depths[self.at] != {0}:
            self._emit(Assume(_ZERO, primitive.span))
        words = tuple([Const(_watched(thread)) for thread in self.readers.threads if thread != self.source.index])
        for operation in sequence.all:
            if operation.kind != "load":
                self._fences((operation,), primitive)
                continue
            if self.reads:
                self._set(_ZERO, primitive.span)
            self._emit(Await(words, _ZERO, operation.tags, primitive.span))
            if self.reads:
                self._set(_ONE, primitive.span)

    def _counted(self, primitive: Primitive, sequence: Operations) -> None:
        """A section of a domain begins or ends, or its grace period waits."""
        domain, mine, span = _domain(primitive), self.source.index, primitive.span
        users, count = self.readers.domains.get(domain, ()), Reg(f".sections in {domain}")
        waits = primitive.name in _WAITS
        if mine in users and waits:
            self._emit(Assume(Op("eq", (count, _ZERO)), span))
        elif mine not in users and not waits:
            raise UnsupportedError(f"'{primitive.name}' ends a section that another thread began", span)
        words = tuple([Const(_count(domain, user)) for user in users if user != mine])
        step = Const(1 if primitive.name in _ENTERS else -1)
        for operation in sequence.all:
            match operation.kind:
                case "store":
                    self._emit(Assign(count.name, Op("add", (count, step)), span))
                    self._emit(Store(Const(_count(domain, mine)), count, operation.tags, span))
                case "load":
                    self._emit(Await(words, _ZERO, operation.tags, span))
                case _:
                    self._fences((operation,), primitive)
        if primitive.dest is not None:  # which of the two counts it is
            self._emit(Assign(primitive.dest, _ZERO, span))


def _quiescent() -> Span:
    """Where a quiescent state is said to be from: nothing in the test. Each has its own."""
    return Span(Source("the scheduler", QUIESCENT), 0, len(QUIESCENT))


def _is(statement: Statement, name: str) -> bool:
    return isinstance(statement, Primitive) and statement.name == name


def _loops(thread: Thread) -> Iterator[tuple[int, int]]:
    """The first and the last statement of each loop."""
    labels = {s.name: at for at, s in enumerate(thread.body) if isinstance(s, Label)}
    for at, statement in enumerate(thread.body):
        if isinstance(statement, Branch | Goto) and labels.get(statement.target, at + 1) <= at:
            yield labels[statement.target], at


def _depths(thread: Thread) -> tuple[frozenset[int], ...]:
    """How deep in sections of RCU a thread may be before each statement, and at its end."""
    body = thread.body
    labels = {s.name: at for at, s in enumerate(body) if isinstance(s, Label)}
    found: list[set[int]] = [set() for _ in range(len(body) + 1)]
    todo = [(0, 0)]
    while todo:
        at, depth = todo.pop()
        if depth in found[at]:
            continue
        found[at].add(depth)
        if at == len(body):
            continue
        statement = body[at]
        if _is(statement, _LOCK):
            depth = min(depth + 1, len(body))  # a loop may never leave what it enters
        elif _is(statement, _UNLOCK):
            depth = max(depth - 1, 0)
        if isinstance(statement, Branch | Goto):
            todo.append((labels.get(statement.target, len(body)), depth))
        if not isinstance(statement, Goto):
            todo.append((at + 1, depth))
    return tuple([frozenset(depths) for depths in found])
