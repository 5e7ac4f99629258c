"""Candidates read off their lanes as executions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from litmus.candidates.base import Candidates
from litmus.ir.events import WRITES, Known, ValueExpr
from litmus.ir.execution import Execution
from litmus.ir.thread import Value
from litmus.ir.valuation import Valuation, read_values


def executions(candidates: Candidates, lanes: Iterable[int]) -> Iterator[Execution]:
    """The candidates of some lanes."""
    graph, choices = candidates.graph, candidates.choices
    always = 0
    sometimes: list[tuple[int, int]] = []  # what only some lanes execute, as a bit, with these lanes
    for k, where in enumerate(candidates.executed):
        if where == candidates.full:
            always |= 1 << k
        else:
            sometimes.append((1 << k, where))
    numbers: dict[Value, int] = {location: k for k, location in enumerate(graph.locations)}
    written: dict[int, Value] = {}  # what is the same in all lanes
    computed: list[tuple[int, ValueExpr]] = []
    for event in graph.events:
        if event.kind not in WRITES:
            continue
        if isinstance(event.value, Known):
            written[event.index] = event.value.value
        elif event.value is not None:
            computed.append((event.index, event.value))
    steps = iter(candidates.space.steps)
    sources = [(read, writes, *next(steps)) for read, writes in choices.reads]
    places = [numbers[_known(graph.events[orders[0][0]].addr)] for orders in choices.orders]
    orders = [(place, found, *next(steps)) for place, found in zip(places, choices.orders, strict=True)]
    free_choices = [(1 << k, next(steps)[0]) for k in range(choices.free)]
    picked = [(node, *next(steps)) for node, _ in choices.picks]
    first = [(initial,) for initial in graph.initial]
    begin, end = (orders[0][2], orders[-1][2] * orders[-1][3]) if orders else (1, 1)
    ordered: dict[int, tuple[tuple[int, ...], ...]] = {}  # co, by the options of all orders as one number
    nothing: Mapping[int, int] = {}
    for lane in lanes:
        executed = always
        for bit, where in sometimes:
            if where >> lane & 1:
                executed |= bit
        if sometimes:
            rf = {r: writes[lane // stride % count] for r, writes, stride, count in sources if executed >> r & 1}
        else:
            rf = {r: writes[lane // stride % count] for r, writes, stride, count in sources}
        option = lane % end // begin
        co = ordered.get(option)
        if co is None:
            each: list[tuple[int, ...]] = [*first]
            for place, found, stride, count in orders:
                each[place] += found[lane // stride % count]
            co = ordered[option] = tuple(each)
        if sometimes:
            co = tuple([tuple([w for w in order if executed >> w & 1]) for order in co])
        free = sum([bit for bit, stride in free_choices if lane // stride & 1]) if free_choices else 0
        picks = {node: lane // stride % count for node, stride, count in picked} if picked else nothing
        values = {read: written[write] for read, write in rf.items() if write in written}
        if len(values) < len(rf):
            values = read_values(graph, rf, free, values)
        valuation = Valuation(dict(values), free) if computed else None
        values.update(written)
        if sometimes:
            values = {event: value for event, value in values.items() if executed >> event & 1}
        if valuation is not None:
            for write, expr in computed:
                result = valuation.value(expr) if executed >> write & 1 else None
                if result is not None:  # the evaluator notices if one is missing
                    values[write] = result
        yield Execution(graph, executed, rf, co, values, free, picks)


def _known(expr: ValueExpr | None) -> Value:
    assert isinstance(expr, Known)
    return expr.value
