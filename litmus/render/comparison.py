"""Comparisons as tables: for a terminal, a page, a paper, a spreadsheet or a program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from html import escape

from litmus.comparison import Cell, Comparison, Row
from litmus.ir.verdict import Verdict

FORMATS = ("text", "markdown", "html", "csv", "json", "latex")
WIDTH = 100
"""Columns of a terminal that a text table is fitted into: more architectures than fit go into a table below."""

_MARK = "*"


def render(comparison: Comparison, form: str, observations: bool = False, width: int = WIDTH) -> str:
    """A comparison in one of `FORMATS`; what differs from the baseline is marked."""
    return _FORMATS[form](comparison, observations, width)


def _words(comparison: Comparison, row: Row, observations: bool) -> list[str]:
    return [
        cell.word(observations) + (_MARK if comparison.differs(row, column) else "")
        for column, cell in enumerate(row.cells)
    ]


def _rows(comparison: Comparison, observations: bool) -> list[list[str]]:
    return [[row.test.name, *_words(comparison, row, observations)] for row in comparison.rows]


def _legend(comparison: Comparison) -> str:
    if comparison.baseline is None:
        return ""
    return f"{_MARK} differs from {comparison.archs[comparison.baseline]}\n"


def _notes(comparison: Comparison) -> list[str]:
    """Why cells have no verdict, once for each reason."""
    reasons: dict[str, None] = {}
    for row in comparison.rows:
        for arch, cell in zip(comparison.archs, row.cells, strict=True):
            if cell.error is not None:
                reasons[f"{row.test.name} on {arch}: {cell.error.message}"] = None
    return list(reasons)


def _text(comparison: Comparison, observations: bool, width: int) -> str:
    from tabulate import tabulate  # slow to load

    rows = _rows(comparison, observations)
    widths = [max(len(head) + 2, *(len(row[k + 1]) for row in rows), 1) for k, head in enumerate(comparison.archs)]
    first = max(len("test") + 2, *(len(row[0]) for row in rows))
    blocks: list[list[int]] = [[]]
    used = first
    for column, needed in enumerate(widths):
        if blocks[-1] and used + 2 + needed > width:
            blocks.append([])
            used = first
        blocks[-1].append(column)
        used += 2 + needed
    tables = []
    for block in blocks:
        headers = ["test", *(comparison.archs[c] for c in block)]
        body = [[row[0], *(row[c + 1] for c in block)] for row in rows]
        tables.append(tabulate(body, headers, tablefmt="simple", disable_numparse=True) + "\n")
    notes = "".join(f"{note}\n" for note in _notes(comparison))
    return "\n".join(tables) + "".join(f"\n{part}" for part in (_legend(comparison), notes) if part)


def _tabulated(form: str) -> Callable[[Comparison, bool, int], str]:
    def written(comparison: Comparison, observations: bool, width: int) -> str:
        from tabulate import tabulate

        headers = ["test", *comparison.archs]
        table = tabulate(_rows(comparison, observations), headers, tablefmt=form, disable_numparse=True)
        legend = _legend(comparison)
        return f"{table}\n" + (f"\n{legend}" if legend else "")

    return written


def _csv(comparison: Comparison, observations: bool, width: int) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["test", *comparison.archs])
    writer.writerows([row.test.name, *(cell.word(observations) for cell in row.cells)] for row in comparison.rows)
    return out.getvalue()


def _json(comparison: Comparison, observations: bool, width: int) -> str:
    baseline = None if comparison.baseline is None else comparison.archs[comparison.baseline]
    rows = [
        {
            "test": row.test.name,
            "verdicts": {
                arch: _cell(cell, observations) for arch, cell in zip(comparison.archs, row.cells, strict=True)
            },
        }
        for row in comparison.rows
    ]
    whole = {"era": comparison.era, "archs": list(comparison.archs), "baseline": baseline, "rows": rows}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _cell(cell: Cell, observations: bool) -> Mapping[str, object]:
    found: dict[str, object] = {"verdict": cell.word(observations)}
    if isinstance(cell.verdict, Verdict):
        found["status"] = cell.verdict.status.value
    if cell.error is not None:
        found["error"] = cell.error.message
    return found


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222 }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse }}
caption {{ text-align: left; padding: 0 0 .6em; color: #555 }}
th, td {{ padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap }}
thead th {{ border-bottom: 2px solid #888 }}
tbody th {{ font-weight: 500; position: sticky; left: 0; background: #fff }}
.allowed {{ background: #fdeacc }}
.forbidden {{ background: #e4f1e4 }}
.other {{ color: #777 }}
.differs {{ font-weight: 700 }}
</style>
<div class="wide">
<table>
<caption>{caption}</caption>
<thead><tr><th>test</th>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>
</html>
"""


def _html(comparison: Comparison, observations: bool, width: int) -> str:
    head = "".join(f"<th>{escape(arch)}</th>" for arch in comparison.archs)
    body = "\n".join(_html_row(comparison, row, observations) for row in comparison.rows)
    caption = f"Whether the outcome that each test asks about is possible; Linux {escape(comparison.era)}."
    if comparison.baseline is not None:
        caption += f" Bold: differs from {escape(comparison.archs[comparison.baseline])}."
    return _PAGE.format(title="Litmus tests by architecture", caption=caption, head=head, body=body)


def _html_row(comparison: Comparison, row: Row, observations: bool) -> str:
    cells = []
    for column, cell in enumerate(row.cells):
        classes = [{True: "allowed", False: "forbidden", None: "other"}[cell.allowed]]
        if comparison.differs(row, column):
            classes.append("differs")
        title = f' title="{escape(cell.error.message)}"' if cell.error is not None else ""
        cells.append(f'<td class="{" ".join(classes)}"{title}>{escape(cell.word(observations))}</td>')
    return f"<tr><th>{escape(row.test.name)}</th>{''.join(cells)}</tr>"


_FORMATS: Mapping[str, Callable[[Comparison, bool, int], str]] = {
    "text": _text,
    "markdown": _tabulated("github"),
    "html": _html,
    "csv": _csv,
    "json": _json,
    "latex": _tabulated("latex_booktabs"),
}
