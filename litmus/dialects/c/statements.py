"""Statements of C; structured control flow becomes branches and labels.

`if (c) A else B` branches to B if c is 0; the `until` of the branch is the label where A and B join. A loop tests its
condition at its head and jumps back from its end; `unfold` decides how often. If a `break`, `continue` or `return`
leaves an `if`, its two paths join only at the target of that jump, so that skipped statements depend on the condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.dialects.c import types
from litmus.dialects.c.calling import Calls
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.expressions import KEYWORDS, Variable
from litmus.dialects.c.terms import read_stars, read_type
from litmus.dialects.c.types import Type
from litmus.frontend.lexer import Tokens, is_name, quoted
from litmus.ir.thread import Goto, Statement

_NOWHERE, _NEXT, _END, _RETURN = range(4)  # what a statement may leave: nothing, the loop's round, the loop, the thread


@dataclass(slots=True)
class _Loop:
    """A loop: the labels where a round and the loop end, and whether it has a `continue`."""

    next: str
    end: str
    continued: bool = False


class Statements(Calls):
    """Reads the body of one thread."""

    def __init__(
        self, tokens: Tokens, emitter: Emitter, parameters: Mapping[str, Type], implied: Callable[[str], bool]
    ) -> None:
        super().__init__(tokens, emitter, parameters, implied)
        self.loops: list[_Loop] = []
        self.scopes: list[set[str]] = []
        self.finish = ""

    def body(self) -> None:
        """Reads `{ ... }` to its end. Raises ParseError, UnsupportedError."""
        self.block()
        if self.finish:
            self.emitter.place(self.finish)

    def block(self) -> int:
        """Reads `{ ... }`; returns what it may leave."""
        tokens = self.tokens
        opening = tokens.here
        tokens.expect("{", "before statements")
        self.scopes.append(set())
        left = _NOWHERE
        while not tokens.accept("}"):
            if not tokens.current:
                raise ParseError("no '}' for this '{'", opening)
            left = max(left, self.statement())
        self.scopes.pop()
        return left

    def statement(self) -> int:
        """Reads one statement; returns what it may leave."""
        tokens = self.tokens
        token = tokens.current
        self.emitter.at = tokens.offset
        tokens.deadline.check()
        if token == ";":
            tokens.advance()
            return _NOWHERE
        self.deeper()
        left = _NOWHERE
        match token:
            case "{":
                left = self.block()
            case "if":
                left = self.choice()
            case "while":
                left = self.repeat()
            case "for":
                left = self.count()
            case "do":
                left = self.repeat_once()
            case "return":
                left = self.leave()
            case "break" | "continue" if tokens.ahead(1) == ";":
                left = self.jump()
            case _:
                self.simple()
        self.depth -= 1
        return left

    def simple(self) -> None:
        """Reads a declaration or an expression."""
        tokens = self.tokens
        token = tokens.current
        if self.is_type(token):
            self.declaration()
        elif token == "else":
            raise ParseError("'else' without 'if'", tokens.here)
        elif token in KEYWORDS and token != "sizeof":
            raise UnsupportedError(f"'{token}' is not supported", tokens.here)
        elif is_name(token) and is_name(tokens.ahead(1)):
            raise ParseError(f"unknown type {quoted(token)}", tokens.here, did_you_mean(token, types.WORDS))
        elif is_name(token) and tokens.ahead(1) == ":":
            raise UnsupportedError("labels are not supported", tokens.here, "use 'if', 'while', 'for' or 'do'")
        else:
            mark = tokens.mark
            self.discard(self.whole(), mark)
        self.semicolon()

    def semicolon(self) -> None:
        if not self.tokens.accept(";"):
            raise self.tokens.unexpected("';' or an operator")

    # --- declarations ------------------------------------------------------------------------------------------------

    def declaration(self) -> None:
        """Reads `int r1 = 0, *r2`."""
        tokens = self.tokens
        base = read_type(tokens)
        while True:
            mark = tokens.mark
            type_ = read_stars(tokens, base, self.bits)
            name = tokens.current
            if not is_name(name) or name in KEYWORDS:
                raise tokens.unexpected("the name of a variable")
            if name in self.parameters or any(name in scope for scope in self.scopes):
                raise ParseError(f"{quoted(name)} is declared already", tokens.here)
            if type_.bits == 0:
                raise ParseError("a variable cannot have this type, which has no values", tokens.since(mark))
            tokens.advance()
            if tokens.current == "[":
                hint = "make it a location, a parameter of the thread"
                raise UnsupportedError("local arrays are not supported", tokens.here, hint)
            self.declare(name, type_, mark)
            if not tokens.accept(","):
                return

    def declare(self, name: str, type_: Type, mark: int) -> None:
        tokens = self.tokens
        type_ = Type(type_.bits, type_.signed, type_.target, False, type_.truth) if type_.volatile else type_
        self.scopes[-1].add(name)
        self.variables[name] = type_
        if not tokens.accept("="):
            return
        if tokens.current == "{":
            raise UnsupportedError("initializers in braces are not supported", tokens.here)
        self.operators = 0
        at = tokens.mark
        value = self.value(self.assignment(), at)
        self.store(Variable(name, type_), value, mark)

    # --- control flow ------------------------------------------------------------------------------------------------

    def choice(self) -> int:
        """Reads `if`, with or without `else`."""
        tokens, emitter = self.tokens, self.emitter
        mark = tokens.mark
        tokens.advance()
        condition = types.opposite(self.condition(), self.bits)
        end = emitter.label()
        branch = emitter.branch(condition, end, tokens.since(mark), end)
        left = self.statement()
        if tokens.current == "else":
            otherwise = end
            end = emitter.label()
            emitter.emit(Goto(end))
            emitter.place(otherwise)
            tokens.advance()
            left = max(left, self.statement())
        emitter.place(end)
        emitter.until(branch, self.joined(left, end))
        return left

    def joined(self, left: int, end: str) -> str | None:
        """The label where the paths of a branch join; `left` is what the statements up to `end` may leave."""
        if left == _NOWHERE:
            return end
        if left == _RETURN:
            return None
        return self.loops[-1].end if left == _END else self.loops[-1].next

    def enter(self) -> tuple[str, _Loop]:
        """A new loop, with the label of its head."""
        loop = _Loop(self.emitter.label(), self.emitter.label())
        self.loops.append(loop)
        return self.emitter.label(), loop

    def repeat(self) -> int:
        """Reads `while`."""
        tokens, emitter = self.tokens, self.emitter
        mark = tokens.mark
        tokens.advance()
        head, loop = self.enter()
        emitter.place(head)
        condition = types.opposite(self.condition(), self.bits)
        branch = emitter.branch(condition, loop.end, tokens.since(mark), loop.end)
        return self.rest(loop, head, [], branch, self.statement())

    def rest(self, loop: _Loop, head: str, step: list[Statement], branch: int, left: int) -> int:
        """Adds the end of a loop; returns what the loop may leave."""
        emitter = self.emitter
        if loop.continued:
            emitter.place(loop.next)
        emitter.put(step)
        emitter.emit(Goto(head))
        emitter.place(loop.end)
        self.loops.pop()
        emitter.until(branch, None if left == _RETURN else loop.end)
        return _RETURN if left == _RETURN else _NOWHERE

    def count(self) -> int:
        """Reads `for`."""
        tokens, emitter = self.tokens, self.emitter
        opening = tokens.mark
        tokens.advance()
        tokens.expect("(", "after 'for'")
        self.scopes.append(set())
        if self.is_type(tokens.current):
            self.declaration()
        elif tokens.current != ";":
            mark = tokens.mark
            self.discard(self.whole(), mark)
        self.semicolon()
        head, loop = self.enter()
        emitter.place(head)
        branch = -1
        if tokens.current != ";":
            mark = tokens.mark
            condition = self.value(self.whole(), mark).expr
            branch = emitter.branch(types.opposite(condition, self.bits), loop.end, tokens.since(opening), loop.end)
        self.semicolon()
        first = len(emitter.body)
        if tokens.current != ")":
            mark = tokens.mark
            self.discard(self.whole(), mark)
        step = emitter.take(first)
        tokens.expect(")", "after the head of a loop")
        left = self.rest(loop, head, step, branch, self.statement())
        self.scopes.pop()
        return left

    def repeat_once(self) -> int:
        """Reads `do ... while`."""
        tokens, emitter = self.tokens, self.emitter
        tokens.advance()
        head, loop = self.enter()
        emitter.place(head)
        left = self.statement()
        if loop.continued:
            emitter.place(loop.next)
        mark = tokens.mark
        tokens.expect("while", "after the body of 'do'")
        branch = emitter.branch(self.condition(), head, tokens.since(mark), loop.end)
        self.semicolon()
        emitter.place(loop.end)
        self.loops.pop()
        emitter.until(branch, None if left == _RETURN else loop.end)
        return _RETURN if left == _RETURN else _NOWHERE

    def jump(self) -> int:
        """Reads `break` or `continue`."""
        tokens = self.tokens
        word, here = tokens.current, tokens.here
        if not self.loops:
            raise ParseError(f"'{word}' outside of a loop", here)
        tokens.advance()
        self.semicolon()
        loop = self.loops[-1]
        if word == "break":
            self.emitter.emit(Goto(loop.end, here))
            return _END
        loop.continued = True
        self.emitter.emit(Goto(loop.next, here))
        return _NEXT

    def leave(self) -> int:
        """Reads `return`."""
        tokens = self.tokens
        here = tokens.here
        tokens.advance()
        if tokens.current != ";":
            raise UnsupportedError("a thread cannot return a value", tokens.here)
        self.semicolon()
        self.finish = self.finish or self.emitter.label()
        self.emitter.emit(Goto(self.finish, here))
        return _RETURN
