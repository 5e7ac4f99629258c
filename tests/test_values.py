"""Arithmetic on values: integers of a width, and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmus.ir.thread import Address, Value
from litmus.ir.values import apply, wrap

X, Y, X4 = Address("x"), Address("y"), Address("x", 4)

TABLE: list[tuple[str, tuple[Value, ...], int, Value | None]] = [
    ("add", (2**31 - 1, 1), 32, -(2**31)),
    ("add", (2**31 - 1, 1), 64, 2**31),
    ("sub", (0, 1), 64, -1),
    ("mul", (2**40, 2**40), 64, 0),
    ("mul", (-3, 5), 8, -15),
    ("div", (7, 2), 64, 3),
    ("div", (-7, 2), 64, -3),
    ("div", (7, -2), 64, -3),
    ("div", (-7, -2), 64, 3),
    ("div", (1, 0), 64, None),
    ("div", (-128, -1), 8, -128),
    ("and", (-1, 6), 64, 6),
    ("or", (5, 2), 64, 7),
    ("xor", (5, 5), 64, 0),
    ("nor", (0, 0), 32, -1),
    ("shl", (1, 31), 32, -(2**31)),
    ("shl", (1, 32), 32, 0),
    ("shl", (1, 10**18), 64, 0),
    ("shl", (1, -1), 64, 0),
    ("shr", (-1, 60), 64, 15),
    ("shr", (-1, 64), 64, 0),
    ("sar", (-8, 1), 64, -4),
    ("sar", (-8, 99), 64, -1),
    ("neg", (5,), 64, -5),
    ("neg", (-128,), 8, -128),
    ("not", (0,), 16, -1),
    ("lnot", (0,), 64, 1),
    ("lnot", (7,), 64, 0),
    ("eq", (1, 1), 64, 1),
    ("ne", (1, 1), 64, 0),
    ("lt", (-1, 0), 64, 1),
    ("ult", (-1, 0), 64, 0),
    ("le", (3, 3), 64, 1),
    ("gt", (4, 3), 64, 1),
    ("ge", (2, 3), 64, 0),
    ("land", (2, 4), 64, 1),
    ("lor", (0, 0), 64, 0),
    ("ite", (1, 5, 6), 64, 5),
    ("ite", (0, 5, X), 64, X),
    ("ite", (Y, 5, 6), 64, 5),
    ("add", (X, 4), 64, X4),
    ("add", (4, X), 64, X4),
    ("add", (X, Y), 64, None),
    ("sub", (X4, 4), 64, X),
    ("sub", (X4, X), 64, 4),
    ("sub", (X, Y), 64, None),
    ("sub", (4, X), 64, None),
    ("xor", (X, X), 64, 0),
    ("xor", (X, 0), 64, X),
    ("xor", (X, Y), 64, None),
    ("and", (X, 0), 64, 0),
    ("and", (X, X), 64, X),
    ("and", (X, 12), 64, None),
    ("and", (-1, X), 64, X),
    ("or", (X, 0), 64, X),
    ("or", (X, -1), 64, -1),
    ("mul", (X, 0), 64, 0),
    ("mul", (1, X), 64, X),
    ("div", (X, X), 64, 1),
    ("shl", (X, 0), 64, X),
    ("shl", (0, X), 64, 0),
    ("shl", (X, 1), 64, None),
    ("eq", (X, X), 64, 1),
    ("eq", (X, X4), 64, 0),
    ("eq", (X, 0), 64, 0),
    ("ne", (3, X), 64, 1),
    ("lt", (X, X4), 64, 1),
    ("ult", (X4, X), 64, 0),
    ("lt", (X, Y), 64, None),
    ("lt", (X, 1), 64, None),
    ("neg", (X,), 64, None),
    ("lnot", (X,), 64, 0),
    ("land", (X, 1), 64, 1),
    ("land", (X, 0), 64, 0),
    ("lor", (0, X), 64, 1),
]


@pytest.mark.parametrize(("op", "args", "bits", "expected"), TABLE)
def test_apply(op: str, args: tuple[Value, ...], bits: int, expected: Value | None) -> None:
    assert apply(op, args, bits) == expected


@pytest.mark.parametrize("args", [(1, 2), (X, 2), (X, Y), (1,), (X,)])
def test_an_operator_that_there_is_none_of(args: tuple[Value, ...]) -> None:
    with pytest.raises(KeyError):
        apply("frob", args, 64)


NUMBERS = st.integers(-(2**9), 2**9)


@given(st.sampled_from(["add", "sub", "mul", "and", "or", "xor", "nor"]), NUMBERS, NUMBERS)
def test_operations_are_those_of_the_ring_of_words(op: str, a: int, b: int) -> None:
    """What an operand is congruent to is all that counts, and the result is in range."""
    result = apply(op, (a, b), 8)
    assert result == apply(op, (wrap(a, 8), wrap(b, 8)), 8)
    assert isinstance(result, int)
    assert -128 <= result <= 127


@given(st.integers(-8, 8), st.sampled_from(["and", "or", "xor", "add", "sub", "mul", "eq", "lt", "shl"]), st.data())
def test_an_address_is_defined_only_where_its_number_does_not_matter(b: int, op: str, data: st.DataObject) -> None:
    """Whatever number the address x is, a result that is an integer is what that number gives."""
    place = data.draw(st.integers(1, 2**40)) * 16
    pairs: list[tuple[Value, Value]] = [(X, b), (b, X), (X, X), (X4, X), (X, X4)]
    args = data.draw(st.sampled_from(pairs))
    result = apply(op, args, 64)
    if result is not None and op != "eq":
        numbers = tuple(a if isinstance(a, int) else place + a.offset for a in args)
        number = apply(op, numbers, 64)
        assert number == (result if isinstance(result, int) else place + result.offset)
