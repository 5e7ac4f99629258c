"""Finds an execution with the outcome of a test, for pictures.

If the model forbids the outcome, it can find a candidate execution that violates as few axioms as possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, LitmusError
from litmus.base.relation import Rows
from litmus.decide import Findings
from litmus.engine import Engine, Prepared
from litmus.explain.cycles import Breach, breaches
from litmus.frontend.condition import condition_text
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Condition, LitmusTest, Not, Quantifier
from litmus.ir.model import Axiom, AxiomRole, Model, Type
from litmus.ir.options import Options
from litmus.ir.verdict import Status
from litmus.judge.evaluate import evaluate, relations

MOST = 400
"""The largest number of events of an execution that is shown, without the initial writes."""


class NoWitness(LitmusError):
    """There is no execution to show: the model forbids the outcome."""


@dataclass(frozen=True, slots=True)
class Witness:
    """An execution of a test, with its relations and the axioms that it violates.

    `relations` are those that the model shows, by name, n x n over the events of the execution's graph; `orders` those
    that it requires to be acyclic. `era` is the era of the kernel for a test with the kernel's primitives, "" for other
    tests. `breaches` are the axioms that the execution violates: none if the model allows it.
    """

    test: LitmusTest
    model: str
    execution: Execution
    relations: tuple[tuple[str, Rows], ...]
    orders: tuple[Rows, ...]
    era: str = ""
    breaches: tuple[Breach, ...] = ()
    notes: tuple[str, ...] = ()


def witness(engine: Engine, test: LitmusTest, model: str | None, options: Options, violating: bool = False) -> Witness:
    """An execution with the outcome that the condition asks about; for `forall`, one that refutes it.

    If the model forbids that and `violating` is set, a candidate execution that violates as few axioms as possible.
    Raises NoWitness if there is none, LimitReached at a limit (also that of `MOST` events), and the errors of
    `Engine.check`.
    """
    deadline = Deadline.after(options.timeout)
    ready = engine.prepare(test, model, options, deadline)
    prop = test.condition.prop
    asked = Not(prop) if test.condition.quantifier is Quantifier.FORALL else prop
    for checks in _attempts(ready.model, violating):
        lenient = replace(ready, model=replace(ready.model, axioms=checks))
        found = _find(engine, lenient, Condition(Quantifier.EXISTS, asked), deadline)
        if found.witness is not None and found.possible:
            return _seen(test, ready, found.witness, options.era)
    asked_for = "that refutes it" if test.condition.quantifier is Quantifier.FORALL else "that has the outcome"
    within = f" within --unroll {options.unroll}" if found.cut else ""
    if violating:
        raise NoWitness(f"there is no candidate execution {asked_for}{within}, under any model: {condition_text(test)}")
    message = f"{ready.name} allows no execution {asked_for}{within}: {condition_text(test)}"
    raise NoWitness(message, hint="--violating draws one that it forbids")


def _attempts(model: Model, violating: bool) -> Iterator[tuple[Axiom, ...]]:
    """The axioms to require, attempt by attempt: all; all but one; then only the first few, down to none."""
    checks = tuple(axiom for axiom in model.axioms if axiom.role is AxiomRole.CHECK)
    yield checks
    if violating:
        for k in reversed(range(len(checks))):
            yield checks[:k] + checks[k + 1 :]
        for k in reversed(range(len(checks) - 1)):
            yield checks[:k]


def _find(engine: Engine, ready: Prepared, condition: Condition, deadline: Deadline) -> Findings:
    found = engine.decide(ready, condition, Options(verdict_only=True), deadline)
    if found.possible is None:
        word = found.status if found.status in (Status.TIMEOUT, Status.LIMIT) else Status.LIMIT
        raise LimitReached(word.value, found.message or "no answer")
    return found


def _seen(test: LitmusTest, ready: Prepared, execution: Execution, era: str) -> Witness:
    model = ready.model
    if execution.executed.bit_count() - len(execution.graph.initial) > MOST:
        raise LimitReached("limit", f"{test.name}: an execution of more than {MOST} events, too many for a picture")
    violated = evaluate(model, execution.graph, [execution])[0].violated
    shown = [(shown, node) for shown, node in model.shown if model.nodes[node].type is Type.RELATION]
    orders = [a.node for a in model.axioms if a.role is AxiomRole.CHECK and a.kind.value == "acyclic" and not a.negated]
    rows = relations(model, execution, [*(node for _, node in shown), *orders])
    return Witness(
        test=test,
        model=ready.name,
        execution=execution,
        relations=tuple((shown, rows[node]) for shown, node in shown),
        era=era if test.has_primitives else "",
        orders=tuple(rows[node] for node in orders),
        breaches=breaches(model, execution, violated) if violated else (),
        notes=ready.notes,
    )
