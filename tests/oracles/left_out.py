"""By brute force: every execution of a graph, also those that no outcome counts, and why they do not count.

Such an execution is cut at the unroll limit, goes astray (it accesses no location), or comes upon a value without
meaning. It has the events whose guards hold all the same; a read that goes astray reads from no write and has no value,
and what is made of a value without meaning has none either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import permutations, product

from litmus.base.errors import LimitReached
from litmus.ir.events import (
    AndF,
    Apply,
    Choice,
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
from litmus.ir.execution import Execution
from litmus.ir.model import Model
from litmus.ir.thread import Address, Value
from litmus.ir.values import apply
from litmus.oracle import Judge


class Left(Enum):
    """Why an execution does not count."""

    CUT = "cut"
    ASTRAY = "astray"
    UNDEFINED = "undefined"


class Nothing(Enum):
    """What has no meaning; the only member."""

    NOTHING = 0


NOTHING = Nothing.NOTHING
Result = Value | Nothing | None
"""None is what is not known yet."""

NOWHERE = -1
"""What a read reads from that goes astray."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An execution that a model may allow, with the reasons for which it does not count; none if it does."""

    execution: Execution
    reasons: frozenset[Left]


def left_out(graph: EventGraph, model: Model, limit: int) -> frozenset[Left]:
    """Every reason for which some consistent execution does not count. Raises LimitReached as `candidates`."""
    judge = Judge(model)
    found: frozenset[Left] = frozenset()
    for candidate in candidates(graph, limit):
        if not candidate.reasons <= found and any(judge.is_consistent(e) for e in judge.picked(candidate.execution)):
            found |= candidate.reasons
    return found


def candidates(graph: EventGraph, limit: int) -> Iterator[Candidate]:
    """Every execution that the graph allows, be it one that does not count. Raises LimitReached beyond `limit`."""
    count = 0
    for choices in range(1 << graph.choices):
        search = _Search(graph, choices)
        for rf, world in search.every({}, {}):
            for candidate in search.ordered(rf, world):
                count += 1
                if count > limit:
                    raise LimitReached("limit", f"more than {limit} candidates")
                yield candidate


@dataclass(slots=True)
class _World:
    """What the reads returned, as far as it is known, and what follows."""

    reads: Mapping[int, Result]
    choices: int
    known: dict[int, Result] = field(default_factory=dict)

    def value(self, expr: ValueExpr | None) -> Result:
        match expr:
            case None | Known():
                return None if expr is None else expr.value
            case ReadValue(event):
                return self.reads.get(event)
        if id(expr) not in self.known:
            self.known[id(expr)] = self._value(expr)
        return self.known[id(expr)]

    def _value(self, expr: Apply | Select) -> Result:
        if isinstance(expr, Select):
            condition: Result | bool = self.truth(expr.formula)
            then, otherwise = expr.then, expr.otherwise
        elif expr.op == "ite":
            condition = self.value(expr.args[0])
            then, otherwise = expr.args[1:]
        else:
            args = [self.value(arg) for arg in expr.args]
            plain = [arg for arg in args if isinstance(arg, int | Address)]
            if len(plain) == len(args):
                result = apply(expr.op, tuple(plain), expr.bits)
                return NOTHING if result is None else result
            return NOTHING if NOTHING in args else None
        if condition is None or condition is NOTHING:
            return condition
        return self.value(then if condition != 0 else otherwise)

    def truth(self, formula: Formula) -> bool | Nothing | None:
        match formula:
            case Truth(holds):
                return holds
            case Choice(index):
                return bool(self.choices >> index & 1)
            case NonZero(expr):
                result = self.value(expr)
                return result != 0 if isinstance(result, int | Address) else result
            case NotF(operand):
                truth = self.truth(operand)
                return not truth if isinstance(truth, bool) else truth
            case AndF(operands) | OrF(operands):
                truths = [self.truth(o) for o in operands]
                decisive = isinstance(formula, OrF)
                for outcome in (decisive, None, NOTHING):
                    if any(t is outcome for t in truths):
                        return outcome
                return not decisive


class _Search:
    """The search for what reads may read from, with the free choices made."""

    def __init__(self, graph: EventGraph, choices: int) -> None:
        self.graph = graph
        self.choices = choices
        self.locations = frozenset(graph.locations)
        bits = max(thread.word_bits for thread in graph.test.threads)
        half = 1 << bits - 1
        symbols = dict.fromkeys(a.symbol for a in graph.locations)
        self.anything: list[Value] = [*range(-half, half)]
        self.anything += [Address(symbol, offset) for symbol in symbols for offset in range(-half, half)]

    def every(self, rf: Mapping[int, int], reads: Mapping[int, Result]) -> Iterator[tuple[Mapping[int, int], _World]]:
        """Every way to go on from where some reads read from some writes."""
        events = self.graph.events
        world = _World(reads, self.choices)
        while found := {
            r: v for r, w in rf.items() if r not in world.reads and (v := self._written(world, w)) is not None
        }:
            world = _World({**world.reads, **found}, self.choices)
        if not all(self._may_read(world, r, w) for r, w in rf.items()):
            return
        for event in events:
            if event.kind == "R" and event.index not in rf and world.truth(event.guard) is True:
                for write in (NOWHERE, *(e.index for e in events if e.kind == "W")):
                    yield from self.every({**rf, event.index: write}, world.reads)
                return
        for read in rf:
            if read not in world.reads:  # its value depends on itself
                for guess in self.anything:
                    yield from self.every(rf, {**world.reads, read: guess})
                return
        if all(world.truth(assumption) is not False for assumption in self.graph.assumptions):
            yield rf, world

    def _written(self, world: _World, write: int) -> Result:
        return NOTHING if write == NOWHERE else world.value(self.graph.events[write].value)

    def _may_read(self, world: _World, read: int, write: int) -> bool:
        """Whether nothing that is known keeps a read from reading from a write, or from going astray."""
        where = world.value(self.graph.events[read].addr)
        if write == NOWHERE:
            return where is None or where not in self.locations
        source = self.graph.events[write]
        there = world.value(source.addr)
        if where is NOTHING or there is NOTHING or world.truth(source.guard) not in (True, None):
            return False
        if where is not None and there is not None and (where != there or where not in self.locations):
            return False
        written, returned = world.value(source.value), world.reads.get(read)
        return written is None or returned is None or written == returned

    def ordered(self, rf: Mapping[int, int], world: _World) -> Iterator[Candidate]:
        """The executions with every coherence order."""
        graph = self.graph
        executed = [e for e in graph.events if world.truth(e.guard) is True]
        values: dict[int, Value] = {}
        for event in executed:
            value = world.value(event.value) if event.kind == "W" else world.reads.get(event.index)
            if isinstance(value, int | Address):
                values[event.index] = value
        reasons = frozenset(self._reasons(world))
        sources = {read: write for read, write in rf.items() if write != NOWHERE}
        orders = []
        for location, initial in zip(graph.locations, graph.initial, strict=True):
            here = [e.index for e in executed if e.kind == "W" and world.value(e.addr) == location]
            orders.append([(initial, *rest) for rest in permutations(w for w in here if w != initial)])
        mask = sum(1 << e.index for e in executed)
        for co in product(*orders):
            yield Candidate(Execution(graph, mask, sources, co, values, self.choices), reasons)

    def _reasons(self, world: _World) -> Iterator[Left]:
        graph = self.graph
        cut = world.truth(graph.bound)
        if cut is True:
            yield Left.CUT
        formulas = [*graph.assumptions, graph.bound, *(e.guard for e in graph.events)]
        used = [] if cut is True else list(graph.final.values())
        for event in graph.events:
            if world.truth(event.guard) is True:
                used += [x for x in (event.addr, event.value, event.tested) if x is not None]
                where = world.value(event.addr)
                if event.addr is not None and where is not NOTHING and where not in self.locations:
                    yield Left.ASTRAY
        if NOTHING in [world.value(x) for x in used] or any(world.truth(f) is NOTHING for f in formulas):
            yield Left.UNDEFINED
