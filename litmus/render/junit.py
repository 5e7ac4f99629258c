"""Answers as JUnit XML, which continuous integration shows: one testcase a test, with the name of its file.

Source: the schema that Jenkins and GitLab read, https://github.com/testmoapp/junitxml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from xml.etree import ElementTree

from litmus.batch.expect_cells import Checked
from litmus.batch.files import FileRow
from litmus.batch.table import Comparison, ComparisonCell, ComparisonRow
from litmus.ir.verdict import Status

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""

_FAILED = ": failed: "
_UNDECIDED = (Status.ERROR, Status.INTERNAL, Status.TIMEOUT, Status.LIMIT)

Outcome = Literal["passed", "failure", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class Case:
    """A test: the file it is in, what became of it, why in one line and in full, what was printed, and the seconds."""

    file: str
    name: str
    outcome: Outcome = "passed"
    why: str = ""
    details: str = ""
    output: str = ""
    seconds: float = 0.0


def document(suite: str, cases: Sequence[Case]) -> str:
    """The document with these cases, in one suite."""
    counted = {outcome: sum(case.outcome == outcome for case in cases) for outcome in ("failure", "error", "skipped")}
    counts = {
        "tests": str(len(cases)),
        "failures": str(counted["failure"]),
        "errors": str(counted["error"]),
        "skipped": str(counted["skipped"]),
        "time": _seconds(case.seconds for case in cases),
    }
    root = ElementTree.Element("testsuites", {"name": "litmus", **counts})
    parent = ElementTree.SubElement(root, "testsuite", _clean({"name": suite, **counts}))
    for case in cases:
        _add(parent, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, case: Case) -> None:
    about = {"classname": case.file, "name": case.name or case.file, "file": case.file}
    element = ElementTree.SubElement(parent, "testcase", _clean({**about, "time": _seconds([case.seconds])}))
    if case.outcome != "passed":
        what = ElementTree.SubElement(element, case.outcome, _clean({"message": case.why}))
        what.text = _cleaned(case.details) or None
    if case.output:
        ElementTree.SubElement(element, "system-out").text = _cleaned(case.output)


def _seconds(times: Iterable[float]) -> str:
    return f"{sum(times):.3f}"


def _clean(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: _cleaned(value) for name, value in attributes.items()}


def _cleaned(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


# --- what became of tests ---------------------------------------------------------------------------------------------


def file_case(row: FileRow, expecting: bool) -> Case:
    """A file that was checked; `expecting`: something was expected of the files, so that one without is skipped."""
    lines = (row.cause + row.remarks).strip()
    outcome: Outcome = "passed"
    why = ""
    if row.failed:
        said = next(line for line in lines.splitlines() if _FAILED in line)
        outcome, why = "failure", said.partition(_FAILED)[2]
    elif row.status in _UNDECIDED:
        outcome, why = "error", lines.partition("\n")[0] or row.status.value
    elif expecting and not row.checked:
        outcome, why = "skipped", "nothing is expected of it"
    return Case(row.file, row.test, outcome, why, lines if outcome in ("error", "failure") else "", row.output)


def table_cases(comparison: Comparison, observations: bool, checked: Checked | None) -> Iterator[Case]:
    """The tests of a table, in all eras; with what is expected of its cells, if anything is."""
    failures: dict[int, list[str]] = {}
    for failure in checked.failures if checked is not None else ():
        era = f"{failure.row.era} " if failure.row.era else ""
        failures.setdefault(id(failure.row.test), []).append(f"{era}{failure.arch}: {failure.said}")
    for _, group in groupby(comparison.rows, key=lambda row: id(row.test)):
        yield _table_case(comparison.archs, tuple(group), observations, checked, failures)
    for name in checked.missing if checked is not None else ():
        yield Case("", name, "failure", "expected but not decided")


def _in_doubt(cell: ComparisonCell) -> str:
    return f" (uncertain: {' '.join(cell.uncertain)})" if cell.uncertain else ""


def _table_case(
    archs: Sequence[str],
    rows: Sequence[ComparisonRow],
    observations: bool,
    checked: Checked | None,
    failures: Mapping[int, Sequence[str]],
) -> Case:
    cells = [(f"{row.era} {arch}".strip(), cell) for row in rows for arch, cell in zip(archs, row.cells, strict=True)]
    wrong = failures.get(id(rows[0].test), ())
    undecided = [f"{place}: {cell.remark or cell.word()}" for place, cell in cells if cell.failed or cell.limited]
    outcome: Outcome = "passed"
    lines: Sequence[str] = ()
    if wrong:
        outcome, lines = "failure", wrong
    elif undecided:
        outcome, lines = "error", undecided
    elif all(cell.verdict is None for _, cell in cells):
        outcome, lines = "skipped", [cell.remark for _, cell in cells[:1]]
    elif checked is not None and not any(id(row) in checked.asked for row in rows):
        outcome, lines = "skipped", ["nothing is expected of it"]
    return Case(
        file=rows[0].test.source.name,
        name=rows[0].test.name,
        outcome=outcome,
        why=lines[0] if lines else "",
        details="\n".join(lines) if outcome in ("error", "failure") else "",
        output="".join(f"{place}: {cell.word(observations)}{_in_doubt(cell)}\n" for place, cell in cells),
        seconds=sum(cell.verdict.seconds for _, cell in cells if cell.verdict is not None),
    )
