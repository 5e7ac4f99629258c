"""Operands of expressions: values, variables of the thread, places in memory; and what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.source import Span
from litmus.dialects.c import types
from litmus.dialects.c.definitions import Definitions
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.macros import CTokens
from litmus.dialects.c.terms import read_stars, read_type
from litmus.dialects.c.types import Type, Undefined, Value
from litmus.frontend.lexer import quoted
from litmus.ir.c11 import FETCHES
from litmus.ir.thread import Address, AtomicOperation, Const, Expr, Primitive, Reg

MAX_DEPTH = 50
"""How deep parentheses and prefix operators may nest."""

MAX_STATEMENTS = 150
"""How deep statements may nest."""

MAX_OPERATORS = 100
"""The most operators of an expression: all later stages traverse expressions by recursion."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the thread, which can be assigned to."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Lvalue:
    """A place in memory; `type` is the type of its value."""

    addr: Expr
    type: Type


Operand = Value | Variable | Lvalue

_UPDATES: Mapping[str, str] = {"+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor"}

CONSTANTS: Mapping[str, int] = {"NULL": 0, "true": 1, "false": 0}
"""Names for numbers."""

KEYWORDS = frozenset(
    {"if", "else", "while", "for", "do", "switch", "case", "default", "goto", "return", "sizeof", "typeof", "asm"}
    | {"__asm__"}
)


def atomic_object(operand: Operand) -> Lvalue | None:
    """An operand that is an atomic object in memory; None for any other."""
    return operand if isinstance(operand, Lvalue) and operand.type.atomic else None


class Operands:
    """Reads nothing yet: what is known of the thread, and what can be done with operands.

    `parameters` are the types of its locations, `variables` those of its variables. `implied` says whether a name that
    is not declared gets a value somewhere; `bound` are names that stand for values, such as `VAL`. The registers of
    variables have the names of these, after `prefix`.
    """

    def __init__(
        self,
        tokens: CTokens,
        emitter: Emitter,
        parameters: Mapping[str, Type],
        implied: Callable[[str], bool],
        definitions: Definitions,
    ) -> None:
        self.tokens = tokens
        self.emitter = emitter
        self.parameters = parameters
        self.implied = implied
        self.definitions = definitions
        self.variables: dict[str, Type] = {}
        self.undeclared: dict[str, Type] = {}  # variables of the thread, whatever function sets them
        self.bound: dict[str, Value] = {}
        self.prefix = ""
        self.array: tuple[Value, int] | None = None  # the last array that was named, as a pointer, and its size
        self.depth = 0
        self.nested = 0
        self.operators = 0
        self.bits = emitter.word_bits

    # --- values and places -------------------------------------------------------------------------------------------

    def value(self, operand: Operand, mark: int) -> Value:
        """The value of an operand; a place in memory is read. Raises ParseError if the operand has no value."""
        if isinstance(operand, Value):
            if operand.type.bits == 0 and operand.type.target is None:
                raise ParseError(f"{quoted(self.since(mark).text)} has no value", self.since(mark))
            return operand
        if isinstance(operand, Variable):
            return Value(Reg(operand.name), operand.type)
        name = "READ_ONCE" if operand.type.volatile else "plain_read"
        return self.read(name, operand, self.since(mark))

    def updated(self, op: str, place: Lvalue, operand: Value, mark: int) -> tuple[Value, Value]:
        """Changes an atomic object by an operator, in one step that is seq_cst: its value before and after.

        Raises UnsupportedError for operators and types without such an update. Source: C17, 6.5.16.2 (3), 6.5.2.4 (2).
        """
        type_, span = types.plain(place.type), self.since(mark)
        fetch = f"fetch_{_UPDATES.get(op)}"
        if fetch not in FETCHES or type_.truth or type_.target is not None:
            message = f"'{op}' that changes an atomic object of this type is not supported"
            raise UnsupportedError(message, span, "use a loop with atomic_compare_exchange_weak")
        dest = self.emitter.temporary()
        args = (place.addr, types.stored(types.convert(operand, type_, self.bits), self.bits))
        self.emitter.emit(AtomicOperation(fetch, ("seq_cst",), dest, args, span, self.size(place, span)))
        before = types.loaded(Reg(dest), type_, self.bits)
        return before, types.convert(self.binary(op, before, operand, mark), type_, self.bits)

    def read(self, name: str, cell: Lvalue, span: Span) -> Value:
        """Reads a place with a primitive."""
        dest, size = self.emitter.temporary(), self.size(cell, span)
        if cell.type.atomic:
            self.emitter.emit(AtomicOperation("load", ("seq_cst",), dest, (cell.addr,), span, size))
        else:
            self.emitter.emit(Primitive(name, dest, (cell.addr,), span, size))
        return types.loaded(Reg(dest), types.plain(cell.type), self.bits)

    def size(self, cell: Lvalue, span: Span) -> int:
        """The size of a place in bytes. Raises ParseError if its type has no values."""
        if cell.type.bits == 0:
            raise ParseError("a place of this type cannot be read or written", span)
        return cell.type.bits // 8

    def pointed(self, pointer: Value, mark: int) -> Lvalue:
        """The place that a pointer points to; a number as a pointer points to a place of its own type."""
        if isinstance(pointer.expr, Const) and not isinstance(pointer.expr.value, Address):
            raise ParseError(f"{quoted(self.since(mark).text)} is not an address", self.since(mark))
        return Lvalue(pointer.expr, pointer.type if pointer.type.target is None else pointer.type.target)

    def store(self, place: Operand, value: Value, mark: int) -> Operand:
        """Assigns to a place; returns the value of the assignment. Raises ParseError if it is not a place."""
        span = self.since(mark)
        if isinstance(place, Value):
            address = place.expr.value if isinstance(place.expr, Const) else 0
            if isinstance(address, Address) and not address.offset:
                message = f"parameter {quoted(address.symbol)} cannot be changed: it is the address of a location"
                raise UnsupportedError(message, span, f"write *{address.symbol}, or copy it to a variable")
            raise ParseError("this cannot be assigned to", span)
        value = types.convert(value, types.plain(place.type), self.bits)
        if isinstance(place, Variable):
            self.emitter.assign(place.name, value.expr, span)
            return place
        name = "WRITE_ONCE" if place.type.volatile else "plain_write"
        args = (place.addr, types.stored(value, self.bits))
        size = self.size(place, span)
        if place.type.atomic:
            self.emitter.emit(AtomicOperation("store", ("seq_cst",), None, args, span, size))
        else:
            self.emitter.emit(Primitive(name, None, args, span, size))
        return value

    def since(self, mark: int) -> Span:
        return self.tokens.since(mark)

    def at(self) -> int:
        """Notes the current offset for statements that follow; returns the mark of the current token."""
        if not self.emitter.pinned:
            self.emitter.at = self.tokens.offset
        return self.tokens.mark

    def discard(self, operand: Operand, mark: int) -> None:
        """Discards the value of an operand."""
        if isinstance(operand, Value):
            self.emitter.discard(operand.expr)
        elif isinstance(operand, Lvalue) and operand.type.volatile:
            self.emitter.discard(self.value(operand, mark).expr)

    def binary(self, op: str, left: Value, right: Value, mark: int) -> Value:
        try:
            return types.binary(op, left, right, self.bits)
        except Undefined as error:
            raise UnsupportedError(f"{error} is not supported", self.since(mark)) from None

    def decayed(self, addr: Expr, type_: Type, count: int) -> Value:
        """An array as what it is in an expression: the address of its first cell."""
        value = Value(addr, types.pointer(type_, self.bits))
        self.array = value, count * type_.bits // 8
        return value

    # --- names and types ----------------------------------------------------------------------------------------------

    def named(self, name: str) -> Variable:
        """The variable of a name."""
        if name in self.variables:
            return Variable(self.prefix + name, self.variables[name])
        return Variable(name, self.undeclared[name])

    def is_known(self, name: str) -> bool:
        """Whether a name stands for something that need not be assigned first."""
        defined = self.definitions
        return any(
            name in names
            for names in (
                *(self.variables, self.undeclared, self.parameters, self.bound, CONSTANTS),
                *(defined.globals, defined.arrays, defined.constants),
            )
        )

    def is_type(self, token: str) -> bool:
        """Whether a token begins a type and is not a variable or parameter."""
        known = self.variables, self.undeclared, self.parameters
        return token in types.WORDS and not any(token in names for names in known)

    def type_name(self) -> Type:
        """Reads a type without a name, as in a cast."""
        return read_stars(self.tokens, read_type(self.tokens, self.definitions.members), self.bits)

    # --- limits -------------------------------------------------------------------------------------------------------

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than {MAX_DEPTH} levels", self.tokens.here)

    def operator(self) -> None:
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            raise ParseError(f"this expression has more than {MAX_OPERATORS} operators", self.tokens.here)
