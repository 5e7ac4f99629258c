"""What is known of the kernel's functions and types beyond what litmus knows by itself.

Source: include/linux/list.h, seqlock.h, sched.h, slab.h and kernel/sched/core.c of Linux 6, in few words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .source import ReviewError, Text

TEMPLATES: Mapping[str, str] = {
    "spin_lock_init": "(*({0}) = 0)",
    "raw_spin_lock_init": "(*({0}) = 0)",
    "mutex_init": "(*({0}) = 0)",
    "INIT_LIST_HEAD": "{{ struct list_head *head_ = {0}; WRITE_ONCE(head_->next, head_); head_->prev = head_; }}",
    "list_add": (
        "{{ struct list_head *new_ = {0}, *head_ = {1}, *next_ = head_->next; next_->prev = new_; "
        "new_->next = next_; new_->prev = head_; WRITE_ONCE(head_->next, new_); }}"
    ),
    "list_add_tail": (
        "{{ struct list_head *new_ = {0}, *head_ = {1}, *prev_ = head_->prev; head_->prev = new_; "
        "new_->next = head_; new_->prev = prev_; WRITE_ONCE(prev_->next, new_); }}"
    ),
    "list_empty": "(READ_ONCE(({0})->next) == ({0}))",
    "read_seqbegin": "(seq_ = READ_ONCE(({0})->sequence), smp_rmb(), seq_)",
    "read_seqretry": "(smp_rmb(), (({1}) & 1) | (READ_ONCE(({0})->sequence) != ({1})))",
    "write_seqlock": "{{ spin_lock(&({0})->lock); ({0})->sequence++; smp_wmb(); }}",
    "write_sequnlock": "{{ smp_wmb(); ({0})->sequence++; spin_unlock(&({0})->lock); }}",
    "write_seqcount_begin": "{{ ({0})->sequence++; smp_wmb(); }}",
    "write_seqcount_end": "{{ smp_wmb(); ({0})->sequence++; }}",
    "set_current_state": "smp_store_mb(current->state, {0})",
    "__set_current_state": "WRITE_ONCE(current->state, {0})",
    "set_task_state": "smp_store_mb(({0})->state, {1})",
    # a lock of the task and smp_mb__after_spinlock(), before the state is looked at
    "wake_up_process": "(smp_mb(), READ_ONCE(({0})->state) ? (WRITE_ONCE(({0})->state, 0), woken_ = 1) : 0)",
    "schedule": "{{ asleep_ = 1; return; }}",
}
"""Functions in terms of others; those in braces are statements. An argument may be evaluated more than once.

Whoever calls schedule() goes no further: what is asked is whether somebody wakes it.
"""

ASLEEP, WOKEN, RESULT = "asleep_", "woken_", "result_"
"""The variables that are 1 if a side sleeps in schedule(), and if it has woken somebody; and what it returns."""

TEMPLATES = {
    **TEMPLATES,
    "read_seqcount_begin": TEMPLATES["read_seqbegin"],
    "read_seqcount_retry": TEMPLATES["read_seqretry"],
}

RCU: Mapping[str, str] = dict.fromkeys(("rcu_read_lock", "rcu_read_unlock"), "barrier()")
"""Where nothing waits for a grace period, a section orders nothing: it is the end of preemption at most."""

GRACE = re.compile(r"\b(synchronize_(s?rcu|sched|net)\w*|call_rcu|kfree_rcu)\b")
"""What waits for a grace period."""

QUIET = frozenset(
    (
        *("might_sleep", "might_sleep_if", "cond_resched", "lockdep_assert_held", "prefetch", "prefetchw", "printk"),
        *("pr_debug", "pr_info", "pr_warn", "pr_err", "pr_warn_once", "pr_info_once", "__acquire", "__release"),
    )
)
"""Functions that access nothing that is shared, as statements."""

MEMORY: Mapping[str, bool] = {
    **dict.fromkeys(("kmalloc", "kvmalloc", "kmem_cache_alloc", "kmalloc_node", "kmem_cache_alloc_node"), False),
    **dict.fromkeys(("kzalloc", "kvzalloc", "kmem_cache_zalloc", "kzalloc_node"), True),
}
"""Functions that give new memory, and whether they set it to zero."""

STRUCTURES: Mapping[str, str] = {
    "list_head": "struct list_head { struct list_head *next; struct list_head *prev; };",
    "seqcount": "struct seqcount { unsigned sequence; };",
    "seqlock": "struct seqlock { unsigned sequence; spinlock_t lock; };",
    "task_struct": "struct task_struct { long state; };",
}
"""Structures of the kernel, for a file that does not declare them."""

TYPEDEFS: Mapping[str, str] = {"seqcount_t": "struct seqcount", "seqlock_t": "struct seqlock"}
"""Names of structures."""

TYPES = frozenset(
    (
        *("spinlock_t", "raw_spinlock_t", "rwlock_t", "atomic_t", "atomic_long_t", "atomic64_t", "bool"),
        *("size_t", "ssize_t", "intptr_t", "uintptr_t", "ptrdiff_t"),
        *(f"{prefix}{sign}{bits}" for prefix in ("", "__") for sign in "us" for bits in (8, 16, 32, 64)),
        *(f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    )
)
"""The names of types that litmus knows. Others are taken as `long`."""

CONSTANTS: Mapping[str, int] = {
    "TASK_RUNNING": 0,
    "TASK_INTERRUPTIBLE": 1,
    "TASK_UNINTERRUPTIBLE": 2,
    "ENOENT": 2,
    "EINTR": 4,
    "EAGAIN": 11,
    "ENOMEM": 12,
    "EBUSY": 16,
    "EEXIST": 17,
    "EINVAL": 22,
    "ENOSPC": 28,
}
"""Numbers with names."""

ATTRIBUTES = re.compile(
    r"\b(__must_check|__init|__exit|__sched|__always_inline|__always_unused|__maybe_unused|__used|__cold|__hot|noinline"
    r"|notrace|asmlinkage|fastcall|__user|__rcu|__iomem|__percpu|__force|__read_mostly|__ro_after_init"
    r"|____cacheline_aligned_in_smp|____cacheline_aligned|__(?:acquires|releases|must_hold)\s*\([^()\n]*\)"
    r"|__attribute__\s*\(\([^\n]*?\)\)|EXPORT_SYMBOL(?:_GPL)?\s*\(\w+\)\s*;)"
)
"""Words that are no part of what the code does."""

READS = re.compile(
    r"READ_ONCE|ACCESS_ONCE|rcu_dereference\w*|rcu_access_pointer|lockless_dereference|smp_load_acquire"
    r"|atomic(_long|64)?_read(_acquire)?"
)
WRITES = re.compile(
    r"WRITE_ONCE|rcu_assign_pointer|RCU_INIT_POINTER|smp_store_mb|set_mb|smp_store_release"
    r"|atomic(_long|64)?_set(_release)?"
)
LOCKS = re.compile(r"(raw_)?(spin|read|write)_lock(_irq|_bh|_irqsave|_nested)?|mutex_lock(_nested)?")
UNLOCKS = re.compile(r"(raw_)?(spin|read|write)_unlock(_irq|_bh|_irqrestore)?|mutex_unlock")
"""Functions whose first argument is a place that they read or write, or a lock."""


def without_attributes(text: Text) -> Text:
    """A text with blanks in place of the words that are no part of what the code does."""
    return Text(text.name, ATTRIBUTES.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text.text))


def filled(name: str, arguments: list[str], text: Text, place: tuple[int, int]) -> str:
    """A template with the arguments of a call. Raises ReviewError if there are too few or too many."""
    pattern = TEMPLATES[name]
    wanted = 1 + max((int(number) for number in re.findall(r"\{(\d)\}", pattern)), default=-1)
    if len(arguments) != wanted:
        message = f"{name} takes {wanted} argument{'s' * (wanted != 1)}"
        raise ReviewError(message, text.place(*place))
    written = pattern.format(*arguments)
    written = re.sub(r"\*\(&([\w.>\[\]-]+)\)", r"\1", written)  # *(&p->lock) is p->lock
    return re.sub(r"\(&([\w.>\[\]-]+)\)->", r"\1.", written)
