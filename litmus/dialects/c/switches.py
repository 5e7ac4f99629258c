"""`switch`: branches to its cases, one after the other, and its body with their labels."""

from __future__ import annotations

from litmus.base.errors import ParseError
from litmus.dialects.c.statements import NEXT, NOWHERE, RETURN, Loop, Statements
from litmus.dialects.c.types import Value
from litmus.ir.thread import Assign, Const, Goto, Reg
from litmus.ir.thread import Value as Number


class Switches(Statements):
    """Reads statements, with those that choose among cases."""

    def switch(self) -> int:
        """As declared in `Statements`: a chain of branches to the cases, then the body."""
        tokens, emitter = self.tokens, self.emitter
        mark = tokens.mark
        tokens.advance()
        tokens.expect("(", "after 'switch'")
        at = tokens.mark
        value = self.value(self.whole(), at)
        tokens.expect(")", "after the value of a switch")
        span = tokens.since(mark)
        found = emitter.temporary()
        emitter.emit(Assign(found, value.expr, span))
        loop = Loop("", emitter.label(), switch=True)
        cases = self.cases()
        default = loop.end
        branches = []
        for start, case in cases.items():
            label = emitter.label()
            if case is None:
                default = label
            else:
                equal = self.binary("==", Value(Reg(found), value.type), case, start)
                branches.append(emitter.branch(equal.expr, label, span, loop.end))
            self.frame.cases[start] = label
        emitter.emit(Goto(default, span))
        self.frame.loops.append(loop)
        left = self.block()
        self.frame.loops.pop()
        if left < RETURN:
            left = NEXT if loop.continued else NOWHERE
        emitter.place(loop.end)
        for branch in branches:
            emitter.until(branch, self.joined(left, loop.end))
        return left

    def cases(self) -> dict[int, Value | None]:
        """The cases of the switch whose body is at the cursor, by their marks; None for the default."""
        tokens = self.tokens
        body = tokens.mark
        found: dict[int, Value | None] = {}
        numbers: set[Number | None] = set()
        depth = 0
        while tokens.current:
            here, token = tokens.mark, tokens.advance()
            depth += (token == "{") - (token == "}")
            if depth <= 0:
                break
            if depth > 1 or token not in ("case", "default"):
                continue
            value = None
            number: Number | None = None
            if token == "case":
                before = self.emitter.here
                at = tokens.mark
                self.operators = 0
                value = self.value(self.conditional(), at)
                if not isinstance(value.expr, Const) or self.emitter.here != before:
                    raise ParseError("a case must be a constant", tokens.since(at))
                number = value.expr.value
            if number in numbers:
                raise ParseError("this switch has two such cases", tokens.since(here))
            numbers.add(number)
            found[here] = value
        tokens.seek(body)
        return found

    def case(self) -> int:
        """As declared in `Statements`. Raises ParseError."""
        tokens = self.tokens
        label = self.frame.cases.get(tokens.mark)
        if label is None:
            raise ParseError(f"'{tokens.current}' is not directly in a switch", tokens.here)
        if tokens.advance() == "case":
            self.conditional()
        tokens.expect(":", "after a case")
        self.emitter.place(label)
        return self.statement() if tokens.current != "}" else NOWHERE
