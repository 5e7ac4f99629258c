"""The syntax tree of C, by tree-sitter, which reads kernel code without its headers: unknown types and macros, too."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from .source import ReviewError, Text

MAX_NESTED = 150
"""How deep a function may be nested."""

MAX_SIZE = 1_000_000
"""The most characters of a file."""


def parse(text: Text) -> Node:
    """The tree of a file, with errors in it for what cannot be parsed. Raises ReviewError for a file too large."""
    if len(text.text) > MAX_SIZE:
        raise ReviewError(f"{text.name} has more than {MAX_SIZE} characters", hint="review a part of it")
    return Parser(Language(tree_sitter_c.language())).parse(text.text.encode("ascii")).root_node


def words(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("ascii")


def every(node: Node, *types: str) -> Iterator[Node]:
    """The nodes of some types in a tree, in the order of the text; all nodes if none is named."""
    todo = [node]
    while todo:
        one = todo.pop()
        if not types or one.type in types:
            yield one
        todo += reversed(one.children)


def part(node: Node, name: str) -> Node | None:
    """The child in a field of the grammar."""
    return node.child_by_field_name(name)


def named(node: Node) -> list[Node]:
    """The children that are not punctuation, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def declared(node: Node) -> Node | None:
    """The name that a declarator declares."""
    found: Node | None = node
    while found is not None and found.type not in ("identifier", "field_identifier", "type_identifier"):
        inner = part(found, "declarator")
        if inner is None:
            below = [child for child in named(found) if child.type.endswith(("declarator", "identifier"))]
            inner = below[0] if below else None
        found = inner
    return found


def function_name(node: Node) -> str:
    """The name of a function definition, "" if it has none."""
    declarator = part(node, "declarator")
    name = declared(declarator) if declarator is not None else None
    return "" if name is None else words(name)


def checked(node: Node, text: Text) -> None:
    """Raises ReviewError for a part of a tree that could not be parsed, or that is nested too deep."""
    todo = [(node, 0)]
    while todo:
        one, depth = todo.pop()
        if depth > MAX_NESTED:
            raise ReviewError(f"nested deeper than {MAX_NESTED}", text.place(one.start_byte, one.end_byte))
        if one.is_error or one.is_missing:
            place = text.place(one.start_byte, one.end_byte)
            before = one.prev_sibling
            if one.is_missing and before is not None and before.type == "call_expression":
                hint = f"if {words(before).split('(')[0]} is a macro that begins a loop, write the loop out"
                start = text.place(before.start_byte, before.end_byte)
                raise ReviewError("there is no ';' after this call", start, hint)
            what = f"'{one.type}' is missing here" if one.is_missing else "this is no C that the parser knows"
            raise ReviewError(what, place)
        if one.type.startswith("preproc_") and one.type not in ("preproc_def", "preproc_arg", "preproc_function_def"):
            hint = "review the code with one of its branches"
            raise ReviewError("conditional compilation inside of a function", text.place(one.start_byte), hint)
        todo += [(child, depth + 1) for child in reversed(one.children)]
