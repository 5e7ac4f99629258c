"""The statements of a thread: what every dialect translates its instructions into.

A dialect stops here. Program order, dependencies, branches and loops are computed once, in `litmus.unfold`, from these
statements. Registers are named by strings; a register that was never assigned holds 0. Arithmetic is that of two's
complement integers of the dialect's word size (`Thread.word_bits`), values are signed.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from litmus.base.records import dataclass
from litmus.base.source import Span

NO_TAGS: frozenset[str] = frozenset()

EXCLUSIVE = frozenset({"X", "EX"})
"""The tags of a load that reserves and of a conditional store: their set is X in herd7 7.58 and EX after it."""


# --- values -------------------------------------------------------------------------------------------------------


class Address(NamedTuple):  # like a register it is the key of many mappings: a record would be hashed in Python
    """The address of a location: a symbol, and an offset from it in bytes (for the cells of an array)."""

    symbol: str
    offset: int = 0

    @property
    def is_code(self) -> bool:
        """Whether it is the address of a label; the name of a location has no colon."""
        return ":" in self.symbol

    def __repr__(self) -> str:
        return self.symbol if self.offset == 0 else f"{self.symbol}+{self.offset}"


def code_address(thread: int, label: str) -> Address:
    """The address of a label of a thread, which is no location."""
    return Address(f"P{thread}:{label}")


Value = int | Address


@dataclass(frozen=True, slots=True)
class Parts:
    """How an access is made of parts: `count` of `bytes` bytes each, from its address up.

    The first has the least significant bits of the value; the most significant ones if it is `big` endian.
    """

    count: int
    bytes: int
    big: bool = False

    @property
    def size(self) -> int:
        """The size of the access in bytes."""
        return self.count * self.bytes

    def place(self, index: int) -> int:
        """The place of a part in the value, 0 for that with the least significant bits."""
        return self.count - 1 - index if self.big else index


# --- expressions over registers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A constant: an integer or the address of a location."""

    value: Value


@dataclass(frozen=True, slots=True)
class Reg:
    """The present value of a register of this thread."""

    name: str


ComparisonOperator = Literal["eq", "ne", "lt", "le", "gt", "ge", "ult"]
"""1 or 0; all but the last compare signed numbers."""

BinaryOperator = (
    Literal["add", "sub", "mul", "div", "and", "or", "xor", "nor", "shl", "shr", "sar", "land", "lor"]
    | ComparisonOperator
)
"""Operators of two operands; `land` and `lor` are logic (1 or 0), the others work on the bits of a word."""

UnaryOperator = Literal["neg", "not", "lnot"]
"""Operators of one operand: the negative, all bits inverted, and logic (1 or 0)."""

Operator = BinaryOperator | UnaryOperator | Literal["ite", "pick"]
"""`ite` and `pick` have three operands: a condition, what is taken if it is not 0, and what is taken otherwise.

They have one value. What `ite` computes depends on all of its operands; what `pick` computes depends on the one that is
taken, and on the condition by a pick dependency only, as conditional selections of AArch64 do.
"""


@dataclass(frozen=True, slots=True)
class Op:
    """An operator applied to operands."""

    op: Operator
    args: tuple[Expr, ...]


Expr = Const | Reg | Op


# --- statements ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """`dest := memory[addr]`; `reserve` makes a reservation (lwarx and the like).

    With `joins`, the reservation of the load before it is for this location, too. `pair` is the size in bytes of the
    two together if it and the load before it are a pair that some machines read in one step.

    `parts` are given if accesses to the location overlap in part, as in every statement that accesses memory: each part
    is an event. Otherwise the access is one event, whatever its size. With `beside`, it is in no program order with the
    access before it, which is of the same instruction.
    """

    dest: str
    addr: Expr
    tags: frozenset[str] = NO_TAGS
    reserve: bool = False
    span: Span | None = None
    joins: bool = False
    parts: Parts | None = None
    pair: int = 0
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """`memory[addr] := value`; `pair` and `beside` are as those of a load."""

    addr: Expr
    value: Expr
    tags: frozenset[str] = NO_TAGS
    span: Span | None = None
    parts: Parts | None = None
    pair: int = 0
    beside: bool = False


StatusSource = Literal["attempt", "write", "nothing"]
"""What the status of a conditional store depends on."""


@dataclass(frozen=True, slots=True)
class StoreConditional:
    """Store if the reservation of the latest reserving load still stands; `status := 1` on success, 0 on failure.

    Failure is always possible. Success needs a reservation made before in program order, not yet used by another
    conditional store, for the same address and size. `status_from` is what the status depends on: on the `attempt`,
    that is on the load that made the reservation, whose address the store then depends on, and on what address and
    value depend on; on the `write` if there is one; or on `nothing`, and the store on its address and value only.

    With `joins`, it is one with the conditional store before it, which has the same `status`: both are done, or none.
    """

    status: str
    addr: Expr
    value: Expr
    tags: frozenset[str] = NO_TAGS
    span: Span | None = None
    status_from: StatusSource = "attempt"
    joins: bool = False
    parts: Parts | None = None


@dataclass(frozen=True, slots=True)
class Forget:
    """The reservation of the thread, if it has one, no longer stands: no conditional store succeeds before another."""

    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Rmw:
    """One instruction that reads `addr` into `dest`, then writes `value` there; the two events are related by rmw.

    `value` may mention `dest`, which then is what was read; `addr` is computed before. With `condition` (which may
    mention `dest`) the write happens only where it is not 0, and has a pick dependency on what else the condition
    mentions. Without `atomic` the two accesses are not related by rmw. With `ordered` the read is before the write in
    program order, too, as source languages have it.

    With `expected`, which the condition compares with what was read, the machine has more to choose: where they differ,
    it may write back what it read (outside of loops); where they are equal, it may give `dest` the value of `expected`,
    which then has a pick dependency on both.

    With `joins`, it is one with the update before it, whose condition may mention the `dest` of both.
    """

    dest: str
    addr: Expr
    value: Expr
    read_tags: frozenset[str] = NO_TAGS
    write_tags: frozenset[str] = NO_TAGS
    condition: Expr | None = None
    atomic: bool = True
    span: Span | None = None
    ordered: bool = False
    expected: Expr | None = None
    joins: bool = False
    parts: Parts | None = None


@dataclass(frozen=True, slots=True)
class AtomicUpdate:
    """One event that reads `addr` into `dest` and writes `value` there, as the atomic operations of a language do.

    `value` may mention `dest`, which then is what was read; `addr` is computed before.
    """

    dest: str
    addr: Expr
    value: Expr
    tags: frozenset[str] = NO_TAGS
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence; its tags name its sets in cat models (`SYNC`, `MFENCE`, ...)."""

    tags: frozenset[str]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """An event at a location that is neither a read nor a write: what it means there, the model says.

    `dest`, if it is given, keeps its value, and from then on depends on the event as on a read. The event may have a
    value, which models can compare with others.
    """

    addr: Expr
    tags: frozenset[str]
    dest: str | None = None
    span: Span | None = None
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """`dest := 0` or `dest := 1`, as the execution chooses; makes no event."""

    dest: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Assume:
    """Leave out the executions in which `condition` is 0 here; makes no event."""

    condition: Expr
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until each location was seen to hold `value`: the last read of each, in no order among them.

    Executions in which a read has another value are left out. Whoever waits reads them over and over, so that these
    reads are no instructions in a row: program order has them after all that is before, and before all that is after.
    """

    addrs: tuple[Expr, ...]
    value: Expr
    tags: frozenset[str] = NO_TAGS
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """`dest := expr`; makes no event."""

    dest: str
    expr: Expr
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Go to `target` if `condition` is not 0, else to the next statement; what follows depends on it by ctrl.

    In the structured control flow of a source language `until` is the label where both paths have joined: there the
    dependency ends, and the branch makes no event. A machine's branch is an event, and its dependency goes on. With
    `retry`, going back repeats a try that had no effect: executions that do so are left out, and no outcome is lost.
    """

    condition: Expr
    target: str
    span: Span | None = None
    until: str | None = None
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Goto:
    """Go to `target`."""

    target: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A place that `Branch` and `Goto` name; labels are unique within a thread."""

    name: str


PLAIN = frozenset({"plain_read", "plain_write"})
"""The primitives that are plain accesses of C."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One use of a primitive of the Linux kernel, in its normal form (`litmus.ir.kernel`); `dest` gets its result.

    `args[0]` is the address of its location, if it has one, whose declared size is `size` bytes (0 if there is none);
    the values follow in the kernel's order. `dest` is None if there is no result, or it is not used. Primitives are
    lowered to operations of an architecture before a program is unfolded. `call` is the use as the test has it, None if
    it was an operator; its `dest` is None.
    """

    name: str
    dest: str | None
    args: tuple[Expr, ...]
    span: Span | None = None
    size: int = 0
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Pointee:
    """An argument that is a place in memory, not a value: what a call makes of it, its target says."""

    addr: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function that is no primitive, as `dest := name(args)`; `dest` is None if the result is not used.

    For targets that define functions, such as those that a macro file of the kernel's model lists. Every other target
    refuses it.
    """

    name: str
    dest: str | None
    args: tuple[Expr | Pointee, ...]
    span: Span | None = None


MemoryOrder = Literal["relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"]
"""How an operation of C11 is ordered, `memory_order_...` there."""


@dataclass(frozen=True, slots=True)
class AtomicOperation:
    """An atomic operation of C11, or a fence.

    `name` is load, store, exchange, compare_exchange, fetch_add (sub, and, or, xor), fence, or lock and unlock of a
    mutex. `args` are the address, if there is one, and the values: of a compare_exchange what it expects, then what it
    writes. `dest` gets what was read. `orders` has one order, and a second one for a compare_exchange that fails; there
    is none for a mutex. `size` is that of the location in bytes. Targets make other statements of it.

    A compare_exchange with `done` is a weak one: it may fail although it finds what it expects, and `done` gets 1 if it
    wrote, else 0.
    """

    name: str
    orders: tuple[MemoryOrder, ...]
    dest: str | None
    args: tuple[Expr, ...]
    span: Span | None = None
    size: int = 0
    done: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Say that `name` fired if `condition` is not 0, as the kernel's WARN_ON does; makes no event."""

    name: str
    condition: Expr
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Unsequenced:
    """A bound of operands that a language evaluates in any order: the first begins, the next one does, or they end.

    Program order has each of them after what is before them and before what is after, and relates none with another.
    They nest as expressions do, and no jump leads into them.
    """

    bound: Literal["first", "next", "end"]
    span: Span | None = None


Statement = (
    Load
    | Store
    | StoreConditional
    | Forget
    | Rmw
    | AtomicUpdate
    | Fence
    | Mark
    | Choose
    | Assume
    | Await
    | Assign
    | Branch
    | Goto
    | Label
    | Primitive
    | Call
    | AtomicOperation
    | Report
    | Unsequenced
)

MemoryAccess = Load | Store | StoreConditional | Rmw
"""The statements by which instructions access memory."""


def assigned(statement: Statement) -> str | None:
    """The register to which a statement gives a value; None if there is none."""
    match statement:
        case Load(dest) | Rmw(dest) | AtomicUpdate(dest) | Assign(dest) | StoreConditional(dest) | Choose(dest):
            return dest
        case Primitive(dest=dest) | Call(dest=dest) | AtomicOperation(dest=dest):
            return dest
        case (
            Store()
            | Forget()
            | Fence()
            | Mark()
            | Assume()
            | Await()
            | Branch()
            | Goto()
            | Label()
            | Report()
            | Unsequenced()
        ):
            return None


def registers_in(*exprs: Expr) -> list[str]:
    """The registers that expressions mention, in no order."""
    found: list[str] = []
    todo = list(exprs)
    while todo:
        match todo.pop():
            case Reg(name):
                found.append(name)
            case Op(_, args):
                todo += args
            case Const():
                pass
    return found


def read_by(statement: Statement) -> list[str]:
    """The registers that a statement reads. What an exchange reads from memory is none of them."""
    match statement:
        case Load(addr=addr):
            return registers_in(addr)
        case Store(addr, value) | StoreConditional(_, addr, value):
            return registers_in(addr, value)
        case Rmw(dest, addr, value, condition=condition):
            taken = registers_in(value, condition or value)
            return registers_in(addr) + [name for name in taken if name != dest]
        case AtomicUpdate(dest, addr, value):
            return registers_in(addr) + [name for name in registers_in(value) if name != dest]
        case Assign(_, expr):
            return registers_in(expr)
        case Branch(condition) | Report(_, condition) | Assume(condition):
            return registers_in(condition)
        case Primitive(args=args) | Call(args=args) | AtomicOperation(args=args):
            return registers_in(*(a.addr if isinstance(a, Pointee) else a for a in args))
        case Mark(addr, dest=dest, value=value):
            read = registers_in(addr, *(() if value is None else (value,)))
            return read if dest is None else [*read, dest]
        case Await(addrs, value):
            return registers_in(*addrs, value)
        case Fence() | Forget() | Goto() | Label() | Choose() | Unsequenced():
            return []


@dataclass(frozen=True, slots=True)
class Thread:
    """The statements of one thread, in program order, and its text.

    `rows` are the instructions in the dialect's canonical print, one for each row of the program, labels as rows of
    their own (`L00:`): what is hashed and what listings show. `row_of[i]` is the row that statement `i` came from.
    """

    index: int
    body: tuple[Statement, ...]
    rows: tuple[str, ...] = ()
    row_of: tuple[int, ...] = ()
    word_bits: int = 64
