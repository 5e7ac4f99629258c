"""Expressions of C: operators by precedence, places in memory, calls.

The side effects of an expression (reads, calls, assignments) become statements, from left to right; its value becomes
an expression over registers. If an operand that C evaluates conditionally (`&&`, `||`, `?:`) has side effects, a branch
skips them; if not, the operand is part of the value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.dialects.c import types
from litmus.dialects.c.definitions import Definitions
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.macros import CTokens, is_name
from litmus.dialects.c.terms import read_number, read_stars, read_type
from litmus.dialects.c.types import INT, UNSIGNED, UNSIGNED_LONG, VOID, Type, Undefined, Value
from litmus.frontend.lexer import quoted
from litmus.ir.thread import Address, Assign, Const, Expr, Goto, Op, Primitive, Reg

MAX_DEPTH = 50
"""How deep parentheses, prefix operators and blocks may nest."""

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

_PRECEDENCE: Mapping[str, int] = {
    **dict.fromkeys("*/%", 10),
    **dict.fromkeys("+-", 9),
    **dict.fromkeys(("<<", ">>"), 8),
    **dict.fromkeys(("<", "<=", ">", ">="), 7),
    **dict.fromkeys(("==", "!="), 6),
    "&": 5,
    "^": 4,
    "|": 3,
    "&&": 2,
    "||": 1,
}
_ASSIGNMENTS = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
_POSTFIXES = frozenset({"[", "++", "--", ".", "->"})
_PREFIXES = frozenset({"*", "&", "-", "+", "~", "!", "++", "--", "(", "sizeof"})
_CONSTANTS: Mapping[str, int] = {"NULL": 0, "true": 1, "false": 0}
KEYWORDS = frozenset(
    {"if", "else", "while", "for", "do", "switch", "case", "default", "goto", "return", "sizeof", "typeof", "asm"}
    | {"__asm__"}
)


class Expressions(ABC):
    """Reads the expressions of one thread.

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
        self.bound: dict[str, Value] = {}
        self.prefix = ""
        self.array: tuple[Value, int] | None = None  # the last array that was named, as a pointer, and its size
        self.depth = 0
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

    def read(self, name: str, cell: Lvalue, span: Span) -> Value:
        """Reads a place with a primitive."""
        dest = self.emitter.temporary()
        self.emitter.emit(Primitive(name, dest, (cell.addr,), span, self.size(cell, span)))
        return types.loaded(Reg(dest), cell.type, self.bits)

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
        value = types.convert(value, place.type, self.bits)
        if isinstance(place, Variable):
            self.emitter.assign(place.name, value.expr, span)
            return place
        name = "WRITE_ONCE" if place.type.volatile else "plain_write"
        args = (place.addr, types.stored(value, self.bits))
        self.emitter.emit(Primitive(name, None, args, span, self.size(place, span)))
        return value

    def since(self, mark: int) -> Span:
        return self.tokens.since(mark)

    def at(self) -> int:
        """Notes the current offset for statements that follow; returns the mark of the current token."""
        self.emitter.move(self.tokens.offset)
        return self.tokens.mark

    # --- operators, loosest first ------------------------------------------------------------------------------------

    def whole(self) -> Operand:
        """Reads an expression that is not part of another one."""
        self.operators = 0
        return self.expression()

    def expression(self) -> Operand:
        """Reads an expression, which may have commas."""
        mark = self.tokens.mark
        operand = self.assignment()
        while self.tokens.accept(","):
            self.discard(operand, mark)
            mark = self.tokens.mark
            operand = self.assignment()
        return operand

    def condition(self) -> Expr:
        """Reads a condition in parentheses: it holds if its value is not 0."""
        self.tokens.expect("(", "before a condition")
        mark = self.tokens.mark
        value = self.value(self.whole(), mark)
        self.tokens.expect(")", "after a condition")
        return value.expr

    def discard(self, operand: Operand, mark: int) -> None:
        """Discards the value of an operand."""
        if isinstance(operand, Value):
            self.emitter.discard(operand.expr)
        elif isinstance(operand, Lvalue) and operand.type.volatile:
            self.emitter.discard(self.value(operand, mark).expr)

    def assignment(self) -> Operand:
        tokens = self.tokens
        mark = self.at()
        name = tokens.current
        if tokens.ahead(1) == "=" and _is_name(name) and not self.is_known(name):
            tokens.advance()
            tokens.advance()
            right = tokens.mark
            self.deeper()
            value = self.value(self.assignment(), right)
            self.depth -= 1
            self.variables[name] = value.type  # an undeclared variable has the type of the first value assigned to it
            return self.store(self.named(name), value, mark)
        left = self.conditional()
        op = tokens.current
        if op not in _ASSIGNMENTS:
            return left
        tokens.advance()
        self.operator()
        before = None if op == "=" else self.value(left, mark)
        self.deeper()
        right = tokens.mark
        value = self.value(self.assignment(), right)
        self.depth -= 1
        if before is not None:
            value = self.binary(op[:-1], before, value, mark)
        return self.store(left, value, mark)

    def conditional(self) -> Operand:
        tokens = self.tokens
        mark = tokens.mark
        left = self.operation(1)
        if tokens.current != "?":
            return left
        condition = self.value(left, mark).expr
        tokens.advance()
        self.operator()
        self.deeper()
        emitter = self.emitter
        start = len(emitter.body)
        at = tokens.mark
        then = Value(condition, left.type) if tokens.current == ":" else self.value(self.expression(), at)
        tokens.expect(":", "after the second operand of '?'")
        middle = len(emitter.body)
        at = tokens.mark
        other = self.value(self.conditional(), at)
        self.depth -= 1
        type_ = types.common(then.type, other.type)
        then, other = types.convert(then, type_, self.bits), types.convert(other, type_, self.bits)
        if isinstance(condition, Const) and len(emitter.body) == start:
            return then if condition.value != 0 else other
        if len(emitter.body) == start:
            return Value(Op("ite", (condition, then.expr, other.expr)), type_)
        if_not = emitter.take(middle)
        if_so = emitter.take(start)
        span = self.since(mark)
        result, otherwise, end = emitter.temporary(), emitter.label(), emitter.label()
        emitter.branch(types.opposite(condition, self.bits), otherwise, span, end)
        emitter.put(if_so)
        emitter.assign(result, then.expr, span)
        emitter.emit(Goto(end, span))
        emitter.place(otherwise)
        emitter.put(if_not)
        emitter.assign(result, other.expr, span)
        emitter.place(end)
        return Value(Reg(result), type_)

    def operation(self, loosest: int) -> Operand:
        """Reads operands and binary operators that bind at least as tightly as `loosest`."""
        tokens = self.tokens
        mark = tokens.mark
        left = self.unary()
        while (precedence := _PRECEDENCE.get(tokens.current, 0)) >= loosest:
            op = tokens.advance()
            self.operator()
            value = self.value(left, mark)
            if precedence <= 2:
                left = self.logical(op, value, precedence, mark)
                continue
            at = tokens.mark
            right = self.value(self.operation(precedence + 1), at)
            left = self.binary(op, value, right, mark)
        return left

    def binary(self, op: str, left: Value, right: Value, mark: int) -> Value:
        try:
            return types.binary(op, left, right, self.bits)
        except Undefined as error:
            raise UnsupportedError(f"{error} is not supported", self.since(mark)) from None

    def logical(self, op: str, left: Value, precedence: int, mark: int) -> Value:
        """Reads the rest of `a && b` or `a || b`; b is executed only if a does not decide the result."""
        tokens, emitter = self.tokens, self.emitter
        start = len(emitter.body)
        at = tokens.mark
        right = self.value(self.operation(precedence + 1), at)
        if len(emitter.body) == start:
            return Value(types.folded("land" if op == "&&" else "lor", self.bits, left.expr, right.expr), INT)
        taken = emitter.take(start)
        span = self.since(mark)
        result, end = emitter.temporary(), emitter.label()
        emitter.assign(result, types.truth(left, self.bits), span)
        settled: Expr = Reg(result) if op == "||" else Op("lnot", (Reg(result),))
        emitter.branch(settled, end, span, end)
        emitter.put(taken)
        emitter.assign(result, types.truth(right, self.bits), span)
        emitter.place(end)
        return Value(Reg(result), INT)

    def unary(self) -> Operand:
        tokens = self.tokens
        if tokens.current not in _PREFIXES:
            return self.postfix()
        if tokens.current == "(" and not self.is_type(tokens.ahead(1)):
            return self.postfix()
        if tokens.current == "sizeof":
            return self.sizeof()
        mark = self.at()
        op = tokens.advance()
        self.operator()
        self.deeper()
        if op == "(":
            result = self.cast(mark)
        elif op == "&":
            result = self.address(mark)
        else:
            at = tokens.mark
            operand = self.unary()
            if op in ("++", "--"):
                value = self.binary(op[0], self.value(operand, at), Value(Const(1), INT), mark)
                result = self.store(operand, value, mark)
            elif op == "*":
                result = self.pointed(self.value(operand, at), at)
            else:
                try:
                    result = types.unary(op, self.value(operand, at), self.bits)
                except Undefined as error:
                    raise UnsupportedError(f"{error} is not supported", self.since(mark)) from None
        self.depth -= 1
        return result

    def sizeof(self) -> Value:
        """Reads `sizeof(int)` or `sizeof(*x)`, whose operand is not evaluated."""
        tokens, emitter = self.tokens, self.emitter
        mark = tokens.mark
        array = 0
        tokens.advance()
        self.deeper()
        if tokens.current == "(" and self.is_type(tokens.ahead(1)):
            tokens.advance()
            type_ = self.type_name()
            tokens.expect(")", "after a type")
        else:
            before = len(emitter.body)
            operand = self.unary()
            emitter.take(before)
            if self.array is not None and operand is self.array[0]:
                array = self.array[1]
            type_ = operand.type
        self.depth -= 1
        size = self.definitions.structures[type_.structure].size if type_.structure else type_.bits // 8
        size = array or size
        if not size:
            raise ParseError("this type has no size", self.since(mark))
        return types.number(size, UNSIGNED_LONG if self.bits == 64 else UNSIGNED, self.bits)

    def cast(self, mark: int) -> Operand:
        type_ = self.type_name()
        self.tokens.expect(")", "after a type")
        at = self.tokens.mark
        operand = self.unary()
        if type_ == VOID:
            self.discard(operand, at)
            return Value(Const(0), VOID)
        if type_.bits == 0:
            raise ParseError("a value cannot have the type of a structure", self.since(mark))
        return types.convert(self.value(operand, at), type_, self.bits)

    def address(self, mark: int) -> Operand:
        at = self.tokens.mark
        operand = self.unary()
        if isinstance(operand, Lvalue):
            return Value(operand.addr, Type(self.bits, target=operand.type))
        name = self.since(at).text
        if name in self.parameters:
            raise UnsupportedError(f"{quoted(name)} is already an address", self.since(mark), f"write {name}")
        if isinstance(operand, Variable):
            message = f"the address of {quoted(name)} is not supported: it is a variable of this thread"
            raise UnsupportedError(message, self.since(mark), "make it a location, a parameter of the thread")
        raise ParseError("this has no address", self.since(mark))

    def postfix(self) -> Operand:
        tokens = self.tokens
        mark = self.at()
        operand = self.primary()
        while (token := tokens.current) in _POSTFIXES:
            tokens.advance()
            self.operator()
            if token == "[":
                base = self.value(operand, mark)
                self.deeper()
                at = tokens.mark
                index = self.value(self.expression(), at)
                self.depth -= 1
                tokens.expect("]", "after an index")
                if base.type.target is None:
                    raise ParseError(f"{quoted(self.since(mark).text)} is not a cell of an array", self.since(mark))
                operand = self.pointed(self.binary("+", base, index, mark), mark)
            elif token in ("++", "--"):
                before = self.value(operand, mark)
                after = self.binary(token[0], before, Value(Const(1), INT), mark)
                if isinstance(operand, Variable):
                    kept = self.emitter.temporary()
                    self.emitter.emit(Assign(kept, before.expr, self.since(mark)))
                    before = Value(Reg(kept), before.type)
                self.store(operand, after, mark)
                operand = before
            else:
                operand = self.member(operand, token, mark)
        return operand

    def member(self, operand: Operand, token: str, mark: int) -> Operand:
        """Reads the name of a member, after `.` or `->`."""
        tokens = self.tokens
        whole = operand
        place = self.tokens.since(mark)  # up to the `.` or `->`
        if token == "->":
            whole = self.pointed(self.value(operand, mark), mark)
        structure = whole.type.structure
        if not structure or not isinstance(whole, Lvalue):
            pointer = isinstance(operand, Lvalue | Variable | Value) and operand.type.target is not None
            hint = "did you mean '->'?" if token == "." and pointer else None
            what = "a structure" if token == "." else "a pointer to a structure"
            raise ParseError(f"before '{token}' must be {what} that the test declares", place, hint)
        members = self.definitions.members[structure]
        name = tokens.current
        if name not in members:
            if not _is_name(name):
                raise tokens.unexpected("the name of a member")
            hint = did_you_mean(name, members) or f"it has {', '.join(members)}"
            raise ParseError(f"struct {structure} has no member {quoted(name)}", tokens.here, hint)
        tokens.advance()
        field = members[name]
        type_ = types.volatile(field.type) if whole.type.volatile else field.type
        addr = types.folded("add", self.bits, whole.addr, Const(field.offset)) if field.offset else whole.addr
        return self.decayed(addr, type_, field.count) if field.count else Lvalue(addr, type_)

    def decayed(self, addr: Expr, type_: Type, count: int) -> Value:
        """An array as what it is in an expression: the address of its first cell."""
        value = Value(addr, Type(self.bits, target=type_))
        self.array = value, count * type_.bits // 8
        return value

    # --- names and numbers -------------------------------------------------------------------------------------------

    def primary(self) -> Operand:
        tokens = self.tokens
        token = tokens.current
        if token == "(":
            tokens.advance()
            self.deeper()
            operand = self.expression()
            self.depth -= 1
            tokens.expect(")", "after an expression")
            return operand
        if not token:
            raise tokens.unexpected("an expression")
        if token[0].isdigit():
            return read_number(tokens, self.bits)
        if not _is_name(token):
            raise self.unknown(token)
        if tokens.ahead(1) == "(":
            return self.call(token)
        if token in self.variables:
            tokens.advance()
            return self.named(token)
        if token in self.parameters:
            tokens.advance()
            return Value(Const(Address(token)), Type(self.bits, target=self.parameters[token]))
        if token in _CONSTANTS:
            tokens.advance()
            return types.number(_CONSTANTS[token], INT, self.bits)
        if token in self.bound:
            tokens.advance()
            return self.bound[token]
        if token in self.definitions.constants:
            tokens.advance()
            return types.number(self.definitions.constants[token], INT, self.bits)
        if token in self.definitions.globals:
            tokens.advance()
            return Lvalue(Const(Address(token)), self.definitions.globals[token])
        if token in self.definitions.arrays:
            tokens.advance()
            return self.decayed(Const(Address(token)), self.definitions.arrays[token], self.definitions.counts[token])
        if self.implied(token):
            tokens.advance()
            self.variables[token] = INT
            return self.named(token)
        hint = did_you_mean(token, (*self.variables, *self.parameters, *self.bound, *self.definitions.globals))
        raise ParseError(f"unknown name {quoted(token)}", tokens.here, hint or f"declare it, or pass it: int *{token}")

    def named(self, name: str) -> Variable:
        """The variable of a name."""
        return Variable(self.prefix + name, self.variables[name])

    def is_known(self, name: str) -> bool:
        """Whether a name stands for something that need not be assigned first."""
        defined = self.definitions
        return any(
            name in names
            for names in (
                *(self.variables, self.parameters, self.bound, _CONSTANTS),
                *(defined.globals, defined.arrays, defined.constants),
            )
        )

    def unknown(self, token: str) -> LitmusError:
        here = self.tokens.here
        if token in ("'", '"'):
            return UnsupportedError("characters and strings are not supported", here)
        if token == "#":
            return UnsupportedError("a directive must be the first thing on its line", here)
        if token in KEYWORDS:
            return UnsupportedError(f"'{token}' is not supported here", here)
        return self.tokens.unexpected("an expression")

    @abstractmethod
    def call(self, name: str) -> Operand:
        """Reads a call of a function or macro, beginning with its name."""

    # --- types -------------------------------------------------------------------------------------------------------

    def is_type(self, token: str) -> bool:
        """Whether a token begins a type and is not a variable or parameter."""
        return token in types.WORDS and token not in self.variables and token not in self.parameters

    def type_name(self) -> Type:
        """Reads a type without a name, as in a cast."""
        return read_stars(self.tokens, read_type(self.tokens, self.definitions.members), self.bits)

    # --- limits ------------------------------------------------------------------------------------------------------

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than {MAX_DEPTH} levels", self.tokens.here)

    def operator(self) -> None:
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            raise ParseError(f"this expression has more than {MAX_OPERATORS} operators", self.tokens.here)


def _is_name(token: str) -> bool:
    return is_name(token) and token not in KEYWORDS
