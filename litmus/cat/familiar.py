"""Definitions that compute by recursion what a builtin function computes at once.

herd7 has no builtin for all combinations of one coherence order for each location: its `cross.cat`, which model files
often have beside them, lists them one by one. That is as many as there are, and needs the locations to be known; the
builtin lists nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from hashlib import sha256

from litmus.base.source import Span
from litmus.cat import ast

_BUILTINS = {
    "5f2247fb463cff16": "cross",  # herd7, herd/libdir/cross.cat, the same since 2013
}
"""The builtin functions, by the digests of such definitions whatever their names are."""


def builtin_in(value: ast.Expr) -> str | None:
    """The builtin function that a definition is, None for any other."""
    if not isinstance(value, ast.LetIn) or not value.recursive:
        return None
    return _BUILTINS.get(digest(value))


def digest(definition: ast.Expr) -> str:
    """A digest of a definition, which is the same for definitions that only differ in names and in where they stand."""
    names: dict[str | None, int] = {None: 0}
    return sha256(" ".join(_words(definition, names)).encode()).hexdigest()[:16]


def _words(part: object, names: dict[str | None, int]) -> Iterator[str]:
    """The syntax as words; names are numbered as they come."""
    match part:
        case ast.Name(name):
            yield f"name {names.setdefault(name, len(names))}"
        case ast.Pattern(several, is_tuple):
            yield f"pattern {is_tuple} {[names.setdefault(name, len(names)) for name in several]}"
        case ast.MatchSet(subject, empty, several, step):
            yield f"match {len(several)}"
            yield from _words((subject, empty), names)
            yield f"{[names.setdefault(name, len(names)) for name in several]}"
            yield from _words(step, names)
        case ast.Function(_, pattern, body):
            yield "fun"
            yield from _words((pattern, body), names)
        case tuple():
            yield f"( {len(part)}"
            for item in part:
                yield from _words(item, names)
        case Span():
            return
        case _ if is_dataclass(part):
            yield type(part).__name__
            for field in fields(part):
                yield from _words(getattr(part, field.name), names)
        case _:
            yield repr(part)
