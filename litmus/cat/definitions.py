"""Reads a macro file: what the functions of kernel C mean, in terms of a few operations that make events.

    READ_ONCE(X) __load{ONCE}(X)
    smp_store_mb(X,V) { __store{ONCE}(X,V); __fence{MB}; }

The body of a definition is an expression, whose value is that of the call, or statements in braces, which have none.
What the operations mean is for a target to say (`litmus.targets.definitions`). The language is that of herd7 7.58
(herdtools7, lib/CParser.mly, `macros`) as far as the kernel's own files use it (tools/memory-model/linux-kernel.def);
the rest is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ModelError, ParseError, UnknownFunction, UnsupportedError
from litmus.base.records import dataclass
from litmus.base.source import Source, Span
from litmus.frontend.lexer import Tokens, blank_part, is_number, quoted
from litmus.ir.kernel import UpdateOperation

MAX_DEPTH = 50
"""How deep the expressions of a macro file may nest."""

WHOLE_UPDATES = "lkmmv2"
"""The variant in which both events of an update have its tags."""

VARIANTS = frozenset({WHOLE_UPDATES})
"""The variants that change what definitions mean."""

_TOKEN = re.compile(r"""\s*([A-Za-z_]\w*|[0-9]\w*|<<|>>|->|&&|\|\||[=!<>]=|\S)""", re.ASCII)
_COMMENT = re.compile(r"//[^\n]*|/\*")
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_PRECEDENCE: Mapping[str, int] = {
    **dict.fromkeys("*/", 7),
    **dict.fromkeys("+-", 6),
    **dict.fromkeys(("<", "<=", ">", ">="), 5),
    **dict.fromkeys(("==", "!="), 4),
    "&": 3,
    "^": 2,
    "|": 1,
}
_UPDATES: Mapping[str, UpdateOperation] = {"+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor"}
_KEYWORDS = frozenset({"if", "else", "while", "for", "do", "return", "goto"})


@dataclass(frozen=True, slots=True)
class Number:
    value: int
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the definition that is being read."""

    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Deref:
    """`*e`: the place that a pointer points to."""

    operand: Term
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right`, with an operator of C."""

    op: str
    left: Term
    right: Term
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Update:
    """The name of an update's operator (`add` for `+`, `andnot` for `&~`), where an argument is one."""

    op: UpdateOperation
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Use:
    """`name{tags}(args)`: a call of another definition, or an operation; its name then begins with two underlines."""

    name: str
    tags: tuple[str, ...]
    args: tuple[Term, ...]
    span: Span = field(compare=False, repr=False)


Term = Number | Parameter | Deref | Binary | Update | Use


@dataclass(frozen=True, slots=True)
class Definition:
    """A function: its parameters, and the terms that are evaluated in turn; `valued` if the last one is its value."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[Term, ...]
    valued: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Definitions:
    """The definitions of a macro file, by name."""

    path: Path
    functions: Mapping[str, Definition]


def read_definitions(path: Path, source: Source, deadline: Deadline = NO_DEADLINE) -> Definitions:
    """Reads the text of a macro file. Raises ModelError, LimitReached."""
    try:
        return Definitions(path, _Reader(source, deadline).functions())
    except (ParseError, UnsupportedError) as error:  # the words of tests; this is a file of a model
        raise ModelError(error.message, error.span, error.hint) from None


class _Reader:
    def __init__(self, source: Source, deadline: Deadline) -> None:
        text = _without_comments(source)
        self.tokens = Tokens(source, text, 0, len(text), _TOKEN, deadline)
        self.parameters: tuple[str, ...] = ()
        self.depth = 0

    def functions(self) -> dict[str, Definition]:
        found: dict[str, Definition] = {}
        while self.tokens.current:
            self.tokens.deadline.check()
            definition = self.definition()
            if definition.name in found:
                raise ParseError(f"{quoted(definition.name)} is defined already", definition.span)
            found[definition.name] = definition
        return found

    def definition(self) -> Definition:
        tokens = self.tokens
        place = tokens.here
        name = self.name("the name of a function")
        tokens.expect("(", "after the name of a function")
        parameters: list[str] = []
        while not tokens.accept(")"):
            if parameters:
                tokens.expect(",", "or ')' after a parameter")
            here = tokens.here
            parameters.append(self.name("the name of a parameter"))
            if parameters.count(parameters[-1]) > 1:
                raise ParseError(f"two parameters have the name {quoted(parameters[-1])}", here)
        self.parameters = tuple(parameters)
        if tokens.current != "{":
            return Definition(name, self.parameters, (self.term(),), True, place)
        opening = tokens.here
        tokens.advance()
        body: list[Term] = []
        while not tokens.accept("}"):
            if not tokens.current:
                raise ParseError("no '}' for this '{'", opening)
            if tokens.current in _KEYWORDS or (_NAME.match(tokens.current) and tokens.ahead(1) == "="):
                raise UnsupportedError("only operations and calls are supported in a definition", tokens.here)
            body.append(self.term())
            tokens.expect(";", "after a statement")
        return Definition(name, self.parameters, tuple(body), False, place)

    # --- terms --------------------------------------------------------------------------------------------------------

    def term(self, loosest: int = 1) -> Term:
        """Reads operands and binary operators that bind at least as tightly as `loosest`."""
        tokens = self.tokens
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than {MAX_DEPTH} levels", tokens.here)
        mark = tokens.mark
        left = self.operand()
        while (precedence := _PRECEDENCE.get(tokens.current, 0)) >= loosest:
            op = tokens.advance()
            right = self.term(precedence + 1)
            left = Binary(op, left, right, tokens.since(mark))
        self.depth -= 1
        return left

    def operand(self) -> Term:
        tokens = self.tokens
        mark, here = tokens.mark, tokens.here
        if tokens.accept("("):
            inner = self.term()
            tokens.expect(")", "after an expression")
            return inner
        if tokens.accept("*"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise ParseError(f"nested deeper than {MAX_DEPTH} levels", here)
            operand = self.operand()
            self.depth -= 1
            return Deref(operand, tokens.since(mark))
        if is_number(tokens.current):
            return Number(tokens.number(), here)
        name = self.name("an expression")
        if name in self.parameters and tokens.current not in ("(", "{"):
            return Parameter(name, here)
        tags: tuple[str, ...] = ()
        if name.startswith("__") and tokens.accept("{"):
            tags = self.tags()
        args: list[Term] = []
        if tokens.accept("("):
            while not tokens.accept(")"):
                if args:
                    tokens.expect(",", "or ')' after an argument")
                args.append(self.update() or self.term())
        elif not tags and not name.startswith("memory_order_"):  # of C11, whose functions need no definition
            raise ParseError(f"{quoted(name)} is no parameter of this definition", here)
        return Use(name, tags, tuple(args), tokens.since(mark))

    def update(self) -> Update | None:
        """Reads the operator of an update, if an argument is one: `+`, or `&~`."""
        tokens = self.tokens
        here, op = tokens.here, tokens.current
        inverted = op == "&" and tokens.ahead(1) == "~"
        if op not in _UPDATES or tokens.ahead(1 + inverted) not in (",", ")"):
            return None
        tokens.advance()
        if inverted:
            tokens.advance()
        return Update("andnot" if inverted else _UPDATES[op], here)

    def tags(self) -> tuple[str, ...]:
        """Reads `ONCE}` or `sync-rcu}`."""
        tokens = self.tokens
        found: list[str] = []
        while not tokens.accept("}"):
            if found:
                tokens.expect(",", "or '}' after a tag")
            tag = self.name("a tag")
            while tokens.accept("-"):
                tag += "-" + self.name("the rest of a tag")
            found.append(tag)
        return tuple(found)

    def name(self, what: str) -> str:
        if not _NAME.match(self.tokens.current) or self.tokens.current in _KEYWORDS:
            raise self.tokens.unexpected(what)
        return self.tokens.advance()


def _without_comments(source: Source) -> str:
    """The text of a source with blanks in place of comments. Raises ParseError for one that is not closed."""
    text, parts, done = source.text, list[str](), 0
    while (match := _COMMENT.search(text, done)) is not None:
        end = match.end()
        if not match[0].startswith("//"):
            end = text.find("*/", end) + 2
            if end == 1:
                raise ParseError("comment without end", Span(source, match.start(), match.end()))
        parts += text[done : match.start()], blank_part(text, match.start(), end)
        done = end
    return "".join(parts) + text[done:]


def unknown_function(name: str, definitions: Definitions, span: Span | None) -> UnknownFunction:
    """The error for a call of a function that a macro file does not define."""
    from litmus.base.errors import did_you_mean  # errors only

    hint = did_you_mean(name, definitions.functions)
    return UnknownFunction(f"{definitions.path.name} does not define {quoted(name)}", span, hint, name)
