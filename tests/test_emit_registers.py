"""Finding registers: what a thread computes is the same with the machine's registers as with any number of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.effort import examples

from litmus.base.errors import UnsupportedError
from litmus.base.source import Source, Span
from litmus.kernel.emit.code import Instruction, LabelRow, Row
from litmus.kernel.emit.registers import Bank, allocate

BANK = Bank("toy", ("A", "B", "C", "D"), {"@flag": "F"})
NAMES = st.sampled_from(("a", "b", "c", "d", "e", "f"))


def run(rows: Sequence[str], initial: Mapping[str, str]) -> tuple[list[object], dict[str, object] | None]:
    """The terms that a program stores or branches on, and those in its registers at the end.

    Every other branch is taken, and after a dozen jumps the program is left off: then there is no end.
    """
    held: dict[str, object] = dict(initial)
    places = {row[:-1]: at for at, row in enumerate(rows) if row.endswith(":")}
    log: list[object] = []
    at = jumps = 0
    while at < len(rows):
        name, *operands = rows[at].split()
        at += 1
        match name, operands:
            case "set", [dest, *sources]:
                held[dest] = ("set", *(held.get(source) for source in sources))
            case "copy", [dest, source]:
                held[dest] = held.get(source)
            case "store", [source]:
                log.append(held.get(source))
            case "branch" | "jump", [*tested, label]:
                log += [held.get(source) for source in tested]
                jumps += 1
                if jumps == 12:
                    return log, None
                at = places[label] if name == "jump" or jumps % 2 else at
    return log, held


def named(rows: Sequence[Row]) -> list[str]:
    """Rows with the names that registers have."""
    return [
        f"{row.name}:" if isinstance(row, LabelRow) else row.text.format(*row.writes, *row.reads, label=row.target)
        for row in rows
    ]


@st.composite
def programs(draw: st.DrawFn) -> list[Row]:
    labels = draw(st.integers(1, 3))
    rows: list[Row] = []
    for _ in range(draw(st.integers(1, 12))):
        a, b, c, label = draw(NAMES), draw(NAMES), draw(NAMES), f"L{draw(st.integers(1, labels))}"
        kinds = (
            Instruction("set {0} {1} {2}", (a,), (b, c)),
            Instruction("set {0} {1} {2}", (a,), (a, b)),
            Instruction("copy {0} {1}", (a,), (b,), move=True),
            Instruction("store {0}", (), (a,), effect=True),
            Instruction("branch {0} {label}", (), (a,), label, effect=True),
            Instruction("jump {label}", (), (), label, ends=True, effect=True),
        )
        rows.append(draw(st.sampled_from(kinds)))
    for number in range(1, labels + 1):
        rows.insert(draw(st.integers(0, len(rows))), LabelRow(f"L{number}"))
    return rows


@pytest.mark.slow
@examples(300)
@given(programs(), st.sets(NAMES, max_size=3))
def test_what_is_computed_is_the_same(rows: list[Row], wanted: set[str]) -> None:
    names = {name for row in rows if isinstance(row, Instruction) for name in (*row.writes, *row.reads)} | wanted
    log, end = run(named(rows), {name: f"initial {name}" for name in names})
    try:
        found = allocate(rows, sorted(wanted), BANK)
    except UnsupportedError:
        assert len(names) > len(BANK.free)
        return
    assert len({found.registers[name] for name in wanted}) == len(wanted)
    again, held = run(found.rows, {found.registers[name]: f"initial {name}" for name in found.given})
    assert again == log
    assert (held is None) == (end is None)
    if held is not None and end is not None:
        assert [held.get(found.registers[name]) for name in sorted(wanted)] == [end[name] for name in sorted(wanted)]


SPAN = Span(Source("here", "the place"), 0, 3)


def set_(dest: str, *sources: str) -> Instruction:
    return Instruction(" ".join(("set", *(f"{{{n}}}" for n in range(1 + len(sources))))), (dest,), sources, span=SPAN)


def branch(source: str) -> Instruction:
    return Instruction("branch {0} {label}", (), (source,), "L", effect=True)


JUMP = Instruction("jump {label}", target="L", ends=True, effect=True)


def store(source: str) -> Instruction:
    return Instruction("store {0}", (), (source,), effect=True)


@pytest.mark.parametrize(
    ("rows", "wanted", "expected", "given_"),
    [
        # what nobody needs is left out, and so is what it alone needed
        ([set_("a"), set_("b", "a"), set_("c"), store("c")], (), ["set A", "store A"], ()),
        ([set_("a"), set_("a")], ("a",), ["set A"], ()),
        # what is read before it is written is given
        ([store("a"), set_("a"), store("a")], (), ["store A", "set A", "store A"], ("a",)),
        # a copy is no instruction where one register can be both
        ([set_("a"), Instruction("copy {0} {1}", ("b",), ("a",), move=True), store("b")], (), ["set A", "store A"], ()),
        # but two registers that are asked for are two
        (
            [set_("a"), Instruction("copy {0} {1}", ("b",), ("a",), move=True)],
            ("a", "b"),
            ["set A", "copy B A"],
            (),
        ),
        # rows that control does not reach are left out, with what they read
        (
            [JUMP, store("z"), LabelRow("L")],
            (),
            ["jump L", "L:"],
            (),
        ),
        # a value lives around a loop
        (
            [
                LabelRow("L"),
                set_("a"),
                store("b"),
                store("a"),
                Instruction("branch {0} {label}", (), ("a",), "L", effect=True),
            ],
            (),
            ["L:", "set B", "store A", "store B", "branch B L"],
            ("b",),
        ),
        # a thread without end has a register for what is asked of it all the same
        ([LabelRow("L"), JUMP], ("a",), ["L:", "jump L"], ()),
        # names that mean a certain register
        ([set_("@flag"), set_("a"), store("@flag"), store("a")], (), ["set F", "set A", "store F", "store A"], ()),
    ],
)
def test_rows(rows: list[Row], wanted: tuple[str, ...], expected: list[str], given_: tuple[str, ...]) -> None:
    found = allocate(rows, wanted, BANK)
    assert (list(found.rows), found.given) == (expected, given_)


def test_too_few_registers() -> None:
    names = "abcde"
    with pytest.raises(UnsupportedError, match="here:1:1: error: toy has too few registers for this thread"):
        allocate([*map(set_, names), *map(store, names)], (), BANK)
    with pytest.raises(UnsupportedError, match="too few registers"):
        allocate([], names, BANK)


def test_parts_of_registers() -> None:
    bank = Bank("toy", ("A",), {}, lambda register, part: f"{register}.{part}" if part else register)
    assert allocate([Instruction("low {0:b},{0}", ("a",), effect=True)], (), bank).rows == ("low A.b,A",)
