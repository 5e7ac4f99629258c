"""Which registers matter from a statement on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from litmus.ir.thread import Branch, Forget, Goto, Load, Statement, StoreConditional, assigned, read_by

RESERVATION = ""
"""Stands for the reservation among the registers of a thread; no register has this name."""


def live(body: Sequence[Statement], labels: Mapping[str, int], observed: frozenset[str]) -> tuple[frozenset[str], ...]:
    """For each statement, the registers whose values before it may be used later, and in the end the observed ones.

    `labels` are the statements of labels. The last element is for the end of the thread.
    """
    uses = [frozenset((*read_by(s), RESERVATION) if isinstance(s, StoreConditional) else read_by(s)) for s in body]
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


def _set(statement: Statement) -> Iterator[str]:
    """The registers that a statement gives a value."""
    dest = assigned(statement)
    if dest is not None:
        yield dest
    if isinstance(statement, StoreConditional | Forget) or (isinstance(statement, Load) and statement.reserve):
        yield RESERVATION
