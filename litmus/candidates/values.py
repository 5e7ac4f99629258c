"""The values of expressions and the truth of formulas, in all lanes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from litmus.ir.events import (
    AndF,
    Apply,
    Choice,
    Formula,
    Known,
    NonZero,
    NotF,
    OrF,
    ReadValue,
    Select,
    Truth,
    ValueExpr,
)
from litmus.ir.thread import Value
from litmus.ir.values import apply

Ways = Mapping[Value, int]
"""For each value that something may have, the lanes in which it has it; in other lanes it has none."""


class Values:
    """Expressions and formulas over what the reads returned: `reads[r]` are the ways of read `r`.

    A formula has three values, as in `litmus.ir.valuation`. Results are kept by the identity of the part, until
    `forget`.
    """

    def __init__(self, full: int, reads: Mapping[int, Ways], choices: Sequence[int]) -> None:
        self._full = full
        self._reads = reads
        self._choices = choices
        self._ways: dict[int, Ways] = {}
        self._truths: dict[int, tuple[int, int]] = {}

    def forget(self) -> None:
        """Compute everything again, because some read has new ways."""
        self._ways.clear()
        self._truths.clear()

    def ways(self, expr: ValueExpr) -> Ways:
        """The values of an expression."""
        if isinstance(expr, Known):
            return {expr.value: self._full}
        if isinstance(expr, ReadValue):
            return self._reads.get(expr.event, {})
        found = self._ways.get(id(expr))
        if found is None:
            found = self._ways[id(expr)] = self._compute(expr)
        return found

    def truth(self, formula: Formula) -> tuple[int, int]:
        """The lanes in which a formula holds, and those in which it does not; it is open in the others."""
        if isinstance(formula, Truth):
            return (self._full, 0) if formula.value else (0, self._full)
        if isinstance(formula, Choice):
            yes = self._choices[formula.index]
            return yes, self._full & ~yes
        found = self._truths.get(id(formula))
        if found is None:
            found = self._truths[id(formula)] = self._decide(formula)
        return found

    def same(self, a: ValueExpr, b: ValueExpr) -> int:
        """The lanes in which two expressions have the same value."""
        others = self.ways(b)
        lanes = 0
        for value, where in self.ways(a).items():
            lanes |= where & others.get(value, 0)
        return lanes

    def _compute(self, expr: Apply | Select) -> Ways:
        if isinstance(expr, Select):
            return self._selected(self.truth(expr.formula), expr.then, expr.otherwise)
        if expr.op == "ite":
            condition, then, otherwise = expr.args
            return self._selected(self._nonzero(condition), then, otherwise)
        combinations: list[tuple[tuple[Value, ...], int]] = [((), self._full)]
        for arg in expr.args:
            ways = self.ways(arg)
            combinations = [
                ((*values, value), both)
                for values, lanes in combinations
                for value, where in ways.items()
                if (both := lanes & where)
            ]
        found: dict[Value, int] = {}
        for values, lanes in combinations:
            result = apply(expr.op, values, expr.bits)
            if result is not None:
                found[result] = found.get(result, 0) | lanes
        return found

    def _selected(self, condition: tuple[int, int], then: ValueExpr, otherwise: ValueExpr) -> Ways:
        found: dict[Value, int] = {}
        for lanes, expr in zip(condition, (then, otherwise), strict=True):
            for value, where in self.ways(expr).items():
                if both := lanes & where:
                    found[value] = found.get(value, 0) | both
        return found

    def _nonzero(self, expr: ValueExpr) -> tuple[int, int]:
        yes = no = 0
        for value, lanes in self.ways(expr).items():
            if value == 0:
                no |= lanes
            else:
                yes |= lanes
        return yes, no

    def _decide(self, formula: NonZero | NotF | AndF | OrF) -> tuple[int, int]:
        match formula:
            case NonZero(expr):
                return self._nonzero(expr)
            case NotF(operand):
                yes, no = self.truth(operand)
                return no, yes
            case AndF(operands):
                yes, no = self._full, 0
                for operand in operands:
                    holds, fails = self.truth(operand)
                    yes &= holds
                    no |= fails
                return yes, no
            case OrF(operands):
                yes, no = 0, self._full
                for operand in operands:
                    holds, fails = self.truth(operand)
                    yes |= holds
                    no &= fails
                return yes, no
            case _:
                assert_never(formula)
