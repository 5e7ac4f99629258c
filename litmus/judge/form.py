"""Whether candidates are executions of their graph, and what they end with.

As `litmus.judge.evaluate`, this shares no code with what proposes executions but for the values of expressions.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence, Set

from litmus.base.records import dataclass
from litmus.ir.events import ALWAYS, NEVER, READS, WRITES, Event, EventGraph, Formula, Known, ReadValue, ValueExpr
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
class _Access:
    """An access that not every execution has at the same place: its guard fails in some, or its address is computed.

    `location` is the number of its location if the address is known; -1 is no location, None an address to compute.
    """

    index: int
    addr: ValueExpr
    location: int | None
    writes: bool


@dataclass(frozen=True, slots=True)
class _Places:
    """The numbers of the locations that a location is made of, each of so many bits."""

    numbers: tuple[int, ...]
    bits: int


class Form:
    """What the executions of a graph are like, looked up once for all of them."""

    def __init__(self, graph: EventGraph) -> None:
        self.graph = graph
        self._locations: dict[Value, int] = {location: k for k, location in enumerate(graph.locations)}
        self._always = 0  # the events that every execution has
        self._guarded: list[tuple[int, Formula]] = []
        self._tested: list[tuple[int, ValueExpr]] = []
        self._where: dict[int, int] = {}  # the locations of the accesses that are the same in every execution
        self._writes: list[set[int]] = [set() for _ in graph.locations]  # those of each location among them
        self._elsewhere: list[_Access] = []  # the other accesses
        self._reads: list[tuple[int, bool]] = []  # and whether it is a write, too
        self._constant: dict[int, Value] = {}  # what the writes write that do so in every execution
        self._written: list[tuple[int, ValueExpr | None]] = []  # the other writes
        self._instructions = [event.instruction for event in graph.events]
        for event in graph.events:
            self._look_up(event)
        # where the final values come from: an expression, the last write of a location, or those of its parts
        self._observed: list[tuple[Observable, ValueExpr | int | _Places]] = [
            (item, graph.final[item] if isinstance(item, Register) else self._place(item))
            for item in graph.test.observed
        ]
        self._final = [(item, expr) for item, expr in graph.final.items() if not isinstance(expr, Known)]
        self._ends = self._plain_ends()

    def _plain_ends(self) -> list[tuple[Observable, int]] | None:
        """For each observed item the read that it has its value from, or `~k` for the last write of location `k`.

        None unless all executions of the graph have the same events, accesses of the same places, and constants to
        write, and come to their end: they differ in rf and co alone.
        """
        graph = self.graph
        if self._guarded or self._tested or self._elsewhere or self._written or graph.assumptions or graph.choices:
            return None
        if graph.bound != NEVER or any(writes for _, writes in self._reads):
            return None
        if not all(isinstance(expr, ReadValue) for _, expr in self._final):
            return None
        ends: list[tuple[Observable, int]] = []
        for item, source in self._observed:
            if isinstance(source, int):
                ends.append((item, ~source))
            elif isinstance(source, ReadValue):
                ends.append((item, source.event))
            else:
                return None
        return ends

    def _place(self, item: Address) -> int | _Places:
        composite = self.graph.test.composites.get(item)
        if composite is None:
            return self._locations[item]
        return _Places(tuple([self._locations[part] for part in composite.parts]), composite.bits)

    def _look_up(self, event: Event) -> None:
        index, reads, writes = event.index, event.kind in READS, event.kind in WRITES
        always = event.guard is ALWAYS
        if always:
            self._always |= 1 << index
        else:
            self._guarded.append((index, event.guard))
        if event.tested is not None and not isinstance(event.tested, Known):
            self._tested.append((index, event.tested))
        if event.addr is None:
            return
        location = self._locations.get(event.addr.value, -1) if isinstance(event.addr, Known) else None
        if always and location is not None and location >= 0:
            self._where[index] = location
            if writes:
                self._writes[location].add(index)
        else:
            self._elsewhere.append(_Access(index, event.addr, location, writes))
        if reads:
            self._reads.append((index, writes))
        if always and writes and isinstance(event.value, Known):
            self._constant[index] = event.value.value
        elif writes:
            self._written.append((index, event.value))

    def confirm(self, found: Iterable[tuple[Execution, State]]) -> str | None:
        """Why a candidate is no execution of the graph, or does not end in its state; None if all are and do."""
        if self._confirm_together(found):
            return None
        for execution, state in found:
            valuation = Valuation.of(execution)
            breach = self.breach(execution, valuation)
            if breach is not None:
                return breach
            if self.final_state(execution, valuation) != state:
                return "it ends in another state"
        return None

    def _confirm_together(self, found: Iterable[tuple[Execution, State]]) -> bool:
        """Whether candidates are executions of the graph and end in their states; if not, that may be left open.

        As `breach` and `final_state`, for executions that differ in rf and co alone: they have few pairs of rf and few
        orders of writes, each of which is looked at once.
        """
        ends = self._ends
        if ends is None:
            return False
        reads = {read for read, _ in self._reads}
        executed, constants = self._always, self._constant.items()
        sources: set[tuple[int, int]] = set()
        last: dict[tuple[tuple[int, ...], ...], list[int]] = {}
        for execution, state in found:
            rf, co, values = execution.rf, execution.co, execution.values
            if execution.executed != executed or execution.choices or rf.keys() != reads:
                return False
            if not constants <= values.items():
                return False
            sources.update(rf.items())
            writes = last.get(co)
            if writes is None:
                if self._wrong_order(co, self._writes) is not None:
                    return False
                writes = last[co] = [order[-1] for order in co]
            for read, write in rf.items():
                if read not in values or write not in values or values[read] != values[write]:
                    return False
            for (item, end), (seen, value) in zip(ends, state, strict=True):
                if values[end if end >= 0 else writes[~end]] != value or item != seen:
                    return False
        return self._wrong_source(sources, self._where, self._writes) is None

    def breach(self, execution: Execution, valuation: Valuation) -> str | None:
        """Why a candidate is no execution of the graph; None if it is one.

        Checked from the graph alone: guards decide what is executed, every read takes the value of the write it reads
        from, at the same address, every value is what its expression says, `co` orders exactly the executed writes of
        each location with the initial one first, the assumptions hold, the unroll bound is not reached, and every
        observed register has a value. Whether the execution is consistent is for `litmus.judge.evaluate` to say.
        """
        graph = self.graph
        if execution.executed < 0 or execution.executed >> len(graph.events):
            return "it executes events that the graph does not have"
        if execution.choices < 0 or execution.choices >> graph.choices:
            return "it makes choices that the graph does not have"
        breach = self._wrong_event(execution.executed, valuation)
        if breach is not None:
            return breach
        where, writes = self._where, self._writes
        if self._elsewhere:
            where, writes = dict(where), [set(there) for there in writes]
            for access in self._elsewhere:
                if execution.executed >> access.index & 1:
                    location = self._location(access, valuation)
                    if location < 0:
                        return f"event {access.index} accesses no location: {valuation.value(access.addr)}"
                    where[access.index] = location
                    if access.writes:
                        writes[location].add(access.index)
        return (
            self._wrong_value(execution, valuation)
            or self._wrong_source(execution.rf.items(), where, writes)
            or self._wrong_order(execution.co, writes)
            or self._wrong_end(valuation)
        )

    def _location(self, access: _Access, valuation: Valuation) -> int:
        """The number of the location that an executed access goes to, -1 if there is none."""
        if access.location is not None:
            return access.location
        address = valuation.value(access.addr)
        return -1 if address is None else self._locations.get(address, -1)

    def _wrong_event(self, executed: int, valuation: Valuation) -> str | None:
        """Guards decide what is executed, and what is tested has a value."""
        absent = self._always & ~executed
        if absent:
            return f"event {(absent & -absent).bit_length() - 1} is not executed, against its guard"
        for index, guard in self._guarded:
            here = bool(executed >> index & 1)
            if valuation.holds(guard) is not here:
                return f"event {index} is {'' if here else 'not '}executed, against its guard"
        for index, tested in self._tested:
            if executed >> index & 1 and valuation.value(tested) is None:
                return f"event {index} tests a value without meaning"
        return None

    def _wrong_value(self, execution: Execution, valuation: Valuation) -> str | None:
        """Every write writes what its expression says, and every read takes the value of the write it reads from."""
        executed, rf, values = execution.executed, execution.rf, execution.values
        if not self._constant.items() <= values.items():
            write, constant = next((w, value) for w, value in self._constant.items() if values.get(w) != value)
            return _wrong_write(write, constant, values)
        for write, expr in self._written:
            if executed >> write & 1:
                value = None if expr is None else valuation.value(expr)
                if value is None or value != values.get(write):
                    return _wrong_write(write, value, values)
        count = 0
        for read, writes in self._reads:
            if executed >> read & 1:
                count += 1
                source = rf.get(read)
                if source is None:
                    return f"read {read} has no write to read from"
                if read not in values:
                    return f"event {read} has no value"
                if source not in values or (not writes and values[source] != values[read]):
                    return f"read {read} does not have the value of write {source}"
        if count != len(rf):
            return "rf has pairs of events that are not executed reads"
        return None

    def _wrong_source(
        self, rf: Iterable[tuple[int, int]], where: Mapping[int, int], writes: Sequence[Container[int]]
    ) -> str | None:
        """Every read reads from a write of its location, and of another instruction."""
        instructions = self._instructions
        for read, write in rf:
            if write not in writes[where[read]]:
                return f"read {read} does not read from a write of its location: {write}"
            if instructions[write] == instructions[read]:
                return f"read {read} reads from the write {write} of its own instruction, which comes after it"
        return None

    def _wrong_order(self, co: Sequence[tuple[int, ...]], writes: Sequence[Set[int]]) -> str | None:
        """`co` orders exactly the executed writes of each location, the initial one first."""
        graph = self.graph
        if len(co) != len(graph.locations):
            return "co does not list every location"
        for k, order in enumerate(co):
            if not order or order[0] != graph.initial[k]:
                return f"co of {graph.locations[k]} does not begin with its initial write"
            if len(order) != len(writes[k]) or writes[k] != set(order):
                return f"co of {graph.locations[k]} does not order exactly its executed writes"
        return None

    def _wrong_end(self, valuation: Valuation) -> str | None:
        """The assumptions hold, no loop was cut short, and every register that is observed has a value."""
        graph = self.graph
        if graph.assumptions and not all(valuation.holds(assumption) for assumption in graph.assumptions):
            return "an assumption does not hold"
        if valuation.holds(graph.bound) is not False:
            return "a loop went round more often than the unroll limit"
        for item, expr in self._final:
            if valuation.value(expr) is None:
                return f"{item} has no value at the end"
        return None

    def final_state(self, execution: Execution, valuation: Valuation) -> State:
        """The values of what the test observes at the end of a well-formed execution. Raises ValueError."""
        state: list[tuple[Observable, Value]] = []
        for item, source in self._observed:
            value: Value | None
            if isinstance(source, int):
                value = execution.values[execution.co[source][-1]]
            elif isinstance(source, _Places):
                value = joined([execution.values[execution.co[place][-1]] for place in source.numbers], source.bits)
            else:
                value = valuation.value(source)
            if value is None:
                raise ValueError(f"{item} has no value in this execution, which is not well formed")
            state.append((item, value))
        return tuple(state)


def _wrong_write(write: int, value: Value | None, values: Mapping[int, Value]) -> str:
    """What is wrong with a write whose expression has this value."""
    if write not in values:
        return f"event {write} has no value"
    return f"write {write} writes {value}, not {values[write]}"
