"""Tests of one thread that runs alone: what instructions compute, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from oracles.shared import engine

from litmus.base.errors import LitmusError, UnsupportedError
from litmus.base.source import Source
from litmus.frontend.parser import parse_test
from litmus.ir.litmus_test import LitmusTest


@dataclass(frozen=True)
class Alone:
    """The tests in a dialect whose threads are columns."""

    dialect: str

    def parse(self, init: str, *code: str, question: str = "") -> LitmusTest:
        """A test with one instruction a line; the first is on line 4."""
        text = f"{self.dialect} t\n{{ {init} }}\nP0;\n{';'.join(code)};\n{question}"
        return parse_test(Source("t.litmus", text))

    def final(self, what: str, init: str, *code: str) -> object:
        """The value of a register or a location in the end."""
        verdict = engine.check(self.parse(init, *code, question=f"forall ({what}=0)"))
        ((_, value),) = verdict.states[0]
        assert len(verdict.states) == 1
        return value

    def refuses(self, code: str, place: str, message: str, hint: str | None, init: str = "") -> None:
        """Asserts that instructions are an error, by the beginning of its message, and a part of its hint."""
        with pytest.raises(LitmusError) as caught:
            self.parse(init, *code.split(";"))
        error = caught.value
        assert error.span is not None
        line, column = error.span.source.position(error.span.start)
        assert (f"{line}:{column}", error.message[: len(message)]) == (place, message)
        assert (hint or "") in (error.hint or "")
        assert "not supported" not in message or isinstance(error, UnsupportedError)
