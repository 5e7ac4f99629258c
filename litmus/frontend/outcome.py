"""Asks a test for another outcome: a state, as `litmus check` lists it, in place of its condition."""

from __future__ import annotations

import re

from litmus.base.errors import LimitReached, LitmusError, ParseError
from litmus.base.source import Source, Span
from litmus.frontend.container import split
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest

_QUANTIFIER = re.compile(r"(~\s*exists|\bnot\s+exists|\bexists|\bforall|\b[oO]bserved)\b")


def with_outcome(test: LitmusTest, state: str) -> LitmusTest:
    """The test with the condition `exists` a state, such as `1:r1=1; [x]=0;`, or any proposition.

    Raises ParseError for what is no proposition over registers and locations of the test.
    """
    parts = [part.strip() for part in state.split(";") if part.strip()]
    asked = "true" if not parts else parts[0] if len(parts) == 1 else " /\\ ".join(f"({part})" for part in parts)
    if re.search(r"[\n\r]|\(\*|\*\)", asked) or asked == "true":
        raise ParseError(f"not a state: '{state}'", None, "write it as in the output of 'litmus check': 1:r1=1; [x]=0;")
    file = split(test.source)
    start, end = file.question
    found = _QUANTIFIER.search(file.text, start, end)
    here = found.start() if found else end
    text = f"{file.text[:here]}\nexists ({asked})\n"
    source = Source(f"--state of {test.source.name}", text)
    try:
        return parse_test(source)
    except LimitReached:
        raise
    except LitmusError as error:
        place = error.span if error.span is not None and error.span.start >= here else Span(source, here + 1, len(text))
        raise ParseError(error.message, place, error.hint) from None
