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
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Observable
from litmus.ir.model import Model
from litmus.ir.thread import Address, Value
from litmus.ir.valuation import Valuation
from litmus.ir.values import apply
from litmus.judge.oracle import Judge


class Left(Enum):
    """Why an execution does not count."""

    CUT = "cut"
    IDLE = "idle"  # cut, but only to repeat what had no effect
    ASTRAY = "astray"
    UNDEFINED = "undefined"


class Nothing(Enum):
    """What has no meaning; the only member."""

    NOTHING = 0


NOTHING = Nothing.NOTHING
Result = Value | Nothing | None
"""None is what is not known yet."""

STEPS = 20
"""Steps that may be taken for each candidate that may be found."""

NOWHERE = -1
"""What a read reads from that goes astray."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An execution that a model may allow, with the reasons for which it does not count; none if it does."""

    execution: Execution
    reasons: frozenset[Left]


@dataclass(frozen=True, slots=True)
class Judged:
    """The consistent executions that count, and for those that do not the sets of reasons."""

    executions: tuple[Execution, ...]
    left: frozenset[frozenset[Left]]


def judged(graph: EventGraph, model: Model, limit: int) -> Judged:
    """What brute force says of a graph under a model. Raises LimitReached as `candidates`."""
    judge = Judge(model)
    executions: list[Execution] = []
    left: set[frozenset[Left]] = set()
    for candidate in candidates(graph, limit):
        if candidate.reasons not in left:
            consistent = [e for e in judge.picked(candidate.execution) if judge.is_consistent(e)]
            if candidate.reasons and consistent:
                left.add(candidate.reasons)
            elif not candidate.reasons:
                executions += consistent
    return Judged(tuple(executions), frozenset(left))


def whole_state(execution: Execution) -> State:
    """The values at the end of all that a test observes or filters by."""
    graph, valuation = execution.graph, Valuation.of(execution)
    state: dict[Observable, Value] = {}
    for item, expr in graph.final.items():
        value = valuation.value(expr)
        assert value is not None
        state[item] = value
    state.update({a: execution.values[order[-1]] for a, order in zip(graph.locations, execution.co, strict=True)})
    return tuple(state.items())


def candidates(graph: EventGraph, limit: int) -> Iterator[Candidate]:
    """Every execution that the graph allows, be it one that does not count.

    Raises LimitReached beyond `limit` of them, or if many times as many steps do not lead to one.
    """
    search = _Search(graph, limit)
    count = 0
    for choices in range(1 << graph.choices):
        for rf, world in search.every({}, _World({}, choices)):
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
    known: dict[int, Result] = field(default_factory=dict)  # by identity of expression
    holds: dict[int, bool | Nothing | None] = field(default_factory=dict)  # by identity of formula

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
        if id(formula) not in self.holds:
            self.holds[id(formula)] = self._truth(formula)
        return self.holds[id(formula)]

    def _truth(self, formula: Formula) -> bool | Nothing | None:
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
    """The search for what reads may read from."""

    def __init__(self, graph: EventGraph, limit: int) -> None:
        self.graph = graph
        self.steps = STEPS * limit
        self.locations = frozenset(graph.locations)
        bits = max(thread.word_bits for thread in graph.test.threads)
        half = 1 << bits - 1
        symbols = dict.fromkeys(a.symbol for a in graph.locations)
        self.anything: list[Value] = [*range(-half, half)]
        self.anything += [Address(symbol, offset) for symbol in symbols for offset in range(-half, half)]

    def every(self, rf: Mapping[int, int], world: _World) -> Iterator[tuple[Mapping[int, int], _World]]:
        """Every way to go on from where some reads read from some writes."""
        self.steps -= 1
        if self.steps < 0:
            raise LimitReached("limit", "too many steps")
        events = self.graph.events
        while found := {
            r: v for r, w in rf.items() if r not in world.reads and (v := self._written(world, w)) is not None
        }:
            world = _World({**world.reads, **found}, world.choices)
        if not all(self._may_read(world, r, w) for r, w in rf.items()):
            return
        for event in events:
            if event.kind in ("R", "U") and event.index not in rf and world.truth(event.guard) is True:
                for write in (NOWHERE, *(e.index for e in events if e.kind in ("W", "U"))):
                    if self._may_read(world, event.index, write):
                        yield from self.every({**rf, event.index: write}, world)
                return
        for read in rf:
            if read not in world.reads:  # its value depends on itself
                for guess in self.anything:
                    yield from self.every(rf, _World({**world.reads, read: guess}, world.choices))
                return
        executed = all(world.truth(events[w].guard) is True for w in rf.values() if w != NOWHERE)
        if executed and all(world.truth(assumption) is not False for assumption in self.graph.assumptions):
            yield rf, world

    def _written(self, world: _World, write: int) -> Result:
        return NOTHING if write == NOWHERE else world.value(self.graph.events[write].value)

    def _may_read(self, world: _World, read: int, write: int) -> bool:
        """Whether nothing that is known keeps a read from reading from a write, or from going astray."""
        events = self.graph.events
        if write != NOWHERE and events[write].instruction == events[read].instruction:
            return False  # the read comes first
        where = world.value(events[read].addr)
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
            value = world.value(event.value) if event.kind in ("W", "U") else world.reads.get(event.index)
            if isinstance(value, int | Address):
                values[event.index] = value
        reasons = frozenset(self._reasons(world))
        sources = {read: write for read, write in rf.items() if write != NOWHERE}
        orders = []
        for location, initial in zip(graph.locations, graph.initial, strict=True):
            here = [e.index for e in executed if e.kind in ("W", "U") and world.value(e.addr) == location]
            orders.append([(initial, *rest) for rest in permutations(w for w in here if w != initial)])
        mask = sum(1 << e.index for e in executed)
        for co in product(*orders):
            yield Candidate(Execution(graph, mask, sources, co, values, world.choices), reasons)

    def _reasons(self, world: _World) -> Iterator[Left]:
        graph = self.graph
        cut = world.truth(graph.bound)
        if cut is True:
            yield Left.CUT if world.truth(graph.further) is True else Left.IDLE
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
