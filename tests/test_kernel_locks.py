"""Mutexes and reader-writer locks of the kernel: who keeps out whom, and what they order, on every architecture."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from oracles.assembled import same_answer
from oracles.shared import engine

import litmus
from litmus.base.errors import UnsupportedError
from litmus.cat.mapping import MappingRow, Origin
from litmus.cat.registry import info, models
from litmus.cat.shared import shared_rows
from litmus.ir.kernel import ERAS, PRIMITIVES, Kind, Step

OLD = ("alpha", "armv7", "ia64", "mips", "power", "s390", "sc", "sparc-rmo", "x86-tso")
NEW = ("aarch64", "alpha", "armv7", "mips", "power", "riscv", "s390", "sc", "sparc-tso", "x86-tso")
ARCHS: Mapping[str, tuple[str, ...]] = {"v2.6.27": OLD, "v6": NEW}
TEXT = """C {name}
{{ }}
P0(int *x, int *y, {type} *l)
{{
	int r0; int r1;
	{first}
}}
P1(int *x, int *y, {type} *l)
{{
	int r0; int r1;
	{second}
}}
exists ({condition})
"""
MUTEX = ("struct mutex", "mutex_lock(l);", "mutex_unlock(l);")
READ = ("rwlock_t", "read_lock(l);", "read_unlock(l);")
WRITE = ("rwlock_t", "write_lock(l);", "write_unlock(l);")


def pair(
    first: tuple[str, str, str], second: tuple[str, str, str], bodies: tuple[str, str], condition: str
) -> litmus.LitmusTest:
    """Two threads, each with its section under a lock."""
    texts = [f"{take} {body} {leave}" for (_, take, leave), body in zip((first, second), bodies, strict=True)]
    text = TEXT.format(name="locks", type=first[0], first=texts[0], second=texts[1], condition=condition)
    return litmus.parse(text, "locks")


def allowed(test: litmus.LitmusTest, era: str) -> set[str]:
    """The architectures that allow the outcome asked for; all of them give a verdict."""
    (row,) = litmus.compare([test], ARCHS[era], era).rows
    words = dict(zip(ARCHS[era], (cell.word() for cell in row.cells), strict=True))
    assert set(words.values()) <= {"Allowed", "Forbidden"}, words
    return {arch for arch, word in words.items() if word == "Allowed"}


PAIRS = [(MUTEX, MUTEX, False), (WRITE, WRITE, False), (READ, WRITE, False), (WRITE, READ, False), (READ, READ, True)]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("first", "second", "together"), PAIRS, ids=["m-m", "w-w", "r-w", "w-r", "r-r"])
def test_who_keeps_out_whom(
    first: tuple[str, str, str], second: tuple[str, str, str], together: bool, era: str
) -> None:
    """Each sees the other inside: impossible even where nothing is ordered, unless both only read."""
    test = pair(
        first,
        second,
        (
            "WRITE_ONCE(*x, 1); smp_mb(); r0 = READ_ONCE(*y); smp_mb(); WRITE_ONCE(*x, 0);",
            "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x); smp_mb(); WRITE_ONCE(*y, 0);",
        ),
        "0:r0=1 /\\ 1:r0=1",
    )
    found = allowed(test, era)
    if together:
        assert found == set(ARCHS[era])
    elif first is MUTEX and era == "v2.6.27":
        assert found <= {"armv7"}  # whose mutex has no barriers
    else:
        assert found == set()


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("first", "second"), [(MUTEX, MUTEX), (WRITE, WRITE), (WRITE, READ)], ids=["m", "ww", "wr"])
def test_what_was_written_under_a_lock_is_seen_under_it(
    first: tuple[str, str, str], second: tuple[str, str, str], era: str
) -> None:
    test = pair(
        first,
        second,
        ("WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1);", "r0 = READ_ONCE(*y); r1 = READ_ONCE(*x);"),
        "1:r0=1 /\\ 1:r1=0",
    )
    assert allowed(test, era) == ({"armv7"} if first is MUTEX and era == "v2.6.27" else set())


@pytest.mark.parametrize(
    ("kind", "era", "expected"),
    [  # a section is no barrier for what is around it, but where its parts are: dmb of ARM, mb of Alpha
        (MUTEX, "v2.6.27", {"armv7", "ia64"}),
        (MUTEX, "v6", {"aarch64", "power", "riscv"}),
        (WRITE, "v2.6.27", {"ia64", "power"}),
        (READ, "v6", {"aarch64", "power", "riscv"}),
    ],
    ids=["mutex-old", "mutex-new", "write-old", "read-new"],
)
def test_store_buffering_around_sections(kind: tuple[str, str, str], era: str, expected: set[str]) -> None:
    type_, take, leave = kind
    text = TEXT.format(
        name="SB",
        type=type_,
        first=f"WRITE_ONCE(*x, 1); {take} {leave} r0 = READ_ONCE(*y);",
        second="WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition="0:r0=0 /\\ 1:r0=0",
    )
    assert allowed(litmus.parse(text), era) == expected


@pytest.mark.parametrize("era", ERAS)
def test_two_readers_and_the_writer_after_them(era: str) -> None:
    """The writer comes when both have left, whatever their order."""
    text = (
        "C three\n{ }\n"
        "P0(int *x, rwlock_t *l) { int r0; read_lock(l); r0 = READ_ONCE(*x); read_unlock(l); }\n"
        "P1(int *x, rwlock_t *l) { int r0; int r1; r1 = read_trylock(l);\n"
        " if (r1) { r0 = READ_ONCE(*x); read_unlock(l); } }\n"
        "P2(int *x, rwlock_t *l) { write_lock(l); WRITE_ONCE(*x, 1); WRITE_ONCE(*x, 2); write_unlock(l); }\n"
        "exists (0:r0=1 \\/ 1:r0=1 \\/ ~(l=0))\n"
    )
    assert allowed(litmus.parse(text), era) == set()


@pytest.mark.parametrize(
    ("attempt", "value"),
    [
        ("write_lock(l); r0 = read_trylock(l);", 0),
        ("write_lock(l); r0 = write_trylock(l);", 0),
        ("read_lock(l); r0 = read_trylock(l);", 1),
        ("read_lock(l); r0 = write_trylock(l);", 0),
        ("read_lock(l); read_lock(l); read_unlock(l); r0 = write_trylock(l);", 0),
        ("read_lock(l); read_unlock(l); r0 = write_trylock(l);", 1),
        ("write_lock(l); write_unlock(l); r0 = read_trylock(l);", 1),
        ("mutex_lock(l); r0 = mutex_trylock(l);", 0),
        ("mutex_lock(l); r0 = mutex_is_locked(l);", 1),
        ("mutex_lock(l); mutex_unlock(l); r0 = mutex_is_locked(l);", 0),
        ("r0 = mutex_trylock(l);", 1),
    ],
)
def test_attempts(attempt: str, value: int) -> None:
    """What a try says of a lock whose state is known."""
    type_ = "struct mutex" if "mutex" in attempt else "rwlock_t"
    text = TEXT.format(name="try", type=type_, first=attempt, second=";", condition=f"~(0:r0={value})")
    for era in ERAS:
        assert allowed(litmus.parse(text), era) == set()


def test_what_has_no_event() -> None:
    text = TEXT.format(
        name="none",
        type="rwlock_t",
        first="preempt_disable(); local_irq_disable(); local_bh_disable(); local_irq_save(r1); WRITE_ONCE(*x, 1);"
        " local_irq_restore(r1); local_bh_enable(); local_irq_enable(); preempt_enable(); r0 = READ_ONCE(*y);",
        second="WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition="0:r0=0 /\\ 1:r0=0",
    )
    for name in ("power", "x86-tso"):
        assert len(litmus.lower(litmus.parse(text), name).threads[0].body) == 2
    assert allowed(litmus.parse(text), "v6") == set(NEW) - {"sc"}


def test_variants_are_the_same_locks() -> None:
    text = TEXT.format(name="names", type="rwlock_t", first="{0}", second=";", condition="x=0")
    for take, leave in (("_irq(l)", "_irq(l)"), ("_bh(l)", "_bh(l)"), ("_irqsave(l, r1)", "_irqrestore(l, r1)")):
        for kind in ("read", "write"):
            test = litmus.parse(text.replace("{0}", f"{kind}_lock{take}; {kind}_unlock{leave};"))
            names = [statement.name for statement in test.threads[0].body]  # type: ignore[union-attr]
            assert names == [f"{kind}_lock", f"{kind}_unlock"]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ("down(l)", "use a mutex"),
        ("down_read(l)", "use a reader-writer lock: read_lock"),
        ("up_write(l)", "use a reader-writer lock: write_unlock"),
        ("mutex_lock_interruptible(l)", "use mutex_lock"),
    ],
)
def test_what_is_refused_has_a_suggestion(call: str, hint: str) -> None:
    test = TEXT.format(name="no", type="rwlock_t", first=f"{call};", second=";", condition="x=0")
    with pytest.raises(UnsupportedError) as raised:
        litmus.lower(litmus.parse(test), "x86-tso")
    assert hint in str(raised.value)


# --- the rows that all architectures share ---------------------------------------------------------------------------


def test_every_architecture_maps_every_lock() -> None:
    for model in models():
        for mapping in model.kernel:
            rows = model.rows(mapping.era)
            assert {name for name in ERAS[mapping.era] if PRIMITIVES[name].step is not None} <= rows.keys()
            assert all(row.origin.source for row in rows.values())


def test_a_shared_row_has_the_operations_of_its_parts() -> None:
    rows = info("power").rows("v6")
    assert [o.name for o in rows["mutex_lock"].operations] == ["lwarx", "stwcx", "isync"]
    assert rows["mutex_lock"].origin.uncertain == rows["cmpxchg_acquire"].origin.uncertain != ""
    assert [o.name for o in rows["write_unlock"].operations] == ["lwsync", "stw"]
    assert [o.name for o in info("alpha").rows("v6")["write_unlock"].operations] == ["mb", "stq"]  # its own


def test_what_is_executed_when_a_shared_try_fails() -> None:
    """On SPARC cmpxchg has its MEMBAR in any case, and the mutex one more if it has the lock."""
    row = info("sparc-rmo").rows("v2.6.27")["mutex_trylock"]
    assert [o.name for o in row.operations] == ["membar.SL,LL", "atomic", "membar.LL,LS,SL,SS", "membar.SL,SS"]
    assert (row.unconditional, row.skipped) == (True, 1)
    text = TEXT.format(
        name="fails",
        type="struct mutex",
        first="r0 = mutex_trylock(l); r0 = mutex_trylock(l);",
        second=";",
        condition="x=0",
    )
    body = litmus.lower(litmus.parse(text), "sparc-rmo", "v2.6.27").threads[0].body
    assert sum(type(statement).__name__ == "Branch" for statement in body) == 2


def test_a_row_of_its_own_comes_first_and_a_missing_part_takes_the_row_away() -> None:
    rows = dict(info("x86-tso").rows("v2.6.27"))
    assert shared_rows(rows, "v2.6.27") == {}
    del rows["mutex_lock"], rows["mutex_unlock"]
    assert [o.name for o in shared_rows(rows, "v2.6.27")["mutex_lock"].operations] == ["lock", "mfence"]
    del rows["smp_mb"]
    assert not {"mutex_lock", "mutex_unlock"} & set(shared_rows(rows, "v2.6.27"))
    found = shared_rows({"READ_ONCE": MappingRow("READ_ONCE", rows["READ_ONCE"].operations, Origin("s"))}, "v6")
    assert {name: row for name, row in found.items() if row.operations} == {
        "mutex_is_locked": MappingRow(
            "mutex_is_locked",
            rows["READ_ONCE"].operations,
            Origin("kernel/locking/mutex.c, by atomic_long_read"),
        )
    }


def test_steps_are_those_of_locks() -> None:
    assert {spec.name for spec in PRIMITIVES.values() if spec.step} == {
        spec.name for spec in PRIMITIVES.values() if spec.kind is Kind.LOCK
    }
    assert PRIMITIVES["spin_unlock_wait"].step is Step.WAIT


# --- in assembly -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "body",
    [
        "mutex_lock(l); WRITE_ONCE(*x, 1); mutex_unlock(l);",
        "read_lock(l); r0 = READ_ONCE(*x); read_unlock(l);",
        "write_lock(l); WRITE_ONCE(*x, 1); write_unlock(l);",
        "r0 = read_trylock(l); if (r0) { r1 = READ_ONCE(*x); read_unlock(l); }",
        "r0 = write_trylock(l); if (r0) { WRITE_ONCE(*x, 2); write_unlock(l); }",
        "r0 = mutex_trylock(l); if (r0) mutex_unlock(l);",
    ],
)
def test_locks_as_assembly(body: str, era: str) -> None:
    type_ = "struct mutex" if "mutex" in body else "rwlock_t"
    other = "r0 = READ_ONCE(*l); r1 = READ_ONCE(*x);"
    test = litmus.parse(TEXT.format(name="asm", type=type_, first=body, second=other, condition="1:r0=0 /\\ 1:r1=1"))
    for name in ("x86-tso", "power", "alpha"):
        assert same_answer(engine, test, info(name), era) == "same"
