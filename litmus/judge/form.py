"""Whether candidates are executions of their graph, and what they end with.

As `litmus.judge.evaluate`, this shares no code with what proposes executions but for the values of expressions.
"""

from __future__ import annotations

from collections.abc import Iterator

from litmus.base.records import dataclass
from litmus.ir.events import ALWAYS, READS, WRITES, EventGraph, Formula, Known, ValueExpr
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Observable, Register
from litmus.ir.thread import Address, Value
from litmus.ir.valuation import Valuation
from litmus.ir.values import joined


def well_formed(execution: Execution) -> str | None:
    """Why a candidate is no execution of its graph; None if it is one. See `Form.breach`."""
    return Form(execution.graph).breach(execution, Valuation.of(execution))


def final_state(execution: Execution) -> State:
    """The values of what the test observes at the end of a well-formed execution. Raises ValueError if it is not."""
    return Form(execution.graph).final_state(execution, Valuation.of(execution))


def reported(execution: Execution) -> tuple[str, ...]:
    """What the program reports of a well-formed execution."""
    valuation = Valuation.of(execution)
    return tuple(report.name for report in execution.graph.reports if valuation.holds(report.formula))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What an event must be like. `location` numbers that of an access with a known address; -1 is no location."""

    index: int
    guard: Formula | None
    tested: ValueExpr | None
    addr: ValueExpr | None
    location: int | None
    value: ValueExpr | None  # that it writes
    reads: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class _Places:
    """The numbers of the locations that a location is made of, each of so many bits; most often it is one itself."""

    numbers: tuple[int, ...]
    bits: int


class Form:
    """What the executions of a graph are like, looked up once for all of them."""

    def __init__(self, graph: EventGraph) -> None:
        self.graph = graph
        self._locations: dict[Value, int] = {location: k for k, location in enumerate(graph.locations)}
        self._rules = tuple(self._each_rule())
        self._instructions = [event.instruction for event in graph.events]
        # where the final value of what is observed comes from: an expression, or the last writes of some locations
        self._observed: list[tuple[Observable, ValueExpr | _Places]] = [
            (item, graph.final[item] if isinstance(item, Register) else self._places(item))
            for item in graph.test.observed
        ]

    def _places(self, item: Address) -> _Places:
        composite = self.graph.test.composites.get(item)
        parts = (item,) if composite is None else composite.parts
        return _Places(tuple([self._locations[part] for part in parts]), composite.bits if composite else 0)

    def _each_rule(self) -> Iterator[_Rule]:
        for event in self.graph.events:
            location = self._locations.get(event.addr.value, -1) if isinstance(event.addr, Known) else None
            guard = None if event.guard is ALWAYS else event.guard
            tested = None if isinstance(event.tested, Known) else event.tested
            reads, writes = event.kind in READS, event.kind in WRITES
            value = event.value if writes else None
            yield _Rule(event.index, guard, tested, event.addr, location, value, reads, writes)

    def breach(self, execution: Execution, valuation: Valuation) -> str | None:
        """Why a candidate is no execution of the graph; None if it is one.

        Checked from the graph alone: guards decide what is executed, every read takes the value of the write it reads
        from, at the same address, every value is what its expression says, `co` orders exactly the executed writes of
        each location with the initial one first, the assumptions hold, the unroll bound is not reached, and every
        observed register has a value. Whether the execution is consistent is for `litmus.judge.evaluate` to say.
        """
        graph, executed, rf = self.graph, execution.executed, execution.rf
        values = execution.values
        if executed < 0 or executed >> len(graph.events):
            return "it executes events that the graph does not have"
        if execution.choices < 0 or execution.choices >> graph.choices:
            return "it makes choices that the graph does not have"
        where: dict[int, int] = {}
        writes: list[set[int]] = [set() for _ in graph.locations]
        reads = 0
        for rule in self._rules:
            index = rule.index
            here = bool(executed >> index & 1)
            if (True if rule.guard is None else valuation.holds(rule.guard)) is not here:
                return f"event {index} is {'' if here else 'not '}executed, against its guard"
            if not here:
                continue
            if rule.tested is not None and valuation.value(rule.tested) is None:
                return f"event {index} tests a value without meaning"
            if rule.addr is None:
                continue
            location = rule.location
            if location is None:
                address = valuation.value(rule.addr)
                location = -1 if address is None else self._locations.get(address, -1)
            if location < 0:
                return f"event {index} accesses no location: {valuation.value(rule.addr)}"
            where[index] = location
            if not (rule.reads or rule.writes):
                continue
            if index not in values:
                return f"event {index} has no value"
            if rule.reads:
                reads += 1
                write = rf.get(index)
                if write is None:
                    return f"read {index} has no write to read from"
                if write not in values or (not rule.writes and values[write] != values[index]):
                    return f"read {index} does not have the value of write {write}"
            if rule.writes:
                value = None if rule.value is None else valuation.value(rule.value)
                if value is None or value != values[index]:
                    return f"write {index} writes {value}, not {values[index]}"
                writes[location].add(index)
        if reads != len(rf):
            return "rf has pairs of events that are not executed reads"
        instructions = self._instructions
        for read, write in rf.items():
            if write not in writes[where[read]]:
                return f"read {read} does not read from a write of its location: {write}"
            if instructions[write] == instructions[read]:
                return f"read {read} reads from the write {write} of its own instruction, which comes after it"
        if len(execution.co) != len(graph.locations):
            return "co does not list every location"
        for k, order in enumerate(execution.co):
            if not order or order[0] != graph.initial[k]:
                return f"co of {graph.locations[k]} does not begin with its initial write"
            if len(order) != len(writes[k]) or not writes[k].issuperset(order) or len(set(order)) != len(order):
                return f"co of {graph.locations[k]} does not order exactly its executed writes"
        if not all(valuation.holds(assumption) for assumption in graph.assumptions):
            return "an assumption does not hold"
        if valuation.holds(graph.bound) is not False:
            return "a loop went round more often than the unroll limit"
        for item, expr in graph.final.items():
            if valuation.value(expr) is None:
                return f"{item} has no value at the end"
        return None

    def final_state(self, execution: Execution, valuation: Valuation) -> State:
        """The values of what the test observes at the end of a well-formed execution. Raises ValueError."""
        state: list[tuple[Observable, Value]] = []
        for item, source in self._observed:
            value: Value | None
            if isinstance(source, _Places):
                value = joined([execution.values[execution.co[place][-1]] for place in source.numbers], source.bits)
            else:
                value = valuation.value(source)
            if value is None:
                raise ValueError(f"{item} has no value in this execution, which is not well formed")
            state.append((item, value))
        return tuple(state)
