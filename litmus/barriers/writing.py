"""Writes another form of a program: its text with a barrier more, one less, or one in place of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from litmus.base.errors import LitmusError
from litmus.base.source import Source, Span
from litmus.frontend.container import FUNCTIONS
from litmus.frontend.parser import parse_test
from litmus.ir.kernel import PRIMITIVES, Kind
from litmus.ir.litmus_test import LitmusTest
from litmus.ir.thread import Label, Primitive, Statement

CALL = re.compile(r"(\w+)\s*\((.*)\)", re.DOTALL)
"""A call: the function, and its arguments."""

_ASSIGNMENT = re.compile(r"([^=]*[^=!<>+*/%&|^-])=([^=].*)", re.DOTALL)
_SKIPPED = r"//[^\n]*|/\*.*?\*/|\(\*(?=\s).*?\*\)"
_TOKEN = re.compile(rf"{_SKIPPED}|\w+|.", re.DOTALL)
_BLANK = re.compile(rf"\s+|{_SKIPPED}", re.DOTALL)
_CONTROL = re.compile(r"\b(?:if|while|for|switch)\s*$")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The characters from `start` to `end` of a file are to be `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits, which do not overlap; of several at a place, in their order."""
    parts, here = [], 0
    for edit in _merged(sorted(edits, key=lambda e: (e.start, e.end))):
        parts += [text[here : edit.start], edit.text]
        here = edit.end
    return "".join([*parts, text[here:]])


def _merged(edits: Iterable[Edit]) -> list[Edit]:
    """Edits in which rows that are put at one place, for different threads, are one row."""
    found: list[Edit] = []
    for edit in edits:
        last = found[-1] if found else None
        if last is not None and last.start == last.end == edit.start == edit.end:
            cells, more = last.text.split("|"), edit.text.split("|")
            if len(cells) == len(more) > 1 and not any(
                _filled(a) and _filled(b) for a, b in zip(cells, more, strict=True)
            ):
                row = [b if _filled(b) else a for a, b in zip(cells, more, strict=True)]
                found[-1] = Edit(edit.start, edit.end, "|".join(row))
                continue
        found.append(edit)
    return found


def _filled(cell: str) -> bool:
    return bool(cell.strip(" ;\n"))


def call_in_place_of(text: str, old: str, new: str, by_name: bool = False) -> str | None:
    """How C writes the primitive `new` in place of a call of `old` with the same arguments; None if nobody knows.

    With `by_name` arguments are locations by their names, as in tests with buses, whether a pointer is due or not.
    """
    if PRIMITIVES[new].kind is Kind.FENCE:
        return f"{new}()"
    call = CALL.fullmatch(text.strip())
    if call is None:
        return _for_plain(text.strip(), old, new)
    name, inside = call[1], call[2]
    if PRIMITIVES[new].kind is Kind.UPDATE:
        if old.startswith("test_and_set_bit"):
            return f"{new}({inside})"
        plain = re.sub(r"_(acquire|release|relaxed)$", "", name)
        suffix = re.search(r"_(acquire|release|relaxed)$", new)
        return f"{plain}{suffix[0] if suffix else ''}({inside})"
    first, *rest = arguments_of(inside)
    tail = "".join(f", {argument.strip()}" for argument in rest)
    if name in ("atomic_read", "atomic_long_read", "atomic64_read"):
        return f"{name}_acquire({inside})" if new == "smp_load_acquire" else None
    if name in ("atomic_set", "atomic_long_set", "atomic64_set"):
        return f"{name}_release({inside})" if new == "smp_store_release" else None
    for ending, plainly in (("_acquire", "READ_ONCE"), ("_release", "WRITE_ONCE")):
        if name.startswith("atomic") and name.endswith(ending):
            return f"{name.removesuffix(ending)}({inside})" if new == plainly else None
    if by_name or (old in _POINTERS) == (new in _POINTERS):
        return f"{new}({first.strip()}{tail})"
    return f"{new}({pointer_to(first) if new in _POINTERS else place_of(first)}{tail})"


_POINTERS = {"smp_load_acquire", "smp_store_release"}


def _for_plain(text: str, old: str, new: str) -> str | None:
    if old == "plain_read" and new == "smp_load_acquire":
        return f"{new}({pointer_to(text)})"
    parts = parts_of_assignment(text)
    if old == "plain_write" and new == "smp_store_release" and parts is not None:
        return f"{new}({pointer_to(parts[0])}, {parts[1]})"
    return None


def parts_of_assignment(text: str) -> tuple[str, str] | None:
    """What is assigned to, and the value; None for no assignment."""
    parts = _ASSIGNMENT.fullmatch(text)
    return None if parts is None else (parts[1].strip(), parts[2].strip())


def arguments_of(text: str) -> list[str]:
    """The arguments of a call."""
    found, depth, start = [], 0, 0
    for k, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and not depth:
            found.append(text[start:k])
            start = k + 1
    return [*found, text[start:]]


def pointer_to(place: str) -> str:
    """A pointer to a place in memory, as C writes it."""
    place = place.strip()
    return place[1:].strip() if re.fullmatch(r"\*\s*\w+", place) else f"&{place}"


def place_of(pointer: str) -> str:
    """The place that a pointer points to, as C writes it."""
    pointer = pointer.strip()
    if pointer.startswith("&"):
        return pointer[1:].strip()
    return f"*{pointer}" if re.fullmatch(r"\w+", pointer) else f"*({pointer})"


# --- statements -------------------------------------------------------------------------------------------------------


def replaced(test: LitmusTest, spans: Sequence[Span], text: str) -> list[Edit]:
    """The edits by which what is at some places is replaced; an empty text removes it."""
    in_c = test.arch in FUNCTIONS
    edits = []
    for span in spans:
        if text:
            edits.append(Edit(span.start, span.end, text if in_c else text.ljust(span.end - span.start)))
        elif in_c:
            edits.append(_without(span))
        else:
            edits.append(Edit(span.start, span.end, " " * (span.end - span.start)))
    return edits


def _without(span: Span) -> Edit:
    """The edit that removes a statement of C; with its line if nothing else is on it."""
    text = span.source.text
    end = span.end
    while end < len(text) and text[end].isspace():
        end += 1
    end = end + 1 if text[end : end + 1] == ";" else span.end
    start = text.rfind("\n", 0, span.start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    if not text[start : span.start].strip() and not text[end:stop].strip() and not _is_body(text, span.start):
        return Edit(start, stop + 1, "")
    return Edit(span.start, end, ";" if _is_body(text, span.start) else "")


def _is_body(text: str, at: int) -> bool:
    """Whether a statement is all there is to what an `if` or a loop without braces does."""
    return _statement(text, at).body is not None


def before(test: LitmusTest, span: Span, barrier: str) -> list[Edit]:
    """The edits that put a barrier before the statement, or the instruction, at a place."""
    if test.arch not in FUNCTIONS:
        return [_row(span, barrier)]
    text = span.source.text
    here = _statement(text, span.start)
    if here.body is not None:  # what it does has no braces
        end = text.find(";", span.end) + 1
        return [Edit(here.body, here.body, f"{{ {barrier}; "), Edit(end, end, " }")]
    start = here.start
    line = text.rfind("\n", 0, start) + 1
    indent = text[line:start] if not text[line:start].strip() else ""
    return [Edit(start, start, f"{barrier};\n{indent}" if indent or line == start else f"{barrier}; ")]


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of C around a place: where it begins and, if it is the body of an `if` or a loop without braces that
    the place is in, where that body begins."""

    start: int
    body: int | None


def _statement(text: str, at: int) -> _Statement:
    start, here = 0, 0
    body: int | None = None
    opened: list[bool] = []  # for each parenthesis, whether it is that of an `if` or a loop
    while here < at:
        token = _TOKEN.match(text, here)
        assert token is not None
        said, after = token[0], token.end()
        if said == "(":
            opened.append(_CONTROL.search(text, start, here) is not None)
        elif said == ")" and opened:
            body = after if opened.pop() and not opened else body
        elif said in ("{", "}") or (said == ";" and not opened):
            start, body, opened = after, None, []
        elif said in ("else", "do"):
            body = after
        here = after
    begun = start if body is None else body
    while begun < at and (blank := _BLANK.match(text, begun)):
        begun = blank.end()
    return _Statement(begun, None) if body is None or opened else _Statement(start, begun)


def _row(span: Span, barrier: str) -> Edit:
    """A row of a program in columns with one instruction, before the row that a place is in."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    stop = text.find("\n", span.end)
    line = text[start : len(text) if stop < 0 else stop]
    column = line[: span.start - start].count("|")
    cells = line.split("|")
    last = cells[-1].rpartition(";")[0] if ";" in cells[-1] else cells[-1]
    widths = [len(cell) for cell in (*cells[:-1], last)]
    row = [f" {barrier} ".ljust(width) if k == column else " " * width for k, width in enumerate(widths)]
    return Edit(start, start, "|".join(row) + ";\n")


# --- checked ----------------------------------------------------------------------------------------------------------


def reparsed(test: LitmusTest, edits: Sequence[Edit]) -> LitmusTest | None:
    """The test with edits, read from its text; None if that is no test."""
    source = Source(test.source.name, edited(test.source.text, edits))
    try:
        return parse_test(source)
    except LitmusError:
        return None


def bodies(test: LitmusTest) -> Mapping[int, tuple[Statement, ...]]:
    """The statements of each thread, without the places where they are and the calls that they were."""
    return {thread.index: tuple(map(_bare, thread.body)) for thread in test.threads}


def _bare(statement: Statement) -> Statement:
    if isinstance(statement, Primitive):
        return replace(statement, span=None, call=None)
    return statement if isinstance(statement, Label) else replace(statement, span=None)
