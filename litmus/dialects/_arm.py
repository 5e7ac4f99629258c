"""What the instruction sets of Arm have in common: the flags N, Z, C and V, operations on bits, and calls.

Source: Arm Architecture Reference Manual, DDI 0487, sections C1.2.4 and J1 (AddWithCarry); DDI 0406, A2.5.1 and A8.3.
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.base.source import Span
from litmus.frontend.arithmetic import Binary, plain, with_not
from litmus.frontend.dialect import Instruction, InstructionText
from litmus.frontend.operands import Operands
from litmus.frontend.words import Words
from litmus.ir.thread import Assign, Const, Expr, Forget, Op, Reg, Statement, code_address

LOGIC: Mapping[str, Binary] = {
    "AND": plain("and"),
    "ORR": plain("or"),
    "EOR": plain("xor"),
    "BIC": with_not("and"),
    "ORN": with_not("or"),
}
"""The operations on bits of both A32 and A64."""

IN_ORDER = ("N", "Z", "C", "V")
FLAGS = frozenset(IN_ORDER)
_N, _Z, _C, _V = (Reg(name) for name in IN_ORDER)
_ZERO, _ONE = Const(0), Const(1)
CARRY = _C
"""The flag C, as an operand."""


_HOLDS = "whether the condition holds"  # no register is called so


def opposite(test: Expr) -> Expr:
    """Whether a condition does not hold."""
    return Op("lnot", (test,))


_HIGHER = Op("land", (_C, opposite(_Z)))
_GREATER = Op("land", (opposite(_Z), Op("eq", (_N, _V))))
CONDITIONS: Mapping[str, Expr] = {
    "EQ": _Z,
    "NE": opposite(_Z),
    "CS": _C,
    "CC": opposite(_C),
    "MI": _N,
    "PL": opposite(_N),
    "VS": _V,
    "VC": opposite(_V),
    "HI": _HIGHER,
    "LS": opposite(_HIGHER),
    "GE": Op("eq", (_N, _V)),
    "LT": Op("ne", (_N, _V)),
    "GT": _GREATER,
    "LE": opposite(_GREATER),
    "AL": _ONE,
}
"""What the flags must be, for each condition."""

OTHER_NAMES: Mapping[str, str] = {"HS": "CS", "LO": "CC"}
_NAMES = tuple(CONDITIONS)
INVERSE: Mapping[str, str] = {name: _NAMES[at ^ 1] for at, name in enumerate(_NAMES[:-1])}


def _set(span: Span, values: tuple[Expr, Expr, Expr, Expr]) -> list[Statement]:
    return [Assign(name, value, span) for name, value in zip(IN_ORDER, values, strict=True)]


def after_add(words: Words, a: Expr, b: Expr, width: int, span: Span, carry: Expr | None = None) -> list[Statement]:
    """The flags after `a + b`, or `a + b + carry`, which must not be computed from flags."""
    total = words.unsigned(Op("add", (a, b)), width)
    carried: Expr = Op("ult", (total, a))
    if carry is not None:
        total = words.unsigned(Op("add", (Op("add", (a, b)), carry)), width)
        carried = Op("lor", (Op("ult", (total, a)), Op("land", (carry, Op("eq", (total, a))))))
    negative = Op("lt", (words.signed(total, width), _ZERO))
    same_sign = Op("not", (Op("xor", (a, b)),))
    overflow = words.signed(Op("and", (same_sign, Op("xor", (a, total)))), width)
    return _set(span, (negative, Op("eq", (total, _ZERO)), carried, Op("lt", (overflow, _ZERO))))


def chosen(test: Expr, then: list[Statement], otherwise: int, span: Span) -> list[Statement]:
    """The flags are set by some statements if a condition holds, otherwise to the bits of a number, that of N first."""
    fixed = {name: Const(otherwise >> 3 - at & 1) for at, name in enumerate(IN_ORDER)}
    holds = Reg(_HOLDS)
    changed = [(s.dest, Op("pick", (holds, s.expr, fixed[s.dest]))) for s in then if isinstance(s, Assign)]
    return [Assign(_HOLDS, test, span), *[Assign(dest, value, span) for dest, value in changed]]


def after_subtract(words: Words, a: Expr, b: Expr, width: int, span: Span) -> list[Statement]:
    """The flags after `a - b`."""
    negative = Op("lt", (words.signed(words.unsigned(Op("sub", (a, b)), width), width), _ZERO))
    less = Op("lt", (words.signed(a, width), words.signed(b, width)))
    return _set(span, (negative, Op("eq", (a, b)), opposite(Op("ult", (a, b))), Op("ne", (less, negative))))


def sign_and_zero(words: Words, value: Expr, width: int, span: Span) -> list[Statement]:
    """The flags N and Z, which say of a result whether it is negative, and whether it is 0."""
    negative = Op("lt", (words.signed(value, width), _ZERO))
    return [Assign("N", negative, span), Assign("Z", Op("eq", (value, _ZERO)), span)]


def after_logic(words: Words, value: Expr, width: int, span: Span) -> list[Statement]:
    """The flags after an operation on bits of A64, which has no C and no V."""
    return [*sign_and_zero(words, value, width, span), Assign("C", _ZERO, span), Assign("V", _ZERO, span)]


# --- addresses of code ------------------------------------------------------------------------------------------------


def address_of_label(cell: InstructionText, dest: str, label: str, text: str, hashed: str = "") -> Instruction:
    """ADR of a label."""
    address = code_address(cell.thread, label)
    body = (Assign(dest, Const(address), cell.span),)
    return Instruction(body, text, target=label, hashed=hashed, labels=(address,))


def clear_exclusive(operands: Operands) -> Instruction:
    """CLREX: what was reserved no longer is. Its number means nothing."""
    if operands.texts:
        operands.number(0, 0, 15)
    return Instruction((Forget(operands.cell.span),), "CLREX")
