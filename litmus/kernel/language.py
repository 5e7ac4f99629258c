"""Kernel C as it is written, for a model of the language: each primitive is one event, or the two of an update.

Nothing of how a machine does it is there: an update that compares is one step, whatever it finds; a lock that cannot
be taken makes no events, as executions in which one waits for ever are not complete; and a branch makes no event, and
what comes after its paths have joined does not depend on it.
Source: tools/memory-model/Documentation/explanation.txt of v6.18, sections on events, dependencies and locking.
"""

from __future__ import annotations

from litmus.ir.kernel import Gives, Spec, Step, lock_word, update
from litmus.ir.thread import Assign, Assume, AtomicOperation, Branch, Expr, Mark, Op, Primitive, Rmw, Unsequenced
from litmus.kernel.lowering import Lowering, Operations


class LanguageLowering(Lowering):
    """The events of one thread."""

    def _branch(self, branch: Branch) -> None:
        self._emit(branch)

    def _sequencing(self, bound: Unsequenced) -> None:
        self._emit(bound)

    def _fits(self, access: Primitive | AtomicOperation) -> None:
        """To the language, any access is one."""

    def _update(self, primitive: Primitive, sequence: Operations) -> None:
        old = self._name("r")
        effect = update(primitive, old, self.source.word_bits)
        self._step(primitive, sequence, old, effect.value, effect.condition)
        if primitive.dest is not None and effect.result is not None:
            self._emit(Assign(primitive.dest, effect.result, primitive.span))

    def _step(self, primitive: Primitive, sequence: Operations, old: str, value: Expr, condition: Expr | None) -> None:
        """Reads into `old` and, if the condition holds, writes, between the fences of the sequence."""
        (atomic,) = sequence.accesses
        self._fences(sequence.before, primitive)
        tags = atomic.tags, atomic.write_tags
        self._emit(Rmw(old, primitive.args[0], value, *tags, condition, True, primitive.span, True))
        self._fences(sequence.after + sequence.always, primitive)

    def _lock(self, primitive: Primitive, spec: Spec, sequence: Operations) -> None:
        old = self._name("r")
        word = lock_word(primitive, old, self.source.word_bits)
        if spec.step in (Step.TAKE, Step.TRY):
            self._step(primitive, sequence, old, word.taken, word.free if spec.step is Step.TRY else None)
        elif spec.step is Step.LEAVE and sequence.accesses[0].kind == "store":
            self._store(primitive, sequence, word.left)
        elif spec.step is Step.LEAVE:
            self._step(primitive, sequence, old, word.left, None)
        else:
            self._load(primitive, sequence, old)
        if spec.step in (Step.TAKE, Step.WAIT):
            self._emit(Assume(word.free, primitive.span))
        if primitive.dest is not None:
            result = word.free if spec.gives is Gives.DONE else Op("lnot", (word.free,))
            self._emit(Assign(primitive.dest, result, primitive.span))

    def _rcu(self, primitive: Primitive, sequence: Operations) -> None:
        """Operations of a model of RCU: a fence, or an access or mark at the location of a domain."""
        if not sequence.accesses:
            self._fences(sequence.before, primitive)
            return
        (operation,) = sequence.accesses
        addr, span = primitive.args[0], primitive.span
        match operation.kind:
            case "load":
                self._load(primitive, sequence, primitive.dest or self._name("r"))
            case "store":
                self._store(primitive, sequence, primitive.args[1])
            case _:
                self._emit(Mark(addr, operation.tags, span=span))
