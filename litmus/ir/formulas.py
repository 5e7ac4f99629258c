"""Building formulas and value expressions with the simplifications that keep most tests free of them."""

from __future__ import annotations

from collections.abc import Container

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
from litmus.ir.values import apply


def not_(a: Formula) -> Formula:
    match a:
        case Truth(value):
            return NEVER if value else ALWAYS
        case NotF(operand):
            return operand
    return NotF(a)


def and_(*operands: Formula) -> Formula:
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
    for p in disjunctions:  # one that another operand implies says nothing
        cases = frozenset(p.operands)
        if not cases.isdisjoint(kept) or any(q is not p and cases.issuperset(q.operands) for q in disjunctions):
            del kept[p]
            disjunctions = [q for q in disjunctions if q is not p]
    return next(iter(kept)) if len(kept) == 1 else AndF(tuple(kept))


def or_(*operands: Formula) -> Formula:
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
    if any(not_(part) in kept for part in kept):
        return ALWAYS
    # Not a, or a and b: not a, or b. What leaves a loop in one round or the next stays small this way.
    reduced = [_without(part, kept) if isinstance(part, AndF) else part for part in kept]
    return OrF(tuple(kept)) if reduced == list(kept) else or_(*reduced)


def _without(part: AndF, others: Container[Formula]) -> Formula:
    """A conjunction without the operands whose negations are among the others of its disjunction."""
    return and_(*[operand for operand in part.operands if not_(operand) not in others])


def nonzero(value: ValueExpr) -> Formula:
    """Whether a value is not 0; an address never is 0."""
    match value:
        case Known(0):
            return NEVER
        case Known():
            return ALWAYS
        case Select(formula, then, otherwise):
            yes, no = nonzero(then), nonzero(otherwise)
            if isinstance(yes, Truth) and isinstance(no, Truth):
                if yes == no:
                    return yes
                return formula if yes == ALWAYS else not_(formula)
        case Apply("eq", (x, Known(0))):
            return not_(nonzero(x))
        case Apply("ne", (x, Known(0))):
            return nonzero(x)
        case Apply("lnot", (x,)):
            return not_(nonzero(x))
    return NonZero(value)


def equal(a: ValueExpr, b: ValueExpr, bits: int) -> Formula:
    """Whether two values are equal."""
    return nonzero(apply_("eq", (a, b), bits))


_SAME_IS_ZERO = frozenset({"xor", "sub", "ne", "lt", "gt", "ult"})
_SAME_IS_ONE = frozenset({"eq", "le", "ge"})
_SAME_IS_SELF = frozenset({"and", "or"})
_ZERO_IS_NEUTRAL = frozenset({"add", "sub", "xor", "or", "shl", "shr", "sar"})
_ZERO_ABSORBS = frozenset({"and", "mul"})


def apply_(op: str, args: tuple[ValueExpr, ...], bits: int) -> ValueExpr:
    """An operator on values, folded where the result does not depend on what is read."""
    if all(isinstance(a, Known) for a in args):
        value = apply(op, tuple(a.value for a in args if isinstance(a, Known)), bits)
        if value is not None:
            return Known(value)
    if op == "ite":
        condition = nonzero(args[0])
        if isinstance(condition, Truth):
            return args[1] if condition.value else args[2]
        return args[1] if args[1] == args[2] else Select(condition, args[1], args[2])
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
        if a == Known(0):
            if op in ("add", "xor", "or"):
                return b
            if op in _ZERO_ABSORBS:
                return a
    return Apply(op, args, bits)
