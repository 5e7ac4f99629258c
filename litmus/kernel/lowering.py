"""Lowers kernel C to the operations of one architecture, according to the mapping of one era.

Each primitive becomes the sequence of operations in `archs/<name>.yaml`; this module knows no architecture. The result
has only statements that all dialects share, with the tags by which the architecture's model identifies its operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import UnsupportedError
from litmus.cat.description import ModelInfo
from litmus.cat.mapping import MappingRow, Operation
from litmus.ir.kernel import (
    ERAS,
    PRIMITIVES,
    Gives,
    Kind,
    LockWord,
    Spec,
    Step,
    When,
    lock_word,
    rows,
    update,
)
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import (
    Assign,
    AtomicOperation,
    Branch,
    Call,
    Const,
    Expr,
    Fence,
    Label,
    Load,
    Op,
    Primitive,
    Reg,
    Rmw,
    Statement,
    Store,
    StoreConditional,
    Thread,
    Unsequenced,
)


def lower(test: LitmusTest, architecture: ModelInfo, era: str, deadline: Deadline = NO_DEADLINE) -> LitmusTest:
    """The test lowered to an architecture's operations.

    Raises UnsupportedError for a primitive that the architecture does not map in this era, UsageError for an unknown
    era, ParseError for a call of an unknown function, LimitReached at the deadline.
    """
    mapping = architecture.rows(era)
    make: Callable[[str, str, Mapping[str, MappingRow], Thread, Deadline], Lowering] = Lowering
    locations = test.locations
    if architecture.of_language:
        from litmus.kernel.language import LanguageLowering  # few runs need it

        make = LanguageLowering
    elif waits_for_readers(test):
        from litmus.kernel.rcu import RcuLowering, Readers  # few runs need it

        readers = Readers.of(test, mapping)
        make = partial(RcuLowering, readers)
        locations += readers.words
    threads = tuple(make(architecture.name, era, mapping, thread, deadline).thread() for thread in test.threads)
    return replace(test, threads=threads, locations=locations)


def waits_for_readers(test: LitmusTest) -> bool:
    """Whether a test uses a primitive of RCU or SRCU."""
    bodies = (thread.body for thread in test.threads)
    return any(isinstance(s, Primitive) and PRIMITIVES[s.name].kind is Kind.RCU for body in bodies for s in body)


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of a primitive: its accesses (one, or load-reserve and store-conditional), and those around them.

    If a comparison fails, the operations in `after` are not executed; those in `always` are.
    """

    before: tuple[Operation, ...]
    accesses: tuple[Operation, ...]
    after: tuple[Operation, ...]
    always: tuple[Operation, ...] = ()

    @classmethod
    def of(cls, row: MappingRow) -> Operations:
        """The operations of a row."""
        operations = row.operations
        where = [k for k, o in enumerate(operations) if o.kind not in ("fence", "branch")]
        first, last = (where[0], where[-1] + 1) if where else (len(operations), len(operations))
        skipped = last + row.skipped if row.unconditional else len(operations)
        return cls(operations[:first], operations[first:last], operations[last:skipped], operations[skipped:])

    @property
    def all(self) -> tuple[Operation, ...]:
        """All of them, in order."""
        return self.before + self.accesses + self.after + self.always


class Lowering:
    """The lowering of one thread of kernel C."""

    def __init__(
        self, name: str, era: str, mapping: Mapping[str, MappingRow], thread: Thread, deadline: Deadline
    ) -> None:
        self.name = name
        self.era = era
        self.mapping = mapping
        self.source = thread
        self.deadline = deadline
        self.body: list[Statement] = []
        self.row_of: list[int] = []
        self.row = -1
        self.fresh = count()

    def thread(self) -> Thread:
        source = self.source
        for at, statement in enumerate(source.body):
            self.row = source.row_of[at] if at < len(source.row_of) else -1
            self.statement(statement)
        return self._done()

    def _done(self) -> Thread:
        return replace(self.source, body=tuple(self.body), row_of=tuple(self.row_of))

    def statement(self, statement: Statement) -> None:
        """Adds what a statement becomes."""
        match statement:
            case Primitive():
                self.deadline.check()
                self._primitive(statement)
            case Call(name, span=span):
                from litmus.dialects.c.calls import refusal  # for an error only

                raise refusal(name, span)
            case Branch():
                self._branch(statement)
            case Unsequenced():
                self._sequencing(statement)
            case _:
                self._emit(statement)

    def _sequencing(self, bound: Unsequenced) -> None:
        """A machine's instructions are in order: that of the text, which a compiler may choose as it may others."""

    def _branch(self, branch: Branch) -> None:
        """A machine's: it is an event, and everything after it depends on it."""
        self._emit(replace(branch, until=None))

    def _emit(self, statement: Statement) -> None:
        self.body.append(statement)
        self.row_of.append(self.row)

    def _name(self, what: str) -> str:
        """A new register or label, with a name that no program can have."""
        return f".{what}{next(self.fresh)}"

    def _sequence(self, primitive: Primitive) -> Operations:
        names = rows(primitive.name)
        for name in names:
            row = self.mapping.get(name)
            if row is not None:
                return Operations.of(row)
        if any(name in era for era in ERAS.values() for name in names):
            raise UnsupportedError(f"kernels of era {self.era} have no '{primitive.name}'", primitive.span)
        message, hint = f"'{primitive.name}' has no mapping for {self.name} in era {self.era}", None
        if PRIMITIVES[primitive.name].kind is Kind.RCU:
            hint = "the kernel's own memory model decides it: `litmus check` without -m"
        raise UnsupportedError(message, primitive.span, hint)

    def _fits(self, access: Primitive | AtomicOperation) -> None:
        """Raises UnsupportedError for an access that is wider than the registers of machines: mappings name no such."""
        if access.size > 8:
            message = f"an access of {8 * access.size} bits has no mapping for {self.name}"
            raise UnsupportedError(
                message, access.span, "a model of the language itself decides it: see `litmus archs`"
            )

    def _primitive(self, primitive: Primitive) -> None:
        self._fits(primitive)
        spec = PRIMITIVES[primitive.name]
        sequence = self._sequence(primitive)
        match spec.kind:
            case Kind.FENCE:
                self._fences(sequence.before, primitive)
            case Kind.READ:
                self._load(primitive, sequence, primitive.dest or self._name("r"))
            case Kind.WRITE:
                self._store(primitive, sequence, primitive.args[1])
            case Kind.UPDATE:
                self._update(primitive, sequence)
            case Kind.LOCK:
                self._lock(primitive, spec, sequence)
            case Kind.RCU:
                self._rcu(primitive, sequence)

    def _rcu(self, primitive: Primitive, sequence: Operations) -> None:
        """What waits for readers, and what it waits for: a matter of all threads, or of the language."""
        raise UnsupportedError(f"'{primitive.name}' has no mapping for {self.name}", primitive.span)

    def _fences(
        self, operations: Sequence[Operation], primitive: Primitive | AtomicOperation, read: str | None = None
    ) -> None:
        """Fences, and branches on what was read before, which go to the next instruction whatever it is."""
        for operation in operations:
            if operation.kind == "fence":
                self._emit(Fence(operation.tags, primitive.span))
            elif read is not None:
                label = self._name("next")
                self._emit(Branch(Reg(read), label, primitive.span))
                self._emit(Label(label))

    def _load(self, primitive: Primitive | AtomicOperation, sequence: Operations, dest: str) -> None:
        (load,) = sequence.accesses
        self._fences(sequence.before, primitive)
        self._emit(Load(dest, primitive.args[0], load.tags, span=primitive.span))
        self._fences(sequence.after + sequence.always, primitive, dest)

    def _store(self, primitive: Primitive | AtomicOperation, sequence: Operations, value: Expr) -> None:
        if sequence.accesses[0].kind != "store":  # an exchange whose result is not used
            self._atomic(primitive, sequence, self._name("r"), value, None, None)
            return
        (store,) = sequence.accesses
        self._fences(sequence.before, primitive)
        self._emit(Store(primitive.args[0], value, store.tags, primitive.span))
        self._fences(sequence.after + sequence.always, primitive)

    # --- read-modify-writes --------------------------------------------------------------------------------------

    def _update(self, primitive: Primitive, sequence: Operations) -> None:
        old = self._name("r")
        effect = update(primitive, old, self.source.word_bits)
        unless = PRIMITIVES[primitive.name].when is When.UNLESS
        if unless and effect.condition is not None and len(sequence.accesses) == 1:
            self._looping(primitive, sequence, old, effect.value, effect.condition, None)
        else:
            self._atomic(primitive, sequence, old, effect.value, effect.condition, None)
        if primitive.dest is not None and effect.result is not None:
            self._emit(Assign(primitive.dest, effect.result, primitive.span))

    def _atomic(
        self,
        primitive: Primitive | AtomicOperation,
        sequence: Operations,
        old: str,
        value: Expr,
        condition: Expr | None,
        again: str | None,
    ) -> None:
        """Reads into `old`, writes `value` if the condition holds, then executes the operations after the accesses.

        If the condition does not hold, the write and the operations in `after` are skipped; or, with a label `again`,
        everything is tried again from there. A failed store-conditional is tried again without limit; as it has no
        effect, executions in which one fails can be left out without losing an outcome.
        """
        self._fences(sequence.before, primitive)
        addr, span = primitive.args[0], primitive.span
        failed = again or self._name("failed")
        if len(sequence.accesses) == 1:
            (atomic,) = sequence.accesses
            self._emit(Rmw(old, addr, value, atomic.tags, atomic.write_tags, condition, True, span))
            if condition is not None and (sequence.after or again):
                self._emit(Branch(_not(condition), failed, span, retry=again is not None))
        else:
            reserve, conditional = sequence.accesses
            retry, status = self._name("retry"), self._name("s")
            self._emit(Label(retry))
            self._emit(Load(old, addr, reserve.tags, True, span))
            if condition is not None:
                self._emit(Branch(_not(condition), failed, span, retry=again is not None))
            self._emit(StoreConditional(status, addr, value, conditional.tags, span, conditional.status_from))
            self._emit(Branch(_not(Reg(status)), retry, span, retry=True))
        self._fences(sequence.after, primitive, old)
        if condition is not None and again is None:
            self._emit(Label(failed))
        self._fences(sequence.always, primitive, old)

    def _looping(
        self, primitive: Primitive, sequence: Operations, old: str, value: Expr, condition: Expr, again: str | None
    ) -> None:
        """Reads into `old` with a READ_ONCE; if the condition holds, compares and exchanges, until that succeeds.

        Kernels do this where one instruction compares and exchanges: if the condition fails, the primitive orders
        nothing, or, with a label `again`, everything is tried again from there. Executions with a second round can be
        left out without losing an outcome, because the first read can return the same value as the last one.
        """
        addr, span = primitive.args[0], primitive.span
        found = self._name("r")
        failed = again or self._name("failed")
        repeat = again or self._name("retry")
        same = Op("eq", (Reg(found), Reg(old)))
        (atomic,) = sequence.accesses
        if again is None:
            self._emit(Label(repeat))
        (load,) = self._sequence(replace(primitive, name="READ_ONCE")).accesses
        self._emit(Load(old, addr, load.tags, span=span))
        self._emit(Branch(_not(condition), failed, span, retry=again is not None))
        self._fences(sequence.before, primitive)
        self._emit(Rmw(found, addr, value, atomic.tags, atomic.write_tags, same, True, span))
        self._emit(Branch(_not(same), repeat, span, retry=True))
        self._fences(sequence.after + sequence.always, primitive)
        if again is None:
            self._emit(Label(failed))

    # --- locks ---------------------------------------------------------------------------------------------------

    def _lock(self, primitive: Primitive, spec: Spec, sequence: Operations) -> None:
        old = self._name("r")
        word = lock_word(primitive, old, self.source.word_bits)
        match spec.step:
            case Step.TAKE:
                again = self._name("lock")
                self._emit(Label(again))
                self._take(primitive, sequence, old, word, again)
            case Step.TRY:
                self._take(primitive, sequence, old, word, None)
            case Step.LEAVE if isinstance(word.left, Const):
                self._store(primitive, sequence, word.left)
            case Step.LEAVE:
                self._atomic(primitive, sequence, old, word.left, None, None)
            case Step.LOOK:
                self._load(primitive, sequence, old)
            case _:
                again = self._name("wait")
                self._emit(Label(again))
                self._load(primitive, sequence, old)
                self._emit(Branch(_not(word.free), again, primitive.span, retry=True))
        if primitive.dest is not None:
            result = word.free if spec.gives is Gives.DONE else _not(word.free)
            self._emit(Assign(primitive.dest, result, primitive.span))

    def _take(self, primitive: Primitive, sequence: Operations, old: str, word: LockWord, again: str | None) -> None:
        """Takes a lock if it may be taken; else goes back to `again`, if that is a label.

        A reader counts, so where one instruction compares and exchanges, it looks first what there is to count from.
        """
        counts = not isinstance(word.taken, Const) and len(sequence.accesses) == 1
        take = self._looping if counts else self._atomic
        take(primitive, sequence, old, word.taken, word.free, again)


def _not(expr: Expr) -> Expr:
    return Op("lnot", (expr,))
