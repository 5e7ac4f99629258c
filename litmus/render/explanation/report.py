"""The parts of an explanation, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from litmus.explanations.cycles import Cycle
from litmus.explanations.derivations import INVERSE
from litmus.explanations.explanation import Explanation, Raised
from litmus.frontend.condition import prop_text
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import TRUE, Condition, Quantifier
from litmus.ir.model import Axiom, AxiomKind
from litmus.ir.verdict import Answer
from litmus.render.explanation.allowed import allowed
from litmus.render.explanation.orders import left_out, members, orders_of, reasons_for_orders, refuted_pairs, ruled_out
from litmus.render.explanation.part import Part, listed
from litmus.render.explanation.words import Words
from litmus.render.graph.words import called, chosen_order

SHORT = 30
"""The lines that a text has room for, if the test has three threads or fewer; each further thread gives it more."""

_MORE = 6

_COMPLETED = f"last{INVERSE}"
_ITS_HOPS = frozenset({"first", "last", "at", f"first{INVERSE}", _COMPLETED, f"at{INVERSE}"})
"""The steps that only say which hop is of which access."""


def heading(known: Explanation) -> str:
    """The first line."""
    answer = known.answer.value if known.answer is not Answer.BOUNDED else "not found within the unroll limit"
    return f"{known.test.name} under {known.model}{f', Linux {known.era}' if known.era else ''}: {answer}"


def question(known: Explanation) -> str:
    """The outcome that is explained."""
    said = prop_text(known.test, known.test.condition.prop)
    if _asks_nothing(known):
        return "No outcome is asked about: the test has no condition, and --state names none."
    if known.test.condition.quantifier is Quantifier.FORALL:
        return f"An outcome that refutes: {said}"
    return f"The outcome: {said}"


def _asks_nothing(known: Explanation) -> bool:
    return known.test.condition == Condition(Quantifier.FORALL, TRUE)


def room(known: Explanation) -> int:
    """The lines that a text has room for."""
    return SHORT + _MORE * max(0, len(known.test.threads) - 3)


def parts(known: Explanation, height: int | None = None) -> tuple[Part, ...]:
    """The parts after the heading; for so many lines of text, with what must be there and what else there is room for.

    Ways in which it could come about that find no room are left out, and so are accesses of a timeline, sets of missing
    orders, and at last notes. Without a height only ways are.
    """
    words = Words(known)
    flags = [_flag(raised, words) for raised in known.raised]
    found: tuple[Part, ...] = ()
    for notes in range(len(known.notes), -1, -1):
        after = [*flags, *_remarks(known, notes)]
        left = None if height is None else height - sum(part.height for part in after)
        if _asks_nothing(known):
            found = ()
        elif known.answer in (Answer.FORBIDDEN, Answer.BOUNDED, Answer.INCOMPLETE):
            found = tuple(_forbidden(known, words, room(known) if left is None else left))
        elif known.answer is Answer.ALLOWED:
            found = allowed(known, words, left)
        found = (*found, *after)
        if height is None or sum(part.height for part in found) <= height:
            break
    return found


def _remarks(known: Explanation, notes: int) -> Iterator[Part]:
    """So many of the notes, and what else is to be said of the answer."""
    remarks = [f"Note: {note}" for note in known.notes[:notes]]
    if notes < len(known.notes):
        more = len(known.notes) - notes
        remarks.append(f"... and {more} other note{'s' * (more > 1)}: --format markdown has all.")
    remarks += [f"Uncertain: {doubt}" for doubt in known.uncertain]
    if known.message:
        remarks.append(f"Limit: {known.message}")
    if remarks:
        yield Part("", after=tuple(remarks))


# --- forbidden ----------------------------------------------------------------------------------------------------


def _forbidden(known: Explanation, words: Words, room: int) -> Iterator[Part]:
    if not known.cycles:
        yield Part(
            "Nothing in the program can bring it about: no candidate execution has it, whatever the model.",
            after=tuple(f"Note: {remark.message}" for remark in known.test.remarks),
        )
        return
    accesses = _accesses(known.cycles[:1], words)
    needed = _needed(known)
    if len(known.cycles) == 1:
        way = _way(known, words, 0)
        yield accesses
        yield replace(way, after=(*way.after, needed))
        return
    last = Part("", after=(needed,))
    count = len(known.cycles)
    title = f"It could come about in {count} ways{_only(known)}; the model rules out each."
    first = replace(accesses, title=title)
    ways = [_way(known, words, 0)]
    used = first.height + ways[0].height + last.height
    while len(ways) < count:
        more = replace(_accesses(known.cycles[: len(ways) + 1], words), title=title)
        way = _way(known, words, len(ways))
        height = used - first.height + more.height + way.height
        left = count - len(ways) - 1
        if height + (left and left + 2) > room:
            break
        first, used = more, height
        ways.append(way)
    yield first
    yield from ways
    if len(ways) < count:
        yield _others(known, words, len(ways), room - used)
    yield last


def _others(known: Explanation, words: Words, first: int, room: int) -> Part:
    """The ways that are not told in full, at least one, as many as so many lines hold."""
    left = known.cycles[first:]
    rows = [
        (f"{k}.", f"{cycle.axiom}:", words.path(cycle.steps)) for k, cycle in enumerate(left[: max(1, room)], first + 1)
    ]
    for shown in range(len(rows), 0, -1):
        more = len(left) - shown
        part = Part("Likewise:", tuple(rows[:shown]), (f"... and {more} more: --format json has all.",) * (more > 0))
        if part.height <= room:
            break
    return part


def _only(known: Explanation) -> str:
    return " within the unroll limit" if known.answer is Answer.BOUNDED else ""


def _accesses(cycles: Iterable[Cycle], words: Words) -> Part:
    """The accesses that are mentioned; their values are those of the first cycle that mentions them."""
    found: dict[int, Execution] = {}
    for cycle in (one for way in cycles for one in (way, *way.all_cycles())):
        far = [edge for edges in cycle.edges for edge in edges if words.tells_of(edge)]
        for step in (*cycle.steps, *far):
            for event in (step.source, step.target):
                hop = words.hops.get(event)
                event = event if hop is None else hop.access
                if event in words.letters:
                    found.setdefault(event, cycle.execution)
    order = sorted(found, key=lambda e: (words.event(e).thread, e))
    rows = [(words.letter(e), words.where(e), words.statement(e), words.does(e, found[e])) for e in order]
    return Part("", tuple(rows))


def _way(known: Explanation, words: Words, number: int) -> Part:
    cycle = known.cycles[number]
    rows = list(_steps(known, words, cycle))
    circle = cycle.kind is not AxiomKind.EMPTY
    if cycle.excluded:
        orders = orders_of(known.rules, cycle)
        said = f"fits no {listed([_order(known, words, name) for name in orders], 'and no')}; every execution has one"
    elif not cycle.steps:
        said = f"is ruled out by {cycle.axiom}"
    elif circle:
        said = "is a circle"
    else:
        said = _between(cycle, words) or "is two things that must not be together"
    if len(known.cycles) == 1:
        title = f"It could come about in one way only{_only(known)}, and that {said}:"
    else:
        title = f"Way {number + 1} {said}:"
    return Part(title, tuple(rows), tuple(_in_its_words(known, words, cycle)))


def _steps(known: Explanation, words: Words, cycle: Cycle) -> Iterator[tuple[str, str]]:
    """The steps of a cycle, each with its reason, and why they are so in every order that executions choose."""
    steps = []
    for k, (step, edges) in enumerate(zip(cycle.steps, cycle.edges, strict=True)):
        if cycle.steps[k - 1].name == _COMPLETED and step.source == cycle.steps[k - 1].target:
            steps.append((step, words.waits(step)))
        elif step.name not in _ITS_HOPS:
            steps.append((step, words.reason(step, edges, cycle.execution)))
    if cycle.excluded and cycle.kind is AxiomKind.EMPTY and len(steps) == 1:  # a pair that the axiom forbids
        refuted = refuted_pairs(known.rules, cycle, words)
        yield from ((f"{words.letter(a)} before {words.letter(b)}", why) for (a, b), why in refuted.items())
        yield from ((words.order(step), f"breaks {cycle.axiom}: {why}") for step, why in steps)
        return
    because = reasons_for_orders(known.rules, cycle, words)
    rows = [(words.order(step), because.pop((step.source, step.target), why)) for step, why in steps]
    yield from ((f"{words.letter(a)} before {words.letter(b)}", why) for (a, b), why in because.items())
    yield from _joined(rows)


def _joined(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Rows, with those in one that follow by program order for the same reason: `a before b before c`."""
    before, reason = "", ""
    for order, why in rows:
        last = before.rpartition(" before ")[2]
        if before and why == reason and why.startswith("program order") and order.startswith(f"{last} before "):
            before += order.removeprefix(last)
            continue
        if before:
            yield before, reason
        before, reason = order, why
    if before:
        yield before, reason


def _order(known: Explanation, words: Words, name: str) -> str:
    """An order that executions choose, with what it is the order of: `order S (of all that is seq_cst)`."""
    return called(name) + words.order_of(members(known.rules, name))


def _in_its_words(known: Explanation, words: Words, cycle: Cycle) -> Iterator[str]:
    """The axioms with the paths that they forbid, in the model's words."""
    yield f"In the model's words: {_stated(known, cycle.axiom)}; but {words.path(cycle.steps)}"
    stated = {cycle.axiom}
    for excluded, pair in zip(cycle.excluded, left_out(known.rules, cycle), strict=True):
        other = excluded.cycle
        if other.steps and pair is not None:
            axiom = other.axiom if other.axiom in stated else _stated(known, other.axiom)
            stated.add(other.axiom)
            kept = other.axiom.startswith("with ") and other.kind is AxiomKind.EMPTY
            yield f"{axiom}{' keeps' if kept else '; otherwise'} {words.path(other.steps)}"
    others = ruled_out(known.rules, cycle)
    if others:
        yield f"Other orders are ruled out by {listed(others, 'and')}: --format json has all."


def _stated(known: Explanation, name: str) -> str:
    """An axiom with its name and its text."""
    axiom = next(axiom for axiom in known.axioms if axiom.name == name)
    text = axiom_text(axiom)
    return text if text.startswith(name) else f"{name}, {text}"


def _between(cycle: Cycle, words: Words) -> str:
    """For an atomic update that another write comes between: so."""
    atomic = next((step for step in cycle.steps if step.name == "rmw"), None)
    others = {e for step in cycle.steps for e in (step.source, step.target)}
    if atomic is None or len(others) != 3:
        return ""
    (other,) = others - {atomic.source, atomic.target}
    return (
        f"has {words.letter(other)} come between {words.letter(atomic.source)} and {words.letter(atomic.target)}, "
        "which are one step"
    )


def axiom_text(axiom: Axiom) -> str:
    """An axiom as the model has it."""
    text = axiom.span.text if axiom.span is not None else axiom.kind.value
    return " ".join(text.split()).removesuffix(f" as {axiom.name}")


def _needed(known: Explanation) -> str:
    """That it takes these axioms."""
    names = [
        name if (order := chosen_order(name)) is None else f"the {order}"
        for name in dict.fromkeys(axiom.name for axiom in known.axioms)
    ]
    if len(names) == 1:
        return f"It takes this axiom: without {names[0]}, the others allow the outcome."
    return f"It takes all of {listed(names, 'and')}: without any one of them, the others allow the outcome."


# --- flags --------------------------------------------------------------------------------------------------------


def _flag(raised: Raised, words: Words) -> Part:
    events = dict.fromkeys(e for step in raised.breach.steps for e in (step.source, step.target))
    rows = tuple((words.letter(e), words.where(e), words.statement(e), words.does(e, raised.execution)) for e in events)
    by = "by these two accesses" if len(rows) == 2 else "by these" if rows else "by an execution"
    return Part(f"Flag {raised.flag}, raised {by}:" if rows else f"Flag {raised.flag}.", rows)
