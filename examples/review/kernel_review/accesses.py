"""What a function reads and writes, in the order of its text, with the functions that it calls.

Members are told apart by their structures: `anon_vma->lock` is the lock of any anon_vma.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from tree_sitter import Node

from .declarations import Definitions, Type, parameters, returned, type_of, with_stars
from .kernel import LOCKS, READS, UNLOCKS, WRITES
from .syntax import declared, every, function_name, named, part, words

MAX_EVENTS = 2000
"""The most accesses of a function, those of the functions that it calls included."""


@dataclass(frozen=True, slots=True, order=True)
class Variable:
    """Something shared: a member of a structure, or a variable of the file if `structure` is ""."""

    structure: str
    name: str

    def __str__(self) -> str:
        return f"{self.structure}->{self.name}" if self.structure else self.name


class TooLong(Exception):
    """A function has too many accesses."""


class Kind(Enum):
    """What is done to a variable; LOCK is to take it as a lock."""

    READ = "reads"
    WRITE = "writes"
    UPDATE = "updates"
    LOCK = "locks"
    UNLOCK = "unlocks"


@dataclass(frozen=True, slots=True)
class Access:
    """An access: `node` is the expression or the call, `value` what is written. `branches`: a condition, no access.

    `names` are the variables of the function that a condition uses, or that get the value.
    """

    kind: Kind | None
    variable: Variable
    type: Type
    node: Node
    value: str = ""


class Walk:
    """Goes through a function and the functions that it calls."""

    def __init__(self, known: Definitions) -> None:
        self.known = known
        self.found: list[Access] = []
        self.within: list[str] = []
        self.locals: dict[str, Type] = {}
        self.result: set[Variable] = set()  # those on which what the function returns depends
        self.depends: dict[str, set[Variable]] = {}  # the shared variables that a variable of a function depends on

    def function(self, node: Node) -> list[Access]:
        """The accesses of a function, in order."""
        self._body(node)
        if len(self.found) > MAX_EVENTS:
            raise TooLong(f"{function_name(node)} has more than {MAX_EVENTS} accesses")
        return self.found

    def _body(self, node: Node) -> set[Variable]:
        """Walks through a function; what its value may depend on."""
        kept = self.locals, self.depends, self.result
        self.locals = {name: kind for name, (_, kind) in parameters(node).items()}
        self.depends, self.result = {}, set()
        self.within.append(function_name(node))
        body = part(node, "body")
        if body is not None:
            for declaration in every(body, "declaration"):
                for child in declaration.children_by_field_name("declarator"):
                    name = declared(child)
                    if name is not None:
                        self.locals[words(name)] = with_stars(type_of(declaration), child)
            self._walk(body)
        found = self.result
        self.within.pop()
        self.locals, self.depends, self.result = kept
        return found

    def _walk(self, node: Node) -> set[Variable]:
        """Walks through a statement or expression; the shared variables on which its value depends."""
        if len(self.found) > MAX_EVENTS:
            return set()
        match node.type:
            case "comment" | "type_descriptor" | "sizeof_expression" | "goto_statement" | "preproc_def":
                return set()
            case "identifier":
                return self._identifier(node)
            case "field_expression" | "subscript_expression":
                return self._read(node)
            case "pointer_expression":
                return self._pointer(node)
            case "assignment_expression":
                return self._assignment(node)
            case "update_expression":
                return self._updated(node)
            case "call_expression":
                return self._call(node)
            case "init_declarator":
                value, name = part(node, "value"), part(node, "declarator")
                found = set() if value is None else self._walk(value)
                inner = None if name is None else declared(name)
                if inner is not None:
                    self.depends.setdefault(words(inner), set()).update(found)
                return found
            case "if_statement" | "while_statement" | "do_statement" | "switch_statement" | "for_statement":
                return self._branching(node)
        found = set()
        for child in named(node):
            found |= self._walk(child)
        if node.type == "return_statement":
            self.result |= found
        return found

    def _branching(self, node: Node) -> set[Variable]:
        condition = part(node, "condition")
        before = [part(node, "initializer")] if node.type == "for_statement" else []
        if node.type == "do_statement":
            before.append(part(node, "body"))
        for child in before:
            if child is not None:
                self._walk(child)
        if condition is not None:
            for variable in sorted(self._walk(condition)):
                self.found.append(Access(None, variable, Type(), condition))
        for child in named(node):
            if child != condition and child not in before:
                self._walk(child)
        return set()

    def _identifier(self, node: Node) -> set[Variable]:
        name = words(node)
        if name in self.locals:
            return self.depends.get(name, set())
        return self._read(node) if name in self.known.globals else set()

    def _read(self, node: Node) -> set[Variable]:
        """A place whose value is used. An array or a structure as a whole is no access."""
        found = self._inside(node)
        variable = self.variable(node)
        if variable is None:
            return found
        self.found.append(Access(Kind.READ, variable, self.type(node), node))
        return found | {variable}

    def _inside(self, node: Node) -> set[Variable]:
        """Walks through what is evaluated to find a place."""
        found: set[Variable] = set()
        if node.type == "parenthesized_expression":
            return self._inside(named(node)[0]) if named(node) else found
        argument = part(node, "argument")
        if argument is not None:
            arrow = node.type != "field_expression" or any(child.type == "->" for child in node.children)
            whole = node.type == "subscript_expression" and self.is_array(argument)
            found |= self._walk(argument) if arrow and not whole else self._inside(argument)
        index = part(node, "index")
        return found if index is None else found | self._walk(index)

    def is_array(self, node: Node) -> bool:
        """Whether an expression is an array, as far as its declaration says."""
        if node.type == "field_expression":
            member = part(node, "field")
            declarator = None if member is None else self._member(self._whole(node), words(member))
        else:
            found = [n for n in self.known.items.get(words(node), []) if n.type == "declaration"]
            declarator = found[0] if found and words(node) not in self.locals else None
        return declarator is not None and any(n.type == "array_declarator" for n in every(declarator))

    def _pointer(self, node: Node) -> set[Variable]:
        argument = part(node, "argument")
        if argument is None:
            return set()
        if words(node).startswith("&"):
            return self._inside(argument)
        return self._read(node)

    def _assignment(self, node: Node) -> set[Variable]:
        left, right = part(node, "left"), part(node, "right")
        if left is None or right is None:
            return set()
        found = self._walk(right)
        variable = self.variable(left)
        if variable is None:
            if left.type == "identifier":
                self.depends.setdefault(words(left), set()).update(found)
            return found | self._inside(left)
        self._inside(left)
        kind = Kind.WRITE if words(node)[len(words(left)) :].lstrip().startswith("=") else Kind.UPDATE
        self.found.append(Access(kind, variable, self.type(left), node, words(right)))
        return found

    def _updated(self, node: Node) -> set[Variable]:
        argument = part(node, "argument")
        if argument is None:
            return set()
        found, variable = self._inside(argument), self.variable(argument)
        if variable is None:
            return self._walk(argument)
        self.found.append(Access(Kind.UPDATE, variable, self.type(argument), node))
        return found | {variable}

    def _call(self, node: Node) -> set[Variable]:
        function, arguments = part(node, "function"), part(node, "arguments")
        given = [] if arguments is None else named(arguments)
        name = "" if function is None else words(function)
        found: set[Variable] = set()
        if name in self.known.functions:
            for argument in given:
                found |= self._walk(argument)
            if name not in self.within:
                found |= self._body(self.known.functions[name])
            return found
        kinds = ((READS, Kind.READ), (WRITES, Kind.WRITE), (LOCKS, Kind.LOCK), (UNLOCKS, Kind.UNLOCK))
        kind = next((kind for pattern, kind in kinds if pattern.fullmatch(name)), Kind.UPDATE)
        for number, argument in enumerate(given):
            place = argument
            address = argument.type == "pointer_expression" and words(argument).startswith("&")
            if address:
                place = part(argument, "argument") or argument
            variable = self.variable(place)
            if number == 0 and kind is not Kind.UPDATE and variable is None and not address:
                variable = self.pointee(argument)
            if variable is not None and (address or (number == 0 and kind is not Kind.UPDATE)):
                found |= self._inside(place)
                value = words(given[-1]) if kind is Kind.WRITE else ""
                for other in given[1:]:
                    found |= self._walk(other)
                self.found.append(Access(kind, variable, self.type(place), node, value))
                return found | ({variable} if kind in (Kind.READ, Kind.UPDATE) else set())
            found |= self._walk(argument)
        return found

    # --- variables and types -----------------------------------------------------------------------------------------

    def pointee(self, node: Node) -> Variable | None:
        """What a pointer that is passed to a function points to, if it is a word of its own."""
        kind = self.type(node)
        if kind.stars == 0 or kind.structure:
            return None
        return Variable("", words(node))

    def variable(self, node: Node) -> Variable | None:
        """The shared variable that an expression names; None for a variable of the function, and what is no place."""
        match node.type:
            case "parenthesized_expression":
                return self.variable(named(node)[0]) if named(node) else None
            case "identifier":
                name = words(node)
                shared = name in self.known.globals and name not in self.locals
                return Variable("", name) if shared else None
            case "field_expression":
                member = part(node, "field")
                argument = part(node, "argument")
                if member is None or argument is None:
                    return None
                dot = any(child.type == "." for child in node.children)
                if dot and argument.type == "field_expression":
                    outer = self.variable(argument)
                    return None if outer is None else Variable(outer.structure, f"{outer.name}.{words(member)}")
                whole = self._whole(node)
                return Variable(whole, words(member)) if whole else None
            case "subscript_expression":
                argument = part(node, "argument")
                found = None if argument is None else self.variable(argument)
                if found is not None:
                    return Variable(found.structure, f"{found.name}[]")
                return None if argument is None else self.pointee(argument)
            case "pointer_expression":
                argument = part(node, "argument")
                while argument is not None and argument.type == "parenthesized_expression" and named(argument):
                    argument = named(argument)[0]
                if argument is None or words(node).startswith("&"):
                    return None
                place = part(argument, "argument")
                address = argument.type == "pointer_expression" and words(argument).startswith("&")
                return self.variable(place) if address and place is not None else self.pointee(argument)
        return None

    def _whole(self, node: Node) -> str:
        """The structure of which an expression names a member."""
        argument = part(node, "argument")
        return "" if argument is None else self.type(argument).structure

    def _member(self, structure: str, name: str) -> Node | None:
        node = self.known.structures.get(structure)
        if node is None:
            return None
        for declaration in every(node, "field_declaration"):
            for child in declaration.children_by_field_name("declarator"):
                inner = declared(child)
                if inner is not None and words(inner) == name:
                    return declaration
        return None

    def type(self, node: Node) -> Type:
        """The type of an expression, as far as it is known."""
        argument = part(node, "argument")
        match node.type:
            case "identifier":
                return self.locals.get(words(node)) or self.known.globals.get(words(node)) or Type()
            case "parenthesized_expression" | "comma_expression":
                return self.type(named(node)[-1]) if named(node) else Type()
            case "field_expression":
                member = part(node, "field")
                name = "" if member is None else words(member)
                declaration = self._member(self._whole(node), name)
                for child in () if declaration is None else declaration.children_by_field_name("declarator"):
                    inner = declared(child)
                    if declaration is not None and inner is not None and words(inner) == name:
                        return with_stars(type_of(declaration), child)
                return Type()
            case "pointer_expression" if argument is not None:
                inner_type = self.type(argument)
                address = words(node).startswith("&")
                return replace(inner_type, stars=inner_type.stars + 1) if address else inner_type.pointed
            case "subscript_expression" if argument is not None:
                return self.type(argument).pointed
            case "assignment_expression":
                left = part(node, "left")
                return Type() if left is None else self.type(left)
            case "conditional_expression":
                then = part(node, "consequence")
                return Type() if then is None else self.type(then)
            case "cast_expression":
                kind = part(node, "type")
                return Type() if kind is None else with_stars(type_of(kind), kind)
            case "call_expression":
                return self._given(node)
        return Type()

    def _given(self, node: Node) -> Type:
        """The type of what a call gives."""
        function, arguments = part(node, "function"), part(node, "arguments")
        name = "" if function is None else words(function)
        if name in self.known.functions:
            return returned(self.known.functions[name])
        given = [] if arguments is None else named(arguments)
        if given and READS.fullmatch(name):
            first = self.type(given[0])
            return first.pointed if "atomic" in name or name == "smp_load_acquire" else first
        return Type()
