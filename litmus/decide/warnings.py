"""Warnings that go with an answer: flags that are raised, and executions that are left out."""

from __future__ import annotations

from collections.abc import Iterable

from litmus.base.source import Span
from litmus.decide.findings import Findings
from litmus.decide.task import Task
from litmus.decide.whole import Whole
from litmus.ir.events import NEVER, EventGraph, Reported
from litmus.ir.execution import Execution
from litmus.ir.model import Axiom, AxiomRole
from litmus.ir.verdict import Status
from litmus.judge.form import reported


def find_warnings(whole: Whole, found: Findings) -> None:
    """Find flags, and executions that are left out, without enumerating states. Raises LimitReached."""
    if may_warn(whole.task):
        find_left_out(whole, found)
        find_flags(whole, found)


def may_warn(task: Task) -> bool:
    """Whether there may be a warning; without a solver, so that False is certain and True is not."""
    flagged = any(axiom.role is not AxiomRole.CHECK for axiom in task.model.axioms)
    return flagged or bool(task.graph.reports) or _may_leave_out(task)


def _may_leave_out(task: Task) -> bool:
    graph, domains = task.graph, task.base.domains
    if task.further != NEVER or domains.open:
        return True
    known = frozenset(graph.locations)
    where = [domains.of(event.addr) for event in graph.events if event.addr is not None]
    if any(addresses is None or not known.issuperset(addresses) for addresses in where):
        return True
    used = [x for event in graph.events for x in (event.addr, event.value, event.tested, event.guard) if x is not None]
    return domains.may_be_undefined(*used, *graph.assumptions, *graph.final.values())


def find_left_out(whole: Whole, found: Findings) -> None:
    """Find whether executions are left out: at the unroll limit, or because an access or a value has no meaning.

    Raises LimitReached.
    """
    task, base = whole.task, whole.problem.base
    if task.further != NEVER:
        further = base.further if task.further is task.graph.further else base.bound
        found.cut = whole.some([further], [-base.stray, -base.undefined]) is not None
        if found.cut:
            found.status = Status.BOUND
            found.message = "a loop may go round more often than the unroll limit"
            return
    strays: list[tuple[int | None, int]] = [*base.strays.items()]
    lost = "a value has no meaning (a division by 0, arithmetic on addresses)"
    for what, reasons in (("an access goes to no location", strays), (lost, base.meaningless)):
        here = whole.some([literal for _, literal in reasons])
        if here is not None:
            events = [event for (event, _), holds in zip(reasons, here, strict=True) if holds]
            found.message = f"executions in which {what} are left out{_place(task.graph, events)}"
            return


def _place(graph: EventGraph, events: Iterable[int | None]) -> str:
    """Where the first of some events is in the text, if that is known."""
    spans: list[Span] = [span for e in events if e is not None and (span := graph.events[e].span) is not None]
    return f" ({spans[0]})" if spans else ""


def find_flags(whole: Whole, found: Findings) -> None:
    """Find which flags consistent executions raise, and what the program reports of them. Raises LimitReached."""
    task = whole.task
    raised: list[str] = []
    undefined: list[str] = []
    for axiom in task.model.axioms:
        if axiom.role is AxiomRole.CHECK or axiom.name in raised:
            continue
        if raising(whole, axiom) is not None:
            raised.append(axiom.name)
            if axiom.role is AxiomRole.UNDEFINED_UNLESS:
                undefined.append(axiom.name)
    found.flags, found.undefined = tuple(raised), tuple(undefined)
    found.reports = tuple(report.name for report in task.graph.reports if _fires(whole, report))


def raising(whole: Whole, axiom: Axiom) -> Execution | None:
    """A consistent execution that raises a flag; None if none does. Raises LimitReached."""
    literal = whole.problem.raised(axiom)
    return whole.execution(literal, lambda execution: axiom.name in whole.task.outcome(execution).flags)


def _fires(whole: Whole, report: Reported) -> bool:
    """Whether the program reports something of a consistent execution."""
    literal = whole.problem.reported(report)
    return whole.execution(literal, lambda execution: report.name in reported(execution)) is not None
