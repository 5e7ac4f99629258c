"""Reviews as a mail, as JSON, and in SARIF 2.1.0."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from .findings import Change, Missing, Review
from .source import Place, ReviewError

_WIDTH = 96
_INTERLEAVED = "No barrier forbids it: the sides may run so, step by step. It takes a lock, or other code."
_RULES = {
    "missing-barrier": ("error", "A barrier is missing, or a lock"),
    "needless-barrier": ("warning", "A barrier that is not needed"),
    "strong-barrier": ("warning", "A barrier that is stronger than needed"),
    "unpaired-barrier": ("warning", "A barrier without a partner on another side"),
}


def _wrapped(text: str, indent: str = "", more: str = "    ") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + more,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""


def _barrier(text: str, place: Place) -> str:
    """A barrier, with the call that it is in if the file does not have it."""
    name = place.within(text)
    return f"{text} of {name}()" if name else text


def mail(review: Review) -> str:
    """A review as the text of a mail."""
    sides = [f"{name}() at {place.line} (P{number})" for number, (name, place) in enumerate(review.sides)]
    lines = _wrapped(f"{review.group}: {_listed(sides)}, kernel {review.era}")
    if review.shared:
        lines += _wrapped(f"Shared: {', '.join(str(variable) for variable in review.shared)}", "  ")
    for missing in review.missing:
        lines += ["", *_said_missing(missing, review)]
    for remark in review.remarks:
        what = {"needless": "is needless", "strong": "is stronger than needed", "unpaired": "is unpaired"}[remark.kind]
        lines += ["", *_wrapped(f"{remark.place}: {_barrier(remark.text, remark.place)} {what}: {remark.message}")]
    if review.needed:
        lines.append("")
    for one in review.needed:
        said = f"{one.place}: {_barrier(one.text, one.place)} is needed on {_listed(one.archs)}"
        partners = _listed([f"{_barrier(text, place)} at {place.line}" for text, place in one.partners])
        lines += _wrapped(f"{said}; it pairs with {partners}" if partners else said)
    if review.clean:
        lines += ["", "Not possible on any architecture:"]
        for question in review.clean:
            lines += _wrapped(f"- {question.title}", "  ", "  ")
    for note in review.notes:
        lines += ["", *_wrapped(f"Note: {note}")]
    if not review.missing and not review.remarks:
        lines += ["", "Nothing to object to."]
    return "\n".join(lines) + "\n"


def _said_missing(missing: Missing, review: Review) -> list[str]:
    where = "every architecture" if missing.archs == review.archs else _listed(missing.archs)
    lines = _wrapped(f"{_first(missing, review)}: {missing.question.title}.")
    lines += _wrapped(f"Possible on {where}.", "  ")
    if missing.changes:
        lines.append("  Missing:")
        for change in missing.changes:
            lines += _wrapped(f"{_said(change)}, for {_listed(change.archs)}", "    ")
    elif missing.interleaved:
        lines += _wrapped(_INTERLEAVED, "  ")
    else:
        lines += _wrapped("No barrier forbids it.", "  ")
    said = missing.explanation.splitlines()
    lines += ["", *(f"  > {line}".rstrip() for line in said if not line.startswith("The outcome: "))]
    return lines


def _said(change: Change) -> str:
    if change.old:
        return f"{change.place}: {change.text} in place of {change.old}"
    return f"{change.place}: {change.text} before this"


def _first(missing: Missing, review: Review) -> Place:
    if missing.changes:
        return missing.changes[0].place
    return next((place for name, place in review.sides if name in missing.question.sides), review.sides[0][1])


def document(file: str, found: Sequence[Review | ReviewError]) -> str:
    """The reviews of a file as one line of JSON."""
    groups = [{"error": str(one)} if isinstance(one, ReviewError) else _plain(one) for one in found]
    return json.dumps({"file": file, "groups": groups}) + "\n"


def _plain(review: Review) -> dict[str, object]:
    def place(one: Place) -> dict[str, object]:
        return {"line": one.line, "column": one.column}

    return {
        "group": review.group,
        "era": review.era,
        "archs": list(review.archs),
        "sides": [{"function": name, **place(at)} for name, at in review.sides],
        "shared": [str(variable) for variable in review.shared],
        "missing": [
            {
                "question": one.question.title,
                "variables": [str(variable) for variable in one.question.variables],
                "archs": list(one.archs),
                "interleaved": one.interleaved,
                "changes": [
                    {**place(c.place), "old": c.old, "text": c.text, "archs": list(c.archs)} for c in one.changes
                ],
                "explanation": one.explanation,
            }
            for one in review.missing
        ],
        "remarks": [{"kind": r.kind, **place(r.place), "text": r.text, "message": r.message} for r in review.remarks],
        "needed": [
            {
                **place(b.place),
                "text": b.text,
                "archs": list(b.archs),
                "partners": [{"text": text, **place(at)} for text, at in b.partners],
            }
            for b in review.needed
        ],
        "clean": [question.title for question in review.clean],
        "notes": list(review.notes),
    }


def sarif(reviews: Sequence[tuple[str, Sequence[Review | ReviewError]]], version: str) -> str:
    """All reviews as a log in SARIF 2.1.0."""
    results: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    for _, found in reviews:
        for one in found:
            if isinstance(one, ReviewError):
                where = [] if one.place is None else [_location(one.place)]
                errors.append({"level": "error", "message": {"text": one.message}, "locations": where})
            else:
                results += _results(one)
    rules = [
        {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for name, (level, text) in _RULES.items()
    ]
    run = {
        "tool": {"driver": {"name": "litmus-review", "version": version, "rules": rules}},
        "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": errors}],
        "results": results,
    }
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _results(review: Review) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for missing in review.missing:
        text = f"{missing.question.title}. Possible on {_listed(missing.archs)}."
        places = [change.place for change in missing.changes] or [_first(missing, review)]
        for change in missing.changes:
            text += f" {_said(change)}, for {_listed(change.archs)}."
        found.append(_result("missing-barrier", text, places[0], places[1:]))
    for remark in review.remarks:
        found.append(_result(f"{remark.kind}-barrier", f"{remark.text}: {remark.message}", remark.place, []))
    return found


def _result(rule: str, text: str, place: Place, more: Sequence[Place]) -> dict[str, object]:
    return {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "level": _RULES[rule][0],
        "message": {"text": text},
        "locations": [_location(place)],
        "relatedLocations": [_location(one) for one in more],
    }


def _location(place: Place) -> dict[str, object]:
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": {"uri": place.file.replace("\\", "/")}, "region": region}}
