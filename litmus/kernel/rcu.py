"""Grace periods on a machine: how whoever waits for readers of RCU or SRCU, and the readers, come to know of each other.

A grace period of RCU announces itself and waits until every other thread has been in a quiescent state: at a point of
its program within no reader's section, where it has seen the announcement, executes a full barrier, and reports. Where
that is, the execution chooses; readers do nothing. So it is in classic RCU and in tree RCU, where the point is a switch
to another task, or the like, and the accesses are those under the locks of the `rcu_node` tree. Source:
Documentation/RCU/Design/Memory-Ordering/Tree-RCU-Memory-Ordering.rst and kernel/rcu/tree.c of v6.18; kernel/rcuclassic.c
of v2.6.27.

A reader of SRCU counts its sections of a domain, with a full barrier inside of either end, and a grace period waits
until it has found each count to be 0. Source: kernel/rcu/srcutree.c of v6.18, whose two counts of each reader, used in
turns, bring a grace period to its end sooner and order nothing more; Desnoyers et al., "User-Level Implementations of
Read-Copy Update", TPDS 2012, section 5.

A thread waits in a loop, of which only the last round is there: that is, executions in which it does not find what it
waits for are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from litmus.base.deadline import Deadline
from litmus.base.errors import UnsupportedError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.cat.description import MappingRow
from litmus.ir.kernel import PRIMITIVES, Kind
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import (
    Address,
    Assign,
    Assume,
    Branch,
    Choose,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Primitive,
    Reg,
    Store,
    Thread,
)
from litmus.kernel.lowering import Lowering, Operations

_LOCK, _UNLOCK, _WAIT = "rcu_read_lock", "rcu_read_unlock", "synchronize_rcu"
_DOMAIN_LOCKS = ("srcu_read_lock", "srcu_down_read")
_DOMAIN_UNLOCKS = ("srcu_read_unlock", "srcu_up_read")
_ONE = Const(1)


@dataclass(frozen=True, slots=True)
class GracePeriod:
    """A grace period of RCU: the thread that waits, and the statement; it is the `number`th of that thread."""

    thread: int
    statement: int
    number: int
    only: bool
    span: Span | None = None

    @property
    def name(self) -> str:
        """What it is called, as a location."""
        return f"grace period of P{self.thread}" if self.only else f"grace period {self.number} of P{self.thread}"

    @property
    def announced(self) -> Address:
        """The location that is 1 as soon as it has begun."""
        return Address(self.name)

    def reported(self, thread: int) -> Address:
        """The location that is 1 as soon as another thread has been in a quiescent state since it began."""
        return Address(f"quiescent state of P{thread} for {self.name}")


@dataclass(frozen=True, slots=True)
class Readers:
    """Who waits for whom in a test: the grace periods of RCU, the threads, and those that read in a domain of SRCU."""

    periods: tuple[GracePeriod, ...]
    threads: tuple[int, ...]
    domains: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, test: LitmusTest) -> Readers:
        """The readers and grace periods of a test. Raises UnsupportedError for a grace period of RCU in a loop."""
        periods: list[GracePeriod] = []
        domains: dict[str, dict[int, None]] = {}
        threads = []
        for thread in test.threads:
            found = [(at, s) for at, s in enumerate(thread.body) if isinstance(s, Primitive)]
            if found:
                threads.append(thread.index)
            waits = [(at, s) for at, s in found if s.name == _WAIT]
            for number, (at, primitive) in enumerate(waits, 1):
                if any(first <= at <= last for first, last in _loops(thread)):
                    raise UnsupportedError("a grace period in a loop cannot be lowered", primitive.span)
                periods.append(GracePeriod(thread.index, at, number, len(waits) == 1, primitive.span))
            for _, primitive in found:
                if primitive.name in _DOMAIN_LOCKS:
                    domains.setdefault(domain(primitive), {})[thread.index] = None
        return cls(tuple(periods), tuple(threads), {name: tuple(users) for name, users in domains.items()})

    @property
    def locations(self) -> tuple[Address, ...]:
        """The locations by which they come to know of each other."""
        found = [place for p in self.periods for place in (p.announced, *map(p.reported, self.others(p.thread)))]
        return (*found, *(sections(name, thread) for name, users in self.domains.items() for thread in users))

    def others(self, thread: int) -> tuple[int, ...]:
        """All threads but one."""
        return tuple(other for other in self.threads if other != thread)


def domain(primitive: Primitive) -> str:
    """The name of the domain of a primitive of SRCU. Raises UnsupportedError for one that is computed."""
    match primitive.args[0]:
        case Const(Address() as address):
            return str(address)
    raise UnsupportedError(f"'{primitive.name}' is about a domain that is only known when it is run", primitive.span)


def sections(name: str, thread: int) -> Address:
    """The location with the number of sections of a domain that a thread is in."""
    return Address(f"sections of P{thread} in {name}")


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
        self.waiting = tuple([p for p in readers.periods if p.thread != thread.index])
        self.own = {p.statement: p for p in readers.periods if p.thread == thread.index}
        self.depths = _depths(thread)
        self.at = 0

    def thread(self) -> Thread:
        """The thread, with a block at each point that may be a quiescent state: where no section is, between accesses,
        and not in a loop without sections."""
        body = self.source.body
        loops = [loop for loop in _loops(self.source) if not any(_is(s, _LOCK) for s in body[loop[0] : loop[1]])]
        due = True
        for self.at, statement in enumerate(body):
            self.row = self.source.row_of[self.at] if self.at < len(self.source.row_of) else -1
            looping = any(first <= self.at <= last for first, last in loops)
            if due and not looping and isinstance(statement, Primitive) and self.depths[self.at] == {0}:
                self._quiescent_state()
                due = False
            self.statement(statement)
            due = due or (isinstance(statement, Primitive) and PRIMITIVES[statement.name].kind is not Kind.FENCE)
        if due and self.depths[len(body)] == {0}:
            self._quiescent_state()
        return self._done()

    def _rcu(self, primitive: Primitive, sequence: Operations) -> None:
        if primitive.name == _WAIT:
            self._grace_period(self.own[self.at], primitive, sequence)
        elif primitive.name in (_LOCK, _UNLOCK):
            self._fences(sequence.before, primitive)
        else:
            self._srcu(primitive, domain(primitive), sequence)

    def _grace_period(self, period: GracePeriod, primitive: Primitive, sequence: Operations) -> None:
        others = self.readers.others(self.source.index)
        if self.depths[self.at] != {0}:  # it waits for its own section
            self._emit(Assume(Const(0), primitive.span))
        for operation in sequence.all:
            match operation.kind:
                case "store":
                    self._emit(Store(Const(period.announced), _ONE, operation.tags, primitive.span))
                    self._quiescent_state()
                case "load":
                    for other in others:
                        self._wait(Const(period.reported(other)), _ONE, operation.tags, primitive.span)
                case _:
                    self._fences((operation,), primitive)

    def _wait(self, addr: Expr, value: Expr, tags: frozenset[str], span: Span | None) -> None:
        """The last read of a loop that waits for a value."""
        found = self._name("r")
        self._emit(Load(found, addr, tags, span=span))
        self._emit(Assume(Op("eq", (Reg(found), value)), span))

    def _quiescent_state(self) -> None:
        """Blocks for the grace periods of others, any of which the execution may choose to report to here.

        Those of one thread come in their order. Those of several may come in any, so each block may be for each of them.
        """
        several = len({period.thread for period in self.waiting}) > 1
        earlier: Expr | None = None
        for number, period in enumerate(self.waiting):
            earlier = self._block(self.waiting if several else (period,), earlier if several and number else None)

    def _block(self, periods: Sequence[GracePeriod], earlier: Expr | None) -> Expr:
        """A quiescent state for one of the grace periods, or none; returns whether it is for one.

        With `earlier` it is for one only if that block before it is, too.
        """
        span, skip = periods[0].span, self._name("skip")
        chosen = []
        for period in periods:
            here = self._name("choice")
            self._emit(Choose(here, span))
            chosen.append(Reg(here))
        taken: Expr = chosen[0]
        excluded: Expr = Op("land", (chosen[0], Reg(_passed(periods[0]))))
        seen: Expr = Const(periods[0].announced)
        report: Expr = Const(periods[0].reported(self.source.index))
        for period, here_too in zip(periods[1:], chosen[1:], strict=True):
            twice = Op("land", (here_too, Op("lor", (taken, Reg(_passed(period))))))
            excluded = Op("lor", (excluded, twice))
            taken = Op("lor", (taken, here_too))
            seen = Op("ite", (here_too, Const(period.announced), seen))
            report = Op("ite", (here_too, Const(period.reported(self.source.index)), report))
        if earlier is not None:
            excluded = Op("lor", (excluded, Op("land", (taken, Op("lnot", (earlier,))))))
        self._emit(Assume(Op("lnot", (excluded,)), span))
        self._emit(Branch(Op("lnot", (taken,)), skip, span, until=skip))
        found = self._name("r")
        self._primitive(Primitive("READ_ONCE", found, (seen,), span))
        self._emit(Assume(Op("eq", (Reg(found), _ONE)), span))
        self._primitive(Primitive("smp_mb", None, (), span))
        self._primitive(Primitive("WRITE_ONCE", None, (report, _ONE), span))
        self._emit(Label(skip))
        for period, here in zip(periods, chosen, strict=True):
            self._emit(Assign(_passed(period), Op("lor", (Reg(_passed(period)), here)), span))
        return taken

    def _srcu(self, primitive: Primitive, name: str, sequence: Operations) -> None:
        """A section of a domain begins or ends, or its grace period waits."""
        mine, span, count = self.source.index, primitive.span, Reg(f".sections in {name}")
        users = self.readers.domains.get(name, ())
        waits = primitive.name not in (*_DOMAIN_LOCKS, *_DOMAIN_UNLOCKS)
        if not waits and mine not in users:
            raise UnsupportedError(f"'{primitive.name}' ends a section that another thread began", span)
        if waits:  # a thread would wait for its own section for ever
            self._emit(Assume(Op("eq", (count, Const(0))), span))
        for operation in sequence.all:
            match operation.kind:
                case "store":
                    step = 1 if primitive.name in _DOMAIN_LOCKS else -1
                    self._emit(Assign(count.name, Op("add", (count, Const(step))), span))
                    self._emit(Store(Const(sections(name, mine)), count, operation.tags, span))
                case "load":
                    for user in users:
                        if user != mine:
                            self._wait(Const(sections(name, user)), Const(0), operation.tags, span)
                case _:
                    self._fences((operation,), primitive)
        if primitive.dest is not None:  # which of the two counts it is; grace periods make no difference to it here
            self._emit(Assign(primitive.dest, Const(0), span))


def _passed(period: GracePeriod) -> str:
    """The register that is 1 if a thread has been in a quiescent state for a grace period."""
    return f".{period.name}"


def _is(statement: object, name: str) -> bool:
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
