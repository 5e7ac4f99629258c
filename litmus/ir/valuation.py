"""The values of expressions and the truth of formulas, given what the reads returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from litmus.ir.events import (
    AndF,
    Apply,
    Choice,
    EventGraph,
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
from litmus.ir.execution import Execution
from litmus.ir.thread import Value
from litmus.ir.values import apply

_Result = Value | None  # of a formula: True, False or None


class Valuation:
    """The values of expressions and formulas, given what some reads returned and the free choices as bits.

    An expression or formula that depends on a read without a value has none itself, unless the rest decides it:
    Kleene's three-valued logic. Expressions share parts, so results are kept by the identity of the part; the graph
    they belong to must outlive the valuation.
    """

    __slots__ = ("_choices", "_known", "_reads")

    def __init__(self, reads: Mapping[int, Value], choices: int = 0) -> None:
        self._reads = reads
        self._choices = choices
        self._known: dict[int, _Result] = {}

    @classmethod
    def of(cls, execution: Execution) -> Valuation:
        """The valuation of an execution: its reads are those that `rf` names, with what was written there."""
        values = execution.values
        return cls({read: values[write] for read, write in execution.rf.items() if write in values}, execution.choices)

    def value(self, expr: ValueExpr) -> Value | None:
        """The value of an expression; None if it has none."""
        if expr.__class__ is Known:
            return expr.value
        if expr.__class__ is ReadValue:
            return self._reads.get(expr.event)
        return self._result(expr)

    def holds(self, formula: Formula) -> bool | None:
        """Whether a formula holds; None if that is open."""
        if formula.__class__ is Truth:
            return formula.value
        result = self._result(formula)
        return None if result is None else result != 0

    def _result(self, root: ValueExpr | Formula) -> _Result:
        """Iterative: a long program has expressions deeper than the interpreter's stack."""
        stack = [root]
        while stack:
            node = stack[-1]
            result = self._step(node)
            if isinstance(result, _Missing):
                stack.append(result.node)
            else:
                self._known[id(node)] = result
                stack.pop()
        return self._known[id(root)]

    def _step(self, node: ValueExpr | Formula) -> _Result | _Missing:
        """The result of a node from those of its operands, or an operand that is needed first."""
        match node:
            case NonZero(expr):
                value = self._look(expr)
                return value if value is None or isinstance(value, _Missing) else value != 0
            case NotF(operand):
                value = self._look(operand)
                return value if value is None or isinstance(value, _Missing) else not value
            case AndF(operands) | OrF(operands):
                deciding = isinstance(node, OrF)
                result: bool | None = not deciding
                for operand in operands:
                    value = self._look(operand)
                    if isinstance(value, _Missing):
                        return value
                    if value is None:
                        result = None
                    elif value == deciding:
                        return deciding
                return result
            case Select(formula, then, otherwise):
                return self._selected(formula, then, otherwise)
            case Apply("ite", (condition, then, otherwise)):
                return self._selected(condition, then, otherwise)
            case Apply(op, args, bits):
                values = []
                for arg in args:
                    value = self._look(arg)
                    if value is None or isinstance(value, _Missing):
                        return value
                    values.append(value)
                return apply(op, tuple(values), bits)
        value = self._look(node)
        assert not isinstance(value, _Missing)
        return value

    def _selected(self, condition: ValueExpr | Formula, then: ValueExpr, otherwise: ValueExpr) -> _Result | _Missing:
        value = self._look(condition)
        if value is None or isinstance(value, _Missing):
            return value
        return self._look(then if value != 0 else otherwise)

    def _look(self, node: ValueExpr | Formula) -> _Result | _Missing:
        """The result of a node if it is known already; otherwise that it is missing."""
        match node:
            case ReadValue(event):
                return self._reads.get(event)
            case Known(value) | Truth(value):
                return value
            case Choice(index):
                return bool(self._choices >> index & 1)
        result = self._known.get(id(node), _UNSEEN)
        return _Missing(node) if isinstance(result, _Unseen) else result


def read_values(
    graph: EventGraph, rf: Mapping[int, int], choices: int, given: Mapping[int, Value] | None = None
) -> dict[int, Value]:
    """What each read returned: derived from rf where that determines it, otherwise `given`."""
    reads: dict[int, Value] = dict(given or {})
    pending = [r for r in rf if r not in reads]
    while pending:
        valuation = Valuation(reads, choices)
        found = {}
        for read in pending:
            source = graph.events[rf[read]].value
            assert source is not None
            value = valuation.value(source)
            if value is not None:
                found[read] = value
        if not found:
            break
        reads.update(found)
        pending = [r for r in pending if r not in found]
    return reads


class _Unseen:
    """Not computed yet, as opposed to None: no value."""

    __slots__ = ()


_UNSEEN: Final = _Unseen()


class _Missing:
    """An operand that is to be computed first."""

    __slots__ = ("node",)

    def __init__(self, node: ValueExpr | Formula) -> None:
        self.node = node
