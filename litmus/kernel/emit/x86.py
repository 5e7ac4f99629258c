"""32-bit x86 in Intel syntax, for tests whose words have 32 bits."""

from __future__ import annotations

from litmus.ir.thread import Const, Expr
from litmus.kernel.emit._x86 import ACCUMULATOR, CONDITIONS, FENCES, FLAGS, Register, X86Translation, registers_of
from litmus.kernel.emit.expressions import Comparison
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank

_REGISTERS = ("EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP")
_TAKEN = frozenset({*_REGISTERS, "ESP", "EIP", "ZF", "SF", "CF"})

BANK = Bank("32-bit x86", _REGISTERS, {ACCUMULATOR: "EAX", FLAGS: ""})


class X86(X86Translation):
    """The translation of one thread."""

    machine = "32-bit x86 assembly"
    fixed = BANK.fixed

    def written(self, name: str, operands: tuple[str, ...]) -> str:
        return f"{name.upper()} {','.join(operands)}".rstrip()

    def memory_text(self, base: str, offset: int) -> str:
        return f"[{base}{offset:+d}]" if offset else f"[{base}]"

    def is_register(self, name: str) -> bool:
        return name.upper() in _TAKEN

    def set_truth(self, dest: str, wanted: Comparison) -> None:
        self.select(dest, wanted, Const(1), Const(0))

    def select(self, dest: str, wanted: Comparison, then: Expr, otherwise: Expr) -> None:
        result, moved, kept = self.fresh(), self.value(then), self.operand(otherwise)
        self.compare(wanted)  # the mov that follows does not change the flags
        self.act("mov", Register(result), kept, writes=(result,), reads=registers_of(kept))
        name = f"cmov{CONDITIONS[wanted.relation]}"
        self.act(name, Register(result), Register(moved), writes=(result,), reads=(result, moved, FLAGS))
        self.move(dest, result)

    def shift(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        raise self.unsupported("a shift by a register")  # the dialect has no name for CL


INSTRUCTION_SET = InstructionSet("X86", "x86", BANK, X86, (32,), fences=FENCES)
