"""Recognises comparisons and sign extensions in expressions, and finds the registers that are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litmus.ir.thread import Assign, Branch, Const, Expr, Load, Op, Reg, Rmw, Statement, Store, StoreConditional

_OPPOSITE = {"eq": "ne", "lt": "ge", "le": "gt", "ult": "uge", "ule": "ugt"}
_OPPOSITE |= {value: key for key, value in _OPPOSITE.items()}
_SWAPPED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "ult": "ugt", "ule": "uge"}
_SWAPPED |= {value: key for key, value in _SWAPPED.items()}
_TRUTHS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor", "lnot"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A relation of two values: eq, ne, lt, le, gt, ge, or for unsigned numbers ult, ule, ugt, uge."""

    relation: str
    left: Expr
    right: Expr

    @property
    def opposite(self) -> Comparison:
        """The negation."""
        return Comparison(_OPPOSITE[self.relation], self.left, self.right)

    @property
    def swapped(self) -> Comparison:
        """The same comparison with its sides exchanged."""
        return Comparison(_SWAPPED[self.relation], self.right, self.left)


def comparison_of(condition: Expr) -> Comparison:
    """The comparison that holds if an expression is not 0; a constant is on its right side."""
    match condition:
        case Op("lnot", (operand,)):
            return comparison_of(operand).opposite
        case Op(op, (left, right)) if op in _SWAPPED:
            found = Comparison(op, left, right)
            return found.swapped if isinstance(left, Const) and not isinstance(right, Const) else found
    return Comparison("ne", condition, Const(0))


def is_truth(expr: Expr) -> bool:
    """Whether an expression is always 1 or 0."""
    return isinstance(expr, Op) and expr.op in _TRUTHS


def is_cut(expr: Expr) -> tuple[Expr, int] | None:
    """The operand of a sign extension and the number of bits that it drops; None for other expressions."""
    match expr:
        case Op("sar", (Op("shl", (inner, Const(int() as count))), Const(again))) if count == again:
            return inner, count
    return None


def product(factors: tuple[Expr, ...]) -> Expr:
    """The product of two factors, as a shift if one is a power of 2."""
    a, b = factors
    if isinstance(a, Const):
        a, b = b, a
    if isinstance(b, Const) and isinstance(b.value, int) and b.value > 1 and b.value & b.value - 1 == 0:
        return Op("shl", (a, Const(b.value.bit_length() - 1)))
    return Op("mul", (a, b))


def mentions(expr: Expr) -> Iterator[str]:
    """The registers of an expression."""
    match expr:
        case Reg(name):
            yield name
        case Op(_, args):
            for arg in args:
                yield from mentions(arg)


def read_by(statement: Statement) -> Iterator[str]:
    """The registers that a statement reads."""
    match statement:
        case Assign(_, expr) | Branch(expr) | Load(_, expr):
            yield from mentions(expr)
        case Store(addr, value) | StoreConditional(_, addr, value):
            yield from mentions(addr)
            yield from mentions(value)
        case Rmw(_, addr, value, condition=condition):
            yield from mentions(addr)
            yield from mentions(value)
            if condition is not None:
                yield from mentions(condition)
