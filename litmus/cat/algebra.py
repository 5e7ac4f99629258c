"""Cat's operators on values: they check the types of the operands and make nodes for sets and relations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from litmus.base.errors import ModelError
from litmus.base.source import Span
from litmus.cat import orders
from litmus.cat.dag import bits
from litmus.cat.mistakes import Mistake, NotMonotone
from litmus.cat.static import MOST, NeedsTest, too_many
from litmus.cat.terms import Terms
from litmus.cat.values import (
    EMPTY,
    UNIVERSE,
    Crossing,
    Element,
    Family,
    Literal,
    Membership,
    Orders,
    Pair,
    Tag,
    Term,
    Tuple,
    Value,
    ValueSet,
)
from litmus.ir.model import Type


class Algebra(Terms):
    """The values of one elaboration and the operators on them. All methods raise ModelError as those of `Terms`."""

    def common_type(self, values: Sequence[Value], spans: Sequence[Span]) -> Type | None:
        """The type that all operands have; None if each of them can be a set or a relation."""
        found: tuple[Type, Value] | None = None
        for value, span in zip(values, spans, strict=True):
            match value:
                case Literal():
                    continue
                case Term():
                    type = self.type(value)
                case Element():
                    type = Type.SET
                case Pair():
                    type = Type.RELATION
                case _:
                    raise self.mistaken("a set of events or a relation", value, span)
            if found is not None and found[0] is not type:
                raise Mistake(f"{self.describe(found[1])} and {self.describe(value)} cannot be combined", span)
            found = found or (type, value)
        return found[0] if found else None

    # --- operators ---

    def unary(self, op: str, value: Value, span: Span) -> Value:
        """`~`, `[]`, or one of the postfix `+ * ? ^-1`."""
        dag = self.dag
        value = self.listed(value, span)
        match op:
            case "~":
                return self.complement(value, span)
            case "[]":
                return self.value(dag.identity(self.events(value, span)))
            case "+":
                return self.value(dag.plus(self.relation(value, span)))
            case "*" | "?" if self.hidden:
                node = self.relation(value, span)
                identity = dag.identity(self.everything(Type.SET))
                return self.value(dag.union(dag.plus(node) if op == "*" else node, identity))
            case "*":
                return self.value(dag.star(self.relation(value, span)))
            case "?":
                return self.value(dag.option(self.relation(value, span)))
        if isinstance(value, Pair):
            return Pair(value.target, value.source)
        return self.value(dag.inverse(self.relation(value, span)))

    def complement(self, value: Value, span: Span) -> Value:
        if isinstance(value, Literal):
            return UNIVERSE if value is EMPTY else EMPTY
        if isinstance(value, ValueSet | Tag):
            drop = self.items(value, span)
            return self.value_set([tag for tag in self.all_tags(drop, span) if tag not in drop], span)
        node = self.node(value, span)
        self.not_open(node, "'~'", span)
        return self.value(self.dag.diff(self.everything(self.dag.nodes[node].type), node))

    def infix(self, op: str, values: Sequence[Value], spans: Sequence[Span]) -> Value:
        """`| & \\ ; ++` on two or more operands, `*` on two."""
        if op == "++":  # orders that are an element of a set of sets are not listed
            values = [*values[:-1], self.listed(values[-1], spans[-1])]
        else:
            values = [self.listed(value, span) for value, span in zip(values, spans, strict=True)]
        match op:
            case "|":
                return self.union(values, spans)
            case "*":
                left, right = (self.events(value, span) for value, span in zip(values, spans, strict=True))
                return self.value(self.dag.product(left, right))
            case ";":
                nodes = [self.relation(value, span) for value, span in zip(values, spans, strict=True)]
                found = nodes[0]
                for node in nodes[1:]:
                    found = self.dag.seq(found, node)
                return self.value(found)
            case "++":
                result = values[-1]
                for i in range(len(values) - 2, -1, -1):
                    result = self.add(values[i], result, spans[i], spans[-1])
                return result
        binary = self.inter if op == "&" else self.diff
        result = values[0]
        for value, span in zip(values[1:], spans[1:], strict=True):
            result = binary(result, value, spans[0], span)
        return result

    def union(self, values: Sequence[Value], spans: Sequence[Span]) -> Value:
        if any(isinstance(value, ValueSet | Tag) for value in values):
            items: dict[Value, None] = {}
            for value, span in zip(values, spans, strict=True):
                items.update(dict.fromkeys(self.items(value, span)))
            return self.value_set(items, spans[0])
        type = self.common_type(values, spans)
        if type is None or UNIVERSE in values:
            return UNIVERSE if UNIVERSE in values else EMPTY
        within = dict.fromkeys(promise for value in values if isinstance(value, Term) for promise in value.within)
        node = self.unite(
            [
                value.node if isinstance(value, Term) and value.within else self.typed(value, type, span)
                for value, span in zip(values, spans, strict=True)
            ]
        )
        return Term(node, tuple(within)) if within else self.value(node)

    def unite(self, nodes: Sequence[int]) -> int:
        """The union of nodes of one type."""
        found = nodes[0]
        for node in nodes[1:]:
            found = self.dag.union(found, node)
        return found

    def inter(self, left: Value, right: Value, left_span: Span, right_span: Span) -> Value:
        if isinstance(left, ValueSet | Tag) or isinstance(right, ValueSet | Tag):
            if left is UNIVERSE or right is UNIVERSE:
                return right if left is UNIVERSE else left
            keep = self.items(right, right_span)
            return self.value_set([item for item in self.items(left, left_span) if item in keep], left_span)
        type = self.common_type((left, right), (left_span, right_span))
        if UNIVERSE in (left, right):
            return right if left is UNIVERSE else left
        if type is None:
            return EMPTY
        return self.value(self.dag.inter(self.typed(left, type, left_span), self.typed(right, type, right_span)))

    def diff(self, left: Value, right: Value, left_span: Span, right_span: Span) -> Value:
        if isinstance(left, ValueSet | Tag) or isinstance(right, ValueSet | Tag):
            drop = self.items(right, right_span)
            keep = self.all_tags(drop, left_span) if left is UNIVERSE else self.items(left, left_span)
            return self.value_set([item for item in keep if item not in drop], left_span)
        type = self.common_type((left, right), (left_span, right_span))
        if type is None:
            return UNIVERSE if (left, right) == (UNIVERSE, EMPTY) else EMPTY
        removed = self.typed(right, type, right_span)
        self.not_open(removed, "the right side of '\\'", right_span)
        return self.value(self.dag.diff(self.typed(left, type, left_span), removed))

    def add(self, value: Value, values: Value, value_span: Span, values_span: Span) -> Value:
        """`value ++ values`: adds an event to a set, a pair to a relation, or a value to a set of such values."""
        if UNIVERSE in (value, values):
            raise Mistake("'_' (the universe) cannot be used with '++'", value_span)
        if isinstance(values, Term):
            if isinstance(value, Tuple):
                value = self.pair(value, value_span)
            if not isinstance(value, Element | Pair):
                wanted = "an event" if self.type(values) is Type.SET else "a pair of events"
                raise self.mistaken(wanted, value, value_span)
            return self.union((value, values), (value_span, values_span))
        if values is EMPTY:
            if isinstance(value, Element | Pair):
                return self.value(self.node(value, value_span))
            return ValueSet((value,))
        if not isinstance(values, ValueSet):
            raise self.mistaken("a set", values, values_span)
        if value in values.items:
            return values
        if len(values.items) >= MOST:
            raise too_many("elements in this set", value_span)
        self.same_kind(value, next(iter(values.items)), value_span)
        return ValueSet((value, *values.items))

    def pair(self, value: Tuple, span: Span) -> Pair:
        match value.items:
            case (Element(event=source), Element(event=target)):
                return Pair(source, target)
        raise self.mistaken("a pair of events", value, span)

    def not_open(self, node: int, operator: str, span: Span) -> None:
        """Check that no variable being defined is negated in its own definition: recursion must be monotone."""
        if self.dag.depends[node] & self.open:
            message = f"a recursive definition must not use its own names under {operator}"
            raise NotMonotone(message, span, "it may have no least solution")

    # --- sets of values ---

    def items(self, value: Value, span: Span) -> Collection[Value]:
        """The elements of a set of values; a tag alone stands for the set with this one tag."""
        value = self.listed(value, span)
        if value is EMPTY:
            return ()
        if isinstance(value, Tag):
            return (value,)
        if isinstance(value, ValueSet):
            return value.items
        raise self.mistaken("a set of values", value, span)

    def listed(self, value: Value, span: Span) -> Value:
        """A value, as the set of its elements where it is one that is not listed yet."""
        match value:
            case Orders():
                return orders.listed(self, value, span)
            case Crossing(factors=ValueSet(items=items)):
                return self.unions(items, span)
        return value

    def unions(self, sets: Iterable[Value], span: Span) -> Value:
        """All unions of one relation from each set."""
        found: Value = ValueSet((EMPTY,))
        for options in sets:
            wider: Value = EMPTY
            for one in self.items(options, span):
                for other in self.items(found, span):
                    wider = self.add(self.union((one, other), (span, span)), wider, span, span)
            found = wider
        return found

    def literal(self, values: Sequence[Value], span: Span) -> Value:
        """`{v1, ..., vn}`."""
        for sort in (Element, Pair):
            if all(isinstance(value, sort) for value in values):
                return self.value(self.unite([self.node(value, span) for value in values]))
        return self.value_set(values, span)

    def all_tags(self, tags: Collection[Value], span: Span) -> tuple[Tag, ...]:
        """All tags of the enum to which these tags belong."""
        first = next(iter(tags), None)
        if not isinstance(first, Tag):
            raise Mistake("'_' and '~' need an enum here: these values are not tags", span)
        return tuple(Tag(first.enum, name) for name in self.enums[first.enum])

    # --- elements, which may depend on the test ---

    def elements(self, value: Value, span: Span) -> tuple[Value, ...]:
        """The elements of a set of events, a relation or a set of values."""
        if not isinstance(value, Term):
            return tuple(self.items(value, span))
        node = self.node(value, span)
        if self.type(value) is Type.SET:
            return tuple(Element(event) for event in bits(self.mask(node, span)))
        rows = self.rows(node, span)
        return tuple(Pair(i, j) for i, row in enumerate(rows) for j in bits(row))

    def perhaps(self, value: Value, span: Span) -> tuple[tuple[Value, Membership | None], ...]:
        """The elements that a set or relation may have, each with the condition that it has it: None if it always has.

        Raises NeedsTest without a test.
        """
        if isinstance(value, Family):
            return value.items
        if not isinstance(value, Term):
            return tuple([(item, None) for item in self.items(value, span)])
        node = self.node(value, span)
        self.not_recursive(node, span)
        rows = self.static.most(node, span)
        try:
            return tuple([(element, None) for element in self.elements(value, span)])
        except NeedsTest:
            raise
        except ModelError:  # it depends on the execution
            pairs = [(i, j) for i, row in enumerate(rows) for j in bits(row)]
            if self.type(value) is Type.SET:
                return tuple([(Element(i), Membership(Element(i), node)) for i, _ in pairs])
            return tuple([(Pair(i, j), Membership(Pair(i, j), node)) for i, j in pairs])

    def collect(self, elements: Sequence[Value], like: Value, span: Span) -> Value:
        """The set of these elements, of the same sort as the set `like`."""
        if not elements:
            return EMPTY
        if not isinstance(like, Term):
            return ValueSet(elements)
        return self.value(self.unite([self.node(element, span) for element in elements]))

    def compare(self, op: str, values: tuple[Value, Value], spans: tuple[Span, Span]) -> bool:
        """`left = right`, `left subset right` or `left in right`."""
        left, right = values = (self.listed(values[0], spans[0]), self.listed(values[1], spans[1]))
        if op == "in":
            if isinstance(left, Tuple) and isinstance(right, Term):
                left = self.pair(left, spans[0])
            elements = self.elements(right, spans[1])
            return left in elements or self.extent(left, spans[0]) in {self.extent(e, spans[1]) for e in elements}
        if left == right or (op == "subset" and left is EMPTY):
            return True
        if op == "=" and isinstance(left, Tag) and isinstance(right, Tag):
            return False
        if isinstance(left, Term) or isinstance(right, Term):
            self.common_type(values, spans)
        for value, span in zip(values, spans, strict=True):
            if not isinstance(value, Term | ValueSet | Tag) and value is not EMPTY:
                raise Mistake(f"{self.describe(value)} cannot be compared", span)
        sets = [frozenset(self.elements(value, span)) for value, span in zip(values, spans, strict=True)]
        if op == "subset" and sets[0] <= sets[1]:
            return True
        a, b = (frozenset([self.extent(e, span) for e in items]) for items, span in zip(sets, spans, strict=True))
        return a == b if op == "=" else a <= b

    def extent(self, value: Value, span: Span) -> Value:
        """The value with its sets and relations as constants, so that different expressions compare equal."""
        match value:
            case Term():
                node = self.node(value, span)
                if self.type(value) is Type.SET:
                    return self.value(self.dag.events(self.mask(node, span)))
                return self.value(self.dag.pairs(self.rows(node, span)))
            case ValueSet(items=items):
                return ValueSet([self.extent(item, span) for item in items])
            case Tuple(items=items):
                return Tuple(tuple([self.extent(item, span) for item in items]))
            case Orders() | Crossing():
                return self.extent(self.listed(value, span), span)
        return value
