"""Expressions of C: operators by precedence, places in memory, calls.

The side effects of an expression (reads, calls, assignments) become statements, from left to right; its value becomes
an expression over registers. Operands that C evaluates in any order are marked as such (C11, 6.5 (3) and 6.5.2.2 (10)).
If an operand that C evaluates conditionally (`&&`, `||`, `?:`) has side effects, a branch skips them; if not, the
operand is part of the value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.dialects.c import types
from litmus.dialects.c.macros import is_name
from litmus.dialects.c.operands import CONSTANTS, KEYWORDS, Lvalue, Operand, Operands, Variable, atomic_object
from litmus.dialects.c.terms import read_number
from litmus.dialects.c.types import INT, UNSIGNED, UNSIGNED_LONG, VOID, Undefined, Value
from litmus.frontend.lexer import quoted
from litmus.ir.thread import Address, Assign, Const, Expr, Goto, Op, Reg

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


class Expressions(Operands, ABC):
    """Reads the expressions of one thread."""

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
            self.undeclared[name] = value.type  # an undeclared variable has the type of the first value assigned to it
            return self.store(self.named(name), value, mark)
        start = self.emitter.here
        left = self.conditional()
        op = tokens.current
        if op not in _ASSIGNMENTS:
            return left
        tokens.advance()
        self.operator()
        shared = None if op == "=" else atomic_object(left)
        before = None if op == "=" or shared is not None else self.value(left, mark)
        self.deeper()
        right = tokens.mark
        middle = self.emitter.here
        value = self.value(self.assignment(), right)
        self.emitter.unsequenced((start, middle), self.since(mark))
        self.depth -= 1
        if shared is not None:
            return self.updated(op[:-1], shared, value, mark)[1]
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
        start = emitter.here
        at = tokens.mark
        then = Value(condition, left.type) if tokens.current == ":" else self.value(self.expression(), at)
        tokens.expect(":", "after the second operand of '?'")
        middle = emitter.here
        at = tokens.mark
        other = self.value(self.conditional(), at)
        self.depth -= 1
        type_ = types.common(then.type, other.type)
        then, other = types.convert(then, type_, self.bits), types.convert(other, type_, self.bits)
        if isinstance(condition, Const) and emitter.here == start:
            return then if condition.value != 0 else other
        if emitter.here == start:
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
        tokens, emitter = self.tokens, self.emitter
        mark, start = tokens.mark, emitter.here
        left = self.unary()
        while (precedence := _PRECEDENCE.get(tokens.current, 0)) >= loosest:
            op = tokens.advance()
            self.operator()
            value = self.value(left, mark)
            if precedence <= 2:
                left = self.logical(op, value, precedence, mark)
                continue
            at, middle = tokens.mark, emitter.here
            right = self.value(self.operation(precedence + 1), at)
            emitter.unsequenced((start, middle), self.since(mark))
            left = self.binary(op, value, right, mark)
        return left

    def logical(self, op: str, left: Value, precedence: int, mark: int) -> Value:
        """Reads the rest of `a && b` or `a || b`; b is executed only if a does not decide the result."""
        tokens, emitter = self.tokens, self.emitter
        start = emitter.here
        at = tokens.mark
        right = self.value(self.operation(precedence + 1), at)
        if emitter.here == start:
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
                shared, one = atomic_object(operand), Value(Const(1), INT)
                if shared is not None:
                    result = self.updated(op[0], shared, one, mark)[1]
                else:
                    result = self.store(operand, self.binary(op[0], self.value(operand, at), one, mark), mark)
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
            before = emitter.here
            operand = self.unary()
            emitter.take(before)
            if self.array is not None and operand is self.array[0]:
                array = self.array[1]
            type_ = operand.type
        self.depth -= 1
        size = type_.bits // 8
        if type_.structure in self.definitions.structures:
            size = self.definitions.structures[type_.structure].size
        size = array or size
        if not size:
            raise ParseError("this type has no size", self.since(mark))
        return types.number(size, UNSIGNED_LONG if self.bits >= 64 else UNSIGNED, self.bits)

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
            return Value(operand.addr, types.pointer(operand.type, self.bits))
        name = self.since(at).text
        if name in self.parameters:
            raise UnsupportedError(f"{quoted(name)} is already an address", self.since(mark), f"write {name}")
        if isinstance(operand, Variable):
            message = f"the address of {quoted(name)} is not supported: it is a variable of this thread"
            raise UnsupportedError(message, self.since(mark), "make it a location, a parameter of the thread")
        raise ParseError("this has no address", self.since(mark))

    def postfix(self) -> Operand:
        tokens = self.tokens
        mark, start = self.at(), self.emitter.here
        operand = self.primary()
        while (token := tokens.current) in _POSTFIXES:
            tokens.advance()
            self.operator()
            if token == "[":
                base = self.value(operand, mark)
                self.deeper()
                at, middle = tokens.mark, self.emitter.here
                index = self.value(self.expression(), at)
                self.emitter.unsequenced((start, middle), self.since(mark))
                self.depth -= 1
                tokens.expect("]", "after an index")
                if base.type.target is None:
                    raise ParseError(f"{quoted(self.since(mark).text)} is not a cell of an array", self.since(mark))
                operand = self.pointed(self.binary("+", base, index, mark), mark)
            elif token in ("++", "--"):
                shared, one = atomic_object(operand), Value(Const(1), INT)
                if shared is not None:
                    operand = self.updated(token[0], shared, one, mark)[0]
                    continue
                before = self.value(operand, mark)
                after = self.binary(token[0], before, one, mark)
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
        if structure not in self.definitions.members:
            raise ParseError(f"struct {structure} is not declared", place, "declare it before the threads")
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
        if token in self.variables or (token in self.undeclared and token not in self.bound):
            tokens.advance()
            return self.named(token)
        if token in self.parameters:
            tokens.advance()
            return Value(Const(Address(token)), types.pointer(self.parameters[token], self.bits))
        if token in CONSTANTS:
            tokens.advance()
            return types.number(CONSTANTS[token], INT, self.bits)
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
            self.undeclared[token] = INT
            return self.named(token)
        hint = did_you_mean(
            token, (*self.variables, *self.undeclared, *self.parameters, *self.bound, *self.definitions.globals)
        )
        raise ParseError(f"unknown name {quoted(token)}", tokens.here, hint or f"declare it, or pass it: int *{token}")

    def unknown(self, token: str) -> LitmusError:
        here = self.tokens.here
        if token[0] in ("'", '"'):
            return UnsupportedError("characters and strings are not supported", here)
        if token == "#":
            return UnsupportedError("a directive must be the first thing on its line", here)
        if token in KEYWORDS:
            return UnsupportedError(f"'{token}' is not supported here", here)
        return self.tokens.unexpected("an expression")

    @abstractmethod
    def call(self, name: str) -> Operand:
        """Reads a call of a function or macro, beginning with its name."""


def _is_name(token: str) -> bool:
    return is_name(token) and token not in KEYWORDS
