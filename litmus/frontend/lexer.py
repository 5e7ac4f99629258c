"""Tokens of the sections that all dialects share: initial state, locations, filter, condition."""

from __future__ import annotations

import re

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ParseError
from litmus.base.source import Source, Span

MAX_DEPTH = 100
"""How deep parentheses, negations and implications may nest."""

_LONGEST_SHOWN = 40

_TOKEN = re.compile(
    r"""\s*(
      -?[0-9]\w*
    | %?[A-Za-z_.$](?:[\w.$-]|/(?!\\))*
    | /\\ | \\/ | => | == | != | <> | <= | >= | <<
    | \S
    )""",
    re.VERBOSE | re.ASCII,
)
_BLANKS = " \t\n\r\f\v"
_PROC = re.compile(r"P(\d{1,9})\Z", re.ASCII)
_COMMENT = re.compile(r"\(\*|\*\)")
_NOT_NEWLINE = re.compile(r"[^\n]")


class Tokens:
    """The tokens of `text[start:end]`, with a cursor.

    `current` is the token at the cursor, "" at the end. `pattern` has one group, the token, after blanks. A caller that
    reads many tokens must check `deadline` from time to time.
    """

    __slots__ = ("_at", "_end", "_starts", "_texts", "current", "deadline", "source")

    def __init__(
        self,
        source: Source,
        text: str,
        start: int,
        end: int,
        pattern: re.Pattern[str] = _TOKEN,
        deadline: Deadline = NO_DEADLINE,
    ) -> None:
        self.source = source
        self.deadline = deadline
        end = max(start, len(text[:end].rstrip(_BLANKS)))  # the pattern would be tried at each of the trailing blanks
        self._texts: list[str] = pattern.findall(text, start, end)
        self._starts: list[int] = []
        for token in self._texts:  # between two there are only blanks
            start = text.index(token, start)
            self._starts.append(start)
            start += len(token)
        self._texts.append("")
        self._starts.append(end)
        self._end = end
        self._at = 0
        self.current = self._texts[0]

    def advance(self) -> str:
        """Moves past the current token and returns it."""
        token = self.current
        if token:
            self._at += 1
            self.current = self._texts[self._at]
        return token

    def ahead(self, count: int) -> str:
        """The token `count` places after the cursor, "" beyond the end."""
        at = self._at + count
        return self._texts[at] if at < len(self._texts) else ""

    def next(self, count: int) -> tuple[str, ...]:
        """The token at the cursor and those after it, `count` in all; fewer at the end."""
        return tuple(self._texts[self._at : self._at + count])

    def skip(self, count: int) -> None:
        """Moves past as many tokens, which must be there."""
        self._at += count
        self.current = self._texts[self._at]

    def accept(self, token: str) -> bool:
        """Moves past `token` if the cursor is at it; returns whether it was."""
        if self.current != token:
            return False
        self.advance()
        return True

    def expect(self, token: str, after: str) -> None:
        """Moves past `token`. Raises ParseError if the cursor is at another token."""
        if not self.accept(token):
            raise self.unexpected(f"'{token}' {after}")

    @property
    def offset(self) -> int:
        """The offset in the source of the token at the cursor."""
        return self._starts[self._at]

    @property
    def mark(self) -> int:
        """The index of the token at the cursor, for `since`."""
        return self._at

    def since(self, mark: int) -> Span:
        """The span from the token `mark` to the last token before the cursor."""
        last = max(self._at - 1, mark)
        return Span(self.source, self._starts[mark], self._starts[last] + len(self._texts[last]))

    @property
    def here(self) -> Span:
        """The span of the token at the cursor; at the end, an empty span after the last token."""
        start = self._starts[self._at]
        if self.current:
            return Span(self.source, start, start + len(self.current))
        last = self._starts[self._at - 1] + len(self._texts[self._at - 1]) if self._at else start
        return Span(self.source, last, last)

    def unexpected(self, wanted: str) -> ParseError:
        """An error at the cursor: expected `wanted`, found the current token."""
        found = quoted(self.current) if self.current else "the end"
        return ParseError(f"expected {wanted}, found {found}", self.here)

    def number(self, what: str = "a number") -> int:
        """Moves past a number and returns it. Raises ParseError for anything else, or if it has more than 64 bits."""
        token = self.current
        if not is_number(token):
            raise self.unexpected(what)
        value = parse_number(token)
        if value is None:
            raise ParseError(f"{quoted(token)} is not a number of at most 64 bits", self.here)
        self.advance()
        return value

    def name(self, what: str) -> str:
        """Moves past a name and returns it. Raises ParseError for anything else."""
        if not is_name(self.current):
            raise self.unexpected(what)
        return self.advance()


def meant_question(word: str) -> str | None:
    """A hint if a word is almost one of those that begin the part about final states, such as `exists`."""
    from difflib import get_close_matches  # errors only

    found = get_close_matches(
        word[:_LONGEST_SHOWN].lower(), ("exists", "forall", "locations", "filter", "observed"), 1, 0.75
    )
    return f"did you mean '{found[0]}'?" if found and found[0] != word else None


def quoted(token: str) -> str:
    """A token in quotes for an error message, cut short if it is long."""
    return f"'{token}'" if len(token) <= _LONGEST_SHOWN else f"'{token[:_LONGEST_SHOWN]}...'"


def counted(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_number(token: str) -> bool:
    """Whether a token looks like a number; `parse_number` reads it."""
    return token != "" and (token[0] in "0123456789" or (token[0] == "-" and len(token) > 1))


def is_name(token: str) -> bool:
    """Whether a token is a name, other than that of a symbolic register."""
    return token != "" and token.isascii() and (token[0].isalpha() or token[0] in "_.$")


def thread_of(token: str) -> int | None:
    """The number of the thread that a token such as `P1` names; None for other tokens."""
    match = _PROC.match(token)
    return int(match[1]) if match else None


def parse_number(text: str) -> int | None:
    """A decimal or hexadecimal number; None if it is malformed, or fits neither signed nor unsigned 64 bits."""
    if len(text) > 21:
        return None
    try:
        value = int(text, 0) if "x" in text or "X" in text else int(text)
    except ValueError:
        return None
    return value if -(1 << 63) <= value < 1 << 64 else None


def comment_end(source: Source, start: int) -> int:
    """The end of the comment `(* ... *)` that begins at `start`; comments nest.

    Raises ParseError if it is not closed.
    """
    depth = 0
    for match in _COMMENT.finditer(source.text, start):
        depth += 1 if match[0] == "(*" else -1
        if depth == 0:
            return match.end()
    raise ParseError("comment without end", Span(source, start, start + 2))


def blank_comments(source: Source, start: int) -> str:
    """The text of a source with blanks in place of the comments after `start`.

    Raises ParseError for a comment that is not closed. On a line before the initial state such a one is no comment: as
    in herd7, these lines may be any text.
    """
    text = source.text
    parts: list[str] = []
    done = 0
    opened = text.find("(*", start)
    while opened >= 0:
        try:
            end = comment_end(source, opened)
        except ParseError:
            brace = text.find("{", opened)
            if brace < 0 or "{" in text[start:opened]:
                raise
            opened = text.find("(*", brace)
            continue
        parts += text[done:opened], blank_part(text, opened, end)
        done = end
        opened = text.find("(*", end)
    return "".join(parts) + text[done:] if parts else text


def blank_part(text: str, start: int, end: int) -> str:
    """Blanks and the newlines of a part of a text, in its length."""
    return _NOT_NEWLINE.sub(" ", text[start:end])
