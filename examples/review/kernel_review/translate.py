"""The second step from C to a test: the sides of a group become one test for each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from .accesses import Variable
from .conditions import condition
from .kernel import ASLEEP, WOKEN
from .marks import Marks, Side
from .questions import MAX_QUESTIONS, Question, Seen, derived, sleeping
from .sides import Sides
from .source import Edited, Place, Text
from .writing import UNREAD, Writer


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the text of its test."""

    question: Question
    test: str


class Program:
    """The sides of a group as a test in kernel C, on the same lines as the user's file.

    Attributes: `asked`, and `unasked`, how many more questions there were than `MAX_QUESTIONS`.
    """

    def __init__(self, text: Text, root: Node, marks: Marks, sides: Sequence[Side], group: str) -> None:
        self.file = text
        self._marks = marks
        self._sides = Sides(text, root, marks, sides, group)
        self.group = self._sides.group
        self.sides = self._sides.sides
        self._seen: dict[tuple[int, int], str] = {}  # the variables that keep what expressions read, by their offsets
        questions = self._questions()
        self.unasked = max(0, len(questions) - MAX_QUESTIONS)
        conditions = [self._condition(question) for question in questions[:MAX_QUESTIONS]]
        self._edited = Edited(self._sides.text.text, Writer(self._sides, self._seen).edits())
        self.asked = [
            Asked(question, f"{self._edited.text}\nexists ({asked})\n")
            for question, asked in zip(questions, conditions, strict=False)
        ]

    @property
    def shared(self) -> tuple[Variable, ...]:
        """What more than one side accesses, and one at least writes."""
        return self._sides.shared()

    def place(self, start: int, end: int = -1) -> Place:
        """The place in the user's file of an offset in a test."""
        first = self.original(start)
        return self.file.place(first, max(first, self.original(end - 1) + 1) if end > start else -1)

    def original(self, offset: int) -> int:
        """The offset in the user's file of one in a test."""
        return self._sides.expanded.original(self._edited.original(min(offset, len(self._edited.text))))

    def _questions(self) -> list[Question]:
        """What to ask: what the reviewer says, or else what follows from the accesses."""
        numbers = {thread.function: thread.index for thread in self._sides.threads}
        found = []
        for asked in self._sides.expanded.asked:
            reached = [
                t
                for t in self._sides.threads
                if asked.function == t.function or self._sides.calls(t.function)[asked.function]
            ]
            if reached:
                flags = " \\/ ".join(f"{t.index}:{asked.flag}=1" for t in reached)
                found.append(self._by_reviewer(asked.expression, asked.at, flags))
        for never in self._marks.nevers:
            if not never.function and never.group in ("", self.group):
                line = condition(never, numbers, self.file)
                found.append(self._by_reviewer(never.expression, never.at, line))
        if found:
            return found
        sleeps, wakes = self._sides.setting(ASLEEP), self._sides.setting(WOKEN)
        asleep = sleeping(self._sides.threads, sleeps, wakes, self._sides.shared())
        return [*derived(self._sides.threads, self._sides.owners, self._sides.begins), *asleep]

    def _by_reviewer(self, expression: str, at: int, asked: str) -> Question:
        sides = tuple(thread.function for thread in self._sides.threads)
        line = self.file.place(at).line
        return Question(
            f"never {expression}, asked in line {line}", sides, self._sides.shared(), condition=asked, line=line
        )

    def _condition(self, question: Question) -> str:
        return question.condition or " /\\ ".join(f"({self._happened(seen)})" for seen in question.seen)

    def _happened(self, seen: Seen) -> str:
        """That a thread read a variable as it was before, in one of some reads; or otherwise."""
        old = self._sides.begins.get(seen.variable, "0") if seen.value is None else seen.value
        each = []
        for access in seen.reads:
            at = access.node.start_byte, access.node.end_byte
            name = self._seen.get(at) or self._sides.expanded.fresh(f"seen{len(self._seen) + 1}")
            self._seen[at] = name
            place = f"{seen.thread}:{name}"
            each.append(f"({place}!={UNREAD} /\\ {place}!={old})" if seen.changed else f"{place}={old}")
        return " \\/ ".join(dict.fromkeys(each))
