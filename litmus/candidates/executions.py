"""Candidates read off their lanes as executions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litmus.candidates.base import Candidates
from litmus.ir.events import WRITES, Known, ValueExpr
from litmus.ir.execution import Execution
from litmus.ir.thread import Value
from litmus.ir.valuation import Valuation, read_values


def executions(candidates: Candidates, lanes: Iterable[int]) -> Iterator[Execution]:
    """The candidates of some lanes."""
    graph, choices, space = candidates.graph, candidates.choices, candidates.space
    always = 0
    sometimes: list[tuple[int, int]] = []  # what only some lanes execute, as a bit, with these lanes
    for k, where in enumerate(candidates.executed):
        if where == candidates.full:
            always |= 1 << k
        else:
            sometimes.append((1 << k, where))
    numbers: dict[Value, int] = {location: k for k, location in enumerate(graph.locations)}
    places = [numbers[_known(graph.events[orders[0][0]].addr)] for orders in choices.orders]
    written: dict[int, Value] = {}  # what is the same in all lanes
    computed: list[tuple[int, ValueExpr]] = []
    for event in graph.events:
        if event.kind not in WRITES:
            continue
        if isinstance(event.value, Known):
            written[event.index] = event.value.value
        elif event.value is not None:
            computed.append((event.index, event.value))
    reads_end, orders_end = len(choices.reads), len(choices.reads) + len(choices.orders)
    free_end = orders_end + choices.free
    for lane in lanes:
        taken = space.taken(lane)
        executed = always
        for bit, where in sometimes:
            if where >> lane & 1:
                executed |= bit
        options = zip(choices.reads, taken, strict=False)
        rf = {read: writes[option] for (read, writes), option in options if executed >> read & 1}
        co: list[tuple[int, ...]] = [(initial,) for initial in graph.initial]
        for place, orders, option in zip(places, choices.orders, taken[reads_end:orders_end], strict=True):
            order = orders[option]
            co[place] += order if not sometimes else tuple([w for w in order if executed >> w & 1])
        free = sum([1 << k for k, option in enumerate(taken[orders_end:free_end]) if option])
        picks = {node: option for (node, _), option in zip(choices.picks, taken[free_end:], strict=True)}
        reads = {read: written[write] for read, write in rf.items() if write in written}
        if len(reads) < len(rf):
            reads = read_values(graph, rf, free, reads)
        if sometimes:
            values = {**reads, **{write: value for write, value in written.items() if executed >> write & 1}}
        else:
            values = {**reads, **written}
        if computed:
            valuation = Valuation(reads, free)
            for write, expr in computed:
                value = valuation.value(expr) if executed >> write & 1 else None
                if value is not None:  # the evaluator notices if one is missing
                    values[write] = value
        yield Execution(graph, executed, rf, tuple(co), values, free, picks)


def _known(expr: ValueExpr | None) -> Value:
    assert isinstance(expr, Known)
    return expr.value
