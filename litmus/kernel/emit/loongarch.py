"""LoongArch: accesses are words, or doublewords if the test's words have 64 bits or memory holds addresses.

Addresses are initial values of registers. $r0 is always 0.
Source: LoongArch reference manual, volume 1, basic architecture, version 1.10, chapter 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.ir.thread import Expr, Rmw, Statement
from litmus.kernel.emit._signed_words import SignedWords, is_short, sizes
from litmus.kernel.emit.expressions import Comparison
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank

_RESERVED = frozenset({"EX"})
_UPDATES = {frozenset({"X"}): "", frozenset({"X", "DB"}): "_db"}
_BEFORE, _BEHIND = {"rw": 0, "r": 4, "w": 8}, {"rw": 0, "r": 1, "w": 2}  # bits that leave writes or reads out
_FENCES: Mapping[frozenset[str], str] = {
    # bit 4 is set: the barrier orders accesses, and does not wait for their completion
    **{frozenset({f"DBAR.{p}.{s}"}): f"dbar {16 + _BEFORE[p] + _BEHIND[s]}" for p in _BEFORE for s in _BEHIND},
    frozenset({"DBAR.SAME"}): "dbar 0x700",
}
_ZERO = "@zero"
_BRANCHES = {"eq": "beq", "ne": "bne", "lt": "blt", "ge": "bge", "ult": "bltu", "uge": "bgeu"}
_LOGIC = frozenset({"and", "or", "xor"})

BANK = Bank("LoongArch", tuple(f"$r{n}" for n in (*range(12, 21), *range(4, 12), *range(23, 32))), {_ZERO: "$r0"})


class LoongArch(SignedWords):
    """The translation of one thread."""

    machine = "LoongArch assembly"
    fixed = BANK.fixed
    zero = _ZERO
    less_than = (("slt", "slti"), ("sltu", "sltui"))
    reserving = _RESERVED
    fences = _FENCES
    reach = (1 << 11) - 1

    # --- memory ------------------------------------------------------------------------------------------------------

    @property
    def accesses(self) -> tuple[str, str, str]:
        return f"ld.{self._letter}", f"st.{self._letter}", f"ll.{self._letter}"

    @property
    def _letter(self) -> str:
        return "w" if self.is_word else "d"

    def at(self, register: str, offset: int) -> str:
        return f"{register},{offset}"

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        if tags != _RESERVED:
            raise self.unsupported("this store-conditional")
        success = self.fresh()  # holds the value to store, then whether the store succeeded
        self.into(success, value)
        self.emit(f"sc.{self._letter} {{0}},{{2}},0", (success,), (success, self.value(addr)), effect=True)
        self.emit("beqz {0},{label}", (), (success,), target=again)

    def update(self, update: Rmw, following: Statement | None) -> int:
        known = update.read_tags in _UPDATES and update.read_tags == update.write_tags
        if not known or update.condition is not None:
            raise self.unsupported("this update in one instruction")
        name, operand = self.operand_of(update)
        source, where = self.value(operand), self.value(update.addr)
        text = f"am{name}{_UPDATES[update.read_tags]}.{self._letter}"
        if self.wanted(update):
            self.emit(f"{text} {{0}},{{1}},{{2}}", (update.dest,), (source, where), effect=True)
        else:
            self.emit(f"{text} $r0,{{0}},{{1}}", (), (source, where), effect=True)
        return 1

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        if wanted.relation not in _BRANCHES:
            wanted = wanted.swapped
        a, b = self.value(wanted.left), self.value(wanted.right)
        self.emit(f"{_BRANCHES[wanted.relation]} {{0}},{{1}},{{label}}", (), (a, b), target=label)

    def goto(self, label: str) -> None:
        self.emit("b {label}", target=label, ends=True)

    # --- values ------------------------------------------------------------------------------------------------------

    def move(self, dest: str, source: str) -> None:
        self.emit("move {0},{1}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        letter = "w" if -(1 << 31) <= number < 1 << 31 else "d"
        self.emit(f"li.{letter} {{0}},{number}", (dest,))

    def fits(self, op: str, number: int) -> bool:
        if op in _LOGIC:
            return 0 <= number < 1 << 12
        return op in ("add", "sub") and is_short(-number if op == "sub" else number)

    def operation(self, op: str, dest: str, a: str, b: str | int) -> None:
        self.written(op, "" if op in _LOGIC else ".d", dest, a, b)

    def word(self, op: str, dest: str, a: str, b: str | int) -> None:
        self.written(op, ".w", dest, a, b)

    def extend(self, dest: str, source: str) -> None:
        self.emit("slli.w {0},{1},0", (dest,), (source,))

    def negate(self, dest: str, a: str) -> None:
        self.emit("sub.d {0},$r0,{1}", (dest,), (a,))

    def invert(self, dest: str, a: str) -> None:
        self.emit("nor {0},{1},$r0", (dest,), (a,))

    def is_zero(self, dest: str, a: str, wanted: bool) -> None:
        self.emit("sltui {0},{1},1" if wanted else "sltu {0},$r0,{1}", (dest,), (a,))


INSTRUCTION_SET = InstructionSet(
    "LoongArch",
    "LoongArch",
    BANK,
    LoongArch,
    (32, 64),
    sizes,
    fences=_FENCES,
    dependency=("xor {scratch},{source},{source}", "add.d {scratch},{scratch},{base}"),
)
