"""Writes a lowered test as a listing: the C of each thread, and beside each line its operations.

The listing is for people, and works also for architectures without a dialect; no tool reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from litmus.base.source import Span
from litmus.cat.description import ModelInfo
from litmus.cat.mapping import MappingRow, Operation
from litmus.frontend.condition import condition_text, prop_text
from litmus.ir import c11
from litmus.ir.kernel import rows
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import (
    NO_TAGS,
    Assign,
    Assume,
    AtomicOperation,
    Await,
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
    Report,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
)
from litmus.kernel.emit.expressions import comparison_of, is_cut, is_truth
from litmus.kernel.rcu import QUIESCENT

_WIDEST = 56
"""The operations of a longer line of C are printed below it, not beside it."""

_INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "and": "&",
    "or": "|",
    "xor": "^",
    "shl": "<<",
    "sar": ">>",
    "shr": ">>>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "land": "&&",
    "lor": "||",
    "ult": "<u",
}
_PREFIX = {"neg": "-", "not": "~", "lnot": "!"}


def write(
    test: LitmusTest, lowered: LitmusTest, architecture: ModelInfo, mapping: Mapping[str, MappingRow], origin: str
) -> str:
    """The text of a listing, by the rows of a mapping; `origin` says whose they are."""
    used: dict[str, Operation] = {}
    name = architecture.name
    parts = [f"{test.name} on {name}, {origin}: a listing of operations, not a litmus file"]
    if test.doc:
        parts[0] += f'\n"{test.doc}"'
    parts.append(_wrapped("initially ", [f"{test.show(i.target)}={test.show_value(i.value)}" for i in test.init]))
    for thread, source in zip(lowered.threads, test.threads, strict=True):
        parts.append("\n".join(_Thread(thread, source, mapping, used).lines()))
    if test.filter is not None:
        parts.append(f"filter ({prop_text(test, test.filter)})")
    parts.append(condition_text(test))
    width = max([len(name) for name in used], default=0)
    parts.append("\n".join(f"{name:<{width}}  {used[name].meaning}" for name in sorted(used)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _rows(statement: Primitive | AtomicOperation) -> tuple[str, ...]:
    """The rows of a mapping by which a statement is lowered; the first that there is counts."""
    return c11.rows(statement) if isinstance(statement, AtomicOperation) else rows(statement.name)


def _wrapped(head: str, items: list[str]) -> str:
    return "\n".join(wrap(head + "; ".join(items), 100, subsequent_indent=" " * len(head))) if items else ""


class _Thread:
    """The listing of one thread; its operations are added to `used`."""

    def __init__(
        self, thread: Thread, source: Thread, mapping: Mapping[str, MappingRow], used: dict[str, Operation]
    ) -> None:
        self.thread = thread
        self.used = used
        self.names: dict[str, str] = {}
        self.labels: dict[str, dict[str, int]] = {}
        self.operations: dict[Span, tuple[Operation, ...]] = {}  # by the place of the primitive
        for statement in source.body:
            if isinstance(statement, Primitive | AtomicOperation) and statement.span is not None:
                row = next(mapping[name] for name in _rows(statement) if name in mapping)
                self.operations[statement.span] = row.operations
        # those of quiescent states, which are no primitives
        known = [mapping[name] for name in ("smp_mb", "WRITE_ONCE") if name in mapping]
        self.others = tuple([operation for row in known for operation in row.operations])
        self.width = max([len(o.name) for s in self.operations.values() for o in s], default=0)

    def lines(self) -> Iterator[str]:
        """The rows of C, each with its operations beside it, or below if it is long."""
        beside: dict[int, list[str]] = {}
        jumped = {s.target for s in self.thread.body if isinstance(s, Branch | Goto)}
        for statement, place in zip(self.thread.body, self.thread.row_of, strict=True):
            if not isinstance(statement, Label) or statement.name in jumped:
                beside.setdefault(place, []).append(self._line(statement))
        shown = [row.expandtabs(4).rstrip() for row in self.thread.rows]
        width = max([len(row) for row in shown if len(row) <= _WIDEST], default=0)
        for number, row in enumerate(shown):
            here = beside.get(number, [])
            if len(row) > width:
                yield row
                row = ""
            elif not here:
                yield f"{row:<{width}} |"
            for line in here:
                yield f"{row:<{width}} | {line}"
                row = ""

    def _line(self, statement: Statement) -> str:
        if isinstance(statement, Label):
            return f"{self._label(statement.name)}:"
        operation = self._operation(statement)
        return f"{operation:<{self.width}}  {self._text(statement)}".rstrip()

    def _operation(self, statement: Statement) -> str:
        """The name of a statement's operation; empty if the statement makes no event."""
        match statement:
            case Await(tags=tags):
                wanted = ("load", tags, NO_TAGS)
            case Load(tags=tags, reserve=reserve):
                wanted = ("reserve" if reserve else "load", tags, NO_TAGS)
            case Store(tags=tags):
                wanted = ("store", tags, NO_TAGS)
            case StoreConditional(tags=tags):
                wanted = ("conditional", tags, NO_TAGS)
            case Rmw(read_tags=tags, write_tags=write_tags):
                wanted = ("atomic", tags, write_tags)
            case Fence(tags):
                wanted = ("fence", tags, NO_TAGS)
            case _:
                return ""
        known = self.operations.get(statement.span, ()) if statement.span else ()
        for operation in (*known, *self.others):
            if (operation.kind, operation.tags, operation.write_tags) == wanted:
                self.used[operation.name] = operation
                return operation.name
        return "?"

    # --- statements --------------------------------------------------------------------------------------------------

    def _text(self, statement: Statement) -> str:
        match statement:
            case Load(dest, addr):
                return f"{self._name(dest)} = [{self._shown(addr)}]"
            case Store(addr, value):
                return f"[{self._shown(addr)}] = {self._shown(value)}"
            case StoreConditional(status, addr, value):
                return f"[{self._shown(addr)}] = {self._shown(value)}, {self._name(status)} = done"
            case Rmw(dest, addr, value, condition=condition):
                only = "" if condition is None else f" if {self._shown(condition)}"
                place = self._shown(addr)
                return f"{self._name(dest)} = [{place}], [{place}] = {self._shown(value)}{only}"
            case Assign(dest, expr):
                return f"{self._name(dest)} = {self._shown(expr)}"
            case Branch(condition, target):
                return f"if {self._shown(condition)} goto {self._label(target)}"
            case Choose(dest):
                what = "" if statement.span is None else statement.span.text
                return f"{self._name(dest)} = 0 or 1" + (f": {what} here, or none" if what == QUIESCENT else "")
            case Assume(condition):
                return f"only if {self._shown(condition)}"
            case Await(addrs, value):
                return f"wait for {' and '.join(f'[{self._shown(a)}]' for a in addrs)} = {self._shown(value)}"
            case Report(name, condition):
                return f"if {self._shown(condition)} report {name}"
            case Goto(target):
                return f"goto {self._label(target)}"
        return ""

    def _name(self, register: str) -> str:
        """A variable by its own name; other registers by short names that no variable can have."""
        if register.isidentifier():
            return register
        return self.names.setdefault(register, f"%{len(self.names)}")

    def _label(self, label: str) -> str:
        """A label of the program by its own name; one that lowering made by its purpose and a number."""
        if label[0] != ".":
            return label
        kind = label[1:].rstrip("0123456789")
        labels = self.labels.setdefault(kind, {})
        return f"{kind}{labels.setdefault(label, len(labels) + 1)}"

    def _shown(self, expr: Expr, inner: bool = False) -> str:
        match expr:
            case Const(value):
                return str(value)
            case Reg(name):
                return self._name(name)
            case Op(op, args):
                text = self._operator(op, args, expr)
                return f"({text})" if inner and " " in text else text

    def _operator(self, op: str, args: tuple[Expr, ...], expr: Op) -> str:
        cut = is_cut(expr)
        if cut is not None:
            return f"s{self.thread.word_bits - cut[1]}({self._shown(cut[0])})"
        if op == "lnot" and is_truth(args[0]):
            wanted = comparison_of(expr)
            if wanted.relation in _INFIX and wanted.left != args[0]:
                return f"{self._shown(wanted.left, True)} {_INFIX[wanted.relation]} {self._shown(wanted.right, True)}"
        shown = [self._shown(arg, True) for arg in args]
        match op, shown:
            case "ite", [condition, then, otherwise]:
                return f"{condition} ? {then} : {otherwise}"
            case _, [a]:
                return f"{_PREFIX[op]}{a}"
            case "nor", [a, b]:
                return f"~({a} | {b})"
            case _, [a, b]:
                return f"{a} {_INFIX[op]} {b}"
        raise AssertionError(expr)
