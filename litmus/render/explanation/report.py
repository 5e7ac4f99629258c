"""The parts of an explanation, the same in every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from litmus.explanations.cycles import Cycle
from litmus.explanations.explanation import Explanation, Raised
from litmus.explanations.missing import Remedy
from litmus.explanations.timeline import Moment, is_interleaved
from litmus.frontend.condition import prop_text
from litmus.ir.execution import Execution
from litmus.ir.litmus_test import Quantifier
from litmus.ir.model import Axiom, AxiomKind
from litmus.ir.verdict import Answer
from litmus.render.explanation.orders import left_out, orders_of, reasons_for_orders, ruled_out
from litmus.render.explanation.words import Words

SHORT = 30
"""The lines that a text has room for, if the test has three threads or fewer; each further thread gives it more."""

_MORE = 6
_REMEDIES = 4  # what is named of all that would order two accesses


_ITS_HOPS = frozenset({"first", "last", "at"})
"""The steps that only say which hop is of which access."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report: a sentence, a table under it, and sentences after that."""

    title: str
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """The lines it takes as text, with a blank one."""
        return 1 + bool(self.title) + len(self.rows) + len(self.after)


def heading(known: Explanation) -> str:
    """The first line."""
    answer = known.answer.value if known.answer is not Answer.BOUNDED else "not found within the unroll limit"
    return f"{known.test.name} under {known.model}{f', Linux {known.era}' if known.era else ''}: {answer}"


def question(known: Explanation) -> str:
    """The outcome that is explained."""
    said = prop_text(known.test, known.test.condition.prop)
    if known.test.condition.quantifier is Quantifier.FORALL:
        return f"An outcome that refutes: {said}"
    return f"The outcome: {said}"


def room(known: Explanation) -> int:
    """The lines that a text has room for."""
    return SHORT + _MORE * max(0, len(known.test.threads) - 3)


def parts(known: Explanation, height: int | None = None) -> tuple[Part, ...]:
    """The parts after the heading; of many ways, as many as so many lines hold."""
    words = Words(known)
    found: list[Part] = []
    if known.answer in (Answer.FORBIDDEN, Answer.BOUNDED):
        found += _forbidden(known, words, (room(known) if height is None else height) - 6)
    elif known.answer is Answer.ALLOWED:
        found += _allowed(known, words)
    found += [_flag(raised, words) for raised in known.raised]
    remarks = [f"Note: {note}" for note in known.notes]
    remarks += [f"Uncertain: {doubt}" for doubt in known.uncertain]
    if known.message:
        remarks.append(f"Limit: {known.message}")
    if remarks:
        found.append(Part("", after=tuple(remarks)))
    return tuple(found)


# --- forbidden ----------------------------------------------------------------------------------------------------


def _forbidden(known: Explanation, words: Words, room: int) -> Iterator[Part]:
    if not known.cycles:
        yield Part("Nothing in the program can bring it about: no candidate execution has it, whatever the model.")
        return
    accesses = _accesses(known.cycles[:1], words)
    ways = [_way(known, words, k) for k in range(len(known.cycles))]
    if len(ways) == 1:
        yield accesses
        yield ways[0]
        yield _minimal(known)
        return
    plain = 1
    while plain < len(ways):
        more = _accesses(known.cycles[: plain + 1], words)
        if more.height + sum(way.height for way in ways[: plain + 1]) + len(ways) - plain > room:
            break
        accesses = more
        plain += 1
    count = len(ways)
    yield Part(
        f"It could come about in {count} ways{_only(known)}; the model rules out each.",
        accesses.rows,
    )
    yield from ways[:plain]
    left = known.cycles[plain:]
    if left:
        used = accesses.height + sum(way.height for way in ways[:plain])
        shown = max(1, room - used - 1)
        rows = [
            (f"{k}.", f"{cycle.axiom}:", words.path(cycle.steps)) for k, cycle in enumerate(left[:shown], plain + 1)
        ]
        after = (f"... and {len(left) - shown} more: --format json has all.",) if len(left) > shown else ()
        yield Part("Likewise:", tuple(rows), after)
    yield _minimal(known)


def _only(known: Explanation) -> str:
    return " within the unroll limit" if known.answer is Answer.BOUNDED else ""


def _accesses(cycles: Iterable[Cycle], words: Words) -> Part:
    """The accesses that are mentioned; their values are those of the first cycle that mentions them."""
    found: dict[int, Execution] = {}
    for cycle in (one for way in cycles for one in (way, *way.all_cycles())):
        far = [edge for edges in cycle.edges for edge in edges if edge.name in ("rf", "co", "fr")]
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
    because = reasons_for_orders(known.rules, cycle, words)
    rows = [
        (words.order(step), because.pop((step.source, step.target), words.reason(step, edges, cycle.execution)))
        for step, edges in zip(cycle.steps, cycle.edges, strict=True)
        if step.name not in _ITS_HOPS
    ]
    rows = [(f"{words.letter(a)} before {words.letter(b)}", why) for (a, b), why in because.items()] + rows
    circle = cycle.kind is not AxiomKind.EMPTY
    if cycle.excluded:
        said = f"fits no {_listed([_called(name) for name in orders_of(known.rules, cycle)], 'and no')}"
        said += "; every execution has one"
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
        yield f"Other orders are ruled out by {_listed(others, 'and')}: --format json has all."


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


def _called(order: str) -> str:
    """What a chosen order is called: `order S`, `lock-order`."""
    return order if "order" in order else f"order {order}"


def _minimal(known: Explanation) -> Part:
    names = [
        f"the {_called(name.removeprefix('with '))}" if name.startswith("with ") else name
        for name in dict.fromkeys(axiom.name for axiom in known.axioms)
    ]
    if len(names) == 1:
        said = f"It takes this axiom: without {names[0]}, the others allow the outcome."
    else:
        said = f"It takes all of {_listed(names, 'and')}: without any one of them, the others allow the outcome."
    return Part("", after=(said,))


# --- allowed ------------------------------------------------------------------------------------------------------


def _allowed(known: Explanation, words: Words) -> Iterator[Part]:
    if known.witness is None:
        return
    execution = known.witness.execution
    rows: list[tuple[str, ...]] = []
    for moment in known.moments:
        e = moment.event
        rows.append((words.letter(e), words.where(e), words.statement(e), words.does(e, execution)))
        rows += [("", "", f"^ {note}") for note in _weak(moment, words, execution)]
    how = "These accesses, one after the other, have it"
    if is_interleaved(known.moments):
        yield Part(f"{how}; every one sees what came before:", tuple(rows))
    else:
        yield Part(f"{how}; the order in which they take effect is not that of the program everywhere:", tuple(rows))
        if known.reordered:
            yield Part("", after=tuple(f"Why: {r.because} [{r.origin.source}]" for r in known.reordered))
    if known.missing is None:
        return
    lost = known.missing
    if lost.nothing:
        said = "No fences between the accesses of a thread would rule it out."
        if is_interleaved(known.moments):
            said += " It is an ordinary interleaving: only other code, such as a lock, would."
        yield Part(said)
    for k, remedies in enumerate(lost.sets):
        yield _set(k, remedies, words)
    if lost.limit:
        yield Part("", after=(f"Limit: {lost.limit}.",))


def _weak(moment: Moment, words: Words, execution: Execution) -> Iterator[str]:
    """What is weak about a moment."""
    if moment.before:
        said = f"before {_listed([words.letter(e) for e in moment.before], 'and')}, although later in the program"
        yield said + "".join(_unheeded(moment, words, execution))
    if moment.misses:
        names = _listed([words.letter(e) for e in moment.misses], "and")
        verb = "has" if len(moment.misses) == 1 else "have"
        yield f"{names} {verb} not reached P{words.event(moment.event).thread} yet"


def _unheeded(moment: Moment, words: Words, execution: Execution) -> Iterator[str]:
    """What is between an access and an earlier one that it overtakes, and does not order them."""
    relations = execution.graph.relations
    for earlier in moment.before:
        for name, what in (("addr", "address"), ("data", "value")):
            if relations[name].rows[earlier] >> moment.event & 1:
                yield f", and although its {what} depends on what {words.letter(earlier)} reads"
                return


def _set(number: int, remedies: Sequence[Remedy], words: Words) -> Part:
    rows = tuple(
        (f"{words.letter(r.before)} before {words.letter(r.after)}", f"by {_means(r.means)}") for r in remedies
    )
    one = "This order is" if len(rows) == 1 else "These orders are"
    title = f"{one} missing; with {'it' if len(rows) == 1 else 'them'} the outcome would be forbidden:"
    return Part(title if number == 0 else "Or else:", rows)


def _means(means: Sequence[str]) -> str:
    if not means:
        return "an order that no fence gives"
    more = len(means) - _REMEDIES
    shown = [*means[:_REMEDIES], *([f"{more} stronger"] if more > 0 else [])]
    return _listed(shown, "or")


# --- flags --------------------------------------------------------------------------------------------------------


def _flag(raised: Raised, words: Words) -> Part:
    events = dict.fromkeys(e for step in raised.breach.steps for e in (step.source, step.target))
    rows = tuple((words.letter(e), words.where(e), words.statement(e), words.does(e, raised.execution)) for e in events)
    by = "by these two accesses" if len(rows) == 2 else "by these" if rows else "by an execution"
    return Part(f"Flag {raised.flag}, raised {by}:" if rows else f"Flag {raised.flag}.", rows)


def _listed(names: Sequence[str], word: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
