"""Which registers matter from a statement on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from litmus.ir.thread import (
    Assign,
    Assume,
    AtomicOperation,
    AtomicUpdate,
    Await,
    Branch,
    Call,
    Choose,
    Const,
    Expr,
    Fence,
    Goto,
    Label,
    Load,
    Mark,
    Op,
    Pointee,
    Primitive,
    Reg,
    Report,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    assigned,
)

RESERVATION = ""
"""Stands for the reservation among the registers of a thread; no register has this name."""


def live(body: Sequence[Statement], labels: Mapping[str, int], observed: frozenset[str]) -> tuple[frozenset[str], ...]:
    """For each statement, the registers whose values before it may be used later, and in the end the observed ones.

    `labels` are the statements of labels. The last element is for the end of the thread.
    """
    uses = [frozenset(_used(statement)) for statement in body]
    sets = [frozenset(_set(statement)) for statement in body]
    found: list[frozenset[str]] = [*(frozenset[str]() for _ in body), observed]
    changed = True
    while changed:
        changed = False
        for at in reversed(range(len(body))):
            statement = body[at]
            after = frozenset[str]() if isinstance(statement, Goto) else found[at + 1]
            if isinstance(statement, Branch | Goto):
                after |= found[labels.get(statement.target, len(body))]
            before = uses[at] | (after - sets[at])
            if before != found[at]:
                found[at] = before
                changed = True
    return tuple(found)


def _used(statement: Statement) -> Iterator[str]:
    """The registers that a statement reads. What an exchange reads from memory is none of them."""
    match statement:
        case Load(addr=addr):
            yield from registers_in(addr)
        case Store(addr, value):
            yield from registers_in(addr, value)
        case StoreConditional(_, addr, value):
            yield from registers_in(addr, value)
            yield RESERVATION
        case Rmw(dest, addr, value, condition=condition):
            yield from registers_in(addr)
            yield from (name for name in registers_in(value, condition or value) if name != dest)
        case AtomicUpdate(dest, addr, value):
            yield from registers_in(addr)
            yield from (name for name in registers_in(value) if name != dest)
        case Assign(_, expr):
            yield from registers_in(expr)
        case Branch(condition) | Report(_, condition) | Assume(condition):
            yield from registers_in(condition)
        case Primitive(args=args) | Call(args=args) | AtomicOperation(args=args):
            yield from registers_in(*(a.addr if isinstance(a, Pointee) else a for a in args))
        case Mark(addr, dest=dest, value=value):
            yield from registers_in(addr, *(() if value is None else (value,)))
            if dest is not None:
                yield dest
        case Await(addrs, value):
            yield from registers_in(*addrs, value)
        case Fence() | Goto() | Label() | Choose():
            pass


def _set(statement: Statement) -> Iterator[str]:
    """The registers that a statement gives a value."""
    dest = assigned(statement)
    if dest is not None:
        yield dest
    if isinstance(statement, StoreConditional) or (isinstance(statement, Load) and statement.reserve):
        yield RESERVATION


def registers_in(*exprs: Expr) -> Iterator[str]:
    """The registers that expressions mention, in no order."""
    todo = list(exprs)
    while todo:
        match todo.pop():
            case Reg(name):
                yield name
            case Op(_, args):
                todo += args
            case Const():
                pass
