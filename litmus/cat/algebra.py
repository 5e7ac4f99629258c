"""Cat's operators on values: they check the types of the operands and make nodes for sets and relations."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from litmus.base.errors import ModelError
from litmus.base.source import Span
from litmus.cat import orders
from litmus.cat.dag import Dag, bits
from litmus.cat.mistakes import Mistake, NotMonotone, Unsupported
from litmus.cat.static import MOST, Members, NeedsTest, Static, too_many
from litmus.cat.values import (
    EMPTY,
    UNIVERSE,
    Broken,
    Builtin,
    Closure,
    Crossing,
    Element,
    Family,
    Literal,
    Membership,
    Orders,
    Pair,
    Routine,
    Tag,
    Term,
    Tuple,
    Value,
    ValueSet,
)
from litmus.ir.model import Type

ONLY_ORDERED = "'linearisations' and 'with ... from' can be applied to them"


class Algebra:
    """The values of one elaboration.

    `open` are the recursion variables whose definitions are being evaluated, as bits like `Dag.depends`; `enums` has
    the tags of every enum. Events with a tag of `hidden` are in nothing but the relations that are about them. All
    methods raise ModelError at the span of the operand that has the wrong type.
    """

    def __init__(self, members: Members | None, updates: bool = False, hidden: frozenset[str] = frozenset()) -> None:
        self.dag = Dag(updates)
        self.hidden = hidden
        self.static = Static(self.dag, members)
        self.enums: dict[str, tuple[str, ...]] = {}
        self.open = 0

    # --- values and nodes ---

    def value(self, node: int) -> Value:
        """The value of a node; an empty set or relation becomes EMPTY, which can be either."""
        return EMPTY if self.dag.nodes[node].op == "empty" else Term(node)

    def type(self, term: Term) -> Type:
        return self.dag.nodes[term.node].type

    def relation(self, value: Value, span: Span) -> int:
        """The node of a value that must be a relation."""
        return self.typed(value, Type.RELATION, span)

    def events(self, value: Value, span: Span) -> int:
        """The node of a value that must be a set of events."""
        return self.typed(value, Type.SET, span)

    def typed(self, value: Value, type: Type, span: Span) -> int:
        if isinstance(value, Literal):
            return self.dag.empty(type) if value is EMPTY else self.everything(type)
        wanted = "a relation" if type is Type.RELATION else "a set of events"
        if not isinstance(value, Term | Element | Pair):
            raise self.mistaken(wanted, value, span)
        node = self.node(value, span)
        if self.dag.nodes[node].type is not type:
            raise self.mistaken(wanted, value, span)
        return node

    def everything(self, type: Type) -> int:
        """All events, or all pairs of them, but for the hidden ones."""
        every = self.dag.universe(Type.SET)
        if self.hidden:
            every = self.dag.diff(every, self.dag.tag(self.hidden))
        return every if type is Type.SET else self.dag.product(every, every)

    def given(self, name: str, type: Type) -> int:
        """What an execution gives, but for the hidden events."""
        node = self.dag.base(name, type)
        return self.dag.inter(node, self.everything(type)) if self.hidden else node

    def node(self, value: Value, span: Span) -> int:
        """The node of a value that must be a set of events or a relation, and not a `Literal`."""
        match value:
            case Term(node=node, within=within, perhaps=perhaps):
                if within:
                    message = "orders that depend on the execution can only be used in '|' and in 'with ... from'"
                    raise ModelError(message, span)
                if perhaps:
                    raise Unsupported("which sets these are depends on the execution", span, ONLY_ORDERED)
                return node
            case Element(event=event):
                return self.dag.events(1 << event)
            case Pair(source=source, target=target):
                return self.dag.pairs(tuple(1 << target if i == source else 0 for i in range(self.dag.size)))
        raise self.mistaken("a set of events or a relation", value, span)

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
                return orders.unions(self, items, span)
        return value

    def value_set(self, values: Collection[Value], span: Span) -> Value:
        """The set of these values, which must be of one kind."""
        if len(values) > MOST:
            raise too_many("elements in this set", span)
        if not values:
            return EMPTY
        typical = next((value for value in values if value is not EMPTY), EMPTY)
        for value in values:
            self.same_kind(value, typical, span)
        return ValueSet(values)

    def same_kind(self, value: Value, other: Value, span: Span) -> None:
        """Check that two values can be elements of one set."""
        if UNIVERSE in (value, other):
            raise Mistake("'_' (the universe) cannot be an element of a set", span)
        if EMPTY not in (value, other) and self.kind(value) != self.kind(other):
            raise Mistake(f"a set cannot hold {self.describe(other)} and {self.describe(value)}", span)

    def literal(self, values: Sequence[Value], span: Span) -> Value:
        """`{v1, ..., vn}`."""
        for sort in (Element, Pair):
            if all(isinstance(value, sort) for value in values):
                return self.value(self.unite([self.node(value, span) for value in values]))
        return self.value_set(values, span)

    def kind(self, value: Value) -> object:
        """The kind of a value: all elements of a set have the same kind."""
        if isinstance(value, Term):
            return self.type(value)
        if isinstance(value, Orders | Crossing):
            return ValueSet
        return value.enum if isinstance(value, Tag) else type(value)

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

    def mask(self, node: int, span: Span) -> int:
        self.not_recursive(node, span)
        return self.static.mask(node, span)

    def rows(self, node: int, span: Span) -> tuple[int, ...]:
        self.not_recursive(node, span)
        return self.static.rows(node, span)

    def not_recursive(self, node: int, span: Span) -> None:
        if self.dag.depends[node] & self.open:
            raise ModelError("the elements of a set or relation cannot be enumerated inside its own definition", span)

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

    # --- words ---

    def mistaken(self, wanted: str, value: Value, span: Span) -> Mistake:
        return Mistake(f"expected {wanted}, found {self.describe(value)}", span)

    def describe(self, value: Value) -> str:
        """A value in words, for messages."""
        match value:
            case Term():
                return "a set of events" if self.type(value) is Type.SET else "a relation"
            case Element():
                return "an event"
            case Pair():
                return "a pair of events"
            case Tag(name=name):
                return f"the tag '{name}"
            case Tuple(items=items):
                return f"a tuple of {len(items)}"
            case ValueSet(items=items):
                return "a set of tags" if isinstance(next(iter(items)), Tag) else "a set of values"
            case Orders() | Crossing(factors=ValueSet()):
                return "a set of values"
            case Family() | Crossing():
                return "a set that depends on the execution"
            case Closure() | Builtin():
                return "a function"
            case Routine():
                return "a procedure"
            case Broken():
                return "a definition with an unknown name"
            case Literal():
                return value.value
