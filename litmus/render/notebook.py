"""What a notebook shows of tests, verdicts, tables, explanations and reports: parts of a page, with no more style."""

from __future__ import annotations

from litmus.barriers.report import BarrierReport
from litmus.batch.table import Comparison
from litmus.explanations.explanation import Explanation
from litmus.frontend.condition import condition_text
from litmus.frontend.printer import print_test
from litmus.frontend.state_lines import state_lines
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.verdict import Verdict
from litmus.render import comparison, explanation
from litmus.render.barriers.text import text

_MOST = 50
"""States of a verdict that are shown."""


def markdown(value: object) -> str:
    """A value as Markdown. Raises TypeError for one that no notebook shows in a way of its own."""
    match value:
        case LitmusTest():
            return f"```\n{print_test(value)}```\n"
        case Verdict():
            return _verdict(value)
        case Comparison():
            return comparison.render(value, "markdown")
        case Explanation():
            return explanation.rendered(value, value.test.source.name, "markdown")
        case BarrierReport():
            return f"```\n{text(value, value.test.source.name)}```\n"
    raise TypeError(f"a notebook shows a {type(value).__name__} by its repr")


def html(value: object) -> str:
    """A table or an explanation as HTML. Raises as `markdown`, and LimitReached for a picture of too many hops."""
    match value:
        case Comparison():
            return comparison.part_of_a_page(value)
        case Explanation():
            from litmus.render.explanation.markup import part_of_a_page

            return part_of_a_page(value)
    raise TypeError(f"a notebook shows a {type(value).__name__} by its repr")


def _verdict(verdict: Verdict) -> str:
    test = verdict.test
    said = f"**{test.name}** under {verdict.model}: **{verdict.answer.value}**"
    if verdict.observation is not None:
        said += f", {verdict.observation.value}"
    lines = state_lines(verdict)
    more = [f"... and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    states = ["```", condition_text(test), "", *lines[:_MOST], *more, "```"]
    return "\n".join([said, "", *states, *(f"\n{line}" for line in (verdict.message, *verdict.notes) if line)])
