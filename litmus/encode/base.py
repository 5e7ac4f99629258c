"""Literals for what an execution gives, and the clauses that make an assignment an execution.

Assignments are the candidate executions of the graph within the bounds, one for one. Which are consistent is encoded by
`litmus.encode.relations` and `litmus.encode.axioms`.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.bounds import Base
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.encode.values import Values
from litmus.encode.words import Word
from litmus.ir.events import ALWAYS, WRITES, Known, ReadValue, ValueExpr
from litmus.ir.litmus_test import And, Atom, Composite, Content, Implies, Not, Observable, Or, Prop, Register
from litmus.ir.propositions import satisfied
from litmus.ir.thread import Address, Value
from litmus.ir.values import joined

MAX_JOINED = 1024
"""A location that is made of parts is wide if these together may have more values than this."""


class BaseEncoding:
    """The base relations and sets of a graph as literals; both directions of every literal hold.

    With `ordered`, an axiom makes co acyclic, so that it needs no clauses here to be transitive.
    """

    def __init__(self, cnf: Cnf, base: Base, ordered: bool, deadline: Deadline) -> None:
        self.cnf = cnf
        self.base = base
        self.graph = base.graph
        self.deadline = deadline
        rf_must = base.rf[0]
        self.rf: dict[tuple[int, int], int] = {}
        self._sources: dict[int, list[tuple[int, int]]] = {}
        for read, writes in base.domains.candidates.items():
            sources = [(w, TRUE if rf_must[w] >> read & 1 else cnf.variable()) for w in writes]
            self._sources[read] = sources
            for write, literal in sources:
                self.rf[write, read] = literal
        self.values = Values(cnf, self.graph, base.domains, self._sources)
        self.executed = [TRUE if e.guard is ALWAYS else self.values.formula(e.guard) for e in self.graph.events]
        self.open_co: dict[tuple[int, int], int] = {}  # without the pairs that must be there, which may be millions
        self._same_location: dict[tuple[int, int], int] = {}
        self._last: dict[int, int] = {}
        self._is_wide: dict[Observable, bool] = {}
        self._ending: dict[Value | None, list[int]] | None = None
        self.strays = self._strays()
        self.stray = cnf.or_(self.strays.values())
        """Some executed access goes to no location of the test."""
        self._reads()
        self._order()
        if not ordered:
            self._transitive()
        self._whole()

    # --- candidates -----------------------------------------------------------------------------------------------

    def _reads(self) -> None:
        """Every executed read reads from one write of its location; others from none."""
        cnf = self.cnf
        for read, sources in self._sources.items():
            executed = self.executed[read]
            literals = [rf for _, rf in sources]
            astray = cnf.or_((self.strays.get(read, FALSE), self.values.undefined(self._addr(read))))
            cnf.add(-executed, astray, *literals)
            cnf.at_most_one(literals)
            for write, rf in sources:
                for needed in (executed, -astray, self.executed[write], self.same_location(write, read)):
                    if needed != TRUE:
                        cnf.add(-rf, needed)

    def _order(self) -> None:
        """co is a strict total order of the executed writes of each location, the initial one first."""
        cnf, (must, may) = self.cnf, self.base.co
        certain = self.base.certain
        same = self.base.loc[0]
        initial = set(self.graph.initial)
        for i, j in relation.pairs(relation.diff(may, must)):
            if i in initial:
                self.open_co[i, j] = cnf.and_((self.executed[j], self.same_location(i, j)))
            elif (j, i) in self.open_co and certain >> i & certain >> j & same[i] >> j & 1:
                self.open_co[i, j] = -self.open_co[j, i]  # one of the two, always
            else:
                self.open_co[i, j] = cnf.variable()
        settled = relation.diff(must, relation.inverse(may, self.deadline))
        for i, j in relation.pairs(relation.diff(may, settled)):
            if i in initial or (j < i and may[j] >> i & 1):
                continue
            forward, backward = self.before(i, j), self.before(j, i)
            if forward == -backward:
                continue
            both = cnf.and_((self.executed[i], self.executed[j], self.same_location(i, j)))
            cnf.add(-both, forward, backward)
            cnf.add(-forward, -backward)
            cnf.add(-forward, both)
            cnf.add(-backward, both)
        for i, j in self._unordered():  # if the bounds leave two writes no order, no execution has both
            cnf.add(-self.executed[i], -self.executed[j], -self.same_location(i, j))

    def _unordered(self) -> Iterable[tuple[int, int]]:
        """The pairs of writes that may go to one location but which the bounds allow in no order."""
        may = self.base.co[1]
        back = relation.inverse(may, self.deadline)
        writes = sum(1 << e.index for e in self.graph.events if e.kind in WRITES)
        for i in relation.bits(writes):
            for j in relation.bits(self.base.loc[1][i] & writes & ~may[i] & ~back[i] & ~((2 << i) - 1)):
                yield i, j

    def _transitive(self) -> None:
        """co is transitive; of a three-cycle, which is met from each of its corners, one clause is enough."""
        (must, may), co = self.base.co, self.open_co
        initial = set(self.graph.initial)
        either = {pair for pair, literal in co.items() if co.get(pair[::-1]) == -literal}  # just one of two, always
        for i, row in enumerate(may):
            if i in initial:
                continue
            for j in relation.bits(row):
                self.deadline.check()
                for k in relation.bits(may[j] & ~must[i] & ~(1 << i)):
                    again = i > min(j, k) and (i, j) in either and (j, k) in either and (i, k) in either
                    if not again:
                        self.cnf.add(-self.before(i, j), -self.before(j, k), self.before(i, k))

    def _whole(self) -> None:
        """The remaining constraints of the program: assumptions, and values that are defined and in their domains."""
        cnf, values = self.cnf, self.values
        self.bound = values.formula(self.graph.bound)
        self.further = values.formula(self.graph.further)
        self.meaningless = self._meaningless()
        self.undefined = cnf.or_([literal for _, literal in self.meaningless])
        """Some value that is used is undefined."""
        for assumption in self.graph.assumptions:
            cnf.add(values.formula(assumption), values.open_formula(assumption))
        domains = self.base.domains
        self.other = cnf.or_([values.other(r) for r in sorted(domains.open)])
        """Some read returns a value from a circle that is not in its finite domain."""
        self.irregular = tuple(x for x in (self.bound, self.stray, self.undefined, self.other) if x != FALSE)
        """Literals that are false in every outcome: one that holds has the execution left out, or reads made wide."""
        for read, domain in domains.reads.items():  # values that do not follow from rf are part of the solution
            if domain is None:
                values.word(ReadValue(read))
        self.circular = {r: values.literals(ReadValue(r)) for r in sorted(domains.circular) if domains.reads[r]}

    def _meaningless(self) -> list[tuple[int | None, int]]:
        """Where a value may be undefined: the event (None where it is not one), with the literal that it is."""
        values = self.values
        found: list[tuple[int | None, int]] = []
        for event in self.graph.events:
            used = [x for x in (event.addr, event.value, event.tested) if x is not None and x.__class__ is not Known]
            if used:
                undefined = self.cnf.or_([values.undefined(x) for x in used])
                found.append((event.index, self.cnf.and_((self.executed[event.index], undefined))))
            if event.guard is not ALWAYS:
                found.append((event.index, values.open_formula(event.guard)))
        ended = -self.bound  # an execution that is cut short may lack the read that a register would hold in the end
        found += [(None, self.cnf.and_((ended, values.undefined(expr)))) for expr in self.graph.final.values()]
        found += [(None, values.open_formula(formula)) for formula in (*self.graph.assumptions, self.graph.bound)]
        return [(event, literal) for event, literal in found if literal != FALSE]

    def flow(self) -> Iterable[tuple[int, int, int]]:
        """The steps on which a value may travel in a circle, from read to write and from write to read.

        Each as (event, event, literal equal to: both are executed, or rf relates them).
        """
        domains = self.base.domains
        opened = sum(1 << r for r in domains.open)
        for write, reads in domains.sources.items():
            for read in relation.bits(reads & opened & ~(1 << write)):  # an update is no step from itself to itself
                yield read, write, self.both_executed(read, write)
        for (write, read), rf in self.rf.items():
            if opened >> read & 1 and domains.sources.get(write, 0) & opened:
                yield write, read, rf

    def _strays(self) -> dict[int, int]:
        """The accesses that may go to no location, each with the literal that it is executed and does so."""
        found = {}
        known = set(self.graph.locations)
        for event in self.graph.events:
            if event.addr is None:
                continue
            domain = self.base.domains.of(event.addr)
            if domain is None or not known.issuperset(domain):
                at = [self.values.equals(event.addr, location) for location in self.graph.locations]
                nowhere = (-self.values.undefined(event.addr), *[-x for x in at])
                found[event.index] = self.cnf.and_((self.executed[event.index], *nowhere))
        return found

    def _addr(self, event: int) -> ValueExpr:
        addr = self.graph.events[event].addr
        assert addr is not None
        return addr

    def _value(self, event: int) -> ValueExpr:
        """What a read or write read or wrote."""
        value = self.graph.events[event].value
        return ReadValue(event) if value is None else value

    def same_location(self, i: int, j: int) -> int:
        """A literal equal to: the addresses of two memory events are the same."""
        if self.base.loc[0][i] >> j & 1:
            return TRUE
        key = (i, j) if i < j else (j, i)
        found = self._same_location.get(key)
        if found is None:
            found = self._same_location[key] = self.values.same(self._addr(i), self._addr(j))
        return found

    def before(self, i: int, j: int) -> int:
        """The literal that the first of two writes is before the other in co; FALSE beyond the bounds."""
        return TRUE if self.base.co[0][i] >> j & 1 else self.open_co.get((i, j), FALSE)

    # --- literals of base relations -------------------------------------------------------------------------------

    def both_executed(self, i: int, j: int) -> int:
        """A literal equal to: both events are executed."""
        return self.cnf.and_((self.executed[i], self.executed[j]))

    def pair(self, name: str, i: int, j: int) -> int:
        """The literal of a pair of a base relation, for pairs within its bounds."""
        match name:
            case "rf":
                return self.rf[i, j]
            case "co":
                return self.before(i, j)
            case "loc":
                return self.cnf.and_((self.executed[i], self.executed[j], self.same_location(i, j)))
            case "same-value":
                same = self.values.same(self._value(i), self._value(j))
                return self.cnf.and_((self.executed[i], self.executed[j], same))
            case "po" | "id" | "int" | "ext" | "si":
                return self.both_executed(i, j)
        condition = self.graph.relations[name].conditions.get((i, j))
        if condition is None:
            return self.both_executed(i, j)
        return self.cnf.and_((self.executed[i], self.executed[j], self.values.formula(condition)))

    def member(self, name: str, i: int) -> int:
        """The literal of a member of a base set, for events within its bounds."""
        return self.last(i) if name == "FW" else self.executed[i]

    def last(self, write: int) -> int:
        """A literal equal to: the write is executed, and co-last."""
        found = self._last.get(write)
        if found is None:
            later = [-self.before(write, j) for j in relation.bits(self.base.co[1][write])]
            found = self._last[write] = self.cnf.and_((self.executed[write], *later))
        return found

    # --- final states ---------------------------------------------------------------------------------------------

    def final(self, item: Observable) -> dict[Value, int]:
        """For each value a register or location may end with, the literal that it does; none if it is wide."""
        if self.is_wide(item):
            return {}
        if isinstance(item, Register):
            return dict(self.values.literals(self.graph.final[item]))
        composite = self.graph.test.composites.get(item)
        return self._ending_with(item) if composite is None else self._joined(composite)

    def _ending_with(self, location: Address) -> dict[Value, int]:
        """The values that a location of the graph may end with."""
        ways: dict[Value, list[int]] = {}
        for write, ends in self._lasts(location):
            for v, literal in self.values.literals(self._value(write)).items():
                ways.setdefault(v, []).append(self.cnf.and_((ends, literal)))
        return {v: self.cnf.or_(literals) for v, literals in ways.items()}

    def _joined(self, composite: Composite) -> dict[Value, int]:
        """The values that a location which is made of parts may end with."""
        whole: dict[tuple[Value, ...], int] = {(): TRUE}
        for part in composite.parts:
            self.deadline.check()
            ways = self._ending_with(part).items()
            both = {(*values, v): self.cnf.and_((a, b)) for values, a in whole.items() for v, b in ways}
            whole = {values: literal for values, literal in both.items() if literal != FALSE}
        return {joined(values, composite.bits): literal for values, literal in whole.items()}

    def is_wide(self, item: Observable) -> bool:
        """Whether the values that a register or location may end with are not enumerated."""
        found = self._is_wide.get(item)
        if found is None:
            found = self._is_wide[item] = self._ends_wide(item)
        return found

    def _ends_wide(self, item: Observable) -> bool:
        if isinstance(item, Register):
            return self.values.is_wide(self.graph.final[item])
        composite = self.graph.test.composites.get(item)
        parts = (item,) if composite is None else composite.parts
        most = 1
        for part in parts:
            written = [self._value(write) for write, _ in self._lasts(part)]
            if any(self.values.is_wide(value) for value in written):
                return True
            if composite is not None:
                most *= sum([len(self.values.literals(value)) for value in written])
        return composite is not None and most > MAX_JOINED

    def final_word(self, item: Observable) -> Word:
        """The final value of a register or location as a word."""
        if isinstance(item, Register):
            return self.values.word(self.graph.final[item])
        composite = self.graph.test.composites.get(item)
        if composite is None:
            return self._ending_word(item)
        return self.values.arithmetic.joined([self._ending_word(part) for part in composite.parts], composite.bits)

    def _ending_word(self, location: Address) -> Word:
        """The final value of a location of the graph as a word."""
        arithmetic = self.values.arithmetic
        result = arithmetic.constant(0)
        for write, ends in self._lasts(location):
            result = arithmetic.select(ends, self.values.word(self._value(write)), result)
        return result

    def _lasts(self, location: Address) -> Iterable[tuple[int, int]]:
        """The writes that may be the last of a location, each with the literal that it is."""
        if self._ending is None:  # those whose address is known by that address, the others under None
            self._ending = {}
            for event in self.graph.events:
                if event.kind in WRITES and self.base.last[1] >> event.index & 1:
                    at = event.addr.value if isinstance(event.addr, Known) else None
                    self._ending.setdefault(at, []).append(event.index)
        for write in sorted((*self._ending.get(location, ()), *self._ending.get(None, ()))):
            here = self.values.equals(self._addr(write), location)
            if here != FALSE:
                ends = self.cnf.and_((self.last(write), here))
                if ends != FALSE:
                    yield write, ends

    def proposition(self, prop: Prop) -> int:
        """A literal equal to a proposition over the final state."""
        match prop:
            case And(operands):
                return self.cnf.and_([self.proposition(p) for p in operands])
            case Or(operands):
                return self.cnf.or_([self.proposition(p) for p in operands])
            case Not(operand):
                return -self.proposition(operand)
            case Implies(left, right):
                return self.cnf.or_((-self.proposition(left), self.proposition(right)))
            case Atom():
                return self._atom(prop)

    def _atom(self, atom: Atom) -> int:
        items: list[Observable] = [atom.left]
        ways = self.final(atom.left)
        match atom.right:
            case Register() as item:
                items.append(item)
            case Content(address):
                items.append(address)
            case value:
                if not self.is_wide(atom.left):
                    return self.cnf.or_([a for x, a in ways.items() if satisfied(atom, x, value)])
                return self._compare(atom, self.final_word(atom.left), self.values.arithmetic.constant(value))
        if any(self.is_wide(item) for item in items):
            return self._compare(atom, *[self.final_word(item) for item in items])
        others = self.final(items[1])
        return self.cnf.or_(
            [self.cnf.and_((a, b)) for x, a in ways.items() for y, b in others.items() if satisfied(atom, x, y)]
        )

    def _compare(self, atom: Atom, a: Word, b: Word) -> int:
        """A literal equal to an atom's comparison, as `litmus.ir.propositions.satisfied` has it."""
        arithmetic = self.values.arithmetic
        if atom.types is not None:
            left, right = atom.types
            a, b = arithmetic.cast(a, left.bits, left.signed), arithmetic.cast(b, right.bits, right.signed)
        match op := atom.op:
            case "=":
                return arithmetic.equal(a, b)
            case "!=":
                return -arithmetic.equal(a, b)
            case "<" | ">=":
                less = arithmetic.less(a, b)
            case _:
                less = arithmetic.less(b, a)
        return self.cnf.and_((arithmetic.numbers(a, b), less if op in ("<", ">") else -less))
