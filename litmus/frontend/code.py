"""Addresses of code: labels as values, and jumps to where a value says.

The address of the label L0 of thread P1 is `P1:L0`, as in `0:X3=P1:L0`. It is no location. A jump to a value is a
branch to each label whose address the test has. Where that is a label of another thread, the thread that jumps there
gets a copy of the other's code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.frontend.columns import LABEL
from litmus.frontend.dialect import InstructionText, Jump
from litmus.frontend.lexer import counted, quoted
from litmus.ir.thread import Address, Assume, Branch, Const, Goto, Label, Op, Statement, Thread, code_address

MAX_WAYS = 10_000
"""The most jumps to values of a test, times the labels that they may go to, times the threads."""

_STOP = "end of all code"  # a label that no test can define


def returns_to(cell: InstructionText) -> tuple[str, tuple[Label, ...]]:
    """The label of what is after a call, and the statement that defines it if the test does not."""
    match = LABEL.match(cell.following)
    if match is not None:
        return match[1], ()
    name = f"call {cell.row}"  # no label of a test is called so
    return name, (Label(name),)


def check_label(address: Address, threads: Sequence[Thread], span: Span) -> None:
    """Raises ParseError if no thread has the label whose address is given."""
    thread, label = _split(address)
    if thread >= len(threads):
        raise ParseError(f"no thread P{thread}: the program has {counted(len(threads), 'thread')}", span)
    known = [s.name for s in threads[thread].body if isinstance(s, Label)]
    if label not in known:
        raise ParseError(f"thread P{thread} has no label {quoted(label)}", span, did_you_mean(label, known))


def without_jumps(
    bodies: Sequence[Sequence[Statement | Jump]], given: Iterable[Address]
) -> list[tuple[list[Statement], list[int]]]:
    """The statements of threads with branches in place of jumps, each with the index of the one that it is made of.

    What is copied from another thread stands behind the last one, and is made of that. `given` are the addresses of
    labels that are values in the test. Raises ParseError for a jump if there is none, UnsupportedError for too many.
    """
    labels = [frozenset(s.name for s in body if isinstance(s, Label)) for body in bodies]
    found = dict.fromkeys(map(_split, given))
    known = [(thread, label) for thread, label in found if thread < len(labels) and label in labels[thread]]
    jumps = [statement for body in bodies for statement in body if isinstance(statement, Jump)]
    if len(jumps) * len(known) * len(bodies) > MAX_WAYS:
        raise UnsupportedError(f"more than {MAX_WAYS} ways to jump are not supported", jumps[0].span)
    return [_resolved(index, bodies, known) for index in range(len(bodies))]


def _resolved(
    index: int, bodies: Sequence[Sequence[Statement | Jump]], known: Sequence[tuple[int, str]]
) -> tuple[list[Statement], list[int]]:
    """One thread of those that `without_jumps` returns."""
    own = bodies[index]
    body: list[Statement] = []
    made_of: list[int] = []
    for at, statement in enumerate(own):
        body += _branches(statement, index, known) if isinstance(statement, Jump) else (statement,)
        made_of += [at] * (len(body) - len(made_of))
    jumps = any(isinstance(statement, Jump) for statement in own)
    others = sorted({thread for thread, _ in known} - {index}) if jumps else []
    for thread in others:
        body.append(Goto(_STOP))
        for statement in bodies[thread]:
            if isinstance(statement, Jump):
                body += _branches(statement, index, known)
            else:
                body.append(_renamed(statement, thread))
    if others:
        body.append(Label(_STOP))
        made_of += [len(own) - 1] * (len(body) - len(made_of))
    return body, made_of


def _branches(jump: Jump, index: int, known: Sequence[tuple[int, str]]) -> Iterator[Statement]:
    """What is in place of a jump in a thread: branches, and no way on unless it is a return."""
    if not known and not jump.returns:
        hint = "give one to a register or a location of the initial state, as in 0:R1=P0:L0"
        raise ParseError("a jump to a value, and no address of a label is a value", jump.span, hint)
    for thread, label in known:
        target = label if thread == index else _copied(label, thread)
        here = Op("eq", (jump.addr, Const(code_address(thread, label))))
        yield Branch(here, target, jump.span)
    if not jump.returns:
        yield Assume(Const(0), jump.span)


def _renamed(statement: Statement, thread: int) -> Statement:
    """A statement of the copy of a thread, which has labels of its own."""
    match statement:
        case Label(name):
            return Label(_copied(name, thread))
        case Goto(target):
            return replace(statement, target=_copied(target, thread))
        case Branch(target=target, until=until):
            return replace(statement, target=_copied(target, thread), until=until and _copied(until, thread))
    return statement


def _copied(label: str, thread: int) -> str:
    """The label in the copy of a thread."""
    return code_address(thread, label).symbol


def _split(address: Address) -> tuple[int, str]:
    """The thread and the label of an address of code."""
    thread, _, label = address.symbol[1:].partition(":")
    return int(thread), label
