"""Expressions and formulas where some reads have a value and others have none."""

from __future__ import annotations

import pytest

from litmus.ir.events import (
    ALWAYS,
    NEVER,
    AndF,
    Apply,
    Choice,
    Formula,
    Known,
    NonZero,
    NotF,
    OrF,
    ReadValue,
    Select,
    ValueExpr,
)
from litmus.ir.thread import Address, Value
from litmus.ir.valuation import Valuation

# Reads 1 and 2 returned 0 and the address x; read 3 has no value. Of the choices, number 1 was made.
READS: dict[int, Value] = {1: 0, 2: Address("x")}
OPEN = NonZero(ReadValue(3))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (ALWAYS, True),
        (NEVER, False),
        (Choice(0), False),
        (Choice(1), True),
        (NonZero(ReadValue(1)), False),
        (NonZero(ReadValue(2)), True),
        (OPEN, None),
        (NotF(OPEN), None),
        (NotF(Choice(0)), True),
        (AndF(()), True),
        (OrF(()), False),
        (AndF((Choice(1), OPEN)), None),
        (AndF((OPEN, Choice(0))), False),
        (AndF((Choice(0), OPEN)), False),
        (OrF((OPEN, Choice(1))), True),
        (OrF((Choice(0), OPEN)), None),
        (NonZero(Apply("eq", (ReadValue(1), Known(0)))), True),
        (NonZero(Apply("eq", (ReadValue(3), Known(0)))), None),
        (NotF(AndF((NotF(Choice(0)), OrF((OPEN, NonZero(ReadValue(2))))))), False),
    ],
)
def test_formulas(formula: Formula, expected: bool | None) -> None:
    assert Valuation(READS, 0b10).holds(formula) is expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (Known(5), 5),
        (ReadValue(2), Address("x")),
        (ReadValue(3), None),
        (Apply("add", (ReadValue(1), Known(3))), 3),
        (Apply("add", (ReadValue(3), Known(3))), None),
        (Apply("add", (ReadValue(2), ReadValue(2))), None),
        (Apply("add", (ReadValue(2), Known(8))), Address("x", 8)),
        (Select(Choice(1), Known(1), ReadValue(3)), 1),
        (Select(Choice(0), Known(1), ReadValue(3)), None),
        (Select(OPEN, Known(1), Known(1)), None),
        (Apply("ite", (ReadValue(2), Known(1), ReadValue(3))), 1),
        (Apply("ite", (ReadValue(3), Known(1), Known(2))), None),
        (Apply("mul", (Known(100), Known(100)), 8), 16),
    ],
)
def test_expressions(expr: ValueExpr, expected: Value | None) -> None:
    assert Valuation(READS, 0b10).value(expr) == expected
