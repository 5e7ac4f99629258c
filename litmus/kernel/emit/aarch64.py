"""AArch64: accesses are words, or doublewords if the test's words have 64 bits or memory may hold addresses.

In a test with 32-bit words whose accesses are doublewords, registers hold numbers sign-extended. Atomics are those of
Armv8.1; an update for which there is none is refused. Addresses are initial values of registers.
Source: Arm Architecture Reference Manual, DDI 0487, chapter C6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from litmus.ir.thread import EXCLUSIVE, Address, Const, Expr, Op, Reg, Rmw, Statement
from litmus.kernel.emit.expressions import Comparison, comparison_of, is_cut, is_truth, mentions
from litmus.kernel.emit.instruction_set import InstructionSet
from litmus.kernel.emit.registers import Bank
from litmus.kernel.emit.translate import Translation

_LOADS: Mapping[frozenset[str], str] = {
    frozenset(): "LDR",
    frozenset("A"): "LDAR",
    frozenset("Q"): "LDAPR",
    EXCLUSIVE: "LDXR",
    EXCLUSIVE | {"A"}: "LDAXR",
}
_STORES: Mapping[frozenset[str], str] = {
    frozenset(): "STR",
    frozenset("L"): "STLR",
    EXCLUSIVE: "STXR",
    EXCLUSIVE | {"L"}: "STLXR",
}
_NO_RETURN = frozenset({"NoRet", "X"})
_READS: Mapping[frozenset[str], str] = {frozenset("X"): "", frozenset("AX"): "A", _NO_RETURN: ""}
_WRITES: Mapping[frozenset[str], str] = {frozenset("X"): "", frozenset("LX"): "L"}
_DOMAINS = ("", "ISH", "OSH", "NSH")
_BARRIERS = ("SY", *(f"{domain}{kind}" for domain in _DOMAINS for kind in ("", "LD", "ST") if domain or kind))
_FENCES: Mapping[frozenset[str], str] = {
    **{frozenset({f"{name}.{option}"}): f"{name} {option}" for name in ("DMB", "DSB") for option in _BARRIERS},
    frozenset({"ISB"}): "ISB",
}
_CONDITIONS = {"eq": "EQ", "ne": "NE", "lt": "LT", "le": "LE", "gt": "GT", "ge": "GE"}
_CONDITIONS |= {"ult": "CC", "ule": "LS", "ugt": "HI", "uge": "CS"}
_OPERATIONS = {"add": "ADD", "sub": "SUB", "mul": "MUL", "and": "AND", "or": "ORR", "xor": "EOR"}
_SHIFTS = {"shl": "LSL", "shr": "LSR", "sar": "ASR"}
_UPDATES = {"add": "ADD", "sub": "ADD", "or": "SET", "xor": "EOR", "and": "CLR"}
_EXTENSIONS = {8: "SXTB", 16: "SXTH", 32: "SXTW"}
_FLAGS, _ZERO = "@flags", "@zero"


def _spell(register: str, part: str) -> str:
    return f"{part or 'X'}{register[1:]}"


BANK = Bank("AArch64", tuple(f"X{n}" for n in range(30)), {_FLAGS: "", _ZERO: "XZR"}, _spell)


class AArch64(Translation):
    """The translation of one thread."""

    machine = "AArch64 assembly"
    fixed = BANK.fixed

    @property
    def _letter(self) -> str:
        return "W" if self.size == 4 else "X"

    @property
    def _extended(self) -> bool:
        """Whether numbers are narrower than registers, which then hold them sign-extended."""
        return self.bits == 32 and self.size == 8

    def _registers_at(self, *places: int) -> str:
        """Registers in the text of an instruction, at the width of numbers."""
        return ",".join(f"{{{place}:{self._letter}}}" for place in places)

    # --- memory ------------------------------------------------------------------------------------------------------

    def load(self, dest: str, addr: Expr, tags: frozenset[str], reserve: bool) -> None:
        name = _LOADS.get(tags)
        if name is None or reserve != ("X" in tags):
            raise self.unsupported("this load")
        if tags:
            self.emit(f"{name} {self._registers_at(0)},[{{1}}]", (dest,), (self.value(addr),), effect=True)
        else:
            base, offset = self._place(addr)
            self.emit(f"{name} {self._registers_at(0)},[{{1}}{offset}]", (dest,), (base,), effect=True)

    def store(self, addr: Expr, value: Expr, tags: frozenset[str]) -> None:
        name = _STORES.get(tags)
        if name is None or "X" in tags:
            raise self.unsupported("this store")
        source = self.value(value)
        base, offset = (self.value(addr), "") if tags else self._place(addr)
        self.emit(f"{name} {self._registers_at(0)},[{{1}}{offset}]", (), (source, base), effect=True)

    def _place(self, addr: Expr) -> tuple[str, str]:
        """The register of an address, and its offset as it is written."""
        base, offset = self.split(addr)
        if -256 <= offset < 4096:
            return self.value(base), f",#{offset}" if offset else ""
        return self.value(addr), ""

    def store_conditional(self, addr: Expr, value: Expr, tags: frozenset[str], again: str) -> None:
        name = _STORES.get(tags)
        if name is None or "X" not in tags:
            raise self.unsupported("this store-conditional")
        source, where, status = self.value(value), self.value(addr), self.fresh()
        self.emit(f"{name} {{0:W}},{self._registers_at(1)},[{{2}}]", (status,), (source, where), effect=True)
        # the status needs a register other than these two
        self.emit("CBNZ {0:W},{label}", (), (status, source, where), target=again)

    def update(self, update: Rmw, following: Statement | None) -> int:
        if update.read_tags not in _READS or update.write_tags not in _WRITES:
            raise self.unsupported("this update")
        order = _READS[update.read_tags] + _WRITES[update.write_tags]
        if self._extended and not update.atomic:
            raise self.unsupported("this update")
        if update.condition is None:
            self._fetch(update, order)
        else:
            self._compare_and_swap(update, update.condition, order)
        return 1

    def _compare_and_swap(self, update: Rmw, condition: Expr, order: str) -> None:
        wanted = comparison_of(condition)
        if wanted.right == Reg(update.dest):
            wanted = wanted.swapped
        others = (*mentions(wanted.right), *mentions(update.value))
        if wanted.relation != "eq" or wanted.left != Reg(update.dest) or update.dest in others:
            raise self.unsupported("an update under this condition")
        source, base, found = self.value(update.value), self.value(update.addr), self.fresh()
        self.into(found, wanted.right)
        self.emit(f"CAS{order} {self._registers_at(0, 2)},[{{3}}]", (found,), (found, source, base), effect=True)
        self.move(update.dest, found)

    def _fetch(self, update: Rmw, order: str) -> None:
        operation, other = self._operand(update)
        source, base = self.value(other), self.value(update.addr)
        if update.read_tags != _NO_RETURN:
            name = f"LD{operation}" if operation != "SWP" else operation
            self.emit(f"{name}{order} {self._registers_at(1, 0)},[{{2}}]", (update.dest,), (source, base), effect=True)
        elif operation == "SWP":
            self.emit(f"SWP{order} {self._registers_at(0, 2)},[{{1}}]", (), (source, base, _ZERO), effect=True)
        else:
            self.emit(f"ST{operation}{order} {self._registers_at(0)},[{{1}}]", (), (source, base), effect=True)

    def _operand(self, update: Rmw) -> tuple[str, Expr]:
        """The operation of an update, and its operand."""
        old = Reg(update.dest)
        if update.dest not in mentions(update.value):
            return "SWP", update.value
        if self._extended and self.overflows(Op("add", (update.value, Const(0)))):
            raise self.unsupported("an update of a word whose result may exceed it")
        match update.value:
            case Op(op, (first, other)) if first == old and op in _UPDATES:
                pass
            case Op("add" | "or" | "xor" | "and" as op, (other, last)) if last == old:
                pass
            case _:
                raise self.unsupported("an update with this result")
        if update.dest in mentions(other):
            raise self.unsupported("an update with this result")
        if op == "sub":
            other = self._simple(Op("neg", (other,)))
        elif op == "and":
            other = self._simple(Op("not", (other,)))
        return _UPDATES[op], other

    def fence(self, tags: frozenset[str]) -> None:
        if tags not in _FENCES:
            raise self.unsupported("this fence")
        self.emit(_FENCES[tags], effect=True)

    # --- branches ----------------------------------------------------------------------------------------------------

    def branch(self, wanted: Comparison, label: str) -> None:
        if wanted.relation in ("eq", "ne") and wanted.right == Const(0):
            name = "CBZ" if wanted.relation == "eq" else "CBNZ"
            letter = self._width(wanted.left)
            self.emit(f"{name} {{0:{letter}}},{{label}}", (), (self.value(wanted.left),), target=label)
        else:
            self.emit(f"B.{self._compare(wanted)} {{label}}", (), (_FLAGS,), target=label)

    def goto(self, label: str) -> None:
        self.emit("B {label}", target=label, ends=True)

    def _compare(self, wanted: Comparison) -> str:
        """Adds a comparison; returns the condition that holds after it."""
        letter = max(self._width(wanted.left), self._width(wanted.right))
        left, right = self.value(wanted.left), wanted.right
        if isinstance(right, Const) and isinstance(right.value, int) and 0 <= right.value < 4096:
            self.emit(f"CMP {{1:{letter}}},#{right.value}", (_FLAGS,), (left,))
        else:
            self.emit(f"CMP {{1:{letter}}},{{2:{letter}}}", (_FLAGS,), (left, self.value(right)))
        return _CONDITIONS[wanted.relation]

    def _width(self, expr: Expr) -> str:
        """The letter of registers that hold an expression; addresses need X registers."""
        return "X" if self.range_of(expr).addresses else self._letter

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, expr: Expr) -> str:
        return _ZERO if expr == Const(0) else super().value(expr)

    def move(self, dest: str, source: str) -> None:
        letter = "X" if self._holds_address(source) else self._letter
        self.emit(f"MOV {{0:{letter}}},{{1:{letter}}}", (dest,), (source,), move=True)

    def _holds_address(self, register: str) -> bool:
        preset = self._presets.get(register)
        if preset is not None:
            return isinstance(preset, Address)
        return bool(self.range_of(self._known.held(register) or Reg(register)).addresses)

    def constant(self, dest: str, number: int) -> None:
        if -(1 << 16) <= number < 1 << 16:
            self.emit(f"MOV {self._registers_at(0)},#{number}", (dest,))
        else:
            self.move(dest, self.preset(number))

    def compute(self, dest: str, expr: Op) -> None:
        cut = is_cut(expr)
        if cut is not None and self.bits - cut[1] in _EXTENSIONS:
            source = self.value(cut[0])
            self.emit(f"{_EXTENSIONS[self.bits - cut[1]]} {self._registers_at(0)},{{1:W}}", (dest,), (source,))
            return
        match expr.op, expr.args:
            case ("land" | "lor") as op, args:
                a, b = (self.value(self.truth(arg)) for arg in args)
                self.emit(f"{'AND' if op == 'land' else 'ORR'} {self._registers_at(0, 1, 2)}", (dest,), (a, b))
            case "ite", (condition, then, otherwise):
                a, b = self.value(then), self.value(otherwise)
                holds = self._compare(self._compared(comparison_of(condition)))
                letter = self._width(expr)
                text = f"CSEL {{0:{letter}}},{{1:{letter}}},{{2:{letter}}},{holds}"
                self.emit(text, (dest,), (a, b, _FLAGS))
            case _ if is_truth(expr):
                holds = self._compare(comparison_of(expr))
                self.emit(f"CSET {self._registers_at(0)},{holds}", (dest,), (_FLAGS,))
            case "not", (a,):
                self.emit(f"MVN {self._registers_at(0, 1)}", (dest,), (self.value(a),))
            case "nor", (a, b):
                either = self.value(Op("or", (a, b)))
                self.emit(f"MVN {self._registers_at(0, 1)}", (dest,), (either,))
            case "neg", (a,):
                self._computed(dest, expr, f"NEG {self._registers_at(0, 1)}", (self.value(a),))
            case ((("shl" | "shr" | "sar") as op), (a, b)):
                self._shift(op, dest, expr, a, b)
            case op, (a, b) if op in _OPERATIONS:
                self._binary(op, dest, expr, a, b)
            case _:
                raise self.unsupported(f"the operator '{expr.op}'")

    def _computed(self, dest: str, expr: Op, text: str, reads: tuple[str, ...]) -> None:
        """Adds an instruction; its result is extended if it may exceed a word."""
        self.emit(text, (dest,), reads)
        if self._extended and self.overflows(expr):
            if self.range_of(expr).addresses:
                raise self.unsupported("arithmetic on a value that may be an address or a number")
            self.emit("SXTW {0:X},{1:W}", (dest,), (dest,))

    def _binary(self, op: str, dest: str, expr: Op, a: Expr, b: Expr) -> None:
        if isinstance(a, Const) and op != "sub":
            a, b = b, a
        letter = max(self._width(a), self._width(b), self._width(expr))
        name, registers = _OPERATIONS[op], f"{{0:{letter}}},{{1:{letter}}}"
        number = b.value if isinstance(b, Const) and isinstance(b.value, int) else None
        if number is not None and op in ("add", "sub") and -4096 < number < 4096:
            if number < 0:
                name = "SUB" if op == "add" else "ADD"
            self._computed(dest, expr, f"{name} {registers},#{abs(number)}", (self.value(a),))
        elif number is not None and op in ("and", "or", "xor") and _is_mask(number):
            self._computed(dest, expr, f"{name} {registers},#{number}", (self.value(a),))
        else:
            second = f"{{2:{letter}}}"
            if letter == "X" and self._letter == "W":  # an address and an index
                if self._width(a) == "W":
                    a, b = b, a
                second = second if self._width(b) == "X" else "{2:W},SXTW"
            text = f"{name} {registers},{second}"
            self._computed(dest, expr, text, (self.value(a), self.value(b)))

    def _shift(self, op: str, dest: str, expr: Op, a: Expr, b: Expr) -> None:
        if not self.range_of(b).within(0, self.bits - 1):
            raise self.unsupported("a shift by a count that may exceed a word")
        letter = "W" if self.bits == 32 and op != "sar" else self._letter
        source = self.value(a)
        if isinstance(b, Const):
            self.emit(f"{_SHIFTS[op]} {{0:{letter}}},{{1:{letter}}},#{b.value}", (dest,), (source,))
        else:
            text = f"{_SHIFTS[op]} {{0:{letter}}},{{1:{letter}}},{{2:{letter}}}"
            self.emit(text, (dest,), (source, self.value(b)))
        if self._extended and op != "sar":
            self.emit("SXTW {0:X},{1:W}", (dest,), (dest,))


def _is_mask(number: int) -> bool:
    """Whether a number is a run of ones, which instructions may have as an operand."""
    if number <= 0:
        return False
    run = number // (number & -number)
    return run & run + 1 == 0


def _sizes(bits: int, addresses: bool) -> tuple[int, ...]:
    return (8,) if bits == 64 or addresses else (4, 8)


_ORDERED = re.compile(
    r"(?P<load>LD)(?:AP?)?(?P<read>R[BH]?)|(?P<exclusive>LD)A?(?P<reserve>XR[BH]?)|(?P<store>ST)L?(?P<write>X?R[BH]?)"
    r"|(?P<update>CAS|SWP|LD(?:ADD|CLR|EOR|SET|[SU](?:MAX|MIN)))(?:AL|A|L)?(?P<width>[BH]?)"
)
_PROMISES: Mapping[
    str, Mapping[str, frozenset[str]]
] = {  # what the letters in the middle promise, by the kind of access
    "load": {"": frozenset(), "AP": frozenset("Q"), "A": frozenset("AQ")},
    "exclusive": {"": frozenset(), "A": frozenset("A")},
    "store": {"": frozenset(), "L": frozenset("L")},
    "update": {"": frozenset(), "A": frozenset("A"), "L": frozenset("L"), "AL": frozenset("AL")},
}


def _ordered(mnemonic: str) -> Mapping[str, frozenset[str]]:
    """The mnemonics of one access with more or less order; see InstructionSet."""
    found = _ORDERED.fullmatch(mnemonic.upper())
    if found is None:
        return {}
    kind, ending = (name for name, text in found.groupdict().items() if text is not None)
    return {f"{found[kind]}{letters}{found[ending]}": said for letters, said in _PROMISES[kind].items()}


INSTRUCTION_SET = InstructionSet(
    "AArch64",
    "AArch64",
    BANK,
    AArch64,
    (32, 64),
    _sizes,
    fences=_FENCES,
    ordered=_ordered,
    dependency=("EOR {scratch:W},{source:W},{source:W}",),
    depending="{base},{scratch:W},SXTW",
)
