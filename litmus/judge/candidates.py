"""Every candidate execution of a small graph, for the brute-force oracle, and what an execution of a graph is.

Expressions are evaluated by recursion, and `is_execution` is the definition of an execution, written down. The
evaluator has code of its own for both; only the arithmetic of `litmus.ir.values` is shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations, product
from typing import assert_never

from litmus.base.errors import LimitReached
from litmus.ir.events import (
    AndF,
    Apply,
    Choice,
    Event,
    EventGraph,
    Formula,
    Known,
    NonZero,
    NotF,
    OrF,
    ReadValue,
    Select,
    Truth,
    ValueExpr,
)
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Composite, Observable, Register
from litmus.ir.thread import Address, Value
from litmus.ir.values import apply

EXACT_BITS = 8
"""Up to this word size, a value that travels in a circle is tried with every number and every address."""

MAX_GUESSES = 8
"""The values that are tried beyond that: the program's constants, closed under its own arithmetic up to this many."""

# --- expressions and formulas -----------------------------------------------------------------------------------------


class World:
    """The values of expressions and the truth of formulas, given what some reads returned and the choices as bits.

    None: not known yet, or no value. Expressions share parts, so results are kept by the identity of the part: the
    graph must outlive the world.
    """

    def __init__(self, reads: Mapping[int, Value], choices: int = 0) -> None:
        self.reads = reads
        self.choices = choices
        self._values: dict[int, Value | None] = {}
        self._truths: dict[int, bool | None] = {}

    @classmethod
    def of(cls, execution: Execution) -> World:
        """The world of an execution, in which each executed read returned its value in the execution."""
        written = ((r, execution.values.get(w)) for r, w in execution.rf.items())
        return cls({r: value for r, value in written if value is not None}, execution.choices)

    def value(self, expr: ValueExpr) -> Value | None:
        """The value of an expression; None if it has none."""
        if id(expr) not in self._values:
            self._values[id(expr)] = self._value(expr)
        return self._values[id(expr)]

    def holds(self, formula: Formula) -> bool | None:
        """Whether a formula holds; None if that is open."""
        if id(formula) not in self._truths:
            self._truths[id(formula)] = self._truth(formula)
        return self._truths[id(formula)]

    def _value(self, expr: ValueExpr) -> Value | None:
        match expr:
            case Known(value):
                return value
            case ReadValue(event):
                return self.reads.get(event)
            case Select(formula, then, otherwise):
                truth = self.holds(formula)
                return None if truth is None else self.value(then if truth else otherwise)
            case Apply("ite", (condition, then, otherwise)):
                asked = self.value(condition)
                return None if asked is None else self.value(otherwise if asked == 0 else then)
            case Apply(op, args, bits):
                values = [self.value(arg) for arg in args]
                known = tuple(value for value in values if value is not None)
                return apply(op, known, bits) if len(known) == len(values) else None
            case _:
                assert_never(expr)

    def _truth(self, formula: Formula) -> bool | None:
        match formula:
            case Truth(value):
                return value
            case Choice(index):
                return self.choices >> index & 1 == 1
            case NonZero(expr):
                number = self.value(expr)
                return None if number is None else number != 0
            case NotF(operand):
                truth = self.holds(operand)
                return None if truth is None else not truth
            case AndF(operands):
                truths = {self.holds(operand) for operand in operands}
                return False if False in truths else None if None in truths else True
            case OrF(operands):
                truths = {self.holds(operand) for operand in operands}
                return True if True in truths else None if None in truths else False
            case _:
                assert_never(formula)


# --- what an execution is ---------------------------------------------------------------------------------------------


def is_execution(candidate: Execution) -> bool:
    """Whether a candidate is an execution of its graph, be it consistent or not.

    In an execution the executed events are those whose guards hold. Each access goes to a location and has the value of
    its expression. `rf` relates each read to a write of the same value to the same location. `co` orders the writes of
    each location, the initial one first. Values that are tested, and registers at the end, are defined. The assumptions
    hold, and no loop reaches the unroll limit.
    """
    graph, world = candidate.graph, World.of(candidate)
    if candidate.executed not in range(1 << len(graph.events)) or candidate.choices not in range(1 << graph.choices):
        return False
    executed = [event for event in graph.events if candidate.executed >> event.index & 1]
    reads = {event.index for event in executed if event.kind in ("R", "U")}
    writes = {event.index for event in executed if event.kind in ("W", "U")}
    accesses = reads | writes
    marks = {event.index for event in executed if event.kind == "A"}
    address = {e: _address(world, graph.events[e]) for e in accesses | marks}
    value = {e: _value(world, graph.events[e]) for e in accesses}
    coherent = [
        order[:1] == (initial,) and sorted(order) == sorted(w for w in writes if address[w] == location)
        for location, initial, order in zip(graph.locations, graph.initial, candidate.co, strict=False)
    ]
    needed = [*(e.tested for e in executed if e.tested is not None), *graph.final.values()]
    return (
        all(world.holds(e.guard) is (candidate.executed >> e.index & 1 == 1) for e in graph.events)
        and set(graph.locations).issuperset(address.values())
        and all(value[e] is not None and value[e] == candidate.values.get(e) for e in accesses)
        and reads == candidate.rf.keys()
        and writes.issuperset(candidate.rf.values())
        and all((address[w], value[w]) == (address[r], world.reads.get(r)) for r, w in candidate.rf.items())
        and all(graph.events[w].instruction != graph.events[r].instruction for r, w in candidate.rf.items())
        and len(candidate.co) == len(graph.locations)
        and all(coherent)
        and all(world.value(expr) is not None for expr in needed)
        and all(world.holds(assumption) is True for assumption in graph.assumptions)
        and world.holds(graph.bound) is False
    )


def state_at_end(execution: Execution) -> State:
    """What the test observes at the end: the registers, and what the last write of each location wrote.

    In a location that is made of parts, each has the bits that the last write of the part wrote there.
    """
    graph, world = execution.graph, World.of(execution)

    def ends(location: Address) -> Value | None:
        return _value(world, graph.events[execution.co[graph.locations.index(location)][-1]])

    state: list[tuple[Observable, Value]] = []
    for item in graph.test.observed:
        value: Value | None
        if isinstance(item, Register):
            value = world.value(graph.final[item])
        elif item in graph.test.composites:
            value = _together([ends(part) for part in graph.test.composites[item].parts], graph.test.composites[item])
        else:
            value = ends(item)
        assert value is not None, f"{item} has no value, so that this is no execution"
        state.append((item, value))
    return tuple(state)


def _together(parts: Iterable[Value | None], composite: Composite) -> Value | None:
    """The value of a location from those of its parts, written as bytes are in memory: little endian, signed."""
    found = b""
    for part in parts:
        if not isinstance(part, int):
            return part
        found += (part % (1 << composite.bits)).to_bytes(composite.bits // 8, "little")
    return int.from_bytes(found, "little", signed=True)


# --- every one of them ------------------------------------------------------------------------------------------------


def candidates(graph: EventGraph, limit: int | None = None) -> Iterator[Execution]:
    """Every execution of the graph, consistent or not.

    Tries all choices, all writes for every read, all values for reads whose value depends on itself, and all coherence
    orders. Two executions that differ only in a choice without effect count as one. Raises LimitReached beyond `limit`
    of them.
    """
    seen: set[object] = set()
    guesses = _guesses(graph)
    for choices in range(1 << graph.choices):
        for rf, reads in _read_from(graph, choices, {}, {}, guesses):
            world = World(reads, choices)
            executed = [event for event in graph.events if world.holds(event.guard)]
            values = {e.index: v for e in executed if (v := _value(world, e)) is not None}
            for co in _coherence_orders(graph, executed, world):
                execution = Execution(graph, sum(1 << e.index for e in executed), rf, co, values, choices)
                if not is_execution(execution):
                    continue
                key = (execution.executed, tuple(sorted(rf.items())), co, tuple(sorted(reads.items(), key=str)))
                key_and_state = (key, state_at_end(execution))
                if key_and_state in seen:
                    continue
                if len(seen) == limit:
                    raise LimitReached("limit", f"the oracle stops at {limit} candidates")
                seen.add(key_and_state)
                yield execution


def _read_from(
    graph: EventGraph, choices: int, rf: dict[int, int], reads: dict[int, Value], guesses: tuple[Value, ...]
) -> Iterator[tuple[dict[int, int], dict[int, Value]]]:
    """Every completion of a partial rf and of the values of its reads; `is_execution` rejects some of them later."""
    events = graph.events
    reads = dict(reads)
    while True:
        world = World(reads, choices)
        found = {r: v for r, w in rf.items() if r not in reads and (v := _value(world, events[w])) is not None}
        if not found:
            break
        reads |= found
    if not all(_may_read(world, events[r], events[w]) for r, w in rf.items()):
        return
    for event in events:
        if event.kind in ("R", "U") and event.index not in rf and world.holds(event.guard):
            for write in events:
                if write.kind in ("W", "U") and write != event and _may_read(world, event, write):
                    yield from _read_from(graph, choices, rf | {event.index: write.index}, reads, guesses)
            return
    for read in rf:
        if read not in reads:  # its value depends on itself
            for guess in guesses:
                yield from _read_from(graph, choices, rf, reads | {read: guess}, guesses)
            return
    yield rf, reads


def _may_read(world: World, read: Event, write: Event) -> bool:
    """Whether nothing that is known so far keeps the read from reading from the write."""
    if world.holds(write.guard) is False:
        return False
    for a, b in (
        (_address(world, read), _address(world, write)),
        (world.reads.get(read.index), _value(world, write)),
    ):
        if a is not None and b is not None and a != b:
            return False
    return True


def _address(world: World, event: Event) -> Value | None:
    return None if event.addr is None else world.value(event.addr)


def _value(world: World, event: Event) -> Value | None:
    """What an event writes, or what it read if it does not write, as far as it is known."""
    if event.kind == "R":
        return world.reads.get(event.index)
    return None if event.value is None else world.value(event.value)


def _coherence_orders(graph: EventGraph, executed: list[Event], world: World) -> Iterator[tuple[tuple[int, ...], ...]]:
    orders = []
    for location, initial in zip(graph.locations, graph.initial, strict=True):
        writes = [
            e.index for e in executed if e.kind in ("W", "U") and e.index != initial and _address(world, e) == location
        ]
        orders.append([(initial, *order) for order in permutations(writes)])
    return product(*orders)


def _guesses(graph: EventGraph) -> tuple[Value, ...]:
    """The values to try for a read whose value depends on itself."""
    exprs = [x for event in graph.events for x in (event.value, event.tested) if x is not None]
    values: dict[Value, None] = {0: None, 1: None}
    leaves = _leaves([*(event.guard for event in graph.events), *exprs, *graph.final.values()])
    values.update(dict.fromkeys(leaf.value for leaf in leaves if isinstance(leaf, Known)))
    bits = max((thread.word_bits for thread in graph.test.threads), default=64)
    if bits <= EXACT_BITS:
        numbers = range(-(1 << bits - 1), 1 << bits - 1)
        values.update(dict.fromkeys(numbers))
        values.update(dict.fromkeys(Address(a.symbol, offset) for a in graph.locations for offset in numbers))
        return tuple(values)
    written = [
        (expr, sorted({leaf.event for leaf in _leaves([expr]) if isinstance(leaf, ReadValue)})) for expr in exprs
    ]
    while len(values) < MAX_GUESSES:
        known = tuple(values)
        for expr, reads in written:
            for assignment in product(known, repeat=min(len(reads), 2)):
                value = World(dict(zip(reads, assignment, strict=False))).value(expr)
                if value is not None and len(values) < MAX_GUESSES:
                    values[value] = None
        if len(values) == len(known):
            break
    return tuple(values)


def _leaves(roots: Iterable[ValueExpr | Formula]) -> list[Known | ReadValue | Truth | Choice]:
    """The constants, reads and choices in expressions and formulas, each object once."""
    found: list[Known | ReadValue | Truth | Choice] = []
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case Known() | ReadValue() | Truth() | Choice():
                found.append(node)
            case Apply(_, args):
                todo += args
            case Select(formula, then, otherwise):
                todo += (formula, then, otherwise)
            case NonZero(expr):
                todo.append(expr)
            case NotF(operand):
                todo.append(operand)
            case AndF(operands) | OrF(operands):
                todo += operands
            case _:
                assert_never(node)
    return found
