"""Deciding a test: from an event graph and a model to the outcomes that are possible."""

from __future__ import annotations

from contextlib import suppress

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import LimitReached
from litmus.bounds import Base
from litmus.candidates import at_most
from litmus.decide.findings import Findings
from litmus.decide.states import enumerate_states
from litmus.decide.task import Disagreement, Task
from litmus.decide.warnings import find_warnings
from litmus.decide.whole import Whole
from litmus.ir.events import NEVER, EventGraph
from litmus.ir.litmus_test import Condition
from litmus.ir.model import Model
from litmus.ir.options import Options
from litmus.ir.verdict import Status
from litmus.solver.interface import Solvers

_FIRST = 32
"""Events from which on the verdict is sought before the states, which may be too many."""

_MANY = 1 << 40
"""Candidates, by a rough count, from which on the verdict is sought first in a test with fewer events, too."""

__all__ = ["Disagreement", "Findings", "decide"]


def decide(
    graph: EventGraph,
    base: Base,
    model: Model,
    condition: Condition,
    options: Options,
    solvers: Solvers,
    deadline: Deadline = NO_DEADLINE,
) -> Findings:
    """What the model says of a test. Of the options it heeds `verdict_only`, `executions`, `max_states`, `reasons`.

    Never raises LimitReached: a limit ends the work, and is told by the findings' status.
    """
    task = Task(graph, base, model, deadline, solvers)
    found = Findings(cut=False if task.further == NEVER else None)
    try:
        with Whole(task) as whole:
            if options.verdict_only or len(graph.events) >= _FIRST or at_most(base) >= _MANY:
                from litmus.decide.verdict import find_verdict  # most small tests do without

                find_verdict(whole, condition, found)
            if options.verdict_only:
                find_warnings(whole, found)
            else:
                enumerate_states(whole, condition.prop, options, found)
    except LimitReached as limit:
        found.status = Status(limit.limit)
        found.message = limit.message
    except RecursionError:
        found.status = Status.LIMIT
        found.message = "the test nests too deeply"
    if options.reasons and found.empty and not found.message:
        found.message = _why_none(task)
    return found


def _why_none(task: Task) -> str:
    """Why no execution comes to its end: the test has none, or the model allows none of them."""
    from litmus.decide.empty import breached  # few tests have no execution

    axioms: tuple[str, ...] = ()
    with suppress(LimitReached, RecursionError):
        axioms = breached(task)
    if axioms:
        names = ", ".join(map(repr, axioms))
        which = " that pass its filter" if task.graph.test.filter is not None else ""
        return f"the model allows none of the executions of the test{which}: it forbids the nearest by {names}"
    filtered = " and passes its filter" if task.graph.test.filter is not None else ""
    return f"no execution of the test comes to its end{filtered}"
