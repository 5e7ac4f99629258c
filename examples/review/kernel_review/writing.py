"""Writes the sides as threads of a test: on the lines on which they are, with what they read kept in variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from .accesses import Access, Kind, Variable
from .declarations import parameters
from .kernel import ASLEEP, CONSTANTS, RESULT, STRUCTURES, TYPEDEFS, TYPES, WOKEN
from .sides import Memory, Sides
from .source import Edit, ReviewError, blank
from .syntax import declared, every, named, parse, part, words

UNREAD = -7
"""What a variable holds that no read has set."""


class Writer:
    """Makes the edits; `seen` are the variables that keep what expressions read, by where these begin and end.

    Where one is to keep what is found in a lock, another bit of the lock's word is set to begin with, and is tried once
    in place of the lock: this is an atomic access with the order of a lock.
    """

    def __init__(self, sides: Sides, seen: Mapping[tuple[int, int], str], begins: Mapping[Variable, str]) -> None:
        self.sides = sides
        self.seen = seen
        self.begins = begins
        self.text = sides.text
        self.known = sides.known

    def edits(self) -> list[Edit]:
        edits = [*self._reads(), *self._sides(), *self._definitions()]
        for memory in self.sides.memory:
            node = memory.node
            zero = ""
            if memory.zeroed:
                zero = "".join(f"{memory.name}.{v.name} = 0, " for v in self.sides.members(memory))
            lines = "\n" * self.text.text.count("\n", node.start_byte, node.end_byte)
            edits.append(Edit(node.start_byte, node.end_byte, f"({zero}&{memory.name}){lines}"))
            if memory.structure in self.known.structures:
                end = self.text.text.find(";", self.known.structures[memory.structure].end_byte) + 1
                edits.append(Edit(end, end, f" {_declaration(memory)}"))
        used = self._names()
        nodes = [node for name in used for node in self.known.items.get(name, [])]
        start = min(node.start_byte for node in nodes if not node.type.startswith("preproc_"))
        first = self.text.text.find("\n")
        if min(node.start_byte for node in nodes) < max(first, 0):
            raise ReviewError("the first line cannot be a definition", self.sides.file.place(0), "begin with a comment")
        whole = [edit for edit in edits if edit.end > edit.start]
        edits = [edit for edit in edits if not any(_within(edit, other) for other in whole)]
        return [Edit(0, 0, f"C {self.sides.group} "), Edit(start, start, self._head(used)), *edits]

    def _head(self, used: set[str]) -> str:
        """What stands before the first definition: the initial state, and definitions of the kernel's."""
        state = [f"{name.replace('->', '.')}={self._value(value)};" for name, value in self.sides.starts.items()]
        for memory in self.sides.memory:
            for variable in self.sides.members(memory):
                state.append(f"{memory.name}.{variable.name}={self._value(self.begins[variable])};")
        for (_, _), name in sorted(self.seen.items()):
            state += [f"{thread.index}:{name}={UNREAD};" for thread in self.sides.threads]
        state += [f"{thread}:{name}=0;" for name in (ASLEEP, WOKEN) for thread in self.sides.setting(name)]
        state += [f"{thread.index}:{RESULT}=0;" for thread in self.sides.threads if self._returns(thread.function)]
        numbers = [f"{name} = {value}" for name, value in CONSTANTS.items() if name in used - set(self.known.items)]
        kernel = [f"enum {{ {', '.join(numbers)} }};"] if numbers else []
        tags = used | {memory.structure for memory in self.sides.memory}
        kernel += [text for name, text in STRUCTURES.items() if name in tags and name not in self.known.structures]
        kernel += [
            _declaration(memory) for memory in self.sides.memory if memory.structure not in self.known.structures
        ]
        return f"{{ {' '.join(state)} }} {' '.join(kernel)} "

    def _returns(self, function: str) -> bool:
        return re.search(rf"\b{RESULT} = ", words(self.known.functions[function])) is not None

    def _value(self, value: str) -> str:
        return f"&{value}" if value in {*self.sides.locations, *self.known.globals} else value

    def _names(self) -> set[str]:
        """The names that are used in functions, and in what these use."""
        found: set[str] = set()
        todo: list[Node] = [self.known.functions[name] for name in self.sides.expanded.functions]
        seen: set[tuple[int, int]] = set()
        while todo:
            node = todo.pop()
            if (node.start_byte, node.end_byte) in seen:
                continue
            seen.add((node.start_byte, node.end_byte))
            for name in re.findall(r"[A-Za-z_]\w*", words(node)):
                if name in TYPEDEFS:
                    found.add(TYPEDEFS[name].removeprefix("struct "))
                if name not in found:
                    found.add(name)
                    todo += self.known.items.get(name, [])
        return found

    def _reads(self) -> Iterator[Edit]:
        """Keeps what is read in variables."""
        accesses: dict[tuple[int, int], Access] = {}
        for thread in self.sides.threads:
            for access in thread.accesses:
                if access.kind in (Kind.READ, Kind.LOCK):
                    accesses[access.node.start_byte, access.node.end_byte] = access
        for (start, end), name in self.seen.items():
            found = accesses.get((start, end))
            if found is None or found.kind is Kind.READ:
                yield Edit(start, start, f"({name} = ")
                yield Edit(end, end, ")")
                continue
            statement = found.node.parent
            arguments = part(found.node, "arguments")
            given = [] if arguments is None else named(arguments)
            if statement is None or statement.type != "expression_statement" or not given:
                raise self.sides.wrong(found.node, "a lock that is taken in an expression cannot be looked into")
            lines = "\n" * self.text.text.count("\n", start, end)
            yield Edit(start, end, f"{name} = test_and_set_bit_lock(1, {words(given[0])}){lines}")

    def _sides(self) -> Iterator[Edit]:
        for thread, side in zip(self.sides.threads, self.sides.sides, strict=True):
            function = self.known.functions[side.function]
            body = part(function, "body")
            if body is None:
                raise self.sides.wrong(function, f"{side.function} has no body")
            pointers = self.sides.pointers(side)
            values = {n: v for n, v in side.given.items() if n in parameters(function) and n not in pointers}
            given = {side.given.get(name, name): words(node) for name, (node, _) in pointers.items()}
            renamed = {n: v for n, v in side.given.items() if n in pointers and v != n}
            if any(words(node) == "current" for node in every(body, "identifier")):
                task = side.given.get("current", f"{side.function}_task")
                renamed["current"] = task
                given.setdefault(task, f"struct task_struct *{task}")
            head = [
                re.sub(rf"\b{name}\b", location, text) if (name := _origin(location, renamed)) else text
                for location, text in given.items()
            ]
            lines = "\n" * self.text.text.count("\n", function.start_byte, body.start_byte)
            plain = ", ".join(_known_types(" ".join(text.split())) for text in head)
            yield Edit(function.start_byte, body.start_byte, f"void P{thread.index}({plain}) {lines}")
            begin = "".join(f" long {name} = {value};" for name, value in values.items())
            yield Edit(body.start_byte + 1, body.start_byte + 1, begin)
            for node in every(body, "identifier"):
                if words(node) in renamed:
                    yield Edit(node.start_byte, node.end_byte, renamed[words(node)])

    def _definitions(self) -> Iterator[Edit]:
        """Leaves out what is not used, and writes types that litmus does not know as others."""
        text, used = self.text.text, self._names()
        root = parse(self.text)
        kept = [node for name in used for node in self.known.items.get(name, [])]
        spans = {(node.start_byte, node.end_byte) for node in kept}
        sides = [self.known.functions[side.function] for side in self.sides.sides]
        for node in root.children:
            before = node.prev_sibling
            ends = node.type == ";" and before is not None and (before.start_byte, before.end_byte) in spans
            if ends or node.type == "comment" or (node.start_byte, node.end_byte) in spans:
                continue
            inside = [span for span in spans if node.start_byte <= span[0] and span[1] <= node.end_byte]
            here = node.start_byte
            for start, end in sorted(inside):
                if start > here:
                    yield blank(text, here, start)
                here = max(here, end)
            if here < node.end_byte:
                yield blank(text, here, node.end_byte)
        for start, end in sorted(spans):
            found = root.descendant_for_byte_range(start, end)
            if found is None:
                continue
            node = found
            gone: list[tuple[int, int]] = []
            for member in every(node, "field_declaration"):
                names = [inner for child in member.children_by_field_name("declarator") if (inner := declared(child))]
                if not any(words(inner) in used for inner in names):
                    gone.append((member.start_byte, member.end_byte))
            outer = [
                span for span in gone if not any(a <= span[0] and span[1] <= b and span != (a, b) for a, b in gone)
            ]
            yield from (blank(text, *span) for span in outer)
            for name in every(node, "type_identifier", "primitive_type"):
                hidden = any(a <= name.start_byte < b for a, b in outer)
                heads = any(
                    s.start_byte <= name.start_byte < body.start_byte
                    for s in sides
                    if (body := part(s, "body")) is not None
                )
                tag = name.parent is not None and name.parent.type in ("struct_specifier", "enum_specifier")
                if not hidden and not heads and not tag:
                    plain = name.type == "primitive_type" and words(name) != "bool"
                    new = words(name) if plain else _known_type(words(name), self._owned(name))
                    if new != words(name):
                        yield Edit(name.start_byte, name.end_byte, new)

    def _owned(self, node: Node) -> bool:
        """Whether something is declared in a structure of which there is new memory."""
        while node.parent is not None and node.type != "struct_specifier":
            node = node.parent
        name = part(node, "name")
        return name is not None and words(name) in {memory.structure for memory in self.sides.memory}


def _within(edit: Edit, other: Edit) -> bool:
    """Whether an edit is inside of another; not if it puts something before or after that."""
    if edit.start == edit.end:
        return other.start < edit.start < other.end
    return edit is not other and other.start <= edit.start and edit.end <= other.end


def _declaration(memory: Memory) -> str:
    return f"static struct {memory.structure} {memory.name};"


def _origin(location: str, renamed: Mapping[str, str]) -> str:
    return next((name for name, new in renamed.items() if new == location and name != "current"), "")


def _known_type(name: str, memory: bool = False) -> str:
    """A name of a type that litmus knows; a truth value in new memory is a byte that may hold anything."""
    if name in ("bool", "_Bool") and memory:
        return "u8"
    return TYPEDEFS.get(name) or (name if name in TYPES else "long")


def _known_types(text: str) -> str:
    """The declaration of a parameter, with types that litmus knows."""
    first = next((w for w in text.split() if w not in ("const", "volatile", "struct", "unsigned", "signed")), "")
    plain = ("int", "long", "char", "short", "void", "struct")
    if "struct" in text.split() or first in plain or not re.fullmatch(r"\w+", first):
        return text
    return re.sub(rf"\b{first}\b", _known_type(first), text, count=1)
