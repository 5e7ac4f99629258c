"""Alpha: accesses are quadwords, or longwords if the test has arrays of longwords.

In a test with 32-bit words, registers hold them sign-extended, like the results of the machine's longword operations.
Addresses are initial values of registers; symbolic addresses would be macros of the assembler. $31 is 0.
Source: Alpha Architecture Handbook, version 4, chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Address, BinaryOperator, Const, Expr, Op, Rmw, Statement
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_cut, is_truth
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank
from litmus.kernel.emit.translate import Translation

_FENCES: Mapping[frozenset[str], str] = {frozenset({name.upper()}): name for name in ("mb", "wmb", "imb")}
_ZERO = "@zero"
_COMPARES = {"eq": ("cmpeq", True), "lt": ("cmplt", True), "le": ("cmple", True), "ult": ("cmpult", True)}
_COMPARES |= {"ne": ("cmpeq", False), "ge": ("cmplt", False), "gt": ("cmple", False), "uge": ("cmpult", False)}
_COMPARES |= {"ule": ("cmpule", True), "ugt": ("cmpule", False)}
_WITH_ZERO = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
_OPERATIONS = {"and": "and", "or": "bis", "xor": "xor"}
_NUMBERS = (*range(1, 9), *range(22, 26), *range(16, 22), *range(9, 16), 0, 27)  # temporaries first


BANK = Bank("Alpha", tuple(f"${n}" for n in _NUMBERS), {_ZERO: "$31"})


class Alpha(Translation):
    """The translation of one thread."""

    machine = "Alpha assembly"
    fixed = BANK.fixed

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        if tags != (EXCLUSIVE if reserve else NO_TAGS):
            raise self.unsupported("this load")
        base, offset = self._place(addr)
        self.emit(f"ld{self._letter}{'_l' if reserve else ''} {{0}},{offset}({{1}})", (dest,), (base,), effect=True)

    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        if tags:
            raise self.unsupported("this store")
        source = self.value(value)
        base, offset = self._place(addr)
        self.emit(f"st{self._letter} {{0}},{offset}({{1}})", (), (source, base), effect=True)

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        if tags != EXCLUSIVE:
            raise self.unsupported("this store-conditional")
        success = self.fresh()  # holds the value to store, then whether the store succeeded
        self.into(success, value)
        base, offset = self._place(addr)
        self.emit(f"st{self._letter}_c {{0}},{offset}({{2}})", (success,), (success, base), effect=True)
        self.emit("beq {0},{label}", (), (success,), target=again)

    def _place(self, addr: Expr) -> tuple[str, int]:
        base, offset = self.split(addr)
        if -(1 << 15) <= offset < 1 << 15:
            return self.value(base), offset
        return self.value(addr), 0

    def update(self, update: Rmw, following: Statement | None) -> int:
        raise self.unsupported("an update in one instruction")

    def fence(self, tags: frozenset[str]) -> None:
        if tags not in _FENCES:
            raise self.unsupported("this fence")
        self.emit(_FENCES[tags], effect=True)

    @property
    def _letter(self) -> str:
        return "l" if self.size == 4 else "q"

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        if wanted.relation in _WITH_ZERO and wanted.right == Const(0):
            self.emit(f"b{wanted.relation} {{0}},{{label}}", (), (self.value(wanted.left),), target=label)
            return
        register = self.fresh()
        branch = "bne" if self._compare(register, wanted) else "beq"
        self.emit(f"{branch} {{0}},{{label}}", (), (register,), target=label)

    def goto(self, label: str) -> None:
        self.emit("br {label}", target=label, ends=True)

    def _compare(self, dest: str, wanted: Comparison) -> bool:
        """Puts the truth of a comparison into a register, or of its negation; returns False for the negation."""
        name, positive = _COMPARES[wanted.relation]
        self._operate(name, dest, wanted.left, wanted.right)
        return positive

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, expr: Expr) -> str:
        return _ZERO if expr == Const(0) else super().value(expr)

    def move(self, dest: str, source: str) -> None:
        self.emit("mov {1},{0}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        if 0 <= number < 256:
            self.emit(f"mov {number},{{0}}", (dest,))
        elif -(1 << 15) <= number < 1 << 15:
            self.emit(f"lda {{0}},{number}($31)", (dest,))
        else:
            self.move(dest, self.preset(number))

    def _operate(self, name: str, dest: str, a: Expr, b: Expr) -> None:
        """An operation on a register and another register or 8-bit number."""
        left = self.value(a)
        number = _literal(b)
        if number is not None:
            self.emit(f"{name} {{1}},{number},{{0}}", (dest,), (left,))
        else:
            self.emit(f"{name} {{1}},{{2}},{{0}}", (dest,), (left, self.value(b)))

    def _extend(self, dest: str, source: str) -> None:
        """Sign-extends the low half of a register, as longword operations do."""
        self.emit("addl {1},0,{0}", (dest,), (source,))

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is not None:
            self._cut(dest, self.value(cut[0]), cut[1] + 64 - self.bits)
            return
        match expr.op, expr.args:
            case ("land" | "lor") as op, (a, b):
                self._operate("and" if op == "land" else "bis", dest, self.truth(a), self.truth(b))
            case "ite", (condition, then, otherwise):
                self._select(dest, self._compared(comparison_of(condition)), then, otherwise)
            case _ if is_truth(expr):
                if not self._compare(dest, comparison_of(expr)):
                    self.emit("xor {1},1,{0}", (dest,), (dest,))
            case "not", (a,):
                self.emit("ornot $31,{1},{0}", (dest,), (self.value(a),))
            case "nor", (a, b):
                either = self.value(Op("or", (a, b)))
                self.emit("ornot $31,{1},{0}", (dest,), (either,))
            case "neg", (a,):
                self._arithmetic("sub", dest, Const(0), a)
            case ("add" | "sub" | "mul") as op, (a, b):
                self._arithmetic(op, dest, a, b)
            case ("shl" | "shr" | "sar") as op, (a, b):
                self._shift(op, dest, a, b)
            case op, (a, b) if op in _OPERATIONS:
                if isinstance(a, Const):
                    a, b = b, a
                self._operate(_OPERATIONS[op], dest, a, b)
            case _:
                raise self.unsupported(f"the operator '{expr.op}'")

    def _cut(self, dest: str, source: str, count: int) -> None:
        """A sign extension that drops the upper `count` bits of a register."""
        if count == 32:
            self._extend(dest, source)
            return
        shifted = self.fresh()
        self.emit(f"sll {{1}},{count},{{0}}", (shifted,), (source,))
        self.emit(f"sra {{1}},{count},{{0}}", (dest,), (shifted,))

    def _select(self, dest: str, wanted: Comparison, then: Expr, otherwise: Expr) -> None:
        result = self.fresh()
        if wanted.relation in _WITH_ZERO and wanted.right == Const(0):
            register, relation = self.value(wanted.left), wanted.relation
        else:
            register = self.fresh()
            relation = "ne" if self._compare(register, wanted) else "eq"
        number = _literal(then)
        moved = None if number is not None else self.value(then)
        self.into(result, otherwise)
        if moved is None:
            self.emit(f"cmov{relation} {{1}},{number},{{0}}", (result,), (register, result))
        else:
            self.emit(f"cmov{relation} {{1}},{{2}},{{0}}", (result,), (register, moved, result))
        self.move(dest, result)

    def _arithmetic(self, op: BinaryOperator, dest: str, a: Expr, b: Expr) -> None:
        """Addition, subtraction, multiplication; with 32-bit words, of longwords for numbers but not for addresses."""
        if isinstance(a, Const) and op != "sub":
            a, b = b, a
        letter = "q"
        if self.bits == 32 and not (self.range_of(a).addresses or self.range_of(b).addresses):
            letter = "l"
        elif self.bits == 32 and (op == "mul" or self.overflows(Op(op, (a, b)))):
            raise self.unsupported("arithmetic on a value that may be an address or a number")
        constant = b.value if isinstance(b, Const) and isinstance(b.value, int) else None
        if constant is not None and op in ("add", "sub"):
            number = constant if op == "add" else -constant
            if -256 < number < 256:
                name = "add" if number >= 0 else "sub"
                self.emit(f"{name}{letter} {{1}},{abs(number)},{{0}}", (dest,), (self.value(a),))
                return
            if letter == "q" and -(1 << 15) <= number < 1 << 15:
                self.emit(f"lda {{0}},{number}({{1}})", (dest,), (self.value(a),))
                return
        self._operate(f"{op}{letter}", dest, a, b)

    def _shift(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        if not self.range_of(b).within(0, 63):
            raise self.unsupported("a shift by a count that may exceed a word")
        name = {"shl": "sll", "shr": "srl", "sar": "sra"}[op]
        if self.bits == 64 or op == "sar":
            self._operate(name, dest, a, b)
            return
        shifted = self.fresh()
        if op == "shl":
            self._operate(name, shifted, a, b)
        else:
            upper, unsigned = self.fresh(), self.fresh()
            self.emit("sll {1},32,{0}", (upper,), (self.value(a),))
            self.emit("srl {1},32,{0}", (unsigned,), (upper,))
            number = _literal(b)
            count = str(number) if number is not None else "{2}"
            reads = (unsigned,) if number is not None else (unsigned, self.value(b))
            self.emit(f"srl {{1}},{count},{{0}}", (shifted,), reads)
        self._extend(dest, shifted)


def _literal(expr: Expr) -> int | None:
    """The value of an 8-bit constant; None for other expressions."""
    if isinstance(expr, Const) and not isinstance(expr.value, Address) and 0 <= expr.value < 256:
        return expr.value
    return None


def _sizes(bits: int, addresses: bool) -> tuple[int, ...]:
    return (8,) if bits == 64 or addresses else (8, 4)


INSTRUCTION_SET = InstructionSet(
    "ALPHA",
    "Alpha",
    BANK,
    Alpha,
    (32, 64),
    _sizes,
    fences=_FENCES,
    dependency=("xor {source},{source},{scratch}", "addq {scratch},{base},{scratch}"),
)
