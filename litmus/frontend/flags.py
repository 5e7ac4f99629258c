"""Leaves out what computes flags that nothing looks at.

Instruction sets say what each instruction does to every flag, and most tests look at few. What is left out is less to
decide, and changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.ir.litmus_test import Observable, Register
from litmus.ir.thread import Assign, Thread, read_by, registers_in


def without_idle(
    thread: Thread, flags: frozenset[str], observed: Iterable[Observable], deadline: Deadline = NO_DEADLINE
) -> Thread:
    """A thread without the assignments of flags that it does not look at, nor the test, which looks at `observed`.

    Raises LimitReached at the deadline.
    """
    used = {item.name for item in observed if isinstance(item, Register) and item.thread == thread.index}
    todo: list[Assign] = []
    for statement in thread.body:
        deadline.check()
        if isinstance(statement, Assign) and statement.dest in flags:
            todo.append(statement)
        else:
            used.update(read_by(statement))
    if not todo:
        return thread
    while True:  # one flag may be computed from another
        needed = [statement for statement in todo if statement.dest in used]
        if not needed:
            break
        todo = [statement for statement in todo if statement.dest not in used]
        for statement in needed:
            used.update(registers_in(statement.expr))
    if not todo:
        return thread
    idle = {statement.dest for statement in todo}
    kept = [at for at, s in enumerate(thread.body) if not (isinstance(s, Assign) and s.dest in idle)]
    return replace(
        thread, body=tuple([thread.body[at] for at in kept]), row_of=tuple([thread.row_of[at] for at in kept])
    )
