"""A report about barriers as data for JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from litmus.barriers.report import BarrierReport, Candidate, Change, Finding, Pair, Repair
from litmus.base.source import Span
from litmus.frontend.condition import prop_text
from litmus.render.barriers.words import candidates_said


def document(report: BarrierReport, file: str) -> str:
    """A report as a JSON object on one line, newline included.

    Keys: file name era outcome answers skipped findings pairs reduced candidates repairs notes. A place is a line and a
    column of the file; a change puts `text` in place of `old`, which is there, or before the place.
    """
    return json.dumps(data(report, file)) + "\n"


def error(file: str, message: str) -> str:
    """The line of a file about which there is no report."""
    return json.dumps({"file": file, "error": message}) + "\n"


def data(report: BarrierReport, file: str) -> dict[str, object]:
    """A report as mappings, lists and scalars."""
    return {
        "file": file,
        "name": report.test.name,
        "era": report.era or None,
        "outcome": prop_text(report.test, report.asked),
        "answers": {arch: answer.value for arch, answer in report.answers},
        "skipped": dict(report.skipped),
        "findings": [_finding(finding) for finding in report.findings],
        "pairs": [_pair(pair) for pair in report.pairs],
        "reduced": None if report.reduced is None else _repair(report.reduced),
        "candidates": candidates_said(report.repairs[0], report.test) if report.repairs else None,
        "repairs": [_repair(repair) for repair in report.repairs],
        "notes": list(report.notes),
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "what": finding.what.value,
        "text": finding.text,
        "thread": finding.thread,
        **_place(finding.span),
        "to": None if finding.to is None else _place(finding.to),
        "need": finding.need.value,
        "enough": list(finding.enough),
        "archs": {
            one.arch: {"need": one.need.value, "without": one.state or None, "enough": list(one.enough)}
            for one in finding.archs
        },
    }


def _pair(pair: Pair) -> dict[str, object]:
    partners = [{"text": partner.text, "thread": partner.thread, **_place(partner.span)} for partner in pair.partners]
    return {"text": pair.text, "thread": pair.thread, **_place(pair.span), "partners": partners}


def _repair(repair: Repair) -> dict[str, object]:
    return {
        "archs": list(repair.archs),
        "cost": repair.cost if repair.sets else None,
        "impossible": list(repair.impossible),
        "interleaved": repair.interleaved,
        "kinds": [kind.value for kind in repair.kinds],
        "sets": [_changes(changes) for changes in repair.sets],
        "more": repair.more,
        "candidates": [_candidate(candidate) for candidate in repair.candidates],
        "proof": [{"arch": b.arch, "needed": list(b.needed), "state": b.state} for b in repair.proof],
    }


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {**_change(candidate.change), "cost": candidate.cost, "costs": dict(candidate.costs)}


def _changes(changes: Sequence[Change]) -> list[dict[str, object]]:
    return [_change(change) for change in changes]


def _change(change: Change) -> dict[str, object]:
    return {"thread": change.thread, **_place(change.span), "old": change.old, "text": change.text}


def _place(span: Span) -> dict[str, object]:
    line, column = span.source.position(span.start)
    return {"line": line, "column": column}
