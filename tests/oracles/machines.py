"""Explicit-state machines: run a test's statements in every interleaving and collect the final states.

`tso_states` is x86-TSO as Owens, Sarkar and Sewell have it (A Better x86 Memory Model: x86-TSO, TPHOLs 2009): a store
goes to its thread's FIFO buffer and from there to memory at any later time; a load takes the newest buffered store to
its address, else memory; mfence waits for the buffer to drain; a locked instruction runs in one step with the buffer
drained. lfence and sfence do nothing that a test can see. `sc_states` is the same without buffers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import (
    Address,
    Assign,
    Branch,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Op,
    Reg,
    Rmw,
    Store,
    StoreConditional,
    Thread,
    Value,
)
from litmus.ir.values import apply

DRAINS = frozenset({"MFENCE"})


def tso_states(test: LitmusTest, unroll: int = 2) -> set[State]:
    """Every final state of the x86-TSO machine; runs that go round a loop more than `unroll` times do not count."""
    return _Machine(test, unroll, buffered=True).states()


def sc_states(test: LitmusTest, unroll: int = 2) -> set[State]:
    """Every final state of the machine that runs one statement at a time, straight on memory."""
    return _Machine(test, unroll, buffered=False).states()


class _Dead(Exception):
    """A run that does not count: it was cut, or did something undefined."""


Memory = tuple[Value, ...]
Regs = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class _Core:
    """One thread at rest: its next statement accesses memory, or it is done.

    `pending` is the store of a read-modify-write that is not atomic; `rounds` how often each backward jump was taken.
    """

    at: int
    regs: Regs
    buffer: tuple[tuple[Address, Value], ...] = ()
    pending: tuple[Address, Value] | None = None
    reserved: Address | None = None
    rounds: tuple[tuple[int, int], ...] = ()

    def read(self, name: str) -> Value:
        return dict(self.regs).get(name, 0)

    def write(self, name: str, value: Value) -> _Core:
        return replace(self, regs=tuple(sorted({**dict(self.regs), name: value}.items())))


_World = tuple[tuple[_Core, ...], Memory]


class _Machine:
    def __init__(self, test: LitmusTest, unroll: int, buffered: bool) -> None:
        self.test = test
        self.unroll = unroll
        self.buffered = buffered
        cells = [Address(a.symbol, k * a.cell_bytes) for a in test.arrays for k in range(a.count)]
        self.place = {address: k for k, address in enumerate(dict.fromkeys([*test.locations, *cells]))}
        self.labels = [
            {s.name: k for k, s in enumerate(thread.body) if isinstance(s, Label)} for thread in test.threads
        ]

    def states(self) -> set[State]:
        """Search all reachable states of the machine."""
        final: set[State] = set()
        seen: set[_World] = set()
        todo = list(self._start())
        while todo:
            world = todo.pop()
            if world in seen:
                continue
            seen.add(world)
            cores, memory = world
            steps = [step for k in range(len(cores)) for step in self._steps(world, k)]
            done = all(c.at >= len(t.body) and not c.buffer for c, t in zip(cores, self.test.threads, strict=True))
            if done:
                final.add(self._final(cores, memory))
            todo += steps
        return final

    def _start(self) -> Iterator[_World]:
        values = {initial.target: initial.value for initial in self.test.init}
        memory = tuple(values.get(address, 0) for address in self.place)
        cores = []
        for k, thread in enumerate(self.test.threads):
            regs = {t.name: v for t, v in values.items() if isinstance(t, Register) and t.thread == thread.index}
            try:
                cores.append(self._rest(k, _Core(0, tuple(sorted(regs.items())))))
            except _Dead:
                return
        yield tuple(cores), memory

    def _final(self, cores: tuple[_Core, ...], memory: Memory) -> State:
        by_thread = {thread.index: core for thread, core in zip(self.test.threads, cores, strict=True)}
        return tuple(
            (item, by_thread[item.thread].read(item.name) if isinstance(item, Register) else memory[self.place[item]])
            for item in self.test.observed
        )

    # --- steps that others can see ---------------------------------------------------------------------------------

    def _steps(self, world: _World, k: int) -> Iterator[_World]:
        """What the world is after one step of thread k or of its buffer."""
        cores, memory = world
        core = cores[k]

        def after(core: _Core, written: tuple[Address, Value] | None = None) -> Iterator[_World]:
            try:
                rested = self._rest(k, core)
            except _Dead:
                return
            others = [rested if j == k else c for j, c in enumerate(cores)]
            changed = list(memory)
            if written is not None:
                address, value = written
                changed[self.place[address]] = value
                others = [
                    replace(c, reserved=None) if j != k and c.reserved == address else c for j, c in enumerate(others)
                ]
            yield tuple(others), tuple(changed)

        try:
            if core.buffer:
                yield from after(replace(core, buffer=core.buffer[1:]), core.buffer[0])
            thread = self.test.threads[k]
            if core.pending is not None:
                yield from self._store(replace(core, pending=None, at=core.at + 1), core.pending, after)
            elif core.at < len(thread.body):
                yield from self._access(core, thread, memory, after)
        except _Dead:
            return

    def _access(self, core: _Core, thread: Thread, memory: Memory, after: _After) -> Iterator[_World]:
        onward = replace(core, at=core.at + 1)
        match thread.body[core.at]:
            case Load(dest, addr, _, reserve):
                address = self._address(addr, core, thread)
                loaded = onward.write(dest, self._load(core, address, memory))
                yield from after(replace(loaded, reserved=address) if reserve else loaded)
            case Store(addr, value):
                address = self._address(addr, core, thread)
                yield from self._store(onward, (address, _value(value, core, thread)), after)
            case Fence():  # one that drains, as others are no steps
                if not core.buffer:
                    yield from after(onward)
            case Rmw(dest, addr, value, _, _, condition, atomic):
                address = self._address(addr, core, thread)
                if atomic and core.buffer:
                    return
                loaded = onward.write(dest, self._load(core, address, memory))
                if condition is not None and _value(condition, loaded, thread) == 0:
                    yield from after(loaded)
                    return
                written = address, _value(value, loaded, thread)
                if atomic:
                    yield from after(loaded, written)
                else:
                    yield from after(replace(loaded, at=core.at, pending=written))
            case StoreConditional(status, addr, value):
                if self.buffered:
                    raise NotImplementedError("x86 has no conditional stores")
                address = self._address(addr, core, thread)
                written = address, _value(value, core, thread)
                yield from after(replace(onward, reserved=None).write(status, 0))
                if core.reserved == address:
                    yield from after(replace(onward, reserved=None).write(status, 1), written)

    def _store(self, core: _Core, written: tuple[Address, Value], after: _After) -> Iterator[_World]:
        if self.buffered:
            yield from after(replace(core, buffer=(*core.buffer, written)))
        else:
            yield from after(core, written)

    def _load(self, core: _Core, address: Address, memory: Memory) -> Value:
        for buffered, value in reversed(core.buffer):
            if buffered == address:
                return value
        return memory[self.place[address]]

    def _address(self, expr: Expr, core: _Core, thread: Thread) -> Address:
        address = _value(expr, core, thread)
        if not isinstance(address, Address) or address not in self.place:
            raise _Dead
        return address

    # --- steps that no other thread can see ------------------------------------------------------------------------

    def _rest(self, k: int, core: _Core) -> _Core:
        """Run on to the next statement that accesses memory."""
        thread = self.test.threads[k]
        while core.pending is None and core.at < len(thread.body):
            match thread.body[core.at]:
                case Label():
                    core = replace(core, at=core.at + 1)
                case Assign(dest, expr):
                    core = replace(core.write(dest, _value(expr, core, thread)), at=core.at + 1)
                case Goto(target):
                    core = self._jump(core, self.labels[k], target, thread)
                case Branch(condition, target):
                    if _value(condition, core, thread) != 0:
                        core = self._jump(core, self.labels[k], target, thread)
                    else:
                        core = replace(core, at=core.at + 1)
                case Fence(tags) if not self.buffered or DRAINS.isdisjoint(tags):
                    core = replace(core, at=core.at + 1)
                case _:
                    break
        return core

    def _jump(self, core: _Core, labels: Mapping[str, int], target: str, thread: Thread) -> _Core:
        at, to = core.at, labels[target]
        if to > at:
            return replace(core, at=to)
        rounds = dict(core.rounds)
        rounds[at] = rounds.get(at, 0) + 1
        if rounds[at] > self.unroll:
            raise _Dead
        # A loop inside the one that goes round again starts counting anew.
        inner = {jump for jump in rounds if to < labels[_target(thread, jump)] and jump < at}
        return replace(core, at=to, rounds=tuple(sorted((j, n) for j, n in rounds.items() if j not in inner)))


class _After(Protocol):
    """The world after a step that leaves the core so and writes that to memory (a callable's type)."""

    def __call__(self, core: _Core, written: tuple[Address, Value] | None = None) -> Iterator[_World]: ...


def _target(thread: Thread, at: int) -> str:
    statement = thread.body[at]
    assert isinstance(statement, Branch | Goto)
    return statement.target


def _value(expr: Expr, core: _Core, thread: Thread) -> Value:
    match expr:
        case Const(constant):
            return constant
        case Reg(name):
            return core.read(name)
        case Op(op, args):
            value = apply(op, tuple(_value(arg, core, thread) for arg in args), thread.word_bits)
            if value is None:
                raise _Dead
            return value
