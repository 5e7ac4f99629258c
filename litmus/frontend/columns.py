"""Programs made of columns: the row `P0 | P1 ;`, then rows with an instruction of each thread.

This module reads everything except the instructions themselves: rows and cells, labels, symbolic registers. It also
makes the text that the hash digests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from litmus.base.errors import ParseError, UnsupportedError, did_you_mean
from litmus.base.records import dataclass
from litmus.base.source import Source, Span
from litmus.frontend.dialect import Access, InstructionReader, InstructionText, Jump, Program, ProgramSection
from litmus.frontend.hash import code_text
from litmus.frontend.lexer import counted, meant_question, quoted, thread_of
from litmus.ir.litmus_test import Register
from litmus.ir.thread import Address, Branch, Goto, Label, MemoryAccess, Statement, Thread

LABEL = re.compile(r"\s*([A-Za-z_.][\w.$/-]*)\s*:", re.ASCII)
_SYMBOLIC = re.compile(r"%([A-Za-z_][\w.]*)", re.ASCII)
_WORD = re.compile(r"\$?[A-Za-z_]\w*|\$\d+", re.ASCII)
_NAMED = re.compile(r"(?<![\w%])P?(\d{1,9})\s*:\s*%?(\$\w+|[A-Za-z_]\w*)", re.ASCII)
_QUESTION = r"^[ \t]*+(?:~[ \t]*|not[ \t]+)?([A-Za-z]++)[ \t]*+(?:[(\[~]|\d+:|\w+=)"  # also one that is misspelt
_LAST = 10_000  # how many characters at the end are searched for it
_NO_NAMES: Mapping[str, str] = {}
_END = "end of the thread"  # a label that no test can define

MAX_THREADS = 1024
INSTRUCTION_BYTES = 4
"""The size of an instruction in the sets whose jumps may be by a distance."""
MAX_CELL = 200
"""The most characters of an instruction, labels included."""


@dataclass(slots=True)
class _Row:
    """One cell of the canonical program: an instruction, or a label, for which `hashed` is empty.

    `label` is the label that the row defines, or the jump target at the end of its text.
    """

    text: str
    hashed: str
    label: str = ""


@dataclass(slots=True)
class _Column:
    """One thread, as far as it has been read."""

    index: int
    cells: list[tuple[str, int]] = field(default_factory=list)  # text and offset
    body: list[Statement | Jump] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    row_of: list[int] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    labels: list[Address] = field(default_factory=list)


def parse_columns(section: ProgramSection, cells: InstructionReader, flags: frozenset[str] = frozenset()) -> Program:
    """Reads a program made of columns, each instruction by `cells`; `flags` are those of the program.

    Raises ParseError for a row that does not have one cell for each thread, and for labels that are missing or defined
    twice.
    """
    columns = _split(section)
    symbolic = _allocate(section, columns, cells)
    for column in columns:
        _read(section, column, cells, symbolic.get(column.index, _NO_NAMES))
    hashed = columns
    if symbolic:  # the hash digests the names of symbolic registers, not the registers that they stand for
        hashed = [_Column(c.index, c.cells) for c in columns]
        for column in hashed:
            names = symbolic.get(column.index, _NO_NAMES)
            _read(section, column, cells, {name: f"%{name}" for name in names})
    labels = tuple([address for c in columns for address in c.labels])
    threads = tuple(
        Thread(c.index, tuple(body), tuple([r.text for r in c.rows]), tuple(row_of), cells.word_bits)
        for c, (body, row_of) in zip(columns, _statements(section, columns, labels), strict=True)
    )
    registers: dict[str, list[Register]] = {}
    for thread, names in symbolic.items():
        for name, register in names.items():
            registers.setdefault(name, []).append(Register(thread, register))
    accesses = tuple([access for c in columns for access in c.accesses])
    sizes = {access.size for access in accesses}
    return Program(
        threads,
        _symbols(columns),
        _code(hashed),
        {name: tuple(found) for name, found in registers.items()},
        accesses=accesses,
        size=sizes.pop() if len(sizes) == 1 else 0,
        labels=labels,
        flags=flags,
    )


# --- rows and cells --------------------------------------------------------------------------------------------------


def _split(section: ProgramSection) -> list[_Column]:
    columns: list[_Column] | None = None
    offset = section.start
    for row in section.text[section.start : section.end].split(";"):
        section.deadline.check()
        start, offset = offset, offset + len(row) + 1
        if not row or row.isspace():
            continue
        if offset > section.end:  # a truncated file must not be read as a shorter test
            last = start + len(row.rstrip())
            error = ParseError("a row of the program must end with ';'", Span(section.source, last, last + 1))
            raise _misspelt(section.source, section.text[section.start : section.end], section.start) or error
        cells = row.split("|")
        if columns is None:
            columns = _header(section.source, cells, start)
            continue
        if len(cells) != len(columns):
            first = start + len(row) - len(row.lstrip())
            message = f"this row has {counted(len(cells), 'cell')}, but the program {counted(len(columns), 'thread')}"
            error = ParseError(message, Span(section.source, first, start + len(row.rstrip())))
            raise _misspelt(section.source, row, start) or error
        for column, cell in zip(columns, cells, strict=True):
            text = cell.strip()
            if text:
                at = start + cell.index(text)
                if len(text) > MAX_CELL:
                    message = f"this instruction has more than {MAX_CELL} characters"
                    raise ParseError(message, Span(section.source, at, at + MAX_CELL))
                column.cells.append((text, at))
            start += len(cell) + 1
    if columns is None:
        raise ParseError("no program: expected 'P0 | P1 ... ;'", Span(section.source, section.start - 1, section.start))
    return columns


def _misspelt(source: Source, rows: str, start: int) -> ParseError | None:
    """An error if one of the rows seems to be a misspelt condition."""
    end = rows[-_LAST:]
    start += len(rows) - len(end)
    for match in re.finditer(_QUESTION, end, re.ASCII | re.MULTILINE):
        hint = meant_question(match[1])
        if hint is not None:
            place = Span(source, start + match.start(1), start + match.end(1))
            return ParseError(f"expected a row of the program or the condition, found {quoted(match[1])}", place, hint)
    return None


def _header(source: Source, cells: list[str], start: int) -> list[_Column]:
    columns: list[_Column] = []
    for index, cell in enumerate(cells):
        text = cell.strip()
        if thread_of(text) != index:
            first = start + (cell.index(text) if text else 0)
            if re.match(rf"P{index}\s*:", text):
                raise UnsupportedError("threads with scopes are not supported", Span(source, first, first + len(text)))
            message = f"expected thread P{index} in the first row of the program"
            raise ParseError(message, Span(source, first, first + max(len(text), 1)))
        if index == MAX_THREADS:
            message = f"more than {MAX_THREADS} threads are not supported"
            raise UnsupportedError(message, Span(source, start, start + len(cell)))
        columns.append(_Column(index))
        start += len(cell) + 1
    return columns


def _read(section: ProgramSection, column: _Column, cells: InstructionReader, symbolic: Mapping[str, str]) -> None:
    """Reads the cells of one thread."""
    source = section.source
    body, rows, row_of = column.body, column.rows, column.row_of
    labels: dict[str, Span] = {}
    targets: list[tuple[str, Span]] = []
    starts: list[int] = []  # where the statements of each instruction begin
    far: list[tuple[int, str, Span]] = []  # the number of the instruction that a distance leads to
    ends = False
    for at, (text, start) in enumerate(column.cells, 1):
        section.deadline.check()
        if ":" in text:
            while (match := LABEL.match(text)) is not None:
                name, place = match[1], Span(source, start + match.start(1), start + match.end(1))
                if name in labels:
                    line = source.position(labels[name].start)[0]
                    raise ParseError(f"label {quoted(name)} is already defined in this thread, on line {line}", place)
                labels[name] = place
                body.append(Label(name))
                row_of.append(len(rows))
                rows.append(_Row(f"{name}:", "", name))
                rest = text[match.end() :].lstrip()
                start += len(text) - len(rest)
                text = rest
            if not text:
                continue
        span = Span(source, start, start + len(text))
        following = column.cells[at][0] if at < len(column.cells) else ""
        cell = InstructionText(source, text, start, span, symbolic, len(rows), column.index, following)
        try:
            instruction = cells.instruction(cell)
        except ParseError as error:
            raise _misspelt(source, text, start) or error from None
        target, statements = instruction.target, instruction.statements
        starts.append(len(body))
        if target[:2] in (".+", ".-"):
            name = f"{target} from {len(rows)}"  # no label of a test is called so
            far.append((len(starts) - 1 + int(target[1:]) // INSTRUCTION_BYTES, name, span))
            statements = tuple([replace(s, target=name) if isinstance(s, Branch | Goto) else s for s in statements])
            target = ""
        elif target:
            targets.append((target, Span(source, span.end - len(target), span.end)))
        column.symbols += instruction.symbols
        column.labels += instruction.labels
        if instruction.size:
            column.accesses += [
                Access(column.index, statement, instruction.size, span)
                for statement in statements
                if isinstance(statement, MemoryAccess)
            ]
        if instruction.ends:
            statements = (*statements, Goto(_END, span))
            ends = True
        body += statements
        row_of += [len(rows)] * len(statements)
        rows.append(_Row(instruction.text, instruction.hashed or instruction.text, target))
    _mark(column, starts, far)
    if ends:
        body.append(Label(_END))
        row_of.append(len(rows) - 1)
    for name, place in targets:
        if name not in labels:
            message = f"thread P{column.index} has no label {quoted(name)}"
            raise ParseError(message, place, did_you_mean(name, labels))


def _mark(column: _Column, starts: list[int], far: list[tuple[int, str, Span]]) -> None:
    """Puts labels where jumps by a distance lead, last place first. Raises ParseError if there is no instruction."""
    starts = [*starts, len(column.body)]
    for number, name, span in sorted(far, key=lambda jump: jump[0], reverse=True):
        if not 0 <= number < len(starts):
            raise ParseError(f"this jump leads out of thread P{column.index}", span)
        at = starts[number]
        row = column.row_of[at] if at < len(column.body) else len(column.rows) - 1
        column.body.insert(at, Label(name))
        column.row_of.insert(at, row)


def _statements(
    section: ProgramSection, columns: list[_Column], labels: Iterable[Address]
) -> list[tuple[list[Statement], list[int]]]:
    """The statements of each thread, with the rows that they are from."""
    found: list[tuple[list[Statement], list[int]]] = []
    for column in columns:
        body = [s for s in column.body if not isinstance(s, Jump)]
        if len(body) < len(column.body):
            break
        found.append((body, column.row_of))
    else:
        return found
    from litmus.frontend.code import without_jumps  # few tests have any

    given = [address for item in section.declared for address in item.addresses if address.is_code]
    bodies = without_jumps([column.body for column in columns], [*given, *labels])
    return [(body, [c.row_of[at] for at in made_of]) for c, (body, made_of) in zip(columns, bodies, strict=True)]


# --- symbolic registers ----------------------------------------------------------------------------------------------


def _allocate(section: ProgramSection, columns: list[_Column], cells: InstructionReader) -> dict[int, dict[str, str]]:
    """The registers that the symbolic registers of each thread stand for: those that the test does not name, in order.

    This is herd7's allocation, so that states can be compared.
    """
    if "%" not in section.text:
        return {}
    found: dict[int, dict[str, str]] = {}
    mentioned: dict[int, set[str]] = {}
    for match in _NAMED.finditer(section.text):
        mentioned.setdefault(int(match[1]), set()).add(match[2])
    for column in columns:
        names = {n: start for text, start in column.cells for n in _SYMBOLIC.findall(text) if not cells.register(n)}
        if not names:
            continue
        taken = {cells.register(w) for text, _ in column.cells for w in _WORD.findall(text)}
        taken |= {cells.register(name) for name in mentioned.get(column.index, ())}
        free = [r for r in cells.free if r not in taken]
        if len(free) < len(names):
            start = names[sorted(names)[len(free)]]
            message = f"thread P{column.index} has more symbolic registers than there are free registers"
            raise ParseError(message, Span(section.source, start, start + 1))
        found[column.index] = dict(zip(sorted(names), free, strict=False))
    return found


# --- the parts of a program ------------------------------------------------------------------------------------------


def _code(columns: list[_Column]) -> str:
    """The text of the program for the hash; labels are renamed in alphabetical order."""
    labels = sorted({row.label for c in columns for row in c.rows if row.label})
    renamed = {name: f"L{number:02d}" for number, name in enumerate(labels)}
    texts: list[list[str]] = []
    for column in columns:
        texts.append([])
        for row in column.rows:
            text = row.hashed
            if row.label:
                text = text.removesuffix(row.label) + renamed[row.label] if text else f"{renamed[row.label]}:"
            texts[-1].append(text)
    return code_text(texts)


def _symbols(columns: list[_Column]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(symbol for column in columns for symbol in column.symbols))
