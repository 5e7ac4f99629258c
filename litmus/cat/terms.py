"""The values of cat and what they stand for: nodes of sets and relations, lists, and kinds of elements."""

from __future__ import annotations

from collections.abc import Collection

from litmus.base.errors import ModelError
from litmus.base.source import Span
from litmus.cat.dag import Dag
from litmus.cat.mistakes import Mistake, Unsupported
from litmus.cat.static import MOST, Members, Static, too_many
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


class Terms:
    """What the values of one elaboration stand for: their nodes, their kinds, and their words in messages.

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

    def kind(self, value: Value) -> object:
        """The kind of a value: all elements of a set have the same kind."""
        if isinstance(value, Term):
            return self.type(value)
        if isinstance(value, Orders | Crossing):
            return ValueSet
        return value.enum if isinstance(value, Tag) else type(value)

    def mask(self, node: int, span: Span) -> int:
        self.not_recursive(node, span)
        return self.static.mask(node, span)

    def rows(self, node: int, span: Span) -> tuple[int, ...]:
        self.not_recursive(node, span)
        return self.static.rows(node, span)

    def not_recursive(self, node: int, span: Span) -> None:
        if self.dag.depends[node] & self.open:
            raise ModelError("the elements of a set or relation cannot be enumerated inside its own definition", span)

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
