"""The parts of an explanation of an outcome that is allowed: how it comes about, and what would rule it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from litmus.explanations.explanation import Explanation
from litmus.explanations.missing import Remedy
from litmus.explanations.nearness import nearness
from litmus.explanations.timeline import Moment, is_interleaved, reordered
from litmus.ir.execution import Execution
from litmus.render.explanation.part import Part, listed
from litmus.render.explanation.words import Words

_REMEDIES = 4  # what is named of all that would order two accesses
_ORDINARY = "It is an ordinary interleaving: only other code, such as a lock, would rule it out."
_BUSES = "Which barriers, attributes and reads back would forbid it, says litmus barriers."


def allowed(known: Explanation, words: Words, room: int | None) -> tuple[Part, ...]:
    """The parts; for so many lines, without what is least near to the outcome.

    With all sets of orders that are missing, every access is shown that the outcome or a missing order is about, and
    those next to them; if that does not fit, there are fewer reasons, then fewer sets, and at last fewer accesses.
    """
    if known.witness is None:
        return ()
    rows = _rows(known.moments, known.witness.execution)
    all_sets = () if known.missing is None else known.missing.sets
    found: tuple[Part, ...] = ()
    for sets in range(len(all_sets), min(1, len(all_sets)) - 1, -1):
        remedies = [remedy for one in all_sets[:sets] for remedy in one]
        near = nearness(known.witness.execution, known.moments, known.asked, remedies)
        distances = {row: min(near.get(moment.event, len(near)) for moment in row) for row in rows}
        order = sorted(rows, key=lambda row: (distances[row], not _is_weak(row)))
        for reasons in (None, 1):
            least = sum(distance <= (sets > 1 or reasons is None) for distance in distances.values())
            for count in range(len(rows), least - 1, -1):
                shown = [row for row in rows if row in order[:count]]
                found = tuple(_parts(known, words, shown, sets, reasons))
                if room is None or sum(part.height for part in found) <= room:
                    return found
    return found


def _rows(moments: Iterable[Moment], execution: Execution) -> Sequence[tuple[Moment, ...]]:
    """The moments of each row: one, or the two halves of an update that come one after the other."""
    rows: list[tuple[Moment, ...]] = []
    for moment in moments:
        last = rows[-1][-1].event if rows else moment.event
        if execution.graph.relations["rmw"].rows[last] >> moment.event & 1:
            rows[-1] = (*rows[-1], moment)
        else:
            rows.append((moment,))
    return rows


def _parts(
    known: Explanation, words: Words, shown: Sequence[Sequence[Moment]], sets: int, most: int | None
) -> Iterator[Part]:
    assert known.witness is not None
    execution = known.witness.execution
    events = {moment.event for row in shown for moment in row}
    moments: list[Moment] = []
    rows: list[tuple[str, ...]] = []
    for among in [[_among(moment, events) for moment in row] for row in shown]:
        moments += among
        first = among[0].event
        letters = " ".join(words.letter(moment.event) for moment in among)
        does = " and ".join(words.does(moment.event, execution) for moment in among)
        rows.append((letters, words.where(first), words.statement(first), does))
        notes = dict.fromkeys(note for moment in among for note in _weak(moment, words, execution))
        rows += [("", "", f"^ {note}") for note in notes]
    how = "These accesses, one after the other, have it"
    others = len(known.moments) - len(moments)
    left_out = (f"... and {others} other access{'es' * (others > 1)}: --format markdown has all.",) * (others > 0)
    if is_interleaved(known.moments):
        yield Part(f"{how}; every one sees what came before:", tuple(rows), left_out)
    else:
        weak = "the order in which they take effect is not that of the program everywhere"
        if not any(moment.before for moment in known.moments):
            weak = "not every thread sees a write as soon as it is there"
        yield Part(f"{how}; {weak}:", tuple(rows), left_out)
        rules = reordered(known.reordered, moments, execution)
        if rules:
            reasons = list(dict.fromkeys(f"Why: {rule.because} [{rule.origin.source}]" for rule in rules))
            more = len(reasons[most:]) if most is not None else 0
            left_out = (f"... and {more} other reason{'s' * (more > 1)}: --format markdown has all.",) * (more > 0)
            yield Part("", after=(*reasons[:most], *left_out))
    if known.missing is None:
        if known.test.topology is not None:
            yield Part("", after=(_ORDINARY if is_interleaved(known.moments) else _BUSES,))
        return
    lost = known.missing
    if lost.nothing:
        said = "No fences between the accesses of a thread would rule it out."
        operands = sorted({e for moment in moments if moment.unordered for e in (moment.event, *moment.unordered)})
        if operands:
            names = listed([words.letter(event) for event in operands], "and")
            said += f" C evaluates operands in any order: only in statements of their own are {names} in order,"
            said += " and can a fence be between them."
        elif is_interleaved(known.moments):
            said += " It is an ordinary interleaving: only other code, such as a lock, would."
        yield Part(said)
    for k, remedies in enumerate(lost.sets[:sets]):
        yield _set(k, remedies, words)
    more = len(lost.sets) - sets
    if more:
        yield Part("", after=(f"Or else {more} other set{'s' * (more > 1)} of orders: --format markdown has all.",))
    if lost.limit:
        yield Part("", after=(f"Limit: {lost.limit}.",))


def _is_weak(row: Sequence[Moment]) -> bool:
    return any(moment.before or moment.misses or moment.unordered for moment in row)


def _among(moment: Moment, shown: Set[int]) -> Moment:
    """A moment beside others that are shown."""
    before, misses, unordered = (
        tuple(e for e in events if e in shown) for events in (moment.before, moment.misses, moment.unordered)
    )
    return replace(moment, before=before, misses=misses, unordered=unordered)


def _weak(moment: Moment, words: Words, execution: Execution) -> Iterator[str]:
    """What is weak about a moment."""
    if moment.before:
        said = f"before {listed([words.letter(e) for e in moment.before], 'and')}, although later in the program"
        yield said + "".join(_unheeded(moment, words, execution))
    if moment.unordered:
        names = listed([words.letter(e) for e in moment.unordered], "and")
        yield f"before {names}, although written after: C evaluates operands in any order"
    if moment.misses:
        names = listed([words.letter(e) for e in moment.misses], "and")
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
        between = words.between(earlier, moment.event, execution)
        if between:
            fences = listed([words.fence(fence) for fence in between], "and")
            ends = f"{words.letter(earlier)} and {words.letter(moment.event)}"
            yield f", and although {fences} {'is' if len(between) == 1 else 'are'} between {ends}"
        passed = words.overtaking(moment.event, earlier) if earlier in moment.issued else ""
        if passed:
            yield f": {passed}"
        if between or passed:
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
    return listed(shown, "or")
