"""What must never be at the end, as a reviewer writes it outside of the functions, as a condition of a test."""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from .kernel import CONSTANTS, RESULT
from .marks import Never
from .source import ReviewError, Text
from .syntax import named, parse, part, words

_OPERATORS = {"&&": "/\\", "||": "\\/"}


def condition(never: Never, threads: Mapping[str, int], text: Text) -> str:
    """The condition of a test; `threads` are the numbers of the sides. Raises ReviewError with the place."""
    before = "int x = "
    root = parse(Text(text.name, f"{before}{never.expression};"))
    at = never.at - len(before)
    wrong = ReviewError(
        "this is no condition that can be asked",
        text.place(never.at, never.at + len(never.expression)),
        "join side.local == 1, p->member == 0 by && and ||; side.result is what a side returns",
    )
    if root.has_error or not root.named_children:
        raise wrong
    values = [part(node, "value") for node in root.named_children[0].named_children if node.type == "init_declarator"]
    if len(values) != 1 or values[0] is None:
        raise wrong

    def convert(node: Node) -> str:
        inner = named(node)
        if node.type == "parenthesized_expression" and len(inner) == 1:
            return f"({convert(inner[0])})"
        operator = part(node, "operator")
        sign = "" if operator is None else words(operator)
        if node.type == "binary_expression" and sign in _OPERATORS:
            return f"({convert(inner[0])} {_OPERATORS[sign]} {convert(inner[1])})"
        if node.type == "binary_expression" and sign in ("==", "!="):
            return f"{place(inner[0])}{'=' if sign == '==' else '!='}{value(inner[1])}"
        if node.type == "unary_expression" and sign == "!":
            return f"not ({convert(inner[0])})"
        return f"not ({place(node)}=0)"

    def place(node: Node) -> str:
        if node.type == "identifier":
            return words(node)
        argument, member = part(node, "argument"), part(node, "field")
        if node.type != "field_expression" or argument is None or member is None:
            raise _at(node, wrong, text, at)
        if argument.type == "identifier" and words(argument) in threads and "->" not in words(node):
            name = words(member)
            return f"{threads[words(argument)]}:{RESULT if name == 'result' else name}"
        return f"{place(argument)}.{words(member)}"

    def value(node: Node) -> str:
        found = words(node)
        if node.type in ("number_literal", "identifier") or (node.type == "unary_expression" and found[:1] == "-"):
            return str(CONSTANTS.get(found, "0" if found in ("NULL", "null") else found))
        raise _at(node, wrong, text, at)

    return convert(values[0])


def _at(node: Node, wrong: ReviewError, text: Text, at: int) -> ReviewError:
    return ReviewError(wrong.message, text.place(at + node.start_byte, at + node.end_byte), wrong.hint)
