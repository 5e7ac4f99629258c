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
    """The tokens of `text[start:end]`, and a cursor that goes through them.

    `current` is the token at the cursor, "" at the end. The first group of `pattern` is a token. Who reads many of them
    is to look at `deadline` now and then.
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
        end = max(start, len(text[:end].rstrip(_BLANKS)))  # before so many blanks, a pattern would try each of them
        found = [(m[1], m.start(1)) for m in pattern.finditer(text, start, end)]
        self._texts = [t for t, _ in found]
        self._starts = [s for _, s in found]
        self._texts.append("")
        self._starts.append(end)
        self._end = end
        self._at = 0
        self.current = self._texts[0]

    def advance(self) -> str:
        """Moves on by one token and returns the one it was at."""
        token = self.current
        if token:
            self._at += 1
            self.current = self._texts[self._at]
        return token

    def ahead(self, count: int) -> str:
        """The token `count` after the cursor, "" beyond the end."""
        at = self._at + count
        return self._texts[at] if at < len(self._texts) else ""

    def accept(self, token: str) -> bool:
        """Moves on if the cursor is at `token`."""
        if self.current != token:
            return False
        self.advance()
        return True

    def expect(self, token: str, after: str) -> None:
        """Moves over `token`. Raises ParseError if the cursor is at something else."""
        if not self.accept(token):
            raise self.unexpected(f"'{token}' {after}")

    @property
    def offset(self) -> int:
        """Where in the source the token at the cursor begins."""
        return self._starts[self._at]

    @property
    def mark(self) -> int:
        """The index of the token at the cursor, for `since`."""
        return self._at

    def since(self, mark: int) -> Span:
        """From the token `mark` to the last one moved over."""
        last = max(self._at - 1, mark)
        return Span(self.source, self._starts[mark], self._starts[last] + len(self._texts[last]))

    @property
    def here(self) -> Span:
        """The token at the cursor; the last character before the end, at the end."""
        start = self._starts[self._at]
        if self.current:
            return Span(self.source, start, start + len(self.current))
        last = self._starts[self._at - 1] + len(self._texts[self._at - 1]) if self._at else start
        return Span(self.source, last, last)

    def unexpected(self, wanted: str) -> ParseError:
        """An error at the cursor: something else was wanted."""
        found = quoted(self.current) if self.current else "the end"
        return ParseError(f"expected {wanted}, found {found}", self.here)

    def number(self, what: str = "a number") -> int:
        """Moves over a number and returns it. Raises ParseError for anything else, or if it has more than 64 bits."""
        token = self.current
        if not is_number(token):
            raise self.unexpected(what)
        value = parse_number(token)
        if value is None:
            raise ParseError(f"{quoted(token)} is not a number of at most 64 bits", self.here)
        self.advance()
        return value

    def name(self, what: str) -> str:
        """Moves over a name and returns it. Raises ParseError for anything else."""
        if not is_name(self.current):
            raise self.unexpected(what)
        return self.advance()


def meant_question(word: str) -> str | None:
    """A hint for a word where the part about final states could begin, if it is almost one that begins it."""
    from difflib import get_close_matches  # errors only

    found = get_close_matches(
        word[:_LONGEST_SHOWN].lower(), ("exists", "forall", "locations", "filter", "observed"), 1, 0.75
    )
    return f"did you mean '{found[0]}'?" if found and found[0] != word else None


def quoted(token: str) -> str:
    """A token as an error message shows it."""
    return f"'{token}'" if len(token) <= _LONGEST_SHOWN else f"'{token[:_LONGEST_SHOWN]}...'"


def counted(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_number(token: str) -> bool:
    """Whether a token is a number; also what `parse_number` takes in the cells of a program."""
    return token != "" and (token[0] in "0123456789" or (token[0] == "-" and len(token) > 1))


def is_name(token: str) -> bool:
    """Whether a token is a name, not that of a symbolic register."""
    return token != "" and token.isascii() and (token[0].isalpha() or token[0] in "_.$")


def thread_of(token: str) -> int | None:
    """The thread that a token `P1` names; None for other tokens."""
    match = _PROC.match(token)
    return int(match[1]) if match else None


def parse_number(text: str) -> int | None:
    """A decimal or hexadecimal number; None if it has more than 64 bits, signed or unsigned, or is malformed."""
    if len(text) > 21:
        return None
    try:
        value = int(text, 0) if "x" in text or "X" in text else int(text)
    except ValueError:
        return None
    return value if -(1 << 63) <= value < 1 << 64 else None


def comment_end(source: Source, start: int) -> int:
    """Where the comment `(* ... *)` that begins at `start` ends; comments nest.

    Raises ParseError if it does not.
    """
    depth = 0
    for match in _COMMENT.finditer(source.text, start):
        depth += 1 if match[0] == "(*" else -1
        if depth == 0:
            return match.end()
    raise ParseError("comment without end", Span(source, start, start + 2))


def blank_comments(source: Source, start: int) -> str:
    """The text of a source with the comments after `start` made blank.

    Raises ParseError for a comment that does not end.
    """
    text = source.text
    parts: list[str] = []
    done = 0
    opened = text.find("(*", start)
    while opened >= 0:
        end = comment_end(source, opened)
        parts += text[done:opened], blank_part(text, opened, end)
        done = end
        opened = text.find("(*", end)
    return "".join(parts) + text[done:] if parts else text


def blank_part(text: str, start: int, end: int) -> str:
    """A part of a text made blank, but for its newlines."""
    return _NOT_NEWLINE.sub(" ", text[start:end])
