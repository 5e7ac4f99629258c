"""The sides of a group, and what they share: parameters that point to the same, new memory, values in the beginning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from .accesses import Kind, TooLong, Variable, Walk
from .declarations import Definitions, Type, definitions, parameters, returned, type_of, with_stars
from .expand import Expanded, gives_memory
from .kernel import MEMORY, RESULT, STRUCTURES
from .marks import Marks, Side
from .questions import Thread
from .source import ReviewError, Text
from .syntax import declared, every, parse, part, words

_POISON = range(90, 128)
"""What numbers in new memory may begin with: those that do not occur in the file, each in a byte."""

GARBAGE = "garbage_"
"""The location to which pointers in new memory point."""


@dataclass(frozen=True, slots=True)
class Memory:
    """New memory: a location of a structure; `begins` are the values that members have, others hold anything."""

    name: str
    structure: str
    node: Node
    begins: Mapping[str, str]
    zeroed: bool


class Sides:
    """The sides of a group, in the order of the file.

    Attributes: `text` has what is left of the file, `known` what that defines, `threads` what each side accesses,
    `memory` what they allocate, and `owners` the threads that do, by structures. `locations` are what parameters point
    to; `starts` what the reviewer lets them begin with, `begins` what variables begin with, if it is not 0.
    """

    def __init__(self, text: Text, root: Node, marks: Marks, sides: Sequence[Side], group: str) -> None:
        self.file = text
        self.marks = marks
        self.sides = sorted(sides, key=lambda side: side.node.start_byte)
        self.group = group or "review"
        self.expanded = Expanded(text, root, marks, tuple(self.sides))
        self.text = self.expanded.text
        self.known: Definitions = definitions(parse(self.text))
        for side in self.sides:
            if side.function not in self.known.functions:
                message = f"'{side.function}' cannot be told from what stands around it"
                raise ReviewError(message, text.place(side.node.start_byte))
        self.memory = list(self._new_memory())
        self.threads = [self._thread(index, side) for index, side in enumerate(self.sides)]
        self.owners = {m.structure: self._owner(m) for m in self.memory}
        self.locations = self._parameters()
        self.starts = {**marks.start.get("", {}), **(marks.start.get(group, {}) if group else {})}
        self.begins = dict(self._beginnings())

    def wrong(self, node: Node, message: str, hint: str | None = None) -> ReviewError:
        start, end = (self.expanded.original(at) for at in (node.start_byte, node.end_byte))
        return ReviewError(message, self.file.place(start, end), hint)

    def _thread(self, index: int, side: Side) -> Thread:
        node = self.known.functions[side.function]
        try:
            return Thread(index, side.function, tuple(Walk(self.known).function(node)))
        except TooLong as error:
            raise self.wrong(node, str(error), "review a part of it") from None

    def calls(self, function: str) -> Counter[str]:
        """How often functions are called in one, those that it calls included."""
        found: Counter[str] = Counter()
        for call in every(self.known.functions[function], "call_expression"):
            callee = part(call, "function")
            name = "" if callee is None else words(callee)
            if name in self.known.functions and name not in (function, *self.marks.new):
                found[name] += 1
                found += self.calls(name)
        return found

    def _parameters(self) -> dict[str, Type]:
        """The locations that parameters of sides point to. Raises ReviewError if two sides have different ideas."""
        found: dict[str, Type] = {}
        for side in self.sides:
            for name, (node, kind) in self.pointers(side).items():
                location = side.given.get(name, name)
                if found.setdefault(location, kind) != kind:
                    message = f"'{location}' points to something else in another side"
                    raise self.wrong(node, message, f"tell them apart: side of {self.group}, {name} = another")
        return found

    def pointers(self, side: Side) -> dict[str, tuple[Node, Type]]:
        """The parameters of a side that point to something, and are used."""
        function = self.known.functions[side.function]
        body = part(function, "body")
        used = set() if body is None else {words(node) for node in every(body, "identifier")}
        found = {}
        for name, (node, kind) in parameters(function).items():
            if name in used and kind.stars:
                found[name] = node, kind
            elif name in used and not re.fullmatch(r"-?\w+", side.given.get(name, "")):
                hint = f"say what it is: /* litmus: side of {self.group}, {name} = 1 */"
                raise self.wrong(node, f"'{name}' has no value", hint)
        return found

    def shared(self) -> tuple[Variable, ...]:
        """The variables that more than one side accesses, and one at least writes; without locks."""
        writes = (Kind.WRITE, Kind.UPDATE)
        each = [{a.variable for a in t.accesses if a.kind in (Kind.READ, *writes)} for t in self.threads]
        written = {a.variable for t in self.threads for a in t.accesses if a.kind in writes}
        return tuple(sorted(v for v in written if sum(v in accessed for accessed in each) > 1))

    def setting(self, name: str) -> list[int]:
        """The threads that set a variable, by number."""
        functions = [n for n, f in self.known.functions.items() if re.search(rf"\b{name} = ", words(f))]
        return [t.index for t in self.threads if any(n == t.function or self.calls(t.function)[n] for n in functions)]

    def _new_memory(self) -> Iterator[Memory]:
        for name, function in self.known.functions.items():
            for call in every(function, "call_expression"):
                callee = part(call, "function")
                called = "" if callee is None else words(callee)
                if not gives_memory(called, self.marks):
                    continue
                structure = self._structure(call, name, function)
                begins = self.marks.new.get(called, {})
                zeroed = MEMORY.get(called, False) and called not in self.marks.new
                yield Memory(self.expanded.fresh(f"new_{structure}"), structure, call, begins, zeroed)

    def _structure(self, call: Node, name: str, function: Node) -> str:
        """The structure for which memory is allocated: that of the pointer to which it goes."""
        walk = Walk(self.known)
        walk.locals = {p: kind for p, (_, kind) in parameters(function).items()}
        for declaration in every(function, "declaration"):
            for child in declaration.children_by_field_name("declarator"):
                inner = declared(child)
                if inner is not None:
                    walk.locals[words(inner)] = with_stars(type_of(declaration), child)
        node = call
        while node.parent is not None and node.parent.type == "parenthesized_expression":
            node = node.parent
        parent = node.parent
        found = Type()
        if parent is not None and parent.type == "init_declarator":
            target = part(parent, "declarator")
            inner = None if target is None else declared(target)
            found = Type() if inner is None else walk.locals.get(words(inner), Type())
        elif parent is not None and parent.type in ("assignment_expression", "cast_expression"):
            found = walk.type(parent)
            if found.structure == "" and parent.type == "assignment_expression":
                left = part(parent, "left")
                if left is not None and words(left) == RESULT:
                    found = returned(function)
        elif parent is not None and parent.type == "return_statement":
            found = returned(function)
        if not found.structure:
            message = "it cannot be seen for which structure this is memory"
            raise self.wrong(call, message, "assign it to a variable that is a pointer to a structure")
        if found.structure not in {*self.known.structures, *STRUCTURES}:
            hint = f"declare the members that matter: struct {found.structure} {{ ... }};"
            raise self.wrong(call, f"struct {found.structure} is not declared in this file", hint)
        return found.structure

    def _owner(self, memory: Memory) -> int:
        """The thread that allocates memory. Raises ReviewError if this happens more than once, or never."""
        holder = next(n for n, f in self.known.functions.items() if _contains(f, memory.node))
        times = {t.index: self.calls(t.function)[holder] + (t.function == holder) for t in self.threads}
        if sum(times.values()) != 1 or sum(m.structure == memory.structure for m in self.memory) > 1:
            message = f"more than one struct {memory.structure} is allocated by these sides"
            raise self.wrong(memory.node, message, "mark sides of which only one allocates one")
        return next(index for index, count in times.items() if count)

    def members(self, memory: Memory) -> dict[Variable, Type]:
        """The members of new memory that sides access, without cells of arrays."""
        found: dict[Variable, Type] = {}
        for thread in self.threads:
            for access in thread.accesses:
                if access.variable.structure == memory.structure and "[]" not in access.variable.name:
                    place = access.kind in (Kind.READ, Kind.WRITE)
                    if access.variable not in found or (place and not found[access.variable].name):
                        found[access.variable] = access.type
        return found

    def _beginnings(self) -> Iterator[tuple[Variable, str]]:
        """What variables begin with, as far as it is not 0. A lock in new memory is free, as far as anyone can see."""
        for memory in self.memory:
            also = [name for name, kind in self.locations.items() if kind.structure == memory.structure]
            if memory.begins and also:
                message = f"'{also[0]}' is a struct {memory.structure}, too, and what is read cannot be told apart"
                raise self.wrong(memory.node, message, "say by 'never' what must not be, or leave out what it holds")
        numbers = set(re.findall(r"\d+", self.file.text))
        poison = next(str(number) for number in _POISON if str(number) not in numbers)
        locks = {a.variable for t in self.threads for a in t.accesses if a.kind is Kind.LOCK}
        for memory in self.memory:
            for variable, kind in self.members(memory).items():
                begins = "0" if variable in locks else GARBAGE if kind.stars else poison
                yield variable, memory.begins.get(variable.name, begins)
        for name, value in self.starts.items():
            root, _, member = name.replace("->", ".").partition(".")
            found = self.locations.get(root) or self.known.globals.get(root)
            if found is None:
                raise ReviewError(f"'{name}' has a value in the beginning, but no side knows {root}")
            yield Variable(found.structure, re.sub(r"\[\d+\]", "[]", member)) if member else Variable("", root), value


def _contains(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte
