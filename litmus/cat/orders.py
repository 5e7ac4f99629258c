"""Total orders of events: as choices of the execution, which are not listed, and as lists where a model wants these."""

from __future__ import annotations

from litmus.base.source import Span
from litmus.cat.dag import Dag, bits
from litmus.cat.mistakes import Unsupported
from litmus.cat.static import MOST, closed, linear_extensions, too_many
from litmus.cat.terms import Terms
from litmus.cat.values import Orders, Term, Value
from litmus.ir.model import Type


def linearisations(terms: Terms, value: Value, relation: Value, span: Span) -> Orders:
    """The strict total orders of a set of events that extend a relation. Raises NeedsTest without a test."""
    before = terms.relation(relation, span)
    terms.not_recursive(before, span)
    if isinstance(value, Term) and value.perhaps:
        return Orders(value.node, before, True)
    events = terms.events(value, span)
    try:
        mask = terms.mask(events, span)
    except Unsupported:  # the set depends on the execution
        return Orders(events, before)
    known, complete = terms.static.least(before, span)
    if complete:  # the same for relations that are equal, however they are written
        before = terms.dag.pairs(tuple([row & mask if mask >> i & 1 else 0 for i, row in enumerate(known)]))
    return Orders(terms.dag.events(mask), before)


def listed(terms: Terms, orders: Orders, span: Span) -> Value:
    """The set of these orders.

    The set or the relation may depend on the execution: then the orders are those of all sets of events that it may be,
    and extend the pairs that the relation always has; their terms promise the rest (see `Term`). Raises ModelError if
    there are too many, or if executions may lack the set.
    """
    if orders.perhaps:
        raise Unsupported("which sets these orders are of depends on the execution", span, "use 'cross'")
    events = most(terms, orders.events, span)
    static = is_static(terms, orders)
    always = events if static else sum(1 << e for e in bits(events) if is_certain(terms, orders.events, e, span))
    open_ = list(bits(events & ~always))
    known, complete = terms.static.least(orders.before, span)
    found: dict[int, None] = {}
    if 1 << len(open_) > MOST:
        raise too_many(f"sets that these {len(open_)} events may be", span)
    for choice in range(1 << len(open_)):
        chosen = always | sum(1 << event for k, event in enumerate(open_) if choice >> k & 1)
        for rows in linear_extensions(chosen, known, span, MOST - len(found)):
            found[terms.dag.pairs(rows)] = None
    if static and complete:
        return terms.value_set([terms.value(order) for order in found], span)
    return terms.value_set([Term(order, ((orders, events),)) for order in found], span)


def classes(terms: Terms, events: int, span: Span) -> Value:
    """A set of events that depends on the execution, partitioned by location.

    If the locations do not, too, these are the events at each. Otherwise there is for each event the class that begins
    with it: empty if that event is not there, or not the first of it.
    """
    dag = terms.dag
    possible = most(terms, events, span)
    places = terms.static.places(span)
    found: dict[Value, None] = {}
    if all(places[event] is not None for event in bits(possible)):
        for place in dict.fromkeys(places[event] for event in bits(possible)):
            there = sum(1 << event for event in bits(possible) if places[event] == place)
            certain = any(is_certain(terms, events, event, span) for event in bits(there))
            found[Term(dag.inter(events, dag.events(there)), perhaps=not certain)] = None
        return terms.value_set(found, span)
    same = dag.inter(dag.base("loc", Type.RELATION), dag.product(events, events))
    earlier = 0
    for event in bits(possible):
        one, others = (dag.identity(dag.events(mask)) for mask in (1 << event, earlier))
        whole = dag.union(dag.inter(dag.events(1 << event), events), dag.range(dag.seq(one, same)))
        found[Term(dag.diff(whole, dag.range(dag.seq(others, same))), perhaps=True)] = None
        earlier |= 1 << event
    return terms.value_set(found, span)


def is_static(terms: Terms, orders: Orders) -> bool:
    """Whether the events that are ordered are the same in every execution."""
    return terms.dag.nodes[orders.events].op in ("constant", "empty")


def is_certain(terms: Terms, events: int, event: int, span: Span) -> bool:
    """Whether an event is in a set in every execution."""
    dag = terms.dag
    try:
        return bool(terms.mask(dag.inter(events, dag.events(1 << event)), span))
    except Unsupported:
        return False


def most(terms: Terms, events: int, span: Span) -> int:
    """The events that a set has in some execution, as a mask."""
    return sum(1 << event for event, row in enumerate(terms.static.most(events, span)) if row)


def chosen(terms: Terms, orders: Orders, span: Span) -> int:
    """A relation that relates each pair of events as the execution chooses, and is one of the orders if it is acyclic,
    contains what these extend, and is `total`."""
    dag = terms.dag
    events = most(terms, orders.events, span)
    static = is_static(terms, orders)
    known = closed(terms.static.least(orders.before, span)[0], events) if static else (0,) * dag.size
    pairs = [dag.pairs(known)]
    for i in bits(events):
        for j in bits(events >> i + 1 << i + 1):
            if not (known[i] >> j | known[j] >> i) & 1:
                ways = [dag.pairs(_pair(dag, i, j)), dag.pairs(_pair(dag, j, i))]
                pairs.append(dag.choose(ways if static else [dag.empty(Type.RELATION), *ways]))
    while len(pairs) > 1:  # a balanced tree, as deep ones take stack
        pairs = [dag.union(*pairs[k : k + 2]) if len(pairs) > k + 1 else pairs[k] for k in range(0, len(pairs), 2)]
    return pairs[0]


def _pair(dag: Dag, source: int, target: int) -> tuple[int, ...]:
    return tuple([1 << target if event == source else 0 for event in range(dag.size)])
