"""Asks litmus: what is missing, what is needless, what has no partner. Only the public interface of litmus is used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import litmus

from .accesses import Variable
from .marks import Marks, Side, marks
from .questions import Question
from .source import Place, ReviewError, Text
from .syntax import parse
from .translate import Program

NO_MACHINES = frozenset({"sc", "x86-2006"})
"""Models that no kernel runs on: an interleaving of the threads, and a text that Intel replaced in 2007."""

MOST_SIDES = 4
"""The most sides that are reviewed together."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that mends something: `text` in place of `old`, or before the statement at `place` if that is "".

    `archs` are those that need it.
    """

    place: Place
    old: str
    text: str
    archs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """An outcome that some architectures allow.

    `changes` are the cheapest that forbid it on all of them, () if no barrier does; `interleaved`: the threads have it
    in some order of their steps, so it takes a lock or other code. `explanation` is why, on the first of `archs`.
    """

    question: Question
    archs: tuple[str, ...]
    changes: tuple[Change, ...]
    interleaved: bool
    explanation: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A barrier that could be done without: `kind` is needless, strong or unpaired; `text` the barrier."""

    kind: str
    place: Place
    text: str
    message: str


@dataclass(frozen=True, slots=True)
class Barrier:
    """A barrier that is needed, with its partners, and the architectures that need it."""

    place: Place
    text: str
    archs: tuple[str, ...]
    partners: tuple[tuple[str, Place], ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What was found about the sides of a group. `clean` are the questions whose answer is no on all architectures."""

    group: str
    sides: tuple[tuple[str, Place], ...]
    shared: tuple[Variable, ...]
    archs: tuple[str, ...]
    era: str
    missing: tuple[Missing, ...] = ()
    remarks: tuple[Remark, ...] = ()
    needed: tuple[Barrier, ...] = ()
    clean: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What the reports on the questions say of one barrier."""

    place: Place
    text: str
    what: str
    needs: list[str] = field(default_factory=list)
    enough: list[str] = field(default_factory=list)
    archs: set[str] = field(default_factory=set)
    partners: dict[tuple[str, Place], None] = field(default_factory=dict)


def architectures(era: str) -> tuple[str, ...]:
    """The architectures on which kernels of an era run."""
    return tuple(
        info.name
        for info in litmus.models()
        if info.name not in NO_MACHINES and any(mapping.era == era for mapping in info.kernel)
    )


def review(
    file: str, content: str, archs: Sequence[str], era: str, timeout: float | None = None
) -> list[Review | ReviewError]:
    """Reviews a file: for each group of sides what was found, or why it could not be reviewed.

    Raises ReviewError if the file has no group that could be reviewed, and litmus.LitmusError for an unknown
    architecture or era.
    """
    from .kernel import without_attributes

    text = Text.of(file, content)
    root = parse(without_attributes(text))
    known = marks(root, text)
    if not known.sides:
        hint = "write /* litmus: side of GROUP */ above each function"
        raise ReviewError("no function is marked as a side", text.place(0), hint)
    found: list[Review | ReviewError] = []
    for group, sides in _groups(known).items():
        try:
            if not 1 < len(sides) <= MOST_SIDES:
                count = f"{len(sides)} side{'s' * (len(sides) != 1)}"
                message = f"'{group or 'review'}' has {count}, and a review is of 2 to {MOST_SIDES}"
                raise ReviewError(message, text.place(sides[-1].start), "name groups: /* litmus: side of GROUP */")
            program = Program(without_attributes(text), root, known, sides, group)
            found.append(_review(program, archs, era, timeout))
        except ReviewError as error:
            found.append(error)
    return found


def _groups(known: Marks) -> dict[str, list[Side]]:
    groups: dict[str, list[Side]] = {}
    for side in known.sides:
        groups.setdefault(side.group, []).append(side)
    return groups


def _review(program: Program, archs: Sequence[str], era: str, timeout: float | None) -> Review:
    sides = tuple((side.function, program.file.place(side.node.start_byte)) for side in program.sides)
    if not program.asked:
        shared = program.shared()
        message = "nothing follows from how these sides share variables" if shared else "these sides share nothing"
        hint = "say what must not be: /* litmus: never (side.local == 1 && p->member == 0) */"
        raise ReviewError(message, program.file.place(program.sides[0].start), hint)
    missing: list[Missing] = []
    clean: list[Question] = []
    barriers: dict[tuple[str, int, int], _Found] = {}
    notes: dict[str, None] = {}
    for asked in program.asked:
        try:
            test = litmus.parse(asked.test, program.file.name)
            report = litmus.validate_barriers(test, list(archs), era=era, every=True, timeout=timeout)
        except litmus.LitmusError as error:
            raise in_the_file(error, program) from None
        for arch, why in report.skipped:
            notes[f"{arch} does not decide it: {why}"] = None
        for note in report.notes:
            notes[note] = None
        allowed = [arch for arch, answer in report.answers if answer is litmus.Answer.ALLOWED]
        if any(answer.value not in ("Allowed", "Forbidden") for _, answer in report.answers):
            notes["loops are followed for two rounds; what takes more was not looked at"] = None
        _collect(report, program, barriers)
        if allowed:
            missing.append(_missing(program, asked.question, report, allowed, era, timeout))
        else:
            clean.append(asked.question)
    if program.unasked:
        notes[f"{program.unasked} more questions were not asked: mark what matters by 'never'"] = None
    needed = [b for b in barriers.values() if "necessary" in b.needs]
    return Review(
        program.group,
        sides,
        tuple(dict.fromkeys(v for asked in program.asked for v in asked.question.variables)),
        tuple(archs),
        era,
        tuple(missing),
        tuple(_remarks(barriers.values(), bool(missing))),
        tuple(Barrier(b.place, b.text, tuple(sorted(b.archs)), tuple(b.partners)) for b in needed),
        tuple(clean),
        tuple(notes),
    )


def in_the_file(error: litmus.LitmusError, program: Program) -> ReviewError:
    """An error of litmus about a test, as one about the file that it was made of."""
    if error.span is None:
        return ReviewError(error.message, hint=error.hint)
    hint = error.hint
    if error.message.startswith("unknown function"):
        hint = "define it in the file, or, if it touches nothing shared: /* litmus: ignore NAME */"
    elif "structure that the test declares" in error.message or error.message.startswith("unknown type"):
        hint = "declare the structure, with the members that matter"
    return ReviewError(error.message, program.place(error.span.start, error.span.end), hint)


def _collect(report: litmus.BarrierReport, program: Program, barriers: dict[tuple[str, int, int], _Found]) -> None:
    """Adds what a report says to what is known of each barrier."""
    for finding in report.findings:
        if finding.what.value not in ("barrier", "order"):
            continue
        place = program.place(finding.span.start, finding.span.end)
        key = finding.text, place.line, place.column
        found = barriers.setdefault(key, _Found(place, finding.text, finding.what.value))
        found.needs.append(finding.need.value)
        found.archs.update(one.arch for one in finding.archs if one.need.value != "redundant")
        if finding.need.value == "stronger than needed":
            found.enough += finding.enough
    for pair in report.pairs:
        place = program.place(pair.span.start, pair.span.end)
        pair_found = barriers.get((pair.text, place.line, place.column))
        if pair_found is not None:
            for partner in pair.partners:
                pair_found.partners[partner.text, program.place(partner.span.start, partner.span.end)] = None


def _remarks(barriers: Iterable[_Found], missing: bool) -> list[Remark]:
    """What could be done without; while something is missing nothing is called needless, for it may be half of it."""
    found = []
    for one in barriers:
        if "necessary" in one.needs:
            if one.what == "barrier" and not one.partners:
                message = "nothing on another side answers it; its partner is where the other side reads or writes"
                found.append(Remark("unpaired", one.place, one.text, message))
        elif one.what == "barrier" and missing:
            message = "it does nothing by itself: what it would pair with is missing"
            found.append(Remark("unpaired", one.place, one.text, message))
        elif missing:
            continue
        elif "stronger than needed" in one.needs:
            message = f"{' or '.join(dict.fromkeys(one.enough))} will do"
            found.append(Remark("strong", one.place, one.text, message))
        else:
            message = "what was asked stays impossible without it, on every architecture"
            found.append(Remark("needless", one.place, one.text, message))
    return found


def _missing(
    program: Program,
    question: Question,
    report: litmus.BarrierReport,
    allowed: Sequence[str],
    era: str,
    timeout: float | None,
) -> Missing:
    repair = report.repairs[0] if report.repairs else None
    changes: tuple[Change, ...] = ()
    if repair is not None and repair.sets:
        # of all that cost as little the last in the file: a barrier stands before the access that it is about
        best = max(range(len(repair.sets)), key=lambda n: [sum(c.span.start for c in repair.sets[n]), -n])
        after = litmus.validate_barriers(
            litmus.parse(repair.texts[best], program.file.name), list(allowed), era=era, repair=False, timeout=timeout
        )
        needs = {
            finding.span.start: tuple(one.arch for one in finding.archs if one.need.value != "redundant")
            for finding in after.findings
        }
        found = []
        for change in repair.sets[best]:
            edit = change.edits[0]
            grown = sum(
                len(e.text) - (e.end - e.start) for c in repair.sets[best] for e in c.edits if e.start < edit.start
            )
            place = program.place(edit.start, edit.end)
            at = edit.start + grown + edit.text.find(change.text)
            found.append(Change(place, change.old, change.text, needs.get(at, tuple(allowed))))
        changes = tuple(found)
    why = next((arch for arch in ("power", "alpha") if arch in allowed), allowed[0])
    explanation = litmus.text(litmus.explain(report.test, why, era=era, timeout=timeout))
    return Missing(
        question, tuple(allowed), changes, repair is not None and repair.interleaved, explanation
    )
