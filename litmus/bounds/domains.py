"""Which values each read may return: finite sets where they exist, `None` (any value) where they do not.

A litmus test has few constants, so nearly every read has a small set of possible values, and the problem stays
propositional. A value can travel in a circle: what was read is stored, and read back by way of other threads. Sets
computed from below have every value of the executions in which none does: a value passes each read at most once, so as
many rounds as there are reads are enough. In a circle there may be other values, out of thin air. So the reads on it
are open: the solver is asked whether a consistent execution gives one of them another value. If so they become wide,
which means any value of the word; reads with too many values are wide, too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from itertools import product
from math import prod

from litmus.base import relation
from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.records import dataclass
from litmus.ir.events import (
    ALWAYS,
    READS,
    WRITES,
    Apply,
    Event,
    EventGraph,
    Formula,
    Known,
    ReadValue,
    Select,
    ValueExpr,
)
from litmus.ir.formulas import parts
from litmus.ir.thread import Address, Value
from litmus.ir.values import apply

MAX_VALUES = 48
"""A read with more possible values than this is wide."""

_TOTAL = frozenset({"eq", "ne", "land", "lor", "lnot", "ite"})
"""Operators that have a result for all operands."""

Domain = tuple[Value, ...] | None
"""The possible values, without duplicates; None for any value."""


@dataclass(frozen=True, slots=True)
class Domains:
    """`reads[r]` is the domain of read event `r`; `candidates[r]` are the writes it may read from, ascending.

    `circular` are the reads whose value does not follow from rf alone, because it may depend on itself. `open` are
    those that have a finite domain and, in an execution in which a value travels in a circle, may still hold another.
    `lacking` are those that may have no value at all, because they may go to no location or read from a write that has
    none; on a circle, where that could justify itself, such a read has any value instead.
    `sources[w]` are, as bits, the reads that the value of write `w` may come from, if there are any.
    """

    reads: Mapping[int, Domain]
    candidates: Mapping[int, tuple[int, ...]]
    circular: frozenset[int]
    open: frozenset[int]
    sources: Mapping[int, int]
    lacking: frozenset[int] = frozenset()

    def of(self, expr: ValueExpr) -> Domain:
        """The domain of an expression."""
        return domain_of(expr, self.reads)

    def may_be_undefined(self, *roots: ValueExpr | Formula) -> bool:
        """Whether some expressions and formulas may have no value in an execution that has their reads."""
        return _may_lack(roots, self.reads, self.lacking)

    def may_alias(self, a: ValueExpr, b: ValueExpr) -> bool:
        """Whether two address expressions may be the same location."""
        return _overlap(_addresses(a, self.reads), _addresses(b, self.reads))


def compute(graph: EventGraph, wide: bool = False, deadline: Deadline = NO_DEADLINE) -> Domains:
    """The domains of every read of a graph; if `wide`, every read whose value may travel in a circle is wide.

    Raises LimitReached at the deadline.
    """
    events = graph.events
    reads = [e.index for e in events if e.kind in READS]
    candidates = _candidates(graph, reads, deadline)
    sources, decide = _sources(events)
    flows, decides = (_flows(graph, candidates, found, deadline) for found in (sources, decide))
    known: dict[int, Domain] = {}
    final: dict[int, tuple[int, ...]] = {}
    opened = 0
    for group in _groups(reads, flows, deadline):
        deadline.check()
        for r in group:
            deadline.check()
            where = _addresses(events[r].addr, known)
            final[r] = tuple(w for w in candidates[r] if _overlap(_addresses(events[w].addr, known), where))
        circle = flows[group[0]] >> group[0] & 1 or len(group) > 1
        if not circle:
            known[group[0]] = _written(events, final[group[0]], known)
        elif wide:
            known.update(dict.fromkeys(group, None))
        else:
            known.update(_around(graph, group, final, known, deadline))
        for r in group:  # reads that take their value from an open read are open, too
            if known[r] is not None and (circle or flows[r] & opened):
                opened |= 1 << r
    if opened and any(e.addr is not None and opened & _bits(_reads([e.addr])) for e in events):
        return compute(graph, True, deadline)  # an access at such an address may go anywhere
    around = relation.plus(tuple(decides), deadline) if any(decides) else tuple(decides)
    circular = frozenset(r for r in reads if around[r] >> r & 1)
    lacking = _lacking(graph, known, {r: writes for r, writes in final.items() if r not in circular})
    return Domains(known, final, circular, frozenset(relation.bits(opened)), sources, lacking)


def _candidates(graph: EventGraph, reads: Iterable[int], deadline: Deadline) -> dict[int, tuple[int, ...]]:
    """The writes that each read may read from, judged by the addresses that depend on no read."""
    events = graph.events
    at: dict[Value, list[int]] = {}
    moving: list[int] = []
    for event in events:
        if event.kind in WRITES:
            if isinstance(event.addr, Known):
                at.setdefault(event.addr.value, []).append(event.index)
            else:
                moving.append(event.index)
    writes = [e.index for e in events if e.kind in WRITES]
    found = {}
    for r in reads:
        deadline.check()
        addr, instruction = events[r].addr, events[r].instruction
        near = sorted((*at.get(addr.value, ()), *moving)) if isinstance(addr, Known) else writes
        found[r] = tuple([w for w in near if events[w].instruction != instruction])
    return found


def _sources(events: Iterable[Event]) -> tuple[dict[int, int], dict[int, int]]:
    """For each write, as bits: the reads that its value may come from, and the reads that select which."""
    sources, decide = {}, {}
    for event in events:
        if event.kind in WRITES and event.value is not None and not isinstance(event.value, Known):
            sources[event.index] = _bits(_origins(event.value))
            decide[event.index] = _bits(_reads([event.value]))
    return sources, decide


def _flows(
    graph: EventGraph, candidates: Mapping[int, tuple[int, ...]], sources: Mapping[int, int], deadline: Deadline
) -> list[int]:
    """For each read, as bits: the reads that the values of the writes it may read from depend on."""
    flows = [0] * len(graph.events)
    if sources:
        for read, writes in candidates.items():
            deadline.check()
            for w in writes:
                flows[read] |= sources.get(w, 0)
    return flows


def _groups(reads: list[int], flows: list[int], deadline: Deadline) -> list[list[int]]:
    """The strongly connected components of the reads, those that others depend on first."""
    if not any(flows):
        return [[r] for r in reads]
    rows = tuple(flows)
    circles = [list(relation.bits(component)) for component in relation.components(rows, deadline)]
    alone = set(reads).difference(*circles)
    upstream = relation.plus(rows, deadline)
    return sorted(
        [*circles, *([r] for r in alone)], key=lambda group: ((upstream[group[0]] | 1 << group[0]).bit_count(), group)
    )


def _around(
    graph: EventGraph,
    group: list[int],
    candidates: Mapping[int, tuple[int, ...]],
    known: Mapping[int, Domain],
    deadline: Deadline,
) -> dict[int, Domain]:
    """The values of reads on a circle where no value travels all the way round: from empty sets, one round a read."""
    domains: dict[int, Domain] = {**known, **dict.fromkeys(group, ())}
    for _ in group:
        deadline.check()
        fresh = {r: _written(graph.events, candidates[r], domains) for r in group}
        if all(fresh[r] == domains[r] for r in group):
            break
        domains.update(fresh)
    if any(domains[r] is None for r in group):
        return dict.fromkeys(group, None)
    return {r: domains[r] for r in group}


def _written(events: tuple[Event, ...], writes: Iterable[int], reads: Mapping[int, Domain]) -> Domain:
    """The values that some writes may write."""
    values: dict[Value, None] = {}
    for w in writes:
        value = events[w].value
        assert value is not None
        if isinstance(value, Known):
            values[value.value] = None
            continue
        part = domain_of(value, reads)
        if part is None:
            return None
        values.update(dict.fromkeys(part))
    return tuple(values) if len(values) <= MAX_VALUES else None


def domain_of(expr: ValueExpr, reads: Mapping[int, Domain]) -> Domain:
    """The values an expression may have, given those of the reads; a read that is not in `reads` may have any."""
    return (expr.value,) if isinstance(expr, Known) else _domain_of(expr, reads, {})


def _domain_of(expr: ValueExpr, reads: Mapping[int, Domain], found: dict[int, Domain]) -> Domain:
    """`found` are the domains of the parts seen so far, by identity."""
    if isinstance(expr, Known):
        return (expr.value,)
    if isinstance(expr, ReadValue):
        return reads.get(expr.event)
    if id(expr) not in found:
        match expr:
            case Select(_, then, otherwise) | Apply("ite", (_, then, otherwise)):
                domain = _merge(_domain_of(then, reads, found), _domain_of(otherwise, reads, found))
            case Apply():
                domain = _applied(expr, [_domain_of(arg, reads, found) for arg in expr.args])
        found[id(expr)] = domain
    return found[id(expr)]


def _applied(expr: Apply, domains: Iterable[Domain]) -> Domain:
    combinations: list[tuple[Value, ...]] = [()]
    for domain in domains:
        if domain is None or len(domain) * len(combinations) > MAX_VALUES * MAX_VALUES:
            return None
        combinations = [(*c, v) for c in combinations for v in domain]
    values: dict[Value, None] = {}
    for combination in combinations:
        result = apply(expr.op, combination, expr.bits)
        if result is not None:  # an undefined result excludes the execution
            values[result] = None
    return tuple(values) if len(values) <= MAX_VALUES else None


def _lacking(
    graph: EventGraph, domains: Mapping[int, Domain], candidates: Mapping[int, tuple[int, ...]]
) -> frozenset[int]:
    """The reads that may have no value: they miss all locations, or the value that they read is undefined."""
    events, locations = graph.events, frozenset(graph.locations)
    written = [(e.index, e.value) for e in events if e.value is not None and not isinstance(e.value, Known)]
    lacking: set[int] = set()
    while True:
        lost = {write for write, value in written if _may_lack([value], domains, lacking)}
        more = set()
        for read, writes in candidates.items():
            if read not in lacking:
                addr = events[read].addr
                assert addr is not None
                if isinstance(addr, Known):
                    astray = addr.value not in locations
                else:
                    where = domain_of(addr, domains)
                    astray = where is None or not locations.issuperset(where) or _may_lack([addr], domains, lacking)
                if astray or not lost.isdisjoint(writes):
                    more.add(read)
        if not more:
            return frozenset(lacking)
        lacking |= more


def _may_lack(roots: Iterable[ValueExpr | Formula], reads: Mapping[int, Domain], lacking: Container[int]) -> bool:
    for part in parts([root for root in roots if root.__class__ is not Known and root is not ALWAYS]):
        match part:
            case ReadValue(event) if event in lacking:
                return True
            case Apply() if _may_fail(part, reads):
                return True
    return False


def _may_fail(expr: Apply, reads: Mapping[int, Domain]) -> bool:
    """Whether an operator may have no result, given the domains of its operands."""
    if expr.op in _TOTAL:
        return False
    known = [domain for arg in expr.args if (domain := domain_of(arg, reads)) is not None]
    if len(known) < len(expr.args):
        return True
    if expr.op != "div" and not any(isinstance(v, Address) for domain in known for v in domain):
        return False
    return prod(map(len, known)) > MAX_VALUES * MAX_VALUES or any(
        apply(expr.op, values, expr.bits) is None for values in product(*known)
    )


def _merge(a: Domain, b: Domain) -> Domain:
    if a is None or b is None:
        return None
    merged = tuple(dict.fromkeys((*a, *b)))
    return merged if len(merged) <= MAX_VALUES else None


def _addresses(expr: ValueExpr | None, reads: Mapping[int, Domain]) -> frozenset[Value] | None:
    assert expr is not None
    if isinstance(expr, Known):
        return frozenset((expr.value,))
    domain = domain_of(expr, reads)
    return None if domain is None else frozenset(v for v in domain if isinstance(v, Address))


def _overlap(a: frozenset[Value] | None, b: frozenset[Value] | None) -> bool:
    return a is None or b is None or not a.isdisjoint(b)


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << n for n in set(numbers))


def _reads(roots: Iterable[ValueExpr]) -> Iterable[int]:
    """The reads that some values depend on."""
    return (part.event for part in parts(roots) if isinstance(part, ReadValue))


def _origins(root: ValueExpr) -> Iterable[int]:
    """The reads that a value may come from; not those that only select among its parts."""
    todo: list[ValueExpr] = [root]
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) not in seen:
            seen.add(id(node))
            match node:
                case ReadValue(event):
                    yield event
                case Apply("ite", (_, then, otherwise)) | Select(_, then, otherwise):
                    todo += (then, otherwise)
                case Apply(_, args):
                    todo += args
