"""The parts of an explanation of an outcome that is allowed: how it comes about, and what would rule it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from litmus.explanations.explanation import Explanation
from litmus.explanations.missing import Remedy
from litmus.explanations.nearness import nearness
from litmus.explanations.timeline import Moment, is_interleaved, reordered
from litmus.ir.execution import Execution
from litmus.render.explanation.part import Part, listed
from litmus.render.explanation.words import Words

_REMEDIES = 4  # what is named of all that would order two accesses


def allowed(known: Explanation, words: Words, room: int | None) -> tuple[Part, ...]:
    """The parts; for so many lines, without what is least near to the outcome.

    First the accesses go that neither the outcome nor an order that is missing is about, nor what these read and write;
    then all sets of orders that are missing but the first; then more accesses.
    """
    if known.witness is None:
        return ()
    remedies = [remedy for one in known.missing.sets for remedy in one] if known.missing is not None else []
    near = nearness(known.witness.execution, known.moments, known.asked, remedies)
    order = sorted(known.moments, key=lambda moment: (near.get(moment.event, len(near)), not _is_weak(moment)))
    found: tuple[Part, ...] = ()
    for count, sets in _cuts([near.get(moment.event, 2) for moment in order], known):
        found = tuple(_parts(known, words, {moment.event for moment in order[:count]}, sets))
        if room is None or sum(part.height for part in found) <= room:
            break
    return found


def _cuts(distances: Sequence[int], known: Explanation) -> Iterator[tuple[int, int]]:
    """How many accesses are shown, and how many sets of orders that are missing: less and less."""
    sets = 0 if known.missing is None else len(known.missing.sets)
    close = sum(distance < 2 for distance in distances)
    closest = distances.count(0)
    yield from ((count, sets) for count in range(len(distances), close, -1))
    yield from ((close, count) for count in range(sets, 1, -1))
    yield from ((count, min(sets, 1)) for count in range(close, closest - 1, -1))


def _parts(known: Explanation, words: Words, shown: Set[int], sets: int) -> Iterator[Part]:
    assert known.witness is not None
    execution = known.witness.execution
    moments = [_among(moment, shown) for moment in known.moments if moment.event in shown]
    rows: list[tuple[str, ...]] = []
    for moment in moments:
        e = moment.event
        rows.append((words.letter(e), words.where(e), words.statement(e), words.does(e, execution)))
        rows += [("", "", f"^ {note}") for note in _weak(moment, words, execution)]
    how = "These accesses, one after the other, have it"
    others = len(known.moments) - len(moments)
    left_out = (f"... and {others} other access{'es' * (others > 1)}: --format markdown has all.",) * (others > 0)
    if is_interleaved(known.moments):
        yield Part(f"{how}; every one sees what came before:", tuple(rows), left_out)
    else:
        title = f"{how}; the order in which they take effect is not that of the program everywhere:"
        yield Part(title, tuple(rows), left_out)
        rules = reordered(known.reordered, moments, execution)
        if rules:
            yield Part("", after=tuple(f"Why: {r.because} [{r.origin.source}]" for r in rules))
    if known.missing is None:
        return
    lost = known.missing
    if lost.nothing:
        said = "No fences between the accesses of a thread would rule it out."
        if is_interleaved(known.moments):
            said += " It is an ordinary interleaving: only other code, such as a lock, would."
        yield Part(said)
    for k, remedies in enumerate(lost.sets[:sets]):
        yield _set(k, remedies, words)
    more = len(lost.sets) - sets
    if more:
        yield Part("", after=(f"Or else {more} other set{'s' * (more > 1)} of orders: --format markdown has all.",))
    if lost.limit:
        yield Part("", after=(f"Limit: {lost.limit}.",))


def _is_weak(moment: Moment) -> bool:
    return bool(moment.before or moment.misses)


def _among(moment: Moment, shown: Set[int]) -> Moment:
    """A moment beside others that are shown."""
    before = tuple(e for e in moment.before if e in shown)
    return replace(moment, before=before, misses=tuple(e for e in moment.misses if e in shown))


def _weak(moment: Moment, words: Words, execution: Execution) -> Iterator[str]:
    """What is weak about a moment."""
    if moment.before:
        said = f"before {listed([words.letter(e) for e in moment.before], 'and')}, although later in the program"
        yield said + "".join(_unheeded(moment, words, execution))
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
