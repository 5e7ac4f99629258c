"""Reports about barriers as SARIF 2.1.0, which code review shows at the lines that it is about.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) version 2.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from litmus.barriers.report import BarrierReport, Change
from litmus.base.source import Span
from litmus.render.barriers.words import MISSING, RULES, Note, candidates_said, change_words, notes

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {MISSING: "error"}


def document(reports: Sequence[tuple[str, BarrierReport]], errors: Sequence[tuple[str, str]], version: str) -> str:
    """Reports, each with the name of its file, as the text of a SARIF log with one run; `errors` are files without."""
    order = list(RULES)
    driver = {
        "name": "litmus barriers",
        "version": version,
        "rules": [{"id": rule, "shortDescription": {"text": said}} for rule, said in RULES.items()],
    }
    results = [_result(file, note, order) for file, report in reports for note in notes(report)]
    told = [
        {"level": "error", "message": {"text": said}, "locations": [{"physicalLocation": _artifact(file)}]}
        for file, said in errors
    ]
    told += [
        {
            "level": "note",
            "message": {"text": candidates_said(report.repairs[0], report.test)},
            "locations": [{"physicalLocation": _artifact(file)}],
        }
        for file, report in reports
        if report.repairs
    ]
    run: dict[str, object] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": told}],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(file: str, note: Note, order: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "ruleId": note.rule,
        "ruleIndex": order.index(note.rule),
        "level": _LEVELS.get(note.rule, "warning"),
        "message": {"text": note.text},
        "locations": [{"physicalLocation": {**_artifact(file), "region": _region(note.span)}}],
    }
    if note.changes:
        found["fixes"] = [_fix(file, change) for change in note.changes]
    return found


def _fix(file: str, change: Change) -> dict[str, object]:
    replacements = [
        {
            "deletedRegion": _region(Span(change.span.source, edit.start, edit.end)),
            "insertedContent": {"text": edit.text},
        }
        for edit in change.edits
    ]
    return {
        "description": {"text": change_words(change)},
        "artifactChanges": [{**_artifact(file), "replacements": replacements}],
    }


def _artifact(file: str) -> dict[str, object]:
    return {"artifactLocation": {"uri": quote(file.replace("\\", "/"))}}


def _region(span: Span) -> dict[str, object]:
    line, column = span.source.position(span.start)
    last, end = span.source.position(max(span.start, span.end))
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": end}
