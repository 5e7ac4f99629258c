"""RISC-V: accesses are words, or doublewords if the test's words have 64 bits or memory holds addresses.

Addresses are initial values of registers, as is usual in litmus tests. x0 is always 0.
Source: The RISC-V instruction set manual, volume I, RV64I, "M" for products, and "A".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Expr, Rmw, Statement
from litmus.kernel.emit._signed_words import SignedWords, is_short, sizes
from litmus.kernel.emit.expressions import Comparison
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank

_AMO, _RESERVED = frozenset({"X"}), EXCLUSIVE
_ORDERS = {NO_TAGS: "", frozenset({"Acq"}): ".aq", frozenset({"Rel"}): ".rl", frozenset({"AcqRel"}): ".aqrl"}
_FENCES: Mapping[frozenset[str], str] = {
    **{frozenset({f"Fence.{p}.{s}"}): f"fence {p},{s}" for p in ("r", "w", "rw") for s in ("r", "w", "rw")},
    **{frozenset({name.capitalize()}): name for name in ("fence.tso", "fence.i")},
}
_ZERO = "@zero"
_BRANCHES = {"eq": "beq", "ne": "bne", "lt": "blt", "ge": "bge", "ult": "bltu", "uge": "bgeu"}
_NUMBERS = (*range(5, 8), *range(28, 32), *range(10, 18), *range(8, 10), *range(18, 28))  # temporaries first

BANK = Bank("RISC-V", tuple(f"x{n}" for n in _NUMBERS), {_ZERO: "x0"})


class RiscV(SignedWords):
    """The translation of one thread."""

    machine = "RISC-V assembly"
    fixed = BANK.fixed
    zero = _ZERO
    less_than = (("slt", "slti"), ("sltu", "sltiu"))
    fences = _FENCES
    reach = (1 << 11) - 1

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        if reserve:
            name = f"lr.{self._letter}{self._order(tags, _RESERVED, 'load')}"
            self.emit(f"{name} {{0}},0({{1}})", (dest,), (self.value(addr),), effect=True)
            return
        super().load(dest, addr, tags, reserve)

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        name = f"sc.{self._letter}{self._order(tags, _RESERVED, 'store-conditional')}"
        source, where, failed = self.value(value), self.value(addr), self.fresh()
        self.emit(f"{name} {{0}},{{1}},0({{2}})", (failed,), (source, where), effect=True)
        self.emit("bne {0},x0,{label}", (), (failed,), target=again)

    def _order(self, tags: frozenset[str], always: frozenset[str], what: str) -> str:
        if not always <= tags or tags - always not in _ORDERS:
            raise self.unsupported(f"this {what}")
        return _ORDERS[tags - always]

    @property
    def accesses(self) -> tuple[str, str, str]:
        return f"l{self._letter}", f"s{self._letter}", f"lr.{self._letter}"

    def at(self, register: str, offset: int) -> str:
        return f"{offset}({register})"

    def update(self, update: Rmw, following: Statement | None) -> int:
        order = self._order(update.read_tags, _AMO, "update")
        if update.read_tags != update.write_tags or update.condition is not None:
            raise self.unsupported("this update in one instruction")
        name, operand = self.operand_of(update)
        source, where = self.value(operand), self.value(update.addr)
        text = f"amo{name}.{self._letter}{order}"
        if self.wanted(update):
            self.emit(f"{text} {{0}},{{1}},({{2}})", (update.dest,), (source, where), effect=True)
        else:
            self.emit(f"{text} x0,{{0}},({{1}})", (), (source, where), effect=True)
        return 1

    @property
    def _letter(self) -> str:
        return "w" if self.is_word else "d"

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        if wanted.relation not in _BRANCHES:
            wanted = wanted.swapped
        a, b = self.value(wanted.left), self.value(wanted.right)
        self.emit(f"{_BRANCHES[wanted.relation]} {{0}},{{1}},{{label}}", (), (a, b), target=label)

    def goto(self, label: str) -> None:
        self.emit("j {label}", target=label, ends=True)

    # --- values ------------------------------------------------------------------------------------------------------

    def move(self, dest: str, source: str) -> None:
        self.emit("mv {0},{1}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        self.emit(f"li {{0}},{number}", (dest,))

    def fits(self, op: str, number: int) -> bool:
        return op != "mul" and is_short(-number if op == "sub" else number)

    def operation(self, op: str, dest: str, a: str, b: str | int) -> None:
        self.written(op, "", dest, a, b)

    def word(self, op: str, dest: str, a: str, b: str | int) -> None:
        self.written(op, "w", dest, a, b)

    def extend(self, dest: str, source: str) -> None:
        self.emit("sext.w {0},{1}", (dest,), (source,))

    def negate(self, dest: str, a: str) -> None:
        self.emit("sub {0},x0,{1}", (dest,), (a,))

    def invert(self, dest: str, a: str) -> None:
        self.emit("xori {0},{1},-1", (dest,), (a,))

    def is_zero(self, dest: str, a: str, wanted: bool) -> None:
        self.emit(f"{'seqz' if wanted else 'snez'} {{0}},{{1}}", (dest,), (a,))


_ORDERED = re.compile(
    r"(?P<update>amo\w+\.\w)(?:\.aqrl|\.aq|\.rl)?|(?P<reserve>lr\.\w)(?:\.aqrl|\.aq)?|(?P<conditional>sc\.\w)(?:\.aqrl|\.rl)?"
    r"|(?P<load>l[bhwd]u?)(?:\.aqrl|\.aq)|(?P<store>s[bhwd])(?:\.aqrl|\.rl)"  # these are no instructions of RV64A
)
_LETTERS = {"reserve": "aq", "load": "aq", "conditional": "rl", "store": "rl"}


def _ordered(mnemonic: str) -> Mapping[str, frozenset[str]]:
    """The mnemonics of one access with more or less order; see InstructionSet."""
    found = _ORDERED.fullmatch(mnemonic.lower().replace(".aq.rl", ".aqrl"))
    kind = None if found is None else found.lastgroup
    if found is None or kind is None:
        return {}
    letters = [_LETTERS[kind]] if kind in _LETTERS else ["aq", "rl"]
    orders = {found[kind]: NO_TAGS, **{f"{found[kind]}.{one}": frozenset({one}) for one in letters}}
    return {**orders, f"{found[kind]}.aqrl": frozenset({"aq", "rl"})}


INSTRUCTION_SET = InstructionSet(
    "RISCV",
    "RISC-V",
    BANK,
    RiscV,
    (32, 64),
    sizes,
    fences=_FENCES,
    ordered=_ordered,
    dependency=("xor {scratch},{source},{source}", "add {scratch},{scratch},{base}"),
)
