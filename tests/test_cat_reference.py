"""The reference page of cat is up to date, and lists what the reader has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from litmus.base.errors import ModelError
from litmus.base.source import Source
from litmus.cat import load_text
from litmus.cat.builtins import UNSUPPORTED
from litmus.cat.expressions import BASE, Evaluator
from litmus.cat.parser import _Parser
from litmus.cat.reference import EXPRESSIONS, FUNCTIONS, GIVEN, REGISTERS, STATEMENTS, cat_reference
from litmus.frontend.dialect import dialect_for
from litmus.ir.model import REGISTER_RELATIONS, REGISTER_SETS

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "cat.md"


def test_the_page_is_up_to_date(request: pytest.FixtureRequest) -> None:
    """`pytest --update-golden tests/test_cat_reference.py` writes it."""
    if request.config.getoption("--update-golden"):
        assert "CI" not in os.environ, "pages are not to be written in CI"
        PAGE.write_text(cat_reference(), "utf-8")
    assert cat_reference() == PAGE.read_text("utf-8")


def test_the_tables_are_the_readers() -> None:
    parser = _Parser(Source("", ""))
    evaluator = Evaluator(frozenset(), frozenset(), frozenset(), None)
    assert STATEMENTS.keys() == parser.statements.keys()
    assert EXPRESSIONS.keys() == parser.expressions.keys()
    assert GIVEN.keys() == BASE.keys()
    assert {*REGISTERS, "same-register"} == {*REGISTER_SETS, *REGISTER_RELATIONS}
    assert FUNCTIONS.keys() == evaluator.builtins.functions.keys()


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_refused_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(ModelError, match=f"1:7: error: '{name}' is not supported: "):
        load_text(f"empty {name}", "m.cat").elaborate(dialect_for("X86").sets)
