"""The functions of cat that cat itself cannot define."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from litmus.base.errors import did_you_mean
from litmus.base.source import Span
from litmus.cat import orders
from litmus.cat.algebra import Algebra
from litmus.cat.mistakes import Mistake, Unsupported
from litmus.cat.values import EMPTY, Builtin, Crossing, Family, Orders, Tag, Term, Tuple, Value, ValueSet
from litmus.ir.model import Type

_REGISTERS = "what it says of accesses to registers"
_CLASSES = "relations between classes of events"
_BELL = "what a bell file declares"
_TABLES = "page tables"

UNSUPPORTED: Mapping[str, str] = {
    **dict.fromkeys(("equiv-spec", "partial_po", "tst"), _REGISTERS),
    **dict.fromkeys(("depend", "control", "success"), "dependencies are addr, data and ctrl"),
    "PRED": "branches are in B, of whatever kind",
    **dict.fromkeys(("same-instr", "same-static"), "the same instruction of two rounds of a loop"),
    "CutOff": "an execution that reaches the limit of a loop has no event for it",
    **dict.fromkeys(("lift", "delift", "deliftinter", "bisimulation"), _CLASSES),
    **dict.fromkeys(("tag2scope", "tag2level", "tag2fenced", "loc2events"), _BELL),
    **dict.fromkeys(("same-oa", "oa-changes", "at-least-one-writable", "same-low-order-bits"), _TABLES),
}
"""Names that herd7 7.58 defines and litmus does not, and why. Using one is an error that `try` does not catch."""


class Builtins:
    """The builtin functions over the values of one elaboration; `sets` are the set names of the dialect.

    `call` applies a function of cat to an argument.
    """

    def __init__(self, algebra: Algebra, sets: frozenset[str], call: Callable[[Value, Value, Span], Value]) -> None:
        self.algebra = algebra
        self.sets = sets
        self.call = call
        self.functions: Mapping[str, Callable[[Value, Span], Value]] = {
            "domain": self.domain,
            "range": self.range,
            "as_transitive": self.as_transitive,
            "inter_transitive": self.inter_transitive,
            "fromto": self.fromto,
            "tag2events": self.tag_to_events,
            "map": self.map,
            "cross": self.cross,
            "classes-loc": self.classes_loc,
            "classes": self.classes,
            "linearisations": self.linearisations,
            "different-values": self.different_values,
            "fail": self.fail,
        }

    def domain(self, value: Value, span: Span) -> Value:
        return self.algebra.value(self.algebra.dag.domain(self.algebra.relation(value, span)))

    def range(self, value: Value, span: Span) -> Value:
        return self.algebra.value(self.algebra.dag.range(self.algebra.relation(value, span)))

    def as_transitive(self, value: Value, span: Span) -> Value:
        """The transitive closure: in herd7 this is a hint that the relation is transitive."""
        return self.algebra.unary("+", value, span)

    def inter_transitive(self, value: Value, span: Span) -> Value:
        """Of a pair (r, s): the pairs of s that are also in r+."""
        if not isinstance(value, Tuple) or len(value.items) != 2:
            raise self.algebra.mistaken("two relations", value, span)
        steps, pairs = (self.algebra.relation(item, span) for item in value.items)
        return self.algebra.value(self.algebra.dag.inter(pairs, self.algebra.dag.plus(steps)))

    def different_values(self, value: Value, span: Span) -> Value:
        """The pairs of a relation whose events read or wrote different values."""
        dag = self.algebra.dag
        return self.algebra.value(dag.diff(self.algebra.relation(value, span), dag.base("same-value", Type.RELATION)))

    def fromto(self, value: Value, span: Span) -> Value:
        """The pairs in program order with a fence from the set between them."""
        dag = self.algebra.dag
        fences = dag.inter(self.algebra.events(value, span), dag.base("F", Type.SET))
        po = self.algebra.given("po", Type.RELATION)
        return self.algebra.value(dag.seq(dag.seq(po, dag.identity(fences)), po))

    def tag_to_events(self, value: Value, span: Span) -> Value:
        """The set of events that a tag names: `Once` for `'once` or `'ONCE`."""
        if not isinstance(value, Tag):
            raise self.algebra.mistaken("a tag", value, span)
        for name in (value.name.capitalize(), value.name[:1].upper() + value.name[1:], value.name):
            if name in self.sets:
                return Term(self.algebra.dag.tag(frozenset((name,))))
        hint = did_you_mean(value.name.capitalize(), self.sets)
        raise Mistake(f"the tag '{value.name} names no set of events", span, hint)

    def map(self, function: Value, _: Span) -> Value:
        """The function that maps a set to what another function makes of its elements."""
        return Builtin("map", lambda value, span: self.images(function, value, span))

    def images(self, function: Value, value: Value, span: Span) -> Value:
        """What a function makes of the elements of a set."""
        found = [(self.call(function, item, span), condition) for item, condition in self.algebra.perhaps(value, span)]
        if any(condition is not None or isinstance(image, Family) for image, condition in found):
            return Family(tuple(found))
        images: Value = EMPTY
        for image, _ in found:
            images = self.algebra.add(image, images, span, span)
        return images

    def cross(self, value: Value, span: Span) -> Value:
        """Of a set of sets of relations: all unions of one relation from each set."""
        if isinstance(value, Family):
            return Crossing(value)
        sets = self.algebra.items(value, span)
        if any(isinstance(options, Orders) for options in sets):
            return Crossing(ValueSet(sets))
        return self.algebra.unions(sets, span)

    def classes_loc(self, value: Value, span: Span) -> Value:
        """The events of a set, partitioned by location."""
        events = self.algebra.events(value, span)
        locations = self.algebra.dag.base("loc", Type.RELATION)
        try:
            return self.partition(self.algebra.mask(events, span), self.algebra.rows(locations, span))
        except Unsupported:
            return orders.classes(self.algebra, events, span)

    def classes(self, value: Value, span: Span) -> Value:
        """The classes of an equivalence relation."""
        rows = self.algebra.rows(self.algebra.relation(value, span), span)
        return self.partition(sum(1 << i for i, row in enumerate(rows) if row), rows)

    def partition(self, events: int, rows: Sequence[int]) -> Value:
        found: list[Value] = []
        while events:
            first = (events & -events).bit_length() - 1
            together = (rows[first] | 1 << first) & events
            found.append(self.algebra.value(self.algebra.dag.events(together)))
            events &= ~together
        return ValueSet(found) if found else EMPTY

    def linearisations(self, value: Value, span: Span) -> Value:
        """The strict total orders of a set of events that extend a relation, restricted to the set."""
        if not isinstance(value, Tuple) or len(value.items) != 2:
            raise self.algebra.mistaken("a set of events and a relation", value, span)
        events, before = value.items
        return orders.linearisations(self.algebra, events, before, span)

    def fail(self, value: Value, span: Span) -> Value:
        raise Mistake(f"the model fails on {self.algebra.describe(value)}", span)
