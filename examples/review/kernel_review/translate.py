"""The second step from C to a test: sides become threads, new memory a location, and reads are kept in variables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from .accesses import Access, Definitions, Kind, Type, Variable, Walk, definitions, parameters, returned, type_of, with_stars
from .conditions import condition
from .expand import Expanded, gives_memory
from .kernel import CONSTANTS, MEMORY, STRUCTURES, TYPEDEFS, TYPES
from .marks import Marks, Side
from .questions import MAX_QUESTIONS, Question, Seen, Thread, derived
from .source import Edit, Edited, Place, ReviewError, Text, blank
from .syntax import declared, every, named, parse, part, words

_UNREAD = -7
"""What a variable holds that no read has set."""

_POISON = 90
"""What a number in new memory begins with: unlike what code writes, and in a byte."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the text of its test."""

    question: Question
    test: str


@dataclass(frozen=True, slots=True)
class _Memory:
    """New memory: a location of a structure; `begins` are the values that members have, others hold anything."""

    name: str
    structure: str
    node: Node
    begins: Mapping[str, str]
    zeroed: bool


class Program:
    """The sides of a group as a test in kernel C, on the same lines as the user's file.

    Attributes: `threads`, `asked`, and `unasked`, how many more questions there were than `MAX_QUESTIONS`.
    """

    def __init__(self, text: Text, root: Node, marks: Marks, sides: Sequence[Side], group: str) -> None:
        self.file = text
        self.marks = marks
        self.sides = sorted(sides, key=lambda side: side.node.start_byte)
        self.group = group or "review"
        self.expanded = Expanded(text, root, marks, tuple(self.sides))
        self.text = self.expanded.text
        self.known: Definitions = definitions(parse(self.text))
        self._memory = list(self._new_memory())
        self.threads = [self._thread(index, side) for index, side in enumerate(self.sides)]
        self._owners = {m.structure: self._owner(m) for m in self._memory}
        self._locations = self._parameters()
        self._starts = {**marks.start.get("", {}), **(marks.start.get(group, {}) if group else {})}
        self._begins = dict(self._beginnings())
        self._seen: dict[tuple[int, int], str] = {}  # the variables that keep what expressions read, by their offsets
        questions = self._questions()
        self.unasked = max(0, len(questions) - MAX_QUESTIONS)
        conditions = [self._condition(question) for question in questions[:MAX_QUESTIONS]]
        self._edited = Edited(self.text.text, self._edits())
        self.asked = [
            Asked(question, f"{self._edited.text}\nexists ({asked})\n")
            for question, asked in zip(questions, conditions, strict=False)
        ]

    def place(self, start: int, end: int = -1) -> Place:
        """The place in the user's file of an offset in a test."""
        first = self.original(start)
        return self.file.place(first, max(first, self.original(end - 1) + 1) if end > start else -1)

    def original(self, offset: int) -> int:
        """The offset in the user's file of one in a test."""
        return self.expanded.original(self._edited.original(min(offset, len(self._edited.text))))

    def _wrong(self, node: Node, message: str, hint: str | None = None) -> ReviewError:
        start, end = (self.expanded.original(at) for at in (node.start_byte, node.end_byte))
        return ReviewError(message, self.file.place(start, end), hint)

    # --- sides -------------------------------------------------------------------------------------------------------

    def _thread(self, index: int, side: Side) -> Thread:
        return Thread(index, side.function, tuple(Walk(self.known).function(self.known.functions[side.function])))

    def _calls(self, function: str) -> Counter[str]:
        """How often functions are called in one, those that it calls included."""
        found: Counter[str] = Counter()
        for call in every(self.known.functions[function], "call_expression"):
            callee = part(call, "function")
            name = "" if callee is None else words(callee)
            if name in self.known.functions and name not in (function, *self.marks.new):
                found[name] += 1
                found += self._calls(name)
        return found

    def _parameters(self) -> dict[str, Type]:
        """The locations that parameters of sides point to. Raises ReviewError if two sides have different ideas."""
        found: dict[str, Type] = {}
        for side in self.sides:
            for name, (node, kind) in self._pointers(side).items():
                location = side.given.get(name, name)
                if found.setdefault(location, kind) != kind:
                    message = f"'{location}' points to something else in another side"
                    raise self._wrong(node, message, f"tell them apart: side of {self.group}, {name} = another")
        return found

    def _pointers(self, side: Side) -> dict[str, tuple[Node, Type]]:
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
                raise self._wrong(node, f"'{name}' has no value", hint)
        return found

    # --- memory ------------------------------------------------------------------------------------------------------

    def _new_memory(self) -> Iterator[_Memory]:
        for name, function in self.known.functions.items():
            for call in every(function, "call_expression"):
                callee = part(call, "function")
                called = "" if callee is None else words(callee)
                if not gives_memory(called, self.marks):
                    continue
                structure = self._structure(call, name, function)
                begins = self.marks.new.get(called, {})
                zeroed = MEMORY.get(called, False) and called not in self.marks.new
                yield _Memory(self.expanded.fresh(f"new_{structure}"), structure, call, begins, zeroed)

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
                if left is not None and words(left) == "result":
                    found = returned(function)
        elif parent is not None and parent.type == "return_statement":
            found = returned(function)
        if not found.structure:
            message = "it cannot be seen for which structure this is memory"
            raise self._wrong(call, message, "assign it to a variable that is a pointer to a structure")
        if found.structure not in {*self.known.structures, *STRUCTURES}:
            hint = f"declare the members that matter: struct {found.structure} {{ ... }};"
            raise self._wrong(call, f"struct {found.structure} is not declared in this file", hint)
        return found.structure

    def _owner(self, memory: _Memory) -> int:
        """The thread that allocates memory. Raises ReviewError if this happens more than once, or never."""
        holder = next(n for n, f in self.known.functions.items() if _contains(f, memory.node))
        times = {t.index: self._calls(t.function)[holder] + (t.function == holder) for t in self.threads}
        if sum(times.values()) != 1 or sum(m.structure == memory.structure for m in self._memory) > 1:
            message = f"more than one struct {memory.structure} is allocated by these sides"
            raise self._wrong(memory.node, message, "mark sides of which only one allocates one")
        return next(index for index, count in times.items() if count)

    def _members(self, memory: _Memory) -> dict[Variable, Type]:
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
        """What variables begin with, as far as it is not 0."""
        for memory in self._memory:
            for number, (variable, kind) in enumerate(self._members(memory).items()):
                poison = "garbage" if kind.stars else str(_POISON + number % 30)
                yield variable, memory.begins.get(variable.name, poison)
        for name, value in self._starts.items():
            root, _, member = name.replace("->", ".").partition(".")
            kind = self._locations.get(root) or self.known.globals.get(root)
            if kind is None:
                raise ReviewError(f"'{name}' has a value in the beginning, but no side knows {root}")
            yield Variable(kind.structure, re.sub(r"\[\d+\]", "[]", member)) if member else Variable("", root), value

    # --- questions ---------------------------------------------------------------------------------------------------

    def _questions(self) -> list[Question]:
        """What to ask: what the reviewer says, or else what follows from the accesses."""
        numbers = {thread.function: thread.index for thread in self.threads}
        found = []
        for asked in self.expanded.asked:
            reached = [t for t in self.threads if asked.function == t.function or self._calls(t.function)[asked.function]]
            if reached:
                flags = " \\/ ".join(f"{t.index}:{asked.flag}=1" for t in reached)
                found.append(self._by_reviewer(asked.expression, asked.at, flags))
        for never in self.marks.nevers:
            if not never.function and never.group in ("", self.group):
                line = condition(never, numbers, self.file)
                found.append(self._by_reviewer(never.expression, never.at, line))
        return found or derived(self.threads, self._owners, self._begins)

    def _by_reviewer(self, expression: str, at: int, asked: str) -> Question:
        sides = tuple(thread.function for thread in self.threads)
        line = self.file.place(at).line
        return Question(f"never {expression}, asked in line {line}", sides, self.shared(), condition=asked, line=line)

    def shared(self) -> tuple[Variable, ...]:
        """The variables that more than one side accesses, and one at least writes; without locks."""
        writes = (Kind.WRITE, Kind.UPDATE)
        each = [{a.variable for a in t.accesses if a.kind in (Kind.READ, *writes)} for t in self.threads]
        written = {a.variable for t in self.threads for a in t.accesses if a.kind in writes}
        return tuple(sorted(v for v in written if sum(v in accessed for accessed in each) > 1))

    def _condition(self, question: Question) -> str:
        return question.condition or " /\\ ".join(f"({self._happened(seen)})" for seen in question.seen)

    def _happened(self, seen: Seen) -> str:
        """That a thread read a variable as it was before, in one of some reads; or otherwise."""
        old = self._begins.get(seen.variable, "0") if seen.value is None else seen.value
        each = []
        for access in seen.reads:
            at = access.node.start_byte, access.node.end_byte
            name = self._seen.get(at) or self.expanded.fresh(f"seen{len(self._seen) + 1}")
            self._seen[at] = name
            place = f"{seen.thread}:{name}"
            each.append(f"({place}!={_UNREAD} /\\ {place}!={old})" if seen.changed else f"{place}={old}")
        return " \\/ ".join(dict.fromkeys(each))

    # --- the text ----------------------------------------------------------------------------------------------------

    def _edits(self) -> list[Edit]:
        edits = [*self._reads(), *self._sides(), *self._definitions()]
        for memory in self._memory:
            node = memory.node
            zero = ""
            if memory.zeroed:
                zero = "".join(f"{memory.name}.{v.name} = 0, " for v in self._members(memory))
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
            raise ReviewError("the first line cannot be a definition", self.file.place(0), "begin with a comment")
        return [Edit(0, 0, f"C {self.group} "), Edit(start, start, self._head(used)), *edits]

    def _head(self, used: set[str]) -> str:
        """What stands before the first definition: the initial state, and definitions of the kernel's."""
        state = [f"{name.replace('->', '.')}={self._value(value)};" for name, value in self._starts.items()]
        for memory in self._memory:
            for variable in self._members(memory):
                state.append(f"{memory.name}.{variable.name}={self._value(self._begins[variable])};")
        for (_, _), name in sorted(self._seen.items()):
            state += [f"{thread.index}:{name}={_UNREAD};" for thread in self.threads]
        state += [f"{thread.index}:result=0;" for thread in self.threads if self._returns(thread.function)]
        numbers = [f"{name} = {value}" for name, value in CONSTANTS.items() if name in used - set(self.known.items)]
        kernel = [f"enum {{ {', '.join(numbers)} }};"] if numbers else []
        tags = used | {memory.structure for memory in self._memory}
        kernel += [text for name, text in STRUCTURES.items() if name in tags and name not in self.known.structures]
        kernel += [_declaration(memory) for memory in self._memory if memory.structure not in self.known.structures]
        return f"{{ {' '.join(state)} }} {' '.join(kernel)} "

    def _returns(self, function: str) -> bool:
        return re.search(r"\bresult = ", words(self.known.functions[function])) is not None

    def _value(self, value: str) -> str:
        return f"&{value}" if value in {*self._locations, *self.known.globals} else value

    def _names(self) -> set[str]:
        """The names that are used in functions, and in what these use."""
        found: set[str] = set()
        todo: list[Node] = [self.known.functions[name] for name in self.expanded.functions]
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
        """Keeps what is read in variables. What a lock begins with is read before it is taken."""
        accesses: dict[tuple[int, int], Access] = {}
        for thread in self.threads:
            for access in thread.accesses:
                if access.kind in (Kind.READ, Kind.LOCK):
                    accesses[access.node.start_byte, access.node.end_byte] = access
        for (start, end), name in self._seen.items():
            found = accesses.get((start, end))
            if found is None or found.kind is Kind.READ:
                yield Edit(start, start, f"({name} = ")
                yield Edit(end, end, ")")
                continue
            statement = found.node.parent
            arguments = part(found.node, "arguments")
            given = [] if arguments is None else named(arguments)
            if statement is None or statement.type != "expression_statement" or not given:
                raise self._wrong(found.node, "a lock that is taken in an expression cannot be looked into")
            lock = words(given[0])
            word = lock[1:] if lock.startswith("&") else f"*({lock})"
            yield Edit(statement.start_byte, statement.start_byte, f"{{ {name} = {word}; ")
            yield Edit(statement.end_byte, statement.end_byte, " }")

    def _sides(self) -> Iterator[Edit]:
        for thread, side in zip(self.threads, self.sides, strict=True):
            function = self.known.functions[side.function]
            body = part(function, "body")
            if body is None:
                raise self._wrong(function, f"{side.function} has no body")
            pointers = self._pointers(side)
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
        sides = [self.known.functions[side.function] for side in self.sides]
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
            node = root.descendant_for_byte_range(start, end - 1)
            if node is None:
                continue
            gone: list[tuple[int, int]] = []
            for member in every(node, "field_declaration"):
                names = [inner for child in member.children_by_field_name("declarator") if (inner := declared(child))]
                if not any(words(inner) in used for inner in names):
                    gone.append((member.start_byte, member.end_byte))
            outer = [span for span in gone if not any(a <= span[0] and span[1] <= b and span != (a, b) for a, b in gone)]
            yield from (blank(text, *span) for span in outer)
            for name in every(node, "type_identifier"):
                hidden = any(a <= name.start_byte < b for a, b in outer)
                heads = any(
                    s.start_byte <= name.start_byte < body.start_byte
                    for s in sides
                    if (body := part(s, "body")) is not None
                )
                tag = name.parent is not None and name.parent.type in ("struct_specifier", "enum_specifier")
                if not hidden and not heads and not tag:
                    new = _known_type(words(name), self._owned(name))
                    if new != words(name):
                        yield Edit(name.start_byte, name.end_byte, new)

    def _owned(self, node: Node) -> bool:
        """Whether something is declared in a structure of which there is new memory."""
        while node.parent is not None and node.type != "struct_specifier":
            node = node.parent
        name = part(node, "name")
        return name is not None and words(name) in {memory.structure for memory in self._memory}


def _contains(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def _declaration(memory: _Memory) -> str:
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

