"""Bit-sliced relations against sets of pairs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples

from litmus.judge.bitslices import LARGE, Lanes, lanes

Pairs = frozenset[tuple[int, int]]
SHAPES = [(1, 1), (1, 4), (2, 1), (2, 3), (3, 2), (5, 1), (5, 4), (7, 2), (8, 3), (9, 1), (16, 2)]


def seq(a: Pairs, b: Pairs) -> Pairs:
    return frozenset((x, z) for x, y in a for w, z in b if y == w)


def plus(a: Pairs) -> Pairs:
    result = a
    while not seq(result, a) <= result:
        result |= seq(result, a)
    return result


def inverse(a: Pairs) -> Pairs:
    return frozenset((y, x) for x, y in a)


def domain(a: Pairs) -> Pairs:
    return frozenset((x, x) for x, _ in a)


def encode(shape: Lanes, each: list[Pairs]) -> int:
    return shape.pack(shape.from_rows(sum(1 << j for i, j in a if i == row) for row in range(shape.n)) for a in each)


def decode(shape: Lanes, bits: int) -> list[Pairs]:
    assert 0 <= bits <= shape.full
    return [
        frozenset((i, j) for i, row in enumerate(shape.rows(lane)) for j in range(shape.n) if row >> j & 1)
        for lane in shape.unpack(bits)
    ]


@st.composite
def relations(draw: st.DrawFn) -> tuple[Lanes, list[Pairs], list[Pairs]]:
    n, k = draw(st.sampled_from(SHAPES))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    many = st.lists(st.frozensets(pairs, max_size=2 * n), min_size=k, max_size=k)
    return lanes(n, k), draw(many), draw(many)


@pytest.mark.slow
@given(relations())
@examples(200)
def test_operators(given_: tuple[Lanes, list[Pairs], list[Pairs]]) -> None:
    shape, a, b = given_
    x, y = encode(shape, a), encode(shape, b)
    assert decode(shape, x) == a
    assert decode(shape, shape.seq(x, y)) == [seq(p, q) for p, q in zip(a, b, strict=True)]
    assert decode(shape, shape.plus(x)) == [plus(p) for p in a]
    assert decode(shape, shape.inverse(x)) == [inverse(p) for p in a]
    assert decode(shape, shape.domain(x)) == [domain(p) for p in a]
    assert decode(shape, shape.range(x)) == [domain(inverse(p)) for p in a]
    sources, targets = shape.domain(x), shape.range(y)
    assert decode(shape, shape.product(sources, targets)) == [
        frozenset((i, j) for (i, _), (_, j) in product(p, q)) for p, q in zip(a, b, strict=True)
    ]
    # [S] ; r by composition and by restriction, and the same on the other side
    assert shape.seq(sources, y) == shape.whole_rows(sources) & y
    assert shape.seq(x, targets) == shape.whole_columns(targets) & x


@pytest.mark.slow
@given(relations())
@examples(100)
def test_predicates(given_: tuple[Lanes, list[Pairs], list[Pairs]]) -> None:
    shape, a, _ = given_
    x = encode(shape, a)

    def where(holds: Callable[[Pairs], bool]) -> int:
        return sum(1 << lane for lane, p in enumerate(a) if holds(p))

    assert shape.empty(x) == where(lambda p: not p)
    assert shape.irreflexive(x) == where(lambda p: all(i != j for i, j in p))
    assert shape.acyclic(x) == where(lambda p: all(i != j for i, j in plus(p)))


ENDS = st.sampled_from([*range(6), *range(LARGE - 6, LARGE)])


@pytest.mark.slow
@given(st.lists(st.tuples(ENDS, ENDS), max_size=20), st.integers(0, LARGE - 2))
@examples(100)
def test_one_wide_lane_is_composed_by_rows_to_the_same(pairs: list[tuple[int, int]], moved: int) -> None:
    wide, plain = lanes(LARGE, 1), lanes(LARGE, 2)
    assert type(wide) is not type(plain)
    a = frozenset(pairs)
    b = frozenset(((i + moved) % LARGE, j // 2) for i, j in pairs)
    x, y = encode(wide, [a]), encode(wide, [b])

    def first(bits: int) -> int:
        return plain.unpack(bits)[0]

    assert wide.seq(x, y) == first(plain.seq(x, y))
    assert wide.plus(x) == first(plain.plus(x))
    assert wide.inverse(x) == first(plain.inverse(x))
    assert wide.acyclic(x) == plain.acyclic(x) & 1
    assert wide.from_rows(wide.rows(x)) == x == plain.from_rows(plain.rows(x))


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_sets_are_identities(n: int, k: int) -> None:
    shape = lanes(n, k)
    masks = [(7 * lane + 5) % (1 << n) for lane in range(k)]
    expected = [frozenset((e, e) for e in range(n) if mask >> e & 1) for mask in masks]
    assert decode(shape, shape.sets(masks)) == expected
    assert decode(shape, shape.repeat(lanes(n, 1).sets(masks[:1]))) == expected[:1] * k
    assert decode(shape, shape.diagonal) == [frozenset((e, e) for e in range(n))] * k
