"""Building formulas and value expressions, with the simplifications that keep most tests free of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TypeVar

from litmus.base.errors import LimitReached
from litmus.ir.events import (
    ALWAYS,
    NEVER,
    AndF,
    Apply,
    Formula,
    Known,
    NonZero,
    NotF,
    OrF,
    Select,
    Truth,
    ValueExpr,
)
from litmus.ir.thread import Operator
from litmus.ir.values import apply

MAX_DEPTH = 160
"""The deepest nesting of operators in a value or condition; code that recurses over them relies on it."""

_Node = TypeVar("_Node", Apply, Select, NonZero, NotF, AndF, OrF)

_SYMMETRIC = frozenset({"eq", "ne"})
_SAME_IS_ZERO = frozenset({"xor", "sub", "ne", "lt", "gt", "ult"})
_SAME_IS_ONE = frozenset({"eq", "le", "ge"})
_SAME_IS_SELF = frozenset({"and", "or"})
_ZERO_IS_NEUTRAL = frozenset({"add", "sub", "xor", "or", "shl", "shr", "sar"})
_ZERO_ABSORBS = frozenset({"and", "mul"})


class Terms:
    """Makes the nodes of one graph; equal nodes are one object, so that comparing them is cheap.

    Every method raises LimitReached for a node deeper than `MAX_DEPTH`.
    """

    __slots__ = ("_nonzero", "_unique")

    def __init__(self) -> None:
        self._unique: dict[ValueExpr | Formula, ValueExpr | Formula] = {}
        self._nonzero: dict[ValueExpr, Formula] = {}

    def _one(self, node: _Node) -> _Node:
        if node.depth > MAX_DEPTH:
            raise LimitReached(
                "limit", f"a value or a condition is more than {MAX_DEPTH} operations away from what is read"
            )
        found = self._unique.setdefault(node, node)
        assert isinstance(found, type(node))
        return found

    # --- formulas -------------------------------------------------------------------------------------------------

    def not_(self, a: Formula) -> Formula:
        """The negation."""
        match a:
            case Truth(value):
                return NEVER if value else ALWAYS
            case NotF(operand):
                return operand
        return self._one(NotF(a))

    def and_(self, *operands: Formula) -> Formula:
        """The conjunction: flattened, without duplicates, NEVER if it holds both a formula and its negation."""
        kept: dict[Formula, None] = {}
        for operand in operands:
            if operand == NEVER:
                return NEVER
            for part in operand.operands if isinstance(operand, AndF) else (operand,):
                if part != ALWAYS:
                    kept[part] = None
        if not kept:
            return ALWAYS
        if len(kept) == 1:
            return next(iter(kept))
        if any(isinstance(part, NotF) and part.operand in kept for part in kept):
            return NEVER
        disjunctions = [p for p in kept if isinstance(p, OrF)]
        for p in disjunctions:  # a disjunction that another operand implies is redundant
            cases = frozenset(p.operands)
            if not cases.isdisjoint(kept) or any(q is not p and cases.issuperset(q.operands) for q in disjunctions):
                del kept[p]
                disjunctions = [q for q in disjunctions if q is not p]
        return next(iter(kept)) if len(kept) == 1 else self._one(AndF(tuple(kept)))

    def or_(self, *operands: Formula) -> Formula:
        """The disjunction: flattened, without duplicates, ALWAYS if it holds both a formula and its negation."""
        kept: dict[Formula, None] = {}
        for operand in operands:
            if operand == ALWAYS:
                return ALWAYS
            for part in operand.operands if isinstance(operand, OrF) else (operand,):
                if part != NEVER:
                    kept[part] = None
        if not kept:
            return NEVER
        if len(kept) == 1:
            return next(iter(kept))
        if any(self.not_(part) in kept for part in kept):
            return ALWAYS
        # `not a or (a and b)` becomes `not a or b`, which keeps the conditions of leaving a loop small.
        reduced = [self._without(part, kept) if isinstance(part, AndF) else part for part in kept]
        return self._one(OrF(tuple(kept))) if reduced == list(kept) else self.or_(*reduced)

    def _without(self, part: AndF, others: Container[Formula]) -> Formula:
        """A conjunction without the operands whose negations are among the others of its disjunction."""
        return self.and_(*[operand for operand in part.operands if self.not_(operand) not in others])

    def nonzero(self, value: ValueExpr) -> Formula:
        """Whether a value is not 0; an address never is."""
        if isinstance(value, Known):
            return NEVER if value.value == 0 else ALWAYS
        found = self._nonzero.get(value)
        if found is None:
            found = self._nonzero[value] = self._nonzero_of(value)
        return found

    def _nonzero_of(self, value: ValueExpr) -> Formula:
        match value:
            case Select(formula, then, otherwise):
                yes, no = self.nonzero(then), self.nonzero(otherwise)
                if isinstance(yes, Truth) and isinstance(no, Truth):
                    if yes == no:
                        return yes
                    return formula if yes == ALWAYS else self.not_(formula)
            case Apply("eq", (x, Known(0))) | Apply("lnot", (x,)):
                return self.not_(self.nonzero(x))
            case Apply("ne", (x, Known(0))):
                return self.nonzero(x)
            case Apply("ne", (x, y), bits):
                return self.not_(self.nonzero(self.apply("eq", (x, y), bits)))
        return self._one(NonZero(value))

    def equal(self, a: ValueExpr, b: ValueExpr, bits: int) -> Formula:
        """Whether two values are equal."""
        return self.nonzero(self.apply("eq", (a, b), bits))

    # --- values ---------------------------------------------------------------------------------------------------

    def select(self, condition: Formula, then: ValueExpr, otherwise: ValueExpr) -> ValueExpr:
        """The value of an if-then-else."""
        if isinstance(condition, Truth):
            return then if condition.value else otherwise
        return then if then == otherwise else self._one(Select(condition, then, otherwise))

    def apply(self, op: Operator, args: tuple[ValueExpr, ...], bits: int) -> ValueExpr:
        """An operator on values, folded where the result does not depend on what is read."""
        if all(isinstance(a, Known) for a in args):
            value = apply(op, tuple(a.value for a in args if isinstance(a, Known)), bits)
            if value is not None:
                return Known(value)
        if op == "ite":
            return self.select(self.nonzero(args[0]), args[1], args[2])
        if len(args) == 2:
            a, b = args
            if a == b:
                if op in _SAME_IS_ZERO:
                    return Known(0)
                if op in _SAME_IS_ONE:
                    return Known(1)
                if op in _SAME_IS_SELF:
                    return a
            if b == Known(0):
                if op in _ZERO_IS_NEUTRAL:
                    return a
                if op in _ZERO_ABSORBS:
                    return b
            if op in _SYMMETRIC:  # the two orders are one node, so that a test and its opposite are seen to be that
                turned = self._unique.get(Apply(op, (b, a), bits))
                if isinstance(turned, Apply):
                    return turned
                if isinstance(a, Known):
                    args = (b, a)
            if a == Known(0):
                if op in ("add", "xor", "or"):
                    return b
                if op in _ZERO_ABSORBS:
                    return a
        return self._one(Apply(op, args, bits))


def parts(roots: Iterable[ValueExpr | Formula]) -> Iterator[ValueExpr | Formula]:
    """Every part of some expressions and formulas, each object once, after one that it is a part of."""
    todo = list(roots)
    seen: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        match node:
            case Apply(_, args):
                todo += args
            case Select(formula, then, otherwise):
                todo += (formula, then, otherwise)
            case NonZero(expr):
                todo.append(expr)
            case NotF(operand):
                todo.append(operand)
            case AndF(operands) | OrF(operands):
                todo += operands
