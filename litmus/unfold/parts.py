"""The relations between the parts of one access, in tests with accesses that overlap in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from litmus.ir.events import ALWAYS, Event, Formula, GuardedRelation, Known
from litmus.ir.thread import Address
from litmus.unfold.record import Record, Relation


def relations_of_parts(record: Record, locations: Sequence[Address]) -> Mapping[str, GuardedRelation]:
    """`sm` relates the parts of an access with each other and with themselves, `aligned` only if the access is aligned.

    An access is aligned if its address is a multiple of its size; the address of a symbol is a multiple of every size.
    The names are those that herd7 gives to models (herd/machModelChecker.ml).
    """
    sm, aligned = Relation(), Relation()
    several = {event for access, _ in record.divided for event in access}
    whole = [((e.index,), 1) for e in record.events if e.addr is not None and e.index not in several]
    for access, size in (*whole, *record.divided):
        met = _aligned(record, record.events[access[0]], size, locations)
        for event in access:
            sm.add(record.terms, dict.fromkeys(access, ALWAYS), event)
            aligned.add(record.terms, dict.fromkeys(access, met), event)
    n = len(record.events)
    return {"sm": sm.freeze(n), "aligned": aligned.freeze(n)}


def _aligned(record: Record, first: Event, size: int, locations: Sequence[Address]) -> Formula:
    """Whether an access is aligned that begins where its first part is."""
    terms, addr = record.terms, first.addr
    if size == 1 or addr is None:
        return ALWAYS
    if isinstance(addr, Known):
        return terms.nonzero(Known(int(isinstance(addr.value, Address) and addr.value.offset % size == 0)))
    return terms.or_(*[terms.equal(addr, Known(place), 64) for place in locations if place.offset % size == 0])
