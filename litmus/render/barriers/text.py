"""A report about barriers as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from litmus.barriers.report import BarrierReport, Finding, Need, OnArch, Repair
from litmus.frontend.condition import prop_text
from litmus.ir.litmus_test import TRUE, Not
from litmus.ir.verdict import Answer
from litmus.render.barriers.words import (
    WITHOUT_BARRIERS,
    allowing,
    brief,
    candidates_said,
    change_words,
    cost_words,
    listed,
    named,
    pair_words,
    place,
)

_WIDTH = 100
_ORDER = (Need.NECESSARY, Need.STRONGER, Need.REDUNDANT)


def text(report: BarrierReport, file: str) -> str:
    """A report as lines of about 100 characters."""
    era = f", kernel {report.era}" if report.era else ""
    if report.asked == Not(TRUE):
        return f"{report.test.name} ({file}{era}): no outcome is asked about, as the test has no condition\n"
    lines = [f"{report.test.name} ({file}{era}): {prop_text(report.test, report.asked)}"]
    for answer in Answer:
        archs = [arch for arch, found in report.answers if found is answer]
        if archs:
            lines += _wrapped(f"{answer.value} on {listed(archs)}")
    for why in dict.fromkeys(why for _, why in report.skipped):
        archs = [arch for arch, reason in report.skipped if reason == why]
        lines += _wrapped(f"{listed(archs)} {'does' if len(archs) == 1 else 'do'} not decide it: {why}")
    if report.findings:
        lines += ["", *_findings(report)]
    if report.pairs:
        lines += ["", *_pairs(report)]
    if report.reduced is not None and report.reduced.sets:
        lines += ["", *_repair(report, report.reduced, "Cheaper, with the outcome forbidden as before:")]
    for repair in report.repairs:
        lines += ["", *_repair(report, repair, "To forbid it:")]
    if report.repairs:
        lines += ["", *_wrapped(candidates_said(report.repairs[0], report.test))]
    if allowing(report) and not report.repairs:
        lines += ["", "No repair was looked for."]
    for note in report.notes:
        lines += ["", *_wrapped(f"note: {note}")]
    return "\n".join(lines) + "\n"


def _findings(report: BarrierReport) -> Iterator[str]:
    some = bool(allowing(report))  # then it is about the others only
    rows = [(place(f.thread, f.span), named(f), _need(f, some)) for f in report.findings]
    yield from _table(rows)


def _need(finding: Finding, by_arch: bool) -> str:
    """The need of a finding, `by_arch` or as far as architectures differ, with the outcome that returns."""
    groups: dict[str, list[OnArch]] = {}
    for one in sorted(finding.archs, key=lambda one: _ORDER.index(one.need)):
        groups.setdefault(_one(one), []).append(one)
    if len(groups) == 1 and not by_arch:
        said = next(iter(groups))
    else:
        said = "; ".join(f"{words} on {listed(one.arch for one in some)}" for words, some in groups.items())
    state = next((one.state for one in finding.archs if one.state), "")
    return f"{said}. Without it: {state}" if state and finding.need is not Need.REDUNDANT else f"{said}."


def _one(one: OnArch) -> str:
    return f"stronger than needed, {' or '.join(map(brief, one.enough))} will do" if one.enough else one.need.value


def _pairs(report: BarrierReport) -> Iterator[str]:
    yield from _table([(place(pair.thread, pair.span), brief(pair.text), pair_words(pair)) for pair in report.pairs])


def _repair(report: BarrierReport, repair: Repair, title: str) -> Iterator[str]:
    if not repair.sets:
        said = f"None of the candidates forbids it on {listed(repair.impossible)}"
        yield from _wrapped(f"{said}{WITHOUT_BARRIERS if repair.interleaved else '.'}")
        return
    yield from _wrapped(f"{title} {cost_words(repair)}.")
    for number, changes in enumerate(repair.sets):
        if number:
            yield "or"
        yield from (f"  {change_words(change)}" for change in changes)
    if repair.more:
        yield "and other sets of the same cost"


def _table(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[k]) for row in rows) for k in (0, 1)]
    widths[1] = min(widths[1], 34)
    for where, name, said in rows:
        head = f"  {where.ljust(widths[0])}  {name.ljust(widths[1])}  "
        indent = " " * (6 + sum(widths))
        yield from textwrap.wrap(said, _WIDTH, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
