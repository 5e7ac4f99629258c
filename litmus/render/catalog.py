"""Renders the catalogue: lists and entries for a terminal, and the pages of its folders."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence

from litmus.base.source import Source
from litmus.catalog.entries import Citation, Entry, Expected, MessageKey, Shelf, VerdictWord
from litmus.catalog.verification import Difference

WIDTH = 100
_PAGE = 110
_INDENT = 12
MARKS: Mapping[VerdictWord, str] = {
    VerdictWord.ALLOWED: "**A**",
    VerdictWord.FORBIDDEN: "F",
    VerdictWord.UNSUPPORTED: "-",
    VerdictWord.INCOMPLETE: "n",
}
_MEANINGS: Mapping[VerdictWord, str] = {
    VerdictWord.ALLOWED: "A: the outcome is allowed.",
    VerdictWord.FORBIDDEN: "F: it is forbidden.",
    VerdictWord.UNSUPPORTED: "-: the test is refused as not supported.",
    VerdictWord.INCOMPLETE: "n: no execution comes to its end.",
}
_WRITTEN = "<!-- Written by `litmus catalog tables`: edit shelf.yaml. -->\n"


# --- in a terminal ---------------------------------------------------------------------------------------------------


def shelf_list(shelves: Sequence[Shelf]) -> str:
    """A table of the shelves."""
    return _table(("shelf", "tests", "what it is"), [(s.name, str(len(s.entries)), s.title) for s in shelves])


def entry_list(shelf: Shelf) -> str:
    """The tests of a shelf, each with its claim."""
    return _table(("test", "claim"), [(entry.name, entry.claim) for entry in shelf.entries])


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose last column is wrapped to fit a terminal."""
    from tabulate import tabulate  # slow to load

    widths = [max(len(row[k]) for row in [headers, *rows]) for k in range(len(headers) - 1)]
    last = max(WIDTH - sum(width + 2 for width in widths), 20)
    wrapped = [(*row[:-1], textwrap.fill(row[-1], last)) for row in rows]
    return tabulate(wrapped, headers, tablefmt="simple", disable_numparse=True) + "\n"


def entry_text(shelf: Shelf, entry: Entry, text: Source) -> str:
    """The whole entry of a test; `text` is the content of its file."""
    parts = [f"{shelf.name}/{entry.name}: {shelf.title}\n\n", f"{textwrap.fill(entry.claim, WIDTH)}\n\n"]
    parts.append(f"{textwrap.indent(text.text.rstrip(), '    ')}\n\n")
    for expected in entry.expected:
        parts += _verdict_lines(expected)
    parts.append(_paragraph("Source", _citation(entry.source)))
    for place, message in enumerate(entry.source.messages):
        last = place == len(entry.source.messages) - 1
        parts.append(_paragraph("" if place else "Message", message_text(message), end="\n\n" if last else "\n"))
    if entry.source.quote is not None:
        parts.append(_paragraph("Quote", _quoted(entry.source.quote)))
    if entry.ruling is not None:
        parts.append(_paragraph("Ruling", entry.ruling.value))
    parts += _paragraphs_under("Argument", entry.argument)
    if entry.outcome is not None:
        parts += _paragraphs_under("Outcome", entry.outcome)
    return "".join(parts)


def _paragraphs_under(head: str, text: str) -> Iterator[str]:
    for place, paragraph in enumerate(_paragraphs(text)):
        yield _paragraph("" if place else head, paragraph)


def _verdict_lines(expected: Expected) -> Iterator[str]:
    if expected.era is not None:
        yield f"Linux {expected.era}:\n"
    for word in VerdictWord:
        archs = [arch for arch, expectation in expected.archs.items() if expectation.word is word]
        if archs:
            yield _paragraph(word.value.capitalize(), ", ".join(archs), end="\n")
    yield "\n"


def _paragraph(head: str, text: str, end: str = "\n\n") -> str:
    """A text with a heading in the margin, or above it if the margin is too narrow."""
    margin = " " * _INDENT
    lines = "\n".join(margin + line for line in _lines(text, WIDTH - _INDENT) or [""])
    return (lines.replace(margin, head.ljust(_INDENT), 1) if len(head) < _INDENT else f"{head}\n{lines}") + end


def difference_text(difference: Difference) -> str:
    """The message about an expectation that the engine does not confirm."""
    era = f" in {difference.era}" if difference.era is not None else ""
    cause = f": {difference.cause}" if difference.cause else ""
    expected = difference.expected.word.value
    return f"{difference.entry.name} on {difference.arch}{era}: expected {expected}, found {difference.found}{cause}"


def _citation(source: Citation) -> str:
    by = ", ".join(part for part in (source.author, source.document, source.date) if part)
    return f"{by}; {source.where}."


def message_text(message: MessageKey) -> str:
    """Which message it is: the thread, the time and the author."""
    return f"{message.thread}, {time_text(message.time)}, {message.author}"


def time_text(time: str) -> str:
    """The time of a message, to be read."""
    return time.replace("T", " ")


def _quoted(text: str) -> str:
    return f'"{text}"'


# --- pages -----------------------------------------------------------------------------------------------------------


def index(shelves: Sequence[Shelf]) -> str:
    """The page of the whole catalogue."""
    tests = sum(len(shelf.entries) for shelf in shelves)
    verdicts = sum(len(expected.archs) for s in shelves for entry in s.entries for expected in entry.expected)
    rows = [f"| [{s.name}]({s.name}/README.md) | {len(s.entries)} | {cell(s.title)} |" for s in shelves]
    return "\n".join(
        (
            "# The catalogue",
            "",
            _WRITTEN,
            f"{tests} litmus tests on {len(shelves)} shelves, with {verdicts} verdicts. Each test has a claim in one",
            "sentence, the source of the claim, what is expected on each architecture (for kernel C, in each era of",
            "the kernel), and the argument. `litmus catalog verify` decides all of them again and compares.",
            "",
            "| shelf | tests | what it is |",
            "| --- | ---: | --- |",
            *rows,
            "",
        )
    )


def page(shelf: Shelf, texts: Mapping[str, Source]) -> str:
    """The page of a shelf; `texts` are the contents of the test files, by name of the test."""
    parts = [f"# {shelf.title}\n\n{_WRITTEN}\n{wrapped(shelf.about)}\n\n## Verdicts\n\n"]
    found = {e.word for entry in shelf.entries for expected in entry.expected for e in expected.archs.values()}
    parts.append(f"{wrapped(legend(found))}\n\n")
    for place, era in enumerate(shelf.eras or (None,)):
        parts.append(_verdict_table(shelf, place, era))
    parts.append("## Tests\n\n")
    parts += [_section(entry, texts[entry.name]) for entry in shelf.entries]
    return "".join(parts).rstrip("\n") + "\n"


def legend(found: Collection[VerdictWord | None]) -> str:
    """What the letters mean, of which one is explained only if it occurs."""
    return " ".join(
        meaning for word, meaning in _MEANINGS.items() if word in found or word is not VerdictWord.INCOMPLETE
    )


def _verdict_table(shelf: Shelf, place: int, era: str | None) -> str:
    """A table of verdicts, tests by architectures, in one era."""
    archs = tuple(shelf.entries[0].expected[place].archs) if shelf.entries else ()
    lines = [f"### Linux {era}", ""] if era is not None else []
    lines += [f"| test | {' | '.join(archs)} |", f"| --- |{' :-: |' * len(archs)}"]
    for entry in shelf.entries:
        marks = [MARKS[expectation.word] for expectation in entry.expected[place].archs.values()]
        lines.append(f"| [{entry.name}](#{anchor(entry.name)}) | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n\n"


def _section(entry: Entry, text: Source) -> str:
    """The section of a test."""
    parts = [f"**{entry.claim}**", f"```litmus\n{text.text.rstrip()}\n```"]
    if entry.ruling is not None:
        parts.append(f"Ruling: **{entry.ruling.value}**.")
    parts.append(entry.argument)
    if entry.outcome is not None:
        parts.append(f"Outcome: {entry.outcome}")
    parts.append(f"Source: {_citation(entry.source)}")
    if entry.source.quote is not None:
        parts[-1] += f" {_quoted(entry.source.quote)}"
    if entry.source.messages:
        parts.append(f"In the threads: {'; '.join(message_text(message) for message in entry.source.messages)}.")
    body = "\n\n".join(part if part.startswith("```") else wrapped(part) for part in parts)
    return f"### {entry.name}\n\n{body}\n\n"


def wrapped(text: str) -> str:
    """Paragraphs wrapped to a readable width."""
    return "\n\n".join("\n".join(_lines(paragraph, _PAGE)) for paragraph in _paragraphs(text))


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, separated by empty lines or, if there are none, by line breaks, as YAML folds texts."""
    parts = text.split("\n\n") if "\n\n" in text else text.split("\n")
    return [part.strip("\n") for part in parts if part.strip()]


def _lines(paragraph: str, width: int) -> list[str]:
    """A paragraph in lines; each list item and each table row begins a new line."""
    blocks = re.split(r"\n(?=[-*|]|\d+\.)", paragraph)
    return [
        line
        for block in blocks
        for line in textwrap.wrap(
            block,
            width,
            subsequent_indent="  " if block.startswith(("- ", "* ")) else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading: lower case, without punctuation."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
