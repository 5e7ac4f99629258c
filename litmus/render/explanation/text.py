"""An explanation as plain text, fit for a mail."""

from __future__ import annotations

from litmus.explanations.explanation import Explanation
from litmus.render.explanation.part import wrapped
from litmus.render.explanation.report import heading, parts, question, room

_LONGEST = 4  # lines of the outcome


def text(known: Explanation) -> str:
    """The explanation in lines of about 100 characters: as many as there is room for, if ways can be left out."""
    asked = wrapped(question(known))
    if len(asked) > _LONGEST:
        asked = [*asked[: _LONGEST - 1], "    ... and so on, as in the test"]
    lines = [heading(known), *asked]
    for part in parts(known, room(known) - len(lines)):
        lines += ["", *part.lines]
    return "\n".join(lines) + "\n"
