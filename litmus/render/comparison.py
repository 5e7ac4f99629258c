"""Renders comparisons as tables for a terminal, a page, a paper, a spreadsheet or a program."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from litmus.batch.table import Comparison, ComparisonCell, ComparisonRow

FORMATS = ("text", "markdown", "html", "csv", "json", "latex")
WIDTH = 100
"""The width in characters to which a text table is fitted."""

_DIFFERS, _UNCERTAIN = "*", "?"
_LETTERS: Mapping[str, str] = {
    "Allowed": "A",
    "Forbidden": ".",
    "Never": ".",
    "Sometimes": "S",
    "Always": "A",
    "timeout": "t",
    "limit": "l",
    "bounded": "b",
    "no complete execution": "n",
    "unknown": "?",
    "unsupported": "u",
    "flagged": "f",
    "error": "e",
    "internal": "i",
    "-": "-",
}
"""One letter for each word, for tables of many columns. Allowed cells stand out, forbidden ones are dots."""


def render(comparison: Comparison, form: str, observations: bool = False, width: int = WIDTH) -> str:
    """A comparison in one of `FORMATS`: differences from the baseline are marked, missing verdicts explained.

    With `observations`, cells are Never, Sometimes or Always. A text table has one letter for each cell where words
    would be wider than `width` characters.
    """
    return _FORMATS[form](_View(comparison, observations), width)


@dataclass(frozen=True, slots=True)
class _View:
    """The parts of a comparison that all formats share."""

    comparison: Comparison
    observations: bool

    @property
    def archs(self) -> tuple[str, ...]:
        return self.comparison.archs

    @property
    def by_era(self) -> bool:
        """Whether tests have a row for each of several eras."""
        return len(self.comparison.eras) > 1

    def word(self, cell: ComparisonCell) -> str:
        return cell.word(self.observations)

    def marks(self, row: ComparisonRow, column: int) -> str:
        differs = _DIFFERS if row.differs(column) else ""
        return differs + (_UNCERTAIN if row.cells[column].uncertain else "")

    def heads(self) -> list[str]:
        """The heads of the columns to the left of the architectures."""
        if self.by_era:
            return ["test", "Linux"]
        kernel = any(row.era and row.test.names_kernel for row in self.comparison.rows)
        return [f"Linux {self.comparison.eras[0]}" if kernel else "test"]

    def labels(self, row: ComparisonRow, repeat: bool = True) -> list[str]:
        """What is in these columns; unless wanted, the name is not repeated from row to row of one test."""
        name = row.test.name if repeat or row.era in ("", self.comparison.eras[0]) else ""
        return [name, row.era or "-"] if self.by_era else [name]

    def legend(self, marked: str = _DIFFERS) -> list[str]:
        """The meaning of the marks; `marked` is the mark of a difference."""
        found = [] if self.comparison.baseline is None else [f"{marked} differs from {self.comparison.baseline}"]
        doubtful: dict[str, None] = {}  # models, whose pages have the mapping
        doubts: dict[str, None] = {}  # of the CPUs of a PCI test, which are no model
        for row in self.comparison.rows:
            for arch, cell in zip(self.archs, row.cells, strict=True):
                if cell.uncertain and row.test.topology is None:
                    doubtful[arch] = None
                elif cell.uncertain:
                    doubts.update(dict.fromkeys(cell.uncertain))
        if doubtful:
            models = ", ".join(arch for arch in self.archs if arch in doubtful)
            found.append(f"{_UNCERTAIN} how the kernel does it is uncertain: see litmus models {models}")
        return [*found, *(f"{_UNCERTAIN} how the kernel does it is uncertain: {doubt}" for doubt in doubts)]

    def letters(self) -> list[str]:
        """The meaning of the letters that occur."""
        words = {self.word(cell) for row in self.comparison.rows for cell in row.cells}
        return [f"{letter} {word}" for word, letter in _LETTERS.items() if word in words and letter != word]

    def notes(self) -> list[str]:
        """The remarks of the cells, each once, with the architectures and tests that it applies to."""
        reasons: dict[tuple[str, str], _Reason] = {}
        for row in self.comparison.rows:
            for arch, cell in zip(self.archs, row.cells, strict=True):
                said = cell.remark
                if said:
                    reason = reasons.setdefault((self.word(cell), said.replace(arch, "")), _Reason(said))
                    reason.archs[arch] = reason.tests[row.test.name] = None
        left_out = self.comparison.left_out
        assumed: dict[str, _Reason] = {}
        for row in self.comparison.rows:
            for cell in row.cells:
                for note in cell.verdict.notes if cell.verdict is not None and row.era else ():
                    assumed.setdefault(note, _Reason(note)).tests[row.test.name] = None
        return [
            *(f"note: {reason}" for reason in assumed.values()),
            *(f"{word}: {reason}" for (word, _), reason in reasons.items()),
            *([f"not shown, as nothing here is decided there: {', '.join(left_out)}"] if left_out else []),
        ]


@dataclass(frozen=True, slots=True)
class _Reason:
    """A remark that is the same, apart from the name of the architecture, for some tests on some architectures."""

    said: str
    archs: dict[str, None] = field(default_factory=dict)
    tests: dict[str, None] = field(default_factory=dict)

    def __str__(self) -> str:
        others = [arch for arch in self.archs if arch not in self.said.replace("'", " ").split()]
        where = f" on {', '.join(others)}" if len(others) == len(self.archs) else f"; likewise {', '.join(others)}"
        which = next(iter(self.tests)) if len(self.tests) == 1 else f"{len(self.tests)} tests"
        return f"{self.said}{where if others else ''} ({which})"


# --- for a terminal ---------------------------------------------------------------------------------------------------


def _text(view: _View, width: int) -> str:
    rows = view.comparison.rows
    labels = [view.labels(row, repeat=False) for row in rows]
    words = [[view.word(cell) + view.marks(row, k) for k, cell in enumerate(row.cells)] for row in rows]
    below = [*view.legend(), *view.notes()]
    table = _ruled([*view.heads(), *view.archs], [[*left, *right] for left, right in zip(labels, words, strict=True)])
    parts = [table]
    if max(map(len, table)) > width:
        letters = [[_LETTERS[view.word(cell)] + view.marks(row, k) for k, cell in enumerate(row.cells)] for row in rows]
        parts = list(_staircases(view.heads(), labels, view.archs, letters, width))
        below = ["   ".join(view.letters()), *below]
    parts.append([line for text in below for line in textwrap.wrap(text, width, subsequent_indent="  ")])
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _ruled(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table with a rule under its heads."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (heads, rule, *rows)]


def _staircases(
    heads: Sequence[str],
    labels: Sequence[Sequence[str]],
    archs: Sequence[str],
    cells: Sequence[Sequence[str]],
    width: int,
) -> Iterator[list[str]]:
    """The lines of tables with narrow columns, whose heads descend like stairs; several tables if they do not fit."""
    widths = [max(map(len, column)) for column in zip(heads, *labels, strict=True)]
    left = sum(widths) + 2 * len(widths)
    pitch = max(3, 1 + max(len(cell) for row in cells for cell in row))
    start = 0
    while start < len(archs):
        end = start + 1
        while end < len(archs) and left + pitch * (end - start) + len(archs[end]) <= width:
            end += 1
        lines = [" " * left + "|".ljust(pitch) * step + arch for step, arch in enumerate(archs[start:end])]
        rows = [(heads, ["|"] * (end - start)), *((a, b[start:end]) for a, b in zip(labels, cells, strict=True))]
        for label, row in rows:
            first = "".join(f"{text}  " for text in map(str.ljust, label, widths))
            lines.append((first + "".join(cell.ljust(pitch) for cell in row)).rstrip())
        yield lines
        start = end


# --- for a page and a paper -------------------------------------------------------------------------------------------

_ACTIVE = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|~"})


def _markdown(view: _View, width: int) -> str:
    heads = [*view.heads(), *view.archs]
    lines = [heads, ["---"] * len(heads)]
    for row in view.comparison.rows:
        cells = [
            _bold(view.word(cell), row.differs(k)) + _UNCERTAIN * bool(cell.uncertain)
            for k, cell in enumerate(row.cells)
        ]
        lines.append([*(label.translate(_ACTIVE) for label in view.labels(row)), *cells])
    below = [f"- {text.translate(_ACTIVE)}" for text in [*view.legend("bold:"), *view.notes()]]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ([""] if below else []) + below) + "\n"


def _bold(word: str, wanted: bool) -> str:
    return f"**{word}**" if wanted else word


def _latex(view: _View, width: int) -> str:
    from tabulate import tabulate  # slow to load

    rows = [
        [*view.labels(row), *(view.word(cell) + view.marks(row, k) for k, cell in enumerate(row.cells))]
        for row in view.comparison.rows
    ]
    table = tabulate(rows, [*view.heads(), *view.archs], tablefmt="latex_booktabs", disable_numparse=True)
    return "\n".join([table, *(f"% {text}" for text in [*view.legend(), *view.notes()])]) + "\n"


_DASH = "\u2013"
"""Stands for `unsupported`, which would take too much width in tables with many such cells."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ --page: #fff; --ink: #222; --dim: #666; --line: #ddd; --allowed: #fbdcae; --forbidden: #e3f1e3 }}
@media (prefers-color-scheme: dark) {{
  :root {{ --page: #1b1b1b; --ink: #ddd; --dim: #999; --line: #444; --allowed: #7a4a0c; --forbidden: #23402a }}
}}
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: var(--ink); background: var(--page) }}
.wide {{ overflow: auto; max-height: 92vh }}
table {{ border-collapse: collapse }}
caption, .notes {{ text-align: left; color: var(--dim) }}
caption {{ padding: 0 0 .6em }}
.notes {{ padding: 0; list-style: none }}
th, td {{ padding: .2em .35em; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap }}
th {{ font-size: 13px }}
td {{ font-size: 12px }}
th {{ background: var(--page) }}
thead th {{ position: sticky; top: 0; box-shadow: inset 0 -2px var(--dim) }}
tbody th {{ font-weight: 500; vertical-align: top }}
th:first-child {{ position: sticky; left: 0 }}
thead th:first-child {{ z-index: 1 }}
.allowed {{ background: var(--allowed) }}
.forbidden {{ background: var(--forbidden) }}
.other {{ color: var(--dim) }}
.differs {{ font-weight: 700 }}
</style>
<div class="wide">
<table>
<caption>{caption}</caption>
<thead><tr>{head}</tr></thead>
{body}
</table>
</div>
{notes}</html>
"""


def _html(view: _View, width: int) -> str:
    comparison = view.comparison
    caption = f"Whether the outcome that each test asks about is possible; Linux {', '.join(comparison.eras)}."
    rows = groupby(comparison.rows, key=lambda row: id(row.test))
    below = [
        *view.legend("bold:"),
        *(note.replace("unsupported:", f"{_DASH} unsupported:", 1) for note in view.notes()),
    ]
    notes = "".join(f"<li>{escape(text)}</li>\n" for text in below)
    return _PAGE.format(
        title="Litmus tests by architecture",
        caption=escape(caption),
        head="".join(f"<th>{escape(head)}</th>" for head in [*view.heads(), *view.archs]),
        body="\n".join(_html_test(view, list(group)) for _, group in rows),
        notes=f'<ul class="notes">\n{notes}</ul>\n' if notes else "",
    )


_STYLE = (
    "<style>.litmus-table .allowed { background: #f5a62366 } .litmus-table .forbidden { background: #3a9a3a33 } "
    ".litmus-table .differs { font-weight: bold }</style>"
)


def part_of_a_page(comparison: Comparison) -> str:
    """A comparison as a table of HTML for a page of others, whose colours fit what is dark and what is light."""
    view = _View(comparison, False)
    rows = groupby(comparison.rows, key=lambda row: id(row.test))
    head = "".join(f"<th>{escape(head)}</th>" for head in [*view.heads(), *view.archs])
    body = "\n".join(_html_test(view, list(group)) for _, group in rows)
    notes = "".join(f"<li>{escape(text)}</li>\n" for text in [*view.legend("bold:"), *view.notes()])
    table = f'{_STYLE}\n<table class="litmus-table">\n<thead><tr>{head}</tr></thead>\n{body}\n</table>\n'
    return table + (f"<ul>\n{notes}</ul>\n" if notes else "")


def _html_test(view: _View, rows: Sequence[ComparisonRow]) -> str:
    """The rows of one test, under one name."""
    lines = []
    for row in rows:
        name, *era = view.labels(row)
        span = f' rowspan="{len(rows)}"' if len(rows) > 1 else ""
        head = f"<th{span}>{escape(name)}</th>" if row is rows[0] else ""
        head += "".join(f"<td>{escape(text)}</td>" for text in era)
        lines.append(f"<tr>{head}{''.join(_html_cell(view, row, k) for k in range(len(row.cells)))}</tr>")
    return "<tbody>\n" + "\n".join(lines) + "\n</tbody>"


def _html_cell(view: _View, row: ComparisonRow, column: int) -> str:
    cell = row.cells[column]
    classes = {True: "allowed", False: "forbidden", None: "other"}[cell.allowed]
    classes += " differs" if row.differs(column) else ""
    title = f' title="{escape(cell.error.message)}"' if cell.error is not None else ""
    word = view.word(cell)
    shown = _DASH if word == "unsupported" else word + _UNCERTAIN * bool(cell.uncertain)
    return f'<td class="{classes}"{title}>{escape(shown)}</td>'


# --- for programs -----------------------------------------------------------------------------------------------------


def _csv(view: _View, width: int) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["test", "file", *(["era"] if view.by_era else []), *map(_inert, view.archs)])
    for row in view.comparison.rows:
        label = [_inert(row.test.name), _inert(row.test.source.name), *([row.era] if view.by_era else [])]
        writer.writerow([*label, *(view.word(cell) + _UNCERTAIN * bool(cell.uncertain) for cell in row.cells)])
    return out.getvalue()


def _inert(text: str) -> str:
    """A text that a spreadsheet does not take for a formula: after an apostrophe, as OWASP's page on CSV injection has
    it."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _json(view: _View, width: int) -> str:
    comparison = view.comparison
    rows = [
        {
            "test": row.test.name,
            "file": row.test.source.name,
            "kind": row.test.condition.quantifier.kind,
            "era": row.era or None,
            "verdicts": {arch: _json_cell(view, row, k) for k, arch in enumerate(comparison.archs)},
        }
        for row in comparison.rows
    ]
    heads = {"eras": comparison.eras, "archs": comparison.archs, "baseline": comparison.baseline}
    return json.dumps({**heads, "rows": rows}, indent=1, ensure_ascii=False) + "\n"


def _json_cell(view: _View, row: ComparisonRow, column: int) -> Mapping[str, object]:
    cell = row.cells[column]
    found: dict[str, object] = {"verdict": view.word(cell)}
    if cell.verdict is not None:
        found["status"] = cell.verdict.status.value
    if cell.error is not None:
        found["error"] = cell.error.message
    if cell.uncertain:
        found["uncertain"] = list(cell.uncertain)
    if row.references:
        found["differs"] = row.differs(column)
    return found


_FORMATS: Mapping[str, Callable[[_View, int], str]] = {
    "text": _text,
    "markdown": _markdown,
    "html": _html,
    "csv": _csv,
    "json": _json,
    "latex": _latex,
}
