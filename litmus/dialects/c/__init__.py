"""The C of the Linux kernel, with threads as functions: `P0(int *x) { WRITE_ONCE(*x, 1); }`.

A parameter is a location: its name is the location's address. All other names are variables of the thread, registers
that conditions name (`0:r1`); a variable need not be declared if it is assigned somewhere. Calls and plain accesses
become primitives in their normal form (`litmus.ir.kernel`). A word has 64 bits in a test that mentions a type or number
of that size, else 32, so that the arithmetic of most tests needs no truncation; locations hold signed numbers of their
own width. Operands are evaluated from left to right.

A test may define names with `#define`, structures, functions (read again at each call) and variables of the file, which
are locations. Each member of a structure is a location at its offset, named `s.a`. WARN_ON reports an execution, and
orders nothing; BUG_ON ends its thread, too, and orders as the branch that it is: other threads go on.

Where C and herd7 differ, this follows C: pointer arithmetic is in units of the target type, unsigned and narrow types
have their own ranges, and an access through a pointer to volatile is a READ_ONCE or WRITE_ONCE.
Source: ISO C11, clause 6, and v6.18 of the kernel: Documentation/memory-barriers.txt, Documentation/atomic_t.txt,
tools/memory-model/litmus-tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from litmus.base.errors import ParseError, UnsupportedError
from litmus.base.source import Span
from litmus.dialects.c import types
from litmus.dialects.c.atomics import is_c11
from litmus.dialects.c.definitions import Definitions
from litmus.dialects.c.emitter import Emitter
from litmus.dialects.c.functions import Functions
from litmus.dialects.c.macros import CTokens, is_name, read_macros, without_headers
from litmus.dialects.c.operands import KEYWORDS
from litmus.dialects.c.terms import read_stars, read_type
from litmus.dialects.c.toplevel import TopLevel
from litmus.dialects.c.types import Type
from litmus.frontend.dialect import Program, ProgramSection
from litmus.frontend.hash import code_text
from litmus.frontend.lexer import blank_part, meant_question, quoted, thread_of
from litmus.ir.litmus_test import C11, IntType, Register
from litmus.ir.thread import Thread

MAX_THREADS = 1024
MAX_PARAMETERS = 256

_VARIABLE = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_LONG = re.compile(
    rf"\b(?:{'|'.join(sorted(types.LONG_NAMES))})\b|\b0[xX][0-9a-fA-F]{{9}}|\b[0-9]{{10}}|\b[0-9]\w*[lL]\b", re.ASCII
)
_WIDE = re.compile(rf"\b(?:{'|'.join(sorted(types.WIDE_NAMES))})\b", re.ASCII)
_METADATA = re.compile(r"^[A-Za-z][\w/.-]*[ \t]*=[^\n]*", re.MULTILINE | re.ASCII)
_DIRECTIVE = re.compile(r"^[ \t]*#", re.MULTILINE)
_STAR = re.compile(r" ?\*")
_CONST = re.compile(r"\Aconst (\w+)(?=\*)", re.ASCII)
_ATOMIC_INT = re.compile(r"\batomic_int\b|\b_Atomic ?\( ?int ?\)", re.ASCII)
_LINE = re.compile("\n")
_BRACE = re.compile(r"[{}]")
_GIVEN = re.compile(r"(?<![\w%])P?(\d{1,9})\s*+:\s*+([A-Za-z_]\w*+)", re.ASCII)
_ASSIGNED = re.compile(r"\b([A-Za-z_]\w*+)\s*+=(?!=)", re.ASCII)


@dataclass(frozen=True, slots=True)
class KernelC:
    """The dialect C."""

    archs: tuple[str, ...] = ("C",)
    sets: frozenset[str] = frozenset()
    registers: Mapping[str, int] = field(default_factory=dict)

    def register(self, name: str) -> str | None:
        """Any identifier can be a variable; it has one spelling."""
        return name if _VARIABLE.match(name) else None

    def program(self, section: ProgramSection) -> Program:
        """Reads a program. Raises ParseError, UnsupportedError."""
        return _ProgramReader(section).program()


DIALECT = KernelC()


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    type: Type  # of the location
    text: str  # the type of the parameter, in the form that herd7's hash digests


class _ProgramReader:
    """Reads the threads of a program, one function each."""

    def __init__(self, section: ProgramSection) -> None:
        self.section = section
        source, text, start, end = section.source, section.text, section.start, section.end
        definitions = Definitions(c11=is_c11(text, start, end))
        self.text = written = _without_state(section)
        text = read_macros(source, written, section.prelude, end, definitions.macros)
        self.tokens = CTokens(
            source, text, section.prelude, end, section.deadline, definitions.macros, definitions.replaced
        )
        self.bits = _word_bits(written, section.prelude, end)
        self.top = TopLevel(self.tokens, self.bits, definitions)
        self.called: set[str] = set()
        self.instances: dict[str, str] = {}
        self.between: list[str] = []
        self.done = section.prelude
        self.sizes: dict[str, int] = {}
        self.types: dict[Register | str, IntType] = {}
        self.threads: list[Thread] = []
        self.variables: list[frozenset[str]] = []
        self.code: list[str] = []
        self._given: frozenset[tuple[int, str]] | None = None
        text = section.source.text
        self.lines = [section.start, *(m.end() for m in _LINE.finditer(text, section.start, section.end))]

    def program(self) -> Program:
        tokens = self.tokens
        if not tokens.current:
            start = self.section.start
            raise ParseError("no program: expected 'P0(...) { ... }'", Span(self.section.source, start - 1, start))
        while tokens.current:
            before = tokens.offset
            if self.top.at_definition():
                self.top.definition()
            elif not tokens.accept(";"):
                directive = _DIRECTIVE.search(self.text, before, tokens.offset)  # between `void` and `P0`
                after = f"\n{self.lines_of(directive.start(), tokens.offset)}" if directive else ""
                self.between.append(self.lines_of(self.done, before) + after)
                self.thread()
        if not self.threads:
            raise tokens.unexpected("thread P0")
        self.top.unused(self.called)
        definitions = self.top.definitions
        for name, type_ in (*definitions.globals.items(), *definitions.arrays.items()):
            self.location(name, type_, None)
        self.between.append(self.lines_of(self.done, self.section.end))
        texts = tuple(self.between) if any(self.between) else ()
        return Program(
            tuple(self.threads),
            tuple(self.sizes),
            code_text([[code] for code in (*filter(None, map(without_headers, texts)), *self.code)]),
            sizes={name: size for name, size in self.sizes.items() if size},
            variables=tuple(self.variables),
            types=self.types,
            arrays=self.top.arrays(),
            structures=definitions.structures,
            instances=self.instances,
            constants=self.top.numbers(self.text),
            initial=self.top.values,
            definitions=texts,
            language=C11 if definitions.c11 else "",
        )

    def lines_of(self, start: int, end: int) -> str:
        """A part of the text without comments, and without what is blank."""
        lines = self.text[start:end].split("\n")
        return "\n".join([line.rstrip() for line in lines if line.strip()])

    def thread(self) -> None:
        """Reads `P0(int *x, ...) { ... }`."""
        tokens = self.tokens
        index = len(self.threads)
        start = tokens.offset
        if thread_of(tokens.current) != index:
            error = tokens.unexpected(f"thread P{index}" + (" or the condition" if index else ""))
            error.hint = meant_question(tokens.current)
            raise error
        if index == MAX_THREADS:
            raise UnsupportedError(f"more than {MAX_THREADS} threads are not supported", tokens.here)
        tokens.advance()
        tokens.expect("(", "after the name of a thread")
        if tokens.current == "void" and tokens.ahead(1) == ")":
            tokens.advance()
        parameters: dict[str, _Parameter] = {}
        while not tokens.accept(")"):
            if parameters and not tokens.accept(","):
                raise tokens.unexpected("',' or ')' after a parameter")
            if len(parameters) == MAX_PARAMETERS:
                raise UnsupportedError(f"more than {MAX_PARAMETERS} parameters are not supported", tokens.here)
            here = tokens.mark
            parameter = self.parameter()
            if parameter.name in parameters:
                raise ParseError(f"two parameters have the name {quoted(parameter.name)}", tokens.since(here))
            parameters[parameter.name] = parameter
        opening = tokens.offset
        source = self.section.source
        emitter = Emitter(self.lines, start, self.bits)
        locations = {parameter.name: parameter.type for parameter in parameters.values()}
        reader = Functions(tokens, emitter, locations, self.implied(index, opening), self.top.definitions)
        reader.body()
        self.called |= reader.called
        end = self.done = tokens.since(tokens.mark - 1).end
        head = ", ".join([f"{parameter.text} {parameter.name}" for parameter in parameters.values()])
        self.code.append(f"P{index}({head}) {{\n{source.text[opening + 1 : end - 1]}\n}}\n")
        rows = tuple(source.text[start:end].split("\n"))
        self.threads.append(Thread(index, tuple(emitter.body), rows, tuple(emitter.row_of), self.bits))
        variables = {**reader.undeclared, **reader.variables}
        self.variables.append(frozenset(variables))
        self.types |= {Register(index, name): type_.shown for name, type_ in variables.items()}

    def parameter(self) -> _Parameter:
        """Reads `int *x`, a location of type int."""
        tokens = self.tokens
        mark = tokens.mark
        type_ = read_stars(tokens, read_type(tokens, self.top.definitions.members), self.bits)
        text = _STAR.sub("*", " ".join(tokens.since(mark).text.split()))
        text = _ATOMIC_INT.sub("_Atomic int", text)  # herd7 has no other atomic types
        text = _CONST.sub(r"\1 const", text)  # as herd7 prints it
        name = tokens.current
        if not is_name(name) or name in KEYWORDS:
            raise tokens.unexpected("the name of a parameter")
        tokens.advance()
        if tokens.current == "[" and tokens.ahead(1) == "]":
            tokens.advance()
            tokens.advance()
            location: Type | None = type_
        else:
            location = type_.target
        if location is None:
            message = f"{quoted(name)} is not a pointer: a parameter must be the address of a location"
            raise ParseError(message, tokens.since(mark), "add a '*'")
        self.location(name, location, tokens.since(mark))
        return _Parameter(name, location, text)

    def location(self, name: str, type_: Type, span: Span | None) -> None:
        """Notes that a location is of a type. Raises UnsupportedError if it is of another one elsewhere."""
        if type_.bits:
            self.types.setdefault(name, type_.shown)
        size = type_.bits // 8
        if self.sizes.setdefault(name, size) != size:
            message = f"{quoted(name)} has {self.sizes[name]} bytes in another thread, and {size} here"
            raise UnsupportedError(message, span, "accesses of different sizes are not supported")
        if type_.structure and self.instances.setdefault(name, type_.structure) != type_.structure:
            raise ParseError(f"{quoted(name)} is a struct {self.instances[name]} in another thread", span)

    def implied(self, index: int, opening: int) -> Callable[[str], bool]:
        """A function that says whether an assignment in the thread, or the initial state, gives a name a value."""
        assigned: set[str] = set()

        def is_implied(name: str) -> bool:
            text = self.section.text
            if not assigned:
                assigned.update(_ASSIGNED.findall(text, opening, _closing(text, opening, self.section.end)))
            return name in assigned or (index, name) in self.given()

        return is_implied

    def given(self) -> frozenset[tuple[int, str]]:
        """The variables that have a value in the initial state, with their threads."""
        if self._given is None:
            found = _GIVEN.findall(self.section.text, *self.section.init)
            self._given = frozenset((int(thread), name) for thread, name in found)
        return self._given


def _word_bits(text: str, start: int, end: int) -> int:
    """The width of the words that a program needs, by the types and numbers in it and in what it defines."""
    if "128" in text and _WIDE.search(text, start, end):
        return 128
    return 64 if _LONG.search(text, start, end) else 32


def _without_state(section: ProgramSection) -> str:
    """The text with blanks in place of the initial state, and of the metadata among definitions."""
    text, (start, end) = section.text, section.init
    if section.prelude >= start - 1:
        return text[: start - 1] + blank_part(text, start - 1, end + 1) + text[end + 1 :]
    before = text[section.prelude : max(start - 1, section.prelude)]
    before = _METADATA.sub(lambda line: " " * len(line[0]), before)
    return text[: section.prelude] + before + blank_part(text, section.prelude + len(before), end + 1) + text[end + 1 :]


def _closing(text: str, opening: int, end: int) -> int:
    """The offset of the brace that closes the one at `opening`."""
    depth = 0
    for match in _BRACE.finditer(text, opening, end):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    return end
