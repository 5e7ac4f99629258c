"""From statements to events: the last stage that knows about instructions.

Each thread is run symbolically, once for all executions. Where control flow splits, both ways are followed under a path
condition; where it joins, they become one again, and a register that differs becomes a `Select`. Dependencies are
followed apart from values, as the architectures have it: `xor r1,r1` is 0 and still depends on r1.

A loop is repeated at most `unroll` times; executions that would go on are cut, and `EventGraph.bound` says which. If
the rounds of a loop have no effect (a thread that waits for a flag), nothing is lost: `EventGraph.further` says where
something may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import UnsupportedError
from litmus.ir.events import NEVER, Event, EventGraph, GuardedRelation, Known, Reported, ValueExpr
from litmus.ir.litmus_test import LitmusTest, Observable, Register
from litmus.ir.model import REGISTER_RELATIONS
from litmus.ir.propositions import atoms
from litmus.ir.thread import Address, Value
from litmus.ir.values import divided
from litmus.unfold.record import Record, check_events
from litmus.unfold.state import NO_DEPS, UNSET, TracedValue
from litmus.unfold.thread import run

__all__ = ["unfold"]

Registers = Mapping[str, TracedValue]


def unfold(
    test: LitmusTest,
    unroll: int = 2,
    deadline: Deadline = NO_DEADLINE,
    registers: bool = False,
    parts: bool = False,
) -> EventGraph:
    """The event graph of a test; with `registers`, accesses to registers are events of it, too.

    With `parts`, it has the relations between the parts of an access, which are there in any case if the test has some.

    Raises ParseError for a jump to an unknown label, UnsupportedError for a primitive of the kernel that was not
    lowered, LimitReached if the test has too many events, steps or branches, or its values are too deeply nested.
    """
    initial: dict[int, dict[str, TracedValue]] = {}
    for item in test.init:
        if isinstance(item.target, Register):
            initial.setdefault(item.target.thread, {})[item.target.name] = TracedValue(Known(item.value), NO_DEPS)
    values = dict(_initial_values(test))
    wholes = [composite.parts for composite in test.composites.values()]
    # Initial writes come first, so their number must be known before the threads are run. If the run finds another
    # location (an offset that folds to a constant), the threads are run again with the longer list.
    locations = dict.fromkeys(_declared(test))
    observed: dict[int, set[str]] = {}
    for register in _observed(test):
        observed.setdefault(register.thread, set()).add(register.name)
    while True:
        check_events(len(locations))
        record = Record(tuple(locations), values, wholes, deadline, REGISTER_RELATIONS if registers else ())
        final: dict[int, Registers] = dict(initial)
        for thread in test.threads:
            end = frozenset(observed.get(thread.index, ()))
            regs = run(thread, initial.get(thread.index, {}), record, unroll, end, registers)
            if regs is not None:
                final[thread.index] = regs
        missing = {a for a in _known_addresses(record.events) if a not in locations}
        if not missing:
            return _graph(test, tuple(locations), record, final, parts or test.has_parts)
        locations.update(dict.fromkeys(sorted(missing)))


def _graph(
    test: LitmusTest, locations: tuple[Address, ...], record: Record, final: Mapping[int, Registers], parts: bool
) -> EventGraph:
    n = len(record.events)
    nothing = GuardedRelation((0,) * n, {})
    made = {name: relation.freeze(n) for name, relation in record.relations.items()}
    found = {name: made.get(name, nothing) for name in record.names}
    if parts:
        from litmus.unfold.parts import relations_of_parts  # few tests need it

        found |= relations_of_parts(record, locations)
    return EventGraph(
        test=test,
        events=tuple(record.events),
        locations=locations,
        initial=tuple(range(len(locations))),
        relations={"po": record.po(), **found},
        final=_final(test, final),
        choices=record.choices,
        assumptions=tuple(record.assumptions),
        bound=record.terms.or_(*record.cut),
        further=record.terms.or_(*record.further),
        reports=tuple(Reported(name, found) for name, found in record.reports.items() if found != NEVER),
    )


def _final(test: LitmusTest, regs: Mapping[int, Registers]) -> dict[Observable, ValueExpr]:
    """The value at the end of every register that is observed, or that the filter mentions."""
    return {item: regs.get(item.thread, {}).get(item.name, UNSET).value for item in _observed(test)}


def _observed(test: LitmusTest) -> Iterable[Register]:
    """The registers that are observed, or that the filter mentions."""
    filtered = [] if test.filter is None else list(atoms(test.filter))
    for item in (*test.observed, *(i for a in filtered for i in (a.left, a.right))):
        if isinstance(item, Register):
            yield item


def _declared(test: LitmusTest) -> Iterable[Address]:
    """The locations of a test, and the cells of its arrays; the parts of those that have some."""
    for place in (*test.locations, *(cell for array in test.arrays for cell in array.cells)):
        composite = test.composites.get(place)
        yield from (place,) if composite is None else composite.parts


def _initial_values(test: LitmusTest) -> Iterable[tuple[Address, Value]]:
    """The initial values of locations, and of the parts of those that have some."""
    for item in test.init:
        if not isinstance(item.target, Address):
            continue
        composite = test.composites.get(item.target)
        if composite is None or not isinstance(item.value, int):
            yield item.target, item.value
        else:
            yield from zip(composite.parts, divided(item.value, len(composite.parts), composite.bits), strict=True)


def _known_addresses(events: Iterable[Event]) -> Iterable[Address]:
    for event in events:
        if isinstance(event.addr, Known) and isinstance(event.addr.value, Address):
            if event.addr.value.is_code:
                raise UnsupportedError("instructions as data are not supported", event.span)
            yield event.addr.value
