"""The functions of C11's <stdatomic.h>.

A test is in C11, and not in the C of the kernel, if it names an atomic type, a memory order, or one of these functions
that the kernel does not have: both have an `atomic_fetch_add`, with its arguments in another order. As in C, an atomic
object is accessed in the order seq_cst where it is used without a function. The second argument of a compare-exchange
points to a variable of the thread or to a location, which is then read and written by plain accesses.
Source: ISO C17, 7.17; 6.2.6.1 (9) and 6.3.2.1 (2) for what an atomic object is in an expression.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.dialects.c import types
from litmus.dialects.c.calls import REFUSED
from litmus.dialects.c.expressions import Expressions
from litmus.dialects.c.operands import Lvalue, Operand, Variable
from litmus.dialects.c.types import INT, VOID, Value
from litmus.frontend.lexer import quoted
from litmus.ir.c11 import FETCHES, FOR_LOADS, FOR_STORES, ORDERS
from litmus.ir.thread import Assign, AtomicOperation, Const, Expr, MemoryOrder, Op, Reg

_PREFIX = "memory_order_"
_EXPLICIT = "_explicit"


@dataclass(frozen=True, slots=True)
class AtomicCall:
    """The signature of a function: what it does, how many values it takes after the object, and its memory orders."""

    operation: str
    values: int
    orders: tuple[tuple[MemoryOrder, ...], ...]


def _calls() -> Mapping[str, AtomicCall]:
    calls = {
        "atomic_load": AtomicCall("load", 0, (FOR_LOADS,)),
        "atomic_store": AtomicCall("store", 1, (FOR_STORES,)),
        "atomic_exchange": AtomicCall("exchange", 1, (ORDERS,)),
        "atomic_compare_exchange_strong": AtomicCall("compare_exchange", 1, (ORDERS, FOR_LOADS)),
        "atomic_compare_exchange_weak": AtomicCall("compare_exchange", 1, (ORDERS, FOR_LOADS)),
        **{f"atomic_{fetch}": AtomicCall(fetch, 1, (ORDERS,)) for fetch in FETCHES},
        "atomic_flag_test_and_set": AtomicCall("exchange", 0, (ORDERS,)),
        "atomic_flag_clear": AtomicCall("store", 0, (FOR_STORES,)),
    }
    return {**calls, **{name + _EXPLICIT: call for name, call in calls.items()}}


CALLS: Mapping[str, AtomicCall] = _calls()
"""The functions on atomic objects; those without `_explicit` are seq_cst."""

FENCES: Mapping[str, bool] = {"atomic_thread_fence": True, "atomic_signal_fence": False}
"""The fences, and whether they order anything between threads."""

MUTEXES: Mapping[str, str] = {"mtx_lock": "lock", "lock": "lock", "mtx_unlock": "unlock", "unlock": "unlock"}
"""The functions of mutexes; herd7 knows the short names, too."""

NAMES = frozenset({*CALLS, *FENCES, *MUTEXES, "atomic_init"})
"""All functions."""

_INSTEAD: Mapping[str, str] = {
    "kill_dependency": "write its argument: under rc11 no dependency orders anything",
    "ATOMIC_VAR_INIT": "write its argument",
    "atomic_is_lock_free": "write what it is, 0 or 1",
    **dict.fromkeys(("thrd_yield", "thrd_create", "thrd_join"), "leave it out: all threads run beside each other"),
    "mtx_init": "leave it out: a mutex is free in the beginning",
    "mtx_trylock": "use atomic_flag_test_and_set",
}
"""Functions of C that are none here, and what to write."""

_SHARED = frozenset({*(f"atomic_{fetch}" for fetch in FETCHES), "lock", "unlock"})
_OF_C11 = re.compile(
    rf"\b(?:{'|'.join(sorted({*types.ATOMIC, '_Atomic'}))}|{_PREFIX}\w+)\b"
    rf"|\b(?:{'|'.join(sorted(NAMES - _SHARED))})\b\s*+\(",
    re.ASCII,
)


def is_c11(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is a program in C11."""
    return _OF_C11.search(text, start, end) is not None


def refusal(name: str, place: Span | None) -> UnsupportedError:
    """The error for a call in C11 of a function that is unknown, the kernel's, or not supported."""
    hint = _INSTEAD.get(name) or REFUSED.get(name) or did_you_mean(name, NAMES)
    return UnsupportedError(f"'{name}' is no function of C11", place, hint)


class Atomics(Expressions):
    """Reads expressions with the functions of C11."""

    @abstractmethod
    def separator(self, name: str, takes: str, number: int) -> None:
        """Moves to argument `number` of a call. Raises ParseError if there is none."""

    @abstractmethod
    def closing(self, name: str, takes: str) -> None:
        """Moves past the arguments of a call. Raises ParseError if there are more."""

    @abstractmethod
    def variable(self) -> Variable:
        """Reads `&r1`, the argument of a call that changes r1."""

    def atomic(self, name: str, mark: int) -> Operand:
        """Reads a call of one of `NAMES`, from its first argument on."""
        if name in FENCES:
            self.separator(name, "o", 0)
            order = self.order(ORDERS)
            self.closing(name, "o")
            if FENCES[name] and order != "relaxed":
                self.emitter.emit(AtomicOperation("fence", (order,), None, (), self.since(mark)))
            return Value(Const(0), VOID)
        if name in MUTEXES:
            self.separator(name, "p", 0)
            at = self.tokens.mark
            cell = self.pointed(self.value(self.assignment(), at), at)
            self.closing(name, "p")
            self.emitter.emit(AtomicOperation(MUTEXES[name], (), None, (cell.addr,), self.since(mark)))
            return Value(Const(0), VOID)
        if name == "atomic_init":
            return self.initialised(name, mark)
        call = CALLS[name]
        exchange = call.operation == "compare_exchange"
        takes = "p" + "e" * exchange + "v" * call.values + "o" * len(call.orders) * name.endswith(_EXPLICIT)
        starts = [self.emitter.here]
        self.separator(name, takes, 0)
        at = self.tokens.mark
        cell = self.pointed(self.value(self.assignment(), at), at)
        size = self.size(cell, self.since(at))
        place: Operand | None = None
        if exchange:
            self.separator(name, takes, 1)
            starts.append(self.emitter.here)
            place = self.expected()
        starts.append(self.emitter.here)
        args: list[Expr] = [cell.addr]
        if call.values:
            self.separator(name, takes, 1 + exchange)
            at = self.tokens.mark
            args.append(self.stored(self.value(self.assignment(), at), cell))
        elif call.operation != "load":
            args.append(Const(1 if call.operation == "exchange" else 0))  # of a flag
        orders = tuple[MemoryOrder, ...]("seq_cst" for _ in call.orders)
        if name.endswith(_EXPLICIT):
            orders = tuple([self.next_order(name, takes, k, call) for k in range(len(call.orders))])
        self.closing(name, takes)
        span = self.since(mark)
        self.emitter.unsequenced(starts, span)
        if place is not None:
            return self.compare(
                AtomicOperation("compare_exchange", orders, None, tuple(args), span, size),
                place,
                cell,
                mark,
                "weak" in name,
            )
        dest = None if call.operation == "store" else self.emitter.temporary()
        self.emitter.emit(AtomicOperation(call.operation, orders, dest, tuple(args), span, size))
        if dest is None:
            return Value(Const(0), VOID)
        return types.loaded(Reg(dest), types.plain(cell.type), self.bits)

    def initialised(self, name: str, mark: int) -> Operand:
        """Reads `atomic_init(p, v)`, which is a plain write."""
        self.separator(name, "pv", 0)
        at, start = self.tokens.mark, self.emitter.here
        cell = self.pointed(self.value(self.assignment(), at), at)
        self.separator(name, "pv", 1)
        at, middle = self.tokens.mark, self.emitter.here
        value = self.value(self.assignment(), at)
        self.closing(name, "pv")
        self.emitter.unsequenced((start, middle), self.since(mark))
        self.store(Lvalue(cell.addr, types.plain(cell.type)), value, mark)
        return Value(Const(0), VOID)

    def stored(self, value: Value, cell: Lvalue) -> Expr:
        return types.stored(types.convert(value, types.plain(cell.type), self.bits), self.bits)

    # --- compare-exchange -----------------------------------------------------------------------------------------

    def expected(self) -> Operand:
        """Reads the argument that points to what is expected: `&r1`, or a location."""
        tokens = self.tokens
        if tokens.current == "&" and tokens.ahead(1) in self.variables:
            return self.variable()
        at = tokens.mark
        return self.pointed(self.value(self.assignment(), at), at)

    def compare(self, operation: AtomicOperation, place: Operand, cell: Lvalue, mark: int, weak: bool) -> Value:
        """Adds a compare-exchange: if it fails, it puts what it read where the expected value was."""
        emitter, span = self.emitter, operation.span
        before, read, done = emitter.temporary(), emitter.temporary(), emitter.temporary()
        emitter.emit(Assign(before, self.stored(self.value(place, mark), cell), span))
        address, desired = operation.args
        end = emitter.label()
        args = address, Reg(before), desired
        emitter.emit(replace(operation, dest=read, args=args, done=done if weak else None))
        if not weak:
            emitter.emit(Assign(done, Op("eq", (Reg(read), Reg(before))), span))
        emitter.branch(Reg(done), end, span, end)
        self.store(place, types.loaded(Reg(read), types.plain(cell.type), self.bits), mark)
        emitter.place(end)
        return Value(Reg(done), INT)

    # --- memory orders --------------------------------------------------------------------------------------------

    def next_order(self, name: str, takes: str, number: int, call: AtomicCall) -> MemoryOrder:
        self.separator(name, takes, len(takes) - len(call.orders) + number)
        return self.order(call.orders[number])

    def order(self, allowed: tuple[MemoryOrder, ...]) -> MemoryOrder:
        """Reads `memory_order_acquire`. Raises ParseError for what is no order, and for one that is not allowed."""
        tokens = self.tokens
        name = tokens.current
        found = next((order for order in ORDERS if name == _PREFIX + order), None)
        if found is None:
            if not name.startswith("memory"):
                raise tokens.unexpected("a memory order")
            hint = did_you_mean(name, [_PREFIX + order for order in ORDERS])
            raise ParseError(f"{quoted(name)} is no memory order", tokens.here, hint)
        if found not in allowed:
            hint = f"one of {', '.join(_PREFIX + order for order in allowed)}"
            raise ParseError(f"{name} is not allowed here", tokens.here, hint)
        tokens.advance()
        return found
