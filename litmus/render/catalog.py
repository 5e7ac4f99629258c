"""Renders the catalogue: lists and entries for a terminal, and the pages of its folders."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from litmus.base.source import Source
from litmus.catalog.entries import Citation, Entry, Expected, Shelf, VerdictWord
from litmus.catalog.verification import Difference

WIDTH = 100
_PAGE = 110
_INDENT = 12
_MARKS: Mapping[VerdictWord, str] = {
    VerdictWord.ALLOWED: "**A**",
    VerdictWord.FORBIDDEN: "F",
    VerdictWord.UNSUPPORTED: "-",
    VerdictWord.INCOMPLETE: "n",
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
    for place, paragraph in enumerate(_paragraphs(entry.argument)):
        parts.append(_paragraph("" if place else "Argument", paragraph))
    return "".join(parts)


def _verdict_lines(expected: Expected) -> Iterator[str]:
    if expected.era is not None:
        yield f"Linux {expected.era}:\n"
    for word in VerdictWord:
        archs = [arch for arch, expectation in expected.archs.items() if expectation.word is word]
        if archs:
            yield _paragraph(word.value, ", ".join(archs), end="\n")
    yield "\n"


def _paragraph(head: str, text: str, end: str = "\n\n") -> str:
    """A text with a heading in the margin."""
    margin = " " * _INDENT
    lines = _lines(text, WIDTH - _INDENT) or [""]
    return "\n".join(margin + line for line in lines).replace(margin, head.ljust(_INDENT), 1) + end


def difference_text(difference: Difference) -> str:
    """The message about an expectation that the engine does not confirm."""
    era = f" in {difference.era}" if difference.era is not None else ""
    cause = f": {difference.cause}" if difference.cause else ""
    expected = difference.expected.word.value
    return f"{difference.entry.name} on {difference.arch}{era}: expected {expected}, found {difference.found}{cause}"


def _citation(source: Citation) -> str:
    by = ", ".join(part for part in (source.author, source.document, source.date) if part)
    return f"{by}; {source.where}."


# --- pages -----------------------------------------------------------------------------------------------------------


def index(shelves: Sequence[Shelf]) -> str:
    """The page of the whole catalogue."""
    tests = sum(len(shelf.entries) for shelf in shelves)
    verdicts = sum(len(expected.archs) for s in shelves for entry in s.entries for expected in entry.expected)
    rows = [f"| [{s.name}]({s.name}/README.md) | {len(s.entries)} | {_cell(s.title)} |" for s in shelves]
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
    parts = [f"# {shelf.title}\n\n{_WRITTEN}\n{_wrapped(shelf.about)}\n\n## Verdicts\n\n"]
    used = {expectation.word for entry in shelf.entries for e in entry.expected for expectation in e.archs.values()}
    endless = " n: no execution comes to its end." if VerdictWord.INCOMPLETE in used else ""
    parts.append(f"A: the outcome is allowed. F: it is forbidden. -: the test is refused as not supported.{endless}\n\n")
    for place, era in enumerate(shelf.eras or (None,)):
        parts.append(_verdict_table(shelf, place, era))
    parts.append("## Tests\n\n")
    parts += [_section(entry, texts[entry.name]) for entry in shelf.entries]
    return "".join(parts).rstrip("\n") + "\n"


def _verdict_table(shelf: Shelf, place: int, era: str | None) -> str:
    """A table of verdicts, tests by architectures, in one era."""
    archs = tuple(shelf.entries[0].expected[place].archs) if shelf.entries else ()
    lines = [f"### Linux {era}", ""] if era is not None else []
    lines += [f"| test | {' | '.join(archs)} |", f"| --- |{' :-: |' * len(archs)}"]
    for entry in shelf.entries:
        marks = [_MARKS[expectation.word] for expectation in entry.expected[place].archs.values()]
        lines.append(f"| [{entry.name}](#{_anchor(entry.name)}) | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n\n"


def _section(entry: Entry, text: Source) -> str:
    """The section of a test."""
    return (
        f"### {entry.name}\n\n{_wrapped(f'**{entry.claim}**')}\n\n```litmus\n{text.text.rstrip()}\n```\n\n"
        f"{_wrapped(entry.argument)}\n\n{_wrapped(f'Source: {_citation(entry.source)}')}\n\n"
    )


def _wrapped(text: str) -> str:
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


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading: lower case, without punctuation."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
