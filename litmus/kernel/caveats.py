"""What a verdict on kernel C does not say: rows of the mapping in doubt, and plain accesses that may race."""

from __future__ import annotations

from collections.abc import Iterator

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.cat.description import ModelInfo
from litmus.ir.kernel import PRIMITIVES, Kind, rows
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import PLAIN, Address, Const, Primitive


def uncertain(test: LitmusTest, architecture: ModelInfo, era: str, deadline: Deadline = NO_DEADLINE) -> tuple[str, ...]:
    """The primitives of a test whose mapping is in doubt, each with the doubt; nothing for an unknown era.

    Raises LimitReached at the deadline.
    """
    if all(mapping.era != era for mapping in architecture.kernel):
        return ()
    mapping = architecture.rows(era)
    found: dict[str, None] = {}
    for primitive in primitives(test):
        deadline.check()
        if primitive.name not in PRIMITIVES:  # registers of devices are no affair of this mapping
            continue
        row = next((mapping[name] for name in rows(primitive.name) if name in mapping), None)
        if row is not None and row.origin.uncertain:
            found[f"{primitive.name}: {row.origin.uncertain}"] = None
    return tuple(found)


def racy(test: LitmusTest, deadline: Deadline = NO_DEADLINE) -> tuple[str, ...]:
    """A note for a test with plain accesses to what another thread writes, or that write what another one accesses.

    Whether they race depends on what orders them, which is not judged here. An access by a pointer may go anywhere.
    Raises LimitReached at the deadline.
    """
    plain: dict[tuple[int, str | None], bool] = {}  # thread and location: whether it is written plainly
    every: dict[tuple[int, str | None], bool] = {}
    for thread in test.threads:
        for statement in thread.body:
            if not isinstance(statement, Primitive) or not statement.args:
                continue
            deadline.check()
            spec = PRIMITIVES[statement.name]
            if spec.kind not in (Kind.READ, Kind.WRITE, Kind.UPDATE):
                continue
            where = statement.args[0]
            value = where.value if isinstance(where, Const) else None
            key = thread.index, value.symbol if isinstance(value, Address) else None
            writes = spec.kind is not Kind.READ
            every[key] = every.get(key, False) or writes
            if statement.name in PLAIN:
                plain[key] = plain.get(key, False) or writes
    names: dict[str, None] = {}
    users: dict[tuple[str | None, bool], set[int]] = {}  # threads by location: all of them, and those that write it
    for (other, there), writes in every.items():
        for only_writers in {False, writes}:
            users.setdefault((there, only_writers), set()).add(other)
    searched = {False: 0, True: 0}
    for (mine, location), written in plain.items():
        if location is not None:
            among = [users.get((there, not written), set()) for there in (location, None)]
            if any(len(threads) > (mine in threads) for threads in among):
                names[location] = None
        elif searched[written] < 2:  # two threads together find what any further one finds
            searched[written] += 1
            for (other, there), writes in every.items():
                if other != mine and (written or writes):
                    names[there or "a pointer's target"] = None
    if not names:
        return ()
    return (f"plain accesses to {', '.join(names)} may race; they are judged as the machine's loads and stores",)


def primitives(test: LitmusTest) -> Iterator[Primitive]:
    """The primitives of all threads."""
    for thread in test.threads:
        yield from (statement for statement in thread.body if isinstance(statement, Primitive))
