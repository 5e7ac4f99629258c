"""The flags N, Z, C and V: how additions, subtractions and logic set them, and the conditions that they make.

Source: Arm Architecture Reference Manual, DDI 0487, sections C1.2.4 and J1 (AddWithCarry).
"""

from __future__ import annotations

from collections.abc import Mapping

from litmus.base.errors import did_you_mean
from litmus.base.source import Span
from litmus.dialects.aarch64.operands import Operands, Words
from litmus.ir.thread import Assign, Const, Expr, Op, Reg, Statement

FLAGS = ("N", "Z", "C", "V")
_N, _Z, _C, _V = (Reg(name) for name in FLAGS)
_ZERO, _ONE = Const(0), Const(1)


def _not(expr: Expr) -> Expr:
    return Op("lnot", (expr,))


_HIGHER = Op("land", (_C, _not(_Z)))
_GREATER = Op("land", (_not(_Z), Op("eq", (_N, _V))))
CONDITIONS: Mapping[str, Expr] = {
    "EQ": _Z,
    "NE": _not(_Z),
    "CS": _C,
    "CC": _not(_C),
    "MI": _N,
    "PL": _not(_N),
    "VS": _V,
    "VC": _not(_V),
    "HI": _HIGHER,
    "LS": _not(_HIGHER),
    "GE": Op("eq", (_N, _V)),
    "LT": Op("ne", (_N, _V)),
    "GT": _GREATER,
    "LE": _not(_GREATER),
    "AL": _ONE,
}
"""What the flags must be, for each condition."""

OTHER_NAMES: Mapping[str, str] = {"HS": "CS", "LO": "CC"}
_NAMES = tuple(CONDITIONS)
INVERSE: Mapping[str, str] = {name: _NAMES[at ^ 1] for at, name in enumerate(_NAMES[:-1])}


def condition(operands: Operands, index: int, inverted: bool = False) -> tuple[str, Expr]:
    """The condition that an operand names, or its opposite, and what the flags must be. Raises ParseError."""
    text = operands.parts[index][0].upper() if index < len(operands.parts) else ""
    name = OTHER_NAMES.get(text, text)
    if name not in CONDITIONS or (inverted and name not in INVERSE):
        error = operands.error(index, "a condition such as EQ")
        error.hint = did_you_mean(text, CONDITIONS) or error.hint
        raise error
    if inverted:
        name = INVERSE[name]
    return name, CONDITIONS[name]


def _set(span: Span, values: tuple[Expr, Expr, Expr, Expr]) -> list[Statement]:
    return [Assign(name, value, span) for name, value in zip(FLAGS, values, strict=True)]


def after_add(words: Words, a: Expr, b: Expr, width: int, span: Span) -> list[Statement]:
    """The flags after `a + b`."""
    total = words.unsigned(Op("add", (a, b)), width)
    negative = Op("lt", (words.signed(total, width), _ZERO))
    same_sign = Op("not", (Op("xor", (a, b)),))
    overflow = words.signed(Op("and", (same_sign, Op("xor", (a, total)))), width)
    return _set(span, (negative, Op("eq", (total, _ZERO)), Op("ult", (total, a)), Op("lt", (overflow, _ZERO))))


def after_subtract(words: Words, a: Expr, b: Expr, width: int, span: Span) -> list[Statement]:
    """The flags after `a - b`."""
    negative = Op("lt", (words.signed(words.unsigned(Op("sub", (a, b)), width), width), _ZERO))
    less = Op("lt", (words.signed(a, width), words.signed(b, width)))
    return _set(span, (negative, Op("eq", (a, b)), _not(Op("ult", (a, b))), Op("ne", (less, negative))))


def after_logic(words: Words, value: Expr, width: int, span: Span) -> list[Statement]:
    """The flags after an operation on bits."""
    negative = Op("lt", (words.signed(value, width), _ZERO))
    return _set(span, (negative, Op("eq", (value, _ZERO)), _ZERO, _ZERO))
