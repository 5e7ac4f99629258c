"""Compiles C11 to the operations of one architecture, as compilers do: by the rows `c11` of its description.

Plain accesses become plain loads and stores, which no compiler moves here: what it may do to a racy program is not
asked. A mutex is a word that is exchanged until it was free. A weak compare-exchange fails by chance where it is a
store-conditional that is tried once, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.cat.description import ModelInfo
from litmus.cat.mapping import MappingRow
from litmus.ir.c11 import FOR_LOADS, plain_access, rows, written
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import (
    Assign,
    AtomicOperation,
    Branch,
    Call,
    Const,
    Expr,
    Label,
    Load,
    MemoryOrder,
    Op,
    Primitive,
    Reg,
    Statement,
    StoreConditional,
)
from litmus.kernel.lowering import Lowering, Operations

_PLAIN: Mapping[str, tuple[str, tuple[MemoryOrder]]] = {
    "plain_read": ("load", ("relaxed",)),
    "plain_write": ("store", ("relaxed",)),
}


def compiled(test: LitmusTest, architecture: ModelInfo, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
    """A test in C11 as operations of an architecture.

    Raises ModelError for an architecture that does not say how C11 is compiled, UnsupportedError for a function of the
    kernel, LimitReached at the deadline.
    """
    found = mapping(architecture)
    threads = tuple([_Compiling(architecture.name, "", found, thread, deadline).thread() for thread in test.threads])
    return replace(test, threads=threads, language="")


def mapping(architecture: ModelInfo) -> Mapping[str, MappingRow]:
    """The rows by which C11 is compiled, by their names; plain accesses have those of relaxed ones.

    Raises ModelError for an architecture without any.
    """
    if not architecture.c11:
        raise ModelError(f"model '{architecture.name}' does not say how C11 is compiled")
    found = {mapped.primitive: mapped for mapped in architecture.c11}
    return {**found, **{name: found[f"{kind}_{order}"] for name, (kind, (order,)) in _PLAIN.items()}}


class _Compiling(Lowering):
    """The compilation of one thread."""

    def statement(self, statement: Statement) -> None:
        match statement:
            case AtomicOperation():
                self.deadline.check()
                self._operation(statement)
            case Primitive(_, dest, args, span, size) if (kind := plain_access(statement)) is not None:
                self._operation(AtomicOperation(kind, ("relaxed",), dest, args, span, size))
            case Primitive(name) | Call(name):
                from litmus.dialects.c.atomics import refusal  # for an error only

                raise refusal(name, statement.span)
            case _:
                super().statement(statement)

    def _operation(self, operation: AtomicOperation) -> None:
        if operation.name == "fence" and operation.orders[0] == "relaxed":
            return
        self._fits(operation)
        sequence = Operations.of(next(self.mapping[name] for name in rows(operation) if name in self.mapping))
        dest = operation.dest or self._name("r")
        match operation.name:
            case "fence":
                self._fences(sequence.before, operation)
            case "load":
                self._load(operation, sequence, dest)
            case "store":
                self._store(operation, sequence, operation.args[1])
            case "unlock":
                self._store(operation, sequence, Const(0))
            case "lock":
                again = self._name("lock")
                self._emit(Label(again))
                self._atomic(operation, sequence, dest, Const(1), Op("eq", (Reg(dest), Const(0))), again)
            case _:
                self._exchange(operation, sequence, dest)

    def _exchange(self, operation: AtomicOperation, sequence: Operations, dest: str) -> None:
        old, condition = self._name("r"), None
        if operation.name == "compare_exchange":
            condition = Op("eq", (Reg(old), operation.args[1]))
            if operation.orders[1] in FOR_LOADS[1:]:  # what follows an acquire follows it if it fails, too
                sequence = replace(sequence, after=(), always=sequence.after + sequence.always)
        value = written(operation, old, self.source.word_bits)
        if operation.done is None or condition is None:
            self._atomic(operation, sequence, old, value, condition, None)
        elif len(sequence.accesses) == 1:
            self._atomic(operation, sequence, old, value, condition, None)
            self._emit(Assign(operation.done, condition, operation.span))
        else:
            self._once(operation, sequence, old, value, condition, operation.done)
        self._emit(Assign(dest, Reg(old), operation.span))

    def _once(
        self, operation: AtomicOperation, sequence: Operations, old: str, value: Expr, condition: Expr, done: str
    ) -> None:
        """A weak compare-exchange, which fails where the store-conditional does."""
        addr, span = operation.args[0], operation.span
        reserve, conditional = sequence.accesses
        failed, status = self._name("failed"), self._name("s")
        self._fences(sequence.before, operation)
        self._emit(Assign(done, Const(0), span))
        self._emit(Load(old, addr, reserve.tags, True, span))
        self._emit(Branch(Op("lnot", (condition,)), failed, span))
        self._emit(StoreConditional(status, addr, value, conditional.tags, span, conditional.status_from))
        self._emit(Branch(Op("lnot", (Reg(status),)), failed, span))
        self._fences(sequence.after, operation, old)
        self._emit(Assign(done, Const(1), span))
        self._emit(Label(failed))
        self._fences(sequence.always, operation, old)
