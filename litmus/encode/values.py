"""Literals for what is read and written: `value = v` for every value an expression may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from litmus.domains import Domains
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.encode.wide import Addresses, Bits, WideArithmetic
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
from litmus.ir.thread import Address, Value
from litmus.ir.values import apply

Literals = Mapping[Value, int]
"""A literal for each possible value; where the value is defined, exactly one of them holds."""


class Values:
    """The literals of a graph's value expressions and formulas.

    `reads_from(r)` gives the candidate writes of a read with their rf literals.
    """

    def __init__(
        self,
        cnf: Cnf,
        graph: EventGraph,
        domains: Domains,
        reads_from: Callable[[int], Iterable[tuple[int, int]]],
    ) -> None:
        self.cnf = cnf
        self.graph = graph
        self.domains = domains
        self._reads_from = reads_from
        width = max((t.word_bits for t in graph.test.threads), default=64)
        self.arithmetic = WideArithmetic(cnf, width)
        self.addresses = Addresses([a for a in graph.locations if isinstance(a, Address)], width)
        self._reads: dict[int, dict[Value, int]] = {}
        self._wide_reads: dict[int, Bits] = {}
        self._exprs: dict[ValueExpr, Literals] = {}
        self._wide_exprs: dict[ValueExpr, Bits] = {}
        self._formulas: dict[Formula, int] = {}
        self._choices: dict[int, int] = {}
        self._partial: set[ValueExpr] = set()

    # --- values ---------------------------------------------------------------------------------------------------

    def is_wide(self, expr: ValueExpr) -> bool:
        """Whether an expression has no finite domain."""
        return not isinstance(expr, Known) and self.domains.of(expr) is None

    def literals(self, expr: ValueExpr) -> Literals:
        """The literals of an expression with a finite domain."""
        if isinstance(expr, Known):
            return {expr.value: TRUE}
        if isinstance(expr, ReadValue):
            return self._read(expr.event)
        found = self._exprs.get(expr)
        if found is None:
            found = self._exprs[expr] = self._select(expr) if isinstance(expr, Select) else self._apply(expr)
        return found

    def undefined(self, expr: ValueExpr) -> int:
        """A literal equal to: an expression with a finite domain, whose reads have values, has none itself."""
        literals = self.literals(expr).values()
        if not self._may_be_undefined(expr):
            return FALSE
        return self.cnf.and_([-x for x in literals])

    def _may_be_undefined(self, expr: ValueExpr) -> bool:
        match expr:
            case Apply(_, args):
                return expr in self._partial or any(self._may_be_undefined(a) for a in args)
            case Select(_, then, otherwise):
                return self._may_be_undefined(then) or self._may_be_undefined(otherwise)
        return False

    def equals(self, expr: ValueExpr, value: Value) -> int:
        """A literal equal to `expr = value`."""
        if self.is_wide(expr):
            arithmetic = self.arithmetic
            return arithmetic.equal(self.bits(expr), arithmetic.constant(self.addresses.code(value)))
        return self.literals(expr).get(value, FALSE)

    def same(self, a: ValueExpr, b: ValueExpr) -> int:
        """A literal equal to `a = b`."""
        if a == b:
            return TRUE
        if self.is_wide(a) or self.is_wide(b):
            return self.arithmetic.equal(self.bits(a), self.bits(b))
        left, right = self.literals(a), self.literals(b)
        return self.cnf.or_([self.cnf.and_((lit, right[v])) for v, lit in left.items() if v in right])

    def _read(self, read: int) -> Literals:
        found = self._reads.get(read)
        if found is not None:
            return found
        cnf, events = self.cnf, self.graph.events
        sources: dict[Value, list[int]] = {}
        moving: list[tuple[int, ValueExpr]] = []
        for write, rf in self._reads_from(read):
            value = events[write].value
            assert value is not None
            if isinstance(value, Known):
                sources.setdefault(value.value, []).append(rf)
            else:
                moving.append((rf, value))
        if not moving:
            found = {v: cnf.or_(rfs) for v, rfs in sources.items()}
        else:
            domain = self.domains.reads[read]
            assert domain is not None
            found = {v: cnf.variable() for v in domain}
            for v, lit in found.items():
                for rf in sources.get(v, ()):
                    cnf.add(-rf, lit)
                for other, rfs in sources.items():
                    if other != v:
                        for rf in rfs:
                            cnf.add(-rf, -lit)
            self._reads[read] = found
            for rf, value in moving:
                given = self.literals(value)
                for v, lit in found.items():
                    source = given.get(v, FALSE)
                    cnf.add(-rf, -source, lit)
                    cnf.add(-rf, source, -lit)
        self._reads[read] = found
        return found

    def _select(self, expr: Select) -> Literals:
        condition = self.formula(expr.formula)
        then, otherwise = self.literals(expr.then), self.literals(expr.otherwise)
        return {
            v: self.cnf.choose(condition, then.get(v, FALSE), otherwise.get(v, FALSE))
            for v in dict.fromkeys((*then, *otherwise))
        }

    def _apply(self, expr: Apply) -> Literals:
        if expr.op == "ite":
            condition, then, otherwise = expr.args
            return self._select(Select(NonZero(condition), then, otherwise))
        combinations: list[tuple[tuple[Value, ...], tuple[int, ...]]] = [((), ())]
        for arg in expr.args:
            literals = self.literals(arg)
            combinations = [((*vs, v), (*ls, lit)) for vs, ls in combinations for v, lit in literals.items()]
        ways: dict[Value, list[int]] = {}
        for values, lits in combinations:
            result = apply(expr.op, values, expr.bits)
            if result is None:
                self._partial.add(expr)
            else:
                ways.setdefault(result, []).append(self.cnf.and_(lits))
        return {v: self.cnf.or_(lits) for v, lits in ways.items()}

    # --- wide values ----------------------------------------------------------------------------------------------

    def bits(self, expr: ValueExpr) -> Bits:
        """An expression as a bit vector, whatever its domain."""
        found = self._wide_exprs.get(expr)
        if found is None:
            found = self._wide_exprs[expr] = self._bits(expr)
        return found

    def _bits(self, expr: ValueExpr) -> Bits:
        arithmetic = self.arithmetic
        if isinstance(expr, Known):
            return arithmetic.constant(self.addresses.code(expr.value))
        if not self.is_wide(expr):
            codes = [(self.addresses.code(v), lit) for v, lit in self.literals(expr).items()]
            return tuple([self.cnf.or_([lit for code, lit in codes if code >> k & 1]) for k in range(arithmetic.width)])
        match expr:
            case ReadValue(event):
                return self._wide_read(event)
            case Select(formula, then, otherwise):
                return arithmetic.select(self.formula(formula), self.bits(then), self.bits(otherwise))
            case Apply("ite", (condition, then, otherwise)):
                return arithmetic.select(self.formula(NonZero(condition)), self.bits(then), self.bits(otherwise))
            case Apply(op, args, width):
                return arithmetic.apply(op, [self.bits(a) for a in args], width)
        raise AssertionError(expr)

    def _wide_read(self, read: int) -> Bits:
        found = self._wide_reads.get(read)
        if found is None:
            found = self._wide_reads[read] = self.arithmetic.fresh()
            for write, rf in self._reads_from(read):
                value = self.graph.events[write].value
                assert value is not None
                self.arithmetic.imply_equal(rf, found, self.bits(value))
        return found

    def wide_reads(self) -> tuple[tuple[int, Bits], ...]:
        """The reads that have been encoded as bit vectors."""
        return tuple(self._wide_reads.items())

    # --- formulas -------------------------------------------------------------------------------------------------

    def formula(self, formula: Formula) -> int:
        """A literal equal to a formula."""
        if isinstance(formula, Truth):
            return TRUE if formula.value else FALSE
        found = self._formulas.get(formula)
        if found is None:
            found = self._formulas[formula] = self._formula(formula)
        return found

    def _formula(self, formula: Formula) -> int:
        match formula:
            case NotF(operand):
                return -self.formula(operand)
            case AndF(operands):
                return self.cnf.and_([self.formula(o) for o in operands])
            case OrF(operands):
                return self.cnf.or_([self.formula(o) for o in operands])
            case Choice(index):
                return self.choice(index)
            case NonZero(expr):
                if self.is_wide(expr):
                    return self.arithmetic.nonzero(self.bits(expr))
                literals = self.literals(expr)
                return self.cnf.or_([lit for v, lit in literals.items() if v != 0])
        raise AssertionError(formula)

    def choice(self, index: int) -> int:
        """The variable of a free choice."""
        if index not in self._choices:
            self._choices[index] = self.cnf.variable()
        return self._choices[index]
