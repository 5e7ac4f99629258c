"""The `.litmus` container: splits a file into its sections."""

from __future__ import annotations

import re
from functools import cache
from os.path import basename, splitext

from litmus.base.errors import ParseError
from litmus.base.records import dataclass
from litmus.base.source import Source, Span
from litmus.frontend.lexer import blank_comments, blank_part, comment_end

_BLANK = re.compile(r"[\ufeff\s]+")
_HEADER = re.compile(
    r"""([A-Za-z_]\w*) [\ \t]+ ([^\s("{;]+) [\ \t]*+   # architecture, name
        (?: \([^()\n]*\) [\ \t]*+ )?                   # the name as in papers
        (?: \r?\n?[\ \t]*+ "([^"]*)" )?                # a description of the test
        [\ \t]*+ ;?""",
    re.VERBOSE | re.ASCII,
)
_PRELUDE = re.compile(
    r"""([A-Za-z][\w/.-]*) [\ \t]* = [\ \t]* ([^\n]*) (?: \n | \Z )   # a line of metadata
      | [^\n{]* ( \n | \{ | \Z )                                      # or anything else, up to the initial state""",
    re.VERBOSE | re.ASCII,
)
_BRACE = re.compile(r"[{}]")
_QUESTION = re.compile(
    r"(?<![\w.$%/-])"
    r"(?:(?:~\s*|not\s+)?(?:exists|forall|final)|locations|filter|observed|Observed|cases)"
    r"(?![\w.-])",
    re.ASCII,
)
_END = re.compile(r"^<<", re.MULTILINE)

FUNCTIONS = frozenset({"C"})
"""The architectures whose programs are functions in braces, with C comments."""

_FUNCTION = re.compile(
    r"(?:[\s;]|\#(?:[^\\\n]|\\[\s\S])*+)*+"  # directives
    r"(?:\{|(?!(?:not|exists|forall|final|locations|filter|observed|Observed|cases|with)\b)[A-Za-z_])",
    re.ASCII,
)
_PLACES = re.compile(r"\s*(?:scopes|levels|regions)\s*:")
_SEMICOLON = re.compile(r"\s*[;,]")
_LONGEST_HEAD = 500
_MOST_LINES = 8  # of what stands before the body of a function
_IN_FUNCTIONS = re.compile(r"\(\*|/\*|//|[{}\n]")
_DIRECTIVE = re.compile(r"[ \t]*+\#")
_METADATA = re.compile(r"[A-Za-z][\w/.-]*[ \t]*=", re.ASCII)


@cache  # compiled on demand, as few tests need it
def _definition() -> re.Pattern[str]:
    """The beginning of a definition in C."""
    words = "static|extern|const|volatile|struct|union|enum|typedef|inline|__always_inline|noinline"
    names = "void|bool|char|short|int|long|unsigned|signed|[us](?:8|16|32|64)|atomic(?:_long|64)?_t|spinlock_t"
    return re.compile(rf"[ \t]*+(?:{words}|{names})\b(?![ \t]*+=)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Container:
    """The sections of a `.litmus` file.

    `text` is the text of the source with blanks in place of comments. `init`, `program` and `question` (locations,
    filter, condition) are pairs of offsets: the initial state is `text[init[0]:init[1]]`, without its braces. The
    last two may be empty. Definitions of functions and the like that stand before the initial state begin at `prelude`.
    `arch_span` is the architecture's name in the first line.
    """

    source: Source
    text: str
    arch: str
    arch_span: Span
    name: str
    doc: str
    metadata: tuple[tuple[str, str], ...]
    prelude: int
    init: tuple[int, int]
    program: tuple[int, int]
    question: tuple[int, int]


def split(source: Source) -> Container:
    """Finds the sections of a `.litmus` file.

    Raises ParseError if the first line or the initial state is missing, or a comment or brace is not closed.
    """
    head = _header(source)
    functions = head[1] in FUNCTIONS
    text = _blank_comments(source, head.end()) if functions else blank_comments(source, head.end())
    metadata, prelude, brace = _prelude(source, text, head.end(), functions)
    closing = _closing_brace(source, text, brace)
    start = closing + 1
    end, question = _after_functions(text, start) if functions else _question(text, start)
    name = head[2]
    if name == "--":
        name = splitext(basename(source.name))[0]
    return Container(
        source=source,
        text=text,
        arch=head[1],
        arch_span=Span(source, head.start(1), head.end(1)),
        name=name.removesuffix(".litmus") or name,  # as herd7 has it
        doc=head[3] or "",
        metadata=metadata,
        prelude=prelude,
        init=(brace + 1, closing),
        program=(start, end),
        question=question,
    )


def _header(source: Source) -> re.Match[str]:
    text = source.text
    at = _blank_end(text, 0)
    while text.startswith("(*", at):
        at = _blank_end(text, comment_end(source, at))
    head = _HEADER.match(text, at)
    if head is None:
        if at >= len(text):
            raise ParseError("empty file: a test begins with a line 'ARCH NAME'", Span(source, 0, 0))
        word = text[at:].split(None, 1)[0]
        raise ParseError("a test begins with a line 'ARCH NAME'", Span(source, at, at + len(word)))
    return head


def _blank_end(text: str, start: int) -> int:
    blank = _BLANK.match(text, start)
    return blank.end() if blank else start


def _prelude(source: Source, text: str, at: int, functions: bool) -> tuple[tuple[tuple[str, str], ...], int, int]:
    """The lines between header and initial state: metadata, where definitions begin, and the initial state."""
    metadata: list[tuple[str, str]] = []
    start, prelude = at, -1
    while True:
        if functions and prelude < 0 and (_definition().match(text, at) or _DIRECTIVE.match(text, at)):
            prelude = at
        match = _PRELUDE.match(text, at)
        assert match is not None  # the second alternative matches anything
        at = match.end()
        if match[1]:
            metadata.append((match[1], match[2].rstrip()))
        elif match[3] == "{":
            if not functions or not _defines(text[start : at - 1]):
                return tuple(metadata), at - 1 if prelude < 0 else prelude, at - 1
            start = at = _closing_brace(source, text, at - 1, "no '}' for this '{'") + 1
        if at >= len(text):
            raise ParseError("no initial state: expected '{'", Span(source, len(text.rstrip()), len(text)))


def _defines(before: str) -> bool:
    """Whether what stands before a brace begins a function or a structure, and not the initial state."""
    lines = before.rstrip().rsplit("\n", _MOST_LINES)
    if re.match(r"[ \t]*(?:(?:struct|union|enum)\b[\s\w]*|typedef\b[^;]*)\Z", lines[-1], re.ASCII):
        return True
    if not lines[-1].endswith(")"):
        return False
    for line in reversed(lines):
        if _METADATA.match(line) or _DIRECTIVE.match(line) or not line.strip() or line.rstrip()[-1] in ";}":
            return False
        if _definition().match(line):
            return True
    return False


def _closing_brace(
    source: Source, text: str, brace: int, message: str = "initial state without end: no '}' for this '{'"
) -> int:
    depth = 0
    for match in _BRACE.finditer(text, brace):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    raise ParseError(message, Span(source, brace, brace + 1))


def _blank_comments(source: Source, start: int) -> str:
    """As `blank_comments`, for programs that are functions: `(*x)` is no comment there, but `/* */` and `//` are."""
    text = source.text
    parts: list[str] = []
    done = at = start
    depth = opened = 0  # the number of open braces, and of braces opened so far at depth 0
    metadata = directive = definition = False
    while (match := _IN_FUNCTIONS.search(text, at)) is not None:
        at = match.end()
        token = match[0]
        if token == "\n":
            metadata = opened == 0 and _METADATA.match(text, at) is not None
            directive = _DIRECTIVE.match(text, at) is not None
        elif token in "{}":
            if not metadata:
                if token == "{" and depth == 0:
                    before = "".join(parts[-8:]) + text[done : match.start()] if opened == 0 else ""
                    definition = _defines(before[-_LONGEST_HEAD:])
                    opened += not definition
                depth += 1 if token == "{" else -1
        elif token == "(*" and directive:
            continue  # `(*x)` in a macro
        elif (depth == 0 or (opened == 1 and not definition)) if token == "(*" else not metadata:
            at = _comment_end(source, match.start(), token)
            parts += text[done : match.start()], blank_part(text, match.start(), at)
            done = at
    return text[:start] + "".join(parts) + text[done:]


def _comment_end(source: Source, start: int, opening: str) -> int:
    """The offset where a comment ends. Raises ParseError if it is not closed."""
    if opening == "(*":
        return comment_end(source, start)
    end = source.text.find("*/" if opening == "/*" else "\n", start + 2)
    if opening == "//":
        return end if end >= 0 else len(source.text)
    if end < 0:
        raise ParseError("comment without end", Span(source, start, start + 2))
    return end + 2


def _after_functions(text: str, start: int) -> tuple[int, tuple[int, int]]:
    """The offset where a program of functions ends, and the part about final states.

    What stands between them about the scopes and regions of a GPU is passed over: only functions of cat that are not
    supported can ask for it.
    """
    end = start
    while (head := _FUNCTION.match(text, end)) is not None:
        depth = 0
        for match in _BRACE.finditer(text, head.end() - 1):
            depth += 1 if match[0] == "{" else -1
            if depth <= 0:
                semicolon = _SEMICOLON.match(text, match.end())  # after a structure, or its values
                end = semicolon.end() if semicolon else match.end()
                break
        else:
            if (places := _PLACES.match(text, end)) is not None:
                return end, _question(text, places.end())[1]
            end = len(text)
    stop = _END.search(text, end)
    return end, (end, stop.start() if stop else len(text))


def _question(text: str, start: int) -> tuple[int, tuple[int, int]]:
    """The offset where the program ends, and the part about final states."""
    stop = _END.search(text, start)
    end = stop.start() if stop else len(text)
    match = _QUESTION.search(text, start, end)
    if match is not None:
        stop_within = text.find("<<", match.end(), end)
        return match.start(), (match.start(), stop_within if stop_within >= 0 else end)
    last = max(text.rfind(";", start, end), start - 1) + 1
    if text[last:end].lstrip().startswith("("):  # a proposition by itself is a condition
        return last, (last, end)
    return end, (end, end)
