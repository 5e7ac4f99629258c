"""Asks litmus: what is missing, what is needless, what has no partner. Only the public interface of litmus is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import litmus

from .accesses import Variable
from .kernel import without_attributes
from .marks import Marks, Side, marks
from .questions import Question
from .source import Edit, Edited, Place, ReviewError, Text
from .syntax import parse
from .translate import Asked, Program

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
    absent: dict[tuple[str, Place], None] = field(default_factory=dict)  # partners that are missing


def architectures(era: str) -> tuple[str, ...]:
    """The architectures on which kernels of an era run."""
    return tuple(
        info.name
        for info in litmus.models()
        if not info.of_language and info.name not in NO_MACHINES and any(m.era == era for m in info.kernel)
    )


def review(
    file: str, content: str, archs: Sequence[str], era: str, timeout: float | None = None
) -> list[Review | ReviewError]:
    """Reviews a file: for each group of sides what was found, or why it could not be reviewed.

    Raises ReviewError if the file has no group that could be reviewed, and litmus.LitmusError for an unknown
    architecture or era.
    """
    found: list[Review | ReviewError] = []
    for program in programs(file, content):
        try:
            found.append(program if isinstance(program, ReviewError) else _review(program, archs, era, timeout))
        except ReviewError as error:
            found.append(error)
    return _together(found)


def programs(file: str, content: str) -> list[Program | ReviewError]:
    """The groups of sides of a file as tests, or why one is none. Raises ReviewError as `review` does."""
    text = without_attributes(Text.of(file, content))
    root = parse(text)
    known = marks(root, text)
    if not known.sides:
        hint = "write /* litmus: side of GROUP */ above each function"
        raise ReviewError("no function is marked as a side", text.place(0), hint)
    found: list[Program | ReviewError] = []
    for group, sides in _groups(known).items():
        try:
            if not 1 < len(sides) <= MOST_SIDES:
                count = f"{len(sides)} side{'s' * (len(sides) != 1)}"
                message = f"'{group or 'review'}' has {count}, and a review is of 2 to {MOST_SIDES}"
                raise ReviewError(message, text.place(sides[-1].start), "name groups: /* litmus: side of GROUP */")
            found.append(Program(text, root, known, sides, group))
        except ReviewError as error:
            found.append(error)
    return found


def _together(found: list[Review | ReviewError]) -> list[Review | ReviewError]:
    """What one group needs is not needless in another."""
    reviews = [one for one in found if isinstance(one, Review)]
    needed = {(barrier.text, barrier.place) for one in reviews for barrier in one.needed}
    needed |= {(r.text, r.place) for one in reviews for r in one.remarks if r.kind == "unpaired"}

    def fits(remark: Remark) -> bool:
        return remark.kind == "unpaired" or (remark.text, remark.place) not in needed

    return [
        replace(one, remarks=tuple(r for r in one.remarks if fits(r))) if isinstance(one, Review) else one
        for one in found
    ]


def _groups(known: Marks) -> dict[str, list[Side]]:
    groups: dict[str, list[Side]] = {}
    for side in known.sides:
        groups.setdefault(side.group, []).append(side)
    return groups


def _review(program: Program, archs: Sequence[str], era: str, timeout: float | None) -> Review:
    sides = tuple((side.function, program.file.place(side.node.start_byte)) for side in program.sides)
    if not program.asked:
        asked = program.alone()
        try:
            litmus.parse(asked.test, program.file.name)
        except litmus.LitmusError as error:
            raise in_the_file(error, asked) from None
        shared = program.shared
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
            for remark in test.remarks:
                if remark.message.startswith("nothing sets"):  # a variable that its side does not have
                    raise litmus.LitmusError(remark.message, remark.span, remark.hint)
            report = litmus.validate_barriers(test, list(archs), era=era, every=True, timeout=timeout)
            allowed = [arch for arch, answer in report.answers if answer is litmus.Answer.ALLOWED]
            why = _missing(asked, report, allowed, era, timeout) if allowed else None
        except litmus.LitmusError as error:
            raise in_the_file(error, asked) from None
        notes |= dict.fromkeys(_notes(report, asked))
        if why is None:
            clean.append(asked.question)
            _collect(report, asked, barriers, Edited(asked.test, ()))
            continue
        found, after, mended = why
        missing.append(found)
        if after is not None:
            _collect(after, asked, barriers, mended)
    if program.unasked:
        notes[f"{program.unasked} more questions were not asked: mark what matters by 'never'"] = None
    needed = [b for b in barriers.values() if "necessary" in b.needs and (b.partners or not b.absent)]
    return Review(
        program.group,
        sides,
        tuple(dict.fromkeys(v for asked in program.asked for v in asked.question.variables)),
        tuple(archs),
        era,
        tuple(missing),
        tuple(_remarks(barriers.values())),
        tuple(Barrier(b.place, b.text, tuple(sorted(b.archs)), tuple(b.partners)) for b in needed),
        tuple(clean),
        tuple(notes),
    )


def _notes(report: litmus.BarrierReport, asked: Asked) -> Iterator[str]:
    """What limits an answer. Raises ReviewError if no run of the sides comes to its end."""
    for arch, why in report.skipped:
        yield f"{arch} does not decide it: {why}"
    yield from report.notes
    answers = {answer for _, answer in report.answers}
    if litmus.Answer.BOUNDED in answers:
        yield "loops are followed for two rounds; what takes more was not looked at"
    if litmus.Answer.UNKNOWN in answers:
        raise ReviewError(f"no answer: {asked.question.title}", asked.file.place(asked.question.at))
    if litmus.Answer.INCOMPLETE in answers:
        message = "these sides never come to their end: does one take a lock twice, or wait for what never comes?"
        raise ReviewError(message, asked.file.place(asked.question.at))


def in_the_file(error: litmus.LitmusError, asked: Asked) -> ReviewError:
    """An error of litmus about a test, as one about the file that it was made of."""
    if error.span is None:
        return ReviewError(error.message, hint=error.hint)
    hint = error.hint
    if error.message.startswith("unknown function"):
        hint = "define it in the file, or, if it touches nothing shared: /* litmus: ignore NAME */"
    elif "structure that the test declares" in error.message or error.message.startswith("unknown type"):
        hint = "declare the structure, with the members that matter"
    return ReviewError(error.message, asked.place(error.span.start, error.span.end), hint)


def _collect(
    report: litmus.BarrierReport,
    asked: Asked,
    barriers: dict[tuple[str, int, int], _Found],
    mended: Edited,
) -> None:
    """Adds what a report says to what is known of each barrier; the program of the report may be a `mended` one."""

    def place(span: litmus.Span) -> tuple[Place, bool]:
        start = mended.original(span.start)
        new = mended.is_new(span.start) or asked.edited.is_new(start)
        return asked.place(start, mended.original(span.end)), new

    for finding in report.findings:
        where, new = place(finding.span)
        if new or finding.what.value not in ("barrier", "order"):
            continue
        key = finding.text, where.line, where.column
        found = barriers.setdefault(key, _Found(where, finding.text, finding.what.value))
        found.needs.append(finding.need.value)
        found.archs.update(one.arch for one in finding.archs if one.need.value != "redundant")
        if finding.need.value == "stronger than needed":
            found.enough += finding.enough
    for pair in report.pairs:
        where, new = place(pair.span)
        one = barriers.get((pair.text, where.line, where.column))
        if one is None or new:
            continue
        for partner in pair.partners:
            at, absent = place(partner.span)
            (one.absent if absent else one.partners)[partner.text, at] = None


def _remarks(barriers: Iterable[_Found]) -> list[Remark]:
    """What could be done without, and what has no partner."""
    found = []
    for one in barriers:
        if "necessary" in one.needs:
            if one.absent and not one.partners:
                partners = " and ".join(f"{text} at line {place.line}" for text, place in one.absent)
                found.append(
                    Remark("unpaired", one.place, one.text, f"it would pair with {partners}, which is missing")
                )
        elif "stronger than needed" in one.needs:
            message = f"{' or '.join(dict.fromkeys(one.enough))} will do"
            found.append(Remark("strong", one.place, one.text, message))
        else:
            message = "no architecture needs it for what was asked"
            found.append(Remark("needless", one.place, one.text, message))
    return found


def _missing(
    asked: Asked,
    report: litmus.BarrierReport,
    allowed: Sequence[str],
    era: str,
    timeout: float | None,
) -> tuple[Missing, litmus.BarrierReport | None, Edited]:
    """What is missing; the report on the mended program, and how that was made, if there is one."""
    repair = report.repairs[0] if report.repairs else None
    changes: list[Change] = []
    after, mended = None, Edited("", ())
    if repair is not None and repair.sets:
        # of all that cost as little the last in the file: a barrier stands before the access that it is about
        best = max(range(len(repair.sets)), key=lambda n: [sum(c.span.start for c in repair.sets[n]), -n])
        edits = [Edit(e.start, e.end, e.text) for change in repair.sets[best] for e in change.edits]
        mended = Edited(report.test.source.text, edits)
        archs = [arch for arch, _ in report.answers]
        test = litmus.parse(mended.text, asked.file.name)
        after = litmus.validate_barriers(test, archs, era=era, repair=False, timeout=timeout)
        needs = {
            (finding.text, mended.original(finding.span.start)): tuple(
                one.arch for one in finding.archs if one.need.value != "redundant"
            )
            for finding in after.findings
            if mended.is_new(finding.span.start)
        }
        for change in repair.sets[best]:
            edit = change.edits[0]
            place = asked.place(edit.start, edit.end)
            changes.append(Change(place, change.old, change.text, needs.get((change.text, edit.start), tuple(allowed))))
    why = next((arch for arch in ("power", "alpha") if arch in allowed), allowed[0])
    explanation = litmus.text(litmus.explain(report.test, why, era=era, timeout=timeout))
    interleaved = repair is not None and repair.interleaved
    return Missing(asked.question, tuple(allowed), tuple(changes), interleaved, explanation), after, mended
