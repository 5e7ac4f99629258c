"""MIPS of 32 bits: accesses are words. Addresses are initial values of registers. $0 is always 0.

Source: MIPS architecture for programmers, volume II-A, MD00086.
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, Const, Expr
from litmus.kernel.emit._risc import Risc
from litmus.kernel.emit.expressions import Comparison
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank

_NAMES = {"add": "addu", "sub": "subu", "mul": "mul", "and": "and", "or": "or", "xor": "xor"}
_NAMES |= {"shl": "sllv", "shr": "srlv", "sar": "srav"}
_WITH_NUMBER = {"add": "addiu", "sub": "addiu", "and": "andi", "or": "ori", "xor": "xori"}
_WITH_NUMBER |= {"shl": "sll", "shr": "srl", "sar": "sra"}
_WITH_ZERO = {"lt": "bltz", "le": "blez", "gt": "bgtz", "ge": "bgez"}
_ZERO = "@zero"
_FENCES: Mapping[frozenset[str], str] = {
    frozenset({name.upper()}): name
    for name in ("sync", "sync_mb", "sync_wmb", "sync_rmb", "sync_acquire", "sync_release")
}

BANK = Bank("MIPS", tuple(f"${n}" for n in range(2, 26)), {_ZERO: "$0"})


class Mips(Risc):
    """The translation of one thread."""

    machine = "MIPS assembly"
    fixed = BANK.fixed
    fences = _FENCES
    reach = (1 << 15) - 1

    @property
    def accesses(self) -> tuple[str, str, str]:
        return "lw", "sw", "ll"

    def at(self, register: str, offset: int) -> str:
        return f"{offset}({register})"

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        if tags != EXCLUSIVE:
            raise self.unsupported("this store-conditional")
        success = self.fresh()  # holds the value to store, then whether the store succeeded
        self.into(success, value)
        self.emit("sc {0},0({2})", (success,), (success, self.value(addr)), effect=True)
        self.emit("beqz {0},{label}", (), (success,), target=again)

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        if wanted.relation in ("eq", "ne"):
            a, b = self.value(wanted.left), self.value(wanted.right)
            self.emit(f"b{wanted.relation} {{0}},{{1}},{{label}}", (), (a, b), target=label)
        elif wanted.relation in _WITH_ZERO and wanted.right == Const(0):
            self.emit(f"{_WITH_ZERO[wanted.relation]} {{0}},{{label}}", (), (self.value(wanted.left),), target=label)
        else:
            truth = self.fresh()
            self.compare(truth, wanted)
            self.emit("bnez {0},{label}", (), (truth,), target=label)

    def goto(self, label: str) -> None:
        self.emit("b {label}", target=label, ends=True)

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, expr: Expr) -> str:
        return _ZERO if expr == Const(0) else super().value(expr)

    def move(self, dest: str, source: str) -> None:
        self.emit("move {0},{1}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        self.emit(f"li {{0}},{number}", (dest,))

    def fits(self, op: str, number: int) -> bool:
        if op in ("and", "or", "xor"):
            return 0 <= number < 1 << 16
        return op in _WITH_NUMBER and abs(number) < 1 << 15

    def operation(self, op: str, dest: str, a: str, b: str | int) -> None:
        if isinstance(b, str):
            self.emit(f"{_NAMES[op]} {{0}},{{1}},{{2}}", (dest,), (a, b))
        else:
            self.emit(f"{_WITH_NUMBER[op]} {{0}},{{1}},{-b if op == 'sub' else b}", (dest,), (a,))

    def negate(self, dest: str, a: str) -> None:
        self.emit("subu {0},$0,{1}", (dest,), (a,))

    def invert(self, dest: str, a: str) -> None:
        self.emit("nor {0},{1},$0", (dest,), (a,))

    def is_zero(self, dest: str, a: str, wanted: bool) -> None:
        self.emit("sltiu {0},{1},1" if wanted else "sltu {0},$0,{1}", (dest,), (a,))

    def is_less(self, dest: str, a: Expr, b: Expr, unsigned: bool) -> None:
        self.emit(f"{'sltu' if unsigned else 'slt'} {{0}},{{1}},{{2}}", (dest,), (self.value(a), self.value(b)))


INSTRUCTION_SET = InstructionSet(
    "MIPS",
    "MIPS",
    BANK,
    Mips,
    (32,),
    fences=_FENCES,
    dependency=("xor {scratch},{source},{source}", "addu {scratch},{scratch},{base}"),
)
