"""A test under a model as clauses, and a solution of the clauses as an execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from litmus.base.deadline import Deadline
from litmus.bounds import Bounds
from litmus.encode.axioms import require
from litmus.encode.base import BaseEncoding
from litmus.encode.cnf import FALSE, TRUE, Cnf
from litmus.encode.relations import Relations
from litmus.ir.events import EventGraph, ValueExpr
from litmus.ir.execution import Execution, State
from litmus.ir.litmus_test import Prop
from litmus.ir.model import Axiom, AxiomRole
from litmus.ir.thread import Value
from litmus.ir.valuation import Valuation

Truths = Callable[[Sequence[int]], list[bool]]
"""For each literal whether it holds in a solution."""


class Problem:
    """The clauses of one test under one model.

    `bound` is the literal that an unroll limit was hit; `filter` literal of the test's filter. `circular` says that
    solutions may be no executions of the model and need the evaluator's word before they count.
    """

    def __init__(self, bounds: Bounds, deadline: Deadline) -> None:
        self.bounds = bounds
        self.graph = bounds.base.graph
        self.cnf = Cnf()
        self.base = BaseEncoding(self.cnf, bounds.base, deadline)
        self.relations = Relations(self.cnf, bounds, self.base, deadline)
        self.bound = self.base.bound
        test = self.graph.test
        if test.filter is not None:
            self.cnf.add(self.base.proposition(test.filter))
        for node, spec in enumerate(bounds.model.nodes):
            if spec.op == "choose":
                self.relations.pick(node, len(spec.args))
        self._observed = [(item, self.base.final(item)) for item in test.observed]
        self._wide = {item: self.base.final_bits(item) for item, ways in self._observed if not ways}
        for _, ways in self._observed:
            if ways and TRUE not in ways.values():
                self.cnf.add(self.bound, *ways.values())
        self._decoded: list[int] | None = None

    @property
    def circular(self) -> bool:
        return self.relations.circular

    def require(self, axiom: Axiom) -> None:
        """Clauses that make a check axiom hold."""
        require(self.relations, axiom.kind, axiom.node, axiom.negated)

    def raised(self, axiom: Axiom) -> int:
        """A literal that makes a flag be raised: with it, the flag's property holds (or fails, for undefined_unless)."""
        premise = self.cnf.variable()
        negated = axiom.negated != (axiom.role is AxiomRole.UNDEFINED_UNLESS)
        require(self.relations, axiom.kind, axiom.node, negated, premise)
        return premise

    def proposition(self, prop: Prop) -> int:
        """A literal equal to a proposition over the final state."""
        return self.base.proposition(prop)

    # --- solutions -----------------------------------------------------------------------------------------------------

    def state(self, truths: Truths) -> tuple[State, list[int]]:
        """The final state of a solution, and the clause that excludes every other solution with this state."""
        asked = [literal for _, ways in self._observed for literal in ways.values()]
        asked += [bit for bits in self._wide.values() for bit in bits]
        known = dict(zip(asked, truths(asked), strict=True))
        state = []
        block = []
        for item, ways in self._observed:
            if ways:
                value, literal = next((v, x) for v, x in ways.items() if x == TRUE or (x != FALSE and known[x]))
                block.append(-literal)
            else:
                bits = self._wide[item]
                held = [x == TRUE or (x != FALSE and known[x]) for x in bits]
                value = self.base.values.addresses.value(sum(1 << k for k, h in enumerate(held) if h))
                block += [-x if h else x for x, h in zip(bits, held, strict=True)]
            state.append((item, value))
        return tuple(state), [x for x in block if x != FALSE]

    def execution(self, truths: Truths) -> tuple[Execution, list[int]]:
        """The execution of a solution, and the clause that excludes it alone."""
        base, graph = self.base, self.graph
        rf = base.rf
        co = base.co
        open_events = [e for e, x in enumerate(base.executed) if x != TRUE]
        choices = [base.values.choice(k) for k in range(graph.choices)]
        picks = [(node, literals) for node, literals in self.relations.picks.items()]
        asked = [*rf.values(), *co.values(), *[base.executed[e] for e in open_events], *choices]
        for _, literals in picks:
            asked += literals
        variables = list(dict.fromkeys(abs(x) for x in asked if abs(x) != TRUE))
        held = dict(zip(variables, truths(variables), strict=True))
        held[TRUE] = True

        def holds(literal: int) -> bool:
            return held[literal] if literal > 0 else not held[-literal]

        block: dict[int, None] = {}
        executed = (1 << len(graph.events)) - 1
        for e in open_events:
            if holds(base.executed[e]):
                block[-base.executed[e]] = None
            else:
                executed &= ~(1 << e)
                block[base.executed[e]] = None
        sources: dict[int, int] = {}
        for (write, read), literal in rf.items():
            if executed >> read & 1 and holds(literal):
                sources[read] = write
                block[-literal] = None
        after = dict.fromkeys((w for w, e in enumerate(graph.events) if e.kind == "W" and executed >> w & 1), 0)
        for (first, second), literal in co.items():
            if holds(literal) and first in after and second in after:
                after[second] += 1
                block[-literal] = None
        chosen = 0
        for k, literal in enumerate(choices):
            if holds(literal):
                chosen |= 1 << k
            block[-literal if holds(literal) else literal] = None
        picked = {}
        for node, literals in picks:
            index = next(k for k, x in enumerate(literals) if holds(x))
            picked[node] = index
            block[-literals[index]] = None
        wide: dict[int, Value] = {}
        for read, bits in base.values.wide_reads():
            held_bits = truths(bits)
            wide[read] = base.values.addresses.value(sum(1 << k for k, h in enumerate(held_bits) if h))
            if executed >> read & 1:  # what a circle of values holds is not decided by rf
                for bit, value in zip(bits, held_bits, strict=True):
                    block[-bit if value else bit] = None
        reads = _values(graph, sources, chosen, wide)
        valuation = Valuation(reads, chosen)
        values: dict[int, Value] = {r: reads[r] for r in sources}
        order: dict[Value, list[int]] = {location: [] for location in graph.locations}
        for w in sorted(after, key=lambda w: (after[w], w)):
            event = graph.events[w]
            addr, written = valuation.value(_there(event.addr)), valuation.value(_there(event.value))
            assert addr is not None, "the clauses exclude undefined addresses"
            assert written is not None, "the clauses exclude undefined values"
            values[w] = written
            order[addr].append(w)
        execution = Execution(
            graph, executed, sources, tuple(map(tuple, order.values())), values, chosen, picked
        )
        return execution, [x for x in block if x != FALSE]


def _there(expr: ValueExpr | None) -> ValueExpr:
    assert expr is not None
    return expr


def _values(graph: EventGraph, rf: Mapping[int, int], choices: int, wide: Mapping[int, Value]) -> dict[int, Value]:
    """What each read returned, followed from rf; what is wide was encoded and is given."""
    reads: dict[int, Value] = dict(wide)
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
        assert found, "a circle of values is wide"
        reads.update(found)
        pending = [r for r in pending if r not in found]
    return reads
