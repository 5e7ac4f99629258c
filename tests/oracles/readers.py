"""A machine that runs kernel C with RCU and SRCU as it stands, one statement at a time, straight on memory.

A grace period is two steps. The first notes which threads are in a section, and which of their sections that is; the
second can be taken when none of these is still going on. Nothing is lowered, and no word, barrier or quiescent state
is there. Programs have no loops, and each location is an integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from litmus.ir.execution import State
from litmus.ir.litmus_test import LitmusTest, Register
from litmus.ir.thread import Address, Assign, Branch, Const, Expr, Goto, Label, Op, Primitive, Reg, Value
from litmus.ir.values import apply

K = TypeVar("K")
V = TypeVar("V")

_RCU = ""
_LOCKS = {"rcu_read_lock": 1, "rcu_read_unlock": -1, "srcu_read_lock": 1, "srcu_read_unlock": -1}

_Section = tuple[int, str, int]
"""A thread, a domain, and how many sections of that thread and domain have begun before; nested ones are no others."""


@dataclass(frozen=True, slots=True)
class _World:
    """Where threads are, what they and the memory hold, how deep they are in sections, how many of these there were.

    `waits` is what the grace period of a thread still waits for, for each thread that is in one.
    """

    at: tuple[int, ...]
    registers: frozenset[tuple[Register, Value]] = frozenset()
    memory: frozenset[tuple[Address, Value]] = frozenset()
    depths: frozenset[tuple[tuple[int, str], int]] = frozenset()
    begun: frozenset[tuple[tuple[int, str], int]] = frozenset()
    waits: frozenset[tuple[int, frozenset[_Section]]] = frozenset()


def interleavings(test: LitmusTest) -> set[State]:
    """The final states of all interleavings in which every thread comes to its end."""
    memory = frozenset((i.target, i.value) for i in test.init if isinstance(i.target, Address))
    todo, seen, final = [_World((0,) * len(test.threads), memory=memory)], set(), set()
    while todo:
        world = todo.pop()
        if world in seen:
            continue
        seen.add(world)
        todo += [after for k in range(len(test.threads)) for after in _steps(test, world, k)]
        if all(at == len(thread.body) for at, thread in zip(world.at, test.threads, strict=True)):
            final.add(tuple([(item, _held(world, item)) for item in test.observed]))
    return final


def _steps(test: LitmusTest, world: _World, k: int) -> Iterator[_World]:
    """What the world may be after the next statement of a thread, or half of it."""
    body, at = test.threads[k].body, world.at[k]
    if at == len(body):
        return
    labels = {s.name: i for i, s in enumerate(body) if isinstance(s, Label)}
    on = replace(world, at=(*world.at[:k], at + 1, *world.at[k + 1 :]))
    match body[at]:
        case Label():
            yield on
        case Assign(dest, expr):
            yield _written(on, k, dest, _value(world, k, expr))
        case Goto(target):
            yield replace(world, at=(*world.at[:k], labels[target], *world.at[k + 1 :]))
        case Branch(condition, target):
            taken = _value(world, k, condition) != 0
            yield replace(world, at=(*world.at[:k], labels[target], *world.at[k + 1 :])) if taken else on
        case Primitive("READ_ONCE", str() as dest, (Const(Address() as where),)):
            yield _written(on, k, dest, dict(world.memory).get(where, 0))
        case Primitive("WRITE_ONCE", None, (Const(Address() as where), what)):
            yield replace(on, memory=_with(world.memory, where, _value(world, k, what)))
        case Primitive("synchronize_rcu" | "synchronize_srcu", None, args):
            yield from _grace_period(world, on, k, _domain(args))
        case Primitive(name, dest, args) if name in _LOCKS:
            after = _section(on, (k, _domain(args)), _LOCKS[name])
            yield after if dest is None else _written(after, k, dest, 0)
        case statement:
            raise AssertionError(statement)


def _section(world: _World, user: tuple[int, str], step: int) -> _World:
    before = dict(world.depths).get(user, 0)
    begun = dict(world.begun).get(user, 0) + (before == 0 and step == 1)
    return replace(world, depths=_with(world.depths, user, before + step), begun=_with(world.begun, user, begun))


def _grace_period(world: _World, on: _World, k: int, domain: str) -> Iterator[_World]:
    begun = dict(world.begun)
    going_on = {(user[0], user[1], begun[user]) for user, depth in world.depths if depth and user[1] == domain}
    waits = dict(world.waits)
    if k not in waits:
        yield replace(world, waits=_with(world.waits, k, frozenset(going_on)))
    elif not waits[k] & going_on:
        yield replace(on, waits=frozenset(item for item in world.waits if item[0] != k))


def _domain(args: tuple[Expr, ...]) -> str:
    match args:
        case (Const(Address() as address), *_):
            return str(address)
    return _RCU


def _with(items: frozenset[tuple[K, V]], key: K, value: V) -> frozenset[tuple[K, V]]:
    return frozenset({**dict(items), key: value}.items())


def _written(world: _World, k: int, dest: str, value: Value) -> _World:
    return replace(world, registers=_with(world.registers, Register(k, dest), value))


def _held(world: _World, item: Register | Address) -> Value:
    return dict(world.registers).get(item, 0) if isinstance(item, Register) else dict(world.memory).get(item, 0)


def _value(world: _World, k: int, expr: Expr) -> Value:
    match expr:
        case Const(value):
            return value
        case Reg(name):
            return _held(world, Register(k, name))
        case Op(op, args):
            found = apply(op, tuple([_value(world, k, arg) for arg in args]), 64)
            assert found is not None
            return found
