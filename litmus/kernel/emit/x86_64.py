"""64-bit x86 in AT&T syntax, for tests whose words have 64 bits: every location is a quadword."""

from __future__ import annotations

from litmus.ir.thread import Expr, Op
from litmus.kernel.emit._x86 import (
    ACCUMULATOR,
    CONDITIONS,
    FENCES,
    FLAGS,
    Immediate,
    Register,
    X86Translation,
    registers_of,
)
from litmus.kernel.emit.expressions import Comparison, is_cut
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank

_LEGACY = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")
_HALVES = {**{f"r{name}": f"e{name}" for name in _LEGACY}, **{f"r{n}": f"r{n}d" for n in range(8, 16)}}
_BYTES = {f"r{name}": f"{name.removesuffix('x')}l" for name in _LEGACY} | {f"r{n}": f"r{n}b" for n in range(8, 16)}
_OTHERS = (*_LEGACY, "ah", "bh", "ch", "dh", "rip", "eip", *(f"r{n}w" for n in range(8, 16)))
_TAKEN = frozenset({*_HALVES, *_HALVES.values(), *_BYTES.values(), *_OTHERS})
_SIZED = frozenset({"mov", "movnti", "cmp", "add", "sub", "and", "or", "xor", "neg", "not", "xchg", "xadd", "cmpxchg"})
_SIZED |= {"shl", "shr", "sar"}
_HALF, _BYTE = "l", "b"
_COUNT = "@count"
_EXTENSIONS = {32: ("movslq", _HALF), 8: ("movsbq", _BYTE)}


def _spell(register: str, part: str) -> str:
    parts = {"": register, _HALF: _HALVES[register], _BYTE: _BYTES[register]}
    return f"%{parts[part]}"


_FREE = tuple(name for name in _HALVES if name != "rsp")
BANK = Bank("64-bit x86", _FREE, {ACCUMULATOR: "rax", _COUNT: "rcx", FLAGS: ""}, _spell)


class X86_64(X86Translation):
    """The translation of one thread."""

    machine = "64-bit x86 assembly"
    fixed = BANK.fixed

    def written(self, name: str, operands: tuple[str, ...]) -> str:
        if name.removeprefix("lock ") in _SIZED:
            name += "q"
        return f"{name} {','.join(reversed(operands))}".rstrip()

    def memory_text(self, base: str, offset: int) -> str:
        return f"{offset or ''}({base})"

    def is_register(self, name: str) -> bool:
        return name.lower() in _TAKEN

    def shift(self, op: str, dest: str, a: Expr, b: Expr) -> None:
        if not self.range_of(b).within(0, 63):
            raise self.unsupported("a shift by a count that may exceed a word")
        count, result = self.value(b), self.fresh()
        self.into(result, a)
        self.move(_COUNT, count)
        operands = Register(result), Register(_COUNT, _BYTE)
        self.act(op, *operands, writes=(result, FLAGS), reads=(result, _COUNT))
        self.move(dest, result)

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is None or 64 - cut[1] not in _EXTENSIONS:
            super().compute(dest, expr)
            return
        name, part = _EXTENSIONS[64 - cut[1]]
        source = self.value(cut[0])
        self.act(name, Register(dest), Register(source, part), writes=(dest,), reads=(source,))

    def set_truth(self, dest: str, wanted: Comparison) -> None:
        result = self.fresh()
        self.compare(wanted)
        # setcc keeps the other bytes of the register, so they are cleared first
        self.act("mov", Register(result), Immediate(0), writes=(result,))
        self.act(f"set{CONDITIONS[wanted.relation]}", Register(result, _BYTE), writes=(result,), reads=(result, FLAGS))
        self.move(dest, result)

    def select(self, dest: str, wanted: Comparison, then: Expr, otherwise: Expr) -> None:
        """`otherwise ^ (then ^ otherwise) & -truth`, because readers disagree on the operand order of cmov."""
        if self.range_of(then).addresses or self.range_of(otherwise).addresses:
            raise self.unsupported("a choice of addresses without a branch")
        mask = self.fresh()
        self.set_truth(mask, wanted)
        self.act("neg", Register(mask), writes=(mask, FLAGS), reads=(mask,))
        difference = self.value(Op("xor", (then, otherwise)))
        self.act("and", Register(mask), Register(difference), writes=(mask, FLAGS), reads=(mask, difference))
        kept = self.operand(otherwise)
        self.act("xor", Register(mask), kept, writes=(mask, FLAGS), reads=(mask, *registers_of(kept)))
        self.move(dest, mask)


INSTRUCTION_SET = InstructionSet("X86_64", "x86", BANK, X86_64, (64,), fences=FENCES)
