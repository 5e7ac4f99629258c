"""Kernel C on every architecture: what the mappings of both eras come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from oracles.kernel_c import DEPEND, MP, SB, kernel, publishing

import litmus
from litmus.base.errors import UnsupportedError, UsageError
from litmus.cat.registry import models
from litmus.engine import Engine
from litmus.ir.options import Options
from litmus.ir.thread import Fence, Primitive
from litmus.ir.verdict import Verdict

CATALOG = Path(__file__).parent.parent / "catalog"
OLD = ("alpha", "power", "x86-tso", "armv7", "s390", "sparc-tso")
NEW = (*OLD, "aarch64", "riscv")


def allowed(test: litmus.LitmusTest, archs: tuple[str, ...], era: str) -> set[str]:
    """The architectures that allow the outcome asked for; all of them give a verdict."""
    (row,) = litmus.compare([test], archs, era).rows
    words = dict(zip(archs, (cell.word() for cell in row.cells), strict=True))
    assert set(words.values()) <= {"Allowed", "Forbidden"}, words
    return {arch for arch, word in words.items() if word == "Allowed"}


def test_only_alpha_needs_the_dependency_barrier() -> None:
    """The question of October 2008: may the pointer be seen before what it points to?"""
    plain = litmus.parse(DEPEND.format(name="plain", read="READ_ONCE(*p)", barrier=""))
    mended = litmus.parse(DEPEND.format(name="mended", read="READ_ONCE(*p)", barrier="smp_read_barrier_depends();"))
    rcu = litmus.parse(DEPEND.format(name="rcu", read="rcu_dereference(*p)", barrier=""))
    assert allowed(plain, OLD, "v2.6.27") == {"alpha"}
    assert allowed(mended, OLD, "v2.6.27") == allowed(rcu, OLD, "v2.6.27") == set()
    assert allowed(plain, NEW, "v6") == set()  # READ_ONCE has the barrier on Alpha today


def test_the_mistakes_of_the_mapping_of_2008() -> None:
    """kernel-primitives: the two-sided store buffering with an update, and message passing by xchg."""
    update = "WRITE_ONCE(*x, 1); r1 = atomic_add_return(1, z); r0 = READ_ONCE(*y);"
    other = "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);"
    text = kernel("SB+add_return", update.replace("atomic_add_return(1, z)", "xchg(z, 1)"), other, condition=SB)
    assert allowed(text, ("power", "armv7", "alpha", "x86-tso"), "v2.6.27") == {"power", "armv7"}
    assert allowed(text, NEW, "v6") == set()
    message = kernel(
        "MP+xchg",
        "WRITE_ONCE(*x, 1); r2 = xchg(y, 1);",
        "r0 = READ_ONCE(*y); smp_rmb(); r1 = READ_ONCE(*x);",
        condition=MP,
    )
    assert allowed(message, ("alpha", "armv7", "power"), "v2.6.27") == {"alpha", "armv7"}
    assert allowed(message, NEW, "v6") == set()


@pytest.mark.parametrize(
    ("barrier", "old"),
    [("", {"alpha", "power", "armv7"}), ("smp_rmb();", set()), ("smp_mb();", set())],
)
def test_message_passing(barrier: str, old: set[str]) -> None:
    test = publishing("MP", barrier)
    assert allowed(test, OLD, "v2.6.27") == old


def test_acquire_and_release() -> None:
    test = kernel(
        "MP+rel+acq",
        "WRITE_ONCE(*x, 1); smp_store_release(y, 1);",
        "r0 = smp_load_acquire(y); r1 = READ_ONCE(*x);",
        condition=MP,
    )
    assert allowed(test, NEW, "v6") == set()
    (row,) = litmus.compare([test], ["alpha"], "v2.6.27").rows  # there were none in 2008
    assert (row.cells[0].word(), type(row.cells[0].error)) == ("unsupported", UnsupportedError)


def test_locks_are_barriers_for_what_they_protect() -> None:
    test = kernel(
        "locked",
        "spin_lock(l); WRITE_ONCE(*x, 1); WRITE_ONCE(*y, 1); spin_unlock(l);",
        "spin_lock(l); r0 = READ_ONCE(*y); r1 = READ_ONCE(*x); spin_unlock(l);",
        condition=MP,
    )
    assert allowed(test, OLD, "v2.6.27") == allowed(test, NEW, "v6") == set()
    assert litmus.check(test, "power", era="v2.6.27").status is litmus.Status.DONE  # trying again is no loop


def test_a_lock_is_no_full_barrier() -> None:
    """Neither keeps a write before the critical section and a read after it apart, except where all updates do."""
    section = "WRITE_ONCE(*{0}, 1); spin_lock(l); spin_unlock(l); r0 = READ_ONCE(*{1});"
    test = kernel(
        "SB+locks",
        section.format("x", "y"),
        "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition=SB,
    )
    assert allowed(test, OLD, "v2.6.27") >= {"power"}
    assert "x86-tso" not in allowed(test, OLD, "v2.6.27")


def test_lowering_leaves_no_primitive() -> None:
    test = kernel("fences", "smp_mb(); smp_wmb(); spin_lock(l); r0 = xchg(x, 1); spin_unlock(l);", condition="x=1")
    for model in models():
        for mapping in model.kernel:
            body = litmus.lower(test, model.name, mapping.era).threads[0].body
            assert not any(isinstance(s, Primitive) for s in body)
            assert all(s.tags <= model.tags for s in body if isinstance(s, Fence))


def test_what_cannot_be_lowered_is_named() -> None:
    test = litmus.parse("C t\n{ }\nP0(struct srcu_struct *s) { int r0 = srcu_read_lock(s); }\nexists (0:r0=0)\n")
    with pytest.raises(UnsupportedError, match=r"'srcu_read_lock' has no mapping for alpha in era v2\.6\.27"):
        litmus.check(test, "alpha", era="v2.6.27")
    with pytest.raises(UsageError, match=r"v2\.6\.27, v6"):
        litmus.check(kernel("t", "smp_mb();", condition="x=0"), "alpha", era="v5")


@pytest.mark.parametrize(
    ("update", "old"),
    [  # an update that returns something is to be a full barrier; what it was not in 2.6.27 was a mistake
        ("r1 = atomic_add_return(1, z);", {"power", "armv7"}),
        ("r1 = test_and_set_bit(0, z);", {"power", "armv7"}),
        ("r1 = xchg(z, 1);", {"power", "armv7"}),
        ("r1 = cmpxchg(z, 0, 1);", {"power", "armv7"}),
        ("smp_store_mb(*z, 1);", set()),
    ],
)
def test_updates_between_a_write_and_a_read(update: str, old: set[str]) -> None:
    test = kernel(
        "SB+update",
        f"WRITE_ONCE(*x, 1); {update} r0 = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition=SB,
    )
    assert allowed(test, (*OLD, "mips"), "v2.6.27") == old
    assert allowed(test, (*NEW, "mips"), "v6") == set()


def test_a_comparison_that_fails() -> None:
    """Then some leave the barrier after it out, and others do not."""
    test = kernel(
        "MP+failed",
        "WRITE_ONCE(*x, 1); smp_wmb(); WRITE_ONCE(*y, 1);",
        "r0 = cmpxchg(y, 7, 8); r1 = READ_ONCE(*x);",
        condition=MP,
    )
    assert allowed(test, ("alpha", "power", "armv7", "mips"), "v2.6.27") == {"alpha", "power", "armv7"}
    assert allowed(test, ("alpha", "power", "armv7", "mips", "riscv"), "v6") == {"power", "riscv"}


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_comparison_that_fails_beside_a_barrier_for_atomics(side: str) -> None:
    """Where that barrier is nothing but the compiler's, the instruction orders, whatever it finds.

    On SPARC it behaves as if it stored what was there; x86 writes what was there; COMPARE AND SWAP of s390 serializes
    before and after. In 2008, ARM had no barrier there by mistake, and Itanium's instruction is an acquire only.
    """
    update = "r1 = cmpxchg(z, 5, 2);"
    middle = f"{update} smp_mb__after_atomic();" if side == "after" else f"smp_mb__before_atomic(); {update}"
    thread = "WRITE_ONCE(*{0}, 1); " + middle + " r0 = READ_ONCE(*{1});"
    test = kernel("SB+failed", thread.format("x", "y"), thread.format("y", "x"), condition=SB, init="z=1;")
    assert allowed(test, (*NEW, "mips"), "v6") == set()
    assert allowed(test, (*OLD, "mips", "ia64", "sparc-pso", "sparc-rmo"), "v2.6.27") == {"armv7", "ia64"}


def test_what_a_failed_comparison_orders_on_sparc_without_a_barrier() -> None:
    """All in total store order, as what loads and stores does; the weaker orders need the MEMBARs of 2008."""
    test = kernel(
        "SB+casa",
        "WRITE_ONCE(*x, 1); r1 = cmpxchg(z, 5, 2); r0 = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1); r1 = cmpxchg(z, 5, 2); r0 = READ_ONCE(*x);",
        condition=SB,
    )
    assert allowed(test, ("sparc-tso",), "v6") == set()
    assert allowed(test, ("sparc-tso", "sparc-pso", "sparc-rmo"), "v2.6.27") == set()


@pytest.mark.parametrize(
    ("update", "archs"),
    [  # as the Principles of Operation have it: CS and BCR serialize, LAA does not
        ("atomic_inc(z);", {"s390"}),
        ("r1 = atomic_inc_return(z);", set()),
        ("r1 = xchg(z, 1);", set()),
        ("r1 = cmpxchg(z, 7, 1);", set()),
        ("smp_mb();", set()),
    ],
)
def test_what_serializes_on_s390(update: str, archs: set[str]) -> None:
    first = f"WRITE_ONCE(*x, 1); {update} r0 = READ_ONCE(*y);"
    test = kernel("SB+s390", first, "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);", condition=SB)
    assert allowed(test, ("s390",), "v6") == archs
    assert allowed(test, ("s390",), "v2.6.27") == set()  # compare and swap only


@pytest.mark.parametrize(
    ("second", "power"),
    [
        ("WRITE_ONCE(*y, 2); r2 = READ_ONCE(*y); if (r2 == 2) WRITE_ONCE(*x, 1);", set()),
        ("WRITE_ONCE(*z, r1); WRITE_ONCE(*z, 2); r2 = READ_ONCE(*z); WRITE_ONCE(*(x + (r2 & 1)), 1);", set()),
        ("WRITE_ONCE(*z, 2); r2 = READ_ONCE(*z); WRITE_ONCE(*(x + (r2 & 1)), 1);", {"power"}),
        ("WRITE_ONCE(*z, r1); r2 = READ_ONCE(*z); WRITE_ONCE(*(x + (r2 & 2)), 1);", set()),
    ],
)
def test_early_commit_on_armv7(second: str, power: set[str]) -> None:
    """Load buffering by way of two accesses to one location: it is under the limits of the model.

    The third has nothing between the two, and the last a chain of dependencies.
    """
    test = kernel(
        "LB+po-loc",
        "r0 = READ_ONCE(*x); WRITE_ONCE(*y, r0);",
        f"r1 = READ_ONCE(*y); {second}",
        condition="0:r0=1 /\\ 1:r1=1 /\\ (1:r2=2 \\/ 1:r2=1)",
    )
    arm = set() if "r2 & 2" in second else {"armv7"}
    assert allowed(test, ("armv7", "power"), "v6") == arm | power


def test_an_addition_that_finds_nothing_to_do() -> None:
    """Where it is a loop around a comparison, it is then a plain read: it orders nothing, locked or not."""
    test = kernel(
        "SB+unless",
        "WRITE_ONCE(*x, 1); r1 = atomic_add_unless(z, 1, 0); r0 = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition=SB,
    )
    assert allowed(test, OLD, "v2.6.27") == {"alpha", "power", "x86-tso", "armv7", "s390", "sparc-tso"}
    assert allowed(test, NEW, "v6") == {"x86-tso", "s390", "sparc-tso", "aarch64", "riscv"}
    done = kernel(
        "SB+unless+done",
        "WRITE_ONCE(*x, 1); r1 = atomic_add_unless(z, 1, 5); r0 = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1); smp_mb(); r0 = READ_ONCE(*x);",
        condition="0:r0=0 /\\ 1:r0=0 /\\ 0:r1=1",
    )
    assert allowed(done, ("x86-tso", "s390", "sparc-tso"), "v2.6.27") == set()


@pytest.mark.parametrize("name", ["sticky+first", "lru+plain", "wrc+addr+mb", "migrate+freeze"])
def test_what_was_asked_before_changes_no_answer_and_no_witness(name: str) -> None:
    """Architectures on which a test becomes the same program share what does not depend on the model."""
    (file,) = CATALOG.rglob(f"{name}.litmus")
    test = litmus.load(file)
    archs = ("sparc-pso", "sparc-tso", "alpha-linux", "alpha", "x86-2006", "x86-tso")
    options = Options(verdict_only=True, era="v2.6.27")

    def asked(engine: Engine, arch: str) -> Verdict:
        return replace(engine.check(test, arch, options), seconds=0.0)

    alone = [asked(Engine(), arch) for arch in archs]
    engine = Engine()
    assert [asked(engine, arch) for arch in archs] == alone
    assert [asked(engine, arch) for arch in archs[::-1]] == alone[::-1]
