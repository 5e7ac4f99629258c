"""The kernel's own memory model, `lkmm`: what it allows, forbids and flags.

Verdicts are worked out from explanation.txt of the kernel; every answer is also that of the brute force.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import litmus
from litmus.base.errors import UnsupportedError
from litmus.engine import Engine
from litmus.ir.eras import NEWEST, OLD
from litmus.ir.options import Options
from litmus.ir.verdict import Answer, Verdict
from litmus.judge.oracle import Judge, oracle_executions, oracle_states

PARAMETERS = "int *x, int *y, int *z, spinlock_t *l, spinlock_t *m, struct srcu_struct *s, struct srcu_struct *t"
SB, MP, LB = "0:a=0 /\\ 1:a=0", "1:a=1 /\\ 1:b=0", "0:a=1 /\\ 1:a=1"
PUBLISH = "WRITE_ONCE(*x, 1); {} WRITE_ONCE(*y, 1);"
LOOK = "a = READ_ONCE(*y); {} b = READ_ONCE(*x);"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def program(outcome: str, *threads: str, init: str = "") -> litmus.LitmusTest:
    """A test of threads, given by their statements, over the registers a, b, c and d."""
    bodies = [f"P{k}({PARAMETERS})\n{{\n\tint a; int b; int c; int d; {body}\n}}\n" for k, body in enumerate(threads)]
    return litmus.parse(f"C t\n{{ {init} }}\n{''.join(bodies)}exists ({outcome})\n")


def decide(engine: Engine, test: litmus.LitmusTest, era: str = NEWEST) -> Verdict:
    """The verdict of lkmm, which the brute force shares: states, flags, and how many executions there are."""
    verdict = engine.check(test, "lkmm", Options(executions=True, era=era))
    ready = engine.prepare(test, "lkmm", Options(era=era))
    assert set(verdict.states) == oracle_states(ready.graph, ready.model)
    consistent = list(oracle_executions(ready.graph, ready.model))
    judge = Judge(ready.model)
    assert set(verdict.flags) == {name for x in consistent for name in judge.judgement(x).flags}
    assert verdict.positive + verdict.negative == len(consistent)
    return verdict


def mp(barrier: str, other: str) -> tuple[str, str, str]:
    return MP, PUBLISH.format(barrier), LOOK.format(other)


def sb(first: str, second: str = "smp_mb();") -> tuple[str, str, str]:
    return (
        SB,
        f"WRITE_ONCE(*x, 1); {first} a = READ_ONCE(*y);",
        f"WRITE_ONCE(*y, 1); {second} a = READ_ONCE(*x);",
    )


RELEASED = "WRITE_ONCE(*x, 1); smp_store_release(y, 1);"
POINTER = "WRITE_ONCE(*x, 1); smp_store_release(&p, &x);"

ALLOWED = {
    "MP": mp("", ""),
    "MP+wmb": mp("smp_wmb();", ""),
    "MP+rmb": mp("", "smp_rmb();"),
    "MP+wmb+ctrl": (MP, PUBLISH.format("smp_wmb();"), "a = READ_ONCE(*y); if (a) b = READ_ONCE(*x);"),
    "MP+barriers": mp("barrier();", "barrier();"),
    "MP+relaxed update": mp("a = xchg_relaxed(z, 1);", "smp_rmb();"),
    "MP+update without result, rmb": (MP, "WRITE_ONCE(*x, 1); smp_rmb(); atomic_inc(y);", LOOK.format("smp_rmb();")),
    "SB": sb("", ""),
    "SB+wmb": sb("smp_wmb();"),
    "SB+release": (
        SB,
        "smp_store_release(x, 1); a = smp_load_acquire(y);",
        "smp_store_release(y, 1); a = smp_load_acquire(x);",
    ),
    "SB+failed cmpxchg": sb("b = cmpxchg(z, 1, 2);"),
    "SB+failed add_unless": sb("b = atomic_add_unless(z, 1, 0);"),
    "SB+after_atomic alone": sb("smp_mb__after_atomic();"),
    "SB+lock": sb("spin_lock(l); spin_unlock(l);"),
    "SB+failed trylock": (
        "0:a=0 /\\ 1:a=0 /\\ 1:b=0",
        sb("")[1],
        "WRITE_ONCE(*y, 1); b = spin_trylock(l); smp_mb__after_spinlock(); a = READ_ONCE(*x);",
        "spin_lock(l);",
    ),
    "SB+is_locked": sb("b = spin_is_locked(l);"),
    "LB+ctrl, joined": (
        LB,
        "a = READ_ONCE(*y); if (a) b = 1; WRITE_ONCE(*x, 1);",
        "a = READ_ONCE(*x); WRITE_ONCE(*y, a);",
    ),
    "LB": (LB, "a = READ_ONCE(*y); WRITE_ONCE(*x, 1);", "a = READ_ONCE(*x); smp_mb(); WRITE_ONCE(*y, 1);"),
    "2+2W": ("x=2 /\\ y=2", "WRITE_ONCE(*x, 2); WRITE_ONCE(*y, 1);", "WRITE_ONCE(*y, 2); WRITE_ONCE(*x, 1);"),
    "R+wmb": ("1:a=0 /\\ y=2", PUBLISH.format("smp_wmb();"), "WRITE_ONCE(*y, 2); smp_mb(); a = READ_ONCE(*x);"),
    "WRC+po+rmb": (
        "1:a=1 /\\ 2:a=1 /\\ 2:b=0",
        "WRITE_ONCE(*x, 1);",
        "a = READ_ONCE(*x); WRITE_ONCE(*y, 1);",
        LOOK.format("smp_rmb();"),
    ),
    "WRC+wmb": (
        "1:a=1 /\\ 2:a=1 /\\ 2:b=0",
        "WRITE_ONCE(*x, 1);",
        "a = READ_ONCE(*x); smp_wmb(); WRITE_ONCE(*y, a);",
        LOOK.format("smp_rmb();"),
    ),
    "IRIW+rmbs": (
        "1:a=1 /\\ 1:b=0 /\\ 3:a=1 /\\ 3:b=0",
        "WRITE_ONCE(*x, 1);",
        "a = READ_ONCE(*x); smp_rmb(); b = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1);",
        LOOK.format("smp_rmb();"),
    ),
    "unlocked by one, locked by another": (
        # the read of the third thread is after the lock, but nothing makes the order of the two writes known to it
        "1:a=1 /\\ 2:a=1 /\\ 2:b=0",
        "spin_lock(l); WRITE_ONCE(*x, 1); spin_unlock(l);",
        "a = READ_ONCE(*x); WRITE_ONCE(*y, 1);",
        LOOK.format("smp_rmb();"),
    ),
    "rcu: a section around the reads, no grace period": (
        MP,
        PUBLISH.format(""),
        f"rcu_read_lock(); {LOOK.format('')} rcu_read_unlock();",
    ),
    "rcu: a grace period, and reads in no section": mp("synchronize_rcu();", ""),
    "rcu: two sections, one grace period": (
        "0:a=1 /\\ 1:a=1 /\\ 2:a=1",
        "rcu_read_lock(); a = READ_ONCE(*x); WRITE_ONCE(*y, 1); rcu_read_unlock();",
        "rcu_read_lock(); a = READ_ONCE(*y); WRITE_ONCE(*z, 1); rcu_read_unlock();",
        "a = READ_ONCE(*z); synchronize_rcu(); WRITE_ONCE(*x, 1);",
    ),
    "srcu: another domain": (
        "0:a=1 /\\ 1:a=1",
        "c = srcu_read_lock(s); a = READ_ONCE(*y); WRITE_ONCE(*x, 1); srcu_read_unlock(s, c);",
        "a = READ_ONCE(*x); synchronize_srcu(t); WRITE_ONCE(*y, 1);",
    ),
}
FORBIDDEN = {
    "MP+wmb+rmb": mp("smp_wmb();", "smp_rmb();"),
    "MP+mbs": mp("mb();", "rmb();"),
    "MP+release+acquire": (MP, RELEASED, "a = smp_load_acquire(y); b = READ_ONCE(*x);"),
    "MP+wmb+acquire__after_ctrl_dep": (
        MP,
        PUBLISH.format("smp_wmb();"),
        "a = READ_ONCE(*y); if (a) { smp_acquire__after_ctrl_dep(); b = READ_ONCE(*x); }",
    ),
    "MP+xchg_release+xchg_acquire": (
        MP,
        "WRITE_ONCE(*x, 1); a = xchg_release(y, 1);",
        "a = xchg_acquire(y, 2); b = READ_ONCE(*x);",
    ),
    "MP+full update": mp("a = xchg(z, 1);", "a = a + xchg(z, 0);"),
    "MP+release sequence": (
        "2:a=2 /\\ 2:b=0",
        RELEASED,
        "a = atomic_inc_return_relaxed(y);",
        "a = smp_load_acquire(y); b = READ_ONCE(*x);",
    ),
    "SB+mbs": sb("smp_mb();"),
    "SB+full update": sb("b = xchg(z, 1);"),
    "SB+store_mb": (
        SB,
        "smp_store_mb(*x, 1); a = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1); smp_mb(); a = READ_ONCE(*x);",
    ),
    "SB+cmpxchg": sb("b = cmpxchg(z, 0, 2);"),
    "SB+after_atomic": sb("atomic_inc(z); smp_mb__after_atomic();"),
    "SB+before_atomic": sb("smp_mb__before_atomic(); atomic_inc(z);"),
    "SB+lock, after_spinlock": sb("spin_lock(l); smp_mb__after_spinlock(); spin_unlock(l);"),
    "SB+unlock, lock, after_unlock_lock": (
        SB,
        "spin_lock(l); WRITE_ONCE(*x, 1); spin_unlock(l); "
        "spin_lock(m); smp_mb__after_unlock_lock(); a = READ_ONCE(*y); spin_unlock(m);",
        sb("")[2],
    ),
    "SB+trylock": (
        "0:a=0 /\\ 1:a=0 /\\ 1:b=1",
        sb("smp_mb();")[1],
        "WRITE_ONCE(*y, 1); b = spin_trylock(l); smp_mb__after_spinlock(); a = READ_ONCE(*x);",
    ),
    "SB+synchronize_rcu": sb("synchronize_rcu();"),
    "SB+synchronize_srcu": sb("synchronize_srcu(s);"),
    "SB+after_srcu_read_unlock": sb("c = srcu_read_lock(s); srcu_read_unlock(s, c); smp_mb__after_srcu_read_unlock();"),
    "LB+ctrl+data": (LB, "a = READ_ONCE(*y); if (a) WRITE_ONCE(*x, 1);", "a = READ_ONCE(*x); WRITE_ONCE(*y, a);"),
    "LB+datas through a plain variable": (
        LB,
        "a = READ_ONCE(*y); *z = a; b = *z; WRITE_ONCE(*x, b);",
        "a = READ_ONCE(*x); WRITE_ONCE(*y, a);",
    ),
    "WRC+release+acquire": (
        "1:a=1 /\\ 2:a=1 /\\ 2:b=0",
        "WRITE_ONCE(*x, 1);",
        "a = READ_ONCE(*x); smp_store_release(y, 1);",
        "a = smp_load_acquire(y); b = READ_ONCE(*x);",
    ),
    "IRIW+mbs": (
        "1:a=1 /\\ 1:b=0 /\\ 3:a=1 /\\ 3:b=0",
        "WRITE_ONCE(*x, 1);",
        "a = READ_ONCE(*x); smp_mb(); b = READ_ONCE(*y);",
        "WRITE_ONCE(*y, 1);",
        LOOK.format("smp_mb();"),
    ),
    "CoRR": ("1:a=1 /\\ 1:b=0", "WRITE_ONCE(*x, 1);", "a = READ_ONCE(*x); b = READ_ONCE(*x);"),
    "two updates": ("x=1", "a = atomic_fetch_add_relaxed(1, x);", "atomic_inc(x);"),
    "lock: both see each other's section begin": (
        MP,
        f"spin_lock(l); {PUBLISH.format('')} spin_unlock(l);",
        f"spin_lock(l); {LOOK.format('')} spin_unlock(l);",
    ),
    "lock: two tries, both succeed, neither leaves": (
        "0:a=1 /\\ 1:a=1",
        "a = spin_trylock(l);",
        "a = spin_trylock(l);",
    ),
    "lock: who has it sees that it is taken": (
        "0:a=0",
        "spin_lock(l); a = spin_is_locked(l); spin_unlock(l);",
        "spin_lock(l); spin_unlock(l);",
    ),
    "lock: who has it does not get it again": ("0:a=1", "spin_lock(l); a = spin_trylock(l);"),
    "lock: one who is alone gets it": ("0:a=0", "a = spin_trylock(l);"),
    "lock: writes before an unlock are before those after the next lock": (
        "1:a=1 /\\ 2:a=1 /\\ 2:b=0",
        "spin_lock(l); WRITE_ONCE(*x, 1); spin_unlock(l);",
        "spin_lock(l); a = READ_ONCE(*x); WRITE_ONCE(*y, 1); spin_unlock(l);",
        LOOK.format("smp_rmb();"),
    ),
    "rcu: a section and a grace period": (
        MP,
        PUBLISH.format("synchronize_rcu();"),
        f"rcu_read_lock(); {LOOK.format('')} rcu_read_unlock();",
    ),
    "rcu: nested, expedited": (
        MP,
        PUBLISH.format("synchronize_rcu_expedited();"),
        "rcu_read_lock(); a = READ_ONCE(*y); rcu_read_lock(); rcu_read_unlock(); b = READ_ONCE(*x); rcu_read_unlock();",
    ),
    "rcu: two sections, two grace periods": (
        "0:a=1 /\\ 1:a=1 /\\ 2:a=1",
        "rcu_read_lock(); a = READ_ONCE(*x); WRITE_ONCE(*y, 1); rcu_read_unlock();",
        "rcu_read_lock(); a = READ_ONCE(*y); WRITE_ONCE(*z, 1); rcu_read_unlock();",
        "a = READ_ONCE(*z); synchronize_rcu(); synchronize_rcu(); WRITE_ONCE(*x, 1);",
    ),
    "srcu: one domain": (
        "0:a=1 /\\ 1:a=1",
        "c = srcu_read_lock(s); a = READ_ONCE(*y); WRITE_ONCE(*x, 1); srcu_read_unlock(s, c);",
        "a = READ_ONCE(*x); synchronize_srcu(s); WRITE_ONCE(*y, 1);",
    ),
    "srcu: left by another thread": (
        "0:a=1 /\\ 1:a=1",
        "c = srcu_down_read(s); a = READ_ONCE(*y); WRITE_ONCE(*x, 1); srcu_up_read(s, c);",
        "a = READ_ONCE(*x); synchronize_srcu_expedited(s); WRITE_ONCE(*y, 1);",
    ),
}


@pytest.mark.parametrize(
    ("answer", "name"),
    [(answer, name) for answer, tests in ((Answer.ALLOWED, ALLOWED), (Answer.FORBIDDEN, FORBIDDEN)) for name in tests],
)
def test_verdicts(engine: Engine, answer: Answer, name: str) -> None:
    outcome, *threads = (ALLOWED if answer is Answer.ALLOWED else FORBIDDEN)[name]
    verdict = decide(engine, program(outcome, *threads))
    assert (verdict.answer, verdict.flags) == (answer, ())


SECTION = "spin_lock(l); *x = 1; spin_unlock(l);"
FLAGS = {
    "two plain writes": (["data-race"], "*x = 1;", "*x = 2;"),
    "plain and marked": (["data-race"], "*x = 1;", "a = READ_ONCE(*x);"),
    "published": ([], "*x = 1; smp_store_release(y, 1);", "a = smp_load_acquire(y); if (a) b = *x;"),
    "published by smp_wmb": (
        [],
        "*x = 1; smp_wmb(); WRITE_ONCE(*y, 1);",
        "a = READ_ONCE(*y); if (a) { smp_rmb(); b = *x; }",
    ),
    "published, not looked for": (
        ["data-race"],
        "*x = 1; smp_store_release(y, 1);",
        "a = smp_load_acquire(y); b = *x;",
    ),
    "read behind a branch": (
        ["data-race"],
        "*x = 1; smp_wmb(); WRITE_ONCE(*y, 1);",
        "a = READ_ONCE(*y); if (a) b = *x;",
    ),
    "written behind a branch": ([], "a = *x; smp_store_release(y, 1);", "a = READ_ONCE(*y); if (a) WRITE_ONCE(*x, 1);"),
    "under a lock": ([], SECTION, SECTION),
    "under two locks": (["data-race"], SECTION, SECTION.replace("l)", "m)")),
    "freed after a grace period": (
        [],
        "WRITE_ONCE(*y, 1); synchronize_rcu(); *x = 1;",
        "rcu_read_lock(); a = READ_ONCE(*y); if (a == 0) b = *x; rcu_read_unlock();",
    ),
    "freed too early": (
        ["data-race"],
        "WRITE_ONCE(*y, 1); *x = 1;",
        "rcu_read_lock(); a = READ_ONCE(*y); if (a == 0) b = *x; rcu_read_unlock();",
    ),
    "plain and marked in one thread": (["mixed-accesses"], "*x = 1; WRITE_ONCE(*x, 2);"),
    "kept apart by barrier()": ([], "*x = 1; barrier(); WRITE_ONCE(*x, 2);"),
    "plain read and marked write": ([], "a = *x; WRITE_ONCE(*x, 2);"),
    "unlock without lock": (["unmatched-unlock"], "spin_unlock(l);"),
    "unlocked twice": (["unmatched-unlock"], "spin_lock(l); spin_unlock(l); spin_unlock(l);"),
    "lock without unlock": ([], "spin_lock(l);"),
    "a lock that is read": (["mixed-lock-accesses"], "spin_lock(l); a = READ_ONCE(*l); spin_unlock(l);"),
    "a domain that is read": (
        ["mixed-lock-accesses"],
        "a = srcu_read_lock(s); b = READ_ONCE(*s); srcu_read_unlock(s, a);",
    ),
    "no domain but an integer": ([], "WRITE_ONCE(*s, 1); smp_mb(); a = READ_ONCE(*s);"),
    "rcu_read_lock alone": (["unmatched-rcu-lock"], "rcu_read_lock();"),
    "rcu_read_unlock alone": (["unmatched-rcu-unlock"], "rcu_read_unlock();"),
    "the wrong way round": (["unmatched-rcu-lock", "unmatched-rcu-unlock"], "rcu_read_unlock(); rcu_read_lock();"),
    "unlocked in one of two cases": (
        ["unmatched-rcu-lock"],
        "rcu_read_lock(); a = READ_ONCE(*x); if (a) rcu_read_unlock();",
        "WRITE_ONCE(*x, 1);",
    ),
    "three deep": (
        [],
        "rcu_read_lock(); rcu_read_lock(); rcu_read_unlock(); "
        "rcu_read_lock(); rcu_read_lock(); rcu_read_unlock(); rcu_read_unlock(); rcu_read_unlock();",
    ),
    "sleeps as a reader": (["invalid-sleep"], "rcu_read_lock(); synchronize_srcu(s); rcu_read_unlock();"),
    "srcu_read_lock alone": (["unmatched-srcu-lock"], "a = srcu_read_lock(s);"),
    "srcu_read_unlock alone": (["unmatched-srcu-unlock"], "srcu_read_unlock(s, 0);"),
    "left twice": (["multiple-srcu-matches"], "a = srcu_read_lock(s); srcu_read_unlock(s, a); srcu_read_unlock(s, a);"),
    "left with another value": (["srcu-bad-value-match"], "a = srcu_read_lock(s); srcu_read_unlock(s, a + 1);"),
    "the value goes through memory": ([], "a = srcu_read_lock(s); *z = a; b = *z; srcu_read_unlock(s, b);"),
    "the value of another domain": (
        ["unmatched-srcu-lock", "unmatched-srcu-unlock"],
        "a = srcu_read_lock(s); srcu_read_unlock(t, a);",
    ),
    "interleaved domains": (
        [],
        "a = srcu_read_lock(s); b = srcu_read_lock(t); srcu_read_unlock(s, a); srcu_read_unlock(t, b);",
    ),
}


@pytest.mark.parametrize("name", FLAGS)
def test_flags(engine: Engine, name: str) -> None:
    flags, *threads = FLAGS[name]
    verdict = decide(engine, program("x=0", *threads))
    assert sorted(verdict.flags) == flags


def test_the_final_value_of_a_lock_is_not_to_be_asked_for(engine: Engine) -> None:
    assert decide(engine, program("l=0", "spin_lock(l); spin_unlock(l);")).flags == ("lock-final",)
    assert decide(engine, program("0:a=0", "spin_lock(l); spin_unlock(l);")).flags == ()


def test_to_other_accesses_a_lock_is_a_word_that_is_one_while_it_is_taken(engine: Engine) -> None:
    """The kernel's files have it 0 for them always: docs/lkmm.md says so."""
    found = decide(engine, program("1:a=1", "spin_lock(l); spin_unlock(l);", "a = READ_ONCE(*l);"))
    assert (found.answer, found.flags) == (Answer.ALLOWED, ("mixed-lock-accesses",))
    twice = ("spin_lock(l); spin_lock(l); a = 1;", "spin_unlock(l);")
    found = decide(engine, program("0:a=1", *twice))
    assert (found.answer, found.flags) == (Answer.ALLOWED, ("unmatched-unlock",))


@pytest.mark.parametrize(
    "body",
    [
        "spin_lock(l); spin_lock(l);",
        "rcu_read_lock(); synchronize_rcu(); rcu_read_unlock();",
        "spin_lock(l); spin_unlock_wait(l);",
    ],
)
def test_who_waits_for_itself_completes_no_execution(engine: Engine, body: str) -> None:
    verdict = engine.check(program("0:a=0", f"WRITE_ONCE(*x, 1); {body} a = READ_ONCE(*y);"), "lkmm")
    assert verdict.answer is Answer.INCOMPLETE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ACCESS_ONCE(*x) = 1; smp_wmb(); ACCESS_ONCE(*y) = 1;", PUBLISH.format("smp_wmb();")),
        ("set_mb(*x, 1); WRITE_ONCE(*y, 1);", PUBLISH.format("smp_mb();")),
        (
            "WRITE_ONCE(*x, 1); smp_mb__before_atomic_inc(); atomic_inc(y);",
            "WRITE_ONCE(*x, 1); smp_mb__before_atomic(); atomic_inc(y);",
        ),
        (
            "WRITE_ONCE(*x, 1); smp_mb__before_clear_bit(); clear_bit(0, z); WRITE_ONCE(*y, 1);",
            PUBLISH.format("smp_mb();"),
        ),
    ],
)
def test_names_of_2008(engine: Engine, old: str, new: str) -> None:
    read = "a = READ_ONCE(*y); read_barrier_depends(); smp_read_barrier_depends(); smp_rmb(); b = READ_ONCE(*x);"
    found = [decide(engine, program("x=1", body, read)) for body in (old, new)]
    assert found[0].states == found[1].states


def test_what_no_model_of_the_kernel_has_is_refused_with_its_place(engine: Engine) -> None:
    with pytest.raises(UnsupportedError, match=r"5:30: error: 'mmiowb' has no mapping for lkmm in era v6"):
        engine.check(program("x=0", "mmiowb();"), "lkmm")


def test_a_plain_write_through_a_pointer_is_after_the_read_of_the_pointer(engine: Engine) -> None:
    """Two plain writes do not race where the release of the first is read for the address of the second."""
    text = (
        "C t\n{ y=z; }\n"
        "P0(intptr_t *x, intptr_t *y)\n{\n\tintptr_t r = x;\n\t*x = 3;\n\tsmp_store_release(y, r);\n}\n"
        "P1(intptr_t *y)\n{\n\tintptr_t p = READ_ONCE(*y);\n\t*p = 1;\n}\nexists (x=3 /\\ 1:p=x)\n"
    )
    for era in (OLD, NEWEST):
        verdict = decide(
            engine, litmus.parse(text.replace("smp_store_release(y, r)", "smp_mb();\n\tWRITE_ONCE(*y, r)")), era
        )
        assert (verdict.allowed, verdict.flags) == (False, ())
    verdict = decide(engine, litmus.parse(text))
    assert (verdict.allowed, verdict.flags) == (False, ())


# --- the kernel of 2008 -----------------------------------------------------------------------------------------------


def follow(read: str, barrier: str = "", target: str = "READ_ONCE(*p)") -> litmus.LitmusTest:
    """A pointer to x is published, and followed to x."""
    return litmus.parse(
        "C t\n{ int *y=&z; int z=7; }\n"
        "P0(int *x, int **y)\n{\n\tWRITE_ONCE(*x, 1);\n\tsmp_wmb();\n\tWRITE_ONCE(*y, x);\n}\n"
        f"P1(int **y)\n{{\n\tint *p; int a;\n\tp = {read};\n\t{barrier}\n\ta = {target};\n}}\n"
        "exists (1:p=x /\\ 1:a=0)\n"
    )


@pytest.mark.parametrize(
    ("test", "old", "today"),
    [
        # a read that depends on another was in order by a barrier only
        (follow("ACCESS_ONCE(*y)"), True, False),
        (follow("ACCESS_ONCE(*y)", "smp_read_barrier_depends();"), False, False),
        (follow("ACCESS_ONCE(*y)", "smp_rmb();"), False, False),
        (follow("rcu_dereference(*y)"), False, False),
        # the barrier is for dependencies, not for branches or nothing
        (program(*mp("smp_wmb();", "smp_read_barrier_depends();")), True, True),
        # updates by their old names
        (program(*sb("smp_mb__before_atomic_inc(); atomic_inc(z);")), False, False),
        (program(*sb("atomic_dec(z); smp_mb__after_atomic_dec();")), False, False),
        (program(*sb("set_bit(0, z); smp_mb__after_clear_bit();")), False, False),
        (program(*sb("b = test_and_set_bit(0, z);")), False, False),
        (program(*sb("set_bit(0, z);")), True, True),
        # what a pointer was assigned by was a write barrier, and no release
        (
            program(LB, "a = READ_ONCE(*x); rcu_assign_pointer(*y, 1);", "a = READ_ONCE(*y); smp_mb(); *x = 1;"),
            True,
            False,
        ),
        (program(*mp("smp_wmb();", "smp_rmb();")), False, False),
    ],
)
def test_eras(engine: Engine, test: litmus.LitmusTest, old: bool, today: bool) -> None:
    assert [decide(engine, test, era).allowed for era in (OLD, NEWEST)] == [old, today]


def test_a_plain_read_through_a_pointer_races_without_the_barrier(engine: Engine) -> None:
    through = follow("ACCESS_ONCE(*y)", target="*p"), follow("rcu_dereference(*y)", target="*p")
    assert [decide(engine, test, OLD).flags for test in through] == [("data-race",), ()]
    assert [decide(engine, test).flags for test in through] == [(), ()]


def test_what_the_kernel_of_2008_did_not_have(engine: Engine) -> None:
    with pytest.raises(UnsupportedError, match=r"kernels of era v2\.6\.27 have no 'smp_load_acquire'"):
        engine.check(program("0:a=0", "a = smp_load_acquire(y);"), "lkmm", Options(era=OLD))
