"""An explanation as Markdown, and as a page of HTML with the picture."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.explanations.explanation import Explanation
from litmus.render.explanation.part import Part
from litmus.render.explanation.report import heading, parts, question
from litmus.render.graph import svg

_STYLE = """
  body { font-family: sans-serif; max-width: 60em; margin: 2em auto }
  td { padding: 0 1em 0 0; vertical-align: top }
  td:not(:last-child) { white-space: nowrap }
"""


def markdown(known: Explanation) -> str:
    """The explanation as Markdown: a heading, and tables."""
    lines = [f"## {_plain(heading(known))}", "", _plain(question(known))]
    for part in parts(known):
        lines += ["", *_sections(part)]
    return "\n".join(lines) + "\n\n"


def _sections(part: Part) -> Iterator[str]:
    if part.title:
        yield _plain(part.title)
    if part.rows:
        columns = max(len(row) for row in part.rows)
        if part.title:
            yield ""
        yield "|" + " |" * columns
        yield "|" + " --- |" * columns
        for row in part.rows:
            cells = [_plain(cell).replace("|", "\\|") for cell in (*row, *[""] * (columns - len(row)))]
            yield "| " + " | ".join(cells) + " |"
    for number, line in enumerate(part.after):
        if number or part.title or part.rows:
            yield ""
        yield _plain(line)


def _plain(text: str) -> str:
    """A text without what Markdown would take for markup."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#" else c for c in text)


def html(known: Explanation, deadline: Deadline = NO_DEADLINE) -> str:
    """The explanation as a page, with the picture of its execution.

    Raises LimitReached at the deadline, and for too many hops.
    """
    title = escape(heading(known))
    lines = [
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{title}</h1>",
        *_body(known),
    ]
    if known.witness is not None:
        lines.append(svg(known.witness, deadline))
    return "\n".join([*lines, "</body></html>"]) + "\n"


def part_of_a_page(known: Explanation) -> str:
    """As `html`, for a page of others; the picture is a document of its own there, and so is its style."""
    lines = [f"<h4>{escape(heading(known))}</h4>", *_body(known)]
    if known.witness is not None:
        data = b64encode(svg(known.witness).encode()).decode()
        lines.append(f'<img alt="The execution" src="data:image/svg+xml;base64,{data}">')
    return "\n".join(lines) + "\n"


def _body(known: Explanation) -> Iterator[str]:
    yield f"<p>{escape(question(known))}</p>"
    for part in parts(known):
        if part.title:
            yield f"<p>{escape(part.title)}</p>"
        if part.rows:
            yield "<table>"
            columns = max(len(row) for row in part.rows)
            for row in part.rows:
                cells = [f"<td>{escape(cell)}</td>" for cell in row[:-1]]
                rest = columns - len(cells)  # a note takes what is left of its row
                wide = f' colspan="{rest}"' if rest > 1 else ""
                cells.append(f"<td{wide}>{escape(row[-1])}</td>")
                yield f"<tr>{''.join(cells)}</tr>"
            yield "</table>"
        if part.after:
            yield f"<p>{'<br>'.join(escape(line) for line in part.after)}</p>"
