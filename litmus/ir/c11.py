"""The atomic operations of C11: their memory orders, and what updates compute.

Source: ISO C11 and C17, 5.1.2.4 (executions and data races), 7.17 (atomics).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from litmus.ir.kernel import cut
from litmus.ir.thread import AtomicOperation, BinaryOperator, Expr, MemoryOrder, Op, Primitive, Reg

ORDERS: tuple[MemoryOrder, ...] = ("relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst")
"""The memory orders, each `memory_order_<name>` in C."""

FOR_LOADS: tuple[MemoryOrder, ...] = ("relaxed", "consume", "acquire", "seq_cst")
"""The orders that a load may have, and an update that fails (7.17.7.2, 7.17.7.4)."""

FOR_STORES: tuple[MemoryOrder, ...] = ("relaxed", "release", "seq_cst")
"""The orders that a store may have (7.17.7.1)."""

_OPERATORS: tuple[BinaryOperator, ...] = ("add", "sub", "and", "or", "xor")
FETCHES: Mapping[str, BinaryOperator] = {f"fetch_{op}": op for op in _OPERATORS}
"""The operator with which an update makes what it writes of what it read and its operand."""


def written(operation: AtomicOperation, old: str, word_bits: int) -> Expr:
    """What an update writes, given the register of what it read; a compare-exchange, if it succeeds."""
    operand = operation.args[-1]
    op = FETCHES.get(operation.name)
    return operand if op is None else cut(Op(op, (Reg(old), operand)), 8 * operation.size, word_bits)


def plain_access(primitive: Primitive) -> Literal["load", "store"] | None:
    """What a primitive of kernel C is in C11, where an access to a volatile object is plain, too; None for others."""
    if primitive.name in ("plain_read", "READ_ONCE") and primitive.call is None:
        return "load"
    return "store" if primitive.name in ("plain_write", "WRITE_ONCE") and primitive.call is None else None


Row = Literal["load", "store", "update", "compare_exchange", "fence"]

ROWS: Mapping[Row, tuple[MemoryOrder, ...]] = {
    "load": ("relaxed", "acquire", "seq_cst"),
    "store": ("relaxed", "release", "seq_cst"),
    "update": ("relaxed", "acquire", "release", "acq_rel", "seq_cst"),
    "compare_exchange": ("relaxed", "acquire", "release", "acq_rel", "seq_cst"),
    "fence": ("acquire", "release", "acq_rel", "seq_cst"),
}
"""What a compiler's mapping has a row for, such as `load_acquire`: consume is compiled as acquire (C17, 7.17.3)."""

OPTIONAL: frozenset[Row] = frozenset({"compare_exchange"})
"""Rows that a mapping may leave out: a compare-exchange is then compiled as the update of the same order."""


def rows(operation: AtomicOperation) -> tuple[str, ...]:
    """The rows of a compiler's mapping by which an operation is compiled; the first that there is counts.

    A compare-exchange has the weakest order that is as strong as its two; a mutex is taken by one that is an acquire.
    """
    match operation.name:
        case "lock":
            return "compare_exchange_acquire", "update_acquire"
        case "unlock":
            return ("store_release",)
        case "load" | "store" | "fence" as kind:
            return (f"{kind}_{_known(operation.orders[0])}",)
    success, *failure = [_known(order) for order in operation.orders]
    if "acquire" in failure and success in ("relaxed", "release"):
        success = "acquire" if success == "relaxed" else "acq_rel"
    order = "seq_cst" if "seq_cst" in failure else success
    kinds: tuple[Row, ...] = ("compare_exchange", "update") if operation.name == "compare_exchange" else ("update",)
    return tuple(f"{kind}_{order}" for kind in kinds)


def _known(order: MemoryOrder) -> MemoryOrder:
    return "acquire" if order == "consume" else order


# --- orders by what they promise --------------------------------------------------------------------------------------

PROMISES: Mapping[MemoryOrder, frozenset[str]] = {
    "relaxed": frozenset(),
    "consume": frozenset({"consume"}),
    "acquire": frozenset({"consume", "acquire"}),
    "release": frozenset({"release"}),
    "acq_rel": frozenset({"consume", "acquire", "release"}),
    "seq_cst": frozenset({"consume", "acquire", "release", "seq_cst"}),
}
"""What an order promises: an order with more promises can stand in place of one with fewer (7.17.3)."""


def is_ordered(operation: AtomicOperation) -> bool:
    """Whether an operation has a memory order, which those on mutexes have not."""
    return bool(operation.orders)


def promised(operation: AtomicOperation) -> frozenset[str]:
    """What an operation promises; for a compare-exchange, also what it does where it fails."""
    success, *failure = operation.orders
    return PROMISES[success] | {f"{name} on failure" for order in failure for name in PROMISES[order]}


def orders(operation: AtomicOperation) -> tuple[MemoryOrder, ...]:
    """The orders that an operation may be given, the weakest first; a consume is not given, as it is an acquire."""
    kinds: dict[str, Row] = {"load": "load", "store": "store", "fence": "fence"}
    return ROWS[kinds.get(operation.name, "update")]


def in_order(operation: AtomicOperation, order: MemoryOrder) -> AtomicOperation:
    """An operation in another order; a compare-exchange that fails has that without the release (C++17, 32.6.1)."""
    failure: dict[MemoryOrder, MemoryOrder] = {"acq_rel": "acquire", "release": "relaxed"}
    return replace(operation, orders=(order, failure.get(order, order))[: len(operation.orders)])
