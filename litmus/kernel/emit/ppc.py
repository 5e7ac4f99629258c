"""PowerPC: loads and stores of words, or of doublewords if the test's words have 64 bits.

The value of a comparison is computed by isel, which depends on the compared values without a branch. Addresses are
initial values of registers, as is usual in litmus tests. r0 is not used, because some instructions read it as 0.
Source: Power ISA 2.07, book I, chapters 2 and 3, and book II, chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Address, Const, Expr, Op, Rmw, Statement
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_cut, is_truth
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank
from litmus.kernel.emit.translate import Translation

_FENCES: Mapping[frozenset[str], str] = {
    frozenset({name.upper()}): name for name in ("sync", "lwsync", "eieio", "isync")
}
_FLAGS = {"eq": ("eq", True), "lt": ("lt", True), "gt": ("gt", True)}
_FLAGS |= {"ne": ("eq", False), "ge": ("lt", False), "le": ("gt", False)}
_OPERATIONS = frozenset({"add", "sub", "and", "or", "xor", "nor"})  # operators that are called like their instructions
_EXTENSIONS = {8: "extsb", 16: "extsh", 32: "extsw"}
_CONDITION = "@cr0"

BANK = Bank("PowerPC", tuple(f"r{n}" for n in range(1, 32)), {_CONDITION: ""})


class Ppc(Translation):
    """The translation of one thread."""

    machine = "PowerPC"
    fixed = BANK.fixed

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        if tags != (EXCLUSIVE if reserve else NO_TAGS):
            raise self.unsupported("this load")
        if reserve:
            self.emit(f"l{self._letter}arx {{0}},r0,{{1}}", (dest,), (self.value(addr),), effect=True)
        else:
            self._access("lwz" if self.size == 4 else "ld", (dest,), (), addr)

    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        if tags:
            raise self.unsupported("this store")
        self._access("stw" if self.size == 4 else "std", (), (self.value(value),), addr)

    def _access(self, name: str, writes: tuple[str, ...], reads: tuple[str, ...], addr: Expr) -> None:
        base, offset = self.split(addr)
        if -(1 << 15) <= offset < 1 << 15 and (base, offset) != (addr, 0):
            self.emit(f"{name} {{0}},{offset}({{1}})", writes, (*reads, self.value(base)), effect=True)
        elif isinstance(addr, Op) and addr.op == "add":
            a, b = (self.value(arg) for arg in addr.args)
            self.emit(f"{name}x {{0}},{{1}},{{2}}", writes, (*reads, a, b), effect=True)
        else:
            self.emit(f"{name} {{0}},0({{1}})", writes, (*reads, self.value(addr)), effect=True)

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        if tags != EXCLUSIVE:
            raise self.unsupported("this store-conditional")
        source, where = self.value(value), self.value(addr)
        self.emit(f"st{self._letter}cx. {{1}},r0,{{2}}", (_CONDITION,), (source, where), effect=True)
        self.emit("bne {label}", (), (_CONDITION,), target=again)

    def update(self, update: Rmw, following: Statement | None) -> int:
        raise self.unsupported("an update in one instruction")

    def fence(self, tags: frozenset[str]) -> None:
        if tags not in _FENCES:
            raise self.unsupported("this fence")
        self.emit(_FENCES[tags], effect=True)

    @property
    def _letter(self) -> str:
        return "w" if self.size == 4 else "d"

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        self.emit(f"b{self._compare(wanted)} {{label}}", (), (_CONDITION,), target=label)

    def goto(self, label: str) -> None:
        self.emit("b {label}", target=label, ends=True)

    def _compare(self, wanted: Comparison) -> str:
        """Adds a comparison; returns the relation that the next branch or isel must test."""
        logical = wanted.relation[0] == "u"
        name = f"cmp{'l' if logical else ''}{'w' if self.bits == 32 else 'd'}"
        low, high = (0, 1 << 16) if logical else (-(1 << 15), 1 << 15)
        left, right = self.value(wanted.left), _number(wanted.right, low, high)
        if right is not None:
            self.emit(f"{name}i {{1}},{right}", (_CONDITION,), (left,))
        else:
            self.emit(f"{name} {{1}},{{2}}", (_CONDITION,), (left, self.value(wanted.right)))
        return wanted.relation[1:] if logical else wanted.relation

    # --- values ------------------------------------------------------------------------------------------------------

    def move(self, dest: str, source: str) -> None:
        self.emit("mr {0},{1}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        if -(1 << 15) <= number < 1 << 15:
            self.emit(f"li {{0}},{number}", (dest,))
        else:
            self.move(dest, self.preset(number))

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is not None and self.bits - cut[1] in _EXTENSIONS:
            self.emit(f"{_EXTENSIONS[self.bits - cut[1]]} {{0}},{{1}}", (dest,), (self.value(cut[0]),))
            return
        match expr.op, expr.args:
            case ("land" | "lor") as op, args:
                a, b = (self.value(self.truth(arg)) for arg in args)
                self.emit(f"{'and' if op == 'land' else 'or'} {{0}},{{1}},{{2}}", (dest,), (a, b))
            case "ite", (condition, then, otherwise):
                a, b = self.value(then), self.value(otherwise)
                self._select(dest, self._compared(comparison_of(condition)), a, b)
            case _ if is_truth(expr):
                self._select(dest, comparison_of(expr), self.value(Const(1)), self.value(Const(0)))
            case "not", (a,):
                self.emit("nor {0},{1},{1}", (dest,), (self.value(a),))
            case "neg", (a,):
                self.emit("neg {0},{1}", (dest,), (self.value(a),))
            case _, (a, b):
                self._binary(dest, expr.op, a, b)
            case _:
                raise self.unsupported(f"the operator '{expr.op}'")

    def _select(self, dest: str, wanted: Comparison, then: str, otherwise: str) -> None:
        flag, positive = _FLAGS[self._compare(wanted)]
        chosen = (then, otherwise) if positive else (otherwise, then)
        self.emit(f"isel{flag} {{0}},{{1}},{{2}}", (dest,), (*chosen, _CONDITION))

    def _binary(self, dest: str, op: str, a: Expr, b: Expr) -> None:
        if isinstance(a, Const) and op in ("add", "and", "or", "xor"):
            a, b = b, a
        immediate = self._immediate(op, b)
        if immediate is not None:
            writes = (dest, _CONDITION) if op == "and" else (dest,)
            self.emit(f"{immediate[0]} {{0}},{{{len(writes)}}},{immediate[1]}", writes, (self.value(a),))
            return
        name = op if op in _OPERATIONS else self._of_width(op, b)
        self.emit(f"{name} {{0}},{{1}},{{2}}", (dest,), (self.value(a), self.value(b)))

    def _immediate(self, op: str, b: Expr) -> tuple[str, int] | None:
        """The immediate form of an operator, and its number."""
        match op:
            case "add" | "mul" if (number := _number(b, -(1 << 15), 1 << 15)) is not None:
                return "addi" if op == "add" else "mulli", number
            case "sub" if (number := _number(b, 1 - (1 << 15), (1 << 15) + 1)) is not None:
                return "addi", -number
            case "and" | "or" | "xor" if (number := _number(b, 0, 1 << 16)) is not None:
                return {"and": "andi.", "or": "ori", "xor": "xori"}[op], number
            case "shl" | "shr" | "sar" if (number := _number(b, 0, self.bits)) is not None:
                suffix = "w" if self.bits == 32 else "d"
                return {"shl": f"sl{suffix}i", "shr": f"sr{suffix}i", "sar": f"sra{suffix}i"}[op], number
        return None

    def _of_width(self, op: str, b: Expr) -> str:
        """The instruction on two registers for an operator with a different instruction for each width."""
        suffix = "w" if self.bits == 32 else "d"
        if op in ("shl", "shr", "sar"):
            # the machine uses the count modulo twice the width
            if not self.range_of(b).within(0, 2 * self.bits - 1):
                raise self.unsupported("a shift by a count that may exceed a word")
            return {"shl": f"sl{suffix}", "shr": f"sr{suffix}", "sar": f"sra{suffix}"}[op]
        if op in ("mul", "div"):
            return f"{'mull' if op == 'mul' else 'div'}{suffix}"
        raise self.unsupported(f"the operator '{op}'")


def _number(expr: Expr, low: int, high: int) -> int | None:
    """The value of a constant with `low` <= value < `high`; None for other expressions."""
    if isinstance(expr, Const) and not isinstance(expr.value, Address) and low <= expr.value < high:
        return expr.value
    return None


INSTRUCTION_SET = InstructionSet(
    "PPC",
    "PowerPC",
    BANK,
    Ppc,
    (32, 64),
    fences=_FENCES,
    dependency=("xor {scratch},{source},{source}", "add {scratch},{scratch},{base}"),
)
