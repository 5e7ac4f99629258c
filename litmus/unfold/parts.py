"""The relations between the parts of one access, in tests with accesses that overlap in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from litmus.ir.events import ALWAYS, NEVER, Event, Formula, GuardedRelation, Known
from litmus.ir.thread import Address
from litmus.unfold.record import Record, Relation

_QUADWORD = 16


def relations_of_parts(record: Record, locations: Sequence[Address]) -> Mapping[str, GuardedRelation]:
    """`sm` relates the parts of an access with each other and with themselves, `aligned` only if the access is aligned.

    An access is aligned if its address is a multiple of its size; the address of a symbol is a multiple of every size.
    The names are those that herd7 gives to models (herd/machModelChecker.ml). `quadword` relates the parts of an access
    that is within 16 bytes at a multiple of 16; the two accesses of a pair are one there, too.
    """
    sm, aligned, quadword = Relation(), Relation(), Relation()
    several = {event for access, _ in record.divided for event in access}
    whole = [((e.index,), 1) for e in record.events if e.addr is not None and e.index not in several]
    for access, size in (*whole, *record.divided):
        met = _aligned(record, record.events[access[0]], size, locations)
        for event in access:
            sm.add(record.terms, dict.fromkeys(access, ALWAYS), event)
            aligned.add(record.terms, dict.fromkeys(access, met), event)
        _relate(quadword, record, access, _within(record, (access[0],), size, locations))
    for first, second, size in record.pairs:
        both = (first[0], second[0])
        _relate(quadword, record, (*first, *second), _within(record, both, size, locations))
    n = len(record.events)
    return {"sm": sm.freeze(n), "aligned": aligned.freeze(n), "quadword": quadword.freeze(n)}


def _relate(relation: Relation, record: Record, events: Sequence[int], condition: Formula) -> None:
    """Relate all of some events with each other and with themselves under a condition."""
    if condition != NEVER:
        for event in events:
            relation.add(record.terms, dict.fromkeys(events, condition), event)


def _within(record: Record, firsts: Sequence[int], size: int, locations: Sequence[Address]) -> Formula:
    """Whether `size` bytes from the lowest address of some events are within an aligned quantity of 16 bytes."""
    terms = record.terms
    addresses = [found for event in firsts if (found := record.events[event].addr) is not None]
    if size == 1:
        return ALWAYS
    known = [found.value for found in addresses if isinstance(found, Known)]
    if len(known) == len(addresses):
        offsets = [place.offset for place in known if isinstance(place, Address)]
        return ALWAYS if len(offsets) == len(known) and min(offsets) % _QUADWORD + size <= _QUADWORD else NEVER
    half = size // len(addresses)  # of a pair either may be the lower one
    ways: list[Formula] = []
    for place in locations:
        if place.offset % _QUADWORD + size <= _QUADWORD:
            apart = [Known(Address(place.symbol, place.offset + k * half)) for k in range(len(addresses))]
            for order in [addresses, addresses[::-1]][: len(addresses)]:
                ways.append(terms.and_(*[terms.equal(a, b, 64) for a, b in zip(order, apart, strict=True)]))
    return terms.or_(*ways)


def _aligned(record: Record, first: Event, size: int, locations: Sequence[Address]) -> Formula:
    """Whether an access is aligned that begins where its first part is."""
    terms, addr = record.terms, first.addr
    if size == 1 or addr is None:
        return ALWAYS
    if isinstance(addr, Known):
        return terms.nonzero(Known(int(isinstance(addr.value, Address) and addr.value.offset % size == 0)))
    return terms.or_(*[terms.equal(addr, Known(place), 64) for place in locations if place.offset % size == 0])
