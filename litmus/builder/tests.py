"""Makes a test of threads and a condition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from litmus.base.errors import UsageError
from litmus.base.source import Source
from litmus.builder.declarations import Shape
from litmus.builder.expressions import wanted
from litmus.builder.outcome import Final, Proposition, proposition
from litmus.builder.statements import Statement, statements
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest

_TITLE = re.compile(r'[^\s"(){};]+')


def build(
    name: str,
    *threads: Sequence[Statement],
    exists: Proposition | None = None,
    not_exists: Proposition | None = None,
    forall: Proposition | None = None,
    observed: Iterable[Final] = (),
    doc: str = "",
) -> LitmusTest:
    """The test of these threads, as `litmus.parse` makes it from its text, `litmus.text(test)`.

    One of `exists`, `not_exists` and `forall` is the condition; `observed` are listed in the final states besides what
    it names. Types are inferred: what `at` follows, and what holds an address, is a pointer. Raises UsageError for no
    threads, no condition or several, for what is no statement or condition, and for names that cannot be; ParseError
    for what C does not allow, with the line of the text.
    """
    conditions = [("exists", exists), ("~exists", not_exists), ("forall", forall)]
    asked = [f"{word} ({proposition(prop)})" for word, prop in conditions if prop is not None]
    if len(asked) != 1:
        raise UsageError("a test has one condition: exists, not_exists or forall")
    if not threads:
        raise UsageError("a test has at least one thread")
    if _TITLE.fullmatch(wanted(name, str, "the name of a test")) is None:
        raise UsageError(f"'{name}' is no name of a test")
    if '"' in doc or "\n" in doc:
        raise UsageError("the description of a test is one line, without quotes")
    threads = tuple(statements(thread) for thread in threads)
    shape = Shape.of(threads)
    lines = [f"C {name}", *([f'"{doc}"'] if doc else []), "{", *shape.initially(), "}"]
    for number, thread in enumerate(threads):
        lines += ["", *shape.function(number, thread)]
    finals = [wanted(item, Final, "a final value") for item in observed]
    listed = "; ".join(str(item.of) if item.thread is None else str(item) for item in finals)
    lines += ["", *([f"locations [{listed};]"] if listed else []), *asked, ""]
    return parse_test(Source(f"<{name}>", "\n".join(lines)))
