"""Reads back from a device: what holds a processor up until its posted writes have arrived, as no barrier does."""

from __future__ import annotations

from collections.abc import Iterator

from litmus.barriers.report import Change
from litmus.barriers.writing import before
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Address, Const, Primitive, Statement, Store, assigned
from litmus.ir.topology import MEMORY, WIRE


def read_backs(test: LitmusTest) -> Iterator[Change]:
    """The changes that read a register of a device right after a processor has written to it, if something follows."""
    topology = test.topology
    assert topology is not None
    homes = dict(topology.homes)
    for thread in test.threads:
        if not topology.is_cpu(thread.index):
            continue
        used = {assigned(statement) for statement in thread.body}
        register = next(name for k in range(len(used) + 1) if (name := f"r{k}") not in used)
        for statement, following in zip(thread.body, thread.body[1:], strict=False):
            written = _written(statement)
            span = getattr(following, "span", None)
            if written is None or homes.get(written.symbol, MEMORY) in (MEMORY, WIRE) or span is None:
                continue
            place = test.show(written).strip("[]")
            text = f"{register} = readl({place})" if isinstance(statement, Primitive) else f"{register} = read {place}"
            yield Change(span, thread.index, "", text, tuple(before(test, span, text)))


def _written(statement: Statement) -> Address | None:
    """The location of a write whose address is known."""
    match statement:
        case Primitive(name="writel" | "writel_relaxed", args=(Const(Address() as address), _)):
            return address
        case Store(addr=Const(Address() as address)):
            return address
    return None
