"""What a file declares: structures, functions, variables of the file, and their types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from .kernel import TYPEDEFS
from .syntax import declared, every, function_name, part, words


@dataclass(frozen=True, slots=True)
class Type:
    """A type of C: a structure, if it has a name, or a scalar; `stars` counts the pointers to it, arrays included."""

    structure: str = ""
    stars: int = 0
    name: str = ""

    @property
    def pointed(self) -> Type:
        """What it points to."""
        return replace(self, stars=max(0, self.stars - 1))


@dataclass(slots=True)
class Definitions:
    """What a file defines, by name."""

    functions: dict[str, Node] = field(default_factory=dict)
    structures: dict[str, Node] = field(default_factory=dict)
    globals: dict[str, Type] = field(default_factory=dict)
    items: dict[str, list[Node]] = field(default_factory=dict)  # every name with the definitions in which it is defined


def definitions(root: Node) -> Definitions:
    """The definitions of a file, those in conditional parts of it included."""
    found = Definitions()
    for node in _outer(root):
        names: list[str] = []
        if node.type == "function_definition":
            name = function_name(node)
            found.functions.setdefault(name, node)
            names.append(name)
        elif node.type in ("preproc_def", "preproc_function_def"):
            names += [words(child) for child in [part(node, "name")] if child is not None]
        else:
            names += _declared_names(node, found)
        for name in names:
            found.items.setdefault(name, []).append(node)
    return found


def _outer(root: Node) -> Iterator[Node]:
    for node in root.named_children:
        if node.type in ("preproc_ifdef", "preproc_if", "preproc_else", "preproc_elif", "linkage_specification"):
            yield from _outer(node)
        elif node.type != "comment":
            yield node


def _declared_names(node: Node, found: Definitions) -> list[str]:
    names = [words(n) for e in every(node, "enumerator") if (n := part(e, "name")) is not None]
    for structure in every(node, "struct_specifier", "union_specifier"):
        name = part(structure, "name")
        if name is not None and part(structure, "body") is not None:
            found.structures.setdefault(words(name), structure)
            names.append(words(name))
    if node.type == "declaration" and part(node, "type") is not None:
        kind = type_of(node)
        for child in node.children_by_field_name("declarator"):
            name = declared(child)
            if name is not None and not any(n.type == "function_declarator" for n in every(child)):
                found.globals[words(name)] = with_stars(kind, child)
                names.append(words(name))
    return names


def type_of(node: Node) -> Type:
    """The type in a declaration, without the stars of what it declares."""
    kind = part(node, "type")
    if kind is None:
        return Type()
    if kind.type == "struct_specifier":
        name = part(kind, "name")
        return Type("" if name is None else words(name))
    known = TYPEDEFS.get(words(kind), "").removeprefix("struct ")
    return Type(known, name=words(kind))


def with_stars(kind: Type, declarator: Node) -> Type:
    """A type with the stars and brackets of a declarator."""
    inside = [n for n in every(declarator) if n.type in ("pointer_declarator", "abstract_pointer_declarator")]
    arrays = [n for n in every(declarator) if n.type == "array_declarator"]
    return replace(kind, stars=kind.stars + len(inside) + len(arrays))


def parameters(function: Node) -> dict[str, tuple[Node, Type]]:
    """The parameters of a function definition, by name."""
    found: dict[str, tuple[Node, Type]] = {}
    declarator = part(function, "declarator")
    for node in every(declarator, "parameter_declaration") if declarator is not None else ():
        inner = part(node, "declarator")
        name = None if inner is None else declared(inner)
        if inner is not None and name is not None:
            found[words(name)] = node, with_stars(type_of(node), inner)
    return found


def returned(function: Node) -> Type:
    """The type of what a function returns."""
    declarator = part(function, "declarator")
    stars = [] if declarator is None else [n for n in every(declarator) if n.type == "pointer_declarator"]
    outside = [n for n in stars if any(child.type == "function_declarator" for child in every(n))]
    return replace(type_of(function), stars=len(outside))
