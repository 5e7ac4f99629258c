"""The second step from C to a test: the sides of a group become one test for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from .accesses import Kind, Variable
from .conditions import condition
from .expand import Expanded
from .kernel import ASLEEP, WOKEN
from .marks import Marks, Side
from .questions import MAX_QUESTIONS, Question, Seen, derived, sleeping
from .sides import Sides
from .source import Edited, Place, Text
from .writing import UNREAD, Writer


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the text of its test, and how that was made of the user's file."""

    question: Question
    test: str
    file: Text
    edited: Edited
    expanded: Expanded

    def place(self, start: int, end: int = -1) -> Place:
        """The place in the user's file of an offset in the test; for the condition, where the reviewer asks it."""
        if start >= len(self.edited.text):
            return self.file.place(self.question.at)
        first = self._original(start)
        return self.file.place(first, max(first, self._original(end - 1) + 1) if end > start else -1)

    def _original(self, offset: int) -> int:
        return self.expanded.original(self.edited.original(min(offset, len(self.edited.text))))


class Program:
    """The sides of a group as tests in kernel C, on the same lines as the user's file.

    Attributes: `asked`, and `unasked`, how many more questions there were than `MAX_QUESTIONS`.
    """

    def __init__(self, text: Text, root: Node, marks: Marks, sides: Sequence[Side], group: str) -> None:
        self.file = text
        self._marks = marks
        self._sides = Sides(text, root, marks, sides, group)
        self.group = self._sides.group
        self.sides = self._sides.sides
        questions = self._questions()
        self.unasked = max(0, len(questions) - MAX_QUESTIONS)
        self.asked = [self._asked(question) for question in questions[:MAX_QUESTIONS]]

    def alone(self) -> Asked:
        """The sides without a question: a test that anything passes."""
        return self._asked(Question("", (), (), condition="true"))

    @property
    def shared(self) -> tuple[Variable, ...]:
        """What more than one side accesses, and one at least writes."""
        return self._sides.shared()

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
        title = f"never {expression}, asked in line {self.file.place(at).line}"
        return Question(title, sides, self._sides.shared(), condition=asked, at=at)

    def _asked(self, question: Question) -> Asked:
        question = replace(question, at=question.at or self.sides[0].start)
        begins = dict(self._sides.begins)
        for seen in question.seen:
            if any(access.kind is Kind.LOCK for access in seen.reads):
                begins[seen.variable] = "2"  # as the lock's bit in `Writer`
        names: dict[tuple[int, int], str] = {}
        asked = question.condition or " /\\ ".join(f"({_happened(seen, begins, names)})" for seen in question.seen)
        edited = Edited(self._sides.text.text, Writer(self._sides, names, begins).edits())
        test = f"{edited.text}\nexists ({asked})\n"
        return Asked(question, test, self.file, edited, self._sides.expanded)


def _happened(seen: Seen, begins: Mapping[Variable, str], names: dict[tuple[int, int], str]) -> str:
    """That a thread read a variable as it was before, in one of some reads; or otherwise. Adds the `names` it takes."""
    old = begins.get(seen.variable, "0") if seen.value is None else seen.value
    each = []
    for access in seen.reads:
        if access.kind is Kind.LOCK:
            old = "1"  # what the bit of the lock was
        name = names.setdefault((access.node.start_byte, access.node.end_byte), f"seen{len(names) + 1}_")
        place = f"{seen.thread}:{name}"
        each.append(f"({place}!={UNREAD} /\\ {place}!={old})" if seen.changed else f"{place}={old}")
    return " \\/ ".join(dict.fromkeys(each))
