"""A first guess: the execution that runs the threads one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from litmus.ir.events import INIT_THREAD, READS, WRITES, Choice, EventGraph, Formula, NotF, OrF
from litmus.ir.execution import Execution
from litmus.ir.thread import Value
from litmus.ir.valuation import Valuation


def sequential_execution(graph: EventGraph, threads: Sequence[int]) -> Execution | None:
    """The execution that runs each of these threads to its end before the next begins; None if there is none.

    Every conditional store succeeds that can. Almost every model allows such an execution, so that its final state
    often answers a question that a solver would need long for; the evaluator has to confirm it.
    """
    choices = (1 << graph.choices) - 1
    while True:
        execution, valuation = _run(graph, threads, choices)
        if execution is None:
            return None
        refused = 0
        for assumption in graph.assumptions:
            if not valuation.holds(assumption):
                refused |= _denied(assumption) & choices
        if not refused:
            return execution
        choices &= ~refused


def _run(graph: EventGraph, threads: Sequence[int], choices: int) -> tuple[Execution | None, Valuation]:
    reads: dict[int, Value] = {}
    values: dict[int, Value] = {}
    last: dict[Value, int] = {}
    co: dict[Value, list[int]] = {}
    rf: dict[int, int] = {}
    executed = 0
    # It shares `reads`, so a read has to be there before an expression with it is evaluated.
    valuation = Valuation(reads, choices)
    by_thread = {thread: [e for e in graph.events if e.thread == thread] for thread in (INIT_THREAD, *threads)}
    for event in (e for events in by_thread.values() for e in events):
        if not valuation.holds(event.guard):
            continue
        executed |= 1 << event.index
        if event.addr is None:
            continue
        addr = valuation.value(event.addr)
        if addr is None or (addr not in last and event.thread != INIT_THREAD):
            return None, valuation
        if event.kind == "A":
            continue
        if event.kind in READS:
            rf[event.index] = last[addr]
            reads[event.index] = values[event.index] = values[last[addr]]
        if event.kind not in WRITES:
            continue
        value = None if event.value is None else valuation.value(event.value)
        if value is None:
            return None, valuation
        values[event.index] = value
        last[addr] = event.index
        co.setdefault(addr, []).append(event.index)
    if valuation.holds(graph.bound) is not False:
        return None, valuation
    order = tuple(tuple(co[location]) for location in graph.locations)
    return Execution(graph, executed, rf, order, values, choices), valuation


def _denied(assumption: Formula) -> int:
    """The choices that satisfy an assumption by not being made."""
    parts = assumption.operands if isinstance(assumption, OrF) else (assumption,)
    denied = 0
    for part in parts:
        if isinstance(part, NotF) and isinstance(part.operand, Choice):
            denied |= 1 << part.operand.index
    return denied
