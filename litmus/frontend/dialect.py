"""The interface of an input language (a dialect), and the search for the dialect of a test.

A dialect is one module in `litmus.dialects` with a constant `DIALECT`. It turns the program section of a test into the
statements of `litmus.ir.thread`; everything else in a `.litmus` file is common to all dialects and read in this
package. For programs made of columns, `litmus.frontend.columns` reads everything except the single instruction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from types import ModuleType
from typing import Protocol

from litmus.base.deadline import NO_DEADLINE, Deadline
from litmus.base.errors import ParseError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.resources import folder
from litmus.base.source import Source, Span
from litmus.frontend.lexer import quoted
from litmus.ir.litmus_test import Array, IntType, Register
from litmus.ir.thread import Address, Expr, MemoryAccess, Statement, Thread, Value
from litmus.ir.topology import Topology

_UNREAD: Mapping[str, str] = {
    "cpp": "C++",
    "c11": "C11 by this name (write 'C', as for kernel C)",
    "java": "Java",
    "jvm": "Java bytecode",
    "asl": "ASL",
    "bpf": "BPF",
    "ebpf": "BPF",
}
"""What other tools read, by its folded name in the first line of a test."""


class DeclaredPlace(Protocol):
    """A register, or what is no register, whose `thread` is negative."""

    @property
    def thread(self) -> int: ...

    @property
    def name(self) -> str: ...


class Declared(Protocol):
    """An item of the initial state, as far as programs are read by it."""

    @property
    def place(self) -> DeclaredPlace:
        """What it gives a value."""
        ...

    @property
    def type(self) -> str:
        """The type as written, without its stars, "" if there is none."""
        ...

    @property
    def stars(self) -> int: ...

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers among its values."""
        ...

    @property
    def addresses(self) -> Iterable[Address]:
        """The addresses among its values."""
        ...

    def cell_bytes(self, word_bits: int) -> int:
        """The size in bytes of the location, or of a cell of the array."""
        ...


@dataclass(frozen=True, slots=True)
class ProgramSection:
    """The part of a source between the initial state and the condition: `text[start:end]`.

    `text` is the text of the source with blanks in place of comments, so that offsets are those of the source. The
    initial state is `text[init[0]:init[1]]`, its items are `declared`; definitions that stand before it begin at
    `prelude`, which else is where it begins. Readers must stop when `deadline` passes.
    """

    source: Source
    text: str
    start: int
    end: int
    init: tuple[int, int] = (0, 0)
    deadline: Deadline = NO_DEADLINE
    prelude: int = 0
    declared: Sequence[Declared] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """A statement of a thread that accesses `size` bytes of memory."""

    thread: int
    statement: MemoryAccess
    size: int
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure: its offset and its size in bytes, and the type of its numbers."""

    name: str
    offset: int
    bytes: int
    type: IntType


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure that a test declares, with the members of those inside it as its own: `inner.a`."""

    name: str
    members: tuple[Member, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program section as read by a dialect.

    - `symbols` are the locations that the program names, in order of first mention.
    - `labels` are the addresses of labels that its instructions give to registers.
    - `code` is the text of the program that herd7's hash of a test digests.
    - `symbolic` maps the name of a symbolic register, without its `%`, to the registers that it stands for, one for
      each thread that uses it.
    - `accesses` are those to memory whose size is known. If all have the same, it is `size`, in bytes.
    - `sizes` are the sizes in bytes of the locations that the program declares, `types` the types of the variables and
      locations (by symbol) that it declares.
    - `variables` are the registers of each thread, in dialects where a test chooses their names.
    - `number_bits` is the width of the signed numbers that herd7 prints in a condition; 0 stands for a word.
    - `arrays` are those that the program declares, by name.
    - `structures` are those that the program declares, by name, and `instances` the locations that are structures.
    - `constants` are the names that stand for numbers, also in the initial state and the condition.
    - `initial` are the values that the program gives to locations, where the initial state does not.
    - `definitions` are the texts before the first thread, between the threads, and after the last.
    - `big_endian` is whether the first byte of a location has the most significant bits of its value.
    - `language` is `C11` for a program in that, which has the architecture of kernel C.
    - `flags` are registers that instructions set whether or not another looks at them. What nobody looks at goes.
    - `topology` says where threads and locations are, in dialects that have one.
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
    arrays: Mapping[str, Array] = field(default_factory=dict)
    structures: Mapping[str, Structure] = field(default_factory=dict)
    instances: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, int] = field(default_factory=dict)
    initial: Mapping[str, Value] = field(default_factory=dict)
    definitions: tuple[str, ...] = ()
    language: str = ""
    big_endian: bool = False
    labels: tuple[Address, ...] = ()
    flags: frozenset[str] = frozenset()


class Dialect(Protocol):
    """An input language.

    `archs` are its names in the first line of a test; the first of them, in lower case, is the name of its module.
    `sets` are the names of its own sets in cat models: the tags that its events can have.
    `registers` are the registers that conditions may name, each with its rank in the state lines of herd7. It is empty
    in a dialect where a test chooses the names of its registers.
    """

    @property
    def archs(self) -> tuple[str, ...]: ...

    @property
    def sets(self) -> frozenset[str]: ...

    @property
    def registers(self) -> Mapping[str, int]: ...

    def register(self, name: str) -> str | None:
        """The name of a register in state lines, for any of its spellings; None if there is no such register."""
        ...

    def program(self, section: ProgramSection) -> Program:
        """Reads a program section. Raises ParseError, UnsupportedError."""
        ...


@dataclass(frozen=True, slots=True)
class Jump:
    """Go to the label whose address is a value. If it `returns`, a value that is no such address ends the thread."""

    addr: Expr
    span: Span
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a column-shaped program.

    `text` is the instruction in canonical form. `target` is the label that it may jump to; `text` then ends with it.
    `hashed` is the text that herd7's hash digests, if it is not `text`. `size` is the size in bytes of the memory
    access, 0 if there is none or one of any size. `symbols` are the locations that the instruction names, `labels` the
    addresses of labels that it gives to registers. If `ends`, it is the last one that its thread executes.
    """

    statements: tuple[Statement | Jump, ...]
    text: str
    target: str = ""
    hashed: str = ""
    size: int = 0
    symbols: tuple[str, ...] = ()
    ends: bool = False
    labels: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class InstructionText:
    """The text of one instruction, starting at offset `start` of the source.

    `span` covers all of it; `symbolic` maps the thread's symbolic registers to registers. `row` is the number of the
    row that it is in the thread, which is number `thread`. `following` is the text of the cell after it.
    """

    source: Source
    text: str
    start: int
    span: Span
    symbolic: Mapping[str, str]
    row: int = 0
    thread: int = 0
    following: str = ""

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
        """The registers that symbolic registers may stand for, in the order in which they are allocated."""
        ...

    def register(self, name: str) -> str | None:
        """As `Dialect.register`."""
        ...

    def instruction(self, cell: InstructionText) -> Instruction:
        """Reads one instruction. Raises ParseError, UnsupportedError."""
        ...


def dialect_for(arch: str, span: Span | None = None) -> Dialect:
    """The dialect for an architecture's name in the first line of a test.

    Raises ParseError at `span` if there is none.
    """
    dialect = _load(arch.lower())
    if dialect is not None and arch in dialect.archs:
        return dialect
    known: list[str] = []
    for dialect in all_dialects():  # another name of a dialect, or an error; rare, so importing all of them is fine
        if arch in dialect.archs:
            return dialect
        known += dialect.archs
    raise ParseError(f"unknown architecture {quoted(arch)}", span, _meant(arch, known))


def _meant(arch: str, known: Sequence[str]) -> str:
    """What is meant by a name that no dialect has: by its meaning, else by its letters."""
    from litmus.base.names import bare_lists, folded, model_called  # errors only

    same = [name for name in known if folded(name) == folded(arch)]
    if same:
        return f"did you mean '{same[0]}'?"
    model = model_called(arch)
    if model is not None:
        lists = bare_lists((folder("archs") / f"{model}.yaml").read_text("utf-8"))
        assembly = [name for name in lists.get("default_for") or lists.get("dialects") or [] if name in known]
        if assembly:
            return f"did you mean {' or '.join(map(repr, assembly))}?"
        return f"its assembly cannot be read, but there is its model: write the test in kernel C and use -m {model}"
    if folded(arch) in _UNREAD:
        return f"tests in {_UNREAD[folded(arch)]} are not read here; known are {', '.join(known)}"
    return did_you_mean(arch, known) or f"known are {', '.join(known)}"


def all_dialects() -> Iterator[Dialect]:
    """All dialects, sorted by the names of their modules."""
    from pkgutil import iter_modules

    from litmus import dialects

    for module in sorted(m.name for m in iter_modules(dialects.__path__)):
        dialect = _load(module)
        if dialect is not None:
            yield dialect


def module_of(dialect: Dialect) -> ModuleType:
    """The module that defines a dialect."""
    return import_module(f"litmus.dialects.{dialect.archs[0].lower()}")


def _load(module: str) -> Dialect | None:
    """The dialect of a module; None if there is no such module, or if dialects share it (its name begins with `_`)."""
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
