"""Machines with operations on three registers, loads, stores, exclusives and fences, and words of 32 bits.

The value of a comparison and the choice of one of two values are computed without a branch or an instruction on a
condition, so that they depend on what is compared. An update is a loop of a load that reserves and a conditional store.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, NO_TAGS, Address, Const, Expr, Op, Rmw, Statement
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_cut, is_truth
from litmus.kernel.emit.translate import Translation

_NEGATIVE = frozenset({"le", "ge", "ule", "uge"})


class Risc(Translation):
    """The translation of one thread.

    `accesses` are the mnemonics of a load, a store and a load that reserves, tagged `reserving`; `fences` has
    the text of each fence. An offset in an instruction is at most `reach`, in either direction.
    """

    reserving: frozenset[str] = EXCLUSIVE
    fences: Mapping[frozenset[str], str]
    reach: int

    @property
    @abstractmethod
    def accesses(self) -> tuple[str, str, str]:
        """The mnemonics of accesses."""

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        if tags != (self.reserving if reserve else NO_TAGS):
            raise self.unsupported("this load")
        base, offset = (self.value(addr), 0) if reserve else self._place(addr)
        name = self.accesses[2 if reserve else 0]
        self.emit(f"{name} {{0}},{self.at('{1}', offset)}", (dest,), (base,), effect=True)

    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        if tags:
            raise self.unsupported("this store")
        source = self.value(value)
        base, offset = self._place(addr)
        self.emit(f"{self.accesses[1]} {{0}},{self.at('{1}', offset)}", (), (source, base), effect=True)

    def _place(self, addr: Expr) -> tuple[str, int]:
        """The register of an address, and its offset."""
        base, offset = self.split(addr)
        return (self.value(base), offset) if abs(offset) <= self.reach else (self.value(addr), 0)

    @abstractmethod
    def at(self, register: str, offset: int) -> str:
        """An operand in memory."""

    def update(self, update: Rmw, following: Statement | None) -> int:
        raise self.unsupported("an update in one instruction")

    def fence(self, tags: frozenset[str]) -> None:
        if tags not in self.fences:
            raise self.unsupported("this fence")
        self.emit(self.fences[tags], effect=True)

    # --- values ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def fits(self, op: str, number: int) -> bool:
        """Whether a number can be the second operand of an operation."""

    @abstractmethod
    def operation(self, op: str, dest: str, a: str, b: str | int) -> None:
        """`dest := a op b`, where `b` is a register or a number that fits."""

    @abstractmethod
    def negate(self, dest: str, a: str) -> None:
        """`dest := -a`"""

    @abstractmethod
    def invert(self, dest: str, a: str) -> None:
        """`dest := ~a`"""

    def operate(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        """`dest := a op b`"""
        number = b.value if isinstance(b, Const) and not isinstance(b.value, Address) else None
        left = self.value(a)
        self.operation(op, dest, left, number if number is not None and self.fits(op, number) else self.value(b))

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is not None:
            shifted = self.fresh()
            self.operate("shl", shifted, cut[0], Const(cut[1]))
            self.operation("sar", dest, shifted, cut[1])
            return
        match expr.op, expr.args:
            case ("land" | "lor") as op, (a, b):
                self.operate("and" if op == "land" else "or", dest, self.truth(a), self.truth(b))
            case "ite", (condition, then, otherwise):
                self._select(dest, self._compared(comparison_of(condition)), then, otherwise)
            case _ if is_truth(expr):
                self.compare(dest, comparison_of(expr))
            case "not", (a,):
                self.invert(dest, self.value(a))
            case "nor", (a, b):
                self.invert(dest, self.value(Op("or", (a, b))))
            case "neg", (a,):
                self.negate(dest, self.value(a))
            case ("shl" | "shr" | "sar") as op, (a, b):
                if not self.range_of(b).within(0, 31):
                    raise self.unsupported("a shift by a count that may exceed a word")
                self.operate(op, dest, a, b)
            case ("add" | "mul" | "and" | "or" | "xor") as op, (a, b):
                a, b = (b, a) if isinstance(a, Const) else (a, b)
                self.operate(op, dest, a, b)
            case "sub", (a, b):
                self.operate("sub", dest, a, b)
            case _:
                raise self.unsupported(f"the operator '{expr.op}'")

    def compare(self, dest: str, wanted: Comparison) -> None:
        """Puts the truth of a comparison into a register."""
        if wanted.relation in ("eq", "ne"):
            difference = self.value(wanted.left)
            if wanted.right != Const(0):
                difference = self.value(Op("xor", (wanted.left, wanted.right)))
            self.is_zero(dest, difference, wanted.relation == "eq")
            return
        negative = wanted.relation in _NEGATIVE
        less = wanted.opposite if negative else wanted
        if less.relation in ("gt", "ugt"):
            less = less.swapped
        result = self.fresh() if negative else dest
        self.is_less(result, less.left, less.right, less.relation == "ult")
        if negative:
            self.operation("xor", dest, result, 1)

    @abstractmethod
    def is_zero(self, dest: str, a: str, wanted: bool) -> None:
        """1 if a register is 0, or if it is not `wanted`, is not 0; else 0."""

    @abstractmethod
    def is_less(self, dest: str, a: Expr, b: Expr, unsigned: bool) -> None:
        """1 if one value is less than another, else 0."""

    def _select(self, dest: str, wanted: Comparison, then: Expr, otherwise: Expr) -> None:
        """One of two values, by a mask."""
        truth, mask, differing = self.fresh(), self.fresh(), self.fresh()
        self.compare(truth, wanted)
        self.negate(mask, truth)
        kept, other = self.value(Op("xor", (then, otherwise))), self.value(otherwise)
        self.operation("and", differing, kept, mask)
        self.operation("xor", dest, differing, other)
