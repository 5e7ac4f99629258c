"""What an input language provides, and how the language of a test is found.

A dialect is one module in `litmus.dialects` with a constant `DIALECT`. It turns the program section of a test into the
statements of `litmus.ir.thread`; everything else in a `.litmus` file is common to all dialects and read in this
package. Where the program is made of columns, `litmus.frontend.columns` does all but the single instruction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ParseError, did_you_mean
from litmus.base.source import Source, Span
from litmus.frontend.lexer import quoted
from litmus.ir.litmus_test import IntType, Register
from litmus.ir.thread import Expr, Statement, Thread
from litmus.ir.topology import Topology


@dataclass(frozen=True, slots=True)
class ProgramSection:
    """The part of a source between the initial state and the condition: `text[start:end]`.

    `text` is the text of the source with its comments made blank, so that offsets are those of the source. The initial
    state is `text[init[0]:init[1]]`. To read it is to take no longer than until `deadline`.
    """

    source: Source
    text: str
    start: int
    end: int
    init: tuple[int, int] = (0, 0)
    deadline: Deadline = NO_DEADLINE


@dataclass(frozen=True, slots=True)
class Access:
    """An access to memory of `size` bytes by a thread."""

    thread: int
    addr: Expr
    size: int
    span: Span


@dataclass(frozen=True, slots=True)
class Program:
    """What a dialect makes of a program section.

    `symbols` are the locations that the program names, in order of first mention. `code` is the text that herd7's hash
    of a test digests. `symbolic` gives the registers that a symbolic register such as `%x0` stands for, by its name
    without the `%`: one for each thread that uses it. `size` is that of all accesses to memory, in bytes; if they have
    several, it is 0, and `accesses` are there. `sizes` are those of locations, in bytes, where the program declares
    them; `types` are those of the variables and the locations (by their symbols) that it declares. `variables` are the
    registers of each thread, where a test makes up their names. herd7 takes the numbers of a condition as signed ones
    of `number_bits` bits; 0 is for a word. `topology` is there if the program says where its threads and locations are.
    """

    threads: tuple[Thread, ...]
    symbols: tuple[str, ...]
    code: str
    symbolic: Mapping[str, tuple[Register, ...]] = field(default_factory=dict)
    accesses: tuple[Access, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    variables: tuple[frozenset[str], ...] = ()
    size: int = 0
    types: Mapping[Register | str, IntType] = field(default_factory=dict)
    number_bits: int = 0
    topology: Topology | None = None


class Dialect(Protocol):
    """An input language.

    `archs` are the names it answers to in the first line of a test; the first, in lower case, names its module.
    `sets` are the names of its own sets in cat models: the tags that its events can have.
    `registers` are the registers that conditions may name, each with its place in the state lines of herd7. A dialect
    in which a test makes up its own names leaves it empty.
    """

    @property
    def archs(self) -> tuple[str, ...]: ...

    @property
    def sets(self) -> frozenset[str]: ...

    @property
    def registers(self) -> Mapping[str, int]: ...

    def register(self, name: str) -> str | None:
        """The name of a register as state lines show it, for any way to write it; None if there is no such register."""
        ...

    def program(self, section: ProgramSection) -> Program:
        """Reads a program section. Raises ParseError, UnsupportedError."""
        ...


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a column-shaped program.

    `text` is its canonical print. `target` is the label it may go to; `text` then ends with it. `hashed` is what
    herd7's hash digests where that is not `text`. `size` is the width in bytes of the memory access it makes, 0 if
    it makes none or one of any width. `symbols` are the locations it names. With `ends` it is the last one that its
    thread executes.
    """

    statements: tuple[Statement, ...]
    text: str
    target: str = ""
    hashed: str = ""
    size: int = 0
    symbols: tuple[str, ...] = ()
    ends: bool = False


@dataclass(frozen=True, slots=True)
class InstructionText:
    """The text of one instruction, starting at offset `start` of the source.

    `span` is the whole of it; `symbolic` are the registers that the thread's symbolic registers stand for.
    """

    source: Source
    text: str
    start: int
    span: Span
    symbolic: Mapping[str, str]

    def place(self, start: int, end: int) -> Span:
        """The characters `start` to `end` of the text."""
        return Span(self.source, self.start + start, self.start + max(end, start + 1))


class InstructionReader(Protocol):
    """Reads the instructions of a column-shaped program."""

    @property
    def word_bits(self) -> int:
        """The width of the registers."""
        ...

    @property
    def free(self) -> tuple[str, ...]:
        """The registers that symbolic registers may stand for, in the order in which they are taken."""
        ...

    def register(self, name: str) -> str | None:
        """As `Dialect.register`."""
        ...

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. Raises ParseError, UnsupportedError."""
        ...


def dialect_for(arch: str, span: Span | None = None) -> Dialect:
    """The dialect that answers to an architecture's name in the first line of a test.

    Raises ParseError, at `span`, if there is none.
    """
    dialect = _load(arch.lower())
    if dialect is not None and arch in dialect.archs:
        return dialect
    known: list[str] = []
    for dialect in all_dialects():  # one of its other names, or an error: rare, so this may import them all
        if arch in dialect.archs:
            return dialect
        known += dialect.archs
    hint = did_you_mean(arch, known) or f"known are {', '.join(known)}"
    raise ParseError(f"unknown architecture {quoted(arch)}", span, hint)


def all_dialects() -> Iterator[Dialect]:
    """Every dialect, in the order of the names of their modules."""
    from pkgutil import iter_modules

    from litmus import dialects

    for module in sorted(m.name for m in iter_modules(dialects.__path__)):
        dialect = _load(module)
        if dialect is not None:
            yield dialect


def _load(module: str) -> Dialect | None:
    """The dialect of a module; None if there is no such module, or if it is one that dialects share."""
    if module.startswith("_") or not module.isidentifier():
        return None
    name = f"litmus.dialects.{module}"
    try:
        dialect: Dialect = import_module(name).DIALECT
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    return dialect
