"""Classes whose methods are compiled at once are as those of `dataclasses`."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

import pytest

from litmus.base.records import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    seen: list[int] = field(default_factory=list, compare=False)
    label: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Named(Point):
    """It has an order of its own of what is hashed, and a field that nobody gives."""

    name: str = "n"
    size: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", len(self.name))

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __hash__(self) -> int:
        return 7


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    x: int = 0


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    x: int


@dataclass(slots=True)
class Changing:
    x: int
    seen: list[int] = field(default_factory=list)


def test_a_class_that_is_not_frozen_has_values_that_change_and_no_hash() -> None:
    one, other = Changing(1), Changing(x=1)
    assert one == other
    one.seen.append(2)
    one.x = 3
    assert (one.x, one.seen, other.x, other.seen) == (3, [2], 1, [])
    assert repr(one).endswith("Changing(x=3, seen=[2])")
    assert pickle.loads(pickle.dumps(one)) == one != other
    assert not hasattr(one, "__dict__")
    with pytest.raises(TypeError):
        hash(one)


def test_classes_with_as_many_fields_have_their_own_names_and_defaults() -> None:
    assert (Changing(1, [2]).seen, Ordered(x=3).x, Identity().x) == ([2], 3, 0)
    with pytest.raises(TypeError, match="'x'"):
        Changing(seen=[])  # type: ignore[call-arg]
    assert Changing.__init__.__code__.co_varnames[:3] == ("self", "x", "seen")


def test_values_are_given_by_position_by_name_or_by_default() -> None:
    assert (Point(1).x, Point(1).y, Point(1).seen, Point(1).label) == (1, 2, [], "")
    assert (Point(1, 3).y, Point(y=4, x=1).y) == (3, 4)
    assert Point(1).seen is not Point(1).seen
    assert Named(1, name="long").size == 4
    for wrong in ((), (1, 2, [], "", 5)):
        with pytest.raises(TypeError):
            Point(*wrong)


def test_what_is_equal_is_equal_and_has_one_hash() -> None:
    assert Point(1, seen=[1]) == Point(1, seen=[2])
    assert hash(Point(1, seen=[1])) == hash(Point(1, seen=[2]))
    assert len({Point(1), Point(1), Point(1, 3), Point(1, label="a")}) == 3
    assert Point(1) != Named(1)
    assert Point(1) != (1, 2, "")
    assert Nothing() == Nothing()
    assert hash(Named(1)) == 7
    assert Identity() != Identity()
    assert len({Identity(), Identity()}) == 2
    assert sorted([Ordered(2), Ordered(1)]) == [Ordered(1), Ordered(2)]
    assert Ordered(1) <= Ordered(1) >= Ordered(1) < Ordered(2) > Ordered(1)
    with pytest.raises(TypeError):
        assert Ordered(1) < Point(1)


def test_a_record_shows_its_fields() -> None:
    assert repr(Point(1, label="a")).endswith("Point(x=1, y=2, seen=[])")
    assert repr(Named(1)) == "<n>"


@pytest.mark.parametrize("name", ["x", "unknown"])
def test_a_record_does_not_change(name: str) -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(point, name, 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(point, name)
    assert point.x == 1
    assert not hasattr(point, "__dict__")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
@pytest.mark.parametrize("value", [Point(1, 5, [3], "a"), Named(1, name="abc"), Nothing(), Ordered(1)])
def test_copies_are_equal(copied: Callable[[object], object], value: Any) -> None:
    again = copied(value)
    assert again == value
    assert type(again) is type(value)
    assert [getattr(again, f.name) for f in dataclasses.fields(value)] == [
        getattr(value, f.name) for f in dataclasses.fields(value)
    ]


def test_the_functions_of_dataclasses_know_a_record() -> None:
    assert replace(Point(1), y=7) == Point(1, 7)
    assert replace(Named(1), name="four").size == 4
    assert [f.name for f in dataclasses.fields(Named)] == ["x", "y", "seen", "label", "name", "size"]
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 2, "seen": [], "label": ""}
    match Point(1, 3):
        case Point(1, y):
            assert y == 3
