"""What a model computes about one test while it is elaborated: the events of a set, their possible orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from litmus.base.errors import ModelError
from litmus.base.records import dataclass
from litmus.base.source import Span
from litmus.cat.dag import Dag, Rows, bits
from litmus.cat.mistakes import Unsupported
from litmus.ir.model import Fixpoint, Node, Type

MOST = 6000
"""The most elements that an enumeration may have: more than the orders of 7 events."""

OWN_COHERENCE = "if this is a copy of herd7's cos.cat, remove it: litmus has its own, which enumerates nothing"

_DEEPEST = 30  # how many nested unions and intersections `Static.least` looks into


class NeedsTest(ModelError):
    """The model can only be elaborated for one test: `CatModel.elaborate` needs its `members`."""


class Members(Protocol):
    """The contents of nodes in one test.

    `set` and `relation` raise ModelError for a node that is not the same in every execution of the test.
    """

    def places(self) -> tuple[object, ...]:
        """The location of each event; None if it has none, or one that depends on the execution."""

    def set(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> int:
        """The events of the set `nodes[node]`, as a mask."""

    def relation(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], node: int) -> Rows:
        """The rows of the relation `nodes[node]`, one for each event of the test."""

    def most(self, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint], wanted: Sequence[int]) -> list[Rows]:
        """The pairs that relations have in some execution, and perhaps more; of sets, the identity on their members."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What decides whether a recursion that is no least solution is at rest, after `rounds` rounds.

    It is if no execution has anything in `changes`. Nor is there another change if there were more rounds than there
    can be: each adds a pair to one of the relations `growing`, or nothing follows but the `names` defined by these.
    """

    changes: tuple[int, ...]
    growing: tuple[int, ...]
    names: int
    rounds: int

    def reached(self, members: Members, nodes: Sequence[Node], fixpoints: Sequence[Fixpoint]) -> bool:
        """Whether it is, in the executions of a test."""
        found = members.most(nodes, fixpoints, (*self.changes, *self.growing))
        if not any(any(rows) for rows in found[: len(self.changes)]):
            return True
        possible = sum(row.bit_count() for rows in found[len(self.changes) :] for row in rows)
        return self.rounds > possible + self.names


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a model that was elaborated for one test is the model of another, too: its recursions end as they did."""

    nodes: Sequence[Node]
    fixpoints: Sequence[Fixpoint]
    rests: tuple[tuple[Rest, bool], ...]

    def hold(self, members: Members) -> bool:
        """Whether they do in a test."""
        return all(rest.reached(members, self.nodes, self.fixpoints) is reached for rest, reached in self.rests)


class Static:
    """The members of one test's sets and relations; without a test, all methods raise NeedsTest.

    `rests` are what was asked about recursions; `asked`: more of the test than that is in the answers.
    """

    def __init__(self, dag: Dag, members: Members | None) -> None:
        self.dag = dag
        self.members = members
        self.rests: list[tuple[Rest, bool]] = []
        self.asked = False
        self._masks: dict[int, int] = {}
        self._rows: dict[int, Rows] = {}
        self._least: dict[int, tuple[Rows, bool]] = {}

    def mask(self, node: int, span: Span) -> int:
        """The events of a set."""
        found = 0 if self.dag.nodes[node].op == "empty" else self._masks.get(node)
        if found is None:
            members = self._test(span)
            self.asked = True
            try:
                found = members.set(self.dag.nodes, self.dag.fixpoints, node)
            except ModelError as error:
                raise Unsupported(error.message, span, OWN_COHERENCE) from None
            self._masks[node] = found
        return found

    def rows(self, node: int, span: Span) -> Rows:
        """The rows of a relation."""
        found = self._rows.get(node)
        if found is None:
            members = self._test(span)
            self.asked = True
            try:
                found = members.relation(self.dag.nodes, self.dag.fixpoints, node)
            except ModelError as error:
                raise Unsupported(error.message, span, OWN_COHERENCE) from None
            self._rows[node] = found
        return found

    def most(self, node: int, span: Span) -> Rows:
        """The pairs that a relation may have; of a set, the identity on its members."""
        members = self._test(span)
        self.asked = True
        return members.most(self.dag.nodes, self.dag.fixpoints, (node,))[0]

    def places(self, span: Span) -> tuple[object, ...]:
        """The location of each event; None if it has none, or one that depends on the execution."""
        self.asked = True
        return self._test(span).places()

    def at_rest(self, rest: Rest, span: Span) -> bool:
        """Whether a recursion is at rest."""
        found = rest.reached(self._test(span), self.dag.nodes, self.dag.fixpoints)
        self.rests.append((rest, found))
        return found

    @property
    def grounds(self) -> Grounds | None:
        """Why the answers may be those for another test; None if they are for this one alone."""
        return None if self.asked else Grounds(self.dag.nodes, self.dag.fixpoints, tuple(self.rests))

    def least(self, node: int, span: Span, depth: int = 0) -> tuple[Rows, bool]:
        """Pairs that are in a relation in every execution, and whether the relation never has any others."""
        found = self._least.get(node)
        if found is None:
            found = self._least[node] = self._find_least(node, span, depth)
        return found

    def _find_least(self, node: int, span: Span, depth: int) -> tuple[Rows, bool]:
        try:
            return self.rows(node, span), True
        except NeedsTest:
            raise
        except ModelError:
            pass
        expression = self.dag.nodes[node]
        if expression.op not in ("union", "inter") or depth > _DEEPEST:
            return (0,) * self.dag.size, False
        (left, _), (right, _) = (self.least(arg, span, depth + 1) for arg in expression.args)
        if expression.op == "union":
            return tuple(a | b for a, b in zip(left, right, strict=True)), False
        return tuple(a & b for a, b in zip(left, right, strict=True)), False

    def _test(self, span: Span) -> Members:
        if self.members is None:
            raise NeedsTest("this needs the events of a test", span)
        if self.dag.size < 0:
            empty = self.dag.empty(Type.RELATION)
            self.dag.size = len(self.members.relation(self.dag.nodes, self.dag.fixpoints, empty))
        return self.members


def linear_extensions(events: int, before: Rows, span: Span, most: int = MOST) -> Iterator[Rows]:
    """The strict total orders of the events in a mask that contain `before`, restricted to these events.

    Raises ModelError if there are more than `most` orders.
    """
    members = list(bits(events))
    needs = dict.fromkeys(members, 0)
    for i in members:
        for j in bits(before[i] & events):
            needs[j] |= 1 << i
    if _is_cyclic(needs):
        return  # the search would find out only after trying every order of the other events
    found = 0
    # a stack of (order so far, the events in it, those that may come next)
    stack: list[tuple[tuple[int, ...], int]] = [((), 0)]
    while stack:
        order, done = stack.pop()
        if len(order) == len(members):
            found += 1
            if found > most:
                raise too_many(f"orders of these {len(members)} events", span)
            yield _order_rows(order, len(before))
            continue
        ready = [j for j in members if not done >> j & 1 and not needs[j] & ~done]
        stack.extend(((*order, j), done | 1 << j) for j in reversed(ready))


def closed(rows: Rows, events: int) -> Rows:
    """The transitive closure of a relation among the events in a mask."""
    found = [row & events if events >> i & 1 else 0 for i, row in enumerate(rows)]
    for k in bits(events):
        for i in bits(events):
            if found[i] >> k & 1:
                found[i] |= found[k]
    return tuple(found)


def _is_cyclic(needs: Mapping[int, int]) -> bool:
    done = 0
    left = set(needs)
    while ready := [event for event in left if not needs[event] & ~done]:
        left.difference_update(ready)
        done |= sum(1 << event for event in ready)
    return bool(left)


def _order_rows(order: Sequence[int], size: int) -> Rows:
    rows = [0] * size
    after = 0
    for event in reversed(order):
        rows[event] = after
        after |= 1 << event
    return tuple(rows)


def too_many(what: str, span: Span) -> Unsupported:
    return Unsupported(f"there are more than {MOST:,} {what}, too many to enumerate", span, OWN_COHERENCE)
