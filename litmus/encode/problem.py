"""A test under a model as clauses, and a solution of the clauses as an execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from litmus.base import relation
from litmus.base.deadline import Deadline
from litmus.base.records import dataclass
from litmus.bounds import Bounds
from litmus.encode.axioms import require
from litmus.encode.base import BaseEncoding
from litmus.encode.cnf import NONE, TRUE, Cnf, line_of
from litmus.encode.relations import UP, Relations
from litmus.encode.words import Word
from litmus.ir.events import WRITES, Known, Reported, ValueExpr
from litmus.ir.execution import Execution, State
from litmus.ir.formulas import parts
from litmus.ir.litmus_test import Prop
from litmus.ir.model import Axiom, AxiomKind, AxiomRole
from litmus.ir.propositions import atoms
from litmus.ir.thread import Address, Value
from litmus.ir.valuation import Valuation, read_values

Truths = Callable[[Sequence[int]], list[bool]]
"""For each literal whether it holds in a solution."""


class Problem:
    """The clauses of one test under one model, with some of its check axioms; `require` adds others.

    Solutions are executions under the assumptions `regular`: that no unroll limit was hit, no access goes to no
    location, no value is undefined or outside its domain. `circular` says that a solution may still be inconsistent, so
    that the evaluator has to check each before it counts.
    """

    def __init__(self, bounds: Bounds, checks: Sequence[Axiom], deadline: Deadline, cnf: Cnf | None = None) -> None:
        self.bounds = bounds
        self.graph = bounds.base.graph
        self.cnf = Cnf(deadline) if cnf is None else cnf
        ordered = any(bounds.orders(axiom) for axiom in checks)
        self.base = BaseEncoding(self.cnf, bounds.base, ordered, deadline)
        self.relations = Relations(self.cnf, bounds, self.base, deadline)
        self.regular = tuple(-x for x in self.base.irregular)
        test = self.graph.test
        if test.filter is not None:  # executions that are left out have no final state to filter
            self.cnf.add(*self.base.irregular, self.base.proposition(test.filter))
        for node, spec in enumerate(bounds.model.nodes):
            if spec.op == "choose":
                self.relations.pick(node, len(spec.args))
        self._observed = [(item, self.base.final(item)) for item in test.observed]
        self._wide = {item: self.base.final_word(item) for item in test.observed if self.base.is_wide(item)}
        for item, ways in self._observed:
            if item not in self._wide and TRUE not in ways.values():
                self.cnf.add(*self.base.irregular, *ways.values())
        earlier = relation.inverse(bounds.base.co[0], deadline)
        self._earlier = {e.index: earlier[e.index] for e in self.graph.events if e.kind in WRITES}
        self._asked: list[int] = []
        self._asked_at = 0
        for axiom in checks:
            self.require(axiom)

    @property
    def circular(self) -> bool:
        return self.relations.circular

    def require(self, axiom: Axiom) -> None:
        """Clauses that make a check axiom hold."""
        require(self.relations, axiom.kind, axiom.node, axiom.negated)

    def allows_circles(self, axiom: Axiom) -> int:
        """A literal that holds if a check axiom allows values to travel in circles; FALSE if it never does.

        It holds where some step of a value is not in a relation that the axiom makes acyclic.
        """
        if axiom.kind is not AxiomKind.ACYCLIC or axiom.negated:
            return TRUE
        steps = [self.cnf.and_((step, -self.relations.pair(axiom.node, i, j, UP))) for i, j, step in self.base.flow()]
        self.relations.flush()
        return self.cnf.or_(steps)

    def raised(self, axiom: Axiom) -> int:
        """A literal that makes a flag be raised: its property holds (for undefined_unless, fails)."""
        premise = self.cnf.variable()
        negated = axiom.negated != (axiom.role is AxiomRole.UNDEFINED_UNLESS)
        require(self.relations, axiom.kind, axiom.node, negated, premise)
        return premise

    def reported(self, report: Reported) -> int:
        """A literal equal to: the program reports this."""
        return self.base.values.formula(report.formula)

    def tame(self) -> int:
        """A literal equal to: whatever is wide has a value that the test names."""
        values, graph = self.base.values, self.graph
        named = {i.value for i in graph.test.init} | set(graph.locations) | set(graph.test.labels) | {0, 1}
        written = [event.value for event in graph.events if event.value is not None]
        named |= {part.value for part in parts(written) if isinstance(part, Known)}
        for atom in atoms(graph.test.condition.prop):
            if isinstance(atom.right, int | Address):
                named.add(atom.right)
        words = [values.arithmetic.constant(v) for v in named]
        return self.cnf.and_(
            [self.cnf.or_([values.arithmetic.equal(read, word) for word in words]) for _, read in values.wide_reads()]
        )

    def proposition(self, prop: Prop) -> int:
        """A literal equal to a proposition over the final state."""
        return self.base.proposition(prop)

    # --- what is known already -----------------------------------------------------------------------------------

    def other_states(self, states: Iterable[State]) -> list[str]:
        """For each state, the clause that the final state is another, as a line of DIMACS."""
        states = list(states)
        texts = [{v: "" if x == TRUE else f"{-x} " for v, x in ways.items()} for _, ways in self._observed]
        for k, (item, _) in enumerate(self._observed):
            if item in self._wide:
                texts[k] = {value: _another(self._wide[item], value) for value in {state[k][1] for state in states}}
        return [
            "".join([text[value] for text, (_, value) in zip(texts, state, strict=True)]) + NONE for state in states
        ]

    def other_execution(self, execution: Execution) -> str:
        """The clause that the execution is another than this, whose values follow from rf, as a line of DIMACS."""
        base, executed = self.base, execution.executed
        same = [x if executed >> e & 1 else -x for e, x in enumerate(base.executed)]
        same += [base.rf[write, read] for read, write in execution.rf.items()]
        for order in execution.co:
            same += [base.before(*pair) for pair in pairwise(order)]
        choices = [base.values.choice(k) for k in range(self.graph.choices)]
        same += [x if execution.choices >> k & 1 else -x for k, x in enumerate(choices)]
        same += [self.relations.picks[node][option] for node, option in execution.picks.items()]
        return line_of(_clause(same))

    # --- solutions ------------------------------------------------------------------------------------------------

    def solution(self, truths: Truths) -> Solution:
        """The execution and the final state of a solution, with the clauses that keep either from being found again."""
        held = self._held(truths)

        def holds(literal: int) -> bool:
            return held[literal] if literal > 0 else not held[-literal]

        same_execution: list[int] = []
        execution = self._execution(holds, same_execution)
        state, same_state = self._state(holds)
        return Solution(execution, state, _clause(same_execution), _clause(same_state))

    def _held(self, truths: Truths) -> dict[int, bool]:
        """The variables that a solution is read from, with their values."""
        if self._asked_at != self.cnf.variables:
            base = self.base
            literals = [*base.rf.values(), *base.open_co.values(), *base.executed]
            literals += [base.values.choice(k) for k in range(self.graph.choices)]
            for picks in self.relations.picks.values():
                literals += picks
            for ways in (*(ways for _, ways in self._observed), *base.circular.values()):
                literals += ways.values()
            for word in (*self._wide.values(), *(word for _, word in base.values.wide_reads())):
                literals += word.literals()
            self._asked = list(dict.fromkeys(abs(x) for x in literals if abs(x) != TRUE))
            self._asked_at = self.cnf.variables
        held = dict(zip(self._asked, truths(self._asked), strict=True))
        held[TRUE] = True
        return held

    def _state(self, holds: Callable[[int], bool]) -> tuple[State, list[int]]:
        """The final state of a solution, and literals that say it is this one."""
        state = []
        same: list[int] = []
        for item, ways in self._observed:
            if item not in self._wide:
                value, literal = next((v, x) for v, x in ways.items() if holds(x))
                same.append(literal)
            else:
                value = self._wide[item].value(holds)
                same += _as_it_is(self._wide[item], holds)
            state.append((item, value))
        return tuple(state), same

    def _execution(self, holds: Callable[[int], bool], same: list[int]) -> Execution:
        """The execution of a solution; `same` gets the literals that say it is this one."""
        base, graph = self.base, self.graph
        executed = (1 << len(graph.events)) - 1
        for e, literal in enumerate(base.executed):
            if literal != TRUE:
                if not holds(literal):
                    executed &= ~(1 << e)
                same.append(literal if executed >> e & 1 else -literal)
        rf: dict[int, int] = {}
        for (write, read), literal in base.rf.items():
            if executed >> read & 1 and holds(literal):
                rf[read] = write
                same.append(literal)
        before = {w: (rows & executed).bit_count() for w, rows in self._earlier.items() if executed >> w & 1}
        for (first, second), literal in base.open_co.items():
            if first in before and second in before and holds(literal):
                before[second] += 1
                same.append(literal)
        choices = 0
        for k in range(graph.choices):
            literal = base.values.choice(k)
            if holds(literal):
                choices |= 1 << k
            same.append(literal if choices >> k & 1 else -literal)
        picks = {}
        for node, literals in self.relations.picks.items():
            picks[node] = next(k for k, x in enumerate(literals) if holds(x))
            same.append(literals[picks[node]])
        given: dict[int, Value] = {}  # rf does not determine the values on a circle
        for read, word in base.values.wide_reads():
            if executed >> read & 1:
                given[read] = word.value(holds)
                same += _as_it_is(word, holds)
        for read, ways in base.circular.items():
            if executed >> read & 1:
                given[read], literal = next((v, x) for v, x in ways.items() if holds(x))
                same.append(literal)
        reads = read_values(graph, rf, choices, given)
        valuation = Valuation(reads, choices)
        values: dict[int, Value] = {r: reads[r] for r in rf if r in reads}
        co: dict[Value, list[int]] = {location: [] for location in graph.locations}
        for w in sorted(before, key=lambda w: (before[w], w)):
            event = graph.events[w]
            addr, value = valuation.value(_there(event.addr)), valuation.value(_there(event.value))
            if addr in co and value is not None:  # the evaluator notices if one is missing
                values[w] = value
                co[addr].append(w)
        return Execution(graph, executed, rf, tuple(map(tuple, co.values())), values, choices, picks)


@dataclass(frozen=True, slots=True)
class Solution:
    """What the solver found: an execution and its final state.

    `another_execution` and `another_state` are clauses that exclude the one or the other; empty if there is no other.
    """

    execution: Execution
    state: State
    another_execution: tuple[int, ...]
    another_state: tuple[int, ...]


def _clause(same: Sequence[int]) -> tuple[int, ...]:
    """The clause that not all literals hold."""
    return tuple(dict.fromkeys([-x for x in same if x != TRUE]))


def _another(word: Word, value: Value) -> str:
    """The literals that say that a word has another value, as a part of a line of DIMACS."""
    number, symbol = (value, "") if isinstance(value, int) else (value.offset, value.symbol)
    same = [x if number >> k & 1 else -x for k, x in enumerate(word.bits)]
    same += [x if name == symbol else -x for name, x in word.symbols.items()]
    return "".join([f"{-x} " for x in same if abs(x) != TRUE])


def _as_it_is(word: Word, holds: Callable[[int], bool]) -> list[int]:
    """Literals that say that a word has the value it has."""
    return [x if holds(x) else -x for x in word.literals()]


def _there(expr: ValueExpr | None) -> ValueExpr:
    assert expr is not None
    return expr
