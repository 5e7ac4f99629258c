"""The types of C, and arithmetic on typed values: conversions, promotions, operators.

A register holds the value of its C variable as a signed number of a word; a location holds a signed number of its own
width. So an `unsigned char` 255 is 255 in a register and -1 in memory. A conversion between pointer and number changes
nothing, whatever their widths, and a number may be used as a pointer: litmus tests do both.

Source: ISO C11, 6.3.1 (conversions) and 6.5 (expressions); gcc's -fwrapv where the standard leaves overflow undefined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from litmus.ir.kernel import cut
from litmus.ir.litmus_test import IntType
from litmus.ir.thread import Address, BinaryOperator, ComparisonOperator, Const, Expr, Op, Operator
from litmus.ir.values import apply, wrap


@dataclass(frozen=True, slots=True)
class Type:
    """A type: a number of `bits` bits, or a pointer to `target`; void and structures have 0 bits and no values.

    `structure` is the name of a structure that the test declares. What is `atomic` is so in the sense of C11.
    """

    bits: int
    signed: bool = True
    target: Type | None = None
    volatile: bool = False
    truth: bool = False  # _Bool
    structure: str = ""
    atomic: bool = False

    @property
    def shown(self) -> IntType:
        """The type in which states show its numbers; numbers in a pointer are unsigned."""
        return IntType(self.bits, self.signed and self.target is None)


VOID = Type(0)
INT, UNSIGNED = Type(32), Type(32, False)
LONG, UNSIGNED_LONG = Type(64), Type(64, False)
WIDE, UNSIGNED_WIDE = Type(128), Type(128, False)
BOOL = Type(8, False, truth=True)

ATOMIC: Mapping[str, Type] = {
    **dict.fromkeys(("atomic_char", "atomic_schar"), Type(8, atomic=True)),
    "atomic_uchar": Type(8, False, atomic=True),
    "atomic_short": Type(16, atomic=True),
    "atomic_ushort": Type(16, False, atomic=True),
    "atomic_int": Type(32, atomic=True),
    "atomic_uint": Type(32, False, atomic=True),
    **dict.fromkeys(
        ("atomic_long", "atomic_llong", "atomic_intptr_t", "atomic_ptrdiff_t", "atomic_intmax_t"),
        Type(64, atomic=True),
    ),
    **dict.fromkeys(
        ("atomic_ulong", "atomic_ullong", "atomic_uintptr_t", "atomic_size_t", "atomic_uintmax_t"),
        Type(64, False, atomic=True),
    ),
    **dict.fromkeys(("atomic_bool", "atomic_flag"), Type(8, False, truth=True, atomic=True)),
}
"""The atomic types of C11 (7.17.6), with signed plain characters."""

NAMED: Mapping[str, Type] = {
    **ATOMIC,
    **dict.fromkeys(("char", "int8_t", "s8", "__s8"), Type(8)),
    **dict.fromkeys(("uint8_t", "u8", "__u8"), Type(8, False)),
    **dict.fromkeys(("short", "int16_t", "s16", "__s16"), Type(16)),
    **dict.fromkeys(("uint16_t", "u16", "__u16"), Type(16, False)),
    **dict.fromkeys(("int", "signed", "int32_t", "s32", "__s32", "atomic_t"), INT),
    **dict.fromkeys(("spinlock_t", "raw_spinlock_t", "rwlock_t"), INT),
    **dict.fromkeys(("unsigned", "uint32_t", "u32", "__u32"), UNSIGNED),
    **dict.fromkeys(("long", "int64_t", "s64", "__s64", "intptr_t", "ptrdiff_t", "ssize_t"), LONG),
    **dict.fromkeys(("atomic_long_t", "atomic64_t"), LONG),
    **dict.fromkeys(("uint64_t", "u64", "__u64", "uintptr_t", "size_t"), UNSIGNED_LONG),
    **dict.fromkeys(("s128", "__s128", "__int128", "__int128_t"), WIDE),
    **dict.fromkeys(("u128", "__u128", "__uint128_t"), UNSIGNED_WIDE),
    **dict.fromkeys(("bool", "_Bool"), BOOL),
    "mtx_t": INT,
    "void": VOID,
}
"""The types with one-word names."""

STRUCTURES: Mapping[str, Type] = {"srcu_struct": INT, "mutex": INT}
"""The structures to which arguments of primitives may point; of a lock there is its word."""

QUALIFIERS = frozenset(
    {"const", "volatile", "register", "restrict", "auto", "static", "extern", "__user", "__rcu", "__percpu"}
    | {"_Atomic", "__maybe_unused", "__force", "__iomem", "__must_check", "__read_mostly", "__ro_after_init"}
)
REFUSED: Mapping[str, str] = {
    "union": "use a structure",
    **dict.fromkeys(("float", "double"), "numbers are integers"),
}
"""Types that exist but are not supported, each with the reason or an alternative."""

WORDS = frozenset({*NAMED, *QUALIFIERS, *REFUSED, "struct", "enum"})
"""The words that can begin a type."""

LONG_NAMES = frozenset(name for name, type_ in NAMED.items() if type_.bits == 64)
"""The words that make a type of 64 bits."""

WIDE_NAMES = frozenset(name for name, type_ in NAMED.items() if type_.bits == 128)
"""The words that make a type of 128 bits, an extension of gcc's."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its type."""

    expr: Expr
    type: Type


class Undefined(Exception):
    """An operator is not supported on its operands; the argument of the exception names them."""


def pointer(target: Type, word_bits: int, volatile: bool = False) -> Type:
    """A pointer; it has at most 64 bits, however wide the words of a test are."""
    return Type(min(word_bits, 64), target=target, volatile=volatile)


def number(value: int, type_: Type, word_bits: int) -> Value:
    """A constant."""
    return Value(Const(wrap(value, word_bits)), type_)


def volatile(type_: Type) -> Type:
    """The volatile version of a type: its places are accessed with READ_ONCE and WRITE_ONCE."""
    return replace(type_, volatile=True)


def atomic(type_: Type) -> Type:
    """The atomic version of a type."""
    return replace(type_, atomic=True)


def plain(type_: Type) -> Type:
    """The version of a type that is not atomic."""
    return replace(type_, atomic=False) if type_.atomic else type_


def size_of(type_: Type) -> int:
    """The distance in bytes between neighbouring array elements; 1 for void, as in gcc."""
    return max(1, type_.bits // 8)


# --- conversions -----------------------------------------------------------------------------------------------------


def convert(value: Value, to: Type, word_bits: int) -> Value:
    """A value converted to another type."""
    of = value.type
    if to is of or to.target is not None or of.target is not None or to.bits == 0:
        return Value(value.expr, to)
    if to.truth:
        return Value(truth(value, word_bits), to)
    if _is_truth(value.expr):
        return Value(value.expr, to)
    widens = of.bits < to.bits and (to.signed or not of.signed)
    if widens or to.bits >= word_bits or (of.bits == to.bits and of.signed == to.signed):
        return Value(value.expr, to)
    return Value(_within(value.expr, to, word_bits), to)


def stored(value: Value, word_bits: int) -> Expr:
    """A value in the form in which a location of its type holds it."""
    expr, type_ = value.expr, value.type
    if type_.signed or type_.truth:
        return expr
    if isinstance(expr, Const) and isinstance(expr.value, int):
        return Const(wrap(expr.value, min(type_.bits, word_bits)))
    return cut(expr, type_.bits, word_bits)


def loaded(expr: Expr, type_: Type, word_bits: int) -> Value:
    """The content of a location as a value of its type."""
    if type_.signed or type_.truth:
        return Value(expr, type_)
    return Value(_within(expr, type_, word_bits), type_)


def _within(expr: Expr, type_: Type, word_bits: int) -> Expr:
    """The value of an expression, wrapped into the range of a type."""
    bits = type_.bits
    if not 0 < bits < word_bits:
        return expr
    if isinstance(expr, Const):
        value = expr.value
        if isinstance(value, Address):
            return expr
        return Const(wrap(value, bits) if type_.signed else value & (1 << bits) - 1)
    return cut(expr, bits, word_bits) if type_.signed else Op("and", (expr, Const((1 << bits) - 1)))


_TRUTHS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "ult", "land", "lor", "lnot"})


def _is_truth(expr: Expr) -> bool:
    return isinstance(expr, Op) and expr.op in _TRUTHS


def truth(value: Value, word_bits: int) -> Expr:
    """1 if a value is not 0, else 0."""
    return value.expr if value.type.truth or _is_truth(value.expr) else folded("ne", word_bits, value.expr, Const(0))


def folded(op: Operator, word_bits: int, *args: Expr) -> Expr:
    """An operator applied to operands; a constant, if they are constants."""
    known = [arg.value for arg in args if isinstance(arg, Const)]
    if len(known) == len(args):
        result = apply(op, tuple(known), word_bits)
        if result is not None:
            return Const(result)
    return Op(op, args)


# --- operators -------------------------------------------------------------------------------------------------------

_ARITHMETIC: Mapping[str, BinaryOperator] = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor"}
_COMPARISONS: Mapping[str, ComparisonOperator] = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_OPPOSITES: Mapping[Operator, ComparisonOperator] = {
    "eq": "ne",
    "ne": "eq",
    "lt": "ge",
    "ge": "lt",
    "gt": "le",
    "le": "gt",
}


def negation(expr: Expr, word_bits: int) -> Expr:
    """1 if an expression is 0, else 0."""
    if isinstance(expr, Op):
        if expr.op == "lnot" and _is_truth(expr.args[0]):
            return expr.args[0]
        if expr.op in _OPPOSITES:
            return Op(_OPPOSITES[expr.op], expr.args)
    return folded("lnot", word_bits, expr)


def opposite(condition: Expr, word_bits: int) -> Expr:
    """The negation of a condition; a condition holds if it is not 0."""
    if isinstance(condition, Op) and condition.op == "lnot":
        return condition.args[0]
    return negation(condition, word_bits)


def unary(op: str, operand: Value, word_bits: int) -> Value:
    """`-`, `+`, `~` or `!` applied to a value. Raises Undefined."""
    if op == "!":
        return Value(negation(operand.expr, word_bits), INT)
    if operand.type.target is not None:
        raise Undefined(f"'{op}' of a pointer")
    value = _promoted(operand, word_bits)
    if op == "+":
        return value
    return _in_type("neg" if op == "-" else "not", value.type, word_bits, value.expr)


def binary(op: str, left: Value, right: Value, word_bits: int) -> Value:
    """A binary operator other than `&&`, `||` and assignments, applied to values. Raises Undefined."""
    pointer = left.type.target is not None or right.type.target is not None
    if op in _COMPARISONS:
        return _compared(_COMPARISONS[op], left, right, pointer, word_bits)
    if pointer and op in "+-":
        return _moved(op, left, right, word_bits)
    if op in ("<<", ">>"):
        value = _promoted(left, word_bits)
        shift: Operator = "shl" if op == "<<" else "sar" if value.type.signed else "shr"
        return _in_type(shift, value.type, word_bits, value.expr, _promoted(right, word_bits).expr)
    type_ = common(left.type, right.type)
    a, b = convert(left, type_, word_bits).expr, convert(right, type_, word_bits).expr
    if op in _ARITHMETIC:
        return _in_type(_ARITHMETIC[op], type_, word_bits, a, b)
    if not type_.signed and type_.bits >= word_bits:
        raise Undefined(f"'{op}' of unsigned numbers as wide as a word")
    quotient = folded("div", word_bits, a, b)
    if op == "/":
        return _in_type("div", type_, word_bits, a, b)
    return Value(folded("sub", word_bits, a, folded("mul", word_bits, quotient, b)), type_)


def common(a: Type, b: Type) -> Type:
    """The type in which a binary operator on operands of two types computes."""
    if a.target is not None or b.target is not None:
        return a if a.target is not None else b
    a, b = _promotion(a), _promotion(b)
    if a.bits == b.bits:
        return b if a.signed else a
    return a if a.bits > b.bits else b


def _promotion(type_: Type) -> Type:
    if type_.bits > 64:
        return WIDE if type_.signed else UNSIGNED_WIDE
    if type_.bits == 64:
        return LONG if type_.signed else UNSIGNED_LONG
    return UNSIGNED if type_.bits == 32 and not type_.signed else INT


def _promoted(value: Value, word_bits: int) -> Value:
    return value if value.type.target is not None else convert(value, _promotion(value.type), word_bits)


_EXACT = frozenset({"and", "or", "xor", "div", "sar", "shr"})  # the result is in the range of the operands


def _in_type(op: Operator, type_: Type, word_bits: int, *args: Expr) -> Value:
    """An operator, its result brought into the range of the type that it computes in."""
    result = folded(op, word_bits, *args)
    if op in _EXACT or (op == "not" and type_.signed) or type_.target is not None:
        return Value(result, type_)
    return Value(_within(result, type_, word_bits), type_)


def _compared(op: ComparisonOperator, left: Value, right: Value, pointer: bool, word_bits: int) -> Value:
    a, b = left.expr, right.expr
    if not pointer:
        type_ = common(left.type, right.type)
        a, b = convert(left, type_, word_bits).expr, convert(right, type_, word_bits).expr
        if op in _UNSIGNED and not type_.signed and type_.bits >= word_bits:
            return Value(_UNSIGNED[op](a, b, word_bits), INT)
    return Value(folded(op, word_bits, a, b), INT)


_UNSIGNED: Mapping[str, Callable[[Expr, Expr, int], Expr]] = {
    "lt": lambda a, b, bits: folded("ult", bits, a, b),
    "gt": lambda a, b, bits: folded("ult", bits, b, a),
    "le": lambda a, b, bits: folded("lnot", bits, folded("ult", bits, b, a)),
    "ge": lambda a, b, bits: folded("lnot", bits, folded("ult", bits, a, b)),
}


def _moved(op: str, left: Value, right: Value, word_bits: int) -> Value:
    """A pointer plus or minus a number, or the difference of two pointers."""
    a, b = left, right
    if left.type.target is not None and right.type.target is not None:
        if op == "+":
            raise Undefined("'+' of two pointers")
        if left.type.target.structure:
            raise Undefined("the distance between structures")
        distance = folded("sub", word_bits, a.expr, b.expr)
        return Value(folded("div", word_bits, distance, Const(size_of(left.type.target))), LONG)
    if a.type.target is None:
        if op == "-":
            raise Undefined("a number minus a pointer")
        a, b = b, a
    assert a.type.target is not None
    if a.type.target.structure:
        raise Undefined(f"'{op}' of a pointer to a structure")
    size = size_of(a.type.target)
    step = b.expr if size == 1 else folded("mul", word_bits, b.expr, Const(size))
    return Value(folded("add" if op == "+" else "sub", word_bits, a.expr, step), a.type)
