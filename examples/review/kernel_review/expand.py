"""The first step from C to a test: only what the sides use is left, and the kernel's small functions are written out.

Everything stays on its line, so that what litmus says of a line is about the user's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from .declarations import definitions
from .kernel import GRACE, MEMORY, QUIET, RCU, RESULT, TEMPLATES, filled
from .marks import Marks, Side
from .source import Edit, Edited, ReviewError, Text, blank
from .syntax import checked, every, function_name, named, parse, part, words

_ROUNDS = 8
"""How deep calls that are written out may be nested."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A `never` in a function: the variable that is 1 if it happened, its expression, and where it is."""

    flag: str
    expression: str
    function: str
    at: int


class Expanded:
    """The functions of a group of sides, with the functions that they call.

    Attributes: `text`, the result; `functions`, the names of those that are left; `asked`, what must not happen.
    """

    def __init__(self, text: Text, root: Node, marks: Marks, sides: tuple[Side, ...]) -> None:
        self.before = text
        self.marks = marks
        self.sides = {side.function for side in sides}
        self.steps: list[Edited] = []
        self.asked: list[Asked] = []
        known = definitions(root)
        for side in sides:
            found = [node for node in known.items.get(side.function, []) if node.type == "function_definition"]
            if len(found) != 1:
                what = "is defined more than once" if found else "stands within something that is no C"
                raise ReviewError(f"'{side.function}' {what}", text.place(side.node.start_byte))
        self.functions = self._reached(root)
        self._used = {words(node) for node in every(root, "identifier", "field_identifier", "type_identifier")}
        self.text = text
        for node in self._bodies(root):
            checked(node, text)
        self._rcu = {} if any(GRACE.search(words(node)) for node in self._bodies(root)) else RCU
        self._apply(self._first(root))
        for _ in range(_ROUNDS):
            edits = list(self._written_out(parse(self.text)))
            if not edits:
                return
            self._apply(edits)
        raise ReviewError("calls are nested too deep", text.place(sides[0].start))

    def original(self, offset: int) -> int:
        """The offset in the user's file."""
        for step in reversed(self.steps):
            offset = step.original(offset)
        return offset

    def fresh(self, name: str) -> str:
        """A name like this one that the file does not use yet."""
        while name in self._used:
            name += "_"
        self._used.add(name)
        return name

    def _apply(self, edits: list[Edit]) -> None:
        step = Edited(self.text.text, edits)
        self.steps.append(step)
        self.text = Text(self.text.name, step.text)

    def _reached(self, root: Node) -> frozenset[str]:
        """The sides and the functions that they call. Raises ReviewError for one that is called and a side itself."""
        known = definitions(root).functions
        todo, found = list(self.sides), set(self.sides)
        while todo:
            caller = todo.pop()
            for call in every(known[caller], "call_expression"):
                callee = part(call, "function")
                name = "" if callee is None else words(callee)
                if name not in known or name in self.marks.new or name in self.marks.ignored:
                    continue
                place = self.before.place(call.start_byte, call.end_byte)
                if name in self.sides:
                    raise ReviewError(f"{name} is called, and is a side itself", place, "mark one of the two")
                if known[name].start_byte > call.start_byte and name not in found:
                    hint = f"put {name} above {caller}"
                    raise ReviewError(f"{name} is defined after its first call", place, hint)
                if name not in found:
                    found.add(name)
                    todo.append(name)
        return frozenset(found)

    def _bodies(self, root: Node) -> Iterator[Node]:
        for node in definitions(root).functions.values():
            if function_name(node) in self.functions:
                yield node

    def _first(self, root: Node) -> list[Edit]:
        """Blanks the other functions and all comments; asks what is never to happen; makes returns of sides."""
        text = self.before.text
        kept = [(node.start_byte, node.end_byte) for node in self._bodies(root)]
        edits = []
        for defined in definitions(root).items.values():
            for node in defined:
                if node.type == "function_definition" and (node.start_byte, node.end_byte) not in kept:
                    edits.append(blank(text, node.start_byte, node.end_byte))
        edits += [blank(text, node.start_byte, node.end_byte) for node in root.children if node.is_error]
        gone = [(edit.start, edit.end) for edit in edits]
        edits = sorted(set(edits))
        for comment in every(root, "comment"):
            if not any(a <= comment.start_byte < b for a, b in gone):
                edits.append(self._comment(comment))
        for node in self._bodies(root):
            if function_name(node) in self.sides:
                edits += self._returns(node)
        for node in self._bodies(root):
            body = part(node, "body")
            if body is not None and function_name(node) in self.sides and self.asked:
                zero = "".join(f" {asked.flag} = 0;" for asked in self.asked)
                edits.append(Edit(body.start_byte + 1, body.start_byte + 1, zero))
        return edits

    def _comment(self, node: Node) -> Edit:
        text = self.before.text
        for never in self.marks.nevers:
            if never.node.start_byte == node.start_byte and never.function in self.functions:
                flag = self.fresh(f"never{len(self.asked) + 1}")
                self.asked.append(Asked(flag, never.expression, never.function, node.start_byte))
                line = f"{flag} = {flag} | ({never.expression} != 0);"
                lines = "\n" * text.count("\n", node.start_byte, node.end_byte)
                return Edit(node.start_byte, node.end_byte, line + lines)
        return blank(text, node.start_byte, node.end_byte)

    def _returns(self, function: Node) -> Iterator[Edit]:
        """A thread has no value: what a side returns is kept in a variable."""
        for node in every(function, "return_statement"):
            if named(node):
                yield Edit(node.start_byte, node.start_byte + len("return"), f"{{ {RESULT} = (")
                yield Edit(node.end_byte - 1, node.end_byte, "); return; }")

    def _written_out(self, root: Node) -> Iterator[Edit]:
        """The innermost calls that are known in other terms, written out; calls that do nothing, left out."""
        text = self.text
        for function in self._bodies(root):
            for node in every(function, "call_expression"):
                callee, arguments = part(node, "function"), part(node, "arguments")
                name = "" if callee is None else words(callee)
                known = name in TEMPLATES or name in self._rcu or name in QUIET or name in self.marks.ignored
                if not known or arguments is None or name in self.functions:
                    continue
                parent = node.parent
                alone = parent is not None and parent.type == "expression_statement"
                here = self.original(node.start_byte), self.original(node.end_byte)
                if name in QUIET or name in self.marks.ignored:
                    if not alone:
                        message = f"the value of {name} is used, so it cannot be left out"
                        raise ReviewError(message, self.before.place(*here), f"define {name} in the file")
                    yield blank(text.text, node.start_byte, node.end_byte)
                    continue
                inner = [part(call, "function") for call in every(arguments, "call_expression")]
                if any(one is not None and words(one) in TEMPLATES for one in inner):
                    continue
                given = [words(argument) for argument in named(arguments)]
                new = self._rcu.get(name) or filled(name, given, self.before, here)
                new += "\n" * text.text.count("\n", node.start_byte, node.end_byte)
                if name == "schedule" and function_name(function) not in self.sides:
                    hint = f"mark {function_name(function)} as the side"
                    raise ReviewError("a function that a side calls cannot sleep", self.before.place(*here), hint)
                if new.startswith("{") and not alone:
                    raise ReviewError(f"{name} has no value", self.before.place(*here))
                yield Edit(node.start_byte, node.end_byte, new)


def gives_memory(name: str, marks: Marks) -> bool:
    """Whether a function gives new memory."""
    return name in MEMORY or name in marks.new
