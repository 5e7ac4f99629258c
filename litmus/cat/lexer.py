"""The tokens of the cat language."""

from __future__ import annotations

import re
from typing import NamedTuple

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError
from litmus.base.source import Source, Span

KEYWORDS = frozenset(
    (
        *("let", "rec", "and", "when", "in", "fun", "try", "with", "if", "then", "else", "match", "begin", "end"),
        *("acyclic", "irreflexive", "empty", "subset", "as", "flag", "undefined_unless", "assert", "show", "unshow"),
        *("include", "procedure", "call", "enum", "debug", "forall", "do", "from", "instructions", "default"),
    )
)


class Token(NamedTuple):
    """`kind` is NAME, TAG, STRING, END, or the keyword or symbol itself; `text` has no quotes."""

    kind: str
    text: str
    start: int
    end: int


# In `tag->e` the dash is part of the arrow; any other dash in a name is part of the name, as in herd7.
_TOKEN = re.compile(
    r"""(?P<BLANK>(?:[ \t\r\n\f]|//[^\n]*|\#[^\n]*)+)
      | (?P<COMMENT>\(\*)
      | (?P<NAME>_?[A-Za-z](?:[A-Za-z0-9_.]|-(?!>))*'?)
      | '(?P<TAG>_?[A-Za-z](?:[A-Za-z0-9_.]|-(?!>))*'?)
      | (?P<SYMBOL>\|\||\+\+|&&|->|-1|[(){}\[\]_0|&*~+^\\?=;,])
      | "(?P<STRING>[^"\n]*)"
    """,
    re.VERBOSE,
)
_COMMENT_EDGE = re.compile(r"\(\*|\*\)")


def tokenize(source: Source, deadline: Deadline = NO_DEADLINE) -> list[Token]:
    """The tokens of a text, ending with an END token. Raises ModelError, LimitReached at the deadline."""
    text = source.text
    match = _TOKEN.match
    tokens: list[Token] = []
    append = tokens.append
    at, length = 0, len(text)
    while at < length:
        deadline.check()
        found = match(text, at)
        if found is None:
            raise _unreadable(source, at)
        kind = found.lastgroup
        end = found.end()
        if kind == "SYMBOL":
            symbol = found[0]
            append(Token(symbol, symbol, at, end))
        elif kind == "NAME":
            name = found[0]
            append(Token(name if name in KEYWORDS else "NAME", name, at, end))
        elif kind == "COMMENT":
            end = _end_of_comment(source, at)
        elif kind != "BLANK":
            assert kind is not None
            append(Token(kind, found[kind], at, end))
        at = end
    append(Token("END", "", length, length))
    return tokens


def _end_of_comment(source: Source, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source.text, start):
        depth += 1 if edge[0] == "(*" else -1
        if depth == 0:
            return edge.end()
    raise ModelError("this comment is not closed", Span(source, start, start + 2), "write '*)'")


def _unreadable(source: Source, at: int) -> ModelError:
    character = source.text[at]
    if character == '"':
        return ModelError("this string is not closed", Span(source, at, at + 1))
    shown = repr(character) if character.isprintable() else f"U+{ord(character):04X}"
    hint = "the complement is written '~'" if character == "!" else None
    return ModelError(f"unexpected character {shown}", Span(source, at, at + 1), hint)
