"""Explanations for people and for programs: text, Markdown, HTML and JSON."""

from __future__ import annotations

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.explanations.explanation import Explanation
from litmus.render.explanation.text import text

FORMATS = ("text", "markdown", "html", "json")

__all__ = ["FORMATS", "rendered"]


def rendered(known: Explanation, file: str, form: str, deadline: Deadline = NO_DEADLINE) -> str:
    """An explanation in one of `FORMATS`, whole lines.

    Raises LimitReached for a picture of too many hops, or one that is not drawn by the deadline.
    """
    if form == "text":
        return text(known)
    if form == "json":
        from litmus.render.explanation.data import line

        return line(known, file)
    from litmus.render.explanation.markup import html, markdown

    return markdown(known) if form == "markdown" else html(known, deadline)
