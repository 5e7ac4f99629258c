"""Renders the threads of the catalogue: a row a message, for a terminal and as a page."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from litmus.catalog.debate import ERA, Debate, Proposed, Row, Tested
from litmus.catalog.entries import VerdictWord
from litmus.catalog.threads import Message
from litmus.frontend.lexer import counted
from litmus.render.catalog import MARKS, WIDTH, cell, legend, time_text, wrapped

Link = Callable[[Tested], str]
"""The address of a test, from the page of its thread."""

_TIME = 18
_RULING = 11
_WRITTEN = "<!-- Written by `litmus catalog tables`: edit the threads and shelves of the catalogue. -->\n"


def strip(tested: Tested) -> str:
    """The verdicts of a test in the order of the columns, a letter each."""
    return " ".join(_letter(word) for word in tested.strip)


def _letter(word: VerdictWord | None) -> str:
    return "." if word is None else MARKS[word].strip("*")


def _elsewhere(tested: Tested) -> str:
    """The verdicts of a test that has none on the columns, on what it is decided for."""
    if any(word is not None for word in tested.strip):
        return ""
    archs = tested.entry.expected[0].archs
    return f"({', '.join(f'{arch} {_letter(archs[arch].word)}' for arch in archs)})"


def _legend(debate: Debate) -> str:
    words = {word for tested in debate.named for word in tested.strip}
    return f"in this order: {_columns(debate)}. {legend(words)} .: no verdict."


def span_of(debate: Debate) -> str:
    """When a thread began and ended, by the day."""
    first, last = (debate.thread.messages[place].time[:10] for place in (0, -1))
    if first.startswith(last):
        return first if first == last else f"{first} and later"
    return f"{first} to {last}"


# --- in a terminal ---------------------------------------------------------------------------------------------------


def thread_list(debates: Sequence[Debate]) -> str:
    """A table of the threads."""
    from tabulate import tabulate  # slow to load

    rows = [
        (one.thread.name, str(len(one.rows)), str(len(one.tests)), textwrap.fill(one.thread.title, WIDTH - 40))
        for one in debates
    ]
    headers = ("thread", "messages", "tests", "title")
    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True) + "\n" if rows else "no threads\n"


def thread_text(debate: Debate) -> str:
    """A thread for a terminal of 100 columns."""
    thread = debate.thread
    parts = [f"{thread.name}: {thread.title}\n", f"{_heading(debate)}\n\n", _block(thread.about, ""), "\n"]
    parts.append(_block(f"Verdicts, as of Linux {ERA}, {_legend(debate)}", ""))
    widest = max(len(row.message.author) for row in debate.rows)
    for row in debate.rows:
        parts += ("\n", *_row_text(row, widest))
    if debate.patches:
        parts.append("\nPatches\n")
        parts += [_patch_text(patch) for patch in debate.patches]
    if debate.merged is not None:
        commit = "" if debate.merged.commit is None else f": {debate.merged.commit}"
        parts += (f"\nMerged{commit}\n", _block(debate.merged.about, "    "), *_test_lines("", debate.merged_tests))
    parts += ("\nOutcome\n", _block(thread.outcome, "    "))
    for outcome, tests in _outcomes(debate).items():
        parts += ("\n", _block(f"{', '.join(one.entry.name for one in tests)}: {outcome}", "    "))
    return "".join(parts)


def _heading(debate: Debate) -> str:
    thread = debate.thread
    archive = f", {thread.archive}" if thread.archive is not None else ""
    return f"{thread.list}, {span_of(debate)}, {counted(len(debate.rows), 'message')}{archive}"


def _columns(debate: Debate) -> str:
    return ", ".join(f"{name} ({arch})" for arch, name in debate.thread.columns.items())


def _row_text(row: Row, widest: int) -> Iterator[str]:
    """The lines of a message: who claims what, the tests with verdicts and rulings, and what no test shows."""
    message = row.message
    head = f"{time_text(message.time).ljust(_TIME)}{message.author.ljust(widest)}  "
    margin = " " * len(head)
    yield _block(_says(message), margin).replace(margin, head, 1)
    for tested in row.tests:
        ruling = "" if tested.entry.ruling is None else tested.entry.ruling.value
        before = f"{margin}{strip(tested)}  {ruling.ljust(_RULING)}"
        yield f"{before}{tested.entry.name}\n"
        if elsewhere := _elsewhere(tested):
            yield f"{' ' * len(before)}{elsewhere}\n"
    for tested in row.beside:
        yield f"{margin}{strip(tested)}  {'see'.ljust(_RULING)}{tested.entry.name}\n"
    if message.ruling is not None:
        yield _block(_own_ruling(message), margin)


def _says(message: Message) -> str:
    says = " ".join(message.says.split())
    return says if message.known is None else f"{says} ({message.known}.)"


def _own_ruling(message: Message) -> str:
    assert message.ruling is not None
    word = message.ruling.value.capitalize()
    return f"{word}." if message.reason is None else f"{word}: {' '.join(message.reason.split())}"


def _patch_text(proposed: Proposed) -> str:
    patch = proposed.patch
    parts = [f"  {patch.title} ({proposed.author}, {time_text(patch.message)})\n", _block(patch.about, "    ")]
    parts += _test_lines("before", proposed.before)
    parts += _test_lines("after", proposed.after)
    return "".join(parts)


def _test_lines(head: str, tests: Sequence[Tested]) -> Iterator[str]:
    for place, tested in enumerate(tests):
        yield f"    {(head if place == 0 else '').ljust(8)}{strip(tested)}  {tested.entry.name}\n"


def _block(text: str, margin: str) -> str:
    """Paragraphs in lines that fit into a terminal, behind a margin."""
    width = WIDTH - len(margin)
    filled = [textwrap.fill(part, width, break_on_hyphens=False) for part in text.split("\n") if part.strip()]
    return "\n".join(f"{textwrap.indent(part, margin)}\n" for part in filled)


# --- pages -----------------------------------------------------------------------------------------------------------


def thread_index(debates: Sequence[Debate], catalogue: str) -> str:
    """The page of all threads; `catalogue` is the address of the catalogue's page from there."""
    lines = [
        "# The threads",
        "",
        _WRITTEN,
        wrapped(
            "Debates of kernel developers about memory order, a page each and a row a message: who claims what, the "
            f"tests of the claim in the [catalogue]({catalogue}), their verdicts on five architectures, and whether "
            "the claim was right. The verdicts are those that the shelves expect, and `litmus catalog verify` decides "
            "them again. `litmus catalog thread NAME` prints a thread in a terminal."
        ),
        "",
        "| thread | subject | when | messages | tests | rulings |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for debate in debates:
        thread = debate.thread
        link = f"[{thread.name}]({thread.name}.md)"
        numbers = f"{len(debate.rows)} | {len(debate.tests)} | {_tally(debate)}"
        lines.append(f"| {link} | {cell(thread.title)} | {span_of(debate)} | {numbers} |")
    return "\n".join(lines) + "\n"


def _tally(debate: Debate) -> str:
    """How many claims were right, wrong and so on: each test once, and what no test shows."""
    found = [tested.entry.ruling for tested in debate.tests] + [row.message.ruling for row in debate.rows]
    count = Counter(ruling.value for ruling in found if ruling is not None)
    return ", ".join(f"{number} {word}" for word, number in count.most_common())


def thread_page(debate: Debate, link: Link) -> str:
    """The page of a thread in Markdown."""
    thread = debate.thread
    letters = f"The letters are verdicts as of Linux {ERA}, {_legend(debate)}"
    parts = [
        f"# {thread.title}\n\n{_WRITTEN}\n{wrapped(f'{_heading(debate)}.')}\n\n{wrapped(thread.about)}\n\n",
        f"## Messages\n\n{wrapped(letters)}\n\n",
        "| time (UTC) | author | what is claimed | verdicts and tests | ruling |\n| --- | --- | --- | --- | --- |\n",
        *(_row_cells(row, link) for row in debate.rows),
    ]
    if debate.patches:
        parts.append("\n## Patches\n\nEach with tests of the code without it and with it.\n")
        parts += [_patch_section(proposed, link) for proposed in debate.patches]
    if debate.merged is not None:
        commit = "" if debate.merged.commit is None else f"Commit {debate.merged.commit}. "
        parts.append(f"\n## What was merged, and what it relies on\n\n{wrapped(commit + debate.merged.about)}\n")
        if debate.merged_tests:
            parts.append(f"\n| verdicts and tests | claim |\n| --- | --- |\n{_claims(debate.merged_tests, link)}")
    parts.append(f"\n## What became of it\n\n{wrapped(thread.outcome)}\n")
    told = _outcomes(debate)
    if told:
        parts.append("\nOf single claims:\n\n")
    for outcome, tests in told.items():
        names = ", ".join(f"[{one.entry.name}]({link(one)})" for one in tests)
        parts.append(f"{wrapped(f'- {names}: {outcome}')}\n")
    return "".join(parts)


def _outcomes(debate: Debate) -> dict[str, list[Tested]]:
    """What became of the claims of tests, each once, with its tests."""
    found: dict[str, list[Tested]] = {}
    for tested in debate.tests:
        if tested.entry.outcome is not None:
            found.setdefault(tested.entry.outcome, []).append(tested)
    return found


def _row_cells(row: Row, link: Link) -> str:
    message = row.message
    rulings = [tested.entry.ruling for tested in row.tests]
    several = len({ruling for ruling in rulings if ruling is not None}) > 1
    tests = []
    for tested in row.tests:
        said = f" ({tested.entry.ruling.value})" if several and tested.entry.ruling is not None else ""
        tests.append(f"{_linked(tested, link)}{said}")
    tests += [f"{_linked(tested, link)} (see)" for tested in row.beside]
    words = [f"**{ruling.value}**" for ruling in row.rulings if ruling is not message.ruling]
    if message.ruling is not None:
        reason = "" if message.reason is None else f": {' '.join(message.reason.split())}"
        words.append(f"**{message.ruling.value}**{reason}")
    cells = (time_text(message.time), message.author, _says(message), "<br>".join(tests), "; ".join(words))
    return f"| {' | '.join(cell(one) for one in cells)} |\n"


def _linked(tested: Tested, link: Link) -> str:
    """The strip of a test and its name, which do not wrap."""
    return f"`{strip(tested)}` [{tested.entry.name}]({link(tested)}) {_elsewhere(tested)}".rstrip()


def _patch_section(proposed: Proposed, link: Link) -> str:
    patch = proposed.patch
    columns = ("<br>".join(_linked(one, link) for one in tests) for tests in (proposed.before, proposed.after))
    table = f"| before | after |\n| --- | --- |\n| {' | '.join(columns)} |\n"
    head = f"\n### {patch.title}\n\n{proposed.author}, {time_text(patch.message)}.\n\n{wrapped(patch.about)}\n"
    return f"{head}\n{table}" if proposed.before or proposed.after else head


def _claims(tests: Sequence[Tested], link: Link) -> str:
    return "".join(f"| {_linked(one, link)} | {cell(one.entry.claim)} |\n" for one in tests)
