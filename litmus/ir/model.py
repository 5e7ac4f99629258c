"""A memory model: relational definitions over events, and the axioms that a consistent execution obeys.

The cat front end makes it; bounds, encoder and evaluator each interpret it in their own way. Expressions are
nodes of a DAG, numbered so that a node comes after its operands; only a recursion variable comes before its body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import Enum
from typing import Any, Literal, TypeVar

from litmus.base.records import dataclass
from litmus.base.source import Span

Derived = TypeVar("Derived")


class Type(Enum):
    SET = "set"
    RELATION = "relation"


LeafOp = Literal["base", "tag", "constant", "empty", "universe", "var"]
SetOp = Literal["union", "inter", "diff", "complement", "choose", "domain", "range"]
RelationOp = Literal[
    "union", "inter", "diff", "complement", "choose", "seq", "inverse", "plus", "star", "option", "product", "identity"
]
NodeOp = LeafOp | SetOp | RelationOp
"""What an expression can be: a leaf, or an operator that makes a set or a relation."""


@dataclass(frozen=True, slots=True)
class Node:
    """One expression.

    `op` is one of
      base       a set or relation the execution gives, called `name` (see `BASE_SETS`, `BASE_RELATIONS`)
      tag        the set of events that carry one of the tags in `tags`
      constant   a set or relation that elaboration for one test fixed: the events in `mask`, the pairs in `rows`
      choose     one of the operands, the same wherever the node is used: each execution picks (cat's `with x from`);
                 if the first one is empty, constant pairs are picked only where their events are executed
      empty      no event, no pair
      universe   all executed events
      union, inter, diff            two operands of one type
      complement                    of a set against the executed events, of a relation against all their pairs
      seq                           r ; s
      inverse, plus, star, option   r^-1, r^+, r^*, r?    (star and option are reflexive on the executed events)
      product                       S * T
      identity                      [S]
      domain, range                 the set of a relation's sources, of its targets
      var                           a recursion variable of the fixpoint whose group mentions it
    """

    op: NodeOp
    type: Type
    args: tuple[int, ...] = ()
    name: str = ""
    tags: frozenset[str] = frozenset()
    mask: int = 0
    rows: tuple[int, ...] = ()

    def touches(self) -> int:
        """The events of the pairs of a constant relation, as bits."""
        found = 0
        for i, row in enumerate(self.rows):
            if row:
                found |= 1 << i | row
        return found


@dataclass(frozen=True, slots=True)
class Fixpoint:
    """A group `let rec v1 = b1 and v2 = b2 ...`: the least solution.

    `variables[i]` is a node of op `var`, `bodies[i]` the node of its definition. Every node of the group's definitions
    that depends on a variable has a number in `first ... last`.
    """

    variables: tuple[int, ...]
    bodies: tuple[int, ...]
    first: int
    last: int


class AxiomKind(Enum):
    ACYCLIC = "acyclic"
    IRREFLEXIVE = "irreflexive"
    EMPTY = "empty"


class AxiomRole(Enum):
    """`check` decides consistency; `flag` marks the executions in which it holds; `undefined_unless` likewise where
    it does not hold."""

    CHECK = "check"
    FLAG = "flag"
    UNDEFINED_UNLESS = "undefined_unless"


@dataclass(frozen=True, slots=True)
class Axiom:
    """`[flag] [~]acyclic node as name`."""

    kind: AxiomKind
    node: int
    name: str
    negated: bool = False
    role: AxiomRole = AxiomRole.CHECK
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model elaborated for one dialect.

    `shown` are the relations that `show` names for pictures and explanations, as (name, node). `orders` are likewise
    those that executions choose beyond rf and co: cat's `with name from linearisations(...)`.
    """

    name: str
    nodes: tuple[Node, ...]
    fixpoints: tuple[Fixpoint, ...]
    axioms: tuple[Axiom, ...]
    shown: tuple[tuple[str, int], ...] = ()
    orders: tuple[tuple[str, int], ...] = ()
    _derived: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def derived(self, make: Callable[[Model], Derived]) -> Derived:
        """What a function makes of the model, made once: many tests are decided under one model."""
        found: Derived | None = self._derived.get(make)
        if found is None:
            found = self._derived[make] = make(self)
        return found

    def __reduce__(self) -> tuple[type[Model], tuple[object, ...]]:
        return type(self), (self.name, self.nodes, self.fixpoints, self.axioms, self.shown, self.orders)


BASE_SETS = ("M", "R", "W", "F", "B", "IW", "FW")
"""M = R | W; IW the initial writes, FW the co-last write of every location. All of executed events."""

PICKS = ("pick-addr", "pick-data", "pick-ctrl")
"""Dependencies through the condition of a selection, or what a compare-and-swap compares with."""

BASE_RELATIONS = (
    *("po", "addr", "data", "ctrl", *PICKS, "rmw", "amo"),
    *("rf", "co", "loc", "same-value", "int", "ext", "id", "si"),
)
"""`loc` relates events on one location and is reflexive on them; so does `same-value` the events that have one value.
`int` relates events of one thread and is
reflexive on them; `ext` relates events of different threads. An initial write is external to every thread; two initial
writes are neither. `id` is the identity, `si` relates the events of one instruction and is reflexive. All on executed
events only. Everything else (fr, coi, rfe, po-loc ...) is defined in cat from these."""

REGISTER_SETS = ("Rreg", "Wreg", "ADDR", "DATA", "NDATA")
"""The sets of accesses to registers, in graphs that have them: reads, writes, and what is read for an address, for a
value that is stored, and not for one."""

REGISTER_RELATIONS = ("rf-reg", "iico_data", "iico_ctrl", "iico_order", "same-register")
"""The relations of such graphs in addition, as `litmus.unfold.registers` explains them."""
