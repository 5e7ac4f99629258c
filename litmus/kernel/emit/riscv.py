"""RISC-V: accesses are words, or doublewords if the test's words have 64 bits or memory holds addresses.

In a test with 32-bit words, registers hold them sign-extended, like the results of the machine's word instructions.
Addresses are initial values of registers, as is usual in litmus tests. x0 is always 0.
Source: The RISC-V instruction set manual, volume I, RV64I, "M" for products, and "A".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Address, BinaryOperator, Const, Expr, Op, Reg, Rmw, Statement
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_cut, is_truth, mentions
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank
from litmus.kernel.emit.translate import Translation

_AMO, _RESERVED = frozenset({"X"}), EXCLUSIVE
_ORDERS = {NO_TAGS: "", frozenset({"Acq"}): ".aq", frozenset({"Rel"}): ".rl", frozenset({"AcqRel"}): ".aqrl"}
_FENCES: Mapping[frozenset[str], str] = {
    **{frozenset({f"Fence.{p}.{s}"}): f"fence {p},{s}" for p in ("r", "w", "rw") for s in ("r", "w", "rw")},
    **{frozenset({name.capitalize()}): name for name in ("fence.tso", "fence.i")},
}
_ZERO = "@zero"
_BRANCHES = {"eq": "beq", "ne": "bne", "lt": "blt", "ge": "bge", "ult": "bltu", "uge": "bgeu"}
_LOGIC = frozenset({"and", "or", "xor"})
_SHIFTS = {"shl": "sll", "shr": "srl", "sar": "sra"}
_NUMBERS = (*range(5, 8), *range(28, 32), *range(10, 18), *range(8, 10), *range(18, 28))  # temporaries first

BANK = Bank("RISC-V", tuple(f"x{n}" for n in _NUMBERS), {_ZERO: "x0"})


class RiscV(Translation):
    """The translation of one thread."""

    machine = "RISC-V assembly"
    fixed = BANK.fixed

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        if reserve:
            name = f"lr.{self._letter}{self._order(tags, _RESERVED, 'load')}"
            self.emit(f"{name} {{0}},0({{1}})", (dest,), (self.value(addr),), effect=True)
            return
        if tags:
            raise self.unsupported("this load")
        base, offset = self._place(addr)
        self.emit(f"l{self._letter} {{0}},{offset}({{1}})", (dest,), (base,), effect=True)

    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        if tags:
            raise self.unsupported("this store")
        source = self.value(value)
        base, offset = self._place(addr)
        self.emit(f"s{self._letter} {{0}},{offset}({{1}})", (), (source, base), effect=True)

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        name = f"sc.{self._letter}{self._order(tags, _RESERVED, 'store-conditional')}"
        source, where, failed = self.value(value), self.value(addr), self.fresh()
        self.emit(f"{name} {{0}},{{1}},0({{2}})", (failed,), (source, where), effect=True)
        self.emit("bne {0},x0,{label}", (), (failed,), target=again)

    def _order(self, tags: frozenset[str], always: frozenset[str], what: str) -> str:
        if not always <= tags or tags - always not in _ORDERS:
            raise self.unsupported(f"this {what}")
        return _ORDERS[tags - always]

    def _place(self, addr: Expr) -> tuple[str, int]:
        base, offset = self.split(addr)
        return (self.value(base), offset) if _is_short(offset) else (self.value(addr), 0)

    def update(self, update: Rmw, following: Statement | None) -> int:
        order = self._order(update.read_tags, _AMO, "update")
        if update.read_tags != update.write_tags or update.condition is not None:
            raise self.unsupported("this update in one instruction")
        name, operand = self._operand(update)
        source, where = self.value(operand), self.value(update.addr)
        text = f"amo{name}.{self._letter}{order}"
        if self.wanted(update):
            self.emit(f"{text} {{0}},{{1}},({{2}})", (update.dest,), (source, where), effect=True)
        else:
            self.emit(f"{text} x0,{{0}},({{1}})", (), (source, where), effect=True)
        return 1

    def _operand(self, update: Rmw) -> tuple[str, Expr]:
        """What an atomic instruction does, and its operand."""
        old = Reg(update.dest)
        if update.dest not in mentions(update.value):
            return "swap", update.value
        match update.value:
            case Op("add" | "and" | "or" | "xor" as op, (a, b)) if old in (a, b):
                found, operand = op, b if a == old else a
            case Op("sub", (a, b)) if a == old:
                found, operand = "add", Op("neg", (b,)) if not isinstance(b, Const) else self._simple(Op("neg", (b,)))
            case _:
                raise self.unsupported("this update in one instruction")
        wraps = found == "add" and 8 * self.size > self.bits and self.overflows(update.value)
        if update.dest in mentions(operand) or wraps:
            raise self.unsupported("this update in one instruction")
        return found, operand

    def fence(self, tags: frozenset[str]) -> None:
        if tags not in _FENCES:
            raise self.unsupported("this fence")
        self.emit(_FENCES[tags], effect=True)

    @property
    def _letter(self) -> str:
        return "w" if self.size == 4 else "d"

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        if wanted.relation not in _BRANCHES:
            wanted = wanted.swapped
        a, b = self.value(wanted.left), self.value(wanted.right)
        self.emit(f"{_BRANCHES[wanted.relation]} {{0}},{{1}},{{label}}", (), (a, b), target=label)

    def goto(self, label: str) -> None:
        self.emit("j {label}", target=label, ends=True)

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, expr: Expr) -> str:
        return _ZERO if expr == Const(0) else super().value(expr)

    def move(self, dest: str, source: str) -> None:
        self.emit("mv {0},{1}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        self.emit(f"li {{0}},{number}", (dest,))

    def _operate(self, name: str, dest: str, a: Expr, b: Expr) -> None:
        self.emit(f"{name} {{0}},{{1}},{{2}}", (dest,), (self.value(a), self.value(b)))

    def _with_number(self, name: str, dest: str, source: str, number: int) -> None:
        self.emit(f"{name} {{0}},{{1}},{number}", (dest,), (source,))

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is not None:
            self._cut(dest, self.value(cut[0]), cut[1] + 64 - self.bits)
            return
        match expr.op, expr.args:
            case ("land" | "lor") as op, (a, b):
                self._operate("and" if op == "land" else "or", dest, self.truth(a), self.truth(b))
            case "ite", (condition, then, otherwise):
                self._select(dest, self._compared(comparison_of(condition)), then, otherwise)
            case _ if is_truth(expr):
                self._compare(dest, comparison_of(expr))
            case "not", (a,):
                self._with_number("xori", dest, self.value(a), -1)
            case "nor", (a, b):
                self._with_number("xori", dest, self.value(Op("or", (a, b))), -1)
            case "neg", (a,):
                self._arithmetic("sub", dest, Const(0), a)
            case ("add" | "sub" | "mul") as op, (a, b):
                self._arithmetic(op, dest, a, b)
            case ("shl" | "shr" | "sar") as op, (a, b):
                self._shift(op, dest, a, b)
            case op, (a, b) if op in _LOGIC:
                if isinstance(a, Const):
                    a, b = b, a
                number = _short(b)
                if number is None:
                    self._operate(op, dest, a, b)
                else:
                    self._with_number(f"{op}i", dest, self.value(a), number)
            case _:
                raise self.unsupported(f"the operator '{expr.op}'")

    def _cut(self, dest: str, source: str, count: int) -> None:
        """A sign extension that drops the upper `count` bits of a register."""
        if count == 32:
            self.emit("sext.w {0},{1}", (dest,), (source,))
            return
        shifted = self.fresh()
        self._with_number("slli", shifted, source, count)
        self._with_number("srai", dest, shifted, count)

    def _compare(self, dest: str, wanted: Comparison) -> None:
        """Puts the truth of a comparison into a register."""
        if wanted.relation in ("eq", "ne"):
            difference = self.value(wanted.left)
            if wanted.right != Const(0):
                difference = self.value(Op("xor", (wanted.left, wanted.right)))
            self.emit(f"{'seqz' if wanted.relation == 'eq' else 'snez'} {{0}},{{1}}", (dest,), (difference,))
            return
        negative = wanted.relation in ("le", "ge", "ule", "uge")
        less = wanted.opposite if negative else wanted
        if less.relation in ("gt", "ugt"):
            less = less.swapped
        result = self.fresh() if negative else dest
        name, number = "sltu" if less.relation == "ult" else "slt", _short(less.right)
        if number is None or not number:
            self._operate(name, result, less.left, less.right)
        else:
            self._with_number("sltiu" if name == "sltu" else "slti", result, self.value(less.left), number)
        if negative:
            self._with_number("xori", dest, result, 1)

    def _select(self, dest: str, wanted: Comparison, then: Expr, otherwise: Expr) -> None:
        """One of two values, by a mask, which depends on the comparison without a branch."""
        truth, mask, differing = self.fresh(), self.fresh(), self.fresh()
        self._compare(truth, wanted)
        self.emit("sub {0},x0,{1}", (mask,), (truth,))
        kept, other = self.value(Op("xor", (then, otherwise))), self.value(otherwise)
        self.emit("and {0},{1},{2}", (differing,), (kept, mask))
        self.emit("xor {0},{1},{2}", (dest,), (differing, other))

    def _arithmetic(self, op: BinaryOperator, dest: str, a: Expr, b: Expr) -> None:
        """Addition, subtraction, multiplication; with 32-bit words, of words for numbers but not for addresses."""
        if isinstance(a, Const) and op != "sub":
            a, b = b, a
        letter = ""
        if self.bits == 32 and not (self.range_of(a).addresses or self.range_of(b).addresses):
            letter = "w"
        elif self.bits == 32 and (op == "mul" or self.overflows(Op(op, (a, b)))):
            raise self.unsupported("arithmetic on a value that may be an address or a number")
        constant = b.value if isinstance(b, Const) and isinstance(b.value, int) else None
        if constant is not None and op != "mul" and _is_short(number := constant if op == "add" else -constant):
            self._with_number(f"addi{letter}", dest, self.value(a), number)
            return
        self._operate(f"{op}{letter}", dest, a, b)

    def _shift(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        name, count = _SHIFTS[op], self.range_of(b)
        if not count.within(0, 63):
            raise self.unsupported("a shift by a count that may exceed a word")
        number = b.value if isinstance(b, Const) and isinstance(b.value, int) else None
        if self.bits == 32 and count.within(0, 31):
            name += "w"
        shifted, source = dest, self.value(a)
        if self.bits == 32 and name in ("sll", "srl"):  # in 64 bits, as no word is left where the count is 32 or more
            shifted = self.fresh()
            if name == "srl":
                upper, unsigned = self.fresh(), self.fresh()
                self._with_number("slli", upper, source, 32)
                self._with_number("srli", unsigned, upper, 32)
                source = unsigned
        if number is None:
            self.emit(f"{name} {{0}},{{1}},{{2}}", (shifted,), (source, self.value(b)))
        else:
            immediate = f"{name[:-1]}iw" if name.endswith("w") else f"{name}i"
            self._with_number(immediate, shifted, source, number)
        if shifted != dest:
            self.emit("sext.w {0},{1}", (dest,), (shifted,))


def _is_short(number: int) -> bool:
    """Whether a number fits into an instruction."""
    return -(1 << 11) <= number < 1 << 11


def _short(expr: Expr) -> int | None:
    """The value of a constant that fits into an instruction; None for other expressions."""
    if isinstance(expr, Const) and not isinstance(expr.value, Address) and _is_short(expr.value):
        return expr.value
    return None


def _sizes(bits: int, addresses: bool) -> tuple[int, ...]:
    return (8,) if bits == 64 or addresses else (4, 8)


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
    _sizes,
    fences=_FENCES,
    ordered=_ordered,
    dependency=("xor {scratch},{source},{source}", "add {scratch},{scratch},{base}"),
)
