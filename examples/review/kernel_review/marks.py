"""The comments by which a reviewer marks what to review: `/* litmus: side of ring */`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from .source import ReviewError, Text
from .syntax import every, function_name, words

_MARK = re.compile(r"litmus:\s*(\w+)\s*(.*)", re.DOTALL)
_NAME = re.compile(r"\w+(?:-\w+)*")
_GIVEN = re.compile(r"\s*([\w.>\-\[\]]+?)\s*=\s*(-?\w+)\s*(,|$)")
_NEW = re.compile(r"(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)

KINDS = {
    "side": "side of GROUP, NAME = VALUE",
    "never": "never (EXPRESSION)",
    "start": "start p->member = VALUE",
    "new": "new FUNCTION (member = VALUE)",
    "ignore": "ignore FUNCTION, FUNCTION",
}
"""The marks, with an example of each."""


@dataclass(frozen=True, slots=True)
class Side:
    """A function marked as a side of `group`; `given` are the values of names, by which parameters are known, too."""

    function: str
    group: str
    given: Mapping[str, str]
    node: Node
    start: int


@dataclass(frozen=True, slots=True)
class Never:
    """What must not happen, in `expression`, whose text begins at `at`; `function` is "" outside of the functions."""

    expression: str
    group: str
    function: str
    node: Node
    at: int


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks of a file. `start` are initial values by group ("" for all), `new` functions that give new memory."""

    sides: tuple[Side, ...]
    nevers: tuple[Never, ...]
    start: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    new: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


class _Reader:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.sides: list[Side] = []
        self.nevers: list[Never] = []
        self.start: dict[str, dict[str, str]] = {}
        self.new: dict[str, dict[str, str]] = {}
        self.ignored: set[str] = set()

    def wrong(self, node: Node, message: str, hint: str | None = None) -> ReviewError:
        return ReviewError(message, self.text.place(node.start_byte, node.end_byte), hint)

    def comment(self, node: Node) -> None:
        inside = re.sub(r"\A(/\*|//)|\*/\Z", "", words(node))
        match = _MARK.match(inside.strip())
        if match is None:
            if re.match(r"\W*litmus:", inside):
                raise self.wrong(node, "a mark needs a word after 'litmus:'", f"one of {', '.join(KINDS)}")
            return
        kind, rest = match[1], " ".join(match[2].split())
        if kind not in KINDS:
            raise self.wrong(node, f"unknown mark '{kind}'", f"known: {'; '.join(KINDS.values())}")
        group = ""
        if rest.startswith("of "):
            name = _NAME.match(rest[3:].lstrip())
            if name is None:
                raise self.wrong(node, "a group needs a name", KINDS[kind])
            group = name[0]
            rest = rest[3:].lstrip()[name.end() :]
        rest = rest.lstrip(" ,:")
        getattr(self, f"_{kind}")(node, group, rest)

    def _side(self, node: Node, group: str, rest: str) -> None:
        after = node.next_named_sibling
        while after is not None and after.type == "comment":
            after = after.next_named_sibling
        if after is None or after.type != "function_definition":
            raise self.wrong(node, "after this mark there is no function", "put it above the function")
        name = function_name(after)
        if any(side.function == name and side.group == group for side in self.sides):
            raise self.wrong(node, f"{name} is marked twice")
        self.sides.append(Side(name, group, self._values(node, rest, "side"), after, node.start_byte))

    def _never(self, node: Node, group: str, rest: str) -> None:
        if not (rest.startswith("(") and rest.endswith(")")):
            raise self.wrong(node, "what must not happen is written in parentheses", KINDS["never"])
        parent = node.parent
        while parent is not None and parent.type != "function_definition":
            parent = parent.parent
        function = "" if parent is None else function_name(parent)
        if function and (node.parent is None or node.parent.type != "compound_statement"):
            raise self.wrong(node, "this mark does not stand between two statements", "put { } around them")
        at = node.start_byte + max(words(node).find("("), 0)
        self.nevers.append(Never(rest, group, function, node, at))

    def _start(self, node: Node, group: str, rest: str) -> None:
        self.start.setdefault(group, {}).update(self._values(node, rest, "start"))

    def _new(self, node: Node, group: str, rest: str) -> None:
        match = _NEW.fullmatch(rest)
        if match is None or group:
            raise self.wrong(node, "this mark names a function that gives new memory", KINDS["new"])
        self.new[match[1]] = self._values(node, match[2] or "", "new")

    def _ignore(self, node: Node, group: str, rest: str) -> None:
        names = [name.strip() for name in rest.split(",")]
        if group or not all(re.fullmatch(r"\w+", name) for name in names):
            raise self.wrong(node, "this mark names functions that touch nothing shared", KINDS["ignore"])
        self.ignored.update(names)

    def _values(self, node: Node, rest: str, kind: str) -> dict[str, str]:
        found: dict[str, str] = {}
        at = 0
        while at < len(rest):
            match = _GIVEN.match(rest, at)
            if match is None:
                raise self.wrong(node, f"expected NAME = VALUE, found '{rest[at:].strip()[:30]}'", KINDS[kind])
            found[match[1]] = match[2]
            at = match.end()
        return found


def marks(root: Node, text: Text) -> Marks:
    """The marks of a file. Raises ReviewError for one that cannot be understood, with its place."""
    reader = _Reader(text)
    for node in every(root, "comment"):
        reader.comment(node)
    return Marks(tuple(reader.sides), tuple(reader.nevers), reader.start, reader.new, frozenset(reader.ignored))
