"""Tests that are built from values: as the reader of kernel C makes them, and as their text reads back."""

from __future__ import annotations

import copy
import dataclasses
import doctest
import pickle
from collections.abc import Callable, Mapping

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import litmus
from litmus import builder as b
from litmus.base.source import Source, Span
from litmus.dialects.c.calls import CALLS
from litmus.ir.litmus_test import LitmusTest

x, y, z = b.location("x"), b.location("y"), b.location("z")
r0, r1, r2 = b.register("r0"), b.register("r1"), b.register("r2")
BOTH = b.final(1, r0).equals(1) & b.final(1, r1).equals(0)


def stripped(value: object) -> object:
    """A value without its places in a text, and without the text."""
    if isinstance(value, Span | Source):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        left_out = ("rows", "row_of", "source", "hash", "metadata", "definitions")
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return type(value), {name: stripped(part) for name, part in parts.items() if name not in left_out}
    if isinstance(value, tuple | list):
        return [stripped(item) for item in value]
    if isinstance(value, Mapping):
        return {key: stripped(item) for key, item in value.items()}
    return value


def reads_back(test: LitmusTest) -> None:
    again = litmus.parse(litmus.text(test))
    assert stripped(again) == stripped(test)
    assert again.hash == test.hash
    assert litmus.text(again) == litmus.text(test)


def test_the_examples_of_the_module() -> None:
    assert doctest.testmod(b).attempted > 10
    assert not doctest.testmod(b).failed


# --- as the tests of the catalogue ------------------------------------------------------------------------------------

_lock = b.location("lock")
_other = b.location("other", 1)
_anon_vma = b.location("anon_vma", _other)
_s = b.location("s")

SAME: dict[str, Callable[[], LitmusTest]] = {
    "classic/c/MP+wmb+rmb": lambda: b.build(
        "MP+wmb+rmb",
        [b.store(x, 1), b.fence("smp_wmb"), b.store(y, 1)],
        [b.load(r0, y), b.fence("smp_rmb"), b.load(r1, x)],
        exists=BOTH,
    ),
    "classic/c/MP+release+acquire": lambda: b.build(
        "MP+release+acquire",
        [b.store(x, 1), b.store(y, 1, "smp_store_release")],
        [b.load(r0, y, "smp_load_acquire"), b.load(r1, x)],
        exists=BOTH,
    ),
    "classic/c/MP+locks": lambda: b.build(
        "MP+locks",
        [b.lock(_s), b.store(x, 1), b.store(y, 1), b.unlock(_s)],
        [b.lock(_s), b.load(r0, y), b.load(r1, x), b.unlock(_s)],
        exists=BOTH,
    ),
    "classic/c/SB+xchgs": lambda: b.build(
        "SB+xchgs",
        [b.update("xchg", x, 1, into=r1), b.load(r0, y)],
        [b.update("xchg", y, 1, into=r1), b.load(r0, x)],
        exists=b.final(0, r0).equals(0) & b.final(1, r0).equals(0),
    ),
    "classic/c/lost-update+atomic_incs": lambda: b.build(
        "lost-update+atomic_incs",
        [b.update("atomic_inc", x)],
        [b.update("atomic_inc", x)],
        exists=b.final(x).equals(1),
    ),
    "classic/c/LB+ctrls": lambda: b.build(
        "LB+ctrls",
        [b.load(r0, x), b.when(r0, [b.store(y, 1)])],
        [b.load(r0, y), b.when(r0, [b.store(x, 1)])],
        exists=b.final(0, r0).equals(1) & b.final(1, r0).equals(1),
    ),
    "anon_vma/anon_vma+wmb": lambda: b.build(
        "anon_vma+wmb",
        [b.store(_lock, 1), b.fence("smp_wmb"), b.store(_anon_vma, _lock)],
        [b.load(r0, _anon_vma), b.load(r1, b.at(r0))],
        exists=b.final(1, r0).equals(_lock) & b.final(1, r1).equals(0),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_as_the_reader_makes_it(name: str) -> None:
    built, read = SAME[name](), litmus.load(ROOT / "catalog" / f"{name}.litmus")
    assert [stripped(t.body) for t in built.threads] == [stripped(t.body) for t in read.threads]
    assert stripped(built.condition) == stripped(read.condition)
    assert {i.target: i.value for i in built.init if i.value} == {i.target: i.value for i in read.init if i.value}
    assert built.types == read.types
    for model in ("power", "alpha", "x86-tso"):
        for era in ("v2.6.27", "v6"):
            try:
                expected = litmus.check(read, model, era=era)
            except litmus.UnsupportedError:
                continue
            assert litmus.check(built, model, era=era).states == expected.states
    reads_back(built)


def test_pointers_are_inferred() -> None:
    p, q = b.location("p", x), b.location("q", 0)
    first = [b.store(q, x), b.assign(r2, x), b.store(z, r2)]
    second = [b.load(r0, p), b.update("xchg", p, r0, into=r1), b.load(r2, b.at(r1))]
    third = [b.load(r0, z), b.store(b.at(r0 + (r1 ^ r1)), 1), b.load(r1, b.at(x + (r1 ^ r1)))]
    test = b.build("t", first, second, third, exists=b.final(1, r2).equals(1))
    text = litmus.text(test)
    assert "\np=x;\n" in text
    assert "P0(int **q, int *x, int **z)\n{\n    int *r2;" in text
    assert "P1(int **p)\n{\n    int *r0;\n    int *r1;\n    int r2;" in text
    assert "P2(int **z, int *x)\n{\n    int *r0;\n    int r1;" in text
    reads_back(test)


def test_types_of_locks_and_atomics() -> None:
    m, w, a = b.location("m"), b.location("w"), b.location("a", 3)
    thread = [
        *(b.lock(m, "mutex_lock"), b.unlock(m, "mutex_unlock"), b.lock(w, "read_lock"), b.unlock(w, "read_unlock")),
        *(b.trylock(r0, _s), b.update("atomic_fetch_add", a, 2, into=r1), b.update("cmpxchg", x, 0, r1, into=r2)),
    ]
    test = b.build("t", thread, exists=b.final(a).equals(5) & b.final(0, r1).equals(3), observed=[b.final(x)])
    text = litmus.text(test)
    assert "P0(struct mutex *m, rwlock_t *w, spinlock_t *s, atomic_t *a, int *x)" in text
    assert "atomic_fetch_add(2, a)" in text
    assert "cmpxchg(x, 0, r1)" in text
    assert litmus.check(test, "power").observation is litmus.Observation.ALWAYS
    reads_back(test)


def test_plain_accesses_branches_and_conditions() -> None:
    thread = [
        b.load(r0, x, "plain"),
        b.when(
            (r0 + 1) >= 1,
            [b.store(y, r0 * 2 - 1, "plain"), b.when(r0.differs(2), [b.fence("smp_mb")])],
            [b.store(y, 5)],
        ),
    ]
    outcome = ~(b.final(y).equals(5) & b.final(0, r0).differs(0)) | b.final(x).equals(-1)
    test = b.build("t", thread, [b.store(x, -2), b.store(x, -1)], forall=outcome, doc="All at once")
    assert "*y = (r0 * 2) - 1;" in litmus.text(test)
    assert "} else {" in litmus.text(test)
    assert test.doc == "All at once"
    assert litmus.check(test, "sc").ok
    reads_back(test)
    assert b.build("t", [b.store(x, 1)], not_exists=b.final(x).equals(0)).condition.quantifier.value == "~exists"


# --- at random --------------------------------------------------------------------------------------------------------

registers, locations = st.sampled_from([r0, r1, r2]), st.sampled_from([x, y, z])
expressions = st.recursive(
    st.one_of(registers, st.integers(-3, 3).map(b.Number)),
    lambda inner: st.builds(
        b.Computed, st.sampled_from(["+", "-", "*", "&", "|", "^", "<", "=="]), st.tuples(inner, inner)
    ),
    max_leaves=4,
)
places = st.one_of(locations, st.builds(lambda base, r: b.at(base + (r ^ r)), locations, registers))
simple = st.one_of(
    st.builds(b.load, registers, places, st.sampled_from(["READ_ONCE", "smp_load_acquire", "plain"])),
    st.builds(b.store, places, expressions, st.sampled_from(["WRITE_ONCE", "smp_store_release", "plain"])),
    st.builds(b.fence, st.sampled_from(["smp_mb", "smp_rmb", "smp_wmb", "barrier"])),
    st.builds(lambda to, v, r: b.update("xchg", to, v, into=r), places, expressions, registers),
    st.builds(b.assign, registers, expressions),
)
statements = st.one_of(
    simple, st.builds(b.when, expressions, st.lists(simple, min_size=1, max_size=2), st.lists(simple, max_size=2))
)
atoms = st.one_of(
    st.builds(lambda r, v: b.final(0, r).equals(v), registers, st.integers(-1, 2)),
    st.builds(lambda of, v: b.final(of).differs(v), locations, st.integers(-1, 2)),
)
propositions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda p, q: p & q, inner, inner),
        st.builds(lambda p, q: p | q, inner, inner),
        inner.map(lambda p: ~p),
    ),
    max_leaves=4,
)


@given(st.lists(st.lists(statements, min_size=1, max_size=4), min_size=1, max_size=3), propositions)
@settings(max_examples=60)
def test_any_test_reads_back(threads: list[list[b.Statement]], outcome: b.Proposition) -> None:
    known = [b.load(r, x) for r in (r0, r1, r2)]  # a condition is about registers that the thread has
    reads_back(b.build("t", [*known, *threads[0]], *threads[1:], exists=outcome))


@pytest.mark.parametrize("name", [n for n, call in CALLS.items() if "-" not in call.takes])
def test_every_function_of_the_kernel(name: str) -> None:
    spec = CALLS[name].spec
    values = [b.Number(1)] * CALLS[name].takes.count("v")
    place = x if set(CALLS[name].takes) & {"l", "p"} else None
    if spec.kind.value == "rcu":
        with pytest.raises(litmus.UsageError):
            b.fence(name)
        return
    statement = b.Used(name, place, tuple(values))
    reads_back(b.build("t", [statement], exists=b.final(x).equals(0)))


# --- values -----------------------------------------------------------------------------------------------------------


def test_parts_are_values() -> None:
    part = b.when(r0.equals(1) & 3, [b.store(b.at(x + r0), 1), b.fence("smp_mb")], [b.assign(r1, r0)])
    for way in (lambda v: pickle.loads(pickle.dumps(v)), copy.copy, copy.deepcopy):
        assert way(part) == part
        assert hash(way(part)) == hash(part)
        assert way(BOTH) == BOTH
    assert part != b.when(r0.equals(2) & 3, part.then, part.otherwise)
    with pytest.raises(dataclasses.FrozenInstanceError):
        part.then = ()  # type: ignore[misc]
    test = SAME["anon_vma/anon_vma+wmb"]()
    assert pickle.loads(pickle.dumps(test)) == test


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: b.fence("smp_bm"), "'smp_bm' is no fence of the kernel .did you mean 'smp_mb'"),
    (lambda: b.fence("READ_ONCE"), "'READ_ONCE' is no fence"),
    (lambda: b.load(r0, x, "WRITE_ONCE"), "'WRITE_ONCE' is no read"),
    (lambda: b.store(x, 1, "plane"), "'plane' is no write"),
    (lambda: b.lock(x, "spin_lock_irqsave"), "'spin_lock_irqsave' is no lock"),
    (lambda: b.update("xchg", x), "xchg takes a pointer, a value"),
    (lambda: b.update("atomic_inc", x, 1), "atomic_inc takes a pointer"),
    (lambda: b.location("x y"), "'x y' is no name of a location"),
    (lambda: b.register("1r"), "'1r' is no name of a register"),
    (lambda: b.register("é"), "is no name of a register"),
    (lambda: b.load(x, r0), "a location, or `at` an address, is wanted here, and this is of type Local"),
    (lambda: b.load(x, x), "a register is wanted here, and this is of type Shared"),
    (lambda: b.store(x, r0 == 1), "is wanted here, and this is of type bool .`equals` and `differs` compare"),
    (lambda: b.location("x", "y"), "a number or a location is wanted here"),
    (lambda: b.location(1), "the name of a location is wanted here"),
    (lambda: b.at(1), "an address is wanted here"),
    (lambda: b.assign(x, 1), "a register is wanted here"),
    (lambda: b.when(r0 == 1, []), "what is computed is wanted here, and this is of type bool"),
    (lambda: b.when(r0, b.store(x, 1)), "a sequence of statements is wanted here"),
    (lambda: b.when(r0.equals(1) and r0, []), "has no value in Python"),
    (lambda: b.final(1, r0).equals("1"), "a number or a location is wanted here"),
    (lambda: BOTH and BOTH, "combined by &, . and ~"),
    (lambda: BOTH & (b.final(x) == 1), "a condition is wanted here, and this is of type bool"),
    (lambda: b.build("t", [1], exists=BOTH), "a statement is wanted here"),
    (lambda: b.build("t", [b.store(x, 1)], exists=1), "a condition is wanted here"),
    (lambda: b.final(1), "a final value is that of"),
    (lambda: b.final(x, r0), "a final value is that of"),
    (lambda: b.build("t", [b.store(x, 1)]), "a test has one condition"),
    (lambda: b.build("t", [b.store(x, 1)], exists=BOTH, forall=BOTH), "a test has one condition"),
    (lambda: b.build("t", exists=BOTH), "at least one thread"),
    (lambda: b.build("a b", [b.store(x, 1)], exists=BOTH), "'a b' is no name of a test"),
    (lambda: b.build("t", [b.store(x, 1)], exists=BOTH, doc='"'), "one line, without quotes"),
    (lambda: b.build("t", [b.store(x, b.location("x", 1))], exists=BOTH), "'x' has two initial values"),
    (lambda: b.build("t", [b.store(x, 1)], exists=b.final(3, r0).equals(1)), r"<t>:\d+:\d+: error"),
    (lambda: b.build("t", [b.store(b.location("int"), 1)], exists=BOTH), r"<t>:\d+:\d+: error"),
    (lambda: b.build("t", [b.load(b.register("x"), x)], exists=BOTH), r"<t>:\d+:\d+: error"),
]


@pytest.mark.parametrize(("wrong", "said"), WRONG)
def test_what_cannot_be(wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(litmus.LitmusError, match=said):
        wrong()
