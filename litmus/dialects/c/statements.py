"""Statements of C; structured control flow becomes branches and labels.

`if (c) A else B` branches to B if c is 0; the `until` of the branch is the label where A and B join. A loop tests its
condition at its head and jumps back from its end; `unfold` decides how often. If a `break`, `continue` or `return`
leaves an `if`, its two paths join only at the target of that jump, so that skipped statements depend on the condition.
After a `goto` they are not taken to join at all.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Span
from litmus.dialects.c import types
from litmus.dialects.c.calling import Calls
from litmus.dialects.c.definitions import Definitions
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.macros import CTokens, is_name
from litmus.dialects.c.operands import KEYWORDS, MAX_STATEMENTS, Variable
from litmus.dialects.c.terms import read_stars, read_type
from litmus.dialects.c.types import Type
from litmus.frontend.lexer import quoted
from litmus.ir.thread import Expr, Goto, Statement

# what a statement may leave: nothing, the loop's round, the loop, the function; or go to a label
NOWHERE, NEXT, _END, RETURN, _AWAY = range(5)


@dataclass(slots=True)
class Loop:
    """A loop: the labels where a round and the loop end, and whether it has a `continue`.

    A switch is one that has no rounds; a `continue` in it is of the loop around it.
    """

    next: str
    end: str
    continued: bool = False
    switch: bool = False


@dataclass(slots=True)
class _Mark:
    """A label of C: the label of the statements, where it is first used, and whether it is placed."""

    label: str
    use: Span
    placed: bool = False


@dataclass(slots=True)
class Frame:
    """What belongs to one function while it is read.

    `finish` is the label at its end, once it is needed; `depth` how deep its statements are nested at least. `result`
    is the variable of the value that it returns, None in a thread or for a function without one. `cases` are the labels
    of the cases of a switch, by their marks.
    """

    name: str = ""
    depth: int = 0
    result: Variable | None = None
    finish: str = ""
    loops: list[Loop] = field(default_factory=list)
    scopes: list[set[str]] = field(default_factory=list)
    marks: dict[str, _Mark] = field(default_factory=dict)
    cases: dict[int, str] = field(default_factory=dict)


class Statements(Calls):
    """Reads the body of one thread."""

    def __init__(
        self,
        tokens: CTokens,
        emitter: Emitter,
        parameters: Mapping[str, Type],
        implied: Callable[[str], bool],
        definitions: Definitions,
    ) -> None:
        super().__init__(tokens, emitter, parameters, implied, definitions)
        self.frame = self.thread = Frame()
        self.stops = 0  # places from which the thread may go to its end

    def body(self) -> None:
        """Reads `{ ... }` to its end, the body of the function at hand. Raises ParseError, UnsupportedError."""
        frame = self.frame
        frame.depth = self.nested
        self.block()
        for name, found in frame.marks.items():
            if not found.placed:
                hint = did_you_mean(name, [n for n, m in frame.marks.items() if m.placed])
                raise ParseError(f"no label {quoted(name)} in this function", found.use, hint)
        if frame.finish:
            self.emitter.place(frame.finish)

    def block(self) -> int:
        """Reads `{ ... }`; returns what it may leave."""
        tokens = self.tokens
        opening = tokens.here
        tokens.expect("{", "before statements")
        self.frame.scopes.append(set())
        left = NOWHERE
        while not tokens.accept("}"):
            if not tokens.current:
                raise ParseError("no '}' for this '{'", opening)
            if self._is_condition():
                raise ParseError("no '}' for this '{'", opening, "it is missing before the condition")
            left = max(left, self.statement())
        self.frame.scopes.pop()
        return left

    def _is_condition(self) -> bool:
        """Whether the condition of the test begins here, as it looks after a brace that was forgotten."""
        word, following = (self.tokens.ahead(k) for k in ((1, 2) if self.tokens.current == "~" else (0, 1)))
        return word in ("exists", "forall") and following == "(" and word not in self.definitions.helpers

    def statement(self) -> int:
        """Reads one statement; returns what it may leave."""
        tokens = self.tokens
        token = tokens.current
        if not self.emitter.pinned:
            self.emitter.at = tokens.offset
        tokens.deadline.check()
        if token == "fallthrough" and tokens.ahead(1) == ";":  # nothing but a remark
            tokens.advance()
        if tokens.accept(";"):
            return NOWHERE
        self.nested += 1
        if self.nested > MAX_STATEMENTS:
            raise ParseError(f"nested deeper than {MAX_STATEMENTS} levels", tokens.here)
        left, stops = NOWHERE, self.stops
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
            case "goto":
                left = self.go()
            case "switch":
                left = self.switch()
            case "case" | "default":
                left = self.case()
            case "break" | "continue" if tokens.ahead(1) == ";":
                left = self.jump()
            case _ if tokens.ahead(1) == ":" and is_name(token) and token not in KEYWORDS:
                left = self.marked()
            case _:
                self.simple()
        self.nested -= 1
        return left if stops == self.stops else _AWAY

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
        else:
            mark = tokens.mark
            self.discard(self.whole(), mark)
        self.semicolon()

    def semicolon(self) -> None:
        tokens = self.tokens
        if not tokens.accept(";"):
            error = tokens.unexpected("';' or an operator")
            end, found = (tokens.source.position(at)[0] for at in (tokens.since(tokens.mark - 1).start, tokens.offset))
            if end < found:
                error.hint = f"is a ';' missing at the end of line {end}?"
            raise error

    @abstractmethod
    def switch(self) -> int:
        """Reads `switch`; returns what it may leave."""

    @abstractmethod
    def case(self) -> int:
        """Reads `case` or `default`, and the statement after it; returns what that may leave."""

    # --- declarations ------------------------------------------------------------------------------------------------

    def declaration(self) -> None:
        """Reads `int r1 = 0, *r2`."""
        tokens = self.tokens
        if tokens.current == "static":
            message = "a static variable in a function is not supported"
            raise UnsupportedError(message, tokens.here, "declare it outside of the functions")
        base = read_type(tokens, self.definitions.members)
        while True:
            mark = tokens.mark
            type_ = read_stars(tokens, base, self.bits)
            name = tokens.current
            if not is_name(name) or name in KEYWORDS:
                raise tokens.unexpected("the name of a variable")
            if name in self.parameters or any(name in scope for scope in self.frame.scopes):
                raise ParseError(f"{quoted(name)} is declared already", tokens.here)
            if type_.bits == 0:
                hint = "make it a location, a parameter of the thread" if type_.structure else None
                raise ParseError("a variable cannot have this type, which has no values", tokens.since(mark), hint)
            tokens.advance()
            if tokens.current == "[":
                hint = "make it a location, a parameter of the thread"
                raise UnsupportedError("local arrays are not supported", tokens.here, hint)
            self.declare(name, type_, mark)
            if not tokens.accept(","):
                return

    def declare(self, name: str, type_: Type, mark: int) -> None:
        tokens = self.tokens
        type_ = replace(type_, volatile=False) if type_.volatile else type_
        self.frame.scopes[-1].add(name)
        self.variables[name] = type_
        if not tokens.accept("="):
            return
        if tokens.current == "{":
            raise UnsupportedError("initializers in braces are not supported", tokens.here)
        self.operators = 0
        at = tokens.mark
        value = self.value(self.assignment(), at)
        self.store(self.named(name), value, mark)

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
        if left == NOWHERE:
            return end
        if left >= RETURN:  # the paths out of a function that is called join at its end
            return self.frame.finish if left == RETURN and self.frame is not self.thread else None
        if left == _END:
            return self.frame.loops[-1].end
        return next((loop.next for loop in reversed(self.frame.loops) if not loop.switch), None)

    def rejoined(self, branch: int, left: int, end: str) -> int:
        """Sets where the paths of a loop's branch join; `left` is what its body may leave. What the loop may leave."""
        self.emitter.until(branch, self.joined(left, end) if left >= RETURN else end)
        return left if left >= RETURN else NOWHERE

    def enter(self) -> tuple[str, Loop]:
        """A new loop, with the label of its head."""
        loop = Loop(self.emitter.label(), self.emitter.label())
        self.frame.loops.append(loop)
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

    def rest(self, loop: Loop, head: str, step: list[Statement], branch: int, left: int) -> int:
        """Adds the end of a loop; returns what the loop may leave."""
        emitter = self.emitter
        if loop.continued:
            emitter.place(loop.next)
        emitter.put(step)
        emitter.emit(Goto(head))
        emitter.place(loop.end)
        self.frame.loops.pop()
        return self.rejoined(branch, left, loop.end)

    def count(self) -> int:
        """Reads `for`."""
        tokens, emitter = self.tokens, self.emitter
        opening = tokens.mark
        tokens.advance()
        tokens.expect("(", "after 'for'")
        self.frame.scopes.append(set())
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
        first = emitter.here
        if tokens.current != ")":
            mark = tokens.mark
            self.discard(self.whole(), mark)
        step = emitter.take(first)
        tokens.expect(")", "after the head of a loop")
        left = self.rest(loop, head, step, branch, self.statement())
        self.frame.scopes.pop()
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
        self.frame.loops.pop()
        return self.rejoined(branch, left, loop.end)

    def jump(self) -> int:
        """Reads `break` or `continue`."""
        tokens = self.tokens
        word, here = tokens.current, tokens.here
        around = [loop for loop in self.frame.loops if word == "break" or not loop.switch]
        if not around:
            raise ParseError(f"'{word}' outside of a loop", here)
        tokens.advance()
        self.semicolon()
        loop = around[-1]
        if word == "break":
            self.emitter.emit(Goto(loop.end, here))
            return _END
        for inner in self.frame.loops[self.frame.loops.index(loop) :]:
            inner.continued = True
        self.emitter.emit(Goto(loop.next, here))
        return NEXT

    def leave(self) -> int:
        """Reads `return`."""
        tokens, frame = self.tokens, self.frame
        mark = tokens.mark
        here = tokens.here
        tokens.advance()
        if tokens.current != ";":
            if frame is self.thread:
                raise UnsupportedError("a thread cannot return a value", tokens.here)
            if frame.result is None:
                raise ParseError(f"'{frame.name}' returns nothing", tokens.here, "it is declared as void")
            at = tokens.mark
            value = self.value(self.whole(), at)
            self.store(frame.result, value, mark)
        elif frame.result is not None:
            raise ParseError(f"'{frame.name}' must return a value", here)
        self.semicolon()
        if frame is not self.thread and tokens.current == "}" and self.nested == frame.depth + 1:
            return NOWHERE  # the end is next
        self.emitter.emit(Goto(self.end_of(frame), here))
        return RETURN

    def end_of(self, frame: Frame) -> str:
        """The label at the end of a function."""
        frame.finish = frame.finish or self.emitter.label()
        return frame.finish

    def stop(self, condition: Expr, span: Span) -> None:
        """As declared in `Calls`."""
        self.stops += 1
        self.emitter.branch(condition, self.end_of(self.thread), span, None)

    def go(self) -> int:
        """Reads `goto`."""
        tokens = self.tokens
        here = tokens.here
        tokens.advance()
        if tokens.current == "*":
            raise UnsupportedError("a goto to a computed label is not supported", tokens.here)
        self.emitter.emit(Goto(self.label_of(tokens.current).label, here))
        tokens.advance()
        self.semicolon()
        return _AWAY

    def marked(self) -> int:
        """Reads `again: statement`."""
        tokens = self.tokens
        mark = self.label_of(tokens.current)
        if mark.placed:
            raise ParseError(f"two labels have the name {quoted(tokens.current)}", tokens.here)
        mark.placed = True
        self.emitter.place(mark.label)
        tokens.advance()
        tokens.advance()
        return self.statement() if tokens.current != "}" else NOWHERE

    def label_of(self, name: str) -> _Mark:
        if not is_name(name) or name in KEYWORDS:
            raise self.tokens.unexpected("the name of a label")
        return self.frame.marks.setdefault(name, _Mark(self.emitter.label(), self.tokens.here))
