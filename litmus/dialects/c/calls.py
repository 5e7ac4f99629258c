"""The functions that kernel code may call, each with its primitive in normal form.

They include today's names, those of 2008 (`ACCESS_ONCE`, `smp_mb__before_atomic_dec`, `set_mb`, `spin_unlock_wait`) and
those that existed in between (`lockless_dereference`, `rcu_read_lock_sched`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.frontend.lexer import quoted
from litmus.ir.kernel import PRIMITIVES, Kind, Spec
from litmus.ir.thread import BinaryOperator


@dataclass(frozen=True, slots=True)
class KernelCall:
    """The signature of a call.

    `takes` has a letter for each argument: `l` an lvalue, `p` a pointer, `v` a value, `-` a variable that is ignored,
    such as the flags of `spin_lock_irqsave`. `values` are the values of the primitive: the index of an argument, or a
    constant as a string.
    """

    spec: Spec
    takes: str
    values: tuple[int | str, ...] = ()


_ORDERS = ("", "_acquire", "_release", "_relaxed")
_OFF = ("preempt", "local_irq", "local_bh", "pagefault")
_ARGUMENTS: Mapping[str, str] = {
    "l": "a place",
    "p": "a pointer",
    "v": "a value",
    "-": "a variable",
    "e": "a pointer to what is expected",
    "o": "a memory order",
}


def usage(name: str, takes: str) -> str:
    """The arguments of a call in words, for an error message."""
    return f"{name} takes {', '.join(_ARGUMENTS[letter] for letter in takes)}" if takes else f"{name} takes nothing"


def _calls() -> Iterator[tuple[str, str, str, tuple[int | str, ...]]]:
    """Every call: its name, its primitive, its arguments (`takes`), the values of the primitive."""
    for name in ("READ_ONCE", "rcu_dereference"):
        yield name, name, "l", ()
    for name in ("WRITE_ONCE", "rcu_assign_pointer", "smp_store_mb"):
        yield name, name, "lv", (1,)
    yield "set_mb", "smp_store_mb", "lv", (1,)
    yield "RCU_INIT_POINTER", "WRITE_ONCE", "lv", (1,)
    yield "rcu_access_pointer", "READ_ONCE", "l", ()
    for name in ("rcu_dereference_bh", "rcu_dereference_sched", "rcu_dereference_raw", "lockless_dereference"):
        yield name, "rcu_dereference", "l", ()
    yield "smp_load_acquire", "smp_load_acquire", "p", ()
    yield "smp_store_release", "smp_store_release", "pv", (1,)
    for spec in PRIMITIVES.values():
        if spec.kind is Kind.FENCE:
            yield spec.name, spec.name, "", ()
    for side in ("before", "after"):
        for what in ("inc", "dec"):
            yield f"smp_mb__{side}_atomic_{what}", f"smp_mb__{side}_atomic", "", ()
    for name in ("cpu_relax", *(f"{what}_{way}" for what in _OFF for way in ("disable", "enable"))):
        yield name, "barrier", "", ()  # what they keep away from this processor has no events
    for name in ("local_irq_save", "local_irq_restore"):
        yield name, "barrier", "-", ()
    yield from _atomics()
    for name, spec in PRIMITIVES.items():
        if spec.bit:
            yield name, name, "vp", (0,)
    yield from _locks()
    yield from _rcu()


def _atomics() -> Iterator[tuple[str, str, str, tuple[int | str, ...]]]:
    for suffix in _ORDERS:
        yield f"xchg{suffix}", f"xchg{suffix}", "pv", (1,)
        yield f"cmpxchg{suffix}", f"cmpxchg{suffix}", "pvv", (1, 2)
    for prefix in ("atomic", "atomic_long", "atomic64"):
        for name, normal, takes, values in _atomic():
            yield f"{prefix}{name}", normal if normal[0] != "_" else f"atomic{normal}", takes, values


def _atomic() -> Iterator[tuple[str, str, str, tuple[int | str, ...]]]:
    """The calls on atomic variables; names are without the prefix `atomic`, `atomic_long` or `atomic64`."""
    yield "_read", "READ_ONCE", "p", ()
    yield "_set", "WRITE_ONCE", "pv", (1,)
    yield "_read_acquire", "smp_load_acquire", "p", ()
    yield "_set_release", "smp_store_release", "pv", (1,)
    for op in ("add", "sub", "and", "or", "xor", "andnot"):
        yield f"_{op}", f"_{op}", "vp", (0,)
    for one, op in (("inc", "add"), ("dec", "sub")):
        yield f"_{one}", f"_{op}", "p", ("1",)
    for suffix in _ORDERS:
        for op in ("add", "sub", "and", "or", "xor", "andnot"):
            yield f"_fetch_{op}{suffix}", f"_fetch_{op}{suffix}", "vp", (0,)
        for one, op in (("inc", "add"), ("dec", "sub")):
            yield f"_{op}_return{suffix}", f"_{op}_return{suffix}", "vp", (0,)
            yield f"_{one}_return{suffix}", f"_{op}_return{suffix}", "p", ("1",)
            yield f"_fetch_{one}{suffix}", f"_fetch_{op}{suffix}", "p", ("1",)
        yield f"_add_negative{suffix}", f"_add_negative{suffix}", "vp", (0,)
        yield f"_xchg{suffix}", f"_xchg{suffix}", "pv", (1,)
        yield f"_cmpxchg{suffix}", f"_cmpxchg{suffix}", "pvv", (1, 2)
    yield "_sub_and_test", "_sub_and_test", "vp", (0,)
    yield "_dec_and_test", "_sub_and_test", "p", ("1",)
    yield "_inc_and_test", "_sub_and_test", "p", ("-1",)
    yield "_add_unless", "_add_unless", "pvv", (1, 2)
    yield "_fetch_add_unless", "_fetch_add_unless", "pvv", (1, 2)
    yield "_inc_not_zero", "_add_unless", "p", ("1", "0")


def _locks() -> Iterator[tuple[str, str, str, tuple[int | str, ...]]]:
    for prefix in ("spin", "raw_spin"):
        for variant in ("", "_irq", "_bh"):
            for verb in ("lock", "unlock", "trylock"):
                yield f"{prefix}_{verb}{variant}", f"spin_{verb}", "p", ()
        yield f"{prefix}_lock_irqsave", "spin_lock", "p-", ()
        yield f"{prefix}_trylock_irqsave", "spin_trylock", "p-", ()
        yield f"{prefix}_unlock_irqrestore", "spin_unlock", "p-", ()
        yield f"{prefix}_is_locked", "spin_is_locked", "p", ()
        yield f"{prefix}_unlock_wait", "spin_unlock_wait", "p", ()
        yield f"{prefix}_lock_nested", "spin_lock", "pv", ()
    for kind in ("read", "write"):
        for variant in ("", "_irq", "_bh"):
            yield f"{kind}_lock{variant}", f"{kind}_lock", "p", ()
            yield f"{kind}_unlock{variant}", f"{kind}_unlock", "p", ()
        yield f"{kind}_trylock", f"{kind}_trylock", "p", ()
        yield f"{kind}_lock_irqsave", f"{kind}_lock", "p-", ()
        yield f"{kind}_unlock_irqrestore", f"{kind}_unlock", "p-", ()
    yield "write_trylock_irqsave", "write_trylock", "p-", ()
    for name in ("mutex_lock", "mutex_unlock", "mutex_trylock", "mutex_is_locked"):
        yield name, name, "p", ()
    yield "mutex_lock_nested", "mutex_lock", "pv", ()


def _rcu() -> Iterator[tuple[str, str, str, tuple[int | str, ...]]]:
    for name in ("rcu_read_lock", "rcu_read_unlock"):
        for variant in ("", "_bh", "_sched"):
            yield f"{name}{variant}", name, "", ()
    for name in ("synchronize_rcu", "synchronize_rcu_expedited", "synchronize_sched", "synchronize_net"):
        yield name, "synchronize_rcu", "", ()
    for name in ("synchronize_srcu", "synchronize_srcu_expedited"):
        yield name, "synchronize_srcu", "p", ()
    for name in ("srcu_read_lock", "srcu_down_read"):
        yield name, name, "p", ()
    for name in ("srcu_read_unlock", "srcu_up_read"):
        yield name, name, "pv", (1,)


CALLS: Mapping[str, KernelCall] = {
    name: KernelCall(PRIMITIVES[normal], takes, values) for name, normal, takes, values in _calls()
}
"""Every call that is one primitive, by its name."""

COMPUTED: Mapping[str, str] = {"min": "vv", "max": "vv", "BIT": "v"}
"""Macros that only compute something, with what they take."""

PURE = frozenset({"likely", "unlikely", "data_race"})
"""Calls whose value is their argument."""

ACCESS_ONCE = "ACCESS_ONCE"
"""An lvalue, used in 2008 for what is READ_ONCE and WRITE_ONCE today."""

TRY: Mapping[str, str] = {
    f"{prefix}try_cmpxchg{suffix}": f"{normal}cmpxchg{suffix}"
    for prefix, normal in (("", ""), ("atomic_", "atomic_"), ("atomic_long_", "atomic_"), ("atomic64_", "atomic_"))
    for suffix in _ORDERS
}
"""Compare-and-exchange calls that return whether they succeeded and put the value read into their second argument."""

WAITS: Mapping[str, bool] = {
    f"{name}{suffix}": suffix == "_acquire"
    for name in ("smp_cond_load", "atomic_cond_read", "atomic_long_cond_read", "atomic64_cond_read")
    for suffix in ("_acquire", "_relaxed")
}
"""Calls that read until a condition on the value read (`VAL`) holds, and whether later accesses are ordered after."""

BITS: Mapping[str, BinaryOperator] = {"__set_bit": "or", "__clear_bit": "and", "__change_bit": "xor"}
"""Plain accesses to a bit, by what they do with its mask; `__clear_bit` does it with the mask inverted."""

TEST_BIT = "test_bit"

REPORTS: Mapping[str, bool] = {
    **dict.fromkeys(("WARN_ON", "WARN_ON_ONCE", "VM_WARN_ON", "VM_WARN_ON_ONCE", "WARN", "WARN_ONCE"), False),
    **dict.fromkeys(("BUG_ON", "VM_BUG_ON", "BUG"), True),
}
"""Calls that report if their argument is not 0 (BUG always does), and whether the thread goes no further then."""

WITH_TEXT = frozenset({"WARN", "WARN_ONCE"})
"""Those of them that also take a text to print."""

SPECIAL = frozenset({*PURE, *COMPUTED, *TRY, *WAITS, *BITS, *REPORTS, ACCESS_ONCE, TEST_BIT})
"""The calls that are not exactly one primitive."""

REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("call_rcu", "rcu_barrier", "kfree_rcu", "call_srcu", "srcu_barrier"), "callbacks are not supported"
    ),
    **dict.fromkeys(
        ("mutex_lock_interruptible", "mutex_lock_killable", "mutex_lock_io"), "use mutex_lock: nobody interrupts a test"
    ),
    **dict.fromkeys(("down", "up", "down_trylock", "down_interruptible"), "use a mutex: mutex_lock, mutex_unlock"),
    **dict.fromkeys(("down_read", "down_read_trylock"), "use a reader-writer lock: read_lock, read_trylock"),
    **dict.fromkeys(("up_read",), "use a reader-writer lock: read_unlock"),
    **dict.fromkeys(("down_write", "down_write_trylock"), "use a reader-writer lock: write_lock, write_trylock"),
    **dict.fromkeys(("up_write",), "use a reader-writer lock: write_unlock"),
    **dict.fromkeys(("downgrade_write",), "a lock that changes from writing to reading is not supported"),
    **dict.fromkeys(("read_seqbegin", "read_seqretry", "write_seqlock", "write_sequnlock"), "write its count out"),
    **dict.fromkeys(("rcu_dereference_protected", "rcu_dereference_check"), "use rcu_dereference, or a plain access"),
    "assert": "use WARN_ON or BUG_ON, or check it in the condition of the test",
    **dict.fromkeys(("cmpxchg128", "cmpxchg128_local"), "use cmpxchg: the type says how wide it is"),
    **dict.fromkeys(("try_cmpxchg128", "try_cmpxchg128_local"), "use try_cmpxchg: the type says how wide it is"),
    "cmpxchg_double": "use cmpxchg on a u128",
    **dict.fromkeys(("memset", "memcpy"), "write each member"),
    **dict.fromkeys(("kfree", "kmalloc"), "litmus tests have no heap: write to the location instead"),
    **dict.fromkeys(
        ("__atomic_load_n", "__atomic_store_n", "__sync_synchronize"), "use the functions of C11, such as atomic_load"
    ),
}
"""Calls that are known but not supported, each with the reason or an alternative."""


OF_TYPES: Mapping[str, str] = {
    **dict.fromkeys(
        ("container_of", "container_of_const", "list_entry", "list_first_entry", "hlist_entry", "rb_entry"),
        "pass a pointer to the structure itself",
    ),
    **dict.fromkeys(("printk", "pr_info", "pr_warn", "pr_err", "pr_debug", "panic"), "use WARN_ON or BUG_ON"),
    "offsetof": "use the address of the member",
    "typeof": "write the type",
}
"""Macros that take types or texts, with what to do instead."""


def refusal(name: str, place: Span | None) -> LitmusError:
    """The error for a call of a function that is unknown or not supported."""
    if name in REFUSED:
        return UnsupportedError(f"'{name}' is not supported", place, REFUSED[name])
    return ParseError(f"unknown function {quoted(name)}", place, did_you_mean(name, (*CALLS, *SPECIAL)))
