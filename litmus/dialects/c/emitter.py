"""Collects the statements of one thread while it is read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from litmus.base.source import Span
from litmus.ir.thread import (
    Assign,
    AtomicOperation,
    Branch,
    Call,
    Const,
    Expr,
    Goto,
    Label,
    Primitive,
    Reg,
    Statement,
    Unsequenced,
)


class Emitter:
    """Collects statements, each with its row of the program text, and makes new registers and labels.

    Registers that are not variables of the test are called `$0`, `$1` ..., names that no variable can have.
    """

    __slots__ = ("_first", "_labels", "_lines", "_row", "_temporaries", "at", "body", "pinned", "row_of", "word_bits")

    def __init__(self, lines: Sequence[int], at: int, word_bits: int) -> None:
        self._lines = lines  # the offset of each
        self._first = bisect_right(lines, at)
        self._row = 0
        self._labels = 0
        self._temporaries = 0
        self.word_bits = word_bits
        self.body: list[Statement] = []
        self.row_of: list[int] = []
        self.at = at
        """The offset in the source of what is being read."""
        self.pinned = False
        """Whether a function is being read that the thread calls: its statements are at the place of the call."""

    @property
    def here(self) -> int:
        """The index that the next statement will have: where an operand begins, for `take` and `unsequenced`."""
        return len(self.body)

    def emit(self, statement: Statement) -> None:
        """Adds a statement. Row numbers never decrease: the step of a `for` loop gets the row where its body ends."""
        self._row = max(self._row, bisect_right(self._lines, self.at) - self._first)
        self.body.append(statement)
        self.row_of.append(self._row)

    def take(self, mark: int) -> list[Statement]:
        """Removes and returns the statements from index `mark` on."""
        taken = self.body[mark:]
        del self.body[mark:], self.row_of[mark:]
        return taken

    def put(self, statements: Sequence[Statement]) -> None:
        """Adds statements that `take` has returned."""
        for statement in statements:
            self.emit(statement)

    def unsequenced(self, starts: Sequence[int], span: Span) -> None:
        """Notes that operands are evaluated in any order: those whose statements begin at `starts`, up to the end.

        Nothing is noted if fewer than two of them have statements that do something.
        """
        if len(starts) < 2 or len(self.body) - starts[0] < 2:
            return
        ends = (*starts[1:], len(self.body))
        doing = [s for s, end in zip(starts, ends, strict=True) if any(map(_does, self.body[s:end]))]
        if len(doing) < 2:
            return
        for start in reversed(doing):
            self.body.insert(start, Unsequenced("first" if start == doing[0] else "next", span))
            self.row_of.insert(start, self.row_of[start])
        self.emit(Unsequenced("end", span))

    def temporary(self) -> str:
        """A register that no other statement uses."""
        self._temporaries += 1
        return f"${self._temporaries - 1}"

    def number(self) -> int:
        """A number that no other call of this has given."""
        self._temporaries += 1
        return self._temporaries - 1

    def label(self) -> str:
        """A label that no other statement has."""
        self._labels += 1
        return f"L{self._labels - 1}"

    def assign(self, name: str, expr: Expr, span: Span | None) -> None:
        """Adds `name := expr`; if `expr` is the result of the last statement, that one now assigns to `name`."""
        if not self._redirect(expr, name):
            self.emit(Assign(name, expr, span))

    def discard(self, expr: Expr) -> None:
        """Notes that a value is not used: the result of the last statement or, as in `r1++`, of the one before it."""
        if self._redirect(expr, None) or len(self.body) < 2 or not isinstance(expr, Reg):
            return
        kept = self.body[-2]
        if isinstance(kept, Assign) and kept.dest == expr.name and expr.name[0] == "$":
            del self.body[-2], self.row_of[-2]

    def _redirect(self, expr: Expr, name: str | None) -> bool:
        last = self.body[-1] if self.body else None
        if not (isinstance(expr, Reg) and expr.name[0] == "$" and isinstance(last, Primitive | Call | AtomicOperation)):
            return False
        if last.dest != expr.name:
            return False
        self.body[-1] = replace(last, dest=name)
        return True

    def branch(self, condition: Expr, target: str, span: Span | None, until: str | None) -> int:
        """Adds a branch to `target` if a condition is not 0; its index, or -1 if the condition is a constant."""
        if isinstance(condition, Const):
            if condition.value != 0:
                self.emit(Goto(target, span))
            return -1
        self.emit(Branch(condition, target, span, until))
        return len(self.body) - 1

    def until(self, branch: int, label: str | None) -> None:
        """Sets the label at which the two paths of a branch have joined."""
        statement = self.body[branch] if branch >= 0 else None
        if isinstance(statement, Branch) and statement.until != label:
            self.body[branch] = Branch(statement.condition, statement.target, statement.span, label)

    def place(self, label: str) -> None:
        """Puts a label here."""
        self.emit(Label(label))


def _does(statement: Statement) -> bool:
    """Whether a statement may have events."""
    return isinstance(statement, Primitive | Call | AtomicOperation)
