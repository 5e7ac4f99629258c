"""The primitives of the Linux kernel in their normal form: what each is, what it takes, and what it computes.

A `Primitive` statement names one of these. Names are today's; those of 2008 that today has under another name are
translated by the dialect that reads them. What is left is what an architecture can tell apart: `atomic_inc_return(v)`
is `atomic_add_return` with 1, `atomic_read(v)` is `READ_ONCE`, but `atomic_xchg` is not `xchg`, nor
`smp_mb__before_clear_bit` `smp_mb__before_atomic`: some architecture of 2008 had different instructions for the two.
`Spec.row` names the primitive that a variant is implemented like, unless an architecture says otherwise.

Source: include/linux/atomic.h, Documentation/atomic_t.txt, atomic_bitops.txt, memory-barriers.txt, of v6.18; the same
under the names of v2.6.27 (Documentation/atomic_ops.txt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from litmus.ir.eras import NEWEST, OLD
from litmus.ir.thread import Const, Expr, Op, Operator, Primitive, Reg


class Kind(Enum):
    """What a primitive does."""

    READ = "read"
    WRITE = "write"
    UPDATE = "update"  # reads and writes one location atomically
    FENCE = "fence"
    LOCK = "lock"  # reads or writes the word of a lock (`lock_word`)
    RCU = "rcu"  # read-copy-update, sleepable or not


class Order(Enum):
    """How a primitive is ordered: `PLAIN` may be torn, fused and invented by a compiler, `ONCE` and `RELAXED` not."""

    PLAIN = "plain"
    ONCE = "once"
    RELAXED = "relaxed"
    ACQUIRE = "acquire"
    RELEASE = "release"
    FULL = "full"


class Gives(Enum):
    """The result of a primitive."""

    NOTHING = "nothing"
    VALUE = "value"  # of a read; of an update what it read
    NEW = "new"  # of an update: what it wrote
    ZERO = "zero"  # of an update: whether it wrote 0
    NEGATIVE = "negative"  # of an update: whether it wrote a number below 0
    BIT = "bit"  # of an update: the bit that it read
    DONE = "done"  # whether it wrote, or has the lock


class When(Enum):
    """When an update writes."""

    ALWAYS = "always"
    EQUAL = "equal"  # if it read its first value
    UNLESS = "unless"  # if it did not read its second value


class Step(Enum):
    """What a primitive does with a lock."""

    TAKE = "take"  # waits until it may, and takes it
    TRY = "try"  # takes it if it may
    LEAVE = "leave"
    LOOK = "look"  # whether it is taken
    WAIT = "wait"  # until it is free


class Holder(Enum):
    """Who holds a lock: one alone, or, of a reader-writer lock, one who writes or any number who read."""

    ONE = "one"
    WRITER = "writer"
    READER = "reader"


UpdateOperation = Literal["add", "sub", "and", "or", "xor", "andnot"]


@dataclass(frozen=True, slots=True)
class Spec:
    """A primitive: its kind, whether it is about a location, how many values it takes besides, and its order.

    `row` is the primitive whose implementation it shares where an architecture does not describe it. An update
    writes `op` of what it read and its first value, or the bit of that number, or just that value where `op` is empty;
    a compare-and-exchange writes its second value.
    """

    name: str
    kind: Kind
    located: bool = True
    values: int = 0
    order: Order = Order.PLAIN
    gives: Gives = Gives.NOTHING
    row: str = ""
    op: UpdateOperation | Literal[""] = ""
    when: When = When.ALWAYS
    bit: bool = False
    step: Step | None = None
    holder: Holder = Holder.ONE


_ORDERS: Mapping[str, Order] = {
    "": Order.FULL,
    "_acquire": Order.ACQUIRE,
    "_release": Order.RELEASE,
    "_relaxed": Order.RELAXED,
}
_OPERATIONS: tuple[UpdateOperation, ...] = ("add", "sub", "and", "or", "xor", "andnot")
_SUMS: tuple[UpdateOperation, ...] = ("add", "sub")
_BIT_OPERATIONS: Mapping[str, UpdateOperation] = {"set": "or", "clear": "andnot", "change": "xor"}
_FENCES = (
    *("smp_mb", "smp_rmb", "smp_wmb", "mb", "rmb", "wmb", "dma_mb", "dma_rmb", "dma_wmb", "barrier", "mmiowb"),
    *("smp_read_barrier_depends", "read_barrier_depends", "smp_mb__before_atomic", "smp_mb__after_atomic"),
    *("smp_mb__before_spinlock", "smp_mb__after_spinlock", "smp_mb__after_unlock_lock"),
    *("smp_mb__after_srcu_read_unlock", "smp_acquire__after_ctrl_dep"),
)
_RCU = ("rcu_read_lock", "rcu_read_unlock", "synchronize_rcu")


def _specs() -> Iterator[Spec]:
    yield Spec("plain_read", Kind.READ, gives=Gives.VALUE)
    yield Spec("READ_ONCE", Kind.READ, order=Order.ONCE, gives=Gives.VALUE)
    yield Spec("rcu_dereference", Kind.READ, order=Order.ONCE, gives=Gives.VALUE)
    yield Spec("smp_load_acquire", Kind.READ, order=Order.ACQUIRE, gives=Gives.VALUE)
    yield Spec("plain_write", Kind.WRITE, values=1)
    yield Spec("WRITE_ONCE", Kind.WRITE, values=1, order=Order.ONCE)
    yield Spec("rcu_assign_pointer", Kind.WRITE, values=1, order=Order.RELEASE)
    yield Spec("smp_store_release", Kind.WRITE, values=1, order=Order.RELEASE)
    yield Spec("smp_store_mb", Kind.WRITE, values=1, order=Order.FULL)
    for name in _FENCES:
        yield Spec(name, Kind.FENCE, located=False)
    for side in ("before", "after"):
        yield Spec(f"smp_mb__{side}_clear_bit", Kind.FENCE, located=False, row=f"smp_mb__{side}_atomic")
    yield from _atomics()
    yield from _bits()
    yield from _locks()
    for name in _RCU:
        yield Spec(name, Kind.RCU, located=False)
    yield Spec("synchronize_srcu", Kind.RCU)
    for lock, unlock in (("srcu_read_lock", "srcu_read_unlock"), ("srcu_down_read", "srcu_up_read")):
        yield Spec(lock, Kind.RCU, gives=Gives.VALUE)
        yield Spec(unlock, Kind.RCU, values=1)


def _atomics() -> Iterator[Spec]:
    for op in _OPERATIONS:
        yield Spec(f"atomic_{op}", Kind.UPDATE, True, 1, Order.RELAXED, Gives.NOTHING, "atomic_add", op)
    for suffix, order in _ORDERS.items():
        row = f"atomic_add_return{suffix}"
        for op in _SUMS:
            yield Spec(f"atomic_{op}_return{suffix}", Kind.UPDATE, True, 1, order, Gives.NEW, row, op)
        for op in _OPERATIONS:
            yield Spec(f"atomic_fetch_{op}{suffix}", Kind.UPDATE, True, 1, order, Gives.VALUE, row, op)
        yield Spec(f"atomic_add_negative{suffix}", Kind.UPDATE, True, 1, order, Gives.NEGATIVE, row, "add")
        yield Spec(f"xchg{suffix}", Kind.UPDATE, True, 1, order, Gives.VALUE)
        yield Spec(f"atomic_xchg{suffix}", Kind.UPDATE, True, 1, order, Gives.VALUE, f"xchg{suffix}")
        yield Spec(f"cmpxchg{suffix}", Kind.UPDATE, True, 2, order, Gives.VALUE, when=When.EQUAL)
        row = f"cmpxchg{suffix}"
        yield Spec(f"atomic_{row}", Kind.UPDATE, True, 2, order, Gives.VALUE, row, when=When.EQUAL)
    row = "atomic_add_return"
    yield Spec("atomic_sub_and_test", Kind.UPDATE, True, 1, Order.FULL, Gives.ZERO, row, "sub")
    for name, gives in (("atomic_add_unless", Gives.DONE), ("atomic_fetch_add_unless", Gives.VALUE)):
        yield Spec(name, Kind.UPDATE, True, 2, Order.FULL, gives, "atomic_cmpxchg", "add", When.UNLESS)


def _bits() -> Iterator[Spec]:
    for verb, op in _BIT_OPERATIONS.items():
        yield Spec(f"{verb}_bit", Kind.UPDATE, True, 1, Order.RELAXED, Gives.NOTHING, "set_bit", op, bit=True)
        name, row = f"test_and_{verb}_bit", "test_and_set_bit"
        yield Spec(name, Kind.UPDATE, True, 1, Order.FULL, Gives.BIT, row, op, bit=True)
    yield Spec("test_and_set_bit_lock", Kind.UPDATE, True, 1, Order.ACQUIRE, Gives.BIT, "", "or", bit=True)
    yield Spec("clear_bit_unlock", Kind.UPDATE, True, 1, Order.RELEASE, Gives.NOTHING, "", "andnot", bit=True)


def _locks() -> Iterator[Spec]:
    kinds = (("spin", Holder.ONE), ("mutex", Holder.ONE), ("read", Holder.READER), ("write", Holder.WRITER))
    for kind, holder in kinds:
        yield Spec(f"{kind}_lock", Kind.LOCK, order=Order.ACQUIRE, step=Step.TAKE, holder=holder)
        yield Spec(f"{kind}_unlock", Kind.LOCK, order=Order.RELEASE, step=Step.LEAVE, holder=holder)
        name, gives = f"{kind}_trylock", Gives.DONE
        yield Spec(name, Kind.LOCK, order=Order.ACQUIRE, gives=gives, step=Step.TRY, holder=holder)
    for name in ("spin_is_locked", "mutex_is_locked"):
        yield Spec(name, Kind.LOCK, order=Order.ONCE, gives=Gives.VALUE, step=Step.LOOK)
    yield Spec("spin_unlock_wait", Kind.LOCK, step=Step.WAIT)


PRIMITIVES: Mapping[str, Spec] = {spec.name: spec for spec in _specs()}
"""Every primitive, by its name."""

_ALWAYS = """
    plain_read READ_ONCE rcu_dereference plain_write WRITE_ONCE rcu_assign_pointer smp_store_mb
    barrier smp_mb smp_rmb smp_wmb smp_read_barrier_depends mb rmb wmb read_barrier_depends
    smp_mb__before_atomic smp_mb__after_atomic atomic_add atomic_add_return xchg cmpxchg
    set_bit test_and_set_bit test_and_set_bit_lock clear_bit_unlock
    spin_lock spin_trylock spin_unlock spin_is_locked spin_unlock_wait
    mutex_lock mutex_trylock mutex_unlock mutex_is_locked
    read_lock read_trylock read_unlock write_lock write_trylock write_unlock
"""
_NEW = """
    smp_load_acquire smp_store_release dma_mb dma_rmb dma_wmb
    smp_acquire__after_ctrl_dep smp_mb__after_spinlock smp_mb__after_unlock_lock
    atomic_add_return_acquire atomic_add_return_release atomic_add_return_relaxed
    xchg_acquire xchg_release xchg_relaxed cmpxchg_acquire cmpxchg_release cmpxchg_relaxed
"""
ERAS: Mapping[str, tuple[str, ...]] = {
    OLD: tuple(_ALWAYS.split()),
    NEWEST: tuple((_ALWAYS + _NEW).split()),
}
"""The kernels whose mappings are known, oldest first, and the primitives that a mapping of each must have.

Names are the normal form's, so today's `smp_store_mb` is `set_mb` in 2.6.27. The rest are variants (`Spec.row`), or are
refused where they are used.
"""


def kind_of(name: str) -> Kind | None:
    """What kind of primitive this is; None for a function that is none, such as those for registers of devices."""
    spec = PRIMITIVES.get(name)
    return None if spec is None else spec.kind


def rows(name: str) -> tuple[str, ...]:
    """The names under which an architecture may describe a primitive: its own, then those it shares with others."""
    found = [name]
    while (row := PRIMITIVES[found[-1]].row) and row not in found:
        found.append(row)
    return tuple(found)


# --- what an update computes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Update:
    """What an update writes, under which condition (None: always), and its result (None: there is none)."""

    value: Expr
    condition: Expr | None
    result: Expr | None


def update(primitive: Primitive, old: str, word_bits: int) -> Update:
    """What an update computes, in terms of the register `old`, which holds what it read.

    `word_bits` is that of the thread: a location narrower than a word holds a signed number of its own width.
    """
    spec = PRIMITIVES[primitive.name]
    read, values = Reg(old), primitive.args[1:]
    operand = values[-1] if spec.when is When.EQUAL else values[0]
    if spec.bit:
        operand = _op("shl", Const(1), operand)
    value = operand
    if spec.op == "andnot":
        value = _op("and", read, _op("not", operand))
    elif spec.op:
        value = cut(_op(spec.op, read, operand), 8 * primitive.size, word_bits)
    condition: Expr | None = None
    if spec.when is When.EQUAL:
        condition = _op("eq", read, values[0])
    elif spec.when is When.UNLESS:
        condition = _op("ne", read, values[1])
    return Update(value, condition, _result(spec, read, value, operand, condition))


def _result(spec: Spec, read: Expr, value: Expr, operand: Expr, condition: Expr | None) -> Expr | None:
    match spec.gives:
        case Gives.NOTHING:
            return None
        case Gives.VALUE:
            return read
        case Gives.NEW:
            return value
        case Gives.ZERO:
            return _op("eq", value, Const(0))
        case Gives.NEGATIVE:
            return _op("lt", value, Const(0))
        case Gives.BIT:
            return _op("ne", _op("and", read, operand), Const(0))
        case Gives.DONE:
            return Const(1) if condition is None else condition


@dataclass(frozen=True, slots=True)
class LockWord:
    """The word of a lock: when it may be taken, what it is then, and what leaving the lock makes it.

    The word of every lock is 0 while it is free. That of a spinlock and of a mutex is 1 while it is taken, whatever the
    kernel writes there; that of a reader-writer lock is the number of readers, or -1 while a writer has it.
    """

    free: Expr
    taken: Expr
    left: Expr


def lock_word(primitive: Primitive, old: str, word_bits: int) -> LockWord:
    """The word of a lock, in terms of the register `old`, which holds what was read there."""
    word, holder = Reg(old), PRIMITIVES[primitive.name].holder
    if holder is Holder.READER:
        more = cut(_op("add", word, Const(1)), 8 * primitive.size, word_bits)
        less = cut(_op("sub", word, Const(1)), 8 * primitive.size, word_bits)
        return LockWord(_op("ge", word, Const(0)), more, less)
    return LockWord(_op("eq", word, Const(0)), Const(-1 if holder is Holder.WRITER else 1), Const(0))


def cut(expr: Expr, bits: int, word_bits: int) -> Expr:
    """The low `bits` bits of a word, as a signed number; 0 bits are all of it."""
    if not 0 < bits < word_bits:
        return expr
    shift = Const(word_bits - bits)
    return _op("sar", _op("shl", expr, shift), shift)


def _op(name: Operator, *args: Expr) -> Expr:
    return Op(name, args)
