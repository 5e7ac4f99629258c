"""ARM of 32 bits: accesses are words. Addresses are initial values of registers.

Source: ARM Architecture Reference Manual, ARMv7-A and ARMv7-R edition, DDI 0406, section A8.8.
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, Address, Const, Expr
from litmus.kernel.emit._risc import Risc
from litmus.kernel.emit.expressions import Comparison
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank

_OPTIONS = ("SY", "ST", "ISH", "ISHST", "OSH", "OSHST", "NSH", "NSHST")
_NAMES = {"add": "ADD", "sub": "SUB", "mul": "MUL", "and": "AND", "or": "ORR", "xor": "EOR"}
_NAMES |= {"shl": "LSL", "shr": "LSR", "sar": "ASR"}
_CONDITIONS = {"eq": "EQ", "ne": "NE", "lt": "LT", "le": "LE", "gt": "GT", "ge": "GE"}
_CONDITIONS |= {"ult": "CC", "ule": "LS", "ugt": "HI", "uge": "CS"}
_SHIFTS = frozenset({"shl", "shr", "sar"})
_FLAGS = "@flags"
_FENCES: Mapping[frozenset[str], str] = {
    **{
        frozenset({name if option == "SY" else f"{name}.{option}"}): f"{name} {option}"
        for name in ("DMB", "DSB")
        for option in _OPTIONS
    },
    frozenset({"ISB"}): "ISB",
}

BANK = Bank("ARM", tuple(f"R{n}" for n in range(13)), {_FLAGS: ""})


class Arm(Risc):
    """The translation of one thread."""

    machine = "ARM assembly"
    fixed = BANK.fixed
    fences = _FENCES
    reach = 4095

    @property
    def accesses(self) -> tuple[str, str, str]:
        return "LDR", "STR", "LDREX"

    def at(self, register: str, offset: int) -> str:
        return f"[{register},#{offset}]" if offset else f"[{register}]"

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        if tags != EXCLUSIVE:
            raise self.unsupported("this store-conditional")
        source, where, status = self.value(value), self.value(addr), self.fresh()
        self.emit("STREX {0},{1},[{2}]", (status,), (source, where), effect=True)
        # the status needs a register other than these two
        self.emit("CMP {1},#0", (_FLAGS,), (status, source, where))
        self.emit("BNE {label}", (), (_FLAGS,), target=again)

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        left, right = self.value(wanted.left), wanted.right
        if isinstance(right, Const) and not isinstance(right.value, Address) and 0 <= right.value < 256:
            self.emit(f"CMP {{1}},#{right.value}", (_FLAGS,), (left,))
        else:
            self.emit("CMP {1},{2}", (_FLAGS,), (left, self.value(right)))
        self.emit(f"B{_CONDITIONS[wanted.relation]} {{label}}", (), (_FLAGS,), target=label)

    def goto(self, label: str) -> None:
        self.emit("B {label}", target=label, ends=True)

    # --- values ------------------------------------------------------------------------------------------------------

    def move(self, dest: str, source: str) -> None:
        self.emit("MOV {0},{1}", (dest,), (source,), move=True)

    def constant(self, dest: str, number: int) -> None:
        if 0 <= number < 1 << 16:
            self.emit(f"MOV{'W' if number > 255 else ''} {{0}},#{number}", (dest,))
        elif -256 <= number < 0:
            self.emit(f"MVN {{0}},#{~number}", (dest,))
        else:
            self.move(dest, self.preset(number))

    def fits(self, op: str, number: int) -> bool:
        if op in ("add", "sub"):
            return abs(number) < 256
        return op != "mul" and 0 <= number < 256

    def operation(self, op: str, dest: str, a: str, b: str | int) -> None:
        if isinstance(b, str):
            self.emit(f"{_NAMES[op]} {{0}},{{1}},{{2}}", (dest,), (a, b))
            return
        if b < 0:
            op, b = "sub" if op == "add" else "add", -b
        self.emit(f"{_NAMES[op]} {{0}},{{1}},#{b}", (dest,), (a,))

    def negate(self, dest: str, a: str) -> None:
        self.emit("RSB {0},{1},#0", (dest,), (a,))

    def invert(self, dest: str, a: str) -> None:
        self.emit("MVN {0},{1}", (dest,), (a,))

    def is_zero(self, dest: str, a: str, wanted: bool) -> None:
        negative, either = self.fresh(), self.fresh()
        self.negate(negative, a)
        self.operation("or", either, a, negative)  # whose highest bit is set if it is not 0
        if not wanted:
            self.operation("shr", dest, either, 31)
            return
        differs = self.fresh()
        self.operation("shr", differs, either, 31)
        self.operation("xor", dest, differs, 1)

    def is_less(self, dest: str, a: Expr, b: Expr, unsigned: bool) -> None:
        """The sign of the difference, put right where the operands differ in theirs."""
        left, right = self.value(a), self.value(b)
        difference, signs, changed, sign = (self.fresh() for _ in range(4))
        self.operation("sub", difference, left, right)
        self.operation("xor", signs, left, right)
        self.operation("xor", changed, difference, right if unsigned else left)
        wrong = self.fresh()
        self.operation("and", wrong, signs, changed)
        self.operation("xor", sign, difference, wrong)
        self.operation("shr", dest, sign, 31)


INSTRUCTION_SET = InstructionSet(
    "ARM",
    "ARM",
    BANK,
    Arm,
    (32,),
    fences=_FENCES,
    dependency=("EOR {scratch},{source},{source}", "ADD {scratch},{scratch},{base}"),
)
