"""The clauses of a model, and the model without each: what a mutation test of its test suite drops.

A clause is an axiom (a check, be it a flag), or an operand of a union `a | b`, wherever it stands in the file of the
model, in one that it includes, or in one that these include. What runs before the model without being included (the
standard library, a bell file) is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.source import Source, Span
from litmus.cat import ast
from litmus.cat.load import CatModel

_UNION = "|"
_LONGEST = 60  # characters of a clause that are shown


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a model: where it is, its text, and what it is of: an axiom, or a union in a definition or axiom."""

    span: Span
    text: str
    within: str

    def __str__(self) -> str:
        return f"{self.text}{f' in {self.within}' if self.within else ''}"


def clauses(model: CatModel, deadline: Deadline = NO_DEADLINE) -> tuple[tuple[Clause, CatModel], ...]:
    """The clauses of a model, each with the model without it: those of its file in order, then of each included file.

    Raises ModelError for a file that cannot be read, and LimitReached.
    """
    found: list[tuple[Clause, CatModel]] = []
    for path, file in _files(model, deadline):
        without = []
        for clause, statements in _statements(file.statements):
            changed = replace(file, statements=statements)
            if path is None:
                without.append((clause, replace(model, file=changed)))
            else:
                without.append((clause, replace(model, files=model.files.but(path, changed))))
        found += sorted(without, key=lambda pair: pair[0].span.start)
    return tuple(found)


def _files(model: CatModel, deadline: Deadline) -> Iterator[tuple[Path | None, ast.CatFile]]:
    """The file of a model, without a path, and those that are included, each once."""
    seen: set[Path] = {model.path}
    todo: list[tuple[Path | None, ast.CatFile]] = [(None, model.file)]
    while todo:
        path, file = todo.pop(0)
        yield path, file
        for include in _includes(file.statements):
            found = model.files.find(include, deadline)
            if found[0] not in seen:
                seen.add(found[0])
                todo.append(found)


def _includes(statements: Iterable[ast.Statement]) -> Iterator[ast.Include]:
    for statement in statements:
        if isinstance(statement, ast.Include):
            yield statement
        elif isinstance(statement, ast.IfStatement):
            yield from _includes((*statement.then, *statement.otherwise))


def _statements(
    statements: tuple[ast.Statement, ...],
) -> Iterator[tuple[Clause, tuple[ast.Statement, ...]]]:
    for place, statement in enumerate(statements):
        before, after = statements[:place], statements[place + 1 :]
        if isinstance(statement, ast.Check):
            yield Clause(statement.span, _text(statement.span), ""), (*before, *after)
        for clause, changed in _inside(statement, _name(statement)):
            yield clause, (*before, changed, *after)


def _name(node: object) -> str:
    """What a clause inside a definition or an axiom is said to be in; empty for anything else."""
    if isinstance(node, ast.Check):
        return node.name or node.kind.value
    if isinstance(node, ast.Binding):
        return ", ".join(name or "_" for name in node.pattern.names)
    return node.name if isinstance(node, ast.Procedure | ast.Function) else ""


def _inside(node: object, within: str) -> Iterator[tuple[Clause, Any]]:
    """The clauses inside a part of a model, each with the part without it."""
    if isinstance(node, ast.Op) and node.op == _UNION:
        for place, operand in enumerate(node.operands):
            rest = (*node.operands[:place], *node.operands[place + 1 :])
            clause = Clause(operand.span, _text(operand.span), within)
            yield clause, rest[0] if len(rest) == 1 else replace(node, operands=rest)
    if not is_dataclass(node) or isinstance(node, type):
        return
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Span | Source) or part.name.startswith("_"):
            continue
        for clause, changed in _values(value, within):
            yield clause, replace(node, **{part.name: changed})


def _values(value: object, within: str) -> Iterator[tuple[Clause, Any]]:
    if not isinstance(value, tuple):
        yield from _inside(value, _name(value) or within)
    elif value and all(isinstance(item, ast.Check | ast.Let | ast.IfStatement | ast.Include) for item in value):
        yield from _statements(value)
    else:
        for place, item in enumerate(value):
            for clause, changed in _values(item, within):
                yield clause, (*value[:place], changed, *value[place + 1 :])


def _text(span: Span) -> str:
    text = text_of(span)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def text_of(span: Span) -> str:
    """The text of an expression on one line, with the parentheses that its span leaves out at one end."""
    whole, start, end = span.source.text, span.start, span.end
    depth = lowest = 0
    for character in whole[start:end]:
        depth += (character == "(") - (character == ")")
        lowest = min(lowest, depth)
    start -= _reach(whole[:start][::-1], "(", -lowest)
    end += _reach(whole[end:], ")", depth - lowest)
    return " ".join(whole[start:end].split())


def _reach(text: str, parenthesis: str, count: int) -> int:
    """How many characters reach over so many parentheses."""
    place = 0
    for _ in range(count):
        place = text.find(parenthesis, place) + 1
    return place
