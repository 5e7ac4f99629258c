"""Finds executions with the outcome of a test, for pictures.

If the model forbids the outcome, it can find a candidate execution and the cycle that rules it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from litmus.base.deadline import Deadline
from litmus.base.errors import LimitReached, LitmusError
from litmus.base.relation import Rows
from litmus.decide.whole import Whole
from litmus.engine import Engine, Prepared
from litmus.explanations.cycles import Breach
from litmus.explanations.ways import reasons
from litmus.frontend.condition import condition_text
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Condition, LitmusTest, Not, Quantifier
from litmus.ir.model import AxiomRole, Type
from litmus.ir.options import Options
from litmus.ir.verdict import Status
from litmus.judge.evaluate import relations

MOST = 400
"""The largest number of events of an execution that is shown, without the initial writes."""


class NoWitness(LitmusError):
    """There is no execution to show: the model forbids the outcome."""


@dataclass(frozen=True, slots=True)
class Witness:
    """An execution of a test, with its relations and the axioms that it violates.

    `relations` are those that the model shows, by name, n x n over the events of the execution's graph; `orders` those
    that it requires to be acyclic. `era` is the era of the kernel for a test with the kernel's primitives, "" for other
    tests. `breaches` are why the execution is not consistent: none if the model allows it.
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

    If the model forbids that and `violating` is set, a candidate execution and a cycle that rules it out: the first of
    those by which `litmus.explanations.explanation` explains it.
    Raises NoWitness if there is none, LimitReached at a limit (also that of `MOST` events), and the errors of
    `Engine.check`.
    """
    deadline = Deadline.after(options.timeout)
    ready = engine.prepare(test, model, options, deadline)
    prop = test.condition.prop
    asked = Not(prop) if test.condition.quantifier is Quantifier.FORALL else prop
    found = engine.decide(ready, Condition(Quantifier.EXISTS, asked), Options(verdict_only=True), deadline)
    if found.possible is None:
        word = found.status if found.status in (Status.TIMEOUT, Status.LIMIT) else Status.LIMIT
        raise LimitReached(word.value, found.message or "no answer")
    if found.witness is not None and found.possible:
        return seen(test, ready, found.witness, options.era)
    if violating:
        bare = engine.task(ready, replace(ready.model, axioms=()), deadline)
        for cycle in reasons(bare, ready.model, asked, most=1).cycles:
            return seen(test, ready, cycle.execution, options.era, (Breach(cycle.axiom, cycle.steps),))
    asked_for = "that refutes it" if test.condition.quantifier is Quantifier.FORALL else "that has the outcome"
    within = f" within --unroll {options.unroll}" if found.cut else ""
    if violating:
        raise NoWitness(f"there is no candidate execution {asked_for}{within}, under any model: {condition_text(test)}")
    message = f"{ready.name} allows no execution {asked_for}{within}: {condition_text(test)}"
    raise NoWitness(message, hint="--violating draws one that it forbids")


def witnesses(engine: Engine, test: LitmusTest, model: str | None, options: Options) -> Iterator[Witness]:
    """Each execution that the model allows and that has what the condition is about at its end.

    Raises LimitReached at a limit (also that of `MOST` events), and the errors of `Engine.check`.
    """
    deadline = Deadline.after(options.timeout)
    ready = engine.prepare(test, model, options, deadline)
    with Whole(engine.task(ready, ready.model, deadline)) as whole:
        for execution in whole.executions(whole.problem.proposition(test.condition.prop)):
            yield seen(test, ready, execution, options.era)


def seen(
    test: LitmusTest, ready: Prepared, execution: Execution, era: str, violated: tuple[Breach, ...] = ()
) -> Witness:
    """An execution with what is shown of it. Raises LimitReached for one of more than `MOST` events."""
    model = ready.model
    if execution.executed.bit_count() - len(execution.graph.initial) > MOST:
        raise LimitReached("limit", f"{test.name}: an execution of more than {MOST} events, too many for a picture")
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
        breaches=violated,
        notes=ready.notes,
    )
