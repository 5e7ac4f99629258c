"""Literals for what is read and written: `value = v` for every value an expression may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from litmus.bounds.domains import Domains
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.encode.words import WideArithmetic, Word
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
from litmus.ir.formulas import parts
from litmus.ir.thread import Value
from litmus.ir.values import apply

Literals = Mapping[Value, int]
"""A literal for each possible value; if the value is one of them, its literal holds and no other."""


class Values:
    """The literals of a graph's value expressions and formulas.

    `sources` has the candidate writes of each read with their rf literals. A formula has three values: it holds,
    it does not, or it is undefined because a value in it is. The literals of a value mean something only where the
    reads in it are executed.

    The literals of an open read (`Domains.open`) may all be false, which means that it has another value. Expressions
    of such a value are then unconstrained, so that no execution is lost.
    """

    def __init__(
        self,
        cnf: Cnf,
        graph: EventGraph,
        domains: Domains,
        sources: Mapping[int, Sequence[tuple[int, int]]],
    ) -> None:
        self.cnf = cnf
        self.graph = graph
        self.domains = domains
        self._sources = sources
        self.arithmetic = WideArithmetic(cnf, max((t.word_bits for t in graph.test.threads), default=64))
        self._reads: dict[int, dict[Value, int]] = {}
        self._wide_reads: dict[int, Word] = {}
        self._exprs: dict[ValueExpr, Literals] = {}
        self._words: dict[ValueExpr, Word] = {}
        self._formulas: dict[Formula, tuple[int, int]] = {}
        self._choices: dict[int, int] = {}
        self._wide: dict[ValueExpr, bool] = {}
        self._partial: dict[ValueExpr, bool] = {}
        self._missing: dict[ValueExpr, int] = {}

    # --- what an expression is like -------------------------------------------------------------------------------

    def is_wide(self, expr: ValueExpr) -> bool:
        """Whether an expression has no finite domain."""
        if isinstance(expr, Known):
            return False
        if isinstance(expr, ReadValue):
            return self.domains.reads[expr.event] is None
        found = self._wide.get(expr)
        if found is None:
            found = self._wide[expr] = self.domains.of(expr) is None
        return found

    def _may_be_undefined(self, expr: ValueExpr) -> bool:
        """Whether an expression may have no value although its reads are executed."""
        if isinstance(expr, Known):
            return False
        if isinstance(expr, ReadValue):
            return expr.event in self.domains.lacking
        found = self._partial.get(expr)
        if found is None:
            found = self._partial[expr] = self.domains.may_be_undefined(expr)
        return found

    # --- values ---------------------------------------------------------------------------------------------------

    def literals(self, expr: ValueExpr) -> Literals:
        """The literals of an expression with a finite domain."""
        if isinstance(expr, Known):
            return {expr.value: TRUE}
        if isinstance(expr, ReadValue):
            return self._read(expr.event)
        found = self._exprs.get(expr)
        if found is None:
            if isinstance(expr, Select):
                found = self._select(self._truth(expr.formula), expr.then, expr.otherwise)
            elif expr.op == "ite":
                condition, then, otherwise = expr.args
                found = self._select(self._nonzero(condition), then, otherwise)
            else:
                found = self._apply(expr)
            self._exprs[expr] = found
        return found

    def undefined(self, expr: ValueExpr) -> int:
        """A literal equal to: an expression has no value."""
        if not self._may_be_undefined(expr):
            return FALSE
        if self.is_wide(expr):
            return -self.word(expr).defined
        return self.cnf.and_([-x for x in self.literals(expr).values()])

    def other(self, read: int) -> int:
        """A literal equal to: an open read reads from a write, and its value is not in its domain."""
        reads = self.cnf.or_([rf for _, rf in self._sources[read]])
        return self.cnf.and_((reads, *[-x for x in self.literals(ReadValue(read)).values()]))

    def missing(self, expr: ValueExpr) -> int:
        """A literal equal to: a read in an expression has a value outside its domain; FALSE if none is open."""
        opened = self.domains.open
        if not opened or isinstance(expr, Known):
            return FALSE
        found = self._missing.get(expr)
        if found is None:
            reads = sorted({part.event for part in parts([expr]) if isinstance(part, ReadValue)} & opened)
            found = self._missing[expr] = self.cnf.or_([self.other(r) for r in reads])
        return found

    def equals(self, expr: ValueExpr, value: Value) -> int:
        """A literal equal to `expr = value`."""
        if self.is_wide(expr):
            word = self.word(expr)
            return self.cnf.and_((word.defined, self.arithmetic.equal(word, self.arithmetic.constant(value))))
        return self.literals(expr).get(value, FALSE)

    def same(self, a: ValueExpr, b: ValueExpr) -> int:
        """A literal equal to `a = b`."""
        if a == b:
            return TRUE
        if self.is_wide(a) or self.is_wide(b):
            x, y = self.word(a), self.word(b)
            return self.cnf.and_((x.defined, y.defined, self.arithmetic.equal(x, y)))
        left, right = self.literals(a), self.literals(b)
        return self.cnf.or_([self.cnf.and_((lit, right[v])) for v, lit in left.items() if v in right])

    def _read(self, read: int) -> Literals:
        found = self._reads.get(read)
        if found is not None:
            return found
        cnf, events = self.cnf, self.graph.events
        sources: dict[Value, list[int]] = {}
        moving: list[tuple[int, ValueExpr]] = []
        for write, rf in self._sources[read]:
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
                if read in self.domains.lacking:  # a read that reads from no write has no value
                    cnf.add(-lit, *[rf for _, rf in self._sources[read]])
            self._reads[read] = found
            for rf, value in moving:
                given = self.literals(value)
                for v, lit in found.items():
                    source = given.get(v, FALSE)
                    cnf.add(-rf, -source, lit)
                    cnf.add(-rf, source, -lit)
        self._reads[read] = found
        return found

    def _select(self, condition: tuple[int, int], then: ValueExpr, otherwise: ValueExpr) -> Literals:
        yes, no = condition
        ways, others = self.literals(then), self.literals(otherwise)
        return {
            v: self.cnf.choose(yes, ways.get(v, FALSE), others.get(v, FALSE))
            if no == -yes
            else self.cnf.or_((self.cnf.and_((yes, ways.get(v, FALSE))), self.cnf.and_((no, others.get(v, FALSE)))))
            for v in dict.fromkeys((*ways, *others))
        }

    def _apply(self, expr: Apply) -> Literals:
        cnf = self.cnf
        combinations: list[tuple[tuple[Value, ...], tuple[int, ...]]] = [((), ())]
        for arg in expr.args:
            literals = self.literals(arg)
            combinations = [((*vs, v), (*ls, lit)) for vs, ls in combinations for v, lit in literals.items()]
        ways: dict[Value, list[int]] = {}
        for values, lits in combinations:
            result = apply(expr.op, values, expr.bits)
            if result is not None:
                ways.setdefault(result, []).append(cnf.and_(lits))
        found = {v: cnf.or_(lits) for v, lits in ways.items()}
        missing = self.missing(expr)
        if missing == FALSE:
            return found
        free = {v: self._loosened(lit, missing) for v, lit in found.items()}
        cnf.at_most_one(list(free.values()))
        return free

    def _loosened(self, literal: int, premise: int) -> int:
        """A literal that another one implies, and that is equal to it where the premise does not hold."""
        free = self.cnf.variable()
        self.cnf.add(-literal, free)
        self.cnf.add(-free, literal, premise)
        return free

    # --- wide values ----------------------------------------------------------------------------------------------

    def word(self, expr: ValueExpr) -> Word:
        """An expression as a word, whatever its domain."""
        found = self._words.get(expr)
        if found is None:
            found = self._words[expr] = self._word(expr)
        return found

    def _word(self, expr: ValueExpr) -> Word:
        arithmetic = self.arithmetic
        if isinstance(expr, Known):
            return arithmetic.constant(expr.value)
        if not self.is_wide(expr):
            word = arithmetic.one_of(self.literals(expr), -self.undefined(expr))
            missing = self.missing(expr)
            return word if missing == FALSE else arithmetic.select(missing, self._any(), word)
        match expr:
            case ReadValue(event):
                return self._wide_read(event)
            case Select(formula, then, otherwise):
                return self._chosen(self._truth(formula), then, otherwise)
            case Apply("ite", (condition, then, otherwise)):
                return self._chosen(self._nonzero(condition), then, otherwise)
            case Apply(op, args, width):
                return arithmetic.apply(op, [self.word(a) for a in args], width)
            case Known():
                raise AssertionError(expr)  # never wide
            case _:
                assert_never(expr)

    def _chosen(self, condition: tuple[int, int], then: ValueExpr, otherwise: ValueExpr) -> Word:
        yes, no = condition
        word = self.arithmetic.select(yes, self.word(then), self.word(otherwise))
        return Word(word.bits, word.symbols, self.cnf.and_((word.defined, self.cnf.or_((yes, no)))))

    def _wide_read(self, read: int) -> Word:
        found = self._wide_reads.get(read)
        if found is None:
            lacking = read in self.domains.lacking
            found = self._any()
            if lacking:
                found = replace(found, defined=self.cnf.variable())
                self.cnf.add(-found.defined, *[rf for _, rf in self._sources[read]])
            self._wide_reads[read] = found
            for write, rf in self._sources[read]:
                value = self.graph.events[write].value
                assert value is not None
                source = self.word(value)
                self.arithmetic.imply_equal(rf, found, source)
                if lacking:
                    self.cnf.add(-rf, -source.defined, found.defined)
                    self.cnf.add(-rf, source.defined, -found.defined)
        return found

    def _any(self) -> Word:
        """A word that may be any number, and any address."""
        named = (*self.graph.locations, *self.graph.test.labels)
        return self.arithmetic.fresh(list(dict.fromkeys(a.symbol for a in named)))

    def wide_reads(self) -> tuple[tuple[int, Word], ...]:
        """The reads that have been encoded as words."""
        return tuple(self._wide_reads.items())

    # --- formulas -------------------------------------------------------------------------------------------------

    def formula(self, formula: Formula) -> int:
        """A literal equal to: the formula holds."""
        return self._truth(formula)[0]

    def open_formula(self, formula: Formula) -> int:
        """A literal equal to: the formula is undefined."""
        yes, no = self._truth(formula)
        return FALSE if no == -yes else self.cnf.and_((-yes, -no))

    def _truth(self, formula: Formula) -> tuple[int, int]:
        """The literals that a formula holds, and that it does not; opposite where it cannot be undefined."""
        if isinstance(formula, Truth):
            return (TRUE, FALSE) if formula.value else (FALSE, TRUE)
        found = self._formulas.get(formula)
        if found is None:
            found = self._formulas[formula] = self._three(formula)
        return found

    def _three(self, formula: Formula) -> tuple[int, int]:
        match formula:
            case NotF(operand):
                yes, no = self._truth(operand)
                return no, yes
            case AndF(operands) | OrF(operands):
                truths = [self._truth(o) for o in operands]
                if isinstance(formula, AndF):
                    yes = self.cnf.and_([y for y, _ in truths])
                else:
                    yes = self.cnf.or_([y for y, _ in truths])
                if all(n == -y for y, n in truths):
                    return yes, -yes
                refuted = [n for _, n in truths]
                return yes, self.cnf.or_(refuted) if isinstance(formula, AndF) else self.cnf.and_(refuted)
            case Choice(index):
                return self.choice(index), -self.choice(index)
            case NonZero(expr):
                return self._nonzero(expr)
            case Truth():
                raise AssertionError(formula)  # handled above
            case _:
                assert_never(formula)

    def _nonzero(self, expr: ValueExpr) -> tuple[int, int]:
        cnf = self.cnf
        if self.is_wide(expr):
            word = self.word(expr)
            nonzero = self.arithmetic.nonzero(word)
            if word.defined == TRUE:
                return nonzero, -nonzero
            return cnf.and_((word.defined, nonzero)), cnf.and_((word.defined, -nonzero))
        literals = self.literals(expr)
        yes, no = cnf.or_([lit for v, lit in literals.items() if v != 0]), literals.get(0, FALSE)
        missing = self.missing(expr)
        if missing != FALSE:
            yes, no = self._loosened(yes, missing), self._loosened(no, missing)
            cnf.at_most_one((yes, no))
            return yes, no
        return yes, no if self._may_be_undefined(expr) else -yes

    def choice(self, index: int) -> int:
        """The variable of a free choice."""
        if index not in self._choices:
            self._choices[index] = self.cnf.variable()
        return self._choices[index]
