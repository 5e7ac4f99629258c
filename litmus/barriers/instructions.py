"""What orders accesses in assembly: how fences are written, and the same access with more or less order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from litmus.barriers.writing import Edit, bodies, reparsed, replaced
from litmus.base.source import Span
from litmus.cat.mapping import Operation
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Fence, Load, Rmw, Statement, Store, StoreConditional

Access = Load | Store | StoreConditional | Rmw


@dataclass(frozen=True, slots=True)
class Ordered:
    """An access at statement `at` of a thread in one of its forms: the instruction `text`, and what it `promises`."""

    thread: int
    at: int
    span: Span
    text: str
    statement: Access
    promises: frozenset[str]


def fence_text(test: LitmusTest, operation: Operation, near: str) -> str:
    """How a fence is written in the assembly of a test, in capitals if the instruction `near` is."""
    from litmus.kernel.emit.instruction_set import fence_text as written

    return _as_in(near, written(test.arch, operation))


def forms(test: LitmusTest) -> Iterator[tuple[Ordered, tuple[Ordered, ...]]]:
    """Each access of a test in assembly, and its other forms, as far as they can be written.

    Only instructions with one statement that has an order are such: what the others promise cannot be told apart.
    """
    from litmus.kernel.emit.instruction_set import instruction_set

    known = None if test.arch in FUNCTIONS else instruction_set(test.arch)
    if known is None:
        return
    for thread in test.threads:
        for at, statement in enumerate(thread.body):
            if not isinstance(statement, Access) or statement.span is None:
                continue
            text = statement.span.text.strip()
            mnemonic, _, rest = text.partition(" ")
            names = known.ordered(mnemonic)
            own = names.get(_canonical(mnemonic, names))
            if own is None:
                continue
            others = [
                other
                for name, promised in names.items()
                if promised != own
                for other in _other(test, thread.index, at, statement.span, f"{_as_in(text, name)} {rest}", promised)
            ]
            yield Ordered(thread.index, at, statement.span, text, statement, own), tuple(others)


def _canonical(mnemonic: str, names: Mapping[str, frozenset[str]]) -> str:
    plain = mnemonic.replace(".aq.rl", ".aqrl").lower()
    return next((name for name in names if name.lower() == plain), "")


def _other(
    test: LitmusTest, thread: int, at: int, span: Span, text: str, promised: frozenset[str]
) -> Iterator[Ordered]:
    """The access as another instruction, if that is one and differs in this statement only."""
    edits: list[Edit] = replaced(test, [span], text)
    found = reparsed(test, edits)
    if found is None:
        return
    here, there = bodies(test), bodies(found)
    same = len(here[thread]) == len(there[thread]) and here.keys() == there.keys()
    if not same or [k for k, row in enumerate(here[thread]) if row != there[thread][k]] != [at]:
        return
    statement = there[thread][at]
    if isinstance(statement, Access) and type(statement) is type(here[thread][at]):
        yield Ordered(thread, at, span, text, statement, promised)


def _as_in(text: str, instruction: str) -> str:
    """An instruction in capitals if a text begins with one in capitals; a mnemonic alone, or with operands."""
    first = text.split()[0] if text.split() else ""
    return instruction.upper() if first.isupper() else instruction.lower()


def kind_of(statement: Statement) -> str:
    """Which kind of operation a statement is, as descriptions of models call them; "" for another statement."""
    match statement:
        case Fence():
            return "fence"
        case Load(reserve=reserve):
            return "reserve" if reserve else "load"
        case Store():
            return "store"
        case StoreConditional():
            return "conditional"
        case Rmw():
            return "atomic"
    return ""


def is_operation(statement: Statement, operation: Operation) -> bool:
    """Whether a statement is an operation of an architecture."""
    if kind_of(statement) != operation.kind:
        return False
    if isinstance(statement, Rmw):
        return (statement.read_tags, statement.write_tags) == (operation.tags, operation.write_tags)
    return isinstance(statement, Fence | Load | Store | StoreConditional) and statement.tags == operation.tags
