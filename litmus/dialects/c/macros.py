"""`#define` of names: the tokens of a program with macros replaced by what they stand for.

A macro may stand for any expression, name or type; it holds from its line on, as in C. What replaces a macro is at the
place where the macro is used, so that errors and events are there. `#include <stdatomic.h>` and the like are passed
over; macros with arguments and other directives are refused by name. Source: ISO C11, 6.10.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from litmus.base.deadline import Deadline
from litmus.base.errors import LitmusError, ParseError, UnsupportedError, did_you_mean
from litmus.base.source import Source, Span
from litmus.frontend.lexer import Tokens, blank_part, quoted

MAX_REPLACED = 100_000
"""The most words and signs that macros of a test may be replaced by, macros in them included: they grow fast."""

MAX_MACROS = 1000
"""The most macros of a test."""

MAX_NESTED = 50
"""How deep macros may be replaced by macros."""

TOKEN = re.compile(
    r"""\s*(
      [A-Za-z_]\w* | \.?[0-9][\w.]* | "(?:[^"\\\n]|\\.)*+"
    | <<= | >>= | -> | \+\+ | -- | << | >> | && | \|\| | [-+*/%&|^<>=!]=
    | \S
    )""",
    re.VERBOSE | re.ASCII,
)
_CONDITIONAL = "write the lines that are wanted, or several tests"
_REFUSED: Mapping[str, str] = {
    "include": "write what is needed of it into the test",
    **dict.fromkeys(("if", "ifdef", "ifndef", "elif", "else", "endif", "elifdef", "elifndef"), _CONDITIONAL),
    "undef": "give the other definition another name",
}
_SYSTEM = re.compile(r"\s*<[^<>\s]+>\s*(?://.*)?")  # the primitives and types of such headers are known without them
_HEADER = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<[^<>\s]+>[ \t]*$\n?", re.MULTILINE)
_PAIRS = {")": "(", "]": "["}


@dataclass(slots=True)
class Replaced:
    """How many words and signs macros were replaced by so far, in a whole test."""

    count: int = 0


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro: what it stands for, token by token with the offset of each, and the offset from which on it holds."""

    name: str
    body: tuple[tuple[str, int], ...]
    place: Span
    start: int


def is_name(token: str) -> bool:
    """Whether a token is a name of C."""
    return token != "" and token.isascii() and (token[0].isalpha() or token[0] == "_")


class CTokens(Tokens):
    """The tokens of a text in C. A token that replaces a macro is at the place of the macro."""

    __slots__ = ("_ends", "_used")

    def __init__(
        self,
        source: Source,
        text: str,
        start: int,
        end: int,
        deadline: Deadline,
        macros: Mapping[str, Macro],
        replaced: Replaced,
    ) -> None:
        super().__init__(source, text, start, end, TOKEN, deadline)
        self._ends: list[int] | None = None  # where tokens end that are not as long as they look
        if macros:
            self._replace(macros, replaced)

    @property
    def words(self) -> list[str]:
        """All tokens."""
        return self._texts

    def seek(self, mark: int) -> None:
        """Moves to the token `mark`."""
        self._at = mark
        self.current = self._texts[mark]

    def since(self, mark: int) -> Span:
        """As in `Tokens`."""
        last = max(self._at - 1, mark)
        end = self._starts[last] + len(self._texts[last]) if self._ends is None else self._ends[last]
        return Span(self.source, self._starts[mark], end)

    @property
    def here(self) -> Span:
        """As in `Tokens`."""
        if self._ends is None or not self.current:
            return super().here
        return Span(self.source, self._starts[self._at], self._ends[self._at])

    def _replace(self, macros: Mapping[str, Macro], replaced: Replaced) -> None:
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for text, start in zip(self._texts, self._starts, strict=True):
            end = start + len(text)
            macro = macros.get(text)
            found = [text]
            if macro is not None and start >= macro.start:
                found = []
                self.deadline.check()
                _expand(macro, macros, found, (text,), Span(self.source, start, end), replaced)
            texts += found
            starts += [start] * len(found)
            ends += [end] * len(found)
        self._texts, self._starts, self._ends = texts, starts, ends
        self.current = texts[0]


def _expand(
    macro: Macro, macros: Mapping[str, Macro], found: list[str], within: tuple[str, ...], use: Span, replaced: Replaced
) -> None:
    """Adds what a macro stands for; a macro within itself is a name like any other."""
    if len(within) > MAX_NESTED:
        raise UnsupportedError(f"macros nested deeper than {MAX_NESTED} levels are not supported", use)
    for text, _ in macro.body:
        replaced.count += 1  # also for a macro that stands for nothing
        if replaced.count > MAX_REPLACED:
            message = f"macros that stand for more than {MAX_REPLACED} words and signs are not supported"
            raise UnsupportedError(message, use)
        inner = macros.get(text)
        if inner is not None and text not in within and use.start >= inner.start:
            _expand(inner, macros, found, (*within, text), use, replaced)
        else:
            found.append(text)


def read_macros(source: Source, text: str, start: int, end: int, macros: dict[str, Macro]) -> str:
    """Adds the macros that the lines of `text[start:end]` define; the text, with blanks in place of these lines.

    Raises ParseError, UnsupportedError.
    """
    if "#" not in text[start:end]:
        return text
    parts: list[str] = []
    done = 0
    joined = text.replace("\\\n", "  ")
    directive = re.compile(r"^[ \t]*(\#[ \t]*(\w*)((?:[^\\\n]|\\\n|\\)*+))", re.MULTILINE | re.ASCII)
    for match in directive.finditer(text, start, end):
        if match[2] == "include" and _SYSTEM.fullmatch(match[3]):
            parts += text[done : match.start()], blank_part(text, match.start(), match.end())
            done = match.end()
            continue
        if match[2] != "define":
            raise _refused(source, match)
        macro = _macro(source, joined, match)
        known = macros.get(macro.name)
        if known is not None and [t for t, _ in known.body] != [t for t, _ in macro.body]:
            raise ParseError(f"{quoted(macro.name)} is defined already", macro.place)
        macros.setdefault(macro.name, macro)
        if len(macros) > MAX_MACROS:
            raise UnsupportedError(f"more than {MAX_MACROS} macros are not supported", macro.place)
        parts += text[done : match.start()], blank_part(text, match.start(), match.end())
        done = match.end()
    return "".join(parts) + text[done:]


def without_headers(text: str) -> str:
    """A text without the lines that include headers of the system, which say nothing."""
    return _HEADER.sub("", text).strip("\n") if "#" in text else text


def _refused(source: Source, match: re.Match[str]) -> LitmusError:
    place = Span(source, match.start(1), max(match.end(2), match.start(1) + 1))
    name = match[2]
    if name in _REFUSED:
        return UnsupportedError(f"'#{name}' is not supported", place, _REFUSED[name])
    hint = did_you_mean(name, ("define",)) if name else None
    return UnsupportedError(f"{quoted('#' + name)} is not supported", place, hint or "only #define is")


def _macro(source: Source, joined: str, match: re.Match[str]) -> Macro:
    head = re.compile(r"[ \t]*+([A-Za-z_]\w*+)(\(?)", re.ASCII).match(joined, match.start(3), match.end(3))
    if head is None:
        raise ParseError("expected a name after '#define'", Span(source, match.start(1), match.end(2)))
    place = Span(source, head.start(1), head.end(1))
    if head[2]:
        message = f"macros with arguments are not supported: {quoted(head[1] + '(...)')}"
        raise UnsupportedError(message, place, "write a function: static inline int f(int a) { return a; }")
    body: list[tuple[str, int]] = []
    opened: list[str] = []
    for token in TOKEN.finditer(joined, head.end(1), match.end(3)):
        word, at = token[1], token.start(1)
        here = Span(source, at, at + len(word))
        if word in "([":
            opened.append(word)
        elif word in _PAIRS and (not opened or opened.pop() != _PAIRS[word]):
            raise ParseError(f"{quoted(word)} has no '{_PAIRS[word]}' in this macro", here)
        elif word[0] in "{};#\\\"'":
            raise UnsupportedError(f"'{word}' in a macro is not supported: it must stand for an expression", here)
        body.append((word, at))
    if opened:
        raise ParseError(f"this macro has no end for its '{opened[-1]}'", place)
    return Macro(head[1], tuple(body), place, match.end())
