"""Which values each read may return: finite sets where they exist, `None` (any value) where they do not.

A litmus test moves few constants around, so that nearly every read has a small set of possible values and the whole
problem stays propositional. Where a value can travel in a circle (a store of what was read, read back by way of other
threads), no set computed from below is complete: the circle may hold values that nothing produced. Such reads, and
those with too many values, are wide: any value of the word, encoded bit by bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from litmus.base import relation
from litmus.ir.events import AndF, Apply, EventGraph, Formula, Known, NonZero, NotF, OrF, ReadValue, Select, ValueExpr
from litmus.ir.thread import Address, Value
from litmus.ir.values import apply

MAX_VALUES = 48
"""A read with more possible values than this is wide."""

Domain = tuple[Value, ...] | None
"""The possible values, without duplicates; None for any value."""


@dataclass(frozen=True, slots=True)
class Domains:
    """`reads[r]` is the domain of read event `r`; `candidates[r]` are the writes it may read from, ascending.

    `circular` are the reads whose value does not follow from rf alone, because it may depend on itself.
    """

    reads: Mapping[int, Domain]
    candidates: Mapping[int, tuple[int, ...]]
    circular: frozenset[int]

    def of(self, expr: ValueExpr) -> Domain:
        """The domain of an expression."""
        return domain_of(expr, self.reads)

    def may_alias(self, a: ValueExpr, b: ValueExpr) -> bool:
        """Whether two address expressions may be the same location."""
        return _overlap(_addresses(a, self.reads), _addresses(b, self.reads))


def compute(graph: EventGraph) -> Domains:
    """The domains of every read of a graph."""
    events = graph.events
    reads = [e.index for e in events if e.kind == "R"]
    writes = [e.index for e in events if e.kind == "W"]
    known: dict[int, Domain] = {}
    if all(isinstance(e.addr, Known) for e in events if e.addr is not None):
        at: dict[Value, list[int]] = {}
        for w in writes:
            at.setdefault(_known(events[w].addr), []).append(w)
        candidates = {r: tuple(at.get(_known(events[r].addr), ())) for r in reads}
    else:
        # Before any domain is known, an address that depends on a read may be any.
        candidates = {
            r: tuple(w for w in writes if _overlap(_static(events[w].addr), _static(events[r].addr))) for r in reads
        }
    n = len(events)
    flows = [0] * n  # read -> the reads whose values may flow into it
    decides = [0] * n  # read -> the reads that may have a say in its value, be it by selecting another
    for r in reads:
        for w in candidates[r]:
            for source in _mentions(events[w].value, False):
                flows[r] |= 1 << source
            for source in _mentions(events[w].value, True):
                decides[r] |= 1 << source
    order, upstream = reads, flows
    if any(flows):
        upstream = list(relation.plus(tuple(flows)))
        order = sorted(reads, key=lambda r: ((upstream[r] | 1 << r).bit_count(), r))  # sources first
    final: dict[int, tuple[int, ...]] = {}
    for r in order:
        where = _addresses(events[r].addr, known)
        final[r] = tuple(w for w in candidates[r] if _overlap(_addresses(events[w].addr, known), where))
        if upstream[r] >> r & 1:  # on a circle
            known[r] = None
            continue
        values: dict[Value, None] = {}
        domain: Domain = ()
        for w in final[r]:
            value = events[w].value
            assert value is not None
            part = domain_of(value, known)
            if part is None:
                domain = None
                break
            values.update(dict.fromkeys(part))
        known[r] = None if domain is None or len(values) > MAX_VALUES else tuple(values)
    circular = relation.plus(tuple(decides)) if decides != flows else tuple(upstream)
    return Domains(known, final, frozenset(r for r in reads if circular[r] >> r & 1))


def domain_of(expr: ValueExpr, reads: Mapping[int, Domain]) -> Domain:
    """The values an expression may have, given those of the reads; a read not in `reads` has any."""
    match expr:
        case Known(value):
            return (value,)
        case ReadValue(event):
            return reads.get(event)
        case Select(_, then, otherwise):
            return _merge(domain_of(then, reads), domain_of(otherwise, reads))
        case Apply(op, args, bits):
            if op == "ite":
                return _merge(domain_of(args[1], reads), domain_of(args[2], reads))
            combinations: list[tuple[Value, ...]] = [()]
            for arg in args:
                domain = domain_of(arg, reads)
                if domain is None or len(domain) * len(combinations) > MAX_VALUES * MAX_VALUES:
                    return None
                combinations = [(*c, v) for c in combinations for v in domain]
            values: dict[Value, None] = {}
            for combination in combinations:
                result = apply(op, combination, bits)
                if result is not None:  # an undefined result excludes the execution
                    values[result] = None
            return tuple(values) if len(values) <= MAX_VALUES else None


def _merge(a: Domain, b: Domain) -> Domain:
    if a is None or b is None:
        return None
    merged = tuple(dict.fromkeys((*a, *b)))
    return merged if len(merged) <= MAX_VALUES else None


def _known(expr: ValueExpr | None) -> Value:
    assert isinstance(expr, Known)
    return expr.value


def _static(expr: ValueExpr | None) -> frozenset[Value] | None:
    return frozenset((expr.value,)) if isinstance(expr, Known) else None


def _addresses(expr: ValueExpr | None, reads: Mapping[int, Domain]) -> frozenset[Value] | None:
    assert expr is not None
    if isinstance(expr, Known):
        return frozenset((expr.value,))
    domain = domain_of(expr, reads)
    return None if domain is None else frozenset(v for v in domain if isinstance(v, Address))


def _overlap(a: frozenset[Value] | None, b: frozenset[Value] | None) -> bool:
    return a is None or b is None or not a.isdisjoint(b)


def _mentions(expr: ValueExpr | None, selecting: bool) -> set[int]:
    """The reads an expression's value may come from; with `selecting`, those too that select among its parts."""
    found: set[int] = set()
    todo: list[ValueExpr | Formula | None] = [expr]
    while todo:
        match todo.pop():
            case ReadValue(event):
                found.add(event)
            case Apply("ite", (condition, then, otherwise)):
                todo += (then, otherwise, condition) if selecting else (then, otherwise)
            case Apply(_, args):
                todo.extend(args)
            case Select(formula, then, otherwise):
                todo += (then, otherwise, formula) if selecting else (then, otherwise)
            case NonZero(operand) | NotF(operand):
                todo.append(operand)
            case AndF(operands) | OrF(operands):
                todo.extend(operands)
    return found
