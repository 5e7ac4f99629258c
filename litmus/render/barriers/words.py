"""What a finding says, in words that all formats share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from litmus.barriers.kinds import CandidateKind, is_for
from litmus.barriers.report import BarrierReport, Change, Finding, Need, Pair, Repair
from litmus.barriers.sites import What
from litmus.base.source import Span
from litmus.frontend.container import FUNCTIONS
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Answer

MISSING, REDUNDANT, STRONGER, UNPAIRED = "missing-barrier", "redundant-barrier", "strong-barrier", "unpaired-barrier"

RULES: dict[str, str] = {
    MISSING: "The outcome is possible: a barrier or a memory order is missing.",
    REDUNDANT: "No chosen architecture needs this barrier or memory order to forbid the outcome.",
    STRONGER: "A weaker barrier or memory order forbids the outcome on every chosen architecture.",
    UNPAIRED: "No order in another thread stands opposite this barrier or memory order.",
}
"""The kinds of notes that a report has, each in a sentence."""

WITHOUT_BARRIERS = ": an interleaving of the threads has it, so that it takes a lock or other code."

_KINDS = {
    (CandidateKind.BARRIERS, True): "fences",
    (CandidateKind.ACCESSES, True): "memory orders",
    (CandidateKind.ACCESSES, False): "accesses with more order",
    (CandidateKind.ATTRIBUTES, False): "requests with fewer attributes",
    (CandidateKind.READ_BACKS, False): "reads back",
}
"""The kinds of candidates in words, in C11 and elsewhere, if not as they are called."""

_MEMORY_ORDER = re.compile(r"\bmemory_order_\w+")
_DEPENDENCIES = {"addr": "address dependency", "data": "data dependency", "ctrl": "control dependency"}


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be said at a place of a file; `changes` are what would repair it."""

    rule: str
    span: Span
    text: str
    changes: tuple[Change, ...] = ()


def notes(report: BarrierReport) -> Iterator[Note]:
    """What is wrong with the barriers of a test, in the order of the file."""
    found = [*_missing(report), *_needless(report), *_unpaired(report)]
    yield from sorted(found, key=lambda note: note.span.start)


def _missing(report: BarrierReport) -> Iterator[Note]:
    archs = allowing(report)
    if not archs:
        return
    changes = report.repairs[0].sets[0] if report.repairs and report.repairs[0].sets else ()
    where = f"The outcome is possible on {listed(archs)}"
    if not changes:
        alone = any(repair.interleaved for repair in report.repairs)
        said = f"{where}, and none of the candidates for a repair forbids it"
        yield Note(MISSING, _first(report), f"{said}{WITHOUT_BARRIERS if alone else '.'}")
    for change in changes:
        others = len(changes) - 1
        rest = f", with {others} other change{'s' * (others != 1)}," if others else ""
        yield Note(MISSING, change.span, f"{where}; {change_words(change)}{rest} forbids it.", (change,))


def _first(report: BarrierReport) -> Span:
    """The first access of the test, for what has no place of its own."""
    for thread in report.test.threads:
        for statement in thread.body:
            span = getattr(statement, "span", None)
            if isinstance(span, Span):
                return span
    return Span(report.test.source, 0, 0)


def _needless(report: BarrierReport) -> Iterator[Note]:
    if allowing(report):  # whether they are needed is to be seen when the outcome is forbidden everywhere
        return
    for finding in report.findings:
        if finding.what not in (What.BARRIER, What.ORDER):
            continue
        archs = listed([one.arch for one in finding.archs])
        if finding.change is None:
            continue
        if finding.need is Need.REDUNDANT:
            said = f"{finding.text} is not needed on {archs}"
            said += f"; {finding.change.text} is enough." if finding.change.text else "."
            yield Note(REDUNDANT, finding.span, said, (finding.change,))
        else:
            said = f"{finding.text} is stronger than needed on {archs}: {either(finding.enough)} is enough."
            yield Note(STRONGER, finding.span, said, (finding.change,))


def _unpaired(report: BarrierReport) -> Iterator[Note]:
    needed = {finding.span for finding in report.findings if finding.need is not Need.REDUNDANT}
    for pair in report.pairs:
        if pair.span in needed and not pair.partners:
            yield Note(UNPAIRED, pair.span, f"{pair.text} has no partner in another thread.")


def allowing(report: BarrierReport) -> list[str]:
    """The architectures that allow the outcome."""
    return [arch for arch, answer in report.answers if answer is Answer.ALLOWED]


def change_words(change: Change) -> str:
    """A change in words."""
    where = place(change.thread, change.span)
    if not change.old:
        access = " ".join(change.span.text.split())  # a line may have several
        return f"{change.text} before {access} at {where}"
    if not change.text:
        return f"without {change.old} at {where}"
    return f"{brief(change.text)} in place of {brief(change.old)} at {where}"


def brief(text: str) -> str:
    """An operation of C11 by its memory orders, where the line says which it is; any other text as it is."""
    orders = _MEMORY_ORDER.findall(text)
    return ", ".join(orders) if orders and not text.startswith("atomic_thread_fence") else text


def candidates_said(repair: Repair, test: LitmusTest) -> str:
    """What a repair was looked for among, and what was left out, in a sentence."""
    tried = [_KINDS.get((kind, bool(test.language)), kind.value) for kind in repair.kinds]
    return f"Candidates: {listed(tried)}; not {', nor '.join(_left_out(repair, test))}."


def _left_out(repair: Repair, test: LitmusTest) -> Iterator[str]:
    """What was not considered, each with the reason."""
    left = [kind for kind in CandidateKind if kind not in repair.kinds and is_for(kind, test)]
    for kind in left:
        if kind is CandidateKind.READ_BACKS:
            yield "reads back, which are tried where nothing else does"
        elif kind is not CandidateKind.DEPENDENCIES:
            yield f"{_KINDS.get((kind, bool(test.language)), kind.value)}, which --candidates left out"
        elif test.arch in FUNCTIONS:
            yield "dependencies, which compilers may remove (--candidates all)"
        else:
            yield "dependencies, which take a register that is left over (--candidates all)"
    if test.language:
        yield "dependencies, which order nothing in C11"
        yield "mutexes, as their author alone knows what they protect"
    elif test.topology is not None:
        yield "bridges, which are as the passing table has them"
    elif test.arch in FUNCTIONS:
        yield "locks, as their author alone knows what they protect"
    else:
        yield "other instructions, as they would make it another program"


def named(finding: Finding) -> str:
    """What a finding is about."""
    if finding.what is What.DEPENDENCY:
        to = "" if finding.to is None else f" to line {line(finding.to)}"
        return f"{_DEPENDENCIES[finding.text]}{to}"
    return brief(finding.text)


def pair_words(pair: Pair) -> str:
    """The partners of a barrier in words."""
    if not pair.partners:
        return "no partner"
    return "pairs with " + listed([f"{brief(p.text)} at {place(p.thread, p.span)}" for p in pair.partners])


def cost_words(repair: Repair) -> str:
    """What a repair costs, and how it is known that nothing costs less."""
    where = f"on {listed(repair.archs)} together" if len(repair.archs) > 1 else f"on {repair.archs[0]}"
    if not repair.proof:
        return f"cost {repair.cost} {where}"
    shown = "one execution shows" if len(repair.proof) == 1 else f"{len(repair.proof)} executions show"
    less = "nothing cheaper will do" if repair.kinds else "of what is there nothing less will do"
    return f"cost {repair.cost} {where}; {less}, as {shown}"


def place(thread: int, span: Span) -> str:
    """The thread and the line of a place."""
    return f"P{thread} line {line(span)}"


def line(span: Span) -> int:
    """The line of a place."""
    return span.source.position(span.start)[0]


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence."""
    return _joined(list(words), "and")


def either(words: Iterable[str]) -> str:
    """Words as alternatives in a sentence."""
    return _joined(list(words), "or")


def _joined(words: list[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
